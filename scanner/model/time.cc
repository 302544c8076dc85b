#include "scanner/model/time.h"

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

}  // namespace plumbline
