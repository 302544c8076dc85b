#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "parsers/parser.h"
#include "parsers/terraform/evaluate.h"
#include "parsers/terraform/module_config.h"

namespace plumbline::terraform {

/// Whether Terraform or OpenTofu reads a file of that name (without its folder); they pass by an editor's leavings.
bool is_terraform_file(std::string_view name);

/// The path of the file that OpenTofu passes by because of this one: x.tf beside x.tofu; empty when there is none.
std::string replaced_by(std::string_view path);

/// The folders of a scanned tree that hold Terraform files, loaded on demand and shared by the roots that call them.
class Library {
  public:
    Library(const FileSystem& file_system, SourceSet& sources)
        : file_system_(file_system), sources_(sources), folders_(std::make_shared<Folders>()) {}
    /// The same folders, read through a file system that records what one root depends on.
    Library(const Library& other, const FileSystem& file_system)
        : file_system_(file_system), sources_(other.sources_), folders_(other.folders_) {}
    void add(const hcl::File& file);
    /// Null when the folder has no Terraform files.
    const ModuleConfig* module(const std::string& folder);
    const FileSystem& file_system() const { return file_system_; }
    SourceSet& sources() const { return sources_; }
    /// Whether there are files that only OpenTofu reads: then its own functions and rules hold.
    bool opentofu() const { return folders_->opentofu; }

  private:
    struct Folders {
        std::mutex mutex;
        std::atomic<bool> opentofu = false;
        std::map<std::string, std::vector<const hcl::File*>> files;
        std::map<std::string, std::unique_ptr<ModuleConfig>> modules;
    };

    void read_others(ModuleConfig& config, std::vector<const hcl::File*>& files);

    const FileSystem& file_system_;
    SourceSet& sources_;
    std::shared_ptr<Folders> folders_;
};

struct Output {
    std::string name;
    Value value;
};

/// What a root module comes to. Resources are in the graph; outputs are the root's own.
struct ProgramResult {
    RootResult root;
    std::vector<Output> outputs;
    /// Every module that took part, each once: the root's first. They belong to the library.
    std::vector<const ModuleConfig*> modules;
    /// Something that Terraform itself would refuse was met; the diagnostics say what.
    bool refused = false;
};

struct ProgramOptions {
    Inputs inputs;
    /// As `terraform plan -input=false`: a variable without a value is refused. Otherwise it is unknown.
    bool strict = false;
    /// Where relative paths of functions start, as the program shows it (`path.cwd`).
    std::string working_directory = "/";
};

/// Evaluates the root module in `folder`.
ProgramResult evaluate_program(Library& library, const std::string& folder, const ProgramOptions& options);

/// Evaluates one expression after another in the root module's scope. `visit` gets the value and the diagnostics.
void evaluate_expressions(Library& library, const std::string& folder, const ProgramOptions& options,
                          std::span<const std::string> expressions,
                          const std::function<void(std::size_t, const Value&, const Diagnostics&)>& visit);

}  // namespace plumbline::terraform
