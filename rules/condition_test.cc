#include "rules/condition.h"

#include <doctest/doctest.h>

#include "tests/rule_test_support.h"

// Every head of rules/LANGUAGE.md with the three truths, and what a verdict says of what decided it.
namespace plumbline {
namespace {

TEST_CASE("logic of three truths") {
    const std::string yes = "{always: true}", no = "{always: false}", open = "{path: x, equals: a}";
    const auto is = [&](const std::string& condition, const char* verdict) {
        check_truths(
            {{condition,
              verdict == std::string("pass") ? std::vector<std::string>{"var.text"} : std::vector<std::string>{},
              verdict == std::string("fail") ? std::vector<std::string>{"var.text"} : std::vector<std::string>{},
              verdict == std::string("undecided") ? std::vector<std::string>{"var.text"}
                                                  : std::vector<std::string>{}}});
    };
    is("{all: [" + yes + ", " + yes + "]}", "pass");
    is("{all: [" + yes + ", " + open + "]}", "undecided");
    is("{all: [" + open + ", " + no + "]}", "fail");
    is("{any: [" + no + ", " + no + "]}", "fail");
    is("{any: [" + no + ", " + open + "]}", "undecided");
    is("{any: [" + open + ", " + yes + "]}", "pass");
    is("{none: [" + no + ", " + no + "]}", "pass");
    is("{none: [" + no + ", " + open + "]}", "undecided");
    is("{none: [" + open + ", " + yes + "]}", "fail");
    is("{not: " + yes + "}", "fail");
    is("{not: " + no + "}", "pass");
    is("{not: " + open + "}", "undecided");
}

TEST_CASE("when: false does not apply, unknown matters only where the rule would not pass") {
    const auto verdict = [](const std::string& when, const std::string& pass) {
        return Judged("terraform", "thing", "when: " + when + ", pass: " + pass,
                      {{"main.tf", "variable \"v\" {}\nresource \"thing\" \"a\" { x = var.v }"}})
            .verdict();
    };
    const std::string yes = "{always: true}", no = "{always: false}", open = "{path: x, equals: a}";
    CHECK(verdict(yes, yes) == "pass");
    CHECK(verdict(yes, no) == "fail");
    CHECK(verdict(yes, open) == "undecided");
    CHECK(verdict(no, yes) == "not_applicable");
    CHECK(verdict(no, no) == "not_applicable");
    CHECK(verdict(no, open) == "not_applicable");
    CHECK(verdict(open, yes) == "pass");
    CHECK(verdict(open, no) == "undecided");
    CHECK(verdict(open, open) == "undecided");
}

TEST_CASE("a resource that may not exist never fails") {
    const auto verdict = [](const std::string& meta, const std::string& pass) {
        return Judged(pass, "variable \"v\" { type = bool }\nresource \"thing\" \"a\" {\n" + meta + "\nx = 1\n}")
            .verdict();
    };
    CHECK(verdict("count = var.v ? 1 : 0", "{path: x, equals: 2}") == "undecided");
    CHECK(verdict("count = var.v ? 1 : 0", "{path: x, equals: 1}") == "pass");
    CHECK(verdict("", "{path: x, equals: 2}") == "fail");
    const Judged judged(
        "{path: x, equals: 2}",
        "variable \"v\" { type = bool }\nresource \"thing\" \"a\" {\n  count = var.v ? 1 : 0\n  x = 1\n}");
    CHECK(judged.judgement().undecided_by == "whether it exists: var.v has no default and no value was given");
}

TEST_CASE("first: the first path that has a value decides") {
    check_truths({
        {"{first: [x.new, x.old], equals: 1}",
         {"{ new = 1, old = 2 }", "{ old = 1 }", "{ new = null, old = 1 }"},
         {"{ new = 2, old = 1 }", "{ old = 2 }", "{}", "absent"},
         {"{ new = var.text, old = 1 }", "{ old = var.text }"}},
        {"{first: [x.new, x.old], equals: 1, default: 1}", {"{}", "absent"}, {"{ old = 2 }"}, {}},
    });
}

TEST_CASE("some, every and no") {
    const std::string blocks = "x { k = \"a\" }\nx { k = \"b\" }";
    const std::string open = "x { k = \"b\" }\nx { k = var.text }";
    // How many blocks there are, is not known: none, or some with this content.
    const std::string dynamic_a = "x = 1\ndynamic \"y\" {\nfor_each = var.list\ncontent { k = \"a\" }\n}";
    check_truths({
        {"{some: x, that: {path: k, equals: a}}",
         {blocks},
         {"x { k = \"b\" }", "x {}", "absent", "[]", "null"},
         {open, "var.any"}},
        {"{every: x, that: {path: k, equals: a}}",
         {"x { k = \"a\" }", "absent", "[]"},
         {blocks, open},
         {"x { k = \"a\" }\nx { k = var.text }"}},
        {"{no: x, that: {path: k, equals: a}}", {"x { k = \"b\" }", "absent", "[]"}, {blocks}, {open, "var.list"}},
        {"{every: x, at_least: 1, that: {path: k, equals: a}}",
         {"x { k = \"a\" }"},
         {"absent", "[]", blocks},
         {"var.any"}},
        {"{every: x, at_least: 2, that: {path: k, equals: a}}",
         {"x { k = \"a\" }\nx { k = \"a\" }"},
         {"x { k = \"a\" }"},
         {}},
        // A block that may not be there.
        {"{some: y, that: {path: k, equals: a}}",
         {dynamic_a + "\ny { k = \"a\" }"},
         {},
         {dynamic_a, dynamic_a + "\ny { k = \"b\" }"}},
        {"{some: y, that: {path: k, equals: b}}", {dynamic_a + "\ny { k = \"b\" }"}, {dynamic_a}, {}},
        {"{every: y, that: {path: k, equals: a}}", {dynamic_a}, {dynamic_a + "\ny { k = \"b\" }"}, {}},
        {"{every: y, that: {path: k, equals: b}}", {}, {}, {dynamic_a}},
        {"{every: y, at_least: 1, that: {path: k, equals: a}}", {dynamic_a + "\ny { k = \"a\" }"}, {}, {dynamic_a}},
        {"{no: y, that: {path: k, equals: b}}", {dynamic_a}, {}, {}},
        {"{no: y, that: {path: k, equals: a}}", {}, {dynamic_a + "\ny { k = \"a\" }"}, {dynamic_a}},
        // What is said of any element, known or not, still asks whether there is one.
        {"{some: x, that: {always: true}}", {"[var.any]", "[1]"}, {"[]", "absent"}, {"var.list", "var.any"}},
        {"{every: x, that: {always: false}}", {"[]"}, {"[var.text]"}, {"var.list"}},
        {"{no: x, that: {always: true}}", {"[]"}, {"[var.text]"}, {"var.list"}},
        // Elements that are no blocks are looked at with `.`, and null is none.
        {"{some: x, that: {path: ., equals: a}}",
         {"[\"b\", \"a\"]", "\"a\""},
         {"[\"b\"]", "[null]"},
         {"[\"b\", var.text]"}},
        {"{every: \"x.*\", that: {path: ., equals: a}}",
         {"{ p = \"a\" }", "{}"},
         {"{ p = \"a\", q = \"b\" }"},
         {"{ p = var.text }"}},
    });
}

TEST_CASE("where chooses the elements; one that may not be meant decides only when it would change something") {
    check_truths({
        {"{some: x, where: {path: t, equals: in}, that: {path: k, equals: a}}",
         {"x {\nt = \"in\"\nk = \"a\"\n}"},
         {"x {\nt = \"out\"\nk = \"a\"\n}", "x {\nt = \"out\"\nk = var.text\n}", "x {\nt = var.text\nk = \"b\"\n}",
          "absent"},
         {"x {\nt = var.text\nk = \"a\"\n}", "x {\nt = \"in\"\nk = var.text\n}"}},
        {"{every: x, where: {path: t, equals: in}, that: {path: k, equals: a}}",
         {"x {\nt = \"in\"\nk = \"a\"\n}", "x {\nt = \"out\"\nk = \"b\"\n}", "x {\nt = var.text\nk = \"a\"\n}"},
         {"x {\nt = \"in\"\nk = \"b\"\n}"},
         {"x {\nt = var.text\nk = \"b\"\n}", "x {\nt = \"in\"\nk = var.text\n}", "x {\nt = var.text\nk = var.text\n}"}},
        {"{no: x, where: {path: t, equals: in}, that: {path: k, equals: a}}",
         {"x {\nt = \"out\"\nk = \"a\"\n}", "x {\nt = var.text\nk = \"b\"\n}"},
         {"x {\nt = \"in\"\nk = \"a\"\n}"},
         {"x {\nt = var.text\nk = \"a\"\n}"}},
        {"{every: x, at_least: 1, where: {path: t, equals: in}, that: {path: k, equals: a}}",
         {"x {\nt = \"in\"\nk = \"a\"\n}"},
         {"x {\nt = \"out\"\nk = \"a\"\n}"},
         {"x {\nt = var.text\nk = \"a\"\n}"}},
    });
}

TEST_CASE("count") {
    const std::string dynamic = "dynamic \"x\" {\nfor_each = var.list\ncontent { k = \"a\" }\n}";
    const std::string body = "x {}\n" + dynamic;  // begins with `x `: at least one, then any number
    check_truths({
        {"{count: x, at_least: 2}",
         {"[1, 2]", "x {}\nx {}", "[var.any, 1]"},
         {"[1]", "absent", "[]", "\"a\""},
         {"var.list", "var.any", body}},
        {"{count: x, at_most: 1}",
         {"[1]", "[]", "absent", "\"a\"", "var.text", "[var.text]"},
         {"[1, 2]"},
         {"var.list", "var.any", body}},
        {"{count: x, equals: 2}", {"[1, 2]"}, {"[1]", "[1, 2, 3]", "absent"}, {"var.list", body}},
        {"{count: x, at_least: 1}", {body, "var.text"}, {}, {"var.any"}},
        {"{count: x, at_least: 1, at_most: 2}",
         {"[1]", "[1, 2]", "var.flag ? [1] : [1, 2]"},
         {"[]", "[1, 2, 3]"},
         {"var.list"}},
        {"{count: x, at_most: 1}", {}, {}, {"var.flag ? [1] : [1, 2]"}},
        {"{count: x, where: {path: ., equals: a}, at_least: 2}",
         {"[\"a\", \"b\", \"a\"]"},
         {"[\"a\", \"b\"]", "[var.text]"},
         {"[\"a\", var.text]", "var.list"}},
        {"{count: x, where: {path: ., equals: a}, at_most: 1}",
         {"[\"a\", \"b\"]", "[var.text]"},
         {"[\"a\", \"a\"]"},
         {"[\"a\", var.text]", "var.list"}},
        {"{count: x, where: {path: k, equals: b}, at_most: 0}", {body}, {"x { k = \"b\" }"}, {}},
        {"{count: \"x.*\", equals: 2}", {"{ a = 1, b = 2 }"}, {"{}"}, {"var.any"}},
    });
}

TEST_CASE("at: the check's paths start there") {
    check_truths({
        {"{at: x.y, check: {path: k, equals: 1}}",
         {"{ y = { k = 1 } }"},
         {"{ y = { k = 2 } }", "{ y = {} }", "{}", "absent", "{ y = null }"},
         {"var.any", "{ y = { k = var.text } }"}},
        {"{at: x, check: {path: $.x.k, equals: 1}}", {"{ k = 1 }"}, {"{ k = 2 }"}, {}},
        {"{at: x, check: {path: k, exists: false}}", {"{}"}, {"absent", "{ k = 1 }"}, {}},
        {"{at: x, check: {path: k, equals: 1}}", {"x { k = 1 }\nx { k = 1 }"}, {"x { k = 1 }\nx { k = 2 }"}, {}},
    });
}

TEST_CASE("ports with two ends") {
    const auto x = [](const std::string& members) { return "{ " + members + " }"; };
    const std::string ssh = "{ports: {from: x.f, to: x.t, protocol: x.p}, include: [22, 3389]}";
    check_truths({
        {ssh,
         {x("f = 22, t = 22, p = \"tcp\""), x("f = 20, t = 25, p = \"tcp\""), x("f = \"22\", t = \"22\""),
          x("p = \"tcp\""), x("f = 0, t = 0, p = \"-1\""), x("f = 3389, t = 3389, p = \"6\""),
          x("f = 1000, p = \"tcp\""), x("t = 30, p = \"TCP\""), x("f = -1, t = -1, p = \"tcp\""), x("p = \"all\""),
          x("f = 80, t = 80, p = -1"), x("f = 80, t = 80, p = \"*\""),
          x("f = var.flag ? 20 : 22, t = 22, p = \"tcp\"")},
         {x("f = 80, t = 443, p = \"tcp\""), x("f = -1, t = -1, p = \"icmp\""), x("f = 22, t = 22, p = \"icmp\""),
          x("p = \"58\""), x("f = 23, t = 3388, p = \"udp\""), x("f = 443, t = 443, p = \"17\""),
          x("f = 4000, t = var.number, p = \"tcp\""), x("f = var.number, t = 21, p = \"tcp\""),
          x("f = var.flag ? 80 : 443, t = var.flag ? 80 : 443, p = \"tcp\"")},
         {x("f = 22, t = 22, p = var.text"), x("f = 80, t = 80, p = var.text"),
          x("f = var.number, t = var.number, p = \"tcp\""), x("f = 22, t = var.number, p = \"tcp\""),
          x("f = \"ssh\", t = 22, p = \"tcp\""), x("f = var.flag ? 22 : 80, t = 80, p = \"tcp\"")}},
        {"{ports: {from: x.f, to: x.t, protocol: x.p}, include: 22, tcp_udp_only: false}",
         {x("f = 0, t = 255, p = \"icmp\"")},
         {x("f = 80, t = 90, p = \"icmp\"")},
         {}},
        {"{ports: {from: x.f, to: x.t}, wider_than: 10}",
         {x("f = 1, t = 11"), x("f = 1"), "absent"},
         {x("f = 1, t = 10"), x("f = 80, t = 80")},
         {x("f = 1, t = var.number")}},
        {"{ports: {from: x.f}, include: 22}", {x("f = 22"), x("")}, {x("f = 21")}, {x("f = var.number")}},
    });
}

TEST_CASE("ports as text") {
    check_truths({
        {"{ports: {range: x}, include: 22}",
         {"22", "\"22\"", "\"20-25\"", "\"*\"", "[\"80\", \"20-25\"]", "absent", "[]", "[var.text, \"22\"]",
          "var.flag ? \"22\" : \"*\""},
         {"80", "\"80-443\"", "\"ssh\"", "[\"80\", \"443\"]", "var.flag ? \"80\" : \"443\""},
         {"var.text", "[\"80\", var.text]", "var.flag ? \"22\" : \"80\""}},
        {"{not: {ports: {range: x}, include: [22]}}", {"\"80\""}, {"\"*\""}, {"var.any"}},
        {"{ports: {range: x}, wider_than: 100}", {"\"1-101\"", "\"*\""}, {"\"1-100\"", "22"}, {"var.text"}},
    });
}

TEST_CASE("documents in strings") {
    check_truths({
        {"{document: x, check: {path: a.b, equals: 1}}",
         {"\"{\\\"a\\\": {\\\"b\\\": 1}}\"", "jsonencode({ a = { b = 1 } })", "<<EOT\n{\"a\": {\"b\": 1}}\nEOT",
          "{ a = { b = 1 } }", "jsonencode({ a = { b = 1 }, c = var.text })",
          "\"{\\\"a\\\": {\\\"b\\\": 1}, \\\"c\\\": \\\"${var.text}\\\"}\""},
         {"\"{}\"", "jsonencode({ a = { b = 2 } })", "\"[]\"", "absent", "null"},
         {"\"no document\"", "\"\"", "\"5\"", "\"{\"", "var.text", "jsonencode({ a = { b = var.number } })",
          "jsonencode(var.any)", "\"{\\\"a\\\": {\\\"b\\\": ${var.number}}}\""}},
        {"{document: x, check: {path: a, exists: false}, invalid: fail}",
         {"\"{}\""},
         {"\"no document\"", "absent"},
         {"var.text"}},
        {"{document: x, check: {path: a, exists: true}, invalid: pass}",
         {"\"no document\"", "\"true\""},
         {"\"{}\""},
         {"var.text"}},
        {"{document: x, format: yaml, check: {path: a.b, equals: 1}}",
         {"\"a: {b: 1}\"", "yamlencode({ a = { b = 1 } })", "\"a:\\n  b: 1\\n\"", "\"{\\\"a\\\": {\\\"b\\\": 1}}\""},
         {"\"a: 1\"", "\"- a\""},
         {"\"only a text\"", "\"a: [\"", "var.text", "\"a:\\n  b: ${var.number}\\n\""}},
    });
}

/// A thing with a policy of one statement, written in JSON.
std::string statement(const std::string& members) {
    return "jsonencode({ Statement = [{ " + members + " }] })";
}

TEST_CASE("policy: some, every and no of the statements") {
    const std::string deny = "Effect = \"Deny\"", allow = "Effect = \"Allow\"", open = "Effect = var.text";
    const auto policy = [](const std::vector<std::string>& statements) {
        std::string list;
        for (const std::string& one : statements) list += (list.empty() ? "{ " : ", { ") + one + " }";
        return "jsonencode({ Statement = [" + list + "] })";
    };
    check_truths({
        {"{policy: x, some: {path: effect, equals: Deny}}",
         {policy({allow, deny}), policy({open, deny}), "jsonencode({ Statement = { Effect = \"Deny\" } })",
          "[" + policy({allow}) + ", " + policy({deny}) + "]"},
         {policy({allow}), policy({}), "\"{}\"", "absent", "null"},
         {policy({allow, open}), "var.text", "\"no policy\"", "\"5\"", "jsonencode({ Statement = var.any })",
          "jsonencode({ Statement = [{ Effect = \"Allow\" }, var.any] })"}},
        {"{policy: x, every: {path: effect, equals: Allow}}",
         {policy({allow, allow}), policy({}), "absent"},
         {policy({allow, deny}), policy({open, deny}), "jsonencode({ Statement = [{ Effect = \"Deny\" }, var.any] })"},
         {policy({allow, open}), "var.text", "\"no policy\""}},
        {"{policy: x, no: {path: effect, equals: Deny}}",
         {policy({allow}), policy({}), "absent"},
         {policy({allow, deny})},
         {policy({open}), "var.text", "\"no policy\""}},
        {"{policy: x, no: {path: effect, equals: Deny}, invalid: pass}", {"\"no policy\""}, {}, {"var.text"}},
        {"{policy: x, some: {path: effect, equals: Deny}, invalid: fail}", {}, {"\"no policy\""}, {"var.text"}},
    });
}

TEST_CASE("grants: what a statement allows") {
    const std::string two = "{policy: x, some: {grants: [\"iam:PassRole\", \"s3:GetObject\"]}}";
    check_truths({
        {two,
         {statement("Effect = \"Allow\", Action = \"iam:PassRole\""),
          statement("Effect = \"Allow\", Action = [\"ec2:*\", \"s3:Get*\"]"),
          statement("Effect = \"Allow\", Action = \"*\""), statement("Effect = \"Allow\", Action = \"S3:GETOBJECT\""),
          statement("Effect = \"Allow\", Action = [var.text, \"iam:*\"]"),
          // All but one of the two is still one of them.
          statement("Effect = \"Allow\", NotAction = \"iam:*\""),
          statement("Effect = \"Allow\", NotAction = [\"iam:PassRole\", \"s3:Put*\"]")},
         {statement("Effect = \"Deny\", Action = \"*\""), statement("Action = \"*\""),
          statement("Effect = \"Allow\", Action = \"s3:PutObject\""),
          statement("Effect = \"Allow\", Action = [\"s3:PutObject\", \"ec2:${var.text}\"]"),
          statement("Effect = \"Deny\", NotAction = \"ec2:*\""),
          statement("Effect = \"Allow\", NotAction = [\"iam:*\", \"s3:*\"]"),
          statement("Effect = \"Allow\", NotAction = \"*\""), statement("Effect = \"Allow\"")},
         {statement("Effect = \"Allow\", Action = var.text"),
          statement("Effect = \"Allow\", Action = \"s3:${var.text}\""), statement("Effect = var.text, Action = \"*\""),
          statement("Effect = \"Allow\", NotAction = [\"iam:*\", var.text]"),
          statement("Effect = \"Allow\", Action = var.list")}},
        {"{policy: x, some: {grants: \"*\"}}",
         {statement("Effect = \"Allow\", Action = \"*\""), statement("Effect = \"Allow\", Action = [\"*:*\"]")},
         {statement("Effect = \"Allow\", Action = \"s3:*\""), statement("Effect = \"Allow\", Action = \"?\""),
          statement("Effect = \"Allow\", NotAction = \"iam:*\""),
          statement("Effect = \"Allow\", Action = \"${var.text}:Get*\"")},
         {statement("Effect = \"Allow\", Action = var.text")}},
    });
}

TEST_CASE("public_principal, any_resource and conditioned_by") {
    check_truths({
        {"{policy: x, some: {public_principal: true}}",
         {statement("Principal = \"*\""), statement("Principal = { AWS = \"*\" }"),
          statement("Principal = { AWS = [\"123456789012\", \"*\"] }"),
          statement("Effect = \"Allow\", NotPrincipal = { AWS = \"123456789012\" }")},
         {statement("Principal = { AWS = \"arn:aws:iam::123456789012:root\" }"),
          statement("Principal = { Service = \"*\" }"), statement("Principal = { Federated = \"*\" }"),
          statement("Principal = {}"), statement("Effect = \"Allow\""),
          statement("Effect = \"Deny\", NotPrincipal = { AWS = \"1\" }"),
          statement("Principal = { AWS = other.o.arn }"),
          statement("Principal = { AWS = \"arn:aws:iam::${var.text}:root\" }")},
         {statement("Principal = var.text"), statement("Principal = { AWS = var.text }"),
          statement("Principal = { AWS = [var.text] }"),
          statement("Effect = var.text, NotPrincipal = { AWS = \"1\" }")}},
        {"{policy: x, some: {public_principal: false}}",
         {statement("Principal = { AWS = \"1\" }")},
         {statement("Principal = \"*\"")},
         {statement("Principal = var.text")}},
        {"{policy: x, some: {any_resource: true}}",
         {statement("Resource = \"*\""), statement("Resource = [\"arn:aws:s3:::a\", \"*\"]"),
          statement("NotResource = \"arn:aws:s3:::a\"")},
         {statement("Resource = \"arn:aws:s3:::*\""), statement("Resource = []"), statement("Effect = \"Allow\""),
          statement("Resource = other.o.arn"), statement("Resource = \"${other.o.arn}/*\"")},
         {statement("Resource = var.text"), statement("Resource = [\"a\", var.text]")}},
        {"{policy: x, some: {conditioned_by: [\"aws:SourceIp\", \"aws:SourceVpc*\"]}}",
         {statement("Condition = { IpAddress = { \"aws:SourceIp\" = \"10.0.0.0/8\" } }"),
          statement("Condition = { IpAddress = { \"AWS:SOURCEIP\" = [] } }"),
          statement("Condition = { StringEquals = { \"aws:SourceVpce\" = \"a\" }, Bool = { "
                    "\"aws:MultiFactorAuthPresent\" = true } }")},
         {statement("Condition = { Bool = { \"aws:SecureTransport\" = false } }"), statement("Condition = {}"),
          statement("Effect = \"Allow\"")},
         {statement("Condition = var.any"), statement("Condition = { StringEquals = var.any }")}},
        {"{policy: x, some: {conditioned_by: \"*\"}}",
         {statement("Condition = { Bool = { a = true } }")},
         {statement("Effect = \"Allow\"")},
         {statement("Condition = var.any")}},
    });
}

TEST_CASE("linked_from: who refers to a resource") {
    struct Row {
        std::string condition, others, verdict;
    };
    for (const Row& row : std::vector<Row>{
             {"{linked_from: guard, by: of}", "resource \"guard\" \"g\" { of = thing.a.id }", "pass"},
             {"{linked_from: guard, by: of}", "resource \"guard\" \"g\" { of = thing.a.arn }", "pass"},
             {"{linked_from: guard, by: of}", "locals { a = thing.a.name }\nresource \"guard\" \"g\" { of = local.a }",
              "pass"},
             {"{linked_from: guard, by: of}", "resource \"guard\" \"g\" { of = \"one\" }", "pass"},  // the name
             {"{linked_from: guard, by: of, key: other}", "resource \"guard\" \"g\" { of = \"one\" }", "fail"},
             {"{linked_from: guard, by: of}", "resource \"guard\" \"g\" { of = \"two\" }", "fail"},
             {"{linked_from: guard, by: of}", "resource \"guard\" \"g\" { of = thing.b.id }", "fail"},
             {"{linked_from: guard, by: of}", "resource \"guard\" \"g\" {}", "fail"},
             {"{linked_from: guard, by: of}", "resource \"guards\" \"g\" { of = thing.a.id }", "fail"},
             {"{linked_from: guard, by: of}", "resource \"guard\" \"g\" { of = var.v }", "undecided"},
             {"{linked_from: guard, by: of}", "resource \"guard\" \"g\" {\ncount = var.v ? 1 : 0\nof = thing.a.id\n}",
              "undecided"},
             {"{linked_from: guard, by: of}", "resource \"guard\" \"g\" { of = [thing.b.id, thing.a.id] }", "pass"},
             {"{linked_from: [x, guard], by: in.of}", "resource \"guard\" \"g\" {\nin { of = thing.a.id }\n}", "pass"},
             {"{linked_from: \"gu*\", by: \"**\"}", "resource \"guard\" \"g\" {\nin { deep = { of = thing.a.id } }\n}",
              "pass"},
             {"{linked_from: guard, by: of, check: {path: on, equals: true}}",
              "resource \"guard\" \"g\" {\nof = thing.a.id\non = true\n}", "pass"},
             {"{linked_from: guard, by: of, check: {path: on, equals: true}}",
              "resource \"guard\" \"g\" {\nof = thing.a.id\non = false\n}", "fail"},
             {"{linked_from: guard, by: of, check: {path: on, equals: true}}",
              "resource \"guard\" \"g\" {\nof = thing.a.id\non = var.v\n}", "undecided"},
             {"{linked_from: guard, by: of, check: {path: on, equals: true}}",
              "resource \"guard\" \"g\" {\nof = var.v\non = false\n}", "fail"},
             {"{linked_from: guard, by: of, match: no}", "", "pass"},
             {"{linked_from: guard, by: of, match: no}", "resource \"guard\" \"g\" { of = thing.a.id }", "fail"},
             {"{linked_from: guard, by: of, match: no}", "resource \"guard\" \"g\" { of = var.v }", "undecided"},
             {"{linked_from: guard, by: of, match: every, check: {path: on, equals: true}}", "", "pass"},
             {"{linked_from: guard, by: of, match: every, check: {path: on, equals: true}}",
              "resource \"guard\" \"g\" {\nof = thing.a.id\non = true\n}\nresource \"guard\" \"h\" { of = thing.a.id }",
              "fail"},
             {"{linked_from: guard, by: of, check: {path: on, equals_path: $.of}}",
              "resource \"guard\" \"g\" {\nof = thing.a.id\non = thing.a.id\n}", "pass"},
             // Inside of a link's check: the resource the rule is about.
             {"{linked_from: guard, by: of, check: {self: {path: name, equals: one}}}",
              "resource \"guard\" \"g\" { of = thing.a.id }", "pass"},
             {"{linked_from: guard, by: of, check: {self: {path: name, equals: two}}}",
              "resource \"guard\" \"g\" { of = thing.a.id }", "fail"},
             // Links of links.
             {"{linked_from: guard, by: of, check: {linked_from: owner, by: guard}}",
              "resource \"guard\" \"g\" { of = thing.a.id }\nresource \"owner\" \"o\" { guard = guard.g.id }", "pass"},
             {"{linked_from: guard, by: of, check: {linked_from: owner, by: guard}}",
              "resource \"guard\" \"g\" { of = thing.a.id }", "fail"},
         }) {
        const Judged judged(row.condition,
                            "variable \"v\" {}\nresource \"thing\" \"a\" { name = \"one\" }\nresource \"thing\" \"b\" "
                            "{ name = \"three\" }\n" +
                                row.others);
        CHECK_MESSAGE(judged.verdict() == row.verdict, row.condition, " with ", row.others, " is ", judged.verdict());
    }
}

TEST_CASE("links_to and resource_exists: what a value leads to, what lies beside it") {
    struct Row {
        std::string condition, text, verdict;
    };
    for (const Row& row : std::vector<Row>{
             {"{links_to: k, types: [key]}", "resource \"thing\" \"a\" { k = key.k.id }\nresource \"key\" \"k\" {}",
              "pass"},
             {"{links_to: k, types: [key]}",
              "resource \"thing\" \"a\" { k = \"one\" }\nresource \"key\" \"k\" { name = \"one\" }", "pass"},
             {"{links_to: k, types: [key], key: alias}",
              "resource \"thing\" \"a\" { k = \"one\" }\nresource \"key\" \"k\" { alias = \"one\" }", "pass"},
             {"{links_to: k, types: [key]}", "resource \"thing\" \"a\" {}\nresource \"key\" \"k\" {}", "fail"},
             {"{links_to: k, types: [key]}", "resource \"thing\" \"a\" { k = \"elsewhere\" }", "undecided"},
             {"{links_to: k, types: [key], missing: fail}", "resource \"thing\" \"a\" { k = \"elsewhere\" }", "fail"},
             {"{links_to: k, types: [key], missing: pass}", "resource \"thing\" \"a\" { k = \"elsewhere\" }", "pass"},
             {"{links_to: k, types: [key], missing: fail}", "variable \"v\" {}\nresource \"thing\" \"a\" { k = var.v }",
              "undecided"},
             {"{links_to: k, types: [key], missing: fail}",
              "resource \"thing\" \"a\" { k = lock.l.id }\nresource \"lock\" \"l\" {}", "fail"},
             {"{links_to: k, types: [key, lock]}",
              "resource \"thing\" \"a\" { k = [lock.l.id] }\nresource \"lock\" \"l\" {}", "pass"},
             {"{links_to: k, types: [key], check: {path: on, equals: true}}",
              "resource \"thing\" \"a\" { k = key.k.id }\nresource \"key\" \"k\" { on = true }", "pass"},
             {"{links_to: k, types: [key], check: {path: on, equals: true}}",
              "resource \"thing\" \"a\" { k = key.k.id }\nresource \"key\" \"k\" { on = false }", "fail"},
             {"{links_to: k, types: [key], check: {path: on, equals: true}}",
              "variable \"v\" {}\nresource \"thing\" \"a\" { k = key.k.id }\nresource \"key\" \"k\" { on = var.v }",
              "undecided"},
             {"{links_to: k, types: [key]}",
              "variable \"v\" {}\nresource \"thing\" \"a\" { k = one(key.k[*].id) }\nresource \"key\" \"k\" { count = "
              "var.v ? 1 : 0 }",
              "undecided"},
             {"{resource_exists: key}", "resource \"thing\" \"a\" {}\nresource \"key\" \"k\" {}", "pass"},
             {"{resource_exists: [lock, key]}", "resource \"thing\" \"a\" {}\nresource \"key\" \"k\" {}", "pass"},
             {"{resource_exists: key}", "resource \"thing\" \"a\" {}", "fail"},
             {"{resource_exists: thing}", "resource \"thing\" \"a\" {}", "fail"},  // itself does not count
             {"{resource_exists: key, missing: undecided}", "resource \"thing\" \"a\" {}", "undecided"},
             {"{resource_exists: key, missing: pass}", "resource \"thing\" \"a\" {}", "pass"},
             {"{resource_exists: key}",
              "variable \"v\" {}\nresource \"thing\" \"a\" {}\nresource \"key\" \"k\" { count = var.v ? 1 : 0 }",
              "undecided"},
             {"{resource_exists: key, where: {path: on, equals: true}}",
              "resource \"thing\" \"a\" {}\nresource \"key\" \"k\" { on = true }", "pass"},
             {"{resource_exists: key, where: {path: on, equals: true}}",
              "resource \"thing\" \"a\" {}\nresource \"key\" \"k\" {}", "fail"},
             {"{resource_exists: key, where: {path: on, equals: true}}",
              "variable \"v\" {}\nresource \"thing\" \"a\" {}\nresource \"key\" \"k\" { on = var.v }", "undecided"},
         }) {
        const Judged judged(row.condition, row.text);
        CHECK_MESSAGE(judged.verdict() == row.verdict, row.condition, " of ", row.text, " is ", judged.verdict());
    }
}

TEST_CASE("a verdict says what decided it: the attribute, its place, the reason it cannot be told") {
    struct Row {
        std::string condition, text;
        std::string verdict, attribute, place, message, why;
    };
    for (const Row& row : std::vector<Row>{
             {"{path: x, equals: a}", "resource \"thing\" \"a\" {\n  x = \"b\"\n}", "fail", "x", "2:3",
              "x is \"b\", should be \"a\"", ""},
             {"{path: x, not_one_of: [a, b]}", "resource \"thing\" \"a\" {\n  x = \"b\"\n}", "fail", "x", "2:3",
              "x is \"b\", should not be one of \"a\", \"b\"", ""},
             {"{path: x, exists: true}", "\nresource \"thing\" \"a\" {}", "fail", "x", "2:1", "x is missing", ""},
             {"{path: x, equals: true}", "\nresource \"thing\" \"a\" {}", "fail", "x", "2:1",
              "x is missing, should be true", ""},
             {"{path: x, equals: true, default: false}", "resource \"thing\" \"a\" {}", "fail", "x", "1:1",
              "x is missing (the default is false), should be true", ""},
             {"{path: b.on, equals: true}", "resource \"thing\" \"a\" {\n  b {\n    other = 1\n  }\n}", "fail", "b.on",
              "2:3", "b.on is missing, should be true", ""},
             {"{path: \"b[*].on\", equals: true}",
              "resource \"thing\" \"a\" {\n  b { on = true }\n  b { on = false }\n}", "fail", "b.on", "3:7",
              "b.on is false, should be true", ""},
             {"{path: x, equals: a}", "resource \"thing\" \"a\" {\n  x = [\n    \"a\",\n    \"b\",\n  ]\n}", "fail",
              "x", "4:5", "x is \"b\", should be \"a\"", ""},
             {"{not: {path: x, equals: b}}", "resource \"thing\" \"a\" {\n  x = \"b\"\n}", "fail", "x", "2:3",
              "x is \"b\", should not be \"b\"", ""},
             {"{all: [{path: y, exists: true}, {path: x, equals: a}]}",
              "resource \"thing\" \"a\" {\n  x = \"b\"\n  y = 1\n}", "fail", "x", "2:3", "x is \"b\", should be \"a\"",
              ""},
             // Of several that all miss, what is there is what a person should change.
             {"{any: [{path: y, equals: 1}, {path: x, equals: a}]}", "resource \"thing\" \"a\" {\n  x = \"b\"\n}",
              "fail", "x", "2:3", "x is \"b\", should be \"a\"", ""},
             {"{every: r, that: {path: k, equals: a}}",
              "resource \"thing\" \"a\" {\n  r { k = \"a\" }\n  r { k = \"b\" }\n}", "fail", "r.k", "3:7",
              "r.k is \"b\", should be \"a\"", ""},
             {"{count: r, at_least: 2}", "resource \"thing\" \"a\" {\n  r {}\n}", "fail", "r", "2:3",
              "r has 1 such elements, should have at least 2", ""},
             {"{count: r, at_least: 1, at_most: 2}", "resource \"thing\" \"a\" {}", "fail", "r", "1:1",
              "r has no such elements, should have at least 1 and at most 2", ""},
             {"{always: false}", "resource \"thing\" \"a\" {}", "fail", "", "1:1", "thing is used", ""},
             {"{resource_exists: key}", "resource \"thing\" \"a\" {}", "fail", "", "1:1", "there is no key beside it",
              ""},
             {"{linked_from: guard, by: of}", "resource \"thing\" \"a\" {}", "fail", "", "1:1", "no guard refers to it",
              ""},
             {"{links_to: k, types: [key]}", "resource \"thing\" \"a\" {}", "fail", "k", "1:1", "k is missing", ""},
             {"{linked_from: guard, by: of, check: {path: on, equals: true}}",
              "resource \"thing\" \"a\" {}\nresource \"guard\" \"g\" {\n  of = thing.a.id\n  on = false\n}", "fail",
              "guard:on", "1:1", "guard.g: on is false, should be true", ""},
             {"{policy: p, no: {grants: \"iam:PassRole\"}}",
              "resource \"thing\" \"a\" {\n  p = jsonencode({ Statement = { Effect = \"Allow\", Action = \"iam:*\" } "
              "})\n}",
              "fail", "p", "2:3", "p: a statement allows \"iam:*\"", ""},
             {"{document: p, check: {path: on, equals: true}, invalid: fail}",
              "resource \"thing\" \"a\" {\n  p = \"x\"\n}", "fail", "p", "2:3", "p is no readable JSON document", ""},
             // The value that is not known, and the variable that makes it so.
             {"{path: x, equals: a}", "variable \"v\" {}\nresource \"thing\" \"a\" {\n  x = var.v\n}", "undecided", "x",
              "3:3", "x is not known, should be \"a\"", "var.v has no default and no value was given"},
             {"{path: x, equals: a}",
              "variable \"v\" {}\nlocals { l = \"a${var.v}\" }\nresource \"thing\" \"a\" {\n  x = local.l\n}",
              "undecided", "x", "4:3", "x is not known, should be \"a\"",
              "var.v has no default and no value was given"},
             {"{path: x, equals: a}", "resource \"key\" \"k\" {}\nresource \"thing\" \"a\" {\n  x = key.k.id\n}",
              "undecided", "x", "3:3", "x is not known, should be \"a\"", "key.k.id is known only after apply"},
             {"{path: x, equals: a}", "variable \"v\" {}\nresource \"thing\" \"a\" {\n  x = [\"a\", var.v]\n}",
              "undecided", "x", "3:3", "x is not known, should be \"a\"",
              "var.v has no default and no value was given"},
             {"{path: x, equals: a}",
              "variable \"v\" { type = bool }\nresource \"thing\" \"a\" {\n  x = var.v ? \"a\" : \"b\"\n}", "undecided",
              "x", "3:3", "x is not known, should be \"a\"", "var.v has no default and no value was given"},
             {"{count: r, at_least: 2}", "variable \"v\" {}\nresource \"thing\" \"a\" {\n  r = var.v\n}", "undecided",
              "r", "2:1", "r has no such elements, should have at least 2",
              "var.v has no default and no value was given"},
             {"{some: r, that: {path: k, equals: a}}",
              "variable \"v\" {}\nresource \"thing\" \"a\" {\n  dynamic \"r\" {\n    for_each = var.v\n    content { k "
              "= \"a\" }\n  }\n}",
              "undecided", "r", "3:3", "", "var.v has no default and no value was given"},
             {"{document: p, check: {path: on, equals: true}}", "resource \"thing\" \"a\" {\n  p = \"x\"\n}",
              "undecided", "p", "2:3", "p is no readable JSON document", "the document cannot be read"},
             {"{links_to: k, types: [key]}", "resource \"thing\" \"a\" {\n  k = \"x\"\n}", "undecided", "k", "2:3",
              "what k leads to is not known here", "k leads to nothing in these files"},
             {"{linked_from: guard, by: of}",
              "variable \"v\" {}\nresource \"thing\" \"a\" {}\nresource \"guard\" \"g\" {\n  of = var.v\n}",
              "undecided", "", "2:1", "whether guard refers to it is not known",
              "guard.g.of is not known: var.v has no default and no value was given"},
             {"{resource_exists: key, missing: undecided}", "resource \"thing\" \"a\" {}", "undecided", "", "1:1",
              "there is no key beside it", "no key in these files; it may exist elsewhere in the account"},
             {"{path: x, version_at_least: \"2\"}", "resource \"thing\" \"a\" {\n  x = \"latest\"\n}", "undecided", "x",
              "2:3", "x is \"latest\", should be version 2 or later", "\"latest\" names no version"},
             {"{ports: {from: f, to: t}, include: 22}",
              "variable \"v\" {}\nresource \"thing\" \"a\" {\n  f = var.v\n  t = 80\n}", "undecided", "f", "3:3",
              "f is not known", "var.v has no default and no value was given"},
             {"{not: {ports: {from: f, to: t}, include: [22, 3389]}}",
              "resource \"thing\" \"a\" {\n  f = 20\n  t = 30\n}", "fail", "f", "2:3",
              "f opens \"20-30\", which takes in 22 or 3389", ""},
         }) {
        const Judged judged(row.condition, row.text);
        CAPTURE(row.condition);
        CAPTURE(row.text);
        REQUIRE(judged.verdict() == row.verdict);
        const Judgement& found = judged.judgement();
        CHECK(found.attribute == row.attribute);
        CHECK(judged.place() == row.place);
        if (!row.message.empty()) CHECK(found.message == row.message);
        CHECK(found.undecided_by == row.why);
    }
}

TEST_CASE("a rule's own message replaces the sentence of what fails, and only of that") {
    const auto message = [](const std::string& x) {
        return Judged("terraform", "thing", "pass: {path: x, equals: 1}, message: it is off",
                      {{"main.tf", "variable \"v\" {}\nresource \"thing\" \"a\" { x = " + x + " }"}})
            .judgement()
            .message;
    };
    CHECK(message("2") == "it is off");
    CHECK(message("1") == "x is 1, should be 1");
    CHECK(message("var.v") == "x is not known, should be 1");
}

TEST_CASE("what may be a credential is never printed") {
    const Judged secret("{path: x, looks_secret: false}", "resource \"thing\" \"a\" { x = \"AKIAIOSFODNN7ABCDEFG\" }");
    CHECK(secret.judgement().message == "x is (a text that is not shown), should not look like a credential");
    CHECK(secret.judgement().value == "(a text that is not shown)");
    const Judged literal("{path: x, literal: false}", "resource \"thing\" \"a\" { x = \"hunter2\" }");
    CHECK(literal.judgement().value == "(a text that is not shown)");
    const Judged marked(
        "{path: x, equals: a}",
        "variable \"v\" {\n  default = \"hunter2\"\n  sensitive = true\n}\nresource \"thing\" \"a\" { x = var.v }");
    CHECK(marked.judgement().message == "x is (sensitive), should be \"a\"");
    CHECK(marked.judgement().value == "(sensitive)");
}

TEST_CASE("a condition that is no condition is refused where it is wrong") {
    struct Row {
        std::string condition, fault;
    };
    // The check is in line 8, its condition begins at column 49.
    for (const Row& row : std::vector<Row>{
             {"yes",
              "8:49 a condition is a mapping. Such as `{path: enabled, equals: true}`; rules/LANGUAGE.md lists the "
              "heads."},
             {"[]",
              "8:49 a condition is a mapping. Such as `{path: enabled, equals: true}`; rules/LANGUAGE.md lists the "
              "heads."},
             {"{}",
              "8:49 a condition is a mapping. Such as `{path: enabled, equals: true}`; rules/LANGUAGE.md lists the "
              "heads."},
             {"{path: a}",
              "8:49 a look-up needs an operator. Such as `equals`, `one_of`, `exists`; rules/LANGUAGE.md lists them."},
             {"{path: 5, exists: true}", "8:50 `path` takes a path"},
             {"{path: \"a..b\", exists: true}", "8:50 `path` takes a path: a name is missing before a `.`"},
             {"{first: a, exists: true}", "8:50 `first` takes a list of paths"},
             {"{first: [], exists: true}", "8:50 `first` takes a list of paths"},
             {"{path: a, exists: true, match: all}", "8:73 `match` takes one of: every, some"},
             {"{path: a, exists: true, decode: hex}", "8:73 `decode` takes one of: none, base64"},
             {"{path: a, equals: 1, ignore_case: \"yes\"}", "8:70 `ignore_case` takes true or false"},
             {"{all: {path: a}}", "8:50 `all` takes a list of conditions"},
             {"{any: []}", "8:50 `any` takes a list of conditions"},
             {"{not: [{always: true}]}",
              "8:55 a condition is a mapping. Such as `{path: enabled, equals: true}`; rules/LANGUAGE.md lists the "
              "heads."},
             {"{always: maybe}", "8:50 `always` takes true or false"},
             {"{some: a}", "8:49 `that` is missing. It holds a condition."},
             {"{every: a, that: {path: b}}",
              "8:66 a look-up needs an operator. Such as `equals`, `one_of`, `exists`; rules/LANGUAGE.md lists them."},
             {"{every: a, that: {always: true}, at_least: -1}", "8:82 `at_least` takes a whole number"},
             {"{count: a}", "8:49 `count` needs `at_least`, `at_most` or `equals`"},
             {"{count: a, at_least: 1.5}", "8:60 `at_least` takes a whole number"},
             {"{at: a}", "8:49 `check` is missing. It holds a condition."},
             {"{ports: {to: a}, include: 22}", "8:50 `from` is missing"},
             {"{ports: {range: a}}", "8:49 `ports` needs `include` or `wider_than`"},
             {"{ports: {range: a}, include: ssh}", "8:69 `include` takes a port or a list of ports"},
             {"{policy: a}", "8:49 `policy` needs `some`, `every` or `no`"},
             {"{policy: a, some: {always: true}, no: {always: true}}",
              "8:49 `policy` takes one of `some`, `every` and `no`"},
             {"{document: a, check: {always: true}, format: xml}", "8:86 `format` takes one of: json, yaml"},
             {"{document: a, check: {always: true}, invalid: never}",
              "8:86 `invalid` takes one of: undecided, fail, pass"},
             {"{grants: 5}", "8:50 `grants` takes a text or a list of texts"},
             {"{conditioned_by: [a, 5]}", "8:50 `conditioned_by` takes a text or a list of texts"},
             {"{public_principal: everyone}", "8:50 `public_principal` takes true or false"},
             {"{linked_from: a}", "8:49 `by` is missing"},
             {"{linked_from: a, by: b, match: all}", "8:73 `match` takes one of: some, every, no"},
             {"{linked_from: a, by: b, key: \"c[\"}", "8:73 `key` takes a path: a `[` is not closed"},
             {"{links_to: a}", "8:49 `types` is missing"},
             {"{links_to: a, types: [b], missing: ignore}", "8:75 `missing` takes one of: undecided, fail, pass"},
             {"{resource_exists: []}", "8:50 `resource_exists` takes a text or a list of texts"},
         }) {
        const Judged judged(row.condition, "resource \"thing\" \"a\" {}");
        const std::string fault = judged.faults.empty() ? "accepted" : judged.faults.front();
        CHECK_MESSAGE(fault == row.fault, row.condition, " gives ", fault);
    }
    const auto fault = [](const std::string& condition) {
        const Judged judged(condition, "resource \"thing\" \"a\" {}");
        REQUIRE(judged.faults.size() == 1);
        return judged.faults[0];
    };
    CHECK(fault("{path: a, equal: 1}").ends_with(" Did you mean \"equals\"?"));
    CHECK(fault("{path: a, equal: 1}").starts_with("8:59 `equal` is not known here. Known here: "));
    CHECK(fault("{evry: a, that: {always: true}}")
              .starts_with("8:50 `evry` begins no condition. A condition begins with one of: all, any, "));
    CHECK(fault("{evry: a, that: {always: true}}").ends_with(" Did you mean \"every\"?"));
    CHECK(fault("{path: a, exists: true, any: []}").starts_with("8:73 `any` is not known here."));
    CHECK(fault("{native: no-such}").starts_with("8:50 there is no native check of that name. There are: "));
    std::string nested = "{always: true}";
    for (int i = 0; i < 58; ++i) nested = "{not: " + nested + "}";
    CHECK(Judged(nested, "resource \"thing\" \"a\" {}").verdict() == "pass");
    for (int i = 0; i < 3; ++i) nested = "{not: " + nested + "}";
    CHECK(fault(nested).ends_with(" conditions are nested deeper than 60 levels"));
}

}  // namespace
}  // namespace plumbline
