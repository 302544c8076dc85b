#include "parsers/kubernetes/links.h"

#include <doctest/doctest.h>

#include "parsers/kubernetes/kubernetes_test_support.h"

using namespace plumbline;
using kubernetes_test::Scanned;

namespace {

std::string object(const std::string& api, const std::string& kind, const std::string& metadata,
                   const std::string& rest = "") {
    return "---\napiVersion: " + api + "\nkind: " + kind + "\nmetadata: {" + metadata + "}\n" + rest + "\n";
}
std::string pod(const std::string& metadata, const std::string& spec = "") {
    return object("v1", "Pod", metadata, "spec: {" + spec + "}");
}
std::string policy(const std::string& metadata, const std::string& selector) {
    return object("networking.k8s.io/v1", "NetworkPolicy", metadata, "spec: {podSelector: {" + selector + "}}");
}

}  // namespace

TEST_CASE("selectors lead to pods and back") {
    const Scanned scan(pod("name: a, labels: {app: web, tier: front}") + pod("name: b, labels: {app: web}") +
                       pod("name: c, namespace: other, labels: {app: web}") + pod("name: d") + policy("name: all", "") +
                       policy("name: web", "matchLabels: {app: web, tier: front}") +
                       policy("name: in", "matchExpressions: [{key: tier, operator: In, values: [front, back]}]") +
                       policy("name: not-in", "matchExpressions: [{key: tier, operator: NotIn, values: [front]}]") +
                       policy("name: exists", "matchExpressions: [{key: app, operator: Exists}]") +
                       policy("name: lacks", "matchExpressions: [{key: app, operator: DoesNotExist}]") +
                       policy("name: odd", "matchExpressions: [{key: app, operator: Like}]") +
                       object("networking.k8s.io/v1", "NetworkPolicy", "name: no-spec") +
                       object("v1", "Service", "name: s", "spec: {selector: {app: web}}") +
                       object("v1", "Service", "name: none", "spec: {selector: {}}") +
                       object("policy/v1", "PodDisruptionBudget", "name: none", "spec: {}") +
                       object("policy/v1", "PodDisruptionBudget", "name: all", "spec: {selector: {}}"));
    CHECK(scan.linked("NetworkPolicy.default.all", "workloads") == "Pod.default.a Pod.default.b Pod.default.d");
    CHECK(scan.linked("NetworkPolicy.default.web", "workloads") == "Pod.default.a");
    CHECK(scan.linked("NetworkPolicy.default.in", "workloads") == "Pod.default.a");
    CHECK(scan.linked("NetworkPolicy.default.not-in", "workloads") == "Pod.default.b Pod.default.d");
    CHECK(scan.linked("NetworkPolicy.default.exists", "workloads") == "Pod.default.a Pod.default.b");
    CHECK(scan.linked("NetworkPolicy.default.lacks", "workloads") == "Pod.default.d");
    CHECK(scan.linked("NetworkPolicy.default.odd", "workloads") == "");
    CHECK(scan.linked("NetworkPolicy.default.no-spec", "workloads") == "");
    CHECK(scan.linked("Service.default.s", "workloads") == "Pod.default.a Pod.default.b");
    CHECK(scan.linked("Service.default.none", "workloads") == "");
    CHECK(scan.linked("PodDisruptionBudget.default.none", "workloads") == "");
    CHECK(scan.linked("Pod.default.a", "network_policies") ==
          "NetworkPolicy.default.all NetworkPolicy.default.web NetworkPolicy.default.in NetworkPolicy.default.exists");
    CHECK(scan.linked("Pod.default.a", "services") == "Service.default.s");
    CHECK(scan.linked("Pod.default.d", "pod_disruption_budgets") == "PodDisruptionBudget.default.all");
    CHECK(scan.linked("Pod.other.c", "network_policies") == "");

    // The rules' links follow traces: both ways lead to the resources themselves.
    const Graph& graph = scan.results[0].graph;
    CHECK(graph.refers_to(*scan.look("NetworkPolicy.default.web", "linked.workloads"), *graph.find("Pod.default.a")));
    CHECK_FALSE(
        graph.refers_to(*scan.look("NetworkPolicy.default.web", "linked.workloads"), *graph.find("Pod.default.b")));
    CHECK(graph.refers_to(*scan.look("Pod.default.b", "linked.services"), *graph.find("Service.default.s")));
}

TEST_CASE("the pods of a controller have the labels of its template") {
    const Scanned scan(object("apps/v1", "Deployment", "name: w, labels: {app: other}",
                              "spec: {template: {metadata: {labels: {app: web}}, spec: {containers: []}}}") +
                       policy("name: web", "matchLabels: {app: web}") +
                       policy("name: other", "matchLabels: {app: other}"));
    CHECK(scan.linked("Deployment.default.w", "network_policies") == "NetworkPolicy.default.web");
    CHECK(scan.linked("NetworkPolicy.default.other", "workloads") == "");
}

