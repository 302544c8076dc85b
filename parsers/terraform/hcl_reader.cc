#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "parsers/terraform/ast.h"
#include "parsers/terraform/outline.h"
#include "scanner/model/text.h"

namespace plumbline::hcl {
namespace {

// One level of nesting takes some 2 KiB of stack in an instrumented build; this keeps it under half of the 8 MiB that
// threads have (tools run on 256 MiB). Terraform's own limit is memory; nobody writes a hundred levels.
constexpr int max_depth = 2500;

struct Fault {};  // thrown to leave the broken definition; never leaves this file

constexpr std::array<std::uint8_t, 256> make_table() {
    std::array<std::uint8_t, 256> table{};
    for (int c = 'a'; c <= 'z'; ++c) table[static_cast<std::size_t>(c)] = 3;
    for (int c = 'A'; c <= 'Z'; ++c) table[static_cast<std::size_t>(c)] = 3;
    table['_'] = 3;
    for (int c = '0'; c <= '9'; ++c) table[static_cast<std::size_t>(c)] = 2;
    table['-'] = 2;
    return table;
}
constexpr auto identifier_table = make_table();  // bit 0: starts, bit 1: continues

bool is_start(utf8proc_int32_t code) {
    switch (utf8proc_category(code)) {
        case UTF8PROC_CATEGORY_LU:
        case UTF8PROC_CATEGORY_LL:
        case UTF8PROC_CATEGORY_LT:
        case UTF8PROC_CATEGORY_LM:
        case UTF8PROC_CATEGORY_LO:
        case UTF8PROC_CATEGORY_NL:
            return true;
        default:
            return false;
    }
}
bool is_continue(utf8proc_int32_t code) {
    switch (utf8proc_category(code)) {
        case UTF8PROC_CATEGORY_MN:
        case UTF8PROC_CATEGORY_MC:
        case UTF8PROC_CATEGORY_ND:
        case UTF8PROC_CATEGORY_PC:
            return true;
        default:
            break;
    }
    // Other_ID_Continue
    return is_start(code) || code == 0xB7 || code == 0x387 || (code >= 0x1369 && code <= 0x1371) || code == 0x19DA;
}

/// Length of the identifier at the start of `text`, 0 when there is none.
std::size_t identifier_length(std::string_view text) {
    std::size_t at = 0;
    while (at < text.size()) {
        const auto byte = static_cast<unsigned char>(text[at]);
        if (byte < 0x80) {
            if (!(identifier_table[byte] & (at == 0 ? 1 : 2))) break;
            ++at;
            continue;
        }
        utf8proc_int32_t code = 0;
        const auto size = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data() + at),
                                           static_cast<utf8proc_ssize_t>(text.size() - at), &code);
        if (size <= 0 || !(at == 0 ? is_start(code) : is_continue(code))) break;
        at += static_cast<std::size_t>(size);
    }
    return at;
}

/// Bytes of a sequence shaped like UTF-8 at the start of `text`, whatever it encodes; 0 when it is none.
std::size_t multibyte_length(std::string_view text) {
    const auto lead = static_cast<unsigned char>(text[0]);
    const std::size_t length = lead >= 0xF0 && lead < 0xF8 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 0;
    if (length == 0 || lead >= 0xF8 || text.size() < length) return 0;
    for (std::size_t i = 1; i < length; ++i) {
        if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) return 0;
    }
    return length;
}

bool is_space(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\v' || c == '\f';
}

/// A piece of a template before the tree is made of it.
struct Token {
    enum class Kind : std::uint8_t { text, interpolation, if_, else_, endif, for_, endfor } kind;
    Span span;
    std::string text;
    const Expr* expr = nullptr;  // interpolation, condition, collection
    std::string_view key_name, value_name;
};

// tree-sitter reads some 3 MB/s, less where much is broken: what lies above costs more than its other blocks are worth.
constexpr std::size_t max_outlined = 1U << 20;

class Reader {
  public:
    Reader(std::string_view text, SourceId id, Arena& arena, Diagnostics& diagnostics, std::optional<Span> fixed = {})
        : text_(text), id_(id), arena_(arena), diagnostics_(diagnostics), fixed_(fixed) {}

