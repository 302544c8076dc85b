#include "scanner/audit.h"

#include <algorithm>
#include <array>
#include <map>
#include <sstream>
#include <unordered_map>

#include "parsers/json/json_reader.h"
#include "reporters/audit_formats.h"
#include "reporters/audit_record.h"
#include "scanner/acceptance.h"
#include "scanner/audit_settings.h"
#include "scanner/change_facts.h"
#include "scanner/change_history.h"
#include "scanner/control_intervals.h"
#include "scanner/digest.h"
#include "scanner/discover.h"
#include "scanner/document.h"
#include "scanner/forge.h"
#include "scanner/history_secrets.h"
#include "scanner/model/text.h"
#include "scanner/replay.h"
#include "scanner/scan_evidence.h"
#include "scanner/session.h"
#include "scanner/signatures.h"
#include "scanner/snapshot_system.h"
#include "scanner/timeline.h"
#include "scanner/workers.h"

namespace plumbline {
namespace {

// `gh pr list` with commits and checks gives some 20 KB a pull request: ten thousand of them.
constexpr std::uint64_t max_export_size = std::uint64_t{256} << 20;
constexpr std::int64_t day = 86400;

struct Period {
    std::int64_t from = 0, to = 0;  ///< `to` is its last second
};

/// A day (its begin or its last second) or a moment; nullopt when it is neither.
std::optional<std::int64_t> read_moment(const std::string& text, bool end) {
    if (is_date(text)) return day_number(text) * day + (end ? day - 1 : 0);
    return read_time(text);
}

std::string read_period(const Options& options, Period& period, std::optional<std::int64_t>& at) {
    constexpr std::string_view forms = "; write YYYY-MM-DD, or RFC 3339 such as 2025-01-31T08:00:00Z.";
    if (options.from.empty() || options.to.empty())
        return "--from and --to are needed: the first and the last day of the period.";
    const auto from = read_moment(options.from, false), to = read_moment(options.to, true);
    if (!from) return "--from: " + quoted(options.from) + " is no date" + std::string(forms);
    if (!to) return "--to: " + quoted(options.to) + " is no date" + std::string(forms);
    if (*from > *to) return "--from " + options.from + " lies after --to " + options.to + ".";
    period = {*from, *to};
    if (options.at.empty()) return "";
    at = read_moment(options.at, true);
    if (!at) return "--at: " + quoted(options.at) + " is no date" + std::string(forms);
    if (*at < *from || *at > *to) return "--at: " + options.at + " does not lie in the period.";
    return "";
}

/// `main` for `refs/heads/main` and `refs/remotes/origin/main`.
std::string short_branch(std::string name) {
    for (const std::string_view prefix : {"refs/heads/", "refs/remotes/origin/", "remotes/origin/", "origin/"})
        if (name.starts_with(prefix)) return name.substr(prefix.size());
    return name;
}

class Audit {
  public:
    explicit Audit(Session& outer) : outer_(outer) {}

    int run() {
        if (const std::string error = check_call(); !error.empty()) {
            outer_.err << "plumbline audit: " << error << "\n";
            return code(Exit::incomplete);
        }
        Progress progress(outer_.call.err_is_terminal && !outer_.options.no_progress ? &outer_.err : nullptr);
        progress.begin("open");
        if (const std::string error = open_repository(); !error.empty()) {
            outer_.err << "plumbline audit: " << error << "\n";
            return code(Exit::incomplete);
        }
        if (!open_snapshot()) return stop(*session_);
        if (!outer_.options.only.empty()) return only_secrets(progress);
        progress.begin("history");
        read_history();
        progress.count(report_.changes.size(), "changes");
        progress.begin("exports");
        read_exports();
        progress.begin("judge");
        judge_changes();
        progress.begin("replay");
        describe_catalogue(*session_, report_.judged);
        if (at_) report_.at.emplace().time = *at_;
        replay();
        progress.begin("secrets");
        find_secrets();
        progress.count(report_.secrets->size(), "credentials");
        draw_sample();
        return report(progress);
    }

