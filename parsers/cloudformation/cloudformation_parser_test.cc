#include "parsers/cloudformation/cloudformation_parser.h"

#include <doctest/doctest.h>

#include <algorithm>

namespace plumbline {
namespace {

/// One tree scanned: its roots' resources together, as a user sees them.
struct Scan {
    explicit Scan(std::initializer_list<std::pair<const std::string, std::string>> tree,
                  std::map<std::string, std::string> parameters = {})
        : files(std::map<std::string, std::string>(tree)) {
        Inputs inputs;
        for (const auto& [name, text] : parameters) inputs.parameters[name] = {text, {}};
        const Parser& parser = cloudformation_parser();
        std::vector<const ParsedFile*> pointers;
        for (const auto& [path, text] : tree) {
            const Source& source = sources.add(path, text);
            if (!parser.wants(path) || !parser.accepts(source)) continue;
            parsed.push_back(parser.parse(source, diagnostics));
            pointers.push_back(parsed.back().get());
        }
        std::vector<CoverageGap> found;
        roots = parser.roots(pointers, files, sources, diagnostics, found);
        for (const Root& root : roots) {
            results.push_back(parser.evaluate(root, inputs, files, sources));
            diagnostics.append(results.back().diagnostics);
            for (const CoverageGap& gap : results.back().gaps) gaps.push_back(gap);
        }
    }

    const Resource* find(std::string_view address) const {
        for (const RootResult& result : results) {
            if (const Resource* resource = result.graph.find(address)) return resource;
        }
        return nullptr;
    }
    /// The value at a dotted path of a resource's body; numbers index lists.
    Value at(std::string_view address, std::string_view path) const {
        const Resource* resource = find(address);
        REQUIRE_MESSAGE(resource, std::string(address));
        Value value = resource->body;
        while (!path.empty()) {
            const std::string_view step = path.substr(0, path.find('.'));
            path.remove_prefix(std::min(path.size(), step.size() + 1));
            if (value.is_sequence()) {
                const auto index = static_cast<std::size_t>(step[0] - '0');
                if (index >= value.elements().size()) return Value::string("(absent)");
                value = Value(value.elements()[index]);
            } else {
                const Member* member = value.find(step);
                if (!member) return Value::string("(absent)");
                value = Value(member->value);
            }
        }
        return value;
    }
    std::vector<std::string> codes() const {
        std::vector<std::string> out;
        for (const Diagnostic& diagnostic : diagnostics.items()) out.push_back(diagnostic.code);
        return out;
    }

    MemoryFileSystem files;
    SourceSet sources;
    Diagnostics diagnostics;
    std::vector<std::unique_ptr<ParsedFile>> parsed;
    std::vector<Root> roots;
    std::vector<RootResult> results;
    std::vector<CoverageGap> gaps;
};

/// A value as one line: unknowns with their cause and what they can be.
std::string show(const Value& value) {
    if (value.is_known()) return value.to_text();
    const Unknown& what = value.as_unknown();
    std::string out = "unknown";
    if (!what.alternatives.empty()) {
        out += " of";
        for (const Value& choice : what.alternatives) out += " " + show(choice);
    } else if (what.parts.size() > 1) {
        out += " from";
        for (const Value& part : what.parts) out += " " + (part.is_unknown() ? std::string("?") : part.to_text());
    }
    return out + ": " + (what.cause ? what.cause->why : std::string("no cause"));
}

/// The template that the tables put their expression into, as property P of resource R.
std::string with_property(const std::string& expression) {
    return R"(AWSTemplateFormatVersion: "2010-09-09"
Parameters:
  Env: {Type: String, Default: prod}
  Size: {Type: Number, Default: 20}
  Names: {Type: CommaDelimitedList, Default: "a, b,c"}
  Ports: {Type: List<Number>, Default: "22,443"}
  Open: {Type: String}
  Choice: {Type: String, AllowedValues: [one, two]}
  Image: {Type: "AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>", Default: /ami/latest}
  Password: {Type: String, NoEcho: true, Default: hunter2}
Mappings:
  Map:
    eu: {size: small, list: [x, y]}
    us: {size: large}
Conditions:
  IsProd: !Equals [!Ref Env, prod]
  IsDev: !Equals [!Ref Env, dev]
  IsOpen: !Equals [!Ref Open, "yes"]
  NotOpen: !Not [{Condition: IsOpen}]
Resources:
  Key: {Type: AWS::KMS::Key}
  Named: {Type: AWS::S3::Bucket, Properties: {BucketName: Logs}}
  Db: {Type: AWS::RDS::DBInstance, Properties: {DBInstanceIdentifier: MyDb, Port: 5432}}
  R:
    Type: AWS::X::Y
    Properties:
      P: )" +
           expression + "\n";
}

std::string value_of(const std::string& expression) {
    const Scan scan({{"t.yaml", with_property(expression)}});
    return show(scan.at("R", "P"));
}

}  // namespace

