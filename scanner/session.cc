#include "scanner/session.h"

#include <algorithm>
#include <unordered_set>

#include "scanner/model/text.h"
#include "scanner/parameter_file.h"
#include "scanner/policy.h"

namespace plumbline {
namespace {

// Settings are written by people.
constexpr std::uint64_t max_config_size = std::uint64_t{1} << 20;
// CloudFormation takes 200 parameters of 4 KB each.
constexpr std::uint64_t max_parameter_file_size = std::uint64_t{4} << 20;
// More warnings than this bury the errors; -v shows all.
constexpr std::size_t shown_warnings = 40;

/// A tree with some files from elsewhere (--var-file /secrets/prod.tfvars), which appear in a folder of their own.
class WithOutsideFiles : public FileSystem {
  public:
    WithOutsideFiles(std::shared_ptr<const FileSystem> tree, std::map<std::string, std::string> files)
        : tree_(std::move(tree)), outside_(std::move(files)) {}
    std::optional<std::vector<Entry>> list(std::string_view directory) const override {
        return pick(directory).list(directory);
    }
    std::optional<Entry> stat(std::string_view path) const override { return pick(path).stat(path); }
    ReadResult read(std::string_view path, std::uint64_t limit) const override { return pick(path).read(path, limit); }

  private:
    const FileSystem& pick(std::string_view path) const {
        if (is_below(path, outside_folder)) return outside_;
        return *tree_;
    }
    std::shared_ptr<const FileSystem> tree_;
    MemoryFileSystem outside_;
};

/// The policies that hold here: named on the command line, by the environment and in the configuration. Each is
/// enforced, so that a configuration cannot get rid of one. False when one cannot be read.
bool enforce_policies(Session& session, const Value& configuration) {
    std::vector<std::string> files;
    const auto add = [&](const std::string& file) {
        if (std::find(files.begin(), files.end(), file) == files.end()) files.push_back(file);
    };
    if (!session.options.policy.empty()) add(session.typed(session.options.policy));
    const auto variable = session.call.environment.find("PLUMBLINE_POLICY");
    if (variable != session.call.environment.end() && !variable->second.empty()) add(session.typed(variable->second));
    if (!session.config.policy.empty()) add(session.settled(session.config.policy));
    for (const std::string& file : files) {
        const auto document = read_document(session.system, file, session.place.inside(file), max_config_size,
                                            session.sources, session.diagnostics);
        if (!document) return false;
        Diagnostics diagnostics;
        Policy policy = read_policy(document->root, diagnostics);
        const bool good = !diagnostics.has_errors();
        session.diagnostics.append(std::move(diagnostics));
        if (!good) return false;
        for (std::string& folder : policy.settings.rule_folders) folder = absolute_path(folder_of(file), folder);
        enforce(policy, configuration, session.config, session.options, session.diagnostics);
    }
    return true;
}

bool read_settings(Session& session) {
    const bool named = !session.options.config.empty();
    const std::string absolute =
        named ? session.typed(session.options.config) : session.settled(".plumbline/config.yaml");
    if (!named && !session.file_system->exists(".plumbline/config.yaml")) return enforce_policies(session, Value());
    const auto document = read_document(session.system, absolute, session.place.inside(absolute), max_config_size,
                                        session.sources, session.diagnostics);
    if (!document) return false;
    Diagnostics diagnostics;
    session.config = read_config(document->root, diagnostics);
    const bool good = !diagnostics.has_errors();
    session.diagnostics.append(std::move(diagnostics));
    return good && enforce_policies(session, document->root);
}

/// Whether a word of --framework is a file with a framework: ids have no such ending.
bool is_framework_file_word(const std::string& word) {
    return word.ends_with(".yaml") || word.ends_with(".yml");
}

/// Whether the command's argument is a framework, not a path.
bool names_framework(const Session& session) {
    return session.options.command.starts_with("frameworks ");
}

/// Makes files among the words absolute, and loads them later.
std::vector<std::string> framework_words(Session& session, const std::vector<std::string>& words, bool typed) {
    std::vector<std::string> out;
    for (const std::string& word : words) {
        if (!is_framework_file_word(word)) {
            out.push_back(word);
            continue;
        }
        out.push_back(typed ? session.typed(word) : session.settled(word));
        session.mapping_files.frameworks.push_back({out.back(), session.place.inside(out.back())});
    }
    return out;
}

void merge_mapping_files(Session& session) {
    session.options.frameworks = framework_words(session, session.options.frameworks, true);
    if (names_framework(session)) session.options.arguments = framework_words(session, session.options.arguments, true);
    // Loaded even where the command line chooses others: a control's file may map to them.
    session.config.frameworks = framework_words(session, session.config.frameworks, false);
    for (const std::string& file : session.config.control_files) {
        const std::string absolute = session.settled(file);
        session.mapping_files.controls.push_back({absolute, session.place.inside(absolute)});
    }
}

/// The command line goes before the configuration; what both list is joined.
void merge_settings(Session& session) {
    merge_mapping_files(session);
    Options& options = session.options;
    const Config& config = session.config;
    if (!options.severity) options.severity = config.severity;
    if (!options.fail_on) options.fail_on = config.fail_on;
    if (options.frameworks.empty()) options.frameworks = config.frameworks;
    options.excluded_rules.insert(options.excluded_rules.end(), config.excluded_rules.begin(),
                                  config.excluded_rules.end());
    // Typed patterns are meant from the working folder, those of the configuration from the tree's top.
    for (std::string& glob : options.exclude) glob = session.place.pattern_in_root(glob);
    options.exclude.insert(options.exclude.end(), config.exclude.begin(), config.exclude.end());
    if (!config.builtin_rules) options.no_builtin_rules = true;
}

/// Reads a file of CloudFormation parameters, absolute; false when it cannot be used.
bool add_parameters(Session& session, const std::string& file, Inputs& inputs) {
    const auto document = read_document(session.system, file, session.place.inside(file), max_parameter_file_size,
                                        session.sources, session.diagnostics);
    if (!document) return false;
    Diagnostics diagnostics;
    read_parameter_file(*document, inputs.parameters, diagnostics);
    const bool good = !diagnostics.has_errors();
    session.diagnostics.append(std::move(diagnostics));
    return good;
}

/// nullopt when a file that it names cannot be used; diagnostics say why.
std::optional<Environment> make_environment(Session& session, const Config::EnvironmentSettings& settings) {
    Environment environment;
    environment.name = settings.name;
    environment.roots = settings.roots;
    Inputs& inputs = environment.inputs;
    inputs.workspace = settings.workspace.empty() ? session.options.inputs.workspace : settings.workspace;
    inputs.environment = session.options.inputs.environment;
    for (const std::string& file : settings.var_files)
        inputs.assignments.push_back({Inputs::Assignment::Kind::variable_file, {}, session.settled(file)});
    for (const auto& [name, value] : settings.vars)
        inputs.assignments.push_back({Inputs::Assignment::Kind::variable, name, value});
    bool good = true;
    for (const std::string& file : settings.param_files)
        good = add_parameters(session, session.settled(file), inputs) && good;
    for (const auto& [name, value] : settings.params) inputs.parameters[name] = {value, {}};
    // What was typed comes last, so that it wins.
    for (const Inputs::Assignment& assignment : session.options.inputs.assignments)
        inputs.assignments.push_back(assignment);
    for (const std::string& file : session.options.param_files)
        good = add_parameters(session, session.typed(file), inputs) && good;
    for (const auto& [name, value] : session.options.inputs.parameters) inputs.parameters[name] = value;
    if (!good) return std::nullopt;
    return environment;
}

/// Turns the absolute paths of variable files into paths of the file system; files outside of the tree are read now.
void place_variable_files(Session& session) {
    for (Environment& environment : session.environments) {
        for (Inputs::Assignment& assignment : environment.inputs.assignments) {
            if (assignment.kind != Inputs::Assignment::Kind::variable_file) continue;
            const std::string absolute = session.system.real_path(assignment.text).value_or(assignment.text);
            if (is_below(absolute, session.place.root)) {
                assignment.text = session.place.inside(absolute);
                continue;
            }
            const FileSystem::ReadResult read =
                session.system.open(folder_of(absolute))->read(file_name(absolute), max_file_size);
            assignment.text = std::string(outside_folder) + absolute;
            // A file that cannot be read is missing there too, and the evaluation of each root says so.
            if (read.error.empty()) session.outside_files[assignment.text] = read.text;
        }
    }
    if (!session.outside_files.empty())
        session.file_system = with_outside_files(session, std::move(session.file_system));
}

bool make_environments(Session& session) {
    for (Inputs::Assignment& assignment : session.options.inputs.assignments) {
        if (assignment.kind == Inputs::Assignment::Kind::variable_file)
            assignment.text = session.typed(assignment.text);
    }
    std::vector<Config::EnvironmentSettings> all = session.config.environments;
    if (all.empty()) all.emplace_back();
    for (const Config::EnvironmentSettings& settings : all) {
        std::optional<Environment> made = make_environment(session, settings);
        if (!made) return false;
        session.environments.push_back(std::move(*made));
    }
    place_variable_files(session);
    return true;
}

}  // namespace

bool open_session(Session& session, const std::vector<std::string>& paths, bool with_settings) {
    session.place = locate(paths, session.call.working_directory, session.system, session.diagnostics);
    session.file_system = session.system.open(session.place.root);
    if (with_settings && !read_settings(session)) return false;
    merge_settings(session);
    return make_environments(session);
}

bool open_catalogue(Session& session) {
    Diagnostics nothing;  // an odd working folder matters to nobody here
    session.place = locate({}, session.call.working_directory, session.system, nothing);
    if (session.place.root.empty()) session.place.root = session.place.base = session.call.working_directory;
    session.file_system = session.system.open(session.place.root);
    const bool good = read_settings(session);
    merge_mapping_files(session);
    return good;
}

std::unique_ptr<FileSystem> with_outside_files(const Session& session, std::shared_ptr<const FileSystem> tree) {
    return std::make_unique<WithOutsideFiles>(std::move(tree), session.outside_files);
}

void load_rules(Session& session) {
    std::vector<RuleFolder> folders;
    for (const std::string& folder : session.config.rule_folders) {
        const std::string absolute = session.settled(folder);
        folders.push_back({absolute, session.place.inside(absolute)});
    }
    for (const std::string& folder : session.options.rule_folders) {
        const std::string absolute = session.typed(folder);
        folders.push_back({absolute, session.place.inside(absolute)});
    }
    session.catalogue = load_catalogue(folders, !session.options.no_builtin_rules, session.system, session.sources,
                                       session.diagnostics, &session.mapping_files);
    const auto name_frameworks = [&](std::vector<std::string>& words) {
        for (std::string& word : words) {
            const auto loaded = session.mapping_files.ids.find(word);
            if (loaded != session.mapping_files.ids.end()) word = loaded->second;
        }
    };
    name_frameworks(session.options.frameworks);
    if (names_framework(session)) name_frameworks(session.options.arguments);
}

std::string waiver_file(const Session& session) {
    if (!session.options.waivers.empty()) return session.typed(session.options.waivers);
    return session.settled(session.config.waiver_file.empty() ? ".plumbline/waivers.yaml" : session.config.waiver_file);
}

void describe_catalogue(const Session& session, Report& report) {
    report.tool_version = PLUMBLINE_VERSION;
    report.tool_uri = PLUMBLINE_HOMEPAGE;
    describe(session.catalogue, session.lens, report);
}

std::vector<Waiver> load_waivers(Session& session) {
    const bool named = !session.options.waivers.empty() || !session.config.waiver_file.empty();
    const std::string file = waiver_file(session);
    if (!named && !session.system.real_path(file)) return {};
    const auto document = read_document(session.system, file, session.place.inside(file), max_waiver_size,
                                        session.sources, session.diagnostics);
    if (!document) return {};
    return read_waivers(document->root, session.config.waiver_max_days, session.diagnostics);
}

int stop(Session& session) {
    print_diagnostics(shown_diagnostics(session), session.sources, session.options.verbosity, session.err);
    return code(Exit::incomplete);
}

std::vector<Diagnostic> shown_diagnostics(Session& session) {
    session.sources.rename([&](const std::string& path) { return session.place.shown(path); });
    std::vector<Diagnostic> shown = session.diagnostics.items();
    for (Diagnostic& diagnostic : shown) {
        diagnostic.subject = session.rendered.place(diagnostic.subject, session.sources);
        if (!diagnostic.path.empty()) diagnostic.path = session.place.shown(diagnostic.path);
    }
    for (CoverageGap& gap : session.coverage.gaps) {
        gap.span = session.rendered.place(gap.span, session.sources);
        if (!gap.path.empty()) gap.path = session.place.shown(gap.path);
    }
    return shown;
}

Diagnostic to_diagnostic(const CoverageGap& gap) {
    return {Level::warning, gap.kind, "Not judged: " + gap.subject, gap.reason, gap.span, gap.path, {}};
}

void print_diagnostics(const std::vector<Diagnostic>& diagnostics, const SourceSet& sources, int verbosity,
                       std::ostream& err) {
    std::unordered_set<std::string> printed;
    std::size_t warnings = 0;
    for (const Diagnostic& diagnostic : diagnostics) {
        if (diagnostic.level == Level::note && verbosity < 1) continue;
        // That an exception has ended must not drown, nor be switched off.
        const bool loud = diagnostic.code == "expired-waiver" || diagnostic.code == "expired-suppression";
        if (diagnostic.level == Level::warning && verbosity < 0 && !loud) continue;
        std::string text = to_text(diagnostic, sources);
        if (!printed.insert(text).second) continue;
        if (diagnostic.level == Level::warning && !loud && verbosity < 1 && ++warnings > shown_warnings) continue;
        err << text;
    }
    if (warnings > shown_warnings)
        err << "plumbline: " << warnings - shown_warnings << " more warnings; -v shows all.\n";
}

}  // namespace plumbline
