#include <map>

#include "reporters/formats.h"
#include "reporters/json_writer.h"
#include "reporters/summary.h"
#include "scanner/model/text.h"

// gitlab: GitLab's Code Quality report, which every tier of GitLab shows in merge requests. gitlab-sast: its security
// report (schema 15.0), for the vulnerability pages. Both hold failures that are neither accepted nor gone; GitLab
// itself compares with the target branch.

namespace plumbline {
namespace {

using Layout = JsonWriter::Layout;

std::string_view quality_severity(Severity severity) {
    switch (severity) {
        case Severity::critical:
            return "blocker";
        case Severity::high:
            return "critical";
        case Severity::medium:
            return "major";
        case Severity::low:
            return "minor";
        case Severity::info:
            break;
    }
    return "info";
}

std::string_view sast_severity(Severity severity) {
    switch (severity) {
        case Severity::critical:
            return "Critical";
        case Severity::high:
            return "High";
        case Severity::medium:
            return "Medium";
        case Severity::low:
            return "Low";
        case Severity::info:
            break;
    }
    return "Info";
}

/// GitLab drops entries whose fingerprint it has seen; equal ones get a number.
class UniqueFingerprints {
  public:
    std::string of(const Finding& finding) {
        const std::size_t seen = seen_[finding.fingerprint]++;
        return seen == 0 ? finding.fingerprint : finding.fingerprint + "-" + std::to_string(seen + 1);
    }

  private:
    std::map<std::string_view, std::size_t> seen_;
};

std::pair<std::uint64_t, std::uint64_t> lines_of(const Finding& finding, const SourceSet& sources) {
    const Span place = place_of(finding);
    if (!place.valid()) return {1, 1};
    return {sources.begin_of(place).line, sources[place.source].locate(std::max(place.begin, place.end)).line};
}

std::string description_of(const Finding& finding, const RuleInfo* rule) {
    std::string out = rule ? printable(rule->title) + ": " : std::string();
    out += printable(finding.resource) + ", " + printable(finding.judgement.message);
    // Neither of GitLab's formats has a field for it.
    if (!finding.owners.empty()) out += " (owner: " + printable(join(finding.owners, ", ")) + ")";
    return out;
}

/// `YYYY-MM-DDTHH:MM:SS`, all that GitLab's schema takes. The epoch stands for a report made without a clock.
std::string sast_time(const std::string& started_at) {
    return started_at.size() >= 19 ? started_at.substr(0, 19) : "1970-01-01T00:00:00";
}

void write_identifiers(JsonWriter& json, const Finding& finding, const RuleInfo* rule) {
    json.array("identifiers", [&] {
        json.object([&] {
            json.text("type", "plumbline_rule_id");
            json.text("name", finding.rule);
            json.text("value", finding.rule);
            if (rule && !rule->links.empty()) json.text("url", rule->links.front());
        });
        if (!rule) return;
        for (std::string_view alias : rule->aliases) {
            json.object([&] {
                json.text("type", "alias");
                json.text("name", alias);
                json.text("value", alias);
            });
        }
        for (const ControlLink& link : rule->frameworks) {
            if (link.closeness == Closeness::supports) continue;
            json.object([&] {
                json.text("type", link.framework);
                json.text("name", std::string(link.framework) + " " + std::string(link.id));
                json.text("value", link.id);
            });
        }
    });
}

}  // namespace

void write_gitlab(const Report& report, const SourceSet& sources, const ReportOptions&, std::ostream& out) {
    JsonWriter json(out);
    UniqueFingerprints fingerprints;
    json.array(
        [&] {
            for (const Finding& finding : report.findings) {
                if (!is_problem(finding)) continue;
                json.object([&] {
                    json.text("description", description_of(finding, report.rule(finding.rule)));
                    json.text("check_name", finding.rule);
                    json.text("fingerprint", fingerprints.of(finding));
                    json.text("severity", quality_severity(finding.severity));
                    json.object("location", [&] {
                        json.text("path", path_of(finding, sources));
                        const auto [begin, end] = lines_of(finding, sources);
                        json.object("lines", [&] {
                            json.number("begin", begin);
                            json.number("end", end);
                        });
                    });
                });
            }
        },
        Layout::lines);
    json.finish();
}

void write_gitlab_sast(const Report& report, const SourceSet& sources, const ReportOptions&, std::ostream& out) {
    JsonWriter json(out);
    UniqueFingerprints fingerprints;
    const auto tool = [&](std::string_view key) {
        json.object(key, [&] {
            json.text("id", "plumbline");
            json.text("name", "plumbline");
            json.text("version", report.tool_version.empty() ? "0" : report.tool_version);
            json.object("vendor", [&] { json.text("name", "plumbline"); });
        });
    };
    json.object(
        [&] {
            json.text("version", "15.0.7");
            json.object("scan", [&] {
                tool("analyzer");
                tool("scanner");
                json.text("type", "sast");
                json.text("start_time", sast_time(report.started_at));
                json.text("end_time", sast_time(report.started_at));
                json.text("status", report.exit_code <= 1 ? "success" : "failure");
            });
            json.array(
                "vulnerabilities",
                [&] {
                    for (const Finding& finding : report.findings) {
                        if (!is_problem(finding)) continue;
                        const RuleInfo* rule = report.rule(finding.rule);
                        json.object([&] {
                            json.text("id", fingerprints.of(finding));
                            json.text("name", rule ? rule->title : std::string_view(finding.rule));
                            json.text("description",
                                      description_of(finding, rule) + (rule ? ". " + printable(rule->why) : ""));
                            json.text("severity", sast_severity(finding.severity));
                            if (rule && !rule->fix.empty()) json.text("solution", rule->fix);
                            json.object("location", [&] {
                                json.text("file", path_of(finding, sources));
                                const auto [begin, end] = lines_of(finding, sources);
                                json.number("start_line", begin);
                                json.number("end_line", end);
                                json.text_if("class", finding.type);
                                json.text_if("method", finding.resource);
                            });
                            write_identifiers(json, finding, rule);
                        });
                    }
                },
                Layout::lines);
        },
        Layout::lines);
    json.finish();
}

}  // namespace plumbline
