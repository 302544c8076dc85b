#include "parsers/terraform/expansion.h"

#include "parsers/terraform/function_table.h"

namespace plumbline::terraform {
namespace {

/// One `count` or `for_each` in the making.
class Expander {
  public:
    Expander(const hcl::Expr& expr, std::string name, const std::string& what, Evaluator& evaluator, bool strict)
        : span_(expr.span), name_(std::move(name)), what_(what), evaluator_(evaluator), strict_(strict) {}

    Expansion by_count(const Value& value) {
        if (value.is_unknown()) return undetermined(value);
        if (value.is_null()) return unsuitable("The given \"count\" argument value is null. An integer is required.");
        const Result number = convert(value, Type::number());
        // -1 stands for everything that is no whole number.
        const std::int64_t n =
            number.ok() && number.value().is_number() ? number.value().as_number().to_int64().value_or(-1) : -1;
        if (n < 0)
            return unsuitable(
                "The given \"count\" argument value is unsuitable: a whole number that is not negative is required.");
        if (static_cast<std::size_t>(n) > max_instances)
            return refuse("Too many instances", "The count is larger than 50,000; one instance stands for all.");
        Expansion made = of_kind(Expansion::Kind::count);
        for (std::int64_t i = 0; i < n; ++i) made.keys.push_back(Value::number(Number(i)));
        made.values.resize(made.keys.size());
        return made;
    }

    Expansion by_each(const Value& value) {
        if (value.is_unknown()) return undetermined(value);
        if (value.is_null())
            return unsuitable(
                "The given \"for_each\" argument value is unsuitable: the given \"for_each\" argument value is null. A "
                "map, or set of strings is allowed.");
        if (value.has_mark(Value::sensitive))
            return unsuitable(
                "Sensitive values, or values derived from sensitive values, cannot be used as for_each arguments.");
        if (!value.is_mapping() && value.kind() != Value::Kind::set)
            return unsuitable(
                "The given \"for_each\" argument value is unsuitable: the \"for_each\" argument must be a map, or set "
                "of strings, and you have provided a value of type " +
                value.type().friendly_name() + ".");
        if (value.elements().size() + value.members().size() > max_instances)
            return refuse("Too many instances", "The for_each has more than 50,000 keys; one instance stands for all.");
        Expansion made = of_kind(Expansion::Kind::each);
        for (const Value& item : value.elements()) {
            if (item.is_unknown()) return undetermined(item);
            if (!item.is_string())
                return refuse("Invalid for_each set argument",
                              "The given \"for_each\" argument value is unsuitable: \"for_each\" supports maps and "
                              "sets of strings, but you have provided a set containing type " +
                                  item.type().friendly_name() + ".");
            made.keys.push_back(item);
            made.values.push_back(item);
        }
        for (const Member& member : value.members()) {
            made.keys.push_back(Value::string(member.name).traced(value.trace()));
            made.values.push_back(member.value);
        }
        return made;
    }

    Expansion by_enabled(const Value& value) {
        if (value.is_unknown()) return undetermined(value);
        const Result converted = convert(value, Type::boolean());
        if (!converted.ok() || value.is_null())
            return unsuitable("The \"enabled\" argument must be either true or false.");
        Expansion made = of_kind(Expansion::Kind::single);
        made.enabled = converted.value().as_bool();
        return made;
    }

  private:
    Expansion of_kind(Expansion::Kind kind) const {
        Expansion made;
        made.kind = kind;
        made.span = span_;
        return made;
    }

    Expansion unknown(CauseRef cause) const {
        Expansion made = of_kind(Expansion::Kind::unknown);
        made.cause = cause ? std::move(cause) : make_cause(name_ + " of " + what_ + " is unknown", span_);
        return made;
    }

    Expansion undetermined(const Value& decides) {
        if (strict_)
            evaluator_.fault("Invalid " + name_ + " argument",
                             "The \"" + name_ +
                                 "\" value depends on resource attributes that cannot be determined until apply, so "
                                 "Terraform cannot predict how many instances will be created.",
                             span_);
        return unknown(decides.as_unknown().cause);
    }

    Expansion refuse(std::string summary, std::string detail) {
        evaluator_.fault(std::move(summary), std::move(detail), span_);
        return unknown({});
    }
    Expansion unsuitable(std::string detail) { return refuse("Invalid " + name_ + " argument", std::move(detail)); }

    Span span_;
    std::string name_;
    const std::string& what_;
    Evaluator& evaluator_;
    bool strict_;
};

}  // namespace

std::string key_text(const Value& key) {
    if (key.is_number()) return "[" + key.as_number().to_string() + "]";
    std::string out = "[\"";
    const std::string& text = key.as_string();
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const bool opens_template = (c == '$' || c == '%') && i + 1 < text.size() && text[i + 1] == '{';
        if (c == '"' || c == '\\') out += '\\';
        if (opens_template) out += c;
        switch (c) {
            case '\n':
                out += "\\n";
                break;
            case '\t':
                out += "\\t";
                break;
            case '\r':
                out += "\\r";
                break;
            default:
                out += c;
        }
    }
    return out + "\"]";
}

std::string Expansion::suffix(std::size_t at) const {
    return is_keyed() ? key_text(keys[at]) : std::string();
}

Value Expansion::count_object(std::size_t at) const {
    if (kind == Kind::count) return Value::object({{"index", keys[at], {}}});
    if (kind == Kind::unknown) return Value::object({{"index", Value::unknown(Type::number(), cause, not_null()), {}}});
    return {};
}

Value Expansion::each_object(std::size_t at) const {
    if (kind == Kind::each) return Value::object({{"key", keys[at], {}}, {"value", values[at], {}}});
    if (kind == Kind::unknown)
        return Value::object(
            {{"key", Value::unknown(Type::string(), cause, not_null()), {}}, {"value", Value::unknown({}, cause), {}}});
    return {};
}

Expansion expand(const hcl::Expr* count, const hcl::Expr* for_each, const std::string& what, Evaluator& evaluator,
                 bool strict) {
    if (!count && !for_each) return {};
    const hcl::Expr& expr = count ? *count : *for_each;
    const Value value = evaluator.evaluate(expr);
    Expander expander(expr, count ? "count" : "for_each", what, evaluator, strict);
    return count ? expander.by_count(value) : expander.by_each(value);
}

std::optional<Expansion> expand_by_enabled(const hcl::Body& body, const std::string& what, Evaluator& evaluator,
                                           bool strict) {
    for (const hcl::Block& block : body.blocks) {
        if (block.type != "lifecycle") continue;
        for (const hcl::Attribute& item : block.body->attributes) {
            if (item.name != "enabled") continue;
            const Value value = evaluator.evaluate(*item.value);
            return Expander(*item.value, "enabled", what, evaluator, strict).by_enabled(value);
        }
    }
    return std::nullopt;
}

void bind_instance(Evaluator& evaluator, const Expansion& expansion, std::size_t at) {
    if (const Value count = expansion.count_object(at); !count.is_null()) evaluator.bind("count", count);
    if (const Value each = expansion.each_object(at); !each.is_null()) evaluator.bind("each", each);
}

}  // namespace plumbline::terraform
