#include "scanner/replay.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "parsers/git/test_repository.h"
#include "scanner/document.h"
#include "scanner/model/time.h"
#include "scanner/run.h"
#include "scanner/timeline.h"
#include "tests/cli_support.h"

namespace plumbline {
namespace {

using git::TestRepository;
using Files = TestRepository::Files;

constexpr std::int64_t day = 86400;
constexpr std::int64_t start = 20000 * day;  // 2024-10-04

Call call_at(std::int64_t time) {
    Call call;
    call.working_directory = "/elsewhere";
    call.now = rfc3339(time);
    call.cores = 2;
    return call;
}

/// A repository with its replay.
struct Replayed {
    TestRepository made;
    std::shared_ptr<git::Repository> repository;
    MemorySystem machine;
    Call call = call_at(start);
    std::unique_ptr<Replay> replay;

    explicit Replayed(const std::string& name, Options options = {}) : made("replay-" + name, true) {
        std::string error;
        repository = git::Repository::open(made.path(), error);
        REQUIRE_MESSAGE(repository, error);
        replay = std::make_unique<Replay>(call, machine, std::move(options), *repository, "/repo");
    }
    std::string commit(const Files& files, std::int64_t time, std::vector<std::string> parents = {}) {
        return made.commit(files, "change", time, parents);
    }
    void go_to(const std::string& commit, std::int64_t time) {
        std::string error;
        REQUIRE_MESSAGE(replay->go_to(commit, time, error), error);
    }
    /// What the replay says: `rule address file line verdict accepted`.
    std::vector<std::string> state() const {
        std::vector<std::string> lines;
        for (const OpenFinding* open : replay->findings()) {
            const Finding& f = open->finding;
            lines.push_back(f.rule + " " + f.resource + " " + f.file + ":" + std::to_string(open->line) + " " +
                            std::string(to_string(f.judgement.verdict)) + (f.accepted.empty() ? "" : " accepted"));
        }
        std::sort(lines.begin(), lines.end());
        return lines;
    }
    /// The same from `plumbline scan` on that commit.
    std::vector<std::string> scanned(const std::string& commit, std::int64_t time) {
        std::string error;
        std::shared_ptr<const FileSystem> tree = repository->tree(commit, error);
        REQUIRE_MESSAGE(tree, error);
        SnapshotSystem system(machine, "/repo", tree);
        Call scan = call_at(time);
        scan.working_directory = "/repo";
        scan.arguments = {"scan", ".", "--format", "json", "--include-passed"};
        std::ostringstream out, err;
        run(scan, system, out, err);
        std::vector<std::string> lines;
        if (out.str().empty()) return lines;  // a fault in the configuration
        const auto report = nlohmann::json::parse(out.str());
        for (const auto& f : report.at("findings")) {
            const std::string verdict = f.at("verdict");
            if (verdict != "fail" && verdict != "undecided") continue;
            lines.push_back(f.at("rule").get<std::string>() + " " + f.at("address").get<std::string>() + " " +
                            f.at("file").get<std::string>() + ":" +
                            std::to_string(f.at("place").at("line").get<int>()) + " " + verdict +
                            (f.contains("accepted") ? " accepted" : ""));
        }
        std::sort(lines.begin(), lines.end());
        return lines;
    }
};

const std::string open_bucket = "resource \"aws_s3_bucket\" \"b\" {\n  bucket = \"x\"\n  acl    = \"public-read\"\n}\n";

std::size_t failures(const Replayed& it, std::string_view rule) {
    const auto lines = it.state();
    return static_cast<std::size_t>(std::count_if(lines.begin(), lines.end(), [&](const std::string& line) {
        return line.starts_with(std::string(rule) + " ") && line.find(" fail") != std::string::npos;
    }));
}

TEST_CASE("a step judges only the roots that read what changed") {
    Replayed it("cost");
    Files files = {
        {"modules/bucket/main.tf", {"variable \"acl\" {}\nresource \"aws_s3_bucket\" \"b\" {\n  acl = var.acl\n}\n"}}};
    for (int i = 0; i < 20; ++i) {
        files["live/" + std::to_string(i) + "/main.tf"] = {
            "module \"b\" {\n  source = \"../../modules/bucket\"\n  acl    = \"private\"\n}\n"};
    }
    const auto first = it.commit(files, start);
    it.go_to(first, start);
    const auto all = it.replay->judged();
    CHECK(all == 20);
    files["live/3/main.tf"] = {"module \"b\" {\n  source = \"../../modules/bucket\"\n  acl    = \"public-read\"\n}\n"};
    const auto second = it.commit(files, start + 1, {first});
    it.go_to(second, start + 1);
    CHECK(it.replay->judged() == all + 1);
    CHECK_FALSE(it.replay->appeared().empty());
    for (const auto& [fingerprint, open] : it.replay->appeared())
        CHECK(open.finding.resource == "module.b.aws_s3_bucket.b");
    files["README.md"] = {"nothing that anyone reads"};
    const auto third = it.commit(files, start + 2, {second});
    it.go_to(third, start + 2);
    CHECK(it.replay->judged() == all + 1);
    files["modules/bucket/main.tf"].text += "\n";
    it.go_to(it.commit(files, start + 3, {third}), start + 3);
    CHECK(it.replay->judged() == all + 1 + 20);
}

TEST_CASE("a file that an expression reads, or looks for in vain, is what the verdict is made from") {
    Replayed it("reads");
    Files files = {{"main.tf",
                    {"resource \"aws_s3_bucket\" \"b\" {\n  acl = fileexists(\"acl.txt\") ? file(\"acl.txt\") : "
                     "\"private\"\n}\n"}}};
    const auto first = it.commit(files, start);
    it.go_to(first, start);
    const auto before = it.state();
    CHECK(before == it.scanned(first, start));
    files["acl.txt"] = {"public-read"};
    const auto second = it.commit(files, start + 1, {first});
    it.go_to(second, start + 1);
    CHECK(it.state() != before);
    CHECK(it.state() == it.scanned(second, start + 1));
}

TEST_CASE("waivers and comments count from the commit that brings them to the day they end") {
    Replayed it("waivers");
    Files files = {{"main.tf", {open_bucket}}};
    const auto first = it.commit(files, start);
    it.go_to(first, start);
    CHECK_FALSE(it.replay->next_end());
    const auto failing = failures(it, "aws-s3-acl-public-read");
    REQUIRE(failing == 1);
    files[".plumbline/waivers.yaml"] = {
        "waivers:\n  - rule: aws-s3-acl-public-read\n    resource: aws_s3_bucket.b\n    owner: ann\n    reason: a "
        "public "
        "site\n    created: 2024-10-04\n    expires: 2024-10-10\n"};
    const auto second = it.commit(files, start + day, {first});
    it.go_to(second, start + day);
    CHECK(it.state() == it.scanned(second, start + day));
    const auto accepted = [&] {
        return std::count_if(it.replay->touched().begin(), it.replay->touched().end(),
                             [](const auto& item) { return !item.second.finding.accepted.empty(); });
    };
    CHECK(accepted() == 1);
    REQUIRE(it.replay->next_end());
    CHECK(rfc3339(*it.replay->next_end()) == "2024-10-11T00:00:00Z");
    it.replay->wait_until(*it.replay->next_end());
    CHECK(it.replay->touched().size() == 1);
    CHECK(accepted() == 0);
    CHECK(it.state() == it.scanned(second, start + 7 * day));
}

TEST_CASE("settings and rules of the commit hold") {
    Replayed it("settings");
    Files files = {{"main.tf", {open_bucket}}};
    const auto first = it.commit(files, start);
    it.go_to(first, start);
    REQUIRE(failures(it, "aws-s3-acl-public-read") == 1);
    files[".plumbline/config.yaml"] = {"exclude_rules: [aws-s3-acl-public-read]\n"};
    const auto second = it.commit(files, start + 1, {first});
    it.go_to(second, start + 1);
    CHECK(failures(it, "aws-s3-acl-public-read") == 0);
    CHECK(it.state() == it.scanned(second, start + 1));
    files[".plumbline/config.yaml"] = {"no_such_key: 1\n"};
    const auto third = it.commit(files, start + 2, {second});
    it.go_to(third, start + 2);
    CHECK(it.state().empty());
    REQUIRE(it.replay->diagnostics().size() == 1);
    CHECK(it.replay->diagnostics()[0].first == third);
    files.erase(".plumbline/config.yaml");
    const auto fourth = it.commit(files, start + 3, {third});
    it.go_to(fourth, start + 3);
    CHECK(it.state() == it.scanned(fourth, start + 3));
    CHECK(failures(it, "aws-s3-acl-public-read") == 1);
}

TEST_CASE("a plan counts in place of the configuration beside it, as long as it is a plan of that") {
    Replayed it("plan");
    const auto configuration = [](const std::string& bucket) {
        return "variable \"acl\" {\n  default = \"private\"\n}\nresource \"aws_s3_bucket\" \"b\" {\n  bucket = \"" +
               bucket + "\"\n  acl    = var.acl\n}\n";
    };
    const auto plan = [](const std::string& bucket) {
        return R"({"format_version": "1.2", "terraform_version": "1.11.4",
"planned_values": {"root_module": {"resources": [
  {"address": "aws_s3_bucket.b", "mode": "managed", "type": "aws_s3_bucket", "name": "b",
   "values": {"bucket": ")" +
               bucket + R"(", "acl": "public-read"}}]}},
"configuration": {"root_module": {"resources": [
  {"address": "aws_s3_bucket.b", "mode": "managed", "type": "aws_s3_bucket", "name": "b",
   "expressions": {"bucket": {"constant_value": ")" +
               bucket + R"("}, "acl": {"references": ["var.acl"]}}}],
  "variables": {"acl": {"default": "private"}}}}}
)";
    };
    Files files = {{"live/main.tf", {configuration("one")}}};
    std::vector<std::string> parents;
    std::int64_t time = start;
    const auto open_after = [&] {
        const auto commit = it.commit(files, ++time, parents);
        parents = {commit};
        it.go_to(commit, time);
        const auto state = it.state();
        CHECK(state == it.scanned(commit, time));
        return state.size();
    };
    const auto alone = open_after();
    CHECK(failures(it, "aws-s3-acl-public-read") == 0);
    files["live/plan.json"] = {plan("one")};
    const auto planned = open_after();
    CHECK(planned == alone + 1);  // the same, and what is planned besides
    CHECK(failures(it, "aws-s3-acl-public-read") == 1);
    files["live/main.tf"] = {configuration("two")};
    CHECK(open_after() == alone + planned);  // an old plan hides nothing
    files["live/plan.json"] = {plan("two")};
    CHECK(open_after() == planned);
    files.erase("live/plan.json");
    CHECK(open_after() == alone);
}

