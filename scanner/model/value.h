#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/model/number.h"
#include "scanner/model/ref.h"
#include "scanner/model/source.h"
#include "scanner/model/type.h"

namespace plumbline {

class Value;
struct Member;

/// Where a value came from: the expression that wrote it, then each binding it went through on its way here. A chain
/// (a graph, where several operands flow together), shared between values. Literals made by the evaluator itself have
/// none.
struct Trace : RefCounted {
    enum class Kind : std::uint8_t {
        literal,           ///< written out at `span`
        expression,        ///< computed at `span` from `from`
        variable_default,  ///< bound as a variable's default
        variable_file,     ///< bound by a tfvars or parameter file
        command_line,      ///< bound by --var or --param; no span
        environment,       ///< bound by TF_VAR_name; no span
        module_argument,   ///< bound by the argument of a module call
        local,             ///< bound as a local value
        output,            ///< bound as a module's output
        reference,         ///< read from attribute `attribute` of the resource `address`
        provider_default,  ///< not written anywhere: the platform's documented default
        anchor,            ///< YAML alias: `from` is the anchor
    };
    Kind kind = Kind::literal;
    Span span;
    /// The name that was bound (`var.acl`, `local.tags`, `module.a.id`); for `reference` the resource's address.
    std::string name;
    /// For `reference`: the attribute path read, `arn`, `endpoint[0].address`; "" for the whole resource.
    std::string attribute;
    /// Where it came from before; empty for what was written out.
    std::vector<Ref<const Trace>> from;
    /// Whether this or anything in `from` is a `reference`; lets link searches skip the rest.
    bool has_reference = false;
};
using TraceRef = Ref<const Trace>;

/// Makes a trace and works out `has_reference`. Null entries of `from` are dropped.
TraceRef make_trace(Trace::Kind kind, Span span, std::string name = {}, std::vector<TraceRef> from = {});
TraceRef make_reference_trace(Span span, std::string address, std::string attribute, std::vector<TraceRef> from = {});

/// Why a value is not known. Shared by every value that is unknown for the same reason.
struct Cause : RefCounted {
    /// Reads after "undecided: ": `var.retention has no default`, `aws_kms_key.k.arn is known only after apply`.
    std::string why;
    /// The place that decides: the variable's block, the reference.
    Span span;
};
using CauseRef = Ref<const Cause>;
CauseRef make_cause(std::string why, Span span = {});

/// What is known about an unknown value (cty's refinements).
struct Refinement {
    bool not_null = false;
    /// For strings: what it starts with.
    std::string prefix;
    /// For numbers.
    std::optional<Number> lower, upper;
    bool lower_inclusive = true, upper_inclusive = true;
    /// For collections; of a text, how many characters it has at least (CloudFormation's MinLength).
    std::uint64_t length_min = 0;
    std::optional<std::uint64_t> length_max;
};

/// What is unknown and what is known about it nevertheless.
struct Unknown {
    Type type;
    Refinement refinement;
    CauseRef cause;
    /// The values it can take where these can be counted: both results of a conditional whose condition is unknown.
    /// Only the judgement of rules looks at them; evaluation treats the value as unknown, as Terraform does.
    std::vector<Value> alternatives;
    /// For strings: the text's parts in order, known strings and unknown values, so that a document with unknown
    /// pieces (`"${aws_s3_bucket.b.arn}/*"`, a policy heredoc) can still be read. Empty when not known.
    std::vector<Value> parts;
    /// For `jsonencode` and data sources that print a document: a vector of one, the value that was encoded.
    std::vector<Value> document;
};

/// A value of Terraform's type system, used for every input format: null, bool, number, string, list, set, map, tuple,
/// object or unknown, with marks and provenance. Immutable; a copy costs two counter increments. JSON and YAML
/// documents become tuples and objects; configuration blocks become objects, repeated blocks a tuple of them.
///
/// Members of objects and maps are sorted by name (bytes) and unique; elements of sets are unique and in Terraform's
/// order. A string is NFC-normalised UTF-8.
class Value {
  public:
    enum class Kind : std::uint8_t { null, boolean, number, string, list, set, map, tuple, object, unknown };
    enum Mark : std::uint8_t { sensitive = 1, ephemeral = 2, deprecated = 4 };

