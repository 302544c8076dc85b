#pragma once

#include <array>

#include "parsers/shell/calls.h"

namespace plumbline::terraform {

/// Attributes that hold a script for the machine's first start, whatever the provider: AWS, DigitalOcean, Hetzner,
/// OpenStack (`user_data`), Google Cloud (`metadata_startup_script`, `startup-script`), Azure (`custom_data`),
/// notebooks of SageMaker (`on_create`, `on_start`).
constexpr std::array<shell::Attribute, 8> startup_scripts = {{{"user_data"},
                                                              {"user_data_base64"},
                                                              {"custom_data"},
                                                              {"metadata_startup_script"},
                                                              {"metadata.startup-script"},
                                                              {"startup_script"},
                                                              {"on_create"},
                                                              {"on_start"}}};

}  // namespace plumbline::terraform
