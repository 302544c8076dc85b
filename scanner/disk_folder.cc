#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "scanner/system.h"

namespace plumbline {
namespace {

std::string reason(int error) {
    return std::generic_category().message(error);
}

/// Waits until the disk has it: a folder that is whole must be so after a power cut too.
bool flush(const std::string& path, int flags) {
    const int fd = ::open(path.c_str(), flags | O_CLOEXEC);
    if (fd < 0) return false;
    const bool good = ::fsync(fd) == 0;
    ::close(fd);
    return good;
}

/// A hidden folder beside its final place, which a rename moves there.
class DiskFolder : public NewFolder {
  public:
    DiskFolder(std::string parent, std::string path) : parent_(std::move(parent)), path_(std::move(path)) {}
    DiskFolder(const DiskFolder&) = delete;
    DiskFolder& operator=(const DiskFolder&) = delete;
    ~DiskFolder() override {
        std::error_code ignored;
        if (!published_) std::filesystem::remove_all(path_, ignored);
    }

    std::string add(const std::string& name, std::string_view text) override {
        const std::string file = path_ + "/" + name;
        const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
        if (fd < 0) return name + " cannot be written: " + reason(errno);
        std::string error;
        while (!text.empty() && error.empty()) {
            const ssize_t written = ::write(fd, text.data(), text.size());
            if (written >= 0)
                text.remove_prefix(static_cast<std::size_t>(written));
            else if (errno != EINTR)
                error = name + " cannot be written: " + reason(errno);
        }
        if (::fsync(fd) != 0 && error.empty()) error = name + " cannot be written: " + reason(errno);
        ::close(fd);
        return error;
    }

    Published publish(const std::string& name, std::string& error) override {
        flush(path_, O_RDONLY | O_DIRECTORY);
        const std::string place = parent_ + "/" + name;
        // Never replaces a folder that holds something, which every published one does.
        if (::rename(path_.c_str(), place.c_str()) != 0) {
            if (errno == ENOTEMPTY || errno == EEXIST) return Published::taken;
            error = name + " cannot be made: " + reason(errno);
            return Published::failed;
        }
        published_ = true;
        flush(parent_, O_RDONLY | O_DIRECTORY);
        return Published::done;
    }

  private:
    std::string parent_, path_;
    bool published_ = false;
};

}  // namespace

std::unique_ptr<NewFolder> DiskSystem::new_folder(const std::string& parent, std::string& error) {
    std::error_code failed;
    std::filesystem::create_directories(parent, failed);
    if (failed) {
        error = "the folder cannot be made: " + failed.message();
        return nullptr;
    }
    // Left behind by killed runs of the same process number, at worst as many as there were.
    constexpr int most_leftovers = 1000;
    for (int i = 0; i < most_leftovers; ++i) {
        std::string path = parent + "/.incomplete-" + std::to_string(::getpid()) + "-" + std::to_string(i);
        if (::mkdir(path.c_str(), 0777) == 0) return std::make_unique<DiskFolder>(parent, std::move(path));
        if (errno != EEXIST) break;
    }
    error = "the folder cannot be written to: " + reason(errno);
    return nullptr;
}

}  // namespace plumbline
