#include "scanner/forge.h"

#include <doctest/doctest.h>

#include "parsers/json/json_reader.h"

namespace plumbline {
namespace {

Forge read_all(const std::vector<std::string>& texts) {
    Forge forge;
    SourceSet sources;
    for (const std::string& text : texts) {
        const std::string name = "export" + std::to_string(sources.size()) + ".json";
        Diagnostics diagnostics;
        const auto value = read_json(sources.add(name, one_document(text)), diagnostics);
        REQUIRE_MESSAGE(value, text);
        read_forge(*value, name, forge);
    }
    join_forge(forge);
    return forge;
}

AuditChange change(const std::string& commit, const std::string& subject = "s") {
    AuditChange out;
    out.commit = commit;
    out.subject = subject;
    out.parents = {"p"};
    out.author = {"Ann", "ann@example.org", {}};
    out.committer = {"Bob", "bob@example.org", {}};
    out.contributors = {out.author};
    return out;
}

TEST_CASE("GitHub's REST API: a list of pull requests, their reviews and checks in files of their own") {
    const Forge forge = read_all(
        {R"([{"number":12,"title":"T","html_url":"https://github.com/o/r/pull/12","user":{"login":"ann","type":"User"},
             "merged_at":"2025-03-02T10:00:00Z","merge_commit_sha":"m12","head":{"ref":"fix","sha":"h12"},
             "base":{"ref":"main"},"labels":[{"name":"hotfix"}]},
            {"number":13,"user":{"login":"bob"},"merged_at":null,"merge_commit_sha":"m13","head":{"sha":"h13"},
             "base":{"ref":"main"}}])",
         R"([{"id":1,"user":{"login":"carl"},"state":"APPROVED","commit_id":"h12","submitted_at":"2025-03-02T09:00:00Z",
              "pull_request_url":"https://api.github.com/repos/o/r/pulls/12"}]
            [{"id":2,"user":{"login":"dora"},"state":"COMMENTED","submitted_at":"2025-03-02T09:30:00+02:00",
              "pull_request_url":"https://api.github.com/repos/o/r/pulls/12"}])",
         R"({"total_count":1,"check_runs":[{"name":"build","head_sha":"h12","status":"completed",
              "conclusion":"success","completed_at":"2025-03-02T09:59:00Z"}]})"});
    REQUIRE(forge.pulls.contains("12"));
    const PullRequest& pull = forge.pulls.at("12");
    CHECK(pull.opened_by.login == "ann");
    CHECK(pull.merge_commits == std::vector<std::string>{"m12"});
    CHECK(pull.labels == std::vector<std::string>{"hotfix"});
    REQUIRE(pull.reviews);
    REQUIRE(pull.reviews->size() == 2);
    CHECK((*pull.reviews)[0].person.login == "carl");
    CHECK((*pull.reviews)[0].commit == "h12");
    CHECK((*pull.reviews)[1].time == read_time("2025-03-02T07:30:00Z"));
    CHECK(forge.checks.at("h12")[0].result == "success");
    CHECK(forge.lists_pulls);
    CHECK_FALSE(forge.pulls.at("13").merged);

    std::vector<AuditChange> changes = {change("m12"), change("direct")};
    changes[0].kind = ChangeKind::merge;
    apply_forge(forge, "main", changes);
    CHECK(changes[0].exported);
    CHECK(changes[0].through_pull_request == true);
    CHECK(changes[0].reviews_exported);
    CHECK(changes[0].checks->size() == 1);
    CHECK(changes[1].through_pull_request == false);
    CHECK(changes[1].way_known_by == "no pull request of the exports brought it");
}

TEST_CASE("gh pr list and GraphQL: reviews, commits and checks in one") {
    const Forge forge = read_all(
        {R"([{"number":1,"title":"A","body":"","author":{"login":"ann","is_bot":false},"mergedBy":{"login":"app/merger","is_bot":true},
             "mergedAt":"2025-03-02T10:00:00Z","mergeCommit":{"oid":"c3"},"headRefName":"x","headRefOid":"b2",
             "baseRefName":"main","labels":[],"reviews":[{"author":{"login":"bob"},"state":"APPROVED",
             "submittedAt":"2025-03-02T09:00:00Z","commit":{"oid":"b2"}}],
             "commits":[{"oid":"b1","messageHeadline":"one","authors":[{"login":"ann","name":"Ann","email":"ann@example.org"}]},
                        {"oid":"b2","messageHeadline":"two","authors":[{"login":"eve","name":"Eve","email":"eve@example.org"}]}],
             "statusCheckRollup":[{"__typename":"StatusContext","context":"ci","state":"SUCCESS"},
                                  {"__typename":"CheckRun","name":"lint","status":"IN_PROGRESS","conclusion":""}]}])",
         R"({"data":{"repository":{"pullRequests":{"nodes":[{"number":2,"mergedAt":"2025-03-03T10:00:00Z",
             "mergeCommit":{"oid":"m2"},"headRefOid":"h2","baseRefName":"main","author":{"login":"ann"},
             "reviews":{"nodes":[{"author":{"login":"bob"},"state":"CHANGES_REQUESTED","commit":{"oid":"h2"}}]},
             "commits":{"totalCount":4,"nodes":[{"commit":{"oid":"h2","statusCheckRollup":{"contexts":{"nodes":[
                 {"name":"build","conclusion":"FAILURE"}]}}}}]}}]}}}})"});
    const PullRequest& first = forge.pulls.at("1");
    CHECK(first.merged_by.login == "merger[bot]");
    CHECK(first.checks->at(0).result == "success");
    CHECK(first.checks->at(1).result == "in_progress");
    const PullRequest& second = forge.pulls.at("2");
    CHECK(second.reviews->at(0).state == AuditApproval::State::changes_requested);
    CHECK(second.checks->at(0).result == "failure");
    CHECK(second.commit_count == std::size_t{4});

    // Rebased on GitHub: both commits are its, told by their subjects, and Eve is one of those who wrote it.
    std::vector<AuditChange> changes = {change("c1", "before"), change("c2", "one"), change("c3", "two")};
    apply_forge(forge, "main", changes);
    CHECK_FALSE(changes[0].exported);
    CHECK(changes[1].exported);
    CHECK(changes[1].kind == ChangeKind::rebase);
    CHECK(changes[2].kind == ChangeKind::rebase);
    CHECK(changes[2].contributors.back().login == "eve");
}

