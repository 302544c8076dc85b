#include <re2/re2.h>
#include <utf8proc.h>

#include <algorithm>
#include <charconv>

#include "parsers/terraform/function_values.h"

namespace plumbline::terraform {
namespace {

// A text this long comes from a repetition gone wrong (`format("%999999999s", "")`), not from a configuration.
constexpr std::size_t max_text = 16U << 20;

/// Unicode white space as Go's unicode.IsSpace has it.
std::size_t space_at(std::string_view s, std::size_t at) {
    utf8proc_int32_t code = 0;
    const auto size = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(s.data() + at),
                                       static_cast<utf8proc_ssize_t>(s.size() - at), &code);
    if (size <= 0) return 0;
    const bool space = (code >= 9 && code <= 13) || code == 32 || code == 0x85 || code == 0xA0 || code == 0x1680 ||
                       (code >= 0x2000 && code <= 0x200A) || code == 0x2028 || code == 0x2029 || code == 0x202F ||
                       code == 0x205F || code == 0x3000;
    return space ? static_cast<std::size_t>(size) : 0;
}
std::string_view trim_space(std::string_view s) {
    while (!s.empty()) {
        const std::size_t n = space_at(s, 0);
        if (n == 0) break;
        s.remove_prefix(n);
    }
    while (!s.empty()) {
        std::size_t last = s.size() - 1;
        while (last > 0 && (static_cast<unsigned char>(s[last]) & 0xC0) == 0x80) --last;
        if (space_at(s, last) == 0) break;
        s = s.substr(0, last);
    }
    return s;
}

template <class Map>
std::string map_code_points(std::string_view s, Map map) {
    std::string out;
    for (std::size_t at = 0; at < s.size();) {
        utf8proc_int32_t code = 0;
        auto size = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(s.data() + at),
                                     static_cast<utf8proc_ssize_t>(s.size() - at), &code);
        if (size <= 0) {
            out += s[at++];
            continue;
        }
        utf8proc_uint8_t bytes[4];
        const auto n = utf8proc_encode_char(map(code), bytes);
        out.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(n));
        at += static_cast<std::size_t>(size);
    }
    return out;
}

std::vector<std::string_view> code_points(std::string_view s) {
    std::vector<std::string_view> out;
    for (std::size_t at = 0; at < s.size();) {
        std::size_t end = at + 1;
        while (end < s.size() && (static_cast<unsigned char>(s[end]) & 0xC0) == 0x80) ++end;
        out.push_back(s.substr(at, end - at));
        at = end;
    }
    return out;
}

std::string_view trim_set(std::string_view s, std::string_view cutset) {
    const auto set = code_points(cutset);
    const auto has = [&](std::string_view c) { return std::find(set.begin(), set.end(), c) != set.end(); };
    auto points = code_points(s);
    std::size_t first = 0, last = points.size();
    while (first < last && has(points[first])) ++first;
    while (last > first && has(points[last - 1])) --last;
    if (first == last) return {};
    return s.substr(static_cast<std::size_t>(points[first].data() - s.data()),
                    static_cast<std::size_t>(points[last - 1].data() + points[last - 1].size() - points[first].data()));
}

Result join(Arguments& a, const Context&) {
    if (a.size() < 2) return fail("at least one list is required");
    const std::string& separator = str(a[0]);
    std::string out;
    bool first = true;
    for (std::size_t i = 1; i < a.size(); ++i) {
        for (const Value& item : a[i].elements()) {
            if (item.is_null()) return fail("element is null; cannot concatenate null values", static_cast<int>(i));
            if (item.is_unknown()) {
                Refinement range = not_null();
                range.prefix = out + (first ? "" : separator) + item.as_unknown().refinement.prefix;
                return unknown_because(Type::string(), a, range);
            }
            if (!first) out += separator;
            first = false;
            out += str(item);
            if (out.size() > max_text) return fail("the result is too long");
        }
    }
    return text(std::move(out));
}

