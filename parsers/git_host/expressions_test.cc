#include "parsers/git_host/expressions.h"

#include <doctest/doctest.h>

namespace plumbline::git_host {
namespace {

using Texts = std::vector<std::string>;

TEST_CASE("expressions are found where GitHub finds them") {
    const std::string text = "a ${{ x }} b ${{ format('}}', y) }} ${{ open";
    const auto found = find_expressions(text);
    REQUIRE(found.size() == 2);
    CHECK(found[0].inner == "x");
    CHECK(text.substr(found[0].begin, found[0].end - found[0].begin) == "${{ x }}");
    CHECK(found[1].inner == "format('}}', y)");
}

TEST_CASE("what is shown counts, what is only asked about does not") {
    CHECK(contexts_of("github.event.issue.title").output == Texts{"github.event.issue.title"});
    CHECK(contexts_of("github.event['issue'].title").output == Texts{"github.event.issue.title"});
    CHECK(contexts_of("github.event.commits[0].message").output == Texts{"github.event.commits.*.message"});
    CHECK(contexts_of("contains(github.event.issue.body, 'x')").output.empty());
    CHECK(contexts_of("contains(github.event.issue.body, 'x')").used == Texts{"github.event.issue.body"});
    CHECK(contexts_of("github.head_ref == 'main'").output.empty());
    CHECK(contexts_of("!github.head_ref").output.empty());
    CHECK(contexts_of("github.head_ref != 'x' && 'a' || github.ref_name").output == Texts{"github.ref_name"});
    CHECK(contexts_of("github.head_ref || github.ref_name").output == Texts{"github.head_ref", "github.ref_name"});
    CHECK(contexts_of("format('{0} {1}', inputs.a, toJSON(github.event))").output == Texts{"inputs.a", "github.event"});
    CHECK(contexts_of("fromJSON(inputs.a).b").output == Texts{"inputs.a"});
}

TEST_CASE("what does not follow the grammar counts whole") {
    CHECK(contexts_of("a.b +% c.d").output == Texts{"a.b", "c.d"});
    CHECK(contexts_of(std::string(10000, '(') + "a.b").output == Texts{"a.b"});
    CHECK(contexts_of("").output.empty());
    CHECK(contexts_of("'never closed a.b").used.empty());
}

TEST_CASE("literals are known") {
    CHECK(literal_of("'it''s'").text == "it's");
    CHECK(literal_of("true").kind == 'b');
    CHECK(literal_of("12").kind == 'd');
    CHECK(literal_of("'a' || 'b'").kind == 0);
    CHECK(literal_of("x.y").kind == 0);
}

}  // namespace
}  // namespace plumbline::git_host