TEST_CASE("Cilium's policies select pods too") {
    const Scanned scan(
        pod("name: a, namespace: x, labels: {app: web}") + pod("name: b, namespace: y, labels: {app: db}") +
        object("cilium.io/v2", "CiliumNetworkPolicy", "name: web, namespace: x",
               "spec: {endpointSelector: {matchLabels: {'k8s:app': web}}}") +
        object("cilium.io/v2", "CiliumClusterwideNetworkPolicy", "name: all", "spec: {endpointSelector: {}}"));
    CHECK(scan.linked("Pod.x.a", "network_policies") ==
          "CiliumNetworkPolicy.x.web CiliumClusterwideNetworkPolicy.default.all");
    CHECK(scan.linked("Pod.y.b", "network_policies") == "CiliumClusterwideNetworkPolicy.default.all");
    CHECK(scan.linked("CiliumClusterwideNetworkPolicy.default.all", "workloads") == "Pod.x.a Pod.y.b");
}

TEST_CASE("a Cilium policy may hold several rules") {
    const Scanned scan(pod("name: a, labels: {app: web}") + pod("name: b, labels: {app: db}") +
                       pod("name: c, labels: {app: mail}") +
                       object("cilium.io/v2", "CiliumNetworkPolicy", "name: two",
                              "specs: [{endpointSelector: {matchLabels: {app: web}}}, {endpointSelector: {matchLabels: "
                              "{app: db}}}]"));
    CHECK(scan.linked("CiliumNetworkPolicy.default.two", "workloads") == "Pod.default.a Pod.default.b");
}

TEST_CASE("Calico's selectors are read") {
    const Scanned scan(pod("name: a, namespace: x, labels: {app: web, tier: front}") +
                       pod("name: b, namespace: x, labels: {app: db}") +
                       pod("name: c, namespace: y, labels: {app: web}") +
                       object("v1", "Namespace", "name: y, labels: {zone: outer}") +
                       object("projectcalico.org/v3", "NetworkPolicy", "name: web, namespace: x",
                              R"x(spec: {selector: "app == 'web' && has(tier)"})x") +
                       object("crd.projectcalico.org/v1", "NetworkPolicy", "name: rest, namespace: x",
                              R"x(spec: {selector: "!(app in {'web', 'mail'}) || tier starts with 'fr'"})x") +
                       object("projectcalico.org/v3", "NetworkPolicy", "name: every, namespace: x", "spec: {}") +
                       object("projectcalico.org/v3", "NetworkPolicy", "name: broken, namespace: x",
                              R"x(spec: {selector: "app = 1"})x") +
                       object("projectcalico.org/v3", "GlobalNetworkPolicy", "name: outer",
                              R"x(spec: {selector: all(), namespaceSelector: "zone == 'outer'"})x"));
    CHECK(scan.linked("NetworkPolicy.x.web", "workloads") == "Pod.x.a");
    CHECK(scan.linked("NetworkPolicy.x.rest", "workloads") == "Pod.x.a Pod.x.b");
    CHECK(scan.linked("NetworkPolicy.x.every", "workloads") == "Pod.x.a Pod.x.b");
    CHECK(scan.linked("NetworkPolicy.x.broken", "workloads") == "");
    CHECK(scan.linked("GlobalNetworkPolicy.default.outer", "workloads") == "Pod.y.c");
    CHECK(scan.linked("Pod.y.c", "network_policies") == "GlobalNetworkPolicy.default.outer");
}

TEST_CASE("an administrator's policies select namespaces, or pods in them") {
    const Scanned scan(
        object("v1", "Namespace", "name: x, labels: {team: red}") + pod("name: a, namespace: x, labels: {app: web}") +
        pod("name: b, namespace: x") + pod("name: c, namespace: y, labels: {app: web}") +
        object("policy.networking.k8s.io/v1alpha1", "AdminNetworkPolicy", "name: red",
               "spec: {subject: {namespaces: {matchLabels: {team: red}}}}") +
        object("policy.networking.k8s.io/v1alpha1", "AdminNetworkPolicy", "name: y",
               "spec: {subject: {namespaces: {matchLabels: {kubernetes.io/metadata.name: 'y'}}}}") +
        object(
            "policy.networking.k8s.io/v1alpha1", "BaselineAdminNetworkPolicy", "name: default",
            "spec: {subject: {pods: {namespaceSelector: {matchLabels: {team: red}}, podSelector: {matchLabels: {app: "
            "web}}}}}"));
    CHECK(scan.linked("AdminNetworkPolicy.default.red", "workloads") == "Pod.x.a Pod.x.b");
    CHECK(scan.linked("AdminNetworkPolicy.default.y", "workloads") == "Pod.y.c");
    CHECK(scan.linked("BaselineAdminNetworkPolicy.default.default", "workloads") == "Pod.x.a");
    CHECK(scan.linked("Pod.x.b", "network_policies") == "AdminNetworkPolicy.default.red");
}

