#include "scanner/place.h"

#include <doctest/doctest.h>

#include "scanner/model/text.h"
#include "tests/cli_support.h"

// Where a run reads, and what its paths are called.
namespace plumbline {
namespace {

struct Machine {
    MemorySystem system;
    Diagnostics diagnostics;
    Machine() {
        for (const char* file :
             {"/repo/.git/HEAD", "/repo/a/main.tf", "/repo/a/b/x.tf", "/repo/c/y.tf", "/plain/d/z.tf", "/plain/e/w.tf"})
            system.files[file] = "";
    }
    Place at(const std::string& folder, const std::vector<std::string>& typed) {
        return locate(typed, folder, system, diagnostics);
    }
};

TEST_CASE("reading goes up to the repository's top, names start where one stands") {
    struct Row {
        std::string folder;
        std::vector<std::string> typed;
        std::string root, base, paths;
    };
    for (const Row& row : std::vector<Row>{
             {"/repo", {}, "/repo", "/repo", ""},
             {"/repo", {"."}, "/repo", "/repo", ""},
             {"/repo", {"a", "c/y.tf"}, "/repo", "/repo", "a c/y.tf"},
             {"/repo/a", {}, "/repo", "/repo/a", "a"},
             {"/repo/a", {"b"}, "/repo", "/repo/a", "a/b"},
             {"/repo/a", {"b/../main.tf"}, "/repo", "/repo/a", "a/main.tf"},
             // What lies beside the working folder: names start at what both have in common.
             {"/repo/a", {"../c"}, "/repo", "/repo/c", "c"},
             {"/repo/a", {".", "../c"}, "/repo", "/repo", "a c"},
             {"/elsewhere", {"/repo/a"}, "/repo", "/repo/a", "a"},
             // No repository around it.
             {"/plain", {}, "/plain", "/plain", ""},
             {"/plain", {"d"}, "/plain", "/plain", "d"},
             {"/elsewhere", {"/plain/d/z.tf"}, "/plain/d", "/plain/d", "z.tf"},
             {"/elsewhere", {"/plain/d", "/plain/e"}, "/plain", "/plain", "d e"},
             // `/` is no working folder: it would open the whole machine.
             {"/", {"plain/d"}, "/plain/d", "/plain/d", ""},
         }) {
        Machine machine;
        const Place place = machine.at(row.folder, row.typed);
        CAPTURE(row.folder);
        CAPTURE(join(row.typed, " "));
        CHECK(place.root == row.root);
        CHECK(place.base == row.base);
        CHECK(join(place.paths, " ") == row.paths);
        CHECK(machine.diagnostics.empty());
    }
    Machine machine;
    CHECK(machine.at("/repo", {"nowhere", "a"}).paths == std::vector<std::string>{"a"});
    REQUIRE(machine.diagnostics.size() == 1);
    CHECK(machine.diagnostics.items()[0].summary == "There is no file or folder \"nowhere\"");
}

TEST_CASE("what reports call a path, and what typed patterns mean") {
    Machine machine;
    const Place top = machine.at("/repo", {}), inner = machine.at("/repo/a", {});
    CHECK(top.shown("a/main.tf") == "a/main.tf");
    CHECK(inner.shown("a/main.tf") == "main.tf");
    CHECK(inner.shown("a/b/x.tf") == "b/x.tf");
    CHECK(inner.shown("c/y.tf") == "../c/y.tf");
    CHECK(inner.shown("") == "..");
    CHECK(inner.shown("/secrets/prod.tfvars") == "/secrets/prod.tfvars");
    CHECK(inner.shown(".plumbline-outside/secrets/prod.tfvars") == "/secrets/prod.tfvars");
    CHECK(inner.inside("/repo/a/main.tf") == "a/main.tf");
    CHECK(inner.inside("/repo") == "");
    CHECK(inner.inside("/repository/x") == "/repository/x");
    for (const auto& [typed, meant] : std::vector<std::pair<std::string, std::string>>{
             {"*.tf", "*.tf"}, {"./b/*.tf", "a/b/*.tf"}, {"b/**", "a/b/**"}, {"**/test/**", "**/test/**"}})
        CHECK_MESSAGE(inner.pattern_in_root(typed) == meant, typed);
    CHECK(top.pattern_in_root("a/**") == "a/**");
}

TEST_CASE("absolute paths") {
    for (const auto& [folder, file, absolute] :
         std::vector<std::tuple<const char*, const char*, const char*>>{{"/a/b", "c", "/a/b/c"},
                                                                        {"/a/b", "../c", "/a/c"},
                                                                        {"/a/b", "/c", "/c"},
                                                                        {"/a", "../../../c", "/c"},
                                                                        {"/", ".", "/"},
                                                                        {"/a/", "./b//c/", "/a/b/c"}}) {
        CAPTURE(file);
        CHECK(absolute_path(folder, file) == absolute);
    }
    CHECK(folder_of("/a/b") == "/a");
    CHECK(folder_of("/a") == "/");
    CHECK(folder_of("/") == "/");
    CHECK(is_below("/a/b", "/a"));
    CHECK(is_below("/a", "/a"));
    CHECK(!is_below("/ab", "/a"));
    CHECK(is_below("/a", "/"));
    CHECK(is_below("a/b", ""));
}

}  // namespace
}  // namespace plumbline
