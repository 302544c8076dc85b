#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/model/diagnostic.h"
#include "scanner/model/file_system.h"
#include "scanner/model/resource.h"
#include "scanner/model/source.h"

namespace plumbline {

/// What a user gives besides files.
struct Inputs {
    /// --var name=value and --var-file path, in the order given; the last wins, as Terraform has it.
    struct Assignment {
        enum class Kind : std::uint8_t { variable, variable_file } kind;
        std::string name;  ///< empty for files
        std::string text;  ///< the value as typed, or the path relative to the file system's root
    };
    std::vector<Assignment> assignments;
    /// `TF_VAR_name` variables, by name.
    std::map<std::string, std::string> environment;
    std::string workspace = "default";
    /// A CloudFormation parameter: --param, or an entry of a --param-file.
    struct Parameter {
        std::optional<std::string> text;  ///< nullopt: the deployment fills it in
        Span span;                        ///< where a file has it; not valid for --param
    };
    std::map<std::string, Parameter> parameters;
};

/// A file after parsing, owned by its parser. Immutable: several roots may read it at once.
class ParsedFile {
  public:
    virtual ~ParsedFile() = default;
    const Source* source = nullptr;
};

/// A root of some parser, by that parser's `name()` and the root's path.
struct RootName {
    std::string_view parser;
    std::string path;
    friend auto operator<=>(const RootName&, const RootName&) = default;
};

/// Files that are judged together: one root module with the modules it calls, a template with its nested stacks, a
/// folder of manifests.
struct Root {
    /// Folder or file, "" for the tree's root; unique per parser.
    std::string path;
    /// Index into the parsers' list; set by the pipeline.
    std::size_t parser = 0;
    /// Opaque to the pipeline.
    std::shared_ptr<const void> plan;
    /// Another root of the same things, of which this one knows more: it is not judged beside this one. Holds where
    /// there is one environment only, since this one does not say for which of several it is.
    std::optional<RootName> replaces = std::nullopt;
};

/// Reads one language. Stateless: every call may come from any thread.
class Parser {
  public:
    virtual ~Parser() = default;
    virtual std::string_view name() const = 0;
    /// Whether this parser wants the file, by its path alone (before it is read). Cheap.
    virtual bool wants(std::string_view path) const = 0;
    /// Whether the file's first bytes are of this language, where the path does not say it.
    virtual bool accepts(const Source& source) const = 0;
    /// One file. Reports faults and still returns what could be read.
    virtual std::unique_ptr<ParsedFile> parse(const Source& source, Diagnostics& diagnostics) const = 0;
    /// Groups files into roots. `files` holds this parser's files sorted by path. Gaps and faults that concern no
    /// single root go to the last two arguments.
    virtual std::vector<Root> roots(std::span<const ParsedFile* const> files, const FileSystem& file_system,
                                    SourceSet& sources, Diagnostics& diagnostics,
                                    std::vector<CoverageGap>& gaps) const = 0;
    /// What of a file decides how files are grouped into roots: while it stays the same for every file, so do the
    /// roots. Nullopt where other files have a say in it.
    virtual std::optional<std::string> grouping_key(const ParsedFile&) const { return std::nullopt; }
    /// Whether a root's resources are linked to those of other roots. If not, its result depends only on its own path
    /// and on what `evaluate` asks of its file system (`FileSystem::depend_on` included), so that it can be kept while
    /// none of that changes.
    virtual bool links_roots() const { return false; }
    /// Evaluates one root into resources. Roots are evaluated in parallel.
    virtual RootResult evaluate(const Root& root, const Inputs& inputs, const FileSystem& file_system,
                                SourceSet& sources) const = 0;
};

/// Every parser, in the order they are asked; a file goes to the first that accepts it.
std::span<const Parser* const> parsers();

}  // namespace plumbline
