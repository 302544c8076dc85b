#pragma once

#include <optional>
#include <string>
#include <vector>

#include "scanner/config.h"
#include "scanner/options.h"

namespace plumbline {

/// A central policy: settings that hold wherever it is named, and what teams may loosen all the same. Its form is that
/// of a configuration with `allow` and with rules that no exception may cover.
struct Policy {
    Config settings;  ///< paths of rules are relative to the policy's own folder
    /// Rules that no waiver, comment or annotation accepts: ids, aliases, globs.
    std::vector<std::string> never_waived;
    struct Allow {
        std::vector<std::string> exclude, exclude_rules;  ///< globs of what a team may leave out
        bool severity = false, fail_on = false, frameworks = false, builtin_rules = false, baseline = false;
        bool selection = false;  ///< --rule, --control, --framework and --severity on the command line
    } allow;
};

/// Reads the document; unknown keys and wrong values are errors with their line.
Policy read_policy(const Value& document, Diagnostics& diagnostics);

/// Brings a team's settings and the command line up to the policy: what is looser is an error, named at its line, and
/// does not count. `document` is the team's configuration, for places; null without one.
void enforce(const Policy& policy, const Value& document, Config& config, Options& options, Diagnostics& diagnostics);

}  // namespace plumbline
