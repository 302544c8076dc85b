#include <doctest/doctest.h>

#include <map>
#include <set>

#include "reporters/example_report.h"
#include "reporters/json_check.h"

namespace plumbline {
namespace {

using nlohmann::json;

json sarif(const ExampleReport& example, bool all = false) {
    ReportOptions options;
    options.include_passed = all;
    return json::parse(example.write("sarif", options));
}

}  // namespace

TEST_CASE("sarif kinds and levels are those of the standard") {
    std::map<std::string, std::set<std::string>> seen;
    const json log = sarif(ExampleReport(), true);
    for (const json& result : log["runs"][0]["results"])
        seen[result["kind"]].insert(result["level"].get<std::string>());
    CHECK(seen ==
          std::map<std::string, std::set<std::string>>{
              {"fail", {"error", "warning"}}, {"open", {"none"}}, {"pass", {"none"}}, {"notApplicable", {"none"}}});
}

TEST_CASE("sarif without --include-passed holds failures and the rules they name only") {
    const json run = sarif(ExampleReport())["runs"][0];
    CHECK(run["results"].size() == 3);
    std::vector<std::string> rules;
    for (const json& rule : run["tool"]["driver"]["rules"]) rules.push_back(rule["id"]);
    CHECK(rules == std::vector<std::string>{"aws-ebs-encrypted", "aws-s3-public-acl", "aws-s3-versioning"});
    for (const json& result : run["results"]) {
        CHECK(run["tool"]["driver"]["rules"][result["ruleIndex"].get<std::size_t>()]["id"] == result["ruleId"]);
    }
    CHECK(run["properties"]["undecided"] ==
          json::parse(R"({"count":1,"decidedBy":[{"what":"var.rotate has no default","count":1,
                          "file":"storage/variables.tf","line":5}]})"));
}

TEST_CASE("a sarif result says where, what, from where, and which controls") {
    const json run = sarif(ExampleReport())["runs"][0];
    const json& result = run["results"][0];
    CHECK(result["message"]["text"] == "'aws_s3_bucket.data': acl is \"public-read\", which lets everyone read.");
    const json& place = result["locations"][0]["physicalLocation"];
    CHECK(place["artifactLocation"] == json::parse(R"({"uri":"storage/main.tf","uriBaseId":"%SRCROOT%"})"));
    CHECK(place["region"] == json::parse(R"({"startLine":3,"startColumn":2,"endLine":3,"endColumn":18,
                                             "snippet":{"text":"acl    = var.acl"}})"));
    CHECK(place["contextRegion"]["endLine"] == 4);
    CHECK(result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == "aws_s3_bucket.data");
    const json& origin = result["relatedLocations"][1];
    CHECK(origin["physicalLocation"]["artifactLocation"]["uri"] == "storage/variables.tf");
    CHECK(origin["message"]["text"] == "default of var.acl.");
    std::map<std::string, std::vector<std::string>> taxa;
    for (const json& taxon : result["taxa"]) {
        const json& taxonomy = run["taxonomies"][taxon["toolComponent"]["index"].get<std::size_t>()];
        CHECK(taxonomy["name"] == taxon["toolComponent"]["name"]);
        CHECK(taxonomy["taxa"][taxon["index"].get<std::size_t>()]["id"] == taxon["id"]);
        taxa[taxonomy["name"]].push_back(taxon["id"]);
    }
    CHECK(taxa == std::map<std::string, std::vector<std::string>>{{"plumbline controls", {"data.public-access"}},
                                                                  {"SOC 2", {"CC6.1"}},
                                                                  {"ISO/IEC 27001:2022", {"A.8.3"}},
                                                                  {"NIST SP 800-53 r5", {"AC-3"}}});
    CHECK(result["baselineState"] == "new");
    CHECK(result["partialFingerprints"]["plumbline/v1"] == "17-aws_s3_bucket.data");
}

