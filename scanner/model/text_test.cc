#include "scanner/model/text.h"

#include <doctest/doctest.h>

#include <array>

namespace plumbline {
namespace {

TEST_CASE("globs: * within a part, ** over parts, ? one character") {
    struct Row {
        const char *pattern, *text;
        bool matches;
    };
    for (const Row& row : std::vector<Row>{
             {"a", "a", true},
             {"a", "A", false},
             {"a", "ab", false},
             {"", "", true},
             {"", "a", false},
             {"*", "", true},
             {"*", "abc", true},
             {"*", "a/b", false},
             {"*.tf", "main.tf", true},
             {"*.tf", "a/main.tf", false},
             {"a*c*e", "abcde", true},
             {"a*c*e", "abcdef", false},
             {"?", "a", true},
             {"?", "", false},
             {"?", "/", false},
             {"a?c", "abc", true},
             {"**", "", true},
             {"**", "a/b/c", true},
             {"a/**", "a/b/c", true},
             {"a/**", "a", false},
             {"a/**", "ab/c", false},
             // `**/` stands for whole folders, or for none.
             {"**/x", "x", true},
             {"**/x", "a/x", true},
             {"**/x", "a/b/x", true},
             {"**/x", "ax", false},
             {"**/x", "a/bx", false},
             {"a/**/b", "a/b", true},
             {"a/**/b", "a/x/b", true},
             {"a/**/b", "a/x/y/b", true},
             {"a/**/b", "a/xb", false},
             {"a/**/b", "ab", false},
             {"**/test/**", "test/x", true},
             {"**/test/**", "a/test/b/x", true},
             {"**/test/**", "mytest/x", false},
             {"**/test/**", "a/latest/x", false},
             {"**/*.tf", "main.tf", true},
             {"**/*.tf", "a/b/main.tf", true},
             {"**/a*/c", "ab/x/ad/c", true},
             {"**/a*/c", "xa/c", false},
             {"modules/*/test/**", "modules/m/test/a/b", true},
             {"modules/*/test/**", "modules/m/n/test/a", false},
             {"**/a/**/b", "x/a/y/z/b", true},
             {"**/a/**/b", "x/ya/y/z/b", false},
             {"a**b", "a/x/b", true},  // in the middle of a name: anything
             {"a**b", "ab", true},
             {"[a]", "[a]", true},
             {"{a,b}", "a", false},
         })
        CHECK_MESSAGE(glob_match(row.pattern, row.text) == row.matches, std::string(row.pattern), " and ",
                      std::string(row.text));
    // Linear: no pattern takes long.
    CHECK(!glob_match("*a*a*a*a*a*a*a*a*a*a*a*a*b", std::string(5000, 'a')));
    CHECK(!glob_match("**/a/**/a/**/a/**/a/**/b", std::string(2000, 'a') + "/a/a/a/a/a"));
}

TEST_CASE("what was most likely meant") {
    constexpr std::array<std::string_view, 5> words = {"severity", "format", "exclude", "output", "id"};
    for (const auto& [word, meant] : std::vector<std::pair<const char*, const char*>>{{"sevrity", "severity"},
                                                                                      {"severtiy", "severity"},
                                                                                      {"formta", "format"},
                                                                                      {"xclude", "exclude"},
                                                                                      {"outputs", "output"},
                                                                                      {"ids", "id"},
                                                                                      {"zzz", ""},
                                                                                      {"", ""},
                                                                                      {"completely-different", ""}})
        CHECK_MESSAGE(did_you_mean(word, words) == meant, std::string(word));
    CHECK(did_you_mean(std::string(5000, 'a'), words).empty());
    CHECK(suggestion("formta", words) == " Did you mean \"format\"?");
    CHECK(suggestion("zzz", words).empty());
}

TEST_CASE("text of an input is safe to print") {
    CHECK(printable("plain ä € 語 \xF0\x9F\x98\x80") == "plain ä € 語 \xF0\x9F\x98\x80");
    CHECK(printable("\x1b[31mred\x07") == "\\u001b[31mred\\u0007");
    CHECK(printable("a\nb\tc\rd") == "a\\nb\\tc\\rd");
    CHECK(printable("a\nb\tc", true) == "a\nb\\tc");
    CHECK(printable("\x7f\xC2\x9b") == "\\u007f\\u009b");  // C1 controls steer terminals too
    // Overrides of the direction of text (CVE-2021-42574), and line ends that are none to everyone.
    CHECK(printable("\xE2\x80\xAE"
                    "a\xE2\x81\xA6"
                    "b\xE2\x80\xA8") == "\\u202ea\\u2066b\\u2028");
    CHECK(printable("\xFF\xC3") == "\\xff\\xc3");
    CHECK(printable(std::string_view("a\0b", 3)) == "a\\u0000b");
    CHECK(quoted("a\"b\n") == "\"a\"b\\n\"");
}

TEST_CASE("widths, cuts and the well-formedness of UTF-8") {
    CHECK(display_width("abc") == 3);
    CHECK(display_width("äé") == 2);
    CHECK(display_width("e\xCC\x81") == 1);  // a combining accent
    CHECK(display_width("語") == 2);
    CHECK(cut("abcdef", 6) == "abcdef");
    CHECK(cut("abcdef", 5) == "abcd…");
    CHECK(cut("語語語", 5) == "語語…");
    CHECK(cut("語語語", 4) == "語…");
    CHECK(is_utf8("ä語"));
    for (const char* bad : {"\xFF", "\xC3", "\xC0\x80", "\xED\xA0\x80", "\xF5\x80\x80\x80", "a\x80"})
        CHECK(!is_utf8(bad));
}

TEST_CASE("small helpers") {
    using Views = std::vector<std::string_view>;
    CHECK(split("a,b,,c", ',') == Views{"a", "b", "", "c"});
    CHECK(split("", ',') == Views{""});
    CHECK(join(std::vector<std::string>{"a", "", "b"}, "-") == "a--b");
    CHECK(join(std::vector<std::string>{}, "-") == "");
    CHECK(trim(" \t a b \r\n") == "a b");
    CHECK(trim(" \n") == "");
    CHECK(lower("ÄBc-Z") == "Äbc-z");  // ASCII only
    const std::array<std::string_view, 2> ab_c = {"ab", "c"}, a_bc = {"a", "bc"};
    CHECK(fingerprint_of(ab_c).size() == 16);
    CHECK(fingerprint_of(ab_c) == fingerprint_of(ab_c));
    CHECK(fingerprint_of(ab_c) != fingerprint_of(a_bc));
}

}  // namespace
}  // namespace plumbline
