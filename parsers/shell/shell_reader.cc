#include "parsers/shell/shell_reader.h"

#include <tree_sitter/api.h>

#include <algorithm>
#include <charconv>
#include <memory>

extern "C" const TSLanguage* tree_sitter_bash(void);

namespace plumbline::shell {
namespace {

// Start-up scripts end at 16 KiB on AWS and 256 KiB on Google Cloud.
constexpr std::size_t max_script = 256U << 10;
// Steps of the parser (in hundreds) for each byte: real scripts take below one. The grammar is ambiguous, so a text
// made for it could take very long.
constexpr std::size_t max_rounds_per_byte = 20;
// Levels of the syntax tree. A chain of `&&` is as deep as it is long; blocks and substitutions stay below twenty.
constexpr int max_depth = 2000;
// Pairs of commands in one pipeline, which grow with the square of its length.
constexpr std::size_t max_links = 10'000;

using Tree = std::unique_ptr<TSTree, decltype(&ts_tree_delete)>;

/// Null when the limit was reached.
Tree parse(std::string_view text) {
    const std::unique_ptr<TSParser, decltype(&ts_parser_delete)> parser(ts_parser_new(), ts_parser_delete);
    if (!ts_parser_set_language(parser.get(), tree_sitter_bash())) return {nullptr, ts_tree_delete};
    TSInput input{};
    input.payload = &text;
    input.encoding = TSInputEncodingUTF8;
    input.read = [](void* payload, std::uint32_t at, TSPoint, std::uint32_t* size) -> const char* {
        const auto& whole = *static_cast<const std::string_view*>(payload);
        *size = at < whole.size() ? static_cast<std::uint32_t>(whole.size() - at) : 0;
        return whole.data() + std::min<std::size_t>(at, whole.size());
    };
    std::size_t left = 10'000 + max_rounds_per_byte * text.size();
    TSParseOptions options{};
    options.payload = &left;
    options.progress_callback = [](TSParseState* state) {
        auto& rounds = *static_cast<std::size_t*>(state->payload);
        return rounds == 0 || --rounds == 0;
    };
    return {ts_parser_parse_with_options(parser.get(), nullptr, input, options), ts_tree_delete};
}

using Ids = std::vector<std::size_t>;

void append(Ids& to, const Ids& from) {
    to.insert(to.end(), from.begin(), from.end());
}

/// What begins a word, and which parts of a command are words.
bool is_word(std::string_view type) {
    static constexpr std::string_view types[] = {"word",
                                                 "string",
                                                 "raw_string",
                                                 "ansi_c_string",
                                                 "translated_string",
                                                 "concatenation",
                                                 "number",
                                                 "simple_expansion",
                                                 "expansion",
                                                 "command_substitution",
                                                 "process_substitution",
                                                 "arithmetic_expansion",
                                                 "brace_expression",
                                                 "variable_name",
                                                 "regex",
                                                 "extglob_pattern",
                                                 "special_variable_name",
                                                 "test_operator",
                                                 "array"};
    return std::find(std::begin(types), std::end(types), type) != std::end(types);
}

class Walk {
  public:
    Walk(std::string_view text, Script& script) : text_(text), script_(script) {}

    /// Takes in the commands below a node; returns those whose input and output are the node's own.
    Ids statement(TSNode node, int depth) {
        if (depth > max_depth || ts_node_is_null(node)) return {};
        const std::string_view type = ts_node_type(node);
        if (type == "comment") {
            script_.comments.emplace_back(ts_node_start_byte(node), ts_node_end_byte(node));
            return {};
        }
        if (type == "command") return command(node, depth);
        if (type == "declaration_command" || type == "unset_command") return declaration(node, depth);
        if (type == "variable_assignment" || type == "variable_assignments") return assignments(node, depth);
        if (type == "pipeline") return pipeline(node, depth);
        if (type == "redirected_statement") return redirected(node, depth);
        if (is_word(type)) {
            word(node, depth);
            return {};
        }
        Ids all;
        for_each_child(node, [&](TSNode child) { append(all, statement(child, depth + 1)); });
        return all;
    }

  private:
    static std::string_view type_of(TSNode node) { return ts_node_type(node); }
    std::string_view text_of(TSNode node) const {
        const std::size_t begin = std::min<std::size_t>(ts_node_start_byte(node), text_.size());
        return text_.substr(begin, ts_node_end_byte(node) - begin);
    }
    template <class Visit>
    static void for_each_child(TSNode node, const Visit& visit) {
        TSTreeCursor cursor = ts_tree_cursor_new(node);
        if (ts_tree_cursor_goto_first_child(&cursor)) {
            do visit(ts_tree_cursor_current_node(&cursor));
            while (ts_tree_cursor_goto_next_sibling(&cursor));
        }
        ts_tree_cursor_delete(&cursor);
    }
    static TSNode field(TSNode node, std::string_view name) {
        return ts_node_child_by_field_name(node, name.data(), static_cast<std::uint32_t>(name.size()));
    }

