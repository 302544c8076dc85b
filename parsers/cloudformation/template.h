#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/parser.h"
#include "scanner/model/value.h"

namespace plumbline::cloudformation {

/// A template as written: functions are objects of one member (`{"Ref": "X"}`) however they were spelled.
class TemplateFile : public ParsedFile {
  public:
    /// Null when the file holds no template or could not be read.
    Value root;
    std::vector<Span> comments;
};

/// Whether a text has `AWSTemplateFormatVersion` or `Resources` with AWS types at its top level; JSON or YAML. Reads
/// the text once and parses nothing.
bool looks_like_template(std::string_view text);

std::unique_ptr<TemplateFile> read_template(const Source& source, Diagnostics& diagnostics);

/// A piece of a template (what `AWS::Include` brings in): any JSON or YAML value with short tags.
Value read_snippet(const Source& source, Diagnostics& diagnostics);

/// A function call: an object whose only member is `Ref` or begins with `Fn::` (or with `!`: a tag that is no
/// function of CloudFormation's; or with `Rain::`: a directive of the preprocessor rain).
struct Call {
    std::string_view name;
    const Value* argument;
    Span span;
};
std::optional<Call> call_of(const Value& value);

/// The members of a mapping as they stand in the file; values sort them by name.
std::vector<const Member*> in_source_order(const Value& mapping);

/// The line that a member's key stands in, from the key to the line's end without blanks and comment: the region of a
/// finding about something missing.
Span key_line(const Source& source, Span member);

/// The local file that a nested stack's template is read from: a `TemplateURL` (or SAM's `Location`) that is a path,
/// as `aws cloudformation package` takes it, or the asset that the CDK names in the metadata. nullopt when it lies
/// elsewhere. `folder` is the parent template's folder.
std::optional<std::string> nested_template_path(const Value& resource, std::string_view folder);

}  // namespace plumbline::cloudformation
