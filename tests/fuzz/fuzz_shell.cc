// Shell scripts: every second piece between bytes 0xFF is filled in, unknown or with its text kept in turn.

#include "parsers/shell/calls.h"
#include "tests/fuzz/fuzz_support.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace plumbline;
    fuzz::on_worker(data, size, [](const std::string& text) {
        SourceSet sources;
        const Source& source = sources.add("script.sh", text);
        const Span whole{source.id(), 0, static_cast<std::uint32_t>(text.size())};
        const Value script = Value::string(text).traced(make_trace(Trace::Kind::literal, whole));
        fuzz::check(shell::calls_of(script, sources), sources);
        std::vector<shell::Piece> pieces;
        std::size_t at = 0;
        for (std::size_t i = 0; at <= text.size(); ++i) {
            const std::size_t end = std::min(text.find('\xFF', at), text.size());
            shell::Piece piece{text.substr(at, end - at), i % 2 == 1, {}};
            if (i % 4 == 3) piece.unknown = Value::unknown(Type::string(), make_cause("not given", whole));
            pieces.push_back(std::move(piece));
            at = end + 1;
        }
        fuzz::check(shell::calls_of(pieces, script, sources), sources);
    });
    return 0;
}
