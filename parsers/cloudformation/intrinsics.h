#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/model/value.h"

/// What CloudFormation's functions compute, apart from where their operands come from.
/// Source of every rule: the CloudFormation template reference, "Intrinsic functions".
namespace plumbline::cloudformation {

/// More alternatives than this are not counted out: rules judge each, and products of several would explode.
constexpr std::size_t max_alternatives = 32;
/// Longest text a function makes. A whole template may have 1 MB, so no property of a real one is longer.
constexpr std::size_t max_text = 1 << 20;

/// A scalar as CloudFormation writes it into text; nullopt for lists, mappings, null and unknown values.
std::optional<std::string> scalar_text(const Value& value);

/// The removed property: what `Ref: AWS::NoValue` gives.
Value no_value(Span span);
bool is_no_value(const Value& value);

Value unknown(Type type, CauseRef cause, TraceRef trace = {});
/// A text of at least so many characters.
Value unknown_text(CauseRef cause, TraceRef trace, std::uint64_t at_least);

/// An unknown that can take any of `values`; alternatives of these are taken over, equal ones counted once. No
/// alternatives when there are too many.
Value one_of(std::vector<Value> values, CauseRef cause, TraceRef trace);

/// `f` of the operand, or of each alternative where the operand is unknown and has such; otherwise an unknown of type
/// `result` with the operand's cause.
Value over_alternatives(const Value& operand, const Type& result, const std::function<Value(const Value&)>& f);

/// Text from pieces in order. Known scalars flow together; unknown pieces make the text unknown with `parts` and, where
/// these can be counted, `alternatives`. Dynamic references (`{{resolve:...}}`) become unknown pieces, those of secrets
/// marked sensitive.
class TextBuilder {
  public:
    void add(std::string text);
    /// False when the value cannot stand in text (a list, a mapping, null).
    bool add(const Value& value);
    Value finish(Span span);
    bool too_long() const { return size_ > max_text; }

  private:
    void add_piece(Value value);

    std::vector<Value> pieces_;
    std::vector<TraceRef> traces_;
    std::uint8_t marks_ = 0;
    std::size_t size_ = 0;
};

/// Three-valued equality of `Fn::Equals`: scalars by their text, an unknown by the values it can take.
std::optional<bool> equal(const Value& a, const Value& b);

/// `Fn::Cidr`: `count` blocks with `bits` host bits from the start of `block`. A text instead of a value is the fault.
struct CidrResult {
    std::vector<Value> blocks;
    std::string fault;
};
CidrResult cidr(const std::string& block, std::int64_t count, std::int64_t bits);

/// `Fn::Split`; no limit is needed, the text is at most `max_text` long.
std::vector<Value> split_text(const std::string& text, const std::string& delimiter, const TraceRef& trace);

/// The property that `Ref` of a resource of this type returns, where it is a name that the template gives; `lower` when
/// the service lower-cases it. Empty when Ref returns something generated. Source: "Return values" of each type.
struct NameProperty {
    std::string_view property;
    bool lower = false;
};
NameProperty ref_name_property(std::string_view type);

}  // namespace plumbline::cloudformation