TEST_CASE("every function with known and unknown operands") {
    struct Row {
        std::string expression;
        std::string expected;
    };
    const Row rows[] = {
        // Ref and parameters
        {"!Ref Env", R"("prod")"},
        {"!Ref Size", "20"},
        {"!Ref Names", R"(["a","b","c"])"},
        {"!Ref Ports", "[22,443]"},
        {"!Ref Open", "unknown: parameter Open has no default and no value was given"},
        {"!Ref Choice", R"(unknown of "one" "two": parameter Choice has no default and no value was given)"},
        {"!Ref Image", R"(unknown: parameter Image is read from the SSM parameter "/ami/latest" at deployment)"},
        {"!Ref Key", "unknown: Key is known only after deployment"},
        {"!Ref Named", R"("Logs")"},
        {"!Ref Db", R"("mydb")"},
        {"!Ref AWS::Region", "unknown: AWS::Region is known only at deployment"},
        {"!Ref AWS::NoValue", R"x("(absent)")x"},
        {"[a, !Ref AWS::NoValue, b]", R"(["a","b"])"},
        // GetAtt
        {"!GetAtt Key.Arn", "unknown: Key.Arn is known only after deployment"},
        {"{'Fn::GetAtt': [Key, Arn]}", "unknown: Key.Arn is known only after deployment"},
        {"!GetAtt Db.Port", "5432"},
        {"!GetAtt Db.Endpoint.Address", "unknown: Db.Endpoint.Address is known only after deployment"},
        // Sub
        {"!Sub 'x-${Env}-${Size}'", R"("x-prod-20")"},
        {"!Sub 'keep ${!Env} and $x'", R"("keep ${Env} and $x")"},
        {"!Sub ['${a}/${Env}', {a: !Ref Size}]", R"("20/prod")"},
        {"!Sub 'arn:${Open}:x'", R"(unknown from "arn:" ? ":x": parameter Open has no default and no value was given)"},
        {"!Sub '${Key.Arn}/*'", R"(unknown from ? "/*": Key.Arn is known only after deployment)"},
        {"!Sub 'is-${Choice}'",
         R"(unknown of "is-one" "is-two": parameter Choice has no default and no value was given)"},
        // Join, Split, Select
        {"!Join ['-', [a, !Ref Env, 3]]", R"("a-prod-3")"},
        {"!Join [',', !Ref Names]", R"("a,b,c")"},
        {"!Join ['', ['arn:', !GetAtt Key.Arn, '/x']]",
         R"(unknown from "arn:" ? "/x": Key.Arn is known only after deployment)"},
        {"!Split [',', 'a,b,,c']", R"(["a","b","","c"])"},
        {"!Select [1, !Ref Names]", R"("b")"},
        {"!Select ['0', !Split ['/', 'x/y']]", R"("x")"},
        {"!Select [0, !GetAZs '']", "unknown: the availability zones are known only at deployment"},
        {"!Select [0, !Split ['o', !Ref Choice]]",
         R"(unknown of "" "tw": parameter Choice has no default and no value was given)"},
        // If and conditions
        {"!If [IsProd, 1, 2]", "1"},
        {"!If [true, {Status: Enabled}, {Status: Suspended}]", R"({"Status":"Enabled"})"},  // trivy #4844
        {"!If [IsDev, 1, !Ref AWS::NoValue]", R"x("(absent)")x"},
        {"!If [IsOpen, {a: 1}, !Ref AWS::NoValue]",
         R"(unknown of {"a":1} null: parameter Open has no default and no value was given)"},
        {"!If [IsOpen, !If [NotOpen, x, y], z]",
         R"(unknown of "y" "z": parameter Open has no default and no value was given)"},
        {"!If [NotOpen, !If [IsOpen, x, y], same]",
         R"(unknown of "y" "same": parameter Open has no default and no value was given)"},
        // FindInMap
        {"!FindInMap [Map, eu, size]", R"("small")"},
        {"!FindInMap [Map, eu, list]", R"(["x","y"])"},
        {"!FindInMap [Map, !Ref AWS::Region, size]",
         R"(unknown of "small" "large": AWS::Region is known only at deployment)"},
        {"{'Fn::FindInMap': [Map, asia, size, {DefaultValue: none}]}", R"("none")"},
        // Encodings
        {"!Base64 hello", R"("aGVsbG8=")"},
        {"{'Fn::ToJsonString': {b: [1, true], a: x}}", R"("{\"a\":\"x\",\"b\":[1,true]}")"},
        {"{'Fn::Length': !Ref Names}", "3"},
        // Cidr
        {"!Cidr [10.0.0.0/16, 3, 8]", R"(["10.0.0.0/24","10.0.1.0/24","10.0.2.0/24"])"},
        {"!Cidr [10.1.2.3/24, 2, '4']", R"(["10.1.2.0/28","10.1.2.16/28"])"},
        {"!Cidr ['2001:db8::/56', 2, 64]", R"(["2001:db8::/64","2001:db8:0:1::/64"])"},
        {"!Cidr [!Ref Open, 2, 8]", "unknown: parameter Open has no default and no value was given"},
        // Other stacks and stores
        {"!ImportValue net-vpc", R"(unknown: the export "net-vpc" of another stack is known only at deployment)"},
        {"'{{resolve:ssm:/a/b:1}}'", "unknown: {{resolve:ssm:/a/b:1}} is read from Systems Manager at deployment"},
        {"'user={{resolve:secretsmanager:s:SecretString:user}};'",
         R"(unknown from "user=" ? ";": {{resolve:secretsmanager:s:SecretString:user}} is read from Secrets Manager at deployment)"},
        {"'{{resolve:ssm:never ends'", R"("{{resolve:ssm:never ends")"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.expression);
        CHECK(value_of(row.expression) == row.expected);
    }
}

TEST_CASE("AWS::Partition stands for every partition, in text too") {
    const Scan scan({{"t.yaml", with_property("!Sub 'arn:${AWS::Partition}:iam::aws:policy/AdministratorAccess'")}});
    const Value value = scan.at("R", "P");
    REQUIRE(value.is_unknown());
    REQUIRE(value.as_unknown().alternatives.size() == 8);
    CHECK(value.as_unknown().alternatives[0].to_text() == R"("arn:aws:iam::aws:policy/AdministratorAccess")");
    CHECK(value.as_unknown().refinement.prefix == "arn:");
}

TEST_CASE("wrong arguments are named and give an unknown value") {
    struct Row {
        std::string expression;
        std::string summary;
    };
    const Row rows[] = {
        {"!Ref Enw", R"("Enw" names no parameter and no resource)"},
        {"!Ref AWS::Regin", R"("AWS::Regin" is no pseudo parameter)"},
        {"!GetAtt Nothing.Arn", R"("Nothing" names no resource)"},
        {"!GetAtt Key", "Fn::GetAtt: takes LogicalId.Attribute"},
        {"!Sub '${Nobody}'", R"("Nobody" names no parameter and no resource)"},
        {"!Sub [a, b]", "Fn::Sub: takes a text, or a list of a text and a mapping"},
        {"!Sub '${Names}'", "Fn::Sub: ${Names} is no text"},
        {"!Join ['-']", "Fn::Join: takes a delimiter and a list"},
        {"!Join ['-', [[a]]]", "Fn::Join: takes a list of texts that make at most 1 MB"},
        {"!Select [3, [a, b]]", "Fn::Select: the list has no element 3"},
        {"!Select [x, [a, b]]", "Fn::Select: takes an index and a list"},
        {"!Split [a]", "Fn::Split: takes a delimiter and a text"},
        {"!If [IsProd, a]", "Fn::If: takes a condition and two values"},
        {"!If [NoSuch, a, b]", R"(There is no condition "NoSuch")"},
        {"!FindInMap [Map, eu]", "Fn::FindInMap: takes a map, two keys and perhaps a default"},
        {"!FindInMap [Map, eu, weight]", R"(Fn::FindInMap: there is no "Map" with "eu" and "weight")"},
        {"!Cidr [10.0.0.0/33, 1, 8]", R"(Fn::Cidr: "10.0.0.0/33" is not a CIDR block)"},
        {"!Cidr [10.0.0.0/24, 1000, 4]", "Fn::Cidr: the count must be between 1 and 256"},
        {"!Cidr [10.0.0.0/24, 3, 8]", "Fn::Cidr: 3 blocks of 8 bits do not fit into 10.0.0.0/24"},
        {"!Base64 [a]", "Fn::Base64: takes a text"},
        {"{'Fn::Length': abc}", "Fn::Length: takes a list"},
        {"{'Fn::Equal': [a, a]}", "Fn::Equal is no function of CloudFormation"},
        {"!Equals [a]", "Fn::Equals: takes two values"},
        {"!Not []", "Fn::Not: takes a list of one condition"},
        {"!Frob x", "!Frob is no function of CloudFormation"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.expression);
        const Scan scan({{"t.yaml", with_property(row.expression)}});
        REQUIRE(scan.diagnostics.size() == 1);
        CHECK(scan.diagnostics.items()[0].summary == row.summary);
        CHECK(scan.at("R", "P").is_unknown());
    }
    const Scan beside({{"t.yaml", with_property("{'Fn::If': [IsProd, a, b], c: d}")}});
    CHECK(beside.codes() == std::vector<std::string>{"cfn-function"});
    CHECK(beside.at("R", "P").to_text() == R"({"c":"d"})");
    const Scan scan({{"t.yaml", with_property("!Ref Enw")}});
    CHECK(scan.diagnostics.items()[0].detail.find("Did you mean \"Env\"?") != std::string::npos);
    CHECK(scan.sources.begin_of(scan.diagnostics.items()[0].subject).line == 27);
}

TEST_CASE("trivy #4832: !If with !Equals on a parameter's default") {
    // https://github.com/aquasecurity/trivy/issues/4832
    const std::string text = R"(Parameters:
  EnableVersioning: {Type: String, Default: "TRUE"}
Resources:
  Bucket:
    Type: AWS::S3::Bucket
    Properties:
      VersioningConfiguration:
        Status:
          !If [!Equals [!Ref EnableVersioning, "TRUE"], Enabled, Suspended]
)";
    CHECK(Scan({{"t.yaml", text}}).at("Bucket", "VersioningConfiguration.Status").to_text() == R"("Enabled")");
    CHECK(Scan({{"t.yaml", text}}, {{"EnableVersioning", "no"}})
              .at("Bucket", "VersioningConfiguration.Status")
              .to_text() == R"("Suspended")");
}

TEST_CASE("trivy #3761: !If written as a block list") {
    // https://github.com/aquasecurity/trivy/issues/3761
    const Scan scan({{"t.yaml", R"(Parameters:
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
)"}});
    CHECK(scan.at("Bucket", "BucketEncryption").to_text() ==
          R"({"ServerSideEncryptionConfiguration":[{"ServerSideEncryptionByDefault":{"SSEAlgorithm":"aws:kms"}}]})");
}

TEST_CASE("trivy #6024: a key through Fn::GetAtt is a link to the key") {
    // https://github.com/aquasecurity/trivy/issues/6024
    const Scan scan({{"t.yaml", R"(AWSTemplateFormatVersion: 2010-09-09
Resources:
  Key:
    Type: "AWS::KMS::Key"
  Other:
    Type: AWS::KMS::Key
  Bucket:
    Type: AWS::S3::Bucket
    Properties:
      BucketEncryption:
        ServerSideEncryptionConfiguration:
          - ServerSideEncryptionByDefault:
              KMSMasterKeyID:
                Fn::GetAtt:
                  - Key
                  - Arn
              SSEAlgorithm: aws:kms
)"}});
    const Value key = scan.at(
        "Bucket", "BucketEncryption.ServerSideEncryptionConfiguration.0.ServerSideEncryptionByDefault.KMSMasterKeyID");
    CHECK(show(key) == "unknown: Key.Arn is known only after deployment");
    CHECK(key.as_unknown().refinement.not_null);
    CHECK(scan.results[0].graph.refers_to(key, *scan.find("Key")));
    CHECK_FALSE(scan.results[0].graph.refers_to(key, *scan.find("Other")));
}

TEST_CASE("trivy #4833: conditions made of conditions") {
    // https://github.com/aquasecurity/trivy/issues/4833
    const Scan scan({{"t.yaml", R"(Parameters:
  Env: {Type: String, Default: prod}
  Open: {Type: String}
Conditions:
  Prod: !Equals [!Ref Env, prod]
  Unknown: !Equals [!Ref Open, x]
  NotProd: !Not [!Condition Prod]
  Both: !And [!Condition Prod, {Condition: Unknown}]
  Neither: !And [!Condition NotProd, !Condition Unknown]
  Either: !Or [!Condition Unknown, !Condition Prod]
Resources:
  A: {Type: AWS::X::Y, Condition: NotProd}
  B: {Type: AWS::X::Y, Condition: Both}
  C: {Type: AWS::X::Y, Condition: Neither}
  D: {Type: AWS::X::Y, Condition: Either}
)"}});
    CHECK(scan.find("A") == nullptr);
    CHECK(scan.find("C") == nullptr);
    REQUIRE(scan.find("B"));
    REQUIRE(scan.find("B")->uncertain);
    CHECK(scan.find("B")->uncertain->why ==
          "the condition Both is unknown: parameter Open has no default and no value was given");
    REQUIRE(scan.find("D"));
    CHECK_FALSE(scan.find("D")->uncertain);
    CHECK(scan.diagnostics.empty());
}

TEST_CASE("trivy #4843: pseudo parameters that are no text") {
    // https://github.com/aquasecurity/trivy/issues/4843
    const Scan scan({{"t.yaml", R"(Resources:
  Group:
    Type: AWS::AutoScaling::AutoScalingGroup
    Properties:
      MaxSize: "0"
      LaunchConfigurationName: {Ref: AWS::NoValue}
      NotificationConfigurations:
        - TopicARN:
            Fn::Select: ["1", {Ref: AWS::NotificationARNs}]
)"}});
    CHECK(show(scan.at("Group", "NotificationConfigurations.0.TopicARN")) ==
          "unknown: AWS::NotificationARNs is known only at deployment");
    CHECK(scan.find("Group")->body.find("LaunchConfigurationName") == nullptr);
    CHECK(scan.diagnostics.empty());
}

TEST_CASE("within a resource that a condition creates, the condition holds") {
    const Scan scan({{"t.yaml", R"(Parameters: {KeyArn: {Type: String}}
Conditions: {HasKey: !Not [!Equals [!Ref KeyArn, ""]]}
Resources:
  Topic:
    Type: AWS::SNS::Topic
    Condition: HasKey
    Properties: {KmsMasterKeyId: !If [HasKey, !Ref KeyArn, !Ref AWS::NoValue]}
)"}});
    CHECK(show(scan.at("Topic", "KmsMasterKeyId")) ==
          "unknown: parameter KeyArn has no default and no value was given");
    CHECK(scan.find("Topic")->uncertain);
}

TEST_CASE("a value leads back to where it was written") {
    const Scan scan({{"t.yaml", R"(Parameters:
  Acl:
    Type: String
    Default: PublicRead
Resources:
  B:
    Type: AWS::S3::Bucket
    Properties:
      AccessControl: !Ref Acl
)"}});
    const Resource& bucket = *scan.find("B");
    const Member* member = bucket.body.find("AccessControl");
    REQUIRE(member);
    CHECK(scan.sources.text(member->span) == "AccessControl: !Ref Acl");
    CHECK(scan.sources.text(member->value.origin()) == "PublicRead");
    CHECK(scan.sources.text(bucket.header) == "B:");
    CHECK(scan.sources.begin_of(bucket.block) == LineCol{6, 3});
    bool named = false;
    for (const Trace* step = member->value.trace().get(); step;
         step = step->from.empty() ? nullptr : step->from[0].get()) {
        named = named || (step->kind == Trace::Kind::variable_default && step->name == "Acl");
    }
    CHECK(named);

    const Scan given({{"t.yaml", std::string(scan.sources.get(bucket.block.source).text())}}, {{"Acl", "Private"}});
    CHECK(given.at("B", "AccessControl").to_text() == R"("Private")");
    CHECK(given.sources.text(given.at("B", "AccessControl").origin()) ==
          "Acl");  // the use; the value stands in no file
}

TEST_CASE("NoEcho and secrets are marked, secrets never known") {
    const Scan scan(
        {{"t.yaml", with_property("[!Ref Password, '{{resolve:secretsmanager:db}}', '{{resolve:ssm-secure:p:1}}']")}});
    CHECK(scan.at("R", "P.0").has_mark(Value::sensitive));
    CHECK(scan.at("R", "P.1").has_mark(Value::sensitive));
    CHECK(scan.at("R", "P.2").has_mark(Value::sensitive));
    CHECK(scan.at("R", "P.1").is_unknown());
    const Scan plain({{"t.yaml", with_property("!Ref Env")}});
    CHECK_FALSE(plain.at("R", "P").has_mark(Value::sensitive));
    const Scan inner({{"t.yaml", with_property("!Sub '{{resolve:secretsmanager:${Key}:SecretString:p}}'")}});
    const Value value = inner.at("R", "P");
    CHECK(value.has_mark(Value::sensitive));
    CHECK(inner.results[0].graph.refers_to(value, *inner.find("Key")));
}

TEST_CASE("a value that is not allowed is refused") {
    const Scan scan({{"t.yaml", with_property("!Ref Choice")}}, {{"Choice", "three"}});
    CHECK(scan.codes() == std::vector<std::string>{"cfn-parameter-value"});
    const Scan good({{"t.yaml", with_property("!Ref Choice")}}, {{"Choice", "two"}});
    CHECK(good.codes().empty());
    CHECK(good.at("R", "P").to_text() == R"("two")");
}

TEST_CASE("an allowed value that YAML reads as a boolean is explained to who gives its text") {
    const std::string text = R"(Parameters:
  Flag: {Type: String, AllowedValues: [Yes, No], Default: No}
Resources:
  R: {Type: AWS::X::Y, Properties: {P: !Ref Flag}}
)";
    CHECK(Scan({{"t.yaml", text}}).at("R", "P").to_text() == R"("false")");
    const Scan scan({{"t.yaml", text}}, {{"Flag", "Yes"}});
    REQUIRE(scan.codes() == std::vector<std::string>{"cfn-parameter-value"});
    CHECK(scan.diagnostics.items()[0].detail ==
          "CloudFormation refuses it. YAML reads Yes without quotes as true: quote it in the template.");
}

TEST_CASE("JSON templates have the same values, with exact places") {
    const std::string text = R"({
  "Resources": {
    "B": {
      "Type": "AWS::S3::Bucket",
      "DeletionPolicy": "Retain",
      "Properties": {
        "BucketName": {"Fn::Join": ["-", ["a", {"Ref": "AWS::Region"}]]},
        "Tags": [{"Key": "k", "Value": {"Fn::GetAtt": ["Q", "Arn"]}}]
      }
    },
    "Q": {"Type": "AWS::SQS::Queue", "DependsOn": "B"}
  }
})";
    const Scan scan({{"t.json", text}});
    CHECK(show(scan.at("B", "BucketName")) == R"(unknown from "a-" ?: AWS::Region is known only at deployment)");
    CHECK(scan.sources.text(scan.find("B")->header) == R"("B":)");
    CHECK(scan.sources.text(scan.find("B")->body.find("BucketName")->span) ==
          R"("BucketName": {"Fn::Join": ["-", ["a", {"Ref": "AWS::Region"}]]})");
    CHECK(scan.find("B")->meta.to_text() == R"({"DeletionPolicy":"Retain"})");
    CHECK(scan.find("Q")->meta.to_text() == R"({"DependsOn":"B"})");
}

TEST_CASE("templates are told from other files by their content") {
    const auto accepted = [](std::string path, std::string text) {
        SourceSet sources;
        return cloudformation_parser().accepts(sources.add(std::move(path), std::move(text)));
    };
    CHECK(accepted("a.yaml", "Resources:\n  A:\n    Type: AWS::S3::Bucket\n"));
    CHECK(accepted("a.yaml", "\xEF\xBB\xBF'AWSTemplateFormatVersion': 2010-09-09\r\n"));
    CHECK(accepted("a.json", R"({"Resources": {"A": {"Type": "AWS::S3::Bucket"}}})"));
    CHECK(accepted("a.template", R"({"AWSTemplateFormatVersion" : "2010-09-09"})"));
    CHECK_FALSE(accepted("a.yaml", "Resources:\n  - one\n"));
    CHECK_FALSE(
        accepted("a.yaml",
                 "apiVersion: v1\nkind: ConfigMap\ndata:\n  t: |\n    Resources:\n      A: {Type: AWS::S3::Bucket}\n"));
    CHECK_FALSE(accepted("a.json", R"({"body": {"Resources": {"A": {"Type": "AWS::S3::Bucket"}}}})"));
    CHECK_FALSE(accepted("a.json", R"(["AWSTemplateFormatVersion"])"));
    CHECK_FALSE(accepted("a.json", ""));
}

TEST_CASE("nested stacks get their parameters and give their outputs") {
    const Scan scan({{"main.yaml", R"(Resources:
  Net:
    Type: AWS::CloudFormation::Stack
    Properties:
      TemplateURL: ./nested/net.yaml
      Parameters: {Cidr: 10.0.0.0/8}
  Group:
    Type: AWS::EC2::SecurityGroup
    Properties:
      VpcId: !GetAtt Net.Outputs.Vpc
      Cidr: !GetAtt [Net, Outputs.Block]
      Missing: !GetAtt Net.Outputs.Nothing
  Away: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: "https://bucket/x.yaml"}}
)"},
                     {"nested/net.yaml", R"(Parameters: {Cidr: {Type: String}}
Resources:
  Vpc: {Type: AWS::EC2::VPC, Properties: {CidrBlock: !Ref Cidr}}
Outputs:
  Vpc: {Value: !Ref Vpc}
  Block: {Value: !GetAtt Vpc.CidrBlock}
)"}});
    REQUIRE(scan.roots.size() == 1);
    CHECK(scan.roots[0].path == "main.yaml");
    CHECK(scan.at("Net.Vpc", "CidrBlock").to_text() == R"("10.0.0.0/8")");
    CHECK(scan.at("Group", "Cidr").to_text() == R"("10.0.0.0/8")");
    CHECK(show(scan.at("Group", "VpcId")) == "unknown: Net.Vpc is known only after deployment");
    CHECK(scan.results[0].graph.refers_to(scan.at("Group", "VpcId"), *scan.find("Net.Vpc")));
    CHECK(scan.codes() == std::vector<std::string>{"cfn-unresolved-reference"});
    REQUIRE(scan.gaps.size() == 1);
    CHECK(scan.gaps[0].kind == "nested-stack");
    CHECK(scan.gaps[0].subject == "Away");
}

TEST_CASE("nested stacks in a circle end with a message") {
    const auto stack = [](const char* to) {
        return std::string("Resources:\n  S: {Type: AWS::CloudFormation::Stack, Properties: {TemplateURL: ") + to +
               "}}\n";
    };
    const Scan scan({{"a.yaml", stack("b.yaml")}, {"b.yaml", stack("a.yaml")}});
    REQUIRE(scan.roots.size() == 1);
    CHECK(scan.roots[0].path == "a.yaml");
    CHECK(scan.codes() == std::vector<std::string>{"cfn-cycle"});
    CHECK(scan.find("S.S"));
}

TEST_CASE("the CDK's nested templates and construct paths") {
    const Scan scan(
        {{"cdk.out/App.template.json", R"({"Resources": {
  "N": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": {"Fn::Sub": "https://s3/${AWS::Region}"}},
        "Metadata": {"aws:cdk:path": "App/N", "aws:asset:path": "N.nested.template.json", "aws:asset:property": "TemplateURL"}}}})"},
         {"cdk.out/N.nested.template.json",
          R"({"Resources": {"B": {"Type": "AWS::S3::Bucket", "Metadata": {"aws:cdk:path": "App/N/B/Resource"}}}})"}});
    REQUIRE(scan.find("N.B"));
    CHECK(scan.find("N.B")->meta.find("aws:cdk:path")->value.to_text() == R"("App/N/B/Resource")");
    CHECK(scan.gaps.empty());
}

TEST_CASE("Fn::ForEach makes resources, properties and outputs") {
    const Scan scan({{"t.yaml", R"(Transform: AWS::LanguageExtensions
Parameters: {Names: {Type: CommaDelimitedList, Default: "One,Two"}, Open: {Type: CommaDelimitedList}}
Resources:
  Fn::ForEach::Buckets:
    - Name
    - !Ref Names
    - Bucket${Name}:
        Type: AWS::S3::Bucket
        Properties:
          BucketName: !Sub "x-${Name}"
          Tags: [{Key: k, Value: !Ref Name}]
          Fn::ForEach::Props:
            - P
            - [A, B]
            - Prop${P}: !Join ["", [!Ref P, "${Name}"]]
  Fn::ForEach::Never: [X, !Ref Open, {"Z${X}": {Type: AWS::S3::Bucket}}]
  Fn::ForEach::Wrong: [X, [a]]
  Fn::ForEach::Ips: [Ip, [10.0.0.1], {"Ip&{Ip}": {Type: AWS::EC2::EIP, Properties: {Address: "${Ip}"}}}]
Outputs:
  Fn::ForEach::Out:
    - N
    - [One]
    - Arn${N}: {Value: !GetAtt [!Sub "Bucket${N}", Arn]}
)"}});
    CHECK(scan.at("BucketOne", "").to_text() ==
          R"({"BucketName":"x-One","PropA":"AOne","PropB":"BOne","Tags":[{"Key":"k","Value":"One"}]})");
    CHECK(scan.at("BucketTwo", "BucketName").to_text() == R"("x-Two")");
    CHECK(scan.at("Ip10001", "Address").to_text() == R"("10.0.0.1")");
    CHECK(show(scan.at("Outputs.ArnOne", "Value")) == "unknown: BucketOne.Arn is known only after deployment");
    REQUIRE(scan.gaps.size() == 1);
    CHECK(scan.gaps[0].kind == "for-each-unknown");
    CHECK(scan.codes() == std::vector<std::string>{"cfn-loop"});
}

TEST_CASE("AWS::Include reads files of the tree") {
    const Scan scan({{"t.yaml", R"(Resources:
  Fn::Transform: {Name: AWS::Include, Parameters: {Location: parts/more.yaml}}
  B:
    Type: AWS::S3::Bucket
    Properties:
      Fn::Transform: {Name: AWS::Include, Parameters: {Location: parts/props.json}}
      BucketName: x
  C:
    Type: AWS::S3::Bucket
    Properties: {BucketName: {"Fn::Transform": {Name: Mine, Parameters: {}}}}
)"},
                     {"parts/more.yaml", "Q: {Type: AWS::SQS::Queue}\n"},
                     {"parts/props.json", R"({"AccessControl": "Private"})"}});
    CHECK(scan.find("Q"));
    CHECK(scan.at("B", "").to_text() == R"({"AccessControl":"Private","BucketName":"x"})");
    CHECK(scan.at("C", "BucketName").is_unknown());
    REQUIRE(scan.gaps.size() == 1);
    CHECK(scan.gaps[0].subject == "Mine");
}

TEST_CASE("SAM's resources become what they create") {
    const Scan scan({{"t.yaml", R"(Transform: AWS::Serverless-2016-10-31
Globals:
  Function:
    Runtime: python3.12
    Layers: [one]
    Environment: {Variables: {A: global, B: global}}
  Api: {TracingEnabled: true}
Resources:
  Fn:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.main
      InlineCode: pass
      Layers: [two]
      Environment: {Variables: {B: own}}
      Tracing: Active
      AutoPublishAlias: live
      FunctionUrlConfig: {AuthType: NONE}
      Policies:
        - arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess
        - Version: "2012-10-17"
          Statement: [{Effect: Allow, Action: "*", Resource: "*"}]
        - S3ReadPolicy: {BucketName: b}
      Events:
        Get: {Type: Api, Properties: {Path: /, Method: get}}
        Put: {Type: S3, Properties: {Bucket: !Ref Uploads, Events: "s3:ObjectCreated:*"}}
        Day: {Type: Schedule, Properties: {Schedule: rate(1 day)}}
  Uploads: {Type: AWS::S3::Bucket, Properties: {BucketName: up}}
  WithRole: {Type: AWS::Serverless::Function, Properties: {Role: "arn:aws:iam::1:role/r", CodeUri: s3://b/k}}
  Api:
    Type: AWS::Serverless::Api
    Properties: {StageName: prod, CacheClusterEnabled: true, EndpointConfiguration: {Type: PRIVATE}}
  Http: {Type: AWS::Serverless::HttpApi, Properties: {AccessLogSettings: {DestinationArn: a}}}
  Table: {Type: AWS::Serverless::SimpleTable, Properties: {PrimaryKey: {Name: k, Type: Number}}}
  Flow: {Type: AWS::Serverless::StateMachine, Properties: {Logging: {Level: ALL}, Type: EXPRESS}}
  Layer: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: s3://b/l.zip}}
  Odd: {Type: AWS::Serverless::Connector, Properties: {}}
Outputs:
  Stage: {Value: !Ref Api.Stage}
  Url: {Value: !Sub "https://${ServerlessRestApi}.execute-api"}
)"}});
    CHECK(scan.diagnostics.empty());
    CHECK(scan.find("Fn")->type == "AWS::Lambda::Function");
    CHECK(scan.at("Fn", "Runtime").to_text() == R"("python3.12")");
    CHECK(scan.at("Fn", "Layers").to_text() == R"(["one","two"])");
    CHECK(scan.at("Fn", "Environment.Variables").to_text() == R"({"A":"global","B":"own"})");
    CHECK(scan.at("Fn", "Code").to_text() == R"({"ZipFile":"pass"})");
    CHECK(scan.at("Fn", "TracingConfig").to_text() == R"({"Mode":"Active"})");
    CHECK(scan.results[0].graph.refers_to(scan.at("Fn", "Role"), *scan.find("FnRole")));
    CHECK(scan.at("FnRole", "Policies.0.PolicyDocument.Statement").to_text() ==
          R"([{"Action":"*","Effect":"Allow","Resource":"*"}])");
    CHECK(show(scan.at("FnRole", "Policies.1.PolicyDocument")) ==
          "unknown: SAM's policy template S3ReadPolicy is expanded at deployment");
    CHECK(scan.at("FnRole", "ManagedPolicyArns").elements().size() == 3);
    CHECK(scan.at("FnUrlPublicPermissions", "Principal").to_text() == R"("*")");
    CHECK(scan.find("FnAliaslive")->type == "AWS::Lambda::Alias");
    CHECK(scan.find("FnVersion")->meta.find("DeletionPolicy")->value.to_text() == R"("Retain")");
    CHECK(scan.at("FnDay", "ScheduleExpression").to_text() == R"x("rate(1 day)")x");
    CHECK(scan.at("Uploads", "NotificationConfiguration.LambdaConfigurations.0.Event").to_text() ==
          R"("s3:ObjectCreated:*")");
    CHECK(scan.at("Uploads", "BucketName").to_text() == R"("up")");
    CHECK(scan.find("WithRoleRole") == nullptr);
    CHECK(scan.at("WithRole", "Code").to_text() == R"({"S3Bucket":"b","S3Key":"k"})");
    CHECK(scan.at("Api", "EndpointConfiguration").to_text() == R"({"Types":["PRIVATE"]})");
    CHECK(scan.at("ApiprodStage", "CacheClusterEnabled").to_text() == "true");
    CHECK(scan.at("ApiprodStage", "TracingEnabled").to_text() == "true");
    CHECK(scan.at("ServerlessRestApiProdStage", "TracingEnabled").to_text() == "true");
    CHECK(scan.at("HttpApiGatewayDefaultStage", "AccessLogSettings").to_text() == R"({"DestinationArn":"a"})");
    CHECK(scan.at("Table", "AttributeDefinitions").to_text() == R"([{"AttributeName":"k","AttributeType":"N"}])");
    CHECK(scan.at("Table", "BillingMode").to_text() == R"("PAY_PER_REQUEST")");
    CHECK(scan.at("Flow", "StateMachineType").to_text() == R"("EXPRESS")");
    CHECK(scan.find("FlowRole")->type == "AWS::IAM::Role");
    CHECK(scan.at("Layer", "Content").to_text() == R"({"S3Bucket":"b","S3Key":"l.zip"})");
    CHECK(scan.at("Outputs.Stage", "Value").to_text() == R"("prod")");
    REQUIRE(scan.gaps.size() == 1);
    CHECK(scan.gaps[0].subject == "Odd");
    CHECK(scan.sources.text(scan.find("FnRole")->header) == "Fn:");
}

TEST_CASE("what SAM makes is reported under the author's own logical id") {
    const Scan scan({{"t.yaml", R"(Transform: AWS::Serverless-2016-10-31
Resources:
  Api: {Type: AWS::Serverless::Api, Properties: {StageName: prod}}
  Fn:
    Type: AWS::Serverless::Function
    Properties: {InlineCode: x, AutoPublishAlias: live, DeploymentPreference: {Type: AllAtOnce}}
)"}});
    CHECK(scan.find("Api")->shown_address() == "Api");
    CHECK(scan.find("ApiprodStage")->shown_address() == "Api");
    CHECK(scan.find("FnRole")->shown_address() == "Fn");
    CHECK(scan.find("ServerlessDeploymentApplication")->shown_address() == "ServerlessDeploymentApplication");
}

TEST_CASE("SAM's connectors become policies and permissions") {
    const Scan scan({{"t.yaml", R"(Transform: AWS::Serverless-2016-10-31
Resources:
  Fn: {Type: AWS::Serverless::Function, Properties: {InlineCode: x}}
  Data: {Type: AWS::DynamoDB::Table}
  Jobs: {Type: AWS::SQS::Queue}
  News: {Type: AWS::SNS::Topic, Connectors: {ToJobs: {Properties: {Destination: {Id: Jobs}, Permissions: [Write]}}}}
  Reads:
    Type: AWS::Serverless::Connector
    Properties: {Source: {Id: Fn}, Destination: {Id: Data}, Permissions: [Read]}
  Invokes:
    Type: AWS::Serverless::Connector
    Properties: {Source: {Id: News}, Destination: [{Id: Fn}, {Type: "AWS::Lambda::Function", Arn: "arn:a"}], Permissions: [Write]}
)"}});
    CHECK(scan.gaps.empty());
    CHECK(scan.diagnostics.empty());
    CHECK(scan.find("ReadsPolicy")->type == "AWS::IAM::ManagedPolicy");
    CHECK(scan.find("ReadsPolicy")->shown_address() == "Reads");
    CHECK(scan.at("ReadsPolicy", "PolicyDocument.Statement.0.Action").elements().size() == 6);
    CHECK(scan.at("ReadsPolicy", "PolicyDocument.Statement.0.Action.0").to_text() == R"("dynamodb:GetItem")");
    CHECK(scan.results[0].graph.refers_to(scan.at("ReadsPolicy", "PolicyDocument.Statement.0.Resource"),
                                          *scan.find("Data")));
    CHECK(scan.results[0].graph.refers_to(scan.at("ReadsPolicy", "Roles"), *scan.find("FnRole")));
    CHECK(scan.find("NewsToJobsQueuePolicy")->type == "AWS::SQS::QueuePolicy");
    CHECK(scan.at("NewsToJobsQueuePolicy", "PolicyDocument.Statement.0.Principal.Service").to_text() ==
          R"("sns.amazonaws.com")");
    CHECK(scan.results[0].graph.refers_to(
        scan.at("NewsToJobsQueuePolicy", "PolicyDocument.Statement.0.Condition.ArnEquals"), *scan.find("News")));
    CHECK(scan.at("InvokesDestination0WriteLambdaPermission", "Principal").to_text() == R"("sns.amazonaws.com")");
    CHECK(scan.at("InvokesDestination1WriteLambdaPermission", "FunctionName").to_text() == R"("arn:a")");
}

TEST_CASE("SAM's GraphQL API becomes AppSync's, with logs unless these are switched off") {
    const Scan scan({{"t.yaml", R"(Transform: AWS::Serverless-2016-10-31
Resources:
  Shop:
    Type: AWS::Serverless::GraphQLApi
    Properties:
      SchemaInline: "type Query { a: String }"
      Auth: {Type: AWS_IAM, Additional: [{Type: API_KEY}]}
      XrayEnabled: true
      ApiKeys: {Key: {Description: d}}
      Cache: {ApiCachingBehavior: FULL_REQUEST_CACHING, Type: SMALL, Ttl: 60}
      DataSources:
        DynamoDb: {Items: {TableName: items, TableArn: "arn:t"}}
        Lambda: {Code: {FunctionArn: "arn:f", ServiceRoleArn: "arn:r"}}
  Silent:
    Type: AWS::Serverless::GraphQLApi
    Properties: {SchemaInline: "type Query { a: String }", Auth: {Type: API_KEY}, Logging: false}
)"}});
    CHECK(scan.gaps.empty());
    CHECK(scan.diagnostics.empty());
    CHECK(scan.find("Shop")->type == "AWS::AppSync::GraphQLApi");
    CHECK(scan.at("Shop", "AuthenticationType").to_text() == R"("AWS_IAM")");
    CHECK(scan.at("Shop", "AdditionalAuthenticationProviders").to_text() == R"([{"AuthenticationType":"API_KEY"}])");
    CHECK(scan.at("Shop", "LogConfig.FieldLogLevel").to_text() == R"("ALL")");
    CHECK(scan.at("Shop", "XrayEnabled").to_text() == "true");
    CHECK(scan.find("ShopCloudWatchRole")->type == "AWS::IAM::Role");
    CHECK(scan.find("ShopSchema")->type == "AWS::AppSync::GraphQLSchema");
    CHECK(scan.find("ShopKey")->type == "AWS::AppSync::ApiKey");
    CHECK(scan.at("ShopApiCache", "Ttl").to_text() == "60");
    CHECK(scan.at("ShopItemsDynamoDbDataSource", "DynamoDBConfig.TableName").to_text() == R"("items")");
    CHECK(scan.at("ShopItemsDynamoDbDataSourceConnectorPolicy", "PolicyDocument.Statement.1.Action.0").to_text() ==
          R"("dynamodb:PutItem")");
    CHECK(scan.at("ShopCodeLambdaDataSource", "ServiceRoleArn").to_text() == R"("arn:r")");
    CHECK(scan.find("ShopCodeLambdaDataSourceRole") == nullptr);
    CHECK(scan.find("Silent")->body.find("LogConfig") == nullptr);
}

TEST_CASE("suppressions and what they cover") {
    const Scan scan({{"t.yaml", R"(Resources:
  A:
    Type: AWS::S3::Bucket
    Properties:
      # checkov:skip = CKV_AWS_18 : logs elsewhere
      AccessControl: Private  # trivy:ignore:AVD-AWS-0092:exp:2030-01-31
  # plumbline:ignore aws-s3-versioning,aws-s3-logging scratch data
  B:
    Type: AWS::S3::Bucket
    Metadata:
      checkov: {skip: [{id: CKV_AWS_21, comment: kept short}]}
      cfn_nag: {rules_to_suppress: [{id: W35, reason: no logs}]}
  C:
    # kics-scan ignore-block
    Type: AWS::S3::Bucket
    Properties:
      BucketName: "# checkov:skip=CKV_AWS_1:text, no comment"
      Tags:
        # plumbline:ignore aws-tags for the resource
        - Key: a  # plumbline:ignore aws-key this line
)"}});
    std::vector<std::string> seen;
    for (const Suppression& one : scan.results[0].graph.suppressions()) {
        std::string rules;
        for (const std::string& rule : one.rules) rules += rule + " ";
        seen.push_back(rules + "| " + one.reason + " | " + one.kind + " | " + one.expires + " | " +
                       std::to_string(scan.sources.begin_of(one.scope).line) + "-" +
                       std::to_string(scan.sources.end_of(one.scope).line));
    }
    CHECK(seen == std::vector<std::string>{
                      "CKV_AWS_18 | logs elsewhere | comment |  | 2-6",
                      "AVD-AWS-0092 |  | comment | 2030-01-31 | 6-6",
                      "aws-s3-versioning aws-s3-logging | scratch data | comment |  | 8-12",
                      "* |  | comment |  | 13-20",
                      "aws-tags | for the resource | comment |  | 13-20",
                      "aws-key | this line | comment |  | 20-20",
                      "CKV_AWS_21 | kept short | metadata |  | 8-12",
                      "W35 | no logs | metadata |  | 8-12",
                  });
}

TEST_CASE("circles of conditions and attributes end with a message") {
    const Scan scan({{"t.yaml", R"(Conditions:
  A: !Not [!Condition B]
  B: !Not [!Condition A]
Resources:
  X: {Type: AWS::EC2::VPC, Properties: {CidrBlock: !GetAtt Y.CidrBlock}}
  Y: {Type: AWS::EC2::VPC, Properties: {CidrBlock: !GetAtt X.CidrBlock}}
  Z: {Type: AWS::S3::Bucket, Condition: A}
)"}});
    CHECK(scan.codes() == std::vector<std::string>{"cfn-cycle", "cfn-cycle"});
    CHECK(scan.at("X", "CidrBlock").is_unknown());
    CHECK(scan.find("Z")->uncertain);
}

TEST_CASE("rules of a template warn about the parameters' values") {
    const std::string text = R"(Parameters: {Env: {Type: String, Default: dev}, Size: {Type: String, Default: big}}
Rules:
  DevIsSmall:
    RuleCondition: !Equals [!Ref Env, dev]
    Assertions:
      - Assert: {"Fn::Contains": [[small, tiny], !Ref Size]}
        AssertDescription: dev is small
Resources: {A: {Type: AWS::S3::Bucket}}
)";
    CHECK(Scan({{"t.yaml", text}}).codes() == std::vector<std::string>{"cfn-rule"});
    CHECK(Scan({{"t.yaml", text}}, {{"Size", "tiny"}}).codes().empty());
    CHECK(Scan({{"t.yaml", text}}, {{"Env", "prod"}}).codes().empty());
}

TEST_CASE("hostile templates end within their limits") {
    SUBCASE("texts that double at each step") {
        std::string text = "Resources:\n  R0: {Type: AWS::X::Y, Properties: {P: aaaaaaaaaa}}\n";
        for (int i = 1; i < 60; ++i) {
            const std::string before = "!GetAtt R" + std::to_string(i - 1) + ".P";
            text += "  R" + std::to_string(i) + ": {Type: AWS::X::Y, Properties: {P: !Join ['', [" + before + ", " +
                    before + "]]}}\n";
        }
        const Scan scan({{"t.yaml", text}});
        CHECK(scan.at("R10", "P").as_string().size() == 10240);
        CHECK(scan.at("R59", "P").is_unknown());
        CHECK_FALSE(scan.codes().empty());
    }
    SUBCASE("mappings that double at each step") {
        std::string text = "Resources:\n  R0: {Type: AWS::X::Y, Properties: {P: {a: b}}}\n";
        for (int i = 1; i < 60; ++i) {
            const std::string before = "!GetAtt R" + std::to_string(i - 1) + ".P";
            text += "  R" + std::to_string(i) + ": {Type: AWS::X::Y, Properties: {P: {a: " + before + ", b: " + before +
                    "}}}\n";
        }
        const Scan scan({{"t.yaml", text}});
        CHECK(scan.at("R2", "P").to_text() ==
              R"({"a":{"a":{"a":"b"},"b":{"a":"b"}},"b":{"a":{"a":"b"},"b":{"a":"b"}}})");
        const std::vector<std::string> codes = scan.codes();
        CHECK(std::count(codes.begin(), codes.end(), "cfn-too-large") > 0);
    }
    SUBCASE("loops in loops") {
        std::string body = "{\"R${A}${B}${C}${D}${E}\": {Type: AWS::X::Y}}";
        const std::string twenty = "[a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t]";
        for (const char* id : {"E", "D", "C", "B", "A"}) {
            body = std::string("{\"Fn::ForEach::L") + id + "\": [" + id + ", " + twenty + ", " + body + "]}";
        }
        const Scan scan({{"t.yaml", "AWSTemplateFormatVersion: 2010-09-09\nResources: " + body + "\n"}});
        REQUIRE_FALSE(scan.codes().empty());
        CHECK(scan.codes()[0] == "cfn-loop-size");
    }
    SUBCASE("deep nesting") {
        std::string text = R"({"Resources": {"R": {"Type": "AWS::X::Y", "Properties": {"P": )";
        for (int i = 0; i < 450; ++i) text += R"({"Fn::Not": [)";
        text += "true";
        for (int i = 0; i < 450; ++i) text += "]}";
        const Scan scan({{"t.json", text + "}}}}"}});
        CHECK(scan.codes() == std::vector<std::string>{"cfn-depth"});
    }
    SUBCASE("a long chain in the order of writing") {
        std::string text = "Resources:\n  R0: {Type: AWS::X::Y, Properties: {P: a}}\n";
        for (int i = 1; i < 5000; ++i) {
            text += "  R" + std::to_string(i) + ": {Type: AWS::X::Y, Properties: {P: !GetAtt R" +
                    std::to_string(i - 1) + ".P}}\n";
        }
        const Scan scan({{"t.yaml", text}});
        CHECK(scan.at("R4999", "P").to_text() == R"("a")");
    }
    SUBCASE("sections of the wrong kind") {
        for (const char* section :
             {"Parameters", "Mappings", "Conditions", "Outputs", "Rules", "Metadata", "Transform", "Globals"}) {
            for (const char* value : {"[1, 2]", "text", "3", "{a: b}", "{a: {b: c}}", "{a: [b]}", "null"}) {
                CAPTURE(section);
                CAPTURE(value);
                const Scan scan(
                    {{"t.yaml",
                      std::string(section) + ": " + value +
                          "\nResources: {A: {Type: 'AWS::Serverless::Function', Properties: {Handler: !Ref a}}}\n"}});
                CHECK(scan.find("A"));
            }
        }
        CHECK(Scan({{"t.yaml", "Resources: [AWS::]\n"}}).codes() == std::vector<std::string>{"cfn-no-resources"});
        CHECK(
            Scan({{"t.yaml", "Resources: {A: {Type: AWS::X::Y, Properties: [1]}, B: 3, C: {Type: [x]}}\n"}}).codes() ==
            std::vector<std::string>{"cfn-resource", "cfn-resource", "cfn-resource"});
    }
}

TEST_CASE("a template cut at any byte gives places within the file") {
    const std::string yaml =
        with_property("!Sub ['${a}-${Key.Arn}', {a: !If [IsOpen, !Select [0, !Ref Names], x]}]") + R"(
  F:
    Type: AWS::Serverless::Function
    Properties: {Handler: a.b, CodeUri: ./x, Events: {E: {Type: Api}, S: {Type: S3, Properties: {Bucket: !Ref Named}}}}
  # plumbline:ignore x y
  Fn::ForEach::L: [I, [a, b], {"B${I}": {Type: AWS::S3::Bucket}}]
Outputs: {O: {Value: !GetAtt F.Arn}}
)";
    const std::string json =
        R"({"Resources": {"A": {"Type": "AWS::S3::Bucket", "Condition": "C", "Metadata": {"checkov":
{"skip": [{"id": "X"}]}}, "Properties": {"N": {"Fn::FindInMap": ["M", {"Ref": "P"}, "k"]}}}}, "Parameters": {"P": {"Type":
"String"}}, "Mappings": {"M": {"a": {"k": 1}}}, "Conditions": {"C": {"Fn::Equals": [{"Ref": "P"}, "a"]}}})";
    for (const auto& [path, text] : {std::pair<std::string, std::string>{"t.yaml", yaml}, {"t.json", json}}) {
        for (std::size_t size = 0; size <= text.size(); ++size) {
            const Scan scan({{path, text.substr(0, size)}});
            for (const RootResult& result : scan.results) {
                for (const Resource& resource : result.graph.resources()) {
                    CHECK(resource.block.end <= size);
                    CHECK(resource.header.end <= resource.block.end);
                }
            }
            for (const Diagnostic& diagnostic : scan.diagnostics.items()) CHECK(diagnostic.subject.end <= size + 1);
        }
    }
    CHECK(Scan({{"t.json", json}}).find("A"));
    CHECK(Scan({{"t.yaml", yaml}}).find("Bb"));
}

}  // namespace plumbline
