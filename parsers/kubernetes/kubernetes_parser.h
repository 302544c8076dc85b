#pragma once

#include "parsers/parser.h"

namespace plumbline {

/// Kubernetes manifests: YAML and JSON files that hold objects with `apiVersion` and `kind`, recognised by content.
///
/// **Roots.** Each folder is a root: what `kubectl apply -f FOLDER` would send, and a path that stays when other
/// folders change, on which fingerprints and baselines rest. Links also lead to other folders of the scan where
/// manifests say enough: kubernetes::Scan tells when.
///
/// **Resources.** One per object; elements of a `List` count as objects. Type: the kind (`kind.group` where another API
/// group uses a built-in kind's name). Address: `Kind.namespace.name`. Where a folder defines an object twice, both
/// have the same address.
///
/// **Synthetic members** beside what is written (for rule authors: rules/LANGUAGE.md, "Kubernetes"):
///   - `pod` of every workload: see kubernetes/pod.h
///   - `linked`: what the object is connected with: see kubernetes/links.h
///
/// **Not judged**, and named as coverage gaps: templates of Helm charts (`helm-chart`, one per chart), other files with
/// `{{ ... }}` outside of quotes (`template`), patches of Kustomize overlays (`kustomize`, one per overlay).
const Parser& kubernetes_parser();

}  // namespace plumbline
