#include <algorithm>
#include <map>
#include <set>

#include "reporters/formats.h"
#include "reporters/json_writer.h"
#include "reporters/oscal.h"
#include "reporters/summary.h"
#include "scanner/model/text.h"

// OSCAL 1.1 assessment results (NIST). One result per framework (--framework, else SP 800-53): an observation per rule
// with what it judged, a risk per rule that fails or was accepted, a finding per requirement that has evidence.

namespace plumbline {
namespace {

using Layout = JsonWriter::Layout;

constexpr std::string_view default_framework = "nist_800_53_r5";
// Properties of our own need a namespace; the home page is one, and this stands in for a build that names none.
constexpr std::string_view nameless = "https://plumbline.example/";

/// A UUID made of names, so that equal reports are equal bytes. OSCAL takes versions 4 and 5 only; this says 5, though
/// the hash is FNV: nobody gains by forging one.
std::string uuid_of(std::initializer_list<std::string_view> names) {
    std::vector<std::string_view> parts(names);
    std::string hex = fingerprint_of(parts);
    parts.push_back("second half");
    hex += fingerprint_of(parts);
    hex[12] = '5';
    hex[16] = "89ab"[static_cast<unsigned char>(hex[16]) % 4];
    return hex.substr(0, 8) + "-" + hex.substr(8, 4) + "-" + hex.substr(12, 4) + "-" + hex.substr(16, 4) + "-" +
           hex.substr(20);
}

/// A requirement's id as an OSCAL token; SP 800-53 as NIST's own catalogue writes it: `AC-2(1)` -> `ac-2.1`.
std::string token_of(std::string_view framework, std::string_view id) {
    std::string out;
    for (char c : id) {
        if (c == '(')
            out += '.';
        else if (c != ')')
            out += (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-'
                       ? c
                       : '_';
    }
    if (framework == default_framework) return lower(out);
    // A token starts with a letter: 3.5.3 of SP 800-171 does not.
    if (!out.empty() && out[0] >= '0' && out[0] <= '9') out.insert(0, std::string(framework) + "_");
    return out;
}

std::string base64_of(std::string_view bytes) {
    static constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    out.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
        std::uint32_t bits = 0;
        for (std::size_t k = 0; k < 3; ++k)
            bits = (bits << 8) | (k < count ? static_cast<unsigned char>(bytes[i + k]) : 0U);
        for (std::size_t k = 0; k < 4; ++k) out += k <= count ? digits[(bits >> (18 - 6 * k)) & 63] : '=';
    }
    return out;
}

/// A date as OSCAL's date and time: the end of that day.
std::string end_of(std::string_view date) {
    return std::string(date) + "T23:59:59Z";
}

bool is_date(std::string_view text) {
    if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
    return std::all_of(text.begin(), text.end(), [](char c) { return c == '-' || (c >= '0' && c <= '9'); });
}

class Oscal {
  public:
    Oscal(const Report& report, const SourceSet& sources, const ReportOptions& options, const OscalPeriod& period,
          std::ostream& out)
        : report_(report), sources_(sources), period_(period), json_(out), controls_(tally_controls(report)) {
        // The epoch stands for a report made without a clock: OSCAL demands a time.
        time_ = report.started_at.empty() ? "1970-01-01T00:00:00Z" : report.started_at;
        frameworks_ = chosen_frameworks(report, options);
        if (options.frameworks.empty()) {
            if (report.framework(default_framework))
                frameworks_ = {default_framework};
            else if (frameworks_.size() > 1)
                frameworks_.resize(1);
        }
        for (const Finding& finding : report.findings) {
            if (finding.baseline != BaselineState::absent) by_rule_[finding.rule].push_back(&finding);
        }
    }

    void write() {
        const auto lines = Layout::lines;
        json_.object(
            [&] {
                json_.object(
                    "assessment-results",
                    [&] {
                        json_.text("uuid", uuid_of({"assessment-results", report_.commit, time_}));
                        write_metadata();
                        json_.object("import-ap", [&] {
                            json_.text("href", "#" + plan_uuid());
                            json_.text("remarks", "There is no assessment plan: the rules that were run are the plan.");
                        });
                        json_.array(
                            "results",
                            [&] {
                                for (std::string_view framework : frameworks_)
                                    json_.object([&] { write_result(framework); }, lines);
                            },
                            lines);
                        json_.object(
                            "back-matter",
                            [&] {
                                json_.array("resources", [&] {
                                    json_.object([&] {
                                        json_.text("uuid", plan_uuid());
                                        json_.text("title", "Rules of plumbline " + report_.tool_version);
                                        json_.text("description",
                                                   "Every rule that was run, what it judges and which control it "
                                                   "serves: `plumbline rules list`.");
                                    });
                                    for (const OscalAttachment& file : period_.attachments)
                                        json_.object([&] { write_attachment(file); });
                                });
                            },
                            lines);
                    },
                    lines);
            },
            lines);
        json_.finish();
    }

