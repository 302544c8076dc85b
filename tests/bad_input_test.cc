// Input that is broken, hostile or out of proportion: each gets a diagnostic with its place and reason, the rest of the
// scan goes on, and the exit code is the documented one. How long it may take is held by the limits that the cases
// reach; the sanitizer's run of the tests holds that nothing is read out of bounds.

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "cli_support.h"
#include "scanner/disk_file_system.h"

namespace plumbline {
namespace {

constexpr const char* public_bucket = "resource \"aws_s3_bucket\" \"open\" {\n  acl = \"public-read\"\n}\n";

std::string times(std::size_t count, std::string_view text) {
    std::string out;
    out.reserve(count * text.size());
    for (std::size_t i = 0; i < count; ++i) out += text;
    return out;
}

std::string local(const std::string& expression) {
    return "locals {\n  a = " + expression + "\n}\nresource \"aws_sqs_queue\" \"q\" {\n  name = local.a\n}\n";
}

/// `a0` and then locals that each use the one before, by `next` with `@` for its name; a queue uses the last.
std::string chain(const std::string& first, std::size_t length, const std::string& next) {
    std::string text = "locals {\n  a0 = " + first + "\n";
    for (std::size_t i = 1; i <= length; ++i) {
        text += "  a" + std::to_string(i) + " = ";
        for (const char c : next) text += c == '@' ? "local.a" + std::to_string(i - 1) : std::string(1, c);
        text += "\n";
    }
    return text + "}\nresource \"aws_sqs_queue\" \"q\" {\n  name = local.a" + std::to_string(length) + "\n}\n";
}

struct Case {
    std::string what;
    std::map<std::string, std::string> files;
    std::string said;  ///< a piece of standard error
    int exit = 2;      ///< where there is no failure beside it
};

const std::string pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: ";
const std::string template_of =
    R"({"AWSTemplateFormatVersion":"2010-09-09","Resources":{"a":{"Type":"AWS::S3::Bucket",)"
    R"("Properties":{"BucketName":)";
constexpr std::size_t deep = 10'000;

std::vector<Case> unreadable_files() {
    return {
        {"binary", {{"x.tf", std::string("\0\1\2\3\xff", 5)}}, "x.tf:1:1: error: Invalid character\n"},
        {"invalid UTF-8 in HCL",
         {{"x.tf", "locals {\n  a = \"\xff\"\n}\n"}},
         "x.tf:2:8: error: Invalid character encoding\n"},
        {"invalid UTF-8 in YAML", {{"x.yaml", pod + "\xff\n"}}, "x.yaml: error: This file is not UTF-8\n"},
        {"invalid UTF-8 in JSON",
         {{"x.json", template_of + "\"\xff\"}}}}"}},
         "x.json:1:113: error: This is not valid JSON: "},
        {"YAML over the limit",
         {{"x.yaml", std::string((std::size_t{16} << 20) + 1, '#')}},
         "x.yaml: error: This file was not read: it is larger than the limit of 16 MiB\n"},
        {"JSON over the limit",
         {{"x.json", std::string((std::size_t{16} << 20) + 1, ' ')}},
         "x.json: error: This file was not read: it is larger than the limit of 16 MiB\n"},
        {"a long line of HCL without an end",
         {{"x.tf", "locals { a = [" + times(500'000, "1,") + "\n"}},
         "x.tf:1:14: error: Unterminated tuple constructor expression\n"},
        {"a long line of JSON without an end",
         {{"x.json", template_of + "\"" + times(1'000'000, "x")}},
         "invalid string: missing closing quote; last read: '\"xxxx"},
        {"nothing but quotes", {{"x.tf", times(1'000'001, "\"")}}, "x.tf:1:1: error: Invalid argument name\n"},
        {"a heredoc without an end", {{"x.tf", "locals {\n  a = <<EOT\n" + times(5'000, "x ${ y\n")}}, "x.tf:"},
    };
}

std::vector<Case> deep_files() {
    const std::string too_deep = "error: Nested too deeply\n";
    return {
        {"blocks", {{"x.tf", times(deep, "a {\n") + times(deep, "}\n")}}, "x.tf:2501:3: " + too_deep},
        {"blocks without an end", {{"x.tf", times(deep, "a {\n")}}, "x.tf:2501:3: " + too_deep},
        {"parentheses", {{"x.tf", local(times(deep, "(") + "1" + times(deep, ")"))}}, "x.tf:2:2506: " + too_deep},
        {"lists", {{"x.tf", local(times(deep, "[") + times(deep, "]"))}}, too_deep},
        {"objects", {{"x.tf", local(times(deep, "{a=") + "1" + times(deep, "}"))}}, too_deep},
        {"templates", {{"x.tf", local(times(deep, "\"${") + "1" + times(deep, "}\""))}}, too_deep},
        {"directives", {{"x.tf", local("\"" + times(deep, "%{if true}") + times(deep, "%{endif}") + "\"")}}, too_deep},
        {"operators", {{"x.tf", local(times(deep, "!") + "true")}}, too_deep},
        {"conditionals", {{"x.tf", local(times(deep, "true ? 1 : ") + "1")}}, too_deep},
        {"splats", {{"x.tf", local("[]" + times(deep, "[*]"))}}, too_deep},
        {"for expressions", {{"x.tf", local(times(deep, "[for x in ") + "[]" + times(deep, ": x]"))}}, too_deep},
        {"HCL in JSON",
         {{"x.tf.json", R"({"locals":{"a":)" + times(deep, "[") + times(deep, "]") + "}}"}},
         "x.tf.json:1:1015: error: Nesting too deep\n"},
        {"YAML flow",
         {{"x.yaml", pod + times(deep, "[") + times(deep, "]") + "\n"}},
         "x.yaml:4:406: error: This is not valid YAML: nested deeper than 400 levels\n"},
        {"YAML blocks",
         {{"x.yaml", pod + "\n " + times(deep, "- ") + "a\n"}},
         "error: This is not valid YAML: nested deeper than 400 levels\n"},
        {"JSON",
         {{"x.json", template_of + times(deep, "[") + times(deep, "]") + "}}}}"}},
         "error: This JSON is nested deeper than 1,000 levels\n"},
        {"CloudFormation's functions",
         {{"x.json", template_of + times(deep, R"({"Fn::Join":["",[)") + "\"x\"" + times(deep, "]]}") + "}}}}"}},
         "error: This JSON is nested deeper than 1,000 levels\n"},
        {"aliases that multiply",
         {{"x.yaml", pod + "\n  a: &a [x,x,x,x,x,x,x,x,x,x]\n  b: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
                           "  c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\n  d: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\n"
                           "  e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\n  f: [*e,*e,*e,*e,*e,*e,*e,*e,*e,*e]\n"}},
         "error: Aliases expand to more than 1,000,000 nodes\n"},
        {"an alias to what it stands in",
         {{"x.yaml", pod + "&a [*a]\n"}},
         "x.yaml:4:11: error: The alias refers to the node it stands in\n"},
    };
}

/// What only the evaluation meets is a warning: a module judged by its defaults need not make sense.
std::vector<Case> large_programs() {
    return {
        {"a module that calls itself",
         {{"x.tf", "module \"m\" {\n  source = \"./\"\n}\n"}},
         "x.tf:1:1: error: Module calls itself\n"},
        {"modules that call each other",
         {{"x.tf", "module \"a\" {\n  source = \"./a\"\n}\n"},
          {"a/x.tf", "module \"b\" {\n  source = \"../b\"\n}\n"},
          {"b/x.tf", "module \"a\" {\n  source = \"../a\"\n}\n"}},
         "b/x.tf:1:1: error: Module calls itself\n"},
        {"a module outside of the tree",
         {{"x.tf", "module \"m\" {\n  source = \"../../../../etc\"\n}\n"}},
         "its source \"../../../../etc\" lies outside of the scanned tree\n",
         0},
        {"an absolute module",
         {{"x.tf", "module \"m\" {\n  source = \"/etc\"\n}\n"}},
         "its source \"/etc\" is not in the tree",
         0},
        {"a module by file URL",
         {{"x.tf", "module \"m\" {\n  source = \"file:///etc\"\n}\n"}},
         "its source \"file:///etc\" is not in the tree",
         0},
        {"for_each over a million keys",
         {{"x.tf",
           "resource \"aws_sqs_queue\" \"q\" {\n  for_each = toset(flatten([for i in range(1000) : [for j in "
           "range(1000) : \"${i}-${j}\"]]))\n}\n"}},
         "x.tf:2:14: warning: ",
         0},
        {"a count of a million",
         {{"x.tf", "resource \"aws_sqs_queue\" \"q\" {\n  count = 1000000\n}\n"}},
         "x.tf:2:11: warning: Too many instances\n",
         0},
        {"a large range", {{"x.tf", local("range(1e9)")}}, "x.tf:2:7: warning: Error in function call\n", 0},
        {"setproduct",
         {{"x.tf", local("setproduct(range(1000), range(1000), range(1000))")}},
         "Call to function \"setproduct\" failed: the result is too large.\n",
         0},
        {"for expressions that multiply",
         {{"x.tf", local("[for a in range(1000) : [for b in range(1000) : [for c in range(1000) : c]]]")}},
         "warning: Too much to evaluate\n",
         0},
        {"sums that take a billion steps",
         {{"x.tf",
           local("sum([for a in range(1000) : sum([for b in range(1000) : sum([for c in range(1000) : c])])])")}},
         "warning: Too much to evaluate\n",
         0},
        {"texts that double", {{"x.tf", chain("\"xxxxxxxx\"", 60, "\"${@}${@}\"")}}, "warning: Text too long\n", 0},
        {"lists that double", {{"x.tf", chain("[1]", 60, "concat(@, @)")}}, "x.tf:", 0},
        {"lists that hold each other twice", {{"x.tf", chain("[1]", 60, "[@, @]")}}, "warning: Value too large\n", 0},
        {"numbers that square", {{"x.tf", chain("99999999", 60, "@ * @")}}, "", 0},
        {"a chain of locals", {{"x.tf", chain("1", 20'000, "@")}}, "warning: Too much to evaluate\n", 0},
        {"a cycle of locals", {{"x.tf", chain("local.a3000", 3000, "@")}}, "error: Cycle: local.a"},
        {"dynamic blocks that multiply",
         {{"x.tf",
           "resource \"aws_security_group\" \"g\" {\n  dynamic \"a\" {\n    for_each = range(1000)\n    content {\n"
           "      dynamic \"b\" {\n        for_each = range(1000)\n        content {\n          dynamic \"c\" {\n"
           "            for_each = range(1000)\n            content { x = 1 }\n          }\n        }\n      }\n"
           "    }\n  }\n}\n"}},
         "warning: Too much to evaluate\n",
         0},
        {"files outside of the tree",
         {{"x.tf", local("file(\"../../../../etc/passwd\")")}},
         "no file exists at \"../../../../etc/passwd\"",
         0},
    };
}

TEST_CASE("bad input is named and the rest is scanned") {
    std::vector<Case> cases = unreadable_files();
    for (auto* more : {&deep_files, &large_programs}) {
        for (Case& item : more()) cases.push_back(std::move(item));
    }
    for (const Case& item : cases) {
        CAPTURE(item.what);
        Program program;
        program.system.files["/policy/rule.yaml"] = private_rule;
        for (const auto& [path, text] : item.files) program.system.files["/repo/bad/" + path] = text;
        const std::vector<std::string> call = {"scan", "--no-builtin-rules", "--rules", "/policy", "--jobs",
                                               "1",    "--format",           "csv"};
        const auto said = [&] {
            std::string text = program.err;
            for (std::size_t at = text.find("bad/"); at != std::string::npos; at = text.find("bad/", at))
                text.erase(at, 4);
            return text;
        };
        CHECK(program.run(call) == item.exit);
        CHECK_MESSAGE(said().find(item.said) != std::string::npos, item.what << " said " << said().substr(0, 1000));
        // A long line or token is never shown as a whole.
        CHECK(program.err.size() < 20'000'000);
        program.system.files["/repo/good/main.tf"] = public_bucket;
        CHECK(program.run(call) == 1);
        CHECK(program.out.find("aws_s3_bucket.open") != std::string::npos);
    }
}

TEST_CASE("empty files are no fault") {
    Program program;
    for (const char* name : {"x.tf", "x.tf.json", "x.yaml", "x.json"})
        program.system.files[std::string("/repo/") + name] = name == std::string_view("x.tf.json") ? "{}" : "";
    CHECK(program.run({"scan"}) == 0);
    CHECK(program.err == "");
}

TEST_CASE("escapes of a terminal in names reach no terminal") {
    Program program;
    program.system.files["/policy/rule.yaml"] = private_rule;
    program.system.files["/repo/a\x1b[2Jb.tf"] =
        "resource \"aws_s3_bucket\" \"b\" {\n  for_each = toset([\"\\u001b[2J\"])\n  acl = \"\x1b]0;title\x07\"\n}\n";
    for (const char* format : {"terminal", "csv", "markdown", "json", "sarif", "junit", "github"}) {
        CAPTURE(format);
        program.run({"scan", "--no-builtin-rules", "--rules", "/policy", "--color", "never", "--format", format});
        CHECK(program.out.find('\x1b') == std::string::npos);
        CHECK(program.err.find('\x1b') == std::string::npos);
    }
}

TEST_CASE("links that loop or lead out of the tree are named and not followed") {
    namespace fs = std::filesystem;
    const fs::path top = fs::temp_directory_path() / ("plumbline-links-" + std::to_string(::getpid()));
    fs::remove_all(top);
    fs::create_directories(top / "tree/inside");
    std::ofstream(top / "secret.tf") << public_bucket;
    std::ofstream(top / "tree/main.tf") << public_bucket;
    fs::create_symlink("loop.tf", top / "tree/loop.tf");
    fs::create_symlink("..", top / "tree/inside/up");
    fs::create_symlink("../secret.tf", top / "tree/out.tf");
    fs::create_symlink(top, top / "tree/whole");
    const DiskFileSystem disk((top / "tree").string());
    CHECK(disk.read("main.tf", 1000).error.empty());
    CHECK(disk.read("loop.tf", 1000).error == "too many symbolic links");
    CHECK(disk.read("out.tf", 1000).error == "it is a link that leads out of the scanned tree");
    CHECK_FALSE(disk.read("whole/secret.tf", 1000).error.empty());
    CHECK_FALSE(disk.read("../secret.tf", 1000).error.empty());
    fs::remove_all(top);
}

}  // namespace
}  // namespace plumbline
