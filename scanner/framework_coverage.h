#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/catalogue.h"

namespace plumbline {

/// How far this program sees a requirement of a framework.
enum class Seen : std::uint8_t {
    direct,     ///< a rule's control is what the requirement asks for
    partial,    ///< a rule's control is one part of it
    supports,   ///< rules help, an auditor will need more
    no_rule,    ///< a control is mapped to it, but no rule serves the control
    elsewhere,  ///< nothing here is evidence for it
};
/// `direct`, `partial`, `supports`, `no rule`, `not seen`.
std::string_view to_string(Seen seen);

/// What gives evidence for one requirement. The arrays go by `Closeness`; a control is named once, by its relation.
struct RequirementCoverage {
    const Requirement* requirement = nullptr;
    Seen seen = Seen::elsewhere;
    std::array<std::vector<const RuleInfo*>, 3> rules;      ///< sorted by id
    std::array<std::vector<std::string_view>, 3> controls;  ///< those with rules
    std::vector<std::string_view> controls_without_rule;
};

/// A framework or the part of it that was chosen. Views live as long as the catalogue.
struct FrameworkCoverage {
    const Framework* framework = nullptr;
    std::string part;                               ///< `moderate`; empty for the whole
    std::vector<RequirementCoverage> requirements;  ///< neither headings nor withdrawn ones, in the catalogue's order
    std::array<std::int64_t, 5> counts{};           ///< of requirements, by `Seen`
};

/// Which rules of the catalogue give evidence for what of a framework; `lens` says which part of it.
FrameworkCoverage coverage_of(const Catalogue& catalogue, const Framework& framework, const Lens& lens);

}  // namespace plumbline
