#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scanner/model/diagnostic.h"
#include "scanner/system.h"

namespace plumbline {

/// The folder of the pipeline's file system under which files from outside of the tree appear (--var-file
/// /secrets/prod.tfvars), by their absolute path. The name is one that no tree uses.
constexpr std::string_view outside_folder = ".plumbline-outside";

/// Where a run reads and what its paths are called.
///
/// `root` is how far reading may go: the top of the git repository around what was named (a Terraform folder may call
/// `../module`, which belongs to the same repository), or `base` where there is none. Paths in the pipeline, in
/// fingerprints, waivers and baselines are relative to it, so that they do not depend on the folder one stands in.
///
/// `base` is what people's paths start from, in reports: the working folder when everything named lies below it,
/// otherwise the common folder of what was named. `/` does not count as a working folder: a container that starts there
/// would open the whole machine to links in a hostile tree. In a checkout's top, where CI runs, both are one; otherwise
/// one lies below the other.
struct Place {
    std::string root;                         ///< absolute
    std::string base;                         ///< absolute
    std::vector<std::string> paths;           ///< what was named, relative to `root`
    std::vector<std::string> folders, files;  ///< the same, by kind

    /// The name that a report gives to a path of the pipeline: relative to `base` (`../module/main.tf` for what lies
    /// beside it). Absolute paths (files named outside of `root`) stay as they are.
    std::string shown(std::string_view path) const;
    /// A typed pattern for paths, which is meant from `base`, as one from `root`.
    std::string pattern_in_root(std::string pattern) const;
    /// How the pipeline calls an absolute path: relative to `root` where it lies below it.
    std::string inside(const std::string& absolute) const;
};

/// Works the place out from the paths as typed. What does not exist is reported and left out.
Place locate(const std::vector<std::string>& typed, const std::string& working_directory, const System& system,
             Diagnostics& diagnostics);

}  // namespace plumbline
