#pragma once

#include <map>
#include <string>
#include <vector>

#include "scanner/pipeline.h"

namespace plumbline {

struct Session;

/// Where the lines of rendered texts come from in the files of the tree, as far as can be told.
class RenderedPlaces {
  public:
    /// A line of a file; without a source the line comes from nowhere in particular.
    struct Line {
        SourceId source{};
        std::uint32_t number = 1;  ///< 1-based
    };
    /// `lines` has an entry for each line of the rendered source.
    void add(SourceId rendered, std::vector<Line> lines) { lines_[rendered] = std::move(lines); }
    bool empty() const { return lines_.empty(); }
    /// The place in the tree; other spans stay.
    Span place(Span span, const SourceSet& sources) const;

  private:
    std::map<SourceId, std::vector<Line>> lines_;
};

/// What rendering gives: texts to judge, and the files of the tree that they stand for.
struct Rendered {
    std::vector<const Source*> sources;
    std::vector<std::string> paths;  ///< of `paths`, without what was rendered
    RenderedPlaces places;
};

/// Renders the outermost Helm charts and Kustomize overlays among `paths` with `helm template` and `kustomize build`.
/// What cannot be rendered stays among the paths, and a diagnostic says why. Nothing is fetched: an overlay that names
/// something outside of the tree is not built.
Rendered render(Session& session, const std::vector<std::string>& paths);

/// Gives verdicts on rendered texts their places in the tree.
void place_rendered(Joined& joined, const RenderedPlaces& places, const SourceSet& sources);

}  // namespace plumbline
