#include "scanner/lens.h"

#include <algorithm>

#include "scanner/model/text.h"

namespace plumbline {
namespace {

bool in_group(const Requirement& requirement, const std::vector<std::string>& groups) {
    return std::any_of(requirement.groups.begin(), requirement.groups.end(), [&](const std::string& group) {
        return std::find(groups.begin(), groups.end(), group) != groups.end();
    });
}

/// Whether a word of --control names this requirement itself.
bool names(std::string_view word, const Framework& framework, const Requirement& requirement) {
    const auto is_it = [&](const std::string& id) {
        const std::string small = lower(id);
        return glob_match(word, small) || glob_match(word, lower(framework.id) + ":" + small);
    };
    return is_it(requirement.id) || std::any_of(requirement.aliases.begin(), requirement.aliases.end(), is_it);
}

/// Ids of a framework that a word names; what stands under a heading that it names, too.
std::set<std::string_view> named_requirements(std::string_view word, const Framework& framework) {
    std::set<std::string_view> whole, found;  // `whole`: headings that are named, and what stands under them
    for (const Requirement& requirement : framework.requirements) {  // parents come first
        const bool below = whole.contains(requirement.parent), named = names(word, framework, requirement);
        if (below || (named && requirement.heading)) whole.insert(requirement.id);
        if (below || named) found.insert(requirement.id);
    }
    return found;
}

std::string group_list(const Framework& framework) {
    std::string out;
    for (const RequirementGroup& group : framework.groups) out += (out.empty() ? "" : ", ") + group.id;
    return out;
}

}  // namespace

std::string Lens::read(const ControlMap& controls, const std::vector<std::string>& frameworks,
                       const std::vector<std::string>& control_words, Lens& lens, std::string_view called) {
    for (const std::string& word : frameworks) {
        if (std::string error = lens.add_framework(controls, word, called); !error.empty()) return error;
    }
    for (const std::string& word : control_words) {
        if (std::string error = lens.add_control(controls, word); !error.empty()) return error;
    }
    lens.finish(controls);
    return "";
}

std::string Lens::add_framework(const ControlMap& controls, const std::string& word, std::string_view called) {
    const std::string prefix = "plumbline: " + std::string(called) + ": ";
    any_framework_ = true;
    const std::size_t colon = word.find(':');
    const std::string id = word.substr(0, colon);
    const std::string group = colon == std::string::npos ? "" : word.substr(colon + 1);
    bool found = false;
    std::vector<std::string_view> ids, groups;
    for (const Framework& framework : controls.frameworks()) {
        ids.push_back(framework.id);
        for (const RequirementGroup& each : framework.groups) groups.push_back(each.id);
        if (!glob_match(id, framework.id)) continue;
        std::vector<std::string> wanted;
        for (const RequirementGroup& each : framework.groups) {
            if (colon != std::string::npos && glob_match(group, each.id)) wanted.push_back(each.id);
        }
        if (colon != std::string::npos && wanted.empty()) {
            if (id != framework.id) continue;  // a glob: other frameworks may have the group
            std::vector<std::string_view> own;
            for (const RequirementGroup& each : framework.groups) own.push_back(each.id);
            return prefix + framework.id + " has no group " + quoted(group) + "." + suggestion(group, own) +
                   (own.empty() ? " It has none.\n" : " Its groups: " + group_list(framework) + ".\n");
        }
        found = true;
        const auto [at, fresh] = frameworks_.try_emplace(framework.id, wanted);
        if (fresh) continue;
        // Named twice: groups add up, and the whole takes in every part.
        if (wanted.empty() || at->second.empty())
            at->second.clear();
        else
            at->second.insert(at->second.end(), wanted.begin(), wanted.end());
    }
    if (found) return "";
    if (colon == std::string::npos) {
        std::vector<std::string> owners;
        for (const Framework& framework : controls.frameworks()) {
            const bool has = std::any_of(framework.groups.begin(), framework.groups.end(),
                                         [&](const RequirementGroup& each) { return each.id == word; });
            if (has) owners.push_back(framework.id);
        }
        if (owners.size() == 1) return add_framework(controls, owners.front() + ":" + word, called);
        if (owners.size() > 1)
            return prefix + quoted(word) + " is a group of several frameworks. Say which: " + owners.front() + ":" +
                   word + ".\n";
    }
    ids.insert(ids.end(), groups.begin(), groups.end());
    return prefix + "there is no framework " + quoted(word) + "." + suggestion(word, ids) +
           " See `plumbline frameworks list`.\n";
}

std::string Lens::add_control(const ControlMap& controls, const std::string& word) {
    any_control_ = true;
    control_words_.push_back(word);
    const std::string small = lower(word);
    bool found = false;
    for (const Control& control : controls.controls()) {
        if (!glob_match(small, lower(control.id))) continue;
        own_controls_.insert(control.id);
        found = true;
    }
    for (const Framework& framework : controls.frameworks()) {
        std::set<std::string_view> ids = named_requirements(small, framework);
        if (ids.empty()) continue;
        requirements_[framework.id].merge(ids);
        found = true;
    }
    if (found) return "";
    std::vector<std::string_view> words;
    for (const Control& control : controls.controls()) words.push_back(control.id);
    for (const Framework& framework : controls.frameworks()) {
        for (const Requirement& requirement : framework.requirements) words.push_back(requirement.id);
    }
    return "plumbline: --control: there is no control or requirement " + quoted(word) + "." + suggestion(word, words) +
           " See `plumbline frameworks show ID`.\n";
}

void Lens::finish(const ControlMap& controls) {
    for (const Framework& framework : controls.frameworks()) {
        const auto chosen = frameworks_.find(framework.id);
        if (chosen != frameworks_.end()) order_.push_back(framework.id);
        const std::vector<std::string> groups =
            chosen == frameworks_.end() ? std::vector<std::string>{} : chosen->second;
        const auto named = requirements_.find(framework.id);
        if (groups.empty() && named == requirements_.end()) continue;
        Ids ids;
        for (const Requirement& requirement : framework.requirements) {
            if (!groups.empty() && !in_group(requirement, groups)) continue;
            if (named == requirements_.end() || named->second.contains(requirement.id)) ids.insert(requirement.id);
        }
        shown_.emplace(framework.id, std::move(ids));
        std::string part = join(groups, " + ");
        if (named != requirements_.end()) part += (part.empty() ? "" : ", ") + join(control_words_, ", ");
        parts_.emplace(framework.id, std::move(part));
    }
}

std::vector<std::string> Lens::chosen() const {
    return {order_.begin(), order_.end()};
}

bool Lens::shows(std::string_view framework, std::string_view id) const {
    const auto at = shown_.find(framework);
    return at == shown_.end() || at->second.contains(id);
}

std::string_view Lens::part(std::string_view framework) const {
    const auto at = parts_.find(framework);
    return at == parts_.end() ? std::string_view() : std::string_view(at->second);
}

bool Lens::wants(std::string_view control, const std::vector<ControlLink>& links) const {
    const bool in_framework = !any_framework_ || std::any_of(links.begin(), links.end(), [&](const ControlLink& link) {
        const auto at = frameworks_.find(link.framework);
        return at != frameworks_.end() && shows(link.framework, link.id);
    });
    if (!in_framework) return false;
    if (!any_control_ || own_controls_.contains(control)) return true;
    return std::any_of(links.begin(), links.end(), [&](const ControlLink& link) {
        const auto at = requirements_.find(link.framework);
        return at != requirements_.end() && at->second.contains(link.id);
    });
}

void Lens::narrow(Report& report) const {
    if (shown_.empty()) return;
    const auto hidden = [&](const ControlLink& link) { return !shows(link.framework, link.id); };
    for (RuleInfo& rule : report.rules) std::erase_if(rule.frameworks, hidden);
    for (ControlInfo& control : report.controls) std::erase_if(control.links, hidden);
    for (FrameworkInfo& framework : report.frameworks) {
        const auto part = parts_.find(framework.id);
        if (part == parts_.end()) continue;
        framework.part = part->second;
        // Headings stay: reports group by them, and count nothing under them.
        std::erase_if(framework.requirements, [&](const RequirementInfo& requirement) {
            return !requirement.heading && !shows(framework.id, requirement.id);
        });
    }
}

}  // namespace plumbline
