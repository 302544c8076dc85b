#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scanner/model/audit_report.h"
#include "scanner/model/diagnostic.h"
#include "scanner/model/value.h"

namespace plumbline {

/// A pull request (merge request) as a host's export tells it. What an export leaves out is nullopt or empty.
struct PullRequest {
    std::string number;
    std::string id;  ///< GitLab's own id, by which its versions name it
    std::string url, title, body, target, source, head, base_commit;
    std::vector<std::string> labels;
    AuditPerson opened_by, merged_by;
    std::optional<std::int64_t> merged, last_push;
    std::vector<std::string> merge_commits;  ///< commits that the merge made: merge commit, squash commit
    /// `merged` is only when it was last touched, and the merge commit, which the merge made, tells better.
    bool merged_with_commit = false;
    /// Its newest commit at moments, as a log of pushes tells; to find when the last push was.
    std::vector<std::pair<std::string, std::int64_t>> heads;
    struct Commit {
        std::string id, subject;
        std::vector<AuditPerson> authors;
    };
    std::vector<Commit> commits;
    std::optional<std::size_t> commit_count;
    std::optional<std::vector<AuditApproval>> reviews;
    std::optional<std::vector<AuditCheck>> checks;
    bool listed = false;  ///< an element of a list
};

/// A push (or a merge) of a branch as an activity or audit log tells it.
struct PushEvent {
    enum class Kind : std::uint8_t { push, forced, merge, bypass } kind = Kind::push;
    std::string branch, before, after, actor, source;
    std::int64_t time = 0;
};

/// What the exports (--forge) hold together.
struct Forge {
    std::map<std::string, PullRequest> pulls;  ///< by number
    /// Checks by the commit they ran on; accounts and verified signatures by commit.
    std::map<std::string, std::vector<AuditCheck>> checks;
    std::map<std::string, AuditPerson> accounts;
    std::map<std::string, std::pair<bool, std::string>> signatures;  ///< verified, and the host's reason
    std::map<std::string, std::int64_t> last_version;  ///< newest push, by GitLab's id of the merge request
    std::vector<PushEvent> pushes;
    bool lists_pulls = false;   ///< some file is a list of pull requests, not single ones
    bool lists_pushes = false;  ///< some file is a list of pushes that tells forced ones apart
    /// Files in which nothing of this was found: settings, perhaps, for the ordinary rules.
    std::vector<std::string> other_files;
    bool empty() const { return pulls.empty() && pushes.empty() && checks.empty() && signatures.empty(); }
};

/// Reads one export: JSON as GitHub's REST and GraphQL APIs, `gh pr list --json`, and the APIs of GitLab, Bitbucket,
/// Azure DevOps and Gerrit print it; documents one after the other, as paging gives them, count as a list. Unknown
/// objects are passed by.
void read_forge(const Value& root, const std::string& file, Forge& forge);
/// Joins what several files say of one pull request. Once, after the last file.
void join_forge(Forge& forge);

/// The text of an export with several documents as one list; the text itself when it holds one. Gerrit's first line,
/// which keeps browsers from running the rest, is left out.
std::string one_document(std::string_view text);

/// RFC 3339 with any offset, as hosts write it; nullopt for what is none.
std::optional<std::int64_t> read_time(std::string_view text);

/// Gives changes what the exports know of them. `branch`: its name, without `refs/`. `changes`: oldest first.
void apply_forge(const Forge& forge, const std::string& branch, std::vector<AuditChange>& changes);

}  // namespace plumbline
