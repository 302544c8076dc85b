#include "scanner/policy.h"

#include <algorithm>
#include <array>

#include "scanner/document.h"
#include "scanner/model/text.h"

namespace plumbline {
namespace {

/// How strict a threshold is: the lower, the more counts.
int looseness(const FailOn& fail_on) {
    switch (fail_on.kind) {
        case FailOn::Kind::level:
            return static_cast<int>(fail_on.level);
        case FailOn::Kind::fresh:
            return 100;
        case FailOn::Kind::never:
            return 101;
    }
    return 101;
}

std::string name_of(const FailOn& fail_on) {
    return fail_on.kind == FailOn::Kind::never   ? "never"
           : fail_on.kind == FailOn::Kind::fresh ? "new"
                                                 : std::string(to_string(fail_on.level));
}

class Enforcer {
  public:
    Enforcer(const Policy& policy, const Value& document, Diagnostics& diagnostics)
        : policy_(policy), document_(document), diagnostics_(diagnostics) {}

    /// Drops entries of a list that neither the policy has nor allows.
    void only_allowed(std::vector<std::string>& list, const std::vector<std::string>& own,
                      const std::vector<std::string>& allowed, std::string_view key, std::string_view flag,
                      std::string_view what) {
        std::erase_if(list, [&](const std::string& entry) {
            const bool good = std::find(own.begin(), own.end(), entry) != own.end() ||
                              std::any_of(allowed.begin(), allowed.end(), [&](const std::string& glob) {
                                  return glob == entry || glob_match(glob, entry);
                              });
            if (!good)
                refuse(key, flag, quoted(entry),
                       std::string(what) + ". It may allow it under `allow." +
                           std::string(key.empty() ? "exclude_rules" : key) + "`.");
            return !good;
        });
    }

    /// `key` names the place in the configuration, or is empty for the command line's `flag`.
    void refuse(std::string_view key, std::string_view flag, const std::string& what, const std::string& why) {
        Span place;
        if (!key.empty() && document_.is_mapping()) {
            if (const Member* member = document_.find(std::string(key))) {
                place = member->span;
                for (const Value& element : member->value.elements())
                    if (element.is_string() && quoted(element.as_string()) == what) place = place_of(element);
            }
        }
        const std::string name = key.empty() ? "--" + std::string(flag) : "`" + std::string(key) + "`";
        diagnostics_.error("policy", "The policy does not let " + name + " be " + what, why + " It does not count.",
                           place);
    }

    const Policy& policy_;