  private:
    int report(Progress& progress) {
        progress.begin("report");
        finish();
        const bool written = write_reports();
        progress.end();
        print_diagnostics(report_.judged.diagnostics, session_->sources, outer_.options.verbosity, outer_.err);
        if (outer_.options.stats) progress.write_stats(outer_.err);
        const int exit = report_.judged.exit_code;
        return written || exit == code(Exit::failures) ? exit : code(Exit::incomplete);
    }

    /// `--only secrets`: neither changes nor guardrails, and the report says so.
    int only_secrets(Progress& progress) {
        report_.tip = branch_tip_;
        report_.population.complete = false;
        report_.population.incomplete_because = "only credentials were looked for (--only secrets).";
        describe_catalogue(*session_, report_.judged);
        progress.begin("secrets");
        find_secrets();
        progress.count(report_.secrets->size(), "credentials");
        return report(progress);
    }

    std::string check_call() {
        Options& options = outer_.options;
        for (const Output& output : options.outputs) {
            if (find_audit_format(output.format)) continue;
            std::vector<std::string_view> names;
            std::string list;
            for (const AuditFormat& format : audit_formats()) {
                names.push_back(format.name);
                list += (list.empty() ? "" : ", ") + std::string(format.name);
            }
            return "--format: there is no format " + quoted(output.format) + "." + suggestion(output.format, names) +
                   " Formats: " + list + ".";
        }
        if (std::string error = check_evidence_options(outer_); !error.empty()) return error;
        if (options.fail_on && options.fail_on->kind == FailOn::Kind::fresh)
            return "--fail-on new is for scans with a baseline; name a level, or never.";
        // `--forge a.json b.json REPO`: words after the first file are no values to the option parser.
        std::vector<std::string> folders, files;
        for (const std::string& word : options.arguments) {
            const auto real = outer_.system.real_path(outer_.typed(word));
            const bool folder = !real || outer_.system.open(*real)->list("").has_value();
            (folder ? folders : files).push_back(word);
        }
        if (folders.size() != 1 || (!files.empty() && options.forge.empty()))
            return "name one repository, and exports with --forge.";
        options.arguments = folders;
        options.forge.insert(options.forge.end(), files.begin(), files.end());
        if (!options.since.empty()) {
            since_ = read_moment(options.since, false);
            if (!since_) return "--since: " + quoted(options.since) + " is no date; write YYYY-MM-DD or RFC 3339.";
        }
        if (!options.only.empty() && options.only != "secrets")
            return "--only: there is no part " + quoted(options.only) + "; `secrets` is one.";
        // Credentials are looked for in all of the history; a period would only bound what is reported around them.
        if (!options.only.empty() && options.from.empty() && options.to.empty()) return "";
        return read_period(options, period_, at_);
    }

    std::string open_repository() {
        const std::string& word = outer_.options.arguments.front();
        const auto real = outer_.system.real_path(outer_.typed(word));
        if (!real) return "there is no folder " + quoted(word) + ".";
        top_ = *real;
        std::string error;
        repository_ = git::Repository::open(top_, error);
        if (!repository_) {
            if (lower(error).find("objectformat") != std::string::npos)
                return quoted(word) +
                       " uses SHA-256 object names, which libgit2 cannot read yet. A mirror with SHA-1 "
                       "names can be audited.";
            return quoted(word) + " is no git repository's top: " + error + ".";
        }
        std::string name = outer_.options.branch.empty() ? repository_->main_branch() : outer_.options.branch;
        if (name.empty()) return quoted(word) + " has no branch with a commit; name one with --branch.";
        for (const std::string& revision : {"refs/heads/" + name, "refs/remotes/origin/" + name, name}) {
            const auto commit = repository_->resolve(revision);
            if (!commit) continue;
            branch_tip_ = *commit;
            break;
        }
        if (branch_tip_.empty()) {
            std::vector<std::string> names;
            for (const auto& [reference, commit] : repository_->references()) names.push_back(short_branch(reference));
            const std::vector<std::string_view> views(names.begin(), names.end());
            return "--branch: there is no branch " + quoted(name) + "." + suggestion(name, views);
        }
        report_.branch = short_branch(name);
        const std::string remote = repository_->remote_url();
        report_.repository = remote.empty() ? word : remote;
        report_.shallow = repository_->is_shallow();
        if (outer_.options.to.empty())
            if (const auto tip = repository_->commit(branch_tip_, error)) period_.to = tip->committer.time;
        report_.from = period_.from;
        report_.to = period_.to;
        return "";
    }

