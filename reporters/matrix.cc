#include <algorithm>
#include <map>
#include <set>

#include "reporters/csv_writer.h"
#include "reporters/formats.h"
#include "reporters/summary.h"
#include "scanner/model/text.h"

// For auditors. matrix: a line per requirement of each chosen framework, also of those that no rule is evidence for; a
// requirement is never called met, the maturity says how far the evidence goes. soa: the Statement of Applicability of
// ISO/IEC 27001:2022 (clause 6.1.3 d), all of Annex A.

namespace plumbline {
namespace {

// Resources named in one cell; the counts beside it are complete.
constexpr std::size_t most_named = 20;

/// What the findings say about the rules of one control.
struct ControlEvidence {
    std::vector<std::string> failing;   ///< `aws-s3-versioning aws_s3_bucket.b (a.tf:3), owner @team`
    std::vector<std::string> accepted;  ///< `aws-s3-versioning aws_s3_bucket.b until 2027-01-01: reason, owner ...`
    std::set<std::string> owners;
};

std::map<std::string_view, ControlEvidence> evidence_by_control(const Report& report, const SourceSet& sources) {
    std::map<std::string_view, ControlEvidence> out;
    for (const Finding& finding : report.findings) {
        const RuleInfo* rule = report.rule(finding.rule);
        if (!rule || finding.judgement.verdict != Verdict::fail || finding.baseline == BaselineState::absent) continue;
        ControlEvidence& evidence = out[rule->control];
        if (finding.accepted.empty()) {
            const Span place = place_of(finding);
            std::string where(path_of(finding, sources));
            if (place.valid()) where += ":" + std::to_string(sources.begin_of(place).line);
            std::string text = finding.rule + " " + finding.resource + " (" + where + ")";
            if (!finding.owners.empty()) text += ", owner " + join(finding.owners, " ");
            evidence.failing.push_back(std::move(text));
            evidence.owners.insert(finding.owners.begin(), finding.owners.end());
            continue;
        }
        const Acceptance& accepted = finding.accepted.front();
        std::string text = finding.rule + " " + finding.resource;
        text += accepted.expires.empty() ? " without an end" : " until " + accepted.expires;
        text += ": " + (accepted.justification.empty() ? "no reason given" : accepted.justification);
        if (!accepted.owner.empty()) text += ", owner " + accepted.owner;
        if (!accepted.approver.empty()) text += ", approved by " + accepted.approver;
        evidence.accepted.push_back(std::move(text));
        if (!accepted.owner.empty()) evidence.owners.insert(accepted.owner);
    }
    return out;
}

std::string listed(const std::vector<std::string>& items) {
    const std::size_t count = std::min(items.size(), most_named);
    std::string out = join(std::span(items).first(count), "; ");
    if (count < items.size()) out += "; and " + std::to_string(items.size() - count) + " more";
    return out;
}

/// Everything that the lines of both tables say about one requirement.
struct Line {
    std::string controls, rules, history;
    ControlEvidence evidence;
};

Line line_of(const RequirementTally& tally, const std::map<std::string_view, ControlEvidence>& evidence) {
    Line line;
    for (std::size_t i = 0; i < tally.controls.size(); ++i) {
        const ControlTally& control = *tally.controls[i];
        line.controls.append(line.controls.empty() ? "" : "; ")
            .append(control.control->id)
            .append(" (")
            .append(to_string(tally.closeness[i]))
            .append(")");
        if (control.maturity != Maturity::not_assessed) line.controls.append(": ").append(to_string(control.maturity));
        if (!control.control->history.empty() && control.counts.any())
            line.history.append(line.history.empty() ? "" : "; ")
                .append(control.control->id)
                .append(" ")
                .append(control.control->history);
        for (const RuleInfo* rule : control.rules) line.rules.append(line.rules.empty() ? "" : " ").append(rule->id);
        // As with the counts: what only supports is named, but its findings count only where there is nothing closer.
        if (tally.closeness[i] == Closeness::supports && tally.closeness.front() != Closeness::supports) continue;
        const auto found = evidence.find(control.control->id);
        if (found == evidence.end()) continue;
        const ControlEvidence& more = found->second;
        line.evidence.failing.insert(line.evidence.failing.end(), more.failing.begin(), more.failing.end());
        line.evidence.accepted.insert(line.evidence.accepted.end(), more.accepted.begin(), more.accepted.end());
        line.evidence.owners.insert(more.owners.begin(), more.owners.end());
    }
    return line;
}

const ScopeDecision* decision_for(const Report& report, std::string_view framework, std::string_view id) {
    for (const ScopeDecision& decision : report.decisions) {
        if (decision.framework == framework && decision.id == id) return &decision;
    }
    return nullptr;
}

std::string owners_of(const ScopeDecision* decision, const ControlEvidence& evidence) {
    if (decision && !decision->owner.empty()) return decision->owner;
    const std::vector<std::string> owners(evidence.owners.begin(), evidence.owners.end());
    return join(owners, " ");
}

/// Why there is no verdict, for a requirement without one.
std::string gap_of(const RequirementTally& tally) {
    if (tally.controls.empty()) {
        const std::string_view where = elsewhere_text(tally.requirement->outside);
        if (!where.empty()) return "not seen by this program; evidence lies elsewhere: " + std::string(where);
        return "not seen by this program: nothing here is evidence for it";
    }
    const bool rules = std::any_of(tally.controls.begin(), tally.controls.end(),
                                   [](const ControlTally* control) { return !control->rules.empty(); });
    if (!rules) return "no rule was run for its controls";
    if (!tally.counts.any()) return "nothing in the scanned files bears on it";
    if (tally.counts.pass + tally.counts.fail + tally.counts.accepted == 0) return "every verdict is undecided";
    return "";
}

std::string theme_of(std::string_view id) {
    if (id.starts_with("A.5.")) return "Organizational";
    if (id.starts_with("A.6.")) return "People";
    if (id.starts_with("A.7.")) return "Physical";
    if (id.starts_with("A.8.")) return "Technological";
    return "";
}

}  // namespace

void write_matrix(const Report& report, const SourceSet& sources, const ReportOptions& options, std::ostream& out) {
    CsvWriter csv(out);
    csv.row({"framework", "version", "requirement", "title", "groups", "maturity", "pass", "fail", "undecided",
             "accepted", "controls", "rules", "failing", "accepted risks", "owners", "not assessed because",
             "dated results", "commit", "time"});
    const std::vector<ControlTally> controls = tally_controls(report);
    const auto evidence = evidence_by_control(report, sources);
    for (std::string_view id : chosen_frameworks(report, options)) {
        const FrameworkInfo& framework = *report.framework(id);
        for (const RequirementTally& tally : tally_requirements(framework, controls)) {
            const Line line = line_of(tally, evidence);
            const VerdictCounts& counts = tally.counts;
            csv.row({cell(part_name(report, id)), cell(framework.version), cell(tally.requirement->id),
                     cell(tally.requirement->title), join(tally.requirement->groups, " "),
                     cell(to_string(tally.maturity)), cell(counts.pass), cell(counts.fail), cell(counts.undecided),
                     cell(counts.accepted), line.controls, line.rules, listed(line.evidence.failing),
                     listed(line.evidence.accepted),
                     owners_of(decision_for(report, id, tally.requirement->id), line.evidence), gap_of(tally),
                     line.history, report.commit, report.started_at});
        }
    }
}

void write_soa(const Report& report, const SourceSet& sources, const ReportOptions&, std::ostream& out) {
    constexpr std::string_view id = "iso27001_2022";
    CsvWriter csv(out);
    csv.row({"control", "title", "theme", "applicable", "justification", "implementation status", "evidence",
             "open failures", "accepted risks", "owner", "commit", "time"});
    const FrameworkInfo* framework = report.framework(id);
    if (!framework) return;
    const std::vector<ControlTally> controls = tally_controls(report);
    const auto evidence = evidence_by_control(report, sources);
    for (const RequirementTally& tally : tally_requirements(*framework, controls)) {
        const ScopeDecision* decision = decision_for(report, id, tally.requirement->id);
        const Line line = line_of(tally, evidence);
        const bool in_use = tally.counts.any();
        // Whether a control applies is for the organisation to say; what is in use speaks for it.
        std::string applicable = decision ? (decision->applicable ? "yes" : "no") : in_use ? "yes" : "to be decided";
        std::string why = decision ? decision->justification
                          : in_use ? "the scanned files declare what it governs"
                                   : "for the organisation to decide: " + gap_of(tally);
        std::string status(decision && !decision->status.empty() ? std::string_view(decision->status)
                                                                 : to_string(tally.maturity));
        if (decision && !decision->applicable) status = "not applicable";
        std::string proof;
        if (in_use) {
            proof = std::to_string(tally.counts.pass) + " pass, " + std::to_string(tally.counts.fail) + " fail, " +
                    std::to_string(tally.counts.undecided) + " undecided, " + std::to_string(tally.counts.accepted) +
                    " accepted; controls: " + line.controls;
            if (!line.history.empty()) proof += "; dated results: " + line.history;
        }
        csv.row({cell(tally.requirement->id), cell(tally.requirement->title), theme_of(tally.requirement->id),
                 applicable, why, status, proof, listed(line.evidence.failing), listed(line.evidence.accepted),
                 owners_of(decision, line.evidence), report.commit, report.started_at});
    }
}

}  // namespace plumbline
