#include <doctest/doctest.h>

#include "reporters/example_report.h"
#include "reporters/json_check.h"

namespace plumbline {

using nlohmann::json;

TEST_CASE("gitlab code quality lists open failures with GitLab's severities and unique fingerprints") {
    ExampleReport example;
    example.report.findings[1].fingerprint = example.report.findings[0].fingerprint;
    CHECK(json::parse(example.write("gitlab")) == json::parse(R"json([
        {"description": "S3 bucket has no public ACL: aws_s3_bucket.data, acl is \"public-read\", which lets everyone read (owner: @storage-team)",
         "check_name": "aws-s3-public-acl", "fingerprint": "17-aws_s3_bucket.data", "severity": "blocker",
         "location": {"path": "storage/main.tf", "lines": {"begin": 3, "end": 3}}},
        {"description": "S3 bucket keeps versions of its objects: aws_s3_bucket.data, versioning is missing",
         "check_name": "aws-s3-versioning", "fingerprint": "17-aws_s3_bucket.data-2", "severity": "major",
         "location": {"path": "storage/main.tf", "lines": {"begin": 1, "end": 1}}}])json"));
    example.report.findings.clear();
    CHECK(example.write("gitlab") == "[]\n");
}

TEST_CASE("gitlab's security report names rule, peers' ids and requirements as identifiers") {
    ExampleReport example;
    example.report.started_at = "2026-11-25T04:00:00Z";
    const json report = json::parse(example.write("gitlab-sast"));
    CHECK(report["scan"]["start_time"] == "2026-11-25T04:00:00");
    CHECK(report["scan"]["status"] == "success");
    CHECK(report["vulnerabilities"].size() == 2);
    const json& first = report["vulnerabilities"][0];
    CHECK(first["severity"] == "Critical");
    CHECK(first["solution"] == "Remove the ACL, or set it to `private`.");
    CHECK(first["location"] == json::parse(R"({"file":"storage/main.tf","start_line":3,"end_line":3,
                                               "class":"aws_s3_bucket","method":"aws_s3_bucket.data"})"));
    std::vector<std::string> values;
    for (const json& identifier : first["identifiers"]) values.push_back(identifier["value"]);
    CHECK(values ==
          std::vector<std::string>{"aws-s3-public-acl", "CKV_AWS_20", "AVD-AWS-0092", "CC6.1", "A.8.3", "AC-3"});
}

}  // namespace plumbline
