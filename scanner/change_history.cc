#include "scanner/change_history.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "parsers/git/message.h"
#include "parsers/parser.h"
#include "rules/pattern.h"
#include "scanner/acceptance.h"
#include "scanner/model/text.h"
#include "scanner/workers.h"

namespace plumbline {
namespace {

// Patches cost milliseconds each and only tell rebases and squashes apart that no host has marked. A repository with
// more branches than this that were never merged is searched in part, and says so.
constexpr std::size_t most_branch_patches = 2000;
// Tickets, trailers and persons of one change. More are a hostile or a generated message.
constexpr std::size_t most_tickets = 20;
constexpr std::size_t most_people = 200;
// Files named of one change; the number of all is kept.
constexpr std::size_t most_named_files = 50;

// Names of standards look like tickets: UTF-8, SHA-256, ISO-27001, CVE-2024-1.
constexpr std::array<std::string_view, 22> not_tickets = {"UTF", "SHA",  "ISO",  "CVE", "CWE",  "RFC", "AES", "RSA",
                                                          "TLS", "SSL",  "HTTP", "MD",  "ED",   "ES",  "IPV", "X",
                                                          "GPT", "NIST", "SOC",  "PEP", "ECMA", "GHSA"};

// A file of infrastructure is far smaller; what is larger is data.
constexpr std::uint64_t max_searched_file = std::uint64_t{1} << 20;

/// The lines of a file that make an exception, sorted. `judged`: a file that rules look at; in others only those about
/// credentials count, since a program may well speak of the rest.
std::vector<std::string> exception_lines(std::string_view text, bool judged) {
    static constexpr std::array<std::string_view, 9> words = {
        "plumbline:ignore", "checkov:skip", "bridgecrew:skip", "cortex:skip",    "trivy:ignore",
        "tfsec:ignore",     "kics-scan ",   "zizmor: ignore",  "gitleaks:allow",
    };
    std::vector<std::string> lines;
    for (const std::string_view word : words) {
        for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at)) {
            std::size_t begin = text.rfind('\n', at);
            begin = begin == std::string_view::npos ? 0 : begin + 1;
            const std::size_t end = std::min(text.find('\n', at), text.size());
            const std::string_view line = trim(text.substr(begin, end - begin));
            const bool about_credentials =
                word == "gitleaks:allow" || line.find(credential_control) != std::string_view::npos;
            if (judged || about_credentials) lines.emplace_back(line);
            at = end;
        }
    }
    std::sort(lines.begin(), lines.end());
    return lines;
}

AuditPerson person_of(const git::Person& person) {
    return {person.name, person.email, {}};
}

void add_person(std::vector<AuditPerson>& people, const AuditPerson& person) {
    if (people.size() < most_people && std::find(people.begin(), people.end(), person) == people.end())
        people.push_back(person);
}

/// Marks the longest row of times that never decreases: those clocks are believed.
std::vector<bool> believed(const std::vector<BranchCommit>& commits) {
    // Patience sorting: `ends[k]` is the commit that ends the row of length k + 1 with the smallest time.
    std::vector<std::size_t> ends, before(commits.size());
    constexpr std::size_t none = static_cast<std::size_t>(-1);
    for (std::size_t i = 0; i < commits.size(); ++i) {
        const auto at =
            std::upper_bound(ends.begin(), ends.end(), commits[i].committed,
                             [&](std::int64_t time, std::size_t end) { return time < commits[end].committed; });
        before[i] = at == ends.begin() ? none : *(at - 1);
        if (at == ends.end())
            ends.push_back(i);
        else
            *at = i;
    }
    std::vector<bool> good(commits.size());
    for (std::size_t i = ends.empty() ? none : ends.back(); i != none; i = before[i]) good[i] = true;
    return good;
}

void correct_clocks(std::vector<BranchCommit>& commits) {
    const std::vector<bool> good = believed(commits);
    const auto first = static_cast<std::size_t>(std::find(good.begin(), good.end(), true) - good.begin());
    std::int64_t last = commits.empty() ? 0 : commits[first].committed;
    for (std::size_t i = 0; i < commits.size(); ++i) {
        if (good[i]) last = commits[i].committed;
        commits[i].time = last;
        commits[i].clock_wrong = !good[i];
    }
}

