#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

// Who may include whom (ARCHITECTURE.md), read from the #include lines.
namespace {

namespace fs = std::filesystem;

struct Include {
    std::string file, target;
    bool system;
};

std::vector<Include> includes() {
    std::vector<Include> found;
    for (const char* folder : {"scanner", "parsers", "rules", "reporters"}) {
        for (const auto& entry : fs::recursive_directory_iterator(folder)) {
            const std::string path = entry.path().generic_string();
            if (!path.ends_with(".cc") && !path.ends_with(".h")) continue;
            // Tests may use whatever shows what they test; the embedder is a program of its own.
            if (path.ends_with("_test.cc") || path.ends_with("_test_support.h") ||
                path.starts_with("rules/embed/embed_main"))
                continue;
            std::ifstream text(path);
            for (std::string line; std::getline(text, line);) {
                if (!line.starts_with("#include ")) continue;
                const bool system = line[9] == '<';
                const std::size_t end = line.find(system ? '>' : '"', 10);
                found.push_back({path, line.substr(10, end - 10), system});
            }
        }
    }
    return found;
}

std::string area(const std::string& path) {
    if (path.starts_with("scanner/model/")) return "model";
    return path.substr(0, path.find('/'));
}

TEST_CASE("folders include only in the direction of the flow") {
    const std::map<std::string, std::set<std::string>> allowed = {
        {"model", {"model"}},
        {"parsers", {"parsers", "model"}},
        {"rules", {"rules", "model"}},
        {"reporters", {"reporters", "model"}},
        {"scanner", {"scanner", "parsers", "rules", "reporters", "model"}},
    };
    std::size_t own = 0;
    for (const Include& include : includes()) {
        if (include.system) continue;
        ++own;
        INFO(include.file << " includes " << include.target);
        CHECK(allowed.at(area(include.file)).contains(area(include.target)));
    }
    CHECK(own > 300);
}

TEST_CASE("a third-party header appears only in its adapters") {
    // The start of the header's name, and the files that may include it.
    const std::vector<std::pair<std::string, std::vector<std::string>>> adapters = {
        {"yaml-cpp/", {"parsers/yaml/yaml_reader.cc"}},
        {"re2/", {"rules/pattern.cc", "parsers/terraform/functions_string.cc"}},
        {"boost/program_options", {"scanner/options.cc"}},
        {"boost/multiprecision", {"scanner/model/number.cc"}},
        {"nlohmann/", {"parsers/json/json_reader.cc", "reporters/json_check.h"}},
        {"openssl/", {"scanner/digest.cc", "parsers/terraform/functions_hash.cc"}},
        {"iconv.h", {"parsers/terraform/functions_encoding.cc"}},
        {"utf8proc", {"scanner/model/text.cc", "parsers/terraform/"}},
        {"tree_sitter/", {"parsers/terraform/outline.cc", "parsers/shell/shell_reader.cc"}},
        {"git2", {"parsers/git/"}},
        {"sqlite3", {"scanner/database_sqlite.cc"}},
        {"libpq", {"scanner/database_postgresql.cc"}},
        {"zlib", {"parsers/terraform/functions_encoding.cc"}},
        {"malloc.h", {"scanner/workers.cc"}},
    };
    for (const Include& include : includes()) {
        if (!include.system) continue;
        for (const auto& [header, files] : adapters) {
            if (!include.target.starts_with(header)) continue;
            INFO(include.file << " includes " << include.target);
            CHECK(std::any_of(files.begin(), files.end(),
                              [&](const std::string& file) { return include.file.starts_with(file); }));
        }
        const bool is_cpp = include.target.find('/') == std::string::npos && !include.target.ends_with(".h");
        const bool is_posix = std::set<std::string>{"fcntl.h", "unistd.h", "pthread.h", "dirent.h", "arpa/inet.h",
                                                    "poll.h",  "signal.h", "spawn.h",   "stdlib.h", "dlfcn.h"}
                                  .contains(include.target) ||
                              include.target.starts_with("sys/");
        const bool is_known = std::any_of(adapters.begin(), adapters.end(), [&](const auto& adapter) {
            return include.target.starts_with(adapter.first);
        });
        INFO(include.file << " includes <" << include.target
                          << ">, which has no adapter listed in tests/includes_test.cc");
        CHECK((is_cpp || is_posix || is_known));
    }
}

}  // namespace
