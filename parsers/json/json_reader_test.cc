#include "parsers/json/json_reader.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace plumbline {
namespace {

struct Read {
    SourceSet sources;
    Diagnostics diagnostics;
    std::optional<Value> value;
    explicit Read(std::string text) { value = read_json(sources.add("a.json", std::move(text)), diagnostics); }
    std::string shown() const {
        if (value) return value->to_text();
        if (diagnostics.empty()) return "nothing said";
        const LineCol at = sources.begin_of(diagnostics.items()[0].subject);
        return std::to_string(at.line) + ":" + std::to_string(at.column) + " " + diagnostics.items()[0].code;
    }
    std::string_view text_of(Span span) const { return sources.text(span); }
};

TEST_CASE("every kind of value, numbers to their last digit") {
    struct Row {
        std::string text, shown;
    };
    for (const Row& row : std::vector<Row>{
             {"null", "null"},
             {" true ", "true"},
             {"[]", "[]"},
             {"{}", "{}"},
             {R"({"b": [1, {"c": null}], "a": ""})", R"({"a":"","b":[1,{"c":null}]})"},
             {"-0", "0"},
             {"9223372036854775807", "9223372036854775807"},
             {"-9223372036854775808", "-9223372036854775808"},
             {"18446744073709551615", "18446744073709551615"},
             {"123456789012345678901234567890", "123456789012345678901234567890"},
             {"0.1", "0.1"},
             {"1.50", "1.5"},
             {"1e3", "1000"},
             {"1E-2", "0.01"},
             {R"("\u00e4\n\"\\\/")", "\"\xC3\xA4\\n\\\"\\\\/\""},
             {R"("\ud83d\ude00")", "\"\xF0\x9F\x98\x80\""},
             // Half of a pair is no character.
             {R"("\ud83d")", "\"\xEF\xBF\xBD\""},
             {R"("\ude00x")", "\"\xEF\xBF\xBDx\""},
             {R"("\\ud83d")", R"("\\ud83d")"},
             {"\xEF\xBB\xBF{\"a\": 1}", R"({"a":1})"},
         }) {
        const Read read(row.text);
        CHECK_MESSAGE(read.shown() == row.shown, row.text, " is ", read.shown());
        CHECK(read.diagnostics.empty());
    }
}

TEST_CASE("what is no JSON is refused where it goes wrong") {
    struct Row {
        std::string text, shown;
    };
    for (const Row& row : std::vector<Row>{
             {"", "1:1 json-syntax"},
             {"{", "1:1 json-syntax"},
             {"[1,]", "1:4 json-syntax"},
             {"[1\n 2]", "2:2 json-syntax"},
             {"[\"a\" \"bcd\"]", "1:6 json-syntax"},
             {"{\"a\": 1 \"b\": 2}", "1:9 json-syntax"},
             {"[,1]", "1:2 json-syntax"},
             {"[1 true]", "1:4 json-syntax"},
             {"{a: 1}", "1:2 json-syntax"},
             {"{\"a\" 1}", "1:6 json-syntax"},
             {"{} {}", "1:4 json-syntax"},
             {"'a'", "1:1 json-syntax"},
             {"// x\n1", "1:1 json-syntax"},
             {"NaN", "1:1 json-syntax"},
             {"+1", "1:1 json-syntax"},
             {"\"a\nb\"", "1:3 json-syntax"},
             {"\"\xFF\"", "1:2 json-syntax"},
         }) {
        const Read read(row.text);
        CHECK_MESSAGE(read.shown() == row.shown, row.text, " is ", read.shown());
        CHECK(read.diagnostics.size() == 1);
    }
}

TEST_CASE("nesting ends at 1,000 levels") {
    CHECK(Read(std::string(1000, '[') + std::string(1000, ']')).value);
    CHECK(Read(std::string(1001, '[') + std::string(1001, ']')).shown() == "1:1001 json-depth");
    CHECK(Read(std::string(1000000, '[')).shown() == "1:1001 json-depth");
}

TEST_CASE("places: of a value its text, of a member the pair") {
    const Read read("{\n  \"name\": \"x\",\n  \"list\": [10, -1.5e3, {\"in\": true}]\n}");
    REQUIRE(read.value);
    const Member& name = *read.value->find("name");
    CHECK(read.text_of(name.span) == "\"name\": \"x\"");
    CHECK(read.text_of(name.value.origin()) == "\"x\"");
    const Value& list = read.value->find("list")->value;
    CHECK(read.text_of(list.origin()) == "[10, -1.5e3, {\"in\": true}]");
    CHECK(read.text_of(list.elements()[0].origin()) == "10");
    CHECK(read.text_of(list.elements()[1].origin()) == "-1.5e3");
    CHECK(read.text_of(list.elements()[2].find("in")->value.origin()) == "true");
    CHECK(read.text_of(read.value->origin()).size() ==
          read.sources.text(Span{read.value->origin().source, 0, 1000}).size());
}

TEST_CASE("of a name that is given twice the last one counts, and it is said") {
    const Read read("{\"a\": 1,\n \"a\": 2}");
    REQUIRE(read.value);
    CHECK(read.shown() == R"({"a":2})");
    REQUIRE(read.diagnostics.size() == 1);
    CHECK(read.diagnostics.items()[0].level == Level::warning);
    CHECK(read.sources.begin_of(read.diagnostics.items()[0].subject).line == 2);
}

}  // namespace
}  // namespace plumbline
