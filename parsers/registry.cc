#include <array>

#include "parsers/cloudformation/cloudformation_parser.h"
#include "parsers/git/changes_parser.h"
#include "parsers/git_host/git_host.h"
#include "parsers/kubernetes/kubernetes_parser.h"
#include "parsers/parser.h"
#include "parsers/terraform/plan_parser.h"
#include "parsers/terraform/terraform_parser.h"

namespace plumbline {

std::span<const Parser* const> parsers() {
    // What is known by its path comes before what is known by its content.
    static const std::array<const Parser*, 10> all = {
        &terraform_parser(),        &github_actions_parser(), &gitlab_ci_parser(),      &git_changes_parser(),
        &repository_files_parser(), &terraform_plan_parser(), &cloudformation_parser(), &github_settings_parser(),
        &gitlab_settings_parser(),  &kubernetes_parser()};
    return all;
}

}  // namespace plumbline
