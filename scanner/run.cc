#include "scanner/run.h"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <sstream>
#include <tuple>

#include "reporters/registry.h"
#include "scanner/acceptance.h"
#include "scanner/commands.h"
#include "scanner/discover.h"
#include "scanner/explain.h"
#include "scanner/fleet.h"
#include "scanner/merge.h"
#include "scanner/model/text.h"
#include "scanner/owners.h"
#include "scanner/session.h"

namespace plumbline {
namespace {

// Baselines of the largest trees: some 200 bytes a finding, so 300,000 findings.
constexpr std::uint64_t max_baseline_size = std::uint64_t{64} << 20;
/// Formats are known by the reporters alone, so they are checked here and not by the option table.
std::string check_formats(const Options& options) {
    std::vector<std::string_view> names;
    for (const Reporter* reporter : reporters()) names.push_back(reporter->name());
    for (const Output& output : options.outputs) {
        if (find_reporter(output.format)) continue;
        std::string list;
        for (std::string_view name : names) list += (list.empty() ? "" : ", ") + std::string(name);
        return "plumbline scan: --format: there is no format " + quoted(output.format) + "." +
               suggestion(output.format, names) + " Formats: " + list + ".\n";
    }
    return "";
}

/// Whether a finding is about what was named. A named file is judged with its neighbours, but these are not reported.
bool is_named(const Finding& finding, const Place& place) {
    if (place.files.empty()) return true;
    // A plan's findings have the places of the configuration beside it; its own path is their root.
    const bool named = std::any_of(place.files.begin(), place.files.end(), [&](const std::string& file) {
        return file == finding.file || file == finding.root;
    });
    if (named) return true;
    return std::any_of(place.folders.begin(), place.folders.end(), [&](const std::string& folder) {
        return is_below(finding.root, folder) || is_below(finding.file, folder);
    });
}

bool selects_rules(const Options& options) {
    return !options.rules.empty() || !options.excluded_rules.empty() || !options.frameworks.empty() ||
           !options.controls.empty() || options.severity;
}

AcceptanceContext acceptance_context(const Session& session) {
    const bool whole = session.place.files.empty() && !selects_rules(session.options) &&
                       std::any_of(session.place.folders.begin(), session.place.folders.end(),
                                   [](const std::string& folder) { return folder.empty(); });
    return {*session.catalogue.rules, session.today(), whole};
}

/// The register of exceptions.
struct Exceptions {
    std::vector<WaiverInfo> waivers, suppressions;
};

/// Suppressions, then waivers, then the baseline: each finding stays, marked.
Exceptions accept(Session& session, Joined& joined, std::span<const Waiver> waivers) {
    const AcceptanceContext context = acceptance_context(session);
    Exceptions exceptions;
    exceptions.suppressions =
        apply_suppressions(joined.findings, joined.suppressions, context, session.sources, session.diagnostics);
    exceptions.waivers = apply_waivers(joined.findings, waivers, context, session.diagnostics);
    return exceptions;
}

std::string baseline_file(const Session& session) {
    if (!session.options.baseline.empty()) return session.typed(session.options.baseline);
    return session.config.baseline.empty() ? "" : session.settled(session.config.baseline);
}

void compare_with_baseline(Session& session, Joined& joined) {
    const std::string file = baseline_file(session);
    if (file.empty()) return;
    // Written and read in one run: what is there now is the baseline of the next.
    if (!session.options.write_baseline.empty() && !session.system.real_path(file)) return;
    const auto document = read_json_document(session.system, file, session.place.inside(file), max_baseline_size,
                                             session.sources, session.diagnostics);
    if (!document) return;
    const std::vector<BaselineEntry> entries = read_baseline(document->root, session.diagnostics);
    apply_baseline(joined.findings, entries, session.place.paths, acceptance_context(session));
}

void write_baseline(Session& session, const Joined& joined) {
    if (session.options.write_baseline.empty()) return;
    const std::string file = session.typed(session.options.write_baseline);
    const std::string error = session.system.write(file, baseline_text(joined.findings));
    if (!error.empty())
        session.diagnostics.file_error("not-written", session.place.inside(file),
                                       "The baseline was not written: " + error, "Check the path and its permissions.");
}

/// HEAD's commit, where the tree is the top of a plain checkout; reports name it as evidence of what was judged.
std::string head_commit(const FileSystem& file_system) {
    constexpr std::uint64_t limit = std::uint64_t{16} << 20;  // packed-refs of a repository with 100,000 branches
    const auto is_hash = [](std::string_view text) {
        return (text.size() == 40 || text.size() == 64) &&
               text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
    };
    const std::string head(trim(file_system.read(".git/HEAD", limit).text));
    if (is_hash(head)) return head;
    if (!head.starts_with("ref: ")) return "";
    const std::string name = head.substr(5);
    const auto path = join_path(".git", name);
    if (!path || !path->starts_with(".git/refs/")) return "";
    const std::string loose(trim(file_system.read(*path, limit).text));
    if (is_hash(loose)) return loose;
    const std::string packed = file_system.read(".git/packed-refs", limit).text;
    for (std::string_view line : split(packed, '\n')) {
        const std::size_t space = line.find(' ');
        if (space != std::string_view::npos && line.substr(space + 1) == name && is_hash(line.substr(0, space)))
            return std::string(line.substr(0, space));
    }
    return "";
}

std::string file_uri(const std::string& folder) {
    static constexpr char digits[] = "0123456789ABCDEF";
    std::string uri = "file://";
    for (char c : folder) {
        const auto byte = static_cast<unsigned char>(c);
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
            std::string_view("/-._~").find(c) != std::string_view::npos)
            uri += c;
        else
            uri += {'%', digits[byte >> 4], digits[byte & 15]};
    }
    return uri.ends_with('/') ? uri : uri + "/";
}

bool counts(const Finding& finding, const FailOn& fail_on) {
    switch (fail_on.kind) {
        case FailOn::Kind::never:
            return false;
        case FailOn::Kind::fresh:
            return finding.counts() && finding.baseline == BaselineState::fresh;
        case FailOn::Kind::level:
            break;
    }
    return finding.counts() && finding.severity >= fail_on.level;
}

Exit exit_of(const Session& session, std::span<const Finding> findings) {
    const FailOn fail_on = session.options.fail_on.value_or(FailOn{});
    if (std::any_of(findings.begin(), findings.end(), [&](const Finding& item) { return counts(item, fail_on); }))
        return Exit::failures;
    return session.diagnostics.has_errors() ? Exit::incomplete : Exit::clean;
}

void remove_repeated_gaps(std::vector<CoverageGap>& gaps) {
    std::set<std::tuple<std::string, std::string, std::string, std::string, Span>> seen;
    std::erase_if(gaps, [&](const CoverageGap& gap) {
        return !seen.emplace(gap.kind, gap.subject, gap.reason, gap.path, gap.span).second;
    });
}

ControlInfo control_info(const Control& control) {
    ControlInfo info{control.id, control.title, control.objective, control.domain, control.proves, control.cadence};
    info.from = control.from;
    info.links = control.links;
    return info;
}

/// What the configuration decides on requirements; one that no catalogue has is an error, or a typing mistake would
/// leave a control out of the Statement of Applicability.
std::vector<ScopeDecision> decisions_of(Session& session) {
    std::vector<ScopeDecision> decisions;
    for (const auto& [decision, span] : session.config.decisions) {
        const Framework* framework = session.catalogue.controls->framework(decision.framework);
        if (!framework) {
            std::vector<std::string_view> ids;
            for (const Framework& known : session.catalogue.controls->frameworks()) ids.push_back(known.id);
            session.diagnostics.error("decision", "There is no framework " + quoted(decision.framework),
                                      "The decision does not count." + suggestion(decision.framework, ids), span);
            continue;
        }
        const std::vector<const Requirement*> found = framework->resolve(decision.id);
        if (found.empty()) {
            session.diagnostics.error(
                "decision", framework->id + " has no requirement " + quoted(decision.id),
                "The decision does not count. `plumbline frameworks show " + framework->id + "` lists them.", span);
        }
        for (const Requirement* requirement : found) {
            decisions.push_back(decision);
            decisions.back().id = requirement->id;
        }
    }
    return decisions;
}

Report make_report(Session& session, Joined joined, Exceptions exceptions) {
    remove_repeated_gaps(session.coverage.gaps);
    sort_findings(joined.findings);
    Report report;
    report.decisions = decisions_of(session);
    report.exit_code = code(exit_of(session, joined.findings));
    report.tool_version = PLUMBLINE_VERSION;
    report.tool_uri = PLUMBLINE_HOMEPAGE;
    report.started_at = session.call.now;
    report.arguments = session.call.arguments;
    report.root_uri = file_uri(session.place.base);
    report.commit = head_commit(*session.file_system);
    report.rules.assign(session.catalogue.rules->infos().begin(), session.catalogue.rules->infos().end());
    for (const Framework& framework : session.catalogue.controls->frameworks())
        report.frameworks.push_back(framework.info());
    for (const Control& control : session.catalogue.controls->controls())
        report.controls.push_back(control_info(control));
    report.waivers = std::move(exceptions.waivers);
    report.suppressions = std::move(exceptions.suppressions);
    for (WaiverInfo& comment : report.suppressions) comment.path = session.place.shown(comment.path);
    report.diagnostics = shown_diagnostics(session);
    session.coverage.rules = report.rules.size();
    report.coverage = session.coverage;
    for (Finding& finding : joined.findings) {
        finding.file = session.place.shown(finding.file);
        finding.root = session.place.shown(finding.root);
    }
    report.findings = std::move(joined.findings);
    report.count_verdicts();
    return report;
}

bool wants_color(const Session& session) {
    if (session.options.color != "auto") return session.options.color == "always";
    const auto& environment = session.call.environment;
    const auto no_color = environment.find("NO_COLOR");
    if (no_color != environment.end() && !no_color->second.empty()) return false;
    const auto terminal = environment.find("TERM");
    return session.call.out_is_terminal && (terminal == environment.end() || terminal->second != "dumb");
}

/// Writes every report that was asked for; false when one could not be written.
bool write_reports(Session& session, const Report& report) {
    ReportOptions options;
    options.include_passed = session.options.include_passed;
    options.verbosity = session.options.verbosity;
    options.frameworks = selected_frameworks(session.catalogue, session.options);
    std::vector<Output> outputs = session.options.outputs;
    if (outputs.empty()) outputs.push_back({"terminal", ""});
    bool good = true;
    for (const Output& output : outputs) {
        const Reporter& reporter = *find_reporter(output.format);
        if (output.file.empty()) {
            options.color = wants_color(session);
            options.width = session.call.width;
            reporter.write(report, session.sources, options, session.out);
            session.out.flush();
            if (!session.out) {
                session.err << "plumbline scan: standard output cannot be written.\n";
                good = false;
            }
            continue;
        }
        options.color = session.options.color == "always";
        options.width = 100;
        std::ostringstream text;
        reporter.write(report, session.sources, options, text);
        const std::string error = session.system.write(session.typed(output.file), std::move(text).str());
        if (!error.empty()) {
            session.err << "plumbline scan: --output " << quoted(output.file) << ": " << error << ".\n";
            good = false;
        }
    }
    return good;
}

void print_problems(Session& session, const Report& report) {
    std::vector<Diagnostic> all = report.diagnostics;
    for (const CoverageGap& gap : report.coverage.gaps) all.push_back(to_diagnostic(gap));
    print_diagnostics(all, session.sources, session.options.verbosity, session.err);
}

int scan(Session& session) {
    if (const std::string error = check_formats(session.options); !error.empty()) {
        session.err << error;
        return code(Exit::incomplete);
    }
    Progress progress(session.call.err_is_terminal && !session.options.no_progress ? &session.err : nullptr);
    progress.begin("load");
    if (!open_session(session, session.options.arguments)) return stop(session);
    load_rules(session);
    if (const std::string error = select_rules(session.catalogue, session.options); !error.empty()) {
        session.err << error;
        return stop(session);
    }
    if (session.options.fail_on && session.options.fail_on->kind == FailOn::Kind::fresh &&
        baseline_file(session).empty()) {
        session.err << "plumbline scan: --fail-on new needs a --baseline, which says what is not new.\n";
        return stop(session);
    }
    const std::vector<Waiver> waivers = load_waivers(session);
    progress.count(session.catalogue.rules->infos().size(), "rules");

    const Work work = session.work(&progress);
    progress.begin("discover");
    const std::vector<std::string> paths =
        discover(*session.file_system, session.place.paths, session.options.exclude, session.diagnostics);
    const std::vector<const Source*> sources = read(work, paths);
    std::sort(session.place.files.begin(), session.place.files.end());
    const ParsedFiles files = parse(work, sources, session.place.files);
    const std::vector<Root> roots = group(work, files);
    const OwnerSettings& owners = session.config.owners;
    Joined joined =
        join_verdicts(work, judge(work, roots, session.environments, *session.catalogue.rules, owners.tags));
    std::erase_if(joined.findings, [&](const Finding& finding) { return !is_named(finding, session.place); });
    progress.begin("accept");
    Exceptions exceptions = accept(session, joined, waivers);
    compare_with_baseline(session, joined);
    assign_owners(joined.findings, owners, *session.file_system);
    write_baseline(session, joined);
    progress.begin("report");
    const Report report = make_report(session, std::move(joined), std::move(exceptions));
    const bool written = write_reports(session, report);
    progress.end();

    print_problems(session, report);
    if (session.options.stats) progress.write_stats(session.err);
    return written || report.exit_code == code(Exit::failures) ? report.exit_code : code(Exit::incomplete);
}

int show_help(Session& session) {
    std::string command = session.options.command == "help" ? "" : session.options.command;
    for (const std::string& word : session.options.arguments) {
        if (session.options.command == "help") command += (command.empty() ? "" : " ") + word;
    }
    session.out << help_text(command);
    if (command == "scan") {
        session.out << "\nFormats:\n";
        for (const Reporter* reporter : reporters()) {
            std::string name = "  " + std::string(reporter->name());
            name.resize(std::max<std::size_t>(16, name.size() + 2), ' ');
            session.out << name << reporter->description() << "\n";
        }
    }
    return code(Exit::clean);
}

struct CommandFunction {
    std::string_view name;
    int (*run)(Session&);
};

constexpr std::array<CommandFunction, 15> commands = {{
    {"scan", scan},
    {"inspect", run_inspect},
    {"rules list", run_list_rules},
    {"rules show", run_show_rule},
    {"rules test", run_test_rules},
    {"frameworks list", run_list_frameworks},
    {"frameworks show", run_show_framework},
    {"explain", explain},
    {"waive", run_waive},
    {"init", run_init},
    {"fleet", run_fleet},
    {"fleet report", run_fleet_report},
    {"fleet fetch", run_fleet_fetch},
    {"merge", run_merge},
    {"help", show_help},
}};

}  // namespace

int run(const Call& call, System& system, std::ostream& out, std::ostream& err) {
    Options options;
    if (const std::string error = parse_options(call.arguments, call.environment, options); !error.empty()) {
        err << error;
        return code(Exit::incomplete);
    }
    if (options.version) {
        out << "plumbline " << PLUMBLINE_VERSION << "\n";
        return code(Exit::clean);
    }
    if (options.command.empty() && !options.help) {
        err << help_text("");
        return code(Exit::incomplete);
    }
    Session session(call, system, std::move(options), out, err);
    if (session.options.help) return show_help(session);
    const auto command = std::find_if(commands.begin(), commands.end(), [&](const CommandFunction& item) {
        return item.name == session.options.command;
    });
    return command->run(session);
}

}  // namespace plumbline
