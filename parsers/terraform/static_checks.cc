#include "parsers/terraform/static_checks.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "scanner/model/text.h"

namespace plumbline::terraform {
namespace {

using hcl::Expr;
using Kind = Expr::Kind;

constexpr std::string_view reference_fault = "terraform-reference";

const hcl::Attribute* attribute(const hcl::Body& body, std::string_view name) {
    for (const hcl::Attribute& item : body.attributes) {
        if (item.name == name) return &item;
    }
    return nullptr;
}

template <class Map>
std::vector<std::string_view> names_of(const Map& map) {
    std::vector<std::string_view> names;
    for (const auto& [name, unused] : map) names.push_back(name);
    return names;
}

const hcl::GetAttrExpr* attribute_step(const std::vector<const Expr*>& steps, std::size_t at) {
    return at < steps.size() && steps[at]->kind == Kind::get_attr ? static_cast<const hcl::GetAttrExpr*>(steps[at])
                                                                  : nullptr;
}

/// Whether anything outside of the expression can change its value.
bool refers_to_anything(const Expr& expr);

bool any_refers(hcl::List<const Expr*> items) {
    return std::any_of(items.begin(), items.end(), [](const Expr* item) { return refers_to_anything(*item); });
}

bool refers_to_anything(const Expr& expr) {
    switch (expr.kind) {
        case Kind::literal_null:
        case Kind::literal_bool:
        case Kind::literal_number:
        case Kind::literal_string:
            return false;
        case Kind::tuple:
            return any_refers(static_cast<const hcl::TupleExpr&>(expr).items);
        case Kind::call:
            return any_refers(static_cast<const hcl::CallExpr&>(expr).arguments);
        case Kind::paren:
            return refers_to_anything(*static_cast<const hcl::ParenExpr&>(expr).inner);
        case Kind::wrap:
            return refers_to_anything(*static_cast<const hcl::WrapExpr&>(expr).inner);
        case Kind::unary:
            return refers_to_anything(*static_cast<const hcl::UnaryExpr&>(expr).operand);
        case Kind::binary: {
            const auto& binary = static_cast<const hcl::BinaryExpr&>(expr);
            return refers_to_anything(*binary.left) || refers_to_anything(*binary.right);
        }
        default:
            return true;  // everything else has a name in it, or is too rare to follow
    }
}

}  // namespace

void ReferenceChecker::refuse(std::string summary, std::string detail, Span subject) {
    diagnostics_.error(std::string(reference_fault), std::move(summary), std::move(detail), subject);
}

void ReferenceChecker::with_names(std::string_view key, std::string_view value, auto&& inner) {
    const std::size_t before = names_.size();
    if (!key.empty()) names_.push_back(key);
    names_.push_back(value);
    inner();
    names_.resize(before);
}

void ReferenceChecker::check(const Expr& expr, Surroundings around) {
    if (expr.kind != Kind::variable && expr.kind != Kind::get_attr && expr.kind != Kind::index)
        return children(expr, around);
    // A traversal: its root, the steps outwards, and expressions inside of index brackets.
    Steps steps;
    const Expr* at = &expr;
    while (at->kind == Kind::get_attr || at->kind == Kind::index) {
        steps.push_back(at);
        if (at->kind == Kind::index) {
            const auto& index = static_cast<const hcl::IndexExpr&>(*at);
            check(*index.key, around);
            at = index.object;
        } else {
            at = static_cast<const hcl::GetAttrExpr*>(at)->object;
        }
    }
    std::reverse(steps.begin(), steps.end());
    if (at->kind == Kind::variable)
        traversal(static_cast<const hcl::VariableExpr&>(*at), steps, around);
    else
        check(*at, around);
}

void ReferenceChecker::children(const Expr& expr, Surroundings around) {
    const auto all = [&](hcl::List<const Expr*> items) {
        for (const Expr* item : items) check(*item, around);
    };
    switch (expr.kind) {
        case Kind::template_:
            return all(static_cast<const hcl::TemplateExpr&>(expr).parts);
        case Kind::tuple:
            return all(static_cast<const hcl::TupleExpr&>(expr).items);
        case Kind::call:
            return all(static_cast<const hcl::CallExpr&>(expr).arguments);
        case Kind::wrap:
            return check(*static_cast<const hcl::WrapExpr&>(expr).inner, around);
        case Kind::paren:
            return check(*static_cast<const hcl::ParenExpr&>(expr).inner, around);
        case Kind::unary:
            return check(*static_cast<const hcl::UnaryExpr&>(expr).operand, around);
        case Kind::binary:
            check(*static_cast<const hcl::BinaryExpr&>(expr).left, around);
            return check(*static_cast<const hcl::BinaryExpr&>(expr).right, around);
        case Kind::conditional:
            check(*static_cast<const hcl::ConditionalExpr&>(expr).condition, around);
            check(*static_cast<const hcl::ConditionalExpr&>(expr).yes, around);
            return check(*static_cast<const hcl::ConditionalExpr&>(expr).no, around);
        case Kind::splat_attr:
        case Kind::splat_full:
            check(*static_cast<const hcl::SplatExpr&>(expr).object, around);
            return check(*static_cast<const hcl::SplatExpr&>(expr).each, around);
        case Kind::object:
            for (const hcl::ObjectItem& item : static_cast<const hcl::ObjectExpr&>(expr).items) {
                if (!item.bare_key) check(*item.key, around);
                check(*item.value, around);
            }
            return;
        case Kind::for_tuple:
        case Kind::for_object: {
            const auto& loop = static_cast<const hcl::ForExpr&>(expr);
            check(*loop.collection, around);
            return with_names(loop.key_name, loop.value_name, [&] {
                if (loop.key) check(*loop.key, around);
                check(*loop.value, around);
                if (loop.condition) check(*loop.condition, around);
            });
        }
        case Kind::template_for: {
            const auto& loop = static_cast<const hcl::TemplateForExpr&>(expr);
            check(*loop.collection, around);
            return with_names(loop.key_name, loop.value_name, [&] { check(*loop.body, around); });
        }
        case Kind::template_if: {
            const auto& branch = static_cast<const hcl::TemplateIfExpr&>(expr);
            check(*branch.condition, around);
            check(*branch.yes, around);
            if (branch.no) check(*branch.no, around);
            return;
        }
        default:
            return;
    }
}

void ReferenceChecker::traversal(const hcl::VariableExpr& root, const Steps& steps, Surroundings around) {
    const std::string_view name = root.name;
    if (std::find(names_.begin(), names_.end(), name) != names_.end()) return;
    const hcl::GetAttrExpr* first = attribute_step(steps, 0);
    const Span whole = first ? first->span : root.span;
    const std::string key = first ? std::string(first->name) : std::string();
    static constexpr std::array<std::string_view, 9> objects = {"var",  "local", "module", "path", "terraform",
                                                                "tofu", "each",  "count",  "self"};
    if (std::find(objects.begin(), objects.end(), name) == objects.end()) return resource(root, steps);
    if (!first && name != "self") {
        return refuse(
            "Invalid reference",
            "The " + quoted(name) + " object cannot be accessed directly. Instead, access one of its attributes.",
            root.span);
    }
    if (name == "var" && !config_.variables.contains(key)) {
        refuse("Reference to undeclared input variable",
               "An input variable with the name " + quoted(key) + " has not been declared." +
                   suggestion(key, names_of(config_.variables)),
               whole);
    } else if (name == "local" && !config_.locals.contains(key)) {
        refuse("Reference to undeclared local value",
               "A local value with the name " + quoted(key) + " has not been declared." +
                   suggestion(key, names_of(config_.locals)),
               whole);
    } else if (name == "module") {
        const auto call = config_.call_index.find(key);
        if (call == config_.call_index.end()) {
            return refuse("Reference to undeclared module",
                          "No module call named " + quoted(key) + " is declared in this module." +
                              suggestion(key, names_of(config_.call_index)),
                          whole);
        }
        const ModuleCallConfig& config = config_.calls[call->second];
        instance_key("module." + key, config.count, config.for_each, steps, 1, whole);
    } else if (name == "path" && key != "module" && key != "root" && key != "cwd") {
        refuse("Invalid \"path\" attribute",
               "The \"path\" object does not have an attribute named " + quoted(key) + ".", first->name_span);
    } else if ((name == "terraform" || name == "tofu") && key != "workspace" && key != "applying") {
        refuse("Invalid \"terraform\" attribute",
               "The \"terraform\" object does not have an attribute named " + quoted(key) + ".", first->name_span);
    } else if (name == "each" && !around.each) {
        refuse("Reference to \"each\" in context without for_each",
               "The \"each\" object can be used only in \"module\" or \"resource\" blocks, and only when the "
               "\"for_each\" argument is set.",
               whole);
    } else if (name == "each" && key != "key" && key != "value") {
        refuse("Invalid \"each\" attribute",
               "The \"each\" object does not have an attribute named " + quoted(key) + ".", first->name_span);
    } else if (name == "count" && !around.count) {
        refuse("Reference to \"count\" in non-counted context",
               "The \"count\" object can be used only in \"module\", \"resource\", and \"data\" blocks, and only when "
               "the \"count\" argument is set.",
               whole);
    } else if (name == "count" && key != "index") {
        refuse("Invalid \"count\" attribute",
               "The \"count\" object does not have an attribute named " + quoted(key) + ".", first->name_span);
    } else if (name == "self" && !around.self) {
        refuse("Invalid \"self\" reference",
               "The \"self\" object is available only in postconditions, provisioners and connections.", root.span);
    }
}

void ReferenceChecker::resource(const hcl::VariableExpr& root, const Steps& steps) {
    std::string prefix;
    std::size_t at = 0;
    std::string type(root.name);
    if (root.name == "data" || root.name == "ephemeral" || root.name == "resource") {
        const hcl::GetAttrExpr* typed = attribute_step(steps, 0);
        if (!typed || !attribute_step(steps, 1)) {
            return refuse("Invalid reference",
                          "The " + quoted(root.name) +
                              " object must be followed by two attribute names: the type and the resource name.",
                          root.span);
        }
        if (root.name != "resource") prefix = std::string(root.name) + ".";
        type = std::string(typed->name);
        at = 1;
    }
    const hcl::GetAttrExpr* named = attribute_step(steps, at);
    if (!named) {
        return refuse("Invalid reference",
                      "A reference to a resource type must be followed by at least one attribute access, specifying "
                      "the resource name.",
                      root.span);
    }
    const std::string key = prefix + type + "." + std::string(named->name);
    const auto found = config_.resource_index.find(key);
    if (found == config_.resource_index.end()) {
        return refuse("Reference to undeclared resource",
                      "A resource " + quoted(key) + " has not been declared in this module." +
                          suggestion(key, names_of(config_.resource_index)),
                      named->span);
    }
    const ResourceConfig& config = config_.resources[found->second];
    instance_key(key, config.count, config.for_each, steps, at + 1, named->span);
}

/// `a.b` with count needs a key before its attributes, without count it has none.
void ReferenceChecker::instance_key(const std::string& what, bool count, bool for_each, const Steps& steps,
                                    std::size_t after, Span whole) {
    if (after >= steps.size()) return;
    if ((count || for_each) && steps[after]->kind == Kind::get_attr) {
        refuse(
            "Missing resource instance key",
            "Because " + what + " has " + (count ? "\"count\"" : "\"for_each\"") +
                " set, its attributes must be accessed on specific instances. For example, to correlate with indices "
                "of a referring resource, use " +
                what + (count ? "[count.index]." : "[each.key]."),
            whole);
    } else if (!count && !for_each && steps[after]->kind == Kind::index) {
        const Expr* key = static_cast<const hcl::IndexExpr*>(steps[after])->key;
        if (key->kind != Kind::literal_number && key->kind != Kind::literal_string) return;
        refuse("Unexpected resource instance key",
               "Because " + what +
                   " does not have \"count\" or \"for_each\" set, references to it must not include an index key. "
                   "Remove the bracketed index to refer to the single instance of this resource.",
               static_cast<const hcl::IndexExpr*>(steps[after])->bracket);
    }
}

void ReferenceChecker::check_dynamic(const hcl::Block& block, Surroundings around) {
    std::string_view iterator = block.labels[0].text;
    for (const hcl::Attribute& item : block.body->attributes) {
        if (item.name == "iterator") {
            if (item.value->kind == Kind::variable) iterator = static_cast<const hcl::VariableExpr*>(item.value)->name;
        } else if (item.name == "for_each") {
            check(*item.value, around);
        }
    }
    const std::size_t before = names_.size();
    names_.push_back(iterator);
    if (const hcl::Attribute* labels = attribute(*block.body, "labels")) check(*labels->value, around);
    for (const hcl::Block& inner : block.body->blocks) check_body(*inner.body, around);
    names_.resize(before);
}

void ReferenceChecker::check_body(const hcl::Body& body, Surroundings around) {
    for (const hcl::Attribute& item : body.attributes) check(*item.value, around);
    for (const hcl::Block& block : body.blocks) {
        if (block.type == "dynamic" && block.labels.size() == 1)
            check_dynamic(block, around);
        else
            check_body(*block.body, around);
    }
}

const hcl::VariableExpr* static_reference(const Expr& expr) {
    const Expr* at = &expr;
    while (true) {
        if (at->kind == Kind::variable) return static_cast<const hcl::VariableExpr*>(at);
        if (at->kind == Kind::get_attr) {
            at = static_cast<const hcl::GetAttrExpr*>(at)->object;
        } else if (at->kind == Kind::index) {
            const auto& index = static_cast<const hcl::IndexExpr&>(*at);
            if (index.key->kind != Kind::literal_number && index.key->kind != Kind::literal_string) return nullptr;
            at = index.object;
        } else {
            return nullptr;
        }
    }
}

namespace {

/// The rules about the blocks of one module.
class ModuleChecker {
  public:
    ModuleChecker(const ModuleConfig& config, Diagnostics& diagnostics)
        : config_(config), diagnostics_(diagnostics), references_(config, diagnostics) {}

