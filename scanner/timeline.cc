#include "scanner/timeline.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

namespace plumbline {
namespace {

/// `aws_s3_bucket.b` of `module.a["x.y"].aws_s3_bucket.b[0]`: what stays when a module is renamed or a count added.
std::string resource_name(std::string_view address, std::string_view type) {
    const std::size_t at = address.rfind(type);
    std::string name(at == std::string_view::npos ? address : address.substr(at));
    if (name.ends_with(']')) name.erase(name.rfind('['));
    return name;
}

class Timeline {
  public:
    Timeline(Replay& replay, const git::Repository& repository, AuditReport& report)
        : replay_(replay), repository_(repository), report_(report) {}

    void run() {
        for (const ControlInfo& control : report_.judged.controls)
            controls_[std::string(control.id)] = {std::string(control.id), {}};
        if (!report_.base.empty()) {
            std::string error;
            const auto commit = repository_.commit(report_.base, error);
            AuditMoment moment{report_.base, report_.from, {}, std::nullopt};
            if (commit) {
                moment.time = std::min(commit->committer.time, report_.from);
                moment.author = to_string(AuditPerson{commit->author.name, commit->author.email, {}});
            }
            go_to(moment, report_.from);
        }
        for (std::size_t i = 0; i < report_.changes.size(); ++i) {
            const AuditChange& change = report_.changes[i];
            go_to({change.commit, change.time, to_string(change.author), i}, change.time);
        }
        expire_until(report_.to);
        take_state_before(report_.to + 1);  // the period ends with that second
        finish();
    }

  private:
    void go_to(const AuditMoment& moment, std::int64_t time) {
        expire_until(time);
        take_state_before(time);
        std::string error;
        if (!replay_.go_to(moment.commit, time, error)) {
            report_.judged.diagnostics.push_back({Level::error,
                                                  "commit-unreadable",
                                                  "The tree of commit " + moment.commit + " cannot be read",
                                                  error + ". The guardrails are shown as they were before it.",
                                                  Span{},
                                                  {},
                                                  {}});
            return;
        }
        const std::string previous = std::exchange(now_.commit, moment.commit);
        now_ = moment;
        step(time, previous);
    }

    /// Stops at each moment at which an acceptance ends.
    void expire_until(std::int64_t time) {
        while (const auto end = replay_.next_end()) {
            if (*end >= time) return;
            take_state_before(*end);
            replay_.wait_until(*end);
            step(*end, now_.commit);
        }
    }

    void step(std::int64_t time, const std::string& previous) {
        follow_moves(previous);
        for (const auto& [fingerprint, open] : replay_.vanished()) {
            const auto life = living_.find(fingerprint);
            if (life == living_.end()) continue;
            FindingHistory& history = report_.findings[life->second];
            AuditMoment resolved = now_;
            resolved.time = time;
            history.resolved = std::move(resolved);
            if (!history.accepted.empty() && is_open(history.accepted.back())) history.accepted.back().to = time;
            living_.erase(life);
        }
        for (const auto& [fingerprint, open] : replay_.appeared()) {
            if (!living_.contains(fingerprint)) begin_life(open);
            update(fingerprint, open, time);
        }
        for (const auto& [fingerprint, open] : replay_.touched()) {
            if (!living_.contains(fingerprint)) begin_life(open);
            update(fingerprint, open, time);
        }
        note_controls(time);
    }

    static constexpr std::int64_t still_open = -1;
    static bool is_open(const AcceptedInterval& interval) { return interval.to == still_open; }

    void begin_life(const OpenFinding& open) {
        FindingHistory history;
        history.severity = open.finding.severity;
        history.rule = open.finding.rule;
        history.introduced = now_;
        history.before_period = !now_.change;
        living_[open.finding.fingerprint] = report_.findings.size();
        report_.findings.push_back(std::move(history));
    }

    /// What a finding says now.
    void update(const std::string& fingerprint, const OpenFinding& open, std::int64_t time) {
        FindingHistory& history = report_.findings[living_.at(fingerprint)];
        const Finding& finding = open.finding;
        if (!history.file.empty() && history.file != finding.file) history.moved_from.push_back(history.file);
        history.address = finding.resource;
        history.file = finding.file;
        history.root = finding.root;
        history.line = open.line;
        history.message = finding.judgement.message;
        history.fingerprint = fingerprint;
        AcceptedInterval* last = history.accepted.empty() ? nullptr : &history.accepted.back();
        const bool was = last && is_open(*last);
        if (finding.accepted.empty()) {
            if (was) last->to = time;
            return;
        }
        const Acceptance& acceptance = finding.accepted.front();
        if (was && std::tie(last->acceptance.justification, last->acceptance.owner, last->acceptance.expires) ==
                       std::tie(acceptance.justification, acceptance.owner, acceptance.expires))
            return;
        if (was) last->to = time;
        history.accepted.push_back({time, still_open, acceptance});
    }