bool is_approval(std::string_view key) {
    const std::string name = lower(key);
    // Signed-off-by is about origin, Tested-by about a test: neither is an approval.
    return name == "reviewed-by" || name == "approved-by" || name == "acked-by" || name == "reviewed by";
}

std::vector<std::string> tickets_in(const std::string& text, const std::vector<Pattern>& patterns) {
    std::vector<std::string> found;
    for (const Pattern& pattern : patterns) {
        for (std::string& ticket : pattern.find_all(text, most_tickets)) {
            const std::string_view start = std::string_view(ticket).substr(0, ticket.find('-'));
            if (ticket.find('-') != std::string::npos &&
                std::find(not_tickets.begin(), not_tickets.end(), start) != not_tickets.end())
                continue;
            if (std::find(found.begin(), found.end(), ticket) == found.end()) found.push_back(std::move(ticket));
        }
    }
    if (found.size() > most_tickets) found.resize(most_tickets);
    return found;
}

std::vector<Pattern> compiled(const std::vector<std::string>& texts) {
    std::vector<Pattern> patterns;
    for (const std::string& text : texts) patterns.emplace_back(text, false);
    return patterns;
}

bool matches_any(std::string_view path, const std::vector<std::string>& globs) {
    return std::any_of(globs.begin(), globs.end(), [&](const std::string& glob) { return glob_match(glob, path); });
}

/// Everything that is read of a period.
class Reader {
  public:
    Reader(const git::Repository& repository, const AuditSettings& settings, std::size_t jobs, Diagnostics& diagnostics)
        : repository_(repository),
          settings_(settings),
          jobs_(jobs),
          diagnostics_(diagnostics),
          tickets_(compiled(settings.ticket_patterns)),
          emergencies_(compiled(settings.emergency_patterns)) {}

    BranchChanges read(const std::vector<BranchCommit>& branch, std::int64_t from, std::int64_t to) {
        const auto begin =
            std::lower_bound(branch.begin(), branch.end(), from,
                             [](const BranchCommit& item, std::int64_t time) { return item.time < time; });
        const auto end = std::lower_bound(begin, branch.end(), to,
                                          [](const BranchCommit& item, std::int64_t time) { return item.time < time; });
        if (begin != branch.begin()) result_.base = (begin - 1)->commit;
        if (begin == end) {
            result_.tip = result_.base;
            return std::move(result_);
        }
        result_.tip = (end - 1)->commit;
        load_population();
        for (auto item = begin; item != end; ++item) add_change(*item);
        assign_commits();
        find_reverts();
        compare_trees();
        find_patches();
        return std::move(result_);
    }

  private:
    using NamedCommit = std::pair<std::string, git::ObjectId>;

    void load_population() {
        std::vector<std::string> errors;
        std::vector<git::ObjectId> hidden;
        if (!result_.base.empty()) hidden.push_back(result_.base);
        for (git::Commit& commit : repository_.history({result_.tip}, hidden, errors)) {
            git::ObjectId id = commit.id;
            commits_.emplace(std::move(id), std::move(commit));
        }
        result_.population.commits = commits_.size();
        if (repository_.is_shallow()) {
            result_.population.complete = false;
            result_.population.incomplete_because =
                "this is a shallow clone: what came before its oldest commits is not here. `git fetch --unshallow` "
                "brings it.";
        }
        for (const std::string& error : errors) {
            diagnostics_.file_error("git-object", "", "A commit of the period cannot be read",
                                    error + ". What it brought is missing from the population; a fresh clone has it.");
            result_.population.complete = false;
            result_.population.incomplete_because = "some commits cannot be read: " + error + ".";
        }
    }

    void add_change(const BranchCommit& item) {
        AuditChange change;
        change.commit = item.commit;
        change.time = item.time;
        change.clock_wrong = item.clock_wrong;
        change.committed = item.committed;
        const auto found = commits_.find(item.commit);
        if (found != commits_.end()) read_commit(found->second, change);
        result_.changes.push_back(std::move(change));
    }

