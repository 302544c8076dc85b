#pragma once

#include <string>
#include <string_view>

namespace plumbline {

/// SHA-256 as 64 lower-case hexadecimal digits: for evidence, which someone may want to forge.
std::string sha256(std::string_view bytes);

}  // namespace plumbline
