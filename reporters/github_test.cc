#include <doctest/doctest.h>

#include "reporters/example_report.h"

namespace plumbline {

TEST_CASE("github annotations name file, line and columns, the value's way and the fix, new failures only") {
    CHECK(
        ExampleReport().write("github") ==
        "::error file=storage/main.tf,line=3,col=2,endColumn=18,title=S3 bucket has no public ACL "
        "(aws-s3-public-acl)::aws_s3_bucket.data: acl is \"public-read\", which lets everyone "
        "read%0Astorage/main.tf:3:11 the value of var.acl%0Astorage/variables.tf:2:3 default of var.acl%0AFix: Remove "
        "the ACL, or set it to `private`.%0AControls: SOC 2 CC6.1, ISO/IEC 27001:2022 A.8.3, NIST SP 800-53 r5 "
        "AC-3%0AOwner: @storage-team\n"
        "::warning file=broken.tf,line=1,col=14,endColumn=15,title=Not scanned completely::the block is not closed. "
        "Add "
        "a closing brace.\n");
}

TEST_CASE("the worst annotations come first, and nothing in a name can start another command") {
    ExampleReport example;
    auto& findings = example.report.findings;
    findings[1].baseline = BaselineState::fresh;
    findings[1].judgement.message = "50% of\n::error::x";
    std::swap(findings[0], findings[1]);
    findings[0].rule = "my:rule,100%";
    const std::string text = example.write("github");
    CHECK(text.starts_with("::error file=storage/main.tf,line=3,"));
    CHECK(text.find("\n::warning file=storage/main.tf,line=1,col=1,endColumn=32,title=my%3Arule%2C100%25 "
                    "(my%3Arule%2C100%25)::aws_s3_bucket.data: 50%25 of\\n::error::x\n") != std::string::npos);
}

}  // namespace plumbline
