#include <doctest/doctest.h>

#include "reporters/example_report.h"
#include "reporters/layout.h"
#include "scanner/model/text.h"

namespace plumbline {
namespace {

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

/// A report of one failing finding at `fault` in a file of that text.
struct OneFinding : ExampleReport {
    OneFinding(const std::string& path, const std::string& text, std::string_view fault) {
        const Source& source = sources.add(path, text);
        Finding failing = finding("aws-s3-public-acl", "aws_s3_bucket.x", Severity::high, Verdict::fail, source);
        failing.judgement.message = "acl is public";
        failing.judgement.subject = span(source, fault);
        report.findings = {failing};
        report.waivers.clear();
        report.diagnostics.clear();
        report.coverage.gaps.clear();
        report.count_verdicts();
    }
};

}  // namespace

TEST_CASE("the terminal report shows a new finding with code, origin, controls and fix, then the sums") {
    ReportOptions options;
    options.width = 80;
    CHECK(ExampleReport().write("terminal", options) ==
          R"(── storage/main.tf ─────────────────────────────────────────────────── 1 finding

 critical  aws-s3-public-acl  aws_s3_bucket.data
 acl is "public-read", which lets everyone read
 2 │   bucket = "data"
 3 │     acl    = var.acl
   │     ^^^^^^^^^^^^^^^^
 4 │ }
   ├ storage/main.tf:3:11 the value of var.acl
   ╰ storage/variables.tf:2:3 default of var.acl  default = "public-read"
 owner     @storage-team
 controls  data.public-access · SOC 2 CC6.1 · ISO/IEC 27001:2022 A.8.3 · NIST SP
           800-53 r5 AC-3
 fix       Remove the ACL, or set it to `private`.
 see       https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html

By domain                  fail      pass undecided  accepted
  Data protection             1         -         -         -
  Backup and recovery         1         -         -         -
  Cryptography                -         1         1         1

Failing requirements by framework
  SOC 2               CC6.1)"
          "\u00a0"
          R"((1)
  ISO/IEC 27001:2022  A.8.3)"
          "\u00a0(1) A.8.13\u00a0"
          R"((1)
  NIST SP 800-53 r5   AC-3)"
          "\u00a0"
          R"((1)

Undecided: 1 verdict
     1 × var.rotate has no default (storage/variables.tf:5:1)

Accepted: 1 finding
  1 by a comment in the code

