#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "parsers/terraform/program.h"

/// The values a user gives a root module's variables: tfvars files, the environment and the command line.
namespace plumbline::terraform {

struct GivenValue {
    Value value;
    /// From the command line or the environment, where the variable's type decides how the text is read.
    std::string text;
    bool is_text = false;
    TraceRef trace;
    Span span;
};

/// By the variable's name. In Terraform's order, of which the last wins: `TF_VAR_` variables, `terraform.tfvars`,
/// `terraform.tfvars.json`, `*.auto.tfvars` and `*.auto.tfvars.json` by name, then --var and --var-file as given. What
/// the module does not declare is passed by; on the command line that is a fault in a strict evaluation.
std::map<std::string, GivenValue> read_input_variables(const Library& library, const ModuleConfig& config,
                                                       const ProgramOptions& options, Diagnostics& diagnostics,
                                                       Budget& budget);

}  // namespace plumbline::terraform
