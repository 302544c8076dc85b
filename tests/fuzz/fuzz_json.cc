// JSON and JSON5 on their own, as Terraform's JSON syntax and as a plan.

#include "parsers/json/json5_reader.h"
#include "parsers/json/json_reader.h"
#include "parsers/terraform/ast.h"
#include "parsers/terraform/plan_parser.h"
#include "parsers/terraform/terraform_parser.h"
#include "tests/fuzz/fuzz_support.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace plumbline;
    fuzz::on_worker(data, size, [](const std::string& text) {
        SourceSet sources;
        const Source& source = sources.add("a.json", text);
        Diagnostics diagnostics;
        const auto value = read_json(source, diagnostics);
        fuzz::require(value.has_value() || diagnostics.has_errors(), "JSON is refused and nothing says why");
        if (value) fuzz::check(*value, sources);
        fuzz::check(diagnostics, sources);
        Diagnostics also;
        const auto wider = read_json5(source, also);
        fuzz::require(wider.has_value() || also.has_errors(), "JSON5 is refused and nothing says why");
        if (wider) fuzz::check(*wider, sources);
        fuzz::require(!value || (wider && value->identical(*wider)), "JSON is read otherwise as JSON5");
        fuzz::check(also, sources);
        fuzz::scan(terraform_parser(), "main.tf.json", text);
        fuzz::scan(terraform_plan_parser(), "plan.json", text);
    });
    return 0;
}
