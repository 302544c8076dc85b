#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/model/file_system.h"
#include "scanner/model/finding.h"
#include "scanner/model/resource.h"

namespace plumbline {

/// Who owns which files, as a CODEOWNERS file says it. Its two readers differ: GitLab has sections and exclusions, and
/// takes a pattern with a slash inside for one at any depth.
class Codeowners {
  public:
    enum class Host : std::uint8_t { github, gitlab };
    static Codeowners read(std::string_view text, Host host);

    /// The owners of a file: of the last line that matches, in GitLab's file of the last one of each section.
    std::vector<std::string> of(std::string_view path) const;

  private:
    struct Line {
        std::vector<std::string> parts;  ///< of the pattern; `**` stands for any number of folders
        bool folder = false;             ///< means what lies below, not a file of that name
        bool excludes = false;           ///< GitLab: the section says nothing about such files
        std::vector<std::string> owners;
    };
    struct Section {
        std::string name;  ///< in lower case; sections of one name are one
        std::vector<Line> lines;
    };
    static Line line_of(std::string_view pattern, Host host);
    static bool matches(const Line& line, std::span<const std::string_view> path);

    std::vector<Section> sections_;
};

/// `owners` of the configuration.
struct OwnerSettings {
    /// Names of tags, labels and annotations that hold an owner, the most telling first.
    std::vector<std::string> tags = {"owner", "team"};
    bool codeowners = true;
    /// Patterns for files and addresses (empty: any) and whom they belong to. The last that matches counts.
    struct Entry {
        std::string path, resource;
        std::vector<std::string> owners;
    };
    std::vector<Entry> entries;
};

/// The owner that a resource's own tags name: Terraform's `tags`, `labels` and `tag` blocks, then `tags_all` with the
/// provider's default tags; CloudFormation's `Tags`; labels, then annotations of Kubernetes. Names are compared in any
/// case and without a prefix (`example.com/owner`, `acme:Owner`). Empty when none is known.
std::vector<std::string> owners_in_tags(const Resource& resource, std::span<const std::string> names);

/// Completes the findings' owners, which came from tags: what the configuration says goes before, and CODEOWNERS of the
/// tree (`.github/`, the top, `docs/`, `.gitlab/`: the first there is) is asked last. Findings' paths start at the
/// file system's root.
void assign_owners(std::vector<Finding>& findings, const OwnerSettings& settings, const FileSystem& file_system);

}  // namespace plumbline