    /// Configuration and rules as the branch's last commit of the period holds them, or as typed.
    bool open_snapshot() {
        if (outer_.options.only.empty()) branch_ = first_parents(*repository_, branch_tip_, early_);
        const auto end = std::upper_bound(branch_.begin(), branch_.end(), period_.to,
                                          [](std::int64_t time, const BranchCommit& item) { return time < item.time; });
        const std::string& shown = end == branch_.begin() ? branch_tip_ : (end - 1)->commit;
        std::string error;
        std::shared_ptr<const git::ObjectFileSystem> tree = repository_->tree(shown, error);
        if (!tree) {
            early_.file_error("git-object", "", "The branch's newest commit cannot be read", error + ".");
            tree_ = std::make_shared<MemoryFileSystem>();
        } else {
            tree_ = tree;
        }
        system_ = std::make_unique<SnapshotSystem>(outer_.system, top_, tree_);
        call_ = outer_.call;
        call_.working_directory = top_;
        Options options = outer_.options;
        options.arguments = {"."};
        for (std::string& folder : options.rule_folders) folder = outer_.typed(folder);
        const bool own_config = !options.config.empty();
        options.config.clear();
        session_ = std::make_unique<Session>(call_, *system_, std::move(options), outer_.out, outer_.err);
        session_->diagnostics.append(std::move(early_));
        // A configuration that was typed is a file of the machine, wherever it lies.
        if (!open_session(*session_, session_->options.arguments, !own_config)) return false;
        if (own_config && !read_typed_config()) return false;
        load_rules(*session_);
        if (const std::string problem = select_rules(session_->catalogue, session_->options, session_->lens);
            !problem.empty()) {
            outer_.err << problem;
            return false;
        }
        return true;
    }

    bool read_typed_config() {
        const auto document = read_document(outer_.system, outer_.typed(outer_.options.config), outer_.options.config,
                                            std::uint64_t{1} << 20, session_->sources, session_->diagnostics);
        if (!document) return false;
        const std::size_t before = session_->diagnostics.size();
        session_->config = read_config(document->root, session_->diagnostics);
        const auto& items = session_->diagnostics.items();
        return std::none_of(items.begin() + static_cast<std::ptrdiff_t>(before), items.end(),
                            [](const Diagnostic& item) { return item.level == Level::error; });
    }

    std::size_t jobs() const { return outer_.options.jobs.value_or(outer_.call.cores); }
    const AuditSettings& settings() const { return session_->config.audit; }

    void read_history() {
        BranchChanges read = read_changes(*repository_, branch_, period_.from, period_.to + 1, settings(), jobs(),
                                          session_->diagnostics);
        report_.tip = read.tip;
        report_.base = read.base;
        report_.changes = std::move(read.changes);
        report_.population = std::move(read.population);
        signatures_ = std::move(read.signatures);
        if (report_.shallow)
            session_->diagnostics.add(
                {Level::warning,
                 "shallow-clone",
                 "The clone is shallow",
                 "History before its oldest commits is not here, so the audit cannot show that the "
                 "population is complete. `git fetch --unshallow` brings it.",
                 {},
                 {},
                 {}});
        if (branch_.empty() || (report_.changes.empty() && report_.tip.empty()))
            session_->diagnostics.add({Level::warning,
                                       "no-changes",
                                       "The branch has no commit in or before the period",
                                       "Check --from, --to and --branch.",
                                       {},
                                       {},
                                       {}});
        if (tree_->exists(".gitmodules"))
            session_->diagnostics.add({Level::note,
                                       "submodules",
                                       "Submodules are other repositories",
                                       "Their changes have a history of their own; audit each.",
                                       {},
                                       ".gitmodules",
                                       {}});
        SignatureKeys keys;
        if (!outer_.options.allowed_signers.empty())
            keys.allowed_signers = outer_.typed(outer_.options.allowed_signers);
        if (!outer_.options.keyring.empty()) keys.keyring = outer_.typed(outer_.options.keyring);
        verify_signatures(signatures_, keys, outer_.system, jobs(), report_.changes, session_->diagnostics);
    }

