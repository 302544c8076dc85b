#include "parsers/yaml/comment_suppressions.h"

#include <algorithm>
#include <utility>

#include "parsers/ignore_comment.h"
#include "scanner/model/text.h"

namespace plumbline {
namespace {

// Finding what a comment is about looks through the mapping it stands in; no person writes so many into one file.
constexpr std::size_t max_suppressions = 10'000;

/// Finds what a comment is about.
class Places {
  public:
    Places(const Source& source, std::span<const Value> roots, std::span<const Span> resources)
        : source_(source), roots_(roots), resources_(resources) {}

    Span whole_file() const { return {source_.id(), 0, static_cast<std::uint32_t>(source_.text().size())}; }

    bool ends_a_line(Span comment) const {
        const std::string_view before =
            source_.text().substr(line_start(comment.begin), comment.begin - line_start(comment.begin));
        return !trim(before).empty();
    }

    /// The resource around the comment or, where it stands between two, the one that follows.
    Span resource_of(Span comment) const {
        const auto found = std::partition_point(resources_.begin(), resources_.end(),
                                                [&](Span resource) { return resource.end <= comment.begin; });
        if (found == resources_.end()) {
            // Behind the last line of the last resource of its document.
            return resources_.empty() || separated(resources_.back().end, comment.begin) ? Span{} : resources_.back();
        }
        if (found->begin <= comment.begin || found == resources_.begin()) return *found;
        const Span before = *(found - 1);
        return separated(before.end, comment.begin) ? *found : before;
    }

    Span near(Span comment) const {
        if (ends_a_line(comment)) return starting_in(line_start(comment.begin), comment.begin);
        // Lines that hold nothing or another comment are passed over.
        const std::string_view text = source_.text();
        std::size_t begin = text.find('\n', comment.end);
        while (begin != std::string_view::npos) {
            std::size_t end = text.find('\n', begin + 1);
            if (end == std::string_view::npos) end = text.size();
            const std::string_view line = trim(text.substr(begin, end - begin));
            if (!line.empty() && !line.starts_with('#') && !line.starts_with("---")) {
                return starting_in(static_cast<std::uint32_t>(begin + 1), static_cast<std::uint32_t>(end));
            }
            begin = end < text.size() ? end : std::string_view::npos;
        }
        return {};
    }

  private:
    std::uint32_t line_start(std::uint32_t at) const {
        const std::size_t end = at == 0 ? std::string_view::npos : source_.text().rfind('\n', at - 1);
        return end == std::string_view::npos ? 0 : static_cast<std::uint32_t>(end + 1);
    }

    /// Whether a line `---` lies between.
    bool separated(std::uint32_t from, std::uint32_t to) const {
        return source_.text().substr(from, to - from).find("\n---") != std::string_view::npos;
    }

    /// The outermost member or element that starts in those bytes; a whole resource where its first line is meant.
    Span starting_in(std::uint32_t begin, std::uint32_t end) const {
        const auto first = std::partition_point(resources_.begin(), resources_.end(),
                                                [&](Span resource) { return resource.begin < begin; });
        if (first != resources_.end() && first->begin < end) return *first;
        const auto root = std::partition_point(roots_.begin(), roots_.end(),
                                               [&](const Value& value) { return value.origin().end <= begin; });
        if (root == roots_.end()) return {};
        Value around = *root;
        while (true) {
            bool deeper = false;
            const auto look = [&](Span span, const Value& value) -> bool {
                if (span.begin >= begin && span.begin < end) return true;
                if (!deeper && span.begin < begin && span.end > begin) {
                    around = value;
                    deeper = true;
                }
                return false;
            };
            const Value container = around;  // `around` changes while its parts are looked at
            for (const Member& member : container.members()) {
                if (look(member.span, member.value)) return member.span;
            }
            for (const Value& element : container.elements()) {
                if (!element.trace()) continue;
                if (look(element.trace()->span, element)) return element.trace()->span;
            }
            if (!deeper) return {};
        }
    }

    const Source& source_;
    std::span<const Value> roots_;
    std::span<const Span> resources_;
};

}  // namespace

std::vector<Suppression> comment_suppressions(const Source& source, std::span<const Span> comments,
                                              std::span<const Value> roots, std::span<const Span> resources) {
    using Reach = IgnoreComment::Reach;
    std::vector<Suppression> out;
    const Places places(source, roots, resources);
    for (Span comment : comments) {
        std::string_view text = source.text().substr(comment.begin, comment.end - comment.begin);
        while (text.starts_with('#')) text.remove_prefix(1);
        for (IgnoreComment& found : ignore_comments(text)) {
            if (out.size() >= max_suppressions) return out;
            Span scope;
            if (found.reach == Reach::file) scope = places.whole_file();
            if (found.reach == Reach::resource || (found.reach == Reach::own && !places.ends_a_line(comment)))
                scope = places.resource_of(comment);
            if (!scope.valid()) scope = places.near(comment);
            if (!scope.valid()) continue;
            found.made.span = comment;
            found.made.scope = scope;
            out.push_back(std::move(found.made));
        }
    }
    return out;
}

}  // namespace plumbline
