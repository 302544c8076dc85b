#include "scanner/history_secrets.h"

#include <doctest/doctest.h>

#include "parsers/git/test_repository.h"
#include "rules/secrets.h"

namespace plumbline {
namespace {

// In pieces, so that no scanner takes this file for a leak.
const std::string access_key = std::string("AKIA") + "QW3RTYUIOPLKJHGF";
const std::string github = std::string("ghp_") + "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5";
const std::string word = "kD8s0Pq2Lm9XzR4vT7bN1cW6yH3jF5gA";

std::vector<std::string> found_in(const std::string& text) {
    std::vector<std::string> found;
    for (const SecretMatch& match : find_secrets(text))
        found.push_back(std::string(match.kind) + ": " + text.substr(match.offset, match.size));
    return found;
}

TEST_CASE("credentials are found in any text by format or by the name they are assigned to") {
    using List = std::vector<std::string>;
    CHECK(found_in("a\nkey: " + access_key + "\n") == List{"AWS access key id: " + access_key});
    CHECK(found_in("url: https://x:" + github + "@github.com") == List{"GitHub token: " + github});
    CHECK(found_in("db_password = \"" + word + "\"") == List{"password or token in an assignment: " + word});
    CHECK(found_in("\"apiKey\": \"" + word + "\",") == List{"password or token in an assignment: " + word});
    CHECK(found_in("export AWS_SECRET_ACCESS_KEY=" + word + "\n") ==
          List{"password or token in an assignment: " + word});
    CHECK(found_in("token = \"" + github + "\"") == List{"GitHub token: " + github});
    CHECK(found_in("-----BEGIN RSA PRIVATE KEY-----\nMII\n") == List{"private key: -----BEGIN RSA PRIVATE KEY-----"});
}

TEST_CASE("what is no credential is left alone") {
    for (const std::string& text : {
             std::string("password = var.database_password_from_vault"),
             std::string("secret_name = \"projects/one/secrets/database-password\""),
             std::string("token = \"your-token-here-please-change\""),
             std::string("AKIAIOSFODNN7EXAMPLE"),
             std::string("aws_secret_access_key = ${{ secrets.AWS_SECRET_ACCESS_KEY }}"),
             std::string("image: registry/app@sha256:") + std::string(64, 'a'),
             std::string(
                 "kms_key_arn = \"arn:aws:kms:eu-west-1:111122223333:key/0b1c2d3e-4f56-7890-abcd-ef0123456789\""),
             std::string("password = \"${random_password.db.result}\""),
             std::string("xAKIA") + "QW3RTYUIOPLKJHGFX",
         }) {
        INFO(text);
        CHECK(found_in(text).empty());
    }
}

TEST_CASE("a leak that was mended in the next commit is still in history") {
    git::TestRepository made("secrets", true);
    const auto first = made.commit({{"main.tf", {"x = 1\n"}}}, "first", 1000, {});
    const auto leak = made.commit({{"main.tf", {"x = 1\nkey = \"" + access_key + "\"\n"}}}, "leak", 2000, {first},
                                  "main", {"Bob", "bob@example.org"});
    const auto again = made.commit({{"main.tf", {"x = 2\n\nkey = \"" + access_key + "\"\n"}}}, "again", 3000, {leak});
    const auto mended = made.commit({{"main.tf", {"x = 2\n"}}}, "mended", 4000, {again});
    made.commit({{"main.tf", {"x = 1\n"}}, {"side/env", {"TOKEN=" + word + "\n"}}}, "side", 2500, {first}, "side");
    std::string error;
    const auto repository = git::Repository::open(made.path(), error);
    REQUIRE_MESSAGE(repository, error);
    Diagnostics diagnostics;
    const auto secrets = find_history_secrets(*repository, mended, std::nullopt, 2, diagnostics);
    CHECK(diagnostics.empty());
    REQUIRE(secrets.size() == 2);
    CHECK(secrets[0].kind == "AWS access key id");
    CHECK(secrets[0].commit == leak);
    CHECK(secrets[0].author == "Bob <bob@example.org>");
    CHECK(secrets[0].time == 2000);
    CHECK(secrets[0].file == "main.tf");
    CHECK(secrets[0].line == 2);
    CHECK(secrets[0].redacted == "AKIA... (20 characters)");
    CHECK(secrets[0].reachable);
    CHECK_FALSE(secrets[0].in_tip_tree);
    CHECK(secrets[1].file == "side/env");
    CHECK_FALSE(secrets[1].reachable);

    const auto at_leak = find_history_secrets(*repository, leak, std::nullopt, 1, diagnostics);
    CHECK(at_leak[0].in_tip_tree);
    const auto late = find_history_secrets(*repository, mended, 3500, 1, diagnostics);
    CHECK(late.empty());
}

}  // namespace
}  // namespace plumbline