    void check() {
        for (const ResourceConfig& resource : config_.resources) check_resource(resource);
        for (const ModuleCallConfig& call : config_.calls) check_call(call);
        for (const auto& [name, item] : config_.locals) references_.check(*item.value, {});
        for (const auto& [name, output] : config_.outputs) check_output(output);
        for (const auto& [name, variable] : config_.variables) check_variable(variable);
        for (const ProviderConfig& provider : config_.providers) {
            Surroundings around;
            around.each = attribute(*provider.block->body, "for_each") != nullptr;  // OpenTofu
            references_.check_body(*provider.block->body, around);
        }
        for (const hcl::Block* block : config_.checks) check_check(*block);
        for (const hcl::Block* block : config_.moves) check_move(*block);
    }

  private:
    void refuse(std::string summary, std::string detail, Span subject) {
        diagnostics_.error("terraform-config", std::move(summary), std::move(detail), subject);
    }

    void check_depends_on(const hcl::Attribute& item) {
        if (item.value->kind != Kind::tuple) return;
        for (const Expr* entry : static_cast<const hcl::TupleExpr*>(item.value)->items) {
            // Old versions had the references in quotes.
            if (entry->kind == Kind::literal_string) continue;
            if (!static_reference(*entry)) {
                refuse("Invalid expression",
                       "A single static variable reference is required: only attribute access and indexing with "
                       "constant keys. No calculations, function calls, template expressions, etc are allowed here.",
                       entry->span);
            } else {
                references_.check(*entry, {true, true, false});
            }
        }
    }

