#pragma once

#include <vector>

#include "parsers/terraform/ast.h"
#include "scanner/model/resource.h"

namespace plumbline::terraform {

/// The suppressions that a file's comments hold, in ours and in the peers' syntax:
///
///     plumbline:ignore RULE[,RULE] [reason]      inside of a top-level block: that block; elsewhere as trivy:ignore
///     checkov:skip=ID[,ID][:reason]              the top-level block around it (also bridgecrew:skip, cortex:skip)
///     trivy:ignore:ID[:exp:DATE]                 at the end of a line: what starts there; on a line of its own: what
///     tfsec:ignore:ID[:exp:DATE]                 follows
///     kics-scan ignore-line | ignore-block       what starts on the next line | the block that follows; every rule
///     kics-scan disable=ID[,ID] | ignore         the file
std::vector<Suppression> comment_suppressions(const hcl::File& file);

}  // namespace plumbline::terraform
