#pragma once

#include <string_view>

namespace plumbline {

/// Whether a text looks like a credential: a format that a provider documents, or a long word of high entropy.
/// Placeholders
/// (`changeme`, `<token>`, `xxxx`), references and paths do not.
bool looks_secret(std::string_view text);

}  // namespace plumbline
