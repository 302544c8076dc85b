#include "scanner/config.h"

#include <doctest/doctest.h>

#include "scanner/model/text.h"

// The configuration as people write it: what it says, and what is said of every mistake, with its place.
namespace plumbline {
namespace {

struct Read {
    SourceSet sources;
    Diagnostics diagnostics;
    Config config;
    explicit Read(const std::string& text) {
        const auto document = read_document(sources.add("config.yaml", text), diagnostics);
        REQUIRE(document);
        config = read_config(document->root, diagnostics);
    }
    /// `line:column summary. detail`, a line each.
    std::string faults() const {
        std::vector<std::string> lines;
        for (const Diagnostic& item : diagnostics.items()) {
            const LineCol at = sources.begin_of(item.subject);
            lines.push_back(std::to_string(at.line) + ":" + std::to_string(at.column) + " " + item.summary + ". " +
                            item.detail);
        }
        return join(lines, "\n");
    }
};

TEST_CASE("every setting is taken") {
    const Read read(R"(exclude: [examples, "*.bak"]
severity: high
fail_on: new
rules: [policy/rules]
builtin_rules: false
frameworks: soc2
controls: [c.yaml]
history: [h.json]
exclude_rules: [CKV_1]
baseline: b.json
policy: ../p.yaml
waivers: {file: w.yaml, max_days: 90}
decisions:
  soc2:
    CC6.1: {applicable: false, justification: none of ours, owner: ciso, status: done}
owners:
  tags: [team]
  codeowners: false
  map:
    - {path: "a/**", owner: "@a"}
    - {resource: "aws_*", owner: ["@b", "@c"]}
environments:
  prod: {var_files: [p.tfvars], vars: {n: 7, on: true, list: [a, 1]}, workspace: prod, roots: ["x/**"]}
  stage: {param_files: [p.json], params: {Stage: s}}
)");
    CHECK(read.faults() == "");
    const Config& config = read.config;
    using Texts = std::vector<std::string>;
    CHECK(config.exclude == Texts{"examples", "*.bak"});
    CHECK(config.severity == Severity::high);
    REQUIRE(config.fail_on);
    CHECK(config.fail_on->kind == FailOn::Kind::fresh);
    CHECK(config.rule_folders == Texts{"policy/rules"});
    CHECK(!config.builtin_rules);
    CHECK(config.frameworks == Texts{"soc2"});
    CHECK(config.control_files == Texts{"c.yaml"});
    CHECK(config.history == Texts{"h.json"});
    CHECK(config.excluded_rules == Texts{"CKV_1"});
    CHECK(config.baseline == "b.json");
    CHECK(config.policy == "../p.yaml");
    CHECK(config.waiver_file == "w.yaml");
    CHECK(config.waiver_max_days == 90);
    REQUIRE(config.decisions.size() == 1);
    CHECK(config.decisions[0].decision.framework == "soc2");
    CHECK(config.decisions[0].decision.id == "CC6.1");
    CHECK(!config.decisions[0].decision.applicable);
    CHECK(config.decisions[0].decision.justification == "none of ours");
    CHECK(config.decisions[0].decision.owner == "ciso");
    CHECK(config.decisions[0].decision.status == "done");
    CHECK(config.owners.tags == Texts{"team"});  // in place of the usual ones
    CHECK(!config.owners.codeowners);
    REQUIRE(config.owners.entries.size() == 2);
    CHECK(config.owners.entries[0].path == "a/**");
    CHECK(config.owners.entries[1].resource == "aws_*");
    CHECK(config.owners.entries[1].owners == Texts{"@b", "@c"});
    REQUIRE(config.environments.size() == 2);
    CHECK(config.environments[0].name == "prod");
    CHECK(config.environments[0].var_files == Texts{"p.tfvars"});
    // Lists are written as Terraform's command line takes them.
    CHECK(config.environments[0].vars ==
          std::vector<std::pair<std::string, std::string>>{{"list", R"(["a",1])"}, {"n", "7"}, {"on", "true"}});
    CHECK(config.environments[0].workspace == "prod");
    CHECK(config.environments[0].roots == Texts{"x/**"});
    CHECK(config.environments[1].param_files == Texts{"p.json"});
    CHECK(config.environments[1].params == std::vector<std::pair<std::string, std::string>>{{"Stage", "s"}});
}

TEST_CASE("nothing is needed") {
    for (const char* text : {"", "# only a comment\n", "{}\n"}) {
        const Read read(text);
        CHECK(read.faults() == "");
        CHECK(read.config.builtin_rules);
        CHECK(!read.config.severity);
        CHECK(!read.config.fail_on);
        CHECK(read.config.environments.empty());
    }
    const Read template_text{std::string(config_template())};
    CHECK(template_text.faults() == "");
}

TEST_CASE("a mistake is named with its place, and the other settings still hold") {
    struct Row {
        std::string text, faults;
    };
    for (const Row& row : std::vector<Row>{
             {"- a\n", "1:1 the configuration must be a mapping of keys to values. It is [\"a\"]."},
             {"severity: hihg\n", "1:1 \"severity\" must be one of info, low, medium, high, critical. It is \"hihg\"."},
             {"fail_on: 5\n", "1:1 \"fail_on\" must be one of info, low, medium, high, critical, new, never. It is 5."},
             {"builtin_rules: \"no\"\n", "1:1 \"builtin_rules\" must be true or false. It is \"no\"."},
             {"exclude: {a: b}\n", "1:1 \"exclude\" must be a list of texts. It is {\"a\":\"b\"}."},
             {"exclude: [[a]]\n", "1:1 \"exclude\" must be a list of texts. It is [[\"a\"]]."},
             {"baseline: \"\"\n", "1:1 \"baseline\" must be a text. It is \"\"."},
             {"baseline: [a]\n", "1:1 \"baseline\" must be a text. It is [\"a\"]."},
             {"waivers: w.yaml\n", "1:10 `waivers` must be a mapping of keys to values. It is \"w.yaml\"."},
             {"waivers:\n  max_days: 0\n", "2:3 \"max_days\" must be a number of days from 1 to 36500. It is 0."},
             {"waivers:\n  max_days: 36501\n",
              "2:3 \"max_days\" must be a number of days from 1 to 36500. It is 36501."},
             {"waivers:\n  max_days: 1.5\n", "2:3 \"max_days\" must be a number of days from 1 to 36500. It is 1.5."},
             {"waivers:\n  maxdays: 1\n",
              "2:3 `waivers` has no key \"maxdays\". Its keys are: file, max_days. Did you mean \"max_days\"?"},
             {"environments: [prod]\n",
              "1:1 \"environments\" must be a mapping of names to settings. It is [\"prod\"]."},
             {"environments:\n  prod: {var: {a: 1}}\n",
              "2:10 the environment \"prod\" has no key \"var\". Its keys are: var_files, vars, workspace, "
              "param_files, params, roots. Did you mean \"vars\"?"},
             {"environments:\n  prod: {vars: [a]}\n",
              "2:10 \"vars\" must be a mapping of names to texts. It is [\"a\"]."},
             {"decisions: [a]\n",
              "1:1 \"decisions\" must be a mapping of frameworks to decisions on their requirements. It is [\"a\"]."},
             {"decisions:\n  soc2: CC1\n",
              "2:3 \"soc2\" must be a mapping of requirements to decisions. It is \"CC1\"."},
             {"decisions:\n  soc2:\n    CC6.1: {owner: me}\n",
              "3:5 the decision on \"CC6.1\" has no `justification`. A Statement of Applicability says of each control "
              "why it is in or out."},
             {"owners:\n  map: {path: a}\n",
              "2:3 \"map\" must be a list of entries with `owner`. It is {\"path\":\"a\"}."},
             {"owners:\n  map:\n    - {path: a}\n",
              "3:7 an entry of `owners.map` has no `owner`. It must say whom these files or resources belong to."},
             {"audit:\n  required_approvals: 0\n",
              "2:3 \"required_approvals\" must be a whole number from 1 to 20. It is 0."},
             {"audit:\n  required_approvals: 21\n",
              "2:3 \"required_approvals\" must be a whole number from 1 to 20. It is 21."},
             {"audit:\n  emergency_review_hours: 17521\n",
              "2:3 \"emergency_review_hours\" must be a whole number from 1 to 17520. It is 17521."},
             {"audit:\n  ticket_patterns: [\"(\"]\n",
              "2:3 \"(\" is no regular expression of RE2's syntax. missing ): (."},
             {"audit:\n  merge_methods: [squish]\n",
              "2:3 \"squish\" is not one of merge, squash, rebase. They are the ways in which the git host merges pull "
              "requests. Did you mean \"squash\"?"},
             {"audit:\n  identities: [ann]\n",
              "2:3 \"identities\" must be a mapping of names to accounts and addresses. It is [\"ann\"]."},
             {"audit:\n  trust_trailers: sometimes\n",
              "2:3 \"trust_trailers\" must be true or false. It is \"sometimes\"."},
         }) {
        const Read read(row.text);
        CAPTURE(row.text);
        CHECK(read.faults() == row.faults);
    }
    const Read read("severity: hihg\nfail_on: high\nexclude: [a]\nbuiltin_rules: nope\n");
    CHECK(read.diagnostics.size() == 2);
    CHECK(read.config.fail_on->level == Severity::high);
    CHECK(read.config.exclude == std::vector<std::string>{"a"});
    CHECK(read.config.builtin_rules);
}

}  // namespace
}  // namespace plumbline
