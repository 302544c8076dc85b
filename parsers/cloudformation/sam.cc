#include "parsers/cloudformation/sam.h"

#include <algorithm>

#include "parsers/cloudformation/sam_connectors.h"
#include "parsers/cloudformation/sam_values.h"
#include "parsers/cloudformation/template.h"
#include "scanner/model/text.h"

namespace plumbline::cloudformation {
namespace {

using written::assume_role_policy, written::get_att, written::list, written::managed_policy, written::object,
    written::ref_to, written::sub, written::text;

bool is_text(const Value* value, std::string_view wanted) {
    return value && value->is_string() && value->as_string() == wanted;
}

/// `local` over `global` by SAM's rules: mappings are merged, lists are joined with the global part first, everything
/// else is replaced. Functions count as single values.
Value merge(const Value& global, const Value& local) {
    if (call_of(global) || call_of(local)) return local;
    if (global.is_sequence() && local.is_sequence()) {
        std::vector<Value> items(global.elements().begin(), global.elements().end());
        items.insert(items.end(), local.elements().begin(), local.elements().end());
        return list(std::move(items)).traced(local.trace());
    }
    if (!global.is_mapping() || !local.is_mapping()) return local;
    std::vector<Member> members(global.members().begin(), global.members().end());
    for (const Member& member : local.members()) {
        const Member* common = global.find(member.name);
        members.push_back({member.name, common ? merge(common->value, member.value) : member.value, member.span});
    }
    return object(std::move(members)).traced(local.trace());
}

/// The properties of a resource being made, taken over from the SAM resource's with their places.
class Properties {
  public:
    explicit Properties(const Value& from) : from_(from) {}

    const Value* get(std::string_view name) const {
        const Member* member = from_.find(name);
        return member ? &member->value : nullptr;
    }
    void copy(std::string_view name, std::string_view as = {}) {
        if (const Member* member = from_.find(name)) {
            members_.push_back({std::string(as.empty() ? name : as), member->value, member->span});
        }
    }
    void copy(std::initializer_list<std::string_view> names) {
        for (const std::string_view name : names) copy(name);
    }
    /// `place` names the SAM property that the value comes from, for its place.
    void set(std::string name, Value value, std::string_view place = {}) {
        const Member* member = place.empty() ? nullptr : from_.find(place);
        members_.push_back({std::move(name), std::move(value), member ? member->span : Span()});
    }
    Value take() { return object(std::move(members_)).traced(from_.trace()); }

  private:
    const Value& from_;
    std::vector<Member> members_;
};

/// Tags as the services take them; SAM adds its own.
Value tag_list(const Value* tags, const char* created_by) {
    std::vector<Value> items;
    const auto add = [&](const std::string& key, const Value& value, Span span) {
        items.push_back(object({{"Key", text(key), span}, {"Value", value, span}}));
    };
    if (created_by) add(created_by, text("SAM"), {});
    if (tags) {
        for (const Member& tag : tags->members()) add(tag.name, tag.value, tag.span);
    }
    return list(std::move(items));
}

/// Managed policies that SAM attaches for pulling event sources.
const char* pull_policy(std::string_view type) {
    if (type == "Kinesis") return "service-role/AWSLambdaKinesisExecutionRole";
    if (type == "DynamoDB") return "service-role/AWSLambdaDynamoDBExecutionRole";
    if (type == "SQS") return "service-role/AWSLambdaSQSQueueExecutionRole";
    if (type == "MSK") return "service-role/AWSLambdaMSKExecutionRole";
    return nullptr;
}

class Expansion {
  public:
    Expansion(std::vector<Definition>& definitions, const Value& globals,
              std::map<std::string, std::string, std::less<>>& names,
              const std::function<void(const Definition&, std::string)>& gap)
        : definitions_(definitions), globals_(globals), names_(names), gap_(gap) {}

    void run() {
        std::vector<Definition> given = std::move(definitions_);
        definitions_.clear();
        for (const Definition& definition : given) {
            taken_.emplace(definition.id, true);
            types_.emplace(definition.id, std::string(definition.type()));
        }
        for (Definition& definition : given) {
            embedded_connectors(definition);
            expand(definition);
        }
        implicit_apis();
        notifications();
        connectors();
    }

  private:
    void expand(Definition& definition) {
        const std::string type(definition.type());
        if (!type.starts_with("AWS::Serverless::")) {
            definitions_.push_back(std::move(definition));
            return;
        }
        const std::string kind = type.substr(17);
        source_ = definition;
        source_.sam_type = type;
        const Member* global = globals_.find(kind);
        const Value* own = definition.properties();
        const Value none = object({});
        // Properties that a function or macro makes as a whole cannot be taken apart.
        const Value& local = own && own->is_mapping() && !call_of(*own) ? *own : none;
        const Value properties = global ? merge(global->value, local) : local;
        if (kind == "Function") {
            function(properties);
        } else if (kind == "Api") {
            rest_api(properties);
        } else if (kind == "HttpApi") {
            http_api(properties);
        } else if (kind == "SimpleTable") {
            table(properties);
        } else if (kind == "StateMachine") {
            state_machine(properties);
        } else if (kind == "LayerVersion") {
            layer(properties);
        } else if (kind == "Application") {
            application(properties);
        } else if (kind == "GraphQLApi") {
            graphql_api(properties);
        } else if (kind == "Connector") {
            connectors_.push_back({source_, properties, ""});
        } else {
            gap_(definition, type + " is not expanded; the resources SAM makes for it were not judged.");
            definitions_.push_back(std::move(definition));
        }
    }

    /// Adds a resource made from the present one; its condition and the like go to everything made from it.
    void make(const std::string& id, const char* type, Value properties, const char* deletion_policy = nullptr) {
        const bool main = id == source_.id;
        // What the template itself defines under this id stays; SAM would refuse the clash.
        if (!main && !taken_.emplace(id, true).second) return;
        std::vector<Member> members = {{"Type", text(type), {}}, {"Properties", std::move(properties), {}}};
        for (const std::string_view name : {"Condition", "DeletionPolicy", "UpdateReplacePolicy", "Metadata"}) {
            if (const Member* member = source_.body.find(name)) members.push_back(*member);
        }
        const Member* depends = source_.body.find("DependsOn");
        if (main && depends) members.push_back(*depends);
        if (deletion_policy && !source_.body.find("DeletionPolicy")) {
            members.push_back({"DeletionPolicy", text(deletion_policy), {}});
        }
        // What several resources share (CodeDeploy's application) belongs to none of them.
        const bool own = id.starts_with(source_.id) || id.ends_with(source_.id);
        definitions_.push_back({id, object(std::move(members)), source_.header, source_.block, source_.sam_type,
                                own && !main ? source_.id : std::string()});
    }

