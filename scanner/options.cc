#include "scanner/options.h"

#include <algorithm>
#include <array>
#include <boost/program_options.hpp>
#include <charconv>

#include "scanner/model/text.h"

namespace plumbline {
namespace {

namespace po = boost::program_options;

/// Commands as bits, so that a flag names those it belongs to.
enum : unsigned {
    scan = 1,
    inspect = 2,
    rules_list = 4,
    rules_show = 8,
    rules_test = 16,
    frameworks_list = 32,
    frameworks_show = 64,
    explain = 128,
    waive = 256,
    init = 512,
    help = 1024,
    fleet = 1U << 20,
    fleet_report = 1U << 21,
    fleet_fetch = 1U << 22,
    merge = 1U << 23,
    frameworks_coverage = 8192,
    frameworks_all = frameworks_list | frameworks_show | frameworks_coverage,
    completions = 1U << 28,
    man = 1U << 29,
    verify = 2048,
    audit = 4096,
    evaluating = scan | inspect | explain | fleet,
    with_rules = fleet | scan | explain | rules_list | rules_show,
    with_controls = with_rules | audit | rules_test | frameworks_all | waive,
    every = ~0U,
};

struct CommandRow {
    unsigned bit;
    std::string_view name;
    std::string_view arguments;  ///< as the usage line shows them
    std::size_t least, most;     ///< how many there may be
    std::string_view help;
};

constexpr std::size_t any_number = static_cast<std::size_t>(-1);

constexpr std::array<CommandRow, 20> commands = {{
    {scan, "scan", "[PATH...]", 0, any_number,
     "Finds what the files below PATH (default: the current folder) would build, judges it and reports. A file is "
     "judged "
     "with its neighbours, and only findings in the named files are reported."},
    {inspect, "inspect", "[PATH]", 0, 1,
     "Prints what the scanner sees of a Terraform root module: every evaluated resource with its values and where they "
     "come from."},
    {audit, "audit", "REPO", 1, any_number,
     "Evidence over a period from git history: changes and their reviews, controls over time, findings with when and "
     "by "
     "whom they came and went, the auditor's sample. Nothing is checked out. Formats: markdown, json, html, csv (the "
     "population), oscal."},
    {rules_list, "rules list", "", 0, 0, "Lists every rule."},
    {rules_show, "rules show", "ID", 1, 1, "Shows one rule, by its id or by a peer's id for the same guardrail."},
    {rules_test, "rules test", "DIR", 1, 1,
     "Runs the examples in every rule file below DIR and checks that each rule has the examples it needs."},
    {frameworks_list, "frameworks list", "", 0, 0,
     "Lists the frameworks and how much of each has evidence from rules."},
    {frameworks_show, "frameworks show", "ID", 1, 1,
     "Shows a framework requirement by requirement: the rules that give evidence, and what has none. ID:GROUP is a "
     "baseline or level of it."},
    {frameworks_coverage, "frameworks coverage", "[ID]", 0, 1,
     "What of each framework has direct, partial or supporting evidence, by which rules, and what this program does "
     "not "
     "see and says nothing about. ID may be ID:GROUP."},
    {explain, "explain", "RULE ADDRESS [PATH]", 2, 3,
     "Tells why RULE fired or kept silent on the resource ADDRESS: each look-up and its answer."},
    {waive, "waive", "RULE [ADDRESS]", 1, 2,
     "Adds an exception to the waiver file. RULE is a rule, or a control such as backup.versioning; ADDRESS may be a "
     "pattern."},
    {verify, "verify", "DIR", 1, 1,
     "Checks evidence written by `scan --evidence DIR`: every file's hash, what is missing or was added, the chain of "
     "bundles, signatures. Says what was changed."},
    {init, "init", "", 0, 0,
     "Writes a commented .plumbline/config.yaml into the current folder, with its schema for editors; or, as asked, a "
     "git hook or a workflow."},
    {completions, "completions", "SHELL", 1, 1, "Prints the completions of bash, zsh or fish."},
    {man, "man", "", 0, 0, "Prints the manual page: plumbline man | man -l -"},
    {fleet, "fleet", "", 0, 0,
     "Scans every repository of a list from its git objects, without a checkout, into a ledger. A run that was ended "
     "goes on where it was. Exit code 2 when some repository could not be scanned; 1 only with --fail-on."},
    {fleet_report, "fleet report", "", 0, 0,
     "Reports on a ledger: trend, worst controls, time to repair, owners; `--format html --output DIR` writes a static "
     "site."},
    {fleet_fetch, "fleet fetch", "FOLDER MEGABYTES", 2, 2,
     "Brings one mirror up to date; `fleet` runs it for each remote repository. The address comes on standard input."},
    {merge, "merge", "FILE...", 1, any_number,
     "Joins SARIF files into one, or SQLite ledgers into the ledger --output."},
    {help, "help", "[COMMAND]", 0, 2, "Shows this list, or the help of one command."},
}};

/// Sets the option; empty, or what is wrong with the value.
using Setter = std::string (*)(Options&, const std::string& value);

struct FlagRow {
    unsigned commands;
    std::string_view name;
    char letter;                ///< 0 for none
    std::string_view argument;  ///< how the help names its value; empty for a switch
    std::string_view help;
    Setter set;
};

template <std::string Options::*Field>
std::string text(Options& options, const std::string& value) {
    options.*Field = value;
    return value.empty() ? "the value is empty" : "";
}

template <std::vector<std::string> Options::*Field>
std::string list(Options& options, const std::string& value) {
    // Several at once, as in `--rule a,b`; ids and globs hold no commas.
    for (std::string_view part : split(value, ',')) {
        if (trim(part).empty()) return "the value is empty";
        (options.*Field).emplace_back(trim(part));
    }
    return "";
}

/// One value, which may hold commas: a path.
template <std::vector<std::string> Options::*Field>
std::string add(Options& options, const std::string& value) {
    (options.*Field).push_back(value);
    return value.empty() ? "the value is empty" : "";
}

template <bool Options::*Field>
std::string flag(Options& options, const std::string&) {
    options.*Field = true;
    return "";
}

template <std::size_t Options::*Field>
std::string number(Options& options, const std::string& value) {
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), options.*Field);
    if (error != std::errc() || end != value.data() + value.size() || options.*Field == 0 || options.*Field > 10000000)
        return quoted(value) + " is not a number from 1 to 10000000";
    return "";
}

