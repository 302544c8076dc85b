#include "parsers/terraform/evaluate.h"

#include <algorithm>
#include <map>

#include "parsers/terraform/function_table.h"
#include "scanner/model/text.h"

namespace plumbline::terraform {
namespace {

using hcl::Expr;
using Kind = hcl::Expr::Kind;

// Deeper than the readers let anything nest, plus the locals and modules that a reference leads through. Workers have
// stacks for it (scanner/workers.h).
constexpr int max_depth = 4000;
// A text of this size comes from locals that double each other, not from a configuration.
constexpr std::size_t max_text = 16U << 20;
// Values in one value. A file of the largest size that is read decodes to fewer; more comes from lists that hold each
// other several times, which take no memory, but time whenever they are walked over.
constexpr std::uint32_t max_weight = 4'000'000;
// How many values are looked through in the time of one step.
constexpr std::uint32_t walked_a_step = 16;
// Bytes of text that take as much memory as what one step makes otherwise.
constexpr std::size_t text_a_step = 64;

/// Counts no further than what is refused.
std::uint64_t bounded_weight(const Value& value) {
    return weight_of(value, std::uint64_t{max_weight} + 1);
}

/// What can be larger than all that it is made of.
bool composes(Kind kind) {
    return kind == Kind::tuple || kind == Kind::object || kind == Kind::for_tuple || kind == Kind::for_object ||
           kind == Kind::splat_attr || kind == Kind::splat_full || kind == Kind::call;
}

/// Elements of anything `for` and splats go over: (key, value).
bool iterate(const Value& collection, const auto& visit) {
    if (collection.is_sequence()) {
        std::int64_t i = 0;
        for (const Value& item : collection.elements()) {
            const Value key = collection.kind() == Value::Kind::set ? item : Value::number(Number(i));
            if (!visit(key, item)) return false;
            ++i;
        }
        return true;
    }
    for (const Member& member : collection.members()) {
        if (!visit(Value::string(member.name), member.value)) return false;
    }
    return true;
}

/// One of two lists of the same length: a list of that length whose elements are open.
Value either_list(const Value& yes, const Value& no, const Value& condition) {
    std::vector<Value> items;
    for (std::size_t i = 0; i < yes.elements().size(); ++i) {
        Unknown item;
        item.type = yes.element_type();
        item.cause = condition.as_unknown().cause;
        item.alternatives = {yes.elements()[i], no.elements()[i]};
        items.push_back(Value::unknown(std::move(item)).traced(condition.trace()));
    }
    return Value::list(yes.element_type(), std::move(items)).traced(yes.trace());
}

bool is_reference(const Expr& expr) {
    const Expr* at = &expr;
    while (at->kind == Kind::get_attr || at->kind == Kind::index) {
        at = at->kind == Kind::get_attr ? static_cast<const hcl::GetAttrExpr*>(at)->object
                                        : static_cast<const hcl::IndexExpr*>(at)->object;
    }
    return at->kind == Kind::variable;
}

}  // namespace

Value Evaluator::fault(std::string summary, std::string detail, Span subject) {
    std::string why = summary;
    diagnostics_->error("terraform-evaluation", std::move(summary), std::move(detail), subject);
    return Value::unknown({}, make_cause("this expression is refused: " + why, subject));
}

const Value* Evaluator::local(std::string_view name) const {
    for (auto at = locals_.rbegin(); at != locals_.rend(); ++at) {
        if (at->first == name) return &at->second;
    }
    return nullptr;
}

Value Evaluator::finish(Result result, Span subject, std::string_view summary) {
    if (result.ok()) return result.value();
    std::string message = result.failure().message;
    const std::size_t colon = message.find(": ");
    if (summary.empty() && colon != std::string::npos && std::isupper(static_cast<unsigned char>(message[0]))) {
        return fault(message.substr(0, colon), message.substr(colon + 2), subject);
    }
    return fault(std::string(summary.empty() ? "Invalid operation" : summary), std::move(message), subject);
}

void Budget::report(Diagnostics& diagnostics) const {
    if (!exceeded) return;
    diagnostics.error("terraform-evaluation", "Too much to evaluate",
                      "This root module takes more than 8 million steps or nests too deeply; what is left counts as "
                      "unknown.",
                      *exceeded);
}

/// Not a fault: `try` would take the next argument for it, and a condition's other branch would swallow it.
bool Evaluator::give_up(Span place) {
    if (!budget_.exceeded) budget_.exceeded = place;
    return false;
}

bool Evaluator::spend(std::uint64_t steps, Span place) {
    const bool enough = budget_.steps > steps;
    budget_.steps -= std::min(budget_.steps, steps);
    return enough || give_up(place);
}

Value Evaluator::out_of_budget(Span place) const {
    return Value::unknown({}, make_cause("the limit of evaluation was reached", place));
}

Value Evaluator::evaluate(const Expr& expr) {
    if (budget_.depth >= max_depth) give_up(expr.span);
    if (budget_.depth >= max_depth || !spend(1, expr.span)) return out_of_budget(expr.span);
    ++budget_.depth;
    Value value = evaluate_plain(expr);
    --budget_.depth;
    return weighed(std::move(value), expr);
}

Value Evaluator::too_large(Span place) {
    return fault("Value too large", "This expression gives more than 4 million values.", place);
}

Value Evaluator::weighed(Value value, const Expr& expr) {
    if (!composes(expr.kind) || (!value.is_sequence() && !value.is_mapping())) return value;
    const std::uint64_t weight = bounded_weight(value);
    if (weight > max_weight) return too_large(expr.span);
    return spend(weight / walked_a_step, expr.span) ? value : out_of_budget(expr.span);
}

Value Evaluator::evaluate_plain(const Expr& expr) {
    switch (expr.kind) {
        case Kind::literal_null:
            return Value::null().traced(make_trace(Trace::Kind::literal, expr.span));
        case Kind::literal_bool:
            return Value::boolean(static_cast<const hcl::BoolExpr&>(expr).value)
                .traced(make_trace(Trace::Kind::literal, expr.span));
        case Kind::literal_number: {
            const auto number = Number::parse(static_cast<const hcl::NumberExpr&>(expr).text);
            return Value::number(number.value_or(Number(0))).traced(make_trace(Trace::Kind::literal, expr.span));
        }
        case Kind::literal_string:
            return Value::string(std::string(static_cast<const hcl::StringExpr&>(expr).value))
                .traced(make_trace(Trace::Kind::literal, expr.span));
        case Kind::template_:
            return template_value(static_cast<const hcl::TemplateExpr&>(expr));
        case Kind::wrap:
            return evaluate(*static_cast<const hcl::WrapExpr&>(expr).inner);
        case Kind::paren:
            return evaluate(*static_cast<const hcl::ParenExpr&>(expr).inner);
        case Kind::tuple: {
            std::vector<Value> items;
            for (const Expr* item : static_cast<const hcl::TupleExpr&>(expr).items) items.push_back(evaluate(*item));
            return Value::tuple(std::move(items)).traced(make_trace(Trace::Kind::literal, expr.span));
        }
        case Kind::object:
            return object(static_cast<const hcl::ObjectExpr&>(expr));
        case Kind::for_tuple:
        case Kind::for_object:
            return for_value(static_cast<const hcl::ForExpr&>(expr));
        case Kind::call:
            return call(static_cast<const hcl::CallExpr&>(expr));
        case Kind::variable:
        case Kind::get_attr:
        case Kind::index:
            return traversal(expr);
        case Kind::splat_attr:
        case Kind::splat_full:
            return splat(static_cast<const hcl::SplatExpr&>(expr));
        case Kind::splat_item:
            return splat_items_.empty() ? Value() : splat_items_.back();
        case Kind::unary: {
            const auto& unary = static_cast<const hcl::UnaryExpr&>(expr);
            const Value operand = evaluate(*unary.operand);
            Value made = finish(unary.op == hcl::UnaryOp::negate ? negate(operand) : logical_not(operand), expr.span,
                                "Invalid operand");
            return made.trace() ? made : made.traced(make_trace(Trace::Kind::expression, expr.span));
        }
        case Kind::binary: {
            const auto& binary = static_cast<const hcl::BinaryExpr&>(expr);
            const Value left = evaluate(*binary.left), right = evaluate(*binary.right);
            using Op = hcl::BinaryOp;
            const auto compute = [&]() -> Result {
                switch (binary.op) {
                    case Op::or_:
                        return logical_or(left, right);
                    case Op::and_:
                        return logical_and(left, right);
                    case Op::equal:
                        return equal(left, right);
                    case Op::not_equal:
                        return not_equal(left, right);
                    case Op::less:
                        return compare(Comparison::less, left, right);
                    case Op::less_equal:
                        return compare(Comparison::less_equal, left, right);
                    case Op::greater:
                        return compare(Comparison::greater, left, right);
                    case Op::greater_equal:
                        return compare(Comparison::greater_equal, left, right);
                    case Op::add:
                        return arithmetic(Arithmetic::add, left, right);
                    case Op::subtract:
                        return arithmetic(Arithmetic::subtract, left, right);
                    case Op::multiply:
                        return arithmetic(Arithmetic::multiply, left, right);
                    case Op::divide:
                        return arithmetic(Arithmetic::divide, left, right);
                    case Op::modulo:
                        return arithmetic(Arithmetic::modulo, left, right);
                }
                return Value();
            };
            Value made = finish(compute(), expr.span, "Invalid operand");
            return made.traced(make_trace(Trace::Kind::expression, expr.span, {}, {left.trace(), right.trace()}));
        }
        case Kind::conditional:
            return conditional(static_cast<const hcl::ConditionalExpr&>(expr));
        case Kind::template_for:
        case Kind::template_if:
            return Value();  // only inside templates
        case Kind::invalid:
            return Value::unknown({}, make_cause("this expression could not be read", expr.span));
    }
    return Value();
}

Value Evaluator::step(const Value& object, const Expr& expr) {
    const Trace* from = reference_of(object);
    // How the resource got here comes along when it was not read directly.
    const TraceRef way = from == object.trace().get() ? TraceRef() : object.trace();
    if (expr.kind == Kind::get_attr) {
        const auto& get = static_cast<const hcl::GetAttrExpr&>(expr);
        const std::string name = hcl::to_nfc(get.name);
        const Member* member = object.find(name);
        // A null may well be computed by the provider.
        if (from && (!member || member->value.is_null()) && has_open_schema(object))
            return computed_attribute(object, name, expr.span);
        Value made = finish(get_attribute(object, name), get.name_span);
        if (!from) return made.trace() ? made : made.traced(object.trace());
        std::string attribute = from->attribute.empty() ? name : from->attribute + "." + name;
        return made.traced(make_reference_trace(expr.span, from->name, std::move(attribute), {made.trace(), way}));
    }
    const auto& at = static_cast<const hcl::IndexExpr&>(expr);
    const Value key = evaluate(*at.key);
    if (from && key.is_string() && !object.find(key.as_string()) && has_open_schema(object) && from->attribute.empty())
        return computed_attribute(object, key.as_string(), expr.span);
    Value made = finish(index(object, key), at.bracket);
    if (!from || (made.trace() && made.trace()->kind == Trace::Kind::reference))
        return made.trace() ? made : made.traced(object.trace());
    const std::string text = "[" + (key.is_unknown() ? std::string("?") : key.to_text()) + "]";
    return made.traced(make_reference_trace(expr.span, from->name, from->attribute + text, {made.trace(), way}));
}

Value Evaluator::traversal(const Expr& expr) {
    // The steps from the root outwards; chains are short, nesting in keys is evaluated on its own.
    std::vector<const Expr*> steps;
    const Expr* at = &expr;
    while (at->kind == Kind::get_attr || at->kind == Kind::index) {
        steps.push_back(at);
        at = at->kind == Kind::get_attr ? static_cast<const hcl::GetAttrExpr*>(at)->object
                                        : static_cast<const hcl::IndexExpr*>(at)->object;
    }
    std::reverse(steps.begin(), steps.end());
    Value value;
    std::size_t used = 0;
    if (at->kind == Kind::variable) {
        const auto& root = static_cast<const hcl::VariableExpr&>(*at);
        if (const Value* bound = local(root.name))
            value = *bound;
        else
            value = scope_.reference(root, steps, used, *this);
    } else {
        value = evaluate(*at);
    }
    for (std::size_t i = used; i < steps.size(); ++i) value = step(value, *steps[i]);
    return value;
}

Value Evaluator::object(const hcl::ObjectExpr& expr) {
    std::vector<Member> members;
    std::uint8_t marks = 0;
    for (const hcl::ObjectItem& item : expr.items) {
        std::string name;
        if (item.bare_key) {
            // Names of attributes are texts, so NFC; names of variables and resources are compared as they are.
            name = hcl::to_nfc(static_cast<const hcl::StringExpr*>(item.key)->value);
        } else {
            if (item.key->kind == Kind::get_attr) {
                fault("Ambiguous attribute key",
                      "If this expression is intended to be a reference, wrap it in parentheses. If it's instead "
                      "intended as a literal name containing periods, wrap it in quotes to create a string literal.",
                      item.key->span);
                continue;
            }
            const Value key = evaluate(*item.key);
            marks |= key.marks();
            if (key.is_null()) {
                fault("Null value as key", "Can't use a null value as a key.", item.key->span);
                continue;
            }
            if (key.is_unknown())
                return unknown_because({}, {&key, 1})
                    .traced(make_trace(Trace::Kind::expression, expr.span, {}, {key.trace()}));
            Result text = convert(key, Type::string());
            if (!text.ok()) {
                fault("Incorrect key type", "Can't use this value as a key: string required.", item.key->span);
                continue;
            }
            name = text.value().as_string();
        }
        members.push_back({std::move(name), evaluate(*item.value), item.span});
    }
    return Value::object(std::move(members)).with_marks(marks).traced(make_trace(Trace::Kind::literal, expr.span));
}

bool Evaluator::template_parts(const hcl::TemplateExpr& expr, std::vector<Value>& parts) {
    for (const Expr* part : expr.parts) {
        if (part->kind == Kind::template_if) {
            const auto& branch = static_cast<const hcl::TemplateIfExpr&>(*part);
            const Value condition = finish(convert(evaluate(*branch.condition), Type::boolean()),
                                           branch.condition->span, "Invalid condition expression");
            if (condition.is_null()) {
                parts.push_back(fault("Null condition",
                                      "The condition value is null. Conditions must either be true or false.",
                                      branch.condition->span));
            } else if (condition.is_unknown()) {
                Unknown unknown;
                unknown.type = Type::string();
                unknown.cause = condition.as_unknown().cause;
                unknown.refinement.not_null = true;
                parts.push_back(
                    Value::unknown(std::move(unknown)).with_marks(condition.marks()).traced(condition.trace()));
            } else if (condition.as_bool()) {
                const std::size_t first = parts.size();
                template_parts(*branch.yes, parts);
                for (std::size_t i = first; i < parts.size(); ++i) parts[i] = parts[i].with_marks(condition.marks());
            } else if (branch.no) {
                const std::size_t first = parts.size();
                template_parts(*branch.no, parts);
                for (std::size_t i = first; i < parts.size(); ++i) parts[i] = parts[i].with_marks(condition.marks());
            }
        } else if (part->kind == Kind::template_for) {
            const auto& loop = static_cast<const hcl::TemplateForExpr&>(*part);
            const Value collection = evaluate(*loop.collection);
            if (collection.is_unknown()) {
                parts.push_back(unknown_because(Type::string(), {&collection, 1}, not_null()));
                continue;
            }
            if (!collection.is_sequence() && !collection.is_mapping()) {
                parts.push_back(fault("Iteration over non-iterable value",
                                      "A value of type " + collection.type().friendly_name() +
                                          " cannot be used as the collection in a 'for' expression.",
                                      loop.collection->span));
                continue;
            }
            iterate(collection, [&](const Value& key, const Value& item) {
                if (!loop.key_name.empty()) bind(loop.key_name, key);
                bind(loop.value_name, item);
                template_parts(*loop.body, parts);
                unbind();
                if (!loop.key_name.empty()) unbind();
                return budget_.steps > 0;
            });
            if (collection.marks() && !parts.empty()) parts.back() = parts.back().with_marks(collection.marks());
        } else {
            const Value value = evaluate(*part);
            if (value.is_null()) {
                parts.push_back(fault(
                    "Invalid template interpolation value",
                    "The expression result is null. Cannot include a null value in a string template.", part->span));
                continue;
            }
            if (value.is_unknown() && !convertible(value.type(), Type::string())) {
                parts.push_back(unknown_because(Type::string(), {&value, 1}, not_null()));
                continue;
            }
            Result text = convert(value, Type::string());
            if (!text.ok()) {
                parts.push_back(fault("Invalid template interpolation value",
                                      "Cannot include the given value in a string template: string required.",
                                      part->span));
                continue;
            }
            parts.push_back(text.value());
        }
    }
    return true;
}

Value Evaluator::template_value(const hcl::TemplateExpr& expr) {
    std::vector<Value> parts;
    template_parts(expr, parts);
    std::string text;
    std::uint8_t marks = 0;
    std::vector<TraceRef> from;
    bool unknown = false;
    for (const Value& part : parts) {
        marks |= part.marks();
        if (part.trace() && part.trace()->kind != Trace::Kind::literal) from.push_back(part.trace());
        if (unknown) continue;
        if (part.is_unknown()) {
            text += part.as_unknown().refinement.prefix;
            unknown = true;
        } else {
            text += part.as_string();
        }
        if (text.size() > max_text)
            return fault("Text too long", "This template gives more than 16 MiB of text.", expr.span);
    }
    if (!spend(text.size() / text_a_step, expr.span)) return out_of_budget(expr.span);
    TraceRef trace = make_trace(Trace::Kind::expression, expr.span, {}, std::move(from));
    if (!unknown) return Value::string(hcl::to_nfc(text)).with_marks(marks).traced(std::move(trace));
    Unknown made;
    made.type = Type::string();
    made.refinement.not_null = true;
    made.refinement.prefix = text;
    made.cause = first_cause(parts);
    made.parts = std::move(parts);
    return Value::unknown(std::move(made)).with_marks(marks).traced(std::move(trace));
}

Value Evaluator::for_value(const hcl::ForExpr& expr) {
    const Value collection = evaluate(*expr.collection);
    if (collection.is_null())
        return fault("Iteration over null value",
                     "A null value cannot be used as the collection in a 'for' expression.", expr.collection->span);
    if (collection.is_unknown()) return unknown_because({}, {&collection, 1}, not_null());
    if (!collection.is_sequence() && !collection.is_mapping()) {
        return fault("Iteration over non-iterable value",
                     "A value of type " + collection.type().friendly_name() +
                         " cannot be used as the collection in a 'for' expression.",
                     expr.collection->span);
    }
    const bool tuple = expr.kind == Kind::for_tuple;
    std::vector<Value> items;
    std::vector<Member> members;
    std::map<std::string, std::vector<Value>, std::less<>> groups;
    std::uint64_t weight = 0;
    std::uint8_t marks = collection.marks();
    Value undecided;
    bool whole = true;
    iterate(collection, [&](const Value& key, const Value& item) {
        if (!expr.key_name.empty()) bind(expr.key_name, key);
        bind(expr.value_name, item);
        const auto leave = [&](bool go_on) {
            unbind();
            if (!expr.key_name.empty()) unbind();
            return go_on && weight <= max_weight && budget_.steps > 0;
        };
        if (expr.condition) {
            const Value raw = evaluate(*expr.condition);
            if (raw.is_null()) {
                undecided =
                    fault("Condition is null", "The value of the 'if' clause must not be null.", expr.condition->span);
                whole = false;
                return leave(false);
            }
            Result condition = convert(raw, Type::boolean());
            if (!condition.ok()) {
                undecided = fault("Invalid 'for' condition",
                                  "The 'if' clause value is invalid: " + condition.failure().message + ".",
                                  expr.condition->span);
                whole = false;
                return leave(false);
            }
            marks |= condition.value().marks();
            if (condition.value().is_unknown()) {
                undecided = unknown_because({}, {&raw, 1}, not_null());
                whole = false;
                return leave(false);
            }
            if (!condition.value().as_bool()) return leave(true);
        }
        if (tuple) {
            items.push_back(evaluate(*expr.value));
            weight += bounded_weight(items.back());
            return leave(true);
        }
        const Value raw_key = evaluate(*expr.key);
        marks |= raw_key.marks();
        if (raw_key.is_null()) {
            undecided = fault("Invalid object key", "Key expression in 'for' expression must not produce a null value.",
                              expr.key->span);
            whole = false;
            return leave(false);
        }
        Result text = convert(raw_key, Type::string());
        if (!text.ok()) {
            undecided =
                fault("Invalid object key",
                      "The key expression produced an invalid result: " + text.failure().message + ".", expr.key->span);
            whole = false;
            return leave(false);
        }
        if (text.value().is_unknown()) {
            undecided = unknown_because({}, {&raw_key, 1}, not_null());
            whole = false;
            return leave(false);
        }
        const std::string& name = text.value().as_string();
        Value value = evaluate(*expr.value);
        weight += bounded_weight(value);
        if (expr.group) {
            groups[name].push_back(std::move(value));
            return leave(true);
        }
        members.push_back({name, std::move(value), {}});
        return leave(true);
    });
    if (!whole) return undecided.with_marks(marks);
    if (budget_.steps == 0) return out_of_budget(expr.span);
    if (weight > max_weight) return too_large(expr.span);
    TraceRef trace = make_trace(Trace::Kind::expression, expr.span, {}, {collection.trace()});
    if (tuple) return Value::tuple(std::move(items)).with_marks(marks).traced(std::move(trace));
    if (expr.group) {
        for (auto& [name, values] : groups) members.push_back({name, Value::tuple(std::move(values)), {}});
    } else {
        std::vector<std::string_view> names;
        for (const Member& member : members) names.push_back(member.name);
        std::sort(names.begin(), names.end());
        const auto twice = std::adjacent_find(names.begin(), names.end());
        if (twice != names.end()) {
            return fault("Duplicate object key",
                         "Two different items produced the key \"" + std::string(*twice) +
                             "\" in this 'for' expression. If duplicates are expected, use the ellipsis (...) after "
                             "the value expression to enable grouping by key.",
                         expr.key->span);
        }
    }
    return Value::object(std::move(members)).with_marks(marks).traced(std::move(trace));
}

Value Evaluator::splat(const hcl::SplatExpr& expr) {
    const Value source = evaluate(*expr.object);
    const auto each = [&](const Value& item) {
        splat_items_.push_back(item);
        Value made = evaluate(*expr.each);
        splat_items_.pop_back();
        return made;
    };
    const Type type = source.is_null() || source.is_unknown() ? source.type() : Type();
    const bool listed = source.is_sequence() || type.kind() == Type::Kind::list || type.kind() == Type::Kind::set ||
                        type.kind() == Type::Kind::tuple;
    if (source.is_null()) {
        if (listed)
            return fault("Splat of null value",
                         "Splat expressions (with the * symbol) cannot be applied to null sequences.", expr.marker);
        return Value::tuple({}).with_marks(source.marks()).traced(source.trace());
    }
    if (source.is_unknown()) {
        if (!listed && !type.is_dynamic() && source.as_unknown().refinement.not_null)
            return Value::tuple({each(source)}).with_marks(source.marks());
        const Value operands[] = {source};
        Type result;
        if (type.kind() == Type::Kind::list || type.kind() == Type::Kind::set)
            result = Type::list(each(Value::unknown(type.element(), source.as_unknown().cause)).type());
        return unknown_because(result, operands).traced(source.trace());
    }
    std::vector<Value> items;
    if (!source.is_sequence()) {
        items.push_back(each(source));
        return Value::tuple(std::move(items))
            .traced(make_trace(Trace::Kind::expression, expr.span, {}, {source.trace()}));
    }
    for (const Value& item : source.elements()) items.push_back(each(item));
    TraceRef trace = make_trace(Trace::Kind::expression, expr.span, {}, {source.trace()});
    if (source.kind() != Value::Kind::tuple) {
        std::vector<Type> types;
        for (const Value& item : items) types.push_back(item.type());
        if (const auto common = unify(types);
            common && std::all_of(types.begin(), types.end(), [&](const Type& t) { return t == *common; })) {
            return Value::list(*common, std::move(items)).with_marks(source.marks()).traced(std::move(trace));
        }
    }
    return Value::tuple(std::move(items)).with_marks(source.marks()).traced(std::move(trace));
}

Value Evaluator::conditional(const hcl::ConditionalExpr& expr) {
    const Value raw = evaluate(*expr.condition);
    // Both results are looked at for their type; only the chosen one's faults count.
    Diagnostics yes_faults, no_faults;
    Diagnostics* outer = diagnostics_;
    diagnostics_ = &yes_faults;
    Value yes = evaluate(*expr.yes);
    diagnostics_ = &no_faults;
    Value no = evaluate(*expr.no);
    diagnostics_ = outer;

    const auto bare_null = [](const Value& value) { return value.is_null() && value.type().is_dynamic(); };
    const auto undetermined = [](const Value& value) {
        return value.is_unknown() && value.as_unknown().type.is_dynamic();
    };
    std::optional<Type> common;
    if (bare_null(yes))
        common = no.type();
    else if (bare_null(no))
        common = yes.type();
    else if (undetermined(yes) || undetermined(no))
        common = Type();
    else {
        const Type types[] = {yes.type(), no.type()};
        common = types[0] == types[1] ? types[0] : unify(types);
    }
    if (!common) {
        return fault("Inconsistent conditional result types",
                     "The true and false result expressions must have consistent types. The 'true' value is " +
                         yes.type().friendly_name() + ", but the 'false' value is " + no.type().friendly_name() + ".",
                     Span::join(expr.yes->span, expr.no->span));
    }
    if (raw.is_null())
        return fault("Null condition", "The condition value is null. Conditions must either be true or false.",
                     expr.condition->span);
    Result condition = convert(raw, Type::boolean());
    if (!condition.ok())
        return fault("Incorrect condition type",
                     "The condition expression must be of type bool: " + condition.failure().message + ".",
                     expr.condition->span);
    const auto fit = [&](const Value& value) {
        Result made = convert(value, *common);
        return made.ok() ? made.value() : value;
    };
    if (condition.value().is_unknown()) {
        yes = fit(yes);
        no = fit(no);
        if (yes.is_number() && no.is_number()) {
            // Refined to a range; where that is one number, the result is known.
            if (yes.as_number() == no.as_number()) return yes.with_marks(raw.marks() | no.marks());
        }
        if (yes.kind() == Value::Kind::list && no.kind() == Value::Kind::list &&
            yes.elements().size() == no.elements().size())
            return either_list(yes, no, condition.value()).with_marks(raw.marks() | yes.marks() | no.marks());
        Unknown made;
        made.type = *common;
        made.cause = condition.value().as_unknown().cause;
        made.alternatives = {yes, no};
        const auto known_not_null = [](const Value& value) {
            return value.is_unknown() ? value.as_unknown().refinement.not_null : !value.is_null();
        };
        made.refinement.not_null = known_not_null(yes) && known_not_null(no);
        if (yes.is_number() && no.is_number()) {
            made.refinement.lower = std::min(yes.as_number(), no.as_number());
            made.refinement.upper = std::max(yes.as_number(), no.as_number());
        }
        return Value::unknown(std::move(made))
            .with_marks(raw.marks() | yes.marks() | no.marks())
            .traced(make_trace(Trace::Kind::expression, expr.span, {}, {raw.trace(), yes.trace(), no.trace()}));
    }
    const bool chosen = condition.value().as_bool();
    diagnostics_->append(chosen ? std::move(yes_faults) : std::move(no_faults));
    // Marks of the result that was not chosen count too, since HCL joins them.
    return fit(chosen ? yes : no).with_marks(raw.marks() | yes.marks() | no.marks());
}

Value Evaluator::attempt(const hcl::CallExpr& expr) {
    const bool can = expr.name == "can";
    if (expr.arguments.empty()) return fault("Error in function call", "At least one argument is required.", expr.span);
    if (can && expr.arguments.size() > 1)
        return fault("Too many function arguments", "Function \"can\" expects only 1 argument.",
                     expr.arguments[1]->span);
    std::string reasons;
    for (const Expr* argument : expr.arguments) {
        Diagnostics faults;
        Diagnostics* outer = diagnostics_;
        diagnostics_ = &faults;
        Value value = evaluate(*argument);
        diagnostics_ = outer;
        // What no value could ever make right is refused all the same.
        for (const Diagnostic& item : faults.items()) {
            if (item.code == "terraform-reference") {
                diagnostics_->append(std::move(faults));
                return value;
            }
        }
        if (!faults.has_errors()) {
            if (!can) {
                // Whether an unknown's attributes exist is not known either; Terraform then leaves the result open.
                if (!value.is_wholly_known() && value.is_unknown())
                    return unknown_because({}, {&value, 1}).traced(value.trace());
                return value;
            }
            if (!value.is_wholly_known() && value.is_unknown())
                return unknown_because(Type::boolean(), {&value, 1}, not_null());
            return Value::boolean(true).with_marks(value.marks_deep());
        }
        reasons = faults.items().front().summary;
    }
    if (can) return Value::boolean(false);
    return fault("Error in function call", "No expression succeeded: " + reasons + ".", expr.span);
}

/// A function of a provider that the module requires: what it gives is known only to the provider. Null for any other.
Value Evaluator::provider_call(const hcl::CallExpr& expr) {
    const auto parts = split(expr.name, ':');  // provider::NAME::FUNCTION
    if (parts.size() != 5 || parts[0] != "provider" || parts[2] == "terraform" || !scope_.requires_provider(parts[2]))
        return {};
    for (const Expr* argument : expr.arguments) evaluate(*argument);
    return Value::unknown({}, make_cause(std::string(expr.name) + " is known only to the provider", expr.span))
        .traced(make_trace(Trace::Kind::expression, expr.span));
}

Value Evaluator::call(const hcl::CallExpr& expr) {
    const FunctionContext* context = scope_.functions();
    if (!context) return fault("Function calls not allowed", "Functions may not be called here.", expr.span);
    if (expr.name == "try" || expr.name == "can" || expr.name == "core::try" || expr.name == "core::can")
        return attempt(expr);
    if (!exists(expr.name, context->opentofu)) {
        const Value foreign = provider_call(expr);
        if (!foreign.is_null()) return foreign;
        return fault("Call to unknown function",
                     "There is no function named \"" + std::string(expr.name) + "\"." +
                         suggestion(expr.name, function_names(context->opentofu)),
                     expr.name_span);
    }
    if (expr.name == "templatestring" && !expr.arguments.empty() && !is_reference(*expr.arguments[0]))
        return fault("Invalid function argument",
                     "templatestring is only for rendering templates retrieved dynamically from elsewhere, and so its "
                     "first argument must be a direct reference to where the template comes from.",
                     expr.arguments[0]->span);
    std::vector<Value> arguments;
    for (std::size_t i = 0; i < expr.arguments.size(); ++i) {
        Value value = evaluate(*expr.arguments[i]);
        if (i + 1 == expr.arguments.size() && expr.expand_final) {
            if (value.is_unknown()) return unknown_because({}, {&value, 1});
            if (!value.is_sequence())
                return fault("Invalid expanding argument value",
                             "The expanding argument (indicated by ...) must be of a tuple, list, or set type.",
                             expr.arguments[i]->span);
            for (const Value& item : value.elements()) arguments.push_back(item.with_marks(value.marks()));
        } else {
            arguments.push_back(std::move(value));
        }
    }
    for (const Value& argument : arguments) {
        if (!spend(bounded_weight(argument) / walked_a_step, expr.span)) return out_of_budget(expr.span);
    }
    Result result = terraform::call(expr.name, arguments, *context);
    if (!result.ok()) {
        const int at = result.failure().argument;
        const Span place = at >= 0 && static_cast<std::size_t>(at) < expr.arguments.size()
                               ? expr.arguments[static_cast<std::size_t>(at)]->span
                               : expr.span;
        return fault(at >= 0 ? "Invalid function argument" : "Error in function call",
                     "Call to function \"" + std::string(expr.name) + "\" failed: " + result.failure().message + ".",
                     place);
    }
    Value value = result.value();
    std::vector<TraceRef> from;
    for (const Value& argument : arguments) from.push_back(argument.trace());
    if (value.trace() && value.trace()->span.valid())
        return value;  // passed through unchanged: it keeps its own origin
    const std::size_t text = value.is_string() ? value.as_string().size() : 0;
    if (!spend(bounded_weight(value) + text / text_a_step, expr.span)) return out_of_budget(expr.span);
    if (value.trace()) from.push_back(value.trace());
    return value.traced(make_trace(Trace::Kind::expression, expr.span, {}, std::move(from)));
}

Value evaluate_literal(const Expr& expr, Diagnostics& diagnostics, Budget& budget) {
    struct Nothing : Scope {
        Value reference(const hcl::VariableExpr& root, std::span<const Expr* const>, std::size_t&,
                        Evaluator& evaluator) override {
            return evaluator.fault("Variables not allowed", "Variables may not be used here.", root.span);
        }
        const FunctionContext* functions() override { return nullptr; }
    } scope;
    return Evaluator(scope, diagnostics, budget).evaluate(expr);
}

}  // namespace plumbline::terraform
