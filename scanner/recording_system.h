#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/system.h"

namespace plumbline {

/// A file that was read, for evidence.
struct ReadFile {
    std::string path;  ///< absolute
    std::string sha256;
    std::uint64_t bytes = 0;
};

/// A machine that notes every file that is read from it: inputs, modules, configuration, waivers, rules, whoever reads
/// them. What lies in `.git` is no input.
class RecordingSystem : public System {
  public:
    explicit RecordingSystem(System& machine) : machine_(machine) {}

    std::unique_ptr<FileSystem> open(const std::string& folder) const override;
    std::optional<std::string> real_path(const std::string& path) const override { return machine_.real_path(path); }
    std::string write(const std::string& path, std::string_view text) override { return machine_.write(path, text); }
    std::unique_ptr<NewFolder> new_folder(const std::string& parent, std::string& error) override {
        return machine_.new_folder(parent, error);
    }
    ProcessResult run_program(const std::vector<std::string>& arguments, std::string_view input) override {
        return machine_.run_program(arguments, input);
    }
    bool has_program(const std::string& name) const override { return machine_.has_program(name); }
    ProcessResult render(const std::string& name, const std::vector<std::string>& arguments,
                         const std::string& folder) override {
        return machine_.render(name, arguments, folder);
    }

    /// What was read so far, sorted by path, each once.
    std::vector<ReadFile> files() const;
    /// Files that were read more than once and were not the same each time: nobody knows which one was judged.
    std::vector<std::string> changed() const;

  private:
    struct Record {
        std::mutex mutex;
        std::map<std::string, ReadFile> files;
        std::set<std::string> changed;
    };
    class Folder;

    System& machine_;
    std::shared_ptr<Record> record_ = std::make_shared<Record>();
};

}  // namespace plumbline
