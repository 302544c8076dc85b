// `rules list`, `rules show`.
#include <algorithm>

#include "reporters/layout.h"
#include "reporters/summary.h"
#include "scanner/catalogue.h"
#include "scanner/catalogue_output.h"
#include "scanner/model/text.h"

namespace plumbline {
namespace {

Value rule_value(const RuleInfo& info) {
    std::vector<Value> frameworks;
    for (const ControlLink& link : info.frameworks) {
        frameworks.push_back(Value::object({{"framework", text(link.framework), {}},
                                            {"id", text(link.id), {}},
                                            {"title", text(link.title), {}},
                                            {"closeness", text(to_string(link.closeness)), {}}}));
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

}  // namespace

int list_rules(const Catalogue& catalogue, const Options& options, std::ostream& out, std::ostream& err) {
    const auto format = format_of(options, {"text", "json"}, err);
    if (!format) return 2;
    if (*format == "json") {
        std::vector<Value> items;
        for (const RuleInfo& info : catalogue.rules->infos()) items.push_back(rule_value(info));
        write_list(items, out);
        return 0;
    }
    std::size_t width = 0;
    for (const RuleInfo& info : catalogue.rules->infos()) width = std::max(width, display_width(info.id));
    for (const RuleInfo& info : catalogue.rules->infos())
        out << padded(printable(info.id), width) << "  " << padded(to_string(info.severity), 8) << "  "
            << printable(info.title) << "\n";
    return 0;
}

int show_rule(const Catalogue& catalogue, const Options& options, std::ostream& out, std::ostream& err) {
    const auto format = format_of(options, {"text", "json"}, err);
    if (!format) return 2;
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
    if (*format == "json") {
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
        out << "  " << padded(printable(link.id), 14) << " " << padded(to_string(link.closeness), 8) << " "
            << printable(link.title) << "\n";
    }
    return 0;
}

}  // namespace plumbline