TEST_CASE("an account that is bound to cluster-admin has its rights without a manifest of it") {
    const Scanned scan(object("v1", "ServiceAccount", "name: robot") +
                       object("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", "name: all",
                              "roleRef: {kind: ClusterRole, name: cluster-admin}\nsubjects: [{kind: ServiceAccount, "
                              "name: robot, namespace: default}]"));
    CHECK(scan.at("ServiceAccount.default.robot", "linked.roles.0.rules.0.verbs") == R"(["*"])");
}

TEST_CASE("bindings lead to roles and accounts, accounts to their rights") {
    const std::string subjects =
        "roleRef: {kind: ROLE, name: r}\nsubjects: [{kind: ServiceAccount, name: robot, namespace: x}, {kind: User, "
        "name: jo}]";
    const auto bind = [&](const std::string& kind, const std::string& metadata, const std::string& role) {
        std::string text = subjects;
        text.replace(text.find("ROLE"), 4, role);
        return object("rbac.authorization.k8s.io/v1", kind, metadata, text);
    };
    const Scanned scan(
        object("v1", "ServiceAccount", "name: robot, namespace: x") +
        object("rbac.authorization.k8s.io/v1", "Role", "name: r, namespace: x", "rules: [{verbs: [get]}]") +
        object("rbac.authorization.k8s.io/v1", "Role", "name: r, namespace: y", "rules: [{verbs: [list]}]") +
        object("rbac.authorization.k8s.io/v1", "ClusterRole", "name: r", "rules: [{verbs: ['*']}]") +
        bind("RoleBinding", "name: b, namespace: x", "Role") + bind("ClusterRoleBinding", "name: c", "ClusterRole") +
        object("rbac.authorization.k8s.io/v1", "ClusterRoleBinding", "name: everyone",
               "roleRef: {kind: ClusterRole, name: cluster-admin}\nsubjects: [{kind: Group, name: "
               "'system:serviceaccounts:x'}]") +
        pod("name: p, namespace: x", "serviceAccountName: robot") + pod("name: q, namespace: y"));
    CHECK(scan.linked("RoleBinding.x.b", "role") == "Role.x.r");
    CHECK(scan.at("RoleBinding.x.b", "linked.role.rules") == R"([{"verbs":["get"]}])");
    CHECK(scan.linked("RoleBinding.x.b", "service_accounts") == "ServiceAccount.x.robot");
    CHECK(scan.linked("ClusterRoleBinding.default.c", "role") == "ClusterRole.default.r");
    CHECK(scan.at("ClusterRoleBinding.default.everyone", "linked.role.rules.0.verbs") == R"(["*"])");
    CHECK(scan.linked("Role.x.r", "bindings") == "RoleBinding.x.b");
    CHECK(scan.linked("Role.y.r", "bindings") == "");
    const std::string bindings = "RoleBinding.x.b ClusterRoleBinding.default.c ClusterRoleBinding.default.everyone";
    CHECK(scan.linked("ServiceAccount.x.robot", "bindings") == bindings);
    CHECK(scan.linked("ServiceAccount.x.robot", "workloads") == "Pod.x.p");
    CHECK(scan.linked("Pod.x.p", "service_account") == "ServiceAccount.x.robot");
    CHECK(scan.linked("Pod.x.p", "bindings") == bindings);
    CHECK(scan.linked("Pod.x.p", "roles") == "Role.x.r ClusterRole.default.r ClusterRole.default.cluster-admin");
    CHECK(scan.linked("Pod.y.q", "bindings") == "");
}

