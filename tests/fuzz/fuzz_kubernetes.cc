// Kubernetes manifests, in YAML or JSON by their first byte.

#include "parsers/kubernetes/kubernetes_parser.h"
#include "tests/fuzz/fuzz_support.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace plumbline;
    fuzz::on_worker(data, size, [](const std::string& text) {
        fuzz::scan(kubernetes_parser(), text.starts_with('{') ? "m.json" : "m.yaml", text);
    });
    return 0;
}
