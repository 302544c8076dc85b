#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace plumbline {

/// All reading goes through this, so that tests, the git index and a commit's tree look alike to the rest.
/// Paths use `/`, are relative to the file system's root and normalised (no `.`, `..` or empty parts); "" is the root.
/// Implementations never follow a link that leads out of the root, and are safe to use from several threads.
class FileSystem {
  public:
    enum class Kind : std::uint8_t { file, directory, other };
    struct Entry {
        std::string name;
        Kind kind = Kind::file;
        std::uint64_t size = 0;
    };
    struct ReadResult {
        std::string text;
        /// Empty on success; otherwise a phrase for a diagnostic: "permission denied", "link leads out of the tree".
        std::string error;
    };

    virtual ~FileSystem() = default;
    /// Entries sorted by name (bytes); nullopt when it is no directory or cannot be listed.
    virtual std::optional<std::vector<Entry>> list(std::string_view directory) const = 0;
    virtual std::optional<Entry> stat(std::string_view path) const = 0;
    /// At most `limit` bytes; a larger file is an error, not a cut text.
    virtual ReadResult read(std::string_view path, std::uint64_t limit) const = 0;
    bool exists(std::string_view path) const { return stat(path).has_value(); }
    /// Says that what is being made depends on a path though it was read before, for someone else; a folder stands for
    /// every file directly in it. For file systems that record what a result depends on; others have nothing to do.
    virtual void depend_on(std::string_view path) const { (void)path; }
};

/// In-memory double: path to content. Folders exist where a path implies them.
class MemoryFileSystem : public FileSystem {
  public:
    MemoryFileSystem() = default;
    explicit MemoryFileSystem(std::map<std::string, std::string> files) : files_(std::move(files)) {}
    void add(std::string path, std::string text) { files_[std::move(path)] = std::move(text); }
    std::optional<std::vector<Entry>> list(std::string_view directory) const override;
    std::optional<Entry> stat(std::string_view path) const override;
    ReadResult read(std::string_view path, std::uint64_t limit) const override;

  private:
    std::map<std::string, std::string> files_;
};

/// Joins and normalises: `join_path("a/b", "../c")` is "a/c". nullopt when the result would leave the root.
std::optional<std::string> join_path(std::string_view base, std::string_view relative);
/// "a/b/c.tf" -> "a/b"; "c.tf" -> "".
std::string_view parent_path(std::string_view path);
std::string_view file_name(std::string_view path);

}  // namespace plumbline
