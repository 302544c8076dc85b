#include "scanner/init.h"

#include "parsers/git/repository.h"
#include "scanner/commands.h"
#include "scanner/model/text.h"
#include "scanner/session.h"

namespace plumbline {
namespace {

constexpr std::string_view hook_mark = "plumbline init --hook";
// Hooks are small scripts.
constexpr std::uint64_t max_hook_size = std::uint64_t{1} << 20;

constexpr std::string_view hook_text = R"(#!/bin/sh
# Judges what is staged; written by `plumbline init --hook`. To commit all the same: git commit --no-verify
if ! command -v plumbline >/dev/null 2>&1; then
    echo "pre-commit: plumbline is not on the PATH, so what is staged was not judged. Install it, or remove $0." >&2
    exit 1
fi
exec plumbline scan --staged --quiet
)";

std::string setting(const Session& session, const std::string& name) {
    const auto found = session.call.environment.find(name);
    return found == session.call.environment.end() ? std::string() : found->second;
}

/// git's configuration files, the strongest last.
std::vector<std::string> config_files(const Session& session, const std::string& git_folder) {
    std::vector<std::string> files;
    if (setting(session, "GIT_CONFIG_NOSYSTEM").empty()) files.push_back("/etc/gitconfig");
    const std::string home = setting(session, "HOME"), global = setting(session, "GIT_CONFIG_GLOBAL");
    if (!global.empty()) {
        files.push_back(global);
    } else if (!home.empty()) {
        const std::string xdg = setting(session, "XDG_CONFIG_HOME");
        files.push_back((xdg.empty() ? home + "/.config" : xdg) + "/git/config");
        files.push_back(home + "/.gitconfig");
    }
    files.push_back(git_folder + "config");
    return files;
}

/// Writes a file that is not there yet. False after a message.
bool write_new(Session& session, const std::string& path, std::string_view text) {
    const std::string file = session.typed(path);
    if (session.system.real_path(file)) {
        session.err << "plumbline init: " << path << " is there already; nothing was changed.\n";
        return false;
    }
    if (const std::string error = session.system.write(file, text); !error.empty()) {
        session.err << "plumbline init: " << quoted(file) << ": " << error << ".\n";
        return false;
    }
    session.out << "Wrote " << path << ".";
    return true;
}

bool write_config(Session& session) {
    if (!write_new(session, ".plumbline/config.yaml", config_template())) return false;
    // Beside it, for editors; one of an earlier version is renewed.
    const std::string schema = session.typed(".plumbline/config.schema.json");
    if (const std::string error = session.system.write(schema, config_schema()); !error.empty()) {
        session.err << "\nplumbline init: " << quoted(schema) << ": " << error << ".\n";
        return false;
    }
    session.out << " Next: plumbline scan\n";
    return true;
}

bool write_workflow(Session& session) {
    if (!write_new(session, ".github/workflows/plumbline.yml", workflow_text())) return false;
    session.out << " Put in where you keep plumbline, and the commit of it that you have reviewed.\n";
    return true;
}

bool write_hook(Session& session) {
    std::string error;
    const std::string folder = hooks_folder(session, error);
    if (folder.empty()) {
        session.err << "plumbline init: --hook: " << error << "\n";
        return false;
    }
    const std::string file = folder + "/pre-commit";
    const std::string shown = printable(session.place.shown(session.place.inside(file)));
    if (session.system.real_path(file)) {
        const auto before = session.system.open(folder)->read("pre-commit", max_hook_size);
        if (before.text.find(hook_mark) == std::string::npos) {
            const bool framework = before.text.find("pre-commit.com") != std::string::npos;
            session.err << "plumbline init: " << shown
                        << " is there already and does something else; nothing was changed.\n"
                        << (framework ? "It is pre-commit's: add plumbline to .pre-commit-config.yaml (README.md).\n"
                                      : "Add this line to it:\n    plumbline scan --staged --quiet || exit 1\n");
            return false;
        }
    }
    if (error = session.system.write_program(file, hook_text); !error.empty()) {
        session.err << "plumbline init: " << quoted(file) << ": " << error << ".\n";
        return false;
    }
    session.out << "Wrote " << shown << ". Each commit is judged now; only what it introduces can stop it.\n";
    return true;
}

}  // namespace

std::string hooks_folder(const Session& session, std::string& error) {
    const auto repository = git::Repository::open(session.place.root, error);
    if (!repository) {
        error = printable(session.place.root) + " is in no git repository (" + error + ").";
        return "";
    }
    const std::string git_folder = repository->git_folder();
    std::string path = git::path_setting(config_files(session, git_folder), "core.hooksPath");
    if (path.starts_with("~/")) path = setting(session, "HOME") + path.substr(1);
    // A relative one starts where hooks run: the top of the work tree.
    return path.empty() ? git_folder + "hooks" : absolute_path(session.place.root, path);
}

int run_init(Session& session) {
    Diagnostics ignored;  // the working folder is there
    session.place = locate({}, session.call.working_directory, session.system, ignored);
    const Options& options = session.options;
    bool good = true;
    if (!options.hook && !options.workflow) good = write_config(session);
    if (options.workflow) good = write_workflow(session);
    if (options.hook) good = write_hook(session) && good;
    return code(good ? Exit::clean : Exit::incomplete);
}

}  // namespace plumbline