Result split(Arguments& a, const Context&) {
    const std::string &separator = str(a[0]), &source = str(a[1]);
    std::vector<Value> parts;
    if (separator.empty()) {
        for (std::string_view c : code_points(source)) parts.push_back(text(std::string(c)));
    } else {
        std::size_t at = 0;
        while (true) {
            const std::size_t next = source.find(separator, at);
            parts.push_back(text(source.substr(at, next == std::string::npos ? next : next - at)));
            if (next == std::string::npos) break;
            at = next + separator.size();
        }
    }
    return Value::list(Type::string(), std::move(parts));
}

Result substr(Arguments& a, const Context&) {
    const auto offset_arg = a[1].as_number().to_int64(), length_arg = a[2].as_number().to_int64();
    if (!offset_arg) return fail("a whole number is required", 1);
    if (!length_arg) return fail("a whole number is required", 2);
    const auto starts = grapheme_starts(str(a[0]));
    const auto total = static_cast<std::int64_t>(starts.size() - 1);
    std::int64_t offset = *offset_arg;
    if (offset < 0) offset = std::max<std::int64_t>(0, offset + total);
    if (offset > total) return text("");
    const std::int64_t end = *length_arg < 0 ? total : std::min(total, offset + std::min(*length_arg, total));
    return text(str(a[0]).substr(starts[static_cast<std::size_t>(offset)],
                                 starts[static_cast<std::size_t>(end)] - starts[static_cast<std::size_t>(offset)]));
}

Result strrev(Arguments& a, const Context&) {
    const auto starts = grapheme_starts(str(a[0]));
    std::string out;
    for (std::size_t i = starts.size() - 1; i-- > 0;) out += str(a[0]).substr(starts[i], starts[i + 1] - starts[i]);
    return text(std::move(out));
}

Result title(Arguments& a, const Context&) {
    bool start = true;
    return text(map_code_points(str(a[0]), [&](utf8proc_int32_t code) {
        const bool was_start = start;
        const auto category = utf8proc_category(code);
        const bool word = code == '_' || (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO) ||
                          category == UTF8PROC_CATEGORY_ND || category == UTF8PROC_CATEGORY_NL ||
                          category == UTF8PROC_CATEGORY_NO;
        // Go's strings.Title: what follows a space or punctuation begins a word; `_` does not.
        const bool ascii_other = code < 0x80 && !word;
        utf8proc_uint8_t bytes[4];
        const auto n = utf8proc_encode_char(code, bytes);
        start = ascii_other || (code >= 0x80 && !word &&
                                space_at({reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(n)}, 0) > 0);
        return was_start ? utf8proc_totitle(code) : code;
    }));
}

Result indent(Arguments& a, const Context&) {
    const auto spaces = a[0].as_number().to_int64();
    if (!spaces || *spaces < 0 || *spaces > 10000) return fail("a whole number is required", 0);
    std::string out;
    for (char c : str(a[1])) {
        out += c;
        if (c == '\n') out.append(static_cast<std::size_t>(*spaces), ' ');
        if (out.size() > max_text) return fail("the result is too long");
    }
    return text(std::move(out));
}

std::unique_ptr<RE2> compile(const std::string& pattern, std::string& error) {
    RE2::Options options(RE2::Quiet);
    options.set_max_mem(8 << 20);  // RE2's own default; a larger program is refused instead of growing
    auto compiled = std::make_unique<RE2>(pattern, options);
    if (compiled->ok()) return compiled;
    error = compiled->error();
    return nullptr;
}

Type captures_type(const RE2& re) {
    const int groups = re.NumberOfCapturingGroups();
    if (groups == 0) return Type::string();
    if (!re.NamedCapturingGroups().empty()) {
        std::vector<ObjectAttribute> attributes;
        for (const auto& [name, group] : re.NamedCapturingGroups()) attributes.push_back({name, Type::string()});
        return Type::object(std::move(attributes));
    }
    return Type::tuple(std::vector<Type>(static_cast<std::size_t>(groups), Type::string()));
}

