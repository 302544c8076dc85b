#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scanner/model/file_system.h"

namespace plumbline::git {

/// The name of an object: lower-case hexadecimal, 40 digits with SHA-1. Empty: none.
using ObjectId = std::string;

/// Who did it and when, as the commit says it; nobody has checked.
struct Person {
    std::string name, email;  ///< bytes as they stand in the object, made valid UTF-8
    std::int64_t time = 0;    ///< seconds since 1970 in UTC
    int offset_minutes = 0;   ///< of the author's clock
};

struct Commit {
    ObjectId id, tree;
    std::vector<ObjectId> parents;
    Person author, committer;
    std::string message;         ///< valid UTF-8
    std::string signature;       ///< armoured (SSH, PGP or X.509); empty when it has none
    std::string signed_payload;  ///< the bytes that the signature is over; empty without one
    bool cut_off = false;        ///< a shallow clone ends here: it has parents, but they are not here
};

/// A file that differs between two trees.
struct Change {
    enum class Kind : std::uint8_t { added, removed, modified, renamed } kind = Kind::modified;
    std::string old_path, path;  ///< equal unless renamed; both set for added and removed
    ObjectId old_blob, blob;     ///< empty where the file is not there
    bool link = false;           ///< a symbolic link or a submodule, before or after
};

/// A link of a tree: where it stands and its target as written.
struct Link {
    std::string path, target;
};

/// An entry of a tree object.
struct TreeEntry {
    enum class Kind : std::uint8_t { folder, file, other } kind = Kind::file;  ///< other: a link or a submodule
    std::string name;
    ObjectId id;
};

/// One movement of a reference, as this clone has recorded it.
struct ReflogEntry {
    ObjectId old_commit, new_commit;  ///< empty where there was, or is, none
    Person person;
    std::string message;  ///< `commit: ...`, `pull: Fast-forward`, `push`
};

/// A file system made of git's objects, which also knows the name of each file's content, to cache by it.
class ObjectFileSystem : public FileSystem {
  public:
    /// The blob that `read` would give, links followed; empty where there is none.
    virtual ObjectId content_id(std::string_view path) const = 0;
    /// As `read`; the index takes the file of the work tree where that is known to be the same (as far as a filter of
    /// the repository does not change bytes between the two), which is several times quicker.
    virtual ReadResult glance(std::string_view path, std::uint64_t limit) const { return read(path, limit); }
    /// The path without links on its way and at its end; empty where there is nothing.
    virtual std::string real_path(std::string_view path) const = 0;
};

/// What the index, or the work tree, holds and how it differs from a commit.
struct Pending {
    std::vector<Change> changes;  ///< sorted by path; with renames
    std::vector<Link> links;      ///< of the index
    /// Paths whose merge is not resolved.
    std::vector<std::string> conflicts;
    /// The index as a file system; where a merge is not resolved, our side.
    std::unique_ptr<ObjectFileSystem> index;
};

/// A repository on disk: bare, with a work tree, a linked work tree, shallow or partial. The only user of libgit2.
/// Reads objects and nothing else: no hook, filter or program that a repository names is ever run, and nothing is
/// written or fetched. All of it may be called from several threads at once.
class Repository {
  public:
    /// Opens the repository whose top (or `.git` or bare folder) is `path`. Null with a phrase in `error`.
    static std::shared_ptr<Repository> open(const std::string& path, std::string& error);
    virtual ~Repository() = default;

    virtual bool is_bare() const = 0;
    /// History is cut off: what came before the oldest commits is not here.
    virtual bool is_shallow() const = 0;
    /// Where the repository's objects and references are: `.git`, absolute, with `/` at the end.
    virtual std::string git_folder() const = 0;
    /// The branch that is checked out, `main`; empty when the head is detached or there is none.
    virtual std::string current_branch() const = 0;
    /// The main branch: what `origin/HEAD` says, else `main`, `master`, `trunk`, else the current one; as a revision
    /// that `resolve` takes. Empty without any.
    virtual std::string main_branch() const = 0;
    /// `origin`'s address, or the only remote's, without user name and password; empty without one.
    virtual std::string remote_url() const = 0;

