#include "scanner/audit.h"

#include <doctest/doctest.h>

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/lsan_interface.h>
#endif

#include "parsers/git/test_repository.h"
#include "scanner/digest.h"
#include "scanner/model/audit_report.h"
#include "scanner/run.h"

namespace plumbline {
namespace {

using Json = nlohmann::json;
using git::TestRepository;

constexpr std::int64_t day = 86400;
constexpr std::int64_t march = 1740787200;  // 2025-03-01T00:00:00Z

const TestRepository::Who ann = {"Ann", "ann@example.org"}, bob = {"Bob", "bob@example.org"},
                          cid = {"Cid", "cid@example.org"}, hub = {"GitHub", "noreply@github.com"};

/// The program on the real machine, since a repository lies on disk.
struct AuditRun {
    int exit = 0;
    std::string out, err;
    Json json() const { return Json::parse(out); }
};

AuditRun run_program(std::vector<std::string> arguments) {
    DiskSystem system;
    Call call;
    call.working_directory = std::filesystem::temp_directory_path().string();
    call.now = "2025-06-15T12:00:00Z";
    call.cores = 2;
    call.arguments = std::move(arguments);
    std::ostringstream out, err;
    AuditRun result;
    result.exit = run(call, system, out, err);
    result.out = out.str();
    result.err = err.str();
    return result;
}

AuditRun run_audit_on(const std::string& repository, std::vector<std::string> more = {"--format", "json"}) {
    std::vector<std::string> arguments = {"audit", repository, "--from", "2025-03-01", "--to", "2025-03-31"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_program(std::move(arguments));
}

/// A file beside the repository, removed at the end.
class OutsideFile {
  public:
    OutsideFile(const std::string& name, const std::string& text)
        : path_((std::filesystem::temp_directory_path() / ("plumbline-audit-" + name)).string()) {
        std::ofstream(path_) << text;
    }
    ~OutsideFile() { std::filesystem::remove(path_); }
    const std::string& path() const { return path_; }

  private:
    std::string path_;
};

/// One month in which everything happens once. Names of changes are kept with their commits.
class Month {
  public:
    explicit Month(const std::string& name, bool bare = true) : repository(name, bare) {
        tip_ = repository.commit(files(), "Begin", march - 10 * day, {}, "main", ann);
        id["before"] = tip_;
        side_merge("merge", "Merge pull request #1 from octo/one\n\nOPS-1 Keep logs\n", ann, bob, 1);
        put("a.txt", "squashed");
        linear("squash", "Name the bucket (#2)\n\nFixes #7\n", ann, hub, 2);
        // A rebase: the branch is still there, with another parent.
        repository.commit(with(before_, "r.txt", "rebased"), "Rotate keys\n", march + 3 * day, {id["before"]}, "rotate",
                          ann);
        put("r.txt", "rebased");
        linear("rebase", "Rotate keys\n", ann, std::nullopt, 3);
        // A squash without any mark: both commits of the branch at once.
        const std::string one =
            repository.commit(with(before_, "s1.txt", "1"), "s1", march + 2 * day, {id["before"]}, "", bob);
        Files both = with(before_, "s1.txt", "1");
        both["s2.txt"] = {"2"};
        repository.commit(both, "s2", march + 2 * day + 1, {one}, "two", bob);
        put("s1.txt", "1");
        put("s2.txt", "2");
        linear("unmarked squash", "Two files\n", bob, std::nullopt, 4);
        put("d.txt", "direct");
        linear("direct", "Quick fix\n", cid, std::nullopt, 5);
        octopus();
        side_merge("gitlab", "Merge branch 'six' into 'main'\n\nSix\n\nSee merge request ops/infra!6\n", bob, cid, 7);
        side_merge("bitbucket", "Merged in seven (pull request #7)\n\nApproved-by: Ann <ann@example.org>\n", bob, bob,
                   8);
        put("az.txt", "azure");
        linear("azure", "Merged PR 8: Eight\n\nRelated work items: #80\n", bob, std::nullopt, 9);
        put("g.txt", "gerrit");
        linear("gerrit",
               "Nine\n\nChange-Id: I0123456789012345678901234567890123456789\n"
               "Reviewed-on: https://review.example.org/c/infra/+/9\nReviewed-by: Cid <cid@example.org>\n"
               "Tested-by: Bot <bot@example.org>\n",
               bob, std::nullopt, 10);
        put("a.txt", "old");
        linear("revert", "Revert \"Name the bucket (#2)\" (#10)\n\nThis reverts commit " + id["squash"] + ".\n", cid,
               hub, 11);
        put("h.txt", "hotfix");
        linear("hotfix", "hotfix: open the port\n", cid, std::nullopt, 12);
        linear("empty", "Nothing at all (#11)\n", ann, hub, 13);
        put("old.txt", "clock");
        tip_ = id["clock"] = repository.commit(files(), "A dead battery (#12)\n", 315532800, {tip_}, "main", ann);
        put("e1.txt", "1");
        linear("equal 1", "Equal times (#13)\n", ann, hub, 15);
        put("e2.txt", "2");
        linear("equal 2", "Equal times (#14)\n", bob, hub, 15);
        put(".github/workflows/deploy.yml", "on: push\njobs: {}\n");
        linear("pipeline", "Deploy (#15)\n", ann, hub, 16);
        put(".plumbline/waivers.yaml", "waivers: []\n");
        linear("waiver", "Waive (#16)\n", ann, hub, 17);
        tip_ = id["after"] =
            repository.commit(with(now_, "z.txt", "z"), "After", march + 40 * day, {tip_}, "main", ann);
    }

    TestRepository repository;
    std::map<std::string, std::string> id;

  private:
    using Files = TestRepository::Files;

    const Files& files() const { return now_; }
    static Files with(Files base, const std::string& path, const std::string& text) {
        base[path] = {text};
        return base;
    }
    void put(const std::string& path, const std::string& text) { now_[path] = {text}; }

    void linear(const std::string& name, const std::string& message, const TestRepository::Who& author,
                const std::optional<TestRepository::Who>& committer, int on) {
        tip_ = id[name] =
            repository.commit(files(), message, march + on * day, {tip_}, "main", author, committer.value_or(author));
    }
    /// A branch of one commit, merged.
    void side_merge(const std::string& name, const std::string& message, const TestRepository::Who& author,
                    const TestRepository::Who& merger, int on) {
        put(name + ".txt", name);
        const std::string side =
            repository.commit(files(), "Work of " + name, march + on * day - 3600, {tip_}, "", author);
        id[name + " side"] = side;
        tip_ = id[name] = repository.commit(files(), message, march + on * day, {tip_, side}, "main", merger);
    }
    void octopus() {
        std::vector<std::string> parents = {tip_};
        Files all = now_;
        for (const char* part : {"x", "y"}) {
            parents.push_back(repository.commit(with(now_, std::string(part) + ".txt", part), part,
                                                march + 6 * day - 60, {tip_}, "", bob));
            all[std::string(part) + ".txt"] = {part};
        }
        now_ = all;
        tip_ = id["octopus"] =
            repository.commit(files(), "Merge branches 'x' and 'y'\n", march + 6 * day, parents, "main", ann);
    }

    const Files before_ = {{"a.txt", {"old"}}, {"main.tf", {"resource \"aws_s3_bucket\" \"b\" {}\n"}}};
    Files now_ = before_;
    std::string tip_;
};

std::map<std::string, Json> by_commit(const Json& audit) {
    std::map<std::string, Json> found;
    for (const Json& change : audit["changes"]) found[change["commit"]] = change;
    return found;
}

/// The verdict of a rule on a commit; empty when it gave none.
std::string verdict(const Json& audit, const std::string& rule, const std::string& commit) {
    for (const Json& item : audit["verdicts"])
        if (item["rule"] == rule && item.value("commit", "") == commit) return item["verdict"];
    return "";
}

TEST_CASE("every way onto the branch is told apart, from the commits alone") {
    Month month("audit-kinds");
    const AuditRun audit = run_audit_on(month.repository.path());
    REQUIRE_MESSAGE(audit.exit == 1, audit.err);
    const Json json = audit.json();
    auto changes = by_commit(json);
    struct Expected {
        const char *name, *kind;
        Json pull_request;
    };
    const Expected expected[] = {
        {"merge", "merge", 1},         {"squash", "squash", 2},
        {"rebase", "rebase", nullptr}, {"unmarked squash", "squash", nullptr},
        {"direct", "direct", nullptr}, {"octopus", "merge", nullptr},
        {"gitlab", "merge", 6},        {"bitbucket", "merge", 7},
        {"azure", "squash", 8},        {"gerrit", "rebase", 9},
        {"revert", "squash", 10},      {"hotfix", "direct", nullptr},
        {"empty", "squash", 11},       {"clock", "squash", 12},
        {"equal 1", "squash", 13},     {"equal 2", "squash", 14},
        {"pipeline", "squash", 15},    {"waiver", "squash", 16},
    };
    CHECK(json["changes"].size() == std::size(expected));
    std::size_t at = 0;
    for (const Expected& item : expected) {
        CAPTURE(item.name);
        // In the order of the branch, whatever clocks say.
        CHECK(json["changes"][at++]["commit"] == month.id[item.name]);
        const Json& change = changes.at(month.id[item.name]);
        CHECK(change["kind"] == item.kind);
        CHECK(change["pull_request"] == item.pull_request);
        CHECK(change["signature"] == "absent");
    }
    CHECK(changes.at(month.id["octopus"])["octopus"] == true);
    CHECK(changes.at(month.id["octopus"])["commits"].size() == 3);
    CHECK(changes.at(month.id["empty"])["empty"] == true);
    CHECK(changes.at(month.id["revert"])["reverts"] == month.id["squash"]);
    CHECK(changes.at(month.id["squash"])["reverted_by"] == month.id["revert"]);
    CHECK(changes.at(month.id["hotfix"])["emergency"] == "the subject \"hotfix: open the port\"");
    CHECK(changes.at(month.id["pipeline"])["pipeline_files"] == Json{".github/workflows/deploy.yml"});
    CHECK(changes.at(month.id["waiver"])["waiver_files"] == Json{".plumbline/waivers.yaml"});
    CHECK(changes.at(month.id["merge"])["tickets"] == Json{"OPS-1"});
    CHECK(changes.at(month.id["squash"])["tickets"] == Json{"#7"});
    CHECK(changes.at(month.id["gerrit"])["reviewers"] == Json{"Cid <cid@example.org>"});
    CHECK(changes.at(month.id["merge"])["author"] == "Bob <bob@example.org>");
    CHECK(changes.at(month.id["merge"])["contributors"] == Json{"Bob <bob@example.org>", "Ann <ann@example.org>"});
    // The dead battery: dated by its neighbours, and said.
    const Json& clock = changes.at(month.id["clock"]);
    CHECK(clock["clock_wrong"] == true);
    CHECK(clock["committed"] == "1980-01-01T00:00:00Z");
    CHECK(clock["time"] == changes.at(month.id["empty"])["time"]);
}

TEST_CASE("every commit of the period belongs to one change") {
    Month month("audit-population");
    const Json json = run_audit_on(month.repository.path()).json();
    std::set<std::string> seen;
    for (const Json& change : json["changes"])
        for (const Json& commit : change["commits"]) CHECK(seen.insert(commit).second);
    CHECK(json["population"]["complete"] == true);
    CHECK(json["population"]["commits"] == seen.size());
    CHECK(seen.contains(month.id["merge side"]));
    CHECK_FALSE(seen.contains(month.id["before"]));
    CHECK_FALSE(seen.contains(month.id["after"]));
    CHECK(json["period"]["from"] == "2025-03-01T00:00:00Z");
    CHECK(json["period"]["to"] == "2025-03-31T23:59:59Z");
}

TEST_CASE("without an export nothing about reviews is proved, whatever trailers claim") {
    Month month("audit-unproven");
    const Json json = run_audit_on(month.repository.path()).json();
    for (const char* rule : {"git-change-peer-review", "git-change-pull-request", "git-change-checks"})
        for (const Json& item : json["verdicts"])
            if (item["rule"] == rule) CHECK(item["verdict"] != "pass");
    CHECK(verdict(json, "git-change-peer-review", month.id["gerrit"]) == "undecided");
    CHECK(verdict(json, "git-change-peer-review", month.id["merge"]) == "undecided");
    CHECK(verdict(json, "git-change-signature", month.id["merge"]) == "fail");
    CHECK(verdict(json, "git-change-ticket", month.id["merge"]) == "pass");
    CHECK(verdict(json, "git-change-ticket", month.id["direct"]) == "fail");
    CHECK(verdict(json, "git-change-emergency-review", month.id["hotfix"]) == "undecided");
    CHECK(verdict(json, "git-change-emergency-review", month.id["merge"]) == "not_applicable");
}

std::string pull(int number, const std::string& merge_commit, const std::string& rest) {
    return R"({"number":)" + std::to_string(number) + R"(,"title":"t","body":"","url":"https://github.com/o/r/pull/)" +
           std::to_string(number) + R"(","baseRefName":"main","headRefName":"b","headRefOid":"head)" +
           std::to_string(number) + R"(","author":{"login":"ann"},"mergedBy":{"login":"bob"},)" +
           R"("mergedAt":"2025-03-20T00:00:00Z","mergeCommit":{"oid":")" + merge_commit + "\"}," + rest + "}";
}

std::string review(const std::string& who, const std::string& state, const std::string& head) {
    return R"("reviews":[{"author":{"login":")" + who + R"("},"state":")" + state +
           R"(","submittedAt":"2025-03-01T00:00:00Z","commit":{"oid":")" + head + R"("}}])";
}

