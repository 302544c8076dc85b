#include "parsers/git_host/host_file.h"

#include <algorithm>
#include <array>
#include <optional>

#include "parsers/git_host/git_host.h"
#include "parsers/json/json5_reader.h"
#include "parsers/json/json_reader.h"
#include "parsers/yaml/yaml_reader.h"
#include "scanner/model/text.h"

namespace plumbline {

std::span<const Parser* const> git_host_parsers() {
    static const std::array<const Parser*, 5> all = {&repository_files_parser(), &github_actions_parser(),
                                                     &gitlab_ci_parser(), &github_settings_parser(),
                                                     &gitlab_settings_parser()};
    return all;
}

namespace git_host {

std::vector<Root> FileParser::roots(std::span<const ParsedFile* const> files, const FileSystem&, SourceSet&,
                                    Diagnostics&, std::vector<CoverageGap>&) const {
    std::vector<Root> roots;
    roots.reserve(files.size());
    for (const ParsedFile* file : files) {
        Root root;
        root.path = file->source->path();
        root.plan = std::shared_ptr<const void>(std::shared_ptr<void>(), static_cast<const HostFile*>(file));
        roots.push_back(std::move(root));
    }
    return roots;
}

const Member* given(const Value& mapping, std::string_view name) {
    const Member* member = mapping.find(name);
    return member && !member->value.is_null() ? member : nullptr;
}

Value value_at(const Value& mapping, std::string_view name) {
    const Member* member = mapping.find(name);
    return member ? member->value : Value();
}

std::string_view text_at(const Value& mapping, std::string_view name) {
    const Member* member = mapping.find(name);
    return member && member->value.is_string() ? std::string_view(member->value.as_string()) : std::string_view();
}

Value texts(const std::vector<std::string>& items) {
    std::vector<Value> values;
    values.reserve(items.size());
    for (const std::string& item : items) values.push_back(Value::string(item));
    return Value::tuple(std::move(values));
}

Span first_line(const Source& source, Span span) {
    // Only within the span: a minified file is one line.
    const std::string_view inside = source.text().substr(span.begin, span.end - span.begin);
    const std::size_t length = std::min(inside.find_first_of("\r\n"), inside.size());
    return {span.source, span.begin, span.begin + static_cast<std::uint32_t>(length)};
}

bool has_top_level_key(std::string_view text, std::string_view key) {
    for (std::size_t at = text.starts_with("\xEF\xBB\xBF") ? 3 : 0; at < text.size();) {
        std::string_view line = text.substr(at);
        const bool in_quotes = line[0] == '"' || line[0] == '\'';
        if (in_quotes) line.remove_prefix(1);
        if (line.starts_with(key)) {
            line.remove_prefix(key.size());
            if (in_quotes && !line.empty() && (line[0] == '"' || line[0] == '\'')) line.remove_prefix(1);
            line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
            if (!line.empty() && line[0] == ':') return true;
        }
        const std::size_t next = text.find('\n', at);
        if (next == std::string_view::npos) break;
        at = next + 1;
    }
    return false;
}

bool is_yaml_path(std::string_view path) {
    return path.ends_with(".yml") || path.ends_with(".yaml");
}

bool is_json_path(std::string_view path) {
    return path.ends_with(".json");
}

bool lies_in(std::string_view path, std::string_view folder) {
    const std::string inside = std::string(folder) + "/";
    return path.starts_with(inside) || path.find("/" + inside) != std::string_view::npos;
}

std::unique_ptr<HostFile> read_yaml_file(const Source& source, bool yaml_1_1, Diagnostics& diagnostics) {
    auto file = std::make_unique<HostFile>();
    file->source = &source;
    YamlOptions options;
    options.yaml_1_1 = yaml_1_1;
    YamlFile read = read_yaml(source, options, diagnostics);
    if (!read.documents.empty()) file->root = std::move(read.documents.front().root);
    file->comments = std::move(read.comments);
    return file;
}

std::unique_ptr<HostFile> read_json_file(const Source& source, Diagnostics& diagnostics) {
    auto file = std::make_unique<HostFile>();
    file->source = &source;
    if (auto root = read_json(source, diagnostics)) file->root = std::move(*root);
    return file;
}

std::unique_ptr<HostFile> read_json5_file(const Source& source, Diagnostics& diagnostics) {
    auto file = std::make_unique<HostFile>();
    file->source = &source;
    if (auto root = read_json5(source, diagnostics, &file->comments)) file->root = std::move(*root);
    return file;
}

namespace {

std::string_view take_word(std::string_view& text) {
    text = trim(text);
    const std::size_t end = std::min(text.find_first_of(" \t\r\n"), text.size());
    const std::string_view word = text.substr(0, end);
    text = text.substr(end);
    return word;
}

void add_ids(std::string_view list, std::string_view prefix, std::vector<std::string>& ids) {
    for (std::string_view id : split(list, ',')) {
        id = trim(id);
        if (!id.empty()) ids.push_back(std::string(prefix) + std::string(id));
    }
}

/// `=ID[,ID][:reason]`, as Checkov has it; blanks may stand around every part.
void read_skip(std::string_view text, Suppression& made) {
    text = trim(text);
    if (!text.starts_with('=')) return;
    text = trim(text.substr(1));
    const std::size_t colon = text.find(':');
    std::string_view ids = text.substr(0, colon);
    if (colon != std::string_view::npos)
        made.reason = std::string(trim(text.substr(colon + 1)));
    else
        ids = ids.substr(0, ids.find_first_of(" \t"));
    add_ids(ids, "", made.rules);
}

/// `ID[:exp:DATE]`, as Trivy has it.
void read_trivy(std::string_view text, Suppression& made) {
    const auto parts = split(take_word(text), ':');
    if (!parts.empty() && !parts[0].empty()) made.rules.emplace_back(parts[0]);
    for (std::size_t i = 1; i + 1 < parts.size(); ++i) {
        if (parts[i] == "exp") made.expires = std::string(parts[i + 1]);
    }
    made.reason = std::string(trim(text));
}

/// What a comment suppresses; no rules when it is an ordinary one.
Suppression read_comment(std::string_view text) {
    Suppression made;
    made.kind = "comment";
    text = trim(
        text.substr(text.find_first_not_of('#') == std::string_view::npos ? text.size() : text.find_first_not_of('#')));
    const auto after = [&](std::string_view word) {
        const std::size_t at = text.find(word);
        return at == std::string_view::npos ? std::string_view() : text.substr(at + word.size());
    };
    if (std::string_view own = after("plumbline:ignore"); own.data()) {
        add_ids(take_word(own), "", made.rules);
        made.reason = std::string(trim(own));
    } else if (std::string_view skip = after("checkov:skip"); skip.data()) {
        read_skip(skip, made);
    } else if (std::string_view bridge = after("bridgecrew:skip"); bridge.data()) {
        read_skip(bridge, made);
    } else if (std::string_view trivy = after("trivy:ignore:"); trivy.data()) {
        read_trivy(trivy, made);
    } else if (std::string_view zizmor = after("zizmor: ignore["); zizmor.data()) {
        const std::size_t close = std::min(zizmor.find(']'), zizmor.size());
        add_ids(zizmor.substr(0, close), "zizmor/", made.rules);
        made.reason = std::string(trim(zizmor.substr(std::min(close + 1, zizmor.size()))));
    }
    return made;
}

/// Finds the resource that a place belongs to. Asked with rising offsets.
class Places {
  public:
    Places(const Source& source, const Graph& graph) : text_(source.text()), id_(source.id()) {
        for (const Resource& resource : graph.resources()) {
            if (resource.block.source == source.id()) blocks_.push_back(resource.block);
        }
        std::sort(blocks_.begin(), blocks_.end(),
                  [](Span a, Span b) { return a.begin != b.begin ? a.begin < b.begin : a.end > b.end; });
    }

