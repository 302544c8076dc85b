#pragma once

#include <optional>
#include <vector>

#include "scanner/model/diagnostic.h"
#include "scanner/model/source.h"
#include "scanner/model/value.h"

namespace plumbline {

/// Reads one JSON text into tuples and objects with exact spans; nullopt (and a diagnostic) when it is refused. A byte
/// order mark is skipped. Nesting deeper than 1,000 levels is refused: what walks the tree later may recurse.
std::optional<Value> read_json(const Source& source, Diagnostics& diagnostics);

/// Reads one JSON value after the other, as programs print streams of them (`kubectl` takes such files); what stands
/// before a fault is kept.
std::vector<Value> read_json_stream(const Source& source, Diagnostics& diagnostics);

}  // namespace plumbline
