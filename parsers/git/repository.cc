#include "parsers/git/repository.h"

#include <fcntl.h>
#include <git2.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <deque>
#include <fstream>
#include <map>
#include <mutex>
#include <queue>
#include <set>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "parsers/git/mirror.h"
#include "parsers/git/tree_object.h"
#include "scanner/model/text.h"

namespace plumbline::git {
namespace {

// A chain of links longer than the kernel follows (MAXSYMLINKS) is a loop.
constexpr int max_links = 40;
// Commits and trees of real repositories stay below 10 MB; a small object may claim to unpack to gigabytes.
constexpr std::size_t max_object_size = std::size_t{64} << 20;
// Trees that were read last stay in memory: whoever goes from commit to commit needs each twice, and its neighbours'
// too.
constexpr std::size_t max_kept_trees = std::size_t{8} << 20;
// The largest repositories hold half a million files. A few small trees that name one another many times over claim to
// hold any number.
constexpr std::size_t max_changes = std::size_t{1} << 20;
// Folders of a sane tree; a path of more is longer than the kernel takes.
constexpr std::size_t max_depth = 2048;

template <auto free_function>
struct Free {
    template <typename T>
    void operator()(T* object) const {
        free_function(object);
    }
};
template <typename T, auto free_function>
using Owned = std::unique_ptr<T, Free<free_function>>;

using OwnedRepository = Owned<git_repository, git_repository_free>;
using OwnedCommit = Owned<git_commit, git_commit_free>;
using OwnedTree = Owned<git_tree, git_tree_free>;
using OwnedObject = Owned<git_object, git_object_free>;
using OwnedOdbObject = Owned<git_odb_object, git_odb_object_free>;
using OwnedOdb = Owned<git_odb, git_odb_free>;
using OwnedDiff = Owned<git_diff, git_diff_free>;
using OwnedIndex = Owned<git_index, git_index_free>;
using OwnedReference = Owned<git_reference, git_reference_free>;
using OwnedReflog = Owned<git_reflog, git_reflog_free>;
using OwnedRemote = Owned<git_remote, git_remote_free>;

/// A buffer that libgit2 fills.
struct Buffer {
    git_buf data{};
    Buffer() = default;
    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;
    ~Buffer() { git_buf_dispose(&data); }
    std::string text() const { return data.ptr ? std::string(data.ptr, data.size) : std::string(); }
};

/// What libgit2 said last, as a phrase.
std::string last_error() {
    const git_error* error = git_error_last();
    return error && error->message ? printable(error->message) : std::string("unknown fault");
}

std::string hex(const git_oid& id) {
    std::array<char, GIT_OID_HEXSZ + 1> text{};
    git_oid_tostr(text.data(), text.size(), &id);
    return text.data();
}

std::optional<git_oid> parse(const ObjectId& id) {
    git_oid out;
    if (id.size() != GIT_OID_HEXSZ || git_oid_fromstr(&out, id.c_str()) != 0) return std::nullopt;
    return out;
}

/// Bytes that are no UTF-8 are read as Latin-1, which git's tools do too and which never fails.
std::string as_utf8(std::string_view bytes) {
    if (is_utf8(bytes)) return std::string(bytes);
    std::string text;
    for (const char c : bytes) append_utf8(text, static_cast<unsigned char>(c));
    return text;
}

Person person(const git_signature* signature) {
    if (!signature) return {};
    return {as_utf8(signature->name), as_utf8(signature->email), signature->when.time, signature->when.offset};
}

/// What an object claims to be, before it is unpacked: one that swells to gigabytes never is.
struct Header {
    OwnedOdb odb;  ///< null: the repository's objects cannot be reached
    bool found = false;
    std::size_t size = 0;
    git_object_t type = GIT_OBJECT_INVALID;
};

Header header_of(git_repository* repository, const git_oid& id) {
    Header header;
    git_odb* raw = nullptr;
    if (!repository || git_repository_odb(&raw, repository) != 0) return header;
    header.odb = OwnedOdb(raw);
    header.found = git_odb_read_header(&header.size, &header.type, raw, &id) == 0;
    return header;
}

/// nullopt when it is damaged; libgit2 says how.
std::optional<std::string> unpack(const Header& header, const git_oid& id) {
    git_odb_object* raw = nullptr;
    if (git_odb_read(&raw, header.odb.get(), &id) != 0) return std::nullopt;
    const OwnedOdbObject object(raw);
    return std::string(static_cast<const char*>(git_odb_object_data(raw)), git_odb_object_size(raw));
}

std::string unreachable(git_repository* repository) {
    return repository ? last_error() : std::string("the repository can no longer be opened");
}

FileSystem::ReadResult read_blob(git_repository* repository, const git_oid& id, std::uint64_t limit) {
    const Header header = header_of(repository, id);
    if (!header.odb) return {{}, unreachable(repository)};
    if (!header.found)
        return {{},
                git_odb_exists(header.odb.get(), &id)
                    ? "its object is damaged: " + last_error()
                    : std::string("its object is not in this repository (a partial or damaged clone)")};
    if (header.type != GIT_OBJECT_BLOB) return {{}, "it is no regular file"};
    if (header.size > limit) return {{}, "it is larger than the limit of " + std::to_string(limit >> 20) + " MiB"};
    auto text = unpack(header, id);
    if (!text) return {{}, "its object is damaged: " + last_error()};
    return {*std::move(text), {}};
}

/// The bytes of a tree object. Null with a phrase in `error`.
std::shared_ptr<const std::string> read_tree_bytes(git_repository* repository, const git_oid& id, std::string& error) {
    const Header header = header_of(repository, id);
    if (!header.odb) {
        error = unreachable(repository);
        return nullptr;
    }
    const auto fail = [&](const std::string& why) {
        error = "tree " + hex(id) + " cannot be read: " + why;
        return nullptr;
    };
    if (!header.found) return fail(last_error());
    if (header.type != GIT_OBJECT_TREE) return fail("it is no tree");
    if (header.size > max_object_size) return fail("it is larger than 64 MiB");
    auto bytes = unpack(header, id);
    return bytes ? std::make_shared<const std::string>(*std::move(bytes)) : fail(last_error());
}

git_oid oid_of(std::string_view raw) {
    git_oid id;
    std::memcpy(id.id, raw.data(), GIT_OID_RAWSZ);
    return id;
}

/// Handles of one repository: libgit2's objects belong to one thread at a time, so each caller borrows a handle.
class Handles {
  public:
    explicit Handles(OwnedRepository first, std::string path) : path_(std::move(path)) {
        idle_.push_back(std::move(first));
    }

