#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/cloudformation/intrinsics.h"
#include "parsers/cloudformation/sam.h"
#include "parsers/cloudformation/template.h"
#include "parsers/parser.h"

namespace plumbline::cloudformation {

// Functions, lists and mappings in one another, and attributes read through other resources' attributes. Hand-written
// templates stay below 40; each level takes some 1.5 KB of stack.
constexpr std::size_t max_depth = 400;
// Pieces evaluated for one root. The largest template CloudFormation takes (1 MB) has some 100,000; loops, branches and
// nested stacks repeat them.
constexpr std::size_t max_steps = 3'000'000;

using TemplateFiles = std::map<std::string, const TemplateFile*, std::less<>>;

/// What the stacks of one root share: where they read from, what they report to, what they may still use up.
class Evaluation {
  public:
    Evaluation(const Inputs& inputs_in, const FileSystem& file_system_in, SourceSet& sources_in,
               const TemplateFiles& files_in, RootResult& result_in)
        : inputs(inputs_in), file_system(file_system_in), sources(sources_in), files(files_in), result(result_in) {}

    /// Reports each fault at a place once: a piece may be evaluated again for each reference to it.
    void error(std::string code, std::string summary, std::string detail, Span span);
    void warning(std::string code, std::string summary, std::string detail, Span span);
    void gap(CoverageGap gap);
    /// A snippet of the tree, read once; null when it is not there (`fault` says why).
    const Value* snippet(const std::string& path, std::string& fault);

    const Inputs& inputs;
    const FileSystem& file_system;
    SourceSet& sources;
    const TemplateFiles& files;
    RootResult& result;
    std::size_t steps = 0;
    std::size_t depth = 0;
    std::size_t stacks = 0;

  private:
    std::set<std::pair<std::string, Span>> seen_;
    std::map<std::string, Value> snippets_;
};

/// One stack: a template with its parameters bound. Everything is evaluated on demand and remembered.
class Stack {
  public:
    /// `arguments` are the parent's values for the parameters (an object); `uncertain` is set where the parent may not
    /// create this stack.
    Stack(Evaluation& evaluation, const TemplateFile& file, std::string prefix, const Stack* parent, Value arguments,
          CauseRef uncertain);
    ~Stack();

    /// Adds every resource, nested stacks included, to the graph.
    void emit();
    /// The value of an output, as a parent reads it.
    Value output(std::string_view name, Span span);

  private:
    /// A condition's truth; without a value `cause` says what is missing.
    struct Truth {
        std::optional<bool> value;
        CauseRef cause;
        TraceRef trace;
        bool holds() const { return value.value_or(false); }
        bool fails() const { return !value.value_or(true); }
    };
    struct Remembered {
        Value value;
        std::size_t chain = 0;   ///< how many resources' attributes were read one through the other to get it
        std::size_t weight = 1;  ///< nodes, counted up to a limit
    };

    // Preparation: loops and includes of whole sections, then SAM.
    void prepare();
    std::vector<Member> expand_section(const Value& section);
    bool too_many(std::size_t members, Span span);
    void expand_loop(const Member& loop, std::vector<Member>& out);
    std::vector<Member> expand_include(const Member& include);
    void note_macros();
    void check_rules();
    void note_rain(const std::string& directive, Span span);

    // Values.
    /// Counts work; true (and a message) when the root has used up what it may.
    bool exhausted(std::size_t steps);
    Value evaluate(const Value& raw);
    Value evaluate_mapping(const Value& raw);
    Value call(const Call& call);
    Value apply(const Call& call);
    Value if_function(const Call& call);
    Value sub(const Call& call);
    Value join(const Call& call, const Value& arguments);
    Value select(const Call& call, const Value& arguments);
    Value split(const Call& call, const Value& arguments);
    Value find_in_map(const Call& call);
    Value cidr_function(const Call& call, const Value& arguments);
    Value ref(const std::string& name, Span span);
    Value get_att(const std::string& id, const std::string& attribute, Span span);
    Value attribute_value(const Definition& definition, const std::string& attribute, Span span);
    Value pseudo_parameter(const std::string& name, Span span);
    Value parameter(const std::string& name);
    Value bind_parameter(const std::string& name, const Member& declared);
    Value convert_parameter(const std::string& name, const std::string& type, const Value& given, Span span);
    Value text_of(const Value& value, Span span);
    Value fault(const Call& call, const std::string& what);

    // Conditions.
    Truth condition(const std::string& name, Span span);
    Truth truth(const Value& raw);
    Truth truth_call(const Call& call);
    Truth truth_of_value(const Value& value, Span span);
    Truth combine(const Call& call, bool is_and);
    Truth member_test(const Call& call);
    /// Takes a condition for true or false, with what follows for the conditions it is made of; returns what to undo.
    std::vector<std::string> assume(const std::string& name, bool value);
    void forget(const std::vector<std::string>& names);

    // Resources.
    void emit_resource(const Definition& definition);
    void emit_declarations();
    Value meta_of(const Definition& definition);
    Stack* child(const Definition& definition);
    const Definition* find_definition(std::string_view id) const;
    std::string address(std::string_view id) const { return prefix_ + std::string(id); }

    Evaluation& evaluation_;
    const TemplateFile& file_;
    std::string prefix_;
    const Stack* parent_;
    Value arguments_;
    CauseRef uncertain_;

    std::vector<Definition> definitions_;
    std::map<std::string, std::size_t, std::less<>> by_id_;
    std::map<std::string, std::string, std::less<>> sam_names_;
    std::map<std::string, Member, std::less<>> parameters_, conditions_, outputs_, mappings_;
    /// A macro that is not known may add anything: names that lead nowhere are then no faults.
    bool opaque_ = false;

    std::map<std::string, Value> parameter_values_;
    std::map<std::string, Truth> truths_;
    std::set<std::string> open_conditions_;
    std::map<std::string, bool> assumed_;
    std::map<std::string, Remembered> attributes_;
    std::set<std::string> open_attributes_;
    std::map<std::string, std::unique_ptr<Stack>, std::less<>> children_;
    std::size_t chain_ = 0;  ///< longest chain read while the present value was made
    bool including_ = false;
};

}  // namespace plumbline::cloudformation
