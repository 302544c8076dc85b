#include "scanner/fleet.h"

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <map>
#include <mutex>
#include <set>
#include <sstream>
#include <thread>

#include "parsers/git/mirror.h"
#include "parsers/git/repository.h"
#include "reporters/json_writer.h"
#include "scanner/catalogue.h"
#include "scanner/digest.h"
#include "scanner/document.h"
#include "scanner/evidence.h"
#include "scanner/ledger.h"
#include "scanner/model/text.h"
#include "scanner/model/time.h"
#include "scanner/process.h"
#include "scanner/replay.h"
#include "scanner/workers.h"

namespace plumbline {
namespace {

constexpr std::uint64_t max_list_size = std::uint64_t{64} << 20;    // some 500,000 addresses
constexpr std::uint64_t max_result_size = std::uint64_t{64} << 20;  // some 200,000 findings
// An organisation's folders: host/group/subgroup/repository.
constexpr int max_folder_depth = 4;
constexpr std::uint64_t max_rule_size = std::uint64_t{16} << 20;
// A run that was killed is gone on with for so long; older results would be passed off as today's.
constexpr std::int64_t resume_seconds = 24 * 3600;

bool is_remote(std::string_view address) {
    if (address.find("://") != std::string_view::npos) return !address.starts_with("file://");
    // scp's form: user@host:path
    const std::size_t colon = address.find(':');
    return colon != std::string_view::npos && address.find('/') > colon;
}

/// Lines of what happened, for people or as JSON for an operator's log.
class Log {
  public:
    Log(std::ostream& err, bool json, int verbosity) : err_(err), json_(json), verbosity_(verbosity) {}

    void event(std::string_view level, std::string_view what, const std::string& repository, const std::string& detail,
               double seconds = -1) {
        const std::lock_guard lock(mutex_);
        if (level == "info" && verbosity_ < 1 && !json_) return;
        if (level == "warning" && verbosity_ < 0) return;
        if (json_) {
            {
                JsonWriter json(err_);
                json.object([&] {
                    json.text("level", level);
                    json.text("event", what);
                    json.text_if("repository", repository);
                    json.text_if("detail", detail);
                    if (seconds >= 0) json.number("milliseconds", static_cast<std::uint64_t>(seconds * 1000));
                });
            }
            err_ << "\n";
        } else {
            err_ << "plumbline fleet: " << (repository.empty() ? "" : printable(repository) + ": ") << what
                 << (detail.empty() ? "" : ": " + printable(detail)) << "\n";
        }
        err_.flush();
    }

