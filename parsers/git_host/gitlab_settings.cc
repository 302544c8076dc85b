#include <array>

#include "parsers/git_host/git_host.h"
#include "parsers/git_host/settings_walk.h"

namespace plumbline {
namespace git_host {
namespace {

constexpr std::string_view platform = "gitlab-settings";

constexpr std::array<std::string_view, 10> markers = {"path_with_namespace",
                                                      "push_access_levels",
                                                      "merge_requests_author_approval",
                                                      "allow_author_approval",
                                                      "approvals_before_merge",
                                                      "approvals_required",
                                                      "commit_committer_check",
                                                      "require_two_factor_authentication",
                                                      "enable_ssl_verification",
                                                      "environment_scope"};

bool has(const Value& value, std::string_view name) {
    return value.find(name) != nullptr;
}

/// By the members that https://docs.gitlab.com/api/ gives for each kind of object.
std::string_view classify(const Value& value) {
    if (!value.is_mapping()) return {};
    if (has(value, "path_with_namespace") && has(value, "default_branch") && has(value, "visibility")) return "Project";
    if (has(value, "push_access_levels") && has(value, "merge_access_levels")) return "ProtectedBranch";
    if (has(value, "merge_requests_author_approval") ||
        (has(value, "approvals_before_merge") && has(value, "reset_approvals_on_push")))
        return "ApprovalSettings";
    if (value_at(value, "allow_author_approval").is_mapping()) return "GroupApprovalSettings";
    if (has(value, "approvals_required") && has(value, "rule_type")) return "ApprovalRule";
    if (has(value, "commit_committer_check") || (has(value, "deny_delete_tag") && has(value, "prevent_secrets")))
        return "PushRule";
    if (has(value, "full_path") && has(value, "require_two_factor_authentication")) return "Group";
    if (has(value, "url") && has(value, "push_events") && has(value, "enable_ssl_verification")) return "Webhook";
    if (has(value, "key") && has(value, "variable_type") && has(value, "protected")) return "Variable";
    return {};
}

class GitlabSettingsParser : public FileParser {
  public:
    std::string_view name() const override { return platform; }
    bool wants(std::string_view path) const override { return is_json_path(path) && !path.ends_with(".tf.json"); }
    bool accepts(const Source& source) const override { return holds_export(source, markers, classify); }
    std::unique_ptr<ParsedFile> parse(const Source& source, Diagnostics& diagnostics) const override {
        return read_json_file(source, diagnostics);
    }
    RootResult evaluate(const Root& root, const Inputs&, const FileSystem&, SourceSet&) const override {
        const HostFile& file = file_of(root);
        RootResult result;
        result.graph.root = root.path;
        for (ExportedObject& object : exported_objects(file, classify)) {
            Resource resource;
            resource.body = body_of(object);
            resource.address = std::move(object.path);
            resource.type = std::move(object.type);
            resource.platform = platform;
            resource.header = first_line(*file.source, object.span);
            resource.block = object.span;
            result.graph.add(std::move(resource));
        }
        return result;
    }

  private:
    /// What an edition or a right leaves out of an export is unknown, not off.
    static Value body_of(const ExportedObject& object) {
        Body body(object.value);
        const auto left_out = [&](std::string_view member, std::string_view why) {
            if (has(object.value, member)) return;
            body.set(std::string(member),
                     Value::unknown(Type::dynamic(), make_cause("the export does not hold `" + std::string(member) +
                                                                    "`; " + std::string(why),
                                                                object.span)),
                     object.span);
        };
        constexpr std::string_view rights = "GitLab gives it to maintainers and owners only";
        constexpr std::string_view paid = "GitLab has it from the Premium tier on";
        if (object.type == "Project") {
            for (std::string_view member :
                 {"only_allow_merge_if_pipeline_succeeds", "only_allow_merge_if_all_discussions_are_resolved",
                  "allow_merge_on_skipped_pipeline", "public_jobs", "ci_job_token_scope_enabled",
                  "keep_latest_artifact", "restrict_user_defined_variables"})
                left_out(member, rights);
            left_out("approvals_before_merge", paid);
        }
        if (object.type == "ProtectedBranch") left_out("code_owner_approval_required", paid);
        if (object.type == "Group") left_out("prevent_forking_outside_group", paid);
        if (object.type == "Variable") left_out("value", rights);
        return body.build();
    }
};

}  // namespace
}  // namespace git_host

const Parser& gitlab_settings_parser() {
    static const git_host::GitlabSettingsParser parser;
    return parser;
}

}  // namespace plumbline
