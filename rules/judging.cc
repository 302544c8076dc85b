#include "rules/judging.h"

namespace plumbline {

Scope body_scope(const Resource& resource) {
    return {&resource, resource.body, resource.header, {}};
}

Answer Condition::judge(const Scope& scope, Judging& judging, bool wanted) const {
    if (!judging.steps) return answer(scope, judging, wanted);
    const std::size_t at = judging.steps->size();
    judging.steps->push_back({judging.depth, describe(), {}, {}});
    ++judging.depth;
    Answer made = answer(scope, judging, wanted);
    --judging.depth;
    ExplainedStep& step = (*judging.steps)[at];
    step.answer = made.truth == Truth::yes ? "true" : made.truth == Truth::no ? "false" : "unknown";
    step.place = made.evidence.place;
    if (made.evidence.by == this) step.text += ": " + message(made.evidence);
    return made;
}

std::string Condition::message(const Evidence& evidence) const {
    const std::string what = evidence.path.empty() ? "the resource" : evidence.path;
    if (!evidence.present) return what + " is missing";
    return what + " is " + shown_value(evidence, 80);
}

std::string shown_value(const Evidence& evidence, std::size_t limit) {
    if ((evidence.value.marks_deep() & Value::sensitive) != 0) return "(sensitive)";
    if (evidence.by && evidence.by->hides_value()) return "(a text that is not shown)";
    return evidence.value.to_text(limit);
}

void AllOf::add(Answer part) {
    const auto rank = [](Truth truth) { return truth == Truth::yes ? 0 : truth == Truth::unknown ? 1 : 2; };
    if (rank(part.truth) > rank(result_.truth) || (part.truth == result_.truth && !result_.evidence.by))
        result_ = std::move(part);
}

void AnyOf::add(Answer part) {
    if (result_.truth == Truth::yes) return;
    const bool better =
        part.truth == Truth::yes || (part.truth == Truth::unknown && result_.truth == Truth::no) ||
        (part.truth == result_.truth && part.truth == Truth::no && part.evidence.present && !result_.evidence.present);
    if (first_ || better) result_ = std::move(part);
    first_ = false;
}

void Agreement::add(Answer part) {
    if (!first_)
        first_ = std::move(part);
    else if (first_->truth != part.truth)
        differ_ = true;
}

Answer Agreement::take(const CauseRef& cause, const Evidence& otherwise) {
    if (first_ && !differ_) {
        if (first_->truth == Truth::unknown && !first_->evidence.cause) first_->evidence.cause = cause;
        return std::move(*first_);
    }
    Answer answer{Truth::unknown, otherwise};
    answer.evidence.cause = cause;
    return answer;
}

}  // namespace plumbline
