#include <doctest/doctest.h>
#include <fstream>
#include "reporters/example_report.h"
namespace plumbline {
TEST_CASE("s") {
    ReportOptions o;
    std::ofstream("/work/tmp/rep/a.sarif") << ExampleReport().write("sarif", o);
    o.include_passed = true;
    std::ofstream("/work/tmp/rep/b.sarif") << ExampleReport().write("sarif", o);
}
}  // namespace plumbline
