#include "parsers/yaml/comment_suppressions.h"

#include <algorithm>

#include "scanner/model/text.h"

namespace plumbline {
namespace {

// Finding what a comment is about looks through the mapping it stands in; no person writes so many into one file.
constexpr std::size_t max_suppressions = 10'000;

/// Splits off the first word.
std::string_view take_word(std::string_view& text) {
    text = trim(text);
    const std::size_t end = text.find_first_of(" \t");
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

/// `ID[:exp:DATE][:ws:NAME]`, what tfsec and Trivy write behind `ignore:`.
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
    Reader(const Source& source, std::span<const Value> roots, std::span<const Span> resources,
           std::vector<Suppression>& out)
        : source_(source), roots_(roots), resources_(resources), out_(out) {}

    void read(Span comment) {
        std::string_view rest = source_.text().substr(comment.begin, comment.end - comment.begin);
        while (rest.starts_with('#')) rest.remove_prefix(1);
        for (rest = trim(rest); !rest.empty(); rest = trim(rest)) {
            const std::string_view word = take_word(rest);
            if (word.starts_with("trivy:ignore:") || word.starts_with("tfsec:ignore:")) {
                add(peer_ignore(word.substr(13)), comment, near(comment));
            } else if (word == "plumbline:ignore") {
                Suppression made;
                add_ids(take_word(rest), made.rules);
                made.reason = std::string(trim(rest));
                rest = {};
                const Span scope = ends_a_line(comment) ? near(comment) : resource_of(comment);
                add(std::move(made), comment, scope.valid() ? scope : near(comment));
            } else if (word.starts_with("checkov:skip") || word.starts_with("bridgecrew:skip") ||
                       word.starts_with("cortex:skip")) {
                skip(comment, word.substr(word.find("skip") + 4), rest);
                rest = {};
            } else if (word == "kics-scan") {
                kics(comment, rest);
            }
        }
    }

  private:
    Span whole_file() const { return {source_.id(), 0, static_cast<std::uint32_t>(source_.text().size())}; }

    std::uint32_t line_start(std::uint32_t at) const {
        const std::size_t end = at == 0 ? std::string_view::npos : source_.text().rfind('\n', at - 1);
        return end == std::string_view::npos ? 0 : static_cast<std::uint32_t>(end + 1);
    }

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

    /// Whether a line `---` lies between.
    bool separated(std::uint32_t from, std::uint32_t to) const {
        return source_.text().substr(from, to - from).find("\n---") != std::string_view::npos;
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

    void add(Suppression made, Span comment, Span scope) {
        if (made.rules.empty() || !scope.valid()) return;
        made.span = comment;
        made.scope = scope;
        made.kind = "comment";
        out_.push_back(std::move(made));
    }

    /// `word` is what follows "skip": "=ID:reason", with blanks around the equals sign and in the reason.
    void skip(Span comment, std::string_view word, std::string_view rest) {
        const std::string line = std::string(word) + std::string(rest);
        std::string_view text = trim(line);
        if (!text.starts_with('=')) return;
        text = trim(text.substr(1));
        Suppression made;
        const std::size_t colon = text.find(':');
        std::string_view ids = text.substr(0, colon);
        if (colon != std::string_view::npos) made.reason = std::string(trim(text.substr(colon + 1)));
        // Without a colon the ids end at the first blank.
        if (colon == std::string_view::npos) ids = ids.substr(0, ids.find_first_of(" \t"));
        add_ids(ids, made.rules);
        const Span resource = resource_of(comment);
        add(std::move(made), comment, resource.valid() ? resource : near(comment));
    }

    void kics(Span comment, std::string_view& rest) {
        const std::string_view what = take_word(rest);
        Suppression made;
        if (what.starts_with("disable=")) {
            add_ids(what.substr(8), made.rules);
            add(std::move(made), comment, whole_file());
            return;
        }
        made.rules = {"*"};
        if (what == "ignore")
            add(std::move(made), comment, whole_file());
        else if (what == "ignore-line" || what == "ignore-block")
            add(std::move(made), comment, near(comment));
    }

    const Source& source_;
    std::span<const Value> roots_;
    std::span<const Span> resources_;
    std::vector<Suppression>& out_;
};

}  // namespace

std::vector<Suppression> comment_suppressions(const Source& source, std::span<const Span> comments,
                                              std::span<const Value> roots, std::span<const Span> resources) {
    std::vector<Suppression> out;
    Reader reader(source, roots, resources, out);
    for (Span comment : comments) {
        const std::string_view raw = source.text().substr(comment.begin, comment.end - comment.begin);
        // Every directive has one of these words; most comments have none.
        if (raw.find(":ignore") == std::string_view::npos && raw.find(":skip") == std::string_view::npos &&
            raw.find("kics-scan") == std::string_view::npos)
            continue;
        if (out.size() >= max_suppressions) break;
        reader.read(comment);
    }
    return out;
}

}  // namespace plumbline
