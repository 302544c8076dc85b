// What people see when CloudFormation's functions and conditions decide a verdict: whole scans with built-in rules. The
// values themselves are tested in parsers/cloudformation.

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/cli_support.h"

namespace plumbline {
namespace {

/// A scan of one template by one rule: lines of `verdict address line`, with the cause where it is undecided.
std::string verdicts(const std::string& text, const std::string& rule, std::vector<std::string> parameters = {}) {
    Program program;
    program.system.files["/repo/t.yaml"] = text;
    std::vector<std::string> arguments = {"scan", "--include-passed", "--format", "json", "--rule", rule};
    for (std::string& parameter : parameters) arguments.insert(arguments.end(), {"--param", std::move(parameter)});
    program.run(std::move(arguments));
    CHECK(program.err == "");
    std::string out;
    const nlohmann::json report = nlohmann::json::parse(program.out, nullptr, false);
    REQUIRE(report.is_object());
    for (const nlohmann::json& finding : report.at("findings")) {
        out += (out.empty() ? "" : "\n") + finding.at("verdict").get<std::string>() + " " +
               finding.at("address").get<std::string>() + " " +
               std::to_string(finding.at("place").at("line").get<int>());
        if (finding.contains("undecided_by")) out += ": " + finding.at("undecided_by").get<std::string>();
    }
    return out;
}

}  // namespace

TEST_CASE("trivy #4832: !If with !Equals on a parameter's default decides the verdict") {
    // https://github.com/aquasecurity/trivy/issues/4832
    const std::string text = R"(Parameters:
  Versions: {Type: String, Default: "TRUE"}
Resources:
  Bucket:
    Type: AWS::S3::Bucket
    Properties:
      VersioningConfiguration:
        Status: !If [!Equals [!Ref Versions, "TRUE"], Enabled, Suspended]
)";
    CHECK(verdicts(text, "CKV_AWS_21") == "pass Bucket 8");
    CHECK(verdicts(text, "CKV_AWS_21", {"Versions=FALSE"}) == "fail Bucket 8");
}

TEST_CASE("trivy #3761: block-style !If gives a whole block to the rules, or none") {
    // https://github.com/aquasecurity/trivy/issues/3761
    const std::string text = R"(Parameters:
  Prod: {Type: String, Default: "true"}
Conditions:
  IsProd: !Equals
    - !Ref Prod
    - true
Resources:
  Bucket:
    Type: AWS::S3::Bucket
    Properties:
      BucketEncryption: !If
        - IsProd
        - ServerSideEncryptionConfiguration:
            - ServerSideEncryptionByDefault:
                SSEAlgorithm: aws:kms
        - !Ref AWS::NoValue
)";
    CHECK(verdicts(text, "AVD-AWS-0088") == "pass Bucket 15");
    CHECK(verdicts(text, "CKV_AWS_145") == "pass Bucket 15");
    CHECK(verdicts(text, "CKV_AWS_145", {"Prod=false"}) == "fail Bucket 8");
}

TEST_CASE("trivy #6024: a key through Fn::GetAtt is a key") {
    // https://github.com/aquasecurity/trivy/issues/6024
    for (const char* key : {"{Fn::GetAtt: [Key, Arn]}", "!GetAtt Key.Arn", "!Ref Key", "!Sub '${Key.Arn}'"}) {
        CAPTURE(key);
        CHECK(verdicts(std::string("Resources:\n"
                                   "  Key: {Type: AWS::KMS::Key, Properties: {EnableKeyRotation: true}}\n"
                                   "  Bucket:\n"
                                   "    Type: AWS::S3::Bucket\n"
                                   "    Properties:\n"
                                   "      BucketEncryption:\n"
                                   "        ServerSideEncryptionConfiguration:\n"
                                   "          - ServerSideEncryptionByDefault:\n"
                                   "              SSEAlgorithm: aws:kms\n"
                                   "              KMSMasterKeyID: ") +
                           key + "\n",
                       "AVD-AWS-0132") == "pass Bucket 10");
    }
}

