#include "rules/pattern.h"

#include <re2/re2.h>

#include <mutex>

namespace plumbline {

struct Pattern::Compiled {
    std::once_flag once;
    std::unique_ptr<re2::RE2> re2;
    const re2::RE2& get(const std::string& text, bool ignore_case) {
        std::call_once(once, [&] {
            re2::RE2::Options options(re2::RE2::Quiet);
            options.set_case_sensitive(!ignore_case);
            // RE2's own default is 8 MiB; a rule that needs more than one is written wrongly.
            options.set_max_mem(1 << 20);
            re2 = std::make_unique<re2::RE2>(text, options);
        });
        return *re2;
    }
};

Pattern::Pattern(std::string text, bool ignore_case)
    : text_(std::move(text)), ignore_case_(ignore_case), compiled_(std::make_unique<Compiled>()) {}
Pattern::~Pattern() = default;
Pattern::Pattern(Pattern&&) noexcept = default;
Pattern& Pattern::operator=(Pattern&&) noexcept = default;

std::optional<std::string> Pattern::error() const {
    const re2::RE2& re2 = compiled_->get(text_, ignore_case_);
    if (re2.ok()) return std::nullopt;
    return re2.error();
}

bool Pattern::matches(std::string_view text) const {
    const re2::RE2& re2 = compiled_->get(text_, ignore_case_);
    return re2.ok() && re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), re2);
}

std::vector<std::string> Pattern::find_all(std::string_view text, std::size_t most) const {
    const re2::RE2& re2 = compiled_->get(text_, ignore_case_);
    std::vector<std::string> found;
    if (!re2.ok()) return found;
    const int groups = re2.NumberOfCapturingGroups() > 0 ? 2 : 1;
    re2::StringPiece match[2];
    for (std::size_t at = 0; at <= text.size() && found.size() < most;) {
        if (!re2.Match(re2::StringPiece(text.data(), text.size()), at, text.size(), re2::RE2::UNANCHORED, match,
                       groups))
            break;
        const re2::StringPiece& taken = groups == 2 && match[1].data() ? match[1] : match[0];
        if (!taken.empty()) found.emplace_back(taken.data(), taken.size());
        // An empty match goes on behind the next byte.
        const std::size_t end = static_cast<std::size_t>(match[0].data() - text.data()) + match[0].size();
        at = match[0].empty() ? end + 1 : end;
    }
    return found;
}

std::optional<std::pair<std::size_t, std::size_t>> Pattern::find(std::string_view text, std::size_t from) const {
    const re2::RE2& re2 = compiled_->get(text_, ignore_case_);
    re2::StringPiece match;
    if (!re2.ok() || from > text.size() ||
        !re2.Match(re2::StringPiece(text.data(), text.size()), from, text.size(), re2::RE2::UNANCHORED, &match, 1))
        return std::nullopt;
    return std::pair(static_cast<std::size_t>(match.data() - text.data()), match.size());
}

Pattern::Anchors Pattern::anchors() const {
    Anchors found;
    bool in_class = false;
    for (std::size_t i = 0; i < text_.size(); ++i) {
        const char c = text_[i];
        if (c == '\\' && i + 1 < text_.size()) {
            const char escaped = text_[++i];
            found.start |= escaped == 'A';
            found.end |= escaped == 'z';
            found.inside |= escaped == 'b' || escaped == 'B' || escaped == 'Q';
        } else if (in_class) {
            // `[[:alpha:]]`: the name's bracket does not end the class.
            if (c == '[' && i + 1 < text_.size() && text_[i + 1] == ':') {
                const std::size_t end = text_.find(":]", i + 2);
                if (end != std::string::npos) i = end + 1;
            } else {
                in_class = c != ']';
            }
        } else if (c == '[') {
            in_class = true;
            if (i + 1 < text_.size() && text_[i + 1] == '^') ++i;
            if (i + 1 < text_.size() && text_[i + 1] == ']') ++i;  // a `]` at the start stands for itself
        } else {
            found.start |= c == '^';
            found.end |= c == '$';
        }
    }
    return found;
}

}  // namespace plumbline
