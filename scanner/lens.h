#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rules/control_map.h"
#include "scanner/model/report.h"

namespace plumbline {

/// What --framework and --control leave of the frameworks: whole ones, baselines and levels of them, families. It
/// decides which rules run and which requirements reports show. Views live as long as the control map.
class Lens {
  public:
    /// The words of --framework: an id or glob (`soc2`, `iso27001_*`), a part of it (`nist_800_53_r5:moderate`), or a
    /// group alone where only one framework has it (`fedramp-moderate`). Those of --control: our control (`access.*`),
    /// a requirement (`CC6.1`, `soc2:CC6.*`), or a heading, which stands for all below it (`CC6`, `A.8`, `PE`).
    /// Empty on success; otherwise what is wrong with a word, and what was likely meant.
    static std::string read(const ControlMap& controls, const std::vector<std::string>& frameworks,
                            const std::vector<std::string>& control_words, Lens& lens,
                            std::string_view called = "--framework");

    /// Ids of the frameworks that were chosen, in the map's order; empty when none was.
    std::vector<std::string> chosen() const;
    /// Whether a requirement of the framework is shown.
    bool shows(std::string_view framework, std::string_view id) const;
    /// What is shown of a framework, as people call it: `moderate`, `CC6`; empty for the whole.
    std::string_view part(std::string_view framework) const;
    /// Whether a rule of that control with those links gives evidence for what was chosen.
    bool wants(std::string_view control, const std::vector<ControlLink>& links) const;
    /// Takes out of a report what was not chosen: requirements, and links of rules and controls to them. Frameworks get
    /// the name of their part.
    void narrow(Report& report) const;

  private:
    using Ids = std::set<std::string_view>;

    std::string add_framework(const ControlMap& controls, const std::string& word, std::string_view called);
    std::string add_control(const ControlMap& controls, const std::string& word);
    void finish(const ControlMap& controls);

    /// Framework id to the groups of it that were chosen; none for the whole.
    std::map<std::string_view, std::vector<std::string>> frameworks_;
    std::vector<std::string_view> order_;               ///< of `frameworks_`
    Ids own_controls_;                                  ///< ours that --control names
    std::map<std::string_view, Ids> requirements_;      ///< that --control names, by framework
    std::map<std::string_view, Ids> shown_;             ///< of frameworks that are not shown whole
    std::map<std::string_view, std::string> parts_;     ///< how reports call what is shown of them
    bool any_framework_ = false, any_control_ = false;  ///< whether there were such words
    std::vector<std::string> control_words_;
};

}  // namespace plumbline
