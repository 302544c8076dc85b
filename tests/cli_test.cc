#include <doctest/doctest.h>

#include "cli_support.h"
#include "scanner/model/text.h"

namespace plumbline {
namespace {

// A second rule of the tests' own.
constexpr const char* tagged_rule = R"(id: test-bucket-owner
title: Buckets have an owner
severity: low
control: governance.asset-inventory
why: Nobody answers for a bucket without an owner.
fix: Add the tag owner.
checks:
  - platform: terraform
    types: [aws_s3_bucket]
    pass: {path: tags.owner, exists: true}
)";

constexpr const char* public_bucket = R"(resource "aws_s3_bucket" "open" {
  acl  = "public-read"
  tags = { owner = "me" }
}
)";
constexpr const char* private_bucket = R"(resource "aws_s3_bucket" "closed" {
  acl  = "private"
  tags = { owner = "me" }
}
)";

std::string replaced(std::string text, std::string_view what, std::string_view with) {
    return text.replace(text.find(what), what.size(), with);
}

struct Repository : Program {
    Repository() {
        system.files["/policy/private.yaml"] = private_rule;
        system.files["/policy/owner.yaml"] = tagged_rule;
    }
    /// Scans with the tests' rules only, a line a finding on standard output.
    int scan(std::vector<std::string> arguments = {}) {
        std::vector<std::string> all = {"scan", "--no-builtin-rules", "--rules", "/policy", "--format", "json"};
        all.insert(all.end(), arguments.begin(), arguments.end());
        return run(all);
    }
    bool reported(std::string_view text) const { return out.find(text) != std::string::npos; }
    bool said(std::string_view text) const { return err.find(text) != std::string::npos; }
};

TEST_CASE("exit codes: 0 clean, 1 failures, 2 when something could not be read or the call is wrong") {
    Repository repository;
    SUBCASE("nothing to report") {
        repository.system.files["/repo/main.tf"] = private_bucket;
        CHECK(repository.scan() == 0);
        CHECK(repository.err == "");
    }
    SUBCASE("a failure") {
        repository.system.files["/repo/main.tf"] = public_bucket;
        CHECK(repository.scan() == 1);
        CHECK(repository.reported("aws_s3_bucket.open"));
    }
    SUBCASE("below --fail-on") {
        repository.system.files["/repo/main.tf"] = public_bucket;
        CHECK(repository.scan({"--fail-on", "critical"}) == 0);
        CHECK(repository.scan({"--fail-on", "high"}) == 1);
        CHECK(repository.scan({"--fail-on", "never"}) == 0);
        CHECK(repository.reported("aws_s3_bucket.open"));
    }
    SUBCASE("an unreadable file, and no failure") {
        repository.system.files["/repo/main.tf"] = private_bucket;
        repository.system.files["/repo/secret.tf"] = "";
        repository.system.unreadable = {"/repo/secret.tf"};
        CHECK(repository.scan() == 2);
        CHECK(repository.said("secret.tf: error: This file was not read: permission denied\n"));
    }
    SUBCASE("an unreadable file beside a failure") {
        repository.system.files["/repo/main.tf"] = public_bucket;
        repository.system.files["/repo/secret.tf"] = "";
        repository.system.unreadable = {"/repo/secret.tf"};
        CHECK(repository.scan() == 1);
        CHECK(repository.said("secret.tf: error: This file was not read"));
    }
    SUBCASE("a path that is not there") {
        repository.system.files["/repo/main.tf"] = private_bucket;
        CHECK(repository.scan({"nowhere"}) == 2);
        CHECK(repository.err == "error: There is no file or folder \"nowhere\"\n  Check the path.\n");
    }
    SUBCASE("a report that cannot be written") {
        repository.system.files["/repo/main.tf"] = private_bucket;
        repository.system.read_only = true;
        CHECK(repository.scan({"--output", "out.json"}) == 2);
        CHECK(repository.err == "plumbline scan: --output \"out.json\": permission denied.\n");
    }
}

TEST_CASE("usage errors say what is wrong and what was likely meant") {
    Repository repository;
    repository.system.files["/repo/main.tf"] = private_bucket;
    const auto error = [&](std::vector<std::string> arguments) {
        CHECK(repository.run(std::move(arguments)) == 2);
        CHECK(repository.out == "");
        return repository.err.substr(0, repository.err.find('\n'));
    };
    CHECK(error({"scna"}) ==
          "plumbline: there is no command \"scna\". Did you mean \"scan\"? To scan a path: `plumbline scan PATH`.");
    CHECK(error({"rules", "shwo", "x"}) == "plumbline rules: there is no command \"shwo\". Did you mean \"show\"?");
    CHECK(error({"scan", "--formta", "sarif"}) ==
          "plumbline scan: there is no option \"--formta\". Did you mean \"--format\"?");
    CHECK(error({"scan", "--owner", "me"}) ==
          "plumbline scan: there is no option \"--owner\". It belongs to another command.");
    CHECK(
        error({"scan", "--format", "serif"})
            .starts_with("plumbline scan: --format: there is no format \"serif\". Did you mean \"sarif\"? Formats: "));
    CHECK(error({"scan", "--severity", "hihg"}) ==
          "plumbline scan: --severity: \"hihg\" is not one of info, low, medium, high, critical. Did you mean "
          "\"high\"?");
    CHECK(error({"scan", "--jobs", "0"}) == "plumbline scan: --jobs: \"0\" is not a number from 1 to 256.");
    CHECK(error({"scan", "--var", "x"}) == "plumbline scan: --var: \"x\" is not of the form NAME=VALUE.");
    CHECK(error({"scan", "--format", "json", "--format", "sarif"}) ==
          "plumbline scan: only one report can go to standard output; give the others an --output.");
    CHECK(error({"explain", "x"}) == "plumbline explain: an argument is missing.");
    CHECK(error({"scan", "--no-builtin-rules", "--rules", "/policy", "--rule", "test-bucket-privat"}) ==
          "plumbline: --rule: there is no rule \"test-bucket-privat\". Did you mean \"test-bucket-private\"? See "
          "`plumbline rules list`.");
    CHECK(error({"scan", "--framework", "soc3"}) ==
          "plumbline: --framework: there is no framework \"soc3\". Did you mean \"soc2\"? See `plumbline frameworks "
          "list`.");
    CHECK(error({"scan", "--fail-on", "new"}) ==
          "plumbline scan: --fail-on new needs a --baseline, --diff or --staged, which say what is not new.");
}