    class Lease {
      public:
        Lease(Handles& from, OwnedRepository handle) : from_(from), handle_(std::move(handle)) {}
        Lease(const Lease&) = delete;
        Lease& operator=(const Lease&) = delete;
        ~Lease() {
            if (!handle_) return;
            const std::lock_guard lock(from_.mutex_);
            from_.idle_.push_back(std::move(handle_));
        }
        git_repository* get() const { return handle_.get(); }

      private:
        Handles& from_;
        OwnedRepository handle_;
    };

    Lease borrow() {
        {
            const std::lock_guard lock(mutex_);
            if (!idle_.empty()) {
                OwnedRepository handle = std::move(idle_.back());
                idle_.pop_back();
                return {*this, std::move(handle)};
            }
        }
        git_repository* opened = nullptr;
        git_repository_open_ext(&opened, path_.c_str(), GIT_REPOSITORY_OPEN_NO_SEARCH, nullptr);
        return {*this, OwnedRepository(opened)};
    }

    /// The bytes of a tree object. Null with a phrase in `error`.
    std::shared_ptr<const std::string> tree(const git_oid& id, std::string& error) {
        const std::string key(reinterpret_cast<const char*>(id.id), GIT_OID_RAWSZ);
        {
            const std::lock_guard lock(mutex_);
            if (const auto known = trees_.find(key); known != trees_.end()) return known->second;
        }
        auto bytes = read_tree_bytes(borrow().get(), id, error);
        if (!bytes || bytes->size() > max_kept_trees) return bytes;
        const std::lock_guard lock(mutex_);
        if (!trees_.emplace(key, bytes).second) return bytes;
        trees_in_order_.push_back(key);
        for (kept_ += bytes->size(); kept_ > max_kept_trees; trees_in_order_.pop_front()) {
            const auto oldest = trees_.find(trees_in_order_.front());
            kept_ -= oldest->second->size();
            trees_.erase(oldest);
        }
        return bytes;
    }

  private:
    std::string path_;
    std::mutex mutex_;
    std::vector<OwnedRepository> idle_;
    std::unordered_map<std::string, std::shared_ptr<const std::string>> trees_;  ///< by raw id
    std::deque<std::string> trees_in_order_;                                     ///< oldest first
    std::size_t kept_ = 0;                                                       ///< bytes
};

/// Whether an object is small enough to be unpacked.
bool is_sane(git_repository* repository, const git_oid& id) {
    const Header header = header_of(repository, id);
    // What has no header fails when it is looked up, with libgit2's reason.
    return header.odb && (!header.found || header.size <= max_object_size);
}

std::uint64_t blob_size(git_repository* repository, const git_oid& id) {
    const Header header = header_of(repository, id);
    return header.found ? header.size : 0;
}

/// What a tree or the index says of one name.
struct Node {
    git_oid id{};
    git_filemode_t mode = GIT_FILEMODE_UNREADABLE;
};
git_filemode_t mode_of(TreeObjectEntry::Kind kind) {
    switch (kind) {
        case TreeObjectEntry::Kind::folder:
            return GIT_FILEMODE_TREE;
        case TreeObjectEntry::Kind::link:
            return GIT_FILEMODE_LINK;
        case TreeObjectEntry::Kind::submodule:
            return GIT_FILEMODE_COMMIT;
        case TreeObjectEntry::Kind::executable:
            return GIT_FILEMODE_BLOB_EXECUTABLE;
        case TreeObjectEntry::Kind::file:
            break;
    }
    return GIT_FILEMODE_BLOB;
}

/// Sorted by name.
class Folder {
  public:
    void add(std::string name, const Node& node) { entries_.emplace_back(std::move(name), node); }
    void sort() {
        std::sort(entries_.begin(), entries_.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    }
    void reserve(std::size_t size) { entries_.reserve(size); }
    const Node* find(std::string_view name) const {
        const auto at =
            std::lower_bound(entries_.begin(), entries_.end(), name,
                             [](const auto& entry, std::string_view wanted) { return entry.first < wanted; });
        return at == entries_.end() || at->first != name ? nullptr : &at->second;
    }
    std::size_t size() const { return entries_.size(); }
    auto begin() const { return entries_.begin(); }
    auto end() const { return entries_.end(); }

  private:
    std::vector<std::pair<std::string, Node>> entries_;
};

/// What trees and the index have in common: links, kinds, content by id. A derived class gives the folders.
class NodeFileSystem : public ObjectFileSystem {
  public:
    explicit NodeFileSystem(std::shared_ptr<Handles> handles) : handles_(std::move(handles)) {}

