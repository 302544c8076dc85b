#include "scanner/forge.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <set>
#include <unordered_map>

#include "parsers/git/message.h"
#include "scanner/forge_hosts.h"
#include "scanner/forge_values.h"
#include "scanner/model/text.h"

namespace plumbline {
namespace {

// GraphQL wraps a list in data, repository, pullRequests, nodes; pages and scripts add a few levels.
constexpr std::size_t max_depth = 12;
// A rebase on GitHub writes all commits at once; its committer's clock moves by a second or two at most.
constexpr std::int64_t one_operation = 15;

AuditPerson person(const Value* value) {
    if (!value || !value->is_mapping()) return {};
    AuditPerson who{export_text(*value, {"name"}), export_text(*value, {"email"}),
                    export_text(*value, {"login", "username", "user.login"})};
    // `gh` calls a GitHub App `app/name` here and `name[bot]` there.
    if (who.login.starts_with("app/")) who.login = who.login.substr(4) + "[bot]";
    const Value* kind = export_member(*value, "is_bot");
    const bool bot =
        (kind && kind->is_bool() && kind->as_bool()) || export_text(*value, {"type", "__typename"}) == "Bot";
    if (bot && !who.login.empty() && !who.login.ends_with("[bot]")) who.login += "[bot]";
    return who;
}

AuditPerson person(const Value& value, std::initializer_list<std::string_view> paths) {
    for (const std::string_view path : paths) {
        const AuditPerson found = person(export_at(value, path));
        if (!(found == AuditPerson{})) return found;
    }
    return {};
}

std::optional<AuditApproval> review(const Value& value) {
    AuditApproval approval;
    approval.exported = true;
    approval.person = person(value, {"user", "author"});
    approval.time = export_time(value, {"submitted_at", "submittedAt", "approved_at", "created_at"});
    approval.commit = export_text(value, {"commit_id", "commit.oid"});
    const std::string state = lower(export_text(value, {"state"}));
    if (state == "approved")
        approval.state = AuditApproval::State::approved;
    else if (state == "changes_requested")
        approval.state = AuditApproval::State::changes_requested;
    else if (state == "dismissed")
        approval.state = AuditApproval::State::dismissed;
    else if (state == "commented")
        approval.state = AuditApproval::State::commented;
    else
        return std::nullopt;  // pending: not submitted
    return approval;
}

AuditCheck check(const Value& value) {
    AuditCheck out;
    out.name = export_text(value, {"name", "context"});
    const std::string conclusion = lower(export_text(value, {"conclusion"})),
                      state = lower(export_text(value, {"state", "status"}));
    out.result = !conclusion.empty() ? conclusion : state.empty() ? "pending" : state;
    out.completed =
        export_time(value, {"completed_at", "completedAt", "finished_at", "updated_at", "createdAt", "startedAt"});
    return out;
}

std::vector<AuditCheck> checks(const Value& items) {
    std::vector<AuditCheck> out;
    for (const Value& item : items.elements()) out.push_back(check(item));
    return out;
}

bool is_pull_request(const Value& value) {
    const auto has = [&](std::string_view name) { return value.find(name) != nullptr; };
    const bool github =
        has("number") && ((has("base") && has("head") && (has("merge_commit_sha") || has("merged_at"))) ||
                          has("mergedAt") || has("mergeCommit") || has("headRefOid"));
    const bool gitlab = has("iid") && ((has("source_branch") && has("target_branch")) ||
                                       (has("mergedAt") && (has("sourceBranch") || has("targetBranch"))));
    return github || gitlab;
}

std::vector<PullRequest::Commit> commits(const Value& items) {
    std::vector<PullRequest::Commit> out;
    for (const Value& item : items.elements()) {
        // GraphQL has another level, `commit`; REST too, but with the id beside it.
        const Value* inner = export_member(item, "commit");
        const Value& commit = inner && export_text(item, {"sha"}).empty() ? *inner : item;
        PullRequest::Commit one;
        one.id = export_text(commit, {"oid", "sha", "id"});
        one.subject = export_text(commit, {"messageHeadline", "title", "commit.message", "message"});
        one.subject = std::string(trim(std::string_view(one.subject).substr(0, one.subject.find('\n'))));
        if (const Value* authors = export_list(commit, "authors"))
            for (const Value& author : authors->elements()) {
                AuditPerson who = person(&author);
                if (const Value* user = export_member(author, "user")) who.login = person(user).login;
                one.authors.push_back(std::move(who));
            }
        if (one.authors.empty()) {
            AuditPerson who = person(commit, {"commit.author", "author"});
            if (const std::string login = export_text(commit, {"author.login"}); !login.empty()) who.login = login;
            if (!(who == AuditPerson{})) one.authors.push_back(std::move(who));
        }
        out.push_back(std::move(one));
    }
    return out;
}

/// The checks of the newest commit, as `gh` and GraphQL give them.
const Value* rollup(const Value& value) {
    if (const Value* direct = export_list(value, "statusCheckRollup")) return direct;
    if (const Value* direct = export_at(value, "statusCheckRollup.contexts"))
        return direct->is_mapping() ? export_list(*export_at(value, "statusCheckRollup"), "contexts") : nullptr;
    const Value* all = export_list(value, "commits");
    if (!all || all->elements().empty()) return nullptr;
    const Value* last = export_at(all->elements().back(), "commit.statusCheckRollup");
    return last ? export_list(*last, "contexts") : nullptr;
}

PullRequest read_github(const Value& value) {
    PullRequest pull;
    pull.number = export_text(value, {"number"});
    pull.url = export_text(value, {"html_url", "url"});
    pull.title = export_text(value, {"title"});
    pull.body = export_text(value, {"body"});
    pull.target = export_text(value, {"base.ref", "baseRefName"});
    pull.source = export_text(value, {"head.ref", "headRefName"});
    pull.head = export_text(value, {"head.sha", "headRefOid"});
    pull.opened_by = person(value, {"user", "author"});
    pull.merged_by = person(value, {"merged_by", "mergedBy"});
    pull.merged = export_time(value, {"merged_at", "mergedAt"});
    if (const std::string id = export_text(value, {"merge_commit_sha", "mergeCommit.oid"}); !id.empty())
        pull.merge_commits.push_back(id);
    if (const Value* reviews = export_list(value, "reviews")) {
        pull.reviews.emplace();
        for (const Value& item : reviews->elements())
            if (auto one = review(item)) pull.reviews->push_back(std::move(*one));
    }
    if (const Value* found = rollup(value)) pull.checks = checks(*found);
    if (const Value* found = export_list(value, "commits")) {
        pull.commits = commits(*found);
        // A query for the newest commit alone tells how many there are.
        const Value* total = export_at(value, "commits.totalCount");
        const auto number = total && total->is_number() ? total->as_number().to_int64() : std::nullopt;
        pull.commit_count = number && *number > 0 ? static_cast<std::size_t>(*number) : pull.commits.size();
    } else if (const Value* count = export_member(value, "commits"); count && count->is_number()) {
        if (const auto number = count->as_number().to_int64(); number && *number > 0)
            pull.commit_count = static_cast<std::size_t>(*number);
    }
    return pull;
}

PullRequest read_gitlab(const Value& value) {
    PullRequest pull;
    pull.number = export_text(value, {"iid"});
    pull.id = export_text(value, {"id"});
    pull.url = export_text(value, {"web_url", "webUrl"});
    pull.title = export_text(value, {"title"});
    pull.body = export_text(value, {"description"});
    pull.target = export_text(value, {"target_branch", "targetBranch"});
    pull.source = export_text(value, {"source_branch", "sourceBranch"});
    pull.head = export_text(value, {"sha", "diffHeadSha"});
    pull.base_commit = export_text(value, {"diff_refs.base_sha"});
    pull.opened_by = person(value, {"author"});
    pull.merged_by = person(value, {"merge_user", "merged_by", "mergeUser"});
    pull.merged = export_time(value, {"merged_at", "mergedAt"});
    for (const std::string_view name : {"merge_commit_sha", "mergeCommitSha", "squash_commit_sha"}) {
        const std::string id = export_text(value, {name});
        if (!id.empty()) pull.merge_commits.push_back(id);
    }
    if (const Value* approved = export_list(value, "approvedBy")) {
        pull.reviews.emplace();
        for (const Value& item : approved->elements()) {
            AuditApproval approval;
            approval.person = person(&item);
            approval.exported = true;
            pull.reviews->push_back(std::move(approval));
        }
    }
    for (const std::string_view name : {"head_pipeline", "headPipeline"}) {
        const Value* pipeline = export_member(value, name);
        if (!pipeline) continue;
        AuditCheck one = check(*pipeline);
        one.name = "pipeline";
        pull.checks = {std::move(one)};
    }
    return pull;
}

std::optional<PullRequest> read_pull_request(const Value& value) {
    if (is_pull_request(value)) return value.find("iid") ? read_gitlab(value) : read_github(value);
    for (const auto read : {read_bitbucket_cloud, read_bitbucket_data_center, read_azure_devops, read_gerrit})
        if (auto pull = read(value)) return pull;
    return std::nullopt;
}

void read_labels(const Value& value, PullRequest& pull) {
    const Value* labels = export_list(value, "labels");
    if (!labels) return;
    for (const Value& label : labels->elements())
        pull.labels.push_back(label.is_string() ? label.as_string() : export_text(label, {"name", "title"}));
}

/// What one file says of a pull request, added to what others said.
void join(PullRequest& into, PullRequest&& from) {
    const auto take = [](std::string& target, std::string& source) {
        if (target.empty()) target = std::move(source);
    };
    take(into.number, from.number);
    take(into.id, from.id);
    take(into.url, from.url);
    take(into.title, from.title);
    take(into.body, from.body);
    take(into.target, from.target);
    take(into.source, from.source);
    take(into.head, from.head);
    take(into.base_commit, from.base_commit);
    if (into.labels.empty()) into.labels = std::move(from.labels);
    if (into.opened_by == AuditPerson{}) into.opened_by = std::move(from.opened_by);
    if (into.merged_by == AuditPerson{}) into.merged_by = std::move(from.merged_by);
    if (!into.merged) into.merged = from.merged;
    if (!into.last_push) into.last_push = from.last_push;
    for (std::string& commit : from.merge_commits)
        if (std::find(into.merge_commits.begin(), into.merge_commits.end(), commit) == into.merge_commits.end())
            into.merge_commits.push_back(std::move(commit));
    if (into.commits.empty()) into.commits = std::move(from.commits);
    if (!into.commit_count) into.commit_count = from.commit_count;
    if (from.reviews) {
        if (!into.reviews) into.reviews.emplace();
        std::move(from.reviews->begin(), from.reviews->end(), std::back_inserter(*into.reviews));
    }
    if (from.checks) {
        if (!into.checks) into.checks.emplace();
        // A check that an earlier file tells of is known.
        const std::size_t known = into.checks->size();
        for (AuditCheck& one : *from.checks) {
            const auto end = into.checks->begin() + static_cast<std::ptrdiff_t>(known);
            if (std::none_of(into.checks->begin(), end, [&](const AuditCheck& have) { return have.name == one.name; }))
                into.checks->push_back(std::move(one));
        }
    }
    into.heads.insert(into.heads.end(), from.heads.begin(), from.heads.end());
    into.merged_with_commit = into.merged_with_commit || from.merged_with_commit;
    into.listed = into.listed || from.listed;
}

class ForgeReader {
  public:
    ForgeReader(std::string_view file, Forge& forge) : file_(file), forge_(forge) {}