    void read_commit(const git::Commit& commit, AuditChange& change) {
        const git::MessageFacts facts = git::read_message(commit.message);
        change.parents = commit.parents;
        change.cut_off = commit.cut_off;
        change.authored = commit.author.time;
        change.author = person_of(commit.author);
        change.committer = person_of(commit.committer);
        change.subject = facts.subject;
        change.host = facts.host;
        change.pull_request = facts.pull_request;
        change.change_id = facts.change_id;
        change.octopus = commit.parents.size() > 2;
        change.bot = is_bot(change.author, settings_);
        change.trusted_bot = is_named(change.author, settings_.trusted_bots);
        change.reverts = facts.reverts;
        for (const git::Trailer& trailer : facts.trailers)
            if (lower(trailer.key) == "post-review-of") change.reviews_later.push_back(lower(trailer.value));
        change.tickets = tickets_in(commit.message + "\n" + facts.source_branch, tickets_);
        for (const Pattern& pattern : emergencies_) {
            if (pattern.matches(facts.subject)) change.emergency = "the subject " + quoted(cut(facts.subject, 80));
            if (pattern.matches(facts.source_branch)) change.emergency = "the branch " + quoted(facts.source_branch);
        }
        classify(facts, change);
        add_trailers(facts, commit.author, change);
        change.signature = commit.signature.empty() ? SignatureState::absent : SignatureState::present;
        if (!commit.signature.empty())
            result_.signatures.push_back(
                {commit.id, commit.signature, commit.signed_payload, commit.committer.email, commit.committer.time});
    }

    static void classify(const git::MessageFacts& facts, AuditChange& change) {
        change.kind_reason = facts.sign;
        if (change.parents.size() > 1) {
            change.kind = ChangeKind::merge;
            if (change.kind_reason.empty())
                change.kind_reason = "it has " + std::to_string(change.parents.size()) + " parents";
        } else if (facts.host == "gerrit") {
            change.kind = ChangeKind::rebase;
        } else if (!facts.pull_request.empty()) {
            change.kind = ChangeKind::squash;
        } else {
            change.kind = ChangeKind::direct;
            change.kind_reason = change.cut_off           ? "a shallow clone ends here"
                                 : change.parents.empty() ? "it is the first commit"
                                                          : "nothing in the commit names a pull request";
        }
    }

    static void add_trailers(const git::MessageFacts& facts, const git::Person& author, AuditChange& change) {
        add_person(change.contributors, person_of(author));
        for (const git::Trailer& trailer : facts.trailers) {
            const git::NameAndEmail who = git::read_name_and_email(trailer.value);
            const AuditPerson person{who.name, who.email, {}};
            if (lower(trailer.key) == "co-authored-by") {
                add_person(change.co_authors, person);
                add_person(change.contributors, person);
            }
            if (!is_approval(trailer.key)) continue;
            for (const std::string_view one : split(trailer.value, ',')) {
                // `Reviewed By: ann, bob` of Phabricator.
                if (trailer.key != "Reviewed By" && one.data() != trailer.value.data()) break;
                AuditApproval approval;
                const bool listed = trailer.key == "Reviewed By";
                approval.person = listed ? AuditPerson{{}, {}, std::string(trim(one))} : person;
                const bool known = std::any_of(change.approvals.begin(), change.approvals.end(),
                                               [&](const auto& item) { return item.person == approval.person; });
                if (!known && change.approvals.size() < most_people) change.approvals.push_back(std::move(approval));
            }
        }
    }

    /// Gives every commit to the oldest change that reaches it.
    void assign_commits() {
        std::unordered_set<std::string> taken;
        for (AuditChange& change : result_.changes) {
            std::vector<std::string> open = {change.commit};
            while (!open.empty()) {
                const std::string id = std::move(open.back());
                open.pop_back();
                const auto found = commits_.find(id);
                if (found == commits_.end() || !taken.insert(id).second) continue;
                change.commits.push_back(id);
                const auto& parents = found->second.parents;
                open.insert(open.end(), parents.rbegin(), parents.rend());
            }
            if (change.commits.empty()) change.commits.push_back(change.commit);
            std::sort(change.commits.begin() + 1, change.commits.end());
            for (const std::string& id : change.commits) add_brought(id, change);
        }
        result_.population.accounted = taken.size();
        for (const auto& [id, commit] : commits_)
            if (!taken.contains(id))
                result_.population.unaccounted.push_back({id, "no change of the period reaches it"});
        std::sort(result_.population.unaccounted.begin(), result_.population.unaccounted.end(),
                  [](const auto& a, const auto& b) { return a.commit < b.commit; });
        if (!result_.population.unaccounted.empty()) result_.population.complete = false;
    }