TEST_CASE("GitLab: merge requests, approvals, versions, pipelines and pushes") {
    const Forge forge = read_all(
        {R"([{"id":901,"iid":5,"title":"T","description":"OPS-3","state":"merged","merged_at":"2025-03-02T10:00:00.000+01:00",
             "source_branch":"x","target_branch":"main","author":{"username":"ann","name":"Ann"},
             "merge_user":{"username":"bob"},"sha":"h5","merge_commit_sha":null,"squash_commit_sha":null,
             "web_url":"https://gitlab.com/g/p/-/merge_requests/5","labels":["emergency"]}])",
         R"({"id":901,"iid":5,"project_id":1,"approved":true,"approved_by":[{"user":{"username":"carl","name":"Carl"},
             "approved_at":"2025-03-02T08:00:00Z"}]})",
         R"([{"id":1,"head_commit_sha":"h5","merge_request_id":901,"created_at":"2025-03-02T07:00:00Z"},
             {"id":2,"head_commit_sha":"h4","merge_request_id":901,"created_at":"2025-03-01T07:00:00Z"}])",
         R"([{"id":7,"iid":7,"sha":"h5","ref":"x","status":"failed","web_url":"https://gitlab.com/g/p/-/pipelines/7",
              "updated_at":"2025-03-02T08:00:00Z"}])",
         R"([{"id":3,"action_name":"pushed to","author_username":"ann","created_at":"2025-03-04T00:00:00Z",
              "push_data":{"commit_from":"h5","commit_to":"d1","ref":"main","ref_type":"branch"}}])"});
    const PullRequest& request = forge.pulls.at("5");
    CHECK(request.merged == read_time("2025-03-02T09:00:00Z"));
    CHECK(request.last_push == read_time("2025-03-02T07:00:00Z"));
    CHECK(request.reviews->at(0).person.name == "Carl");
    REQUIRE(forge.pushes.size() == 1);
    CHECK(forge.pushes[0].actor == "ann");
    CHECK_FALSE(forge.lists_pushes);
    // Fast-forwarded: its own newest commit lies on the branch.
    std::vector<AuditChange> changes = {change("h5")};
    apply_forge(forge, "main", changes);
    CHECK(changes[0].exported);
    CHECK(changes[0].kind == ChangeKind::rebase);
    CHECK(changes[0].checks->at(0).result == "failed");
}

TEST_CASE("a commit that names a pull request which was merged as another is no change of it") {
    const Forge forge = read_all({R"([{"number":12,"merged_at":"2025-03-02T10:00:00Z","merge_commit_sha":"elsewhere",
        "head":{"ref":"fix","sha":"h12"},"base":{"ref":"main"}}])"});
    std::vector<AuditChange> changes = {change("forged", "Harmless (#12)")};
    changes[0].pull_request = "12";
    changes[0].kind = ChangeKind::squash;
    apply_forge(forge, "main", changes);
    CHECK(changes[0].through_pull_request == false);
    CHECK(changes[0].way_known_by == "the commit names pull request 12, which was merged as elsewhere");
}

TEST_CASE("settings are left to the ordinary rules, and what is no export at all too") {
    const Forge forge = read_all({R"({"url":"https://api.github.com/repos/o/r/branches/main/protection"})"});
    CHECK(forge.empty());
    CHECK(forge.other_files.size() == 1);
}

TEST_CASE("times of any offset") {
    CHECK(read_time("1970-01-01T00:00:00Z") == 0);
    CHECK(read_time("1970-01-01T01:00:00+01:00") == 0);
    CHECK(read_time("1969-12-31T19:00:00.123456-0500") == 0);
    CHECK_FALSE(read_time("2025-02-30T00:00:00Z"));
    CHECK_FALSE(read_time("yesterday"));
    CHECK_FALSE(read_time("2025-01-01T00:00:00"));
    CHECK(rfc3339(1740787200) == "2025-03-01T00:00:00Z");
    CHECK(rfc3339(-1) == "1969-12-31T23:59:59Z");
}

}  // namespace
}  // namespace plumbline