    std::optional<std::vector<Entry>> list(std::string_view directory) const override {
        const auto found = resolve(directory);
        if (!found || found->node.mode != GIT_FILEMODE_TREE) return std::nullopt;
        const Folder* entries = folder(found->path, found->node);
        if (!entries) return std::nullopt;
        std::vector<Entry> result;
        result.reserve(entries->size());
        for (const auto& [name, node] : *entries) {
            Entry entry{name, kind_of(node.mode), 0};
            if (node.mode == GIT_FILEMODE_LINK) {
                // As on disk: a link to a file is read like the file, one to a folder is not walked.
                const auto target = resolve(found->path.empty() ? name : found->path + "/" + name);
                entry.kind = target && target->node.mode == GIT_FILEMODE_TREE ? Kind::other : Kind::file;
            }
            result.push_back(std::move(entry));
        }
        return result;
    }

    std::optional<Entry> stat(std::string_view path) const override {
        const auto found = resolve(path);
        if (!found) return std::nullopt;
        const Kind kind = kind_of(found->node.mode);
        const std::uint64_t size = kind == Kind::file ? blob_size(handles_->borrow().get(), found->node.id) : 0;
        return Entry{std::string(file_name(path)), kind, size};
    }

    ReadResult read(std::string_view path, std::uint64_t limit) const override {
        bool outside = false;
        const auto found = resolve(path, &outside);
        if (!found) return {{}, outside ? "it is a link that leads out of the scanned tree" : "no such file"};
        if (found->node.mode == GIT_FILEMODE_TREE) return {{}, "is a directory"};
        if (kind_of(found->node.mode) != Kind::file) return {{}, "it is no regular file"};
        return read_blob(handles_->borrow().get(), found->node.id, limit);
    }

    ObjectId content_id(std::string_view path) const override {
        const auto found = resolve(path);
        return found && kind_of(found->node.mode) == Kind::file ? hex(found->node.id) : ObjectId();
    }

    std::string real_path(std::string_view path) const override {
        const auto found = resolve(path);
        return found ? found->path : std::string();
    }

  protected:
    /// The entries of the folder at `path`; null when it cannot be read. Safe from several threads.
    virtual const Folder* folder(const std::string& path, const Node& node) const = 0;
    virtual Node top() const = 0;
    const std::shared_ptr<Handles> handles_;

  private:
    struct Found {
        std::string path;  ///< without links
        Node node;
    };

    static Kind kind_of(git_filemode_t mode) {
        switch (mode) {
            case GIT_FILEMODE_TREE:
                return Kind::directory;
            case GIT_FILEMODE_BLOB:
            case GIT_FILEMODE_BLOB_EXECUTABLE:
                return Kind::file;
            default:  // a submodule, or a link that leads nowhere
                return Kind::other;
        }
    }

    /// Goes to a path and follows links, those of folders on the way too.
    std::optional<Found> resolve(std::string_view path, bool* outside = nullptr) const {
        std::vector<std::string> rest;  // parts still to go, last first
        const auto push = [&](std::string_view parts) {
            const auto split_parts = split(parts, '/');
            for (auto part = split_parts.rbegin(); part != split_parts.rend(); ++part)
                if (!part->empty() && *part != ".") rest.emplace_back(*part);
        };
        push(path);
        std::vector<Found> way = {{"", top()}};
        int links = 0;
        while (!rest.empty()) {
            const std::string name = std::move(rest.back());
            rest.pop_back();
            if (name == "..") {
                if (way.size() == 1) {
                    if (outside) *outside = true;
                    return std::nullopt;
                }
                way.pop_back();
                continue;
            }
            const Found& here = way.back();
            if (here.node.mode != GIT_FILEMODE_TREE) return std::nullopt;
            const Folder* entries = folder(here.path, here.node);
            if (!entries) return std::nullopt;
            const Node* entry = entries->find(name);
            if (!entry) return std::nullopt;
            if (entry->mode == GIT_FILEMODE_LINK) {
                // A target longer than any path the kernel takes leads nowhere.
                const ReadResult target = read_blob(handles_->borrow().get(), entry->id, 4096);
                if (++links > max_links || !target.error.empty()) return std::nullopt;
                if (target.text.starts_with('/')) {
                    if (outside) *outside = true;
                    return std::nullopt;
                }
                push(target.text);
                continue;
            }
            way.push_back({here.path.empty() ? name : here.path + "/" + name, *entry});
        }
        return way.back();
    }
};

/// The tree of a commit; a folder is read when it is first asked for.
class TreeFileSystem : public NodeFileSystem {
  public:
    TreeFileSystem(std::shared_ptr<Handles> handles, const git_oid& tree)
        : NodeFileSystem(std::move(handles)), top_{tree, GIT_FILEMODE_TREE} {}

  protected:
    Node top() const override { return top_; }

    const Folder* folder(const std::string& path, const Node& node) const override {
        {
            const std::lock_guard lock(mutex_);
            const auto known = folders_.find(path);
            if (known != folders_.end()) return known->second.get();
        }
        auto entries = load(node.id);
        const std::lock_guard lock(mutex_);
        return folders_.emplace(path, std::move(entries)).first->second.get();
    }

  private:
    std::unique_ptr<Folder> load(const git_oid& id) const {
        std::string error;
        const auto bytes = handles_->tree(id, error);
        const auto read = bytes ? read_tree_object(*bytes) : std::nullopt;
        if (!read) return nullptr;
        auto entries = std::make_unique<Folder>();
        entries->reserve(read->size());
        for (const TreeObjectEntry& entry : *read)
            entries->add(std::string(entry.name), {oid_of(entry.id), mode_of(entry.kind)});
        // git sorts folders as if a slash stood behind their names.
        entries->sort();
        return entries;
    }