TEST_CASE("an export makes approvals, checks and pushes facts: every violation is found, and nothing else") {
    Month month("audit-forge");
    const std::string green = R"(,"statusCheckRollup":[{"name":"build","conclusion":"SUCCESS","status":"COMPLETED"}])";
    const std::string red = R"(,"statusCheckRollup":[{"name":"build","conclusion":"FAILURE","status":"COMPLETED"}])";
    std::string list = "[" + pull(1, month.id["merge"], review("carl", "APPROVED", "head1") + green) + "," +
                       pull(2, month.id["squash"], review("ann", "APPROVED", "head2") + green) + "," +
                       pull(10, month.id["revert"], review("carl", "APPROVED", "older") + green) + "," +
                       pull(11, month.id["empty"], R"("reviews":[])" + red) + "," +
                       pull(12, month.id["clock"], review("carl", "DISMISSED", "head12") + green) + "," +
                       pull(13, month.id["equal 1"], review("renovate[bot]", "APPROVED", "head13") + green) + "]";
    const OutsideFile forge("forge.json", list);
    const AuditRun audit = run_audit_on(month.repository.path(), {"--format", "json", "--forge", forge.path()});
    REQUIRE_MESSAGE(audit.exit == 1, audit.err);
    const Json json = audit.json();
    const auto of = [&](const char* rule, const char* name) { return verdict(json, rule, month.id[name]); };
    CHECK(of("git-change-peer-review", "merge") == "pass");
    CHECK(of("git-change-approval-of-newest", "merge") == "pass");
    CHECK(of("git-change-checks", "merge") == "pass");
    CHECK(of("git-change-pull-request", "merge") == "pass");
    CHECK(of("git-change-second-person", "merge") == "pass");
    // Ann approved her own.
    CHECK(of("git-change-peer-review", "squash") == "fail");
    CHECK(of("git-change-other-approver", "squash") == "fail");
    CHECK(by_commit(json).at(month.id["squash"])["self_approved"] == true);
    // Approved before the last push.
    CHECK(of("git-change-peer-review", "revert") == "pass");
    CHECK(of("git-change-approval-of-newest", "revert") == "fail");
    CHECK(of("git-change-peer-review", "empty") == "fail");
    CHECK(of("git-change-checks", "empty") == "fail");
    CHECK(of("git-change-peer-review", "clock") == "fail");    // dismissed
    CHECK(of("git-change-peer-review", "equal 1") == "fail");  // by a bot
    // Pull request 14 is named by the commit, and no export holds it.
    CHECK(of("git-change-peer-review", "equal 2") == "undecided");
    CHECK(of("git-change-pull-request", "equal 2") == "undecided");
    CHECK(of("git-change-pull-request", "direct") == "fail");
    CHECK(of("git-change-peer-review", "direct") == "fail");
    CHECK(of("git-change-emergency-review", "hotfix") == "fail");
    CHECK(by_commit(json).at(month.id["merge"])["reviewers"] == Json{"carl"});
}

