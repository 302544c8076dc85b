#include "parsers/terraform/functions.h"

#include <utf8proc.h>

#include <algorithm>
#include <unordered_map>

#include "parsers/terraform/function_values.h"

namespace plumbline::terraform {
namespace {

const std::unordered_map<std::string_view, const Function*>& table() {
    static const auto made = [] {
        std::unordered_map<std::string_view, const Function*> all;
        for (const auto functions :
             {collection_functions(), string_functions(), encoding_functions(), number_functions(), hash_functions(),
              date_functions(), network_functions(), file_functions(), provider_functions()}) {
            for (const Function& function : functions) all.emplace(function.name, &function);
        }
        return all;
    }();
    return made;
}

std::string_view without_namespace(std::string_view name) {
    if (name.starts_with("core::")) name.remove_prefix(6);
    return name;
}

void find_cause(const Value& value, CauseRef& cause, int& budget) {
    if (cause || --budget < 0) return;
    if (value.is_unknown()) {
        cause = value.as_unknown().cause;
        return;
    }
    for (const Value& item : value.elements()) find_cause(item, cause, budget);
    for (const Member& member : value.members()) find_cause(member.value, cause, budget);
}

}  // namespace

CauseRef first_cause(std::span<const Value> values) {
    CauseRef cause;
    int budget = 100'000;  // a cause is a courtesy; it must not cost more than the call
    for (const Value& value : values) find_cause(value, cause, budget);
    return cause;
}

const Trace* reference_of(const Value& value) {
    const Trace* at = value.trace().get();
    while (at && at->kind != Trace::Kind::reference) {
        const bool binding = at->kind == Trace::Kind::local || at->kind == Trace::Kind::output ||
                             at->kind == Trace::Kind::module_argument;
        at = binding && at->from.size() == 1 ? at->from[0].get() : nullptr;
    }
    return at;
}

namespace {

/// Whether every attribute of the resource is known here, so that any other is a mistake: true for the one resource
/// type that is built into Terraform. `address` is as in a trace, with a key in brackets where there is one.
bool is_builtin(std::string_view address) {
    if (address.ends_with("\"]"))
        address = address.substr(0, address.rfind("[\""));
    else if (address.ends_with(']'))
        address = address.substr(0, address.rfind('['));
    const std::size_t name = address.rfind('.');
    if (name == std::string_view::npos) return false;
    const std::string_view type = address.substr(0, name);
    return type == "terraform_data" || (type.ends_with(".terraform_data") && !type.ends_with("data.terraform_data"));
}

}  // namespace

bool has_open_schema(const Value& value) {
    if (value.kind() != Value::Kind::object) return false;
    const Trace* reference = reference_of(value);
    return reference && !is_builtin(reference->name);
}

Value computed_attribute(const Value& value, std::string_view name, Span place) {
    const Trace* reference = reference_of(value);
    std::string attribute =
        reference->attribute.empty() ? std::string(name) : reference->attribute + "." + std::string(name);
    const bool data = reference->name.starts_with("data.") || reference->name.find(".data.") != std::string::npos;
    CauseRef cause = make_cause(
        reference->name + "." + attribute + (data ? " is known only to the provider" : " is known only after apply"),
        place);
    return Value::unknown({}, std::move(cause))
        .traced(make_reference_trace(place, reference->name, std::move(attribute)));
}

Value traced_from(Value value, std::span<const Value> operands) {
    std::vector<TraceRef> from;
    for (const Value& operand : operands) {
        if (operand.trace() && operand.trace()->has_reference) from.push_back(operand.trace());
    }
    if (from.empty()) return value;
    return value.traced(make_trace(Trace::Kind::expression, {}, {}, std::move(from)));
}

Value without_places(const Value& value) {
    if (value.is_sequence()) {
        std::vector<Value> items;
        for (const Value& item : value.elements()) items.push_back(without_places(item));
        return Value::tuple(std::move(items));
    }
    if (value.is_mapping()) {
        std::vector<Member> members;
        for (const Member& member : value.members())
            members.push_back({hcl::to_nfc(member.name), without_places(member.value), {}});
        return Value::object(std::move(members));
    }
    if (value.is_string()) return text(value.as_string());
    return value.traced(nullptr);
}

Value unknown_because(Type type, std::span<const Value> operands, Refinement refinement) {
    std::uint8_t marks = 0;
    for (const Value& operand : operands) marks |= operand.marks_deep();
    return traced_from(Value::unknown(std::move(type), first_cause(operands), std::move(refinement)), operands)
        .with_marks(marks);
}

std::vector<std::size_t> grapheme_starts(std::string_view text) {
    std::vector<std::size_t> starts;
    utf8proc_int32_t before = 0, state = 0;
    std::size_t at = 0;
    while (at < text.size()) {
        utf8proc_int32_t code = 0;
        auto size = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data() + at),
                                     static_cast<utf8proc_ssize_t>(text.size() - at), &code);
        if (size <= 0) {
            size = 1;
            code = 0xFFFD;
        }
        if (at == 0 || utf8proc_grapheme_break_stateful(before, code, &state)) starts.push_back(at);
        before = code;
        at += static_cast<std::size_t>(size);
    }
    starts.push_back(text.size());
    return starts;
}