    bool read(const Value& root) {
        struct Open {
            const Value* value;
            std::size_t depth;
            bool listed;
        };
        std::vector<Open> open = {{&root, 0, false}};
        while (!open.empty()) {
            const Open item = open.back();
            open.pop_back();
            if (item.value->is_mapping() && take(*item.value, item.listed)) {
                found_ = true;
                continue;
            }
            if (item.depth >= max_depth) continue;
            const auto elements = item.value->elements();
            for (std::size_t i = elements.size(); i-- > 0;) open.push_back({&elements[i], item.depth + 1, true});
            const auto members = item.value->members();
            for (std::size_t i = members.size(); i-- > 0;)
                if (members[i].value.is_mapping() || members[i].value.is_sequence())
                    open.push_back({&members[i].value, item.depth + 1, item.listed});
        }
        return found_;
    }

  private:
    /// Reads an object of a known kind; false when it is none.
    bool take(const Value& value, bool listed) {
        if (auto pull = read_pull_request(value)) {
            read_labels(value, *pull);
            pull->listed = listed;
            forge_.lists_pulls = forge_.lists_pulls || listed;
            add(std::move(*pull));
            if (auto bypass = read_azure_bypass(value)) {
                bypass->source = file_;
                forge_.pushes.push_back(std::move(*bypass));
            }
            return true;
        }
        for (const auto read : {read_bitbucket_activity, read_azure_policy}) {
            if (auto pull = read(value)) {
                add(std::move(*pull));
                return true;
            }
        }
        return take_review(value) || take_checks(value) || take_push(value) || take_version(value) ||
               take_commit(value);
    }

