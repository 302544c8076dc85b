#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/database.h"
#include "scanner/model/report.h"

namespace plumbline {

/// A failure as the ledger keeps it.
struct LedgerFinding {
    std::string fingerprint, rule, control, severity, address, file, message, owners;
    std::uint32_t line = 0;
    bool accepted = false;
};

/// What a scan of one repository gave.
struct RepositoryResult {
    std::string repository;  ///< address without credentials, or path
    std::string commit;
    std::string key;    ///< of the content and everything else it was made from; equal keys, equal results
    std::string error;  ///< why it could not be scanned; the rest is empty then and what is known stays as it is
    std::vector<LedgerFinding> findings;  ///< sorted by fingerprint, each once
    std::map<std::string, VerdictCounts> controls;
    std::uint64_t problems = 0;  ///< what could not be read, parsed or resolved
    std::string valid_until;     ///< RFC 3339; an acceptance ends then. Empty: as long as the key
    bool unchanged = false;      ///< the ledger has it already; findings and controls are left out
};

std::string to_json(const RepositoryResult& result);
std::optional<RepositoryResult> result_from_json(std::string_view text);

/// A night's run of one shard.
struct LedgerRun {
    std::int64_t id = 0;
    std::string started, finished;  ///< RFC 3339; `finished` is empty while it is not visible
    std::string program, shard;
};

/// The figures of a finished run.
struct RunTotals {
    std::uint64_t scanned = 0, failed = 0, open = 0, accepted = 0, problems = 0;
    std::map<std::string, std::string> errors;  ///< of the repositories that could not be scanned
};

/// The memory of the nightly scans, an SQLite file or a PostgreSQL database with one schema. Writers may run side by
/// side. What a run finds is kept aside, a repository at a time, until the run ends, and becomes visible all at once:
/// a killed run leaves nothing half-written and can be gone on with. Throws `DatabaseError`.
class Ledger {
  public:
    /// Opens it and brings its schema up to date.
    explicit Ledger(const std::string& address);

    /// Goes on with the unfinished run that began at `oldest` or later and has the same `shard` and `plan` (a hash of
    /// what is to be scanned and with what), or begins one. Other unfinished runs of the shard are given up.
    LedgerRun begin(const std::string& now, const std::string& oldest, const std::string& program,
                    const std::string& shard, const std::string& plan);
    /// The repositories that this run has results of.
    std::vector<std::string> staged(const LedgerRun& run);
    /// Keeps a result aside.
    void stage(const LedgerRun& run, const RepositoryResult& result);
    /// Of each repository that was ever scanned: the key of its newest result, and how long that is valid.
    struct Known {
        std::string key, valid_until;
    };
    std::map<std::string, Known> known();
    /// Makes everything visible in one transaction.
    RunTotals finish(const LedgerRun& run, const std::string& now);

    /// Adds what another ledger knows: repositories that this one does not, or knows from an older scan.
    void add(Ledger& other);
    Database& database() { return *database_; }

  private:
    void migrate();
    void apply(const LedgerRun& run, const RepositoryResult& result);
    std::unique_ptr<Database> database_;
};

/// The verdicts of one repository on each day of a finished run, from its first scan to its last, oldest first: what
/// the ledger at `address` knows of the repository that `is_it` says yes to. nullopt when it knows none. Reads only.
/// Throws `DatabaseError`.
std::optional<std::vector<TrendPoint>> trend_of(const std::string& address,
                                                const std::function<bool(const std::string& name)>& is_it);

}  // namespace plumbline
