#include "parsers/kubernetes/kubernetes_parser.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "parsers/kubernetes/kubernetes_test_support.h"
#include "parsers/kubernetes/manifest.h"

using namespace plumbline;
using kubernetes_test::Scanned;

namespace {

using Texts = std::vector<std::string>;

bool accepts(std::string path, std::string text) {
    SourceSet sources;
    return kubernetes_parser().accepts(sources.add(std::move(path), std::move(text)));
}

std::string line_of(const Scanned& scan, Span span) {
    const LineCol begin = scan.sources.begin_of(span), end = scan.sources.end_of(span);
    return std::to_string(begin.line) + "-" + std::to_string(end.line);
}

std::string codes(const Scanned& scan) {
    std::string out;
    for (const Diagnostic& item : scan.diagnostics.items()) out += item.code + " ";
    return out;
}

/// Every span of the value, its members and its traces lies inside its source.
bool spans_inside(const Value& value, const SourceSet& sources) {
    const auto inside = [&](Span span) {
        return !span.valid() || (span.begin <= span.end && span.end <= sources.get(span.source).text().size());
    };
    if (value.trace() && !inside(value.trace()->span)) return false;
    if (!inside(value.origin())) return false;
    for (const Value& element : value.elements()) {
        if (!spans_inside(element, sources)) return false;
    }
    return std::all_of(value.members().begin(), value.members().end(), [&](const Member& member) {
        return inside(member.span) && spans_inside(member.value, sources);
    });
}

constexpr const char* pod =
    "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: nginx}]}\n";

}  // namespace

TEST_CASE("manifests are recognised by what they hold") {
    CHECK(accepts("a.yaml", "apiVersion: v1\nkind: Pod\n"));
    CHECK(accepts("a.yml",
                  "\xEF\xBB\xBF"
                  "apiVersion: v1\r\nkind: Pod\r\n"));
    CHECK(accepts("a.yaml", "# c\n---\nmetadata: {}\n\"kind\": Pod\n'apiVersion' : v1\n"));
    CHECK(accepts("a.json", R"( {"kind": "Pod", "apiVersion": "v1"})"));
    CHECK(accepts("a.yaml", R"({"kind": "Pod", "apiVersion": "v1"})"));
    CHECK(accepts("base/kustomization.yaml", "resources: [a.yaml]\n"));

    CHECK_FALSE(accepts("a.yaml", "apiVersion: v2\nname: chart\n"));
    CHECK_FALSE(accepts("a.yaml", "spec:\n  apiVersion: v1\n  kind: Pod\n"));
    CHECK_FALSE(accepts("a.yaml", "kind: x\napiVersions: y\n"));
    CHECK_FALSE(accepts("a.yaml", ""));
    CHECK_FALSE(accepts("a.json", R"({"Resources": {}})"));
    CHECK_FALSE(accepts("a.tf.json", R"({"kind": "Pod", "apiVersion": "v1"})"));
    CHECK_FALSE(accepts("a.txt", pod));
}

TEST_CASE("objects of many documents, lists and JSON get their address and place") {
    const Scanned scan(
        {{"a.yaml",
          "apiVersion: v1\n"
          "kind: Namespace\n"
          "metadata:\n"
          "  name: shop\n"
          "---\n"
          "---\n"
          "kind: Deployment\n"
          "apiVersion: apps/v1\n"
          "metadata:\n"
          "  name: web\n"
          "  namespace: shop\n"
          "spec: {}\n"},
         {"b.yaml",
          "apiVersion: v1\n"
          "kind: List\n"
          "items:\n"
          "  - apiVersion: v1\n"
          "    kind: Secret\n"
          "    metadata: {name: s}\n"
          "  - apiVersion: v1\n"
          "    kind: PodList\n"
          "    items:\n"
          "      - metadata: {generateName: job-}\n"},
         {"c.json", R"({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j\ud83d\ude00"}})"},
         {"d.yaml", "apiVersion: serving.knative.dev/v1\nkind: Service\nmetadata: {name: f}\n"}});
    CHECK(codes(scan) == "");
    CHECK(scan.addresses() == Texts{"Namespace.default.shop", "Deployment.shop.web", "Secret.default.s",
                                    "Pod.default.job-*", "Job.default.j\xF0\x9F\x98\x80", "Service.default.f"});
    CHECK(scan.roots.size() == 1);
    const Resource& web = *scan.find("Deployment.shop.web");
    CHECK(web.type == "Deployment");
    CHECK(web.platform == "kubernetes");
    CHECK(scan.sources.text(web.header) == "kind: Deployment");
    CHECK(line_of(scan, web.block) == "7-12");
    CHECK(line_of(scan, scan.find("Secret.default.s")->block) == "4-6");
    CHECK(scan.find("Pod.default.job-*")->type == "Pod");
    // Knative's Service is none of the core group's.
    CHECK(scan.find("Service.default.f")->type == "Service.serving.knative.dev");
}

