// `rules list`, `rules show`, `frameworks list`, `frameworks show`.
#include <algorithm>
#include <map>

#include "scanner/catalogue.h"
#include "scanner/model/text.h"

namespace plumbline {
namespace {

std::string_view closeness_name(Closeness closeness) {
    switch (closeness) {
        case Closeness::direct:
            return "direct";
        case Closeness::partial:
            return "partial";
        case Closeness::supports:
            break;
    }
    return "supports";
}

Value text(std::string_view value) {
    return Value::string(std::string(value));
}

Value texts(const std::vector<std::string_view>& values) {
    std::vector<Value> items;
    for (std::string_view value : values) items.push_back(text(value));
    return Value::tuple(std::move(items));
}

Value rule_value(const RuleInfo& info) {
    std::vector<Value> frameworks;
    for (const ControlLink& link : info.frameworks) {
        frameworks.push_back(Value::object({{"framework", text(link.framework), {}},
                                            {"id", text(link.id), {}},
                                            {"title", text(link.title), {}},
                                            {"closeness", text(closeness_name(link.closeness)), {}}}));
    }
    return Value::object({{"id", text(info.id), {}},
                          {"title", text(info.title), {}},
                          {"severity", text(to_string(info.severity)), {}},
                          {"control", text(info.control), {}},
                          {"control_title", text(info.control_title), {}},
                          {"aliases", texts(info.aliases), {}},
                          {"platforms", texts(info.platforms), {}},
                          {"types", texts(info.types), {}},
                          {"why", text(info.why), {}},
                          {"fix", text(info.fix), {}},
                          {"links", texts(info.links), {}},
                          {"file", text(info.file), {}},
                          {"frameworks", Value::tuple(std::move(frameworks)), {}}});
}

/// A list with an item a line, so that it can be compared and read.
void write_list(const std::vector<Value>& items, std::ostream& out) {
    out << "[";
    for (std::size_t i = 0; i < items.size(); ++i) out << (i == 0 ? "\n" : ",\n") << items[i].to_text();
    out << "\n]\n";
}

enum class Form { text, json, unknown };

Form form_of(const Options& options, std::ostream& err) {
    const std::string format = options.outputs.empty() ? "text" : options.outputs.back().format;
    if (format == "text" || format == "terminal") return Form::text;
    if (format == "json") return Form::json;
    err << "plumbline " << options.command << ": --format is text or json here, not " << quoted(format) << ".\n";
    return Form::unknown;
}

std::string padded(std::string_view value, std::size_t width) {
    std::string out = printable(value);
    const std::size_t used = display_width(out);
    if (used < width) out.append(width - used, ' ');
    return out;
}

std::string joined(const std::vector<std::string_view>& items) {
    std::string out;
    for (std::string_view item : items) out += (out.empty() ? "" : ", ") + printable(item);
    return out;
}

/// The rules that give evidence for each requirement of a framework, closest first.
using Evidence = std::map<std::string_view, std::vector<std::pair<const RuleInfo*, Closeness>>>;

Evidence evidence_for(const Catalogue& catalogue, std::string_view framework) {
    Evidence evidence;
    for (const RuleInfo& info : catalogue.rules->infos()) {
        for (const ControlLink& link : info.frameworks) {
            if (link.framework == framework) evidence[link.id].emplace_back(&info, link.closeness);
        }
    }
    for (auto& [id, rules] : evidence) {
        std::stable_sort(rules.begin(), rules.end(), [](const auto& a, const auto& b) { return a.second < b.second; });
    }
    return evidence;
}

bool is_assessed(const Requirement& requirement) {
    return !requirement.heading && !requirement.withdrawn;
}

/// Our controls that map to a requirement, rules or none.
std::vector<std::string_view> controls_for(const Catalogue& catalogue, std::string_view framework,
                                           std::string_view requirement) {
    std::vector<std::string_view> ids;
    for (const Control& control : catalogue.controls->controls()) {
        if (std::any_of(control.links.begin(), control.links.end(),
                        [&](const ControlLink& link) { return link.framework == framework && link.id == requirement; }))
            ids.push_back(control.id);
    }
    return ids;
}

struct Counts {
    std::int64_t requirements = 0, direct = 0, partial = 0, supports = 0;
};

Counts count_evidence(const Catalogue& catalogue, const Framework& framework) {
    const Evidence evidence = evidence_for(catalogue, framework.id);
    Counts counts;
    for (const Requirement& requirement : framework.requirements) {
        if (!is_assessed(requirement)) continue;
        ++counts.requirements;
        const auto found = evidence.find(requirement.id);
        if (found == evidence.end()) continue;
        switch (found->second.front().second) {
            case Closeness::direct:
                ++counts.direct;
                break;
            case Closeness::partial:
                ++counts.partial;
                break;
            case Closeness::supports:
                ++counts.supports;
                break;
        }
    }
    return counts;
}

Value requirement_value(const Catalogue& catalogue, const Framework& framework, const Requirement& requirement,
                        const Evidence& evidence) {
    std::vector<Value> rules;
    if (const auto found = evidence.find(requirement.id); found != evidence.end()) {
        for (const auto& [info, closeness] : found->second)
            rules.push_back(
                Value::object({{"rule", text(info->id), {}}, {"closeness", text(closeness_name(closeness)), {}}}));
    }
    std::vector<Value> groups;
    for (const std::string& group : requirement.groups) groups.push_back(text(group));
    return Value::object({{"id", text(requirement.id), {}},
                          {"title", text(requirement.title), {}},
                          {"parent", text(requirement.parent), {}},
                          {"groups", Value::tuple(std::move(groups)), {}},
                          {"controls", texts(controls_for(catalogue, framework.id, requirement.id)), {}},
                          {"rules", Value::tuple(std::move(rules)), {}}});
}

void write_requirement(const Catalogue& catalogue, const Framework& framework, const Requirement& requirement,
                       const Evidence& evidence, std::ostream& out) {
    out << "  " << padded(requirement.id, 14) << " " << printable(requirement.title) << "\n";
    const std::vector<std::string_view> controls = controls_for(catalogue, framework.id, requirement.id);
    const auto found = evidence.find(requirement.id);
    if (found == evidence.end()) {
        out << std::string(17, ' ')
            << (controls.empty() ? "no evidence from code" : "controls without a rule: " + joined(controls)) << "\n";
        return;
    }
    for (Closeness closeness : {Closeness::direct, Closeness::partial, Closeness::supports}) {
        std::vector<std::string_view> ids;
        for (const auto& [info, how] : found->second) {
            if (how == closeness) ids.push_back(info->id);
        }
        if (!ids.empty()) out << std::string(17, ' ') << closeness_name(closeness) << ": " << joined(ids) << "\n";
    }
}

}  // namespace

int list_rules(const Catalogue& catalogue, const Options& options, std::ostream& out, std::ostream& err) {
    const Form form = form_of(options, err);
    if (form == Form::unknown) return 2;
    if (form == Form::json) {
        std::vector<Value> items;
        for (const RuleInfo& info : catalogue.rules->infos()) items.push_back(rule_value(info));
        write_list(items, out);
        return 0;
    }
    std::size_t width = 0;
    for (const RuleInfo& info : catalogue.rules->infos()) width = std::max(width, display_width(info.id));
    for (const RuleInfo& info : catalogue.rules->infos())
        out << padded(info.id, width) << "  " << padded(to_string(info.severity), 8) << "  " << printable(info.title)
            << "\n";
    return 0;
}

int show_rule(const Catalogue& catalogue, const Options& options, std::ostream& out, std::ostream& err) {
    const Form form = form_of(options, err);
    if (form == Form::unknown) return 2;
    const std::string& word = options.arguments.front();
    const RuleInfo* info = catalogue.rules->find(word);
    if (!info) {
        std::vector<std::string_view> words;
        for (const RuleInfo& rule : catalogue.rules->infos()) {
            words.push_back(rule.id);
            words.insert(words.end(), rule.aliases.begin(), rule.aliases.end());
        }
        err << "plumbline rules show: there is no rule " << quoted(word) << "." << suggestion(word, words)
            << " See `plumbline rules list`.\n";
        return 2;
    }
    if (form == Form::json) {
        out << rule_value(*info).to_text() << "\n";
        return 0;
    }
    out << printable(info->id) << "  (" << to_string(info->severity) << ")\n" << printable(info->title) << "\n\n";
    out << "Why:       " << printable(info->why) << "\nFix:       " << printable(info->fix) << "\n";
    out << "Control:   " << printable(info->control) << " (" << printable(info->control_title) << ")\n";
    out << "Judges:    " << joined(info->types) << " (" << joined(info->platforms) << ")\n";
    if (!info->aliases.empty()) out << "Aliases:   " << joined(info->aliases) << "\n";
    for (std::string_view link : info->links) out << "Link:      " << printable(link) << "\n";
    std::string_view framework;
    for (const ControlLink& link : info->frameworks) {
        if (link.framework != framework) {
            framework = link.framework;
            const Framework* known = catalogue.controls->framework(framework);
            out << "\n" << (known ? printable(known->name) : printable(framework)) << "\n";
        }
        out << "  " << padded(link.id, 14) << " " << padded(closeness_name(link.closeness), 8) << " "
            << printable(link.title) << "\n";
    }
    return 0;
}

int list_frameworks(const Catalogue& catalogue, const Options& options, std::ostream& out, std::ostream& err) {
    const Form form = form_of(options, err);
    if (form == Form::unknown) return 2;
    std::vector<Value> items;
    for (const Framework& framework : catalogue.controls->frameworks()) {
        const Counts counts = count_evidence(catalogue, framework);
        if (form == Form::json) {
            items.push_back(Value::object({{"id", text(framework.id), {}},
                                           {"name", text(framework.name), {}},
                                           {"version", text(framework.version), {}},
                                           {"organization", text(framework.organization), {}},
                                           {"url", text(framework.url), {}},
                                           {"requirements", Value::number(counts.requirements), {}},
                                           {"direct", Value::number(counts.direct), {}},
                                           {"partial", Value::number(counts.partial), {}},
                                           {"supports", Value::number(counts.supports), {}}}));
        } else {
            out << padded(framework.id, 18) << " " << padded(framework.name, 34) << " " << counts.requirements
                << " requirements; evidence from rules: " << counts.direct << " direct, " << counts.partial
                << " partial, " << counts.supports << " supporting\n";
        }
    }
    if (form == Form::json) write_list(items, out);
    return 0;
}

int show_framework(const Catalogue& catalogue, const Options& options, std::ostream& out, std::ostream& err) {
    const Form form = form_of(options, err);
    if (form == Form::unknown) return 2;
    const std::string& id = options.arguments.front();
    const Framework* framework = catalogue.controls->framework(id);
    if (!framework) {
        std::vector<std::string_view> ids;
        for (const Framework& known : catalogue.controls->frameworks()) ids.push_back(known.id);
        err << "plumbline frameworks show: there is no framework " << quoted(id) << "." << suggestion(id, ids)
            << " See `plumbline frameworks list`.\n";
        return 2;
    }
    const Evidence evidence = evidence_for(catalogue, framework->id);
    if (form == Form::json) {
        std::vector<Value> items;
        for (const Requirement& requirement : framework->requirements) {
            if (is_assessed(requirement))
                items.push_back(requirement_value(catalogue, *framework, requirement, evidence));
        }
        write_list(items, out);
        return 0;
    }
    out << printable(framework->name) << " " << printable(framework->version) << "\n"
        << printable(framework->organization) << ", " << printable(framework->url) << "\n\n";
    for (const Requirement& requirement : framework->requirements) {
        if (requirement.heading)
            out << printable(requirement.id) << " " << printable(requirement.title) << "\n";
        else if (!requirement.withdrawn)
            write_requirement(catalogue, *framework, requirement, evidence, out);
    }
    const Counts counts = count_evidence(catalogue, *framework);
    out << "\nOf " << counts.requirements << " requirements rules give direct evidence for " << counts.direct
        << ", partial for " << counts.partial << ", supporting for " << counts.supports
        << ". The rest needs evidence that is not in code.\n";
    return 0;
}

}  // namespace plumbline