    /// precondition, postcondition, assert: a condition that something can change, and a message.
    void check_condition(const hcl::Block& block, Surroundings around) {
        const hcl::Attribute* condition = attribute(*block.body, "condition");
        for (const char* name : {"condition", "error_message"}) {
            const hcl::Attribute* item = attribute(*block.body, name);
            if (item)
                references_.check(*item->value, around);
            else
                refuse("Missing required argument",
                       "The argument \"" + std::string(name) + "\" is required, but no definition was found.",
                       block.header);
        }
        if (condition && !refers_to_anything(*condition->value)) {
            refuse("Invalid " + std::string(block.type) + " expression",
                   "The condition expression must refer to at least one object from elsewhere in the configuration, or "
                   "the result would not be checking anything.",
                   condition->value->span);
        }
    }

    void check_lifecycle(const hcl::Block& block, Surroundings around) {
        for (const hcl::Attribute& item : block.body->attributes) {
            if (item.name == "prevent_destroy" || item.name == "create_before_destroy") {
                if (refers_to_anything(*item.value))
                    refuse("Variables not allowed", "Variables may not be used here.", item.value->span);
            } else if (item.name == "replace_triggered_by") {
                references_.check(*item.value, around);
            }
        }
        for (const hcl::Block& inner : block.body->blocks) {
            Surroundings there = around;
            there.self = inner.type == "postcondition";
            check_condition(inner, there);
        }
    }

