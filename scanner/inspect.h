#pragma once

#include <optional>
#include <ostream>
#include <string>

#include "parsers/parser.h"
#include "scanner/model/file_system.h"

namespace plumbline {

struct InspectOptions {
    /// The root module's folder inside of the file system, "" for its root. Paths are printed relative to it.
    std::string path;
    /// `json` is the only one.
    std::string format = "json";
    /// The text of --expressions FILE: a JSON object with `id` and `expr` on each line.
    std::optional<std::string> expressions;
    Inputs inputs;
    /// The folder's absolute path, for `path.cwd` and `abspath`.
    std::string working_directory = "/";
};

/// `plumbline inspect`: prints what the scanner sees of a Terraform root module, or of the other files of a folder
/// without Terraform, in the form of the README. Returns the exit code: 0, or 2 where Terraform would refuse the
/// configuration, something could not be read or the call is wrong.
int inspect(const InspectOptions& options, const FileSystem& file_system, std::ostream& out, std::ostream& err);

}  // namespace plumbline
