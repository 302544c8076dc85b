#include "scanner/signatures.h"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>
#include <unordered_map>

#include "scanner/model/text.h"
#include "scanner/temporary_folder.h"
#include "scanner/workers.h"

namespace plumbline {
namespace {

// A keyring of a distribution is below 20 MB.
constexpr std::size_t most_keyring = std::size_t{64} << 20;

struct Answer {
    SignatureState state = SignatureState::present;
    std::string signer;
    std::string error;  ///< the program did not run
};

/// Lines of a program's output.
std::vector<std::string_view> lines(std::string_view text) {
    std::vector<std::string_view> all;
    for (const std::string_view line : split(text, '\n'))
        if (!trim(line).empty()) all.push_back(trim(line));
    return all;
}

/// `20250131080000Z`, as ssh-keygen takes it: keys have times between which they count.
std::string ssh_time(std::int64_t time) {
    std::string out;
    for (const char c : rfc3339(time))
        if (c >= '0' && c <= '9') out += c;
    return out + "Z";
}

class SshVerifier {
  public:
    SshVerifier(System& system, std::string signers) : system_(system), signers_(std::move(signers)) {}

    Answer verify(const BranchChanges::Signed& item, const TemporaryFolder& folder) const {
        const std::string file = folder.add(item.commit + ".sig", item.signature);
        if (file.empty()) return {SignatureState::present, {}, "no temporary file can be written"};
        const std::string time = "-Overify-time=" + ssh_time(item.time);
        const ProcessResult found =
            system_.run_program({"ssh-keygen", "-Y", "find-principals", "-f", signers_, "-s", file, time}, {});
        if (!found.fault.empty()) return {SignatureState::present, {}, found.fault};
        const auto principals = lines(found.output);
        if (found.exit_code != 0 || principals.empty()) {
            const ProcessResult alone =
                system_.run_program({"ssh-keygen", "-Y", "check-novalidate", "-n", "git", "-s", file}, item.payload);
            if (!alone.fault.empty()) return {SignatureState::present, {}, alone.fault};
            return alone.exit_code == 0
                       ? Answer{SignatureState::unknown_key, "no allowed signer has this key at that time", {}}
                       : Answer{SignatureState::bad, "it does not fit the commit", {}};
        }
        for (const std::string_view principal : principals) {
            const ProcessResult verified = system_.run_program({"ssh-keygen", "-Y", "verify", "-f", signers_, "-I",
                                                                std::string(principal), "-n", "git", "-s", file, time},
                                                               item.payload);
            if (!verified.fault.empty()) return {SignatureState::present, {}, verified.fault};
            if (verified.exit_code == 0) return {SignatureState::good, std::string(principal), {}};
        }
        return {SignatureState::bad, "it does not fit the commit, or the key may not sign it", {}};
    }

  private:
    System& system_;
    std::string signers_;
};

/// The bytes in an armoured block; nullopt when the text is none. gpgv reads keyrings only in their binary form.
std::optional<std::string> without_armour(std::string_view text) {
    static constexpr std::string_view begin = "-----BEGIN PGP PUBLIC KEY BLOCK-----",
                                      end = "-----END PGP PUBLIC KEY BLOCK-----";
    static constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string bytes;
    bool any = false;
    for (std::size_t at = text.find(begin); at != std::string_view::npos; at = text.find(begin, at + 1)) {
        const std::size_t stop = text.find(end, at);
        if (stop == std::string_view::npos) return std::nullopt;
        any = true;
        std::uint32_t bits = 0;
        int count = 0;
        bool body = false;
        for (const std::string_view line : split(text.substr(at + begin.size(), stop - at - begin.size()), '\n')) {
            const std::string_view clean = trim(line);
            if (!body) {  // headers (`Comment: ...`) end with an empty line
                body = clean.empty() && line.data() != text.data() + at + begin.size();
                continue;
            }
            if (clean.starts_with('=')) break;  // the checksum
            for (const char c : clean) {
                const std::size_t value = alphabet.find(c);
                if (value == std::string_view::npos) continue;
                bits = (bits << 6) | static_cast<std::uint32_t>(value);
                count += 6;
                if (count < 8) continue;
                count -= 8;
                bytes += static_cast<char>((bits >> count) & 0xFF);
            }
        }
    }
    return any ? std::optional(bytes) : std::nullopt;
}

class PgpVerifier {
  public:
    PgpVerifier(System& system, std::string keyring) : system_(system), keyring_(std::move(keyring)) {}

