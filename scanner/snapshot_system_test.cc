#include "scanner/snapshot_system.h"

#include <doctest/doctest.h>

#include "scanner/place.h"
#include "tests/cli_support.h"

namespace plumbline {
namespace {

TEST_CASE("below the repository's top the snapshot is seen, elsewhere the machine") {
    MemorySystem machine;
    machine.files = {{"/srv/repo/main.tf", "not committed"}, {"/etc/shared.tfvars", "a = 1"}};
    SnapshotSystem system(machine, "/srv/repo",
                          std::make_shared<MemoryFileSystem>(
                              std::map<std::string, std::string>{{"main.tf", "committed"}, {"modules/net/x.tf", "x"}}));
    CHECK(system.open("/srv/repo")->read("main.tf", 100).text == "committed");
    CHECK(system.open("/srv/repo/modules")->read("net/x.tf", 100).text == "x");
    CHECK(system.open("/etc")->read("shared.tfvars", 100).text == "a = 1");
    CHECK(system.real_path("/srv/repo/modules/../main.tf") == "/srv/repo/main.tf");
    CHECK_FALSE(system.real_path("/srv/repo/gone.tf"));

    Diagnostics diagnostics;
    const Place place = locate({"modules/net"}, "/srv/repo", system, diagnostics);
    CHECK(place.root == "/srv/repo");
    CHECK(place.paths == std::vector<std::string>{"modules/net"});
    CHECK(diagnostics.empty());
}

}  // namespace
}  // namespace plumbline
