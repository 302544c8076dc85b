#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/model/source.h"

namespace plumbline {

/// What a diagnostic means for the exit code: an `error` is something that could not be read, parsed or resolved.
enum class Level : std::uint8_t { note, warning, error };

/// A fault in an input, in the program's own data or in how it was called.
struct Diagnostic {
    Level level = Level::error;
    /// Short, stable, kebab-case: `hcl-syntax`, `module-not-found`. Users may match on it.
    std::string code;
    /// What is wrong, one line, no full stop.
    std::string summary;
    /// Why, and what to do about it.
    std::string detail;
    /// The bytes at fault; invalid when the fault is a whole file (then `path` names it) or no file at all.
    Span subject;
    /// The file, where `subject` is invalid.
    std::string path;
    /// The object it happened in, where there is one: `module.a.aws_s3_bucket.b`.
    std::string address;
};

/// Collects diagnostics of one worker; workers' lists are joined in input order, so that output is deterministic.
class Diagnostics {
  public:
    void add(Diagnostic diagnostic) { items_.push_back(std::move(diagnostic)); }
    void error(std::string code, std::string summary, std::string detail, Span subject);
    void warning(std::string code, std::string summary, std::string detail, Span subject);
    /// A fault of a whole file.
    void file_error(std::string code, std::string path, std::string summary, std::string detail);
    void append(Diagnostics other);
    bool has_errors() const;
    bool empty() const { return items_.empty(); }
    std::size_t size() const { return items_.size(); }
    const std::vector<Diagnostic>& items() const { return items_; }
    /// Forgets everything after the first `size` entries; used to undo what a discarded attempt reported.
    void truncate(std::size_t size) { items_.resize(size); }

  private:
    std::vector<Diagnostic> items_;
};

/// The message as a person reads it: `path:line:column: error: summary`, the line at fault with carets under the
/// subject, then the detail. Control characters of the input are made visible. Ends with a line feed.
std::string to_text(const Diagnostic& diagnostic, const SourceSet& sources);

}  // namespace plumbline
