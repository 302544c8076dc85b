#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <system_error>

#include "scanner/system.h"

namespace plumbline {
namespace {

// A signature has a few hundred bytes, what gpg says about one a few thousand; the rest is dropped.
constexpr std::size_t max_output = std::size_t{1} << 20;

// Signing asks a person for a passphrase; a program that has not answered by then waits for something that will not
// come.
constexpr std::chrono::seconds time_limit{120};

struct Descriptor {
    int fd = -1;
    Descriptor() = default;
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() { close(); }
    void close() {
        if (fd >= 0) ::close(fd);
        fd = -1;
    }
};

/// Our ends and the program's ends of its three streams. Input goes through a socket, since writing to a closed one can
/// be told to raise no signal.
struct Streams {
    Descriptor in, out, err;
    Descriptor its_in, its_out, its_err;

    bool open() {
        std::array<int, 2> pair{};
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair.data()) != 0) return false;
        in.fd = pair[0];
        its_in.fd = pair[1];
        if (::pipe2(pair.data(), O_CLOEXEC) != 0) return false;
        out.fd = pair[0];
        its_out.fd = pair[1];
        if (::pipe2(pair.data(), O_CLOEXEC) != 0) return false;
        err.fd = pair[0];
        its_err.fd = pair[1];
        return true;
    }
};

/// Reads what is there; closes at the end.
void take(Descriptor& from, std::string& to) {
    std::array<char, 4096> buffer{};
    const ssize_t got = ::read(from.fd, buffer.data(), buffer.size());
    if (got > 0) {
        const std::size_t room = max_output - std::min(max_output, to.size());
        to.append(buffer.data(), std::min(room, static_cast<std::size_t>(got)));
    } else if (got == 0 || errno != EINTR) {
        from.close();
    }
}

/// False when the time was over before the program had closed its output.
bool exchange(Streams& streams, std::string_view input, ProgramResult& result) {
    using Clock = std::chrono::steady_clock;
    const auto deadline = Clock::now() + time_limit;
    if (input.empty()) streams.in.close();
    while (streams.out.fd >= 0 || streams.err.fd >= 0) {
        std::array<pollfd, 3> waits = {
            {{streams.in.fd, POLLOUT, 0}, {streams.out.fd, POLLIN, 0}, {streams.err.fd, POLLIN, 0}}};
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
        if (left <= 0) return false;
        if (::poll(waits.data(), waits.size(), static_cast<int>(left)) < 0 && errno != EINTR) break;
        if (waits[0].revents != 0) {
            const ssize_t sent = ::send(streams.in.fd, input.data(), input.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
            if (sent >= 0) input.remove_prefix(static_cast<std::size_t>(sent));
            // A program that does not want the rest has its reasons, which it tells itself.
            const bool gone = sent < 0 && errno != EINTR && errno != EAGAIN;
            if (input.empty() || gone) streams.in.close();
        }
        if (waits[1].revents != 0) take(streams.out, result.out);
        if (waits[2].revents != 0) take(streams.err, result.err);
    }
    streams.in.close();
    return true;
}

}  // namespace

ProgramResult DiskSystem::run_program(const std::vector<std::string>& arguments, std::string_view input) {
    ProgramResult result;
    Streams streams;
    if (!streams.open()) {
        result.error = std::generic_category().message(errno);
        return result;
    }
    posix_spawn_file_actions_t actions{};
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, streams.its_in.fd, STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, streams.its_out.fd, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, streams.its_err.fd, STDERR_FILENO);
    std::vector<std::string> words = arguments;
    std::vector<char*> pointers;
    for (std::string& word : words) pointers.push_back(word.data());
    pointers.push_back(nullptr);
    pid_t child = 0;
    const int failed = ::posix_spawnp(&child, pointers.front(), &actions, nullptr, pointers.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    streams.its_in.close();
    streams.its_out.close();
    streams.its_err.close();
    if (failed != 0) {
        result.error = failed == ENOENT ? "it is not installed" : std::generic_category().message(failed);
        return result;
    }
    if (!exchange(streams, input, result)) {
        ::kill(child, SIGKILL);
        result.error = "it did not answer within " + std::to_string(time_limit.count()) + " seconds";
    }
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return result;
}

}  // namespace plumbline