    void add(PullRequest pull) {
        const std::string number = pull.number;
        join(forge_.pulls[number], std::move(pull));
    }

    bool take_review(const Value& value) {
        // GET .../pulls/N/reviews: the number stands in an address only.
        const std::string url = export_text(value, {"pull_request_url"});
        if (!url.empty() && value.find("state")) {
            PullRequest pull;
            pull.number = url.substr(url.rfind('/') + 1);
            pull.reviews.emplace();
            if (auto one = review(value)) pull.reviews->push_back(std::move(*one));
            add(std::move(pull));
            return true;
        }
        // GET .../merge_requests/N/approvals.
        const Value* approved = export_list(value, "approved_by");
        if (!approved || !value.find("iid")) return false;
        PullRequest pull;
        pull.number = export_text(value, {"iid"});
        pull.reviews.emplace();
        for (const Value& item : approved->elements()) {
            AuditApproval approval;
            approval.exported = true;
            approval.person = person(value_or(item, "user"));
            approval.time = export_time(item, {"approved_at"});
            pull.reviews->push_back(std::move(approval));
        }
        add(std::move(pull));
        return true;
    }

    static const Value* value_or(const Value& item, std::string_view name) {
        const Value* inner = export_member(item, name);
        return inner ? inner : &item;
    }

