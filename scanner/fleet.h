#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/session.h"

namespace plumbline {

/// A repository of the fleet.
struct FleetEntry {
    std::string name;     ///< as reports and the ledger call it: the address without credentials, or the absolute path
    std::string address;  ///< where it is
    std::string branch;   ///< empty: its main branch
    bool remote = false;  ///< has to be mirrored
};

/// Which part of the fleet a process takes.
struct Shard {
    std::size_t index = 1, count = 1;  ///< 1 <= index <= count
};
/// `2/8`; `job/8` takes the index (from 0) of a Kubernetes Indexed Job from `completion_index`. Nullopt when it is
/// none.
std::optional<Shard> parse_shard(std::string_view text, const std::string& completion_index);
/// Which shard a repository belongs to: by its name alone, so that adding others moves none.
bool is_in_shard(std::string_view name, const Shard& shard);

/// Reads a list: an address or path a line, optionally with a branch behind it; `#` begins a comment. Relative paths
/// start at `folder`. Sorted by name, each once.
std::vector<FleetEntry> read_fleet(std::string_view text, const std::string& folder);

/// The commands. Each returns the exit code.
int run_fleet(Session& session);
int run_fleet_fetch(Session& session);
int run_fleet_report(Session& session);

}  // namespace plumbline
