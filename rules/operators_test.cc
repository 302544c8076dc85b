#include "rules/operators.h"

#include <doctest/doctest.h>

#include "tests/rule_test_support.h"

// Every operator of rules/LANGUAGE.md with the three truths: of values, of what is known of unknown ones, of what is
// not there. An attribute that is absent or null has no value: positive operators are false, negative ones true.
namespace plumbline {
namespace {

TEST_CASE("equality converts as provider schemas do") {
    check_truths({
        {"{path: x, equals: true}",
         {"true", "\"true\"", "\"True\""},
         {"false", "\"yes\"", "1", "absent", "null", "[]"},
         {"var.any", "var.flag", "var.text"}},
        {"{path: x, equals: 5}", {"5", "\"5\"", "\"5.0\"", "5.0"}, {"6", "\"five\"", "true", "absent"}, {"var.number"}},
        {"{path: x, equals: \"5\"}", {"5", "\"5\""}, {"\"5.0\"", "\"05\"", "50"}, {"var.any"}},
        {"{path: x, equals: Allow}",
         {"\"Allow\""},
         {"\"allow\"", "\"Allow \"", "\"\""},
         {"var.text", "\"A${var.text}\"", "\"${var.text}w\""}},
        {"{path: x, equals: Allow, ignore_case: true}", {"\"ALLOW\""}, {"\"Deny\""}, {"\"a${var.text}\""}},
        // The known start, the known end or the length decide.
        {"{path: x, equals: Allow}", {}, {"\"D${var.text}\"", "\"${var.text}y\"", "\"Allowed${var.text}\""}, {}},
        // What a provider computes is never the wildcard.
        {"{path: x, equals: \"*\"}",
         {"\"*\""},
         {"other.o.id", "\"${other.o.id}/*\"", "\"a${var.text}\""},
         {"var.text", "\"*${var.text}\""}},
        {"{path: x, not_equals: a}",
         {"\"b\"", "absent", "null", "[]", "\"b${var.text}\""},
         {"\"a\""},
         {"var.any", "\"a${var.text}\""}},
        {"{path: x, one_of: [a, 2, false]}",
         {"\"a\"", "2", "\"2\"", "false", "\"false\""},
         {"\"b\"", "3", "true", "absent", "\"b${var.text}\""},
         {"var.any"}},
        {"{path: x, not_one_of: [a, b]}", {"\"c\"", "absent"}, {"\"a\"", "\"b\""}, {"var.text"}},
        // A list as the operand asks for the whole list.
        {"{path: x, equals: [a, b]}",
         {"[\"a\", \"b\"]"},
         {"[\"b\", \"a\"]", "[\"a\"]", "\"a\"", "[]", "absent", "[\"c\", var.text]"},
         {"[\"a\", var.text]", "var.list"}},
        {"{path: x, equals: []}", {"[]"}, {"[\"a\"]", "absent"}, {"var.list"}},
    });
}

TEST_CASE("values that can be counted decide where they agree") {
    check_truths({
        {"{path: x, equals: a}",
         {"var.flag ? \"a\" : \"a\""},
         {"var.flag ? \"b\" : \"c\"", "var.flag ? \"b\" : null"},
         {"var.flag ? \"a\" : \"b\"", "var.flag ? \"a\" : null"}},
        {"{path: x, not_equals: a}", {"var.flag ? \"b\" : null"}, {}, {"var.flag ? \"a\" : null"}},
        {"{path: x, exists: true}", {"var.flag ? \"a\" : \"b\""}, {}, {"var.flag ? \"a\" : null"}},
        {"{path: x, at_least: 7}",
         {"var.flag ? 7 : 30"},
         {"var.flag ? 1 : 6"},
         {"var.flag ? 1 : 30", "var.flag ? var.number : 30"}},
        // The same inside of lists.
        {"{path: x, equals: a}", {}, {"[var.flag ? \"b\" : \"c\"]"}, {"[var.flag ? \"a\" : \"b\"]"}},
        {"{path: x, contains: a}",
         {"[var.flag ? \"a\" : \"b\", \"a\"]", "var.flag ? [\"a\"] : [\"b\", \"a\"]"},
         {"[var.flag ? \"b\" : \"c\"]", "var.flag ? [] : [\"b\"]"},
         {"[var.flag ? \"a\" : \"c\"]", "var.flag ? [] : [\"a\"]"}},
    });
}

TEST_CASE("each element of a list is asked, and match: some asks for one") {
    check_truths({
        {"{path: x, equals: a}",
         {"[\"a\"]", "[\"a\", \"a\"]"},
         {"[\"a\", \"b\"]", "[]", "[\"a\", null]", "[\"b\", var.text]"},
         {"[\"a\", var.text]", "var.list"}},
        {"{path: x, equals: a, match: some}",
         {"[\"b\", \"a\"]", "[var.text, \"a\"]"},
         {"[\"b\"]", "[]", "absent"},
         {"[\"b\", var.text]", "var.list"}},
        {"{path: x, not_equals: a}",
         {"[\"b\"]", "[]", "[null]"},
         {"[\"b\", \"a\"]", "[var.text, \"a\"]"},
         {"[\"b\", var.text]"}},
        {"{path: x, not_equals: a, match: some}", {"[\"a\", \"b\"]"}, {"[\"a\"]"}, {"[\"a\", var.text]"}},
        {"{path: x.k, equals: a}",
         {"x { k = \"a\" }", "x { k = \"a\" }\nx { k = \"a\" }", "[{ k = \"a\" }]"},
         {"x { k = \"a\" }\nx {}", "x { k = \"a\" }\nx { k = \"b\" }", "[]"},
         {"x { k = \"a\" }\nx { k = var.text }"}},
        {"{path: x.k, equals: a, match: some}", {"x { k = \"a\" }\nx {}"}, {"x {}"}, {"x { k = var.text }\nx {}"}},
    });
}

TEST_CASE("default stands for what is absent, null or an empty list") {
    check_truths({
        {"{path: x, equals: a, default: a}", {"absent", "null", "\"a\"", "[]"}, {"\"b\"", "\"\""}, {"var.any"}},
        {"{path: x, equals: a, default: b}", {"\"a\""}, {"absent", "null", "[]"}, {"var.text"}},
        {"{path: x, not_equals: b, default: b}", {"\"a\""}, {"absent", "null", "[]"}, {}},
        {"{path: x.k, at_least: 7, default: 7}", {"absent", "x {}", "x { k = 8 }"}, {"x { k = 6 }"}, {}},
        {"{path: x, contains: a, default: [a]}", {"absent", "[\"a\", \"b\"]"}, {"[\"b\"]"}, {"var.list"}},
        {"{path: x, exists: true, default: a}", {"absent"}, {}, {}},
    });
}

TEST_CASE("regular expressions are unanchored and look at what is known") {
    check_truths({
        {"{path: x, matches: \"b+\"}",
         {"\"abc\"", "\"xbb\"", "[\"b\", \"bb\"]", "\"${var.text}b\"", "\"b${var.text}\""},
         {"\"ac\"", "\"B\"", "absent", "null", "[]", "[\"b\", \"c\"]", "{}"},
         {"var.text", "\"a${var.text}\""}},
        {"{path: x, matches: b, ignore_case: true}", {"\"B\""}, {"\"c\""}, {}},
        {"{path: x, matches: \"^1[0-9]$\"}", {"12", "\"19\""}, {"120", "\"a12\""}, {"\"1${var.text}\""}},
        {"{path: x, matches: \"^arn:\"}", {"\"arn:aws:${var.text}\""}, {}, {"\"${var.text}arn:\""}},
        {"{path: x, matches: \"[.]sh$\"}", {"\"${var.text}.sh\""}, {}, {"\".sh${var.text}\""}},
        {"{path: x, matches: \"[^a-z]\"}", {"\"A${var.text}\""}, {"\"abc\""}, {"\"a${var.text}\""}},
        {"{path: x, matches: \"^$\"}", {"\"\""}, {"\"a\""}, {"var.text"}},
        {"{path: x, not_matches: b}",
         {"\"ac\"", "absent", "[]"},
         {"\"b\"", "[\"a\", \"b\"]", "\"b${var.text}\""},
         {"var.any"}},
    });
}

TEST_CASE("contains: elements of lists, keys of mappings, parts of texts") {
    check_truths({
        {"{path: x, contains: a}",
         {"[\"b\", \"a\"]", "{ a = 1 }", "\"bar\"", "[var.text, \"a\"]", "\"a${var.text}\""},
         {"[\"b\"]", "[\"ba\"]", "{ b = \"a\" }", "\"b\"", "[]", "absent", "null", "true"},
         {"[var.text]", "var.list", "\"b${var.text}\"", "var.any"}},
        {"{path: x, contains: [a, 1]}", {"[1]", "[\"1\"]", "\"b1\"", "{ a = 2 }"}, {"[2]"}, {"var.list"}},
        {"{path: x, contains: A, ignore_case: true}", {"[\"a\"]", "{ a = 1 }", "\"bar\""}, {"[\"b\"]"}, {}},
        {"{path: x, not_contains: a}",
         {"[\"b\"]", "[]", "absent", "null"},
         {"[\"a\"]", "\"bar\"", "[var.text, \"a\"]"},
         {"[var.text]"}},
        {"{path: x, contains_all: [a, b]}",
         {"[\"b\", \"c\", \"a\"]", "{ a = 1, b = 2 }", "\"ab\""},
         {"[\"a\"]", "[]", "absent"},
         {"[\"a\", var.text]", "var.list", "var.text"}},
        // No element is left over for the other one, but what is not known could be either.
        {"{path: x, contains_all: [a, b, c]}", {}, {"[\"a\"]"}, {"[\"a\", \"b\", var.text]"}},
    });
}

TEST_CASE("starts and ends") {
    check_truths({
        {"{path: x, starts_with: ab}",
         {"\"ab\"", "\"abc\"", "\"ab${var.text}\"", "[\"ab\", \"abc\"]"},
         {"\"a\"", "\"AB\"", "\"cab\"", "absent", "[]", "\"b${var.text}\"", "[\"ab\", \"c\"]"},
         {"\"a${var.text}\"", "var.any", "\"${var.text}ab\""}},
        {"{path: x, starts_with: [a, b], ignore_case: true}", {"\"A\"", "\"bc\""}, {"\"c\""}, {"var.text"}},
        {"{path: x, ends_with: bc}",
         {"\"abc\"", "\"${var.text}bc\"", "\"${var.text}-abc\""},
         {"\"bcd\"", "absent", "\"${var.text}d\""},
         {"\"${var.text}c\"", "\"bc${var.text}\""}},
        {"{path: x, not_starts_with: a}", {"\"b\"", "absent", "\"b${var.text}\""}, {"\"a${var.text}\""}, {"var.text"}},
        {"{path: x, not_ends_with: [a, b]}", {"\"c\"", "absent"}, {"\"ab\"", "\"${var.text}a\""}, {"var.text"}},
    });
}

TEST_CASE("exists: an unknown value exists unless it may be null") {
    check_truths({
        {"{path: x, exists: true}",
         {"1", "\"\"", "[]", "{}", "false", "var.text", "other.o.id", "\"a${var.any}\"", "[var.any]"},
         {"absent", "null"},
         {"var.any"}},
        {"{path: x, exists: false}", {"absent", "null"}, {"\"\"", "var.text", "other.o.id"}, {"var.any"}},
        {"{path: x.k, exists: true}", {"x { k = 1 }"}, {"absent", "x {}", "x { k = 1 }\nx {}"}, {}},
    });
}

TEST_CASE("empty and length") {
    check_truths({
        {"{path: x, empty: true}",
         {"\"\"", "[]", "{}", "absent", "null"},
         {"\"a\"", "[null]", "{ a = null }", "0", "false", "other.o.id", "\"a${var.text}\"", "[var.any]"},
         {"var.any", "var.text", "var.list", "\"${var.text}${var.text}\""}},
        {"{path: x, empty: false}", {"\"a\"", "0", "other.o.id"}, {"\"\"", "absent", "[]"}, {"var.text"}},
        {"{path: x, length: 2}",
         {"[1, 2]", "{ a = 1, b = 2 }", "\"ab\"", "\"äö\"", "[var.any, var.any]"},
         {"[1]", "\"abc\"", "absent", "\"\""},
         {"var.list", "var.text"}},
        {"{path: x, length: {at_least: 2}}", {"[1, 2, 3]", "\"abc\""}, {"[]", "[1]", "absent"}, {"var.list"}},
        {"{path: x, length: {at_most: 1}}", {"[]", "[1]", "absent", "\"a\""}, {"[1, 2]"}, {"var.list"}},
        {"{path: x, length: {at_least: 1, at_most: 2}}", {"[1]", "\"ab\""}, {"[]", "[1, 2, 3]", "absent"}, {"var.any"}},
    });
}

TEST_CASE("numbers, and texts that are one") {
    check_truths({
        {"{path: x, at_least: 7}",
         {"7", "8", "\"7\"", "7.5", "[7, 8]"},
         {"6", "\"6.9\"", "\"seven\"", "\"\"", "true", "absent", "[7, 6]", "[]"},
         {"var.number", "[8, var.number]"}},
        {"{path: x, at_most: 7}", {"7", "-1", "\"7\""}, {"7.1", "absent", "\"x\""}, {"var.any"}},
        {"{path: x, above: 7}", {"7.1"}, {"7", "absent"}, {"var.number"}},
        {"{path: x, below: 7}", {"6.9", "-7"}, {"7", "absent"}, {"var.number"}},
        {"{path: x, above: 1, below: 3}", {"2"}, {"1", "3"}, {"var.number"}},
        // A number that lies between known bounds.
        {"{path: x, at_least: 1}", {"length([1, var.any])"}, {}, {"length(var.list)"}},
        {"{path: x, at_least: 0}", {"length(var.list)"}, {}, {}},
        {"{path: x, below: 0}", {}, {"length(var.list)"}, {}},
        {"{path: x, above: -1}", {"length(var.list)"}, {}, {}},
    });
}

TEST_CASE("versions are compared part by part") {
    check_truths({
        {"{path: x, version_at_least: \"1.10\"}",
         {"\"1.10\"", "\"1.11.3\"", "\"2\"", "\"v1.10.0\"", "\"TLSv1.10\"", "2", "\"1.10.0-rc1\""},
         {"\"1.9\"", "\"1\"", "\"1.9.99\"", "absent", "null"},
         {"\"latest\"", "\"\"", "var.text", "\"1.${var.text}\""}},
        {"{path: x, version_below: \"1.10\"}",
         {"\"1.9.9\"", "\"1\""},
         {"\"1.10\"", "\"1.10.1\"", "absent"},
         {"\"latest\""}},
        {"{path: x, version_at_least: 3}", {"\"3.0\"", "\"3\"", "\"10\""}, {"\"2.9\""}, {}},
    });
}

TEST_CASE("durations as the platforms write them") {
    check_truths({
        {"{path: x, days_at_least: 30}",
         {"30", "\"30\"", "\"30d\"", "\"P30D\"", "\"P1M\"", "\"720h\"", "\"720h0m0s\"", "\"PT720H\"", "\"5w\"",
          "\"1 month\"", "\"P1Y\"", "\"2592000s\"", "\"4 weeks 2 days\""},
         {"29", "\"29d\"", "\"719h59m\"", "\"PT30M\"", "\"30m\"", "\"P4W\"", "\"soon\"", "\"\"", "-1", "absent",
          "null"},
         {"var.number", "var.text"}},
        {"{path: x, days_at_most: 1}",
         {"1", "\"24h\"", "\"1440m\"", "\"0s\""},
         {"2", "\"25h\"", "\"soon\"", "absent"},
         {"var.any"}},
        {"{path: x, days_at_least: 1, unit: hours}", {"24", "\"24\"", "\"1d\""}, {"23", "\"23h\""}, {}},
        {"{path: x, days_at_most: 90, unit: seconds}", {"7776000"}, {"7776001"}, {}},
        {"{path: x, days_at_least: 30, unit: months}", {"1"}, {"0"}, {}},
        {"{path: x, days_at_least: 365, unit: years}", {"1"}, {"0.9"}, {}},
    });
}

TEST_CASE("address blocks: everyone and nobody outside") {
    check_truths({
        {"{path: x, cidr_internet: true}",
         {"\"0.0.0.0/0\"", "\"::/0\"", "\"10.1.2.3/0\"", "\"0.0.0.0/1\"", "\"128.0.0.0/1\"", "\"0:0:0:0:0:0:0:0/0\"",
          "\" ::/0 \"", "\"::ffff:0.0.0.0/96\"", "[\"0.0.0.0/0\", \"::/0\"]", "\"${var.text}/0\""},
         {"\"10.0.0.0/8\"", "\"0.0.0.0/2\"", "\"0.0.0.0\"", "\"::1/128\"", "\"everyone\"", "\"\"", "absent", "[]",
          "\"10.${var.number}.0.0/16\"", "[\"0.0.0.0/0\", \"10.0.0.0/8\"]"},
         {"var.text", "\"0.0.0.0/${var.number}\""}},
        {"{path: x, cidr_internet: false}",
         {"\"10.0.0.0/8\"", "absent", "\"${var.text}/24\"", "[\"10.0.0.0/8\", \"${var.text}/32\"]"},
         {"\"0.0.0.0/0\"", "[\"10.0.0.0/8\", \"::/0\"]"},
         {"var.list", "[\"10.0.0.0/8\", var.text]"}},
        {"{path: x, cidr_private: true}",
         {"\"10.0.0.0/8\"", "\"172.31.0.0/16\"", "\"192.168.1.1\"", "\"127.0.0.1/32\"", "\"169.254.169.254\"",
          "\"fd00::/8\"", "\"fe80::1\"", "\"::1\"", "\"::ffff:10.0.0.1\""},
         {"\"10.0.0.0/7\"", "\"172.32.0.0/16\"", "\"8.8.8.8\"", "\"0.0.0.0/0\"", "\"2001:db8::/32\"", "\"::/0\"",
          "absent", "\"x\""},
         {"var.text"}},
        {"{path: x, cidr_private: false}", {"\"8.8.8.8\"", "absent"}, {"\"10.0.0.1\""}, {"var.text"}},
    });
}

TEST_CASE("kinds") {
    check_truths({
        {"{path: x, is: string}", {"\"1\"", "\"\""}, {"1", "true", "[\"a\"]", "{}", "absent"}, {"var.any"}},
        {"{path: x, is: number}", {"1"}, {"\"1\"", "absent"}, {"var.any"}},
        {"{path: x, is: bool}", {"false"}, {"\"false\"", "absent"}, {"var.any"}},
        {"{path: x, is: list}", {"[]", "[1]", "x {}"}, {"\"a\"", "{}", "absent"}, {"var.any"}},
        {"{path: x, is: mapping}", {"{}", "{ a = 1 }"}, {"[]", "\"a\"", "absent"}, {"var.any"}},
        // What kind of value it is may be known of an unknown one.
        {"{path: x, is: string}", {"var.text", "\"a${var.any}\""}, {"var.list", "var.number"}, {}},
    });
}

TEST_CASE("the same as another attribute") {
    check_truths({
        {"{path: x, equals_path: y}",
         {"\"a\"\ny = \"a\"", "5\ny = \"5\"", "[1]\ny = [1]", "\"a\"\ny = var.flag ? \"a\" : \"a\""},
         {"\"a\"\ny = \"b\"", "\"a\"", "absent", "\"a\"\ny = null", "\"a\"\ny = \"b${var.text}\""},
         {"\"a\"\ny = var.text", "var.text\ny = \"a\"", "\"a\"\ny = var.flag ? \"a\" : \"b\""}},
        {"{path: x, equals_path: y, ignore_case: true}", {"\"a\"\ny = \"A\""}, {}, {}},
        {"{path: x, not_equals_path: y}",
         {"\"a\"\ny = \"b\"", "\"a\"", "absent"},
         {"\"a\"\ny = \"a\""},
         {"\"a\"\ny = var.text"}},
        // What is not known is still the same as itself.
        {"{path: x, equals_path: y}",
         {"other.o.id\ny = other.o.id", "var.text\ny = var.text"},
         {},
         {"other.o.id\ny = other.o.arn"}},
        {"{path: x, equals_path: y}", {}, {"\"a\"\ny = var.flag ? \"b\" : \"c\""}, {}},
        // From inside of an element, `$.` starts at the body.
        {"{every: x, that: {path: k, equals_path: $.y}}", {"x { k = 1 }\ny = 1"}, {"x { k = 1 }\ny = 2"}, {}},
    });
}

TEST_CASE("IAM action patterns") {
    check_truths({
        {"{path: x, action_grants: \"s3:GetObject\"}",
         {"\"s3:GetObject\"", "\"s3:*\"", "\"*\"", "\"*:*\"", "\"S3:getobject\"", "\"s3:Get*\"", "\"s3:G?tObject\"",
          "\"s*:*Object\""},
         {"\"s3:PutObject\"", "\"s3:GetObjec\"", "\"s3:GetObjectAcl\"", "\"iam:*\"", "\"\"", "absent", "[]",
          "\"iam:${var.text}\"", "\"${var.text}:PutObject\""},
         {"var.text", "\"s3:${var.text}\"", "\"${var.text}:Get*\""}},
        {"{path: x, action_grants: [\"iam:PassRole\", \"s3:GetObject\"], match: some}",
         {"[\"ec2:*\", \"iam:Pass*\"]"},
         {"[\"ec2:*\"]"},
         {"[\"ec2:*\", var.text]"}},
        {"{path: x, action_grants: \"*\"}",
         {"\"*\"", "\"*:*\""},
         {"\"s3:*\"", "\"?\"", "\"s3:${var.text}\""},
         {"var.text"}},
        {"{path: x, not_action_grants: \"s3:GetObject\"}", {"\"iam:*\"", "absent"}, {"\"s3:*\""}, {"var.text"}},
    });
}

TEST_CASE("literals and credentials") {
    check_truths({
        {"{path: x, literal: true}",
         {"\"hunter2\"", "1", "local.written", "var.written", "upper(\"a\")"},
         {"\"\"", "absent", "null", "var.text", "var.any", "other.o.id", "\"${other.o.id}-a\"", "[]"},
         {}},
        {"{path: x, literal: false}", {"var.text", "absent", "\"\""}, {"\"hunter2\""}, {}},
        {"{path: x, looks_secret: true}",
         {"\"AKIAIOSFODNN7ABCDEFG\"", "\"${var.text}:ghp_0123456789abcdefghijklmnopqrstuvwxyz\"",
          "[\"AKIAIOSFODNN7ABCDEFG\"]"},
         {"\"AKIAIOSFODNN7EXAMPLE\"", "\"production\"", "\"\"", "absent", "var.text", "5"},
         {}},
    });
}

TEST_CASE("texts in base64 are looked at decoded") {
    check_truths({
        {"{path: x, matches: \"curl\", decode: base64}",
         {"\"Y3VybCBodHRwOi8vYQ==\"", "\"curl http://a\"", "base64encode(\"curl http://a\")"},
         {"\"d2dldCBhCg==\"", "absent"},
         {"var.text"}},
        {"{path: x, matches: \"curl\"}", {}, {"\"Y3VybCBodHRwOi8vYQ==\""}, {}},
    });
}

TEST_CASE("an operator refuses an operand that does not fit") {
    const std::vector<std::pair<std::string, std::string>> rows = {
        {"equals: {a: 1}", "`equals` takes a value"},
        {"equals: null", "`equals` takes a value"},
        {"not_equals: {a: 1}", "`not_equals` takes a value"},
        {"one_of: a", "`one_of` takes a list"},
        {"one_of: []", "`one_of` takes a list"},
        {"not_one_of: a", "`not_one_of` takes a list"},
        {"matches: 5", "`matches` takes a regular expression"},
        {"matches: \"a(\"", "RE2 refuses the pattern: missing ): a("},
        {"not_matches: \"(?!a)\"", "RE2 refuses the pattern: invalid perl operator: (?!"},
        {"matches: '(a)\\1'", "RE2 refuses the pattern: invalid escape sequence: \\1"},
        {"contains: {a: 1}", "`contains` takes a value or a list of values"},
        {"contains: []", "`contains` takes a value or a list of values"},
        {"contains_all: []", "`contains_all` takes a value or a list of values"},
        {"starts_with: 5", "`starts_with` takes a text or a list of texts"},
        {"not_ends_with: []", "`not_ends_with` takes a text or a list of texts"},
        {"exists: yes please", "`exists` takes true or false"},
        {"empty: 1", "`empty` takes true or false"},
        {"literal: a", "`literal` takes true or false"},
        {"looks_secret: a", "`looks_secret` takes true or false"},
        {"cidr_internet: a", "`cidr_internet` takes true or false"},
        {"cidr_private: 0", "`cidr_private` takes true or false"},
        {"length: a", "`length` takes a number or a mapping of `at_least` and `at_most`"},
        {"length: {}", "`length` takes a number or a mapping of `at_least` and `at_most`"},
        {"length: {at_least: a, at_most: 2}", "`length` takes a number or a mapping of `at_least` and `at_most`"},
        {"length: {atleast: 2}", "`length` takes a number or a mapping of `at_least` and `at_most`"},
        {"at_least: \"7\"", "`at_least` takes a number"},
        {"at_most: a", "`at_most` takes a number"},
        {"above: true", "`above` takes a number"},
        {"below: [1]", "`below` takes a number"},
        {"version_at_least: latest", "`version_at_least` takes a version such as \"1.2\""},
        // YAML reads 1.10 as 1.1.
        {"version_below: 1.10", "`version_below` takes a version such as \"1.2\""},
        {"days_at_least: 30d", "`days_at_least` takes a number of days"},
        {"is: text", "`is` takes string, number, bool, list or mapping"},
        {"equals_path: 5", "`equals_path` takes a path"},
        {"equals_path: \"a[\"", "a `[` is not closed"},
        {"action_grants: 5", "`action_grants` takes an action or a list of actions"},
        {"days_at_least: 1, unit: fortnights", "`unit` is seconds, minutes, hours, days, weeks, months or years"},
        {"days_at_least: 1, unit: 5", "`unit` is seconds, minutes, hours, days, weeks, months or years"},
    };
    for (const auto& [operand, message] : rows) {
        const Judged judged("{path: x, " + operand + "}", "resource \"thing\" \"a\" {}");
        const std::string fault = judged.faults.empty() ? "accepted" : judged.faults.front();
        // Line 8 holds the check; the column is that of the operator's key.
        const std::string column =
            std::to_string(std::string("  - {platform: terraform, types: [thing], pass: {path: x, ").size() + 1);
        CHECK_MESSAGE(fault == "8:" + column + " " + message, operand, " gives ", fault);
    }
}

TEST_CASE("a pattern takes in an action as IAM reads wildcards") {
    struct Row {
        const char *pattern, *action;
        bool covers;
    };
    // `*` runs over everything, `?` is exactly one character, and case does not count.
    for (const Row& row : std::vector<Row>{{"*", "iam:PassRole", true},
                                           {"iam:*", "iam:PassRole", true},
                                           {"IAM:passrole", "iam:PassRole", true},
                                           {"iam:?assRole", "iam:PassRole", true},
                                           {"iam:??PassRole", "iam:PassRole", false},
                                           {"i*e", "iam:PassRole", true},
                                           {"*Role*", "iam:PassRole", true},
                                           {"iam:Pass", "iam:PassRole", false},
                                           {"iam:PassRole*", "iam:PassRole", true},
                                           {"iam:PassRole?", "iam:PassRole", false},
                                           {"", "iam:PassRole", false},
                                           {"", "", true},
                                           {"s3:Get*", "s3:Get*", true},
                                           {"s3:GetObject", "s3:Get*", false}}) {
        CHECK_MESSAGE(action_covers(row.pattern, row.action) == row.covers, row.pattern, " and ", row.action);
    }
}

TEST_CASE("long lists are cut in messages") {
    CHECK(first_of({"a", "b"}, ", ") == "a, b");
    CHECK(first_of({"a", "b", "c", "d", "e", "f"}, " or ") == "a or b or c or d or e or f");
    CHECK(first_of({"a", "b", "c", "d", "e", "f", "g"}, ", ") == "a, b, c, 4 others");
}

}  // namespace
}  // namespace plumbline