    const Node top_;
    mutable std::mutex mutex_;
    mutable std::unordered_map<std::string, std::unique_ptr<Folder>> folders_;
};

/// What is staged: the index is a flat list, made into folders once.
class IndexFileSystem : public NodeFileSystem {
  public:
    IndexFileSystem(std::shared_ptr<Handles> handles, git_index* index) : NodeFileSystem(std::move(handles)) {
        folders_.try_emplace("");
        const auto handle = handles_->borrow();
        if (const char* top = git_repository_workdir(handle.get())) work_tree_ = top;
        struct stat info {};
        if (const char* path = git_index_path(index); path && ::stat(path, &info) == 0) written_ = info.st_mtim.tv_sec;
        for (std::size_t i = 0; i < git_index_entrycount(index); ++i) {
            const git_index_entry* entry = git_index_get_byindex(index, i);
            const int stage = git_index_entry_stage(entry);
            // While a merge is not resolved, stages 1 to 3 are base, ours and theirs.
            if (stage != 0) conflicts_.insert(entry->path);
            if (stage != 0 && stage != 2) continue;
            add(entry->path, {entry->id, static_cast<git_filemode_t>(entry->mode)});
            // A file written in the second in which the index was may have changed since without a trace.
            if (entry->mtime.seconds < written_)
                seen_.emplace(entry->path, Seen{entry->mtime.seconds, entry->mtime.nanoseconds, entry->file_size});
            if (entry->mode == GIT_FILEMODE_LINK)
                // A target longer than any path the kernel takes leads nowhere.
                links_.push_back({entry->path, read_blob(handle.get(), entry->id, 4096).text});
        }
        for (auto& [path, folder] : folders_) folder.sort();
    }
    ReadResult glance(std::string_view path, std::uint64_t limit) const override {
        if (const auto found = seen_.find(std::string(path)); found != seen_.end() && found->second.size <= limit) {
            if (auto text = unchanged(found->first, found->second)) return {std::move(*text), {}};
        }
        return read(path, limit);
    }

    std::vector<Link> links() const { return links_; }
    std::vector<std::string> conflicts() const { return {conflicts_.begin(), conflicts_.end()}; }

  protected:
    Node top() const override { return {{}, GIT_FILEMODE_TREE}; }
    const Folder* folder(const std::string& path, const Node&) const override {
        const auto found = folders_.find(path);
        return found == folders_.end() ? nullptr : &found->second;
    }

  private:
    void add(std::string_view path, const Node& node) {
        std::string_view name = path;
        Node entry = node;
        // Up to the first folder that is there already.
        for (bool fresh = true; fresh && !name.empty();) {
            const std::string_view folder = parent_path(name);
            const auto [at, made] = folders_.try_emplace(std::string(folder));
            at->second.add(std::string(file_name(name)), entry);
            fresh = made;
            name = folder;
            entry = {{}, GIT_FILEMODE_TREE};
        }
    }

    /// What the index noted of a file when it last compared it with its content.
    struct Seen {
        std::int64_t seconds;
        std::uint32_t nanoseconds, size;
    };

    /// The file of the work tree, where it is the one that the index saw.
    std::optional<std::string> unchanged(const std::string& path, const Seen& seen) const {
        const int file = ::open((work_tree_ + path).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
        if (file < 0) return std::nullopt;
        std::optional<std::string> text;
        struct stat info {};
        if (::fstat(file, &info) == 0 && S_ISREG(info.st_mode) && info.st_size == seen.size &&
            info.st_mtim.tv_sec == seen.seconds && info.st_mtim.tv_nsec == seen.nanoseconds) {
            text.emplace(seen.size, '\0');
            // One call: files of this size come whole, or they are read from the objects.
            if (::read(file, text->data(), text->size()) != static_cast<ssize_t>(seen.size)) text.reset();
        }
        ::close(file);
        return text;
    }

    std::unordered_map<std::string, Folder> folders_;
    std::unordered_map<std::string, Seen> seen_;
    std::string work_tree_;  ///< with `/` at the end
    std::int64_t written_ = 0;
    std::vector<Link> links_;
    std::set<std::string> conflicts_;
};

class DiskRepository : public Repository {
  public:
    DiskRepository(OwnedRepository repository, const std::string& path) {
        git_folder_ = git_repository_commondir(repository.get());
        bare_ = git_repository_is_bare(repository.get()) != 0;
        // libgit2 1.5 walks over the end of a shallow clone; where it ends stands in this file, an id a line.
        std::ifstream shallow(git_folder_ + "shallow");
        for (std::string line; std::getline(shallow, line);) ends_.insert(line);
        handles_ = std::make_shared<Handles>(std::move(repository), path);
    }

    bool is_bare() const override { return bare_; }
    bool is_shallow() const override { return !ends_.empty(); }
    std::string git_folder() const override { return git_folder_; }

    std::string current_branch() const override {
        const auto handle = handles_->borrow();
        git_reference* raw = nullptr;
        if (!handle.get() || git_reference_lookup(&raw, handle.get(), "HEAD") != 0) return {};
        const OwnedReference head(raw);
        const char* target = git_reference_symbolic_target(head.get());
        constexpr std::string_view prefix = "refs/heads/";
        const std::string_view name = target ? target : "";
        return name.starts_with(prefix) ? std::string(name.substr(prefix.size())) : std::string();
    }

    std::string main_branch() const override {
        if (const auto remote = symbolic_target("refs/remotes/origin/HEAD"); !remote.empty()) {
            const std::string name = remote.substr(std::string_view("refs/remotes/origin/").size());
            return resolve("refs/heads/" + name) ? name : remote;
        }
        for (const char* name : {"main", "master", "trunk"})
            if (resolve(std::string("refs/heads/") + name)) return name;
        const std::string current = current_branch();
        return resolve(current) ? current : std::string();
    }

