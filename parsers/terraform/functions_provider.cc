#include <utf8proc.h>

#include <algorithm>

#include "parsers/terraform/evaluate.h"
#include "parsers/terraform/function_values.h"
#include "scanner/model/source.h"

// The functions of the provider that is built into Terraform: values as HCL writes them, and back.
namespace plumbline::terraform {
namespace {

/// Whether Go's unicode.IsPrint holds: letters, marks, numbers, punctuation, symbols and the ASCII space.
bool is_printable(utf8proc_int32_t code) {
    switch (utf8proc_category(code)) {
        case UTF8PROC_CATEGORY_CN:
        case UTF8PROC_CATEGORY_CC:
        case UTF8PROC_CATEGORY_CF:
        case UTF8PROC_CATEGORY_CS:
        case UTF8PROC_CATEGORY_CO:
        case UTF8PROC_CATEGORY_ZL:
        case UTF8PROC_CATEGORY_ZP:
            return false;
        case UTF8PROC_CATEGORY_ZS:
            return code == ' ';
        default:
            return true;
    }
}

void write_code(utf8proc_int32_t code, std::string& out) {
    static constexpr char digits[] = "0123456789abcdef";
    const int size = code < 0x10000 ? 4 : 8;
    out += size == 4 ? "\\u" : "\\U";
    for (int i = size; i-- > 0;) out += digits[(code >> (4 * i)) & 15];
}

/// A quoted text (hclwrite's escapeQuotedStringLit).
void write_string(const std::string& s, std::string& out) {
    out += '"';
    for (std::size_t i = 0; i < s.size();) {
        utf8proc_int32_t code = 0;
        const auto size =
            std::max<utf8proc_ssize_t>(1, utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(s.data() + i),
                                                           static_cast<utf8proc_ssize_t>(s.size() - i), &code));
        const char c = s[i];
        if (c == '\n')
            out += "\\n";
        else if (c == '\r')
            out += "\\r";
        else if (c == '\t')
            out += "\\t";
        else if (c == '"' || c == '\\')
            out += {'\\', c};
        else if ((c == '$' || c == '%') && i + 1 < s.size() && s[i + 1] == '{')
            out += {c, c};
        else if (!is_printable(code))
            write_code(code, out);
        else
            out.append(s, i, static_cast<std::size_t>(size));
        i += static_cast<std::size_t>(size);
    }
    out += '"';
}

/// Lines as hclwrite formats them: `=` aligned among neighbouring lines whose value ends on the line, two blanks for
/// each line that opens brackets and does not close them.
class Writer {
  public:
    void attribute(const std::string& name, const Value& value) {
        item(name, value);
        end_line();
    }
    void value(const Value& value) {
        switch (value.kind()) {
            case Value::Kind::null:
                line_.text += "null";
                return;
            case Value::Kind::boolean:
                line_.text += value.as_bool() ? "true" : "false";
                return;
            case Value::Kind::number:
                line_.text += value.as_number().to_string();
                return;
            case Value::Kind::string:
                write_string(value.as_string(), line_.text);
                return;
            default:
                break;
        }
        if (value.is_sequence()) {
            open('[');
            for (std::size_t i = 0; i < value.elements().size(); ++i) {
                if (i > 0) line_.text += ", ";
                this->value(value.elements()[i]);
            }
            return close(']');
        }
        open('{');
        if (!value.members().empty()) end_line();
        for (const Member& member : value.members()) {
            std::string name;
            if (hcl::is_identifier(member.name))
                name = member.name;
            else
                write_string(member.name, name);
            item(name, member.value);
            end_line();
        }
        close('}');
    }
    std::string take() {
        end_line();
        std::string out;
        for (std::size_t i = 0; i < lines_.size();) {
            std::size_t end = i;
            std::size_t width = 0;
            for (; end < lines_.size() && lines_[end].aligned(); ++end)
                width = std::max(width, grapheme_starts(lines_[end].name).size() - 1);
            if (end == i) end = i + 1;
            for (; i < end; ++i) print(lines_[i], width, out);
        }
        return out;
    }

  private:
    struct Line {
        std::string name, text;  // text is what follows the name's `=`
        int brackets = 0;        // opened less closed
        bool aligned() const { return !name.empty() && brackets == 0; }
    };

