#include "parsers/cloudformation/stack.h"

#include <algorithm>

#include "scanner/model/text.h"

namespace plumbline::cloudformation {

// Conditions: true, false, or what is missing to tell; and what follows from taking one for true or false.

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
        if ((is_and ? held.fails() : held.holds())) return held;  // decides alone
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
            found = found || same.value_or(false);
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

}  // namespace plumbline::cloudformation
