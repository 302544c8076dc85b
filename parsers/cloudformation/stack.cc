#include "parsers/cloudformation/stack.h"

#include <algorithm>

#include "scanner/model/text.h"

namespace plumbline::cloudformation {
namespace {

// CloudFormation's own limit of a template in S3.
constexpr std::uint64_t max_snippet_bytes = 1 << 20;

}  // namespace

void Evaluation::error(std::string code, std::string summary, std::string detail, Span span) {
    if (!seen_.insert({code, span}).second) return;
    result.diagnostics.error(std::move(code), std::move(summary), std::move(detail), span);
}

void Evaluation::warning(std::string code, std::string summary, std::string detail, Span span) {
    if (!seen_.insert({code, span}).second) return;
    result.diagnostics.warning(std::move(code), std::move(summary), std::move(detail), span);
}

void Evaluation::gap(CoverageGap gap) {
    if (!seen_.insert({gap.kind + gap.subject, gap.span}).second) return;
    result.gaps.push_back(std::move(gap));
}

const Value* Evaluation::snippet(const std::string& path, std::string& fault) {
    const auto found = snippets_.find(path);
    if (found != snippets_.end()) return &found->second;
    FileSystem::ReadResult read = file_system.read(path, max_snippet_bytes);
    if (!read.error.empty()) {
        fault = read.error;
        return nullptr;
    }
    const Source& source = sources.add(path, std::move(read.text));
    return &snippets_.emplace(path, read_snippet(source, result.diagnostics)).first->second;
}

Stack::Stack(Evaluation& evaluation, const TemplateFile& file, std::string prefix, const Stack* parent, Value arguments,
             CauseRef uncertain)
    : evaluation_(evaluation),
      file_(file),
      prefix_(std::move(prefix)),
      parent_(parent),
      arguments_(std::move(arguments)),
      uncertain_(std::move(uncertain)) {
    ++evaluation_.stacks;
    prepare();
}

Stack::~Stack() = default;

void Stack::prepare() {
    const auto section = [&](std::string_view name) {
        const Member* member = file_.root.find(name);
        return member ? member->value : Value();
    };
    const auto fill = [&](std::string_view name, std::map<std::string, Member, std::less<>>& into) {
        for (Member& member : expand_section(section(name))) into.insert_or_assign(member.name, member);
    };
    note_macros();
    fill("Parameters", parameters_);
    fill("Mappings", mappings_);
    fill("Conditions", conditions_);
    std::set<std::string, std::less<>> seen;
    for (Member& member : expand_section(section("Resources"))) {
        if (!seen.insert(member.name).second) {
            evaluation_.error("cfn-duplicate-resource", "The resource " + quoted(member.name) + " is made twice",
                              "Loops and includes gave the same logical id; the first is judged.", member.span);
            continue;
        }
        const Source& source = evaluation_.sources.get(member.span.source);
        definitions_.push_back({member.name, member.value, key_line(source, member.span), member.span, {}, {}});
    }
    const bool serverless = std::any_of(definitions_.begin(), definitions_.end(), [](const Definition& definition) {
        return definition.type().starts_with("AWS::Serverless::") || definition.body.find("Connectors");
    });
    if (serverless) {
        expand_sam(definitions_, section("Globals"), sam_names_, [&](const Definition& definition, std::string reason) {
            evaluation_.gap({"sam-resource", address(definition.id), std::move(reason), definition.header, {}});
        });
    }
    for (const Definition& definition : definitions_) {
        const Member* type = definition.body.find("Type");
        const std::optional<Call> directive = type ? call_of(type->value) : std::nullopt;
        if (directive && directive->name.find("Rain::") != std::string_view::npos) {
            note_rain(printable(directive->name), definition.header);
        }
    }
    for (std::size_t i = 0; i < definitions_.size(); ++i) by_id_.emplace(definitions_[i].id, i);
    fill("Outputs", outputs_);
}

const Definition* Stack::find_definition(std::string_view id) const {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : &definitions_[found->second];
}

void Stack::note_rain(const std::string& directive, Span span) {
    opaque_ = true;
    evaluation_.gap({"rain",
                     directive,
                     "The preprocessor rain replaces it before deployment. Run `rain pkg` and scan what it writes.",
                     span,
                     {}});
}

void Stack::check_rules() {
    const Member* rules = file_.root.find("Rules");
    if (!rules) return;
    for (const Member* rule : in_source_order(rules->value)) {
        const Member* when = rule->value.find("RuleCondition");
        if (when && !truth(when->value).holds()) continue;
        const Member* assertions = rule->value.find("Assertions");
        if (!assertions) continue;
        for (const Value& assertion : assertions->value.elements()) {
            const Member* assert_member = assertion.find("Assert");
            if (!assert_member || !truth(assert_member->value).fails()) continue;
            const Member* description = assertion.find("AssertDescription");
            const std::string says = description && description->value.is_string()
                                         ? printable(description->value.as_string())
                                         : std::string("An assertion does not hold.");
            const std::string stop = says.ends_with('.') || says.ends_with('!') ? " " : ". ";
            // The template is fine, it wants other values than its defaults.
            evaluation_.warning("cfn-rule", "The parameters' values break the rule " + quoted(rule->name),
                                says + stop + "CloudFormation refuses these values; give others with --param.",
                                assert_member->span);
        }
    }
}

}  // namespace plumbline::cloudformation
