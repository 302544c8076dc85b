#include <algorithm>
#include <map>

#include "reporters/formats.h"
#include "reporters/html_page.h"
#include "reporters/json_writer.h"
#include "reporters/layout.h"
#include "reporters/summary.h"
#include "scanner/model/text.h"

// One page that holds everything and asks nobody for anything (its Content-Security-Policy forbids it). The findings
// stand in it as JSON and are drawn when they come into view, so that 20,000 of them are as quick as twenty. All text
// of inputs goes through the JSON and from there into text nodes, never into markup.

namespace plumbline {
namespace {

using Layout = JsonWriter::Layout;

// What one finding shows at most: the page has to hold thousands.
constexpr std::size_t line_width = 160;
constexpr std::size_t most_origins = 20;
constexpr std::size_t longest_text = 2000;

class Html {
  public:
    Html(const Report& report, const SourceSet& sources, const ReportOptions& options, std::ostream& out)
        : report_(report),
          sources_(sources),
          options_(options),
          out_(out),
          json_(out, true),
          controls_(tally_controls(report)) {
        for (std::size_t i = 0; i < report.rules.size(); ++i) rule_index_.emplace(report.rules[i].id, i);
        for (std::size_t i = 0; i < controls_.size(); ++i) control_index_.emplace(controls_[i].control->id, i);
    }

    void write() {
        out_ << "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
                "script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">\n"
                "<meta name=\"referrer\" content=\"no-referrer\">\n<title>plumbline report</title>\n<style>"
             << html_style()
             << "</style>\n</head>\n<body>\n<noscript>This report is drawn by a script inside this page; please allow "
                "it.</noscript>\n<div id=\"app\"></div>\n<script type=\"application/json\" id=\"data\">";
        json_.object([&] { write_data(); }, Layout::lines);
        json_.finish();
        out_ << "</script>\n<script>" << html_script() << "</script>\n</body>\n</html>\n";
    }

  private:
    static std::string shown(std::string_view text) { return cut(printable(text), longest_text); }
    std::string place(Span span, std::string_view path) const { return printable(location_text(span, path, sources_)); }

    void write_data() {
        json_.text("version", report_.tool_version);
        json_.text("time", report_.started_at);
        json_.text("commit", report_.commit);
        json_.text("repository", report_.repository_uri);
        json_.text("branch", report_.branch);
        VerdictCounts all;
        for (const auto& [rule, counts] : report_.verdicts) all.add(counts);
        write_counts("counts", all);
        json_.array("coverage", [&] {
            json_.number(report_.coverage.files_read);
            json_.number(report_.coverage.resources);
            json_.number(report_.coverage.rules);
        });
        json_.array(
            "rules",
            [&] {
                for (const RuleInfo& rule : report_.rules) json_.object([&] { write_rule(rule); });
            },
            Layout::lines);
        json_.array(
            "controls",
            [&] {
                for (const ControlTally& tally : controls_) json_.object([&] { write_control(tally); });
            },
            Layout::lines);
        json_.array(
            "frameworks",
            [&] {
                for (std::string_view id : chosen_frameworks(report_, options_))
                    json_.object([&] { write_framework(id); });
            },
            Layout::lines);
        json_.array(
            "findings",
            [&] {
                for (const Finding& finding : report_.findings) {
                    const Verdict verdict = finding.judgement.verdict;
                    if (verdict == Verdict::fail || verdict == Verdict::undecided || options_.include_passed ||
                        finding.baseline == BaselineState::absent) {
                        json_.object([&] { write_finding(finding); });
                    }
                }
            },
            Layout::lines);
        write_lists();
    }

    void write_counts(std::string_view key, const VerdictCounts& counts) {
        json_.array(key, [&] {
            json_.number(counts.pass);
            json_.number(counts.fail);
            json_.number(counts.undecided);
            json_.number(counts.accepted);
        });
    }

