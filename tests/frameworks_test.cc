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

/// A framework of the user's own, one file.
constexpr const char* acme = R"(id: acme
name: ACME baseline
version: "3"
groups:
  - {id: basic, title: Every system}
requirements:
  - {id: AC, title: Access, heading: true}
  - {id: AC-1, title: Nothing is public, parent: AC, groups: [basic]}
  - {id: AC-2, title: Doors are locked, parent: AC, outside: physical}
controls:
  data.public-access: {AC-1: direct}
)";

/// A control of one's own and a changed mapping: an overlay, not a fork.
constexpr const char* mapping = R"(controls:
  - id: data.public-access
    maps:
      soc2: {CC6.6: direct}
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

TEST_CASE("a framework of one's own is one file, named in the configuration, on the command line or in a folder") {
    const auto check = [](Repository& repository, std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), {"scan", "--format", "matrix", "--fail-on", "never"});
        REQUIRE(repository.run(arguments) == 0);
        CHECK(repository.err == "");
        CHECK(column(repository.out, 0) == std::vector<std::string>{"ACME baseline", "ACME baseline"});
        CHECK(column(repository.out, 2) == std::vector<std::string>{"AC-1", "AC-2"});
        CHECK(column(repository.out, 5) == std::vector<std::string>{"in place, not effective", "not assessed"});
        CHECK(column(repository.out, 15).at(1).find("buildings, rooms") != std::string::npos);
    };
    {
        Repository repository;
        repository.system.files["/repo/policy/acme.yaml"] = acme;
        repository.system.files["/repo/.plumbline/config.yaml"] = "frameworks: [policy/acme.yaml]\n";
        check(repository, {});
        // The commands over the catalogue know it too, from anywhere in the tree.
        REQUIRE(repository.run({"frameworks", "coverage", "acme"}) == 0);
        CHECK(repository.printed("ACME baseline 3: 2 requirements"));
        CHECK(repository.printed("direct: data.public-access"));
        REQUIRE(repository.run({"rules", "list", "--framework", "acme:basic"}) == 0);
        CHECK(repository.printed("aws-s3"));
        CHECK_FALSE(repository.printed("aws-kms-rotation"));
    }
    {
        Repository repository;
        repository.system.files["/elsewhere/acme.yaml"] = acme;
        check(repository, {"--framework", "/elsewhere/acme.yaml"});
        REQUIRE(repository.run({"frameworks", "show", "../elsewhere/acme.yaml"}) == 0);
        CHECK(repository.printed("AC-1"));
    }
    {
        Repository repository;
        repository.system.files["/own/frameworks/acme.yaml"] = acme;
        check(repository, {"--rules", "/own", "--framework", "acme"});
    }
    {
        Repository repository;
        repository.system.files["/repo/acme.yaml"] =
            "id: acme\nname: ACME\nversion: \"3\"\nrequirements: []\nrule: x\n";
        CHECK(repository.run({"scan", "--framework", "acme.yaml"}) == 2);
        CHECK(repository.said("acme.yaml:5:1: error: The framework has the unknown key \"rule\""));
    }
}

TEST_CASE("a control's mapping is changed by a file, in every report") {
    const auto outsiders = [](Repository& repository, std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), {"scan", "--framework", "soc2", "--control", "CC6.6", "--format", "matrix",
                                             "--fail-on", "never"});
        REQUIRE(repository.run(arguments) == 0);
        CHECK(repository.err == "");
        return column(repository.out, 10).front();
    };
    Repository repository;
    CHECK(outsiders(repository, {}).find("data.public-access") == std::string::npos);
    repository.system.files["/repo/policy/controls.yaml"] = mapping;
    repository.system.files["/repo/.plumbline/config.yaml"] = "controls: policy/controls.yaml\n";
    CHECK(outsiders(repository, {}).find("data.public-access (direct): in place, not effective") != std::string::npos);
    REQUIRE(repository.run({"frameworks", "coverage", "soc2"}) == 0);
    const std::size_t at = repository.out.find("  CC6.6 ");
    REQUIRE(at != std::string::npos);
    CHECK(repository.out.find("data.public-access", at) < repository.out.find("partial:", at));
    REQUIRE(repository.run({"scan", "--format", "sarif", "--rule", "aws-s3-*", "--fail-on", "never"}) == 0);
    CHECK(repository.printed("CC6.6"));

    Repository folder;
    folder.system.files["/own/controls.yaml"] = mapping;
    CHECK(outsiders(folder, {"--rules", "/own"}).find("data.public-access (direct): in place, not effective") !=
          std::string::npos);

    repository.system.files["/repo/policy/controls.yaml"] =
        "controls:\n  - id: data.public-access\n    maps: {soc2: {CC6.66: direct}}\n";
    CHECK(repository.run({"scan", "--fail-on", "never"}) == 2);
    CHECK(repository.said("soc2 has no \"CC6.66\""));
}

