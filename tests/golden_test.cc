#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "cli_support.h"
#include "reporters/registry.h"

// Every report of one common case (fixtures/reports/case), byte by byte as it was judged by eye
// (fixtures/reports/golden). When a report changes on purpose: `./dev golden` writes the files anew; read the
// difference before it is committed.

namespace plumbline {
namespace {

namespace fs = std::filesystem;

std::string read_file(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

/// The case as a repository at a known commit and time.
struct Case : Program {
    Case() {
        const fs::path root = "fixtures/reports/case";
        for (const auto& entry : fs::recursive_directory_iterator(root)) {
            if (!entry.is_regular_file()) continue;
            system.files["/repo/" + entry.path().lexically_relative(root).generic_string()] = read_file(entry.path());
        }
        REQUIRE(system.files.size() > 10);
        system.files["/repo/.git/HEAD"] = "0123456789abcdef0123456789abcdef01234567\n";
    }
    int report(std::string_view format, std::vector<std::string> more = {}) {
        std::vector<std::string> arguments = {"scan",         "--baseline", ".plumbline/baseline.json", "--history",
                                              "history.json", "--format",   std::string(format)};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return run(std::move(arguments));
    }
};

struct Golden {
    const char* file;
    const char* format;
    std::vector<std::string> arguments = {};
};

const std::vector<Golden>& all_golden() {
    static const std::vector<Golden> list = {
        {"terminal.txt", "terminal"},
        {"terminal-color.txt", "terminal", {"--color", "always"}},
        {"terminal-verbose.txt", "terminal", {"-v"}},
        {"report.sarif", "sarif"},
        {"passed.sarif", "sarif", {"--include-passed"}},
        {"report.json", "json"},
        {"junit.xml", "junit"},
        {"comment.md", "markdown"},
        {"report.html", "html", {"--framework", "soc2,iso27001_2022"}},
        {"findings.csv", "csv"},
        {"matrix-soc2.csv", "matrix", {"--framework", "soc2"}},
        {"matrix-fedramp-low.csv", "matrix", {"--framework", "fedramp-low"}},
        {"soa.csv", "soa"},
        {"exceptions.csv", "exceptions"},
        {"gl-code-quality.json", "gitlab"},
        {"gl-sast.json", "gitlab-sast"},
        {"github.txt", "github"},
        {"oscal-results.json", "oscal"},
        {"oscal-component.json", "oscal-component", {"--framework", "soc2"}},
    };
    return list;
}

/// The first line that differs, for the message: whole reports are too long to print.
std::string difference(const std::string& is, const std::string& should) {
    std::istringstream a(is), b(should);
    for (std::size_t line = 1;; ++line) {
        std::string mine, theirs;
        const bool more = static_cast<bool>(std::getline(a, mine)), others = static_cast<bool>(std::getline(b, theirs));
        if (!more && !others) return "";
        if (mine != theirs || more != others)
            return "line " + std::to_string(line) + "\n  is:     " + mine.substr(0, 400) +
                   "\n  golden: " + theirs.substr(0, 400);
    }
}

}  // namespace

TEST_CASE("every report of the common case is as it was judged by eye") {
    const fs::path folder = "fixtures/reports/golden";
    const bool renew = std::getenv("PLUMBLINE_RENEW_GOLDEN") != nullptr;
    Case repository;
    for (const Golden& golden : all_golden()) {
        CAPTURE(golden.file);
        CHECK(repository.report(golden.format, golden.arguments) == 1);
        if (renew) {
            std::ofstream(folder / golden.file, std::ios::binary) << repository.out;
            continue;
        }
        CHECK(difference(repository.out, read_file(folder / golden.file)) == "");
    }
    // What stands beside every report on standard error.
    CHECK(repository.err.find("broken/half.tf:1:33: error:") != std::string::npos);
    CHECK(repository.err.find("expired") != std::string::npos);
}

TEST_CASE("every format has a golden file, and every golden file is compared") {
    for (const Reporter* reporter : reporters()) {
        CAPTURE(reporter->name());
        CHECK(std::any_of(all_golden().begin(), all_golden().end(),
                          [&](const Golden& golden) { return golden.format == reporter->name(); }));
    }
    for (const auto& entry : fs::directory_iterator("fixtures/reports/golden")) {
        const std::string name = entry.path().filename().string();
        CAPTURE(name);
        CHECK(std::any_of(all_golden().begin(), all_golden().end(),
                          [&](const Golden& golden) { return golden.file == name; }));
    }
}

}  // namespace plumbline
