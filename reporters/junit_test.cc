#include <doctest/doctest.h>

#include "reporters/example_report.h"

namespace plumbline {

TEST_CASE("junit has a suite per file, failures with code and fix, accepted ones skipped, unread files as errors") {
    CHECK(ExampleReport().write("junit") ==
          R"(<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="plumbline" tests="4" failures="2" errors="1">
  <testsuite name="broken.tf" tests="1" failures="0" errors="1" skipped="0">
    <testcase classname="plumbline" name="hcl-syntax">
      <error type="hcl-syntax" message="the block is not closed">broken.tf:1:14: Add a closing brace.</error>
    </testcase>
  </testsuite>
  <testsuite name="storage/main.tf" tests="3" failures="2" errors="0" skipped="1">
    <testcase classname="aws-s3-public-acl" name="aws_s3_bucket.data">
      <failure type="critical" message="acl is &quot;public-read&quot;, which lets everyone read">storage/main.tf:3:2
2 |   bucket = &quot;data&quot;
3 |     acl    = var.acl
4 | }
storage/main.tf:3:11 the value of var.acl
storage/variables.tf:2:3 default of var.acl
Owner: @storage-team
Fix: Remove the ACL, or set it to `private`.
Control: data.public-access
SOC 2: CC6.1
ISO/IEC 27001:2022: A.8.3
NIST SP 800-53 r5: AC-3
</failure>
    </testcase>
    <testcase classname="aws-s3-versioning" name="aws_s3_bucket.data">
      <failure type="medium" message="versioning is missing">storage/main.tf:1:1
1 | resource &quot;aws_s3_bucket&quot; &quot;data&quot; {
2 |   bucket = &quot;data&quot;
Fix: Add an `aws_s3_bucket_versioning` resource with status `Enabled`.
Control: backup.versioning
ISO/IEC 27001:2022: A.8.13
</failure>
    </testcase>
    <testcase classname="aws-ebs-encrypted" name="aws_ebs_volume.tmp">
      <skipped message="accepted: scratch data only"/>
    </testcase>
  </testsuite>
</testsuites>
)");
}

TEST_CASE("junit shows passes as cases and undecided verdicts as skipped when asked for") {
    ReportOptions options;
    options.include_passed = true;
    const std::string text = ExampleReport().write("junit", options);
    CHECK(text.find("<testcase classname=\"aws-ebs-encrypted\" name=\"aws_ebs_volume.data\"/>") != std::string::npos);
    CHECK(text.find("<skipped message=\"undecided: var.rotate has no default\"/>") != std::string::npos);
    CHECK(text.find("<skipped message=\"not applicable: the key is asymmetric\"/>") != std::string::npos);
}

TEST_CASE("junit escapes what XML cannot hold") {
    ExampleReport example;
    example.report.findings[0].resource = "a<b>&\"c\"\x01\xff";
    CHECK(example.write("junit").find(R"(name="a&lt;b&gt;&amp;&quot;c&quot;\u0001\xff")") != std::string::npos);
}

}  // namespace plumbline
