#include "reporters/registry.h"

#include <doctest/doctest.h>

#include <set>

#include "reporters/example_report.h"
#include "reporters/json_check.h"
#include "scanner/model/text.h"

namespace plumbline {

TEST_CASE("every documented format exists once, with a description") {
    std::vector<std::string> names;
    for (const Reporter* reporter : reporters()) {
        names.emplace_back(reporter->name());
        CHECK(!reporter->description().empty());
        CHECK(find_reporter(reporter->name()) == reporter);
    }
    CHECK(names == std::vector<std::string>{"terminal", "sarif", "json", "junit", "markdown", "html", "csv", "matrix",
                                            "soa", "exceptions", "gitlab", "gitlab-sast", "github", "oscal"});
    CHECK(find_reporter("pdf") == nullptr);
}

TEST_CASE("every format takes an empty report, unknown rules and hostile text, and gives the same bytes twice") {
    const std::set<std::string_view> as_json = {"sarif", "json", "gitlab", "gitlab-sast", "oscal"};
    const std::string nasty = "x\x1b[2J\xff\xfe\xe2\x80\xae</script>\"'`|,\r\n=cmd{0}](\x01";
    ExampleReport empty;
    empty.report = Report();
    ExampleReport hostile;
    const Source& source = hostile.sources.add(nasty, nasty + "\n" + std::string(3000, '\xc3'));
    for (Finding& finding : hostile.report.findings) {
        finding.resource = finding.type = finding.root = finding.file = nasty;
        finding.judgement.message = finding.judgement.value = finding.judgement.undecided_by = nasty;
        finding.judgement.related.push_back({{source.id(), 5, 4'000'000'000U}, nasty});
        finding.judgement.subject = {source.id(), 3, 2500};
        finding.owners = finding.environments = {nasty};
        finding.accepted = {{nasty, nasty, nasty, nasty, nasty, nasty, nasty, nasty, {source.id(), 9, 2}}};
    }
    hostile.report.findings[1].rule = nasty;
    hostile.report.findings[2].accepted.clear();
    hostile.report.findings[0].accepted.clear();
    hostile.report.diagnostics.push_back({Level::warning, "", nasty, nasty, {}, nasty, nasty});
    hostile.report.coverage.gaps.push_back({"", nasty, nasty, {}, nasty});
    hostile.report.count_verdicts();
    for (const Reporter* reporter : reporters()) {
        for (const bool all : {false, true}) {
            ReportOptions options;
            options.include_passed = all;
            options.verbosity = all ? 1 : 0;
            options.width = all ? 0 : 40;
            const std::string text = hostile.write(reporter->name(), options);
            CHECK(text == hostile.write(reporter->name(), options));
            CHECK_MESSAGE(is_utf8(text), reporter->name());
            CHECK_MESSAGE(text.find('\x1b') == std::string::npos, reporter->name());
            if (as_json.contains(reporter->name())) {
                CHECK_MESSAGE(nlohmann::json::accept(text), reporter->name());
                CHECK_MESSAGE(nlohmann::json::accept(empty.write(reporter->name(), options)), reporter->name());
            } else {
                empty.write(reporter->name(), options);
            }
        }
    }
}

}  // namespace plumbline
