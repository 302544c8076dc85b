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
    /// Resources of `type` whose value at `by` refers to `target`, or equals one of its known attributes `keys`.
    Links linked_from(const Resource& target, const std::string& type, const Path& by, const std::vector<Path>& keys);
    /// Resources of `type` with a known attribute among `keys` that equals `text`.
    std::vector<ResourceId> by_value(const std::string& type, const std::vector<Path>& keys, const std::string& text);

  private:
    struct ByPath {
        std::unordered_map<std::string, std::vector<ResourceId>> by_reference, by_value;
        std::vector<ResourceId> maybe;
    };
    const ByPath& index(const std::string& type, const Path& by);

    const Graph& graph_;
    std::map<std::pair<std::string, std::string>, std::unique_ptr<ByPath>> indices_;
};

/// Texts that a resource is known by: known values at `keys`.
std::vector<std::string> known_texts(const Resource& resource, const std::vector<Path>& keys);

}  // namespace plumbline