Value captures(const RE2& re, const std::vector<re2::StringPiece>& groups) {
    const auto value = [](const re2::StringPiece& piece) {
        return piece.data() == nullptr ? Value::null(Type::string()) : text(std::string(piece.data(), piece.size()));
    };
    if (groups.size() == 1) return value(groups[0]);
    if (!re.NamedCapturingGroups().empty()) {
        std::vector<Member> members;
        for (const auto& [name, group] : re.NamedCapturingGroups())
            members.push_back({name, value(groups[static_cast<std::size_t>(group)]), {}});
        return Value::object(std::move(members));
    }
    std::vector<Value> items;
    for (std::size_t i = 1; i < groups.size(); ++i) items.push_back(value(groups[i]));
    return Value::tuple(std::move(items));
}

Result regex(Arguments& a, bool all) {
    std::string error;
    if (a[0].is_unknown()) return unknown_because({}, a);
    const auto re = compile(str(a[0]), error);
    if (!re) return fail("invalid regexp pattern: " + error, 0);
    if (!re->NamedCapturingGroups().empty() &&
        static_cast<int>(re->NamedCapturingGroups().size()) != re->NumberOfCapturingGroups()) {
        return fail("invalid regexp pattern: cannot mix both named and unnamed capture groups", 0);
    }
    const Type type = captures_type(*re);
    if (a[1].is_unknown()) return unknown_because(all ? Type::list(type) : type, a, not_null());
    const std::string& subject = str(a[1]);
    std::vector<re2::StringPiece> groups(static_cast<std::size_t>(re->NumberOfCapturingGroups() + 1));
    std::vector<Value> found;
    std::size_t at = 0, last_end = std::string::npos;
    while (at <= subject.size()) {
        if (!re->Match(subject, at, subject.size(), RE2::UNANCHORED, groups.data(), static_cast<int>(groups.size())))
            break;
        if (!all) return captures(*re, groups);
        const auto begin = static_cast<std::size_t>(groups[0].data() - subject.data());
        // An empty match right behind a match is none of its own (Go's FindAll).
        if (!groups[0].empty() || begin != last_end) found.push_back(captures(*re, groups));
        last_end = begin + groups[0].size();
        at = begin + std::max<std::size_t>(groups[0].size(), 1);
    }
    if (!all) return fail("pattern did not match any part of the given string");
    return Value::list(type, std::move(found));
}

Result replace(Arguments& a, const Context&) {
    const std::string &source = str(a[0]), &pattern = str(a[1]), &replacement = str(a[2]);
    if (pattern.size() > 1 && pattern.front() == '/' && pattern.back() == '/') {
        std::string error;
        const auto re = compile(pattern.substr(1, pattern.size() - 2), error);
        if (!re) return fail("invalid regexp pattern: " + error, 1);
        std::vector<re2::StringPiece> groups(static_cast<std::size_t>(re->NumberOfCapturingGroups() + 1));
        std::string out;
        std::size_t at = 0, copied = 0;
        while (at <= source.size() &&
               re->Match(source, at, source.size(), RE2::UNANCHORED, groups.data(), static_cast<int>(groups.size()))) {
            const auto begin = static_cast<std::size_t>(groups[0].data() - source.data());
            out.append(source, copied, begin - copied);
            for (std::size_t i = 0; i < replacement.size(); ++i) {  // Go's Expand: $1, ${1}, ${name}, $$
                if (replacement[i] != '$' || i + 1 >= replacement.size()) {
                    out += replacement[i];
                    continue;
                }
                if (replacement[i + 1] == '$') {
                    out += '$';
                    ++i;
                    continue;
                }
                const bool braced = replacement[i + 1] == '{';
                std::size_t end = i + (braced ? 2 : 1);
                const std::size_t name_begin = end;
                while (end < replacement.size() &&
                       (std::isalnum(static_cast<unsigned char>(replacement[end])) || replacement[end] == '_'))
                    ++end;
                const std::string name = replacement.substr(name_begin, end - name_begin);
                if (name.empty() || (braced && (end >= replacement.size() || replacement[end] != '}'))) {
                    out += '$';
                    continue;
                }
                int group = -1;
                if (name.find_first_not_of("0123456789") == std::string::npos && name.size() < 6)
                    group = std::stoi(name);
                else if (const auto named = re->NamedCapturingGroups().find(name);
                         named != re->NamedCapturingGroups().end())
                    group = named->second;
                if (group >= 0 && static_cast<std::size_t>(group) < groups.size() &&
                    groups[static_cast<std::size_t>(group)].data()) {
                    const auto& piece = groups[static_cast<std::size_t>(group)];
                    out.append(piece.data(), piece.size());
                }
                i = end - (braced ? 0 : 1);
            }
            copied = begin + groups[0].size();
            at = groups[0].empty() ? begin + 1 : copied;
            if (out.size() > max_text) return fail("the result is too long");
        }
        if (copied < source.size()) out.append(source, copied);
        return text(std::move(out));
    }
    std::string out;
    std::size_t at = 0;
    if (pattern.empty()) {  // Go inserts between every code point
        for (std::string_view c : code_points(source)) out += replacement + std::string(c);
        return text(out + replacement);
    }
    while (true) {
        const std::size_t next = source.find(pattern, at);
        out.append(source, at, next == std::string::npos ? next : next - at);
        if (next == std::string::npos) break;
        out += replacement;
        at = next + pattern.size();
        if (out.size() > max_text) return fail("the result is too long");
    }
    return text(std::move(out));
}