    void check_resource(const ResourceConfig& resource) {
        const Surroundings around{resource.for_each && !resource.count, resource.count != nullptr, false};
        for (const hcl::Attribute& item : resource.body->attributes) {
            if (item.name == "depends_on")
                check_depends_on(item);
            else if (item.name == "count" || item.name == "for_each")
                references_.check(*item.value, {});
            else if (item.name != "provider")
                references_.check(*item.value, around);
        }
        for (const hcl::Block& block : resource.body->blocks) {
            if (block.type == "lifecycle") {
                check_lifecycle(block, around);
            } else if (block.type == "connection" || block.type == "provisioner") {
                references_.check_body(*block.body, {around.each, around.count, true});
            } else {
                const hcl::Body body{{}, {&block, 1}, block.span, block.span};
                references_.check_body(body, around);
            }
        }
        if (resource.mode == ResourceConfig::Mode::managed && resource.type.starts_with("terraform_"))
            check_terraform_data(resource);
    }

    /// The one resource whose schema is known for sure: it is built into Terraform.
    void check_terraform_data(const ResourceConfig& resource) {
        if (resource.type != "terraform_data") {
            refuse("Invalid resource type",
                   "The provider built into Terraform does not support resource type " + quoted(resource.type) + ".",
                   resource.block->labels[0].span);
            return;
        }
        static constexpr std::array<std::string_view, 6> known = {"input",    "triggers_replace", "count",
                                                                  "for_each", "provider",         "depends_on"};
        for (const hcl::Attribute& item : resource.body->attributes) {
            if (std::find(known.begin(), known.end(), item.name) != known.end()) continue;
            refuse("Unsupported argument", "An argument named " + quoted(item.name) + " is not expected here.",
                   item.name_span);
        }
        for (const hcl::Block& block : resource.body->blocks) {
            if (block.type == "lifecycle" || block.type == "connection" || block.type == "provisioner") continue;
            const bool dynamic = block.type == "dynamic" && block.labels.size() == 1;
            refuse("Unsupported block type",
                   "Blocks of type " + quoted(dynamic ? block.labels[0].text : block.type) + " are not expected here.",
                   dynamic ? block.labels[0].span : block.type_span);
        }
    }

