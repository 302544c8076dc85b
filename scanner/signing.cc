#include "scanner/signing.h"

#include <algorithm>

#include "scanner/model/text.h"

namespace plumbline {
namespace {

// What ssh-keygen calls the purpose of a signature, so that one made for something else does not count here.
constexpr std::string_view ssh_namespace = "plumbline-evidence";

std::string first_line(std::string_view text) {
    return printable(split(trim(text), '\n').front());
}

/// What a program said when it failed.
std::string complaint(const std::string& program, const ProcessResult& result) {
    if (!result.fault.empty()) return program + " was not run: " + result.fault;
    std::vector<std::string_view> lines = split(trim(result.errors), '\n');
    return program + ": " + printable(trim(lines.back()));
}

/// `2026-11-25T09:33:12Z` as ssh-keygen takes it: `20261125093312Z`
std::string ssh_time(std::string_view time) {
    std::string out;
    std::copy_if(time.begin(), time.end(), std::back_inserter(out), [](char c) { return c >= '0' && c <= '9'; });
    return out.size() == 14 && time.ends_with('Z') ? out + "Z" : std::string();
}

SignatureCheck check_ssh(const std::string& signature, std::string_view text, std::string_view time, const Trust& trust,
                         System& system) {
    if (trust.allowed_signers.empty()) return {false, "", "it is an SSH signature; give --allowed-signers FILE"};
    std::vector<std::string> find = {"ssh-keygen",          "-Y", "find-principals", "-f",
                                     trust.allowed_signers, "-s", signature};
    const std::string at = ssh_time(time);
    if (!at.empty()) find.insert(find.end(), {"-O", "verify-time=" + at});
    const ProcessResult found = system.run_program(find, "");
    if (found.exit_code != 0)
        return {false, "", "nobody in the file of allowed signers made it (" + complaint("ssh-keygen", found) + ")"};
    std::string who(split(trim(found.output), '\n').front());
    who = who.substr(0, who.find(','));
    std::vector<std::string> verify = {
        "ssh-keygen", "-Y",     "verify", "-f", trust.allowed_signers, "-I", who, "-n", std::string(ssh_namespace),
        "-s",         signature};
    if (!at.empty()) verify.insert(verify.end(), {"-O", "verify-time=" + at});
    const ProcessResult checked = system.run_program(verify, text);
    if (checked.exit_code != 0) return {false, printable(who), complaint("ssh-keygen", checked)};
    const std::size_t key = checked.output.find(" key ");
    const std::string fingerprint = key == std::string::npos ? "" : " " + first_line(checked.output.substr(key + 5));
    return {true, printable(who) + fingerprint, ""};
}

std::string upper_hex(std::string_view text) {
    std::string out;
    for (char c : text) {
        if (c != ' ' && c != ':') out += static_cast<char>(c >= 'a' && c <= 'f' ? c - 'a' + 'A' : c);
    }
    return out.starts_with("0X") || out.starts_with("0x") ? out.substr(2) : out;
}

SignatureCheck check_gpg(const std::string& signature, std::string_view text, const Trust& trust, System& system) {
    if (trust.gpg_key.empty()) return {false, "", "it is a GPG signature; give --gpg FINGERPRINT"};
    const ProcessResult result =
        system.run_program({"gpg", "--batch", "--status-fd", "1", "--verify", signature, "-"}, text);
    if (!result.fault.empty()) return {false, "", complaint("gpg", result)};
    // Machine-readable lines, GnuPG's doc/DETAILS: the key must be good and the signature valid, by the very key.
    std::string name, fingerprint;
    bool trusted = false;
    const std::string wanted = upper_hex(trust.gpg_key);
    for (std::string_view line : split(result.output, '\n')) {
        const std::vector<std::string_view> words = split(trim(line), ' ');
        if (words.size() < 3 || words[0] != "[GNUPG:]") continue;
        if (words[1] == "GOODSIG" && words.size() > 3) name = line.substr(words[3].data() - line.data());
        if (words[1] == "VALIDSIG") {
            fingerprint = words[2];
            // The last word is the primary key's fingerprint where a subkey signed.
            trusted = fingerprint.ends_with(wanted) || words.back().ends_with(wanted);
        }
    }
    const std::string who = printable(std::string(trim(name)) + (name.empty() ? "" : " ") + fingerprint);
    if (result.exit_code != 0 || name.empty() || fingerprint.empty()) return {false, who, complaint("gpg", result)};
    if (!trusted) return {false, who, "it was made with another key than the one that --gpg names"};
    return {true, who, ""};
}

}  // namespace

std::string_view to_string(SignatureKind kind) {
    return kind == SignatureKind::ssh ? "ssh" : "gpg";
}

std::string signature_file(std::string_view file, SignatureKind kind) {
    return std::string(file) + (kind == SignatureKind::ssh ? ".sig" : ".asc");
}

std::optional<SigningKey> parse_signing_key(std::string_view text, const Call& call) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos || colon + 1 == text.size()) return std::nullopt;
    std::string key(text.substr(colon + 1));
    if (text.starts_with("ssh:")) {
        const auto home = call.environment.find("HOME");
        if (key.starts_with("~/") && home != call.environment.end()) key = home->second + key.substr(1);
        return SigningKey{SignatureKind::ssh, absolute_path(call.working_directory, key)};
    }
    // A key that starts with a dash could be taken for an option.
    if (text.starts_with("gpg:") && !key.starts_with('-')) return SigningKey{SignatureKind::gpg, key};
    return std::nullopt;
}

std::string sign(const SigningKey& key, std::string_view text, System& system, std::string& error) {
    const bool ssh = key.kind == SignatureKind::ssh;
    const std::vector<std::string> arguments =
        ssh ? std::vector<std::string>{"ssh-keygen", "-Y", "sign", "-n", std::string(ssh_namespace), "-f", key.key}
            : std::vector<std::string>{"gpg", "--armor", "--detach-sign", "--local-user", key.key, "--output", "-"};
    ProcessResult result = system.run_program(arguments, text);
    const std::string_view begins = ssh ? "-----BEGIN SSH SIGNATURE-----" : "-----BEGIN PGP SIGNATURE-----";
    if (result.exit_code == 0 && result.fault.empty() && result.output.starts_with(begins))
        return std::move(result.output);
    error = complaint(arguments.front(), result);
    return "";
}

SignatureCheck check_signature(SignatureKind kind, const std::string& signature, std::string_view text,
                               std::string_view time, const Trust& trust, System& system) {
    return kind == SignatureKind::ssh ? check_ssh(signature, text, time, trust, system)
                                      : check_gpg(signature, text, trust, system);
}

}  // namespace plumbline
