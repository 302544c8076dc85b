#include "parsers/git/repository.h"

#include <doctest/doctest.h>

#include <fstream>

#include "parsers/git/test_repository.h"

namespace plumbline::git {
namespace {

std::shared_ptr<Repository> opened(const TestRepository& repository) {
    std::string error;
    auto result = Repository::open(repository.path(), error);
    REQUIRE_MESSAGE(result, error);
    return result;
}

std::vector<std::string> names(const std::optional<std::vector<FileSystem::Entry>>& entries) {
    std::vector<std::string> result;
    if (entries)
        for (const FileSystem::Entry& entry : *entries) result.push_back(entry.name);
    return result;
}

TEST_CASE("a commit's tree reads like the folder that was committed, without a checkout") {
    TestRepository made("tree", true);
    const auto first = made.commit({{"main.tf", {"a"}}, {"modules/net/main.tf", {"b"}}}, "first", 1000, {});
    made.commit({{"main.tf", {"changed"}}}, "second", 2000, {first});
    const auto repository = opened(made);
    CHECK(repository->is_bare());
    std::string error;
    const auto tree = repository->tree(first, error);
    REQUIRE_MESSAGE(tree, error);
    CHECK(names(tree->list("")) == std::vector<std::string>{"main.tf", "modules"});
    CHECK(names(tree->list("modules/net")) == std::vector<std::string>{"main.tf"});
    CHECK(tree->read("main.tf", 10).text == "a");
    CHECK(tree->stat("modules/net/main.tf")->size == 1);
    CHECK(tree->stat("modules")->kind == FileSystem::Kind::directory);
    CHECK_FALSE(tree->exists("modules/other"));
    CHECK(tree->read("main.tf", 0).error == "it is larger than the limit of 0 MiB");
    const auto tip = repository->tree(*repository->resolve("main"), error);
    CHECK(tip->read("main.tf", 10).text == "changed");
    CHECK(tip->content_id("main.tf") != tree->content_id("main.tf"));
}

TEST_CASE("links are followed inside of the tree and never out of it") {
    TestRepository made("links");
    const auto commit = made.commit({{"a/real.tf", {"x"}},
                                     {"same.tf", {"a/real.tf", GIT_FILEMODE_LINK}},
                                     {"b", {"a", GIT_FILEMODE_LINK}},
                                     {"a/up.tf", {"../same.tf", GIT_FILEMODE_LINK}},
                                     {"out.tf", {"../../etc/passwd", GIT_FILEMODE_LINK}},
                                     {"absolute.tf", {"/etc/passwd", GIT_FILEMODE_LINK}},
                                     {"loop.tf", {"loop.tf", GIT_FILEMODE_LINK}}},
                                    "links", 1000, {});
    std::string error;
    const auto tree = opened(made)->tree(commit, error);
    REQUIRE(tree);
    CHECK(tree->read("same.tf", 10).text == "x");
    CHECK(tree->read("b/real.tf", 10).text == "x");
    CHECK(tree->read("a/up.tf", 10).text == "x");
    CHECK(tree->read("out.tf", 10).error == "it is a link that leads out of the scanned tree");
    CHECK(tree->read("absolute.tf", 10).error == "it is a link that leads out of the scanned tree");
    CHECK(tree->read("loop.tf", 10).error == "no such file");
    const auto listed = tree->list("");
    REQUIRE(listed);
    for (const FileSystem::Entry& entry : *listed)
        if (entry.name == "b") CHECK(entry.kind == FileSystem::Kind::other);  // met under its own name, `a`
}

TEST_CASE("the index is what would be committed, whatever the work tree says") {
    TestRepository made("index");
    made.commit({{"main.tf", {"old"}}}, "first", 1000, {});
    made.stage({{"main.tf", {"staged"}}, {"new/deep/x.tf", {"n"}}});
    std::ofstream(made.path() + "/main.tf") << "not staged";
    std::string error;
    const auto index = opened(made)->index("", error);
    REQUIRE_MESSAGE(index, error);
    CHECK(index->read("main.tf", 100).text == "staged");
    CHECK(names(index->list("new")) == std::vector<std::string>{"deep"});
    CHECK(index->read("new/deep/x.tf", 100).text == "n");
    CHECK_FALSE(index->exists("new/shallow"));
    // git names another index to its hooks when only some paths are committed.
    std::filesystem::rename(made.path() + "/.git/index", made.path() + "/.git/next-index-7.lock");
    const auto other = opened(made)->index(made.path() + "/.git/next-index-7.lock", error);
    REQUIRE_MESSAGE(other, error);
    CHECK(other->read("main.tf", 100).text == "staged");
}

TEST_CASE("history lists children before parents even when clocks were wrong") {
    TestRepository made("history");
    const auto root = made.commit({{"a", {"1"}}}, "root", 5000, {});  // later than its children
    const auto left = made.commit({{"a", {"2"}}}, "left", 1000, {root}, "left");
    const auto right = made.commit({{"b", {"3"}}}, "right", 2000, {root}, "right");
    const auto merge = made.commit({{"a", {"2"}}, {"b", {"3"}}}, "merge", 1500, {left, right});
    const auto repository = opened(made);
    std::vector<std::string> errors, order;
    for (const Commit& commit : repository->history({merge}, {}, errors)) order.push_back(commit.id);
    CHECK(order == std::vector<std::string>{merge, right, left, root});
    order.clear();
    for (const Commit& commit : repository->history({merge}, {left}, errors)) order.push_back(commit.id);
    CHECK(order == std::vector<std::string>{merge, right});
    CHECK(errors.empty());
    CHECK(repository->merge_base(left, right) == root);
    CHECK(repository->current_branch() == "main");
    CHECK(repository->main_branch() == "main");
}

TEST_CASE("changes name both sides, and renames when asked") {
    TestRepository made("changes");
    const std::string text = "resource \"a\" \"b\" {\n  c = 1\n  d = 2\n  e = 3\n}\n";
    const auto one = made.commit({{"old.tf", {text}}, {"gone.tf", {"g"}}, {"same.tf", {"s"}}}, "one", 1000, {});
    const auto two = made.commit({{"new.tf", {text + "# moved\n"}}, {"same.tf", {"s"}}}, "two", 2000, {one});
    const auto repository = opened(made);
    std::string error;
    const auto plain = repository->changes(one, two, false, error);
    REQUIRE_MESSAGE(plain, error);
    REQUIRE(plain->size() == 3);
    CHECK((*plain)[0].path == "gone.tf");
    CHECK((*plain)[0].kind == Change::Kind::removed);
    CHECK((*plain)[0].blob.empty());
    CHECK((*plain)[1].path == "new.tf");
    CHECK((*plain)[1].kind == Change::Kind::added);
    const auto renamed = repository->changes(one, two, true, error);
    REQUIRE(renamed->size() == 2);
    CHECK((*renamed)[1].kind == Change::Kind::renamed);
    CHECK((*renamed)[1].old_path == "old.tf");
    CHECK((*renamed)[1].path == "new.tf");
    CHECK(repository->changes({}, one, false, error)->size() == 3);
}

TEST_CASE("a squashed or rebased change keeps its patch id") {
    TestRepository made("patch-id");
    const auto root = made.commit({{"a", {"1\n"}}}, "root", 1000, {});
    const auto topic = made.commit({{"a", {"1\n2\n"}}}, "topic", 2000, {root}, "topic");
    const auto other = made.commit({{"a", {"1\n"}}, {"z", {"z"}}}, "other", 3000, {root});
    const auto squashed = made.commit({{"a", {"1\n2\n"}}, {"z", {"z"}}}, "topic (#1)", 4000, {other});
    const auto repository = opened(made);
    CHECK(repository->patch_id(root, topic) == repository->patch_id(other, squashed));
    CHECK(repository->patch_id(root, topic) != repository->patch_id(root, other));
}

TEST_CASE("a damaged object is named and the rest of history goes on") {
    TestRepository made("damaged");
    const auto root = made.commit({{"a", {"1"}}}, "root", 1000, {});
    const auto tip = made.commit({{"a", {"2"}}}, "tip", 2000, {root});
    const std::string object = made.path() + "/.git/objects/" + root.substr(0, 2) + "/" + root.substr(2);
    std::filesystem::permissions(object, std::filesystem::perms::owner_all);
    std::ofstream(object, std::ios::trunc) << "garbage";
    const auto repository = opened(made);
    std::vector<std::string> errors;
    const auto history = repository->history({tip}, {}, errors);
    REQUIRE(history.size() == 1);
    CHECK(history[0].id == tip);
    REQUIRE(errors.size() == 1);
    CHECK(errors[0].starts_with("commit " + root + " cannot be read: "));
}

TEST_CASE("a shallow clone ends where git says so") {
    TestRepository made("shallow");
    const auto root = made.commit({{"a", {"1"}}}, "root", 1000, {});
    const auto tip = made.commit({{"a", {"2"}}}, "tip", 2000, {root});
    std::ofstream(made.path() + "/.git/shallow") << tip << "\n";
    std::filesystem::remove_all(made.path() + "/.git/objects/" + root.substr(0, 2));
    const auto repository = opened(made);
    CHECK(repository->is_shallow());
    std::vector<std::string> errors;
    const auto history = repository->history({tip}, {}, errors);
    REQUIRE(history.size() == 1);
    CHECK(history[0].cut_off);
    CHECK(errors.empty());
}

TEST_CASE("a remote's address comes without its password") {
    TestRepository made("remote");
    git_remote* remote = nullptr;
    REQUIRE(git_remote_create(&remote, made.raw(), "origin", "https://bot:s3cret@git.example.org/team/infra.git") == 0);
    git_remote_free(remote);
    CHECK(opened(made)->remote_url() == "https://git.example.org/team/infra.git");
}

TEST_CASE("what is no repository is said") {
    std::string error;
    CHECK_FALSE(Repository::open("/nonexistent/folder", error));
    CHECK_FALSE(error.empty());
}

}  // namespace
}  // namespace plumbline::git