    void read_file(File& file) {
        comments_ = &file.comments;
        if (text_.starts_with("\xEF\xBB\xBF")) at_ = 3;
        std::vector<Attribute> attributes;
        std::vector<Block> blocks;
        const std::uint32_t begin = at_;
        while (true) {
            try {
                body_items(attributes, blocks, false);
                break;
            } catch (const Fault&) {
                file.broken = true;
                depth_ = 0;
                newlines_ignored_ = false;
                if (!recover()) break;
            }
        }
        file.body = make_body(attributes, blocks, {id_, begin, at_}, {id_, at_, at_});
    }

    /// Puts what else stands in a broken file in place of what was read up to the faults: what this reader finds when
    /// it passes by each item at fault, or what tree-sitter's error correction makes of the file, whichever has more.
    /// Its grammar takes more than Terraform does, so every part that it finds clean still goes through this reader.
    static void rebuild(File& file) {
        const Source& source = *file.source;
        file.comments.clear();
        file.body = read_tolerantly(file);
        if (source.text().size() > max_outlined) return;
        const Outline outline = outline_of(source);
        Diagnostics muted;  // the faults were reported when the file was read
        Reader reader(source.text(), source.id(), file.arena, muted);
        std::vector<Attribute> attributes;
        std::vector<Block> blocks;
        reader.take(outline.items, attributes, blocks);
        const auto size = static_cast<std::uint32_t>(source.text().size());
        const Body* outlined = reader.make_body(attributes, blocks, {source.id(), 0, size}, {source.id(), size, size});
        if (readable_items(*outlined) <= readable_items(*file.body)) return;
        file.body = outlined;
        file.comments = outline.comments;
    }

    const Expr* read_whole_expression() {
        try {
            skip_lines();
            const Expr* expr = expression();
            skip_lines();
            if (at_ < text_.size())
                fail("Extra characters after expression",
                     "An expression was successfully parsed, but extra characters were found after it.", here());
            return expr;
        } catch (const Fault&) {
            return nullptr;
        }
    }

    const Expr* read_whole_template() {
        try {
            std::vector<Token> tokens = template_tokens(Ending::end_of_text, {});
            return build_template(std::move(tokens), span(0, static_cast<std::uint32_t>(text_.size())), false);
        } catch (const Fault&) {
            return nullptr;
        }
    }

  private:
    enum class Ending : std::uint8_t { quote, heredoc, end_of_text };

    static const Body* read_tolerantly(File& file) {
        Diagnostics muted;
        const std::string_view text = file.source->text();
        Reader reader(text, file.source->id(), file.arena, muted);
        reader.comments_ = &file.comments;
        reader.tolerance_ = 32 * text.size() + 65536;
        if (text.starts_with("\xEF\xBB\xBF")) reader.at_ = 3;
        std::vector<Attribute> attributes;
        std::vector<Block> blocks;
        while (true) {
            try {
                reader.body_items(attributes, blocks, false);
                break;
            } catch (const Fault&) {  // a comment without an end
                if (!reader.recover()) break;
            }
        }
        // An item that was tried twice gave its comments twice.
        const auto before = [](const Comment& a, const Comment& b) { return a.span.begin < b.span.begin; };
        const auto same = [](const Comment& a, const Comment& b) { return a.span.begin == b.span.begin; };
        std::sort(file.comments.begin(), file.comments.end(), before);
        file.comments.erase(std::unique(file.comments.begin(), file.comments.end(), same), file.comments.end());
        const auto size = static_cast<std::uint32_t>(text.size());
        return reader.make_body(attributes, blocks, {file.source->id(), 0, size}, {file.source->id(), size, size});
    }

    static std::size_t readable_items(const Body& body) {
        std::size_t number = body.blocks.size();
        for (const Attribute& item : body.attributes) number += item.value->kind == Expr::Kind::invalid ? 0 : 1;
        for (const Block& block : body.blocks) number += readable_items(*block.body);
        return number;
    }

    bool tolerant() const { return tolerance_ > 0; }

