#pragma once

#include <string>
#include <string_view>

namespace plumbline {

/// A folder that only we can read, for programs that want their input in files; removed with everything in it at the
/// end.
class TemporaryFolder {
  public:
    TemporaryFolder();
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    ~TemporaryFolder();
    /// Empty when it could not be made.
    const std::string& path() const { return path_; }
    /// Writes a file into it and returns its path; empty when that fails.
    std::string add(const std::string& name, std::string_view bytes) const;

  private:
    std::string path_;
};

}  // namespace plumbline
