#include "scanner/change_facts.h"

#include <algorithm>
#include <array>

#include "rules/pattern.h"
#include "scanner/model/text.h"

namespace plumbline {
namespace {

using State = AuditLack::State;

std::string name_of(const AuditPerson& person) {
    if (!person.login.empty()) return person.login;
    return person.name.empty() ? person.email : person.name;
}

std::string names_of(const std::vector<const AuditApproval*>& approvals) {
    std::vector<std::string> names;
    for (const AuditApproval* approval : approvals) names.push_back(name_of(approval->person));
    return join(names, ", ");
}

bool wrote(const AuditPerson& person, const AuditChange& change, const AuditSettings& settings) {
    return std::any_of(change.contributors.begin(), change.contributors.end(),
                       [&](const AuditPerson& writer) { return same_person(person, writer, settings); });
}

bool is_green(std::string_view result) {
    // What a host lets pass: a skipped or neutral check does not block a merge.
    return result == "success" || result == "neutral" || result == "skipped" || result == "expected";
}

std::string short_id(std::string_view commit) {
    return std::string(commit.substr(0, 12));
}

/// What one change lacks; the others are looked at for reviews that came later.
class Judge {
  public:
    Judge(const AuditChange& change, const std::vector<AuditChange>& all, const AuditSettings& settings)
        : change_(change), all_(all), settings_(settings) {}

    std::vector<AuditLack> lacks() const {
        return {named("pull_request", pull_request()),
                named("review", review()),
                named("other_approver", other_approver()),
                named("approval_of_newest", approval_of_newest()),
                named("checks", checks()),
                named("second_person", second_person()),
                named("ticket", ticket()),
                named("signature", signature()),
                named("later_review", later_review())};
    }

  private:
    static AuditLack nothing() { return {}; }
    static AuditLack something(std::string text) { return {{}, State::something, std::move(text)}; }
    static AuditLack unknown(std::string why) { return {{}, State::unknown, std::move(why)}; }
    static AuditLack named(std::string_view demand, AuditLack lack) {
        lack.demand = demand;
        return lack;
    }

    bool reviews_known() const { return change_.reviews_exported || (settings_.trust_trailers && !claims().empty()); }
    /// Approvals in trailers.
    std::vector<const AuditApproval*> claims() const {
        std::vector<const AuditApproval*> found;
        for (const AuditApproval& approval : change_.approvals)
            if (!approval.exported) found.push_back(&approval);
        return found;
    }
    std::string pushed() const { return "it came past pull requests (" + change_.way_known_by + ")"; }

    /// Why nobody knows what a host would know, and what would tell. `what` in the plural: "reviews".
    std::string why_unknown(std::string_view what) const {
        std::string why;
        if (change_.exported)
            why = "the exports hold pull request " + change_.pull_request + " without its " + std::string(what);
        else if (!change_.pull_request.empty())
            why = "git holds no " + std::string(what) + "; an export that holds pull request " + change_.pull_request +
                  " would tell (--forge)";
        else
            why = "git holds no " + std::string(what) +
                  ", and nothing says whether a pull request brought this commit; an export would tell (--forge)";
        return why;
    }

    AuditLack pull_request() const {
        if (!change_.through_pull_request) {
            if (!change_.pull_request.empty())
                return unknown(change_.kind_reason + " names pull request " + change_.pull_request +
                               ", which anyone can write; an export that holds it would tell (--forge)");
            if (settings_.merge_methods.empty() || change_.kind != ChangeKind::direct)
                return unknown(change_.kind_reason +
                               ": a push, or a merge that left no mark; an export would tell (--forge)");
            const bool rebases = std::find(settings_.merge_methods.begin(), settings_.merge_methods.end(), "rebase") !=
                                 settings_.merge_methods.end();
            if (rebases)
                return unknown(change_.kind_reason +
                               ": a push, or a rebase, which leaves no mark; an export would tell (--forge)");
            return something("a pull request: " + change_.kind_reason + ", and this host merges by " +
                             join(settings_.merge_methods, " and ") + " only (audit.merge_methods)");
        }
        return *change_.through_pull_request ? nothing() : something("a pull request: " + change_.way_known_by);
    }

