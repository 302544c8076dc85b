#include "parsers/cloudformation/stack.h"

#include <algorithm>

#include "parsers/terraform/encoding.h"
#include "scanner/model/text.h"

namespace plumbline::cloudformation {
namespace {

/// What a function's result adds to the steps: texts grow without having more nodes.
std::size_t text_cost(const Value& value) {
    constexpr std::size_t bytes_a_step = 64;
    if (value.is_string()) return value.as_string().size() / bytes_a_step;
    if (!value.is_unknown()) return 0;
    std::size_t cost = value.as_unknown().parts.size() + value.as_unknown().alternatives.size();
    for (const auto* list : {&value.as_unknown().parts, &value.as_unknown().alternatives}) {
        for (const Value& item : *list) cost += item.is_string() ? item.as_string().size() / bytes_a_step : 0;
    }
    return cost;
}

}  // namespace

// Values: what is written, with the functions in it applied.

bool Stack::exhausted(std::size_t steps) {
    evaluation_.steps += steps;
    if (evaluation_.steps <= max_steps) return false;
    evaluation_.error("cfn-too-large", "This template stands for more than 3,000,000 values",
                      "The rest of it was not evaluated. Split it, or write it without nested loops.",
                      {file_.source->id(), 0, 0});
    return true;
}

Value Stack::evaluate(const Value& raw) {
    if (exhausted(1)) return unknown({}, make_cause("the template is too large to be evaluated"));
    if (raw.is_string()) {
        if (raw.as_string().find("{{resolve:") == std::string::npos) return raw;
        TextBuilder text;
        text.add(raw);
        return text.finish(raw.origin());
    }
    if (!raw.is_sequence() && !raw.is_mapping()) return raw;
    if (evaluation_.depth >= max_depth) {
        evaluation_.error("cfn-depth", "Nested deeper than 400 levels",
                          "This value was not evaluated. CloudFormation takes no such template.", raw.origin());
        return unknown({}, make_cause("it is nested too deep to be evaluated", raw.origin()));
    }
    ++evaluation_.depth;
    Value made;
    if (raw.is_mapping()) {
        const std::optional<Call> function = call_of(raw);
        made = function ? call(*function) : evaluate_mapping(raw);
    } else {
        std::vector<Value> items;
        for (const Value& item : raw.elements()) {
            Value value = evaluate(item);
            if (!is_no_value(value)) items.push_back(std::move(value));
        }
        made = Value::tuple(std::move(items)).traced(raw.trace());
    }
    --evaluation_.depth;
    return made;
}

Value Stack::evaluate_mapping(const Value& raw) {
    const bool special = std::any_of(raw.members().begin(), raw.members().end(), [](const Member& member) {
        return member.name.starts_with("Fn::ForEach::") || member.name == "Fn::Transform";
    });
    std::vector<Member> given;
    if (special) given = expand_section(raw);
    std::vector<Member> members;
    for (const Member& member : special ? std::span<const Member>(given) : raw.members()) {
        if (member.name.starts_with("Fn::")) {
            evaluation_.error("cfn-function", printable(member.name) + " stands beside other keys",
                              "A function is the only key of its mapping; it was left out.", member.span);
            continue;
        }
        Value value = evaluate(member.value);
        if (!is_no_value(value)) members.push_back({member.name, std::move(value), member.span});
    }
    return Value::object(std::move(members)).traced(raw.trace());
}

Value Stack::fault(const Call& call, const std::string& what) {
    evaluation_.error("cfn-function", std::string(call.name) + ": " + what,
                      "CloudFormation refuses the template. Correct the function's arguments.", call.span);
    return unknown({}, make_cause(std::string(call.name) + " is not valid: " + what, call.span));
}

Value Stack::call(const Call& call) {
    Value made = apply(call);
    if (is_no_value(made)) return made;
    if (exhausted(text_cost(made))) return unknown({}, make_cause("the template is too large to be evaluated"));
    // The call is a step of its own: the place of use, from which the operands' places follow.
    const bool own_step =
        made.trace() && made.trace()->span == call.span &&
        (made.trace()->kind == Trace::Kind::expression || made.trace()->kind == Trace::Kind::reference);
    if (own_step) return made;
    return made.traced(make_trace(Trace::Kind::expression, call.span, {}, {made.trace()}));
}

Value Stack::apply(const Call& call) {
    const std::string_view name = call.name;
    if (name == "Ref") {
        const Value target = call.argument->is_mapping() ? evaluate(*call.argument) : *call.argument;
        if (target.is_unknown()) return target;
        if (!target.is_string()) return fault(call, "takes the name of a parameter or resource");
        return ref(target.as_string(), call.span);
    }
    if (name == "Fn::If") return if_function(call);
    if (name == "Fn::Sub") return sub(call);
    if (name == "Fn::FindInMap") return find_in_map(call);
    if (name == "Fn::Transform") {
        const std::vector<Member> members = expand_include({"Fn::Transform", *call.argument, call.span});
        if (members.empty()) {
            return unknown({}, make_cause("what Fn::Transform gives is known only at deployment", call.span));
        }
        return evaluate(Value::object(members));
    }
    if (name == "Fn::Equals" || name == "Fn::And" || name == "Fn::Or" || name == "Fn::Not" || name == "Fn::Contains" ||
        name == "Fn::EachMemberEquals" || name == "Fn::EachMemberIn") {
        const Truth held = truth_call(call);
        if (held.value) return Value::boolean(*held.value).traced(held.trace);
        return unknown(Type::boolean(), held.cause, held.trace);
    }

    const Value argument = evaluate(*call.argument);
    if (is_no_value(argument)) return fault(call, "takes a value, not AWS::NoValue");
    if (name == "Fn::GetAtt") {
        if (argument.is_string()) {
            const std::string& text = argument.as_string();
            const std::size_t dot = text.find('.');
            if (dot == std::string::npos || dot == 0) return fault(call, "takes LogicalId.Attribute");
            return get_att(text.substr(0, dot), text.substr(dot + 1), call.span);
        }
        const auto parts = argument.elements();
        if (argument.is_unknown()) return argument;
        if (parts.size() < 2) return fault(call, "takes a logical id and an attribute");
        std::string attribute;
        for (std::size_t i = 1; i < parts.size(); ++i) {  // [A, Outputs, X] and [A, Outputs.X] are both taken
            if (parts[i].is_unknown()) return unknown({}, parts[i].as_unknown().cause, parts[i].trace());
            if (!parts[i].is_string()) return fault(call, "takes a logical id and an attribute");
            attribute += (i > 1 ? "." : "") + parts[i].as_string();
        }
        if (!parts[0].is_string()) return fault(call, "takes a logical id and an attribute");
        return get_att(parts[0].as_string(), attribute, call.span);
    }
    if (name == "Fn::Join") return join(call, argument);
    if (name == "Fn::Split") return split(call, argument);
    if (name == "Fn::Select") return select(call, argument);
    if (name == "Fn::Cidr") return cidr_function(call, argument);
    if (name == "Fn::Base64") {
        const Value text = text_of(argument, call.span);
        if (text.is_known() && !text.is_string()) return fault(call, "takes a text");
        Value made = over_alternatives(text, Type::string(), [](const Value& known) {
            return Value::string(terraform::base64_encode(known.as_string())).traced(known.trace());
        });
        if (made.is_unknown()) {  // what was encoded can still be read
            Unknown what = made.as_unknown();
            what.document = {text};
            made = Value::unknown(std::move(what)).traced(made.trace());
        }
        return made.with_marks(text.marks());
    }
    if (name == "Fn::GetAZs") {
        return unknown(Type::list(Type::string()),
                       make_cause("the availability zones are known only at deployment", call.span), argument.trace());
    }
    if (name == "Fn::ImportValue") {
        const std::optional<std::string> exported = scalar_text(argument);
        if (argument.is_known() && !exported) return fault(call, "takes the name of an export");
        return unknown(
            Type::string(),
            make_cause(exported ? "the export " + quoted(*exported) + " of another stack is known only at deployment"
                                : "the export of another stack is known only at deployment",
                       call.span),
            argument.trace());
    }
    if (name == "Fn::Length") {
        if (argument.is_known() && !argument.is_sequence()) return fault(call, "takes a list");
        return over_alternatives(argument, Type::number(), [](const Value& known) {
            return Value::number(Number(static_cast<std::int64_t>(known.elements().size()))).traced(known.trace());
        });
    }
    if (name == "Fn::ToJsonString") {
        if (argument.is_known() && !argument.is_sequence() && !argument.is_mapping()) {
            return fault(call, "takes a mapping or a list");
        }
        if (argument.is_wholly_known()) {
            std::string text = argument.to_text();
            if (text.size() > max_text) return fault(call, "makes a text of more than 1 MB");
            return Value::string(std::move(text)).with_marks(argument.marks_deep()).traced(argument.trace());
        }
        Unknown made;
        made.type = Type::string();
        made.refinement.not_null = true;
        made.cause = argument.is_unknown()
                         ? argument.as_unknown().cause
                         : make_cause("a part of the JSON text is known only at deployment", call.span);
        made.document = {argument};
        return Value::unknown(std::move(made)).with_marks(argument.marks_deep()).traced(argument.trace());
    }
    if (name == "Fn::RefAll" || name == "Fn::ValueOf" || name == "Fn::ValueOfAll") {
        return unknown({}, make_cause(std::string(name) + " is known only at deployment", call.span), argument.trace());
    }
    if (name == "Fn::GetParam" || name == "Fn::GetStackOutput") {
        return unknown({}, make_cause(std::string(name) + " is known only at deployment", call.span), argument.trace());
    }
    static constexpr std::string_view known[] = {
        "Fn::And",    "Fn::Base64",      "Fn::Cidr",  "Fn::Equals", "Fn::FindInMap",    "Fn::GetAtt",
        "Fn::GetAZs", "Fn::If",          "Fn::Join",  "Fn::Length", "Fn::Not",          "Fn::Or",
        "Fn::Select", "Fn::ImportValue", "Fn::Split", "Fn::Sub",    "Fn::ToJsonString", "Fn::Transform"};
    const std::string shown = printable(name);
    if (name.find("Rain::") != std::string_view::npos) {
        note_rain(shown, call.span);
        return unknown({}, make_cause(shown + " is replaced by rain before deployment", call.span));
    }
    evaluation_.error("cfn-unknown-function", shown + " is no function of CloudFormation",
                      "Its value was taken as unknown." + suggestion(name, known), call.span);
    return unknown({}, make_cause(shown + " is no function of CloudFormation", call.span));
}

Value Stack::if_function(const Call& call) {
    const auto parts = call.argument->elements();
    if (parts.size() != 3) return fault(call, "takes a condition and two values");
    const Truth held = parts[0].is_string() ? condition(parts[0].as_string(), call.span) : truth(parts[0]);
    if (held.value) {
        const Value chosen = evaluate(parts[*held.value ? 1 : 2]);
        if (is_no_value(chosen)) return chosen;
        return chosen.traced(make_trace(Trace::Kind::expression, call.span, {}, {chosen.trace(), held.trace}));
    }
    const auto branch = [&](bool value, const Value& raw) {
        if (!parts[0].is_string()) return evaluate(raw);
        const std::vector<std::string> assumed = assume(parts[0].as_string(), value);
        Value made = evaluate(raw);
        forget(assumed);
        return made;
    };
    std::vector<Value> results;
    results.push_back(branch(true, parts[1]));
    results.push_back(branch(false, parts[2]));
    TraceRef trace =
        make_trace(Trace::Kind::expression, call.span, {}, {results[0].trace(), results[1].trace(), held.trace});
    if (is_no_value(results[0]) && is_no_value(results[1])) return results[0];
    return one_of(std::move(results), held.cause, std::move(trace));
}

Value Stack::text_of(const Value& value, Span span) {
    if (value.is_unknown()) return value;
    const std::optional<std::string> text = scalar_text(value);
    if (!text || value.is_string()) return value;
    return Value::string(*text)
        .with_marks(value.marks())
        .traced(value.trace() ? value.trace() : make_trace(Trace::Kind::expression, span));
}

Value Stack::sub(const Call& call) {
    const Value& argument = *call.argument;
    const Value* text = &argument;
    Value variables;
    if (argument.is_sequence()) {
        if (argument.elements().size() != 2 || !argument.elements()[1].is_mapping()) {
            return fault(call, "takes a text, or a list of a text and a mapping");
        }
        text = &argument.elements()[0];
        variables = evaluate(argument.elements()[1]);
    }
    if (text->is_mapping()) {  // what a macro or rain puts there
        const Value made = evaluate(*text);
        if (made.is_unknown()) return made;
    }
    if (!text->is_string()) return fault(call, "takes a text, or a list of a text and a mapping");
    TextBuilder builder;
    builder.add(Value::string("").traced(text->trace()));  // where the text is written comes first
    std::string_view rest = text->as_string();
    while (!rest.empty()) {
        const std::size_t open = rest.find("${");
        const std::size_t close = open == std::string_view::npos ? open : rest.find('}', open);
        if (close == std::string_view::npos) break;
        builder.add(std::string(rest.substr(0, open)));
        const std::string_view inside = rest.substr(open + 2, close - open - 2);
        rest.remove_prefix(close + 1);
        if (inside.starts_with('!')) {
            builder.add("${" + std::string(inside.substr(1)) + "}");
            continue;
        }
        const std::string name(trim(inside));
        const Member* variable = variables.find(name);
        const std::size_t dot = name.find('.');
        Value value = variable ? variable->value
                      : dot == std::string::npos || sam_names_.contains(name)
                          ? ref(name, call.span)
                          : get_att(name.substr(0, dot), name.substr(dot + 1), call.span);
        if (!builder.add(value)) return fault(call, "${" + printable(name) + "} is no text");
    }
    builder.add(std::string(rest));
    if (builder.too_long()) return fault(call, "makes a text of more than 1 MB");
    return builder.finish(call.span);
}

Value Stack::join(const Call& call, const Value& arguments) {
    const auto parts = arguments.elements();
    if (arguments.is_unknown()) return arguments;
    if (parts.size() != 2 || !scalar_text(parts[0])) return fault(call, "takes a delimiter and a list");
    const std::string delimiter = *scalar_text(parts[0]);
    if (parts[1].is_known() && !parts[1].is_sequence()) return fault(call, "takes a delimiter and a list");
    bool failed = false;
    const Value made = over_alternatives(parts[1], Type::string(), [&](const Value& list) {
        TextBuilder builder;
        bool first = true;
        for (const Value& item : list.elements()) {
            if (!first) builder.add(delimiter);
            first = false;
            if (!builder.add(item)) failed = true;
        }
        failed = failed || builder.too_long();
        return builder.finish(call.span);
    });
    return failed ? fault(call, "takes a list of texts that make at most 1 MB") : made;
}

Value Stack::split(const Call& call, const Value& arguments) {
    const auto parts = arguments.elements();
    if (arguments.is_unknown()) return arguments;
    if (parts.size() != 2 || !parts[0].is_string()) return fault(call, "takes a delimiter and a text");
    if (parts[1].is_known() && !scalar_text(parts[1])) return fault(call, "takes a delimiter and a text");
    return over_alternatives(parts[1], Type::list(Type::string()), [&](const Value& text) {
        const std::optional<std::string> known = scalar_text(text);
        if (!known) return unknown(Type::list(Type::string()), make_cause("the text to split is no text", call.span));
        return Value::tuple(split_text(*known, parts[0].as_string(), text.trace())).traced(text.trace());
    });
}

Value Stack::select(const Call& call, const Value& arguments) {
    const auto parts = arguments.elements();
    if (arguments.is_unknown()) return arguments;
    if (parts.size() != 2) return fault(call, "takes an index and a list");
    if (parts[0].is_unknown()) {
        std::vector<Value> choices(parts[1].elements().begin(), parts[1].elements().end());
        if (choices.empty()) return unknown({}, parts[0].as_unknown().cause, parts[1].trace());
        return one_of(std::move(choices), parts[0].as_unknown().cause, parts[0].trace());
    }
    const std::optional<std::string> text = scalar_text(parts[0]);
    const std::optional<Number> number = text ? Number::parse(*text) : std::nullopt;
    const std::optional<std::int64_t> index = number ? number->to_int64() : std::nullopt;
    if (!index || *index < 0) return fault(call, "takes an index and a list");
    if (parts[1].is_known() && !parts[1].is_sequence()) return fault(call, "takes an index and a list");
    bool failed = false;
    const Value made = over_alternatives(parts[1], {}, [&](const Value& list) {
        const auto items = list.elements();
        if (static_cast<std::size_t>(*index) < items.size()) return items[static_cast<std::size_t>(*index)];
        failed = true;
        return unknown({}, make_cause("the list has no element " + std::to_string(*index), call.span));
    });
    if (failed && parts[1].is_known()) return fault(call, "the list has no element " + std::to_string(*index));
    return made;
}

Value Stack::find_in_map(const Call& call) {
    const auto parts = call.argument->elements();
    if (parts.size() != 3 && parts.size() != 4) return fault(call, "takes a map, two keys and perhaps a default");
    Value keys[3];
    for (std::size_t i = 0; i < 3; ++i) {
        keys[i] = evaluate(parts[i]);
        if (keys[i].is_known() && !scalar_text(keys[i])) return fault(call, "takes names for the map and its keys");
    }
    const Member* fallback = parts.size() == 4 ? parts[3].find("DefaultValue") : nullptr;
    if (parts.size() == 4 && !fallback) return fault(call, "takes {DefaultValue: ...} as its fourth argument");

    // Which entries can be meant: all, where a key is unknown and its values cannot be counted.
    const auto candidates = [](const Value& key, const Value& in) {
        std::vector<const Member*> found;
        const auto add = [&](const Value& name) {
            const std::optional<std::string> text = scalar_text(name);
            found.push_back(text ? in.find(*text) : nullptr);
        };
        if (key.is_known()) {
            add(key);
        } else if (!key.as_unknown().alternatives.empty()) {
            for (const Value& choice : key.as_unknown().alternatives) add(choice);
        } else {
            for (const Member& member : in.members()) found.push_back(&member);
        }
        return found;
    };
    std::vector<Member> tables;
    for (const auto& [name, member] : mappings_) tables.push_back(member);
    const Value all = Value::object(std::move(tables));
    std::vector<Value> results;
    bool missing = false;
    for (const Member* table : candidates(keys[0], all)) {
        for (const Member* top : table ? candidates(keys[1], table->value) : std::vector<const Member*>{nullptr}) {
            for (const Member* entry : top ? candidates(keys[2], top->value) : std::vector<const Member*>{nullptr}) {
                if (entry) {
                    results.push_back(entry->value);
                } else {
                    missing = true;
                }
            }
        }
    }
    const Value* open = nullptr;
    for (const Value& key : keys) {
        if (key.is_unknown() && !open) open = &key;
    }
    if (fallback && (missing || results.empty())) results.push_back(evaluate(fallback->value));
    TraceRef trace = make_trace(
        Trace::Kind::expression, call.span, {},
        {results.empty() ? TraceRef() : results[0].trace(), keys[0].trace(), keys[1].trace(), keys[2].trace()});
    if (open) {
        if (results.empty()) return unknown({}, open->as_unknown().cause, std::move(trace));
        return one_of(std::move(results), open->as_unknown().cause, std::move(trace));
    }
    if (results.empty()) {
        if (opaque_) return unknown({}, make_cause("a macro makes the map at deployment", call.span));
        return fault(call, "there is no " + quoted(*scalar_text(keys[0])) + " with " + quoted(*scalar_text(keys[1])) +
                               " and " + quoted(*scalar_text(keys[2])));
    }
    return results[0].traced(std::move(trace));
}

Value Stack::cidr_function(const Call& call, const Value& arguments) {
    const auto parts = arguments.elements();
    if (arguments.is_unknown()) return arguments;
    if (parts.size() != 2 && parts.size() != 3) return fault(call, "takes a block, a count and perhaps host bits");
    std::int64_t numbers[2] = {0, 8};
    for (std::size_t i = 1; i < parts.size(); ++i) {
        if (parts[i].is_unknown())
            return unknown(Type::list(Type::string()), parts[i].as_unknown().cause, parts[i].trace());
        const std::optional<std::string> text = scalar_text(parts[i]);
        const std::optional<Number> number = text ? Number::parse(*text) : std::nullopt;
        const std::optional<std::int64_t> whole = number ? number->to_int64() : std::nullopt;
        if (!whole) return fault(call, "takes whole numbers for the count and the host bits");
        numbers[i - 1] = *whole;
    }
    if (parts[0].is_known() && !parts[0].is_string())
        return fault(call, "takes a block, a count and perhaps host bits");
    std::string problem;
    const Value made = over_alternatives(parts[0], Type::list(Type::string()), [&](const Value& block) {
        CidrResult result = block.is_string() ? cidr(block.as_string(), numbers[0], numbers[1])
                                              : CidrResult{{}, "the block is no text"};
        if (!result.fault.empty()) {
            problem = result.fault;
            return unknown(Type::list(Type::string()), make_cause(result.fault, call.span));
        }
        return Value::tuple(std::move(result.blocks)).traced(block.trace());
    });
    return problem.empty() || parts[0].is_unknown() ? made : fault(call, problem);
}

}  // namespace plumbline::cloudformation