TEST_CASE("filters choose rules by id, alias, glob, control, framework and severity") {
    Repository repository;
    repository.system.files["/repo/main.tf"] = R"(resource "aws_s3_bucket" "both" {
  acl = "public-read"
}
)";
    const auto rules = [&](std::vector<std::string> arguments) {
        repository.scan(std::move(arguments));
        return std::pair(repository.reported("\"Everyone can read"), repository.reported("\"Nobody answers"));
    };
    CHECK(rules({}) == std::pair(true, true));
    CHECK(rules({"--rule", "test-bucket-private"}) == std::pair(true, false));
    CHECK(rules({"--rule", "ckv_test_1"}) == std::pair(true, false));
    CHECK(rules({"--rule", "*-owner"}) == std::pair(false, true));
    CHECK(rules({"--exclude-rule", "CKV_TEST_1"}) == std::pair(false, true));
    CHECK(rules({"--severity", "medium"}) == std::pair(true, false));
    CHECK(rules({"--control", "governance.*"}) == std::pair(false, true));
    CHECK(rules({"--rule", "test-bucket-private,test-bucket-owner"}) == std::pair(true, true));
}

TEST_CASE("each --format has its own --output, in either order") {
    Repository repository;
    repository.system.files["/repo/main.tf"] = public_bucket;
    CHECK(repository.run({"scan", "--no-builtin-rules", "--rules", "/policy", "--format", "terminal", "--output",
                          "sub/report.txt", "--format", "sarif", "--output", "report.sarif", "--output", "x.json"}) ==
          1);
    CHECK(repository.out == "");
    CHECK(repository.system.files["/repo/sub/report.txt"].find("aws_s3_bucket.open") != std::string::npos);
    CHECK(repository.system.files["/repo/report.sarif"].find("\"2.1.0\"") != std::string::npos);
    CHECK(repository.system.files["/repo/x.json"].starts_with("{"));
    CHECK(repository.run({"scan", "--output", "report.unknown"}) == 2);
    CHECK(repository.err.starts_with("plumbline scan: --output \"report.unknown\" needs a --format."));
}

TEST_CASE("a named file is judged with its neighbours, and only it is reported") {
    Repository repository;
    repository.system.files["/repo/a.tf"] = "resource \"aws_s3_bucket\" \"a\" {\n  acl = var.acl\n}\n";
    repository.system.files["/repo/b.tf"] =
        "variable \"acl\" {\n  default = \"public-read\"\n}\nresource \"aws_s3_bucket\" \"b\" {\n  acl = "
        "\"public-read\"\n}\n";
    CHECK(repository.scan({"a.tf", "--rule", "test-bucket-private"}) == 1);
    CHECK(repository.reported("aws_s3_bucket.a"));  // it fails, so b.tf was read
    CHECK_FALSE(repository.reported("aws_s3_bucket.b"));
    repository.scan({"a.tf", "b.tf"});
    CHECK(repository.reported("aws_s3_bucket.b"));
}

TEST_CASE("paths start at the working folder, and a module beside it is still read") {
    Repository repository;
    repository.system.files["/repo/.git/HEAD"] = "ref: refs/heads/main\n";
    repository.system.files["/repo/.git/refs/heads/main"] = "0123456789012345678901234567890123456789\n";
    repository.system.files["/repo/live/main.tf"] = "module \"m\" {\n  source = \"../module\"\n}\n";
    repository.system.files["/repo/module/main.tf"] = public_bucket;
    repository.call.working_directory = "/repo/live";
    CHECK(repository.scan() == 1);
    CHECK(repository.reported("\"module.m.aws_s3_bucket.open\""));
    CHECK(repository.reported("\"../module/main.tf\""));
    CHECK(repository.reported("0123456789012345678901234567890123456789"));

    // From elsewhere, paths start at what was scanned.
    repository.call.working_directory = "/elsewhere";
    CHECK(repository.scan({"/repo/module"}) == 1);
    CHECK(repository.reported("\"main.tf\""));

    // A working folder around the repository is where paths start, too.
    repository.call.working_directory = "/";
    CHECK(repository.scan({"/repo/module"}) == 1);
    CHECK(repository.reported("\"main.tf\""));
    repository.system.files["/home/me/other/.git/HEAD"] = "";
    repository.system.files["/home/me/other/sub/main.tf"] = public_bucket;
    repository.call.working_directory = "/home/me";
    CHECK(repository.scan({"other/sub"}) == 1);
    CHECK(repository.reported("\"other/sub/main.tf\""));
    CHECK(repository.scan({"other", "--exclude", "other/sub"}) == 0);
}

TEST_CASE("a baseline makes known findings not count, and tells what is gone") {
    Repository repository;
    repository.system.files["/repo/main.tf"] = public_bucket;
    CHECK(repository.scan({"--write-baseline", "base.json"}) == 1);
    const std::string baseline = repository.system.files["/repo/base.json"];
    CHECK(
        baseline.starts_with("{\"version\":1,\"findings\":[\n{\"address\":\"aws_s3_bucket.open\",\"file\":\"main.tf\","
                             "\"fingerprint\":\""));
    CHECK(split(baseline, '\n').size() == 4);

    // Moved down and reformatted, it is the same finding.
    repository.system.files["/repo/main.tf"] = "# moved\n\n" + std::string(public_bucket);
    CHECK(repository.scan({"--baseline", "base.json"}) == 0);
    CHECK(repository.scan({"--baseline", "base.json", "--fail-on", "new"}) == 0);

    repository.system.files["/repo/new.tf"] =
        "resource \"aws_s3_bucket\" \"second\" {\n  acl  = \"public-read\"\n  tags = { owner = \"me\" }\n}\n";
    CHECK(repository.scan({"--baseline", "base.json", "--fail-on", "new"}) == 1);

    repository.system.files.erase("/repo/new.tf");
    repository.system.files["/repo/main.tf"] = private_bucket;
    CHECK(repository.scan({"--baseline", "base.json"}) == 0);
    CHECK(repository.reported("\"absent\": 1"));

    repository.system.files["/repo/base.json"] = "[]";
    CHECK(repository.scan({"--baseline", "base.json"}) == 2);
    CHECK(repository.said("base.json:1:1: error: This is no baseline of plumbline\n"));
}