    void write_rule(const RuleInfo& rule) {
        json_.text("id", rule.id);
        json_.text("title", shown(rule.title));
        json_.text("severity", to_string(rule.severity));
        json_.text_if("why", shown(rule.why));
        json_.text_if("fix", shown(rule.fix));
        if (const auto at = control_index_.find(rule.control); at != control_index_.end())
            json_.number("control", at->second);
        json_.texts("aliases", rule.aliases);
        json_.texts("links", rule.links);
        json_.array("requirements", [&] {
            std::size_t index = 0;
            for (std::string_view id : chosen_frameworks(report_, options_)) {
                for (const ControlLink* link : links_to(rule, id, true)) {
                    json_.array([&] {
                        json_.number(index);
                        json_.text(link->id);
                        json_.text(to_string(link->closeness));
                    });
                }
                ++index;
            }
        });
    }

    void write_control(const ControlTally& tally) {
        json_.text("id", tally.control->id);
        json_.text("title", shown(tally.control->title));
        json_.text("objective", shown(tally.control->objective));
        json_.text("domain", shown(tally.control->domain));
        json_.number("maturity", static_cast<std::uint64_t>(tally.maturity));
        write_counts("counts", tally.counts);
        json_.number("rules", tally.rules.size());
    }

    void write_framework(std::string_view id) {
        const FrameworkInfo& framework = *report_.framework(id);
        json_.text("id", id);
        json_.text("name", short_name(report_, id));
        json_.array("requirements", [&] {
            for (const RequirementTally& tally : tally_requirements(framework, controls_)) {
                json_.object([&] {
                    json_.text("id", tally.requirement->id);
                    json_.text("title", shown(tally.requirement->title));
                    json_.number("maturity", static_cast<std::uint64_t>(tally.maturity));
                    write_counts("counts", tally.counts);
                    if (tally.controls.empty()) return;
                    json_.array("controls", [&] {
                        for (std::size_t i = 0; i < tally.controls.size(); ++i) {
                            // Beside numbers only the controls that they come from; without numbers all that could bear
                            // on it.
                            if (tally.counts.any() && !tally.controls[i]->counts.any()) continue;
                            json_.text(std::string(tally.controls[i]->control->id) + " (" +
                                       std::string(to_string(tally.closeness[i])) + ")");
                        }
                    });
                });
            }
        });
    }

    /// The tab a finding stands under.
    static std::string_view status_of(const Finding& finding) {
        if (finding.baseline == BaselineState::absent) return "fixed";
        if (!finding.accepted.empty()) return "accepted";
        return to_string(finding.judgement.verdict);
    }

    void write_finding(const Finding& finding) {
        const Judgement& judgement = finding.judgement;
        const Span span = place_of(finding);
        if (const auto at = rule_index_.find(finding.rule); at != rule_index_.end())
            json_.number("rule", at->second);
        else
            json_.text("ruleId", finding.rule);
        json_.text("status", status_of(finding));
        json_.text("severity", to_string(finding.severity));
        json_.text("address", shown(finding.resource));
        json_.text("file", shown(path_of(finding, sources_)));
        if (span.valid()) json_.number("line", sources_.begin_of(span).line);
        json_.text("message", shown(judgement.message));
        json_.text_if("value", shown(judgement.value));
        json_.text_if("undecidedBy", shown(judgement.undecided_by));
        if (span.valid()) write_code(span);
        if (!judgement.related.empty()) {
            json_.array("origin", [&] {
                for (std::size_t i = 0; i < std::min(judgement.related.size(), most_origins); ++i)
                    write_origin(judgement.related[i]);
            });
        }
        if (!finding.accepted.empty()) {
            json_.array("accepted", [&] {
                for (const Acceptance& accepted : finding.accepted) json_.object([&] { write_acceptance(accepted); });
            });
        }
        if (finding.baseline == BaselineState::fresh) json_.flag("fresh", true);
        json_.texts_if("owners", finding.owners);
        json_.texts_if("environments", finding.environments);
        json_.text_if("fingerprint", finding.fingerprint);
    }