TEST_CASE("a sarif rule carries aliases, severity for GitHub, relations to requirements and help") {
    const json run = sarif(ExampleReport())["runs"][0];
    const json& rule = run["tool"]["driver"]["rules"][1];
    CHECK(rule["name"] == "AwsS3PublicAcl");
    CHECK(rule["properties"]["aliases"] == json::parse(R"(["CKV_AWS_20","AVD-AWS-0092"])"));
    CHECK(rule["properties"]["security-severity"] == "9.5");
    CHECK(rule["properties"]["tags"] == json::parse(R"(["security","infrastructure","control/data.public-access",
                                                        "soc2/CC6.1","iso27001_2022/A.8.3","nist_800_53_r5/AC-3"])"));
    std::map<std::string, std::string> kinds;
    for (const json& relation : rule["relationships"]) kinds[relation["target"]["id"]] = relation["kinds"][0];
    CHECK(kinds == std::map<std::string, std::string>{{"data.public-access", "superset"},
                                                      {"CC6.1", "superset"},
                                                      {"CC6.6", "relevant"},
                                                      {"A.8.3", "superset"},
                                                      {"AC-3", "equal"}});
    CHECK(rule["help"]["text"] ==
          "Everyone on the internet can read the data.\n\nFix: Remove the ACL, or set it to `private`.\n\n"
          "Control: No public data (data.public-access)\nSOC 2: CC6.1 (partial), CC6.6 (supports)\n"
          "ISO/IEC 27001:2022: A.8.3 (partial)\nNIST SP 800-53 r5: AC-3 (direct)\n"
          "https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html");
}

TEST_CASE("accepted findings are sarif suppressions with their reason, and keep their level") {
    const json run = sarif(ExampleReport())["runs"][0];
    const json& result = run["results"][2];
    CHECK(result["level"] == "error");
    const json& suppression = result["suppressions"][0];
    CHECK(suppression["kind"] == "inSource");
    CHECK(suppression["justification"] == "scratch data only.");
    CHECK(suppression["location"]["physicalLocation"]["region"]["startLine"] == 10);
}

TEST_CASE("what could not be read or resolved is a notification of the run") {
    const json invocation = sarif(ExampleReport())["runs"][0]["invocations"][0];
    CHECK(invocation["exitCode"] == 1);
    CHECK(invocation["executionSuccessful"] == true);
    const json& notes = invocation["toolExecutionNotifications"];
    CHECK(notes.size() == 2);
    CHECK(notes[0]["descriptor"]["id"] == "hcl-syntax");
    CHECK(notes[0]["level"] == "error");
    CHECK(notes[0]["message"]["text"] == "the block is not closed. Add a closing brace.");
    CHECK(notes[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "broken.tf");
    CHECK(notes[1]["descriptor"]["id"] == "module-source");
    ExampleReport incomplete;
    incomplete.report.exit_code = 2;
    CHECK(sarif(incomplete)["runs"][0]["invocations"][0]["executionSuccessful"] == false);
}

TEST_CASE("sarif paths are escaped URIs, and a finding without a place points at its file's first line") {
    ExampleReport example;
    const Source& odd = example.sources.add("a b/ü#%?.tf", "x = 1");
    example.report.findings[0].judgement.subject = ExampleReport::span(odd, "x");
    const json run = sarif(example)["runs"][0];
    CHECK(run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] ==
          "a%20b/%C3%BC%23%25%3F.tf");
    const json all = sarif(example, true)["runs"][0];
    CHECK(all["results"][4]["baselineState"] == "absent");
    const json& gone = all["results"][4]["locations"][0]["physicalLocation"];
    CHECK(gone["artifactLocation"]["uri"] == "storage/old.tf");
    CHECK(gone["region"] == json::parse(R"({"startLine":1,"startColumn":1,"endLine":1,"endColumn":2})"));
}

TEST_CASE("sarif columns count code points, and messages hold nothing that reads as a placeholder or a link") {
    ExampleReport example;
    const Source& source = example.sources.add("w.tf", "a = \"日本😀\"; acl = 1\n");
    example.report.findings[0].judgement.subject = ExampleReport::span(source, "acl");
    example.report.findings[0].judgement.message = "value is {0} and [a](1) with \x1b[31m";
    const json result = sarif(example)["runs"][0]["results"][0];
    CHECK(result["locations"][0]["physicalLocation"]["region"]["startColumn"] == 12);
    CHECK(result["message"]["text"] == "'aws_s3_bucket.data': value is {{0} and [a\\](1) with \\u001b[31m.");
}

TEST_CASE("version control is named only when repository and commit are known") {
    ExampleReport example;
    example.report.commit = "0123456789012345678901234567890123456789";
    CHECK(!sarif(example)["runs"][0].contains("versionControlProvenance"));
    example.report.repository_uri = "https://git.example/team/infra";
    CHECK(sarif(example)["runs"][0]["versionControlProvenance"][0]["revisionId"] == example.report.commit);
}

}  // namespace plumbline
