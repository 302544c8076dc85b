#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "scanner/model/text.h"
#include "scanner/run.h"

// What an auditor asks, in their order, on a repository with known faults: show me CC6.1; what fails; who owns it; what
// was accepted, by whom and until when; how do I know that this was not edited?
namespace plumbline {
namespace {

namespace fs = std::filesystem;

struct Walk {
    fs::path top = fs::canonical(fs::temp_directory_path()) / ("plumbline-walk-" + std::to_string(::getpid()));
    DiskSystem system;
    Call call;
    std::string out, err;

    explicit Walk(const fs::path& terragoat) {
        fs::remove_all(top);
        fs::create_directories(top / "repository/.git");
        fs::create_directories(top / "repository/terraform");
        fs::copy(terragoat / "terraform/aws", top / "repository/terraform/aws", fs::copy_options::recursive);
        write("repository/CODEOWNERS", "/terraform/aws/ @acme/cloud\n/terraform/aws/iam.tf @acme/identity\n");
        call.working_directory = (top / "repository").string();
        call.now = "2026-11-25T12:00:00Z";
        call.cores = 2;
    }
    ~Walk() { fs::remove_all(top); }

    void write(const std::string& name, std::string_view text) const { std::ofstream(top / name) << text; }
    std::string read(const std::string& name) const {
        std::ifstream file(top / name);
        std::ostringstream text;
        text << file.rdbuf();
        return text.str();
    }
    int run(std::vector<std::string> arguments) {
        call.arguments = std::move(arguments);
        std::ostringstream out_stream, err_stream;
        const int exit = plumbline::run(call, system, out_stream, err_stream);
        out = out_stream.str();
        err = err_stream.str();
        return exit;
    }
    nlohmann::json scan(std::vector<std::string> more) {
        std::vector<std::string> all = {"scan", "--format", "json"};
        all.insert(all.end(), more.begin(), more.end());
        CHECK(run(all) == 1);
        return nlohmann::json::parse(out);
    }
};

TEST_CASE(
    "an auditor's walk through terragoat: CC6.1, what fails, who owns it, what was accepted, and is it as written") {
    const fs::path terragoat = "../shared/corpora/terragoat";
    if (!fs::exists(terragoat)) {
        MESSAGE("skipped: " << terragoat.string() << " is not there");
        return;
    }
    Walk walk(terragoat);
    REQUIRE(walk.run({"waive", "aws-rds-instance-encryption", "aws_db_instance.default", "--owner", "data-team",
                      "--approver", "ciso", "--reason", "moves to Aurora", "--expires", "2027-03-31"}) == 0);

    // CC6.1 and nothing else, each finding with its owner.
    const nlohmann::json report = walk.scan({"--framework", "soc2", "--control", "CC6.1"});
    std::set<std::string> serving;
    for (const nlohmann::json& control : report["controls"]) {
        for (const nlohmann::json& requirement : control["requirements"]) {
            if (requirement["id"] == "CC6.1") serving.insert(control["id"].get<std::string>());
        }
    }
    std::size_t open = 0, accepted = 0;
    for (const nlohmann::json& finding : report["findings"]) {
        CHECK(serving.contains(finding["control"].get<std::string>()));
        const bool identity = finding["file"] == "terraform/aws/iam.tf";
        CHECK(finding["owners"] == nlohmann::json{identity ? "@acme/identity" : "@acme/cloud"});
        ++(finding.contains("accepted") ? accepted : open);
    }
    CHECK(open > 20);
    CHECK(accepted == 1);

    // The matrix has the same numbers, and the accepted risk with its end.
    CHECK(walk.run({"scan", "--framework", "soc2", "--control", "CC6.1", "--format", "matrix"}) == 1);
    std::string line;
    for (std::string_view row : split(walk.out, '\n')) {
        if (row.find(",CC6.1,") != std::string_view::npos) line = row;
    }
    CHECK(line.find("\"in place, not effective\"") != std::string::npos);
    CHECK(line.find("aws_db_instance.default until 2027-03-31: moves to Aurora") != std::string::npos);
    CHECK(line.find("@acme/cloud") != std::string::npos);

    // The register: what was accepted, by whom, until when.
    CHECK(walk.run({"scan", "--format", "exceptions", "--evidence", "../evidence"}) == 1);
    CHECK(walk.out.find("\nwaiver,aws-rds-instance-encryption,aws_db_instance.default,,data-team,ciso,moves to "
                        "Aurora,,,2026-11-25,2027-03-31,active,1,aws-rds-instance-encryption aws_db_instance.default "
                        "(terraform/aws/db-app.tf:") != std::string::npos);

    // As written; and not any more when one verdict is made better than it was.
    CHECK(walk.run({"verify", "../evidence"}) == 0);
    std::string csv = walk.read("evidence/000001/findings.csv");
    csv.replace(csv.find("\nfail,"), 6, "\npass,");
    walk.write("evidence/000001/findings.csv", csv);
    CHECK(walk.run({"verify", "../evidence"}) == 1);
    CHECK(walk.out.find("  changed: 000001/findings.csv: its content was changed") != std::string::npos);

    // When the acceptance ends, the finding is back and nobody can overlook it.
    walk.call.now = "2027-04-01T12:00:00Z";
    const nlohmann::json later = walk.scan({"-q", "--framework", "soc2", "--control", "CC6.1"});
    CHECK(std::none_of(later["findings"].begin(), later["findings"].end(),
                       [](const nlohmann::json& finding) { return finding.contains("accepted"); }));
    CHECK(walk.err.find("expired on 2027-03-31") != std::string::npos);
}

}  // namespace
}  // namespace plumbline
