#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/model/value.h"

/// Terraform 1.11's built-in functions, type conversion and operators on values, with its rules for types, nulls,
/// unknowns, refinements and marks. Nothing here knows about syntax or files but through `FunctionContext`.
namespace plumbline::terraform {

/// A refusal: message as Terraform words it, and which argument is at fault (-1: the call as a whole).
struct Failure {
    std::string message;
    int argument = -1;
};

/// A value or a refusal. (GCC 12 has no std::expected.)
class Result {
  public:
    Result(Value value) : value_(std::move(value)) {}
    Result(Failure failure) : failure_(std::move(failure)) {}
    bool ok() const { return !failure_; }
    const Value& value() const { return value_; }
    const Failure& failure() const { return *failure_; }

  private:
    Value value_;
    std::optional<Failure> failure_;
};

/// What functions need from outside.
struct FunctionContext {
    /// Reads a file for `file`, `fileexists`, `templatefile`, ...: path as given by the caller; nullopt when it does
    /// not exist or lies outside of the scanned tree.
    std::function<std::optional<std::string>(std::string_view path)> read_file;
    /// Names (relative, sorted) below a folder for `fileset`.
    std::function<std::vector<std::string>(std::string_view folder)> list_files;
    /// `templatefile`, `templatestring`: evaluates template text with variables. `name` is for messages.
    std::function<Result(std::string_view text, std::string_view name, const Value& variables)> render_template;
    /// `path.module`'s folder etc. are resolved by the caller; this is for `abspath`.
    std::string working_directory;
    /// Whether OpenTofu's own functions are there too.
    bool opentofu = false;
};

/// Converts as Terraform does wherever a type is demanded (cty/convert, unsafe conversions included).
Result convert(const Value& value, const Type& target);
/// The type that all can be converted to (cty/convert.Unify); nullopt when there is none.
std::optional<Type> unify(std::span<const Type> types);
/// Whether a conversion exists between the types at all.
bool convertible(const Type& from, const Type& to);
// Operators; operands may be unknown or marked.
Result equal(const Value& a, const Value& b);
Result not_equal(const Value& a, const Value& b);
Result logical_and(const Value& a, const Value& b);
Result logical_or(const Value& a, const Value& b);
Result logical_not(const Value& a);
Result negate(const Value& a);
enum class Arithmetic : std::uint8_t { add, subtract, multiply, divide, modulo };
Result arithmetic(Arithmetic op, const Value& a, const Value& b);
enum class Comparison : std::uint8_t { less, less_equal, greater, greater_equal };
Result compare(Comparison op, const Value& a, const Value& b);
/// `object[key]` and `object.key`; legacy index and traversal differ only in their messages.
Result index(const Value& object, const Value& key);
Result get_attribute(const Value& object, std::string_view name);

/// Calls a built-in function by name (`core::` prefix allowed, provider functions of `terraform` included). Handles
/// conversion of arguments, unknowns, marks. `exists` tells whether there is one of that name, with `opentofu` those
/// that only OpenTofu has.
Result call(std::string_view name, std::span<const Value> arguments, const FunctionContext& context);
bool exists(std::string_view name, bool opentofu = false);
std::vector<std::string_view> function_names(bool opentofu = false);

/// JSON as `jsonencode` prints it and `jsondecode` reads it; used for inspect, tfvars and plan files too.
Result json_encode(const Value& value);
Result json_decode(std::string_view text);

}  // namespace plumbline::terraform
