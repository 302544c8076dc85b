#include "scanner/rule_examples.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "rules/rule_set.h"
#include "scanner/catalogue.h"
#include "scanner/discover.h"
#include "scanner/document.h"
#include "scanner/model/text.h"
#include "scanner/pipeline.h"
#include "scanner/workers.h"

namespace plumbline {
namespace {

// As for --rules: a rule is written by people.
constexpr std::uint64_t max_rule_file = std::uint64_t{4} << 20;

struct UsualName {
    std::string_view platform, file;
};

// Platforms of which no file is the usual one (`repository`) name their files.
constexpr std::array<UsualName, 8> usual_names = {{
    {"terraform", "main.tf"},
    {"cloudformation", "template.yaml"},
    {"kubernetes", "manifest.yaml"},
    {"github-actions", ".github/workflows/ci.yaml"},
    {"gitlab-ci", ".gitlab-ci.yml"},
    {"github-settings", "settings.json"},
    {"gitlab-settings", "settings.json"},
    {"git-history", "plumbline-changes.json"},
}};

/// One rule file: what is wrong with it, in the order it is found.
class RuleFileTest {
  public:
    RuleFileTest(const FileSystem& folder, const std::string& path, std::string_view called, const ControlMap& controls)
        : folder_(folder), path_(path), called_(std::string(called) + "/" + path), controls_(controls) {}

    void run() {
        FileSystem::ReadResult read = folder_.read(path_, max_rule_file);
        if (!read.error.empty()) return fail(Span{}, "this file was not read: " + read.error);
        const Source& source = sources_.add(called_, std::move(read.text));
        Diagnostics diagnostics;
        const auto document = read_document(source, diagnostics);
        if (document) {
            rules_.add(document->root, called_, controls_, diagnostics);
            rules_.set_document_reader(read_text_document);
            examples_ = RuleSet::examples(document->root, diagnostics);
        }
        for (const Diagnostic& diagnostic : diagnostics.items())
            fail(diagnostic.subject, diagnostic.summary + (diagnostic.detail.empty() ? "" : ". " + diagnostic.detail));
        if (!document || rules_.infos().empty()) return;
        for (const RuleExample& example : examples_) run_example(example);
        check_completeness(document->root);
    }

    std::size_t rules() const { return rules_.infos().size(); }
    std::size_t examples() const { return examples_.size(); }
    std::vector<std::string>& failures() { return failures_; }

  private:
    const RuleInfo& rule() const { return rules_.infos().front(); }

    void fail(Span at, std::string_view what) {
        std::string line = printable(called_) + ":";
        if (at.valid()) line += std::to_string(sources_.begin_of(at).line) + ":";
        failures_.push_back(line + " " + printable(what));
    }

    void fail(const RuleExample& example, const std::string& what) {
        fail(example.span, "example " + quoted(example.name) + " (" + example.platform + "): " + what);
    }

    void run_example(const RuleExample& example) {
        MemoryFileSystem files;
        for (const auto& [path, text] : example.files) {
            const std::string name = path.empty() ? std::string(usual_file_name(example.platform)) : path;
            if (name.empty()) return fail(example, "there is no usual file name for this platform; name the file");
            files.add(name, text);
        }
        SourceSet sources;
        Diagnostics diagnostics;
        Coverage coverage;
        const Work work{files, sources, diagnostics, coverage};
        const std::vector<const Source*> read_sources = read(work, discover(files, {""}, {}, diagnostics));
        const ParsedFiles parsed = parse(work, read_sources, {});
        const std::vector<Root> roots = group(work, parsed);
        const Joined joined = join_verdicts(work, judge(work, roots, {Environment{}}, rules_));
        for (const Diagnostic& diagnostic : diagnostics.items()) {
            if (diagnostic.level == Level::error) fail(example, "its input has a fault: " + diagnostic.summary);
        }
        compare(example, joined.findings, sources);
    }

    void compare(const RuleExample& example, const std::vector<Finding>& findings, const SourceSet& sources) {
        for (const auto& [address, verdict] : example.expect) {
            std::size_t met = 0;
            for (const Finding& finding : findings) {
                if (!address.empty() && finding.resource != address) continue;
                ++met;
                if (finding.judgement.verdict != verdict)
                    fail(example, finding.resource + " is " + std::string(to_string(finding.judgement.verdict)) +
                                      ", not " + std::string(to_string(verdict)) + ": " + reason(finding));
            }
            if (met == 0)
                fail(example, address.empty() ? std::string("the rule judged nothing")
                                              : "the rule did not judge " + address + judged(findings));
        }
        if (example.line) check_line(example, findings, sources);
    }

