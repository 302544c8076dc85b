#include <algorithm>

#include "parsers/terraform/encoding.h"
#include "parsers/terraform/function_values.h"
#include "scanner/model/file_system.h"
#include "scanner/model/text.h"

// Files and paths.
namespace plumbline::terraform {

std::optional<std::string> read_file(const Context& context, const std::string& path) {
    return context.read_file ? context.read_file(path) : std::nullopt;
}

Failure no_file(const std::string& path) {
    return fail(
        "no file exists at \"" + path +
            "\"; this function works only with files that are distributed as part of the configuration source code",
        0);
}

namespace {

Result file(Arguments& a, const Context& context) {
    const auto bytes = read_file(context, str(a[0]));
    if (!bytes) return no_file(str(a[0]));
    if (!is_utf8(*bytes))
        return fail("contents of \"" + str(a[0]) +
                        "\" are not valid UTF-8; use the filebase64 function to obtain the Base64 encoded contents or "
                        "the other file functions (e.g. filemd5, filesha256) to obtain file hashing results instead",
                    0);
    return text(*bytes);
}
Result filebase64(Arguments& a, const Context& context) {
    const auto bytes = read_file(context, str(a[0]));
    if (!bytes) return no_file(str(a[0]));
    return text(base64_encode(*bytes));
}
Result fileexists(Arguments& a, const Context& context) {
    return Value::boolean(read_file(context, str(a[0])).has_value());
}

std::string clean_path(std::string_view path) {
    const bool rooted = path.starts_with('/');
    std::vector<std::string_view> parts;
    for (std::string_view part : split(path, '/')) {
        if (part.empty() || part == ".") continue;
        if (part == "..") {
            if (!parts.empty() && parts.back() != "..")
                parts.pop_back();
            else if (!rooted)
                parts.push_back(part);
            continue;
        }
        parts.push_back(part);
    }
    std::string out = rooted ? "/" : "";
    for (std::string_view part : parts) out += (out.empty() || out == "/" ? "" : "/") + std::string(part);
    return out.empty() ? "." : out;
}

/// One part of a path against one part of a pattern: `*`, `?`, `[a-z]`, `[^a]`, `\\x`. Steps back to the last star
/// only, so that the time is at most the product of the lengths.
bool match_part(std::string_view pattern, std::string_view name) {
    std::size_t p = 0, n = 0, star = std::string_view::npos, star_n = 0;
    const auto one = [&](char c, std::size_t& end) {
        if (pattern[p] == '?') {
            end = p + 1;
            return true;
        }
        if (pattern[p] == '[') {
            std::size_t q = p + 1;
            const bool negated = q < pattern.size() && (pattern[q] == '^' || pattern[q] == '!');
            if (negated) ++q;
            bool hit = false;
            for (bool first = true; q < pattern.size() && (first || pattern[q] != ']'); first = false) {
                const char low = pattern[q++];
                char high = low;
                if (q + 1 < pattern.size() && pattern[q] == '-' && pattern[q + 1] != ']') {
                    high = pattern[q + 1];
                    q += 2;
                }
                hit = hit || (low <= c && c <= high);
            }
            end = q + 1;
            return q < pattern.size() && hit != negated;
        }
        const std::size_t literal = pattern[p] == '\\' && p + 1 < pattern.size() ? p + 1 : p;
        end = literal + 1;
        return pattern[literal] == c;
    };
    while (n < name.size()) {
        std::size_t end = 0;
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            star_n = n;
        } else if (p < pattern.size() && one(name[n], end)) {
            p = end;
            ++n;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            n = ++star_n;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*') ++p;
    return p == pattern.size();
}

/// Parts against parts; `**` stands for any number of them.
bool match_parts(std::span<const std::string_view> pattern, std::span<const std::string_view> name) {
    std::size_t p = 0, n = 0, star = std::string_view::npos, star_n = 0;
    while (n < name.size()) {
        if (p < pattern.size() && pattern[p] == "**") {
            star = p++;
            star_n = n;
        } else if (p < pattern.size() && match_part(pattern[p], name[n])) {
            ++p;
            ++n;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            n = ++star_n;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == "**") ++p;
    return p == pattern.size();
}

/// `{a,b}` written out. A pattern with more than a thousand alternatives matches nothing.
std::vector<std::string> alternatives(std::string pattern) {
    std::vector<std::string> open = {std::move(pattern)}, out;
    while (!open.empty() && open.size() + out.size() < 1000) {
        const std::string at = std::move(open.back());
        open.pop_back();
        const std::size_t close = at.find('}');
        const std::size_t begin = close == std::string::npos ? close : at.rfind('{', close);
        if (begin == std::string::npos) {
            out.push_back(at);
            continue;
        }
        for (std::string_view option : split(std::string_view(at).substr(begin + 1, close - begin - 1), ','))
            open.push_back(at.substr(0, begin) + std::string(option) + at.substr(close + 1));
    }
    return out;
}

Result fileset(Arguments& a, const Context& context) {
    const std::string folder = clean_path(str(a[0]));
    std::string pattern = clean_path(folder + "/" + str(a[1]));
    if (folder != ".") {
        if (!pattern.starts_with(folder + "/")) return Value::set(Type::string(), {});
        pattern = pattern.substr(folder.size() + 1);
    }
    std::vector<Value> out;
    const std::vector<std::string> patterns = alternatives(std::move(pattern));
    std::vector<std::vector<std::string_view>> wanted;
    for (const std::string& text_pattern : patterns) wanted.push_back(split(text_pattern, '/'));
    for (const std::string& name : context.list_files ? context.list_files(folder) : std::vector<std::string>()) {
        const auto parts = split(name, '/');
        if (std::any_of(wanted.begin(), wanted.end(), [&](const auto& want) { return match_parts(want, parts); }))
            out.push_back(text(name));
    }
    return Value::set(Type::string(), std::move(out));
}

}  // namespace

std::span<const Function> file_functions() {
    static const std::vector<Function> functions = {
        {"file", {string_parameter}, false, {}, Type::string(), file},
        {"filebase64", {string_parameter}, false, {}, Type::string(), filebase64},
        {"fileexists", {string_parameter}, false, {}, Type::boolean(), fileexists},
        {"fileset", {string_parameter, string_parameter}, false, {}, Type::set(Type::string()), fileset},
        {"templatefile",
         {string_parameter, {Type(), false, true}},
         false,
         {},
         Type(),
         [](Arguments& a, const Context& context) -> Result {
             const auto bytes = read_file(context, str(a[0]));
             if (!bytes) return no_file(str(a[0]));
             if (!context.render_template) return fail("not available here");
             Result made = context.render_template(*bytes, str(a[0]), a[1]);
             if (made.ok() && made.value().is_null())
                 return fail(str(a[0]) + ": the result of the template is null, which is not a valid result");
             return made;
         }},
        {"abspath",
         {string_parameter},
         false,
         {},
         Type::string(),
         [](Arguments& a, const Context& context) -> Result {
             return text(str(a[0]).starts_with('/') ? clean_path(str(a[0]))
                                                    : clean_path(context.working_directory + "/" + str(a[0])));
         }},
        {"basename",
         {string_parameter},
         false,
         {},
         Type::string(),
         [](Arguments& a, const Context&) -> Result {
             std::string_view path = str(a[0]);
             if (path.empty()) return text(".");
             while (path.size() > 1 && path.back() == '/') path.remove_suffix(1);
             if (path == "/") return text("/");
             return text(std::string(file_name(path)));
         }},
        {"dirname",
         {string_parameter},
         false,
         {},
         Type::string(),
         [](Arguments& a, const Context&) -> Result {
             const std::string& path = str(a[0]);
             const std::size_t slash = path.rfind('/');
             return text(clean_path(slash == std::string::npos ? "." : path.substr(0, slash + 1)));
         }},
        {"pathexpand",
         {string_parameter},
         false,
         {},
         Type::string(),
         [](Arguments& a, const Context&) -> Result {
             if (!str(a[0]).starts_with('~')) return a[0];
             if (str(a[0]) != "~" && !str(a[0]).starts_with("~/"))
                 return fail("cannot expand user-specific home dir", 0);
             return Value::unknown(Type::string(),
                                   make_cause("the home folder of who runs Terraform is not part of what is scanned"),
                                   not_null());
         }},
    };
    return functions;
}

}  // namespace plumbline::terraform
