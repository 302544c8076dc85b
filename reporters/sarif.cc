#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <unordered_map>

#include "reporters/formats.h"
#include "reporters/json_writer.h"
#include "reporters/layout.h"
#include "reporters/summary.h"
#include "scanner/model/text.h"

// SARIF 2.1.0 (OASIS standard, errata 01) with what GitHub code scanning makes of it. Without --include-passed only
// failures are written, since code scanning shows whatever it gets, and only rules that they name.

namespace plumbline {
namespace {

using Layout = JsonWriter::Layout;

// GitHub takes at most 20 tags a rule; texts over 1,024 characters are cut off there.
constexpr std::size_t most_tags = 20;
constexpr std::size_t longest_description = 1000;
// Code in a region: a policy document of many pages helps nobody and fills GitHub's limit of 10 MB.
constexpr std::size_t longest_snippet = 1000;
// Places in which one value is followed back; GitHub takes 1,000 locations a result.
constexpr std::size_t most_related = 50;
// Causes of undecided verdicts that are listed; their number is always given in full.
constexpr std::size_t most_causes = 200;

std::string_view level_of(const Finding& finding) {
    if (finding.judgement.verdict != Verdict::fail) return "none";
    switch (finding.severity) {
        case Severity::critical:
        case Severity::high:
            return "error";
        case Severity::medium:
            return "warning";
        case Severity::low:
        case Severity::info:
            break;
    }
    return "note";
}

std::string_view rule_level(Severity severity) {
    Finding finding;
    finding.severity = severity;
    finding.judgement.verdict = Verdict::fail;
    return level_of(finding);
}

std::string_view kind_of(Verdict verdict) {
    switch (verdict) {
        case Verdict::pass:
            return "pass";
        case Verdict::fail:
            return "fail";
        case Verdict::undecided:
            return "open";
        case Verdict::not_applicable:
            break;
    }
    return "notApplicable";
}

/// GitHub's bands: over 9 critical, 7 high, 4 medium, above 0 low. Information has none.
std::string_view security_severity(Severity severity) {
    switch (severity) {
        case Severity::critical:
            return "9.5";
        case Severity::high:
            return "8.0";
        case Severity::medium:
            return "5.5";
        case Severity::low:
            return "2.5";
        case Severity::info:
            break;
    }
    return "";
}

/// The relation of a rule (source) to a requirement (target): a requirement that asks for more than the control does is
/// its superset. Only what asks for this outcome by name is equal.
std::string_view relation(Closeness closeness) {
    switch (closeness) {
        case Closeness::direct:
            return "equal";
        case Closeness::partial:
            return "superset";
        case Closeness::supports:
            break;
    }
    return "relevant";
}

/// `aws-s3-public-acl` -> `AwsS3PublicAcl`.
std::string pascal_case(std::string_view id) {
    std::string out;
    bool start = true;
    for (char c : id) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && !(c >= '0' && c <= '9')) {
            start = true;
            continue;
        }
        out += start && c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
        start = false;
    }
    return out;
}

/// A sentence as SARIF wants it: printable, with a full stop, nothing that reads as a placeholder or an embedded link.
std::string sentence(std::string_view text) {
    std::string out;
    const std::string clean = printable(trim(text));
    for (std::size_t i = 0; i < clean.size(); ++i) {
        const char next = i + 1 < clean.size() ? clean[i + 1] : '\0';
        if (clean[i] == '{' && next >= '0' && next <= '9') out += '{';
        if (clean[i] == ']' && next == '(') out += '\\';
        out += clean[i];
    }
    if (out.empty() || (out.back() != '.' && out.back() != '!' && out.back() != '?')) out += '.';
    return out;
}

class Sarif {
  public:
    Sarif(const Report& report, const SourceSet& sources, const ReportOptions& options, std::ostream& out)
        : report_(report), sources_(sources), options_(options), json_(out) {
        choose_rules();
        choose_taxa();
    }

