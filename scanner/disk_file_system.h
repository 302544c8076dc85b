#pragma once

#include <string>

#include "scanner/model/file_system.h"

namespace plumbline {

/// The real file system below one folder. A path whose target, links resolved, lies outside of that folder is refused;
/// folders that are links are listed as `other`, so that a walk ends.
class DiskFileSystem : public FileSystem {
  public:
    /// `root` must exist; it is resolved once.
    explicit DiskFileSystem(const std::string& root);
    const std::string& root() const { return root_; }

    std::optional<std::vector<Entry>> list(std::string_view directory) const override;
    std::optional<Entry> stat(std::string_view path) const override;
    ReadResult read(std::string_view path, std::uint64_t limit) const override;

  private:
    /// Where `path` leads, links resolved; empty when that is nowhere or outside of the root (`outside` says which).
    std::string resolve(std::string_view path, bool* outside = nullptr) const;

    std::string root_;
};

}  // namespace plumbline
