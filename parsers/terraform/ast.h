#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/parser.h"
#include "scanner/model/number.h"
#include "scanner/model/source.h"

/// The syntax tree of HCL, made from native and from JSON syntax. Nodes
/// live in the `File`'s arena and are never destroyed one by one; texts are views into the source or the arena. Every
/// span is of the file the node stands in. Follows HCL's specification (hclsyntax/spec.md and json/spec.md).
namespace plumbline::hcl {

struct Expr {
    enum class Kind : std::uint8_t {
        literal_null,
        literal_bool,
        literal_number,
        literal_string,  ///< a quoted template or heredoc without any interpolation, or a JSON string without one
        template_,       ///< parts; a single interpolation alone is `wrap`
        wrap,            ///< `"${expr}"`: the value of the expression itself
        tuple,
        object,
        for_tuple,
        for_object,
        call,
        variable,    ///< root of a traversal: a bare name
        get_attr,    ///< `.name`
        index,       ///< `[expr]`, and the legacy `.0`
        splat_attr,  ///< `.*` with the steps that belong to it
        splat_full,  ///< `[*]` with the steps that belong to it
        splat_item,  ///< inside a splat's `each`: the current element
        unary,
        binary,
        conditional,
        paren,
        template_for,  ///< `%{ for }` inside a template: gives text
        template_if,   ///< `%{ if }`
        invalid,       ///< broken here; the diagnostic was reported. Evaluates to an unknown.
    };
    Kind kind;
    Span span;
};

enum class UnaryOp : std::uint8_t { negate, not_ };
enum class BinaryOp : std::uint8_t {
    or_,
    and_,
    equal,
    not_equal,
    less,
    less_equal,
    greater,
    greater_equal,
    add,
    subtract,
    multiply,
    divide,
    modulo
};

template <class T>
using List = std::span<const T>;

struct BoolExpr : Expr {
    bool value;
};
/// `text` is the number as written; the evaluator converts it (once: `value` is set by the reader when it is small).
struct NumberExpr : Expr {
    std::string_view text;
};
/// Unescaped, NFC. `heredoc` keeps it apart from quoted text, which matters in JSON conversion only.
struct StringExpr : Expr {
    std::string_view value;
    bool heredoc;
};
/// Parts in order: literal_string for text, template_for / template_if for directives, any other expression for an
/// interpolation. Strip markers and heredoc indentation are already applied to the text.
struct TemplateExpr : Expr {
    List<const Expr*> parts;
    bool heredoc;
};
struct WrapExpr : Expr {
    const Expr* inner;
};
struct TupleExpr : Expr {
    List<const Expr*> items;
};
struct ObjectItem {
    /// A bare name as key (`a = 1`) is a literal_string with `bare_key`; `(a) = 1` is the paren expression.
    const Expr* key;
    const Expr* value;
    bool bare_key;
    Span span;
};
struct ObjectExpr : Expr {
    List<ObjectItem> items;
};
struct ForExpr : Expr {         // for_tuple and for_object
    std::string_view key_name;  ///< empty when there is only one name
    std::string_view value_name;
    const Expr* collection;
    const Expr* key;  ///< for_object only
    const Expr* value;
    const Expr* condition;  ///< null when there is none
    bool group;             ///< `...` after the value of a for_object
};
struct CallExpr : Expr {
    std::string_view name;  ///< with namespace: `provider::terraform::encode_tfvars`
    Span name_span;
    List<const Expr*> arguments;
    bool expand_final;
    Span open_paren, close_paren;
};
struct VariableExpr : Expr {
    std::string_view name;
};
struct GetAttrExpr : Expr {
    const Expr* object;
    std::string_view name;
    Span name_span;
};
struct IndexExpr : Expr {
    const Expr* object;
    const Expr* key;
    bool legacy;
    Span bracket;
};
struct SplatExpr : Expr {  // splat_attr and splat_full
    const Expr* object;
    const Expr*
        each;  ///< the steps after the marker, with a splat_item as root; the splat_item alone when there are none
    Span marker;
};
struct UnaryExpr : Expr {
    UnaryOp op;
    const Expr* operand;
};
struct BinaryExpr : Expr {
    BinaryOp op;
    const Expr* left;
    const Expr* right;
    Span op_span;
};
struct ConditionalExpr : Expr {
    const Expr* condition;
    const Expr* yes;
    const Expr* no;
};
struct ParenExpr : Expr {
    const Expr* inner;
};
struct TemplateForExpr : Expr {
    std::string_view key_name, value_name;
    const Expr* collection;
    const TemplateExpr* body;
};
struct TemplateIfExpr : Expr {
    const Expr* condition;
    const TemplateExpr* yes;
    const TemplateExpr* no;
};  ///< `no` null: empty

struct Label {
    std::string_view text;
    Span span;
    bool quoted;
};
struct Body;
struct Attribute {
    std::string_view name;
    Span name_span;
    Span span;
    const Expr* value;
};
struct Block {
    std::string_view type;
    Span type_span;
    List<Label> labels;
    const Body* body;
    Span header;  ///< type and labels
    Span span;    ///< header to closing brace
};
struct Body {
    List<Attribute> attributes;  ///< source order; duplicates were reported and dropped
    List<Block> blocks;          ///< source order
    Span span;
    Span end;  ///< the closing brace or the end of the file
};
struct Comment {
    Span span;
};  ///< with its marker, without the line end

/// Bump allocator for nodes; everything goes at once.
class Arena {
  public:
    void* allocate(std::size_t size, std::size_t alignment);
    template <class T>
    T* make(T value) {
        return new (allocate(sizeof(T), alignof(T))) T(value);
    }
    template <class T>
    List<T> copy(std::span<const T> items);
    std::string_view copy(std::string_view text);
    std::size_t bytes() const { return bytes_; }

