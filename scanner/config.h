#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scanner/audit_settings.h"
#include "scanner/document.h"
#include "scanner/model/finding.h"
#include "scanner/model/report.h"
#include "scanner/options.h"
#include "scanner/owners.h"

namespace plumbline {

/// `.plumbline/config.yaml`: what a team settles for a tree. The command line goes before it. Paths are relative to the
/// tree's top (the folder that holds `.plumbline`).
struct Config {
    struct EnvironmentSettings {
        std::string name, workspace;
        std::vector<std::string> var_files, param_files, roots;
        std::vector<std::pair<std::string, std::string>> vars, params;
    };
    std::vector<std::string> exclude, rule_folders, frameworks, excluded_rules;
    std::vector<std::string> control_files;  ///< of one's own controls and changes to mappings
    std::vector<std::string> history;        ///< files of dated results
    std::optional<Severity> severity;
    std::optional<FailOn> fail_on;
    bool builtin_rules = true;
    std::string baseline, waiver_file;
    std::string policy;                     ///< a central policy's file
    std::vector<std::string> never_waived;  ///< by a policy: rules that no exception covers
    std::optional<std::int64_t> waiver_max_days;
    /// `decisions`: what the organisation decided on requirements, for the Statement of Applicability.
    struct Decision {
        ScopeDecision decision;
        Span span;
    };
    std::vector<EnvironmentSettings> environments;
    AuditSettings audit;
    std::vector<Decision> decisions;
    OwnerSettings owners;
};

/// Reads the document; unknown keys and wrong values are errors with their line.
Config read_config(const Value& document, Diagnostics& diagnostics);

/// The same of a central policy (policy.h), which has a part of the keys and `more`.
Config read_policy_settings(const Value& document, std::vector<Field> more, Diagnostics& diagnostics);

/// What `plumbline init` writes: every key, explained and commented out.
std::string_view config_template();

}  // namespace plumbline
