#include "reporters/layout.h"

#include <algorithm>

#include "reporters/json_writer.h"
#include "scanner/model/text.h"

namespace plumbline {
namespace {

// Lines of a fault that are shown: a policy document over hundreds of lines is not what a person wants to read.
constexpr std::uint32_t fault_lines = 5;
constexpr std::size_t default_width = 160;

std::string visible(std::string_view code) {
    std::string spaced;
    spaced.reserve(code.size());
    for (char c : code) {
        if (c == '\t')
            spaced += "    ";
        else
            spaced += c;
    }
    return printable(spaced);
}

std::size_t step(std::string_view text, std::size_t at) {
    return std::max<std::size_t>(1, utf8_length(text, at));
}

/// Keeps the last `width` columns.
std::string cut_left(std::string_view text, std::size_t width) {
    std::size_t columns = display_width(text);
    if (columns <= width) return std::string(text);
    std::size_t at = 0;
    while (at < text.size() && columns + 1 > width) {
        const std::size_t length = step(text, at);
        columns -= display_width(text.substr(at, length));
        at += length;
    }
    return "…" + std::string(text.substr(at));
}

std::size_t back_to_code_point(std::string_view text, std::size_t at) {
    while (at > 0 && at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) --at;
    return at;
}

/// `begin` and `end`: the marked bytes of the line.
ExcerptLine excerpt_line(std::uint32_t number, std::string_view line, std::size_t begin, std::size_t end,
                         std::size_t width) {
    // A line can have megabytes: only what can come into view is looked at. Four bytes are the longest character.
    const std::size_t reach = 4 * width + 4;
    const std::size_t from = begin > reach ? back_to_code_point(line, begin - reach) : 0;
    const std::size_t marked_to = std::min(end, back_to_code_point(line, std::min(line.size(), begin + reach)));
    const std::size_t to = back_to_code_point(line, std::min(line.size(), std::max(end, begin) + reach));
    ExcerptLine out{number, visible(line.substr(from, begin - from)),
                    visible(line.substr(begin, std::max(marked_to, begin) - begin)),
                    visible(line.substr(std::min(end, line.size()), to > end ? to - end : 0))};
    if (from > 0) out.before = "…" + out.before;
    std::size_t before = display_width(out.before);
    const std::size_t marked = display_width(out.marked);
    if (before + marked + display_width(out.after) <= width) return out;
    // Half a line of context in front at most, unless the fault is short and at the line's end.
    const std::size_t room =
        marked < width / 2 ? width - marked - std::min(display_width(out.after), width / 4) : width / 3;
    out.before = cut_left(out.before, room);
    before = display_width(out.before);
    const std::size_t left = width > before ? width - before : 1;
    if (marked > left) {
        out.marked = cut(out.marked, left);
        out.after.clear();
    } else {
        out.after = left > marked ? cut(out.after, left - marked) : std::string();
    }
    return out;
}

bool is_blank(const ExcerptLine& line) {
    return line.number != 0 && line.marked.empty() && trim(line.before).empty() && trim(line.after).empty();
}

}  // namespace

std::vector<std::string> wrap(std::string_view text, std::size_t width) {
    std::vector<std::string> lines(1);
    std::size_t used = 0;
    for (std::string_view word : split(text, ' ')) {
        if (word.empty()) continue;
        std::size_t columns = display_width(word);
        if (used > 0 && width > 0 && used + 1 + columns > width) {
            lines.emplace_back();
            used = 0;
        }
        const bool link = word.find("://") != std::string_view::npos;
        while (width > 0 && columns > width && !link) {
            std::size_t at = 0, taken = 0;
            while (at < word.size()) {
                const std::size_t length = step(word, at);
                const std::size_t more = display_width(word.substr(at, length));
                if (taken + more > width && at > 0) break;
                taken += more;
                at += length;
            }
            if (at >= word.size()) break;
            lines.back() += word.substr(0, at);
            lines.emplace_back();
            word.remove_prefix(at);
            columns -= taken;
        }
        if (used > 0) {
            lines.back() += ' ';
            ++used;
        }
        lines.back() += word;
        used += columns;
    }
    return lines;
}

std::vector<ExcerptLine> excerpt(const Source& source, Span span, std::uint32_t context, std::size_t width) {
    std::vector<ExcerptLine> out;
    if (!span.valid()) return out;
    if (width == 0) width = default_width;
    const std::uint32_t last_byte = span.end > span.begin ? span.end - 1 : span.begin;
    const std::uint32_t first = source.locate(span.begin).line;
    const std::uint32_t last = std::max(first, source.locate(last_byte).line);
    const std::uint32_t from = first > context ? first - context : 1;
    const std::uint32_t to = std::min(last + context, source.line_count());
    for (std::uint32_t number = from; number <= to; ++number) {
        if (last - first >= fault_lines && number == first + fault_lines - 2) {
            out.push_back({});
            number = last;
        }
        const std::string_view line = source.line(number);
        const std::uint32_t start = source.line_start(number);
        if (number < first || number > last) {
            out.push_back(excerpt_line(number, line, line.size() < width ? line.size() : 0,
                                       line.size() < width ? line.size() : 0, width));
            continue;
        }
        std::size_t begin = number == first ? std::min<std::size_t>(span.begin - start, line.size())
                                            : std::min(line.find_first_not_of(" \t"), line.size());
        std::size_t end =
            number == last ? std::min<std::size_t>(std::max(span.end, span.begin) - start, line.size()) : line.size();
        begin = back_to_code_point(line, begin);
        end = std::max(begin, back_to_code_point(line, end));
        out.push_back(excerpt_line(number, line, begin, end, width));
    }
    while (out.size() > 1 && out.front().number < first && is_blank(out.front())) out.erase(out.begin());
    while (out.size() > 1 && out.back().number > last && is_blank(out.back())) out.pop_back();
    return out;
}

std::string padded(std::string_view text, std::size_t width) {
    const std::size_t columns = display_width(text);
    std::string out(text);
    if (columns < width) out.append(width - columns, ' ');
    return out;
}

}  // namespace plumbline