  private:
    void write_attachment(const OscalAttachment& file) {
        json_.text("uuid", uuid_of({"attachment", file.file_name, report_.commit, time_}));
        json_.text("title", file.title);
        json_.text("description", file.description);
        json_.object("base64", [&] {
            json_.text("filename", file.file_name);
            json_.text("media-type", file.media_type);
            json_.text("value", base64_of(file.bytes));
        });
    }

    std::string plan_uuid() const { return uuid_of({"plan", report_.tool_version}); }

    void property(std::string_view name, std::string_view value) {
        json_.object([&] {
            json_.text("name", name);
            json_.text("ns", report_.tool_uri.empty() ? nameless : report_.tool_uri);
            json_.text("value", one_line(value));
        });
    }

    /// Values of properties and titles must not be empty nor hold line ends.
    static std::string one_line(std::string_view text) {
        const std::string out = printable(trim(text));
        return out.empty() ? "-" : out;
    }

    void write_metadata() {
        json_.object(
            "metadata",
            [&] {
                json_.text("title", "plumbline assessment results");
                json_.text("last-modified", time_);
                json_.text("version", report_.commit.empty() ? "1" : std::string_view(report_.commit));
                json_.text("oscal-version", "1.1.2");
                json_.array("props", [&] {
                    property("tool-version", report_.tool_version);
                    if (!report_.repository_uri.empty()) property("repository", report_.repository_uri);
                    if (!report_.commit.empty()) property("commit", report_.commit);
                });
            },
            Layout::lines);
    }

    void write_result(std::string_view framework) {
        const std::vector<RequirementTally> all = tally_requirements(*report_.framework(framework), controls_);
        std::vector<const RequirementTally*> requirements;
        std::set<std::string_view> rules;
        for (const RequirementTally& tally : all) {
            if (!tally.counts.any()) continue;
            requirements.push_back(&tally);
            for (const ControlTally* control : tally.controls) {
                for (const RuleInfo* rule : control->rules) rules.insert(rule->id);
            }
        }
        std::erase_if(rules, [&](std::string_view id) { return !counts_of(id).any(); });
        json_.text("uuid", uuid_of({"result", framework, report_.commit, time_}));
        json_.text("title", short_name(report_, framework));
        json_.text("description",
                   "Evidence from infrastructure code and settings. It bears on parts of the requirements only: that a "
                   "requirement is met is for an assessor to say.");
        json_.text("start", period_.start.empty() ? time_ : period_.start);
        json_.text_if("end", period_.end);
        write_inventory(framework, rules);
        json_.object("reviewed-controls", [&] {
            json_.array("control-selections", [&] {
                json_.object([&] {
                    if (requirements.empty()) {
                        json_.text("description", "Nothing that was scanned bears on this framework.");
                        return;
                    }
                    json_.array("include-controls", [&] {
                        for (const RequirementTally* tally : requirements) {
                            json_.object(
                                [&] { json_.text("control-id", token_of(framework, tally->requirement->id)); });
                        }
                    });
                });
            });
        });
        // Empty arrays are not allowed.
        if (!rules.empty()) {
            json_.array(
                "observations",
                [&] {
                    for (std::string_view rule : rules) json_.object([&] { write_observation(framework, rule); });
                },
                Layout::lines);
        }
        write_risks(framework, rules);
        if (!requirements.empty()) {
            json_.array(
                "findings",
                [&] {
                    for (const RequirementTally* tally : requirements)
                        json_.object([&] { write_finding(framework, *tally); });
                },
                Layout::lines);
        }
        json_.text_if("remarks", period_.remarks);
    }

    VerdictCounts counts_of(std::string_view rule) const {
        const auto at = report_.verdicts.find(rule);
        return at == report_.verdicts.end() ? VerdictCounts{} : at->second;
    }
    /// Findings of a rule that fail, are undecided or were accepted: those that an assessor looks at.
    std::vector<const Finding*> notable(std::string_view rule) const {
        std::vector<const Finding*> out;
        const auto at = by_rule_.find(rule);
        if (at == by_rule_.end()) return out;
        for (const Finding* finding : at->second) {
            const Verdict verdict = finding->judgement.verdict;
            if (verdict == Verdict::fail || verdict == Verdict::undecided) out.push_back(finding);
        }
        return out;
    }
    std::string resource_uuid(std::string_view framework, const Finding& finding) const {
        return uuid_of({"resource", framework, finding.root, finding.file, finding.resource});
    }
    std::string observation_uuid(std::string_view framework, std::string_view rule) const {
        return uuid_of({"observation", framework, rule});
    }
    std::string risk_uuid(std::string_view framework, std::string_view rule, std::string_view kind) const {
        return uuid_of({"risk", framework, rule, kind});
    }

