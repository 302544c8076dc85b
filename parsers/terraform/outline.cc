#include "parsers/terraform/outline.h"

#include <tree_sitter/api.h>

#include <memory>

extern "C" const TSLanguage* tree_sitter_hcl(void);

namespace plumbline::hcl {
namespace {

// Blocks that people write nest below ten.
constexpr int max_depth = 100;

struct Cursor {
    explicit Cursor(TSNode node) : cursor(ts_tree_cursor_new(node)) {}
    ~Cursor() { ts_tree_cursor_delete(&cursor); }
    Cursor(const Cursor&) = delete;
    Cursor& operator=(const Cursor&) = delete;
    TSTreeCursor cursor;
};

class Walk {
  public:
    Walk(const Source& source, Outline& outline) : source_(source), outline_(outline) {}

    /// The items below a body, also those that stand in what tree-sitter could not place.
    void items(TSNode node, std::vector<Outline::Item>& out, int depth) {
        Cursor children(node);
        if (!ts_tree_cursor_goto_first_child(&children.cursor)) return;
        do {
            const TSNode child = ts_tree_cursor_current_node(&children.cursor);
            const std::string_view type = ts_node_type(child);
            if (type == "attribute")
                attribute(child, out);
            else if (type == "block" && depth < max_depth)
                block(child, out, depth);
            else if (type == "comment")
                outline_.comments.push_back({span(child)});
            else if ((type == "body" || type == "ERROR") && depth < max_depth)
                items(child, out, depth + 1);
        } while (ts_tree_cursor_goto_next_sibling(&children.cursor));
    }

  private:
    Span span(TSNode node) const {
        const std::uint32_t begin = ts_node_start_byte(node);
        std::uint32_t end = ts_node_end_byte(node);
        // The grammar's nodes may take in the line end that follows.
        const std::string_view text = source_.text();
        while (end > begin && (text[end - 1] == '\n' || text[end - 1] == '\r')) --end;
        return {source_.id(), begin, end};
    }
    std::string_view text(TSNode node) const {
        const Span place = span(node);
        return source_.text().substr(place.begin, place.end - place.begin);
    }

    void attribute(TSNode node, std::vector<Outline::Item>& out) {
        Outline::Item item;
        item.clean = !ts_node_has_error(node);
        item.span = span(node);
        for (std::uint32_t i = 0; i < ts_node_child_count(node); ++i) {
            const TSNode child = ts_node_child(node, i);
            const std::string_view type = ts_node_type(child);
            if (type == "identifier") {
                item.name = text(child);
                item.name_span = span(child);
            } else if (type == "expression") {
                item.value = span(child);
            }
        }
        item.span = Span::join(item.span, item.value);
        if (!item.name.empty() && item.value.valid()) out.push_back(std::move(item));
    }

    void block(TSNode node, std::vector<Outline::Item>& out, int depth) {
        Outline::Item item;
        item.is_block = true;
        item.clean = !ts_node_has_error(node);
        item.span = span(node);
        Cursor children(node);
        if (!ts_tree_cursor_goto_first_child(&children.cursor)) return;
        do {
            const TSNode child = ts_tree_cursor_current_node(&children.cursor);
            const std::string_view type = ts_node_type(child);
            if (type == "identifier" && item.name.empty()) {
                item.name = text(child);
                item.name_span = span(child);
            } else if (type == "identifier") {
                item.labels.push_back({text(child), span(child), false});
            } else if (type == "string_lit") {
                const std::string_view quoted = text(child);
                if (quoted.size() >= 2) item.labels.push_back({quoted.substr(1, quoted.size() - 2), span(child), true});
            } else if (type == "body" || type == "ERROR") {
                items(child, item.items, depth + 1);
            } else if (type == "comment") {
                outline_.comments.push_back({span(child)});
            }
        } while (ts_tree_cursor_goto_next_sibling(&children.cursor));
        // What is missing has a place behind the line end that was cut off.
        for (const Label& label : item.labels) item.span = Span::join(item.span, label.span);
        for (const Outline::Item& inner : item.items) item.span = Span::join(item.span, inner.span);
        if (!item.name.empty()) out.push_back(std::move(item));
    }

    const Source& source_;
    Outline& outline_;
};

}  // namespace

Outline outline_of(const Source& source) {
    Outline outline;
    const std::unique_ptr<TSParser, decltype(&ts_parser_delete)> parser(ts_parser_new(), ts_parser_delete);
    if (!ts_parser_set_language(parser.get(), tree_sitter_hcl())) return outline;
    const std::string_view text = source.text();
    const std::unique_ptr<TSTree, decltype(&ts_tree_delete)> tree(
        ts_parser_parse_string(parser.get(), nullptr, text.data(), static_cast<std::uint32_t>(text.size())),
        ts_tree_delete);
    if (!tree) return outline;
    const TSNode root = ts_tree_root_node(tree.get());
    outline.clean = !ts_node_has_error(root);
    Walk(source, outline).items(root, outline.items, 0);
    return outline;
}

}  // namespace plumbline::hcl
