#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "parsers/terraform/ast.h"
#include "parsers/terraform/function_table.h"

/// What the implementations of built-in functions share: short names for arguments and results.
namespace plumbline::terraform {

using Arguments = std::vector<Value>;
using Context = FunctionContext;

inline Value text(std::string value) {
    return Value::string(hcl::to_nfc(value));
}
inline const std::string& str(const Value& value) {
    return value.as_string();
}
inline const Number& num(const Value& value) {
    return value.as_number();
}

inline const Parameter string_parameter{Type::string(), false, false};
inline const Parameter number_parameter{Type::number(), false, false};

/// A document that a function read, without the places in it: they are of a text that is no file.
Value without_places(const Value& value);

/// A file of the scanned tree, for functions that read one.
std::optional<std::string> read_file(const Context& context, const std::string& path);
Failure no_file(const std::string& path);

}  // namespace plumbline::terraform
