#include "scanner/subprocess.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace plumbline {
namespace {

// What `ssh-keygen` and `gpgv` print is a few lines.
constexpr std::size_t most_output = std::size_t{64} << 10;

/// A file descriptor that is closed at the end.
class Descriptor {
  public:
    Descriptor() = default;
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() { close(); }
    void set(int number) { number_ = number; }
    int get() const { return number_; }
    void close() {
        if (number_ >= 0) ::close(number_);
        number_ = -1;
    }

  private:
    int number_ = -1;
};

struct Pipe {
    Descriptor read, write;
    bool open() {
        std::array<int, 2> ends{};
        // Closed in other children that another thread starts at the same time.
        if (::pipe2(ends.data(), O_CLOEXEC) != 0) return false;
        read.set(ends[0]);
        write.set(ends[1]);
        return true;
    }
};

/// A child without our environment: its answers must not depend on it, and it needs none of our secrets.
pid_t start(const std::string& program, const std::vector<std::string>& arguments, const Pipe& in, const Pipe& out) {
    posix_spawn_file_actions_t actions;
    if (posix_spawn_file_actions_init(&actions) != 0) return -1;
    posix_spawn_file_actions_adddup2(&actions, in.read.get(), STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out.write.get(), STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    std::vector<char*> argv = {const_cast<char*>(program.c_str())};
    for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    std::array<char*, 2> environment = {const_cast<char*>("LC_ALL=C"), nullptr};
    pid_t child = -1;
    const int status = posix_spawn(&child, program.c_str(), &actions, nullptr, argv.data(), environment.data());
    posix_spawn_file_actions_destroy(&actions);
    return status == 0 ? child : -1;
}

/// Feeds and drains the child until it has closed its output; false when the time is over.
bool talk(Pipe& in, Pipe& out, std::string_view input, std::string& output,
          std::chrono::steady_clock::time_point deadline) {
    ::fcntl(in.write.get(), F_SETFL, O_NONBLOCK);
    while (true) {
        if (input.empty()) in.write.close();
        std::array<pollfd, 2> waits = {{{out.read.get(), POLLIN, 0}, {in.write.get(), POLLOUT, 0}}};
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now()).count();
        if (left <= 0) return false;
        const int ready = ::poll(waits.data(), in.write.get() >= 0 ? 2 : 1, static_cast<int>(left));
        if (ready < 0 && errno != EINTR) return false;
        if (ready <= 0) continue;
        if (in.write.get() >= 0 && waits[1].revents != 0) {
            const ssize_t wrote = ::write(in.write.get(), input.data(), input.size());
            if (wrote > 0)
                input.remove_prefix(static_cast<std::size_t>(wrote));
            else if (errno != EAGAIN && errno != EINTR)
                input = {};  // it does not want the rest
        }
        if (waits[0].revents != 0) {
            std::array<char, 4096> buffer{};
            const ssize_t got = ::read(out.read.get(), buffer.data(), buffer.size());
            if (got == 0) return true;
            if (got > 0 && output.size() < most_output) output.append(buffer.data(), static_cast<std::size_t>(got));
            if (got < 0 && errno != EINTR && errno != EAGAIN) return true;
        }
    }
}

/// A child that closes its end early must not end us.
void ignore_broken_pipes() {
    static const bool done = [] {
        struct sigaction action {};
        action.sa_handler = SIG_IGN;
        return ::sigaction(SIGPIPE, &action, nullptr) == 0;
    }();
    (void)done;
}

}  // namespace

ProgramResult run_program(const std::string& program, const std::vector<std::string>& arguments, std::string_view input,
                          int seconds) {
    ignore_broken_pipes();
    ProgramResult result;
    Pipe in, out;
    if (!in.open() || !out.open()) {
        result.error = std::strerror(errno);
        return result;
    }
    const pid_t child = start(program, arguments, in, out);
    if (child < 0) {
        result.error = "it cannot be started";
        return result;
    }
    in.read.close();
    out.write.close();
    const bool ended =
        talk(in, out, input, result.out, std::chrono::steady_clock::now() + std::chrono::seconds(seconds));
    if (!ended) ::kill(child, SIGKILL);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (!ended)
        result.error = "it ran longer than " + std::to_string(seconds) + " seconds";
    else if (WIFEXITED(status))
        result.status = WEXITSTATUS(status);
    else
        result.error = "a signal ended it";
    return result;
}

std::string find_program(std::string_view name) {
    for (const std::string_view folder : {"/usr/bin/", "/bin/", "/usr/local/bin/"}) {
        std::string path = std::string(folder) + std::string(name);
        if (::access(path.c_str(), X_OK) == 0) return path;
    }
    return {};
}

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
    return file.good() ? path : std::string();
}

}  // namespace plumbline
