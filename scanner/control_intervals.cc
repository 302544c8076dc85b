#include "scanner/control_intervals.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <unordered_map>

namespace plumbline {
namespace {

int badness(Verdict verdict) {
    switch (verdict) {
        case Verdict::fail:
            return 3;
        case Verdict::undecided:
            return 2;
        case Verdict::pass:
            return 1;
        case Verdict::not_applicable:
            break;
    }
    return 0;
}

Verdict worse(Verdict a, Verdict b) {
    return badness(a) >= badness(b) ? a : b;
}

/// Intervals as they grow: a verdict that goes on lengthens the last one.
class Growing {
  public:
    Growing(std::int64_t from, std::string commit) { history_.push_back({from, from, {}, std::move(commit), {}}); }

    void set(std::int64_t time, Verdict verdict, const std::string& commit) {
        ControlInterval& last = history_.back();
        if (!begun_) {
            begun_ = true;
            last.verdict = verdict;
            if (last.from < time) {
                last.verdict = Verdict::not_applicable;
                set(time, verdict, commit);
            } else if (!commit.empty()) {
                last.commit = commit;
            }
            return;
        }
        if (last.verdict == verdict) return;
        if (last.from == time) {  // several changes in one second: the last one counts
            last.verdict = verdict;
            last.commit = commit;
            return;
        }
        last.to = time;
        last.closed_by = commit;
        history_.push_back({time, time, verdict, commit, {}});
    }

    std::vector<ControlInterval> finish(std::int64_t to) {
        if (!begun_) history_.back().verdict = Verdict::not_applicable;
        history_.back().to = to;
        return std::move(history_);
    }

  private:
    std::vector<ControlInterval> history_;
    bool begun_ = false;
};

}  // namespace

std::vector<ControlHistory> change_controls(const AuditReport& report) {
    std::unordered_map<std::string_view, std::size_t> index;
    for (std::size_t i = 0; i < report.changes.size(); ++i) index.emplace(report.changes[i].commit, i);
    // Control -> change -> worst verdict, and what is said of the whole branch.
    std::map<std::string, std::map<std::size_t, Verdict>> by_change;
    std::map<std::string, Verdict> of_branch;
    for (const Finding& finding : report.judged.findings) {
        const RuleInfo* rule = report.judged.rule(finding.rule);
        const Verdict verdict = finding.judgement.verdict;
        if (!rule || verdict == Verdict::not_applicable) continue;
        const std::string control(rule->control);
        if (finding.type == "git_branch") {
            Verdict& whole = of_branch.emplace(control, Verdict::not_applicable).first->second;
            whole = worse(whole, verdict);
        }
        if (finding.type != "git_change") continue;
        const auto found = index.find(finding.resource);
        if (found == index.end()) continue;
        Verdict& worst = by_change[control].emplace(found->second, Verdict::not_applicable).first->second;
        worst = worse(worst, verdict);
    }
    for (const auto& [control, verdict] : of_branch) by_change[control];
    std::vector<ControlHistory> histories;
    for (const auto& [control, verdicts] : by_change) {
        const auto found = of_branch.find(control);
        // A forced push fails from its time on, not for the whole period.
        Verdict whole = found == of_branch.end() ? Verdict::not_applicable : found->second;
        if (whole == Verdict::fail) whole = report.pushes_unknown_because.empty() ? Verdict::pass : Verdict::undecided;
        Growing growing(report.from, report.base);
        if (whole != Verdict::not_applicable) growing.set(report.from, whole, report.base);
        auto forced = report.forced_pushes.begin();
        for (const auto& [change, verdict] : verdicts) {
            const AuditChange& at = report.changes[change];
            for (; found != of_branch.end() && forced != report.forced_pushes.end() && forced->time < at.time; ++forced)
                growing.set(forced->time, Verdict::fail, forced->new_commit);
            growing.set(at.time, worse(verdict, whole), at.commit);
        }
        for (; found != of_branch.end() && forced != report.forced_pushes.end(); ++forced)
            growing.set(forced->time, Verdict::fail, forced->new_commit);
        histories.push_back({control, growing.finish(report.to)});
    }
    return histories;
}

std::vector<ControlHistory> secret_controls(const AuditReport& report) {
    const HistorySecret* first = nullptr;
    if (report.secrets) {
        for (const HistorySecret& secret : *report.secrets)
            if (secret.reachable && !secret.accepted && secret.time <= report.to &&
                (!first || secret.time < first->time))
                first = &secret;
    }
    if (!first) return {};
    Growing growing(report.from, report.base);
    growing.set(std::max(report.from, first->time), Verdict::undecided, first->commit);
    return {{"secrets.no-plaintext", growing.finish(report.to)}};
}

Verdict verdict_at(const ControlHistory& history, std::int64_t time) {
    Verdict verdict = Verdict::not_applicable;
    for (const ControlInterval& interval : history.intervals) {
        if (interval.from > time) break;
        verdict = interval.verdict;
    }
    return verdict;
}

std::vector<ControlHistory> joined_controls(const AuditReport& report, const std::vector<ControlHistory>& a,
                                            const std::vector<ControlHistory>& b) {
    const auto find = [](const std::vector<ControlHistory>& all, std::string_view id) {
        const auto found = std::find_if(all.begin(), all.end(), [&](const auto& item) { return item.id == id; });
        return found == all.end() ? nullptr : &*found;
    };
    std::vector<ControlHistory> joined;
    for (const ControlInfo& control : report.judged.controls) {
        const ControlHistory* one = find(a, control.id);
        const ControlHistory* two = find(b, control.id);
        if (!one || !two) {
            if (one || two) joined.push_back(one ? *one : *two);
        } else {
            std::map<std::int64_t, std::string> times;  // boundaries, and the commits that made them
            for (const ControlHistory* side : {one, two})
                for (const ControlInterval& interval : side->intervals) times.emplace(interval.from, interval.commit);
            Growing growing(report.from, report.base);
            for (const auto& [time, commit] : times)
                growing.set(time, worse(verdict_at(*one, time), verdict_at(*two, time)), commit);
            joined.push_back({std::string(control.id), growing.finish(report.to)});
        }
        if (joined.empty() || joined.back().id != control.id) continue;
        const bool nothing = std::all_of(joined.back().intervals.begin(), joined.back().intervals.end(),
                                         [](const auto& item) { return item.verdict == Verdict::not_applicable; });
        if (nothing) joined.pop_back();
    }
    return joined;
}

}  // namespace plumbline
