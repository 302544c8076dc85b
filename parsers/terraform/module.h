#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "parsers/terraform/expansion.h"
#include "parsers/terraform/input_variables.h"
#include "parsers/terraform/program.h"

/// The inside of program.h: a root module in evaluation. Everything is evaluated when it is first asked for, once; what
/// asks for itself on the way is a cycle.
namespace plumbline::terraform {

class Module;

/// What the modules of one root share.
struct Program {
    Program(Library& folders, std::string root_folder, const ProgramOptions& given_options);
    ~Program();

    /// Reads what the root module is given and makes `root`. False when the folder has no Terraform files.
    bool start();
    /// Takes in a module's own diagnostics, once however often it is called.
    void report(const ModuleConfig& config);
    /// Whether so many more instances of resources and modules may be made; reports the first time when not.
    bool may_make(std::size_t instances, Span place);
    /// The id that an import block gives to the instance at `address`; null when there is none.
    Value import_id(const std::string& address);

    Library& library;
    std::string folder;
    const ProgramOptions& options;
    Diagnostics diagnostics;
    Budget budget;
    std::vector<CoverageGap> gaps;
    hcl::Arena arena;
    std::unique_ptr<FunctionContext> functions;
    std::map<std::string, GivenValue> given;
    /// Key of a module call (names joined by dots) -> the folder that `terraform init` fetched it to.
    std::map<std::string, std::string> installed;
    std::unique_ptr<Module> root;
    /// Every module that was reported, in the order they were met.
    std::vector<const ModuleConfig*> taking_part;

  private:
    std::set<const ModuleConfig*> reported_;
    std::size_t instances_ = 0;
    bool imports_read_ = false;
    std::map<std::string, Value> imports_;  // by the target's address
};

/// The ids that import blocks give, by the address of their target.
std::map<std::string, Value> read_imports(Module& root);

/// One module instance.
class Module : public Scope {
  public:
    /// `call` and `parent` are null for the root.
    Module(Program& program, const ModuleConfig& config, Module* parent, const ModuleCallConfig* call, std::string path,
           int depth);

    Value reference(const hcl::VariableExpr& root, std::span<const hcl::Expr* const> steps, std::size_t& used,
                    Evaluator& evaluator) override;
    const FunctionContext* functions() override { return program_.functions.get(); }
    bool requires_provider(std::string_view name) const override;

    Value output(const std::string& name, Span use);
    /// What only a plan finds: conditions of variables, resources, outputs and checks, of this and all modules below.
    void check_conditions();
    /// Every resource, module and output of this and all modules below, in the order they are declared.
    void emit(Graph& graph, bool declarations = true);

    Program& program() { return program_; }
    const ModuleConfig& config() const { return config_; }
    /// An evaluator in this module's scope.
    Evaluator evaluator() { return Evaluator(*this, program_.diagnostics, program_.budget); }

  private:
    enum class State : std::uint8_t { none, busy, done };

    struct Binding {
        State state = State::none;
        Value value;
    };
    struct Instance {
        State state = State::none;
        Value body, meta;
    };
    struct Resources {
        State state = State::none;  // of the expansion
        Expansion expansion;
        std::vector<Instance> instances;
    };
    struct Call {
        State state = State::none;
        Expansion expansion;
        const ModuleConfig* config = nullptr;
        std::string missing;  // why there is no config
        std::vector<std::unique_ptr<Module>> instances;
    };
    using Steps = std::span<const hcl::Expr* const>;

    // module_values.cc
    Value variable(const std::string& name);
    Value local(const std::string& name, Span use);
    struct Argument {
        bool given = false;
        Value value;
        TraceRef trace;
        Span span;
    };
    Value variable_value(const std::string& name, const VariableConfig& config);
    Argument from_user(const std::string& name, const VariableConfig& config);
    Argument from_call(const std::string& name);
    Value missing_variable(const std::string& name, const VariableConfig& config);
    Value fit_to_variable(const std::string& name, const VariableConfig& config, Argument argument);
    template <class Make>
    Value once(std::map<std::string, Binding>& bindings, const std::string& name, std::string_view kind, Span use,
               const Make& make);
    void cycle(const std::string& what, Span use);

    // module_names.cc
    Value path_value(std::string_view name) const;
    std::string path_from_root() const;

    // module_resources.cc
    const Expansion& expansion(std::size_t resource);
    Expansion expanded(const hcl::Body& body, const hcl::Expr* count, const hcl::Expr* for_each,
                       const std::string& what);
    const Instance& instance(std::size_t resource, std::size_t at);
    Value instance_value(std::size_t resource, std::size_t at, Span use);
    Value resource_value(std::size_t resource, Steps steps, std::size_t& used, Evaluator& evaluator);
    Value keyed_resource(std::size_t resource, const hcl::IndexExpr& step, const Value& key, Span use,
                         Evaluator& evaluator);
    Value default_tags(std::string_view provider);
    Value evaluate_default_tags(std::string_view provider);
    std::string address(const ResourceConfig& config, const Expansion& expansion, std::size_t at) const;

    // module_calls.cc
    Call& call(std::size_t index);
    bool calls_back(const ModuleConfig& called) const;
    void find_config(Call& made, const ModuleCallConfig& config);
    std::string source_of(const ModuleCallConfig& config);
    std::string installed_key(const ModuleCallConfig& config) const;
    void check_arguments(const ModuleCallConfig& config, const ModuleConfig& called);
    void make_instances(Call& made, const ModuleCallConfig& config);
    Value module_value(std::size_t index, Steps steps, std::size_t& used, Evaluator& evaluator);
    static Value outputs_of(Module& child, const std::string& call, Steps steps, std::size_t& used,
                            Evaluator& evaluator);
    void report_unknown(const Expansion& expansion, const std::string& what);

    // module_checks.cc
    void check_condition(const hcl::Block& block, Evaluator& evaluator, std::string_view summary);
    void check_resource_conditions(std::size_t resource);
    void check_version();

    // module_graph.cc
    void emit_declarations(Graph& graph);
    void emit_resources(Graph& graph);
    void emit_call(std::size_t index, Graph& graph);
    void emit_provider(const ProviderConfig& provider, Graph& graph);
    void add_block(Graph& graph, std::string type, const std::string& address, const hcl::Block& block, Value body);

    std::string prefixed(const std::string& name) const { return path_.empty() ? name : path_ + "." + name; }

    Program& program_;
    const ModuleConfig& config_;
    Module* parent_;
    const ModuleCallConfig* call_;
    std::string path_;  // `module.a["x"].module.b`
    int depth_;
    CauseRef uncertain_;                                    // whether this module instance exists at all
    std::shared_ptr<const std::vector<Span>> call_blocks_;  // that lead here
    Value each_, count_;                                    // bound in the call's arguments
    std::map<std::string, Binding> variables_, locals_, outputs_;
    std::vector<Resources> resources_;
    std::vector<Call> calls_;
    std::map<std::string, Value, std::less<>> default_tags_;  // by provider with alias
};

}  // namespace plumbline::terraform