TEST_CASE("a control's intervals follow its changes, from opening to closing commit") {
    Month month("audit-controls");
    const OutsideFile forge("controls.json", "[" + pull(1, month.id["merge"], review("carl", "APPROVED", "head1")) +
                                                 "," + pull(2, month.id["squash"], R"("reviews":[])") + "," +
                                                 pull(3, month.id["rebase"], review("carl", "APPROVED", "head3")) +
                                                 "]");
    const Json json = run_audit_on(month.repository.path(), {"--format", "json", "--forge", forge.path()}).json();
    Json review_control;
    for (const Json& control : json["controls"])
        if (control["id"] == "change.peer-review") review_control = control["intervals"];
    REQUIRE(review_control.size() >= 4);
    CHECK(review_control[0]["from"] == "2025-03-01T00:00:00Z");
    CHECK(review_control[0]["verdict"] == "not_applicable");
    CHECK(review_control[1]["verdict"] == "pass");
    CHECK(review_control[1]["commit"] == month.id["merge"]);
    CHECK(review_control[1]["closed_by"] == month.id["squash"]);
    CHECK(review_control[2]["verdict"] == "fail");
    CHECK(review_control[2]["from"] == "2025-03-03T00:00:00Z");
    CHECK(review_control[2]["to"] == "2025-03-04T00:00:00Z");
    for (std::size_t i = 1; i < review_control.size(); ++i)
        CHECK(review_control[i]["from"] == review_control[i - 1]["to"]);
    CHECK(review_control.back()["to"] == "2025-03-31T23:59:59Z");
}

