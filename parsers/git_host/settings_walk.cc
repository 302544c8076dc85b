#include "parsers/git_host/settings_walk.h"

#include <algorithm>
#include <array>

namespace plumbline::git_host {
namespace {

// Exports that scripts put together have a level for the organization, the repository and the kind of setting.
constexpr std::size_t max_depth = 5;

struct Open {
    std::string path;
    Value value;
    Span span;
    std::size_t depth;
};

bool is_plain_name(std::string_view name) {
    return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    });
}

std::string step(const std::string& path, std::string_view name) {
    const std::string base = path == "$" ? "" : path;
    if (!is_plain_name(name)) return base + "[\"" + std::string(name) + "\"]";
    return base.empty() ? std::string(name) : base + "." + std::string(name);
}

/// Other tools' JSON that can hold settings of a git host inside: a Terraform plan or state, a template, a manifest.
bool is_other_document(const Value& root) {
    static constexpr std::array<std::string_view, 6> keys = {"terraform_version", "format_version", "Resources",
                                                             "apiVersion",        "resource",       "$schema"};
    return std::any_of(keys.begin(), keys.end(), [&](std::string_view key) { return root.find(key) != nullptr; });
}

}  // namespace

std::vector<ExportedObject> exported_objects(const HostFile& file, const Classify& classify) {
    std::vector<ExportedObject> found;
    if (is_other_document(file.root)) return found;
    std::vector<Open> open = {{"$", file.root, file.root.origin(), 0}};
    while (!open.empty()) {
        Open item = std::move(open.back());
        open.pop_back();
        if (const std::string_view type = classify(item.value); !type.empty()) {
            found.push_back({std::move(item.path), std::string(type), std::move(item.value), item.span});
            continue;
        }
        if (item.depth >= max_depth) continue;
        const std::string base = item.path == "$" ? "" : item.path;
        for (std::size_t i = 0; i < item.value.elements().size(); ++i) {
            const Value& element = item.value.elements()[i];
            if (element.is_mapping() || element.is_sequence())
                open.push_back({base + "[" + std::to_string(i) + "]", element, element.origin(), item.depth + 1});
        }
        for (const Member& member : item.value.members()) {
            if (member.value.is_mapping() || member.value.is_sequence())
                open.push_back({step(item.path, member.name), member.value, member.span, item.depth + 1});
        }
    }
    std::stable_sort(found.begin(), found.end(),
                     [](const ExportedObject& a, const ExportedObject& b) { return a.span < b.span; });
    return found;
}

bool holds_export(const Source& source, std::span<const std::string_view> markers, const Classify& classify) {
    const std::string_view text = source.text();
    const bool marked = std::any_of(markers.begin(), markers.end(), [&](std::string_view marker) {
        return text.find(marker) != std::string_view::npos;
    });
    if (!marked) return false;
    Diagnostics ignored;  // reported when the file is parsed
    const auto file = read_json_file(source, ignored);
    // A broken file of this kind is ours to report.
    if (ignored.has_errors()) return true;
    return !exported_objects(*file, classify).empty();
}

}  // namespace plumbline::git_host
