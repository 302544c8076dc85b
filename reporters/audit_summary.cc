#include "reporters/audit_summary.h"

#include <algorithm>

#include "reporters/summary.h"

namespace plumbline {

std::map<std::string_view, std::vector<const Finding*>> verdicts_by_change(const AuditReport& report) {
    std::map<std::string_view, std::vector<const Finding*>> by_change;
    for (const Finding& finding : report.judged.findings)
        if (finding.type == "git_change" && finding.judgement.verdict != Verdict::not_applicable)
            by_change[finding.resource].push_back(&finding);
    for (auto& [commit, findings] : by_change)
        std::sort(findings.begin(), findings.end(),
                  [](const Finding* a, const Finding* b) { return a->rule < b->rule; });
    return by_change;
}

Verdict worst_of(const std::vector<const Finding*>& findings) {
    for (const Verdict verdict : {Verdict::fail, Verdict::undecided, Verdict::pass}) {
        const bool met = std::any_of(findings.begin(), findings.end(),
                                     [&](const Finding* finding) { return finding->judgement.verdict == verdict; });
        if (met) return verdict;
    }
    return Verdict::not_applicable;
}

std::vector<RuleTally> judged_rules(const AuditReport& report) {
    std::vector<RuleTally> tallies;
    for (const RuleInfo& rule : report.judged.rules) {
        const auto found = report.judged.verdicts.find(rule.id);
        if (found != report.judged.verdicts.end() && found->second.any()) tallies.push_back({&rule, found->second});
    }
    return tallies;
}

std::string completeness_text(const AuditReport& report) {
    const AuditPopulation& population = report.population;
    if (population.complete)
        return "Every one of the " + counted(population.commits, "commit") + " of the period belongs to one of the " +
               counted(report.changes.size(), "change") + ".";
    std::string text = "The population is not complete: ";
    if (!population.incomplete_because.empty()) return text + population.incomplete_because;
    return text + counted(population.unaccounted.size(), "commit") + " of " + std::to_string(population.commits) +
           " belong to no change.";
}

std::string sample_method(const AuditReport& report) {
    return "The " + std::to_string(report.sample.asked) +
           " changes with the smallest SHA-256 of the text SEED:COMMIT, with the seed \"" + report.sample.seed + "\".";
}

std::string duration_text(std::int64_t seconds) {
    const auto count = [](std::int64_t number, std::string_view unit) {
        return counted(static_cast<std::uint64_t>(std::max<std::int64_t>(0, number)), unit);
    };
    constexpr std::int64_t minute = 60, hour = 3600, day = 86400;
    if (seconds < hour) return count(seconds / minute, "minute");
    if (seconds < day) return count(seconds / hour, "hour");
    std::string text = count(seconds / day, "day");
    if (seconds < 10 * day && seconds % day >= hour) text += " " + count(seconds % day / hour, "hour");
    return text;
}

std::string_view verdict_word(Verdict verdict) {
    return verdict == Verdict::undecided        ? "not provable"
           : verdict == Verdict::not_applicable ? "not applicable"
                                                : to_string(verdict);
}

}  // namespace plumbline
