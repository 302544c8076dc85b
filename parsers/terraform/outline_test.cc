#include "parsers/terraform/outline.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

using namespace plumbline;

namespace {

/// One line an item, indented by depth: what both readers have to agree on.
void describe(const hcl::Outline::Item& item, int depth, const Source& source, std::string& out) {
    const std::string indent(static_cast<std::size_t>(depth) * 2, ' ');
    if (item.is_block) {
        out += indent + std::string(item.name);
        for (const hcl::Label& label : item.labels)
            out += (label.quoted ? " \"" : " ") + std::string(label.text) + (label.quoted ? "\"" : "");
        out += '\n';
        for (const hcl::Outline::Item& inner : item.items) describe(inner, depth + 1, source, out);
        return;
    }
    const LineCol begin = source.locate(item.value.begin), end = source.locate(item.value.end);
    out += indent + std::string(item.name) + " = " + std::to_string(begin.line) + ":" + std::to_string(begin.column) +
           "-" + std::to_string(end.line) + ":" + std::to_string(end.column) + '\n';
}

/// Our reader's tree in the same form.
std::vector<hcl::Outline::Item> items_of(const hcl::Body& body) {
    std::vector<hcl::Outline::Item> items;
    for (const hcl::Attribute& attribute : body.attributes) {
        CHECK(attribute.span.end == attribute.value->span.end);
        hcl::Outline::Item item;
        item.name = attribute.name;
        item.value = attribute.value->span;
        item.span = attribute.span;
        items.push_back(std::move(item));
    }
    for (const hcl::Block& block : body.blocks) {
        hcl::Outline::Item item;
        item.is_block = true;
        item.name = block.type;
        item.labels.assign(block.labels.begin(), block.labels.end());
        item.span = block.span;
        item.items = items_of(*block.body);
        items.push_back(std::move(item));
    }
    std::sort(items.begin(), items.end(), [](const auto& a, const auto& b) { return a.span.begin < b.span.begin; });
    return items;
}

std::string text_of(const std::vector<hcl::Outline::Item>& items, const Source& source) {
    std::string out;
    for (const hcl::Outline::Item& item : items) describe(item, 0, source, out);
    return out;
}

/// The blocks and attributes that our reader still has of a broken file, values left out.
std::string kept(const hcl::Body& body, int depth = 0) {
    std::string out;
    const std::string indent(static_cast<std::size_t>(depth) * 2, ' ');
    for (const hcl::Attribute& item : body.attributes) out += indent + std::string(item.name) + "\n";
    for (const hcl::Block& block : body.blocks) {
        out += indent + std::string(block.type);
        for (const hcl::Label& label : block.labels) out += " " + std::string(label.text);
        out += "\n" + kept(*block.body, depth + 1);
    }
    return out;
}

std::string first_difference(const std::string& a, const std::string& b) {
    std::istringstream left(a), right(b);
    std::string one, two;
    while (true) {
        const bool more_left = static_cast<bool>(std::getline(left, one));
        const bool more_right = static_cast<bool>(std::getline(right, two));
        if (!more_left && !more_right) return "";
        if (!more_left) one.clear();
        if (!more_right) two.clear();
        if (one != two) return "ours: " + one + "\ntree-sitter: " + two;
    }
}

}  // namespace

TEST_CASE("tree-sitter sees the same blocks, labels, attributes and expressions in the corpora") {
    std::size_t files = 0, refused = 0;
    for (const char* corpus :
         {"fixtures", "../shared/corpora/terraform-aws-components", "../shared/corpora/terragoat",
          "../shared/conformance/checkov-terraform/inputs", "../shared/conformance/trivy-terraform/inputs"}) {
        if (!std::filesystem::exists(corpus)) {
            MESSAGE("skipped: " << corpus << " is not there");
            continue;
        }
        for (const auto& entry : std::filesystem::recursive_directory_iterator(corpus)) {
            if (!entry.is_regular_file() || entry.path().extension() != ".tf") continue;
            std::ifstream stream(entry.path(), std::ios::binary);
            std::stringstream text;
            text << stream.rdbuf();
            SourceSet sources;
            const Source& source = sources.add(entry.path().string(), text.str());
            Diagnostics faults;
            const auto file = hcl::read_hcl(source, faults);
            if (file->broken) {
                ++refused;
                continue;
            }
            ++files;
            const hcl::Outline outline = hcl::outline_of(source);
            CHECK_MESSAGE(outline.clean, source.path());
            const std::string difference =
                first_difference(text_of(items_of(*file->body), source), text_of(outline.items, source));
            CHECK_MESSAGE(difference.empty(), source.path() << "\n" << difference);
        }
    }
    MESSAGE(files << " files compared, " << refused << " are refused by Terraform");
}

