#include "parsers/terraform/program.h"

#include <algorithm>
#include <array>
#include <set>

#include "parsers/json/json_reader.h"
#include "parsers/terraform/function_table.h"
#include "parsers/terraform/provider_values.h"
#include "parsers/terraform/static_checks.h"
#include "scanner/model/text.h"

namespace plumbline::terraform {
namespace {

using hcl::Expr;
using Kind = Expr::Kind;

// Terraform's own users stay below ten; a module that calls itself ends here.
constexpr int max_module_depth = 50;
// One `count` or `for_each`: what a provider could be asked to create in a day.
constexpr std::size_t max_instances = 100'000;
constexpr std::uint64_t max_file = 16U << 20;

enum class State : std::uint8_t { none, busy, done };

/// `["a"]` as Terraform writes an instance key in an address.
std::string key_text(const Value& key) {
    if (key.is_number()) return "[" + key.as_number().to_string() + "]";
    std::string out = "[\"";
    const std::string& text = key.as_string();
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '"' || c == '\\') out += '\\';
        if (c == '\n')
            out += "\\n";
        else if (c == '\t')
            out += "\\t";
        else if (c == '\r')
            out += "\\r";
        else if ((c == '$' || c == '%') && i + 1 < text.size() && text[i + 1] == '{') {
            out += c;
            out += c;
        } else
            out += c;
    }
    return out + "\"]";
}

Span first_valid(Span a, Span b) {
    return a.valid() ? a : b;
}

/// `aws` or `aws.west` of an expression that names a provider.
std::string provider_name(const Expr& expr) {
    std::string alias;
    const Expr* at = &expr;
    if (at->kind == Kind::get_attr) {
        alias = "." + std::string(static_cast<const hcl::GetAttrExpr*>(at)->name);
        at = static_cast<const hcl::GetAttrExpr*>(at)->object;
    }
    if (at->kind == Kind::variable) return std::string(static_cast<const hcl::VariableExpr*>(at)->name) + alias;
    if (at->kind == Kind::literal_string) return std::string(static_cast<const hcl::StringExpr*>(at)->value) + alias;
    return alias;
}

/// The address that an import block's `to` names, keys evaluated; nullopt when it is none or not known.
std::optional<std::string> target_address(const Expr& expr, Evaluator& evaluator) {
    if (expr.kind == Kind::variable) return std::string(static_cast<const hcl::VariableExpr&>(expr).name);
    if (expr.kind == Kind::get_attr) {
        const auto& get = static_cast<const hcl::GetAttrExpr&>(expr);
        auto object = target_address(*get.object, evaluator);
        if (object) *object += "." + std::string(get.name);
        return object;
    }
    if (expr.kind != Kind::index) return std::nullopt;
    const auto& index = static_cast<const hcl::IndexExpr&>(expr);
    auto object = target_address(*index.object, evaluator);
    const Value key = evaluator.evaluate(*index.key);
    if (!object || !(key.is_string() || key.is_number())) return std::nullopt;
    return *object + key_text(key);
}

class Program;

/// How often something exists, and under which keys.
struct Expansion {
    enum class Kind : std::uint8_t { single, count, each, unknown } kind = Kind::single;
    std::vector<Value> keys;    // numbers or strings
    std::vector<Value> values;  // each.value
    CauseRef cause;             // unknown
    Span span;
};

struct ResourceNode {
    State expansion_state = State::none;
    Expansion expansion;
    struct Instance {
        State state = State::none;
        Value body, meta;
    };
    std::vector<Instance> instances;
};

struct Binding {
    State state = State::none;
    Value value;
};

class Module : public Scope {
  public:
    Module(Program& program, const ModuleConfig& config, Module* parent, const ModuleCallConfig* call, std::string path,
           int depth)
        : program_(program),
          config_(config),
          parent_(parent),
          call_(call),
          path_(std::move(path)),
          depth_(depth),
          resources_(config.resources.size()),
          calls_(config.calls.size()) {}

    Value reference(const hcl::VariableExpr& root, std::span<const Expr* const> steps, std::size_t& used,
                    Evaluator& evaluator) override;
    const FunctionContext& functions() override;

    Value variable(const std::string& name);
    Value local(const std::string& name, Span use);
    Value output(const std::string& name, Span use);
    const Expansion& expansion(std::size_t resource);
    const ResourceNode::Instance& instance(std::size_t resource, std::size_t at);
    Value resource_value(const ResourceConfig& config, std::size_t index, std::span<const Expr* const> steps,
                         std::size_t& used, Evaluator& evaluator);
    Value module_value(std::size_t call, std::span<const Expr* const> steps, std::size_t& used, Evaluator& evaluator);

    /// Conditions of variables, resources, outputs and checks, and what else only a plan finds.
    void check_conditions();
    /// Every resource, module and output of this and all modules below, in the order they are declared.
    void emit(Graph& graph, bool declarations = true);
    void emit_declarations(Graph& graph);
    void add_block(Graph& graph, std::string type, const std::string& address, const hcl::Block& block, Value body);

    const ModuleConfig& config() const { return config_; }
    const std::string& path() const { return path_; }
    CauseRef uncertain;                              // whether this module instance exists at all
    std::shared_ptr<const std::vector<Span>> calls;  // the blocks that lead here
    Value each, count;                               // bound in the call's arguments

  private:
    struct Call {
        State state = State::none;
        Expansion expansion;
        const ModuleConfig* config = nullptr;
        std::string missing;  // why there is no config
        std::vector<std::unique_ptr<Module>> instances;
    };

    Call& call(std::size_t index);
    Expansion expand(const Expr* count, const Expr* for_each, const std::string& what);
    Value body_value(const hcl::Body& body, Evaluator& evaluator, bool top, std::vector<Member>* meta);
    void block_values(const hcl::Block& block, Evaluator& evaluator,
                      std::vector<std::pair<std::string, std::vector<Value>>>& groups, std::vector<Span>& spans);
    void add_block(std::string type, Value value, Span span,
                   std::vector<std::pair<std::string, std::vector<Value>>>& groups, std::vector<Span>& spans);
    Value default_tags(std::string_view provider);
    Value evaluate_default_tags(std::string_view provider);
    bool depends_on_managed(const ResourceConfig& config) const;
    void bind_instance(Evaluator& evaluator, const Expansion& expansion, std::size_t at);
    std::string address(const ResourceConfig& config, const Expansion& expansion, std::size_t at) const;
    std::string prefixed(const std::string& name) const { return path_.empty() ? name : path_ + "." + name; }
    void cycle(const std::string& what, Span use);
    void refuse_ephemeral(const Value& body);
    void check_condition(const hcl::Block& block, Evaluator& evaluator, std::string_view summary);
    Value argument_or_default(const std::string& name, const VariableConfig& config);

    Program& program_;
    const ModuleConfig& config_;
    Module* parent_;
    const ModuleCallConfig* call_;
    std::string path_;
    int depth_;
    std::map<std::string, Binding> variables_, locals_, outputs_;
    std::vector<ResourceNode> resources_;
    std::vector<Call> calls_;
    std::map<std::string, Value, std::less<>> default_tags_;  // by provider with alias
    std::unique_ptr<FunctionContext> functions_;

    friend class Program;
};

/// One root module in the making.
class Program {
  public:
    Program(Library& folders, std::string root_folder, const ProgramOptions& given_options)
        : library(folders), folder(std::move(root_folder)), options(given_options) {}

    Library& library;
    std::string folder;
    const ProgramOptions& options;
    Diagnostics diagnostics;
    Budget budget;
    std::vector<CoverageGap> gaps;
    std::unique_ptr<Module> root;
    std::map<std::string, std::string> registry;  // key of a module call -> folder, from modules.json
    struct Given {
        Value value;
        TraceRef trace;
        std::string text;  // from the command line or environment: read by the variable's type
        bool is_text = false;
        Span span;
    };
    std::map<std::string, Given> given;
    State imports_state = State::none;
    std::map<std::string, Value> imports;  // by the target's address
    hcl::Arena arena;
    std::vector<std::unique_ptr<hcl::File>> variable_files;
    std::set<const ModuleConfig*> reported;
    std::vector<const ModuleConfig*> taking_part;  // those reported, in the order they were met
    std::size_t resources = 0;

    bool start() {
        const ModuleConfig* config = library.module(folder);
        if (!config) return false;
        report(*config);
        read_modules_json();
        read_variables(*config);
        root = std::make_unique<Module>(*this, *config, nullptr, nullptr, "", 0);
        return true;
    }

