#include "parsers/terraform/plan_parser.h"

#include <doctest/doctest.h>

using namespace plumbline;

namespace {

using Files = std::map<std::string, std::string>;

struct Evaluated {
    SourceSet sources;
    MemoryFileSystem files;
    Diagnostics faults;
    std::unique_ptr<ParsedFile> parsed;
    RootResult result;

    explicit Evaluated(const std::string& plan, Files beside = {}) : files(std::move(beside)) {
        files.add("live/plan.json", plan);
        const Parser& parser = terraform_plan_parser();
        const Source& source = sources.add("live/plan.json", plan);
        REQUIRE(parser.accepts(source));
        parsed = parser.parse(source, faults);
        REQUIRE(parsed);
        std::vector<CoverageGap> gaps;
        const ParsedFile* file = parsed.get();
        const std::vector<Root> roots = parser.roots({&file, 1}, files, sources, faults, gaps);
        REQUIRE(roots.size() == 1);
        CHECK(roots[0].path == "live/plan.json");
        result = parser.evaluate(roots[0], {}, files, sources);
    }
    const Resource& at(std::string_view address) const {
        const Resource* found = result.graph.find(address);
        REQUIRE_MESSAGE(found, "no resource " << address);
        return *found;
    }
    std::string body(std::string_view address) const { return at(address).body.to_text(); }
    const Member& member(std::string_view address, std::string_view name) const {
        const Member* found = at(address).body.find(name);
        REQUIRE_MESSAGE(found, address << " has no " << name);
        return *found;
    }
    bool linked(std::string_view address, std::string_view name, std::string_view to) const {
        return result.graph.refers_to(member(address, name).value, at(to));
    }
    std::string why(std::string_view address, std::string_view name) const {
        const Value& value = member(address, name).value;
        REQUIRE(value.is_unknown());
        return value.as_unknown().cause->why;
    }
    std::string text(Span span) const { return std::string(sources.text(span)); }
    std::string path(Span span) const { return sources.get(span.source).path(); }
    std::vector<std::string> addresses() const {
        std::vector<std::string> out;
        for (const Resource& resource : result.graph.resources()) out.push_back(resource.address);
        return out;
    }
};

std::string quoted_text(const std::string& text) {
    return Value::string(text).to_text();
}

std::string planned(const std::string& address, const std::string& type, const std::string& name,
                    const std::string& values) {
    return R"j({"address":)j" + quoted_text(address) + R"j(,"mode":"managed","type":")j" + type + R"j(","name":")j" +
           name + R"j(","values":)j" + values + "}";
}

std::string change(const std::string& address, const std::string& module, const std::string& type,
                   const std::string& name, const std::string& actions, const std::string& after,
                   const std::string& unknown, const std::string& sensitive = "{}") {
    return R"j({"address":)j" + quoted_text(address) +
           (module.empty() ? "" : R"j(,"module_address":)j" + quoted_text(module)) + R"j(,"mode":"managed","type":")j" +
           type + R"j(","name":")j" + name + R"j(","change":{"actions":)j" + actions + R"j(,"before":null,"after":)j" +
           after + R"j(,"after_unknown":)j" + unknown + R"j(,"after_sensitive":)j" + sensitive + "}}";
}

std::string plan_of(const std::string& changes, const std::string& configuration, const std::string& rest = "") {
    return R"j({"format_version":"1.2","terraform_version":"1.11.4","resource_changes":[)j" + changes +
           R"j(],"configuration":)j" + configuration + rest + "}";
}

std::string configured(const std::string& address, const std::string& expressions, const std::string& rest = "") {
    const std::size_t dot = address.find('.');
    return R"j({"address":")j" + address + R"j(","mode":"managed","type":")j" + address.substr(0, dot) +
           R"j(","name":")j" + address.substr(dot + 1) + R"j(","expressions":)j" + expressions + rest + "}";
}

const std::string bucket_and_block =
    change("aws_s3_bucket.b", "", "aws_s3_bucket", "b", R"j(["create"])j",
           R"j({"bucket":"logs","force_destroy":false,"tags":null,"grant":[]})j",
           R"j({"id":true,"arn":true,"versioning":true})j") +
    "," +
    change("aws_s3_bucket_public_access_block.p", "", "aws_s3_bucket_public_access_block", "p", R"j(["create"])j",
           R"j({"block_public_acls":true})j", R"j({"bucket":true,"id":true})j");
