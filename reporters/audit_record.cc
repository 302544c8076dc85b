#include "reporters/audit_record.h"

#include <algorithm>

namespace plumbline {
namespace {

void write_unknown(JsonWriter& json, std::string_view key, std::string_view why) {
    json.object(key, [&] {
        json.flag("__unknown__", true);
        json.text("why", why);
    });
}

void write_people(JsonWriter& json, std::string_view key, const std::vector<AuditPerson>& people) {
    json.array(key, [&] {
        for (const AuditPerson& person : people) json.text(to_string(person));
    });
}

void write_number(JsonWriter& json, std::string_view key, const std::string& number) {
    if (number.empty())
        json.null(key);
    else if (std::all_of(number.begin(), number.end(), [](char c) { return c >= '0' && c <= '9'; }) &&
             number.size() < 16 && number.front() != '0')
        json.raw(key, number);
    else
        json.text(key, number);  // Phabricator's D12
}

void write_optional(JsonWriter& json, std::string_view key, const std::optional<std::int64_t>& time) {
    if (time) json.text(key, rfc3339(*time));
}

void write_approvals(JsonWriter& json, const AuditChange& change) {
    json.array("approvals", [&] {
        for (const AuditApproval& approval : change.approvals) {
            json.object([&] {
                json.text("by", to_string(approval.person));
                json.text_if("account", approval.person.login);
                json.text("state", to_string(approval.state));
                write_optional(json, "time", approval.time);
                json.text_if("commit", approval.commit);
                json.text("source", approval.exported ? "export" : "trailer");
            });
        }
    });
}

void write_marks(JsonWriter& json, const AuditChange& change) {
    const auto flag = [&](std::string_view key, bool value) {
        if (value) json.flag(key, true);
    };
    flag("first", change.parents.empty() && !change.cut_off);
    flag("empty", change.empty);
    flag("octopus", change.octopus);
    flag("bot", change.bot);
    flag("trusted_bot", change.trusted_bot);
    flag("cut_off", change.cut_off);
    json.text_if("emergency", change.emergency);
    json.text_if("reverts", change.reverts);
    json.text_if("reverted_by", change.reverted_by);
}

void write_export(JsonWriter& json, const AuditChange& change) {
    json.flag("exported", change.exported);
    json.text_if("url", change.url);
    json.text_if("opened_by", to_string(change.opened_by));
    json.text_if("merged_by", to_string(change.merged_by));
    write_optional(json, "merged", change.merged);
    write_optional(json, "last_push", change.last_push);
    json.text_if("head", change.head);
    json.text_if("source_branch", change.source_branch);
    json.texts_if("labels", change.labels);
    if (!change.checks) return;
    json.array("checks", [&] {
        for (const AuditCheck& check : *change.checks) {
            json.object([&] {
                json.text("name", check.name);
                json.text("result", check.result);
                write_optional(json, "completed", check.completed);
            });
        }
    });
}

void write_lacks(JsonWriter& json, const AuditChange& change) {
    json.object("lacks", [&] {
        for (const AuditLack& lack : change.lacks) {
            if (lack.state == AuditLack::State::unknown)
                write_unknown(json, lack.demand, lack.text);
            else
                json.text(lack.demand, lack.text);
        }
    });
}

/// What a forced push leaves missing, for people.
std::string forced_text(const std::vector<ForcedPush>& pushes) {
    const ForcedPush& first = pushes.front();
    std::string text = "commits that a forced push dropped on " + rfc3339(first.time).substr(0, 10);
    if (!first.by.empty()) text += " by " + first.by;
    text += " (" + first.source + ")";
    if (pushes.size() > 1) text += ", and " + std::to_string(pushes.size() - 1) + " more";
    return text;
}

}  // namespace

void write_change_record(JsonWriter& json, const AuditChange& change) {
    json.text("commit", change.commit);
    json.text("time", rfc3339(change.time));
    json.text("author", to_string(change.author));
    json.text("committer", to_string(change.committer));
    json.text("kind", to_string(change.kind));
    write_number(json, "pull_request", change.pull_request);
    write_people(json, "reviewers", change.reviewers);
    if (change.self_approved)
        json.flag("self_approved", *change.self_approved);
    else
        json.null("self_approved");
    json.text("signature", to_string(change.signature));
    json.text("subject", change.subject);
    json.text("kind_reason", change.kind_reason);
    json.text_if("host", change.host);
    json.text_if("change_id", change.change_id);
    json.texts("parents", change.parents);
    json.texts("commits", change.commits);
    if (change.clock_wrong) json.flag("clock_wrong", true);
    json.text("committed", rfc3339(change.committed));
    json.text("authored", rfc3339(change.authored));
    if (!change.co_authors.empty()) write_people(json, "co_authors", change.co_authors);
    write_people(json, "contributors", change.contributors);
    write_marks(json, change);
    json.texts("tickets", change.tickets);
    json.number("files", change.files);
    json.texts_if("pipeline_files", change.pipeline_files);
    json.texts_if("waiver_files", change.waiver_files);
    json.text_if("signer", change.signer);
    json.texts_if("unsigned_commits", change.unsigned_commits);
    json.texts_if("unchecked_commits", change.unchecked_commits);
    if (change.through_pull_request)
        json.flag("through_pull_request", *change.through_pull_request);
    else
        json.null("through_pull_request");
    json.text_if("way_known_by", change.way_known_by);
    write_approvals(json, change);
    write_export(json, change);
    write_lacks(json, change);
}

void write_change_records(const AuditReport& report, std::ostream& out) {
    JsonWriter json(out);
    const auto lines = JsonWriter::Layout::lines;
    json.object(
        [&] {
            json.number("plumbline_changes", 1);
            json.object("period", [&] {
                json.text("from", rfc3339(report.from));
                json.text("to", rfc3339(report.to));
            });
            json.object("branch", [&] {
                json.text("name", report.branch);
                json.text("tip", report.tip);
                json.text_if("base", report.base);
                json.array("forced_pushes", [&] {
                    for (const ForcedPush& push : report.forced_pushes) {
                        json.object([&] {
                            json.text("time", rfc3339(push.time));
                            json.text("by", push.by);
                            json.text_if("old_commit", push.old_commit);
                            json.text_if("new_commit", push.new_commit);
                            json.text("source", push.source);
                        });
                    }
                });
                // Those that are known decide; that there are no others has to be shown.
                json.object("lacks", [&] {
                    if (!report.forced_pushes.empty())
                        json.text("kept_history", forced_text(report.forced_pushes));
                    else if (!report.pushes_unknown_because.empty())
                        write_unknown(json, "kept_history", report.pushes_unknown_because);
                    else
                        json.text("kept_history", "");
                });
            });
            json.array(
                "changes",
                [&] {
                    for (const AuditChange& change : report.changes)
                        json.object([&] { write_change_record(json, change); });
                },
                lines);
        },
        lines);
    json.finish();
}

}  // namespace plumbline
