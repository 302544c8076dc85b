#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "parsers/kubernetes/kubernetes_parser.h"

namespace plumbline::kubernetes_test {

/// A scan of files in memory, as the pipeline runs it.
struct Scanned {
    MemoryFileSystem file_system;
    SourceSet sources;
    Diagnostics diagnostics;
    std::vector<CoverageGap> gaps;
    std::vector<std::unique_ptr<ParsedFile>> files;
    std::vector<Root> roots;
    std::vector<RootResult> results;

    explicit Scanned(std::map<std::string, std::string> texts) : file_system(texts) {
        const Parser& parser = kubernetes_parser();
        std::vector<const ParsedFile*> parsed;
        for (const auto& [path, text] : texts) {
            const Source& source = sources.add(path, text);
            if (!parser.accepts(source)) continue;
            files.push_back(parser.parse(source, diagnostics));
            parsed.push_back(files.back().get());
        }
        roots = parser.roots(parsed, file_system, sources, diagnostics, gaps);
        for (const Root& root : roots) {
            results.push_back(parser.evaluate(root, {}, file_system, sources));
            for (const CoverageGap& gap : results.back().gaps) gaps.push_back(gap);
        }
    }
    explicit Scanned(std::string text)
        : Scanned(std::map<std::string, std::string>{{"manifest.yaml", std::move(text)}}) {}

    /// By address, in any root; null when there is none.
    const Resource* find(std::string_view address) const {
        for (const RootResult& result : results) {
            if (const Resource* found = result.graph.find(address)) return found;
        }
        return nullptr;
    }
    std::vector<std::string> addresses() const {
        std::vector<std::string> out;
        for (const RootResult& result : results) {
            for (const Resource& resource : result.graph.resources()) out.push_back(resource.address);
        }
        return out;
    }
    /// The value at `a.b.0.c` of a resource's body as compact JSON; "absent" where there is none.
    std::string at(std::string_view address, std::string_view path) const {
        const Value* value = look(address, path);
        return value ? value->to_text() : "absent";
    }
    /// Addresses of the objects in `linked.RELATION`, joined by blanks.
    std::string linked(std::string_view address, std::string_view relation) const {
        const Value* value = look(address, "linked." + std::string(relation));
        if (!value) return "";
        std::string out;
        const auto add = [&](const Value& object) {
            if (!out.empty()) out += ' ';
            out += object.find("address")->value.as_string();
        };
        if (value->is_mapping()) add(*value);
        for (const Value& element : value->elements()) add(element);
        return out;
    }
    const Value* look(std::string_view address, std::string_view path) const {
        const Resource* resource = find(address);
        const Value* value = resource ? &resource->body : nullptr;
        while (value && !path.empty()) {
            const std::size_t dot = path.find('.');
            const std::string_view step = path.substr(0, dot);
            path = dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
            if (value->is_sequence()) {
                const auto index = static_cast<std::size_t>(std::stoul(std::string(step)));
                value = index < value->elements().size() ? &value->elements()[index] : nullptr;
            } else {
                const Member* member = value->find(step);
                value = member ? &member->value : nullptr;
            }
        }
        return value;
    }
};

}  // namespace plumbline::kubernetes_test
