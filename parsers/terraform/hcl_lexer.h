#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/terraform/ast.h"

/// The lowest layer of HCL's strict reader: a place in a text, blanks, comments, names and faults. Only the files
/// hcl_*.cc include this.
namespace plumbline::hcl {

// One level of nesting takes some 2 KiB of stack in an instrumented build; this keeps it under half of the 8 MiB that
// threads have (tools run on 256 MiB). Terraform's own limit is memory; nobody writes a hundred levels.
constexpr int max_depth = 2500;

/// Thrown to leave the broken definition, after the fault was reported; never leaves the reader.
struct Fault {};

/// Length of the identifier at the start of `text`, 0 when there is none.
std::size_t identifier_length(std::string_view text);
/// Bytes of a sequence shaped like UTF-8 at the start of `text`, whatever it encodes; 0 when it is none.
std::size_t multibyte_length(std::string_view text);

inline bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\v' || c == '\f';
}

/// What begins an identifier in ASCII.
inline bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

class Lexer {
  public:
    /// With `fixed`, every place is that one: the text stands in a string of another file.
    Lexer(std::string_view text, SourceId id, Arena& arena, Diagnostics& diagnostics, std::optional<Span> fixed)
        : text_(text), id_(id), arena_(arena), diagnostics_(diagnostics), fixed_(fixed) {}

  protected:
    Span span(std::uint32_t begin, std::uint32_t end) const { return fixed_ ? *fixed_ : Span{id_, begin, end}; }
    Span here() const { return span(at_, std::min<std::uint32_t>(at_ + 1, static_cast<std::uint32_t>(text_.size()))); }
    char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
    bool starts(std::string_view word) const { return text_.substr(at_).starts_with(word); }
    bool at_end() const { return at_ >= text_.size(); }
    [[noreturn]] void fail(std::string summary, std::string detail, Span subject) {
        diagnostics_.error("hcl-syntax", std::move(summary), std::move(detail), subject);
        throw Fault{};
    }
    struct Depth {  // counts a level of nesting while it lives
        explicit Depth(Lexer& lexer) : lexer_(lexer) {
            if (++lexer_.depth_ > max_depth) {
                lexer_.fail("Nested too deeply", "Expressions and blocks may be nested 2,500 levels deep.",
                            lexer_.here());
            }
        }
        ~Depth() { --lexer_.depth_; }
        Lexer& lexer_;
    };
    struct Newlines {  // whether line ends are blanks here
        Newlines(Lexer& lexer, bool ignored) : lexer_(lexer), before_(lexer.newlines_ignored_) {
            lexer.newlines_ignored_ = ignored;
        }
        ~Newlines() { lexer_.newlines_ignored_ = before_; }
        Lexer& lexer_;
        bool before_;
    };
    /// Blanks and comments; line ends too where they do not matter.
    void skip() { skip(newlines_ignored_); }
    void skip_lines() { skip(true); }
    void skip(bool lines) {
        while (at_ < text_.size()) {
            const char c = text_[at_];
            if (c == ' ' || c == '\t') {
                ++at_;
            } else if (c == '\r' && peek(1) == '\n') {
                ++at_;
            } else if (c == '\n') {
                if (!lines) return;
                ++at_;
            } else if (c == '#' || (c == '/' && peek(1) == '/')) {
                const void* end = std::memchr(text_.data() + at_, '\n', text_.size() - at_);
                std::uint32_t stop = end ? static_cast<std::uint32_t>(static_cast<const char*>(end) - text_.data())
                                         : static_cast<std::uint32_t>(text_.size());
                const std::uint32_t next = stop;
                if (stop > at_ && text_[stop - 1] == '\r') --stop;
                if (comments_) comments_->push_back({span(at_, stop)});
                at_ = next;
            } else if (c == '/' && peek(1) == '*') {
                const std::size_t end = text_.find("*/", at_ + 2);
                if (end == std::string_view::npos)
                    fail("Unterminated comment", "This comment has no end. Close it with */.", span(at_, at_ + 2));
                if (comments_) comments_->push_back({span(at_, static_cast<std::uint32_t>(end + 2))});
                at_ = static_cast<std::uint32_t>(end + 2);
            } else {
                return;
            }
        }
    }
    std::string_view identifier() {
        const std::size_t size = identifier_length(text_.substr(at_));
        const std::string_view name = text_.substr(at_, size);
        at_ += static_cast<std::uint32_t>(size);
        return name;
    }
    void mark() { end_ = at_; }
    bool at_keyword(std::string_view word) const {
        return starts(word) && identifier_length(text_.substr(at_)) == word.size();
    }
    /// Says what is wrong with a byte that begins nothing.
    void bad_character();

    std::string_view text_;
    SourceId id_;
    Arena& arena_;
    Diagnostics& diagnostics_;
    std::optional<Span> fixed_;
    std::vector<Comment>* comments_ = nullptr;
    std::uint32_t at_ = 0;
    std::uint32_t end_ = 0;  // just after the last token of the expression read last
    int depth_ = 0;
    bool newlines_ignored_ = false;
};

}  // namespace plumbline::hcl
