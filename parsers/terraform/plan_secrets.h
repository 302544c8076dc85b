#pragma once

#include "scanner/model/source.h"
#include "scanner/model/value.h"

namespace plumbline::terraform {

/// The document of a plan with places in a source that may be shown: a plan holds what it calls sensitive in clear, on
/// lines that reports would quote. The new source has the same path and length, with stars in place of every sensitive
/// text (wherever it occurs as a whole) and nines in place of sensitive numbers; the values stay as they are. The
/// document itself when nothing in it is sensitive.
Value with_secrets_masked(const Source& source, const Value& document, SourceSet& sources);

}  // namespace plumbline::terraform
