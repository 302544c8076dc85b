#pragma once

#include <map>
#include <string>
#include <vector>

#include "scanner/change_history.h"
#include "scanner/model/audit_report.h"
#include "scanner/model/diagnostic.h"

namespace plumbline {

/// Keys that the user named; absolute paths, empty for none.
struct SignatureKeys {
    std::string allowed_signers;  ///< for `ssh-keygen -Y verify`, as git's gpg.ssh.allowedSignersFile
    std::string keyring;          ///< for `gpgv`: binary or armoured
};

/// Verifies the commits' signatures with the machine's own programs, which is the only thing that this program ever
/// runs, and only when keys were named: `ssh-keygen` and `gpgv` from the fixed folders /usr/bin, /bin and
/// /usr/local/bin, by argument vector, with a time limit. Signatures of a kind for which no keys were named stay
/// `present`. A program that is missing is reported.
void verify_signatures(const std::vector<BranchChanges::Signed>& signatures, const SignatureKeys& keys,
                       std::size_t jobs, std::vector<AuditChange>& changes, Diagnostics& diagnostics);

}  // namespace plumbline