    /// Renames and moves do not end a finding: what vanished and what appeared in one step are one when a rename of the
    /// file, a move to another file or root, a renamed module, or a renamed resource explains it.
    void follow_moves(const std::string& previous) {
        if (replay_.vanished().empty() || replay_.appeared().empty()) return;
        std::map<std::string, std::string> renamed;
        std::string error;
        if (const auto changes = repository_.changes(previous, now_.commit, true, error)) {
            for (const git::Change& change : *changes)
                if (change.kind == git::Change::Kind::renamed) renamed[change.old_path] = change.path;
        }
        const auto file_now = [&](const std::string& file) {
            const auto found = renamed.find(file);
            return found == renamed.end() ? file : found->second;
        };
        std::map<std::string, const OpenFinding*> gone, come;
        for (const auto& [fingerprint, open] : replay_.vanished())
            if (living_.contains(fingerprint)) gone[fingerprint] = &open;
        for (const auto& [fingerprint, open] : replay_.appeared()) come[fingerprint] = &open;
        const auto in_order = [](std::vector<std::string> fingerprints,
                                 const std::map<std::string, const OpenFinding*>& findings) {
            std::sort(fingerprints.begin(), fingerprints.end(), [&](const std::string& a, const std::string& b) {
                return std::tie(findings.at(a)->finding.resource, a) < std::tie(findings.at(b)->finding.resource, b);
            });
            return fingerprints;
        };
        using Key = std::vector<std::string>;
        const auto pair_by = [&](const auto& key_of) {
            std::map<Key, std::vector<std::string>> candidates;
            for (const auto& [fingerprint, open] : come)
                candidates[key_of(open->finding, open->finding.file)].push_back(fingerprint);
            std::map<Key, std::vector<std::string>> waiting;
            for (const auto& [fingerprint, open] : gone)
                waiting[key_of(open->finding, file_now(open->finding.file))].push_back(fingerprint);
            for (const auto& [key, old] : waiting) {
                const auto found = candidates.find(key);
                // Instances of one resource pair in the order of their addresses; where some are missing, nobody knows
                // which is which.
                if (found == candidates.end() || old.size() != found->second.size()) continue;
                const std::vector<std::string> from = in_order(old, gone), to = in_order(found->second, come);
                for (std::size_t i = 0; i < from.size(); ++i) {
                    living_[to[i]] = living_.at(from[i]);
                    living_.erase(from[i]);
                    gone.erase(from[i]);
                    come.erase(to[i]);
                }
            }
        };
        const auto attribute = [](const Finding& finding) { return finding.judgement.attribute; };
        pair_by([&](const Finding& f, const std::string& file) -> Key {
            return {f.rule, f.resource, attribute(f), file};
        });
        pair_by([&](const Finding& f, const std::string&) -> Key { return {f.rule, f.resource, attribute(f)}; });
        pair_by([&](const Finding& f, const std::string& file) -> Key {
            return {f.rule, resource_name(f.resource, f.type), attribute(f), file};
        });
        pair_by([&](const Finding& f, const std::string&) -> Key {
            return {f.rule, resource_name(f.resource, f.type), attribute(f), f.judgement.value};
        });
        pair_by([&](const Finding& f, const std::string& file) -> Key {
            return {f.rule, f.type, attribute(f), f.judgement.value, file};
        });
    }

    Verdict verdict_of(const VerdictCounts& counts) const {
        if (counts.fail > 0) return Verdict::fail;
        if (counts.undecided > 0) return Verdict::undecided;
        return counts.pass + counts.accepted > 0 ? Verdict::pass : Verdict::not_applicable;
    }

    /// The controls whose verdict the last step may have changed.
    std::set<std::string, std::less<>> recounted_controls() {
        std::set<std::string, std::less<>> changed;
        if (started_ != replay_.started()) {
            started_ = replay_.started();
            rules_of_.clear();
            if (const RuleSet* rules = replay_.rules())
                for (const RuleInfo& rule : rules->infos()) rules_of_[std::string(rule.control)].emplace_back(rule.id);
            for (const auto& [id, history] : controls_) changed.insert(id);
            return changed;
        }
        for (const std::string& id : replay_.recounted())
            if (const RuleInfo* rule = replay_.rules() ? replay_.rules()->find(id) : nullptr)
                changed.emplace(rule->control);
        return changed;
    }

    void note_controls(std::int64_t time) {
        for (const std::string& id : recounted_controls()) {
            const auto at = controls_.find(id);
            if (at == controls_.end()) continue;
            ControlHistory& history = at->second;
            VerdictCounts sum;
            for (const std::string& rule : rules_of_[id])
                if (const auto counts = replay_.verdicts().find(rule); counts != replay_.verdicts().end())
                    sum.add(counts->second);
            const Verdict verdict = verdict_of(sum);
            std::vector<ControlInterval>& intervals = history.intervals;
            if (intervals.empty() && time > report_.from) {
                // Before the branch's first commit there was nothing to judge.
                intervals.push_back({report_.from, time, Verdict::not_applicable, {}, {}});
            }
            if (!intervals.empty() && intervals.back().verdict == verdict) continue;
            if (!intervals.empty() && intervals.back().from == time) {
                // Several changes at one moment: the last counts.
                intervals.pop_back();
                if (!intervals.empty() && intervals.back().verdict == verdict) {
                    intervals.back().closed_by.clear();
                    continue;
                }
            }
            if (!intervals.empty()) {
                intervals.back().to = time;
                intervals.back().closed_by = now_.commit;
            }
            intervals.push_back({time, time, verdict, now_.commit, {}});
        }
    }