TEST_CASE("what is whole in a broken file is still read") {
    struct Broken {
        std::string_view what, text, kept, message;
    };
    const Broken table[] = {
        {"a missing line end before the brace", R"(resource "a" "one" {
  acl = "private"
  versioning { enabled = true
  }
}
resource "a" "two" {
  acl = "private" }
resource "a" "three" {
  acl = "x"
}
)",
         R"(resource a one
  acl
  versioning
    enabled
resource a two
  acl
resource a three
  acl
)",
         R"(main.tf:3:30: error: Invalid single-argument block definition
  3 |   versioning { enabled = true
    |                              ^
  A single-line block definition must end with a closing brace immediately after its single argument definition.
main.tf:7:19: error: Missing newline after argument
  7 |   acl = "private" }
    |                   ^
  An argument definition must end with a newline.
)"},
        {"an unclosed string", R"(resource "a" "one" {
  acl  = "private
  name = "b"
}
resource "a" "two" {
  acl = "x"
}
)",
         R"(resource a one
  acl
  name
resource a two
  acl
)",
         R"(main.tf:2:10: error: Invalid multi-line string
  2 |   acl  = "private
    |          ^^^^^^^^
  Quoted strings may not be split over multiple lines. To produce a multi-line string, either use the \n escape to represent a newline character or use the "heredoc" multi-line template syntax.
)"},
        {"stray tokens", R"(resource "a" "one" {
  acl = "x"
  = = 5
  name = "b"
}
)) nonsense
resource "a" "two" {
  acl = "x"
}
)",
         R"(resource a one
  acl
  name
resource a two
  acl
)",
         R"(main.tf:3:3: error: Argument or block definition required
  3 |   = = 5
    |   ^
  An argument or block definition is required here.
)"},
        {"an unclosed block", R"(resource "a" "one" {
  acl = "x"
  rule {
    id = 1

resource "a" "two" {
  acl = "y"
}
)",
         R"(resource a one
  acl
  rule
    id
resource a two
  acl
)",
         R"(main.tf:3:8: error: Unclosed configuration block
  3 |   rule {
    |        ^
  There is no closing brace for this block before the end of the file. This may be caused by incorrect brace nesting elsewhere in this file.
)"},
        {"an attribute without a value", R"(resource "a" "one" {
  acl =
  name = "b"
}
variable "v" {}
)",
         R"(resource a one
  acl
  name
variable v
)",
         R"(main.tf:2:8: error: Invalid expression
  2 |   acl =
    |        ^
  Expected the start of an expression, but found an invalid expression token.
)"},
        {"a conflict that was not merged", R"(<<<<<<< HEAD
resource "a" "one" {
  name = "b"
=======
  tags = {
    b = 1
    c = = 2
  }
>>>>>>> other
}
resource "a" "two" {
  acl = "x"
}
)",
         R"(resource a one
  name
  tags
resource a two
  acl
)",
         R"(main.tf:1:1: error: Argument or block definition required
  1 | <<<<<<< HEAD
    | ^
  An argument or block definition is required here.
main.tf:4:1: error: Argument or block definition required
  4 | =======
    | ^
  An argument or block definition is required here.
)"},
    };
    for (const Broken& broken : table) {
        CAPTURE(broken.what);
        SourceSet sources;
        const Source& source = sources.add("main.tf", std::string(broken.text));
        Diagnostics faults;
        const auto file = hcl::read_hcl(source, faults);
        CHECK(file->broken);
        CHECK(kept(*file->body) == broken.kept);
        std::string message;
        for (const Diagnostic& item : faults.items()) message += to_text(item, sources);
        CHECK(message == broken.message);
    }
}
