#include "parsers/terraform/body_values.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "parsers/terraform/expansion.h"

namespace plumbline::terraform {
namespace {

using hcl::Expr;
using Kind = Expr::Kind;

constexpr std::array<std::string_view, 5> meta_arguments = {"count", "for_each", "provider", "depends_on", "providers"};
constexpr std::array<std::string_view, 3> meta_blocks = {"lifecycle", "connection", "provisioner"};

// A block takes the memory of some ten small values beside those of its arguments.
constexpr std::uint64_t steps_a_block = 10;

bool is_meta_block(std::string_view type) {
    return std::find(meta_blocks.begin(), meta_blocks.end(), type) != meta_blocks.end();
}

/// The blocks of one type in one body. An unknown among `values` stands for the blocks of a dynamic block whose number
/// is unknown: its alternatives are none, and one.
struct Group {
    std::string type;
    std::vector<Value> values;
    Span span;  // of the first block's header
};

bool may_be_absent(const Value& block) {
    return block.is_unknown() && block.as_unknown().alternatives.size() == 2;
}

/// The groups of one body in the making.
class Blocks {
  public:
    explicit Blocks(Evaluator& evaluator) : evaluator_(evaluator) {}

    void add(const hcl::Block& block) {
        if (block.type == "dynamic" && block.labels.size() == 1) return add_dynamic(block);
        add(block.type, block.header,
            body_value(*block.body, evaluator_).traced(make_trace(Trace::Kind::literal, block.header)));
    }

    void move_to(std::vector<Member>& members) {
        for (Group& group : groups_) {
            const bool open = std::any_of(group.values.begin(), group.values.end(), may_be_absent);
            Value value = open ? either(group) : Value::tuple(std::move(group.values));
            members.push_back(
                {std::move(group.type), value.traced(make_trace(Trace::Kind::literal, group.span)), group.span});
        }
    }

  private:
    void add(std::string_view type, Span header, Value value) {
        const auto found =
            std::find_if(groups_.begin(), groups_.end(), [&](const Group& group) { return group.type == type; });
        if (found != groups_.end()) {
            found->values.push_back(std::move(value));
            return;
        }
        groups_.push_back({std::string(type), {std::move(value)}, header});
    }

    /// With or without the blocks that may or may not be there.
    static Value either(const Group& group) {
        std::vector<Value> without, with;
        Unknown made;
        for (const Value& item : group.values) {
            if (may_be_absent(item)) {
                made.cause = item.as_unknown().cause;
                for (const Value& block : item.as_unknown().alternatives[1].elements()) with.push_back(block);
            } else {
                without.push_back(item);
                with.push_back(item);
            }
        }
        const TraceRef trace = make_trace(Trace::Kind::literal, group.span);
        made.alternatives = {Value::tuple(std::move(without)).traced(trace),
                             Value::tuple(std::move(with)).traced(trace)};
        return Value::unknown(std::move(made));
    }

    void add_dynamic(const hcl::Block& block) {
        const Dynamic dynamic = parts_of(block);
        if (!dynamic.for_each || !dynamic.content) {
            evaluator_.fault("Missing required argument",
                             "A dynamic block needs a for_each argument and a content block.", block.header);
            return;
        }
        const Value collection = evaluator_.evaluate(*dynamic.for_each);
        const TraceRef trace = make_trace(Trace::Kind::expression, block.header, {}, {collection.trace()});
        const auto make = [&](const Value& key, const Value& value) {
            evaluator_.bind(dynamic.iterator, Value::object({{"key", key, {}}, {"value", value, {}}}));
            Value made = body_value(*dynamic.content, evaluator_).traced(trace);
            evaluator_.unbind();
            return made;
        };
        if (collection.is_unknown()) {
            // How many blocks there will be is not known: one stands for them, inside of an unknown.
            Unknown unknown;
            unknown.cause = collection.as_unknown().cause;
            const Value any = Value::unknown({}, unknown.cause);
            unknown.alternatives = {Value::tuple({}), Value::tuple({make(any, any)})};
            add(dynamic.type, block.header, Value::unknown(std::move(unknown)).traced(trace));
            return;
        }
        if (!is_iterable(collection, dynamic.for_each->span)) return;
        std::int64_t i = 0;
        for (const Value& item : collection.elements()) {
            if (!evaluator_.spend(steps_a_block, block.header)) return;
            const Value key = collection.kind() == Value::Kind::set ? item : Value::number(Number(i++));
            add(dynamic.type, block.header, make(key, item));
        }
        for (const Member& member : collection.members()) {
            if (!evaluator_.spend(steps_a_block, block.header)) return;
            add(dynamic.type, block.header, make(Value::string(member.name), member.value));
        }
    }

