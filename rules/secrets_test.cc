#include "rules/secrets.h"

#include <doctest/doctest.h>

#include <string>

// Every credential here is made up, and put together at run time so that no scanner of this repository finds one.
namespace plumbline {
namespace {

std::string repeated(std::string_view part, std::size_t size) {
    std::string out;
    while (out.size() < size) out += part;
    return out.substr(0, size);
}

const std::string mixed = "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7";
const std::string hex = "0123456789abcdef";

struct Row {
    const char* kind;
    std::string text;
};

/// One of each format, as its provider documents it.
std::vector<Row> formats() {
    const auto some = [](std::size_t size) { return repeated(mixed, size); };
    const auto digits = [](std::size_t size) { return repeated(hex, size); };
    return {
        {"AWS access key id", "AKIA" + repeated("ABCDEFG234567", 16)},
        {"AWS access key id", "ASIA" + repeated("ABCDEFG234567", 16)},
        {"private key", "-----BEGIN RSA PRIVATE " + std::string("KEY-----\nMIIE\n")},
        {"private key", "-----BEGIN PRIVATE " + std::string("KEY-----")},
        {"private key", "-----BEGIN OPENSSH PRIVATE " + std::string("KEY-----")},
        {"private key", "-----BEGIN PGP PRIVATE " + std::string("KEY BLOCK-----")},
        {"GitHub token", "ghp_" + some(36)},
        {"GitHub token", "ghs_" + some(36)},
        {"GitHub token", "github_pat_" + some(22) + "_" + some(59)},
        {"GitLab token", "glpat-" + some(20)},
        {"GitLab token", "glrt-" + some(20)},
        {"Slack token", "xoxb-" + digits(12) + "-" + some(24)},
        {"Slack token", "xapp-1-" + repeated("A1B2C3", 11) + "-" + repeated("123", 13) + "-" + digits(64)},
        {"Slack webhook", "https://hooks." + std::string("slack.com/services/T") + repeated("A1", 8) + "/B" +
                              repeated("B2", 8) + "/" + some(24)},
        {"Google API key", "AIza" + some(35)},
        {"Google OAuth client secret", "GOCSPX-" + some(28)},
        {"Stripe key", "sk_live_" + some(24)},
        {"Stripe key", "rk_live_" + some(24)},
        {"SendGrid key", "SG." + some(22) + "." + some(43)},
        {"npm token", "npm_" + some(36)},
        {"PyPI token", "pypi-AgEIcHlwaS5vcmc" + some(60)},
        {"RubyGems key", "rubygems_" + digits(48)},
        {"Docker Hub token", "dckr_pat_" + some(27)},
        {"DigitalOcean token", "dop_v1_" + digits(64)},
        {"Vault token", "hvs." + some(24)},
        {"Terraform Cloud token", some(14) + ".atlasv1." + some(67)},
        {"JSON web token", "eyJ" + some(20) + ".eyJ" + some(20) + "." + some(43)},
        {"Azure storage key", "AccountKey=" + some(86) + "=="},
        {"Alibaba Cloud access key id", "LTAI" + some(20)},
        {"Shopify token", "shpat_" + digits(32)},
        {"Databricks token", "dapi" + digits(32)},
        {"Hugging Face token", "hf_" + repeated("aBcDeF", 34)},
        {"Anthropic key", "sk-ant-api03-" + some(95)},
        {"OpenAI key", "sk-" + some(20) + "T3BlbkFJ" + some(20)},
        {"Linear key", "lin_api_" + some(40)},
        {"Postman key", "PMAK-" + digits(24) + "-" + digits(34)},
        {"New Relic key", "NRAK-" + repeated("A1B2C3", 27)},
        {"Grafana token", "glsa_" + some(32) + "_" + digits(8)},
        {"age key", "AGE-SECRET-" + std::string("KEY-1") + repeated("QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", 58)},
    };
}

TEST_CASE("every documented format is found, alone and inside of a file, with its place") {
    for (const Row& row : formats()) {
        CAPTURE(row.text);
        CHECK(looks_secret(row.text));
        const std::string before = "# settings\nvalue: ";
        const std::vector<SecretMatch> found = find_secrets(before + row.text + " # keep\n");
        REQUIRE(found.size() == 1);
        CHECK(found[0].kind == row.kind);
        CHECK(found[0].offset == before.size());
    }
}

TEST_CASE("a format that is cut short, or stands inside of a longer word, is none") {
    for (const std::string& text :
         {"AKIA" + repeated("ABCDEFG234567", 15), "AKIA" + repeated("ABCDEFG01", 16),
          "XAKIA" + repeated("ABCDEFG234567", 16), "ghp_" + repeated("a", 35), "glpat-" + repeated("a", 19),
          "npm_" + repeated("a", 35), "dapi" + repeated("a", 31), "sk_test_" + repeated("a", 24),
          std::string("-----BEGIN PUBLIC KEY-----"), std::string("-----BEGIN CERTIFICATE-----")}) {
        CHECK_MESSAGE(!looks_secret(text), text);
        CHECK_MESSAGE(find_secrets(text).empty(), text);
    }
}

TEST_CASE("placeholders, references, addresses and words are no credentials") {
    const std::string key = "AKIA" + repeated("ABCDEFG234567", 16);
    for (const std::string& text : {
             std::string(""),
             std::string("short"),
             std::string("production"),
             std::string("correct horse battery staple"),
             std::string("AKIAIOSFODNN7EXAMPLE"),
             std::string("changeme-changeme-changeme"),
             std::string("<your token goes here>"),
             std::string("your-api-key-your-api-key"),
             std::string("xxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
             std::string("${var.password}-0123456789abcdefABCDEF"),
             std::string("{{resolve:secretsmanager:name:SecretString:password}}"),
             "{{ " + key + " }}",
             "arn:aws:iam::123456789012:role/" + repeated(mixed, 30),
             "https://example.org/" + repeated(mixed, 40),
             "sha256:" + repeated(hex, 64),
             std::string("AVeryLongCamelCaseIdentifierOfAClass2"),
             std::string("a-kebab-case-name-with-many-parts-2024"),
             std::string("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1111"),
             std::string("00000000-0000-0000-0000-000000000000"),
             std::string("123e4567-e89b-12d3-a456-426614174000"),  // an identifier
         })
        CHECK_MESSAGE(!looks_secret(text), text);
}

TEST_CASE("long random words look like credentials without any known format") {
    CHECK(looks_secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYZ2k9Lq0sTu"));
    CHECK(looks_secret(repeated("9f86d081884c7d65", 16) + "9a2feaa0c55ad015"));
    CHECK(looks_secret("password=wJalrXUtnFEMI/K7MDENG/bPxRfiCYZ2k9Lq0sTu"));
    // A placeholder excuses its own line of a script, not the others.
    const std::string key = "AKIA" + repeated("ABCDEFG234567", 16);
    CHECK(looks_secret("# for example\nexport ID=" + key + "\n"));
    CHECK(!looks_secret("export ID=" + key + " # example\n"));
    // Longer texts are documents.
    CHECK(looks_secret(std::string(16000, '\n') + key));
    CHECK(!looks_secret(std::string(17000, '\n') + key));
}

TEST_CASE("assignments to a name that says it is secret") {
    const std::string value = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYZ2k9Lq0sTu";
    for (const char* name : {"password = \"", "  \"apiKey\": \"", "AWS_SECRET_ACCESS_KEY=", "db_passwd: ",
                             "client-secret: '", "TOKEN := \"", "config[\"api_key\"] = \"", ":private_key => \""}) {
        const std::string text = std::string("first line\n") + name + value + "\n";
        CAPTURE(text);
        const std::vector<SecretMatch> found = find_secrets(text);
        REQUIRE(found.size() == 1);
        CHECK(found[0].kind == "password or token in an assignment");
        CHECK(text.substr(found[0].offset, found[0].size) == value);
    }
    const std::vector<std::string> none = {"name = \"" + value + "\"",
                                           "password = \"hunter2hunter2hunter2\"",
                                           "password = var.database_password_of_the_cluster",
                                           "password = \"" + value + "\" # example",
                                           "password\n= \"" + value + "\"",
                                           "token: ${{ secrets.DEPLOY_TOKEN_OF_PRODUCTION }}"};
    for (const std::string& text : none) CHECK_MESSAGE(find_secrets(text).empty(), text);
}

TEST_CASE("several credentials come in order, each once") {
    const std::string key = "AKIA" + repeated("ABCDEFG234567", 16), token = "ghp_" + repeated(mixed, 36);
    const std::string text = "a: " + token + "\nsecret_key: " + key + "\nb: " + token + "\n";
    const std::vector<SecretMatch> found = find_secrets(text);
    REQUIRE(found.size() == 3);
    CHECK(found[0].kind == "GitHub token");
    CHECK(found[1].kind == "AWS access key id");
    CHECK(found[2].kind == "GitHub token");
    CHECK(text.substr(found[1].offset, found[1].size) == key);
    // What a provider documents tells more than the name it is assigned to.
    const std::vector<SecretMatch> assigned = find_secrets("github_token = \"" + token + "\"\n");
    REQUIRE(assigned.size() == 1);
    CHECK(assigned[0].kind == "GitHub token");
}

TEST_CASE("what is shown of a credential finds it again and does not give it away") {
    CHECK(redacted("ghp_" + repeated(mixed, 36)) == "ghp_... (40 characters)");
    CHECK(redacted("-----BEGIN RSA PRIVATE " + std::string("KEY-----\nMIIE\nabc")) ==
          "-----BEGIN RSA PRIVATE " + std::string("KEY-----"));
    CHECK(redacted("ab\x1b[31mcd") == "ab\\u001b[... (9 characters)");
}

}  // namespace
}  // namespace plumbline