    AuditLack review() const {
        const auto others = approvals_of(change_, settings_, change_.merged, true);
        const auto needed = static_cast<std::size_t>(settings_.required_approvals);
        if (others.size() >= needed) return nothing();
        if (!reviews_known()) {
            if (change_.through_pull_request == false) return something("an approval: " + pushed());
            std::string why = why_unknown("reviews");
            if (const auto claimed = claims(); !claimed.empty())
                why += "; its trailers name " + names_of(claimed) + ", which anyone can write (audit.trust_trailers)";
            return unknown(why);
        }
        const auto own = approvals_of(change_, settings_, change_.merged, false);
        std::string text = needed == 1 ? std::string("an approval by someone else before the merge")
                                       : std::to_string(needed) + " approvals by others before the merge";
        if (own.empty())
            text += "; nobody approved";
        else if (others.empty())
            text += "; approved by " + names_of(own) + " alone, who wrote it";
        else
            text += "; approved by " + names_of(others) + " only";
        return something(text);
    }

    AuditLack other_approver() const {
        if (!reviews_known())
            return change_.through_pull_request == false ? nothing() : unknown(why_unknown("reviews"));
        const auto all = approvals_of(change_, settings_, change_.merged, false);
        if (all.empty() || !approvals_of(change_, settings_, change_.merged, true).empty()) return nothing();
        return something("an approver beside " + names_of(all) + ", who wrote it");
    }

    AuditLack approval_of_newest() const {
        if (!reviews_known())
            return change_.through_pull_request == false ? nothing() : unknown(why_unknown("reviews"));
        const auto others = approvals_of(change_, settings_, change_.merged, true);
        bool all_told = true;
        for (const AuditApproval* approval : others) {
            const bool by_commit = !approval->commit.empty() && !change_.head.empty();
            const bool by_time = approval->time && change_.last_push;
            if ((by_commit && approval->commit == change_.head) || (by_time && *approval->time >= *change_.last_push))
                return nothing();
            all_told = all_told && (by_commit || by_time);
        }
        if (others.empty()) return nothing();  // there is none at all, which `review` says
        if (!all_told)
            return unknown("the exports do not say which commit of pull request " + change_.pull_request +
                           " was approved, or when the last push was");
        std::string text = "an approval of the newest commit";
        if (!change_.head.empty()) text += " " + short_id(change_.head);
        text += "; " + names_of(others) + " approved before the last push";
        return something(text);
    }

    AuditLack checks() const {
        if (change_.through_pull_request == false) return something("checks before the merge: " + pushed());
        if (!change_.checks) return unknown(why_unknown("checks"));
        std::vector<std::string> bad;
        std::vector<bool> met(settings_.required_checks.size());
        std::size_t counted = 0;
        for (const AuditCheck& check : *change_.checks) {
            bool required = settings_.required_checks.empty();
            for (std::size_t i = 0; i < settings_.required_checks.size(); ++i) {
                if (!glob_match(settings_.required_checks[i], check.name)) continue;
                required = met[i] = true;
            }
            if (!required) continue;
            ++counted;
            if (!is_green(check.result))
                bad.push_back(check.name + " (" + check.result + ")");
            else if (check.completed && change_.merged && *check.completed > *change_.merged)
                bad.push_back(check.name + " (ended after the merge)");
        }
        for (std::size_t i = 0; i < met.size(); ++i)
            if (!met[i]) bad.push_back(settings_.required_checks[i] + " (did not run)");
        if (!bad.empty()) return something("passed checks before the merge: " + join(bad, ", "));
        return counted > 0 ? nothing() : something("any check before the merge");
    }

    AuditLack second_person() const {
        if (!approvals_of(change_, settings_, change_.merged, true).empty()) return nothing();
        const AuditPerson& merger = change_.merged_by;
        const bool merged_known = !(merger == AuditPerson{});
        if (change_.exported && merged_known && !is_bot(merger, settings_) && !wrote(merger, change_, settings_))
            return nothing();
        if (change_.through_pull_request == false) return something("a second person: " + pushed());
        if (!reviews_known()) return unknown(why_unknown("reviews"));
        if (!merged_known) return unknown("the exports do not say who merged pull request " + change_.pull_request);
        return something("a second person; " + name_of(merger) + " merged it, and nobody else approved");
    }

    AuditLack ticket() const {
        if (!change_.tickets.empty()) return nothing();
        if (change_.exported) return something("a ticket, in the message or in pull request " + change_.pull_request);
        if (!change_.pull_request.empty() && change_.through_pull_request != false)
            return unknown("the message names no ticket; the text of pull request " + change_.pull_request +
                           " may, and an export that holds it would tell (--forge)");
        return something("a ticket in the message");
    }

