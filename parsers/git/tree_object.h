#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace plumbline::git {

/// An entry of a tree object. Views into the object's bytes.
struct TreeObjectEntry {
    enum class Kind : std::uint8_t { file, executable, link, submodule, folder } kind = Kind::file;
    std::string_view name;  ///< never empty; may be any other bytes
    std::string_view id;    ///< 20 raw bytes

    bool is_folder() const { return kind == Kind::folder; }
    bool is_file() const { return kind == Kind::file || kind == Kind::executable; }
    bool operator==(const TreeObjectEntry&) const = default;
};

/// The entries of a tree object (git's format: mode in octal, a space, the name, a zero byte, 20 bytes of id) as they
/// stand, which is git's order: by bytes, a folder as if a slash stood behind its name. Nullopt when it is damaged.
std::optional<std::vector<TreeObjectEntry>> read_tree_object(std::string_view bytes);

/// What two trees hold under one name; null: nothing. A name that was a folder and is a file is two of them.
struct TreeDifference {
    std::optional<TreeObjectEntry> before, after;
};

/// What differs between two tree objects (empty bytes are the empty tree). The cost is a walk over the bytes; entries
/// that did not change are not looked at twice. Nullopt when one is damaged.
std::optional<std::vector<TreeDifference>> compare_tree_objects(std::string_view before, std::string_view after);

}  // namespace plumbline::git
