#include "scanner/snapshot_system.h"

#include <utility>

namespace plumbline {
namespace {

/// A folder of a snapshot as a tree of its own.
class SnapshotFolder : public FileSystem {
  public:
    SnapshotFolder(std::shared_ptr<const FileSystem> snapshot, std::string folder)
        : snapshot_(std::move(snapshot)), folder_(std::move(folder)) {}

    std::optional<std::vector<Entry>> list(std::string_view directory) const override {
        return snapshot_->list(in_snapshot(directory));
    }
    std::optional<Entry> stat(std::string_view path) const override {
        // Shows where the repository's top is, which a snapshot does not hold.
        if (folder_.empty() && path == ".git") return Entry{".git", Kind::directory, 0};
        return snapshot_->stat(in_snapshot(path));
    }
    ReadResult read(std::string_view path, std::uint64_t limit) const override {
        return snapshot_->read(in_snapshot(path), limit);
    }

  private:
    std::string in_snapshot(std::string_view path) const {
        if (path.empty()) return folder_;
        return folder_.empty() ? std::string(path) : folder_ + "/" + std::string(path);
    }
    std::shared_ptr<const FileSystem> snapshot_;
    std::string folder_;
};

std::string below(const std::string& path, const std::string& top) {
    return path == top ? std::string() : path.substr(top == "/" ? 1 : top.size() + 1);
}

}  // namespace

std::unique_ptr<FileSystem> SnapshotSystem::open(const std::string& folder) const {
    if (!is_below(folder, top_)) return machine_.open(folder);
    return std::make_unique<SnapshotFolder>(snapshot_, below(folder, top_));
}

std::optional<std::string> SnapshotSystem::real_path(const std::string& path) const {
    const std::string absolute = absolute_path("/", path);
    if (!is_below(absolute, top_)) return machine_.real_path(path);
    // Links inside of a snapshot are followed when it is read.
    if (absolute == top_ || snapshot_->exists(below(absolute, top_))) return absolute;
    return std::nullopt;
}

}  // namespace plumbline