TEST_CASE("a baseline's findings stay known when lines move, names of variables change, and code is reformatted") {
    Repository repository;
    repository.system.files["/repo/main.tf"] =
        "variable \"acl\" {\n  default = \"public-read\"\n}\n"
        "locals {\n  tags = { owner = \"me\" }\n}\n"
        "resource \"aws_s3_bucket\" \"open\" {\n  acl = var.acl\n  tags = local.tags\n}\n";
    CHECK(repository.scan({"--write-baseline", "base.json"}) == 1);
    const auto known = [&] {
        const int exit = repository.scan({"--baseline", "base.json"});
        CHECK(repository.reported("\"absent\": 0"));
        return exit == 0 && repository.reported("\"baseline\": \"unchanged\"");
    };
    CHECK(known());
    SUBCASE("the variable has another name and stands in another file") {
        repository.system.files["/repo/variables.tf"] = "variable \"visibility\" {\n  default = \"public-read\"\n}\n";
        repository.system.files["/repo/main.tf"] =
            "resource \"aws_s3_bucket\" \"open\" {\n  acl = var.visibility\n  tags = { owner = \"me\" }\n}\n";
        CHECK(known());
    }
    SUBCASE("the value is another one, as bad") {
        repository.system.files["/repo/main.tf"] =
            "resource \"aws_s3_bucket\" \"open\" {\n  acl = \"public-read-write\"\n  tags = { owner = \"me\" }\n}\n";
        CHECK(known());
    }
    SUBCASE("reformatted, commented, other attributes before it") {
        repository.system.files["/repo/main.tf"] =
            "# a bucket\r\nresource aws_s3_bucket open {\r\n  bucket = \"b\"\r\n\r\n  tags = {\r\n    owner = "
            "\"me\"\r\n  }\r\n"
            "  acl         = \"public-read\" # for now\r\n}\r\n";
        CHECK(known());
    }
    SUBCASE("as JSON syntax in a file of the same name it is not: another file") {
        repository.system.files.erase("/repo/main.tf");
        repository.system.files["/repo/main.tf.json"] =
            R"({"resource":{"aws_s3_bucket":{"open":{"acl":"public-read","tags":{"owner":"me"}}}}})";
        CHECK(repository.scan({"--baseline", "base.json", "--fail-on", "new"}) == 1);
        CHECK(repository.reported("\"absent\": 1"));
    }
    SUBCASE("one more of the same kind is new") {
        repository.system.files["/repo/main.tf"] +=
            "resource \"aws_s3_bucket\" \"more\" {\n  acl = var.acl\n  tags = local.tags\n}\n";
        CHECK(repository.scan({"--baseline", "base.json", "--fail-on", "new"}) == 1);
    }
}

TEST_CASE(
    "a baseline keeps equal addresses apart: in several roots, in several calls of one module, in several folders") {
    Repository repository;
    const std::string call = "module \"site\" {\n  source = \"../module\"\n}\n";
    repository.system.files["/repo/.git/HEAD"] = "";
    repository.system.files["/repo/module/main.tf"] = public_bucket;
    repository.system.files["/repo/one/main.tf"] = call;
    repository.system.files["/repo/alone/main.tf"] = public_bucket;
    CHECK(repository.scan({"--write-baseline", "base.json"}) == 1);
    CHECK(repository.scan({"--baseline", "base.json", "--fail-on", "new"}) == 0);
    const auto is_new = [&] { return repository.scan({"--baseline", "base.json", "--fail-on", "new"}) == 1; };
    SUBCASE("a second root calls the same module under the same name") {
        repository.system.files["/repo/two/main.tf"] = call;
        CHECK(is_new());
        CHECK(repository.reported("\"root\": \"two\""));
    }
    SUBCASE("the same root calls it once more") {
        repository.system.files["/repo/one/main.tf"] += "module \"other\" {\n  source = \"../module\"\n}\n";
        CHECK(is_new());
    }
    SUBCASE("another folder has a resource of the same address") {
        repository.system.files["/repo/beside/main.tf"] = public_bucket;
        CHECK(is_new());
    }
    SUBCASE("one of two equal addresses is repaired") {
        repository.system.files["/repo/alone/main.tf"] =
            "resource \"aws_s3_bucket\" \"open\" {\n  acl  = \"private\"\n  tags = { owner = \"me\" }\n}\n";
        CHECK(!is_new());
        CHECK(repository.reported("\"absent\": 1"));
    }
}

TEST_CASE("waivers accept findings until they expire, and every odd one is reported") {
    Repository repository;
    repository.system.files["/repo/main.tf"] = public_bucket;
    std::string& waivers = repository.system.files["/repo/.plumbline/waivers.yaml"];
    const std::string head =
        "waivers:\n  - rule: test-bucket-private\n    resource: aws_s3_bucket.*\n    owner: web\n    created: "
        "2025-05-01\n";
    waivers = head + "    reason: a public site\n    expires: 2025-06-15\n";
    CHECK(repository.scan() == 0);
    CHECK(repository.reported("a public site"));
    CHECK(repository.err == "");

    SUBCASE("the day after its last it does not count") {
        repository.call.now = "2025-06-16T00:00:00Z";
        CHECK(repository.scan() == 1);
        CHECK(
            repository.said(".plumbline/waivers.yaml:2:5: warning: The waiver of \"test-bucket-private\" on "
                            "\"aws_s3_bucket.*\" (owner web) expired on 2025-06-15\n"));
        CHECK(repository.said("  Its findings count again: 1. Repair them, or decide anew.\n"));
        // Nobody can switch that off.
        CHECK(repository.scan({"-q"}) == 1);
        CHECK(repository.said("(owner web) expired on 2025-06-15\n"));
    }
    SUBCASE("one that matches nothing") {
        repository.system.files["/repo/main.tf"] = private_bucket;
        CHECK(repository.scan() == 0);
        CHECK(
            repository.said("warning: The waiver of \"test-bucket-private\" on \"aws_s3_bucket.*\" (owner web) matches "
                            "nothing\n"));
    }
    SUBCASE("one that accepts everything") {
        waivers =
            "waivers:\n  - rule: \"*\"\n    owner: web\n    reason: tired\n    created: 2025-05-01\n    expires: "
            "2026-01-01\n";
        CHECK(repository.scan() == 0);
        CHECK(repository.said("warning: This waiver accepts every finding\n"));
        const auto with = [&](const std::string& what) {
            waivers = "waivers:\n  - {" + what + ", owner: web, reason: x, created: 2025-05-01, expires: 2026-01-01}\n";
            repository.scan();
        };
        with("rule: test-bucket-private");
        CHECK(repository.said("warning: This waiver accepts the rule everywhere, also in what is yet to be written\n"));
        with("rule: \"*\", path: \"legacy/**\"");
        CHECK(repository.said("warning: This waiver accepts every rule for whatever its pattern matches\n"));
        with("rule: \"*\", path: main.tf");
        CHECK(repository.err == "");
        with("rule: test-bucket-private, resource: \"aws_s3_bucket.*\"");
        CHECK(repository.err == "");
    }
    SUBCASE("one without its required parts does not count") {
        waivers = head;
        CHECK(repository.scan() == 1);
        CHECK(repository.said(":2:5: error: A waiver has no `reason`\n"));
        CHECK(repository.said(":2:5: error: A waiver has no `expires`\n"));
        waivers = "waivers:\n  - rule: test-bucket-private\n    resource: a\n    owner: web\n    reason: x\n";
        waivers += "    expires: 2026-01-01\n";
        CHECK(repository.scan() == 1);
        CHECK(repository.said(":2:5: error: A waiver has no `created`\n"));
    }
    SUBCASE("it cannot end before it began") {
        waivers = head + "    reason: x\n    expires: 2025-04-30\n";
        CHECK(repository.scan() == 1);
        CHECK(repository.said(":2:5: error: A waiver expires before it was created\n"));
    }
    SUBCASE("no date, and a key that does not exist") {
        waivers = head + "    reason: x\n    expires: 2025-02-30\n    expiry: never\n";
        CHECK(repository.scan() == 1);
        CHECK(repository.said("error: `expires` is no date: \"2025-02-30\"\n"));
        CHECK(repository.said(".plumbline/waivers.yaml:8:5: error: a waiver has no key \"expiry\"\n"));
        CHECK(repository.said("Did you mean \"expires\"?"));
    }
    SUBCASE("longer than the configuration allows") {
        repository.system.files["/repo/.plumbline/config.yaml"] = "waivers: {max_days: 30}\n";
        waivers = head + "    reason: x\n    expires: 2025-12-01\n";
        CHECK(repository.scan() == 1);
        CHECK(repository.said("error: A waiver lasts longer than 30 days\n"));
    }
    SUBCASE("by control and path") {
        waivers =
            "waivers:\n- control: data.*\n  path: main.tf\n  owner: web\n  reason: x\n  created: 2025-06-01\n  "
            "expires: 2026-01-01\n";
        CHECK(repository.scan() == 0);
    }
}

