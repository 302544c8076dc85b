#include "scanner/options.h"

#include <doctest/doctest.h>

namespace plumbline {
namespace {

using Texts = std::vector<std::string>;

Options parsed(const Texts& arguments, const std::map<std::string, std::string>& environment = {}) {
    Options options;
    const std::string error = parse_options(arguments, environment, options);
    CHECK_MESSAGE(error.empty(), error);
    return options;
}

/// The first line of what is said.
std::string error_of(const Texts& arguments) {
    Options options;
    const std::string error = parse_options(arguments, {}, options);
    return error.substr(0, error.find('\n'));
}

TEST_CASE("what is given is taken; what is not stays open") {
    const Options none = parsed({"scan"});
    CHECK(none.command == "scan");
    CHECK(none.arguments.empty());
    CHECK(none.outputs.empty());
    CHECK(!none.severity);
    CHECK(!none.fail_on);
    CHECK(!none.jobs);
    CHECK(none.color == "auto");
    CHECK(none.verbosity == 0);
    CHECK(none.inputs.workspace == "default");

    const Options all = parsed({"scan",
                                "a",
                                "--severity=high",
                                "b",
                                "--fail-on",
                                "new",
                                "--baseline",
                                "x.json",
                                "-j",
                                "3",
                                "-q",
                                "--color",
                                "never",
                                "--rule",
                                "R1,R2",
                                "--exclude-rule",
                                "R3",
                                "--framework",
                                "soc2, iso27001_2022",
                                "--framework",
                                "cmmc",
                                "--exclude",
                                "x/**",
                                "--stats",
                                "--include-passed",
                                "--",
                                "--odd"});
    CHECK(all.arguments == Texts{"a", "b", "--odd"});
    CHECK(all.severity == Severity::high);
    CHECK(all.fail_on->kind == FailOn::Kind::fresh);
    CHECK(all.baseline == "x.json");
    CHECK(all.jobs == 3);
    CHECK(all.verbosity == -1);
    CHECK(all.color == "never");
    CHECK(all.rules == Texts{"R1", "R2"});
    CHECK(all.excluded_rules == Texts{"R3"});
    CHECK(all.frameworks == Texts{"soc2", "iso27001_2022", "cmmc"});
    CHECK(all.exclude == Texts{"x/**"});
    CHECK(all.stats);
    CHECK(all.include_passed);
}

TEST_CASE("values for the evaluation keep their order, and the environment gives Terraform's") {
    const Options options =
        parsed({"scan", "--var", "a=1=2", "--var-file", "x,y.tfvars", "--var", "b=", "--param", "P=x", "--param", "P=y",
                "--workspace", "w"},
               {{"TF_VAR_a", "env"}, {"TF_VAR_", "x"}, {"TF_WORKSPACE", "other"}, {"HOME", "/home"}});
    REQUIRE(options.inputs.assignments.size() == 3);
    CHECK(options.inputs.assignments[0].name == "a");
    CHECK(options.inputs.assignments[0].text == "1=2");
    CHECK(options.inputs.assignments[1].kind == Inputs::Assignment::Kind::variable_file);
    CHECK(options.inputs.assignments[1].text == "x,y.tfvars");
    CHECK(options.inputs.assignments[2].text == "");
    CHECK(options.inputs.parameters.at("P").text == "y");
    CHECK(options.inputs.workspace == "w");
    CHECK(options.inputs.environment == std::map<std::string, std::string>{{"a", "env"}});
    CHECK(parsed({"scan"}, {{"TF_WORKSPACE", "other"}}).inputs.workspace == "other");
    CHECK(parsed({"scan"}, {{"TF_WORKSPACE", ""}}).inputs.workspace == "default");
}

TEST_CASE("each report has a format and a place") {
    const auto outputs = [](const Texts& arguments) {
        std::string out;
        for (const Output& output : parsed(arguments).outputs) out += output.format + ">" + output.file + " ";
        return out;
    };
    CHECK(outputs({"scan", "--format", "json"}) == "json> ");
    CHECK(outputs({"scan", "--format", "json", "--output", "a"}) == "json>a ");
    CHECK(outputs({"scan", "--output", "a", "--format", "json"}) == "json>a ");
    CHECK(outputs({"scan", "-f", "json", "-o", "a", "-f", "sarif"}) == "json>a sarif> ");
    // A file's name tells.
    CHECK(outputs({"scan", "-o", "a.sarif", "-o", "b.html", "-o", "c.md", "-o", "d.csv", "-o", "e.xml", "-o",
                   "f.txt"}) == "sarif>a.sarif html>b.html markdown>c.md csv>d.csv junit>e.xml terminal>f.txt ");
    CHECK(outputs({"scan", "-f", "oscal", "-o", "a.json"}) == "oscal>a.json ");
    CHECK(error_of({"scan", "-o", "report"}) == "plumbline scan: --output \"report\" needs a --format.");
    CHECK(error_of({"merge", "a.sarif", "-o", "ledger"}) == "");  // what it writes is what it reads
    CHECK(error_of({"scan", "-f", "json", "-f", "sarif"}) ==
          "plumbline scan: only one report can go to standard output; give the others an --output.");
}

TEST_CASE("commands of one word and of two") {
    CHECK(parsed({"rules"}).command == "rules list");
    CHECK(parsed({"rules", "--format", "json"}).command == "rules list");
    CHECK(parsed({"rules", "show", "X"}).command == "rules show");
    CHECK(parsed({"fleet", "--repos", "x"}).command == "fleet");
    CHECK(parsed({"fleet", "report"}).command == "fleet report");
    CHECK(parsed({}).command == "");
    CHECK(parsed({"--help"}).help);
    CHECK(parsed({"-h"}).help);
    CHECK(parsed({"--version"}).version);
    CHECK(parsed({"scan", "--help"}).help);
    CHECK(parsed({"explain", "--help"}).help);  // before anything is missing
    CHECK(error_of({"--format", "json", "scan"}) == "plumbline: the command comes first, before \"--format\".");
    CHECK(error_of({"."}).starts_with("plumbline: there is no command \".\"."));
    CHECK(error_of({"rules", "lst"}) == "plumbline rules: there is no command \"lst\". Did you mean \"list\"?");
}

TEST_CASE("a value that does not fit is refused with what would") {
    struct Row {
        Texts arguments;
        std::string error;
    };
    const std::string hash(64, 'a');
    for (const Row& row : std::vector<Row>{
             {{"scan", "--severity", "High"},
              "--severity: \"High\" is not one of info, low, medium, high, critical. Did you mean \"high\"?"},
             {{"scan", "--fail-on", "errors"},
              "--fail-on: \"errors\" is not one of info, low, medium, high, critical, new, never."},
             {{"scan", "--color", "yes"}, "--color: \"yes\" is not one of auto, always, never."},
             {{"scan", "--jobs", "257"}, "--jobs: \"257\" is not a number from 1 to 256."},
             {{"scan", "--jobs", "-1"}, "--jobs: \"-1\" is not a number from 1 to 256."},
             {{"scan", "--jobs", "2x"}, "--jobs: \"2x\" is not a number from 1 to 256."},
             {{"scan", "--jobs", ""}, "--jobs: \"\" is not a number from 1 to 256."},
             {{"scan", "--rule", "a,,b"}, "--rule: the value is empty."},
             {{"scan", "--format", ""}, "--format: the value is empty."},
             {{"scan", "--output", ""}, "--output: the value is empty."},
             {{"scan", "--var", "=1"}, "--var: \"=1\" is not of the form NAME=VALUE."},
             {{"scan", "--param", "a"}, "--param: \"a\" is not of the form NAME=VALUE."},
             {{"scan", "--var-file", ""}, "--var-file: the value is empty."},
             {{"scan", "--workspace", ""}, "--workspace: the value is empty."},
             {{"scan", "--baseline", ""}, "--baseline: the value is empty."},
             {{"audit", ".", "--sample", "many"}, "--sample: \"many\" is no whole number."},
             {{"verify", "d", "--gpg", "0xABCDEF"}, "--gpg: \"0xABCDEF\" is no fingerprint of 16 digits or more."},
             {{"verify", "d", "--contains", "abc"}, "--contains: \"abc\" is no SHA-256 of 64 digits."},
             {{"fleet", "--deadline", "0"}, "--deadline: \"0\" is not a number from 1 to 10000000."},
             {{"fleet", "--retries", "10000001"}, "--retries: \"10000001\" is not a number from 1 to 10000000."},
             // Names are not abbreviated: what is added later would make them ambiguous.
             {{"scan", "--sever", "high"}, "there is no option \"--sever\". Did you mean \"--severity\"?"},
             {{"scan", "--expires", "x"}, "there is no option \"--expires\". It belongs to another command."},
             {{"scan", "--zzz"}, "there is no option \"--zzz\"."},
             {{"explain", "a"}, "an argument is missing."},
             {{"rules", "show", "a", "b"}, "there are too many arguments."},
             {{"scan", "--staged", "--diff", "main"},
              "--staged and --diff are two ways to say what is compared; give one."},
             {{"scan", "--staged", "--write-baseline", "b"},
              "--write-baseline is about everything there is, so it goes without --staged and --diff."},
             {{"scan", "--diff", "main", "--evidence", "e"},
              "--evidence is about everything there is, so it goes without --staged and --diff."},
         }) {
        const std::string error = error_of(row.arguments);
        const std::string command = row.arguments[0] == "rules" ? "rules show" : row.arguments[0];
        CHECK_MESSAGE(error == "plumbline " + command + ": " + row.error, error);
    }
    // A value that is missing, and one that a switch does not take.
    CHECK(error_of({"scan", "--severity"}).starts_with("plumbline scan: "));
    CHECK(error_of({"scan", "--stats=yes"}).starts_with("plumbline scan: "));
    CHECK(parsed({"verify", "d", "--gpg", "0x0123456789ABCDEF"}).gpg == "0123456789ABCDEF");
    CHECK(parsed({"verify", "d", "--contains", hash}).contains == hash);
}

TEST_CASE("the help of every command names each of its options") {
    for (const CommandHelp& command : command_table()) {
        const std::string help = help_text(command.name);
        CAPTURE(help);
        CHECK(help.starts_with("Usage: plumbline " + std::string(command.name) + " [OPTIONS]"));
        for (const FlagHelp& flag : flag_table(command.name))
            CHECK(help.find("--" + std::string(flag.name)) != std::string::npos);
        // It fits a terminal of 100 columns.
        for (std::size_t at = 0; at < help.size();) {
            const std::size_t end = std::min(help.find('\n', at), help.size());
            CHECK(end - at <= 100);
            at = end + 1;
        }
        CHECK(help_text("").find("  " + std::string(command.name)) != std::string::npos);
    }
    CHECK(help_text("rules") == help_text("rules list"));
    CHECK(flag_table("no-such-command").empty());
}

}  // namespace
}  // namespace plumbline
