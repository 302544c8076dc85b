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
    /// It may ask a person for a passphrase, and what is in a group of its own may not read from the terminal. Only the
    /// program itself is ended then, not what it started.
    bool asks_person = false;
};

/// How a program ended.
struct ProcessResult {
    /// Why there is no result: it could not be started, took too long, printed too much. Empty otherwise.
    std::string fault;
    int exit_code = -1;  ///< 128 + the signal's number where one ended it; -1: it did not run
    std::string output, errors;
};

/// The absolute path of a program on `search_path` (as PATH is written); "" when it is on none.
std::string find_program(const std::string& name, const std::string& search_path);

/// Runs `arguments[0]`, an absolute path, with exactly these arguments (no shell), environment (`NAME=value`) and
/// working folder, and `input` on standard input, of which it may leave as much as it likes. When it ends or breaks a
/// limit, its whole process group is ended.
ProcessResult run_process(const std::vector<std::string>& arguments, const std::vector<std::string>& environment,
                          const std::string& folder, const ProcessLimits& limits = {}, std::string_view input = {});

}  // namespace plumbline
