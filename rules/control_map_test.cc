#include "rules/control_map.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <sstream>

#include "parsers/json/json_reader.h"
#include "parsers/yaml/yaml_reader.h"
#include "rules/pack.h"

namespace plumbline {
namespace {

std::string read_file(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    REQUIRE_MESSAGE(in.good(), "cannot read ", path.string());
    return text.str();
}

/// A map and what was said while it was loaded.
struct Loaded {
    SourceSet sources;
    Diagnostics diagnostics;
    ControlMap map;

    Value document(const std::string& path, const std::string& text) {
        const YamlFile file = read_yaml(sources.add(path, text), {}, diagnostics);
        REQUIRE(file.documents.size() == 1);
        return file.documents[0].root;
    }
    bool framework(const std::string& text) { return map.add_framework(document("f.yaml", text), diagnostics); }
    bool controls(const std::string& text) { return map.add_controls(document("c.yaml", text), diagnostics); }
    /// Every diagnostic as `path:line:column code`, and the text of them all.
    std::vector<std::string> faults() const {
        std::vector<std::string> out;
        for (const Diagnostic& item : diagnostics.items()) {
            const LineCol at = sources.begin_of(item.subject);
            out.push_back(sources[item.subject.source].path() + ":" + std::to_string(at.line) + ":" +
                          std::to_string(at.column) + " " + item.code);
        }
        return out;
    }
    std::string text() const {
        std::string out;
        for (const Diagnostic& item : diagnostics.items()) out += to_text(item, sources);
        return out;
    }
};

/// What is shipped, as the build reads it.
Loaded& shipped() {
    static Loaded loaded;
    static const bool once = [] {
        std::vector<std::string> files;
        for (const auto& entry : std::filesystem::directory_iterator("rules/frameworks")) {
            files.push_back(entry.path().generic_string());
        }
        std::sort(files.begin(), files.end());
        for (const std::string& file : files) {
            loaded.map.add_framework(loaded.document(file, read_file(file)), loaded.diagnostics);
        }
        loaded.map.add_controls(loaded.document("rules/controls.yaml", read_file("rules/controls.yaml")),
                                loaded.diagnostics);
        return true;
    }();
    REQUIRE(once);
    return loaded;
}

std::string closeness_name(Closeness closeness) {
    return closeness == Closeness::direct ? "direct" : closeness == Closeness::partial ? "partial" : "supports";
}

/// `soc2 CC6.1 partial`, one a link.
std::vector<std::string> links_of(const ControlMap& map, std::string_view control) {
    std::vector<std::string> out;
    const Control* found = map.find(control);
    REQUIRE(found);
    for (const ControlLink& link : found->links) {
        out.push_back(std::string(link.framework) + " " + std::string(link.id) + " " + closeness_name(link.closeness));
    }
    return out;
}

const char small_framework[] =
    "id: acme\n"
    "name: ACME rules\n"
    "version: \"1\"\n"
    "groups:\n"
    "  - {id: basic, title: Basic level}\n"
    "requirements:\n"
    "  - {id: S, title: Safety, heading: true}\n"
    "  - {id: S-1, title: Doors are locked, parent: S, groups: [basic]}\n"
    "  - {id: S-2, title: Keys are counted, parent: S, aliases: [OLD-7]}\n"
    "  - {id: S-3, title: Dogs are fed, parent: S, withdrawn: true, aliases: [OLD-7]}\n"
    "  - {id: \"3.10\", title: Visitors are met, parent: S}\n";

const char small_controls[] =
    "controls:\n"
    "  - id: doors.locked\n"
    "    title: Locked doors\n"
    "    objective: Doors are locked at night.\n"
    "    domain: Doors\n"
    "    evidence:\n"
    "      proves: lock settings\n"
    "      from: [terraform]\n"
    "      cadence: daily\n"
    "    maps:\n"
    "      acme: {S-2: supports, 3.10: direct, S-1: direct}\n"
    "  - id: keys.counted\n"
    "    title: Counted keys\n"
    "    objective: Keys are counted.\n"
    "    domain: Doors\n"
    "    no_equivalent:\n"
    "      acme: ACME has no word on keys\n";

}  // namespace

TEST_CASE("what is shipped loads without a word") {
    CHECK(shipped().text() == "");
    CHECK(shipped().map.controls().size() == 60);
}

TEST_CASE("the catalogues are complete") {
    // Requirements that can be reported, headings, withdrawn ids: from the standards themselves.
    const std::map<std::string, std::array<int, 3>> expected = {
        {"soc2", {61, 20, 0}},          // 9 CC series, A1, C1, PI1 and 8 privacy headings
        {"iso27001_2022", {93, 4, 0}},  // themes
        {"iso27001_2022_clauses", {30, 11, 0}},
        {"iso27001_2013", {114, 49, 0}},  // 14 clauses, 35 objectives
        {"nist_csf_1_1", {108, 28, 0}},   // 5 functions, 23 categories
        {"nist_csf_2_0", {106, 28, 0}},   // 6 functions, 22 categories
        {"nist_800_53_r5", {1014, 20, 182}},
        {"nist_800_171_r2", {110, 14, 0}},
        {"cmmc_2_0", {134, 14, 0}},  // level 3 adds 24
    };
    std::map<std::string, std::array<int, 3>> counted;
    for (const Framework& framework : shipped().map.frameworks()) {
        auto& counts = counted[framework.id];
        for (const Requirement& item : framework.requirements) ++counts[item.heading ? 1 : item.withdrawn ? 2 : 0];
        CHECK_FALSE(framework.url.empty());
        CHECK_FALSE(framework.license.empty());
        CHECK_FALSE(framework.organization.empty());
    }
    CHECK(counted == expected);
}

TEST_CASE("baselines and levels have the published sizes") {
    const auto count = [](std::string_view framework, std::string_view group) {
        const auto& all = shipped().map.framework(framework)->requirements;
        return std::count_if(all.begin(), all.end(), [&](const Requirement& item) {
            return !item.heading && std::find(item.groups.begin(), item.groups.end(), group) != item.groups.end();
        });
    };
    CHECK(count("nist_800_53_r5", "low") == 149);
    CHECK(count("nist_800_53_r5", "moderate") == 287);
    CHECK(count("nist_800_53_r5", "high") == 370);
    CHECK(count("nist_800_53_r5", "privacy") == 96);
    CHECK(count("nist_800_53_r5", "fedramp-li-saas") == 156);
    CHECK(count("nist_800_53_r5", "fedramp-low") == 156);
    CHECK(count("nist_800_53_r5", "fedramp-moderate") == 323);
    CHECK(count("nist_800_53_r5", "fedramp-high") == 410);
    CHECK(count("cmmc_2_0", "level-1") == 17);
    CHECK(count("cmmc_2_0", "level-2") == 110);
    CHECK(count("cmmc_2_0", "level-3") == 134);
    CHECK(count("soc2", "security") == 33);
    CHECK(count("soc2", "availability") == 3);
    CHECK(count("soc2", "confidentiality") == 2);
    CHECK(count("soc2", "processing-integrity") == 5);
    CHECK(count("soc2", "privacy") == 18);
    CHECK(count("iso27001_2022", "new-in-2022") == 11);
}

TEST_CASE("ids have the form of their framework") {
    const auto& map = shipped().map;
    CHECK(map.framework("nist_800_53_r5")->find("AC-2(1)")->title == "Automated System Account Management");
    CHECK(map.framework("nist_800_53_r5")->find("AC-2(1)")->parent == "AC-2");
    CHECK(map.framework("iso27001_2022")->find("A.8.5")->title == "Secure authentication");
    CHECK(map.framework("iso27001_2013")->find("A.9.4.2")->title == "Secure log-on procedures");
    CHECK(map.framework("nist_800_171_r2")->find("3.10")->heading);
    CHECK(map.framework("nist_800_171_r2")->find("3.1")->title == "Access Control");
    CHECK(map.framework("nist_csf_1_1")->find("PR.AC-7"));
    CHECK_FALSE(map.framework("nist_csf_1_1")->find("PR.AA-03"));
    CHECK(map.framework("nist_csf_2_0")->find("PR.AA-03"));
    CHECK_FALSE(map.framework("nist_csf_2_0")->find("PR.AC-7"));
    CHECK_FALSE(map.framework("soc2")->find("CC10.1"));
    CHECK_FALSE(map.framework("no_such"));
}

TEST_CASE("every shipped control is mapped to every framework or says why not") {
    const auto& map = shipped().map;
    std::size_t links = 0;
    for (const Control& control : map.controls()) {
        CAPTURE(control.id);
        CHECK_FALSE(control.title.empty());
        CHECK(control.objective.ends_with("."));
        CHECK_FALSE(control.domain.empty());
        CHECK_FALSE(control.proves.empty());
        CHECK_FALSE(control.cadence.empty());
        CHECK_FALSE(control.from.empty());
        std::map<std::string, int> mapped;
        for (const ControlLink& link : control.links) {
            const Requirement* requirement = map.framework(link.framework)->find(link.id);
            REQUIRE(requirement);
            CHECK_FALSE(requirement->heading);
            CHECK_FALSE(requirement->withdrawn);
            CHECK(link.title == requirement->title);
            ++mapped[std::string(link.framework)];
            ++links;
        }
        for (const Framework& framework : map.frameworks()) {
            CAPTURE(framework.id);
            const int ids = mapped[framework.id];
            CHECK(ids <= 3);                                        // more would say that the control is not one thing
            if (framework.id == "iso27001_2022_clauses") continue;  // asks for a management system, not for outcomes
            CHECK((ids == 0) == control.no_equivalent.contains(framework.id));
        }
    }
    CHECK(links == 726 + 6 + 8);  // the shared program's, those to CMMC level 3 and to the clauses of ISO 27001
}

/// What SP 800-172 asks for at level 3 has no counterpart in SP 800-171.
bool is_level_3(const ControlLink& link) {
    return link.framework == "cmmc_2_0" && link.id.find(".L3-") != std::string_view::npos;
}

TEST_CASE("CMMC and SP 800-171 name the same requirements") {
    for (const Control& control : shipped().map.controls()) {
        std::multiset<std::string> numbers, practices;
        for (const ControlLink& link : control.links) {
            const std::string closeness = " " + closeness_name(link.closeness);
            if (link.framework == "nist_800_171_r2") numbers.insert(std::string(link.id) + closeness);
            if (link.framework == "cmmc_2_0" && !is_level_3(link))
                practices.insert(std::string(link.id.substr(6)) + closeness);
        }
        CAPTURE(control.id);
        CHECK(numbers == practices);
    }
}

TEST_CASE("what code cannot show has the place where evidence lies, and inherits it from its heading") {
    const auto where = [](std::string_view framework, std::string_view id) {
        return shipped().map.framework(framework)->find(id)->outside;
    };
    CHECK(where("soc2", "CC6.4") == "physical");
    CHECK(where("soc2", "CC1.1") == "organization");  // from CC1
    CHECK(where("soc2", "CC1.4") == "people");
    CHECK(where("soc2", "CC8.1") == "");
    CHECK(where("iso27001_2022", "A.7.4") == "physical");
    CHECK(where("iso27001_2022", "A.6.3") == "training");
    CHECK(where("iso27001_2022", "A.8.24") == "");
    CHECK(where("nist_800_53_r5", "PE-3(1)") == "physical");  // through PE-3
    CHECK(where("nist_csf_2_0", "PR.AT-01") == "training");
    CHECK(where("cmmc_2_0", "PS.L2-3.9.1") == "people");
    // Every requirement of these that nothing is mapped to says where to look; elsewhere some are just not covered.
    for (const char* framework : {"soc2", "iso27001_2022_clauses"}) {
        std::set<std::string_view> mapped;
        for (const Control& control : shipped().map.controls()) {
            for (const ControlLink& link : control.links) mapped.insert(link.id);
        }
        for (const Requirement& item : shipped().map.framework(framework)->requirements) {
            CAPTURE(item.id);
            if (!item.heading && !mapped.contains(item.id)) CHECK_FALSE(elsewhere_text(item.outside).empty());
        }
    }
    Loaded loaded;
    CHECK_FALSE(
        loaded.framework("id: x\nname: X\nversion: \"1\"\nrequirements:\n"
                         "  - {id: A-1, title: T, outside: physicall}\n"));
    CHECK(loaded.faults() == std::vector<std::string>{"f.yaml:5:25 unknown-outside"});
    CHECK(loaded.text().find("Did you mean \"physical\"?") != std::string::npos);
}

TEST_CASE("frameworks come in the order that the controls file gives") {
    std::vector<std::string> ids;
    for (const Framework& framework : shipped().map.frameworks()) ids.push_back(framework.id);
    CHECK(ids == std::vector<std::string>{"soc2", "iso27001_2022", "iso27001_2022_clauses", "iso27001_2013",
                                          "nist_csf_2_0", "nist_csf_1_1", "nist_800_53_r5", "nist_800_171_r2",
                                          "cmmc_2_0"});
    CHECK(links_of(shipped().map, "access.mfa") ==
          std::vector<std::string>{"soc2 CC6.1 partial", "soc2 CC6.6 supports", "iso27001_2022 A.8.5 partial",
                                   "iso27001_2013 A.9.4.2 partial", "nist_csf_2_0 PR.AA-03 partial",
                                   "nist_csf_1_1 PR.AC-7 partial", "nist_800_53_r5 IA-2(1) direct",
                                   "nist_800_53_r5 IA-2(2) direct", "nist_800_171_r2 3.5.3 direct",
                                   "cmmc_2_0 IA.L2-3.5.3 direct"});
}

TEST_CASE("mappings of common texts that an auditor would reject are not made") {
    // Password systems and malware for MFA, termination for reviews, training for roles, transmission for change
    // control.
    const std::pair<const char*, const char*> wrong[] = {
        {"access.mfa", "A.9.4.3"},       {"access.mfa", "CC6.8"},
        {"access.review", "A.7.3.1"},    {"access.least-privilege", "A.7.2.2"},
        {"change.peer-review", "CC6.7"}, {"governance.asset-inventory", "A.8.1"},
    };
    for (const auto& [control, id] : wrong) {
        const Control* found = shipped().map.find(control);
        REQUIRE_MESSAGE(found, control);
        for (const ControlLink& link : found->links) CHECK_MESSAGE(link.id != id, control, " ", id);
    }
}

TEST_CASE("the shared program controls are all there, as they are mapped there") {
    const std::filesystem::path path = "../shared/frameworks/program-controls.json";
    if (!std::filesystem::exists(path)) {
        MESSAGE("skipped: ../shared/frameworks is not there");
        return;
    }
    SourceSet sources;
    Diagnostics diagnostics;
    const std::optional<Value> root = read_json(sources.add("program-controls.json", read_file(path)), diagnostics);
    REQUIRE(diagnostics.empty());
    REQUIRE(root);
    const auto controls = root->find("controls")->value.elements();
    CHECK(controls.size() == 60);
    for (const Value& control : controls) {
        const std::string id = control.find("id")->value.as_string();
        CAPTURE(id);
        const Control* ours = shipped().map.find(id);
        REQUIRE(ours);
        CHECK(ours->title == control.find("title")->value.as_string());
        std::set<std::string> theirs, here;
        for (const Member& framework : control.find("relations")->value.members()) {
            for (const Member& link : framework.value.members()) {
                theirs.insert(framework.name + " " + link.name + " " + link.value.as_string());
            }
        }
        for (const ControlLink& link : ours->links) {
            if (link.framework == "iso27001_2022_clauses" || is_level_3(link)) continue;  // not in that list
            here.insert(std::string(link.framework) + " " + std::string(link.id) + " " +
                        closeness_name(link.closeness));
        }
        CHECK(here == theirs);
    }
}

TEST_CASE("a pack gives the same map as the files") {
    PackWriter frameworks, controls;
    for (const char* file : {"rules/frameworks/soc2.yaml", "rules/frameworks/nist_800_171_r2.yaml"}) {
        Loaded one;
        REQUIRE(frameworks.add(one.document(file, read_file(file))));
    }
    Loaded one;
    REQUIRE(controls.add(one.document("c.yaml",
                                      "controls:\n"
                                      "  - {id: a.b, title: T, objective: O., domain: D, maps: {nist_800_171_r2: "
                                      "{3.10.1: partial, 3.5.3: direct}}}\n")));
    const ControlMap map = ControlMap::from_pack(frameworks.finish(), controls.finish());
    REQUIRE(map.frameworks().size() == 2);
    CHECK(map.frameworks()[0].requirements.size() == shipped().map.framework("soc2")->requirements.size());
    CHECK(map.frameworks()[1].find("3.10")->title == "Physical Protection");
    CHECK(links_of(map, "a.b") ==
          std::vector<std::string>{"nist_800_171_r2 3.5.3 direct", "nist_800_171_r2 3.10.1 partial"});
}

TEST_CASE("links are closest first, then in the catalogue's order") {
    Loaded loaded;
    REQUIRE(loaded.framework(small_framework));
    REQUIRE(loaded.controls(small_controls));
    CHECK(loaded.text() == "");
    CHECK(links_of(loaded.map, "doors.locked") ==
          std::vector<std::string>{"acme S-1 direct", "acme 3.10 direct", "acme S-2 supports"});
    CHECK(loaded.map.find("doors.locked")->links[0].title == "Doors are locked");
    CHECK(loaded.map.find("keys.counted")->no_equivalent.at("acme") == "ACME has no word on keys");
}

TEST_CASE("an id is found in any case and by its aliases") {
    Loaded loaded;
    REQUIRE(loaded.framework(small_framework));
    const Framework& acme = *loaded.map.framework("acme");
    const auto ids = [&](std::string_view text) {
        std::vector<std::string> out;
        for (const Requirement* item : acme.resolve(text)) out.push_back(item->id);
        return out;
    };
    CHECK(ids("s-1") == std::vector<std::string>{"S-1"});
    CHECK(ids("old-7") == std::vector<std::string>{"S-2", "S-3"});
    CHECK(ids("S-9").empty());
    // One clause of FAR 52.204-21 is three practices.
    CHECK(shipped().map.framework("cmmc_2_0")->resolve("PE.L1-b.1.ix").size() == 3);
    CHECK(shipped().map.framework("cmmc_2_0")->resolve("ac.l2-3.1.1").front()->id == "AC.L1-3.1.1");
}

TEST_CASE("a user's file changes the parts it gives and leaves the rest") {
    Loaded loaded;
    REQUIRE(loaded.framework(small_framework));
    REQUIRE(loaded.controls(small_controls));
    REQUIRE(
        loaded.controls("controls:\n"
                        "  - id: doors.locked\n"
                        "    title: Doors and gates\n"
                        "    maps:\n"
                        "      acme: {S-1: partial}\n"
                        "  - id: keys.counted\n"
                        "    maps:\n"
                        "      acme: {S-2: direct}\n"
                        "  - {id: own.thing, title: Own, objective: Ours., domain: Own}\n"));
    CHECK(loaded.text() == "");
    const Control& doors = *loaded.map.find("doors.locked");
    CHECK(doors.title == "Doors and gates");
    CHECK(doors.objective == "Doors are locked at night.");
    CHECK(doors.cadence == "daily");
    CHECK(doors.from == std::vector<std::string>{"terraform"});
    CHECK(links_of(loaded.map, "doors.locked") == std::vector<std::string>{"acme S-1 partial"});
    CHECK(links_of(loaded.map, "keys.counted") == std::vector<std::string>{"acme S-2 direct"});
    CHECK(loaded.map.find("keys.counted")->no_equivalent.empty());
    CHECK(links_of(loaded.map, "own.thing").empty());
    CHECK(loaded.map.controls().size() == 3);

    REQUIRE(
        loaded.controls("controls:\n"
                        "  - {id: doors.locked, maps: {acme: {}}, no_equivalent: {acme: we have no doors}}\n"));
    CHECK(links_of(loaded.map, "doors.locked").empty());
    CHECK(loaded.map.find("doors.locked")->no_equivalent.at("acme") == "we have no doors");
}

TEST_CASE("a second framework leaves links of the first whole") {
    Loaded loaded;
    REQUIRE(loaded.framework(small_framework));
    REQUIRE(loaded.controls(small_controls));
    for (int i = 0; i < 20; ++i) {  // makes the list of frameworks move in memory
        REQUIRE(loaded.framework("id: x" + std::to_string(i) +
                                 "\nname: X\nversion: \"1\"\nrequirements:\n  - {id: R-1, title: R}\n"));
    }
    REQUIRE(loaded.controls("controls:\n  - {id: doors.locked, maps: {x3: {R-1: direct}}}\n"));
    CHECK(links_of(loaded.map, "doors.locked") ==
          std::vector<std::string>{"acme S-1 direct", "acme 3.10 direct", "acme S-2 supports", "x3 R-1 direct"});
}

TEST_CASE("replacing a framework keeps what still exists and says what falls away") {
    Loaded loaded;
    REQUIRE(loaded.framework(small_framework));
    REQUIRE(loaded.controls(small_controls));
    REQUIRE(
        loaded.framework("id: acme\nname: ACME 2\nversion: \"2\"\nrequirements:\n"
                         "  - {id: S-1, title: Doors have locks}\n"
                         "  - {id: S-2, title: Keys, withdrawn: true}\n"));
    CHECK(loaded.faults() == std::vector<std::string>{"f.yaml:1:1 link-dropped", "f.yaml:1:1 link-dropped"});
    CHECK_FALSE(loaded.diagnostics.has_errors());
    CHECK(loaded.map.frameworks().size() == 1);
    CHECK(links_of(loaded.map, "doors.locked") == std::vector<std::string>{"acme S-1 direct"});
    CHECK(loaded.map.find("doors.locked")->links[0].title == "Doors have locks");
}

TEST_CASE("one file adds a framework and what is mapped to it") {
    Loaded loaded;
    REQUIRE(loaded.framework(small_framework));
    REQUIRE(loaded.controls(small_controls));
    const std::string own =
        "id: own\nname: Own\nversion: \"1\"\nrequirements:\n"
        "  - {id: O, title: All, heading: true}\n"
        "  - {id: O-1, title: Locks, parent: O}\n"
        "controls:\n";
    REQUIRE(loaded.framework(own + "  doors.locked: {O-1: partial}\n"));
    CHECK(loaded.text() == "");
    CHECK(links_of(loaded.map, "doors.locked") ==
          std::vector<std::string>{"acme S-1 direct", "acme 3.10 direct", "acme S-2 supports", "own O-1 partial"});
    CHECK(loaded.map.find("doors.locked")->title == "Locked doors");

    // A new edition that maps anew drops nothing and says nothing; a faulty one changes nothing.
    REQUIRE(
        loaded.framework("id: own\nname: Own\nversion: \"2\"\nrequirements:\n  - {id: O-7, title: Locks}\n"
                         "controls: {doors.locked: {O-7: direct}}\n"));
    CHECK(loaded.text() == "");
    CHECK_FALSE(loaded.framework(own + "  door.locked: {O-1: partial}\n  doors.locked: {O: partial}\n"));
    CHECK(loaded.faults() == std::vector<std::string>{"f.yaml:8:3 unknown-control", "f.yaml:9:18 heading-mapped"});
    CHECK(loaded.text().find("Did you mean \"doors.locked\"?") != std::string::npos);
    CHECK(links_of(loaded.map, "doors.locked") ==
          std::vector<std::string>{"acme S-1 direct", "acme 3.10 direct", "acme S-2 supports", "own O-7 direct"});
}

TEST_CASE("faults of a controls file have line, reason and advice") {
    struct Case {
        const char* entry;
        std::vector<std::string> faults;
        const char* says;
    };
    const char head[] = "controls:\n  - id: a.b\n    title: T\n    objective: O.\n    domain: D\n";
    const Case cases[] = {
        {"    titl: x\n", {"c.yaml:6:5 unknown-key"}, "Did you mean \"title\"?"},
        {"    maps:\n      acne: {S-1: direct}\n", {"c.yaml:7:7 unknown-framework"}, "Did you mean \"acme\"?"},
        {"    maps:\n      acme: {S-1: direct,\n        S-12: direct}\n",
         {"c.yaml:8:9 unknown-requirement"},
         "Did you mean \"S-1\"?"},
        {"    maps:\n      acme: {S: direct}\n", {"c.yaml:7:14 heading-mapped"}, "\"S\" is a heading of acme"},
        {"    maps:\n      acme: {S-3: direct}\n", {"c.yaml:7:14 withdrawn-mapped"}, "\"S-3\" was withdrawn from acme"},
        {"    maps:\n      acme: {S-1: suports}\n", {"c.yaml:7:14 unknown-closeness"}, "Did you mean \"supports\"?"},
        {"    maps:\n      acme: {S-1: true}\n", {"c.yaml:7:14 unknown-closeness"}, "\"true\" does not say how close"},
        {"    maps:\n      acme: [S-1]\n", {"c.yaml:7:7 wrong-kind"}, "`acme: {ID: direct}`"},
        {"    maps:\n      acme: {}\n", {"c.yaml:7:7 empty-map"}, "under `no_equivalent`"},
        {"    maps: {acme: {S-1: direct}}\n    no_equivalent: {acme: none}\n",
         {"c.yaml:7:21 mapped-and-not"},
         "Remove"},
        {"    no_equivalent: {acme: }\n", {"c.yaml:6:21 wrong-kind"}, "no_equivalent of control \"a.b\" is empty"},
        {"    evidence: {fron: [git]}\n", {"c.yaml:6:16 unknown-key"}, "Did you mean \"from\"?"},
        {"    evidence: {from: git}\n", {"c.yaml:6:16 wrong-kind"}, "`from: [a, b]`"},
        {"    note: 3.10\n", {"c.yaml:6:5 wrong-kind"}, "Put it in quotes"},
        {"  - id: a.b\n    title: again\n", {"c.yaml:6:5 duplicate-id"}, "Join the two entries"},
        {"  - title: nameless\n", {"c.yaml:6:5 missing-key"}, "The control has no id"},
        {"  - id: \"b c\"\n", {"c.yaml:6:5 bad-id"}, "\"b c\" is no id"},
        {"  - id: b.c\n    title: T\n    domain: D\n", {"c.yaml:6:5 missing-key"}, "Control \"b.c\" has no objective"},
        {"  - text\n", {"c.yaml:6:5 wrong-kind"}, "The control is no mapping"},
    };
    for (const Case& one : cases) {
        CAPTURE(one.entry);
        Loaded loaded;
        REQUIRE(loaded.framework(small_framework));
        CHECK_FALSE(loaded.controls(std::string(head) + one.entry));
        CHECK(loaded.map.controls().empty());  // nothing of a faulty file is taken over
        const std::string text = loaded.text();
        CAPTURE(text);
        CHECK(text.find(one.says) != std::string::npos);
        auto faults = loaded.faults();
        if (std::string_view(one.entry).find("again") != std::string_view::npos) faults.resize(1);
        CHECK(faults == one.faults);
    }
}

TEST_CASE("faults of a framework file have line, reason and advice") {
    struct Case {
        std::string text;
        std::vector<std::string> faults;
        const char* says;
    };
    const std::string head = "id: acme\nname: ACME\nversion: \"1\"\n";
    const std::string list = head + "requirements:\n  - {id: S-1, title: One}\n";
    const Case cases[] = {
        {"- a\n", {"f.yaml:1:1 wrong-kind"}, "The framework is no mapping"},
        {"name: A\nversion: \"1\"\nrequirements: [{id: a, title: b}]\n", {"f.yaml:1:1 missing-key"}, "has no id"},
        {"id: a\nname: A\nversion: 2.0\nrequirements: [{id: a, title: b}]\n",
         {"f.yaml:3:1 wrong-kind"},
         "Put it in quotes"},
        {head, {"f.yaml:1:1 missing-key"}, "has no list of requirements"},
        {head + "requirements: []\n", {"f.yaml:4:1 missing-key"}, "with at least one entry"},
        {head + "requirement:\n  - {id: S-1, title: One}\n",
         {"f.yaml:4:1 unknown-key", "f.yaml:1:1 missing-key"},
         "Did you mean \"requirements\"?"},
        {list + "  - {id: S-1, title: Two}\n", {"f.yaml:6:6 duplicate-id"}, "given twice"},
        {list + "  - {id: S-2, title: Two, parent: S-3}\n  - {id: S-3, title: Three}\n",
         {"f.yaml:6:27 unknown-parent"},
         "A parent stands before what is under it. Did you mean \"S-1\"?"},
        {list + "  - {id: S-2, title: Two, parent: 3.1}\n",
         {"f.yaml:6:27 wrong-kind"},
         "YAML reads 3.10 as the number 3.1"},
        {list + "  - {id: S-2, title: Two, groups: [bsic]}\ngroups:\n  - {id: basic, title: B}\n",
         {"f.yaml:6:27 unknown-group"},
         "Did you mean \"basic\"?"},
        {list + "  - {id: S-2, title: Two, heading: very}\n", {"f.yaml:6:27 wrong-kind"}, "neither true nor false"},
        {list + "  - {id: S-2}\n", {"f.yaml:6:5 missing-key"}, "Requirement \"S-2\" has no title"},
    };
    for (const Case& one : cases) {
        CAPTURE(one.text);
        Loaded loaded;
        CHECK_FALSE(loaded.framework(one.text));
        CHECK(loaded.map.frameworks().empty());
        const std::string text = loaded.text();
        CAPTURE(text);
        CHECK(text.find(one.says) != std::string::npos);
        CHECK(loaded.faults() == one.faults);
    }
}

TEST_CASE("an order of frameworks can be given alone") {
    Loaded loaded;
    for (const char* id : {"a", "b", "c"}) {
        REQUIRE(loaded.framework("id: " + std::string(id) +
                                 "\nname: N\nversion: \"1\"\nrequirements:\n  - {id: R-1, title: R}\n"));
    }
    REQUIRE(loaded.controls("frameworks: [c, a]\n"));
    std::string order;
    for (const Framework& framework : loaded.map.frameworks()) order += framework.id;
    CHECK(order == "cab");
    CHECK_FALSE(loaded.controls("frameworks: [d]\n"));
    CHECK(loaded.faults() == std::vector<std::string>{"c.yaml:1:1 unknown-framework"});
}

TEST_CASE("the examples of docs/controls.md are true") {
    Loaded loaded;
    for (const Framework& framework : shipped().map.frameworks()) {
        const std::string file = "rules/frameworks/" + framework.id + ".yaml";
        REQUIRE(loaded.map.add_framework(loaded.document(file, read_file(file)), loaded.diagnostics));
    }
    REQUIRE(loaded.controls(read_file("rules/controls.yaml")));
    const std::string page = read_file("docs/controls.md");
    int examples = 0;
    for (std::size_t at = page.find("```yaml\n"); at != std::string::npos; at = page.find("```yaml\n", at)) {
        at += 8;
        const std::string text = page.substr(at, page.find("```", at) - at);
        at += text.size() + 3;
        CAPTURE(text);
        CHECK((text.find("\nrequirements:") != std::string::npos ? loaded.framework(text) : loaded.controls(text)));
        ++examples;
    }
    CHECK(examples == 3);
    CHECK(loaded.text() == "");
    CHECK(loaded.map.find("availability.multi-az")->no_equivalent.contains("iso27001_2022"));
    CHECK(links_of(loaded.map, "access.sso").back() == "acme AC-1 supports");
    CHECK(links_of(loaded.map, "acme.cost-tags") == std::vector<std::string>{"iso27001_2022 A.5.9 supports"});

    const Value faulty = loaded.document("own/controls.yaml",
                                         "controls:\n  - id: logging.retention\n    maps:\n"
                                         "      soc2: {CC6.11: direct}\n");
    CHECK_FALSE(loaded.map.add_controls(faulty, loaded.diagnostics));
    std::istringstream lines(loaded.text());
    for (std::string line; std::getline(lines, line);) {
        if (line.find('^') == std::string::npos) CHECK(page.find("    " + line + "\n") != std::string::npos);
    }
}

}  // namespace plumbline
