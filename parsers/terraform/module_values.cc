#include "parsers/terraform/module.h"

// Variables, locals and outputs.
namespace plumbline::terraform {

Module::Module(Program& program, const ModuleConfig& config, Module* parent, const ModuleCallConfig* call,
               std::string path, int depth)
    : program_(program),
      config_(config),
      parent_(parent),
      call_(call),
      path_(std::move(path)),
      depth_(depth),
      resources_(config.resources.size()),
      calls_(config.calls.size()) {}

void Module::cycle(const std::string& what, Span use) {
    program_.diagnostics.error("terraform-cycle", "Cycle: " + prefixed(what),
                               "The value depends on itself. Break the cycle.", use);
}

/// The value that `make` gives the first time; asked for again meanwhile, it depends on itself.
template <class Make>
Value Module::once(std::map<std::string, Binding>& bindings, const std::string& name, std::string_view kind, Span use,
                   const Make& make) {
    Binding& binding = bindings[name];
    if (binding.state == State::done) return binding.value;
    if (binding.state == State::busy) {
        const std::string what = std::string(kind) + "." + name;
        cycle(what, use);
        return Value::unknown({}, make_cause(what + " depends on itself"));
    }
    binding.state = State::busy;
    binding.value = make();
    binding.state = State::done;
    return binding.value;
}

Value Module::variable(const std::string& name) {
    const VariableConfig& config = config_.variables.at(name);
    return once(variables_, name, "var", config.block->header, [&] {
        Value value = variable_value(name, config);
        if (config.sensitive) value = value.with_marks(Value::sensitive);
        if (config.ephemeral) value = value.with_marks(Value::ephemeral);
        return value;
    });
}

Value Module::local(const std::string& name, Span use) {
    return once(locals_, name, "local", use, [&] {
        const hcl::Attribute& item = config_.locals.at(name);
        const Value value = evaluator().evaluate(*item.value);
        return value.traced(make_trace(Trace::Kind::local, item.span, "local." + name, {value.trace()}));
    });
}

Value Module::output(const std::string& name, Span use) {
    return once(outputs_, name, "output", use, [&] {
        // Terraform 1.11.4 does not mark a value for the output's `sensitive` alone; the root checks it on its own.
        const OutputConfig& config = config_.outputs.at(name);
        const Value value = config.value ? evaluator().evaluate(*config.value) : Value();
        if (path_.empty()) return value;
        return value.traced(make_trace(Trace::Kind::output, config.block->header, path_ + "." + name, {value.trace()}));
    });
}

/// What tfvars files, the command line or the environment give to the root module.
Module::Argument Module::from_user(const std::string& name, const VariableConfig& config) {
    Argument made;
    const auto found = program_.given.find(name);
    if (found == program_.given.end()) return made;
    const GivenValue& given = found->second;
    made.given = true;
    made.span = given.span.valid() ? given.span : config.block->header;
    made.trace = given.trace;
    if (!given.is_text) {
        made.value = given.value;
        return made;
    }
    if (!config.typed || config.type.type.is_primitive()) {
        made.value = Value::string(hcl::to_nfc(given.text));
        return made;
    }
    // Only for other types the text is an expression (Terraform's rule for -var and TF_VAR_).
    Diagnostics faults;
    const hcl::Expr* expr = hcl::read_expression_text(given.text, {}, program_.arena, faults);
    if (expr) made.value = evaluate_literal(*expr, program_.diagnostics, program_.budget);
    if (faults.has_errors()) {
        program_.diagnostics.error(
            "terraform-variable", "Invalid value for input variable",
            "The value given for var." + name + " is no valid expression: " + faults.items().front().detail,
            config.block->header);
        made.value = Value::unknown(config.type.type, make_cause("the value given for var." + name + " is refused"));
    }
    return made;
}

Module::Argument Module::from_call(const std::string& name) {
    Argument made;
    for (const hcl::Attribute& item : call_->body->attributes) {
        if (item.name != name) continue;
        Evaluator evaluator = parent_->evaluator();
        if (!each_.is_null()) evaluator.bind("each", each_);
        if (!count_.is_null()) evaluator.bind("count", count_);
        made.given = true;
        made.value = evaluator.evaluate(*item.value);
        made.trace = make_trace(Trace::Kind::module_argument, item.span, prefixed("var." + name), {made.value.trace()});
        made.span = item.value->span;
    }
    return made;
}

Value Module::variable_value(const std::string& name, const VariableConfig& config) {
    Argument argument = parent_ ? from_call(name) : from_user(name, config);
    const bool replaced = argument.value.is_null() && !config.nullable;
    if (config.default_value && (!argument.given || replaced)) {
        argument.given = true;
        argument.value = evaluate_literal(*config.default_value, program_.diagnostics, program_.budget);
        argument.trace = make_trace(Trace::Kind::variable_default, config.default_value->span, "var." + name,
                                    {argument.value.trace()});
        argument.span = config.default_value->span;
    }
    return argument.given ? fit_to_variable(name, config, std::move(argument)) : missing_variable(name, config);
}

Value Module::missing_variable(const std::string& name, const VariableConfig& config) {
    if (parent_) {
        program_.diagnostics.error("terraform-variable", "Missing required argument",
                                   "The argument \"" + name + "\" is required, but no definition was found.",
                                   call_->block->header);
    } else if (program_.options.strict) {
        program_.diagnostics.error("terraform-variable", "No value for required variable",
                                   "The root module input variable \"" + name +
                                       "\" is not set, and has no default value. Use a -var or -var-file command line "
                                       "argument to provide a value for this variable.",
                                   config.block->header);
    }
    Refinement known;
    known.not_null = !config.nullable;
    return Value::unknown(config.type.type,
                          make_cause("var." + name + " has no default and no value was given", config.block->header),
                          known)
        .traced(make_trace(Trace::Kind::variable_default, config.block->header, "var." + name));
}

/// The value with the type's defaults, converted to it.
Value Module::fit_to_variable(const std::string& name, const VariableConfig& config, Argument argument) {
    const TypeConstraint& type = config.type;
    const Value whole = type.defaults.empty() ? argument.value : type.defaults.apply(argument.value);
    const Result converted = convert(whole, type.type);
    if (!converted.ok()) {
        program_.diagnostics.error("terraform-variable", "Invalid value for input variable",
                                   "The given value is not suitable for var." + name +
                                       " declared at its block: " + converted.failure().message + ".",
                                   argument.span);
        return Value::unknown(
            type.type, make_cause("the value given for var." + name + " is refused: " + converted.failure().message,
                                  argument.span));
    }
    if (converted.value().is_null() && !config.nullable) {
        program_.diagnostics.error(
            "terraform-variable", "Required variable not set",
            "The given value is not suitable for var." + name + ": required variable may not be set to null.",
            argument.span);
    }
    return converted.value().traced(std::move(argument.trace));
}

}  // namespace plumbline::terraform