    /// Authors, co-authors and reviewers of a commit that a merge brought.
    void add_brought(const std::string& id, AuditChange& change) {
        const auto found = commits_.find(id);
        if (id == change.commit || found == commits_.end()) return;
        const git::Commit& commit = found->second;
        add_trailers(git::read_message(commit.message), commit.author, change);
        if (commit.signature.empty()) {
            change.unsigned_commits.push_back(id);
            return;
        }
        change.unchecked_commits.push_back(id);
        result_.signatures.push_back(
            {id, commit.signature, commit.signed_payload, commit.committer.email, commit.committer.time});
    }

    void find_reverts() {
        for (AuditChange& change : result_.changes) {
            if (change.reverts.empty()) continue;
            for (AuditChange& other : result_.changes)
                if (other.commit.starts_with(change.reverts)) other.reverted_by = change.commit;
        }
    }

    void compare_trees() {
        std::vector<std::string> errors(result_.changes.size());
        in_parallel(result_.changes.size(), jobs_, [&](std::size_t i) {
            AuditChange& change = result_.changes[i];
            if (change.cut_off) return;
            const auto files = repository_.changes(change.parents.empty() ? "" : change.parents.front(), change.commit,
                                                   false, errors[i]);
            if (!files) return;
            change.files = files->size();
            change.empty = files->empty();
            for (const git::Change& file : *files) {
                const std::string& path = file.path.empty() ? file.old_path : file.path;
                if (matches_any(path, settings_.pipeline_files) && change.pipeline_files.size() < most_named_files)
                    change.pipeline_files.push_back(path);
                if (change.waiver_files.size() < most_named_files &&
                    (matches_any(path, settings_.waiver_files) || adds_exception(file)))
                    change.waiver_files.push_back(path);
            }
        });
        for (std::size_t i = 0; i < errors.size(); ++i) {
            if (errors[i].empty()) continue;
            diagnostics_.file_error("git-object", "",
                                    "What commit " + result_.changes[i].commit + " changed is unknown",
                                    errors[i] + ". A fresh clone has it.");
            result_.changes[i].cut_off = true;
        }
    }

    /// Whether a file has a comment that makes an exception which it did not have before, or another reason for one.
    bool adds_exception(const git::Change& file) const {
        if (file.blob.empty() || file.link) return false;
        const auto all = parsers();
        const bool judged =
            std::any_of(all.begin(), all.end(), [&](const Parser* parser) { return parser->wants(file.path); });
        // A document that explains such comments makes none.
        for (const std::string_view ending : {".md", ".rst", ".adoc", ".txt"})
            if (!judged && file.path.ends_with(ending)) return false;
        const auto lines = [&](const git::ObjectId& blob) {
            return blob.empty() ? std::vector<std::string>()
                                : exception_lines(repository_.blob(blob, max_searched_file).text, judged);
        };
        const std::vector<std::string> now = lines(file.blob);
        if (now.empty()) return false;
        const std::vector<std::string> before = lines(file.old_blob);
        return !std::includes(before.begin(), before.end(), now.begin(), now.end());
    }

    /// Branches that are still there and were never merged: their commits, applied anew, are rebases and squashes.
    void find_patches() {
        std::vector<AuditChange*> open;
        for (AuditChange& change : result_.changes)
            if (change.kind == ChangeKind::direct && change.parents.size() == 1 && !change.empty && !change.cut_off)
                open.push_back(&change);
        if (open.empty()) return;
        std::vector<NamedCommit> branches;
        std::vector<git::ObjectId> tips;
        for (NamedCommit& reference : repository_.references()) {
            if (reference.first.starts_with("refs/tags/") || commits_.contains(reference.second)) continue;
            tips.push_back(reference.second);
            branches.push_back(std::move(reference));
        }
        std::vector<std::string> errors;  // of branches that nobody asked about
        const std::vector<git::Commit> others = repository_.history(tips, {result_.tip}, errors);
        find_rebases(open, others);
        find_squashes(open, branches, others);
    }