    void read_exports() {
        for (const std::string& file : outer_.options.forge) {
            const std::string absolute = outer_.typed(file);
            const FileSystem::ReadResult read =
                outer_.system.open(folder_of(absolute))->read(file_name(absolute), max_export_size);
            if (!read.error.empty()) {
                session_->diagnostics.file_error("export-unreadable", file, "This export was not read: " + read.error,
                                                 "Check the path given to --forge.");
                continue;
            }
            const Source& source = session_->sources.add(file, one_document(read.text));
            const auto document = read_json(source, session_->diagnostics);
            report_.settings.emplace_back("export " + std::string(file_name(file)), "sha256:" + sha256(read.text));
            if (!document) continue;
            read_forge(*document, file, forge_);
            if (!forge_.other_files.empty() && forge_.other_files.back() == file)
                settings_files_.emplace_back(file_name(file), source.text());
        }
        join_forge(forge_);
        apply_forge(forge_, report_.branch, report_.changes);
        find_forced_pushes();
        find_lacks(report_.changes, settings());
    }

    bool is_ancestor(const std::string& a, const std::string& b) const {
        return repository_->merge_base(a, b) == std::optional<std::string>(a);
    }
    bool is_in_period(std::int64_t time) const { return time >= period_.from && time <= period_.to; }

    /// What exports and this clone's reflogs show of commits that the branch lost.
    void find_forced_pushes() {
        auto& found = report_.forced_pushes;
        for (const PushEvent& event : forge_.pushes) {
            if (event.branch != report_.branch || !is_in_period(event.time)) continue;
            // GitLab does not mark forced pushes, but names both ends.
            const bool gone = event.kind == PushEvent::Kind::push && !event.before.empty() &&
                              repository_->resolve(event.before) && repository_->resolve(event.after) &&
                              !is_ancestor(event.before, event.after);
            if (event.kind == PushEvent::Kind::forced || gone)
                found.push_back({event.time, event.actor, event.before, event.after, event.source});
        }
        const bool tracked = repository_->resolve("refs/remotes/origin/" + report_.branch).has_value();
        // In a clone someone works in, their own branch moves as they like before they push it.
        const std::string name = (tracked ? "refs/remotes/origin/" : "refs/heads/") + report_.branch;
        for (const git::ReflogEntry& entry : repository_->reflog(name)) {
            if (!is_in_period(entry.person.time) || entry.old_commit.empty() || entry.new_commit.empty()) continue;
            if (entry.old_commit == entry.new_commit || is_ancestor(entry.old_commit, entry.new_commit)) continue;
            const bool known = std::any_of(found.begin(), found.end(), [&](const ForcedPush& push) {
                return push.new_commit == entry.new_commit && push.old_commit == entry.old_commit;
            });
            // Who fetched is not who pushed.
            const std::string by = tracked ? "" : entry.person.name;
            if (!known) found.push_back({entry.person.time, by, entry.old_commit, entry.new_commit, "reflog"});
        }
        std::stable_sort(found.begin(), found.end(),
                         [](const ForcedPush& a, const ForcedPush& b) { return a.time < b.time; });
        if (!forge_.lists_pushes)
            report_.pushes_unknown_because =
                "git itself does not record pushes; an export of the host's activity log would tell (--forge)";
    }

