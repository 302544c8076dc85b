#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "parsers/git/repository.h"
#include "scanner/audit_settings.h"
#include "scanner/model/audit_report.h"
#include "scanner/model/diagnostic.h"

namespace plumbline {

/// A commit of the branch's first parents.
struct BranchCommit {
    std::string commit;
    std::int64_t committed = 0;  ///< as the commit says
    std::int64_t time = 0;       ///< corrected: never decreasing
    bool clock_wrong = false;
};

/// The branch's first parents, oldest first, as far back as they can be read. Order is what the commits say by being
/// one another's parents; clocks only date it. Committers' clocks that do not fit into the longest row that never
/// decreases are wrong, and get the time of the commit before.
std::vector<BranchCommit> first_parents(const git::Repository& repository, const std::string& tip,
                                        Diagnostics& diagnostics);

/// The changes of a period, and whether every commit is in one.
struct BranchChanges {
    std::string tip, base;             ///< as in AuditReport
    std::vector<AuditChange> changes;  ///< oldest first
    AuditPopulation population;
    /// For those that decide by a signature: armoured signature and what it is over, by commit.
    struct Signed {
        std::string commit, signature, payload, committer_email;
        std::int64_t time = 0;
    };
    std::vector<Signed> signatures;
};

/// What came onto the branch between `from` and `to` (half-open): how, by whom, with what trailers. Only what git
/// itself holds; approvals are claims until an export confirms them. Objects that cannot be read are reported and the
/// rest goes on.
BranchChanges read_changes(const git::Repository& repository, const std::vector<BranchCommit>& branch,
                           std::int64_t from, std::int64_t to, const AuditSettings& settings, std::size_t jobs,
                           Diagnostics& diagnostics);

}  // namespace plumbline
