#include "scanner/acceptance.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <tuple>

#include "parsers/ignore_comment.h"
#include "parsers/yaml/yaml_reader.h"
#include "scanner/document.h"
#include "scanner/model/text.h"
#include "scanner/system.h"

namespace plumbline {
namespace {

bool can_be_accepted(const Finding& finding) {
    return finding.judgement.verdict == Verdict::fail || finding.judgement.verdict == Verdict::undecided;
}

bool is_everything(std::string_view glob) {
    return glob.empty() || glob == "*" || glob == "**";
}

std::string address_glob(std::string_view glob) {
    std::string out;
    for (std::size_t i = 0; i < glob.size(); ++i) {
        out += glob[i];
        if (glob[i] == '*' && !(i + 1 < glob.size() && glob[i + 1] == '*') && !(i > 0 && glob[i - 1] == '*'))
            out += '*';
    }
    return out;
}

bool names_rule(const RuleSet& rules, const std::string& word, std::string_view id) {
    if (is_everything(word) || lower(word) == "all") return true;
    if (const RuleInfo* info = rules.find(word)) return info->id == id;
    const std::vector<std::string_view> ids = rules.matching(word);
    return std::find(ids.begin(), ids.end(), id) != ids.end();
}

bool is_known(const RuleSet& rules, const std::string& word) {
    return is_everything(word) || lower(word) == "all" || rules.find(word) || !rules.matching(word).empty();
}

std::vector<std::string_view> rule_words(const RuleSet& rules) {
    std::vector<std::string_view> words;
    for (const RuleInfo& info : rules.infos()) {
        words.push_back(info.id);
        words.insert(words.end(), info.aliases.begin(), info.aliases.end());
    }
    return words;
}

// ---- comments, annotations, metadata

bool lies_in(Span inner, Span outer) {
    return inner.valid() && inner.source == outer.source && inner.begin >= outer.begin && inner.end <= outer.end;
}

bool covers(const Suppression& suppression, const Finding& finding) {
    if (lies_in(finding.judgement.subject, suppression.scope) || lies_in(finding.block, suppression.scope)) return true;
    return finding.calls &&
           std::find(finding.calls->begin(), finding.calls->end(), suppression.scope) != finding.calls->end();
}

/// The ids of the rules that a suppression is about, each word looked up once and not once a finding.
std::vector<std::string_view> rules_of(const Suppression& suppression, const RuleSet& rules, bool& every) {
    std::vector<std::string_view> ids;
    for (const std::string& word : suppression.rules) {
        if (is_everything(word) || lower(word) == "all") {
            every = true;
        } else if (const RuleInfo* info = rules.find(word)) {
            ids.push_back(info->id);
        } else {
            const std::vector<std::string_view> matched = rules.matching(word);
            ids.insert(ids.end(), matched.begin(), matched.end());
        }
    }
    return ids;
}

Acceptance acceptance_of(const Suppression& suppression) {
    Acceptance acceptance;
    acceptance.kind = "inSource";
    acceptance.justification = suppression.reason;
    acceptance.expires = suppression.expires;
    acceptance.span = suppression.span;
    return acceptance;
}

std::string state_of(bool expired, bool used, const AcceptanceContext& context) {
    if (expired) return "expired";
    if (used) return "active";
    return context.whole ? "unused" : "not checked";
}

bool is_ours(const Suppression& suppression, const SourceSet& sources) {
    return sources.text(suppression.span).find("plumbline") != std::string_view::npos;
}

void report_unused(const Suppression& suppression, const AcceptanceContext& context, bool ours,
                   Diagnostics& diagnostics) {
    for (const std::string& word : suppression.rules) {
        if (word == credential_control) continue;  // for whoever looks into the history
        if (is_known(context.rules, word)) {
            // A peer's comment may serve the peer; ours serves only us.
            diagnostics.add({ours ? Level::warning : Level::note,
                             "stale-suppression",
                             "Nothing is suppressed here for " + quoted(word),
                             "The rule finds no fault here (any more). Remove the comment.",
                             suppression.span,
                             {},
                             {}});
        } else if (ours) {
            diagnostics.warning("unknown-rule", "There is no rule " + quoted(word),
                                "Nothing is suppressed." + suggestion(word, rule_words(context.rules)),
                                suppression.span);
        }
    }
}

// ---- waivers

bool matches(const Waiver& waiver, const Finding& finding, const RuleSet& rules) {
    if (!waiver.rule.empty() && !names_rule(rules, waiver.rule, finding.rule)) return false;
    if (!waiver.control.empty()) {
        const RuleInfo* info = rules.find(finding.rule);
        if (!info || !glob_match(waiver.control, info->control)) return false;
    }
    if (!is_everything(waiver.resource) && !address_match(waiver.resource, finding.resource)) return false;
    return is_everything(waiver.path) || glob_match(waiver.path, finding.file) || is_below(finding.file, waiver.path);
}

/// Whether it may speak of what the history holds, which a scan does not look at.
bool is_for_credentials(const Waiver& waiver) {
    return waiver.rule.empty() && waiver.control == credential_control;
}

std::string name_of(const Waiver& waiver) {
    std::string name = "of " + quoted(waiver.rule.empty() ? waiver.control : waiver.rule);
    if (!is_everything(waiver.resource)) name += " on " + quoted(waiver.resource);
    return name + " (owner " + printable(waiver.owner) + ")";
}

/// Checks what an entry must have; false after diagnostics.
bool is_complete(const Waiver& waiver, std::optional<std::int64_t> max_days, Diagnostics& diagnostics) {
    const std::size_t before = diagnostics.size();
    const auto missing = [&](const std::string& value, std::string_view key, std::string_view why) {
        if (value.empty())
            diagnostics.error("waiver", "A waiver has no " + std::string(key),
                              std::string(why) + " The waiver does not count.", waiver.span);
    };
    missing(waiver.rule + waiver.control, "`rule` or `control`", "It must say what it is an exception to.");
    missing(waiver.owner, "`owner`", "Someone must answer for the risk.");
    missing(waiver.reason, "`reason`", "An auditor will ask why.");
    missing(waiver.created, "`created`", "The register says since when a risk is accepted; write YYYY-MM-DD.");
    missing(waiver.expires, "`expires`", "Every exception ends; write a date, YYYY-MM-DD.");
    for (const auto& [key, date] :
         {std::pair<std::string_view, const std::string&>{"expires", waiver.expires}, {"created", waiver.created}}) {
        if (!date.empty() && !is_date(date))
            diagnostics.error("waiver", "`" + std::string(key) + "` is no date: " + quoted(date),
                              "Write it as YYYY-MM-DD. The waiver does not count.", waiver.span);
    }
    if (diagnostics.size() != before) return false;
    if (waiver.expires < waiver.created) {
        diagnostics.error("waiver", "A waiver expires before it was created",
                          "`created` is " + waiver.created + ", `expires` is " + waiver.expires +
                              ". Correct the dates. The waiver does not count.",
                          waiver.span);
    } else if (max_days && day_number(waiver.expires) - day_number(waiver.created) > *max_days) {
        diagnostics.error("waiver", "A waiver lasts longer than " + std::to_string(*max_days) + " days",
                          "The configuration (waivers.max_days) allows no more. The waiver does not count.",
                          waiver.span);
    }
    return diagnostics.size() == before;
}

Waiver read_waiver(const Value& entry, Diagnostics& diagnostics) {
    Waiver waiver;
    waiver.span = place_of(entry);
    const std::array<Field, 11> fields = {{
        {"rule", take_text(waiver.rule, diagnostics)},
        {"control", take_text(waiver.control, diagnostics)},
        {"resource", take_text(waiver.resource, diagnostics)},
        {"path", take_text(waiver.path, diagnostics)},
        {"owner", take_text(waiver.owner, diagnostics)},
        {"reason", take_text(waiver.reason, diagnostics)},
        {"compensating_control", take_text(waiver.compensating_control, diagnostics)},
        {"approver", take_text(waiver.approver, diagnostics)},
        {"ticket", take_text(waiver.ticket, diagnostics)},
        {"created", take_text(waiver.created, diagnostics)},
        {"expires", take_text(waiver.expires, diagnostics)},
    }};
    read_fields(entry, "a waiver", fields, diagnostics);
    return waiver;
}

}  // namespace

bool address_match(std::string_view pattern, std::string_view address) {
    return pattern == address || glob_match(address_glob(pattern), address);
}

std::vector<WaiverInfo> apply_suppressions(std::vector<Finding>& findings, std::span<const Suppression> suppressions,
                                           const AcceptanceContext& context, const SourceSet& sources,
                                           Diagnostics& diagnostics) {
    std::vector<WaiverInfo> exceptions;
    // A file's findings lie together for each suppression; without this every comment would be held against everything.
    std::map<SourceId, std::vector<Finding*>> by_source;
    for (Finding& finding : findings) {
        if (!can_be_accepted(finding)) continue;
        std::set<SourceId> places = {finding.block.source, finding.judgement.subject.source};
        if (finding.calls) {
            for (const Span call : *finding.calls) places.insert(call.source);
        }
        for (const SourceId place : places) by_source[place].push_back(&finding);
    }
    for (const Suppression& suppression : suppressions) {
        const bool expired = !suppression.expires.empty() && suppression.expires < context.today;
        bool every = false;
        WaiverInfo info;
        info.rules = suppression.rules;
        info.path = sources[suppression.span.source].path();
        info.acceptance = acceptance_of(suppression);
        const std::vector<std::string_view> ids = rules_of(suppression, context.rules, every);
        for (Finding* finding : by_source[suppression.scope.source]) {
            if (!covers(suppression, *finding)) continue;
            if (!every && std::find(ids.begin(), ids.end(), finding->rule) == ids.end()) continue;
            ++info.matched;
            if (!expired) finding->accepted.push_back(info.acceptance);
        }
        const bool used = info.matched > 0;
        info.state = state_of(expired, used, context);
        if (used && expired) {
            diagnostics.warning("expired-suppression", "This suppression expired on " + suppression.expires,
                                "What it covered counts again. Repair it, or decide anew.", suppression.span);
        } else if (!used && context.whole) {
            report_unused(suppression, context, is_ours(suppression, sources), diagnostics);
        }
        if (every || !ids.empty()) exceptions.push_back(std::move(info));
    }
    std::stable_sort(exceptions.begin(), exceptions.end(), [](const WaiverInfo& a, const WaiverInfo& b) {
        return std::tie(a.path, a.acceptance.span.begin) < std::tie(b.path, b.acceptance.span.begin);
    });
    return exceptions;
}

std::optional<Acceptance> accepted_by_comment(std::string_view own_line, std::string_view line_above) {
    for (const std::string_view line : {own_line, line_above}) {
        const std::size_t at = line.find("plumbline:ignore");
        if (at == std::string_view::npos) continue;
        for (const IgnoreComment& comment : ignore_comments(line.substr(at))) {
            const auto& rules = comment.made.rules;
            if (std::find(rules.begin(), rules.end(), credential_control) == rules.end()) continue;
            Acceptance acceptance;
            acceptance.kind = "inSource";
            acceptance.justification = comment.made.reason;
            return acceptance;
        }
    }
    if (own_line.find("gitleaks:allow") == std::string_view::npos) return std::nullopt;
    Acceptance acceptance;
    acceptance.kind = "inSource";
    return acceptance;
}

const Waiver* waiver_of_credential(std::span<const Waiver> waivers, std::string_view address, const std::string& file,
                                   const std::string& today) {
    for (const Waiver& waiver : waivers) {
        if (!is_for_credentials(waiver) || waiver.expires < today) continue;
        const bool everywhere = is_everything(waiver.resource) && is_everything(waiver.path);
        const bool fits = is_everything(waiver.resource) || waiver.resource == address;
        // One that covers whatever may ever be leaked is no decision about a credential.
        if (everywhere || !fits) continue;
        if (is_everything(waiver.path) || glob_match(waiver.path, file) || is_below(file, waiver.path)) return &waiver;
    }
    return nullptr;
}

WaiverInfo waiver_info(const Waiver& waiver) {
    WaiverInfo info;
    for (const std::string* name : {&waiver.rule, &waiver.control}) {
        if (!name->empty()) info.rules.push_back(*name);
    }
    info.resource = waiver.resource;
    info.path = waiver.path;
    info.acceptance = acceptance_of(waiver);
    return info;
}

std::string broad_waiver(const Waiver& waiver) {
    const bool every_rule = is_everything(waiver.rule) && is_everything(waiver.control);
    const bool everywhere = is_everything(waiver.resource) && is_everything(waiver.path);
    if (every_rule && everywhere) return "This waiver accepts every finding";
    if (everywhere) return "This waiver accepts the rule everywhere, also in what is yet to be written";
    const auto is_pattern = [](std::string_view glob) { return glob.find_first_of("*?") != std::string_view::npos; };
    // One file or one resource may be exempt from everything, a legacy that is being replaced; a pattern grows.
    const bool open = (is_everything(waiver.resource) || is_pattern(waiver.resource)) &&
                      (is_everything(waiver.path) || is_pattern(waiver.path));
    if (every_rule && open) return "This waiver accepts every rule for whatever its pattern matches";
    return "";
}

std::vector<WaiverInfo> added_exceptions(std::span<const WaiverInfo> before, std::span<const WaiverInfo> after) {
    using Key = std::tuple<std::string, std::vector<std::string>, std::string, std::string>;
    const auto key = [](const WaiverInfo& info) {
        return Key(info.acceptance.kind, info.rules, info.resource, info.path);
    };
    // An end that is empty is none at all, the latest there is.
    const auto end = [](const WaiverInfo& info) {
        return info.acceptance.expires.empty() ? std::string("9999-12-31") : info.acceptance.expires;
    };
    std::map<Key, std::vector<std::string>> known;
    for (const WaiverInfo& info : before) known[key(info)].push_back(end(info));
    for (auto& [covered, ends] : known) std::sort(ends.begin(), ends.end(), std::greater<>());
    std::vector<WaiverInfo> added;
    for (const WaiverInfo& info : after) {
        // Each old entry speaks for one new one, the longest first: two equal comments in a file are two exceptions.
        const auto found = known.find(key(info));
        if (found == known.end() || found->second.empty() || found->second.front() < end(info)) {
            added.push_back(info);
        } else {
            found->second.erase(found->second.begin());
        }
    }
    return added;
}

Acceptance acceptance_of(const Waiver& waiver) {
    return {"external",
            waiver.reason,
            waiver.owner,
            waiver.approver,
            waiver.ticket,
            waiver.expires,
            waiver.compensating_control,
            waiver.created,
            waiver.span};
}

std::vector<Waiver> read_waivers(const Value& document, std::optional<std::int64_t> max_days,
                                 Diagnostics& diagnostics) {
    std::vector<Waiver> waivers;
    if (document.is_null()) return waivers;
    const std::array<Field, 1> fields = {{{"waivers", [&](const Member& member) {
                                               if (member.value.is_null()) return;
                                               if (!member.value.is_sequence()) {
                                                   diagnostics.error("settings-value", "`waivers` must be a list",
                                                                     "Each entry is one exception.", member.span);
                                                   return;
                                               }
                                               for (const Value& entry : member.value.elements()) {
                                                   Waiver waiver = read_waiver(entry, diagnostics);
                                                   if (is_complete(waiver, max_days, diagnostics))
                                                       waivers.push_back(std::move(waiver));
                                               }
                                           }}}};
    read_fields(document, "the waiver file", fields, diagnostics);
    return waivers;
}

std::vector<WaiverInfo> apply_waivers(std::vector<Finding>& findings, std::span<const Waiver> waivers,
                                      const AcceptanceContext& context, Diagnostics& diagnostics) {
    std::vector<WaiverInfo> exceptions;
    for (const Waiver& waiver : waivers) {
        const bool expired = waiver.expires < context.today;
        std::size_t used = 0;
        for (Finding& finding : findings) {
            if (!can_be_accepted(finding) || !matches(waiver, finding, context.rules)) continue;
            ++used;
            if (!expired) finding.accepted.push_back(acceptance_of(waiver));
        }
        if (expired) {
            diagnostics.warning(
                "expired-waiver", "The waiver " + name_of(waiver) + " expired on " + waiver.expires,
                used == 0 ? std::string("It matches nothing; remove it.")
                          : "Its findings count again: " + std::to_string(used) + ". Repair them, or decide anew.",
                waiver.span);
        } else if (used == 0 && context.whole && !is_for_credentials(waiver)) {
            const bool known = waiver.rule.empty() || is_known(context.rules, waiver.rule);
            diagnostics.warning("unused-waiver", "The waiver " + name_of(waiver) + " matches nothing",
                                known ? "Remove it, or correct its rule, resource or path."
                                      : "There is no such rule." + suggestion(waiver.rule, rule_words(context.rules)),
                                waiver.span);
        }
        if (const std::string broad = broad_waiver(waiver); !broad.empty())
            diagnostics.warning("broad-waiver", broad, "Name the rule, and the resource or the path.", waiver.span);
        WaiverInfo info = waiver_info(waiver);
        info.matched = used;
        info.state = state_of(expired, used > 0, context);
        exceptions.push_back(std::move(info));
    }
    return exceptions;
}

std::string waiver_entry(const Waiver& waiver, std::size_t indent) {
    std::string out;
    const auto line = [&](std::string_view key, const std::string& value) {
        if (value.empty()) return;
        out += std::string(indent, ' ') + (out.empty() ? "- " : "  ") + std::string(key) + ": ";
        // JSON's quoting is YAML's; a date needs none.
        out += (is_date(value) ? value : Value::string(value).to_text()) + "\n";
    };
    line("rule", waiver.rule);
    line("control", waiver.control);
    line("resource", waiver.resource);
    line("path", waiver.path);
    line("owner", waiver.owner);
    line("reason", waiver.reason);
    line("compensating_control", waiver.compensating_control);
    line("approver", waiver.approver);
    line("ticket", waiver.ticket);
    line("created", waiver.created);
    line("expires", waiver.expires);
    return out;
}

std::optional<std::string> add_waiver(std::string_view text, const Waiver& waiver) {
    SourceSet sources;
    Diagnostics ignored;  // the text is read again below; the caller reads it with messages
    const auto entries = [&](std::string_view of) -> std::optional<std::vector<Value>> {
        const auto document = read_document(sources.add("", std::string(of)), ignored);
        if (!document) return std::nullopt;
        if (document->root.is_null()) return std::vector<Value>();
        const Member* list = document->root.find("waivers");
        if (!list) return std::nullopt;
        return std::vector<Value>(list->value.elements().begin(), list->value.elements().end());
    };
    const auto before = entries(text);
    if (!before) return std::nullopt;
    std::string out(text);
    if (!out.empty() && !out.ends_with('\n')) out += '\n';
    std::size_t indent = 2;
    if (before->empty()) {
        if (out.find("waivers:") == std::string::npos || entries(out + waiver_entry(waiver, 2)) == std::nullopt)
            out += "waivers:\n";
    } else {
        // The dash stands two columns before the entry's first key.
        const LineCol at = sources.begin_of(place_of(before->front()));
        indent = at.column >= 3 ? at.column - 3 : 0;
    }
    out += waiver_entry(waiver, indent);
    const auto after = entries(out);
    if (!after || after->size() != before->size() + 1) return std::nullopt;
    return out;
}

// ---- baseline

std::vector<BaselineEntry> read_baseline(const Value& document, Diagnostics& diagnostics) {
    std::vector<BaselineEntry> entries;
    const Member* list = document.find("findings");
    const Member* version = document.find("version");
    if (!list || !list->value.is_sequence() || !version || !version->value.same_data(Value::number(1))) {
        diagnostics.error("baseline", "This is no baseline of plumbline",
                          "Write one with `plumbline scan --write-baseline FILE`.", place_of(document));
        return entries;
    }
    for (const Value& item : list->value.elements()) {
        BaselineEntry entry;
        const auto take = [&](std::string_view key, std::string& target) {
            const Member* member = item.find(key);
            if (member && member->value.is_string()) target = member->value.as_string();
        };
        take("fingerprint", entry.fingerprint);
        take("rule", entry.rule);
        take("address", entry.address);
        take("file", entry.file);
        if (entry.fingerprint.empty())
            diagnostics.error("baseline", "An entry of the baseline has no fingerprint", "It was passed by.",
                              place_of(item));
        else
            entries.push_back(std::move(entry));
    }
    return entries;
}

std::string baseline_text(std::span<const Finding> findings) {
    std::vector<std::pair<std::tuple<std::string, std::string, std::string>, std::string>> lines;
    for (const Finding& finding : findings) {
        if (finding.judgement.verdict != Verdict::fail || !finding.accepted.empty()) continue;
        const Value entry = Value::object({{"fingerprint", Value::string(finding.fingerprint), {}},
                                           {"rule", Value::string(finding.rule), {}},
                                           {"address", Value::string(finding.resource), {}},
                                           {"file", Value::string(finding.file), {}}});
        lines.push_back({{finding.file, finding.rule, finding.resource}, entry.to_text()});
    }
    std::sort(lines.begin(), lines.end());
    std::string out = "{\"version\":1,\"findings\":[";
    for (std::size_t i = 0; i < lines.size(); ++i) out += (i == 0 ? "\n" : ",\n") + lines[i].second;
    return out + "\n]}\n";
}

void apply_baseline(std::vector<Finding>& findings, std::span<const BaselineEntry> baseline,
                    const std::vector<std::string>& scanned, const AcceptanceContext& context) {
    // Several findings may share a fingerprint (two blocks of one kind in a resource): each entry stands for one.
    std::map<std::string_view, std::vector<const BaselineEntry*>> open;
    for (const BaselineEntry& entry : baseline) open[entry.fingerprint].push_back(&entry);
    for (Finding& finding : findings) {
        if (finding.judgement.verdict != Verdict::fail) continue;
        const auto found = open.find(finding.fingerprint);
        if (found != open.end() && !found->second.empty()) {
            finding.baseline = BaselineState::unchanged;
            found->second.pop_back();
        } else {
            finding.baseline = BaselineState::fresh;
        }
    }
    for (const BaselineEntry& entry : baseline) {
        std::vector<const BaselineEntry*>& left = open[entry.fingerprint];
        const auto at = std::find(left.begin(), left.end(), &entry);
        if (at == left.end()) continue;
        const RuleInfo* info = context.rules.find(entry.rule);
        const bool looked_at = std::any_of(scanned.begin(), scanned.end(),
                                           [&](const std::string& path) { return is_below(entry.file, path); });
        if (!info || !looked_at) continue;
        Finding gone;
        gone.rule = info->id;
        gone.resource = entry.address;
        gone.file = entry.file;
        gone.severity = info->severity;
        gone.judgement.message = "no longer found";
        gone.fingerprint = entry.fingerprint;
        gone.baseline = BaselineState::absent;
        findings.push_back(std::move(gone));
    }
}

}  // namespace plumbline
