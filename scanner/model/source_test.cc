#include "scanner/model/source.h"

#include <doctest/doctest.h>

#include <string>

namespace plumbline {
namespace {

std::string at(const Source& source, std::uint32_t offset) {
    const LineCol place = source.locate(offset);
    return std::to_string(place.line) + ":" + std::to_string(place.column);
}

TEST_CASE("offsets become lines and columns of characters") {
    SourceSet sources;
    const Source& source = sources.add("a.tf", "ab\nä語\xF0\x9F\x98\x80x\r\n\nend");
    CHECK(at(source, 0) == "1:1");
    CHECK(at(source, 1) == "1:2");
    CHECK(at(source, 2) == "1:3");  // the line feed belongs to its line
    CHECK(at(source, 3) == "2:1");
    CHECK(at(source, 5) == "2:2");   // after two bytes of ä
    CHECK(at(source, 8) == "2:3");   // after three bytes of the next
    CHECK(at(source, 12) == "2:4");  // after four
    CHECK(at(source, 15) == "3:1");
    CHECK(at(source, 16) == "4:1");
    CHECK(at(source, 19) == "4:4");
    CHECK(at(source, 1000) == "4:4");  // behind the end: the end
    CHECK(source.line_count() == 4);
    CHECK(source.line(1) == "ab");
    CHECK(source.line(2) == "ä語\xF0\x9F\x98\x80x");  // without its line end of two bytes
    CHECK(source.line(3) == "");
    CHECK(source.line(4) == "end");
    CHECK(source.line(0) == "");
    CHECK(source.line(5) == "");
    CHECK(source.line_start(2) == 3);
    CHECK(source.line_start(9) == 19);
    const Source& empty = sources.add("b.tf", "");
    CHECK(at(empty, 0) == "1:1");
    CHECK(empty.line_count() == 1);
    CHECK(at(sources.add("c.tf", "a\n"), 2) == "2:1");
}

TEST_CASE("columns of a line of megabytes are right on both sides of every mark") {
    std::string text;
    for (int i = 0; i < 5000; ++i) text += "ä";
    text += "\n";
    for (int i = 0; i < 5000; ++i) text += "b";
    SourceSet sources;
    const Source& source = sources.add("a.json", text);
    for (std::uint32_t offset : {1022U, 1024U, 1026U, 2048U, 8192U, 9998U})
        CHECK(at(source, offset) == "1:" + std::to_string(offset / 2 + 1));
    for (std::uint32_t offset : {10001U, 10239U, 10240U, 10241U, 15000U})
        CHECK(at(source, offset) == "2:" + std::to_string(offset - 10000));
}

TEST_CASE("a set gives each source a number; number 0 is no file") {
    SourceSet sources;
    CHECK(sources.size() == 1);
    CHECK(sources.get(SourceId{}).path() == "");
    const Source& a = sources.add("a", "text");
    const Source& b = sources.add("b", "more");
    CHECK(sources[a.id()].path() == "a");
    CHECK(sources[b.id()].text() == "more");
    CHECK(&sources.get(SourceId{99}) == &sources.get(SourceId{}));
    CHECK(sources.text({a.id(), 1, 3}) == "ex");
    CHECK(sources.text({a.id(), 3, 1}) == "");
    CHECK(sources.text({a.id(), 9, 12}) == "");
    CHECK(sources.text({a.id(), 2, 99}) == "xt");
    sources.rename([](const std::string& path) { return "shown/" + path; });
    CHECK(a.path() == "shown/a");
    CHECK(sources.get(SourceId{}).path() == "");
    CHECK(Span::join({a.id(), 1, 3}, {a.id(), 2, 4}) == Span{a.id(), 1, 4});
    CHECK(Span::join({}, {a.id(), 2, 4}) == Span{a.id(), 2, 4});
}

}  // namespace
}  // namespace plumbline