    /// One item, or, where it is at fault, nothing (an attribute stays, with an invalid value). What follows it on its
    /// line is passed by.
    void tolerated_item(std::vector<Attribute>& attributes, std::vector<Block>& blocks) {
        const std::uint32_t begin = at_;
        const int depth = depth_;
        const bool ignored = newlines_ignored_;
        const Span open = open_block_;
        std::uint32_t read_to = begin;  // behind the item, once it is read
        try {
            body_item(attributes, blocks);
            read_to = at_;
            skip();
            if (peek() == ',')
                ++at_;
            else if (!at_end() && peek() != '\n' && peek() != '}' && !begins_top_level(at_))
                pass_by(at_);
        } catch (const Fault&) {
            depth_ = depth;
            newlines_ignored_ = ignored;
            open_block_ = open;
            spend(at_ - begin);
            if (read_to > begin) {  // only what follows it, a comment without an end, is at fault
                at_ = read_to;
                return pass_by(read_to);
            }
            at_ = begin;
            const std::string_view name = identifier();
            const std::uint32_t name_end = at_;
            while (peek() == ' ' || peek() == '\t') ++at_;
            const bool is_attribute = !name.empty() && peek() == '=' && peek(1) != '=';
            const std::uint32_t value = at_ + 1;
            pass_by(begin);
            const bool have = std::any_of(attributes.begin(), attributes.end(),
                                          [&](const Attribute& item) { return item.name == name; });
            if (is_attribute && !have)
                attributes.push_back({name, span(begin, name_end), span(begin, at_),
                                      arena_.make(Expr{Expr::Kind::invalid, span(std::min(value, at_), at_)})});
        }
    }

    /// Goes on behind an item at fault that begins at `begin`: behind its brackets when they close before the next
    /// block of the top level, otherwise at the end of its line.
    void pass_by(std::uint32_t begin) {
        int open = 0;
        std::uint32_t i = begin;
        for (; i < text_.size(); ++i) {
            const char c = text_[i];
            if (c == '"') {
                while (i + 1 < text_.size() && text_[i + 1] != '\n' && text_[++i] != '"') i += text_[i] == '\\' ? 1 : 0;
            } else if (c == '#') {
                while (i + 1 < text_.size() && text_[i + 1] != '\n') ++i;
            } else if (c == '(' || c == '[' || c == '{') {
                ++open;
            } else if (c == ')' || c == ']') {
                open -= open > 0 ? 1 : 0;
            } else if (c == '}' && i > begin) {
                if (open == 0) break;
                --open;
            } else if (c == '\n' && (open == 0 || begins_top_level(i + 1))) {
                break;
            }
        }
        spend(i - begin);
        if (open > 0) i = static_cast<std::uint32_t>(std::min(text_.find('\n', begin), text_.size()));
        if (tolerance_ > 1) at_ = std::min(i, static_cast<std::uint32_t>(text_.size()));
    }

    /// Reading goes back at most so many bytes in all, so that it ends in linear time; then the rest is left out.
    void spend(std::size_t bytes) {
        tolerance_ -= std::min(tolerance_ - 1, bytes);
        if (tolerance_ == 1) at_ = static_cast<std::uint32_t>(text_.size());
    }

    /// Whether a line that begins there opens one of Terraform's blocks: inside of a block, that one was not closed.
    bool begins_top_level(std::uint32_t at) const {
        static constexpr std::array<std::string_view, 13> words = {
            "resource",  "data",  "module", "variable", "output",    "provider", "locals",
            "terraform", "moved", "import", "removed",  "ephemeral", "check"};
        if (at > 0 && (at > text_.size() || text_[at - 1] != '\n')) return false;
        const std::string_view rest = text_.substr(at);
        return std::any_of(words.begin(), words.end(), [&](std::string_view word) {
            if (!rest.starts_with(word)) return false;
            const std::string_view line = rest.substr(word.size(), rest.find('\n') - word.size());
            return line.starts_with(' ') && line.find('{') != std::string_view::npos && line.find('=') > line.find('{');
        });
    }

    void take(const std::vector<Outline::Item>& items, std::vector<Attribute>& attributes, std::vector<Block>& blocks) {
        for (const Outline::Item& item : items) {
            if (item.clean && take_clean(item, attributes, blocks)) continue;
            if (item.is_block) {
                std::vector<Attribute> inner_attributes;
                std::vector<Block> inner_blocks;
                take(item.items, inner_attributes, inner_blocks);
                const Span header =
                    Span::join(item.name_span, item.labels.empty() ? item.name_span : item.labels.back().span);
                const Span end = {item.span.source, item.span.end, item.span.end};
                blocks.push_back({item.name, item.name_span, arena_.copy(std::span<const Label>(item.labels)),
                                  make_body(inner_attributes, inner_blocks, item.span, end), header, item.span});
            } else if (std::none_of(attributes.begin(), attributes.end(),
                                    [&](const Attribute& have) { return have.name == item.name; })) {
                attributes.push_back({item.name, item.name_span, item.span, take_expression(item.value)});
            }
        }
    }

