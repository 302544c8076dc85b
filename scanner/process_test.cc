#include "scanner/process.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace plumbline {
namespace {

namespace fs = std::filesystem;

/// A folder with scripts in it, gone at the end.
struct Scripts {
    std::string folder;
    Scripts() {
        std::string name = (fs::temp_directory_path() / "plumbline-scripts-XXXXXX").string();
        folder = ::mkdtemp(name.data());
    }
    ~Scripts() {
        std::error_code ignored;
        fs::remove_all(folder, ignored);
    }
    std::string add(const std::string& name, const std::string& text) const {
        const std::string path = folder + "/" + name;
        std::ofstream(path) << "#!/bin/sh\n" << text;
        ::chmod(path.c_str(), 0755);
        return path;
    }
};

TEST_CASE("a program gets its arguments, folder and environment as they are, and no input") {
    const Scripts scripts;
    const std::string script =
        scripts.add("helm", "printf '%s|' \"$@\"; pwd; echo \"$KEY/$HOME\"; cat; echo oops >&2; exit 3\n");
    const ProcessResult result =
        run_process({script, "template", "a b", "$(touch x); `id`"}, {"KEY=v", "PATH=/usr/bin:/bin"}, scripts.folder);
    CHECK(result.fault == "");
    CHECK(result.exit_code == 3);
    CHECK(result.output == "template|a b|$(touch x); `id`|" + fs::canonical(scripts.folder).string() + "\nv/\n");
    CHECK(result.errors == "oops\n");
}

TEST_CASE("a program that takes too long is ended with what it started") {
    const Scripts scripts;
    const std::string script = scripts.add("slow", "echo begun; sleep 600 & sleep 600\n");
    ProcessLimits limits;
    limits.time = std::chrono::milliseconds(300);
    const auto begin = std::chrono::steady_clock::now();
    const ProcessResult result = run_process({script}, {"PATH=/usr/bin:/bin"}, scripts.folder, limits);
    CHECK(result.fault == "it took longer than 0 seconds");
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(30));
}

TEST_CASE("a program that prints without end is ended") {
    const Scripts scripts;
    const std::string script = scripts.add("loud", "while :; do echo 0123456789012345678901234567890123456789; done\n");
    ProcessLimits limits;
    limits.output = 1 << 20;
    const ProcessResult result = run_process({script}, {"PATH=/usr/bin:/bin"}, scripts.folder, limits);
    CHECK(result.fault == "it printed more than 1 MiB");
    CHECK(result.output.size() == limits.output);
}

TEST_CASE("a program that closes its output early still gives its exit code; a signal counts as 128 and its number") {
    const Scripts scripts;
    const std::string quiet = scripts.add("quiet", "exec >&- 2>&-; sleep 0.1; exit 5\n");
    CHECK(run_process({quiet}, {"PATH=/usr/bin:/bin"}, scripts.folder).exit_code == 5);
    const std::string killed = scripts.add("killed", "kill -9 $$\n");
    CHECK(run_process({killed}, {"PATH=/usr/bin:/bin"}, scripts.folder).exit_code == 137);
}

TEST_CASE("programs are found on absolute folders of the search path only") {
    const Scripts scripts;
    const std::string helm = scripts.add("helm", "true\n");
    std::ofstream(scripts.folder + "/kustomize") << "no program";
    CHECK(find_program("helm", "/nowhere:" + scripts.folder) == helm);
    CHECK(find_program("kustomize", scripts.folder) == "");  // may not be executed
    CHECK(find_program("helm", ".:relative:") == "");
    CHECK(run_process({scripts.folder + "/none"}, {}, scripts.folder).fault ==
          "it cannot be started: No such file or directory");
}

}  // namespace
}  // namespace plumbline
