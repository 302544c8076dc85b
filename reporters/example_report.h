#pragma once

#include <sstream>
#include <string>
#include <string_view>

#include "reporters/registry.h"
#include "scanner/model/report.h"

namespace plumbline {

/// A small report made by hand for the tests of reporters: two Terraform files with a value that travels, a missing
/// block, an undecided verdict, an accepted finding, one that is gone since the baseline, passes, a broken file, a gap.
struct ExampleReport {
    SourceSet sources;
    Report report;

    ExampleReport() {
        const Source& main = sources.add("storage/main.tf",
                                         "resource \"aws_s3_bucket\" \"data\" {\n"
                                         "  bucket = \"data\"\n"
                                         "\tacl    = var.acl\n"
                                         "}\n"
                                         "\n"
                                         "resource \"aws_kms_key\" \"main\" {\n"
                                         "  enable_key_rotation = var.rotate\n"
                                         "}\n"
                                         "\n"
                                         "# plumbline:ignore aws-ebs-encrypted scratch data only\n"
                                         "resource \"aws_ebs_volume\" \"tmp\" {\n"
                                         "  encrypted = false\n"
                                         "}\n");
        const Source& variables = sources.add("storage/variables.tf",
                                              "variable \"acl\" {\n"
                                              "  default = \"public-read\"\n"
                                              "}\n"
                                              "\n"
                                              "variable \"rotate\" {}\n");
        const Source& broken = sources.add("broken.tf", "resource \"x\" {\n");
        add_catalogue();

        Finding acl = finding("aws-s3-public-acl", "aws_s3_bucket.data", Severity::critical, Verdict::fail, main);
        acl.judgement.message = "acl is \"public-read\", which lets everyone read";
        acl.judgement.attribute = "acl";
        acl.judgement.value = "\"public-read\"";
        acl.judgement.subject = span(main, "acl    = var.acl");
        acl.judgement.related = {{span(main, "var.acl"), "the value of var.acl"},
                                 {span(variables, "default = \"public-read\""), "default of var.acl"}};
        acl.header = span(main, "resource \"aws_s3_bucket\" \"data\"");
        acl.block = span(main, main.text().substr(0, main.text().find('}') + 1));
        acl.owners = {"@storage-team"};
        acl.baseline = BaselineState::fresh;

        Finding versioning = finding("aws-s3-versioning", "aws_s3_bucket.data", Severity::medium, Verdict::fail, main);
        versioning.judgement.message = "versioning is missing";
        versioning.judgement.attribute = "versioning";
        versioning.judgement.subject = acl.header;
        versioning.header = acl.header;
        versioning.baseline = BaselineState::unchanged;

        Finding rotation = finding("aws-kms-rotation", "aws_kms_key.main", Severity::medium, Verdict::undecided, main);
        rotation.judgement.message = "enable_key_rotation is unknown";
        rotation.judgement.attribute = "enable_key_rotation";
        rotation.judgement.subject = span(main, "enable_key_rotation = var.rotate");
        rotation.judgement.related = {{span(variables, "variable \"rotate\""), "var.rotate has no default"}};
        rotation.judgement.undecided_by = "var.rotate has no default";

        Finding volume = finding("aws-ebs-encrypted", "aws_ebs_volume.tmp", Severity::high, Verdict::fail, main);
        volume.judgement.message = "encrypted is false";
        volume.judgement.attribute = "encrypted";
        volume.judgement.value = "false";
        volume.judgement.subject = span(main, "encrypted = false");
        volume.accepted = {{"inSource", "scratch data only", "", "", "", "", "", "",
                            span(main, "# plumbline:ignore aws-ebs-encrypted scratch data only")}};
        volume.baseline = BaselineState::unchanged;

        Finding passed = finding("aws-ebs-encrypted", "aws_ebs_volume.data", Severity::high, Verdict::pass, variables);
        passed.judgement.message = "encrypted is true";
        passed.judgement.subject = span(variables, "variable \"acl\"");
        Finding not_applicable =
            finding("aws-kms-rotation", "aws_kms_key.asymmetric", Severity::medium, Verdict::not_applicable, variables);
        not_applicable.judgement.message = "the key is asymmetric";
        not_applicable.judgement.subject = span(variables, "variable \"rotate\"");
        Finding gone = finding("aws-s3-versioning", "aws_s3_bucket.old", Severity::medium, Verdict::pass, main);
        gone.judgement.message = "no longer found";
        gone.file = "storage/old.tf";
        gone.baseline = BaselineState::absent;

        report.tool_version = "0.1.0";
        report.tool_uri = "https://plumbline.example/";
        report.arguments = {"scan", "."};
        report.root_uri = "file:///work/";
        report.findings = {acl, versioning, rotation, volume, gone, passed, not_applicable};
        for (Finding& item : report.findings) {
            const std::string_view parts[] = {item.rule, item.root, item.resource, item.judgement.attribute};
            item.fingerprint = std::to_string(item.rule.size()) + "-" + std::string(parts[2]);
        }
        report.count_verdicts();
        report.coverage = {3, 3, 420, 1, 5, 4, {{"aws_route", 2}}, {}};
        report.coverage.gaps.push_back({"module-source", "module.vpc",
                                        "the registry module is not installed; run `terraform init`",
                                        span(main, "bucket = \"data\""), ""});
        report.diagnostics.push_back(
            {Level::error, "hcl-syntax", "the block is not closed", "Add a closing brace.", span(broken, "{"), "", ""});
        report.waivers.push_back({{"aws-rds-*"},
                                  "",
                                  "legacy/**",
                                  {"external",
                                   "moves to the new account",
                                   "data-team",
                                   "ciso",
                                   "RISK-7",
                                   "2026-06-30",
                                   "read-only network",
                                   "2026-01-02",
                                   {}},
                                  0,
                                  "expired"});
        report.exit_code = 1;
    }

