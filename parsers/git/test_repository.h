#pragma once

#include <git2.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace plumbline::git {

/// For tests: a repository in a temporary folder, made through libgit2 alone, so that tests run where no git is
/// installed and get the same ids everywhere. Removed at the end.
class TestRepository {
  public:
    struct Who {
        std::string name, email;
    };
    struct Entry {
        std::string text;
        git_filemode_t mode = GIT_FILEMODE_BLOB;
    };
    using Files = std::map<std::string, Entry>;

    explicit TestRepository(const std::string& name, bool bare = false) {
        git_libgit2_init();
        path_ = (std::filesystem::temp_directory_path() / ("plumbline-test-" + name + "-" + std::to_string(::getpid())))
                    .string();
        std::filesystem::remove_all(path_);
        git_repository_init_options options = GIT_REPOSITORY_INIT_OPTIONS_INIT;
        options.flags = GIT_REPOSITORY_INIT_MKPATH;
        if (bare) options.flags |= GIT_REPOSITORY_INIT_BARE;
        options.initial_head = "main";
        check(git_repository_init_ext(&repository_, path_.c_str(), &options));
    }
    TestRepository(const TestRepository&) = delete;
    TestRepository& operator=(const TestRepository&) = delete;
    ~TestRepository() {
        git_repository_free(repository_);
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    const std::string& path() const { return path_; }
    git_repository* raw() { return repository_; }

    /// Makes a commit of exactly these files and moves `branch` to it. `time` is in seconds since 1970.
    std::string commit(const Files& files, const std::string& message, std::int64_t time,
                       const std::vector<std::string>& parents, const std::string& branch = "main",
                       const Who& author = {"Ann", "ann@example.org"},
                       const std::optional<Who>& committer = std::nullopt) {
        git_tree* tree = nullptr;
        const git_oid tree_id = write_tree(files);
        check(git_tree_lookup(&tree, repository_, &tree_id));
        std::vector<git_commit*> parent_commits;
        for (const std::string& parent : parents) {
            git_oid id;
            check(git_oid_fromstr(&id, parent.c_str()));
            git_commit* found = nullptr;
            check(git_commit_lookup(&found, repository_, &id));
            parent_commits.push_back(found);
        }
        const Who by = committer.value_or(author);
        git_signature *author_signature = nullptr, *committer_signature = nullptr;
        check(git_signature_new(&author_signature, author.name.c_str(), author.email.c_str(), time, 0));
        check(git_signature_new(&committer_signature, by.name.c_str(), by.email.c_str(), time, 0));
        git_oid id;
        check(git_commit_create(&id, repository_, nullptr, author_signature, committer_signature, nullptr,
                                message.c_str(), tree, parent_commits.size(),
                                const_cast<const git_commit**>(parent_commits.data())));
        git_signature_free(author_signature);
        git_signature_free(committer_signature);
        for (git_commit* parent : parent_commits) git_commit_free(parent);
        git_tree_free(tree);
        const std::string text = git_oid_tostr_s(&id);
        if (!branch.empty()) set_branch(branch, text);
        return text;
    }

    void set_branch(const std::string& branch, const std::string& commit) {
        git_oid id;
        check(git_oid_fromstr(&id, commit.c_str()));
        git_reference* reference = nullptr;
        check(git_reference_create(&reference, repository_, ("refs/heads/" + branch).c_str(), &id, 1, nullptr));
        git_reference_free(reference);
    }

    /// Puts exactly these files into the index; the work tree stays as it is.
    void stage(const Files& files) {
        git_index* index = nullptr;
        check(git_repository_index(&index, repository_));
        check(git_index_clear(index));
        for (const auto& [path, entry] : files) {
            git_index_entry item{};
            item.path = path.c_str();
            item.mode = entry.mode;
            check(git_index_add_from_buffer(index, &item, entry.text.data(), entry.text.size()));
        }
        check(git_index_write(index));
        git_index_free(index);
    }

  private:
    static void check(int status) {
        if (status < 0) throw std::runtime_error(git_error_last() ? git_error_last()->message : "libgit2 failed");
    }

    git_oid write_tree(const Files& files) {
        git_index* index = nullptr;
        check(git_index_new(&index));
        for (const auto& [path, entry] : files) {
            git_index_entry item{};
            check(git_blob_create_from_buffer(&item.id, repository_, entry.text.data(), entry.text.size()));
            item.path = path.c_str();
            item.mode = entry.mode;
            check(git_index_add(index, &item));
        }
        git_oid id;
        check(git_index_write_tree_to(&id, index, repository_));
        git_index_free(index);
        return id;
    }

    std::string path_;
    git_repository* repository_ = nullptr;
};

}  // namespace plumbline::git
