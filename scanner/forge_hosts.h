#pragma once

#include <optional>
#include <string>

#include "scanner/forge.h"
#include "scanner/model/value.h"

namespace plumbline {

/// Pull requests as Bitbucket (Cloud's API 2.0, Data Center's API), Azure DevOps (REST 7, `az repos pr list`) and
/// Gerrit (`GET /changes/`, `gerrit query --format=JSON`) print them; nullopt for anything else.
std::optional<PullRequest> read_bitbucket_cloud(const Value& value);
std::optional<PullRequest> read_bitbucket_data_center(const Value& value);
std::optional<PullRequest> read_azure_devops(const Value& value);
std::optional<PullRequest> read_gerrit(const Value& value);

/// An entry of Bitbucket Cloud's activity log of pull requests: an approval with its time, or a push. Carries the
/// number and what the entry tells.
std::optional<PullRequest> read_bitbucket_activity(const Value& value);
/// A build or status policy that Azure DevOps evaluated for a pull request, as a check of it.
std::optional<PullRequest> read_azure_policy(const Value& value);
/// Who completed a pull request of Azure DevOps past its policies.
std::optional<PushEvent> read_azure_bypass(const Value& value);

}  // namespace plumbline