    /// The records go through the ordinary pipeline: parsed, judged, with places in the document that the evidence
    /// holds.
    void judge_changes() {
        give_back_memory();  // of the threads that compared trees
        std::vector<std::string> paths = {std::string(change_records_file)};
        std::map<std::string, std::string> settings;
        for (const auto& [name, text] : settings_files_) {
            paths.push_back("exports/" + std::to_string(paths.size()) + "/" + name);
            settings[paths.back()] = text;
        }
        MemoryFileSystem files(settings);
        Work work{files, session_->sources, session_->diagnostics, session_->coverage, jobs(), nullptr};
        {
            std::ostringstream records;
            write_change_records(report_, records);
            // The records are our own: some 2 KB a change, and the population is never cut.
            work.file_limit = std::max<std::uint64_t>(max_file_size, records.view().size());
            files.add(paths.front(), std::string(records.view()));
        }
        const std::vector<const Source*> sources = read(work, paths);
        records_ = sources.front();
        files = MemoryFileSystem(std::move(settings));  // nobody reads the records again, and they are large
        std::vector<RootVerdicts> verdicts;
        {
            // Gone before the findings are joined: the values of ten thousand changes take more than their verdicts.
            const ParsedFiles parsed = parse(work, sources, {});
            verdicts = judge(work, group(work, parsed), {Environment{}}, *session_->catalogue.rules);
        }
        give_back_memory();
        report_.judged.findings = join_verdicts(work, std::move(verdicts)).findings;
        sort_findings(report_.judged.findings);
        for (Finding& finding : report_.judged.findings) word(finding);
    }

    /// A record says in words what is missing; the engine's sentence about its member would only wrap them up.
    void word(Finding& finding) {
        if (finding.type != "git_change" && finding.type != "git_branch") return;
        if (!finding.judgement.attribute.starts_with("lacks.")) return;
        const std::string demand = finding.judgement.attribute.substr(6);
        if (finding.judgement.verdict == Verdict::pass) finding.judgement.message = "nothing is missing";
        if (finding.judgement.verdict == Verdict::undecided)
            finding.judgement.message = "not provable: " + finding.judgement.undecided_by;
        if (finding.judgement.verdict != Verdict::fail) return;
        if (finding.type == "git_branch") {
            std::string_view value = finding.judgement.value;
            if (value.size() > 2) finding.judgement.message = "lacks " + std::string(value.substr(1, value.size() - 2));
            return;
        }
        const AuditChange* change = change_of(finding.resource);
        if (!change) return;
        for (const AuditLack& lack : change->lacks)
            if (lack.demand == demand) finding.judgement.message = "lacks " + lack.text;
    }

    const AuditChange* change_of(const std::string& commit) {
        if (by_commit_.empty())
            for (const AuditChange& change : report_.changes) by_commit_.emplace(change.commit, &change);
        const auto found = by_commit_.find(commit);
        return found == by_commit_.end() ? nullptr : found->second;
    }

    /// The guardrails at every change. The session's own replay reads each commit's configuration; one that was typed
    /// and is in no commit is a demand on changes only.
    void replay() {
        Call call = outer_.call;
        call.working_directory = top_;
        Options options = outer_.options;
        options.arguments = {"."};
        options.config.clear();
        for (std::string& folder : options.rule_folders) folder = outer_.typed(folder);
        Replay replay(call, outer_.system, std::move(options), *repository_, top_);
        // On a worker, so that the thousands of small steps need no thread of their own each.
        in_parallel(1, 1, [&](std::size_t) { replay_period(replay, *repository_, report_); });
    }