    std::string remote_url() const override {
        const auto handle = handles_->borrow();
        if (!handle.get()) return {};
        git_remote* raw = nullptr;
        if (git_remote_lookup(&raw, handle.get(), "origin") != 0) {
            git_strarray names{};
            if (git_remote_list(&names, handle.get()) != 0) return {};
            const bool only = names.count == 1 && git_remote_lookup(&raw, handle.get(), names.strings[0]) == 0;
            git_strarray_dispose(&names);
            if (!only) return {};
        }
        const OwnedRemote remote(raw);
        const char* url = git_remote_url(remote.get());
        return url ? without_credentials(as_utf8(url)) : std::string();
    }

    std::vector<ReflogEntry> reflog(const std::string& name) const override {
        const auto handle = handles_->borrow();
        git_reflog* raw = nullptr;
        // Reading one that is not there would make libgit2 create it.
        if (!handle.get() || git_reference_has_log(handle.get(), name.c_str()) != 1 ||
            git_reflog_read(&raw, handle.get(), name.c_str()) != 0)
            return {};
        const OwnedReflog log(raw);
        const auto id_of = [](const git_oid* id) { return id && !git_oid_is_zero(id) ? hex(*id) : ObjectId(); };
        std::vector<ReflogEntry> entries;
        for (std::size_t i = git_reflog_entrycount(log.get()); i-- > 0;) {
            const git_reflog_entry* entry = git_reflog_entry_byindex(log.get(), i);
            const char* message = git_reflog_entry_message(entry);
            entries.push_back({id_of(git_reflog_entry_id_old(entry)), id_of(git_reflog_entry_id_new(entry)),
                               person(git_reflog_entry_committer(entry)), message ? as_utf8(message) : std::string()});
        }
        return entries;
    }

    std::optional<ObjectId> resolve(const std::string& revision) const override {
        const auto handle = handles_->borrow();
        git_object* raw = nullptr;
        if (revision.empty() || !handle.get() || git_revparse_single(&raw, handle.get(), revision.c_str()) != 0)
            return std::nullopt;
        const OwnedObject object(raw);
        git_object* peeled = nullptr;
        if (git_object_peel(&peeled, object.get(), GIT_OBJECT_COMMIT) != 0) return std::nullopt;
        const OwnedObject commit(peeled);
        return hex(*git_object_id(commit.get()));
    }

    std::optional<ObjectId> merge_base(const ObjectId& a, const ObjectId& b) const override {
        const auto handle = handles_->borrow();
        const auto one = parse(a), two = parse(b);
        git_oid base;
        if (!one || !two || !handle.get() || git_merge_base(&base, handle.get(), &*one, &*two) != 0)
            return std::nullopt;
        return hex(base);
    }

    std::optional<Commit> commit(const ObjectId& id, std::string& error) const override {
        const auto handle = handles_->borrow();
        const OwnedCommit found = look_up(handle.get(), id, error);
        if (!found) return std::nullopt;
        Commit commit;
        commit.id = id;
        commit.tree = hex(*git_commit_tree_id(found.get()));
        commit.cut_off = ends_.contains(id);
        if (!commit.cut_off)
            for (unsigned i = 0; i < git_commit_parentcount(found.get()); ++i)
                commit.parents.push_back(hex(*git_commit_parent_id(found.get(), i)));
        commit.author = person(git_commit_author(found.get()));
        commit.committer = person(git_commit_committer(found.get()));
        commit.message = as_utf8(git_commit_message(found.get()));
        const std::string_view header = git_commit_raw_header(found.get());
        if (header.find("\ngpgsig") != std::string_view::npos) {
            Buffer signature, payload;
            git_oid oid = *git_commit_id(found.get());
            if (git_commit_extract_signature(&signature.data, &payload.data, handle.get(), &oid, nullptr) == 0) {
                commit.signature = signature.text();
                commit.signed_payload = payload.text();
            }
        }
        return commit;
    }

    std::vector<Commit> history(const std::vector<ObjectId>& from, const std::vector<ObjectId>& hidden,
                                std::vector<std::string>& errors) const override {
        std::unordered_map<ObjectId, Commit> reached = reachable(hidden, {}, nullptr);
        reached = reachable(from, reached, &errors);
        std::unordered_map<ObjectId, std::size_t> children;
        for (const auto& [id, commit] : reached)
            for (const ObjectId& parent : commit.parents) ++children[parent];
        using Next = std::pair<std::int64_t, ObjectId>;
        std::priority_queue<Next> ready;
        for (const auto& [id, commit] : reached)
            if (!children.contains(id)) ready.emplace(commit.committer.time, id);
        std::vector<Commit> result;
        result.reserve(reached.size());
        while (!ready.empty()) {
            Commit& commit = reached.at(ready.top().second);
            ready.pop();
            for (const ObjectId& parent : commit.parents) {
                const auto found = reached.find(parent);
                if (found != reached.end() && --children[parent] == 0)
                    ready.emplace(found->second.committer.time, parent);
            }
            result.push_back(std::move(commit));
        }
        return result;
    }