    static std::string reason(const Finding& finding) {
        return finding.judgement.verdict == Verdict::undecided && !finding.judgement.undecided_by.empty()
                   ? finding.judgement.undecided_by
                   : finding.judgement.message;
    }

    static std::string judged(const std::vector<Finding>& findings) {
        std::string list;
        for (const Finding& finding : findings) list += (list.empty() ? "" : ", ") + finding.resource;
        return list.empty() ? "; it judged nothing" : "; it judged " + list;
    }

    void check_line(const RuleExample& example, const std::vector<Finding>& findings, const SourceSet& sources) {
        std::string lines;
        for (const Finding& finding : findings) {
            if (finding.judgement.verdict != Verdict::fail) continue;
            const std::uint32_t line = sources.begin_of(finding.judgement.subject).line;
            if (line == *example.line) return;
            lines += (lines.empty() ? "" : ", ") + std::to_string(line);
        }
        fail(example, "no failure points at line " + std::to_string(*example.line) +
                          (lines.empty() ? "; there is none" : "; they point at " + lines));
    }

    void check_completeness(const Value& document) {
        const Member* impossible = document.find("undecided_impossible");
        const Member* id = document.find("id");
        const Span at = id ? id->span : place_of(document);
        for (std::string_view platform : rule().platforms) {
            std::set<Verdict> shown;
            for (const RuleExample& example : examples_) {
                if (example.platform != platform) continue;
                for (const auto& [address, verdict] : example.expect) shown.insert(verdict);
            }
            for (Verdict verdict : {Verdict::pass, Verdict::fail, Verdict::undecided}) {
                if (shown.contains(verdict)) continue;
                if (verdict == Verdict::undecided && impossible && impossible->value.find(platform)) continue;
                fail(at, "there is no example that is " + std::string(to_string(verdict)) + " for " +
                             std::string(platform) +
                             (verdict == Verdict::undecided ? " (nor a reason under undecided_impossible)" : ""));
            }
        }
    }

    const FileSystem& folder_;
    std::string path_, called_;
    const ControlMap& controls_;
    SourceSet sources_;
    RuleSet rules_;
    std::vector<RuleExample> examples_;
    std::vector<std::string> failures_;
};

/// Ids and aliases that two files claim: only visible when all are added to one set.
std::vector<std::string> check_together(const FileSystem& folder, const std::vector<std::string>& paths,
                                        std::string_view called, const ControlMap& controls) {
    SourceSet sources;
    RuleSet all;
    std::vector<std::string> failures;
    for (const std::string& path : paths) {
        FileSystem::ReadResult read = folder.read(path, max_rule_file);
        if (!read.error.empty()) continue;
        const std::string name = std::string(called) + "/" + path;
        Diagnostics alone, together;
        const auto document = read_document(sources.add(name, std::move(read.text)), alone);
        if (!document) continue;
        RuleSet single;
        if (!single.add(document->root, name, controls, alone)) continue;
        all.add(document->root, name, controls, together);
        for (const Diagnostic& diagnostic : together.items()) {
            if (diagnostic.level != Level::error) continue;
            failures.push_back(printable(name) + ":" + std::to_string(sources.begin_of(diagnostic.subject).line) +
                               ": " + printable(diagnostic.summary));
        }
    }
    return failures;
}

}  // namespace

std::string_view usual_file_name(std::string_view platform) {
    const auto* found = std::find_if(usual_names.begin(), usual_names.end(),
                                     [&](const UsualName& name) { return name.platform == platform; });
    return found == usual_names.end() ? std::string_view() : found->file;
}

RuleTestResult test_rules(const FileSystem& file_system, std::string_view called, const ControlMap& controls,
                          std::size_t jobs) {
    std::vector<std::string> paths = yaml_files(file_system);
    std::erase_if(paths, [](const std::string& path) { return is_framework_file(path) || is_controls_file(path); });
    std::vector<std::optional<RuleFileTest>> tests(paths.size());
    in_parallel(paths.size(), jobs, [&](std::size_t i) {
        tests[i].emplace(file_system, paths[i], called, controls);
        tests[i]->run();
    });
    RuleTestResult result;
    for (auto& test : tests) {
        result.rules += test->rules();
        result.examples += test->examples();
        std::move(test->failures().begin(), test->failures().end(), std::back_inserter(result.failures));
    }
    for (std::string& failure : check_together(file_system, paths, called, controls))
        result.failures.push_back(std::move(failure));
    return result;
}

}  // namespace plumbline
