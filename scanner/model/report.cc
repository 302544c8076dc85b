#include "scanner/model/report.h"

#include <algorithm>

namespace plumbline {

const RuleInfo* Report::rule(std::string_view id) const {
    const auto at = std::lower_bound(rules.begin(), rules.end(), id,
                                     [](const RuleInfo& rule, std::string_view key) { return rule.id < key; });
    return at != rules.end() && at->id == id ? &*at : nullptr;
}

std::size_t Report::count(Verdict verdict) const {
    return static_cast<std::size_t>(std::count_if(findings.begin(), findings.end(), [&](const Finding& finding) {
        return finding.judgement.verdict == verdict && finding.accepted.empty();
    }));
}

}  // namespace plumbline
