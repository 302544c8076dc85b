#pragma once

#include "parsers/parser.h"

namespace plumbline {

/// Terraform and OpenTofu configurations: `.tf`, `.tf.json`, `.tofu`, `.tofu.json`. Variable files are read when a root
/// is evaluated. A root is a folder with such files that no other folder calls as a module; a module that nobody calls
/// is judged on its own defaults.
const Parser& terraform_parser();

}  // namespace plumbline
