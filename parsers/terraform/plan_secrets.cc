#include "parsers/terraform/plan_secrets.h"

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <vector>

#include "parsers/json/json_reader.h"

namespace plumbline::terraform {
namespace {

/// Every value below one, itself first.
void each_value(const Value& value, const auto& visit) {
    visit(value);
    for (const Value& item : value.elements()) each_value(item, visit);
    for (const Member& member : value.members()) each_value(member.value, visit);
}

const Value* member_of(const Value& object, std::string_view name) {
    const Member* found = object.find(name);
    return found ? &found->value : nullptr;
}

bool is_true(const Value* value) {
    return value && value->is_bool() && value->as_bool();
}

class Secrets {
  public:
    explicit Secrets(const Value& document) {
        each_value(document, [&](const Value& value) { look_at(value); });
        look_at_variables(document);
    }
    bool empty() const { return texts_.empty() && numbers_.empty(); }

    /// The source's text with all of them masked.
    std::string masked(std::string_view text, const Value& document) const {
        std::string out(text);
        for (const Span place : numbers_) {
            for (std::uint32_t at = place.begin; at < place.end; ++at)
                if (out[at] >= '0' && out[at] <= '9') out[at] = '9';
        }
        each_value(document, [&](const Value& value) {
            if (!value.is_string() || !texts_.contains(value.as_string())) return;
            const Span place = value.origin();
            if (place.end - place.begin < 2 || place.end > out.size()) return;
            std::fill(out.begin() + place.begin + 1, out.begin() + place.end - 1, '*');  // inside of the quotes
        });
        return out;
    }

  private:
    /// Plans mark values by a twin of the same shape, outputs by a flag.
    void look_at(const Value& value) {
        static constexpr std::array<std::array<std::string_view, 2>, 3> twins = {
            {{"after", "after_sensitive"}, {"before", "before_sensitive"}, {"values", "sensitive_values"}}};
        for (const auto& [name, marks] : twins) {
            const Value* marked = member_of(value, marks);
            const Value* data = marked ? member_of(value, name) : nullptr;
            if (data) take_marked(*data, *marked);
        }
        if (!is_true(member_of(value, "sensitive"))) return;
        for (const std::string_view name : {"value", "default"}) {
            if (const Value* data = member_of(value, name)) take(*data);
        }
    }

    /// Values of variables stand apart from their declarations.
    void look_at_variables(const Value& document) {
        const Value* given = member_of(document, "variables");
        const Value* configuration = member_of(document, "configuration");
        const Value* root = configuration ? member_of(*configuration, "root_module") : nullptr;
        const Value* declared = root ? member_of(*root, "variables") : nullptr;
        if (!given || !declared) return;
        for (const Member& variable : declared->members()) {
            if (!is_true(member_of(variable.value, "sensitive"))) continue;
            if (const Value* value = member_of(*given, variable.name)) take(*value);
        }
    }

    void take_marked(const Value& data, const Value& marks) {
        if (is_true(&marks)) return take(data);
        for (const Member& mark : marks.members()) {
            if (const Value* inner = member_of(data, mark.name)) take_marked(*inner, mark.value);
        }
        for (std::size_t i = 0; i < std::min(data.elements().size(), marks.elements().size()); ++i)
            take_marked(data.elements()[i], marks.elements()[i]);
    }

    void take(const Value& data) {
        each_value(data, [&](const Value& value) {
            if (value.is_string() && !value.as_string().empty()) texts_.insert(value.as_string());
            if (value.is_number()) numbers_.push_back(value.origin());
        });
    }

    std::set<std::string, std::less<>> texts_;
    std::vector<Span> numbers_;
};

/// The places of one document with the values of another of the same shape.
Value with_values(const Value& shown, const Value& values) {
    if (shown.is_mapping() && shown.members().size() == values.members().size()) {
        std::vector<Member> members(shown.members().begin(), shown.members().end());
        for (std::size_t i = 0; i < members.size(); ++i)
            members[i].value = with_values(members[i].value, values.members()[i].value);
        return Value::object(std::move(members)).traced(shown.trace());
    }
    if (shown.is_sequence() && shown.elements().size() == values.elements().size()) {
        std::vector<Value> items;
        items.reserve(shown.elements().size());
        for (std::size_t i = 0; i < shown.elements().size(); ++i)
            items.push_back(with_values(shown.elements()[i], values.elements()[i]));
        return Value::tuple(std::move(items)).traced(shown.trace());
    }
    return values.traced(shown.trace());
}

}  // namespace

Value with_secrets_masked(const Source& source, const Value& document, SourceSet& sources) {
    const Secrets secrets(document);
    if (secrets.empty()) return document;
    const Source& shown = sources.add(source.path(), secrets.masked(source.text(), document));
    Diagnostics muted;  // it was read once already
    const auto again = read_json(shown, muted);
    return again ? with_values(*again, document) : document;
}

}  // namespace plumbline::terraform
