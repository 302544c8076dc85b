#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/model/source.h"

namespace plumbline {

enum class Severity : std::uint8_t { info, low, medium, high, critical };
enum class Verdict : std::uint8_t { pass, fail, undecided, not_applicable };

std::string_view to_string(Severity severity);
std::string_view to_string(Verdict verdict);
std::optional<Severity> parse_severity(std::string_view text);

/// A place that explains a verdict: where the value was written, what it went through, what it is linked to.
struct RelatedPlace {
    Span span;
    std::string message;
};

/// What a rule says of one resource.
struct Judgement {
    Verdict verdict = Verdict::pass;
    /// One sentence for a person, with the value: `acl is "public-read"`, `versioning is missing`.
    std::string message;
    /// The attribute at fault, or the header of the deepest block where something is missing.
    Span subject;
    /// Attribute path of the subject, without indices of blocks: `ingress.cidr_blocks`; "" for the whole resource.
    std::string attribute;
    /// The offending value as text (cut, sensitive ones masked); "" where something is missing.
    std::string value;
    /// From the subject back to where the value was written.
    std::vector<RelatedPlace> related;
    /// For undecided: what would decide it, `var.retention has no default`.
    std::string undecided_by;
};

/// An accepted finding: why it does not count.
struct Acceptance {
    std::string kind;           ///< SARIF's `inSource` or `external`
    std::string justification;  ///< the reason as written
    std::string owner, approver, ticket, expires, compensating_control, created;
    Span span;  ///< comment or waiver entry
};

enum class BaselineState : std::uint8_t { none, fresh, unchanged, updated, absent };

struct Finding {
    std::string rule;      ///< id
    std::string resource;  ///< address
    std::string type;      ///< resource type
    std::string platform;
    std::string root;  ///< the root it was judged in
    std::string file;  ///< path of the subject's source
    Severity severity = Severity::medium;
    Judgement judgement;
    Span header;  ///< the resource's header
    Span block;   ///< the whole resource
    /// The blocks of the module calls that lead to the resource (`Resource::calls`); null in a root module.
    std::shared_ptr<const std::vector<Span>> calls;
    /// Stable under moved lines, renamed variables and reformatting: of rule, root, address, file and attribute path.
    std::string fingerprint;
    std::vector<Acceptance> accepted;
    BaselineState baseline = BaselineState::none;
    std::vector<std::string> environments;
    std::vector<std::string> owners;
    /// Fails, is not accepted, not in the baseline, at or above the threshold: makes exit code 1.
    bool counts() const {
        return judgement.verdict == Verdict::fail && accepted.empty() && baseline != BaselineState::unchanged &&
               baseline != BaselineState::absent;
    }
};

}  // namespace plumbline
