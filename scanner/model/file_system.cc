#include "scanner/model/file_system.h"

#include <set>

#include "scanner/model/text.h"

namespace plumbline {

std::optional<std::vector<FileSystem::Entry>> MemoryFileSystem::list(std::string_view directory) const {
    std::map<std::string, Entry> entries;
    const std::string prefix = directory.empty() ? std::string() : std::string(directory) + "/";
    for (auto at = files_.lower_bound(prefix); at != files_.end() && at->first.starts_with(prefix); ++at) {
        const std::string_view rest = std::string_view(at->first).substr(prefix.size());
        const std::size_t slash = rest.find('/');
        const std::string name(rest.substr(0, slash));
        if (slash == std::string_view::npos)
            entries[name] = {name, Kind::file, at->second.size()};
        else
            entries.try_emplace(name, Entry{name, Kind::directory, 0});
    }
    if (entries.empty() && !directory.empty()) return std::nullopt;
    std::vector<Entry> out;
    for (auto& [name, entry] : entries) out.push_back(std::move(entry));
    return out;
}

std::optional<FileSystem::Entry> MemoryFileSystem::stat(std::string_view path) const {
    const auto file = files_.find(std::string(path));
    if (file != files_.end()) return Entry{std::string(file_name(path)), Kind::file, file->second.size()};
    if (path.empty()) return Entry{"", Kind::directory, 0};
    const std::string prefix = std::string(path) + "/";
    const auto below = files_.lower_bound(prefix);
    if (below == files_.end() || !below->first.starts_with(prefix)) return std::nullopt;
    return Entry{std::string(file_name(path)), Kind::directory, 0};
}

FileSystem::ReadResult MemoryFileSystem::read(std::string_view path, std::uint64_t limit) const {
    const auto file = files_.find(std::string(path));
    if (file == files_.end()) return {{}, "no such file"};
    if (file->second.size() > limit)
        return {{}, "it is larger than the limit of " + std::to_string(limit >> 20) + " MiB"};
    return {file->second, {}};
}

std::optional<std::string> join_path(std::string_view base, std::string_view relative) {
    std::vector<std::string_view> parts;
    const auto take = [&](std::string_view path) {
        for (std::string_view part : split(path, '/')) {
            if (part.empty() || part == ".") continue;
            if (part == "..") {
                if (parts.empty()) return false;
                parts.pop_back();
            } else {
                parts.push_back(part);
            }
        }
        return true;
    };
    if (!relative.starts_with('/') && !take(base)) return std::nullopt;
    if (!take(relative)) return std::nullopt;
    std::string out;
    for (std::string_view part : parts) {
        if (!out.empty()) out += '/';
        out += part;
    }
    return out;
}

std::string_view parent_path(std::string_view path) {
    const std::size_t slash = path.rfind('/');
    return slash == std::string_view::npos ? std::string_view() : path.substr(0, slash);
}

std::string_view file_name(std::string_view path) {
    const std::size_t slash = path.rfind('/');
    return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

}  // namespace plumbline
