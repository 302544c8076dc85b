#include "scanner/audit_settings.h"

#include <algorithm>
#include <array>

#include "rules/pattern.h"
#include "scanner/document.h"
#include "scanner/model/text.h"

namespace plumbline {
namespace {

// Two years: what is reviewed later was not reviewed.
constexpr std::int64_t most_hours = 17520;
constexpr std::int64_t most_approvals = 20;

std::function<void(const Member&)> take_number(std::int64_t& target, std::int64_t most, Diagnostics& diagnostics) {
    return [&target, most, &diagnostics](const Member& member) {
        const auto number = member.value.is_number() ? member.value.as_number().to_int64() : std::nullopt;
        if (number && *number >= 1 && *number <= most) {
            target = *number;
            return;
        }
        diagnostics.error("settings-value",
                          quoted(member.name) + " must be a whole number from 1 to " + std::to_string(most),
                          "It is " + cut(printable(member.value.to_text(80)), 80) + ".", member.span);
    };
}

/// Replaces the defaults.
std::function<void(const Member&)> take_patterns(std::vector<std::string>& target, Diagnostics& diagnostics) {
    return [&target, &diagnostics](const Member& member) {
        std::vector<std::string> patterns;
        take_texts(patterns, diagnostics)(member);
        for (const std::string& pattern : patterns) {
            if (const auto error = Pattern(pattern, false).error())
                diagnostics.error("settings-value", quoted(pattern) + " is no regular expression of RE2's syntax",
                                  *error + ".", member.span);
        }
        target = std::move(patterns);
    };
}

std::function<void(const Member&)> take_list(std::vector<std::string>& target, Diagnostics& diagnostics) {
    return [&target, &diagnostics](const Member& member) {
        std::vector<std::string> items;
        take_texts(items, diagnostics)(member);
        target = std::move(items);
    };
}

void read_merge_methods(const Member& member, AuditSettings& settings, Diagnostics& diagnostics) {
    static constexpr std::array<std::string_view, 3> methods = {"merge", "squash", "rebase"};
    take_list(settings.merge_methods, diagnostics)(member);
    for (const std::string& method : settings.merge_methods) {
        if (std::find(methods.begin(), methods.end(), method) == methods.end())
            diagnostics.error(
                "settings-value", quoted(method) + " is not one of merge, squash, rebase",
                "They are the ways in which the git host merges pull requests." + suggestion(method, methods),
                member.span);
    }
}

/// The account in an address that a host gives to those who hide theirs: `123+ann@users.noreply.github.com`.
std::string_view account_in(std::string_view email) {
    const std::size_t at = email.find('@');
    if (at == std::string_view::npos || !email.substr(at + 1).starts_with("users.noreply.")) return {};
    std::string_view local = email.substr(0, at);
    const std::size_t digits = std::min(local.find_first_not_of("0123456789"), local.size());
    if (digits > 0 && digits < local.size() && (local[digits] == '+' || local[digits] == '-'))
        local.remove_prefix(digits + 1);
    return local;
}

std::string account_of(const AuditPerson& person) {
    return lower(person.login.empty() ? account_in(person.email) : std::string_view(person.login));
}

}  // namespace

AuditSettings::AuditSettings()
    : ticket_patterns{R"(\b[A-Z][A-Z0-9]{1,9}-[1-9][0-9]{0,6}\b)",
                      R"((?i)\b(?:fix(?:e[sd])?|close[sd]?|resolve[sd]?|refs?|references|issues?|part of|implements?|)"
                      R"(related(?: to| work items?)?):?\s+((?:[\w.-]+/[\w.-]+)?#[0-9]+))",
                      R"(\bAB#[0-9]+\b)", R"(https?://\S+/(?:browse/[A-Z][A-Z0-9]+-[0-9]+|(?:-/)?issues/[0-9]+))"},
      emergency_patterns{R"((?i)^(?:\[)?(?:hot-?fix|emergency|break-?glass)\b)"},
      pipeline_files{".github/workflows/**",
                     ".github/actions/**",
                     ".github/settings.yml",
                     "**/CODEOWNERS",
                     ".gitlab-ci.yml",
                     ".gitlab/ci/**",
                     ".gitlab-ci/**",
                     "bitbucket-pipelines.yml",
                     "azure-pipelines*.yml",
                     ".azure-pipelines/**",
                     ".circleci/**",
                     "**/Jenkinsfile",
                     ".buildkite/**",
                     ".drone.yml",
                     ".travis.yml",
                     ".woodpecker/**",
                     ".ci/**",
                     ".pre-commit-config.yaml",
                     "atlantis.yaml"},
      waiver_files{".plumbline/**",        "**/.checkov.yaml",     "**/.checkov.baseline", "**/.trivyignore",
                   "**/.trivyignore.yaml", "**/.trivyignore.rego", "**/.tfsec/**",         "**/.tflint.hcl"} {}

void read_audit_settings(const Value& mapping, AuditSettings& settings, Diagnostics& diagnostics) {
    const auto identities = [&](const Member& member) {
        if (!member.value.is_mapping()) {
            diagnostics.error("settings-value", "\"identities\" must be a mapping of names to accounts and addresses",
                              "It is " + cut(printable(member.value.to_text(80)), 80) + ".", member.span);
            return;
        }
        for (const Member& person : member.value.members()) {
            settings.identities.push_back({person.name, {}});
            take_texts(settings.identities.back().second, diagnostics)(person);
        }
    };
    const std::array<Field, 12> fields = {{
        {"bots", take_list(settings.bots, diagnostics)},
        {"trusted_bots", take_list(settings.trusted_bots, diagnostics)},
        {"identities", identities},
        {"required_approvals", take_number(settings.required_approvals, most_approvals, diagnostics)},
        {"required_checks", take_list(settings.required_checks, diagnostics)},
        {"emergency_review_hours", take_number(settings.emergency_review_hours, most_hours, diagnostics)},
        {"ticket_patterns", take_patterns(settings.ticket_patterns, diagnostics)},
        {"emergency_patterns", take_patterns(settings.emergency_patterns, diagnostics)},
        {"pipeline_files", take_list(settings.pipeline_files, diagnostics)},
        {"waiver_files", take_list(settings.waiver_files, diagnostics)},
        {"merge_methods", [&](const Member& member) { read_merge_methods(member, settings, diagnostics); }},
        {"trust_trailers", take_flag(settings.trust_trailers, diagnostics)},
    }};
    read_fields(mapping, "`audit`", fields, diagnostics);
}

bool is_named(const AuditPerson& person, const std::vector<std::string>& globs) {
    const std::array<std::string, 3> names = {account_of(person), lower(person.name), lower(person.email)};
    return std::any_of(globs.begin(), globs.end(), [&](const std::string& glob) {
        const std::string pattern = lower(glob);
        return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
            return !name.empty() && (name == pattern || glob_match(pattern, name));
        });
    });
}

