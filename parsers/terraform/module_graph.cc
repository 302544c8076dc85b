#include <algorithm>
#include <array>
#include <utility>

#include "parsers/terraform/body_values.h"
#include "parsers/terraform/module.h"
#include "parsers/terraform/startup_scripts.h"

// A module's resources, and what else rules look at, as the graph has them.
namespace plumbline::terraform {
namespace {

// Types, conditions and references are no values.
constexpr std::array<std::string_view, 4> no_values = {"type", "value", "depends_on", "configuration_aliases"};

/// The body of a block that is no resource. A block's labels become levels of its value: `backend "s3" {}` is
/// `backend: [{s3: {}}]`.
Value declaration_value(const hcl::Body& body, Evaluator& evaluator) {
    std::vector<Member> members;
    for (const hcl::Attribute& item : body.attributes) {
        if (std::find(no_values.begin(), no_values.end(), item.name) == no_values.end())
            members.push_back({std::string(item.name), evaluator.evaluate(*item.value), item.span});
    }
    std::map<std::string, std::pair<std::vector<Value>, Span>> blocks;
    for (const hcl::Block& block : body.blocks) {
        if (block.type == "validation" || block.type == "precondition") continue;
        Value value = declaration_value(*block.body, evaluator);
        for (auto label = block.labels.rbegin(); label != block.labels.rend(); ++label)
            value = Value::object({{std::string(label->text), std::move(value), block.span}});
        auto& [values, span] = blocks[std::string(block.type)];
        if (values.empty()) span = block.header;
        values.push_back(std::move(value));
    }
    for (auto& [type, group] : blocks) members.push_back({type, Value::tuple(std::move(group.first)), group.second});
    return Value::object(std::move(members)).traced(make_trace(Trace::Kind::literal, body.span));
}

std::string type_of(const ResourceConfig& config) {
    switch (config.mode) {
        case ResourceConfig::Mode::data:
            return "data." + config.type;
        case ResourceConfig::Mode::ephemeral:
            return "ephemeral." + config.type;
        case ResourceConfig::Mode::managed:
            break;
    }
    return config.type;
}

}  // namespace

void Module::add_block(Graph& graph, std::string type, const std::string& address, const hcl::Block& block,
                       Value body) {
    Resource made;
    made.type = std::move(type);
    made.address = prefixed(address);
    made.platform = "terraform";
    made.body = std::move(body);
    made.header = block.header;
    made.block = block.span;
    made.module_path = path_;
    made.calls = call_blocks_;
    made.uncertain = uncertain_;
    made.meta = Value::object({});
    graph.add(std::move(made));
}

/// Blocks that are no resources, for the rules that look at them.
void Module::emit_declarations(Graph& graph) {
    Evaluator here = evaluator();
    for (const hcl::Block* block : config_.settings)
        add_block(graph, "terraform", "terraform", *block, declaration_value(*block->body, here));
    for (const auto& [name, config] : config_.variables)
        add_block(graph, "variable", "var." + name, *config.block, declaration_value(*config.block->body, here));
    for (const auto& [name, config] : config_.outputs) {
        const Value body = declaration_value(*config.block->body, here);
        std::vector<Member> members(body.members().begin(), body.members().end());
        for (const hcl::Attribute& item : config.block->body->attributes) {
            if (item.name == "value") members.push_back({"value", output(name, item.span), item.span});
        }
        add_block(graph, "output", "output." + name, *config.block,
                  Value::object(std::move(members)).traced(body.trace()));
    }
}

void Module::emit_resources(Graph& graph) {
    for (std::size_t i = 0; i < config_.resources.size(); ++i) {
        const ResourceConfig& config = config_.resources[i];
        const Expansion& how = expansion(i);
        for (std::size_t at = 0; at < resources_[i].instances.size(); ++at) {
            const Instance& done = instance(i, at);
            Resource made;
            made.type = type_of(config);
            made.address = address(config, how, at);
            made.platform = "terraform";
            made.body = done.body;
            made.meta = shell::with_calls(done.meta, done.body, startup_scripts, program_.library.sources());
            made.header = config.block->header;
            made.block = config.block->span;
            made.module_path = path_;
            made.calls = call_blocks_;
            made.uncertain = how.kind == Expansion::Kind::unknown ? how.cause : uncertain_;
            graph.add(std::move(made));
        }
    }
}

/// The call itself, then what the called module holds.
void Module::emit_call(std::size_t index, Graph& graph) {
    const ModuleCallConfig& config = config_.calls[index];
    Call& called = call(index);
    // Each instance has its own arguments; the call as a whole shows those of the first.
    std::vector<Member> members;
    if (called.expansion.size() > 0) {
        Evaluator there = evaluator();
        bind_instance(there, called.expansion, 0);
        for (const hcl::Attribute& item : config.body->attributes) {
            if (!is_meta_argument(item.name))
                members.push_back({std::string(item.name), there.evaluate(*item.value), item.span});
        }
    }
    Value body = Value::object(std::move(members)).traced(make_trace(Trace::Kind::literal, config.block->header));
    Resource made;
    made.type = "module";
    made.address = prefixed("module." + config.name);
    made.platform = "terraform";
    made.body = std::move(body);
    made.header = config.block->header;
    made.block = config.block->span;
    made.module_path = path_;
    made.calls = call_blocks_;
    made.meta = Value::object({});
    graph.add(std::move(made));
    // What a module declares is the same for all of its instances.
    bool first = true;
    for (const auto& child : called.instances) child->emit(graph, std::exchange(first, false));
}

/// A provider's configuration; OpenTofu's with `for_each` has several, by key.
void Module::emit_provider(const ProviderConfig& provider, Graph& graph) {
    const std::string type = "provider." + provider.name;
    const std::string name = provider.alias.empty() ? type : type + "." + provider.alias;
    const hcl::Body& body = *provider.block->body;
    const auto each = std::find_if(body.attributes.begin(), body.attributes.end(),
                                   [](const hcl::Attribute& item) { return item.name == "for_each"; });
    const Expansion how =
        expanded(body, nullptr, each == body.attributes.end() ? nullptr : each->value, prefixed(name));
    for (std::size_t at = 0; at < how.size(); ++at) {
        Evaluator there = evaluator();
        bind_instance(there, how, at);
        add_block(graph, type, name + how.suffix(at), *provider.block, body_value(body, there));
    }
}

void Module::emit(Graph& graph, bool declarations) {
    if (declarations) emit_declarations(graph);
    for (const ProviderConfig& provider : config_.providers) emit_provider(provider, graph);
    emit_resources(graph);
    for (std::size_t i = 0; i < config_.calls.size(); ++i) emit_call(i, graph);
}

}  // namespace plumbline::terraform
