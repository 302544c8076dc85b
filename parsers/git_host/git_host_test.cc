#include "parsers/git_host/git_host.h"

#include <doctest/doctest.h>

#include <map>

namespace plumbline {
namespace {

/// What a scan of these files makes of one parser's files.
struct Read {
    SourceSet sources;
    MemoryFileSystem files;
    std::vector<std::unique_ptr<ParsedFile>> parsed;
    std::vector<RootResult> roots;
    Diagnostics diagnostics;

    Read(const Parser& parser, const std::map<std::string, std::string>& texts) : files(texts) {
        std::vector<const ParsedFile*> own;
        for (const auto& [path, text] : texts) {
            if (!parser.wants(path)) continue;
            const Source& source = sources.add(path, text);
            if (!parser.accepts(source)) continue;
            parsed.push_back(parser.parse(source, diagnostics));
            own.push_back(parsed.back().get());
        }
        std::vector<CoverageGap> gaps;
        for (const Root& root : parser.roots(own, files, sources, diagnostics, gaps)) {
            roots.push_back(parser.evaluate(root, {}, files, sources));
            diagnostics.append(roots.back().diagnostics);
        }
    }

    const Resource& at(std::string_view address, std::size_t root = 0) const {
        REQUIRE(root < roots.size());
        const Resource* found = roots[root].graph.find(address);
        REQUIRE_MESSAGE(found, address);
        return *found;
    }
    /// The member at a dotted path as text; "(absent)" where there is none.
    std::string text(std::string_view address, std::string_view path, std::size_t root = 0) const {
        Value value = at(address, root).body;
        while (!path.empty()) {
            const std::size_t dot = std::min(path.find('.'), path.size());
            const std::string_view name = path.substr(0, dot);
            path.remove_prefix(std::min(dot + 1, path.size()));
            if (value.is_sequence()) {
                const std::size_t index = std::stoul(std::string(name));
                if (index >= value.elements().size()) return "(absent)";
                value = Value(value.elements()[index]);
            } else {
                const Member* member = value.find(name);
                if (!member) return "(absent)";
                value = Value(member->value);
            }
        }
        return value.to_text();
    }
    std::uint32_t line(Span span) const { return sources.begin_of(span).line; }
};

Read workflow(const std::string& text) {
    return Read(github_actions_parser(), {{".github/workflows/ci.yml", text}});
}

TEST_CASE("a workflow becomes its triggers, jobs and steps") {
    const Read read = workflow(
        "name: CI\n"
        "on: [push, pull_request]\n"
        "permissions: {contents: read}\n"
        "env: {A: one, B: two}\n"
        "jobs:\n"
        "  build:\n"
        "    runs-on: ubuntu-24.04\n"
        "    env: {B: three}\n"
        "    steps:\n"
        "      - uses: Actions/Checkout/sub@v4\n"
        "      - run: make\n"
        "        env: {C: '${{ vars.C }}'}\n");
    CHECK(read.diagnostics.empty());
    CHECK(read.roots[0].graph.resources().size() == 4);
    CHECK(read.at("on").type == "Workflow");
    CHECK(read.text("on", "triggers") == R"({"pull_request":{},"push":{}})");
    CHECK(read.at("jobs.build").type == "Job");
    CHECK(read.text("jobs.build", "permissions") == R"({"contents":"read"})");
    CHECK(read.text("jobs.build", "own_permissions") == "(absent)");
    CHECK(read.text("jobs.build", "env") == R"({"A":"one","B":"three"})");
    CHECK(read.text("jobs.build.steps[0]", "action") ==
          R"({"is_docker":false,"is_local":false,"is_sha":false,"name":"actions/checkout/sub","owner":"Actions",)"
          R"("path":"sub","ref":"v4","repo":"Checkout"})");
    CHECK(read.text("jobs.build.steps[1]", "env.B") == R"("three")");
    CHECK(read.text("jobs.build.steps[1]", "workflow.name") == R"("CI")");
    const Member* c = read.at("jobs.build.steps[1]").body.find("own_env")->value.find("C");
    REQUIRE(c->value.is_unknown());
    CHECK(c->value.as_unknown().cause->why == "`${{ vars.C }}` is known only when the workflow runs");
    CHECK(read.line(read.at("jobs.build.steps[1]").block) == 11);
    CHECK(read.sources.text(read.at("jobs.build").header) == "build:");
}

TEST_CASE("expressions flow into scripts, also by way of the environment") {
    const Read read = workflow(
        "on: issues\n"
        "jobs:\n"
        "  a:\n"
        "    runs-on: x\n"
        "    env: {TITLE: '${{ github.event.issue.title }}'}\n"
        "    steps:\n"
        "      - run: echo ${{ env.TITLE }} ${{ github.actor == 'x' }}\n"
        "      - run: echo \"$TITLE\"\n"
        "      - uses: actions/github-script@v7\n"
        "        with: {script: 'log(\"${{ github.head_ref }}\")'}\n"
        "      - run: x\n"
        "        env: {T: '${{ toJSON(secrets) }}', U: '${{ secrets.U }}'}\n");
    CHECK(read.text("jobs.a.steps[0]", "expressions") == R"(["env.TITLE","github.event.issue.title"])");
    CHECK(read.text("jobs.a.steps[1]", "expressions") == "[]");
    CHECK(read.text("jobs.a.steps[2]", "expressions") == R"(["github.head_ref"])");
    CHECK(read.text("jobs.a.steps[3]", "secrets_used") == R"(["*","U"])");
}

TEST_CASE("a checkout of foreign code is recognised however it is written") {
    const auto ref = [](const std::string& step) {
        const Read read = workflow("on: pull_request_target\njobs:\n  a:\n    runs-on: x\n    steps:\n" + step);
        return read.text("jobs.a.steps[0]", "untrusted_ref");
    };
    const std::string checkout = "      - uses: actions/checkout@v4\n        with:\n          ";
    CHECK(ref(checkout + "ref: ${{ github.event.pull_request.head.sha }}\n") ==
          R"("github.event.pull_request.head.sha")");
    CHECK(ref(checkout + "repository: ${{ github.event.pull_request.head.repo.full_name }}\n") ==
          R"("github.event.pull_request.head.repo.full_name")");
    CHECK(ref(checkout + "ref: refs/pull/${{ github.event.number }}/merge\n") == R"("github.event.number")");
    CHECK(ref(checkout + "ref: ${{ github.event.pull_request.base.sha }}\n") == "(absent)");
    CHECK(ref(checkout + "fetch-depth: 0\n") == "(absent)");
    CHECK(ref("      - run: gh pr checkout 1\n") == R"("gh pr checkout")");
    CHECK(ref("      - run: git fetch origin ${{ github.head_ref }}\n") == R"("github.head_ref")");
    CHECK(ref("      - run: echo ${{ github.head_ref }}\n") == "(absent)");
}

TEST_CASE("a literal matrix gives every runner and image of the job") {
    const Read read = workflow(
        "on: push\n"
        "jobs:\n"
        "  a:\n"
        "    strategy:\n"
        "      matrix:\n"
        "        os: [ubuntu-24.04, [self-hosted, linux]]\n"
        "        image: ['node:20', 'node:22']\n"
        "    runs-on: ${{ matrix.os }}\n"
        "    container: ${{ matrix.image }}\n"
        "  b:\n"
        "    runs-on: ${{ matrix.os || 'macos-15' }}\n"
        "  c:\n"
        "    strategy: {matrix: '${{ fromJSON(x) }}'}\n"
        "    runs-on: ${{ matrix.os }}\n");
    CHECK(read.text("jobs.a", "runner_labels") == R"(["ubuntu-24.04","self-hosted","linux"])");
    CHECK(read.text("jobs.a", "images") ==
          R"([{"kind":"container","name":"node:20"},{"kind":"container","name":"node:22"}])");
    CHECK(read.text("jobs.c", "runner_labels") == "[(unknown)]");
}

TEST_CASE("composite actions have steps") {
    const Read read(
        github_actions_parser(),
        {{"act/action.yml", "name: x\nruns:\n  using: composite\n  steps:\n    - run: echo ${{ inputs.a }}\n"}});
    CHECK(read.at("runs").type == "Action");
    CHECK(read.text("runs.steps[0]", "expressions") == R"(["inputs.a"])");
}

TEST_CASE("workflows are told by their place or by their content") {
    SourceSet sources;
    const Parser& parser = github_actions_parser();
    CHECK(parser.accepts(sources.add(".github/workflows/x.yaml", "")));
    CHECK(parser.accepts(sources.add("x.yaml", "# c\n\"on\": push\njobs: {}\n")));
    CHECK_FALSE(parser.accepts(sources.add("y.yaml", "apiVersion: v1\nkind: ConfigMap\ndata:\n  on: x\n  jobs: y\n")));
    CHECK_FALSE(parser.accepts(sources.add("action.yml", "name: not an action\n")));
}

TEST_CASE("comments suppress rules for the step, the job or the file they stand with") {
    const Read read = workflow(
        "# plumbline:ignore RULE-A,RULE-B the whole file\n"
        "on: push\n"
        "jobs:\n"
        "  # trivy:ignore:RULE-C:exp:2030-01-31\n"
        "  a:\n"
        "    runs-on: x # checkov:skip=RULE-D:in the job\n"
        "    steps:\n"
        "      - uses: a/b@v1 # zizmor: ignore[unpinned-uses] ours\n"
        "      # plumbline:ignore RULE-E next step\n"
        "      - run: make # nothing here\n");
    const auto made = read.roots[0].graph.suppressions();
    REQUIRE(made.size() == 5);
    CHECK(made[0].rules == std::vector<std::string>{"RULE-A", "RULE-B"});
    CHECK(made[0].reason == "the whole file");
    CHECK(made[0].scope == read.at("on").block);
    CHECK(made[1].rules == std::vector<std::string>{"RULE-C"});
    CHECK(made[1].expires == "2030-01-31");
    CHECK(made[1].scope == read.at("jobs.a").block);
    CHECK(made[2].reason == "in the job");
    CHECK(made[2].scope == read.at("jobs.a").block);
    CHECK(made[3].rules == std::vector<std::string>{"zizmor/unpinned-uses"});
    CHECK(made[3].scope == read.at("jobs.a.steps[0]").block);
    CHECK(made[4].scope == read.at("jobs.a.steps[1]").block);
}

TEST_CASE("broken and odd workflows are reported, never fatal") {
    CHECK(workflow("jobs: [").diagnostics.has_errors());
    CHECK(workflow("- a\n- b\n").diagnostics.has_errors());
    CHECK(workflow("on: push\njobs: {a: 1, b: {steps: [1, {run: [x]}, {uses: {}}]}}\n").roots.size() == 1);
    // Many variables in many steps stop at a limit instead of multiplying.
    std::string text = "on: push\nenv:\n";
    for (int i = 0; i < 3000; ++i) text += "  V" + std::to_string(i) + ": x\n";
    text += "jobs:\n  a:\n    steps:\n";
    for (int i = 0; i < 3000; ++i) text += "      - run: x\n        env: {A: b}\n";
    CHECK(workflow(text).roots[0].graph.resources().size() == 3002);
}

TEST_CASE("a pipeline's jobs have what they inherit") {
    const Read read(gitlab_ci_parser(), {{".gitlab-ci.yml",
                                          "include: /ci/base.yml\n"
                                          "default:\n"
                                          "  image: ruby:$TAG\n"
                                          "variables: {TAG: '3.3', LEVEL: '1'}\n"
                                          "test:\n"
                                          "  extends: .base\n"
                                          "  variables: {LEVEL: '2'}\n"
                                          "  script: make test\n"
                                          "own:\n"
                                          "  inherit: {variables: [LEVEL]}\n"
                                          "  image: $BUILD:1\n"
                                          "  services: [redis:7]\n"
                                          "  script:\n"
                                          "    - !reference [.base, before_script]\n"
                                          "    - [a, b]\n"},
                                         {"ci/base.yml", ".base:\n  before_script: [setup]\n  tags: [x]\n"}});
    CHECK(read.diagnostics.empty());
    REQUIRE(read.roots.size() == 1);
    CHECK(read.roots[0].gaps.empty());
    CHECK(read.text("test", "commands") == R"(["setup","make test"])");
    CHECK(read.text("test", "tags") == R"(["x"])");
    CHECK(read.text("test", "variables") == R"({"LEVEL":"2","TAG":"3.3"})");
    CHECK(read.text("test", "images.0.name") == R"("ruby:3.3")");
    CHECK(read.text("own", "variables") == R"({"LEVEL":"1"})");
    CHECK(read.text("own", "commands") == R"(["setup","a","b"])");
    CHECK(read.text("own", "images.1.name") == R"("redis:7")");
    const Value image = read.at("own").body.find("images")->value.elements()[0].find("name")->value;
    REQUIRE(image.is_unknown());
    CHECK(image.as_unknown().cause->why == "`$BUILD` is set when the pipeline runs");
    CHECK(read.text("pipeline", "job_names") == R"(["test","own"])");
    CHECK(read.text("pipeline", "included_content") == "(absent)");
}

TEST_CASE("what a pipeline includes from elsewhere is a gap, and circles end") {
    const Read read(
        gitlab_ci_parser(),
        {{".gitlab-ci.yml", "include: [{project: g/p, file: x.yml}, {local: a.gitlab-ci.yml}]\na: {script: x}\n"},
         {"a.gitlab-ci.yml",
          "include: .gitlab-ci.yml\nb: {extends: .c, script: y}\n.c: {extends: .d}\n.d: {extends: .c}\n"}});
    REQUIRE(read.roots.size() == 1);  // the included file is no pipeline of its own
    REQUIRE(!read.roots[0].gaps.empty());
    CHECK(read.roots[0].gaps[0].subject == "g/p");
    CHECK(read.at("pipeline").body.find("included_content")->value.is_unknown());
    CHECK(read.text("b", "commands") == R"(["y"])");
    CHECK(read.diagnostics.has_errors());  // `extends` in a circle
}

Read github(const std::string& text, const std::string& path = "export.json") {
    return Read(github_settings_parser(), {{path, text}});
}

TEST_CASE("GitHub's exports are told by content, wherever they stand in a file") {
    const Read read = github(
        R"({"org": {"login": "o", "type": "Organization", "default_repository_permission": "read"},
            "repositories": [{"full_name": "o/r", "owner": {"login": "o"}, "private": true, "url": "https://api.github.com/repos/o/r",
                              "branches": []}],
            "hooks": [{"events": ["push"], "config": {"url": "http://x"}}]})");
    CHECK(read.at("org").type == "Organization");
    CHECK(read.at("repositories[0]").type == "Repository");
    CHECK(read.text("repositories[0]", "visibility") == R"("private")");
    CHECK(read.at("repositories[0]").body.find("security_and_analysis")->value.is_unknown());
    CHECK(read.at("hooks[0]").type == "Webhook");
    CHECK(read.at("org").body.find("two_factor_requirement_enabled")->value.is_unknown());
    CHECK(github(R"({"terraform_version": "1.9", "x": {"enforce_admins": true, "allow_deletions": false}})")
              .roots.empty());
    CHECK(github(R"({"name": "package", "homepage": "https://api.github.com"})").roots.empty());
}

TEST_CASE("protection and rulesets of a repository count together") {
    const Read read(
        github_settings_parser(),
        {{"a.json",
          R"({"url": "https://api.github.com/repos/o/r/branches/main/protection", "enforce_admins": {"enabled": true},
                        "allow_force_pushes": {"enabled": true},
                        "required_pull_request_reviews": {"required_approving_review_count": 1}})"},
         {"b.json", R"([{"enforcement": "active", "target": "branch", "source": "o/r",
                         "conditions": {"ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []}},
                         "rules": [{"type": "non_fast_forward"}, {"type": "pull_request", "parameters": {"required_approving_review_count": 2}}]},
                        {"enforcement": "disabled", "target": "branch", "source": "o/r", "conditions": {"ref_name": {"include": ["~ALL"]}},
                         "rules": [{"type": "required_signatures"}]}])"}});
    CHECK(read.text("$", "in_force.non_fast_forward.enabled") == "true");
    CHECK(read.text("$", "in_force.pull_request.required_approving_review_count") == "2");
    CHECK(read.text("$", "in_force.deletion.enabled") == "true");
    CHECK(read.text("$", "in_force.required_signatures") == "(absent)");
    CHECK(read.text("[0]", "guards_default_branch", 1) == "true");
    CHECK(read.text("[1]", "guards_default_branch", 1) == "false");
    // Another folder is another set of exports.
    const Read alone = github(R"({"url": "https://api.github.com/repos/o/r/branches/main/protection",
                                  "enforce_admins": {"enabled": true}, "allow_force_pushes": {"enabled": true}})");
    CHECK(alone.text("$", "in_force.non_fast_forward.enabled") == "false");
    CHECK(github(R"({"message": "Branch not protected"})").text("$", "in_force") == "{}");
}

TEST_CASE("probot's settings are read like the API's") {
    const Read read = github(
        "repository:\n  private: false\n"
        "branches:\n"
        "  - name: main\n"
        "    protection:\n"
        "      enforce_admins: true\n"
        "      required_pull_request_reviews: {required_approving_review_count: 2}\n"
        "  - name: old\n"
        "    protection: null\n",
        ".github/settings.yml");
    CHECK(read.at("repository").type == "Repository");
    CHECK(read.text("repository", "visibility") == R"("public")");
    CHECK(read.text("branches[0].protection", "enforce_admins.enabled") == "true");
    CHECK(read.text("branches[0].protection", "in_force.pull_request.required_approving_review_count") == "2");
    CHECK(read.text("branches[1].protection", "protected") == "false");
}

TEST_CASE("a branch is compared with the newest commit of its repository") {
    const auto branch = [](const std::string& name, const std::string& date) {
        return R"({"name": ")" + name +
               R"(", "protected": false, "commit": {"url": "https://api.github.com/x", "commit": {"committer": {"date": ")" +
               date + R"("}}}})";
    };
    const Read read = github("[" + branch("a", "2024-02-28T23:59:59Z") + "," + branch("b", "2024-03-01T00:00:00Z") +
                             "," + branch("c", "soon") + "]");
    CHECK(read.text("[0]", "days_behind") == "2");
    CHECK(read.text("[1]", "days_behind") == "0");
    CHECK(read.at("[2]").body.find("days_behind")->value.is_unknown());
}