    void item(const std::string& name, const Value& value) {
        line_.name = name;
        this->value(value);
    }
    void open(char bracket) {
        line_.text += bracket;
        ++line_.brackets;
    }
    void close(char bracket) {
        line_.text += bracket;
        --line_.brackets;
    }
    void end_line() {
        if (line_.name.empty() && line_.text.empty()) return;
        lines_.push_back(std::move(line_));
        line_ = {};
    }

    void print(const Line& line, std::size_t width, std::string& out) {
        if (line.brackets < 0) close_levels(-line.brackets);
        out.append(2 * levels_.size(), ' ');
        if (line.brackets > 0) levels_.push_back(line.brackets);
        if (!line.name.empty()) {
            out += line.name;
            const std::size_t size = grapheme_starts(line.name).size() - 1;
            if (width > size) out.append(width - size, ' ');
            out += " = ";
        }
        out += line.text + '\n';
    }
    void close_levels(int closed) {
        while (closed > 0 && !levels_.empty()) {
            const int taken = std::min(closed, levels_.back());
            levels_.back() -= taken;
            closed -= taken;
            if (levels_.back() == 0) levels_.pop_back();
        }
    }

    std::vector<Line> lines_;
    Line line_;
    std::vector<int> levels_;  // brackets of the lines that are open
};

Result encode_tfvars(Arguments& a, const Context&) {
    if (!a[0].is_mapping())
        return fail(
            "invalid value to encode: must be an object whose attribute names will become the encoded variable names",
            0);
    Writer writer;
    for (const Member& member : a[0].members()) {
        if (!hcl::is_identifier(member.name))
            return fail("invalid variable name \"" + member.name +
                            "\": must be a valid identifier, per Terraform's rules for input variable declarations",
                        0);
        writer.attribute(member.name, member.value);
    }
    return text(writer.take());
}

/// What is known of the text when the value is not: how it begins.
Value unknown_expression(const Value& value) {
    Refinement known = not_null();
    const Type type = value.type();
    const bool may_be_null = value.is_unknown() && !value.as_unknown().refinement.not_null;
    if (!may_be_null && !type.is_dynamic()) {
        if (type == Type::string()) known.prefix = "\"";
        using Kind = Type::Kind;
        if (type.kind() == Kind::object || type.kind() == Kind::map) known.prefix = "{";
        if (type.kind() == Kind::tuple || type.kind() == Kind::list || type.kind() == Kind::set) known.prefix = "[";
    }
    return unknown_because(Type::string(), {&value, 1}, std::move(known));
}

Result encode_expr(Arguments& a, const Context&) {
    if (!a[0].is_wholly_known()) return unknown_expression(a[0]);
    Writer writer;
    writer.value(a[0]);
    std::string out = writer.take();
    out.pop_back();  // the line end
    return text(std::move(out));
}

Result decode_tfvars(Arguments& a, const Context&) {
    const Source source(SourceId{0}, "", str(a[0]));
    Diagnostics faults;
    const auto file = hcl::read_hcl(source, faults);
    const auto first = [&] { return faults.items().front().summary + "; " + faults.items().front().detail; };
    if (faults.has_errors()) return fail("invalid tfvars syntax: <decode_tfvars argument>: " + first(), 0);
    if (!file->body->blocks.empty())
        return fail("invalid tfvars content: <decode_tfvars argument>: Unexpected block; Blocks are not allowed here.",
                    0);
    std::vector<Member> members;
    Budget budget;
    for (const hcl::Attribute& item : file->body->attributes) {
        const Value value = evaluate_literal(*item.value, faults, budget);
        if (faults.has_errors())
            return fail("invalid expression for variable \"" + std::string(item.name) +
                            "\": <decode_tfvars argument>: " + first(),
                        0);
        members.push_back({std::string(item.name), without_places(value), {}});
    }
    return Value::object(std::move(members));
}

}  // namespace

std::span<const Function> provider_functions() {
    static const std::vector<Function> functions = {
        {"provider::terraform::encode_tfvars",
         {{Type(), false, false}},
         false,
         {},
         Type::string(),
         encode_tfvars,
         true},
        {"provider::terraform::decode_tfvars", {string_parameter}, false, {}, Type(), decode_tfvars},
        {"provider::terraform::encode_expr", {{Type(), true, true}}, false, {}, Type::string(), encode_expr},
    };
    return functions;
}

}  // namespace plumbline::terraform