// --- format ---

std::string pad(std::string s, int width, bool left, char fill) {
    const auto have = static_cast<int>(grapheme_starts(s).size() - 1);
    if (have >= width) return s;
    const std::string padding(static_cast<std::size_t>(width - have), fill);
    if (left) return s + std::string(static_cast<std::size_t>(width - have), ' ');
    if (fill == '0' && !s.empty() && (s[0] == '-' || s[0] == '+')) return s.substr(0, 1) + padding + s.substr(1);
    return padding + s;
}

std::string quote_go(const std::string& s) {
    Result encoded = json_encode(Value::string(s));
    return encoded.value().as_string();
}

struct Formatted {
    std::string text;
    std::optional<Failure> failure;
    bool unknown = false;
};

Formatted format_string(const std::string& format, std::span<const Value> arguments) {
    Formatted out;
    std::size_t next = 0;
    bool indexed = false;
    const auto refuse = [&](std::string message, int argument = 0) {
        out.failure = fail(std::move(message), argument);
        return out;
    };
    for (std::size_t i = 0; i < format.size();) {
        if (format[i] != '%') {
            out.text += format[i++];
            continue;
        }
        const std::size_t begin = i++;
        if (i < format.size() && format[i] == '%') {
            out.text += '%';
            ++i;
            continue;
        }
        bool left = false, plus = false, space = false, sharp = false, zero = false;
        for (; i < format.size(); ++i) {
            if (format[i] == '-')
                left = true;
            else if (format[i] == '+')
                plus = true;
            else if (format[i] == ' ')
                space = true;
            else if (format[i] == '#')
                sharp = true;
            else if (format[i] == '0')
                zero = true;
            else
                break;
        }
        const auto digits = [&](int& into) {
            bool any = false;
            for (; i < format.size() && format[i] >= '0' && format[i] <= '9'; ++i) {
                any = true;
                into = std::min(into * 10 + (format[i] - '0'), 1'000'000);
            }
            return any;
        };
        int width = 0, precision = 0;
        digits(width);
        bool has_precision = false;
        if (i < format.size() && format[i] == '.') {
            ++i;
            has_precision = true;
            digits(precision);
        }
        if (i < format.size() && format[i] == '[') {
            ++i;
            int position = 0;
            if (!digits(position) || i >= format.size() || format[i] != ']' || position < 1)
                return refuse("unrecognized format character \"[\" at offset " + std::to_string(begin));
            ++i;
            next = static_cast<std::size_t>(position - 1);
            indexed = true;
        }
        if (i >= format.size())
            return refuse("unexpected end of string looking for a format verb at offset " + std::to_string(begin));
        const char verb = format[i++];
        if (width > 65536 || precision > 65536) return refuse("width or precision is too large");
        if (next >= arguments.size())
            return refuse("not enough arguments for \"" + format.substr(begin, i - begin) + "\" at " +
                          std::to_string(begin) + ": need index " + std::to_string(next + 1) + " but have " +
                          std::to_string(arguments.size()) + " total");
        const Value& argument = arguments[next++];
        const int position = static_cast<int>(next);
        if (!argument.is_wholly_known()) {
            out.unknown = true;
            if (argument.is_unknown() && (verb == 's' || verb == 'v') && width == 0 && !has_precision)
                out.text += argument.as_unknown().refinement.prefix;
            return out;
        }
        if (argument.is_null() && verb != 'v')
            return refuse("unsupported value for \"" + format.substr(begin, i - begin) + "\" at " +
                              std::to_string(begin) + ": null value cannot be formatted",
                          position);
        std::string piece;
        const auto as_number = [&]() -> std::optional<Number> {
            Result made = convert(argument, Type::number());
            if (!made.ok() || made.value().is_null()) return std::nullopt;
            return made.value().as_number();
        };
        const auto bad = [&](const char* what) {
            return refuse("unsupported value for \"" + format.substr(begin, i - begin) + "\" at " +
                              std::to_string(begin) + ": " + what + " required",
                          position);
        };
        switch (verb) {
            case 'v':
                if (argument.is_string() && !sharp)
                    piece = argument.as_string();
                else if (argument.is_number() && !sharp)
                    piece = argument.as_number().to_string();
                else
                    piece = json_encode(argument).value().as_string();
                break;
            case 's': {
                Result made = convert(argument, Type::string());
                if (!made.ok()) return bad("a string is");
                piece = made.value().as_string();
                if (has_precision) {
                    const auto starts = grapheme_starts(piece);
                    if (static_cast<std::size_t>(precision) < starts.size() - 1)
                        piece.resize(starts[static_cast<std::size_t>(precision)]);
                }
                break;
            }
            case 'q': {
                Result made = convert(argument, Type::string());
                if (!made.ok()) return bad("a string is");
                piece = quote_go(made.value().as_string());
                break;
            }
            case 't': {
                Result made = convert(argument, Type::boolean());
                if (!made.ok()) return bad("a bool is");
                out.text += made.value().as_bool() ? "true" : "false";  // whatever width is asked for
                continue;
            }
            case 'd':
            case 'b':
            case 'o':
            case 'x':
            case 'X': {
                const auto number = as_number();
                if (!number) return bad("a number is");
                if (!number->is_integer()) return bad("an integer is");
                const Number& whole = *number;
                if (verb == 'd') {
                    piece = whole.to_string();
                } else {
                    Number rest = whole.absolute();
                    const int base = verb == 'b' ? 2 : verb == 'o' ? 8 : 16;
                    std::string reversed;
                    do {
                        const auto digit = modulo(rest, Number(base))->to_int64().value_or(0);
                        reversed += (verb == 'X' ? "0123456789ABCDEF" : "0123456789abcdef")[digit];
                        rest = divide(rest, Number(base))->floor();
                    } while (!rest.is_zero() && reversed.size() < 600);
                    if (sharp && base == 16) reversed += verb == 'x' ? "x0" : "X0";
                    if (sharp && base == 8) reversed += "0";
                    piece = (whole.is_negative() ? "-" : "") + std::string(reversed.rbegin(), reversed.rend());
                }
                if (plus && !whole.is_negative())
                    piece.insert(0, "+");
                else if (space && !whole.is_negative())
                    piece.insert(0, " ");
                break;
            }
            case 'e':
            case 'E':
            case 'f':
            case 'F':
            case 'g':
            case 'G': {
                const auto number = as_number();
                if (!number) return bad("a number is");
                char buffer[512];
                const double value = number->to_double();
                std::to_chars_result end{};
                if (verb == 'f' || verb == 'F')
                    end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed,
                                        has_precision ? std::min(precision, 100) : 6);
                else if (verb == 'e' || verb == 'E')
                    end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific,
                                        has_precision ? std::min(precision, 100) : 6);
                else if (has_precision)
                    end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::general,
                                        std::min(precision, 100));
                else {
                    // Go: the shortest digits, with an exponent below -4 and from 6 on.
                    end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific);
                    const std::string_view made(buffer, static_cast<std::size_t>(end.ptr - buffer));
                    const std::size_t e = made.find('e');
                    const int exponent =
                        e == std::string_view::npos ? 0 : std::atoi(std::string(made.substr(e + 1)).c_str());
                    if (exponent >= -4 && exponent < 6)
                        end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed);
                }
                piece.assign(buffer, end.ptr);
                if (verb == 'E' || verb == 'G')
                    std::transform(piece.begin(), piece.end(), piece.begin(),
                                   [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
                if (plus && value >= 0)
                    piece.insert(0, "+");
                else if (space && value >= 0)
                    piece.insert(0, " ");
                break;
            }
            default:
                return refuse("unsupported format verb " + quote_go(std::string(1, verb)) + " at offset " +
                              std::to_string(i - 1));
        }
        out.text += pad(std::move(piece), width, left,
                        zero && !left && verb != 's' && verb != 'q' ? '0' : (zero && !left ? '0' : ' '));
        if (out.text.size() > max_text) return refuse("the result is too long");
    }
    if (!indexed && next < arguments.size())
        return refuse("too many arguments; only " + std::to_string(next) + " used by format string",
                      static_cast<int>(next + 1));
    return out;
}

