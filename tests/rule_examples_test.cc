#include <doctest/doctest.h>

#include "parsers/parser.h"
#include "rules/embed/embedded_data.h"
#include "scanner/disk_file_system.h"
#include "scanner/rule_examples.h"

// Every example of every rule, and every feature of the rule language (fixtures/language). What `plumbline rules test`
// does.
namespace plumbline {
namespace {

void check_folder(const std::string& folder, std::size_t at_least) {
    const DiskFileSystem files(folder);
    const ControlMap controls = ControlMap::from_pack(embedded_frameworks(), embedded_controls());
    const RuleTestResult result = test_rules(files, folder, controls, 2);
    for (const std::string& failure : result.failures) FAIL_CHECK(failure);
    CHECK(result.rules >= at_least);
    CHECK(result.examples >= 3 * result.rules);
}

TEST_CASE("every example of every rule has its verdict") {
    check_folder("rules", 300);
}

TEST_CASE("the rule language means what its examples say") {
    check_folder("fixtures/language", 38);
}

}  // namespace
}  // namespace plumbline
