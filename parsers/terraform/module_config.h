#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/terraform/ast.h"
#include "scanner/model/diagnostic.h"
#include "scanner/model/value.h"

namespace plumbline::terraform {

/// Defaults of `optional(T, default)` attributes, in the shape of the type they stand in.
struct Defaults {
    std::map<std::string, Value> values;
    /// By attribute; "" for the element of a collection, the position for a tuple.
    std::map<std::string, Defaults> children;
    bool empty() const { return values.empty() && children.empty(); }
    /// Fills in what is missing or null. The result is still to be converted to the type.
    Value apply(const Value& value) const;
};

struct TypeConstraint {
    Type type;
    Defaults defaults;
};

/// Reads `list(object({a = optional(string, "x")}))` and the quoted names of old versions; nullopt after a diagnostic.
std::optional<TypeConstraint> read_type_constraint(const hcl::Expr& expr, Diagnostics& diagnostics);

struct VariableConfig {
    const hcl::Block* block = nullptr;
    TypeConstraint type;
    bool typed = false;
    const hcl::Expr* default_value = nullptr;
    bool nullable = true, sensitive = false, ephemeral = false;
};

struct OutputConfig {
    const hcl::Block* block = nullptr;
    const hcl::Expr* value = nullptr;
    bool sensitive = false, ephemeral = false;
};

/// A resource, data source or ephemeral resource, with what override files changed merged in.
struct ResourceConfig {
    enum class Mode : std::uint8_t { managed, data, ephemeral } mode = Mode::managed;
    std::string type, name;
    const hcl::Block* block = nullptr;
    const hcl::Body* body = nullptr;
    const hcl::Expr* count = nullptr;
    const hcl::Expr* for_each = nullptr;
    /// `aws_s3_bucket.b`, `data.aws_ami.x`
    std::string key() const;
};

struct ModuleCallConfig {
    std::string name;
    const hcl::Block* block = nullptr;
    const hcl::Body* body = nullptr;
    const hcl::Expr* source = nullptr;
    const hcl::Expr* count = nullptr;
    const hcl::Expr* for_each = nullptr;
    /// The source as written, when it is a plain text.
    std::string source_text;
};

struct ProviderConfig {
    std::string name, alias;
    const hcl::Block* block = nullptr;
};

/// What the files of one folder declare. Immutable after loading; several roots share it.
struct ModuleConfig {
    std::string folder;
    std::vector<const hcl::File*> files;
    std::map<std::string, VariableConfig> variables;
    std::map<std::string, hcl::Attribute> locals;
    std::map<std::string, OutputConfig> outputs;
    std::vector<ResourceConfig> resources;
    std::map<std::string, std::size_t> resource_index;  ///< by key
    std::vector<ModuleCallConfig> calls;
    std::map<std::string, std::size_t> call_index;
    std::vector<ProviderConfig> providers;
    std::vector<const hcl::Block*> settings;  ///< `terraform` blocks
    std::vector<const hcl::Block*> checks;
    std::vector<const hcl::Block*> moves;  ///< moved, import, removed
    Diagnostics diagnostics;
    hcl::Arena arena;
    std::vector<std::unique_ptr<hcl::File>> owned;  ///< files read only because a call leads here
};

/// Makes the declarations of a folder's files; `files` are sorted by name, override files among them.
void load_module(ModuleConfig& config);

/// Whether Terraform reads it as an override: `override.tf`, `x_override.tf` and their JSON forms.
bool is_override_file(std::string_view name);

}  // namespace plumbline::terraform
