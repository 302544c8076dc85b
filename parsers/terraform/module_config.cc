#include "parsers/terraform/module_config.h"

#include <algorithm>
#include <array>

#include "parsers/terraform/evaluate.h"
#include "parsers/terraform/function_table.h"
#include "parsers/terraform/static_checks.h"
#include "scanner/model/file_system.h"
#include "scanner/model/text.h"

namespace plumbline::terraform {
namespace {

using hcl::Expr;
using Kind = Expr::Kind;

const hcl::Attribute* attribute(const hcl::Body& body, std::string_view name) {
    for (const hcl::Attribute& item : body.attributes) {
        if (item.name == name) return &item;
    }
    return nullptr;
}

bool literal_true(const hcl::Body& body, std::string_view name, bool otherwise) {
    const hcl::Attribute* item = attribute(body, name);
    if (!item) return otherwise;
    if (item->value->kind == Kind::literal_bool) return static_cast<const hcl::BoolExpr*>(item->value)->value;
    if (item->value->kind == Kind::literal_string)
        return static_cast<const hcl::StringExpr*>(item->value)->value == "true";
    return otherwise;
}

std::optional<TypeConstraint> read_type(const Expr& expr, Diagnostics& diagnostics, bool legacy, int depth);

std::optional<TypeConstraint> object_type(const Expr& expr, Diagnostics& diagnostics, int depth) {
    if (expr.kind != Kind::object) {
        diagnostics.error(
            "terraform-type", "Invalid type specification",
            "Object type constructor requires one argument specifying the attribute types and values as a map.",
            expr.span);
        return std::nullopt;
    }
    TypeConstraint made;
    std::vector<ObjectAttribute> attributes;
    for (const hcl::ObjectItem& item : static_cast<const hcl::ObjectExpr&>(expr).items) {
        if (item.key->kind != Kind::literal_string) {
            diagnostics.error("terraform-type", "Invalid type specification",
                              "Object constructor map keys must be attribute names.", item.key->span);
            return std::nullopt;
        }
        ObjectAttribute made_attribute;
        made_attribute.name = std::string(static_cast<const hcl::StringExpr*>(item.key)->value);
        const Expr* type = item.value;
        if (type->kind == Kind::call && static_cast<const hcl::CallExpr*>(type)->name == "optional") {
            const auto& call = *static_cast<const hcl::CallExpr*>(type);
            if (call.arguments.empty() || call.arguments.size() > 2) {
                diagnostics.error("terraform-type", "Invalid type specification",
                                  "Optional attribute modifier requires the attribute type as its argument.",
                                  call.span);
                return std::nullopt;
            }
            made_attribute.optional = true;
            type = call.arguments[0];
            const auto inner = read_type(*type, diagnostics, false, depth + 1);
            if (!inner) return std::nullopt;
            made_attribute.type = inner->type;
            if (!inner->defaults.empty()) made.defaults.children[made_attribute.name] = inner->defaults;
            if (call.arguments.size() == 2) {
                Budget budget;
                Value value = evaluate_literal(*call.arguments[1], diagnostics, budget);
                if (!inner->defaults.empty()) value = inner->defaults.apply(value);
                Result converted = convert(value, inner->type);
                if (!converted.ok()) {
                    diagnostics.error("terraform-type", "Invalid default value for optional attribute",
                                      "This default value is not compatible with the attribute's type constraint: " +
                                          converted.failure().message + ".",
                                      call.arguments[1]->span);
                    return std::nullopt;
                }
                made.defaults.values[made_attribute.name] = converted.value();
            }
        } else {
            const auto inner = read_type(*type, diagnostics, false, depth + 1);
            if (!inner) return std::nullopt;
            made_attribute.type = inner->type;
            if (!inner->defaults.empty()) made.defaults.children[made_attribute.name] = inner->defaults;
        }
        attributes.push_back(std::move(made_attribute));
    }
    made.type = Type::object(std::move(attributes));
    return made;
}

std::optional<TypeConstraint> read_type(const Expr& expr, Diagnostics& diagnostics, bool legacy, int depth) {
    const auto refuse = [&](std::string detail) -> std::optional<TypeConstraint> {
        diagnostics.error("terraform-type", "Invalid type specification", std::move(detail), expr.span);
        return std::nullopt;
    };
    if (depth > 100) return refuse("Types may be nested 100 levels deep.");
    if (expr.kind == Kind::literal_string && legacy) {
        const std::string_view word = static_cast<const hcl::StringExpr&>(expr).value;
        if (word == "string" || word == "list" || word == "map") {
            diagnostics.error("terraform-legacy", "Invalid quoted type constraints",
                              "Terraform 0.11 and earlier required type constraints to be given in quotes. Remove the "
                              "quotes around \"" +
                                  std::string(word) + "\".",
                              expr.span);
            // What is meant is clear all the same.
            if (word == "string") return TypeConstraint{Type::string(), {}};
            return TypeConstraint{word == "list" ? Type::list(Type::dynamic()) : Type::map(Type::dynamic()), {}};
        }
        diagnostics.error(
            "terraform-type", "Invalid legacy variable type hint",
            "To provide a full type expression, remove the surrounding quotes and give the type expression directly.",
            expr.span);
        return std::nullopt;
    }
    if (expr.kind == Kind::variable) {
        const std::string_view word = static_cast<const hcl::VariableExpr&>(expr).name;
        if (word == "string") return TypeConstraint{Type::string(), {}};
        if (word == "number") return TypeConstraint{Type::number(), {}};
        if (word == "bool") return TypeConstraint{Type::boolean(), {}};
        if (word == "any") return TypeConstraint{Type::dynamic(), {}};
        // The bare words of 0.12's upgrade path mean a collection of anything.
        if (word == "list")
            return legacy ? std::optional(TypeConstraint{Type::list(Type::dynamic()), {}})
                          : refuse("The list type constructor requires one argument specifying the element type.");
        if (word == "map")
            return legacy ? std::optional(TypeConstraint{Type::map(Type::dynamic()), {}})
                          : refuse("The map type constructor requires one argument specifying the element type.");
        if (word == "set") return refuse("The set type constructor requires one argument specifying the element type.");
        if (word == "object")
            return refuse(
                "The object type constructor requires one argument specifying the attribute types and values as a "
                "map.");
        if (word == "tuple")
            return refuse("The tuple type constructor requires one argument specifying the element types as a list.");
        return refuse("The keyword \"" + std::string(word) + "\" is not a valid type specification.");
    }
    if (expr.kind != Kind::call)
        return refuse(
            "A type specification is either a primitive type keyword (bool, number, string) or a complex type "
            "constructor call, like list(string).");
    const auto& call = static_cast<const hcl::CallExpr&>(expr);
    if (call.name == "optional") return refuse("Optional attribute modifier is only for attributes of object types.");
    if (call.arguments.size() != 1)
        return refuse("The " + std::string(call.name) + " type constructor requires one argument.");
    if (call.name == "object") return object_type(*call.arguments[0], diagnostics, depth);
    if (call.name == "tuple") {
        if (call.arguments[0]->kind != Kind::tuple)
            return refuse("Tuple type constructor requires one argument specifying the element types as a list.");
        TypeConstraint made;
        std::vector<Type> elements;
        for (const Expr* item : static_cast<const hcl::TupleExpr*>(call.arguments[0])->items) {
            const auto inner = read_type(*item, diagnostics, false, depth + 1);
            if (!inner) return std::nullopt;
            if (!inner->defaults.empty()) made.defaults.children[std::to_string(elements.size())] = inner->defaults;
            elements.push_back(inner->type);
        }
        made.type = Type::tuple(std::move(elements));
        return made;
    }
    const auto inner = read_type(*call.arguments[0], diagnostics, false, depth + 1);
    if (!inner) return std::nullopt;
    TypeConstraint made;
    if (!inner->defaults.empty()) made.defaults.children[""] = inner->defaults;
    if (call.name == "list")
        made.type = Type::list(inner->type);
    else if (call.name == "set")
        made.type = Type::set(inner->type);
    else if (call.name == "map")
        made.type = Type::map(inner->type);
    else
        return refuse("Keyword \"" + std::string(call.name) + "\" is not a valid type constructor.");
    return made;
}

struct BlockShape {
    std::string_view type;
    std::size_t labels;
};
constexpr std::array<BlockShape, 13> top_level = {{{"resource", 2},
                                                   {"data", 2},
                                                   {"ephemeral", 2},
                                                   {"module", 1},
                                                   {"variable", 1},
                                                   {"output", 1},
                                                   {"locals", 0},
                                                   {"provider", 1},
                                                   {"terraform", 0},
                                                   {"moved", 0},
                                                   {"import", 0},
                                                   {"removed", 0},
                                                   {"check", 1}}};

class Loader {
  public:
    explicit Loader(ModuleConfig& config) : config_(config) {}