    /// A rebase keeps author and author's time, so patches are only compared where these are equal.
    void find_rebases(std::vector<AuditChange*>& open, const std::vector<git::Commit>& others) {
        std::map<std::pair<std::int64_t, std::string>, std::vector<const git::Commit*>> by_author;
        for (const git::Commit& commit : others)
            if (commit.parents.size() == 1) by_author[{commit.author.time, commit.author.email}].push_back(&commit);
        std::erase_if(open, [&](AuditChange* change) {
            const auto found = by_author.find({change->authored, change->author.email});
            if (found == by_author.end()) return false;
            const git::ObjectId patch = repository_.patch_id(change->parents.front(), change->commit);
            const auto same = std::find_if(found->second.begin(), found->second.end(), [&](const git::Commit* other) {
                return !patch.empty() && spend() && repository_.patch_id(other->parents.front(), other->id) == patch;
            });
            if (same == found->second.end()) return false;
            change->kind = ChangeKind::rebase;
            change->kind_reason = "the patch of commit " + (*same)->id.substr(0, 12) + ", which lies on a branch";
            return true;
        });
    }

    void find_squashes(const std::vector<AuditChange*>& open, const std::vector<NamedCommit>& branches,
                       const std::vector<git::Commit>& others) {
        if (open.empty() || others.empty()) return;
        std::unordered_set<std::string> fresh;
        for (const git::Commit& commit : others) fresh.insert(commit.id);
        std::map<git::ObjectId, const NamedCommit*> patches;
        for (const NamedCommit& branch : branches) {
            if (!fresh.contains(branch.second) || !spend()) continue;
            const auto base = repository_.merge_base(result_.tip, branch.second);
            const git::ObjectId patch = base ? repository_.patch_id(*base, branch.second) : git::ObjectId();
            if (!patch.empty()) patches.emplace(patch, &branch);
        }
        if (patches.empty()) return;
        for (AuditChange* change : open) {
            if (!spend()) return;
            const auto found = patches.find(repository_.patch_id(change->parents.front(), change->commit));
            if (found == patches.end()) continue;
            change->kind = ChangeKind::squash;
            change->kind_reason = "the whole patch of " + quoted(found->second->first);
        }
    }

    /// Counts a patch; false when there were enough.
    bool spend() {
        if (++patches_ == most_branch_patches)
            diagnostics_.add({Level::note,
                              "git-patches",
                              "Not every branch was compared with the changes",
                              "There are more than " + std::to_string(most_branch_patches) +
                                  " patches; some rebases and squashes may be called direct. Delete branches that are "
                                  "merged, or give exports (--forge).",
                              {},
                              {},
                              {}});
        return patches_ < most_branch_patches;
    }

    const git::Repository& repository_;
    const AuditSettings& settings_;
    const std::size_t jobs_;
    Diagnostics& diagnostics_;
    const std::vector<Pattern> tickets_, emergencies_;
    std::unordered_map<std::string, git::Commit> commits_;
    std::size_t patches_ = 0;
    BranchChanges result_;
};

}  // namespace

std::vector<BranchCommit> first_parents(const git::Repository& repository, const std::string& tip,
                                        Diagnostics& diagnostics) {
    std::vector<BranchCommit> commits;
    for (std::string id = tip; !id.empty();) {
        std::string error;
        const auto commit = repository.commit(id, error);
        if (!commit) {
            diagnostics.file_error("git-object", "", "The branch's history ends early: " + error,
                                   "What came before it is not part of the audit; a fresh clone has it.");
            break;
        }
        commits.push_back({id, commit->committer.time, 0, false});
        id = commit->parents.empty() ? std::string() : commit->parents.front();
    }
    std::reverse(commits.begin(), commits.end());
    correct_clocks(commits);
    return commits;
}

BranchChanges read_changes(const git::Repository& repository, const std::vector<BranchCommit>& branch,
                           std::int64_t from, std::int64_t to, const AuditSettings& settings, std::size_t jobs,
                           Diagnostics& diagnostics) {
    return Reader(repository, settings, jobs, diagnostics).read(branch, from, to);
}

}  // namespace plumbline