constexpr std::array<std::string_view, 5> severities = {"info", "low", "medium", "high", "critical"};
constexpr std::array<std::string_view, 7> fail_ons = {"info", "low", "medium", "high", "critical", "new", "never"};
constexpr std::array<std::string_view, 3> colors = {"auto", "always", "never"};

std::string not_one_of(const std::string& value, std::span<const std::string_view> allowed) {
    std::string out = quoted(value) + " is not one of ";
    for (std::string_view item : allowed) out += (item == allowed.front() ? "" : ", ") + std::string(item);
    const std::string near = suggestion(value, allowed);
    return near.empty() ? out : out + "." + near;
}

std::string set_format(Options& options, const std::string& value) {
    // `--output FILE --format FMT` says the same as the other order.
    if (!options.outputs.empty() && options.outputs.back().format.empty())
        options.outputs.back().format = value;
    else
        options.outputs.push_back({value, ""});
    return value.empty() ? "the value is empty" : "";
}

std::string set_output(Options& options, const std::string& value) {
    if (value.empty()) return "the value is empty";
    if (!options.outputs.empty() && options.outputs.back().file.empty() && !options.outputs.back().format.empty())
        options.outputs.back().file = value;
    else
        options.outputs.push_back({"", value});
    return "";
}

std::string set_severity(Options& options, const std::string& value) {
    options.severity = parse_severity(value);
    return options.severity ? "" : not_one_of(value, severities);
}

std::string set_fail_on(Options& options, const std::string& value) {
    options.fail_on = parse_fail_on(value);
    return options.fail_on ? "" : not_one_of(value, fail_ons);
}

