#include "parsers/cloudformation/suppressions.h"

#include <algorithm>
#include <map>

#include "scanner/model/text.h"

namespace plumbline::cloudformation {
namespace {

bool is_blank(char c) {
    return c == ' ' || c == '\t';
}

/// The outermost thing that begins on each line, and the resources.
class Places {
  public:
    explicit Places(const TemplateFile& file) : source_(*file.source) {
        walk(file.root);
        const Member* resources = file.root.find("Resources");
        if (!resources) return;
        for (const Member& resource : resources->value.members()) {
            if (resource.span.source != source_.id()) continue;
            resources_.push_back(resource.span);
            for (const Member& member : resource.value.members()) owners_[member.span] = resource.span;
        }
        std::sort(resources_.begin(), resources_.end());
    }

    /// The resource around an offset; invalid when there is none.
    Span resource_around(std::uint32_t offset) const {
        for (const Span& span : resources_) {
            if (span.begin <= offset && offset < span.end) return span;
        }
        return {};
    }
    /// What begins on this line; of a resource's own keys, the resource.
    Span on_line(std::uint32_t line) const {
        const auto found = by_line_.find(line);
        if (found == by_line_.end()) return {};
        const auto owner = owners_.find(found->second);
        return owner == owners_.end() ? found->second : owner->second;
    }
    Span line_span(std::uint32_t line) const {
        return {source_.id(), source_.line_start(line), source_.line_start(line + 1)};
    }

  private:
    void note(Span span) {
        if (span.source != source_.id()) return;
        const std::uint32_t line = source_.locate(span.begin).line;
        const auto [place, fresh] = by_line_.emplace(line, span);
        if (!fresh && span.end - span.begin > place->second.end - place->second.begin) place->second = span;
    }
    /// The readers bound the depth of what is walked here.
    void walk(const Value& value) {
        for (const Value& item : value.elements()) {
            if (item.trace() && item.trace()->kind == Trace::Kind::anchor) continue;  // written elsewhere
            note(item.origin());
            walk(item);
        }
        for (const Member& member : value.members()) {
            note(member.span);
            if (member.value.trace() && member.value.trace()->kind == Trace::Kind::anchor) continue;
            walk(member.value);
        }
    }

