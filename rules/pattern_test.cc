#include "rules/pattern.h"

#include <doctest/doctest.h>

namespace plumbline {
namespace {

TEST_CASE("what a match depends on besides its characters") {
    struct Row {
        const char* pattern;
        bool start, end, inside;
    };
    for (const Row& row : std::vector<Row>{{"abc", false, false, false},
                                           {"^abc", true, false, false},
                                           {"abc$", false, true, false},
                                           {"^abc$", true, true, false},
                                           {"(^a|b$)", true, true, false},
                                           {R"(\Aabc\z)", true, true, false},
                                           {R"(\babc)", false, false, true},
                                           {R"(a\Bc)", false, false, true},
                                           {R"(\Q^$\E)", true, true, true},
                                           // In a class and behind a backslash they are characters.
                                           {"[^a]", false, false, false},
                                           {"[a^$]", false, false, false},
                                           {"[]^$]", false, false, false},
                                           {"[^]$]", false, false, false},
                                           {"[[:alpha:]$]", false, false, false},
                                           {R"([\]$])", false, false, false},
                                           {R"(\^\$)", false, false, false},
                                           {R"([a]$)", false, true, false},
                                           {R"(\\$)", false, true, false},
                                           {"a\\", false, false, false}}) {
        CAPTURE(row.pattern);
        const Pattern::Anchors found = Pattern(row.pattern, false).anchors();
        CHECK(found.start == row.start);
        CHECK(found.end == row.end);
        CHECK(found.inside == row.inside);
    }
}

TEST_CASE("matches are found from left to right, with the first group where there is one") {
    using Texts = std::vector<std::string>;
    CHECK(Pattern("[0-9]+", false).find_all("a1b22c333", 10) == Texts{"1", "22", "333"});
    CHECK(Pattern("[0-9]+", false).find_all("a1b22c333", 2) == Texts{"1", "22"});
    CHECK(Pattern("k=(\\w+)", false).find_all("k=a k= k=b", 10) == Texts{"a", "b"});
    CHECK(Pattern("x*", false).find_all("axxb", 10) == Texts{"xx"});  // empty ones are none, and end
    CHECK(Pattern("a", true).find_all("aA", 10) == Texts{"a", "A"});
    CHECK(Pattern("b+", false).find("abbb b", 0) == std::pair<std::size_t, std::size_t>(1, 3));
    CHECK(Pattern("b+", false).find("abbb b", 4) == std::pair<std::size_t, std::size_t>(5, 1));
    CHECK(!Pattern("b+", false).find("abbb", 5));
    CHECK(!Pattern("c", false).find("ab"));
    // `^` is the start of the text, not of the search.
    CHECK(!Pattern("^b", false).find("ab", 1));
}

TEST_CASE("a pattern that RE2 refuses says why and matches nothing") {
    const Pattern broken("a(", false);
    CHECK(broken.error() == "missing ): a(");
    CHECK(!broken.matches("a("));
    CHECK(broken.find_all("a(", 10).empty());
    CHECK(!broken.find("a("));
    CHECK(!Pattern("a", false).error());
    // What would need more than 1 MiB is refused, not tried.
    CHECK(Pattern("((a{100}){100}){100}", false).error());
}

}  // namespace
}  // namespace plumbline
