// CloudFormation templates, in YAML or JSON by their first byte.

#include "parsers/cloudformation/cloudformation_parser.h"
#include "tests/fuzz/fuzz_support.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace plumbline;
    fuzz::on_worker(data, size, [](const std::string& text) {
        fuzz::scan(cloudformation_parser(), text.starts_with('{') ? "t.json" : "t.yaml", text);
    });
    return 0;
}
