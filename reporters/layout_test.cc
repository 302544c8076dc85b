#include "reporters/layout.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "scanner/model/text.h"

namespace plumbline {
namespace {

using Lines = std::vector<std::string>;

TEST_CASE("text is broken at spaces, long words anywhere, links never") {
    CHECK(wrap("one two three", 7) == Lines{"one two", "three"});
    CHECK(wrap("one two three", 8) == Lines{"one two", "three"});
    CHECK(wrap("one two three", 0) == Lines{"one two three"});
    CHECK(wrap("  one   two ", 20) == Lines{"one two"});
    CHECK(wrap("", 10) == Lines{""});
    CHECK(wrap("abcdefghij kl", 4) == Lines{"abcd", "efgh", "ij", "kl"});
    CHECK(wrap("a abcdefgh", 4) == Lines{"a", "abcd", "efgh"});
    CHECK(wrap("see https://example.org/long now", 8) == Lines{"see", "https://example.org/long", "now"});
    CHECK(wrap("語語語", 4) == Lines{"語語", "語"});  // two columns each
    CHECK(padded("ab", 4) == "ab  ");
    CHECK(padded("abcd", 2) == "abcd");
    CHECK(padded("語", 4) == "語  ");
}

/// `3: before[marked]after`, a line each; `...` for lines left out.
std::string shown(const std::string& text, const std::string& marked, std::uint32_t context, std::size_t width = 0) {
    SourceSet sources;
    const Source& source = sources.add("a.tf", text);
    const auto begin = static_cast<std::uint32_t>(text.find(marked));
    Lines lines;
    for (const ExcerptLine& line :
         excerpt(source, {source.id(), begin, begin + static_cast<std::uint32_t>(marked.size())}, context, width))
        lines.push_back(line.number == 0
                            ? "..."
                            : std::to_string(line.number) + ": " + line.before + "[" + line.marked + "]" + line.after);
    return join(lines, "\n");
}

TEST_CASE("an excerpt shows the fault with its neighbours") {
    const std::string text = "one\ntwo = bad # x\nthree\n\nfive\n";
    CHECK(shown(text, "bad", 0) == "2: two = [bad] # x");
    CHECK(shown(text, "bad", 1) == "1: one[]\n2: two = [bad] # x\n3: three[]");
    CHECK(shown(text, "bad", 2) ==
          "1: one[]\n2: two = [bad] # x\n3: three[]");  // blank lines at the edges are left out
    CHECK(shown(text, "five", 1) == "5: [five]");
    CHECK(shown("a {\n  b\n  c\n}\n", "{\n  b\n  c\n}", 0) == "1: a [{]\n2:   [b]\n3:   [c]\n4: [}]");
    // Of a long fault the first lines and the last.
    CHECK(shown("1\n2\n3\n4\n5\n6\n7\n8\n", "2\n3\n4\n5\n6\n7", 0) == "2: [2]\n3: [3]\n4: [4]\n...\n7: [7]");
    SourceSet sources;
    CHECK(excerpt(sources.add("a", "x"), Span{}, 1, 0).empty());
}

TEST_CASE("what a line holds is safe to print, and the fault stays in view") {
    CHECK(shown("\ta = \x1b[31mbad", "bad", 0) == "1:     a = \\u001b[31m[bad]");
    const std::string long_line = std::string(5000, 'a') + "bad" + std::string(5000, 'b');
    for (std::size_t width : {std::size_t{20}, std::size_t{80}, std::size_t{160}}) {
        const std::string line = shown(long_line, "bad", 0, width);
        CHECK(line.find("[bad]") != std::string::npos);
        CHECK(line.find("…") != std::string::npos);
        CHECK(display_width(line) <= width + 5);  // `1: ` and the brackets
    }
    // A fault that is wider than the line is cut itself.
    const std::string wide = shown("x = " + std::string(500, 'b'), std::string(500, 'b'), 0, 40);
    CHECK(wide.starts_with("1: x = [bbbb"));
    CHECK(wide.ends_with("…]"));
    // Characters are never cut in two.
    CHECK(is_utf8(shown("ä" + std::string(3000, 'x') + "äöü" + std::string(3000, 'y'), "ö", 0, 30)));
}

}  // namespace
}  // namespace plumbline
