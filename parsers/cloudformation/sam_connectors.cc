#include "parsers/cloudformation/sam_connectors.h"

#include <algorithm>
#include <array>
#include <span>

#include "parsers/cloudformation/sam_values.h"
#include "scanner/model/text.h"

namespace plumbline::cloudformation {
namespace {

using written::join, written::list, written::object, written::policy_document, written::sub, written::text;

constexpr std::string_view function = "AWS::Lambda::Function";
constexpr std::string_view machine = "AWS::StepFunctions::StateMachine";
constexpr std::string_view source_of_data = "AWS::AppSync::DataSource";
constexpr std::string_view rule = "AWS::Events::Rule";
constexpr std::string_view table = "AWS::DynamoDB::Table";
constexpr std::string_view bucket = "AWS::S3::Bucket";
constexpr std::string_view queue = "AWS::SQS::Queue";
constexpr std::string_view topic = "AWS::SNS::Topic";
constexpr std::string_view bus = "AWS::Events::EventBus";
constexpr std::string_view place_index = "AWS::Location::PlaceIndex";
constexpr std::string_view rest_api = "AWS::ApiGateway::RestApi";
constexpr std::string_view http_api = "AWS::ApiGatewayV2::Api";
constexpr std::string_view graphql_api = "AWS::AppSync::GraphQLApi";

/// What a statement is about, from the destination's ARN unless it says otherwise.
enum class On { itself, objects, indexes, versions, executions, step_functions_rule, source, source_stream };

/// A statement of the role at one end.
struct RoleRow {
    std::string_view sources;  ///< types, separated by blanks
    std::string_view destination;
    bool writes;
    On on;
    std::string_view actions;
};

constexpr std::string_view function_and_machine = "AWS::Lambda::Function AWS::StepFunctions::StateMachine";
constexpr std::string_view all_three =
    "AWS::Lambda::Function AWS::StepFunctions::StateMachine AWS::AppSync::DataSource";

constexpr std::array role_rows = {
    RoleRow{all_three, table, false, On::indexes,
            "dynamodb:GetItem dynamodb:Query dynamodb:Scan dynamodb:BatchGetItem dynamodb:ConditionCheckItem "
            "dynamodb:PartiQLSelect"},
    RoleRow{all_three, table, true, On::indexes,
            "dynamodb:PutItem dynamodb:UpdateItem dynamodb:DeleteItem dynamodb:BatchWriteItem dynamodb:PartiQLDelete "
            "dynamodb:PartiQLInsert dynamodb:PartiQLUpdate"},
    RoleRow{function_and_machine, bucket, false, On::objects,
            "s3:GetObject s3:GetObjectAcl s3:GetObjectLegalHold s3:GetObjectRetention s3:GetObjectTorrent "
            "s3:GetObjectVersion s3:GetObjectVersionAcl s3:GetObjectVersionForReplication s3:GetObjectVersionTorrent "
            "s3:ListBucket s3:ListBucketMultipartUploads s3:ListBucketVersions s3:ListMultipartUploadParts"},
    RoleRow{function_and_machine, bucket, true, On::objects,
            "s3:AbortMultipartUpload s3:DeleteObject s3:DeleteObjectVersion s3:PutObject s3:PutObjectLegalHold "
            "s3:PutObjectRetention s3:RestoreObject"},
    RoleRow{function, queue, false, On::itself, "sqs:ReceiveMessage sqs:GetQueueAttributes"},
    RoleRow{function, queue, true, On::itself,
            "sqs:DeleteMessage sqs:SendMessage sqs:ChangeMessageVisibility sqs:PurgeQueue"},
    RoleRow{machine, queue, true, On::itself, "sqs:SendMessage"},
    RoleRow{function_and_machine, topic, true, On::itself, "sns:Publish"},
    RoleRow{"AWS::Lambda::Function AWS::StepFunctions::StateMachine AWS::Events::Rule", bus, true, On::itself,
            "events:PutEvents"},
    RoleRow{function_and_machine, function, true, On::itself, "lambda:InvokeAsync lambda:InvokeFunction"},
    RoleRow{source_of_data, function, true, On::versions, "lambda:InvokeAsync lambda:InvokeFunction"},
    RoleRow{function, machine, false, On::itself, "states:DescribeStateMachine states:ListExecutions"},
    RoleRow{function, machine, false, On::executions,
            "states:DescribeExecution states:DescribeStateMachineForExecution states:GetExecutionHistory"},
    RoleRow{function, machine, true, On::itself, "states:StartExecution states:StartSyncExecution"},
    RoleRow{function, machine, true, On::executions, "states:StopExecution"},
    RoleRow{rule, machine, true, On::itself, "states:StartExecution"},
    RoleRow{machine, machine, false, On::executions, "states:DescribeExecution"},
    RoleRow{machine, machine, false, On::step_functions_rule, "events:DescribeRule"},
    RoleRow{machine, machine, true, On::itself, "states:StartExecution"},
    RoleRow{machine, machine, true, On::executions, "states:StopExecution"},
    RoleRow{machine, machine, true, On::step_functions_rule, "events:PutTargets events:PutRule"},
    RoleRow{function, place_index, false, On::itself,
            "geo:DescribePlaceIndex geo:GetPlace geo:SearchPlaceIndexForPosition geo:SearchPlaceIndexForSuggestions "
            "geo:SearchPlaceIndexForText"},
    // The function pulls: its own role reads the source.
    RoleRow{table, function, false, On::source_stream,
            "dynamodb:DescribeStream dynamodb:GetRecords dynamodb:GetShardIterator dynamodb:ListStreams"},
    RoleRow{queue, function, false, On::source, "sqs:ReceiveMessage sqs:GetQueueAttributes"},
    RoleRow{queue, function, true, On::source, "sqs:DeleteMessage"},
};

/// A policy of the destination, or a function's permission.
struct ServiceRow {
    std::string_view source, destination, service;
};
constexpr std::array service_rows = {
    ServiceRow{rule, topic, "events.amazonaws.com"},
    ServiceRow{rule, queue, "events.amazonaws.com"},
    ServiceRow{topic, queue, "sns.amazonaws.com"},
    ServiceRow{rule, function, "events.amazonaws.com"},
    ServiceRow{topic, function, "sns.amazonaws.com"},
    ServiceRow{bucket, function, "s3.amazonaws.com"},
    ServiceRow{rest_api, function, "apigateway.amazonaws.com"},
    ServiceRow{http_api, function, "apigateway.amazonaws.com"},
    ServiceRow{graphql_api, function, "appsync.amazonaws.com"},
};

Value texts(std::string_view words) {
    std::vector<Value> items;
    for (const std::string_view word : split(words, ' ')) items.push_back(text(std::string(word)));
    return list(std::move(items));
}

Value or_unknown(const Value& value, const char* what) {
    return value.is_null() ? Value::unknown(Type::string(), make_cause(what)) : value;
}

Value resources(On on, const ConnectorEnd& source, const ConnectorEnd& destination) {
    const Value arn = or_unknown(destination.arn, "the connector's destination has no ARN here");
    const Value source_arn = or_unknown(source.arn, "the connector's source has no ARN here");
    const std::string account = "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:";
    switch (on) {
        case On::itself:
            return list({arn});
        case On::objects:
            return list({arn, join({arn, text("/*")})});
        case On::indexes:
            return list({arn, join({arn, text("/index/*")})});
        case On::versions:
            return list({arn, join({arn, text(":*")})});
        case On::executions:
            return list({join({sub(account + "execution:"),
                               or_unknown(destination.name, "the state machine has no name here"), text(":*")})});
        case On::step_functions_rule:
            return list(
                {sub("arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:"
                     "rule/StepFunctionsGetEventsForStepFunctionsExecutionRule")});
        case On::source:
            return list({source_arn});
        case On::source_stream:
            return list({join({source_arn, text("/stream/*")})});
    }
    return list({});
}

/// How the source names itself to a function that it invokes.
Value invoking_arn(const ConnectorEnd& source) {
    const Value id = or_unknown(source.resource_id, "the connector's source has no id here");
    if (source.type == graphql_api)
        return join({sub("arn:${AWS::Partition}:appsync:${AWS::Region}:${AWS::AccountId}:apis/"), id});
    if (source.type != rest_api && source.type != http_api)
        return or_unknown(source.arn, "the connector's source has no ARN here");
    return join({sub("arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:"), id, text("/"),
                 source.qualifier.is_null() ? text("*") : source.qualifier});
}

ConnectorGrant resource_policy(const ConnectorEnd& source, const ConnectorEnd& destination, std::string_view service) {
    const bool to_queue = destination.type == queue;
    const Value arn = or_unknown(destination.arn, "the connector's destination has no ARN here");
    const Value statement =
        object({{"Effect", text("Allow"), {}},
                {"Principal", object({{"Service", text(std::string(service)), {}}}), {}},
                {"Resource", arn, {}},
                {"Action", text(to_queue ? "sqs:SendMessage" : "sns:Publish"), {}},
                {"Condition", object({{"ArnEquals", object({{"aws:SourceArn", invoking_arn(source), {}}}), {}}}), {}}});
    const Value target = to_queue ? or_unknown(destination.queue_url, "the queue has no URL here") : arn;
    return {to_queue ? "QueuePolicy" : "TopicPolicy", to_queue ? "AWS::SQS::QueuePolicy" : "AWS::SNS::TopicPolicy",
            object({{"PolicyDocument", policy_document({statement}), {}},
                    {to_queue ? "Queues" : "Topics", list({target}), {}}})};
}

}  // namespace

std::vector<ConnectorGrant> connector_grants(const ConnectorEnd& source, const ConnectorEnd& destination, bool read,
                                             bool write) {
    std::vector<ConnectorGrant> made;
    for (const ServiceRow& row : service_rows) {
        if (row.source != source.type || row.destination != destination.type || !write) continue;
        if (destination.type != function) {
            made.push_back(resource_policy(source, destination, row.service));
            continue;
        }
        std::vector<Member> members = {
            {"Action", text("lambda:InvokeFunction"), {}},
            {"FunctionName", or_unknown(destination.arn, "the function has no ARN here"), {}},
            {"Principal", text(std::string(row.service)), {}},
            {"SourceArn", invoking_arn(source), {}}};
        if (source.type == bucket) members.push_back({"SourceAccount", sub("${AWS::AccountId}"), {}});
        made.push_back({"WriteLambdaPermission", "AWS::Lambda::Permission", object(std::move(members))});
    }
    std::vector<Value> statements;
    bool pulls = false;
    for (const RoleRow& row : role_rows) {
        const std::vector<std::string_view> types = split(row.sources, ' ');
        if (row.destination != destination.type || std::find(types.begin(), types.end(), source.type) == types.end())
            continue;
        if (!(row.writes ? write : read)) continue;
        pulls = pulls || row.on == On::source || row.on == On::source_stream;
        statements.push_back(object({{"Effect", text("Allow"), {}},
                                     {"Action", texts(row.actions), {}},
                                     {"Resource", resources(row.on, source, destination), {}}}));
    }
    if (statements.empty()) return made;
    const Value& role = pulls ? destination.role : source.role;
    made.push_back({"Policy", "AWS::IAM::ManagedPolicy",
                    object({{"PolicyDocument", policy_document(std::move(statements)), {}},
                            {"Roles", list({or_unknown(role, "the connector's role has no name here")}), {}}})});
    return made;
}

std::string_view plain_type(std::string_view type) {
    static constexpr std::pair<std::string_view, std::string_view> types[] = {
        {"AWS::Serverless::Function", function},    {"AWS::Serverless::Api", rest_api},
        {"AWS::Serverless::HttpApi", http_api},     {"AWS::Serverless::SimpleTable", table},
        {"AWS::Serverless::StateMachine", machine}, {"AWS::Serverless::GraphQLApi", graphql_api}};
    for (const auto& [from, to] : types) {
        if (from == type) return to;
    }
    return type;
}

}  // namespace plumbline::cloudformation
