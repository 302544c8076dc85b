#include "parsers/kubernetes/pod.h"

#include <doctest/doctest.h>

#include "parsers/kubernetes/kubernetes_test_support.h"

using namespace plumbline;
using kubernetes_test::Scanned;

TEST_CASE("every workload leads to its pod") {
    struct Case {
        const char *api, *kind, *spec;
    };
    const std::string pod = "{metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: nginx}]}}";
    for (const auto& [api, kind, around] :
         {Case{"apps/v1", "Deployment", "spec: {template: POD}"},
          Case{"apps/v1", "ReplicaSet", "spec: {template: POD}"},
          Case{"v1", "ReplicationController", "spec: {template: POD}"},
          Case{"apps/v1", "StatefulSet", "spec: {template: POD}"},
          Case{"apps/v1", "DaemonSet", "spec: {template: POD}"}, Case{"batch/v1", "Job", "spec: {template: POD}"},
          Case{"batch/v1", "CronJob", "spec: {jobTemplate: {spec: {template: POD}}}"},
          Case{"v1", "PodTemplate", "template: POD"},
          Case{"apps.openshift.io/v1", "DeploymentConfig", "spec: {template: POD}"},
          Case{"argoproj.io/v1alpha1", "Rollout", "spec: {template: POD}"}}) {
        CAPTURE(kind);
        std::string text = around;
        text.replace(text.find("POD"), 3, pod);
        const Scanned scan(std::string("apiVersion: ") + api + "\nkind: " + kind + "\nmetadata: {name: w}\n" + text +
                           "\n");
        const std::string address = std::string(kind) + ".default.w";
        CHECK(scan.at(address, "pod.metadata.labels.a") == "\"b\"");
        CHECK(scan.at(address, "pod.spec.all_containers.0.name") == "\"c\"");
    }
    const Scanned bare("apiVersion: v1\nkind: Pod\nmetadata: {name: w}\nspec: {containers: [{name: c}]}\n");
    CHECK(bare.at("Pod.default.w", "pod.metadata.name") == "\"w\"");
    CHECK(bare.at("Pod.default.w", "pod.spec.all_containers.0.name") == "\"c\"");
    const Scanned none("apiVersion: v1\nkind: Secret\nmetadata: {name: w}\nspec: {template: {spec: {}}}\n");
    CHECK(none.at("Secret.default.w", "pod") == "absent");
    const Scanned other(
        "apiVersion: batch.volcano.sh/v1alpha1\nkind: Job\nmetadata: {name: w}\nspec: {template: {spec: {}}}\n");
    CHECK(other.at("Job.default.w", "pod") == "absent");
}

TEST_CASE("malformed pods are taken as they are") {
    for (const char* spec : {"spec:", "spec: text", "spec: [{containers: []}]", "spec: {containers: text}",
                             "spec: {containers: {a: b}, securityContext: 1}", "spec: {containers: [1, ~, [a]]}",
                             "spec: {containers: [{image: 1, securityContext: [], resources: x, name: {}}]}"}) {
        CAPTURE(spec);
        const Scanned scan(std::string("apiVersion: v1\nkind: Pod\nmetadata: {name: w}\n") + spec + "\n");
        CHECK(scan.diagnostics.empty());
        CHECK(scan.at("Pod.default.w", "pod") != "absent");
    }
}

TEST_CASE("containers keep their places and get their role") {
    const Scanned scan(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n"
        "spec:\n"
        "  initContainers:\n"
        "    - {name: i, image: a}\n"
        "    - {name: s, image: a, restartPolicy: Always}\n"
        "  ephemeralContainers: [{name: e, image: a}]\n"
        "  containers:\n"
        "    - {name: c, image: a}\n");
    std::string found;
    for (const Value& container : scan.look("Pod.default.p", "pod.spec.all_containers")->elements()) {
        found += container.find("name")->value.as_string() + " " +
                 container.find("effective")->value.find("role")->value.as_string() + " " +
                 std::to_string(scan.sources.begin_of(container.origin()).line) + ", ";
    }
    CHECK(found == "c container 10, i init 6, s sidecar 7, e ephemeral 8, ");
    CHECK(scan.at("Pod.default.p", "pod.spec.initContainers.1.effective.role") == "\"sidecar\"");
    CHECK(scan.at("Pod.default.p", "spec.containers.0.effective") == "absent");  // what is written stays untouched
}

