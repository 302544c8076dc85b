#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace plumbline::terraform {

/// What the files of a module may make its result depend on, read off a file's text without parsing it. More than there
/// is, never less: whoever looks for what a change can touch needs no exact answer, but a quick and a safe one.
struct Dependencies {
    /// Relative folders that may be sources of modules, as written: `../network`.
    std::vector<std::string> folders;
    /// How paths end that functions read (`file`, `templatefile`, ...): `/policy.json` is a whole last part, `.json` an
    /// end of one. Empty: any path.
    std::vector<std::string> file_ends;
    /// The same for folders whose content is listed (`fileset`): `/policies`.
    std::vector<std::string> folder_ends;
    /// Something is written in a way that is not followed here: it may call and read anything.
    bool anything = false;
};

Dependencies dependencies_of(std::string_view text);

/// Whether a path (relative to the tree's top) may be one of those.
bool may_read(const Dependencies& dependencies, std::string_view path);

}  // namespace plumbline::terraform
