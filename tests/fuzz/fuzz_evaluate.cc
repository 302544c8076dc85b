// Terraform's evaluation: the input is a root module that can call itself, or, behind a first line `#expression`, one
// expression.

#include <array>

#include "parsers/terraform/program.h"
#include "parsers/terraform/terraform_parser.h"
#include "tests/fuzz/fuzz_support.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace plumbline;
    fuzz::on_worker(data, size, [](const std::string& text) {
        static constexpr std::string_view marker = "#expression\n";
        if (!text.starts_with(marker)) return fuzz::scan(terraform_parser(), "main.tf", text);
        SourceSet sources;
        const MemoryFileSystem files(std::map<std::string, std::string>{
            {"main.tf", "variable \"later\" {}\nlocals {\n  list = [1, \"a\", null]\n}\n"}});
        terraform::Library library(files, sources);
        const std::array<std::string, 1> expressions = {text.substr(marker.size())};
        terraform::evaluate_expressions(library, "", {}, expressions,
                                        [&](std::size_t, const Value& value, const Diagnostics& diagnostics) {
                                            fuzz::check(value, sources);
                                            fuzz::check(diagnostics, sources);
                                        });
    });
    return 0;
}
