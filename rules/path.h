#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rules/judging.h"

namespace plumbline {

/// A look-up path of the rule language: `versioning.enabled`, `tags["a.b"]`, `rule[*].id`, `**.password`, `$.name`,
/// `.`.
class Path {
  public:
    struct Step {
        enum class Kind : std::uint8_t { name, index, each, any_member, any_depth } kind;
        std::string name;
        std::size_t index = 0;
    };
    /// nullopt and a message when the text is no path.
    static std::optional<Path> parse(std::string_view text, std::string& error);
    const std::string& text() const { return text_; }
    const std::vector<Step>& steps() const { return steps_; }
    /// Starts at the resource's body (`$.`).
    bool from_body() const { return start_ == Start::body; }
    /// Starts at the resource's meta-arguments (`@lifecycle.prevent_destroy`).
    bool from_meta() const { return start_ == Start::meta; }

  private:
    std::string text_;
    std::vector<Step> steps_;
    enum class Start : std::uint8_t { here, body, meta } start_ = Start::here;
};

/// One place that a path leads to, or the place it got to when there is nothing.
struct Spot {
    Value value;
    bool present = false;
    /// The attribute; where absent, the header of the deepest block that was reached.
    Span place;
    /// Of `elements`: an unknown that may stand for any number of elements, none included.
    bool several = false;
};

/// Everything that a path may lead to. Unknown values on the way that can be counted are kept apart as choices.
struct Spots {
    std::vector<Spot> sure;
    /// Each one an unknown value: of its alternatives one is real.
    struct Choice {
        std::vector<Spots> alternatives;
        CauseRef cause;
        Spot spot;
    };
    std::vector<Choice> choices;
};

/// Follows the path. A step over a list goes to each of its elements. A null is absent. Where nothing is found, `sure`
/// has one absent spot. An unknown value on the way is a present spot (or a choice).
Spots follow(const Path& path, const Scope& scope);

/// The same, and lists at its end are taken apart (unless `whole`): their elements are the spots; absent ones are left
/// out, so an empty result means that there are no elements.
Spots elements(const Path& path, const Scope& scope);

/// `prefix.path`, for messages and fingerprints.
std::string joined_path(const Scope& scope, const Path& path);

/// Where a part of something at `place` stands: its own place when it was written inside the same resource, else
/// `place`.
Span place_of(const Value& value, Span place, const Resource* resource);

}  // namespace plumbline