    bool take_checks(const Value& value) {
        if (const Value* runs = export_list(value, "check_runs")) {  // GET .../commits/SHA/check-runs
            for (const Value& run : runs->elements())
                forge_.checks[export_text(run, {"head_sha"})].push_back(check(run));
            return true;
        }
        if (const Value* statuses = export_list(value, "statuses"); statuses && value.find("sha")) {  // .../status
            auto& all = forge_.checks[export_text(value, {"sha"})];
            for (const Value& status : statuses->elements()) all.push_back(check(status));
            return true;
        }
        // GET .../merge_requests/N/pipelines
        if (value.find("sha") && value.find("status") && value.find("ref") &&
            export_text(value, {"web_url"}).find("/pipelines/") != std::string::npos) {
            AuditCheck one = check(value);
            one.name = "pipeline";
            forge_.checks[export_text(value, {"sha"})].push_back(std::move(one));
            return true;
        }
        return false;
    }

    bool take_push(const Value& value) {
        PushEvent event;
        event.source = file_;
        event.actor = export_text(value, {"actor.login", "actor", "author_username", "author.username"});
        event.time = export_time(value, {"timestamp", "created_at", "@timestamp"}).value_or(0);
        if (const std::string kind = export_text(value, {"activity_type"}); !kind.empty()) {  // GET .../activity
            forge_.lists_pushes = true;
            event.before = export_text(value, {"before"});
            event.after = export_text(value, {"after"});
            event.branch = without_refs(export_text(value, {"ref"}));
            event.kind = kind == "force_push"                                ? PushEvent::Kind::forced
                         : kind == "pr_merge" || kind == "merge_queue_merge" ? PushEvent::Kind::merge
                                                                             : PushEvent::Kind::push;
            if (kind != "branch_deletion" && kind != "branch_creation") forge_.pushes.push_back(std::move(event));
            return true;
        }
        if (const Value* data = export_member(value, "push_data"); data && data->is_mapping()) {  // GitLab's events
            event.before = export_text(*data, {"commit_from"});
            event.after = export_text(*data, {"commit_to"});
            event.branch = export_text(*data, {"ref"});
            if (!event.after.empty()) forge_.pushes.push_back(std::move(event));
            return true;
        }
        const std::string action = export_text(value, {"action"});
        if (!action.starts_with("protected_branch.") && action != "git.push") return false;
        if (action == "protected_branch.policy_override") {  // an administrator went past the protection
            event.kind = PushEvent::Kind::bypass;
            event.branch = without_refs(export_text(value, {"branch", "ref", "data.branch"}));
            event.before = export_text(value, {"before", "data.before"});
            event.after = export_text(value, {"after", "data.after"});
            forge_.pushes.push_back(std::move(event));
        }
        return true;
    }

