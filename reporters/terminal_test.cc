#include <doctest/doctest.h>

#include <iostream>
#include "reporters/example_report.h"
#include "reporters/layout.h"
#include "scanner/model/text.h"

namespace plumbline {
TEST_CASE("x") {
    ReportOptions o;
    o.width = 100;
    o.color = true;
    std::cout << ExampleReport().write("terminal", o);
    o.verbosity = 1;
    o.include_passed = true;
    o.color = false;
    o.width = 60;
    std::cout << ExampleReport().write("terminal", o);
    o.verbosity = -1;
    std::cout << ExampleReport().write("terminal", o);
}
}  // namespace plumbline
