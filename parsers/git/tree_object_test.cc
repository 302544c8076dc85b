#include "parsers/git/tree_object.h"

#include <doctest/doctest.h>

#include <map>
#include <random>
#include <set>
#include <string>

#include "parsers/git/repository.h"
#include "parsers/git/test_repository.h"

namespace plumbline::git {
namespace {

std::string entry(const std::string& mode, const std::string& name, char id) {
    return mode + ' ' + name + '\0' + std::string(20, id);
}

/// `-name` for what is gone, `+name` for what came, `name` for what changed; folders with a slash.
std::string differences(const std::string& before, const std::string& after) {
    const auto found = compare_tree_objects(before, after);
    if (!found) return "damaged";
    std::string text;
    for (const TreeDifference& item : *found) {
        const TreeObjectEntry& some = item.after ? *item.after : *item.before;
        text += std::string(text.empty() ? "" : " ") + (!item.before ? "+" : !item.after ? "-" : "");
        text += std::string(some.name) + (some.is_folder() ? "/" : "");
    }
    return text;
}

TEST_CASE("Two tree objects are compared entry by entry") {
    const std::string a = entry("100644", "a", '1'), b = entry("100644", "b", '2'), c = entry("40000", "c", '3');
    CHECK(differences("", "") == "");
    CHECK(differences(a + b + c, a + b + c) == "");
    CHECK(differences("", a + c) == "+a +c/");
    CHECK(differences(a + b + c, a + c) == "-b");
    CHECK(differences(a + c, a + b + c) == "+b");
    CHECK(differences(a + b + c, a + entry("100644", "b", '9') + c) == "b");
    CHECK(differences(a + b, a + entry("100755", "b", '2')) == "b");
    // Permissions of old versions of git say the same.
    CHECK(differences(a, entry("100664", "a", '1')) == "");
}

TEST_CASE("A file that becomes a folder of the same name is two entries, at their places in git's order") {
    // As folder it stands behind `a-b` and `a.b`, since a slash does.
    const std::string file = entry("100644", "a", '1'), folder = entry("40000", "a", '2');
    const std::string between = entry("100644", "a-b", '3') + entry("100644", "a.b", '4');
    CHECK(differences(file + between, between + folder) == "-a +a/");
    CHECK(differences(between + folder, file + between) == "+a -a/");
}

TEST_CASE("Trees that a broken tool wrote in the wrong order are compared like others") {
    const std::string a = entry("100644", "a", '1'), b = entry("100644", "b", '2'), c = entry("100644", "c", '3');
    CHECK(differences(c + b + a, a + b + c) == "");
    CHECK(differences(c + a, b + a) == "+b -c");
}

TEST_CASE("A damaged tree object is told, wherever it ends") {
    const std::string whole = entry("100644", "a", '1') + entry("40000", "b", '2');
    for (std::size_t size = 1; size < whole.size(); ++size) {
        if (size == entry("100644", "a", '1').size()) continue;
        CAPTURE(size);
        CHECK_FALSE(read_tree_object(whole.substr(0, size)));
        CHECK(differences(whole, whole.substr(0, size)) == "damaged");
    }
    for (const std::string& bad : {entry("100644", "", '1'), entry("", "a", '1'), entry("1x", "a", '1'),
                                   entry("1006440", "a", '1'), "100644" + std::string(1, '\0') + std::string(20, '1')})
        CHECK_FALSE(read_tree_object(bad));
}

TEST_CASE("The changes between two commits are those that their whole trees show") {
    TestRepository made("tree-object-random");
    std::string error;
    std::mt19937 random(7);
    const auto any = [&](unsigned count) { return static_cast<unsigned>(random() % count); };
    const std::vector<std::string> names = {"a", "a.b", "a-b", "b", "ab"};
    // A name is a file in one commit and a folder in another.
    const auto some_files = [&] {
        TestRepository::Files files;
        std::set<std::string> folders;
        for (unsigned i = 0; i < 12; ++i) {
            std::string path = names[any(5)];
            for (unsigned depth = any(3); depth > 0; --depth) path += "/" + names[any(5)];
            bool fits = !folders.contains(path) && !files.contains(path);
            for (std::size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1))
                fits = fits && !files.contains(path.substr(0, slash));
            if (!fits) continue;
            for (std::size_t slash = path.find('/'); slash != std::string::npos; slash = path.find('/', slash + 1))
                folders.insert(path.substr(0, slash));
            const git_filemode_t mode = any(6) == 0   ? GIT_FILEMODE_LINK
                                        : any(4) == 0 ? GIT_FILEMODE_BLOB_EXECUTABLE
                                                      : GIT_FILEMODE_BLOB;
            files[path] = {"text " + std::to_string(any(3)), mode};
        }
        return files;
    };
    TestRepository::Files before;
    std::string last;
    const auto repository = Repository::open(made.path(), error);
    REQUIRE(repository);
    for (int step = 0; step < 60; ++step) {
        const TestRepository::Files after = some_files();
        const std::string commit = made.commit(after, "step", 1700000000 + step,
                                               last.empty() ? std::vector<std::string>() : std::vector{last});
        std::multiset<std::string> expected;
        for (const auto& [path, file] : before) {
            const auto now = after.find(path);
            const bool link = file.mode == GIT_FILEMODE_LINK;
            if (now == after.end() || (now->second.mode == GIT_FILEMODE_LINK) != link)
                expected.insert("- " + path + (link ? " link" : ""));
            else if (now->second.text != file.text || now->second.mode != file.mode)
                expected.insert("* " + path + (link ? " link" : ""));
        }
        for (const auto& [path, file] : after) {
            const auto old = before.find(path);
            const bool link = file.mode == GIT_FILEMODE_LINK;
            if (old == before.end() || (old->second.mode == GIT_FILEMODE_LINK) != link)
                expected.insert("+ " + path + (link ? " link" : ""));
        }
        const auto changes = repository->changes(last, commit, false, error);
        REQUIRE(changes);
        std::multiset<std::string> found;
        for (const Change& change : *changes) {
            CHECK(change.old_path == change.path);
            const std::string kind = change.kind == Change::Kind::added     ? "+ "
                                     : change.kind == Change::Kind::removed ? "- "
                                                                            : "* ";
            CHECK(change.blob.empty() == (kind == "- "));
            CHECK(change.old_blob.empty() == (kind == "+ "));
            found.insert(kind + change.path + (change.link ? " link" : ""));
        }
        CHECK(found == expected);
        before = after;
        last = commit;
    }
}

}  // namespace
}  // namespace plumbline::git