    bool take_version(const Value& value) {  // GET .../merge_requests/N/versions
        const std::string id = export_text(value, {"merge_request_id"}), head = export_text(value, {"head_commit_sha"});
        const auto created = export_time(value, {"created_at"});
        if (id.empty() || head.empty() || !created) return false;
        auto& last = forge_.last_version[id];
        last = std::max(last, *created);
        return true;
    }

    bool take_commit(const Value& value) {  // GET .../commits
        const std::string id = export_text(value, {"sha"});
        const Value* verification = export_at(value, "commit.verification");
        if (id.empty() || !value.find("commit")) return false;
        if (AuditPerson who = person(value, {"author"}); !who.login.empty()) forge_.accounts[id] = std::move(who);
        if (verification) {
            const Value* verified = export_member(*verification, "verified");
            forge_.signatures[id] = {verified && verified->is_bool() && verified->as_bool(),
                                     export_text(*verification, {"reason"})};
        }
        return true;
    }

    std::string file_;
    Forge& forge_;
    bool found_ = false;
};

/// Changes and what the exports say of them, put together.
class Matcher {
  public:
    Matcher(const Forge& forge, const std::string& branch, std::vector<AuditChange>& changes)
        : forge_(forge), branch_(branch), changes_(changes) {
        for (std::size_t i = 0; i < changes.size(); ++i) index_.emplace(changes[i].commit, i);
        for (const auto& [commit, i] : index_) in_order_.push_back(commit);
        std::sort(in_order_.begin(), in_order_.end());
    }

    void match() {
        for (const auto& [number, pull] : forge_.pulls) by_merge_commit(pull);
        for (const auto& [number, pull] : forge_.pulls) by_head(pull);
        by_brought();
        for (AuditChange& change : changes_) by_number(change);
        pushes();
        for (AuditChange& change : changes_) finish(change);
    }

  private:
    /// The change of a commit's name, which Bitbucket Cloud cuts to twelve digits; nullopt when none or several fit.
    std::optional<std::size_t> named(const std::string& commit) const {
        if (const auto found = index_.find(commit); found != index_.end()) return found->second;
        constexpr std::size_t shortest = 12;
        if (commit.size() < shortest) return std::nullopt;
        const auto first = std::lower_bound(in_order_.begin(), in_order_.end(), commit);
        if (first == in_order_.end() || !first->starts_with(commit)) return std::nullopt;
        if (first + 1 != in_order_.end() && (first + 1)->starts_with(commit)) return std::nullopt;
        return index_.at(*first);
    }

