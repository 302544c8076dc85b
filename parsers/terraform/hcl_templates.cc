#include <utf8proc.h>

#include "parsers/terraform/hcl_expressions.h"
#include "scanner/model/text.h"

namespace plumbline::hcl {

const Expr* ExpressionReader::quoted_template() {
    const std::uint32_t begin = at_;
    ++at_;
    // The usual case first: text without escapes or interpolation.
    std::uint32_t end = at_;
    bool plain = true;
    for (; end < text_.size(); ++end) {
        const char c = text_[end];
        if (c == '"' || c == '\n') break;
        if (c == '\\' || c == '$' || c == '%' || static_cast<unsigned char>(c) >= 0x80) {
            plain = false;
            break;
        }
    }
    if (plain && end < text_.size() && text_[end] == '"') {
        const std::string_view value = text_.substr(at_, end - at_);
        at_ = end + 1;
        return arena_.make(StringExpr{{Expr::Kind::literal_string, span(begin, at_)}, value, false});
    }
    std::vector<Token> tokens = template_tokens(Ending::quote, {});
    return build_template(std::move(tokens), span(begin, at_), false);
}

const Expr* ExpressionReader::heredoc() {
    const std::uint32_t begin = at_;
    at_ += 2;
    const bool flush = peek() == '-';
    if (flush) ++at_;
    const std::size_t size = identifier_length(text_.substr(at_));
    const std::string_view marker = text_.substr(at_, size);
    at_ += static_cast<std::uint32_t>(size);
    if (peek() == '\r') ++at_;
    if (size == 0 || peek() != '\n')
        fail("Invalid expression",
             "Expected the start of an expression; a heredoc begins with << and a name that ends the line.",
             span(begin, begin + 2));
    ++at_;
    std::vector<Token> tokens = template_tokens(Ending::heredoc, marker);
    if (heredoc_open_)
        fail("Unterminated template string", "No closing marker was found for the string.", span(begin, begin + 2));
    if (flush) remove_indentation(tokens);
    return build_template(std::move(tokens), span(begin, at_), true);
}

void ExpressionReader::remove_indentation(std::vector<Token>& tokens) {
    std::size_t least = std::string::npos;
    bool line_start = true;
    std::vector<Token*> lines;
    for (Token& token : tokens) {
        if (line_start) {
            line_start = false;
            std::size_t spaces = 0;
            if (token.kind == Token::Kind::text) {
                while (spaces < token.text.size() && is_space(token.text[spaces])) ++spaces;
                if (spaces == token.text.size() && token.text.ends_with('\n'))
                    spaces = std::string::npos;
                else
                    lines.push_back(&token);
            }
            least = std::min(least, spaces);
        }
        if (token.kind == Token::Kind::text && token.text.ends_with('\n')) line_start = true;
    }
    if (least == std::string::npos) return;
    for (Token* token : lines) token->text.erase(0, std::min(least, token->text.size()));
}

std::vector<Token> ExpressionReader::template_tokens(Ending ending, std::string_view marker) {
    std::vector<Token> tokens;
    std::string text;
    std::uint32_t text_begin = at_;
    bool trim_next = false;
    heredoc_open_ = false;
    const std::uint32_t opened = at_;
    const auto flush = [&] {
        if (text.empty()) {
            trim_next = false;
            text_begin = at_;
            return;
        }
        if (trim_next) {
            std::size_t n = 0;
            while (n < text.size() && is_space(text[n])) ++n;
            text.erase(0, n);
            trim_next = false;
        }
        Token token;
        token.kind = Token::Kind::text;
        token.span = span(text_begin, at_);
        token.text = to_nfc(text);
        tokens.push_back(std::move(token));
        text.clear();
        text_begin = at_;
    };
    bool line_start = ending == Ending::heredoc;
    while (true) {
        if (line_start) {
            line_start = false;
            std::size_t line_end = text_.find('\n', at_);
            if (line_end == std::string_view::npos) line_end = text_.size();
            if (trim(text_.substr(at_, line_end - at_)) == marker) {
                flush();
                at_ = static_cast<std::uint32_t>(line_end);
                if (at_ > 0 && text_[at_ - 1] == '\r') --at_;
                return tokens;
            }
        }
        if (at_end()) {
            if (ending == Ending::end_of_text) {
                flush();
                return tokens;
            }
            heredoc_open_ = true;
            if (ending == Ending::heredoc) return tokens;
            fail("Unterminated template string", "No closing marker was found for the string.",
                 span(opened - 1, opened));
        }
        const char c = peek();
        if (c == '"' && ending == Ending::quote) {
            flush();
            ++at_;
            return tokens;
        }
        if (c == '\n') {
            if (ending == Ending::quote)
                fail("Invalid multi-line string",
                     "Quoted strings may not be split over multiple lines. To produce a multi-line string, either "
                     "use the \\n escape to represent a newline character or use the \"heredoc\" multi-line "
                     "template syntax.",
                     span(opened - 1, at_));
            text += c;
            ++at_;
            if (ending == Ending::heredoc) {
                flush();
                line_start = true;
            }
            continue;
        }
        if (c == '\\' && ending == Ending::quote) {
            escape(text);
            continue;
        }
        if ((c == '$' || c == '%') && peek(1) == c && peek(2) == '{') {
            text += c;
            text += '{';
            at_ += 3;
            continue;
        }
        if ((c == '$' || c == '%') && peek(1) == '{') {
            if (!text.empty()) flush();
            const std::uint32_t begin = at_;
            at_ += 2;
            if (peek() == '~') {
                ++at_;
                if (!tokens.empty() && tokens.back().kind == Token::Kind::text) {
                    std::string& before = tokens.back().text;
                    while (!before.empty() && is_space(before.back())) before.pop_back();
                }
            }
            const Depth depth(*this);
            const Newlines newlines(*this, true);
            std::vector<Comment>* const comments = comments_;
            Token token = c == '$' ? interpolation() : directive();
            comments_ = comments;
            skip();
            if (peek() == '~' && peek(1) == '}') {
                ++at_;
                trim_next = true;
            }
            if (peek() != '}') {
                if (c == '$')
                    fail("Extra characters after interpolation expression",
                         "Expected a closing brace to end the interpolation expression, but found extra characters.",
                         here());
                fail("Extra characters in template directive",
                     "Expected a closing brace to end the template directive, but found extra characters.", here());
            }
            ++at_;
            token.span = span(begin, at_);
            tokens.push_back(std::move(token));
            text_begin = at_;
            continue;
        }
        if (static_cast<unsigned char>(c) >= 0x80) {
            utf8proc_int32_t code = 0;
            const auto size = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text_.data() + at_),
                                               static_cast<utf8proc_ssize_t>(text_.size() - at_), &code);
            if (size <= 0) {
                // Bytes of the right shape that are no character (overlong, surrogates) become U+FFFD each.
                const std::size_t length = multibyte_length(text_.substr(at_));
                if (length == 0)
                    fail("Invalid character encoding",
                         "All input files must be UTF-8 encoded. Ensure that UTF-8 encoding is selected in your "
                         "editor.",
                         here());
                for (std::size_t i = 0; i < length; ++i) text += "\xEF\xBF\xBD";
                at_ += static_cast<std::uint32_t>(length);
                continue;
            }
            text.append(text_, at_, static_cast<std::size_t>(size));
            at_ += static_cast<std::uint32_t>(size);
            continue;
        }
        text += c;
        ++at_;
    }
}

