#include "scanner/temporary_folder.h"

#include <stdlib.h>

#include <filesystem>
#include <fstream>

namespace plumbline {

TemporaryFolder::TemporaryFolder() {
    std::error_code error;
    std::string pattern = (std::filesystem::temp_directory_path(error) / "plumbline-XXXXXX").string();
    if (!error && ::mkdtemp(pattern.data())) path_ = pattern;
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

std::string TemporaryFolder::add(const std::string& name, std::string_view bytes) const {
    if (path_.empty()) return {};
    const std::string path = path_ + "/" + name;
    std::ofstream file(path, std::ios::binary);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    file.close();
    return file.good() ? path : std::string();
}

}  // namespace plumbline