const std::string their_configuration =
    R"j({"root_module":{"resources":[)j" + configured("aws_s3_bucket.b", R"j({"bucket":{"constant_value":"logs"}})j") +
    "," +
    configured("aws_s3_bucket_public_access_block.p",
               R"j({"block_public_acls":{"constant_value":true},)j"
               R"j("bucket":{"references":["aws_s3_bucket.b.id","aws_s3_bucket.b"]}})j") +
    "]}}";

}  // namespace

TEST_CASE("a plan's resources have the values of their configuration") {
    const Evaluated e(plan_of(bucket_and_block, their_configuration));
    // What nobody configured and only the provider will know is left out, as are nulls and empty blocks.
    CHECK(e.body("aws_s3_bucket.b") == R"j({"bucket":"logs","force_destroy":false})j");
    CHECK(e.at("aws_s3_bucket.b").type == "aws_s3_bucket");
    CHECK(e.at("aws_s3_bucket.b").platform == "terraform");
    CHECK(e.text(e.member("aws_s3_bucket.b", "bucket").span) == R"j("bucket":"logs")j");
    CHECK(e.text(e.at("aws_s3_bucket.b").header) == R"j("address":"aws_s3_bucket.b")j");
    CHECK(e.why("aws_s3_bucket_public_access_block.p", "bucket") == "aws_s3_bucket.b.id is known only after apply");
    CHECK(e.linked("aws_s3_bucket_public_access_block.p", "bucket", "aws_s3_bucket.b"));
    CHECK(e.member("aws_s3_bucket_public_access_block.p", "block_public_acls").value.as_bool());
}

TEST_CASE("without its configuration a plan's unknown attributes stay unknown") {
    const Evaluated e(R"j({"format_version":"1.2","resource_changes":[)j" + bucket_and_block + "]}");
    CHECK(e.why("aws_s3_bucket.b", "versioning") == "aws_s3_bucket.b.versioning is known only after apply");
    CHECK(e.at("aws_s3_bucket.b").body.find("tags") == nullptr);
}

TEST_CASE("what a plan destroys is left out and what it keeps is judged") {
    const std::string plan = plan_of(
        change("aws_eip.gone", "", "aws_eip", "gone", R"j(["delete"])j", "null", "{}") + "," +
            change("aws_eip.forgotten", "", "aws_eip", "forgotten", R"j(["forget"])j", "null", "{}") + "," +
            change("aws_eip.kept", "", "aws_eip", "kept", R"j(["no-op"])j", R"j({"domain":"vpc"})j", "{}") + "," +
            change("aws_eip.anew", "", "aws_eip", "anew", R"j(["delete","create"])j", R"j({"domain":"vpc"})j", "{}"),
        "{}");
    CHECK(Evaluated(plan).addresses() == std::vector<std::string>{"aws_eip.kept", "aws_eip.anew"});
}

TEST_CASE("planned values go before those of the list of changes") {
    const std::string plan = plan_of(
        change("aws_eip.e", "", "aws_eip", "e", R"j(["update"])j", R"j({"domain":"old"})j", R"j({"id":true})j"), "{}",
        R"j(,"planned_values":{"root_module":{"resources":[)j" +
            planned("aws_eip.e", "aws_eip", "e", R"j({"domain":"vpc"})j") +
            R"j(],"child_modules":[{"address":"module.m",)j" + R"j("resources":[)j" +
            planned("module.m.aws_eip.f", "aws_eip", "f", R"j({"domain":"standard"})j") + "]}]}}");
    const Evaluated e(plan);
    CHECK(e.member("aws_eip.e", "domain").value.as_string() == "vpc");
    CHECK(e.why("aws_eip.e", "id") == "aws_eip.e.id is known only after apply");
    CHECK(e.body("module.m.aws_eip.f") == R"j({"domain":"standard"})j");
    CHECK(e.at("module.m.aws_eip.f").module_path == "module.m");
}

