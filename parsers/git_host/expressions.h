#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace plumbline::git_host {

/// One `${{ ... }}` in a text. Offsets are of the whole, `inner` is what stands between the braces, trimmed.
struct ExpressionText {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::string_view inner;
};

/// Every expression of a text, in order. A `}}` inside of a quoted string does not end one.
std::vector<ExpressionText> find_expressions(std::string_view text);

/// The contexts that an expression reads (`github.event.issue.title`, `env.NAME`, `matrix.os`), each once.
struct ContextUse {
    /// Those whose content can appear in the expression's result: not what is only compared, negated, tested or hashed.
    std::vector<std::string> output;
    /// All of them.
    std::vector<std::string> used;
};

/// By GitHub's grammar of expressions. `x['a']` is named `x.a`, any other index and `*` are `*`. What does not follow
/// the grammar counts with every context in it.
ContextUse contexts_of(std::string_view expression);

/// The value of an expression that is one literal: `'text'` (then `kind` is 's'), `true`/`false` ('b'), `null` ('n') or
/// a number
/// ('d'). `kind` is 0 for everything else.
struct LiteralExpression {
    char kind = 0;
    std::string text;
};
LiteralExpression literal_of(std::string_view expression);

}  // namespace plumbline::git_host
