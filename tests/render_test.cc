#include <doctest/doctest.h>

#include "cli_support.h"

// `--render`: what Helm and Kustomize print is judged, with places in the files that people wrote.
namespace plumbline {
namespace {

constexpr const char* image_rule = R"(id: test-image-tag
title: Images have a tag of their own
severity: high
control: config.hardening
why: The test needs a rule.
fix: Name a version.
checks:
  - platform: kubernetes
    types: [Deployment]
    pass: {path: spec.template.spec.containers.image, not_matches: ":latest$"}
)";

constexpr const char* web_template = R"({{- if .Values.on }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}-web
spec:
  template:
    spec:
      containers:
        - name: web
          image: "{{ .Values.image }}"
{{- end }}
)";
constexpr const char* web_rendered = R"(---
# Source: shop/templates/web.yaml
apiVersion: apps/v1
kind: Deployment
metadata:
  name: release-name-web
spec:
  template:
    spec:
      containers:
        - name: web
          image: "web:latest"
)";

ProcessResult prints(std::string text) {
    ProcessResult result;
    result.exit_code = 0;
    result.output = std::move(text);
    return result;
}

struct Tree : Program {
    Tree() {
        system.files["/policy/image.yaml"] = image_rule;
        system.files["/repo/shop/Chart.yaml"] = "apiVersion: v2\nname: shop\n";
        system.files["/repo/shop/templates/web.yaml"] = web_template;
    }
    int scan(std::vector<std::string> more = {}) {
        std::vector<std::string> all = {"scan", "--no-builtin-rules", "--rules", "/policy", "--format", "json"};
        all.insert(all.end(), more.begin(), more.end());
        return run(all);
    }
    bool reported(std::string_view text) const { return out.find(text) != std::string::npos; }
    bool said(std::string_view text) const { return err.find(text) != std::string::npos; }
};

TEST_CASE("without --render nothing is run, and the coverage names the chart") {
    Tree tree;
    tree.system.programs["helm"] = [](const auto&, const auto&) { return prints(web_rendered); };
    CHECK(tree.scan() == 0);
    CHECK(tree.system.program_calls.empty());
    CHECK(tree.reported("\"helm-chart\""));
    CHECK(tree.said("shop/Chart.yaml: warning: Not judged: shop\n"));
}

TEST_CASE("a chart is rendered, and findings stand in its templates") {
    Tree tree;
    tree.system.programs["helm"] = [](const auto&, const auto&) { return prints(web_rendered); };
    CHECK(tree.scan({"--render"}) == 1);
    CHECK(tree.system.program_calls == std::vector<std::string>{"/repo/shop$ helm template ."});
    CHECK(tree.reported(R"("address": "Deployment.default.release-name-web")"));
    CHECK(tree.reported(R"("place": {"file": "shop/templates/web.yaml", "line": 11, "column": 11, "end_line": 11,)"));
    CHECK(tree.reported(R"("root": "shop")"));
    CHECK_FALSE(tree.reported("helm-template-output"));
    CHECK_FALSE(tree.reported("\"helm-chart\""));
    CHECK(tree.err == "");
}

TEST_CASE("a comment in a template accepts what is rendered from it") {
    Tree tree;
    tree.system.programs["helm"] = [](const auto&, const auto&) {
        return prints(std::string(web_rendered) + "          # plumbline:ignore test-image-tag a test of the newest\n");
    };
    CHECK(tree.scan({"--render"}) == 0);
}

TEST_CASE("charts inside of a chart are rendered with it") {
    Tree tree;
    tree.system.files["/repo/shop/charts/db/Chart.yaml"] = "apiVersion: v2\nname: db\n";
    tree.system.files["/repo/shop/charts/db/templates/db.yaml"] = web_template;
    tree.system.programs["helm"] = [](const auto&, const auto&) {
        std::string text = web_rendered;
        text.replace(text.find("shop/templates/web.yaml"), 23, "shop/charts/db/templates/db.yaml");
        return prints(text);
    };
    CHECK(tree.scan({"--render"}) == 1);
    CHECK(tree.system.program_calls.size() == 1);
    CHECK(tree.reported(R"("file": "shop/charts/db/templates/db.yaml", "line": 11)"));
}

TEST_CASE("what cannot be rendered stays a gap, with the reason") {
    Tree tree;
    SUBCASE("the program is not installed") {
        CHECK(tree.scan({"--render"}) == 0);
        CHECK(tree.said("warning: helm is not installed\n"));
    }
    SUBCASE("it fails") {
        tree.system.programs["helm"] = [](const auto&, const auto&) {
            ProcessResult result;
            result.exit_code = 1;
            result.errors = "Error: found in Chart.yaml, but missing in charts/ directory: redis\nmore\n";
            return result;
        };
        CHECK(tree.scan({"--render"}) == 0);
        CHECK(tree.said("helm: Error: found in Chart.yaml, but missing in charts/ directory: redis\n"));
    }
    SUBCASE("it takes too long") {
        tree.system.programs["helm"] = [](const auto&, const auto&) {
            ProcessResult result;
            result.fault = "it took longer than 60 seconds";
            return result;
        };
        CHECK(tree.scan({"--render"}) == 0);
        CHECK(tree.said("helm: it took longer than 60 seconds\n"));
    }
    CHECK(tree.reported("\"helm-chart\""));
}

struct Overlays : Tree {
    Overlays() {
        system.files.erase("/repo/shop/Chart.yaml");
        system.files.erase("/repo/shop/templates/web.yaml");
        system.files["/repo/base/kustomization.yaml"] = "resources: [web.yaml]\n";
        system.files["/repo/base/web.yaml"] =
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  template:\n    spec:\n"
            "      containers:\n        - name: web\n          image: web:latest\n";
        system.files["/repo/prod/kustomization.yaml"] = "resources: [../base]\nnamePrefix: prod-\n";
        system.programs["kustomize"] = [](const auto&, const auto&) {
            return prints(
                "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: prod-web\nspec:\n  template:\n    spec:\n"
                "      containers:\n      - image: web:latest\n        name: web\n");
        };
    }
};

TEST_CASE("an overlay is built, and findings stand in the manifests it takes in") {
    Overlays tree;
    CHECK(tree.scan({"--render"}) == 1);
    CHECK(tree.system.program_calls == std::vector<std::string>{"/repo/prod$ kustomize build ."});
    CHECK(tree.reported(R"("address": "Deployment.default.prod-web")"));
    CHECK(tree.reported(R"("file": "base/web.yaml", "line": 10)"));
    CHECK_FALSE(tree.reported("Deployment.default.web"));  // nobody deploys the base as it stands
    CHECK_FALSE(tree.reported("\"kustomize\""));
}

TEST_CASE("an overlay that takes in something from elsewhere is not built, since nothing is fetched") {
    Overlays tree;
    tree.system.files["/repo/prod/kustomization.yaml"] =
        "resources: [../base, \"https://example.com/manifests/all.yaml\"]\n";
    CHECK(tree.scan({"--render"}) == 1);
    CHECK(tree.system.program_calls.empty());
    CHECK(tree.said("It needs https://example.com/manifests/all.yaml, which does not lie in this tree"));
    CHECK(tree.reported(R"("address": "Deployment.default.web")"));  // the manifests are judged as they are written
}

}  // namespace
}  // namespace plumbline
