#include "scanner/change.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <sstream>

#include "parsers/git/test_repository.h"
#include "reporters/json_check.h"
#include "tests/cli_support.h"

namespace plumbline {
namespace {

using git::TestRepository;
using Texts = std::map<std::string, std::string>;

constexpr const char* open_database = "resource \"aws_db_instance\" \"a\" {\n  storage_encrypted = false\n}\n";
constexpr const char* shut_database = "resource \"aws_db_instance\" \"a\" {\n  storage_encrypted = true\n}\n";
constexpr const char* rule = "aws-rds-instance-encryption";

TestRepository::Files entries(const Texts& texts) {
    TestRepository::Files files;
    for (const auto& [path, text] : texts) files[path] = {text};
    return files;
}

void put(const TestRepository& repository, const Texts& texts) {
    for (const auto& [path, text] : texts) {
        const std::filesystem::path file = repository.path() + "/" + path;
        std::filesystem::create_directories(file.parent_path());
        std::ofstream(file) << text;
    }
}

/// A call of the program in a repository on disk.
struct Run {
    int exit = 0;
    std::string out, err;
    Run(const TestRepository& repository, std::vector<std::string> arguments,
        std::map<std::string, std::string> environment = {}, const std::string& folder = "") {
        DiskSystem system;
        Call call;
        call.arguments = std::move(arguments);
        call.environment = std::move(environment);
        call.working_directory = std::filesystem::canonical(repository.path()).string() + folder;
        call.now = "2025-06-15T12:00:00Z";
        std::ostringstream out_stream, err_stream;
        exit = plumbline::run(call, system, out_stream, err_stream);
        out = out_stream.str();
        err = err_stream.str();
    }
    nlohmann::json json() const {
        INFO(err);
        REQUIRE(nlohmann::json::accept(out));
        return nlohmann::json::parse(out);
    }
};

/// `new rule address file` lines of what a comparison reports.
std::vector<std::string> lines(const Run& run) {
    std::vector<std::string> result;
    const auto document = run.json();
    for (const auto& finding : document["findings"])
        if (finding.contains("baseline"))
            result.push_back(finding.value("baseline", "") + " " + finding["rule"].get<std::string>() + " " +
                             finding["address"].get<std::string>() + " " + finding["file"].get<std::string>() +
                             (finding.contains("accepted") ? " accepted" : ""));
    std::sort(result.begin(), result.end());
    return result;
}

const std::vector<std::string> staged_json = {"scan",   "--staged", "--format", "json", "--include-passed",
                                              "--rule", rule};

TEST_CASE("--staged reports what the index introduces, and neither what was there nor what is not staged") {
    TestRepository made("staged");
    const Texts first = {{"old/main.tf", open_database}, {"app/main.tf", shut_database}};
    made.commit(entries(first), "first", 1000, {});
    put(made, first);
    put(made, {{"app/main.tf", shut_database}, {"app/untracked.tf", open_database}});
    Texts staged = first;
    staged["app/more.tf"] = "resource \"aws_db_instance\" \"n\" {\n  storage_encrypted = false\n}\n";
    made.stage(entries(staged));
    const Run run(made, staged_json);
    CHECK(run.exit == 1);
    CHECK(lines(run) == std::vector<std::string>{"new aws-rds-instance-encryption aws_db_instance.n app/more.tf"});
    // Nothing staged: nothing to say, however the tree looks.
    made.stage(entries(first));
    const Run clean(made, staged_json);
    CHECK(clean.exit == 0);
    CHECK(lines(clean).empty());
}

TEST_CASE("--staged judges the staged half of a file, whatever the work tree has") {
    TestRepository made("partial");
    const Texts first = {{"main.tf", shut_database}};
    made.commit(entries(first), "first", 1000, {});
    put(made, {{"main.tf", shut_database}});
    made.stage(entries({{"main.tf", open_database}}));
    CHECK(Run(made, staged_json).exit == 1);
    put(made, {{"main.tf", open_database}});
    made.stage(entries({{"main.tf", std::string("# note\n") + shut_database}}));
    CHECK(Run(made, staged_json).exit == 0);
    // Settings and waivers are those that are staged, too.
    put(made, {{".plumbline/config.yaml", "exclude_rules: [aws-s3-*]\n"}});
    made.stage(entries({{"main.tf", open_database}}));
    CHECK(Run(made, staged_json).exit == 1);
}

TEST_CASE("a repaired finding is told as fixed and lets the commit through; a deleted file takes its findings along") {
    TestRepository made("fixed");
    made.commit(entries({{"a/main.tf", open_database}, {"b/main.tf", open_database}}), "first", 1000, {});
    made.stage(entries({{"a/main.tf", shut_database}}));
    const Run run(made, staged_json);
    CHECK(run.exit == 0);
    CHECK(lines(run) == std::vector<std::string>{"absent aws-rds-instance-encryption aws_db_instance.a a/main.tf",
                                                 "absent aws-rds-instance-encryption aws_db_instance.a b/main.tf"});
}

TEST_CASE("the first commit introduces everything") {
    TestRepository made("first");
    made.stage(entries({{"main.tf", open_database}}));
    const Run run(made, staged_json);
    CHECK(run.exit == 1);
    CHECK(lines(run) == std::vector<std::string>{"new aws-rds-instance-encryption aws_db_instance.a main.tf"});
}

TEST_CASE("a moved file and a moved root keep their findings; what is added on the way is new") {
    TestRepository made("moved");
    const std::string more = "variable \"x\" {}\noutput \"y\" {\n  value = var.x\n}\n";
    made.commit(entries({{"old/main.tf", open_database + more}, {"old/mod/net.tf", open_database + more}}), "first",
                1000, {});
    made.stage(entries({{"new/main.tf", open_database + more}, {"new/mod/net.tf", more + open_database}}));
    CHECK(lines(Run(made, staged_json)).empty());
    made.stage(entries({{"new/main.tf", open_database + more +
                                            "resource \"aws_db_instance\" \"z\" {\n  storage_encrypted = false\n}\n"},
                        {"new/mod/net.tf", more + open_database}}));
    CHECK(lines(Run(made, staged_json)) ==
          std::vector<std::string>{"new aws-rds-instance-encryption aws_db_instance.z new/main.tf"});
}

TEST_CASE("callers of a changed module, variable files, templates and links are judged again") {
    const std::string module =
        "variable \"acl\" {}\nresource \"aws_db_instance\" \"a\" {\n  storage_encrypted = var.acl\n}\n";
    const Texts first = {
        {"live/main.tf", "module \"m\" {\n  source = \"../modules/bucket\"\n  acl = true\n}\n"},
        {"modules/bucket/main.tf", module},
        {"vars/main.tf", "variable \"acl\" {}\nmodule \"m\" {\n  source = \"../modules/bucket\"\n  acl = var.acl\n}\n"},
        {"vars/terraform.tfvars", "acl = true\n"},
        {"text/main.tf",
         "resource \"aws_db_instance\" \"a\" {\n  storage_encrypted = "
         "tobool(trimspace(file(\"${path.module}/acl.txt\")))\n}\n"},
        {"text/acl.txt", "true\n"},
        {"linked/main.tf",
         "resource \"aws_db_instance\" \"a\" {\n  storage_encrypted = tobool(trimspace(file(\"here.txt\")))\n}\n"},
        {"far/acl.txt", "true\n"},
    };
    TestRepository made("callers");
    auto files = entries(first);
    files["linked/here.txt"] = {"../far/acl.txt", GIT_FILEMODE_LINK};
    made.commit(files, "first", 1000, {});
    const auto with = [&](const std::string& path, const std::string& text) {
        auto staged = files;
        staged[path] = {text};
        made.stage(staged);
        return lines(Run(made, staged_json));
    };
    CHECK(with("modules/bucket/main.tf", module + "locals {}\n").empty());
    CHECK(
        with("modules/bucket/main.tf",
             "variable \"acl\" {}\nresource \"aws_db_instance\" \"a\" {\n  storage_encrypted = "
             "\"public-read\"\n}\n") ==
        std::vector<std::string>{"new aws-rds-instance-encryption module.m.aws_db_instance.a modules/bucket/main.tf",
                                 "new aws-rds-instance-encryption module.m.aws_db_instance.a modules/bucket/main.tf"});
    CHECK(
        with("vars/terraform.tfvars", "acl = false\n") ==
        std::vector<std::string>{"new aws-rds-instance-encryption module.m.aws_db_instance.a modules/bucket/main.tf"});
    CHECK(with("text/acl.txt", "false\n") ==
          std::vector<std::string>{"new aws-rds-instance-encryption aws_db_instance.a text/main.tf"});
    CHECK(with("far/acl.txt", "false\n") ==
          std::vector<std::string>{"new aws-rds-instance-encryption aws_db_instance.a linked/main.tf"});
}

TEST_CASE("files that git ignores belong to the machine: on both sides, and never news") {
    TestRepository made("ignored");
    const std::string main =
        "variable \"acl\" {}\nresource \"aws_db_instance\" \"a\" {\n  storage_encrypted = var.acl\n}\n";
    const Texts first = {{"main.tf", main}, {".gitignore", "*.tfvars\nignored.tf\n"}};
    made.commit(entries(first), "first", 1000, {});
    made.stage(entries(first));
    put(made, first);
    put(made, {{"terraform.tfvars", "acl = false\n"}, {"other/ignored.tf", open_database}});
    CHECK(lines(Run(made, {"scan", "--diff", "HEAD", "--format", "json", "--include-passed", "--rule", rule})).empty());
    Texts staged = first;
    staged["main.tf"] = main + "resource \"aws_db_instance\" \"n\" {\n  storage_encrypted = var.acl\n}\n";
    made.stage(entries(staged));
    CHECK(lines(Run(made, staged_json)) ==
          std::vector<std::string>{"new aws-rds-instance-encryption aws_db_instance.n main.tf"});
}

TEST_CASE("--diff compares the work tree with the merge base: main may have gone on") {
    TestRepository made("diff");
    const Texts first = {{"main.tf", shut_database}, {"old/main.tf", open_database}};
    const auto base = made.commit(entries(first), "first", 1000, {});
    made.commit(entries({{"main.tf", shut_database}}), "main repairs old", 2000, {base}, "main");
    const auto mine = made.commit(entries({{"main.tf", open_database}, {"old/main.tf", open_database}}), "mine", 2000,
                                  {base}, "topic");
    REQUIRE(git_repository_set_head(made.raw(), "refs/heads/topic") == 0);
    const Texts work = {{"main.tf", open_database}, {"old/main.tf", open_database}};
    put(made, work);
    made.stage(entries(work));
    const std::vector<std::string> diff = {"scan", "--diff",           "main",   "--format",
                                           "json", "--include-passed", "--rule", rule};
    CHECK(lines(Run(made, diff)) ==
          std::vector<std::string>{"new aws-rds-instance-encryption aws_db_instance.a main.tf"});
    // A file that git does not know yet is part of the change, from any folder of the tree.
    put(made, {{"young/main.tf", open_database}});
    CHECK(lines(Run(made, diff, {}, "/old")).empty());
    CHECK(lines(Run(made, {"scan", "..", "--diff", "main", "--format", "json", "--include-passed", "--rule", rule}, {},
                    "/old"))
              .size() == 2);
    CHECK(lines(Run(made, diff)).size() == 2);
}

TEST_CASE("--diff in a bare repository compares commits") {
    TestRepository made("bare", true);
    const auto base = made.commit(entries({{"main.tf", shut_database}}), "first", 1000, {});
    made.commit(entries({{"main.tf", open_database}}), "second", 2000, {base});
    CHECK(lines(Run(made, {"scan", "--diff", base, "--format", "json", "--include-passed", "--rule", rule})) ==
          std::vector<std::string>{"new aws-rds-instance-encryption aws_db_instance.a main.tf"});
    const Run staged(made, {"scan", "--staged"});
    CHECK(staged.exit == 2);
    CHECK(staged.err ==
          "plumbline scan: --staged: this repository is bare, so nothing can be staged. `--diff REV` compares "
          "commits.\n");
}

TEST_CASE("an exception that the change adds is shown; one that it takes away makes the finding new") {
    TestRepository made("waived");
    const std::string waivers =
        "waivers:\n  - rule: aws-rds-instance-encryption\n    owner: ann\n    reason: a public site\n    created: "
        "2025-06-01\n    expires: "
        "2026-01-01\n";
    const Texts bare = {{"main.tf", open_database}};
    Texts waived = bare;
    waived[".plumbline/waivers.yaml"] = waivers;
    made.commit(entries(bare), "first", 1000, {});
    made.stage(entries(waived));
    const Run added(made, staged_json);
    CHECK(added.exit == 0);
    CHECK(lines(added) ==
          std::vector<std::string>{"unchanged aws-rds-instance-encryption aws_db_instance.a main.tf accepted"});
    const auto told = added.json()["added_exceptions"];
    REQUIRE(told.size() == 1);
    CHECK(told[0]["acceptance"]["owner"] == "ann");
    made.commit(entries(waived), "waived", 2000, {});
    made.stage(entries({{"main.tf", open_database}}));
    const Run removed(made, staged_json);
    CHECK(removed.exit == 1);
    CHECK(lines(removed) == std::vector<std::string>{"new aws-rds-instance-encryption aws_db_instance.a main.tf"});
}

TEST_CASE("what was broken before is not told again; what the change breaks is") {
    TestRepository made("broken");
    made.commit(entries({{"main.tf", "resource {\n"}, {"b.tf", shut_database}}), "first", 1000, {});
    made.stage(entries({{"main.tf", "resource {\n"}, {"b.tf", std::string(shut_database) + "# x\n"}}));
    const Run same(made, staged_json);
    CHECK(same.exit == 0);
    CHECK(same.err.empty());
    made.stage(entries({{"main.tf", "resource {\n"}, {"b.tf", "oops {{\n"}}));
    CHECK(Run(made, staged_json).exit == 2);
}

TEST_CASE("a call that cannot be compared says why and what to do") {
    TestRepository made("faults");
    const auto first = made.commit(entries({{"main.tf", shut_database}}), "first", 1000, {});
    made.commit(entries({{"other.tf", shut_database}}), "another root", 1000, {}, "alone");
    const auto error = [&](std::vector<std::string> arguments) {
        const Run run(made, std::move(arguments));
        CHECK(run.exit == 2);
        CHECK(run.out.empty());
        return run.err;
    };
    CHECK(error({"scan", "--diff", "nowhere"}) ==
          "plumbline scan: --diff: there is no revision \"nowhere\" here. Name a branch, a tag or a commit, such as "
          "origin/main; fetch it first.\n");
    CHECK(error({"scan", "--diff", "alone"}) ==
          "plumbline scan: --diff: HEAD and \"alone\" have no commit in common here. Name a revision that the branch "
          "started from.\n");
    std::ofstream(made.path() + "/.git/shallow") << first << "\n";
    CHECK(error({"scan", "--diff", "alone"}) ==
          "plumbline scan: --diff: HEAD and \"alone\" have no commit in common here. This clone is shallow: fetch its "
          "history (git fetch --unshallow).\n");
    CHECK(error({"scan", "--staged", "--diff", "main"}).find("give one") != std::string::npos);
    CHECK(error({"scan", "--staged", "--write-baseline", "b.json"}).find("--write-baseline") != std::string::npos);
    Program nowhere;
    nowhere.system.files["/repo/main.tf"] = "";
    CHECK(nowhere.run({"scan", "--staged"}) == 2);
    CHECK(nowhere.err.find("/repo is in no git repository") != std::string::npos);
}

TEST_CASE("a merge that is not resolved is refused by name") {
    TestRepository made("conflict");
    made.commit(entries({{"main.tf", shut_database}}), "first", 1000, {});
    made.stage(entries({{"main.tf", shut_database}}));
    git_index* index = nullptr;
    REQUIRE(git_repository_index(&index, made.raw()) == 0);
    git_oid blob;
    REQUIRE(git_blob_create_from_buffer(&blob, made.raw(), "x", 1) == 0);
    git_index_entry side{};
    side.path = "main.tf";
    side.id = blob;
    side.mode = GIT_FILEMODE_BLOB;
    REQUIRE(git_index_conflict_add(index, &side, &side, &side) == 0);
    REQUIRE(git_index_write(index) == 0);
    git_index_free(index);
    const Run run(made, {"scan", "--staged"});
    CHECK(run.exit == 2);
    CHECK(run.err ==
          "plumbline scan: --staged: the merge is not resolved in main.tf. What is going to be committed is not known "
          "yet: resolve it and `git add` the files.\n");
}

TEST_CASE("the index that git names to its hooks is the one that is judged") {
    TestRepository made("named-index");
    made.commit(entries({{"main.tf", shut_database}}), "first", 1000, {});
    made.stage(entries({{"main.tf", open_database}}));
    std::filesystem::copy_file(made.path() + "/.git/index", made.path() + "/.git/next-index");
    made.stage(entries({{"main.tf", shut_database}}));
    CHECK(Run(made, staged_json).exit == 0);
    CHECK(Run(made, staged_json, {{"GIT_INDEX_FILE", ".git/next-index"}}).exit == 1);
}

// ---- the property: what a comparison says is what two whole scans differ in

/// Trees of roots, modules, variable files, texts, templates and manifests that depend on each other.
class Histories {
  public:
    explicit Histories(unsigned seed) : random_(seed) {}