/// A change of a random tree of modules, manifests, templates, workflows, links and settings.
void change(Files& files, std::mt19937& random) {
    const auto pick = [&](std::initializer_list<const char*> from) {
        return std::string(*(from.begin() + random() % from.size()));
    };
    const std::string unit = std::to_string(random() % 4);
    switch (random() % 14) {
        case 0:
            files["live/" + unit + "/main.tf"] = {"module \"b\" {\n  source = \"../../modules/" + pick({"a", "b"}) +
                                                  "\"\n  acl = \"" + pick({"private", "public-read"}) + "\"\n}\n"};
            break;
        case 1:
            files["modules/" + pick({"a", "b"}) + "/main.tf"] = {
                "variable \"acl\" {\n  default = " + pick({"null", "\"public-read\""}) +
                "\n}\nresource \"aws_s3_bucket\" \"b\" {\n  acl = " + pick({"var.acl", "file(\"acl.txt\")"}) + "\n}\n"};
            break;
        case 2:
            files["live/" + unit + "/acl.txt"] = {pick({"private", "public-read"})};
            break;
        case 3:
            files["k8s/" + pick({"app", "net"}) + "/pod.yaml"] = {
                "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n  namespace: " + pick({"one", "two"}) +
                "\nspec:\n  containers:\n    - name: c\n      image: " + pick({"nginx", "nginx:1.25"}) + "\n"};
            break;
        case 4:
            files["k8s/net/policy.yaml"] = {
                "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: "
                "d\n  namespace: " +
                pick({"one", "two"}) + "\nspec:\n  podSelector: {}\n"};
            break;
        case 5:
            files["cfn/main.yaml"] = {
                "Resources:\n  Child:\n    Type: AWS::CloudFormation::Stack\n    Properties:\n   "
                "   TemplateURL: ./" +
                pick({"a", "b"}) + ".yaml\n"};
            break;
        case 6:
            files["cfn/" + pick({"a", "b"}) + ".yaml"] = {
                "Resources:\n  B:\n    Type: AWS::S3::Bucket\n    Properties:\n      AccessControl: " +
                pick({"Private", "PublicRead"}) + "\n"};
            break;
        case 7:
            files[".github/workflows/ci.yml"] = {
                "on: push\njobs:\n  a:\n    runs-on: x\n    steps:\n      - uses: "
                "actions/checkout@" +
                pick({"v4", "main"}) + "\n"};
            break;
        case 8:
            if (!files.empty()) {
                auto gone = files.begin();
                std::advance(gone, static_cast<std::ptrdiff_t>(random() % files.size()));
                files.erase(gone);
            }
            break;
        case 9:
            files["live/" + unit + "/extra.tf"] = {pick({"../0/main.tf", "../../modules/a/main.tf", "gone.tf"}),
                                                   GIT_FILEMODE_LINK};
            break;
        case 10:
            files["live/" + unit + "/terraform.tfvars"] = {"acl = \"" + pick({"private", "public-read"}) + "\"\n"};
            break;
        case 11:
            files[".plumbline/waivers.yaml"] = {
                "waivers:\n  - rule: aws-s3-acl-public-read\n    path: live/" + unit +
                "/**\n    owner: o\n    reason: r\n    created: 2024-10-01\n    expires: 2024-10-" +
                pick({"05", "07", "20"}) + "\n"};
            break;
        case 12:
            files[".plumbline/config.yaml"] = {"exclude: [" + pick({"k8s", "'*.yml'", "nothing"}) + "]\n"};
            break;
        case 13:
            files["live/" + unit + "/broken.tf"] = {pick({"resource \"a\" {", "locals {}\n"})};
            break;
    }
}

