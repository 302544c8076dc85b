#include "parsers/cloudformation/stack.h"

#include <algorithm>
#include <array>

#include "parsers/shell/calls.h"
#include "scanner/model/text.h"

namespace plumbline::cloudformation {
namespace {

constexpr std::size_t max_nested_depth = 16;
constexpr std::size_t max_stacks = 500;

}  // namespace

// Resources, nested stacks and declarations as the graph gets them.

void Stack::emit() {
    for (const auto& [name, member] : conditions_) condition(name, member.span);
    check_rules();
    for (const Definition& definition : definitions_) emit_resource(definition);
    emit_declarations();
}

void Stack::emit_resource(const Definition& definition) {
    const std::string where = address(definition.id);
    const std::string_view type = definition.type();
    if (type.empty()) {
        const Member* given = definition.body.find("Type");
        const std::optional<Call> directive = given ? call_of(given->value) : std::nullopt;
        if (directive && directive->name.find("Rain::") != std::string_view::npos) return;  // noted as a gap
        evaluation_.error("cfn-resource", "The resource " + quoted(definition.id) + " has no Type",
                          "CloudFormation refuses the template; the resource was not judged.", definition.header);
        return;
    }
    Resource resource;
    resource.uncertain = uncertain_;
    std::vector<std::string> assumed;
    if (const Member* named = definition.body.find("Condition"); named && named->value.is_string()) {
        const std::string& name = named->value.as_string();
        const Truth exists = condition(name, named->span);
        if (exists.fails()) return;
        if (!exists.value) {
            resource.uncertain =
                make_cause("the condition " + printable(name) +
                               " is unknown: " + (exists.cause ? exists.cause->why : std::string()),
                           exists.cause && exists.cause->span.valid() ? exists.cause->span : named->span);
            assumed = assume(name, true);
        }
    }
    resource.address = where;
    if (!definition.author.empty()) resource.reported_as = address(definition.author);
    resource.type = type;
    resource.platform = "cloudformation";
    resource.header = definition.header;
    resource.block = definition.block;
    const Value* properties = definition.properties();
    resource.body = properties && !properties->is_null() ? evaluate(*properties) : Value::object({});
    if (!resource.body.is_mapping() && !resource.body.is_unknown()) {
        evaluation_.error("cfn-resource", "The Properties of " + quoted(definition.id) + " are no mapping",
                          "CloudFormation refuses the template; the resource was judged as if it had none.",
                          definition.header);
        resource.body = Value::object({});
    }
    static constexpr std::array<shell::Attribute, 2> scripts = {{{"UserData"}, {"LaunchTemplateData.UserData"}}};
    resource.meta = shell::with_calls(meta_of(definition), resource.body, scripts, evaluation_.sources);
    const CauseRef uncertain = resource.uncertain;
    evaluation_.result.graph.add(std::move(resource));
    if (type == "AWS::CloudFormation::Stack") {
        Stack* nested = child(definition);
        if (nested) {
            nested->uncertain_ = uncertain;
            nested->emit();
        }
    } else if (type.ends_with("::MODULE")) {
        evaluation_.gap({"cloudformation-module",
                         where,
                         "The module is expanded from the account's registry at deployment; what it creates was not "
                         "judged.",
                         definition.header,
                         {}});
    }
    forget(assumed);
}

Value Stack::meta_of(const Definition& definition) {
    std::vector<Member> members;
    for (const std::string_view name : {"DeletionPolicy", "UpdateReplacePolicy", "DependsOn", "Metadata", "Condition",
                                        "CreationPolicy", "UpdatePolicy"}) {
        const Member* given = definition.body.find(name);
        if (!given) continue;
        // A mapping of one member "Condition" would be no function here; the attribute's own value is a name.
        Value value = evaluate(given->value);
        if (!is_no_value(value)) members.push_back({given->name, std::move(value), given->span});
    }
    if (const Member* metadata = definition.body.find("Metadata")) {
        if (const Member* path = metadata->value.find("aws:cdk:path")) members.push_back(*path);
    }
    if (!definition.sam_type.empty()) {
        members.push_back({"SamType", Value::string(definition.sam_type), definition.header});
    }
    return Value::object(std::move(members));
}

Stack* Stack::child(const Definition& definition) {
    const auto known = children_.find(definition.id);
    if (known != children_.end()) return known->second.get();  // null: not there, or being made (a cycle)
    children_[definition.id] = nullptr;
    const auto gap = [&](std::string reason) {
        evaluation_.gap({"nested-stack", address(definition.id), std::move(reason), definition.header, {}});
        return nullptr;
    };
    const std::optional<std::string> path = nested_template_path(definition.body, parent_path(file_.source->path()));
    if (!path) return gap("Its template does not lie in this tree; what it creates was not judged.");
    evaluation_.file_system.depend_on(*path);
    const auto found = evaluation_.files.find(*path);
    if (found == evaluation_.files.end()) return gap("Its template " + *path + " was not found or is no template.");
    std::size_t depth = 0;
    for (const Stack* stack = this; stack; stack = stack->parent_, ++depth) {
        if (&stack->file_ == found->second) {
            evaluation_.error("cfn-cycle", "The nested stack " + quoted(definition.id) + " holds itself",
                              "Its template leads back to " + *path + "; it was not followed.", definition.header);
            return nullptr;
        }
    }
    if (depth >= max_nested_depth || evaluation_.stacks >= max_stacks) {
        evaluation_.error("cfn-depth", "Nested stacks are followed 16 levels deep and 500 in all",
                          "This one was not followed.", definition.header);
        return nullptr;
    }
    const Value* properties = definition.properties();
    const Member* given = properties ? properties->find("Parameters") : nullptr;
    // What the branch or resource that asks takes for granted does not hold for the nested stack; its own condition
    // does.
    std::map<std::string, bool> outer;
    std::swap(outer, assumed_);
    const Member* named = definition.body.find("Condition");
    if (named && named->value.is_string()) assume(named->value.as_string(), true);
    Value arguments = given ? evaluate(given->value) : Value::object({});
    assumed_ = std::move(outer);
    auto made = std::make_unique<Stack>(evaluation_, *found->second, address(definition.id) + ".", this,
                                        std::move(arguments), CauseRef());
    return (children_[definition.id] = std::move(made)).get();
}

/// Parameters and outputs are judged too: a default that is a secret, an output that shows one.
void Stack::emit_declarations() {
    const auto add = [&](std::string_view section, std::string_view type, const Member& member, Value body) {
        Resource resource;
        resource.address = address(std::string(section) + "." + member.name);
        resource.type = type;
        resource.platform = "cloudformation";
        resource.header = key_line(evaluation_.sources.get(member.span.source), member.span);
        resource.block = member.span;
        resource.body = std::move(body);
        resource.meta = Value::object({});
        resource.uncertain = uncertain_;
        evaluation_.result.graph.add(std::move(resource));
    };
    const auto ordered = [](const std::map<std::string, Member, std::less<>>& members) {
        std::vector<const Member*> order;
        for (const auto& [name, member] : members) order.push_back(&member);
        std::stable_sort(order.begin(), order.end(),
                         [](const Member* a, const Member* b) { return a->span < b->span; });
        return order;
    };
    for (const Member* member : ordered(parameters_)) {
        if (member->value.is_mapping()) add("Parameters", "parameter", *member, member->value);
    }
    for (const Member* member : ordered(outputs_)) {
        if (!member->value.is_mapping()) continue;
        const Member* named = member->value.find("Condition");
        std::vector<std::string> assumed;
        if (named && named->value.is_string()) {
            const Truth exists = condition(named->value.as_string(), named->span);
            if (exists.fails()) continue;
            if (!exists.value) assumed = assume(named->value.as_string(), true);
        }
        add("Outputs", "output", *member, evaluate(member->value));
        forget(assumed);
    }
}

}  // namespace plumbline::cloudformation
