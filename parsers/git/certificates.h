#pragma once

namespace plumbline::git {

/// Loads the certificates of authorities that `start_library` left out. Before anything is fetched; without it, every
/// TLS host is refused.
void load_certificates();

}  // namespace plumbline::git
