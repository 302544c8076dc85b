#include "parsers/terraform/provider_values.h"

#include <algorithm>
#include <map>

#include "parsers/terraform/function_table.h"

namespace plumbline::terraform {
namespace {

/// The document that `data.aws_iam_policy_document` prints (the provider's rules: Version, Sid, Effect, lists of one as
/// a text).
Value policy_document(const Value& body) {
    const auto list_or_one = [](const Value& value) {
        return value.is_sequence() && value.elements().size() == 1 ? value.elements()[0] : value;
    };
    const auto attribute = [](const Value& from, std::string_view name) -> const Value* {
        const Member* member = from.find(name);
        return member && !member->value.is_null() ? &member->value : nullptr;
    };
    std::vector<Value> statements;
    for (const char* name : {"source_policy_documents", "override_policy_documents"}) {
        const Value* documents = attribute(body, name);
        if (!documents) continue;
        for (const Value& item : documents->elements()) {
            if (item.is_unknown()) {
                if (item.as_unknown().document.size() == 1) {
                    if (const Value* inner = attribute(item.as_unknown().document[0], "Statement")) {
                        for (const Value& statement : inner->elements()) statements.push_back(statement);
                        continue;
                    }
                }
                statements.push_back(Value::unknown({}, item.as_unknown().cause).traced(item.trace()));
            } else if (item.is_string()) {
                const Result decoded = json_decode(item.as_string());
                if (!decoded.ok()) continue;
                if (const Value* inner = attribute(decoded.value(), "Statement")) {
                    if (inner->is_mapping()) statements.push_back(*inner);
                    for (const Value& statement : inner->elements()) statements.push_back(statement);
                }
            }
        }
    }
    const Value* blocks = attribute(body, "statement");
    if (blocks && blocks->is_unknown()) {
        statements.push_back(*blocks);
        blocks = nullptr;
    }
    for (const Value& block : blocks ? blocks->elements() : std::span<const Value>()) {
        std::vector<Member> members;
        const auto copy = [&](std::string_view from, std::string_view to) {
            const Member* member = block.find(from);
            if (member && !member->value.is_null() &&
                !(member->value.is_sequence() && member->value.elements().empty()))
                members.push_back(
                    {std::string(to), list_or_one(member->value).traced(member->value.trace()), member->span});
        };
        if (const Value* sid = attribute(block, "sid")) members.push_back({"Sid", *sid, block.find("sid")->span});
        const Member* effect = block.find("effect");
        members.push_back({"Effect", effect && !effect->value.is_null() ? effect->value : Value::string("Allow"),
                           effect ? effect->span : Span{}});
        copy("actions", "Action");
        copy("not_actions", "NotAction");
        copy("resources", "Resource");
        copy("not_resources", "NotResource");
        for (const auto& [from, to] :
             {std::pair("principals", "Principal"), std::pair("not_principals", "NotPrincipal")}) {
            const Value* principals = attribute(block, from);
            if (!principals || !principals->is_sequence()) continue;
            std::vector<Member> by_type;
            bool everyone = false;
            for (const Value& principal : principals->elements()) {
                const Value* type = attribute(principal, "type");
                const Value* ids = attribute(principal, "identifiers");
                if (!type || !type->is_string() || !ids) continue;
                if (type->as_string() == "*") everyone = true;
                by_type.push_back({type->as_string(), list_or_one(*ids), principal.find("identifiers")->span});
            }
            const Span span = block.find(from)->span;
            if (everyone)
                members.push_back({to, Value::string("*"), span});
            else if (!by_type.empty())
                members.push_back({to, Value::object(std::move(by_type)), span});
        }
        if (const Value* conditions = attribute(block, "condition"); conditions && conditions->is_sequence()) {
            std::map<std::string, std::vector<Member>> by_test;
            for (const Value& condition : conditions->elements()) {
                const Value* test = attribute(condition, "test");
                const Value* variable = attribute(condition, "variable");
                const Value* values = attribute(condition, "values");
                if (test && test->is_string() && variable && variable->is_string() && values)
                    by_test[test->as_string()].push_back({variable->as_string(), list_or_one(*values), {}});
            }
            std::vector<Member> tests;
            for (auto& [test, variables] : by_test) tests.push_back({test, Value::object(std::move(variables)), {}});
            members.push_back({"Condition", Value::object(std::move(tests)), block.find("condition")->span});
        }
        statements.push_back(Value::object(std::move(members)).traced(block.trace()));
    }
    const Value* version = attribute(body, "version");
    std::vector<Member> document = {{"Version", version ? *version : Value::string("2012-10-17"), {}},
                                    {"Statement", Value::tuple(std::move(statements)), {}}};
    return Value::object(std::move(document)).traced(body.trace());
}

/// A type as state files write it: `"string"`, `["list", "string"]`, `["object", {"a": "number"}]`. Dynamic when it is
/// none.
Type state_type(const Value& json) {
    if (json.is_string()) {
        const std::string& name = json.as_string();
        if (name == "string") return Type::string();
        if (name == "number") return Type::number();
        return name == "bool" ? Type::boolean() : Type();
    }
    const auto parts = json.elements();
    if (parts.size() < 2 || !parts[0].is_string()) return Type();
    const std::string& name = parts[0].as_string();
    if (name == "list") return Type::list(state_type(parts[1]));
    if (name == "set") return Type::set(state_type(parts[1]));
    if (name == "map") return Type::map(state_type(parts[1]));
    if (name == "tuple") {
        std::vector<Type> elements;
        for (const Value& element : parts[1].elements()) elements.push_back(state_type(element));
        return Type::tuple(std::move(elements));
    }
    if (name != "object") return Type();
    std::vector<ObjectAttribute> attributes;
    for (const Member& member : parts[1].members()) attributes.push_back({member.name, state_type(member.value)});
    return Type::object(std::move(attributes));
}

/// The outputs in the state file of a local backend; nullopt when they are known only later or lie elsewhere.
std::optional<Value> remote_state_outputs(const Value& body, const FunctionContext& functions) {
    const Member* backend = body.find("backend");
    const Member* config = body.find("config");
    if (!backend || !backend->value.is_string() || backend->value.as_string() != "local") return std::nullopt;
    const Member* path = config ? config->value.find("path") : nullptr;
    if (!path || !path->value.is_string() || !functions.read_file) return std::nullopt;
    const auto text = functions.read_file(path->value.as_string());
    if (!text) return std::nullopt;
    const Result state = json_decode(*text);
    const Member* outputs = state.ok() ? state.value().find("outputs") : nullptr;
    if (!outputs) return std::nullopt;
    std::vector<Member> members;
    if (const Member* defaults = body.find("defaults"); defaults && defaults->value.is_mapping())
        members.assign(defaults->value.members().begin(), defaults->value.members().end());
    for (const Member& output : outputs->value.members()) {
        const Member* value = output.value.find("value");
        const Member* type = output.value.find("type");
        if (!value) continue;
        const Result converted = type ? convert(value->value, state_type(type->value)) : Result(value->value);
        const Member* sensitive = output.value.find("sensitive");
        const bool hidden = sensitive && sensitive->value.is_bool() && sensitive->value.as_bool();
        Value made = converted.ok() ? converted.value() : value->value;
        members.push_back({output.name, hidden ? made.with_marks(Value::sensitive) : made, {}});
    }
    return Value::object(std::move(members));
}

class Completion {
  public:
    Completion(const ResourceConfig& config, Value body, const ProviderFacts& facts, const FunctionContext& functions)
        : config_(config), body_(std::move(body)), facts_(facts), functions_(functions) {}

