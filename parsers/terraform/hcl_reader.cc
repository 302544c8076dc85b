#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "parsers/terraform/hcl_expressions.h"
#include "parsers/terraform/outline.h"

namespace plumbline::hcl {
namespace {

// tree-sitter's error correction takes the square of a broken stretch's length, 1.5 seconds for one of this size.
// Larger files, which people hardly write, are left to the reader below.
constexpr std::size_t max_outlined = 32U << 10;

class Reader : public ExpressionReader {
  public:
    Reader(std::string_view text, SourceId id, Arena& arena, Diagnostics& diagnostics, std::optional<Span> fixed = {})
        : ExpressionReader(text, id, arena, diagnostics, fixed) {}

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

    /// After a fault: the next line that begins with a letter in the first column.
    bool recover() {
        while (true) {
            const std::size_t line = text_.find('\n', at_);
            if (line == std::string_view::npos) {
                at_ = static_cast<std::uint32_t>(text_.size());
                return false;
            }
            at_ = static_cast<std::uint32_t>(line + 1);
            if (at_ < text_.size() && is_letter(text_[at_])) return true;
        }
    }

    const Body* make_body(const std::vector<Attribute>& attributes, const std::vector<Block>& blocks, Span whole,
                          Span end) {
        return arena_.make(Body{arena_.copy(std::span<const Attribute>(attributes)),
                                arena_.copy(std::span<const Block>(blocks)), whole, end});
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

    std::unordered_map<const void*, std::unordered_set<std::string_view>> seen_;
    Span open_block_;
    std::size_t tolerance_ = 0;  // of faults: bytes that may still be read again; 0 where a fault ends reading
    bool last_was_block_ = false;
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