  private:
    const Value& document_;
    Diagnostics& diagnostics_;
};

void enforce_levels(Enforcer& enforcer, std::string_view key, std::string_view flag, std::optional<Severity>& severity,
                    std::optional<FailOn>& fail_on) {
    const Policy& policy = enforcer.policy_;
    const Severity least = policy.settings.severity.value_or(Severity::info);
    if (severity && *severity > least && !policy.allow.severity) {
        enforcer.refuse(key.empty() ? "" : "severity", "severity", std::string(to_string(*severity)),
                        "Rules from " + std::string(to_string(least)) + " on are required.");
        severity.reset();
    }
    const FailOn strictest = policy.settings.fail_on.value_or(FailOn{});
    if (fail_on && looseness(*fail_on) > looseness(strictest) && !policy.allow.fail_on) {
        enforcer.refuse(key.empty() ? "" : "fail_on", flag, name_of(*fail_on),
                        "It asks for " + name_of(strictest) + " or stricter.");
        fail_on.reset();
    }
}

void enforce_config(Enforcer& enforcer, Config& config) {
    const Policy& policy = enforcer.policy_;
    const Config& own = policy.settings;
    enforcer.only_allowed(config.exclude, own.exclude, policy.allow.exclude, "exclude", "",
                          "Everything it does not name itself is scanned");
    enforcer.only_allowed(config.excluded_rules, own.excluded_rules, policy.allow.exclude_rules, "exclude_rules", "",
                          "Every rule that it does not exclude itself is used");
    enforce_levels(enforcer, "config", "", config.severity, config.fail_on);
    if (!config.frameworks.empty() && !policy.allow.frameworks) {
        // Naming more of them than the policy does is stricter; without any, all rules count.
        const bool all = std::all_of(own.frameworks.begin(), own.frameworks.end(), [&](const std::string& name) {
            return std::find(config.frameworks.begin(), config.frameworks.end(), name) != config.frameworks.end();
        });
        if (own.frameworks.empty() || !all) {
            enforcer.refuse("frameworks", "", "narrowed",
                            own.frameworks.empty() ? "It asks for every rule." : "It asks for more frameworks.");
            config.frameworks.clear();
        }
    }
    if (!config.builtin_rules && own.builtin_rules && !policy.allow.builtin_rules) {
        enforcer.refuse("builtin_rules", "", "false", "It asks for the built-in rules.");
        config.builtin_rules = true;
    }
    if (!config.baseline.empty() && own.baseline.empty() && !policy.allow.baseline) {
        enforcer.refuse("baseline", "", quoted(config.baseline), "A baseline hides what is there.");
        config.baseline.clear();
    }
    if (own.waiver_max_days && config.waiver_max_days && *config.waiver_max_days > *own.waiver_max_days)
        enforcer.refuse("waivers", "", std::to_string(*config.waiver_max_days) + " days",
                        "An exception may last " + std::to_string(*own.waiver_max_days) + " days.");
}

void enforce_command_line(Enforcer& enforcer, Options& options) {
    const Policy& policy = enforcer.policy_;
    enforcer.only_allowed(options.excluded_rules, policy.settings.excluded_rules, policy.allow.exclude_rules, "",
                          "exclude-rule", "Every rule that it does not exclude itself is used");
    enforcer.only_allowed(options.exclude, policy.settings.exclude, policy.allow.exclude, "", "exclude",
                          "Everything it does not name itself is scanned");
    enforce_levels(enforcer, "", "fail-on", options.severity, options.fail_on);
    if (!policy.allow.selection) {
        const std::array<std::pair<std::string_view, std::vector<std::string>*>, 3> filters = {
            {{"rule", &options.rules}, {"control", &options.controls}, {"framework", &options.frameworks}}};
        for (const auto& [flag, list] : filters) {
            if (list->empty()) continue;
            enforcer.refuse("", flag, "given", "It asks for every rule; `allow.selection` lets a run choose.");
            list->clear();
        }
    }
    if (options.no_builtin_rules && policy.settings.builtin_rules && !policy.allow.builtin_rules) {
        enforcer.refuse("", "no-builtin-rules", "given", "It asks for the built-in rules.");
        options.no_builtin_rules = false;
    }
    if (!options.baseline.empty() && !policy.allow.baseline) {
        enforcer.refuse("", "baseline", "given", "A baseline hides what is there; `allow.baseline` lets it.");
        options.baseline.clear();
    }
}

/// What the policy itself settles holds where the team is silent, and joins its lists.
void apply_settings(const Policy& policy, Config& config) {
    const Config& own = policy.settings;
    if (!config.severity) config.severity = own.severity;
    if (!config.fail_on) config.fail_on = own.fail_on;
    if (config.frameworks.empty()) config.frameworks = own.frameworks;
    if (!own.builtin_rules) config.builtin_rules = false;
    if (config.baseline.empty()) config.baseline = own.baseline;
    if (own.waiver_max_days)
        config.waiver_max_days = std::min(config.waiver_max_days.value_or(*own.waiver_max_days), *own.waiver_max_days);
    const auto join = [](std::vector<std::string>& list, const std::vector<std::string>& more) {
        for (const std::string& entry : more)
            if (std::find(list.begin(), list.end(), entry) == list.end()) list.push_back(entry);
    };
    join(config.exclude, own.exclude);
    join(config.excluded_rules, own.excluded_rules);
    join(config.rule_folders, own.rule_folders);
    config.never_waived.insert(config.never_waived.end(), policy.never_waived.begin(), policy.never_waived.end());
}

}  // namespace

Policy read_policy(const Value& document, Diagnostics& diagnostics) {
    Policy policy;
    if (document.is_null()) return policy;
    const auto read_allow = [&](const Member& member) {
        Policy::Allow& allow = policy.allow;
        const std::array<Field, 8> fields = {{
            {"exclude", take_texts(allow.exclude, diagnostics)},
            {"exclude_rules", take_texts(allow.exclude_rules, diagnostics)},
            {"severity", take_flag(allow.severity, diagnostics)},
            {"fail_on", take_flag(allow.fail_on, diagnostics)},
            {"frameworks", take_flag(allow.frameworks, diagnostics)},
            {"builtin_rules", take_flag(allow.builtin_rules, diagnostics)},
            {"baseline", take_flag(allow.baseline, diagnostics)},
            {"selection", take_flag(allow.selection, diagnostics)},
        }};
        read_fields(member.value, "`allow`", fields, diagnostics);
    };
    policy.settings = read_policy_settings(
        document, {{"allow", read_allow}, {"never_waived", take_texts(policy.never_waived, diagnostics)}}, diagnostics);
    return policy;
}

void enforce(const Policy& policy, const Value& document, Config& config, Options& options, Diagnostics& diagnostics) {
    Enforcer enforcer(policy, document, diagnostics);
    enforce_config(enforcer, config);
    enforce_command_line(enforcer, options);
    apply_settings(policy, config);
}

}  // namespace plumbline
