#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scanner/model/finding.h"
#include "scanner/model/report.h"

namespace plumbline {

/// All times are seconds since 1970 in UTC; reports write them as RFC 3339.
std::string rfc3339(std::int64_t time);

/// Who, as a commit or a host names them.
struct AuditPerson {
    std::string name, email;
    std::string login;  ///< the host's account, where an export tells it
    bool operator==(const AuditPerson&) const = default;
};
/// `Ann <ann@example.org>`, or what there is of it.
std::string to_string(const AuditPerson& person);

/// A point of the branch's history: the change from which on something holds.
struct AuditMoment {
    std::string commit;  ///< on the branch's first parents
    std::int64_t time = 0;
    std::string author;  ///< `Ann <ann@example.org>`
    /// Index into `AuditReport::changes`; none for what lies before the period.
    std::optional<std::size_t> change;
};

/// How a change came onto the branch.
enum class ChangeKind : std::uint8_t {
    merge,   ///< a commit with several parents
    squash,  ///< one commit for a whole branch
    rebase,  ///< a branch's commit, applied anew
    direct,  ///< nothing says that it was anything but a push to the branch
};
std::string_view to_string(ChangeKind kind);

/// What a host or a trailer says of a review.
struct AuditApproval {
    enum class State : std::uint8_t { approved, changes_requested, commented, dismissed };
    AuditPerson person;
    State state = State::approved;
    std::optional<std::int64_t> time;
    std::string commit;     ///< the newest commit when it was given; empty when that is not known
    bool exported = false;  ///< an export says so; otherwise a trailer, which anyone may write
};
std::string_view to_string(AuditApproval::State state);

/// A check of the commit that was merged.
struct AuditCheck {
    std::string name;
    std::string result;  ///< `success`, `failure`, `pending`, `skipped`, ... as the host says, in lower case
    std::optional<std::int64_t> completed;
};

/// What is known of a commit's signature.
enum class SignatureState : std::uint8_t {
    absent,
    present,      ///< there is one; nobody has checked it
    good,         ///< verified with a key that was given
    bad,          ///< does not fit the commit
    unknown_key,  ///< cannot be checked with the keys that were given
};
std::string_view to_string(SignatureState state);

/// What a change lacks of one demand: nothing, something, or nobody knows.
struct AuditLack {
    enum class State : std::uint8_t { nothing, something, unknown };
    std::string_view demand;  ///< `review`, `checks`, ...: a member of `lacks` in the change's record
    State state = State::nothing;
    std::string text;  ///< what is missing, or why nobody knows and what would tell
};

/// A movement of the branch that dropped commits.
struct ForcedPush {
    std::int64_t time = 0;
    std::string by, old_commit, new_commit;
    std::string source;  ///< `reflog`, or the export's name
};

/// A commit on the branch's first parents with what it brought: what is approved, merged and sampled as one.
struct AuditChange {
    std::string commit;
    std::vector<std::string> parents;
    /// When it came onto the branch. From the committer's clock, but never decreasing along the branch: a clock that
    /// was wrong is corrected by its neighbours (`clock_wrong`), or by the export's time of the merge.
    std::int64_t time = 0;
    std::int64_t committed = 0, authored = 0;  ///< as the commit says
    bool clock_wrong = false;
    AuditPerson author, committer;
    std::vector<AuditPerson> co_authors;
    /// Everybody who wrote a commit of it, author and co-authors of all of them.
    std::vector<AuditPerson> contributors;
    std::string subject;
    /// Every commit it brought, itself first.
    std::vector<std::string> commits;

    ChangeKind kind = ChangeKind::direct;
    std::string kind_reason;   ///< the sign that told: `subject "Merge pull request #12"`
    std::string host;          ///< `github`, `gitlab`, `bitbucket`, `gerrit`, `azure-devops`; empty when nothing tells
    std::string pull_request;  ///< its number; empty for none
    std::string change_id;     ///< Gerrit's
    std::vector<std::string> tickets;
    bool empty = false, octopus = false;
    bool bot = false, trusted_bot = false;  ///< its author is one; the configuration exempts it from review
    bool cut_off = false;                   ///< a shallow clone ends here; what it changed is not known
    std::string reverts;                    ///< the commit that it takes back, as written
    std::string reverted_by;                ///< a later commit of the period that takes this one back
    /// Commits that it says were reviewed afterwards (trailer `Post-review-of`).
    std::vector<std::string> reviews_later;
    std::string emergency;                                  ///< the sign that it is an emergency change; empty for none
    std::size_t files = 0;                                  ///< how many it changed
    std::vector<std::string> pipeline_files, waiver_files;  ///< of those, the ones that guard other changes

    SignatureState signature = SignatureState::absent;
    std::string signer;  ///< who, or why the signature is not good
    /// Of those it brought beside itself: without a good signature, and with one that nobody could check.
    std::vector<std::string> unsigned_commits, unchecked_commits;

    std::vector<AuditApproval> approvals;  ///< of exports, and what trailers claim

    std::vector<AuditPerson> reviewers;  ///< who approved, before the merge where that is known
    std::optional<bool> self_approved;   ///< nobody but those who wrote it did; nullopt: no approval is known

