#include "reporters/registry.h"

#include <array>

#include "reporters/formats.h"

namespace plumbline {
namespace {

using Write = void (*)(const Report&, const SourceSet&, const ReportOptions&, std::ostream&);

class Format final : public Reporter {
  public:
    constexpr Format(std::string_view name, std::string_view description, Write function)
        : name_(name), description_(description), write_(function) {}
    std::string_view name() const override { return name_; }
    std::string_view description() const override { return description_; }
    void write(const Report& report, const SourceSet& sources, const ReportOptions& options,
               std::ostream& out) const override {
        write_(report, sources, options, out);
    }

  private:
    std::string_view name_, description_;
    Write write_;
};

const Format terminal("terminal", "findings with code, for people", write_terminal);
const Format sarif("sarif", "SARIF 2.1.0, for code scanning", write_sarif);
const Format json("json", "every fact, as reporters/report.schema.json says", write_json);

constexpr std::array<const Reporter*, 3> list = {&terminal, &sarif, &json};

}  // namespace

std::span<const Reporter* const> reporters() {
    return list;
}

const Reporter* find_reporter(std::string_view name) {
    for (const Reporter* reporter : list) {
        if (reporter->name() == name) return reporter;
    }
    return nullptr;
}

}  // namespace plumbline
