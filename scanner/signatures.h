#pragma once

#include <map>
#include <string>
#include <vector>

#include "scanner/change_history.h"
#include "scanner/model/audit_report.h"
#include "scanner/model/diagnostic.h"
#include "scanner/system.h"

namespace plumbline {

/// Keys that the user named; absolute paths, empty for none.
struct SignatureKeys {
    std::string allowed_signers;  ///< for `ssh-keygen -Y verify`, as git's gpg.ssh.allowedSignersFile
    std::string keyring;          ///< for `gpgv`: binary or armoured
};

/// Verifies the commits' signatures with the machine's `ssh-keygen` and `gpgv`, and only when keys were named.
/// Signatures of a kind for which no keys were named stay `present`. A program that is missing or fails is reported.
void verify_signatures(const std::vector<BranchChanges::Signed>& signatures, const SignatureKeys& keys, System& system,
                       std::size_t jobs, std::vector<AuditChange>& changes, Diagnostics& diagnostics);

}  // namespace plumbline
