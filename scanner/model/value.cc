#include "scanner/model/value.h"

#include <algorithm>
#include <cassert>
#include <functional>
#include <memory>
#include <variant>

namespace plumbline {
namespace {

struct Sequence {
    Type element;
    std::vector<Value> items;
};
struct Mapping {
    Type element;
    std::vector<Member> items;
};

bool by_name(const Member& a, const Member& b) {
    return a.name < b.name;
}

std::string json_quoted(std::string_view text) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string out = "\"";
    for (char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (c == '\n') {
            out += "\\n";
        } else if (c == '\t') {
            out += "\\t";
        } else if (c == '\r') {
            out += "\\r";
        } else if (byte < 0x20) {
            out += "\\u00";
            out += digits[byte >> 4];
            out += digits[byte & 15];
        } else {
            out += c;
        }
    }
    return out + '"';
}

/// Terraform's order of set elements: strings by bytes, numbers by value, false before true, null last. Everything else
/// iterates by a hash there; here by text, so that it is the same every time.
bool set_less(const Value& a, const Value& b) {
    const auto rank = [](const Value& v) { return v.is_null() ? 2 : v.is_unknown() ? 1 : 0; };
    if (rank(a) != rank(b)) return rank(a) < rank(b);
    if (rank(a) != 0) return false;
    if (a.kind() == b.kind()) {
        switch (a.kind()) {
            case Value::Kind::string:
                return a.as_string() < b.as_string();
            case Value::Kind::number:
                return a.as_number() < b.as_number();
            case Value::Kind::boolean:
                return !a.as_bool() && b.as_bool();
            default:
                break;
        }
    }
    return a.to_text() < b.to_text();
}

}  // namespace

struct Value::Node : RefCounted {
    Kind kind = Kind::null;
    // Unknowns are rare and four times as large as the rest together; inline they would set every node's size.
    std::variant<std::monostate, Type, bool, Number, std::string, Sequence, Mapping, std::unique_ptr<const Unknown>>
        data;
};

TraceRef make_trace(Trace::Kind kind, Span span, std::string name, std::vector<TraceRef> from) {
    auto trace = make_ref<Trace>();
    trace->kind = kind;
    trace->span = span;
    trace->name = std::move(name);
    std::erase_if(from, [](const TraceRef& step) { return !step; });
    trace->has_reference =
        kind == Trace::Kind::reference ||
        std::any_of(from.begin(), from.end(), [](const TraceRef& step) { return step->has_reference; });
    trace->from = std::move(from);
    return TraceRef(trace.get());
}

TraceRef make_reference_trace(Span span, std::string address, std::string attribute, std::vector<TraceRef> from) {
    auto trace = make_ref<Trace>();
    trace->kind = Trace::Kind::reference;
    trace->span = span;
    trace->name = std::move(address);
    trace->attribute = std::move(attribute);
    std::erase_if(from, [](const TraceRef& step) { return !step; });
    trace->from = std::move(from);
    trace->has_reference = true;
    return TraceRef(trace.get());
}

CauseRef make_cause(std::string why, Span span) {
    auto cause = make_ref<Cause>();
    cause->why = std::move(why);
    cause->span = span;
    return CauseRef(cause.get());
}

Value::Value(Ref<const Node> node) : node_(std::move(node)) {}
Value::Value(const Value&) = default;
Value::Value(Value&&) noexcept = default;
Value& Value::operator=(const Value&) = default;
Value& Value::operator=(Value&&) noexcept = default;
Value::~Value() = default;

Value::Value() {
    static const Ref<const Node> node = [] {
        auto made = make_ref<Node>();
        made->data = Type();
        return Ref<const Node>(made.get());
    }();
    node_ = node;
}

template <class T>
Value Value::make(T payload) {
    auto node = make_ref<Node>();
    node->data = std::move(payload);
    return Value(Ref<const Node>(node.get()));
}

Value Value::null(Type type) {
    if (type.is_dynamic()) return Value();
    return make(std::move(type));
}

