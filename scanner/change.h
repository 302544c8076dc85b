#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/git/repository.h"
#include "scanner/model/file_system.h"
#include "scanner/options.h"
#include "scanner/pipeline.h"
#include "scanner/system.h"

namespace plumbline {

/// A change in a git repository as a run judges it: what is staged against HEAD, or the work tree against the merge
/// base with a revision. Both sides are file systems of the repository's top. Files that git ignores belong to the
/// machine and not to the change: evaluation sees them on both sides (variable files, `.terraform`), and they are not
/// judged themselves.
struct Change {
    std::string top;                            ///< absolute
    git::ObjectId base;                         ///< the commit compared with; empty: there was nothing
    std::shared_ptr<const FileSystem> before;   ///< null: the empty tree
    std::shared_ptr<const FileSystem> after;    ///< null: the work tree as it is
    std::shared_ptr<const FileSystem> machine;  ///< the work tree; null in a bare repository
    std::vector<git::Change> files;             ///< what differs, renames told
    std::vector<git::Link> links;
    /// Where unchanged files can be read by content.
    std::shared_ptr<const git::ObjectFileSystem> objects;

    /// Paths on either side whose content or kind differs.
    std::set<std::string, std::less<>> changed;
    /// Old path to new path.
    std::map<std::string, std::string, std::less<>> renamed;
};

/// Works out what `--staged` or `--diff` compare. Nullopt with the reason, a text for standard error.
std::optional<Change> open_change(const Options& options, const Call& call, const System& system, std::string& error);

/// The files that have to be judged on each side, so that whatever the change touches is judged as a scan of everything
/// would. Those of roots that the change cannot touch are left out; what is taken in without need gives the same
/// verdicts on both sides.
struct Touched {
    std::vector<std::string> before, after;  ///< sorted
};

/// What a scan of everything would be called with.
struct WholeScan {
    const std::vector<std::string>& paths;
    const std::vector<std::string>& exclude;
    const std::vector<Environment>& environments;
    std::string waivers;  ///< the waiver file, from the tree's top
};

/// `after`: every file that a scan of the new side takes.
Touched touched(const Change& change, const std::vector<std::string>& after, const WholeScan& scan,
                const FileSystem& new_side);

/// What is left of a scan's files when those are taken out that git does not know.
std::vector<std::string> without_ignored(const Change& change, std::vector<std::string> files);

}  // namespace plumbline
