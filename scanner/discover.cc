#include "scanner/discover.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "parsers/parser.h"
#include "scanner/model/text.h"

namespace plumbline {
namespace {

// Deeper than any path the kernel takes in one call (PATH_MAX is 4096, so 2048 folders of one letter).
constexpr std::size_t max_depth = 2048;

bool wanted(std::string_view path) {
    return std::any_of(parsers().begin(), parsers().end(), [&](const Parser* parser) { return parser->wants(path); });
}

bool excluded(std::string_view path, const std::vector<std::string>& globs) {
    return std::any_of(globs.begin(), globs.end(), [&](std::string_view glob) {
        if (glob.ends_with('/')) glob.remove_suffix(1);
        // As in .gitignore: a pattern without a slash is about names at any depth.
        return glob_match(glob, glob.find('/') == std::string_view::npos ? file_name(path) : path);
    });
}

/// The folder of the Helm chart that the file belongs to; nullopt when it belongs to none.
std::optional<std::string> chart_of(const FileSystem& file_system, std::string_view path) {
    for (std::string_view folder = parent_path(path);; folder = parent_path(folder)) {
        const std::string prefix = folder.empty() ? std::string() : std::string(folder) + "/";
        if (file_system.exists(prefix + "Chart.yaml")) return std::string(folder);
        if (folder.empty()) return std::nullopt;
    }
}

}  // namespace

bool is_skipped_folder(std::string_view name) {
    // State and dependencies of other programs. `.terraform` holds module copies: they are read when a module is
    // called.
    static constexpr std::array<std::string_view, 8> skipped = {
        ".git", ".terraform", ".terragrunt-cache", "node_modules", ".venv", "__pycache__", ".aws-sam", ".serverless"};
    return std::find(skipped.begin(), skipped.end(), name) != skipped.end();
}

bool is_discovered(std::string_view path, const std::vector<std::string>& exclude) {
    if (!wanted(path) || excluded(path, exclude)) return false;
    for (std::string_view folder = parent_path(path); !folder.empty(); folder = parent_path(folder))
        if (is_skipped_folder(file_name(folder)) || excluded(folder, exclude)) return false;
    return true;
}

std::vector<std::string> discover(const FileSystem& file_system, const std::vector<std::string>& paths,
                                  const std::vector<std::string>& exclude, Diagnostics& diagnostics) {
    std::vector<std::string> found;
    struct Folder {
        std::string path;
        std::size_t depth;
    };
    std::vector<Folder> open;
    std::set<std::string, std::less<>> visited;  // folders whose files are neighbours of a named one
    const auto add_neighbours = [&](std::string_view path) {
        if (const auto chart = chart_of(file_system, path)) {
            if (visited.insert(*chart).second) open.push_back({*chart, 0});
            return;
        }
        const std::string folder(parent_path(path));
        if (!visited.insert(folder).second) return;
        const auto entries = file_system.list(folder);
        if (!entries) return;  // the named file itself can still be read
        for (const FileSystem::Entry& entry : *entries) {
            std::string neighbour = folder.empty() ? entry.name : folder + "/" + entry.name;
            if (entry.kind == FileSystem::Kind::file && wanted(neighbour) && !excluded(neighbour, exclude))
                found.push_back(std::move(neighbour));
        }
    };
    for (const std::string& path : paths) {
        const auto entry = file_system.stat(path);
        if (!entry) {
            diagnostics.file_error("not-found", path, "There is no such file or folder",
                                   "Check the path; links that lead out of the scanned tree are not followed.");
        } else if (entry->kind == FileSystem::Kind::directory) {
            open.push_back({path, 0});
        } else if (entry->kind == FileSystem::Kind::file) {
            found.push_back(path);
            add_neighbours(path);
        } else {
            diagnostics.file_error("not-a-file", path, "This is neither a file nor a folder", "It was not read.");
        }
    }
    while (!open.empty()) {
        const Folder folder = std::move(open.back());
        open.pop_back();
        const auto entries = file_system.list(folder.path);
        if (!entries) {
            diagnostics.file_error("unreadable", folder.path, "This folder cannot be listed",
                                   "Nothing in it was scanned. Check its permissions.");
            continue;
        }
        for (const FileSystem::Entry& entry : *entries) {
            std::string path = folder.path.empty() ? entry.name : folder.path + "/" + entry.name;
            if (excluded(path, exclude)) continue;
            if (entry.kind == FileSystem::Kind::directory) {
                if (is_skipped_folder(entry.name)) continue;
                if (folder.depth >= max_depth) {
                    diagnostics.file_error("too-deep", path, "Folders are nested deeper than 2,048 levels",
                                           "Nothing below was scanned.");
                    continue;
                }
                open.push_back({std::move(path), folder.depth + 1});
            } else if (wanted(path)) {
                if (entry.kind == FileSystem::Kind::file)
                    found.push_back(std::move(path));
                else
                    diagnostics.file_error("not-a-file", path, "This is neither a file nor a folder",
                                           "It was not read. Links to folders are not followed.");
            }
        }
    }
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    return found;
}

}  // namespace plumbline
