#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/model/diagnostic.h"
#include "scanner/model/report.h"
#include "scanner/model/value.h"

namespace plumbline {

/// One of our own controls (rules/controls.yaml): what rules serve and frameworks are mapped to.
struct Control {
    std::string id;         ///< `access.mfa`
    std::string title;      ///< `Multi-factor authentication`
    std::string objective;  ///< one sentence
    std::string domain;     ///< `Access management`
    std::string proves;     ///< what evidence from code shows
    std::string cadence;    ///< how often evidence is due
    std::string note;       ///< a caution for who reads the mapping; mostly empty
    /// Kinds of input that evidence comes from: `terraform`, `kubernetes`, `git-host-settings`, ...
    std::vector<std::string> from;
    /// Per framework in the order of `ControlMap::frameworks()`, closest first, equally close ones in the catalogue's
    /// order. Views live as long as the map and until something is added to it.
    std::vector<ControlLink> links;
    /// Framework id to the reason why it has nothing that this control could be mapped to.
    std::map<std::string, std::string> no_equivalent;
};

/// One id of a framework's catalogue.
struct Requirement {
    std::string id;
    std::string title;
    std::string parent;      ///< heading (or control, for an enhancement) it stands under; empty for none
    bool heading = false;    ///< groups others; never reported
    bool withdrawn = false;  ///< never reported
    /// Baselines and levels it belongs to: `low`, `moderate`, `high`, `privacy`, `fedramp-moderate`, `level-1`, ...
    std::vector<std::string> groups;
    /// Other ids for it: `AC.L2-3.1.1` for `AC.L1-3.1.1`. One alias may stand for several requirements.
    std::vector<std::string> aliases;
    /// Where evidence lies that code cannot hold, a word of `elsewhere_words()`: its own, else its parent's; empty
    /// where nothing is said. It matters only where no control is mapped.
    std::string outside;
};

/// A baseline, level or category of a framework, by which reports can be narrowed.
struct RequirementGroup {
    std::string id;     ///< `moderate`
    std::string title;  ///< `NIST SP 800-53B moderate baseline`
};

struct Framework {
    std::string
        id;  ///< `soc2`, `iso27001_2022`, `iso27001_2013`, `nist_csf_1_1`, `nist_csf_2_0`, `nist_800_53_r5`, ...
    std::string name, version, organization, url, license;
    std::vector<RequirementGroup> groups;
    std::vector<Requirement> requirements;  ///< in the catalogue's order, parents before children
    /// By exact id, headings and withdrawn ones included; null when there is none. Linear in the catalogue.
    const Requirement* find(std::string_view requirement_id) const;
    /// What a person means by this id: the requirement of that id in any case of letters, otherwise those that have it
    /// as an alias.
    std::vector<const Requirement*> resolve(std::string_view text) const;
    FrameworkInfo info() const;
};

/// Our controls and how each framework maps to them. The only place that names a framework's ids. Load everything, then
/// use it: adding invalidates what was handed out before. Move-only, since links are views into it.
class ControlMap {
  public:
    ControlMap();
    ControlMap(ControlMap&&) noexcept;
    ControlMap& operator=(ControlMap&&) noexcept;
    ~ControlMap();

    /// From what the build packed (rules/embed); cannot fail, the build checked it.
    static ControlMap from_pack(std::string_view frameworks_pack, std::string_view controls_pack);

    /// One framework's document (rules/frameworks/ID.yaml). Frameworks come before the controls that are mapped to
    /// them; one that comes later maps known controls itself, under `controls`. A framework of the same id replaces the
    /// earlier one; links to ids that the new one has not fall away with a warning each. False after an error; the map
    /// is then as it was.
    bool add_framework(const Value& document, Diagnostics& diagnostics);
    /// rules/controls.yaml or a user's own list. Every id it maps to must exist in the framework's catalogue and be
    /// neither heading nor withdrawn. A control of the same id replaces the earlier one's parts that it gives; under
    /// `maps` and `no_equivalent` a part is one framework. False after an error; the map is then as it was.
    bool add_controls(const Value& document, Diagnostics& diagnostics);

    std::span<const Control> controls() const;      ///< in the document's order
    std::span<const Framework> frameworks() const;  ///< as the controls' document lists them, then as they were added
    const Control* find(std::string_view id) const;
    const Framework* framework(std::string_view id) const;

  private:
    struct Data;
    std::unique_ptr<Data> data_;
};

}  // namespace plumbline