TEST_CASE("the register of exceptions lists waivers and comments with what they accept and whether they still count") {
    Repository repository;
    repository.system.files["/repo/main.tf"] =
        "resource \"aws_s3_bucket\" \"open\" {\n  acl  = \"public-read\"\n}\n"
        "resource \"aws_s3_bucket\" \"site\" {\n  acl  = \"public-read\"\n  tags = { owner = \"me\" }\n}\n"
        "# plumbline:ignore test-bucket-owner a test\n"
        "resource \"aws_s3_bucket\" \"test\" {\n  acl  = \"private\"\n}\n"
        "# plumbline:ignore test-bucket-owner\n"
        "resource \"aws_s3_bucket\" \"tagged\" {\n  acl  = \"private\"\n  tags = { owner = \"me\" }\n}\n"
        "#checkov:skip=CKV_OTHER_1:not a rule of ours\n";
    repository.system.files["/repo/.plumbline/waivers.yaml"] =
        "waivers:\n"
        "  - {rule: test-bucket-private, resource: aws_s3_bucket.site, owner: web, approver: ciso, reason: a public "
        "site,\n"
        "     compensating_control: no data in it, ticket: RISK-1, created: 2025-06-01, expires: 2025-12-31}\n"
        "  - {control: data.*, resource: aws_s3_bucket.open, owner: web, reason: old, created: 2024-06-01, expires: "
        "2025-01-31}\n"
        "  - {rule: test-bucket-private, path: gone.tf, owner: web, reason: old, created: 2025-06-01, expires: "
        "2025-12-31}\n";
    CHECK(repository.run({"scan", "--no-builtin-rules", "--rules", "/policy", "--format", "exceptions"}) == 1);
    const std::string head =
        "kind,rule or control,resource,path,owner,approver,reason,compensating control,ticket,created,expires,state,"
        "matches,accepted findings,controls,place,commit,time\n";
    const std::string time = ",2025-06-15T12:00:00Z\n";
    CHECK(repository.out ==
          head +
              "waiver,test-bucket-private,aws_s3_bucket.site,,web,ciso,a public site,no data in it,RISK-1,2025-06-01,"
              "2025-12-31,active,1,test-bucket-private aws_s3_bucket.site (main.tf:5),data.public-access,"
              ".plumbline/waivers.yaml:2:5," +
              time +
              "waiver,data.*,aws_s3_bucket.open,,web,,old,,,2024-06-01,2025-01-31,expired,1,,,"
              ".plumbline/waivers.yaml:4:5," +
              time + "waiver,test-bucket-private,,gone.tf,web,,old,,,2025-06-01,2025-12-31,unused,0,,," +
              ".plumbline/waivers.yaml:5:5," + time +
              "comment in the code,test-bucket-owner,,main.tf,,,a test,,,,,active,1,test-bucket-owner "
              "aws_s3_bucket.test (main.tf:9),governance.asset-inventory,main.tf:8:1," +
              time + "comment in the code,test-bucket-owner,,main.tf,,,,,,,,unused,0,,,main.tf:12:1," + time);
    // What was not looked at cannot be called unused.
    CHECK(repository.run({"scan", "--no-builtin-rules", "--rules", "/policy", "--format", "exceptions", "--rule",
                          "test-bucket-private"}) == 1);
    CHECK(repository.reported("2025-12-31,not checked,0,"));
    CHECK_FALSE(repository.reported("unused"));
}

TEST_CASE("decisions of the configuration reach the Statement of Applicability, and name requirements that exist") {
    Repository repository;
    repository.system.files["/repo/main.tf"] = private_bucket;
    std::string& config = repository.system.files["/repo/.plumbline/config.yaml"];
    config =
        "decisions:\n  iso27001_2022:\n    A.7.4: {applicable: false, justification: no premises, owner: ciso}\n"
        "    a.8.13: {justification: contracts, owner: platform, status: planned}\n";
    const std::vector<std::string> scan = {"scan", "--no-builtin-rules", "--rules", "/policy", "--format", "soa", "-q"};
    CHECK(repository.run(scan) == 0);
    CHECK(repository.reported("A.7.4,Physical security monitoring,Physical,no,no premises,not applicable,,,,ciso,"));
    CHECK(repository.reported(",Technological,yes,contracts,planned,,,,platform,"));
    CHECK(split(repository.out, '\n').size() == 1 + 93 + 1);

    config = "decisions:\n  iso27001_2022:\n    A.9.99: {justification: x}\n";
    CHECK(repository.run(scan) == 2);
    CHECK(repository.said(".plumbline/config.yaml:3:5: error: iso27001_2022 has no requirement \"A.9.99\"\n"));
    config = "decisions:\n  iso27001_2022:\n    A.7.4: {applicable: false}\n";
    CHECK(repository.run(scan) == 2);
    CHECK(repository.said(":3:5: error: the decision on \"A.7.4\" has no `justification`\n"));
}

