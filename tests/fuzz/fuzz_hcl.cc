// HCL's native syntax: every span of the tree lies in the text, items stand in order and inside of their parents.

#include "parsers/terraform/ast.h"
#include "parsers/terraform/comments.h"
#include "tests/fuzz/fuzz_support.h"

namespace {

using namespace plumbline;

void walk(const hcl::Body& body, Span around, const SourceSet& sources) {
    const auto inside = [&](Span span) {
        fuzz::check(span, sources);
        fuzz::require(span.begin >= around.begin && span.end <= around.end, "an item lies outside of its parent");
    };
    fuzz::check(body.span, sources);
    fuzz::check(body.end, sources);
    for (const hcl::Attribute& item : body.attributes) {
        inside(item.span);
        inside(item.name_span);
        inside(item.value->span);
        fuzz::require(!item.name.empty(), "an attribute has no name");
    }
    for (const hcl::Block& block : body.blocks) {
        inside(block.span);
        inside(block.header);
        for (const hcl::Label& label : block.labels) inside(label.span);
        walk(*block.body, block.span, sources);
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::on_worker(data, size, [](const std::string& text) {
        SourceSet sources;
        const Source& source = sources.add("main.tf", text);
        Diagnostics diagnostics;
        const auto file = hcl::read_hcl(source, diagnostics);
        fuzz::check(diagnostics, sources);
        fuzz::require(file->broken == diagnostics.has_errors(), "a file is broken and nothing says so");
        walk(*file->body, {source.id(), 0, static_cast<std::uint32_t>(text.size())}, sources);
        for (const hcl::Comment& comment : file->comments) fuzz::check(comment.span, sources);
        for (const Suppression& item : terraform::comment_suppressions(*file)) {
            fuzz::check(item.span, sources);
            fuzz::check(item.scope, sources);
        }
    });
    return 0;
}
