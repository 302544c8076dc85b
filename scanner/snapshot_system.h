#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "parsers/git/repository.h"
#include "scanner/system.h"

namespace plumbline {

/// A machine whose repository at `top` shows a snapshot (a commit's tree, the index) instead of its work tree. Whatever
/// lies elsewhere is as it is. So every command reads its configuration, rules, waivers and inputs from the snapshot,
/// with the code that reads them from disk.
class SnapshotSystem : public System {
  public:
    /// `top`: absolute, without links; of a bare repository its own folder, which then shows the snapshot.
    SnapshotSystem(System& machine, std::string top, std::shared_ptr<const FileSystem> snapshot)
        : machine_(machine), top_(std::move(top)), snapshot_(std::move(snapshot)) {}

    std::unique_ptr<FileSystem> open(const std::string& folder) const override;
    std::optional<std::string> real_path(const std::string& path) const override;
    /// Goes to the machine: a snapshot never changes.
    std::string write(const std::string& path, std::string_view text) override { return machine_.write(path, text); }
    std::unique_ptr<NewFolder> new_folder(const std::string& parent, std::string& error) override {
        return machine_.new_folder(parent, error);
    }
    ProcessResult run_program(const std::vector<std::string>& arguments, std::string_view input) override {
        return machine_.run_program(arguments, input);
    }
    bool has_program(const std::string& name) const override { return machine_.has_program(name); }
    /// Programs see the work tree, which may differ from the snapshot.
    ProcessResult render(const std::string&, const std::vector<std::string>&, const std::string&) override {
        ProcessResult result;
        result.fault = "only what lies in the work tree can be rendered";
        return result;
    }

  private:
    System& machine_;
    std::string top_;
    std::shared_ptr<const FileSystem> snapshot_;
};

}  // namespace plumbline
