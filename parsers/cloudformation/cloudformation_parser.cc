#include "parsers/cloudformation/cloudformation_parser.h"

#include <algorithm>
#include <set>

#include "parsers/cloudformation/stack.h"
#include "parsers/cloudformation/suppressions.h"
#include "parsers/cloudformation/template.h"

namespace plumbline {
namespace {

using cloudformation::TemplateFile;
using cloudformation::TemplateFiles;

struct Plan {
    const TemplateFile* main = nullptr;
    std::shared_ptr<const TemplateFiles> files;
};

/// The templates of the tree that a template's stacks name.
std::vector<const TemplateFile*> nested(const TemplateFile& file, const TemplateFiles& files) {
    std::vector<const TemplateFile*> out;
    const Member* resources = file.root.find("Resources");
    if (!resources) return out;
    for (const Member& resource : resources->value.members()) {
        const Member* type = resource.value.find("Type");
        if (!type || !type->value.is_string()) continue;
        const std::string& name = type->value.as_string();
        if (name != "AWS::CloudFormation::Stack" && name != "AWS::Serverless::Application") continue;
        const auto path = cloudformation::nested_template_path(resource.value, parent_path(file.source->path()));
        const auto found = path ? files.find(*path) : files.end();
        if (found != files.end() && found->second != &file) out.push_back(found->second);
    }
    return out;
}

class CloudFormationParser : public Parser {
  public:
    std::string_view name() const override { return "cloudformation"; }

    bool wants(std::string_view path) const override {
        return path.ends_with(".yaml") || path.ends_with(".yml") || path.ends_with(".json") ||
               path.ends_with(".template");
    }

    bool accepts(const Source& source) const override { return cloudformation::looks_like_template(source.text()); }

    std::unique_ptr<ParsedFile> parse(const Source& source, Diagnostics& diagnostics) const override {
        return cloudformation::read_template(source, diagnostics);
    }

    /// A template that another one creates as a nested stack is judged there, with its parameters, and is no root of
    /// its own.
    std::vector<Root> roots(std::span<const ParsedFile* const> files, const FileSystem&, SourceSet&, Diagnostics&,
                            std::vector<CoverageGap>&) const override {
        auto templates = std::make_shared<TemplateFiles>();
        std::vector<const TemplateFile*> order;
        for (const ParsedFile* file : files) {
            const auto* parsed = static_cast<const TemplateFile*>(file);
            if (parsed->root.is_null()) continue;
            templates->emplace(parsed->source->path(), parsed);
            order.push_back(parsed);
        }
        std::map<const TemplateFile*, std::vector<const TemplateFile*>> calls;
        std::set<const TemplateFile*> called;
        for (const TemplateFile* file : order) {
            calls[file] = nested(*file, *templates);
            called.insert(calls[file].begin(), calls[file].end());
        }
        std::vector<Root> roots;
        std::set<const TemplateFile*> reached;
        const auto add = [&](const TemplateFile* file) {
            roots.push_back({file->source->path(), 0, std::make_shared<const Plan>(Plan{file, templates})});
            std::vector<const TemplateFile*> open = {file};
            while (!open.empty()) {
                const TemplateFile* next = open.back();
                open.pop_back();
                if (!reached.insert(next).second) continue;
                open.insert(open.end(), calls[next].begin(), calls[next].end());
            }
        };
        for (const TemplateFile* file : order) {
            if (!called.contains(file)) add(file);
        }
        // What only calls itself in a circle would be judged nowhere.
        for (const TemplateFile* file : order) {
            if (!reached.contains(file)) add(file);
        }
        std::sort(roots.begin(), roots.end(), [](const Root& a, const Root& b) { return a.path < b.path; });
        return roots;
    }

    RootResult evaluate(const Root& root, const Inputs& inputs, const FileSystem& file_system,
                        SourceSet& sources) const override {
        RootResult result;
        const auto& plan = *static_cast<const Plan*>(root.plan.get());
        result.graph.root = root.path;
        cloudformation::Evaluation evaluation(inputs, file_system, sources, *plan.files, result);
        cloudformation::Stack stack(evaluation, *plan.main, "", nullptr, Value::object({}), CauseRef());
        stack.emit();
        std::vector<const TemplateFile*> open = {plan.main};
        std::set<const TemplateFile*> seen;
        while (!open.empty()) {
            const TemplateFile* file = open.back();
            open.pop_back();
            if (!seen.insert(file).second) continue;
            cloudformation::add_suppressions(*file, result.graph);
            for (const TemplateFile* next : nested(*file, *plan.files)) open.push_back(next);
        }
        return result;
    }
};

}  // namespace

const Parser& cloudformation_parser() {
    static const CloudFormationParser parser;
    return parser;
}

}  // namespace plumbline
