#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/model/report.h"

namespace plumbline {

/// Facts that several reporters derive from a report. Views live as long as the report.

/// The name people use: `SOC 2`, `ISO/IEC 27001:2022`; a framework we do not know keeps its own.
std::string_view short_name(const Report& report, std::string_view framework);

/// Frameworks to show where there is room for few: the chosen ones, else the current editions that most people ask for
/// (an older edition is shown on request), else all. In the report's order.
std::vector<std::string_view> shown_frameworks(const Report& report, const ReportOptions& options);
/// The chosen ones, else all, in the report's order.
std::vector<std::string_view> chosen_frameworks(const Report& report, const ReportOptions& options);

/// A rule's links to one framework. Direct and partial ones; those that only support where there is no other, or when
/// `all` asks for them.
std::vector<const ControlLink*> links_to(const RuleInfo& rule, std::string_view framework, bool all = false);

/// Where a finding points: the subject, else the resource's header, else its block; invalid when it has no place.
Span place_of(const Finding& finding);
/// Path of that place, or of the file the finding names.
std::string_view path_of(const Finding& finding, const SourceSet& sources);

/// Whether the finding belongs into a list of problems: fails and is still there.
bool is_problem(const Finding& finding);
/// Whether a machine format has it: failures always, other verdicts and what is gone since the baseline when asked for
/// (code scanning shows whatever it gets).
bool is_listed(const Finding& finding, const ReportOptions& options);

/// Whether an exception accepts nothing although the scan looked at what it covers: expired or unused.
bool has_no_effect(const WaiverInfo& exception);

/// What would decide undecided verdicts, most verdicts first, then by text.
struct Undecided {
    std::string_view cause;
    std::uint64_t count = 0;
    Span place;  ///< of the value that decides, else of the first finding
};
std::vector<Undecided> undecided_causes(const Report& report);

/// Verdicts of one control's rules.
struct ControlTally {
    const ControlInfo* control = nullptr;
    VerdictCounts counts;
    std::vector<const RuleInfo*> rules;
    Maturity maturity = Maturity::not_assessed;
};
/// Every control of the report, in its order.
std::vector<ControlTally> tally_controls(const Report& report);

/// Verdicts that bear on one requirement of a framework.
struct RequirementTally {
    const RequirementInfo* requirement = nullptr;
    /// Controls linked to it and how closely; parallel vectors, closest first.
    std::vector<const ControlTally*> controls;
    std::vector<Closeness> closeness;
    /// Of the direct and partial links; of those that only support where there is no other: what only supports a
    /// requirement says nothing against it while closer evidence exists.
    VerdictCounts counts;
    Maturity maturity = Maturity::not_assessed;
};
/// Every requirement that is neither heading nor withdrawn, in the catalogue's order. Views into `controls`.
std::vector<RequirementTally> tally_requirements(const FrameworkInfo& framework,
                                                 std::span<const ControlTally> controls);

std::string_view to_string(Closeness closeness);
std::string_view to_string(BaselineState state);
std::string_view to_string(Level level);
/// `1 failure`, `2 failures`.
std::string counted(std::uint64_t count, std::string_view singular, std::string_view plural = {});
/// `path:line:column`, or the path alone where there is no place; not made printable.
std::string location_text(Span place, std::string_view path, const SourceSet& sources);

/// A path as the reference of a URI: escaped, and `file:///...` where it is absolute.
std::string uri_of(std::string_view path);

}  // namespace plumbline
