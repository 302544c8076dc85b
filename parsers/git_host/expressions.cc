#include "parsers/git_host/expressions.h"

#include <algorithm>
#include <array>

#include "scanner/model/text.h"

namespace plumbline::git_host {
namespace {

// GitHub refuses expressions that nest deeper than 50.
constexpr int max_depth = 50;
// GitHub refuses longer expressions; they never run.
constexpr std::size_t max_length = 21'000;

bool is_name_start(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_name(char c) {
    return is_name_start(c) || (c >= '0' && c <= '9') || c == '-';
}

void add_once(std::vector<std::string>& list, const std::string& item) {
    if (std::find(list.begin(), list.end(), item) == list.end()) list.push_back(item);
}

void add_all(std::vector<std::string>& list, const std::vector<std::string>& items) {
    for (const std::string& item : items) add_once(list, item);
}

/// Functions whose result shows nothing of their arguments' text.
bool hides_arguments(std::string_view function) {
    static constexpr std::array<std::string_view, 8> names = {"contains", "startswith", "endswith", "hashfiles",
                                                              "success",  "failure",    "always",   "cancelled"};
    return std::find(names.begin(), names.end(), function) != names.end();
}

/// Works out which contexts flow into the result, by recursive descent.
class Reader {
  public:
    explicit Reader(std::string_view text) : text_(text) {}

    ContextUse read() {
        ContextUse use;
        use.output = disjunction(0);
        skip_blanks();
        if (failed_ || at_ < text_.size()) {
            lexical();
            use.output = used_;
        }
        use.used = used_;
        return use;
    }

  private:
    using Flow = std::vector<std::string>;

    void skip_blanks() {
        while (at_ < text_.size() &&
               (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r'))
            ++at_;
    }
    bool take(std::string_view token) {
        skip_blanks();
        if (!text_.substr(at_).starts_with(token)) return false;
        at_ += token.size();
        return true;
    }

    Flow disjunction(int depth) {
        Flow flow = conjunction(depth);
        while (!failed_ && take("||")) add_all(flow, conjunction(depth));
        return flow;
    }
    /// `a && b` is b, or an `a` that is empty, false, 0 or null: nothing that anyone could inject.
    Flow conjunction(int depth) {
        Flow flow = comparison(depth);
        while (!failed_ && take("&&")) flow = comparison(depth);
        return flow;
    }
    Flow comparison(int depth) {
        Flow flow = unary(depth);
        while (!failed_ && (take("==") || take("!=") || take("<=") || take(">=") || take("<") || take(">"))) {
            unary(depth);
            flow.clear();
        }
        return flow;
    }
    Flow unary(int depth) {
        bool negated = false;
        while (!failed_ && peek_not() && take("!")) negated = true;
        Flow flow = operand(depth);
        if (negated) flow.clear();
        return flow;
    }
    bool peek_not() {
        skip_blanks();
        return at_ < text_.size() && text_[at_] == '!' && !text_.substr(at_).starts_with("!=");
    }

    Flow operand(int depth) {
        if (depth > max_depth) {
            failed_ = true;
            return {};
        }
        skip_blanks();
        if (take("(")) {
            Flow flow = disjunction(depth + 1);
            if (!take(")")) failed_ = true;
            return postfix(std::move(flow), depth);
        }
        if (at_ < text_.size() && text_[at_] == '\'') {
            string();
            return {};
        }
        if (at_ < text_.size() &&
            (text_[at_] == '-' || text_[at_] == '+' || text_[at_] == '.' || (text_[at_] >= '0' && text_[at_] <= '9'))) {
            while (at_ < text_.size() && (is_name(text_[at_]) || text_[at_] == '.' || text_[at_] == '+')) ++at_;
            return {};
        }
        if (at_ >= text_.size() || !is_name_start(text_[at_])) {
            failed_ = true;
            return {};
        }
        std::string path = name();
        skip_blanks();
        if (at_ < text_.size() && text_[at_] == '(') return call(lower(path), depth);
        if (path == "true" || path == "false" || path == "null" || path == "NaN" || path == "Infinity") return {};
        steps(path, depth);
        add_once(used_, path);
        return {path};
    }

    Flow call(const std::string& function, int depth) {
        ++at_;
        Flow flow;
        if (take(")")) return postfix(std::move(flow), depth);
        do {
            add_all(flow, disjunction(depth + 1));
        } while (!failed_ && take(","));
        if (!take(")")) failed_ = true;
        if (hides_arguments(function)) flow.clear();
        return postfix(std::move(flow), depth);
    }

    /// Steps behind a call or brackets: `fromJSON(x).name`.
    Flow postfix(Flow flow, int depth) {
        std::string ignored;
        steps(ignored, depth);
        return flow;
    }
    void steps(std::string& path, int depth) {
        while (!failed_) {
            if (take(".")) {
                skip_blanks();
                if (take("*"))
                    path += ".*";
                else
                    path += "." + name();
            } else if (take("[")) {
                skip_blanks();
                const std::size_t start = at_;
                disjunction(depth + 1);
                const std::string_view index = trim(text_.substr(start, at_ - start));
                if (!take("]")) failed_ = true;
                const bool quoted =
                    index.size() >= 2 && index.front() == '\'' && index.find('\'', 1) == index.size() - 1;
                path += quoted ? "." + std::string(index.substr(1, index.size() - 2)) : ".*";
            } else {
                return;
            }
        }
    }

    std::string name() {
        const std::size_t start = at_;
        while (at_ < text_.size() && is_name(text_[at_])) ++at_;
        if (at_ == start) failed_ = true;
        return std::string(text_.substr(start, at_ - start));
    }
    void string() {
        for (++at_; at_ < text_.size(); ++at_) {
            if (text_[at_] != '\'') continue;
            if (at_ + 1 < text_.size() && text_[at_ + 1] == '\'') {
                ++at_;
                continue;
            }
            ++at_;
            return;
        }
        failed_ = true;
    }

    /// Every dotted name outside of quotes.
    void lexical() {
        bool in_quotes = false;
        for (std::size_t i = 0; i < text_.size();) {
            if (text_[i] == '\'') in_quotes = !in_quotes;
            if (in_quotes || !is_name_start(text_[i])) {
                ++i;
                continue;
            }
            const std::size_t start = i;
            while (i < text_.size() && (is_name(text_[i]) || text_[i] == '.' || text_[i] == '*')) ++i;
            const std::string path(text_.substr(start, i - start));
            if (path.find('.') != std::string::npos) add_once(used_, path);
        }
    }

    std::string_view text_;
    std::size_t at_ = 0;
    bool failed_ = false;
    std::vector<std::string> used_;
};

}  // namespace

std::vector<ExpressionText> find_expressions(std::string_view text) {
    std::vector<ExpressionText> found;
    std::size_t at = text.find("${{");
    while (at != std::string_view::npos) {
        std::size_t end = at + 3;
        bool in_quotes = false;
        while (end < text.size() && (in_quotes || !text.substr(end).starts_with("}}"))) {
            if (text[end] == '\'') in_quotes = !in_quotes;
            ++end;
        }
        if (end >= text.size()) break;  // never closed: plain text
        found.push_back({at, end + 2, trim(text.substr(at + 3, end - at - 3))});
        at = text.find("${{", end + 2);
    }
    return found;
}

ContextUse contexts_of(std::string_view expression) {
    return expression.size() > max_length ? ContextUse{} : Reader(expression).read();
}

LiteralExpression literal_of(std::string_view expression) {
    if (expression == "true" || expression == "false") return {'b', std::string(expression)};
    if (expression == "null") return {'n', ""};
    if (expression.size() >= 2 && expression.front() == '\'' && expression.back() == '\'') {
        std::string text;
        for (std::size_t i = 1; i + 1 < expression.size(); ++i) {
            if (expression[i] == '\'') {
                if (i + 2 >= expression.size() || expression[i + 1] != '\'') return {};
                ++i;
            }
            text += expression[i];
        }
        return {'s', text};
    }
    if (!expression.empty() && expression.find_first_not_of("0123456789") == std::string_view::npos)
        return {'d', std::string(expression)};
    return {};
}

}  // namespace plumbline::git_host
