#include <iconv.h>
#include <zlib.h>

#include <algorithm>
#include <array>

#include "parsers/json/json_reader.h"
#include "parsers/terraform/encoding.h"
#include "parsers/terraform/function_values.h"
#include "parsers/yaml/yaml_reader.h"
#include "scanner/model/text.h"

namespace plumbline::terraform {
namespace {

// What a few bytes can be made to unpack to has no limit of its own.
constexpr std::size_t max_unpacked = 16U << 20;

void write_json_string(std::string_view s, std::string& out) {
    static constexpr char digits[] = "0123456789abcdef";
    out += '"';
    for (std::size_t i = 0; i < s.size(); ++i) {
        const auto byte = static_cast<unsigned char>(s[i]);
        if (s[i] == '"' || s[i] == '\\') {
            out += '\\';
            out += s[i];
        } else if (s[i] == '\n') {
            out += "\\n";
        } else if (s[i] == '\r') {
            out += "\\r";
        } else if (s[i] == '\t') {
            out += "\\t";
        } else if (byte == 8) {
            out += "\\b";
        } else if (byte == 12) {
            out += "\\f";
        } else if (byte < 0x20 || s[i] == '<' || s[i] == '>' || s[i] == '&') {  // as Go's encoding/json does for HTML
            out += "\\u00";
            out += digits[byte >> 4];
            out += digits[byte & 15];
        } else if (byte == 0xE2 && i + 2 < s.size() && static_cast<unsigned char>(s[i + 1]) == 0x80 &&
                   (static_cast<unsigned char>(s[i + 2]) & 0xFE) == 0xA8) {
            out += static_cast<unsigned char>(s[i + 2]) == 0xA8 ? "\\u2028" : "\\u2029";
            i += 2;
        } else {
            out += s[i];
        }
    }
    out += '"';
}

void write_json(const Value& value, std::string& out) {
    switch (value.kind()) {
        case Value::Kind::null:
        case Value::Kind::unknown:
            out += "null";
            return;
        case Value::Kind::boolean:
            out += value.as_bool() ? "true" : "false";
            return;
        case Value::Kind::number:
            out += value.as_number().to_string();
            return;
        case Value::Kind::string:
            write_json_string(value.as_string(), out);
            return;
        default:
            break;
    }
    bool first = true;
    out += value.is_sequence() ? '[' : '{';
    for (const Value& item : value.elements()) {
        if (!std::exchange(first, false)) out += ',';
        write_json(item, out);
    }
    for (const Member& member : value.members()) {
        if (!std::exchange(first, false)) out += ',';
        write_json_string(member.name, out);
        out += ':';
        write_json(member.value, out);
    }
    out += value.is_sequence() ? ']' : '}';
}

/// `2001-12-14`, `2001-12-14t21:59:43.10-05:00`, `2001-12-14 21:59:43`: go-yaml reads these as times, which print in
/// RFC 3339.
std::optional<std::string> yaml_time(std::string_view s) {
    // A number of one or two digits (the year has four) and the character behind it.
    const auto number = [&](std::size_t digits, int limit) -> std::optional<std::string> {
        std::size_t n = 0;
        while (n < s.size() && n < digits && s[n] >= '0' && s[n] <= '9') ++n;
        if (n == 0 || (digits == 4 && n != 4)) return std::nullopt;
        std::string made((digits == 2 && n == 1) ? "0" : "");
        made += s.substr(0, n);
        s.remove_prefix(n);
        if (digits == 2 && std::stoi(made) > limit) return std::nullopt;
        return made;
    };
    const auto skip = [&](std::string_view any_of) {
        if (s.empty() || any_of.find(s[0]) == std::string_view::npos) return false;
        s.remove_prefix(1);
        return true;
    };
    std::string time = "00:00:00", zone = "Z";
    const auto year = number(4, 9999);
    if (!year || !skip("-")) return std::nullopt;
    const auto month = number(2, 12);
    if (!month || !skip("-")) return std::nullopt;
    const auto day = number(2, 31);
    if (!day) return std::nullopt;
    if (skip("Tt ")) {
        const auto hour = number(2, 23);
        if (!hour || !skip(":")) return std::nullopt;
        const auto minute = number(2, 59);
        if (!minute || !skip(":")) return std::nullopt;
        const auto second = number(2, 59);
        if (!second) return std::nullopt;
        if (skip(".")) s.remove_prefix(std::min(s.find_first_not_of("0123456789"), s.size()));
        time = *hour + ":" + *minute + ":" + *second;
        if (s.size() == 6 && (s[0] == '+' || s[0] == '-') && s[3] == ':') {
            zone = std::string(s);
            s = {};
        } else if (s == "Z") {
            s = {};
        }
    }
    if (!s.empty()) return std::nullopt;
    return *year + "-" + *month + "-" + *day + "T" + time + zone;
}

/// What go-cty-yaml makes of a plain scalar: YAML 1.1's words, but numbers as HCL has them.
Value yaml_plain(std::string_view s) {
    const auto is = [&](std::initializer_list<std::string_view> words) {
        return std::find(words.begin(), words.end(), s) != words.end();
    };
    if (s.empty() || is({"~", "null", "Null", "NULL"})) return Value::null();
    if (is({"y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"})) return Value::boolean(true);
    if (is({"n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"})) return Value::boolean(false);
    if (is({".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"})) return Value::number(Number::infinity(false));
    if (is({"-.inf", "-.Inf", "-.INF"})) return Value::number(Number::infinity(true));
    const std::string_view body = s[0] == '+' ? s.substr(1) : s;
    if (const auto decimal = Number::parse(body)) return Value::number(*decimal);
    if (body.size() > 2 && body[0] == '0' && (body[1] == 'x' || body[1] == 'o')) {
        if (const auto number = Number::parse_integer(body.substr(2), body[1] == 'x' ? 16 : 8))
            return Value::number(*number);
    }
    if (auto time = yaml_time(s)) return Value::string(std::move(*time));
    return Value::string(std::string(s));
}

Result yaml_decode(Arguments& a, const Context&) {
    const Source source(SourceId{0}, "", str(a[0]));
    if (source.text().starts_with("%YAML ") && !source.text().starts_with("%YAML 1.1"))
        return fail("found incompatible YAML document", 0);
    Diagnostics diagnostics;
    std::string unsupported;
    YamlOptions options;
    options.plain = yaml_plain;
    options.tag = [&](std::string_view tag, Value value, Span) {
        unsupported = tag;
        return value;
    };
    YamlFile file = read_yaml(source, options, diagnostics);
    if (diagnostics.has_errors()) return fail("on YAML: " + diagnostics.items().front().summary, 0);
    if (!unsupported.empty()) return fail("unsupported tag \"" + unsupported + "\"", 0);
    if (file.documents.empty()) return fail("on line 1, column 1: missing start of document", 0);
    if (file.documents.size() > 1) return fail("unexpected extra content after value", 0);
    return without_places(file.documents.front().root);
}

/// A text in double quotes; behind column 80 a space becomes a line end, as libyaml's emitter folds.
void write_yaml_string(const std::string& s, std::size_t indent, std::string& out) {
    std::string quoted;
    write_json_string(s, quoted);
    const std::size_t line = out.rfind('\n') == std::string::npos ? 0 : out.rfind('\n') + 1;
    std::size_t column = out.size() - line;
    bool after_space = false;
    for (std::size_t i = 0; i < quoted.size(); ++i) {
        const char c = quoted[i];
        if (c == ' ' && !after_space && column > 80 && i > 1 && i + 2 < quoted.size()) {
            out += '\n' + std::string(indent, ' ');
            column = indent;
            if (quoted[i + 1] == ' ') out += '\\';
        } else {
            out += c;
            if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) ++column;
        }
        after_space = c == ' ';
    }
}

void write_yaml_scalar(const Value& value, std::size_t indent, std::string& out) {
    if (value.is_string())
        write_yaml_string(value.as_string(), indent, out);
    else
        write_json(value, out);
    out += '\n';
}

bool is_block(const Value& value) {
    return !value.elements().empty() || !value.members().empty();
}

void write_yaml(const Value& value, std::size_t indent, bool inline_start, std::string& out) {
    const std::string margin(indent, ' ');
    bool first = inline_start;
    for (const Value& item : value.elements()) {
        if (!first) out += margin;
        first = false;
        out += "- ";
        if (is_block(item))
            write_yaml(item, indent + 2, true, out);
        else
            write_yaml_scalar(item, indent + 2, out);
    }
    for (const Member& member : value.members()) {
        if (!first) out += margin;
        first = false;
        write_json_string(member.name, out);
        out += ':';
        if (is_block(member.value)) {
            out += '\n';
            write_yaml(member.value, member.value.is_sequence() ? indent : indent + 2, false, out);
        } else {
            out += ' ';
            write_yaml_scalar(member.value, indent + 2, out);
        }
    }
}

Result yaml_encode(Arguments& a, const Context&) {
    std::string out;
    if (is_block(a[0])) {
        write_yaml(a[0], 0, false, out);
    } else {
        write_yaml_scalar(a[0], 2, out);
        // A document that is one plain word is closed, so that a reader of a stream knows its end.
        if (a[0].is_bool() || a[0].is_number() || a[0].is_null()) out += "...\n";
    }
    return text(std::move(out));
}

Result json_encode_call(Arguments& a, const Context&) {
    return json_encode(a[0]);
}

Result csv_decode(Arguments& a, const Context&) {
    const std::string& s = str(a[0]);
    std::vector<std::vector<std::string>> rows;
    std::vector<std::string> row;
    std::string field;
    bool quoted = false, any = false;
    for (std::size_t i = 0; i <= s.size(); ++i) {
        const char c = i < s.size() ? s[i] : '\n';
        if (quoted) {
            if (i >= s.size()) return fail("parse error: extraneous or missing \" in quoted-field", 0);
            if (c == '"' && i + 1 < s.size() && s[i + 1] == '"') {
                field += '"';
                ++i;
            } else if (c == '"') {
                quoted = false;
                if (i + 1 < s.size() && s[i + 1] != ',' && s[i + 1] != '\n' && s[i + 1] != '\r')
                    return fail("parse error: extraneous or missing \" in quoted-field", 0);
            } else {
                field += c;
            }
            continue;
        }
        if (c == '"') {
            if (!field.empty()) return fail("parse error: bare \" in non-quoted field", 0);
            quoted = any = true;
        } else if (c == ',') {
            row.push_back(std::exchange(field, {}));
            any = true;
        } else if (c == '\n') {
            if (!field.empty() && field.back() == '\r') field.pop_back();
            if (any || !field.empty()) {
                row.push_back(std::exchange(field, {}));
                rows.push_back(std::exchange(row, {}));
            }
            any = false;
        } else {
            field += c;
        }
    }
    if (rows.empty()) return fail("missing header line", 0);
    std::vector<ObjectAttribute> columns;
    for (const std::string& name : rows.front()) {
        if (std::any_of(columns.begin(), columns.end(), [&](const auto& have) { return have.name == name; }))
            return fail("duplicate column name \"" + name + "\"", 0);
        columns.push_back({name, Type::string()});
    }
    std::vector<Value> out;
    for (std::size_t r = 1; r < rows.size(); ++r) {
        if (rows[r].size() != rows[0].size())
            return fail("error on line " + std::to_string(r + 1) + ": wrong number of fields", 0);
        std::vector<Member> members;
        for (std::size_t c = 0; c < rows[r].size(); ++c) members.push_back({rows[0][c], text(rows[r][c]), {}});
        out.push_back(Value::object(std::move(members)));
    }
    return Value::list(Type::object(std::move(columns)), std::move(out));
}

Result url_encode(Arguments& a, const Context&) {
    static constexpr char digits[] = "0123456789ABCDEF";
    std::string out;
    for (char c : str(a[0])) {
        const auto byte = static_cast<unsigned char>(c);
        if (std::isalnum(byte) || c == '-' || c == '_' || c == '.' || c == '~')
            out += c;
        else if (c == ' ')
            out += '+';
        else {
            out += '%';
            out += digits[byte >> 4];
            out += digits[byte & 15];
        }
    }
    return text(std::move(out));
}

std::optional<std::string> convert_charset(const std::string& input, const char* from, const char* to) {
    const iconv_t handle = iconv_open(to, from);
    if (handle == reinterpret_cast<iconv_t>(-1)) return std::nullopt;
    std::string out(input.size() * 4 + 16, '\0');
    char* in = const_cast<char*>(input.data());
    std::size_t in_left = input.size(), out_left = out.size();
    char* at = out.data();
    const std::size_t done = iconv(handle, &in, &in_left, &at, &out_left);
    iconv_close(handle);
    if (done == static_cast<std::size_t>(-1)) return std::nullopt;
    out.resize(out.size() - out_left);
    return out;
}

Result text_encode(Arguments& a, const Context&) {
    const auto made = convert_charset(str(a[0]), "UTF-8", str(a[1]).c_str());
    if (!made)
        return fail("\"" + str(a[1]) +
                        "\" is not a supported IANA encoding name or alias in this Terraform version, or the text "
                        "cannot be encoded in it",
                    1);
    return text(base64_encode(*made));
}
Result text_decode(Arguments& a, const Context&) {
    const auto bytes = base64_decode(str(a[0]));
    if (!bytes) return fail("the given value is has an invalid base64 symbol", 0);
    const auto made = convert_charset(*bytes, str(a[1]).c_str(), "UTF-8");
    if (!made)
        return fail("\"" + str(a[1]) +
                        "\" is not a supported IANA encoding name or alias in this Terraform version, or the bytes are "
                        "not in it",
                    1);
    return text(*made);
}

Result gzip(Arguments& a, const Context&) {
    z_stream stream{};
    if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return fail("cannot compress");
    std::string input = str(a[0]);
    std::string out(deflateBound(&stream, static_cast<uLong>(input.size())) + 32, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(input.data());
    stream.avail_in = static_cast<uInt>(input.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return text(base64_encode(out));
}

/// OpenTofu's, the other way round.
Result gunzip(Arguments& a, const Context&) {
    const auto bytes = base64_decode(str(a[0]));
    if (!bytes) return fail("failed to decode base64 data", 0);
    z_stream stream{};
    if (inflateInit2(&stream, 15 + 16) != Z_OK) return fail("cannot decompress");
    std::string input = *bytes, out;
    stream.next_in = reinterpret_cast<Bytef*>(input.data());
    stream.avail_in = static_cast<uInt>(input.size());
    int state = Z_OK;
    while (state == Z_OK && out.size() <= max_unpacked) {
        std::array<char, 1U << 14> part;
        stream.next_out = reinterpret_cast<Bytef*>(part.data());
        stream.avail_out = static_cast<uInt>(part.size());
        state = inflate(&stream, Z_NO_FLUSH);
        out.append(part.data(), part.size() - stream.avail_out);
    }
    inflateEnd(&stream);
    if (out.size() > max_unpacked) return fail("the unpacked text is larger than 16 MiB", 0);
    if (state != Z_STREAM_END) return fail("failed to gunzip bytes", 0);
    if (!is_utf8(out)) return fail("the result of gunzipping the provided string is not valid UTF-8", 0);
    return text(std::move(out));
}

/// OpenTofu's: RFC 3986 escapes, and `+` for a blank.
Result url_decode(Arguments& a, const Context&) {
    const auto digit = [](char c) {
        return c >= '0' && c <= '9'   ? c - '0'
               : c >= 'a' && c <= 'f' ? c - 'a' + 10
               : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                      : -1;
    };
    const std::string& in = str(a[0]);
    std::string out;
    for (std::size_t i = 0; i < in.size(); ++i) {
        if (in[i] == '%') {
            const int high = i + 2 < in.size() ? digit(in[i + 1]) : -1;
            const int low = i + 2 < in.size() ? digit(in[i + 2]) : -1;
            if (high < 0 || low < 0) return fail("failed to decode URL '" + in + "': invalid URL escape", 0);
            out += static_cast<char>(high * 16 + low);
            i += 2;
        } else {
            out += in[i] == '+' ? ' ' : in[i];
        }
    }
    if (!is_utf8(out)) return fail("the result of decoding the provided string is not valid UTF-8", 0);
    return text(std::move(out));
}

}  // namespace

std::string base64_encode(std::string_view bytes) {
    static constexpr char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        const auto byte = [&](std::size_t k) {
            return i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U;
        };
        const std::uint32_t group = (byte(0) << 16) | (byte(1) << 8) | byte(2);
        out += alphabet[(group >> 18) & 63];
        out += alphabet[(group >> 12) & 63];
        out += i + 1 < bytes.size() ? alphabet[(group >> 6) & 63] : '=';
        out += i + 2 < bytes.size() ? alphabet[group & 63] : '=';
    }
    return out;
}

std::optional<std::string> base64_decode(std::string_view text) {
    std::string out, clean;
    for (char c : text) {
        if (c != '\n' && c != '\r') clean += c;
    }
    if (clean.size() % 4 != 0) return std::nullopt;
    for (std::size_t i = 0; i < clean.size(); i += 4) {
        std::uint32_t group = 0;
        int padding = 0;
        for (std::size_t k = 0; k < 4; ++k) {
            const char c = clean[i + k];
            int digit = 0;
            if (c >= 'A' && c <= 'Z')
                digit = c - 'A';
            else if (c >= 'a' && c <= 'z')
                digit = c - 'a' + 26;
            else if (c >= '0' && c <= '9')
                digit = c - '0' + 52;
            else if (c == '+')
                digit = 62;
            else if (c == '/')
                digit = 63;
            else if (c == '=' && k >= 2 && i + 4 == clean.size())
                ++padding;
            else
                return std::nullopt;
            if (padding > 0 && c != '=') return std::nullopt;
            group = (group << 6) | static_cast<std::uint32_t>(digit);
        }
        out += static_cast<char>(group >> 16);
        if (padding < 2) out += static_cast<char>((group >> 8) & 255);
        if (padding < 1) out += static_cast<char>(group & 255);
    }
    return out;
}

Result json_encode(const Value& value) {
    if (!value.is_wholly_known()) {
        Unknown unknown;
        unknown.type = Type::string();
        unknown.cause = first_cause({&value, 1});
        unknown.refinement.not_null = true;
        if (value.is_mapping())
            unknown.refinement.prefix = "{";
        else if (value.is_sequence())
            unknown.refinement.prefix = "[";
        unknown.document = {value};
        return traced_from(Value::unknown(std::move(unknown)), {&value, 1}).with_marks(value.marks_deep());
    }
    std::string out;
    write_json(value, out);
    return Value::string(std::move(out)).with_marks(value.marks_deep());
}

Result json_decode(std::string_view input) {
    const Source source(SourceId{0}, "", std::string(input));
    Diagnostics diagnostics;
    const auto value = read_json(source, diagnostics);
    if (!value) return fail(diagnostics.empty() ? "not valid JSON" : diagnostics.items().front().summary, 0);
    return without_places(*value);
}

std::span<const Function> encoding_functions() {
    static const std::vector<Function> functions = {
        {"base64decode",
         {string_parameter},
         false,
         {},
         Type::string(),
         [](Arguments& a, const Context&) -> Result {
             const auto bytes = base64_decode(str(a[0]));
             if (!bytes) return fail("failed to decode base64 data", 0);
             if (!is_utf8(*bytes)) return fail("the result of decoding the provided string is not valid UTF-8", 0);
             return text(*bytes);
         }},
        {"base64encode",
         {string_parameter},
         false,
         {},
         Type::string(),
         [](Arguments& a, const Context&) -> Result { return text(base64_encode(str(a[0]))); }},
        {"base64gzip", {string_parameter}, false, {}, Type::string(), gzip},
        {"base64gunzip", {string_parameter}, false, {}, Type::string(), gunzip, false, true},
        {"csvdecode", {string_parameter}, false, {}, Type(), csv_decode},
        {"jsondecode",
         {string_parameter},
         false,
         {},
         Type(),
         [](Arguments& a, const Context&) { return json_decode(str(a[0])); }},
        {"jsonencode", {{Type(), true, true}}, false, {}, Type::string(), json_encode_call},
        {"textdecodebase64", {string_parameter, string_parameter}, false, {}, Type::string(), text_decode},
        {"textencodebase64", {string_parameter, string_parameter}, false, {}, Type::string(), text_encode},
        {"urldecode", {string_parameter}, false, {}, Type::string(), url_decode, false, true},
        {"urlencode", {string_parameter}, false, {}, Type::string(), url_encode},
        {"yamldecode", {string_parameter}, false, {}, Type(), yaml_decode},
        {"yamlencode", {{Type(), true, false}}, false, {}, Type::string(), yaml_encode, true},
    };
    return functions;
}

}  // namespace plumbline::terraform
