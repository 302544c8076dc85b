#include <algorithm>
#include <array>

#include "reporters/formats.h"
#include "reporters/json_writer.h"
#include "reporters/layout.h"
#include "reporters/summary.h"

// Everything a report knows, as report.schema.json in this folder documents it. Texts stand as they are in the input
// (JSON escapes what needs it). Members without a value are left out, so a new member never breaks a reader.

namespace plumbline {
namespace {

using Layout = JsonWriter::Layout;

// Lines around a fault in `code`.
constexpr std::uint32_t context_lines = 2;
constexpr std::size_t longest_line = 240;

class Json {
  public:
    Json(const Report& report, const SourceSet& sources, const ReportOptions& options, std::ostream& out)
        : report_(report), sources_(sources), options_(options), json_(out) {}

    void write() {
        json_.object(
            [&] {
                json_.number("schema_version", 1);
                json_.object("tool", [&] {
                    json_.text("name", "plumbline");
                    json_.text_if("version", report_.tool_version);
                });
                json_.text_if("started_at", report_.started_at);
                json_.texts("arguments", report_.arguments);
                json_.text_if("repository", report_.repository_uri);
                json_.text_if("commit", report_.commit);
                json_.text_if("branch", report_.branch);
                json_.number("exit_code", static_cast<std::uint64_t>(std::max(0, report_.exit_code)));
                write_summary();
                list(
                    "findings", report_.findings, [&](const Finding& item) { write_finding(item); },
                    [&](const Finding& item) { return is_listed(item, options_); });
                list("undecided", undecided_causes(report_), [&](const Undecided& item) {
                    json_.text("cause", item.cause);
                    json_.number("count", item.count);
                    write_place("place", item.place);
                });
                // Rules for what the tree does not hold say nothing about it, and there are some 1,600.
                list(
                    "rules", report_.rules, [&](const RuleInfo& item) { write_rule(item); },
                    [&](const RuleInfo& item) { return report_.verdicts.contains(item.id); });
                const std::vector<ControlTally> controls = tally_controls(report_);
                list("controls", controls, [&](const ControlTally& item) { write_control(item); });
                list(
                    "frameworks", report_.frameworks,
                    [&](const FrameworkInfo& item) { write_framework(item, controls); },
                    [&](const FrameworkInfo& item) { return is_chosen(item.id); });
                list("waivers", report_.waivers, [&](const WaiverInfo& item) { write_waiver(item); });
                list("suppressions", report_.suppressions, [&](const WaiverInfo& item) { write_waiver(item); });
                list("added_exceptions", report_.added_exceptions, [&](const WaiverInfo& item) { write_waiver(item); });
                write_coverage();
                list("diagnostics", report_.diagnostics, [&](const Diagnostic& item) { write_diagnostic(item); });
            },
            Layout::lines);
        json_.finish();
    }

  private:
    template <class Items, class Body, class Keep>
    void list(std::string_view key, const Items& items, Body body, Keep keep) {
        json_.array(
            key,
            [&] {
                for (const auto& item : items) {
                    if (keep(item)) json_.object([&] { body(item); });
                }
            },
            Layout::lines);
    }
    template <class Items, class Body>
    void list(std::string_view key, const Items& items, Body body) {
        list(key, items, body, [](const auto&) { return true; });
    }

    bool is_chosen(std::string_view framework) const {
        return options_.frameworks.empty() || std::find(options_.frameworks.begin(), options_.frameworks.end(),
                                                        framework) != options_.frameworks.end();
    }

    void write_counts(std::string_view key, const VerdictCounts& counts) {
        json_.object(key, [&] {
            json_.number("pass", counts.pass);
            json_.number("fail", counts.fail);
            json_.number("undecided", counts.undecided);
            json_.number("not_applicable", counts.not_applicable);
            json_.number("accepted", counts.accepted);
        });
    }

