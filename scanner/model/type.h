#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace plumbline {

struct ObjectAttribute;

/// A type as Terraform has it. Cheap to copy, immutable, compared by structure.
class Type {
  public:
    enum class Kind : std::uint8_t { dynamic, boolean, number, string, list, set, map, tuple, object };

    /// `dynamic`: not known, "any".
    Type() = default;
    static Type dynamic() { return Type(); }
    static Type boolean() { return Type(Kind::boolean); }
    static Type number() { return Type(Kind::number); }
    static Type string() { return Type(Kind::string); }
    static Type list(Type element);
    static Type set(Type element);
    static Type map(Type element);
    static Type tuple(std::vector<Type> elements);
    /// Attributes in any order; kept sorted by name (bytes). Names must be unique.
    static Type object(std::vector<ObjectAttribute> attributes);

    Kind kind() const { return kind_; }
    bool is_primitive() const { return kind_ == Kind::boolean || kind_ == Kind::number || kind_ == Kind::string; }
    bool is_collection() const { return kind_ == Kind::list || kind_ == Kind::set || kind_ == Kind::map; }
    bool is_dynamic() const { return kind_ == Kind::dynamic; }
    /// Of a list, set or map.
    const Type& element() const;
    /// Of a tuple.
    std::span<const Type> elements() const;
    /// Of an object, sorted by name.
    std::span<const ObjectAttribute> attributes() const;
    /// Of an object; null when there is none of that name.
    const ObjectAttribute* attribute(std::string_view name) const;
    /// Whether `dynamic` occurs anywhere in it.
    bool has_dynamic() const;

    bool operator==(const Type& other) const;

    /// One-line constraint syntax with keys sorted by bytes: `object({a=number, "odd key"=string})`.
    std::string to_string() const;
    /// As Terraform's messages name it: "list of string", "object", "bool".
    std::string friendly_name() const;

  private:
    struct Node;
    explicit Type(Kind kind) : kind_(kind) {}
    Type(Kind kind, std::shared_ptr<const Node> node) : kind_(kind), node_(std::move(node)) {}

    Kind kind_ = Kind::dynamic;
    std::shared_ptr<const Node> node_;
};

struct ObjectAttribute {
    std::string name;
    Type type;
    /// Only in type constraints: `optional(T)`. Part of equality.
    bool optional = false;
    bool operator==(const ObjectAttribute&) const = default;
};

}  // namespace plumbline
