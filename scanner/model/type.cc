#include "scanner/model/type.h"

#include <algorithm>

namespace plumbline {

struct Type::Node {
    std::vector<Type> elements;               // of a collection: one; of a tuple: all
    std::vector<ObjectAttribute> attributes;  // of an object
    bool has_dynamic = false;
};

namespace {

bool is_plain_name(std::string_view text) {
    if (text.empty()) return false;
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
    if (!letter(text[0])) return false;
    return std::all_of(text.begin(), text.end(),
                       [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '-'; });
}

std::string quoted_name(std::string_view text) {
    std::string out = "\"";
    for (char c : text) {
        if (c == '"' || c == '\\') out += '\\';
        if (c == '\n')
            out += "\\n";
        else if (c == '\t')
            out += "\\t";
        else
            out += c;
    }
    return out + '"';
}

}  // namespace

Type Type::list(Type element) {
    auto node = std::make_shared<Node>();
    node->has_dynamic = element.has_dynamic();
    node->elements.push_back(std::move(element));
    return {Kind::list, std::move(node)};
}
Type Type::set(Type element) {
    Type type = list(std::move(element));
    type.kind_ = Kind::set;
    return type;
}
Type Type::map(Type element) {
    Type type = list(std::move(element));
    type.kind_ = Kind::map;
    return type;
}
Type Type::tuple(std::vector<Type> elements) {
    auto node = std::make_shared<Node>();
    node->has_dynamic = std::any_of(elements.begin(), elements.end(), [](const Type& t) { return t.has_dynamic(); });
    node->elements = std::move(elements);
    return {Kind::tuple, std::move(node)};
}
Type Type::object(std::vector<ObjectAttribute> attributes) {
    auto node = std::make_shared<Node>();
    std::sort(attributes.begin(), attributes.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
    node->has_dynamic =
        std::any_of(attributes.begin(), attributes.end(), [](const auto& a) { return a.type.has_dynamic(); });
    node->attributes = std::move(attributes);
    return {Kind::object, std::move(node)};
}

const Type& Type::element() const {
    static const Type none;
    return node_ && !node_->elements.empty() ? node_->elements.front() : none;
}
std::span<const Type> Type::elements() const {
    return node_ ? std::span<const Type>(node_->elements) : std::span<const Type>();
}
std::span<const ObjectAttribute> Type::attributes() const {
    return node_ ? std::span<const ObjectAttribute>(node_->attributes) : std::span<const ObjectAttribute>();
}
const ObjectAttribute* Type::attribute(std::string_view name) const {
    const auto all = attributes();
    const auto at = std::lower_bound(all.begin(), all.end(), name,
                                     [](const ObjectAttribute& a, std::string_view n) { return a.name < n; });
    return at != all.end() && at->name == name ? &*at : nullptr;
}
bool Type::has_dynamic() const {
    return kind_ == Kind::dynamic || (node_ && node_->has_dynamic);
}

bool Type::operator==(const Type& other) const {
    if (kind_ != other.kind_) return false;
    if (node_ == other.node_) return true;
    if (!node_ || !other.node_) return false;
    return node_->elements == other.node_->elements && node_->attributes == other.node_->attributes;
}

std::string Type::to_string() const {
    switch (kind_) {
        case Kind::dynamic:
            return "dynamic";
        case Kind::boolean:
            return "bool";
        case Kind::number:
            return "number";
        case Kind::string:
            return "string";
        case Kind::list:
            return "list(" + element().to_string() + ")";
        case Kind::set:
            return "set(" + element().to_string() + ")";
        case Kind::map:
            return "map(" + element().to_string() + ")";
        case Kind::tuple: {
            std::string out = "tuple([";
            for (const Type& type : elements()) {
                if (&type != &elements().front()) out += ", ";
                out += type.to_string();
            }
            return out + "])";
        }
        case Kind::object: {
            std::string out = "object({";
            for (const ObjectAttribute& attribute : attributes()) {
                if (&attribute != &attributes().front()) out += ", ";
                out += (is_plain_name(attribute.name) ? attribute.name : quoted_name(attribute.name)) + "=";
                out += attribute.optional ? "optional(" + attribute.type.to_string() + ")" : attribute.type.to_string();
            }
            return out + "})";
        }
    }
    return "dynamic";
}

std::string Type::friendly_name() const {
    switch (kind_) {
        case Kind::list:
            return "list of " + element().friendly_name();
        case Kind::set:
            return "set of " + element().friendly_name();
        case Kind::map:
            return "map of " + element().friendly_name();
        case Kind::tuple:
            return "tuple";
        case Kind::object:
            return "object";
        default:
            return to_string();
    }
}

}  // namespace plumbline