TEST_CASE("a file of several JSON objects is read as kubectl reads it") {
    const std::map<std::string, std::string> files = {
        {"a.json",
         "{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"metadata\": {\"name\": \"a\"}}\n"
         "{\"apiVersion\": \"v1\", \"kind\": \"Pod\",\n \"metadata\": {\"name\": \"b\"}}\n"
         "{\"apiVersion\": }\n"}};
    const Scanned scan(files);
    CHECK(scan.addresses() == Texts{"Pod.default.a", "Pod.default.b"});
    CHECK(line_of(scan, scan.find("Pod.default.b")->block) == "2-3");
    CHECK(codes(scan) == "json-syntax ");
    REQUIRE(scan.diagnostics.size() == 1);
    CHECK(scan.sources.begin_of(scan.diagnostics.items()[0].subject).line == 4);
    CHECK(scan.diagnostics.items()[0].detail ==
          "What begins here was not read; what stands before it was. Correct it here.");
}

TEST_CASE("objects without a name are named by what they have") {
    const Scanned scan(
        "apiVersion: v1\nkind: Pod\nmetadata: {labels: {app: web, tier: x}}\n---\n"
        "apiVersion: v1\nkind: Pod\nmetadata: {}\n---\n"
        "apiVersion: v1\nkind: Pod\n---\n"
        "apiVersion: v1\nkind: Pod\nmetadata: {name: 010, namespace: on}\n");
    CHECK(scan.addresses() ==
          Texts{"Pod.default.app-web.tier-x", "Pod.default.unnamed", "Pod.default.unnamed", "Pod.on.010"});
}

TEST_CASE("YAML is read as the API server reads it") {
    const Scanned scan(
        "\xEF\xBB\xBF"
        "apiVersion: v1\r\n"
        "kind: Pod\r\n"
        "metadata: {name: p, labels: {a: 'yes'}}\r\n"
        "base: &base\r\n"
        "  image: nginx\r\n"
        "  tty: off\r\n"
        "spec:\r\n"
        "  hostNetwork: yes\r\n"
        "  hostPID: On\r\n"
        "  hostIPC: n\r\n"
        "  containers:\r\n"
        "    - <<: *base\r\n"
        "      name: c\r\n"
        "      tty: true\r\n"
        "      securityContext: {runAsUser: 0o17, runAsGroup: 010}\r\n"
        "      resources: {limits: {cpu: 100m, memory: 1Gi}}\r\n"
        "      args: [\"yes\", ~, 1_000, 1e3]\r\n");
    CHECK(codes(scan) == "");
    CHECK(scan.at("Pod.default.p", "spec.hostNetwork") == "true");
    CHECK(scan.at("Pod.default.p", "spec.hostPID") == "true");
    CHECK(scan.at("Pod.default.p", "spec.hostIPC") == "false");
    CHECK(scan.at("Pod.default.p", "metadata.labels.a") == "\"yes\"");
    CHECK(scan.at("Pod.default.p", "spec.containers.0.image") == "\"nginx\"");
    CHECK(scan.at("Pod.default.p", "spec.containers.0.tty") == "true");
    CHECK(scan.at("Pod.default.p", "spec.containers.0.securityContext") == R"({"runAsGroup":8,"runAsUser":15})");
    CHECK(scan.at("Pod.default.p", "spec.containers.0.resources.limits") == R"({"cpu":"100m","memory":"1Gi"})");
    CHECK(scan.at("Pod.default.p", "spec.containers.0.args") == R"(["yes",null,1000,1000])");
    // The merged value's origin is where the anchor wrote it.
    CHECK(scan.sources.text(scan.look("Pod.default.p", "spec.containers.0.image")->origin()) == "nginx");
}

