#include "scanner/change_history.h"

#include <doctest/doctest.h>

#include "parsers/git/test_repository.h"
#include "scanner/change_facts.h"

namespace plumbline {
namespace {

TEST_CASE("clocks that are wrong, early or late, neither move a commit nor its neighbours") {
    git::TestRepository made("clocks", true);
    // 100, 200, one from the future, 300, one without a battery, 300 again, 400.
    const std::int64_t times[] = {100, 200, 4'000'000'000, 300, 5, 300, 400};
    std::string tip;
    int number = 0;
    for (const std::int64_t time : times)
        tip = made.commit({{"f", {std::to_string(++number)}}}, "c" + std::to_string(number), time,
                          tip.empty() ? std::vector<std::string>{} : std::vector<std::string>{tip});
    std::string error;
    const auto repository = git::Repository::open(made.path(), error);
    REQUIRE(repository);
    Diagnostics diagnostics;
    const auto commits = first_parents(*repository, tip, diagnostics);
    REQUIRE(commits.size() == 7);
    const std::int64_t expected[] = {100, 200, 200, 300, 300, 300, 400};
    const bool wrong[] = {false, false, true, false, true, false, false};
    for (std::size_t i = 0; i < 7; ++i) {
        CAPTURE(i);
        CHECK(commits[i].time == expected[i]);
        CHECK(commits[i].committed == times[i]);
        CHECK(commits[i].clock_wrong == wrong[i]);
    }
    // The period takes what its corrected times put into it.
    const BranchChanges changes = read_changes(*repository, commits, 200, 301, AuditSettings(), 1, diagnostics);
    CHECK(changes.changes.size() == 5);
    CHECK(changes.base == commits[0].commit);
    CHECK(changes.tip == commits[5].commit);
    CHECK(diagnostics.empty());
}

TEST_CASE("persons are one by account, address or the configuration; a name tells where there is nothing else") {
    AuditSettings settings;
    const AuditPerson git_ann{"Ann", "ann@example.org", ""}, account_ann{"", "", "ann-dev"};
    CHECK_FALSE(same_person(git_ann, account_ann, settings));
    settings.identities = {{"ann", {"ann@example.org", "ann-dev"}}};
    CHECK(same_person(git_ann, account_ann, settings));
    CHECK(same_person({"A", "12+ann-dev@users.noreply.github.com", ""}, account_ann, settings));
    CHECK(same_person({"Bob", "BOB@example.org", ""}, {"Robert", "bob@example.org", ""}, settings));
    CHECK(same_person({"Bob", "bob@example.org", ""}, {"Bob", "", ""}, settings));
    CHECK(same_person({"Bob", "bob@example.org", ""}, {"Bob", "", "bobby"}, settings));
    CHECK_FALSE(same_person({"Bob", "bob@example.org", ""}, {"Bob", "other@example.org", ""}, settings));
    CHECK(is_bot({"", "", "renovate[bot]"}, settings));
    settings.bots = {"ci-*"};
    CHECK(is_bot({"CI-Deploy", "", ""}, settings));
    CHECK_FALSE(is_bot(git_ann, settings));
}

TEST_CASE("a person's last word counts, and a comment takes nothing back") {
    AuditChange change;
    change.contributors = {{"Ann", "ann@example.org", "ann"}};
    const auto say = [&](const std::string& who, AuditApproval::State state, std::int64_t time) {
        AuditApproval approval;
        approval.person.login = who;
        approval.state = state;
        approval.time = time;
        approval.exported = true;
        change.approvals.push_back(approval);
    };
    say("bob", AuditApproval::State::approved, 10);
    say("bob", AuditApproval::State::commented, 20);
    say("cid", AuditApproval::State::approved, 10);
    say("cid", AuditApproval::State::changes_requested, 20);
    say("ann", AuditApproval::State::approved, 10);
    say("late", AuditApproval::State::approved, 100);
    const AuditSettings settings;
    const auto names = [&](std::optional<std::int64_t> until, bool independent) {
        std::vector<std::string> all;
        for (const AuditApproval* approval : approvals_of(change, settings, until, independent))
            all.push_back(approval->person.login);
        return all;
    };
    CHECK(names(50, true) == std::vector<std::string>{"bob"});
    CHECK(names(50, false) == std::vector<std::string>{"bob", "ann"});
    CHECK(names(15, true) == std::vector<std::string>{"bob", "cid"});
    CHECK(names({}, true) == std::vector<std::string>{"bob", "late"});
}

}  // namespace
}  // namespace plumbline