  private:
    std::vector<std::unique_ptr<std::byte[]>> blocks_;
    std::byte* next_ = nullptr;
    std::size_t left_ = 0, bytes_ = 0;
};

/// One `.tf`, `.tf.json`, `.tfvars`, ... file.
class File : public ParsedFile {
  public:
    Arena arena;
    const Body* body = nullptr;  ///< never null after reading
    std::vector<Comment> comments;
    bool json = false;
    /// Something in it was refused; the rest of the tree is still good.
    bool broken = false;
};

template <class T>
List<T> Arena::copy(std::span<const T> items) {
    if (items.empty()) return {};
    T* place = static_cast<T*>(allocate(sizeof(T) * items.size(), alignof(T)));
    for (std::size_t i = 0; i < items.size(); ++i) new (place + i) T(items[i]);
    return {place, items.size()};
}

/// Reads native syntax with Terraform's verdicts. A fault is reported and reading goes on at the next line that begins
/// a top-level definition, so that the other blocks of a broken file are still there; `File::broken` is then set.
std::unique_ptr<File> read_hcl(const Source& source, Diagnostics& diagnostics);
/// Reads JSON syntax. Top-level Terraform blocks become blocks; expressions inside are parsed as templates.
std::unique_ptr<File> read_hcl_json(const Source& source, Diagnostics& diagnostics);
/// One expression on its own, as `terraform console` takes it and --var for non-primitive types. Null when refused.
/// A line feed outside of brackets ends it, and nothing may follow.
const Expr* read_expression(const Source& source, Arena& arena, Diagnostics& diagnostics);
/// A template body (`templatefile`): the whole source is text with interpolations. Null when refused.
const Expr* read_template(const Source& source, Arena& arena, Diagnostics& diagnostics);
/// The same for text that stands inside another file (a JSON string); every span is then `place`.
const Expr* read_template_text(std::string_view text, Span place, Arena& arena, Diagnostics& diagnostics);
const Expr* read_expression_text(std::string_view text, Span place, Arena& arena, Diagnostics& diagnostics);
/// Whether the text is a valid HCL identifier (UAX #31 with `-`).
bool is_identifier(std::string_view text);
/// Unicode NFC, as Terraform normalises every string; ASCII is returned as it is.
std::string to_nfc(std::string_view text);

}  // namespace plumbline::hcl