bool exists(std::string_view name, bool opentofu) {
    name = without_namespace(name);
    const auto found = table().find(name);
    return (found != table().end() && (opentofu || !found->second->opentofu)) || name == "try" || name == "can" ||
           name == "sensitive" || name == "nonsensitive" || name == "issensitive" || name == "type";
}

std::vector<std::string_view> function_names(bool opentofu) {
    std::vector<std::string_view> names = {"try", "can", "sensitive", "nonsensitive", "issensitive"};
    for (const auto& [name, function] : table()) {
        if (opentofu || !function->opentofu) names.push_back(name);
    }
    std::sort(names.begin(), names.end());
    return names;
}

Result call(std::string_view name, std::span<const Value> arguments, const FunctionContext& context) {
    name = without_namespace(name);
    // These three are about marks, which the general path takes off.
    if ((name == "sensitive" || name == "nonsensitive" || name == "issensitive") && arguments.size() == 1) {
        const Value& value = arguments[0];
        if (name == "sensitive") return value.with_marks(Value::sensitive);
        if (name == "nonsensitive") return value.without_marks();
        return Value::boolean(value.has_mark(Value::sensitive));
    }
    const auto found = table().find(name);
    if (found == table().end() || (found->second->opentofu && !context.opentofu))
        return fail("There is no function named \"" + std::string(name) + "\".");
    const Function& function = *found->second;
    if (arguments.size() < function.parameters.size()) {
        return fail("Not enough function arguments: Function \"" + std::string(name) + "\" expects " +
                    std::to_string(function.parameters.size()) + " argument(s).");
    }
    if (arguments.size() > function.parameters.size() && !function.variadic) {
        return fail("Too many function arguments: Function \"" + std::string(name) + "\" expects only " +
                        std::to_string(function.parameters.size()) + " argument(s).",
                    static_cast<int>(function.parameters.size()));
    }
    std::vector<Value> ready;
    ready.reserve(arguments.size());
    std::uint8_t marks = 0;
    bool unknown = false;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const Parameter& parameter = i < function.parameters.size() ? function.parameters[i] : function.rest;
        const int position = static_cast<int>(i);
        marks |= function.whole ? arguments[i].marks_deep() : arguments[i].marks();
        Value value = function.whole ? arguments[i].without_marks_deep() : arguments[i].without_marks();
        if (value.is_null() && !parameter.null_ok)
            return fail("Invalid value for argument: argument must not be null.", position);
        Result converted = convert(value, parameter.type);
        if (!converted.ok()) return fail("Invalid function argument: " + converted.failure().message + ".", position);
        value = converted.value();
        if (!parameter.unknown_ok && (function.whole ? !value.is_wholly_known() : value.is_unknown())) unknown = true;
        ready.push_back(std::move(value));
    }
    if (unknown) return unknown_because(function.result, arguments, not_null()).with_marks(marks);
    Result result = function.implementation(ready, context);
    if (!result.ok()) return result;
    Value value = result.value().with_marks(marks);
    if (!value.trace()) value = traced_from(std::move(value), arguments);
    return value;
}

}  // namespace plumbline::terraform
