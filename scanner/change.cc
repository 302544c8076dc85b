#include "scanner/change.h"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "parsers/parser.h"
#include "parsers/terraform/dependencies.h"
#include "scanner/discover.h"
#include "scanner/model/text.h"
#include "scanner/place.h"

namespace plumbline {
namespace {

/// A tree of git with the files beside it that git ignores, and what submodules hold.
class WithIgnoredFiles : public FileSystem {
  public:
    WithIgnoredFiles(std::shared_ptr<const FileSystem> tree, std::shared_ptr<const FileSystem> machine,
                     std::shared_ptr<const git::Repository> repository)
        : tree_(std::move(tree)), machine_(std::move(machine)), repository_(std::move(repository)) {}

    std::optional<std::vector<Entry>> list(std::string_view directory) const override {
        auto entries = tree_->list(directory);
        if (!entries && !is_machines(directory)) return std::nullopt;
        auto beside = machine_->list(directory);
        if (!entries) return beside;
        if (!beside) return entries;
        const std::size_t own = entries->size();
        const auto known = [&](const Entry& entry) {
            const auto end = entries->begin() + static_cast<std::ptrdiff_t>(own);
            const auto found = std::lower_bound(entries->begin(), end, entry.name,
                                                [](const Entry& a, const std::string& name) { return a.name < name; });
            return found != end && found->name == entry.name ? &*found : nullptr;
        };
        std::vector<Entry> more;
        for (Entry& entry : *beside) {
            Entry* have = known(entry);
            if (have && have->kind == Kind::other && entry.kind == Kind::directory)
                have->kind = Kind::directory;  // a submodule
            else if (!have && entry.name != ".git" && is_machines(join(directory, entry.name)))
                more.push_back(std::move(entry));
        }
        entries->insert(entries->end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
        std::sort(entries->begin(), entries->end(), [](const Entry& a, const Entry& b) { return a.name < b.name; });
        return entries;
    }
    std::optional<Entry> stat(std::string_view path) const override {
        auto entry = tree_->stat(path);
        if (entry && entry->kind != Kind::other) return entry;
        return is_machines(path) ? machine_->stat(path) : entry;
    }
    ReadResult read(std::string_view path, std::uint64_t limit) const override {
        const auto entry = tree_->stat(path);
        if ((entry && entry->kind == Kind::file) || !is_machines(path)) return tree_->read(path, limit);
        return machine_->read(path, limit);
    }

  private:
    static std::string join(std::string_view folder, const std::string& name) {
        return folder.empty() ? name : std::string(folder) + "/" + name;
    }
    /// Whether a path that the tree does not hold is one of the machine's.
    bool is_machines(std::string_view path) const {
        if (path.empty() || path == ".git" || path.starts_with(".git/")) return false;
        for (std::string_view at = parent_path(path); !at.empty(); at = parent_path(at)) {
            const auto entry = tree_->stat(at);
            if (!entry) continue;
            if (entry->kind == Kind::other) return true;  // below a submodule
            break;
        }
        return repository_->is_ignored(std::string(path));
    }

    std::shared_ptr<const FileSystem> tree_;
    std::shared_ptr<const FileSystem> machine_;
    std::shared_ptr<const git::Repository> repository_;
};

std::string setting(const Call& call, const std::string& name) {
    const auto found = call.environment.find(name);
    return found == call.environment.end() ? std::string() : found->second;
}

/// Opens the repository around what was named; as git does, GIT_DIR names it where there is none around.
std::shared_ptr<git::Repository> open_repository(const Options& options, const Call& call, const System& system,
                                                 std::string& top, std::string& error) {
    Diagnostics ignored;  // what does not exist is told when the scan looks for it
    top = locate(options.arguments, call.working_directory, system, ignored).root;
    if (auto repository = git::Repository::open(top, error)) return repository;
    if (const std::string folder = setting(call, "GIT_DIR"); !folder.empty()) {
        const std::string tree = setting(call, "GIT_WORK_TREE");
        top = tree.empty() ? call.working_directory : absolute_path(call.working_directory, tree);
        if (auto repository = git::Repository::open(absolute_path(call.working_directory, folder), error))
            return repository;
    }
    error = printable(top) + " is in no git repository (" + error + ").";
    return nullptr;
}

/// The commit to compare with. False with the reason.
bool find_base(const git::Repository& repository, const Options& options, Change& change, std::string& error) {
    const auto head = repository.resolve("HEAD");
    if (options.staged) {
        change.base = head.value_or("");  // before the first commit there was nothing
        return true;
    }
    const auto revision = repository.resolve(options.diff);
    if (!revision) {
        error = "--diff: there is no revision " + quoted(options.diff) + " here. " +
                (repository.is_shallow() ? "This clone is shallow: fetch it, or clone with the whole history."
                                         : "Name a branch, a tag or a commit, such as origin/main; fetch it first.");
        return false;
    }
    if (!head) {
        change.base = *revision;
        return true;
    }
    if (const auto base = repository.merge_base(*revision, *head)) {
        change.base = *base;
        return true;
    }
    error = "--diff: HEAD and " + quoted(options.diff) + " have no commit in common here. " +
            (repository.is_shallow() ? "This clone is shallow: fetch its history (git fetch --unshallow)."
                                     : "Name a revision that the branch started from.");
    return false;
}

std::string conflict_text(const std::vector<std::string>& paths) {
    std::string list;
    for (std::size_t i = 0; i < paths.size() && i < 5; ++i) list += (i ? ", " : "") + printable(paths[i]);
    if (paths.size() > 5) list += " and " + std::to_string(paths.size() - 5) + " more";
    return "--staged: the merge is not resolved in " + list +
           ". What is going to be committed is not known yet: resolve it and `git add` the files.";
}

void note_changes(Change& change) {
    for (const git::Change& file : change.files) {
        for (const std::string* path : {&file.old_path, &file.path})
            if (!path->empty()) change.changed.insert(*path);
        if (file.kind == git::Change::Kind::renamed) change.renamed.emplace(file.old_path, file.path);
    }
}

bool wanted_as_document(std::string_view path) {
    return std::any_of(parsers().begin(), parsers().end(),
                       [&](const Parser* parser) { return parser->name() != "terraform" && parser->wants(path); });
}

bool is_terraform(std::string_view path) {
    return std::any_of(parsers().begin(), parsers().end(),
                       [&](const Parser* parser) { return parser->name() == "terraform" && parser->wants(path); });
}

bool is_variable_file(std::string_view path) {
    return path.ends_with(".tfvars") || path.ends_with(".tfvars.json");
}

/// Names under which changed files are reached through links, added to `changed`.
void follow_links(const Change& change, std::set<std::string, std::less<>>& changed) {
    // A link to a link to ...; longer chains are not followed by readers either.
    constexpr int max_rounds = 40;
    for (int round = 0; round < max_rounds; ++round) {
        std::vector<std::string> more;
        for (const git::Link& link : change.links) {
            const auto target = join_path(parent_path(link.path), link.target);
            if (!target) continue;
            for (auto at = changed.lower_bound(*target); at != changed.end() && at->starts_with(*target); ++at) {
                if (is_below(*at, *target)) more.push_back(link.path + at->substr(target->size()));
            }
        }
        const std::size_t before = changed.size();
        // A link into its own folder makes ever longer names.
        for (std::string& path : more)
            if (path.size() < 4096) changed.insert(std::move(path));
        if (changed.size() == before) return;
    }
}

/// Which Terraform folders the change can touch: those with a changed file, those that may read one, and all that call
/// them.
class TerraformFolders {
  public:
    TerraformFolders(const Change& change, const std::set<std::string, std::less<>>& changed, const FileSystem& after)
        : change_(change), changed_(changed), after_(after) {
        for (const std::string& path : changed_) {
            touched_.insert(path);  // a link to a folder
            if (is_terraform(path) || is_variable_file(path)) touched_.emplace(parent_path(path));
            // Copies of modules, and where they are, belong to the folder above.
            const std::size_t at = ("/" + path).find("/.terraform/");
            if (at != std::string::npos) touched_.insert(at == 0 ? std::string() : path.substr(0, at - 1));
            if (!is_terraform(path)) others_.push_back(path);
        }
    }