/// A null of no type: Terraform leaves the whole result open.
bool has_bare_null(const Arguments& a) {
    return std::any_of(a.begin(), a.end(), [](const Value& v) { return v.is_null() && v.type().is_dynamic(); });
}

Result format(Arguments& a, const Context&) {
    if (has_bare_null(a)) return unknown_because({}, a);
    Formatted made = format_string(str(a[0]), std::span<const Value>(a).subspan(1));
    if (made.failure) return *made.failure;
    if (made.unknown) {
        Refinement range = not_null();
        range.prefix = made.text;
        return unknown_because(Type::string(), a, range);
    }
    return text(std::move(made.text));
}

Result formatlist(Arguments& a, const Context&) {
    std::size_t count = 1;
    bool listed = false;
    for (std::size_t i = 1; i < a.size(); ++i) {
        if (a[i].is_unknown() && !a[i].as_unknown().type.is_primitive())
            return unknown_because(Type::list(Type::string()), a, not_null());
        if (!a[i].is_sequence()) continue;
        const std::size_t size = a[i].elements().size();
        if (listed && size != count)
            return fail("argument " + std::to_string(i) + " has length " + std::to_string(size) +
                            ", which is inconsistent with an earlier argument of length " + std::to_string(count),
                        static_cast<int>(i));
        count = size;
        listed = true;
    }
    std::vector<Value> out;
    for (std::size_t row = 0; row < count; ++row) {
        std::vector<Value> arguments;
        for (std::size_t i = 1; i < a.size(); ++i)
            arguments.push_back(a[i].is_sequence() ? a[i].elements()[row] : a[i]);
        Formatted made = format_string(str(a[0]), arguments);
        if (made.failure)
            return fail("error on format iteration " + std::to_string(row) + ": " + made.failure->message,
                        made.failure->argument);
        if (made.unknown) {
            Refinement range = not_null();
            range.prefix = made.text;
            out.push_back(unknown_because(Type::string(), arguments, range));
        } else {
            out.push_back(text(std::move(made.text)));
        }
    }
    return Value::list(Type::string(), std::move(out));
}