Exceptions without effect
  expired  aws-rds-* in legacy/**, owner data-team, until 2026-06-30

Not scanned, or not completely
  error    broken.tf:1:14: the block is not closed. Add a closing brace.
  skipped  storage/main.tf:2:3: module.vpc: the registry module is not
           installed; run `terraform init`

1 failure in 1 file: 1 critical
1 passed, 1 in the baseline, 1 undecided, 1 accepted · 5 resources in 3 files, 4
rules
)");
}

TEST_CASE("exceptions that a change adds are named with owner and end") {
    ExampleReport example;
    example.report.added_exceptions = {
        {{"aws-rds-*"}, "", "legacy/**", {"external", "moves", "data-team", "", "", "2026-06-30", "", "", {}}, 0, ""}};
    CHECK(example.write("terminal")
              .find("\nExceptions that this change adds\n"
                    "  new      aws-rds-* in legacy/**, owner data-team, until 2026-06-30\n") != std::string::npos);
}

TEST_CASE("quiet is one line for each finding that counts") {
    ReportOptions options;
    options.verbosity = -1;
    CHECK(ExampleReport().write("terminal", options) ==
          "storage/main.tf:3:2: critical aws-s3-public-acl aws_s3_bucket.data: acl is \"public-read\", which lets "
          "everyone read\n");
    options.include_passed = true;
    const std::string all = ExampleReport().write("terminal", options);
    CHECK(has(all, "storage/main.tf:12:3: accepted aws-ebs-encrypted aws_ebs_volume.tmp: encrypted is false\n"));
    CHECK(has(all, "storage/main.tf:7:3: undecided aws-kms-rotation aws_kms_key.main: "));
}

TEST_CASE("verbose tells why, all requirements, the peers' ids and types without rules") {
    ReportOptions options;
    options.verbosity = 1;
    const std::string text = ExampleReport().write("terminal", options);
    CHECK(has(text, " why       Everyone on the internet can read the data.\n"));
    CHECK(has(text, "SOC 2 CC6.1, CC6.6 · "));
    CHECK(has(text, " also      CKV_AWS_20, AVD-AWS-0092\n"));
    CHECK(has(text, "  no rule  aws_route (2)\n"));
}

TEST_CASE("colours only when asked for") {
    ReportOptions options;
    CHECK(!has(ExampleReport().write("terminal", options), "\x1b"));
    options.color = true;
    CHECK(has(ExampleReport().write("terminal", options), "\x1b[1;97;41mcritical\x1b[0m"));
}

TEST_CASE("no line is wider than the terminal, but for links") {
    for (const std::size_t width : {40, 57, 80, 120}) {
        ReportOptions options;
        options.width = width;
        options.verbosity = 1;
        options.include_passed = true;
        const std::string text = ExampleReport().write("terminal", options);
        for (std::string_view line : split(text, '\n')) {
            if (line.find("://") != std::string_view::npos) continue;
            // Heads of findings and tables are never broken: their parts are ids that people copy.
            if (line.starts_with(" not_applicable") || line.find("    fail") != std::string_view::npos ||
                line.ends_with('-') || line.ends_with("accepted") || line.find("  aws_") != std::string_view::npos ||
                line.ends_with('1')) {
                continue;
            }
            CHECK_MESSAGE(display_width(line) <= width, line);
        }
    }
}

TEST_CASE("terminal escapes and bidirectional overrides of the input are made visible") {
    OneFinding example("a\x1b]0;x\x07.tf", "acl = \"\x1b[2J\u202e\"\n", "acl");
    example.report.findings[0].resource = "aws_s3_bucket.\x1b[31m";
    example.report.findings[0].judgement.message = "acl is \"\x1b[2J\"";
    example.report.findings[0].owners = {"\r\nroot"};
    example.report.findings[0].judgement.related = {{{}, "line\nfeed"}};
    const std::string text = example.write("terminal");
    CHECK(!has(text, "\x1b"));
    CHECK(!has(text, "\r"));
    CHECK(!has(text, "\u202e"));
    CHECK(has(text, R"(acl is "\u001b[2J")"));
    CHECK(has(text, R"( 1 │ acl = "\u001b[2J\u202e")"));
    CHECK(has(text, R"(\r\nroot)"));
    CHECK(has(text, R"(line\nfeed)"));
}

TEST_CASE("carets stand under the fault after tabs and wide characters") {
    const std::string text = OneFinding("a.tf", "\tname = \"日本\", acl = \"x\"\n", "acl = \"x\"").write("terminal");
    CHECK(has(text,
              " 1 │     name = \"日本\", acl = \"x\"\n"
              "   │                    ^^^^^^^^^\n"));
}

TEST_CASE("a long line is cut around the fault, at any length") {
    const std::string filler(5'000'000, 'a');
    ReportOptions options;
    options.width = 60;
    const std::string text = OneFinding("a.json", filler + "FAULT" + filler, "FAULT").write("terminal", options);
    CHECK(text.size() < 4000);
    CHECK(has(text, "aaaFAULTaaa"));
    CHECK(has(text, "^^^^^\n"));
    const std::string whole = OneFinding("a.json", filler, filler).write("terminal", options);
    CHECK(has(whole, "aaa…\n"));
    for (std::string_view line : split(whole, '\n')) {
        if (line.find("://") == std::string_view::npos) CHECK(display_width(line) <= 60);
    }
}

TEST_CASE("a fault over many lines shows its first lines and the last") {
    const Source source(SourceId{1}, "p.tf", "a = [\n  1,\n  2,\n  3,\n  4,\n  5,\n  6\n]\n");
    std::string text;
    for (const ExcerptLine& line : excerpt(source, {SourceId{1}, 0, 36}, 0, 80)) {
        text += std::to_string(line.number) + "|" + line.before + "|" + line.marked + "|" + line.after + "\n";
    }
    CHECK(text == "1||a = [|\n2|  |1,|\n3|  |2,|\n0|||\n8||]|\n");
}

TEST_CASE("text is wrapped by columns, words that do not fit are broken, links are not") {
    using Lines = std::vector<std::string>;
    CHECK(wrap("one two three", 7) == Lines{"one two", "three"});
    CHECK(wrap("日本語 日本", 6) == Lines{"日本語", "日本"});
    CHECK(wrap("abcdefgh ij", 4) == Lines{"abcd", "efgh", "ij"});
    CHECK(wrap("see https://example.org/long ok", 10) == Lines{"see", "https://example.org/long", "ok"});
    CHECK(wrap("a b", 0) == Lines{"a b"});
    CHECK(wrap("", 10) == Lines{""});
}

TEST_CASE("a scan without failures says so, and what it looked at") {
    ExampleReport example;
    example.report.findings.clear();
    example.report.waivers.clear();
    example.report.diagnostics.clear();
    example.report.coverage.gaps.clear();
    example.report.count_verdicts();
    CHECK(example.write("terminal") == "No failures\n0 passed · 5 resources in 3 files, 4 rules\n");
}

TEST_CASE("a scan that could not read everything does not say that all is well") {
    ExampleReport example;
    example.report.findings.clear();
    example.report.count_verdicts();
    CHECK(has(example.write("terminal"), "\nNo failures in what could be read\n0 passed"));
}

TEST_CASE("a rule is explained at its first finding; later files repeat the fix, later findings of a file nothing") {
    ExampleReport example;
    Finding again = example.report.findings[0];
    again.resource = "aws_s3_bucket.second";
    Finding elsewhere = again;
    elsewhere.resource = "aws_s3_bucket.third";
    elsewhere.judgement.subject = elsewhere.judgement.related[1].span;
    example.report.findings = {example.report.findings[0], again, elsewhere};
    example.report.count_verdicts();
    const std::string text = example.write("terminal");
    const std::size_t second = text.find("aws_s3_bucket.second"), third = text.find("aws_s3_bucket.third");
    CHECK(has(text.substr(0, second), " controls  data.public-access"));
    CHECK(has(text.substr(0, second), " fix       Remove the ACL"));
    CHECK(!has(text.substr(second, third - second), " fix "));
    CHECK(!has(text.substr(third), " controls  "));
    CHECK(has(text.substr(third), " fix       Remove the ACL"));
}

}  // namespace plumbline
