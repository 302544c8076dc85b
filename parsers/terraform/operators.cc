#include <algorithm>

#include "parsers/terraform/function_table.h"
#include "parsers/terraform/functions.h"

namespace plumbline::terraform {
namespace {

/// cty's Equals below the top: nullopt when an unknown part decides.
std::optional<bool> deep_equal(const Value& a, const Value& b) {
    if (a.is_null() && b.is_null()) return true;
    if (a.is_unknown() || b.is_unknown()) {
        const Value& unknown = a.is_unknown() ? a : b;
        const Value& other = a.is_unknown() ? b : a;
        const Refinement& known = unknown.as_unknown().refinement;
        if (other.is_null() && known.not_null) return false;
        if (other.is_string() && !known.prefix.empty() && !other.as_string().starts_with(known.prefix)) return false;
        if (other.is_known() && !other.is_null()) {
            const Type type = unknown.as_unknown().type;
            if (!type.is_dynamic() && !(type == other.type())) return false;
        }
        return std::nullopt;
    }
    if (a.is_null() || b.is_null()) return false;
    if (a.kind() != b.kind()) return false;
    switch (a.kind()) {
        case Value::Kind::boolean:
            return a.as_bool() == b.as_bool();
        case Value::Kind::number:
            return a.as_number() == b.as_number();
        case Value::Kind::string:
            return a.as_string() == b.as_string();
        default:
            break;
    }
    if (a.kind() == Value::Kind::list || a.kind() == Value::Kind::set || a.kind() == Value::Kind::map) {
        if (!(a.element_type() == b.element_type()) && !a.element_type().has_dynamic() &&
            !b.element_type().has_dynamic())
            return false;
    }
    // The first part that is not plainly equal decides, as in cty.
    if (a.is_sequence()) {
        if (a.kind() == Value::Kind::set && (!a.is_wholly_known() || !b.is_wholly_known())) return std::nullopt;
        if (a.elements().size() != b.elements().size()) return false;
        for (std::size_t i = 0; i < a.elements().size(); ++i) {
            const auto same = deep_equal(a.elements()[i], b.elements()[i]);
            if (!same || !*same) return same;
        }
    } else {
        if (a.members().size() != b.members().size()) return false;
        for (std::size_t i = 0; i < a.members().size(); ++i) {
            if (a.members()[i].name != b.members()[i].name) return false;
            const auto same = deep_equal(a.members()[i].value, b.members()[i].value);
            if (!same || !*same) return same;
        }
    }
    return true;
}

Value finish(Value result, const Value& a, const Value& b) {
    const Value operands[] = {a, b};
    return traced_from(result.with_marks(a.marks_deep() | b.marks_deep()), operands);
}

Result to_operand(const Value& value, const Type& type, const char* what) {
    if (value.is_null()) return fail("argument must not be null");
    Result made = convert(value, type);
    if (!made.ok())
        return fail(std::string("Unsuitable value for ") + what + " operand: " + made.failure().message + ".");
    return made;
}

}  // namespace

Result equal(const Value& a, const Value& b) {
    const auto same = deep_equal(a, b);
    if (same) return finish(Value::boolean(*same), a, b);
    const Value operands[] = {a, b};
    return unknown_because(Type::boolean(), operands, not_null());
}

Result not_equal(const Value& a, const Value& b) {
    Result same = equal(a, b);
    return logical_not(same.value());
}

Result logical_not(const Value& a) {
    Result made = to_operand(a, Type::boolean(), "unary");
    if (!made.ok()) return made;
    const Value& value = made.value();
    if (value.is_unknown()) return unknown_because(Type::boolean(), {&a, 1}, not_null());
    return finish(Value::boolean(!value.as_bool()), a, a);
}

Result negate(const Value& a) {
    Result made = to_operand(a, Type::number(), "unary");
    if (!made.ok()) return made;
    if (made.value().is_unknown()) return unknown_because(Type::number(), {&a, 1}, not_null());
    return finish(Value::number(-made.value().as_number()), a, a);
}

static Result logical(const Value& a, const Value& b, bool is_or) {
    Result left = to_operand(a, Type::boolean(), "left"), right = to_operand(b, Type::boolean(), "right");
    if (!left.ok()) return left;
    if (!right.ok()) return right;
    // `false && unknown` could be decided, but Terraform 1.11 leaves it open.
    if (left.value().is_unknown() || right.value().is_unknown()) {
        const Value operands[] = {a, b};
        return unknown_because(Type::boolean(), operands, not_null());
    }
    const bool x = left.value().as_bool(), y = right.value().as_bool();
    return finish(Value::boolean(is_or ? x || y : x && y), a, b);
}
Result logical_and(const Value& a, const Value& b) {
    return logical(a, b, false);
}
Result logical_or(const Value& a, const Value& b) {
    return logical(a, b, true);
}

Result arithmetic(Arithmetic op, const Value& a, const Value& b) {
    Result left = to_operand(a, Type::number(), "left"), right = to_operand(b, Type::number(), "right");
    if (!left.ok()) return left;
    if (!right.ok()) return right;
    if (left.value().is_unknown() || right.value().is_unknown()) {
        const Value operands[] = {a, b};
        return unknown_because(Type::number(), operands, not_null());
    }
    const Number &x = left.value().as_number(), &y = right.value().as_number();
    std::optional<Number> result;
    switch (op) {
        case Arithmetic::add:
            result = add(x, y);
            break;
        case Arithmetic::subtract:
            result = subtract(x, y);
            break;
        case Arithmetic::multiply:
            result = multiply(x, y);
            break;
        case Arithmetic::divide:
            result = divide(x, y);
            break;
        case Arithmetic::modulo:
            result = modulo(x, y);
            break;
    }
    if (!result) return fail("can't divide zero by zero or infinity by infinity");
    return finish(Value::number(*result), a, b);
}

Result compare(Comparison op, const Value& a, const Value& b) {
    Result left = to_operand(a, Type::number(), "left"), right = to_operand(b, Type::number(), "right");
    if (!left.ok()) return left;
    if (!right.ok()) return right;
    if (left.value().is_unknown() || right.value().is_unknown()) {
        const auto bounds = [](const Value& value) {
            Refinement range;
            if (value.is_known())
                range.lower = range.upper = value.as_number();
            else
                range = value.as_unknown().refinement;
            return range;
        };
        const Refinement x = bounds(left.value()), y = bounds(right.value());
        const bool below = x.upper && y.lower && *x.upper < *y.lower;
        const bool above = x.lower && y.upper && *y.upper < *x.lower;
        if (below || above) {
            const bool less = op == Comparison::less || op == Comparison::less_equal;
            return finish(Value::boolean(below == less), a, b);
        }
        const Value operands[] = {a, b};
        return unknown_because(Type::boolean(), operands, not_null());
    }
    const auto order = compare(left.value().as_number(), right.value().as_number());
    bool holds = false;
    switch (op) {
        case Comparison::less:
            holds = order < 0;
            break;
        case Comparison::less_equal:
            holds = order <= 0;
            break;
        case Comparison::greater:
            holds = order > 0;
            break;
        case Comparison::greater_equal:
            holds = order >= 0;
            break;
    }
    return finish(Value::boolean(holds), a, b);
}

Result get_attribute(const Value& object, std::string_view name) {
    const std::string quoted = "\"" + std::string(name) + "\"";
    if (object.is_null()) {
        return fail(
            "Attempt to get attribute from null value: This value is null, so it does not have any attributes.");
    }
    if (object.is_unknown()) {
        const Type& type = object.as_unknown().type;
        Type result;
        if (type.kind() == Type::Kind::object) {
            const ObjectAttribute* attribute = type.attribute(name);
            if (!attribute)
                return fail("Unsupported attribute: This object does not have an attribute named " + quoted + ".");
            result = attribute->type;
        } else if (type.kind() == Type::Kind::map) {
            result = type.element();
        } else if (!type.is_dynamic()) {
            return fail("Unsupported attribute: This value does not have any attributes.");
        }
        return unknown_because(result, {&object, 1});
    }
    if (!object.is_mapping()) {
        if (object.is_sequence()) {
            return fail("Unsupported attribute: This value is a " +
                        std::string(object.kind() == Value::Kind::tuple  ? "tuple"
                                    : object.kind() == Value::Kind::list ? "list"
                                                                         : "set") +
                        ", it does not have an attribute named " + quoted + ".");
        }
        return fail("Unsupported attribute: This value does not have any attributes.");
    }
    const Member* member = object.find(name);
    if (!member) {
        if (object.kind() == Value::Kind::map)
            return fail("Missing map element: This map does not have an element with the key " + quoted + ".");
        return fail("Unsupported attribute: This object does not have an attribute named " + quoted + ".");
    }
    return member->value.with_marks(object.marks());
}

Result index(const Value& object, const Value& key) {
    if (object.is_null())
        return fail("Attempt to index null value: This value is null, so it does not have any indices.");
    if (key.is_null()) return fail("Invalid index: Can't use a null value as an indexing key.");
    const std::uint8_t marks = object.marks() | key.marks();
    const Value operands[] = {object, key};
    const auto as = [&](const Type& type) { return convert(key, type); };
    if (object.is_unknown()) {
        const Type& type = object.as_unknown().type;
        if (type.kind() == Type::Kind::list || type.kind() == Type::Kind::map) {
            if (!as(type.kind() == Type::Kind::list ? Type::number() : Type::string()).ok())
                return fail("Invalid index: The given key does not identify an element in this collection value.");
            return unknown_because(type.element(), operands);
        }
        if (type.is_primitive()) return fail("Invalid index: This value does not have any indices.");
        if (type.kind() == Type::Kind::tuple && key.is_number()) {
            const auto at = key.as_number().to_int64();
            if (!at || *at < 0 || static_cast<std::size_t>(*at) >= type.elements().size())
                return fail("Invalid index: The given key does not identify an element in this collection value.");
            return unknown_because(type.elements()[static_cast<std::size_t>(*at)], operands);
        }
        return unknown_because({}, operands);
    }
    if (object.is_mapping()) {
        Result text = as(Type::string());
        if (!text.ok())
            return fail(
                "Invalid index: The given key does not identify an element in this collection value: a string is "
                "required.");
        if (text.value().is_unknown())
            return unknown_because(object.kind() == Value::Kind::map ? object.element_type() : Type(), operands);
        const Member* member = object.find(text.value().as_string());
        if (!member) return fail("Invalid index: The given key does not identify an element in this collection value.");
        return member->value.with_marks(marks);
    }
    if (object.kind() == Value::Kind::list || object.kind() == Value::Kind::tuple) {
        Result number = as(Type::number());
        if (!number.ok())
            return fail(
                "Invalid index: The given key does not identify an element in this collection value: a number is "
                "required.");
        if (number.value().is_unknown())
            return unknown_because(object.kind() == Value::Kind::list ? object.element_type() : Type(), operands);
        const auto at = number.value().as_number().to_int64();
        if (!at || *at < 0 || static_cast<std::size_t>(*at) >= object.elements().size()) {
            return fail("Invalid index: The given key does not identify an element in this collection value.");
        }
        return object.elements()[static_cast<std::size_t>(*at)].with_marks(marks);
    }
    if (object.kind() == Value::Kind::set)
        return fail(
            "Invalid index: Elements of a set are identified only by their value and don't have any separate index or "
            "key to select with, so it's only possible to perform operations across all elements of the set.");
    return fail("Invalid index: This value does not have any indices.");
}

}  // namespace plumbline::terraform
