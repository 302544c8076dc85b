#pragma once

#include <cstdint>
#include <iosfwd>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/model/diagnostic.h"
#include "scanner/model/finding.h"
#include "scanner/model/resource.h"
#include "scanner/model/source.h"

namespace plumbline {

/// How closely a framework's requirement and one of our controls match (rules/controls.yaml).
enum class Closeness : std::uint8_t { direct, partial, supports };

/// One id of a framework that a rule's control is mapped to.
struct ControlLink {
    std::string_view framework;  ///< `soc2`, `iso27001_2022`, ...
    std::string_view id;         ///< `CC6.1`, `A.8.5`, `AC-2(1)`
    std::string_view title;
    Closeness closeness = Closeness::partial;
};

/// One id of a framework's catalogue. Views live as long as the control map.
struct RequirementInfo {
    std::string_view id, title;
    std::string_view parent;  ///< heading it stands under; empty for none
    bool heading = false;     ///< groups others; never reported
    bool withdrawn = false;   ///< never reported
    /// Baselines and levels it belongs to: `low`, `moderate`, `level-1`, ...
    std::span<const std::string> groups = {};
    /// Where evidence lies that code cannot hold, a word of `elsewhere_words()`; empty where nothing is said.
    std::string_view outside = {};
};

/// Where evidence for a requirement lies that code and settings cannot hold: `physical`, `people`, `training`, ...
std::span<const std::string_view> elsewhere_words();
/// The word as people read it: `physical` -> `buildings, rooms, equipment and media`; empty for an unknown word.
std::string_view elsewhere_text(std::string_view word);

/// A framework as reporters need it.
struct FrameworkInfo {
    std::string_view id;    ///< `iso27001_2022`
    std::string_view name;  ///< `ISO/IEC 27001:2022`
    std::string_view version;
    std::string_view organization;
    std::string_view url;
    /// The whole catalogue in its own order, headings included: matrices also show what no rule is evidence for.
    std::vector<RequirementInfo> requirements = {};
    /// What --framework or --control left of it, where that is not the whole: `moderate`, `CC6`.
    std::string part = {};
};

/// One of our own controls. Views live as long as the control map.
struct ControlInfo {
    std::string_view id, title, objective, domain;
    std::string_view proves;   ///< what evidence from code shows
    std::string_view cadence;  ///< how often evidence is due
    /// Kinds of input that evidence comes from: `terraform`, `git-host-settings`, ...
    std::span<const std::string> from = {};
    std::vector<ControlLink> links = {};
    /// Dated results show it effective over their whole period (a ledger, an audit): what makes it provable.
    bool dated_history = false;
    /// What the dated results cover: `2026-01-01 to 2026-06-30`; empty without any.
    std::string history = {};
};

/// How many verdicts of each kind; a verdict that was accepted counts as `accepted` and as nothing else.
struct VerdictCounts {
    std::uint64_t pass = 0, fail = 0, undecided = 0, not_applicable = 0, accepted = 0;
    void add(const VerdictCounts& other);
    void add(const Finding& finding);
    /// Whether anything was judged that bears on the control.
    bool any() const { return pass + fail + undecided + accepted > 0; }
    friend bool operator==(const VerdictCounts&, const VerdictCounts&) = default;
};

/// How far a control has come, from verdicts alone.
enum class Maturity : std::uint8_t {
    not_assessed,   ///< nothing was judged, or everything is undecided
    not_in_place,   ///< nothing passes
    not_effective,  ///< in place, but something fails
    not_provable,   ///< nothing fails, but there is no dated history or something is undecided
    provable,
};
std::string_view to_string(Maturity maturity);
Maturity maturity_of(const VerdictCounts& counts, bool dated_history);

/// An exception, for the register of exceptions: an entry of the waiver file, or a comment in the code.
struct WaiverInfo {
    std::vector<std::string> rules;  ///< rule or control ids and globs as written
    std::string resource, path;      ///< patterns; empty for any
    Acceptance acceptance;           ///< owner, reason, approver, ...; its `kind` tells waiver from comment
    std::uint64_t matched = 0;       ///< findings it covers; those of an expired one count again
    /// `active`, `expired`, `unused`, or `not checked`: covers nothing in a scan that did not look at everything.
    std::string state;
};

/// What the organisation decided on a requirement of a framework (configuration), for the Statement of Applicability.
struct ScopeDecision {
    std::string framework, id;
    bool applicable = true;
    std::string justification, owner;
    std::string status;  ///< implementation status in the organisation's words; empty: what the verdicts say
};

/// What reporters say about a rule. Views live as long as the rule set.
struct RuleInfo {
    std::string_view id, title, why, fix, control, control_title, file;
    Severity severity = Severity::medium;
    std::vector<std::string_view> aliases, links, platforms, types;
    /// Direct and partial ones first, per framework closest first.
    std::vector<ControlLink> frameworks;
};

/// What was looked at, and what was not and why.
struct Coverage {
    std::uint64_t files_found = 0, files_read = 0, bytes_read = 0;
    std::uint64_t roots = 0, resources = 0, rules = 0;
    /// Resources whose type no rule knows, by type.
    std::map<std::string, std::uint64_t> types_without_rules;
    std::vector<CoverageGap> gaps;
};

/// One earlier scan of a ledger, for the trend.
struct TrendPoint {
    std::string date;  ///< `YYYY-MM-DD`
    VerdictCounts counts;
};

/// Everything a reporter gets. Findings are sorted by file, offset, rule, address.
struct Report {
    std::string tool_version;
    /// Home page of the program, absolute; SARIF wants one.
    std::string tool_uri;
    /// RFC 3339 in UTC; the clock was read once, by main. Empty leaves times out (tests, reproducible output).
    std::string started_at;
    /// As the user typed it.
    std::vector<std::string> arguments;
    /// Where relative paths start, as a file URI ending in `/`; empty when it must not be shown.
    std::string root_uri;
    std::string commit;
    /// Absolute URI of the repository without credentials, and the branch; empty when unknown.
    std::string repository_uri, branch;
    std::vector<Finding> findings;
    /// Every rule that was run (not only those with findings), sorted by id. Findings name them by id.
    std::vector<RuleInfo> rules;
    std::vector<FrameworkInfo> frameworks;
    /// Every control, in the order of rules/controls.yaml.
    std::vector<ControlInfo> controls;
    /// Per rule id, of every verdict given: also of those whose findings were not kept.
    std::map<std::string, VerdictCounts, std::less<>> verdicts;
    std::vector<WaiverInfo> waivers;
    /// What comments, annotations and metadata in the code accept, in the order of their places.
    std::vector<WaiverInfo> suppressions;
    /// Exceptions of both kinds that a change adds or prolongs (scans with --diff), so that a review sees them.
    std::vector<WaiverInfo> added_exceptions;
    std::vector<ScopeDecision> decisions;
    /// Oldest first; empty without a ledger.
    std::vector<TrendPoint> trend;
    Coverage coverage;
    std::vector<Diagnostic> diagnostics;
    int exit_code = 0;

    const RuleInfo* rule(std::string_view id) const;
    const ControlInfo* control(std::string_view id) const;
    const FrameworkInfo* framework(std::string_view id) const;
    /// How many findings have that verdict; accepted ones and those that are gone since the baseline left out.
    std::size_t count(Verdict verdict) const;
    /// Fills `verdicts` from `findings`. For scans that keep every finding.
    void count_verdicts();
};

/// How a report is to look.
struct ReportOptions {
    bool color = false;
    /// Columns of the terminal; 0 means unlimited.
    std::size_t width = 100;
    bool include_passed = false;
    /// -1 quiet, 0 normal, 1 verbose.
    int verbosity = 0;
    /// Frameworks chosen with --framework; empty for all.
    std::vector<std::string> frameworks;
};

/// Writes a report in one format.
class Reporter {
  public:
    virtual ~Reporter() = default;
    virtual std::string_view name() const = 0;
    virtual std::string_view description() const = 0;
    virtual void write(const Report& report, const SourceSet& sources, const ReportOptions& options,
                       std::ostream& out) const = 0;
};

}  // namespace plumbline
