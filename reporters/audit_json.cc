#include <algorithm>

#include "reporters/audit_formats.h"
#include "reporters/audit_record.h"
#include "reporters/audit_summary.h"
#include "reporters/json_writer.h"
#include "reporters/summary.h"

// Everything an audit knows, as docs/audit.md describes it. Times are RFC 3339 in UTC; nothing depends on the clock.

namespace plumbline {
namespace {

using Layout = JsonWriter::Layout;

class AuditJson {
  public:
    AuditJson(const AuditReport& report, const SourceSet& sources, std::ostream& out, bool for_html)
        : report_(report), sources_(sources), json_(out, for_html) {}

    void write() {
        json_.object(
            [&] {
                json_.number("schema_version", 1);
                json_.object("tool", [&] {
                    json_.text("name", "plumbline");
                    json_.text_if("version", report_.judged.tool_version);
                });
                json_.text("repository", report_.repository);
                json_.text("branch", report_.branch);
                json_.text("tip", report_.tip);
                json_.text("base", report_.base);
                json_.flag("shallow", report_.shallow);
                json_.object("period", [&] {
                    json_.text("from", rfc3339(report_.from));
                    json_.text("to", rfc3339(report_.to));
                });
                write_population();
                list("changes", report_.changes, [&](const AuditChange& item) { write_change_record(json_, item); });
                list("verdicts", report_.judged.findings, [&](const Finding& item) { write_verdict(item); });
                list("rules", judged_rules(report_), [&](const RuleTally& item) { write_rule(item); });
                list("forced_pushes", report_.forced_pushes, [&](const ForcedPush& item) { write_push(item); });
                json_.text_if("pushes_unknown_because", report_.pushes_unknown_because);
                list("controls", report_.controls, [&](const ControlHistory& item) { write_control(item); });
                write_findings();
                write_sample();
                if (report_.at) write_state();
                list("settings", report_.settings, [&](const auto& item) {
                    json_.text("name", item.first);
                    json_.text("value", item.second);
                });
                list("diagnostics", report_.judged.diagnostics, [&](const Diagnostic& item) { write_problem(item); });
                json_.number("exit_code", static_cast<std::uint64_t>(std::max(0, report_.judged.exit_code)));
            },
            Layout::lines);
        json_.finish();
    }

  private:
    template <class Items, class Body>
    void list(std::string_view key, const Items& items, Body body) {
        json_.array(
            key,
            [&] {
                for (const auto& item : items) json_.object([&] { body(item); });
            },
            Layout::lines);
    }

    void write_population() {
        const AuditPopulation& population = report_.population;
        json_.object("population", [&] {
            json_.number("changes", report_.changes.size());
            json_.number("commits", population.commits);
            json_.number("accounted", population.accounted);
            json_.flag("complete", population.complete);
            json_.text("text", completeness_text(report_));
            json_.array("unaccounted", [&] {
                for (const auto& item : population.unaccounted) {
                    json_.object([&] {
                        json_.text("commit", item.commit);
                        json_.text("why", item.why);
                    });
                }
            });
        });
    }

    void write_verdict(const Finding& finding) {
        const Judgement& judgement = finding.judgement;
        json_.text("rule", finding.rule);
        if (finding.type == "git_change")
            json_.text("commit", finding.resource);
        else
            json_.text("address", finding.resource);
        json_.text("verdict", to_string(judgement.verdict));
        json_.text("severity", to_string(finding.severity));
        json_.text("message", judgement.message);
        json_.text_if("undecided_by", judgement.undecided_by);
        if (finding.type != "git_change" && finding.type != "git_branch")
            json_.text("file", path_of(finding, sources_));
    }

    void write_rule(const RuleTally& tally) {
        const RuleInfo& rule = *tally.rule;
        json_.text("id", rule.id);
        json_.text("title", rule.title);
        json_.text("severity", to_string(rule.severity));
        json_.text("control", rule.control);
        json_.text("why", rule.why);
        json_.text("fix", rule.fix);
        json_.number("pass", tally.counts.pass);
        json_.number("fail", tally.counts.fail);
        json_.number("undecided", tally.counts.undecided);
        json_.number("not_applicable", tally.counts.not_applicable);
        json_.object("requirements", [&] {
            for (const FrameworkInfo& framework : report_.judged.frameworks) {
                const auto links = links_to(rule, framework.id);
                if (links.empty()) continue;
                json_.array(framework.id, [&] {
                    for (const ControlLink* link : links) json_.text(link->id);
                });
            }
        });
    }

    void write_push(const ForcedPush& push) {
        json_.text("time", rfc3339(push.time));
        json_.text_if("by", push.by);
        json_.text("old_commit", push.old_commit);
        json_.text("new_commit", push.new_commit);
        json_.text("source", push.source);
    }

    void write_control(const ControlHistory& history) {
        json_.text("id", history.id);
        if (const ControlInfo* control = report_.judged.control(history.id)) json_.text("title", control->title);
        json_.array("intervals", [&] {
            for (const ControlInterval& interval : history.intervals) {
                json_.object([&] {
                    json_.text("from", rfc3339(interval.from));
                    json_.text("to", rfc3339(interval.to));
                    json_.text("verdict", to_string(interval.verdict));
                    json_.text("commit", interval.commit);
                    json_.text_if("closed_by", interval.closed_by);
                });
            }
        });
    }