    void load() {
        for (const bool overrides : {false, true}) {
            for (const hcl::File* file : config_.files) {
                if (is_override_file(file_name(file->source->path())) != overrides) continue;
                for (const hcl::Attribute& item : file->body->attributes) {
                    config_.diagnostics.error(
                        "terraform-config", "Unsupported argument",
                        "An argument named \"" + std::string(item.name) + "\" is not expected here.", item.name_span);
                }
                for (const hcl::Block& block : file->body->blocks) read(block, overrides);
            }
        }
    }

  private:
    void read(const hcl::Block& block, bool overrides) {
        const auto* shape =
            std::find_if(top_level.begin(), top_level.end(), [&](const BlockShape& s) { return s.type == block.type; });
        if (shape == top_level.end()) {
            std::array<std::string_view, top_level.size()> names;
            std::transform(top_level.begin(), top_level.end(), names.begin(),
                           [](const BlockShape& s) { return s.type; });
            config_.diagnostics.error("terraform-config", "Unsupported block type",
                                      "Blocks of type \"" + std::string(block.type) + "\" are not expected here." +
                                          suggestion(block.type, names),
                                      block.type_span);
            return;
        }
        if (block.labels.size() < shape->labels) {
            config_.diagnostics.error(
                "terraform-config", "Missing name for " + std::string(block.type),
                "All " + std::string(block.type) + " blocks must have " + std::to_string(shape->labels) + " label(s).",
                block.header);
            return;
        }
        if (block.labels.size() > shape->labels) {
            config_.diagnostics.error(
                "terraform-config", "Extraneous label for " + std::string(block.type),
                "A " + std::string(block.type) + " block takes " + std::to_string(shape->labels) + " label(s).",
                block.labels[shape->labels].span);
            return;
        }
        if (block.type == "resource")
            resource(block, ResourceConfig::Mode::managed, overrides);
        else if (block.type == "data")
            resource(block, ResourceConfig::Mode::data, overrides);
        else if (block.type == "ephemeral")
            resource(block, ResourceConfig::Mode::ephemeral, overrides);
        else if (block.type == "module")
            call(block, overrides);
        else if (block.type == "variable")
            variable(block, overrides);
        else if (block.type == "output")
            output(block, overrides);
        else if (block.type == "locals")
            locals(block, overrides);
        else if (block.type == "provider")
            provider(block, overrides);
        else if (block.type == "terraform")
            config_.settings.push_back(&block);
        else if (block.type == "check")
            check(block, overrides);
        else
            config_.moves.push_back(&block);
    }

