#include "scanner/model/source.h"

#include <algorithm>
#include <cstring>

namespace plumbline {
namespace {

// A minified file is one line of megabytes; columns in it are counted from the nearest of these places.
constexpr std::uint32_t mark_distance = 1024;

bool starts_code_point(char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
}

}  // namespace

Source::Source(SourceId id, std::string path, std::string text)
    : id_(id), path_(std::move(path)), text_(std::move(text)) {}

const std::vector<std::uint32_t>& Source::starts() const {
    std::call_once(once_, [this] {
        starts_.push_back(0);
        const char* begin = text_.data();
        const char* end = begin + text_.size();
        for (const char* at = begin; at < end;) {
            const void* found = std::memchr(at, '\n', static_cast<std::size_t>(end - at));
            if (!found) break;
            at = static_cast<const char*>(found) + 1;
            starts_.push_back(static_cast<std::uint32_t>(at - begin));
        }
        std::uint32_t seen = 0;
        for (std::size_t i = 0; i < text_.size(); ++i) {
            if (i % mark_distance == 0) marks_.push_back(seen);
            seen += starts_code_point(text_[i]);
        }
        marks_.push_back(seen);  // for the offset of the text's end, where that is such a place
    });
    return starts_;
}

std::uint32_t Source::code_points(std::uint32_t offset) const {
    const std::uint32_t mark = offset / mark_distance;
    std::uint32_t count = marks_[mark];
    for (std::uint32_t i = mark * mark_distance; i < offset; ++i) count += starts_code_point(text_[i]);
    return count;
}

LineCol Source::locate(std::uint32_t offset) const {
    offset = std::min<std::uint32_t>(offset, static_cast<std::uint32_t>(text_.size()));
    const auto& table = starts();
    const auto after = std::upper_bound(table.begin(), table.end(), offset);
    const auto line = static_cast<std::uint32_t>(after - table.begin());
    return {line, code_points(offset) - code_points(table[line - 1]) + 1};
}

std::string_view Source::line(std::uint32_t line) const {
    const auto& table = starts();
    if (line == 0 || line > table.size()) return {};
    const std::uint32_t begin = table[line - 1];
    std::uint32_t end = line < table.size() ? table[line] - 1 : static_cast<std::uint32_t>(text_.size());
    if (end > begin && text_[end - 1] == '\r') --end;
    return std::string_view(text_).substr(begin, end - begin);
}

std::uint32_t Source::line_count() const {
    return static_cast<std::uint32_t>(starts().size());
}

std::uint32_t Source::line_start(std::uint32_t line) const {
    const auto& table = starts();
    if (line == 0) return 0;
    return line <= table.size() ? table[line - 1] : static_cast<std::uint32_t>(text_.size());
}

SourceSet::SourceSet() {
    sources_.emplace_back(SourceId{0}, "", "");
}

const Source& SourceSet::add(std::string path, std::string text) {
    const std::lock_guard lock(mutex_);
    return sources_.emplace_back(static_cast<SourceId>(sources_.size()), std::move(path), std::move(text));
}

const Source& SourceSet::get(SourceId id) const {
    const std::lock_guard lock(mutex_);
    const auto index = static_cast<std::size_t>(id);
    return sources_[index < sources_.size() ? index : 0];
}

std::size_t SourceSet::size() const {
    const std::lock_guard lock(mutex_);
    return sources_.size();
}

void SourceSet::rename(const std::function<std::string(const std::string&)>& shown) {
    const std::lock_guard lock(mutex_);
    for (Source& source : sources_) {
        if (source.id_ != SourceId{}) source.path_ = shown(source.path_);
    }
}

std::string_view SourceSet::text(Span span) const {
    const std::string_view whole = get(span.source).text();
    if (span.begin >= whole.size() || span.end <= span.begin) return {};
    return whole.substr(span.begin, span.end - span.begin);
}

}  // namespace plumbline
