#include <optional>

#include "parsers/terraform/module.h"

// `import` blocks: which id an instance has before it is ever planned.
namespace plumbline::terraform {
namespace {

using hcl::Expr;
using Kind = Expr::Kind;

/// The address that an import block's `to` names, keys evaluated; nullopt when it is none or not known.
std::optional<std::string> target_address(const Expr& expr, Evaluator& evaluator) {
    if (expr.kind == Kind::variable) return std::string(static_cast<const hcl::VariableExpr&>(expr).name);
    if (expr.kind == Kind::get_attr) {
        const auto& get = static_cast<const hcl::GetAttrExpr&>(expr);
        auto object = target_address(*get.object, evaluator);
        if (object) *object += "." + std::string(get.name);
        return object;
    }
    if (expr.kind != Kind::index) return std::nullopt;
    const auto& index = static_cast<const hcl::IndexExpr&>(expr);
    auto object = target_address(*index.object, evaluator);
    const Value key = evaluator.evaluate(*index.key);
    if (!object || !(key.is_string() || key.is_number())) return std::nullopt;
    return *object + key_text(key);
}

const Expr* argument(const hcl::Block& block, std::string_view name) {
    for (const hcl::Attribute& item : block.body->attributes) {
        if (item.name == name) return item.value;
    }
    return nullptr;
}

/// One instance of an import block.
void add_import(const Expr& to, const Expr& id, bool strict, Evaluator& evaluator,
                std::map<std::string, Value>& imports) {
    const Value value = evaluator.evaluate(id);
    if (value.is_unknown() && strict) {
        evaluator.fault("Invalid import id argument",
                        "The import block \"id\" argument depends on resource attributes that cannot be determined "
                        "until apply, so Terraform cannot plan to import this resource.",
                        id.span);
    }
    if (const auto address = target_address(to, evaluator); address && value.is_string())
        imports.insert_or_assign(*address, value);
}

}  // namespace

std::map<std::string, Value> read_imports(Module& root) {
    std::map<std::string, Value> imports;
    const bool strict = root.program().options.strict;
    Evaluator evaluator = root.evaluator();
    for (const hcl::Block* block : root.config().moves) {
        if (block->type != "import") continue;
        const Expr* to = argument(*block, "to");
        const Expr* id = argument(*block, "id");
        if (!to || !id) continue;
        const Expr* for_each = argument(*block, "for_each");
        if (!for_each) {
            add_import(*to, *id, strict, evaluator, imports);
            continue;
        }
        const auto add = [&](const Value& key, const Value& value) {
            evaluator.bind("each", Value::object({{"key", key, {}}, {"value", value, {}}}));
            add_import(*to, *id, strict, evaluator, imports);
            evaluator.unbind();
        };
        const Value collection = evaluator.evaluate(*for_each);
        for (const Value& item : collection.elements()) add(item, item);
        for (const Member& member : collection.members()) add(Value::string(member.name), member.value);
    }
    return imports;
}

}  // namespace plumbline::terraform
