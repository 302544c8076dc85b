#include <algorithm>
#include <optional>

#include "parsers/terraform/body_values.h"
#include "parsers/terraform/function_table.h"
#include "parsers/terraform/module.h"
#include "parsers/terraform/provider_values.h"
#include "parsers/terraform/static_checks.h"

// Resources, data sources and ephemeral resources: their instances, and what a reference to one gives.
namespace plumbline::terraform {
namespace {

using hcl::Expr;
using Kind = Expr::Kind;

/// Whether `depends_on` names anything but data sources and values.
bool depends_on_managed(const ResourceConfig& config) {
    for (const hcl::Attribute& item : config.body->attributes) {
        if (item.name != "depends_on" || item.value->kind != Kind::tuple) continue;
        for (const Expr* entry : static_cast<const hcl::TupleExpr*>(item.value)->items) {
            const hcl::VariableExpr* root = static_reference(*entry);
            if (root && root->name != "data" && root->name != "var" && root->name != "local") return true;
        }
    }
    return false;
}

/// Ephemeral values may not get into a plan.
void refuse_ephemeral(const Value& body, Diagnostics& diagnostics) {
    for (const Member& member : body.members()) {
        if ((member.value.marks_deep() & Value::ephemeral) == 0) continue;
        diagnostics.error("terraform-evaluation", "Invalid use of ephemeral value",
                          "Ephemeral values are not valid for \"" + member.name +
                              "\", because it is not a write-only attribute and must be persisted to state.",
                          member.span);
    }
}

bool is_key(const Value& have, const Value& asked) {
    if (have.same_data(asked)) return true;
    if (!have.is_number()) return false;
    const Result number = convert(asked, Type::number());
    return number.ok() && number.value().same_data(have);
}

/// `tags` of the `default_tags` block of a provider; null when there are none.
Value tags_of(const hcl::Body& provider, Evaluator evaluator) {
    for (const hcl::Block& block : provider.blocks) {
        if (block.type != "default_tags") continue;
        for (const hcl::Attribute& item : block.body->attributes) {
            if (item.name == "tags") return evaluator.evaluate(*item.value);
        }
    }
    for (const hcl::Attribute& item : provider.attributes) {  // JSON syntax
        if (item.name != "default_tags") continue;
        const Value value = evaluator.evaluate(*item.value);
        const Value& block = value.elements().empty() ? value : value.elements()[0];
        if (const Member* tags = block.find("tags")) return tags->value;
    }
    return {};
}

}  // namespace

void Module::report_unknown(const Expansion& expansion, const std::string& what) {
    program_.gaps.push_back(
        {"for-each-unknown", what, expansion.cause->why + "; one instance stands for all", expansion.span, {}});
}

Expansion Module::expanded(const hcl::Body& body, const hcl::Expr* count, const hcl::Expr* for_each,
                           const std::string& what) {
    Evaluator here = evaluator();
    const bool strict = program_.options.strict;
    std::optional<Expansion> made;
    if (!count && !for_each) made = expand_by_enabled(body, what, here, strict);
    if (!made) made = expand(count, for_each, what, here, strict);
    const Span place = made->span.valid() ? made->span : body.span;
    if (program_.may_make(made->size(), place)) return std::move(*made);
    Expansion none;
    none.kind = Expansion::Kind::unknown;
    none.enabled = false;
    none.cause = make_cause("there are too many instances to make " + what, place);
    none.span = place;
    return none;
}

const Expansion& Module::expansion(std::size_t resource) {
    Resources& node = resources_[resource];
    const ResourceConfig& config = config_.resources[resource];
    if (node.state == State::done) return node.expansion;
    if (node.state == State::busy) {
        cycle(config.key(), config.block->header);
        return node.expansion;
    }
    node.state = State::busy;
    node.expansion = expanded(*config.body, config.count, config.for_each, prefixed(config.key()));
    if (node.expansion.kind == Expansion::Kind::unknown && config.for_each)
        report_unknown(node.expansion, prefixed(config.key()));
    node.instances.resize(node.expansion.size());
    node.state = State::done;
    return node.expansion;
}

std::string Module::address(const ResourceConfig& config, const Expansion& expansion, std::size_t at) const {
    return prefixed(config.key()) + expansion.suffix(at);
}

const Module::Instance& Module::instance(std::size_t resource, std::size_t at) {
    const Expansion& how = expansion(resource);
    const ResourceConfig& config = config_.resources[resource];
    Instance& made = resources_[resource].instances[at];
    if (made.state == State::done) return made;
    if (made.state == State::busy) {
        cycle(config.key(), config.block->header);
        made.body = Value::unknown({}, make_cause(prefixed(config.key()) + " depends on itself", config.block->header));
        return made;
    }
    made.state = State::busy;
    Evaluator here = evaluator();
    bind_instance(here, how, at);
    std::vector<Member> meta;
    Value body = resource_body_value(*config.body, here, meta);
    ProviderFacts facts;
    facts.address = address(config, how, at);
    facts.import_id = program_.import_id(facts.address);
    facts.deferred = config.mode == ResourceConfig::Mode::data && depends_on_managed(config);
    if (config.type.starts_with("aws_")) {
        const auto alias =
            std::find_if(meta.begin(), meta.end(), [](const Member& member) { return member.name == "provider"; });
        facts.default_tags = default_tags(alias == meta.end() ? "aws" : alias->value.as_string());
    }
    body = with_provider_values(config, std::move(body), facts, *functions());
    if (program_.options.strict) refuse_ephemeral(body, program_.diagnostics);
    made.body = std::move(body);
    made.meta = Value::object(std::move(meta));
    made.state = State::done;
    return made;
}

/// An instance as an expression sees it: its body, with a reference to it in the trace.
Value Module::instance_value(std::size_t resource, std::size_t at, Span use) {
    const Value& body = instance(resource, at).body;
    const std::string name = address(config_.resources[resource], resources_[resource].expansion, at);
    return body.traced(make_reference_trace(use, name, {}, {body.trace()}));
}

/// A resource by name, or, where a key follows, the one instance that is meant.
Value Module::resource_value(std::size_t resource, Steps steps, std::size_t& used, Evaluator& evaluator) {
    const ResourceConfig& config = config_.resources[resource];
    const Expansion& how = expansion(resource);
    const Span use = steps.empty() ? config.block->header : steps.back()->span;
    if (!how.enabled) return how.cause ? Value::unknown({}, how.cause) : Value::null();
    if (how.kind == Expansion::Kind::single) return instance_value(resource, 0, use);
    const bool keyed = used < steps.size() && steps[used]->kind == Kind::index;
    if (how.kind == Expansion::Kind::unknown) {
        // The one instance that stands for all of them is meant by any key.
        if (keyed) {
            ++used;
            return instance_value(resource, 0, use);
        }
        return Value::unknown({}, how.cause).traced(make_reference_trace(use, prefixed(config.key()), {}));
    }
    if (keyed) {
        // With a plain key right behind, only that instance is needed.
        const auto& step = *static_cast<const hcl::IndexExpr*>(steps[used]);
        const Value key = evaluator.evaluate(*step.key);
        if (key.is_known() && !key.is_null()) {
            ++used;
            return keyed_resource(resource, step, key, use, evaluator);
        }
    }
    std::vector<Value> items;
    for (std::size_t at = 0; at < how.keys.size(); ++at) items.push_back(instance_value(resource, at, use));
    const TraceRef whole = make_trace(Trace::Kind::expression, use, prefixed(config.key()));
    if (how.kind == Expansion::Kind::count) return Value::tuple(std::move(items)).traced(whole);
    std::vector<Member> members;
    for (std::size_t at = 0; at < how.keys.size(); ++at)
        members.push_back({how.keys[at].as_string(), std::move(items[at]), {}});
    return Value::object(std::move(members)).traced(whole);
}

Value Module::keyed_resource(std::size_t resource, const hcl::IndexExpr& step, const Value& key, Span use,
                             Evaluator& evaluator) {
    const Expansion& how = resources_[resource].expansion;
    for (std::size_t at = 0; at < how.keys.size(); ++at) {
        if (is_key(how.keys[at], key)) return instance_value(resource, at, use).with_marks(key.marks());
    }
    return evaluator.fault("Invalid index",
                           "The given key does not identify an element in this collection value: " +
                               prefixed(config_.resources[resource].key()) + " has no instance " + key.to_text(60) +
                               ".",
                           step.bracket);
}

/// The `default_tags` of the AWS provider in force, `aws` or `aws.ALIAS`: declared here, or handed down by the calls
/// that lead here.
Value Module::default_tags(std::string_view provider) {
    if (const auto have = default_tags_.find(provider); have != default_tags_.end()) return have->second;
    default_tags_.emplace(std::string(provider), Value());  // tags that refer to a tagged resource end here
    Value made = evaluate_default_tags(provider);
    default_tags_[std::string(provider)] = made;
    return made;
}

Value Module::evaluate_default_tags(std::string_view provider) {
    const std::size_t dot = provider.find('.');
    const std::string_view name = provider.substr(0, dot);
    const std::string_view alias = dot == std::string_view::npos ? std::string_view() : provider.substr(dot + 1);
    for (const ProviderConfig& config : config_.providers) {
        if (config.name != name || config.alias != alias) continue;
        Evaluator here = evaluator();
        // OpenTofu's `for_each`: which instance a resource uses is not followed, so what depends on the key is unknown.
        const CauseRef cause = make_cause("it depends on the instance of the provider", config.block->header);
        here.bind("each", Value::object({{"key", Value::unknown(Type::string(), cause, not_null()), {}},
                                         {"value", Value::unknown({}, cause), {}}}));
        return tags_of(*config.block->body, here);
    }
    if (!parent_) return {};
    for (const hcl::Attribute& item : call_->body->attributes) {
        if (item.name != "providers" || item.value->kind != Kind::object) continue;
        for (const hcl::ObjectItem& pair : static_cast<const hcl::ObjectExpr*>(item.value)->items) {
            if (provider_name(*pair.key) == provider) return parent_->default_tags(provider_name(*pair.value));
        }
        return {};
    }
    return alias.empty() ? parent_->default_tags(provider) : Value();
}

}  // namespace plumbline::terraform
