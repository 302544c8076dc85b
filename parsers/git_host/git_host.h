#pragma once

#include <span>

#include "parsers/parser.h"

namespace plumbline {

/// The files of a git host: what runs on a change, and what guards a change. One root a file, so that addresses
/// (`jobs.build.steps[0]`, `branches[0].protection`) are those of the file. Platforms, types and the members that the
/// parsers add are written down at the end of rules/LANGUAGE.md.

/// Workflows and composite actions of GitHub Actions (Gitea's and Forgejo's read alike).
const Parser& github_actions_parser();
/// `.gitlab-ci.yml` with the files it includes from the tree.
const Parser& gitlab_ci_parser();
/// JSON as GitHub's API prints it, told by its content, and probot's `.github/settings.yml`.
const Parser& github_settings_parser();
/// JSON as GitLab's API prints it, told by its content.
const Parser& gitlab_settings_parser();
/// CODEOWNERS, Dependabot's and Renovate's configuration.
const Parser& repository_files_parser();

/// All of the above, in the order in which they are to be asked. They go before the parsers that tell YAML and JSON by
/// content alone: these files have fixed names or members that no manifest or template has.
std::span<const Parser* const> git_host_parsers();

}  // namespace plumbline
