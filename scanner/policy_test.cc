#include "scanner/policy.h"

#include <doctest/doctest.h>

#include "tests/cli_support.h"

namespace plumbline {
namespace {

constexpr const char* rule = "aws-rds-instance-encryption";  // high

/// A tree with a database that is not encrypted, below a policy outside of it.
struct Team : Program {
    Team(const std::string& policy, const std::string& config) {
        system.files["/repo/.git/HEAD"] = "ref: refs/heads/main\n";
        system.files["/repo/main.tf"] = "resource \"aws_db_instance\" \"d\" {\n  storage_encrypted = false\n}\n";
        system.files["/central/policy.yaml"] = policy;
        if (!config.empty()) system.files["/repo/.plumbline/config.yaml"] = config;
        call.environment["PLUMBLINE_POLICY"] = "/central/policy.yaml";
    }
    /// Whether the rule was run and its failure counts.
    bool fails(std::vector<std::string> more = {}) {
        std::vector<std::string> arguments = {"scan", "--format", "csv"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return run(arguments) == 1 && out.find(rule) != std::string::npos;
    }
};

TEST_CASE("what a team loosens does not count, and is named at its line") {
    Team team("fail_on: high\n",
              "exclude:\n  - main.tf\nexclude_rules: [aws-s3-versioning, aws-rds-instance-encryption]\n");
    CHECK(team.fails());
    CHECK(team.err ==
          ".plumbline/config.yaml:2:5: error: The policy does not let `exclude` be \"main.tf\"\n"
          "  2 |   - main.tf\n"
          "    |     ^^^^^^^\n"
          "  Everything it does not name itself is scanned. It may allow it under `allow.exclude`. It does not count.\n"
          ".plumbline/config.yaml:3:17: error: The policy does not let `exclude_rules` be \"aws-s3-versioning\"\n"
          "  3 | exclude_rules: [aws-s3-versioning, aws-rds-instance-encryption]\n"
          "    |                 ^^^^^^^^^^^^^^^^^\n"
          "  Every rule that it does not exclude itself is used. It may allow it under `allow.exclude_rules`. It does "
          "not "
          "count.\n"
          ".plumbline/config.yaml:3:36: error: The policy does not let `exclude_rules` be "
          "\"aws-rds-instance-encryption\"\n"
          "  3 | exclude_rules: [aws-s3-versioning, aws-rds-instance-encryption]\n"
          "    |                                    ^^^^^^^^^^^^^^^^^^^^^^^^^^^\n"
          "  Every rule that it does not exclude itself is used. It may allow it under `allow.exclude_rules`. It does "
          "not "
          "count.\n");
    for (const char* config : {"severity: critical\n", "fail_on: critical\n", "fail_on: never\n",
                               "builtin_rules: false\n", "frameworks: [soc2]\n", "baseline: base.json\n"}) {
        CAPTURE(config);
        Team other("fail_on: high\n", config);
        CHECK(other.fails());
        CHECK(other.err.find("error: The policy does not let") != std::string::npos);
    }
}

TEST_CASE("the command line is bound as well") {
    for (const std::vector<std::string>& arguments :
         std::vector<std::vector<std::string>>{{"--exclude-rule", "aws-rds-*"},
                                               {"--severity", "critical"},
                                               {"--fail-on", "never"},
                                               {"--rule", "aws-s3-versioning"},
                                               {"--control", "backup.protection"},
                                               {"--exclude", "*.tf"},
                                               {"--no-builtin-rules"}}) {
        CAPTURE(arguments.front());
        Team team("", "");
        CHECK(team.fails(arguments));
        CHECK(team.err.find("error: The policy does not let " + arguments.front()) != std::string::npos);
    }
}

TEST_CASE("a team may tighten, and loosen where the policy says so") {
    Team stricter("fail_on: critical\n", "fail_on: low\n");
    CHECK(stricter.fails());
    CHECK(stricter.err.empty());
    Team silent("fail_on: critical\n", "");
    CHECK_FALSE(silent.fails());
    CHECK(silent.err.empty());
    Team allowed(
        "allow:\n  exclude_rules: [\"aws-rds-*\"]\n  exclude: [\"examples/**\"]\n  severity: true\n  fail_on: true\n  "
        "selection: "
        "true\n",
        "exclude_rules: [aws-rds-instance-encryption]\nexclude: [examples/old]\nseverity: low\nfail_on: high\n");
    CHECK_FALSE(allowed.fails({"--rule", "aws-rds-*"}));
    CHECK(allowed.err.find("error") == std::string::npos);
}

TEST_CASE("the policy's own settings hold where the team is silent") {
    Team excluded("exclude_rules: [aws-rds-instance-encryption]\n", "");
    CHECK_FALSE(excluded.fails());
    CHECK(excluded.err.find("The policy") == std::string::npos);
    Team lasting("waivers: {max_days: 30}\n", "");
    lasting.system.files["/repo/.plumbline/waivers.yaml"] =
        "waivers:\n  - rule: aws-rds-instance-encryption\n    owner: ann\n    reason: why\n    created: 2025-06-01\n   "
        " "
        "expires: 2025-12-01\n";
    CHECK(lasting.fails());
    CHECK(lasting.err.find("30 days") != std::string::npos);
}

TEST_CASE("nobody is excepted from what may never be waived") {
    Team team("never_waived: [\"aws-rds-*\"]\n", "");
    team.system.files["/repo/main.tf"] =
        "# plumbline:ignore aws-rds-instance-encryption we know\nresource \"aws_db_instance\" \"d\" {\n  "
        "storage_encrypted "
        "= false\n}\n";
    CHECK(team.fails());
    CHECK(team.err.find("main.tf:1:1: error: The policy lets nobody be excepted from aws-rds-instance-encryption") !=
          std::string::npos);
}

TEST_CASE("a configuration cannot get rid of a policy by naming another; a policy that is missing or wrong stops") {
    Team team("", "policy: ../central/lax.yaml\nexclude: [main.tf]\n");
    team.system.files["/central/lax.yaml"] = "allow: {exclude: [\"**\"]}\n";
    CHECK(team.fails());
    Team missing("", "");
    missing.call.environment["PLUMBLINE_POLICY"] = "/central/gone.yaml";
    CHECK(missing.run({"scan"}) == 2);
    CHECK(missing.err.find("/central/gone.yaml") != std::string::npos);
    CHECK(missing.out.empty());
    Team wrong("allow: {exclud: []}\n", "");
    CHECK(wrong.run({"scan"}) == 2);
    CHECK(wrong.err.find("`allow` has no key \"exclud\"") != std::string::npos);
    CHECK(wrong.err.find("Did you mean \"exclude\"?") != std::string::npos);
}

}  // namespace
}  // namespace plumbline
