#include "scanner/forge_hosts.h"

#include <algorithm>

#include "scanner/forge_values.h"
#include "scanner/model/text.h"

namespace plumbline {
namespace {

AuditPerson bot_if(AuditPerson who, bool bot) {
    if (bot && !who.login.empty() && !who.login.ends_with("[bot]")) who.login += "[bot]";
    return who;
}

AuditPerson cloud_person(const Value* value) {
    if (!value) return {};
    // An app of the workspace, or a user.
    const bool bot = export_text(*value, {"type"}) == "app_user";
    return bot_if({export_text(*value, {"display_name"}), {}, export_text(*value, {"nickname", "username"})}, bot);
}

/// Data Center calls the account `name`.
AuditPerson data_center_person(const Value* value) {
    if (!value) return {};
    return bot_if({export_text(*value, {"displayName"}), export_text(*value, {"emailAddress"}),
                   export_text(*value, {"slug", "name"})},
                  export_text(*value, {"type"}) == "SERVICE");
}

/// `uniqueName` is an address, or `DOMAIN\account` on a server.
AuditPerson azure_person(const Value* value) {
    if (!value) return {};
    const std::string unique = export_text(*value, {"uniqueName"});
    const bool address = unique.find('@') != std::string::npos;
    return {export_text(*value, {"displayName"}), address ? unique : "", address ? "" : unique};
}

AuditPerson gerrit_person(const Value* value) {
    if (!value) return {};
    bool service = false;
    if (const Value* tags = export_list(*value, "tags"))
        for (const Value& tag : tags->elements()) service |= tag.is_string() && tag.as_string() == "SERVICE_USER";
    return bot_if({export_text(*value, {"name"}), export_text(*value, {"email"}), export_text(*value, {"username"})},
                  service);
}

AuditApproval approval_of(AuditPerson person, AuditApproval::State state) {
    AuditApproval approval;
    approval.exported = true;
    approval.person = std::move(person);
    approval.state = state;
    return approval;
}

/// A vote of Gerrit, as a number; 0 for none.
int vote_of(const Value& value) {
    const std::string text = export_text(value, {"value"});
    if (text == "2" || text == "+2") return 2;
    if (text == "1" || text == "+1") return 1;
    return text.starts_with("-2") ? -2 : text.starts_with('-') ? -1 : 0;
}

/// Labels that robots set: `Verified`, `Presubmit-Verified`.
bool is_check_label(std::string_view label) {
    return lower(label).find("verified") != std::string::npos;
}

void add_vote(std::string_view label, const Value& vote, const Value* by, const PullRequest& from, PullRequest& pull) {
    const int value = vote_of(vote);
    // What somebody says of a change that is merged already did not let it in.
    if (value == 0 || export_flag(vote, "post_submit")) return;
    const auto time = export_time(vote, {"date", "grantedOn"});
    if (is_check_label(label)) {
        AuditCheck check;
        check.name = label;
        check.result = value > 0 ? "success" : "failure";
        check.completed = time;
        pull.checks->push_back(std::move(check));
        return;
    }
    if (label != "Code-Review") return;
    // Only the highest vote lets a change in, and the lowest keeps it out; those between are opinions.
    AuditApproval approval = approval_of(gerrit_person(by), value == 2    ? AuditApproval::State::approved
                                                            : value == -2 ? AuditApproval::State::changes_requested
                                                                          : AuditApproval::State::commented);
    approval.time = time;
    approval.commit = from.head;  // votes that do not hold for the newest patch set are not listed
    pull.reviews->push_back(std::move(approval));
}

/// `GET /changes/?q=...&o=DETAILED_LABELS&o=DETAILED_ACCOUNTS&o=CURRENT_REVISION`
PullRequest read_gerrit_rest(const Value& value) {
    PullRequest pull;
    pull.number = export_text(value, {"_number"});
    pull.title = export_text(value, {"subject"});
    pull.target = export_text(value, {"branch"});
    pull.opened_by = gerrit_person(export_member(value, "owner"));
    pull.head = export_text(value, {"current_revision"});
    const bool merged = export_text(value, {"status"}) == "MERGED";
    if (merged) {
        pull.merged = export_time(value, {"submitted", "updated"});
        pull.merged_by = gerrit_person(export_member(value, "submitter"));
        // Whatever way it was submitted, the newest patch set is the commit that came onto the branch.
        if (!pull.head.empty()) pull.merge_commits.push_back(pull.head);
    }
    if (const Value* revisions = export_member(value, "revisions"); revisions && !pull.head.empty())
        if (const Value* newest = export_member(*revisions, pull.head))
            pull.last_push = export_time(*newest, {"created"});
    if (const Value* labels = export_member(value, "labels")) {
        pull.reviews.emplace();
        pull.checks.emplace();
        for (const Member& label : labels->members())
            if (const Value* votes = export_list(label.value, "all"))
                for (const Value& vote : votes->elements()) add_vote(label.name, vote, &vote, pull, pull);
    }
    return pull;
}

/// `ssh HOST gerrit query --format=JSON --current-patch-set ...`
PullRequest read_gerrit_query(const Value& value) {
    PullRequest pull;
    pull.number = export_text(value, {"number"});
    pull.url = export_text(value, {"url"});
    pull.title = export_text(value, {"subject"});
    pull.body = export_text(value, {"commitMessage"});
    pull.target = export_text(value, {"branch"});
    pull.opened_by = gerrit_person(export_member(value, "owner"));
    const Value& newest = *export_member(value, "currentPatchSet");
    pull.head = export_text(newest, {"revision"});
    pull.last_push = export_time(newest, {"createdOn"});
    pull.reviews.emplace();
    pull.checks.emplace();
    const bool merged = export_text(value, {"status"}) == "MERGED";
    if (merged && !pull.head.empty()) pull.merge_commits.push_back(pull.head);
    if (merged) pull.merged = export_time(value, {"lastUpdated"});
    if (const Value* votes = export_list(newest, "approvals")) {
        for (const Value& vote : votes->elements()) {
            const std::string label = export_text(vote, {"type"});
            const Value* by = export_member(vote, "by");
            if (merged && label == "SUBM") {  // the submission itself
                pull.merged = export_time(vote, {"grantedOn"});
                pull.merged_by = gerrit_person(by);
            }
            add_vote(label, vote, by, pull, pull);
        }
    }
    return pull;
}

}  // namespace

std::optional<PullRequest> read_bitbucket_cloud(const Value& value) {
    if (!value.find("id") || !export_at(value, "destination.branch") || !export_at(value, "source.branch") ||
        !value.find("state"))
        return std::nullopt;
    PullRequest pull;
    pull.number = export_text(value, {"id"});
    pull.url = export_text(value, {"links.html.href"});
    pull.title = export_text(value, {"title"});
    pull.body = export_text(value, {"description"});
    pull.target = export_text(value, {"destination.branch.name"});
    pull.source = export_text(value, {"source.branch.name"});
    pull.head = export_text(value, {"source.commit.hash"});
    pull.opened_by = cloud_person(export_member(value, "author"));
    if (export_text(value, {"state"}) == "MERGED") {
        pull.merged_by = cloud_person(export_member(value, "closed_by"));
        const std::string commit = export_text(value, {"merge_commit.hash"});
        if (!commit.empty()) pull.merge_commits.push_back(commit);
        // There is no time of the merge: a commit that the merge made tells it, else this is when it was last touched.
        pull.merged = export_time(value, {"updated_on"});
        pull.merged_with_commit = !commit.empty() && !commit.starts_with(pull.head) && !pull.head.starts_with(commit);
    }
    if (const Value* participants = export_list(value, "participants")) {
        pull.reviews.emplace();
        for (const Value& item : participants->elements()) {
            const std::string state = export_text(item, {"state"});
            const bool approved = export_flag(item, "approved") || state == "approved";
            if (!approved && state != "changes_requested") continue;
            AuditApproval approval =
                approval_of(cloud_person(export_member(item, "user")),
                            approved ? AuditApproval::State::approved : AuditApproval::State::changes_requested);
            approval.time = export_time(item, {"participated_on"});
            pull.reviews->push_back(std::move(approval));
        }
    }
    return pull;
}

std::optional<PullRequest> read_bitbucket_activity(const Value& value) {
    PullRequest pull;
    pull.number = export_text(value, {"pull_request.id"});
    if (pull.number.empty()) return std::nullopt;
    for (const auto& [name, state] : {std::pair("approval", AuditApproval::State::approved),
                                      std::pair("changes_requested", AuditApproval::State::changes_requested)}) {
        const Value* entry = export_member(value, name);
        if (!entry) continue;
        AuditApproval approval = approval_of(cloud_person(export_member(*entry, "user")), state);
        approval.time = export_time(*entry, {"date"});
        pull.reviews = {std::move(approval)};
        return pull;
    }
    const Value* update = export_member(value, "update");
    if (!update) return std::nullopt;
    const auto date = export_time(*update, {"date"});
    const std::string commit = export_text(*update, {"source.commit.hash"});
    if (date && !commit.empty()) pull.heads = {{commit, *date}};
    return pull;
}

std::optional<PullRequest> read_bitbucket_data_center(const Value& value) {
    if (!value.find("id") || !export_member(value, "fromRef") || !export_member(value, "toRef")) return std::nullopt;
    PullRequest pull;
    pull.number = export_text(value, {"id"});
    if (const Value* links = export_at(value, "links.self");
        links && links->is_sequence() && !links->elements().empty())
        pull.url = export_text(links->elements().front(), {"href"});
    pull.title = export_text(value, {"title"});
    pull.body = export_text(value, {"description"});
    pull.target = without_refs(export_text(value, {"toRef.id", "toRef.displayId"}));
    pull.source = without_refs(export_text(value, {"fromRef.id", "fromRef.displayId"}));
    pull.head = export_text(value, {"fromRef.latestCommit"});
    pull.opened_by = data_center_person(export_at(value, "author.user"));
    if (export_text(value, {"state"}) == "MERGED") {
        pull.merged = export_time(value, {"closedDate", "updatedDate"});
        const std::string commit = export_text(value, {"properties.mergeCommit.id"});
        if (!commit.empty()) pull.merge_commits.push_back(commit);
    }
    for (const std::string_view group : {"reviewers", "participants"}) {
        const Value* people = export_list(value, group);
        if (!people) continue;
        if (!pull.reviews) pull.reviews.emplace();
        for (const Value& item : people->elements()) {
            const std::string status = export_text(item, {"status"});
            if (status != "APPROVED" && status != "NEEDS_WORK") continue;
            AuditApproval approval = approval_of(
                data_center_person(export_member(item, "user")),
                status == "APPROVED" ? AuditApproval::State::approved : AuditApproval::State::changes_requested);
            approval.commit = export_text(item, {"lastReviewedCommit"});
            pull.reviews->push_back(std::move(approval));
        }
    }
    return pull;
}

std::optional<PullRequest> read_azure_devops(const Value& value) {
    if (!value.find("pullRequestId") || !value.find("targetRefName")) return std::nullopt;
    PullRequest pull;
    pull.number = export_text(value, {"pullRequestId"});
    pull.url = export_text(value, {"url"});
    pull.title = export_text(value, {"title"});
    pull.body = export_text(value, {"description"});
    pull.target = without_refs(export_text(value, {"targetRefName"}));
    pull.source = without_refs(export_text(value, {"sourceRefName"}));
    pull.head = export_text(value, {"lastMergeSourceCommit.commitId"});
    pull.opened_by = azure_person(export_member(value, "createdBy"));
    if (export_text(value, {"status"}) == "completed") {
        pull.merged = export_time(value, {"closedDate"});
        pull.merged_by = azure_person(export_member(value, "closedBy"));
        const std::string commit = export_text(value, {"lastMergeCommit.commitId"});
        if (!commit.empty()) pull.merge_commits.push_back(commit);
    }
    if (const Value* reviewers = export_list(value, "reviewers")) {
        pull.reviews.emplace();
        for (const Value& item : reviewers->elements()) {
            // A group's vote repeats that of its members.
            if (export_flag(item, "isContainer")) continue;
            const std::string vote = export_text(item, {"vote"});
            // 10 approved, 5 approved with suggestions, 0 none, -5 waits for the author, -10 rejected.
            if (vote != "10" && vote != "5" && vote != "-5" && vote != "-10") continue;
            pull.reviews->push_back(approval_of(azure_person(&item), vote.starts_with('-')
                                                                         ? AuditApproval::State::changes_requested
                                                                         : AuditApproval::State::approved));
        }
    }
    return pull;
}

std::optional<PullRequest> read_azure_policy(const Value& value) {
    // vstfs:///CodeReview/CodeReviewId/PROJECT/NUMBER
    const std::string artifact = export_text(value, {"artifactId"});
    if (!artifact.starts_with("vstfs:///CodeReview/") || !value.find("configuration")) return std::nullopt;
    PullRequest pull;
    pull.number = artifact.substr(artifact.rfind('/') + 1);
    const std::string kind = export_text(value, {"configuration.type.displayName"});
    if (kind != "Build" && kind != "Status") return pull;  // reviewers, comments, work items
    AuditCheck check;
    check.name = export_text(value, {"configuration.settings.displayName", "configuration.settings.statusName"});
    if (check.name.empty()) check.name = kind;
    const std::string status = export_text(value, {"status"});
    check.result = status == "approved"                         ? "success"
                   : status == "rejected" || status == "broken" ? "failure"
                   : status == "notApplicable"                  ? "skipped"
                                                                : "pending";
    check.completed = export_time(value, {"completedDate"});
    pull.checks = {std::move(check)};
    return pull;
}

std::optional<PushEvent> read_azure_bypass(const Value& value) {
    if (!export_flag(value, "completionOptions.bypassPolicy")) return std::nullopt;
    if (export_text(value, {"status"}) != "completed") return std::nullopt;
    PushEvent event;
    event.kind = PushEvent::Kind::bypass;
    event.branch = without_refs(export_text(value, {"targetRefName"}));
    event.after = export_text(value, {"lastMergeCommit.commitId"});
    const AuditPerson who = azure_person(export_member(value, "closedBy"));
    event.actor = !who.name.empty() ? who.name : !who.email.empty() ? who.email : who.login;
    event.time = export_time(value, {"closedDate"}).value_or(0);
    return event;
}

std::optional<PullRequest> read_gerrit(const Value& value) {
    if (value.find("_number") && value.find("change_id") && value.find("branch")) return read_gerrit_rest(value);
    const Value* newest = export_member(value, "currentPatchSet");
    if (newest && newest->is_mapping() && value.find("number") && value.find("branch")) return read_gerrit_query(value);
    return std::nullopt;
}

}  // namespace plumbline
