#pragma once

#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "parsers/terraform/program.h"
#include "parsers/terraform/terraform_parser.h"

/// Root modules in memory, for tests.
namespace plumbline {

using Files = std::map<std::string, std::string>;

/// A root module in memory, evaluated as a scan does it.
struct Evaluated {
    SourceSet sources;
    MemoryFileSystem files;
    std::vector<std::unique_ptr<ParsedFile>> parsed;
    std::vector<Root> roots;
    RootResult result;

    explicit Evaluated(Files texts, Inputs inputs = {}) : files(texts) {
        const Parser& parser = terraform_parser();
        Diagnostics faults;
        std::vector<const ParsedFile*> given;
        for (const auto& [path, text] : texts) {
            if (!parser.wants(path)) continue;
            parsed.push_back(parser.parse(sources.add(path, text), faults));
            given.push_back(parsed.back().get());
        }
        std::vector<CoverageGap> gaps;
        roots = parser.roots(given, files, sources, faults, gaps);
        REQUIRE(!roots.empty());
        result = parser.evaluate(roots[0], inputs, files, sources);
    }

    const Resource& at(std::string_view address) const {
        const Resource* found = result.graph.find(address);
        REQUIRE_MESSAGE(found, "no resource " << address);
        return *found;
    }
    /// The attribute's value as text; `-` when it is not there.
    std::string value(std::string_view address, std::string_view name) const {
        const Member* member = at(address).body.find(name);
        return member ? member->value.to_text() : "-";
    }
    bool linked(std::string_view address, std::string_view name, std::string_view to) const {
        const Member* member = at(address).body.find(name);
        return member && result.graph.refers_to(member->value, at(to));
    }
    std::string first_fault() const {
        for (const Diagnostic& item : result.diagnostics.items()) {
            if (item.level != Level::note) return item.summary;
        }
        return "";
    }
    std::vector<std::string> addresses(std::string_view type) const {
        std::vector<std::string> out;
        for (ResourceId id : result.graph.of_type(type)) out.push_back(result.graph[id].address);
        return out;
    }
};

inline std::vector<std::string> list(std::initializer_list<std::string> items) {
    return items;
}

}  // namespace plumbline