TEST_CASE("a conditional AWS::NoValue is judged on both branches") {
    const auto table = [](const std::string& encrypted) {
        return "Parameters:\n"
               "  Env: {Type: String}\n"
               "Conditions:\n"
               "  IsProd: !Equals [!Ref Env, prod]\n"
               "Resources:\n"
               "  Db:\n"
               "    Type: AWS::RDS::DBInstance\n"
               "    Properties:\n"
               "      StorageEncrypted: " +
               encrypted + "\n";
    };
    const std::string rule = "CKV_AWS_16";
    CHECK(verdicts(table("!If [IsProd, true, !Ref AWS::NoValue]"), rule) ==
          "undecided Db 9: parameter Env has no default and no value was given");
    CHECK(verdicts(table("!If [IsProd, true, !Ref AWS::NoValue]"), rule, {"Env=prod"}) == "pass Db 9");
    CHECK(verdicts(table("!If [IsProd, true, !Ref AWS::NoValue]"), rule, {"Env=dev"}) == "fail Db 6");
    CHECK(verdicts(table("!If [IsProd, false, !Ref AWS::NoValue]"), rule) == "fail Db 9");
    CHECK(verdicts(table("!If [IsProd, true, 'true']"), rule) == "pass Db 9");
}

TEST_CASE("trivy #4833: conditions made of conditions decide which resources are judged") {
    // https://github.com/aquasecurity/trivy/issues/4833
    const std::string text = R"(Parameters:
  Env: {Type: String, Default: prod}
  Open: {Type: String}
Conditions:
  Prod: !Equals [!Ref Env, prod]
  Unknown: !Equals [!Ref Open, x]
  NotProd: !Not [!Condition Prod]
  Both: !And [!Condition Prod, {Condition: Unknown}]
  Either: !Or [!Condition Unknown, !Condition Prod]
Resources:
  Never: {Type: AWS::S3::Bucket, Condition: NotProd}
  Perhaps: {Type: AWS::S3::Bucket, Condition: Both}
  Always: {Type: AWS::S3::Bucket, Condition: Either}
)";
    CHECK(verdicts(text, "CKV_AWS_21") ==
          "undecided Perhaps 12: whether it exists: the condition Both is unknown: parameter Open has no default and "
          "no value was given\nfail Always 13");
    CHECK(verdicts(text, "CKV_AWS_21", {"Open=x"}) == "fail Perhaps 12\nfail Always 13");
    CHECK(verdicts(text, "CKV_AWS_21", {"Open=y", "Env=dev"}) == "fail Never 11");
}

TEST_CASE("trivy #4843: pseudo parameters of every kind stand in what is judged") {
    // https://github.com/aquasecurity/trivy/issues/4843
    const std::string text = R"(Resources:
  Policy:
    Type: AWS::SNS::TopicPolicy
    Properties:
      Topics: [!Select [0, !Ref AWS::NotificationARNs]]
      PolicyDocument:
        Statement:
          - Effect: Allow
            Principal: {AWS: !Sub "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"}
            Action: sns:Publish
            Resource: !Sub "arn:${AWS::Partition}:sns:${AWS::Region}:${AWS::AccountId}:${AWS::StackName}"
          - Effect: Allow
            Principal: "*"
            Action: sns:Publish
            Resource: {Ref: AWS::NoValue}
)";
    CHECK(verdicts(text, "CKV_AWS_169") == "fail Policy 12");
}

TEST_CASE("what a resource, a service or a parameter's type gives is never empty") {
    const auto topic = [](const std::string& key) {
        return "Parameters:\n"
               "  Any: {Type: String}\n"
               "  Long: {Type: String, MinLength: 1}\n"
               "  Vpc: {Type: 'AWS::EC2::VPC::Id'}\n"
               "  Ssm: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /key}\n"
               "Conditions: {C: !Equals [!Ref Any, x]}\n"
               "Resources:\n"
               "  Key: {Type: AWS::KMS::Key}\n"
               "  Topic:\n"
               "    Type: AWS::SNS::Topic\n"
               "    Properties:\n"
               "      KmsMasterKeyId: " +
               key + "\n";
    };
    for (const char* key : {"!Ref Key", "!GetAtt Key.Arn", "!Sub '${Key}'", "!Ref Long", "!Sub '${Long}'", "!Ref Vpc",
                            "!Ref Ssm", "!Ref AWS::StackName", "!If [C, !Ref Key, !Ref Long]"}) {
        CAPTURE(key);
        CHECK(verdicts(topic(key), "CKV_AWS_26") == "pass Topic 12");
    }
    for (const char* key : {"!Ref Any", "!Sub '${Any}'", "!If [C, !Ref Key, !Ref AWS::NoValue]"}) {
        CAPTURE(key);
        CHECK(verdicts(topic(key), "CKV_AWS_26") ==
              "undecided Topic 12: parameter Any has no default and no value was given");
    }
}

}  // namespace plumbline