    // AWS::Serverless::Function

    void function(const Value& properties) {
        Properties made(properties);
        made.copy({"FunctionName",
                   "Handler",
                   "Runtime",
                   "Description",
                   "MemorySize",
                   "Timeout",
                   "VpcConfig",
                   "Environment",
                   "KmsKeyArn",
                   "Layers",
                   "ReservedConcurrentExecutions",
                   "FileSystemConfigs",
                   "ImageConfig",
                   "PackageType",
                   "Architectures",
                   "EphemeralStorage",
                   "SnapStart",
                   "RuntimeManagementConfig",
                   "LoggingConfig",
                   "CodeSigningConfigArn",
                   "RecursiveLoop"});
        made.set("Code", code(made),
                 made.get("InlineCode") ? "InlineCode"
                 : made.get("ImageUri") ? "ImageUri"
                                        : "CodeUri");
        if (const Value* tracing = made.get("Tracing"); tracing && !is_text(tracing, "Disabled")) {
            made.set("TracingConfig", object({{"Mode", *tracing, {}}}), "Tracing");
        }
        const Value* dead_letters = made.get("DeadLetterQueue");
        if (const Member* target = dead_letters ? dead_letters->find("TargetArn") : nullptr) {
            made.set("DeadLetterConfig", object({*target}), "DeadLetterQueue");
        }
        made.set("Tags", tag_list(made.get("Tags"), "lambda:createdBy"), "Tags");
        const std::string role_id = source_.id + "Role";
        if (made.get("Role")) {
            made.copy("Role");
        } else {
            made.set("Role", get_att(role_id, "Arn"));
        }
        const std::string id = source_.id;
        make(id, "AWS::Lambda::Function", made.take());
        if (!properties.find("Role")) function_role(properties, role_id);
        versions(properties);
        if (const Member* url = properties.find("FunctionUrlConfig")) function_url(url->value);
        if (const Member* config = properties.find("EventInvokeConfig")) {
            Properties invoke(config->value);
            invoke.copy({"MaximumEventAgeInSeconds", "MaximumRetryAttempts", "DestinationConfig"});
            invoke.set("FunctionName", ref_to(id));
            invoke.set("Qualifier", text("$LATEST"));
            make(id + "EventInvokeConfig", "AWS::Lambda::EventInvokeConfig", invoke.take());
        }
        if (const Member* events = properties.find("Events")) {
            for (const Member* event : in_source_order(events->value)) function_event(*event);
        }
    }

    static Value code(const Properties& properties) {
        if (const Value* inline_code = properties.get("InlineCode")) return object({{"ZipFile", *inline_code, {}}});
        if (const Value* image = properties.get("ImageUri")) return object({{"ImageUri", *image, {}}});
        const Value* uri = properties.get("CodeUri");
        if (uri && uri->find("Bucket")) {
            Properties parts(*uri);
            parts.copy("Bucket", "S3Bucket");
            parts.copy("Key", "S3Key");
            parts.copy("Version", "S3ObjectVersion");
            return parts.take();
        }
        const std::string_view scheme = "s3://";
        if (uri && uri->is_string() && uri->as_string().starts_with(scheme)) {
            const std::string_view place = std::string_view(uri->as_string()).substr(scheme.size());
            const std::size_t slash = place.find('/');
            if (slash != std::string_view::npos) {
                return object({{"S3Bucket", text(std::string(place.substr(0, slash))), {}},
                               {"S3Key", text(std::string(place.substr(slash + 1))), {}}});
            }
        }
        const CauseRef cause = make_cause("the code is packaged at deployment", uri ? uri->origin() : Span());
        return object({{"S3Bucket", Value::unknown(Type::string(), cause), {}},
                       {"S3Key", Value::unknown(Type::string(), cause), {}}});
    }

    void function_role(const Value& properties, const std::string& id) {
        Properties made(properties);
        if (made.get("AssumeRolePolicyDocument")) {
            made.copy("AssumeRolePolicyDocument");
        } else {
            made.set("AssumeRolePolicyDocument", assume_role_policy(text("lambda.amazonaws.com")));
        }
        made.copy("RolePath", "Path");
        made.copy("PermissionsBoundary");
        std::vector<Value> managed = {managed_policy("service-role/AWSLambdaBasicExecutionRole")};
        if (const Value* tracing = made.get("Tracing"); tracing && !is_text(tracing, "Disabled")) {
            managed.push_back(managed_policy("AWSXRayDaemonWriteAccess"));
        }
        if (made.get("VpcConfig")) managed.push_back(managed_policy("service-role/AWSLambdaVPCAccessExecutionRole"));
        if (const Value* events = made.get("Events")) {
            for (const Member& event : events->members()) {
                const Member* type = event.value.find("Type");
                const char* policy = type && type->value.is_string() ? pull_policy(type->value.as_string()) : nullptr;
                if (policy) managed.push_back(managed_policy(policy));
            }
        }
        std::vector<Value> inline_policies;
        if (const Value* policies = made.get("Policies")) add_policies(*policies, managed, inline_policies);
        if (const Value* queue = made.get("DeadLetterQueue")) {
            const Member* target = queue->find("TargetArn");
            const Member* type = queue->find("Type");
            if (target) {
                const bool topic = type && is_text(&type->value, "SNS");
                const Value statement = object({{"Effect", text("Allow"), {}},
                                                {"Action", text(topic ? "sns:Publish" : "sqs:SendMessage"), {}},
                                                {"Resource", target->value, target->span}});
                inline_policies.push_back(
                    object({{"PolicyName", text("DeadLetterQueuePolicy"), {}},
                            {"PolicyDocument",
                             object({{"Version", text("2012-10-17"), {}}, {"Statement", list({statement}), {}}}),
                             target->span}}));
            }
        }
        made.set("ManagedPolicyArns", list(std::move(managed)), "Policies");
        if (!inline_policies.empty()) made.set("Policies", list(std::move(inline_policies)), "Policies");
        made.set("Tags", tag_list(made.get("Tags"), "lambda:createdBy"), "Tags");
        make(id, "AWS::IAM::Role", made.take());
    }