    void write_summary() {
        VerdictCounts counts;
        for (const auto& [rule, verdicts] : report_.verdicts) counts.add(verdicts);
        std::array<std::uint64_t, 5> severities{};
        std::uint64_t fresh = 0, unchanged = 0, fixed = 0;
        for (const Finding& finding : report_.findings) {
            if (finding.baseline == BaselineState::absent) ++fixed;
            if (!is_problem(finding)) continue;
            ++severities[static_cast<std::size_t>(finding.severity)];
            if (finding.baseline == BaselineState::fresh) ++fresh;
            if (finding.baseline == BaselineState::unchanged) ++unchanged;
        }
        json_.object("summary", [&] {
            write_counts("verdicts", counts);
            json_.object("failures_by_severity", [&] {
                for (std::size_t i = severities.size(); i-- > 0;) {
                    json_.number(to_string(static_cast<Severity>(i)), severities[i]);
                }
            });
            json_.object("baseline", [&] {
                json_.number("new", fresh);
                json_.number("unchanged", unchanged);
                json_.number("absent", fixed);
            });
        });
    }

    void write_place(std::string_view key, Span span) {
        if (!span.valid()) return;
        json_.object(key, [&] { place_members(span); });
    }
    void place_members(Span span) {
        const Source& source = sources_[span.source];
        const LineCol begin = source.locate(span.begin), end = source.locate(std::max(span.begin, span.end));
        json_.text("file", source.path());
        json_.number("line", begin.line);
        json_.number("column", begin.column);
        json_.number("end_line", end.line);
        json_.number("end_column", end.column);
    }

    void write_finding(const Finding& finding) {
        const Judgement& judgement = finding.judgement;
        json_.text("rule", finding.rule);
        json_.text("verdict", to_string(judgement.verdict));
        json_.text("severity", to_string(finding.severity));
        json_.text("address", finding.resource);
        json_.text_if("type", finding.type);
        json_.text_if("platform", finding.platform);
        json_.text_if("root", finding.root);
        json_.text("file", path_of(finding, sources_));
        write_place("place", place_of(finding));
        json_.text("message", judgement.message);
        json_.text_if("attribute", judgement.attribute);
        json_.text_if("value", judgement.value);
        json_.text_if("undecided_by", judgement.undecided_by);
        if (!judgement.related.empty()) {
            json_.array("origin", [&] {
                for (const RelatedPlace& place : judgement.related) {
                    json_.object([&] {
                        json_.text("message", place.message);
                        write_place("place", place.span);
                    });
                }
            });
        }
        write_code(finding);
        if (const RuleInfo* rule = report_.rule(finding.rule)) {
            json_.text_if("control", rule->control);
            write_links(*rule);
        }
        json_.text_if("fingerprint", finding.fingerprint);
        json_.text_if("baseline", to_string(finding.baseline));
        if (!finding.accepted.empty()) {
            json_.array("accepted", [&] {
                for (const Acceptance& accepted : finding.accepted) json_.object([&] { write_acceptance(accepted); });
            });
        }
        json_.texts_if("environments", finding.environments);
        json_.texts_if("owners", finding.owners);
    }

    void write_code(const Finding& finding) {
        const Span place = place_of(finding);
        if (!place.valid()) return;
        json_.array("code", [&] {
            for (const ExcerptLine& line : excerpt(sources_[place.source], place, context_lines, longest_line)) {
                json_.object([&] {
                    if (line.number != 0) json_.number("line", line.number);
                    json_.text("text", line.number != 0 ? line.text() : "…");
                    json_.text_if("marked", line.marked);
                });
            }
        });
    }

    void write_links(const RuleInfo& rule) {
        json_.object("requirements", [&] {
            for (const FrameworkInfo& framework : report_.frameworks) {
                const auto links = links_to(rule, framework.id);
                if (links.empty() || !is_chosen(framework.id)) continue;
                json_.array(framework.id, [&] {
                    for (const ControlLink* link : links) json_.text(link->id);
                });
            }
        });
    }

    void write_acceptance(const Acceptance& accepted) {
        json_.text("kind", accepted.kind == "inSource" ? "in_source" : "external");
        json_.text("reason", accepted.justification);
        json_.text_if("owner", accepted.owner);
        json_.text_if("approver", accepted.approver);
        json_.text_if("ticket", accepted.ticket);
        json_.text_if("created", accepted.created);
        json_.text_if("expires", accepted.expires);
        json_.text_if("compensating_control", accepted.compensating_control);
        write_place("place", accepted.span);
    }

