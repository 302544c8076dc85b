#include "parsers/cloudformation/stack.h"

#include <algorithm>

#include "scanner/model/text.h"

namespace plumbline::cloudformation {
namespace {

// Members that loops of one section may make; CloudFormation allows 500 resources and 200 outputs.
constexpr std::size_t max_expanded = 20'000;

std::string replace_all(std::string text, std::string_view what, std::string_view with) {
    std::size_t at = 0;
    while ((at = text.find(what, at)) != std::string::npos) {
        text.replace(at, what.size(), with);
        at += with.size();
    }
    return text;
}

bool is_word(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    });
}

/// One turn of a loop: its identifier replaced in keys and values, by the rules of `Fn::ForEach`.
struct LoopTurn {
    std::string identifier, value, word;

    std::string text(const std::string& in) const {
        if (in.find(identifier) == std::string::npos) return in;
        return replace_all(replace_all(in, "${" + identifier + "}", value), "&{" + identifier + "}", word);
    }
    Value replace(const Value& in) const {
        if (in.is_string()) return Value::string(text(in.as_string())).traced(in.trace());
        if (in.is_sequence()) {
            std::vector<Value> items;
            for (const Value& item : in.elements()) items.push_back(replace(item));
            return Value::tuple(std::move(items)).traced(in.trace());
        }
        if (!in.is_mapping()) return in;
        if (const Member* name = in.members().size() == 1 ? in.find("Ref") : nullptr) {
            if (name->value.is_string() && name->value.as_string() == identifier) {
                return Value::string(value).traced(in.trace());
            }
        }
        std::vector<Member> members;
        for (const Member& member : in.members()) {
            members.push_back({text(member.name), replace(member.value), member.span});
        }
        return Value::object(std::move(members)).traced(in.trace());
    }
};

}  // namespace

// What stands in a template's sections: loops and includes taken apart, macros named.

void Stack::note_macros() {
    const Member* transform = file_.root.find("Transform");
    if (!transform) return;
    std::vector<Value> names;
    if (transform->value.is_sequence()) {
        names.assign(transform->value.elements().begin(), transform->value.elements().end());
    } else {
        names.push_back(transform->value);
    }
    for (const Value& entry : names) {
        const Member* named = entry.find("Name");
        const Value& name = named ? named->value : entry;
        if (!name.is_string()) continue;
        const std::string& text = name.as_string();
        if (text.starts_with("AWS::Serverless-") || text == "AWS::LanguageExtensions") continue;
        opaque_ = true;
        // These two only add deployment resources of their own.
        if (text == "AWS::CodeDeployBlueGreen" || text.starts_with("AWS::SecretsManager-")) continue;
        evaluation_.gap({"macro",
                         text,
                         "The macro rewrites the template at deployment; what is written here was judged, what it adds "
                         "was not.",
                         transform->span,
                         {}});
    }
}

std::vector<Member> Stack::expand_section(const Value& section) {
    std::vector<Member> out;
    if (++evaluation_.depth > max_depth) {
        --evaluation_.depth;
        return out;
    }
    for (const Member* member : in_source_order(section)) {
        if (too_many(out.size(), member->span)) break;
        if (member->name.starts_with("Fn::ForEach::")) {
            expand_loop(*member, out);
        } else if (member->name == "Fn::Transform") {
            for (Member& included : expand_include(*member)) out.push_back(std::move(included));
        } else {
            out.push_back(*member);
        }
    }
    --evaluation_.depth;
    return out;
}

bool Stack::too_many(std::size_t members, Span span) {
    if (members <= max_expanded) return false;
    evaluation_.error("cfn-loop-size", "Loops make more than 20,000 members",
                      "What comes after is left out. CloudFormation allows 500 resources.", span);
    return true;
}

void Stack::expand_loop(const Member& loop, std::vector<Member>& out) {
    const auto parts = loop.value.elements();
    if (parts.size() != 3 || !parts[0].is_string() || parts[0].as_string().empty() || !parts[2].is_mapping()) {
        evaluation_.error("cfn-loop", loop.name + " takes an identifier, a collection and a mapping",
                          "Write [Identifier, [values], {key with ${Identifier}: value}].", loop.span);
        return;
    }
    const Value collection = evaluate(parts[1]);
    if (!collection.is_sequence()) {
        if (collection.is_unknown()) {
            evaluation_.gap({"for-each-unknown",
                             loop.name,
                             "What it loops over is not known: " +
                                 (collection.as_unknown().cause ? collection.as_unknown().cause->why : std::string()),
                             loop.span,
                             {}});
        } else {
            evaluation_.error("cfn-loop", "The collection of " + loop.name + " is no list", "Give a list of texts.",
                              loop.span);
        }
        return;
    }
    for (const Value& item : collection.elements()) {
        const std::optional<std::string> text = scalar_text(item);
        if (!text) {
            evaluation_.gap(
                {"for-each-unknown", loop.name, "An element of what it loops over is not known.", loop.span, {}});
            continue;
        }
        LoopTurn turn{parts[0].as_string(), *text, *text};
        std::erase_if(turn.word, [](char c) { return !is_word(std::string_view(&c, 1)); });
        if (too_many(out.size(), loop.span) || exhausted(weight_of(parts[2], max_steps))) break;
        for (Member& made : expand_section(turn.replace(parts[2]))) out.push_back(std::move(made));
    }
}

std::vector<Member> Stack::expand_include(const Member& include) {
    // A list of one transform is taken too.
    const bool listed = include.value.elements().size() == 1;
    const Value& transform = listed ? include.value.elements()[0] : include.value;
    const Member* name = transform.find("Name");
    const Member* parameters = transform.find("Parameters");
    const Member* location = parameters ? parameters->value.find("Location") : nullptr;
    const std::string macro = name && name->value.is_string() ? name->value.as_string() : "?";
    if (macro != "AWS::Include") {
        opaque_ = true;
        evaluation_.gap(
            {"macro", macro, "The macro runs at deployment; what it adds here was not judged.", include.span, {}});
        return {};
    }
    const Value where = location ? evaluate(location->value) : Value();
    std::string fault = "its location is not known";
    std::string subject = "AWS::Include";
    if (where.is_string()) {
        subject = where.as_string();
        const std::optional<std::string> path = subject.find("://") == std::string::npos
                                                    ? join_path(parent_path(file_.source->path()), subject)
                                                    : std::nullopt;
        fault = "it does not lie in this tree";
        // "You can't nest AWS::Include": CloudFormation refuses an include inside an included snippet.
        const Value* snippet = path && !including_ ? evaluation_.snippet(*path, fault) : nullptr;
        if (including_) fault = "an included file cannot include another";
        if (snippet) {
            including_ = true;
            std::vector<Member> members = expand_section(*snippet);
            including_ = false;
            return members;
        }
    }
    opaque_ = true;
    evaluation_.gap({"include", subject, "The included file was not read: " + fault + ".", include.span, {}});
    return {};
}

}  // namespace plumbline::cloudformation
