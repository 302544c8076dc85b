#pragma once

#include <string>
#include <string_view>

namespace plumbline {

/// SHA-256 (FIPS 180-4) as 64 lower-case hexadecimal digits: for evidence that others check, where a weaker hash would
/// let someone exchange a file.
std::string sha256(std::string_view bytes);

}  // namespace plumbline
