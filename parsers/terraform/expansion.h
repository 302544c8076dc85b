#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "parsers/terraform/evaluate.h"

/// `count` and `for_each` of resources, data sources and module calls: how many instances there are, under which keys.
namespace plumbline::terraform {

// One `count` or `for_each`: what a provider could be asked to create in a day, and a whole root may have
// (`max_program_instances`).
constexpr std::size_t max_instances = 50'000;

struct Expansion {
    enum class Kind : std::uint8_t { single, count, each, unknown } kind = Kind::single;
    std::vector<Value> keys;    ///< numbers or strings; empty unless `is_keyed`
    std::vector<Value> values;  ///< `each.value`, by position
    CauseRef cause;             ///< of `unknown`
    Span span;                  ///< of the expression that says it
    /// False: there is none, because of OpenTofu's `lifecycle { enabled = false }` (a reference is null) or of a limit
    /// (it is unknown by `cause`).
    bool enabled = true;

    /// Whether instances have keys: `[0]`, `["a"]`.
    bool is_keyed() const { return kind == Kind::count || kind == Kind::each; }
    /// Number of instances; one stands for all where the number is unknown.
    std::size_t size() const { return !enabled ? 0 : is_keyed() ? keys.size() : 1; }
    /// The key of an instance as an address shows it; "" where there is none.
    std::string suffix(std::size_t at) const;
    /// What `count` and `each` are in an instance; null where they do not exist.
    Value count_object(std::size_t at) const;
    Value each_object(std::size_t at) const;
};

/// `["a"]` as Terraform writes an instance key in an address.
std::string key_text(const Value& key);

/// Evaluates `count` or `for_each` (at most one is not null) of `what`, an address for messages. `strict`: an unknown
/// one is a fault, as in `terraform plan`.
Expansion expand(const hcl::Expr* count, const hcl::Expr* for_each, const std::string& what, Evaluator& evaluator,
                 bool strict);

/// The same for a body with OpenTofu's `enabled` in its `lifecycle` block, which stands in place of `count` and
/// `for_each`; nullopt when there is none.
std::optional<Expansion> expand_by_enabled(const hcl::Body& body, const std::string& what, Evaluator& evaluator,
                                           bool strict);

/// Binds `count` or `each` of one instance.
void bind_instance(Evaluator& evaluator, const Expansion& expansion, std::size_t at);

}  // namespace plumbline::terraform