    void write_inventory(std::string_view framework, const std::set<std::string_view>& rules) {
        std::map<std::string, const Finding*> items;
        for (std::string_view rule : rules) {
            for (const Finding* finding : notable(rule)) items.emplace(resource_uuid(framework, *finding), finding);
        }
        if (items.empty()) return;
        json_.object("local-definitions", [&] {
            json_.array(
                "inventory-items",
                [&] {
                    for (const auto& [uuid, finding] : items) {
                        json_.object([&] {
                            json_.text("uuid", uuid);
                            json_.text("description", one_line(finding->resource));
                            json_.array("props", [&] {
                                property("address", finding->resource);
                                property("file", path_of(*finding, sources_));
                                if (!finding->type.empty()) property("type", finding->type);
                                if (!finding->owners.empty()) property("owners", join(finding->owners, " "));
                            });
                        });
                    }
                },
                Layout::lines);
        });
    }

    void write_observation(std::string_view framework, std::string_view id) {
        const RuleInfo& rule = *report_.rule(id);
        const VerdictCounts counts = counts_of(id);
        json_.text("uuid", observation_uuid(framework, id));
        json_.text("title", one_line(rule.title));
        json_.text("description", std::to_string(counts.pass) + " pass, " + std::to_string(counts.fail) + " fail, " +
                                      std::to_string(counts.undecided) + " undecided, " +
                                      std::to_string(counts.accepted) + " accepted.");
        json_.array("props", [&] {
            property("rule", id);
            property("control", rule.control);
            property("severity", to_string(rule.severity));
            property("pass", std::to_string(counts.pass));
            property("fail", std::to_string(counts.fail));
            property("undecided", std::to_string(counts.undecided));
            property("accepted", std::to_string(counts.accepted));
        });
        json_.array("methods", [&] { json_.text("TEST"); });
        const std::vector<const Finding*> findings = notable(id);
        if (!findings.empty()) {
            json_.array("subjects", [&] {
                std::set<std::string> seen;
                for (const Finding* finding : findings) {
                    const std::string uuid = resource_uuid(framework, *finding);
                    if (!seen.insert(uuid).second) continue;
                    json_.object([&] {
                        json_.text("subject-uuid", uuid);
                        json_.text("type", "inventory-item");
                    });
                }
            });
            json_.array("relevant-evidence", [&] {
                for (const Finding* finding : findings) json_.object([&] { write_evidence(*finding); });
            });
        }
        json_.text("collected", time_);
    }

    void write_evidence(const Finding& finding) {
        const Span place = place_of(finding);
        std::string href = uri_of(path_of(finding, sources_));
        if (place.valid()) href += "#L" + std::to_string(sources_.begin_of(place).line);
        json_.text("href", href);
        json_.text("description", one_line(finding.resource + ": " + finding.judgement.message));
        json_.array("props", [&] {
            property("verdict", finding.accepted.empty() ? to_string(finding.judgement.verdict) : "accepted");
            property("fingerprint", finding.fingerprint);
            if (!finding.judgement.undecided_by.empty()) property("undecided-by", finding.judgement.undecided_by);
        });
    }

    void write_risks(std::string_view framework, const std::set<std::string_view>& rules) {
        const auto risky = [&](std::string_view id) { return counts_of(id).fail + counts_of(id).accepted > 0; };
        if (std::none_of(rules.begin(), rules.end(), risky)) return;
        json_.array(
            "risks",
            [&] {
                for (std::string_view id : rules) {
                    const VerdictCounts counts = counts_of(id);
                    if (counts.fail > 0) json_.object([&] { write_risk(framework, id, "open"); });
                    if (counts.accepted > 0) json_.object([&] { write_risk(framework, id, "deviation-approved"); });
                }
            },
            Layout::lines);
    }

