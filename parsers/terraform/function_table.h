#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/terraform/functions.h"

/// The inside of functions.h: how one built-in function is described, and what their implementations share.
namespace plumbline::terraform {

struct Parameter {
    Type type;
    bool null_ok = false;     ///< otherwise null is refused
    bool unknown_ok = false;  ///< otherwise an unknown argument makes the result unknown
};

/// Arguments are converted, not null (unless allowed) and known at the top (unless allowed), marks taken off the top.
using Implementation = Result (*)(std::vector<Value>& arguments, const FunctionContext& context);

struct Function {
    std::string_view name;
    std::vector<Parameter> parameters;
    /// Further arguments; its type dynamic and `variadic` false: none.
    bool variadic = false;
    Parameter rest;
    /// Type of an unknown result.
    Type result;
    Implementation implementation;
    /// The result depends on what is inside of the arguments: unknown parts make it unknown, marks inside count.
    bool whole = false;
    /// OpenTofu has it, Terraform has not.
    bool opentofu = false;
};

std::span<const Function> collection_functions();
std::span<const Function> string_functions();
std::span<const Function> encoding_functions();
std::span<const Function> number_functions();
std::span<const Function> hash_functions();
std::span<const Function> date_functions();
std::span<const Function> network_functions();
std::span<const Function> file_functions();
std::span<const Function> provider_functions();

/// An unknown that is so because of `operands`: the first unknown's cause, every operand's references, all marks.
Value unknown_because(Type type, std::span<const Value> operands, Refinement refinement = {});
/// Whether the value is a resource (or a part of one) whose provider's schema is not known here: it may have attributes
/// besides those that are written, computed by the provider.
bool has_open_schema(const Value& value);
/// The reference that a value is as a whole: its trace's nearest `reference` step behind bindings that change nothing
/// (locals, outputs, arguments); null when there is none.
const Trace* reference_of(const Value& value);
/// What reading `name` of such a value gives: unknown, with the reference in its trace.
Value computed_attribute(const Value& value, std::string_view name, Span place);
/// The cause of the first unknown found in the values, at any depth; null when all are known.
CauseRef first_cause(std::span<const Value> values);
/// `value` with a trace that leads to the operands' references; unchanged when they have none.
Value traced_from(Value value, std::span<const Value> operands);
/// Length in grapheme clusters, and the byte offsets where clusters start (one past the last included).
std::vector<std::size_t> grapheme_starts(std::string_view text);

inline Failure fail(std::string message, int argument = -1) {
    return {std::move(message), argument};
}
inline Refinement not_null() {
    Refinement refinement;
    refinement.not_null = true;
    return refinement;
}

}  // namespace plumbline::terraform
