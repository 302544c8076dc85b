#pragma once

#include <map>
#include <string>
#include <vector>

#include "scanner/recording_system.h"

namespace plumbline {

/// Which state of which repository was looked at; empty what is not known.
struct RepositoryFacts {
    std::string uri;     ///< absolute, without credentials
    std::string branch;  ///< checked out, or what a CI system says of a detached checkout
    std::string commit;
};

/// Of the repository whose top is `top` (absolute); all empty where there is none.
RepositoryFacts repository_facts(const std::string& top, const std::map<std::string, std::string>& environment);

/// The address of a remote as a URI: `git@host:team/repo.git` is `ssh://host/team/repo.git`. Empty when it is none.
std::string repository_uri(const std::string& address);

/// Those of `files` below `top` whose content the commit has not, relative to `top`, sorted.
std::vector<std::string> not_as_committed(const std::string& top, const std::string& commit,
                                          const std::vector<ReadFile>& files);

}  // namespace plumbline
