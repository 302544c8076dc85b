#pragma once

#include <string_view>
#include <vector>

#include "parsers/terraform/evaluate.h"

/// Bodies of blocks as values: attributes and nested blocks become members, `dynamic` blocks the blocks they make.
namespace plumbline::terraform {

/// An object whose members are the attributes, and, for each type of nested blocks, a tuple of their objects. Where a
/// dynamic block's number is unknown, the tuple is an unknown with two alternatives: without those blocks, and with
/// one.
Value body_value(const hcl::Body& body, Evaluator& evaluator);

/// The same for the body of a resource, whose meta-arguments and meta-blocks (`lifecycle`, ...) are left out; what
/// rules may ask of them goes to `meta`.
Value resource_body_value(const hcl::Body& body, Evaluator& evaluator, std::vector<Member>& meta);

/// `count`, `for_each`, `provider`, `depends_on`, `providers`: arguments to Terraform, not to the provider or module.
bool is_meta_argument(std::string_view name);

/// `aws` or `aws.west` of an expression that names a provider's configuration. OpenTofu's `aws.by_region[each.key]` is
/// `aws.by_region`.
std::string provider_name(const hcl::Expr& expr);

}  // namespace plumbline::terraform
