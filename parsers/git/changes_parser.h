#pragma once

#include "parsers/parser.h"

namespace plumbline {

/// The changes of an audited period, as `plumbline audit` writes them (`plumbline-changes.json`): a resource
/// `git_change` for each, its address the commit, and one `git_branch`. Platform `git-history`.
const Parser& git_changes_parser();

}  // namespace plumbline
