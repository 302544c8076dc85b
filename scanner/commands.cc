#include "scanner/commands.h"

#include <algorithm>
#include <array>
#include <functional>

#include "scanner/acceptance.h"
#include "scanner/inspect.h"
#include "scanner/manual.h"
#include "scanner/model/text.h"
#include "scanner/rule_examples.h"
#include "scanner/session.h"

namespace plumbline {
namespace {

// A line an expression; the largest list known has a few thousand.
constexpr std::uint64_t max_expressions_size = std::uint64_t{64} << 20;

using CatalogueCommand = std::function<int(const Catalogue&, const Options&, std::ostream&, std::ostream&)>;

/// The commands over the catalogue need no tree, but the rules, frameworks and controls that the configuration names.
int over_catalogue(Session& session, const CatalogueCommand& command) {
    const bool settings = open_catalogue(session);
    if (settings) load_rules(session);
    print_diagnostics(session.diagnostics.items(), session.sources, session.options.verbosity, session.err);
    if (!settings) return code(Exit::incomplete);
    if (const std::string error = select_rules(session.catalogue, session.options, session.lens); !error.empty()) {
        session.err << error;
        return code(Exit::incomplete);
    }
    const int result = command(session.catalogue, session.options, session.out, session.err);
    return session.diagnostics.has_errors() ? code(Exit::incomplete) : result;
}

/// What `waive` writes, checked as far as reading it again would.
std::string make_waiver(const Session& session, Waiver& waiver) {
    const Options& options = session.options;
    const RuleSet& rules = *session.catalogue.rules;
    const std::string& word = options.arguments.front();
    if (const RuleInfo* info = rules.find(word)) {
        waiver.rule = info->id;
    } else if (!rules.matching(word).empty()) {
        waiver.rule = word;
    } else if (std::any_of(rules.infos().begin(), rules.infos().end(),
                           [&](const RuleInfo& rule) { return glob_match(word, rule.control); })) {
        waiver.control = word;
    } else {
        std::vector<std::string_view> words;
        for (const RuleInfo& rule : rules.infos()) {
            words.push_back(rule.id);
            words.push_back(rule.control);
        }
        return "there is no rule or control " + quoted(word) + "." + suggestion(word, words);
    }
    if (options.arguments.size() > 1) waiver.resource = options.arguments[1];
    waiver.path = options.path;
    waiver.owner = options.owner;
    waiver.reason = options.reason;
    waiver.compensating_control = options.compensating_control;
    waiver.approver = options.approver;
    waiver.ticket = options.ticket;
    waiver.created = session.today();
    waiver.expires = options.expires;
    if (waiver.owner.empty()) return "--owner is missing: someone must answer for the risk.";
    if (waiver.reason.empty()) return "--reason is missing: an auditor will ask why.";
    if (waiver.expires.empty()) return "--expires is missing: every exception ends.";
    if (!is_date(waiver.expires)) return "--expires: " + quoted(waiver.expires) + " is no date; write YYYY-MM-DD.";
    if (waiver.expires < waiver.created) return "--expires: " + waiver.expires + " has passed.";
    if (session.config.waiver_max_days &&
        day_number(waiver.expires) - day_number(waiver.created) > *session.config.waiver_max_days)
        return "--expires: the configuration allows no more than " + std::to_string(*session.config.waiver_max_days) +
               " days.";
    return "";
}

}  // namespace

int run_inspect(Session& session) {
    if (!session.options.outputs.empty() && session.options.outputs.back().format != "json") {
        session.err << "plumbline inspect: json is the only --format here.\n";
        return code(Exit::incomplete);
    }
    // The configuration is about judging; its environments would make one root several.
    if (!open_session(session, session.options.arguments, false)) return stop(session);
    if (session.place.folders.empty()) {
        if (!session.place.files.empty())
            session.err << "plumbline inspect: PATH must be a folder, a Terraform root module.\n";
        return stop(session);
    }
    InspectOptions options;
    options.path = session.place.folders.front();
    options.inputs = session.environments.front().inputs;
    options.working_directory = absolute_path(session.place.root, options.path);
    if (!session.options.expressions.empty()) {
        const std::string file = session.typed(session.options.expressions);
        FileSystem::ReadResult text = session.system.open(folder_of(file))->read(file_name(file), max_expressions_size);
        if (!text.error.empty()) {
            session.err << "plumbline inspect: --expressions " << quoted(session.options.expressions) << ": "
                        << text.error << ".\n";
            return code(Exit::incomplete);
        }
        options.expressions = std::move(text.text);
    }
    return inspect(options, *session.file_system, session.out, session.err);
}

int run_list_rules(Session& session) {
    return over_catalogue(session, list_rules);
}

int run_show_rule(Session& session) {
    return over_catalogue(session, show_rule);
}

int run_list_frameworks(Session& session) {
    return over_catalogue(session, list_frameworks);
}

int run_show_framework(Session& session) {
    return over_catalogue(session, show_framework);
}

int run_framework_coverage(Session& session) {
    return over_catalogue(
        session, [&](const Catalogue& catalogue, const Options& options, std::ostream& out, std::ostream& err) {
            return show_coverage(catalogue, options, session.call.now, out, err);
        });
}

int run_test_rules(Session& session) {
    std::string called = session.options.arguments.front();
    while (called.size() > 1 && called.ends_with('/')) called.pop_back();
    const std::string folder = session.typed(called);
    const std::unique_ptr<FileSystem> files = session.system.open(folder);
    if (!files->list("")) {
        session.err << "plumbline rules test: " << quoted(called) << " is no folder that can be read.\n";
        return code(Exit::incomplete);
    }
    // Controls and frameworks of the folder itself count, as they do with --rules.
    session.options.rule_folders.push_back(called);
    session.options.no_builtin_rules = true;
    session.place.root = session.place.base = session.call.working_directory;
    load_rules(session);
    const RuleTestResult result =
        test_rules(*files, called, *session.catalogue.controls, session.options.jobs.value_or(session.call.cores));
    for (const std::string& failure : result.failures) session.out << failure << "\n";
    session.out << result.rules << " rules, " << result.examples << " examples, " << result.failures.size()
                << " failures\n";
    if (result.rules == 0 && result.failures.empty()) {
        session.err << "plumbline rules test: there is no rule below " << quoted(called) << ".\n";
        return code(Exit::incomplete);
    }
    return code(result.failures.empty() ? Exit::clean : Exit::failures);
}

int run_waive(Session& session) {
    if (!open_session(session, {})) return stop(session);
    load_rules(session);
    Waiver waiver;
    if (const std::string error = make_waiver(session, waiver); !error.empty()) {
        session.err << "plumbline waive: " << error << "\n";
        return stop(session);
    }
    if (const std::string broad = broad_waiver(waiver); !broad.empty())
        session.err << "plumbline waive: " << broad << "; name an address or a --path.\n";
    const std::string file = waiver_file(session);
    const FileSystem::ReadResult before = session.system.open(folder_of(file))->read(file_name(file), max_waiver_size);
    if (!before.error.empty() && session.system.real_path(file)) {
        session.err << "plumbline waive: " << quoted(file) << " cannot be read: " << before.error << ".\n";
        return stop(session);
    }
    const std::optional<std::string> after = add_waiver(before.text, waiver);
    if (!after) {
        session.err << "plumbline waive: " << quoted(file)
                    << " is not a list in block form under `waivers:`, so nothing can be added to it. Add by hand:\n"
                    << waiver_entry(waiver, 2);
        return stop(session);
    }
    if (const std::string error = session.system.write(file, *after); !error.empty()) {
        session.err << "plumbline waive: " << quoted(file) << ": " << error << ".\n";
        return stop(session);
    }
    session.out << "Added to " << printable(session.place.shown(session.place.inside(file))) << ":\n"
                << waiver_entry(waiver, 2);
    return session.diagnostics.has_errors() ? stop(session) : code(Exit::clean);
}

int run_completions(Session& session) {
    const std::string& shell = session.options.arguments.front();
    const std::string text = completions(shell);
    if (text.empty()) {
        constexpr std::array<std::string_view, 3> shells = {"bash", "zsh", "fish"};
        session.err << "plumbline completions: " << quoted(shell) << " is not one of bash, zsh, fish."
                    << suggestion(shell, shells) << "\n";
        return code(Exit::incomplete);
    }
    session.out << text;
    return code(Exit::clean);
}

int run_man(Session& session) {
    session.out << man_page(PLUMBLINE_VERSION);
    return code(Exit::clean);
}

}  // namespace plumbline