    /// A check's data source is one of the module like any other, but that its faults are warnings.
    void check(const hcl::Block& block, bool overrides) {
        config_.checks.push_back(&block);
        for (const hcl::Block& inner : block.body->blocks) {
            if (inner.type == "data" && inner.labels.size() == 2)
                resource(inner, ResourceConfig::Mode::data, overrides);
        }
    }

    bool valid_name(const hcl::Label& label) {
        if (hcl::is_identifier(label.text)) return true;
        config_.diagnostics.error("terraform-config", "Invalid name",
                                  "A name must start with a letter or underscore and may contain only letters, digits, "
                                  "underscores, and dashes.",
                                  label.span);
        return false;
    }

    void duplicate(std::string summary, std::string detail, const hcl::Block& block) {
        config_.diagnostics.error("terraform-config", std::move(summary), std::move(detail), block.header);
    }

    /// An override's arguments replace those of the same name, its blocks all blocks of the same type.
    const hcl::Body* merged(const hcl::Body& base, const hcl::Body& over) {
        std::vector<hcl::Attribute> attributes(base.attributes.begin(), base.attributes.end());
        for (const hcl::Attribute& item : over.attributes) {
            std::erase_if(attributes, [&](const hcl::Attribute& have) { return have.name == item.name; });
            attributes.push_back(item);
        }
        std::vector<hcl::Block> blocks(base.blocks.begin(), base.blocks.end());
        for (const hcl::Block& item : over.blocks) {
            std::erase_if(blocks, [&](const hcl::Block& have) { return have.type == item.type; });
        }
        blocks.insert(blocks.end(), over.blocks.begin(), over.blocks.end());
        return config_.arena.make(hcl::Body{config_.arena.copy(std::span<const hcl::Attribute>(attributes)),
                                            config_.arena.copy(std::span<const hcl::Block>(blocks)), base.span,
                                            base.end});
    }

