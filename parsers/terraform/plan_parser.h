#pragma once

#include "parsers/parser.h"

namespace plumbline {

/// Terraform's and OpenTofu's plans as `show -json` prints them (format versions 0.x and 1.x). Each file is a root: its
/// resources have the addresses, types and values that the configuration would give, with the plan's certainty about
/// them. What is known only after apply is unknown and keeps the references that the plan's `configuration` records.
/// Where the configuration lies in the plan's folder or the one above, places are those of its blocks; otherwise they
/// are the plan's own, and where that configuration does not differ from the plan's, the plan replaces it. Format:
/// developer.hashicorp.com/terraform/internals/json-format.
const Parser& terraform_plan_parser();

}  // namespace plumbline