TEST_CASE("owners: the configuration goes before tags, and tags before CODEOWNERS") {
    Repository repository;
    repository.system.files["/repo/.git/HEAD"] = "";
    repository.system.files["/repo/main.tf"] =
        "provider \"aws\" {\n  default_tags {\n    tags = { \"acme:Team\" = \"platform\" }\n  }\n}\n"
        "resource \"aws_s3_bucket\" \"a\" {\n  tags = { Owner = \"alice\" }\n}\n"
        "resource \"aws_s3_bucket\" \"b\" {\n}\n";
    repository.system.files["/repo/untagged/main.tf"] = "resource \"aws_s3_bucket\" \"c\" {\n}\n";
    repository.system.files["/repo/.github/CODEOWNERS"] = "* @all\n/untagged @org/infra @bob\n";
    const std::vector<std::string> scan = {"scan",   "--no-builtin-rules",  "--rules",  "/policy",
                                           "--rule", "test-bucket-private", "--format", "github"};
    const auto owners = [&] {
        CHECK(repository.run(scan) == 1);
        std::vector<std::string> found;
        for (std::string_view line : split(repository.out, '\n')) {
            const std::size_t at = line.find("%0AOwner: ");
            if (!line.empty()) found.emplace_back(at == std::string_view::npos ? "" : line.substr(at + 10));
        }
        return found;
    };
    CHECK(owners() == std::vector<std::string>{"alice", "platform", "@org/infra, @bob"});
    repository.system.files["/repo/.plumbline/config.yaml"] =
        "owners:\n  codeowners: false\n  map:\n    - {path: \"**\", resource: aws_s3_bucket.a, owner: first}\n"
        "    - {path: main.tf, resource: \"*.a\", owner: [second, third]}\n";
    CHECK(owners() == std::vector<std::string>{"second, third", "platform", ""});
    repository.system.files["/repo/.plumbline/config.yaml"] =
        "owners:\n  tags: []\n  map: [{path: untagged, owner: us}]\n";
    CHECK(owners() == std::vector<std::string>{"@all", "@all", "us"});
    repository.system.files["/repo/.plumbline/config.yaml"] = "owners:\n  map: [{path: untagged}]\n";
    CHECK(repository.run(scan) == 2);
    CHECK(repository.said(".plumbline/config.yaml:2:9: error: an entry of `owners.map` has no `owner`\n"));
}

TEST_CASE("waive writes an entry that the next scan honours, and keeps the file's comments") {
    Repository repository;
    repository.system.files["/repo/main.tf"] = public_bucket;
    const std::vector<std::string> common = {"--no-builtin-rules"};
    const auto waive = [&](std::vector<std::string> arguments) {
        std::vector<std::string> all = {"waive", "CKV_TEST_1", "aws_s3_bucket.open", "--rules", "/policy"};
        all.insert(all.end(), arguments.begin(), arguments.end());
        return repository.run(all);
    };
    CHECK(waive({"--owner", "web", "--reason", "say \"yes\": #1"}) == 2);
    CHECK(repository.err == "plumbline waive: --expires is missing: every exception ends.\n");
    CHECK(waive({"--owner", "web", "--reason", "x", "--expires", "2025-01-01"}) == 2);
    CHECK(repository.err == "plumbline waive: --expires: 2025-01-01 has passed.\n");

    CHECK(waive({"--owner", "web", "--reason", "say \"yes\": #1", "--expires", "2025-12-31"}) == 0);
    std::string& file = repository.system.files["/repo/.plumbline/waivers.yaml"];
    CHECK(file ==
          "waivers:\n"
          "  - rule: \"test-bucket-private\"\n"
          "    resource: \"aws_s3_bucket.open\"\n"
          "    owner: \"web\"\n"
          "    reason: \"say \\\"yes\\\": #1\"\n"
          "    created: 2025-06-15\n"
          "    expires: 2025-12-31\n");
    CHECK(repository.scan() == 0);
    CHECK(repository.err == "");

    file = "# ours\nwaivers:\n- rule: a-b # old\n  owner: web\n  reason: x\n  expires: 2026-01-01\n# end";
    CHECK(waive({"--owner", "web", "--reason", "x", "--expires", "2025-12-31"}) == 0);
    CHECK(file ==
          "# ours\nwaivers:\n- rule: a-b # old\n  owner: web\n  reason: x\n  expires: 2026-01-01\n# end\n"
          "- rule: \"test-bucket-private\"\n  resource: \"aws_s3_bucket.open\"\n  owner: \"web\"\n  reason: \"x\"\n"
          "  created: 2025-06-15\n  expires: 2025-12-31\n");

    file = "waivers: [{rule: a-b, owner: web, reason: x, expires: 2026-01-01}]\n";
    CHECK(waive({"--owner", "web", "--reason", "x", "--expires", "2025-12-31"}) == 2);
    CHECK(repository.err.find("Add by hand:\n  - rule: \"test-bucket-private\"\n") != std::string::npos);
    CHECK(file == "waivers: [{rule: a-b, owner: web, reason: x, expires: 2026-01-01}]\n");
}

TEST_CASE("comments suppress through aliases, and stale ones are reported") {
    Repository repository;
    repository.system.files["/repo/main.tf"] =
        "resource \"aws_s3_bucket\" \"open\" {\n  # checkov:skip=CKV_TEST_1:a public site\n  acl = \"public-read\"\n"
        "  tags = { owner = \"me\" }\n}\n";
    CHECK(repository.scan() == 0);
    CHECK(repository.reported("a public site"));

    repository.system.files["/repo/main.tf"] =
        "# plumbline:ignore test-bucket-private once needed\n" + std::string(private_bucket);
    CHECK(repository.scan() == 0);
    CHECK(repository.said("main.tf:1:1: warning: Nothing is suppressed here for \"test-bucket-private\"\n"));

    repository.system.files["/repo/main.tf"] =
        "# plumbline:ignore test-bucket-privat a slip\n" + std::string(public_bucket);
    CHECK(repository.scan() == 1);
    CHECK(repository.said("warning: There is no rule \"test-bucket-privat\"\n"));
    CHECK(repository.said("Did you mean \"test-bucket-private\"?"));
}

