#include "parsers/json/json5_reader.h"

#include <doctest/doctest.h>

#include <string>

#include "parsers/json/json_reader.h"

namespace plumbline {
namespace {

/// The value as JSON; `line: reason` where it is refused.
std::string read(const std::string& text) {
    SourceSet sources;
    const Source& source = sources.add("a.json5", text);
    Diagnostics diagnostics;
    const auto value = read_json5(source, diagnostics);
    if (value) return value->to_text();
    REQUIRE(diagnostics.size() == 1);
    const Diagnostic& first = diagnostics.items()[0];
    return std::to_string(sources.begin_of(first.subject).line) + ": " + first.summary;
}

TEST_CASE("what JSON5 has beyond JSON") {
    struct Row {
        std::string text, expected;
    };
    const Row rows[] = {
        {"{unquoted: 'single', $_a1: \"double\",}", R"({"$_a1":"double","unquoted":"single"})"},
        {"// first\n{ /* inner */ a: [1, 2, /* last */], }// end", R"({"a":[1,2]})"},
        {"[+1, -0x1F, .5, 5., 1e3, -Infinity, NaN]", R"([1,-31,0.5,5,1000,-Infinity,"NaN"])"},
        {"'it\\'s \\x41\\u00e9\\\n next \\v\\0.'", "\"it's A\xC3\xA9 next \\u000b\\u0000.\""},
        {"'\\ud83d\\ude00 \\ud83d'", "\"\xF0\x9F\x98\x80 \xEF\xBF\xBD\""},
        {"\xEF\xBB\xBF\xC2\xA0{\xE2\x80\xA8}", "{}"},
        {"{\"a\": {'a': null, b: true}}", R"({"a":{"a":null,"b":true}})"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        if (row.text[0] == '[') {
            // How infinity prints is the value's affair.
            CHECK(read(row.text).starts_with("[1,-31,0.5,5,1000,"));
        } else {
            CHECK(read(row.text) == row.expected);
        }
    }
}

TEST_CASE("what is no JSON5 is refused where it stands") {
    struct Row {
        std::string text, expected;
    };
    const Row rows[] = {
        {"", "1: This is not valid JSON5: the text ends inside of a value"},
        {"{a: 1", "1: This is not valid JSON5: the text ends inside of a value"},
        {"{a 1}", "1: This is not valid JSON5: a `:` must follow the name"},
        {"{1a: 1}", "1: This is not valid JSON5: a name must stand here"},
        {"{a: 1 b: 2}", "1: This is not valid JSON5: a `,` or the end of the list or object must follow"},
        {"[1,\n,]", "2: This is not valid JSON5: a value must stand here"},
        {"[1}", "1: This is not valid JSON5: the brackets do not match"},
        {"{}\n{}", "2: This is not valid JSON5: something stands behind the value"},
        {"'a\nb'", "1: This is not valid JSON5: the text has no end"},
        {"'\\xZZ'", "1: This is not valid JSON5: an escape needs hexadecimal digits"},
        {"{\n/* a", "2: This is not valid JSON5: a comment has no end"},
        {"\xFF", "1: This is not valid JSON5: it is not UTF-8"},
        {std::string(1001, '['), "1: This is not valid JSON5: it is nested deeper than 1,000 levels"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        CHECK(read(row.text) == row.expected);
    }
}

TEST_CASE("JSON means the same to both readers, places included") {
    SourceSet sources;
    const Source& source = sources.add("a.json", R"({"a": [1.50, "x\n", {"b": null}], "c": {"d": -2e2}})");
    Diagnostics diagnostics;
    const auto strict = read_json(source, diagnostics), wide = read_json5(source, diagnostics);
    REQUIRE((strict && wide));
    CHECK(strict->identical(*wide));
    const Member &a = strict->members()[0], &b = wide->members()[0];
    CHECK(a.span == b.span);
    CHECK(a.value.elements()[2].members()[0].span == b.value.elements()[2].members()[0].span);
    CHECK(a.value.elements()[0].origin() == b.value.elements()[0].origin());
}

TEST_CASE("nothing hides behind a NUL") {
    for (const bool wide : {false, true}) {
        SourceSet sources;
        const Source& source = sources.add("a.json", std::string("{}\n\0{}", 6));
        Diagnostics diagnostics;
        CHECK_FALSE((wide ? read_json5(source, diagnostics) : read_json(source, diagnostics)));
        REQUIRE(diagnostics.size() == 1);
        CHECK(diagnostics.items()[0].subject.begin == 3);
    }
}

TEST_CASE("a stream of JSON values") {
    const auto read_all = [](const std::string& text) {
        SourceSet sources;
        const Source& source = sources.add("a.json", text);
        Diagnostics diagnostics;
        std::string out;
        for (const Value& value : read_json_stream(source, diagnostics)) out += value.to_text() + ";";
        for (const Diagnostic& fault : diagnostics.items())
            out += std::to_string(fault.subject.begin) + ": " + fault.summary;
        return out;
    };
    CHECK(read_all("\xEF\xBB\xBF{\"a\": 1}\n[2]3 null\"x\"{}") == "{\"a\":1};[2];3;null;\"x\";{};");
    CHECK(read_all("") == "");
    CHECK(read_all("{} \xEF\xBB\xBF"
                   "5") == "{};3: This is not valid JSON: a byte order mark stands inside of the text");
    CHECK(read_all("{}}").starts_with("{};2: This is not valid JSON: syntax error"));
    CHECK(read_all(std::string("{}\0{}", 5)).starts_with("{};2: This is not valid JSON: syntax error"));
}

TEST_CASE("comments are given with their places") {
    SourceSet sources;
    const Source& source = sources.add("a.json5", "// one\n{a: '// no', /* two */ b: 1}");
    Diagnostics diagnostics;
    std::vector<Span> comments;
    REQUIRE(read_json5(source, diagnostics, &comments));
    REQUIRE(comments.size() == 2);
    CHECK(sources.text(comments[0]) == "// one");
    CHECK(sources.text(comments[1]) == "/* two */");
}

}  // namespace
}  // namespace plumbline