    static void read_meta(ResourceConfig& made) {
        const hcl::Attribute* count = attribute(*made.body, "count");
        const hcl::Attribute* for_each = attribute(*made.body, "for_each");
        made.count = count ? count->value : nullptr;
        made.for_each = for_each ? for_each->value : nullptr;
    }

    void resource(const hcl::Block& block, ResourceConfig::Mode mode, bool overrides) {
        if (!valid_name(block.labels[0]) || !valid_name(block.labels[1])) return;
        ResourceConfig made;
        made.mode = mode;
        made.type = std::string(block.labels[0].text);
        made.name = std::string(block.labels[1].text);
        made.block = &block;
        made.body = block.body;
        const auto found = config_.resource_index.find(made.key());
        if (found != config_.resource_index.end()) {
            ResourceConfig& have = config_.resources[found->second];
            if (!overrides) {
                duplicate("Duplicate " + std::string(block.type) + " \"" + made.type + "\" configuration",
                          "A " + made.type + " resource named \"" + made.name +
                              "\" was already declared. Resource names must be unique per type in each module.",
                          block);
                return;
            }
            have.body = merged(*have.body, *block.body);
            read_meta(have);
            return;
        }
        if (overrides) {
            duplicate(
                "Missing " + std::string(block.type) + " to override",
                "There is no " + made.type + " resource named \"" + made.name +
                    "\". An override file can only override a resource block defined in a primary configuration file.",
                block);
            return;
        }
        read_meta(made);
        if (made.count && made.for_each) {
            config_.diagnostics.error("terraform-config", "Invalid combination of \"count\" and \"for_each\"",
                                      "The \"count\" and \"for_each\" meta-arguments are mutually-exclusive, only one "
                                      "should be used to be explicit about the number of resources to be created.",
                                      attribute(*made.body, "for_each")->name_span);
        }
        config_.resource_index[made.key()] = config_.resources.size();
        config_.resources.push_back(std::move(made));
    }

    void call(const hcl::Block& block, bool overrides) {
        if (!valid_name(block.labels[0])) return;
        const std::string name(block.labels[0].text);
        const auto found = config_.call_index.find(name);
        if (found != config_.call_index.end() && !overrides) {
            duplicate("Duplicate module call",
                      "A module call named \"" + name +
                          "\" was already defined. Module calls must have unique names within a module.",
                      block);
            return;
        }
        if (found == config_.call_index.end() && overrides) {
            duplicate("Missing module call to override", "There is no module call named \"" + name + "\".", block);
            return;
        }
        ModuleCallConfig made;
        if (found != config_.call_index.end()) made = config_.calls[found->second];
        made.name = name;
        if (!made.block) made.block = &block;
        made.body = made.body ? merged(*made.body, *block.body) : block.body;
        const auto value = [&](std::string_view key) -> const Expr* {
            const hcl::Attribute* item = attribute(*made.body, key);
            return item ? item->value : nullptr;
        };
        made.source = value("source");
        made.count = value("count");
        made.for_each = value("for_each");
        if (!made.source) {
            config_.diagnostics.error("terraform-config", "Missing required argument",
                                      "The argument \"source\" is required, but no definition was found.",
                                      block.header);
        } else if (made.source->kind == Kind::literal_string) {
            made.source_text = std::string(static_cast<const hcl::StringExpr*>(made.source)->value);
        }
        if (found != config_.call_index.end()) {
            config_.calls[found->second] = std::move(made);
        } else {
            config_.call_index[name] = config_.calls.size();
            config_.calls.push_back(std::move(made));
        }
    }

