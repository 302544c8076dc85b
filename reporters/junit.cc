#include <map>

#include "reporters/formats.h"
#include "reporters/layout.h"
#include "reporters/summary.h"
#include "scanner/model/text.h"

// JUnit XML as Jenkins' junit-10.xsd has it: a suite per file, a case per rule and resource. Accepted, undecided and
// not applicable ones are skipped cases; what could not be read is an error.

namespace plumbline {
namespace {

/// For text and attributes: printable first, since XML has no way to write most control characters.
std::string xml(std::string_view text, bool keep_lines = false) {
    std::string out;
    for (char c : printable(text, keep_lines)) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            default:
                out += c;
        }
    }
    return out;
}

struct Suite {
    std::string cases;
    std::uint64_t tests = 0, failures = 0, errors = 0, skipped = 0;
};

class JUnit {
  public:
    JUnit(const Report& report, const SourceSet& sources, const ReportOptions& options)
        : report_(report), sources_(sources), options_(options) {}

    void write(std::ostream& out) {
        for (const Finding& finding : report_.findings) {
            if (finding.baseline != BaselineState::absent && is_listed(finding, options_)) add(finding);
        }
        for (const Diagnostic& item : report_.diagnostics) {
            if (item.level == Level::error) add(item);
        }
        Suite all;
        for (const auto& [name, suite] : suites_) {
            all.tests += suite.tests;
            all.failures += suite.failures;
            all.errors += suite.errors;
        }
        out << "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"plumbline\" tests=\"" << all.tests
            << "\" failures=\"" << all.failures << "\" errors=\"" << all.errors << "\">\n";
        for (const auto& [name, suite] : suites_) {
            out << "  <testsuite name=\"" << xml(name) << "\" tests=\"" << suite.tests << "\" failures=\""
                << suite.failures << "\" errors=\"" << suite.errors << "\" skipped=\"" << suite.skipped << "\"";
            if (!report_.started_at.empty()) out << " timestamp=\"" << xml(report_.started_at) << "\"";
            out << ">\n" << suite.cases << "  </testsuite>\n";
        }
        out << "</testsuites>\n";
    }

  private:
    void add(const Finding& finding) {
        Suite& suite = suites_[std::string(path_of(finding, sources_))];
        ++suite.tests;
        suite.cases += "    <testcase classname=\"" + xml(finding.rule) + "\" name=\"" + xml(finding.resource) + "\"";
        const Judgement& judgement = finding.judgement;
        if (!finding.accepted.empty()) {
            const Acceptance& accepted = finding.accepted.front();
            std::string text =
                "accepted: " + (accepted.justification.empty() ? "no reason given" : accepted.justification);
            if (!accepted.expires.empty()) text += " (until " + accepted.expires + ")";
            skip(suite, text);
        } else if (judgement.verdict == Verdict::fail) {
            ++suite.failures;
            suite.cases += ">\n      <failure type=\"" + std::string(to_string(finding.severity)) + "\" message=\"" +
                           xml(judgement.message) + "\">" + xml(details(finding), true) +
                           "</failure>\n    </testcase>\n";
        } else if (judgement.verdict == Verdict::pass) {
            suite.cases += "/>\n";
        } else if (judgement.verdict == Verdict::undecided) {
            skip(suite, "undecided: " + (judgement.undecided_by.empty() ? judgement.message : judgement.undecided_by));
        } else {
            skip(suite, "not applicable: " + judgement.message);
        }
    }

    void add(const Diagnostic& item) {
        const bool placed = item.subject.valid();
        const std::string path = placed ? sources_[item.subject.source].path() : item.path;
        Suite& suite = suites_[path.empty() ? "plumbline" : path];
        ++suite.tests;
        ++suite.errors;
        suite.cases += "    <testcase classname=\"plumbline\" name=\"" + xml(item.code) + "\">\n      <error type=\"" +
                       xml(item.code) + "\" message=\"" + xml(item.summary) + "\">" +
                       xml(location_text(item.subject, item.path, sources_) + ": " + item.detail) +
                       "</error>\n    </testcase>\n";
    }

    static void skip(Suite& suite, const std::string& why) {
        ++suite.skipped;
        suite.cases += ">\n      <skipped message=\"" + xml(why) + "\"/>\n    </testcase>\n";
    }

    std::string details(const Finding& finding) const {
        const Span place = place_of(finding);
        std::string out = location_text(place, finding.file, sources_) + "\n";
        if (place.valid()) {
            for (const ExcerptLine& line : excerpt(sources_[place.source], place, 1, 120)) {
                out += line.number == 0 ? "...\n" : std::to_string(line.number) + " | " + line.text() + "\n";
            }
        }
        for (const RelatedPlace& related : finding.judgement.related) {
            out += location_text(related.span, {}, sources_) + " " + related.message + "\n";
        }
        if (!finding.owners.empty()) out += "Owner: " + join(finding.owners, ", ") + "\n";
        if (const RuleInfo* rule = report_.rule(finding.rule)) {
            out += "Fix: " + std::string(rule->fix) + "\nControl: " + std::string(rule->control) + "\n";
            for (std::string_view framework : shown_frameworks(report_, options_)) {
                std::string ids;
                for (const ControlLink* link : links_to(*rule, framework)) ids.append(" ").append(link->id);
                if (!ids.empty()) out.append(short_name(report_, framework)).append(":").append(ids).append("\n");
            }
        }
        return out;
    }

    const Report& report_;
    const SourceSet& sources_;
    const ReportOptions& options_;
    std::map<std::string, Suite> suites_;
};

}  // namespace

void write_junit(const Report& report, const SourceSet& sources, const ReportOptions& options, std::ostream& out) {
    JUnit(report, sources, options).write(out);
}

}  // namespace plumbline
