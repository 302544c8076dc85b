#pragma once

#include <string>

#include "parsers/terraform/functions.h"
#include "parsers/terraform/module_config.h"
#include "scanner/model/value.h"

/// What is known of a resource besides its arguments without asking a cloud: which attributes Terraform's built-in
/// provider computes, and data sources that only work on their arguments.
namespace plumbline::terraform {

struct ProviderFacts {
    /// The instance: `module.a.aws_s3_bucket.b[0]`.
    std::string address;
    /// The id that an `import` block gives it; null when there is none.
    Value import_id;
    /// A data source that depends on a managed resource is read only during apply.
    bool deferred = false;
    /// `default_tags` of the AWS provider in force; null when there are none.
    Value default_tags;
};

/// The body with the attributes that can be told added: `json` of `aws_iam_policy_document`, `rendered` of
/// `template_file`, `content` of `local_file`, `outputs` of `terraform_remote_state` (its local backend, when the state
/// lies in the scanned tree), `id` and `output` of `terraform_data`, `tags_all` of AWS resources.
Value with_provider_values(const ResourceConfig& config, Value body, const ProviderFacts& facts,
                           const FunctionContext& functions);

}  // namespace plumbline::terraform