TEST_CASE("replay at each commit equals a plain scan of that commit") {
    for (const unsigned seed : {1U, 2U}) {
        CAPTURE(seed);
        std::mt19937 random(seed);
        Replayed it("random-" + std::to_string(seed));
        Files files;
        std::vector<std::string> parents;
        std::int64_t time = start;
        std::size_t most = 0;
        for (int step = 0; step < 25; ++step) {
            CAPTURE(step);
            for (unsigned i = 0; i <= random() % 3; ++i) change(files, random);
            time += random() % day;
            const auto commit = it.commit(files, time, parents);
            parents = {commit};
            it.go_to(commit, time);
            const auto state = it.state();
            most = std::max(most, state.size());
            CHECK(state == it.scanned(commit, time));
        }
        CHECK(most > 5);
    }
}

AuditReport period(Replayed& it, const std::string& base,
                   const std::vector<std::pair<std::string, std::int64_t>>& changes, std::int64_t from,
                   std::int64_t to) {
    AuditReport report;
    report.base = base;
    report.from = from;
    report.to = to;
    for (const auto& [commit, time] : changes) {
        AuditChange change;
        change.commit = commit;
        change.time = time;
        change.author = {"Ann", "ann@example.org", ""};
        report.changes.push_back(std::move(change));
    }
    static const Catalogue catalogue = [] {
        MemorySystem none;
        SourceSet sources;
        Diagnostics diagnostics;
        return load_catalogue({}, true, none, sources, diagnostics);
    }();
    for (const Control& control : catalogue.controls->controls()) {
        ControlInfo info;
        info.id = control.id;
        report.judged.controls.push_back(info);
    }
    replay_period(*it.replay, *it.repository, report);
    return report;
}

