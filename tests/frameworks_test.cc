#include <doctest/doctest.h>

#include <algorithm>

#include "cli_support.h"

// Frameworks as the program's users see them: what is covered, parts of them, their own.

namespace plumbline {
namespace {

constexpr const char* open_bucket = R"(resource "aws_s3_bucket" "open" {
  acl = "public-read"
}
)";

struct Repository : Program {
    Repository() { system.files["/repo/main.tf"] = open_bucket; }
    bool printed(std::string_view text) const { return out.find(text) != std::string::npos; }
    bool said(std::string_view text) const { return err.find(text) != std::string::npos; }
    /// Lines of the output that contain the text.
    std::vector<std::string> lines(std::string_view text) const {
        std::vector<std::string> found;
        std::istringstream in(out);
        for (std::string line; std::getline(in, line);) {
            if (line.find(text) != std::string::npos) found.push_back(line);
        }
        return found;
    }
};

/// The cells of one column of a CSV file, without its head.
std::vector<std::string> column(const std::string& csv, std::size_t index) {
    std::vector<std::vector<std::string>> rows(1, std::vector<std::string>(1));
    bool quoted = false;
    for (const char c : csv) {
        if (c == '"')
            quoted = !quoted;
        else if (c == ',' && !quoted)
            rows.back().emplace_back();
        else if (c == '\n' && !quoted)
            rows.emplace_back(1);
        else
            rows.back().back() += c;
    }
    std::vector<std::string> cells;
    for (std::size_t i = 1; i + 1 < rows.size(); ++i) cells.push_back(rows[i].at(index));
    return cells;
}

}  // namespace

TEST_CASE("coverage keeps direct, partial and supporting evidence apart, and says what is not seen") {
    Repository repository;
    REQUIRE(repository.run({"frameworks", "coverage", "soc2"}) == 0);
    CHECK(repository.printed("61 requirements"));
    // MFA is one part of CC6.1, and only helps CC6.6, which asks for protection against outsiders by name.
    const std::size_t logical = repository.out.find("  CC6.1 "), outside = repository.out.find("  CC6.6 ");
    REQUIRE(logical != std::string::npos);
    REQUIRE(outside != std::string::npos);
    CHECK(repository.out.find("partial: access.mfa", logical) < repository.out.find("  CC6.2 "));
    CHECK(repository.out.find("direct: network.public-exposure", outside) != std::string::npos);
    CHECK(repository.out.find("supports: access.mfa", outside) != std::string::npos);
    CHECK(repository.printed("Not seen, so this program says nothing about:"));
    CHECK(repository.printed("  physical (buildings, rooms, equipment and media)\n    CC6.4\n"));

    // Every requirement stands in the machine formats once, also the ones that nothing is known of.
    REQUIRE(repository.run({"frameworks", "coverage", "soc2", "--format", "csv"}) == 0);
    const std::vector<std::string> ids = column(repository.out, 2);
    CHECK(ids.size() == 61);
    CHECK(std::count(ids.begin(), ids.end(), "CC6.4") == 1);
    CHECK(repository.lines("CC6.4,").front().ends_with(",not seen,,,,,,,,\"buildings, rooms, equipment and media\""));
    REQUIRE(repository.run({"frameworks", "coverage", "soc2", "--format", "json"}) == 0);
    CHECK(repository.printed("\"requirement_count\":61"));
    CHECK(repository.printed("\"evidence_lies_in\":\"physical\""));
    CHECK(repository.run({"frameworks", "coverage", "soc2", "--format", "sarif"}) == 2);
}

TEST_CASE("coverage lists every framework with its baselines and levels") {
    Repository repository;
    REQUIRE(repository.run({"frameworks", "coverage"}) == 0);
    // Framework, then how many requirements it has.
    const auto count = [&](const char* name) {
        for (const std::string& line : repository.lines(name)) {
            std::istringstream words(line);
            std::string first;
            int number = 0;
            words >> first >> number;
            if (first == name) return number;
        }
        return -1;
    };
    CHECK(count("nist_800_53_r5") == 1014);
    CHECK(count(":fedramp-li-saas") == 156);
    CHECK(count(":fedramp-moderate") == 323);
    CHECK(count("cmmc_2_0") == 134);
    CHECK(count(":level-1") == 17);
    CHECK(count(":level-3") == 134);
    CHECK(count("iso27001_2022_clauses") == 30);
}

