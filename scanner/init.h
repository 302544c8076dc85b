#pragma once

#include <string>
#include <string_view>

namespace plumbline {

struct Session;

/// Texts that the build packs in: the configuration's JSON Schema, and the workflow for GitHub.
std::string_view config_schema();
std::string_view workflow_text();

/// Where git keeps its hooks for the repository at `top`: `core.hooksPath` of the repository's, the user's or the
/// machine's configuration, else the repository's own folder. Absolute; empty with a phrase in `error`.
std::string hooks_folder(const Session& session, std::string& error);

}  // namespace plumbline
