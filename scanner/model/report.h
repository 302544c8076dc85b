#pragma once

#include <cstdint>
#include <iosfwd>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/model/diagnostic.h"
#include "scanner/model/finding.h"
#include "scanner/model/resource.h"
#include "scanner/model/source.h"

namespace plumbline {

/// How closely a framework's requirement and one of our controls match (rules/controls.yaml).
enum class Closeness : std::uint8_t { direct, partial, supports };

/// One id of a framework that a rule's control is mapped to.
struct ControlLink {
    std::string_view framework;  ///< `soc2`, `iso27001_2022`, ...
    std::string_view id;         ///< `CC6.1`, `A.8.5`, `AC-2(1)`
    std::string_view title;
    Closeness closeness = Closeness::partial;
};

/// A framework as reporters need it.
struct FrameworkInfo {
    std::string_view id;    ///< `iso27001_2022`
    std::string_view name;  ///< `ISO/IEC 27001:2022`
    std::string_view version;
    std::string_view organization;
    std::string_view url;
};

/// What reporters say about a rule. Views live as long as the rule set.
struct RuleInfo {
    std::string_view id, title, why, fix, control, control_title, file;
    Severity severity = Severity::medium;
    std::vector<std::string_view> aliases, links, platforms, types;
    /// Direct and partial ones first, per framework closest first.
    std::vector<ControlLink> frameworks;
};

/// What was looked at, and what was not and why.
struct Coverage {
    std::uint64_t files_found = 0, files_read = 0, bytes_read = 0;
    std::uint64_t roots = 0, resources = 0, rules = 0;
    /// Resources whose type no rule knows, by type.
    std::map<std::string, std::uint64_t> types_without_rules;
    std::vector<CoverageGap> gaps;
};

/// Everything a reporter gets. Findings are sorted by file, offset, rule, address.
struct Report {
    std::string tool_version;
    /// RFC 3339 in UTC; the clock was read once, by main. Empty leaves times out (tests, reproducible output).
    std::string started_at;
    /// As the user typed it.
    std::vector<std::string> arguments;
    /// Where relative paths start, as a file URI ending in `/`; empty when it must not be shown.
    std::string root_uri;
    std::string commit;
    std::vector<Finding> findings;
    /// Every rule that was run (not only those with findings), sorted by id. Findings name them by id.
    std::vector<RuleInfo> rules;
    std::vector<FrameworkInfo> frameworks;
    Coverage coverage;
    std::vector<Diagnostic> diagnostics;
    int exit_code = 0;

    const RuleInfo* rule(std::string_view id) const;
    /// How many findings have that verdict, accepted ones left out.
    std::size_t count(Verdict verdict) const;
};

/// How a report is to look.
struct ReportOptions {
    bool color = false;
    /// Columns of the terminal; 0 means unlimited.
    std::size_t width = 100;
    bool include_passed = false;
    /// -1 quiet, 0 normal, 1 verbose.
    int verbosity = 0;
    /// Frameworks chosen with --framework; empty for all.
    std::vector<std::string> frameworks;
};

/// Writes a report in one format.
class Reporter {
  public:
    virtual ~Reporter() = default;
    virtual std::string_view name() const = 0;
    virtual std::string_view description() const = 0;
    virtual void write(const Report& report, const SourceSet& sources, const ReportOptions& options,
                       std::ostream& out) const = 0;
};

}  // namespace plumbline
