#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "rules/control_map.h"
#include "scanner/model/diagnostic.h"
#include "scanner/model/file_system.h"

namespace plumbline {

/// What running the examples of a folder of rules showed.
struct RuleTestResult {
    std::size_t rules = 0, examples = 0;
    /// A line each, `file:line: what`, in the order of files.
    std::vector<std::string> failures;
};

/// Runs every example of every rule file of `file_system` (a folder of rules) through the pipeline, over an in-memory
/// file system, and checks that each rule has a passing, a failing and an undecided example for each platform (or says
/// why one is impossible). `called` is the folder's name in messages. What cannot be read counts as a failure.
RuleTestResult test_rules(const FileSystem& file_system, std::string_view called, const ControlMap& controls,
                          std::size_t jobs);

/// The name a platform's files usually have; examples of a single text get it. Empty for an unknown platform.
std::string_view usual_file_name(std::string_view platform);

}  // namespace plumbline
