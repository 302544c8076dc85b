#pragma once

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "rules/embed/embedded_data.h"
#include "rules/rule_set.h"
#include "scanner/discover.h"
#include "scanner/document.h"
#include "scanner/pipeline.h"

namespace plumbline {

/// A rule file given as text: what is wrong with it, and what it makes of files.
struct RuleText {
    SourceSet rule_sources;
    RuleSet rules;
    std::vector<std::string> faults;  ///< `line:column summary. detail`, in the order they were found
    bool accepted = false;

    explicit RuleText(const std::string& text) { add(text); }

    /// One more file of the same set.
    void add(const std::string& text) {
        static const ControlMap controls = ControlMap::from_pack(embedded_frameworks(), embedded_controls());
        Diagnostics diagnostics;
        const auto document = read_document(rule_sources.add("rule.yaml", text), diagnostics);
        accepted = document && rules.add(document->root, "rule.yaml", controls, diagnostics);
        if (accepted) RuleSet::examples(document->root, diagnostics);
        rules.set_document_reader(read_text_document);
        for (const Diagnostic& item : diagnostics.items()) {
            const LineCol at = rule_sources.begin_of(item.subject);
            faults.push_back(std::to_string(at.line) + ":" + std::to_string(at.column) + " " + item.summary +
                             (item.detail.empty() ? "" : ". " + item.detail));
        }
    }
};

/// What a condition makes of the resources of files. The parts of a rule that do not matter to it are filled in.
struct Judged {
    SourceSet sources;
    std::vector<std::string> faults;          ///< of the rule, as in `RuleText`
    std::map<std::string, Finding> verdicts;  ///< by address

    /// `check`: what stands in the check besides platform and types, YAML in flow style: `pass: {path: a, exists:
    /// true}`.
    Judged(const std::string& platform, const std::string& types, const std::string& check,
           const std::map<std::string, std::string>& files) {
        const RuleText rule(
            "id: a\ntitle: t\nseverity: low\ncontrol: config.hardening\nwhy: w\nfix: f\nchecks:\n  - {platform: " +
            platform + ", types: [" + types + "], " + check + "}\n");
        faults = rule.faults;
        const MemoryFileSystem tree(files);
        Diagnostics diagnostics;
        Coverage coverage;
        const Work work{tree, sources, diagnostics, coverage};
        const ParsedFiles parsed = parse(work, read(work, discover(tree, {""}, {}, diagnostics)), {});
        const std::vector<Root> roots = group(work, parsed);
        Joined joined = join_verdicts(work, judge(work, roots, {Environment{}}, rule.rules));
        for (const Diagnostic& item : diagnostics.items()) CHECK_MESSAGE(item.level != Level::error, item.summary);
        for (Finding& finding : joined.findings) verdicts.emplace(finding.resource, std::move(finding));
    }
    /// Of Terraform's `thing`s in one file.
    Judged(const std::string& condition, const std::string& text)
        : Judged("terraform", "thing", "pass: " + condition, {{"main.tf", text}}) {}

    std::string verdict(const std::string& address = "thing.a") const {
        if (!faults.empty()) return faults.front();
        const auto found = verdicts.find(address);
        return found == verdicts.end() ? "not judged" : std::string(to_string(found->second.judgement.verdict));
    }
    const Judgement& judgement(const std::string& address = "thing.a") const {
        REQUIRE_MESSAGE(verdicts.contains(address), verdict(address));
        return verdicts.at(address).judgement;
    }
    /// `3:9`
    std::string place(const std::string& address = "thing.a") const {
        const LineCol at = sources.begin_of(judgement(address).subject);
        return std::to_string(at.line) + ":" + std::to_string(at.column);
    }
};

/// A condition on `x`, and expressions of Terraform that stand there when it passes, fails and cannot tell. `absent`
/// stands for no `x` at all; what begins with `x ` is the body itself (blocks). The expressions may use `var.any` (may
/// be given as null), `var.text`, `var.number`, `var.flag`, `var.list` (none of them null, none with a default),
/// `var.written` and `local.written` (`"w"`), and `other.o.id`, which is known after apply.
struct Truths {
    std::string condition;
    std::vector<std::string> pass, fail, undecided;
};

inline void check_truths(const std::vector<Truths>& rows) {
    const std::string given = R"(
        variable "any" {}
        variable "text" {
            type     = string
            nullable = false
        }
        variable "number" {
            type     = number
            nullable = false
        }
        variable "flag" {
            type     = bool
            nullable = false
        }
        variable "list" {
            type     = list(string)
            nullable = false
        }
        variable "written" { default = "w" }
        locals { written = "w" }
        resource "other" "o" {}
    )";
    for (const Truths& row : rows) {
        std::string text = given;
        std::vector<std::pair<std::string, std::string>> wanted;  // expression, verdict
        for (const auto& [expressions, verdict] :
             {std::pair(row.pass, "pass"), std::pair(row.fail, "fail"), std::pair(row.undecided, "undecided")}) {
            for (const std::string& expression : expressions) {
                const std::string body = expression == "absent"         ? ""
                                         : expression.starts_with("x ") ? expression
                                                                        : "x = " + expression;
                text += "resource \"thing\" \"r" + std::to_string(wanted.size()) + "\" {\n" + body + "\n}\n";
                wanted.emplace_back(expression, verdict);
            }
        }
        const Judged judged(row.condition, text);
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            const std::string found = judged.verdict("thing.r" + std::to_string(i));
            CHECK_MESSAGE(found == wanted[i].second, row.condition, " of ", wanted[i].first, " is ", found, ", not ",
                          wanted[i].second);
        }
    }
}

}  // namespace plumbline