TEST_CASE("references lead through module arguments and outputs") {
    const std::string access = "aws_s3_bucket_public_access_block";
    const std::string plan = plan_of(
        change("module.made.aws_s3_bucket.this[0]", "module.made", "aws_s3_bucket", "this", R"j(["create"])j", "{}",
               R"j({"id":true})j") +
            "," +
            change("module.guard[\"x\"]." + access + ".p", "module.guard[\"x\"]", access, "p", R"j(["create"])j", "{}",
                   R"j({"bucket":true})j"),
        R"j({"root_module":{"module_calls":{"made":{"source":"./bucket","module":{"outputs":{"id":{"expression":)j"
        R"j({"references":["aws_s3_bucket.this[0].id","aws_s3_bucket.this[0]","aws_s3_bucket.this"]}}},)j"
        R"j("resources":[)j" +
            configured("aws_s3_bucket.this", "{}") +
            R"j(]}},"guard":{"source":"./guard","expressions":{"target":{"references":["module.made.id","module.made"]}},)j"
            R"j("for_each_expression":{"constant_value":["x"]},"module":{"resources":[)j" +
            configured(access + ".p", R"j({"bucket":{"references":["var.target"]}})j") + "]}}}}}");
    const Evaluated e(plan);
    const std::string guarded = "module.guard[\"x\"]." + access + ".p";
    CHECK(e.linked(guarded, "bucket", "module.made.aws_s3_bucket.this[0]"));
    CHECK(e.why(guarded, "bucket") == "module.made.aws_s3_bucket.this[0].id is known only after apply");
    CHECK(e.body("module.made") == R"j({"source":"./bucket"})j");
    CHECK(e.at("module.guard").type == "module");
    CHECK(e.member("module.guard", "target").value.as_unknown().cause->why ==
          "the plan does not record the value of module.guard.target");
}

TEST_CASE("counted resources are linked instance by instance") {
    std::string changes;
    for (const std::string i : {"0", "1"}) {
        changes += (changes.empty() ? "" : ",") + change("aws_s3_bucket.b[" + i + "]", "", "aws_s3_bucket", "b",
                                                         R"j(["create"])j", "{}", R"j({"id":true})j");
        changes += "," + change("aws_s3_bucket_versioning.v[" + i + "]", "", "aws_s3_bucket_versioning", "v",
                                R"j(["create"])j", "{}", R"j({"bucket":true})j");
    }
    const Evaluated e(
        plan_of(changes, R"j({"root_module":{"resources":[)j" + configured("aws_s3_bucket.b", "{}") + "," +
                             configured("aws_s3_bucket_versioning.v",
                                        R"j({"bucket":{"references":["aws_s3_bucket.b","count.index"]}})j") +
                             "]}}"));
    CHECK(e.linked("aws_s3_bucket_versioning.v[1]", "bucket", "aws_s3_bucket.b[1]"));
    CHECK_FALSE(e.linked("aws_s3_bucket_versioning.v[1]", "bucket", "aws_s3_bucket.b[0]"));
}

TEST_CASE("known values keep what they were read from") {
    const Evaluated e(plan_of(
        change("aws_s3_bucket.b", "", "aws_s3_bucket", "b", R"j(["no-op"])j", R"j({"bucket":"logs"})j", "{}") + "," +
            change("aws_s3_bucket_acl.a", "", "aws_s3_bucket_acl", "a", R"j(["no-op"])j", R"j({"bucket":"logs"})j",
                   "{}"),
        R"j({"root_module":{"resources":[)j" + configured("aws_s3_bucket.b", R"j({"bucket":{}})j") + "," +
            configured("aws_s3_bucket_acl.a",
                       R"j({"bucket":{"references":["aws_s3_bucket.b.bucket","aws_s3_bucket.b"]}})j") +
            "]}}"));
    CHECK(e.linked("aws_s3_bucket_acl.a", "bucket", "aws_s3_bucket.b"));
    CHECK(e.text(e.member("aws_s3_bucket_acl.a", "bucket").value.origin()) == "\"logs\"");
}