TEST_CASE("a comment on a module call reaches what the call leads to, and no other call of the module") {
    Repository repository;
    repository.system.files["/repo/modules/inner/main.tf"] = public_bucket;
    repository.system.files["/repo/modules/outer/main.tf"] = "module \"inner\" {\n  source = \"../inner\"\n}\n";
    const std::string other = "module \"b\" {\n  source = \"./modules/outer\"\n}\n";
    repository.system.files["/repo/main.tf"] =
        "module \"a\" {\n  #checkov:skip=CKV_TEST_1:a public site\n  source = \"./modules/outer\"\n}\n" + other;
    CHECK(repository.scan() == 1);
    const auto line_of = [&](std::string_view address) {
        const std::size_t at = repository.out.find(address);
        REQUIRE(at != std::string::npos);
        const std::size_t begin = repository.out.rfind('\n', at) + 1;
        return repository.out.substr(begin, repository.out.find('\n', at) - begin);
    };
    CHECK(line_of("module.a.module.inner.aws_s3_bucket.open").find("a public site") != std::string::npos);
    CHECK(line_of("module.b.module.inner.aws_s3_bucket.open").find("a public site") == std::string::npos);

    // A comment on another line of the call is about that line only.
    repository.system.files["/repo/main.tf"] =
        "module \"a\" {\n  source = \"./modules/outer\" #trivy:ignore:CKV_TEST_1\n}\n";
    CHECK(repository.scan() == 1);
}

TEST_CASE("a plan is judged with the lines of the configuration beside it") {
    Repository repository;
    repository.system.files["/repo/plan.json"] =
        R"({"format_version":"1.2","resource_changes":[{"address":"aws_s3_bucket.open","mode":"managed",)"
        R"("type":"aws_s3_bucket","name":"open","change":{"actions":["create"],"after":{"acl":"public-read",)"
        R"("tags":{"owner":"me"}},"after_unknown":{}}}]})";
    CHECK(repository.scan({"plan.json"}) == 1);
    CHECK(repository.reported("\"plan.json\""));
    repository.system.files["/repo/main.tf"] =
        "variable \"acl\" {}\n" + replaced(public_bucket, "\"public-read\"", "var.acl");
    CHECK(repository.scan({"plan.json"}) == 1);
    CHECK(repository.reported("\"main.tf\""));
    CHECK(repository.reported("aws_s3_bucket.open"));
}

TEST_CASE("the configuration settles what the command line leaves open") {
    Repository repository;
    repository.system.files["/repo/main.tf"] = public_bucket;
    repository.system.files["/repo/examples/main.tf"] = public_bucket;
    std::string& config = repository.system.files["/repo/.plumbline/config.yaml"];
    config = "exclude: [examples]\nfail_on: critical\n";
    CHECK(repository.scan() == 0);
    CHECK(repository.reported("\"main.tf\""));
    CHECK_FALSE(repository.reported("\"examples/main.tf\""));
    CHECK(repository.scan({"--fail-on", "low"}) == 1);

    config = "exclud: [examples]\n";
    CHECK(repository.scan() == 2);
    CHECK(repository.err ==
          ".plumbline/config.yaml:1:1: error: the configuration has no key \"exclud\"\n"
          "  1 | exclud: [examples]\n"
          "    | ^^^^^^^^^^^^^^^^^^\n"
          "  Its keys are: exclude, severity, fail_on, rules, builtin_rules, frameworks, controls, history, "
          "exclude_rules, "
          "baseline, "
          "waivers, policy, decisions, audit, owners, environments. Did you mean \"exclude\"?\n");
    config = "severity: [high]\n";
    CHECK(repository.scan() == 2);
    CHECK(repository.said(":1:1: error: \"severity\" must be one of info, low, medium, high, critical\n"));
    config = "a: b: c\n";
    CHECK(repository.scan() == 2);
    CHECK(repository.out == "");
}

TEST_CASE("init writes a configuration that is valid and changes nothing; never over an existing one") {
    Repository repository;
    repository.system.files["/repo/main.tf"] = private_bucket;
    CHECK(repository.run({"init"}) == 0);
    CHECK(repository.scan() == 0);
    CHECK(repository.err == "");
    CHECK(repository.run({"init"}) == 2);

    // Every line that can be taken into use is itself valid.
    std::string& config = repository.system.files["/repo/.plumbline/config.yaml"];
    std::string used;
    for (std::string_view line : split(config, '\n')) {
        const bool setting = line.starts_with("# ") && (line.find(": ") != std::string_view::npos ||
                                                        line.ends_with(":") || line.starts_with("#   - "));
        // The first line is the editors'.
        const std::string_view bare = setting && !line.starts_with("# yaml-") ? line.substr(2) : std::string_view();
        if (!bare.empty() && (bare.starts_with(' ') || (bare[0] >= 'a' && bare[0] <= 'z')))
            used += std::string(bare) + "\n";
    }
    config = used;
    repository.run({"scan"});
    CHECK_FALSE(repository.said("settings-"));
    CHECK_FALSE(repository.said("has no key"));
    CHECK_FALSE(repository.said("must be"));
}

TEST_CASE("environments: each root once for each, a finding names those it holds in") {
    Repository repository;
    repository.system.files["/repo/main.tf"] =
        "variable \"acl\" {}\nresource \"aws_s3_bucket\" \"b\" {\n  acl  = var.acl\n  tags = { owner = \"me\" }\n}\n";
    repository.system.files["/repo/prod.tfvars"] = "acl = \"private\"\n";
    repository.system.files["/repo/.plumbline/config.yaml"] =
        "environments:\n  prod: {var_files: [prod.tfvars]}\n  dev: {vars: {acl: public-read}}\n";
    CHECK(repository.scan({"--include-passed"}) == 1);
    CHECK(repository.reported("\"dev\""));
    CHECK(repository.reported("\"prod\""));
    repository.scan();
    CHECK(repository.reported("\"dev\""));
    CHECK_FALSE(repository.reported("\"prod\""));
    // The other reports say it too.
    repository.run({"scan", "--no-builtin-rules", "--rules", "/policy", "--format", "sarif"});
    CHECK(repository.reported("\"environments\": [\"dev\"]"));
    repository.run({"scan", "--no-builtin-rules", "--rules", "/policy", "--color", "never"});
    CHECK(repository.reported("in        dev\n"));
}

