#include "parsers/git/tree_object.h"

#include <algorithm>

namespace plumbline::git {
namespace {

constexpr std::size_t id_size = 20;

TreeObjectEntry::Kind kind_of(std::uint32_t mode) {
    switch (mode & 0170000) {
        case 0040000:
            return TreeObjectEntry::Kind::folder;
        case 0120000:
            return TreeObjectEntry::Kind::link;
        case 0160000:
            return TreeObjectEntry::Kind::submodule;
        default:  // old versions of git wrote other permissions, 100664
            return (mode & 0100) != 0 ? TreeObjectEntry::Kind::executable : TreeObjectEntry::Kind::file;
    }
}

/// How many bytes the first entry takes; 0 when it is damaged.
std::size_t entry_size(std::string_view bytes) {
    const std::size_t zero = bytes.find('\0');
    return zero == std::string_view::npos || bytes.size() - zero - 1 < id_size ? 0 : zero + 1 + id_size;
}

/// `bytes` is as long as `entry_size` says.
std::optional<TreeObjectEntry> read_entry(std::string_view bytes) {
    std::uint32_t mode = 0;
    std::size_t at = 0;
    // Six octal digits at most.
    for (; at < 6 && bytes[at] >= '0' && bytes[at] <= '7'; ++at)
        mode = mode * 8 + static_cast<std::uint32_t>(bytes[at] - '0');
    const std::size_t end = bytes.size() - id_size - 1;
    if (at == 0 || bytes[at] != ' ' || at + 1 >= end) return std::nullopt;
    return TreeObjectEntry{kind_of(mode), bytes.substr(at + 1, end - at - 1), bytes.substr(end + 1)};
}

/// Negative, 0 or positive, in git's order of a tree's entries.
int order(const TreeObjectEntry& a, const TreeObjectEntry& b) {
    const std::size_t common = std::min(a.name.size(), b.name.size());
    if (const int difference = a.name.substr(0, common).compare(b.name.substr(0, common)); difference != 0)
        return difference;
    const auto next = [common](const TreeObjectEntry& entry) {
        if (entry.name.size() > common) return static_cast<unsigned char>(entry.name[common]);
        return static_cast<unsigned char>(entry.is_folder() ? '/' : '\0');
    };
    return int{next(a)} - int{next(b)};
}

bool stands_before(const TreeObjectEntry& a, const TreeObjectEntry& b) {
    return order(a, b) < 0;
}

/// Takes away what both begin with. False when it is damaged.
bool skip_common(std::string_view& a, std::string_view& b) {
    while (!a.empty() && !b.empty()) {
        const std::size_t size = entry_size(a);
        if (size == 0) return false;
        if (b.size() < size || a.substr(0, size) != b.substr(0, size)) return true;
        a.remove_prefix(size);
        b.remove_prefix(size);
    }
    return true;
}

}  // namespace

std::optional<std::vector<TreeObjectEntry>> read_tree_object(std::string_view bytes) {
    std::vector<TreeObjectEntry> entries;
    entries.reserve(bytes.size() / 32);
    while (!bytes.empty()) {
        const std::size_t size = entry_size(bytes);
        const auto entry = size == 0 ? std::nullopt : read_entry(bytes.substr(0, size));
        if (!entry) return std::nullopt;
        entries.push_back(*entry);
        bytes.remove_prefix(size);
    }
    return entries;
}

std::optional<std::vector<TreeDifference>> compare_tree_objects(std::string_view before, std::string_view after) {
    if (!skip_common(before, after)) return std::nullopt;
    auto old_entries = read_tree_object(before), new_entries = read_tree_object(after);
    if (!old_entries || !new_entries) return std::nullopt;
    // Trees of broken tools are not in order.
    for (auto* entries : {&*old_entries, &*new_entries})
        if (!std::is_sorted(entries->begin(), entries->end(), stands_before))
            std::stable_sort(entries->begin(), entries->end(), stands_before);
    std::vector<TreeDifference> differences;
    auto old_entry = old_entries->begin(), new_entry = new_entries->begin();
    while (old_entry != old_entries->end() || new_entry != new_entries->end()) {
        const int side = old_entry == old_entries->end()   ? 1
                         : new_entry == new_entries->end() ? -1
                                                           : order(*old_entry, *new_entry);
        if (side < 0) {
            differences.push_back({*old_entry++, std::nullopt});
        } else if (side > 0) {
            differences.push_back({std::nullopt, *new_entry++});
        } else {
            if (*old_entry != *new_entry) differences.push_back({*old_entry, *new_entry});
            ++old_entry;
            ++new_entry;
        }
    }
    return differences;
}

}  // namespace plumbline::git
