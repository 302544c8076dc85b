#include "scanner/document.h"

#include <doctest/doctest.h>

#include "scanner/model/time.h"

namespace plumbline {
namespace {

TEST_CASE("dates of the calendar and moments") {
    for (const char* date : {"2025-06-15", "2024-02-29", "2000-02-29", "1970-01-01", "9999-12-31"})
        CHECK_MESSAGE(is_date(date), date);
    for (const char* date : {"", "2025-6-15", "2025-06-31", "2023-02-29", "1900-02-29", "2025-13-01", "2025-00-10",
                             "2025-01-00", "2025/01/01", "20250101", "2025-01-01 ", "2025-01-0a"})
        CHECK_MESSAGE(!is_date(date), date);
    CHECK(day_number("1970-01-01") == 0);
    CHECK(day_number("1970-01-02") == 1);
    CHECK(day_number("1969-12-31") == -1);
    CHECK(day_number("2000-03-01") - day_number("2000-02-28") == 2);
    CHECK(rfc3339(0) == "1970-01-01T00:00:00Z");
    CHECK(rfc3339(1750000000) == "2025-06-15T15:06:40Z");
    CHECK(rfc3339(-1) == "1969-12-31T23:59:59Z");
    for (const std::int64_t moment : {std::int64_t{1}, std::int64_t{1750000000}, std::int64_t{4102444799}})
        CHECK(parse_rfc3339(rfc3339(moment)) == moment);
    for (const char* text : {"", "2025-06-15", "2025-06-15T12:00:00", "2025-06-15T12:00:00+00:00",
                             "2025-06-31T12:00:00Z", "2025-06-15 12:00:00Z", "2025-06-15Taa:00:00Z",
                             "2025-06-15T12-00-00Z", "2025-06-15T24:00:00Z", "2025-06-15T12:60:00Z"})
        CHECK_MESSAGE(parse_rfc3339(text) == 0, std::string(text));
}

TEST_CASE("documents in strings: JSON as people write it into templates, YAML of one document") {
    const auto json = [](std::string_view text) {
        const auto value = read_text_document(text, "json");
        return value ? value->to_text() : std::string("none");
    };
    CHECK(json(R"({"a": [1, true, null, "x"]})") == R"({"a":[1,true,null,"x"]})");
    CHECK(json(" [] ") == "[]");
    // A comma before a bracket is what templates leave behind.
    CHECK(json(R"({"a": [1, 2,], "b": ",]",})") == R"({"a":[1,2],"b":",]"})");
    for (const char* text : {"", "{", "{a: 1}", "{'a': 1}", "{} {}", "[1,,2]", "// x\n{}"})
        CHECK_MESSAGE(json(text) == "none", text);
    const auto yaml = [](std::string_view text) {
        const auto value = read_text_document(text, "yaml");
        return value ? value->to_text() : std::string("none");
    };
    CHECK(yaml("a: [1, x]\nb: {c: true}\n") == R"({"a":[1,"x"],"b":{"c":true}})");
    CHECK(yaml("#cloud-config\nusers: []\n") == R"({"users":[]})");
    CHECK(yaml("a: 1\n---\nb: 2\n") == "none");
    CHECK(yaml("a: [") == "none");
}

TEST_CASE("a file of settings has exactly one document") {
    const auto faults = [](const std::string& text) {
        SourceSet sources;
        Diagnostics diagnostics;
        const auto document = read_document(sources.add("a.yaml", text), diagnostics);
        if (document) return std::string("read ") + document->root.to_text();
        return diagnostics.empty() ? std::string("nothing said") : diagnostics.items()[0].summary;
    };
    CHECK(faults("a: 1\n") == R"(read {"a":1})");
    CHECK(faults("") == "read null");
    CHECK(faults("# a comment\n") == "read null");
    CHECK(faults("a: 1\n---\nb: 2\n") != "nothing said");
    CHECK(faults("a: 1\n---\nb: 2\n").find("read") == std::string::npos);
    CHECK(faults("a: [\n").find("read") == std::string::npos);
}

}  // namespace
}  // namespace plumbline