    std::size_t open(TSNode node) {
        Command made;
        made.begin = ts_node_start_byte(node);
        made.end = ts_node_end_byte(node);
        script_.commands.push_back(std::move(made));
        return script_.commands.size() - 1;
    }
    Command& at(std::size_t id) { return script_.commands[id]; }

    Ids command(TSNode node, int depth) {
        const std::size_t id = open(node);
        for_each_child(node, [&](TSNode child) {
            const std::string_view type = type_of(child);
            if (type == "command_name") {
                Word name = word(child, depth + 1);
                at(id).name = std::move(name);
            } else if (type == "variable_assignment") {
                Assignment made = assignment(child, depth + 1);
                at(id).assignments.push_back(std::move(made));
            } else if (type.ends_with("_redirect")) {
                redirect(child, {id}, depth + 1);
            } else if (is_word(type)) {
                Word argument = word(child, depth + 1);
                at(id).arguments.push_back(std::move(argument));
            } else {
                statement(child, depth + 1);
            }
        });
        return {id};
    }

    /// `export A=b`, `readonly`, `local`, `declare`, `unset`.
    Ids declaration(TSNode node, int depth) {
        const std::size_t id = open(node);
        bool first = true;
        for_each_child(node, [&](TSNode child) {
            const std::string_view type = type_of(child);
            if (first) {
                at(id).name =
                    Word{std::string(text_of(child)), ts_node_start_byte(child), ts_node_end_byte(child), {}, {}};
            } else if (type == "variable_assignment") {
                Assignment made = assignment(child, depth + 1);
                at(id).assignments.push_back(std::move(made));
            } else if (is_word(type)) {
                Word argument = word(child, depth + 1);
                at(id).arguments.push_back(std::move(argument));
            }
            first = false;
        });
        return {id};
    }

    Ids assignments(TSNode node, int depth) {
        const std::size_t id = open(node);
        const auto add = [&](TSNode one) {
            Assignment made = assignment(one, depth + 1);
            at(id).assignments.push_back(std::move(made));
        };
        if (type_of(node) == "variable_assignment") {
            add(node);
        } else {
            for_each_child(node, [&](TSNode child) {
                if (type_of(child) == "variable_assignment") add(child);
            });
        }
        return {id};
    }

    Assignment assignment(TSNode node, int depth) {
        Assignment made;
        made.name = std::string(text_of(field(node, "name")));
        const TSNode value = field(node, "value");
        if (!ts_node_is_null(value)) made.value = word(value, depth + 1);
        return made;
    }

    Ids pipeline(TSNode node, int depth) {
        Ids earlier;
        for_each_child(node, [&](TSNode child) {
            if (!ts_node_is_named(child)) return;
            const Ids stage = statement(child, depth + 1);
            link(earlier, stage);
            append(earlier, stage);
        });
        return earlier;
    }

    void link(const Ids& earlier, const Ids& later) {
        if (earlier.size() * later.size() > max_links) return;
        for (const std::size_t from : earlier) {
            for (const std::size_t to : later) {
                at(from).behind.push_back(to);
                at(to).before.push_back(from);
            }
        }
    }

    Ids redirected(TSNode node, int depth) {
        Ids body;
        for_each_child(node, [&](TSNode child) {
            if (type_of(child).ends_with("_redirect"))
                append(body, redirect(child, body, depth + 1));
            else
                append(body, statement(child, depth + 1));
        });
        return body;
    }

    /// Adds a redirect to the commands it is of. Returns commands that stand inside of it: behind `cat <<E |`.
    Ids redirect(TSNode node, const Ids& owners, int depth) {
        Redirect made;
        Ids behind;
        const bool heredoc = type_of(node) == "heredoc_redirect";
        for_each_child(node, [&](TSNode child) {
            const std::string_view type = type_of(child);
            if (type == "file_descriptor") {
                const std::string_view digits = text_of(child);
                int number = 0;
                const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
                if (fault == std::errc()) made.descriptor = number;
            } else if (type == "heredoc_body") {
                made.target = word(child, depth + 1);
            } else if (type == "heredoc_start" || type == "heredoc_end") {
            } else if (!ts_node_is_named(child)) {
                if (made.op.empty()) made.op = std::string(type);
            } else if (type == "pipeline") {
                append(behind, statement(child, depth + 1));
                link(owners, behind);
            } else if (type.ends_with("_redirect")) {
                append(behind, redirect(child, owners, depth + 1));
            } else if (heredoc && is_word(type)) {
                const Word argument = word(child, depth + 1);
                for (const std::size_t id : owners) at(id).arguments.push_back(argument);
            } else if (is_word(type) && made.target.end == 0) {
                made.target = word(child, depth + 1);
            } else if (is_word(type)) {
                // Words behind a redirect are arguments; digits before the next one are its descriptor.
                const Word extra = word(child, depth + 1);
                const bool descriptor =
                    extra.end < text_.size() && (text_[extra.end] == '>' || text_[extra.end] == '<');
                for (const std::size_t id : owners) {
                    if (!descriptor) at(id).arguments.push_back(extra);
                }
            } else {
                append(behind, statement(child, depth + 1));
            }
        });
        for (const std::size_t id : owners) at(id).redirects.push_back(made);
        return behind;
    }

