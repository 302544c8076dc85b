#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "parsers/terraform/ast.h"
#include "parsers/terraform/functions.h"
#include "scanner/model/diagnostic.h"
#include "scanner/model/value.h"

namespace plumbline::terraform {

class Evaluator;

/// What names mean: variables, locals, resources, modules, each, count, path.
class Scope {
  public:
    virtual ~Scope() = default;
    /// The value of `root` followed by the first steps of a traversal. `steps` are get_attr and index nodes, the one
    /// next to the root first; sets `used` to how many it took. Reports faults through `evaluator`.
    virtual Value reference(const hcl::VariableExpr& root, std::span<const hcl::Expr* const> steps, std::size_t& used,
                            Evaluator& evaluator) = 0;
    /// Null where functions may not be called.
    virtual const FunctionContext* functions() = 0;
    /// Whether the module requires a provider under that local name, so that its functions may be called.
    virtual bool requires_provider(std::string_view) const { return false; }
};

/// Work that is left for one root; what is not evaluated when it is used up counts as unknown. A million steps take
/// about 0.2 seconds. The largest real root in the corpora takes some 200,000. Whatever keeps memory is paid for too,
/// so that a root's values stay below a gigabyte.
struct Budget {
    std::uint64_t steps = 8'000'000;
    int depth = 0;                 ///< of evaluation, through locals and modules
    std::optional<Span> exceeded;  ///< where a limit was reached first; whoever owns the budget reports it

    /// Reports the limit where it was reached.
    void report(Diagnostics& diagnostics) const;
};

/// Evaluates expressions in a scope as HCL and Terraform do. A fault is reported and gives an unknown value, so that
/// the rest goes on.
class Evaluator {
  public:
    Evaluator(Scope& scope, Diagnostics& diagnostics, Budget& budget)
        : scope_(scope), diagnostics_(&diagnostics), budget_(budget) {}

    Value evaluate(const hcl::Expr& expr);
    /// With names that are bound while the object lives: `each`, a dynamic block's iterator.
    void bind(std::string_view name, Value value) { locals_.emplace_back(name, std::move(value)); }
    void unbind() { locals_.pop_back(); }

    /// Reports a fault and returns the unknown that stands for the missing result.
    Value fault(std::string summary, std::string detail, Span subject);
    Diagnostics& diagnostics() { return *diagnostics_; }
    /// Pays for work that no expression stands for, such as the making of a block. False when the budget is used up;
    /// the caller then makes no more.
    bool spend(std::uint64_t steps, Span place);

    /// Applies one step to a value; reading from a resource leaves a reference in the trace.
    Value step(const Value& object, const hcl::Expr& step);

  private:
    Value evaluate_plain(const hcl::Expr& expr);
    /// The result where it is small enough to keep and the budget covers a walk over it.
    Value weighed(Value value, const hcl::Expr& expr);
    bool give_up(Span place);
    Value out_of_budget(Span place) const;
    Value too_large(Span place);
    Value traversal(const hcl::Expr& expr);
    Value template_value(const hcl::TemplateExpr& expr);
    Value for_value(const hcl::ForExpr& expr);
    Value splat(const hcl::SplatExpr& expr);
    Value conditional(const hcl::ConditionalExpr& expr);
    Value object(const hcl::ObjectExpr& expr);
    Value call(const hcl::CallExpr& expr);
    Value provider_call(const hcl::CallExpr& expr);
    Value attempt(const hcl::CallExpr& expr);
    Value finish(Result result, Span subject, std::string_view summary = {});
    bool template_parts(const hcl::TemplateExpr& expr, std::vector<Value>& parts);
    const Value* local(std::string_view name) const;

    Scope& scope_;
    Diagnostics* diagnostics_;
    Budget& budget_;
    std::vector<std::pair<std::string_view, Value>> locals_;
    std::vector<Value> splat_items_;
};

/// Evaluates an expression that may hold neither names nor calls: a variable's default, a line of a tfvars file.
Value evaluate_literal(const hcl::Expr& expr, Diagnostics& diagnostics, Budget& budget);

}  // namespace plumbline::terraform
