#include "scanner/history_secrets.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "rules/secrets.h"
#include "scanner/acceptance.h"
#include "scanner/digest.h"
#include "scanner/model/source.h"
#include "scanner/pipeline.h"
#include "scanner/workers.h"

namespace plumbline {
namespace {

// git itself takes a file for binary by a zero byte in its first 8,000.
constexpr std::size_t binary_probe = 8000;
// Folders of a sane tree; a tree object can name itself no deeper than its size allows, but links of trees can be long.
constexpr std::size_t max_depth = 1024;

struct Blob {
    git::ObjectId id;
    std::string path;
    std::size_t commit;  ///< that brought it: index into the history, oldest first
};

struct Found {
    std::string kind, text;
    std::uint32_t line;
    std::optional<Acceptance> accepted;
};

/// Walks trees, each object once.
class TreeWalk {
  public:
    TreeWalk(const git::Repository& repository, Diagnostics& diagnostics)
        : repository_(repository), diagnostics_(diagnostics) {}

    /// Appends the blobs below `tree` that were not met before.
    void add(const git::ObjectId& tree, std::size_t commit, std::vector<Blob>& blobs) {
        struct Open {
            git::ObjectId tree;
            std::string path;
            std::size_t depth;
        };
        std::vector<Open> open = {{tree, "", 0}};
        while (!open.empty()) {
            const Open folder = std::move(open.back());
            open.pop_back();
            if (!seen_.insert(folder.tree).second) continue;
            const auto entries = repository_.tree_entries(folder.tree);
            if (!entries || folder.depth > max_depth) {
                diagnostics_.file_error("tree-unreadable", folder.path, "The tree " + folder.tree + " cannot be read",
                                        "It is missing, damaged or nested too deep; what it holds was not searched.");
                continue;
            }
            for (const git::TreeEntry& entry : *entries) {
                std::string path = folder.path.empty() ? entry.name : folder.path + "/" + entry.name;
                if (entry.kind == git::TreeEntry::Kind::folder)
                    open.push_back({entry.id, std::move(path), folder.depth + 1});
                else if (entry.kind == git::TreeEntry::Kind::file && seen_.insert(entry.id).second)
                    blobs.push_back({entry.id, std::move(path), commit});
            }
        }
    }

    /// Appends the blobs of a commit that were not met before; its parents have been.
    void add_new(const git::Commit& commit, std::size_t index, std::vector<Blob>& blobs) {
        std::string error;
        const auto changes = commit.parents.empty()
                                 ? std::nullopt
                                 : repository_.changes(commit.parents.front(), commit.id, false, error);
        // The first commit, and one whose parent cannot be read.
        if (!changes) return add(commit.tree, index, blobs);
        for (const git::Change& change : *changes)
            if (!change.link && !change.blob.empty() && seen_.insert(change.blob).second)
                blobs.push_back({change.blob, change.path, index});
    }