TEST_CASE("dated results make an effective control provable; gaps and failures do not") {
    Repository repository;
    repository.system.files["/repo/main.tf"] =
        "resource \"aws_kms_key\" \"k\" {\n  enable_key_rotation = true\n  deletion_window_in_days = 30\n}\n";
    const auto maturity = [&](const char* intervals) {
        repository.system.files["/repo/audit.json"] =
            std::string(
                "{\"period\": {\"from\": \"2025-01-01T00:00:00Z\", \"to\": \"2025-06-01T00:00:00Z\"}, "
                "\"changes\": [], \"controls\": [{\"id\": \"crypto.key-management\", \"intervals\": ") +
            intervals + "}]}";
        REQUIRE(repository.run({"scan", "--rule", "aws-kms-rotation", "--framework", "nist_800_171_r2", "--control",
                                "3.13.10", "--history", "audit.json", "--format", "matrix"}) == 0);
        CHECK(repository.err == "");
        return std::pair(column(repository.out, 5).at(0), column(repository.out, 16).at(0));
    };
    CHECK(maturity("[]") == std::pair<std::string, std::string>("effective, not provable", ""));
    CHECK(maturity(R"([{"from": "2025-01-01T00:00:00Z", "to": "2025-03-01T10:00:00Z", "verdict": "pass"},
                       {"from": "2025-03-01T10:00:00Z", "to": "2025-06-01T00:00:00Z", "verdict": "pass"}])") ==
          std::pair<std::string, std::string>("effective and provable",
                                              "crypto.key-management 2025-01-01 to 2025-06-01"));
    CHECK(maturity(R"([{"from": "2025-01-01T00:00:00Z", "to": "2025-03-01T10:00:00Z", "verdict": "pass"},
                       {"from": "2025-03-02T10:00:00Z", "to": "2025-06-01T00:00:00Z", "verdict": "pass"}])") ==
          std::pair<std::string, std::string>("effective, not provable",
                                              "crypto.key-management 2025-01-01 to 2025-06-01, with gaps"));
    CHECK(maturity(R"([{"from": "2025-01-01", "to": "2025-03-01", "verdict": "fail"},
                       {"from": "2025-03-01", "to": "2025-06-01", "verdict": "pass"}])") ==
          std::pair<std::string, std::string>(
              "effective, not provable", "crypto.key-management 2025-01-01 to 2025-06-01, not effective throughout"));
    // The results end before the period does.
    CHECK(maturity(R"([{"from": "2025-01-01", "to": "2025-05-01", "verdict": "pass"}])").first ==
          "effective, not provable");

    repository.system.files["/repo/audit.json"] = "[1]";
    CHECK(repository.run({"scan", "--rule", "aws-kms-rotation", "--history", "audit.json"}) == 2);
    CHECK(repository.said("audit.json:1:1: error: This is no dated result"));
}

TEST_CASE("the trend of earlier scans reaches the page") {
    Repository repository;
    repository.system.files["/repo/trend.json"] =
        R"({"trend": [{"date": "2025-06-02", "pass": 8, "fail": 3}, {"date": "2025-05-01", "pass": 5, "fail": 6, "undecided": 1}]})";
    REQUIRE(repository.run({"scan", "--history", "trend.json", "--format", "html", "--fail-on", "never"}) == 0);
    CHECK(repository.printed(
        R"("trend": [{"date": "2025-05-01", "counts": [5, 6, 1, 0]}, {"date": "2025-06-02", "counts": [8, 3, 0, 0]}])"));
}

}  // namespace plumbline
