#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/terraform/hcl_lexer.h"

/// The middle layer of HCL's strict reader: expressions (hcl_expressions.cc) and the templates in them
/// (hcl_templates.cc). Only the files hcl_*.cc include this.
namespace plumbline::hcl {

/// A piece of a template before the tree is made of it.
struct Token {
    enum class Kind : std::uint8_t { text, interpolation, if_, else_, endif, for_, endfor } kind;
    Span span;
    std::string text;
    const Expr* expr = nullptr;  // interpolation, condition, collection
    std::string_view key_name, value_name;
};

struct Operator {
    BinaryOp op;
    int level;
    std::uint32_t size;
};

struct ForNames {
    std::string_view key, value;
};

enum class Ending : std::uint8_t { quote, heredoc, end_of_text };

class ExpressionReader : public Lexer {
  public:
    using Lexer::Lexer;

  protected:
    const Expr* expression();
    std::optional<Operator> binary_operator();
    const Expr* binary(int level);
    const Expr* unary();
    const Expr* postfix(const Expr* object);
    /// A step after a dot: a name, or a legacy index such as `.0`.
    const Expr* dot_step(const Expr* object, std::uint32_t begin);
    const Expr* term();
    const Expr* term_inner();
    const Expr* number();
    const Expr* name();
    const Expr* call(std::string_view word, Span place);
    const Expr* tuple();
    const Expr* object();
    ForNames for_names();
    const Expr* for_expression(std::uint32_t begin, bool object);
    const Expr* quoted_template();
    const Expr* heredoc();
    /// `<<-`: the smallest indentation of the lines is taken off each (hclsyntax, flushHeredocTemplateParts).
    static void remove_indentation(std::vector<Token>& tokens);
    /// Reads up to the closing quote, the heredoc's marker or the end. A heredoc's text is one token a line, which
    /// matters to the strip markers.
    std::vector<Token> template_tokens(Ending ending, std::string_view marker);
    void escape(std::string& text);
    Token interpolation();
    Token directive();
    const Expr* build_template(std::vector<Token> tokens, Span whole, bool heredoc);
    [[noreturn]] void stray(const Token& token);
    /// Parts up to a directive that closes or divides.
    std::vector<const Expr*> template_parts(std::vector<Token>& tokens, std::size_t& at, Span whole);
    const TemplateExpr* nested(std::vector<Token>& tokens, std::size_t& at, Span whole);

    bool heredoc_open_ = false;  // the heredoc that was read last has no end
};

}  // namespace plumbline::hcl