    void by_merge_commit(const PullRequest& pull) {
        for (const std::string& commit : pull.merge_commits) {
            const auto found = named(commit);
            if (!found) continue;
            AuditChange& change = changes_[*found];
            take(pull, change, "the export's merge commit of pull request " + pull.number);
            // A host that squashes writes the pull request into the subject, one that rebases keeps the subject.
            if (change.kind == ChangeKind::merge || change.kind == ChangeKind::squash) continue;
            const bool kept = pull.commits.empty() ? pull.title != change.subject || pull.commit_count == std::size_t{1}
                                                   : pull.commits.back().subject == change.subject;
            change.kind = kept ? ChangeKind::rebase : ChangeKind::squash;
            change.kind_reason = "the export's merge commit of pull request " + pull.number;
            if (kept) series(pull, *found);
        }
    }

    /// The other commits of a rebase, before the one that the host names.
    void series(const PullRequest& pull, std::size_t last) {
        const std::size_t count = pull.commit_count.value_or(1);
        for (std::size_t back = 1; back < count && back <= last; ++back) {
            AuditChange& change = changes_[last - back];
            const AuditChange& next = changes_[last];
            if (change.exported || change.kind != ChangeKind::direct) return;
            const bool listed = pull.commits.size() == count;
            const bool fits =
                listed ? pull.commits[count - 1 - back].subject == change.subject
                       : change.committer == next.committer && next.committed - change.committed <= one_operation;
            if (!fits) return;
            change.kind = ChangeKind::rebase;
            change.kind_reason = "it was merged with pull request " + pull.number;
            take(pull, change, "a commit of pull request " + pull.number + " in the export");
        }
    }

    /// A fast-forward leaves the pull request's own commits on the branch and makes none.
    void by_head(const PullRequest& pull) {
        const auto found = index_.find(pull.head);
        if (found == index_.end() || !pull.merged || changes_[found->second].exported) return;
        for (std::size_t i = found->second + 1; i-- > 0;) {
            AuditChange& change = changes_[i];
            const bool own = i == found->second ||
                             std::any_of(pull.commits.begin(), pull.commits.end(),
                                         [&](const auto& commit) { return commit.id == change.commit; }) ||
                             (!pull.base_commit.empty() && change.commit != pull.base_commit &&
                              index_.contains(pull.base_commit) && index_.at(pull.base_commit) < i);
            if (!own || change.exported) return;
            if (change.kind == ChangeKind::direct) change.kind = ChangeKind::rebase;
            change.kind_reason = "the export's newest commits of pull request " + pull.number;
            take(pull, change, change.kind_reason);
        }
    }

    /// Where Gerrit makes merge commits it names the commit that was reviewed, not the merge that brought it.
    void by_brought() {
        std::unordered_map<std::string, const PullRequest*> reviewed;
        for (const auto& [number, pull] : forge_.pulls)
            if (pull.merged && pull.merge_commits == std::vector<std::string>{pull.head}) reviewed[pull.head] = &pull;
        if (reviewed.empty()) return;
        for (AuditChange& change : changes_) {
            if (change.exported || change.kind != ChangeKind::merge) continue;
            std::vector<const PullRequest*> brought;
            for (const std::string& commit : change.commits)
                if (const auto found = reviewed.find(commit); found != reviewed.end()) brought.push_back(found->second);
            const bool all = brought.size() + 1 == change.commits.size();
            if (brought.size() == 1 && all)
                take(*brought.front(), change,
                     "it brought the commit of change " + brought.front()->number + " in the export");
            else if (!brought.empty())
                change.way_known_by = "it brought several commits, and the export tells of " +
                                      std::to_string(brought.size()) + " of them; each has reviews of its own";
        }
    }

    /// The commit names the pull request, and the export does not name the commit.
    void by_number(AuditChange& change) {
        const auto found = forge_.pulls.find(change.pull_request);
        if (change.exported || change.pull_request.empty() || found == forge_.pulls.end()) return;
        const PullRequest& pull = found->second;
        const bool elsewhere = !pull.target.empty() && pull.target != branch_;
        if (pull.merge_commits.empty() && pull.merged && !elsewhere) {
            take(pull, change, change.kind_reason + ", and the export holds that pull request as merged");
            return;
        }
        if (pull.target.empty() && pull.merge_commits.empty()) return;  // only reviews are known
        change.through_pull_request = false;
        change.way_known_by = "the commit names pull request " + pull.number + ", which " +
                              (elsewhere      ? "was for the branch " + quoted(pull.target)
                               : !pull.merged ? std::string("was not merged")
                                              : "was merged as " + pull.merge_commits.front().substr(0, 12));
    }

