#include <algorithm>

#include "reporters/audit_formats.h"
#include "reporters/audit_summary.h"
#include "reporters/markdown_text.h"
#include "reporters/summary.h"
#include "scanner/model/text.h"

// What an auditor reads first, and what goes into a working paper: completeness, controls over the period, exceptions,
// the sample with its evidence line by line.

namespace plumbline {
namespace {

// Rows of one table; what is left out is counted, and the other formats have it.
constexpr std::size_t most_rows = 200;

std::string date_of(std::int64_t time) {
    return rfc3339(time).substr(0, 10);
}
std::string minute_of(std::int64_t time) {
    std::string text = rfc3339(time).substr(0, 16);
    text[10] = ' ';
    return text;
}
std::string id_of(std::string_view commit) {
    return commit.empty() ? "–" : markdown_code(commit.substr(0, 12));
}

class AuditMarkdown {
  public:
    AuditMarkdown(const AuditReport& report, std::ostream& out)
        : report_(report), out_(out), verdicts_(verdicts_by_change(report)) {}

    void write() {
        write_head();
        write_rules();
        write_controls();
        write_failures();
        write_findings();
        write_secrets();
        write_state();
        write_sample();
        write_problems();
    }

  private:
    void row(const std::vector<std::string>& cells) {
        for (const std::string& item : cells) out_ << "| " << item << ' ';
        out_ << "|\n";
    }
    void table(const std::vector<std::string>& head) {
        row(head);
        row(std::vector<std::string>(head.size(), "---"));
    }
    /// Says how many rows are missing.
    void rest(std::size_t all) {
        if (all > most_rows) out_ << "\n" << all - most_rows << " more stand in the other formats.\n";
    }
    std::string title_of(std::string_view id) const {
        const RuleInfo* rule = report_.judged.rule(id);
        return markdown_text(rule ? rule->title : id);
    }

    void write_head() {
        out_ << "# Audit of " << markdown_text(report_.repository) << "\n\n";
        out_ << "Branch " << markdown_code(report_.branch) << ", " << date_of(report_.from) << " to "
             << date_of(report_.to) << " (UTC)";
        if (!report_.tip.empty()) out_ << ", newest commit " << id_of(report_.tip);
        out_ << ".\n\n" << markdown_text(completeness_text(report_)) << "\n\n";
        std::vector<std::size_t> kinds(4);
        std::size_t octopus = 0, reverts = 0, emergencies = 0, pipeline = 0, waivers = 0, skewed = 0;
        for (const AuditChange& change : report_.changes) {
            ++kinds[static_cast<std::size_t>(change.kind)];
            octopus += change.octopus;
            reverts += !change.reverts.empty();
            emergencies += !change.emergency.empty();
            pipeline += !change.pipeline_files.empty();
            waivers += !change.waiver_files.empty();
            skewed += change.clock_wrong;
        }
        table({"changes", "merge", "squash", "rebase", "direct", "octopus", "reverts", "emergency", "of the pipeline",
               "of waivers", "clock wrong"});
        std::vector<std::string> numbers = {std::to_string(report_.changes.size())};
        for (const std::size_t number : kinds) numbers.push_back(std::to_string(number));
        for (const std::size_t number : {octopus, reverts, emergencies, pipeline, waivers, skewed})
            numbers.push_back(std::to_string(number));
        row(numbers);
    }

    void write_rules() {
        const auto rules = judged_rules(report_);
        if (rules.empty()) return;
        out_ << "\n## Rules over changes\n\n";
        table({"rule", "control", "pass", "fail", "not provable", "not applicable"});
        for (const RuleTally& tally : rules)
            row({markdown_text(tally.rule->title), markdown_text(tally.rule->control),
                 std::to_string(tally.counts.pass), std::to_string(tally.counts.fail),
                 std::to_string(tally.counts.undecided), std::to_string(tally.counts.not_applicable)});
    }

    void write_controls() {
        if (report_.controls.empty()) return;
        out_ << "\n## Controls over the period\n\n";
        table({"control", "at the end", "failing in all", "intervals of failure"});
        for (const ControlHistory& history : report_.controls) {
            std::int64_t failing = 0;
            std::vector<std::string> intervals;
            for (const ControlInterval& interval : history.intervals) {
                if (interval.verdict != Verdict::fail) continue;
                failing += interval.to - interval.from;
                if (intervals.size() < 5)
                    intervals.push_back(minute_of(interval.from) + " (" + id_of(interval.commit) + ") to " +
                                        (interval.closed_by.empty()
                                             ? std::string("the end")
                                             : minute_of(interval.to) + " (" + id_of(interval.closed_by) + ")"));
                else if (intervals.size() == 5)
                    intervals.emplace_back("...");
            }
            row({markdown_text(history.id), std::string(verdict_word(history.intervals.back().verdict)),
                 failing > 0 ? duration_text(failing) : "–", join(intervals, "; ")});
        }
    }