    /// `Policies` holds names or ARNs of managed policies, policy documents, and SAM's policy templates.
    void add_policies(const Value& policies, std::vector<Value>& managed, std::vector<Value>& inline_policies) const {
        std::vector<Value> items;
        if (policies.is_sequence()) {
            items.assign(policies.elements().begin(), policies.elements().end());
        } else {
            items.push_back(policies);
        }
        for (const Value& item : items) {
            const std::string name = source_.id + "RolePolicy" + std::to_string(inline_policies.size());
            if (item.is_string()) {
                const std::string& given = item.as_string();
                const bool arn = given.starts_with("arn:");
                managed.push_back(arn ? item : managed_policy(given).traced(item.trace()));
            } else if (call_of(item)) {
                managed.push_back(item);
            } else if (item.find("Statement")) {
                inline_policies.push_back(
                    object({{"PolicyName", text(name), {}}, {"PolicyDocument", item, item.origin()}}));
            } else if (item.members().size() == 1) {
                const Member& only = item.members().front();
                const CauseRef cause = make_cause(
                    "SAM's policy template " + printable(only.name) + " is expanded at deployment", only.span);
                inline_policies.push_back(object(
                    {{"PolicyName", text(name), {}}, {"PolicyDocument", Value::unknown(Type(), cause), only.span}}));
            }
        }
    }

    void versions(const Value& properties) {
        const Member* alias = properties.find("AutoPublishAlias");
        if (!alias) return;
        const std::string id = source_.id;
        const std::string version = id + "Version";
        const std::string alias_id =
            id + "Alias" + (alias->value.is_string() ? alias->value.as_string() : std::string());
        make(version, "AWS::Lambda::Version", object({{"FunctionName", ref_to(id), {}}}), "Retain");
        Properties made(properties);
        made.copy("AutoPublishAlias", "Name");
        made.copy("ProvisionedConcurrencyConfig");
        made.set("FunctionName", ref_to(id));
        made.set("FunctionVersion", get_att(version, "Version"));
        make(alias_id, "AWS::Lambda::Alias", made.take());
        names_[id + ".Version"] = version;
        names_[id + ".Alias"] = alias_id;
        if (const Member* preference = properties.find("DeploymentPreference")) deployment(preference->value);
    }

    void deployment(const Value& preference) {
        const Member* enabled = preference.find("Enabled");
        if (enabled && enabled->value.is_bool() && !enabled->value.as_bool()) return;
        const std::string id = source_.id;
        make("ServerlessDeploymentApplication", "AWS::CodeDeploy::Application",
             object({{"ComputePlatform", text("Lambda"), {}}}));
        Properties made(preference);
        made.set("ApplicationName", ref_to("ServerlessDeploymentApplication"));
        if (preference.find("Role")) {
            made.copy("Role", "ServiceRoleArn");
        } else {
            make(
                "CodeDeployServiceRole", "AWS::IAM::Role",
                object({{"AssumeRolePolicyDocument", assume_role_policy(text("codedeploy.amazonaws.com")), {}},
                        {"ManagedPolicyArns", list({managed_policy("service-role/AWSCodeDeployRoleForLambda")}), {}}}));
            made.set("ServiceRoleArn", get_att("CodeDeployServiceRole", "Arn"));
        }
        made.set("AutoRollbackConfiguration",
                 object({{"Enabled", Value::boolean(true), {}},
                         {"Events",
                          list({text("DEPLOYMENT_FAILURE"), text("DEPLOYMENT_STOP_ON_ALARM"),
                                text("DEPLOYMENT_STOP_ON_REQUEST")}),
                          {}}}));
        make(id + "DeploymentGroup", "AWS::CodeDeploy::DeploymentGroup", made.take());
    }

    void function_url(const Value& config) {
        const std::string id = source_.id;
        Properties made(config);
        made.copy({"AuthType", "Cors", "InvokeMode"});
        made.set("TargetFunctionArn", ref_to(names_.contains(id + ".Alias") ? names_[id + ".Alias"] : id));
        const Member* auth = config.find("AuthType");
        make(id + "Url", "AWS::Lambda::Url", made.take());
        names_[id + ".Url"] = id + "Url";
        if (!auth || !is_text(&auth->value, "NONE")) return;
        make(id + "UrlPublicPermissions", "AWS::Lambda::Permission",
             object({{"Action", text("lambda:InvokeFunctionUrl"), {}},
                     {"FunctionName", ref_to(id), {}},
                     {"FunctionUrlAuthType", auth->value, auth->span},
                     {"Principal", text("*"), auth->span}}));
    }

    void permission(const std::string& id, const char* service, const Value* source_arn, Span place) {
        std::vector<Member> members = {{"Action", text("lambda:InvokeFunction"), {}},
                                       {"FunctionName", ref_to(source_.id), {}},
                                       {"Principal", text(service), {}}};
        if (source_arn) members.push_back({"SourceArn", *source_arn, place});
        make(id, "AWS::Lambda::Permission", object(std::move(members)));
    }