    // From an export; nothing without one.
    bool exported = false;          ///< an export holds its pull request
    bool reviews_exported = false;  ///< and that one's reviews, be they none
    std::string url, source_branch, description;
    std::vector<std::string> labels;
    AuditPerson opened_by, merged_by;
    std::optional<std::int64_t> merged, last_push;
    std::string head;  ///< the newest commit of the pull request
    std::optional<std::vector<AuditCheck>> checks;
    /// Nullopt: nobody knows. `way_known_by` says what told, or why nothing does and what would.
    std::optional<bool> through_pull_request;
    std::string way_known_by;

    /// What rules judge: what each demand on a change finds missing.
    std::vector<AuditLack> lacks;
};

/// Of what the population consists, and whether every commit of the period is accounted for.
struct AuditPopulation {
    std::uint64_t commits = 0;  ///< reachable from the last commit of the period and not from the last one before it
    std::uint64_t accounted = 0;
    struct Unaccounted {
        std::string commit, why;
    };
    std::vector<Unaccounted> unaccounted;
    bool complete = true;
    std::string incomplete_because;  ///< shallow, damaged objects
};

/// A stretch of time in which a control had one verdict.
struct ControlInterval {
    std::int64_t from = 0, to = 0;  ///< half-open; the period's end for the last one
    Verdict verdict = Verdict::undecided;
    std::string commit;     ///< that opened it; where it began before the period: the last commit before
    std::string closed_by;  ///< empty when it still lasts at the period's end
};

/// A control's verdicts over the period, in the order of time, without gaps. `not_applicable`: nothing to judge.
struct ControlHistory {
    std::string id;  ///< of ours: `crypto.at-rest`
    std::vector<ControlInterval> intervals;
};

/// When an exception accepted a finding.
struct AcceptedInterval {
    std::int64_t from = 0, to = 0;
    Acceptance acceptance;
};

/// A finding's life over the period. Renames and moves of files and modules do not end it.
struct FindingHistory {
    std::string rule, address, file;  ///< as they were last
    std::uint32_t line = 0;           ///< 0: none
    Severity severity = Severity::medium;
    std::string message, fingerprint, root;
    AuditMoment introduced;
    bool before_period = false;  ///< it was there when the period began; `introduced` is the oldest that was looked at
    std::optional<AuditMoment> resolved;
    std::int64_t age_seconds = 0;  ///< up to `resolved`, else to the period's end
    std::vector<AcceptedInterval> accepted;
    std::vector<std::string> moved_from;  ///< files it was in before
};

/// How long repairs took.
struct RepairTimes {
    std::optional<Severity> severity;  ///< none: all
    std::uint64_t repaired = 0, open = 0;
    std::uint64_t measured = 0;                         ///< of the repaired ones, those that came in the period
    std::int64_t mean_seconds = 0, median_seconds = 0;  ///< of the measured ones
};

/// A credential in some commit.
struct HistorySecret {
    std::string kind;  ///< what it looks like
    std::string file, blob;
    std::uint32_t line = 0;
    std::string redacted;
    std::string commit;  ///< that brought it
    std::int64_t time = 0;
    std::string author;
    bool reachable = true;    ///< from the branch's tip
    bool in_tip_tree = true;  ///< the blob is still checked out at the tip
    std::string fingerprint;  ///< of kind and credential, wherever it stands; says nothing of what it is
    /// By a comment beside it in the newest version that has it, or by a waiver that holds at the period's end.
    std::optional<Acceptance> accepted;
};

/// How the branch stood on a date (`--at`).
struct AuditState {
    std::int64_t time = 0;
    std::string commit;
    std::vector<std::pair<std::string, Verdict>> controls;
    std::vector<std::size_t> open_findings;  ///< indices into `AuditReport::findings`
};

/// The auditor's sample.
struct AuditSample {
    std::uint64_t asked = 25;
    std::string seed;
    std::vector<std::size_t> changes;  ///< indices, in the order drawn
};

/// What `plumbline audit` found, for its reporters.
struct AuditReport {
    /// Rules over changes, their verdicts (`findings`, one resource a change, its address the commit), controls,
    /// frameworks, diagnostics, tool, arguments, exit code.
    Report judged;

    std::string repository;  ///< the remote's address, else the path as typed
    std::string branch;
    std::string tip;   ///< the branch's last commit in the period; empty when there is none
    std::string base;  ///< the last one before the period; empty when history begins in it
    bool shallow = false;
    std::int64_t from = 0, to = 0;  ///< the first and the last second of the period

    std::vector<AuditChange> changes;  ///< oldest first
    AuditPopulation population;
    std::vector<ForcedPush> forced_pushes;
    /// Why more of them may have happened than are known; empty when an export shows every push of the period.
    std::string pushes_unknown_because;
    AuditSample sample;
    std::optional<AuditState> at;

    // Filled by the replay and the search for secrets; nullopt: not run.
    std::optional<std::vector<ControlHistory>> replayed;
    std::vector<FindingHistory> findings;
    std::vector<RepairTimes> repairs;  ///< all, then by severity
    std::optional<std::vector<HistorySecret>> secrets;

    /// The replay's intervals and those of the rules over changes, each control once, in the order of controls.yaml.
    std::vector<ControlHistory> controls;

    /// What the run depended on, name and value: settings, exports and their hashes.
    std::vector<std::pair<std::string, std::string>> settings;
};

}  // namespace plumbline
