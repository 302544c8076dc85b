#include "scanner/signatures.h"

#include <doctest/doctest.h>

#include <chrono>
#include <fstream>
#include <sstream>

#include "scanner/subprocess.h"

namespace plumbline {
namespace {

std::string read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

AuditChange signed_change(const std::string& commit) {
    AuditChange change;
    change.commit = commit;
    change.commits = {commit};
    change.signature = SignatureState::present;
    return change;
}

TEST_CASE("SSH signatures: good, changed afterwards, by an unknown key, and unchecked without keys") {
    const std::string program = find_program("ssh-keygen");
    if (program.empty()) {
        MESSAGE("skipped: there is no ssh-keygen here");
        return;
    }
    const TemporaryFolder folder;
    const std::string key = folder.path() + "/key", other = folder.path() + "/other";
    REQUIRE(run_program(program, {"-q", "-t", "ed25519", "-N", "", "-C", "ann", "-f", key}, "", 20).status == 0);
    REQUIRE(run_program(program, {"-q", "-t", "ed25519", "-N", "", "-C", "eve", "-f", other}, "", 20).status == 0);
    const std::string payload = "tree 0\nauthor Ann\n\nMessage\n";
    const auto sign = [&](const std::string& with) {
        const std::string file = folder.add("payload", payload);
        REQUIRE(run_program(program, {"-Y", "sign", "-n", "git", "-f", with, file}, "", 20).status == 0);
        const std::string signature = read_file(file + ".sig");
        REQUIRE(run_program("/bin/rm", {file + ".sig"}, "", 20).status == 0);
        return signature;
    };
    const std::string signers = folder.add("signers", "ann@example.org namespaces=\"git\" " + read_file(key + ".pub"));
    const std::vector<BranchChanges::Signed> signatures = {
        {"good", sign(key), payload, "ann@example.org", 1740787200},
        {"bad", sign(key), payload + "changed", "ann@example.org", 1740787200},
        {"unknown", sign(other), payload, "eve@example.org", 1740787200},
        {"pgp", "-----BEGIN PGP SIGNATURE-----\n", payload, "ann@example.org", 1740787200},
    };
    const auto make = [&] {
        std::vector<AuditChange> changes;
        for (const auto& item : signatures) changes.push_back(signed_change(item.commit));
        return changes;
    };
    std::vector<AuditChange> changes = make();
    Diagnostics diagnostics;
    verify_signatures(signatures, {}, 2, changes, diagnostics);
    for (const AuditChange& change : changes) CHECK(change.signature == SignatureState::present);
    verify_signatures(signatures, {signers, ""}, 2, changes, diagnostics);
    CHECK(diagnostics.empty());
    CHECK(changes[0].signature == SignatureState::good);
    CHECK(changes[0].signer == "ann@example.org");
    CHECK(changes[1].signature == SignatureState::bad);
    CHECK(changes[2].signature == SignatureState::unknown_key);
    CHECK(changes[3].signature == SignatureState::present);
    // A commit that a merge brought makes the merge unsigned when its signature is bad.
    AuditChange merge = signed_change("merge");
    merge.commits = {"merge", "good", "bad"};
    merge.unchecked_commits = {"good", "bad"};
    std::vector<AuditChange> merged = {merge};
    verify_signatures(signatures, {signers, ""}, 1, merged, diagnostics);
    CHECK(merged[0].unchecked_commits.empty());
    CHECK(merged[0].unsigned_commits == std::vector<std::string>{"bad"});
    verify_signatures(signatures, {folder.path() + "/missing", ""}, 1, changes, diagnostics);
    REQUIRE(diagnostics.size() == 1);
    CHECK(diagnostics.items()[0].summary == "The allowed signers cannot be read");
}

TEST_CASE("PGP signatures are verified with an armoured keyring too") {
    const std::string gpg = find_program("gpg");
    if (gpg.empty() || find_program("gpgv").empty()) {
        MESSAGE("skipped: there is no gpg or gpgv here");
        return;
    }
    const TemporaryFolder folder;
    const std::vector<std::string> home = {"--homedir", folder.path(),     "--batch", "--passphrase",
                                           "",          "--pinentry-mode", "loopback"};
    const auto run = [&](std::vector<std::string> more, std::string_view input) {
        std::vector<std::string> arguments = home;
        arguments.insert(arguments.end(), more.begin(), more.end());
        return run_program(gpg, arguments, input, 60);
    };
    if (run({"--quick-generate-key", "Ann <ann@example.org>", "ed25519", "sign", "never"}, "").status != 0) {
        MESSAGE("skipped: gpg makes no key here");
        return;
    }
    const std::string payload = "tree 0\n\nMessage\n";
    const std::string signature = run({"--armor", "--detach-sign"}, payload).out;
    const std::string keyring = folder.add("keys.asc", run({"--armor", "--export"}, "").out);
    run_program(find_program("gpgconf"), {"--homedir", folder.path(), "--kill", "gpg-agent"}, "", 20);
    REQUIRE(signature.starts_with("-----BEGIN PGP SIGNATURE-----"));
    std::vector<AuditChange> changes = {signed_change("good"), signed_change("bad")};
    Diagnostics diagnostics;
    verify_signatures({{"good", signature, payload, "ann@example.org", 0}, {"bad", signature, "x" + payload, "", 0}},
                      {"", keyring}, 1, changes, diagnostics);
    CHECK(diagnostics.empty());
    CHECK(changes[0].signature == SignatureState::good);
    CHECK(changes[0].signer == "Ann <ann@example.org>");
    CHECK(changes[1].signature == SignatureState::bad);
}

TEST_CASE(
    "a program gets its input and arguments as they are, without our environment, and does not outlive its time") {
    const std::string shell = find_program("sh");
    if (shell.empty()) {
        MESSAGE("skipped: there is no sh here");
        return;
    }
    CHECK(run_program(shell, {"-c", "cat; printf %s \"$1$HOME\"", "x", "a b;c"}, "input ", 20).out == "input a b;c");
    CHECK(run_program(shell, {"-c", "exit 3"}, std::string(1 << 20, 'x'), 20).status == 3);
    const auto begin = std::chrono::steady_clock::now();
    const ProgramResult slow = run_program(shell, {"-c", "exec sleep 60"}, "", 1);
    CHECK(slow.status == -1);
    CHECK(slow.error == "it ran longer than 1 seconds");
    CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds(30));
    CHECK(run_program("/nowhere/program", {}, "", 1).error == "it cannot be started");
    CHECK(find_program("no-such-program-here").empty());
}

}  // namespace
}  // namespace plumbline
