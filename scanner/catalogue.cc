#include "scanner/catalogue.h"

#include <algorithm>
#include <set>

#include "rules/embed/embedded_data.h"
#include "scanner/document.h"
#include "scanner/model/text.h"

namespace plumbline {
namespace {

// Written by people, a rule a file: the largest of ours has 20 KB; a framework's catalogue may have some hundred.
constexpr std::uint64_t max_rule_file = std::uint64_t{4} << 20;
// No one nests rule folders deeper; it ends the walk where a file system is odd.
constexpr std::size_t max_folder_depth = 64;

/// Loads from one folder what a path's predicate wants.
class FolderLoader {
  public:
    FolderLoader(const RuleFolder& folder, const System& system, SourceSet& sources, Diagnostics& diagnostics)
        : folder_(folder), system_(system), sources_(sources), diagnostics_(diagnostics) {
        const std::unique_ptr<FileSystem> file_system = system.open(folder.absolute);
        if (!file_system->list("")) {
            diagnostics.file_error("unreadable", folder.called, "This folder of rules cannot be listed",
                                   "Check the path and its permissions.");
            return;
        }
        files_ = yaml_files(*file_system);
        if (files_.empty())
            diagnostics.file_error("no-rules", folder.called, "There is no rule in this folder",
                                   "Rules are files that end in .yaml.");
    }

    void load_mappings(ControlMap& controls) const {
        load([](const std::string& path) { return is_framework_file(path); },
             [&](const Value& root, const std::string&) { controls.add_framework(root, diagnostics_); });
        load([](const std::string& path) { return is_controls_file(path); },
             [&](const Value& root, const std::string&) { controls.add_controls(root, diagnostics_); });
    }
    void load_rules(RuleSet& rules, const ControlMap& controls) const {
        load([](const std::string& path) { return !is_framework_file(path) && !is_controls_file(path); },
             [&](const Value& root, const std::string& called) { rules.add(root, called, controls, diagnostics_); });
    }

  private:
    template <class Wanted, class Add>
    void load(Wanted&& wanted, Add&& add) const {
        for (const std::string& path : files_) {
            if (!wanted(path)) continue;
            const std::string called = folder_.called + "/" + path;
            const auto document =
                read_document(system_, folder_.absolute + "/" + path, called, max_rule_file, sources_, diagnostics_);
            if (document) add(document->root, called);
        }
    }