    /// A file on either side.
    void add(const std::string& path) {
        const std::string folder(parent_path(path));
        folders_.insert(folder);
        if (!change_.changed.contains(path) && change_.objects) {
            const git::ObjectId id = change_.objects->content_id(path);
            const auto known = by_content_.find(id);
            if (!id.empty() && known != by_content_.end()) return note(folder, known->second);
            const std::string text = glance(path);
            return note(folder, by_content_.emplace(id, terraform::dependencies_of(text)).first->second);
        }
        for (const FileSystem* side : {&after_, change_.before.get()})
            if (side) note(folder, terraform::dependencies_of(side->read(path, max_file_size).text));
    }

    /// After the last file.
    std::unordered_set<std::string> take() {
        for (const std::string& folder : folders_) installed_modules(folder);
        std::vector<std::string> open(touched_.begin(), touched_.end());
        std::unordered_set<std::string> reached(touched_.begin(), touched_.end());
        while (!open.empty()) {
            const std::string at = std::move(open.back());
            open.pop_back();
            const auto callers = callers_.find(at);
            if (callers == callers_.end()) continue;
            for (const std::string& caller : callers->second)
                if (reached.insert(caller).second) open.push_back(caller);
        }
        return reached;
    }

  private:
    std::string glance(const std::string& path) const {
        auto seen = change_.objects->glance(path, max_file_size);
        // With another encoding in the work tree than in the objects, words would not be found.
        if (seen.text.find('\0') != std::string::npos) seen = change_.objects->read(path, max_file_size);
        return std::move(seen.text);
    }

