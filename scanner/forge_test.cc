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

TEST_CASE("Bitbucket Cloud: pages of pull requests with participants, and the activity log") {
    const Forge forge = read_all({R"({"pagelen":50,"values":[
              {"type":"pullrequest","id":7,"title":"T","description":"OPS-1","state":"MERGED",
               "created_on":"2025-03-01T08:00:00.000000+00:00","updated_on":"2025-03-05T10:00:00.000000+00:00",
               "author":{"type":"user","display_name":"Ann","nickname":"ann"},
               "closed_by":{"type":"user","display_name":"Bob","nickname":"bob"},
               "source":{"branch":{"name":"fix"},"commit":{"hash":"aaaaaaaaaaaa"}},
               "destination":{"branch":{"name":"main"},"commit":{"hash":"000000000000"}},
               "merge_commit":{"hash":"1234567890ab"},
               "links":{"html":{"href":"https://bitbucket.org/w/r/pull-requests/7"}},
               "participants":[
                 {"type":"participant","user":{"display_name":"Carl","nickname":"carl"},"role":"REVIEWER",
                  "approved":true,"state":"approved","participated_on":"2025-03-05T10:00:00+00:00"},
                 {"type":"participant","user":{"display_name":"Dora","nickname":"dora"},"role":"REVIEWER",
                  "approved":false,"state":"changes_requested","participated_on":"2025-03-02T09:00:00+00:00"},
                 {"type":"participant","user":{"display_name":"Eve","nickname":"eve"},"role":"PARTICIPANT",
                  "approved":false,"state":null,"participated_on":"2025-03-02T09:00:00+00:00"}]},
              {"type":"pullrequest","id":8,"title":"U","state":"DECLINED","source":{"branch":{"name":"x"}},
               "destination":{"branch":{"name":"main"}},"merge_commit":null}]})",
                                  R"({"values":[
              {"pull_request":{"type":"pullrequest","id":7,"title":"T"},
               "approval":{"date":"2025-03-02T09:30:00+00:00","user":{"display_name":"Carl","nickname":"carl"}}},
              {"pull_request":{"type":"pullrequest","id":7},"comment":{"id":1,"content":{"raw":"hm"}}},
              {"pull_request":{"type":"pullrequest","id":7},"update":{"state":"MERGED","date":"2025-03-02T10:00:00+00:00",
               "source":{"commit":{"hash":"aaaaaaaaaaaa"}}}},
              {"pull_request":{"type":"pullrequest","id":7},"update":{"state":"OPEN","date":"2025-03-02T08:00:00+00:00",
               "source":{"commit":{"hash":"aaaaaaaaaaaa"}}}},
              {"pull_request":{"type":"pullrequest","id":7},"update":{"state":"OPEN","date":"2025-03-01T08:00:00+00:00",
               "source":{"commit":{"hash":"bbbbbbbbbbbb"}}}}]})"});
    CHECK(forge.lists_pulls);
    CHECK_FALSE(forge.pulls.at("8").merged);
    const PullRequest& pull = forge.pulls.at("7");
    CHECK(pull.target == "main");
    CHECK(pull.source == "fix");
    CHECK(pull.opened_by == AuditPerson{"Ann", {}, "ann"});
    CHECK(pull.last_push == read_time("2025-03-02T08:00:00Z"));
    // Three from the participants and the log; who only commented is none.
    REQUIRE(pull.reviews->size() == 3);
    CHECK((*pull.reviews)[1].state == AuditApproval::State::changes_requested);
    CHECK((*pull.reviews)[2].time == read_time("2025-03-02T09:30:00Z"));

    // The API cuts names of commits to twelve digits, and its time is of the last touch: the merge's commit dates it.
    std::vector<AuditChange> changes = {change("1234567890abcdef1234567890abcdef12345678"),
                                        change("1234567890ffffffffffffffffffffffffffffff")};
    changes[0].kind = ChangeKind::merge;
    changes[0].committed = *read_time("2025-03-02T10:00:00Z");
    apply_forge(forge, "main", changes);
    CHECK(changes[0].exported);
    CHECK(changes[0].pull_request == "7");
    CHECK(changes[0].merged == read_time("2025-03-02T10:00:00Z"));
    CHECK(changes[1].through_pull_request == false);
}