    std::optional<std::vector<Change>> changes(const ObjectId& old_commit, const ObjectId& new_commit, bool renames,
                                               std::string& error) const override {
        std::array<git_oid, 2> trees{};
        if (!tree_id(old_commit, trees[0], error) || !tree_id(new_commit, trees[1], error)) return std::nullopt;
        auto changes = compare_trees(trees[0], trees[1], error);
        if (!changes || !renames) return changes;
        const auto has = [&](Change::Kind kind) {
            return std::any_of(changes->begin(), changes->end(), [&](const Change& item) { return item.kind == kind; });
        };
        if (!has(Change::Kind::added) || !has(Change::Kind::removed)) return changes;
        const auto handle = handles_->borrow();
        const OwnedDiff diff = compare(handle.get(), old_commit, new_commit, error);
        if (!diff || !find_renames(diff.get(), 0, error)) return std::nullopt;
        return changes_of(diff.get());
    }

    ObjectId patch_id(const ObjectId& old_commit, const ObjectId& new_commit) const override {
        const auto handle = handles_->borrow();
        std::string error;
        const OwnedDiff diff = compare(handle.get(), old_commit, new_commit, error);
        git_oid id;
        return diff && git_diff_patchid(&id, diff.get(), nullptr) == 0 ? hex(id) : ObjectId();
    }

    std::vector<std::pair<std::string, ObjectId>> references() const override {
        std::vector<std::string> names;
        {
            const auto handle = handles_->borrow();
            git_strarray list{};
            if (!handle.get() || git_reference_list(&list, handle.get()) != 0) return {};
            names.assign(list.strings, list.strings + list.count);
            git_strarray_dispose(&list);
        }
        std::sort(names.begin(), names.end());
        std::vector<std::pair<std::string, ObjectId>> found;
        for (std::string& name : names)
            if (auto commit = resolve(name)) found.emplace_back(std::move(name), std::move(*commit));
        return found;
    }

    std::optional<std::vector<TreeEntry>> tree_entries(const ObjectId& id) const override {
        const auto oid = parse(id);
        std::string error;
        const auto bytes = oid ? handles_->tree(*oid, error) : nullptr;
        const auto read = bytes ? read_tree_object(*bytes) : std::nullopt;
        if (!read) return std::nullopt;
        std::vector<TreeEntry> entries;
        entries.reserve(read->size());
        for (const TreeObjectEntry& entry : *read)
            entries.push_back({entry.is_folder() ? TreeEntry::Kind::folder
                               : entry.is_file() ? TreeEntry::Kind::file
                                                 : TreeEntry::Kind::other,
                               std::string(entry.name), hex(oid_of(entry.id))});
        return entries;
    }

    FileSystem::ReadResult blob(const ObjectId& id, std::uint64_t limit) const override {
        const auto oid = parse(id);
        if (!oid) return {{}, "this is no object id"};
        return read_blob(handles_->borrow().get(), *oid, limit);
    }

    std::unique_ptr<ObjectFileSystem> tree(const ObjectId& id, std::string& error) const override {
        const auto handle = handles_->borrow();
        const OwnedCommit found = look_up(handle.get(), id, error);
        if (!found) return nullptr;
        return std::make_unique<TreeFileSystem>(handles_, *git_commit_tree_id(found.get()));
    }

    std::unique_ptr<ObjectFileSystem> index(const std::string& index_file, std::string& error) const override {
        const auto handle = handles_->borrow();
        const OwnedIndex index = open_index(handle.get(), index_file, error);
        return index ? std::make_unique<IndexFileSystem>(handles_, index.get()) : nullptr;
    }

    std::optional<Pending> staged(const ObjectId& commit, const std::string& index_file,
                                  std::string& error) const override {
        const auto handle = handles_->borrow();
        const OwnedIndex index = open_index(handle.get(), index_file, error);
        OwnedTree tree;
        if (!index || !tree_of(handle.get(), commit, tree, error)) return std::nullopt;
        git_diff_options options;
        git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION);
        options.flags = GIT_DIFF_SKIP_BINARY_CHECK;
        git_diff* raw = nullptr;
        if (git_diff_tree_to_index(&raw, handle.get(), tree.get(), index.get(), &options) != 0) {
            error = last_error();
            return std::nullopt;
        }
        return pending(OwnedDiff(raw), index.get(), 0, error);
    }

    std::optional<Pending> work_tree(const ObjectId& commit, std::string& error) const override {
        const auto handle = handles_->borrow();
        const OwnedIndex index = open_index(handle.get(), "", error);
        OwnedTree tree;
        if (!index || !tree_of(handle.get(), commit, tree, error)) return std::nullopt;
        git_diff_options options;
        git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION);
        options.flags = GIT_DIFF_SKIP_BINARY_CHECK | GIT_DIFF_INCLUDE_UNTRACKED | GIT_DIFF_RECURSE_UNTRACKED_DIRS |
                        GIT_DIFF_IGNORE_SUBMODULES;
        git_diff* raw = nullptr;
        if (git_diff_tree_to_workdir_with_index(&raw, handle.get(), tree.get(), &options) != 0) {
            error = last_error();
            return std::nullopt;
        }
        return pending(OwnedDiff(raw), index.get(), GIT_DIFF_FIND_FOR_UNTRACKED, error);
    }

    bool is_ignored(const std::string& path) const override {
        const auto handle = handles_->borrow();
        int ignored = 0;
        return handle.get() && git_ignore_path_is_ignored(&ignored, handle.get(), path.c_str()) == 0 && ignored == 1;
    }

  private:
    static OwnedCommit look_up(git_repository* handle, const ObjectId& id, std::string& error) {
        const auto oid = parse(id);
        git_commit* raw = nullptr;
        if (!oid) {
            error = quoted(id) + " is no object id";
        } else if (handle && !is_sane(handle, *oid)) {
            error = "commit " + id + " is larger than 64 MiB";
        } else if (!handle || git_commit_lookup(&raw, handle, &*oid) != 0) {
            error = "commit " + id + " cannot be read: " + last_error();
        }
        return OwnedCommit(raw);
    }