    void write_moment(std::string_view key, const AuditMoment& moment) {
        json_.object(key, [&] {
            json_.text("commit", moment.commit);
            json_.text("time", rfc3339(moment.time));
            json_.text("author", moment.author);
            if (moment.change && !report_.changes[*moment.change].pull_request.empty())
                json_.text("pull_request", report_.changes[*moment.change].pull_request);
        });
    }

    void write_findings() {
        list("findings", report_.findings, [&](const FindingHistory& finding) {
            json_.text("rule", finding.rule);
            json_.text("address", finding.address);
            json_.text("file", finding.file);
            if (finding.line > 0) json_.number("line", finding.line);
            json_.text("severity", to_string(finding.severity));
            json_.text("message", finding.message);
            json_.text("fingerprint", finding.fingerprint);
            write_moment("introduced", finding.introduced);
            if (finding.before_period) json_.flag("before_period", true);
            if (finding.resolved)
                write_moment("resolved", *finding.resolved);
            else
                json_.null("resolved");
            json_.number("age_days",
                         static_cast<std::uint64_t>(std::max<std::int64_t>(0, finding.age_seconds) / 86400));
            json_.array("accepted", [&] {
                for (const AcceptedInterval& accepted : finding.accepted) {
                    json_.object([&] {
                        json_.text("from", rfc3339(accepted.from));
                        json_.text("to", rfc3339(accepted.to));
                        json_.text_if("owner", accepted.acceptance.owner);
                        json_.text_if("reason", accepted.acceptance.justification);
                        json_.text_if("expires", accepted.acceptance.expires);
                    });
                }
            });
            json_.texts_if("moved_from", finding.moved_from);
        });
        json_.flag("replayed", report_.replayed.has_value());
        list("repairs", report_.repairs, [&](const RepairTimes& times) {
            json_.text("severity", times.severity ? to_string(*times.severity) : "all");
            json_.number("repaired", times.repaired);
            json_.number("open", times.open);
            json_.number("measured", times.measured);
            json_.number("mean_seconds", static_cast<std::uint64_t>(times.mean_seconds));
            json_.number("median_seconds", static_cast<std::uint64_t>(times.median_seconds));
        });
        if (!report_.secrets) return;
        list("secrets", *report_.secrets, [&](const HistorySecret& secret) {
            json_.text("kind", secret.kind);
            json_.text("file", secret.file);
            json_.number("line", secret.line);
            json_.text("blob", secret.blob);
            json_.text("redacted", secret.redacted);
            json_.text("commit", secret.commit);
            json_.text("time", rfc3339(secret.time));
            json_.text("author", secret.author);
            json_.flag("reachable", secret.reachable);
            json_.flag("in_tip_tree", secret.in_tip_tree);
            json_.text("fingerprint", secret.fingerprint);
            if (!secret.accepted) return;
            json_.object("accepted", [&] {
                json_.text("by", secret.accepted->kind == "inSource" ? "comment" : "waiver");
                json_.text_if("owner", secret.accepted->owner);
                json_.text_if("reason", secret.accepted->justification);
                json_.text_if("expires", secret.accepted->expires);
            });
        });
    }

    void write_sample() {
        const auto verdicts = verdicts_by_change(report_);
        list("sample", report_.sample.changes, [&](std::size_t index) {
            const AuditChange& change = report_.changes[index];
            json_.text("commit", change.commit);
            json_.text("time", rfc3339(change.time));
            json_.text("author", to_string(change.author));
            json_.text("subject", change.subject);
            json_.text_if("url", change.url);
            json_.array("evidence", [&] {
                const auto found = verdicts.find(change.commit);
                if (found == verdicts.end()) return;
                for (const Finding* finding : found->second) {
                    json_.object([&] {
                        json_.text("rule", finding->rule);
                        if (const RuleInfo* rule = report_.judged.rule(finding->rule))
                            json_.text("control", rule->control);
                        json_.text("verdict", to_string(finding->judgement.verdict));
                        json_.text("message", finding->judgement.message);
                    });
                }
            });
        });
        json_.object("sample_method", [&] {
            json_.number("asked", report_.sample.asked);
            json_.text("seed", report_.sample.seed);
            json_.text("method", sample_method(report_));
        });
    }

    void write_state() {
        json_.object("state", [&] {
            json_.text("time", rfc3339(report_.at->time));
            json_.text("commit", report_.at->commit);
            json_.object("controls", [&] {
                for (const auto& [id, verdict] : report_.at->controls) json_.text(id, to_string(verdict));
            });
            json_.array("open_findings", [&] {
                for (const std::size_t index : report_.at->open_findings)
                    json_.text(report_.findings[index].fingerprint);
            });
        });
    }

    void write_problem(const Diagnostic& diagnostic) {
        json_.text("level", to_string(diagnostic.level));
        json_.text("code", diagnostic.code);
        json_.text("summary", diagnostic.summary);
        json_.text_if("detail", diagnostic.detail);
        json_.text_if("file", diagnostic.path.empty() && diagnostic.subject.valid()
                                  ? std::string_view(sources_.get(diagnostic.subject.source).path())
                                  : std::string_view(diagnostic.path));
    }

    const AuditReport& report_;
    const SourceSet& sources_;
    JsonWriter json_;
};

}  // namespace

void write_audit_json(const AuditReport& report, const SourceSet& sources, const ReportOptions&, std::ostream& out) {
    AuditJson(report, sources, out, false).write();
}

void write_audit_data(const AuditReport& report, const SourceSet& sources, std::ostream& out) {
    AuditJson(report, sources, out, true).write();
}

}  // namespace plumbline