TEST_CASE("variables come from the command line, the environment and files outside of the tree") {
    Repository repository;
    repository.system.files["/repo/main.tf"] =
        "variable \"acl\" {}\nresource \"aws_s3_bucket\" \"b\" {\n  acl  = var.acl\n  tags = { owner = \"me\" }\n}\n";
    CHECK(repository.scan() == 0);  // undecided
    CHECK(repository.scan({"--var", "acl=public-read"}) == 1);
    repository.system.files["/secrets/x.tfvars"] = "acl = \"public-read\"\n";
    CHECK(repository.scan({"--var-file", "/secrets/x.tfvars"}) == 1);
    repository.call.environment["TF_VAR_acl"] = "public-read";
    CHECK(repository.scan() == 1);
}

TEST_CASE("CloudFormation's parameters come from files in every form the AWS tools take") {
    Repository repository;
    repository.system.files["/policy/topic.yaml"] = R"(id: test-topic-name
title: Topics are named orders
severity: low
control: governance.asset-inventory
why: The test needs a rule.
fix: Name it orders.
checks:
  - platform: cloudformation
    types: [AWS::SNS::Topic]
    pass: {path: TopicName, equals: "00123"}
)";
    repository.system.files["/repo/stack.yaml"] =
        "Parameters:\n  Name: {Type: String, Default: other}\n"
        "Resources:\n  T:\n    Type: AWS::SNS::Topic\n    Properties:\n      TopicName: !Ref Name\n";
    const auto scan_with = [&](const std::string& text, std::vector<std::string> more = {}) {
        repository.system.files["/values/p.json"] = text;
        more.insert(more.begin(), {"--param-file", "/values/p.json"});
        return repository.scan(std::move(more));
    };
    CHECK(repository.scan() == 1);
    SUBCASE("the AWS CLI's list") {
        CHECK(scan_with(R"([{"ParameterKey": "Name", "ParameterValue": "00123"}])") == 0);
        CHECK(scan_with(R"([{"ParameterKey": "Name", "ParameterValue": "124"}])") == 1);
        CHECK(repository.reported("Name is set here"));
        CHECK(repository.reported("/values/p.json"));
    }
    SUBCASE("the list of `aws cloudformation deploy`") {
        CHECK(scan_with(R"(["Name=00123", "Other=a=b"])") == 0);
    }
    SUBCASE("CodePipeline's template configuration") {
        CHECK(scan_with(R"({"Parameters": {"Name": "00123"}, "Tags": {"Name": "x"}})") == 0);
    }
    SUBCASE("a plain mapping; a number as it is written") {
        CHECK(scan_with("Name: 00123\n") == 0);
    }
    SUBCASE("what the deployment fills in is not known, whatever the default") {
        for (const char* text : {R"([{"ParameterKey": "Name", "UsePreviousValue": true}])",
                                 R"({"Parameters": {"Name": {"Fn::GetParam": ["Built", "names.json", "Topic"]}}})"}) {
            CHECK(scan_with(text, {"--include-passed"}) == 0);
            CHECK(repository.reported("\"verdict\": \"undecided\""));
            CHECK(repository.reported("parameter Name is filled in by the deployment"));
        }
    }
    SUBCASE("--param goes before the file, a later file before an earlier one") {
        CHECK(scan_with(R"({"Name": "124"})", {"--param", "Name=00123"}) == 0);
        repository.system.files["/values/q.json"] = R"({"Name": "00123"})";
        CHECK(scan_with(R"({"Name": "124"})", {"--param-file", "/values/q.json"}) == 0);
    }
    SUBCASE("an environment's files") {
        repository.system.files["/repo/.plumbline/config.yaml"] =
            "environments:\n  a: {param_files: [a.json]}\n  b: {param_files: [a.json], params: {Name: '124'}}\n";
        repository.system.files["/repo/a.json"] = R"({"Name": "00123"})";
        CHECK(repository.scan() == 1);
        CHECK(repository.reported(R"("environments": ["b"])"));
    }
    SUBCASE("what is no parameter file stops the run") {
        CHECK(scan_with(R"([{"Key": "Name", "Value": "x"}])") == 2);
        CHECK(repository.said("/values/p.json:1:2: error: This is no value of a parameter\n"));
        CHECK(repository.out == "");
        CHECK(repository.scan({"--param-file", "/values/none.json"}) == 2);
        CHECK(repository.said("/values/none.json: error: This file was not read"));
    }
}

TEST_CASE("the same bytes for any number of threads") {
    Repository repository;
    for (int i = 0; i < 40; ++i) {
        const std::string folder = "/repo/r" + std::to_string(i % 13) + "/f" + std::to_string(i) + ".tf";
        repository.system.files[folder] = i % 3 ? std::string(public_bucket) : "resource \"a\" {\n";
        const std::size_t name = repository.system.files[folder].find("open");
        if (name != std::string::npos) repository.system.files[folder].replace(name, 4, "b" + std::to_string(i));
    }
    for (const char* format : {"json", "sarif", "terminal"}) {
        const std::vector<std::string> base = {"scan", "--no-builtin-rules", "--rules", "/policy", "--include-passed"};
        std::string out[2], err[2];
        for (int n = 0; n < 2; ++n) {
            std::vector<std::string> arguments = base;
            arguments.insert(arguments.end(), {"--format", format});
            // Not part of the arguments, which stand in the report.
            repository.call.cores = n == 0 ? 1 : 8;
            CHECK(repository.run(arguments) == 1);
            out[n] = repository.out;
            err[n] = repository.err;
        }
        CHECK(out[0] == out[1]);
        CHECK(err[0] == err[1]);
        CHECK(out[0].size() > 1000);
    }
}

TEST_CASE("names from the input cannot steer the terminal") {
    Repository repository;
    repository.system.files["/repo/\x1b[31mevil\n.tf"] =
        "resource \"aws_s3_bucket\" \"\x1b]0;title\x07\" {\n  acl = \"\x1b[2J\"\n}\nresource \"x\" \n";
    repository.run({"scan", "--no-builtin-rules", "--rules", "/policy", "--color", "never"});
    CHECK(repository.out.find('\x1b') == std::string::npos);
    CHECK(repository.err.find('\x1b') == std::string::npos);
    CHECK(repository.out.find('\x07') == std::string::npos);
    CHECK(repository.err.find("evil\n") == std::string::npos);
}

