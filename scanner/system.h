#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/model/file_system.h"
#include "scanner/process.h"

namespace plumbline {

/// A folder that is being written: it appears under its name whole or not at all. One that is not published leaves
/// nothing behind.
class NewFolder {
  public:
    enum class Published { done, taken, failed };
    virtual ~NewFolder() = default;
    /// A whole file, in the place of an earlier one of that name; empty on success, otherwise a phrase.
    virtual std::string add(const std::string& name, std::string_view text) = 0;
    /// Gives it its place, once; `taken`: there is such a folder, and another name may be tried.
    virtual Published publish(const std::string& name, std::string& error) = 0;
};

/// What a program that was run said.
struct ProgramResult {
    int exit_code = -1;
    std::string out, err;  ///< at most 1 MiB each
    std::string error;     ///< why it was not run
};

/// What a run may do to the machine beside reading one tree: find the tree, read files that the user named elsewhere,
/// write files that the user asked for. Paths are absolute. Tests give an in-memory double.
class System {
  public:
    virtual ~System() = default;
    /// The file system below a folder; it need not exist (then everything in it is missing).
    virtual std::unique_ptr<FileSystem> open(const std::string& folder) const = 0;
    /// The path without links, `.` and `..`; nullopt when there is nothing.
    virtual std::optional<std::string> real_path(const std::string& path) const = 0;
    /// Writes a whole file and makes its folder where that is missing; empty on success, otherwise the reason.
    virtual std::string write(const std::string& path, std::string_view text) = 0;
    /// Whether a program of that name is installed.
    virtual bool has_program(const std::string&) const { return false; }
    /// Runs an installed program in a folder, with no shell, no input and limits of time and output. Only --render
    /// does.
    virtual ProcessResult render(const std::string& name, const std::vector<std::string>&, const std::string&) {
        ProcessResult result;
        result.fault = name + " cannot be run here";
        return result;
    }
    /// The same for a file that can be executed.
    virtual std::string write_program(const std::string& path, std::string_view text) { return write(path, text); }
    /// A folder to be made in `parent`, which is made where it is missing. Null with a phrase in `error`.
    virtual std::unique_ptr<NewFolder> new_folder(const std::string& parent, std::string& error) = 0;
    /// Runs a program found through PATH, without a shell, with `input` on its standard input, and waits for it. Only
    /// for the programs that sign and verify, when the user asks for it. One that does not answer in two minutes is
    /// killed.
    virtual ProgramResult run_program(const std::vector<std::string>& arguments, std::string_view input) = 0;
    /// Standard input to its end, at most `limit` bytes of it.
    virtual std::string read_input(std::size_t limit) {
        (void)limit;
        return {};
    }
};

/// How the program was called; with `System` everything that can change what a run does.
struct Call {
    std::vector<std::string> arguments;  ///< without the program's name
    std::map<std::string, std::string> environment;
    std::string working_directory;  ///< absolute, without links
    /// RFC 3339 in UTC, read once. Decides whether waivers have expired, and stands in reports.
    std::string now;
    std::size_t cores = 1;
    bool out_is_terminal = false, err_is_terminal = false;
    std::size_t width = 100;  ///< columns of the terminal
    /// The process ends with this call, so that memory need not be given back piece by piece.
    bool process_ends = false;
};

/// The real one.
class DiskSystem : public System {
  public:
    std::unique_ptr<FileSystem> open(const std::string& folder) const override;
    std::optional<std::string> real_path(const std::string& path) const override;
    std::string write(const std::string& path, std::string_view text) override;
    bool has_program(const std::string& name) const override;
    ProcessResult render(const std::string& name, const std::vector<std::string>& arguments,
                         const std::string& folder) override;
    std::string write_program(const std::string& path, std::string_view text) override;
    std::unique_ptr<NewFolder> new_folder(const std::string& parent, std::string& error) override;
    ProgramResult run_program(const std::vector<std::string>& arguments, std::string_view input) override;
    std::string read_input(std::size_t limit) override;
};

/// Absolute and normalised: `file` as seen from `folder`. Goes no further up than `/`.
std::string absolute_path(const std::string& folder, const std::string& file);

/// The folder of an absolute path; that of `/` is `/`.
std::string folder_of(std::string_view path);

/// Whether `path` is `folder` or lies below it (both absolute, or both relative to one root).
bool is_below(std::string_view path, std::string_view folder);

}  // namespace plumbline
