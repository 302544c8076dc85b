#include <doctest/doctest.h>

#include "parsers/terraform/program_test_support.h"

// What OpenTofu has and Terraform has not: opentofu.org/docs/language.

using namespace plumbline;

TEST_CASE("a .tofu file stands in for the .tf file of its name") {
    const Evaluated e(Files{{"main.tf", "resource \"aws_sqs_queue\" \"old\" {}\n"},
                            {"main.tofu", "resource \"aws_sqs_queue\" \"new\" {}\n"},
                            {"more.tf.json", R"({"resource": {"aws_sns_topic": {"old": {}}}})"},
                            {"more.tofu.json", R"({"resource": {"aws_sns_topic": {"new": {}}}})"},
                            {"other.tf", "resource \"aws_sqs_queue\" \"other\" {}\n"}});
    CHECK(e.addresses("aws_sqs_queue") == list({"aws_sqs_queue.new", "aws_sqs_queue.other"}));
    CHECK(e.addresses("aws_sns_topic") == list({"aws_sns_topic.new"}));
    CHECK(e.first_fault() == "");
}

TEST_CASE("an override in .tofu replaces the one in .tf") {
    const Evaluated e(Files{{"main.tf", "resource \"aws_sqs_queue\" \"q\" {\n  name = \"base\"\n}\n"},
                            {"a_override.tf", "resource \"aws_sqs_queue\" \"q\" {\n  name = \"tf\"\n}\n"},
                            {"a_override.tofu", "resource \"aws_sqs_queue\" \"q\" {\n  name = \"tofu\"\n}\n"}});
    CHECK(e.value("aws_sqs_queue.q", "name") == "\"tofu\"");
}

TEST_CASE("a module's source is evaluated early, and what it leads to is no root") {
    const Evaluated e(Files{{"main.tf", R"(
variable "kind" { default = "queue" }
locals { folder = "./modules/${var.kind}" }
module "m" {
  source = local.folder
  name   = "n"
}
)"},
                            {"modules/queue/main.tf", R"(
variable "name" {}
resource "aws_sqs_queue" "q" { name = var.name }
)"}});
    REQUIRE(e.roots.size() == 1);
    CHECK(e.value("module.m.aws_sqs_queue.q", "name") == "\"n\"");
    CHECK(e.first_fault() == "");
}

TEST_CASE("backend and encryption may use variables and locals") {
    const Evaluated e(Files{{"main.tofu", R"(
variable "region" { default = "eu-west-1" }
locals { bucket = "state-${var.region}" }
terraform {
  backend "s3" {
    bucket = local.bucket
    region = var.region
  }
  encryption {
    key_provider "pbkdf2" "k" { passphrase = "correct-horse-battery-staple" }
    method "aes_gcm" "m" { keys = key_provider.pbkdf2.k }
    state { method = method.aes_gcm.m }
  }
}
)"}});
    CHECK(e.first_fault() == "");
    CHECK(e.value("terraform", "backend") == R"([{"s3":{"bucket":"state-eu-west-1","region":"eu-west-1"}}])");
    CHECK(e.value("terraform", "encryption").find("correct-horse-battery-staple") != std::string::npos);
}

TEST_CASE("OpenTofu's own functions are there where a .tofu file is") {
    const std::string text = R"(
locals {
  packed = base64gunzip(base64gzip("a b"))
  url    = urldecode("a+b%2Fc%3D%C3%A9")
  inside = [cidrcontains("10.0.0.0/8", "10.1.2.3"), cidrcontains("10.0.0.0/8", "10.1.0.0/16"),
            cidrcontains("10.1.0.0/16", "10.0.0.0/8"), cidrcontains("fe80::/48", "fe80::1")]
}
resource "x" "y" {
  packed = local.packed
  url    = local.url
  inside = local.inside
}
)";
    const Evaluated tofu(Files{{"main.tofu", text}});
    CHECK(tofu.first_fault() == "");
    CHECK(tofu.value("x.y", "packed") == "\"a b\"");
    CHECK(tofu.value("x.y", "url") == "\"a b/c=é\"");
    CHECK(tofu.value("x.y", "inside") == "[true,true,false,true]");
    const Evaluated terraform(Files{{"main.tf", text}});
    CHECK(terraform.first_fault() == "Call to unknown function");
}

TEST_CASE("providers with for_each") {
    const Evaluated e(Files{{"main.tofu", R"(
variable "regions" { default = ["eu-west-1", "us-east-1"] }
provider "aws" {
  alias    = "by_region"
  for_each = toset(var.regions)
  region   = each.value
  default_tags { tags = { owner = "platform", region = each.key } }
}
resource "aws_sqs_queue" "q" {
  for_each = toset(var.regions)
  provider = aws.by_region[each.key]
  tags     = { name = each.key }
}
)"}});
    CHECK(e.first_fault() == "");
    CHECK(e.addresses("provider.aws") ==
          list({"provider.aws.by_region[\"eu-west-1\"]", "provider.aws.by_region[\"us-east-1\"]"}));
    CHECK(e.value("provider.aws.by_region[\"us-east-1\"]", "region") == "\"us-east-1\"");
    const std::string tags = "{\"name\":\"eu-west-1\",\"owner\":\"platform\",\"region\":(unknown)}";
    CHECK(e.value("aws_sqs_queue.q[\"eu-west-1\"]", "tags_all") == tags);
}

TEST_CASE("lifecycle enabled") {
    const Evaluated e(Files{{"main.tofu", R"(
variable "on" { default = false }
variable "later" { type = bool }
resource "aws_sqs_queue" "off" {
  lifecycle { enabled = var.on }
}
resource "aws_sqs_queue" "on" {
  lifecycle { enabled = !var.on }
}
resource "aws_sqs_queue" "open" {
  lifecycle { enabled = var.later }
}
resource "x" "y" {
  absent = aws_sqs_queue.off == null
  name   = aws_sqs_queue.off != null ? aws_sqs_queue.off.name : "none"
}
)"}});
    CHECK(e.first_fault() == "");
    CHECK(e.addresses("aws_sqs_queue") == list({"aws_sqs_queue.on", "aws_sqs_queue.open"}));
    CHECK(e.at("aws_sqs_queue.open").uncertain);
    CHECK_FALSE(e.at("aws_sqs_queue.on").uncertain);
    CHECK(e.value("x.y", "absent") == "true");
}

TEST_CASE("removed blocks with a lifecycle declare nothing") {
    const Evaluated e(Files{{"main.tofu", R"(
removed {
  from = aws_sqs_queue.gone
  lifecycle { destroy = false }
}
resource "aws_sqs_queue" "here" {}
)"}});
    CHECK(e.first_fault() == "");
    CHECK(e.addresses("aws_sqs_queue") == list({"aws_sqs_queue.here"}));
}
