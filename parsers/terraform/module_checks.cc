#include "parsers/terraform/module.h"
#include "parsers/terraform/static_checks.h"

// What only a plan finds.
namespace plumbline::terraform {

void Module::check_condition(const hcl::Block& block, Evaluator& evaluator, std::string_view summary) {
    const hcl::Expr* condition = nullptr;
    const hcl::Expr* message = nullptr;
    for (const hcl::Attribute& item : block.body->attributes) {
        if (item.name == "condition") condition = item.value;
        if (item.name == "error_message") message = item.value;
    }
    if (!condition) return;
    const Value value = evaluator.evaluate(*condition);
    if (value.is_unknown()) return;
    const Result converted = convert(value, Type::boolean());
    if (!converted.ok() || value.is_null()) {
        evaluator.fault("Invalid condition result", "Condition expression must return either true or false.",
                        condition->span);
        return;
    }
    if (converted.value().as_bool()) return;
    const Value text = message ? evaluator.evaluate(*message) : Value();
    std::string detail = text.is_string() ? text.as_string() : std::string("The condition does not hold.");
    if (block.type == "assert")
        program_.diagnostics.warning("terraform-check", std::string(summary), std::move(detail), condition->span);
    else
        evaluator.fault(std::string(summary), std::move(detail), condition->span);
}

/// Conditions in a resource's `lifecycle`, for each of its instances.
void Module::check_resource_conditions(std::size_t resource) {
    const ResourceConfig& config = config_.resources[resource];
    for (const hcl::Block& block : config.body->blocks) {
        if (block.type != "lifecycle") continue;
        const Expansion& how = expansion(resource);
        for (std::size_t at = 0; at < how.size(); ++at) {
            Evaluator there = evaluator();
            bind_instance(there, how, at);
            there.bind("self", instance_value(resource, at, config.block->header));
            for (const hcl::Block& rule : block.body->blocks)
                check_condition(rule, there, "Resource " + std::string(rule.type) + " failed");
        }
    }
}

void Module::check_version() {
    for (const hcl::Block* block : config_.settings) {
        for (const hcl::Attribute& item : block->body->attributes) {
            if (item.name != "required_version" || item.value->kind != hcl::Expr::Kind::literal_string) continue;
            if (version_satisfies(static_cast<const hcl::StringExpr*>(item.value)->value)) continue;
            evaluator().fault("Unsupported Terraform Core version",
                              "This configuration does not support Terraform version 1.11.4, whose rules are followed "
                              "here.",
                              item.name_span);
        }
    }
}

void Module::check_conditions() {
    Evaluator here = evaluator();
    for (const auto& [name, config] : config_.variables) {
        variable(name);
        for (const hcl::Block& block : config.block->body->blocks)
            check_condition(block, here, "Invalid value for variable");
    }
    for (const auto& [name, item] : config_.locals) local(name, item.name_span);
    for (std::size_t i = 0; i < config_.resources.size(); ++i) check_resource_conditions(i);
    for (const auto& [name, config] : config_.outputs) {
        output(name, config.block->header);
        for (const hcl::Block& block : config.block->body->blocks)
            check_condition(block, here, "Module output value precondition failed");
    }
    for (const hcl::Block* check : config_.checks) {
        for (const hcl::Block& block : check->body->blocks) {
            if (block.type == "assert") check_condition(block, here, "Check block assertion failed");
        }
    }
    check_version();
    for (std::size_t i = 0; i < config_.calls.size(); ++i) {
        for (const auto& child : call(i).instances) child->check_conditions();
    }
}

}  // namespace plumbline::terraform