bool is_bot(const AuditPerson& person, const AuditSettings& settings) {
    return account_of(person).ends_with("[bot]") || person.name.ends_with("[bot]") || is_named(person, settings.bots) ||
           is_named(person, settings.trusted_bots);
}

bool same_person(const AuditPerson& a, const AuditPerson& b, const AuditSettings& settings) {
    const std::string account_a = account_of(a), account_b = account_of(b);
    if (!account_a.empty() && account_a == account_b) return true;
    if (!a.email.empty() && lower(a.email) == lower(b.email)) return true;
    // A name alone is the weakest sign; it tells where one side has nothing else (a trailer `Approved-by: Ann`).
    const bool bare = (a.email.empty() && account_a.empty()) || (b.email.empty() && account_b.empty());
    const bool across = (account_a.empty() && b.email.empty()) || (account_b.empty() && a.email.empty());
    if ((bare || across) && !a.name.empty() && lower(a.name) == lower(b.name)) return true;
    return std::any_of(settings.identities.begin(), settings.identities.end(), [&](const auto& identity) {
        const auto belongs = [&](const AuditPerson& person) {
            return is_named(person, identity.second) || lower(identity.first) == lower(person.name) ||
                   lower(identity.first) == account_of(person);
        };
        return belongs(a) && belongs(b);
    });
}

}  // namespace plumbline
