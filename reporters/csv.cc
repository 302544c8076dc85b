#include "reporters/csv_writer.h"
#include "reporters/formats.h"
#include "reporters/summary.h"
#include "scanner/model/text.h"

// A line per finding, a column per framework: failures, accepted ones too; with --include-passed every verdict.

namespace plumbline {

void write_csv(const Report& report, const SourceSet& sources, const ReportOptions& options, std::ostream& out) {
    CsvWriter csv(out);
    const std::vector<std::string_view> frameworks = chosen_frameworks(report, options);
    std::vector<std::string> head = {"verdict", "severity",  "rule",  "title",        "address",
                                     "type",    "platform",  "file",  "line",         "column",
                                     "message", "attribute", "value", "undecided by", "control"};
    for (std::string_view framework : frameworks) head.emplace_back(short_name(report, framework));
    head.insert(head.end(), {"baseline", "accepted", "accepted by", "ticket", "expires", "owners", "environments",
                             "root", "fix", "fingerprint"});
    csv.row(head);
    for (const Finding& finding : report.findings) {
        if (!is_listed(finding, options)) continue;
        const RuleInfo* rule = report.rule(finding.rule);
        const Judgement& judgement = finding.judgement;
        const Span place = place_of(finding);
        const LineCol at = place.valid() ? sources.begin_of(place) : LineCol{};
        std::vector<std::string> row = {cell(to_string(judgement.verdict)),
                                        cell(to_string(finding.severity)),
                                        finding.rule,
                                        cell(rule ? rule->title : ""),
                                        finding.resource,
                                        finding.type,
                                        finding.platform,
                                        cell(path_of(finding, sources)),
                                        place.valid() ? cell(at.line) : "",
                                        place.valid() ? cell(at.column) : "",
                                        judgement.message,
                                        judgement.attribute,
                                        judgement.value,
                                        judgement.undecided_by,
                                        cell(rule ? rule->control : "")};
        for (std::string_view framework : frameworks) {
            std::string ids;
            if (rule) {
                for (const ControlLink* link : links_to(*rule, framework))
                    ids.append(ids.empty() ? "" : " ").append(link->id);
            }
            row.push_back(ids);
        }
        const Acceptance accepted = finding.accepted.empty() ? Acceptance{} : finding.accepted.front();
        std::string reason;
        if (!finding.accepted.empty())
            reason = accepted.justification.empty() ? "no reason given" : accepted.justification;
        row.insert(row.end(), {cell(to_string(finding.baseline)), reason,
                               accepted.approver.empty() ? accepted.owner : accepted.approver, accepted.ticket,
                               accepted.expires, join(finding.owners, " "), join(finding.environments, " "),
                               finding.root, cell(rule ? rule->fix : ""), finding.fingerprint});
        csv.row(row);
    }
}

}  // namespace plumbline