    void write_risk(std::string_view framework, std::string_view id, std::string_view status) {
        const RuleInfo& rule = *report_.rule(id);
        const bool accepted = status != "open";
        std::string deadline, statement = one_line(rule.why);
        for (const Finding* finding : notable(id)) {
            for (const Acceptance& acceptance : finding->accepted) {
                if (!accepted) continue;
                statement +=
                    "\nAccepted for " + one_line(finding->resource) + ": " + one_line(acceptance.justification);
                if (!acceptance.owner.empty()) statement += ", owner " + one_line(acceptance.owner);
                if (!acceptance.approver.empty()) statement += ", approved by " + one_line(acceptance.approver);
                if (!is_date(acceptance.expires)) continue;
                statement += ", until " + acceptance.expires;
                if (deadline.empty() || acceptance.expires < deadline) deadline = acceptance.expires;
            }
        }
        json_.text("uuid", risk_uuid(framework, id, status));
        json_.text("title", one_line(rule.title));
        json_.text("description", accepted ? "Accepted: the rule fails on resources whose risk was accepted."
                                           : "The rule fails on " + counted(counts_of(id).fail, "resource") + ".");
        json_.text("statement", statement);
        json_.array("props", [&] {
            property("rule", id);
            property("severity", to_string(rule.severity));
        });
        json_.text("status", status);
        if (!deadline.empty()) json_.text("deadline", end_of(deadline));
        if (!rule.fix.empty()) {
            json_.array("remediations", [&] {
                json_.object([&] {
                    json_.text("uuid", uuid_of({"remediation", framework, id, status}));
                    json_.text("lifecycle", "recommendation");
                    json_.text("title", "Fix");
                    json_.text("description", rule.fix);
                });
            });
        }
        json_.array("related-observations",
                    [&] { json_.object([&] { json_.text("observation-uuid", observation_uuid(framework, id)); }); });
    }

    void write_finding(std::string_view framework, const RequirementTally& tally) {
        const VerdictCounts& counts = tally.counts;
        const bool satisfied = counts.fail == 0 && counts.undecided == 0 && counts.pass > 0;
        const std::string token = token_of(framework, tally.requirement->id);
        json_.text("uuid", uuid_of({"finding", framework, tally.requirement->id}));
        json_.text("title", one_line(std::string(tally.requirement->id) + " " + std::string(tally.requirement->title)));
        json_.text("description", "Maturity of the evidence: " + std::string(to_string(tally.maturity)) + ".");
        json_.array("props", [&] {
            for (std::size_t i = 0; i < tally.controls.size(); ++i) {
                property("control-" + std::string(to_string(tally.closeness[i])), tally.controls[i]->control->id);
            }
        });
        json_.object("target", [&] {
            json_.text("type", "statement-id");
            json_.text("target-id", framework == default_framework ? token + "_smt" : token);
            json_.object("status", [&] {
                json_.text("state", satisfied ? "satisfied" : "not-satisfied");
                json_.text("reason", satisfied ? "pass" : counts.fail > 0 ? "fail" : "other");
                if (!satisfied && counts.fail == 0) {
                    json_.text("remarks",
                               counts.undecided > 0 ? "Some verdicts are undecided." : "Every failure was accepted.");
                }
            });
        });
        std::vector<std::string_view> observed;
        for (const ControlTally* control : tally.controls) {
            for (const RuleInfo* rule : control->rules) {
                if (counts_of(rule->id).any()) observed.push_back(rule->id);
            }
        }
        json_.array("related-observations", [&] {
            for (std::string_view rule : observed) {
                json_.object([&] { json_.text("observation-uuid", observation_uuid(framework, rule)); });
            }
        });
        std::vector<std::string> risks;
        for (std::string_view rule : observed) {
            if (counts_of(rule).fail > 0) risks.push_back(risk_uuid(framework, rule, "open"));
            if (counts_of(rule).accepted > 0) risks.push_back(risk_uuid(framework, rule, "deviation-approved"));
        }
        if (risks.empty()) return;
        json_.array("related-risks", [&] {
            for (const std::string& risk : risks) json_.object([&] { json_.text("risk-uuid", risk); });
        });
    }

    const Report& report_;
    const SourceSet& sources_;
    const OscalPeriod& period_;
    JsonWriter json_;
    std::vector<ControlTally> controls_;
    std::vector<std::string_view> frameworks_;
    std::map<std::string_view, std::vector<const Finding*>> by_rule_;
    std::string time_;
};

}  // namespace

void write_oscal(const Report& report, const SourceSet& sources, const ReportOptions& options, std::ostream& out) {
    const OscalPeriod none;
    Oscal(report, sources, options, none, out).write();
}

void write_oscal(const Report& report, const SourceSet& sources, const ReportOptions& options,
                 const OscalPeriod& period, std::ostream& out) {
    Oscal(report, sources, options, period, out).write();
}

}  // namespace plumbline
