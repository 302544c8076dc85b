#include "scanner/place.h"

#include <optional>

#include "scanner/model/text.h"

namespace plumbline {
namespace {

std::string common_folder(std::string a, const std::string& b) {
    while (!is_below(b, a)) a = folder_of(a);
    return a;
}

/// Below a folder that contains it: "" for the folder itself.
std::string below(const std::string& path, const std::string& folder) {
    if (path == folder) return "";
    return path.substr(folder == "/" ? 1 : folder.size() + 1);
}

/// The innermost folder around `folder` that holds `.git`.
std::optional<std::string> repository_top(const std::string& folder, const System& system) {
    for (std::string at = folder; at != "/"; at = folder_of(at)) {
        if (system.open(at)->exists(".git")) return at;
    }
    return std::nullopt;
}

}  // namespace

std::string Place::pattern_in_root(std::string pattern) const {
    if (pattern.starts_with("./")) pattern.erase(0, 2);
    // A pattern without a slash is about names at any depth, `**` about any folder.
    if (pattern.find('/') == std::string::npos || pattern.starts_with("**/") || base == root) return pattern;
    if (is_below(base, root)) return below(base, root) + "/" + pattern;
    const std::string prefix = below(root, base) + "/";
    return pattern.starts_with(prefix) ? pattern.substr(prefix.size()) : pattern;
}

std::string Place::inside(const std::string& absolute) const {
    return is_below(absolute, root) ? below(absolute, root) : absolute;
}

std::string Place::shown(std::string_view path) const {
    if (path != outside_folder && is_below(path, outside_folder))
        return std::string(path.substr(outside_folder.size()));
    if (path.starts_with('/') || base == root) return std::string(path);
    if (is_below(root, base)) return below(root, base) + (path.empty() ? "" : "/") + std::string(path);
    std::string up;
    const std::string from = below(base, root);
    std::string_view folder = from;
    while (!is_below(path, folder)) {
        up += "../";
        folder = parent_path(folder);
    }
    if (path == folder) return up.empty() ? "" : up.substr(0, up.size() - 1);
    return up + std::string(folder.empty() ? path : path.substr(folder.size() + 1));
}

Place locate(const std::vector<std::string>& typed, const std::string& working_directory, const System& system,
             Diagnostics& diagnostics) {
    struct Named {
        std::string path;
        FileSystem::Kind kind;
    };
    std::vector<Named> named;
    const std::vector<std::string> here = {"."};
    for (const std::string& path : typed.empty() ? here : typed) {
        const auto real = system.real_path(absolute_path(working_directory, path));
        if (!real) {
            diagnostics.file_error("not-found", "", "There is no file or folder " + quoted(path), "Check the path.");
            continue;
        }
        const auto entry = system.open(folder_of(*real))->stat(file_name(*real));
        named.push_back({*real, entry ? entry->kind : FileSystem::Kind::directory});
    }
    std::string common;
    bool all_here = working_directory != "/";
    for (const Named& item : named) {
        const std::string folder = item.kind == FileSystem::Kind::directory ? item.path : folder_of(item.path);
        common = common.empty() ? folder : common_folder(common, folder);
        all_here = all_here && is_below(item.path, working_directory);
    }
    if (common.empty()) common = working_directory;
    Place place;
    place.base = all_here ? working_directory : common;
    place.root = repository_top(common, system).value_or(place.base);
    for (const Named& item : named) {
        std::string path = below(item.path, place.root);
        (item.kind == FileSystem::Kind::directory ? place.folders : place.files).push_back(path);
        place.paths.push_back(std::move(path));
    }
    return place;
}

}  // namespace plumbline
