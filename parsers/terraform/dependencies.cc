#include "parsers/terraform/dependencies.h"

#include <algorithm>
#include <optional>

#include "scanner/model/text.h"

namespace plumbline::terraform {
namespace {

bool is_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

/// Whether a string that starts at `at` (behind the quote) can be `.`, `..`, `./x` or `../x`, and what it is then.
/// Escapes, templates and letters beyond ASCII (which are normalised) are not worked out: `unclear` then.
std::optional<std::string> relative_folder(std::string_view text, std::size_t at, bool& unclear) {
    const std::string_view rest = text.substr(at);
    const std::size_t dots = std::min(rest.find_first_not_of('.'), rest.size());
    if (dots == rest.size() || dots > 2) return std::nullopt;
    const char next = rest[dots];
    // `\u002e` and JSON's `\/`.
    if (next == '\\' && dots + 1 < rest.size()) {
        const char kind = rest[dots + 1];
        unclear = unclear || kind == 'u' || kind == 'U' || (kind == '/' && dots > 0);
        return std::nullopt;
    }
    if (dots == 0 || (next != '/' && next != '"')) return std::nullopt;
    const std::size_t end = rest.find_first_of("\"\\$%\n", dots);
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view folder = rest.substr(0, end);
    const bool plain = rest[end] == '"' && std::all_of(folder.begin(), folder.end(),
                                                       [](char c) { return static_cast<unsigned char>(c) < 0x80; });
    if (rest[end] == '\n') return std::nullopt;  // no string ends on another line
    if (plain) return std::string(folder);
    unclear = true;
    return std::nullopt;
}

/// The end of a template's value, as far as it stands there in letters: of `"${path.module}/a.json"` it is `/a.json`.
/// Empty where nothing can be said. `at` is behind the opening quote.
std::string end_of_template(std::string_view text, std::size_t at) {
    std::size_t depth = 0, literal = at;
    bool begins = true;  // nothing stands before the literal
    for (std::size_t i = at; i < text.size(); ++i) {
        const char c = text[i];
        if (c == '\\' || static_cast<unsigned char>(c) >= 0x80) return "";
        if (depth == 0 && c == '"') {
            std::string_view end = text.substr(literal, i - literal);
            std::size_t after = text.find_first_not_of(" \t\r\n", i + 1);
            if (after == std::string_view::npos || (text[after] != ')' && text[after] != ',')) return "";
            // Behind `..` the path goes on elsewhere.
            bool whole = begins;
            for (std::size_t slash = end.rfind('/'); slash != std::string_view::npos && slash > 0;
                 slash = end.rfind('/', slash - 1)) {
                const std::size_t part = end.rfind('/', slash - 1);
                const std::string_view name = end.substr(part == std::string_view::npos ? 0 : part + 1,
                                                         slash - (part == std::string_view::npos ? 0 : part + 1));
                if (name != "." && name != ".." && !name.empty()) continue;
                end.remove_prefix(slash + 1);
                whole = true;
                break;
            }
            if (end.starts_with('/')) {
                whole = true;
                end.remove_prefix(end.find_first_not_of('/') == std::string_view::npos ? end.size()
                                                                                       : end.find_first_not_of('/'));
            }
            while (end.ends_with('/')) end.remove_suffix(1);
            if (end.empty() || end == "." || end == "..") return "";
            return (whole ? "/" : "") + std::string(end);
        }
        if ((c == '$' || c == '%') && i + 1 < text.size() && text[i + 1] == '{') {
            if (i > at && text[i - 1] == c) return "";  // `$${` stands for itself
            ++depth;
            ++i;
        } else if (depth > 0 && c == '{') {
            ++depth;
        } else if (depth > 0 && c == '}' && --depth == 0) {
            literal = i + 1;
            begins = false;
        } else if (depth > 0 && c == '"') {
            // A string inside of an interpolation; one with an interpolation of its own is not followed.
            const std::size_t close = text.find_first_of("\"\\$%", i + 1);
            if (close == std::string_view::npos || text[close] != '"') return "";
            i = close;
        }
    }
    return "";
}

/// Takes the call at `at`, where a name that starts with `file` stands.
void take_call(std::string_view text, std::size_t at, Dependencies& out) {
    std::size_t begin = at;
    while (begin > 0 && is_name(text[begin - 1])) --begin;
    std::size_t end = at;
    while (end < text.size() && is_name(text[end])) ++end;
    const std::string_view name = text.substr(begin, end - begin);
    if (begin != at && name != "templatefile") return;
    std::size_t open = text.find_first_not_of(" \t", end);
    if (open == std::string_view::npos) return;
    if (text[open] == '/' || text[open] == '#') {
        // A comment between the name and what follows.
        out.file_ends.emplace_back();
        out.folder_ends.emplace_back();
        return;
    }
    if (text[open] != '(') return;
    std::vector<std::string>& ends = name == "fileset" ? out.folder_ends : out.file_ends;
    const std::size_t argument = text.find_first_not_of(" \t\r\n", open + 1);
    if (argument == std::string_view::npos) return;
    ends.push_back(text[argument] == '"' ? end_of_template(text, argument + 1) : std::string());
}

}  // namespace

Dependencies dependencies_of(std::string_view text) {
    Dependencies out;
    for (std::size_t at = text.find('"'); at != std::string_view::npos; at = text.find('"', at + 1)) {
        if (at + 1 >= text.size() || (text[at + 1] != '.' && text[at + 1] != '\\')) continue;
        if (auto folder = relative_folder(text, at + 1, out.anything)) out.folders.push_back(std::move(*folder));
    }
    for (std::size_t at = text.find("file"); at != std::string_view::npos; at = text.find("file", at + 4))
        take_call(text, at, out);
    const auto tidy = [](std::vector<std::string>& list) {
        std::sort(list.begin(), list.end());
        list.erase(std::unique(list.begin(), list.end()), list.end());
    };
    tidy(out.folders);
    tidy(out.file_ends);
    tidy(out.folder_ends);
    return out;
}

bool may_read(const Dependencies& dependencies, std::string_view path) {
    const std::string whole = "/" + std::string(path);
    return dependencies.anything ||
           std::any_of(dependencies.file_ends.begin(), dependencies.file_ends.end(),
                       [&](const std::string& end) { return whole.ends_with(end); }) ||
           std::any_of(dependencies.folder_ends.begin(), dependencies.folder_ends.end(), [&](const std::string& end) {
               return whole.find(end + "/") != std::string::npos || end.empty();
           });
}

}  // namespace plumbline::terraform