    struct Dynamic {
        std::string_view type, iterator;
        const Expr* for_each = nullptr;
        const hcl::Body* content = nullptr;
    };
    static Dynamic parts_of(const hcl::Block& block) {
        Dynamic parts;
        parts.type = parts.iterator = block.labels[0].text;
        for (const hcl::Attribute& item : block.body->attributes) {
            if (item.name == "for_each") parts.for_each = item.value;
            if (item.name == "iterator" && item.value->kind == Kind::variable)
                parts.iterator = static_cast<const hcl::VariableExpr*>(item.value)->name;
            if (item.name == "iterator" && item.value->kind == Kind::literal_string)
                parts.iterator = static_cast<const hcl::StringExpr*>(item.value)->value;
        }
        for (const hcl::Block& inner : block.body->blocks) {
            if (inner.type == "content") parts.content = inner.body;
        }
        return parts;
    }

    bool is_iterable(const Value& collection, Span place) {
        if (collection.is_null() || (!collection.is_sequence() && !collection.is_mapping())) {
            evaluator_.fault("Invalid dynamic for_each value",
                             collection.is_null() ? "Cannot use a null value in for_each."
                                                  : "Cannot use a " + collection.type().friendly_name() +
                                                        " value in for_each. An iterable collection is required.",
                             place);
            return false;
        }
        if (collection.elements().size() + collection.members().size() > max_instances) {
            evaluator_.fault("Too many blocks", "The dynamic block has more than 50,000 elements; none was made.",
                             place);
            return false;
        }
        return true;
    }

    Evaluator& evaluator_;
    std::vector<Group> groups_;
};

/// What a resource's meta-arguments and blocks say that rules may ask for.
void read_meta(const hcl::Body& body, Evaluator& evaluator, std::vector<Member>& meta) {
    for (const hcl::Attribute& item : body.attributes) {
        if (item.name == "provider") meta.push_back({"provider", Value::string(provider_name(*item.value)), item.span});
    }
    for (const hcl::Block& block : body.blocks) {
        if (block.type != "lifecycle") continue;
        std::vector<Member> lifecycle;
        for (const hcl::Attribute& item : block.body->attributes) {
            if (item.name == "prevent_destroy" || item.name == "create_before_destroy")
                lifecycle.push_back({std::string(item.name), evaluator.evaluate(*item.value), item.span});
        }
        meta.push_back({"lifecycle", Value::object(std::move(lifecycle)), block.header});
    }
}

Value made_of(const hcl::Body& body, Evaluator& evaluator, bool of_resource) {
    std::vector<Member> members;
    members.reserve(body.attributes.size() + body.blocks.size());
    for (const hcl::Attribute& item : body.attributes) {
        if (of_resource && is_meta_argument(item.name)) continue;
        members.push_back({std::string(item.name), evaluator.evaluate(*item.value), item.span});
    }
    Blocks blocks(evaluator);
    for (const hcl::Block& block : body.blocks) {
        if (!of_resource || !is_meta_block(block.type)) blocks.add(block);
    }
    blocks.move_to(members);
    return Value::object(std::move(members)).traced(make_trace(Trace::Kind::literal, body.span));
}

}  // namespace

bool is_meta_argument(std::string_view name) {
    return std::find(meta_arguments.begin(), meta_arguments.end(), name) != meta_arguments.end();
}

std::string provider_name(const Expr& expr) {
    const Expr* at = &expr;
    if (at->kind == Kind::index) at = static_cast<const hcl::IndexExpr*>(at)->object;
    std::string alias;
    if (at->kind == Kind::get_attr) {
        alias = "." + std::string(static_cast<const hcl::GetAttrExpr*>(at)->name);
        at = static_cast<const hcl::GetAttrExpr*>(at)->object;
    }
    if (at->kind == Kind::variable) return std::string(static_cast<const hcl::VariableExpr*>(at)->name) + alias;
    if (at->kind == Kind::literal_string) return std::string(static_cast<const hcl::StringExpr*>(at)->value) + alias;
    return alias;
}

Value body_value(const hcl::Body& body, Evaluator& evaluator) {
    return made_of(body, evaluator, false);
}

Value resource_body_value(const hcl::Body& body, Evaluator& evaluator, std::vector<Member>& meta) {
    read_meta(body, evaluator, meta);
    return made_of(body, evaluator, true);
}

}  // namespace plumbline::terraform
