#include "parsers/terraform/provider_values.h"

#include <algorithm>
#include <map>

#include "parsers/terraform/function_table.h"

namespace plumbline::terraform {
namespace {

/// What `data.aws_iam_policy_document` prints (the provider's rules: Version, Sid, Effect, lists of one as a text).
class PolicyDocument {
  public:
    explicit PolicyDocument(const Value& body) : body_(body) {}

    Value run() {
        for (const char* name : {"source_json", "source_policy_documents"}) add_documents(name, false);
        if (const Value* blocks = argument(body_, "statement")) {
            // Unknown when a dynamic block's number is: then its alternatives tell what there may be.
            if (blocks->is_unknown()) statements_.push_back(*blocks);
            for (const Value& block : blocks->elements()) statements_.push_back(statement(block));
        }
        for (const char* name : {"override_json", "override_policy_documents"}) add_documents(name, true);
        std::vector<Member> document;
        const Value* version = argument(body_, "version");
        document.push_back({"Version", version ? *version : Value::string("2012-10-17"), {}});
        if (const Member* id = body_.find("policy_id"); id && !id->value.is_null())
            document.push_back({"Id", id->value, id->span});
        document.push_back({"Statement", Value::tuple(std::move(statements_)), {}});
        return Value::object(std::move(document)).traced(body_.trace());
    }

  private:
    static const Value* argument(const Value& from, std::string_view name) {
        const Member* member = from.find(name);
        return member && !member->value.is_null() ? &member->value : nullptr;
    }

    static Value one_or_list(std::vector<Value> values) {
        if (values.size() == 1) return values[0];
        return Value::tuple(std::move(values));
    }
    static Value one_or_list(const Value& value) {
        if (!value.is_sequence()) return value;
        return one_or_list(std::vector<Value>(value.elements().begin(), value.elements().end())).traced(value.trace());
    }

    /// A statement of an override document takes the place of the one with its Sid.
    void take(const Value& statement, bool overrides) {
        const Value* sid = argument(statement, "Sid");
        if (overrides && sid && sid->is_string() && !sid->as_string().empty()) {
            for (Value& have : statements_) {
                const Value* other = argument(have, "Sid");
                if (!other || !other->same_data(*sid)) continue;
                have = statement;
                return;
            }
        }
        statements_.push_back(statement);
    }

    void add_document(const Value& item, bool overrides) {
        Value document;
        if (item.is_unknown()) {
            const auto& documents = item.as_unknown().document;
            if (documents.size() != 1)
                return take(Value::unknown({}, item.as_unknown().cause).traced(item.trace()), false);
            document = documents[0];
        } else if (item.is_string()) {
            const Result decoded = json_decode(item.as_string());
            if (!decoded.ok()) return;
            document = decoded.value();
        }
        const Value* inner = argument(document, "Statement");
        if (!inner) return;
        if (inner->is_mapping()) take(*inner, overrides);
        for (const Value& statement : inner->elements()) take(statement, overrides);
    }

    void add_documents(std::string_view name, bool overrides) {
        const Value* documents = argument(body_, name);
        if (!documents) return;
        if (!documents->is_sequence()) return add_document(*documents, overrides);
        for (const Value& item : documents->elements()) add_document(item, overrides);
    }

    static void copy(const Value& block, std::string_view from, std::string to, std::vector<Member>& members) {
        const Member* member = block.find(from);
        if (!member || member->value.is_null() || (member->value.is_sequence() && member->value.elements().empty()))
            return;
        members.push_back({std::move(to), one_or_list(member->value), member->span});
    }

    static void principals(const Value& block, std::string_view from, std::string to, std::vector<Member>& members) {
        const Member* blocks = block.find(from);
        if (!blocks || !blocks->value.is_sequence()) return;
        std::map<std::string, std::vector<Value>> by_type;
        for (const Value& principal : blocks->value.elements()) {
            const Value* type = argument(principal, "type");
            const Value* ids = argument(principal, "identifiers");
            if (!type || !type->is_string() || !ids) continue;
            std::vector<Value>& list = by_type[type->as_string()];
            if (!ids->is_sequence()) list.push_back(*ids);
            list.insert(list.end(), ids->elements().begin(), ids->elements().end());
        }
        if (by_type.contains("*")) {
            members.push_back({std::move(to), Value::string("*").traced(blocks->value.trace()), blocks->span});
            return;
        }
        std::vector<Member> types;
        for (auto& [type, list] : by_type) types.push_back({type, one_or_list(std::move(list)), blocks->span});
        if (!types.empty()) members.push_back({std::move(to), Value::object(std::move(types)), blocks->span});
    }

    static void conditions(const Value& block, std::vector<Member>& members) {
        const Member* blocks = block.find("condition");
        if (!blocks || !blocks->value.is_sequence()) return;
        std::map<std::string, std::map<std::string, std::vector<Value>>> by_test;
        for (const Value& condition : blocks->value.elements()) {
            const Value* test = argument(condition, "test");
            const Value* variable = argument(condition, "variable");
            const Value* values = argument(condition, "values");
            if (!test || !test->is_string() || !variable || !variable->is_string() || !values) continue;
            std::vector<Value>& list = by_test[test->as_string()][variable->as_string()];
            if (!values->is_sequence()) list.push_back(*values);
            list.insert(list.end(), values->elements().begin(), values->elements().end());
        }
        std::vector<Member> tests;
        for (auto& [test, variables] : by_test) {
            std::vector<Member> inner;
            for (auto& [variable, list] : variables)
                inner.push_back({variable, one_or_list(std::move(list)), blocks->span});
            tests.push_back({test, Value::object(std::move(inner)), blocks->span});
        }
        if (!tests.empty()) members.push_back({"Condition", Value::object(std::move(tests)), blocks->span});
    }

    static Value statement(const Value& block) {
        if (!block.is_mapping()) return block;
        std::vector<Member> members;
        copy(block, "sid", "Sid", members);
        const Member* effect = block.find("effect");
        if (effect && !effect->value.is_null())
            members.push_back({"Effect", effect->value, effect->span});
        else
            members.push_back(
                {"Effect", Value::string("Allow").traced(make_trace(Trace::Kind::provider_default, {}, "effect")), {}});
        copy(block, "actions", "Action", members);
        copy(block, "not_actions", "NotAction", members);
        copy(block, "resources", "Resource", members);
        copy(block, "not_resources", "NotResource", members);
        principals(block, "principals", "Principal", members);
        principals(block, "not_principals", "NotPrincipal", members);
        conditions(block, members);
        return Value::object(std::move(members)).traced(block.trace());
    }

    const Value& body_;
    std::vector<Value> statements_;
};

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
            const Value document = PolicyDocument(body_).run();
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
