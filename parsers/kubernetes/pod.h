#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/kubernetes/manifest.h"

namespace plumbline::kubernetes {

/// The pod template that an object leads to: the Pod itself, `spec.template` of a controller,
/// `spec.jobTemplate.spec.template` of a CronJob, `template` of a PodTemplate. Null for every other kind and where it
/// is missing.
const Value* pod_template(const Object& object);

/// The labels of the pods it makes, sorted; values that are no text as text.
std::vector<std::pair<std::string, std::string>> pod_labels(const Object& object);

/// The name of the ServiceAccount its pods run as: `serviceAccountName`, the older `serviceAccount`, else `default`.
std::string service_account_name(const Value& pod_spec);

/// The synthetic member `pod`: the template with `metadata`, `spec` and `effective`.
///
/// `spec` is the pod's with one more member, `all_containers`: containers, initContainers and ephemeralContainers, in
/// this order. Every container has a further member `effective`, what the API server makes of it:
///
///     role                      container, init, sidecar (an init container that restarts always) or ephemeral
///     image                     {registry, repository, tag, digest}; `latest` where neither tag nor digest is given
///     imagePullPolicy           written; else Always for the tag latest, IfNotPresent for any other
///     runAsNonRoot, runAsUser, runAsGroup, seccompProfile, seLinuxOptions, windowsOptions, appArmorProfile
///                               the container's, else the pod's (appArmorProfile: its annotation in between)
///     privileged, readOnlyRootFilesystem, runAsNonRoot (false), allowPrivilegeEscalation (true), procMount (Default)
///                               with these defaults
///     resources                 {limits, requests}; a request that is not written is the limit, per resource
///
/// `pod.effective` has `serviceAccountName` and `automountServiceAccountToken` (the pod's, else its ServiceAccount's,
/// else true). What no default exists for is absent (runAsUser, seccompProfile). Values that are not written have a
/// trace of kind provider_default, and the place of the nearest block around (securityContext, container).
///
/// Defaults: API reference v1.32, "Pod v1 core", "Container v1 core", "SecurityContext v1 core"; image tags as in
/// `SetDefaults_Container`.
std::optional<Member> pod_member(const Object& object, const Object* service_account);

/// The parts of an image reference, as the container runtimes split it. `latest` where it has neither tag nor digest.
struct ImageName {
    std::string registry, repository, tag, digest;
};
ImageName parse_image(std::string_view text);

}  // namespace plumbline::kubernetes
