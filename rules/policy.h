#pragma once

#include <string_view>
#include <vector>

#include "rules/judging.h"

namespace plumbline {

/// A document that stands in a value: read from JSON or YAML text, or the value itself where it is one already
/// (CloudFormation writes policies as mappings; `jsonencode` of unknowns keeps what it encodes).
struct DocumentInValue {
    enum class State : std::uint8_t { readable, invalid, unknown } state = State::invalid;
    Value root;
    CauseRef cause;  ///< for `unknown`
};
/// Unknown pieces of a text stay unknown inside of the document, with their references.
DocumentInValue document_in(const Value& value, std::string_view format, const DocumentReader& reader);

/// The statements of an IAM-style policy in one form, whatever language wrote it. Each is an object with `sid`,
/// `effect`, `actions`, `not_actions`, `resources`, `not_resources`, `principals`, `not_principals` and `conditions`
/// (rules/LANGUAGE.md); what is not written is absent.
struct Statements {
    std::vector<Value> known;
    /// Set when there may be further statements that are not known.
    CauseRef incomplete;
};
/// `policy` is a JSON policy, or the body of a `data.aws_iam_policy_document` with the documents it builds on.
Statements statements_of(const Value& policy, const DocumentReader& reader);

}  // namespace plumbline
