#include "scanner/place.h"

#include <algorithm>
#include <span>

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

/// The innermost folder around `folder` that holds `.git`; `folder` itself when there is none.
std::string repository_top(const std::string& folder, const System& system) {
    for (std::string at = folder; at != "/"; at = folder_of(at)) {
        if (system.open(at)->exists(".git")) return at;
    }
    return folder;
}

}  // namespace

std::string Place::base_in_root() const {
    return below(base, root);
}

std::string Place::inside(const std::string& absolute) const {
    return is_below(absolute, root) ? below(absolute, root) : absolute;
}

std::string Place::shown(std::string_view path) const {
    if (path != outside_folder && is_below(path, outside_folder))
        return std::string(path.substr(outside_folder.size()));
    if (path.starts_with('/') || base == root) return std::string(path);
    const std::string from = base_in_root();
    if (path != from && is_below(path, from)) return std::string(path.substr(from.size() + 1));
    std::string up;
    std::string_view folder = from;
    while (!is_below(path, folder)) {
        up += "../";
        folder = parent_path(folder);
    }
    if (path == folder) return up.empty() ? "." : up.substr(0, up.size() - 1);
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
    Place place;
    place.base = working_directory;
    const bool all_here = std::all_of(named.begin(), named.end(),
                                      [&](const Named& item) { return is_below(item.path, working_directory); });
    if (!all_here) {
        std::string common;
        for (const Named& item : named) {
            const std::string folder = item.kind == FileSystem::Kind::directory ? item.path : folder_of(item.path);
            common = common.empty() ? folder : common_folder(common, folder);
        }
        place.base = common;
    }
    place.root = repository_top(place.base, system);
    for (const Named& item : named) {
        std::string path = below(item.path, place.root);
        (item.kind == FileSystem::Kind::directory ? place.folders : place.files).push_back(path);
        place.paths.push_back(std::move(path));
    }
    return place;
}

}  // namespace plumbline
