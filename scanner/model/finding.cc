#include "scanner/model/finding.h"

#include <array>

namespace plumbline {
namespace {
constexpr std::array<std::string_view, 5> severities = {"info", "low", "medium", "high", "critical"};
constexpr std::array<std::string_view, 4> verdicts = {"pass", "fail", "undecided", "not_applicable"};
}  // namespace

std::string_view to_string(Severity severity) {
    return severities[static_cast<std::size_t>(severity)];
}
std::string_view to_string(Verdict verdict) {
    return verdicts[static_cast<std::size_t>(verdict)];
}

std::optional<Severity> parse_severity(std::string_view text) {
    for (std::size_t i = 0; i < severities.size(); ++i) {
        if (severities[i] == text) return static_cast<Severity>(i);
    }
    return std::nullopt;
}

}  // namespace plumbline
