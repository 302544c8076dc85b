#include "rules/policy.h"

#include <doctest/doctest.h>

#include "scanner/document.h"

// Documents that stand in values, and IAM's statements in one form (IAM's user guide, "policy elements").
namespace plumbline {
namespace {

Value json(std::string_view text) {
    const auto value = read_text_document(text, "json");
    REQUIRE_MESSAGE(value, text);
    return *value;
}

Value unknown(const char* why) {
    return Value::unknown(Type::string(), make_cause(why));
}

/// As JSON, with `?` for what is unknown.
std::string with_marks(const Value& value) {
    std::string out = value.to_text();
    const std::string_view mark = "(unknown)";
    for (std::size_t at = 0; (at = out.find(mark)) != std::string::npos;) out.replace(at, mark.size(), "?");
    return out;
}

/// The statements as JSON, then why there may be more.
std::string shown(const Value& policy) {
    const Statements statements = statements_of(policy, read_text_document);
    std::string out;
    for (const Value& statement : statements.known) out += (out.empty() ? "" : " ") + with_marks(statement);
    if (statements.incomplete) out += " and more: " + statements.incomplete->why;
    return out;
}

TEST_CASE("a statement in one form, whatever may stand for itself") {
    struct Row {
        const char *statement, *normalised;
    };
    for (
        const Row& row : std::vector<Row>{
            {R"({"Sid": "a", "Effect": "Allow", "Action": "s3:*", "Resource": "*"})",
             R"({"actions":["s3:*"],"effect":"Allow","resources":["*"],"sid":"a"})"},
            {R"({"Effect": "Deny", "NotAction": ["iam:*", "sts:*"], "NotResource": "arn:aws:s3:::a"})",
             R"({"effect":"Deny","not_actions":["iam:*","sts:*"],"not_resources":["arn:aws:s3:::a"]})"},
            // In JSON an effect has to be written.
            {R"({"Action": "s3:*"})", R"({"actions":["s3:*"]})"},
            {R"({"Action": null, "Effect": null})", "{}"},
            // Principals: everyone, one kind, several kinds, the service's short form.
            {R"({"Principal": "*"})", R"({"principals":[{"id":"*","type":"*"}]})"},
            {R"({"Principal": {"AWS": "*"}})", R"({"principals":[{"id":"*","type":"AWS"}]})"},
            {R"({"Principal": {"AWS": ["1", "2"], "Service": "s3.amazonaws.com"}})",
             R"({"principals":[{"id":"1","type":"AWS"},{"id":"2","type":"AWS"},{"id":"s3.amazonaws.com","type":"Service"}]})"},
            {R"({"NotPrincipal": {"AWS": "1"}})", R"({"not_principals":[{"id":"1","type":"AWS"}]})"},
            {R"({"Principal": null})", "{}"},
            // Conditions: an operator holds keys, a key one value or several; keys in any case.
            {R"({"Condition": {"StringEquals": {"aws:SourceAccount": "1", "AWS:SourceArn": ["a", "b"]}, "Bool": {"aws:SecureTransport": false}}})",
             R"({"conditions":[{"key":"aws:securetransport","operator":"Bool","values":[false]},)"
             R"({"key":"aws:sourcearn","operator":"StringEquals","values":["a","b"]},)"
             R"({"key":"aws:sourceaccount","operator":"StringEquals","values":["1"]}]})"},
            {R"({"Condition": {}})", "{}"},
            // Keys of JSON are what they are: `action` is none of IAM's.
            {R"({"effect": "Allow", "condition": {"Bool": {"a": true}}})", R"({"effect":"Allow"})"},
        }) {
        const std::string found = shown(Value::object({{"Statement", Value::tuple({json(row.statement)}), {}}}));
        CHECK_MESSAGE(found == row.normalised, row.statement, " is ", found);
    }
}

TEST_CASE("a single statement stands for a list of one, and what is no statement is none") {
    CHECK(shown(json(R"({"Statement": {"Effect": "Allow"}})")) == R"({"effect":"Allow"})");
    CHECK(shown(json(R"({"Statement": [{"Effect": "Allow"}, {"Effect": "Deny"}]})")) ==
          R"({"effect":"Allow"} {"effect":"Deny"})");
    for (const char* text : {R"({"Statement": []})", R"({"Statement": null})", R"({"Statement": ["text", 5, null]})",
                             R"({"Version": "2012-10-17"})", "{}", "[]"})
        CHECK_MESSAGE(shown(json(text)).empty(), text);
}

TEST_CASE("statements that are not known leave the list open") {
    const Value allow = json(R"({"Effect": "Allow"})");
    CHECK(shown(unknown("u")) == " and more: u");
    CHECK(shown(Value::object({{"Statement", unknown("u"), {}}})) == " and more: u");
    CHECK(shown(Value::object({{"Statement", Value::tuple({unknown("u"), allow, unknown("v")}), {}}})) ==
          R"({"effect":"Allow"} and more: u)");
}

TEST_CASE("parts of a statement that are not known stay unknown in their place") {
    const auto part = [](const char* name) {
        return shown(Value::object({{"Statement", Value::object({{name, unknown("u"), {}}}), {}}}));
    };
    CHECK(part("Action") == R"({"actions":?})");
    CHECK(part("NotResource") == R"({"not_resources":?})");
    CHECK(part("Principal") == R"({"principals":?})");
    CHECK(part("Condition") == R"({"conditions":?})");
    CHECK(part("Effect") == R"({"effect":?})");
    const Value principal = Value::object({{"Principal", Value::object({{"AWS", unknown("u"), {}}}), {}}});
    CHECK(shown(Value::object({{"Statement", principal, {}}})) == R"({"principals":[{"id":?,"type":"AWS"}]})");
    const Value condition = Value::object({{"Condition", Value::object({{"Bool", unknown("u"), {}}}), {}}});
    CHECK(shown(Value::object({{"Statement", condition, {}}})) ==
          R"({"conditions":[{"key":?,"operator":"Bool","values":?}]})");
}

TEST_CASE("the data source's blocks are statements, with its default and the documents it builds on") {
    // aws_iam_policy_document: effect defaults to Allow.
    CHECK(
        shown(json(
            R"({"statement": [{"sid": "a", "actions": ["s3:*"], "resources": ["*"]}, {"effect": "Deny", "not_actions": ["iam:*"], "not_resources": ["x"]}]})")) ==
        R"({"actions":["s3:*"],"effect":"Allow","resources":["*"],"sid":"a"} {"effect":"Deny","not_actions":["iam:*"],"not_resources":["x"]})");
    CHECK(
        shown(json(
            R"({"statement": [{"principals": [{"type": "AWS", "identifiers": ["1", "2"]}, {"type": "*", "identifiers": ["*"]}],
                                        "condition": [{"test": "Bool", "variable": "aws:SecureTransport", "values": ["false"]}]}]})")) ==
        R"({"conditions":[{"key":"aws:securetransport","operator":"Bool","values":["false"]}],"effect":"Allow",)"
        R"("principals":[{"id":"1","type":"AWS"},{"id":"2","type":"AWS"},{"id":"*","type":"*"}]})");
    const std::string inner = R"("{\"Statement\": {\"Effect\": \"Allow\", \"Action\": \"*\"}}")";
    for (const std::string& source :
         {R"({"source_policy_documents": [)" + inner + "]}", R"({"override_policy_documents": [)" + inner + "]}",
          R"({"source_json": )" + inner + "}", R"({"override_json": )" + inner + "}"})
        CHECK_MESSAGE(shown(json(source)) == R"({"actions":["*"],"effect":"Allow"})", source);
    CHECK(shown(Value::object({{"source_policy_documents", Value::tuple({unknown("u")}), {}}})) == " and more: u");
    CHECK(shown(Value::object({{"source_policy_documents", unknown("u"), {}}})) == " and more: u");
    CHECK(shown(json(R"({"source_json": null, "statement": null})")).empty());
}

