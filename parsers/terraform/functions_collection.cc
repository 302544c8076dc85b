#include <algorithm>
#include <map>
#include <unordered_set>

#include "parsers/terraform/function_table.h"

namespace plumbline::terraform {
namespace {

// What one call may make; beyond it a scan would run out of memory before Terraform finished the plan.
constexpr std::size_t max_elements = 1'000'000;

using Arguments = std::vector<Value>;
using Context = FunctionContext;

const Type any;

Value text(std::string value) {
    return Value::string(std::move(value));
}
Value number(std::size_t value) {
    return Value::number(Number(static_cast<std::int64_t>(value)));
}

std::vector<Type> types_of(std::span<const Value> values) {
    std::vector<Type> types;
    for (const Value& value : values) types.push_back(value.type());
    return types;
}

std::optional<std::size_t> whole_number(const Value& value) {
    const auto n = value.as_number().to_int64();
    if (!n || *n < 0) return std::nullopt;
    return static_cast<std::size_t>(*n);
}

/// Three-valued equality of elements.
std::optional<bool> same(const Value& a, const Value& b) {
    const Result result = equal(a, b);
    if (result.value().is_unknown()) return std::nullopt;
    return result.value().as_bool();
}

Result all_any(Arguments& a, bool all) {
    bool unknown = false;
    for (const Value& item : a[0].elements()) {
        if (item.is_unknown()) {
            unknown = true;
            if (all) break;  // anytrue looks further, alltrue does not
        } else if (item.is_null()) {
            if (all) return Value::boolean(false);
        } else if (item.as_bool() != all)
            return Value::boolean(!all);
    }
    if (unknown) return unknown_because(Type::boolean(), a, not_null());
    return Value::boolean(all);
}

Result chunklist(Arguments& a, const Context&) {
    const auto size = a[1].as_number().to_int64();
    if (!size || *size < 0) return fail("the size argument must be positive", 1);
    const Type element = a[0].type();
    std::vector<Value> chunks;
    const auto items = a[0].elements();
    const std::size_t step = *size == 0 ? std::max<std::size_t>(items.size(), 1) : static_cast<std::size_t>(*size);
    for (std::size_t i = 0; i < items.size(); i += step) {
        chunks.push_back(Value::list(a[0].element_type(),
                                     {items.begin() + static_cast<std::ptrdiff_t>(i),
                                      items.begin() + static_cast<std::ptrdiff_t>(std::min(i + step, items.size()))}));
    }
    return Value::list(element, std::move(chunks));
}

Result coalesce(Arguments& a, const Context&) {
    const auto common = unify(types_of(a));
    if (!common) return fail("all arguments must have the same type");
    for (const Value& value : a) {
        if (value.is_null()) continue;
        Result made = convert(value, *common);
        if (!made.ok()) return made;
        if (made.value().is_unknown()) return unknown_because(*common, a, not_null());
        if (made.value().is_string() && made.value().as_string().empty()) continue;
        return made;
    }
    return fail("no non-null, non-empty-string arguments");
}

Result coalescelist(Arguments& a, const Context&) {
    for (const Value& value : a) {
        if (value.is_unknown()) return unknown_because({}, a);
        if (value.is_null() && !value.type().is_dynamic()) continue;
        if (!value.is_sequence() || value.kind() == Value::Kind::set)
            return fail("coalescelist arguments must be lists or tuples");
        if (!value.elements().empty()) return value;
    }
    return fail("no non-null arguments");
}

Result compact(Arguments& a, const Context&) {
    std::vector<Value> kept;
    for (const Value& item : a[0].elements()) {
        if (item.is_unknown()) return unknown_because(Type::list(Type::string()), a, not_null());
        if (!item.is_null() && !item.as_string().empty()) kept.push_back(item);
    }
    return Value::list(Type::string(), std::move(kept));
}

Result concat(Arguments& a, const Context&) {
    if (a.empty()) return fail("at least one argument is required");
    std::vector<Value> items;
    bool lists = true;
    for (const Value& value : a) {
        if (!value.is_sequence() || value.kind() == Value::Kind::set)
            return fail("all arguments must be lists or tuples; got " + value.type().friendly_name());
        lists = lists && value.kind() == Value::Kind::list;
        for (const Value& item : value.elements()) items.push_back(item.with_marks(value.marks()));
    }
    if (items.size() > max_elements) return fail("the result is too large");
    if (lists) {
        const auto common = unify(types_of(a));
        if (common) return convert(Value::tuple(std::move(items)), *common);
    }
    return Value::tuple(std::move(items));
}

Result contains(Arguments& a, const Context&) {
    if (!a[0].is_sequence()) return fail("argument must be list, tuple, or set", 0);
    bool unknown = false;
    for (const Value& item : a[0].elements()) {
        const auto is = same(item, a[1]);
        if (!is)
            unknown = true;
        else if (*is)
            return Value::boolean(true);
    }
    if (unknown) return unknown_because(Type::boolean(), a, not_null());
    return Value::boolean(false);
}

Result distinct(Arguments& a, const Context&) {
    std::vector<Value> kept;
    std::unordered_set<std::string> seen;
    for (const Value& item : a[0].elements()) {
        if (!item.is_wholly_known()) return unknown_because(a[0].type(), a, not_null());
        if (seen.insert(item.to_text()).second) kept.push_back(item);
    }
    return Value::list(a[0].element_type(), std::move(kept));
}

Result element(Arguments& a, const Context&) {
    if (!a[0].is_sequence() || a[0].kind() == Value::Kind::set)
        return fail("cannot read elements from " + a[0].type().friendly_name(), 0);
    const auto items = a[0].elements();
    const auto at = a[1].as_number().to_int64();
    if (!at) return fail("a whole number is required", 1);
    if (*at < 0) return fail("the index must not be negative", 1);
    if (items.empty()) return fail("cannot use element function with an empty list", 0);
    const auto size = static_cast<std::int64_t>(items.size());
    return items[static_cast<std::size_t>(*at % size)];
}

bool flatten_into(const Value& value, std::vector<Value>& out) {
    for (const Value& item : value.elements()) {
        if (item.is_sequence()) {
            if (!flatten_into(item, out)) return false;
        } else if (item.is_unknown() &&
                   (item.as_unknown().type.is_dynamic() || !item.as_unknown().type.is_primitive())) {
            const Type::Kind kind = item.as_unknown().type.kind();
            if (kind == Type::Kind::map || kind == Type::Kind::object)
                out.push_back(item);
            else
                return false;
        } else {
            out.push_back(item);
        }
        if (out.size() > max_elements) return true;
    }
    return true;
}
Result flatten(Arguments& a, const Context&) {
    if (!a[0].is_sequence()) return fail("can only flatten lists, sets and tuples", 0);
    std::vector<Value> items;
    if (!flatten_into(a[0], items)) return unknown_because({}, a);
    if (items.size() > max_elements) return fail("the result is too large");
    return Value::tuple(std::move(items));
}

Result index_of(Arguments& a, const Context&) {
    if (!a[0].is_sequence() || a[0].kind() == Value::Kind::set) return fail("argument must be a list or tuple", 0);
    if (a[0].elements().empty()) return fail("cannot search an empty list", 0);
    for (std::size_t i = 0; i < a[0].elements().size(); ++i) {
        const auto is = same(a[0].elements()[i], a[1]);
        if (!is) return unknown_because(Type::number(), a, not_null());
        if (*is) return number(i);
    }
    return fail("item not found", 1);
}

Result keys(Arguments& a, const Context&) {
    if (a[0].is_unknown()) {
        const Type type = a[0].type();
        if (type.kind() != Type::Kind::object)
            return unknown_because(type.kind() == Type::Kind::map ? Type::list(Type::string()) : Type(), a, not_null());
        std::vector<Value> known;
        for (const ObjectAttribute& attribute : type.attributes()) known.push_back(text(attribute.name));
        return Value::tuple(std::move(known));
    }
    if (!a[0].is_mapping()) return fail("must have map or object type", 0);
    std::vector<Value> names;
    for (const Member& member : a[0].members()) names.push_back(text(member.name));
    if (a[0].kind() == Value::Kind::map) return Value::list(Type::string(), std::move(names));
    return Value::tuple(std::move(names));
}

Result length(Arguments& a, const Context&) {
    const Value& value = a[0];
    if (value.is_unknown()) {
        const Unknown& unknown = value.as_unknown();
        switch (unknown.type.kind()) {
            case Type::Kind::tuple:
                return number(unknown.type.elements().size());
            case Type::Kind::object:
                return number(unknown.type.attributes().size());
            case Type::Kind::boolean:
            case Type::Kind::number:
                return fail("argument must be a string, a collection type, or a structural type", 0);
            default:
                break;
        }
        Refinement range = not_null();
        range.lower = Number(static_cast<std::int64_t>(unknown.refinement.length_min));
        if (unknown.refinement.length_max) {
            range.upper = Number(static_cast<std::int64_t>(*unknown.refinement.length_max));
            if (*range.upper == *range.lower && unknown.type.is_collection()) return Value::number(*range.lower);
        }
        if (unknown.type.kind() == Type::Kind::string && !unknown.refinement.prefix.empty()) {
            range.lower = Number(static_cast<std::int64_t>(grapheme_starts(unknown.refinement.prefix).size() - 1));
        }
        return unknown_because(Type::number(), a, range);
    }
    if (value.is_string()) return number(grapheme_starts(value.as_string()).size() - 1);
    if (value.kind() == Value::Kind::set && !value.is_wholly_known() && value.elements().size() > 1) {
        Refinement range = not_null();
        range.lower = Number(1);
        range.upper = Number(static_cast<std::int64_t>(value.elements().size()));
        return unknown_because(Type::number(), a, range);
    }
    if (value.is_sequence()) return number(value.elements().size());
    if (value.is_mapping()) return number(value.members().size());
    return fail("argument must be a string, a collection type, or a structural type", 0);
}

Result lookup(Arguments& a, const Context&) {
    if (a.size() > 3) return fail("lookup() takes two or three arguments, got " + std::to_string(a.size()));
    if (a[0].is_unknown() || a[1].is_unknown() || (a.size() > 2 && a[2].is_unknown())) {
        const Type type = a[0].type();
        return unknown_because(type.kind() == Type::Kind::map ? type.element() : Type(), a);
    }
    if (!a[0].is_mapping()) return fail("lookup() requires a map as the first argument", 0);
    if (a.size() == 3 && a[0].kind() == Value::Kind::map && !convertible(a[2].type(), a[0].element_type()))
        return fail("the default value must have the same type as the map elements", 2);
    if (a.size() == 3 && a[0].kind() == Value::Kind::map && !convert(a[2], a[0].element_type()).ok())
        return fail("the default value must have the same type as the map elements", 2);
    if (const Member* member = a[0].find(a[1].as_string())) return member->value.with_marks(a[0].marks());
    if (a.size() < 3) return fail("lookup failed to find key \"" + a[1].as_string() + "\"", 1);
    if (a[0].kind() == Value::Kind::map) return convert(a[2], a[0].element_type());
    return a[2];
}

Result matchkeys(Arguments& a, const Context&) {
    if (a[0].elements().size() != a[1].elements().size()) return fail("length of keys and values should be equal");
    const Type types[] = {a[1].type(), a[2].type()};
    if (const auto common = unify(types)) {
        for (Value* side : {&a[1], &a[2]}) {
            Result made = convert(*side, *common);
            if (!made.ok()) return made;
            *side = made.value();
        }
    }
    std::vector<Value> kept;
    for (std::size_t i = 0; i < a[0].elements().size(); ++i) {
        for (const Value& want : a[2].elements()) {
            const auto is = same(a[1].elements()[i], want);
            if (!is) return unknown_because(a[0].type(), a, not_null());
            if (*is) {
                kept.push_back(a[0].elements()[i]);
                break;
            }
        }
    }
    return Value::list(a[0].element_type(), std::move(kept));
}

/// What `merge` gives when not every argument is known: the last of each name counts, so that an unknown map leaves
/// everything open.
Value unknown_merge(Arguments& a) {
    std::vector<ObjectAttribute> attributes;
    bool same_types = true;
    const auto add = [&](const std::string& name, const Type& type) {
        std::erase_if(attributes, [&](const ObjectAttribute& have) { return have.name == name; });
        attributes.push_back({name, type});
    };
    for (const Value& value : a) {
        const Type type = value.type();
        if (type.is_dynamic()) return unknown_because({}, a);
        same_types = same_types && type == a.front().type();
        for (const ObjectAttribute& attribute : type.attributes()) add(attribute.name, attribute.type);
        for (const Member& member : value.members()) add(member.name, member.value.type());
    }
    if (same_types) return unknown_because(a.front().type(), a, not_null());
    for (const Value& value : a) {
        if (value.is_unknown() && value.type().kind() == Type::Kind::map) return unknown_because({}, a);
    }
    return unknown_because(Type::object(std::move(attributes)), a, not_null());
}

Result merge(Arguments& a, const Context&) {
    std::vector<Member> members;
    bool maps = true, typed_null = false, unknown = false;
    std::vector<Type> types;
    for (const Value& value : a) {
        if (value.is_null()) {
            typed_null = typed_null || !value.type().is_dynamic();
            continue;
        }
        const Type::Kind kind = value.is_unknown() ? value.as_unknown().type.kind() : Type::Kind::dynamic;
        if (!value.is_mapping() && !(value.is_unknown() && (kind == Type::Kind::map || kind == Type::Kind::object ||
                                                            kind == Type::Kind::dynamic)))
            return fail("arguments must be maps or objects, got \"" + value.type().friendly_name() + "\"");
        unknown = unknown || value.is_unknown();
        maps = maps && value.kind() == Value::Kind::map;
        types.push_back(value.type());
        for (const Member& member : value.members())
            members.push_back({member.name, member.value.with_marks(value.marks()), member.span});
    }
    if (unknown) return unknown_merge(a);
    if (types.empty()) return typed_null ? Value::null(a.front().type()) : Value::object({});
    if (maps && std::all_of(types.begin(), types.end(), [&](const Type& t) { return t == types.front(); }))
        return Value::map(types.front().element(), std::move(members));
    return Value::object(std::move(members));
}

Result one(Arguments& a, const Context&) {
    if (a[0].is_unknown()) {
        const Type type = a[0].type();
        return unknown_because(
            type.kind() == Type::Kind::list || type.kind() == Type::Kind::set ? type.element() : Type(), a);
    }
    if (!a[0].is_sequence()) return fail("must be a list, set, or tuple value with either zero or one elements", 0);
    const auto items = a[0].elements();
    if (items.size() > 1) return fail("must be a list, set, or tuple value with either zero or one elements", 0);
    if (items.empty()) return Value::null(a[0].kind() == Value::Kind::tuple ? Type() : a[0].element_type());
    return items[0];
}

Result range(Arguments& a, const Context&) {
    if (a.empty() || a.size() > 3) return fail("must have one, two, or three arguments");
    const Number start = a.size() > 1 ? a[0].as_number() : Number(0);
    const Number end = a.size() > 1 ? a[1].as_number() : a[0].as_number();
    Number step = end < start ? Number(-1) : Number(1);
    if (a.size() == 3) step = a[2].as_number();
    if (step.is_zero())
        return start == end ? Result(Value::list(Type::number(), {})) : Result(fail("step must not be zero", 2));
    const bool down = step.is_negative();
    if (down ? start < end : end < start)
        return fail(down ? "end must be less than start when step is negative"
                         : "end must be greater than start when step is positive");
    std::vector<Value> items;
    for (Number at = start; down ? end < at : at < end; at = *add(at, step)) {
        // Terraform's own limit.
        if (items.size() >= 1024)
            return fail(
                "more than 1024 values were generated; either decrease the difference between start and end or use a "
                "smaller step");
        items.push_back(Value::number(at));
    }
    return Value::list(Type::number(), std::move(items));
}

Result reverse(Arguments& a, const Context&) {
    if (!a[0].is_sequence())
        return fail("can only reverse list or tuple values, not " + a[0].type().friendly_name(), 0);
    std::vector<Value> items(a[0].elements().begin(), a[0].elements().end());
    std::reverse(items.begin(), items.end());
    if (a[0].kind() == Value::Kind::tuple) return Value::tuple(std::move(items));
    return Value::list(a[0].element_type(), std::move(items));
}

Result set_operation(Arguments& a, bool (*keep)(std::size_t have, std::size_t sets), bool subtract,
                     bool unites = false) {
    std::vector<Type> elements;
    for (const Value& value : a)
        elements.push_back(value.is_unknown() ? value.as_unknown().type.element() : value.element_type());
    std::erase_if(elements, [](const Type& t) { return t.is_dynamic(); });
    const auto common = unify(elements);
    if (!common) return fail("given sets must all have compatible element types");
    for (const Value& value : a) {
        // A union can hold elements that are not known yet.
        if (value.is_unknown() || (!unites && !value.is_wholly_known()))
            return unknown_because(Type::set(*common), a, not_null());
    }
    std::vector<Value> all;
    std::vector<std::pair<Value, std::size_t>> counted;
    for (const Value& value : a) {
        Result made = convert(value, Type::set(*common));
        if (!made.ok()) return made;
        for (const Value& item : made.value().elements()) {
            const auto found =
                std::find_if(counted.begin(), counted.end(), [&](const auto& c) { return c.first.same_data(item); });
            if (found != counted.end())
                ++found->second;
            else if (!subtract || &value == &a.front())
                counted.push_back({item, 1});
        }
    }
    for (const auto& [item, have] : counted) {
        if (keep(have, a.size())) all.push_back(item);
    }
    return Value::set(*common, std::move(all));
}

Result setproduct(Arguments& a, const Context&) {
    if (a.size() < 2) return fail("at least two arguments are required");
    bool sets = false;
    std::size_t total = 1;
    std::vector<Type> element_types;
    for (const Value& value : a) {
        if (!value.is_sequence()) return fail("a set or a list is required");
        sets = sets || value.kind() == Value::Kind::set;
        total *= value.elements().size();
        if (total > max_elements) return fail("the result is too large");
        if (value.kind() == Value::Kind::tuple)
            element_types.push_back(unify(types_of(value.elements())).value_or(Type()));
        else
            element_types.push_back(value.element_type());
    }
    const Type element = Type::tuple(element_types);
    std::vector<Value> out;
    for (std::size_t i = 0; i < total; ++i) {
        std::vector<Value> row(a.size());
        std::size_t rest = i;
        for (std::size_t j = a.size(); j-- > 0;) {
            const auto items = a[j].elements();
            Result made = convert(items[rest % items.size()], element_types[j]);
            row[j] = made.ok() ? made.value() : items[rest % items.size()];
            rest /= items.size();
        }
        out.push_back(Value::tuple(std::move(row)));
    }
    if (sets) return Value::set(element, std::move(out));
    return Value::list(element, std::move(out));
}

Result slice(Arguments& a, const Context&) {
    if (!a[0].is_sequence() || a[0].kind() == Value::Kind::set)
        return fail(
            "cannot slice a set, because its elements do not have indices; explicitly convert to a list if the "
            "ordering of the result is not important",
            0);
    const auto from = whole_number(a[1]), to = whole_number(a[2]);
    const auto items = a[0].elements();
    if (!from) return fail("start index must not be less than zero", 1);
    if (!to || *to > items.size()) return fail("end index must not be greater than the length of the given list", 2);
    if (*from > *to) return fail("start index must not be greater than end index", 1);
    std::vector<Value> part(items.begin() + static_cast<std::ptrdiff_t>(*from),
                            items.begin() + static_cast<std::ptrdiff_t>(*to));
    if (a[0].kind() == Value::Kind::tuple) return Value::tuple(std::move(part));
    return Value::list(a[0].element_type(), std::move(part));
}

Result sort(Arguments& a, const Context&) {
    std::vector<Value> items(a[0].elements().begin(), a[0].elements().end());
    for (const Value& item : items) {
        if (item.is_null()) return fail("given list element is null; a null string cannot be sorted", 0);
    }
    if (std::any_of(items.begin(), items.end(), [](const Value& item) { return item.is_unknown(); })) {
        // How many there are is known, which is which is not.
        const Value open = unknown_because(Type::string(), a);
        return Value::list(Type::string(), std::vector<Value>(items.size(), open));
    }
    std::stable_sort(items.begin(), items.end(),
                     [](const Value& x, const Value& y) { return x.as_string() < y.as_string(); });
    return Value::list(Type::string(), std::move(items));
}

Result sum(Arguments& a, const Context&) {
    if (!a[0].is_sequence())
        return fail("argument must be list, set, or tuple. Received " + a[0].type().friendly_name(), 0);
    if (a[0].elements().empty()) return fail("cannot sum an empty list", 0);
    Number total(0);
    for (const Value& item : a[0].elements()) {
        if (item.is_null()) return fail("argument must be list, set, or tuple of number values", 0);
        if (!item.is_number() && !item.is_unknown() && a[0].kind() == Value::Kind::tuple && !item.is_string())
            return fail("argument must be list, set, or tuple of number values", 0);
        Result made = convert(item, Type::number());
        if (!made.ok()) return fail("argument must be list, set, or tuple of number values", 0);
        if (made.value().is_unknown()) return unknown_because(Type::number(), a, not_null());
        const auto next = add(total, made.value().as_number());
        if (!next) return fail("can't compute sum of opposing infinities");
        total = *next;
    }
    return Value::number(total);
}

Result transpose(Arguments& a, const Context&) {
    std::map<std::string, std::vector<Value>> out;
    for (const Member& member : a[0].members()) {
        if (member.value.is_unknown()) return unknown_because(Type::map(Type::list(Type::string())), a, not_null());
        for (const Value& item : member.value.elements()) {
            if (item.is_unknown()) return unknown_because(Type::map(Type::list(Type::string())), a, not_null());
            if (item.is_null()) return fail("input must not contain null list elements");
            out[item.as_string()].push_back(text(member.name));
        }
    }
    std::vector<Member> members;
    for (auto& [name, items] : out) members.push_back({name, Value::list(Type::string(), std::move(items)), {}});
    return Value::map(Type::list(Type::string()), std::move(members));
}

Result values_of(Arguments& a, const Context&) {
    if (!a[0].is_mapping()) return fail("values() requires a map as the first argument", 0);
    std::vector<Value> items;
    for (const Member& member : a[0].members()) items.push_back(member.value);
    if (a[0].kind() == Value::Kind::map) return Value::list(a[0].element_type(), std::move(items));
    return Value::tuple(std::move(items));
}

Result zipmap(Arguments& a, const Context&) {
    if (!a[1].is_sequence() || a[1].kind() == Value::Kind::set)
        return fail("values argument must be a list or tuple value", 1);
    const auto names = a[0].elements(), items = a[1].elements();
    if (names.size() != items.size())
        return fail("number of keys (" + std::to_string(names.size()) + ") does not match number of values (" +
                    std::to_string(items.size()) + ")");
    std::vector<Member> members;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (names[i].is_unknown())
            return unknown_because(a[1].kind() == Value::Kind::list ? Type::map(a[1].element_type()) : Type(), a);
        if (names[i].is_null()) return fail("keys must not be null", 0);
        members.push_back({names[i].as_string(), items[i], {}});
    }
    if (a[1].kind() == Value::Kind::list) return Value::map(a[1].element_type(), std::move(members));
    return Value::object(std::move(members));
}

Result to_type(Arguments& a, const Type& type) {
    if (a[0].is_unknown() && type.kind() == Type::Kind::set && a[0].type().kind() == Type::Kind::set)
        return unknown_because(type, a);
    Result made = convert(a[0], type);
    if (made.ok()) return made;
    return fail(
        "cannot convert " + a[0].type().friendly_name() + " to " + type.friendly_name() + ": " + made.failure().message,
        0);
}

Result ephemeral_as_null(Arguments& a, const Context&) {
    return a[0];
}

const Parameter anything{any, false, false}, whatever{any, true, true};
const Parameter set_parameter{Type::set(any), false, true};
const Parameter string_list{Type::list(Type::string()), false, false}, number_parameter{Type::number(), false, false},
    string_parameter{Type::string(), false, false};

}  // namespace

