#include "scanner/owners.h"

#include <doctest/doctest.h>

#include "scanner/model/text.h"

namespace plumbline {
namespace {

std::string owners(std::string_view text, std::string_view path, Codeowners::Host host = Codeowners::Host::github) {
    return join(Codeowners::read(text, host).of(path), " ");
}

TEST_CASE("CODEOWNERS: the last line that matches wins, also one that names nobody") {
    const std::string_view text =
        "# comment\n* @all @org/team\n*.tf @terraform # for now\n/docs/ docs@example.com\napps/ @apps\n"
        "/apps/github\nbuild/logs/* @logs\r\nmy\\ file.tf @spaces\n/scripts/**/x.sh @x\n**/deep/*.yaml @deep\n";
    CHECK(owners(text, "README") == "@all @org/team");
    CHECK(owners(text, "a/b/main.tf") == "@terraform");
    CHECK(owners(text, "docs/a/b.md") == "docs@example.com");
    CHECK(owners(text, "docs") == "@all @org/team");
    CHECK(owners(text, "x/docs/b.md") == "@all @org/team");
    CHECK(owners(text, "x/apps/b.md") == "@apps");
    CHECK(owners(text, "apps/github/a/b") == "");
    CHECK(owners(text, "build/logs/a") == "@logs");
    CHECK(owners(text, "build/logs/a/b") == "@all @org/team");
    CHECK(owners(text, "x/build/logs/a") == "@all @org/team");
    CHECK(owners(text, "my file.tf") == "@spaces");
    CHECK(owners(text, "scripts/x.sh") == "@x");
    CHECK(owners(text, "scripts/a/b/x.sh") == "@x");
    CHECK(owners(text, "scripts/a/b/yx.sh") == "@all @org/team");
    CHECK(owners(text, "a/deep/b.yaml") == "@deep");
    CHECK(owners("docs/** @d\n", "docs") == "");
    CHECK(owners("docs/** @d\n", "docs/a/b") == "@d");
    CHECK(owners("/* @top\n", "a") == "@top");
    CHECK(owners("/* @top\n", "a/b") == "");
    CHECK(owners("", "a") == "");
    // What GitHub does not know it passes by.
    CHECK(owners("* @all\n!*.tf @x\n[section] @y\n*.t[fg] @z\n", "a.tf") == "@all");
}

TEST_CASE("GitLab's CODEOWNERS: sections each have their owners, defaults and exclusions") {
    const std::string_view text =
        "* @all\n\\#x @hash\n[Database][2] @dba\nmodel/db/\nconfig/db.md @docs\n^[Terraform stuff] @tf @ops\n*.tf\n"
        "!legacy.tf\nlegacy.tf @nobody\n[DATABASE]\nconfig/db.md @later\n";
    const auto gitlab = [&](std::string_view path) { return owners(text, path, Codeowners::Host::gitlab); };
    CHECK(gitlab("README") == "@all");
    CHECK(gitlab("x/model/db/a.sql") == "@all @dba");
    CHECK(gitlab("model/db/a.tf") == "@all @dba @tf @ops");
    CHECK(gitlab("config/db.md") == "@all @later");
    CHECK(gitlab("legacy.tf") == "@all");
    CHECK(gitlab("#x") == "@hash");
}

Value tags(std::vector<std::pair<std::string, std::string>> pairs) {
    std::vector<Member> members;
    for (auto& [name, value] : pairs) members.push_back({name, Value::string(value), {}});
    return Value::object(std::move(members));
}

TEST_CASE("owners stand in tags, labels and annotations as each platform has them") {
    const std::vector<std::string> names = {"owner", "Team"};
    const auto found = [&](std::string_view platform, std::vector<Member> body) {
        Resource resource;
        resource.platform = platform;
        resource.body = Value::object(std::move(body));
        return join(owners_in_tags(resource, names), " ");
    };
    CHECK(found("terraform", {{"tags", tags({{"Name", "x"}, {"TEAM", "web"}}), {}}}) == "web");
    CHECK(found("terraform", {{"labels", tags({{"team", "web"}, {"owner", " bob "}}), {}}}) == "bob");
    // The resource's own tags say more than the provider's.
    CHECK(found("terraform", {{"tags", tags({{"team", "web"}}), {}},
                              {"tags_all", tags({{"owner", "platform"}, {"team", "web"}}), {}}}) == "web");
    CHECK(found("terraform", {{"tags", tags({{"owner", ""}}), {}}, {"tags_all", tags({{"team", "web"}}), {}}}) ==
          "web");
    CHECK(found("terraform", {{"tag", Value::tuple({tags({{"key", "owner"}, {"value", "asg"}})}), {}}}) == "asg");
    CHECK(found("cloudformation", {{"Tags", Value::tuple({tags({{"Key", "acme:owner"}, {"Value", "bob"}})}), {}}}) ==
          "bob");
    const Value labels = tags({{"app", "x"}, {"example.com/team", "web"}});
    const Value notes = tags({{"owner", "bob"}});
    CHECK(found("kubernetes", {{"metadata", Value::object({{"annotations", notes, {}}}), {}}}) == "bob");
    CHECK(found("kubernetes", {{"metadata", Value::object({{"annotations", notes, {}}, {"labels", labels, {}}}), {}},
                               {"tags", tags({{"owner", "no"}}), {}}}) == "web");
    const Value secret = Value::string("x").with_marks(Value::sensitive);
    CHECK(found("terraform", {{"tags", Value::object({{"owner", secret, {}}}), {}}}) == "");
    CHECK(found("terraform", {{"tags", Value::unknown({}, make_cause("x")), {}}}) == "");
}

TEST_CASE("CODEOWNERS: odd lines harm nobody") {
    for (const auto host : {Codeowners::Host::github, Codeowners::Host::gitlab}) {
        for (const char* line : {"/", "//", "///", "\\", "[", "^[", "[]", "[a", "] @x", "!", "@x", "**/", "\t#"}) {
            INFO(line);
            CHECK(owners("* @all\n" + std::string(line) + "\n*.md @docs\n", "a/b.md", host).ends_with("@docs"));
        }
        CHECK(owners("/ @root\n", "a/b", host) == "@root");
        CHECK(owners("* @all\n!/\n", "a/b", host) == (host == Codeowners::Host::gitlab ? "" : "@all"));
    }
}

TEST_CASE("CODEOWNERS with many stars takes no time to speak of") {
    std::string pattern, path;
    for (int i = 0; i < 200; ++i) {
        pattern += "**/a*a*a*/";
        path += "aaaaaaaaaaaaaaaaaaaab/";
    }
    CHECK(owners(pattern + "x @y\n", path + "z") == "");
}

}  // namespace
}  // namespace plumbline
