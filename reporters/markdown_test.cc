#include <doctest/doctest.h>

#include "reporters/example_report.h"

namespace plumbline {

TEST_CASE("markdown lists what is new and folds the rest") {
    CHECK(ExampleReport().write("markdown") ==
          R"(### plumbline: 1 new failure

1 🟥 critical · 1 fixed · 1 known · 1 accepted · 1 undecided · 1 passed

| | Where | What | Controls |
|---|---|---|---|
| 🟥 critical | `storage/main.tf:3` | **aws-s3-public-acl** `aws_s3_bucket.data`<br>acl is "public-read", which lets everyone read | SOC 2 CC6.1<br>ISO/IEC 27001:2022 A.8.3<br>NIST SP 800-53 r5 AC-3 |

<details><summary>1 finding in detail</summary>

#### 🟥 aws-s3-public-acl `aws_s3_bucket.data`

acl is "public-read", which lets everyone read (`storage/main.tf:3`)

```
2 │   bucket = "data"
3 │     acl    = var.acl
4 │ }
```

- the value of var.acl (`storage/main.tf:3:11`)
- default of var.acl (`storage/variables.tf:2:3`)
- Owner: `@storage-team`
- Why: Everyone on the internet can read the data.
- **Fix:** Remove the ACL, or set it to `private`.
- <https://docs.aws.amazon.com/AmazonS3/latest/userguide/acl-overview.html>


</details>

<details><summary>1 fixed</summary>

- **aws-s3-versioning** `aws_s3_bucket.old` in `storage/old.tf`

</details>

<details><summary>1 accepted</summary>

- 🟧 **aws-ebs-encrypted** `aws_ebs_volume.tmp`: scratch data only

</details>

<details><summary>Exceptions without effect</summary>

- **expired**: `aws-rds-*` in `legacy/**`, until 2026-06-30

</details>

<details><summary>1 undecided</summary>

- 1 × var.rotate has no default (`storage/variables.tf:5:1`)

</details>

<details><summary>Not scanned, or not completely</summary>

- error: `broken.tf:1:14` the block is not closed. Add a closing brace.
- skipped: `module.vpc` the registry module is not installed; run \`terraform init\`

</details>
)");
}

TEST_CASE("markdown of a clean scan is one line, and without a baseline every failure counts") {
    ExampleReport clean;
    clean.report.findings.clear();
    clean.report.waivers.clear();
    clean.report.diagnostics.clear();
    clean.report.coverage.gaps.clear();
    clean.report.count_verdicts();
    CHECK(clean.write("markdown") == "### plumbline: no failures ✅\n");
    ExampleReport plain;
    for (Finding& finding : plain.report.findings) {
        if (finding.baseline != BaselineState::absent) finding.baseline = BaselineState::none;
    }
    std::erase_if(plain.report.findings, [](const Finding& item) { return item.baseline == BaselineState::absent; });
    CHECK(plain.write("markdown")
              .starts_with("### plumbline: 2 failures\n\n1 🟥 critical · 1 🟨 medium · 1 accepted"));
}

TEST_CASE("a change that adds exceptions says so first, with who answers for them and until when") {
    ExampleReport example;
    example.report.findings.clear();
    example.report.waivers.clear();
    example.report.diagnostics.clear();
    example.report.coverage.gaps.clear();
    example.report.verdicts.clear();
    example.report.added_exceptions = {
        {{"aws-rds-*"},
         "",
         "legacy/**",
         {"external", "moves", "data-team", "ciso", "RISK-7", "2026-06-30", "VPN", "", {}},
         0,
         ""},
        {{"CKV_AWS_3"}, "", "main.tf", {"inSource", "", "", "", "", "", "", "", {}}, 0, ""}};
    CHECK(example.write("markdown") ==
          "### plumbline: no failures ✅\n\n"
          "⚠️ **This change adds 2 exceptions**\n\n"
          "| Accepts | Reason | Owner | Approver | Until |\n|---|---|---|---|---|\n"
          "| `aws-rds-*` in `legacy/**` | moves<br>Instead: VPN<br>RISK-7 | data-team | ciso | 2026-06-30 |\n"
          "| `CKV_AWS_3` in `main.tf` (comment in the code) | **no reason given** | – | – | **no end** |\n");
    CHECK(example.write("github") ==
          "::warning title=This change adds an exception::aws-rds-* in legacy/**%0AReason: moves%0AOwner: "
          "data-team%0AUntil: 2026-06-30\n"
          "::warning title=This change adds an exception::CKV_AWS_3 in main.tf%0AReason: none given%0AUntil: no end\n");
}

TEST_CASE("markdown neutralises markup, HTML, mentions and issue numbers, and code spans hold backticks") {
    ExampleReport example;
    Finding& finding = example.report.findings[0];
    finding.judgement.message = "<img src=x> @admin #1 [a](b) | `c` **d**";
    finding.resource = "a`|`b";
    const std::string text = example.write("markdown");
    CHECK(text.find("&lt;img src=x&gt; &#64;admin &#35;1 \\[a\\]\\(b\\) \\| \\`c\\` \\*\\*d\\*\\*") !=
          std::string::npos);
    CHECK(text.find("`` a`\\|`b ``") != std::string::npos);
    CHECK(text.find("<img") == std::string::npos);
}

TEST_CASE("a markdown comment stays below GitHub's limit, with nothing left open") {
    ExampleReport example;
    const Finding first = example.report.findings[0];
    for (int i = 0; i < 5000; ++i) {
        Finding more = first;
        more.resource = "aws_s3_bucket.b" + std::to_string(i);
        more.judgement.message = std::string(5000, 'x');
        for (int k = 0; k < 100; ++k) more.judgement.related.push_back({{}, std::string(2000, 'y')});
        example.report.findings.push_back(more);
    }
    const std::string text = example.write("markdown");
    CHECK(text.size() < 65536);
    CHECK(text.find("### plumbline: 5001 new failures") == 0);
    CHECK(text.find("… and 4976 more.") != std::string::npos);
    CHECK(text.find("_25 findings in detail: too long for a comment; see the full report._") != std::string::npos);
}

}  // namespace plumbline
