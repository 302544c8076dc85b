#include "scanner/merge.h"

#include <algorithm>
#include <string>
#include <vector>

#include "parsers/json/json_reader.h"
#include "scanner/ledger.h"
#include "scanner/model/text.h"

namespace plumbline {
namespace {

// A shard's SARIF of some 100,000 results.
constexpr std::uint64_t max_sarif_size = std::uint64_t{1} << 30;

int merge_ledgers(Session& session, const std::vector<std::string>& files) {
    if (session.options.outputs.empty() || session.options.outputs.back().file.empty()) {
        session.err << "plumbline merge: into which ledger? --output FILE or postgresql://...\n";
        return code(Exit::incomplete);
    }
    const std::string& output = session.options.outputs.back().file;
    try {
        Ledger into(session.typed_ledger(output));
        for (const std::string& file : files) {
            Ledger from(session.typed(file));
            into.add(from);
        }
    } catch (const DatabaseError& error) {
        session.err << "plumbline merge: " << printable(error.what()) << "\n";
        return code(Exit::incomplete);
    }
    return code(Exit::clean);
}

/// The bytes of the array `runs`, without its brackets.
std::optional<std::string> runs_of(const std::string& file, std::string text, std::string& error) {
    SourceSet sources;
    Diagnostics diagnostics;
    const Source& source = sources.add(file, std::move(text));
    const auto document = read_json(source, diagnostics);
    const Member* version = document && document->is_mapping() ? document->find("version") : nullptr;
    const Member* runs = version ? document->find("runs") : nullptr;
    if (!document) {
        error = diagnostics.empty() ? "it is no JSON" : to_text(diagnostics.items().front(), sources);
        return std::nullopt;
    }
    if (!runs || !runs->value.is_sequence() || !version->value.is_string() || version->value.as_string() != "2.1.0") {
        error = "it is neither SARIF 2.1.0 nor a ledger";
        return std::nullopt;
    }
    // Runs are copied as they stand: nothing is lost, whatever tool wrote them.
    const Span span = runs->value.origin();
    std::string_view inner = sources.text(span);
    if (inner.size() >= 2 && inner.front() == '[' && inner.back() == ']') inner = inner.substr(1, inner.size() - 2);
    return std::string(trim(inner));
}

}  // namespace

int run_merge(Session& session) {
    const std::vector<std::string>& files = session.options.arguments;
    std::vector<std::string> runs;
    std::size_t ledgers = 0;
    bool good = true;
    for (const std::string& file : files) {
        const std::string path = session.typed(file);
        FileSystem::ReadResult read = session.system.open(folder_of(path))->read(file_name(path), max_sarif_size);
        std::string error = read.error;
        if (error.empty() && is_sqlite(read.text)) {
            ++ledgers;
            continue;
        }
        const auto found = error.empty() ? runs_of(file, std::move(read.text), error) : std::nullopt;
        if (!found) {
            session.err << "plumbline merge: " << quoted(file) << ": " << error << "\n";
            good = false;
        } else if (!found->empty()) {
            runs.push_back(*found);
        }
    }
    if (!good) return code(Exit::incomplete);
    if (ledgers == files.size()) return merge_ledgers(session, files);
    if (ledgers > 0) {
        session.err << "plumbline merge: SARIF files and ledgers cannot be joined with each other.\n";
        return code(Exit::incomplete);
    }
    std::string text =
        "{\n  \"$schema\": "
        "\"https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json\",\n  "
        "\"version\": \"2.1.0\",\n  \"runs\": "
        "[\n";
    for (const std::string& run : runs) text += (&run == &runs.front() ? "" : ",\n") + run;
    text += "\n  ]\n}\n";
    const std::string output = session.options.outputs.empty() ? "" : session.options.outputs.back().file;
    if (output.empty()) {
        session.out << text;
        return code(Exit::clean);
    }
    if (const std::string error = session.system.write(session.typed(output), text); !error.empty()) {
        session.err << "plumbline merge: --output " << quoted(output) << ": " << error << ".\n";
        return code(Exit::incomplete);
    }
    return code(Exit::clean);
}

}  // namespace plumbline
