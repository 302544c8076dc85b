#include "parsers/terraform/input_variables.h"

#include <algorithm>
#include <optional>

#include "parsers/json/json_reader.h"

namespace plumbline::terraform {
namespace {

constexpr std::uint64_t max_file = 16U << 20;

class Reader {
  public:
    Reader(const Library& library, const ModuleConfig& config, const ProgramOptions& options, Diagnostics& diagnostics,
           Budget& budget)
        : library_(library), config_(config), options_(options), diagnostics_(diagnostics), budget_(budget) {}

    void environment() {
        for (const auto& [name, text] : options_.inputs.environment)
            give_text(name, text, make_trace(Trace::Kind::environment, {}, "TF_VAR_" + name));
    }

    void usual_files() {
        std::vector<std::string> names = {"terraform.tfvars", "terraform.tfvars.json"};
        std::vector<std::string> automatic;
        if (const auto entries = files().list(config_.folder)) {
            for (const auto& entry : *entries) {
                if (entry.name.ends_with(".auto.tfvars") || entry.name.ends_with(".auto.tfvars.json"))
                    automatic.push_back(entry.name);
            }
        }
        std::sort(automatic.begin(), automatic.end());
        names.insert(names.end(), automatic.begin(), automatic.end());
        for (const std::string& name : names) {
            const std::string path = config_.folder.empty() ? name : config_.folder + "/" + name;
            if (files().exists(path)) file(path, false);
        }
    }

    void command_line() {
        for (const Inputs::Assignment& item : options_.inputs.assignments) {
            if (item.kind == Inputs::Assignment::Kind::variable_file) {
                const auto beside = join_path(config_.folder, item.text);
                file(beside && files().exists(*beside) ? *beside : item.text, true);
            } else if (config_.variables.contains(item.name)) {
                give_text(item.name, item.text, make_trace(Trace::Kind::command_line, {}, "--var " + item.name));
            } else if (options_.strict) {
                diagnostics_.error("terraform-variable", "Value for undeclared variable",
                                   "A variable named \"" + item.name +
                                       "\" was assigned on the command line, but the root module does not declare a "
                                       "variable of that name.",
                                   {});
            }
        }
    }

    std::map<std::string, GivenValue> given;

  private:
    const FileSystem& files() const { return library_.file_system(); }

    void give_text(const std::string& name, const std::string& text, TraceRef trace) {
        if (!config_.variables.contains(name)) return;
        GivenValue made;
        made.text = text;
        made.is_text = true;
        made.trace = std::move(trace);
        given[name] = std::move(made);
    }

    void give(const std::string& name, const Value& value, Span span) {
        if (!config_.variables.contains(name)) return;
        GivenValue made;
        made.value = value;
        made.trace = make_trace(Trace::Kind::variable_file, span, "var." + name, {value.trace()});
        made.span = span;
        given[name] = std::move(made);
    }

    void file(const std::string& path, bool required) {
        FileSystem::ReadResult read = files().read(path, max_file);
        if (!read.error.empty()) {
            if (required)
                diagnostics_.file_error("unreadable", path, "The variable file cannot be read: " + read.error,
                                        "Check --var-file.");
            return;
        }
        const Source& source = library_.sources().add(path, std::move(read.text));
        if (path.ends_with(".json"))
            json_file(source);
        else
            native_file(source);
    }

    void json_file(const Source& source) {
        const auto json = read_json(source, diagnostics_);
        if (!json) return;
        for (const Member& member : json->members()) give(member.name, member.value, member.span);
    }

    void native_file(const Source& source) {
        // Values are copies: the tree may go.
        const auto parsed = hcl::read_hcl(source, diagnostics_);
        for (const hcl::Block& block : parsed->body->blocks)
            diagnostics_.error("terraform-variable", "Unexpected block", "Blocks are not allowed in a variable file.",
                               block.header);
        for (const hcl::Attribute& item : parsed->body->attributes)
            give(std::string(item.name), evaluate_literal(*item.value, diagnostics_, budget_), item.span);
    }

    const Library& library_;
    const ModuleConfig& config_;
    const ProgramOptions& options_;
    Diagnostics& diagnostics_;
    Budget& budget_;
};

}  // namespace

std::map<std::string, GivenValue> read_input_variables(const Library& library, const ModuleConfig& config,
                                                       const ProgramOptions& options, Diagnostics& diagnostics,
                                                       Budget& budget) {
    Reader reader(library, config, options, diagnostics, budget);
    reader.environment();
    reader.usual_files();
    reader.command_line();
    return std::move(reader.given);
}

}  // namespace plumbline::terraform
