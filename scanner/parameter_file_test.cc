#include "scanner/parameter_file.h"

#include <doctest/doctest.h>

namespace plumbline {
namespace {

/// `a=1 b=?`, `?` for what the deployment fills in; then `line:column` of each fault.
std::string read(const std::string& text) {
    SourceSet sources;
    Diagnostics diagnostics;
    const auto document = read_document(sources.add("p.json", text), diagnostics);
    REQUIRE(document);
    std::map<std::string, Inputs::Parameter> parameters;
    read_parameter_file(*document, parameters, diagnostics);
    std::string out;
    for (const auto& [name, parameter] : parameters)
        out += (out.empty() ? "" : " ") + name + "=" + parameter.text.value_or("?");
    for (const Diagnostic& item : diagnostics.items()) {
        const LineCol at = sources.begin_of(item.subject);
        out += " | " + std::to_string(at.line) + ":" + std::to_string(at.column);
    }
    return out;
}

TEST_CASE("every form, with texts as they are written") {
    struct Row {
        const char *text, *parameters;
    };
    for (const Row& row : std::vector<Row>{
             {R"([{"ParameterKey": "A", "ParameterValue": "1"}, {"ParameterKey": "B", "UsePreviousValue": true}])",
              "A=1 B=?"},
             {R"([{"ParameterKey": "A", "UsePreviousValue": "true"}])", "A=?"},
             {R"([{"ParameterKey": "A", "UsePreviousValue": false, "ParameterValue": "x"}])", "A=x"},
             {R"(["A=1", "B=a=b", "C="])", "A=1 B=a=b C="},
             {R"({"Parameters": {"A": "1", "B": {"Fn::GetArtifactAtt": ["x", "y"]}}, "Tags": {"T": "t"}})", "A=1 B=?"},
             {R"({"Parameters": [{"ParameterKey": "A", "ParameterValue": "1"}]})", "A=1"},
             {"A: 0123\nB: 1.10\nC: true\nD: [a, 2, no]\nE: []\n", "A=0123 B=1.10 C=true D=a,2,no E="},
             {R"({"A": "1", "B": 2})", "A=1 B=2"},
             // What is wrong is named, and the others count.
             {"", " | 1:1"},
             {"5", " | 1:1"},
             {R"({"Parameters": 5, "A": "1"})", " | 1:2"},
             {R"({"A": null, "B": "1"})", "B=1 | 1:2"},
             {R"({"A": [["x"]], "B": "1"})", "B=1 | 1:2"},
             {R"(["A", "B=1", "=2"])", "B=1 | 1:2 | 1:14"},
             {R"([{"ParameterKey": "A"}, {"ParameterValue": "1"}, {"ParameterKey": 5, "ParameterValue": "1"}, "B=1"])",
              "B=1 | 1:2 | 1:25 | 1:50"},
             {R"([5, ["B=1"]])", " | 1:2 | 1:5"},
         })
        CHECK_MESSAGE(read(row.text) == row.parameters, std::string(row.text), " is ", read(row.text));
}

}  // namespace
}  // namespace plumbline
