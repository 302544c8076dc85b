#include "rules/embed/embedded_data.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "parsers/yaml/yaml_reader.h"
#include "rules/control_map.h"
#include "rules/pack.h"

namespace plumbline {
namespace {

Value read(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    SourceSet sources;
    Diagnostics diagnostics;
    const YamlFile file = read_yaml(sources.add(path.generic_string(), text.str()), {}, diagnostics);
    REQUIRE(file.documents.size() == 1);
    return file.documents[0].root;
}

}  // namespace

TEST_CASE("the program holds the controls and frameworks of this tree, byte for byte") {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator("rules/frameworks")) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    const PackReader frameworks(embedded_frameworks());
    REQUIRE(frameworks.size() == files.size());
    for (std::size_t i = 0; i < files.size(); ++i) {
        CAPTURE(files[i].string());
        CHECK(frameworks.value(i).identical(read(files[i])));
    }
    const PackReader controls(embedded_controls());
    REQUIRE(controls.size() == 1);
    CHECK(controls.value(0).identical(read("rules/controls.yaml")));
}

TEST_CASE("the embedded map is ready for use") {
    const ControlMap map = ControlMap::from_pack(embedded_frameworks(), embedded_controls());
    CHECK(map.frameworks().size() == 9);
    CHECK(map.frameworks().front().id == "soc2");
    REQUIRE(map.find("access.mfa"));
    CHECK(map.find("access.mfa")->links.front().id == "CC6.1");
}

TEST_CASE("there are two values for each rule file") {
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator("rules")) {
        const bool rule = entry.path().extension() == ".yaml" && entry.path().filename() != "controls.yaml" &&
                          entry.path().parent_path().filename() != "frameworks";
        if (rule) ++files;
    }
    CHECK(PackReader(embedded_rules()).size() == 2 * files);
}

}  // namespace plumbline
