#include "parsers/terraform/module.h"
#include "scanner/model/text.h"

// What names mean inside of a module.
namespace plumbline::terraform {
namespace {

const hcl::GetAttrExpr* attribute_step(std::span<const hcl::Expr* const> steps, std::size_t at) {
    return at < steps.size() && steps[at]->kind == hcl::Expr::Kind::get_attr
               ? static_cast<const hcl::GetAttrExpr*>(steps[at])
               : nullptr;
}

}  // namespace

Value Module::reference(const hcl::VariableExpr& root, Steps steps, std::size_t& used, Evaluator& evaluator) {
    const std::string_view name = root.name;
    // What is not declared was reported when the module was loaded (static_checks.h).
    const auto missing = [&] {
        used = steps.size();
        return Value::unknown({}, make_cause("what it refers to is not declared", root.span));
    };
    const hcl::GetAttrExpr* first = attribute_step(steps, 0);
    // `each`, `count` and `self` are bound where they exist.
    if (!first || name == "each" || name == "count" || name == "self") return missing();
    const Span whole = Span::join(root.span, first->span);
    const std::string key(first->name);
    used = 1;
    if (name == "var") return config_.variables.contains(key) ? variable(key) : missing();
    if (name == "local") return config_.locals.contains(key) ? local(key, whole) : missing();
    if (name == "module") {
        const auto found = config_.call_index.find(key);
        return found == config_.call_index.end() ? missing() : module_value(found->second, steps, used, evaluator);
    }
    if (name == "path") {
        const Value value = path_value(key);
        return value.is_null() ? missing() : value;
    }
    if (name == "terraform" || name == "tofu") {
        if (key == "workspace") return Value::string(program_.options.inputs.workspace);
        if (key == "applying") return Value::boolean(false).with_marks(Value::ephemeral);
        return missing();
    }
    std::string resource = std::string(name) + "." + key;
    if (name == "data" || name == "ephemeral" || name == "resource") {
        const hcl::GetAttrExpr* second = attribute_step(steps, 1);
        if (!second) return missing();
        resource = (name == "resource" ? key : resource) + "." + std::string(second->name);
        used = 2;
    }
    const auto found = config_.resource_index.find(resource);
    if (found != config_.resource_index.end()) return resource_value(found->second, steps, used, evaluator);
    // Its type and attribute are named all the same: rules may ask what a key or a bucket is.
    const hcl::GetAttrExpr* attribute = attribute_step(steps, used);
    return missing().traced(
        make_reference_trace(whole, prefixed(resource), attribute ? std::string(attribute->name) : std::string()));
}

bool Module::requires_provider(std::string_view name) const {
    for (const hcl::Block* settings : config_.settings) {
        for (const hcl::Block& block : settings->body->blocks) {
            if (block.type != "required_providers") continue;
            for (const hcl::Attribute& item : block.body->attributes) {
                if (item.name == name) return true;
            }
        }
    }
    return false;
}

/// `path.NAME`; null when there is none of that name.
Value Module::path_value(std::string_view name) const {
    if (name == "module") return Value::string(path_from_root());
    if (name == "root") return Value::string(".");
    if (name == "cwd") return Value::string(program_.options.working_directory);
    return {};
}

/// The way from the root module's folder to this one's: `.`, `modules/a`, `../shared`.
std::string Module::path_from_root() const {
    const std::string& root = program_.folder;
    const std::string& path = config_.folder;
    if (path == root) return ".";
    if (root.empty()) return path;
    if (path.starts_with(root + "/")) return path.substr(root.size() + 1);
    const std::vector<std::string_view> from = split(root, '/'), to = split(path, '/');
    std::size_t common = 0;
    while (common < from.size() && common < to.size() && from[common] == to[common]) ++common;
    std::string way;
    for (std::size_t i = common; i < from.size(); ++i) way += way.empty() ? ".." : "/..";
    for (std::size_t i = common; i < to.size(); ++i) way += (way.empty() ? "" : "/") + std::string(to[i]);
    return way;
}

}  // namespace plumbline::terraform