    /// How a reference (its full name) moved, oldest first; empty where nothing is recorded, as in most bare ones.
    virtual std::vector<ReflogEntry> reflog(const std::string& name) const = 0;
    /// The commit that a revision (branch, tag, `HEAD~2`, an id or the start of one) means.
    virtual std::optional<ObjectId> resolve(const std::string& revision) const = 0;
    virtual std::optional<ObjectId> merge_base(const ObjectId& a, const ObjectId& b) const = 0;
    /// Nullopt with a phrase in `error`: the object is missing (shallow, partial) or damaged.
    virtual std::optional<Commit> commit(const ObjectId& id, std::string& error) const = 0;
    /// Every commit that is reachable from `from` and from none of `hidden`: children before parents, otherwise newest
    /// first by the committer's clock, equal times by id. What cannot be read is left out with all behind it, one
    /// phrase each in `errors`; the rest goes on. Holds all commits in memory.
    virtual std::vector<Commit> history(const std::vector<ObjectId>& from, const std::vector<ObjectId>& hidden,
                                        std::vector<std::string>& errors) const = 0;

    /// What differs between the trees of two commits (an empty id is the empty tree), sorted by path. `renames`: pairs
    /// of a removed and an added file of like content (at least half of it) become one.
    virtual std::optional<std::vector<Change>> changes(const ObjectId& old_commit, const ObjectId& new_commit,
                                                       bool renames, std::string& error) const = 0;
    /// The id of the patch from the first commit to the second: equal for equal changes wherever they are applied.
    virtual ObjectId patch_id(const ObjectId& old_commit, const ObjectId& new_commit) const = 0;
    /// Every branch, tag and whatever else has a name (`refs/pull/12/head`), with its commit, sorted by name.
    virtual std::vector<std::pair<std::string, ObjectId>> references() const = 0;
    /// The entries of a tree object; nullopt when it is missing or damaged.
    virtual std::optional<std::vector<TreeEntry>> tree_entries(const ObjectId& tree) const = 0;
    /// The bytes of a blob.
    virtual FileSystem::ReadResult blob(const ObjectId& id, std::uint64_t limit) const = 0;

    /// The tree of a commit. Null with a phrase in `error`.
    virtual std::unique_ptr<ObjectFileSystem> tree(const ObjectId& commit, std::string& error) const = 0;
    /// What is staged. `index_file`: the index that git names to its hooks (`GIT_INDEX_FILE`), absolute; empty for the
    /// repository's own. Where a merge is not resolved, our side counts.
    virtual std::unique_ptr<ObjectFileSystem> index(const std::string& index_file, std::string& error) const = 0;

    /// What is staged against a commit (an empty id is the empty tree). `index_file` as above. Nullopt with a phrase in
    /// `error`.
    virtual std::optional<Pending> staged(const ObjectId& commit, const std::string& index_file,
                                          std::string& error) const = 0;
    /// What the work tree holds against a commit, files that git does not know yet but would take included. Content of
    /// submodules is left out.
    virtual std::optional<Pending> work_tree(const ObjectId& commit, std::string& error) const = 0;
    /// Whether git passes by a path of the work tree (`.gitignore`, `.git/info/exclude`).
    virtual bool is_ignored(const std::string& path) const = 0;
};

/// A path that git's configuration files settle, the last file winning; empty when none does. Only for what a person
/// asks for on this machine: whatever judges must not depend on the machine's configuration.
std::string path_setting(const std::vector<std::string>& files, const std::string& name);

/// Starts libgit2, once, with what holds for the whole program. It is never shut down: threads may still hold objects
/// when the program ends.
void start_library();

}  // namespace plumbline::git
