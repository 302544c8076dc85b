#include <doctest/doctest.h>

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "cli_support.h"
#include "scanner/digest.h"
#include "scanner/evidence.h"
#include "scanner/model/text.h"
#include "scanner/recording_system.h"
#include "scanner/verify.h"

namespace plumbline {
namespace {

using json = nlohmann::json;

std::string replace_first(std::string text, std::string_view what, std::string_view with) {
    return text.replace(text.find(what), what.size(), with);
}

struct Tree : Program {
    Tree() {
        system.files["/policy/private.yaml"] = private_rule;
        system.files["/repo/main.tf"] = "resource \"aws_s3_bucket\" \"open\" {\n  acl = \"public-read\"\n}\n";
        system.files["/repo/.plumbline/config.yaml"] = "exclude: [examples]\n";
        system.files["/repo/.plumbline/waivers.yaml"] = "waivers: []\n";
    }
    int scan(std::vector<std::string> more = {}) {
        std::vector<std::string> all = {"scan", "--no-builtin-rules", "--rules", "/policy", "--evidence", "evidence"};
        all.insert(all.end(), more.begin(), more.end());
        return run(all);
    }
    std::string& file(const std::string& name) { return system.files["/repo/evidence/" + name]; }
    bool said(std::string_view text) const { return err.find(text) != std::string::npos; }
};

TEST_CASE("a bundle holds every report, the settings, all that was read, and a manifest over it") {
    Tree tree;
    CHECK(tree.scan() == 1);
    std::vector<std::string> names;
    for (const auto& [path, text] : tree.system.files) {
        if (path.starts_with("/repo/evidence/000001/")) names.push_back(path.substr(22));
    }
    for (const char* name :
         {"manifest.json", "inputs.sha256", "report.sarif", "report.json", "report.html", "findings.csv", "matrix.csv",
          "soa.csv", "exceptions.csv", "assessment-results.json", "configuration.yaml", "waivers.yaml"}) {
        INFO(name);
        CHECK(std::find(names.begin(), names.end(), name) != names.end());
    }
    const std::string manifest_text = tree.file("000001/manifest.json");
    const json manifest = json::parse(manifest_text);
    CHECK(manifest["number"] == 1);
    CHECK(manifest["previous"] == nullptr);
    CHECK(manifest["created_at"] == "2025-06-15T12:00:00Z");
    CHECK(manifest["command"] == "scan");
    CHECK(manifest["arguments"][1] == "--no-builtin-rules");
    CHECK(manifest["exit_code"] == 1);
    CHECK(manifest["rules"] == json::parse(R"({"count":1,"folders":["/policy"]})"));
    CHECK(manifest["mapping"]["builtin_sha256"].get<std::string>().size() == 64);
    CHECK(manifest["files"].size() + 1 == names.size());
    for (const json& file : manifest["files"]) {
        const std::string& text = tree.file("000001/" + file["name"].get<std::string>());
        CHECK(file["sha256"] == sha256(text));
        CHECK(file["bytes"] == text.size());
    }
    const auto line = [&](const std::string& path, const std::string& name) {
        return sha256(tree.system.files[path]) + "  " + name + "\n";
    };
    CHECK(tree.file("000001/inputs.sha256") == line("/policy/private.yaml", "/policy/private.yaml") +
                                                   line("/repo/.plumbline/config.yaml", ".plumbline/config.yaml") +
                                                   line("/repo/.plumbline/waivers.yaml", ".plumbline/waivers.yaml") +
                                                   line("/repo/main.tf", "main.tf"));
    CHECK(tree.said("Evidence: evidence/000001, manifest SHA-256 " + sha256(manifest_text) + "\n"));

    // The next run appends, and does not take earlier evidence for input.
    CHECK(tree.scan({"-q"}) == 1);
    CHECK(tree.err == "");
    const json second = json::parse(tree.file("000002/manifest.json"));
    CHECK(second["previous"] == json{{"bundle", "000001"}, {"manifest_sha256", sha256(manifest_text)}});
    CHECK(tree.file("000002/inputs.sha256") == tree.file("000001/inputs.sha256"));
    CHECK(tree.run({"verify", "evidence"}) == 0);
    CHECK(tree.out.ends_with("2 bundles, all as written.\nThe last manifest's SHA-256: " +
                             sha256(tree.file("000002/manifest.json")) + "\n"));
}

TEST_CASE("verify says what was changed, removed or added, and where the chain breaks") {
    Tree tree;
    for (int i = 0; i < 3; ++i) CHECK(tree.scan() == 1);
    const auto faults = [&](int exit) {
        CHECK(tree.run({"verify", "evidence", "--format", "json"}) == exit);
        const json result = json::parse(tree.out);
        CHECK(result["good"] == (exit == 0));
        std::vector<std::string> found;
        for (const json& fault : result["faults"])
            found.push_back(fault["kind"].get<std::string>() + " " + fault.value("path", ""));
        for (const json& bundle : result["bundles"]) {
            for (const json& fault : bundle["faults"])
                found.push_back(fault["kind"].get<std::string>() + " " + fault["path"].get<std::string>());
        }
        return found;
    };
    CHECK(faults(0).empty());
    const std::string head = sha256(tree.file("000003/manifest.json"));

    SUBCASE("a report was edited") {
        std::string& csv = tree.file("000002/findings.csv");
        const std::string before = sha256(csv);
        csv.replace(csv.find("fail"), 4, "pass");
        CHECK(faults(1) == std::vector<std::string>{"changed 000002/findings.csv"});
        CHECK(tree.run({"verify", "evidence"}) == 1);
        CHECK(tree.out.find("000002  NOT AS WRITTEN  ") != std::string::npos);
        CHECK(tree.out.find("  changed: 000002/findings.csv: its content was changed, its size is the same\n"
                            "    SHA-256 was " +
                            before + "\n    SHA-256 is  " + sha256(csv) + "\n") != std::string::npos);
        CHECK(tree.out.ends_with("\n1 fault: this is not what was written.\n"));
    }
    SUBCASE("a report and its hash in the manifest were edited: the next bundle tells") {
        std::string& csv = tree.file("000002/findings.csv");
        std::string& manifest = tree.file("000002/manifest.json");
        const std::string before = sha256(csv);
        csv.replace(csv.find("fail"), 4, "pass");
        manifest.replace(manifest.find(before), 64, sha256(csv));
        CHECK(faults(1) == std::vector<std::string>{"chain 000002/manifest.json"});
    }
    SUBCASE("files were removed and added") {
        tree.system.files.erase("/repo/evidence/000001/soa.csv");
        tree.file("000001/notes.txt") = "nothing to see";
        CHECK(faults(1) == std::vector<std::string>{"missing 000001/soa.csv", "extra 000001/notes.txt"});
    }
    SUBCASE("a bundle was removed, from the middle and from the start") {
        std::erase_if(tree.system.files,
                      [](const auto& item) { return item.first.starts_with("/repo/evidence/000002/"); });
        CHECK(faults(1) == std::vector<std::string>{"missing-bundle 000002"});
        std::erase_if(tree.system.files,
                      [](const auto& item) { return item.first.starts_with("/repo/evidence/000001/"); });
        CHECK(faults(1) == std::vector<std::string>{"missing-bundle 000001 to 000002"});
    }
    SUBCASE("bundles were removed from the end: only a hash kept elsewhere tells") {
        CHECK(tree.run({"verify", "evidence", "--contains", head}) == 0);
        std::erase_if(tree.system.files,
                      [](const auto& item) { return item.first.starts_with("/repo/evidence/000003/"); });
        CHECK(faults(0).empty());
        CHECK(tree.run({"verify", "evidence", "--contains", head}) == 1);
        CHECK(tree.out.find("  not-contained: no manifest has the SHA-256 that was asked for") != std::string::npos);
    }
    SUBCASE("a bundle was put in another's place") {
        for (auto& [path, text] : std::map(tree.system.files)) {
            if (path.starts_with("/repo/evidence/000001/")) tree.file("000003/" + path.substr(22)) = text;
        }
        CHECK(faults(1) == std::vector<std::string>{"chain 000003/manifest.json"});
    }
    SUBCASE("the manifest is gone, or is none, or leads out of its bundle") {
        const std::string manifest = tree.file("000003/manifest.json");
        tree.file("000003/manifest.json") = "{";
        CHECK(faults(1) == std::vector<std::string>{"manifest 000003/manifest.json"});
        tree.file("000003/manifest.json") = replace_first(manifest, "soa.csv", "../soa.csv");
        CHECK(faults(1) == std::vector<std::string>{"manifest 000003/manifest.json"});
        tree.system.files.erase("/repo/evidence/000003/manifest.json");
        CHECK(faults(1) == std::vector<std::string>{"manifest 000003/manifest.json"});
        // Nothing can follow what is broken.
        CHECK(tree.scan() == 1);
        CHECK(tree.said("000003/manifest.json cannot be read: no such file"));
    }
    SUBCASE("what a killed run left is no evidence, and nothing else is") {
        tree.file(".incomplete-1-0/report.json") = "{}";
        tree.file("README.md") = "ours";
        CHECK(faults(0).empty());
        CHECK(json::parse(tree.out)["notes"] ==
              json{".incomplete-1-0 was left by a run that did not finish; it is no evidence.",
                   "README.md is not a part of the evidence."});
    }
    SUBCASE("one bundle by itself") {
        CHECK(tree.run({"verify", "evidence/000002"}) == 0);
        tree.file("000002/soa.csv") += "x";
        CHECK(tree.run({"verify", "evidence/000002"}) == 1);
        CHECK(tree.out.find("  changed: soa.csv: its content was changed: it has ") != std::string::npos);
    }
}

TEST_CASE("evidence that cannot be written or checked is said so, with exit code 2") {
    Tree tree;
    tree.system.files["/repo/main.tf"] = "resource \"aws_s3_bucket\" \"closed\" {\n  acl = \"private\"\n}\n";
    tree.system.read_only = true;
    CHECK(tree.scan() == 2);
    CHECK(tree.said("plumbline scan: --evidence \"evidence\": permission denied.\n"));
    tree.system.read_only = false;
    CHECK(tree.scan({"--sign", "ssh:key"}) == 2);
    CHECK(tree.said("--evidence \"evidence\": ssh-keygen was not run: it is not installed.\n"));
    CHECK(tree.run({"verify", "evidence"}) == 2);
    CHECK(tree.scan({"--sign", "key"}) == 2);
    CHECK(tree.err == "plumbline scan: --sign: \"key\" is not of the form ssh:KEYFILE or gpg:KEYID.\n");
    CHECK(tree.run({"scan", "--sign", "ssh:key"}) == 2);
    CHECK(tree.err == "plumbline scan: --sign signs evidence; say where with --evidence DIR.\n");
    CHECK(tree.run({"verify", "nowhere"}) == 2);
    CHECK(tree.err == "plumbline verify: there is no folder \"nowhere\".\n");
    CHECK(tree.run({"verify", "."}) == 2);
    CHECK(tree.err == "plumbline verify: \".\": there is no bundle of evidence in it.\n");
    CHECK(tree.run({"verify", ".", "--contains", "abc"}) == 2);
    CHECK(tree.run({"verify", ".", "--gpg", "12345678"}) == 2);
}

TEST_CASE("a file that is not the same each time it is read is noticed, and what lies in .git is no input") {
    MemorySystem machine;
    machine.files = {{"/repo/a.tf", "1"}, {"/repo/b.tf", "2"}, {"/repo/.git/HEAD", "ref: x"}};
    RecordingSystem recording(machine);
    for (const char* path : {"a.tf", "b.tf", "b.tf", ".git/HEAD", "c.tf"}) recording.open("/repo")->read(path, 100);
    std::vector<std::string> paths;
    for (const ReadFile& file : recording.files()) paths.push_back(file.path + " " + std::to_string(file.bytes));
    CHECK(paths == std::vector<std::string>{"/repo/a.tf 1", "/repo/b.tf 1"});
    CHECK(recording.changed().empty());
    machine.files["/repo/a.tf"] = "3";
    recording.open("/")->read("repo/a.tf", 100);
    CHECK(recording.changed() == std::vector<std::string>{"/repo/a.tf"});
}

TEST_CASE("names with line ends and backslashes stand in the list of inputs as sha256sum writes them") {
    CHECK(checksum_list({{"/repo/a b", "00", 1}, {"/repo/c\\d\ne", "11", 1}, {"/repository", "22", 1}}, "/repo") ==
          "00  a b\n\\11  c\\\\d\\ne\n22  /repository\n");
}

TEST_CASE("signing keys: a file from the working folder or the home folder, or a name for gpg") {
    Call call;
    call.working_directory = "/repo";
    call.environment["HOME"] = "/home/ann";
    CHECK(parse_signing_key("ssh:key", call)->key == "/repo/key");
    CHECK(parse_signing_key("ssh:~/.ssh/id", call)->key == "/home/ann/.ssh/id");
    CHECK(parse_signing_key("ssh:/etc/key", call)->key == "/etc/key");
    CHECK(parse_signing_key("gpg:Ann <ann@example.org>", call)->key == "Ann <ann@example.org>");
    for (const char* text : {"", "ssh", "ssh:", "key", "gpg:", "gpg:--output", "x509:a"}) {
        INFO(text);
        CHECK_FALSE(parse_signing_key(text, call).has_value());
    }
}

/// A folder of the machine that is gone afterwards, with the program's own home.
struct Scratch {
    std::filesystem::path path =
        std::filesystem::temp_directory_path() / ("plumbline-evidence-" + std::to_string(::getpid()));
    DiskSystem system;
    Scratch() {
        std::filesystem::remove_all(path);
        std::filesystem::create_directories(path);
    }
    ~Scratch() { std::filesystem::remove_all(path); }
    std::string at(const std::string& name) const { return (path / name).string(); }
    void write(const std::string& name, std::string_view text) { std::ofstream(path / name) << text; }
    Bundle append(const std::optional<SigningKey>& key) {
        EvidenceFacts facts;
        facts.command = "scan";
        facts.time = "2025-06-15T12:00:00Z";
        return append_bundle(system, at("evidence"), facts,
                             {{"report.txt", [](std::ostream& out) { out << "all is well\n"; }}}, key);
    }
    std::vector<std::string> states(const Trust& trust) {
        std::vector<std::string> out;
        for (const CheckedBundle& bundle : verify_evidence(system, at("evidence"), {trust, ""}).bundles)
            out.push_back(bundle.signature + " " + std::to_string(bundle.faults.size()));
        return out;
    }
};

TEST_CASE("a bundle on disk appears whole or not at all, and numbers are never given twice") {
    Scratch scratch;
    std::string error;
    {
        const auto folder = scratch.system.new_folder(scratch.at("a/b"), error);
        REQUIRE(folder);
        CHECK(folder->add("x", "1") == "");
        CHECK(folder->add("x", "22") == "");
        CHECK(folder->publish("000001", error) == NewFolder::Published::done);
        const auto other = scratch.system.new_folder(scratch.at("a/b"), error);
        REQUIRE(other);
        CHECK(other->add("y", "3") == "");
        CHECK(other->publish("000001", error) == NewFolder::Published::taken);
        // Not published: nothing of it stays.
    }
    std::vector<std::string> names;
    const auto entries = scratch.system.open(scratch.at("a/b"))->list("");
    REQUIRE(entries);
    for (const auto& entry : *entries) names.push_back(entry.name);
    CHECK(names == std::vector<std::string>{"000001"});
    CHECK(scratch.system.open(scratch.at("a/b"))->read("000001/x", 10).text == "22");
    scratch.write("file", "");
    CHECK(scratch.system.new_folder(scratch.at("file"), error) == nullptr);
    CHECK(error != "");
    // Several runs at once each get a bundle.
    CHECK(scratch.append({}).name == "000001");
    CHECK(scratch.append({}).name == "000002");
    CHECK(verify_evidence(scratch.system, scratch.at("evidence"), {}).good());
}

TEST_CASE("programs are run by argument vector: input, output, exit code, and what is not there") {
    DiskSystem system;
    const std::string long_text(300'000, 'x');
    ProcessResult result = system.run_program({"cat"}, long_text);
    CHECK(result.exit_code == 0);
    CHECK(result.output == long_text);
    result = system.run_program({"sh", "-c", "echo $1; echo no >&2; exit 3", "sh", "a b; $(c)"}, "ignored");
    CHECK(result.exit_code == 3);
    CHECK(result.output == "a b; $(c)\n");
    CHECK(result.errors == "no\n");
    // A program that reads nothing, given much.
    CHECK(system.run_program({"true"}, long_text).exit_code == 0);
    CHECK(system.run_program({"no-such-program-here"}, "").fault == "it is not installed");
}

TEST_CASE("SSH signatures by ssh-keygen: good, changed, by somebody else, missing") {
    Scratch scratch;
    for (const char* name : {"key", "other"}) {
        const ProcessResult made = scratch.system.run_program(
            {"ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", scratch.at(name)}, "");
        if (!made.fault.empty()) {
            MESSAGE("skipped: ssh-keygen is not installed");
            return;
        }
        REQUIRE(made.exit_code == 0);
    }
    const std::string own_key = scratch.system.open(scratch.at(""))->read("key.pub", 10'000).text;
    scratch.write("signers", "auditor@example.com " + own_key);
    const Trust trust{scratch.at("signers"), ""};
    const SigningKey key{SignatureKind::ssh, scratch.at("key")};
    CHECK(scratch.append({}).error == "");
    CHECK(scratch.append(key).error == "");
    CHECK(scratch.states(Trust{}) == std::vector<std::string>{"none 0", "not checked 0"});
    // The signature speaks for what the chain reaches, not for what comes later.
    CHECK(scratch.states(trust) == std::vector<std::string>{"covered 0", "good 0"});
    CHECK(scratch.append({}).error == "");
    CHECK(scratch.states(trust) == std::vector<std::string>{"covered 0", "good 0", "none 1"});
    CHECK(scratch.append(SigningKey{SignatureKind::ssh, scratch.at("other")}).error == "");
    CHECK(scratch.states(trust) == std::vector<std::string>{"covered 0", "good 0", "none 1", "bad 1"});
    const EvidenceCheck check = verify_evidence(scratch.system, scratch.at("evidence"), {trust, ""});
    CHECK(check.bundles[1].signer.starts_with("auditor@example.com SHA256:"));
    CHECK(check.bundles[3].faults[0].path == "000004/manifest.json.sig");

    // A manifest that was made good again everywhere is not signed again.
    const std::string path = scratch.at("evidence/000002/manifest.json");
    const std::string text = scratch.system.open(scratch.at("evidence"))->read("000002/manifest.json", 100'000).text;
    scratch.write("evidence/000002/manifest.json", replace_first(text, "2025-06-15", "2025-06-14"));
    CHECK(scratch.states(trust)[1] == "bad 1");
    CHECK(scratch.append(SigningKey{SignatureKind::ssh, scratch.at("no-key")}).error.starts_with("ssh-keygen: "));
}

TEST_CASE("GPG signatures by gpg: good, by another key than the one asked for") {
    Scratch scratch;
    const std::string home = scratch.at("gpg");
    std::filesystem::create_directories(home);
    std::filesystem::permissions(home, std::filesystem::perms::owner_all);
    const char* before = std::getenv("GNUPGHOME");
    const std::string old_home = before ? before : "";
    ::setenv("GNUPGHOME", home.c_str(), 1);
    const ProcessResult made =
        scratch.system.run_program({"gpg", "--batch", "--quiet", "--passphrase", "", "--quick-generate-key",
                                    "Auditor <auditor@example.com>", "ed25519", "sign", "never"},
                                   "");
    if (!made.fault.empty() || made.exit_code != 0) {
        MESSAGE("skipped: gpg is not installed or cannot make a key here: " << made.errors);
    } else {
        const ProcessResult listed =
            scratch.system.run_program({"gpg", "--batch", "--with-colons", "--list-secret-keys"}, "");
        const std::size_t at = listed.output.find("\nfpr:::::::::");
        REQUIRE(at != std::string::npos);
        const std::string fingerprint = listed.output.substr(at + 13, 40);
        CHECK(scratch.append(SigningKey{SignatureKind::gpg, "auditor@example.com"}).error == "");
        CHECK(scratch.states(Trust{"", fingerprint}) == std::vector<std::string>{"good 0"});
        CHECK(
            verify_evidence(scratch.system, scratch.at("evidence"), {{"", lower(fingerprint)}, ""}).bundles[0].signer ==
            "Auditor <auditor@example.com> " + fingerprint);
        CHECK(scratch.states(Trust{"", "0123456789ABCDEF"}) == std::vector<std::string>{"bad 1"});
        CHECK(scratch.states(Trust{scratch.at("signers"), ""}) == std::vector<std::string>{"bad 1"});
        const std::string name = "evidence/000001/manifest.json";
        const std::string text = scratch.system.open(scratch.at(""))->read(name, 100'000).text;
        scratch.write(name, replace_first(text, "2025-06-15", "2025-06-14"));
        CHECK(scratch.states(Trust{"", fingerprint}) == std::vector<std::string>{"bad 1"});
        CHECK(scratch.append(SigningKey{SignatureKind::gpg, "nobody@example.com"}).error.starts_with("gpg: "));
    }
    // The agent that gpg starts for a home of its own would outlive the test.
    scratch.system.run_program({"gpgconf", "--kill", "all"}, "");
    if (before)
        ::setenv("GNUPGHOME", old_home.c_str(), 1);
    else
        ::unsetenv("GNUPGHOME");
}

}  // namespace
}  // namespace plumbline