Value Value::boolean(bool value) {
    static const auto make_bool = [](bool b) {
        auto node = make_ref<Node>();
        node->kind = Kind::boolean;
        node->data = b;
        return Ref<const Node>(node.get());
    };
    static const Ref<const Node> yes = make_bool(true), no = make_bool(false);
    return Value(value ? yes : no);
}

Value Value::number(Number value) {
    auto node = make_ref<Node>();
    node->kind = Kind::number;
    node->data = std::move(value);
    return Value(Ref<const Node>(node.get()));
}

Value Value::string(std::string value) {
    auto node = make_ref<Node>();
    node->kind = Kind::string;
    node->data = std::move(value);
    return Value(Ref<const Node>(node.get()));
}

Value Value::tuple(std::vector<Value> elements) {
    auto node = make_ref<Node>();
    node->kind = Kind::tuple;
    node->data = Sequence{{}, std::move(elements)};
    return Value(Ref<const Node>(node.get()));
}

Value Value::list(Type element, std::vector<Value> elements) {
    auto node = make_ref<Node>();
    node->kind = Kind::list;
    node->data = Sequence{std::move(element), std::move(elements)};
    return Value(Ref<const Node>(node.get()));
}

Value Value::set(Type element, std::vector<Value> elements) {
    std::stable_sort(elements.begin(), elements.end(), set_less);
    // Equal known elements are neighbours now. Unknown ones may equal any other, so none is dropped for them.
    std::vector<Value> unique;
    for (Value& item : elements) {
        const bool repeated = !unique.empty() && item.is_wholly_known() && unique.back().is_wholly_known() &&
                              unique.back().without_marks_deep().identical(item.without_marks_deep());
        if (!repeated) unique.push_back(std::move(item));
    }
    auto node = make_ref<Node>();
    node->kind = Kind::set;
    node->data = Sequence{std::move(element), std::move(unique)};
    return Value(Ref<const Node>(node.get()));
}

Value Value::map(Type element, std::vector<Member> members) {
    Value value = object(std::move(members));
    auto node = make_ref<Node>();
    node->kind = Kind::map;
    node->data = Mapping{std::move(element), std::get<Mapping>(value.node_->data).items};
    return Value(Ref<const Node>(node.get()));
}

Value Value::object(std::vector<Member> members) {
    // Members out of a pack or another value are in order already; stable_sort would allocate all the same.
    if (!std::is_sorted(members.begin(), members.end(), by_name)) {
        std::stable_sort(members.begin(), members.end(), by_name);
    }
    std::size_t kept = 0;
    for (std::size_t i = 0; i < members.size(); ++i) {
        if (i + 1 < members.size() && members[i].name == members[i + 1].name) continue;
        if (kept != i) members[kept] = std::move(members[i]);
        ++kept;
    }
    members.resize(kept);
    auto node = make_ref<Node>();
    node->kind = Kind::object;
    node->data = Mapping{{}, std::move(members)};
    return Value(Ref<const Node>(node.get()));
}

Value Value::unknown(Type type, CauseRef cause, Refinement refinement) {
    Unknown made;
    made.type = std::move(type);
    made.cause = std::move(cause);
    made.refinement = std::move(refinement);
    return unknown(std::move(made));
}

Value Value::unknown(Unknown unknown) {
    auto node = make_ref<Node>();
    node->kind = Kind::unknown;
    node->data = std::make_unique<const Unknown>(std::move(unknown));
    return Value(Ref<const Node>(node.get()));
}

Value::Kind Value::kind() const {
    return node_->kind;
}
bool Value::is_sequence() const {
    return kind() == Kind::list || kind() == Kind::set || kind() == Kind::tuple;
}
bool Value::is_mapping() const {
    return kind() == Kind::map || kind() == Kind::object;
}

bool Value::is_wholly_known() const {
    if (is_unknown()) return false;
    for (const Value& item : elements()) {
        if (!item.is_wholly_known()) return false;
    }
    for (const Member& member : members()) {
        if (!member.value.is_wholly_known()) return false;
    }
    return true;
}

