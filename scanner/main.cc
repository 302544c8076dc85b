#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <exception>
#include <iostream>
#include <string>
#include <thread>

#include "scanner/run.h"

namespace {

std::string now() {
    const std::time_t seconds = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    char text[32];
    return std::string(text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc));
}

std::string working_directory(plumbline::System& system) {
    // realpath of "." and not PWD: reading resolves links, so names must have none.
    return system.real_path(".").value_or("/");
}

std::size_t terminal_width() {
    winsize size{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20) return size.ws_col;
    return 100;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        std::ios::sync_with_stdio(false);
        plumbline::DiskSystem system;
        plumbline::Call call;
        call.arguments.assign(argv + std::min(argc, 1), argv + argc);
        for (char** entry = environ; *entry; ++entry) {
            const std::string pair = *entry;
            const std::size_t equals = pair.find('=');
            if (equals != std::string::npos) call.environment[pair.substr(0, equals)] = pair.substr(equals + 1);
        }
        call.working_directory = working_directory(system);
        call.now = now();
        call.cores = std::max(1U, std::thread::hardware_concurrency());
        call.out_is_terminal = ::isatty(STDOUT_FILENO) == 1;
        call.err_is_terminal = ::isatty(STDERR_FILENO) == 1;
        call.width = terminal_width();
        call.process_ends = true;
        return plumbline::run(call, system, std::cout, std::cerr);
    } catch (const std::exception& error) {
        std::cerr << "plumbline: a bug: " << error.what()
                  << "\nPlease report it with the command line and, where possible, the input.\n";
    } catch (...) {
        std::cerr << "plumbline: a bug: an unknown exception\n";
    }
    return static_cast<int>(plumbline::Exit::bug);
}