    std::string write(std::string_view format, ReportOptions options = {}) const {
        std::ostringstream out;
        find_reporter(format)->write(report, sources, options, out);
        return out.str();
    }

    static Span span(const Source& source, std::string_view text) {
        const std::size_t at = source.text().find(text);
        return {source.id(), static_cast<std::uint32_t>(at), static_cast<std::uint32_t>(at + text.size())};
    }

    static Finding finding(std::string rule, std::string resource, Severity severity, Verdict verdict,
                           const Source& source) {
        Finding out;
        out.rule = std::move(rule);
        out.type = resource.substr(0, resource.find('.'));
        out.resource = std::move(resource);
        out.platform = "terraform";
        out.root = "storage";
        out.file = source.path();
        out.severity = severity;
        out.judgement.verdict = verdict;
        return out;
    }

  private:
    void add_catalogue() {
        static const std::string from[] = {"terraform"};
        static const ControlLink public_data[] = {
            {"soc2", "CC6.1", "Logical access controls", Closeness::partial},
            {"soc2", "CC6.6", "Boundary protection", Closeness::supports},
            {"iso27001_2022", "A.8.3", "Information access restriction", Closeness::partial},
            {"nist_800_53_r5", "AC-3", "Access Enforcement", Closeness::direct}};
        static const ControlLink versions[] = {{"iso27001_2022", "A.8.13", "Information backup", Closeness::partial}};
        static const ControlLink at_rest[] = {
            {"soc2", "CC6.1", "Logical access controls", Closeness::partial},
            {"iso27001_2022", "A.8.24", "Use of cryptography", Closeness::direct},
            {"nist_800_53_r5", "SC-28", "Protection of Information at Rest", Closeness::direct}};
        report.frameworks = {{"soc2",
                              "SOC 2 Trust Services Criteria",
                              "2017",
                              "AICPA",
                              "https://www.aicpa-cima.org/",
                              {{"CC6", "Logical and physical access", "", true},
                               {"CC6.1", "Logical access controls", "CC6"},
                               {"CC6.4", "Physical access", "CC6", false, false, {}, "physical"},
                               {"CC6.6", "Boundary protection", "CC6"}}},
                             {"iso27001_2022",
                              "ISO/IEC 27001:2022 Annex A",
                              "2022",
                              "ISO/IEC",
                              "https://www.iso.org/standard/27001",
                              {{"A.7.4", "Physical security monitoring", "A.7", false, false, {}, "physical"},
                               {"A.8.3", "Information access restriction", "A.8"},
                               {"A.8.13", "Information backup", "A.8"},
                               {"A.8.24", "Use of cryptography", "A.8"}}},
                             {"nist_800_53_r5",
                              "NIST SP 800-53",
                              "5.1.1",
                              "NIST",
                              "https://csrc.nist.gov/pubs/sp/800/53/r5/upd1/final",
                              {{"AC-3", "Access Enforcement", "AC"},
                               {"AC-3(1)", "Restricted Access to Privileged Functions", "AC-3", false, true},
                               {"SC-28", "Protection of Information at Rest", "SC"}}}};
        report.controls = {{"data.public-access",
                            "No public data",
                            "Stored data is not readable by everyone.",
                            "Data protection",
                            "no public grants",
                            "every change",
                            from,
                            {std::begin(public_data), std::end(public_data)}},
                           {"backup.versioning",
                            "Versions of stored data",
                            "Overwritten data can be had again.",
                            "Backup and recovery",
                            "versioning is on",
                            "every change",
                            from,
                            {std::begin(versions), std::end(versions)}},
                           {"crypto.at-rest",
                            "Encryption at rest",
                            "Stored data is encrypted.",
                            "Cryptography",
                            "encryption settings",
                            "every change",
                            from,
                            {std::begin(at_rest), std::end(at_rest)},
                            true,
                            "2025-01-01 to 2025-06-01"}};
        report.rules = {{"aws-ebs-encrypted",
                         "EBS volume is encrypted",
                         "A lost disk gives away what is on it.",
                         "Set `encrypted` to true.",
                         "crypto.at-rest",
                         "Encryption at rest",
                         "aws/ebs/encrypted.yaml",
                         Severity::high,
                         {"CKV_AWS_3"},
                         {"https://docs.aws.amazon.com/ebs/latest/userguide/ebs-encryption.html"},
                         {"terraform"},
                         {"aws_ebs_volume"},
                         {std::begin(at_rest), std::end(at_rest)}},
                        {"aws-kms-rotation",
                         "KMS key is rotated",
                         "An old key protects more and more data.",
                         "Set `enable_key_rotation` to true.",
                         "crypto.at-rest",
                         "Encryption at rest",
                         "aws/kms/rotation.yaml",
                         Severity::medium,
                         {"CKV_AWS_7"},
                         {},
                         {"terraform"},
                         {"aws_kms_key"},
                         {std::begin(at_rest), std::end(at_rest)}},
                        {"aws-s3-public-acl",
                         "S3 bucket has no public ACL",
                         "Everyone on the internet can read the data.",
                         "Remove the ACL, or set it to `private`.",
                         "data.public-access",
                         "No public data",
                         "aws/s3/public-acl.yaml",
                         Severity::critical,
                         {"CKV_AWS_20", "AVD-AWS-0092"},
                         {"https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html"},
                         {"terraform"},
                         {"aws_s3_bucket"},
                         {std::begin(public_data), std::end(public_data)}},
                        {"aws-s3-versioning",
                         "S3 bucket keeps versions of its objects",
                         "Without versions an overwritten object is gone.",
                         "Add an `aws_s3_bucket_versioning` resource with status `Enabled`.",
                         "backup.versioning",
                         "Versions of stored data",
                         "aws/s3/versioning.yaml",
                         Severity::medium,
                         {"CKV_AWS_21"},
                         {},
                         {"terraform"},
                         {"aws_s3_bucket"},
                         {std::begin(versions), std::end(versions)}}};
    }
};

}  // namespace plumbline