bool Value::as_bool() const {
    assert(is_bool());
    return std::get<bool>(node_->data);
}
const Number& Value::as_number() const {
    assert(is_number());
    return std::get<Number>(node_->data);
}
const std::string& Value::as_string() const {
    assert(is_string());
    return std::get<std::string>(node_->data);
}
std::span<const Value> Value::elements() const {
    if (const auto* sequence = std::get_if<Sequence>(&node_->data)) return sequence->items;
    return {};
}
std::span<const Member> Value::members() const {
    if (const auto* mapping = std::get_if<Mapping>(&node_->data)) return mapping->items;
    return {};
}
const Member* Value::find(std::string_view name) const {
    const auto all = members();
    const auto at =
        std::lower_bound(all.begin(), all.end(), name, [](const Member& m, std::string_view n) { return m.name < n; });
    return at != all.end() && at->name == name ? &*at : nullptr;
}
const Unknown& Value::as_unknown() const {
    assert(is_unknown());
    return *std::get<std::unique_ptr<const Unknown>>(node_->data);
}

Type Value::type() const {
    switch (kind()) {
        case Kind::null:
            return std::get<Type>(node_->data);
        case Kind::boolean:
            return Type::boolean();
        case Kind::number:
            return Type::number();
        case Kind::string:
            return Type::string();
        case Kind::list:
            return Type::list(element_type());
        case Kind::set:
            return Type::set(element_type());
        case Kind::map:
            return Type::map(element_type());
        case Kind::tuple: {
            std::vector<Type> types;
            for (const Value& item : elements()) types.push_back(item.type());
            return Type::tuple(std::move(types));
        }
        case Kind::object: {
            std::vector<ObjectAttribute> attributes;
            for (const Member& member : members()) attributes.push_back({member.name, member.value.type()});
            return Type::object(std::move(attributes));
        }
        case Kind::unknown:
            return as_unknown().type;
    }
    return {};
}

const Type& Value::element_type() const {
    static const Type none;
    if (const auto* sequence = std::get_if<Sequence>(&node_->data)) return sequence->element;
    if (const auto* mapping = std::get_if<Mapping>(&node_->data)) return mapping->element;
    return none;
}

std::uint8_t Value::marks_deep() const {
    std::uint8_t all = marks_;
    for (const Value& item : elements()) all |= item.marks_deep();
    for (const Member& member : members()) all |= member.value.marks_deep();
    return all;
}

Value Value::with_marks(std::uint8_t marks) const {
    Value copy = *this;
    copy.marks_ |= marks;
    return copy;
}
Value Value::without_marks() const {
    Value copy = *this;
    copy.marks_ = 0;
    return copy;
}
Value Value::without_marks_deep() const {
    if (marks_deep() == 0) return *this;
    Value copy = without_marks();
    if (is_sequence()) {
        std::vector<Value> items;
        for (const Value& item : elements()) items.push_back(item.without_marks_deep());
        copy.node_ = (kind() == Kind::tuple  ? tuple(std::move(items))
                      : kind() == Kind::list ? list(element_type(), std::move(items))
                                             : set(element_type(), std::move(items)))
                         .node_;
    } else if (is_mapping()) {
        std::vector<Member> items(members().begin(), members().end());
        for (Member& member : items) member.value = member.value.without_marks_deep();
        copy.node_ = (kind() == Kind::map ? map(element_type(), std::move(items)) : object(std::move(items))).node_;
    }
    return copy;
}

Value Value::traced(TraceRef trace) const {
    Value copy = *this;
    copy.trace_ = std::move(trace);
    return copy;
}

Span Value::origin() const {
    Span best;
    for (const Trace* step = trace_.get(); step;) {
        if (step->span.valid()) best = step->span;
        // Past a reference lies another resource's attribute; that is where its value was written all the same.
        step = step->from.empty() ? nullptr : step->from.front().get();
    }
    return best;
}

