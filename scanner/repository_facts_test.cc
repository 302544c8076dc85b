#include "scanner/repository_facts.h"

#include <doctest/doctest.h>

#include "parsers/git/test_repository.h"
#include "scanner/digest.h"

namespace plumbline {
namespace {

TEST_CASE("a remote's address as a URI without credentials") {
    CHECK(repository_uri("https://git.example/team/infra.git") == "https://git.example/team/infra.git");
    CHECK(repository_uri("https://bob:secret@git.example/a@b") == "https://git.example/a@b");
    CHECK(repository_uri("git@git.example:team/infra.git") == "ssh://git.example/team/infra.git");
    CHECK(repository_uri("git.example:/srv/infra.git") == "ssh://git.example/srv/infra.git");
    CHECK(repository_uri("/srv/git/infra.git") == "file:///srv/git/infra.git");
    CHECK(repository_uri("../infra.git") == "");
    CHECK(repository_uri("./a:b") == "");
    CHECK(repository_uri("/srv/my repo\n\"x") == "file:///srv/my%20repo%0A%22x");
    CHECK(repository_uri("") == "");
}

TEST_CASE("repository, branch and commit of what was scanned, and what is not as committed") {
    git::TestRepository repository("repository-facts");
    const std::string top = std::filesystem::canonical(repository.path()).string();
    CHECK(repository_facts(top, {}).commit == "");
    const std::string commit = repository.commit({{"a.tf", {"one"}}, {"m/b.tf", {"two"}}}, "first", 1'700'000'000, {});
    git_remote* remote = nullptr;
    REQUIRE(git_remote_create(&remote, repository.raw(), "origin", "https://bob:secret@git.example/infra.git") == 0);
    git_remote_free(remote);
    RepositoryFacts facts = repository_facts(top, {});
    CHECK(facts.commit == commit);
    CHECK(facts.branch == "main");
    CHECK(facts.uri == "https://git.example/infra.git");
    const auto read = [&](const std::string& path, const std::string& text) {
        return ReadFile{path.starts_with('/') ? path : top + "/" + path, sha256(text), text.size()};
    };
    CHECK(not_as_committed(top, commit, {read("a.tf", "one"), read("m/b.tf", "two"), read("/etc/x", "")}).empty());
    CHECK(not_as_committed(top, commit, {read("a.tf", "on"), read("b.tf", "one"), read("m/b.tf", "two!")}) ==
          std::vector<std::string>{"a.tf", "b.tf", "m/b.tf"});

    // A CI system checks out a commit and tells the branch; only for that commit is it believed.
    git_oid id;
    REQUIRE(git_oid_fromstr(&id, commit.c_str()) == 0);
    REQUIRE(git_repository_set_head_detached(repository.raw(), &id) == 0);
    CHECK(repository_facts(top, {}).branch == "");
    CHECK(repository_facts(top, {{"CI_COMMIT_SHA", commit}, {"CI_COMMIT_BRANCH", "release"}}).branch == "release");
    CHECK(repository_facts(top, {{"CI_COMMIT_SHA", "other"}, {"CI_COMMIT_BRANCH", "release"}}).branch == "");
    const std::map<std::string, std::string> github = {
        {"GITHUB_SHA", commit}, {"GITHUB_REF_TYPE", "branch"}, {"GITHUB_REF_NAME", "topic"}};
    CHECK(repository_facts(top, github).branch == "topic");
    CHECK(repository_facts(folder_of(top), {}).commit == "");
}

}  // namespace
}  // namespace plumbline
