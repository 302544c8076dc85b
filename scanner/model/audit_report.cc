#include "scanner/model/audit_report.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

namespace plumbline {

std::string rfc3339(std::int64_t time) {
    // Years from 0 to 9999 are all that the format can write; a commit may claim any number.
    constexpr std::int64_t first = -62167219200, last = 253402300799;
    time = std::clamp(time, first, last);
    const std::chrono::sys_seconds at{std::chrono::seconds(time)};
    const auto day = std::chrono::floor<std::chrono::days>(at);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(at - day);
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                  static_cast<int>(clock.seconds().count()));
    return text.data();
}

std::string to_string(const AuditPerson& person) {
    if (person.email.empty()) return person.name.empty() ? person.login : person.name;
    return (person.name.empty() ? "" : person.name + " ") + "<" + person.email + ">";
}

std::string_view to_string(ChangeKind kind) {
    switch (kind) {
        case ChangeKind::merge:
            return "merge";
        case ChangeKind::squash:
            return "squash";
        case ChangeKind::rebase:
            return "rebase";
        case ChangeKind::direct:
            break;
    }
    return "direct";
}

std::string_view to_string(AuditApproval::State state) {
    switch (state) {
        case AuditApproval::State::approved:
            return "approved";
        case AuditApproval::State::changes_requested:
            return "changes_requested";
        case AuditApproval::State::commented:
            return "commented";
        case AuditApproval::State::dismissed:
            break;
    }
    return "dismissed";
}

std::string_view to_string(SignatureState state) {
    switch (state) {
        case SignatureState::absent:
            return "absent";
        case SignatureState::present:
            return "present";
        case SignatureState::good:
            return "good";
        case SignatureState::bad:
            return "bad";
        case SignatureState::unknown_key:
            break;
    }
    return "unknown_key";
}

}  // namespace plumbline
