#include "scanner/model/report.h"

#include <algorithm>
#include <array>

namespace plumbline {

namespace {

constexpr std::array<std::string_view, 9> elsewhere = {
    "physical", "people", "training", "organization", "suppliers", "operations", "devices", "application", "privacy"};
constexpr std::array<std::string_view, elsewhere.size()> elsewhere_texts = {
    "buildings, rooms, equipment and media",
    "screening, contracts, conduct and leaving of people",
    "awareness and training",
    "policies, roles, plans, risk decisions and reviews by management",
    "contracts with suppliers and reviews of them",
    "what people do while systems run: incidents, recovery, maintenance, exercises",
    "laptops, phones and other devices of people",
    "what the application itself does with sessions, input and output",
    "notice, consent and rights of those whose data it is",
};

}  // namespace

std::span<const std::string_view> elsewhere_words() {
    return elsewhere;
}

std::string_view elsewhere_text(std::string_view word) {
    const auto* at = std::find(elsewhere.begin(), elsewhere.end(), word);
    return at == elsewhere.end() ? std::string_view()
                                 : elsewhere_texts[static_cast<std::size_t>(at - elsewhere.begin())];
}

void VerdictCounts::add(const VerdictCounts& other) {
    pass += other.pass;
    fail += other.fail;
    undecided += other.undecided;
    not_applicable += other.not_applicable;
    accepted += other.accepted;
}

void VerdictCounts::add(const Finding& finding) {
    if (!finding.accepted.empty()) {
        ++accepted;
        return;
    }
    switch (finding.judgement.verdict) {
        case Verdict::pass:
            ++pass;
            break;
        case Verdict::fail:
            ++fail;
            break;
        case Verdict::undecided:
            ++undecided;
            break;
        case Verdict::not_applicable:
            ++not_applicable;
            break;
    }
}

std::string_view to_string(Maturity maturity) {
    static constexpr std::array<std::string_view, 5> names = {"not assessed", "not in place", "in place, not effective",
                                                              "effective, not provable", "effective and provable"};
    return names[static_cast<std::size_t>(maturity)];
}

Maturity maturity_of(const VerdictCounts& counts, bool dated_history) {
    if (counts.fail > 0) return counts.pass > 0 ? Maturity::not_effective : Maturity::not_in_place;
    if (counts.pass == 0) return counts.accepted > 0 ? Maturity::not_in_place : Maturity::not_assessed;
    return dated_history && counts.undecided == 0 ? Maturity::provable : Maturity::not_provable;
}

const RuleInfo* Report::rule(std::string_view id) const {
    const auto at = std::lower_bound(rules.begin(), rules.end(), id,
                                     [](const RuleInfo& rule, std::string_view key) { return rule.id < key; });
    return at != rules.end() && at->id == id ? &*at : nullptr;
}

const ControlInfo* Report::control(std::string_view id) const {
    const auto at =
        std::find_if(controls.begin(), controls.end(), [&](const ControlInfo& item) { return item.id == id; });
    return at != controls.end() ? &*at : nullptr;
}

const FrameworkInfo* Report::framework(std::string_view id) const {
    const auto at =
        std::find_if(frameworks.begin(), frameworks.end(), [&](const FrameworkInfo& item) { return item.id == id; });
    return at != frameworks.end() ? &*at : nullptr;
}

std::size_t Report::count(Verdict verdict) const {
    return static_cast<std::size_t>(std::count_if(findings.begin(), findings.end(), [&](const Finding& finding) {
        return finding.judgement.verdict == verdict && finding.accepted.empty() &&
               finding.baseline != BaselineState::absent;
    }));
}

void Report::count_verdicts() {
    verdicts.clear();
    for (const Finding& finding : findings) {
        if (finding.baseline == BaselineState::absent) continue;
        verdicts[finding.rule].add(finding);
    }
}

}  // namespace plumbline