    bool take_clean(const Outline::Item& item, std::vector<Attribute>& attributes, std::vector<Block>& blocks) {
        Reader part(text_.substr(0, item.span.end), id_, arena_, diagnostics_);
        part.at_ = item.span.begin;
        const std::size_t attributes_before = attributes.size(), blocks_before = blocks.size();
        try {
            part.body_item(attributes, blocks);
            return true;
        } catch (const Fault&) {
            attributes.resize(attributes_before);
            blocks.resize(blocks_before);
            return false;
        }
    }

    const Expr* take_expression(Span place) {
        Reader part(text_.substr(0, place.end), id_, arena_, diagnostics_);
        part.at_ = place.begin;
        const Expr* expr = part.read_whole_expression();
        return expr ? expr : arena_.make(Expr{Expr::Kind::invalid, place});
    }

    Span span(std::uint32_t begin, std::uint32_t end) const { return fixed_ ? *fixed_ : Span{id_, begin, end}; }
    Span here() const { return span(at_, std::min<std::uint32_t>(at_ + 1, static_cast<std::uint32_t>(text_.size()))); }
    char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
    bool starts(std::string_view word) const { return text_.substr(at_).starts_with(word); }
    bool at_end() const { return at_ >= text_.size(); }

    [[noreturn]] void fail(std::string summary, std::string detail, Span subject) {
        diagnostics_.error("hcl-syntax", std::move(summary), std::move(detail), subject);
        throw Fault{};
    }

    struct Depth {
        explicit Depth(Reader& reader) : reader_(reader) {
            if (++reader_.depth_ > max_depth) {
                reader_.fail("Nested too deeply", "Expressions and blocks may be nested 2,500 levels deep.",
                             reader_.here());
            }
        }
        ~Depth() { --reader_.depth_; }
        Reader& reader_;
    };
    struct Newlines {  // whether line ends are blanks here
        Newlines(Reader& reader, bool ignored) : reader_(reader), before_(reader.newlines_ignored_) {
            reader.newlines_ignored_ = ignored;
        }
        ~Newlines() { reader_.newlines_ignored_ = before_; }
        Reader& reader_;
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

    /// After a fault: the next line that begins with a letter in the first column.
    bool recover() {
        while (true) {
            const std::size_t line = text_.find('\n', at_);
            if (line == std::string_view::npos) {
                at_ = static_cast<std::uint32_t>(text_.size());
                return false;
            }
            at_ = static_cast<std::uint32_t>(line + 1);
            if (at_ < text_.size() && (identifier_table[static_cast<unsigned char>(text_[at_])] & 1)) return true;
        }
    }

    const Body* make_body(const std::vector<Attribute>& attributes, const std::vector<Block>& blocks, Span whole,
                          Span end) {
        return arena_.make(Body{arena_.copy(std::span<const Attribute>(attributes)),
                                arena_.copy(std::span<const Block>(blocks)), whole, end});
    }

    std::string_view identifier() {
        const std::size_t size = identifier_length(text_.substr(at_));
        const std::string_view name = text_.substr(at_, size);
        at_ += static_cast<std::uint32_t>(size);
        return name;
    }

    void body_items(std::vector<Attribute>& attributes, std::vector<Block>& blocks, bool nested) {
        const Newlines newlines(*this, false);
        while (true) {
            skip_lines();
            if (at_end()) {
                if (nested && !tolerant())
                    fail("Unclosed configuration block",
                         "There is no closing brace for this block before the end of the file. This may be caused by "
                         "incorrect brace nesting elsewhere in this file.",
                         open_block_);
                return;
            }
            if (peek() == '}') {
                if (nested) return;
                if (tolerant()) {
                    ++at_;
                    continue;
                }
                fail("Argument or block definition required",
                     "An argument or block definition is required here. This closing brace has no opening one.",
                     here());
            }
            if (tolerant()) {
                if (nested && begins_top_level(at_)) return;
                tolerated_item(attributes, blocks);
                continue;
            }
            body_item(attributes, blocks);
            skip();
            if (at_end() || peek() == '\n') continue;
            if (last_was_block_)
                fail("Missing newline after block definition", "A block definition must end with a newline.", here());
            if (peek() == '}' && !nested)
                fail("Argument or block definition required",
                     "An argument or block definition is required here. This closing brace has no opening one.",
                     here());
            fail("Missing newline after argument", "An argument definition must end with a newline.", here());
        }
    }