    Span scope_of(Span comment) {
        const std::size_t line = comment.begin == 0 ? 0 : text_.rfind('\n', comment.begin - 1) + 1;
        const std::size_t last = text_.substr(0, comment.begin).find_last_not_of(" \t");
        const bool ends_a_line = last != std::string_view::npos && last >= line && comment.begin > line;
        if (ends_a_line) return around(static_cast<std::uint32_t>(last));
        if (const Span below = starting_below(comment); below.valid()) return below;
        return around(comment.begin);
    }

  private:
    Span whole() const { return {id_, 0, static_cast<std::uint32_t>(text_.size())}; }

    Span around(std::uint32_t at) {
        for (; next_ < blocks_.size() && blocks_[next_].begin <= at; ++next_) {
            while (!open_.empty() && open_.back().end <= blocks_[next_].begin) open_.pop_back();
            open_.push_back(blocks_[next_]);
        }
        while (!open_.empty() && open_.back().end <= at) open_.pop_back();
        return open_.empty() ? whole() : open_.back();
    }

    /// The resource whose first line is the next one that is neither blank nor a comment.
    Span starting_below(Span comment) const {
        std::size_t at = comment.end;
        while (at < text_.size()) {
            at = std::min(text_.find_first_not_of(" \t\r\n", at), text_.size());
            if (at >= text_.size() || text_[at] != '#') break;
            at = std::min(text_.find('\n', at), text_.size());
        }
        while (at + 1 < text_.size() && text_[at] == '-' && text_[at + 1] == ' ')
            at = std::min(text_.find_first_not_of(' ', at + 1), text_.size());
        const auto found =
            std::partition_point(blocks_.begin(), blocks_.end(), [&](Span block) { return block.begin < at; });
        return found != blocks_.end() && found->begin == at && at > 0 ? *found : Span{};
    }

    std::string_view text_;
    SourceId id_;
    std::vector<Span> blocks_;
    std::vector<Span> open_;
    std::size_t next_ = 0;
};

}  // namespace

void add_comment_suppressions(const Source& source, std::span<const Span> comments, Graph& graph) {
    std::optional<Places> places;  // most files have no such comment
    for (const Span comment : comments) {
        Suppression made = read_comment(source.text().substr(comment.begin, comment.end - comment.begin));
        if (made.rules.empty()) continue;
        if (!places) places.emplace(source, graph);
        made.span = comment;
        made.scope = places->scope_of(comment);
        graph.add_suppression(std::move(made));
    }
}

}  // namespace git_host
}  // namespace plumbline
