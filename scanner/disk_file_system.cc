#include "scanner/disk_file_system.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>

namespace plumbline {
namespace {

struct Descriptor {
    int fd;
    ~Descriptor() {
        if (fd >= 0) ::close(fd);
    }
};

std::string reason(int error) {
    switch (error) {
        case EACCES:
        case EPERM:
            return "permission denied";
        case ENOENT:
            return "no such file";
        case ELOOP:
            return "too many symbolic links";
        case EISDIR:
            return "is a directory";
        default:
            return std::strerror(error);
    }
}

FileSystem::Kind kind_of(mode_t mode) {
    if (S_ISREG(mode)) return FileSystem::Kind::file;
    if (S_ISDIR(mode)) return FileSystem::Kind::directory;
    return FileSystem::Kind::other;
}

}  // namespace

DiskFileSystem::DiskFileSystem(const std::string& root) {
    char buffer[PATH_MAX];
    root_ = ::realpath(root.c_str(), buffer) ? buffer : root;
    if (root_ == "/") root_.clear();
}

std::string DiskFileSystem::resolve(std::string_view path, bool* outside) const {
    std::string full = root_;
    if (!path.empty()) full.append("/").append(path);
    char buffer[PATH_MAX];
    if (!::realpath(full.empty() ? "/" : full.c_str(), buffer)) return {};
    const std::string_view real = buffer;
    if (real != root_ && !(real.starts_with(root_) && real.size() > root_.size() && real[root_.size()] == '/')) {
        if (outside) *outside = true;
        return {};
    }
    return std::string(real);
}

std::optional<std::vector<FileSystem::Entry>> DiskFileSystem::list(std::string_view directory) const {
    const std::string full = resolve(directory);
    if (full.empty() && !root_.empty()) return std::nullopt;
    DIR* stream = ::opendir(full.empty() ? "/" : full.c_str());
    if (!stream) return std::nullopt;
    std::vector<Entry> entries;
    while (const dirent* item = ::readdir(stream)) {
        const std::string_view name = item->d_name;
        if (name == "." || name == "..") continue;
        Entry entry{std::string(name), Kind::other, 0};
        struct stat info {};
        if (item->d_type == DT_DIR) {
            entry.kind = Kind::directory;
        } else if (::fstatat(::dirfd(stream), item->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0) {
            entry.kind = kind_of(info.st_mode);
            entry.size = static_cast<std::uint64_t>(info.st_size);
            if (S_ISLNK(info.st_mode)) {
                // A link to a file is read like the file (`read` checks where it leads); one to a folder is not walked,
                // its target is met under its own name.
                entry.kind = ::fstatat(::dirfd(stream), item->d_name, &info, 0) == 0 && S_ISDIR(info.st_mode)
                                 ? Kind::other
                                 : Kind::file;
            }
        }
        entries.push_back(std::move(entry));
    }
    ::closedir(stream);
    std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.name < b.name; });
    return entries;
}

std::optional<FileSystem::Entry> DiskFileSystem::stat(std::string_view path) const {
    struct stat info {};
    // Most questions are whether something is there that is not, and `resolve` asks about every folder on the way.
    if (::stat((root_ + "/").append(path).c_str(), &info) != 0) return std::nullopt;
    const std::string full = resolve(path);
    if (full.empty() && !(path.empty() && root_.empty())) return std::nullopt;
    if (::stat(full.empty() ? "/" : full.c_str(), &info) != 0) return std::nullopt;
    return Entry{std::string(file_name(path)), kind_of(info.st_mode), static_cast<std::uint64_t>(info.st_size)};
}

FileSystem::ReadResult DiskFileSystem::read(std::string_view path, std::uint64_t limit) const {
    bool outside = false;
    const std::string full = resolve(path, &outside);
    if (full.empty()) return {{}, outside ? "it is a link that leads out of the scanned tree" : reason(errno)};
    // Opening a pipe or device would block; O_NONBLOCK makes it harmless until its kind is known.
    const Descriptor file{::open(full.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    if (file.fd < 0) return {{}, reason(errno)};
    struct stat info {};
    if (::fstat(file.fd, &info) != 0) return {{}, reason(errno)};
    if (!S_ISREG(info.st_mode)) return {{}, "it is no regular file"};
    const auto size = static_cast<std::uint64_t>(info.st_size);
    const auto too_large = [&] {
        return ReadResult{{}, "it is larger than the limit of " + std::to_string(limit >> 20) + " MiB"};
    };
    if (size > limit) return too_large();
    std::string text(size + 1, '\0');  // one more byte, to notice a file that grows
    std::size_t have = 0;
    while (true) {
        const ssize_t got = ::read(file.fd, text.data() + have, text.size() - have);
        if (got < 0) {
            if (errno == EINTR) continue;
            return {{}, reason(errno)};
        }
        if (got == 0) break;
        have += static_cast<std::size_t>(got);
        if (have > limit) return too_large();
        if (have == text.size()) text.resize(std::min<std::size_t>(text.size() * 2, limit + 1));
    }
    text.resize(have);
    return {std::move(text), {}};
}

}  // namespace plumbline