    const RuleFolder& folder_;
    const System& system_;
    SourceSet& sources_;
    Diagnostics& diagnostics_;
    std::vector<std::string> files_;
};

void load_mapping_files(MappingFiles& files, ControlMap& controls, const System& system, SourceSet& sources,
                        Diagnostics& diagnostics) {
    for (const auto& [absolute, called] : files.frameworks) {
        const auto document = read_document(system, absolute, called, max_rule_file, sources, diagnostics);
        // The id was checked with the rest.
        if (document && controls.add_framework(document->root, diagnostics))
            files.ids[absolute] = document->root.find("id")->value.as_string();
    }
    for (const auto& [absolute, called] : files.controls) {
        const auto document = read_document(system, absolute, called, max_rule_file, sources, diagnostics);
        if (document) controls.add_controls(document->root, diagnostics);
    }
}

std::vector<std::string_view> rule_words(const RuleSet& rules) {
    std::vector<std::string_view> words;
    for (const RuleInfo& info : rules.infos()) {
        words.push_back(info.id);
        words.insert(words.end(), info.aliases.begin(), info.aliases.end());
    }
    return words;
}

/// Ids of the rules that a word of --rule or --exclude-rule names.
std::vector<std::string_view> rules_named(const RuleSet& rules, const std::string& word) {
    if (const RuleInfo* info = rules.find(word)) return {info->id};
    return rules.matching(word);
}

std::string rule_ids(const RuleSet& rules, const std::vector<std::string>& words, std::string_view flag,
                     std::set<std::string_view>& ids) {
    for (const std::string& word : words) {
        const std::vector<std::string_view> named = rules_named(rules, word);
        if (named.empty())
            return "plumbline: " + std::string(flag) + ": there is no rule " + quoted(word) + "." +
                   suggestion(word, rule_words(rules)) + " See `plumbline rules list`.\n";
        ids.insert(named.begin(), named.end());
    }
    return "";
}

ControlInfo control_info(const Control& control) {
    ControlInfo info{control.id, control.title, control.objective, control.domain, control.proves, control.cadence};
    info.from = control.from;
    info.links = control.links;
    return info;
}

/// A word of --framework or --control that no rule belongs to would give a clean report that says nothing.
std::string word_without_rules(const Catalogue& catalogue, const std::string& word, bool is_control) {
    Lens one;
    const std::vector<std::string> words = {word}, none;
    const std::string error = is_control ? Lens::read(*catalogue.controls, none, words, one)
                                         : Lens::read(*catalogue.controls, words, none, one);
    if (!error.empty()) return error;
    const auto infos = catalogue.rules->infos();
    if (std::any_of(infos.begin(), infos.end(),
                    [&](const RuleInfo& info) { return one.wants(info.control, info.frameworks); }))
        return "";
    std::string out = "plumbline: " + std::string(is_control ? "--control" : "--framework") +
                      ": no rule gives evidence for " + quoted(word) + ".";
    for (const Framework& framework : catalogue.controls->frameworks()) {
        for (const Requirement* requirement : framework.resolve(word)) {
            if (requirement->outside.empty()) continue;
            return out + " Its evidence lies elsewhere: " + std::string(elsewhere_text(requirement->outside)) + ".\n";
        }
    }
    return out + " See `plumbline frameworks coverage`.\n";
}

}  // namespace

std::vector<std::string> yaml_files(const FileSystem& file_system) {
    std::vector<std::string> found;
    std::vector<std::pair<std::string, std::size_t>> open = {{"", 0}};
    while (!open.empty()) {
        const auto [folder, depth] = std::move(open.back());
        open.pop_back();
        const auto entries = file_system.list(folder);
        if (!entries) continue;
        for (const FileSystem::Entry& entry : *entries) {
            std::string path = folder.empty() ? entry.name : folder + "/" + entry.name;
            if (entry.kind == FileSystem::Kind::directory && depth < max_folder_depth)
                open.push_back({std::move(path), depth + 1});
            else if (entry.kind == FileSystem::Kind::file && (path.ends_with(".yaml") || path.ends_with(".yml")))
                found.push_back(std::move(path));
        }
    }
    std::sort(found.begin(), found.end());
    return found;
}

bool is_framework_file(std::string_view path) {
    return file_name(parent_path(path)) == "frameworks";
}

bool is_controls_file(std::string_view path) {
    return file_name(path) == "controls.yaml" || file_name(path) == "controls.yml";
}

Catalogue load_catalogue(const std::vector<RuleFolder>& folders, bool builtin_rules, const System& system,
                         SourceSet& sources, Diagnostics& diagnostics, MappingFiles* files) {
    Catalogue catalogue;
    catalogue.controls =
        std::make_unique<ControlMap>(ControlMap::from_pack(embedded_frameworks(), embedded_controls()));
    std::vector<FolderLoader> loaders;
    loaders.reserve(folders.size());
    for (const RuleFolder& folder : folders) loaders.emplace_back(folder, system, sources, diagnostics);
    // Every framework and control comes before any rule: rules hold views of their control and its links.
    for (const FolderLoader& loader : loaders) loader.load_mappings(*catalogue.controls);
    if (files) load_mapping_files(*files, *catalogue.controls, system, sources, diagnostics);
    catalogue.rules = builtin_rules
                          ? std::make_unique<RuleSet>(RuleSet::from_pack(embedded_rules(), *catalogue.controls))
                          : std::make_unique<RuleSet>();
    for (const FolderLoader& loader : loaders) loader.load_rules(*catalogue.rules, *catalogue.controls);
    catalogue.rules->set_document_reader(read_text_document);
    return catalogue;
}

std::string select_rules(Catalogue& catalogue, const Options& options, Lens& lens) {
    RuleSet& rules = *catalogue.rules;
    std::set<std::string_view> wanted, unwanted;
    if (std::string error = rule_ids(rules, options.rules, "--rule", wanted); !error.empty()) return error;
    if (std::string error = rule_ids(rules, options.excluded_rules, "--exclude-rule", unwanted); !error.empty())
        return error;
    if (std::string error = Lens::read(*catalogue.controls, options.frameworks, options.controls, lens); !error.empty())
        return error;
    for (const std::string& word : options.frameworks) {
        if (std::string error = word_without_rules(catalogue, word, false); !error.empty()) return error;
    }
    for (const std::string& word : options.controls) {
        if (std::string error = word_without_rules(catalogue, word, true); !error.empty()) return error;
    }
    if (options.rules.empty() && options.excluded_rules.empty() && options.frameworks.empty() &&
        options.controls.empty() && !options.severity)
        return "";
    // The views in `wanted` belong to the set that is being filtered; whether a rule stays is worked out before.
    rules.filter([&](const RuleInfo& info) {
        if (!options.rules.empty() && !wanted.contains(info.id)) return false;
        if (unwanted.contains(info.id)) return false;
        if (options.severity && info.severity < *options.severity) return false;
        return lens.wants(info.control, info.frameworks);
    });
    return "";
}

void describe(const Catalogue& catalogue, const Lens& lens, Report& report) {
    report.rules.assign(catalogue.rules->infos().begin(), catalogue.rules->infos().end());
    for (const Framework& framework : catalogue.controls->frameworks()) report.frameworks.push_back(framework.info());
    for (const Control& control : catalogue.controls->controls()) report.controls.push_back(control_info(control));
    lens.narrow(report);
}

}  // namespace plumbline