const FindingHistory* history_of(const AuditReport& report, std::string_view rule) {
    for (const FindingHistory& finding : report.findings)
        if (finding.rule == rule) return &finding;
    return nullptr;
}

TEST_CASE("a finding's life: who brought it, who mended it, how long it took") {
    Replayed it("life");
    const std::string fine = "resource \"aws_sns_topic\" \"t\" {\n  kms_master_key_id = \"k\"\n}\n";
    const auto base = it.commit({{"main.tf", {fine}}}, start);
    const auto came = it.commit({{"main.tf", {fine}}, {"s3.tf", {open_bucket}}}, start + day, {base});
    const auto moved =
        it.commit({{"main.tf", {fine}}, {"storage.tf", {"\n\n" + open_bucket}}}, start + 2 * day, {came});
    const auto went = it.commit({{"main.tf", {fine}}}, start + 4 * day, {moved});
    const auto report = period(it, base, {{came, start + day}, {moved, start + 2 * day}, {went, start + 4 * day}},
                               start + 3600, start + 10 * day);
    const FindingHistory* finding = history_of(report, "aws-s3-acl-public-read");
    REQUIRE(finding);
    CHECK(finding->introduced.commit == came);
    CHECK(finding->introduced.author == "Ann <ann@example.org>");
    CHECK_FALSE(finding->before_period);
    CHECK(finding->file == "storage.tf");
    CHECK(finding->line == 5);
    CHECK(finding->moved_from == std::vector<std::string>{"s3.tf"});
    REQUIRE(finding->resolved);
    CHECK(finding->resolved->commit == went);
    CHECK(finding->age_seconds == 3 * day);
    REQUIRE(report.repairs.size() == 6);
    CHECK(report.repairs[0].mean_seconds == 3 * day);
    CHECK(report.repairs[0].median_seconds == 3 * day);
}

