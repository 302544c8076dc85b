#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "scanner/model/diagnostic.h"
#include "scanner/model/source.h"
#include "scanner/model/value.h"

namespace plumbline {

enum class ResourceId : std::uint32_t {};

/// One object that rules judge: a Terraform resource instance, a CloudFormation resource, a Kubernetes object, a
/// workflow's job or step, an exported host setting.
struct Resource {
    /// Unique within its graph: `module.a["x"].aws_s3_bucket.b[0]`, a logical id, `Kind.namespace.name`.
    std::string address;
    /// The address that findings name where it is another one: of what a transform makes of the author's resource
    /// (SAM's stage of an API) the author's. Empty: `address`.
    std::string reported_as;
    /// What rules select by: `aws_s3_bucket`, `AWS::S3::Bucket`, `Deployment`. Terraform blocks that are no managed
    /// resources carry a prefix: `data.aws_iam_policy_document`, `provider.aws`, `module`, `variable`, `output`,
    /// `terraform`.
    std::string type;
    /// `terraform`, `kubernetes`, `cloudformation`, `github-actions`, ...: the platform of a rule's check.
    std::string_view platform;
    /// The body with meta-arguments left out; what rules look at. An unknown when `count`/`for_each` is unknown.
    Value body;
    /// The header (`resource "aws_s3_bucket" "b"`), the region of a finding about something that is missing.
    Span header;
    /// The whole block, header to closing brace.
    Span block;
    /// Meta-arguments that rules or reports need: `count`, `for_each`, `provider`, `lifecycle`, `depends_on`,
    /// CloudFormation's `DeletionPolicy`, `Metadata`. An object.
    Value meta;
    /// Terraform: the address of the module instance it lies in ("" for the root).
    std::string module_path;
    /// The blocks of the module calls that lead to it, the outermost first; null in a root module. Shared by a module's
    /// resources.
    std::shared_ptr<const std::vector<Span>> calls;
    /// Set when whether it exists at all is unknown (`count = var.enabled ? 1 : 0` with no value): verdicts then hold
    /// for the case that it exists, a fail becomes undecided with this cause.
    CauseRef uncertain;

    const std::string& shown_address() const { return reported_as.empty() ? address : reported_as; }
};

/// Calls `visit` with every reference in the value's trace, in what is inside of it and in what is known of an unknown.
void for_each_reference(const Value& value, const std::function<void(const Trace&)>& visit);

/// Text that suppresses a rule, written beside the resource: which rules, why, where.
struct Suppression {
    std::vector<std::string> rules;  ///< ids or aliases as written; `*` or "all" for every rule
    std::string reason;
    Span span;         ///< the comment
    std::string kind;  ///< `comment`, `annotation`, `metadata`
    /// What it covers: findings whose subject or resource block lies inside; a whole file when it equals the file. A
    /// module call's block covers everything that the call leads to.
    Span scope;
    /// Last day it counts, `YYYY-MM-DD`; empty for no end.
    std::string expires;
};

/// Something that was not judged, and why: a module source that is not there, a chart that is not rendered.
struct CoverageGap {
    std::string kind;     ///< kebab-case: `module-source`, `for-each-unknown`, `helm-chart`
    std::string subject;  ///< what: a module's address, a path
    std::string reason;   ///< why, and what to do
    Span span;
    std::string path;  ///< where span is invalid
};

/// The resources of one root (a root module, a template, a folder of manifests) and how they are connected.
class Graph {
  public:
    ResourceId add(Resource resource);
    void add_suppression(Suppression suppression) { suppressions_.push_back(std::move(suppression)); }

    std::span<const Resource> resources() const { return resources_; }
    const Resource& operator[](ResourceId id) const { return resources_[static_cast<std::size_t>(id)]; }
    /// Ids of that exact type, in the order they were added.
    std::span<const ResourceId> of_type(std::string_view type) const;
    /// By address; null when there is none.
    const Resource* find(std::string_view address) const;
    std::span<const Suppression> suppressions() const { return suppressions_; }

    /// Whether `value` refers to `target`: its trace (or that of anything inside) reads an attribute of it, or is
    /// unknown because of one. `count` and `for_each` instances are told apart where the reference does.
    bool refers_to(const Value& value, const Resource& target) const;
    /// Every resource of the graph that `value` refers to, each once, in graph order.
    std::vector<ResourceId> referenced_by(const Value& value) const;

    /// Path of the root, for "the same root module" and reports.
    std::string root;
    /// Names of the environments (sets of variable files) this evaluation stands for; empty when there are none.
    std::vector<std::string> environments;

  private:
    struct TextHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
    };
    std::vector<Resource> resources_;
    std::unordered_map<std::string, std::vector<ResourceId>, TextHash, std::equal_to<>> by_type_;
    std::unordered_map<std::string, ResourceId, TextHash, std::equal_to<>> by_address_;
    std::vector<Suppression> suppressions_;
};

/// What evaluating one root gives.
struct RootResult {
    Graph graph;
    Diagnostics diagnostics;
    std::vector<CoverageGap> gaps;
};

}  // namespace plumbline
