#include <algorithm>

#include "reporters/audit_formats.h"
#include "reporters/audit_summary.h"
#include "reporters/csv_writer.h"
#include "scanner/model/text.h"

// The population: a line per change, with a column per rule that judged changes. The auditor's spreadsheet.

namespace plumbline {
namespace {

std::string people(const std::vector<AuditPerson>& all) {
    std::vector<std::string> names;
    for (const AuditPerson& person : all) names.push_back(to_string(person));
    return join(names, "; ");
}

std::string yes_no(const std::optional<bool>& value) {
    return !value ? "unknown" : *value ? "yes" : "no";
}

}  // namespace

void write_audit_csv(const AuditReport& report, const SourceSet&, const ReportOptions&, std::ostream& out) {
    CsvWriter csv(out);
    const auto verdicts = verdicts_by_change(report);
    std::vector<std::string_view> rules;
    for (const RuleInfo& rule : report.judged.rules)
        if (std::find(rule.types.begin(), rule.types.end(), "git_change") != rule.types.end()) rules.push_back(rule.id);
    std::vector<std::string> head = {"commit",       "time",
                                     "author",       "committer",
                                     "kind",         "kind_reason",
                                     "pull_request", "through_pull_request",
                                     "reviewers",    "self_approved",
                                     "merged_by",    "signature",
                                     "tickets",      "emergency",
                                     "reverts",      "subject",
                                     "files",        "pipeline_files",
                                     "waiver_files", "commits",
                                     "in_sample",    "url"};
    for (const std::string_view rule : rules) head.emplace_back(rule);
    csv.row(head);
    for (std::size_t i = 0; i < report.changes.size(); ++i) {
        const AuditChange& change = report.changes[i];
        const auto& sample = report.sample.changes;
        std::vector<std::string> row = {change.commit,
                                        rfc3339(change.time),
                                        to_string(change.author),
                                        to_string(change.committer),
                                        cell(to_string(change.kind)),
                                        change.kind_reason,
                                        change.pull_request,
                                        yes_no(change.through_pull_request),
                                        people(change.reviewers),
                                        yes_no(change.self_approved),
                                        to_string(change.merged_by),
                                        cell(to_string(change.signature)),
                                        join(change.tickets, "; "),
                                        change.emergency,
                                        change.reverts,
                                        change.subject,
                                        cell(std::uint64_t{change.files}),
                                        join(change.pipeline_files, "; "),
                                        join(change.waiver_files, "; "),
                                        join(change.commits, " "),
                                        std::find(sample.begin(), sample.end(), i) != sample.end() ? "yes" : "no",
                                        change.url};
        const auto found = verdicts.find(change.commit);
        for (const std::string_view rule : rules) {
            std::string word = "not_applicable";
            if (found != verdicts.end())
                for (const Finding* finding : found->second)
                    if (finding->rule == rule) word = to_string(finding->judgement.verdict);
            row.push_back(word);
        }
        csv.row(row);
    }
}

}  // namespace plumbline
