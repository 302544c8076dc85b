#include <algorithm>

#include "parsers/terraform/function_table.h"
#include "parsers/terraform/functions.h"

// After cty's convert package: which conversions exist, and which type several values have in common.
namespace plumbline::terraform {
namespace {

bool is_sequence(Type::Kind kind) {
    return kind == Type::Kind::list || kind == Type::Kind::set || kind == Type::Kind::tuple;
}

Result convert_primitive(const Value& value, const Type& target) {
    if (target.kind() == Type::Kind::string) {
        if (value.is_string()) return value;
        if (value.is_number()) return Value::string(value.as_number().to_string());
        if (value.is_bool()) return Value::string(value.as_bool() ? "true" : "false");
        return fail("string required");
    }
    if (target.kind() == Type::Kind::number) {
        if (value.is_number()) return value;
        if (value.is_string()) {
            const auto number = Number::parse(value.as_string());
            if (!number) return fail("a number is required");
            return Value::number(*number);
        }
        return fail("number required");
    }
    if (value.is_bool()) return value;
    if (value.is_string()) {
        const std::string& text = value.as_string();
        if (text == "true" || text == "1") return Value::boolean(true);
        if (text == "false" || text == "0") return Value::boolean(false);
        if (text == "True" || text == "TRUE" || text == "False" || text == "FALSE") {
            return fail("a bool is required; to convert from string, use lowercase \"true\" or \"false\"");
        }
        return fail("a bool is required");
    }
    return fail("bool required");
}

std::vector<Type> types_of(std::span<const Value> values) {
    std::vector<Type> types;
    for (const Value& value : values) types.push_back(value.type());
    return types;
}

Result convert_bare(const Value& value, const Type& target);

/// The type without `optional()`: values have none of it.
Type without_optional(const Type& type) {
    switch (type.kind()) {
        case Type::Kind::list:
            return Type::list(without_optional(type.element()));
        case Type::Kind::set:
            return Type::set(without_optional(type.element()));
        case Type::Kind::map:
            return Type::map(without_optional(type.element()));
        case Type::Kind::tuple: {
            std::vector<Type> elements;
            for (const Type& element : type.elements()) elements.push_back(without_optional(element));
            return Type::tuple(std::move(elements));
        }
        case Type::Kind::object: {
            std::vector<ObjectAttribute> attributes;
            for (const ObjectAttribute& attribute : type.attributes())
                attributes.push_back({attribute.name, without_optional(attribute.type)});
            return Type::object(std::move(attributes));
        }
        default:
            return type;
    }
}

/// The target with its open parts (`any`) as the source has them.
Type filled(const Type& target, const Type& from) {
    if (target.is_dynamic()) return from;
    if (!target.has_dynamic()) return without_optional(target);
    const Type element = from.is_collection() ? from.element() : Type();
    switch (target.kind()) {
        case Type::Kind::list:
            return Type::list(filled(target.element(), element));
        case Type::Kind::set:
            return Type::set(filled(target.element(), element));
        case Type::Kind::map:
            return Type::map(filled(target.element(), element));
        case Type::Kind::tuple: {
            std::vector<Type> elements;
            for (std::size_t i = 0; i < target.elements().size(); ++i)
                elements.push_back(
                    filled(target.elements()[i], i < from.elements().size() ? from.elements()[i] : element));
            return Type::tuple(std::move(elements));
        }
        default: {
            std::vector<ObjectAttribute> attributes;
            for (const ObjectAttribute& attribute : target.attributes()) {
                const ObjectAttribute* have = from.attribute(attribute.name);
                attributes.push_back({attribute.name, filled(attribute.type, have ? have->type : element)});
            }
            return Type::object(std::move(attributes));
        }
    }
}

Result convert_elements(const Value& value, const Type& target) {
    std::vector<Value> items(value.elements().begin(), value.elements().end());
    Type element = target.element();
    if (element.has_dynamic()) {
        const auto common = unify(types_of(items));
        if (!common) return fail("all list elements must have the same type");
        if (element.is_dynamic()) element = *common;
    }
    for (Value& item : items) {
        Result converted = convert(item, element);
        if (!converted.ok())
            return fail("element " + std::to_string(&item - items.data()) + ": " + converted.failure().message);
        item = converted.value();
    }
    element = element.has_dynamic() && !items.empty() ? items.front().type() : without_optional(element);
    return target.kind() == Type::Kind::set ? Value::set(element, std::move(items))
                                            : Value::list(element, std::move(items));
}

Result convert_members(const Value& value, const Type& target) {
    std::vector<Member> members(value.members().begin(), value.members().end());
    Type element = target.element();
    if (element.has_dynamic()) {
        std::vector<Type> types;
        for (const Member& member : members) types.push_back(member.value.type());
        const auto common = unify(types);
        if (!common) return fail("all map elements must have the same type");
        if (element.is_dynamic()) element = *common;
    }
    for (Member& member : members) {
        Result converted = convert(member.value, element);
        if (!converted.ok()) return fail("element \"" + member.name + "\": " + converted.failure().message);
        member.value = converted.value();
    }
    element = element.has_dynamic() && !members.empty() ? members.front().value.type() : without_optional(element);
    return Value::map(element, std::move(members));
}

Result convert_bare(const Value& value, const Type& target) {
    switch (target.kind()) {
        case Type::Kind::dynamic:
            return value;
        case Type::Kind::boolean:
        case Type::Kind::number:
        case Type::Kind::string:
            return convert_primitive(value, target);
        case Type::Kind::list:
        case Type::Kind::set:
            if (value.is_sequence()) return convert_elements(value, target);
            return fail(target.friendly_name() + " required");
        case Type::Kind::map:
            if (value.is_mapping()) return convert_members(value, target);
            return fail(target.friendly_name() + " required");
        case Type::Kind::tuple: {
            if (value.kind() != Value::Kind::tuple) return fail("tuple required");
            if (value.elements().size() != target.elements().size()) {
                return fail("tuple of " + std::to_string(target.elements().size()) + " elements required");
            }
            std::vector<Value> items;
            for (std::size_t i = 0; i < target.elements().size(); ++i) {
                Result converted = convert(value.elements()[i], target.elements()[i]);
                if (!converted.ok()) return fail("element " + std::to_string(i) + ": " + converted.failure().message);
                items.push_back(converted.value());
            }
            return Value::tuple(std::move(items));
        }
        case Type::Kind::object: {
            if (!value.is_mapping()) return fail("object required");
            std::vector<Member> members;
            for (const ObjectAttribute& attribute : target.attributes()) {
                const Member* have = value.find(attribute.name);
                if (!have && has_open_schema(value)) {
                    // A resource handed on as a whole has more than what is written.
                    const Value computed = computed_attribute(value, attribute.name, {});
                    members.push_back({attribute.name,
                                       Value::unknown(without_optional(attribute.type), computed.as_unknown().cause)
                                           .traced(computed.trace()),
                                       {}});
                    continue;
                }
                if (!have) {
                    if (!attribute.optional) return fail("attribute \"" + attribute.name + "\" is required");
                    members.push_back({attribute.name, Value::null(without_optional(attribute.type)), {}});
                    continue;
                }
                Result converted = convert(have->value, attribute.type);
                if (!converted.ok())
                    return fail("attribute \"" + attribute.name + "\": " + converted.failure().message);
                members.push_back({attribute.name, converted.value(), have->span});
            }
            return Value::object(std::move(members));
        }
    }
    return fail("unsupported type");
}

std::optional<Type> unify_elements(std::span<const Type> types) {
    std::vector<Type> elements;
    for (const Type& type : types) {
        if (type.is_collection()) {
            elements.push_back(type.element());
        } else if (type.kind() == Type::Kind::tuple) {
            elements.insert(elements.end(), type.elements().begin(), type.elements().end());
        } else {
            for (const ObjectAttribute& attribute : type.attributes()) elements.push_back(attribute.type);
        }
    }
    return unify(elements);
}

}  // namespace

Result convert(const Value& value, const Type& target) {
    if (target.is_dynamic()) return value;
    const auto keep = [&](Value made) { return made.with_marks(value.marks()).traced(value.trace()); };
    if (value.is_null()) {
        if (!value.type().is_dynamic() && !convertible(value.type(), target))
            return fail(target.friendly_name() + " required");
        return keep(Value::null(without_optional(target)));
    }
    if (value.is_unknown()) {
        const Unknown& unknown = value.as_unknown();
        if (unknown.type == target) return value;
        if (!unknown.type.is_dynamic() && !convertible(unknown.type, target))
            return fail(target.friendly_name() + " required");
        Unknown made = unknown;
        const bool same_kind = unknown.type.kind() == target.kind();
        made.type = unknown.type.is_dynamic() ? without_optional(target) : filled(target, unknown.type);
        if (!same_kind && !unknown.type.is_dynamic()) {
            const bool null = !unknown.refinement.not_null;
            made.refinement = {};
            made.refinement.not_null = !null;
        }
        return keep(Value::unknown(std::move(made)));
    }
    Result made = convert_bare(value, target);
    if (!made.ok()) return made;
    return keep(made.value());
}

bool convertible(const Type& from, const Type& to) {
    if (from == to || from.is_dynamic() || to.is_dynamic()) return true;
    if (to.is_primitive()) {
        if (!from.is_primitive()) return false;
        return to.kind() == Type::Kind::string || from.kind() == Type::Kind::string;
    }
    switch (to.kind()) {
        case Type::Kind::list:
        case Type::Kind::set:
            if (from.kind() == Type::Kind::list || from.kind() == Type::Kind::set)
                return convertible(from.element(), to.element());
            if (from.kind() == Type::Kind::tuple) {
                return std::all_of(from.elements().begin(), from.elements().end(),
                                   [&](const Type& t) { return convertible(t, to.element()); });
            }
            return false;
        case Type::Kind::map:
            if (from.kind() == Type::Kind::map) return convertible(from.element(), to.element());
            if (from.kind() == Type::Kind::object) {
                return std::all_of(from.attributes().begin(), from.attributes().end(),
                                   [&](const auto& a) { return convertible(a.type, to.element()); });
            }
            return false;
        case Type::Kind::object:
            if (from.kind() == Type::Kind::map) return true;
            if (from.kind() != Type::Kind::object) return false;
            return std::all_of(to.attributes().begin(), to.attributes().end(), [&](const ObjectAttribute& a) {
                const ObjectAttribute* have = from.attribute(a.name);
                return have ? convertible(have->type, a.type) : a.optional;
            });
        case Type::Kind::tuple:
            if (from.kind() != Type::Kind::tuple || from.elements().size() != to.elements().size()) return false;
            for (std::size_t i = 0; i < to.elements().size(); ++i) {
                if (!convertible(from.elements()[i], to.elements()[i])) return false;
            }
            return true;
        default:
            return false;
    }
}

std::optional<Type> unify(std::span<const Type> types) {
    if (types.empty()) return Type::dynamic();
    if (std::all_of(types.begin(), types.end(), [&](const Type& t) { return t == types.front(); }))
        return types.front();
    if (std::any_of(types.begin(), types.end(), [](const Type& t) { return t.is_dynamic(); })) {
        // A null or an unknown of no type fits in with texts and numbers; what a collection would become is open.
        std::vector<Type> typed(types.begin(), types.end());
        std::erase_if(typed, [](const Type& t) { return t.is_dynamic(); });
        if (std::all_of(typed.begin(), typed.end(), [](const Type& t) { return t.is_primitive(); }))
            return unify(typed);
        return Type::dynamic();
    }
    const auto all = [&](auto predicate) { return std::all_of(types.begin(), types.end(), predicate); };
    const auto of = [](Type::Kind kind) { return [kind](const Type& t) { return t.kind() == kind; }; };
    if (all([](const Type& t) { return t.is_primitive(); })) {
        const bool text = std::any_of(types.begin(), types.end(), of(Type::Kind::string));
        return text ? std::optional<Type>(Type::string()) : std::nullopt;
    }
    if (all(of(Type::Kind::object))) {
        const auto first = types.front().attributes();
        const bool same_names = all([&](const Type& t) {
            return std::equal(first.begin(), first.end(), t.attributes().begin(), t.attributes().end(),
                              [](const auto& a, const auto& b) { return a.name == b.name; });
        });
        if (same_names) {
            std::vector<ObjectAttribute> attributes;
            bool whole = true;
            for (std::size_t i = 0; i < first.size() && whole; ++i) {
                std::vector<Type> column;
                for (const Type& type : types) column.push_back(type.attributes()[i].type);
                const auto common = unify(column);
                whole = common.has_value();
                if (whole) attributes.push_back({first[i].name, *common});
            }
            if (whole) return Type::object(std::move(attributes));
            return std::nullopt;
        }
    }
    if (all(of(Type::Kind::tuple)) &&
        all([&](const Type& t) { return t.elements().size() == types.front().elements().size(); })) {
        std::vector<Type> elements;
        for (std::size_t i = 0; i < types.front().elements().size(); ++i) {
            std::vector<Type> column;
            for (const Type& type : types) column.push_back(type.elements()[i]);
            const auto common = unify(column);
            if (!common) return std::nullopt;
            elements.push_back(*common);
        }
        return Type::tuple(std::move(elements));
    }
    if (all([](const Type& t) { return t.kind() == Type::Kind::map || t.kind() == Type::Kind::object; })) {
        const auto element = unify_elements(types);
        return element ? std::optional<Type>(Type::map(*element)) : std::nullopt;
    }
    if (all([](const Type& t) { return is_sequence(t.kind()); })) {
        const auto element = unify_elements(types);
        if (!element) return std::nullopt;
        const bool list = std::any_of(types.begin(), types.end(), of(Type::Kind::list)) || all(of(Type::Kind::tuple));
        return list ? Type::list(*element) : Type::set(*element);
    }
    return std::nullopt;
}

}  // namespace plumbline::terraform