TEST_CASE("what is no object is named, the rest is judged") {
    const Scanned scan(
        {{"a.yaml", std::string(pod) + "---\nfoo: bar\n---\nkind: Secret\napiVersion: v1\nmetadata: {name: [s\n---\n"
                                       "kind: Secret\napiVersion: v1\nmetadata: {name: t}\n"},
         {"b.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: \"\xff\"}\n"},
         {"c.json", R"({"apiVersion": "v1", "kind": "Pod",})"},
         {"d.yaml", "apiVersion: v1\nkind: Pod\nkind: Secret\nmetadata: {name: d}\n"}});
    CHECK(scan.addresses() == Texts{"Pod.default.p", "Secret.default.t", "Secret.default.d"});
    CHECK(codes(scan) == "yaml-syntax kubernetes-no-kind file-encoding json-syntax duplicate-key ");
}

TEST_CASE("templates and overlays are gaps, never broken YAML") {
    const Scanned scan(
        {{"chart/Chart.yaml", "apiVersion: v2\nname: \"shop\"  # ours\nversion: 1.0.0\n"},
         {"chart/templates/web.yaml",
          "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Release.Name }}\n{{- if .x }}\n"},
         {"chart/templates/quoted.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: \"{{ .Release.Name }}\"}\n"},
         {"chart/templates/fixed.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: fixed}\n"},
         {"other/pod.yaml", "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web-{{uid}}\n"},
         {"flow/workflow.yaml",
          "apiVersion: argoproj.io/v1alpha1\nkind: Workflow\nmetadata: {name: w}\nspec:\n"
          "  arg: \"{{inputs.x}}\"  # {{ }}\n  script: |\n    echo {{x}}\n\n    {{y}}\n  more: it's\n"},
         {"prod/kustomization.yaml", "resources: [../base]\npatches:\n  - path: web.yaml\n  - patch: |-\n      a: b\n"},
         {"prod/web.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\n"},
         {"prod/extra.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: extra}\n"}});
    CHECK(codes(scan) == "");
    CHECK(scan.addresses() == Texts{"Secret.default.fixed", "Workflow.default.w", "Secret.default.extra"});
    Texts gaps;
    for (const CoverageGap& gap : scan.gaps) gaps.push_back(gap.kind + " " + gap.subject);
    CHECK(gaps == Texts{"template other/pod.yaml", "kustomize prod", "helm-chart shop"});
}

TEST_CASE("template syntax is told from text that holds braces") {
    using kubernetes::has_template_syntax;
    CHECK(has_template_syntax("a: {{ b }}"));
    CHECK(has_template_syntax("{{- range .x }}"));
    CHECK(has_template_syntax("a: |\n  text\nb: {{ c }}"));
    CHECK(has_template_syntax("a: \"x\" {{ c }}"));
    CHECK(has_template_syntax("a: don't {{ c }}"));
    CHECK_FALSE(has_template_syntax("a: \"{{ b }}\""));
    CHECK_FALSE(has_template_syntax("a: 'it''s {{ b }}'"));
    CHECK_FALSE(has_template_syntax("a: \"x\n  {{ b }}\"\nb: 1"));
    CHECK_FALSE(has_template_syntax("a: b # {{ c }}"));
    CHECK_FALSE(has_template_syntax("a:\n  - b: >-2\n      {{ c }}\n\n      {{ d }}\n  - e"));
    CHECK_FALSE(has_template_syntax("a: !x |\n  {{ c }}"));
    CHECK_FALSE(has_template_syntax("a: {b: {c: d}}"));
}

