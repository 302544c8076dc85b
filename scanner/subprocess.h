#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace plumbline {

/// What a program did.
struct ProgramResult {
    int status = -1;    ///< its exit code; -1: it did not run, was killed or ran out of time
    std::string out;    ///< standard output, at most 64 KiB
    std::string error;  ///< why it did not run to its end; empty otherwise
};

/// Runs a program by its argument vector, without a shell, with `input` on its standard input, nothing of our
/// environment and nothing of its standard error. `program` is an absolute path. After `seconds` it is killed.
ProgramResult run_program(const std::string& program, const std::vector<std::string>& arguments, std::string_view input,
                          int seconds);

/// Where a program of that name is, among the folders that only the machine's administrator writes to (/usr/bin, /bin,
/// /usr/local/bin); empty when it is in none. PATH does not count, so that a checkout cannot bring its own.
std::string find_program(std::string_view name);

/// A folder that only we can read, removed with everything in it at the end.
class TemporaryFolder {
  public:
    TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder();
    /// Empty when it could not be made.
    const std::string& path() const { return path_; }
    /// Writes a file into it and returns its path; empty when that fails.
    std::string add(const std::string& name, std::string_view bytes) const;

  private:
    std::string path_;
};

}  // namespace plumbline