std::string set_color(Options& options, const std::string& value) {
    options.color = value;
    return std::find(colors.begin(), colors.end(), value) != colors.end() ? "" : not_one_of(value, colors);
}

std::string set_sample(Options& options, const std::string& value) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc() || end != value.data() + value.size()) return quoted(value) + " is no whole number";
    options.sample = number;
    return "";
}

std::string set_jobs(Options& options, const std::string& value) {
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    // More threads than this help nobody and could exhaust the machine's limit of threads.
    if (error != std::errc() || end != value.data() + value.size() || number < 1 || number > 256)
        return quoted(value) + " is not a number from 1 to 256";
    options.jobs = number;
    return "";
}

/// Splits `name=value`; false when there is no name.
bool split_pair(const std::string& pair, std::string& name, std::string& value) {
    const std::size_t equals = pair.find('=');
    if (equals == std::string::npos || equals == 0) return false;
    name = pair.substr(0, equals);
    value = pair.substr(equals + 1);
    return true;
}

std::string set_var(Options& options, const std::string& value) {
    Inputs::Assignment assignment{Inputs::Assignment::Kind::variable, {}, {}};
    if (!split_pair(value, assignment.name, assignment.text)) return quoted(value) + " is not of the form NAME=VALUE";
    options.inputs.assignments.push_back(std::move(assignment));
    return "";
}

std::string set_var_file(Options& options, const std::string& value) {
    options.inputs.assignments.push_back({Inputs::Assignment::Kind::variable_file, {}, value});
    return value.empty() ? "the value is empty" : "";
}

std::string set_param(Options& options, const std::string& value) {
    std::string name, text_value;
    if (!split_pair(value, name, text_value)) return quoted(value) + " is not of the form NAME=VALUE";
    options.inputs.parameters[name] = {text_value, {}};
    return "";
}

std::string set_workspace(Options& options, const std::string& value) {
    options.inputs.workspace = value;
    return value.empty() ? "the value is empty" : "";
}