TEST_CASE("comments and annotations suppress") {
    const Scanned scan(
        "apiVersion: v1\n"                                                                     // 1
        "kind: Pod\n"                                                                          // 2
        "metadata:\n"                                                                          // 3
        "  name: p\n"                                                                          // 4
        "  annotations:\n"                                                                     // 5
        "    checkov.io/skip1: CKV_K8S_1=an old workload\n"                                    // 6
        "    ignore-check.kube-linter.io/run-as-non-root: why\n"                               // 7
        "spec:\n"                                                                              // 8
        "  # plumbline:ignore rule-a,rule-b the reason\n"                                      // 9
        "  hostNetwork: true  # trivy:ignore:KSV-0009:exp:2030-01-31 trivy:ignore:KSV-0010\n"  // 10
        "  # kics-scan ignore-block\n"                                                         // 11
        "  containers:\n"                                                                      // 12
        "    - name: c\n"                                                                      // 13
        "      image: nginx # plumbline:ignore rule-c\n"                                       // 14
        "    - name: d # tfsec:ignore:x\n"                                                     // 15
        "      image: '# plumbline:ignore no'\n"                                               // 16
        "---\n"                                                                                // 17
        "# checkov:skip=CKV_K8S_2, CKV_K8S_3: two of them\n"                                   // 18
        "apiVersion: v1\n"                                                                     // 19
        "kind: Secret\n"                                                                       // 20
        "metadata: {name: s}\n"                                                                // 21
        "# kics-scan disable=abc\n");                                                          // 22
    Texts found;
    for (const Suppression& made : scan.results[0].graph.suppressions()) {
        std::string text = line_of(scan, made.scope);
        for (const std::string& rule : made.rules) text += " " + rule;
        text += made.reason.empty() ? "" : " (" + made.reason + ")";
        text += made.expires.empty() ? "" : " until " + made.expires;
        found.push_back(text + " " + made.kind);
    }
    CHECK(found == Texts{
                       "1-16 CKV_K8S_1 (an old workload) annotation",
                       "1-16 run-as-non-root (why) annotation",
                       "1-16 rule-a rule-b (the reason) comment",
                       "10-10 KSV-0009 until 2030-01-31 comment",
                       "10-10 KSV-0010 comment",
                       "12-16 * comment",
                       "14-14 rule-c comment",
                       "15-16 x comment",
                       "19-21 CKV_K8S_2 CKV_K8S_3 (two of them) comment",
                       "1-23 abc comment",
                   });
}