    Texts tree() {
        Texts files;
        for (int i = 0; i < 8; ++i) edit(files);
        return files;
    }
    void edit(Texts& files) {
        const std::string folder = pick({"live/a", "live/b", "modules/m", "modules/n", "modules/n/inner", "."});
        const std::string at = folder == "." ? "" : folder + "/";
        switch (random_() % 12) {
            case 0:
            case 1:
                files[at + pick({"main.tf", "more.tf"})] = terraform();
                break;
            case 2:
                files[at + "call.tf"] = call(folder);
                break;
            case 3:
                files[at + pick({"terraform.tfvars", "x.auto.tfvars"})] = "acl = " + acl() + "\n";
                break;
            case 4:
                files[at + pick({"acl.txt", "other.txt"})] = pick({"true", "false"});
                break;
            case 5:
                files[pick({"cfn/top.yaml", "cfn/nested.yaml"})] = cloudformation();
                break;
            case 6:
                files[pick({"k8s/one/pod.yaml", "k8s/two/pod.yaml"})] = manifest();
                break;
            case 7:
                files[pick({"k8s/one/account.yaml", "k8s/two/binding.yaml"})] = account();
                break;
            case 8:
                files[".github/workflows/ci.yml"] = workflow();
                break;
            case 9:
                files[pick({"package.json", "README.md", "Dockerfile"})] = pick({"{}", "text"});
                break;
            case 10:
                files[".github/dependabot.yml"] =
                    "version: 2\nupdates:\n  - package-ecosystem: " + pick({"npm", "github-actions"}) +
                    "\n    directory: /\n    schedule: {interval: weekly}\n";
                break;
            default:
                if (!files.empty()) files.erase(std::next(files.begin(), static_cast<int>(random_() % files.size())));
        }
    }

