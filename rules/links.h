#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "rules/path.h"
#include "scanner/model/resource.h"

namespace plumbline {

/// Finds the resources of a graph that refer to another one, each (type, path) looked through once. Belongs to one
/// judging of one graph on one thread.
class LinkIndex {
  public:
    explicit LinkIndex(const Graph& graph) : graph_(graph) {}

    struct Links {
        std::vector<ResourceId> sure;
        /// Resources whose linking attribute is unknown for a reason that is no reference.
        std::vector<ResourceId> maybe;
    };
    /// Resources of `type` whose value at `by` refers to `target`, or is the same as one of its attributes `keys`.
    Links linked_from(const Resource& target, const std::string& type, const Path& by, const std::vector<Path>& keys);
    /// Resources of `type` with an attribute among `keys` of that identity.
    std::vector<ResourceId> by_value(const std::string& type, const std::vector<Path>& keys,
                                     const std::string& identity);
    /// The graph's types that fit a name ending in `*`; the name itself otherwise.
    std::vector<std::string> types_like(const std::string& type) const;

  private:
    struct Maybe {
        ResourceId id;
        std::vector<std::string> texts;
    };
    struct ByPath {
        std::unordered_map<std::string, std::vector<ResourceId>> by_reference, by_value;
        std::vector<Maybe> maybe;
    };
    const ByPath& index(const std::string& type, const Path& by);

    const Graph& graph_;
    std::map<std::pair<std::string, std::string>, std::unique_ptr<ByPath>> indices_;
};

/// `module.a["x"].aws_s3_bucket.b[0]` -> `aws_s3_bucket`; `data.aws_ami.x` -> `data.aws_ami`.
std::string_view type_of_address(std::string_view address);

/// What a value is, as far as it can be compared without being known: its text, or for an unknown one the variable or
/// attribute it is; nullopt where it cannot be told. Two values of one identity are equal.
std::optional<std::string> identity_of(const Value& value);

/// Identities that a resource is known by: its values at `keys`.
std::vector<std::string> identities(const Resource& resource, const std::vector<Path>& keys);

}  // namespace plumbline
