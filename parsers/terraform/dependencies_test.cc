#include "parsers/terraform/dependencies.h"

#include <doctest/doctest.h>

namespace plumbline::terraform {
namespace {

using Texts = std::vector<std::string>;

TEST_CASE("relative module sources are found wherever they stand") {
    CHECK(dependencies_of("module \"a\" {\n  source = \"../net\"\n}\nmodule \"b\" { source=\"./x/y\" }").folders ==
          Texts{"../net", "./x/y"});
    CHECK(dependencies_of("module a {\n source = \"..\"\n}").folders == Texts{".."});
    CHECK(dependencies_of(R"({"module": {"a": {"source": "../net"}}})").folders == Texts{"../net"});
    CHECK(dependencies_of("module a {\n source = \"hashicorp/consul/aws\"\n}").folders.empty());
    CHECK_FALSE(dependencies_of("x = \"...\" y = \".hidden\" z = \"a\\u0041\"").anything);
}

TEST_CASE("what is written in an unusual way is taken to depend on anything") {
    CHECK(dependencies_of(R"(source = "..\u002fnet")").anything);
    CHECK(dependencies_of(R"(source = "\u002e./net")").anything);
    CHECK(dependencies_of(R"({"source": "..\/net"})").anything);
    CHECK(dependencies_of("source = \"../n\xC3\xA9t\"").anything);
    CHECK(dependencies_of("source = \"../$${x}\"").anything);
    CHECK_FALSE(dependencies_of("a = \"unfinished ./x\n").anything);
}

TEST_CASE("paths that functions read are known by their ends") {
    const auto reads = [](const char* text, const char* path) { return may_read(dependencies_of(text), path); };
    CHECK(reads("x = file(\"${path.module}/policy.json\")", "a/policy.json"));
    CHECK(reads("x = file(\"policy.json\")", "a/policy.json"));
    CHECK(reads("x = file(\"policy.json\")", "policy.json"));
    CHECK_FALSE(reads("x = file(\"policy.json\")", "a/other-policy.json"));
    CHECK_FALSE(reads("x = file(\"${path.module}/policy.json\")", "README.md"));
    CHECK(reads("x = file(\"${path.module}/../shared/./p.json\")", "shared/p.json"));
    CHECK(reads("x = templatefile(\"${path.module}/${var.name}.tpl\", {})", "a/b.tpl"));
    CHECK_FALSE(reads("x = templatefile(\"${path.module}/${var.name}.tpl\", {})", "a/b.txt"));
    CHECK(reads("x = templatefile(\n  \"${path.module}/${lookup(v, \"n\")}.tpl\",\n  {})", "a/b.tpl"));
    CHECK(reads("x = filebase64(var.where)", "anything"));
    CHECK(reads("x = file(\"${path.module}/a\" == \"\" ? \"b\" : \"c\")", "c"));
    CHECK(reads("x = file /* c */ (\"a\")", "b"));
    CHECK(reads("x = fileset(\"${path.module}/policies\", \"*.json\")", "m/policies/deep/a.json"));
    CHECK_FALSE(reads("x = fileset(\"${path.module}/policies\", \"*.json\")", "m/other/a.json"));
    CHECK(reads("x = fileset(path.module, \"*.json\")", "m/other/a.json"));
    CHECK(reads(R"({"locals": {"x": "${file(\"${path.module}/p.json\")}"}})", "p.json"));
    CHECK_FALSE(reads("profile(\"x\") file = \"x\" filename = \"y\"", "x"));
}

}  // namespace
}  // namespace plumbline::terraform
