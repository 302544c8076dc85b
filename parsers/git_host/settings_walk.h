#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/git_host/host_file.h"

namespace plumbline::git_host {

/// An object of a host's export: what it is, and its path in the file.
struct ExportedObject {
    std::string path;  ///< `$` for the whole file, `[0]`, `data.organization`, `branches[0].protection`
    std::string type;
    Value value;
    Span span;
};

/// Gives an object's (or a list's) type; empty when it is none that rules know.
using Classify = std::function<std::string_view(const Value&)>;

/// Every object of a known type in a file, in the file's order. Nothing is looked for inside of one.
std::vector<ExportedObject> exported_objects(const HostFile& file, const Classify& classify);

/// Whether a JSON text holds such an object. `markers` are members that such files have; a text without any of them is
/// not read.
bool holds_export(const Source& source, std::span<const std::string_view> markers, const Classify& classify);

}  // namespace plumbline::git_host
