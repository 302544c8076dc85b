#include <algorithm>
#include <array>
#include <optional>
#include <unordered_map>

#include "parsers/terraform/ast.h"
#include "scanner/model/text.h"

/// HCL's JSON syntax (json/spec.md) for Terraform: a JSON tree is read first, then what Terraform expects at each place
/// decides which properties are blocks, which are expressions, and which texts are templates, code or plain text.
namespace plumbline::hcl {
namespace {

// What walks the syntax tree later recurses as deep; Terraform itself takes minutes for a thousand levels.
constexpr int max_depth = 1000;

struct Node;
struct Property {
    std::string_view name;
    Span name_span;
    const Node* value;
};
struct Node {
    enum class Kind : std::uint8_t { null, boolean, number, string, array, object };
    Kind kind;
    Span span;
    bool truth = false;
    std::string_view text = {};  // of a number as written, of a string unescaped
    List<const Node*> items = {};
    List<Property> properties = {};
};

class JsonReader {
  public:
    JsonReader(const Source& source, Arena& arena, Diagnostics& diagnostics)
        : text_(source.text()), id_(source.id()), arena_(arena), diagnostics_(diagnostics) {}

    /// Null after a diagnostic.
    const Node* read() {
        const Node* root = value(0);
        if (!root) return nullptr;
        blanks();
        if (at_ < text_.size())
            return refuse("Extraneous data after value", "Extra characters appear after the JSON value.", at_);
        return root;
    }

