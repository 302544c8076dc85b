#pragma once

#include <string>
#include <string_view>

namespace plumbline {

/// The manual page (roff, man macros), made from the tables of commands and options.
std::string man_page(std::string_view version);

/// The completions of a shell (`bash`, `zsh`, `fish`), made from the same tables; empty for another shell.
std::string completions(std::string_view shell);

}  // namespace plumbline
