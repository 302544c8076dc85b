#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace plumbline::git {

/// `Reviewed-by: Ann <ann@example.org>` at a message's end.
struct Trailer {
    std::string key, value;
};

/// The trailers of a commit message: the lines `Key: value` of its last paragraphs, folded lines joined. A paragraph
/// counts when at least half of its lines are trailers, and those before it when all are, since hosts put blank lines
/// between the trailers of commits that they squash.
std::vector<Trailer> trailers_of(std::string_view message);

/// `Ann <ann@example.org>` in parts; a text without an address is a name.
struct NameAndEmail {
    std::string name, email;
};
NameAndEmail read_name_and_email(std::string_view text);

/// What a commit message tells of the way on which the commit came. Hosts write it, and so can anybody.
struct MessageFacts {
    std::string subject;  ///< the first line
    std::vector<Trailer> trailers;
    /// `github`, `gitlab`, `bitbucket`, `gerrit`, `azure-devops`, `gitea`, `phabricator`; empty when nothing tells.
    std::string host;
    std::string pull_request;   ///< its number there; empty for none
    std::string source_branch;  ///< that was merged; empty when it is not said
    std::string change_id;      ///< Gerrit's
    /// The sign that told host or pull request, for people: `the subject "Merge pull request #12"`; empty for none.
    std::string sign;
    /// The message is one that only a squashing host writes: `Title (#12)`.
    bool squash_mark = false;
    std::string reverts;               ///< the commit it takes back, as written
    std::string reverts_pull_request;  ///< or the pull request
};

MessageFacts read_message(std::string_view message);

}  // namespace plumbline::git