    /// A null of no type.
    Value();
    static Value null(Type type = {});
    static Value boolean(bool value);
    static Value number(Number value);
    static Value string(std::string value);
    static Value tuple(std::vector<Value> elements);
    /// Elements must already have the element type (or be unknown/null of it).
    static Value list(Type element, std::vector<Value> elements);
    /// Sorts and removes duplicates.
    static Value set(Type element, std::vector<Value> elements);
    static Value map(Type element, std::vector<Member> members);
    /// Sorts by name; of several members of one name the last wins.
    static Value object(std::vector<Member> members);
    static Value unknown(Type type, CauseRef cause, Refinement refinement = {});
    static Value unknown(Unknown unknown);

    Kind kind() const;
    bool is_null() const { return kind() == Kind::null; }
    bool is_unknown() const { return kind() == Kind::unknown; }
    bool is_known() const { return kind() != Kind::unknown; }
    bool is_string() const { return kind() == Kind::string; }
    bool is_bool() const { return kind() == Kind::boolean; }
    bool is_number() const { return kind() == Kind::number; }
    /// List, set or tuple.
    bool is_sequence() const;
    /// Map or object.
    bool is_mapping() const;
    /// Whether no unknown occurs anywhere inside.
    bool is_wholly_known() const;

    /// Preconditions: the kind fits. Asserted in debug builds.
    bool as_bool() const;
    const Number& as_number() const;
    const std::string& as_string() const;
    /// Elements of a list, set or tuple; empty for every other kind.
    std::span<const Value> elements() const;
    /// Members of a map or object, sorted by name; empty for every other kind.
    std::span<const Member> members() const;
    /// The member of that name; null when there is none or this has no members.
    const Member* find(std::string_view name) const;
    const Unknown& as_unknown() const;

    /// The type: for tuples and objects it is made from the members' (costs their number).
    Type type() const;
    /// Element type of a list, set or map.
    const Type& element_type() const;

    std::uint8_t marks() const { return marks_; }
    bool has_mark(Mark mark) const { return (marks_ & mark) != 0; }
    /// Marks of this and everything inside.
    std::uint8_t marks_deep() const;
    Value with_marks(std::uint8_t marks) const;  ///< adds
    Value without_marks() const;                 ///< of this node only
    Value without_marks_deep() const;

    const TraceRef& trace() const { return trace_; }
    /// Replaces the trace.
    Value traced(TraceRef trace) const;
    /// Where it was written: the end of the trace's first branch that has a place; invalid when there is none.
    Span origin() const;

    /// Same type, value and marks; unknowns are the same when type and refinement are. Traces do not count.
    bool identical(const Value& other) const;
    /// Same data, ignoring marks, traces and the difference of list/tuple and map/object: what a rule calls equal.
    bool same_data(const Value& other) const;
    /// Compact JSON with sorted keys; unknowns print as `(unknown)` strings, sensitive ones as they are. For messages,
    /// tests and `explain`; `limit` cuts long texts with an ellipsis (0: no limit).
    std::string to_text(std::size_t limit = 0) const;

  private:
    struct Node;
    explicit Value(Ref<const Node> node);
    template <class T>
    static Value make(T payload);

    Ref<const Node> node_;
    TraceRef trace_;
    std::uint8_t marks_ = 0;

  public:
    // Defined here because `Ref` of an incomplete type cannot be destroyed.
    Value(const Value&);
    Value(Value&&) noexcept;
    Value& operator=(const Value&);
    Value& operator=(Value&&) noexcept;
    ~Value();
};

/// A named part of a map or object.
struct Member {
    std::string name;
    Value value;
    /// Where this member is written: the whole attribute (`acl = "private"`), pair or block header; invalid for
    /// computed ones. This is the place of use, `value.origin()` the place of writing.
    Span span;
};

/// How many values a walk over this one meets, itself included; a shared part counts as often as it occurs. Counts no
/// further than `limit`.
std::uint64_t weight_of(const Value& value, std::uint64_t limit);

}  // namespace plumbline
