#include "rules/rule_set.h"

#include <doctest/doctest.h>

#include "scanner/model/text.h"
#include "tests/rule_test_support.h"

// Rule files as people write them: what is accepted, and what is said of a fault, with its place.
namespace plumbline {
namespace {

/// A rule file with lines left out, changed or added. Lines: 1 id, 2 title, 3 severity, 4 control, 5 why, 6 fix,
/// 7 checks, 8 platform, 9 types, 10 pass; more come from line 11 on.
std::string rule_with(const std::string& from = {}, const std::string& to = {}, const std::string& more = {}) {
    std::string text =
        "id: test-thing-on\ntitle: Things are on\nseverity: medium\ncontrol: config.hardening\nwhy: Because.\nfix: "
        "Turn it on.\n"
        "checks:\n  - platform: terraform\n    types: [thing]\n    pass: {path: on, equals: true}\n";
    if (!from.empty()) {
        const std::size_t at = text.find(from);
        REQUIRE_MESSAGE(at != std::string::npos, from);
        text.replace(at, from.size(), to);
    }
    return text + more;
}

TEST_CASE("a rule as it is written is what the set knows of it") {
    const RuleText text(rule_with("", "",
                                  "aliases: [CKV_X_1, AVD-X-0001]\nlinks: [a, b]\nnotes: for the authors\n"
                                  "undecided_impossible: {kubernetes: nothing is unknown}\n"));
    REQUIRE(text.faults == std::vector<std::string>{});
    REQUIRE(text.rules.infos().size() == 1);
    const RuleInfo& info = text.rules.infos()[0];
    CHECK(info.id == "test-thing-on");
    CHECK(info.title == "Things are on");
    CHECK(info.why == "Because.");
    CHECK(info.fix == "Turn it on.");
    CHECK(info.control == "config.hardening");
    CHECK(info.severity == Severity::medium);
    CHECK(info.file == "rule.yaml");
    CHECK(std::vector<std::string_view>(info.platforms.begin(), info.platforms.end()) ==
          std::vector<std::string_view>{"terraform"});
    CHECK(std::vector<std::string_view>(info.types.begin(), info.types.end()) ==
          std::vector<std::string_view>{"thing"});
    CHECK(std::vector<std::string_view>(info.links.begin(), info.links.end()) ==
          std::vector<std::string_view>{"a", "b"});
    // By id and alias, in any case, with and without Trivy's old prefix.
    for (const char* name :
         {"test-thing-on", "TEST-THING-ON", "CKV_X_1", "ckv_x_1", "AVD-X-0001", "X-0001", "avd-x-0001"})
        CHECK_MESSAGE(text.rules.find(name) == &info, name);
    for (const char* name : {"test-thing", "CKV_X_2", "X-1", "", "*"})
        CHECK_MESSAGE(text.rules.find(name) == nullptr, name);
    for (const char* glob : {"test-*", "*", "CKV_*", "avd-x-000?", "test-thing-on"})
        CHECK_MESSAGE(text.rules.matching(glob).size() == 1, glob);
    for (const char* glob : {"test", "thing*", ""}) CHECK_MESSAGE(text.rules.matching(glob).empty(), glob);
    CHECK(text.rules.knows_type("terraform", "thing"));
    CHECK(!text.rules.knows_type("terraform", "things"));
    CHECK(!text.rules.knows_type("cloudformation", "thing"));
}

TEST_CASE("a type that ends in * stands for all that begin so, and a rule judges each once") {
    const RuleText text(rule_with("[thing]", "[\"thing_*\", thing_a]"));
    REQUIRE(text.accepted);
    CHECK(text.rules.knows_type("terraform", "thing_a"));
    CHECK(text.rules.knows_type("terraform", "thing_"));
    CHECK(!text.rules.knows_type("terraform", "thing"));
    const Judged judged(
        "terraform", "\"thing_*\", thing_a", "pass: {path: on, equals: true}",
        {{"main.tf",
          "resource \"thing_a\" \"x\" {}\nresource \"thing_b\" \"x\" { on = true }\nresource \"thin\" \"x\" {}\n"}});
    CHECK(judged.verdicts.size() == 2);
    CHECK(judged.verdict("thing_a.x") == "fail");
    CHECK(judged.verdict("thing_b.x") == "pass");
}

TEST_CASE("faults of rule files, each with its place") {
    struct Row {
        std::string from, to, more;
        std::vector<std::string> faults;
    };
    const std::string needed = " is missing or no text. Every rule and check has it; rules/LANGUAGE.md shows how.";
    const std::string platforms =
        " There are terraform, cloudformation, kubernetes, github-actions, gitlab-ci, github-settings, "
        "gitlab-settings, repository and git-history.";
    for (const Row& row : std::vector<Row>{
             {"title: Things",
              "titel: Things",
              "",
              {"2:1 `titel` is no key of a rule here. Remove it. Did you mean \"title\"?", "1:1 `title`" + needed}},
             {"why: Because.\n", "", "", {"1:1 `why`" + needed}},
             {"why: Because.", "why: \" \"", "", {"5:1 `why`" + needed}},
             {"fix: Turn it on.", "fix: [a]", "", {"6:1 `fix`" + needed}},
             {"id: test-thing-on", "id: Test_Thing", "", {"1:1 an id is made of small letters, digits and `-`"}},
             {"severity: medium", "severity: moderate", "", {"3:1 `severity` is info, low, medium, high or critical"}},
             {"config.hardening",
              "config.hardned",
              "",
              {"4:1 there is no control \"config.hardned\". rules/controls.yaml lists them. Did you mean "
               "\"config.hardening\"?"}},
             {"platform: terraform",
              "platform: teraform",
              "",
              {"8:5 there is no platform \"teraform\"." + platforms + " Did you mean \"terraform\"?"}},
             {"  - platform: terraform\n    types", "  - types", "", {"8:5 `platform`" + needed}},
             {"types: [thing]", "types: thing", "", {"9:5 `types` takes a list of texts"}},
             {"types: [thing]", "types: []", "", {"9:5 `types` takes a list of texts"}},
             {"types: [thing]", "types: [5]", "", {"9:5 `types` takes a list of texts"}},
             {"    types: [thing]\n", "", "", {"8:5 `types` is missing. It takes a list of texts."}},
             {"    pass: {path: on, equals: true}\n",
              "",
              "",
              {"8:5 `pass` is missing. It holds the condition under which a resource passes."}},
             {"    pass:",
              "    fail:",
              "",
              {"10:5 `fail` is no key of a rule here. Remove it.",
               "8:5 `pass` is missing. It holds the condition under which a resource passes."}},
             {"equals: true", "matches: \"(\"", "", {"10:22 RE2 refuses the pattern: missing ): ("}},
             {"",
              "",
              "    when: {path: on}\n",
              {"11:11 a look-up needs an operator. Such as `equals`, `one_of`, `exists`; rules/LANGUAGE.md lists "
               "them."}},
             {"", "", "aliases: CKV_1\n", {"11:1 `aliases` takes a list of texts"}},
             {"", "", "links: [1]\n", {"11:1 `links` takes a list of texts"}},
             {"",
              "",
              "aliases: [A-1, AVD-A-1, a-1]\n",
              {"11:1 \"a-1\" is already an id or alias of this rule. Ids and aliases name one rule each."}},
             {"",
              "",
              "aliases: [Test-Thing-On]\n",
              {"11:1 \"Test-Thing-On\" is already an id or alias of this rule. Ids and aliases name one rule each."}},
             {"",
              "",
              "undecided_impossible: because\n",
              {"11:1 `undecided_impossible` takes a mapping of platform to reason"}},
             {"",
              "",
              "undecided_impossible: {terrafrom: because}\n",
              {"11:24 there is no platform \"terrafrom\"." + platforms + " Did you mean \"terraform\"?"}},
             // Several faults are told at once.
             {"severity: medium\ncontrol: config.hardening",
              "severity: 5\ncontrol: x",
              "",
              {"3:1 `severity`" + needed, "3:1 `severity` is info, low, medium, high or critical",
               "4:1 there is no control \"x\". rules/controls.yaml lists them."}},
         }) {
        const RuleText text(rule_with(row.from, row.to, row.more));
        CAPTURE(row.from);
        CAPTURE(row.to);
        CAPTURE(row.more);
        CHECK(!text.accepted);
        CHECK(text.rules.infos().empty());
        CHECK(join(text.faults, "\n") == join(row.faults, "\n"));
    }
    CHECK(RuleText("- a\n").faults ==
          std::vector<std::string>{"1:1 a rule file holds one mapping. rules/LANGUAGE.md shows one."});
    const std::string head = rule_with().substr(0, rule_with().find("checks:"));
    CHECK(RuleText(head).faults ==
          std::vector<std::string>{"1:1 `checks` is missing or empty. A rule has a check for each platform."});
    CHECK(RuleText(head + "checks: []\n").faults ==
          std::vector<std::string>{"7:1 `checks` is missing or empty. A rule has a check for each platform."});
    CHECK(RuleText(head + "checks: [a]\n").faults == std::vector<std::string>{"7:1 a check is a mapping"});
}

TEST_CASE("ids and aliases name one rule each") {
    RuleText text(rule_with("", "", "aliases: [CKV_X_1, AVD-X-0001]\n"));
    REQUIRE(text.accepted);
    const auto refused = [&](const std::string& id, const std::string& aliases) {
        text.faults.clear();
        text.add(rule_with("id: test-thing-on", "id: " + id, aliases));
        return join(text.faults, "\n");
    };
    const std::string rest = " is already an id or alias of test-thing-on. Ids and aliases name one rule each.";
    CHECK(refused("test-thing-on", "") == "1:1 \"test-thing-on\"" + rest);
    CHECK(refused("other", "aliases: [ckv_x_1]\n") == "11:1 \"ckv_x_1\"" + rest);
    CHECK(refused("other", "aliases: [X-0001]\n") == "11:1 \"X-0001\"" + rest);
    CHECK(refused("x-0001", "") == "1:1 \"x-0001\"" + rest);
    CHECK(refused("other", "aliases: [CKV_X_2]\n") == "");
    REQUIRE(text.rules.infos().size() == 2);
    CHECK(text.rules.infos()[0].id == "other");  // sorted
    CHECK(text.rules.find("CKV_X_2") == &text.rules.infos()[0]);
    text.rules.filter([](const RuleInfo& info) { return info.id == "other"; });
    CHECK(text.rules.find("test-thing-on") == nullptr);
    CHECK(text.rules.find("CKV_X_2") == &text.rules.infos()[0]);
}

TEST_CASE("examples are read with their files, verdicts and line") {
    const std::string text = rule_with("", "", R"(examples:
  - name: one text
    terraform: "resource {}"
    expect: fail
    line: 3
  - name: files
    kubernetes: {a.yaml: "x: 1", b/c.yaml: "y: 2"}
    expect: {A.b: pass, C.d: not_applicable, E.f: undecided}
)");
    SourceSet sources;
    Diagnostics diagnostics;
    const auto document = read_document(sources.add("rule.yaml", text), diagnostics);
    REQUIRE(document);
    const std::vector<RuleExample> examples = RuleSet::examples(document->root, diagnostics);
    REQUIRE(diagnostics.empty());
    REQUIRE(examples.size() == 2);
    CHECK(examples[0].name == "one text");
    CHECK(examples[0].platform == "terraform");
    CHECK(examples[0].files == std::map<std::string, std::string>{{"", "resource {}"}});
    CHECK(examples[0].expect == std::map<std::string, Verdict>{{"", Verdict::fail}});
    CHECK(examples[0].line == 3);
    CHECK(sources.begin_of(examples[0].span).line == 12);
    CHECK(examples[1].platform == "kubernetes");
    CHECK(examples[1].files == std::map<std::string, std::string>{{"a.yaml", "x: 1"}, {"b/c.yaml", "y: 2"}});
    CHECK(examples[1].expect == std::map<std::string, Verdict>{{"A.b", Verdict::pass},
                                                               {"C.d", Verdict::not_applicable},
                                                               {"E.f", Verdict::undecided}});
    CHECK(!examples[1].line);
}

TEST_CASE("faults of examples") {
    struct Row {
        std::string example;
        std::vector<std::string> faults;
    };
    const std::string keys = ". It has `name`, `expect`, `line` and its files under a platform.";
    for (const Row& row : std::vector<Row>{
             {"{name: a, terraform: x}",
              {"12:5 an example needs `expect`. A verdict, or a mapping of address to verdict."}},
             {"{name: a, terraform: x, expect: {}}",
              {"12:29 an example needs `expect`. A verdict, or a mapping of address to verdict."}},
             {"{name: a, terraform: x, expect: passes}",
              {"12:29 an expected verdict is pass, fail, undecided or not_applicable"}},
             {"{name: a, terraform: x, expect: {b.c: failed}}",
              {"12:38 an expected verdict is pass, fail, undecided or not_applicable"}},
             {"{name: a, terraform: x, expect: pass, line: first}", {"12:43 `line` takes the number of a line"}},
             {"{name: a, terraform: x, expect: fail, line: 0}", {"12:43 `line` takes the number of a line"}},
             {"{name: a, terraform: x, expect: fail, line: 1.5}", {"12:43 `line` takes the number of a line"}},
             {"{name: a, terraform: x, expect: fail, lines: 1}",
              {"12:43 `lines` is no key of an example" + keys + " Did you mean \"line\"?"}},
             {"{name: a, terrafrom: x, expect: fail}",
              {"12:15 `terrafrom` is no key of an example" + keys + " Did you mean \"terraform\"?",
               "12:5 an example has no files. They stand under a platform: `terraform: |`."}},
             {"{name: a, kubernetes: x, terraform: y, expect: pass}",
              {"12:30 an example is of one platform. It has kubernetes already."}},
             {"{name: a, terraform: [x], expect: pass}",
              {"12:15 an example's files are a text or a mapping of path to text"}},
             {"{name: a, expect: pass}",
              {"12:5 an example has no files. They stand under a platform: `terraform: |`."}},
         }) {
        const RuleText text(rule_with("", "", "examples:\n  - " + row.example + "\n"));
        CAPTURE(row.example);
        CHECK(join(text.faults, "\n") == join(row.faults, "\n"));
    }
    CHECK(RuleText(rule_with("", "", "examples: none\n")).faults ==
          std::vector<std::string>{"11:1 `examples` takes a list"});
}

TEST_CASE("verdicts that nobody asks for are counted by file") {
    const RuleText text(rule_with("    pass:", "    when: {path: skip, exists: false}\n    pass:"));
    REQUIRE(text.accepted);
    SourceSet sources;
    const SourceId a = sources.add("a.tf", "x").id(), b = sources.add("b.tf", "y").id();
    Graph graph;
    const auto add = [&](const char* address, SourceId source, std::vector<Member> body) {
        Resource resource;
        resource.address = address;
        resource.type = "thing";
        resource.platform = "terraform";
        resource.header = resource.block = Span{source, 0, 1};
        resource.body = Value::object(std::move(body));
        graph.add(std::move(resource));
    };
    const Member on{"on", Value::boolean(true), {}}, skip{"skip", Value::boolean(true), {}};
    add("thing.a", a, {on});
    add("thing.b", b, {on});
    add("thing.c", a, {on});
    add("thing.d", a, {skip});
    add("thing.e", b, {});
    std::vector<QuietCount> quiet;
    const std::vector<Finding> findings = text.rules.judge(graph, sources, quiet);
    REQUIRE(findings.size() == 1);
    CHECK(findings[0].resource == "thing.e");
    REQUIRE(quiet.size() == 2);
    CHECK(quiet[0].rule == "test-thing-on");
    CHECK(quiet[0].source == a);
    CHECK(quiet[0].pass == 2);
    CHECK(quiet[0].not_applicable == 1);
    CHECK(quiet[1].source == b);
    CHECK(quiet[1].pass == 1);
    CHECK(quiet[1].not_applicable == 0);
    // The same verdicts, all as findings.
    std::vector<std::string> all;
    for (const Finding& finding : text.rules.judge(graph, sources))
        all.push_back(finding.resource + " " + std::string(to_string(finding.judgement.verdict)));
    CHECK(join(all, ", ") == "thing.a pass, thing.b pass, thing.c pass, thing.d not_applicable, thing.e fail");
}

TEST_CASE("a finding's fingerprint stays when lines move and changes with what it is about") {
    const auto fingerprint = [](const std::string& text, const std::string& condition = "{path: x, equals: a}") {
        const Judged judged(condition, text);
        return judged.verdicts.at("thing.a").fingerprint;
    };
    const std::string first = fingerprint("resource \"thing\" \"a\" { x = \"b\" }");
    CHECK(first.size() == 16);
    CHECK(fingerprint("\n\nresource \"thing\" \"a\" {\n  y = 1\n  x = \"c\"\n}") == first);
    CHECK(fingerprint("resource \"thing\" \"a\" { x = \"b\" }", "{path: y, equals: a}") != first);
}

TEST_CASE("explain shows every step with its answer and the verdict") {
    const RuleText text(rule_with("{path: on, equals: true}",
                                  "{all: [{path: on, equals: true}, {not: {path: mode, one_of: [a, b]}}]}"));
    REQUIRE(text.accepted);
    SourceSet sources;
    sources.add("a.tf", "x");
    Graph graph;
    Resource resource;
    resource.address = "thing.a";
    resource.type = "thing";
    resource.platform = "terraform";
    resource.body = Value::object({{"on", Value::boolean(true), {}}, {"mode", Value::string("b"), {}}});
    graph.add(resource);
    std::optional<Finding> finding;
    std::string shown;
    for (const ExplainedStep& step : text.rules.explain("test-thing-on", graph.resources()[0], graph, sources, finding))
        shown += std::string(static_cast<std::size_t>(2 * step.depth), ' ') + step.text + " = " + step.answer + "\n";
    CHECK(shown ==
          "all of = false\n"
          "  on should be true: on is true, should be true = true\n"
          "  not = false\n"
          "    mode should be one of \"a\", \"b\": mode is \"b\", should not be one of \"a\", \"b\" = true\n");
    REQUIRE(finding);
    CHECK(finding->judgement.verdict == Verdict::fail);
    finding.reset();
    resource.type = "other";
    Graph other;
    other.add(resource);
    CHECK(text.rules.explain("test-thing-on", other.resources()[0], other, sources, finding).empty());
    CHECK(!finding);
    CHECK(text.rules.judges("test-thing-on", graph.resources()[0]));
    CHECK(!text.rules.judges("test-thing-on", other.resources()[0]));
}

}  // namespace
}  // namespace plumbline
