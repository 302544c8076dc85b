// Runs the fuzz targets over their seeds, so that what fuzzing found once stays found: `plumbline_replay TARGET
// FOLDER`. A fault aborts; the input at work is named before.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

// The targets' entry points, each renamed by the build.
extern "C" {
int fuzz_hcl(const std::uint8_t* data, std::size_t size);
int fuzz_json(const std::uint8_t* data, std::size_t size);
int fuzz_yaml(const std::uint8_t* data, std::size_t size);
int fuzz_evaluate(const std::uint8_t* data, std::size_t size);
int fuzz_cloudformation(const std::uint8_t* data, std::size_t size);
int fuzz_kubernetes(const std::uint8_t* data, std::size_t size);
int fuzz_rule(const std::uint8_t* data, std::size_t size);
int fuzz_shell(const std::uint8_t* data, std::size_t size);
}

int main(int count, char** arguments) {
    const std::map<std::string, int (*)(const std::uint8_t*, std::size_t)> targets = {
        {"hcl", fuzz_hcl},
        {"json", fuzz_json},
        {"yaml", fuzz_yaml},
        {"evaluate", fuzz_evaluate},
        {"cloudformation", fuzz_cloudformation},
        {"kubernetes", fuzz_kubernetes},
        {"rule", fuzz_rule},
        {"shell", fuzz_shell}};
    const auto target = targets.find(count == 3 ? arguments[1] : "");
    if (target == targets.end()) {
        std::fprintf(stderr, "usage: plumbline_replay TARGET FOLDER\n");
        return 2;
    }
    std::vector<std::filesystem::path> seeds;
    for (const auto& entry : std::filesystem::directory_iterator(arguments[2])) {
        if (entry.is_regular_file()) seeds.push_back(entry.path());
    }
    std::sort(seeds.begin(), seeds.end());
    for (const std::filesystem::path& seed : seeds) {
        std::fprintf(stderr, "%s\n", seed.filename().c_str());
        std::ifstream in(seed, std::ios::binary);
        const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
        target->second(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
    }
    std::printf("%zu seeds of %s\n", seeds.size(), arguments[1]);
    return seeds.empty() ? 1 : 0;
}
