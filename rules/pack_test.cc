#include "rules/pack.h"

#include <doctest/doctest.h>

#include <limits>

namespace plumbline {
namespace {

Number parsed(std::string_view text) {
    return Number::parse(text).value();
}

/// Packed and read back.
Value round_trip(const Value& value) {
    PackWriter writer;
    REQUIRE(writer.add(value));
    const std::string pack = writer.finish();
    const PackReader reader(pack);
    REQUIRE(reader.size() == 1);
    return reader.value(0);
}

}  // namespace

TEST_CASE("a cursor reads what it is asked for and passes over the rest") {
    PackWriter writer;
    REQUIRE(writer.add(Value::object({{"skipped", Value::tuple({Value::number(1), Value::string("x")}), {}},
                                      {"id", Value::string("aws-s3"), {}},
                                      {"number", Value::number(7), {}},
                                      {"list", Value::tuple({Value::string("a"), Value::boolean(true)}), {}}})));
    const std::string pack = writer.finish();
    PackCursor at(PackReader(pack).bytes(0));
    REQUIRE(at.members() == 4);
    CHECK(at.name() == "id");  // objects hold their members by name
    const std::string_view id = at.text();
    CHECK(id == "aws-s3");
    CHECK(id.data() > pack.data());  // a view, no copy
    CHECK(id.data() < pack.data() + pack.size());
    CHECK(at.name() == "list");
    REQUIRE(at.elements() == 2);
    CHECK(at.text() == "a");
    CHECK(at.elements() == 0);  // no list, passed over
    CHECK(at.name() == "number");
    CHECK(at.text() == "");  // no text, passed over
    CHECK(at.name() == "skipped");
    at.skip();
}

TEST_CASE("every kind of value comes back identical") {
    const Type pair = Type::object({{"a", Type::number(), true}, {"b", Type::tuple({Type::string(), Type()}), false}});
    const Value values[] = {
        Value(),
        Value::null(Type::map(Type::list(pair))),
        Value::boolean(true),
        Value::boolean(false),
        Value::string(""),
        Value::string(std::string("gr\xC3\xBC\xC3\x9F\0e\n", 9)),
        Value::string(std::string(300, 'x')),
        Value::tuple({}),
        Value::tuple({Value::number(1), Value::string("a"), Value::tuple({Value()})}),
        Value::list(Type::string(), {Value::string("b"), Value::string("a"), Value::null(Type::string())}),
        Value::set(Type::number(), {Value::number(3), Value::number(1)}),
        Value::map(Type::boolean(), {{"z", Value::boolean(true), {}}, {"a", Value::boolean(false), {}}}),
        Value::object({}),
        Value::object({{"name", Value::string("x"), {}}, {"inner", Value::object({{"n", Value(), {}}}), {}}}),
        Value::string("secret").with_marks(Value::sensitive | Value::ephemeral),
        Value::tuple({Value::string("s").with_marks(Value::deprecated)}),
    };
    for (const Value& value : values) {
        CAPTURE(value.to_text());
        const Value back = round_trip(value);
        CHECK(back.identical(value));
        CHECK(back.to_text() == value.to_text());
        CHECK(back.type() == value.type());
    }
}

TEST_CASE("numbers come back exactly") {
    const Number numbers[] = {
        0,
        1,
        -1,
        127,
        128,
        std::numeric_limits<std::int64_t>::max(),
        std::numeric_limits<std::int64_t>::min(),
        parsed("9223372036854775808"),
        parsed("-170141183460469231731687303715884105729"),
        parsed("0.1"),
        parsed("-12.5"),
        parsed("3.14159265358979323846264338327950288419716939937510582097494459230781640628620899"),
        parsed("1e20000"),
        parsed("-1.5e-20000"),
        parsed("123456e5000"),
        Number::from_double(0.1),
        Number::from_double(5e-324),
        Number::infinity(false),
        Number::infinity(true),
        *divide(Number(1), Number(3)),
    };
    for (const Number& number : numbers) {
        const Value back = round_trip(Value::number(number));
        CHECK(back.as_number() == number);
        CHECK(back.as_number().to_string() == number.to_string());
    }
    // The decimal 0.1 and the double nearest to it are two numbers; the pack keeps them apart.
    CHECK_FALSE(round_trip(Value::number(parsed("0.1"))).as_number() ==
                round_trip(Value::number(Number::from_double(0.1))).as_number());
}

TEST_CASE("values are decoded one by one, in the order they were added") {
    PackWriter writer;
    for (int i = 0; i < 1000; ++i) {
        REQUIRE(
            writer.add(Value::tuple({Value::number(i), Value::string(std::string(static_cast<std::size_t>(i), 'x'))})));
    }
    const std::string pack = writer.finish();
    const PackReader reader(pack);
    REQUIRE(reader.size() == 1000);
    CHECK(reader.value(999).elements()[0].as_number() == Number(999));
    CHECK(reader.value(0).elements()[0].as_number() == Number(0));
    CHECK(reader.value(500).elements()[1].as_string().size() == 500);
}

TEST_CASE("places are left out") {
    const Value placed = Value::string("x").traced(make_trace(Trace::Kind::literal, {SourceId{1}, 2, 3}));
    const Value back = round_trip(Value::object({{"a", placed, {SourceId{1}, 0, 3}}}));
    CHECK_FALSE(back.find("a")->span.valid());
    CHECK_FALSE(back.find("a")->value.origin().valid());
}

TEST_CASE("what cannot be packed is refused and leaves the pack as it was") {
    PackWriter writer;
    REQUIRE(writer.add(Value::string("first")));
    CHECK_FALSE(
        writer.add(Value::tuple({Value::string("x"), Value::unknown(Type::string(), make_cause("no default"))})));
    Value deep = Value::tuple({});
    for (int i = 0; i < 600; ++i) deep = Value::tuple({deep});
    CHECK_FALSE(writer.add(deep));
    const Number huge = parsed("1e20000");
    CHECK_FALSE(writer.add(Value::number(*multiply(huge, huge))));
    REQUIRE(writer.add(Value::string("last")));
    const std::string pack = writer.finish();
    const PackReader reader(pack);
    REQUIRE(reader.size() == 2);
    CHECK(reader.value(0).as_string() == "first");
    CHECK(reader.value(1).as_string() == "last");
}

TEST_CASE("an empty pack has no values") {
    CHECK(PackReader(PackWriter().finish()).size() == 0);
    CHECK(PackReader("").size() == 0);
}

}  // namespace plumbline