    void write_failures() {
        std::vector<const Finding*> failing, unproven;
        for (const Finding& finding : report_.judged.findings) {
            if (finding.judgement.verdict == Verdict::fail) failing.push_back(&finding);
            if (finding.judgement.verdict == Verdict::undecided) unproven.push_back(&finding);
        }
        const auto by_severity = [](const Finding* a, const Finding* b) { return a->severity > b->severity; };
        std::stable_sort(failing.begin(), failing.end(), by_severity);
        if (!failing.empty()) {
            out_ << "\n## Exceptions: " << counted(failing.size(), "verdict") << " that fail\n\n";
            table({"severity", "change", "rule", "what is missing"});
            for (std::size_t i = 0; i < std::min(failing.size(), most_rows); ++i)
                row({std::string(to_string(failing[i]->severity)), subject_of(*failing[i]), title_of(failing[i]->rule),
                     markdown_text(failing[i]->judgement.message)});
            rest(failing.size());
        }
        if (unproven.empty()) return;
        std::map<std::string_view, std::uint64_t> causes;
        for (const Finding* finding : unproven) ++causes[finding->judgement.undecided_by];
        std::vector<std::pair<std::string_view, std::uint64_t>> sorted(causes.begin(), causes.end());
        std::stable_sort(sorted.begin(), sorted.end(),
                         [](const auto& a, const auto& b) { return a.second > b.second; });
        out_ << "\n## Not provable: " << counted(unproven.size(), "verdict") << "\n\n";
        table({"verdicts", "why, and what would tell"});
        constexpr std::size_t most_causes = 20;
        for (std::size_t i = 0; i < std::min(sorted.size(), most_causes); ++i)
            row({std::to_string(sorted[i].second), markdown_text(sorted[i].first)});
        if (sorted.size() > most_causes)
            out_ << "\n" << sorted.size() - most_causes << " more reasons stand in the other formats.\n";
    }

    std::string subject_of(const Finding& finding) const {
        if (finding.type != "git_change") return markdown_code(finding.resource);
        const auto change = std::find_if(report_.changes.begin(), report_.changes.end(),
                                         [&](const AuditChange& item) { return item.commit == finding.resource; });
        if (change == report_.changes.end()) return id_of(finding.resource);
        return id_of(change->commit) + " " + date_of(change->time) + " " + markdown_text(cut(change->subject, 60));
    }

    void write_findings() {
        if (!report_.replayed) return;
        std::vector<const FindingHistory*> open;
        for (const FindingHistory& finding : report_.findings)
            if (!finding.resolved) open.push_back(&finding);
        std::stable_sort(open.begin(), open.end(),
                         [](const auto* a, const auto* b) { return a->severity > b->severity; });
        out_ << "\n## Findings of the guardrails\n\n"
             << counted(report_.findings.size(), "finding") << " over the period, " << open.size()
             << " open at its end.\n";
        if (!report_.repairs.empty()) {
            out_ << "\n";
            table({"severity", "repaired", "open", "mean time to repair", "median"});
            for (const RepairTimes& times : report_.repairs)
                row({times.severity ? std::string(to_string(*times.severity)) : "all", std::to_string(times.repaired),
                     std::to_string(times.open), times.measured ? duration_text(times.mean_seconds) : "–",
                     times.measured ? duration_text(times.median_seconds) : "–"});
        }
        if (open.empty()) return;
        out_ << "\n";
        table({"severity", "rule", "where", "introduced", "age"});
        for (std::size_t i = 0; i < std::min(open.size(), most_rows); ++i) {
            const FindingHistory& finding = *open[i];
            row({std::string(to_string(finding.severity)), title_of(finding.rule),
                 markdown_code(finding.address) + " in " + markdown_code(finding.file),
                 (finding.before_period ? "before " : "") + date_of(finding.introduced.time) + " " +
                     id_of(finding.introduced.commit) + " " + markdown_text(finding.introduced.author),
                 duration_text(finding.age_seconds)});
        }
        rest(open.size());
    }

