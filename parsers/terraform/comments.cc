#include "parsers/terraform/comments.h"

#include <algorithm>

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

/// Splits off the first word.
std::string_view take_word(std::string_view& text) {
    text = trim(text);
    const std::size_t end = text.find_first_of(" \t\r\n");
    const std::string_view word = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end);
    return word;
}

void add_ids(std::string_view list, std::vector<std::string>& ids) {
    for (std::string_view id : split(list, ',')) {
        id = trim(id);
        if (!id.empty()) ids.emplace_back(id);
    }
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

/// `ID[:exp:DATE][:ws:NAME]`, what tfsec and Trivy write behind `ignore:`. The part in brackets after an id narrows it
/// to attribute values there; the scope already does here.
Suppression peer_ignore(std::string_view word) {
    Suppression made;
    const auto parts = split(word, ':');
    std::string_view id = parts.empty() ? std::string_view() : parts[0];
    id = id.substr(0, id.find('['));
    if (!id.empty()) made.rules.emplace_back(id);
    for (std::size_t i = 1; i + 1 < parts.size(); ++i) {
        if (parts[i] == "exp") made.expires = std::string(parts[i + 1]);
    }
    return made;
}

class Reader {
  public:
    Reader(const hcl::File& file, std::vector<Suppression>& out) : places_(file), out_(out) {}

    void read(Span comment, std::string_view text) {
        std::string_view rest = text;
        while (!rest.empty()) {
            const std::string_view word = take_word(rest);
            if (word.starts_with("trivy:ignore:") || word.starts_with("tfsec:ignore:")) {
                add(peer_ignore(word.substr(13)), comment, near(comment));
            } else if (word == "plumbline:ignore") {
                own(comment, rest);
            } else if (word.starts_with("checkov:skip") || word.starts_with("bridgecrew:skip")) {
                skip(comment, word.substr(word.find("skip") + 4), rest);
            } else if (word == "kics-scan") {
                kics(comment, rest);
            }
        }
    }

  private:
    Span near(Span comment) const {
        return places_.ends_a_line(comment) ? places_.on_line(comment.begin) : places_.following(comment.end);
    }

    void add(Suppression made, Span comment, Span scope) {
        if (made.rules.empty() || !scope.valid()) return;
        made.span = comment;
        made.scope = scope;
        made.kind = "comment";
        out_.push_back(std::move(made));
    }

    void own(Span comment, std::string_view& rest) {
        Suppression made;
        add_ids(take_word(rest), made.rules);
        made.reason = std::string(trim(rest.substr(0, rest.find('\n'))));
        rest = rest.substr(std::min(rest.size(), rest.find('\n')));
        Span scope = places_.ends_a_line(comment) ? Span{} : places_.block_around(comment.begin);
        add(std::move(made), comment, scope.valid() ? scope : near(comment));
    }

    /// `word` is what follows "skip": "=ID:reason", with blanks around the equals sign and in the reason.
    void skip(Span comment, std::string_view word, std::string_view& rest) {
        const std::size_t end = std::min(rest.size(), rest.find('\n'));
        std::string line = std::string(word) + std::string(rest.substr(0, end));
        rest = rest.substr(end);
        std::string_view text = trim(line);
        if (!text.starts_with('=')) return;
        text = trim(text.substr(1));
        Suppression made;
        const std::size_t colon = text.find(':');
        std::string_view ids = text.substr(0, colon);
        if (colon != std::string_view::npos) made.reason = std::string(trim(text.substr(colon + 1)));
        // Without a colon the ids end at the first blank that no comma precedes.
        if (colon == std::string_view::npos) ids = ids.substr(0, ids.find_first_of(" \t"));
        add_ids(ids, made.rules);
        add(std::move(made), comment, places_.block_around(comment.begin));
    }

    void kics(Span comment, std::string_view& rest) {
        const std::string_view what = take_word(rest);
        Suppression made;
        if (what.starts_with("disable=")) {
            add_ids(what.substr(8), made.rules);
            add(std::move(made), comment, places_.whole_file());
            return;
        }
        made.rules = {"*"};
        if (what == "ignore")
            add(std::move(made), comment, places_.whole_file());
        else if (what == "ignore-line" || what == "ignore-block")
            add(std::move(made), comment, places_.following(comment.end));
    }

    Places places_;
    std::vector<Suppression>& out_;
};

}  // namespace

std::vector<Suppression> comment_suppressions(const hcl::File& file) {
    std::vector<Suppression> out;
    Reader reader(file, out);
    const std::string_view text = file.source->text();
    for (const hcl::Comment& comment : file.comments) {
        const std::string_view raw = text.substr(comment.span.begin, comment.span.end - comment.span.begin);
        // Every directive has one of these words; most comments have none.
        if (raw.find("ignore") == std::string_view::npos && raw.find("skip") == std::string_view::npos &&
            raw.find("kics-scan") == std::string_view::npos)
            continue;
        reader.read(comment.span, inner_text(raw));
    }
    return out;
}

}  // namespace plumbline::terraform
