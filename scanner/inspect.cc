#include "scanner/inspect.h"

#include <algorithm>

#include "parsers/json/json_reader.h"
#include "parsers/terraform/program.h"
#include "scanner/discover.h"
#include "scanner/model/text.h"
#include "scanner/pipeline.h"
#include "scanner/workers.h"

namespace plumbline {
namespace {

/// JSON text; everything outside of ASCII's printable part that a terminal could mind is escaped.
void write_string(std::string_view text, std::ostream& out) {
    static constexpr char digits[] = "0123456789abcdef";
    out << '"';
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\')
            out << '\\' << c;
        else if (byte < 0x20 || byte == 0x7f)
            out << "\\u00" << digits[byte >> 4] << digits[byte & 15];
        else
            out << c;
    }
    out << '"';
}

/// Recursion ends where the readers' and the evaluator's own limits on nesting do.
void write_value(const Value& value, std::ostream& out) {
    switch (value.kind()) {
        case Value::Kind::null:
            out << "null";
            return;
        case Value::Kind::boolean:
            out << (value.as_bool() ? "true" : "false");
            return;
        case Value::Kind::number:
            // JSON has no infinity.
            if (value.as_number().is_infinite())
                out << (value.as_number().is_negative() ? "\"-Infinity\"" : "\"Infinity\"");
            else
                out << value.as_number().to_string();
            return;
        case Value::Kind::string:
            write_string(value.as_string(), out);
            return;
        case Value::Kind::unknown: {
            out << "{\"__unknown__\":true,\"why\":";
            const CauseRef& cause = value.as_unknown().cause;
            write_string(cause ? cause->why : "not known before apply", out);
            out << '}';
            return;
        }
        case Value::Kind::list:
        case Value::Kind::set:
        case Value::Kind::tuple: {
            out << '[';
            bool first = true;
            for (const Value& item : value.elements()) {
                if (!first) out << ',';
                first = false;
                write_value(item, out);
            }
            out << ']';
            return;
        }
        case Value::Kind::map:
        case Value::Kind::object: {
            out << '{';
            bool first = true;
            for (const Member& member : value.members()) {
                if (!first) out << ',';
                first = false;
                write_string(member.name, out);
                out << ':';
                write_value(member.value, out);
            }
            out << '}';
            return;
        }
    }
}

/// The way from one folder to a path, both relative to the same root.
std::string relative_path(std::string_view folder, const std::string& path) {
    if (folder.empty()) return path;
    if (path.starts_with(std::string(folder) + "/")) return path.substr(folder.size() + 1);
    const auto from = split(folder, '/'), to = split(path, '/');
    std::size_t common = 0;
    while (common < from.size() && common + 1 < to.size() && from[common] == to[common]) ++common;
    std::string out;
    for (std::size_t i = common; i < from.size(); ++i) out += "../";
    for (std::size_t i = common; i < to.size(); ++i) out += (i == common ? "" : "/") + std::string(to[i]);
    return out;
}

class Inspector {
  public:
    Inspector(const InspectOptions& options, const FileSystem& file_system, std::ostream& out, std::ostream& err)
        : options_(options), file_system_(file_system), library_(file_system, sources_), out_(out), err_(err) {
        program_.inputs = options.inputs;
        program_.strict = true;
        program_.working_directory = options.working_directory;
    }

    int module() {
        const terraform::ProgramResult result = terraform::evaluate_program(library_, options_.path, program_);
        out_ << "{\"resources\":[";
        bool first = true;
        for (const Resource& resource : result.root.graph.resources()) write_resource(resource, first);
        out_ << "],\"outputs\":{";
        first = true;
        for (const terraform::Output& output : result.outputs) {
            if (!first) out_ << ',';
            first = false;
            write_output(output.name, output.value);
        }
        out_ << "},\"diagnostics\":[";
        first = true;
        for (const Diagnostic& item : result.root.diagnostics.items()) write_diagnostic(item, first);
        out_ << "]}\n";
        return result.refused ? 2 : 0;
    }

    bool is_terraform() { return library_.module(options_.path) != nullptr; }

    /// A folder without Terraform: what every other parser makes of it, as a scan sees it.
    int folder() {
        Diagnostics diagnostics;
        Coverage coverage;
        const Work work{file_system_, sources_, diagnostics, coverage};
        const ParsedFiles parsed =
            parse(work, read(work, discover(file_system_, {options_.path}, {}, diagnostics)), {});
        const std::vector<Root> roots = group(work, parsed);
        std::vector<std::pair<std::string, Value>> outputs;
        bool first = true;
        out_ << "{\"resources\":[";
        evaluate(work, roots, {Environment{{}, options_.inputs, {}}}, [&](std::size_t, RootResult& result) {
            for (const Resource& resource : result.graph.resources()) {
                const Member* value = resource.type == "output" ? resource.body.find("Value") : nullptr;
                if (value)
                    outputs.emplace_back(resource.address.substr(resource.address.rfind('.') + 1), value->value);
                else
                    write_resource(resource, first);
            }
            diagnostics.append(std::move(result.diagnostics));
        });
        out_ << "],\"outputs\":{";
        for (std::size_t i = 0; i < outputs.size(); ++i) {
            out_ << (i ? "," : "");
            write_output(outputs[i].first, outputs[i].second);
        }
        out_ << "},\"diagnostics\":[";
        first = true;
        for (const Diagnostic& item : diagnostics.items()) write_diagnostic(item, first);
        out_ << "]}\n";
        return diagnostics.has_errors() ? 2 : 0;
    }

