// `frameworks list`, `frameworks show`, `frameworks coverage`: frameworks seen through the rules.
#include <algorithm>
#include <map>

#include "reporters/csv_writer.h"
#include "reporters/layout.h"
#include "reporters/registry.h"
#include "reporters/summary.h"
#include "scanner/catalogue_output.h"
#include "scanner/framework_coverage.h"
#include "scanner/model/text.h"

namespace plumbline {
namespace {

constexpr std::array<Closeness, 3> closenesses = {Closeness::direct, Closeness::partial, Closeness::supports};
// Ids of SP 800-53 and CMMC fit.
constexpr std::size_t id_width = 15;
constexpr std::size_t line_width = 110;

template <class T>
const T& at(const std::array<T, 3>& items, Closeness closeness) {
    return items[static_cast<std::size_t>(closeness)];
}

std::vector<std::string_view> ids_of(const std::vector<const RuleInfo*>& rules) {
    std::vector<std::string_view> ids;
    for (const RuleInfo* rule : rules) ids.push_back(rule->id);
    return ids;
}

/// Every control that is mapped to the requirement, closest first.
std::vector<std::string_view> controls_of(const RequirementCoverage& coverage) {
    std::vector<std::string_view> ids;
    for (const auto& list : coverage.controls) ids.insert(ids.end(), list.begin(), list.end());
    ids.insert(ids.end(), coverage.controls_without_rule.begin(), coverage.controls_without_rule.end());
    return ids;
}

/// `word` as an argument of the command: a framework, or a part of one. False after a message.
bool read_argument(const Catalogue& catalogue, const Options& options, const std::string& word, Lens& lens,
                   std::ostream& err) {
    const std::string error = Lens::read(*catalogue.controls, {word}, {}, lens, options.command);
    err << error;
    return error.empty();
}

std::vector<FrameworkCoverage> chosen_coverage(const Catalogue& catalogue, const Lens& lens) {
    const std::vector<std::string> chosen = lens.chosen();
    std::vector<FrameworkCoverage> out;
    for (const Framework& framework : catalogue.controls->frameworks()) {
        if (chosen.empty() || std::find(chosen.begin(), chosen.end(), framework.id) != chosen.end())
            out.push_back(coverage_of(catalogue, framework, lens));
    }
    return out;
}

void wrapped(const std::string& words, std::size_t indent, std::ostream& out) {
    for (const std::string& line : wrap(words, line_width - indent)) out << std::string(indent, ' ') << line << "\n";
}

std::string title_of(const FrameworkCoverage& coverage) {
    std::string out = printable(coverage.framework->name) + " " + printable(coverage.framework->version);
    return coverage.part.empty() ? out : out + ", " + printable(coverage.part);
}

// --- show

Value requirement_value(const RequirementCoverage& coverage) {
    const Requirement& requirement = *coverage.requirement;
    std::vector<Value> rules, groups;
    for (Closeness closeness : closenesses) {
        for (const RuleInfo* rule : at(coverage.rules, closeness))
            rules.push_back(
                Value::object({{"rule", text(rule->id), {}}, {"closeness", text(to_string(closeness)), {}}}));
    }
    for (const std::string& group : requirement.groups) groups.push_back(text(group));
    return Value::object({{"id", text(requirement.id), {}},
                          {"title", text(requirement.title), {}},
                          {"parent", text(requirement.parent), {}},
                          {"groups", Value::tuple(std::move(groups)), {}},
                          {"controls", texts(controls_of(coverage)), {}},
                          {"rules", Value::tuple(std::move(rules)), {}}});
}

/// Where evidence lies for what this program does not see.
std::string elsewhere(const Requirement& requirement) {
    const std::string_view where = elsewhere_text(requirement.outside);
    return where.empty() ? "nothing here is evidence for it" : "evidence lies elsewhere: " + std::string(where);
}

void write_rules(const RequirementCoverage& coverage, std::ostream& out) {
    const std::size_t indent = id_width + 3;
    for (Closeness closeness : closenesses) {
        const auto& rules = at(coverage.rules, closeness);
        if (!rules.empty()) wrapped(std::string(to_string(closeness)) + ": " + joined(ids_of(rules)), indent, out);
    }
    if (coverage.seen == Seen::no_rule)
        wrapped("controls without a rule: " + joined(coverage.controls_without_rule), indent, out);
    if (coverage.seen == Seen::elsewhere) wrapped(elsewhere(*coverage.requirement), indent, out);
}

// --- coverage

void write_counts(const FrameworkCoverage& coverage, std::ostream& out) {
    const auto line = [&](Seen seen, std::string_view meaning) {
        const std::string count = std::to_string(coverage.counts[static_cast<std::size_t>(seen)]);
        out << "  " << padded(to_string(seen), 10) << std::string(count.size() < 5 ? 5 - count.size() : 0, ' ') << count
            << "  " << meaning << "\n";
    };
    line(Seen::direct, "rules judge what the requirement asks for by name");
    line(Seen::partial, "rules judge one part of what it asks for");
    line(Seen::supports, "what rules judge helps; an auditor will need more");
    line(Seen::no_rule, "a control is mapped to it, but no rule serves the control yet");
    line(Seen::elsewhere, "this program says nothing about it");
}

/// `partial: access.mfa, access.sso (14 rules)`.
void write_evidence(const RequirementCoverage& coverage, bool name_rules, std::ostream& out) {
    const std::size_t indent = id_width + 3;
    for (Closeness closeness : closenesses) {
        const auto& rules = at(coverage.rules, closeness);
        if (rules.empty()) continue;
        wrapped(std::string(to_string(closeness)) + ": " + joined(at(coverage.controls, closeness)) + " (" +
                    counted(rules.size(), "rule") + ")",
                indent, out);
        if (name_rules) wrapped(joined(ids_of(rules)), indent + 2, out);
    }
    if (!coverage.controls_without_rule.empty())
        wrapped("no rule yet: " + joined(coverage.controls_without_rule), indent, out);
}

void write_unseen(const FrameworkCoverage& coverage, std::ostream& out) {
    std::map<std::string_view, std::vector<std::string_view>> by_place;
    for (const RequirementCoverage& each : coverage.requirements) {
        if (each.seen == Seen::elsewhere) by_place[each.requirement->outside].push_back(each.requirement->id);
    }
    if (by_place.empty()) return;
    out << "\nNot seen, so this program says nothing about:\n";
    for (std::string_view word : elsewhere_words()) {
        const auto found = by_place.find(word);
        if (found == by_place.end()) continue;
        out << "  " << word << " (" << elsewhere_text(word) << ")\n";
        wrapped(joined(found->second), 4, out);
    }
    if (const auto rest = by_place.find(""); rest != by_place.end()) {
        out << "  other requirements that nothing here is evidence for\n";
        wrapped(joined(rest->second), 4, out);
    }
}

void write_one(const FrameworkCoverage& coverage, bool name_rules, std::ostream& out) {
    out << title_of(coverage) << ": " << counted(coverage.requirements.size(), "requirement") << "\n";
    write_counts(coverage, out);
    std::string_view parent;
    for (const RequirementCoverage& each : coverage.requirements) {
        if (each.seen == Seen::elsewhere) continue;
        // Headings stand above what is under them; of enhancements the heading is that of their control.
        const Requirement* heading = coverage.framework->find(each.requirement->parent);
        while (heading && !heading->heading) heading = coverage.framework->find(heading->parent);
        if (heading && heading->id != parent) {
            parent = heading->id;
            out << "\n" << printable(heading->id) << " " << printable(heading->title) << "\n";
        }
        out << "  " << padded(printable(each.requirement->id), id_width) << " " << printable(each.requirement->title)
            << "\n";
        write_evidence(each, name_rules, out);
    }
    write_unseen(coverage, out);
}

/// A line a framework, and a line a group of it.
void write_overview(const Catalogue& catalogue, const std::vector<FrameworkCoverage>& frameworks, std::ostream& out) {
    out << padded("framework", 36) << "requirements  direct  partial  supports  no rule  not seen\n";
    const auto line = [&](const std::string& name, const FrameworkCoverage& coverage) {
        out << padded(name, 36);
        const auto number = [&](std::int64_t value, std::size_t width) {
            const std::string digits = std::to_string(value);
            out << std::string(digits.size() < width ? width - digits.size() : 0, ' ') << digits;
        };
        number(static_cast<std::int64_t>(coverage.requirements.size()), 12);
        constexpr std::array<std::size_t, 5> widths = {8, 9, 10, 9, 10};
        for (std::size_t i = 0; i < widths.size(); ++i) number(coverage.counts[i], widths[i]);
        out << "\n";
    };
    for (const FrameworkCoverage& coverage : frameworks) {
        const Framework& framework = *coverage.framework;
        line(printable(framework.id) + (coverage.part.empty() ? "" : ":" + printable(coverage.part)), coverage);
        if (!coverage.part.empty()) continue;
        for (const RequirementGroup& group : framework.groups) {
            Lens lens;
            // Cannot fail: the group is the framework's own.
            if (!Lens::read(*catalogue.controls, {framework.id + ":" + group.id}, {}, lens).empty()) continue;
            line("  :" + printable(group.id), coverage_of(catalogue, framework, lens));
        }
    }
    out << "\nEach requirement counts once, by its closest evidence. `plumbline frameworks coverage ID` shows one "
           "framework,\n`ID:GROUP` a baseline or level of it.\n";
}

Value coverage_value(const FrameworkCoverage& coverage) {
    std::vector<Value> requirements;
    for (const RequirementCoverage& each : coverage.requirements) {
        std::vector<Value> groups;
        for (const std::string& group : each.requirement->groups) groups.push_back(text(group));
        std::vector<Member> members = {{"id", text(each.requirement->id), {}},
                                       {"title", text(each.requirement->title), {}},
                                       {"parent", text(each.requirement->parent), {}},
                                       {"groups", Value::tuple(std::move(groups)), {}},
                                       {"coverage", text(to_string(each.seen)), {}}};
        for (Closeness closeness : closenesses) {
            members.push_back({std::string(to_string(closeness)),
                               Value::object({{"controls", texts(at(each.controls, closeness)), {}},
                                              {"rules", texts(ids_of(at(each.rules, closeness))), {}}}),
                               {}});
        }
        members.push_back({"controls_without_rule", texts(each.controls_without_rule), {}});
        if (each.seen == Seen::elsewhere) members.push_back({"evidence_lies_in", text(each.requirement->outside), {}});
        requirements.push_back(Value::object(std::move(members)));
    }
    const auto count = [&](Seen seen) { return Value::number(coverage.counts[static_cast<std::size_t>(seen)]); };
    return Value::object(
        {{"id", text(coverage.framework->id), {}},
         {"name", text(coverage.framework->name), {}},
         {"version", text(coverage.framework->version), {}},
         {"part", text(coverage.part), {}},
         {"requirement_count", Value::number(static_cast<std::int64_t>(coverage.requirements.size())), {}},
         {"direct", count(Seen::direct), {}},
         {"partial", count(Seen::partial), {}},
         {"supports", count(Seen::supports), {}},
         {"no_rule", count(Seen::no_rule), {}},
         {"not_seen", count(Seen::elsewhere), {}},
         {"requirements", Value::tuple(std::move(requirements)), {}}});
}

void write_coverage_csv(const std::vector<FrameworkCoverage>& frameworks, std::ostream& out) {
    CsvWriter csv(out);
    csv.row({"framework", "part", "requirement", "title", "groups", "coverage", "direct controls", "direct rules",
             "partial controls", "partial rules", "supporting controls", "supporting rules", "controls without a rule",
             "evidence lies in"});
    const auto words = [](const std::vector<std::string_view>& items) {
        std::string all;
        for (std::string_view item : items) all.append(all.empty() ? "" : " ").append(item);
        return all;
    };
    for (const FrameworkCoverage& coverage : frameworks) {
        for (const RequirementCoverage& each : coverage.requirements) {
            std::vector<std::string> row = {coverage.framework->id,
                                            coverage.part,
                                            each.requirement->id,
                                            each.requirement->title,
                                            join(each.requirement->groups, " "),
                                            cell(to_string(each.seen))};
            for (Closeness closeness : closenesses) {
                row.push_back(words(at(each.controls, closeness)));
                row.push_back(words(ids_of(at(each.rules, closeness))));
            }
            row.push_back(words(each.controls_without_rule));
            row.push_back(each.seen == Seen::elsewhere ? std::string(elsewhere_text(each.requirement->outside)) : "");
            csv.row(row);
        }
    }
}

/// An OSCAL component definition: what the rules can give evidence for.
void write_component(const Catalogue& catalogue, const Lens& lens, std::string_view now, std::ostream& out) {
    Report report;
    report.tool_version = PLUMBLINE_VERSION;
    report.tool_uri = PLUMBLINE_HOMEPAGE;
    report.started_at = now;
    describe(catalogue, lens, report);
    ReportOptions wanted;
    wanted.frameworks = lens.chosen();
    find_reporter("oscal-component")->write(report, {}, wanted, out);
}

}  // namespace

int list_frameworks(const Catalogue& catalogue, const Options& options, std::ostream& out, std::ostream& err) {
    const auto format = format_of(options, {"text", "json"}, err);
    if (!format) return 2;
    std::vector<Value> items;
    std::size_t ids = 0, names = 0;
    for (const Framework& framework : catalogue.controls->frameworks()) {
        ids = std::max(ids, display_width(framework.id));
        names = std::max(names, display_width(framework.name));
    }
    for (const FrameworkCoverage& coverage : chosen_coverage(catalogue, {})) {
        const Framework& framework = *coverage.framework;
        const auto requirements = static_cast<std::int64_t>(coverage.requirements.size());
        if (*format == "json") {
            std::vector<Value> groups;
            for (const RequirementGroup& group : framework.groups)
                groups.push_back(Value::object({{"id", text(group.id), {}}, {"title", text(group.title), {}}}));
            items.push_back(Value::object({{"id", text(framework.id), {}},
                                           {"name", text(framework.name), {}},
                                           {"version", text(framework.version), {}},
                                           {"organization", text(framework.organization), {}},
                                           {"url", text(framework.url), {}},
                                           {"groups", Value::tuple(std::move(groups)), {}},
                                           {"requirements", Value::number(requirements), {}},
                                           {"direct", Value::number(coverage.counts[0]), {}},
                                           {"partial", Value::number(coverage.counts[1]), {}},
                                           {"supports", Value::number(coverage.counts[2]), {}}}));
            continue;
        }
        out << padded(printable(framework.id), ids) << "  " << padded(printable(framework.name), names) << "  "
            << requirements << " requirements; evidence from rules: " << coverage.counts[0] << " direct, "
            << coverage.counts[1] << " partial, " << coverage.counts[2] << " supporting\n";
        std::string groups;
        for (const RequirementGroup& group : framework.groups) groups += (groups.empty() ? "" : ", ") + group.id;
        if (!groups.empty()) wrapped("groups: " + printable(groups), ids + 2, out);
    }
    if (*format == "json") write_list(items, out);
    return 0;
}

int show_framework(const Catalogue& catalogue, const Options& options, std::ostream& out, std::ostream& err) {
    const auto format = format_of(options, {"text", "json"}, err);
    Lens lens;
    if (!format || !read_argument(catalogue, options, options.arguments.front(), lens, err)) return 2;
    std::vector<Value> items;
    for (const FrameworkCoverage& coverage : chosen_coverage(catalogue, lens)) {
        if (*format == "json") {
            for (const RequirementCoverage& each : coverage.requirements) items.push_back(requirement_value(each));
            continue;
        }
        const Framework& framework = *coverage.framework;
        out << title_of(coverage) << "\n"
            << printable(framework.organization) << ", " << printable(framework.url) << "\n\n";
        auto next = coverage.requirements.begin();
        for (const Requirement& requirement : framework.requirements) {
            if (requirement.heading) out << printable(requirement.id) << " " << printable(requirement.title) << "\n";
            if (next == coverage.requirements.end() || next->requirement != &requirement) continue;
            out << "  " << padded(printable(requirement.id), id_width) << " " << printable(requirement.title) << "\n";
            write_rules(*next++, out);
        }
        out << "\nOf " << coverage.requirements.size() << " requirements rules give direct evidence for "
            << coverage.counts[0] << ", partial for " << coverage.counts[1] << ", supporting for " << coverage.counts[2]
            << ". The rest needs evidence that is not in code.\n";
    }
    if (*format == "json") write_list(items, out);
    return 0;
}

int show_coverage(const Catalogue& catalogue, const Options& options, std::string_view now, std::ostream& out,
                  std::ostream& err) {
    const auto format = format_of(options, {"text", "json", "csv", "oscal"}, err);
    if (!format) return 2;
    Lens lens;
    if (!options.arguments.empty() && !read_argument(catalogue, options, options.arguments.front(), lens, err))
        return 2;
    const std::vector<FrameworkCoverage> frameworks = chosen_coverage(catalogue, lens);
    if (*format == "oscal") {
        write_component(catalogue, lens, now, out);
    } else if (*format == "csv") {
        write_coverage_csv(frameworks, out);
    } else if (*format == "json") {
        std::vector<Value> items;
        for (const FrameworkCoverage& coverage : frameworks) items.push_back(coverage_value(coverage));
        write_list(items, out);
    } else if (options.arguments.empty()) {
        write_overview(catalogue, frameworks, out);
    } else {
        for (std::size_t i = 0; i < frameworks.size(); ++i) {
            if (i > 0) out << "\n";
            write_one(frameworks[i], options.verbosity > 0, out);
        }
    }
    return 0;
}

}  // namespace plumbline
