#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/judging.h"
#include "rules/path.h"
#include "rules/pattern.h"

namespace plumbline {

struct OperatorOptions {
    bool ignore_case = false;
    std::string unit = "days";
    /// Patterns are known to be good: each is compiled when it is first matched, most of a run's never are.
    bool checked = false;
};

/// One operator of a look-up with its operand: `equals: true`, `length: {at_least: 1}`.
class Operator {
  public:
    virtual ~Operator() = default;
    /// Of a value that is there (never null). Unknown values have no alternatives here.
    virtual Truth test(const Value& value, const Scope& scope, CauseRef& cause) const = 0;
    /// Of one that is not.
    virtual Truth absent(const Scope&) const { return Truth::no; }
    /// Lists are judged as a whole; otherwise each of their elements is.
    virtual bool takes_lists() const { return false; }
    /// What it is asked of may be a credential.
    virtual bool about_secrets() const { return false; }
    /// Reads after "should" or "should not": `be true`, `match ^a`.
    virtual std::string expectation() const = 0;
    /// The operator is a negation (`not_equals`): `expectation` is that of the opposite.
    bool negative = false;
};

/// Makes an operator from its key and operand; null and a message when the operand does not fit. `key` is one of
/// `operator_names()`.
std::unique_ptr<const Operator> make_operator(std::string_view key, const Value& operand,
                                              const OperatorOptions& options, std::string& error);
const std::vector<std::string_view>& operator_names();

/// A list for a message: long ones are cut to the first three and how many others there are.
std::string first_of(const std::vector<std::string>& names, std::string_view separator);

/// Whether a value is what a rule writes, with the conversions that provider schemas make (`true` is `"true"`).
Truth loosely_equal(const Value& value, const Value& wanted, bool ignore_case, CauseRef& cause);
/// What holds for each value that an unknown one with alternatives can take; unknown where they differ.
Truth agreeing(const Value& unknown, CauseRef& cause, const std::function<Truth(const Value&)>& test);
/// Text of a string, number or boolean.
std::optional<std::string> scalar_text(const Value& value);
/// Integer of a number or of a text that is one.
std::optional<Number> scalar_number(const Value& value);
/// Whether the IAM action pattern takes in the action: `s3:*` takes in `s3:GetObject` and `s3:Get*`.
bool action_covers(std::string_view pattern, std::string_view action);
/// Whether what is known of an unknown pattern leaves it open that it takes in one of the actions.
bool may_cover(const Value& pattern, const std::vector<std::string>& actions);
/// The reason of the first unknown inside; null when all is known.
CauseRef unknown_cause(const Value& value);

}  // namespace plumbline
