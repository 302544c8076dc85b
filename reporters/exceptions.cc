#include <map>
#include <set>

#include "reporters/csv_writer.h"
#include "reporters/formats.h"
#include "reporters/summary.h"
#include "scanner/model/text.h"

// The register of exceptions: a line per entry of the waiver file and per comment, annotation or metadata in the code
// that accepts findings, with what it accepts now and whether it still counts.

namespace plumbline {
namespace {

// Findings named in one cell; the count beside them is complete.
constexpr std::size_t most_named = 20;

std::string finding_text(const Finding& finding, const SourceSet& sources) {
    std::string where(path_of(finding, sources));
    const Span place = place_of(finding);
    if (place.valid()) where += ":" + std::to_string(sources.begin_of(place).line);
    return finding.rule + " " + finding.resource + " (" + where + ")";
}

/// What each exception accepts, by its place.
using Accepted = std::map<Span, std::vector<const Finding*>>;

void write_line(CsvWriter& csv, const WaiverInfo& exception, const Accepted& by_place, const Report& report,
                const SourceSet& sources) {
    const Acceptance& accepted = exception.acceptance;
    std::set<std::string> controls;
    std::string named;
    const auto found = by_place.find(accepted.span);
    const std::vector<const Finding*> findings =
        found == by_place.end() ? std::vector<const Finding*>() : found->second;
    for (std::size_t i = 0; i < findings.size(); ++i) {
        if (const RuleInfo* rule = report.rule(findings[i]->rule)) controls.emplace(rule->control);
        if (i < most_named) named += (i == 0 ? "" : "; ") + finding_text(*findings[i], sources);
    }
    if (findings.size() > most_named) named += "; and " + std::to_string(findings.size() - most_named) + " more";
    const std::vector<std::string> ids(controls.begin(), controls.end());
    csv.row({accepted.kind == "inSource" ? "comment in the code" : "waiver", join(exception.rules, " "),
             exception.resource, exception.path, accepted.owner, accepted.approver, accepted.justification,
             accepted.compensating_control, accepted.ticket, accepted.created, accepted.expires, exception.state,
             cell(exception.matched), named, join(ids, " "), location_text(accepted.span, {}, sources), report.commit,
             report.started_at});
}

}  // namespace

void write_exceptions(const Report& report, const SourceSet& sources, const ReportOptions&, std::ostream& out) {
    CsvWriter csv(out);
    csv.row({"kind", "rule or control", "resource", "path", "owner", "approver", "reason", "compensating control",
             "ticket", "created", "expires", "state", "matches", "accepted findings", "controls", "place", "commit",
             "time"});
    Accepted by_place;
    for (const Finding& finding : report.findings) {
        for (const Acceptance& accepted : finding.accepted) {
            if (accepted.span.valid()) by_place[accepted.span].push_back(&finding);
        }
    }
    for (const WaiverInfo& waiver : report.waivers) write_line(csv, waiver, by_place, report, sources);
    for (const WaiverInfo& comment : report.suppressions) write_line(csv, comment, by_place, report, sources);
}

}  // namespace plumbline
