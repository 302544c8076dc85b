#include "reporters/registry.h"

#include <array>
#include <utility>

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

const std::array<Format, 14> formats = {{
    {"terminal", "findings with code, for people", write_terminal},
    {"sarif", "SARIF 2.1.0, for code scanning", write_sarif},
    {"json", "every fact, as reporters/report.schema.json says", write_json},
    {"junit", "JUnit XML: a suite per file, a case per rule and resource", write_junit},
    {"markdown", "a pull request's comment: new, fixed, accepted", write_markdown},
    {"html", "one self-contained page: overview, search, filter, code", write_html},
    {"csv", "a line per finding", write_csv},
    {"matrix", "CSV: a line per requirement of --framework, with its evidence", write_matrix},
    {"soa", "CSV: Statement of Applicability of ISO/IEC 27001:2022", write_soa},
    {"exceptions", "CSV: the register of exceptions, waivers and comments in the code", write_exceptions},
    {"gitlab", "GitLab Code Quality", write_gitlab},
    {"gitlab-sast", "GitLab SAST security report", write_gitlab_sast},
    {"github", "annotations of a GitHub workflow run", write_github},
    {"oscal", "OSCAL 1.1 assessment results", write_oscal},
}};

/// The same as the interface hands them out.
template <std::size_t... I>
constexpr std::array<const Reporter*, sizeof...(I)> pointers(std::index_sequence<I...>) {
    return {&formats[I]...};
}
const auto list = pointers(std::make_index_sequence<formats.size()>{});

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
