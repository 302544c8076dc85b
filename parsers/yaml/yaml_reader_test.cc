#include "parsers/yaml/yaml_reader.h"

#include <doctest/doctest.h>

using namespace plumbline;

namespace {

struct Read {
    SourceSet sources;
    Diagnostics diagnostics;
    YamlFile file;

    explicit Read(std::string text) {
        file = read_yaml(sources.add("a.yaml", std::move(text)), YamlOptions{}, diagnostics);
    }
    std::string documents() const {
        std::string out;
        for (const YamlDocument& document : file.documents) out += document.root.to_text() + " ";
        return out;
    }
};

}  // namespace

TEST_CASE("a character that starts no node ends its document, not the program") {
    for (const char* text : {", a", "] a", "} a", "a: b\n---\n, c\n---\nd: e\n"}) {
        CAPTURE(text);
        const Read read(text);
        CHECK_FALSE(read.file.complete);
        REQUIRE(read.diagnostics.size() == 1);
        CHECK(read.diagnostics.items()[0].code == "yaml-syntax");
    }
    // What stands before the character is an empty document; the documents around it are read.
    CHECK(Read("a: b\n---\n, c\n---\nd: e\n").documents() == R"({"a":"b"} null {"d":"e"} )");
    CHECK(Read("a: b\n---\n---\n---\nc: d\n").documents() == R"({"a":"b"} null null {"c":"d"} )");
}
