#include "rules/path.h"

#include <doctest/doctest.h>

#include "tests/rule_test_support.h"

namespace plumbline {
namespace {

/// `a b`: the texts of the values found; `?` stands for an unknown one, `-` for an absent one, `{..|..}` for a choice.
std::string shown(const Spots& spots) {
    std::string out;
    for (const Spot& spot : spots.sure) {
        out += (out.empty() ? "" : " ");
        out += !spot.present ? "-" : spot.value.is_unknown() ? "?" : spot.value.to_text();
    }
    for (const Spots::Choice& choice : spots.choices) {
        out += out.empty() ? "{" : " {";
        for (std::size_t i = 0; i < choice.alternatives.size(); ++i)
            out += (i ? "|" : "") + shown(choice.alternatives[i]);
        out += "}";
    }
    return out;
}

Value text(const char* value) {
    return Value::string(value);
}

Value object(std::vector<std::pair<std::string, Value>> members) {
    std::vector<Member> made;
    for (auto& [name, value] : members) made.push_back({std::move(name), std::move(value), {}});
    return Value::object(std::move(made));
}

Value either(Value a, Value b) {
    Unknown unknown;
    unknown.cause = make_cause("the weather");
    unknown.alternatives = {std::move(a), std::move(b)};
    return Value::unknown(std::move(unknown));
}

/// What paths lead to in the tests: the body, the meta-arguments, and an element of the body's list.
struct Example {
    Resource resource;
    Scope body, element;
    Example() {
        const Value rule = object({{"id", text("r1")}, {"on", text("yes")}});
        resource.body = object({
            {"name", text("n")},
            {"nothing", Value()},
            {"open", Value::unknown(Type(), make_cause("not given"))},
            {"none", Value::tuple({})},
            {"list", Value::tuple({text("a"), Value(), text("b")})},
            {"rule", Value::tuple({rule, object({{"id", text("r2")}})})},
            {"tags", object({{"a.b", text("dot")}, {"c]d", text("bracket")}, {"e", object({{"id", text("deep")}})}})},
            {"maybe", either(object({{"id", text("x")}}), object({{"in", object({{"id", text("y")}})}}))},
            {"block", either(Value::tuple({}), Value::tuple({rule}))},
        });
        resource.meta = object({{"lifecycle", object({{"prevent_destroy", Value::boolean(true)}})}});
        body = body_scope(resource);
        element = {&resource, rule, {}, "rule"};
    }
};

struct Row {
    const char *path, *found;
};

Path parsed(const char* path) {
    std::string error;
    const auto made = Path::parse(path, error);
    REQUIRE_MESSAGE(made, path, ": ", error);
    return *made;
}

TEST_CASE("a path leads to values, to nothing, or to choices") {
    const Example example;
    for (const Row& row : std::vector<Row>{
             {"name", "\"n\""},
             {"missing", "-"},
             {"missing.deeper", "-"},
             {"name.deeper", "-"},
             {"nothing", "-"},
             {"nothing.deeper", "-"},
             {"open", "?"},
             {"open.deeper[2].still", "?"},
             // A list at the end stands for itself; a step over a list goes to each element.
             {"list", "[\"a\",null,\"b\"]"},
             {"list[*]", "\"a\" - \"b\""},
             {"list[0]", "\"a\""},
             {"list[1]", "-"},
             {"list[3]", "-"},
             {"name[0]", "-"},
             {"name[*]", "\"n\""},  // one where a list may stand
             {"none", "[]"},
             {"none[*]", "-"},
             {"none.id", "-"},
             {"rule.id", "\"r1\" \"r2\""},
             {"rule[*].id", "\"r1\" \"r2\""},
             {"rule[1].id", "\"r2\""},
             {"rule.on", "\"yes\" -"},
             {"tags[\"a.b\"]", "\"dot\""},
             {"tags[\"c]d\"]", "\"bracket\""},
             {"[\"name\"]", "\"n\""},
             {"tags.*", "\"dot\" \"bracket\" {\"id\":\"deep\"}"},
             {"tags.*.id", "- - \"deep\""},
             {"name.*", "-"},
             {".", ""},
             {"maybe.id", "{\"x\"|-}"},
             {"maybe.**.id", "{\"x\"|\"y\"}"},
             {"block.id", "{-|\"r1\"}"},
             {"block.**.id", "{-|\"r1\"}"},
             // Any depth, in the order of names; what is unknown may hold anything.
             {"**.id", "? \"r1\" \"r2\" \"deep\" {|\"r1\"} {\"x\"|\"y\"}"},
             {"tags.**", "\"dot\" \"bracket\" \"deep\""},
             {"tags.**.nowhere", "-"},
         }) {
        const Spots spots = follow(parsed(row.path), example.body);
        std::string found = shown(spots);
        if (std::string(row.path) == ".") {
            CHECK(spots.sure.at(0).value.identical(example.resource.body));
            continue;
        }
        CHECK_MESSAGE(found == row.found, row.path, " leads to ", found);
    }
}

TEST_CASE("elements takes lists apart and leaves out what is not there") {
    const Example example;
    for (const Row& row : std::vector<Row>{{"list", "\"a\" \"b\""},
                                           {"name", "\"n\""},
                                           {"none", ""},
                                           {"missing", ""},
                                           {"nothing", ""},
                                           {"open", "?"},
                                           {"rule", "{\"id\":\"r1\",\"on\":\"yes\"} {\"id\":\"r2\"}"},
                                           {"rule.on", "\"yes\""},
                                           {"block.on", "{|\"yes\"}"}}) {
        const std::string found = shown(elements(parsed(row.path), example.body));
        CHECK_MESSAGE(found == row.found, row.path, " has ", found);
    }
}

TEST_CASE("an unknown may stand for any number of elements, an element of a list for one") {
    Resource resource;
    const auto unknown = [](Type type, bool not_null) {
        Refinement refinement;
        refinement.not_null = not_null;
        return Value::unknown(std::move(type), make_cause("c"), refinement);
    };
    resource.body = object({{"any", unknown({}, true)},
                            {"list", unknown(Type::list(Type::string()), true)},
                            {"text", unknown(Type::string(), true)},
                            {"null", unknown(Type::string(), false)},
                            {"one", Value::tuple({unknown({}, false)})}});
    for (const auto& [path, several] :
         {std::pair("any", true), std::pair("any.deeper", true), std::pair("list", true), std::pair("text", false),
          std::pair("null", true), std::pair("one", false), std::pair("one[0]", true)}) {
        CAPTURE(path);
        CHECK(elements(parsed(path), body_scope(resource)).sure.at(0).several == several);
    }
}

TEST_CASE("inside of an element paths are relative, $. starts at the body, @ at the meta-arguments") {
    const Example example;
    for (const Row& row : std::vector<Row>{{"id", "\"r1\""},
                                           {".", "{\"id\":\"r1\",\"on\":\"yes\"}"},
                                           {"name", "-"},
                                           {"$.name", "\"n\""},
                                           {"$.rule.id", "\"r1\" \"r2\""},
                                           {"@lifecycle.prevent_destroy", "true"},
                                           {"@count", "-"}}) {
        const std::string found = shown(follow(parsed(row.path), example.element));
        CHECK_MESSAGE(found == row.found, row.path, " leads to ", found);
    }
    // What messages call it: from the body on, and without indices that move when an element is added.
    CHECK(joined_path(example.element, parsed("id")) == "rule.id");
    CHECK(joined_path(example.element, parsed("ports[*].from")) == "rule.ports.from");
    CHECK(joined_path(example.element, parsed(".")) == "rule");
    CHECK(joined_path(example.element, parsed("[0]")) == "rule[0]");
    CHECK(joined_path(example.element, parsed("$.name")) == "name");
    CHECK(joined_path(example.element, parsed("@count")) == "count");
    CHECK(joined_path(example.body, parsed("rule[*].id")) == "rule.id");
}

TEST_CASE("a text that is no path is refused with the reason") {
    for (const Row& row : std::vector<Row>{
             {"", "a path may not be empty; `.` is the element itself"},
             {"a.", "a path may not end in `.`"},
             {"$.", "a path may not end in `.`"},
             {".a", "a name is missing before a `.`"},
             {"a..b", "a name is missing before a `.`"},
             {"a[0", "a `[` is not closed"},
             {"a[\"b]", "a `[` is not closed"},
             {"a[0]b", "a `.` is missing after a `]`"},
             {"a[]", "between `[` and `]` stands `*`, a number or a name in double quotes"},
             {"a[-1]", "between `[` and `]` stands `*`, a number or a name in double quotes"},
             {"a['b']", "between `[` and `]` stands `*`, a number or a name in double quotes"},
             {"a[999999999]", "between `[` and `]` stands `*`, a number or a name in double quotes"},
         }) {
        std::string error;
        CHECK_MESSAGE(!Path::parse(row.path, error), row.path);
        CHECK_MESSAGE(error == row.found, row.path, ": ", error);
    }
}

TEST_CASE("any depth stops where no document of people goes") {
    Value value = object({{"id", text("x")}});
    for (int i = 0; i < 60; ++i) value = object({{"in", value}});
    Resource resource;
    resource.body = value;
    CHECK(shown(follow(parsed("**.id"), body_scope(resource))) == "\"x\"");
    for (int i = 0; i < 2000; ++i) value = object({{"in", value}});
    resource.body = value;
    CHECK(shown(follow(parsed("**.id"), body_scope(resource))) == "-");
}

}  // namespace
}  // namespace plumbline
