#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scanner/model/audit_report.h"
#include "scanner/model/diagnostic.h"
#include "scanner/model/value.h"

namespace plumbline {

/// `audit` in the configuration: what a team demands of changes, and how it calls things.
struct AuditSettings {
    /// Globs over account, name and address. What a bot approves is no review by a person.
    std::vector<std::string> bots;
    /// Bots whose own changes need no review, pull request or ticket (a release robot).
    std::vector<std::string> trusted_bots;
    /// One person's accounts and addresses: name -> globs as above.
    std::vector<std::pair<std::string, std::vector<std::string>>> identities;
    std::int64_t required_approvals = 1;
    /// Globs of the checks that must have passed; empty: every check there is, and at least one.
    std::vector<std::string> required_checks;
    std::int64_t emergency_review_hours = 72;
    /// RE2, over message and source branch.
    std::vector<std::string> ticket_patterns;
    /// RE2, over subject, source branch and labels.
    std::vector<std::string> emergency_patterns;
    /// Globs of files that guard changes, and of files that hold exceptions.
    std::vector<std::string> pipeline_files, waiver_files;
    /// How the host merges: merge, squash, rebase. Empty: any. With `rebase` left out, a commit without a pull
    /// request's mark is a push to the branch, whatever exports say.
    std::vector<std::string> merge_methods;
    /// Trailers of commits are written by the host (Gerrit, a merge robot), not by those who push.
    bool trust_trailers = false;

    AuditSettings();
};

/// Reads the mapping; unknown keys, patterns that RE2 refuses and wrong values are errors with their line.
void read_audit_settings(const Value& mapping, AuditSettings& settings, Diagnostics& diagnostics);

/// Whether one of the globs names the person, by account, name or address; case does not count.
bool is_named(const AuditPerson& person, const std::vector<std::string>& globs);

/// Whether an account or a name says itself that it is a program: GitHub's `name[bot]`, or a configured one.
bool is_bot(const AuditPerson& person, const AuditSettings& settings);

/// Which persons are one. Two are the same when an account or an address of theirs is, or the configuration says so.
bool same_person(const AuditPerson& a, const AuditPerson& b, const AuditSettings& settings);

}  // namespace plumbline
