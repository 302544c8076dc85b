#include "parsers/terraform/program.h"

#include <doctest/doctest.h>

#include "parsers/terraform/program_test_support.h"
#include "scanner/model/text.h"

using namespace plumbline;

TEST_CASE("sibling modules keep their own arguments, also when one has an unknown one") {
    // https://github.com/aquasecurity/trivy/issues/10926
    const Evaluated e(Files{{"main.tf", R"(
variable "later" {}
module "known" {
  source = "./bucket"
  acl    = "private"
}
module "unknown" {
  source = "./bucket"
  acl    = var.later
}
)"},
                            {"bucket/main.tf", R"(
variable "acl" { default = "public-read" }
resource "aws_s3_bucket" "b" { acl = var.acl }
)"}});
    CHECK(e.value("module.known.aws_s3_bucket.b", "acl") == "\"private\"");
    const Value& acl = e.at("module.unknown.aws_s3_bucket.b").body.find("acl")->value;
    REQUIRE(acl.is_unknown());
    CHECK(acl.as_unknown().cause->why == "var.later has no default and no value was given");
    CHECK(e.roots.size() == 1);
}

TEST_CASE("for_each over a map with equal values makes an instance for each key") {
    // https://github.com/aquasecurity/trivy/issues/5555
    const Evaluated e(Files{{"main.tf", R"(
resource "aws_s3_bucket" "b" {
  for_each = { one = "same", two = "same" }
  bucket   = "${each.key}-${each.value}"
}
)"}});
    CHECK(e.addresses("aws_s3_bucket") == list({"aws_s3_bucket.b[\"one\"]", "aws_s3_bucket.b[\"two\"]"}));
    CHECK(e.value("aws_s3_bucket.b[\"two\"]", "bucket") == "\"two-same\"");
}

TEST_CASE("for_each on data sources") {
    // https://github.com/aquasecurity/trivy/issues/5554
    const Evaluated e(Files{{"main.tf", R"(
data "aws_iam_policy_document" "d" {
  for_each = toset(["a", "b"])
  statement {
    actions   = ["s3:Get${each.key}"]
    resources = ["*"]
  }
}
resource "aws_iam_policy" "p" {
  for_each = data.aws_iam_policy_document.d
  policy   = each.value.json
}
)"}});
    CHECK(e.addresses("data.aws_iam_policy_document") ==
          list({"data.aws_iam_policy_document.d[\"a\"]", "data.aws_iam_policy_document.d[\"b\"]"}));
    CHECK(e.at("aws_iam_policy.p[\"b\"]").body.find("policy")->value.as_string() ==
          R"({"Statement":[{"Action":"s3:Getb","Effect":"Allow","Resource":"*"}],"Version":"2012-10-17"})");
    CHECK(e.linked("aws_iam_policy.p[\"b\"]", "policy", "data.aws_iam_policy_document.d[\"b\"]"));
    CHECK_FALSE(e.linked("aws_iam_policy.p[\"b\"]", "policy", "data.aws_iam_policy_document.d[\"a\"]"));
}

TEST_CASE("dynamic blocks over objects, nested ones too") {
    // https://github.com/aquasecurity/trivy/issues/5902, https://github.com/bridgecrewio/checkov/issues/3777
    const Evaluated e(Files{{"main.tf", R"(
locals {
  rules = [{ port = 22, from = ["10.0.0.0/8"] }, { port = 443, from = ["0.0.0.0/0", "::/0"] }]
}
resource "aws_security_group" "g" {
  dynamic "ingress" {
    for_each = local.rules
    iterator = rule
    content {
      from_port = rule.value.port
      dynamic "source" {
        for_each = rule.value.from
        content {
          cidr = "${rule.key}:${source.value}"
        }
      }
    }
  }
}
)"}});
    CHECK(e.value("aws_security_group.g", "ingress") ==
          R"([{"from_port":22,"source":[{"cidr":"0:10.0.0.0/8"}]},)"
          R"({"from_port":443,"source":[{"cidr":"1:0.0.0.0/0"},{"cidr":"1:::/0"}]}])");
}

TEST_CASE("module for_each over a for expression") {
    // https://github.com/bridgecrewio/checkov/issues/7503
    const Evaluated e(Files{{"main.tf", R"(
variable "names" { default = ["a", "b"] }
module "m" {
  source   = "./m"
  for_each = { for i, n in var.names : n => { index = i } }
  name     = each.key
  index    = each.value.index
}
)"},
                            {"m/main.tf", R"(
variable "name" {}
variable "index" {}
resource "aws_sqs_queue" "q" { name = "${var.name}-${var.index}" }
)"}});
    CHECK(e.addresses("aws_sqs_queue") == list({"module.m[\"a\"].aws_sqs_queue.q", "module.m[\"b\"].aws_sqs_queue.q"}));
    CHECK(e.value("module.m[\"b\"].aws_sqs_queue.q", "name") == "\"b-1\"");
}

TEST_CASE("two calls of one module and a third that uses an output") {
    // https://github.com/bridgecrewio/checkov/issues/7470
    const Evaluated e(Files{{"main.tf", R"(
module "one" {
  source = "./key"
  alias  = "one"
}
module "two" {
  source = "./key"
  alias  = "two"
}
module "user" {
  source = "./topic"
  key    = module.two.id
  label  = module.one.alias
}
)"},
                            {"key/main.tf", R"(
variable "alias" {}
resource "aws_kms_key" "k" { description = var.alias }
output "id" { value = aws_kms_key.k.id }
output "alias" { value = var.alias }
)"},
                            {"topic/main.tf", R"(
variable "key" {}
variable "label" {}
resource "aws_sns_topic" "t" {
  name              = var.label
  kms_master_key_id = var.key
}
)"}});
    CHECK(e.value("module.user.aws_sns_topic.t", "name") == "\"one\"");
    CHECK(e.linked("module.user.aws_sns_topic.t", "kms_master_key_id", "module.two.aws_kms_key.k"));
    CHECK_FALSE(e.linked("module.user.aws_sns_topic.t", "kms_master_key_id", "module.one.aws_kms_key.k"));
}

TEST_CASE("counted buckets and their counted configuration are linked one by one") {
    // https://github.com/tenable/terrascan/issues/1540
    const Evaluated e(Files{{"main.tf", R"(
resource "aws_s3_bucket" "b" {
  count  = 2
  bucket = "b-${count.index}"
}
resource "aws_s3_bucket_versioning" "v" {
  count  = length(aws_s3_bucket.b)
  bucket = aws_s3_bucket.b[count.index].id
}
resource "aws_s3_bucket_logging" "l" {
  bucket = element(aws_s3_bucket.b[*].bucket, 1)
}
)"}});
    CHECK(e.addresses("aws_s3_bucket_versioning") ==
          list({"aws_s3_bucket_versioning.v[0]", "aws_s3_bucket_versioning.v[1]"}));
    CHECK(e.linked("aws_s3_bucket_versioning.v[0]", "bucket", "aws_s3_bucket.b[0]"));
    CHECK_FALSE(e.linked("aws_s3_bucket_versioning.v[0]", "bucket", "aws_s3_bucket.b[1]"));
    CHECK(e.linked("aws_s3_bucket_versioning.v[1]", "bucket", "aws_s3_bucket.b[1]"));
    // What is configured is read back, and still refers to where it was read.
    CHECK(e.value("aws_s3_bucket_logging.l", "bucket") == "\"b-1\"");
    CHECK(e.linked("aws_s3_bucket_logging.l", "bucket", "aws_s3_bucket.b[1]"));
    CHECK_FALSE(e.linked("aws_s3_bucket_logging.l", "bucket", "aws_s3_bucket.b[0]"));
}

TEST_CASE("a public access block whose bucket is a conditional") {
    // https://github.com/aquasecurity/tfsec/issues/1766
    const Files files = {{"main.tf", R"(
variable "logging" {}
resource "aws_s3_bucket" "plain" {}
resource "aws_s3_bucket" "logged" {}
resource "aws_s3_bucket_public_access_block" "p" {
  bucket = var.logging ? aws_s3_bucket.logged.id : aws_s3_bucket.plain.id
}
)"}};
    Inputs inputs;
    inputs.assignments.push_back({Inputs::Assignment::Kind::variable, "logging", "true"});
    const Evaluated known(files, inputs);
    CHECK(known.linked("aws_s3_bucket_public_access_block.p", "bucket", "aws_s3_bucket.logged"));
    CHECK_FALSE(known.linked("aws_s3_bucket_public_access_block.p", "bucket", "aws_s3_bucket.plain"));
    const Evaluated open(files);
    CHECK(open.linked("aws_s3_bucket_public_access_block.p", "bucket", "aws_s3_bucket.logged"));
    CHECK(open.linked("aws_s3_bucket_public_access_block.p", "bucket", "aws_s3_bucket.plain"));
}

TEST_CASE("an attribute of an object variable") {
    // https://github.com/Checkmarx/kics/issues/4153
    const Evaluated e(Files{{"main.tf", R"(
variable "db" {
  type    = object({ encrypted = optional(bool, true), class = string })
  default = { class = "db.t3.small" }
}
resource "aws_db_instance" "d" {
  storage_encrypted = var.db.encrypted
  instance_class    = var.db.class
}
)"}});
    CHECK(e.value("aws_db_instance.d", "storage_encrypted") == "true");
    CHECK(e.value("aws_db_instance.d", "instance_class") == "\"db.t3.small\"");
}

TEST_CASE("an unknown for_each is named in the coverage, and one instance stands for all") {
    // https://github.com/aquasecurity/trivy/issues/7099
    const Evaluated e(Files{{"main.tf", R"(
variable "names" { type = set(string) }
resource "aws_s3_bucket" "b" {
  for_each = var.names
  acl      = "public-read"
}
resource "aws_s3_bucket_versioning" "v" {
  for_each = var.names
  bucket   = aws_s3_bucket.b[each.key].id
}
)"}});
    REQUIRE(e.result.gaps.size() == 2);
    CHECK(e.result.gaps[0].kind == "for-each-unknown");
    CHECK(e.result.gaps[0].subject == "aws_s3_bucket.b");
    CHECK(e.result.gaps[0].reason == "var.names has no default and no value was given; one instance stands for all");
    CHECK(e.value("aws_s3_bucket.b", "acl") == "\"public-read\"");
    CHECK(e.at("aws_s3_bucket.b").uncertain);
    CHECK(e.linked("aws_s3_bucket_versioning.v", "bucket", "aws_s3_bucket.b"));
}

TEST_CASE("references are followed through locals, whole resources and module arguments") {
    const Evaluated e(Files{{"main.tf", R"(
resource "aws_s3_bucket" "b" {
  bucket = "data"
  tags   = { team = "core" }
}
locals { it = aws_s3_bucket.b }
resource "aws_s3_bucket_acl" "a" {
  bucket = local.it.id
  acl    = local.it.acl
}
module "m" {
  source = "./m"
  bucket = aws_s3_bucket.b
}
)"},
                            {"m/main.tf", R"(
variable "bucket" { type = object({ id = string, bucket = string, tags = map(string) }) }
resource "aws_s3_bucket_versioning" "v" {
  bucket = var.bucket.id
  name   = var.bucket.bucket
  team   = var.bucket.tags.team
}
)"}});
    CHECK(e.first_fault() == "");
    CHECK(e.linked("aws_s3_bucket_acl.a", "bucket", "aws_s3_bucket.b"));
    const Value& acl = e.at("aws_s3_bucket_acl.a").body.find("acl")->value;
    REQUIRE(acl.is_unknown());
    CHECK(acl.as_unknown().cause->why == "aws_s3_bucket.b.acl is known only after apply");
    CHECK(e.linked("module.m.aws_s3_bucket_versioning.v", "bucket", "aws_s3_bucket.b"));
    CHECK(e.value("module.m.aws_s3_bucket_versioning.v", "name") == "\"data\"");
    CHECK(e.value("module.m.aws_s3_bucket_versioning.v", "team") == "\"core\"");
}

TEST_CASE("a policy document with unknown parts can still be read") {
    const Evaluated e(Files{{"main.tf", R"(
resource "aws_s3_bucket" "b" {}
data "aws_iam_policy_document" "d" {
  statement {
    actions   = ["s3:*"]
    resources = ["${aws_s3_bucket.b.arn}/*"]
    principals {
      type        = "AWS"
      identifiers = ["*"]
    }
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::1:root"]
    }
  }
}
resource "aws_s3_bucket_policy" "p" {
  bucket = aws_s3_bucket.b.id
  policy = data.aws_iam_policy_document.d.json
}
)"}});
    const Value& policy = e.at("aws_s3_bucket_policy.p").body.find("policy")->value;
    REQUIRE(policy.is_unknown());
    REQUIRE(policy.as_unknown().document.size() == 1);
    const Value& statement = policy.as_unknown().document[0].find("Statement")->value.elements()[0];
    CHECK(statement.find("Principal")->value.to_text() == R"({"AWS":["*","arn:aws:iam::1:root"]})");
    CHECK(statement.find("Effect")->value.to_text() == "\"Allow\"");
    CHECK(e.linked("aws_s3_bucket_policy.p", "policy", "aws_s3_bucket.b"));
}

TEST_CASE("default tags of the provider in force join the resource's own") {
    const Evaluated e(Files{{"main.tf", R"(
provider "aws" {
  default_tags { tags = { owner = "core", env = "dev" } }
}
provider "aws" {
  alias = "west"
  default_tags { tags = { owner = "west" } }
}
resource "aws_s3_bucket" "a" { tags = { env = "prod" } }
resource "aws_s3_bucket" "b" { provider = aws.west }
module "m" {
  source    = "./m"
  providers = { aws = aws.west }
}
)"},
                            {"m/main.tf", "resource \"aws_s3_bucket\" \"c\" {}\n"}});
    CHECK(e.value("aws_s3_bucket.a", "tags_all") == R"({"env":"prod","owner":"core"})");
    CHECK(e.value("aws_s3_bucket.b", "tags_all") == R"({"owner":"west"})");
    CHECK(e.value("module.m.aws_s3_bucket.c", "tags_all") == R"({"owner":"west"})");
}

TEST_CASE("a value's trace leads back to where it was written") {
    const Evaluated e(Files{{"main.tf", R"(
variable "acl" { default = "private" }
locals { acl = var.acl }
resource "aws_s3_bucket" "b" { acl = local.acl }
)"},
                            {"terraform.tfvars", "acl = \"public-read\"\n"}});
    const Value& acl = e.at("aws_s3_bucket.b").body.find("acl")->value;
    CHECK(acl.as_string() == "public-read");
    std::vector<Trace::Kind> kinds;
    for (const Trace* at = acl.trace().get(); at; at = at->from.empty() ? nullptr : at->from[0].get())
        kinds.push_back(at->kind);
    CHECK(kinds == std::vector<Trace::Kind>{Trace::Kind::local, Trace::Kind::variable_file, Trace::Kind::literal});
    CHECK(e.sources.get(acl.origin().source).path() == "terraform.tfvars");
}

TEST_CASE("roots are the folders that nobody calls") {
    const Evaluated e(Files{{"live/main.tf", "module \"m\" {\n  source = \"../modules/m\"\n}\n"},
                            {"modules/m/main.tf", "resource \"aws_s3_bucket\" \"b\" {}\n"},
                            {"modules/alone/main.tf", "variable \"x\" {}\n"},
                            {"ring/a/main.tf", "module \"b\" {\n  source = \"../b\"\n}\n"},
                            {"ring/b/main.tf", "module \"a\" {\n  source = \"../a\"\n}\n"}});
    std::vector<std::string> paths;
    for (const Root& root : e.roots) paths.push_back(root.path);
    CHECK(paths == list({"live", "modules/alone", "ring/a"}));
    CHECK(e.addresses("aws_s3_bucket") == list({"module.m.aws_s3_bucket.b"}));
}

TEST_CASE("modules that are not in the tree are gaps; terraform init's copies are read") {
    const std::string main = R"(
module "vpc" {
  source  = "terraform-aws-modules/vpc/aws"
  version = "5.0.0"
}
resource "aws_instance" "i" { subnet_id = module.vpc.subnets[0] }
)";
    const Evaluated absent(Files{{"main.tf", main}});
    REQUIRE(absent.result.gaps.size() == 1);
    CHECK(absent.result.gaps[0].kind == "module-source");
    CHECK(absent.result.gaps[0].subject == "module.vpc");
    CHECK(absent.value("aws_instance.i", "subnet_id") == "(unknown)");
    CHECK(absent.first_fault() == "");

    const Evaluated fetched(
        Files{{"main.tf", main},
              {".terraform/modules/modules.json",
               R"({"Modules":[{"Key":"","Dir":"."},{"Key":"vpc","Dir":".terraform/modules/vpc"}]})"},
              {".terraform/modules/vpc/main.tf", "output \"subnets\" {\n  value = [\"subnet-1\"]\n}\n"}});
    CHECK(fetched.result.gaps.empty());
    CHECK(fetched.value("aws_instance.i", "subnet_id") == "\"subnet-1\"");
}

TEST_CASE("hostile programs end with a diagnostic") {
    SUBCASE("a module that calls itself") {
        const Evaluated e(Files{{"main.tf", "module \"m\" {\n  source = \"./\"\n}\n"}});
        CHECK(e.first_fault() == "Module calls itself");
    }
    SUBCASE("counted modules that multiply") {
        Files files = {{"main.tf", "module \"m\" {\n  count  = 100\n  source = \"./m1\"\n}\n"}};
        for (int i = 1; i < 6; ++i)
            files["m" + std::to_string(i) + "/main.tf"] =
                "module \"m\" {\n  count  = 100\n  source = \"../m" + std::to_string(i + 1) + "\"\n}\n";
        files["m6/main.tf"] = "resource \"aws_sqs_queue\" \"q\" {}\n";
        const Evaluated e(files);
        CHECK(e.first_fault() == "Too many instances");
        CHECK(e.addresses("aws_sqs_queue").size() < 50'000);
    }
    SUBCASE("a cycle of locals") {
        const Evaluated e(
            Files{{"main.tf", "locals {\n  a = local.b\n  b = local.a\n}\noutput \"o\" {\n  value = local.a\n}\n"}});
        CHECK(e.first_fault().starts_with("Cycle: local."));
    }
    SUBCASE("a huge count") {
        const Evaluated e(Files{{"main.tf", "resource \"aws_s3_bucket\" \"b\" {\n  count = 1000000000\n}\n"}});
        CHECK(e.first_fault() == "Too many instances");
        CHECK(e.addresses("aws_s3_bucket") == list({"aws_s3_bucket.b"}));
    }
    SUBCASE("texts that double each other") {
        std::string text = "locals {\n  l0 = \"xxxxxxxxxxxxxxxx\"\n";
        for (int i = 1; i <= 60; ++i)
            text += "  l" + std::to_string(i) + " = \"${local.l" + std::to_string(i - 1) + "}${local.l" +
                    std::to_string(i - 1) + "}\"\n";
        const Evaluated e(
            Files{{"main.tf", text + "}\nresource \"aws_s3_bucket\" \"b\" {\n  bucket = local.l60\n}\n"}});
        CHECK(e.first_fault() == "Text too long");
    }
}

TEST_CASE("syntax of earlier versions whose meaning is clear is a warning in a scan") {
    const Evaluated e(Files{{"main.tf", R"(
variable "name" {
  type    = "string"
  default = 5
}
resource "aws_s3_bucket" "b" {
  bucket = var.name
  acl    = var.nothing
}
)"}});
    std::vector<std::pair<Level, std::string>> faults;
    for (const Diagnostic& item : e.result.diagnostics.items()) faults.emplace_back(item.level, item.summary);
    CHECK(faults ==
          std::vector<std::pair<Level, std::string>>{{Level::warning, "Invalid quoted type constraints"},
                                                     {Level::error, "Reference to undeclared input variable"}});
    CHECK(e.value("aws_s3_bucket.b", "bucket") == "\"5\"");
}