TEST_CASE("policies that build on themselves end") {
    Value policy = json(R"({"Statement": {"Effect": "Deny"}})");
    for (int i = 0; i < 40; ++i) policy = Value::object({{"source_json", policy, {}}});
    CHECK(shown(policy).empty());
}

TEST_CASE("a document in a value") {
    using State = DocumentInValue::State;
    const auto state = [](const Value& value, const char* format = "json") {
        return document_in(value, format, read_text_document).state;
    };
    CHECK(state(Value::string(R"({"a": 1})")) == State::readable);
    CHECK(state(Value::string(" [1, 2] ")) == State::readable);
    CHECK(state(Value::string("a: 1"), "yaml") == State::readable);
    CHECK(state(Value::object({})) == State::readable);
    CHECK(state(Value::tuple({})) == State::readable);
    // A text alone is JSON and YAML too, but nobody means it as a document.
    for (const char* text : {"", "a: 1", "{", "5", "null", "\"text\"", "true"})
        CHECK_MESSAGE(state(Value::string(text)) == State::invalid, text);
    for (const char* text : {"", "only a text", "5", "a: [", "a: 1\n---\nb: 2\n"})
        CHECK_MESSAGE(state(Value::string(text), "yaml") == State::invalid, text);
    CHECK(state(Value::number(5)) == State::invalid);
    CHECK(state(Value()) == State::invalid);
    CHECK(document_in(unknown("u"), "json", read_text_document).cause->why == "u");
    // Without a reader nobody can tell.
    CHECK(document_in(Value::string("{}"), "json", nullptr).state == State::unknown);
    CHECK(document_in(Value::string("{}"), "json", nullptr).cause->why == "documents in strings are not read here");
}

TEST_CASE("unknown pieces of a text stay unknown inside of its document") {
    const auto document = [](std::vector<Value> parts, const char* format = "json") {
        Unknown made;
        made.type = Type::string();
        made.cause = make_cause("whole");
        made.parts = std::move(parts);
        return document_in(Value::unknown(std::move(made)), format, read_text_document);
    };
    const auto text = [](const char* value) { return Value::string(value); };
    // In quotes a part of a text, outside of them any value.
    DocumentInValue found =
        document({text(R"({"a": "x-)"), unknown("u"), text(R"(-y", "b": )"), unknown("v"), text(R"(, "c": 1})")});
    REQUIRE(found.state == DocumentInValue::State::readable);
    CHECK(with_marks(found.root) == R"({"a":?,"b":?,"c":1})");
    const Value a = found.root.find("a")->value;
    REQUIRE(a.as_unknown().parts.size() == 3);
    CHECK(a.as_unknown().parts[0].as_string() == "x-");
    CHECK(a.as_unknown().parts[2].as_string() == "-y");
    CHECK(a.as_unknown().cause->why == "u");
    CHECK(found.root.find("b")->value.as_unknown().cause->why == "v");
    // A quote that is escaped ends no text.
    found = document({text(R"({"a": "\" )"), unknown("u"), text(R"("})")});
    CHECK(with_marks(found.root) == R"({"a":?})");
    // A piece that holds a part of the structure cannot be seen through.
    CHECK(document({text("{"), unknown("u"), text("}")}).state == DocumentInValue::State::unknown);
    CHECK(document({text(R"({"a": 1)"), unknown("u")}).cause->why == "whole");
    CHECK(with_marks(document({text("a: "), unknown("u"), text("\nb: 1\n")}, "yaml").root) == R"({"a":?,"b":1})");
}

}  // namespace
}  // namespace plumbline
