#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "parsers/parser.h"

namespace plumbline::git_host {

/// A file whose content is one value.
struct HostFile : ParsedFile {
    Value root;
    std::vector<Span> comments;
    Span whole() const { return {source->id(), 0, static_cast<std::uint32_t>(source->text().size())}; }
};

/// A parser whose roots are its files.
class FileParser : public Parser {
  public:
    std::vector<Root> roots(std::span<const ParsedFile* const> files, const FileSystem& file_system, SourceSet& sources,
                            Diagnostics& diagnostics, std::vector<CoverageGap>& gaps) const override;

  protected:
    static const HostFile& file_of(const Root& root) { return *static_cast<const HostFile*>(root.plan.get()); }
};

/// A mapping that is being changed. `set` replaces a member of the same name.
class Body {
  public:
    Body() = default;
    explicit Body(const Value& mapping)
        : members_(mapping.members().begin(), mapping.members().end()), trace_(mapping.trace()) {}
    void set(std::string name, Value value, Span span = {}) {
        members_.push_back({std::move(name), std::move(value), span});
    }
    void set(std::string name, bool value) { set(std::move(name), Value::boolean(value)); }
    void set(std::string name, std::string_view value, Span span = {}) {
        set(std::move(name), Value::string(std::string(value)), span);
    }
    /// Keeps the trace of the mapping it started from.
    Value build() const { return Value::object(members_).traced(trace_); }

  private:
    std::vector<Member> members_;
    TraceRef trace_;
};

/// The member of that name; null when there is none or its value is null.
const Member* given(const Value& mapping, std::string_view name);
/// The value of a member; a null value when there is none.
Value value_at(const Value& mapping, std::string_view name);
/// A member's text; empty when it is absent or no text.
std::string_view text_at(const Value& mapping, std::string_view name);
/// A tuple of texts.
Value texts(const std::vector<std::string>& items);

/// `span` up to the end of its first line: the header of a resource.
Span first_line(const Source& source, Span span);
/// Whether a top-level line of a YAML text starts with this key, bare or quoted.
bool has_top_level_key(std::string_view text, std::string_view key);
bool is_yaml_path(std::string_view path);
bool is_json_path(std::string_view path);
/// Whether a folder of the path has this name or these names in a row: `.github/workflows`.
bool lies_in(std::string_view path, std::string_view folder);

/// Reads one YAML file whose first document is the content; a `HostFile` in any case.
std::unique_ptr<HostFile> read_yaml_file(const Source& source, bool yaml_1_1, Diagnostics& diagnostics);
/// Reads one JSON file; the root is null when it was refused.
std::unique_ptr<HostFile> read_json_file(const Source& source, Diagnostics& diagnostics);

/// The same for JSON5, with its comments.
std::unique_ptr<HostFile> read_json5_file(const Source& source, Diagnostics& diagnostics);

/// Turns comments into the suppressions they write, each for the innermost resource of the graph that it stands in or
/// directly above, or for the whole file. Understood:
///     plumbline:ignore RULE[,RULE] [reason]     checkov:skip=ID[,ID][:reason] (also bridgecrew:skip)
///     trivy:ignore:ID[:exp:DATE]                zizmor: ignore[audit,audit] [reason], as rules `zizmor/audit`
void add_comment_suppressions(const Source& source, std::span<const Span> comments, Graph& graph);

}  // namespace plumbline::git_host
