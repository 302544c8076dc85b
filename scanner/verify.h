#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "scanner/signing.h"
#include "scanner/system.h"

namespace plumbline {

struct Session;

/// What is not as it was written.
struct EvidenceFault {
    /// `changed`, `missing`, `extra`, `unreadable` (a file), `manifest` (no manifest of ours), `chain`,
    /// `missing-bundle`, `signature`, `not-contained`.
    std::string kind;
    std::string path;              ///< below the evidence's folder; empty for the whole
    std::string detail;            ///< one phrase
    std::string expected, actual;  ///< SHA-256, where hashes differ
};

struct CheckedBundle {
    std::string name;
    // As its manifest says.
    std::string time, command, commit;
    std::string manifest_sha256;
    std::uint64_t files = 0;
    /// `none`, `not checked`, `good`, `bad`, or `covered`: a later one with a good signature vouches for it.
    std::string signature = "none";
    std::string signer;
    std::vector<EvidenceFault> faults;
};

struct EvidenceCheck {
    std::vector<CheckedBundle> bundles;  ///< in order
    std::vector<EvidenceFault> faults;   ///< of the chain as a whole
    std::vector<std::string> notes;      ///< what is there and no evidence
    /// Nothing is there that could be checked, or it cannot be read; why.
    std::string error;
    bool good() const;
};

/// What to check beside hashes and the chain.
struct VerifyOptions {
    Trust trust;           ///< with it every bundle must be signed by someone in it, or one after it
    std::string contains;  ///< a manifest's SHA-256 that was kept elsewhere: it must be one of the chain's
};

/// Checks the evidence in `folder` (absolute), which holds bundles or is one.
EvidenceCheck verify_evidence(System& system, const std::string& folder, const VerifyOptions& options);

/// `plumbline verify DIR`. Exit code 0: all is as it was written; 1: something is not; 2: nothing could be checked.
int run_verify(Session& session);

}  // namespace plumbline