    void find_secrets() {
        report_.secrets = find_history_secrets(*repository_, branch_tip_, since_, jobs(), session_->diagnostics);
        give_back_memory();
        // What is wrong with waivers, the replay says.
        const std::size_t said = session_->diagnostics.size();
        const std::vector<Waiver> waivers = load_waivers(*session_);
        if (outer_.options.only.empty()) session_->diagnostics.truncate(said);
        const std::string today = rfc3339(report_.to).substr(0, 10);
        for (HistorySecret& secret : *report_.secrets) {
            if (secret.accepted) continue;
            const std::string address = std::string(credential_address) + secret.fingerprint;
            if (const Waiver* waiver = waiver_of_credential(waivers, address, secret.file, today))
                secret.accepted = acceptance_of(*waiver);
        }
    }

    /// The changes with the smallest SHA-256 of `SEED:COMMIT`, so that anybody can draw the same sample with sha256sum.
    void draw_sample() {
        AuditSample& sample = report_.sample;
        sample.asked = outer_.options.sample.value_or(sample.asked);
        sample.seed = outer_.options.seed;
        std::vector<std::pair<std::string, std::size_t>> ranked;
        for (std::size_t i = 0; i < report_.changes.size(); ++i)
            ranked.emplace_back(sha256(sample.seed + ":" + report_.changes[i].commit), i);
        std::sort(ranked.begin(), ranked.end());
        if (ranked.size() > sample.asked) ranked.resize(sample.asked);
        for (const auto& [hash, index] : ranked) sample.changes.push_back(index);
    }

    void finish() {
        Report& judged = report_.judged;
        for (ControlInfo& control : judged.controls) control.dated_history = true;
        // No clock: equal inputs give equal bytes, so the report is dated by the end of its period.
        judged.started_at = rfc3339(report_.to);
        judged.arguments = outer_.call.arguments;
        judged.commit = report_.tip;
        judged.branch = report_.branch;
        judged.count_verdicts();
        report_.controls = joined_controls(report_, change_controls(report_),
                                           report_.replayed.value_or(std::vector<ControlHistory>{}));
        report_.controls = joined_controls(report_, report_.controls, secret_controls(report_));
        if (at_) {
            report_.at->controls.clear();
            for (const AuditChange& change : report_.changes)
                if (change.time <= *at_) report_.at->commit = change.commit;
            if (report_.at->commit.empty()) report_.at->commit = report_.base;
            for (const ControlHistory& history : report_.controls)
                report_.at->controls.emplace_back(history.id, verdict_at(history, *at_));
        }
        add_settings();
        const std::vector<Diagnostic> shown = shown_diagnostics(*session_);
        judged.diagnostics.insert(judged.diagnostics.begin(), shown.begin(), shown.end());
        judged.coverage = session_->coverage;
        judged.exit_code = code(exit());
    }

    void add_settings() {
        const AuditSettings& from = settings();
        auto& to = report_.settings;
        const auto list = [&](std::string name, const std::vector<std::string>& items) {
            to.emplace_back(std::move(name), join(items, ", "));
        };
        list("bots", from.bots);
        list("trusted_bots", from.trusted_bots);
        for (const auto& [person, names] : from.identities) list("identity " + person, names);
        to.emplace_back("required_approvals", std::to_string(from.required_approvals));
        list("required_checks", from.required_checks);
        to.emplace_back("emergency_review_hours", std::to_string(from.emergency_review_hours));
        list("ticket_patterns", from.ticket_patterns);
        list("emergency_patterns", from.emergency_patterns);
        list("pipeline_files", from.pipeline_files);
        list("waiver_files", from.waiver_files);
        list("merge_methods", from.merge_methods);
        to.emplace_back("trust_trailers", from.trust_trailers ? "true" : "false");
        if (!outer_.options.allowed_signers.empty()) to.emplace_back("allowed_signers", outer_.options.allowed_signers);
        if (!outer_.options.keyring.empty()) to.emplace_back("keyring", outer_.options.keyring);
    }