    void variable(const hcl::Block& block, bool overrides) {
        static constexpr std::array<std::string_view, 8> reserved = {"source",   "version",   "providers",  "count",
                                                                     "for_each", "lifecycle", "depends_on", "locals"};
        static constexpr std::array<std::string_view, 8> known = {
            "type", "default", "description", "nullable", "sensitive", "ephemeral", "validation", "deprecated"};
        if (!valid_name(block.labels[0])) return;
        const std::string name(block.labels[0].text);
        if (std::find(reserved.begin(), reserved.end(), name) != reserved.end()) {
            config_.diagnostics.error(
                "terraform-config", "Invalid variable name",
                "The variable name \"" + name + "\" is reserved due to its special meaning inside module blocks.",
                block.labels[0].span);
            return;
        }
        const bool have = config_.variables.contains(name);
        if (have && !overrides) {
            duplicate("Duplicate variable declaration",
                      "A variable named \"" + name +
                          "\" was already declared. Variable names must be unique within a module.",
                      block);
            return;
        }
        if (!have && overrides) {
            duplicate("Missing base variable declaration to override", "There is no variable named \"" + name + "\".",
                      block);
            return;
        }
        VariableConfig& made = config_.variables[name];
        if (!made.block) made.block = &block;
        for (const hcl::Attribute& item : block.body->attributes) {
            if (std::find(known.begin(), known.end(), item.name) == known.end() || item.name == "validation") {
                config_.diagnostics.error("terraform-config", "Unsupported argument",
                                          "An argument named \"" + std::string(item.name) + "\" is not expected here." +
                                              suggestion(item.name, known),
                                          item.name_span);
            }
        }
        for (const hcl::Block& inner : block.body->blocks) {
            if (inner.type != "validation")
                config_.diagnostics.error("terraform-config", "Unsupported block type",
                                          "Blocks of type \"" + std::string(inner.type) + "\" are not expected here.",
                                          inner.type_span);
        }
        if (const hcl::Attribute* type = attribute(*block.body, "type")) {
            if (const auto read = read_type_constraint(*type->value, config_.diagnostics)) {
                made.type = *read;
                made.typed = true;
            }
        }
        if (const hcl::Attribute* value = attribute(*block.body, "default")) made.default_value = value->value;
        made.nullable = literal_true(*block.body, "nullable", made.nullable);
        made.sensitive = literal_true(*block.body, "sensitive", made.sensitive);
        made.ephemeral = literal_true(*block.body, "ephemeral", made.ephemeral);
    }

    void output(const hcl::Block& block, bool overrides) {
        if (!valid_name(block.labels[0])) return;
        const std::string name(block.labels[0].text);
        const bool have = config_.outputs.contains(name);
        if (have && !overrides) {
            duplicate(
                "Duplicate output definition",
                "An output named \"" + name + "\" was already defined. Output names must be unique within a module.",
                block);
            return;
        }
        if (!have && overrides) {
            duplicate("Missing base output definition to override", "There is no output named \"" + name + "\".",
                      block);
            return;
        }
        OutputConfig& made = config_.outputs[name];
        if (!made.block) made.block = &block;
        if (const hcl::Attribute* value = attribute(*block.body, "value")) made.value = value->value;
        made.sensitive = literal_true(*block.body, "sensitive", made.sensitive);
        made.ephemeral = literal_true(*block.body, "ephemeral", made.ephemeral);
        static constexpr std::array<std::string_view, 7> known = {"value",      "description", "sensitive", "ephemeral",
                                                                  "depends_on", "type",        "deprecated"};
        for (const hcl::Attribute& item : block.body->attributes) {
            if (std::find(known.begin(), known.end(), item.name) == known.end()) {
                config_.diagnostics.error("terraform-config", "Unsupported argument",
                                          "An argument named \"" + std::string(item.name) + "\" is not expected here." +
                                              suggestion(item.name, known),
                                          item.name_span);
            }
        }
        if (!made.value)
            config_.diagnostics.error("terraform-config", "Missing required argument",
                                      "The argument \"value\" is required, but no definition was found.", block.header);
    }

