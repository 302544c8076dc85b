#include "scanner/framework_coverage.h"

#include <algorithm>
#include <unordered_map>

namespace plumbline {
namespace {

Seen seen_of(const RequirementCoverage& coverage) {
    for (std::size_t i = 0; i < coverage.rules.size(); ++i) {
        if (!coverage.rules[i].empty()) return static_cast<Seen>(i);
    }
    return coverage.controls_without_rule.empty() ? Seen::elsewhere : Seen::no_rule;
}

}  // namespace

std::string_view to_string(Seen seen) {
    static constexpr std::array<std::string_view, 5> names = {"direct", "partial", "supports", "no rule", "not seen"};
    return names[static_cast<std::size_t>(seen)];
}

FrameworkCoverage coverage_of(const Catalogue& catalogue, const Framework& framework, const Lens& lens) {
    FrameworkCoverage out;
    out.framework = &framework;
    out.part = lens.part(framework.id);
    std::unordered_map<std::string_view, std::size_t> index;
    for (const Requirement& requirement : framework.requirements) {
        if (requirement.heading || requirement.withdrawn || !lens.shows(framework.id, requirement.id)) continue;
        index.emplace(requirement.id, out.requirements.size());
        out.requirements.emplace_back().requirement = &requirement;
    }
    std::unordered_map<std::string_view, std::vector<const RuleInfo*>> rules;
    for (const RuleInfo& info : catalogue.rules->infos()) rules[info.control].push_back(&info);
    for (const Control& control : catalogue.controls->controls()) {
        const auto served = rules.find(control.id);
        for (const ControlLink& link : control.links) {
            if (link.framework != framework.id) continue;
            const auto at = index.find(link.id);
            if (at == index.end()) continue;
            RequirementCoverage& coverage = out.requirements[at->second];
            if (served == rules.end()) {
                coverage.controls_without_rule.push_back(control.id);
                continue;
            }
            const auto closeness = static_cast<std::size_t>(link.closeness);
            coverage.controls[closeness].push_back(control.id);
            coverage.rules[closeness].insert(coverage.rules[closeness].end(), served->second.begin(),
                                             served->second.end());
        }
    }
    for (RequirementCoverage& coverage : out.requirements) {
        // The catalogue's rules lie in one array that is sorted by id.
        for (auto& list : coverage.rules) std::sort(list.begin(), list.end());
        coverage.seen = seen_of(coverage);
        ++out.counts[static_cast<std::size_t>(coverage.seen)];
    }
    return out;
}

}  // namespace plumbline