    const Source& source_;
    std::map<std::uint32_t, Span> by_line_;
    std::vector<Span> resources_;
    std::map<Span, Span> owners_;
};

struct Directive {
    std::vector<std::string> rules;
    std::string reason;
    std::string expires;
    enum class Reach : std::uint8_t { next, line, resource, own, file } reach = Reach::next;
};

std::vector<std::string> rule_list(std::string_view text) {
    std::vector<std::string> rules;
    for (const std::string_view part : split(text, ',')) {
        if (!trim(part).empty()) rules.emplace_back(trim(part));
    }
    return rules;
}

/// `expires=2025-01-31` or Trivy's `exp:2025-01-31`.
void take_expiry(std::string& reason, std::string& expires) {
    for (const std::string_view key : {"expires=", "exp:"}) {
        const std::size_t at = reason.find(key);
        if (at == std::string::npos) continue;
        const std::string date = reason.substr(at + key.size(), 10);
        if (date.size() != 10 || date[4] != '-' || date[7] != '-') continue;
        expires = date;
        reason.erase(at, key.size() + 10);
        reason = std::string(trim(reason));
        return;
    }
}

/// Words up to a blank, then the rest.
std::pair<std::string_view, std::string_view> first_word(std::string_view text) {
    text = trim(text);
    const std::size_t end = text.find_first_of(" \t");
    if (end == std::string_view::npos) return {text, {}};
    return {text.substr(0, end), trim(text.substr(end))};
}

std::vector<Directive> parse_comment(std::string_view comment) {
    std::vector<Directive> out;
    constexpr std::string_view at_end;
    for (const std::string_view mark : {"checkov:skip", "bridgecrew:skip"}) {
        const std::size_t at = comment.find(mark);
        std::string_view rest = at == std::string_view::npos ? at_end : trim(comment.substr(at + mark.size()));
        if (!rest.starts_with('=')) continue;
        rest = trim(rest.substr(1));
        const std::size_t colon = rest.find(':');
        std::string_view ids = rest.substr(0, colon);
        // Without a reason the ids end at the first blank.
        if (colon == std::string_view::npos) ids = ids.substr(0, ids.find_first_of(" \t"));
        Directive made;
        made.rules = rule_list(ids);
        if (colon != std::string_view::npos) made.reason = trim(rest.substr(colon + 1));
        made.reach = Directive::Reach::resource;
        out.push_back(std::move(made));
    }
    for (const std::string_view mark : {"trivy:ignore:", "tfsec:ignore:"}) {
        for (std::size_t at = comment.find(mark); at != std::string_view::npos; at = comment.find(mark, at + 1)) {
            const auto [word, rest] = first_word(comment.substr(at + mark.size()));
            Directive made;
            const std::size_t colon = word.find(':');
            // A part in brackets narrows the id to attribute values; the scope already does.
            made.rules = rule_list(word.substr(0, std::min(colon, word.find('['))));
            made.reason = colon == std::string_view::npos ? std::string() : std::string(word.substr(colon + 1));
            take_expiry(made.reason, made.expires);
            if (made.reason.empty() && rest.find(mark) == std::string_view::npos) made.reason = rest;
            out.push_back(std::move(made));
        }
    }
    if (const std::size_t at = comment.find("plumbline:ignore"); at != std::string_view::npos) {
        std::string_view rest = comment.substr(at + 16);
        if (!rest.empty() && rest[0] == ':') rest.remove_prefix(1);
        const auto [word, reason] = first_word(rest);
        Directive made;
        made.rules = rule_list(word);
        made.reason = reason;
        made.reach = Directive::Reach::own;
        take_expiry(made.reason, made.expires);
        out.push_back(std::move(made));
    }
    if (const std::size_t at = comment.find("kics-scan "); at != std::string_view::npos) {
        const auto [word, rest] = first_word(comment.substr(at + 10));
        Directive made;
        made.rules = {"*"};
        if (word == "ignore") {
            made.reach = Directive::Reach::file;
        } else if (word.starts_with("disable=")) {
            made.reach = Directive::Reach::file;
            made.rules = rule_list(word.substr(8));
        } else if (word == "ignore-line") {
            made.reach = Directive::Reach::line;
        } else if (word != "ignore-block") {
            return out;
        }
        made.reason = rest;
        out.push_back(std::move(made));
    }
    std::erase_if(out, [](const Directive& directive) { return directive.rules.empty(); });
    return out;
}

Span scope_of(const Directive& directive, Span comment, const Places& places, const Source& source) {
    const Span whole{source.id(), 0, static_cast<std::uint32_t>(source.text().size())};
    if (directive.reach == Directive::Reach::file) return whole;
    if (directive.reach == Directive::Reach::resource) {
        const Span around = places.resource_around(comment.begin);
        if (around.valid()) return around;
    }
    const std::uint32_t line = source.locate(comment.begin).line;
    const std::string_view before =
        source.text().substr(source.line_start(line), comment.begin - source.line_start(line));
    const bool alone = std::all_of(before.begin(), before.end(), is_blank);
    if (!alone) {
        const Span here = places.on_line(line);
        return here.valid() ? here : places.line_span(line);
    }
    if (directive.reach == Directive::Reach::own) {
        const Span around = places.resource_around(comment.begin);
        if (around.valid()) return around;
    }
    // Further comments and blank lines may stand between.
    std::uint32_t next = line + 1;
    for (; next <= source.line_count(); ++next) {
        const std::string_view text = trim(source.line(next));
        if (!text.empty() && text[0] != '#') break;
    }
    if (directive.reach == Directive::Reach::line) return places.line_span(next);
    const Span below = places.on_line(next);
    return below.valid() ? below : places.line_span(next);
}

void from_comments(const TemplateFile& file, Graph& graph) {
    const Source& source = *file.source;
    std::optional<Places> places;  // made only where some comment needs it
    for (const Span comment : file.comments) {
        const std::string_view text = source.text().substr(comment.begin, comment.end - comment.begin);
        for (Directive& directive : parse_comment(text)) {
            if (!places) places.emplace(file);
            const Span scope = scope_of(directive, comment, *places, source);
            graph.add_suppression({std::move(directive.rules), std::move(directive.reason), comment, "comment", scope,
                                   std::move(directive.expires)});
        }
    }
}

void from_list(const Value& entries, std::string_view reason_key, Span scope, Graph& graph) {
    for (const Value& entry : entries.elements()) {
        const Member* id = entry.find("id");
        const Member* reason = entry.find(reason_key);
        if (!id || !id->value.is_string()) continue;
        graph.add_suppression({{id->value.as_string()},
                               reason && reason->value.is_string() ? reason->value.as_string() : std::string(),
                               entry.origin(),
                               "metadata",
                               scope,
                               {}});
    }
}

void from_metadata(const Value& metadata, Span scope, Graph& graph) {
    if (const Member* checkov = metadata.find("checkov")) {
        if (const Member* skip = checkov->value.find("skip")) from_list(skip->value, "comment", scope, graph);
    }
    for (const std::string_view tool : {"cfn_nag", "cdk_nag"}) {
        const Member* member = metadata.find(tool);
        const Member* rules = member ? member->value.find("rules_to_suppress") : nullptr;
        if (rules) from_list(rules->value, "reason", scope, graph);
    }
}

}  // namespace

void add_suppressions(const TemplateFile& file, Graph& graph) {
    from_comments(file, graph);
    const Span whole{file.source->id(), 0, static_cast<std::uint32_t>(file.source->text().size())};
    if (const Member* metadata = file.root.find("Metadata")) from_metadata(metadata->value, whole, graph);
    const Member* resources = file.root.find("Resources");
    if (!resources) return;
    for (const Member* resource : in_source_order(resources->value)) {
        const Member* metadata = resource->value.find("Metadata");
        if (metadata) from_metadata(metadata->value, resource->span, graph);
    }
}

}  // namespace plumbline::cloudformation
