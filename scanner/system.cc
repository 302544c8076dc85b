#include "scanner/system.h"

#include <unistd.h>

#include <array>
#include <chrono>
#include <climits>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <system_error>

#include "scanner/disk_file_system.h"
#include "scanner/model/text.h"

namespace plumbline {

std::unique_ptr<FileSystem> DiskSystem::open(const std::string& folder) const {
    return std::make_unique<DiskFileSystem>(folder);
}

std::optional<std::string> DiskSystem::real_path(const std::string& path) const {
    char buffer[PATH_MAX];
    if (!::realpath(path.c_str(), buffer)) return std::nullopt;
    return std::string(buffer);
}

std::string DiskSystem::write(const std::string& path, std::string_view text) {
    std::error_code error;
    const std::filesystem::path folder = std::filesystem::path(path).parent_path();
    if (!folder.empty()) std::filesystem::create_directories(folder, error);
    if (error) return error.message();
    // In place, not by a temporary file and a rename: --output may name a pipe or a device.
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file.write(text.data(), static_cast<std::streamsize>(text.size()));
    file.close();
    if (file) return "";
    return std::filesystem::is_directory(path, error) ? "it is a folder" : "it cannot be written";
}

std::string DiskSystem::write_program(const std::string& path, std::string_view text) {
    if (std::string error = write(path, text); !error.empty()) return error;
    using std::filesystem::perms;
    std::error_code error;
    std::filesystem::permissions(path, perms::owner_exec | perms::group_exec | perms::others_exec,
                                 std::filesystem::perm_options::add, error);
    return error ? error.message() : "";
}

namespace {

std::string environment_variable(const char* name) {
    const char* value = std::getenv(name);
    return value ? value : "";
}

}  // namespace

bool DiskSystem::has_program(const std::string& name) const {
    return !find_program(name, environment_variable("PATH")).empty();
}

ProcessResult DiskSystem::render(const std::string& name, const std::vector<std::string>& arguments,
                                 const std::string& folder) {
    const std::string search_path = environment_variable("PATH");
    std::vector<std::string> all = {find_program(name, search_path)};
    ProcessResult result;
    if (all[0].empty()) {
        result.fault = name + " is not installed";
        return result;
    }
    all.insert(all.end(), arguments.begin(), arguments.end());
    // Nothing else of the environment: no tokens, no plugins, and git, where kustomize would call it, fetches nothing.
    return run_process(all,
                       {"PATH=" + search_path, "HOME=" + environment_variable("HOME"), "LC_ALL=C",
                        "GIT_ALLOW_PROTOCOL=none", "GIT_TERMINAL_PROMPT=0"},
                       folder);
}

ProcessResult DiskSystem::run_program(const std::vector<std::string>& arguments, std::string_view input) {
    std::vector<std::string> all = arguments, environment;
    ProcessResult result;
    all[0] = find_program(arguments[0], environment_variable("PATH"));
    if (all[0].empty()) {
        result.fault = "it is not installed";
        return result;
    }
    for (char** entry = environ; *entry; ++entry) environment.emplace_back(*entry);
    ProcessLimits limits;
    limits.asks_person = true;
    // One that has not answered by then waits for something that will not come.
    limits.time = std::chrono::minutes(2);
    // A signature has a few hundred bytes, what gpg says about one a few thousand.
    limits.output = std::size_t{1} << 20;
    return run_process(all, environment, ".", limits, input);
}

std::string DiskSystem::read_input(std::size_t limit) {
    std::string text;
    std::array<char, 65536> buffer{};
    while (text.size() < limit && std::cin.read(buffer.data(), buffer.size()).gcount() > 0)
        text.append(buffer.data(), static_cast<std::size_t>(std::cin.gcount()));
    if (text.size() > limit) text.resize(limit);
    return text;
}

std::string absolute_path(const std::string& folder, const std::string& file) {
    std::vector<std::string_view> parts;
    const auto take = [&](std::string_view path) {
        for (std::string_view part : split(path, '/')) {
            if (part.empty() || part == ".") continue;
            if (part != "..")
                parts.push_back(part);
            else if (!parts.empty())
                parts.pop_back();
        }
    };
    if (!file.starts_with('/')) take(folder);
    take(file);
    std::string out;
    for (std::string_view part : parts) out.append("/").append(part);
    return out.empty() ? "/" : out;
}

std::string folder_of(std::string_view path) {
    const std::string_view parent = parent_path(path);
    return parent.empty() ? "/" : std::string(parent);
}

bool is_below(std::string_view path, std::string_view folder) {
    if (folder.empty() || folder == "/" || path == folder) return true;
    return path.size() > folder.size() && path.starts_with(folder) && path[folder.size()] == '/';
}

}  // namespace plumbline
