#pragma once

#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/acceptance.h"
#include "scanner/catalogue.h"
#include "scanner/config.h"
#include "scanner/database.h"
#include "scanner/model/diagnostic.h"
#include "scanner/options.h"
#include "scanner/pipeline.h"
#include "scanner/place.h"
#include "scanner/recording_system.h"
#include "scanner/render.h"
#include "scanner/run.h"
#include "scanner/system.h"

namespace plumbline {

/// What a command that evaluates files starts from: the place, its file system, settings and rules. `options` has the
/// configuration merged in.
struct Session {
    const Call& call;
    System& system;
    Options options;
    std::ostream& out;
    std::ostream& err;

    SourceSet sources;
    Diagnostics diagnostics;
    Coverage coverage;
    Place place;
    std::unique_ptr<FileSystem> file_system;
    Config config;
    Catalogue catalogue;
    Lens lens;
    MappingFiles mapping_files;
    std::vector<Environment> environments;
    RenderedPlaces rendered;
    /// Files named outside of the tree (--var-file /secrets/prod.tfvars), by the path they have in `file_system`.
    std::map<std::string, std::string> outside_files;
    /// With --evidence: what was read, `system` itself. Null without.
    const RecordingSystem* recording = nullptr;

    std::string today() const { return call.now.substr(0, 10); }

    Session(const Call& its_call, System& its_system, Options its_options, std::ostream& its_out, std::ostream& its_err)
        : call(its_call), system(its_system), options(std::move(its_options)), out(its_out), err(its_err) {}

    Work work(Progress* progress = nullptr) {
        return {*file_system, sources, diagnostics, coverage, options.jobs.value_or(call.cores), progress};
    }
    /// The absolute path of a file as typed on the command line.
    std::string typed(const std::string& file) const { return absolute_path(call.working_directory, file); }
    /// The same for a ledger: a database's address stays as it is.
    std::string typed_ledger(const std::string& address) const {
        return is_postgresql(address) ? address : typed(address);
    }
    /// The absolute path of a file that the configuration names, or of a default: from the tree's top.
    std::string settled(const std::string& file) const { return absolute_path(place.root, file); }
};

/// Finds the place of `paths`, reads the configuration and merges it, and makes the environments. False when the run
/// must stop (diagnostics say why): the configuration or a parameter file has a fault, so that nobody knows what was
/// meant.
bool open_session(Session& session, const std::vector<std::string>& paths, bool with_settings = true);

/// For commands that need no tree but rules, frameworks and controls: reads the configuration around the working folder
/// for those, and merges nothing else. False when it has a fault.
bool open_catalogue(Session& session);

/// Loads the rules that options and configuration ask for. Words of --framework that are files of frameworks become the
/// frameworks' ids.
/// A tree with the files that are named outside of it.
std::unique_ptr<FileSystem> with_outside_files(const Session& session, std::shared_ptr<const FileSystem> tree);

/// Loads the rules that options and configuration ask for.
void load_rules(Session& session);

/// The waiver file: as typed, as the configuration says, or `.plumbline/waivers.yaml`. Absolute.
std::string waiver_file(const Session& session);
constexpr std::uint64_t max_waiver_size = std::uint64_t{4} << 20;

/// Fills in what reports say of the program and of the session's rules, controls and frameworks.
void describe_catalogue(const Session& session, Report& report);

/// The entries of the waiver file; none where there is no such file.
std::vector<Waiver> load_waivers(Session& session);

/// The end of a run that cannot go on: prints what was found wrong. Exit code 2.
int stop(Session& session);

/// The end of a run: gives sources, diagnostics and gaps the paths that people see, and returns the diagnostics. Once.
std::vector<Diagnostic> shown_diagnostics(Session& session);

/// Prints what was found wrong, in order, each text once: errors always, warnings unless quiet, notes when verbose.
void print_diagnostics(const std::vector<Diagnostic>& diagnostics, const SourceSet& sources, int verbosity,
                       std::ostream& err);

/// A gap in what was judged, as a diagnostic.
Diagnostic to_diagnostic(const CoverageGap& gap);

}  // namespace plumbline
