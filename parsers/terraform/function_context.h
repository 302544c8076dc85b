#pragma once

#include <memory>
#include <string>

#include "parsers/terraform/program.h"

namespace plumbline::terraform {

/// What the functions of one program see: the files of the scanned tree, with paths relative to the root module's
/// folder, and templates. Everything given must outlive it.
std::unique_ptr<FunctionContext> make_function_context(Library& library, const std::string& root_folder,
                                                       const ProgramOptions& options, hcl::Arena& arena,
                                                       Budget& budget);

}  // namespace plumbline::terraform