    std::string symbolic_target(const char* name) const {
        const auto handle = handles_->borrow();
        git_reference* raw = nullptr;
        if (!handle.get() || git_reference_lookup(&raw, handle.get(), name) != 0) return {};
        const OwnedReference reference(raw);
        const char* target = git_reference_symbolic_target(reference.get());
        return target && std::string_view(target).starts_with("refs/remotes/origin/") ? target : std::string();
    }

    /// Null with a phrase in `error`.
    static OwnedIndex open_index(git_repository* handle, const std::string& index_file, std::string& error) {
        git_index* raw = nullptr;
        const int status = !handle              ? -1
                           : index_file.empty() ? git_repository_index(&raw, handle)
                                                : git_index_open(&raw, index_file.c_str());
        OwnedIndex index(raw);
        // Not forced: what was just read is read again only where the file has changed since.
        if (status == 0 && git_index_read(raw, 0) == 0) return index;
        error = last_error();
        return nullptr;
    }

    /// The tree of a commit; an empty id is the empty tree, null. False with a phrase in `error`.
    static bool tree_of(git_repository* handle, const ObjectId& id, OwnedTree& tree, std::string& error) {
        if (id.empty()) return true;
        const OwnedCommit commit = look_up(handle, id, error);
        if (!commit) return false;
        git_tree* raw = nullptr;
        if (git_commit_tree(&raw, commit.get()) != 0) {
            error = "the tree of commit " + id + " cannot be read: " + last_error();
            return false;
        }
        tree.reset(raw);
        return true;
    }

    /// The name of a commit's tree; zeros for an empty id. False with a phrase in `error`.
    bool tree_id(const ObjectId& id, git_oid& tree, std::string& error) const {
        if (id.empty()) return true;
        const auto handle = handles_->borrow();
        const OwnedCommit commit = look_up(handle.get(), id, error);
        if (commit) tree = *git_commit_tree_id(commit.get());
        return commit != nullptr;
    }

    /// Walks both trees side by side and only into folders that differ: libgit2's diff makes a list of everything on
    /// its way and reads the configuration each time, which costs ten times as much where a folder holds a thousand
    /// names.
    std::optional<std::vector<Change>> compare_trees(const git_oid& before, const git_oid& after,
                                                     std::string& error) const {
        struct Open {
            git_oid before, after;  ///< zeros: nothing is there
            std::string prefix;     ///< with `/` at its end, unless it is the top
            std::size_t depth;
        };
        std::vector<Change> changes;
        std::vector<Open> open = {{before, after, "", 0}};
        const auto bytes_of = [&](const git_oid& id) {
            static const auto nothing = std::make_shared<const std::string>();
            return git_oid_is_zero(&id) ? nothing : handles_->tree(id, error);
        };
        while (!open.empty()) {
            const Open folder = std::move(open.back());
            open.pop_back();
            const auto old_bytes = bytes_of(folder.before), new_bytes = bytes_of(folder.after);
            if (!old_bytes || !new_bytes) return std::nullopt;
            const auto differences = compare_tree_objects(*old_bytes, *new_bytes);
            if (!differences || folder.depth > max_depth || changes.size() > max_changes) {
                error = "the folder " + quoted(folder.prefix) +
                        (!differences               ? " is damaged"
                         : folder.depth > max_depth ? " is nested more than " + std::to_string(max_depth) + " deep"
                                                    : " lies behind " + std::to_string(max_changes) +
                                                          " other files that differ, which is too many");
                return std::nullopt;
            }
            for (const TreeDifference& item : *differences) {
                const auto& some = item.after ? item.after : item.before;
                std::string path = folder.prefix + std::string(some->name);
                if (some->is_folder())
                    open.push_back({item.before ? oid_of(item.before->id) : git_oid{},
                                    item.after ? oid_of(item.after->id) : git_oid{}, std::move(path) + '/',
                                    folder.depth + 1});
                else
                    add_changes(std::move(path), item, changes);
            }
        }
        sort_changes(changes);
        return changes;
    }

    static void add_changes(std::string path, const TreeDifference& item, std::vector<Change>& changes) {
        const auto add = [&](Change::Kind kind, const std::optional<TreeObjectEntry>& old_entry,
                             const std::optional<TreeObjectEntry>& new_entry) {
            Change change;
            change.kind = kind;
            change.old_path = change.path = path;
            if (old_entry) change.old_blob = hex(oid_of(old_entry->id));
            if (new_entry) change.blob = hex(oid_of(new_entry->id));
            change.link = (old_entry && !old_entry->is_file()) || (new_entry && !new_entry->is_file());
            changes.push_back(std::move(change));
        };
        // What becomes a link, or stops to be one, is something else under the same name.
        const bool other = item.before && item.after && item.before->kind != item.after->kind &&
                           !(item.before->is_file() && item.after->is_file());
        if (item.before && item.after && !other) return add(Change::Kind::modified, item.before, item.after);
        if (item.before) add(Change::Kind::removed, item.before, std::nullopt);
        if (item.after) add(Change::Kind::added, std::nullopt, item.after);
    }

    static void sort_changes(std::vector<Change>& changes) {
        std::sort(changes.begin(), changes.end(), [](const Change& a, const Change& b) {
            return std::tie(a.path, a.old_path, a.kind) < std::tie(b.path, b.old_path, b.kind);
        });
    }

    static bool find_renames(git_diff* diff, unsigned more_flags, std::string& error) {
        git_diff_find_options options;
        git_diff_find_options_init(&options, GIT_DIFF_FIND_OPTIONS_VERSION);
        options.flags = GIT_DIFF_FIND_RENAMES | more_flags;
        if (git_diff_find_similar(diff, &options) == 0) return true;
        error = last_error();
        return false;
    }