    AuditLack signature() const {
        constexpr std::string_view keys = "--allowed-signers, --keyring or an export of the commits would tell";
        switch (change_.signature) {
            case SignatureState::absent:
                return something("a signature");
            case SignatureState::bad:
                return something("a good signature: " + change_.signer);
            case SignatureState::unknown_key:
                return unknown("the key of its signature is not among those given: " + change_.signer);
            case SignatureState::present:
                return unknown("nobody has checked its signature; " + std::string(keys));
            case SignatureState::good:
                break;
        }
        if (!change_.unsigned_commits.empty())
            return something("good signatures of " + std::to_string(change_.unsigned_commits.size()) +
                             " of the commits it brought: " + short_id(change_.unsigned_commits.front()) +
                             (change_.unsigned_commits.size() > 1 ? ", ..." : ""));
        if (!change_.unchecked_commits.empty())
            return unknown("nobody has checked the signature of " + short_id(change_.unchecked_commits.front()) +
                           ", which it brought; " + std::string(keys));
        return nothing();
    }

    AuditLack later_review() const {
        if (change_.emergency.empty()) return nothing();
        const std::int64_t merged = change_.merged.value_or(change_.time);
        const std::int64_t until = merged + settings_.emergency_review_hours * 3600;
        if (!approvals_of(change_, settings_, until, true).empty()) return nothing();
        const std::string demand =
            "a review by someone else within " + std::to_string(settings_.emergency_review_hours) + " hours after it";
        for (const AuditChange& later : all_) {
            const bool names =
                std::any_of(later.reviews_later.begin(), later.reviews_later.end(), [&](const std::string& id) {
                    return id.size() >= 7 && std::string_view(change_.commit).starts_with(id);
                });
            if (!names || later.time > until || same_person(later.author, change_.author, settings_)) continue;
            if (settings_.trust_trailers || !approvals_of(later, settings_, later.merged, true).empty())
                return nothing();
            return unknown("commit " + short_id(later.commit) +
                           " says that it was reviewed, which anyone can write; an export with that one's reviews "
                           "would tell (--forge)");
        }
        if (reviews_known() || change_.through_pull_request == false) return something(demand);
        return unknown(why_unknown("reviews"));
    }

    const AuditChange& change_;
    const std::vector<AuditChange>& all_;
    const AuditSettings& settings_;
};

void read_description(AuditChange& change, const std::vector<Pattern>& tickets,
                      const std::vector<Pattern>& emergencies) {
    const std::string text = change.description + "\n" + change.source_branch;
    for (const Pattern& pattern : tickets) {
        if (!change.tickets.empty() || change.description.empty()) break;
        change.tickets = pattern.find_all(text, 1);
    }
    for (const Pattern& pattern : emergencies) {
        if (!change.emergency.empty()) break;
        for (const std::string& label : change.labels)
            if (pattern.matches(label)) change.emergency = "the label " + quoted(label);
        if (pattern.matches(change.source_branch)) change.emergency = "the branch " + quoted(change.source_branch);
    }
}

}  // namespace

std::vector<const AuditApproval*> approvals_of(const AuditChange& change, const AuditSettings& settings,
                                               std::optional<std::int64_t> until, bool independent) {
    std::vector<const AuditApproval*> last;
    for (const AuditApproval& approval : change.approvals) {
        if (!approval.exported && !settings.trust_trailers) continue;
        // A comment takes no approval back.
        if (approval.state == AuditApproval::State::commented) continue;
        if (until && approval.time && *approval.time > *until) continue;
        if (is_bot(approval.person, settings)) continue;
        const auto same = std::find_if(last.begin(), last.end(), [&](const AuditApproval* other) {
            return same_person(other->person, approval.person, settings);
        });
        if (same == last.end())
            last.push_back(&approval);
        else if (!approval.time || !(*same)->time || *approval.time >= *(*same)->time)
            *same = &approval;
    }
    std::erase_if(last, [&](const AuditApproval* approval) {
        return approval->state != AuditApproval::State::approved ||
               (independent && wrote(approval->person, change, settings));
    });
    return last;
}

void find_lacks(std::vector<AuditChange>& changes, const AuditSettings& settings) {
    std::vector<Pattern> tickets, emergencies;
    for (const std::string& text : settings.ticket_patterns) tickets.emplace_back(text, false);
    for (const std::string& text : settings.emergency_patterns) emergencies.emplace_back(text, false);
    for (AuditChange& change : changes) read_description(change, tickets, emergencies);
    AuditSettings trusting = settings;
    trusting.trust_trailers = true;
    for (AuditChange& change : changes) {
        change.lacks = Judge(change, changes, settings).lacks();
        const auto all = approvals_of(change, trusting, change.merged, false);
        for (const AuditApproval* approval : all) change.reviewers.push_back(approval->person);
        if (!all.empty() || change.reviews_exported)
            change.self_approved = !all.empty() && approvals_of(change, trusting, change.merged, true).empty();
    }
}

}  // namespace plumbline
