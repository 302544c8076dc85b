#include "parsers/json/json5_reader.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "parsers/tree_builder.h"
#include "scanner/model/text.h"

namespace plumbline {
namespace {

// As for JSON: what walks the tree later may recurse.
constexpr std::size_t max_depth = 1000;

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/// Of a name without quotes. Letters beyond ASCII are taken without asking which of them ECMAScript calls letters.
bool is_name_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c) || c == '_' || c == '$' ||
           static_cast<unsigned char>(c) >= 0x80;
}

class Reader {
  public:
    Reader(const Source& source, Diagnostics& diagnostics, std::vector<Span>* comments)
        : text_(source.text()),
          id_(source.id()),
          diagnostics_(diagnostics),
          comments_(comments),
          builder_(diagnostics),
          at_(text_.starts_with("\xEF\xBB\xBF") ? 3 : 0) {}

    std::optional<Value> read() {
        if (!is_utf8(text_)) {
            fail("it is not UTF-8");
            return std::nullopt;
        }
        // One token a turn: containers are kept in the builder, so that nesting takes no stack.
        while (skip_blanks()) {
            if (next_ == Next::end) {
                if (at_ == text_.size()) return builder_.root();
                fail("something stands behind the value");
                break;
            }
            if (at_ == text_.size()) {
                fail("the text ends inside of a value");
                break;
            }
            if (!token()) break;
        }
        return std::nullopt;
    }

  private:
    enum class Next : std::uint8_t { value, value_or_end, key_or_end, colon, comma_or_end, end };

