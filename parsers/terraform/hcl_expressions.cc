#include "parsers/terraform/hcl_expressions.h"

namespace plumbline::hcl {

const Expr* ExpressionReader::expression() {
    const Depth depth(*this);
    const Expr* condition = binary(0);
    skip();
    if (peek() != '?') return condition;
    ++at_;
    const Expr* yes = expression();
    skip();
    if (peek() != ':')
        fail("Missing false expression in conditional",
             "The conditional operator (...?...:...) requires a false expression, delimited by a colon.", here());
    ++at_;
    const Expr* no = expression();
    return arena_.make(
        ConditionalExpr{{Expr::Kind::conditional, Span::join(condition->span, no->span)}, condition, yes, no});
}

std::optional<Operator> ExpressionReader::binary_operator() {
    const char c = peek(), d = peek(1);
    switch (c) {
        case '|':
            return d == '|' ? std::optional(Operator{BinaryOp::or_, 1, 2}) : std::nullopt;
        case '&':
            return d == '&' ? std::optional(Operator{BinaryOp::and_, 2, 2}) : std::nullopt;
        case '=':
            return d == '=' ? std::optional(Operator{BinaryOp::equal, 3, 2}) : std::nullopt;
        case '!':
            return d == '=' ? std::optional(Operator{BinaryOp::not_equal, 3, 2}) : std::nullopt;
        case '<':
            return d == '=' ? Operator{BinaryOp::less_equal, 4, 2} : Operator{BinaryOp::less, 4, 1};
        case '>':
            return d == '=' ? Operator{BinaryOp::greater_equal, 4, 2} : Operator{BinaryOp::greater, 4, 1};
        case '+':
            return Operator{BinaryOp::add, 5, 1};
        case '-':
            return Operator{BinaryOp::subtract, 5, 1};
        case '*':
            return Operator{BinaryOp::multiply, 6, 1};
        case '/':
            return Operator{BinaryOp::divide, 6, 1};
        case '%':
            return Operator{BinaryOp::modulo, 6, 1};
        default:
            return std::nullopt;
    }
}

const Expr* ExpressionReader::binary(int level) {
    const Expr* left = unary();
    while (true) {
        skip();
        const auto found = binary_operator();
        if (!found || found->level <= level) return left;
        const Span op_span = span(at_, at_ + found->size);
        at_ += found->size;
        const Expr* right = binary(found->level);
        left = arena_.make(
            BinaryExpr{{Expr::Kind::binary, Span::join(left->span, right->span)}, found->op, left, right, op_span});
    }
}

const Expr* ExpressionReader::unary() {
    skip();
    const std::uint32_t begin = at_;
    if (peek() == '-' || (peek() == '!' && peek(1) != '=')) {
        const Depth depth(*this);
        const UnaryOp op = peek() == '-' ? UnaryOp::negate : UnaryOp::not_;
        ++at_;
        const Expr* operand = unary();
        return arena_.make(UnaryExpr{{Expr::Kind::unary, Span::join(span(begin, at_), operand->span)}, op, operand});
    }
    return postfix(term());
}

const Expr* ExpressionReader::postfix(const Expr* object) {
    while (true) {
        skip();
        const std::uint32_t begin = at_;
        if (peek() == '.') {
            if (starts("...")) return object;
            ++at_;
            skip();
            if (peek() == '*') {
                ++at_;
                mark();
                const Span marker = span(begin, at_);
                const Expr* item = arena_.make(Expr{Expr::Kind::splat_item, marker});
                // Only attribute steps belong to an attribute splat; an index applies to its result.
                while (true) {
                    skip();
                    if (peek() != '.' || starts("...")) break;
                    const std::uint32_t dot = at_;
                    ++at_;
                    skip();
                    if (peek() == '*')
                        fail("Nested splat expression not allowed",
                             "A splat expression cannot be used inside another attribute-only splat expression.",
                             here());
                    item = dot_step(item, dot);
                }
                object = arena_.make(SplatExpr{
                    {Expr::Kind::splat_attr, Span::join(object->span, span(begin, end_))}, object, item, marker});
                continue;
            }
            object = dot_step(object, begin);
        } else if (peek() == '[') {
            ++at_;
            const Newlines newlines(*this, true);
            skip();
            if (peek() == '*') {
                const std::uint32_t star = at_;
                ++at_;
                skip();
                if (peek() == ']') {
                    ++at_;
                    mark();
                    const Span marker = span(begin, at_);
                    newlines_ignored_ = newlines.before_;
                    const Expr* item = arena_.make(Expr{Expr::Kind::splat_item, marker});
                    const Depth depth(*this);
                    const Expr* each = postfix(item);
                    return arena_.make(SplatExpr{
                        {Expr::Kind::splat_full, Span::join(object->span, span(begin, end_))}, object, each, marker});
                }
                at_ = star;
            }
            const Expr* key = expression();
            skip();
            if (peek() != ']')
                fail("Missing close bracket on index", "The index operator must end with a closing bracket (\"]\").",
                     here());
            ++at_;
            mark();
            const Span bracket = span(begin, at_);
            object = arena_.make(
                IndexExpr{{Expr::Kind::index, Span::join(object->span, bracket)}, object, key, false, bracket});
        } else {
            return object;
        }
    }
}

const Expr* ExpressionReader::dot_step(const Expr* object, std::uint32_t begin) {
    const std::uint32_t name_begin = at_;
    if (identifier_length(text_.substr(at_)) > 0) {
        const std::string_view name = identifier();
        mark();
        return arena_.make(GetAttrExpr{
            {Expr::Kind::get_attr, Span::join(object->span, span(begin, at_))}, object, name, span(name_begin, at_)});
    }
    if (peek() >= '0' && peek() <= '9') {
        {
            const std::uint32_t digits = at_;
            while (peek() >= '0' && peek() <= '9') ++at_;
            const Span number = span(digits, at_);
            if (at_ - digits > 1 && text_[digits] == '0')
                fail("Invalid legacy index syntax", "An index must not have leading zeros.", number);
            const Expr* key =
                arena_.make(NumberExpr{{Expr::Kind::literal_number, number}, text_.substr(digits, at_ - digits)});
            mark();
            object = arena_.make(
                IndexExpr{{Expr::Kind::index, Span::join(object->span, number)}, object, key, true, number});
            if (peek() == '.' && peek(1) >= '0' && peek(1) <= '9')
                fail("Invalid legacy index syntax",
                     "When using the legacy index syntax, chaining two indexes together is not permitted. Use the "
                     "proper index syntax with square brackets instead.",
                     here());
            return object;
        }
    }
    fail("Invalid attribute name", "An attribute name is required after a dot.", here());
}

const Expr* ExpressionReader::term() {
    const Expr* made = term_inner();
    mark();
    return made;
}

const Expr* ExpressionReader::term_inner() {
    skip();
    const std::uint32_t begin = at_;
    const char c = peek();
    if (c == '"') return quoted_template();
    if (c >= '0' && c <= '9') return number();
    if (c == '(') {
        ++at_;
        const Newlines newlines(*this, true);
        const Expr* inner = expression();
        skip();
        if (peek() != ')')
            fail("Unbalanced parentheses", "Expected a closing parenthesis to terminate the expression.", here());
        ++at_;
        return arena_.make(ParenExpr{{Expr::Kind::paren, span(begin, at_)}, inner});
    }
    if (c == '[') return tuple();
    if (c == '{') return object();
    if (c == '<' && peek(1) == '<') return heredoc();
    if (identifier_length(text_.substr(at_)) > 0) return name();
    bad_character();
    if (at_end())
        fail("Missing expression", "Expected the start of an expression, but found the end of the file.", here());
    fail("Invalid expression", "Expected the start of an expression, but found an invalid expression token.", here());
}

const Expr* ExpressionReader::number() {
    const std::uint32_t begin = at_;
    const auto digits = [&] {
        const std::uint32_t first = at_;
        while (peek() >= '0' && peek() <= '9') ++at_;
        return at_ > first;
    };
    digits();
    // `1.e3` is a number, `1.` alone is not.
    if (peek() == '.' && ((peek(1) >= '0' && peek(1) <= '9') || peek(1) == 'e' || peek(1) == 'E')) {
        ++at_;
        digits();
    }
    if ((peek() == 'e' || peek() == 'E')) {
        const std::uint32_t before = at_;
        ++at_;
        if (peek() == '+' || peek() == '-') ++at_;
        if (!digits()) at_ = before;
    }
    const Span place = span(begin, at_);
    const std::string_view text = text_.substr(begin, at_ - begin);
    if (!Number::parse(text))
        fail("Invalid number literal", "Failed to recognize the value of this number literal.", place);
    if (identifier_length(text_.substr(at_)) > 0)
        fail("Missing newline after argument", "A number must not run into a name.", here());
    return arena_.make(NumberExpr{{Expr::Kind::literal_number, place}, text});
}

const Expr* ExpressionReader::name() {
    const std::uint32_t begin = at_;
    std::string_view word = identifier();
    Span place = span(begin, at_);
    const std::uint32_t after = at_;
    skip();
    if (starts("::")) {
        std::string full(word);
        while (starts("::")) {
            at_ += 2;
            skip();
            if (identifier_length(text_.substr(at_)) == 0)
                fail("Missing function name", "A function name is required after the namespace separator \"::\".",
                     here());
            full += "::";
            full += identifier();
            place = span(begin, at_);
            skip();
        }
        if (peek() != '(')
            fail("Missing open parenthesis",
                 "Function selector must be followed by an open parenthesis to begin the function call.", here());
        word = arena_.copy(full);
    }
    if (peek() == '(') return call(word, place);
    at_ = after;
    if (word == "true" || word == "false")
        return arena_.make(BoolExpr{{Expr::Kind::literal_bool, place}, word == "true"});
    if (word == "null") return arena_.make(Expr{Expr::Kind::literal_null, place});
    return arena_.make(VariableExpr{{Expr::Kind::variable, place}, word});
}

const Expr* ExpressionReader::call(std::string_view word, Span place) {
    const Span open = span(at_, at_ + 1);
    ++at_;
    const Newlines newlines(*this, true);
    std::vector<const Expr*> arguments;
    bool expand = false;
    while (true) {
        skip();
        if (peek() == ')') break;
        arguments.push_back(expression());
        skip();
        if (starts("...")) {
            at_ += 3;
            expand = true;
            skip();
            if (peek() != ')')
                fail("Missing closing parenthesis",
                     "An expanded function argument (with ...) must be immediately followed by closing parentheses.",
                     here());
            break;
        }
        if (peek() == ')') break;
        if (peek() != ',') {
            if (at_end())
                fail("Unterminated function call",
                     "There is no closing parenthesis for this function call before the end of the file.", open);
            fail("Missing argument separator", "A comma is required to separate each function argument from the next.",
                 here());
        }
        ++at_;
    }
    const Span close = span(at_, at_ + 1);
    ++at_;
    return arena_.make(CallExpr{{Expr::Kind::call, Span::join(place, close)},
                                word,
                                place,
                                arena_.copy(std::span<const Expr* const>(arguments)),
                                expand,
                                open,
                                close});
}

const Expr* ExpressionReader::tuple() {
    const std::uint32_t begin = at_;
    ++at_;
    const Newlines newlines(*this, true);
    skip();
    if (at_keyword("for")) return for_expression(begin, false);
    std::vector<const Expr*> items;
    while (true) {
        skip();
        if (peek() == ']') break;
        if (at_end())
            fail("Unterminated tuple constructor expression",
                 "There is no corresponding closing bracket before the end of the file.", span(begin, begin + 1));
        items.push_back(expression());
        skip();
        if (peek() == ']') break;
        if (at_end())
            fail("Unterminated tuple constructor expression",
                 "There is no corresponding closing bracket before the end of the file.", span(begin, begin + 1));
        if (peek() != ',')
            fail("Missing item separator", "Expected a comma to mark the beginning of the next item.", here());
        ++at_;
    }
    ++at_;
    return arena_.make(
        TupleExpr{{Expr::Kind::tuple, span(begin, at_)}, arena_.copy(std::span<const Expr* const>(items))});
}

const Expr* ExpressionReader::object() {
    const std::uint32_t begin = at_;
    ++at_;
    skip_lines();
    if (at_keyword("for")) {
        const Newlines newlines(*this, true);
        return for_expression(begin, true);
    }
    const Newlines newlines(*this, false);
    std::vector<ObjectItem> items;
    while (true) {
        skip_lines();
        if (peek() == '}') break;
        if (at_end())
            fail("Unterminated object constructor expression",
                 "There is no corresponding closing brace before the end of the file.", span(begin, begin + 1));
        const Expr* key = expression();
        bool bare = false;
        if (key->kind == Expr::Kind::variable) {
            key = arena_.make(StringExpr{
                {Expr::Kind::literal_string, key->span}, static_cast<const VariableExpr*>(key)->name, false});
            bare = true;
        } else if (key->kind == Expr::Kind::literal_bool || key->kind == Expr::Kind::literal_null) {
            // As a key the word stands for itself.
            key = arena_.make(StringExpr{{Expr::Kind::literal_string, key->span},
                                         text_.substr(key->span.begin, key->span.end - key->span.begin),
                                         false});
            bare = true;
        }
        skip();
        if (!(peek() == '=' && peek(1) != '=') && peek() != ':') {
            if (peek() == ',')
                fail("Missing attribute value", "Expected an attribute value, introduced by an equals sign (\"=\").",
                     here());
            if (peek() == '\n')
                fail("Missing attribute value",
                     "Expected an attribute value, introduced by an equals sign (\"=\"). The value must be on the "
                     "same line.",
                     here());
            if (peek() == '}')
                fail("Missing attribute value", "Expected an attribute value, introduced by an equals sign (\"=\").",
                     here());
            fail("Missing key/value separator",
                 "Expected an equals sign (\"=\") to mark the beginning of the attribute value.", here());
        }
        ++at_;
        const Expr* value = expression();
        items.push_back({key, value, bare, Span::join(key->span, value->span)});
        skip();
        if (peek() == ',') {
            ++at_;
            continue;
        }
        if (peek() == '\n' || peek() == '}') continue;
        if (at_end())
            fail("Unterminated object constructor expression",
                 "There is no corresponding closing brace before the end of the file.", span(begin, begin + 1));
        fail("Missing attribute separator", "Expected a newline or comma to mark the beginning of the next attribute.",
             here());
    }
    ++at_;
    return arena_.make(
        ObjectExpr{{Expr::Kind::object, span(begin, at_)}, arena_.copy(std::span<const ObjectItem>(items))});
}

ForNames ExpressionReader::for_names() {
    ForNames names;
    skip();
    if (identifier_length(text_.substr(at_)) == 0)
        fail("Invalid 'for' expression", "For expression requires variable name after 'for'.", here());
    names.value = identifier();
    skip();
    if (peek() == ',') {
        ++at_;
        skip();
        if (identifier_length(text_.substr(at_)) == 0)
            fail("Invalid 'for' expression", "For expression requires value variable name after comma.", here());
        names.key = names.value;
        names.value = identifier();
        skip();
    }
    if (!at_keyword("in"))
        fail("Invalid 'for' expression", "For expression requires the 'in' keyword after its name declarations.",
             here());
    at_ += 2;
    return names;
}

const Expr* ExpressionReader::for_expression(std::uint32_t begin, bool object) {
    at_ += 3;
    const ForNames names = for_names();
    const Expr* collection = expression();
    skip();
    if (peek() != ':')
        fail("Invalid 'for' expression", "For expression requires a colon after the collection expression.", here());
    ++at_;
    const Expr* key = nullptr;
    const Expr* value = expression();
    bool group = false;
    skip();
    if (starts("=>")) {
        if (!object)
            fail("Invalid 'for' expression", "Key expression is not valid when building a tuple.", value->span);
        at_ += 2;
        key = value;
        value = expression();
        skip();
    } else if (object) {
        fail("Invalid 'for' expression", "Key expression is required when building an object.", here());
    }
    if (starts("...")) {
        if (!object)
            fail("Invalid 'for' expression", "Grouping ellipsis (\"...\") cannot be used when building a tuple.",
                 here());
        at_ += 3;
        group = true;
        skip();
    }
    const Expr* condition = nullptr;
    if (at_keyword("if")) {
        at_ += 2;
        condition = expression();
        skip();
    }
    if (peek() != (object ? '}' : ']'))
        fail("Invalid 'for' expression", "Extra characters after the end of the 'for' expression.", here());
    ++at_;
    return arena_.make(ForExpr{{object ? Expr::Kind::for_object : Expr::Kind::for_tuple, span(begin, at_)},
                               names.key,
                               names.value,
                               collection,
                               key,
                               value,
                               condition,
                               group});
}

}  // namespace plumbline::hcl