    void function_event(const Member& event) {
        const Member* type_member = event.value.find("Type");
        if (!type_member || !type_member->value.is_string()) return;
        const std::string& type = type_member->value.as_string();
        const Member* given = event.value.find("Properties");
        const Value properties = given && given->value.is_mapping() ? given->value : object({});
        const std::string id = source_.id + event.name;
        if (type == "Api" || type == "HttpApi") return api_event(type == "Api", event, properties, id);
        if (type == "Schedule" || type == "EventBridgeRule" || type == "CloudWatchEvent") {
            return rule_event(event, properties, id);
        }
        if (type == "S3") {
            const Member* bucket = properties.find("Bucket");
            permission(id + "Permission", "s3.amazonaws.com", nullptr, event.span);
            const std::optional<Call> call = bucket ? call_of(bucket->value) : std::nullopt;
            if (call && call->name == "Ref" && call->argument->is_string()) {
                notifications_.push_back({call->argument->as_string(), source_.id, properties});
            }
            return;
        }
        if (type == "SNS") {
            Properties made(properties);
            made.copy("Topic", "TopicArn");
            made.copy({"FilterPolicy", "FilterPolicyScope", "RedrivePolicy", "Region"});
            made.set("Protocol", text("lambda"));
            made.set("Endpoint", get_att(source_.id, "Arn"));
            const Value* topic = made.get("Topic");
            permission(id + "Permission", "sns.amazonaws.com", topic, event.span);
            return make(id, "AWS::SNS::Subscription", made.take());
        }
        if (type == "CloudWatchLogs") {
            Properties made(properties);
            made.copy({"LogGroupName", "FilterPattern"});
            made.set("DestinationArn", get_att(source_.id, "Arn"));
            permission(id + "Permission", "logs.amazonaws.com", nullptr, event.span);
            return make(id, "AWS::Logs::SubscriptionFilter", made.take());
        }
        if (type == "IoTRule") {
            permission(id + "Permission", "iot.amazonaws.com", nullptr, event.span);
            Properties made(properties);
            made.set("TopicRulePayload", properties);
            return make(id, "AWS::IoT::TopicRule", made.take());
        }
        if (type == "AlexaSkill") {
            return permission(id + "Permission", "alexa-appkit.amazon.com", nullptr, event.span);
        }
        if (type == "Cognito") {
            return permission(id + "Permission", "cognito-idp.amazonaws.com", nullptr, event.span);
        }
        if (type == "ScheduleV2") {
            Properties made(properties);
            made.copy({"ScheduleExpression", "ScheduleExpressionTimezone", "State", "Name", "GroupName", "KmsKeyArn",
                       "FlexibleTimeWindow", "StartDate", "EndDate", "Description"});
            made.set("Target",
                     object({{"Arn", get_att(source_.id, "Arn"), {}}, {"RoleArn", get_att(id + "Role", "Arn"), {}}}));
            make(id, "AWS::Scheduler::Schedule", made.take());
            return invoke_role(id + "Role", "scheduler.amazonaws.com", "lambda:InvokeFunction");
        }
        // Everything else is pulled: Kinesis, DynamoDB, SQS, MSK, MQ, SelfManagedKafka, DocumentDB.
        Properties made(properties);
        for (const Member& member : properties.members()) {
            const bool source = member.name == "Stream" || member.name == "Queue" || member.name == "Broker" ||
                                member.name == "Cluster";
            made.copy(member.name, source ? "EventSourceArn" : std::string_view());
        }
        made.set("FunctionName", ref_to(source_.id));
        make(id, "AWS::Lambda::EventSourceMapping", made.take());
    }

    void invoke_role(const std::string& id, const char* service, const char* action) {
        const Value arn =
            std::string_view(action).starts_with("states:") ? ref_to(source_.id) : get_att(source_.id, "Arn");
        const Value statement =
            object({{"Effect", text("Allow"), {}}, {"Action", text(action), {}}, {"Resource", arn, {}}});
        make(
            id, "AWS::IAM::Role",
            object({{"AssumeRolePolicyDocument", assume_role_policy(text(service)), {}},
                    {"Policies",
                     list({object({{"PolicyName", text(id + "Policy"), {}},
                                   {"PolicyDocument",
                                    object({{"Version", text("2012-10-17"), {}}, {"Statement", list({statement}), {}}}),
                                    {}}})}),
                     {}}}));
    }

    void rule_event(const Member& event, const Value& properties, const std::string& id) {
        Properties made(properties);
        made.copy("Schedule", "ScheduleExpression");
        made.copy("Pattern", "EventPattern");
        made.copy({"Name", "Description", "EventBusName", "State"});
        if (const Value* enabled = made.get("Enabled"); enabled && !made.get("State") && enabled->is_bool()) {
            made.set("State", text(enabled->as_bool() ? "ENABLED" : "DISABLED"), "Enabled");
        }
        Properties target(properties);
        target.copy({"Input", "InputPath", "RetryPolicy"});
        target.set("Arn", get_att(source_.id, "Arn"));
        target.set("Id", text(source_.id + "LambdaTarget"));
        made.set("Targets", list({target.take()}));
        make(id, "AWS::Events::Rule", made.take());
        const Value arn = get_att(id, "Arn");
        permission(id + "Permission", "events.amazonaws.com", &arn, event.span);
    }

    void api_event(bool rest, const Member& event, const Value& properties, const std::string& id) {
        const Member* target = properties.find(rest ? "RestApiId" : "ApiId");
        if (!target) {
            const std::string implicit = rest ? "ServerlessRestApi" : "ServerlessHttpApi";
            if (!taken_.contains(implicit)) {
                auto& wanted = rest ? implicit_rest_ : implicit_http_;
                if (wanted.id.empty()) {
                    wanted = source_;
                    wanted.id = implicit;
                    wanted.header = key_span_of(event);
                    wanted.block = event.span;
                }
            }
            const Value arn =
                sub("arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${" + implicit + "}/*");
            return permission(rest ? id + "PermissionProd" : id + "Permission", "apigateway.amazonaws.com", &arn,
                              event.span);
        }
        permission(rest ? id + "PermissionStage" : id + "Permission", "apigateway.amazonaws.com", nullptr, event.span);
    }

    Span key_span_of(const Member& event) const {
        return {event.span.source, event.span.begin,
                std::min(event.span.end, event.span.begin + static_cast<std::uint32_t>(event.name.size()))};
    }

    // AWS::Serverless::Api and HttpApi

    static std::string stage_id(const std::string& api, const Value* name) {
        // A name that is computed or holds other characters gives a hash, which is left out.
        const bool word = name && name->is_string() && !name->as_string().empty() &&
                          std::all_of(name->as_string().begin(), name->as_string().end(), [](unsigned char c) {
                              return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
                          });
        return api + (word ? name->as_string() : std::string()) + "Stage";
    }

