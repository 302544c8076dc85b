#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "rules/rule_set.h"
#include "scanner/model/resource.h"
#include "scanner/model/value.h"

/// What conditions are judged with: three-valued answers that remember which look-up decided.
namespace plumbline {

class Condition;
class LinkIndex;

enum class Truth : std::uint8_t { no, yes, unknown };

inline Truth truth_of(bool value) {
    return value ? Truth::yes : Truth::no;
}
inline Truth negated(Truth truth) {
    return truth == Truth::unknown ? truth : truth_of(truth == Truth::no);
}

/// The look-up that decided an answer.
struct Evidence {
    /// Says in words what was found and what should be; null when nothing was looked at.
    const Condition* by = nullptr;
    /// Whether `by` had to be true for a pass.
    bool wanted = true;
    const Resource* resource = nullptr;
    /// Attribute path from the resource's body, without indices.
    std::string path;
    /// What was found; meaningless unless `present`.
    Value value;
    bool present = false;
    /// The attribute, or the header of the deepest block that was reached.
    Span place;
    /// For unknown answers.
    CauseRef cause;
};

struct Answer {
    Truth truth = Truth::no;
    Evidence evidence;
};

/// What paths start from: a resource's body, or an element inside a quantifier.
struct Scope {
    const Resource* resource = nullptr;
    Value value;
    Span place;
    std::string path;
};

Scope body_scope(const Resource& resource);
/// The value as messages show it: cut, sensitive ones and credentials not at all.
std::string shown_value(const Evidence& evidence, std::size_t limit);

/// One judgement in the making.
struct Judging {
    const Graph& graph;
    /// The resource the rule is about.
    const Resource& self;
    LinkIndex& links;
    const DocumentReader& read_document;
    /// For `explain`; null otherwise.
    std::vector<ExplainedStep>* steps = nullptr;
    int depth = 0;
};

/// A piece of a rule's `when` or `pass`, compiled.
class Condition {
  public:
    virtual ~Condition() = default;
    /// `wanted`: the truth that leads to a pass; it only shapes the evidence.
    Answer judge(const Scope& scope, Judging& judging, bool wanted) const;
    /// What was found and what should be, for a person; without full stop.
    virtual std::string message(const Evidence& evidence) const;
    /// What it looks at may be a credential and is not to be printed.
    virtual bool hides_value() const { return false; }
    /// The condition in a line, for `explain`.
    virtual std::string describe() const = 0;

  protected:
    virtual Answer answer(const Scope& scope, Judging& judging, bool wanted) const = 0;
};
using ConditionPtr = std::unique_ptr<const Condition>;

/// Joins answers of parts that must all hold: no if one is no, else unknown if one is unknown.
class AllOf {
  public:
    void add(Answer part);
    /// Nothing that follows can change it.
    bool decided() const { return result_.truth == Truth::no; }
    Answer take() { return std::move(result_); }

  private:
    Answer result_{Truth::yes, {}};
};

/// The mirror of `AllOf`. Of several noes the first with a value is remembered, else the first.
class AnyOf {
  public:
    void add(Answer part);
    bool decided() const { return result_.truth == Truth::yes; }
    Answer take() { return std::move(result_); }

  private:
    Answer result_{Truth::no, {}};
    bool first_ = true;
};

/// Answers for the values something can take: theirs when they agree, else unknown because of `cause`.
class Agreement {
  public:
    void add(Answer part);
    Answer take(const CauseRef& cause, const Evidence& otherwise);

  private:
    std::optional<Answer> first_;
    bool differ_ = false;
};

}  // namespace plumbline
