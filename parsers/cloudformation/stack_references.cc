#include "parsers/cloudformation/stack.h"

#include <algorithm>

#include "scanner/model/text.h"

namespace plumbline::cloudformation {
namespace {

// Attributes read one through the other whose provenance is kept; longer chains lose the far end of it only.
constexpr std::size_t max_chain = 64;
// Nodes of a value that another attribute refers to; such values multiply when they refer to each other.
constexpr std::size_t max_shared_weight = 20'000;

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

}  // namespace

// What names lead to: parameters, pseudo parameters, attributes of resources, outputs of nested stacks.

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
        if (exists.fails()) {
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

}  // namespace plumbline::cloudformation
