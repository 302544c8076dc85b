#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace plumbline::git {

struct FetchSettings {
    std::string branch;                ///< empty: the one that the remote calls its main branch
    std::string user, password;        ///< for HTTPS, where the address has none; empty: none
    std::uint64_t max_bytes = 0;       ///< received; more is an error. 0: no limit
    std::function<bool()> keep_going;  ///< asked now and then; false ends it
};

struct FetchResult {
    std::string error;      ///< a phrase without credentials; empty on success
    bool transient = true;  ///< trying again may help
};

/// Brings the bare repository at `folder`, which is made where it is missing, up to date with one branch of `url`:
/// only what it lacks is sent. Its HEAD becomes that branch. Of SSH keys those of the agent are tried. Nothing that a
/// repository names is run. Blocks while the other side says nothing: call it where it can be ended.
FetchResult fetch_mirror(const std::string& url, const std::string& folder, const FetchSettings& settings);

/// The address without user name and password.
std::string without_credentials(std::string url);

}  // namespace plumbline::git