  private:
    const git::Repository& repository_;
    Diagnostics& diagnostics_;
    std::unordered_set<git::ObjectId> seen_;
};

std::vector<Found> search(const std::string& text) {
    std::vector<Found> found;
    if (std::string_view(text).substr(0, binary_probe).find('\0') != std::string_view::npos) return found;
    std::uint32_t line = 1;
    std::size_t counted = 0;
    for (const SecretMatch& match : find_secrets(text)) {
        line += static_cast<std::uint32_t>(std::count(text.begin() + static_cast<std::ptrdiff_t>(counted),
                                                      text.begin() + static_cast<std::ptrdiff_t>(match.offset), '\n'));
        counted = match.offset;
        std::string secret = text.substr(match.offset, match.size);
        // The header of a key is that of every key; what follows tells them apart.
        if (match.kind == "private key") secret = text.substr(match.offset, 256);
        const std::size_t begin = text.rfind('\n', match.offset);
        const std::size_t own = begin == std::string::npos ? 0 : begin + 1;
        const std::size_t above = own < 2 ? std::string::npos : text.rfind('\n', own - 2);
        const std::size_t from = own == 0 ? 0 : above == std::string::npos ? 0 : above + 1;
        const std::size_t end = std::min(text.find('\n', match.offset), text.size());
        const std::string_view whole(text);
        found.push_back({std::string(match.kind), std::move(secret), line,
                         accepted_by_comment(whole.substr(own, end - own), whole.substr(from, own - from))});
    }
    return found;
}

}  // namespace

std::vector<HistorySecret> find_history_secrets(const git::Repository& repository, const git::ObjectId& tip,
                                                std::optional<std::int64_t> since, std::size_t jobs,
                                                Diagnostics& diagnostics) {
    std::vector<git::ObjectId> starts;
    if (!tip.empty()) starts.push_back(tip);
    for (const auto& [name, commit] : repository.references()) starts.push_back(commit);
    std::vector<std::string> errors;
    std::vector<git::Commit> history = repository.history(starts, {}, errors);
    for (std::string& error : errors)
        diagnostics.file_error("commit-unreadable", "", std::move(error), "What it brought was not searched.");
    std::reverse(history.begin(), history.end());

    std::vector<Blob> blobs;
    TreeWalk walk(repository, diagnostics);
    std::unordered_map<git::ObjectId, std::size_t> place;
    for (std::size_t i = 0; i < history.size(); ++i) {
        place[history[i].id] = i;
        const std::size_t before = blobs.size();
        walk.add_new(history[i], i, blobs);
        if (since && history[i].committer.time < *since) blobs.resize(before, {{}, {}, 0});
    }

    std::vector<std::vector<Found>> found(blobs.size());
    std::vector<std::string> unreadable(blobs.size());
    in_parallel(blobs.size(), jobs, [&](std::size_t i) {
        const FileSystem::ReadResult read = repository.blob(blobs[i].id, max_file_size);
        unreadable[i] = read.error;
        found[i] = search(read.text);
    });

    std::unordered_set<git::ObjectId> reachable;
    std::vector<git::ObjectId> open;
    if (place.contains(tip)) open.push_back(tip);
    while (!open.empty()) {
        const git::ObjectId id = std::move(open.back());
        open.pop_back();
        const auto at = place.find(id);
        if (at == place.end() || !reachable.insert(id).second) continue;
        open.insert(open.end(), history[at->second].parents.begin(), history[at->second].parents.end());
    }
    std::vector<Blob> tip_blobs;
    Diagnostics ignored;  // said above
    if (const auto at = place.find(tip); at != place.end())
        TreeWalk(repository, ignored).add(history[at->second].tree, 0, tip_blobs);
    std::set<git::ObjectId> in_tip;
    for (const Blob& blob : tip_blobs) in_tip.insert(blob.id);

    // One entry for each credential and file, at its first commit.
    std::map<std::tuple<std::string, std::string, std::string>, std::size_t> known;
    std::vector<HistorySecret> secrets;
    for (std::size_t i = 0; i < blobs.size(); ++i) {
        const git::Commit& commit = history[blobs[i].commit];
        if (!unreadable[i].empty()) {
            diagnostics.file_error("blob-unreadable", blobs[i].path,
                                   "Not searched in commit " + commit.id + ": " + unreadable[i],
                                   "A credential in it would not be found.");
            continue;
        }
        for (Found& item : found[i]) {
            const auto [at, fresh] = known.emplace(std::tuple(item.kind, blobs[i].path, item.text), secrets.size());
            if (fresh) {
                HistorySecret secret;
                secret.kind = item.kind;
                secret.file = blobs[i].path;
                secret.blob = blobs[i].id;
                secret.line = item.line;
                secret.redacted = redacted(item.text);
                // Half of the hash tells any two apart.
                secret.fingerprint = sha256(item.kind + '\n' + item.text).substr(0, 32);
                secret.commit = commit.id;
                secret.time = commit.committer.time;
                secret.author = to_string(AuditPerson{commit.author.name, commit.author.email, {}});
                secret.reachable = secret.in_tip_tree = false;
                secrets.push_back(std::move(secret));
            }
            secrets[at->second].reachable |= reachable.contains(commit.id);
            secrets[at->second].in_tip_tree |= in_tip.contains(blobs[i].id);
            secrets[at->second].accepted = std::move(item.accepted);  // the newest version speaks
        }
    }
    std::stable_sort(secrets.begin(), secrets.end(), [](const HistorySecret& a, const HistorySecret& b) {
        return std::tie(a.time, a.file, a.line, a.kind) < std::tie(b.time, b.file, b.line, b.kind);
    });
    return secrets;
}

}  // namespace plumbline
