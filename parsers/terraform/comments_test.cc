#include "parsers/terraform/comments.h"

#include <doctest/doctest.h>

#include "scanner/model/text.h"

using namespace plumbline;

namespace {

/// `rules | reason | expires | first line - last line` of each suppression in the text.
std::vector<std::string> suppressions(const std::string& text) {
    SourceSet sources;
    Diagnostics faults;
    const Source& source = sources.add("main.tf", text);
    const auto file = hcl::read_hcl(source, faults);
    CHECK(faults.empty());
    std::vector<std::string> out;
    for (const Suppression& item : terraform::comment_suppressions(*file)) {
        out.push_back(join(item.rules, ",") + " | " + item.reason + " | " + item.expires + " | " +
                      std::to_string(source.locate(item.scope.begin).line) + "-" +
                      std::to_string(source.locate(item.scope.end).line));
    }
    return out;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("a comment inside of a block covers the block") {
    CHECK(suppressions(R"(resource "a" "b" {
  # checkov:skip=CKV_AWS_1,CKV_AWS_2: public on purpose
  x = 1
  // plumbline:ignore PL-S3-1 agreed with the owner
  y {
    #checkov:skip=CKV_AWS_3
  }
}
)") == Texts{"CKV_AWS_1,CKV_AWS_2 | public on purpose |  | 1-8", "PL-S3-1 | agreed with the owner |  | 1-8",
             "CKV_AWS_3 |  |  | 1-8"});
}

TEST_CASE("a comment above covers what follows, at the end of a line what starts there") {
    CHECK(suppressions(R"(# trivy:ignore:AVD-AWS-0086 trivy:ignore:AVD-AWS-0087
#tfsec:ignore:aws-s3-enable-versioning:exp:2025-01-02
resource "a" "b" { #tfsec:ignore:*
  x = 1 # trivy:ignore:aws-x
  # tfsec:ignore:aws-y[x=1]
  y {
    z = 1
  }
}
# plumbline:ignore PL-1 whole block
resource "a" "c" {
  w = [
    1,
    2, # plumbline:ignore PL-2
  ]
}
)") == Texts{"AVD-AWS-0086 |  |  | 3-9", "AVD-AWS-0087 |  |  | 3-9", "aws-s3-enable-versioning |  | 2025-01-02 | 3-9",
             "* |  |  | 3-9", "aws-x |  |  | 4-4", "aws-y |  |  | 6-8", "PL-1 | whole block |  | 11-16",
             "PL-2 |  |  | 12-15"});
}

TEST_CASE("kics") {
    CHECK(suppressions(R"(# kics-scan disable=a1,b2
resource "a" "b" {
  # kics-scan ignore-line
  x = 1
}
# kics-scan ignore-block
resource "a" "c" {
}
)") == Texts{"a1,b2 |  |  | 1-9", "* |  |  | 4-4", "* |  |  | 7-8"});
}

TEST_CASE("what is no directive suppresses nothing") {
    CHECK(suppressions(R"(# please ignore this, skip it
resource "a" "b" {
  x = "# checkov:skip=CKV_AWS_1:in a text"
  # checkov:skip
  # trivy:ignore:
  # plumbline:ignore
}
# checkov:skip=CKV_AWS_1: outside of any block
)") == Texts{});
}
