#pragma once

#include "parsers/cloudformation/template.h"
#include "scanner/model/resource.h"

namespace plumbline::cloudformation {

/// What a template's comments and resource metadata say is accepted: our `plumbline:ignore RULE reason`, and the peers'
/// `checkov:skip=ID:reason`, `trivy:ignore:ID`, `kics-scan ignore-block` and the like; `Metadata` of checkov
/// (`skip`), cfn_nag and cdk_nag (`rules_to_suppress`).
///
/// Checkov's comments, and ours alone on a line, hold for the resource they stand in. Every other comment holds for the
/// line it stands on, or alone on its line for what begins on the next line; before a resource's own keys it holds for
/// the whole resource.
void add_suppressions(const TemplateFile& file, Graph& graph);

}  // namespace plumbline::cloudformation