TEST_CASE("routes, hooks, policies, autoscalers and what belongs to a namespace") {
    const Scanned scan(
        object("v1", "Service", "name: s, namespace: x") + object("v1", "Namespace", "name: x") +
        object("v1", "LimitRange", "name: l, namespace: x") + object("v1", "ResourceQuota", "name: q, namespace: x") +
        policy("name: n, namespace: x", "") + pod("name: p, namespace: x") +
        object("networking.k8s.io/v1", "Ingress", "name: i, namespace: x",
               "spec: {rules: [{http: {paths: [{backend: {service: {name: s}}}]}}]}") +
        object("extensions/v1beta1", "Ingress", "name: old, namespace: x", "spec: {backend: {serviceName: s}}") +
        object("gateway.networking.k8s.io/v1", "Gateway", "name: g, namespace: infra") +
        object("gateway.networking.k8s.io/v1", "HTTPRoute", "name: h, namespace: x",
               "spec: {parentRefs: [{name: g, namespace: infra}], rules: [{backendRefs: [{name: s}]}]}") +
        object("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration", "name: w",
               "webhooks: [{clientConfig: {service: {name: s, namespace: x}}}]") +
        object("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy", "name: v") +
        object("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicyBinding", "name: vb",
               "spec: {policyName: v}") +
        object("autoscaling/v2", "HorizontalPodAutoscaler", "name: a, namespace: x",
               "spec: {scaleTargetRef: {kind: Pod, name: p}}"));
    CHECK(scan.linked("Service.x.s", "ingresses") == "Ingress.x.i Ingress.x.old");
    CHECK(scan.linked("Service.x.s", "routes") == "HTTPRoute.x.h");
    CHECK(scan.linked("Service.x.s", "webhooks") == "ValidatingWebhookConfiguration.default.w");
    CHECK(scan.linked("Ingress.x.i", "services") == "Service.x.s");
    CHECK(scan.linked("HTTPRoute.x.h", "gateways") == "Gateway.infra.g");
    CHECK(scan.linked("Gateway.infra.g", "routes") == "HTTPRoute.x.h");
    CHECK(scan.linked("ValidatingAdmissionPolicyBinding.default.vb", "policy") ==
          "ValidatingAdmissionPolicy.default.v");
    CHECK(scan.linked("ValidatingAdmissionPolicy.default.v", "bindings") ==
          "ValidatingAdmissionPolicyBinding.default.vb");
    CHECK(scan.linked("HorizontalPodAutoscaler.x.a", "workloads") == "Pod.x.p");
    CHECK(scan.linked("Pod.x.p", "autoscalers") == "HorizontalPodAutoscaler.x.a");
    CHECK(scan.linked("Pod.x.p", "namespace") == "Namespace.default.x");
    CHECK(scan.linked("Pod.x.p", "limit_ranges") == "LimitRange.x.l");
    CHECK(scan.linked("Namespace.default.x", "network_policies") == "NetworkPolicy.x.n");
    CHECK(scan.linked("Namespace.default.x", "resource_quotas") == "ResourceQuota.x.q");
}

TEST_CASE("folders are linked where manifests say that they share a cluster") {
    SUBCASE("the same written namespace") {
        const Scanned scan(
            {{"apps/p.yaml", pod("name: p, namespace: x")}, {"net/n.yaml", policy("name: n, namespace: x", "")}});
        CHECK(scan.roots.size() == 2);
        CHECK(scan.linked("Pod.x.p", "network_policies") == "NetworkPolicy.x.n");
        CHECK(scan.linked("NetworkPolicy.x.n", "workloads") == "Pod.x.p");
    }
    SUBCASE("no namespace says nothing across folders") {
        const Scanned scan({{"apps/p.yaml", pod("name: p")}, {"net/n.yaml", policy("name: n", "")}});
        CHECK(scan.linked("Pod.default.p", "network_policies") == "");
    }
    SUBCASE("folders that define the same object are alternatives") {
        const std::string here = object("v1", "Namespace", "name: x") + pod("name: p, namespace: x");
        const Scanned scan({{"dev/p.yaml", here}, {"prod/p.yaml", here + policy("name: n, namespace: x", "")}});
        CHECK(scan.results[0].graph.root == "dev");
        CHECK_FALSE(scan.results[0].graph.find("Pod.x.p")->body.find("linked")->value.find("network_policies"));
        CHECK(scan.results[1].graph.find("Pod.x.p")->body.find("linked")->value.find("network_policies"));
    }
    SUBCASE("a namespace that both bring makes no alternatives") {
        const std::string space = object("v1", "Namespace", "name: x");
        const Scanned scan({{"apps/p.yaml", space + pod("name: p, namespace: x")},
                            {"net/n.yaml", space + policy("name: n, namespace: x", "")}});
        CHECK(scan.linked("Pod.x.p", "network_policies") == "NetworkPolicy.x.n");
    }
    SUBCASE("cluster-wide roles") {
        const Scanned scan({{"a/b.yaml", object("rbac.authorization.k8s.io/v1", "RoleBinding", "name: b",
                                                "roleRef: {kind: ClusterRole, name: r}")},
                            {"c/r.yaml", object("rbac.authorization.k8s.io/v1", "ClusterRole", "name: r")}});
        CHECK(scan.linked("RoleBinding.default.b", "role") == "ClusterRole.default.r");
        CHECK(scan.linked("ClusterRole.default.r", "bindings") == "RoleBinding.default.b");
    }
}
