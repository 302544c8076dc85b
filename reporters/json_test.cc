#include <doctest/doctest.h>

#include <fstream>

#include "reporters/example_report.h"
#include "reporters/json_check.h"
#include "reporters/json_writer.h"

namespace plumbline {

namespace {

nlohmann::json schema() {
    std::ifstream file("reporters/report.schema.json");
    REQUIRE_MESSAGE(file.good(), "run the tests from the repository's root");
    return nlohmann::json::parse(file);
}

}  // namespace

TEST_CASE("json has the shape that report.schema.json documents") {
    SchemaCheck check(schema());
    ReportOptions options;
    CHECK(check.check(nlohmann::json::parse(ExampleReport().write("json", options))) == std::vector<std::string>{});
    options.include_passed = true;
    CHECK(check.check(nlohmann::json::parse(ExampleReport().write("json", options))) == std::vector<std::string>{});

    nlohmann::json broken = nlohmann::json::parse(ExampleReport().write("json", options));
    broken["findings"][0]["verdict"] = "maybe";
    broken["findings"][1].erase("rule");
    broken["extra"] = 1;
    CHECK(check.check(broken).size() == 3);
}

TEST_CASE("json carries the fault's place, the value and where it came from") {
    const nlohmann::json report = nlohmann::json::parse(ExampleReport().write("json"));
    const nlohmann::json& finding = report["findings"][0];
    CHECK(finding["rule"] == "aws-s3-public-acl");
    CHECK(finding["address"] == "aws_s3_bucket.data");
    CHECK(finding["place"] ==
          nlohmann::json::parse(R"({"file":"storage/main.tf","line":3,"column":2,"end_line":3,"end_column":18})"));
    CHECK(finding["value"] == "\"public-read\"");
    CHECK(finding["origin"][1]["place"]["file"] == "storage/variables.tf");
    CHECK(finding["origin"][1]["place"]["line"] == 2);
    CHECK(finding["requirements"] ==
          nlohmann::json::parse(R"({"soc2":["CC6.1"],"iso27001_2022":["A.8.3"],"nist_800_53_r5":["AC-3"]})"));
    CHECK(finding["baseline"] == "new");
    CHECK(finding["owners"][0] == "@storage-team");
    CHECK(finding["code"][2]["marked"] == "acl    = var.acl");
}

TEST_CASE("json holds failures only unless the other verdicts are asked for, and says what is undecided") {
    const nlohmann::json few = nlohmann::json::parse(ExampleReport().write("json"));
    CHECK(few["findings"].size() == 3);  // two failures and an accepted one
    CHECK(few["summary"]["verdicts"] ==
          nlohmann::json::parse(R"({"pass":1,"fail":2,"undecided":1,"not_applicable":1,"accepted":1})"));
    CHECK(few["summary"]["baseline"] == nlohmann::json::parse(R"({"new":1,"unchanged":1,"absent":1})"));
    CHECK(few["undecided"][0]["cause"] == "var.rotate has no default");
    CHECK(few["undecided"][0]["place"]["line"] == 5);
    ReportOptions options;
    options.include_passed = true;
    CHECK(nlohmann::json::parse(ExampleReport().write("json", options))["findings"].size() == 7);
}

TEST_CASE("json rolls verdicts up to controls and requirements") {
    const nlohmann::json report = nlohmann::json::parse(ExampleReport().write("json"));
    CHECK(report["controls"][0]["maturity"] == "not in place");
    // A pass, an undecided verdict and dated history: not provable while something is undecided.
    CHECK(report["controls"][2]["id"] == "crypto.at-rest");
    CHECK(report["controls"][2]["maturity"] == "effective, not provable");
    const nlohmann::json& soc2 = report["frameworks"][0];
    CHECK(soc2["requirement_count"] == 3);
    CHECK(soc2["requirements"][0]["id"] == "CC6.1");
    CHECK(soc2["requirements"][0]["maturity"] == "in place, not effective");
    CHECK(report["waivers"][0]["state"] == "expired");
    ReportOptions options;
    options.frameworks = {"iso27001_2022"};
    const nlohmann::json chosen = nlohmann::json::parse(ExampleReport().write("json", options));
    CHECK(chosen["frameworks"].size() == 1);
    CHECK(chosen["findings"][0]["requirements"] == nlohmann::json::parse(R"({"iso27001_2022":["A.8.3"]})"));
}

TEST_CASE("texts are valid JSON whatever bytes they hold") {
    std::ostringstream out;
    JsonWriter json(out);
    json.object([&] {
        json.text("a", std::string_view("\x00\x1b\"\\\n\t\x7f", 7));
        json.text("b", "\xff\xc3(\xed\xa0\x80\xe2\x82");
        json.text("c", "ü€😀</script>");
    });
    json.finish();
    CHECK(out.str() ==
          "{\"a\": \"\\u0000\\u001b\\\"\\\\\\n\\t\\u007f\", \"b\": "
          "\"\xEF\xBF\xBD\xEF\xBF\xBD(\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD"
          "\xEF\xBF\xBD\xEF\xBF\xBD\", \"c\": \"ü€😀</script>\"}\n");
    std::ostringstream page;
    JsonWriter embedded(page, true);
    embedded.array([&] { embedded.text("</script>&\u2028"); });
    embedded.finish();
    CHECK(page.str() == "[\"\\u003c/script\\u003e\\u0026\\u2028\"]\n");
}

}  // namespace plumbline
