#include "parsers/terraform/comments.h"

#include <algorithm>
#include <utility>

#include "parsers/ignore_comment.h"
#include "scanner/model/text.h"

namespace plumbline::terraform {
namespace {

/// The text between the markers, without the stars of a block comment's margin.
std::string_view inner_text(std::string_view comment) {
    if (comment.starts_with("/*")) {
        comment.remove_prefix(2);
        if (comment.ends_with("*/")) comment.remove_suffix(2);
    } else {
        comment.remove_prefix(comment.starts_with("//") ? 2 : 1);
    }
    return trim(comment);
}

bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

/// Finds what a comment is about.
class Places {
  public:
    explicit Places(const hcl::File& file) : file_(file), text_(file.source->text()) {}

    Span whole_file() const { return {file_.source->id(), 0, static_cast<std::uint32_t>(text_.size())}; }

    /// The top-level block around `at`; invalid when there is none.
    Span block_around(std::uint32_t at) const {
        const auto blocks = file_.body->blocks;
        const auto after = std::partition_point(blocks.begin(), blocks.end(),
                                                [&](const hcl::Block& block) { return block.span.end <= at; });
        return after != blocks.end() && after->span.begin <= at ? after->span : Span{};
    }

    /// Whether something other than blanks stands before it on its line.
    bool ends_a_line(Span comment) const {
        const std::size_t start = line_start(comment.begin);
        return std::any_of(text_.begin() + static_cast<std::ptrdiff_t>(start), text_.begin() + comment.begin,
                           [](char c) { return !is_blank(c); });
    }

    /// The attribute or block that starts on the line of `at`; else the innermost one around it.
    Span on_line(std::uint32_t at) const {
        const auto start = static_cast<std::uint32_t>(line_start(at));
        Span found;
        const hcl::Body* body = file_.body;
        while (body) {
            const hcl::Body* deeper = nullptr;
            for (const hcl::Attribute& item : body->attributes) {
                if (item.span.begin <= at && item.span.end > start) return item.span;
            }
            for (const hcl::Block& block : body->blocks) {
                if (block.span.begin > at || block.span.end <= start) continue;
                found = block.span;
                // A header's line stands for the whole block, even when the block ends on it.
                if (block.span.begin < start) deeper = block.body;
            }
            body = deeper;
        }
        return found;
    }

    /// The attribute or block that comes next in the innermost body around `at`; else the block around.
    Span following(std::uint32_t at) const {
        const hcl::Body* body = file_.body;
        Span around;
        for (bool deeper = true; deeper;) {
            deeper = false;
            for (const hcl::Block& block : body->blocks) {
                if (block.span.begin >= at || block.span.end <= at) continue;
                around = block.span;
                body = block.body;
                deeper = true;
                break;
            }
        }
        Span next;
        const auto consider = [&](Span span) {
            if (span.begin >= at && (!next.valid() || span.begin < next.begin)) next = span;
        };
        for (const hcl::Attribute& item : body->attributes) consider(item.span);
        for (const hcl::Block& block : body->blocks) consider(block.span);
        return next.valid() ? next : around;
    }

  private:
    std::size_t line_start(std::uint32_t at) const {
        const std::size_t end = at == 0 ? std::string_view::npos : text_.rfind('\n', at - 1);
        return end == std::string_view::npos ? 0 : end + 1;
    }

    const hcl::File& file_;
    std::string_view text_;
};

}  // namespace

std::vector<Suppression> comment_suppressions(const hcl::File& file) {
    using Reach = IgnoreComment::Reach;
    std::vector<Suppression> out;
    const Places places(file);
    const std::string_view text = file.source->text();
    for (const hcl::Comment& comment : file.comments) {
        const Span span = comment.span;
        for (IgnoreComment& found : ignore_comments(inner_text(text.substr(span.begin, span.end - span.begin)))) {
            Span scope;
            if (found.reach == Reach::file) scope = places.whole_file();
            if (found.reach == Reach::following) scope = places.following(span.end);
            if (found.reach == Reach::resource || (found.reach == Reach::own && !places.ends_a_line(span)))
                scope = places.block_around(span.begin);
            if (found.reach == Reach::near || (found.reach == Reach::own && !scope.valid()))
                scope = places.ends_a_line(span) ? places.on_line(span.begin) : places.following(span.end);
            if (!scope.valid()) continue;
            found.made.span = span;
            found.made.scope = scope;
            out.push_back(std::move(found.made));
        }
    }
    return out;
}

}  // namespace plumbline::terraform
