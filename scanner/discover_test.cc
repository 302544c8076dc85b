#include "scanner/discover.h"

#include <doctest/doctest.h>

#include "scanner/model/text.h"

namespace plumbline {
namespace {

/// A tree with folders that cannot be listed and things that are neither file nor folder.
class OddTree : public MemoryFileSystem {
  public:
    explicit OddTree(const std::vector<std::string>& files) {
        for (const std::string& file : files) add(file, "");
    }
    std::string closed, odd;
    std::optional<std::vector<Entry>> list(std::string_view directory) const override {
        if (!closed.empty() && directory == closed) return std::nullopt;
        auto entries = MemoryFileSystem::list(directory);
        if (entries) {
            for (Entry& entry : *entries) {
                if (!odd.empty() && entry.name == odd) entry.kind = Kind::other;
            }
        }
        return entries;
    }
    std::optional<Entry> stat(std::string_view path) const override {
        auto entry = MemoryFileSystem::stat(path);
        if (entry && !odd.empty() && file_name(path) == odd) entry->kind = Kind::other;
        return entry;
    }
};

/// What is found, and then what is said: `a.tf, b/c.tf | path: summary`.
std::string found(const FileSystem& tree, const std::vector<std::string>& paths,
                  const std::vector<std::string>& exclude = {}) {
    Diagnostics diagnostics;
    std::string out = join(discover(tree, paths, exclude, diagnostics), ", ");
    for (const Diagnostic& item : diagnostics.items()) out += " | " + item.path + ": " + item.summary;
    return out;
}

TEST_CASE("files that a parser may want, sorted, each once; other programs' folders are passed by") {
    const OddTree tree({"z.tf", "a/main.tf", "a/notes.md", "a/picture.png", "b.tf.json", ".git/config.yaml",
                        ".terraform/modules/x/main.tf", "a/node_modules/m/x.yaml", "a/.venv/x.yaml",
                        ".github/workflows/ci.yml", "a/.hidden/x.tf"});
    CHECK(found(tree, {""}) == ".github/workflows/ci.yml, a/.hidden/x.tf, a/main.tf, b.tf.json, z.tf");
    CHECK(found(tree, {"a"}) == "a/.hidden/x.tf, a/main.tf");
    CHECK(found(tree, {"", "a", "a"}) == found(tree, {""}));
    CHECK(found(tree, {}) == "");
    // Named themselves, they are read.
    CHECK(found(tree, {".terraform"}) == ".terraform/modules/x/main.tf");
}

TEST_CASE("what is excluded: names at any depth, or paths from the top") {
    const OddTree tree({"a/main.tf", "a/test/main.tf", "b/test/x.tf", "test.tf", "b/old.tf"});
    const auto without = [&](const std::string& glob) { return found(tree, {""}, {glob}); };
    CHECK(without("test") == "a/main.tf, b/old.tf, test.tf");
    CHECK(without("test/") == "a/main.tf, b/old.tf, test.tf");
    CHECK(without("a/test") == "a/main.tf, b/old.tf, b/test/x.tf, test.tf");
    CHECK(without("*/test") == "a/main.tf, b/old.tf, test.tf");
    CHECK(without("**/test/**") == "a/main.tf, b/old.tf, test.tf");
    CHECK(without("old.tf") == "a/main.tf, a/test/main.tf, b/test/x.tf, test.tf");
    CHECK(without("*.tf") == "");
    CHECK(without("*/main.tf") == "a/test/main.tf, b/old.tf, b/test/x.tf, test.tf");
    CHECK(without("TEST") == found(tree, {""}));  // names of files have a case
    // The same question of one path.
    for (const auto& [path, glob, is] :
         std::vector<std::tuple<const char*, const char*, bool>>{{"a/test/main.tf", "test", false},
                                                                 {"a/test/main.tf", "a/test", false},
                                                                 {"a/test/main.tf", "b", true},
                                                                 {"a/main.tf", "main.tf", false},
                                                                 {"a/.git/main.tf", "b", false},
                                                                 {"a/notes.md", "b", false}}) {
        CAPTURE(path);
        CAPTURE(glob);
        CHECK(is_discovered(path, {glob}) == is);
    }
}

TEST_CASE("a named file comes with its neighbours and is never left out") {
    const OddTree tree({"m/a.tf", "m/b.tf", "m/sub/c.tf", "m/notes.md", "n/d.tf", "chart/Chart.yaml",
                        "chart/values.yaml", "chart/templates/x/d.yaml", "top.tf"});
    CHECK(found(tree, {"m/a.tf"}) == "m/a.tf, m/b.tf");
    CHECK(found(tree, {"m/a.tf"}, {"*.tf"}) == "m/a.tf");
    CHECK(found(tree, {"m/notes.md"}) == "m/a.tf, m/b.tf, m/notes.md");
    CHECK(found(tree, {"top.tf"}) == "top.tf");
    CHECK(found(tree, {"m/a.tf", "n"}) == "m/a.tf, m/b.tf, n/d.tf");
    // A chart's file is nothing without its chart.
    CHECK(found(tree, {"chart/templates/x/d.yaml"}) == "chart/Chart.yaml, chart/templates/x/d.yaml, chart/values.yaml");
}

TEST_CASE("what cannot be read is named, and the rest is found") {
    OddTree tree({"a/main.tf", "b/main.tf", "c.tf"});
    CHECK(found(tree, {"nowhere"}) == " | nowhere: There is no such file or folder");
    CHECK(found(tree, {"nowhere", "a"}) == "a/main.tf | nowhere: There is no such file or folder");
    tree.closed = "a";
    CHECK(found(tree, {""}) == "b/main.tf, c.tf | a: This folder cannot be listed");
    CHECK(found(tree, {"a/main.tf"}) == "a/main.tf");  // its neighbours stay unknown
    tree.closed.clear();
    tree.odd = "c.tf";
    CHECK(found(tree, {""}) == "a/main.tf, b/main.tf | c.tf: This is neither a file nor a folder");
    CHECK(found(tree, {"c.tf"}) == " | c.tf: This is neither a file nor a folder");
}

TEST_CASE("folders without end are given up at a depth that no file system reaches") {
    /// Every folder holds a file and a folder.
    struct Endless : FileSystem {
        std::optional<std::vector<Entry>> list(std::string_view) const override {
            return std::vector<Entry>{{"a.tf", Kind::file, 0}, {"d", Kind::directory, 0}};
        }
        std::optional<Entry> stat(std::string_view path) const override {
            return Entry{std::string(file_name(path)), Kind::directory, 0};
        }
        ReadResult read(std::string_view, std::uint64_t) const override { return {}; }
    };
    Diagnostics diagnostics;
    CHECK(discover(Endless(), {""}, {}, diagnostics).size() == 2049);
    REQUIRE(diagnostics.size() == 1);
    CHECK(diagnostics.items()[0].code == "too-deep");
    CHECK(diagnostics.items()[0].summary == "Folders are nested deeper than 2,048 levels");
}

}  // namespace
}  // namespace plumbline