    void rest_api(const Value& properties) {
        const std::string id = source_.id;
        Properties api(properties);
        api.copy("DefinitionBody", "Body");
        api.copy("DefinitionUri", "BodyS3Location");
        api.copy({"Name", "Description", "BinaryMediaTypes", "MinimumCompressionSize", "DisableExecuteApiEndpoint",
                  "Mode", "ApiKeySourceType", "FailOnWarnings"});
        const Value* endpoint = api.get("EndpointConfiguration");
        const Member* endpoint_type = endpoint ? endpoint->find("Type") : nullptr;
        if (endpoint && !call_of(*endpoint)) {
            Properties config(*endpoint);
            config.set("Types", list({endpoint_type ? endpoint_type->value : *endpoint}), "Type");
            config.copy("VPCEndpointIds", "VpcEndpointIds");
            api.set("EndpointConfiguration", config.take(), "EndpointConfiguration");
        } else if (endpoint) {
            api.set("EndpointConfiguration", object({{"Types", list({*endpoint}), {}}}), "EndpointConfiguration");
        }
        if (api.get("Tags")) api.set("Tags", tag_list(api.get("Tags"), nullptr), "Tags");
        make(id, "AWS::ApiGateway::RestApi", api.take());

        const std::string deployment_id = id + "Deployment";
        make(deployment_id, "AWS::ApiGateway::Deployment", object({{"RestApiId", ref_to(id), {}}}));
        names_[id + ".Deployment"] = deployment_id;

        Properties stage(properties);
        stage.copy({"StageName", "AccessLogSetting", "CacheClusterEnabled", "CacheClusterSize", "CanarySetting",
                    "MethodSettings", "TracingEnabled", "Variables"});
        stage.set("RestApiId", ref_to(id));
        stage.set("DeploymentId", ref_to(deployment_id));
        if (stage.get("Tags")) stage.set("Tags", tag_list(stage.get("Tags"), nullptr), "Tags");
        const std::string stage_name = stage_id(id, stage.get("StageName"));
        make(stage_name, "AWS::ApiGateway::Stage", stage.take());
        names_[id + ".Stage"] = stage_name;

        if (const Member* domain = properties.find("Domain"); domain && domain->value.find("DomainName")) {
            Properties made(domain->value);
            made.copy(
                {"DomainName", "SecurityPolicy", "MutualTlsAuthentication", "OwnershipVerificationCertificateArn"});
            const Member* kind = domain->value.find("EndpointConfiguration");
            const bool edge = kind && is_text(&kind->value, "EDGE");
            made.copy("CertificateArn", edge ? "CertificateArn" : "RegionalCertificateArn");
            made.set("EndpointConfiguration", object({{"Types", list({kind ? kind->value : text("REGIONAL")}), {}}}),
                     "EndpointConfiguration");
            make("ApiGatewayDomainName" + id, "AWS::ApiGateway::DomainName", made.take());
            names_[id + ".DomainName"] = "ApiGatewayDomainName" + id;
        }
    }

    void http_api(const Value& properties) {
        const std::string id = source_.id;
        Properties api(properties);
        api.copy("DefinitionBody", "Body");
        api.copy("DefinitionUri", "BodyS3Location");
        api.copy({"Name", "Description", "DisableExecuteApiEndpoint", "FailOnWarnings", "CorsConfiguration", "Tags"});
        if (!api.get("DefinitionBody") && !api.get("DefinitionUri")) api.set("ProtocolType", text("HTTP"));
        make(id, "AWS::ApiGatewayV2::Api", api.take());

        Properties stage(properties);
        const Value* name = stage.get("StageName");
        if (name) {
            stage.copy("StageName");
        } else {
            stage.set("StageName", text("$default"));
        }
        stage.copy({"AccessLogSettings", "DefaultRouteSettings", "RouteSettings", "StageVariables", "Tags"});
        stage.set("ApiId", ref_to(id));
        stage.set("AutoDeploy", Value::boolean(true));
        const bool is_default = !name || is_text(name, "$default");
        const std::string stage_name = is_default ? id + "ApiGatewayDefaultStage" : stage_id(id, name);
        make(stage_name, "AWS::ApiGatewayV2::Stage", stage.take());
        names_[id + ".Stage"] = stage_name;
    }

    /// The APIs that events without an API of their own share; globals hold for them too.
    void implicit_apis() {
        for (const bool rest : {true, false}) {
            const Definition& wanted = rest ? implicit_rest_ : implicit_http_;
            if (wanted.id.empty()) continue;
            source_ = wanted;
            source_.body = object({});
            source_.sam_type = rest ? "AWS::Serverless::Api" : "AWS::Serverless::HttpApi";
            const Member* global = globals_.find(rest ? "Api" : "HttpApi");
            const Value base = rest ? object({{"StageName", text("Prod"), {}}}) : object({});
            const Value properties = global ? merge(global->value, base) : base;
            rest ? rest_api(properties) : http_api(properties);
        }
    }

    /// S3 events stand in the bucket's own properties.
    void notifications() {
        for (const auto& [bucket, function_id, event] : notifications_) {
            const auto found =
                std::find_if(definitions_.begin(), definitions_.end(),
                             [&wanted = bucket](const Definition& definition) { return definition.id == wanted; });
            if (found == definitions_.end() || !found->body.is_mapping()) continue;
            const Member* events = event.find("Events");
            std::vector<Value> kinds;
            if (events && events->value.is_sequence()) {
                kinds.assign(events->value.elements().begin(), events->value.elements().end());
            } else if (events) {
                kinds.push_back(events->value);
            }
            std::vector<Value> configurations;
            for (Value& kind : kinds) {
                Properties made(event);
                made.set("Event", std::move(kind), "Events");
                made.copy("Filter");
                made.set("Function", get_att(function_id, "Arn"));
                configurations.push_back(made.take());
            }
            const Value* own = found->properties();
            const Value extra = object({{"NotificationConfiguration",
                                         object({{"LambdaConfigurations", list(std::move(configurations)), {}}}),
                                         {}}});
            const Value properties = own && own->is_mapping() ? merge(*own, extra).traced(own->trace()) : extra;
            std::vector<Member> members(found->body.members().begin(), found->body.members().end());
            const Member* place = found->body.find("Properties");
            members.push_back({"Properties", properties, place ? place->span : Span()});
            found->body = object(std::move(members)).traced(found->body.trace());
        }
    }

