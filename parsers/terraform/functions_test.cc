#include "parsers/terraform/functions.h"

#include <doctest/doctest.h>
#include <array>

#include "parsers/terraform/program_test_support.h"

// Built-in functions by area. Expectations are those of Terraform's documentation
// (developer.hashicorp.com/terraform/language/functions) and of Terraform 1.11.4 itself.

using namespace plumbline;

namespace {

/// The expression's value as JSON, or the detail of the first fault.
std::string eval(const std::string& expression, Files files = {}) {
    SourceSet sources;
    files.emplace("main.tf", "variable \"later\" {}\n");
    const MemoryFileSystem tree(files);
    terraform::Library library(tree, sources);
    std::string out;
    const std::array<std::string, 1> expressions = {expression};
    terraform::evaluate_expressions(
        library, "", {}, expressions, [&](std::size_t, const Value& value, const Diagnostics& faults) {
            out = faults.has_errors() ? "fault: " + faults.items().front().summary : value.to_text();
        });
    return out;
}

}  // namespace

TEST_CASE("string functions") {
    CHECK(eval(R"(format("Hello, %s! %05.1f %d%%", "Ander", 3.14159, 9))") == R"("Hello, Ander! 003.1 9%")");
    CHECK(eval(R"(formatlist("%s, %s", "Hi", ["a", "b"]))") == R"(["Hi, a","Hi, b"])");
    CHECK(eval(R"(join("-", ["foo", "bar"]))") == R"("foo-bar")");
    CHECK(eval(R"(split(",", "foo,bar,"))") == R"(["foo","bar",""])");
    CHECK(eval(R"(replace("hello world", "/w.*d/", "everybody"))") == R"("hello everybody")");
    CHECK(eval(R"(replace("1 + 2", "+", "-"))") == R"("1 - 2")");
    CHECK(eval("regex(\"(?P<a>[a-z]+)([0-9]*)\", \"abc\")") == "fault: Invalid function argument");
    CHECK(eval(R"(regexall("[a-z]+", "1234abcd5678efgh9"))") == R"(["abcd","efgh"])");
    CHECK(eval(R"(substr("hello world", -5, -1))") == R"("world")");
    CHECK(eval(R"(strrev("a ☃"))") == R"("☃ a")");
    CHECK(eval(R"(title("hello world"))") == R"("Hello World")");
    CHECK(eval(R"(trim("?!hello?!", "!?"))") == R"("hello")");
    CHECK(eval(R"(trimsuffix("helloworld", "world"))") == R"("hello")");
    CHECK(eval(R"(indent(2, "a\nb"))") == R"("a\n  b")");
    CHECK(eval(R"([startswith("hello", "he"), endswith("hello", "he"), strcontains("hello", "ell")])") ==
          "[true,false,true]");
}

TEST_CASE("collection functions") {
    CHECK(eval(R"(merge({a = 1, b = 2}, null, {b = 3}))") == R"({"a":1,"b":3})");
    CHECK(eval(R"(flatten([["a", "b"], [], [["c"]]]))") == R"(["a","b","c"])");
    CHECK(eval(R"(lookup({a = "ay"}, "c", "what?"))") == R"("what?")");
    CHECK(eval(R"(element(["a", "b", "c"], 3))") == R"("a")");
    CHECK(eval(R"(setproduct(["dev", "prod"], ["x", "y"]))") ==
          R"([["dev","x"],["dev","y"],["prod","x"],["prod","y"]])");
    CHECK(eval(R"(zipmap(["a", "b"], [1, 2]))") == R"({"a":1,"b":2})");
    CHECK(eval(R"(chunklist(["a", "b", "c"], 2))") == R"([["a","b"],["c"]])");
    CHECK(eval(R"(coalesce("", null, "b"))") == R"("b")");
    CHECK(eval(R"(compact(["a", "", null, "b"]))") == R"(["a","b"])");
    CHECK(eval(R"(distinct(["a", "b", "a"]))") == R"(["a","b"])");
    CHECK(eval(R"(setsubtract(["a", "b", "c"], ["a", "c"]))") == R"(["b"])");
    CHECK(eval(R"(transpose({a = ["1", "2"], b = ["2"]}))") == R"({"1":["a"],"2":["a","b"]})");
    CHECK(eval(R"([range(3), range(1, 8, 3), range(4, 1)])") == "[[0,1,2],[1,4,7],[4,3,2]]");
    CHECK(eval(R"(one(["a", "b"]))") == "fault: Invalid function argument");
    CHECK(eval(R"(slice(["a", "b", "c"], 1, 3))") == R"(["b","c"])");
    CHECK(eval("try(var.later.none, 1)") == "(unknown)");
}

