#pragma once

#include "parsers/parser.h"

namespace plumbline {

/// CloudFormation and SAM templates, YAML and JSON. A root is a template with the nested stacks whose templates lie in
/// the tree. Resources are addressed by their logical id, those of nested stacks by `Parent.Child`; parameters and
/// outputs are resources of type `parameter` and `output` at `Parameters.NAME` and `Outputs.NAME`.
const Parser& cloudformation_parser();

}  // namespace plumbline