    void write_secrets() {
        if (!report_.secrets || report_.secrets->empty()) return;
        out_ << "\n## Credentials in the history\n\n";
        table({"kind", "where", "brought by", "still in the tree", "accepted", "fingerprint"});
        for (std::size_t i = 0; i < std::min(report_.secrets->size(), most_rows); ++i) {
            const HistorySecret& secret = (*report_.secrets)[i];
            row({markdown_text(secret.kind), markdown_code(secret.file + ":" + std::to_string(secret.line)),
                 id_of(secret.commit) + " " + date_of(secret.time) + " " + markdown_text(secret.author),
                 secret.in_tip_tree ? "yes"
                 : secret.reachable ? "no, but in the history"
                                    : "no",
                 !secret.accepted
                     ? "no"
                     : markdown_text(secret.accepted->justification.empty() ? std::string("yes")
                                                                            : "yes: " + secret.accepted->justification),
                 markdown_code(secret.fingerprint)});
        }
        rest(report_.secrets->size());
    }

    void write_state() {
        if (!report_.at) return;
        out_ << "\n## The state on " << minute_of(report_.at->time) << " UTC\n\nCommit " << id_of(report_.at->commit)
             << ", " << counted(report_.at->open_findings.size(), "open finding") << ".\n\n";
        table({"control", "verdict"});
        for (const auto& [id, verdict] : report_.at->controls)
            row({markdown_text(id), std::string(verdict_word(verdict))});
    }

    void write_sample() {
        if (report_.sample.changes.empty()) return;
        out_ << "\n## The sample: " << report_.sample.changes.size() << " of "
             << counted(report_.changes.size(), "change") << "\n\n"
             << markdown_text(sample_method(report_)) << "\n";
        std::size_t number = 0;
        for (const std::size_t index : report_.sample.changes) write_sampled(++number, report_.changes[index]);
    }

    void write_sampled(std::size_t number, const AuditChange& change) {
        out_ << "\n### " << number << ". " << id_of(change.commit) << " " << markdown_text(cut(change.subject, 100))
             << "\n\n";
        const auto line = [&](std::string_view name, const std::string& value) {
            if (!value.empty()) out_ << "- " << name << ": " << value << "\n";
        };
        const auto people = [](const std::vector<AuditPerson>& all) {
            std::vector<std::string> names;
            for (const AuditPerson& person : all) names.push_back(markdown_text(to_string(person)));
            return join(names, ", ");
        };
        line("commit", markdown_code(change.commit));
        line("time", minute_of(change.time) + " UTC");
        line("author", markdown_text(to_string(change.author)));
        line("committer", markdown_text(to_string(change.committer)));
        line("kind", std::string(to_string(change.kind)) + " (" + markdown_text(change.kind_reason) + ")");
        line("pull request", markdown_text(change.pull_request));
        line("address", markdown_text(change.url));
        line("merged by", markdown_text(to_string(change.merged_by)));
        line("reviewers", people(change.reviewers));
        line("tickets", markdown_text(join(change.tickets, ", ")));
        line("signature", std::string(to_string(change.signature)) +
                              (change.signer.empty() ? "" : " (" + markdown_text(change.signer) + ")"));
        line("emergency", markdown_text(change.emergency));
        line("commits it brought", std::to_string(change.commits.size()));
        const auto found = verdicts_.find(change.commit);
        if (found == verdicts_.end()) return;
        out_ << "\n";
        table({"verdict", "rule", "why"});
        for (const Finding* finding : found->second)
            row({std::string(verdict_word(finding->judgement.verdict)), title_of(finding->rule),
                 markdown_text(finding->judgement.verdict == Verdict::undecided ? finding->judgement.undecided_by
                                                                                : finding->judgement.message)});
    }

    void write_problems() {
        const auto& all = report_.judged.diagnostics;
        if (all.empty()) return;
        out_ << "\n## What could not be read or resolved\n\n";
        std::size_t written = 0;
        for (const Diagnostic& item : all) {
            if (++written > most_rows) break;
            out_ << "- " << to_string(item.level) << ": " << markdown_text(item.summary)
                 << (item.detail.empty() ? "" : ". " + markdown_text(item.detail)) << "\n";
        }
        rest(all.size());
    }

    const AuditReport& report_;
    std::ostream& out_;
    std::map<std::string_view, std::vector<const Finding*>> verdicts_;
};

}  // namespace

void write_audit_markdown(const AuditReport& report, const SourceSet&, const ReportOptions&, std::ostream& out) {
    AuditMarkdown(report, out).write();
}

}  // namespace plumbline