void ExpressionReader::escape(std::string& text) {
    const std::uint32_t begin = at_;
    const char c = peek(1);
    at_ += 2;
    switch (c) {
        case 'n':
            text += '\n';
            return;
        case 'r':
            text += '\r';
            return;
        case 't':
            text += '\t';
            return;
        case '"':
            text += '"';
            return;
        case '\\':
            text += '\\';
            return;
        case 'u':
        case 'U': {
            const std::size_t want = c == 'u' ? 4 : 8;
            std::uint32_t code = 0;
            std::size_t have = 0;
            for (; have < want; ++have) {
                const char d = peek();
                const int digit = d >= '0' && d <= '9'   ? d - '0'
                                  : d >= 'a' && d <= 'f' ? d - 'a' + 10
                                  : d >= 'A' && d <= 'F' ? d - 'A' + 10
                                                         : -1;
                if (digit < 0) break;
                code = code * 16 + static_cast<std::uint32_t>(digit);
                ++at_;
            }
            if (have < want)
                fail("Invalid escape sequence",
                     "The \\" + std::string(1, c) + " escape sequence must be followed by " + std::to_string(want) +
                         " hexadecimal digits.",
                     span(begin, at_));
            if (code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF))
                fail("Invalid escape sequence", "This number is no Unicode character.", span(begin, at_));
            utf8proc_uint8_t bytes[4];
            const auto size = utf8proc_encode_char(static_cast<utf8proc_int32_t>(code), bytes);
            text.append(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
            return;
        }
        default:
            break;
    }
    at_ = begin + 2;
    fail("Invalid escape sequence",
         "The symbol after the backslash does not select a valid escape sequence: use \\n, \\r, \\t, \\\", \\\\, "
         "\\uXXXX or \\UXXXXXXXX.",
         span(begin, std::min<std::uint32_t>(at_, static_cast<std::uint32_t>(text_.size()))));
}

Token ExpressionReader::interpolation() {
    Token token;
    token.kind = Token::Kind::interpolation;
    skip();
    if (peek() == '}')
        fail("Invalid expression", "Expected the start of an expression, but found the end of the interpolation.",
             here());
    token.expr = expression();
    return token;
}