TEST_CASE("blocks of a plan keep their unknown, sensitive and configured parts") {
    const Evaluated e(plan_of(
        change("aws_security_group.s", "", "aws_security_group", "s", R"j(["create"])j",
               R"j({"ingress":[{"from_port":443,"self":null,"security_groups":[]},{"from_port":22,"self":null}],)j"
               R"j("tags":{"a":"x","b":"y"},"password":"secret"})j",
               R"j({"ingress":[{"security_groups":[true],"prefix":true},{"security_groups":true}]})j",
               R"j({"tags":{"b":true},"password":true})j"),
        R"j({"root_module":{"resources":[)j" +
            configured(
                "aws_security_group.s",
                R"j({"tags":{},"password":{"references":["var.p"]},"ingress":[{"from_port":{"constant_value":22},)j"
                R"j("security_groups":{"references":["aws_security_group.other.id","aws_security_group.other"]}},)j"
                R"j({"from_port":{"constant_value":443},)j"
                R"j("security_groups":{"references":["aws_security_group.lb.id","aws_security_group.lb"]}}]})j") +
            "]}}"));
    CHECK(e.body("aws_security_group.s") == R"j({"ingress":[{"from_port":443,"security_groups":[(unknown)]},)j"
                                            R"j({"from_port":22,"security_groups":(unknown)}],)j"
                                            R"j("password":"secret","tags":{"a":"x","b":"y"}})j");
    // The plan's order is not the configuration's: constants tell which block is which.
    const auto blocks = e.member("aws_security_group.s", "ingress").value.elements();
    CHECK(blocks[0].find("security_groups")->value.elements()[0].as_unknown().cause->why ==
          "aws_security_group.lb.id is known only after apply");
    CHECK(blocks[1].find("security_groups")->value.as_unknown().cause->why ==
          "aws_security_group.other.id is known only after apply");
    CHECK(e.member("aws_security_group.s", "password").value.has_mark(Value::sensitive));
    const Value& tags = e.member("aws_security_group.s", "tags").value;
    CHECK_FALSE(tags.find("a")->value.has_mark(Value::sensitive));
    CHECK(tags.find("b")->value.has_mark(Value::sensitive));
}

TEST_CASE("data sources of a plan, read or not, and policies that wait for resources") {
    const std::string statement = R"j({"statement":[{"actions":["s3:*"],"resources":["*"]}]})j";
    const std::string data =
        R"j({"address":"data.aws_iam_policy_document.d","mode":"data","type":"aws_iam_policy_document","name":"d",)j"
        R"j("change":{"actions":["read"],"after":)j" +
        statement + R"j(,"after_unknown":{"json":true,"id":true}}})j";
    const Evaluated e(plan_of(
        change("aws_iam_policy.p", "", "aws_iam_policy", "p", R"j(["create"])j", "{}", R"j({"policy":true})j") + "," +
            data,
        R"j({"root_module":{"resources":[)j" +
            configured(
                "aws_iam_policy.p",
                R"j({"policy":{"references":["data.aws_iam_policy_document.d.json","data.aws_iam_policy_document.d"]}})j") +
            R"j(,{"address":"data.aws_iam_policy_document.d","mode":"data","type":"aws_iam_policy_document","name":"d",)j"
            R"j("expressions":{"statement":[{"actions":{"constant_value":["s3:*"]},"resources":{"constant_value":["*"]}}]}}]}})j",
        R"j(,"prior_state":{"values":{"root_module":{"resources":[{"address":"data.aws_region.r","mode":"data",)j"
        R"j("type":"aws_region","name":"r","values":{"name":"eu-west-1"}},{"address":"aws_eip.old","mode":"managed",)j"
        R"j("type":"aws_eip","name":"old","values":{}}]}}})j"));
    CHECK(e.body("data.aws_region.r") == R"j({"name":"eu-west-1"})j");
    CHECK(e.at("data.aws_region.r").type == "data.aws_region");
    CHECK(e.result.graph.find("aws_eip.old") == nullptr);
    const Value& policy = e.member("aws_iam_policy.p", "policy").value;
    REQUIRE(policy.is_string());
    CHECK(policy.as_string().find(R"j("Action":"s3:*")j") != std::string::npos);
    CHECK(e.linked("aws_iam_policy.p", "policy", "data.aws_iam_policy_document.d"));
}

TEST_CASE("provider configurations of a plan") {
    const Evaluated e(plan_of("",
                              R"j({"provider_config":{"aws":{"name":"aws","expressions":{"region":{"constant_value":)j"
                              R"j("eu-west-1"},"default_tags":[{"tags":{"constant_value":{"team":"a"}}}]}},)j"
                              R"j("aws.west":{"name":"aws","alias":"west","expressions":{"region":{"references":)j"
                              R"j(["var.region"]}}},"random":{"name":"random"}},"root_module":{}})j"));
    CHECK(e.addresses() == std::vector<std::string>{"provider.aws", "provider.aws.west"});
    CHECK(e.body("provider.aws") == R"j({"default_tags":[{"tags":{"team":"a"}}],"region":"eu-west-1"})j");
    CHECK(e.at("provider.aws.west").type == "provider.aws");
    CHECK(e.why("provider.aws.west", "region") == "the plan does not record the value of provider.aws.west.region");
}