    Span span(std::size_t begin, std::size_t end) const {
        return {id_, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)};
    }
    char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

    bool fail(const std::string& reason) {
        diagnostics_.error("json-syntax", "This is not valid JSON5: " + reason,
                           "The file was not read. Correct it here.",
                           span(std::min(at_, text_.size()), std::min(at_ + 1, text_.size())));
        return false;
    }

    /// Blanks and comments; false when a comment has no end.
    bool skip_blanks() {
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (c == ' ' || (c >= '\t' && c <= '\r')) {
                ++at_;
            } else if (const std::size_t wide = wide_blank(); wide > 0) {
                at_ += wide;
            } else if (c == '/' && (peek(1) == '/' || peek(1) == '*')) {
                if (!comment()) return false;
            } else {
                break;
            }
        }
        return true;
    }
    /// No-break space, byte order mark, line and paragraph separator.
    std::size_t wide_blank() const {
        for (const std::string_view blank : {"\xC2\xA0", "\xEF\xBB\xBF", "\xE2\x80\xA8", "\xE2\x80\xA9"}) {
            if (text_.substr(at_).starts_with(blank)) return blank.size();
        }
        return 0;
    }
    bool comment() {
        const std::size_t begin = at_;
        const bool block = text_[at_ + 1] == '*';
        const std::size_t found = block ? text_.find("*/", at_ + 2) : text_.find('\n', at_);
        if (block && found == std::string_view::npos) return fail("a comment has no end");
        at_ = found == std::string_view::npos ? text_.size() : block ? found + 2 : found;
        if (comments_) comments_->push_back(span(begin, at_));
        return true;
    }

    bool token() {
        const char c = text_[at_];
        const bool may_end = next_ == Next::value_or_end || next_ == Next::key_or_end || next_ == Next::comma_or_end;
        if (may_end && (c == '}' || c == ']')) return close(c);
        switch (next_) {
            case Next::colon:
                if (c != ':') return fail("a `:` must follow the name");
                ++at_;
                next_ = Next::value;
                return true;
            case Next::comma_or_end:
                if (c != ',') return fail("a `,` or the end of the list or object must follow");
                ++at_;
                next_ = in_object() ? Next::key_or_end : Next::value_or_end;
                return true;
            case Next::key_or_end:
                return key();
            case Next::value:
            case Next::value_or_end:
            case Next::end:
                break;
        }
        return value();
    }

    bool in_object() const { return objects_.back(); }

    bool close(char bracket) {
        if ((bracket == '}') != in_object()) return fail("the brackets do not match");
        const Span whole = span(builder_.open_at(), ++at_);
        objects_.pop_back();
        finish(builder_.end(whole), whole);
        return true;
    }

    void finish(Value value, Span place) {
        builder_.add(std::move(value), place);
        next_ = objects_.empty() ? Next::end : Next::comma_or_end;
    }

    bool key() {
        const std::size_t begin = at_;
        std::string name;
        if (peek() == '"' || peek() == '\'') {
            if (!quoted_text(name)) return false;
        } else {
            while (is_name_character(peek())) name += text_[at_++];
            if (name.empty() || is_digit(name[0])) return fail("a name must stand here");
        }
        builder_.add(Value::string(std::move(name)).traced(make_trace(Trace::Kind::literal, span(begin, at_))),
                     span(begin, at_));
        next_ = Next::colon;
        return true;
    }

    bool value() {
        const std::size_t begin = at_;
        const char c = peek();
        if (c == '{' || c == '[') {
            if (objects_.size() >= max_depth) return fail("it is nested deeper than 1,000 levels");
            ++at_;
            objects_.push_back(c == '{');
            if (c == '{')
                builder_.begin_mapping(static_cast<std::uint32_t>(begin));
            else
                builder_.begin_sequence(static_cast<std::uint32_t>(begin));
            next_ = c == '{' ? Next::key_or_end : Next::value_or_end;
            return true;
        }
        std::optional<Value> made;
        if (c == '"' || c == '\'') {
            std::string text;
            if (!quoted_text(text)) return false;
            made = Value::string(std::move(text));
        } else {
            made = word();
        }
        if (!made) {
            at_ = begin;
            return fail("a value must stand here");
        }
        const Span place = span(begin, at_);
        finish(made->traced(make_trace(Trace::Kind::literal, place)), place);
        return true;
    }

    /// A number or one of the words that are values.
    std::optional<Value> word() {
        const std::size_t begin = at_;
        while (is_name_character(peek()) || peek() == '.' || peek() == '+' || peek() == '-') ++at_;
        std::string_view text = text_.substr(begin, at_ - begin);
        if (text == "null") return Value::null();
        if (text == "true" || text == "false") return Value::boolean(text == "true");
        const bool negative = text.starts_with('-');
        if (negative || text.starts_with('+')) text.remove_prefix(1);
        if (text == "NaN") return Value::string("NaN");
        if (text == "Infinity") return Value::number(Number::infinity(negative));
        std::optional<Number> number;
        if (text.starts_with("0x") || text.starts_with("0X"))
            number = Number::parse_integer(text.substr(2), 16);
        else if (!text.empty() && (is_digit(text[0]) || text[0] == '.'))
            number = Number::parse(text);
        if (!number) return std::nullopt;
        return Value::number(negative ? -*number : *number);
    }

    /// A text in either kind of quotes, with ECMAScript's escapes.
    bool quoted_text(std::string& out) {
        const char quote = text_[at_++];
        while (peek() != quote) {
            if (at_ >= text_.size() || peek() == '\n' || peek() == '\r') return fail("the text has no end");
            if (peek() != '\\') {
                out += text_[at_++];
            } else if (!escape(out)) {
                return false;
            }
        }
        ++at_;
        return true;
    }

    bool escape(std::string& out) {
        ++at_;
        if (at_ >= text_.size()) return fail("the text has no end");
        const char c = text_[at_++];
        static constexpr std::string_view letters = "bfnrtv0", meanings = "\b\f\n\r\t\v";
        if (c == 'x' || c == 'u') return code_point(c == 'x' ? 2 : 4, out);
        if (c == '\r' && peek() == '\n') ++at_;
        if (c == '\r' || c == '\n') return true;  // the text goes on in the next line
        const std::size_t letter = letters.find(c);
        if (letter == std::string_view::npos)
            out += c;
        else
            out += letter < meanings.size() ? meanings[letter] : '\0';
        return true;
    }

    /// Digits of `\x` or `\u`; halves of a pair are put together, one alone reads as U+FFFD, as in JSON.
    bool code_point(std::size_t digits, std::string& out) {
        const std::optional<std::uint32_t> first = hexadecimal(digits);
        if (!first) return fail("an escape needs hexadecimal digits");
        std::uint32_t code = *first;
        if (code >= 0xD800 && code < 0xDC00 && peek() == '\\' && peek(1) == 'u') {
            const std::size_t back = at_;
            at_ += 2;
            const std::optional<std::uint32_t> second = hexadecimal(4);
            if (second && *second >= 0xDC00 && *second < 0xE000)
                code = 0x10000 + ((code - 0xD800) << 10) + (*second - 0xDC00);
            else
                at_ = back;
        }
        append_utf8(out, code >= 0xD800 && code < 0xE000 ? 0xFFFD : code);
        return true;
    }

    std::optional<std::uint32_t> hexadecimal(std::size_t digits) {
        std::uint32_t code = 0;
        for (std::size_t i = 0; i < digits; ++i, ++at_) {
            const char c = peek();
            const int digit = is_digit(c)              ? c - '0'
                              : (c >= 'a' && c <= 'f') ? c - 'a' + 10
                              : (c >= 'A' && c <= 'F') ? c - 'A' + 10
                                                       : -1;
            if (digit < 0) return std::nullopt;
            code = code * 16 + static_cast<std::uint32_t>(digit);
        }
        return code;
    }

    std::string_view text_;
    SourceId id_;
    Diagnostics& diagnostics_;
    std::vector<Span>* comments_;
    TreeBuilder builder_;
    std::size_t at_;
    std::vector<bool> objects_;  // of what is open: whether it is an object
    Next next_ = Next::value;
};

}  // namespace

std::optional<Value> read_json5(const Source& source, Diagnostics& diagnostics, std::vector<Span>* comments) {
    return Reader(source, diagnostics, comments).read();
}

}  // namespace plumbline
