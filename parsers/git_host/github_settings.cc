#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "parsers/git_host/git_host.h"
#include "parsers/git_host/settings_walk.h"
#include "scanner/model/text.h"

namespace plumbline {
namespace git_host {
namespace {

constexpr std::string_view platform = "github-settings";

constexpr std::array<std::string_view, 10> markers = {"required_pull_request_reviews",
                                                      "Branch not protected",
                                                      "api.github.com",
                                                      "two_factor_requirement_enabled",
                                                      "requiresTwoFactorAuthentication",
                                                      "\"enforcement\"",
                                                      "default_workflow_permissions",
                                                      "membersWithRole",
                                                      "allowed_actions",
                                                      "\"enforce_admins\""};

bool has(const Value& value, std::string_view name) {
    return value.find(name) != nullptr;
}
bool has_text(const Value& value, std::string_view name) {
    return !text_at(value, name).empty();
}

/// Members of GET /repos/OWNER/REPO/branches/BRANCH/protection.
bool is_branch_protection(const Value& value) {
    if (text_at(value, "message") == "Branch not protected") return true;
    static constexpr std::array<std::string_view, 8> members = {"required_pull_request_reviews",
                                                                "required_status_checks",
                                                                "enforce_admins",
                                                                "restrictions",
                                                                "allow_force_pushes",
                                                                "allow_deletions",
                                                                "required_signatures",
                                                                "required_linear_history"};
    const auto count =
        std::count_if(members.begin(), members.end(), [&](std::string_view name) { return has(value, name); });
    // A branch's own object holds `required_status_checks` too, so one member is not enough.
    return count >= 2 || (count == 1 && text_at(value, "url").ends_with("/protection"));
}

bool is_organization(const Value& value) {
    return has_text(value, "login") &&
           (text_at(value, "type") == "Organization" || has(value, "default_repository_permission") ||
            has(value, "two_factor_requirement_enabled") || has(value, "members_can_create_repositories")) &&
           (has(value, "members_url") || has(value, "default_repository_permission") ||
            has(value, "two_factor_requirement_enabled"));
}

std::string_view list_type(const Value& list) {
    if (list.elements().empty()) return {};
    const Value& first = list.elements()[0];
    if (has_text(first, "login") && value_at(value_at(first, "permissions"), "admin").is_bool()) return "Collaborators";
    return {};
}

std::string_view classify(const Value& value) {
    if (value.is_sequence()) return list_type(value);
    if (!value.is_mapping()) return {};
    if (is_branch_protection(value)) return "BranchProtection";
    if (has_text(value, "name") && value_at(value, "commit").is_mapping() && value_at(value, "protected").is_bool())
        return "Branch";
    if (has_text(value, "enforcement") && (has(value, "rules") || has(value, "source_type"))) return "Ruleset";
    if (has_text(value, "full_name") && has(value, "owner") && (has(value, "default_branch") || has(value, "private")))
        return "Repository";
    if (is_organization(value)) return "Organization";
    if (has(value, "requiresTwoFactorAuthentication") || has(value, "ipAllowListEnabledSetting") ||
        has(value, "samlIdentityProvider"))
        return "OrganizationSecurity";
    if (has(value_at(value, "membersWithRole"), "edges")) return "OrganizationMembers";
    const Value config = value_at(value, "config");
    if (value_at(value, "events").is_sequence() && (has(config, "url") || has(config, "content_type")))
        return "Webhook";
    if (has(value, "default_workflow_permissions")) return "WorkflowPermissions";
    if (has(value, "allowed_actions")) return "ActionsPermissions";
    if (has_text(value, "key") && value_at(value, "read_only").is_bool()) return "DeployKey";
    if (has_text(value, "name") && value_at(value, "protection_rules").is_sequence()) return "Environment";
    if (has_text(value, "query_suite") && has_text(value, "state")) return "CodeScanningSetup";
    return {};
}

/// Days since 1970-01-01 of an RFC 3339 time's date (Howard Hinnant's days_from_civil).
std::optional<std::int64_t> day_of(std::string_view time) {
    if (time.size() < 10 || time[4] != '-' || time[7] != '-') return std::nullopt;
    const auto number = [&](std::size_t at, std::size_t length) {
        std::int64_t value = 0;
        for (char c : time.substr(at, length)) {
            if (c < '0' || c > '9') return std::int64_t{-1};
            value = value * 10 + (c - '0');
        }
        return value;
    };
    std::int64_t year = number(0, 4);
    const std::int64_t month = number(5, 2), day = number(8, 2);
    if (year < 0 || month < 1 || month > 12 || day < 1 || day > 31) return std::nullopt;
    year -= month <= 2;
    const std::int64_t era = year / 400;
    const std::int64_t year_of_era = year - era * 400;
    const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

std::string_view last_commit_time(const Value& branch) {
    return text_at(value_at(value_at(value_at(branch, "commit"), "commit"), "committer"), "date");
}

/// `OWNER/REPO` in one of the object's API addresses; empty when there is none.
std::string repository_of(const Value& value) {
    std::string_view url = text_at(value, "url");
    if (url.empty()) url = text_at(value_at(value, "_links"), "self");
    if (url.empty()) url = text_at(value_at(value_at(value, "_links"), "self"), "href");
    const std::size_t at = url.find("/repos/");
    if (at == std::string_view::npos) return {};
    const auto parts = split(url.substr(at + 7), '/');
    return parts.size() < 2 ? std::string() : std::string(parts[0]) + "/" + std::string(parts[1]);
}

std::string branch_of(const Value& protection) {
    const std::string_view url = text_at(protection, "url");
    const std::size_t at = url.find("/branches/");
    if (at == std::string_view::npos || !url.ends_with("/protection")) return {};
    return std::string(url.substr(at + 10, url.size() - at - 10 - 11));
}

/// Settings that stand together for one branch: each has `enabled` and its parameters, named as in rulesets. The
/// strictest of several counts, as GitHub has it.
struct InForce {
    std::map<std::string, std::map<std::string, Member>> rules;

    void add(const std::string& type, const std::string& parameter, const Value& value, Span span) {
        auto [place, fresh] = rules[type].try_emplace(parameter, Member{parameter, value, span});
        if (fresh) return;
        Member& have = place->second;
        const bool stricter =
            (value.is_bool() && have.value.is_bool() && value.as_bool() && !have.value.as_bool()) ||
            (value.is_number() && have.value.is_number() && have.value.as_number() < value.as_number()) ||
            (have.value.elements().empty() && !value.elements().empty());
        if (stricter) have = {parameter, value, span};
    }
    void add_all(const InForce& other) {
        for (const auto& [type, parameters] : other.rules) {
            for (const auto& [name, member] : parameters) add(type, name, member.value, member.span);
        }
    }
    Value build() const {
        std::vector<Member> members;
        for (const auto& [type, parameters] : rules) {
            std::vector<Member> inner;
            Span span;
            for (const auto& [name, member] : parameters) {
                inner.push_back(member);
                if (name == "enabled") span = member.span;
            }
            members.push_back({type, Value::object(std::move(inner)), span});
        }
        return Value::object(std::move(members));
    }
};

/// `{"enabled": true}` as the API prints it, or `true` as probot's file and the API's input have it.
Value enabled_in(const Value& value) {
    return value.is_mapping() ? value_at(value, "enabled") : value;
}

InForce rules_of_protection(const Value& protection) {
    InForce found;
    if (text_at(protection, "message") == "Branch not protected" || protection.is_null()) return found;
    const auto copy = [&](std::string_view member, const std::string& type) {
        if (const Member* given_member = given(protection, member))
            found.add(type, "enabled", enabled_in(given_member->value), given_member->span);
    };
    copy("required_signatures", "required_signatures");
    copy("required_linear_history", "required_linear_history");
    // Protection forbids these two unless it says otherwise.
    for (const auto& [member, type] :
         {std::pair<std::string_view, std::string>{"allow_force_pushes", "non_fast_forward"},
          {"allow_deletions", "deletion"}}) {
        const Member* allow = given(protection, member);
        const Value allowed = allow ? enabled_in(allow->value) : Value();
        found.add(type, "enabled", Value::boolean(!(allowed.is_bool() && allowed.as_bool())).traced(allowed.trace()),
                  allow ? allow->span : Span{});
    }
    if (const Member* reviews = given(protection, "required_pull_request_reviews")) {
        found.add("pull_request", "enabled", Value::boolean(true), reviews->span);
        for (const auto& [member, parameter] :
             {std::pair<std::string_view, std::string>{"required_approving_review_count",
                                                       "required_approving_review_count"},
              {"dismiss_stale_reviews", "dismiss_stale_reviews_on_push"},
              {"require_code_owner_reviews", "require_code_owner_review"},
              {"require_last_push_approval", "require_last_push_approval"}}) {
            if (const Member* setting = given(reviews->value, member))
                found.add("pull_request", parameter, setting->value, setting->span);
        }
    }
    if (const Member* resolution = given(protection, "required_conversation_resolution"))
        found.add("pull_request", "required_review_thread_resolution", enabled_in(resolution->value), resolution->span);
    if (const Member* checks = given(protection, "required_status_checks")) {
        found.add("required_status_checks", "enabled", Value::boolean(true), checks->span);
        if (const Member* strict = given(checks->value, "strict"))
            found.add("required_status_checks", "strict_required_status_checks_policy", strict->value, strict->span);
        for (std::string_view list : {"contexts", "checks"}) {
            if (const Member* names = given(checks->value, list))
                found.add("required_status_checks", "required_status_checks", names->value, names->span);
        }
    }
    return found;
}

InForce rules_of_ruleset(const Value& ruleset) {
    InForce found;
    for (const Value& rule : value_at(ruleset, "rules").elements()) {
        const std::string type(text_at(rule, "type"));
        if (type.empty()) continue;
        found.add(type, "enabled", Value::boolean(true), rule.origin());
        for (const Member& parameter : value_at(rule, "parameters").members())
            found.add(type, parameter.name, parameter.value, parameter.span);
    }
    return found;
}

/// Whether a ruleset is active and takes in the default branch, whatever that is called.
bool guards_default_branch(const Value& ruleset) {
    if (text_at(ruleset, "enforcement") != "active") return false;
    if (const std::string_view target = text_at(ruleset, "target"); !target.empty() && target != "branch") return false;
    const Value names = value_at(value_at(ruleset, "conditions"), "ref_name");
    const auto meant = [](const Value& list) {
        return std::any_of(list.elements().begin(), list.elements().end(), [](const Value& name) {
            if (!name.is_string()) return false;
            const std::string& text = name.as_string();
            return text == "~DEFAULT_BRANCH" || text == "~ALL" || text == "refs/heads/main" ||
                   text == "refs/heads/master";
        });
    };
    return meant(value_at(names, "include")) && !meant(value_at(names, "exclude"));
}

/// What the exports of one folder say about a repository together.
struct Surroundings {
    std::map<std::string, std::int64_t> newest_day;  ///< by repository: of its branches' last commits
    /// By repository: what its rulesets, and what its protections, say of the default branch. Apart, since two exports
    /// of one protection (a fixture, a state before and after) must not help each other.
    std::map<std::string, InForce> by_rulesets, by_protection;
};

struct Plan {
    const HostFile* file;
    std::shared_ptr<const Surroundings> around;
};

bool is_default_branch_name(std::string_view name) {
    return name == "main" || name == "master";
}

bool is_probot_path(std::string_view path) {
    return path == ".github/settings.yml" || path == ".github/settings.yaml" ||
           path.ends_with("/.github/settings.yml") || path.ends_with("/.github/settings.yaml");
}

/// probot's settings: the members of the API, in a file of the repository.
std::vector<ExportedObject> probot_objects(const HostFile& file) {
    std::vector<ExportedObject> found;
    if (const Member* repository = given(file.root, "repository"))
        found.push_back({"repository", "Repository", repository->value, repository->span});
    const auto add_list = [&](std::string_view list, std::string_view type, std::string_view inner) {
        const Value items = value_at(file.root, list);
        for (std::size_t i = 0; i < items.elements().size(); ++i) {
            const Value& item = items.elements()[i];
            if (!item.is_mapping()) continue;
            const std::string path = std::string(list) + "[" + std::to_string(i) + "]";
            const Member* part = inner.empty() ? nullptr : item.find(inner);
            if (!inner.empty() && !part) continue;
            Body body(inner.empty() ? item : part->value);
            if (part) {
                // `protection: null` switches protection off.
                if (part->value.is_null()) body.set("message", std::string_view("Branch not protected"), part->span);
                if (const Member* name = given(item, "name")) body.set("branch", name->value, name->span);
            }
            found.push_back({part ? path + "." + std::string(inner) : path, std::string(type), body.build(),
                             part ? part->span : item.origin()});
        }
    };
    add_list("branches", "BranchProtection", "protection");
    add_list("rulesets", "Ruleset", "");
    return found;
}

std::vector<ExportedObject> objects_of(const HostFile& file) {
    return is_probot_path(file.source->path()) ? probot_objects(file) : exported_objects(file, classify);
}

class Normaliser {
  public:
    Normaliser(const HostFile& file, const Surroundings& around) : file_(file), around_(around) {}

    Value body(const ExportedObject& object) const {
        Body body(object.value);
        if (object.type == "BranchProtection") protection(object, body);
        if (object.type == "Branch") branch(object, body);
        if (object.type == "Ruleset") ruleset(object, body);
        if (object.type == "Repository") repository(object, body);
        if (object.type == "Organization") organization(object, body);
        if (object.type == "OrganizationSecurity") organization_security(object, body);
        if (object.type == "Collaborators") body.set("collaborators", object.value, object.span);
        return body.build();
    }

  private:
    std::string folder() const { return std::string(parent_path(file_.source->path())); }
    std::string key(const std::string& repository) const { return repository.empty() ? folder() : repository; }

    static Value left_out(std::string_view member, const ExportedObject& object, std::string_view why) {
        return Value::unknown(
            Type::dynamic(),
            make_cause("the export does not hold `" + std::string(member) + "`; " + std::string(why), object.span));
    }

    void protection(const ExportedObject& object, Body& body) const {
        const bool is_protected = text_at(object.value, "message") != "Branch not protected";
        body.set("protected", is_protected);
        std::string name(text_at(object.value, "branch"));
        if (name.empty()) name = branch_of(object.value);
        if (!name.empty()) body.set("branch", std::string_view(name));
        for (std::string_view member : {"enforce_admins", "required_linear_history", "allow_force_pushes",
                                        "allow_deletions", "required_conversation_resolution", "required_signatures",
                                        "lock_branch", "block_creations", "allow_fork_syncing"}) {
            const Member* setting = given(object.value, member);
            if (!setting || !setting->value.is_bool()) continue;
            Body inner;
            inner.set("enabled", setting->value, setting->span);
            body.set(setting->name, inner.build().traced(setting->value.trace()), setting->span);
        }
        InForce rules = rules_of_protection(object.value);
        if (is_default_branch_name(name)) {
            const auto others = around_.by_rulesets.find(key(repository_of(object.value)));
            if (others != around_.by_rulesets.end()) rules.add_all(others->second);
        }
        body.set("in_force", rules.build(), object.span);
    }

    void branch(const ExportedObject& object, Body& body) const {
        const auto day = day_of(last_commit_time(object.value));
        const auto newest = around_.newest_day.find(key(repository_of(object.value)));
        if (!day || newest == around_.newest_day.end()) {
            body.set("days_behind", left_out("commit.commit.committer.date", object, "export the branch by its name"),
                     object.span);
            return;
        }
        body.set("days_behind", Value::number(Number(newest->second - *day)), object.value.find("commit")->span);
    }

    void ruleset(const ExportedObject& object, Body& body) const {
        const bool guards = guards_default_branch(object.value);
        if (!has(object.value, "rules")) {
            if (text_at(object.value, "enforcement") == "active")
                body.set("guards_default_branch", left_out("conditions", object, "export the ruleset by its id"),
                         object.span);
            else
                body.set("guards_default_branch", false);
            body.set("in_force",
                     left_out("rules", object, "the list of rulesets leaves them out, export each by its id"),
                     object.span);
            return;
        }
        body.set("guards_default_branch", guards);
        InForce rules = rules_of_ruleset(object.value);
        if (guards) {
            const std::string repository = key(std::string(text_at(object.value, "source")));
            for (const auto* others : {&around_.by_rulesets, &around_.by_protection}) {
                const auto found = others->find(repository);
                if (found != others->end()) rules.add_all(found->second);
            }
        }
        body.set("in_force", rules.build(), object.span);
    }

    void repository(const ExportedObject& object, Body& body) const {
        const bool probot = is_probot_path(file_.source->path());
        if (!has(object.value, "visibility")) {
            if (const Member* is_private = given(object.value, "private"); is_private && is_private->value.is_bool()) {
                body.set(
                    "visibility",
                    Value::string(is_private->value.as_bool() ? "private" : "public").traced(is_private->value.trace()),
                    is_private->span);
            }
        }
        const std::string_view why =
            probot ? "the file leaves it as it is on the host" : "the API gives it to administrators only";
        for (std::string_view member : {"security_and_analysis", "allow_forking", "web_commit_signoff_required",
                                        "delete_branch_on_merge", "allow_auto_merge"}) {
            if (!has(object.value, member)) body.set(std::string(member), left_out(member, object, why), object.span);
        }
        if (probot && !has(object.value, "visibility") && !has(object.value, "private"))
            body.set("visibility", left_out("visibility", object, why), object.span);
    }

    void organization(const ExportedObject& object, Body& body) const {
        for (std::string_view member : {"two_factor_requirement_enabled", "default_repository_permission",
                                        "members_can_fork_private_repositories", "web_commit_signoff_required"}) {
            if (!has(object.value, member))
                body.set(std::string(member), left_out(member, object, "the API gives it to owners only"), object.span);
        }
        // The older member says what the three newer ones do not.
        const Member* allowed = given(object.value, "members_allowed_repository_creation_type");
        for (std::string_view kind : {"public", "private", "internal"}) {
            const std::string member = "members_can_create_" + std::string(kind) + "_repositories";
            if (has(object.value, member)) continue;
            if (!allowed) {
                body.set(member, left_out(member, object, "the API gives it to owners only"), object.span);
                continue;
            }
            const std::string_view value = text_at(object.value, allowed->name);
            body.set(member, Value::boolean(value == "all" || value == kind).traced(allowed->value.trace()),
                     allowed->span);
        }
        for (std::string_view member : {"secret_scanning_enabled_for_new_repositories",
                                        "secret_scanning_push_protection_enabled_for_new_repositories",
                                        "dependabot_alerts_enabled_for_new_repositories",
                                        "dependabot_security_updates_enabled_for_new_repositories"}) {
            if (!has(object.value, member))
                body.set(std::string(member), left_out(member, object, "the API gives it to owners only"), object.span);
        }
    }

    void organization_security(const ExportedObject& object, Body& body) const {
        for (std::string_view member :
             {"requiresTwoFactorAuthentication", "ipAllowListEnabledSetting", "samlIdentityProvider"}) {
            if (!has(object.value, member))
                body.set(std::string(member), left_out(member, object, "add it to the query"), object.span);
        }
    }

    const HostFile& file_;
    const Surroundings& around_;
};

class GithubSettingsParser : public FileParser {
  public:
    std::string_view name() const override { return platform; }
    bool wants(std::string_view path) const override {
        return (is_json_path(path) && !path.ends_with(".tf.json")) || is_probot_path(path);
    }
    bool accepts(const Source& source) const override {
        return is_probot_path(source.path()) || holds_export(source, markers, classify);
    }
    std::unique_ptr<ParsedFile> parse(const Source& source, Diagnostics& diagnostics) const override {
        if (is_probot_path(source.path())) return read_yaml_file(source, false, diagnostics);
        return read_json_file(source, diagnostics);
    }
    /// A file each, but what the files of one folder say about a repository counts together.
    std::vector<Root> roots(std::span<const ParsedFile* const> files, const FileSystem&, SourceSet&, Diagnostics&,
                            std::vector<CoverageGap>&) const override {
        std::map<std::string, std::shared_ptr<Surroundings>> by_folder;
        std::vector<Root> roots;
        for (const ParsedFile* parsed : files) {
            const HostFile& file = *static_cast<const HostFile*>(parsed);
            const std::string folder(parent_path(file.source->path()));
            std::shared_ptr<Surroundings>& around = by_folder[folder];
            if (!around) around = std::make_shared<Surroundings>();
            for (const ExportedObject& object : objects_of(file)) note(object, folder, *around);
            Root root;
            root.path = file.source->path();
            root.plan = std::make_shared<Plan>(Plan{&file, around});
            roots.push_back(std::move(root));
        }
        return roots;
    }
    RootResult evaluate(const Root& root, const Inputs&, const FileSystem&, SourceSet&) const override {
        const Plan& plan = *static_cast<const Plan*>(root.plan.get());
        const HostFile& file = *plan.file;
        RootResult result;
        result.graph.root = root.path;
        const Normaliser normaliser(file, *plan.around);
        for (ExportedObject& object : objects_of(file)) {
            Resource resource;
            resource.body = normaliser.body(object);
            resource.address = std::move(object.path);
            resource.type = std::move(object.type);
            resource.platform = platform;
            resource.header = first_line(*file.source, object.span);
            resource.block = object.span;
            result.graph.add(std::move(resource));
        }
        add_comment_suppressions(*file.source, file.comments, result.graph);
        return result;
    }

  private:
    static void note(const ExportedObject& object, const std::string& folder, Surroundings& around) {
        const std::string repository = repository_of(object.value);
        const std::string& key = repository.empty() ? folder : repository;
        if (object.type == "Branch") {
            const auto day = day_of(last_commit_time(object.value));
            if (!day) return;
            const auto [place, fresh] = around.newest_day.try_emplace(key, *day);
            if (!fresh) place->second = std::max(place->second, *day);
        } else if (object.type == "BranchProtection") {
            std::string name(text_at(object.value, "branch"));
            if (name.empty()) name = branch_of(object.value);
            if (is_default_branch_name(name)) around.by_protection[key].add_all(rules_of_protection(object.value));
        } else if (object.type == "Ruleset" && guards_default_branch(object.value)) {
            const std::string source(text_at(object.value, "source"));
            around.by_rulesets[source.empty() ? folder : source].add_all(rules_of_ruleset(object.value));
        }
    }
};

}  // namespace
}  // namespace git_host

const Parser& github_settings_parser() {
    static const git_host::GithubSettingsParser parser;
    return parser;
}

}  // namespace plumbline