    Exit exit() const {
        const FailOn fail_on = outer_.options.fail_on.value_or(session_->options.fail_on.value_or(FailOn{}));
        if (fail_on.kind != FailOn::Kind::never) {
            for (const Finding& finding : report_.judged.findings)
                if (finding.counts() && finding.severity >= fail_on.level) return Exit::failures;
            if (!outer_.options.only.empty() &&
                std::any_of(report_.secrets->begin(), report_.secrets->end(),
                            [](const HistorySecret& secret) { return !secret.accepted; }))
                return Exit::failures;
            for (const FindingHistory& finding : report_.findings) {
                const bool accepted = !finding.accepted.empty() && finding.accepted.back().to >= report_.to;
                if (!finding.resolved && !accepted && finding.severity >= fail_on.level) return Exit::failures;
            }
        }
        const auto& all = report_.judged.diagnostics;
        return std::any_of(all.begin(), all.end(), [](const Diagnostic& item) { return item.level == Level::error; })
                   ? Exit::incomplete
                   : Exit::clean;
    }

    bool write_reports() {
        ReportOptions options;
        options.verbosity = outer_.options.verbosity;
        options.frameworks = session_->lens.chosen();
        std::vector<Output> outputs = outer_.options.outputs;
        if (outputs.empty() && outer_.options.evidence.empty()) outputs.push_back({"markdown", ""});
        bool good = true;
        for (const Output& output : outputs) {
            std::ostringstream text;
            find_audit_format(output.format)->write(report_, session_->sources, options, text);
            if (output.file.empty()) {
                outer_.out << std::move(text).str();
                outer_.out.flush();
                good = good && outer_.out.good();
                if (!outer_.out) outer_.err << "plumbline audit: standard output cannot be written.\n";
                continue;
            }
            good =
                write_file(outer_.typed(output.file), std::move(text).str(), "--output " + quoted(output.file)) && good;
        }
        return (outer_.options.evidence.empty() || write_evidence(options)) && good;
    }

    bool write_file(const std::string& absolute, const std::string& text, const std::string& called) {
        const std::string error = outer_.system.write(absolute, text);
        if (!error.empty()) outer_.err << "plumbline audit: " << called << ": " << error << ".\n";
        return error.empty();
    }

    /// A bundle of every report and the records that were judged.
    bool write_evidence(const ReportOptions& options) {
        std::vector<EvidenceFile> files = settings_files(*session_);
        files.push_back({std::string(change_records_file), [&](std::ostream& out) { out << records_->text(); }});
        static constexpr std::array<std::pair<std::string_view, std::string_view>, 5> names = {
            {{"json", "audit.json"},
             {"csv", "population.csv"},
             {"markdown", "audit.md"},
             {"html", "audit.html"},
             {"oscal", "assessment-results.json"}}};
        for (const auto& [format, name] : names) {
            const auto write = find_audit_format(format)->write;
            files.push_back({std::string(name), [this, write, &options](std::ostream& out) {
                                 write(report_, session_->sources, options, out);
                             }});
        }
        outer_.place = session_->place;
        EvidenceFacts facts = evidence_facts(outer_, "audit", report_.judged.exit_code);
        facts.rules = session_->catalogue.rules->infos().size();
        facts.controls = session_->catalogue.controls->controls().size();
        facts.frameworks = session_->catalogue.controls->frameworks().size();
        facts.repository.branch = report_.branch;
        facts.repository.commit = report_.tip;
        return append_evidence(outer_, facts, files);
    }

    Session& outer_;
    Period period_;
    std::optional<std::int64_t> at_, since_;
    std::string top_, branch_tip_;
    std::shared_ptr<git::Repository> repository_;
    std::vector<BranchCommit> branch_;
    Diagnostics early_;
    std::shared_ptr<const FileSystem> tree_;
    Call call_;
    std::unique_ptr<SnapshotSystem> system_;
    std::unique_ptr<Session> session_;
    std::vector<BranchChanges::Signed> signatures_;
    Forge forge_;
    std::vector<std::pair<std::string, std::string>> settings_files_;
    const Source* records_ = nullptr;  ///< what was judged
    std::unordered_map<std::string, const AuditChange*> by_commit_;
    AuditReport report_;
};

}  // namespace

int run_audit(Session& session) {
    return Audit(session).run();
}

}  // namespace plumbline
