#include "parsers/cloudformation/stack.h"

#include <algorithm>
#include <array>

#include "parsers/shell/calls.h"
#include "parsers/terraform/encoding.h"
#include "scanner/model/text.h"

namespace plumbline::cloudformation {
namespace {

// Functions, lists and mappings in one another, and attributes read through other resources' attributes. Hand-written
// templates stay below 40; each level takes some 1.5 KB of stack.
constexpr std::size_t max_depth = 400;
// Pieces evaluated for one root. The largest template CloudFormation takes (1 MB) has some 100,000; loops, branches and
// nested stacks repeat them.
constexpr std::size_t max_steps = 3'000'000;
// Members that loops of one section may make; CloudFormation allows 500 resources and 200 outputs.
constexpr std::size_t max_expanded = 20'000;
// Attributes read one through the other whose provenance is kept; longer chains lose the far end of it only.
constexpr std::size_t max_chain = 64;
// Nodes of a value that another attribute refers to; such values multiply when they refer to each other.
constexpr std::size_t max_shared_weight = 20'000;
constexpr std::size_t max_nested_depth = 16;
constexpr std::size_t max_stacks = 500;
// CloudFormation's own limit of a template in S3.
constexpr std::uint64_t max_snippet_bytes = 1 << 20;

std::size_t weight_of(const Value& value, std::size_t limit) {
    std::size_t weight = 1;
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

bool is_true(std::optional<bool> value) {
    return value.value_or(false);
}
bool is_false(std::optional<bool> value) {
    return !value.value_or(true);
}

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

/// What a parameter's declaration says of its length; 0 where it says nothing.
std::uint64_t min_length(const Value& declaration) {
    const Member* given = declaration.find("MinLength");
    const std::optional<std::string> text = given ? scalar_text(given->value) : std::nullopt;
    const std::optional<Number> number = text ? Number::parse(*text) : std::nullopt;
    return number ? static_cast<std::uint64_t>(std::max<std::int64_t>(0, number->to_int64().value_or(0))) : 0;
}

/// How a parameter got its value from outside of the template.
TraceRef trace_of(const Inputs::Parameter& given, const std::string& name) {
    return given.span.valid() ? make_trace(Trace::Kind::variable_file, given.span, name)
                              : make_trace(Trace::Kind::command_line, {}, name);
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

void Evaluation::error(std::string code, std::string summary, std::string detail, Span span) {
    if (!seen_.insert({code, span}).second) return;
    result.diagnostics.error(std::move(code), std::move(summary), std::move(detail), span);
}

void Evaluation::warning(std::string code, std::string summary, std::string detail, Span span) {
    if (!seen_.insert({code, span}).second) return;
    result.diagnostics.warning(std::move(code), std::move(summary), std::move(detail), span);
}

void Evaluation::gap(CoverageGap gap) {
    if (!seen_.insert({gap.kind + gap.subject, gap.span}).second) return;
    result.gaps.push_back(std::move(gap));
}

const Value* Evaluation::snippet(const std::string& path, std::string& fault) {
    const auto found = snippets_.find(path);
    if (found != snippets_.end()) return &found->second;
    FileSystem::ReadResult read = file_system.read(path, max_snippet_bytes);
    if (!read.error.empty()) {
        fault = read.error;
        return nullptr;
    }
    const Source& source = sources.add(path, std::move(read.text));
    return &snippets_.emplace(path, read_snippet(source, result.diagnostics)).first->second;
}

Stack::Stack(Evaluation& evaluation, const TemplateFile& file, std::string prefix, const Stack* parent, Value arguments,
             CauseRef uncertain)
    : evaluation_(evaluation),
      file_(file),
      prefix_(std::move(prefix)),
      parent_(parent),
      arguments_(std::move(arguments)),
      uncertain_(std::move(uncertain)) {
    ++evaluation_.stacks;
    prepare();
}

Stack::~Stack() = default;

void Stack::prepare() {
    const auto section = [&](std::string_view name) {
        const Member* member = file_.root.find(name);
        return member ? member->value : Value();
    };
    const auto fill = [&](std::string_view name, std::map<std::string, Member, std::less<>>& into) {
        for (Member& member : expand_section(section(name))) into.insert_or_assign(member.name, member);
    };
    note_macros();
    fill("Parameters", parameters_);
    fill("Mappings", mappings_);
    fill("Conditions", conditions_);
    std::set<std::string, std::less<>> seen;
    for (Member& member : expand_section(section("Resources"))) {
        if (!seen.insert(member.name).second) {
            evaluation_.error("cfn-duplicate-resource", "The resource " + quoted(member.name) + " is made twice",
                              "Loops and includes gave the same logical id; the first is judged.", member.span);
            continue;
        }
        const Source& source = evaluation_.sources.get(member.span.source);
        definitions_.push_back({member.name, member.value, key_line(source, member.span), member.span, {}, {}});
    }
    const bool serverless = std::any_of(definitions_.begin(), definitions_.end(), [](const Definition& definition) {
        return definition.type().starts_with("AWS::Serverless::") || definition.body.find("Connectors");
    });
    if (serverless) {
        expand_sam(definitions_, section("Globals"), sam_names_, [&](const Definition& definition, std::string reason) {
            evaluation_.gap({"sam-resource", address(definition.id), std::move(reason), definition.header, {}});
        });
    }
    for (const Definition& definition : definitions_) {
        const Member* type = definition.body.find("Type");
        const std::optional<Call> directive = type ? call_of(type->value) : std::nullopt;
        if (directive && directive->name.find("Rain::") != std::string_view::npos) {
            note_rain(printable(directive->name), definition.header);
        }
    }
    for (std::size_t i = 0; i < definitions_.size(); ++i) by_id_.emplace(definitions_[i].id, i);
    fill("Outputs", outputs_);
}

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

Value Stack::output(std::string_view name, Span span) {
    const auto found = outputs_.find(name);
    const Member* value = found == outputs_.end() ? nullptr : found->second.value.find("Value");
    if (!value) {
        if (!opaque_) {
            evaluation_.error("cfn-unresolved-reference", "The nested template has no output " + quoted(name),
                              "Add the output to " + file_.source->path() + " or correct the name.", span);
        }
        return unknown({}, make_cause("the nested stack has no output " + std::string(name), span));
    }
    const std::string key = "Outputs." + std::string(name);
    if (open_attributes_.contains(key)) {
        return unknown({}, make_cause("output " + std::string(name) + " depends on itself", span));
    }
    const auto known = attributes_.find(key);
    if (known != attributes_.end()) return known->second.value;
    open_attributes_.insert(key);
    const Value made = evaluate(value->value);
    open_attributes_.erase(key);
    attributes_[key] = {made, 0, 1};
    return made.traced(make_trace(Trace::Kind::output, value->span, std::string(name), {made.trace()}));
}

const Definition* Stack::find_definition(std::string_view id) const {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : &definitions_[found->second];
}

// Values

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

// References

Value Stack::ref(const std::string& name, Span span) {
    if (name == "AWS::NoValue") return no_value(span);
    if (name.starts_with("AWS::")) return pseudo_parameter(name, span);
    if (parameters_.contains(name)) {
        const Value value = parameter(name);
        return value.traced(make_trace(Trace::Kind::expression, span, {}, {value.trace()}));
    }
    const auto alias = sam_names_.find(name);
    const std::string& id = alias == sam_names_.end() ? name : alias->second;
    if (find_definition(id)) return get_att(id, "Ref", span);
    if (!opaque_) {
        std::vector<std::string_view> candidates;
        for (const auto& [parameter_name, member] : parameters_) candidates.push_back(parameter_name);
        for (const Definition& definition : definitions_) candidates.push_back(definition.id);
        evaluation_.error("cfn-unresolved-reference", quoted(name) + " names no parameter and no resource",
                          "CloudFormation refuses the template." + suggestion(name, candidates), span);
    }
    return unknown(Type::string(), make_cause(printable(name) + " names no parameter and no resource", span));
}

Value Stack::pseudo_parameter(const std::string& name, Span span) {
    const auto given = evaluation_.inputs.parameters.find(name);
    if (given != evaluation_.inputs.parameters.end() && given->second.text) {
        return Value::string(*given->second.text)
            .traced(make_trace(Trace::Kind::expression, span, {}, {trace_of(given->second, name)}));
    }
    const CauseRef cause = make_cause(name + " is known only at deployment", span);
    TraceRef trace = make_trace(Trace::Kind::expression, span, name);
    if (name == "AWS::Partition") {
        std::vector<Value> partitions;
        for (const char* partition :
             {"aws", "aws-cn", "aws-us-gov", "aws-eusc", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f"}) {
            partitions.push_back(Value::string(partition));
        }
        return one_of(std::move(partitions), cause, std::move(trace));
    }
    if (name == "AWS::NotificationARNs") return unknown(Type::list(Type::string()), cause, std::move(trace));
    static constexpr std::string_view names[] = {"AWS::AccountId",        "AWS::Region",    "AWS::StackId",
                                                 "AWS::StackName",        "AWS::URLSuffix", "AWS::Partition",
                                                 "AWS::NotificationARNs", "AWS::NoValue"};
    if (std::find(std::begin(names), std::end(names), name) == std::end(names)) {
        evaluation_.error("cfn-unresolved-reference", quoted(name) + " is no pseudo parameter",
                          "CloudFormation refuses the template." + suggestion(name, names), span);
        return unknown(Type::string(), cause, std::move(trace));
    }
    return unknown_text(cause, std::move(trace), 1);
}

Value Stack::get_att(const std::string& id, const std::string& attribute, Span span) {
    const auto alias = sam_names_.find(id);
    const Definition* definition = find_definition(alias == sam_names_.end() ? id : alias->second);
    // SAM: `Api.Stage` may stand before the attribute, as in `MyFunction.Alias.Arn`.
    if (definition && alias == sam_names_.end()) {
        const std::size_t dot = attribute.find('.');
        const auto longer =
            dot == std::string::npos ? sam_names_.end() : sam_names_.find(id + "." + attribute.substr(0, dot));
        if (longer != sam_names_.end()) return get_att(longer->second, attribute.substr(dot + 1), span);
    }
    if (!definition) {
        if (!opaque_) {
            std::vector<std::string_view> candidates;
            for (const Definition& other : definitions_) candidates.push_back(other.id);
            evaluation_.error("cfn-unresolved-reference", quoted(id) + " names no resource",
                              "CloudFormation refuses the template." + suggestion(id, candidates), span);
        }
        return unknown({}, make_cause(printable(id) + " names no resource", span));
    }
    const std::string where = address(definition->id);
    const std::string key = definition->id + "." + attribute;
    if (open_attributes_.contains(key)) {
        evaluation_.error("cfn-cycle", key + " depends on itself", "CloudFormation refuses the template.", span);
        return unknown({}, make_cause(key + " depends on itself", span));
    }
    Remembered found;
    const auto known = attributes_.find(key);
    if (known != attributes_.end()) {
        found = known->second;
    } else {
        const std::size_t outer = chain_;
        chain_ = 0;
        open_attributes_.insert(key);
        found.value = attribute_value(*definition, attribute, span);
        open_attributes_.erase(key);
        found.chain = chain_ + 1;
        chain_ = outer;
        if (found.chain > max_chain) {
            found.value = found.value.traced({});
            found.chain = 1;
        }
        found.weight = weight_of(found.value, max_shared_weight);
        // A value made under an assumption holds only there.
        if (assumed_.empty()) attributes_[key] = found;
    }
    chain_ = std::max(chain_, found.chain);
    if (exhausted(found.weight)) return unknown({}, make_cause("the template is too large to be evaluated"));
    if (found.weight >= max_shared_weight) {
        evaluation_.error("cfn-too-large", key + " has more than 20,000 values",
                          "It was taken as unknown where it is referred to.", span);
        return unknown({}, make_cause(key + " is too large", span));
    }
    return found.value.traced(make_reference_trace(span, where, attribute, {found.value.trace()}));
}

Value Stack::attribute_value(const Definition& definition, const std::string& attribute, Span span) {
    const std::string what = address(definition.id) + (attribute == "Ref" ? "" : "." + attribute);
    const std::string_view type = definition.type();
    if (const Member* named = definition.body.find("Condition"); named && named->value.is_string()) {
        const Truth exists = condition(named->value.as_string(), named->span);
        if (is_false(exists.value)) {
            return unknown({}, make_cause(address(definition.id) + " is not created: its condition " +
                                              printable(named->value.as_string()) + " is false",
                                          named->span));
        }
    }
    const Value* properties = definition.properties();
    if (type == "AWS::CloudFormation::Stack" && attribute.starts_with("Outputs.")) {
        Stack* nested = child(definition);
        if (nested) return nested->output(std::string_view(attribute).substr(8), span);
    }
    std::string property = attribute;
    bool lower_case = false;
    if (attribute == "Ref") {
        const NameProperty name = ref_name_property(type);
        property = name.property;
        lower_case = name.lower;
    }
    // An attribute that is named like a property is that property (VPC CidrBlock, Topic TopicName). A custom
    // resource's attributes are what its function answers, so its properties say nothing.
    const bool custom = type.starts_with("Custom::") || type == "AWS::CloudFormation::CustomResource";
    const Member* given = properties && !custom && !property.empty() ? properties->find(property) : nullptr;
    if (given && type != "AWS::CloudFormation::Stack") {
        const Value value = evaluate(given->value);
        const bool usable = attribute != "Ref" || value.is_unknown() || scalar_text(value);
        if (!is_no_value(value) && usable) {
            if (lower_case && value.is_string()) return Value::string(lower(value.as_string())).traced(value.trace());
            return value;
        }
    }
    return unknown(attribute == "Ref" ? Type::string() : Type(),
                   make_cause(what + " is known only after deployment", definition.header));
}

// Parameters

Value Stack::parameter(const std::string& name) {
    const auto known = parameter_values_.find(name);
    if (known != parameter_values_.end()) return known->second;
    const Member& declared = parameters_.find(name)->second;
    Value value = bind_parameter(name, declared);
    const Member* no_echo = declared.value.find("NoEcho");
    const std::optional<std::string> hidden = no_echo ? scalar_text(no_echo->value) : std::nullopt;
    if (hidden && lower(*hidden) == "true") value = value.with_marks(Value::sensitive);
    parameter_values_[name] = value;
    return value;
}

Value Stack::bind_parameter(const std::string& name, const Member& declared) {
    const Span span = key_line(*file_.source, declared.span);
    const Member* type_member = declared.value.find("Type");
    const std::string type =
        type_member && type_member->value.is_string() ? type_member->value.as_string() : std::string("String");
    if (!type_member || !type_member->value.is_string()) {
        evaluation_.error("cfn-parameter", "The parameter " + quoted(name) + " has no Type",
                          "It was taken for a String. Give it a type.", declared.span);
    }
    if (parent_) {
        if (const Member* given = arguments_.find(name)) {
            return convert_parameter(name, type, given->value, given->span)
                .traced(make_trace(Trace::Kind::module_argument, given->span, name, {given->value.trace()}));
        }
    } else {
        const auto given = evaluation_.inputs.parameters.find(name);
        if (given != evaluation_.inputs.parameters.end()) {
            const Inputs::Parameter& parameter = given->second;
            const TraceRef trace = trace_of(parameter, name);
            const Value value =
                parameter.text
                    ? Value::string(*parameter.text)
                    : unknown({}, make_cause("parameter " + name + " is filled in by the deployment", parameter.span));
            return convert_parameter(name, type, value.traced(trace), parameter.span.valid() ? parameter.span : span)
                .traced(trace);
        }
    }
    if (const Member* fallback = declared.value.find("Default")) {
        const Value value = convert_parameter(name, type, fallback->value, fallback->span);
        return value.traced(make_trace(Trace::Kind::variable_default, fallback->span, name, {fallback->value.trace()}));
    }
    const CauseRef cause = make_cause("parameter " + name + " has no default and no value was given", span);
    TraceRef trace = make_trace(Trace::Kind::variable_default, span, name);
    if (type.starts_with("AWS::SSM::Parameter::Value")) {
        return convert_parameter(name, type, unknown(Type::string(), cause), span).traced(std::move(trace));
    }
    const bool list = type == "CommaDelimitedList" || type.starts_with("List<");
    const Member* allowed = declared.value.find("AllowedValues");
    // A list may take any selection of the allowed values.
    if (!list && allowed && !allowed->value.elements().empty()) {
        std::vector<Value> values;
        for (const Value& item : allowed->value.elements()) values.push_back(text_of(item, allowed->span));
        return one_of(std::move(values), cause, std::move(trace));
    }
    if (list) return unknown(Type::list(Type::string()), cause, std::move(trace));
    // CloudFormation looks up what a type of AWS names (`AWS::EC2::VPC::Id`), so that it is never empty.
    return unknown_text(cause, std::move(trace), type.starts_with("AWS::") ? 1 : min_length(declared.value));
}

Value Stack::convert_parameter(const std::string& name, const std::string& type, const Value& given, Span span) {
    const auto number_or_text = [](const std::string& text, const TraceRef& trace) {
        // Ref gives the number as it is typed; `1.0` and `1` are two texts, so only what prints the same is a number.
        const std::optional<Number> number = Number::parse(text);
        const bool same = number && number->to_string() == text;
        return (same ? Value::number(*number) : Value::string(text)).traced(trace);
    };
    if (type.starts_with("AWS::SSM::Parameter::Value")) {
        const std::optional<std::string> text = scalar_text(given);
        const CauseRef cause =
            make_cause("parameter " + name + " is read from the SSM parameter " +
                           (text ? quoted(cut(*text, 80)) : std::string("that is given")) + " at deployment",
                       span);
        if (type.find("List") != std::string::npos) return unknown(Type::list(Type::string()), cause);
        return unknown_text(cause, {}, 1);  // Systems Manager holds no empty values
    }
    const Member* allowed = parameters_.find(name)->second.value.find("AllowedValues");
    const auto check = [&](const std::string& text) {
        if (!allowed || allowed->value.elements().empty()) return;
        std::string advice = "Give one of the allowed values.";
        for (const Value& item : allowed->value.elements()) {
            if (scalar_text(item) == std::optional<std::string>(text)) return;
            if (item.is_bool() && evaluation_.sources.text(item.origin()) == text)
                advice =
                    "YAML reads " + text + " without quotes as " + *scalar_text(item) + ": quote it in the template.";
        }
        evaluation_.error("cfn-parameter-value",
                          "The value of the parameter " + quoted(name) + " is not among its AllowedValues",
                          "CloudFormation refuses it. " + advice, span);
    };
    const bool list = type == "CommaDelimitedList" || type.starts_with("List<");
    if (given.is_unknown()) return given;
    if (list) {
        std::vector<Value> items;
        if (given.is_sequence()) {
            items.assign(given.elements().begin(), given.elements().end());
        } else if (const std::optional<std::string> text = scalar_text(given)) {
            for (const std::string_view item : plumbline::split(*text, ',')) {
                const std::string word(trim(item));
                check(word);
                items.push_back(type == "List<Number>" ? number_or_text(word, given.trace())
                                                       : Value::string(word).traced(given.trace()));
            }
        }
        return Value::tuple(std::move(items)).traced(given.trace());
    }
    const std::optional<std::string> text = scalar_text(given);
    if (!text) {
        if (given.is_null()) return Value::string("").traced(given.trace());
        evaluation_.error("cfn-parameter-value", "The value of the parameter " + quoted(name) + " is no text",
                          "A parameter of type " + type + " takes a text or a number.", span);
        return unknown(Type::string(), make_cause("the value of parameter " + name + " is no text", span));
    }
    check(*text);
    if (type == "Number") return number_or_text(*text, given.trace());
    return Value::string(*text).with_marks(given.marks()).traced(given.trace());
}

// Conditions

Stack::Truth Stack::condition(const std::string& name, Span span) {
    const auto assumed = assumed_.find(name);
    if (assumed != assumed_.end()) return {assumed->second, {}, {}};
    const auto known = truths_.find(name);
    if (known != truths_.end() && (known->second.value || assumed_.empty())) return known->second;
    const auto found = conditions_.find(name);
    if (found == conditions_.end()) {
        if (!opaque_) {
            std::vector<std::string_view> candidates;
            for (const auto& [other, member] : conditions_) candidates.push_back(other);
            evaluation_.error("cfn-unresolved-condition", "There is no condition " + quoted(name),
                              "CloudFormation refuses the template." + suggestion(name, candidates), span);
        }
        return {std::nullopt, make_cause("there is no condition " + printable(name), span), {}};
    }
    if (!open_conditions_.insert(name).second) {
        evaluation_.error("cfn-cycle", "The condition " + quoted(name) + " depends on itself",
                          "CloudFormation refuses the template.", found->second.span);
        return {std::nullopt, make_cause("the condition " + name + " depends on itself", found->second.span), {}};
    }
    Truth made = truth(found->second.value);
    open_conditions_.erase(name);
    if (assumed_.empty()) truths_[name] = made;
    return made;
}

Stack::Truth Stack::truth(const Value& raw) {
    const std::optional<Call> function = call_of(raw);
    if (function) {
        if (evaluation_.depth >= max_depth) {
            evaluation_.error("cfn-depth", "Nested deeper than 400 levels", "This condition was taken as unknown.",
                              function->span);
            return {std::nullopt, make_cause("the condition is nested too deep", function->span), {}};
        }
        ++evaluation_.depth;
        Truth made = truth_call(*function);
        --evaluation_.depth;
        return made;
    }
    if (raw.members().size() == 1 && raw.find("Condition") && raw.find("Condition")->value.is_string()) {
        if (evaluation_.depth >= max_depth) return {std::nullopt, make_cause("the conditions are nested too deep"), {}};
        ++evaluation_.depth;
        Truth made = condition(raw.find("Condition")->value.as_string(), raw.origin());
        --evaluation_.depth;
        return made;
    }
    return truth_of_value(raw, raw.origin());
}

Stack::Truth Stack::truth_of_value(const Value& value, Span span) {
    if (value.is_unknown()) return {std::nullopt, value.as_unknown().cause, value.trace()};
    const std::optional<std::string> text = scalar_text(value);
    if (text && lower(*text) == "true") return {true, {}, value.trace()};
    if (text && lower(*text) == "false") return {false, {}, value.trace()};
    evaluation_.error("cfn-condition", "This is no condition",
                      "Write Fn::Equals, Fn::And, Fn::Or, Fn::Not or the name of a condition.", span);
    return {std::nullopt, make_cause("the condition is not valid", span), {}};
}

Stack::Truth Stack::truth_call(const Call& call) {
    if (exhausted(1)) return {std::nullopt, make_cause("the template is too large"), {}};
    if (call.name == "Fn::And" || call.name == "Fn::Or") return combine(call, call.name == "Fn::And");
    const auto parts = call.argument->elements();
    if (call.name == "Fn::Not") {
        // The short form `!Not Condition` is written without a list too; CloudFormation wants one.
        if (parts.size() != 1) return truth_of_value(fault(call, "takes a list of one condition"), call.span);
        Truth made = truth(parts[0]);
        if (made.value) made.value = !*made.value;
        return made;
    }
    if (call.name == "Fn::Equals") {
        if (parts.size() != 2) return truth_of_value(fault(call, "takes two values"), call.span);
        const Value left = evaluate(parts[0]), right = evaluate(parts[1]);
        const std::optional<bool> same = equal(left, right);
        TraceRef trace = make_trace(Trace::Kind::expression, call.span, {}, {left.trace(), right.trace()});
        if (same) return {same, {}, std::move(trace)};
        CauseRef cause = left.is_unknown()    ? left.as_unknown().cause
                         : right.is_unknown() ? right.as_unknown().cause
                                              : make_cause("a compared value is known only at deployment", call.span);
        return {std::nullopt, std::move(cause), std::move(trace)};
    }
    if (call.name == "Fn::Contains" || call.name == "Fn::EachMemberEquals" || call.name == "Fn::EachMemberIn") {
        return member_test(call);
    }
    return truth_of_value(apply(call), call.span);
}

Stack::Truth Stack::combine(const Call& call, bool is_and) {
    const auto parts = call.argument->elements();
    if (parts.empty()) return truth_of_value(fault(call, "takes a list of conditions"), call.span);
    Truth made{is_and, {}, {}};
    std::vector<TraceRef> traces;
    for (const Value& part : parts) {
        const Truth held = truth(part);
        traces.push_back(held.trace);
        if ((is_and ? is_false(held.value) : is_true(held.value))) return held;  // decides alone
        if (!held.value && made.value) made = {std::nullopt, held.cause, {}};
    }
    made.trace = make_trace(Trace::Kind::expression, call.span, {}, std::move(traces));
    return made;
}

/// `Fn::Contains` [list, text]; `Fn::EachMemberEquals` [list, text]; `Fn::EachMemberIn` [list, list].
Stack::Truth Stack::member_test(const Call& call) {
    const auto parts = call.argument->elements();
    if (parts.size() != 2) return truth_of_value(fault(call, "takes two values"), call.span);
    const Value list = evaluate(parts[0]), wanted = evaluate(parts[1]);
    for (const Value* value : {&list, &wanted}) {
        if (value->is_unknown()) return {std::nullopt, value->as_unknown().cause, value->trace()};
    }
    const bool any = call.name == "Fn::Contains";
    Truth made{!any, {}, list.trace()};
    for (const Value& item : list.elements()) {
        const std::span<const Value> one(&wanted, 1);
        bool found = false, open = false;
        for (const Value& choice : call.name == "Fn::EachMemberIn" ? wanted.elements() : one) {
            const std::optional<bool> same = equal(item, choice);
            found = found || is_true(same);
            open = open || !same;
        }
        open = open && !found;
        if (!open && found == any) return {any, {}, list.trace()};
        if (open) made = {std::nullopt, make_cause("a member is known only at deployment", call.span), list.trace()};
    }
    return made;
}

std::vector<std::string> Stack::assume(const std::string& name, bool value) {
    std::vector<std::string> made;
    std::vector<std::pair<std::string, bool>> open = {{name, value}};
    while (!open.empty() && made.size() < 100) {  // a hundred conditions say more than any template has
        const auto [next, holds] = open.back();
        open.pop_back();
        if (!assumed_.emplace(next, holds).second) continue;
        made.push_back(next);
        const auto found = conditions_.find(next);
        const std::optional<Call> function = found == conditions_.end() ? std::nullopt : call_of(found->second.value);
        if (!function) continue;
        const bool splits = (function->name == "Fn::And" && holds) || (function->name == "Fn::Or" && !holds);
        const bool inverts = function->name == "Fn::Not";
        if (!splits && !inverts) continue;
        for (const Value& part : function->argument->elements()) {
            const Member* named = part.members().size() == 1 ? part.find("Condition") : nullptr;
            if (named && named->value.is_string()) open.push_back({named->value.as_string(), inverts ? !holds : holds});
        }
    }
    return made;
}

void Stack::forget(const std::vector<std::string>& names) {
    for (const std::string& name : names) assumed_.erase(name);
}

// Resources

void Stack::emit() {
    for (const auto& [name, member] : conditions_) condition(name, member.span);
    check_rules();
    for (const Definition& definition : definitions_) emit_resource(definition);
    emit_declarations();
}

void Stack::emit_resource(const Definition& definition) {
    const std::string where = address(definition.id);
    const std::string_view type = definition.type();
    if (type.empty()) {
        const Member* given = definition.body.find("Type");
        const std::optional<Call> directive = given ? call_of(given->value) : std::nullopt;
        if (directive && directive->name.find("Rain::") != std::string_view::npos) return;  // noted as a gap
        evaluation_.error("cfn-resource", "The resource " + quoted(definition.id) + " has no Type",
                          "CloudFormation refuses the template; the resource was not judged.", definition.header);
        return;
    }
    Resource resource;
    resource.uncertain = uncertain_;
    std::vector<std::string> assumed;
    if (const Member* named = definition.body.find("Condition"); named && named->value.is_string()) {
        const std::string& name = named->value.as_string();
        const Truth exists = condition(name, named->span);
        if (is_false(exists.value)) return;
        if (!exists.value) {
            resource.uncertain =
                make_cause("the condition " + printable(name) +
                               " is unknown: " + (exists.cause ? exists.cause->why : std::string()),
                           exists.cause && exists.cause->span.valid() ? exists.cause->span : named->span);
            assumed = assume(name, true);
        }
    }
    resource.address = where;
    if (!definition.author.empty()) resource.reported_as = address(definition.author);
    resource.type = type;
    resource.platform = "cloudformation";
    resource.header = definition.header;
    resource.block = definition.block;
    const Value* properties = definition.properties();
    resource.body = properties && !properties->is_null() ? evaluate(*properties) : Value::object({});
    if (!resource.body.is_mapping() && !resource.body.is_unknown()) {
        evaluation_.error("cfn-resource", "The Properties of " + quoted(definition.id) + " are no mapping",
                          "CloudFormation refuses the template; the resource was judged as if it had none.",
                          definition.header);
        resource.body = Value::object({});
    }
    static constexpr std::array<shell::Attribute, 2> scripts = {{{"UserData"}, {"LaunchTemplateData.UserData"}}};
    resource.meta = shell::with_calls(meta_of(definition), resource.body, scripts, evaluation_.sources);
    const CauseRef uncertain = resource.uncertain;
    evaluation_.result.graph.add(std::move(resource));
    if (type == "AWS::CloudFormation::Stack") {
        Stack* nested = child(definition);
        if (nested) {
            nested->uncertain_ = uncertain;
            nested->emit();
        }
    } else if (type.ends_with("::MODULE")) {
        evaluation_.gap({"cloudformation-module",
                         where,
                         "The module is expanded from the account's registry at deployment; what it creates was not "
                         "judged.",
                         definition.header,
                         {}});
    }
    forget(assumed);
}

Value Stack::meta_of(const Definition& definition) {
    std::vector<Member> members;
    for (const std::string_view name : {"DeletionPolicy", "UpdateReplacePolicy", "DependsOn", "Metadata", "Condition",
                                        "CreationPolicy", "UpdatePolicy"}) {
        const Member* given = definition.body.find(name);
        if (!given) continue;
        // A mapping of one member "Condition" would be no function here; the attribute's own value is a name.
        Value value = evaluate(given->value);
        if (!is_no_value(value)) members.push_back({given->name, std::move(value), given->span});
    }
    if (const Member* metadata = definition.body.find("Metadata")) {
        if (const Member* path = metadata->value.find("aws:cdk:path")) members.push_back(*path);
    }
    if (!definition.sam_type.empty()) {
        members.push_back({"SamType", Value::string(definition.sam_type), definition.header});
    }
    return Value::object(std::move(members));
}

Stack* Stack::child(const Definition& definition) {
    const auto known = children_.find(definition.id);
    if (known != children_.end()) return known->second.get();  // null: not there, or being made (a cycle)
    children_[definition.id] = nullptr;
    const auto gap = [&](std::string reason) {
        evaluation_.gap({"nested-stack", address(definition.id), std::move(reason), definition.header, {}});
        return nullptr;
    };
    const std::optional<std::string> path = nested_template_path(definition.body, parent_path(file_.source->path()));
    if (!path) return gap("Its template does not lie in this tree; what it creates was not judged.");
    evaluation_.file_system.depend_on(*path);
    const auto found = evaluation_.files.find(*path);
    if (found == evaluation_.files.end()) return gap("Its template " + *path + " was not found or is no template.");
    std::size_t depth = 0;
    for (const Stack* stack = this; stack; stack = stack->parent_, ++depth) {
        if (&stack->file_ == found->second) {
            evaluation_.error("cfn-cycle", "The nested stack " + quoted(definition.id) + " holds itself",
                              "Its template leads back to " + *path + "; it was not followed.", definition.header);
            return nullptr;
        }
    }
    if (depth >= max_nested_depth || evaluation_.stacks >= max_stacks) {
        evaluation_.error("cfn-depth", "Nested stacks are followed 16 levels deep and 500 in all",
                          "This one was not followed.", definition.header);
        return nullptr;
    }
    const Value* properties = definition.properties();
    const Member* given = properties ? properties->find("Parameters") : nullptr;
    // What the branch or resource that asks takes for granted does not hold for the nested stack; its own condition
    // does.
    std::map<std::string, bool> outer;
    std::swap(outer, assumed_);
    const Member* named = definition.body.find("Condition");
    if (named && named->value.is_string()) assume(named->value.as_string(), true);
    Value arguments = given ? evaluate(given->value) : Value::object({});
    assumed_ = std::move(outer);
    auto made = std::make_unique<Stack>(evaluation_, *found->second, address(definition.id) + ".", this,
                                        std::move(arguments), CauseRef());
    return (children_[definition.id] = std::move(made)).get();
}

/// Parameters and outputs are judged too: a default that is a secret, an output that shows one.
void Stack::emit_declarations() {
    const auto add = [&](std::string_view section, std::string_view type, const Member& member, Value body) {
        Resource resource;
        resource.address = address(std::string(section) + "." + member.name);
        resource.type = type;
        resource.platform = "cloudformation";
        resource.header = key_line(evaluation_.sources.get(member.span.source), member.span);
        resource.block = member.span;
        resource.body = std::move(body);
        resource.meta = Value::object({});
        resource.uncertain = uncertain_;
        evaluation_.result.graph.add(std::move(resource));
    };
    const auto ordered = [](const std::map<std::string, Member, std::less<>>& members) {
        std::vector<const Member*> order;
        for (const auto& [name, member] : members) order.push_back(&member);
        std::stable_sort(order.begin(), order.end(),
                         [](const Member* a, const Member* b) { return a->span < b->span; });
        return order;
    };
    for (const Member* member : ordered(parameters_)) {
        if (member->value.is_mapping()) add("Parameters", "parameter", *member, member->value);
    }
    for (const Member* member : ordered(outputs_)) {
        if (!member->value.is_mapping()) continue;
        const Member* named = member->value.find("Condition");
        std::vector<std::string> assumed;
        if (named && named->value.is_string()) {
            const Truth exists = condition(named->value.as_string(), named->span);
            if (is_false(exists.value)) continue;
            if (!exists.value) assumed = assume(named->value.as_string(), true);
        }
        add("Outputs", "output", *member, evaluate(member->value));
        forget(assumed);
    }
}

void Stack::note_rain(const std::string& directive, Span span) {
    opaque_ = true;
    evaluation_.gap({"rain",
                     directive,
                     "The preprocessor rain replaces it before deployment. Run `rain pkg` and scan what it writes.",
                     span,
                     {}});
}

void Stack::check_rules() {
    const Member* rules = file_.root.find("Rules");
    if (!rules) return;
    for (const Member* rule : in_source_order(rules->value)) {
        const Member* when = rule->value.find("RuleCondition");
        if (when && !is_true(truth(when->value).value)) continue;
        const Member* assertions = rule->value.find("Assertions");
        if (!assertions) continue;
        for (const Value& assertion : assertions->value.elements()) {
            const Member* assert_member = assertion.find("Assert");
            if (!assert_member || !is_false(truth(assert_member->value).value)) continue;
            const Member* description = assertion.find("AssertDescription");
            const std::string says = description && description->value.is_string()
                                         ? printable(description->value.as_string())
                                         : std::string("An assertion does not hold.");
            const std::string stop = says.ends_with('.') || says.ends_with('!') ? " " : ". ";
            // The template is fine, it wants other values than its defaults.
            evaluation_.warning("cfn-rule", "The parameters' values break the rule " + quoted(rule->name),
                                says + stop + "CloudFormation refuses these values; give others with --param.",
                                assert_member->span);
        }
    }
}

}  // namespace plumbline::cloudformation