TEST_CASE("help and version come from the table of options") {
    Repository repository;
    CHECK(repository.run({"--version"}) == 0);
    CHECK(repository.out.starts_with("plumbline "));
    CHECK(repository.run({"--help"}) == 0);
    CHECK(repository.out.find("\n  rules test DIR") != std::string::npos);
    CHECK(repository.run({"scan", "--help"}) == 0);
    CHECK(repository.out.starts_with("Usage: plumbline scan [OPTIONS] [PATH...]\n"));
    CHECK(repository.out.find("\n  sarif ") != std::string::npos);
    CHECK(repository.run({"help", "rules", "test"}) == 0);
    CHECK(repository.out.starts_with("Usage: plumbline rules test [OPTIONS] DIR\n"));
    CHECK(repository.run({}) == 2);
    CHECK(repository.out == "");
    CHECK(repository.err.find("Usage: plumbline COMMAND") != std::string::npos);
}

TEST_CASE("explain shows each look-up and the verdict") {
    Repository repository;
    repository.system.files["/repo/main.tf"] = public_bucket;
    CHECK(repository.run({"explain", "CKV_TEST_1", "aws_s3_bucket.open", "--rules", "/policy"}) == 0);
    CHECK(repository.out.starts_with("test-bucket-private: Buckets are private\naws_s3_bucket.open  main.tf:1:1\n"));
    CHECK(repository.reported("main.tf:2:"));
    CHECK(repository.reported("\nfail: "));
    CHECK(repository.run({"explain", "CKV_TEST_1", "aws_s3_bucket.opne", "--rules", "/policy"}) == 2);
    CHECK(repository.err ==
          "plumbline explain: there is no resource \"aws_s3_bucket.opne\" in what was read. Did you mean "
          "\"aws_s3_bucket.open\"?\n");
}

TEST_CASE("rules list prints each rule with its aliases") {
    Repository repository;
    CHECK(repository.run({"rules", "list", "--format", "json", "--no-builtin-rules", "--rules", "/policy"}) == 0);
    CHECK(split(repository.out, '\n').size() == 5);  // brackets, two rules, the end
    CHECK(repository.reported("\"aliases\":[\"CKV_TEST_1\"]"));
    CHECK(repository.reported("\"id\":\"test-bucket-owner\""));
    CHECK(repository.run({"rules", "list", "--no-builtin-rules", "--rules", "/policy"}) == 0);
    CHECK(repository.out ==
          "test-bucket-owner    low       Buckets have an owner\n"
          "test-bucket-private  high      Buckets are private\n");
    CHECK(repository.run({"rules", "show", "ckv_test_1", "--rules", "/policy"}) == 0);
    CHECK(repository.out.starts_with("test-bucket-private  (high)\nBuckets are private\n"));
}

TEST_CASE("rules test runs examples and asks for the missing ones") {
    Repository repository;
    const std::string examples = R"(examples:
  - name: public
    terraform: |
      resource "aws_s3_bucket" "b" {
        acl = "public-read"
      }
    expect: fail
    line: 2
  - name: private
    terraform: |
      resource "aws_s3_bucket" "b" {
        acl = "private"
      }
    expect: {aws_s3_bucket.b: pass}
  - name: a variable without a value
    terraform: {main.tf: "resource \"aws_s3_bucket\" \"b\" { acl = var.a }", v.tf: "variable \"a\" {}"}
    expect: undecided
)";
    repository.system.files.erase("/policy/owner.yaml");
    std::string& rule = repository.system.files["/policy/private.yaml"];
    rule += examples;
    CHECK(repository.run({"rules", "test", "/policy"}) == 0);
    CHECK(repository.out == "1 rules, 3 examples, 0 failures\n");

    SUBCASE("a wrong verdict and a wrong line") {
        rule.replace(rule.find("expect: fail"), 12, "expect: pass");
        rule.replace(rule.find("line: 2"), 7, "line: 1");
        CHECK(repository.run({"rules", "test", "/policy"}) == 1);
        const std::vector<std::string_view> lines = split(repository.out, '\n');
        CHECK(lines[0].starts_with(
            "/policy/private.yaml:13: example \"public\" (terraform): aws_s3_bucket.b is fail, not "
            "pass: "));
        CHECK(lines[1] ==
              "/policy/private.yaml:13: example \"public\" (terraform): no failure points at line 1; they point at 2");
        CHECK(lines[2] == "/policy/private.yaml:1: there is no example that is fail for terraform");
        CHECK(lines[3] == "1 rules, 3 examples, 3 failures");
    }
    SUBCASE("an undecided example is missing") {
        rule.erase(rule.find("  - name: a variable"));
        CHECK(repository.run({"rules", "test", "/policy"}) == 1);
        CHECK(
            repository.reported("/policy/private.yaml:1: there is no example that is undecided for terraform (nor a "
                                "reason under undecided_impossible)\n"));
        rule += "undecided_impossible: {terraform: because}\n";
        CHECK(repository.run({"rules", "test", "/policy"}) == 0);
    }
    SUBCASE("an id twice, and a file that is no rule") {
        repository.system.files["/policy/sub/again.yaml"] = rule;
        repository.system.files["/policy/sub/broken.yaml"] = "id: [";
        CHECK(repository.run({"rules", "test", "/policy"}) == 1);
        CHECK(repository.reported("/policy/sub/broken.yaml:"));
        CHECK(
            repository.reported("/policy/sub/again.yaml:1: \"test-bucket-private\" is already an id or alias of "
                                "test-bucket-private\n"));
    }
}

TEST_CASE("a broken rule file is named and the rest is judged") {
    Repository repository;
    repository.system.files["/repo/main.tf"] = private_bucket;
    repository.system.files["/policy/broken.yaml"] = "id: x\ntitel: y\n";
    CHECK(repository.scan() == 2);
    CHECK(repository.said("/policy/broken.yaml:2:1: error: `titel` is no key of a rule here\n"));
    repository.system.files["/repo/main.tf"] = public_bucket;
    CHECK(repository.scan() == 1);
}

TEST_CASE("a file over the size limit is named and passed by") {
    Repository repository;
    repository.system.files["/repo/main.tf"] = private_bucket;
    repository.system.files["/repo/large.tf"] = std::string((std::size_t{16} << 20) + 1, '#');
    CHECK(repository.scan() == 2);
    CHECK(repository.said("large.tf: error: This file was not read: it is larger than the limit of 16 MiB\n"));
}

}  // namespace
}  // namespace plumbline