    void check_call(const ModuleCallConfig& call) {
        const Surroundings around{call.for_each && !call.count, call.count != nullptr, false};
        for (const hcl::Attribute& item : call.body->attributes) {
            if (item.name == "depends_on")
                check_depends_on(item);
            else if (item.name == "count" || item.name == "for_each")
                references_.check(*item.value, {});
            else if (item.name != "providers")
                references_.check(*item.value, around);
        }
    }

    void check_output(const OutputConfig& output) {
        for (const hcl::Attribute& item : output.block->body->attributes) {
            if (item.name == "depends_on")
                check_depends_on(item);
            else if (item.name == "value")
                references_.check(*item.value, {});
        }
        for (const hcl::Block& block : output.block->body->blocks) check_condition(block, {});
    }

    void check_variable(const VariableConfig& variable) {
        for (const hcl::Block& block : variable.block->body->blocks) {
            if (block.type == "validation") references_.check_body(*block.body, {});
        }
    }

    void check_check(const hcl::Block& block) {
        bool any = false;
        for (const hcl::Block& inner : block.body->blocks) {
            if (inner.type != "assert") continue;
            const std::size_t before = diagnostics_.size();
            check_condition(inner, {});
            any = any || diagnostics_.size() == before;
        }
        if (!any) refuse("Zero assert blocks", "Check blocks must have at least one assert block.", block.header);
    }

    /// The resource that `from` or `to` names, where it is one of this module.
    const ResourceConfig* target(const hcl::Block& block, std::string_view argument) {
        const hcl::Attribute* item = attribute(*block.body, argument);
        if (!item) return nullptr;
        std::vector<std::string_view> names;
        const Expr* at = item->value;
        while (at->kind == Kind::get_attr || at->kind == Kind::index) {
            if (at->kind == Kind::get_attr) {
                names.insert(names.begin(), static_cast<const hcl::GetAttrExpr*>(at)->name);
                at = static_cast<const hcl::GetAttrExpr*>(at)->object;
            } else {
                at = static_cast<const hcl::IndexExpr*>(at)->object;
            }
        }
        if (at->kind != Kind::variable || names.size() != 1) return nullptr;
        const auto found = config_.resource_index.find(std::string(static_cast<const hcl::VariableExpr*>(at)->name) +
                                                       "." + std::string(names[0]));
        return found == config_.resource_index.end() ? nullptr : &config_.resources[found->second];
    }

