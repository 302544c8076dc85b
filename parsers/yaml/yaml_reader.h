#pragma once

#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "scanner/model/diagnostic.h"
#include "scanner/model/source.h"
#include "scanner/model/value.h"

namespace plumbline {

/// How plain scalars and tags are understood; the readers of YAML in this field differ.
struct YamlOptions {
    /// `yes`, `on`, `off`, ... are booleans and `0755` is octal, as in YAML 1.1 (Kubernetes, CloudFormation). Otherwise
    /// YAML 1.2's core schema (GitHub's workflows, where `on` is a key; our own files).
    bool yaml_1_1 = false;
    /// `y` and `n` are booleans too, as in Kubernetes' reader (Go's yaml.v2); other readers of YAML 1.1 take them for
    /// text.
    bool letter_booleans = false;
    /// Gives a tagged node its meaning (`!Ref x`); gets the tag as written after resolution of `!!`. Empty: tags that
    /// are not YAML's own are ignored.
    std::function<Value(std::string_view tag, Value value, Span span)> tag;
    /// Gives a plain scalar its meaning, keys too; replaces the schema above. Empty: the schema.
    std::function<Value(std::string_view text)> plain;
};

struct YamlDocument {
    Value root;
    Span span;
};

/// One file: its documents in order and its comments.
struct YamlFile {
    std::vector<YamlDocument> documents;
    std::vector<Span> comments;
    /// Nodes that the file's aliases stand for; long texts count as several.
    std::uint64_t expanded = 0;
    /// False when something could not be read; the diagnostics say what. Documents after the fault are still read.
    bool complete = true;
};

/// Reads YAML 1.1/1.2 through yaml-cpp's events. Every node's trace is a literal with the bytes it stands in, each
/// member's span goes from its key to the end of its value. Nesting deeper than 400 levels and aliases of a file that
/// would expand to more than a million nodes together or nest deeper than that are refused with a diagnostic.
YamlFile read_yaml(const Source& source, const YamlOptions& options, Diagnostics& diagnostics);

}  // namespace plumbline
