#pragma once

#include <compare>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace plumbline {

/// Number of a source in its `SourceSet`. 0 is "no source": the command line, the environment, a default of ours.
enum class SourceId : std::uint32_t {};

/// Half-open range of bytes in a source. Bytes, not lines: a line and a column are worked out when one is printed.
struct Span {
    SourceId source{};
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
    auto operator<=>(const Span&) const = default;
    /// False for the span of something that stands in no file.
    bool valid() const { return source != SourceId{}; }
    /// The smallest span over both; both must be of one source.
    static Span join(Span a, Span b) {
        if (!a.valid()) return b;
        if (!b.valid()) return a;
        return {a.source, a.begin < b.begin ? a.begin : b.begin, a.end > b.end ? a.end : b.end};
    }
};

/// 1-based line and column. `column` counts Unicode code points, as SARIF's `unicodeCodePoints` does.
struct LineCol {
    std::uint32_t line = 1;
    std::uint32_t column = 1;
    auto operator<=>(const LineCol&) const = default;
};

/// The bytes of one file and the name they are reported under. The line table is made on first use.
class Source {
  public:
    Source(SourceId id, std::string path, std::string text);
    SourceId id() const { return id_; }
    /// Relative to the scan's root, with `/`, no leading `./`.
    const std::string& path() const { return path_; }
    std::string_view text() const { return text_; }
    /// An offset past the end gives the place just after the last byte.
    LineCol locate(std::uint32_t offset) const;
    /// The line without its line end; empty when there is no such line. `line` is 1-based.
    std::string_view line(std::uint32_t line) const;
    std::uint32_t line_count() const;
    /// Offset of the first byte of a 1-based line; the text's size when there is no such line.
    std::uint32_t line_start(std::uint32_t line) const;

  private:
    friend class SourceSet;
    const std::vector<std::uint32_t>& starts() const;
    /// Code points before an offset of the text; `starts` was called before.
    std::uint32_t code_points(std::uint32_t offset) const;

    SourceId id_;
    std::string path_;
    std::string text_;
    mutable std::once_flag once_;
    mutable std::vector<std::uint32_t> starts_;
    mutable std::vector<std::uint32_t> marks_;  // code points before every 1024th byte
};

/// Every source of a run. Adding and looking up is safe from several threads; a `Source` never moves.
class SourceSet {
  public:
    SourceSet();
    const Source& add(std::string path, std::string text);
    /// The source of id 0 is empty and has the path "".
    const Source& get(SourceId id) const;
    std::size_t size() const;

    const Source& operator[](SourceId id) const { return get(id); }
    /// Gives every source the name that reports show. For the end of a run, when nothing reads by path any more and no
    /// other thread is at work.
    void rename(const std::function<std::string(const std::string&)>& shown);
    LineCol begin_of(Span span) const { return get(span.source).locate(span.begin); }
    LineCol end_of(Span span) const { return get(span.source).locate(span.end); }
    std::string_view text(Span span) const;

  private:
    mutable std::mutex mutex_;
    std::deque<Source> sources_;
};

}  // namespace plumbline