    Word word(TSNode node, int depth) {
        Word made;
        made.begin = ts_node_start_byte(node);
        made.end = ts_node_end_byte(node);
        spell(node, depth, false, made);
        return made;
    }

    /// Appends a word's text without its quotes and takes in the commands inside.
    void spell(TSNode node, int depth, bool quoted, Word& out) {
        if (depth > max_depth) return;
        const std::string_view type = type_of(node);
        const std::string_view whole = text_of(node);
        if (type == "raw_string" && whole.size() >= 2) {
            out.text += whole.substr(1, whole.size() - 2);
        } else if (type == "ansi_c_string" && whole.size() >= 3) {
            out.text += whole.substr(2, whole.size() - 3);
        } else if (type == "command_substitution" || type == "process_substitution") {
            out.text += whole;
            Ids inside;
            for_each_child(node, [&](TSNode child) { append(inside, statement(child, depth + 1)); });
            append(type == "process_substitution" ? out.named : out.substituted, inside);
        } else if (type == "string" || type == "translated_string") {
            quoted_parts(node, depth, out);
        } else if (type == "concatenation" || type == "command_name" || type == "heredoc_body") {
            parts(node, depth, type == "heredoc_body", out);
        } else if (ts_node_child_count(node) > 0) {
            out.text += whole;  // an expansion; commands may stand in its default: ${A:-$(b)}
            Word inside;
            for_each_child(node, [&](TSNode child) { spell(child, depth + 1, quoted, inside); });
            append(out.substituted, inside.substituted);
            append(out.named, inside.named);
        } else {
            unescape(whole, quoted, out.text);
        }
    }

    /// Text between the children is part of the word too (blanks inside of quotes).
    void parts(TSNode node, int depth, bool quoted, Word& out) {
        std::size_t done = ts_node_start_byte(node);
        bool any = false;
        for_each_child(node, [&](TSNode child) {
            any = true;
            const std::size_t begin = ts_node_start_byte(child);
            if (begin > done) out.text += text_.substr(done, begin - done);
            spell(child, depth + 1, quoted, out);
            done = std::max<std::size_t>(done, ts_node_end_byte(child));
        });
        const std::size_t end = ts_node_end_byte(node);
        if (!any) return unescape(text_of(node), quoted, out.text);
        if (end > done) out.text += text_.substr(done, end - done);
    }
    void quoted_parts(TSNode node, int depth, Word& out) {
        std::size_t done = ts_node_start_byte(node);
        for_each_child(node, [&](TSNode child) {
            const std::size_t begin = ts_node_start_byte(child);
            if (begin > done) out.text += text_.substr(done, begin - done);
            done = std::max<std::size_t>(done, ts_node_end_byte(child));
            const std::string_view type = type_of(child);
            if (type != "\"" && type != "$\"") spell(child, depth + 1, true, out);
        });
    }

    /// Backslashes: before anything outside of quotes, before `$`, a backtick, `"`, `\` and line ends inside.
    static void unescape(std::string_view text, bool quoted, std::string& out) {
        for (std::size_t i = 0; i < text.size(); ++i) {
            if (text[i] == '\\' && i + 1 < text.size()) {
                const char next = text[i + 1];
                if (next == '\n') {
                    ++i;
                    continue;
                }
                if (!quoted || next == '$' || next == '`' || next == '"' || next == '\\') ++i;
            }
            out += text[i];
        }
    }

    std::string_view text_;
    Script& script_;
};

}  // namespace

Script read_script(std::string_view text) {
    Script script;
    const Tree tree = text.size() <= max_script ? parse(text) : Tree(nullptr, ts_tree_delete);
    if (!tree) {
        script.too_large = true;
        return script;
    }
    const TSNode root = ts_tree_root_node(tree.get());
    script.broken = ts_node_has_error(root);
    Walk(text, script).statement(root, 0);
    return script;
}

}  // namespace plumbline::shell
