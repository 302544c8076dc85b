#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace plumbline::kubernetes {

/// The value of a label; nullopt where there is no such label.
using LabelLookup = std::function<std::optional<std::string>(std::string_view name)>;

/// Whether a selector of Calico's (`app == 'web' && has(tier)`) takes what has these labels; nullopt when the text is
/// no selector. The empty text takes everything. Source: Calico's documentation, "Selector" of NetworkPolicy.
std::optional<bool> calico_selects(std::string_view selector, const LabelLookup& label);

}  // namespace plumbline::kubernetes
