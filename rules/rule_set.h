#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rules/control_map.h"
#include "scanner/model/finding.h"
#include "scanner/model/report.h"
#include "scanner/model/resource.h"

namespace plumbline {

class CompiledRule;

/// An example of a rule: input and expected verdicts. Run by `plumbline rules test` and the project's tests.
struct RuleExample {
    std::string name;
    std::string platform;                      ///< the key its files stand under: `terraform`, `kubernetes`, ...
    std::map<std::string, std::string> files;  ///< path -> text; a single text gets the platform's usual file name
    std::map<std::string, Verdict> expect;     ///< address -> verdict; the address "" stands for every verdict given
    std::optional<std::uint32_t> line;         ///< that a failing verdict points at
    Span span;                                 ///< in the rule file
};

/// One step of a judgement, for `explain`.
struct ExplainedStep {
    int depth = 0;       ///< nesting of conditions
    std::string text;    ///< `versioning.enabled equals true: the value is false`
    std::string answer;  ///< `true`, `false`, `unknown`
    Span place;          ///< of the value looked at; invalid when there is none
};

/// Verdicts without findings: how often a rule passed or did not apply in a file.
struct QuietCount {
    std::string_view rule;  ///< id; lives as long as the rule set
    SourceId source{};
    std::uint64_t pass = 0, not_applicable = 0;
};

/// Reads a document that stands in a string: `format` is `json` or `yaml`; nullopt when the text is none. Given by the
/// scanner, since rules do not include parsers.
using DocumentReader = std::function<std::optional<Value>(std::string_view text, std::string_view format)>;

/// The rules of a run. Loading is done by one thread; afterwards `judge` may be called from several at once.
class RuleSet {
  public:
    RuleSet();
    RuleSet(RuleSet&&) noexcept;
    RuleSet& operator=(RuleSet&&) noexcept;
    ~RuleSet();

    /// From what the build packed. `controls` must outlive the set (it gives the framework links of each rule).
    static RuleSet from_pack(std::string_view pack, const ControlMap& controls);
    /// One rule file's document, read by our YAML reader (with places). Everything is checked now: unknown keys,
    /// patterns that RE2 refuses, unknown controls, ids and aliases given twice. False after diagnostics. `file` is
    /// reported.
    bool add(const Value& document, std::string_view file, const ControlMap& controls, Diagnostics& diagnostics);
    /// What the build packs for this document: metadata, then checks.
    static std::pair<Value, Value> packable(const Value& document, std::string_view file);
    /// The examples of a rule file's document.
    static std::vector<RuleExample> examples(const Value& document, Diagnostics& diagnostics);

    /// Sorted by id.
    std::span<const RuleInfo> infos() const;
    /// By id or alias (`AVD-AWS-0089` and `AWS-0089` are one), case-insensitive; null when there is none.
    const RuleInfo* find(std::string_view id_or_alias) const;
    /// Ids of the rules whose id or one of whose aliases matches the glob.
    std::vector<std::string_view> matching(std::string_view glob) const;
    /// Keeps only the rules for which `keep` holds.
    template <class Predicate>
    void filter(Predicate keep) {
        std::vector<bool> kept;
        for (const RuleInfo& info : infos()) kept.push_back(keep(info));
        keep_only(kept);
    }

    /// Every verdict of every rule on every resource it applies to, `not_applicable` included; in the order resource,
    /// rule. Fills everything of a `Finding` but acceptance, baseline, environments and owners.
    std::vector<Finding> judge(const Graph& graph, const SourceSet& sources) const;
    /// The same where nobody asks for what passes or does not apply: such verdicts are counted and make no findings,
    /// which are most of a run's time and memory.
    std::vector<Finding> judge(const Graph& graph, const SourceSet& sources, std::vector<QuietCount>& quiet) const;
    /// Without one, documents in strings are unknown.
    void set_document_reader(DocumentReader reader);
    /// Why that rule judged that resource as it did; empty when the rule does not apply to its type.
    std::vector<ExplainedStep> explain(std::string_view rule_id, const Resource& resource, const Graph& graph,
                                       const SourceSet& sources, std::optional<Finding>& finding) const;
    /// Whether that rule judges resources of this one's type.
    bool judges(std::string_view rule_id, const Resource& resource) const;
    /// Whether some rule judges resources of this type.
    bool knows_type(std::string_view platform, std::string_view type) const;

  private:
    void keep_only(const std::vector<bool>& kept);
    struct Data;
    std::unique_ptr<Data> data_;
};

}  // namespace plumbline