    // The rest

    void table(const Value& properties) {
        Properties made(properties);
        made.copy({"TableName", "ProvisionedThroughput", "SSESpecification", "PointInTimeRecoverySpecification"});
        const Value* key = made.get("PrimaryKey");
        const Member* key_name = key ? key->find("Name") : nullptr;
        const Member* key_type = key ? key->find("Type") : nullptr;
        const Value name = key_name ? key_name->value : text("id");
        const std::string type = key_type && key_type->value.is_string() ? key_type->value.as_string() : "String";
        const char* letter = type == "Number" ? "N" : type == "Binary" ? "B" : "S";
        made.set("AttributeDefinitions",
                 list({object({{"AttributeName", name, {}}, {"AttributeType", text(letter), {}}})}), "PrimaryKey");
        made.set("KeySchema", list({object({{"AttributeName", name, {}}, {"KeyType", text("HASH"), {}}})}),
                 "PrimaryKey");
        if (!made.get("ProvisionedThroughput")) made.set("BillingMode", text("PAY_PER_REQUEST"));
        if (made.get("Tags")) made.set("Tags", tag_list(made.get("Tags"), nullptr), "Tags");
        make(source_.id, "AWS::DynamoDB::Table", made.take());
    }

    void state_machine(const Value& properties) {
        const std::string id = source_.id;
        Properties made(properties);
        made.copy("Name", "StateMachineName");
        made.copy("Type", "StateMachineType");
        made.copy("Logging", "LoggingConfiguration");
        made.copy("Tracing", "TracingConfiguration");
        made.copy("DefinitionUri", "DefinitionS3Location");
        made.copy({"Definition", "DefinitionSubstitutions"});
        made.set("Tags", tag_list(made.get("Tags"), "stateMachine:createdBy"), "Tags");
        if (made.get("Role")) {
            made.copy("Role", "RoleArn");
        } else {
            made.set("RoleArn", get_att(id + "Role", "Arn"));
        }
        make(id, "AWS::StepFunctions::StateMachine", made.take());
        if (!properties.find("Role")) {
            Properties role(properties);
            std::vector<Value> managed, inline_policies;
            if (const Value* policies = role.get("Policies")) add_policies(*policies, managed, inline_policies);
            const Value* tracing = role.get("Tracing");
            const Member* enabled = tracing ? tracing->find("Enabled") : nullptr;
            if (enabled && !(enabled->value.is_bool() && !enabled->value.as_bool())) {
                managed.push_back(managed_policy("AWSXRayDaemonWriteAccess"));
            }
            role.set("AssumeRolePolicyDocument", assume_role_policy(text("states.amazonaws.com")));
            role.copy("RolePath", "Path");
            role.copy("PermissionsBoundary");
            role.set("ManagedPolicyArns", list(std::move(managed)), "Policies");
            if (!inline_policies.empty()) role.set("Policies", list(std::move(inline_policies)), "Policies");
            role.set("Tags", tag_list(role.get("Tags"), "stateMachine:createdBy"), "Tags");
            make(id + "Role", "AWS::IAM::Role", role.take());
        }
        const Member* events = properties.find("Events");
        if (!events) return;
        for (const Member* event : in_source_order(events->value)) state_machine_event(*event);
    }

    void state_machine_event(const Member& event) {
        const Member* type = event.value.find("Type");
        const Member* given = event.value.find("Properties");
        if (!type || !type->value.is_string() || !given || !given->value.is_mapping()) return;
        const std::string id = source_.id + event.name;
        const std::string& kind = type->value.as_string();
        if (kind == "Schedule" || kind == "EventBridgeRule" || kind == "CloudWatchEvent") {
            Properties made(given->value);
            made.copy("Schedule", "ScheduleExpression");
            made.copy("Pattern", "EventPattern");
            made.copy({"Name", "Description", "EventBusName", "State"});
            made.set("Targets", list({object({{"Arn", ref_to(source_.id), {}},
                                              {"Id", text(event.name + "StepFunctionsTarget"), {}},
                                              {"RoleArn", get_att(id + "Role", "Arn"), {}}})}));
            make(id, "AWS::Events::Rule", made.take());
            invoke_role(id + "Role", "events.amazonaws.com", "states:StartExecution");
        } else if (kind == "ScheduleV2") {
            Properties made(given->value);
            made.copy({"ScheduleExpression", "State", "Name", "GroupName", "KmsKeyArn", "FlexibleTimeWindow"});
            made.set("Target", object({{"Arn", ref_to(source_.id), {}}, {"RoleArn", get_att(id + "Role", "Arn"), {}}}));
            make(id, "AWS::Scheduler::Schedule", made.take());
            invoke_role(id + "Role", "scheduler.amazonaws.com", "states:StartExecution");
        } else if (kind == "Api" && !given->value.find("RestApiId") && !taken_.contains("ServerlessRestApi") &&
                   implicit_rest_.id.empty()) {
            implicit_rest_ = source_;
            implicit_rest_.id = "ServerlessRestApi";
            implicit_rest_.header = key_span_of(event);
            implicit_rest_.block = event.span;
        }
    }

    void layer(const Value& properties) {
        Properties made(properties);
        made.copy({"LayerName", "Description", "CompatibleRuntimes", "CompatibleArchitectures", "LicenseInfo"});
        Properties source(properties);
        const Value content = [&] {
            const Value* uri = source.get("ContentUri");
            return code(Properties(uri ? object({{"CodeUri", *uri, {}}}) : object({})));
        }();
        made.set("Content", content, "ContentUri");
        // SAM keeps layer versions unless RetentionPolicy says otherwise.
        const Value* retention = source.get("RetentionPolicy");
        const bool deleted = retention && retention->is_string() && lower(retention->as_string()) == "delete";
        make(source_.id, "AWS::Lambda::LayerVersion", made.take(), deleted ? "Delete" : "Retain");
    }

