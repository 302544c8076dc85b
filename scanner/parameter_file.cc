#include "scanner/parameter_file.h"

#include "scanner/model/text.h"

namespace plumbline {
namespace {

using Parameters = std::map<std::string, Inputs::Parameter>;

/// A scalar as it is written, so that `0123` and `1.10` stay as they are.
std::optional<std::string> written(const Value& value, const Source& source) {
    if (value.is_string()) return value.as_string();
    if (!value.is_number() && !value.is_bool()) return std::nullopt;
    const Span span = value.origin();
    return span.valid() ? std::string(source.text().substr(span.begin, span.end - span.begin)) : value.to_text();
}

class Reader {
  public:
    Reader(const Source& source, Parameters& parameters, Diagnostics& diagnostics)
        : source_(source), parameters_(parameters), diagnostics_(diagnostics) {}

    void file(const Value& root) {
        if (root.is_sequence()) {
            for (const Value& item : root.elements()) entry(item);
        } else if (root.is_mapping()) {
            const Member* inner = root.find("Parameters");
            if (inner && !inner->value.is_mapping() && !inner->value.is_sequence()) return fault(inner->span);
            if (inner && inner->value.is_sequence()) return file(inner->value);
            for (const Member& member : (inner ? inner->value : root).members())
                give(member.name, member.value, member.span);
        } else {
            fault(root.origin());
        }
    }

  private:
    void fault(Span span) {
        diagnostics_.error(
            "parameter-file", "This is no value of a parameter",
            "A parameter file is a list of {\"ParameterKey\": NAME, \"ParameterValue\": TEXT}, a list of "
            "\"NAME=TEXT\", a mapping {\"Parameters\": {NAME: TEXT}}, or a mapping {NAME: TEXT}.",
            span.valid() ? span : Span{source_.id(), 0, 0});
    }

    /// A list stands for a CommaDelimitedList; a mapping for what the deployment fills in.
    void give(const std::string& name, const Value& value, Span span) {
        if (value.is_mapping()) {
            parameters_[name] = {std::nullopt, span};
            return;
        }
        std::optional<std::string> text = written(value, source_);
        if (value.is_sequence()) {
            text.emplace();
            for (const Value& item : value.elements()) {
                const std::optional<std::string> part = written(item, source_);
                if (!part) return fault(span);
                if (!text->empty()) *text += ',';
                *text += *part;
            }
        }
        if (!text) return fault(span);
        parameters_[name] = {std::move(*text), span};
    }

    void entry(const Value& item) {
        if (item.is_string()) {
            const std::string& pair = item.as_string();
            const std::size_t equals = pair.find('=');
            if (equals == std::string::npos || equals == 0) return fault(item.origin());
            parameters_[pair.substr(0, equals)] = {pair.substr(equals + 1), item.origin()};
            return;
        }
        const Member* key = item.find("ParameterKey");
        if (!key || !key->value.is_string()) return fault(item.origin());
        const std::string& name = key->value.as_string();
        const Member* previous = item.find("UsePreviousValue");
        const std::optional<std::string> kept = previous ? written(previous->value, source_) : std::nullopt;
        if (kept && lower(*kept) == "true") {
            parameters_[name] = {std::nullopt, item.origin()};
            return;
        }
        const Member* value = item.find("ParameterValue");
        if (!value) return fault(item.origin());
        give(name, value->value, value->span);
    }

    const Source& source_;
    Parameters& parameters_;
    Diagnostics& diagnostics_;
};

}  // namespace

void read_parameter_file(const Document& document, Parameters& parameters, Diagnostics& diagnostics) {
    Reader(*document.source, parameters, diagnostics).file(document.root);
}

}  // namespace plumbline