TEST_CASE("GitLab's exports") {
    const Read read(
        gitlab_settings_parser(),
        {{"p.json", R"([{"path_with_namespace": "g/p", "default_branch": "main", "visibility": "private"}])"}});
    CHECK(read.at("[0]").type == "Project");
    CHECK(read.at("[0]").body.find("approvals_before_merge")->value.as_unknown().cause->why ==
          "the export does not hold `approvals_before_merge`; GitLab has it from the Premium tier on");
}

TEST_CASE("CODEOWNERS is read by the rules of both hosts") {
    const Read read(repository_files_parser(), {{"docs/CODEOWNERS",
                                                 "# comment\n"
                                                 "*.md  docs@example.com @o/docs # why\n"
                                                 "[Back end][2] @o/back\n"
                                                 "/src\\ x/\n"
                                                 "^[Any]\n"
                                                 "** @o/all nobody\n"}});
    CHECK(read.text("codeowners", "rules") ==
          R"([{"owners":["docs@example.com","@o/docs"],"pattern":"*.md"},{"owners":["@o/back"],"pattern":"/src x/"},)"
          R"({"owners":["@o/all"],"pattern":"**"}])");
    CHECK(read.text("codeowners", "catch_all") == "true");
    CHECK(read.text("codeowners", "unreadable_owners") == R"(["nobody"])");
}