TEST_CASE("effective values: written, inherited, defaults") {
    const Scanned scan(
        "apiVersion: v1\n"
        "kind: Pod\n"
        "metadata:\n"
        "  name: p\n"
        "  annotations: {container.apparmor.security.beta.kubernetes.io/own: localhost/prof}\n"
        "spec:\n"
        "  securityContext: {runAsNonRoot: true, runAsUser: 1000, seccompProfile: {type: RuntimeDefault}, "
        "appArmorProfile: {type: RuntimeDefault}}\n"
        "  containers:\n"
        "    - name: own\n"
        "      image: reg.example:5000/team/app:1.2@sha256:ab\n"
        "      imagePullPolicy: Never\n"
        "      securityContext: {runAsNonRoot: false, runAsUser: 0, privileged: true, allowPrivilegeEscalation: null}\n"
        "    - name: inherits\n"
        "      image: nginx\n"
        "      resources: {limits: {cpu: 1, memory: 1Gi}, requests: {cpu: 100m}}\n");
    const auto at = [&](const char* index, const char* name) {
        return scan.at("Pod.default.p", std::string("pod.spec.all_containers.") + index + ".effective." + name);
    };
    CHECK(at("0", "runAsNonRoot") == "false");
    CHECK(at("0", "runAsUser") == "0");
    CHECK(at("0", "seccompProfile.type") == "\"RuntimeDefault\"");
    CHECK(at("0", "appArmorProfile") == R"({"localhostProfile":"prof","type":"Localhost"})");
    CHECK(at("0", "privileged") == "true");
    CHECK(at("0", "allowPrivilegeEscalation") == "true");
    CHECK(at("0", "imagePullPolicy") == "\"Never\"");
    CHECK(at("0", "image") ==
          R"({"digest":"sha256:ab","registry":"reg.example:5000","repository":"team/app","tag":"1.2"})");
    CHECK(at("0", "resources") == "absent");
    CHECK(at("1", "runAsNonRoot") == "true");
    CHECK(at("1", "runAsUser") == "1000");
    CHECK(at("1", "runAsGroup") == "absent");
    CHECK(at("1", "appArmorProfile.type") == "\"RuntimeDefault\"");
    CHECK(at("1", "privileged") == "false");
    CHECK(at("1", "readOnlyRootFilesystem") == "false");
    CHECK(at("1", "procMount") == "\"Default\"");
    CHECK(at("1", "imagePullPolicy") == "\"Always\"");
    CHECK(at("1", "image") == R"({"registry":"docker.io","repository":"library/nginx","tag":"latest"})");
    CHECK(at("1", "resources.requests") == R"({"cpu":"100m","memory":"1Gi"})");

    // A value knows where it stands: the pod's line for what is inherited, the image's for what follows from it.
    const Value* user = scan.look("Pod.default.p", "pod.spec.all_containers.1.effective.runAsUser");
    CHECK(scan.sources.begin_of(user->origin()).line == 7);
    const Value* policy = scan.look("Pod.default.p", "pod.spec.all_containers.1.effective.imagePullPolicy");
    CHECK(policy->trace()->kind == Trace::Kind::provider_default);
    CHECK(scan.sources.text(policy->origin()) == "nginx");
}

TEST_CASE("the token is mounted unless the pod or its account says no") {
    const auto automount = [](const char* pod, const char* account) {
        const Scanned scan(std::string("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {") + pod +
                           "}\n---\napiVersion: v1\nkind: ServiceAccount\nmetadata: {name: robot}\n" + account + "\n");
        return scan.at("Pod.default.p", "pod.effective.automountServiceAccountToken") + " " +
               scan.at("Pod.default.p", "pod.effective.serviceAccountName");
    };
    CHECK(automount("", "automountServiceAccountToken: false") == "true \"default\"");
    CHECK(automount("serviceAccountName: robot", "") == "true \"robot\"");
    CHECK(automount("serviceAccountName: robot", "automountServiceAccountToken: false") == "false \"robot\"");
    CHECK(automount("serviceAccount: robot", "automountServiceAccountToken: false") == "false \"robot\"");
    CHECK(automount("serviceAccountName: robot, automountServiceAccountToken: true",
                    "automountServiceAccountToken: false") == "true \"robot\"");
}

TEST_CASE("image names") {
    const auto parts = [](std::string_view text) {
        const kubernetes::ImageName name = kubernetes::parse_image(text);
        return name.registry + " " + name.repository + " " + name.tag + " " + name.digest;
    };
    CHECK(parts("nginx") == "docker.io library/nginx latest ");
    CHECK(parts("nginx:1.25") == "docker.io library/nginx 1.25 ");
    CHECK(parts("team/app") == "docker.io team/app latest ");
    CHECK(parts("localhost/app@sha256:1") == "localhost app  sha256:1");
    CHECK(parts("a.io:443/b/c:2") == "a.io:443 b/c 2 ");
    CHECK(parts("") == "   ");
}
