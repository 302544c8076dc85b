#pragma once

#include <string_view>
#include <vector>

#include "parsers/terraform/ast.h"
#include "parsers/terraform/module_config.h"
#include "scanner/model/diagnostic.h"

/// What Terraform refuses before it evaluates anything: names that are not declared, arguments that must be literal.
namespace plumbline::terraform {

/// Which objects exist where an expression stands, besides those of the module.
struct Surroundings {
    bool each = false, count = false, self = false;
};

/// Reports references in one expression that cannot be right whatever the values are. Such faults have the code
/// `terraform-reference`; `try` and `can` do not catch them.
class ReferenceChecker {
  public:
    ReferenceChecker(const ModuleConfig& config, Diagnostics& diagnostics)
        : config_(config), diagnostics_(diagnostics) {}

    void check(const hcl::Expr& expr, Surroundings around);
    /// Every attribute of a body and of the blocks in it, dynamic blocks with their iterators included.
    void check_body(const hcl::Body& body, Surroundings around);

  private:
    using Steps = std::vector<const hcl::Expr*>;

    void children(const hcl::Expr& expr, Surroundings around);
    void with_names(std::string_view key, std::string_view value, auto&& inner);
    void traversal(const hcl::VariableExpr& root, const Steps& steps, Surroundings around);
    void resource(const hcl::VariableExpr& root, const Steps& steps);
    void instance_key(const std::string& what, bool count, bool for_each, const Steps& steps, std::size_t after,
                      Span whole);
    void check_dynamic(const hcl::Block& block, Surroundings around);
    void refuse(std::string summary, std::string detail, Span subject);

    const ModuleConfig& config_;
    Diagnostics& diagnostics_;
    std::vector<std::string_view> names_;  // bound by for expressions and dynamic blocks
};

/// All of a module's expressions and the rules about its blocks.
void check_module(const ModuleConfig& config, Diagnostics& diagnostics);

/// The reference `a.b[0].c["x"]` that an argument such as `depends_on` or `from` must be: null when it is none.
const hcl::VariableExpr* static_reference(const hcl::Expr& expr);

/// Whether the version 1.11.4, whose rules this follows, satisfies a constraint such as `>= 1.0, < 2.0`; true when the
/// constraint cannot be read.
bool version_satisfies(std::string_view constraint);

}  // namespace plumbline::terraform