    Answer verify(const BranchChanges::Signed& item, const TemporaryFolder& folder) const {
        const std::string file = folder.add(item.commit + ".asc", item.signature);
        if (file.empty()) return {SignatureState::present, {}, "no temporary file can be written"};
        const ProcessResult result = system_.run_program(
            {"gpgv", "--homedir", folder.path(), "--keyring", keyring_, "--status-fd", "1", file, "-"}, item.payload);
        if (!result.fault.empty()) return {SignatureState::present, {}, result.fault};
        Answer answer{SignatureState::bad, "it does not fit the commit", {}};
        for (std::string_view line : lines(result.output)) {
            constexpr std::string_view prefix = "[GNUPG:] ";
            if (!line.starts_with(prefix)) continue;
            line.remove_prefix(prefix.size());
            const std::string_view rest = line.substr(std::min(line.find(' '), line.size()));
            const std::string who(trim(rest.substr(std::min(rest.find(' ', 1), rest.size()))));
            if (line.starts_with("NO_PUBKEY "))
                return {SignatureState::unknown_key, "the keyring has no key " + std::string(trim(rest)), {}};
            if (line.starts_with("BADSIG ")) return {SignatureState::bad, "it does not fit the commit", {}};
            if (line.starts_with("REVKEYSIG ")) return {SignatureState::bad, "the key of " + who + " was revoked", {}};
            if (line.starts_with("EXPSIG "))
                return {SignatureState::bad, "the signature of " + who + " has expired", {}};
            // A key that has expired since then was good when it signed.
            if (line.starts_with("GOODSIG ") || line.starts_with("EXPKEYSIG "))
                answer = {SignatureState::good, who, {}};
        }
        return answer;
    }

  private:
    System& system_;
    std::string keyring_;
};

bool is_ssh(std::string_view signature) {
    return signature.find("-----BEGIN SSH SIGNATURE-----") != std::string_view::npos;
}
bool is_pgp(std::string_view signature) {
    return signature.find("-----BEGIN PGP ") != std::string_view::npos;
}

/// Reads a keyring; in its binary form in `folder` when it is armoured. Empty after a diagnostic.
std::string usable_keyring(const std::string& path, const TemporaryFolder& folder, Diagnostics& diagnostics) {
    std::ifstream file(path, std::ios::binary);
    std::string bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    if (!file.good() && bytes.empty()) {
        diagnostics.file_error("keyring-unreadable", path, "The keyring cannot be read", "Check --keyring.");
        return {};
    }
    if (bytes.size() > most_keyring || bytes.find("-----BEGIN PGP PUBLIC KEY BLOCK-----") == std::string::npos)
        return path;
    const auto binary = without_armour(bytes);
    return binary ? folder.add("keyring.gpg", *binary) : path;
}

/// Writes an answer into the change that the commit is, or that brought it.
void apply(const std::string& commit, const Answer& answer,
           const std::unordered_map<std::string, AuditChange*>& owners) {
    const auto owner = owners.find(commit);
    if (owner == owners.end() || answer.state == SignatureState::present) return;
    AuditChange& change = *owner->second;
    if (change.commit == commit) {
        change.signature = answer.state;
        change.signer = answer.signer;
        return;
    }
    if (answer.state == SignatureState::unknown_key) return;
    std::erase(change.unchecked_commits, commit);
    if (answer.state == SignatureState::bad) change.unsigned_commits.push_back(commit);
}

}  // namespace

void verify_signatures(const std::vector<BranchChanges::Signed>& signatures, const SignatureKeys& keys, System& system,
                       std::size_t jobs, std::vector<AuditChange>& changes, Diagnostics& diagnostics) {
    if (signatures.empty() || (keys.allowed_signers.empty() && keys.keyring.empty())) return;
    const TemporaryFolder folder;
    std::optional<SshVerifier> ssh;
    std::optional<PgpVerifier> pgp;
    if (!keys.allowed_signers.empty()) {
        if (!std::ifstream(keys.allowed_signers).good())
            diagnostics.file_error("signers-unreadable", keys.allowed_signers, "The allowed signers cannot be read",
                                   "Check --allowed-signers.");
        else
            ssh.emplace(system, keys.allowed_signers);
    }
    if (!keys.keyring.empty()) {
        const std::string keyring = usable_keyring(keys.keyring, folder, diagnostics);
        if (!keyring.empty()) pgp.emplace(system, keyring);
    }
    std::vector<Answer> answers(signatures.size());
    in_parallel(signatures.size(), jobs, [&](std::size_t i) {
        if (ssh && is_ssh(signatures[i].signature)) answers[i] = ssh->verify(signatures[i], folder);
        if (pgp && is_pgp(signatures[i].signature)) answers[i] = pgp->verify(signatures[i], folder);
    });
    std::unordered_map<std::string, AuditChange*> owners;
    for (AuditChange& change : changes)
        for (const std::string& commit : change.commits) owners.emplace(commit, &change);
    std::set<std::string> said;  // a program that is missing is missing for every commit
    for (std::size_t i = 0; i < answers.size(); ++i) {
        if (!answers[i].error.empty() && said.insert(answers[i].error).second)
            diagnostics.file_error(
                "verifier-failed", "",
                "Signatures were not verified, that of commit " + signatures[i].commit + " first",
                "The program that verifies them (ssh-keygen, gpgv) failed: " + answers[i].error + ".");
        apply(signatures[i].commit, answers[i], owners);
    }
}

}  // namespace plumbline
