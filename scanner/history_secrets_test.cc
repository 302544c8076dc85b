#include "scanner/history_secrets.h"

#include <doctest/doctest.h>

#include "parsers/git/test_repository.h"
#include "rules/secrets.h"
#include "scanner/acceptance.h"

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

TEST_CASE("a format whose mark stands inside of it is found from its first character") {
    using List = std::vector<std::string>;
    const std::string random = "aB3dE5fG7hJ9kL1mN3pQ5rS7tU9vW1xY3zA5cD7fG9hJ1kL3nP5rT7vX9zB1dF3hJ5";
    const std::string terraform = random.substr(0, 14) + ".atlasv" + "1." + random.substr(0, 62);
    CHECK(found_in("token = \"" + terraform + "\"") == List{"Terraform Cloud token: " + terraform});
    const std::string telegram = "1234567890:" + ("A" + random.substr(0, 34));
    CHECK(found_in("bot=" + telegram + "\n") == List{"Telegram bot token: " + telegram});
    const std::string azure = random.substr(0, 3) + "8Q" + "~" + random.substr(0, 34);
    CHECK(found_in("\xC3\xA9 " + azure + " x") == List{"Azure client secret: " + azure});
    // The first thing of a file, and two side by side.
    CHECK(found_in(azure + "," + github) == List{"Azure client secret: " + azure, "GitHub token: " + github});
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

TEST_CASE("a comment beside a credential accepts it, in the newest version that has it") {
    git::TestRepository made("secrets-accepted", true);
    const std::string line = "key = \"" + access_key + "\"";
    const auto first = made.commit({{"a.tf", {line + "\n"}}, {"b.env", {"TOKEN=" + word + "\n"}}}, "first", 1000, {});
    const auto tip = made.commit({{"a.tf", {"# plumbline:ignore secrets.no-plaintext a fixture\n" + line + "\n"}},
                                  {"b.env", {"# plumbline:ignore aws-ssm-literal-secret no\nTOKEN=" + word + "\n"}},
                                  {"c.env", {"TOKEN=" + word + "  # gitleaks:allow\n"}}},
                                 "accepted", 2000, {first});
    std::string error;
    const auto repository = git::Repository::open(made.path(), error);
    REQUIRE_MESSAGE(repository, error);
    Diagnostics diagnostics;
    const auto secrets = find_history_secrets(*repository, tip, std::nullopt, 1, diagnostics);
    REQUIRE(secrets.size() == 3);
    CHECK(secrets[0].file == "a.tf");
    REQUIRE(secrets[0].accepted);
    CHECK(secrets[0].accepted->justification == "a fixture");
    CHECK(secrets[0].commit == first);
    // Another rule's comment says nothing of it.
    CHECK(secrets[1].file == "b.env");
    CHECK_FALSE(secrets[1].accepted);
    CHECK(secrets[2].accepted);
    // One credential has one fingerprint wherever it stands, and does not show.
    CHECK(secrets[1].fingerprint == secrets[2].fingerprint);
    CHECK(secrets[0].fingerprint != secrets[1].fingerprint);
    CHECK(secrets[1].fingerprint.size() == 32);
}

TEST_CASE("a waiver accepts a credential by its fingerprint or its file, until it ends") {
    Waiver by_print, by_path, everything, of_rule;
    by_print.control = by_path.control = everything.control = of_rule.control = credential_control;
    by_print.resource = "history:0123";
    by_path.path = "tests/**";
    of_rule.rule = "aws-ssm-literal-secret";
    of_rule.path = "**/x";
    for (Waiver* waiver : {&by_print, &by_path, &everything, &of_rule}) waiver->expires = "2025-06-30";
    const std::vector<Waiver> waivers = {everything, of_rule, by_print, by_path};
    const auto found = [&](std::string_view address, const std::string& file, const std::string& today) {
        return waiver_of_credential(waivers, address, file, today);
    };
    CHECK(found("history:0123", "main.tf", "2025-06-30") == &waivers[2]);
    CHECK(found("history:9999", "tests/data/x", "2025-06-30") == &waivers[3]);
    CHECK(found("history:9999", "main.tf", "2025-06-30") == nullptr);
    CHECK(found("history:9999", "live/x", "2025-06-30") == nullptr);
    CHECK(found("history:0123", "main.tf", "2025-07-01") == nullptr);
}

}  // namespace
}  // namespace plumbline
