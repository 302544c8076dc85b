#include "scanner/recording_system.h"

#include "scanner/digest.h"

namespace plumbline {

class RecordingSystem::Folder : public FileSystem {
  public:
    Folder(std::unique_ptr<FileSystem> inner, std::string folder, std::shared_ptr<Record> record)
        : inner_(std::move(inner)), folder_(std::move(folder)), record_(std::move(record)) {}

    std::optional<std::vector<Entry>> list(std::string_view directory) const override {
        return inner_->list(directory);
    }
    std::optional<Entry> stat(std::string_view path) const override { return inner_->stat(path); }
    ReadResult read(std::string_view path, std::uint64_t limit) const override {
        ReadResult result = inner_->read(path, limit);
        const bool is_git = path.starts_with(".git/") || path.find("/.git/") != std::string_view::npos;
        if (result.error.empty() && !is_git) note(path, result.text);
        return result;
    }

  private:
    void note(std::string_view path, const std::string& text) const {
        ReadFile file{absolute_path(folder_, std::string(path)), sha256(text), text.size()};
        const std::scoped_lock lock(record_->mutex);
        const auto [at, is_new] = record_->files.try_emplace(file.path, file);
        if (!is_new && at->second.sha256 != file.sha256) record_->changed.insert(file.path);
    }

    std::unique_ptr<FileSystem> inner_;
    std::string folder_;
    std::shared_ptr<Record> record_;
};

std::unique_ptr<FileSystem> RecordingSystem::open(const std::string& folder) const {
    return std::make_unique<Folder>(machine_.open(folder), folder, record_);
}

std::vector<ReadFile> RecordingSystem::files() const {
    const std::scoped_lock lock(record_->mutex);
    std::vector<ReadFile> out;
    for (const auto& [path, file] : record_->files) out.push_back(file);
    return out;
}

std::vector<std::string> RecordingSystem::changed() const {
    const std::scoped_lock lock(record_->mutex);
    return {record_->changed.begin(), record_->changed.end()};
}

}  // namespace plumbline