    void take(const PullRequest& pull, AuditChange& change, const std::string& because) {
        change.exported = true;
        change.through_pull_request = true;
        change.way_known_by = because;
        change.pull_request = pull.number;
        change.url = pull.url;
        change.opened_by = pull.opened_by;
        change.merged_by = pull.merged_by;
        change.merged = pull.merged_with_commit && pull.merged ? std::min(*pull.merged, change.committed) : pull.merged;
        change.last_push = pull.last_push;
        change.head = pull.head;
        change.labels = pull.labels;
        change.source_branch = pull.source;
        change.description = pull.title + "\n" + pull.body;
        if (pull.reviews) {
            change.reviews_exported = true;
            std::erase_if(change.approvals, [](const AuditApproval& approval) { return approval.exported; });
            change.approvals.insert(change.approvals.end(), pull.reviews->begin(), pull.reviews->end());
        }
        add_contributors(pull, change);
        change.checks = pull.checks;
        if (change.checks) return;
        for (const std::string& commit : {pull.head, change.commit}) {
            const auto found = forge_.checks.find(commit);
            if (found != forge_.checks.end()) change.checks = found->second;
            if (change.checks) return;
        }
    }

    static void add_contributors(const PullRequest& pull, AuditChange& change) {
        const auto add = [&](const AuditPerson& who) {
            if (!(who == AuditPerson{}) &&
                std::find(change.contributors.begin(), change.contributors.end(), who) == change.contributors.end())
                change.contributors.push_back(who);
        };
        add(pull.opened_by);
        for (const PullRequest::Commit& commit : pull.commits)
            for (const AuditPerson& author : commit.authors) add(author);
    }

    /// What activity logs say: each push and merge with the commits it moved the branch over.
    void pushes() {
        for (const PushEvent& event : forge_.pushes) {
            if (event.branch != branch_) continue;
            const auto found = index_.find(event.after);
            if (found == index_.end()) continue;
            const auto before = index_.find(event.before);
            const std::size_t first = before == index_.end() ? found->second : before->second + 1;
            for (std::size_t i = first; i <= found->second; ++i) {
                AuditChange& change = changes_[i];
                if (event.kind == PushEvent::Kind::bypass) {
                    change.through_pull_request = false;
                    change.way_known_by = event.actor + " went past the branch's protection (" + event.source + ")";
                } else if (event.kind == PushEvent::Kind::merge && !change.through_pull_request) {
                    change.through_pull_request = true;
                    change.way_known_by = "a merge by " + event.actor + " in " + event.source;
                } else if (!change.exported && forge_.lists_pushes && event.kind != PushEvent::Kind::merge) {
                    change.through_pull_request = false;
                    change.way_known_by = "a push by " + event.actor + " in " + event.source;
                }
            }
        }
    }

    void finish(AuditChange& change) {
        const auto account = forge_.accounts.find(change.commit);
        if (account != forge_.accounts.end()) {
            change.author.login = account->second.login;
            for (AuditPerson& who : change.contributors)
                if (who.email == change.author.email && who.login.empty()) who.login = account->second.login;
        }
        const auto signature = forge_.signatures.find(change.commit);
        // The host looked at it; a key that was given goes before that.
        if (signature != forge_.signatures.end() && change.signature == SignatureState::present) {
            change.signature = signature->second.first ? SignatureState::good : SignatureState::unknown_key;
            change.signer =
                signature->second.first ? "verified by the host" : "the host says: " + signature->second.second;
        }
        if (change.through_pull_request || !change.way_known_by.empty()) return;
        const bool named = !change.pull_request.empty();
        if (named || !forge_.lists_pulls) return;
        change.through_pull_request = false;
        change.way_known_by = "no pull request of the exports brought it";
    }