    /// Whether the argument names a resource as a whole, of this very module.
    bool names_whole_resource(const hcl::Block& block, std::string_view argument) {
        const hcl::Attribute* item = attribute(*block.body, argument);
        if (!item || item->value->kind != Kind::get_attr) return false;
        const Expr* object = static_cast<const hcl::GetAttrExpr*>(item->value)->object;
        return object->kind == Kind::variable && static_cast<const hcl::VariableExpr*>(object)->name != "module";
    }

    void check_move(const hcl::Block& block) {
        const ResourceConfig* from = names_whole_resource(block, "from") ? target(block, "from") : nullptr;
        if (block.type == "moved" && from && !from->count && !from->for_each && target(block, "to") != from) {
            refuse("Moved object still exists",
                   "This statement declares a move from " + from->key() +
                       ", but that resource is still declared. Change the configuration so that it is declared as "
                       "what it was moved to.",
                   block.header);
        }
        if (block.type == "removed" && from) {
            refuse("Removed resource still exists",
                   "This statement declares that " + from->key() +
                       " was removed, but it is still declared in configuration.",
                   from->block->header);
        }
        if (block.type != "import") return;
        const bool each = attribute(*block.body, "for_each") != nullptr;
        for (const hcl::Attribute& item : block.body->attributes) {
            if (item.name == "id" || item.name == "for_each")
                references_.check(*item.value, {each && item.name == "id", false, false});
        }
        const hcl::Attribute* to = attribute(*block.body, "to");
        const Expr* at = to ? to->value : nullptr;
        if (at && at->kind == Kind::index) at = static_cast<const hcl::IndexExpr*>(at)->object;
        const bool own = at && at->kind == Kind::get_attr &&
                         static_cast<const hcl::GetAttrExpr*>(at)->object->kind == Kind::variable;
        if (own && !target(block, "to")) {
            refuse("Configuration for import target does not exist",
                   "The configuration for the given import target does not exist. Declare the resource.",
                   to->value->span);
        }
    }

    const ModuleConfig& config_;
    Diagnostics& diagnostics_;
    ReferenceChecker references_;
};

/// Up to three numbers of a version; `count` says how many were written. False when it is none.
bool read_version(std::string_view text, std::array<int, 3>& numbers, std::size_t& count) {
    if (text.starts_with('v')) text.remove_prefix(1);
    text = text.substr(0, text.find_first_of("-+"));
    count = 0;
    for (std::string_view part : split(text, '.')) {
        if (count == 3) return true;
        const auto [end, fault] = std::from_chars(part.data(), part.data() + part.size(), numbers[count]);
        if (fault != std::errc() || end != part.data() + part.size()) return false;
        ++count;
    }
    return count > 0;
}

}  // namespace

bool version_satisfies(std::string_view constraint) {
    static constexpr std::array<int, 3> own = {1, 11, 4};
    for (std::string_view part : split(constraint, ',')) {
        part = trim(part);
        const std::size_t digits = part.find_first_of("v0123456789");
        if (digits == std::string_view::npos) return true;
        const std::string_view op = trim(part.substr(0, digits));
        std::array<int, 3> want{};
        std::size_t count = 0;
        if (!read_version(trim(part.substr(digits)), want, count)) return true;
        bool holds = true;
        if (op.empty() || op == "=")
            holds = own == want;
        else if (op == "!=")
            holds = own != want;
        else if (op == ">")
            holds = own > want;
        else if (op == ">=")
            holds = own >= want;
        else if (op == "<")
            holds = own < want;
        else if (op == "<=")
            holds = own <= want;
        else if (op == "~>")
            // All numbers but the last one written must be the same.
            holds = own >= want &&
                    std::equal(own.begin(), own.begin() + static_cast<std::ptrdiff_t>(count - 1), want.begin());
        if (!holds) return false;
    }
    return true;
}

void check_module(const ModuleConfig& config, Diagnostics& diagnostics) {
    ModuleChecker(config, diagnostics).check();
}

}  // namespace plumbline::terraform