bool is_hex(std::string_view text) {
    return text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

std::string set_fingerprint(Options& options, const std::string& value) {
    options.gpg = value.starts_with("0x") ? value.substr(2) : value;
    // Shorter ids are easily made equal.
    return is_hex(options.gpg) && options.gpg.size() >= 16 ? ""
                                                           : quoted(value) + " is no fingerprint of 16 digits or more";
}

std::string set_hash(Options& options, const std::string& value) {
    options.contains = value;
    return is_hex(value) && value.size() == 64 ? "" : quoted(value) + " is no SHA-256 of 64 digits";
}

std::string set_quiet(Options& options, const std::string&) {
    options.verbosity = -1;
    return "";
}

std::string set_verbose(Options& options, const std::string&) {
    options.verbosity = 1;
    return "";
}

const std::vector<FlagRow>& flags() {
    static const std::vector<FlagRow> rows = {
        {audit, "from", 0, "DATE", "first day of the period, YYYY-MM-DD or RFC 3339 (required)", text<&Options::from>},
        {audit, "to", 0, "DATE", "last day of the period (required)", text<&Options::to>},
        {audit, "branch", 0, "NAME", "the branch (default: the repository's main branch)", text<&Options::branch>},
        {audit, "at", 0, "DATE", "also the state at the end of that day", text<&Options::at>},
        {audit, "since", 0, "DATE", "look for credentials only in what was committed from that day on",
         text<&Options::since>},
        {audit, "only", 0, "PART",
         "`secrets`: look for credentials in the history and for nothing else; no dates needed", text<&Options::only>},
        {audit, "forge", 0, "FILE...",
         "exports of the git host: pull requests with reviews and checks, protection, pushes (docs/audit.md has the "
         "commands)",
         add<&Options::forge>},
        {audit, "keyring", 0, "FILE", "verify PGP signatures with `gpgv` and these keys", text<&Options::keyring>},
        {audit, "sample", 0, "N", "changes in the auditor's sample (default: 25)", set_sample},
        {audit, "seed", 0, "TEXT", "what the sample is drawn with: equal seeds draw equal samples",
         text<&Options::seed>},
        {scan | audit | inspect | rules_list | rules_show | frameworks_all | verify | fleet_report, "format", 'f',
         "FMT", "how to report; repeatable, each with its own --output", set_format},
        {scan | audit | fleet_report | merge, "output", 'o', "FILE",
         "where the report of the --format beside it goes (default: standard output)", set_output},
        {scan, "render", 0, "",
         "render Helm charts and Kustomize overlays with `helm template` and `kustomize build` where these are "
         "installed",
         flag<&Options::render>},
        {scan, "include-passed", 0, "", "also report passed, not applicable and undecided verdicts",
         flag<&Options::include_passed>},
        {scan | audit | rules_list | fleet, "framework", 0, "ID",
         "only rules that give evidence for this framework (soc2, iso27001_*) or a part of it "
         "(nist_800_53_r5:moderate, fedramp-high)",
         list<&Options::frameworks>},
        {scan | audit | rules_list | fleet, "control", 0, "ID",
         "only rules of this control: ours (access.*) or a framework's (CC6.1, nist_800_53_r5:AC)",
         list<&Options::controls>},
        {scan | audit | rules_list | fleet, "rule", 0, "ID", "only this rule: id, a peer's id for it, or a glob",
         list<&Options::rules>},
        {scan | audit | rules_list | fleet, "exclude-rule", 0, "ID", "not this rule: id, a peer's id for it, or a glob",
         list<&Options::excluded_rules>},
        {scan | audit | rules_list | fleet, "severity", 0, "LEVEL",
         "only rules of at least this level: info, low, medium, high, critical", set_severity},
        {scan | audit | fleet, "fail-on", 0, "LEVEL",
         "exit with 1 only from this level on, or for `new` findings, or `never`", set_fail_on},
        {scan, "baseline", 0, "FILE", "findings of an earlier scan, which do not count", text<&Options::baseline>},
        {scan, "write-baseline", 0, "FILE", "write the findings of this scan as a baseline",
         text<&Options::write_baseline>},
        {scan, "diff", 0, "REV", "only what the work tree's change since its merge base with REV introduces",
         text<&Options::diff>},
        {scan, "staged", 0, "", "the git index, not the work tree; only what it introduces against HEAD",
         flag<&Options::staged>},
        {scan | audit, "evidence", 0, "DIR",
         "append a bundle of reports, hashes of all inputs and a chained manifest to DIR", text<&Options::evidence>},
        {scan | audit, "sign", 0, "KEY", "sign the evidence: ssh:KEYFILE (ssh-keygen) or gpg:KEYID (gpg)",
         text<&Options::sign>},
        {audit, "allowed-signers", 0, "FILE", "verify SSH signatures of commits with ssh-keygen and these keys",
         text<&Options::allowed_signers>},
        {verify, "allowed-signers", 0, "FILE",
         "bundles must be signed by someone in this file (ssh-keygen's ALLOWED SIGNERS); a signature covers those "
         "before it",
         text<&Options::allowed_signers>},
        {verify, "gpg", 0, "FINGERPRINT",
         "bundles must be signed with this key of your keyring; a signature covers those before it", set_fingerprint},
        {verify, "contains", 0, "SHA256", "a manifest's hash that was kept elsewhere must be one of the chain's",
         set_hash},
        {fleet, "repos", 0, "FILE|DIR|-",
         "the repositories: a list (an address or path a line), a folder of them, or `-`", text<&Options::repos>},
        {fleet | fleet_report, "ledger", 0, "ADDRESS",
         "an SQLite file (default: plumbline-ledger.db) or postgresql://...", text<&Options::ledger>},
        {fleet, "cache", 0, "DIR", "where mirrors and results are kept (default: the user's cache folder)",
         text<&Options::cache>},
        {fleet, "shard", 0, "I/N", "only the I-th of N parts; job/N takes I from JOB_COMPLETION_INDEX",
         text<&Options::shard>},
        {fleet, "deadline", 0, "SECONDS", "for fetching one repository (default: 600)", number<&Options::deadline>},
        {fleet, "retries", 0, "N", "attempts to fetch one repository (default: 3)", number<&Options::retries>},
        {fleet, "max-megabytes", 0, "N", "received from one repository (default: 2048)",
         number<&Options::max_megabytes>},
        {fleet, "metrics", 0, "FILE", "write figures of the run in Prometheus' text format", text<&Options::metrics>},
        {fleet, "log-json", 0, "", "what happens on standard error as JSON, an object a line",
         flag<&Options::log_json>},
        {fleet_report, "days", 0, "N", "of the trend (default: 90)", number<&Options::days>},
        {scan | waive, "waivers", 0, "FILE", "the waiver file (default: .plumbline/waivers.yaml)",
         text<&Options::waivers>},
        {scan, "history", 0, "FILE",
         "dated results: what `plumbline audit --format json` writes makes an effective control provable, a ledger of "
         "`plumbline fleet` gives the trend",
         list<&Options::history>},
        {evaluating, "var", 0, "NAME=VALUE", "a Terraform variable, as `terraform plan -var` takes it", set_var},
        {evaluating, "var-file", 0, "FILE", "a file of Terraform variables", set_var_file},
        {evaluating, "workspace", 0, "NAME", "the Terraform workspace (default: TF_WORKSPACE, or `default`)",
         set_workspace},
        {evaluating, "param", 0, "NAME=VALUE", "a CloudFormation parameter", set_param},
        {evaluating, "param-file", 0, "FILE",
         "a file of CloudFormation parameters, in the AWS CLI's or CodePipeline's form", add<&Options::param_files>},
        {with_controls, "rules", 0, "DIR", "a folder of rules, controls and frameworks beside the built-in ones",
         list<&Options::rule_folders>},
        {with_rules | audit, "no-builtin-rules", 0, "", "only the rules of --rules", flag<&Options::no_builtin_rules>},
        {scan | fleet, "exclude", 0, "GLOB", "files and folders to leave out, as paths from the scanned tree's top",
         list<&Options::exclude>},
        {scan | audit | explain | rules_list | rules_show | frameworks_all | waive, "config", 0, "FILE",
         "the configuration (default: .plumbline/config.yaml)", text<&Options::config>},
        {scan | explain, "policy", 0, "FILE",
         "a central policy that settings may tighten, not loosen (also PLUMBLINE_POLICY)", text<&Options::policy>},
        {init, "hook", 0, "", "write a git hook that judges what is staged", flag<&Options::hook>},
        {init, "workflow", 0, "", "write .github/workflows/plumbline.yml", flag<&Options::workflow>},
        {inspect, "expressions", 0, "FILE", "evaluate the expressions in this file of {\"id\",\"expr\"} lines",
         text<&Options::expressions>},
        {waive, "owner", 0, "NAME", "who owns the risk (required)", text<&Options::owner>},
        {waive, "reason", 0, "TEXT", "why it is accepted (required)", text<&Options::reason>},
        {waive, "expires", 0, "DATE", "the last day it counts, YYYY-MM-DD (required)", text<&Options::expires>},
        {waive, "path", 0, "GLOB", "only findings in these files", text<&Options::path>},
        {waive, "compensating-control", 0, "TEXT", "what is done instead", text<&Options::compensating_control>},
        {waive, "approver", 0, "NAME", "who approved it", text<&Options::approver>},
        {waive, "ticket", 0, "ID", "where it was decided", text<&Options::ticket>},
        {scan | audit | explain | rules_test | fleet, "jobs", 'j', "N",
         "threads (default: one a core); the output is the same for any", set_jobs},
        {scan | audit, "stats", 0, "", "time and counts of each stage on standard error", flag<&Options::stats>},
        {scan | audit, "no-progress", 0, "", "no progress bar", flag<&Options::no_progress>},
        {scan, "color", 0, "WHEN", "auto, always or never; NO_COLOR is honoured", set_color},
        {scan | audit | fleet, "quiet", 'q', "", "no warnings on standard error, short reports", set_quiet},
        {scan | audit | frameworks_coverage | fleet, "verbose", 'v', "",
         "every warning and note, long reports; names of rules", set_verbose},
        {every, "help", 'h', "", "show this help", flag<&Options::help>},
        {every, "version", 'V', "", "show the version", flag<&Options::version>},
    };
    return rows;
}

const CommandRow* find_command(std::string_view name) {
    const auto* found =
        std::find_if(commands.begin(), commands.end(), [&](const auto& row) { return row.name == name; });
    return found == commands.end() ? nullptr : found;
}

/// Candidates for "did you mean": commands by their first word.
std::vector<std::string_view> command_words() {
    std::vector<std::string_view> words;
    for (const CommandRow& row : commands) words.push_back(split(row.name, ' ').front());
    return words;
}

/// Whether `word` has subcommands, as `rules` does.
bool is_group(std::string_view word) {
    return std::any_of(commands.begin(), commands.end(), [&](const CommandRow& row) {
        return row.name.size() > word.size() && row.name.starts_with(word) && row.name[word.size()] == ' ';
    });
}

std::string see_help(std::string_view command) {
    return "\nSee `plumbline " + (command.empty() ? std::string() : std::string(command) + " ") + "--help`.\n";
}

/// Takes the command off `arguments`: its first word, which no flag but --help and --version may precede, and for a
/// group the second.
std::string take_command(std::vector<std::string>& arguments, Options& options) {
    if (arguments.empty()) return "";
    const std::string word = arguments.front();
    if (word == "--help" || word == "-h") {
        options.help = true;
        arguments.clear();
        return "";
    }
    if (word == "--version" || word == "-V") {
        options.version = true;
        arguments.clear();
        return "";
    }
    if (word.starts_with('-')) return "plumbline: the command comes first, before " + quoted(word) + "." + see_help("");
    arguments.erase(arguments.begin());
    const bool has_second = !arguments.empty() && find_command(word + " " + arguments.front());
    if (find_command(word) && !has_second) {
        options.command = word;
        return "";
    }
    if (!is_group(word)) {
        const std::vector<std::string_view> words = command_words();
        return "plumbline: there is no command " + quoted(word) + "." + suggestion(word, words) +
               " To scan a path: `plumbline scan PATH`." + see_help("");
    }
    std::vector<std::string_view> subcommands;
    for (const CommandRow& row : commands) {
        if (row.name.starts_with(word + " ")) subcommands.push_back(row.name.substr(word.size() + 1));
    }
    if (arguments.empty() || arguments.front().starts_with('-')) {
        options.command = word + " list";
        return "";
    }
    const std::string second = arguments.front();
    if (!find_command(word + " " + second))
        return "plumbline " + word + ": there is no command " + quoted(second) + "." + suggestion(second, subcommands) +
               see_help(word);
    arguments.erase(arguments.begin());
    options.command = word + " " + second;
    return "";
}

std::string unknown_flag(const std::string& name, const CommandRow& command) {
    std::string bare = name;
    bare.erase(0, bare.find_first_not_of('-') == std::string::npos ? bare.size() : bare.find_first_not_of('-'));
    std::vector<std::string_view> names;
    for (const FlagRow& row : flags()) {
        if (row.commands & command.bit) names.push_back(row.name);
    }
    std::string_view near = did_you_mean(bare, names);
    const auto abbreviated = [&](std::string_view candidate) { return candidate.starts_with(bare); };
    if (near.empty() && std::count_if(names.begin(), names.end(), abbreviated) == 1)
        near = *std::find_if(names.begin(), names.end(), abbreviated);
    std::string out = "plumbline " + std::string(command.name) + ": there is no option " + quoted(name) + ".";
    if (!near.empty()) out += " Did you mean \"--" + std::string(near) + "\"?";
    for (const FlagRow& row : flags()) {
        if (row.name == bare && !(row.commands & command.bit)) out += " It belongs to another command.";
    }
    return out + see_help(command.name);
}

/// Runs Boost.Program_options over the rest and gives every option, in order, to its row.
std::string take_flags(const std::vector<std::string>& arguments, const CommandRow& command, Options& options) {
    po::options_description description;
    for (const FlagRow& row : flags()) {
        if (!(row.commands & command.bit)) continue;
        std::string names(row.name);
        if (row.letter) names += std::string(",") + row.letter;
        if (row.argument.empty())
            description.add_options()(names.c_str(), "");
        else
            description.add_options()(names.c_str(), po::value<std::string>(), "");
    }
    // Abbreviations are not taken: a flag added later would make them ambiguous in people's scripts.
    const int style = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
    std::vector<po::option> parsed;
    try {
        parsed = po::command_line_parser(arguments).options(description).style(style).run().options;
    } catch (const po::unknown_option& error) {
        return unknown_flag(error.get_option_name(), command);
    } catch (const po::error& error) {
        return "plumbline " + std::string(command.name) + ": " + printable(error.what()) + "." + see_help(command.name);
    }
    for (const po::option& option : parsed) {
        if (option.position_key >= 0 && option.string_key.empty()) {
            options.arguments.insert(options.arguments.end(), option.value.begin(), option.value.end());
            continue;
        }
        const auto row = std::find_if(flags().begin(), flags().end(), [&](const FlagRow& candidate) {
            return (candidate.commands & command.bit) != 0 &&
                   (candidate.name == option.string_key ||
                    (candidate.letter && option.string_key == std::string("-") + candidate.letter));
        });
        const std::string value = option.value.empty() ? std::string() : option.value.front();
        const std::string error = row->set(options, value);
        if (!error.empty())
            return "plumbline " + std::string(command.name) + ": --" + std::string(row->name) + ": " + error +
                   (error.ends_with('?') ? "" : ".") + see_help(command.name);
    }
    return "";
}

/// The format that a file's name stands for; empty when it tells nothing.
std::string_view format_of(std::string_view file) {
    static constexpr std::array<std::pair<std::string_view, std::string_view>, 7> extensions = {{{".sarif", "sarif"},
                                                                                                 {".json", "json"},
                                                                                                 {".html", "html"},
                                                                                                 {".md", "markdown"},
                                                                                                 {".csv", "csv"},
                                                                                                 {".xml", "junit"},
                                                                                                 {".txt", "terminal"}}};
    for (const auto& [extension, format] : extensions) {
        if (file.ends_with(extension)) return format;
    }
    return {};
}

std::string complete_outputs(Options& options) {
    std::size_t to_standard_output = 0;
    for (Output& output : options.outputs) {
        if (output.format.empty()) output.format = format_of(output.file);
        // What `merge` writes is what it reads.
        if (output.format.empty() && options.command != "merge")
            return "plumbline " + options.command + ": --output " + quoted(output.file) + " needs a --format." +
                   see_help(options.command);
        if (output.file.empty() && ++to_standard_output > 1)
            return "plumbline " + options.command +
                   ": only one report can go to standard output; give the others an --output." +
                   see_help(options.command);
    }
    return "";
}

void wrap(std::string& out, std::string_view words, std::size_t indent, std::size_t used) {
    constexpr std::size_t width = 100;
    for (std::string_view word : split(words, ' ')) {
        if (used + word.size() + 1 > width) {
            out += '\n' + std::string(indent, ' ');
            used = indent;
        } else if (used > indent) {
            out += ' ';
            ++used;
        }
        out += word;
        used += word.size();
    }
    out += '\n';
}

std::string command_list() {
    std::string out =
        "plumbline finds what infrastructure files would build, judges it against rules, and reports each verdict "
        "with\n"
        "the controls it is evidence for.\n\nUsage: plumbline COMMAND [OPTIONS] [ARGUMENTS]\n\nCommands:\n";
    constexpr std::size_t column = 36;
    for (const CommandRow& row : commands) {
        std::string left =
            "  " + std::string(row.name) + (row.arguments.empty() ? "" : " ") + std::string(row.arguments);
        left.resize(std::max(column, left.size() + 2), ' ');
        out += left;
        wrap(out, row.help, column, left.size());
    }
    out +=
        "\nExit codes: 0 nothing to report; 1 failures at or above --fail-on; 2 usage error, or something could not "
        "be\n"
        "read or parsed and there was no failure to report; 3 a bug in plumbline.\n"
        "`plumbline COMMAND --help` tells more.\n";
    return out;
}

}  // namespace

