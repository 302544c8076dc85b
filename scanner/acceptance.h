#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rules/rule_set.h"
#include "scanner/model/diagnostic.h"
#include "scanner/model/finding.h"
#include "scanner/model/report.h"
#include "scanner/model/resource.h"

namespace plumbline {

/// Whether an address is the one written or matches it as a pattern. Addresses have no folders: `*` goes over a `/`
/// inside a key (`x["a/b"]`) too.
bool address_match(std::string_view pattern, std::string_view address);

/// What acceptance needs to know of the run.
struct AcceptanceContext {
    const RuleSet& rules;  ///< those that were run
    std::string today;     ///< YYYY-MM-DD
    /// Everything below the tree's top was judged by every rule; only then "matches nothing" means something.
    bool whole = true;
};

/// An exception that someone decided: an entry of the waiver file.
struct Waiver {
    std::string rule;      ///< id, alias or glob; empty: any of `control`
    std::string control;   ///< glob over our controls' ids; empty: any
    std::string resource;  ///< glob over addresses; empty: any
    std::string path;      ///< glob over files from the tree's top; empty: any
    std::string owner, reason, compensating_control, approver, ticket, created;
    std::string expires;  ///< last day it counts
    Span span;
};

/// Marks findings that a comment, annotation or metadata in the code accepts. Rule ids are ours or a peer's. One that
/// has expired no longer counts; that, an unknown rule in a comment of ours, and one that matches nothing are reported.
/// Returns their part of the register of exceptions, by place; comments that name only rules we do not have are a
/// peer's business and not in it.
std::vector<WaiverInfo> apply_suppressions(std::vector<Finding>& findings, std::span<const Suppression> suppressions,
                                           const AcceptanceContext& context, const SourceSet& sources,
                                           Diagnostics& diagnostics);

/// Reads the waiver file's document. An entry without its required parts (rule or control, owner, reason, the dates it
/// was created and expires), or one that lasts longer than `max_days`, is an error and does not count.
std::vector<Waiver> read_waivers(const Value& document, std::optional<std::int64_t> max_days, Diagnostics& diagnostics);

/// What a finding says of the waiver that accepts it.
Acceptance acceptance_of(const Waiver& waiver);

/// Marks findings that a waiver accepts. Expired, unused and overly broad waivers are reported. Returns the register of
/// exceptions' part, an entry for each waiver in their order.
std::vector<WaiverInfo> apply_waivers(std::vector<Finding>& findings, std::span<const Waiver> waivers,
                                      const AcceptanceContext& context, Diagnostics& diagnostics);

/// The control that a credential in the history is held against, and how the address begins by which waivers name it:
/// `history:FINGERPRINT`, a word that no search takes for a credential.
constexpr std::string_view credential_control = "secrets.no-plaintext";
constexpr std::string_view credential_address = "history:";
/// Whether a comment in the line of a credential (or in the one above) accepts it: `plumbline:ignore
/// secrets.no-plaintext reason`, and in its own line gitleaks' `gitleaks:allow`. Nullopt: it does not.
std::optional<Acceptance> accepted_by_comment(std::string_view own_line, std::string_view line_above);
/// The waiver for `control: secrets.no-plaintext` that accepts a credential on a day (YYYY-MM-DD): its `resource` is
/// the credential's address, or its `path` covers the file. Null: none does.
const Waiver* waiver_of_credential(std::span<const Waiver> waivers, std::string_view address, const std::string& file,
                                   const std::string& today);

/// The register's line of a waiver that nothing was held against: `matched` is 0 and `state` empty.
WaiverInfo waiver_info(const Waiver& waiver);

/// What is wrong with how much a waiver covers; empty when it names a rule and a place well enough.
std::string broad_waiver(const Waiver& waiver);

/// The exceptions of `after` that `before` does not have: new ones, and those whose end was moved on. For what a change
/// adds; places do not count.
std::vector<WaiverInfo> added_exceptions(std::span<const WaiverInfo> before, std::span<const WaiverInfo> after);

/// The waiver file's text with one entry more; nullopt when the file's form does not allow to append (the caller then
/// shows `waiver_entry`). Comments and order stay.
std::optional<std::string> add_waiver(std::string_view text, const Waiver& waiver);
/// One entry as YAML, its lines indented by `indent`.
std::string waiver_entry(const Waiver& waiver, std::size_t indent);

/// A finding of an earlier scan.
struct BaselineEntry {
    std::string fingerprint, rule, address, file;
};

std::vector<BaselineEntry> read_baseline(const Value& document, Diagnostics& diagnostics);
/// Failures that are not accepted, an entry a line, sorted: a diff of two baselines is readable.
std::string baseline_text(std::span<const Finding> findings);

/// Says of each failure whether it is in the baseline, and adds the entries that are gone as `absent` with the verdict
/// pass. Only entries of rules that were run on files below `scanned` (paths; "" is everything) can be gone.
void apply_baseline(std::vector<Finding>& findings, std::span<const BaselineEntry> baseline,
                    const std::vector<std::string>& scanned, const AcceptanceContext& context);

}  // namespace plumbline
