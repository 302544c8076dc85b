#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace plumbline {

/// Whether a text looks like a credential: a format that a provider documents, or a long word of high entropy.
/// Placeholders (`changeme`, `<token>`, `xxxx`), references and paths do not.
bool looks_secret(std::string_view text);

/// A credential in a text.
struct SecretMatch {
    std::string_view kind;  ///< `AWS access key id`, `private key`, `password or token in an assignment`
    std::size_t offset = 0, size = 0;
};
/// Every credential in a file of any kind, in order: documented formats, and random words that are assigned to a name
/// which says that they are secret. Linear in the text.
std::vector<SecretMatch> find_secrets(std::string_view text);

/// How a report shows a credential: enough to find it again, not enough to use it.
std::string redacted(std::string_view secret);

}  // namespace plumbline