TEST_CASE("the sample can be drawn again with sha256sum, and depends on the seed alone") {
    Month month("audit-sample");
    const auto sample = [&](const std::string& seed) {
        const Json json =
            run_audit_on(month.repository.path(), {"--format", "json", "--sample", "3", "--seed", seed}).json();
        std::vector<std::string> commits;
        for (const Json& item : json["sample"]) {
            commits.push_back(item["commit"]);
            CHECK(item["evidence"].size() >= 5);
        }
        return commits;
    };
    std::map<std::string, std::string> ranked;
    for (const auto& [name, commit] : month.id)
        if (name != "before" && name != "after" && !name.ends_with(" side")) ranked[sha256("q1:" + commit)] = commit;
    std::vector<std::string> expected;
    for (const auto& [hash, commit] : ranked)
        if (expected.size() < 3) expected.push_back(commit);
    CHECK(sample("q1") == expected);
    CHECK(sample("q1") != sample("q2"));
}

TEST_CASE("the same input gives the same bytes, with any number of threads, in every format") {
    Month month("audit-same");
    for (const char* format : {"json", "csv", "markdown", "html", "oscal"}) {
        CAPTURE(format);
        const std::string one = run_audit_on(month.repository.path(), {"--format", format, "--jobs", "1"}).out;
        CHECK(one.size() > 1000);
        CHECK(one == run_audit_on(month.repository.path(), {"--format", format, "--jobs", "4"}).out);
    }
}