Token ExpressionReader::directive() {
    Token token;
    skip();
    const std::uint32_t begin = at_;
    const std::string_view word = identifier();
    if (word == "if") {
        token.kind = Token::Kind::if_;
        token.expr = expression();
    } else if (word == "else") {
        token.kind = Token::Kind::else_;
    } else if (word == "endif") {
        token.kind = Token::Kind::endif;
    } else if (word == "for") {
        token.kind = Token::Kind::for_;
        const ForNames names = for_names();
        token.key_name = names.key;
        token.value_name = names.value;
        token.expr = expression();
    } else if (word == "endfor") {
        token.kind = Token::Kind::endfor;
    } else {
        fail("Invalid template directive",
             "A template directive keyword (\"if\", \"for\", etc) is expected at the beginning of a %{ sequence.",
             at_ > begin ? span(begin, at_) : here());
    }
    return token;
}

const Expr* ExpressionReader::build_template(std::vector<Token> tokens, Span whole, bool heredoc) {
    std::size_t at = 0;
    std::vector<const Expr*> parts = template_parts(tokens, at, whole);
    if (at < tokens.size()) stray(tokens[at]);
    if (parts.empty()) return arena_.make(StringExpr{{Expr::Kind::literal_string, whole}, {}, heredoc});
    if (parts.size() == 1) {
        if (parts[0]->kind == Expr::Kind::literal_string) {
            return arena_.make(StringExpr{
                {Expr::Kind::literal_string, whole}, static_cast<const StringExpr*>(parts[0])->value, heredoc});
        }
        if (tokens.size() == 1 && tokens[0].kind == Token::Kind::interpolation)
            return arena_.make(WrapExpr{{Expr::Kind::wrap, whole}, parts[0]});
    }
    return arena_.make(
        TemplateExpr{{Expr::Kind::template_, whole}, arena_.copy(std::span<const Expr* const>(parts)), heredoc});
}

void ExpressionReader::stray(const Token& token) {
    const char* word = token.kind == Token::Kind::else_   ? "else"
                       : token.kind == Token::Kind::endif ? "endif"
                                                          : "endfor";
    fail("Unexpected " + std::string(word) + " directive",
         "The directive has no opening if or for directive before it.", token.span);
}

std::vector<const Expr*> ExpressionReader::template_parts(std::vector<Token>& tokens, std::size_t& at, Span whole) {
    const Depth depth(*this);
    std::vector<const Expr*> parts;
    while (at < tokens.size()) {
        Token& token = tokens[at];
        switch (token.kind) {
            case Token::Kind::text: {
                // Neighbouring lines become one part.
                std::string text = std::move(token.text);
                Span place = token.span;
                while (at + 1 < tokens.size() && tokens[at + 1].kind == Token::Kind::text) {
                    text += tokens[++at].text;
                    place = Span::join(place, tokens[at].span);
                }
                ++at;
                if (!text.empty())
                    parts.push_back(
                        arena_.make(StringExpr{{Expr::Kind::literal_string, place}, arena_.copy(text), false}));
                break;
            }
            case Token::Kind::interpolation:
                parts.push_back(token.expr);
                ++at;
                break;
            case Token::Kind::if_: {
                const Span open = token.span;
                const Expr* condition = token.expr;
                ++at;
                const TemplateExpr* yes = nested(tokens, at, whole);
                const TemplateExpr* no = nullptr;
                if (at < tokens.size() && tokens[at].kind == Token::Kind::else_) {
                    ++at;
                    no = nested(tokens, at, whole);
                }
                if (at >= tokens.size()) fail("Unterminated template if", "The if directive has no endif.", open);
                if (tokens[at].kind != Token::Kind::endif) stray(tokens[at]);
                parts.push_back(arena_.make(
                    TemplateIfExpr{{Expr::Kind::template_if, Span::join(open, tokens[at].span)}, condition, yes, no}));
                ++at;
                break;
            }
            case Token::Kind::for_: {
                const Token opening = token;
                ++at;
                const TemplateExpr* body = nested(tokens, at, whole);
                if (at >= tokens.size())
                    fail("Unterminated template for", "The for directive has no endfor.", opening.span);
                if (tokens[at].kind != Token::Kind::endfor) stray(tokens[at]);
                parts.push_back(
                    arena_.make(TemplateForExpr{{Expr::Kind::template_for, Span::join(opening.span, tokens[at].span)},
                                                opening.key_name,
                                                opening.value_name,
                                                opening.expr,
                                                body}));
                ++at;
                break;
            }
            default:
                return parts;
        }
    }
    return parts;
}

const TemplateExpr* ExpressionReader::nested(std::vector<Token>& tokens, std::size_t& at, Span whole) {
    const std::vector<const Expr*> parts = template_parts(tokens, at, whole);
    return arena_.make(
        TemplateExpr{{Expr::Kind::template_, whole}, arena_.copy(std::span<const Expr* const>(parts)), false});
}

}  // namespace plumbline::hcl
