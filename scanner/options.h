#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/parser.h"
#include "scanner/model/finding.h"

namespace plumbline {

/// One report: a format and where it goes ("" is standard output).
struct Output {
    std::string format;
    std::string file;
};

/// What makes exit code 1.
struct FailOn {
    enum class Kind {
        level,  ///< a failure of at least `level`
        fresh,  ///< a failure that is not in the baseline
        never,
    };
    Kind kind = Kind::level;
    Severity level = Severity::info;
};

/// The command line and the environment, checked as far as that needs nothing else. Optional values were not given, so
/// that the configuration file or a default decides.
struct Options {
    std::string command;                 ///< as the table names it: `scan`, `rules list`; empty when none was given
    std::vector<std::string> arguments;  ///< what is no flag: paths, ids
    bool help = false, version = false;

    std::vector<Output> outputs;
    bool include_passed = false, render = false;
    std::vector<std::string> frameworks, controls, rules, excluded_rules, exclude;
    std::optional<Severity> severity;
    std::optional<FailOn> fail_on;
    std::string baseline, write_baseline, waivers, config;
    std::string policy;                          ///< --policy
    std::string diff;                            ///< --diff: the revision to compare the work tree with
    bool staged = false;                         ///< --staged: the index against HEAD
    std::string evidence, sign;                  ///< --evidence, --sign
    std::string allowed_signers, gpg, contains;  ///< verify
    std::vector<std::string> rule_folders, history;
    bool no_builtin_rules = false;
    std::optional<std::size_t> jobs;
    bool stats = false, no_progress = false;
    std::string color = "auto";  ///< auto, always, never
    int verbosity = 0;           ///< -1 quiet, 0 normal, 1 verbose
    std::string expressions;     ///< inspect --expressions
    Inputs inputs;               ///< --var, --var-file, --workspace, --param, TF_VAR_*, TF_WORKSPACE
    std::vector<std::string> param_files;

    // init
    bool hook = false, workflow = false;

    // audit
    std::string from, to, at, since, only, branch, seed = "plumbline", keyring;
    std::optional<std::uint64_t> sample;
    std::vector<std::string> forge;

    // fleet
    std::string repos, cache, ledger = "plumbline-ledger.db", shard = "1/1", metrics;
    std::size_t deadline = 600;        ///< seconds for fetching a repository
    std::size_t retries = 3;           ///< attempts to fetch one
    std::size_t max_megabytes = 2048;  ///< received from one
    std::size_t days = 90;             ///< of a report's trend
    bool log_json = false;

    // waive
    std::string owner, reason, expires, approver, ticket, compensating_control, path;
};

/// Reads the arguments (without the program's name). Empty on success, otherwise what is wrong and what to do, for
/// standard error with exit code 2.
std::string parse_options(const std::vector<std::string>& arguments,
                          const std::map<std::string, std::string>& environment, Options& options);

/// `low`, `high`, ..., `new` or `never`.
std::optional<FailOn> parse_fail_on(std::string_view text);

/// The tables of commands and of a command's flags, for what is made from them: manual, completions.
struct CommandHelp {
    std::string_view name, arguments, help;
};
struct FlagHelp {
    std::string_view name;
    char letter = 0;            ///< 0 for none
    std::string_view argument;  ///< empty for a switch
    std::string_view help;
};
std::vector<CommandHelp> command_table();
std::vector<FlagHelp> flag_table(std::string_view command);

/// Help for one command, or the list of commands when `command` is empty; made from the same tables as the parser.
std::string help_text(std::string_view command);

}  // namespace plumbline