std::optional<FailOn> parse_fail_on(std::string_view text) {
    if (text == "never") return FailOn{FailOn::Kind::never, Severity::info};
    if (text == "new") return FailOn{FailOn::Kind::fresh, Severity::info};
    if (const auto level = parse_severity(text)) return FailOn{FailOn::Kind::level, *level};
    return std::nullopt;
}

std::string parse_options(const std::vector<std::string>& arguments,
                          const std::map<std::string, std::string>& environment, Options& options) {
    for (const auto& [name, value] : environment) {
        if (name.starts_with("TF_VAR_") && name.size() > 7) options.inputs.environment[name.substr(7)] = value;
        if (name == "TF_WORKSPACE" && !value.empty()) options.inputs.workspace = value;
    }
    std::vector<std::string> rest = arguments;
    if (std::string error = take_command(rest, options); !error.empty()) return error;
    if (options.command.empty()) return "";
    const CommandRow& command = *find_command(options.command);
    if (std::string error = take_flags(rest, command, options); !error.empty()) return error;
    if (options.help || options.version) return "";
    if (options.arguments.size() < command.least || options.arguments.size() > command.most)
        return "plumbline " + options.command + ": " +
               (options.arguments.size() < command.least ? "an argument is missing" : "there are too many arguments") +
               ".\nUsage: plumbline " + options.command + " [OPTIONS] " + std::string(command.arguments) +
               see_help(options.command);
    if (options.staged && !options.diff.empty())
        return "plumbline scan: --staged and --diff are two ways to say what is compared; give one." + see_help("scan");
    if ((options.staged || !options.diff.empty()) && !options.write_baseline.empty())
        return "plumbline scan: --write-baseline is about everything there is, so it goes without --staged and "
               "--diff." +
               see_help("scan");
    if ((options.staged || !options.diff.empty()) && !options.evidence.empty())
        return "plumbline scan: --evidence is about everything there is, so it goes without --staged and --diff." +
               see_help("scan");
    return complete_outputs(options);
}