/// What is known of the start of a text.
std::string_view known_start(const Value& value) {
    return value.is_string()    ? std::string_view(value.as_string())
           : value.is_unknown() ? std::string_view(value.as_unknown().refinement.prefix)
                                : std::string_view();
}

Result startswith(Arguments& a, const Context&) {
    if (a[1].is_unknown()) return unknown_because(Type::boolean(), a, not_null());
    const std::string_view start = known_start(a[0]), want = str(a[1]);
    if (a[0].is_known()) return Value::boolean(start.starts_with(want));
    if (start.starts_with(want)) return Value::boolean(true);
    if (start.size() >= want.size() || !want.starts_with(start)) return Value::boolean(false);
    return unknown_because(Type::boolean(), a, not_null());
}

const Parameter unknown_string{Type::string(), false, true};

std::vector<Function> with_string(std::initializer_list<Function> functions) {
    return functions;
}

}  // namespace

std::span<const Function> string_functions() {
    static const std::vector<Function> functions = with_string({
        {"chomp",
         {string_parameter},
         false,
         {},
         Type::string(),
         [](Arguments& a, const Context&) -> Result {
             std::string s = str(a[0]);
             while (!s.empty() && (s.back() == '\n' || s.back() == '\r')) s.pop_back();
             return text(std::move(s));
         }},
        {"endswith",
         {string_parameter, string_parameter},
         false,
         {},
         Type::boolean(),
         [](Arguments& a, const Context&) -> Result { return Value::boolean(str(a[0]).ends_with(str(a[1]))); }},
        {"format", {string_parameter}, true, {Type(), true, true}, Type::string(), format},
        {"formatlist", {string_parameter}, true, {Type(), true, true}, Type::list(Type::string()), formatlist},
        {"indent", {number_parameter, string_parameter}, false, {}, Type::string(), indent},
        {"join", {string_parameter}, true, {Type::list(Type::string()), false, false}, Type::string(), join},
        {"lower",
         {string_parameter},
         false,
         {},
         Type::string(),
         [](Arguments& a, const Context&) -> Result { return text(map_code_points(str(a[0]), utf8proc_tolower)); }},
        {"regex",
         {unknown_string, unknown_string},
         false,
         {},
         Type(),
         [](Arguments& a, const Context&) { return regex(a, false); }},
        {"regexall",
         {unknown_string, unknown_string},
         false,
         {},
         Type(),
         [](Arguments& a, const Context&) { return regex(a, true); }},
        {"replace", {string_parameter, string_parameter, string_parameter}, false, {}, Type::string(), replace},
        {"split", {string_parameter, string_parameter}, false, {}, Type::list(Type::string()), split},
        {"startswith", {unknown_string, unknown_string}, false, {}, Type::boolean(), startswith},
        {"strcontains",
         {string_parameter, string_parameter},
         false,
         {},
         Type::boolean(),
         [](Arguments& a, const Context&) -> Result {
             return Value::boolean(str(a[0]).find(str(a[1])) != std::string::npos);
         }},
        {"strrev", {string_parameter}, false, {}, Type::string(), strrev},
        {"substr", {string_parameter, number_parameter, number_parameter}, false, {}, Type::string(), substr},
        {"templatestring",
         {string_parameter, {Type(), false, true}},
         false,
         {},
         Type(),
         [](Arguments& a, const Context& c) -> Result {
             return c.render_template ? c.render_template(str(a[0]), "<templatestring argument>", a[1])
                                      : Result(fail("not available here"));
         }},
        {"title", {string_parameter}, false, {}, Type::string(), title},
        {"trim",
         {string_parameter, string_parameter},
         false,
         {},
         Type::string(),
         [](Arguments& a, const Context&) -> Result { return text(std::string(trim_set(str(a[0]), str(a[1])))); }},
        {"trimprefix",
         {string_parameter, string_parameter},
         false,
         {},
         Type::string(),
         [](Arguments& a, const Context&) -> Result {
             return text(str(a[0]).starts_with(str(a[1])) ? str(a[0]).substr(str(a[1]).size()) : str(a[0]));
         }},
        {"trimspace",
         {string_parameter},
         false,
         {},
         Type::string(),
         [](Arguments& a, const Context&) -> Result { return text(std::string(trim_space(str(a[0])))); }},
        {"trimsuffix",
         {string_parameter, string_parameter},
         false,
         {},
         Type::string(),
         [](Arguments& a, const Context&) -> Result {
             return text(str(a[0]).ends_with(str(a[1])) ? str(a[0]).substr(0, str(a[0]).size() - str(a[1]).size())
                                                        : str(a[0]));
         }},
        {"upper",
         {string_parameter},
         false,
         {},
         Type::string(),
         [](Arguments& a, const Context&) -> Result {
             // Go has no upper case for the sharp s.
             return text(map_code_points(
                 str(a[0]), [](utf8proc_int32_t code) { return code == 0xDF ? code : utf8proc_toupper(code); }));
         }},
    });
    return functions;
}

}  // namespace plumbline::terraform