    Value run() {
        if (!body_.is_mapping()) return body_;
        members_.assign(body_.members().begin(), body_.members().end());
        if (config_.mode == ResourceConfig::Mode::managed)
            managed();
        else if (config_.mode == ResourceConfig::Mode::data)
            data();
        return Value::object(std::move(members_)).traced(body_.trace());
    }

  private:
    void add(std::string name, Value value) { members_.push_back({std::move(name), std::move(value), {}}); }

    const Value* argument(std::string_view name) const {
        const Member* member = body_.find(name);
        return member ? &member->value : nullptr;
    }

    Value later(std::string_view attribute, Type type, Refinement refinement) const {
        return Value::unknown(std::move(type),
                              make_cause(facts_.address + "." + std::string(attribute) + " is known only after apply",
                                         config_.block->header),
                              std::move(refinement));
    }

    void managed() {
        if (config_.type == "terraform_data") {
            const Value* given = argument("input");
            const Value input = given ? *given : Value::null();
            add("id", facts_.import_id.is_null() ? later("id", Type::string(), not_null()) : facts_.import_id);
            if (!given) add("input", input);
            if (!argument("triggers_replace")) add("triggers_replace", Value::null());
            add("output", input.is_null() ? input : later("output", input.type(), {}));
        }
        if (facts_.default_tags.is_mapping()) {
            // The provider joins them; what the resource says itself wins.
            std::vector<Member> tags(facts_.default_tags.members().begin(), facts_.default_tags.members().end());
            const Value* own = argument("tags");
            if (own) tags.insert(tags.end(), own->members().begin(), own->members().end());
            if (!own || own->is_known()) add("tags_all", Value::object(std::move(tags)));
        }
    }

    void data() {
        if (config_.type == "aws_iam_policy_document") {
            const Value document = policy_document(body_);
            // The text alone would lose the places of its parts; unknown texts keep the document.
            add("json", json_encode(document).value().traced(document.trace()));
        } else if (config_.type == "template_file") {
            const Value* text = argument("template");
            const Value* variables = argument("vars");
            if (!text || !text->is_string() || !functions_.render_template) return;
            const Result rendered = functions_.render_template(text->as_string(), facts_.address,
                                                               variables ? *variables : Value::object({}));
            if (rendered.ok()) add("rendered", rendered.value());
        } else if (config_.type == "local_file") {
            const Value* path = argument("filename");
            if (!path || !path->is_string() || facts_.deferred) return;
            if (auto text = functions_.read_file ? functions_.read_file(path->as_string()) : std::nullopt)
                add("content", Value::string(std::move(*text)));
        } else if (config_.type == "terraform_remote_state" && !facts_.deferred && body_.is_wholly_known()) {
            if (auto outputs = remote_state_outputs(body_, functions_)) add("outputs", std::move(*outputs));
        }
    }

    const ResourceConfig& config_;
    Value body_;
    const ProviderFacts& facts_;
    const FunctionContext& functions_;
    std::vector<Member> members_;
};

}  // namespace

Value with_provider_values(const ResourceConfig& config, Value body, const ProviderFacts& facts,
                           const FunctionContext& functions) {
    return Completion(config, std::move(body), facts, functions).run();
}

}  // namespace plumbline::terraform
