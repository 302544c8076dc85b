#include "rules/links.h"

#include <doctest/doctest.h>

#include "tests/rule_test_support.h"

// How resources are found that refer to one another: by reference through whatever a value went through, or by value.
namespace plumbline {
namespace {

TEST_CASE("the type that an address names") {
    for (const auto& [address, type] : std::vector<std::pair<const char*, const char*>>{
             {"aws_s3_bucket.b", "aws_s3_bucket"},
             {"aws_s3_bucket.b[0]", "aws_s3_bucket"},
             {"aws_s3_bucket.b[\"a.b\"]", "aws_s3_bucket"},
             {"module.m.aws_s3_bucket.b", "aws_s3_bucket"},
             {"module.m[\"x.y\"].module.n[0].aws_s3_bucket.b", "aws_s3_bucket"},
             {"data.aws_ami.a", "data.aws_ami"},
             {"module.m.data.aws_ami.a", "data.aws_ami"},
             {"LogicalId", ""},
             {"", ""}})
        CHECK_MESSAGE(type_of_address(address) == type, std::string(address), " is ", type_of_address(address));
}

/// Whether a `guard` refers to each `thing`, in a tree of files.
std::string guarded(const std::string& main, const std::map<std::string, std::string>& more = {},
                    const std::string& condition = "{linked_from: guard, by: of}") {
    std::map<std::string, std::string> files = more;
    files["main.tf"] = main;
    const Judged judged("terraform", "thing", "pass: " + condition, files);
    std::string out;
    for (const auto& [address, finding] : judged.verdicts)
        out += (out.empty() ? "" : ", ") + address + " " + std::string(to_string(finding.judgement.verdict));
    return out;
}

TEST_CASE("a reference is followed through locals, variables, modules and outputs") {
    const std::map<std::string, std::string> guard_module = {
        {"g/main.tf", "variable \"of\" {}\nlocals { of = var.of }\nresource \"guard\" \"g\" { of = local.of }\n"}};
    CHECK(guarded("resource \"thing\" \"a\" {}\nresource \"thing\" \"b\" {}\nmodule \"g\" {\nsource = \"./g\"\nof = "
                  "thing.a.id\n}\n",
                  guard_module) == "thing.a pass, thing.b fail");
    const std::map<std::string, std::string> thing_module = {
        {"t/main.tf", "resource \"thing\" \"a\" {}\noutput \"id\" { value = thing.a.id }\n"}};
    CHECK(guarded("module \"t\" { source = \"./t\" }\nresource \"guard\" \"g\" { of = module.t.id }\n", thing_module) ==
          "module.t.thing.a pass");
    // Of two calls of a module only the one that is meant.
    CHECK(guarded("module \"t\" { source = \"./t\" }\nmodule \"u\" { source = \"./t\" }\nresource \"guard\" \"g\" { of "
                  "= module.u.id }\n",
                  thing_module) == "module.t.thing.a fail, module.u.thing.a pass");
    // Inside of what a function made of it.
    CHECK(guarded("resource \"thing\" \"a\" {}\nresource \"guard\" \"g\" { of = jsonencode({ x = "
                  "[\"${thing.a.arn}/*\"] }) }\n") == "thing.a pass");
    CHECK(guarded("resource \"thing\" \"a\" {}\nresource \"guard\" \"g\" { of = { deep = [thing.a.id] } }\n") ==
          "thing.a pass");
}

TEST_CASE("instances of count and for_each are told apart where the reference does") {
    const std::string two = "resource \"thing\" \"a\" {\ncount = 2\n}\n",
                      each = "resource \"thing\" \"a\" {\nfor_each = toset([\"x\", \"y\"])\n}\n";
    CHECK(guarded(two + "resource \"guard\" \"g\" { of = thing.a[1].id }\n") == "thing.a[0] fail, thing.a[1] pass");
    CHECK(guarded(two + "resource \"guard\" \"g\" {\ncount = 2\nof = thing.a[count.index].id\n}\n") ==
          "thing.a[0] pass, thing.a[1] pass");
    CHECK(guarded(two + "resource \"guard\" \"g\" { of = thing.a[*].id }\n") == "thing.a[0] pass, thing.a[1] pass");
    CHECK(guarded(each + "resource \"guard\" \"g\" { of = thing.a[\"x\"].id }\n") ==
          "thing.a[\"x\"] pass, thing.a[\"y\"] fail");
    CHECK(guarded(each + "resource \"guard\" \"g\" {\nfor_each = thing.a\nof = each.value.id\n}\n") ==
          "thing.a[\"x\"] pass, thing.a[\"y\"] pass");
    // Which one is meant is not known.
    CHECK(guarded("variable \"i\" { type = number }\n" + two +
                  "resource \"guard\" \"g\" { of = thing.a[var.i].id }\n") != "thing.a[0] fail, thing.a[1] fail");
}

TEST_CASE("equal values link, unless a reference says that another one is meant") {
    CHECK(guarded("resource \"thing\" \"a\" { name = \"x\" }\nresource \"guard\" \"g\" { of = \"x\" }\n") ==
          "thing.a pass");
    CHECK(guarded("resource \"thing\" \"a\" { bucket = \"x\" }\nresource \"guard\" \"g\" { of = \"x\" }\n") ==
          "thing.a pass");
    CHECK(guarded("resource \"thing\" \"a\" { other = \"x\" }\nresource \"guard\" \"g\" { of = \"x\" }\n") ==
          "thing.a fail");
    CHECK(guarded("resource \"thing\" \"a\" { name = \"\" }\nresource \"guard\" \"g\" { of = \"\" }\n") ==
          "thing.a fail");
    CHECK(guarded("resource \"thing\" \"a\" { name = \"x\" }\nresource \"thing\" \"b\" { name = \"x\" }\nresource "
                  "\"guard\" \"g\" { of = thing.a.name }\n") == "thing.a pass, thing.b fail");
    // The same variable on both sides is the same value, whatever it is.
    CHECK(guarded("variable \"v\" {}\nresource \"thing\" \"a\" { name = var.v }\nresource \"guard\" \"g\" { of = var.v "
                  "}\n") == "thing.a pass");
    CHECK(guarded("variable \"v\" {}\nresource \"thing\" \"a\" { name = \"a-${var.v}\" }\nresource \"guard\" \"g\" { "
                  "of = \"a-${var.v}\" }\n") == "thing.a pass");
    CHECK(guarded("variable \"v\" {}\nvariable \"w\" {}\nresource \"thing\" \"a\" { name = var.v }\nresource \"guard\" "
                  "\"g\" { of = var.w }\n") == "thing.a undecided");
    // What is known to belong to another one of the type does not belong to this one.
    CHECK(guarded("variable \"v\" {}\nresource \"thing\" \"a\" { name = var.v }\nresource \"thing\" \"b\" { name = "
                  "\"x\" }\nresource \"guard\" \"g\" { of = var.v }\n") == "thing.a pass, thing.b fail");
}

TEST_CASE("a link that is one of several is sure only where all lead there") {
    const std::string things =
        "variable \"v\" { type = bool }\nresource \"thing\" \"a\" {}\nresource \"thing\" \"b\" {}\n";
    CHECK(guarded(things + "resource \"guard\" \"g\" { of = var.v ? thing.a.id : thing.a.arn }\n") ==
          "thing.a pass, thing.b fail");
    const std::string either = guarded(things + "resource \"guard\" \"g\" { of = var.v ? thing.a.id : thing.b.id }\n");
    CHECK(either.find("fail") == std::string::npos);
    // A dynamic block that may be there.
    CHECK(guarded(things + "variable \"l\" {}\nresource \"guard\" \"g\" {\ndynamic \"in\" {\nfor_each = var.l\ncontent "
                           "{ of = thing.a.id }\n}\n}\n",
                  {}, "{linked_from: guard, by: in.of}")
              .starts_with("thing.a undecided"));
}

TEST_CASE("types that end in * are all that begin so") {
    CHECK(guarded("resource \"thing\" \"a\" {}\nresource \"guard_x\" \"g\" { of = thing.a.id }\n", {},
                  "{linked_from: \"guard_*\", by: of}") == "thing.a pass");
    CHECK(guarded("resource \"thing\" \"a\" {}\nresource \"guard\" \"g\" { of = thing.a.id }\n", {},
                  "{linked_from: \"guard_*\", by: of}") == "thing.a fail");
    // A resource is not linked from itself.
    const std::string own = "resource \"thing\" \"a\" {\nname = \"n\"\nof = \"n\"\n}\n";
    CHECK(guarded(own, {}, "{linked_from: thing, by: of}") == "thing.a fail");
    CHECK(guarded(own + "resource \"thing\" \"b\" { of = thing.a.id }\n", {}, "{linked_from: thing, by: of}") ==
          "thing.a pass, thing.b fail");
}

}  // namespace
}  // namespace plumbline
