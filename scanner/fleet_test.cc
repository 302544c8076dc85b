#include "scanner/fleet.h"

#include <doctest/doctest.h>

#include <unistd.h>

#include <filesystem>

#include "scanner/ledger.h"
#include "tests/cli_support.h"

namespace plumbline {
namespace {

TEST_CASE("a list of repositories: comments, branches, paths, and no credentials in names") {
    const auto entries = read_fleet(
        "# infrastructure\n"
        "https://bot:s3cret@git.example.org/team/a.git\n"
        "  ../b   release # the branch that is deployed\n"
        "git@git.example.org:team/c.git\n"
        "\n"
        "/srv/git/d.git # local\n"
        "/srv/git/d.git\n",
        "/teams/lists");
    REQUIRE(entries.size() == 4);
    CHECK(entries[0].name == "/srv/git/d.git");
    CHECK_FALSE(entries[0].remote);
    CHECK(entries[0].branch == "");
    CHECK(entries[1].name == "/teams/b#release");
    CHECK(entries[1].address == "/teams/b");
    CHECK(entries[1].branch == "release");
    CHECK(entries[2].name == "git@git.example.org:team/c.git");
    CHECK(entries[2].remote);
    CHECK(entries[3].name == "https://git.example.org/team/a.git");
    CHECK(entries[3].address == "https://bot:s3cret@git.example.org/team/a.git");
}

TEST_CASE("every repository is in exactly one shard, whatever the others are") {
    for (const char* name : {"a", "b", "https://git.example.org/team/a.git", ""}) {
        std::size_t times = 0;
        for (std::size_t i = 1; i <= 7; ++i) times += is_in_shard(name, {i, 7}) ? 1 : 0;
        CHECK(times == 1);
    }
    CHECK(parse_shard("3/8", "")->index == 3);
    CHECK(parse_shard("job/8", "0")->index == 1);
    CHECK(parse_shard("job/8", "7")->index == 8);
    for (const char* wrong : {"0/8", "9/8", "3", "/", "x/8", "3/0", "-1/8", "3/8x"}) {
        INFO(wrong);
        CHECK_FALSE(parse_shard(wrong, ""));
    }
    CHECK_FALSE(parse_shard("job/8", ""));
    CHECK_FALSE(parse_shard("job/8", "8"));
}

LedgerFinding finding(const std::string& name) {
    return {name,
            "aws-s3-versioning",
            "backup.versioning",
            "high",
            "aws_s3_bucket." + name,
            "main.tf",
            "message",
            "team",
            1,
            false};
}

TEST_CASE("a ledger tells since when a finding is there, and shows nothing of an unfinished run") {
    const std::string path =
        (std::filesystem::temp_directory_path() / ("plumbline-ledger-" + std::to_string(::getpid()) + ".db")).string();
    std::filesystem::remove(path);
    {
        Ledger ledger(path);
        const auto night = [&](const std::string& now, const std::vector<LedgerFinding>& findings) {
            const LedgerRun run = ledger.begin(now, "2026-01-01T00:00:00Z", "1", "1/1", "plan");
            RepositoryResult result;
            result.repository = "repo";
            result.key = now;
            result.findings = findings;
            result.controls["backup.versioning"].fail = findings.size();
            ledger.stage(run, result);
            CHECK(ledger.staged(run) == std::vector<std::string>{"repo"});
            return run;
        };
        const auto rows = [&] {
            return ledger.database().query(
                "SELECT fingerprint, first_seen, last_seen, resolved_at FROM plumbline_findings ORDER BY fingerprint, "
                "first_seen");
        };
        using Row = Database::Row;
        const LedgerRun first = night("2026-01-01T02:00:00Z", {finding("a"), finding("b")});
        CHECK(rows().empty());
        // Begun again with the same plan: the run goes on, with its own time.
        CHECK(ledger.begin("2026-01-01T05:00:00Z", "2026-01-01T00:00:00Z", "1", "1/1", "plan").id == first.id);
        CHECK(ledger.finish(first, "2026-01-01T06:00:00Z").open == 2);
        ledger.finish(night("2026-01-02T02:00:00Z", {finding("b")}), "2026-01-02T02:01:00Z");
        ledger.finish(night("2026-01-03T02:00:00Z", {finding("a"), finding("b")}), "2026-01-03T02:01:00Z");
        CHECK(rows() == std::vector<Row>{
                            Row{"a", "2026-01-01T02:00:00Z", "2026-01-01T02:00:00Z", "2026-01-02T02:00:00Z"},
                            Row{"a", "2026-01-03T02:00:00Z", std::nullopt, std::nullopt},
                            Row{"b", "2026-01-01T02:00:00Z", std::nullopt, std::nullopt},
                        });
        const auto controls = ledger.database().query(
            "SELECT day, failed FROM plumbline_controls WHERE control = 'backup.versioning' "
            "ORDER BY day");
        CHECK(controls == std::vector<Row>{Row{"2026-01-01", "2"}, Row{"2026-01-02", "1"}, Row{"2026-01-03", "2"}});

        // The trend of `scan --history`: a point a day, whether or not anything changed on it.
        const auto trend = trend_of(path, [](const std::string& name) { return name == "repo"; });
        REQUIRE(trend);
        std::vector<std::pair<std::string, std::size_t>> failures;
        for (const TrendPoint& point : *trend) failures.emplace_back(point.date, point.counts.fail);
        CHECK(failures == std::vector<std::pair<std::string, std::size_t>>{
                              {"2026-01-01", 2}, {"2026-01-02", 1}, {"2026-01-03", 2}});
        CHECK_FALSE(trend_of(path, [](const std::string&) { return false; }));

        // Another plan gives up what an earlier one left unfinished.
        const LedgerRun left = night("2026-01-04T02:00:00Z", {});
        CHECK(ledger.begin("2026-01-05T02:00:00Z", "2026-01-04T00:00:00Z", "1", "1/1", "other").id == left.id + 1);
        CHECK(ledger.staged(left).empty());
    }
    std::filesystem::remove(path);
}

TEST_CASE("merge keeps every run of every SARIF file as it was written") {
    Program program;
    program.system.files["/repo/a.sarif"] = "{\"version\": \"2.1.0\", \"runs\": [{\"tool\": 1}]}";
    program.system.files["/repo/b.sarif"] = "{\"version\": \"2.1.0\", \"runs\": [{\"tool\": 2}, {\"tool\": 3}]}";
    CHECK(program.run({"merge", "a.sarif", "b.sarif", "--output", "all.sarif"}) == 0);
    const std::string& all = program.system.files["/repo/all.sarif"];
    CHECK(all.find("{\"tool\": 1},\n{\"tool\": 2}, {\"tool\": 3}") != std::string::npos);
    program.system.files["/repo/c.sarif"] = "{\"version\": \"2.1.0\"}";
    CHECK(program.run({"merge", "a.sarif", "c.sarif"}) == 2);
    CHECK(program.err == "plumbline merge: \"c.sarif\": it is neither SARIF 2.1.0 nor a ledger\n");
    CHECK(program.out == "");
}

}  // namespace
}  // namespace plumbline