TEST_CASE("where the configuration lies beside the plan, places are its own") {
    const std::string main = R"j(resource "aws_s3_bucket" "b" {
  #checkov:skip=CKV_AWS_18:no logs of logs
  bucket = var.name
}
resource "aws_s3_bucket_public_access_block" "p" {
  bucket            = aws_s3_bucket.b.id
  block_public_acls = true
}
)j";
    for (const std::string folder : {"live/", ""}) {
        const Evaluated e(plan_of(bucket_and_block, their_configuration), {{folder + "main.tf", main}});
        const Resource& bucket = e.at("aws_s3_bucket.b");
        CHECK(e.path(bucket.header) == folder + "main.tf");
        CHECK(e.text(bucket.header) == "resource \"aws_s3_bucket\" \"b\"");
        CHECK(e.text(e.member("aws_s3_bucket.b", "bucket").span) == "bucket = var.name");
        CHECK(e.path(e.member("aws_s3_bucket.b", "bucket").value.origin()) == "live/plan.json");
        REQUIRE(e.result.graph.suppressions().size() == 1);
        CHECK(e.result.graph.suppressions()[0].rules == std::vector<std::string>{"CKV_AWS_18"});
    }
}

TEST_CASE("plans that cannot be judged say what to do") {
    SourceSet sources;
    const Parser& parser = terraform_plan_parser();
    Diagnostics faults;
    const Source& binary = sources.add("plan.out", std::string("PK\x03\x04\x14\0\x08\0tfplan", 14));
    REQUIRE(parser.wants(binary.path()));
    REQUIRE(parser.accepts(binary));
    const std::unique_ptr<ParsedFile> unreadable = parser.parse(binary, faults);
    const MemoryFileSystem files;
    std::vector<CoverageGap> gaps;
    std::vector<const ParsedFile*> found = {unreadable.get()};
    CHECK(parser.roots(found, files, sources, faults, gaps).empty());
    CHECK(to_text(faults.items().at(0), sources) ==
          "plan.out: error: This is a plan in Terraform's binary form\n"
          "  It was not judged. Print it as JSON beside it: terraform show -json plan.out > plan.json\n");
    // With its JSON form beside it, nothing is missing.
    const Source& json = sources.add("plan.json", R"j({"format_version": "1.2", "planned_values": {}})j");
    const std::unique_ptr<ParsedFile> readable = parser.parse(json, faults);
    found.push_back(readable.get());
    CHECK(parser.roots(found, files, sources, faults, gaps).size() == 1);
    CHECK(faults.size() == 1);
    const Source& future = sources.add("p.json", R"j({"format_version": "9.0", "planned_values": {}})j");
    REQUIRE(parser.accepts(future));
    CHECK(parser.parse(future, faults) == nullptr);
    CHECK(faults.items().at(1).summary == "Plans of this format version are not known here");
    CHECK_FALSE(parser.accepts(sources.add("a.zip.plan", std::string("PK\x03\x04 other"))));
    CHECK_FALSE(parser.accepts(sources.add("t.json", R"j({"AWSTemplateFormatVersion": "2010-09-09"})j")));
    CHECK_FALSE(parser.accepts(sources.add("state.json", R"j({"format_version": "1.0", "values": {}})j")));
    const Evaluated failed(R"j({"format_version":"1.2","planned_values":{},"errored":true})j");
    CHECK(failed.result.diagnostics.items().at(0).summary == "This plan is incomplete: planning failed");
    const Evaluated odd(R"j({"format_version":"1.2","resource_changes":[{"change":{}}, 7, null, []]})j");
    CHECK(odd.result.diagnostics.items().size() == 4);
    CHECK(odd.result.graph.resources().empty());
}

TEST_CASE("modules of a plan that hand on each other's outputs end") {
    const Evaluated e(plan_of(
        change("aws_eip.e", "", "aws_eip", "e", R"j(["create"])j", "{}", R"j({"instance":true})j"),
        R"j({"root_module":{"resources":[)j" +
            configured("aws_eip.e", R"j({"instance":{"references":["module.a.o","module.a"]}})j") +
            R"j(],"module_calls":{"a":{"expressions":{"i":{"references":["module.b.o"]}},"module":{"outputs":{"o":)j"
            R"j({"expression":{"references":["var.i"]}}}}},"b":{"expressions":{"i":{"references":["module.a.o"]}},"module":)j"
            R"j({"outputs":{"o":{"expression":{"references":["var.i"]}}}}}}}})j"));
    CHECK(e.why("aws_eip.e", "instance") == "aws_eip.e.instance is known only after apply");
}
