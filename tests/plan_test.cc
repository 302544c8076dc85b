// A plan and the configuration that it was made from, in one folder.

#include <doctest/doctest.h>

#include <algorithm>

#include "cli_support.h"

namespace plumbline {
namespace {

constexpr const char* configuration = R"(variable "acl" {
  default = "private"
}
resource "aws_s3_bucket" "b" {
  bucket = "logs"
  acl    = var.acl
}
)";
constexpr const char* plan = R"({"format_version": "1.2", "terraform_version": "1.11.4",
"planned_values": {"root_module": {"resources": [
  {"address": "aws_s3_bucket.b", "mode": "managed", "type": "aws_s3_bucket", "name": "b",
   "values": {"bucket": "logs", "acl": "public-read"}}]}},
"configuration": {"root_module": {"resources": [
  {"address": "aws_s3_bucket.b", "mode": "managed", "type": "aws_s3_bucket", "name": "b",
   "expressions": {"bucket": {"constant_value": "logs"}, "acl": {"references": ["var.acl"]}}}],
  "variables": {"acl": {"default": "private"}}}}}
)";

struct Repository : Program {
    Repository() {
        system.files["/policy/rule.yaml"] = private_rule;
        system.files["/repo/live/main.tf"] = configuration;
        system.files["/repo/live/plan.json"] = plan;
    }
    /// `verdict address file:line` of each finding, passes too, sorted.
    std::vector<std::string> verdicts(std::vector<std::string> arguments = {}) {
        std::vector<std::string> all = {
            "scan", "--no-builtin-rules", "--rules", "/policy", "--include-passed", "--format", "csv"};
        all.insert(all.end(), arguments.begin(), arguments.end());
        run(all);
        std::vector<std::string> lines;
        std::istringstream text(out);
        for (std::string line; std::getline(text, line);) {
            std::vector<std::string> cells;
            std::istringstream row(line);
            for (std::string cell; std::getline(row, cell, ',');) cells.push_back(cell);
            if (cells.size() > 8 && cells[0] != "verdict")
                lines.push_back(cells[0] + " " + cells[4] + " " + cells[7] + ":" + cells[8]);
        }
        std::sort(lines.begin(), lines.end());
        return lines;
    }
};

using Lines = std::vector<std::string>;

TEST_CASE("a plan is judged in place of the configuration beside it, with the source's lines") {
    Repository repository;
    // By itself the configuration passes: its variable's default is private. What is planned is not.
    for (const std::vector<std::string>& paths :
         {Lines{}, Lines{"live"}, Lines{"live/main.tf"}, Lines{"live/plan.json"}}) {
        CHECK(repository.verdicts(paths) == Lines{"fail aws_s3_bucket.b live/main.tf:6"});
        CHECK(repository.err == "");
    }
}

TEST_CASE("a plan in a folder of its own below the configuration") {
    Repository repository;
    repository.system.files.erase("/repo/live/plan.json");
    repository.system.files["/repo/live/plans/plan.json"] = plan;
    CHECK(repository.verdicts() == Lines{"fail aws_s3_bucket.b live/main.tf:6"});
}

TEST_CASE("an old plan hides nothing of the configuration") {
    Repository repository;
    const std::string warning = "warning: This plan is not of the configuration beside it: ";
    SUBCASE("a resource came in") {
        repository.system.files["/repo/live/new.tf"] =
            "resource \"aws_s3_bucket\" \"c\" {\n  acl = \"public-read\"\n}\n";
        CHECK(repository.verdicts() == Lines{"fail aws_s3_bucket.b live/main.tf:6",
                                             "fail aws_s3_bucket.c live/new.tf:2",
                                             "pass aws_s3_bucket.b live/main.tf:6"});
        CHECK(repository.err.find(warning + "aws_s3_bucket.c differs\n") != std::string::npos);
    }
    SUBCASE("a text was changed") {
        repository.system.files["/repo/live/main.tf"] =
            "resource \"aws_s3_bucket\" \"b\" {\n  bucket = \"other\"\n  acl    = \"private\"\n}\n";
        CHECK(repository.verdicts().size() == 2);
        CHECK(repository.err.find(warning + "aws_s3_bucket.b differs\n") != std::string::npos);
    }
    SUBCASE("a module is called that was not") {
        repository.system.files["/repo/live/m.tf"] = "module \"m\" {\n  source = \"./m\"\n}\n";
        repository.system.files["/repo/live/m/main.tf"] = "locals {}\n";
        CHECK(repository.verdicts().size() == 2);
        CHECK(repository.err.find(warning + "module.m differs\n") != std::string::npos);
    }
}

TEST_CASE("several environments: a plan does not say for which it holds, so both are judged") {
    Repository repository;
    repository.system.files["/repo/.plumbline/config.yaml"] =
        "environments:\n  dev: {vars: {acl: public-read}}\n  prod: {}\n";
    const Lines verdicts = repository.verdicts();
    CHECK(std::count(verdicts.begin(), verdicts.end(), "pass aws_s3_bucket.b live/main.tf:6") == 1);  // prod
}

TEST_CASE("a plan in Terraform's binary form is named, with what to do") {
    Repository repository;
    repository.system.files.erase("/repo/live/plan.json");
    repository.system.files["/repo/live/tfplan"] = std::string("PK\x03\x04\x14\0\x08\0\0\0tfplan\xff\xfe", 18);
    CHECK(repository.verdicts() == Lines{"pass aws_s3_bucket.b live/main.tf:6"});
    CHECK(repository.err ==
          "live/tfplan: error: This is a plan in Terraform's binary form\n"
          "  It was not judged. Print it as JSON beside it: terraform show -json tfplan > plan.json\n");
}

TEST_CASE("what is known only after apply is undecided, and sensitive values of a plan are never shown") {
    Repository repository;
    repository.system.files.erase("/repo/live/main.tf");
    repository.system.files["/repo/live/plan.json"] = R"({"format_version": "1.2", "resource_changes": [
  {"address": "aws_s3_bucket.u", "mode": "managed", "type": "aws_s3_bucket", "name": "u", "change": {"actions": ["create"],
   "before": null, "after": {"bucket": "x"}, "after_unknown": {"acl": true}, "after_sensitive": {}}},
  {"address": "aws_s3_bucket.s", "mode": "managed", "type": "aws_s3_bucket", "name": "s", "change": {"actions": ["create"],
   "before": null, "after": {"acl": "hunter2-hunter2"}, "after_unknown": {}, "after_sensitive": {"acl": true}}}]}
)";
    const Lines verdicts = repository.verdicts();
    CHECK(std::count_if(verdicts.begin(), verdicts.end(),
                        [](const std::string& line) { return line.starts_with("undecided aws_s3_bucket.u "); }) == 1);
    CHECK(std::count_if(verdicts.begin(), verdicts.end(),
                        [](const std::string& line) { return line.starts_with("fail aws_s3_bucket.s "); }) == 1);
    for (const char* format : {"terminal", "json", "sarif", "csv", "html", "markdown", "junit"}) {
        CAPTURE(format);
        repository.run({"scan", "--no-builtin-rules", "--rules", "/policy", "--include-passed", "--format", format});
        CHECK(repository.out.find("hunter2") == std::string::npos);
    }
}

}  // namespace
}  // namespace plumbline
