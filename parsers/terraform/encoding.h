#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace plumbline::terraform {

/// RFC 4648 with padding; decoding skips line ends and refuses everything else that is not of the alphabet.
std::string base64_encode(std::string_view bytes);
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace plumbline::terraform
