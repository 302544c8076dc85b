#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/model/audit_report.h"

namespace plumbline {

/// Facts that several formats of the audit derive from its report. Views live as long as the report.

/// Each change's verdicts, by commit, in the order of rules; not applicable ones left out.
std::map<std::string_view, std::vector<const Finding*>> verdicts_by_change(const AuditReport& report);

/// The worst of them: fail, undecided, pass; not applicable for none.
Verdict worst_of(const std::vector<const Finding*>& findings);

/// Rules that gave a verdict, with the counts of each, in the order of rules.
struct RuleTally {
    const RuleInfo* rule = nullptr;
    VerdictCounts counts;
};
std::vector<RuleTally> judged_rules(const AuditReport& report);

/// `every one of the 12 commits of the period belongs to one of the 9 changes`, or what is missing.
std::string completeness_text(const AuditReport& report);

/// How the sample was drawn, for those who draw it again.
std::string sample_method(const AuditReport& report);

/// `3 days 4 hours`, `12 minutes`, for ages and repairs.
std::string duration_text(std::int64_t seconds);

/// What people look at first: `undecided` reads `not provable` where a change is meant.
std::string_view verdict_word(Verdict verdict);

}  // namespace plumbline
