#include "scanner/model/diagnostic.h"

#include <algorithm>

#include "scanner/model/text.h"

namespace plumbline {
namespace {

// Columns of code shown; long lines are cut around the subject.
constexpr std::size_t excerpt_width = 120;

std::string_view level_name(Level level) {
    switch (level) {
        case Level::note:
            return "note";
        case Level::warning:
            return "warning";
        case Level::error:
            break;
    }
    return "error";
}

}  // namespace

void Diagnostics::error(std::string code, std::string summary, std::string detail, Span subject) {
    add({Level::error, std::move(code), std::move(summary), std::move(detail), subject, {}, {}});
}

void Diagnostics::warning(std::string code, std::string summary, std::string detail, Span subject) {
    add({Level::warning, std::move(code), std::move(summary), std::move(detail), subject, {}, {}});
}

void Diagnostics::file_error(std::string code, std::string path, std::string summary, std::string detail) {
    add({Level::error, std::move(code), std::move(summary), std::move(detail), {}, std::move(path), {}});
}

void Diagnostics::append(Diagnostics other) {
    items_.insert(items_.end(), std::make_move_iterator(other.items_.begin()),
                  std::make_move_iterator(other.items_.end()));
}

bool Diagnostics::has_errors() const {
    return std::any_of(items_.begin(), items_.end(), [](const Diagnostic& item) { return item.level == Level::error; });
}

std::string to_text(const Diagnostic& diagnostic, const SourceSet& sources) {
    std::string out;
    const bool placed = diagnostic.subject.valid();
    const Source& source = sources[diagnostic.subject.source];
    if (placed) {
        const LineCol at = source.locate(diagnostic.subject.begin);
        out += printable(source.path()) + ":" + std::to_string(at.line) + ":" + std::to_string(at.column) + ": ";
    } else if (!diagnostic.path.empty()) {
        out += printable(diagnostic.path) + ": ";
    }
    out += std::string(level_name(diagnostic.level)) + ": " + printable(diagnostic.summary) + "\n";
    if (placed) {
        const LineCol at = source.locate(diagnostic.subject.begin);
        const std::string_view line = source.line(at.line);
        const std::uint32_t start = source.line_start(at.line);
        std::size_t from = std::min<std::size_t>(diagnostic.subject.begin - start, line.size());
        std::size_t to =
            std::min<std::size_t>(std::max(diagnostic.subject.end, diagnostic.subject.begin) - start, line.size());
        std::size_t first = from > excerpt_width / 2 ? from - excerpt_width / 2 : 0;
        while (first > 0 && (static_cast<unsigned char>(line[first]) & 0xC0) == 0x80) --first;
        const std::string before = printable(line.substr(first, from - first));
        const std::string subject = printable(line.substr(from, to - from));
        const std::string code = cut(before + printable(line.substr(from)), excerpt_width);
        const std::string number = std::to_string(at.line);
        out += "  " + number + " | " + (first > 0 ? "…" : "") + code + "\n";
        const std::size_t indent = display_width(before) + (first > 0 ? 1 : 0);
        const std::size_t room = indent < excerpt_width ? excerpt_width - indent : 1;
        out += "  " + std::string(number.size(), ' ') + " | " + std::string(indent, ' ') +
               std::string(std::clamp<std::size_t>(display_width(subject), 1, room), '^') + "\n";
    }
    if (!diagnostic.detail.empty()) out += "  " + printable(diagnostic.detail) + "\n";
    return out;
}

}  // namespace plumbline