    void application(const Value& properties) {
        Properties made(properties);
        made.copy({"Parameters", "NotificationARNs", "TimeoutInMinutes"});
        made.copy("Location", "TemplateURL");
        made.set("Tags", tag_list(made.get("Tags"), "lambda:createdBy"), "Tags");
        make(source_.id, "AWS::CloudFormation::Stack", made.take());
    }

    // AWS::Serverless::GraphQLApi

    void graphql_api(const Value& properties) {
        const std::string id = source_.id;
        Properties api(properties);
        api.copy("XrayEnabled");
        api.set("Name", api.get("Name") ? *api.get("Name") : text(id), "Name");
        if (const Value* auth = api.get("Auth")) {
            // The default authorizer's settings stand beside its type, the others in a list.
            static constexpr std::pair<std::string_view, std::string_view> settings[] = {
                {"LambdaAuthorizer", "LambdaAuthorizerConfig"},
                {"OpenIDConnect", "OpenIDConnectConfig"},
                {"UserPool", "UserPoolConfig"}};
            if (const Member* type = auth->find("Type")) api.set("AuthenticationType", type->value, "Auth");
            for (const auto& [given, made] : settings) {
                if (const Member* config = auth->find(given)) api.set(std::string(made), config->value, "Auth");
            }
            if (const Member* more = auth->find("Additional")) {
                std::vector<Value> providers;
                for (const Value& item : more->value.elements()) {
                    Properties provider(item);
                    provider.copy("Type", "AuthenticationType");
                    for (const auto& [given, made] : settings) provider.copy(given, made);
                    providers.push_back(provider.take());
                }
                api.set("AdditionalAuthenticationProviders", list(std::move(providers)), "Auth");
            }
        }
        // Everything but `Logging: false` logs; what is not said is filled in.
        const Value* logging = api.get("Logging");
        if (!logging || !logging->is_bool() || logging->as_bool()) {
            const Value none = object({});
            Properties config(logging && logging->is_mapping() ? *logging : none);
            config.copy({"ExcludeVerboseContent", "FieldLogLevel", "CloudWatchLogsRoleArn"});
            if (!config.get("FieldLogLevel")) config.set("FieldLogLevel", text("ALL"));
            if (!config.get("CloudWatchLogsRoleArn")) {
                const std::string role = id + "CloudWatchRole";
                config.set("CloudWatchLogsRoleArn", get_att(role, "Arn"));
                make(role, "AWS::IAM::Role",
                     object({{"AssumeRolePolicyDocument", assume_role_policy(text("appsync.amazonaws.com")), {}},
                             {"ManagedPolicyArns",
                              list({managed_policy("service-role/AWSAppSyncPushToCloudWatchLogs")}),
                              {}}}));
            }
            api.set("LogConfig", config.take(), "Logging");
        }
        if (api.get("Tags")) api.set("Tags", tag_list(api.get("Tags"), nullptr), "Tags");
        make(id, "AWS::AppSync::GraphQLApi", api.take());

        const Value api_id = get_att(id, "ApiId");
        Properties schema(properties);
        schema.copy("SchemaInline", "Definition");
        schema.copy("SchemaUri", "DefinitionS3Location");
        schema.set("ApiId", api_id);
        make(id + "Schema", "AWS::AppSync::GraphQLSchema", schema.take());
        graphql_part(properties, "Cache", id + "ApiCache", "AWS::AppSync::ApiCache", api_id);
        graphql_part(properties, "DomainName", id + "DomainName", "AWS::AppSync::DomainName", {});
        if (const Member* keys = properties.find("ApiKeys")) {
            for (const Member& key : keys->value.members()) {
                Properties made(key.value);
                made.copy({"ApiKeyId", "Description"});
                made.copy("ExpiresOn", "Expires");
                made.set("ApiId", api_id);
                make(id + key.name, "AWS::AppSync::ApiKey", made.take());
            }
        }
        const Member* sources = properties.find("DataSources");
        if (!sources) return;
        for (const Member& kind : sources->value.members()) {
            for (const Member& given : kind.value.members()) data_source(kind.name, given, api_id);
        }
    }

    void graphql_part(const Value& properties, std::string_view name, const std::string& id, const char* type,
                      const Value& api_id) {
        const Member* given = properties.find(name);
        if (!given || !given->value.is_mapping()) return;
        Properties made(given->value);
        for (const Member& member : given->value.members()) made.copy(member.name);
        if (!api_id.is_null()) made.set("ApiId", api_id);
        make(id, type, made.take());
    }

    /// A table or a function behind the API, with the role that SAM makes for it.
    void data_source(const std::string& kind, const Member& given, const Value& api_id) {
        const bool lambda = kind == "Lambda";
        const std::string id = source_.id + given.name + kind + "DataSource";
        Properties made(given.value);
        made.copy("Description");
        made.set("Name", made.get("Name") ? *made.get("Name") : text(given.name));
        made.set("Type", text(lambda ? "AWS_LAMBDA" : "AMAZON_DYNAMODB"));
        made.set("ApiId", api_id);
        Properties config(given.value);
        if (lambda) {
            config.copy("FunctionArn", "LambdaFunctionArn");
        } else {
            config.copy({"TableName", "UseCallerCredentials", "Versioned"});
            config.copy("DeltaSync", "DeltaSyncConfig");
            config.set("AwsRegion", config.get("Region") ? *config.get("Region") : ref_to("AWS::Region"));
        }
        made.set(lambda ? "LambdaConfig" : "DynamoDBConfig", config.take());
        if (made.get("ServiceRoleArn")) {
            made.copy("ServiceRoleArn");
            return make(id, "AWS::AppSync::DataSource", made.take());
        }
        const std::string role = id + "Role";
        made.set("ServiceRoleArn", get_att(role, "Arn"));
        make(role, "AWS::IAM::Role",
             object({{"AssumeRolePolicyDocument", assume_role_policy(text("appsync.amazonaws.com")), {}}}));
        const Value* arn = made.get(lambda ? "FunctionArn" : "TableArn");
        ConnectorEnd from, to;
        from.type = "AWS::AppSync::DataSource";
        from.role = ref_to(role);
        to.type = lambda ? "AWS::Lambda::Function" : "AWS::DynamoDB::Table";
        if (arn) to.arn = *arn;
        const Value* permissions = made.get("Permissions");
        const auto [read, write] = permissions ? access(*permissions) : std::pair(true, true);
        for (ConnectorGrant& grant : connector_grants(from, to, read, write))
            make(id + "Connector" + grant.suffix, grant.type, std::move(grant.properties));
        make(id, "AWS::AppSync::DataSource", made.take());
    }