    static std::vector<Change> changes_of(git_diff* diff) {
        std::vector<Change> changes;
        for (std::size_t i = 0; i < git_diff_num_deltas(diff); ++i) {
            const git_diff_delta* delta = git_diff_get_delta(diff, i);
            Change change;
            change.old_path = delta->old_file.path;
            change.path = delta->new_file.path;
            if (!git_oid_is_zero(&delta->old_file.id)) change.old_blob = hex(delta->old_file.id);
            if (!git_oid_is_zero(&delta->new_file.id)) change.blob = hex(delta->new_file.id);
            const auto is_link = [](const git_diff_file& file) {
                return file.mode == GIT_FILEMODE_LINK || file.mode == GIT_FILEMODE_COMMIT;
            };
            change.link = is_link(delta->old_file) || is_link(delta->new_file);
            change.kind = delta->status == GIT_DELTA_ADDED || delta->status == GIT_DELTA_UNTRACKED ? Change::Kind::added
                          : delta->status == GIT_DELTA_DELETED ? Change::Kind::removed
                          : delta->status == GIT_DELTA_RENAMED ? Change::Kind::renamed
                                                               : Change::Kind::modified;
            changes.push_back(std::move(change));
        }
        sort_changes(changes);
        return changes;
    }

    std::optional<Pending> pending(OwnedDiff diff, git_index* index, unsigned flags, std::string& error) const {
        if (!find_renames(diff.get(), flags, error)) return std::nullopt;
        auto files = std::make_unique<IndexFileSystem>(handles_, index);
        return Pending{changes_of(diff.get()), files->links(), files->conflicts(), std::move(files)};
    }

    /// Null with a phrase in `error`. An empty id is the empty tree.
    static OwnedDiff compare(git_repository* handle, const ObjectId& old_commit, const ObjectId& new_commit,
                             std::string& error) {
        std::array<OwnedTree, 2> trees;
        if (!tree_of(handle, old_commit, trees[0], error) || !tree_of(handle, new_commit, trees[1], error))
            return nullptr;
        git_diff_options options;
        git_diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION);
        options.flags = GIT_DIFF_SKIP_BINARY_CHECK;
        git_diff* diff = nullptr;
        if (git_diff_tree_to_tree(&diff, handle, trees[0].get(), trees[1].get(), &options) != 0) error = last_error();
        return OwnedDiff(diff);
    }

    /// Commits that can be reached from `from` without going through `stop`.
    std::unordered_map<ObjectId, Commit> reachable(const std::vector<ObjectId>& from,
                                                   const std::unordered_map<ObjectId, Commit>& stop,
                                                   std::vector<std::string>* errors) const {
        std::unordered_map<ObjectId, Commit> reached;
        std::set<ObjectId> unreadable;
        std::vector<ObjectId> open = from;
        while (!open.empty()) {
            const ObjectId id = std::move(open.back());
            open.pop_back();
            if (reached.contains(id) || stop.contains(id) || unreadable.contains(id)) continue;
            std::string error;
            auto found = commit(id, error);
            if (!found) {
                unreadable.insert(id);
                if (errors) errors->push_back(std::move(error));
                continue;
            }
            open.insert(open.end(), found->parents.begin(), found->parents.end());
            reached.emplace(id, std::move(*found));
        }
        return reached;
    }

    std::shared_ptr<Handles> handles_;
    std::string git_folder_;
    bool bare_ = false;
    std::set<ObjectId> ends_;
};

}  // namespace

void start_library() {
    static std::once_flag once;
    std::call_once(once, [] {
        git_libgit2_init();
        // Containers mount repositories of other users. The check protects programs that run what a repository's
        // configuration names; this one runs nothing.
        git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
        // It would keep up to 256 MB of objects. Each is needed a few times, shortly after one another.
        git_libgit2_opts(GIT_OPT_SET_CACHE_MAX_SIZE, static_cast<ssize_t>(16 << 20));
        // The answer must not depend on the machine's or the user's configuration.
        for (const int level :
             {GIT_CONFIG_LEVEL_PROGRAMDATA, GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL})
            git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, "");
    });
}

std::string without_credentials(std::string url) {
    const std::size_t scheme = url.find("://");
    if (scheme == std::string::npos) return url;
    const std::size_t host = scheme + 3;
    const std::size_t at = url.rfind('@', url.find('/', host));
    if (at != std::string::npos && at > host) url.erase(host, at + 1 - host);
    return url;
}

std::shared_ptr<Repository> Repository::open(const std::string& path, std::string& error) {
    start_library();
    git_repository* raw = nullptr;
    if (git_repository_open_ext(&raw, path.c_str(), GIT_REPOSITORY_OPEN_NO_SEARCH, nullptr) != 0) {
        error = last_error();
        return nullptr;
    }
    return std::make_shared<DiskRepository>(OwnedRepository(raw), path);
}

std::string path_setting(const std::vector<std::string>& files, const std::string& name) {
    start_library();
    git_config* raw = nullptr;
    if (git_config_new(&raw) != 0) return {};
    const Owned<git_config, git_config_free> config(raw);
    // Levels are only an order here; libgit2 lets each be used once.
    int level = GIT_CONFIG_LEVEL_PROGRAMDATA;
    for (const std::string& file : files)
        git_config_add_file_ondisk(raw, file.c_str(), static_cast<git_config_level_t>(level++), nullptr, 0);
    Buffer value;
    return git_config_get_string_buf(&value.data, raw, name.c_str()) == 0 ? value.text() : std::string();
}

}  // namespace plumbline::git