TEST_CASE("an audit's evidence is a bundle that verify accepts") {
    Month month("audit-evidence");
    const std::string folder = (std::filesystem::temp_directory_path() / "plumbline-test-evidence").string();
    std::filesystem::remove_all(folder);
    const AuditRun audit = run_audit_on(month.repository.path(), {"--evidence", folder});
    CHECK(audit.out.empty());
    for (const char* name : {"audit.json", "population.csv", "audit.md", "audit.html", "assessment-results.json",
                             "plumbline-changes.json", "manifest.json"})
        CHECK_MESSAGE(std::filesystem::exists(folder + "/000001/" + name), name);
    DiskSystem system;
    Call call;
    call.working_directory = folder;
    call.now = "2025-06-15T12:00:00Z";
    call.arguments = {"verify", folder};
    std::ostringstream out, err;
    CHECK_MESSAGE(run(call, system, out, err) == 0, out.str() << err.str());
    std::ofstream(folder + "/000001/population.csv", std::ios::app) << "forged\n";
    CHECK(run(call, system, out, err) == 1);
    std::filesystem::remove_all(folder);
}

TEST_CASE("the population as CSV has a line a change and a column a rule") {
    Month month("audit-csv");
    const std::string csv = run_audit_on(month.repository.path(), {"--format", "csv"}).out;
    CHECK(std::count(csv.begin(), csv.end(), '\n') == 19);
    CHECK(csv.substr(0, csv.find('\n')).find(",git-change-peer-review,") != std::string::npos);
    CHECK(csv.find(month.id["direct"] + ",2025-03-06T00:00:00Z,Cid <cid@example.org>,Cid <cid@example.org>,direct,") !=
          std::string::npos);
}

TEST_CASE("thresholds, bots and merge methods come from the configuration of the branch") {
    Month month("audit-config");
    const OutsideFile config("config.yaml",
                             "audit:\n  merge_methods: [merge, squash]\n  trust_trailers: true\n"
                             "  trusted_bots: [cid@example.org]\n");
    const Json json = run_audit_on(month.repository.path(), {"--format", "json", "--config", config.path()}).json();
    // Gerrit writes the trailers, and Cid is no author of it, but a bot.
    CHECK(verdict(json, "git-change-peer-review", month.id["gerrit"]) == "fail");
    CHECK(verdict(json, "git-change-peer-review", month.id["bitbucket"]) == "pass");
    CHECK(verdict(json, "git-change-pull-request", month.id["direct"]) == "not_applicable");
    const OutsideFile wrong("wrong.yaml", "audit:\n  required_aprovals: 2\n  ticket_patterns: [\"(\"]\n");
    const AuditRun refused = run_audit_on(month.repository.path(), {"--config", wrong.path()});
    CHECK(refused.exit == 2);
    CHECK(refused.err.find("Did you mean \"required_approvals\"?") != std::string::npos);
    CHECK(refused.err.find("is no regular expression") != std::string::npos);
}

TEST_CASE("forced pushes: the reflog of a bare repository shows them, its silence proves nothing") {
    Month month("audit-forced");
    const Json before = run_audit_on(month.repository.path()).json();
    const auto branch = [](const Json& json) {
        for (const Json& item : json["verdicts"])
            if (item["rule"] == "git-branch-kept-history") return item["verdict"].get<std::string>();
        return std::string();
    };
    CHECK(branch(before) == "undecided");
    const OutsideFile activity(
        "activity.json",
        R"([{"id":1,"before":")" + month.id["direct"] + R"(","after":")" + month.id["octopus"] +
            R"(","ref":"refs/heads/main","timestamp":"2025-03-07T00:00:00Z","activity_type":"push","actor":{"login":"cid"}}])");
    const Json pushed = run_audit_on(month.repository.path(), {"--format", "json", "--forge", activity.path()}).json();
    CHECK(branch(pushed) == "pass");
    CHECK(verdict(pushed, "git-change-pull-request", month.id["octopus"]) == "fail");
    const OutsideFile forced(
        "forced.json",
        R"({"before":"1111111111111111111111111111111111111111","after":")" + month.id["octopus"] +
            R"(","ref":"refs/heads/main","timestamp":"2025-03-07T00:00:00Z","activity_type":"force_push","actor":{"login":"cid"}})");
    const Json lost = run_audit_on(month.repository.path(), {"--format", "json", "--forge", forced.path()}).json();
    CHECK(branch(lost) == "fail");
    CHECK(lost["forced_pushes"][0]["by"] == "cid");
    // In its own log, as a server keeps it.
    std::filesystem::create_directories(month.repository.path() + "/logs/refs/heads");
    std::ofstream(month.repository.path() + "/logs/refs/heads/main")
        << month.id["rebase"] << ' ' << month.id["squash"] << " Mallory <m@example.org> " << march + 4 * day
        << " +0000\tpush\n";
    const Json logged = run_audit_on(month.repository.path()).json();
    CHECK(branch(logged) == "fail");
    CHECK(logged["forced_pushes"][0]["source"] == "reflog");
    CHECK(logged["forced_pushes"][0]["by"] == "Mallory");
}