  private:
    Span span(std::size_t begin, std::size_t end) const {
        return {id_, static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)};
    }
    const Node* refuse(std::string summary, std::string detail, std::size_t at) {
        diagnostics_.error("hcl-syntax", std::move(summary), std::move(detail),
                           span(std::min(at, text_.size()), std::min(at + 1, text_.size())));
        return nullptr;
    }
    void blanks() {
        while (at_ < text_.size() &&
               (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n' || text_[at_] == '\r'))
            ++at_;
    }
    char next() const { return at_ < text_.size() ? text_[at_] : '\0'; }

    const Node* value(int depth) {
        blanks();
        if (at_ >= text_.size()) return refuse("Missing value", "The JSON data ends prematurely.", at_);
        if (depth > max_depth)
            return refuse("Nesting too deep", "JSON values may be nested a thousand levels deep.", at_);
        const char c = next();
        if (c == '{') return object(depth);
        if (c == '[') return array(depth);
        if (c == '"') {
            const std::size_t begin = at_;
            const auto text = string();
            if (!text) return nullptr;
            return arena_.make(Node{Node::Kind::string, span(begin, at_), false, *text});
        }
        if ((c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.') return number();
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_') return keyword();
        return refuse("Invalid start of value",
                      "A JSON value must start with a brace, a bracket, a number, a string, or a keyword.", at_);
    }

    const Node* keyword() {
        const std::size_t begin = at_;
        const auto part = [](char c) {
            return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
        };
        while (part(next())) ++at_;
        const std::string_view word = text_.substr(begin, at_ - begin);
        if (word == "null") return arena_.make(Node{Node::Kind::null, span(begin, at_)});
        if (word == "true" || word == "false")
            return arena_.make(Node{Node::Kind::boolean, span(begin, at_), word == "true"});
        static constexpr std::array<std::string_view, 3> words = {"true", "false", "null"};
        return refuse("Invalid JSON keyword", quoted(word) + " is not a valid JSON keyword." + suggestion(word, words),
                      begin);
    }

    const Node* number() {
        const std::size_t begin = at_;
        const auto digits = [&] {
            const std::size_t first = at_;
            while (next() >= '0' && next() <= '9') ++at_;
            return at_ > first;
        };
        const auto wrong = [&] {
            return refuse("Invalid JSON number", "There is a syntax error in the given JSON number.", begin);
        };
        if (next() == '-') ++at_;
        if (next() == '0')
            ++at_;
        else if (!digits())
            return wrong();
        if (next() == '.') {
            ++at_;
            if (!digits()) return wrong();
        }
        if (next() == 'e' || next() == 'E') {
            ++at_;
            if (next() == '+' || next() == '-') ++at_;
            if (!digits()) return wrong();
        }
        const std::string_view rest = text_.substr(at_, 1);
        if (!rest.empty() && std::string_view("0123456789.+-eE").find(rest[0]) != std::string_view::npos)
            return wrong();
        return arena_.make(Node{Node::Kind::number, span(begin, at_), false, text_.substr(begin, at_ - begin)});
    }

    std::optional<std::uint32_t> hex4() {
        std::uint32_t code = 0;
        for (int i = 0; i < 4; ++i, ++at_) {
            const char c = next();
            if (c >= '0' && c <= '9')
                code = code * 16 + static_cast<std::uint32_t>(c - '0');
            else if (c >= 'a' && c <= 'f')
                code = code * 16 + static_cast<std::uint32_t>(c - 'a' + 10);
            else if (c >= 'A' && c <= 'F')
                code = code * 16 + static_cast<std::uint32_t>(c - 'A' + 10);
            else
                return std::nullopt;
        }
        return code;
    }

    /// A `\u` escape, the backslash and the `u` already read; a surrogate without its partner becomes U+FFFD.
    bool unicode_escape(std::string& out) {
        const auto first = hex4();
        if (!first) return false;
        std::uint32_t code = *first;
        if (code >= 0xd800 && code < 0xdc00 && text_.substr(at_, 2) == "\\u") {
            const std::size_t before = at_;
            at_ += 2;
            const auto second = hex4();
            if (!second) return false;
            if (*second >= 0xdc00 && *second < 0xe000)
                code = 0x10000 + ((code - 0xd800) << 10) + (*second - 0xdc00);
            else
                at_ = before;
        }
        append_utf8(out, code >= 0xd800 && code < 0xe000 ? 0xfffd : code);
        return true;
    }

    /// The text of a string, at its opening quote.
    std::optional<std::string_view> string() {
        const auto wrong = [&](std::size_t at) {
            refuse("Invalid JSON string", "There is a syntax error in the given JSON string.", at);
            return std::nullopt;
        };
        const std::size_t begin = ++at_;
        std::string made;
        for (;;) {
            const std::size_t run = at_;
            while (at_ < text_.size() && text_[at_] != '"' && text_[at_] != '\\' &&
                   static_cast<unsigned char>(text_[at_]) >= 0x20)
                ++at_;
            const std::string_view piece = text_.substr(run, at_ - run);
            if (next() == '"' && run == begin && is_utf8(piece)) {
                ++at_;
                return piece;
            }
            append_valid(piece, made);
            if (at_ >= text_.size() || static_cast<unsigned char>(text_[at_]) < 0x20) return wrong(at_);
            if (text_[at_++] == '"') return arena_.copy(made);
            static constexpr std::string_view escapes = "\"\\/bfnrt", meanings = "\"\\/\b\f\n\r\t";
            const char c = next();
            const std::size_t place = at_++;
            if (c == 'u') {
                if (!unicode_escape(made)) return wrong(place);
            } else if (const std::size_t which = escapes.find(c); which != std::string_view::npos && c != '\0') {
                made += meanings[which];
            } else {
                return wrong(place);
            }
        }
    }

    /// Bytes that are no UTF-8 become U+FFFD, one each, as Go's reader has it.
    static void append_valid(std::string_view piece, std::string& out) {
        if (is_utf8(piece)) {
            out += piece;
            return;
        }
        for (std::size_t i = 0; i < piece.size();) {
            std::size_t length = 1;
            const auto lead = static_cast<unsigned char>(piece[i]);
            if (lead >= 0xf0)
                length = 4;
            else if (lead >= 0xe0)
                length = 3;
            else if (lead >= 0xc0)
                length = 2;
            if (i + length <= piece.size() && is_utf8(piece.substr(i, length))) {
                out += piece.substr(i, length);
                i += length;
            } else {
                append_utf8(out, 0xfffd);
                ++i;
            }
        }
    }

    const Node* array(int depth) {
        const std::size_t begin = at_++;
        std::vector<const Node*> items;
        blanks();
        if (next() != ']') {
            for (;;) {
                const Node* item = value(depth + 1);
                if (!item) return nullptr;
                items.push_back(item);
                blanks();
                const std::size_t comma = at_;
                if (next() == ',') {
                    ++at_;
                    blanks();
                    if (next() == ']')
                        return refuse("Trailing comma in array",
                                      "JSON does not permit a trailing comma after the final value in an array.",
                                      comma);
                    continue;
                }
                if (next() == ']') break;
                if (at_ >= text_.size())
                    return refuse("Unclosed array", "No closing bracket was found for this JSON array.", begin);
                return refuse("Missing attribute seperator comma",
                              "A comma must appear between each value in an array.", at_);
            }
        }
        ++at_;
        return arena_.make(
            Node{Node::Kind::array, span(begin, at_), false, {}, arena_.copy(std::span<const Node* const>(items))});
    }

    const Node* object(int depth) {
        const std::size_t begin = at_++;
        std::vector<Property> properties;
        blanks();
        if (next() != '}') {
            for (;;) {
                blanks();
                const std::size_t key = at_;
                if (at_ >= text_.size())
                    return refuse("Unclosed object", "No closing brace was found for this JSON object.", begin);
                if (next() != '"')
                    return refuse("Invalid object property name", "A JSON object property name must be a string.", at_);
                const auto name = string();
                if (!name) return nullptr;
                const Span name_span = span(key, at_);
                blanks();
                if (next() != ':')
                    return refuse("Missing property value colon",
                                  "A colon must appear between an object property's name and its value.", at_);
                ++at_;
                const Node* item = value(depth + 1);
                if (!item) return nullptr;
                properties.push_back({*name, name_span, item});
                blanks();
                const std::size_t comma = at_;
                if (next() == ',') {
                    ++at_;
                    blanks();
                    if (next() == '}')
                        return refuse("Trailing comma in object",
                                      "JSON does not permit a trailing comma after the final property in an object.",
                                      comma);
                    continue;
                }
                if (next() == '}') break;
                if (at_ >= text_.size())
                    return refuse("Unclosed object", "No closing brace was found for this JSON object.", begin);
                return refuse("Missing attribute seperator comma",
                              "A comma must appear between each property definition in an object.", at_);
            }
        }
        ++at_;
        return arena_.make(Node{
            Node::Kind::object, span(begin, at_), false, {}, {}, arena_.copy(std::span<const Property>(properties))});
    }

    std::string_view text_;
    SourceId id_;
    Arena& arena_;
    Diagnostics& diagnostics_;
    std::size_t at_ = 0;
};

/// What Terraform expects in a body: which of its properties are blocks.
enum class Shape : std::uint8_t {
    file,
    resource,
    lifecycle,
    provisioner,
    dynamic,
    content,
    module,
    variable,
    output,
    terraform,
    backend,
    check,
    move,
    plain,
};

struct BlockShape {
    Shape in;
    std::string_view type;
    std::size_t labels;
    Shape body;
};
constexpr std::array block_shapes = {
    BlockShape{Shape::file, "resource", 2, Shape::resource},
    BlockShape{Shape::file, "data", 2, Shape::resource},
    BlockShape{Shape::file, "ephemeral", 2, Shape::resource},
    BlockShape{Shape::file, "module", 1, Shape::module},
    BlockShape{Shape::file, "variable", 1, Shape::variable},
    BlockShape{Shape::file, "output", 1, Shape::output},
    BlockShape{Shape::file, "locals", 0, Shape::plain},
    BlockShape{Shape::file, "provider", 1, Shape::content},
    BlockShape{Shape::file, "terraform", 0, Shape::terraform},
    BlockShape{Shape::file, "moved", 0, Shape::move},
    BlockShape{Shape::file, "import", 0, Shape::move},
    BlockShape{Shape::file, "removed", 0, Shape::move},
    BlockShape{Shape::file, "check", 1, Shape::check},
    BlockShape{Shape::resource, "lifecycle", 0, Shape::lifecycle},
    BlockShape{Shape::resource, "provisioner", 1, Shape::provisioner},
    BlockShape{Shape::resource, "connection", 0, Shape::plain},
    BlockShape{Shape::resource, "dynamic", 1, Shape::dynamic},
    BlockShape{Shape::content, "dynamic", 1, Shape::dynamic},
    BlockShape{Shape::dynamic, "content", 0, Shape::content},
    BlockShape{Shape::lifecycle, "precondition", 0, Shape::plain},
    BlockShape{Shape::lifecycle, "postcondition", 0, Shape::plain},
    BlockShape{Shape::provisioner, "connection", 0, Shape::plain},
    BlockShape{Shape::variable, "validation", 0, Shape::plain},
    BlockShape{Shape::output, "precondition", 0, Shape::plain},
    BlockShape{Shape::terraform, "required_providers", 0, Shape::backend},
    BlockShape{Shape::terraform, "backend", 1, Shape::backend},
    BlockShape{Shape::terraform, "cloud", 0, Shape::backend},
    BlockShape{Shape::terraform, "provider_meta", 1, Shape::backend},
    BlockShape{Shape::check, "data", 2, Shape::resource},
    BlockShape{Shape::check, "assert", 0, Shape::plain},
    BlockShape{Shape::move, "lifecycle", 0, Shape::plain},
    BlockShape{Shape::move, "connection", 0, Shape::plain},
    BlockShape{Shape::move, "provisioner", 1, Shape::provisioner},
};

/// How the texts of an attribute are read.
enum class Texts : std::uint8_t {
    templates,  ///< the rule
    code,       ///< references and types: the text is an expression
    literal,    ///< evaluated before there is anything to refer to
};

Texts texts_of(Shape shape, std::string_view name) {
    const auto one_of = [&](std::initializer_list<std::string_view> names) {
        return std::find(names.begin(), names.end(), name) != names.end();
    };
    switch (shape) {
        case Shape::variable:
            return name == "type" ? Texts::code : Texts::literal;
        case Shape::resource:
            return one_of({"provider", "depends_on"}) ? Texts::code : Texts::templates;
        case Shape::module:
            if (one_of({"source", "version"})) return Texts::literal;
            return one_of({"providers", "depends_on"}) ? Texts::code : Texts::templates;
        case Shape::output:
            return name == "depends_on" ? Texts::code : Texts::templates;
        case Shape::lifecycle:
            return one_of({"ignore_changes", "replace_triggered_by"}) ? Texts::code : Texts::templates;
        case Shape::move:
            return one_of({"from", "to", "provider"}) ? Texts::code : Texts::templates;
        case Shape::backend:
        case Shape::terraform:
            return Texts::literal;
        default:
            return Texts::templates;
    }
}

class TreeMaker {
  public:
    TreeMaker(Arena& arena, Diagnostics& diagnostics) : arena_(arena), diagnostics_(diagnostics) {}

    const Body* file(const Node& root) {
        if (root.kind != Node::Kind::object && root.kind != Node::Kind::array) {
            refuse("Root value must be object",
                   "The root value in a JSON-based configuration must be either a JSON object or a JSON array of "
                   "objects.",
                   root.span);
            return empty(root.span);
        }
        return body(root, Shape::file);
    }

    const Body* empty(Span span) { return arena_.make(Body{{}, {}, span, {span.source, span.end, span.end}}); }

  private:
    void refuse(std::string summary, std::string detail, Span subject) {
        diagnostics_.error("hcl-syntax", std::move(summary), std::move(detail), subject);
    }

    /// The properties of an object, or of all the objects of an array, as bodies and labels may be given.
    std::vector<Property> properties(const Node& node, std::string_view what) {
        std::vector<Property> out;
        if (node.kind == Node::Kind::object) {
            out.assign(node.properties.begin(), node.properties.end());
        } else if (node.kind == Node::Kind::array) {
            for (const Node* item : node.items) {
                if (item->kind == Node::Kind::object)
                    out.insert(out.end(), item->properties.begin(), item->properties.end());
                else
                    refuse("Incorrect JSON value type",
                           "A JSON object is required here, to specify " + std::string(what) + ".", item->span);
            }
        } else if (node.kind != Node::Kind::null) {
            refuse("Incorrect JSON value type",
                   "Either a JSON object or a JSON array of objects is required here, to specify " + std::string(what) +
                       ".",
                   node.span);
        }
        return out;
    }

    const Body* body(const Node& node, Shape shape) {
        std::vector<Attribute> attributes;
        std::vector<Block> blocks;
        std::unordered_map<std::string_view, Span> seen;
        for (const Property& property : properties(node, "arguments and blocks")) {
            if (property.name == "//") continue;  // the one way to write a comment
            const auto known = std::find_if(block_shapes.begin(), block_shapes.end(), [&](const BlockShape& candidate) {
                return candidate.in == shape && candidate.type == property.name;
            });
            if (known != block_shapes.end()) {
                std::vector<Label> labels;
                unpack(*known, property, *property.value, labels, blocks);
                continue;
            }
            if (shape == Shape::file) {
                std::vector<std::string_view> names;
                for (const BlockShape& candidate : block_shapes) {
                    if (candidate.in == Shape::file) names.push_back(candidate.type);
                }
                refuse("Extraneous JSON object property",
                       "No argument or block type is named " + quoted(property.name) + "." +
                           suggestion(property.name, names),
                       property.name_span);
                continue;
            }
            const auto [first, fresh] = seen.emplace(property.name, property.name_span);
            if (!fresh) {
                refuse("Duplicate argument", "The argument " + quoted(property.name) + " was already set.",
                       property.name_span);
                continue;
            }
            attributes.push_back({property.name, property.name_span,
                                  Span::join(property.name_span, property.value->span),
                                  expression(*property.value, texts_of(shape, property.name))});
        }
        const std::uint32_t end = node.span.end;
        return arena_.make(Body{arena_.copy(std::span<const Attribute>(attributes)),
                                arena_.copy(std::span<const Block>(blocks)), node.span,
                                Span{node.span.source, end > 0 ? end - 1 : 0, end}});
    }

    /// A property that names a block type: labels are properties one inside the other, then come the bodies.
    void unpack(const BlockShape& shape, const Property& property, const Node& value, std::vector<Label>& labels,
                std::vector<Block>& out) {
        if (labels.size() < shape.labels) {
            const auto inner = properties(value, "the labels of " + std::string(shape.type) + " blocks");
            if (inner.empty() && value.kind == Node::Kind::object)
                refuse("Missing " + std::string(shape.type) + " block label",
                       "At least one object property is required, whose name represents the block's label.",
                       value.span);
            for (const Property& label : inner) {
                labels.push_back({label.name, label.name_span, true});
                unpack(shape, label, *label.value, labels, out);
                labels.pop_back();
            }
            return;
        }
        const auto add = [&](const Node& node) {
            Block block;
            block.type = shape.type;
            block.type_span = property.name_span;
            block.labels = arena_.copy(std::span<const Label>(labels));
            block.body = body(node, shape.body);
            block.header = property.name_span;
            block.span = Span::join(property.name_span, node.span);
            out.push_back(block);
        };
        if (value.kind == Node::Kind::object) {
            add(value);
        } else if (value.kind == Node::Kind::array) {
            for (const Node* item : value.items) add(*item);
        } else if (value.kind != Node::Kind::null) {
            refuse("Incorrect JSON value type",
                   "Either a JSON object or a JSON array is required, representing the contents of one or more " +
                       quoted(shape.type) + " blocks.",
                   value.span);
        }
    }

    const Expr* text(const Node& node, Texts texts) {
        const bool plain =
            node.text.find("${") == std::string_view::npos && node.text.find("%{") == std::string_view::npos;
        if (texts == Texts::code) {
            const Expr* read = read_expression_text(node.text, node.span, arena_, diagnostics_);
            return read ? read : arena_.make(Expr{Expr::Kind::invalid, node.span});
        }
        if (texts == Texts::literal || plain) {
            const bool ascii = std::all_of(node.text.begin(), node.text.end(),
                                           [](char c) { return static_cast<unsigned char>(c) < 0x80; });
            return arena_.make(StringExpr{
                {Expr::Kind::literal_string, node.span}, ascii ? node.text : arena_.copy(to_nfc(node.text)), false});
        }
        const Expr* read = read_template_text(node.text, node.span, arena_, diagnostics_);
        return read ? read : arena_.make(Expr{Expr::Kind::invalid, node.span});
    }

    const Expr* expression(const Node& node, Texts texts) {
        switch (node.kind) {
            case Node::Kind::null:
                break;
            case Node::Kind::boolean:
                return arena_.make(BoolExpr{{Expr::Kind::literal_bool, node.span}, node.truth});
            case Node::Kind::number:
                return arena_.make(NumberExpr{{Expr::Kind::literal_number, node.span}, node.text});
            case Node::Kind::string:
                return text(node, texts);
            case Node::Kind::array: {
                std::vector<const Expr*> items;
                items.reserve(node.items.size());
                for (const Node* item : node.items) items.push_back(expression(*item, texts));
                return arena_.make(
                    TupleExpr{{Expr::Kind::tuple, node.span}, arena_.copy(std::span<const Expr* const>(items))});
            }
            case Node::Kind::object:
                return object(node, texts);
        }
        return arena_.make(Expr{Expr::Kind::literal_null, node.span});
    }

    const Expr* object(const Node& node, Texts texts) {
        std::vector<ObjectItem> items;
        items.reserve(node.properties.size());
        std::unordered_map<std::string_view, Span> seen;
        for (const Property& property : node.properties) {
            const Node name{Node::Kind::string, property.name_span, false, property.name};
            // Names are templates too, but never code.
            const Expr* key = text(name, texts == Texts::code ? Texts::literal : texts);
            if (key->kind == Expr::Kind::literal_string && !seen.emplace(property.name, property.name_span).second) {
                refuse("Duplicate object attribute",
                       "An attribute named " + quoted(property.name) + " was already defined.", property.name_span);
                continue;
            }
            items.push_back({key, expression(*property.value, texts), key->kind == Expr::Kind::literal_string,
                             Span::join(property.name_span, property.value->span)});
        }
        return arena_.make(
            ObjectExpr{{Expr::Kind::object, node.span}, arena_.copy(std::span<const ObjectItem>(items))});
    }

    Arena& arena_;
    Diagnostics& diagnostics_;
};

}  // namespace

std::unique_ptr<File> read_hcl_json(const Source& source, Diagnostics& diagnostics) {
    auto file = std::make_unique<File>();
    file->source = &source;
    file->json = true;
    const std::size_t before = diagnostics.size();
    const Node* root = JsonReader(source, file->arena, diagnostics).read();
    TreeMaker maker(file->arena, diagnostics);
    file->body = root ? maker.file(*root) : maker.empty({source.id(), 0, 0});
    file->broken = diagnostics.size() > before;
    return file;
}

}  // namespace plumbline::hcl
