// Rule files: the input is one, its Terraform examples are what it is asked to judge.

#include "parsers/terraform/terraform_parser.h"
#include "parsers/yaml/yaml_reader.h"
#include "rules/embed/embedded_data.h"
#include "rules/rule_set.h"
#include "scanner/document.h"
#include "tests/fuzz/fuzz_support.h"

namespace {

using namespace plumbline;

// A rule that is asked more says nothing new.
constexpr std::size_t max_examples = 4;

void judge(const RuleSet& rules, const RootResult& result, const SourceSet& sources) {
    for (const Finding& finding : rules.judge(result.graph, sources)) {
        fuzz::check(finding.judgement.subject, sources);
        for (const RelatedPlace& place : finding.judgement.related) fuzz::check(place.span, sources);
        fuzz::require(finding.judgement.verdict != Verdict::undecided || !finding.judgement.undecided_by.empty(),
                      "nothing says what would decide an undecided verdict");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const ControlMap controls = ControlMap::from_pack(embedded_frameworks(), embedded_controls());
    fuzz::on_worker(data, size, [](const std::string& text) {
        SourceSet sources;
        Diagnostics diagnostics;
        const YamlFile file = read_yaml(sources.add("rule.yaml", text), {}, diagnostics);
        if (file.documents.size() != 1 || !file.complete) return;
        const Value& document = file.documents[0].root;
        RuleSet rules;
        const bool good = rules.add(document, "rule.yaml", controls, diagnostics);
        fuzz::require(good || diagnostics.has_errors(), "a rule is refused and nothing says why");
        rules.set_document_reader(read_text_document);
        std::vector<RuleExample> examples = RuleSet::examples(document, diagnostics);
        fuzz::check(diagnostics, sources);
        if (!good) return;
        examples.resize(std::min(examples.size(), max_examples));
        for (const RuleExample& example : examples) {
            if (example.platform != "terraform" || example.files.empty()) continue;
            fuzz::scan(terraform_parser(), "main.tf", example.files.begin()->second,
                       [&](const RootResult& result, const SourceSet& read) { judge(rules, result, read); });
        }
    });
    return 0;
}