TEST_CASE("findings of the guardrails come and go with their changes") {
    TestRepository repository("audit-findings", true);
    const std::string open =
        "resource \"aws_security_group_rule\" \"r\" {\n  type        = \"ingress\"\n"
        "  from_port   = 22\n  to_port     = 22\n  protocol    = \"tcp\"\n"
        "  cidr_blocks = [\"0.0.0.0/0\"]\n}\n";
    const std::string first = repository.commit({{"a.txt", {"x"}}}, "Begin", march - day, {});
    const std::string bad =
        repository.commit({{"a.txt", {"x"}}, {"main.tf", {open}}}, "Open (#1)", march + day, {first}, "main", bob);
    const std::string good = repository.commit({{"a.txt", {"x"}}}, "Close (#2)", march + 5 * day, {bad}, "main", ann);
    const Json json = run_audit_on(repository.path()).json();
    CHECK(json["replayed"] == true);
    REQUIRE(json["findings"].size() >= 1);
    bool met = false;
    for (const Json& finding : json["findings"]) {
        CHECK(finding["introduced"]["commit"] == bad);
        CHECK(finding["introduced"]["author"] == "Bob <bob@example.org>");
        CHECK(finding["resolved"]["commit"] == good);
        CHECK(finding["age_days"] == 4);
        met = met || finding["severity"] == "critical" || finding["severity"] == "high";
    }
    CHECK(met);
    const Json state = run_audit_on(repository.path(), {"--format", "json", "--at", "2025-03-03"}).json()["state"];
    CHECK(state["commit"] == bad);
    CHECK(state["open_findings"].size() == json["findings"].size());
}

TEST_CASE("the whole JSON of a small audit is as it was judged") {
    TestRepository repository("audit-golden", true);
    const std::string first = repository.commit({{"a.txt", {"x"}}}, "Begin", march - day, {});
    const std::string side =
        repository.commit({{"a.txt", {"x"}}, {"b.txt", {"y"}}}, "Add b", march + day, {first}, "", bob);
    const std::string merge =
        repository.commit({{"a.txt", {"x"}}, {"b.txt", {"y"}}}, "Merge pull request #1 from octo/b\n\nOPS-1 Add b\n",
                          march + day + 60, {first, side}, "main", ann, hub);
    repository.commit({{"a.txt", {"z"}}, {"b.txt", {"y"}}}, "Quick fix\n", march + 2 * day, {merge}, "main", cid);
    std::string text = run_audit_on(repository.path()).out;
    for (std::size_t at; (at = text.find(repository.path())) != std::string::npos;)
        text.replace(at, repository.path().size(), "REPOSITORY");
    std::ifstream file("fixtures/git/audit.json", std::ios::binary);
    std::ostringstream golden;
    golden << file.rdbuf();
    INFO("git diff shows what changed after: PLUMBLINE_UPDATE=1 build/plumbline_tests --source-file='*audit_test.cc'");
    if (std::getenv("PLUMBLINE_UPDATE")) std::ofstream("fixtures/git/audit.json", std::ios::binary) << text;
    CHECK(text == golden.str());
}

TEST_CASE("what is wrong with a call, a period or a repository is said") {
    Month month("audit-errors");
    const auto error = [&](std::vector<std::string> arguments) {
        DiskSystem system;
        Call call;
        call.working_directory = std::filesystem::temp_directory_path().string();
        call.now = "2025-06-15T12:00:00Z";
        call.arguments = std::move(arguments);
        std::ostringstream out, err;
        CHECK(run(call, system, out, err) == 2);
        return err.str();
    };
    const std::string path = month.repository.path();
    CHECK(error({"audit", path, "--from", "2025-03-01"}) ==
          "plumbline audit: --from and --to are needed: the first and the last day of the period.\n");
    CHECK(error({"audit", path, "--from", "2025-03-02", "--to", "2025-03-01"}) ==
          "plumbline audit: --from 2025-03-02 lies after --to 2025-03-01.\n");
    CHECK(error({"audit", path, "--from", "March", "--to", "2025-03-01"}).find("--from: \"March\" is no date") !=
          std::string::npos);
    CHECK(error({"audit", path, "--from", "2025-03-01", "--to", "2025-03-02", "--branch", "mian"})
              .find("there is no branch \"mian\". Did you mean \"main\"?") != std::string::npos);
    CHECK(error({"audit", path, "--from", "2025-03-01", "--to", "2025-03-02", "--format", "jsn"})
              .find("Did you mean \"json\"?") != std::string::npos);
    CHECK(error({"audit", path + "/objects", "--from", "2025-03-01", "--to", "2025-03-02"})
              .find("is no git repository's top") != std::string::npos);
    // SHA-256 names.
    std::ofstream(path + "/config") << "[core]\n\trepositoryformatversion = 1\n\tbare = true\n[extensions]\n"
                                       "\tobjectformat = sha256\n";
    CHECK(error({"audit", path, "--from", "2025-03-01", "--to", "2025-03-02"}).find("SHA-256 object names") !=
          std::string::npos);
}

