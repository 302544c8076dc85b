#pragma once

#include <ostream>

#include "scanner/system.h"

namespace plumbline {

/// What the process ends with.
enum class Exit : int {
    clean = 0,       ///< nothing to report
    failures = 1,    ///< failures at or above --fail-on
    incomplete = 2,  ///< usage error, or something could not be read or parsed and there was no failure to report
    bug = 3,
};

constexpr int code(Exit exit) {
    return static_cast<int>(exit);
}

/// Everything the program does. Standard output carries reports and nothing else. Returns the exit code.
int run(const Call& call, System& system, std::ostream& out, std::ostream& err);

}  // namespace plumbline