    void body_item(std::vector<Attribute>& attributes, std::vector<Block>& blocks) {
        const std::uint32_t begin = at_;
        if (identifier_length(text_.substr(at_)) == 0) {
            if (peek() == '"') fail("Invalid argument name", "Argument names must not be quoted.", here());
            bad_character();
            fail("Argument or block definition required", "An argument or block definition is required here.", here());
        }
        const std::string_view name = identifier();
        const Span name_span = span(begin, at_);
        skip();
        if (peek() == '=' && peek(1) != '=') {
            ++at_;
            last_was_block_ = false;
            const Expr* value = expression();
            attributes_check(attributes, name, name_span);
            attributes.push_back({name, name_span, span(begin, end_), value});
            return;
        }
        if (peek() == '=' || at_end() || peek() == '\n' || peek() == ':' || peek() == '.' || peek() == '[') {
            if (peek() == ':' || peek() == '.' || peek() == '[') {
                fail("Invalid argument name", "Use a single name and the equals sign \"=\" to set an argument.",
                     here());
            }
            fail("Invalid block definition",
                 "Either a quoted string block label or an opening brace (\"{\") is expected here; to set an argument, "
                 "use the equals sign \"=\".",
                 here());
        }
        std::vector<Label> labels;
        while (true) {
            const std::uint32_t label = at_;
            if (peek() == '{') break;
            if (peek() == '"') {
                const Expr* text = quoted_template();
                if (text->kind != Expr::Kind::literal_string)
                    fail("Invalid string literal", "Template sequences are not allowed in block labels.",
                         span(label, at_));
                labels.push_back({static_cast<const StringExpr*>(text)->value, span(label, at_), true});
            } else if (identifier_length(text_.substr(at_)) > 0) {
                const std::string_view word = identifier();
                labels.push_back({word, span(label, at_), false});
            } else {
                bad_character();
                if (peek() == '=')
                    fail("Invalid block definition",
                         "The equals sign \"=\" indicates an argument definition, and must not be used when defining a "
                         "block.",
                         here());
                fail("Invalid block definition",
                     "Either a quoted string block label or an opening brace (\"{\") is expected here.", here());
            }
            skip();
            if (at_end() || peek() == '\n')
                fail("Invalid block definition",
                     "Either a quoted string block label or an opening brace (\"{\") is expected here.", here());
        }
        const Span header = span(begin, labels.empty() ? name_span.end : labels.back().span.end);
        const Span before = open_block_;
        open_block_ = span(at_, at_ + 1);
        const Depth depth(*this);
        ++at_;
        const std::uint32_t body_begin = at_;
        std::vector<Attribute> inner_attributes;
        std::vector<Block> inner_blocks;
        skip();
        if (peek() == '\n' || at_end()) {
            body_items(inner_attributes, inner_blocks, true);
        } else if (peek() != '}') {  // a { b = 1 }
            const std::uint32_t item = at_;
            if (identifier_length(text_.substr(at_)) == 0) bad_character();
            body_item(inner_attributes, inner_blocks);
            if (tolerant()) {
                skip();
                if (peek() == ',') ++at_;
                if (peek() != '}') body_items(inner_attributes, inner_blocks, true);
            } else if (!inner_blocks.empty())
                fail("Invalid single-argument block definition",
                     "A single-line block definition can contain only a single argument. If you want to define a "
                     "nested block, use a separate line for it.",
                     span(item, at_));
            skip();
            if (peek() == ',' && !tolerant())
                fail("Invalid single-argument block definition",
                     "Single-line block syntax can include only one argument definition. To define multiple arguments, "
                     "use the multi-line block syntax with one argument definition per line.",
                     here());
            if (peek() != '}' && !tolerant())
                fail("Invalid single-argument block definition",
                     "A single-line block definition must end with a closing brace immediately after its single "
                     "argument definition.",
                     here());
        }
        const bool closed = peek() == '}';  // always, unless tolerant
        const Span end = span(at_, at_ + (closed ? 1 : 0));
        at_ += closed ? 1 : 0;
        open_block_ = before;
        last_was_block_ = true;
        blocks.push_back({name, name_span, arena_.copy(std::span<const Label>(labels)),
                          make_body(inner_attributes, inner_blocks, span(body_begin, end.begin), end), header,
                          span(begin, at_)});
    }