TEST_CASE("a shallow clone and a damaged object are said, and the rest goes on") {
    Month month("audit-shallow");
    std::ofstream(month.repository.path() + "/shallow") << month.id["rebase"] << "\n";
    const AuditRun shallow = run_audit_on(month.repository.path());
    const Json json = shallow.json();
    CHECK(json["shallow"] == true);
    CHECK(json["population"]["complete"] == false);
    CHECK(shallow.err.find("The clone is shallow") != std::string::npos);
    CHECK(json["changes"][0]["commit"] == month.id["rebase"]);
    CHECK(json["changes"][0]["cut_off"] == true);

#if defined(__SANITIZE_ADDRESS__)
    // git_merge_base leaks its queue when a parent is missing (libgit2 1.5); its frames are not in the stack that a
    // suppression could name.
    const __lsan::ScopedDisabler library_leak;
#endif
    Month damaged("audit-damaged");
    const std::string& side = damaged.id["gitlab side"];
    std::filesystem::remove(damaged.repository.path() + "/objects/" + side.substr(0, 2) + "/" + side.substr(2));
    const AuditRun rest = run_audit_on(damaged.repository.path());
    CHECK(rest.json()["changes"].size() == 18);
    CHECK(rest.json()["population"]["complete"] == false);
    CHECK(rest.err.find(side) != std::string::npos);
}

TEST_CASE("a linked work tree is audited as its repository is") {
    Month month("audit-worktree");
    const std::string path =
        (std::filesystem::temp_directory_path() / ("plumbline-audit-linked-" + std::to_string(::getpid()))).string();
    std::filesystem::remove_all(path);
    git_worktree* tree = nullptr;
    REQUIRE(git_worktree_add(&tree, month.repository.raw(), "linked", path.c_str(), nullptr) == 0);
    git_worktree_free(tree);
    Json linked = run_audit_on(path).json(), own = run_audit_on(month.repository.path()).json();
    std::filesystem::remove_all(path);
    CHECK(linked["changes"].size() == 18);
    // Only how it was called differs.
    for (Json* audit : {&linked, &own}) audit->erase("repository");
    CHECK(linked == own);
}

TEST_CASE("submodules and files in Git LFS are named, and the rest goes on") {
    TestRepository made("audit-parts", true);
    const TestRepository::Files files = {
        {".gitmodules", {"[submodule \"lib\"]\n\tpath = lib\n\turl = https://example.org/lib.git\n"}},
        {"lib", {"x", GIT_FILEMODE_COMMIT}},
        {"big.tf", {"version https://git-lfs.github.com/spec/v1\noid sha256:" + std::string(64, 'a') + "\nsize 9\n"}},
        {"main.tf", {"resource \"aws_s3_bucket\" \"b\" {}\n"}}};
    TestRepository::Files later = files;
    later["lib"] = {"y", GIT_FILEMODE_COMMIT};
    const auto first = made.commit(files, "Begin (#1)\n", march + day, {});
    const auto second = made.commit(later, "Newer library (#2)\n", march + 2 * day, {first});
    const AuditRun audit = run_audit_on(made.path());
    const Json json = audit.json();
    REQUIRE(json["changes"].size() == 2);
    CHECK(json["changes"][1]["commit"] == second);
    CHECK(json["changes"][1]["files"] == 1);
    CHECK(json["replayed"] == true);
    std::map<std::string, std::string> said;
    for (const Json& item : json["diagnostics"]) said[item["code"]] = item.value("file", "");
    CHECK(said.at("submodules") == ".gitmodules");
    CHECK(said.at("lfs-pointer") == "big.tf");
    // The bucket beside it is judged.
    const bool judged = std::any_of(json["findings"].begin(), json["findings"].end(),
                                    [](const Json& item) { return item["address"] == "aws_s3_bucket.b"; });
    CHECK(judged);
}

