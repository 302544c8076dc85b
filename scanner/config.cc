#include "scanner/config.h"

#include <array>

#include "scanner/model/text.h"

namespace plumbline {
namespace {

// A waiver of a century is no exception but a rule switched off.
constexpr std::int64_t longest_waiver = 36500;

void bad_value(const Member& member, std::string_view allowed, Diagnostics& diagnostics) {
    diagnostics.error("settings-value", quoted(member.name) + " must be " + std::string(allowed),
                      "It is " + cut(printable(member.value.to_text(80)), 80) + ".", member.span);
}

std::string word(const Member& member) {
    return member.value.is_string() ? member.value.as_string() : std::string();
}

void read_waiver_settings(const Value& mapping, Config& config, Diagnostics& diagnostics) {
    const std::array<Field, 2> fields = {{
        {"file", take_text(config.waiver_file, diagnostics)},
        {"max_days",
         [&](const Member& member) {
             const auto days = member.value.is_number() ? member.value.as_number().to_int64() : std::nullopt;
             if (days && *days >= 1 && *days <= longest_waiver)
                 config.waiver_max_days = *days;
             else
                 bad_value(member, "a number of days from 1 to 36500", diagnostics);
         }},
    }};
    read_fields(mapping, "`waivers`", fields, diagnostics);
}

void read_environment(const Member& member, Config& config, Diagnostics& diagnostics) {
    Config::EnvironmentSettings environment;
    environment.name = member.name;
    const std::array<Field, 6> fields = {{
        {"var_files", take_texts(environment.var_files, diagnostics)},
        {"vars", take_text_map(environment.vars, diagnostics)},
        {"workspace", take_text(environment.workspace, diagnostics)},
        {"param_files", take_texts(environment.param_files, diagnostics)},
        {"params", take_text_map(environment.params, diagnostics)},
        {"roots", take_texts(environment.roots, diagnostics)},
    }};
    read_fields(member.value, "the environment " + quoted(member.name), fields, diagnostics);
    config.environments.push_back(std::move(environment));
}

void read_decision(std::string_view framework, const Member& member, Config& config, Diagnostics& diagnostics) {
    Config::Decision entry;
    entry.span = member.span;
    ScopeDecision& decision = entry.decision;
    decision.framework = framework;
    decision.id = member.name;
    const std::array<Field, 4> fields = {{
        {"applicable", take_flag(decision.applicable, diagnostics)},
        {"justification", take_text(decision.justification, diagnostics)},
        {"owner", take_text(decision.owner, diagnostics)},
        {"status", take_text(decision.status, diagnostics)},
    }};
    read_fields(member.value, "the decision on " + quoted(member.name), fields, diagnostics);
    if (decision.justification.empty())
        diagnostics.error("settings-value", "the decision on " + quoted(member.name) + " has no `justification`",
                          "A Statement of Applicability says of each control why it is in or out.", member.span);
    config.decisions.push_back(std::move(entry));
}

void read_decisions(const Member& member, Config& config, Diagnostics& diagnostics) {
    if (!member.value.is_mapping())
        return bad_value(member, "a mapping of frameworks to decisions on their requirements", diagnostics);
    for (const Member& framework : member.value.members()) {
        if (!framework.value.is_mapping()) {
            bad_value(framework, "a mapping of requirements to decisions", diagnostics);
            continue;
        }
        for (const Member& requirement : framework.value.members())
            read_decision(framework.name, requirement, config, diagnostics);
    }
}

void read_owner_entry(const Value& value, Config& config, Diagnostics& diagnostics) {
    OwnerSettings::Entry entry;
    const std::array<Field, 3> fields = {{
        {"path", take_text(entry.path, diagnostics)},
        {"resource", take_text(entry.resource, diagnostics)},
        {"owner", take_texts(entry.owners, diagnostics)},
    }};
    read_fields(value, "an entry of `owners.map`", fields, diagnostics);
    if (entry.owners.empty())
        diagnostics.error("settings-value", "an entry of `owners.map` has no `owner`",
                          "It must say whom these files or resources belong to.", place_of(value));
    config.owners.entries.push_back(std::move(entry));
}

void read_owners(const Member& member, Config& config, Diagnostics& diagnostics) {
    const std::array<Field, 3> fields = {{
        {"tags",
         [&](const Member& tags) {
             config.owners.tags.clear();
             take_texts(config.owners.tags, diagnostics)(tags);
         }},
        {"codeowners", take_flag(config.owners.codeowners, diagnostics)},
        {"map",
         [&](const Member& map) {
             if (!map.value.is_sequence()) return bad_value(map, "a list of entries with `owner`", diagnostics);
             for (const Value& entry : map.value.elements()) read_owner_entry(entry, config, diagnostics);
         }},
    }};
    read_fields(member.value, "`owners`", fields, diagnostics);
}

}  // namespace

namespace {

/// What configurations and policies have in common.
std::vector<Field> common_fields(Config& config, Diagnostics& diagnostics) {
    return {
        {"exclude", take_texts(config.exclude, diagnostics)},
        {"severity",
         [&](const Member& member) {
             config.severity = parse_severity(word(member));
             if (!config.severity) bad_value(member, "one of info, low, medium, high, critical", diagnostics);
         }},
        {"fail_on",
         [&](const Member& member) {
             config.fail_on = parse_fail_on(word(member));
             if (!config.fail_on)
                 bad_value(member, "one of info, low, medium, high, critical, new, never", diagnostics);
         }},
        {"rules", take_texts(config.rule_folders, diagnostics)},
        {"builtin_rules", take_flag(config.builtin_rules, diagnostics)},
        {"frameworks", take_texts(config.frameworks, diagnostics)},
        {"controls", take_texts(config.control_files, diagnostics)},
        {"history", take_texts(config.history, diagnostics)},
        {"exclude_rules", take_texts(config.excluded_rules, diagnostics)},
        {"baseline", take_text(config.baseline, diagnostics)},
        {"waivers", [&](const Member& member) { read_waiver_settings(member.value, config, diagnostics); }},
    };
}

}  // namespace

Config read_config(const Value& document, Diagnostics& diagnostics) {
    Config config;
    if (document.is_null()) return config;  // a file of comments
    std::vector<Field> fields = common_fields(config, diagnostics);
    fields.push_back({"policy", take_text(config.policy, diagnostics)});
    fields.push_back({"decisions", [&](const Member& member) { read_decisions(member, config, diagnostics); }});
    fields.push_back(
        {"audit", [&](const Member& member) { read_audit_settings(member.value, config.audit, diagnostics); }});
    fields.push_back({"owners", [&](const Member& member) { read_owners(member, config, diagnostics); }});
    fields.push_back({"environments", [&](const Member& member) {
                          if (!member.value.is_mapping())
                              return bad_value(member, "a mapping of names to settings", diagnostics);
                          for (const Member& environment : member.value.members())
                              read_environment(environment, config, diagnostics);
                      }});
    read_fields(document, "the configuration", fields, diagnostics);
    return config;
}

Config read_policy_settings(const Value& document, std::vector<Field> more, Diagnostics& diagnostics) {
    Config config;
    std::vector<Field> fields = common_fields(config, diagnostics);
    std::move(more.begin(), more.end(), std::back_inserter(fields));
    read_fields(document, "the policy", fields, diagnostics);
    return config;
}

std::string_view config_template() {
    return R"(# yaml-language-server: $schema=config.schema.json
# Settings of plumbline for this tree. Everything is optional; the command line goes before this file.
# Paths and patterns start at the folder that holds .plumbline. `*` stays within a folder, `**` goes through folders.

# A central policy, which these settings may tighten and not loosen. It may lie outside of the tree.
# policy: ../policy/plumbline.yaml

# Files and folders that are not scanned. A pattern without a slash is about names at any depth.
# exclude:
#   - examples
#   - "modules/*/test/**"

# Only rules of at least this level: info, low, medium, high, critical.
# severity: low

# What makes exit code 1: a level, `new` (not in the baseline), or `never`.
# fail_on: medium

# Findings of an earlier scan, which do not count: plumbline scan --write-baseline .plumbline/baseline.json
# baseline: .plumbline/baseline.json

# Folders with rules of your own (plumbline rules test DIR runs their examples), and whether the built-in ones are used.
# rules: [policy/rules]
# builtin_rules: true

# Rules that are not used: ids, the peers' ids, or patterns.
# exclude_rules: [aws-s3-versioning]

# Only rules that give evidence for these frameworks (plumbline frameworks list), or parts of them. A framework of your
# own is named by its file; "*" keeps all the others.
# frameworks: [soc2, "nist_800_53_r5:moderate", policy/acme.yaml]

# Files with controls of your own, and with changes to what controls are mapped to.
# controls: [policy/controls.yaml]

# Dated results (what `plumbline audit --format json` writes): they make an effective control provable.
# history: [evidence/audit.json]

# Exceptions: where they stand, and how long one may last.
# waivers:
#   file: .plumbline/waivers.yaml
#   max_days: 365

# What was decided on a framework's requirements, for the Statement of Applicability (--format soa) and the matrix.
# `justification` is required; `status` replaces what the verdicts say.
# decisions:
#   iso27001_2022:
#     A.7.4: {applicable: false, justification: "No premises of our own; the cloud provider's are certified", owner: ciso}
#     A.8.13: {justification: "Customer contracts ask for it", owner: platform, status: implemented}

# Who answers for a finding: the last entry of `map` that matches; else the resource's tags, labels or annotations of
# these names; else CODEOWNERS.
# owners:
#   tags: [owner, team]
#   codeowners: true
#   map:
#     - {path: "network/**", owner: "@acme/network"}
#     - {resource: "aws_kms_*", owner: ["@acme/security", "@alice"]}

# Sets of values. Each root is judged once for each set that is meant for it; a finding names its environments.
# environments:
#   production:
#     var_files: [envs/production.tfvars]
#     workspace: production
#     roots: ["infra/**"]
#   staging:
#     vars: {retention_days: 7}
#     param_files: [envs/staging.json]
#     params: {Stage: staging}

# What `plumbline audit` demands of changes, and how things are called here.
# audit:
#   required_approvals: 1
#   required_checks: [build, "policy/*"]        # default: every check there is, and at least one
#   emergency_review_hours: 72                  # an emergency change is reviewed within that time after it
#   bots: ["renovate*"]                         # what they approve is no review; name[bot] is known to be one
#   trusted_bots: ["release-bot"]               # and their own changes need no review, pull request or ticket
#   identities: {ann: [ann, ann@example.org, ann@old.example]}     # one person's accounts and addresses
#   ticket_patterns: ["OPS-[0-9]+"]             # regular expressions (RE2); these two have useful defaults
#   emergency_patterns: ["(?i)^hotfix"]
#   pipeline_files: [".github/workflows/**"]    # files that guard changes, and files that hold exceptions
#   waiver_files: [".plumbline/**"]
#   merge_methods: [merge, squash]              # how the host merges; without rebase an unmarked commit is a push
#   trust_trailers: false                       # true where the host (Gerrit, a merge robot) writes Reviewed-by
)";
}

}  // namespace plumbline