    /// Lines as [number, before, marked, after].
    void write_code(Span span) {
        json_.array("code", [&] {
            for (const ExcerptLine& line : excerpt(sources_[span.source], span, 2, line_width)) {
                json_.array([&] {
                    json_.number(line.number);
                    json_.text(line.before);
                    json_.text(line.marked);
                    json_.text(line.after);
                });
            }
        });
    }

    void write_origin(const RelatedPlace& related) {
        json_.array([&] {
            json_.text(shown(related.message));
            json_.text(place(related.span, {}));
            const auto code = related.span.valid() ? excerpt(sources_[related.span.source], related.span, 0, line_width)
                                                   : std::vector<ExcerptLine>{};
            json_.text(code.empty() ? std::string_view() : trim(code.front().text()));
        });
    }

    void write_acceptance(const Acceptance& accepted) {
        json_.text("kind", accepted.kind == "inSource" ? "comment in the code" : "waiver");
        json_.text("reason", shown(accepted.justification));
        json_.text_if("owner", shown(accepted.owner));
        json_.text_if("approver", shown(accepted.approver));
        json_.text_if("ticket", shown(accepted.ticket));
        json_.text_if("created", shown(accepted.created));
        json_.text_if("expires", shown(accepted.expires));
        json_.text_if("compensating", shown(accepted.compensating_control));
        json_.text_if("place", place(accepted.span, {}));
    }

    void write_exception(const WaiverInfo& exception) {
        json_.text("rules", shown(join(exception.rules, ", ")));
        json_.text("resource", shown(exception.resource));
        json_.text("path", shown(exception.path));
        json_.text("state", shown(exception.state));
        json_.number("matched", exception.matched);
        json_.object("acceptance", [&] { write_acceptance(exception.acceptance); });
    }

    void write_lists() {
        json_.array(
            "undecided",
            [&] {
                for (const Undecided& item : undecided_causes(report_)) {
                    json_.array([&] {
                        json_.number(item.count);
                        json_.text(shown(item.cause));
                        json_.text(place(item.place, {}));
                    });
                }
            },
            Layout::lines);
        json_.array(
            "notes",
            [&] {
                const auto note = [&](std::string_view level, const std::string& where, const std::string& text) {
                    json_.array([&] {
                        json_.text(level);
                        json_.text(where);
                        json_.text(text);
                    });
                };
                for (const Diagnostic& item : report_.diagnostics) {
                    std::string text = shown(item.summary);
                    if (!item.detail.empty()) text += ". " + shown(item.detail);
                    note(to_string(item.level), place(item.subject, item.path), text);
                }
                for (const CoverageGap& gap : report_.coverage.gaps) {
                    note("skipped", place(gap.span, gap.path), shown(gap.subject) + ": " + shown(gap.reason));
                }
            },
            Layout::lines);
        json_.array("unknownTypes", [&] {
            for (const auto& [type, count] : report_.coverage.types_without_rules) {
                json_.array([&] {
                    json_.text(shown(type));
                    json_.number(count);
                });
            }
        });
        json_.array(
            "waivers",
            [&] {
                for (const WaiverInfo& waiver : report_.waivers) json_.object([&] { write_exception(waiver); });
                for (const WaiverInfo& comment : report_.suppressions) json_.object([&] { write_exception(comment); });
            },
            Layout::lines);
        json_.array("trend", [&] {
            for (const TrendPoint& point : report_.trend) {
                json_.object([&] {
                    json_.text("date", shown(point.date));
                    write_counts("counts", point.counts);
                });
            }
        });
    }

    const Report& report_;
    const SourceSet& sources_;
    const ReportOptions& options_;
    std::ostream& out_;
    JsonWriter json_;
    std::vector<ControlTally> controls_;
    std::map<std::string_view, std::size_t> rule_index_, control_index_;
};

}  // namespace

void write_html(const Report& report, const SourceSet& sources, const ReportOptions& options, std::ostream& out) {
    Html(report, sources, options, out).write();
}

}  // namespace plumbline
