#include <doctest/doctest.h>

#include "reporters/example_report.h"
#include "reporters/html_page.h"
#include "reporters/json_check.h"

namespace plumbline {
namespace {

using nlohmann::json;

json data_of(const std::string& page) {
    const std::string_view open = "<script type=\"application/json\" id=\"data\">";
    const std::size_t begin = page.find(open) + open.size();
    return json::parse(page.substr(begin, page.find("</script>", begin) - begin));
}

}  // namespace

TEST_CASE("the page asks nobody for anything, and forbids it") {
    const std::string page = ExampleReport().write("html");
    CHECK(page.find("default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'") != std::string::npos);
    const std::string fixed = std::string(html_style()) + std::string(html_script());
    for (const char* word : {"src=", "@import", "url(", "fetch(", "XMLHttpRequest", "innerHTML", "eval(", "<link"}) {
        CHECK_MESSAGE(fixed.find(word) == std::string::npos, word);
    }
}

TEST_CASE("the page holds failures, accepted and fixed ones with code, origin and requirements") {
    const json data = data_of(ExampleReport().write("html"));
    std::vector<std::string> states;
    for (const json& finding : data["findings"]) states.push_back(finding["status"]);
    CHECK(states == std::vector<std::string>{"fail", "fail", "undecided", "accepted", "fixed"});
    const json& first = data["findings"][0];
    CHECK(first["code"][2] == json::parse(R"([3,"    ","acl    = var.acl",""])"));
    CHECK(first["origin"][1] ==
          json::parse(R"(["default of var.acl","storage/variables.tf:2:3","default = \"public-read\""])"));
    const json& rule = data["rules"][first["rule"].get<std::size_t>()];
    CHECK(rule["id"] == "aws-s3-public-acl");
    CHECK(rule["requirements"][1] == json::parse(R"([0,"CC6.6","supports"])"));
    CHECK(data["controls"][rule["control"].get<std::size_t>()]["title"] == "No public data");
    CHECK(data["frameworks"][0]["requirements"].size() == 3);
    CHECK(data["counts"] == json::parse("[1,2,1,1]"));
    ReportOptions options;
    options.include_passed = true;
    CHECK(data_of(ExampleReport().write("html", options))["findings"].size() == 7);
}

TEST_CASE("names from scanned files cannot leave the data") {
    ExampleReport example;
    example.report.findings[0].resource = "</script><script>alert(1)</script><!--";
    const std::string page = example.write("html");
    CHECK(page.find("<script>alert") == std::string::npos);
    CHECK(data_of(page)["findings"][0]["address"] == "</script><script>alert(1)</script><!--");
}

}  // namespace plumbline
