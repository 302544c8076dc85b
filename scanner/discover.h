#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scanner/model/diagnostic.h"
#include "scanner/model/file_system.h"

namespace plumbline {

/// Every file below `paths` (files or folders of `file_system`) that some parser may want, sorted, each once. Folders
/// that hold other programs' state (`.git`, `.terraform`, `node_modules`, ...) and what `exclude` (globs) names are
/// left out. A glob without `/` is about names at any depth, as in .gitignore. A named file comes with its neighbours:
/// the files of its folder, or of its Helm chart, without which it cannot be judged; it is itself never left out.
std::vector<std::string> discover(const FileSystem& file_system, const std::vector<std::string>& paths,
                                  const std::vector<std::string>& exclude, Diagnostics& diagnostics);

/// Whether `discover` finds a file of that path (which is no link) below the tree's top.
bool is_discovered(std::string_view path, const std::vector<std::string>& exclude);

/// Whether discovery passes by a folder of that name.
bool is_skipped_folder(std::string_view name);

}  // namespace plumbline