    void write_rule(const RuleInfo& rule) {
        json_.text("id", rule.id);
        json_.text("title", rule.title);
        json_.text("severity", to_string(rule.severity));
        json_.text_if("control", rule.control);
        json_.text_if("why", rule.why);
        json_.text_if("fix", rule.fix);
        json_.texts("aliases", rule.aliases);
        json_.texts("links", rule.links);
        json_.texts("platforms", rule.platforms);
        json_.texts("types", rule.types);
        const auto counts = report_.verdicts.find(rule.id);
        write_counts("verdicts", counts == report_.verdicts.end() ? VerdictCounts{} : counts->second);
    }

    void write_control(const ControlTally& tally) {
        const ControlInfo& control = *tally.control;
        json_.text("id", control.id);
        json_.text("title", control.title);
        json_.text_if("objective", control.objective);
        json_.text_if("domain", control.domain);
        json_.text("maturity", to_string(tally.maturity));
        json_.text_if("history", control.history);
        write_counts("verdicts", tally.counts);
        json_.array("rules", [&] {
            for (const RuleInfo* rule : tally.rules) json_.text(rule->id);
        });
        json_.array("requirements", [&] {
            for (const ControlLink& link : control.links) {
                if (!is_chosen(link.framework)) continue;
                json_.object([&] {
                    json_.text("framework", link.framework);
                    json_.text("id", link.id);
                    json_.text("relation", to_string(link.closeness));
                });
            }
        });
    }

    void write_framework(const FrameworkInfo& framework, std::span<const ControlTally> controls) {
        const std::vector<RequirementTally> requirements = tally_requirements(framework, controls);
        json_.text("id", framework.id);
        json_.text("name", short_name(report_, framework.id));
        json_.text_if("full_name", framework.name);
        json_.text_if("part", framework.part);
        json_.text_if("version", framework.version);
        json_.text_if("organization", framework.organization);
        json_.number("requirement_count", requirements.size());
        // Only those that some control is mapped to; `matrix` prints whole catalogues.
        json_.array("requirements", [&] {
            for (const RequirementTally& tally : requirements) {
                if (tally.controls.empty()) continue;
                json_.object([&] {
                    json_.text("id", tally.requirement->id);
                    json_.text("title", tally.requirement->title);
                    json_.text("maturity", to_string(tally.maturity));
                    write_counts("verdicts", tally.counts);
                });
            }
        });
    }

    void write_waiver(const WaiverInfo& waiver) {
        json_.texts("rules", waiver.rules);
        json_.text_if("address", waiver.resource);
        json_.text_if("path", waiver.path);
        json_.text_if("state", waiver.state);
        json_.number("matched", waiver.matched);
        json_.object("acceptance", [&] { write_acceptance(waiver.acceptance); });
    }

    void write_coverage() {
        const Coverage& coverage = report_.coverage;
        json_.object(
            "coverage",
            [&] {
                json_.number("files_found", coverage.files_found);
                json_.number("files_read", coverage.files_read);
                json_.number("bytes_read", coverage.bytes_read);
                json_.number("roots", coverage.roots);
                json_.number("resources", coverage.resources);
                json_.number("rules", coverage.rules);
                json_.object("types_without_rules", [&] {
                    for (const auto& [type, count] : coverage.types_without_rules) json_.number(type, count);
                });
                list("gaps", coverage.gaps, [&](const CoverageGap& gap) {
                    json_.text("kind", gap.kind);
                    json_.text("subject", gap.subject);
                    json_.text("reason", gap.reason);
                    if (gap.span.valid())
                        write_place("place", gap.span);
                    else
                        json_.text_if("file", gap.path);
                });
            },
            Layout::lines);
    }

    void write_diagnostic(const Diagnostic& item) {
        json_.text("level", to_string(item.level));
        json_.text("code", item.code);
        json_.text("summary", item.summary);
        json_.text_if("detail", item.detail);
        json_.text_if("address", item.address);
        if (item.subject.valid())
            write_place("place", item.subject);
        else
            json_.text_if("file", item.path);
    }

    const Report& report_;
    const SourceSet& sources_;
    const ReportOptions& options_;
    JsonWriter json_;
};

}  // namespace

void write_json(const Report& report, const SourceSet& sources, const ReportOptions& options, std::ostream& out) {
    Json(report, sources, options, out).write();
}

}  // namespace plumbline