TEST_CASE("Bitbucket Data Center: reviewers with the commit they looked at") {
    const Forge forge =
        read_all({R"({"size":1,"isLastPage":true,"values":[{"id":9,"title":"T","state":"MERGED","open":false,
        "closed":true,"createdDate":1740900000000,"closedDate":1740909600000,
        "fromRef":{"id":"refs/heads/fix","displayId":"fix","latestCommit":"h9"},
        "toRef":{"id":"refs/heads/main","displayId":"main","latestCommit":"t9"},
        "author":{"user":{"name":"ann","emailAddress":"ann@example.org","displayName":"Ann","slug":"ann","type":"NORMAL"},
                  "role":"AUTHOR","approved":false,"status":"UNAPPROVED"},
        "reviewers":[{"user":{"name":"bob","emailAddress":"bob@example.org","displayName":"Bob","slug":"bob","type":"NORMAL"},
                      "role":"REVIEWER","approved":true,"status":"APPROVED","lastReviewedCommit":"h9"},
                     {"user":{"name":"ci","displayName":"CI","slug":"ci","type":"SERVICE"},
                      "role":"REVIEWER","approved":true,"status":"APPROVED","lastReviewedCommit":"h9"},
                     {"user":{"name":"carl","displayName":"Carl","slug":"carl","type":"NORMAL"},
                      "role":"REVIEWER","approved":false,"status":"NEEDS_WORK"}],
        "participants":[],"properties":{"mergeCommit":{"id":"m9","displayId":"m9"}},
        "links":{"self":[{"href":"https://git.example.org/projects/P/repos/r/pull-requests/9"}]}}]})"});
    const PullRequest& pull = forge.pulls.at("9");
    CHECK(pull.merge_commits == std::vector<std::string>{"m9"});
    CHECK(pull.merged == 1740909600);
    CHECK(pull.url == "https://git.example.org/projects/P/repos/r/pull-requests/9");
    REQUIRE(pull.reviews->size() == 3);
    CHECK((*pull.reviews)[0].person == AuditPerson{"Bob", "bob@example.org", "bob"});
    CHECK((*pull.reviews)[0].commit == "h9");
    CHECK((*pull.reviews)[1].person.login == "ci[bot]");
    CHECK((*pull.reviews)[2].state == AuditApproval::State::changes_requested);
}

TEST_CASE("Azure DevOps: votes, policies, and who went past them") {
    const Forge forge = read_all(
        {R"({"count":2,"value":[
              {"pullRequestId":22,"status":"completed","title":"T","description":"AB#1",
               "createdBy":{"displayName":"Ann","uniqueName":"ann@example.org","id":"1"},
               "closedBy":{"displayName":"Bob","uniqueName":"bob@example.org","id":"2"},
               "creationDate":"2025-03-01T08:00:00.1234567Z","closedDate":"2025-03-02T10:00:00.1234567Z",
               "sourceRefName":"refs/heads/fix","targetRefName":"refs/heads/main","mergeStatus":"succeeded",
               "lastMergeSourceCommit":{"commitId":"h22"},"lastMergeTargetCommit":{"commitId":"t22"},
               "lastMergeCommit":{"commitId":"m22"},"labels":[{"id":"x","name":"hotfix","active":true}],
               "reviewers":[{"displayName":"Carl","uniqueName":"carl@example.org","vote":10},
                            {"displayName":"Dora","uniqueName":"CORP\\dora","vote":-5},
                            {"displayName":"Eve","uniqueName":"eve@example.org","vote":0},
                            {"displayName":"[P]\\Team","uniqueName":"vstfs:///x","isContainer":true,"vote":10}]},
              {"pullRequestId":23,"status":"completed","title":"U","closedDate":"2025-03-03T10:00:00Z",
               "closedBy":{"displayName":"Bob","uniqueName":"bob@example.org"},
               "sourceRefName":"refs/heads/y","targetRefName":"refs/heads/main","lastMergeCommit":{"commitId":"m23"},
               "completionOptions":{"mergeStrategy":"squash","bypassPolicy":true,"bypassReason":"now"},"reviewers":[]}]})",
         R"([{"artifactId":"vstfs:///CodeReview/CodeReviewId/a7573007-bbb3-4341-b726-0c4148a07853/22","status":"approved",
              "completedDate":"2025-03-02T09:00:00Z",
              "configuration":{"type":{"displayName":"Build"},"settings":{"displayName":"ci"}}},
             {"artifactId":"vstfs:///CodeReview/CodeReviewId/a7573007-bbb3-4341-b726-0c4148a07853/22","status":"rejected",
              "configuration":{"type":{"displayName":"Status"},"settings":{"statusName":"policy"}}},
             {"artifactId":"vstfs:///CodeReview/CodeReviewId/a7573007-bbb3-4341-b726-0c4148a07853/22","status":"approved",
              "configuration":{"type":{"displayName":"Minimum number of reviewers"},"settings":{}}}])"});
    const PullRequest& pull = forge.pulls.at("22");
    CHECK(pull.target == "main");
    CHECK(pull.merge_commits == std::vector<std::string>{"m22"});
    CHECK(pull.merged == read_time("2025-03-02T10:00:00Z"));
    CHECK(pull.labels == std::vector<std::string>{"hotfix"});
    CHECK(pull.merged_by == AuditPerson{"Bob", "bob@example.org", {}});
    // A group's vote repeats its members', and no vote is none.
    REQUIRE(pull.reviews->size() == 2);
    CHECK((*pull.reviews)[0].person.email == "carl@example.org");
    CHECK((*pull.reviews)[1].state == AuditApproval::State::changes_requested);
    CHECK((*pull.reviews)[1].person.login == "CORP\\dora");
    REQUIRE(pull.checks->size() == 2);
    CHECK(pull.checks->at(0).name == "ci");
    CHECK(pull.checks->at(0).result == "success");
    CHECK(pull.checks->at(1).name == "policy");
    CHECK(pull.checks->at(1).result == "failure");

    std::vector<AuditChange> changes = {change("m22"), change("m23")};
    apply_forge(forge, "main", changes);
    CHECK(changes[0].through_pull_request == true);
    CHECK(changes[1].through_pull_request == false);
    CHECK(changes[1].way_known_by == "Bob went past the branch's protection (export1.json)");
}

