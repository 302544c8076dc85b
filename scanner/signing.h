#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/system.h"

namespace plumbline {

/// Signatures by the programs that git signs with, `ssh-keygen` and `gpg`. They are run by argument vector, and only
/// when the user asks for it; everything else about evidence works without them.

enum class SignatureKind : std::uint8_t { ssh, gpg };
std::string_view to_string(SignatureKind kind);
/// `manifest.json.sig`, `manifest.json.asc`: what a signature over `file` is called.
std::string signature_file(std::string_view file, SignatureKind kind);

/// What to sign with: `ssh:KEYFILE` or `gpg:KEYID`.
struct SigningKey {
    SignatureKind kind = SignatureKind::ssh;
    std::string key;  ///< a file (absolute) or what `gpg --local-user` takes
};
/// Nullopt when the text is no such key. A file is meant from the working folder; `~/` in front of it, which no shell
/// resolves behind `ssh:`, is the home folder.
std::optional<SigningKey> parse_signing_key(std::string_view text, const Call& call);

/// The signature over `text`, armoured; empty with a phrase in `error`.
std::string sign(const SigningKey& key, std::string_view text, System& system, std::string& error);

/// Whom to trust. Without either nothing is run and no signature is checked.
struct Trust {
    std::string allowed_signers;  ///< ssh-keygen's file of names and keys (absolute)
    std::string gpg_key;          ///< fingerprint (16 digits or more) of a key in the user's keyring
    bool any() const { return !allowed_signers.empty() || !gpg_key.empty(); }
};

struct SignatureCheck {
    bool good = false;
    std::string signer;  ///< who, as the program names them
    std::string detail;  ///< what is wrong
};
/// Checks the signature in the file `signature` (absolute) over `text`. `time` (RFC 3339 in UTC) is when it was made by
/// its own account: SSH keys whose allowed time has ended since are still good for it, as git has it.
SignatureCheck check_signature(SignatureKind kind, const std::string& signature, std::string_view text,
                               std::string_view time, const Trust& trust, System& system);

}  // namespace plumbline
