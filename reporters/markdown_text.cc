#include "reporters/markdown_text.h"

#include <algorithm>

#include "scanner/model/text.h"

namespace plumbline {
namespace {

constexpr std::size_t longest_cell = 300;

}  // namespace

std::string markdown_text(std::string_view text) {
    std::string out;
    for (char c : cut(printable(text), longest_cell)) {
        if (c == '@')
            out += "&#64;";
        else if (c == '<')
            out += "&lt;";
        else if (c == '>')
            out += "&gt;";
        else if (c == '&')
            out += "&amp;";
        else if (c == '#')
            out += "&#35;";  // an issue is not meant
        else if (std::string_view("\\`*_{}[]()|~!$").find(c) != std::string_view::npos)
            (out += '\\') += c;
        else
            out += c;
    }
    return out;
}

std::string markdown_code(std::string_view text) {
    const std::string clean = cut(printable(text), longest_cell);
    std::size_t run = 0, longest = 0;
    std::string escaped;
    for (char c : clean) {
        run = c == '`' ? run + 1 : 0;
        longest = std::max(longest, run);
        if (c == '|') escaped += '\\';
        escaped += c;
    }
    const std::string fence(longest + 1, '`');
    const std::string_view pad = longest > 0 ? " " : "";
    std::string out = fence;
    return out.append(pad).append(escaped).append(pad).append(fence);
}

}  // namespace plumbline