TEST_CASE("number functions") {
    CHECK(eval("[abs(-12.4), ceil(5.1), floor(4.9), signum(-13), max(12, 54, 3), min(12, 54, 3)]") ==
          "[12.4,6,4,-1,54,3]");
    CHECK(eval("[pow(3, 2), pow(4, 0), log(16, 2)]") == "[9,1,4]");
    CHECK(eval(R"([parseint("FF", 16), parseint("-10", 2)])") == "[255,-2]");
    CHECK(eval("0.1 + 0.2 == 0.3") == "true");
    CHECK(eval("tostring(-0)") == R"("-0")");
}

TEST_CASE("encoding functions") {
    CHECK(eval(R"(base64encode("Hello World"))") == R"("SGVsbG8gV29ybGQ=")");
    CHECK(eval(R"(base64decode("SGVsbG8gV29ybGQ="))") == R"("Hello World")");
    CHECK(eval(R"(jsonencode({hello = "<world>"}))") == R"("{\"hello\":\"\\u003cworld\\u003e\"}")");
    CHECK(eval(R"(jsondecode("{\"a\": [1, null, \"\\ud83d\"]}"))") == "{\"a\":[1,null,\"\xEF\xBF\xBD\"]}");
    CHECK(eval(R"(yamldecode("a: 1\nb: &x yes\nc: *x\n"))") == R"({"a":1,"b":true,"c":true})");
    CHECK(eval(R"(yamlencode({a = "b", c = [1]}))") == R"("\"a\": \"b\"\n\"c\":\n- 1\n")");
    CHECK(eval(R"(csvdecode("a,b\n1,2\n"))") == R"([{"a":"1","b":"2"}])");
    CHECK(eval(R"(urlencode("Hello World! ☃"))") == R"("Hello+World%21+%E2%98%83")");
    CHECK(eval(R"(textencodebase64("Hi", "UTF-16LE"))") == R"("SABpAA==")");
}

TEST_CASE("network functions") {
    CHECK(
        eval(
            R"([cidrhost("10.12.112.0/20", 16), cidrhost("10.12.112.0/20", -1), cidrhost("fd00:fd12:3456:7890:00a2::/72", 34)])") ==
        R"(["10.12.112.16","10.12.127.255","fd00:fd12:3456:7890::22"])");
    CHECK(eval(R"(cidrnetmask("172.16.0.0/12"))") == R"("255.240.0.0")");
    CHECK(eval(R"(cidrsubnet("172.16.0.0/12", 4, 2))") == R"("172.18.0.0/16")");
    CHECK(eval(R"(cidrsubnet("fd00:fd12:3456:7890::/56", 16, 162))") == R"("fd00:fd12:3456:7800:a200::/72")");
    CHECK(eval(R"(cidrsubnets("10.1.0.0/16", 4, 4, 8, 4))") ==
          R"(["10.1.0.0/20","10.1.16.0/20","10.1.32.0/24","10.1.48.0/20"])");
    CHECK(eval(R"(cidrhost("10.0.0.0/33", 1))") == "fault: Invalid function argument");
}

TEST_CASE("date functions") {
    CHECK(eval(R"(formatdate("DD MMM YYYY hh:mm ZZZ", "2018-01-02T23:12:01Z"))") == R"("02 Jan 2018 23:12 UTC")");
    CHECK(eval(R"(formatdate("EEEE, DD-MMM-YY hh:mm:ss ZZZ", "2018-01-02T23:12:01-08:00"))") ==
          R"("Tuesday, 02-Jan-18 23:12:01 -0800")");
    CHECK(eval(R"(timeadd("2017-11-22T00:00:00Z", "10m"))") == R"("2017-11-22T00:10:00Z")");
    CHECK(eval(R"(timecmp("2017-11-22T01:00:00Z", "2017-11-22T00:00:00-01:00"))") == "0");
    CHECK(eval(R"(formatdate("YYYY", "2018"))") == "fault: Invalid function argument");
    CHECK(eval("timestamp()") == "(unknown)");
}

TEST_CASE("hash functions") {
    CHECK(eval(R"(md5("hello world"))") == R"("5eb63bbbe01eeed093cb22bb8f5acdc3")");
    CHECK(eval(R"(sha1("hello world"))") == R"("2aae6c35c94fcfb415dbe95f408b9ce91ee846ed")");
    CHECK(eval(R"(sha256("hello world"))") == R"("b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9")");
    CHECK(eval(R"(base64sha256("hello world"))") == R"("uU0nuZNNPgilLlLX2n2r+sSE7+N6U4DukIj3rOLvzek=")");
    CHECK(eval(R"(uuidv5("dns", "www.terraform.io"))") == R"("a5008fae-b28c-5ba5-96cd-82b4c53552d6")");
    CHECK(eval("uuid()") == "(unknown)");
}

TEST_CASE("file functions stay inside the scanned tree") {
    const Files files = {{"a/hello.txt", "Hello World"}, {"a/t.tpl", "%{ for x in xs ~}\n- ${x}\n%{ endfor ~}\n"}};
    CHECK(eval(R"(file("${path.module}/a/hello.txt"))", files) == R"("Hello World")");
    CHECK(eval(R"(fileset("a", "*.txt"))", files) == R"(["hello.txt"])");
    CHECK(eval(R"(templatefile("a/t.tpl", {xs = ["b", "c"]}))", files) == R"("- b\n- c\n")");
    CHECK(eval(R"([fileexists("a/hello.txt"), fileexists("../etc/passwd")])", files) == "[true,false]");
    CHECK(eval(R"(file("/etc/passwd"))", files) == "fault: Invalid function argument");
    CHECK(eval(R"([basename("a/b.txt"), dirname("a/b.txt")])") == R"(["b.txt","a"])");
    CHECK(eval(R"(pathexpand("~/x"))") == "(unknown)");
}

TEST_CASE("functions of the built-in provider") {
    CHECK(eval(R"(provider::terraform::encode_expr({a = [1, "x"], bcd = null, "e f" = {}}))") ==
          R"("{\n  a     = [1, \"x\"]\n  bcd   = null\n  \"e f\" = {}\n}")");
    CHECK(eval(R"(provider::terraform::encode_expr("hel$${lo\n"))") == R"("\"hel$${lo\\n\"")");
    CHECK(eval(R"(provider::terraform::encode_tfvars({number = 5, map = {one = 1}, null = null}))") ==
          R"("map = {\n  one = 1\n}\nnull   = null\nnumber = 5\n")");
    CHECK(eval(R"(provider::terraform::decode_tfvars("a = 1\nb = [\"x\", true]\n"))") == R"({"a":1,"b":["x",true]})");
    CHECK(eval("provider::terraform::decode_tfvars(\"a = upper(\\\"x\\\")\")") == "fault: Invalid function argument");
    CHECK(eval(R"(startswith(provider::terraform::encode_expr([var.later]), "["))") == "true");
    CHECK(eval(R"(provider::aws::arn_parse("x"))") == "fault: Call to unknown function");
}
