#pragma once

#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "rules/control_map.h"
#include "rules/rule_set.h"
#include "scanner/lens.h"
#include "scanner/model/diagnostic.h"
#include "scanner/model/report.h"
#include "scanner/options.h"
#include "scanner/system.h"

namespace plumbline {

/// Rules, and the controls and frameworks they are evidence for. Built once, then read from every thread.
struct Catalogue {
    std::unique_ptr<ControlMap> controls;  ///< outlives `rules`, which refers to it
    std::unique_ptr<RuleSet> rules;
};

/// A folder of rule files: where it is and how messages call it.
struct RuleFolder {
    std::string absolute, called;
};

/// Single files of the user's own: catalogues of frameworks, and lists of controls or changes to their mappings.
struct MappingFiles {
    std::vector<RuleFolder> frameworks, controls;
    /// By the absolute path of a file in `frameworks`, the id of the framework that it gave; filled by loading.
    std::map<std::string, std::string> ids;
};

/// What is built in, then each folder's frameworks (`frameworks/*.yaml`), controls (`controls.yaml`) and rules (every
/// other `.yaml`), the layout of this project's own `rules/`, with `files` after the folders' frameworks and controls.
/// A file with a fault is reported and left out.
Catalogue load_catalogue(const std::vector<RuleFolder>& folders, bool builtin_rules, const System& system,
                         SourceSet& sources, Diagnostics& diagnostics, MappingFiles* files = nullptr);

/// Every YAML file below a folder, sorted, relative to it.
std::vector<std::string> yaml_files(const FileSystem& file_system);
/// Whether a path below a rule folder is a framework's catalogue or the list of controls, not a rule.
bool is_framework_file(std::string_view path);
bool is_controls_file(std::string_view path);

/// Keeps the rules that --rule, --exclude-rule, --control, --framework and --severity leave, and says in `lens` what of
/// the frameworks was chosen. Empty on success; a word that names nothing is a mistake and is said with a suggestion.
std::string select_rules(Catalogue& catalogue, const Options& options, Lens& lens);

/// Tells a report of the rules, controls and frameworks, as far as the lens leaves them.
void describe(const Catalogue& catalogue, const Lens& lens, Report& report);

// The commands over the catalogue. Each returns the exit code.
int list_rules(const Catalogue& catalogue, const Options& options, std::ostream& out, std::ostream& err);
int show_rule(const Catalogue& catalogue, const Options& options, std::ostream& out, std::ostream& err);
int list_frameworks(const Catalogue& catalogue, const Options& options, std::ostream& out, std::ostream& err);
int show_framework(const Catalogue& catalogue, const Options& options, std::ostream& out, std::ostream& err);
/// `now`: for OSCAL, which demands a time.
int show_coverage(const Catalogue& catalogue, const Options& options, std::string_view now, std::ostream& out,
                  std::ostream& err);

}  // namespace plumbline
