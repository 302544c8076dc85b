#include "scanner/repository_facts.h"

#include <memory>

#include "parsers/git/repository.h"
#include "scanner/digest.h"
#include "scanner/model/text.h"

namespace plumbline {
namespace {

std::string variable(const std::map<std::string, std::string>& environment, const std::string& name) {
    const auto found = environment.find(name);
    return found == environment.end() ? std::string() : found->second;
}

/// CI systems check out a commit and tell the branch in the environment; it counts only for that very commit.
std::string branch_of_ci(const std::map<std::string, std::string>& environment, const std::string& commit) {
    if (variable(environment, "GITHUB_SHA") == commit && variable(environment, "GITHUB_REF_TYPE") == "branch")
        return variable(environment, "GITHUB_REF_NAME");
    if (variable(environment, "CI_COMMIT_SHA") == commit) return variable(environment, "CI_COMMIT_BRANCH");
    return "";
}

/// The address with a scheme in front; empty when it is none that has one.
std::string without_credentials(const std::string& address) {
    const std::size_t scheme = address.find("://");
    if (scheme != std::string::npos && scheme > 0) {
        const std::size_t path = address.find('/', scheme + 3);
        const std::size_t at = address.substr(0, path).rfind('@');
        return at == std::string::npos ? address : address.substr(0, scheme + 3) + address.substr(at + 1);
    }
    if (address.starts_with('/')) return "file://" + address;
    // `user@host:path`, but not `./a:b`.
    const std::size_t colon = address.find(':');
    if (colon == std::string::npos || address.find('/') < colon) return "";
    const std::size_t at = address.find('@');
    const std::size_t begin = at < colon ? at + 1 : 0;
    const std::string host = address.substr(begin, colon - begin), path = address.substr(colon + 1);
    if (host.empty() || path.empty()) return "";
    return "ssh://" + host + (path.starts_with('/') ? "" : "/") + path;
}

/// Escapes what no URI may hold: a repository's configuration is an input like any other.
std::string as_uri(std::string_view text) {
    static constexpr char digits[] = "0123456789ABCDEF";
    std::string out;
    for (char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte > 0x20 && byte < 0x7F && std::string_view("\"<>\\^`{|}").find(c) == std::string_view::npos)
            out += c;
        else
            out += {'%', digits[byte >> 4], digits[byte & 15]};
    }
    return out;
}

}  // namespace

std::string repository_uri(const std::string& address) {
    return as_uri(without_credentials(address));
}

RepositoryFacts repository_facts(const std::string& top, const std::map<std::string, std::string>& environment) {
    RepositoryFacts facts;
    std::string error;
    const auto repository = git::Repository::open(top, error);
    if (!repository) return facts;
    facts.commit = repository->resolve("HEAD").value_or("");
    facts.uri = repository_uri(repository->remote_url());
    facts.branch = repository->current_branch();
    if (facts.branch.empty()) facts.branch = branch_of_ci(environment, facts.commit);
    return facts;
}

std::vector<std::string> not_as_committed(const std::string& top, const std::string& commit,
                                          const std::vector<ReadFile>& files) {
    std::vector<std::string> changed;
    std::string error;
    const auto repository = git::Repository::open(top, error);
    const auto tree = repository ? repository->tree(commit, error) : nullptr;
    if (!tree) return changed;
    for (const ReadFile& file : files) {
        if (!is_below(file.path, top) || file.path == top) continue;
        const std::string path = file.path.substr(top == "/" ? 1 : top.size() + 1);
        // One byte more than it has here: another size is another content.
        const FileSystem::ReadResult committed = tree->read(path, file.bytes + 1);
        if (!committed.error.empty() || sha256(committed.text) != file.sha256) changed.push_back(path);
    }
    return changed;
}

}  // namespace plumbline
