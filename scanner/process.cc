#include "scanner/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <thread>

#include "scanner/model/text.h"

namespace plumbline {
namespace {

using Clock = std::chrono::steady_clock;

/// A file descriptor that is closed at the end.
class Handle {
  public:
    explicit Handle(int number = -1) : number_(number) {}
    Handle(Handle&& other) noexcept : number_(other.number_) { other.number_ = -1; }
    Handle& operator=(Handle&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }
    ~Handle() { close(); }
    int get() const { return number_; }
    bool open() const { return number_ >= 0; }
    void close() {
        if (number_ >= 0) ::close(number_);
        number_ = -1;
    }

  private:
    int number_;
};

struct Pipe {
    Handle read, write;
};

bool make_pipe(Pipe& pipe) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return false;
    pipe.read = Handle(ends[0]);
    pipe.write = Handle(ends[1]);
    return true;
}

/// For input: writing to a socket that nobody reads from any more can be told to raise no signal.
bool make_socket(Pipe& pipe) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return false;
    pipe.read = Handle(ends[0]);
    pipe.write = Handle(ends[1]);
    return true;
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
    std::vector<char*> out;
    for (const std::string& text : texts) out.push_back(const_cast<char*>(text.c_str()));
    out.push_back(nullptr);
    return out;
}

/// In the child, between fork and exec: only calls that are safe there.
[[noreturn]] void become(char* const* arguments, char* const* environment, const char* folder, bool own_group,
                         int input, int output, int errors, int failure) {
    if (own_group) ::setpgid(0, 0);
    if (::dup2(input, STDIN_FILENO) >= 0 && ::dup2(output, STDOUT_FILENO) >= 0 && ::dup2(errors, STDERR_FILENO) >= 0 &&
        ::chdir(folder) == 0)
        ::execve(arguments[0], arguments, environment);
    const int why = errno;
    [[maybe_unused]] const auto written = ::write(failure, &why, sizeof why);
    ::_exit(127);
}

/// Reads what is there. False at the end of the stream. Stores at most `limit` bytes; `over` tells that there was more.
bool take(int from, std::string& into, std::size_t limit, bool& over) {
    std::array<char, 16384> buffer;
    const ssize_t size = ::read(from, buffer.data(), buffer.size());
    if (size < 0) return errno == EINTR || errno == EAGAIN;
    const std::size_t room = limit - std::min(limit, into.size());
    into.append(buffer.data(), std::min(room, static_cast<std::size_t>(size)));
    over = over || static_cast<std::size_t>(size) > room;
    return size > 0;
}

/// Gives what it takes now. False when it wants no more or has everything.
bool give(int to, std::string_view& input) {
    const ssize_t sent = ::send(to, input.data(), input.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent >= 0) input.remove_prefix(static_cast<std::size_t>(sent));
    return !input.empty() && (sent >= 0 || errno == EINTR || errno == EAGAIN);
}

/// Waits for the child, which has closed its output, and leaves it to be reaped. False when it does not end in time.
bool ends(pid_t child, Clock::time_point end) {
    while (true) {
        siginfo_t info{};
        if (::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOHANG | WNOWAIT) != 0) return true;
        if (info.si_pid == child) return true;
        if (Clock::now() >= end) return false;
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
}

}  // namespace

std::string find_program(const std::string& name, const std::string& search_path) {
    for (const std::string_view folder : split(search_path, ':')) {
        // A relative entry would take programs from the tree that is scanned.
        if (!folder.starts_with('/')) continue;
        std::string path = std::string(folder) + "/" + name;
        struct stat status {};
        if (::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && ::access(path.c_str(), X_OK) == 0)
            return path;
    }
    return "";
}

ProcessResult run_process(const std::vector<std::string>& arguments, const std::vector<std::string>& environment,
                          const std::string& folder, const ProcessLimits& limits, std::string_view input) {
    ProcessResult result;
    Pipe given, output, errors, failure;
    if (!make_socket(given) || !make_pipe(output) || !make_pipe(errors) || !make_pipe(failure)) {
        result.fault = std::string("no pipe: ") + std::strerror(errno);
        return result;
    }
    const std::vector<char*> argument_list = pointers(arguments), environment_list = pointers(environment);
    const pid_t child = ::fork();
    if (child < 0) {
        result.fault = std::string("it cannot be started: ") + std::strerror(errno);
        return result;
    }
    if (child == 0)
        become(argument_list.data(), environment_list.data(), folder.c_str(), !limits.asks_person, given.read.get(),
               output.write.get(), errors.write.get(), failure.write.get());
    if (!limits.asks_person) ::setpgid(child, child);  // also here, so that the group exists whoever comes first
    given.read.close();
    if (input.empty()) given.write.close();
    output.write.close();
    errors.write.close();
    failure.write.close();

    const Clock::time_point end = Clock::now() + limits.time;
    bool too_much = false, ignored = false;
    while ((output.read.open() || errors.read.open()) && !too_much) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
        if (left <= 0) {
            result.fault = "it took longer than " + std::to_string(limits.time.count() / 1000) + " seconds";
            break;
        }
        // poll passes by negative descriptors.
        std::array<pollfd, 3> wait = {
            {{output.read.get(), POLLIN, 0}, {errors.read.get(), POLLIN, 0}, {given.write.get(), POLLOUT, 0}}};
        if (::poll(wait.data(), wait.size(), static_cast<int>(left)) < 0 && errno != EINTR) break;
        if (wait[0].revents != 0 && !take(wait[0].fd, result.output, limits.output, too_much)) output.read.close();
        if (wait[1].revents != 0 && !take(wait[1].fd, result.errors, limits.errors, ignored)) errors.read.close();
        if (wait[2].revents != 0 && !give(wait[2].fd, input)) given.write.close();
    }
    given.write.close();
    if (too_much) result.fault = "it printed more than " + std::to_string(limits.output >> 20) + " MiB";
    if (result.fault.empty() && !ends(child, end))
        result.fault = "it took longer than " + std::to_string(limits.time.count() / 1000) + " seconds";
    // What it started and left behind goes too. Its own number is not free for others before waitpid.
    ::kill(limits.asks_person ? child : -child, SIGKILL);
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    result.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    int why = 0;
    if (::read(failure.read.get(), &why, sizeof why) == static_cast<ssize_t>(sizeof why)) {
        result.fault = std::string("it cannot be started: ") + std::strerror(why);
        result.exit_code = -1;
    }
    return result;
}

}  // namespace plumbline
