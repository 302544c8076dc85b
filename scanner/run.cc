#include "scanner/run.h"

#include <algorithm>
#include <array>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <tuple>

#include "reporters/registry.h"
#include "scanner/acceptance.h"
#include "scanner/audit.h"
#include "scanner/change.h"
#include "scanner/commands.h"
#include "scanner/database.h"
#include "scanner/difference.h"
#include "scanner/discover.h"
#include "scanner/explain.h"
#include "scanner/fleet.h"
#include "scanner/history.h"
#include "scanner/ledger.h"
#include "scanner/merge.h"
#include "scanner/model/text.h"
#include "scanner/owners.h"
#include "scanner/repository_facts.h"
#include "scanner/scan_evidence.h"
#include "scanner/session.h"
#include "scanner/snapshot_system.h"
#include "scanner/verify.h"

namespace plumbline {
namespace {

// Baselines of the largest trees: some 200 bytes a finding, so 300,000 findings.
constexpr std::uint64_t max_baseline_size = std::uint64_t{64} << 20;
// An audit of a year of a busy repository, with its changes and findings.
constexpr std::uint64_t max_history_size = std::uint64_t{256} << 20;
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

/// Whether a verdict is about what was named. A named file is judged with its neighbours, but these are not reported.
bool is_named(const std::string& file, const std::string& root, const Place& place) {
    if (place.files.empty()) return true;
    // A plan's findings have the places of the configuration beside it; its own path is their root.
    const bool named = std::any_of(place.files.begin(), place.files.end(),
                                   [&](const std::string& name) { return name == file || name == root; });
    if (named) return true;
    return std::any_of(place.folders.begin(), place.folders.end(),
                       [&](const std::string& folder) { return is_below(root, folder) || is_below(file, folder); });
}

/// Leaves out the verdicts on files that were read as neighbours only.
void keep_named(Joined& joined, const Place& place, const SourceSet& sources) {
    std::erase_if(joined.findings,
                  [&](const Finding& finding) { return !is_named(finding.file, finding.root, place); });
    std::erase_if(joined.quiet, [&](const auto& item) {
        return !is_named(sources.get(item.first.source).path(), item.second, place);
    });
}

bool selects_rules(const Options& options) {
    return !options.rules.empty() || !options.excluded_rules.empty() || !options.frameworks.empty() ||
           !options.controls.empty() || options.severity;
}

bool compares(const Options& options) {
    return options.staged || !options.diff.empty();
}

AcceptanceContext acceptance_context(const Session& session) {
    const bool whole = session.place.files.empty() && !compares(session.options) && !selects_rules(session.options) &&
                       std::any_of(session.place.folders.begin(), session.place.folders.end(),
                                   [](const std::string& folder) { return folder.empty(); });
    return {*session.catalogue.rules, session.today(), whole};
}

/// The register of exceptions.
struct Exceptions {
    std::vector<WaiverInfo> waivers, suppressions;
    std::vector<WaiverInfo> added;  ///< by the change that was judged
};

/// Takes back what accepts a rule that the policy wants nobody to be excepted from.
void refuse_exceptions(Session& session, std::vector<Finding>& findings) {
    const RuleSet& rules = *session.catalogue.rules;
    std::set<std::string_view> never;
    for (const std::string& word : session.config.never_waived) {
        if (const RuleInfo* info = rules.find(word)) never.insert(info->id);
        for (std::string_view id : rules.matching(word)) never.insert(id);
    }
    if (never.empty()) return;
    std::set<std::pair<Span, std::string>> told;
    for (Finding& finding : findings) {
        if (finding.accepted.empty() || !never.contains(finding.rule)) continue;
        for (const Acceptance& accepted : finding.accepted) {
            if (told.emplace(accepted.span, finding.rule).second)
                session.diagnostics.error("policy", "The policy lets nobody be excepted from " + finding.rule,
                                          "The exception does not count. Repair what it is about, or have the policy "
                                          "changed (`never_waived`).",
                                          accepted.span);
        }
        finding.accepted.clear();
    }
}

/// Suppressions, then waivers, then the baseline: each finding stays, marked.
Exceptions accept(Session& session, Joined& joined, std::span<const Waiver> waivers) {
    const AcceptanceContext context = acceptance_context(session);
    Exceptions exceptions;
    exceptions.suppressions =
        apply_suppressions(joined.findings, joined.suppressions, context, session.sources, session.diagnostics);
    exceptions.waivers = apply_waivers(joined.findings, waivers, context, session.diagnostics);
    refuse_exceptions(session, joined.findings);
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
    // Where only a change was judged, nothing is known of what else is gone.
    apply_baseline(joined.findings, entries,
                   compares(session.options) ? std::vector<std::string>() : session.place.paths,
                   acceptance_context(session));
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

/// The trend of this repository from the ledger of a fleet.
void load_ledger(Session& session, const std::string& address, const RepositoryFacts& repository, History& history) {
    const std::string shown = is_postgresql(address) ? "the ledger" : session.place.inside(address);
    const auto is_it = [&](const std::string& name) {
        return name == session.place.root || (!repository.uri.empty() && repository_uri(name) == repository.uri);
    };
    const auto fault = [&](const std::string& what, const std::string& detail) {
        session.diagnostics.warning("history", "There is no trend from " + shown + ": " + what, detail, {});
    };
    try {
        auto trend = trend_of(address, is_it);
        if (!trend)
            return fault("it does not know this repository",
                         "It knows repositories by the address of `origin` or by their folder, as `plumbline fleet` "
                         "was told them.");
        history.trend.insert(history.trend.end(), trend->begin(), trend->end());
    } catch (const DatabaseError& error) {
        fault(error.what(), "Give a ledger that `plumbline fleet` wrote.");
    }
}

History load_history(Session& session, const RepositoryFacts& repository) {
    History history;
    std::vector<std::string> files;
    for (const std::string& file : session.options.history) files.push_back(session.typed_ledger(file));
    if (files.empty()) {
        for (const std::string& file : session.config.history)
            files.push_back(is_postgresql(file) ? file : session.settled(file));
    }
    for (const std::string& file : files) {
        if (is_postgresql(file) || is_sqlite_file(file)) {
            load_ledger(session, file, repository, history);
            continue;
        }
        const auto document = read_json_document(session.system, file, session.place.inside(file), max_history_size,
                                                 session.sources, session.diagnostics);
        if (document) read_history(document->root, history, session.diagnostics);
    }
    return history;
}

Report make_report(Session& session, Joined joined, Exceptions exceptions) {
    remove_repeated_gaps(session.coverage.gaps);
    sort_findings(joined.findings);
    Report report;
    report.decisions = decisions_of(session);
    describe_catalogue(session, report);
    report.started_at = session.call.now;
    report.arguments = session.call.arguments;
    report.root_uri = file_uri(session.place.base);
    // Starting libgit2 takes some milliseconds, which a tree without a repository need not pay.
    const RepositoryFacts repository = session.file_system->exists(".git")
                                           ? repository_facts(session.place.root, session.call.environment)
                                           : RepositoryFacts{};
    const History history = load_history(session, repository);
    report.exit_code = code(exit_of(session, joined.findings));
    report.repository_uri = repository.uri;
    report.branch = repository.branch;
    // What is staged is no commit yet.
    if (!session.options.staged)
        report.commit = repository.commit.empty() ? head_commit(*session.file_system) : repository.commit;
    apply_history(history, report);
    report.waivers = std::move(exceptions.waivers);
    report.suppressions = std::move(exceptions.suppressions);
    report.added_exceptions = std::move(exceptions.added);
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
    for (const auto& [quiet, root] : joined.quiet) {
        VerdictCounts& counts = report.verdicts[std::string(quiet.rule)];
        counts.pass += quiet.pass;
        counts.not_applicable += quiet.not_applicable;
    }
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

ReportOptions report_options(const Session& session) {
    ReportOptions options;
    options.include_passed = session.options.include_passed;
    options.verbosity = session.options.verbosity;
    options.frameworks = session.lens.chosen();
    return options;
}

/// Writes every report that was asked for; false when one could not be written.
bool write_reports(Session& session, const Report& report) {
    ReportOptions options = report_options(session);
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

Joined judge_tree(Session& session, std::span<const Waiver> waivers, Exceptions& exceptions, Progress& progress) {
    Work work = session.work(&progress);
    // Evidence shows what passed too.
    work.keep_passed = session.options.include_passed || session.recording;
    progress.begin("discover");
    std::vector<std::string> paths =
        discover(*session.file_system, session.place.paths, session.options.exclude, session.diagnostics);
    Rendered rendered;
    if (session.options.render) {
        progress.begin("render");
        rendered = render(session, paths);
        paths = std::move(rendered.paths);
        session.rendered = std::move(rendered.places);
    }
    std::vector<const Source*> sources = read(work, paths);
    sources.insert(sources.end(), rendered.sources.begin(), rendered.sources.end());
    std::sort(sources.begin(), sources.end(), [](const Source* a, const Source* b) { return a->path() < b->path(); });
    std::sort(session.place.files.begin(), session.place.files.end());
    const ParsedFiles files = parse(work, sources, session.place.files);
    const std::vector<Root> roots = group(work, files);
    Joined joined = join_verdicts(
        work, judge(work, roots, session.environments, *session.catalogue.rules, session.config.owners.tags));
    place_rendered(joined, session.rendered, session.sources);
    keep_named(joined, session.place, session.sources);
    progress.begin("accept");
    exceptions = accept(session, joined, waivers);
    return joined;
}

/// One side of a change.
struct Side {
    const FileSystem& file_system;
    std::vector<std::string> own;  ///< files that the other side has not, or not with this content
    Diagnostics diagnostics = {};
    Coverage coverage = {};

    Work work(Session& session, Progress* progress) {
        Work work = session.work(progress);
        return {file_system, work.sources, diagnostics, coverage, work.jobs, progress};
    }
};

/// What both sides have is read and parsed once; what is wrong with it was so before.
Joined judge_side(Session& session, Side& side, const ParsedFiles& shared, Progress* progress) {
    const Work work = side.work(session, progress);
    const ParsedFiles files = join(parse(work, read(work, side.own), session.place.files), shared);
    const std::vector<Root> roots = group(work, files);
    Joined joined = join_verdicts(
        work, judge(work, roots, session.environments, *session.catalogue.rules, session.config.owners.tags));
    std::erase_if(joined.findings,
                  [&](const Finding& finding) { return !is_named(finding.file, finding.root, session.place); });
    return joined;
}

/// The waivers as they were on the old side of a change, where their file lies in the tree.
std::vector<Waiver> old_waivers(Session& session, const FileSystem& before, std::vector<Waiver> waivers) {
    const std::string file = session.place.inside(waiver_file(session));
    if (file.starts_with('/')) return waivers;
    Diagnostics ignored;  // what was wrong before is not introduced
    const FileSystem::ReadResult read = before.read(file, max_waiver_size);
    if (!read.error.empty()) return {};
    const auto document = read_document(session.sources.add(file, read.text), ignored);
    return document ? read_waivers(document->root, session.config.waiver_max_days, ignored) : std::vector<Waiver>();
}

/// Judges both sides of a change as far as it reaches, and keeps what it introduces and repairs.
Joined judge_change(Session& session, const Change& change, std::span<const Waiver> waivers, Exceptions& exceptions,
                    Progress& progress) {
    progress.begin("discover");
    std::sort(session.place.files.begin(), session.place.files.end());
    const FileSystem* walked = session.file_system.get();
    if (session.options.staged) walked = change.objects.get();
    std::vector<std::string> paths =
        discover(*walked, session.place.paths, session.options.exclude, session.diagnostics);
    if (!session.options.staged) paths = without_ignored(change, std::move(paths));
    progress.begin("touched");
    const WholeScan whole{session.place.paths, session.options.exclude, session.environments,
                          session.place.inside(waiver_file(session))};
    const Touched files = touched(change, paths, whole, *session.file_system);
    const auto is_changed = [&](const std::string& path) { return change.changed.contains(path); };
    const auto changed = [&](std::vector<std::string> side) {
        std::erase_if(side, [&](const std::string& path) { return !is_changed(path); });
        return side;
    };
    std::vector<std::string> both = files.after;
    std::erase_if(both, is_changed);

    const MemoryFileSystem nothing;
    const std::unique_ptr<FileSystem> old_tree = change.before ? with_outside_files(session, change.before) : nullptr;
    const FileSystem& old_side = old_tree ? *old_tree : static_cast<const FileSystem&>(nothing);
    Side before{old_side, changed(files.before)};
    Side after{*session.file_system, changed(files.after)};
    Side shared{*session.file_system, both};
    const Work work = shared.work(session, &progress);
    const ParsedFiles parsed = parse(work, read(work, both), session.place.files);
    Joined now = judge_side(session, after, parsed, &progress);
    Joined then = judge_side(session, before, change.before ? parsed : ParsedFiles(), &progress);

    progress.begin("compare");
    Diagnostics ignored;
    const AcceptanceContext context = acceptance_context(session);
    const std::vector<WaiverInfo> old_comments =
        apply_suppressions(then.findings, then.suppressions, context, session.sources, ignored);
    const std::vector<WaiverInfo> old_entries = apply_waivers(
        then.findings, old_waivers(session, before.file_system, {waivers.begin(), waivers.end()}), context, ignored);
    exceptions = accept(session, now, waivers);
    exceptions.added = added_exceptions(old_entries, exceptions.waivers);
    std::vector<WaiverInfo> comments = added_exceptions(old_comments, exceptions.suppressions);
    std::move(comments.begin(), comments.end(), std::back_inserter(exceptions.added));
    now.findings = difference(std::move(now.findings), std::move(then.findings), change.renamed);
    session.diagnostics.append(difference(after.diagnostics, before.diagnostics, session.sources));
    session.coverage = std::move(after.coverage);
    session.coverage.files_found += shared.coverage.files_found;
    session.coverage.files_read += shared.coverage.files_read;
    session.coverage.bytes_read += shared.coverage.bytes_read;
    session.coverage.gaps = difference(std::move(session.coverage.gaps), before.coverage.gaps, session.sources);
    return now;
}

int scan(Session& session, const Change* change) {
    if (const std::string error = check_formats(session.options); !error.empty()) {
        session.err << error;
        return code(Exit::incomplete);
    }
    Progress progress(session.call.err_is_terminal && !session.options.no_progress ? &session.err : nullptr);
    if (const std::string error = check_evidence_options(session); !error.empty()) {
        session.err << "plumbline scan: " << error << "\n";
        return code(Exit::incomplete);
    }
    progress.begin("load");
    if (!open_session(session, session.options.arguments)) return stop(session);
    leave_out_evidence(session);
    load_rules(session);
    if (const std::string error = select_rules(session.catalogue, session.options, session.lens); !error.empty()) {
        session.err << error;
        return stop(session);
    }
    if (session.options.fail_on && session.options.fail_on->kind == FailOn::Kind::fresh &&
        baseline_file(session).empty() && !compares(session.options)) {
        session.err << "plumbline scan: --fail-on new needs a --baseline, --diff or --staged, which say what is not "
                       "new.\n";
        return stop(session);
    }
    const std::vector<Waiver> waivers = load_waivers(session);
    progress.count(session.catalogue.rules->infos().size(), "rules");

    Exceptions exceptions;
    Joined joined = change ? judge_change(session, *change, waivers, exceptions, progress)
                           : judge_tree(session, waivers, exceptions, progress);
    compare_with_baseline(session, joined);
    assign_owners(joined.findings, session.config.owners, *session.file_system);
    write_baseline(session, joined);
    progress.begin("report");
    const Report report = make_report(session, std::move(joined), std::move(exceptions));
    bool written = write_reports(session, report);
    if (!session.options.evidence.empty())
        written = write_evidence(session, report, report_options(session)) && written;
    progress.end();

    print_problems(session, report);
    if (session.options.stats) progress.write_stats(session.err);
    return written || report.exit_code == code(Exit::failures) ? report.exit_code : code(Exit::incomplete);
}

int scan(Session& session) {
    return scan(session, nullptr);
}

/// `scan --staged` and `scan --diff`: the machine shows the new side in the place of the work tree.
int scan_change(const Call& call, System& system, Options options, std::ostream& out, std::ostream& err) {
    std::string error;
    const std::optional<Change> change = open_change(options, call, system, error);
    if (!change) {
        err << "plumbline scan: " << error << "\n";
        return code(Exit::incomplete);
    }
    if (!change->after) {
        Session session(call, system, std::move(options), out, err);
        return scan(session, &*change);
    }
    SnapshotSystem snapshot(system, change->top, change->after);
    Session session(call, snapshot, std::move(options), out, err);
    return scan(session, &*change);
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

constexpr std::array<CommandFunction, 20> commands = {{
    {"scan", scan},
    {"inspect", run_inspect},
    {"audit", run_audit},
    {"rules list", run_list_rules},
    {"rules show", run_show_rule},
    {"rules test", run_test_rules},
    {"frameworks list", run_list_frameworks},
    {"frameworks show", run_show_framework},
    {"frameworks coverage", run_framework_coverage},
    {"explain", explain},
    {"waive", run_waive},
    {"verify", run_verify},
    {"init", run_init},
    {"completions", run_completions},
    {"man", run_man},
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
    if (compares(options) && !options.help) return scan_change(call, system, std::move(options), out, err);
    RecordingSystem recording(system);
    const bool evidence = !options.evidence.empty();
    auto session = std::make_unique<Session>(call, evidence ? recording : system, std::move(options), out, err);
    if (evidence) session->recording = &recording;
    if (session->options.help) return show_help(*session);
    const auto command = std::find_if(commands.begin(), commands.end(), [&](const CommandFunction& item) {
        return item.name == session->options.command;
    });
    const int exit_code = command->run(*session);
    // Freeing rules, patterns and sources one by one took a twelfth of a scan's time.
    // Volatile keeps the pointer where a leak checker finds it.
    [[maybe_unused]] static const Session* volatile left = nullptr;
    if (call.process_ends) left = session.release();
    return exit_code;
}

}  // namespace plumbline
