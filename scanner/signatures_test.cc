#include "scanner/signatures.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "scanner/temporary_folder.h"

namespace plumbline {
namespace {

std::string read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

ProcessResult run(const std::vector<std::string>& arguments, std::string_view input = {}) {
    DiskSystem system;
    return system.run_program(arguments, input);
}

AuditChange signed_change(const std::string& commit) {
    AuditChange change;
    change.commit = commit;
    change.commits = {commit};
    change.signature = SignatureState::present;
    return change;
}

TEST_CASE("SSH signatures: good, changed afterwards, by an unknown key, and unchecked without keys") {
    if (!run({"ssh-keygen", "-?"}).fault.empty()) {
        MESSAGE("skipped: there is no ssh-keygen here");
        return;
    }
    const TemporaryFolder folder;
    const std::string key = folder.path() + "/key", other = folder.path() + "/other";
    for (const std::string& file : {key, other})
        REQUIRE(run({"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "x", "-f", file}).exit_code == 0);
    const std::string payload = "tree 0\nauthor Ann\n\nMessage\n";
    const auto sign = [&](const std::string& with) {
        const std::string file = folder.add("payload", payload);
        REQUIRE(run({"ssh-keygen", "-Y", "sign", "-n", "git", "-f", with, file}).exit_code == 0);
        std::string signature = read_file(file + ".sig");
        std::filesystem::remove(file + ".sig");
        return signature;
    };
    const std::string signers = folder.add("signers", "ann@example.org namespaces=\"git\" " + read_file(key + ".pub"));
    const std::vector<BranchChanges::Signed> signatures = {
        {"good", sign(key), payload, "ann@example.org", 1740787200},
        {"bad", sign(key), payload + "changed", "ann@example.org", 1740787200},
        {"unknown", sign(other), payload, "eve@example.org", 1740787200},
        {"pgp", "-----BEGIN PGP SIGNATURE-----\n", payload, "ann@example.org", 1740787200},
    };
    std::vector<AuditChange> changes;
    for (const auto& item : signatures) changes.push_back(signed_change(item.commit));
    DiskSystem system;
    Diagnostics diagnostics;
    verify_signatures(signatures, {}, system, 2, changes, diagnostics);
    for (const AuditChange& change : changes) CHECK(change.signature == SignatureState::present);
    verify_signatures(signatures, {signers, ""}, system, 2, changes, diagnostics);
    CHECK(diagnostics.empty());
    CHECK(changes[0].signature == SignatureState::good);
    CHECK(changes[0].signer == "ann@example.org");
    CHECK(changes[1].signature == SignatureState::bad);
    CHECK(changes[2].signature == SignatureState::unknown_key);
    CHECK(changes[3].signature == SignatureState::present);
    // Of what a merge brought, a bad one makes the merge unsigned.
    AuditChange merge = signed_change("merge");
    merge.commits = {"merge", "good", "bad"};
    merge.unchecked_commits = {"good", "bad"};
    std::vector<AuditChange> merged = {merge};
    verify_signatures(signatures, {signers, ""}, system, 1, merged, diagnostics);
    CHECK(merged[0].unchecked_commits.empty());
    CHECK(merged[0].unsigned_commits == std::vector<std::string>{"bad"});
    verify_signatures(signatures, {folder.path() + "/missing", ""}, system, 1, changes, diagnostics);
    REQUIRE(diagnostics.size() == 1);
    CHECK(diagnostics.items()[0].summary == "The allowed signers cannot be read");
}

TEST_CASE("PGP signatures are verified with an armoured keyring too") {
    if (!run({"gpg", "--version"}).fault.empty() || !run({"gpgv", "--version"}).fault.empty()) {
        MESSAGE("skipped: there is no gpg or gpgv here");
        return;
    }
    const TemporaryFolder folder;
    const auto gpg = [&](const std::vector<std::string>& more, std::string_view input) {
        std::vector<std::string> arguments = {"gpg",          "--homedir", folder.path(),     "--batch",
                                              "--passphrase", "",          "--pinentry-mode", "loopback"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return run(arguments, input);
    };
    if (gpg({"--quick-generate-key", "Ann <ann@example.org>", "ed25519", "sign", "never"}, "").exit_code != 0) {
        MESSAGE("skipped: gpg makes no key here");
        return;
    }
    const std::string payload = "tree 0\n\nMessage\n";
    const std::string signature = gpg({"--armor", "--detach-sign"}, payload).output;
    const std::string keyring = folder.add("keys.asc", gpg({"--armor", "--export"}, "").output);
    run({"gpgconf", "--homedir", folder.path(), "--kill", "gpg-agent"});
    REQUIRE(signature.starts_with("-----BEGIN PGP SIGNATURE-----"));
    std::vector<AuditChange> changes = {signed_change("good"), signed_change("bad")};
    DiskSystem system;
    Diagnostics diagnostics;
    verify_signatures({{"good", signature, payload, "ann@example.org", 0}, {"bad", signature, "x" + payload, "", 0}},
                      {"", keyring}, system, 1, changes, diagnostics);
    CHECK(diagnostics.empty());
    CHECK(changes[0].signature == SignatureState::good);
    CHECK(changes[0].signer == "Ann <ann@example.org>");
    CHECK(changes[1].signature == SignatureState::bad);
}

}  // namespace
}  // namespace plumbline