    /// The id that an import block gives to the instance; null when there is none.
    Value import_id(const std::string& address) {
        if (imports_state == State::none) read_imports();
        const auto found = imports.find(address);
        return found == imports.end() ? Value() : found->second;
    }

    void report(const ModuleConfig& config) {
        if (!reported.insert(&config).second) return;
        taking_part.push_back(&config);
        diagnostics.append(config.diagnostics);
    }

    Value literal_file_value(const Expr& expr) {
        struct Nothing : Scope {
            Value reference(const hcl::VariableExpr& name, std::span<const Expr* const>, std::size_t&,
                            Evaluator& evaluator) override {
                return evaluator.fault("Variables not allowed", "Variables may not be used here.", name.span);
            }
            const FunctionContext& functions() override { return context; }
            FunctionContext context;
        } scope;
        return Evaluator(scope, diagnostics, budget).evaluate(expr);
    }

  private:
    void read_imports();
    void read_import(const hcl::Block& block, Evaluator& evaluator);

    void read_modules_json() {
        const auto path = join_path(folder, ".terraform/modules/modules.json");
        if (!path || !library.file_system().exists(*path)) return;
        FileSystem::ReadResult file = library.file_system().read(*path, max_file);
        if (!file.error.empty()) return;
        const Source& source = library.sources().add(*path, std::move(file.text));
        const auto json = read_json(source, diagnostics);
        const Member* modules = json ? json->find("Modules") : nullptr;
        if (!modules) return;
        for (const Value& entry : modules->value.elements()) {
            const Member* key = entry.find("Key");
            const Member* dir = entry.find("Dir");
            if (!key || !dir || !key->value.is_string() || !dir->value.is_string()) continue;
            if (const auto target = join_path(folder, dir->value.as_string()))
                registry[key->value.as_string()] = *target;
        }
    }

    void read_variables(const ModuleConfig& config) {
        for (const auto& [name, text] : options.inputs.environment) {
            if (config.variables.contains(name))
                given[name] = {{}, make_trace(Trace::Kind::environment, {}, "TF_VAR_" + name), text, true, {}};
        }
        std::vector<std::string> files;
        for (const char* name : {"terraform.tfvars", "terraform.tfvars.json"}) files.push_back(name);
        std::vector<std::string> automatic;
        if (const auto entries = library.file_system().list(folder)) {
            for (const auto& entry : *entries) {
                if (entry.name.ends_with(".auto.tfvars") || entry.name.ends_with(".auto.tfvars.json"))
                    automatic.push_back(entry.name);
            }
        }
        std::sort(automatic.begin(), automatic.end());
        files.insert(files.end(), automatic.begin(), automatic.end());
        for (const std::string& name : files) {
            const std::string path = folder.empty() ? name : folder + "/" + name;
            if (library.file_system().exists(path)) read_variable_file(path, config, false);
        }
        for (const auto& assignment : options.inputs.assignments) {
            if (assignment.kind == Inputs::Assignment::Kind::variable_file) {
                const auto direct = join_path(folder, assignment.text);
                read_variable_file(direct && library.file_system().exists(*direct) ? *direct : assignment.text, config,
                                   true);
            } else if (!config.variables.contains(assignment.name)) {
                if (options.strict)
                    diagnostics.error("terraform-variable", "Value for undeclared variable",
                                      "A variable named \"" + assignment.name +
                                          "\" was assigned on the command line, but the root module does not declare a "
                                          "variable of that name.",
                                      {});
            } else {
                given[assignment.name] = {{},
                                          make_trace(Trace::Kind::command_line, {}, "--var " + assignment.name),
                                          assignment.text,
                                          true,
                                          {}};
            }
        }
    }

    void read_variable_file(const std::string& path, const ModuleConfig& config, bool required) {
        FileSystem::ReadResult file = library.file_system().read(path, max_file);
        if (!file.error.empty()) {
            if (required)
                diagnostics.file_error("unreadable", path, "The variable file cannot be read: " + file.error,
                                       "Check --var-file.");
            return;
        }
        const Source& source = library.sources().add(path, std::move(file.text));
        if (path.ends_with(".json")) {
            const auto json = read_json(source, diagnostics);
            if (!json) return;
            for (const Member& member : json->members()) {
                if (config.variables.contains(member.name))
                    given[member.name] = {member.value,
                                          make_trace(Trace::Kind::variable_file, member.span, "var." + member.name,
                                                     {member.value.trace()}),
                                          {},
                                          false,
                                          member.span};
            }
            return;
        }
        auto parsed = hcl::read_hcl(source, diagnostics);
        for (const hcl::Block& block : parsed->body->blocks)
            diagnostics.error("terraform-variable", "Unexpected block", "Blocks are not allowed in a variable file.",
                              block.header);
        for (const hcl::Attribute& item : parsed->body->attributes) {
            const Value value = literal_file_value(*item.value);
            const std::string name(item.name);
            if (config.variables.contains(name))
                given[name] = {value,
                               make_trace(Trace::Kind::variable_file, item.span, "var." + name, {value.trace()}),
                               {},
                               false,
                               item.span};
        }
        variable_files.push_back(std::move(parsed));
    }
};

void Module::cycle(const std::string& what, Span use) {
    program_.diagnostics.error("terraform-cycle", "Cycle: " + prefixed(what),
                               "The value depends on itself. Break the cycle.", use);
}