TEST_CASE("Dependabot is compared with what the repository uses") {
    const Read read(repository_files_parser(),
                    {{".github/dependabot.yml", "version: 2\nupdates:\n  - package-ecosystem: pip\n"},
                     {"pyproject.toml", ""},
                     {"go.mod", ""},
                     {".github/workflows/ci.yml", ""}});
    CHECK(read.text("dependabot", "unwatched_ecosystems") == R"(["github-actions","gomod"])");
}

TEST_CASE("Renovate's configuration is read as JSON and as JSON5") {
    const Read read(repository_files_parser(), {{"renovate.json5",
                                                 "// plumbline:ignore some-rule the team updates by hand\n"
                                                 "{\n"
                                                 "  extends: ['config:recommended'],\n"
                                                 "  \"automerge\": true, /* for now */\n"
                                                 "}\n"},
                                                {"sub/renovate.json", R"({"automerge": false})"}});
    CHECK(read.diagnostics.empty());
    CHECK(read.text("renovate", "extends") == R"(["config:recommended"])");
    CHECK(read.text("renovate", "automerge") == "true");
    CHECK(read.line(read.at("renovate").body.find("automerge")->span) == 4);
    REQUIRE(read.roots[0].graph.suppressions().size() == 1);
    CHECK(read.roots[0].graph.suppressions()[0].rules == std::vector<std::string>{"some-rule"});
    CHECK(read.text("renovate", "automerge", 1) == "false");
}

}  // namespace
}  // namespace plumbline
