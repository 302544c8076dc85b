#include "parsers/cloudformation/template.h"

#include <algorithm>

#include "parsers/json/json_reader.h"
#include "parsers/yaml/yaml_reader.h"
#include "scanner/model/text.h"

namespace plumbline::cloudformation {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
constexpr std::string_view version_key = "AWSTemplateFormatVersion";

bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

std::string_view without_mark(std::string_view text) {
    if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
    return text;
}

bool begins_as_json(std::string_view text) {
    text = without_mark(text);
    const auto first = std::find_if(text.begin(), text.end(), [](char c) { return !is_blank(c); });
    return first != text.end() && *first == '{';
}

bool has_types(std::string_view text) {
    return text.find("AWS::") != std::string_view::npos || text.find("Custom::") != std::string_view::npos;
}

/// Looks at the keys of the outermost object only: a template quoted inside another document is not one.
bool json_looks_like_template(std::string_view text) {
    int depth = 0;
    for (std::size_t p = 0; p < text.size(); ++p) {
        const char c = text[p];
        if (c == '{' || c == '[') ++depth;
        if (c == '}' || c == ']') --depth;
        if (c != '"') continue;
        const std::size_t begin = p + 1;
        for (++p; p < text.size() && text[p] != '"'; ++p) {
            if (text[p] == '\\') ++p;
        }
        if (depth != 1 || p >= text.size()) continue;
        const std::string_view word = text.substr(begin, p - begin);
        if (word != version_key && word != "Resources") continue;
        std::size_t next = p + 1;
        while (next < text.size() && is_blank(text[next])) ++next;
        if (next >= text.size() || text[next] != ':') continue;
        if (word == version_key || has_types(text)) return true;
    }
    return false;
}

/// Blanks before the first key: a whole template may be indented.
std::size_t root_indentation(std::string_view text) {
    for (std::string_view line : split(text, '\n')) {
        const std::size_t blanks = line.find_first_not_of(" \t\r");
        if (blanks == std::string_view::npos || line[blanks] == '#' || line.starts_with("---")) continue;
        return blanks;
    }
    return 0;
}

bool yaml_looks_like_template(std::string_view text) {
    bool resources = false;
    const std::string blanks(root_indentation(text), ' ');
    for (std::size_t line = 0; line < text.size();) {
        std::string_view rest = text.substr(line);
        if (rest.starts_with(blanks)) rest.remove_prefix(blanks.size());
        if (rest.empty()) break;
        if (rest[0] == '"' || rest[0] == '\'') rest.remove_prefix(1);
        if (rest.starts_with(version_key)) return true;
        if (rest.starts_with("Resources")) {
            rest.remove_prefix(9);
            if (!rest.empty() && (rest[0] == '"' || rest[0] == '\'')) rest.remove_prefix(1);
            resources = resources || rest.starts_with(':') || rest.starts_with(" :");
        }
        const std::size_t end = text.find('\n', line);
        if (end == std::string_view::npos) break;
        line = end + 1;
    }
    return resources && has_types(text);
}

/// Short tags become what they stand for. A tag that names no function is kept, so that evaluation can say so.
Value apply_tag(std::string_view tag, Value value, Span span) {
    std::string name(tag);
    if (tag == "!Ref" || tag == "!Condition") {
        name = tag.substr(1);
    } else {
        static constexpr std::string_view functions[] = {
            "And",          "Base64",      "Cidr",      "Contains",  "EachMemberEquals",
            "EachMemberIn", "Equals",      "FindInMap", "GetAtt",    "GetAZs",
            "If",           "ImportValue", "Join",      "Length",    "Not",
            "Or",           "RefAll",      "Select",    "Split",     "Sub",
            "ToJsonString", "Transform",   "ValueOf",   "ValueOfAll"};
        if (std::find(std::begin(functions), std::end(functions), tag.substr(1)) != std::end(functions)) {
            name = "Fn::" + std::string(tag.substr(1));
        }
    }
    return Value::object({{std::move(name), std::move(value), span}}).traced(make_trace(Trace::Kind::literal, span));
}

/// JSON through the JSON reader, which has exact ends; everything else, and what only looks like JSON, as YAML. A file
/// that is named JSON is never read as YAML: CloudFormation takes it at its word too.
std::vector<Value> read_values(const Source& source, std::vector<Span>& comments, Diagnostics& diagnostics) {
    if (begins_as_json(source.text())) {
        Diagnostics attempt;
        std::optional<Value> value = read_json(source, attempt);
        if (value || source.path().ends_with(".json")) {
            diagnostics.append(std::move(attempt));
            return value ? std::vector<Value>{std::move(*value)} : std::vector<Value>();
        }
    }
    YamlOptions options;
    options.yaml_1_1 = true;
    options.tag = apply_tag;
    YamlFile file = read_yaml(source, options, diagnostics);
    comments = std::move(file.comments);
    std::vector<Value> values;
    for (YamlDocument& document : file.documents) values.push_back(std::move(document.root));
    return values;
}

}  // namespace

