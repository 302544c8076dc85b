#include "parsers/git/message.h"

#include <doctest/doctest.h>

#include <array>

namespace plumbline::git {
namespace {

TEST_CASE("every host's way of writing a merge is read") {
    struct Case {
        std::string_view message, host, pull_request, branch;
        bool squash_mark;
    };
    const std::array<Case, 18> cases = {{
        {"Merge pull request #12 from octo/fix/acl\n\nClose the bucket\n", "github", "12", "fix/acl", false},
        {"Close the bucket (#12)\n\n* one\n\n* two\n", "github", "12", "", true},
        {"Revert \"Close the bucket (#12)\" (#13)\n\nReverts octo/infra#12\n", "github", "13", "", true},
        {"Merge #12\n\n12: Close the bucket r=bob a=ann\n", "github", "12", "", false},
        {"Merge branch 'fix-acl' into 'main'\n\nClose the bucket\n\nSee merge request infra/live!34\n", "gitlab", "34",
         "fix-acl", false},
        {"Close the bucket (!34)\n", "gitlab", "34", "", true},
        {"Merged in fix/acl (pull request #56)\n\nClose the bucket\n\nApproved-by: Bob\n", "bitbucket", "56", "fix/acl",
         false},
        {"Merge pull request #56 in OPS/infra from fix/acl to main\n\n* commit 'abc':\n", "bitbucket", "56", "fix/acl",
         false},
        {"Pull request #56: Close the bucket\n\nMerge in OPS/infra from fix/acl to main\n", "bitbucket", "56", "",
         false},
        {"Merged PR 78: Close the bucket\n\nRelated work items: #9\n", "azure-devops", "78", "", false},
        {"Close the bucket\n\nChange-Id: I0123456789012345678901234567890123456789\n"
         "Reviewed-on: https://review.example.org/c/infra/+/90\nReviewed-by: Bob <bob@example.org>\n",
         "gerrit", "90", "", false},
        {"Close the bucket\n\nChange-Id: I0123456789012345678901234567890123456789\n", "gerrit", "", "", false},
        {"Merge pull request 'Close the bucket' (#7) from fix into main\n\n"
         "Reviewed-on: https://git.example.org/o/r/pulls/7\n",
         "gitea", "7", "fix", false},
        {"Close the bucket\n\nDifferential Revision: https://phab.example.org/D99\n", "phabricator", "D99", "", true},
        {"Merge branch 'fix'\n", "", "", "fix", false},
        {"Merge branches 'a', 'b' and 'c'\n", "", "", "a", false},
        {"Fix #12 in the parser\n", "", "", "", false},
        {"Close the bucket\n\nSee merge request in the wiki!\n", "", "", "", false},
    }};
    for (const Case& item : cases) {
        CAPTURE(item.message);
        const MessageFacts facts = read_message(item.message);
        CHECK(facts.host == item.host);
        CHECK(facts.pull_request == item.pull_request);
        CHECK(facts.source_branch == item.branch);
        CHECK(facts.squash_mark == item.squash_mark);
    }
}

TEST_CASE("trailers stand at the end; text before them that looks alike is text") {
    const auto trailers = trailers_of(
        "Fix\n\nReviewed-by: not a trailer, there is text behind\n\nThe note: it was slow\nand went on\nfor long\n\n"
        "Signed-off-by: Ann <ann@example.org>\n\n---------\n\nReviewed-by: Bob Long-Name\n  <bob@example.org>\n"
        "Refs: OPS-1\n");
    REQUIRE(trailers.size() == 3);
    CHECK(trailers[0].key == "Signed-off-by");
    CHECK(trailers[1].key == "Reviewed-by");
    CHECK(trailers[1].value == "Bob Long-Name <bob@example.org>");
    CHECK(trailers[2].value == "OPS-1");
    CHECK(trailers_of("Reviewed-by: the subject is none\n").empty());
    CHECK(trailers_of("Fix\n\nsee https://example.org/a\n").empty());
    CHECK(read_name_and_email("Bob B <bob@example.org> (v2)").email == "bob@example.org");
    CHECK(read_name_and_email("Bob B").name == "Bob B");
    CHECK(read_name_and_email("bob@example.org").email == "bob@example.org");
}

TEST_CASE("reverts name what they take back") {
    const std::string id(40, 'a');
    CHECK(read_message("Revert \"x\"\n\nThis reverts commit " + id + ".\n").reverts == id);
    CHECK(read_message("Revert \"x (#12)\" (#13)\n\nReverts octo/infra#12\n").reverts_pull_request == "12");
    CHECK(read_message("Revert x\n\nThis reverts merge request !5\n").reverts_pull_request == "5");
    CHECK(read_message("Explain how This reverts commit works\n").reverts.empty());
}

}  // namespace
}  // namespace plumbline::git
