#include "rules/policy.h"

#include <algorithm>
#include <array>

#include "rules/operators.h"
#include "scanner/model/text.h"

namespace plumbline {
namespace {

// A policy document that builds on others that build on others: Terraform users stay below three.
constexpr int max_sources = 10;
// What walks documents may recurse; the JSON reader refuses more than this.
constexpr int max_depth = 1000;

// Private-use characters stand around the number of an unknown piece; a text that has them itself is left unknown.
constexpr std::string_view open_mark = "\xEE\x80\x80";
constexpr std::string_view close_mark = "\xEE\x80\x81";

Value text_with_pieces(std::string_view text, const std::vector<Value>& pieces) {
    std::vector<Value> parts;
    while (!text.empty()) {
        const std::size_t open = text.find(open_mark);
        const std::size_t close = open == std::string_view::npos ? open : text.find(close_mark, open);
        if (close == std::string_view::npos) {
            parts.push_back(Value::string(std::string(text)));
            break;
        }
        if (open > 0) parts.push_back(Value::string(std::string(text.substr(0, open))));
        const auto number = Number::parse(text.substr(open + open_mark.size(), close - open - open_mark.size()));
        const auto index = number ? number->to_int64() : std::nullopt;
        if (index && static_cast<std::size_t>(*index) < pieces.size())
            parts.push_back(pieces[static_cast<std::size_t>(*index)]);
        text.remove_prefix(close + close_mark.size());
    }
    if (parts.size() == 1) return parts[0];
    Unknown unknown;
    unknown.type = Type::string();
    unknown.refinement.not_null = true;
    for (const Value& part : parts) {
        if (part.is_unknown() && !unknown.cause) unknown.cause = unknown_cause(part);
    }
    std::vector<TraceRef> from;
    for (const Value& part : parts) {
        if (part.is_unknown() && part.trace()) from.push_back(part.trace());
    }
    unknown.parts = std::move(parts);
    return Value::unknown(std::move(unknown)).traced(make_trace(Trace::Kind::expression, {}, {}, std::move(from)));
}

Value with_pieces(const Value& value, const std::vector<Value>& pieces, int depth) {
    if (depth > max_depth) return value;
    if (value.is_string())
        return value.as_string().find(open_mark) == std::string::npos ? value
                                                                      : text_with_pieces(value.as_string(), pieces);
    if (value.is_sequence()) {
        std::vector<Value> items;
        for (const Value& item : value.elements()) items.push_back(with_pieces(item, pieces, depth + 1));
        return Value::tuple(std::move(items));
    }
    if (value.is_mapping()) {
        std::vector<Member> members;
        for (const Member& member : value.members())
            members.push_back({member.name, with_pieces(member.value, pieces, depth + 1), member.span});
        return Value::object(std::move(members));
    }
    return value;
}

/// JSON text in which every unknown piece is a mark, quoted where it does not stand inside of a string already.
std::string text_with_marks(const std::vector<Value>& parts, std::vector<Value>& pieces, bool json) {
    std::string text;
    bool in_string = false;
    for (const Value& part : parts) {
        if (const auto known = scalar_text(part)) {
            for (std::size_t i = 0; i < known->size(); ++i) {
                if ((*known)[i] == '\\' && in_string)
                    ++i;
                else if ((*known)[i] == '"')
                    in_string = !in_string;
            }
            text += *known;
            continue;
        }
        const bool quote = json && !in_string;
        text += (quote ? "\"" : "") + std::string(open_mark) + std::to_string(pieces.size()) + std::string(close_mark) +
                (quote ? "\"" : "");
        pieces.push_back(part);
    }
    return text;
}

const Member* either(const Value& value, std::string_view a, std::string_view b) {
    const Member* found = value.find(a);
    return found ? found : value.find(b);
}

/// A list where a single one may stand for itself; unknown stays unknown.
Value as_list(const Value& value) {
    if (value.is_sequence() || value.is_unknown()) return value;
    return Value::tuple({value});
}

void add_list(const Value& statement, std::string_view name, std::string_view json_name, std::string_view own_name,
              std::vector<Member>& out) {
    const Member* found = either(statement, json_name, own_name);
    if (found && !found->value.is_null())
        out.push_back({std::string(name), as_list(found->value).traced(found->value.trace()), found->span});
}

Value principal(Value type, Value id, Span span) {
    return Value::object({{"type", std::move(type), span}, {"id", std::move(id), span}});
}

void add_principals(const Value& statement, std::string_view name, std::string_view json_name,
                    std::string_view own_name, std::vector<Member>& out) {
    const Member* found = statement.find(json_name);
    const Member* blocks = statement.find(own_name);
    if (!found && !blocks) return;
    const Member& member = found ? *found : *blocks;
    const Value& value = member.value;
    if (value.is_null()) return;
    std::vector<Value> list;
    if (!found) {
        if (value.is_unknown()) {
            out.push_back({std::string(name), value, member.span});
            return;
        }
        for (const Value& block : value.elements()) {
            const Member* type = block.find("type");
            const Member* ids = block.find("identifiers");
            if (!type || !ids) continue;
            if (ids->value.is_unknown()) list.push_back(principal(type->value, ids->value, ids->span));
            for (const Value& id : ids->value.elements()) list.push_back(principal(type->value, id, ids->span));
        }
        if (list.empty()) return;
    } else if (value.is_unknown()) {
        out.push_back({std::string(name), value, member.span});
        return;
    } else if (value.is_mapping()) {
        for (const Member& kind : value.members()) {
            const Value ids = as_list(kind.value);
            const Value type = Value::string(kind.name);
            if (ids.is_unknown()) list.push_back(principal(type, ids, kind.span));
            for (const Value& id : ids.elements()) list.push_back(principal(type, id, kind.span));
        }
    } else {
        const Value ids = as_list(value);
        for (const Value& id : ids.elements()) list.push_back(principal(id, id, member.span));
    }
    out.push_back({std::string(name), Value::tuple(std::move(list)), member.span});
}

Value lower_text(const Value& value) {
    return value.is_string() ? Value::string(lower(value.as_string())).traced(value.trace()) : value;
}

void add_conditions(const Value& statement, std::vector<Member>& out) {
    const Member* found = statement.find("Condition");
    const Member* blocks = statement.find("condition");
    if (!found && !blocks) return;
    const Member& member = found ? *found : *blocks;
    if (member.value.is_null()) return;
    if (member.value.is_unknown()) {
        out.push_back({"conditions", member.value, member.span});
        return;
    }
    std::vector<Value> list;
    const auto add = [&](Value op, Value key, Value values, Span span) {
        list.push_back(Value::object(
            {{"operator", std::move(op), span}, {"key", lower_text(key), span}, {"values", as_list(values), span}}));
    };
    if (found) {
        for (const Member& op : found->value.members()) {
            if (op.value.is_unknown()) add(Value::string(op.name), op.value, op.value, op.span);
            for (const Member& key : op.value.members())
                add(Value::string(op.name), Value::string(key.name), key.value, key.span);
        }
    } else {
        for (const Value& block : blocks->value.elements()) {
            const Member* test = block.find("test");
            const Member* variable = block.find("variable");
            const Member* values = block.find("values");
            if (test && variable) add(test->value, variable->value, values ? values->value : Value(), variable->span);
        }
    }
    if (!list.empty()) out.push_back({"conditions", Value::tuple(std::move(list)), member.span});
}

Value normalised(const Value& statement, bool is_block) {
    std::vector<Member> members;
    if (const Member* sid = either(statement, "Sid", "sid"); sid && !sid->value.is_null())
        members.push_back({"sid", sid->value, sid->span});
    const Member* effect = either(statement, "Effect", "effect");
    if (effect && !effect->value.is_null())
        members.push_back({"effect", effect->value, effect->span});
    else if (is_block)  // the data source's documented default
        members.push_back({"effect", Value::string("Allow"), {}});
    add_list(statement, "actions", "Action", "actions", members);
    add_list(statement, "not_actions", "NotAction", "not_actions", members);
    add_list(statement, "resources", "Resource", "resources", members);
    add_list(statement, "not_resources", "NotResource", "not_resources", members);
    add_principals(statement, "principals", "Principal", "principals", members);
    add_principals(statement, "not_principals", "NotPrincipal", "not_principals", members);
    add_conditions(statement, members);
    return Value::object(std::move(members)).traced(statement.trace());
}

void collect(const Value& policy, const DocumentReader& reader, int depth, Statements& out) {
    if (policy.is_unknown()) {
        if (!out.incomplete) out.incomplete = unknown_cause(policy);
        return;
    }
    const Member* statements = either(policy, "Statement", "statement");
    const bool is_block = statements && statements->name == "statement";
    if (statements && !statements->value.is_null()) {
        const Value list = as_list(statements->value);
        if (list.is_unknown() && !out.incomplete) out.incomplete = unknown_cause(list);
        for (const Value& statement : list.elements()) {
            if (statement.is_unknown()) {
                if (!out.incomplete) out.incomplete = unknown_cause(statement);
            } else if (statement.is_mapping()) {
                out.known.push_back(normalised(statement, is_block));
            }
        }
    }
    for (std::string_view name : std::array<std::string_view, 4>{"source_policy_documents", "override_policy_documents",
                                                                 "source_json", "override_json"}) {
        const Member* sources = policy.find(name);
        if (!sources || sources->value.is_null() || depth > max_sources) continue;
        const Value list = as_list(sources->value);
        if (list.is_unknown() && !out.incomplete) out.incomplete = unknown_cause(list);
        for (const Value& text : list.elements()) {
            const DocumentInValue document = document_in(text, "json", reader);
            if (document.state == DocumentInValue::State::unknown && !out.incomplete) out.incomplete = document.cause;
            if (document.state == DocumentInValue::State::readable) collect(document.root, reader, depth + 1, out);
        }
    }
}

}  // namespace

DocumentInValue document_in(const Value& value, std::string_view format, const DocumentReader& reader) {
    if (value.is_mapping() || value.is_sequence()) return {DocumentInValue::State::readable, value, {}};
    if (value.is_unknown()) {
        const Unknown& unknown = value.as_unknown();
        if (!unknown.document.empty()) {
            if (!unknown.document[0].is_unknown()) return {DocumentInValue::State::readable, unknown.document[0], {}};
        } else if (!unknown.parts.empty() && reader) {
            std::vector<Value> pieces;
            const std::string text = text_with_marks(unknown.parts, pieces, format == "json");
            if (const auto root = reader(text, format)) {
                if (root->is_mapping() || root->is_sequence())
                    return {DocumentInValue::State::readable, with_pieces(*root, pieces, 0), {}};
            }
        }
        return {DocumentInValue::State::unknown, {}, unknown_cause(value)};
    }
    if (!value.is_string()) return {};
    if (!reader) return {DocumentInValue::State::unknown, {}, make_cause("documents in strings are not read here")};
    // A text alone is YAML and JSON too, but nobody means it as a document.
    const auto root = reader(value.as_string(), format);
    if (!root || (!root->is_mapping() && !root->is_sequence())) return {};
    return {DocumentInValue::State::readable, *root, {}};
}

Statements statements_of(const Value& policy, const DocumentReader& reader) {
    Statements out;
    collect(policy, reader, 0, out);
    return out;
}

}  // namespace plumbline