  private:
    std::string pick(std::vector<std::string> choices) { return choices[random_() % choices.size()]; }
    std::string acl() { return pick({"true", "false"}); }
    std::string terraform() {
        return "variable \"acl\" {\n  default = " + acl() + "\n}\nresource \"aws_db_instance\" \"" + pick({"a", "b"}) +
               "\" {\n  storage_encrypted = " +
               pick({"var.acl", acl(), "tobool(file(\"${path.module}/acl.txt\"))", "tobool(file(\"other.txt\"))",
                     "fileexists(\"acl.txt\")"}) +
               "\n}\n";
    }
    std::string call(const std::string& folder) {
        std::string up;
        for (const char c : folder == "." ? std::string() : folder + "/")
            if (c == '/') up += "../";
        const std::string target = pick({"modules/m", "modules/n", "modules/n/inner", "live/b"});
        return "module \"m\" {\n  source = \"" + (up.empty() ? "./" : up) + target + "\"\n  acl = " + acl() + "\n}\n";
    }
    std::string cloudformation() {
        return "Resources:\n  B:\n    Type: AWS::S3::Bucket\n    Properties:\n      AccessControl: " +
               pick({"Private", "PublicRead"}) + "\n" +
               pick(
                   {"",
                    "  N:\n    Type: AWS::CloudFormation::Stack\n    Properties:\n      TemplateURL: ./nested.yaml\n"});
    }
    std::string manifest() {
        return "apiVersion: v1\nkind: Pod\nmetadata: {name: " + pick({"p", "q"}) + ", namespace: " + pick({"x", "y"}) +
               "}\nspec:\n  serviceAccountName: s\n  containers:\n    - name: c\n      image: i:1\n      "
               "securityContext: {privileged: " +
               pick({"true", "false"}) + "}\n";
    }
    std::string account() {
        return "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: s, namespace: " + pick({"x", "y"}) +
               "}\nautomountServiceAccountToken: " + pick({"true", "false"}) +
               "\n---\napiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRoleBinding\nmetadata: {name: "
               "b}\nroleRef: "
               "{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}\nsubjects:\n  - {kind: "
               "ServiceAccount, name: s, namespace: " +
               pick({"x", "y"}) + "}\n";
    }
    std::string workflow() {
        return "on: " + pick({"push", "pull_request_target"}) +
               "\njobs:\n  j:\n    runs-on: ubuntu-latest\n    steps:\n      - uses: actions/checkout@" +
               pick({"v4", "main"}) + "\n";
    }
    std::mt19937 random_;
};

/// Failures of a whole scan that nobody accepted, and undecided verdicts, by fingerprint.
struct Verdicts {
    std::multiset<std::string> failures;
    std::set<std::string> undecided;
};

Verdicts whole_scan(const Texts& files) {
    Program program;
    program.system.files["/repo/.git/HEAD"] = "ref: refs/heads/main\n";
    for (const auto& [path, text] : files) program.system.files["/repo/" + path] = text;
    program.run({"scan", "--format", "json", "--include-passed"});
    REQUIRE(nlohmann::json::accept(program.out));
    Verdicts verdicts;
    const auto document = nlohmann::json::parse(program.out);
    for (const auto& finding : document["findings"]) {
        const std::string fingerprint = finding["fingerprint"];
        if (finding["verdict"] == "fail" && !finding.contains("accepted")) verdicts.failures.insert(fingerprint);
        if (finding["verdict"] == "undecided") verdicts.undecided.insert(fingerprint);
    }
    return verdicts;
}

std::multiset<std::string> minus(std::multiset<std::string> all, const std::multiset<std::string>& without) {
    for (const std::string& one : without)
        if (const auto found = all.find(one); found != all.end()) all.erase(found);
    return all;
}

TEST_CASE("what --staged and --diff report is the difference of two whole scans") {
    std::size_t told = 0;
    for (unsigned seed = 1; seed <= 25; ++seed) {
        Histories histories(seed);
        const Texts old_files = histories.tree();
        Texts new_files = old_files;
        for (unsigned i = 0; i <= seed % 3; ++i) histories.edit(new_files);
        CAPTURE(seed);
        const Verdicts before = whole_scan(old_files), after = whole_scan(new_files);
        std::multiset<std::string> fresh = minus(after.failures, before.failures);
        std::multiset<std::string> fixed = minus(before.failures, after.failures);
        std::erase_if(fixed, [&](const std::string& one) { return after.undecided.contains(one); });

        TestRepository made("property");
        made.commit(entries(old_files), "old", 1000, {});
        put(made, new_files);
        made.stage(entries(new_files));
        for (const std::vector<std::string>& mode :
             {std::vector<std::string>{"--staged"}, std::vector<std::string>{"--diff", "HEAD"}}) {
            std::vector<std::string> arguments = {"scan", "--format", "json", "--include-passed"};
            arguments.insert(arguments.end(), mode.begin(), mode.end());
            const auto document = Run(made, arguments).json();
            std::multiset<std::string> news, gone;
            for (const auto& finding : document["findings"]) {
                if (finding.value("baseline", "") == "new") news.insert(finding["fingerprint"].get<std::string>());
                if (finding.value("baseline", "") == "absent") gone.insert(finding["fingerprint"].get<std::string>());
            }
            CAPTURE(mode.front());
            // A file that moves keeps its findings; then old and new pairs are left out on both sides.
            const std::size_t moved = fresh.size() >= news.size() ? fresh.size() - news.size() : 0;
            CHECK(minus(news, fresh).empty());
            CHECK(minus(gone, fixed).empty());
            CHECK(fixed.size() - gone.size() == moved);
            told += news.size() + gone.size();
        }
    }
    CHECK(told > 100);
}

}  // namespace
}  // namespace plumbline