std::span<const Function> collection_functions() {
    static const std::vector<Function> functions = {
        {"alltrue",
         {{Type::list(Type::boolean())}},
         false,
         {},
         Type::boolean(),
         [](Arguments& a, const Context&) { return all_any(a, true); }},
        {"anytrue",
         {{Type::list(Type::boolean())}},
         false,
         {},
         Type::boolean(),
         [](Arguments& a, const Context&) { return all_any(a, false); }},
        {"chunklist", {{Type::list(any)}, number_parameter}, false, {}, any, chunklist},
        {"coalesce", {}, true, whatever, any, coalesce},
        {"coalescelist", {}, true, whatever, any, coalescelist},
        {"compact", {string_list}, false, {}, Type::list(Type::string()), compact},
        {"concat", {}, true, anything, any, concat},
        {"contains", {anything, anything}, false, {}, Type::boolean(), contains},
        {"distinct", {{Type::list(any)}}, false, {}, any, distinct},
        {"element", {anything, number_parameter}, false, {}, any, element},
        {"flatten", {anything}, false, {}, any, flatten},
        {"index", {anything, anything}, false, {}, Type::number(), index_of},
        {"keys", {{any, false, true}}, false, {}, Type::list(Type::string()), keys},
        {"length", {{any, false, true}}, false, {}, Type::number(), length},
        {"lookup", {{any, false, true}, {Type::string(), false, true}}, true, whatever, any, lookup},
        {"matchkeys", {{Type::list(any)}, {Type::list(any)}, {Type::list(any)}}, false, {}, any, matchkeys},
        {"merge", {}, true, whatever, any, merge},
        {"one", {{any, false, true}}, false, {}, any, one},
        {"range", {}, true, number_parameter, Type::list(Type::number()), range},
        {"reverse", {anything}, false, {}, any, reverse},
        {"setintersection",
         {set_parameter},
         true,
         set_parameter,
         Type::set(any),
         [](Arguments& a, const Context&) {
             return set_operation(
                 a, [](std::size_t have, std::size_t sets) { return have == sets; }, false);
         }},
        {"setunion",
         {set_parameter},
         true,
         set_parameter,
         Type::set(any),
         [](Arguments& a, const Context&) {
             return set_operation(
                 a, [](std::size_t, std::size_t) { return true; }, false, true);
         }},
        {"setsubtract",
         {set_parameter, set_parameter},
         false,
         {},
         Type::set(any),
         [](Arguments& a, const Context&) {
             return set_operation(
                 a, [](std::size_t have, std::size_t) { return have == 1; }, true);
         }},
        {"setproduct", {}, true, anything, any, setproduct},
        {"slice", {anything, number_parameter, number_parameter}, false, {}, any, slice},
        {"sort", {string_list}, false, {}, Type::list(Type::string()), sort},
        {"sum", {anything}, false, {}, Type::number(), sum},
        {"tobool",
         {whatever},
         false,
         {},
         Type::boolean(),
         [](Arguments& a, const Context&) { return to_type(a, Type::boolean()); }},
        {"tolist",
         {whatever},
         false,
         {},
         Type::list(any),
         [](Arguments& a, const Context&) { return to_type(a, Type::list(any)); }},
        {"tomap",
         {whatever},
         false,
         {},
         Type::map(any),
         [](Arguments& a, const Context&) { return to_type(a, Type::map(any)); }},
        {"tonumber",
         {whatever},
         false,
         {},
         Type::number(),
         [](Arguments& a, const Context&) { return to_type(a, Type::number()); }},
        {"toset",
         {whatever},
         false,
         {},
         Type::set(any),
         [](Arguments& a, const Context&) { return to_type(a, Type::set(any)); }},
        {"tostring",
         {whatever},
         false,
         {},
         Type::string(),
         [](Arguments& a, const Context&) { return to_type(a, Type::string()); }},
        {"transpose",
         {{Type::map(Type::list(Type::string()))}},
         false,
         {},
         Type::map(Type::list(Type::string())),
         transpose},
        {"values", {anything}, false, {}, any, values_of},
        {"zipmap", {{Type::list(Type::string())}, anything}, false, {}, any, zipmap},
        {"ephemeralasnull", {whatever}, false, {}, any, ephemeral_as_null},
        {"list",
         {},
         true,
         whatever,
         any,
         [](Arguments&, const Context&) -> Result {
             return fail(
                 "the \"list\" function was deprecated in Terraform v0.12 and is no longer available; use tolist([ ... "
                 "]) syntax to write a literal list");
         }},
        {"map",
         {},
         true,
         whatever,
         any,
         [](Arguments&, const Context&) -> Result {
             return fail(
                 "the \"map\" function was deprecated in Terraform v0.12 and is no longer available; use tomap({ ... "
                 "}) syntax to write a literal map");
         }},
    };
    return functions;
}

}  // namespace plumbline::terraform