    void locals(const hcl::Block& block, bool overrides) {
        for (const hcl::Block& inner : block.body->blocks) {
            config_.diagnostics.error("terraform-config", "Unsupported block type", "Blocks are not allowed here.",
                                      inner.type_span);
        }
        for (const hcl::Attribute& item : block.body->attributes) {
            const bool have = config_.locals.contains(std::string(item.name));
            if (have && !overrides) {
                config_.diagnostics.error(
                    "terraform-config", "Duplicate local value definition",
                    "A local value named \"" + std::string(item.name) +
                        "\" was already defined. Local value names must be unique within a module.",
                    item.name_span);
                continue;
            }
            config_.locals.insert_or_assign(std::string(item.name), item);
        }
    }

    void provider(const hcl::Block& block, bool overrides) {
        ProviderConfig made;
        made.name = std::string(block.labels[0].text);
        made.block = &block;
        if (const hcl::Attribute* alias = attribute(*block.body, "alias");
            alias && alias->value->kind == Kind::literal_string) {
            made.alias = std::string(static_cast<const hcl::StringExpr*>(alias->value)->value);
        }
        const auto same = std::find_if(
            config_.providers.begin(), config_.providers.end(),
            [&](const ProviderConfig& have) { return have.name == made.name && have.alias == made.alias; });
        if (same != config_.providers.end() && !overrides) {
            duplicate("Duplicate provider configuration",
                      "A default (non-aliased) provider configuration for \"" + made.name +
                          "\" was already given. If multiple configurations are required, set the \"alias\" argument "
                          "for alternative configurations.",
                      block);
            return;
        }
        config_.providers.push_back(std::move(made));
    }

    ModuleConfig& config_;
};

}  // namespace

Value Defaults::apply(const Value& value) const {
    if (value.is_null() || value.is_unknown()) return value;
    if (value.is_mapping()) {
        std::vector<Member> members(value.members().begin(), value.members().end());
        const auto every = children.find("");
        for (Member& member : members) {
            const auto child = children.find(member.name);
            if (member.value.is_null()) {
                if (const auto given = values.find(member.name); given != values.end()) member.value = given->second;
            }
            if (child != children.end())
                member.value = child->second.apply(member.value);
            else if (every != children.end() && values.empty())
                member.value = every->second.apply(member.value);
        }
        for (const auto& [name, given] : values) {
            if (!value.find(name)) members.push_back({name, given, {}});
        }
        const Value made = Value::object(std::move(members));
        return made.with_marks(value.marks()).traced(value.trace());
    }
    if (value.is_sequence()) {
        std::vector<Value> items;
        for (std::size_t i = 0; i < value.elements().size(); ++i) {
            auto child = children.find("");
            if (child == children.end()) child = children.find(std::to_string(i));
            items.push_back(child == children.end() ? value.elements()[i] : child->second.apply(value.elements()[i]));
        }
        return Value::tuple(std::move(items)).with_marks(value.marks()).traced(value.trace());
    }
    return value;
}

std::optional<TypeConstraint> read_type_constraint(const Expr& expr, Diagnostics& diagnostics) {
    return read_type(expr, diagnostics, true, 0);
}

std::string ResourceConfig::key() const {
    return (mode == Mode::data ? "data." : mode == Mode::ephemeral ? "ephemeral." : "") + type + "." + name;
}

bool is_override_file(std::string_view name) {
    for (std::string_view ending : {".tf", ".tf.json", ".tofu", ".tofu.json"}) {
        if (!name.ends_with(ending)) continue;
        const std::string_view stem = name.substr(0, name.size() - ending.size());
        if (stem == "override" || stem.ends_with("_override")) return true;
    }
    return false;
}

void load_module(ModuleConfig& config) {
    Loader(config).load();
    check_module(config, config.diagnostics);
}

}  // namespace plumbline::terraform
