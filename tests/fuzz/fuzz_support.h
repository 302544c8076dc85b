#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

#include "parsers/parser.h"
#include "scanner/model/diagnostic.h"
#include "scanner/model/resource.h"
#include "scanner/model/source.h"
#include "scanner/model/value.h"

/// What the fuzz targets have in common. Each target is one file with libFuzzer's entry point; the normal tests run the
/// same targets over the seeds (replay_main.cc). A fault found is a call of `abort`.
namespace plumbline::fuzz {

/// Larger inputs find nothing that smaller ones do not, and only cost time.
constexpr std::size_t max_input = 64U << 10;

/// Runs on a worker's large stack, as the product does. False when the input is passed by.
bool on_worker(const std::uint8_t* data, std::size_t size, const std::function<void(const std::string&)>& work);

/// Ends the program when it does not hold.
void require(bool holds, const char* what);

/// A span lies in a source that exists, begins before it ends, and does not lead past the text.
void check(Span span, const SourceSet& sources);
/// All spans of a value: members, traces, causes, and everything inside.
void check(const Value& value, const SourceSet& sources);
/// Spans, and that the diagnostic can be printed.
void check(const Diagnostics& diagnostics, const SourceSet& sources);
void check(const RootResult& result, const SourceSet& sources);

/// The whole way of one file through a parser: recognise, parse, group, evaluate; everything is checked. `visit` gets
/// each root's result.
void scan(const Parser& parser, const std::string& path, const std::string& text,
          const std::function<void(const RootResult&, const SourceSet&)>& visit = {});

}  // namespace plumbline::fuzz

/// libFuzzer's entry point.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
