#include <doctest/doctest.h>

#include "scanner/catalogue.h"

namespace plumbline {
namespace {

/// A machine that has one folder.
class OneFolder : public System {
  public:
    explicit OneFolder(std::map<std::string, std::string> files) : files_(std::move(files)) {}
    std::unique_ptr<FileSystem> open(const std::string& folder) const override {
        if (folder != "/own") {
            // A file is opened through the folder that it lies in.
            std::map<std::string, std::string> below;
            for (const auto& [path, text] : files_) {
                const std::string absolute = "/own/" + path;
                if (absolute.starts_with(folder + "/")) below[absolute.substr(folder.size() + 1)] = text;
            }
            return std::make_unique<MemoryFileSystem>(std::move(below));
        }
        return std::make_unique<MemoryFileSystem>(files_);
    }
    std::optional<std::string> real_path(const std::string& path) const override { return path; }
    std::string write(const std::string&, std::string_view) override { return "read-only"; }
    std::unique_ptr<NewFolder> new_folder(const std::string&, std::string& error) override {
        error = "read-only";
        return nullptr;
    }
    ProcessResult run_program(const std::vector<std::string>&, std::string_view) override { return {}; }

  private:
    std::map<std::string, std::string> files_;
};

const char rule[] =
    "id: acme-locks\n"
    "title: Locks are on\n"
    "severity: low\n"
    "control: access.mfa\n"
    "why: Because.\n"
    "fix: Turn it on.\n"
    "checks:\n"
    "  - platform: terraform\n"
    "    types: [aws_s3_bucket]\n"
    "    pass: {path: lock, equals: true}\n"
    "examples: []\n"
    "undecided_impossible: {terraform: no example is needed here}\n";

}  // namespace

TEST_CASE("a folder's frameworks and mappings reach every rule, whatever the names of the files") {
    // The rule's path sorts before the frameworks'; many frameworks make the map move in memory.
    std::map<std::string, std::string> files = {
        {"aaa.yaml", rule},
        {"controls.yaml",
         "controls:\n  - {id: access.mfa, title: Two factors, maps: {soc2: {CC6.1: direct}, own7: {R-1: partial}}}\n"},
    };
    for (int i = 0; i < 20; ++i) {
        const std::string id = "own" + std::to_string(i);
        files["frameworks/" + id + ".yaml"] =
            "id: " + id + "\nname: N\nversion: \"1\"\nrequirements:\n  - {id: R-1, title: Requirement one}\n";
    }
    const OneFolder system(std::move(files));
    SourceSet sources;
    Diagnostics diagnostics;
    const Catalogue catalogue = load_catalogue({{"/own", "own"}}, true, system, sources, diagnostics);
    std::string faults;
    for (const Diagnostic& item : diagnostics.items()) faults += to_text(item, sources);
    CHECK(faults == "");

    const RuleInfo* info = catalogue.rules->find("acme-locks");
    REQUIRE(info);
    CHECK(info->control_title == "Two factors");
    std::vector<std::string> links;
    for (const ControlLink& link : info->frameworks) {
        if (link.framework == "soc2" || link.framework.starts_with("own")) {
            links.push_back(std::string(link.framework) + " " + std::string(link.id) + " " + std::string(link.title));
        }
    }
    CHECK(links == std::vector<std::string>{"soc2 CC6.1 Logical access security over protected information assets",
                                            "own7 R-1 Requirement one"});
    // Built-in rules see the same mapping.
    for (const RuleInfo& each : catalogue.rules->infos()) {
        if (each.control != "access.mfa") continue;
        CAPTURE(each.id);
        CHECK(each.control_title == "Two factors");
        CHECK(each.frameworks.size() == info->frameworks.size());
    }
}

}  // namespace plumbline