TEST_CASE("hostile input stops at a limit") {
    const std::string head = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n";
    SUBCASE("aliases of aliases") {
        std::string text = head + "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
        for (int i = 1; i < 10; ++i) {
            const std::string before = "*a" + std::to_string(i - 1);
            text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before;
            for (int k = 1; k < 10; ++k) text += "," + before;
            text += "]\n";
        }
        const Scanned scan(text);
        CHECK(codes(scan) == "yaml-alias-bomb ");
        CHECK(scan.addresses() == Texts{"ConfigMap.default.c"});
    }
    SUBCASE("aliases that nest") {
        std::string text = head + "a0: &a0 " + std::string(300, '[') + std::string(300, ']') + "\n";
        for (int i = 1; i < 500; ++i) {
            text += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " " + std::string(300, '[') + "*a" +
                    std::to_string(i - 1) + " " + std::string(300, ']') + "\n";
        }
        const Scanned scan(text);
        CHECK(codes(scan) == "yaml-alias-bomb ");
    }
    SUBCASE("long texts under many aliases") {
        std::string text = head + "a: &a " + std::string(1'000'000, 'x') + "\nb:\n";
        for (int i = 0; i < 1000; ++i) text += "  - {? *a : *a}\n";
        const Scanned scan(text);
        CHECK(codes(scan) == "yaml-alias-bomb ");
    }
    SUBCASE("a name that no server takes") {
        const Scanned scan("apiVersion: v1\nkind: Pod\nmetadata: {name: " + std::string(1'000'000, 'x') + "}\n");
        CHECK(scan.addresses() == Texts{"Pod.default." + std::string(253, 'x')});
    }
    SUBCASE("depth") {
        const Scanned scan({{"a.yaml", head + "a: " + std::string(100'000, '[')},
                            {"b.json", R"({"apiVersion": "v1", "kind": "Pod", "a": )" + std::string(100'000, '[')}});
        CHECK(codes(scan) == "yaml-syntax json-depth ");
    }
    SUBCASE("one long line") {
        const Scanned scan(head + "data: {a: " + std::string(10'000'000, 'x') + "}\n");
        CHECK(scan.addresses() == Texts{"ConfigMap.default.c"});
        CHECK(codes(scan) == "");
    }
}

TEST_CASE("many documents of one namespace are read and linked in time that grows with their number") {
    // Each pod has a policy of its own and all share a label, so that only an index keeps this from being quadratic.
    // 4,000 times 4,000 comparisons would exceed the linker's limit.
    constexpr int pods = 4000;
    std::string text;
    for (int i = 0; i < pods; ++i) {
        const std::string n = std::to_string(i);
        text += "apiVersion: v1\nkind: Pod\nmetadata: {name: p" + n + ", labels: {app: a" + n +
                ", tier: x}}\nspec: {containers: []}\n---\n"
                "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: n" +
                n + "}\nspec: {podSelector: {matchLabels: {app: a" + n + ", tier: x}}}\n---\n";
    }
    const Scanned scan(text);
    CHECK(scan.gaps.empty());
    CHECK(scan.addresses().size() == 2 * pods);
    CHECK(scan.linked("Pod.default.p3999", "network_policies") == "NetworkPolicy.default.n3999");
    CHECK(scan.linked("NetworkPolicy.default.n17", "workloads") == "Pod.default.p17");
}

TEST_CASE("links beyond the limit are unknown and named") {
    std::string text;
    for (int i = 0; i < 2500; ++i) {
        const std::string n = std::to_string(i);
        text += "apiVersion: v1\nkind: Pod\nmetadata: {name: p" + n +
                "}\nspec: {}\n---\n"
                "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: n" +
                n + "}\nspec: {podSelector: {}}\n---\n";
    }
    const Scanned scan(text);
    REQUIRE(scan.gaps.size() == 1);
    CHECK(scan.gaps[0].kind == "kubernetes-links");
    const Value* last = scan.look("Pod.default.p2499", "linked.network_policies");
    REQUIRE(last);
    CHECK(last->is_unknown());
}

TEST_CASE("every truncation of a manifest is read without a fault and with spans inside") {
    const std::string text =
        "\xEF\xBB\xBF# head\r\napiVersion: v1\nkind: List\nitems:\n- apiVersion: apps/v1\n  kind: Deployment\n  "
        "metadata:\n"
        "    name: &n web\n    annotations: {checkov.io/skip1: \"CKV_1=x\\n\"}\n  spec:\n    template:\n      "
        "metadata:\n"
        "        labels: {app: *n, <<: {a: b}}\n      spec:\n        containers:\n        - name: 'it''s'\n"
        "          image: nginx@sha256:00 # trivy:ignore:A\n          command: [sh, -c, >-\n            x\n            "
        "y]\n"
        "          args:\n          - |2-\n              indented\n            text\n          ? k\n          : !t {a: "
        "\"\xC3\xA9\"}\n"
        "---\napiVersion: v1\nkind: Service\nmetadata: {name: s}\nspec: {selector: {app: web}}\n...\n";
    for (std::size_t size = 0; size <= text.size(); ++size) {
        CAPTURE(size);
        const Scanned scan(text.substr(0, size));
        for (const RootResult& result : scan.results) {
            for (const Resource& resource : result.graph.resources()) {
                CHECK(spans_inside(resource.body, scan.sources));
                CHECK(resource.block.begin <= resource.header.begin);
                CHECK(resource.header.end <= resource.block.end);
            }
            for (const Suppression& made : result.graph.suppressions()) CHECK(made.scope.end <= size);
        }
        for (const Diagnostic& item : scan.diagnostics.items()) CHECK(item.subject.end <= size);
    }
    const std::string json =
        R"({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p\u00e9", "labels": {}}, "spec": {"containers": [{"image": "a", "x": -1.5e3}]}})";
    for (std::size_t size = 0; size <= json.size(); ++size) {
        CAPTURE(size);
        const Scanned scan(std::map<std::string, std::string>{{"a.json", json.substr(0, size)}});
        CHECK(scan.addresses().size() == (size == json.size() ? 1 : 0));
    }
}