    int expressions() {
        std::vector<std::string> texts;
        std::vector<Value> ids;
        Diagnostics faults;
        for (const std::string_view line : split(*options_.expressions, '\n')) {
            if (trim(line).empty()) continue;
            const auto record = read_json(sources_.add("<expressions>", std::string(line)), faults);
            const Member* expr = record ? record->find("expr") : nullptr;
            const Member* id = record ? record->find("id") : nullptr;
            if (!expr || !expr->value.is_string() || !id) {
                err_ << "error: line " << texts.size() + 1
                     << " of the expressions is no JSON object with \"id\" and a text \"expr\"\n";
                return 2;
            }
            texts.push_back(expr->value.as_string());
            ids.push_back(id->value);
        }
        terraform::evaluate_expressions(library_, options_.path, program_, texts,
                                        [&](std::size_t i, const Value& value, const Diagnostics& diagnostics) {
                                            write_answer(ids[i], value, diagnostics);
                                        });
        return 0;
    }

  private:
    void write_answer(const Value& id, const Value& value, const Diagnostics& diagnostics) {
        out_ << "{\"id\":";
        write_value(id, out_);
        const auto fault = std::find_if(diagnostics.items().begin(), diagnostics.items().end(),
                                        [](const Diagnostic& item) { return item.level == Level::error; });
        if (fault != diagnostics.items().end()) {
            out_ << ",\"error\":";
            write_string(fault->detail.empty() ? fault->summary : fault->summary + ": " + fault->detail, out_);
        } else {
            out_ << ",\"value\":";
            write_value(value, out_);
            out_ << ",\"type\":";
            write_string(value.type().to_string(), out_);
        }
        out_ << "}\n";
    }

    void write_output(std::string_view name, const Value& value) {
        write_string(name, out_);
        out_ << ":{\"value\":";
        write_value(value, out_);
        out_ << ",\"type\":";
        write_string(value.type().to_string(), out_);
        out_ << '}';
    }

    void write_resource(const Resource& resource, bool& first) {
        // What is no managed resource has its kind before the type; a module call has no type at all.
        std::string_view mode = "managed", type = resource.type;
        for (const std::string_view prefix :
             {"data", "ephemeral", "provider", "module", "variable", "output", "terraform"}) {
            if (!type.starts_with(prefix) || (type.size() > prefix.size() && type[prefix.size()] != '.')) continue;
            mode = prefix;
            type.remove_prefix(std::min(type.size(), prefix.size() + 1));
            break;
        }
        if (!first) out_ << ',';
        first = false;
        out_ << "\n{\"address\":";
        write_string(resource.address, out_);
        out_ << ",\"mode\":\"" << mode << "\",\"type\":";
        write_string(type, out_);
        out_ << ",\"file\":";
        write_string(relative_path(options_.path, sources_.get(resource.block.source).path()), out_);
        out_ << ",\"start_line\":" << sources_.begin_of(resource.block).line
             << ",\"end_line\":" << sources_.end_of(resource.block).line << ",\"values\":";
        write_value(resource.body, out_);
        out_ << '}';
    }

    void write_diagnostic(const Diagnostic& item, bool& first) {
        static constexpr std::string_view names[] = {"note", "warning", "error"};
        if (!first) out_ << ',';
        first = false;
        out_ << "\n{\"severity\":\"" << names[static_cast<std::size_t>(item.level)] << "\",\"summary\":";
        write_string(item.summary, out_);
        out_ << ",\"detail\":";
        write_string(item.detail, out_);
        if (item.subject.valid()) {
            const LineCol at = sources_.begin_of(item.subject);
            out_ << ",\"file\":";
            write_string(relative_path(options_.path, sources_.get(item.subject.source).path()), out_);
            out_ << ",\"line\":" << at.line << ",\"column\":" << at.column;
        } else if (!item.path.empty()) {
            out_ << ",\"file\":";
            write_string(relative_path(options_.path, item.path), out_);
        }
        out_ << '}';
    }

    const InspectOptions& options_;
    const FileSystem& file_system_;
    SourceSet sources_;
    terraform::Library library_;
    terraform::ProgramOptions program_;
    std::ostream& out_;
    std::ostream& err_;
};

}  // namespace

int inspect(const InspectOptions& options, const FileSystem& file_system, std::ostream& out, std::ostream& err) {
    if (options.format != "json") {
        err << "error: inspect cannot print " << quoted(options.format) << "; --format json is what it has\n";
        return 2;
    }
    int code = 0;
    // On a worker, for its stack: evaluation recurses as deep as the input nests.
    in_parallel(1, 1, [&](std::size_t) {
        Inspector inspector(options, file_system, out, err);
        code = options.expressions        ? inspector.expressions()
               : inspector.is_terraform() ? inspector.module()
                                          : inspector.folder();
    });
    return code;
}

}  // namespace plumbline
