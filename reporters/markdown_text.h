#pragma once

#include <string>
#include <string_view>

namespace plumbline {

/// Text of an input, as text: no markup, no HTML, nobody mentioned. Cut where it is long.
std::string markdown_text(std::string_view text);

/// A code span that survives backticks and table cells.
std::string markdown_code(std::string_view text);

}  // namespace plumbline