std::string help_text(std::string_view command) {
    const CommandRow* row = find_command(command);
    if (!row && is_group(command)) row = find_command(std::string(command) + " list");
    if (!row) return command_list();
    std::string out = "Usage: plumbline " + std::string(row->name) + " [OPTIONS] " + std::string(row->arguments);
    while (out.ends_with(' ')) out.pop_back();
    out += "\n\n";
    wrap(out, row->help, 0, 0);
    out += "\nOptions:\n";
    constexpr std::size_t column = 32;
    for (const FlagRow& flag_row : flags()) {
        if (!(flag_row.commands & row->bit)) continue;
        std::string left = flag_row.letter ? std::string("  -") + flag_row.letter + ", --" : std::string("      --");
        left += flag_row.name;
        if (!flag_row.argument.empty()) left += " " + std::string(flag_row.argument);
        left.resize(std::max(column, left.size() + 2), ' ');
        out += left;
        wrap(out, flag_row.help, column, left.size());
    }
    return out;
}

std::vector<CommandHelp> command_table() {
    std::vector<CommandHelp> table;
    for (const CommandRow& row : commands) table.push_back({row.name, row.arguments, row.help});
    return table;
}

std::vector<FlagHelp> flag_table(std::string_view command) {
    const CommandRow* row = find_command(command);
    std::vector<FlagHelp> table;
    for (const FlagRow& flag_row : flags())
        if (row && (flag_row.commands & row->bit))
            table.push_back({flag_row.name, flag_row.letter, flag_row.argument, flag_row.help});
    return table;
}

}  // namespace plumbline
