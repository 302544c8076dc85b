#include "scanner/commands.h"

#include <doctest/doctest.h>

#include "scanner/model/text.h"
#include "tests/cli_support.h"

// What the smaller commands say when something is missing or wrong, and of cases that tests/cli_test.cc does not show.
namespace plumbline {
namespace {

struct Folder : Program {
    Folder() {
        system.files["/policy/on.yaml"] =
            "id: test-thing-on\ntitle: Things are on\nseverity: high\ncontrol: config.hardening\naliases: [CKV_T_1]\n"
            "why: w\nfix: f\nchecks:\n  - platform: terraform\n    types: [thing]\n    when: {path: kind, equals: "
            "big}\n"
            "    pass: {all: [{path: on, equals: true}, {path: \"tags.*\", not_equals: x}]}\n";
        system.files["/repo/main.tf"] =
            "variable \"v\" {}\nresource \"thing\" \"a\" {\n  kind = \"big\"\n  on   = var.v\n}\n"
            "resource \"thing\" \"small\" {\n}\nresource \"other\" \"o\" {}\n";
    }
    int explain(std::vector<std::string> arguments) {
        std::vector<std::string> all = {"explain"};
        all.insert(all.end(), arguments.begin(), arguments.end());
        all.insert(all.end(), {"--no-builtin-rules", "--rules", "/policy"});
        return run(all);
    }
    int waive(std::vector<std::string> arguments) {
        std::vector<std::string> all = {"waive"};
        all.insert(all.end(), arguments.begin(), arguments.end());
        all.insert(all.end(), {"--rules", "/policy"});
        return run(all);
    }
};

TEST_CASE("explain: every step, what is not known, what does not apply") {
    Folder folder;
    REQUIRE(folder.explain({"CKV_T_1", "thing.a"}) == 0);
    CHECK(folder.out ==
          "test-thing-on: Things are on\n"
          "thing.a  main.tf:2:1\n"
          "  true  kind should be \"big\": kind is \"big\", should be \"big\"  [main.tf:3:3]\n"
          "  unknown  all of  [main.tf:4:3]\n"
          "    unknown  on should be true: on is not known, should be true  [main.tf:4:3]\n"
          "    true  tags.* should not be \"x\": tags.* is missing, should not be \"x\"  [main.tf:2:1]\n"
          "undecided: on is not known, should be true (var.v has no default and no value was given)\n"
          "  at main.tf:4:3\n");
    CHECK(folder.explain({"test-thing-on", "thing.a", "--var", "v=true"}) == 0);
    CHECK(folder.out.ends_with("pass: on is \"true\", should be true\n  at main.tf:4:3\n"));
    CHECK(folder.explain({"test-thing-on", "thing.small"}) == 0);
    CHECK(folder.out ==
          "test-thing-on: Things are on\nthing.small  main.tf:6:1\n"
          "  false  kind should be \"big\": kind is missing, should be \"big\"  [main.tf:6:1]\n"
          "not_applicable: kind is missing, should be \"big\"\n  at main.tf:6:1\n");
    CHECK(folder.explain({"test-thing-on", "other.o"}) == 0);
    CHECK(folder.out ==
          "test-thing-on: Things are on\nother.o  main.tf:8:1\nThe rule does not judge other (terraform).\n");
    // Each environment has its own answer.
    folder.system.files["/repo/.plumbline/config.yaml"] =
        "environments:\n  prod: {vars: {v: true}}\n  test: {vars: {v: false}}\n";
    CHECK(folder.explain({"test-thing-on", "thing.a"}) == 0);
    CHECK(folder.out.find("environment prod\n") < folder.out.find("pass: on is true"));
    CHECK(folder.out.find("environment test\n") < folder.out.find("fail: on is false, should be true\n"));
}

TEST_CASE("explain: what is not there") {
    Folder folder;
    CHECK(folder.explain({"test-thing-off", "thing.a"}) == 2);
    CHECK(folder.err == "plumbline explain: there is no rule \"test-thing-off\". Did you mean \"test-thing-on\"?\n");
    CHECK(folder.explain({"test-thing-on", "thing.b"}) == 2);
    CHECK(folder.err ==
          "plumbline explain: there is no resource \"thing.b\" in what was read. Did you mean \"thing.a\"?\n");
    CHECK(folder.explain({"test-thing-on", "thing.a", "nowhere"}) == 2);
    CHECK(folder.err.find("error: There is no file or folder \"nowhere\"\n") != std::string::npos);
    folder.system.files["/repo/.plumbline/config.yaml"] = "severity: much\n";
    CHECK(folder.explain({"test-thing-on", "thing.a"}) == 2);
    CHECK(folder.out == "");
    CHECK(folder.err.starts_with(".plumbline/config.yaml:1:1: error: \"severity\" must be one of "));
}

TEST_CASE("waive: what it asks for") {
    Folder folder;
    const std::vector<std::string> whole = {"test-thing-on", "thing.a", "--owner",   "me",
                                            "--reason",      "r",       "--expires", "2025-12-31"};
    const auto without = [&](const std::string& option) {
        std::vector<std::string> arguments = whole;
        const auto at = std::find(arguments.begin(), arguments.end(), option);
        arguments.erase(at, at + 2);
        CHECK(folder.waive(arguments) == 2);
        return folder.err;
    };
    CHECK(without("--owner") == "plumbline waive: --owner is missing: someone must answer for the risk.\n");
    CHECK(without("--reason") == "plumbline waive: --reason is missing: an auditor will ask why.\n");
    CHECK(without("--expires") == "plumbline waive: --expires is missing: every exception ends.\n");
    const auto with = [&](std::size_t at, const std::string& value) {
        std::vector<std::string> arguments = whole;
        arguments[at] = value;
        CHECK(folder.waive(arguments) == 2);
        return folder.err;
    };
    CHECK(with(7, "31.12.2025") == "plumbline waive: --expires: \"31.12.2025\" is no date; write YYYY-MM-DD.\n");
    CHECK(with(7, "2025-06-14") == "plumbline waive: --expires: 2025-06-14 has passed.\n");
    CHECK(with(0, "test-thing-no") ==
          "plumbline waive: there is no rule or control \"test-thing-no\". Did you mean \"test-thing-on\"?\n");
    folder.system.files["/repo/.plumbline/config.yaml"] = "waivers: {max_days: 30}\n";
    CHECK(with(7, "2025-07-16") == "plumbline waive: --expires: the configuration allows no more than 30 days.\n");
    CHECK(!folder.system.files.contains("/repo/.plumbline/waivers.yaml"));
}

TEST_CASE("waive: a rule by alias, several by a pattern, a control; where, and by whom") {
    Folder folder;
    const auto entry = [&](std::vector<std::string> arguments) {
        folder.system.files.erase("/repo/.plumbline/waivers.yaml");
        arguments.insert(arguments.end(), {"--owner", "me", "--reason", "r", "--expires", "2025-12-31"});
        CHECK(folder.waive(arguments) == 0);
        CHECK(folder.out.starts_with("Added to .plumbline/waivers.yaml:\n"));
        const std::string& file = folder.system.files["/repo/.plumbline/waivers.yaml"];
        return file.substr(0, file.find("    owner:"));
    };
    CHECK(entry({"CKV_T_1", "thing.a"}) == "waivers:\n  - rule: \"test-thing-on\"\n    resource: \"thing.a\"\n");
    CHECK(folder.err == "");
    CHECK(entry({"test-*", "thing.a"}) == "waivers:\n  - rule: \"test-*\"\n    resource: \"thing.a\"\n");
    CHECK(entry({"config.hardening", "--path", "old/**"}) ==
          "waivers:\n  - control: \"config.hardening\"\n    path: \"old/**\"\n");
    CHECK(entry({"test-thing-on"}) == "waivers:\n  - rule: \"test-thing-on\"\n");
    CHECK(folder.err.starts_with("plumbline waive: "));  // that is broad
    CHECK(folder.err.ends_with("; name an address or a --path.\n"));
    CHECK(folder.waive({"test-thing-on", "thing.a", "--owner", "me", "--reason", "r", "--expires", "2025-06-15",
                        "--approver", "boss", "--ticket", "T-1", "--compensating-control", "watched", "--waivers",
                        "/elsewhere/w.yaml"}) == 0);
    CHECK(folder.system.files["/elsewhere/w.yaml"] ==
          "waivers:\n  - rule: \"test-thing-on\"\n    resource: \"thing.a\"\n    owner: \"me\"\n    reason: \"r\"\n"
          "    compensating_control: \"watched\"\n    approver: \"boss\"\n    ticket: \"T-1\"\n"
          "    created: 2025-06-15\n    expires: 2025-06-15\n");
    folder.system.read_only = true;
    CHECK(folder.waive({"test-thing-on", "thing.a", "--owner", "me", "--reason", "r", "--expires", "2025-12-31"}) == 2);
    CHECK(folder.err == "plumbline waive: \"/repo/.plumbline/waivers.yaml\": permission denied.\n");
}

TEST_CASE("a file that was named and is not there stops") {
    Folder folder;
    const auto said = [&](std::vector<std::string> arguments) {
        CHECK(folder.run(std::move(arguments)) == 2);
        return folder.err;
    };
    CHECK(said({"scan", "--config", "nope.yaml"}).starts_with("nope.yaml: error: "));
    CHECK(said({"scan", "--rules", "nope"}).find("nope") != std::string::npos);
    CHECK(said({"scan", "--baseline", "nope.json"}).find("nope.json") != std::string::npos);
    CHECK(said({"scan", "--waivers", "nope.yaml"}).find("nope.yaml") != std::string::npos);
    CHECK(said({"scan", "--param-file", "nope.json"}).find("nope.json") != std::string::npos);
    CHECK(said({"scan", "--var-file", "nope.tfvars"}).find("nope.tfvars") != std::string::npos);
    folder.system.files["/empty/readme.md"] = "x";
    CHECK(said({"rules", "test", "/empty"}) == "plumbline rules test: there is no rule below \"/empty\".\n");
    CHECK(said({"inspect", "main.tf"}) == "plumbline inspect: PATH must be a folder, a Terraform root module.\n");
    CHECK(said({"inspect", "--format", "sarif"}) == "plumbline inspect: json is the only --format here.\n");
    CHECK(said({"inspect", "--expressions", "nope"}).starts_with("plumbline inspect: --expressions \"nope\": "));
    CHECK(said({"completions", "bsh"}) ==
          "plumbline completions: \"bsh\" is not one of bash, zsh, fish. Did you mean \"bash\"?\n");
    CHECK(said({"rules", "show", "no-such-rule"}).starts_with("plumbline"));
    CHECK(folder.out == "");
}

TEST_CASE("a baseline that is none is named") {
    Folder folder;
    const auto said = [&](const std::string& text) {
        folder.system.files["/repo/b.json"] = text;
        CHECK(folder.run({"scan", "--baseline", "b.json", "--no-builtin-rules", "--rules", "/policy"}) == 2);
        return folder.err.substr(0, folder.err.find('\n'));
    };
    CHECK(said("[]") == "b.json:1:1: error: This is no baseline of plumbline");
    CHECK(said("{\"findings\": 5}").find("error: This is no baseline of plumbline") != std::string::npos);
    CHECK(said("{").starts_with("b.json:1:"));
}

}  // namespace
}  // namespace plumbline