    // AWS::Serverless::Connector

    static std::pair<bool, bool> access(const Value& permissions) {
        const auto has = [&](std::string_view word) {
            return std::any_of(permissions.elements().begin(), permissions.elements().end(),
                               [&](const Value& item) { return is_text(&item, word); });
        };
        return {has("Read"), has("Write")};
    }

    /// `Connectors` of a resource: it is the source of each.
    void embedded_connectors(Definition& definition) {
        const Member* given = definition.body.find("Connectors");
        if (!given || !given->value.is_mapping()) return;
        for (const Member& connector : given->value.members()) {
            const Member* properties = connector.value.find("Properties");
            if (!properties || !properties->value.is_mapping()) continue;
            Definition made = definition;
            made.id = definition.id + connector.name;
            made.header = key_span_of(connector);
            made.block = connector.span;
            made.sam_type = "AWS::Serverless::Connector";
            connectors_.push_back({std::move(made), properties->value, definition.id});
        }
    }

    /// After everything else was made, since what a connector joins may be made too.
    void connectors() {
        for (const auto& [definition, properties, embedded_in] : connectors_) {
            source_ = definition;
            const Member* from = properties.find("Source");
            const Member* to = properties.find("Destination");
            const Member* permissions = properties.find("Permissions");
            const Value none = object({});
            const ConnectorEnd source = connector_end(from ? from->value : none, embedded_in);
            const auto [read, write] = permissions ? access(permissions->value) : std::pair(false, false);
            const bool several = to && to->value.is_sequence();
            const std::span<const Value> destinations = several ? to->value.elements()
                                                        : to    ? std::span<const Value>(&to->value, 1)
                                                                : std::span<const Value>();
            bool any = false;
            for (std::size_t i = 0; i < destinations.size(); ++i) {
                const ConnectorEnd destination = connector_end(destinations[i], "");
                const std::string id = definition.id + (several ? "Destination" + std::to_string(i) : std::string());
                for (ConnectorGrant& grant : connector_grants(source, destination, read, write)) {
                    make(id + grant.suffix, grant.type, std::move(grant.properties));
                    any = true;
                }
            }
            if (!any) gap_(definition, "SAM has no connection between these two; nothing was judged for it.");
        }
    }

    ConnectorEnd connector_end(const Value& given, const std::string& otherwise) const {
        ConnectorEnd end;
        const auto take = [&](std::string_view name, Value& into) {
            if (const Member* member = given.find(name)) into = member->value;
        };
        take("Arn", end.arn);
        take("Name", end.name);
        take("RoleName", end.role);
        take("ResourceId", end.resource_id);
        take("Qualifier", end.qualifier);
        take("QueueUrl", end.queue_url);
        if (const Member* type = given.find("Type"); type && type->value.is_string())
            end.type = type->value.as_string();
        const Member* named = given.find("Id");
        const std::string id = named && named->value.is_string() ? named->value.as_string() : otherwise;
        if (const auto type = types_.find(id); type != types_.end()) end.type = type->second;
        end.type = plain_type(end.type);
        if (id.empty()) return end;
        const bool by_ref = end.type == "AWS::SNS::Topic" || end.type == "AWS::StepFunctions::StateMachine";
        end.arn = by_ref ? ref_to(id) : get_att(id, end.type == "AWS::AppSync::DataSource" ? "DataSourceArn" : "Arn");
        end.name = get_att(id, "Name");
        end.resource_id = end.type == "AWS::AppSync::GraphQLApi" ? get_att(id, "ApiId") : ref_to(id);
        end.queue_url = ref_to(id);
        if (end.role.is_null()) end.role = role_of(id);
        return end;
    }

    /// The name of the role that a resource has: `Ref` of what its ARN is read from. Null when it lies elsewhere.
    Value role_of(const std::string& id) const {
        const auto found = std::find_if(definitions_.begin(), definitions_.end(),
                                        [&](const Definition& definition) { return definition.id == id; });
        const Value* properties = found == definitions_.end() ? nullptr : found->properties();
        for (const std::string_view name : {"Role", "RoleArn", "ServiceRoleArn"}) {
            const Member* role = properties ? properties->find(name) : nullptr;
            const std::optional<Call> call = role ? call_of(role->value) : std::nullopt;
            if (!call || call->name != "Fn::GetAtt") continue;
            if (call->argument->is_string())
                return ref_to(call->argument->as_string().substr(0, call->argument->as_string().find('.')));
            const auto parts = call->argument->elements();
            if (!parts.empty() && parts[0].is_string()) return ref_to(parts[0].as_string());
        }
        return {};
    }

    struct Connector {
        Definition definition;
        Value properties;
        std::string embedded_in;  ///< the resource whose `Connectors` it stands in; empty for one of its own
    };
    struct Notification {
        std::string bucket, function_id;
        Value event;
    };

    std::vector<Definition>& definitions_;
    const Value& globals_;
    std::map<std::string, std::string, std::less<>>& names_;
    const std::function<void(const Definition&, std::string)>& gap_;
    std::map<std::string, bool, std::less<>> taken_;
    std::map<std::string, std::string, std::less<>> types_;  ///< logical id to type, as written
    std::vector<Connector> connectors_;
    Definition source_;
    Definition implicit_rest_, implicit_http_;
    std::vector<Notification> notifications_;
};

}  // namespace

std::string_view Definition::type() const {
    const Member* member = body.find("Type");
    return member && member->value.is_string() ? std::string_view(member->value.as_string()) : std::string_view();
}

const Value* Definition::properties() const {
    const Member* member = body.find("Properties");
    return member ? &member->value : nullptr;
}

void expand_sam(std::vector<Definition>& definitions, const Value& globals,
                std::map<std::string, std::string, std::less<>>& names,
                const std::function<void(const Definition&, std::string)>& gap) {
    Expansion(definitions, globals, names, gap).run();
}

}  // namespace plumbline::cloudformation
