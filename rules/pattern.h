#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace plumbline {

/// A regular expression in RE2's syntax: linear in the text, no look-around, no back-references. Compiled on first use,
/// since most rules of a run never see their types; safe from several threads.
class Pattern {
  public:
    Pattern(std::string text, bool ignore_case);
    ~Pattern();
    Pattern(Pattern&&) noexcept;
    Pattern& operator=(Pattern&&) noexcept;
    /// Why RE2 refuses it; nullopt when it does not.
    std::optional<std::string> error() const;
    /// Whether it matches somewhere in the text.
    bool matches(std::string_view text) const;
    /// Its matches from left to right, at most `most`; where it has a group, what the first one took.
    std::vector<std::string> find_all(std::string_view text, std::size_t most) const;
    /// The leftmost match at or after an offset, as offset and size; nullopt when there is none.
    std::optional<std::pair<std::size_t, std::size_t>> find(std::string_view text, std::size_t from = 0) const;
    const std::string& text() const { return text_; }
    /// What a match depends on besides the characters that it takes. Without any of them a match in a part of a text is
    /// a match in the text; with `start` alone that holds for its beginning, with `end` alone for its end.
    struct Anchors {
        bool start = false, end = false;  ///< `^`, `\A`; `$`, `\z`
        bool inside = false;              ///< `\b`, `\B`, or `\Q`, behind which anything may be quoted
    };
    Anchors anchors() const;

  private:
    struct Compiled;
    std::string text_;
    bool ignore_case_;
    std::unique_ptr<Compiled> compiled_;
};

}  // namespace plumbline
