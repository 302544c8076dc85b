#pragma once

#include <span>
#include <string_view>

#include "scanner/model/report.h"

namespace plumbline {

/// Every reporter, in the order the help lists them.
std::span<const Reporter* const> reporters();
/// Null when there is none of that name.
const Reporter* find_reporter(std::string_view name);

}  // namespace plumbline
