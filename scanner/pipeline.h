#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "parsers/parser.h"
#include "rules/rule_set.h"
#include "scanner/model/file_system.h"
#include "scanner/model/report.h"
#include "scanner/progress.h"

namespace plumbline {

/// How large a file may be that people write. 16 MiB is well above what the platforms take (a CloudFormation template 1
/// MB, a Kubernetes object 1.5 MB; bundles of manifests reach 5 MB) and about five seconds of parsing.
constexpr std::uint64_t max_file_size = std::uint64_t{16} << 20;

/// What every stage of a run shares. Nothing here is owned. `diagnostics` and `coverage` are written by the thread that
/// calls the stages; workers have their own and these are joined in input order.
struct Work {
    const FileSystem& file_system;
    SourceSet& sources;
    Diagnostics& diagnostics;
    Coverage& coverage;
    std::size_t jobs = 1;
    Progress* progress = nullptr;  ///< null: none
    /// Whether what passes or does not apply makes findings; otherwise it is counted. Where environments are compared
    /// it always does.
    bool keep_passed = true;
    /// Larger files are named and passed by.
    std::uint64_t file_limit = max_file_size;
};

/// A set of values that roots are evaluated with, such as `prod`: each root once for each.
struct Environment {
    std::string name;  ///< empty: the only one, unnamed
    Inputs inputs;
    std::vector<std::string> roots;  ///< globs of root paths it is for; empty for all
};

struct ParsedFiles {
    std::vector<std::shared_ptr<const ParsedFile>> files;  ///< by path
    std::vector<std::size_t> parsers;                      ///< which of `parsers()` each belongs to
};

/// One evaluation: a root in an environment.
struct Evaluation {
    std::size_t root = 0, environment = 0;
};

/// What judging leaves of a root; its values are gone.
struct RootVerdicts {
    std::string root;
    std::vector<Finding> findings;
    std::vector<Suppression> suppressions;
    Diagnostics diagnostics;
    std::vector<CoverageGap> gaps;
    std::vector<QuietCount> quiet;
    std::uint64_t resources = 0;
    std::map<std::string, std::uint64_t> types_without_rules;
};

/// Reads files into sources, in the order of `paths`.
std::vector<const Source*> read(const Work& work, const std::vector<std::string>& paths);

/// Gives each source to the first parser that takes it. `named`: paths that the user typed, sorted; such a file that no
/// parser takes is worth a word.
ParsedFiles parse(const Work& work, const std::vector<const Source*>& sources, const std::vector<std::string>& named);

/// Both, by path. A file may take part in several scans: two sides of a change share what did not change.
ParsedFiles join(const ParsedFiles& a, const ParsedFiles& b);

/// What is judged together. Roots refer to `files`, which must outlive them.
std::vector<Root> group(const Work& work, const ParsedFiles& files);

/// Evaluates every root in each environment meant for it, in parallel, and hands each result to `visit` (on the
/// worker's thread, with the evaluation's number), after which its values are dropped.
void evaluate(const Work& work, const std::vector<Root>& roots, const std::vector<Environment>& environments,
              const std::function<void(std::size_t, RootResult&)>& visit);

/// The evaluations that `evaluate` makes, in order: by root, then environment.
std::vector<Evaluation> evaluations_of(const std::vector<Root>& roots, const std::vector<Environment>& environments);

/// Evaluates and judges; verdicts in the order of `evaluations_of`. `owner_tags`: names of the tags that give a
/// finding's owners.
std::vector<RootVerdicts> judge(const Work& work, const std::vector<Root>& roots,
                                const std::vector<Environment>& environments, const RuleSet& rules,
                                const std::vector<std::string>& owner_tags = {});

struct Joined {
    std::vector<Finding> findings;
    /// Verdicts that made no findings, each with the root it was given in.
    std::vector<std::pair<QuietCount, std::string>> quiet;
    std::vector<Suppression> suppressions;  ///< each place once
};

/// Joins what the roots gave, in order: equal findings of several environments become one that names them all. Two
/// calls of one module are two findings, since their addresses differ.
Joined join_verdicts(const Work& work, std::vector<RootVerdicts> verdicts);

/// The order of reports: file, place, rule, address.
void sort_findings(std::vector<Finding>& findings);

}  // namespace plumbline
