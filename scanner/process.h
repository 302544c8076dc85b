#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace plumbline {

/// What a program may use up.
struct ProcessLimits {
    std::chrono::milliseconds time{60'000};
    std::size_t output = std::size_t{16} << 20;  ///< bytes of standard output
    std::size_t errors = std::size_t{64} << 10;  ///< bytes of standard error that are kept
};

/// How a program ended.
struct ProcessResult {
    /// Why there is no result: it could not be started, took too long, printed too much. Empty otherwise.
    std::string fault;
    int exit_code = 0;  ///< 128 + the signal's number where one ended it
    std::string output, errors;
};

/// The absolute path of a program on `search_path` (as PATH is written); "" when it is on none.
std::string find_program(const std::string& name, const std::string& search_path);

/// Runs `arguments[0]`, an absolute path, with exactly these arguments (no shell), environment (`NAME=value`) and
/// working folder, and `input` (at most `max_process_input` bytes) on standard input. When it ends or breaks a limit,
/// its whole process group is ended.
ProcessResult run_process(const std::vector<std::string>& arguments, const std::vector<std::string>& environment,
                          const std::string& folder, const ProcessLimits& limits = {}, std::string_view input = {});

/// What a pipe takes before anyone reads from it.
constexpr std::size_t max_process_input = 65536;

}  // namespace plumbline
