#pragma once

#include <string_view>

namespace plumbline {

/// What rules/embed packed at build time (see rules/pack.h).
std::string_view embedded_rules();       ///< two values a rule: its metadata, then its checks (RuleSet::from_pack)
std::string_view embedded_frameworks();  ///< a value a framework's document
std::string_view embedded_controls();    ///< one value: rules/controls.yaml

}  // namespace plumbline