const FunctionContext& Module::functions() {
    if (functions_) return *functions_;
    functions_ = std::make_unique<FunctionContext>();
    const FileSystem& file_system = program_.library.file_system();
    const std::string folder = program_.folder;
    const std::string cwd = program_.options.working_directory;
    const auto locate = [folder, cwd](std::string_view path) -> std::optional<std::string> {
        if (path.starts_with(cwd + "/"))
            path.remove_prefix(cwd.size() + 1);
        else if (path.starts_with('/'))
            return std::nullopt;
        return join_path(folder, path);
    };
    functions_->read_file = [&file_system, locate](std::string_view path) -> std::optional<std::string> {
        const auto where = locate(path);
        if (!where) return std::nullopt;
        FileSystem::ReadResult file = file_system.read(*where, max_file);
        if (!file.error.empty()) return std::nullopt;
        return std::move(file.text);
    };
    functions_->list_files = [&file_system, locate](std::string_view path) {
        std::vector<std::string> names;
        const auto where = locate(path);
        if (!where) return names;
        std::vector<std::string> open = {""};
        while (!open.empty() && names.size() < 100'000) {
            const std::string prefix = std::move(open.back());
            open.pop_back();
            const auto entries = file_system.list(prefix.empty() ? *where : *where + "/" + prefix);
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
    };
    functions_->working_directory = cwd;
    functions_->render_template = [this](std::string_view text, std::string_view name,
                                         const Value& variables) -> Result {
        if (variables.is_unknown()) return unknown_because({}, {&variables, 1});
        if (!variables.is_mapping()) return fail("invalid vars value: must be a map", 1);
        for (const Member& member : variables.members()) {
            if (!hcl::is_identifier(member.name))
                return fail(
                    "invalid template variable name \"" + member.name +
                        "\": must start with a letter, followed by zero or more letters, digits, and underscores",
                    1);
        }
        struct TemplateScope : Scope {
            Value reference(const hcl::VariableExpr& root, std::span<const Expr* const>, std::size_t&,
                            Evaluator& evaluator) override {
                if (const Member* member = variables->find(root.name)) return member->value;
                return evaluator.fault("vars map does not contain key \"" + std::string(root.name) + "\"",
                                       "Referenced in a template.", root.span);
            }
            const FunctionContext& functions() override { return *context; }
            const Value* variables = nullptr;
            const FunctionContext* context = nullptr;
        } scope;
        FunctionContext inner = *functions_;
        // A template may not render templates: Terraform refuses it, and it could go on for ever.
        inner.render_template = [](std::string_view, std::string_view, const Value&) -> Result {
            return fail("cannot recursively call templatefile from inside another template function");
        };
        scope.variables = &variables;
        scope.context = &inner;
        Diagnostics faults;
        const Source& source = program_.library.sources().add(std::string(name), std::string(text));
        const Expr* expr = hcl::read_template(source, program_.arena, faults);
        Value value;
        if (expr) value = Evaluator(scope, faults, program_.budget).evaluate(*expr);
        if (faults.has_errors())
            return fail(
                std::string(name) + ": " + faults.items().front().summary + "; " + faults.items().front().detail, 0);
        return value;
    };
    return *functions_;
}

// --- variables, locals, outputs ---

Value Module::argument_or_default(const std::string& name, const VariableConfig& config) {
    Value value;
    TraceRef trace;
    Span span = config.block->header;
    bool have = false;
    if (!parent_) {
        const auto found = program_.given.find(name);
        if (found != program_.given.end()) {
            have = true;
            span = first_valid(found->second.span, span);
            trace = found->second.trace;
            if (!found->second.is_text) {
                value = found->second.value;
            } else if (!config.typed || config.type.type.is_primitive()) {
                value = Value::string(hcl::to_nfc(found->second.text));
            } else {
                // Only for other types the text is an expression (Terraform's rule for -var and TF_VAR_).
                Diagnostics faults;
                const Expr* expr = hcl::read_expression_text(found->second.text, {}, program_.arena, faults);
                if (expr) value = program_.literal_file_value(*expr);
                if (faults.has_errors()) {
                    program_.diagnostics.error(
                        "terraform-variable", "Invalid value for input variable",
                        "The value given for var." + name + " is no valid expression: " + faults.items().front().detail,
                        config.block->header);
                    return Value::unknown(config.type.type,
                                          make_cause("the value given for var." + name + " is refused"));
                }
            }
        }
    } else {
        for (const hcl::Attribute& item : call_->body->attributes) {
            if (item.name != name) continue;
            Evaluator evaluator(*parent_, program_.diagnostics, program_.budget);
            if (!each.is_null()) evaluator.bind("each", each);
            if (!count.is_null()) evaluator.bind("count", count);
            value = evaluator.evaluate(*item.value);
            trace = make_trace(Trace::Kind::module_argument, item.span, prefixed("var." + name), {value.trace()});
            span = item.value->span;
            have = true;
        }
    }
    if (have && value.is_null() && !config.nullable && config.default_value) have = false;
    if (!have && config.default_value) {
        value = program_.literal_file_value(*config.default_value);
        trace = make_trace(Trace::Kind::variable_default, config.default_value->span, "var." + name, {value.trace()});
        span = config.default_value->span;
        have = true;
    }
    if (!have) {
        if (parent_) {
            program_.diagnostics.error("terraform-variable", "Missing required argument",
                                       "The argument \"" + name + "\" is required, but no definition was found.",
                                       call_->block->header);
        } else if (program_.options.strict) {
            program_.diagnostics.error("terraform-variable", "No value for required variable",
                                       "The root module input variable \"" + name +
                                           "\" is not set, and has no default value. Use a -var or -var-file command "
                                           "line argument to provide a value for this variable.",
                                       config.block->header);
        }
        trace = make_trace(Trace::Kind::variable_default, config.block->header, "var." + name);
        Refinement known;
        known.not_null = !config.nullable;
        return Value::unknown(
                   config.type.type,
                   make_cause("var." + name + " has no default and no value was given", config.block->header), known)
            .traced(std::move(trace));
    }
    const TraceRef inner = value.trace();
    if (!config.type.defaults.empty()) value = config.type.defaults.apply(value);
    Result converted = convert(value, config.type.type);
    if (!converted.ok()) {
        program_.diagnostics.error("terraform-variable", "Invalid value for input variable",
                                   "The given value is not suitable for var." + name +
                                       " declared at its block: " + converted.failure().message + ".",
                                   span);
        return Value::unknown(
            config.type.type,
            make_cause("the value given for var." + name + " is refused: " + converted.failure().message, span));
    }
    value = converted.value();
    if (value.is_null() && !config.nullable) {
        program_.diagnostics.error(
            "terraform-variable", "Required variable not set",
            "The given value is not suitable for var." + name + ": required variable may not be set to null.", span);
    }
    // A value that refers to a resource keeps its reference as the nearest step of its trace's branches.
    return value.traced(std::move(trace));
}

Value Module::variable(const std::string& name) {
    const VariableConfig& config = config_.variables.at(name);
    Binding& binding = variables_[name];
    if (binding.state == State::done) return binding.value;
    if (binding.state == State::busy) {
        cycle("var." + name, config.block->header);
        return Value::unknown({}, make_cause("var." + name + " depends on itself"));
    }
    binding.state = State::busy;
    Value value = argument_or_default(name, config);
    if (config.sensitive) value = value.with_marks(Value::sensitive);
    if (config.ephemeral) value = value.with_marks(Value::ephemeral);
    Binding& done = variables_[name];
    done.value = std::move(value);
    done.state = State::done;
    return done.value;
}

Value Module::local(const std::string& name, Span use) {
    Binding& binding = locals_[name];
    if (binding.state == State::done) return binding.value;
    if (binding.state == State::busy) {
        cycle("local." + name, use);
        return Value::unknown({}, make_cause("local." + name + " depends on itself"));
    }
    binding.state = State::busy;
    const hcl::Attribute& item = config_.locals.at(name);
    Value value = Evaluator(*this, program_.diagnostics, program_.budget).evaluate(*item.value);
    value = value.traced(make_trace(Trace::Kind::local, item.span, "local." + name, {value.trace()}));
    Binding& done = locals_[name];
    done.value = std::move(value);
    done.state = State::done;
    return done.value;
}

Value Module::output(const std::string& name, Span use) {
    const OutputConfig& config = config_.outputs.at(name);
    Binding& binding = outputs_[name];
    if (binding.state == State::done) return binding.value;
    if (binding.state == State::busy) {
        cycle("output." + name, use);
        return Value::unknown({}, make_cause("output." + name + " depends on itself"));
    }
    binding.state = State::busy;
    Value value;
    if (config.value) value = Evaluator(*this, program_.diagnostics, program_.budget).evaluate(*config.value);
    if (!path_.empty())
        value =
            value.traced(make_trace(Trace::Kind::output, config.block->header, path_ + "." + name, {value.trace()}));
    // Terraform 1.11.4 does not mark a value for the output's `sensitive` alone; the root checks it on its own.
    Binding& done = outputs_[name];
    done.value = std::move(value);
    done.state = State::done;
    return done.value;
}

// --- expansion ---

Expansion Module::expand(const Expr* count_expr, const Expr* for_each, const std::string& what) {
    Expansion made;
    if (!count_expr && !for_each) return made;
    Evaluator evaluator(*this, program_.diagnostics, program_.budget);
    const Expr& expr = count_expr ? *count_expr : *for_each;
    made.span = expr.span;
    const Value value = evaluator.evaluate(expr);
    const auto unknown = [&](CauseRef cause) {
        made.kind = Expansion::Kind::unknown;
        made.cause = cause ? cause
                           : make_cause(std::string(count_expr ? "count" : "for_each") + " of " + what + " is unknown",
                                        expr.span);
        return made;
    };
    const auto undetermined = [&](const Value& decides) {
        if (program_.options.strict)
            evaluator.fault(count_expr ? "Invalid count argument" : "Invalid for_each argument",
                            std::string("The \"") + (count_expr ? "count" : "for_each") +
                                "\" value depends on resource attributes that cannot be determined until apply, so "
                                "Terraform cannot predict how many instances will be created.",
                            expr.span);
        return unknown(decides.as_unknown().cause);
    };
    if (value.is_unknown()) return undetermined(value);
    if (count_expr) {
        made.kind = Expansion::Kind::count;
        if (value.is_null()) {
            evaluator.fault("Invalid count argument",
                            "The given \"count\" argument value is null. An integer is required.", expr.span);
            return unknown({});
        }
        Result number = convert(value, Type::number());
        // -1 stands for everything that is no whole number.
        const std::int64_t n =
            number.ok() && number.value().is_number() ? number.value().as_number().to_int64().value_or(-1) : -1;
        if (n < 0) {
            evaluator.fault(
                "Invalid count argument",
                "The given \"count\" argument value is unsuitable: a whole number that is not negative is required.",
                expr.span);
            return unknown({});
        }
        if (static_cast<std::size_t>(n) > max_instances) {
            evaluator.fault("Too many instances", "The count is larger than 100,000; one instance stands for all.",
                            expr.span);
            return unknown({});
        }
        for (std::int64_t i = 0; i < n; ++i) made.keys.push_back(Value::number(Number(i)));
        made.values.resize(made.keys.size());
        return made;
    }
    made.kind = Expansion::Kind::each;
    if (value.is_null()) {
        evaluator.fault("Invalid for_each argument",
                        "The given \"for_each\" argument value is unsuitable: the given \"for_each\" argument value is "
                        "null. A map, or set of strings is allowed.",
                        expr.span);
        return unknown({});
    }
    if (value.has_mark(Value::sensitive)) {
        evaluator.fault(
            "Invalid for_each argument",
            "Sensitive values, or values derived from sensitive values, cannot be used as for_each arguments.",
            expr.span);
        return unknown({});
    }
    if (!value.is_mapping() && value.kind() != Value::Kind::set) {
        evaluator.fault("Invalid for_each argument",
                        "The given \"for_each\" argument value is unsuitable: the \"for_each\" argument must be a map, "
                        "or set of strings, and you have provided a value of type " +
                            value.type().friendly_name() + ".",
                        expr.span);
        return unknown({});
    }
    const auto items = value.elements();
    if (items.size() + value.members().size() > max_instances) {
        evaluator.fault("Too many instances", "The for_each has more than 100,000 keys; one instance stands for all.",
                        expr.span);
        return unknown({});
    }
    for (const Value& item : items) {
        if (item.is_unknown()) return undetermined(item);
        if (!item.is_string()) {
            evaluator.fault("Invalid for_each set argument",
                            "The given \"for_each\" argument value is unsuitable: \"for_each\" supports maps and sets "
                            "of strings, but you have provided a set containing type " +
                                item.type().friendly_name() + ".",
                            expr.span);
            return unknown({});
        }
        made.keys.push_back(item);
        made.values.push_back(item);
    }
    for (const Member& member : value.members()) {
        made.keys.push_back(Value::string(member.name).traced(value.trace()));
        made.values.push_back(member.value);
    }
    return made;
}

const Expansion& Module::expansion(std::size_t resource) {
    ResourceNode& node = resources_[resource];
    const ResourceConfig& config = config_.resources[resource];
    if (node.expansion_state == State::done) return node.expansion;
    if (node.expansion_state == State::busy) {
        cycle(config.key(), config.block->header);
        return node.expansion;
    }
    node.expansion_state = State::busy;
    node.expansion = expand(config.count, config.for_each, prefixed(config.key()));
    if (node.expansion.kind == Expansion::Kind::unknown && config.for_each) {
        program_.gaps.push_back({"for-each-unknown",
                                 prefixed(config.key()),
                                 node.expansion.cause->why + "; one instance stands for all",
                                 node.expansion.span,
                                 {}});
    }
    const bool one = node.expansion.kind == Expansion::Kind::single || node.expansion.kind == Expansion::Kind::unknown;
    node.instances.resize(one ? 1 : node.expansion.keys.size());
    node.expansion_state = State::done;
    return node.expansion;
}

void Module::bind_instance(Evaluator& evaluator, const Expansion& expansion, std::size_t at) {
    switch (expansion.kind) {
        case Expansion::Kind::count:
            evaluator.bind("count", Value::object({{"index", expansion.keys[at], {}}}));
            break;
        case Expansion::Kind::each:
            evaluator.bind("each",
                           Value::object({{"key", expansion.keys[at], {}}, {"value", expansion.values[at], {}}}));
            break;
        case Expansion::Kind::unknown:
            evaluator.bind("count",
                           Value::object({{"index", Value::unknown(Type::number(), expansion.cause, not_null()), {}}}));
            evaluator.bind("each",
                           Value::object({{"key", Value::unknown(Type::string(), expansion.cause, not_null()), {}},
                                          {"value", Value::unknown({}, expansion.cause), {}}}));
            break;
        case Expansion::Kind::single:
            break;
    }
}

std::string Module::address(const ResourceConfig& config, const Expansion& expansion, std::size_t at) const {
    std::string out = prefixed(config.key());
    if (expansion.kind == Expansion::Kind::count || expansion.kind == Expansion::Kind::each)
        out += key_text(expansion.keys[at]);
    return out;
}

// --- bodies ---

constexpr std::array<std::string_view, 5> meta_arguments = {"count", "for_each", "provider", "depends_on", "providers"};
constexpr std::array<std::string_view, 3> meta_blocks = {"lifecycle", "connection", "provisioner"};

void Module::add_block(std::string type, Value value, Span span,
                       std::vector<std::pair<std::string, std::vector<Value>>>& groups, std::vector<Span>& spans) {
    const auto found =
        std::find_if(groups.begin(), groups.end(), [&](const auto& group) { return group.first == type; });
    if (found != groups.end()) {
        found->second.push_back(std::move(value));
        return;
    }
    groups.emplace_back(std::move(type), std::vector<Value>{std::move(value)});
    spans.push_back(span);
}

void Module::block_values(const hcl::Block& block, Evaluator& evaluator,
                          std::vector<std::pair<std::string, std::vector<Value>>>& groups, std::vector<Span>& spans) {
    if (block.type != "dynamic" || block.labels.size() != 1) {
        Value value =
            body_value(*block.body, evaluator, false, nullptr).traced(make_trace(Trace::Kind::literal, block.header));
        add_block(std::string(block.type), std::move(value), block.header, groups, spans);
        return;
    }
    const std::string type(block.labels[0].text);
    const Expr* for_each = nullptr;
    std::string_view iterator = block.labels[0].text;
    for (const hcl::Attribute& item : block.body->attributes) {
        if (item.name == "for_each") for_each = item.value;
        if (item.name == "iterator" && item.value->kind == Kind::variable)
            iterator = static_cast<const hcl::VariableExpr*>(item.value)->name;
        if (item.name == "iterator" && item.value->kind == Kind::literal_string)
            iterator = static_cast<const hcl::StringExpr*>(item.value)->value;
    }
    const hcl::Body* content = nullptr;
    for (const hcl::Block& inner : block.body->blocks) {
        if (inner.type == "content") content = inner.body;
    }
    if (!for_each || !content) {
        evaluator.fault("Missing required argument", "A dynamic block needs a for_each argument and a content block.",
                        block.header);
        return;
    }
    const Value collection = evaluator.evaluate(*for_each);
    const auto make = [&](const Value& key, const Value& value) {
        evaluator.bind(iterator, Value::object({{"key", key, {}}, {"value", value, {}}}));
        Value made = body_value(*content, evaluator, false, nullptr)
                         .traced(make_trace(Trace::Kind::expression, block.header, {}, {collection.trace()}));
        evaluator.unbind();
        return made;
    };
    if (collection.is_unknown()) {
        // How many blocks there will be is not known: one stands for them, inside of an unknown.
        const CauseRef cause = collection.as_unknown().cause;
        Unknown unknown;
        unknown.cause = cause;
        unknown.alternatives = {Value::tuple({}),
                                Value::tuple({make(Value::unknown({}, cause), Value::unknown({}, cause))})};
        add_block(type,
                  Value::unknown(std::move(unknown))
                      .traced(make_trace(Trace::Kind::expression, block.header, {}, {collection.trace()})),
                  block.header, groups, spans);
        return;
    }
    if (collection.is_null() || (!collection.is_sequence() && !collection.is_mapping())) {
        evaluator.fault("Invalid dynamic for_each value",
                        collection.is_null() ? "Cannot use a null value in for_each."
                                             : "Cannot use a " + collection.type().friendly_name() +
                                                   " value in for_each. An iterable collection is required.",
                        for_each->span);
        return;
    }
    if (collection.elements().size() + collection.members().size() > max_instances) {
        evaluator.fault("Too many blocks", "The dynamic block has more than 100,000 elements; none was made.",
                        for_each->span);
        return;
    }
    std::int64_t i = 0;
    for (const Value& item : collection.elements())
        add_block(type, make(collection.kind() == Value::Kind::set ? item : Value::number(Number(i++)), item),
                  block.header, groups, spans);
    for (const Member& member : collection.members())
        add_block(type, make(Value::string(member.name), member.value), block.header, groups, spans);
}

Value Module::body_value(const hcl::Body& body, Evaluator& evaluator, bool top, std::vector<Member>* meta) {
    std::vector<Member> members;
    members.reserve(body.attributes.size() + body.blocks.size());
    for (const hcl::Attribute& item : body.attributes) {
        if (top && std::find(meta_arguments.begin(), meta_arguments.end(), item.name) != meta_arguments.end()) {
            if (meta && item.name == "provider") {
                meta->push_back({"provider", Value::string(provider_name(*item.value)), item.span});
            }
            continue;
        }
        members.push_back({std::string(item.name), evaluator.evaluate(*item.value), item.span});
    }
    std::vector<std::pair<std::string, std::vector<Value>>> groups;
    std::vector<Span> spans;
    for (const hcl::Block& block : body.blocks) {
        if (top && std::find(meta_blocks.begin(), meta_blocks.end(), block.type) != meta_blocks.end()) {
            if (meta && block.type == "lifecycle") {
                std::vector<Member> lifecycle;
                for (const hcl::Attribute& item : block.body->attributes) {
                    if (item.name == "prevent_destroy" || item.name == "create_before_destroy")
                        lifecycle.push_back({std::string(item.name), evaluator.evaluate(*item.value), item.span});
                }
                meta->push_back({"lifecycle", Value::object(std::move(lifecycle)), block.header});
            }
            continue;
        }
        block_values(block, evaluator, groups, spans);
    }
    for (std::size_t i = 0; i < groups.size(); ++i) {
        auto& [name, values] = groups[i];
        const bool unknown = std::any_of(values.begin(), values.end(), [](const Value& v) {
            return v.is_unknown() && v.as_unknown().alternatives.size() == 2;
        });
        Value value;
        if (unknown) {
            // With or without the blocks that may or may not be there.
            std::vector<Value> without, with;
            CauseRef cause;
            for (const Value& item : values) {
                if (item.is_unknown() && item.as_unknown().alternatives.size() == 2) {
                    cause = item.as_unknown().cause;
                    for (const Value& block : item.as_unknown().alternatives[1].elements()) with.push_back(block);
                } else {
                    without.push_back(item);
                    with.push_back(item);
                }
            }
            Unknown made;
            made.cause = cause;
            made.alternatives = {Value::tuple(std::move(without)).traced(make_trace(Trace::Kind::literal, spans[i])),
                                 Value::tuple(std::move(with)).traced(make_trace(Trace::Kind::literal, spans[i]))};
            value = Value::unknown(std::move(made));
        } else {
            value = Value::tuple(std::move(values));
        }
        members.push_back({std::move(name), value.traced(make_trace(Trace::Kind::literal, spans[i])), spans[i]});
    }
    return Value::object(std::move(members)).traced(make_trace(Trace::Kind::literal, body.span));
}

/// The `default_tags` of the AWS provider in force, `aws` or `aws.ALIAS`: declared here, or handed down by the calls
/// that lead here.
Value Module::default_tags(std::string_view provider) {
    if (const auto have = default_tags_.find(provider); have != default_tags_.end()) return have->second;
    default_tags_.emplace(std::string(provider), Value());  // tags that refer to a tagged resource end here
    Value made = evaluate_default_tags(provider);
    default_tags_[std::string(provider)] = made;
    return made;
}

Value Module::evaluate_default_tags(std::string_view provider) {
    const std::size_t dot = provider.find('.');
    const std::string_view name = provider.substr(0, dot);
    const std::string_view alias = dot == std::string_view::npos ? std::string_view() : provider.substr(dot + 1);
    for (const ProviderConfig& config : config_.providers) {
        if (config.name != name || config.alias != alias) continue;
        Evaluator evaluator(*this, program_.diagnostics, program_.budget);
        for (const hcl::Block& block : config.block->body->blocks) {
            if (block.type != "default_tags") continue;
            for (const hcl::Attribute& item : block.body->attributes) {
                if (item.name == "tags") return evaluator.evaluate(*item.value);
            }
        }
        for (const hcl::Attribute& item : config.block->body->attributes) {  // JSON syntax
            if (item.name != "default_tags") continue;
            const Value value = evaluator.evaluate(*item.value);
            const Value& block = value.elements().empty() ? value : value.elements()[0];
            if (const Member* tags = block.find("tags")) return tags->value;
        }
        return {};
    }
    if (!parent_) return {};
    for (const hcl::Attribute& item : call_->body->attributes) {
        if (item.name != "providers" || item.value->kind != Kind::object) continue;
        for (const hcl::ObjectItem& pair : static_cast<const hcl::ObjectExpr*>(item.value)->items) {
            if (provider_name(*pair.key) == provider) return parent_->default_tags(provider_name(*pair.value));
        }
        return {};
    }
    return alias.empty() ? parent_->default_tags(provider) : Value();
}

bool Module::depends_on_managed(const ResourceConfig& config) const {
    for (const hcl::Attribute& item : config.body->attributes) {
        if (item.name != "depends_on" || item.value->kind != Kind::tuple) continue;
        for (const Expr* entry : static_cast<const hcl::TupleExpr*>(item.value)->items) {
            const hcl::VariableExpr* root = static_reference(*entry);
            if (root && root->name != "data" && root->name != "var" && root->name != "local") return true;
        }
    }
    return false;
}

/// Ephemeral values may not get into a plan.
void Module::refuse_ephemeral(const Value& body) {
    for (const Member& member : body.members()) {
        if ((member.value.marks_deep() & Value::ephemeral) == 0) continue;
        program_.diagnostics.error("terraform-evaluation", "Invalid use of ephemeral value",
                                   "Ephemeral values are not valid for \"" + member.name +
                                       "\", because it is not a write-only attribute and must be persisted to state.",
                                   member.span);
    }
}

void Program::read_imports() {
    imports_state = State::busy;
    Evaluator evaluator(*root, diagnostics, budget);
    for (const hcl::Block* block : root->config().moves) {
        if (block->type == "import") read_import(*block, evaluator);
    }
    imports_state = State::done;
}

void Program::read_import(const hcl::Block& block, Evaluator& evaluator) {
    const auto argument = [&](std::string_view name) -> const Expr* {
        for (const hcl::Attribute& item : block.body->attributes) {
            if (item.name == name) return item.value;
        }
        return nullptr;
    };
    const Expr* to = argument("to");
    const Expr* id = argument("id");
    if (!to || !id) return;
    const auto one = [&] {
        const Value value = evaluator.evaluate(*id);
        if (value.is_unknown() && options.strict) {
            evaluator.fault("Invalid import id argument",
                            "The import block \"id\" argument depends on resource attributes that cannot be determined "
                            "until apply, so Terraform cannot plan to import this resource.",
                            id->span);
        }
        if (const auto address = target_address(*to, evaluator); address && value.is_string())
            imports.insert_or_assign(*address, value);
    };
    const Expr* for_each = argument("for_each");
    if (!for_each) return one();
    const Value collection = evaluator.evaluate(*for_each);
    const auto with = [&](const Value& key, const Value& value) {
        evaluator.bind("each", Value::object({{"key", key, {}}, {"value", value, {}}}));
        one();
        evaluator.unbind();
    };
    for (const Value& item : collection.elements()) with(item, item);
    for (const Member& member : collection.members()) with(Value::string(member.name), member.value);
}

const ResourceNode::Instance& Module::instance(std::size_t resource, std::size_t at) {
    const Expansion& how = expansion(resource);
    const ResourceConfig& config = config_.resources[resource];
    ResourceNode::Instance& made = resources_[resource].instances[at];
    if (made.state == State::done) return made;
    if (made.state == State::busy) {
        cycle(config.key(), config.block->header);
        made.body = Value::unknown({}, make_cause(prefixed(config.key()) + " depends on itself", config.block->header));
        return made;
    }
    made.state = State::busy;
    Evaluator evaluator(*this, program_.diagnostics, program_.budget);
    bind_instance(evaluator, how, at);
    std::vector<Member> meta;
    Value body = body_value(*config.body, evaluator, true, &meta);
    ProviderFacts facts;
    facts.address = address(config, how, at);
    facts.import_id = program_.import_id(facts.address);
    facts.deferred = config.mode == ResourceConfig::Mode::data && depends_on_managed(config);
    if (config.type.starts_with("aws_")) {
        const auto alias =
            std::find_if(meta.begin(), meta.end(), [](const Member& member) { return member.name == "provider"; });
        facts.default_tags = default_tags(alias == meta.end() ? "aws" : alias->value.as_string());
    }
    body = with_provider_values(config, std::move(body), facts, functions());
    if (program_.options.strict) refuse_ephemeral(body);
    ResourceNode::Instance& done = resources_[resource].instances[at];
    done.body = std::move(body);
    done.meta = Value::object(std::move(meta));
    done.state = State::done;
    return done;
}

Value Module::resource_value(const ResourceConfig& config, std::size_t index, std::span<const Expr* const> steps,
                             std::size_t& used, Evaluator& evaluator) {
    const Expansion& how = expansion(index);
    const Span span = steps.empty() ? config.block->header : steps.back()->span;
    const auto one = [&](std::size_t at) {
        const Value& body = instance(index, at).body;
        return body.traced(make_reference_trace(span, address(config, how, at), {}, {body.trace()}));
    };
    switch (how.kind) {
        case Expansion::Kind::single:
            return one(0);
        case Expansion::Kind::unknown: {
            // The one instance that stands for all of them is meant by any key.
            if (used < steps.size() && steps[used]->kind == Kind::index) {
                ++used;
                return one(0);
            }
            Unknown unknown;
            unknown.cause = how.cause;
            return Value::unknown(std::move(unknown)).traced(make_reference_trace(span, prefixed(config.key()), {}));
        }
        default:
            break;
    }
    // With a plain key right behind, only that instance is needed.
    if (used < steps.size() && steps[used]->kind == Kind::index) {
        const Value key = evaluator.evaluate(*static_cast<const hcl::IndexExpr*>(steps[used])->key);
        if (key.is_known() && !key.is_null()) {
            for (std::size_t at = 0; at < how.keys.size(); ++at) {
                const bool same =
                    how.keys[at].same_data(key) || (how.keys[at].is_number() && convert(key, Type::number()).ok() &&
                                                    convert(key, Type::number()).value().same_data(how.keys[at]));
                if (!same) continue;
                ++used;
                return one(at).with_marks(key.marks());
            }
            ++used;
            return evaluator.fault("Invalid index",
                                   "The given key does not identify an element in this collection value: " +
                                       prefixed(config.key()) + " has no instance " + key.to_text(60) + ".",
                                   static_cast<const hcl::IndexExpr*>(steps[used - 1])->bracket);
        }
    }
    TraceRef whole = make_trace(Trace::Kind::expression, span, prefixed(config.key()));
    if (how.kind == Expansion::Kind::count) {
        std::vector<Value> items;
        for (std::size_t at = 0; at < how.keys.size(); ++at) items.push_back(one(at));
        return Value::tuple(std::move(items)).traced(std::move(whole));
    }
    std::vector<Member> members;
    for (std::size_t at = 0; at < how.keys.size(); ++at) members.push_back({how.keys[at].as_string(), one(at), {}});
    return Value::object(std::move(members)).traced(std::move(whole));
}

// --- modules ---

Module::Call& Module::call(std::size_t index) {
    Call& made = calls_[index];
    const ModuleCallConfig& config = config_.calls[index];
    if (made.state == State::done) return made;
    if (made.state == State::busy) {
        cycle("module." + config.name, config.block->header);
        return made;
    }
    made.state = State::busy;
    made.expansion = expand(config.count, config.for_each, prefixed("module." + config.name));
    if (made.expansion.kind == Expansion::Kind::unknown && config.for_each) {
        program_.gaps.push_back({"for-each-unknown",
                                 prefixed("module." + config.name),
                                 made.expansion.cause->why + "; one instance stands for all",
                                 made.expansion.span,
                                 {}});
    }
    // The key of modules.json: call names joined by dots, without instance keys.
    std::string key;
    for (const Module* at = this; at && at->call_; at = at->parent_)
        key = at->call_->name + (key.empty() ? "" : "." + key);
    key = key.empty() ? config.name : key + "." + config.name;
    std::string source = config.source_text;
    if (source.empty() && config.source) {  // OpenTofu evaluates sources early
        const Value value = Evaluator(*this, program_.diagnostics, program_.budget).evaluate(*config.source);
        if (value.is_string()) source = value.as_string();
    }
    if (depth_ >= max_module_depth) {
        made.missing = "modules call each other more than 50 deep";
        program_.diagnostics.error("terraform-module", "Modules nested too deeply",
                                   "Modules may call each other 50 deep. Does this one call itself?",
                                   config.block->header);
    } else if (source.starts_with("./") || source.starts_with("../") || source == "." || source == "..") {
        const auto folder = join_path(config_.folder, source);
        if (!folder) {
            made.missing = "its source \"" + source + "\" lies outside of the scanned tree";
        } else {
            made.config = program_.library.module(*folder);
            if (!made.config) made.missing = "there are no Terraform files in \"" + *folder + "\"";
        }
    } else if (const auto found = program_.registry.find(key); found != program_.registry.end()) {
        made.config = program_.library.module(found->second);
        if (!made.config)
            made.missing = "`terraform init` fetched it to \"" + found->second + "\", but there are no Terraform files";
    } else {
        made.missing = "its source \"" + source +
                       "\" is not in the tree; run `terraform init` first, and its copy in .terraform is read";
    }
    if (!made.config) {
        program_.gaps.push_back(
            {"module-source", prefixed("module." + config.name), made.missing, config.block->header, {}});
    } else {
        program_.report(*made.config);
        // An argument that the module does not declare is refused by Terraform.
        for (const hcl::Attribute& item : config.body->attributes) {
            const bool meta =
                item.name == "source" || item.name == "version" ||
                std::find(meta_arguments.begin(), meta_arguments.end(), item.name) != meta_arguments.end();
            if (!meta && !made.config->variables.contains(std::string(item.name))) {
                program_.diagnostics.error("terraform-config", "Unsupported argument",
                                           "An argument named \"" + std::string(item.name) +
                                               "\" is not expected here: the module declares no such variable.",
                                           item.name_span);
            }
        }
        std::vector<Span> way = calls ? *calls : std::vector<Span>();
        way.push_back(config.block->span);
        const auto blocks = std::make_shared<const std::vector<Span>>(std::move(way));
        const std::size_t n =
            made.expansion.kind == Expansion::Kind::single || made.expansion.kind == Expansion::Kind::unknown
                ? 1
                : made.expansion.keys.size();
        for (std::size_t at = 0; at < n; ++at) {
            std::string path = prefixed("module." + config.name);
            const Expansion& how = made.expansion;
            if (how.kind == Expansion::Kind::count || how.kind == Expansion::Kind::each) path += key_text(how.keys[at]);
            auto child = std::make_unique<Module>(program_, *made.config, this, &config, std::move(path), depth_ + 1);
            child->uncertain = uncertain;
            child->calls = blocks;
            if (how.kind == Expansion::Kind::count) child->count = Value::object({{"index", how.keys[at], {}}});
            if (how.kind == Expansion::Kind::each)
                child->each = Value::object({{"key", how.keys[at], {}}, {"value", how.values[at], {}}});
            if (how.kind == Expansion::Kind::unknown) {
                child->uncertain = how.cause;
                child->count = Value::object({{"index", Value::unknown(Type::number(), how.cause), {}}});
                child->each = Value::object({{"key", Value::unknown(Type::string(), how.cause), {}},
                                             {"value", Value::unknown({}, how.cause), {}}});
            }
            made.instances.push_back(std::move(child));
        }
    }
    made.state = State::done;
    return made;
}

Value Module::module_value(std::size_t index, std::span<const Expr* const> steps, std::size_t& used,
                           Evaluator& evaluator) {
    Call& found = call(index);
    const ModuleCallConfig& config = config_.calls[index];
    const std::string path = prefixed("module." + config.name);
    const Span span = config.block->header;
    if (!found.config)
        return Value::unknown({}, make_cause("module." + config.name + " could not be read: " + found.missing, span))
            .traced(make_reference_trace(span, path, {}));
    const auto outputs = [&](Module& child) -> Value {
        if (used < steps.size() && steps[used]->kind == Kind::get_attr) {
            const auto& get = *static_cast<const hcl::GetAttrExpr*>(steps[used]);
            ++used;
            const std::string name(get.name);
            if (!child.config().outputs.contains(name)) {
                return evaluator.fault("Unsupported attribute",
                                       "This object does not have an attribute named \"" + name + "\": module." +
                                           config.name + " declares no such output.",
                                       get.name_span);
            }
            return child.output(name, get.span);
        }
        std::vector<Member> members;
        for (const auto& [name, output] : child.config().outputs)
            members.push_back({name, child.output(name, output.block->header), {}});
        return Value::object(std::move(members));
    };
    switch (found.expansion.kind) {
        case Expansion::Kind::single:
            return outputs(*found.instances[0]);
        case Expansion::Kind::unknown:
            if (used < steps.size() && steps[used]->kind == Kind::index) {
                ++used;
                return outputs(*found.instances[0]);
            }
            return Value::unknown({}, found.expansion.cause).traced(make_reference_trace(span, path, {}));
        default:
            break;
    }
    if (used < steps.size() && steps[used]->kind == Kind::index) {
        const Value key = evaluator.evaluate(*static_cast<const hcl::IndexExpr*>(steps[used])->key);
        for (std::size_t at = 0; key.is_known() && at < found.expansion.keys.size(); ++at) {
            if (!found.expansion.keys[at].same_data(key)) continue;
            ++used;
            return outputs(*found.instances[at]);
        }
    }
    if (found.expansion.kind == Expansion::Kind::count) {
        std::vector<Value> items;
        std::size_t rest = steps.size();
        for (const auto& child : found.instances) {
            std::swap(used, rest);
            items.push_back(outputs(*child));
            std::swap(used, rest);
        }
        return Value::tuple(std::move(items));
    }
    std::vector<Member> members;
    for (std::size_t at = 0; at < found.instances.size(); ++at) {
        std::size_t rest = steps.size();
        std::swap(used, rest);
        members.push_back({found.expansion.keys[at].as_string(), outputs(*found.instances[at]), {}});
        std::swap(used, rest);
    }
    return Value::object(std::move(members));
}

// --- names ---

Value Module::reference(const hcl::VariableExpr& root, std::span<const Expr* const> steps, std::size_t& used,
                        Evaluator& evaluator) {
    const std::string_view name = root.name;
    const auto name_at = [&](std::size_t i) -> const hcl::GetAttrExpr* {
        return i < steps.size() && steps[i]->kind == Kind::get_attr ? static_cast<const hcl::GetAttrExpr*>(steps[i])
                                                                    : nullptr;
    };
    // What is not declared was reported when the module was loaded (static_checks.h).
    const auto missing = [&] {
        used = steps.size();
        return Value::unknown({}, make_cause("what it refers to is not declared", root.span));
    };
    const hcl::GetAttrExpr* first = name_at(0);
    const Span whole = steps.empty() ? root.span : Span::join(root.span, first ? first->span : steps[0]->span);
    if (!first) return missing();
    if (name == "var") {
        used = 1;
        const std::string key(first->name);
        return config_.variables.contains(key) ? variable(key) : missing();
    }
    if (name == "local") {
        used = 1;
        const std::string key(first->name);
        return config_.locals.contains(key) ? local(key, whole) : missing();
    }
    if (name == "module") {
        used = 1;
        const auto found = config_.call_index.find(std::string(first->name));
        return found == config_.call_index.end() ? missing() : module_value(found->second, steps, used, evaluator);
    }
    if (name == "path") {
        used = 1;
        const std::string_view key = first->name;
        if (key == "module") {
            const std::string& root_folder = program_.folder;
            std::string path = config_.folder;
            if (path == root_folder)
                path = ".";
            else if (root_folder.empty()) {
            } else if (path.starts_with(root_folder + "/"))
                path = path.substr(root_folder.size() + 1);
            else {
                // A module beside the root: the way up and down again.
                std::vector<std::string_view> from = split(root_folder, '/'), to = split(path, '/');
                std::size_t common = 0;
                while (common < from.size() && common < to.size() && from[common] == to[common]) ++common;
                path.clear();
                for (std::size_t i = common; i < from.size(); ++i) path += path.empty() ? ".." : "/..";
                for (std::size_t i = common; i < to.size(); ++i) path += (path.empty() ? "" : "/") + std::string(to[i]);
            }
            return Value::string(path);
        }
        if (key == "root") return Value::string(".");
        if (key == "cwd") return Value::string(program_.options.working_directory);
        return missing();
    }
    if (name == "terraform" || name == "tofu") {
        used = 1;
        if (first->name == "workspace") return Value::string(program_.options.inputs.workspace);
        if (first->name == "applying") return Value::boolean(false).with_marks(Value::ephemeral);
        return missing();
    }
    // `each`, `count` and `self` are bound where they exist.
    if (name == "each" || name == "count" || name == "self") return missing();
    std::string key;
    std::size_t taken = 1;
    if (name == "data" || name == "ephemeral" || name == "resource") {
        const hcl::GetAttrExpr* second = name_at(1);
        if (!second) return missing();
        key = (name == "resource" ? "" : std::string(name) + ".") + std::string(first->name) + "." +
              std::string(second->name);
        taken = 2;
    } else {
        key = std::string(name) + "." + std::string(first->name);
    }
    const auto found = config_.resource_index.find(key);
    if (found == config_.resource_index.end()) {
        // Its type and attribute are named all the same: rules may ask what a key or a bucket is.
        const hcl::GetAttrExpr* attribute = name_at(taken);
        return missing().traced(
            make_reference_trace(whole, prefixed(key), attribute ? std::string(attribute->name) : std::string()));
    }
    used = taken;
    return resource_value(config_.resources[found->second], found->second, steps, used, evaluator);
}

// --- what only a plan finds ---

void Module::check_condition(const hcl::Block& block, Evaluator& evaluator, std::string_view summary) {
    const Expr* condition = nullptr;
    const Expr* message = nullptr;
    for (const hcl::Attribute& item : block.body->attributes) {
        if (item.name == "condition") condition = item.value;
        if (item.name == "error_message") message = item.value;
    }
    if (!condition) return;
    const Value value = evaluator.evaluate(*condition);
    if (value.is_unknown()) return;
    const Result converted = convert(value, Type::boolean());
    if (!converted.ok() || value.is_null()) {
        evaluator.fault("Invalid condition result", "Condition expression must return either true or false.",
                        condition->span);
        return;
    }
    if (converted.value().as_bool()) return;
    const Value text = message ? evaluator.evaluate(*message) : Value();
    std::string detail = text.is_string() ? text.as_string() : std::string("The condition does not hold.");
    if (block.type == "assert")
        program_.diagnostics.warning("terraform-check", std::string(summary), std::move(detail), condition->span);
    else
        evaluator.fault(std::string(summary), std::move(detail), condition->span);
}

void Module::check_conditions() {
    Evaluator evaluator(*this, program_.diagnostics, program_.budget);
    for (const auto& [name, config] : config_.variables) {
        variable(name);
        for (const hcl::Block& block : config.block->body->blocks)
            check_condition(block, evaluator, "Invalid value for variable");
    }
    for (const auto& [name, item] : config_.locals) local(name, item.name_span);
    for (std::size_t i = 0; i < config_.resources.size(); ++i) {
        const ResourceConfig& config = config_.resources[i];
        for (const hcl::Block& block : config.body->blocks) {
            if (block.type != "lifecycle") continue;
            const Expansion& how = expansion(i);
            for (std::size_t at = 0; at < resources_[i].instances.size(); ++at) {
                Evaluator there(*this, program_.diagnostics, program_.budget);
                bind_instance(there, how, at);
                const Value& body = instance(i, at).body;
                there.bind("self", body.traced(make_reference_trace(config.block->header, address(config, how, at), {},
                                                                    {body.trace()})));
                for (const hcl::Block& rule : block.body->blocks)
                    check_condition(rule, there, "Resource " + std::string(rule.type) + " failed");
            }
        }
    }
    for (const auto& [name, config] : config_.outputs) {
        output(name, config.block->header);
        for (const hcl::Block& block : config.block->body->blocks)
            check_condition(block, evaluator, "Module output value precondition failed");
    }
    for (const hcl::Block* check : config_.checks) {
        for (const hcl::Block& block : check->body->blocks) {
            if (block.type == "assert") check_condition(block, evaluator, "Check block assertion failed");
        }
    }
    for (const hcl::Block* block : config_.settings) {
        for (const hcl::Attribute& item : block->body->attributes) {
            if (item.name == "required_version" && item.value->kind == Kind::literal_string &&
                !version_satisfies(static_cast<const hcl::StringExpr*>(item.value)->value))
                evaluator.fault("Unsupported Terraform Core version",
                                "This configuration does not support Terraform version 1.11.4, whose rules are "
                                "followed here.",
                                item.name_span);
        }
    }
    for (std::size_t i = 0; i < config_.calls.size(); ++i) {
        for (const auto& child : call(i).instances) child->check_conditions();
    }
}

// --- output ---

void Module::add_block(Graph& graph, std::string type, const std::string& address, const hcl::Block& block,
                       Value body) {
    Resource made;
    made.type = std::move(type);
    made.address = prefixed(address);
    made.platform = "terraform";
    made.body = std::move(body);
    made.header = block.header;
    made.block = block.span;
    made.module_path = path_;
    made.calls = calls;
    made.uncertain = uncertain;
    made.meta = Value::object({});
    graph.add(std::move(made));
}

/// Blocks that are no resources, for the rules that look at them. Types, conditions and references in them are no
/// values and left out.
void Module::emit_declarations(Graph& graph) {
    Evaluator evaluator(*this, program_.diagnostics, program_.budget);
    static constexpr std::array<std::string_view, 4> no_values = {"type", "value", "depends_on",
                                                                  "configuration_aliases"};
    const auto literal_body = [&](const hcl::Body& body, auto&& recurse) -> Value {
        std::vector<Member> members;
        for (const hcl::Attribute& item : body.attributes) {
            if (std::find(no_values.begin(), no_values.end(), item.name) == no_values.end())
                members.push_back({std::string(item.name), evaluator.evaluate(*item.value), item.span});
        }
        std::map<std::string, std::vector<Value>> blocks;
        std::map<std::string, Span> spans;
        for (const hcl::Block& block : body.blocks) {
            if (block.type == "validation" || block.type == "precondition") continue;
            Value value = recurse(*block.body, recurse);
            for (auto label = block.labels.rbegin(); label != block.labels.rend(); ++label)
                value = Value::object({{std::string(label->text), std::move(value), block.span}});
            blocks[std::string(block.type)].push_back(std::move(value));
            spans.emplace(std::string(block.type), block.header);
        }
        for (auto& [type, values] : blocks) members.push_back({type, Value::tuple(std::move(values)), spans[type]});
        return Value::object(std::move(members)).traced(make_trace(Trace::Kind::literal, body.span));
    };
    for (const hcl::Block* block : config_.settings)
        add_block(graph, "terraform", "terraform", *block, literal_body(*block->body, literal_body));
    for (const auto& [name, config] : config_.variables)
        add_block(graph, "variable", "var." + name, *config.block, literal_body(*config.block->body, literal_body));
    for (const auto& [name, config] : config_.outputs) {
        Value body = literal_body(*config.block->body, literal_body);
        std::vector<Member> members(body.members().begin(), body.members().end());
        for (const hcl::Attribute& item : config.block->body->attributes) {
            if (item.name == "value") members.push_back({"value", output(name, item.span), item.span});
        }
        add_block(graph, "output", "output." + name, *config.block,
                  Value::object(std::move(members)).traced(body.trace()));
    }
}

void Module::emit(Graph& graph, bool declarations) {
    if (declarations) emit_declarations(graph);
    Evaluator evaluator(*this, program_.diagnostics, program_.budget);
    for (const ProviderConfig& provider : config_.providers) {
        add_block(graph, "provider." + provider.name,
                  "provider." + provider.name + (provider.alias.empty() ? "" : "." + provider.alias), *provider.block,
                  body_value(*provider.block->body, evaluator, false, nullptr));
    }
    for (std::size_t i = 0; i < config_.resources.size(); ++i) {
        const ResourceConfig& config = config_.resources[i];
        const Expansion& how = expansion(i);
        for (std::size_t at = 0; at < resources_[i].instances.size(); ++at) {
            const ResourceNode::Instance& done = instance(i, at);
            Resource made;
            made.type = (config.mode == ResourceConfig::Mode::data        ? "data."
                         : config.mode == ResourceConfig::Mode::ephemeral ? "ephemeral."
                                                                          : "") +
                        config.type;
            made.address = address(config, how, at);
            made.platform = "terraform";
            made.body = done.body;
            made.meta = done.meta;
            made.header = config.block->header;
            made.block = config.block->span;
            made.module_path = path_;
            made.calls = calls;
            made.uncertain = how.kind == Expansion::Kind::unknown ? how.cause : uncertain;
            graph.add(std::move(made));
        }
    }
    for (std::size_t i = 0; i < config_.calls.size(); ++i) {
        const ModuleCallConfig& config = config_.calls[i];
        Resource made;
        made.type = "module";
        made.address = prefixed("module." + config.name);
        made.platform = "terraform";
        std::vector<Member> members;
        for (const hcl::Attribute& item : config.body->attributes) {
            if (std::find(meta_arguments.begin(), meta_arguments.end(), item.name) != meta_arguments.end()) continue;
            const Expansion& how = call(i).expansion;
            Evaluator there(*this, program_.diagnostics, program_.budget);
            // Each instance has its own arguments; the call as a whole shows those of the first.
            if (how.keys.empty() && how.kind != Expansion::Kind::single && how.kind != Expansion::Kind::unknown)
                continue;
            bind_instance(there, how, 0);
            members.push_back({std::string(item.name), there.evaluate(*item.value), item.span});
        }
        made.body = Value::object(std::move(members)).traced(make_trace(Trace::Kind::literal, config.block->header));
        made.header = config.block->header;
        made.block = config.block->span;
        made.module_path = path_;
        made.calls = calls;
        made.meta = Value::object({});
        graph.add(std::move(made));
        // What a module declares is the same for all of its instances.
        bool first = true;
        for (const auto& child : call(i).instances) child->emit(graph, std::exchange(first, false));
    }
}

}  // namespace

