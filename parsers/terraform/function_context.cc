#include "parsers/terraform/function_context.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "parsers/terraform/function_table.h"
#include "parsers/terraform/input_variables.h"

namespace plumbline::terraform {
namespace {

constexpr std::uint64_t max_file = 16U << 20;
// `fileset` over a whole home folder ends here.
constexpr std::size_t max_listed = 100'000;

/// A path as the configuration has it -> a path in the scanned tree; nullopt where it leads out of it.
struct Locator {
    std::string folder, working_directory;

    std::optional<std::string> operator()(std::string_view path) const {
        if (path.starts_with(working_directory + "/"))
            path.remove_prefix(working_directory.size() + 1);
        else if (path.starts_with('/'))
            return std::nullopt;
        return join_path(folder, path);
    }
};

/// Names of the files below a folder, relative to it, sorted.
std::vector<std::string> list_below(const FileSystem& files, const std::string& folder) {
    std::vector<std::string> names;
    std::vector<std::string> open = {""};
    while (!open.empty() && names.size() < max_listed) {
        const std::string prefix = std::move(open.back());
        open.pop_back();
        const auto entries = files.list(prefix.empty() ? folder : folder + "/" + prefix);
        if (!entries) continue;
        for (const auto& entry : *entries) {
            std::string name = prefix.empty() ? entry.name : prefix + "/" + entry.name;
            if (entry.kind == FileSystem::Kind::directory)
                open.push_back(std::move(name));
            else
                names.push_back(std::move(name));
        }
    }
    std::sort(names.begin(), names.end());
    return names;
}

/// Names in a template are the keys of its variables.
struct TemplateScope : Scope {
    TemplateScope(const Value& given_variables, const FunctionContext& given_context)
        : variables(given_variables), context(given_context) {}

    Value reference(const hcl::VariableExpr& root, std::span<const hcl::Expr* const>, std::size_t&,
                    Evaluator& evaluator) override {
        if (const Member* member = variables.find(root.name)) return member->value;
        return evaluator.fault("vars map does not contain key \"" + std::string(root.name) + "\"",
                               "Referenced in a template.", root.span);
    }
    const FunctionContext* functions() override { return &context; }

    const Value& variables;
    const FunctionContext& context;
};

/// The first fault of a text that was read or evaluated inside a function.
Failure first_fault(std::string_view name, const Diagnostics& faults) {
    const Diagnostic& first = faults.items().front();
    return fail(std::string(name) + ": " + first.summary + "; " + first.detail, 0);
}

struct Templates {
    SourceSet& sources;
    hcl::Arena& arena;
    Budget& budget;

    Result render(std::string_view text, std::string_view name, const Value& variables,
                  const FunctionContext& context) const {
        if (variables.is_unknown()) return unknown_because({}, {&variables, 1});
        if (!variables.is_mapping()) return fail("invalid vars value: must be a map", 1);
        for (const Member& member : variables.members()) {
            if (!hcl::is_identifier(member.name))
                return fail(
                    "invalid template variable name \"" + member.name +
                        "\": must start with a letter, followed by zero or more letters, digits, and underscores",
                    1);
        }
        FunctionContext inner = context;
        // A template may not render templates: Terraform refuses it, and it could go on for ever.
        inner.render_template = [](std::string_view, std::string_view, const Value&) -> Result {
            return fail("cannot recursively call templatefile from inside another template function");
        };
        TemplateScope scope(variables, inner);
        Diagnostics faults;
        const Source& source = sources.add(std::string(name), std::string(text));
        const hcl::Expr* expr = hcl::read_template(source, arena, faults);
        Value value;
        if (expr) value = Evaluator(scope, faults, budget).evaluate(*expr);
        if (faults.has_errors()) return first_fault(name, faults);
        return value;
    }
};

}  // namespace

std::unique_ptr<FunctionContext> make_function_context(Library& library, const std::string& root_folder,
                                                       const ProgramOptions& options, hcl::Arena& arena,
                                                       Budget& budget) {
    auto made = std::make_unique<FunctionContext>();
    const FileSystem& files = library.file_system();
    const Locator locate{root_folder, options.working_directory};
    made->read_file = [&files, locate](std::string_view path) -> std::optional<std::string> {
        const auto where = locate(path);
        if (!where) return std::nullopt;
        FileSystem::ReadResult file = files.read(*where, max_file);
        if (!file.error.empty()) return std::nullopt;
        return std::move(file.text);
    };
    made->list_files = [&files, locate](std::string_view path) {
        const auto where = locate(path);
        return where ? list_below(files, *where) : std::vector<std::string>();
    };
    made->working_directory = options.working_directory;
    made->opentofu = library.opentofu();
    const Templates templates{library.sources(), arena, budget};
    made->render_template = [templates, context = made.get()](std::string_view text, std::string_view name,
                                                              const Value& variables) {
        return templates.render(text, name, variables, *context);
    };
    return made;
}

}  // namespace plumbline::terraform