    void note(const std::string& folder, const terraform::Dependencies& dependencies) {
        for (const std::string& source : dependencies.folders)
            if (const auto target = join_path(folder, source)) callers_[*target].insert(folder);
        if (dependencies.anything || std::any_of(others_.begin(), others_.end(), [&](const std::string& path) {
                return terraform::may_read(dependencies, path);
            }))
            touched_.insert(folder);
    }

    /// `terraform init` writes down where modules lie, which may be anywhere in the tree.
    void installed_modules(const std::string& folder) {
        const std::string path = (folder.empty() ? "" : folder + "/") + ".terraform/modules/modules.json";
        if (!(change_.machine ? change_.machine.get() : &after_)->exists(path)) return;
        const std::string text = after_.read(path, max_file_size).text;
        constexpr std::string_view key = "\"Dir\"";
        for (std::size_t at = text.find(key); at != std::string::npos; at = text.find(key, at + 1)) {
            const std::size_t begin = text.find('"', at + key.size());
            const std::size_t end = begin == std::string::npos ? begin : text.find('"', begin + 1);
            if (end == std::string::npos) return;
            if (const auto target = join_path(folder, text.substr(begin + 1, end - begin - 1)))
                callers_[*target].insert(folder);
        }
    }

    const Change& change_;
    const std::set<std::string, std::less<>>& changed_;
    const FileSystem& after_;
    std::vector<std::string> others_;  // changed files that are no Terraform
    std::set<std::string, std::less<>> touched_, folders_;
    std::unordered_map<std::string, terraform::Dependencies> by_content_;
    std::unordered_map<std::string, std::set<std::string>> callers_;
};

/// Whether the change can touch what is judged of all other languages: manifests are linked across folders, templates
/// and pipelines include each other. They are judged together then.
bool touches_documents(const Change& change, const std::set<std::string, std::less<>>& changed,
                       const std::vector<std::string>& documents, const FileSystem& after) {
    std::vector<std::string_view> names;
    for (const std::string& path : changed) {
        if (is_terraform(path)) continue;
        if (wanted_as_document(path)) return true;
        names.push_back(file_name(path));
    }
    if (names.empty() || documents.empty()) return false;
    const bool other_files = std::any_of(change.files.begin(), change.files.end(), [](const git::Change& file) {
        return file.kind != git::Change::Kind::modified;
    });
    for (const std::string& path : documents) {
        // It is asked which package managers the repository uses.
        if (other_files && file_name(path).starts_with("dependabot.")) return true;
        const std::string text = after.read(path, max_file_size).text;
        // Included by name; an escape may hide one.
        if (text.find("\\u") != std::string::npos || text.find("\\x") != std::string::npos) return true;
        for (std::string_view name : names)
            if (text.find(name) != std::string::npos) return true;
    }
    return false;
}

/// Whether a changed file gives variables to every root.
bool touches_inputs(const std::set<std::string, std::less<>>& changed, const std::vector<Environment>& environments) {
    for (const Environment& environment : environments) {
        for (const Inputs::Assignment& assignment : environment.inputs.assignments) {
            if (assignment.kind != Inputs::Assignment::Kind::variable_file) continue;
            for (const std::string& path : changed)
                if (path == assignment.text || path.ends_with("/" + assignment.text)) return true;
        }
    }
    return false;
}

/// The files that a scan of the old side takes. Walking that side is only needed where files are named, whose
/// neighbours count; otherwise what was removed says it.
std::vector<std::string> old_files(const Change& change, const std::vector<std::string>& after,
                                   const std::vector<std::string>& paths, const std::vector<std::string>& exclude) {
    MemoryFileSystem removed;
    std::set<std::string_view> added;
    for (const git::Change& file : change.files) {
        const bool moved = file.path != file.old_path;
        if (file.kind == git::Change::Kind::removed || moved) removed.add(file.old_path, "");
        if (file.kind == git::Change::Kind::added || moved) added.insert(file.path);
    }
    const auto is_folder = [&](const std::string& path) {
        const auto entry = change.before->stat(path);
        return !entry || entry->kind == FileSystem::Kind::directory;
    };
    const bool named_files = !std::all_of(paths.begin(), paths.end(), is_folder);
    const FileSystem& walked = named_files ? *change.before : removed;
    std::vector<std::string> here;
    for (const std::string& path : paths)
        if (walked.exists(path)) here.push_back(path);
    Diagnostics ignored;
    std::vector<std::string> before = discover(walked, here, exclude, ignored);
    if (named_files) return without_ignored(change, std::move(before));
    for (const std::string& path : after)
        if (!added.contains(path)) before.push_back(path);
    std::sort(before.begin(), before.end());
    before.erase(std::unique(before.begin(), before.end()), before.end());
    return before;
}

}  // namespace

std::optional<Change> open_change(const Options& options, const Call& call, const System& system, std::string& error) {
    Change change;
    const std::shared_ptr<git::Repository> repository = open_repository(options, call, system, change.top, error);
    if (!repository) return std::nullopt;
    if (options.staged && repository->is_bare()) {
        error = "--staged: this repository is bare, so nothing can be staged. `--diff REV` compares commits.";
        return std::nullopt;
    }
    if (!find_base(*repository, options, change, error)) return std::nullopt;
    const auto with_machine = [&](std::shared_ptr<const FileSystem> tree) -> std::shared_ptr<const FileSystem> {
        if (repository->is_bare()) return tree;
        return std::make_shared<WithIgnoredFiles>(std::move(tree), change.machine, repository);
    };
    if (!repository->is_bare()) change.machine = system.open(change.top);
    std::shared_ptr<const git::ObjectFileSystem> old_tree;
    if (!change.base.empty()) {
        old_tree = repository->tree(change.base, error);
        if (!old_tree) return std::nullopt;
        change.before = with_machine(old_tree);
    }
    std::optional<git::Pending> pending;
    if (options.staged) {
        const std::string file = setting(call, "GIT_INDEX_FILE");
        pending =
            repository->staged(change.base, file.empty() ? "" : absolute_path(call.working_directory, file), error);
        if (pending && !pending->conflicts.empty()) {
            error = conflict_text(pending->conflicts);
            return std::nullopt;
        }
    } else if (!repository->is_bare()) {
        pending = repository->work_tree(change.base, error);
    } else {
        const git::ObjectId head = repository->resolve("HEAD").value_or(change.base);
        std::shared_ptr<const git::ObjectFileSystem> tree = repository->tree(head, error);
        auto files = repository->changes(change.base, head, true, error);
        if (!tree || !files) return std::nullopt;
        change.files = std::move(*files);
        change.after = tree;
    }
    if (!pending && !change.after) return std::nullopt;
    if (pending) {
        change.files = std::move(pending->changes);
        change.links = std::move(pending->links);
        if (options.staged) {
            change.objects = std::move(pending->index);
            change.after = with_machine(change.objects);
        }
    }
    if (!change.objects) change.objects = old_tree;
    note_changes(change);
    return change;
}

std::vector<std::string> without_ignored(const Change& change, std::vector<std::string> files) {
    std::erase_if(files, [&](const std::string& path) {
        return !change.changed.contains(path) && change.objects && !change.objects->exists(path);
    });
    return files;
}

Touched touched(const Change& change, const std::vector<std::string>& after, const WholeScan& scan,
                const FileSystem& new_side) {
    if (change.files.empty()) return {};
    if (!change.before) return {{}, after};
    std::vector<std::string> before = old_files(change, after, scan.paths, scan.exclude);
    std::set<std::string, std::less<>> changed = change.changed;
    follow_links(change, changed);
    if (changed.contains(scan.waivers) || touches_inputs(changed, scan.environments)) return {std::move(before), after};
    std::vector<std::string> all;
    std::set_union(before.begin(), before.end(), after.begin(), after.end(), std::back_inserter(all));
    TerraformFolders terraform(change, changed, new_side);
    std::vector<std::string> documents;
    for (const std::string& path : all) {
        if (is_terraform(path))
            terraform.add(path);
        else
            documents.push_back(path);
    }
    const std::unordered_set<std::string> folders = terraform.take();
    const bool every_document = touches_documents(change, changed, documents, new_side);
    const auto is_touched = [&](const std::string& path) {
        const std::string folder(parent_path(path));
        if (folders.contains(folder)) return true;
        if (is_terraform(path)) return false;
        // A plan is read with the module in its folder or in the one above.
        return every_document || folders.contains(std::string(parent_path(folder)));
    };
    Touched out;
    std::copy_if(before.begin(), before.end(), std::back_inserter(out.before), is_touched);
    std::copy_if(after.begin(), after.end(), std::back_inserter(out.after), is_touched);
    return out;
}

}  // namespace plumbline
