#include "parsers/kubernetes/calico_selector.h"

#include <vector>

#include "scanner/model/text.h"

namespace plumbline::kubernetes {
namespace {

// Parentheses and negations in one another; people write two or three.
constexpr int max_depth = 50;

/// Reads and judges in one pass, since the labels are known.
class Selector {
  public:
    Selector(std::string_view text, const LabelLookup& label) : rest_(text), label_(label) {}

    std::optional<bool> whole() {
        if (blank()) return true;
        const std::optional<bool> held = any(0);
        return good_ && blank() ? held : std::nullopt;
    }

  private:
    std::optional<bool> fail() {
        good_ = false;
        return std::nullopt;
    }
    bool blank() {
        rest_ = trim(rest_);
        return rest_.empty();
    }
    bool take(std::string_view token) {
        blank();
        if (!rest_.starts_with(token)) return false;
        rest_.remove_prefix(token.size());
        return true;
    }
    /// A word operator, which letters may not follow.
    bool take_word(std::string_view word) {
        const std::string_view before = rest_;
        if (take(word) && (rest_.empty() || !is_name(rest_[0]))) return true;
        rest_ = before;
        return false;
    }
    static bool is_name(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
               c == '/' || c == '-';
    }
    std::string_view name() {
        blank();
        std::size_t size = 0;
        while (size < rest_.size() && is_name(rest_[size])) ++size;
        const std::string_view taken = rest_.substr(0, size);
        rest_.remove_prefix(size);
        if (taken.empty()) good_ = false;
        return taken;
    }
    std::string text() {
        blank();
        const char quote = rest_.empty() ? '\0' : rest_[0];
        const std::size_t end = quote == '\'' || quote == '"' ? rest_.find(quote, 1) : std::string_view::npos;
        if (end == std::string_view::npos) {
            good_ = false;
            return {};
        }
        std::string taken(rest_.substr(1, end - 1));
        rest_.remove_prefix(end + 1);
        return taken;
    }

    std::optional<bool> any(int depth) {
        std::optional<bool> held = all(depth);
        while (good_ && take("||")) {
            const std::optional<bool> other = all(depth);
            held = held.value_or(false) || other.value_or(false);
        }
        return held;
    }
    std::optional<bool> all(int depth) {
        std::optional<bool> held = one(depth);
        while (good_ && take("&&")) {
            const std::optional<bool> other = one(depth);
            held = held.value_or(false) && other.value_or(false);
        }
        return held;
    }
    std::optional<bool> one(int depth) {
        if (depth > max_depth) return fail();
        if (take("!")) {
            const std::optional<bool> held = one(depth + 1);
            return good_ ? std::optional<bool>(!held.value_or(false)) : held;
        }
        if (take("(")) {
            const std::optional<bool> held = any(depth + 1);
            return take(")") ? held : fail();
        }
        if (take("all()")) return true;
        if (take("global()")) return false;  // what lies in no namespace; pods always do
        if (take("has(")) {
            const std::string_view wanted = name();
            return take(")") ? std::optional<bool>(label_(wanted).has_value()) : fail();
        }
        return comparison();
    }
    std::optional<bool> comparison() {
        const std::optional<std::string> own = label_(name());
        if (take("==")) {
            const std::string wanted = text();
            return own && *own == wanted;
        }
        if (take("!=")) {
            const std::string wanted = text();
            return !own || *own != wanted;
        }
        if (take_word("contains")) {
            const std::string wanted = text();
            return own && own->find(wanted) != std::string::npos;
        }
        if (take_word("starts")) {
            if (!take_word("with")) return fail();
            const std::string wanted = text();
            return own && own->starts_with(wanted);
        }
        if (take_word("ends")) {
            if (!take_word("with")) return fail();
            const std::string wanted = text();
            return own && own->ends_with(wanted);
        }
        const bool negated = take_word("not");
        if (!take_word("in") || !take("{")) return fail();
        bool found = false;
        while (good_ && !take("}")) {
            const std::string wanted = text();
            found = found || (own && *own == wanted);
            take(",");
        }
        return found != negated;
    }

    std::string_view rest_;
    const LabelLookup& label_;
    bool good_ = true;
};

}  // namespace

std::optional<bool> calico_selects(std::string_view selector, const LabelLookup& label) {
    return Selector(selector, label).whole();
}

}  // namespace plumbline::kubernetes