    void write() {
        json_.object(
            [&] {
                json_.text(
                    "$schema",
                    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json");
                json_.text("version", "2.1.0");
                json_.array(
                    "runs", [&] { json_.object([&] { write_run(); }, Layout::lines); }, Layout::lines);
            },
            Layout::lines);
        json_.finish();
    }

  private:
    struct Taxon {
        std::size_t index;
        std::string_view title;
    };
    struct Taxonomy {
        std::string_view id, name;
        std::map<std::string_view, Taxon> taxa;
        std::vector<std::string_view> order;
        void add(std::string_view taxon, std::string_view title) {
            if (taxa.try_emplace(taxon, Taxon{order.size(), title}).second) order.push_back(taxon);
        }
    };

    void choose_rules() {
        std::set<std::string_view> named;
        for (const Finding& finding : report_.findings) {
            if (is_listed(finding, options_)) named.insert(finding.rule);
        }
        // Rules for what the tree does not hold say nothing about it, and there are some 1,600.
        for (const RuleInfo& rule : report_.rules) {
            if (!named.contains(rule.id) && !(options_.include_passed && report_.verdicts.contains(rule.id))) continue;
            rule_index_.emplace(rule.id, rules_.size());
            rules_.push_back(&rule);
        }
    }

    void choose_taxa() {
        Taxonomy own{"controls", "plumbline controls", {}, {}};
        for (const RuleInfo* rule : rules_) {
            if (!rule->control.empty()) own.add(rule->control, rule->control_title);
        }
        taxonomies_.push_back(std::move(own));
        for (std::string_view id : chosen_frameworks(report_, options_)) {
            Taxonomy taxonomy{id, short_name(report_, id), {}, {}};
            for (const RuleInfo* rule : rules_) {
                for (const ControlLink* link : links_to(*rule, id, true)) taxonomy.add(link->id, link->title);
            }
            taxonomies_.push_back(std::move(taxonomy));
        }
    }

    void write_run() {
        json_.object(
            "tool",
            [&] {
                json_.object(
                    "driver", [&] { write_driver(); }, Layout::lines);
            },
            Layout::lines);
        write_invocation();
        json_.object("originalUriBaseIds", [&] {
            json_.object("%SRCROOT%", [&] {
                json_.text_if("uri", report_.root_uri);
                json_.object("description", [&] { json_.text("text", "The folder that was scanned."); });
            });
        });
        if (!report_.repository_uri.empty() && !report_.commit.empty()) {
            json_.array("versionControlProvenance", [&] {
                json_.object([&] {
                    json_.text("repositoryUri", report_.repository_uri);
                    json_.text("revisionId", report_.commit);
                    json_.text_if("branch", report_.branch);
                    json_.object("mappedTo", [&] { json_.text("uriBaseId", "%SRCROOT%"); });
                });
            });
        }
        json_.array(
            "taxonomies", [&] { write_taxonomies(); }, Layout::lines);
        json_.array(
            "results",
            [&] {
                for (const Finding& finding : report_.findings) {
                    if (is_listed(finding, options_)) json_.object([&] { write_result(finding); });
                }
            },
            Layout::lines);
        json_.text("columnKind", "unicodeCodePoints");
        json_.object(
            "properties", [&] { write_run_properties(); }, Layout::lines);
    }

    void write_driver() {
        json_.text("name", "plumbline");
        json_.text("organization", "plumbline");
        json_.text_if("version", report_.tool_version);
        json_.text_if("semanticVersion", report_.tool_version);
        json_.text_if("informationUri", report_.tool_uri);
        json_.array("supportedTaxonomies", [&] {
            for (std::size_t i = 0; i < taxonomies_.size(); ++i) {
                json_.object([&] {
                    json_.text("name", taxonomies_[i].name);
                    json_.number("index", i);
                });
            }
        });
        json_.array(
            "rules",
            [&] {
                for (const RuleInfo* rule : rules_) json_.object([&] { write_rule(*rule); });
            },
            Layout::lines);
    }

    void write_rule(const RuleInfo& rule) {
        json_.text("id", rule.id);
        json_.text("name", pascal_case(rule.id));
        json_.object("shortDescription", [&] { json_.text("text", sentence(cut(rule.title, longest_description))); });
        json_.object("fullDescription", [&] {
            json_.text("text", sentence(cut(rule.why.empty() ? rule.title : rule.why, longest_description)));
        });
        json_.object("help", [&] {
            json_.text("text", help_text(rule));
            json_.text("markdown", help_markdown(rule));
        });
        if (!rule.links.empty()) json_.text("helpUri", rule.links.front());
        json_.object("defaultConfiguration", [&] { json_.text("level", rule_level(rule.severity)); });
        json_.array("relationships", [&] {
            for (std::size_t i = 0; i < taxonomies_.size(); ++i) write_relationships(rule, i);
        });
        json_.object("properties", [&] {
            json_.texts("aliases", rule.aliases);
            json_.text("precision", "high");
            json_.text("problem.severity", rule.severity == Severity::info       ? "recommendation"
                                           : rule_level(rule.severity) == "note" ? "recommendation"
                                                                                 : rule_level(rule.severity));
            json_.text_if("security-severity", security_severity(rule.severity));
            json_.text("severity", to_string(rule.severity));
            json_.text_if("control", rule.control);
            json_.texts_if("platforms", rule.platforms);
            json_.texts_if("resourceTypes", rule.types);
            json_.texts("tags", tags_of(rule));
        });
    }

    std::vector<std::string> tags_of(const RuleInfo& rule) const {
        std::vector<std::string> tags;
        if (rule.severity != Severity::info) tags.emplace_back("security");
        tags.emplace_back("infrastructure");
        if (!rule.control.empty()) tags.emplace_back("control/" + std::string(rule.control));
        for (std::string_view framework : shown_frameworks(report_, options_)) {
            for (const ControlLink* link : links_to(rule, framework)) {
                if (link->closeness != Closeness::supports && tags.size() < most_tags) {
                    tags.push_back(std::string(framework) + "/" + std::string(link->id));
                }
            }
        }
        return tags;
    }

    void write_relationships(const RuleInfo& rule, std::size_t taxonomy) {
        const auto write = [&](std::string_view id, std::string_view kind) {
            json_.object([&] {
                json_.object("target", [&] { write_reference(taxonomy, id); });
                json_.array("kinds", [&] { json_.text(kind); });
            });
        };
        if (taxonomy == 0) {
            if (!rule.control.empty()) write(rule.control, "superset");
            return;
        }
        for (const ControlLink* link : links_to(rule, taxonomies_[taxonomy].id, true)) {
            write(link->id, relation(link->closeness));
        }
    }

    void write_reference(std::size_t taxonomy, std::string_view id) {
        json_.text("id", id);
        json_.number("index", taxonomies_[taxonomy].taxa.at(id).index);
        json_.object("toolComponent", [&] {
            json_.text("name", taxonomies_[taxonomy].name);
            json_.number("index", taxonomy);
        });
    }

    std::string help_text(const RuleInfo& rule) const {
        std::string out = printable(rule.why);
        if (!rule.fix.empty()) out += "\n\nFix: " + printable(rule.fix);
        if (!rule.control.empty()) {
            out += "\n\nControl: " + printable(rule.control_title) + " (" + printable(rule.control) + ")";
        }
        for (std::size_t i = 1; i < taxonomies_.size(); ++i) {
            std::string ids = requirement_list(rule, i, "");
            if (!ids.empty()) out += "\n" + std::string(taxonomies_[i].name) + ": " + ids;
        }
        for (std::string_view link : rule.links) out += "\n" + printable(link);
        return std::string(trim(out));
    }

    std::string help_markdown(const RuleInfo& rule) const {
        std::string out = "**" + printable(rule.title) + "**\n\n" + printable(rule.why);
        if (!rule.fix.empty()) out += "\n\n**Fix:** " + printable(rule.fix);
        if (!rule.control.empty()) {
            out += "\n\n**Control:** " + printable(rule.control_title) + " (`" + printable(rule.control) + "`)";
        }
        std::string rows;
        for (std::size_t i = 1; i < taxonomies_.size(); ++i) {
            const std::string ids = requirement_list(rule, i, " ");
            if (!ids.empty()) rows += "\n| " + std::string(taxonomies_[i].name) + " | " + ids + " |";
        }
        if (!rows.empty()) out += "\n\n| Framework | Requirements |\n|---|---|" + rows;
        if (!rule.links.empty()) {
            out += "\n";
            for (std::string_view link : rule.links) out += "\n- <" + printable(link) + ">";
        }
        return out;
    }

    /// `CC6.1 Logical access (partial), CC6.6 (supports)`; titles only when `separator` is not empty.
    std::string requirement_list(const RuleInfo& rule, std::size_t taxonomy, std::string_view separator) const {
        std::string out;
        for (const ControlLink* link : links_to(rule, taxonomies_[taxonomy].id, true)) {
            out.append(out.empty() ? "" : separator.empty() ? ", " : "; ").append(link->id);
            if (!separator.empty() && !link->title.empty()) out += " " + printable(link->title);
            out.append(" (").append(to_string(link->closeness)).append(")");
        }
        return out;
    }

    void write_taxonomies() {
        for (const Taxonomy& taxonomy : taxonomies_) {
            const FrameworkInfo* info = report_.framework(taxonomy.id);
            json_.object([&] {
                json_.text("name", taxonomy.name);
                if (info) {
                    json_.text_if("fullName", info->name);
                    json_.text_if("version", info->version);
                    json_.text_if("organization", info->organization);
                    json_.text_if("informationUri", info->url);
                }
                json_.object("shortDescription", [&] {
                    json_.text("text",
                               sentence(info ? info->name
                                             : "The controls that the rules serve; frameworks are mapped to them"));
                });
                // Only what the rules of this run are linked to; the catalogues are much larger.
                json_.flag("isComprehensive", false);
                json_.array("taxa", [&] {
                    for (std::string_view id : taxonomy.order) {
                        json_.object([&] {
                            json_.text("id", id);
                            const std::string_view title = taxonomy.taxa.at(id).title;
                            if (!title.empty())
                                json_.object("shortDescription", [&] { json_.text("text", sentence(title)); });
                        });
                    }
                });
                json_.object("properties", [&] {
                    json_.text("id", taxonomy.id);
                    if (info) json_.text_if("part", info->part);
                });
            });
        }
    }

    void write_result(const Finding& finding) {
        const Judgement& judgement = finding.judgement;
        json_.text("ruleId", finding.rule);
        if (const auto at = rule_index_.find(finding.rule); at != rule_index_.end())
            json_.number("ruleIndex", at->second);
        json_.text("kind", kind_of(judgement.verdict));
        json_.text("level", level_of(finding));
        json_.object("message", [&] { json_.text("text", message_of(finding)); });
        json_.array("locations", [&] { json_.object([&] { write_location(finding); }); });
        write_related(finding);
        if (const RuleInfo* rule = report_.rule(finding.rule); rule && rule_index_.contains(finding.rule))
            write_taxa(*rule);
        if (!finding.fingerprint.empty()) {
            json_.object("partialFingerprints", [&] {
                json_.text("plumbline/v1", finding.fingerprint);
                // The one key that GitHub matches alerts by; ours keeps them when lines move.
                json_.text("primaryLocationLineHash", finding.fingerprint);
            });
        }
        write_suppressions(finding);
        if (finding.baseline != BaselineState::none) json_.text("baselineState", to_string(finding.baseline));
        json_.object("properties", [&] {
            json_.text("severity", to_string(finding.severity));
            json_.text_if("resourceType", finding.type);
            json_.text_if("platform", finding.platform);
            json_.text_if("root", finding.root);
            json_.text_if("attribute", judgement.attribute);
            json_.text_if("value", judgement.value);
            json_.text_if("undecidedBy", judgement.undecided_by);
            json_.texts_if("environments", finding.environments);
            json_.texts_if("owners", finding.owners);
        });
    }

    std::string message_of(const Finding& finding) const {
        std::string text = finding.judgement.message;
        if (!finding.judgement.undecided_by.empty() && text.find(finding.judgement.undecided_by) == std::string::npos) {
            text += " (undecided: " + finding.judgement.undecided_by + ")";
        }
        if (text.empty()) {
            const RuleInfo* rule = report_.rule(finding.rule);
            text = rule ? std::string(rule->title) : finding.rule;
        }
        return sentence("'" + finding.resource + "': " + text);
    }

    void write_location(const Finding& finding) {
        json_.object("physicalLocation", [&] { write_physical(place_of(finding), finding.file, finding.block); });
        if (finding.resource.empty()) return;
        json_.array("logicalLocations", [&] {
            json_.object([&] {
                json_.text("name", finding.resource);
                json_.text("fullyQualifiedName", finding.resource);
                json_.text("kind", "resource");
            });
        });
    }

    void write_artifact(std::string_view path) {
        json_.object("artifactLocation", [&] {
            json_.text("uri", uri_of(path));
            if (!path.starts_with('/')) json_.text("uriBaseId", "%SRCROOT%");
        });
    }

    /// `around`: the block shown as context, when it is in the same file.
    void write_physical(Span place, std::string_view path, Span around = {}) {
        const Source& source = sources_[place.source];
        write_artifact(place.valid() ? std::string_view(source.path()) : path);
        json_.object("region", [&] {
            if (place.valid()) {
                write_region(source, place);
            } else {
                json_.number("startLine", 1);
                json_.number("startColumn", 1);
                json_.number("endLine", 1);
                json_.number("endColumn", 2);
            }
        });
        if (!place.valid() || around.source != place.source || around.begin > place.begin || around.end < place.end)
            return;
        // SARIF: the context is a true superset of the region.
        if (around == place || around.end - around.begin > longest_snippet) return;
        json_.object("contextRegion", [&] { write_region(source, around); });
    }

    void write_region(const Source& source, Span span) {
        const LineCol begin = source.locate(span.begin);
        LineCol end = source.locate(std::max(span.begin, span.end));
        if (end == begin) ++end.column;  // a place without extent still has to be shown
        json_.number("startLine", begin.line);
        json_.number("startColumn", begin.column);
        json_.number("endLine", end.line);
        json_.number("endColumn", end.column);
        const std::string_view code = sources_.text(span);
        if (code.empty()) return;
        json_.object("snippet", [&] { json_.text("text", cut_code(code)); });
    }

    static std::string_view cut_code(std::string_view code) {
        if (code.size() <= longest_snippet) return code;
        std::size_t at = longest_snippet;
        while (at > 0 && (static_cast<unsigned char>(code[at]) & 0xC0) == 0x80) --at;
        return code.substr(0, at);
    }

    void write_related(const Finding& finding) {
        const auto& related = finding.judgement.related;
        const auto placed = [](const RelatedPlace& place) { return place.span.valid(); };
        if (std::none_of(related.begin(), related.end(), placed)) return;
        json_.array("relatedLocations", [&] {
            std::size_t id = 0;
            for (const RelatedPlace& place : related) {
                if (!place.span.valid() || id == most_related) continue;
                json_.object([&] {
                    json_.number("id", ++id);
                    json_.object("physicalLocation", [&] { write_physical(place.span, {}); });
                    json_.object("message", [&] {
                        json_.text("text",
                                   sentence(place.message.empty() ? "the value comes from here" : place.message));
                    });
                });
            }
        });
    }

    void write_taxa(const RuleInfo& rule) {
        json_.array("taxa", [&] {
            if (!rule.control.empty()) json_.object([&] { write_reference(0, rule.control); });
            for (std::size_t i = 1; i < taxonomies_.size(); ++i) {
                for (const ControlLink* link : links_to(rule, taxonomies_[i].id)) {
                    json_.object([&] { write_reference(i, link->id); });
                }
            }
        });
    }

    void write_suppressions(const Finding& finding) {
        if (finding.accepted.empty()) return;
        json_.array("suppressions", [&] {
            for (const Acceptance& accepted : finding.accepted) {
                json_.object([&] {
                    json_.text("kind", accepted.kind == "inSource" ? "inSource" : "external");
                    json_.text("status", "accepted");
                    json_.text("justification",
                               sentence(accepted.justification.empty() ? "No reason given" : accepted.justification));
                    if (accepted.span.valid()) {
                        json_.object("location", [&] {
                            json_.object("physicalLocation", [&] { write_physical(accepted.span, {}); });
                        });
                    }
                    json_.object("properties", [&] {
                        json_.text_if("owner", accepted.owner);
                        json_.text_if("approver", accepted.approver);
                        json_.text_if("ticket", accepted.ticket);
                        json_.text_if("created", accepted.created);
                        json_.text_if("expires", accepted.expires);
                        json_.text_if("compensatingControl", accepted.compensating_control);
                    });
                });
            }
        });
    }

    void write_invocation() {
        json_.array(
            "invocations",
            [&] {
                json_.object(
                    [&] {
                        if (!report_.arguments.empty()) json_.texts("arguments", report_.arguments);
                        json_.text_if("startTimeUtc", report_.started_at);
                        json_.number("exitCode", static_cast<std::uint64_t>(std::max(0, report_.exit_code)));
                        json_.text("exitCodeDescription", exit_text());
                        json_.flag("executionSuccessful", report_.exit_code == 0 || report_.exit_code == 1);
                        if (!report_.root_uri.empty()) {
                            json_.object("workingDirectory", [&] { json_.text("uri", report_.root_uri); });
                        }
                        json_.array(
                            "toolExecutionNotifications", [&] { write_notifications(); }, Layout::lines);
                    },
                    Layout::lines);
            },
            Layout::lines);
    }

    std::string_view exit_text() const {
        switch (report_.exit_code) {
            case 0:
                return "nothing to report";
            case 1:
                return "failures";
            case 2:
                return "something could not be read or parsed";
            default:
                return "a bug in plumbline";
        }
    }

    void write_notifications() {
        const auto write = [&](std::string_view code, std::string_view level, std::string text, Span place,
                               std::string_view path, std::string_view address) {
            json_.object([&] {
                json_.object("descriptor", [&] { json_.text("id", code.empty() ? "plumbline" : code); });
                json_.text("level", level);
                json_.object("message", [&] { json_.text("text", text); });
                if (!place.valid() && path.empty()) return;
                json_.array("locations", [&] {
                    json_.object([&] {
                        json_.object("physicalLocation", [&] {
                            if (place.valid())
                                write_physical(place, {});
                            else
                                write_artifact(path);
                        });
                        if (address.empty()) return;
                        json_.array("logicalLocations",
                                    [&] { json_.object([&] { json_.text("fullyQualifiedName", address); }); });
                    });
                });
            });
        };
        for (const Diagnostic& item : report_.diagnostics) {
            std::string text = sentence(item.summary);
            if (!item.detail.empty()) text += " " + sentence(item.detail);
            write(item.code, to_string(item.level), text, item.subject, item.path, item.address);
        }
        for (const CoverageGap& gap : report_.coverage.gaps) {
            write(gap.kind, "warning", sentence("'" + gap.subject + "': " + gap.reason), gap.span, gap.path, {});
        }
    }

    void write_run_properties() {
        VerdictCounts counts;
        for (const auto& [rule, verdicts] : report_.verdicts) counts.add(verdicts);
        json_.object("verdicts", [&] {
            json_.number("pass", counts.pass);
            json_.number("fail", counts.fail);
            json_.number("undecided", counts.undecided);
            json_.number("notApplicable", counts.not_applicable);
            json_.number("accepted", counts.accepted);
        });
        const std::vector<Undecided> causes = undecided_causes(report_);
        json_.object("undecided", [&] {
            json_.number("count", counts.undecided);
            json_.array("decidedBy", [&] {
                for (std::size_t i = 0; i < std::min(causes.size(), most_causes); ++i) {
                    json_.object([&] {
                        json_.text("what", printable(causes[i].cause));
                        json_.number("count", causes[i].count);
                        if (!causes[i].place.valid()) return;
                        json_.text("file", sources_[causes[i].place.source].path());
                        json_.number("line", sources_.begin_of(causes[i].place).line);
                    });
                }
            });
        });
        const Coverage& coverage = report_.coverage;
        json_.object("coverage", [&] {
            json_.number("filesFound", coverage.files_found);
            json_.number("filesRead", coverage.files_read);
            json_.number("bytesRead", coverage.bytes_read);
            json_.number("roots", coverage.roots);
            json_.number("resources", coverage.resources);
            json_.number("rules", coverage.rules);
            json_.number("gaps", coverage.gaps.size());
        });
    }

    const Report& report_;
    const SourceSet& sources_;
    const ReportOptions& options_;
    JsonWriter json_;
    std::vector<const RuleInfo*> rules_;
    std::unordered_map<std::string_view, std::size_t> rule_index_;
    std::vector<Taxonomy> taxonomies_;
};

}  // namespace

void write_sarif(const Report& report, const SourceSet& sources, const ReportOptions& options, std::ostream& out) {
    Sarif(report, sources, options, out).write();
}

}  // namespace plumbline
