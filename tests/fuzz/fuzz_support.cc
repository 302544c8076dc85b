#include "tests/fuzz/fuzz_support.h"

#include <cstdio>
#include <cstdlib>

#include "scanner/workers.h"

namespace plumbline::fuzz {
namespace {

// Traces are graphs with shared parts; a walk over all paths would not end.
constexpr int max_trace_steps = 10'000;

class Checker {
  public:
    explicit Checker(const SourceSet& sources) : sources_(sources) {}

    void value(const Value& value) {
        trace(value.trace().get());
        for (const Value& item : value.elements()) this->value(item);
        for (const Member& member : value.members()) {
            check(member.span, sources_);
            this->value(member.value);
        }
        if (!value.is_unknown()) return;
        const Unknown& unknown = value.as_unknown();
        if (unknown.cause) check(unknown.cause->span, sources_);
        for (const auto* list : {&unknown.alternatives, &unknown.parts, &unknown.document}) {
            for (const Value& item : *list) this->value(item);
        }
    }

  private:
    void trace(const Trace* step) {
        if (!step || ++steps_ > max_trace_steps) return;
        check(step->span, sources_);
        for (const TraceRef& from : step->from) trace(from.get());
    }

    const SourceSet& sources_;
    int steps_ = 0;
};

}  // namespace

bool on_worker(const std::uint8_t* data, std::size_t size, const std::function<void(const std::string&)>& work) {
    if (size > max_input) return false;
    const std::string text(reinterpret_cast<const char*>(data), size);
    in_parallel(1, 1, [&](std::size_t) { work(text); });
    return true;
}

void require(bool holds, const char* what) {
    if (holds) return;
    std::fprintf(stderr, "fuzz: %s\n", what);
    std::abort();
}

void check(Span span, const SourceSet& sources) {
    if (!span.valid()) return;
    require(static_cast<std::size_t>(span.source) < sources.size(), "a span is of no source");
    require(span.begin <= span.end, "a span ends before it begins");
    const std::size_t size = sources.get(span.source).text().size();
    if (span.end > size) std::fprintf(stderr, "%u to %u of %zu bytes\n", span.begin, span.end, size);
    require(span.end <= size, "a span leads past its source");
}

void check(const Value& value, const SourceSet& sources) {
    Checker(sources).value(value);
}

void check(const Diagnostics& diagnostics, const SourceSet& sources) {
    for (const Diagnostic& item : diagnostics.items()) {
        check(item.subject, sources);
        require(!item.summary.empty(), "a diagnostic says nothing");
        require(to_text(item, sources).ends_with('\n'), "a diagnostic does not end with a line feed");
    }
}

void check(const RootResult& result, const SourceSet& sources) {
    check(result.diagnostics, sources);
    for (const Resource& resource : result.graph.resources()) {
        require(!resource.address.empty() && !resource.type.empty(), "a resource has no address or type");
        check(resource.header, sources);
        check(resource.block, sources);
        check(resource.body, sources);
        check(resource.meta, sources);
    }
    for (const Suppression& item : result.graph.suppressions()) {
        check(item.span, sources);
        check(item.scope, sources);
    }
    for (const CoverageGap& gap : result.gaps) check(gap.span, sources);
}

void scan(const Parser& parser, const std::string& path, const std::string& text,
          const std::function<void(const RootResult&, const SourceSet&)>& visit) {
    SourceSet sources;
    const MemoryFileSystem files(std::map<std::string, std::string>{{path, text}});
    const Source& source = sources.add(path, text);
    Diagnostics diagnostics;
    if (!parser.wants(path) || !parser.accepts(source)) return;
    const std::unique_ptr<ParsedFile> file = parser.parse(source, diagnostics);
    check(diagnostics, sources);
    if (!file) return;
    const ParsedFile* const parsed = file.get();
    std::vector<CoverageGap> gaps;
    for (const Root& root : parser.roots({&parsed, 1}, files, sources, diagnostics, gaps)) {
        const RootResult result = parser.evaluate(root, {}, files, sources);
        check(result, sources);
        if (visit) visit(result, sources);
    }
    check(diagnostics, sources);
}

}  // namespace plumbline::fuzz
