#include "parsers/cloudformation/intrinsics.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <map>

#include "scanner/model/text.h"

namespace plumbline::cloudformation {
namespace {

constexpr std::string_view no_value_name = "AWS::NoValue";
// Known and unknown pieces of one text that are kept apart; policies and scripts have some 50.
constexpr std::size_t max_pieces = 1000;
constexpr std::string_view dynamic_open = "{{resolve:";

void add_alternative(const Value& value, std::vector<Value>& out) {
    const bool seen = std::any_of(out.begin(), out.end(), [&](const Value& other) {
        return value.is_known() && other.is_known() && value.same_data(other);
    });
    if (!seen) out.push_back(value);
}

/// An unknown piece for a dynamic reference whose text (without braces) begins with `service`.
Value dynamic_reference(std::string_view text, std::vector<TraceRef> traces, Span span) {
    const std::string_view service = text.substr(0, text.find(':'));
    const bool secret = service != "ssm";
    const std::string where = secret && service == "secretsmanager" ? "Secrets Manager" : "Systems Manager";
    Unknown made;
    made.type = Type::string();
    made.refinement.not_null = true;
    made.cause =
        make_cause("{{resolve:" + cut(printable(text), 80) + "}} is read from " + where + " at deployment", span);
    return Value::unknown(std::move(made))
        .with_marks(secret ? Value::sensitive : 0)
        .traced(make_trace(Trace::Kind::expression, span, {}, std::move(traces)));
}

/// Replaces dynamic references, which may span several pieces, by unknown ones.
std::vector<Value> resolve_dynamic(std::vector<Value> pieces, Span span) {
    const bool any = std::any_of(pieces.begin(), pieces.end(), [](const Value& piece) {
        return piece.is_string() && piece.as_string().find(dynamic_open) != std::string::npos;
    });
    if (!any) return pieces;
    std::vector<Value> out;
    bool open = false;
    std::string inside;
    std::vector<TraceRef> traces;
    std::vector<Value> held;  // given back as they were when the reference never ends
    for (const Value& piece : pieces) {
        if (!piece.is_string()) {
            if (!open) {
                out.push_back(piece);
                continue;
            }
            inside += "(unknown)";
            traces.push_back(piece.trace());
            held.push_back(piece);
            continue;
        }
        std::string_view rest = piece.as_string();
        while (!rest.empty()) {
            const std::size_t at = rest.find(open ? std::string_view("}}") : dynamic_open);
            const std::string_view before = rest.substr(0, at);
            if (open) {
                inside += before;
                if (at == std::string_view::npos) {
                    held.push_back(Value::string(std::string(before)));
                    break;
                }
                out.push_back(dynamic_reference(inside, std::move(traces), span));
                traces.clear();
                held.clear();
                rest.remove_prefix(at + 2);
            } else {
                if (!before.empty()) out.push_back(Value::string(std::string(before)).traced(piece.trace()));
                if (at == std::string_view::npos) break;
                inside.clear();
                traces = {piece.trace()};
                held = {Value::string(std::string(dynamic_open))};
                rest.remove_prefix(at + dynamic_open.size());
            }
            open = !open;
        }
    }
    if (open) out.insert(out.end(), held.begin(), held.end());
    std::vector<Value> joined;
    for (Value& piece : out) {
        if (piece.is_string() && !joined.empty() && joined.back().is_string()) {
            joined.back() = Value::string(joined.back().as_string() + piece.as_string());
        } else {
            joined.push_back(std::move(piece));
        }
    }
    return joined;
}

/// Every text the pieces can make; empty when one cannot be counted or they are too many.
std::vector<Value> text_alternatives(const std::vector<Value>& pieces) {
    std::vector<std::string> texts = {""};
    for (const Value& piece : pieces) {
        std::vector<std::string> choices;
        if (piece.is_string()) {
            choices.push_back(piece.as_string());
        } else {
            for (const Value& choice : piece.as_unknown().alternatives) {
                const std::optional<std::string> text = scalar_text(choice);
                if (!text) return {};
                choices.push_back(*text);
            }
        }
        if (choices.empty() || choices.size() * texts.size() > max_alternatives) return {};
        std::vector<std::string> next;
        for (const std::string& text : texts) {
            for (const std::string& choice : choices) next.push_back(text + choice);
        }
        texts = std::move(next);
        std::size_t total = 0;
        for (const std::string& text : texts) total += text.size();
        if (total > max_text) return {};
    }
    std::vector<Value> out;
    for (std::string& text : texts) out.push_back(Value::string(std::move(text)));
    return out;
}

}  // namespace

std::optional<std::string> scalar_text(const Value& value) {
    switch (value.kind()) {
        case Value::Kind::string:
            return value.as_string();
        case Value::Kind::boolean:
            return value.as_bool() ? "true" : "false";
        case Value::Kind::number:
            return value.as_number().to_string();
        default:
            return std::nullopt;
    }
}

Value no_value(Span span) {
    return Value::null().traced(make_trace(Trace::Kind::expression, span, std::string(no_value_name)));
}

bool is_no_value(const Value& value) {
    return value.is_null() && value.trace() && value.trace()->name == no_value_name;
}

Value unknown(Type type, CauseRef cause, TraceRef trace) {
    Refinement refinement;
    refinement.not_null = true;
    return Value::unknown(std::move(type), std::move(cause), std::move(refinement)).traced(std::move(trace));
}

Value unknown_text(CauseRef cause, TraceRef trace, std::uint64_t at_least) {
    Refinement refinement;
    refinement.not_null = true;
    refinement.length_min = at_least;
    return Value::unknown(Type::string(), std::move(cause), std::move(refinement)).traced(std::move(trace));
}

Value one_of(std::vector<Value> values, CauseRef cause, TraceRef trace) {
    Unknown made;
    made.cause = std::move(cause);
    made.refinement.not_null = true;
    bool typed = false, same_type = true;
    std::uint8_t marks = 0;
    for (const Value& value : values) {
        marks |= value.marks();
        if (value.is_null() || (value.is_unknown() && !value.as_unknown().refinement.not_null)) {
            made.refinement.not_null = false;
        }
        if (value.is_unknown() && !value.as_unknown().alternatives.empty()) {
            for (const Value& choice : value.as_unknown().alternatives) add_alternative(choice, made.alternatives);
        } else {
            add_alternative(value, made.alternatives);
        }
        if (value.is_null()) continue;
        // Tuples and objects of branches differ in detail; only scalars have a type worth keeping.
        const Type type = value.is_sequence() || value.is_mapping() ? Type() : value.type();
        if (!typed) made.type = type;
        same_type = same_type && (!typed || made.type == type);
        typed = true;
    }
    if (!same_type) made.type = Type();
    if (made.alternatives.size() > max_alternatives) made.alternatives.clear();
    return Value::unknown(std::move(made)).with_marks(marks).traced(std::move(trace));
}

Value over_alternatives(const Value& operand, const Type& result, const std::function<Value(const Value&)>& f) {
    if (operand.is_known()) return f(operand);
    const Unknown& what = operand.as_unknown();
    if (what.alternatives.empty()) return unknown(result, what.cause, operand.trace()).with_marks(operand.marks());
    std::vector<Value> results;
    for (const Value& choice : what.alternatives) {
        if (choice.is_unknown()) return unknown(result, what.cause, operand.trace()).with_marks(operand.marks());
        results.push_back(f(choice));
    }
    return one_of(std::move(results), what.cause, operand.trace()).with_marks(operand.marks());
}

void TextBuilder::add(std::string text) {
    size_ += text.size();
    if (too_long()) return;
    add_piece(Value::string(std::move(text)));
}

bool TextBuilder::add(const Value& value) {
    traces_.push_back(value.trace());
    marks_ |= value.marks();
    if (const std::optional<std::string> text = scalar_text(value)) {
        add(*text);
        return true;
    }
    if (!value.is_unknown()) return false;
    const Unknown& what = value.as_unknown();
    if (what.parts.empty()) {
        add_piece(value);
    } else {
        for (const Value& part : what.parts) {
            if (part.is_string()) size_ += part.as_string().size();
            if (!too_long() && pieces_.size() <= max_pieces) add_piece(part);
        }
    }
    return true;
}

void TextBuilder::add_piece(Value value) {
    if (value.is_string() && !pieces_.empty() && pieces_.back().is_string()) {
        pieces_.back() = Value::string(pieces_.back().as_string() + value.as_string());
    } else if (!value.is_string() || !value.as_string().empty()) {
        pieces_.push_back(std::move(value));
    }
}

Value TextBuilder::finish(Span span) {
    std::vector<Value> pieces = resolve_dynamic(std::move(pieces_), span);
    TraceRef trace = make_trace(Trace::Kind::expression, span, {}, std::move(traces_));
    if (pieces.empty()) return Value::string({}).with_marks(marks_).traced(std::move(trace));
    if (pieces.size() == 1 && pieces[0].is_string()) return pieces[0].with_marks(marks_).traced(std::move(trace));

    Unknown made;
    made.type = Type::string();
    made.refinement.not_null = true;
    std::uint8_t marks = marks_;
    for (const Value& piece : pieces) {
        marks |= piece.marks();
        if (piece.is_unknown() && !made.cause) made.cause = piece.as_unknown().cause;
        made.refinement.length_min +=
            piece.is_string() ? std::uint64_t{!piece.as_string().empty()} : piece.as_unknown().refinement.length_min;
    }
    if (pieces[0].is_string()) made.refinement.prefix = pieces[0].as_string();
    if (pieces.size() <= max_pieces) {
        made.alternatives = text_alternatives(pieces);
        made.parts = std::move(pieces);
    }
    return Value::unknown(std::move(made)).with_marks(marks).traced(std::move(trace));
}

std::optional<bool> equal(const Value& a, const Value& b) {
    if (a.is_unknown() || b.is_unknown()) {
        const Value& open = a.is_unknown() ? a : b;
        const Value& other = a.is_unknown() ? b : a;
        const Unknown& what = open.as_unknown();
        bool some = false, every = true;
        for (const Value& choice : what.alternatives) {
            // Two unknowns need not take the same alternative, so each is compared with all of the other's.
            const std::optional<bool> same = choice.is_unknown() ? std::nullopt : equal(choice, other);
            if (!same) return std::nullopt;
            some = some || *same;
            every = every && *same;
        }
        if (!what.alternatives.empty()) return some == every ? std::optional<bool>(some) : std::nullopt;
        if (const std::optional<std::string> text = scalar_text(other)) {
            const std::string& prefix = what.refinement.prefix;
            if (!prefix.empty() && !std::string_view(*text).starts_with(prefix)) return false;
        }
        return std::nullopt;
    }
    const std::optional<std::string> left = scalar_text(a), right = scalar_text(b);
    if (left && right) return *left == *right;
    if (a.is_sequence() && b.is_sequence()) {
        if (a.elements().size() != b.elements().size()) return false;
        bool open = false;
        for (std::size_t i = 0; i < a.elements().size(); ++i) {
            const std::optional<bool> same = equal(a.elements()[i], b.elements()[i]);
            if (!same.value_or(true)) return false;
            if (!same) open = true;
        }
        return open ? std::nullopt : std::optional<bool>(true);
    }
    if (!a.is_wholly_known() || !b.is_wholly_known()) return std::nullopt;
    return a.same_data(b);
}

namespace {

/// An address as 16 bytes, most significant first; IPv4 in the last four.
using Address = std::array<std::uint8_t, 16>;

void add_block(Address& address, int host_bits) {
    int byte = 15 - host_bits / 8;
    unsigned carry = 1u << (host_bits % 8);
    for (; byte >= 0 && carry != 0; --byte) {
        carry += address[static_cast<std::size_t>(byte)];
        address[static_cast<std::size_t>(byte)] = static_cast<std::uint8_t>(carry & 0xFF);
        carry >>= 8;
    }
}

}  // namespace

CidrResult cidr(const std::string& block, std::int64_t count, std::int64_t bits) {
    // Limits of the function itself: 1 to 256 blocks.
    if (count < 1 || count > 256) return {{}, "the count must be between 1 and 256"};
    const std::size_t slash = block.find('/');
    if (slash == std::string::npos) return {{}, quoted(block) + " is not a CIDR block"};
    const std::string host = block.substr(0, slash);
    const bool v6 = host.find(':') != std::string::npos;
    Address address{};
    if (inet_pton(v6 ? AF_INET6 : AF_INET, host.c_str(), v6 ? address.data() : address.data() + 12) != 1) {
        return {{}, quoted(block) + " is not a CIDR block"};
    }
    const std::optional<Number> length = Number::parse(std::string_view(block).substr(slash + 1));
    const std::optional<std::int64_t> prefix = length ? length->to_int64() : std::nullopt;
    const std::int64_t width = v6 ? 128 : 32;
    if (!prefix || *prefix < 0 || *prefix > width) return {{}, quoted(block) + " is not a CIDR block"};
    const std::int64_t host_bits = width - *prefix;
    if (bits < 1 || bits > host_bits) {
        return {{}, "blocks of " + std::to_string(bits) + " bits do not fit into " + block};
    }
    const std::int64_t spare = host_bits - bits;
    if (spare < 8 && count > (std::int64_t{1} << spare)) {
        return {{}, std::to_string(count) + " blocks of " + std::to_string(bits) + " bits do not fit into " + block};
    }
    for (std::int64_t bit = 0; bit < host_bits; ++bit) {  // to the block's first address
        address[static_cast<std::size_t>(15 - bit / 8)] &= static_cast<std::uint8_t>(~(1u << (bit % 8)));
    }
    CidrResult result;
    const std::string suffix = "/" + std::to_string(width - bits);
    for (std::int64_t i = 0; i < count; ++i) {
        char text[INET6_ADDRSTRLEN] = {};
        inet_ntop(v6 ? AF_INET6 : AF_INET, v6 ? address.data() : address.data() + 12, text, sizeof text);
        result.blocks.push_back(Value::string(text + suffix));
        add_block(address, static_cast<int>(bits));
    }
    return result;
}

std::vector<Value> split_text(const std::string& text, const std::string& delimiter, const TraceRef& trace) {
    std::vector<Value> out;
    std::size_t begin = 0;
    while (true) {
        const std::size_t at = delimiter.empty() ? std::string::npos : text.find(delimiter, begin);
        out.push_back(Value::string(text.substr(begin, at - begin)).traced(trace));
        if (at == std::string::npos) return out;
        begin = at + delimiter.size();
    }
}

NameProperty ref_name_property(std::string_view type) {
    static const std::map<std::string_view, NameProperty> names = {
        {"AWS::ApiGateway::Stage", {"StageName"}},
        {"AWS::Athena::WorkGroup", {"Name"}},
        {"AWS::AutoScaling::AutoScalingGroup", {"AutoScalingGroupName"}},
        {"AWS::AutoScaling::LaunchConfiguration", {"LaunchConfigurationName"}},
        {"AWS::Backup::BackupVault", {"BackupVaultName"}},
        {"AWS::CloudTrail::Trail", {"TrailName"}},
        {"AWS::CloudWatch::Alarm", {"AlarmName"}},
        {"AWS::CloudWatch::Dashboard", {"DashboardName"}},
        {"AWS::CodeBuild::Project", {"Name"}},
        {"AWS::CodeDeploy::Application", {"ApplicationName"}},
        {"AWS::CodeDeploy::DeploymentGroup", {"DeploymentGroupName"}},
        {"AWS::CodePipeline::Pipeline", {"Name"}},
        {"AWS::Config::ConfigRule", {"ConfigRuleName"}},
        {"AWS::Config::ConfigurationRecorder", {"Name"}},
        {"AWS::Config::DeliveryChannel", {"Name"}},
        {"AWS::DocDB::DBCluster", {"DBClusterIdentifier", true}},
        {"AWS::DocDB::DBInstance", {"DBInstanceIdentifier", true}},
        {"AWS::DynamoDB::Table", {"TableName"}},
        {"AWS::DynamoDB::GlobalTable", {"TableName"}},
        {"AWS::EC2::KeyPair", {"KeyName"}},
        {"AWS::ECR::Repository", {"RepositoryName"}},
        {"AWS::ECS::Cluster", {"ClusterName"}},
        {"AWS::EKS::Cluster", {"Name"}},
        {"AWS::ElastiCache::ReplicationGroup", {"ReplicationGroupId", true}},
        {"AWS::ElastiCache::SubnetGroup", {"CacheSubnetGroupName", true}},
        {"AWS::ElasticBeanstalk::Application", {"ApplicationName"}},
        {"AWS::ElasticLoadBalancing::LoadBalancer", {"LoadBalancerName"}},
        {"AWS::Elasticsearch::Domain", {"DomainName"}},
        {"AWS::Events::EventBus", {"Name"}},
        {"AWS::Glue::Crawler", {"Name"}},
        {"AWS::Glue::Job", {"Name"}},
        {"AWS::IAM::Group", {"GroupName"}},
        {"AWS::IAM::InstanceProfile", {"InstanceProfileName"}},
        {"AWS::IAM::Role", {"RoleName"}},
        {"AWS::IAM::User", {"UserName"}},
        {"AWS::KMS::Alias", {"AliasName"}},
        {"AWS::Kinesis::Stream", {"Name"}},
        {"AWS::KinesisFirehose::DeliveryStream", {"DeliveryStreamName"}},
        {"AWS::Lambda::Function", {"FunctionName"}},
        {"AWS::Logs::LogGroup", {"LogGroupName"}},
        {"AWS::Neptune::DBCluster", {"DBClusterIdentifier", true}},
        {"AWS::Neptune::DBInstance", {"DBInstanceIdentifier", true}},
        {"AWS::OpenSearchService::Domain", {"DomainName"}},
        {"AWS::RDS::DBCluster", {"DBClusterIdentifier", true}},
        {"AWS::RDS::DBClusterParameterGroup", {"DBClusterParameterGroupName", true}},
        {"AWS::RDS::DBInstance", {"DBInstanceIdentifier", true}},
        {"AWS::RDS::DBParameterGroup", {"DBParameterGroupName", true}},
        {"AWS::RDS::DBSubnetGroup", {"DBSubnetGroupName", true}},
        {"AWS::Redshift::Cluster", {"ClusterIdentifier"}},
        {"AWS::S3::Bucket", {"BucketName"}},
        {"AWS::SSM::Document", {"Name"}},
        {"AWS::SSM::Parameter", {"Name"}},
        {"AWS::Scheduler::Schedule", {"Name"}},
    };
    const auto found = names.find(type);
    return found == names.end() ? NameProperty{} : found->second;
}

}  // namespace plumbline::cloudformation
