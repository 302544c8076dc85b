#pragma once

#include <optional>
#include <vector>

#include "scanner/model/diagnostic.h"
#include "scanner/model/source.h"
#include "scanner/model/value.h"

namespace plumbline {

/// Reads one JSON5 text (json5.org, 1.0.0: comments, trailing commas, names and texts without or with single quotes,
/// hexadecimal numbers) as `read_json` reads JSON. `NaN` is a text, since numbers here have no such value. Places of
/// comments go to `comments` where that is given.
std::optional<Value> read_json5(const Source& source, Diagnostics& diagnostics, std::vector<Span>* comments = nullptr);

}  // namespace plumbline
