#include "parsers/terraform/program.h"

#include "parsers/json/json_reader.h"
#include "parsers/terraform/function_context.h"
#include "parsers/terraform/module.h"
#include "parsers/terraform/static_checks.h"

namespace plumbline::terraform {
namespace {

constexpr std::uint64_t max_file = 16U << 20;
// Of resources and modules in one root. An instance takes some 10 KiB with its verdicts; the largest configurations
// that peers' users report have 20,000 resources. Counted modules that call counted modules multiply.
constexpr std::size_t max_program_instances = 50'000;

/// What `terraform init` noted in .terraform: where it put the modules that it fetched.
std::map<std::string, std::string> read_installed(const Library& library, const std::string& folder,
                                                  Diagnostics& diagnostics) {
    std::map<std::string, std::string> installed;
    const auto path = join_path(folder, ".terraform/modules/modules.json");
    if (!path || !library.file_system().exists(*path)) return installed;
    FileSystem::ReadResult file = library.file_system().read(*path, max_file);
    if (!file.error.empty()) return installed;
    const auto json = read_json(library.sources().add(*path, std::move(file.text)), diagnostics);
    const Member* modules = json ? json->find("Modules") : nullptr;
    if (!modules) return installed;
    for (const Value& entry : modules->value.elements()) {
        const Member* key = entry.find("Key");
        const Member* dir = entry.find("Dir");
        if (!key || !dir || !key->value.is_string() || !dir->value.is_string()) continue;
        if (const auto target = join_path(folder, dir->value.as_string())) installed[key->value.as_string()] = *target;
    }
    return installed;
}

/// A root module's output is shown to people: what is sensitive has to be declared so.
Value root_output(Program& program, const std::string& name, const OutputConfig& config) {
    Value value = program.root->output(name, config.block->header);
    if (!program.options.strict) return value;
    const std::uint8_t marks = value.marks_deep();
    const Span place = config.value ? config.value->span : config.block->header;
    if ((marks & Value::sensitive) && !config.sensitive)
        program.diagnostics.error("terraform-evaluation", "Output refers to sensitive values",
                                  "To reduce the risk of accidentally exporting sensitive data that was intended to be "
                                  "only internal, Terraform requires that any root module output containing sensitive "
                                  "data be explicitly marked as sensitive, to confirm your intent.",
                                  place);
    if ((marks & Value::ephemeral) && !config.ephemeral)
        program.diagnostics.error("terraform-evaluation", "Ephemeral value not allowed",
                                  "This output value is not declared as returning an ephemeral value, so it cannot be "
                                  "set to a result derived from an ephemeral value.",
                                  place);
    return value;
}

}  // namespace

Program::Program(Library& folders, std::string root_folder, const ProgramOptions& given_options)
    : library(folders),
      folder(std::move(root_folder)),
      options(given_options),
      functions(make_function_context(library, folder, options, arena, budget)) {}

Program::~Program() = default;

bool Program::start() {
    const ModuleConfig* config = library.module(folder);
    if (!config) return false;
    report(*config);
    installed = read_installed(library, folder, diagnostics);
    given = read_input_variables(library, *config, options, diagnostics, budget);
    root = std::make_unique<Module>(*this, *config, nullptr, nullptr, "", 0);
    return true;
}

void Program::report(const ModuleConfig& config) {
    if (!reported_.insert(&config).second) return;
    taking_part.push_back(&config);
    diagnostics.append(config.diagnostics);
}

bool Program::may_make(std::size_t instances, Span place) {
    const bool before = instances_ > max_program_instances;
    instances_ += before ? 0 : instances;
    if (instances_ <= max_program_instances) return true;
    if (!before)
        diagnostics.error("terraform-evaluation", "Too many instances",
                          "This root module has more than 50,000 instances of resources and modules; what goes beyond "
                          "that is not judged.",
                          place);
    return false;
}

Value Program::import_id(const std::string& address) {
    if (!imports_read_) {
        imports_read_ = true;  // ids that depend on an imported resource see none
        imports_ = read_imports(*root);
    }
    const auto found = imports_.find(address);
    return found == imports_.end() ? Value() : found->second;
}

ProgramResult evaluate_program(Library& library, const std::string& folder, const ProgramOptions& options) {
    ProgramResult result;
    Program program(library, folder, options);
    if (!program.start()) return result;
    program.import_id("");  // faults of import blocks come first
    program.root->emit(result.root.graph);
    for (const auto& [name, config] : program.root->config().outputs)
        result.outputs.push_back({name, root_output(program, name, config)});
    if (options.strict) program.root->check_conditions();
    program.budget.report(program.diagnostics);
    result.root.graph.root = folder;
    result.refused = program.diagnostics.has_errors();
    result.root.diagnostics = std::move(program.diagnostics);
    result.root.gaps = std::move(program.gaps);
    result.modules = std::move(program.taking_part);
    return result;
}

void evaluate_expressions(Library& library, const std::string& folder, const ProgramOptions& options,
                          std::span<const std::string> expressions,
                          const std::function<void(std::size_t, const Value&, const Diagnostics&)>& visit) {
    Program program(library, folder, options);
    if (!program.start()) return;
    for (std::size_t i = 0; i < expressions.size(); ++i) {
        Diagnostics faults;
        program.budget = {};
        const Source& source = library.sources().add("<expression>", expressions[i]);
        const hcl::Expr* expr = hcl::read_expression(source, program.arena, faults);
        Value value;
        if (expr) {
            ReferenceChecker(program.root->config(), faults).check(*expr, {});
            value = Evaluator(*program.root, faults, program.budget).evaluate(*expr);
            program.budget.report(faults);
        }
        visit(i, value, faults);
    }
}

}  // namespace plumbline::terraform