TEST_CASE("a comment that makes an exception is a change of exceptions, wherever the code has it") {
    TestRepository made("audit-comment", true);
    const std::string bucket = "resource \"aws_s3_bucket\" \"b\" {}\n";
    TestRepository::Files files = {{"main.tf", {bucket}}, {"README.md", {"x"}}};
    std::string tip = made.commit(files, "Begin (#1)\n", march + day, {});
    std::vector<std::string> names;
    const auto step = [&](const std::string& path, const std::string& text) {
        files[path] = {text};
        const auto number = static_cast<std::int64_t>(names.size()) + 2;
        tip = made.commit(files, "Step (#" + std::to_string(number) + ")\n", march + number * day, {tip});
        names.push_back(tip);
    };
    step("main.tf", "# plumbline:ignore aws-s3-versioning soon\n" + bucket);
    step("main.tf", "# plumbline:ignore aws-s3-versioning soon\n" + bucket + "# end\n");
    step("main.tf", "#checkov:skip=CKV_AWS_18:later\n# plumbline:ignore aws-s3-versioning soon\n" + bucket);
    step("README.md", "Write `plumbline:ignore RULE`, or `gitleaks:allow`.");
    step("tool.py", "text = 'plumbline:ignore aws-s3-versioning'\n");
    step("tool.py", "key = 1  # gitleaks:allow\n");
    step("main.tf", bucket);
    const Json json = run_audit_on(made.path()).json();
    auto changes = by_commit(json);
    const auto exceptions = [&](std::size_t i) { return changes.at(names[i])["waiver_files"]; };
    CHECK(exceptions(0) == Json{"main.tf"});
    CHECK(exceptions(2) == Json{"main.tf"});
    CHECK(exceptions(5) == Json{"tool.py"});
    // What was there before, documents, programs that speak of it, and an exception that ends are none.
    for (const std::size_t i : {1u, 3u, 4u, 6u}) {
        CAPTURE(i);
        CHECK(changes.at(names[i]).value("waiver_files", Json::array()).empty());
    }
}

TEST_CASE("--only secrets looks for credentials alone; what a waiver accepts does not count") {
    TestRepository made("audit-only", true);
    // In pieces, so that no scanner takes this file for a leak.
    const std::string key = std::string("AKIA") + "QW3RTYUIOPLKJHGF", other = std::string("AKIA") + "ZW3RTYUIOPLKJHGF";
    const auto first = made.commit({{"a.env", {"key: " + key + "\n"}}}, "Begin\n", march + day, {});
    const auto only = [&](const std::vector<std::string>& more) {
        std::vector<std::string> arguments = {"audit", made.path(), "--only", "secrets", "--format", "json"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return run_program(std::move(arguments));
    };
    const AuditRun open = only({});
    CHECK(open.exit == 1);
    const Json found = open.json();
    REQUIRE(found["secrets"].size() == 1);
    CHECK(found["secrets"][0]["commit"] == first);
    CHECK(found["changes"].empty());
    CHECK(found["replayed"] == false);
    CHECK(found["population"]["complete"] == false);
    CHECK(found["period"]["to"] == "2025-03-02T00:00:00Z");
    const std::string print = found["secrets"][0]["fingerprint"];

    const std::string waivers = "waivers:\n- control: secrets.no-plaintext\n  resource: history:" + print +
                                "\n  owner: ops\n  reason: rotated\n  created: 2025-03-03\n  expires: 2025-03-20\n";
    const TestRepository::Files waived = {{"a.env", {"key: " + key + "\n"}}, {".plumbline/waivers.yaml", {waivers}}};
    const auto second = made.commit(waived, "Waive\n", march + 3 * day, {first});
    const AuditRun accepted = only({});
    CHECK(accepted.exit == 0);
    CHECK(accepted.json()["secrets"][0]["accepted"] ==
          Json{{"by", "waiver"}, {"owner", "ops"}, {"reason", "rotated"}, {"expires", "2025-03-20"}});
    // In the whole audit the control is no longer in doubt for it while the waiver lasts to the period's end.
    CHECK(run_audit_on(made.path(), {"--format", "json", "--to", "2025-03-15"})
              .json()["secrets"][0]
              .contains("accepted"));
    TestRepository::Files more = waived;
    more["b.env"] = {"key: " + other + "\n"};
    made.commit(more, "Another\n", march + 4 * day, {second});
    CHECK(only({}).exit == 1);
    CHECK(only({"--fail-on", "never"}).exit == 0);
    // It has ended by then.
    made.commit(waived, "Later\n", march + 30 * day, {second});
    const AuditRun ended = only({});
    CHECK(ended.exit == 1);
    CHECK_FALSE(ended.json()["secrets"][0].contains("accepted"));
}

TEST_CASE("this project's own history can be audited") {
    if (!std::filesystem::exists(".git")) {
        MESSAGE("skipped: there is no .git here");
        return;
    }
    DiskSystem system;
    Call call;
    call.working_directory = std::filesystem::current_path().string();
    call.now = "2030-01-01T00:00:00Z";
    call.cores = 2;
    call.arguments = {"audit", ".",        "--from", "2020-01-01", "--to",  "2029-12-31", "--branch",
                      "HEAD",  "--format", "json",   "--fail-on",  "never", "--since",    "2029-12-31"};
    std::ostringstream out, err;
    run(call, system, out, err);
    const Json json = Json::parse(out.str());
    CHECK(json["changes"].size() > 10);
    CHECK(json["population"]["accounted"] == json["population"]["commits"]);
    CHECK(json["replayed"] == true);
}

}  // namespace
}  // namespace plumbline