bool looks_like_template(std::string_view text) {
    return begins_as_json(text) ? json_looks_like_template(text) : yaml_looks_like_template(without_mark(text));
}

std::unique_ptr<TemplateFile> read_template(const Source& source, Diagnostics& diagnostics) {
    auto file = std::make_unique<TemplateFile>();
    file->source = &source;
    for (Value& value : read_values(source, file->comments, diagnostics)) {
        const Member* resources = value.find("Resources");
        if (!resources && !value.find(version_key)) continue;
        if (!resources || !resources->value.is_mapping()) {
            diagnostics.error(
                "cfn-no-resources", "This template has no Resources",
                "CloudFormation refuses a template without a Resources mapping. Nothing in it was judged.",
                resources ? resources->span : Span{source.id(), 0, 0});
            continue;
        }
        // CloudFormation reads one document; a second template in the file would never be deployed.
        file->root = std::move(value);
        break;
    }
    return file;
}

Value read_snippet(const Source& source, Diagnostics& diagnostics) {
    std::vector<Span> comments;
    std::vector<Value> values = read_values(source, comments, diagnostics);
    return values.empty() ? Value() : std::move(values.front());
}

std::optional<Call> call_of(const Value& value) {
    const auto members = value.members();
    if (members.size() != 1) return std::nullopt;
    const Member& only = members.front();
    const bool named = only.name == "Ref" || only.name.starts_with("Fn::") || only.name.starts_with("Rain::");
    if (!named && !only.name.starts_with('!')) return std::nullopt;
    if (only.name.starts_with("Fn::ForEach::")) return std::nullopt;  // expands to members, has no value
    return Call{only.name, &only.value, only.span.valid() ? only.span : value.origin()};
}

std::vector<const Member*> in_source_order(const Value& mapping) {
    std::vector<const Member*> members;
    for (const Member& member : mapping.members()) members.push_back(&member);
    std::stable_sort(members.begin(), members.end(),
                     [](const Member* a, const Member* b) { return a->span < b->span; });
    return members;
}

Span key_line(const Source& source, Span member) {
    const std::string_view text = source.text();
    std::size_t p = std::min<std::size_t>(member.begin, text.size());
    const char quote = p < text.size() ? text[p] : '\0';
    if (quote == '"' || quote == '\'') {
        for (++p; p < text.size() && text[p] != quote && text[p] != '\n'; ++p) {
            if (text[p] == '\\') ++p;
        }
    }
    while (p < text.size() && text[p] != ':' && text[p] != '\n') ++p;
    // Logical ids hold no colon, but `Fn::ForEach::X` does.
    while (p + 1 < text.size() && text[p] == ':' && !is_blank(text[p + 1]) && text[p + 1] != '{') {
        ++p;
        while (p < text.size() && text[p] != ':' && text[p] != '\n') ++p;
    }
    if (p < text.size() && text[p] == ':') ++p;
    const auto end = static_cast<std::uint32_t>(std::min<std::size_t>(p, text.size()));
    return {member.source, member.begin, std::max(member.begin, std::min(end, member.end))};
}

std::optional<std::string> nested_template_path(const Value& resource, std::string_view folder) {
    const Member* properties = resource.find("Properties");
    if (!properties) return std::nullopt;
    for (const std::string_view name : {"TemplateURL", "Location"}) {
        const Member* location = properties->value.find(name);
        if (!location || !location->value.is_string()) continue;
        const std::string& text = location->value.as_string();
        if (text.find("://") != std::string::npos || text.starts_with('/')) continue;
        return join_path(folder, text);
    }
    const Member* metadata = resource.find("Metadata");
    if (!metadata) return std::nullopt;
    const Member* asset = metadata->value.find("aws:asset:path");
    const Member* property = metadata->value.find("aws:asset:property");
    const bool names_template = property && property->value.is_string() && property->value.as_string() == "TemplateURL";
    if (!asset || !asset->value.is_string() || !names_template) return std::nullopt;
    return join_path(folder, asset->value.as_string());
}

}  // namespace plumbline::cloudformation
