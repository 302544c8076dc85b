#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/model/diagnostic.h"
#include "scanner/model/value.h"
#include "scanner/system.h"

namespace plumbline {

/// A file the user named or that settings live in, read as YAML or JSON.
struct Document {
    const Source* source = nullptr;
    Value root;
};

/// Reads a YAML file (JSON too, which YAML takes in) with exactly one document; an empty file gives a null. `called` is
/// its name in messages. nullopt after a diagnostic.
std::optional<Document> read_document(const System& system, const std::string& absolute, const std::string& called,
                                      std::uint64_t limit, SourceSet& sources, Diagnostics& diagnostics);
/// The same of a text that has been read.
std::optional<Document> read_document(const Source& source, Diagnostics& diagnostics);
/// Reads a JSON file: exact about what JSON is, and quicker for large ones.
std::optional<Document> read_json_document(const System& system, const std::string& absolute, const std::string& called,
                                           std::uint64_t limit, SourceSet& sources, Diagnostics& diagnostics);

/// Reads a document that stands in a string of an input (a policy in a heredoc), for `RuleSet::set_document_reader`;
/// its parts have no places of their own. `format` is `json` or `yaml`; nullopt when the text is no such document.
std::optional<Value> read_text_document(std::string_view text, std::string_view format);

/// A key that a mapping may have, and what to do with its value.
struct Field {
    std::string_view key;
    std::function<void(const Member&)> take;
};

/// Gives each member of `mapping` to its field. A key that no field has is an error with a suggestion, so that a typing
/// mistake in settings never passes silently. `what` names the mapping in messages: "the configuration".
void read_fields(const Value& mapping, std::string_view what, std::span<const Field> fields, Diagnostics& diagnostics);

/// Takers for `Field::take`: they report a value of the wrong kind and leave the target alone then.
std::function<void(const Member&)> take_text(std::string& target, Diagnostics& diagnostics);
std::function<void(const Member&)> take_flag(bool& target, Diagnostics& diagnostics);
/// One text, or a list of them.
std::function<void(const Member&)> take_texts(std::vector<std::string>& target, Diagnostics& diagnostics);
/// Name to text; numbers and booleans are taken as they are written.
std::function<void(const Member&)> take_text_map(std::vector<std::pair<std::string, std::string>>& target,
                                                 Diagnostics& diagnostics);

/// Where a value is written, for messages.
Span place_of(const Value& value);

/// Whether it is a date of the calendar, `YYYY-MM-DD`.
bool is_date(std::string_view text);
/// Days from 1970-01-01. Precondition: `is_date`.
std::int64_t day_number(std::string_view date);
/// What `rfc3339` (scanner/model/time.h) writes; 0 when it is of another form.
std::int64_t parse_rfc3339(std::string_view text);

}  // namespace plumbline
