// YAML as its users here read it: our own files and workflows, CloudFormation, Kubernetes.

#include "parsers/yaml/yaml_reader.h"
#include "tests/fuzz/fuzz_support.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace plumbline;
    fuzz::on_worker(data, size, [](const std::string& text) {
        SourceSet sources;
        const Source& source = sources.add("a.yaml", text);
        for (const bool old : {false, true}) {
            YamlOptions options;
            options.yaml_1_1 = old;
            options.letter_booleans = old;
            Diagnostics diagnostics;
            const YamlFile file = read_yaml(source, options, diagnostics);
            fuzz::require(file.complete || !diagnostics.empty(), "YAML is refused and nothing says why");
            for (const YamlDocument& document : file.documents) {
                fuzz::check(document.root, sources);
                fuzz::check(document.span, sources);
            }
            for (const Span comment : file.comments) fuzz::check(comment, sources);
            fuzz::check(diagnostics, sources);
        }
    });
    return 0;
}