TEST_CASE("a renamed module or resource goes on with its findings") {
    Replayed it("moved");
    const std::string module = "resource \"aws_s3_bucket\" \"b\" {\n  count = 2\n  acl = \"public-read\"\n}\n";
    const auto with = [&](const std::string& folder, const std::string& name) {
        return Files{{folder + "/main.tf", {module}},
                     {"main.tf", {"module \"" + name + "\" {\n  source = \"./" + folder + "\"\n}\n"}}};
    };
    const auto one = it.commit(with("m", "old"), start);
    const auto two = it.commit(with("m", "new"), start + day, {one});
    const auto three = it.commit(with("modules/bucket", "new"), start + 2 * day, {two});
    const auto report = period(it, one, {{two, start + day}, {three, start + 2 * day}}, start + 3600, start + 3 * day);
    REQUIRE_FALSE(report.findings.empty());
    for (const FindingHistory& finding : report.findings) {
        INFO(finding.rule << " " << finding.address);
        CHECK(finding.before_period);
        CHECK_FALSE(finding.resolved);
        CHECK(finding.file == "modules/bucket/main.tf");
    }
}

TEST_CASE("a control's intervals cover the period, and an exception ends by the calendar") {
    Replayed it("intervals");
    const auto base = it.commit({{"main.tf", {open_bucket}}}, start);
    const auto waived =
        it.commit({{"main.tf", {open_bucket}},
                   {".plumbline/waivers.yaml",
                    {"waivers:\n  - rule: '*'\n    owner: ann\n    reason: a public site\n    created: 2024-10-04\n    "
                     "expires: 2024-10-10\n"}}},
                  start + day, {base});
    const auto report = period(it, base, {{waived, start + day}}, start + 3600, start + 20 * day);
    REQUIRE(report.replayed);
    for (const ControlHistory& history : *report.replayed) {
        INFO(history.id);
        REQUIRE_FALSE(history.intervals.empty());
        CHECK(history.intervals.front().from == start + 3600);
        CHECK(history.intervals.back().to == start + 20 * day);
        for (std::size_t i = 1; i < history.intervals.size(); ++i) {
            CHECK(history.intervals[i].from == history.intervals[i - 1].to);
            CHECK(history.intervals[i].verdict != history.intervals[i - 1].verdict);
        }
    }
    const FindingHistory* finding = history_of(report, "aws-s3-acl-public-read");
    REQUIRE(finding);
    REQUIRE(finding->accepted.size() == 1);
    CHECK(finding->accepted[0].from == start + day);
    CHECK(rfc3339(finding->accepted[0].to) == "2024-10-11T00:00:00Z");
    CHECK(finding->accepted[0].acceptance.owner == "ann");
    const auto failing = std::find_if(report.replayed->begin(), report.replayed->end(), [](const ControlHistory& item) {
        return item.intervals.size() == 3 && item.intervals[0].verdict == Verdict::fail;
    });
    REQUIRE(failing != report.replayed->end());
    CHECK(failing->intervals[1].commit == waived);
    CHECK(failing->intervals[1].verdict != Verdict::fail);
    CHECK(rfc3339(failing->intervals[2].from) == "2024-10-11T00:00:00Z");
    CHECK(failing->intervals[2].verdict == Verdict::fail);
}

}  // namespace
}  // namespace plumbline
