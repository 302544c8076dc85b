#pragma once

#include <string_view>

namespace plumbline {

/// The fixed parts of the HTML report: its style sheet and its program. They ask for nothing from anywhere.
std::string_view html_style();
std::string_view html_script();

}  // namespace plumbline
