#include <doctest/doctest.h>

#include <functional>
#include <map>
#include <set>

#include "reporters/example_report.h"
#include "reporters/json_check.h"

namespace plumbline {
namespace {

using nlohmann::json;

json oscal(const ExampleReport& example, std::vector<std::string> frameworks = {}) {
    ReportOptions options;
    options.frameworks = std::move(frameworks);
    return json::parse(example.write("oscal", options))["assessment-results"];
}

/// A version 5 UUID, the form that OSCAL's schema asks for.
bool is_uuid(const std::string& text) {
    const std::string form = "xxxxxxxx-xxxx-5xxx-vxxx-xxxxxxxxxxxx";
    if (text.size() != form.size()) return false;
    for (std::size_t i = 0; i < form.size(); ++i) {
        const std::string_view allowed = form[i] == 'x'   ? "0123456789abcdef"
                                         : form[i] == 'v' ? "89ab"
                                                          : std::string_view(form).substr(i, 1);
        if (allowed.find(text[i]) == std::string_view::npos) return false;
    }
    return true;
}

}  // namespace

TEST_CASE("oscal has a finding per requirement with evidence, in the ids of NIST's catalogue") {
    const json document = oscal(ExampleReport());
    CHECK(document["metadata"]["oscal-version"] == "1.1.2");
    CHECK(document["results"].size() == 1);
    const json& result = document["results"][0];
    CHECK(result["reviewed-controls"]["control-selections"][0]["include-controls"] ==
          json::parse(R"([{"control-id":"ac-3"},{"control-id":"sc-28"}])"));
    const json& ac3 = result["findings"][0];
    CHECK(ac3["target"] ==
          json::parse(
              R"({"type":"statement-id","target-id":"ac-3_smt","status":{"state":"not-satisfied","reason":"fail"}})"));
    CHECK(ac3["related-risks"].size() == 1);
    // A pass, but also an undecided verdict: nobody may call that satisfied.
    CHECK(result["findings"][1]["target"]["status"] ==
          json::parse(R"({"state":"not-satisfied","reason":"other","remarks":"Some verdicts are undecided."})"));
}

TEST_CASE("oscal observations are per rule and point at the lines; accepted risks carry owner and deadline") {
    ExampleReport example;
    example.report.findings[3].accepted = {
        {"external", "scratch data only", "data-team", "ciso", "RISK-7", "2027-01-31", "", "2026-01-02", {}}};
    const json result = oscal(example)["results"][0];
    std::map<std::string, json> observations;
    for (const json& item : result["observations"]) observations[item["props"][0]["value"]] = item;
    CHECK(observations["aws-s3-public-acl"]["description"] == "0 pass, 1 fail, 0 undecided, 0 accepted.");
    CHECK(observations["aws-s3-public-acl"]["relevant-evidence"][0]["href"] == "storage/main.tf#L3");
    CHECK(observations.size() == 3);
    std::map<std::string, json> risks;
    for (const json& item : result["risks"]) risks[item["status"]] = item;
    CHECK(risks["deviation-approved"]["deadline"] == "2027-01-31T23:59:59Z");
    CHECK(risks["deviation-approved"]["statement"] ==
          "A lost disk gives away what is on it.\nAccepted for aws_ebs_volume.tmp: scratch data only, owner data-team, "
          "approved by ciso, until 2027-01-31");
    CHECK(risks["open"]["remediations"][0]["description"] == "Remove the ACL, or set it to `private`.");
}

TEST_CASE("oscal ids are UUIDs, unique where they are defined, and every reference leads somewhere") {
    const json document = oscal(ExampleReport(), {"soc2", "iso27001_2022", "nist_800_53_r5"});
    CHECK(document["results"].size() == 3);
    std::set<std::string> defined;
    std::vector<std::string> twice, referenced;
    const std::function<void(const json&)> walk = [&](const json& node) {
        if (node.is_object()) {
            for (const auto& [key, value] : node.items()) {
                if (key == "uuid" && !defined.insert(value).second) twice.push_back(value);
                if (key.ends_with("-uuid")) referenced.push_back(value);
                walk(value);
            }
        } else if (node.is_array()) {
            for (const json& item : node) walk(item);
        }
    };
    walk(document);
    CHECK(twice == std::vector<std::string>{});
    for (const std::string& uuid : defined) CHECK_MESSAGE(is_uuid(uuid), uuid);
    for (const std::string& uuid : referenced) CHECK(defined.contains(uuid));
    CHECK(defined.contains(document["import-ap"]["href"].get<std::string>().substr(1)));
}

TEST_CASE("oscal without any evidence leaves out empty arrays, which its schema forbids") {
    ExampleReport example;
    example.report.findings.clear();
    example.report.count_verdicts();
    const json result = oscal(example)["results"][0];
    for (const char* name : {"observations", "risks", "findings", "local-definitions"}) CHECK(!result.contains(name));
    CHECK(result["reviewed-controls"]["control-selections"].size() == 1);
}

}  // namespace plumbline