TEST_CASE("a baseline or level narrows rules, matrix, JSON and SARIF") {
    Repository repository;
    const auto matrix = [&](const char* framework) {
        REQUIRE(repository.run({"scan", "--framework", framework, "--format", "matrix", "--fail-on", "never"}) == 0);
        return column(repository.out, 2);
    };
    CHECK(matrix("nist_800_53_r5").size() == 1014);
    const std::vector<std::string> moderate = matrix("nist_800_53_r5:moderate");
    CHECK(moderate.size() == 287);
    CHECK(repository.printed("NIST SP 800-53 r5: moderate,"));
    // The moderate baseline has AC-2(1), not AC-2(11), which is high.
    CHECK(std::count(moderate.begin(), moderate.end(), "AC-2(1)") == 1);
    CHECK(std::count(moderate.begin(), moderate.end(), "AC-2(11)") == 0);
    // A group that one framework alone has needs no framework before it.
    CHECK(matrix("fedramp-high").size() == 410);
    CHECK(matrix("cmmc_2_0:level-1").size() == 17);
    CHECK(matrix("soc2:availability,soc2:confidentiality").size() == 5);
    CHECK(matrix("soc2:availability,soc2").size() == 61);

    // A rule's links to what is left out do not show.
    REQUIRE(repository.run({"scan", "--framework", "cmmc_2_0:level-1", "--format", "sarif", "--fail-on", "never"}) ==
            0);
    CHECK(repository.printed("\"part\": \"level-1\""));
    CHECK(repository.printed("AC.L1-"));
    CHECK_FALSE(repository.printed("AC.L2-3.1.5"));
    CHECK_FALSE(repository.printed("\"name\": \"SOC 2\""));
    REQUIRE(repository.run({"scan", "--framework", "cmmc_2_0:level-1", "--format", "json", "--fail-on", "never"}) == 0);
    CHECK(repository.printed("\"requirement_count\": 17"));
    CHECK_FALSE(repository.printed("L2-3."));
}

TEST_CASE("a family is a filter: a heading stands for all below it") {
    Repository repository;
    const auto matrix = [&](const char* control) {
        REQUIRE(repository.run({"scan", "--framework", "nist_800_53_r5:moderate,soc2", "--control", control, "--format",
                                "matrix", "--fail-on", "never"}) == 0);
        return column(repository.out, 2);
    };
    CHECK(matrix("CC6.1") != std::vector<std::string>{"CC6.1"});  // the other framework stays as it is
    const std::vector<std::string> family = matrix("soc2:CC6");
    CHECK(std::count(family.begin(), family.end(), "CC6.8") == 1);
    CHECK(std::count(family.begin(), family.end(), "CC7.1") == 0);
    // AC of the moderate baseline: 39 of its 287 controls, enhancements among them.
    const std::vector<std::string> access = matrix("nist_800_53_r5:ac");
    CHECK(std::count_if(access.begin(), access.end(), [](const std::string& id) { return id.starts_with("AC-"); }) ==
          39);
    CHECK(std::count_if(access.begin(), access.end(), [](const std::string& id) { return id.starts_with("AU-"); }) ==
          0);

    REQUIRE(repository.run({"scan", "--framework", "soc2", "--control", "CC6.1", "--format", "matrix", "--fail-on",
                            "never"}) == 0);
    CHECK(column(repository.out, 2) == std::vector<std::string>{"CC6.1"});
    // An alias of a requirement names it, and our own control does not narrow a framework.
    REQUIRE(repository.run({"rules", "list", "--control", "ac.l2-3.1.1"}) == 0);
    CHECK_FALSE(repository.out.empty());
    REQUIRE(repository.run({"scan", "--framework", "soc2", "--control", "data.public-access", "--format", "matrix",
                            "--fail-on", "never"}) == 0);
    CHECK(column(repository.out, 2).size() == 61);
}

TEST_CASE("a word that leaves no rule is an error, not a clean report") {
    Repository repository;
    CHECK(repository.run({"scan", "--control", "CC6.4"}) == 2);
    CHECK(repository.said("no rule gives evidence for \"CC6.4\". Its evidence lies elsewhere: buildings, rooms"));
    CHECK(repository.run({"scan", "--framework", "soc2:privacy"}) == 2);
    CHECK(repository.said("no rule gives evidence for \"soc2:privacy\""));
    CHECK(repository.run({"scan", "--framework", "nist_800_53_r5:modrate"}) == 2);
    CHECK(repository.said("has no group \"modrate\". Did you mean \"moderate\"? Its groups: low, moderate, high"));
    CHECK(repository.run({"scan", "--framework", "soc3"}) == 2);
    CHECK(repository.said("there is no framework \"soc3\". Did you mean \"soc2\"?"));
    CHECK(repository.run({"scan", "--control", "CC6.11"}) == 2);
    CHECK(repository.said("there is no control or requirement \"CC6.11\". Did you mean \"CC6.1\"?"));
    CHECK(repository.run({"frameworks", "show", "cmmc_2_0:level-7"}) == 2);
    CHECK(repository.said("frameworks show: cmmc_2_0 has no group \"level-7\""));
}

}  // namespace plumbline