void Library::add(const hcl::File& file) {
    folders_->files[std::string(parent_path(file.source->path()))].push_back(&file);
}

const ModuleConfig* Library::module(const std::string& folder) {
    file_system_.depend_on(folder);
    const std::lock_guard lock(folders_->mutex);
    const auto have = folders_->modules.find(folder);
    if (have != folders_->modules.end()) return have->second.get();
    auto config = std::make_unique<ModuleConfig>();
    config->folder = folder;
    std::vector<const hcl::File*> files;
    if (const auto known = folders_->files.find(folder); known != folders_->files.end()) files = known->second;
    // Files of this folder that were not named on the command line are part of the module all the same.
    if (const auto entries = file_system_.list(folder)) {
        for (const auto& entry : *entries) {
            const bool native = entry.name.ends_with(".tf") || entry.name.ends_with(".tofu");
            const bool json = entry.name.ends_with(".tf.json") || entry.name.ends_with(".tofu.json");
            if ((!native && !json) || entry.kind != FileSystem::Kind::file || entry.name.starts_with(".") ||
                entry.name.ends_with("~") || (entry.name.starts_with("#") && entry.name.ends_with("#")))
                continue;
            const std::string path = folder.empty() ? entry.name : folder + "/" + entry.name;
            if (std::any_of(files.begin(), files.end(),
                            [&](const hcl::File* file) { return file->source->path() == path; }))
                continue;
            FileSystem::ReadResult read = file_system_.read(path, max_file);
            if (!read.error.empty()) {
                config->diagnostics.file_error("unreadable", path, "The file cannot be read: " + read.error,
                                               "It is part of a module; what it declares is missing.");
                continue;
            }
            const Source& source = sources_.add(path, std::move(read.text));
            config->owned.push_back(json ? hcl::read_hcl_json(source, config->diagnostics)
                                         : hcl::read_hcl(source, config->diagnostics));
            files.push_back(config->owned.back().get());
        }
    }
    // x.tofu stands in for x.tf.
    std::set<std::string> replaced;
    for (const hcl::File* file : files) {
        const std::string& path = file->source->path();
        for (std::string_view ending : {".tofu", ".tofu.json"}) {
            if (path.ends_with(ending))
                replaced.insert(path.substr(0, path.size() - ending.size()) + ".tf" +
                                (ending == ".tofu" ? "" : ".json"));
        }
    }
    std::erase_if(files, [&](const hcl::File* file) { return replaced.contains(file->source->path()); });
    std::sort(files.begin(), files.end(),
              [](const hcl::File* a, const hcl::File* b) { return a->source->path() < b->source->path(); });
    config->files = std::move(files);
    if (!config->files.empty()) load_module(*config);
    const bool empty = config->files.empty() && config->diagnostics.empty();
    auto& place = folders_->modules[folder];
    if (!empty) place = std::move(config);
    return place.get();
}

/// A root module's output is shown to people: what is sensitive has to be declared so.
static Value root_output(Program& program, const std::string& name, const OutputConfig& config) {
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

ProgramResult evaluate_program(Library& library, const std::string& folder, const ProgramOptions& options) {
    ProgramResult result;
    Program program(library, folder, options);
    if (!program.start()) return result;
    program.import_id("");
    program.root->emit(result.root.graph);
    for (const auto& [name, config] : program.root->config().outputs)
        result.outputs.push_back({name, root_output(program, name, config)});
    if (options.strict) program.root->check_conditions();
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
        const Expr* expr = hcl::read_expression(source, program.arena, faults);
        Value value;
        if (expr) {
            ReferenceChecker(program.root->config(), faults).check(*expr, {});
            value = Evaluator(*program.root, faults, program.budget).evaluate(*expr);
        }
        visit(i, value, faults);
    }
}

}  // namespace plumbline::terraform