    const Forge& forge_;
    const std::string& branch_;
    std::vector<AuditChange>& changes_;
    std::unordered_map<std::string, std::size_t> index_;
    std::vector<std::string> in_order_;  ///< the commits of all changes, sorted
};

/// A number of fixed width; -1 when a character is no digit.
int digits(std::string_view text, std::size_t begin, std::size_t count) {
    int number = 0;
    for (std::size_t i = begin; i < begin + count; ++i) {
        if (i >= text.size() || text[i] < '0' || text[i] > '9') return -1;
        number = number * 10 + (text[i] - '0');
    }
    return number;
}

}  // namespace

std::optional<std::int64_t> read_time(std::string_view text) {
    if (text.size() < 20 || text[4] != '-' || text[7] != '-' || (text[10] != 'T' && text[10] != ' ') ||
        text[13] != ':' || text[16] != ':')
        return std::nullopt;
    const int year = digits(text, 0, 4), month = digits(text, 5, 2), day = digits(text, 8, 2);
    const int hour = digits(text, 11, 2), minute = digits(text, 14, 2), second = digits(text, 17, 2);
    const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                           std::chrono::day(static_cast<unsigned>(day))};
    if (year < 0 || month < 1 || day < 1 || !date.ok() || hour < 0 || hour > 23 || minute < 0 || minute > 59 ||
        second < 0 || second > 60)
        return std::nullopt;
    std::size_t zone = 19;
    if (text[zone] == '.') zone = std::min(text.find_first_not_of("0123456789", zone + 1), text.size());
    std::int64_t offset = 0;
    if (zone < text.size() && (text[zone] == '+' || text[zone] == '-')) {
        const bool colon = zone + 3 < text.size() && text[zone + 3] == ':';
        const int hours = digits(text, zone + 1, 2), minutes = digits(text, zone + (colon ? 4 : 3), 2);
        if (hours < 0 || minutes < 0) return std::nullopt;
        offset = (hours * 60 + minutes) * (text[zone] == '-' ? -60 : 60);
    } else if (zone >= text.size() || text[zone] != 'Z') {
        return std::nullopt;
    }
    const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
    return ((days * 24 + hour) * 60 + minute) * 60 + second - offset;
}

std::string one_document(std::string_view text) {
    // Where each document ends, told by brackets outside of strings. Only documents that are containers are joined.
    std::vector<std::string_view> documents;
    std::size_t depth = 0, begin = 0;
    bool quoted_text = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quoted_text) {
            if (c == '\\')
                ++i;
            else if (c == '"')
                quoted_text = false;
        } else if (c == '"') {
            quoted_text = true;
        } else if (c == '[' || c == '{') {
            if (depth++ == 0) begin = i;
        } else if ((c == ']' || c == '}') && depth > 0 && --depth == 0) {
            documents.push_back(text.substr(begin, i + 1 - begin));
        }
    }
    if (documents.size() == 1 && depth == 0 && text.starts_with(")]}'")) return std::string(documents.front());
    if (documents.size() < 2 || depth != 0) return std::string(text);
    std::string joined = "[";
    for (const std::string_view document : documents) {
        if (joined.size() > 1) joined += ",\n";
        joined += document;
    }
    return joined + "]";
}

void read_forge(const Value& root, const std::string& file, Forge& forge) {
    if (!ForgeReader(file, forge).read(root)) forge.other_files.push_back(file);
}

void join_forge(Forge& forge) {
    for (auto& [number, pull] : forge.pulls) {
        const auto version = forge.last_version.find(pull.id);
        if (version != forge.last_version.end()) pull.last_push = version->second;
        // The push that brought the newest commit is the first entry that shows it.
        for (const auto& [head, time] : pull.heads)
            if (head == pull.head) pull.last_push = std::min(pull.last_push.value_or(time), time);
    }
}

void apply_forge(const Forge& forge, const std::string& branch, std::vector<AuditChange>& changes) {
    Matcher(forge, branch, changes).match();
}

}  // namespace plumbline
