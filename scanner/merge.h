#pragma once

#include "scanner/session.h"

namespace plumbline {

/// `merge FILE...`: SARIF files of shards become one with all their runs (standard output or --output); SQLite ledgers
/// are added to the ledger --output. Returns the exit code.
int run_merge(Session& session);

}  // namespace plumbline