TEST_CASE("Gerrit: votes of the newest patch set, from REST and from the query command") {
    const Forge forge = read_all(
        {R"()]}'
[{"id":"p~main~I1","project":"p","branch":"main","change_id":"I1","subject":"T","status":"MERGED","_number":31,
  "created":"2025-03-01 08:00:00.000000000","updated":"2025-03-04 10:00:00.000000000",
  "submitted":"2025-03-02 10:00:00.000000000","submitter":{"_account_id":2,"name":"Bob","email":"bob@example.org","username":"bob"},
  "owner":{"_account_id":1,"name":"Ann","email":"ann@example.org","username":"ann"},
  "current_revision":"c31","revisions":{"c31":{"_number":3,"created":"2025-03-02 08:00:00.000000000"}},
  "labels":{"Code-Review":{"all":[
      {"value":2,"date":"2025-03-02 09:00:00.000000000","name":"Carl","email":"carl@example.org","username":"carl"},
      {"value":1,"date":"2025-03-02 09:00:00.000000000","name":"Dora","username":"dora"},
      {"value":2,"date":"2025-03-03 09:00:00.000000000","post_submit":true,"name":"Eve","username":"eve"},
      {"value":0,"name":"Finn","username":"finn"}]},
    "Verified":{"all":[{"value":1,"date":"2025-03-02 08:30:00.000000000","name":"CI","username":"ci","tags":["SERVICE_USER"]}]}}}])",
         R"({"project":"p","branch":"main","id":"I2","number":32,"subject":"U","owner":{"name":"Ann","email":"ann@example.org","username":"ann"},
             "url":"https://review.example.org/32","status":"MERGED","lastUpdated":1741000000,
             "currentPatchSet":{"number":1,"revision":"c32","createdOn":1740900000,"approvals":[
               {"type":"Code-Review","value":"2","grantedOn":1740905000,"by":{"name":"Carl","username":"carl"}},
               {"type":"Verified","value":"-1","grantedOn":1740905000,"by":{"name":"CI","username":"ci"}},
               {"type":"SUBM","value":"1","grantedOn":1740909600,"by":{"name":"Bob","username":"bob"}}]}}
            {"type":"stats","rowCount":1,"runTimeMilliseconds":4,"moreChanges":false})"});
    const PullRequest& first = forge.pulls.at("31");
    CHECK(first.merged == read_time("2025-03-02T10:00:00Z"));
    CHECK(first.last_push == read_time("2025-03-02T08:00:00Z"));
    // A vote after the submission did not let it in, and +1 is an opinion.
    REQUIRE(first.reviews->size() == 2);
    CHECK((*first.reviews)[0].state == AuditApproval::State::approved);
    CHECK((*first.reviews)[0].commit == "c31");
    CHECK((*first.reviews)[1].state == AuditApproval::State::commented);
    REQUIRE(first.checks->size() == 1);
    CHECK(first.checks->at(0).result == "success");
    const PullRequest& second = forge.pulls.at("32");
    CHECK(second.merged == 1740909600);
    CHECK(second.merged_by.login == "bob");
    CHECK(second.last_push == 1740900000);
    CHECK(second.checks->at(0).result == "failure");

    // Submitted as it is, brought by a merge, and one merge that brought two.
    std::vector<AuditChange> changes = {change("c31"), change("merge"), change("both")};
    changes[1].kind = changes[2].kind = ChangeKind::merge;
    changes[1].commits = {"merge", "c32"};
    changes[2].commits = {"both", "c32", "other"};
    apply_forge(forge, "main", changes);
    CHECK(changes[0].exported);
    CHECK(changes[1].exported);
    CHECK(changes[1].pull_request == "32");
    CHECK_FALSE(changes[2].exported);
    CHECK_FALSE(changes[2].through_pull_request);
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
