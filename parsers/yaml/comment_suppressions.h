#pragma once

#include <span>
#include <vector>

#include "scanner/model/resource.h"
#include "scanner/model/source.h"
#include "scanner/model/value.h"

namespace plumbline {

/// The suppressions that a YAML file's comments hold, in ours and in the peers' syntax:
///
///     plumbline:ignore RULE[,RULE] [reason]   at the end of a line: what starts there; on a line of its own inside of
///                                             a resource: the resource; elsewhere what follows
///     checkov:skip=ID[,ID][:reason]           the resource around it (also bridgecrew:skip, cortex:skip)
///     trivy:ignore:ID[:exp:DATE]              at the end of a line: what starts there; on a line of its own: what
///     tfsec:ignore:ID[:exp:DATE]              follows
///     kics-scan ignore-line | ignore-block    what follows; every rule
///     kics-scan disable=ID[,ID] | ignore      the file
///
/// `roots` are the documents' values, `resources` the spans of the resources in them, sorted by place. A comment that
/// stands before a resource's first line and behind the resource before belongs to the resource that follows.
std::vector<Suppression> comment_suppressions(const Source& source, std::span<const Span> comments,
                                              std::span<const Value> roots, std::span<const Span> resources);

}  // namespace plumbline