  private:
    std::ostream& err_;
    const bool json_;
    const int verbosity_;
    std::mutex mutex_;
};

/// What a run shares.
struct Fleet {
    Session& session;
    Log& log;
    std::string cache;                           ///< folder; empty: none
    std::map<std::string, Ledger::Known> known;  ///< what the ledger has
    std::string made_by;  ///< hash of program, rules, mapping and settings: with a tree it names a result
};

/// Of the rules, controls and frameworks that judge: the built-in ones and every file of --rules.
std::string rules_hash(const Session& session) {
    std::string text = builtin_rules_hash() + builtin_mapping_hash();
    for (const std::string& folder : session.options.rule_folders) {
        const auto tree = session.system.open(session.typed(folder));
        for (const std::string& file : yaml_files(*tree)) text += file + "\n" + tree->read(file, max_rule_size).text;
    }
    return sha256(text);
}

std::string join_names(const std::vector<std::string>& names) {
    std::string out;
    for (const std::string& name : names) out += (out.empty() ? "" : " ") + name;
    return out;
}

/// What was typed that changes results.
std::string settings_key(const Options& options) {
    std::string key;
    for (const auto* words : {&options.frameworks, &options.controls, &options.rules, &options.excluded_rules,
                              &options.exclude, &options.rule_folders})
        key += join_names(*words) + "\n";
    if (options.severity) key += to_string(*options.severity);
    for (const Inputs::Assignment& item : options.inputs.assignments) key += item.name + "=" + item.text + "\n";
    for (const auto& [name, value] : options.inputs.parameters) key += name + "=" + value.text.value_or("") + "\n";
    return key + options.inputs.workspace + (options.no_builtin_rules ? "0" : "1");
}

/// What the mirror's process needs to log in, a line each.
std::string credentials(const std::map<std::string, std::string>& environment) {
    const auto value = [&](const char* name) {
        const auto found = environment.find(name);
        return found == environment.end() || found->second.find('\n') != std::string::npos ? std::string()
                                                                                           : found->second;
    };
    return value("PLUMBLINE_GIT_USER") + "\n" + value("PLUMBLINE_GIT_PASSWORD") + "\n" + value("SSH_AUTH_SOCK") + "\n";
}

/// What the mirror's process gets of the environment: the way to the network, and where SSH keeps the hosts it knows.
std::vector<std::string> network_environment(const std::map<std::string, std::string>& environment) {
    std::vector<std::string> out;
    for (const char* name :
         {"HOME", "http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "no_proxy", "NO_PROXY"}) {
        const auto found = environment.find(name);
        if (found != environment.end()) out.push_back(std::string(name) + "=" + found->second);
    }
    return out;
}

/// Judges a commit. `result` has repository, commit and key.
void judge(Fleet& fleet, const git::Repository& repository, const std::string& top, RepositoryResult& result) {
    Call call = fleet.session.call;
    call.cores = 1;
    Options options = fleet.session.options;
    options.jobs = 1;
    Replay replay(call, fleet.session.system, options, repository, top);
    const auto now = parse_rfc3339(call.now);
    if (!replay.go_to(result.commit, now, result.error)) return;
    std::map<std::string_view, std::string_view> controls;
    if (const RuleSet* rules = replay.rules()) {
        for (const RuleInfo& rule : rules->infos()) {
            controls[rule.id] = rule.control;
            const auto counts = replay.verdicts().find(rule.id);
            if (counts != replay.verdicts().end()) result.controls[std::string(rule.control)].add(counts->second);
        }
    } else {
        result.error = replay.diagnostics().empty() ? "its configuration has a fault"
                                                    : replay.diagnostics().front().second.summary;
        return;
    }
    std::map<std::string, LedgerFinding> findings;
    for (const OpenFinding* open : replay.findings()) {
        const Finding& finding = open->finding;
        if (finding.judgement.verdict != Verdict::fail) continue;
        findings.try_emplace(finding.fingerprint,
                             LedgerFinding{finding.fingerprint, finding.rule, std::string(controls[finding.rule]),
                                           std::string(to_string(finding.severity)), finding.resource, finding.file,
                                           finding.judgement.message, join_names(finding.owners), open->line,
                                           !finding.accepted.empty()});
    }
    for (auto& [fingerprint, finding] : findings) result.findings.push_back(std::move(finding));
    for (const auto& [commit, diagnostic] : replay.diagnostics())
        if (diagnostic.level == Level::error) ++result.problems;
    if (const auto end = replay.next_end()) result.valid_until = rfc3339(*end);
}

/// Brings the mirror up to date; empty, or why it could not be.
std::string update_mirror(Fleet& fleet, const FleetEntry& entry, const std::string& folder) {
    const Options& options = fleet.session.options;
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(options.deadline);
    std::string error;
    for (std::size_t attempt = 1; attempt <= options.retries; ++attempt) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
        // A process of its own: libgit2 waits for a silent host without end, and only a process can be ended.
        ProcessLimits limits;
        limits.time = std::max(left, std::chrono::milliseconds(1));
        const ProcessResult fetched =
            run_process({"/proc/self/exe", "fleet", "fetch", folder, std::to_string(options.max_megabytes)},
                        network_environment(fleet.session.call.environment), "/", limits,
                        entry.address + "\n" + entry.branch + "\n" + credentials(fleet.session.call.environment));
        if (fetched.fault.empty() && fetched.exit_code == 0) return "";
        const bool transient = fetched.exit_code != 4;
        // Where the time is over, an earlier attempt's fault says more than that.
        const bool late = std::chrono::steady_clock::now() >= end;
        if (!late || error.empty())
            error = late ? "it was not fetched within the deadline of " + std::to_string(options.deadline) + " seconds"
                    : fetched.fault.empty() ? std::string(trim(fetched.output))
                                            : fetched.fault;
        if (!transient || late || attempt == options.retries) break;
        fleet.log.event("warning", "trying again", entry.name, error);
        std::this_thread::sleep_for(std::chrono::seconds(1U << std::min<std::size_t>(attempt - 1, 5)));
    }
    return error.empty() ? "it could not be fetched" : error;
}

RepositoryResult scan(Fleet& fleet, const FleetEntry& entry, bool& cached) {
    RepositoryResult result;
    result.repository = entry.name;
    std::string top = entry.address;
    if (entry.remote) {
        top = fleet.cache + "/mirrors/" + fingerprint_of(std::vector<std::string_view>{entry.name}) + ".git";
        result.error = update_mirror(fleet, entry, top);
        if (!result.error.empty()) return result;
    }
    const auto repository = git::Repository::open(top, result.error);
    if (!repository) return result;
    const std::string branch = entry.branch.empty() ? repository->main_branch() : entry.branch;
    const auto tip = repository->resolve(branch);
    if (!tip) {
        if (!entry.branch.empty()) result.error = "it has no branch " + quoted(entry.branch);
        result.key = "empty-" + fleet.made_by;
        return result;
    }
    result.commit = *tip;
    const auto commit = repository->commit(*tip, result.error);
    if (!commit) return result;
    result.key = commit->tree + "-" + fleet.made_by;
    const std::string& now = fleet.session.call.now;
    if (const auto known = fleet.known.find(entry.name);
        known != fleet.known.end() && known->second.key == result.key &&
        (known->second.valid_until.empty() || now < known->second.valid_until)) {
        result.unchanged = cached = true;
        return result;
    }
    const std::string file = fleet.cache.empty()
                                 ? std::string()
                                 : fleet.cache + "/results/" + result.key.substr(0, 2) + "/" + result.key + ".json";
    if (!file.empty()) {
        const FileSystem::ReadResult read =
            fleet.session.system.open(folder_of(file))->read(file_name(file), max_result_size);
        // A file that a killed run left half-written is no result.
        if (auto known = read.error.empty() ? result_from_json(read.text) : std::nullopt;
            known && known->key == result.key && (known->valid_until.empty() || now < known->valid_until)) {
            known->repository = result.repository;
            known->commit = result.commit;
            cached = true;
            return *known;
        }
    }
    judge(fleet, *repository, top, result);
    if (result.error.empty() && !file.empty()) {
        if (const std::string error = fleet.session.system.write(file, to_json(result)); !error.empty())
            fleet.log.event("warning", "the cache cannot be written", entry.name, error);
    }
    return result;
}

/// Prometheus' text format, for a textfile collector or a push gateway.
std::string metrics(const RunTotals& totals, std::uint64_t cached, double seconds, const std::string& shard) {
    std::ostringstream out;
    const auto gauge = [&](std::string_view name, std::string_view help, auto value) {
        out << "# HELP plumbline_fleet_" << name << " " << help << "\n# TYPE plumbline_fleet_" << name
            << " gauge\nplumbline_fleet_" << name << "{shard=\"" << shard << "\"} " << value << "\n";
    };
    gauge("repositories_scanned", "Repositories of the last run with a result.", totals.scanned);
    gauge("repositories_cached", "Of these, those whose content had been judged before.", cached);
    gauge("repositories_failed", "Repositories of the last run without a result.", totals.failed);
    gauge("findings", "Failures that are not accepted.", totals.open);
    gauge("findings_accepted", "Failures that a waiver or comment accepts.", totals.accepted);
    gauge("problems", "Inputs that could not be read, parsed or resolved.", totals.problems);
    gauge("run_seconds", "Duration of the last run.", seconds);
    return std::move(out).str();
}

void find_repositories(const System& system, const std::string& folder, int depth, std::vector<FleetEntry>& found) {
    const auto tree = system.open(folder);
    if (tree->exists(".git") || (tree->exists("HEAD") && tree->exists("objects") && tree->exists("refs"))) {
        found.push_back({folder, folder, "", false});
        return;
    }
    if (depth == max_folder_depth) return;
    const auto entries = tree->list("");
    if (!entries) return;
    for (const FileSystem::Entry& entry : *entries)
        if (entry.kind == FileSystem::Kind::directory && !entry.name.starts_with('.'))
            find_repositories(system, folder + "/" + entry.name, depth + 1, found);
}

/// What --repos names; an error on the way is printed and makes it empty.
std::optional<std::vector<FleetEntry>> entries_of(Session& session) {
    const std::string& repos = session.options.repos;
    if (repos.empty()) {
        session.err << "plumbline fleet: which repositories? --repos FILE (an address or path a line), DIR or - .\n";
        return std::nullopt;
    }
    const std::string& here = session.call.working_directory;
    if (repos == "-") return read_fleet(session.system.read_input(max_list_size), here);
    const std::string path = session.typed(repos);
    if (!session.system.real_path(path)) {
        session.err << "plumbline fleet: --repos " << quoted(repos) << ": there is no such file or folder.\n";
        return std::nullopt;
    }
    const auto entry = session.system.open(folder_of(path))->stat(file_name(path));
    if (path == "/" || (entry && entry->kind == FileSystem::Kind::directory)) {
        std::vector<FleetEntry> found;
        find_repositories(session.system, path, 0, found);
        std::sort(found.begin(), found.end(), [](const FleetEntry& a, const FleetEntry& b) { return a.name < b.name; });
        return found;
    }
    const FileSystem::ReadResult read = session.system.open(folder_of(path))->read(file_name(path), max_list_size);
    if (!read.error.empty()) {
        session.err << "plumbline fleet: --repos " << quoted(repos) << ": " << read.error << ".\n";
        return std::nullopt;
    }
    return read_fleet(read.text, folder_of(path));
}

std::string cache_folder(const Session& session) {
    if (!session.options.cache.empty()) return session.typed(session.options.cache);
    const auto& environment = session.call.environment;
    for (const auto& [name, rest] : {std::pair("XDG_CACHE_HOME", "/plumbline"), std::pair("HOME", "/.cache/plumbline")})
        if (const auto found = environment.find(name); found != environment.end() && found->second.starts_with('/'))
            return found->second + rest;
    return session.typed(".plumbline-cache");
}

}  // namespace

std::optional<Shard> parse_shard(std::string_view text, const std::string& completion_index) {
    const std::size_t slash = text.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    const auto number = [](std::string_view digits) -> std::optional<std::size_t> {
        std::size_t value = 0;
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
        if (error != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
        return value;
    };
    const bool job = text.substr(0, slash) == "job";
    const auto index = number(job ? std::string_view(completion_index) : text.substr(0, slash));
    const auto count = number(text.substr(slash + 1));
    if (!index || !count) return std::nullopt;
    const Shard shard{*index + (job ? 1 : 0), *count};
    if (shard.index < 1 || shard.index > shard.count) return std::nullopt;
    return shard;
}

bool is_in_shard(std::string_view name, const Shard& shard) {
    const std::string hash = fingerprint_of(std::vector<std::string_view>{name});
    std::uint64_t number = 0;
    std::from_chars(hash.data(), hash.data() + hash.size(), number, 16);
    return number % shard.count == shard.index - 1;
}

std::vector<FleetEntry> read_fleet(std::string_view text, const std::string& folder) {
    std::map<std::string, FleetEntry> entries;
    for (std::string_view line : split(text, '\n')) {
        line = trim(line);
        if (line.empty() || line.starts_with('#')) continue;
        const std::size_t space = line.find_first_of(" \t");
        FleetEntry entry;
        entry.address = line.substr(0, space);
        if (space != std::string_view::npos) {
            const std::string_view rest = trim(line.substr(space));
            if (!rest.starts_with('#')) entry.branch = rest.substr(0, rest.find_first_of(" \t"));
        }
        entry.remote = is_remote(entry.address);
        if (entry.address.starts_with("file://")) entry.address = entry.address.substr(7);
        if (!entry.remote) entry.address = absolute_path(folder, entry.address);
        entry.name = git::without_credentials(entry.address);
        if (!entry.branch.empty()) entry.name += "#" + entry.branch;
        entries.try_emplace(entry.name, entry);
    }
    std::vector<FleetEntry> sorted;
    for (auto& [name, entry] : entries) sorted.push_back(std::move(entry));
    return sorted;
}

int run_fleet(Session& session) {
    const auto begun = std::chrono::steady_clock::now();
    const Options& options = session.options;
    const auto index = session.call.environment.find("JOB_COMPLETION_INDEX");
    const auto shard = parse_shard(options.shard, index == session.call.environment.end() ? "" : index->second);
    if (!shard) {
        session.err << "plumbline fleet: --shard " << quoted(options.shard)
                    << " is not I/N with 1 <= I <= N, or job/N in an Indexed Job.\n";
        return code(Exit::incomplete);
    }
    auto entries = entries_of(session);
    if (!entries) return code(Exit::incomplete);
    std::erase_if(*entries, [&](const FleetEntry& entry) { return !is_in_shard(entry.name, *shard); });
    load_rules(session);
    if (const std::string error = select_rules(session.catalogue, options, session.lens); !error.empty()) {
        session.err << error;
        return stop(session);
    }
    if (session.diagnostics.has_errors()) return stop(session);
    Log log(session.err, options.log_json, options.verbosity);

    std::vector<std::string> settings = {PLUMBLINE_VERSION, rules_hash(session), settings_key(options)};
    std::vector<std::string_view> parts(settings.begin(), settings.end());
    Fleet fleet{session, log, cache_folder(session), {}, fingerprint_of(parts)};
    std::string names;
    for (const FleetEntry& entry : *entries) names += entry.name + "\n";
    const std::string plan = fingerprint_of(std::vector<std::string_view>{names, fleet.made_by});
    const std::string shard_name = std::to_string(shard->index) + "/" + std::to_string(shard->count);

    RunTotals totals;
    std::atomic<std::uint64_t> unchanged = 0;
    try {
        Ledger ledger(session.typed_ledger(options.ledger));
        const std::int64_t now = parse_rfc3339(session.call.now);
        const LedgerRun run =
            ledger.begin(session.call.now, rfc3339(now - resume_seconds), PLUMBLINE_VERSION, shard_name, plan);
        // What is staged was judged at the run's start; so is the rest, as in a run that was never ended.
        Call call = session.call;
        call.now = run.started;
        Session at_start(call, session.system, options, session.out, session.err);
        Fleet resumed{at_start, log, fleet.cache, ledger.known(), fleet.made_by};
        const std::vector<std::string> done = ledger.staged(run);
        std::vector<const FleetEntry*> open;
        for (const FleetEntry& entry : *entries)
            if (!std::binary_search(done.begin(), done.end(), entry.name)) open.push_back(&entry);
        log.event("info", run.started == session.call.now ? "run begun" : "run resumed", "",
                  std::to_string(open.size()) + " of " + std::to_string(entries->size()) + " repositories to scan");
        std::mutex mutex;  // one connection
        std::string ledger_fault;
        std::atomic<bool> broken = false;
        in_parallel(open.size(), options.jobs.value_or(session.call.cores), [&](std::size_t i) {
            if (broken) return;
            const auto start = std::chrono::steady_clock::now();
            bool cached = false;
            const RepositoryResult result = scan(resumed, *open[i], cached);
            const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
            if (result.error.empty())
                log.event("info", cached ? "unchanged" : "scanned", result.repository,
                          cached ? "" : std::to_string(result.findings.size()) + " findings", took.count());
            else
                log.event("error", "not scanned", result.repository, result.error, took.count());
            const std::lock_guard lock(mutex);
            if (cached) ++unchanged;
            try {
                ledger.stage(run, result);
            } catch (const DatabaseError& error) {
                ledger_fault = error.what();
                broken = true;
            }
        });
        if (broken) throw DatabaseError(ledger_fault);
        totals = ledger.finish(run, session.call.now);
    } catch (const DatabaseError& error) {
        session.err << "plumbline fleet: the ledger cannot be used: " << printable(error.what()) << "\n";
        return code(Exit::incomplete);
    }
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
    if (!options.metrics.empty()) {
        const std::string error =
            session.system.write(session.typed(options.metrics), metrics(totals, unchanged, took.count(), shard_name));
        if (!error.empty()) log.event("error", "the metrics cannot be written", "", error);
    }
    session.out << totals.scanned << " repositories scanned (" << unchanged << " unchanged), " << totals.failed
                << " not; " << totals.open << " open findings, " << totals.accepted << " accepted\n";
    for (const auto& [name, error] : totals.errors)
        session.out << "not scanned: " << printable(name) << ": " << printable(error) << "\n";
    if (options.fail_on && options.fail_on->kind != FailOn::Kind::never && totals.open > 0) return code(Exit::failures);
    return code(totals.failed > 0 ? Exit::incomplete : Exit::clean);
}

/// `fleet fetch FOLDER MEGABYTES`, with address, branch, user, password and agent on standard input, a line each: in an
/// argument other users of the machine could read them. Exit code 4: trying again does not help.
int run_fleet_fetch(Session& session) {
    const std::string input = session.system.read_input(std::uint64_t{1} << 20);
    std::vector<std::string> lines;
    for (std::string_view line : split(input, '\n')) lines.emplace_back(line);
    lines.resize(5);
    git::FetchSettings settings;
    settings.branch = lines[1];
    settings.user = lines[2];
    settings.password = lines[3];
    if (!lines[4].empty()) ::setenv("SSH_AUTH_SOCK", lines[4].c_str(), 1);
    std::uint64_t megabytes = 0;
    const std::string& limit = session.options.arguments[1];
    std::from_chars(limit.data(), limit.data() + limit.size(), megabytes);
    settings.max_bytes = megabytes << 20;
    const git::FetchResult result = git::fetch_mirror(lines[0], session.typed(session.options.arguments[0]), settings);
    if (result.error.empty()) return 0;
    session.out << result.error << "\n";
    return result.transient ? 2 : 4;
}

}  // namespace plumbline
