#include <algorithm>
#include <set>

#include "parsers/terraform/program.h"

namespace plumbline::terraform {
namespace {

constexpr std::uint64_t max_file = 16U << 20;

bool ends_with_one_of(std::string_view name, std::initializer_list<std::string_view> endings) {
    return std::any_of(endings.begin(), endings.end(), [&](std::string_view ending) { return name.ends_with(ending); });
}

void drop_replaced(std::vector<const hcl::File*>& files) {
    std::set<std::string> replaced;
    for (const hcl::File* file : files) replaced.insert(replaced_by(file->source->path()));
    std::erase_if(files, [&](const hcl::File* file) { return replaced.contains(file->source->path()); });
}

}  // namespace

std::string replaced_by(std::string_view path) {
    for (const auto& [ending, twin] : {std::pair(".tofu", ".tf"), std::pair(".tofu.json", ".tf.json")}) {
        if (path.ends_with(ending))
            return std::string(path.substr(0, path.size() - std::string_view(ending).size())) + twin;
    }
    return {};
}

bool is_terraform_file(std::string_view name) {
    const bool leaving = name.starts_with(".") || name.ends_with("~") || (name.starts_with("#") && name.ends_with("#"));
    return !leaving && ends_with_one_of(name, {".tf", ".tofu", ".tf.json", ".tofu.json"});
}

void Library::add(const hcl::File& file) {
    if (!replaced_by(file.source->path()).empty()) folders_->opentofu = true;
    folders_->files[std::string(parent_path(file.source->path()))].push_back(&file);
}

/// Files of the folder that were not named on the command line are part of the module all the same.
void Library::read_others(ModuleConfig& config, std::vector<const hcl::File*>& files) {
    const auto entries = file_system_.list(config.folder);
    if (!entries) return;
    for (const auto& entry : *entries) {
        if (entry.kind != FileSystem::Kind::file || !is_terraform_file(entry.name)) continue;
        const std::string path = config.folder.empty() ? entry.name : config.folder + "/" + entry.name;
        if (std::any_of(files.begin(), files.end(),
                        [&](const hcl::File* file) { return file->source->path() == path; }))
            continue;
        FileSystem::ReadResult read = file_system_.read(path, max_file);
        if (!read.error.empty()) {
            config.diagnostics.file_error("unreadable", path, "The file cannot be read: " + read.error,
                                          "It is part of a module; what it declares is missing.");
            continue;
        }
        if (!replaced_by(path).empty()) folders_->opentofu = true;
        const Source& source = sources_.add(path, std::move(read.text));
        config.owned.push_back(path.ends_with(".json") ? hcl::read_hcl_json(source, config.diagnostics)
                                                       : hcl::read_hcl(source, config.diagnostics));
        files.push_back(config.owned.back().get());
    }
}

const ModuleConfig* Library::module(const std::string& folder) {
    file_system_.depend_on(folder);
    const std::lock_guard lock(folders_->mutex);
    const auto have = folders_->modules.find(folder);
    if (have != folders_->modules.end()) return have->second.get();
    auto config = std::make_unique<ModuleConfig>();
    config->folder = folder;
    std::vector<const hcl::File*> files;
    if (const auto known = folders_->files.find(folder); known != folders_->files.end()) files = known->second;
    read_others(*config, files);
    drop_replaced(files);
    std::sort(files.begin(), files.end(),
              [](const hcl::File* a, const hcl::File* b) { return a->source->path() < b->source->path(); });
    config->files = std::move(files);
    if (!config->files.empty()) load_module(*config);
    const bool empty = config->files.empty() && config->diagnostics.empty();
    auto& place = folders_->modules[folder];
    if (!empty) place = std::move(config);
    return place.get();
}

}  // namespace plumbline::terraform
