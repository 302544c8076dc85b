// Reads every .tf file below a folder with the strict reader and with tree-sitter, on one core, and prints how fast
// each goes by CPU time: `NAME MB/s` a line, the median of the runs. Called by bench.py; not a test.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "parsers/terraform/ast.h"
#include "parsers/terraform/outline.h"

namespace {

using namespace plumbline;

double seconds(const auto& work) {
    const std::clock_t begin = std::clock();
    work();
    return static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
}

double median(std::vector<double> times) {
    std::sort(times.begin(), times.end());
    return times[times.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3) return std::fprintf(stderr, "usage: plumbline_reader_bench FOLDER RUNS\n"), 2;
    const int runs = std::max(1, std::atoi(argv[2]));
    SourceSet sources;
    std::vector<const Source*> files;
    std::size_t bytes = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(argv[1])) {
        if (!entry.is_regular_file() || entry.path().extension() != ".tf") continue;
        std::ifstream stream(entry.path(), std::ios::binary);
        std::stringstream text;
        text << stream.rdbuf();
        files.push_back(&sources.add(entry.path().string(), text.str()));
        bytes += files.back()->text().size();
    }
    std::vector<double> strict, tolerant;
    std::size_t items = 0;  // so that no work can be left out
    for (int run = 0; run <= runs; ++run) {
        const double ours = seconds([&] {
            for (const Source* file : files) {
                Diagnostics faults;
                items += hcl::read_hcl(*file, faults)->body->blocks.size();
            }
        });
        const double theirs = seconds([&] {
            for (const Source* file : files) items += hcl::outline_of(*file).items.size();
        });
        if (run == 0) continue;  // fills caches
        strict.push_back(ours);
        tolerant.push_back(theirs);
    }
    std::printf("strict %.1f\ntree-sitter %.1f\n", static_cast<double>(bytes) / 1e6 / median(strict),
                static_cast<double>(bytes) / 1e6 / median(tolerant));
    return items == 0;
}