    /// The state on the date that was asked for, once the next step lies behind it.
    void take_state_before(std::int64_t time) {
        if (!report_.at || taken_ || report_.at->time >= time) return;
        taken_ = true;
        AuditState& state = *report_.at;
        state.commit = now_.commit;
        for (const ControlInfo& control : report_.judged.controls) {
            const std::vector<ControlInterval>& intervals = controls_.at(std::string(control.id)).intervals;
            state.controls.emplace_back(std::string(control.id),
                                        intervals.empty() ? Verdict::not_applicable : intervals.back().verdict);
        }
        for (const auto& [fingerprint, index] : living_) {
            const FindingHistory& history = report_.findings[index];
            if (history.accepted.empty() || !is_open(history.accepted.back())) state.open_findings.push_back(index);
        }
    }

    void finish() {
        report_.replayed.emplace();
        for (const ControlInfo& control : report_.judged.controls) {
            ControlHistory& history = controls_.at(std::string(control.id));
            for (ControlInterval& interval : history.intervals)
                if (interval.closed_by.empty() && &interval == &history.intervals.back()) interval.to = report_.to;
            report_.replayed->push_back(std::move(history));
        }
        for (FindingHistory& history : report_.findings) {
            for (AcceptedInterval& interval : history.accepted)
                if (is_open(interval)) interval.to = report_.to;
            history.age_seconds = (history.resolved ? history.resolved->time : report_.to) - history.introduced.time;
        }
        sort_findings();
        for (const auto& [commit, diagnostic] : replay_.diagnostics()) {
            Diagnostic shown = diagnostic;
            shown.detail += (shown.detail.empty() ? "" : " ") + ("First met at commit " + commit + ".");
            report_.judged.diagnostics.push_back(std::move(shown));
        }
        add_repairs(std::nullopt);
        for (const Severity severity :
             {Severity::critical, Severity::high, Severity::medium, Severity::low, Severity::info})
            add_repairs(severity);
    }

    void sort_findings() {
        std::vector<std::size_t> order(report_.findings.size());
        for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
        const auto key = [](const FindingHistory& f) {
            return std::tie(f.introduced.time, f.file, f.line, f.rule, f.address, f.fingerprint);
        };
        std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
            const auto left = key(report_.findings[a]), right = key(report_.findings[b]);
            return left != right ? left < right : a < b;
        });
        std::vector<FindingHistory> sorted;
        std::vector<std::size_t> place(order.size());
        for (const std::size_t old : order) {
            place[old] = sorted.size();
            sorted.push_back(std::move(report_.findings[old]));
        }
        report_.findings = std::move(sorted);
        if (!report_.at) return;
        for (std::size_t& index : report_.at->open_findings) index = place[index];
        std::sort(report_.at->open_findings.begin(), report_.at->open_findings.end());
    }

    void add_repairs(std::optional<Severity> severity) {
        RepairTimes times;
        times.severity = severity;
        std::vector<std::int64_t> took;
        for (const FindingHistory& finding : report_.findings) {
            if (severity && finding.severity != *severity) continue;
            if (!finding.resolved) {
                ++times.open;
                continue;
            }
            ++times.repaired;
            // When an older one came is not known, so neither is how long it took.
            if (!finding.before_period) took.push_back(finding.age_seconds);
        }
        times.measured = took.size();
        if (!took.empty()) {
            std::sort(took.begin(), took.end());
            std::int64_t sum = 0;
            for (const std::int64_t seconds : took) sum += seconds;
            times.mean_seconds = sum / static_cast<std::int64_t>(took.size());
            const std::size_t middle = took.size() / 2;
            times.median_seconds = took.size() % 2 == 1 ? took[middle] : (took[middle - 1] + took[middle]) / 2;
        }
        report_.repairs.push_back(times);
    }

    Replay& replay_;
    const git::Repository& repository_;
    AuditReport& report_;
    AuditMoment now_;
    std::map<std::string, ControlHistory, std::less<>> controls_;
    std::map<std::string, std::vector<std::string>, std::less<>> rules_of_;  ///< by control
    std::uint64_t started_ = 0;                                              ///< the replay's, at the last step
    std::map<std::string, std::size_t> living_;  ///< fingerprint -> index into the report's findings
    bool taken_ = false;
};

}  // namespace

void replay_period(Replay& replay, const git::Repository& repository, AuditReport& report) {
    Timeline(replay, repository, report).run();
}

}  // namespace plumbline
