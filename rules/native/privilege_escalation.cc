#include "rules/native/privilege_escalation.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "rules/operators.h"
#include "rules/path.h"
#include "rules/policy.h"

namespace plumbline {
namespace {

using Set = std::vector<std::string_view>;

const std::vector<Set>& escalations() {
    static const std::vector<Set> list = {
        {"iam:CreatePolicyVersion"},
        {"iam:SetDefaultPolicyVersion"},
        {"iam:CreateAccessKey"},
        {"iam:CreateLoginProfile"},
        {"iam:UpdateLoginProfile"},
        {"iam:AttachUserPolicy"},
        {"iam:AttachGroupPolicy"},
        {"iam:AttachRolePolicy"},
        {"iam:PutUserPolicy"},
        {"iam:PutGroupPolicy"},
        {"iam:PutRolePolicy"},
        {"iam:AddUserToGroup"},
        {"iam:UpdateAssumeRolePolicy", "sts:AssumeRole"},
        {"iam:PassRole", "ec2:RunInstances"},
        {"iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"},
        {"iam:PassRole", "lambda:CreateFunction", "lambda:CreateEventSourceMapping"},
        {"lambda:UpdateFunctionCode"},
        {"iam:PassRole", "glue:CreateDevEndpoint"},
        {"glue:UpdateDevEndpoint"},
        {"iam:PassRole", "cloudformation:CreateStack"},
        {"iam:PassRole", "datapipeline:CreatePipeline", "datapipeline:PutPipelineDefinition"},
        {"iam:PassRole", "sagemaker:CreateNotebookInstance"},
        {"iam:PassRole", "codestar:CreateProject"},
        {"codestar:CreateProject", "codestar:AssociateTeamMember"},
    };
    return list;
}

bool is_text(const Member* member, std::string_view text) {
    return member && member->value.is_string() && member->value.as_string() == text;
}

bool on_anything(const Value& statement) {
    const Member* resources = statement.find("resources");
    if (!resources) return statement.find("not_resources") != nullptr;
    return std::any_of(resources->value.elements().begin(), resources->value.elements().end(),
                       [](const Value& item) { return item.is_string() && item.as_string() == "*"; });
}

/// The statements that allow something on any resource without a condition.
struct Grants {
    std::vector<Value> statements;
    bool allows(std::string_view action) const {
        return std::any_of(statements.begin(), statements.end(), [&](const Value& statement) {
            if (const Member* actions = statement.find("actions")) return covers(actions->value, action);
            const Member* not_actions = statement.find("not_actions");
            return not_actions && !covers(not_actions->value, action);
        });
    }
    static bool covers(const Value& list, std::string_view action) {
        return std::any_of(list.elements().begin(), list.elements().end(), [&](const Value& pattern) {
            return pattern.is_string() && action_covers(pattern.as_string(), action);
        });
    }
};

Answer judge_policy(const Spot& spot, const Scope& scope, Judging& judging, const std::string& path) {
    Answer answer;
    answer.evidence.resource = scope.resource;
    answer.evidence.place = spot.place;
    answer.evidence.path = path;
    const DocumentInValue document = document_in(spot.value, "json", judging.read_document);
    if (document.state == DocumentInValue::State::invalid) return answer;
    Statements statements;
    if (document.state == DocumentInValue::State::unknown)
        statements.incomplete = document.cause;
    else
        statements = statements_of(document.root, judging.read_document);
    Grants grants;
    for (const Value& statement : statements.known) {
        if (is_text(statement.find("effect"), "Allow") && !statement.find("conditions") && on_anything(statement))
            grants.statements.push_back(statement);
        if (!statements.incomplete) statements.incomplete = unknown_cause(statement);
    }
    for (const Set& set : escalations()) {
        if (!std::all_of(set.begin(), set.end(), [&](std::string_view action) { return grants.allows(action); }))
            continue;
        std::string names;
        for (std::string_view action : set) names += (names.empty() ? "" : " with ") + std::string(action);
        answer.truth = Truth::yes;
        answer.evidence.present = true;
        answer.evidence.value = Value::string(names + " on any resource");
        return answer;
    }
    if (statements.incomplete) {
        answer.truth = Truth::unknown;
        answer.evidence.cause = statements.incomplete;
    }
    return answer;
}

}  // namespace

Answer judge_privilege_escalation(const Scope& scope, Judging& judging, const Value& with) {
    std::string error;
    const Member* text = with.find("policy");
    const auto path = Path::parse(text && text->value.is_string() ? text->value.as_string() : "policy", error);
    AnyOf any;
    if (!path) return any.take();
    const auto judge = [&](const Spots& spots, auto& self) -> Answer {
        AnyOf all;
        for (const Spot& spot : spots.sure) {
            if (spot.present) all.add(judge_policy(spot, scope, judging, joined_path(scope, *path)));
        }
        for (const Spots::Choice& choice : spots.choices) {
            Agreement agreement;
            for (const Spots& alternative : choice.alternatives) agreement.add(self(alternative, self));
            all.add(agreement.take(choice.cause, {}));
        }
        return all.take();
    };
    return judge(follow(*path, scope), judge);
}

}  // namespace plumbline
