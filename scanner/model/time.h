#pragma once

#include <cstdint>
#include <string>

namespace plumbline {

/// Seconds since 1970 as RFC 3339 in UTC: `2025-06-15T12:00:00Z`. What lies outside of the years 0 to 9999, which is
/// all that the format can write, becomes their first or last second.
std::string rfc3339(std::int64_t seconds);

}  // namespace plumbline
