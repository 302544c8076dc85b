#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "parsers/git/repository.h"
#include "scanner/model/audit_report.h"
#include "scanner/model/diagnostic.h"

namespace plumbline {

/// Looks for credentials in everything that branches and tags have ever held: each blob once, in the commit that
/// brought it. A credential in several versions of a file is one, at its first; whether a
/// comment accepts it is what its newest version says. `tip`: the commit whose history and
/// tree say what is `reachable` and `in_tip_tree`. With `since` (seconds since 1970) only blobs of commits from then on
/// are read. By time, file and line.
std::vector<HistorySecret> find_history_secrets(const git::Repository& repository, const git::ObjectId& tip,
                                                std::optional<std::int64_t> since, std::size_t jobs,
                                                Diagnostics& diagnostics);

}  // namespace plumbline