bool Value::identical(const Value& other) const {
    if (node_ == other.node_) return marks_ == other.marks_;
    if (kind() != other.kind() || marks_ != other.marks_) return false;
    switch (kind()) {
        case Kind::null:
            return type() == other.type();
        case Kind::boolean:
            return as_bool() == other.as_bool();
        case Kind::number:
            return as_number() == other.as_number();
        case Kind::string:
            return as_string() == other.as_string();
        case Kind::list:
        case Kind::set:
            if (!(element_type() == other.element_type())) return false;
            [[fallthrough]];
        case Kind::tuple:
            return std::equal(elements().begin(), elements().end(), other.elements().begin(), other.elements().end(),
                              [](const Value& a, const Value& b) { return a.identical(b); });
        case Kind::map:
            if (!(element_type() == other.element_type())) return false;
            [[fallthrough]];
        case Kind::object:
            return std::equal(
                members().begin(), members().end(), other.members().begin(), other.members().end(),
                [](const Member& a, const Member& b) { return a.name == b.name && a.value.identical(b.value); });
        case Kind::unknown: {
            const Unknown &a = as_unknown(), &b = other.as_unknown();
            return a.type == b.type && a.refinement.not_null == b.refinement.not_null &&
                   a.refinement.prefix == b.refinement.prefix;
        }
    }
    return false;
}

bool Value::same_data(const Value& other) const {
    if (node_ == other.node_) return true;
    if (is_sequence() && other.is_sequence()) {
        return std::equal(elements().begin(), elements().end(), other.elements().begin(), other.elements().end(),
                          [](const Value& a, const Value& b) { return a.same_data(b); });
    }
    if (is_mapping() && other.is_mapping()) {
        return std::equal(
            members().begin(), members().end(), other.members().begin(), other.members().end(),
            [](const Member& a, const Member& b) { return a.name == b.name && a.value.same_data(b.value); });
    }
    if (kind() != other.kind()) return false;
    switch (kind()) {
        case Kind::null:
            return true;
        case Kind::boolean:
            return as_bool() == other.as_bool();
        case Kind::number:
            return as_number() == other.as_number();
        case Kind::string:
            return as_string() == other.as_string();
        default:
            return false;
    }
}

namespace {

void write_text(const Value& value, std::size_t limit, std::string& out) {
    if (limit != 0 && out.size() > limit) return;
    switch (value.kind()) {
        case Value::Kind::null:
            out += "null";
            return;
        case Value::Kind::boolean:
            out += value.as_bool() ? "true" : "false";
            return;
        case Value::Kind::number:
            out += value.as_number().to_string();
            return;
        case Value::Kind::string:
            out += json_quoted(value.as_string());
            return;
        case Value::Kind::unknown:
            out += "(unknown)";
            return;
        default:
            break;
    }
    bool first = true;
    if (value.is_sequence()) {
        out += '[';
        for (const Value& item : value.elements()) {
            if (!first) out += ',';
            first = false;
            write_text(item, limit, out);
        }
        out += ']';
        return;
    }
    out += '{';
    for (const Member& member : value.members()) {
        if (!first) out += ',';
        first = false;
        out += json_quoted(member.name) + ':';
        write_text(member.value, limit, out);
    }
    out += '}';
}

}  // namespace

std::string Value::to_text(std::size_t limit) const {
    std::string out;
    write_text(*this, limit, out);
    if (limit != 0 && out.size() > limit) {
        std::size_t end = limit;
        while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xC0) == 0x80) --end;
        out.resize(end);
        out += "…";
    }
    return out;
}

std::uint64_t weight_of(const Value& value, std::uint64_t limit) {
    std::uint64_t weight = 1;
    for (const Value& item : value.elements()) {
        if (weight >= limit) break;
        weight += weight_of(item, limit - weight);
    }
    for (const Member& member : value.members()) {
        if (weight >= limit) break;
        weight += weight_of(member.value, limit - weight);
    }
    return weight;
}

}  // namespace plumbline