    void attributes_check(const std::vector<Attribute>& attributes, std::string_view name, Span name_span) {
        // A linear search is quicker than a set for the dozen attributes that bodies have; long ones get a set.
        if (attributes.size() < 64) {
            for (const Attribute& attribute : attributes) {
                if (attribute.name == name) redefined(name, name_span);
            }
            return;
        }
        std::unordered_set<std::string_view>& names = seen_[&attributes];
        for (std::size_t i = names.size(); i < attributes.size(); ++i) names.insert(attributes[i].name);
        if (names.contains(name)) redefined(name, name_span);
    }
    [[noreturn]] void redefined(std::string_view name, Span name_span) {
        fail("Attribute redefined",
             "The argument \"" + std::string(name) +
                 "\" was already set in this block. Each argument may be set only once.",
             name_span);
    }

    /// Says what is wrong with a byte that begins nothing.
    void bad_character() {
        const auto byte = static_cast<unsigned char>(peek());
        if (at_end()) return;
        if (byte >= 0x80) {
            utf8proc_int32_t code = 0;
            if (utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text_.data() + at_),
                                 static_cast<utf8proc_ssize_t>(text_.size() - at_), &code) <= 0) {
                fail("Invalid character encoding",
                     "All input files must be UTF-8 encoded. Ensure that UTF-8 encoding is selected in your editor.",
                     here());
            }
            if (code == 0x201C || code == 0x201D)
                fail("Invalid character",
                     "\"Curly quotes\" are not valid here. These can sometimes be inadvertently introduced when "
                     "sharing code via documents or discussion forums. It might help to replace the character with a "
                     "\"straight quote\".",
                     here());
            fail("Invalid character", "This character is not used within the language.", here());
        }
        if (std::strchr("`'@;$\\^~|&", peek()) != nullptr || byte < 0x20 || byte == 0x7F) {
            if (byte == '\'')
                fail("Invalid character", "Single quotes are not valid. Use double quotes (\") to enclose strings.",
                     here());
            if (byte == '`')
                fail("Invalid character",
                     "The \"`\" character is not valid. To create a multi-line string, use the \"heredoc\" syntax, "
                     "like \"<<EOT\".",
                     here());
            if (byte == ';')
                fail("Invalid character",
                     "The \";\" character is not valid. Use newlines to separate arguments and blocks, and commas to "
                     "separate items in collection values.",
                     here());
            if (byte == '\n') return;
            fail("Invalid character", "This character is not used within the language.", here());
        }
    }

    // --- expressions ---

    const Expr* expression() {
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

    struct Operator {
        BinaryOp op;
        int level;
        std::uint32_t size;
    };
    std::optional<Operator> binary_operator() {
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
    const Expr* binary(int level) {
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
    const Expr* unary() {
        skip();
        const std::uint32_t begin = at_;
        if (peek() == '-' || (peek() == '!' && peek(1) != '=')) {
            const Depth depth(*this);
            const UnaryOp op = peek() == '-' ? UnaryOp::negate : UnaryOp::not_;
            ++at_;
            const Expr* operand = unary();
            return arena_.make(
                UnaryExpr{{Expr::Kind::unary, Span::join(span(begin, at_), operand->span)}, op, operand});
        }
        return postfix(term());
    }

    const Expr* postfix(const Expr* object) {
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
                    object = arena_.make(
                        SplatExpr{{Expr::Kind::splat_attr, Span::join(object->span, span(begin, end_mark()))},
                                  object,
                                  item,
                                  marker});
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
                        return arena_.make(
                            SplatExpr{{Expr::Kind::splat_full, Span::join(object->span, span(begin, end_mark()))},
                                      object,
                                      each,
                                      marker});
                    }
                    at_ = star;
                }
                const Expr* key = expression();
                skip();
                if (peek() != ']')
                    fail("Missing close bracket on index",
                         "The index operator must end with a closing bracket (\"]\").", here());
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
    std::uint32_t end_mark() const { return end_; }

    /// A step after a dot: a name, or a legacy index such as `.0`.
    const Expr* dot_step(const Expr* object, std::uint32_t begin) {
        const std::uint32_t name_begin = at_;
        if (identifier_length(text_.substr(at_)) > 0) {
            const std::string_view name = identifier();
            mark();
            return arena_.make(GetAttrExpr{{Expr::Kind::get_attr, Span::join(object->span, span(begin, at_))},
                                           object,
                                           name,
                                           span(name_begin, at_)});
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

    void mark() { end_ = at_; }

    const Expr* term() {
        const Expr* made = term_inner();
        mark();
        return made;
    }

    const Expr* term_inner() {
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
        fail("Invalid expression", "Expected the start of an expression, but found an invalid expression token.",
             here());
    }

    const Expr* number() {
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

    const Expr* name() {
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

    const Expr* call(std::string_view word, Span place) {
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
                    fail(
                        "Missing closing parenthesis",
                        "An expanded function argument (with ...) must be immediately followed by closing parentheses.",
                        here());
                break;
            }
            if (peek() == ')') break;
            if (peek() != ',') {
                if (at_end())
                    fail("Unterminated function call",
                         "There is no closing parenthesis for this function call before the end of the file.", open);
                fail("Missing argument separator",
                     "A comma is required to separate each function argument from the next.", here());
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

    bool at_keyword(std::string_view word) const {
        return starts(word) && identifier_length(text_.substr(at_)) == word.size();
    }

    const Expr* tuple() {
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

    const Expr* object() {
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
                    fail("Missing attribute value",
                         "Expected an attribute value, introduced by an equals sign (\"=\").", here());
                if (peek() == '\n')
                    fail("Missing attribute value",
                         "Expected an attribute value, introduced by an equals sign (\"=\"). The value must be on the "
                         "same line.",
                         here());
                if (peek() == '}')
                    fail("Missing attribute value",
                         "Expected an attribute value, introduced by an equals sign (\"=\").", here());
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
            fail("Missing attribute separator",
                 "Expected a newline or comma to mark the beginning of the next attribute.", here());
        }
        ++at_;
        return arena_.make(
            ObjectExpr{{Expr::Kind::object, span(begin, at_)}, arena_.copy(std::span<const ObjectItem>(items))});
    }

    struct ForNames {
        std::string_view key, value;
    };
    ForNames for_names() {
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

    const Expr* for_expression(std::uint32_t begin, bool object) {
        at_ += 3;
        const ForNames names = for_names();
        const Expr* collection = expression();
        skip();
        if (peek() != ':')
            fail("Invalid 'for' expression", "For expression requires a colon after the collection expression.",
                 here());
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

    // --- templates ---

    const Expr* quoted_template() {
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

    const Expr* heredoc() {
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

    /// `<<-`: the smallest indentation of the lines is taken off each (hclsyntax, flushHeredocTemplateParts).
    static void remove_indentation(std::vector<Token>& tokens) {
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

    /// Reads up to the closing quote, the heredoc's marker or the end. A heredoc's text is one token a line, which
    /// matters to the strip markers.
    std::vector<Token> template_tokens(Ending ending, std::string_view marker) {
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
                flush_before(tokens, text, flush);
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
                        fail(
                            "Extra characters after interpolation expression",
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
    template <class Flush>
    static void flush_before(const std::vector<Token>&, const std::string& text, const Flush& flush) {
        if (!text.empty()) flush();
    }

    void escape(std::string& text) {
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

    Token interpolation() {
        Token token;
        token.kind = Token::Kind::interpolation;
        skip();
        if (peek() == '}')
            fail("Invalid expression", "Expected the start of an expression, but found the end of the interpolation.",
                 here());
        token.expr = expression();
        return token;
    }

    Token directive() {
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

    const Expr* build_template(std::vector<Token> tokens, Span whole, bool heredoc) {
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
    [[noreturn]] void stray(const Token& token) {
        const char* word = token.kind == Token::Kind::else_   ? "else"
                           : token.kind == Token::Kind::endif ? "endif"
                                                              : "endfor";
        fail("Unexpected " + std::string(word) + " directive",
             "The directive has no opening if or for directive before it.", token.span);
    }

    /// Parts up to a directive that closes or divides.
    std::vector<const Expr*> template_parts(std::vector<Token>& tokens, std::size_t& at, Span whole) {
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
                    parts.push_back(arena_.make(TemplateIfExpr{
                        {Expr::Kind::template_if, Span::join(open, tokens[at].span)}, condition, yes, no}));
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
                    parts.push_back(arena_.make(
                        TemplateForExpr{{Expr::Kind::template_for, Span::join(opening.span, tokens[at].span)},
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
    const TemplateExpr* nested(std::vector<Token>& tokens, std::size_t& at, Span whole) {
        const std::vector<const Expr*> parts = template_parts(tokens, at, whole);
        return arena_.make(
            TemplateExpr{{Expr::Kind::template_, whole}, arena_.copy(std::span<const Expr* const>(parts)), false});
    }

    std::string_view text_;
    SourceId id_;
    Arena& arena_;
    Diagnostics& diagnostics_;
    std::optional<Span> fixed_;
    std::vector<Comment>* comments_ = nullptr;
    std::unordered_map<const void*, std::unordered_set<std::string_view>> seen_;
    std::uint32_t at_ = 0;
    std::uint32_t end_ = 0;  // just after the last token of the expression read last
    Span open_block_;
    int depth_ = 0;
    std::size_t tolerance_ = 0;  // of faults: bytes that may still be read again; 0 where a fault ends reading
    bool newlines_ignored_ = false;
    bool last_was_block_ = false;
    bool heredoc_open_ = false;
};

}  // namespace

void* Arena::allocate(std::size_t size, std::size_t alignment) {
    const auto misaligned = reinterpret_cast<std::uintptr_t>(next_) % alignment;
    const std::size_t padding = next_ && misaligned ? alignment - misaligned : 0;
    if (!next_ || padding + size > left_) {
        const std::size_t block = std::max<std::size_t>(size, blocks_.empty() ? 4096 : 65536);
        blocks_.push_back(std::make_unique<std::byte[]>(block));
        bytes_ += block;
        next_ = blocks_.back().get();
        left_ = block;
        std::byte* place = next_;
        next_ += size;
        left_ -= size;
        return place;
    }
    std::byte* place = next_ + padding;
    next_ = place + size;
    left_ -= padding + size;
    return place;
}

std::string_view Arena::copy(std::string_view text) {
    if (text.empty()) return {};
    char* place = static_cast<char*>(allocate(text.size(), 1));
    std::memcpy(place, text.data(), text.size());
    return {place, text.size()};
}

std::string to_nfc(std::string_view text) {
    if (std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; }))
        return std::string(text);
    utf8proc_uint8_t* made = nullptr;
    const auto size =
        utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()), static_cast<utf8proc_ssize_t>(text.size()),
                     &made, static_cast<utf8proc_option_t>(UTF8PROC_COMPOSE | UTF8PROC_STABLE));
    if (size < 0) return std::string(text);
    std::string out(reinterpret_cast<char*>(made), static_cast<std::size_t>(size));
    std::free(made);
    return out;
}

bool is_identifier(std::string_view text) {
    return !text.empty() && identifier_length(text) == text.size();
}

std::unique_ptr<File> read_hcl(const Source& source, Diagnostics& diagnostics) {
    auto file = std::make_unique<File>();
    file->source = &source;
    Reader(source.text(), source.id(), file->arena, diagnostics).read_file(*file);
    if (file->broken) Reader::rebuild(*file);
    return file;
}

const Expr* read_expression(const Source& source, Arena& arena, Diagnostics& diagnostics) {
    return Reader(source.text(), source.id(), arena, diagnostics).read_whole_expression();
}

const Expr* read_template(const Source& source, Arena& arena, Diagnostics& diagnostics) {
    return Reader(source.text(), source.id(), arena, diagnostics).read_whole_template();
}

const Expr* read_template_text(std::string_view text, Span place, Arena& arena, Diagnostics& diagnostics) {
    return Reader(arena.copy(text), place.source, arena, diagnostics, place).read_whole_template();
}

const Expr* read_expression_text(std::string_view text, Span place, Arena& arena, Diagnostics& diagnostics) {
    return Reader(arena.copy(text), place.source, arena, diagnostics, place).read_whole_expression();
}

}  // namespace plumbline::hcl
