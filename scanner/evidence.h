#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/model/diagnostic.h"
#include "scanner/recording_system.h"
#include "scanner/repository_facts.h"
#include "scanner/signing.h"
#include "scanner/system.h"

namespace plumbline {

/// Evidence is a folder of bundles `000001`, `000002`, ..., one a run. Each holds the run's reports, what was read, and
/// a manifest with the SHA-256 of all that and of the manifest before: so that any later change shows (docs/evidence.md
/// describes the form; `verify.h` checks it).

constexpr std::string_view manifest_name = "manifest.json";
constexpr std::string_view evidence_format = "plumbline-evidence";
constexpr std::uint64_t evidence_version = 1;
// A manifest lists files and says what ran; one with 10,000 changed inputs takes 1 MB.
constexpr std::uint64_t max_manifest_size = std::uint64_t{16} << 20;

/// The bundle's number from its folder's name: six digits or more; nullopt for any other name.
std::optional<std::uint64_t> bundle_number(std::string_view name);
std::string bundle_name(std::uint64_t number);

/// What the manifest says of a run.
struct EvidenceFacts {
    std::string command;  ///< `scan`, `audit`
    std::string time;     ///< RFC 3339 in UTC
    std::vector<std::string> arguments;
    std::string program_version;
    int exit_code = 0;
    std::size_t rules = 0, controls = 0, frameworks = 0;  ///< how many were in force
    bool builtin_rules = true;
    std::vector<std::string> rule_folders;  ///< as they are called in messages
    RepositoryFacts repository;
    /// Where the inputs' relative paths start; absolute. Inputs from elsewhere keep their absolute paths.
    std::string root;
    std::vector<ReadFile> inputs;
    /// Inputs below `root` that are not as the repository's commit has them, relative to it.
    std::vector<std::string> changed_inputs;
};

/// A file of a bundle, written when its turn comes, so that only one is in memory at a time.
struct EvidenceFile {
    std::string name;
    std::function<void(std::ostream&)> write;
};

struct Bundle {
    std::string name;             ///< `000003`; empty when none was written
    std::string manifest_sha256;  ///< to keep where nobody can edit it: it stands for everything up to here
    std::string error;            ///< a phrase
};

/// Appends a bundle to the evidence in `folder` (absolute), which is made where it is missing. The bundle appears whole
/// or not at all; of runs at the same time each gets a number of its own.
Bundle append_bundle(System& system, const std::string& folder, const EvidenceFacts& facts,
                     const std::vector<EvidenceFile>& files, const std::optional<SigningKey>& key);

/// The list of inputs as `sha256sum -c` takes it.
std::string checksum_list(const std::vector<ReadFile>& files, const std::string& root);

/// SHA-256 of the built-in rules, and of the built-in controls and frameworks.
std::string builtin_rules_hash();
std::string builtin_mapping_hash();

}  // namespace plumbline
