#include "scanner/difference.h"

#include <doctest/doctest.h>

#include "scanner/model/text.h"

// What a change did, from the verdicts of both sides.
namespace plumbline {
namespace {

Finding finding(const std::string& rule, const std::string& file, Verdict verdict = Verdict::fail,
                bool accepted = false) {
    Finding made;
    made.rule = rule;
    made.resource = "thing.a";
    made.file = file;
    made.root = file.find('/') == std::string::npos ? "" : file.substr(0, file.rfind('/'));
    made.fingerprint = rule + "@" + file;
    made.judgement.verdict = verdict;
    made.judgement.message = "m";
    if (accepted) made.accepted.push_back({"inSource", "why", "", "", "", "", "", "", {}});
    return made;
}

/// `rule@file verdict state`, in order.
std::string shown(const std::vector<Finding>& findings) {
    static constexpr const char* states[] = {"", " new", " unchanged", " updated", " gone"};
    std::vector<std::string> lines;
    for (const Finding& one : findings)
        lines.push_back(one.rule + "@" + one.file + " " + std::string(to_string(one.judgement.verdict)) +
                        states[static_cast<std::size_t>(one.baseline)] + (one.accepted.empty() ? "" : " accepted"));
    return join(lines, ", ");
}

TEST_CASE("failures that are new stay, those of before go, repaired ones come back as gone") {
    const Finding a = finding("a", "x.tf"), b = finding("b", "x.tf");
    CHECK(shown(difference({a}, {}, {})) == "a@x.tf fail new");
    CHECK(shown(difference({a}, {a}, {})) == "");
    CHECK(shown(difference({}, {a}, {})) == "a@x.tf pass gone");
    CHECK(shown(difference({b}, {a}, {})) == "b@x.tf fail new, a@x.tf pass gone");
    // Equal ones are counted.
    CHECK(shown(difference({a, a}, {a}, {})) == "a@x.tf fail new");
    CHECK(shown(difference({a}, {a, a}, {})) == "a@x.tf pass gone");
    CHECK(difference({}, {a}, {})[0].judgement.message == "no longer found");
}

TEST_CASE("acceptance: what the change accepts, and what it no longer does") {
    const Finding open = finding("a", "x.tf"), accepted = finding("a", "x.tf", Verdict::fail, true);
    CHECK(shown(difference({accepted}, {open}, {})) == "a@x.tf fail unchanged accepted");
    CHECK(shown(difference({open}, {accepted}, {})) == "a@x.tf fail new");
    CHECK(shown(difference({accepted}, {accepted}, {})) == "");
    CHECK(shown(difference({accepted}, {}, {})) == "a@x.tf fail new accepted");
    CHECK(shown(difference({}, {accepted}, {})) == "");  // nobody waits for its repair
    // Of two equal ones the equally accepted go together.
    CHECK(shown(difference({accepted, open}, {open, accepted}, {})) == "");
    CHECK(shown(difference({open, open}, {accepted, open}, {})) == "a@x.tf fail new");
}

TEST_CASE("other verdicts stay where there was another one") {
    const auto with = [](Verdict verdict) { return finding("a", "x.tf", verdict); };
    CHECK(shown(difference({with(Verdict::undecided)}, {with(Verdict::undecided)}, {})) == "");
    CHECK(shown(difference({with(Verdict::pass)}, {with(Verdict::pass)}, {})) == "");
    CHECK(shown(difference({with(Verdict::pass)}, {with(Verdict::undecided)}, {})) == "a@x.tf pass");
    CHECK(shown(difference({with(Verdict::pass)}, {with(Verdict::fail)}, {})) == "a@x.tf pass, a@x.tf pass gone");
    // What is not known to fail is not known to be repaired.
    CHECK(shown(difference({with(Verdict::undecided)}, {with(Verdict::fail)}, {})) == "a@x.tf undecided");
    CHECK(shown(difference({with(Verdict::fail)}, {with(Verdict::undecided)}, {})) == "a@x.tf fail new");
}

TEST_CASE("a finding in a file that was moved is the one of before") {
    const Finding old_place = finding("a", "old/x.tf"), new_place = finding("a", "new/x.tf");
    CHECK(shown(difference({new_place}, {old_place}, {})) == "a@new/x.tf fail new, a@old/x.tf pass gone");
    CHECK(shown(difference({new_place}, {old_place}, {{"old/x.tf", "new/x.tf"}})) == "");
    CHECK(shown(difference({new_place}, {old_place}, {{"old/x.tf", "elsewhere/x.tf"}})) ==
          "a@new/x.tf fail new, a@old/x.tf pass gone");
    // Another attribute or resource is another finding, wherever it lies.
    Finding other = new_place;
    other.judgement.attribute = "acl";
    CHECK(shown(difference({other}, {old_place}, {{"old/x.tf", "new/x.tf"}})) ==
          "a@new/x.tf fail new, a@old/x.tf pass gone");
    // An equal one goes before a moved one.
    CHECK(shown(difference({old_place, new_place}, {old_place}, {{"old/x.tf", "new/x.tf"}})) == "a@new/x.tf fail new");
}

TEST_CASE("diagnostics and gaps that were there before are left out, by file and text and not by line") {
    SourceSet sources;
    const SourceId before = sources.add("x.tf", "ab").id(), after = sources.add("x.tf", "\n\nab").id(),
                   other = sources.add("y.tf", "ab").id();
    Diagnostics old_side, new_side;
    old_side.error("code", "broken", "why", Span{before, 0, 1});
    new_side.error("code", "broken", "why", Span{after, 2, 3});
    new_side.error("code", "broken", "why", Span{after, 3, 4});  // a second one
    new_side.error("code", "broken", "why", Span{other, 0, 1});
    new_side.warning("code", "broken", "why", Span{after, 2, 3});
    new_side.error("code", "broken", "another reason", Span{after, 2, 3});
    const Diagnostics fresh = difference(new_side, old_side, sources);
    REQUIRE(fresh.size() == 4);
    CHECK(fresh.items()[0].subject.begin == 3);
    CHECK(fresh.items()[1].subject.source == other);
    CHECK(fresh.items()[2].level == Level::warning);
    CHECK(fresh.items()[3].detail == "another reason");

    const CoverageGap gap{"module-source", "module.a", "not here", Span{before, 0, 1}, ""};
    CoverageGap moved = gap, worse = gap;
    moved.span = Span{after, 2, 3};
    worse.reason = "gone";
    const std::vector<CoverageGap> left = difference({moved, worse}, {gap}, sources);
    REQUIRE(left.size() == 1);
    CHECK(left[0].reason == "gone");
}

}  // namespace
}  // namespace plumbline
