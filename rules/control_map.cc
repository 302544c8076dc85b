#include "rules/control_map.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "rules/pack.h"
#include "scanner/model/text.h"

namespace plumbline {
namespace {

using Names = std::span<const std::string_view>;

/// An id of a framework and how close it is, as a control's document maps it.
struct Target {
    std::string id;
    Closeness closeness = Closeness::partial;
};
/// Framework id to what a control is mapped to there.
using Maps = std::map<std::string, std::vector<Target>, std::less<>>;

bool is_id(std::string_view text) {
    const auto alphanumeric = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    };
    // Longer ones would break every table they are printed in.
    if (text.empty() || text.size() > 80 || !alphanumeric(text[0])) return false;
    return std::all_of(text.begin(), text.end(), [&](char c) {
        return alphanumeric(c) || std::string_view(".-_()/:").find(c) != std::string_view::npos;
    });
}

/// Reads the parts of one mapping of a document and reports what is wrong with them, each with its place.
class Fields {
  public:
    /// `what`: how messages call the mapping, `the control`.
    Fields(const Value& value, std::string_view what, Span place, Diagnostics& diagnostics)
        : value_(value), kind_(what), place_(place), diagnostics_(diagnostics) {}
    /// From now on messages call it by its id: `control "access.mfa"`. Both must live as long as this.
    void rename(std::string_view what, std::string_view id) {
        kind_ = what;
        id_ = id;
    }

    /// False, after a diagnostic, when the value is no mapping; otherwise checks its keys.
    bool open(Names keys) {
        if (!value_.is_mapping()) {
            fault("wrong-kind", capital(what()) + " is no mapping",
                  "Write it as `key: value` pairs: " + listed(keys) + ".", place_);
            return false;
        }
        for (const Member& member : value_.members()) {
            if (std::find(keys.begin(), keys.end(), member.name) != keys.end()) continue;
            fault("unknown-key", capital(what()) + " has the unknown key " + quoted(member.name),
                  "Known keys are " + listed(keys) + "." + suggestion(member.name, keys), member.span);
        }
        return true;
    }

    const Member* find(std::string_view key) const { return value_.find(key); }

    /// The text at `key`; empty when it is absent, which is a fault if `required`.
    std::string text(std::string_view key, bool required) {
        const Member* member = find(key);
        if (!member) {
            if (required) {
                fault("missing-key", capital(what()) + " has no " + std::string(key),
                      "Add `" + std::string(key) + ": ...`.", place_);
            }
            return {};
        }
        return text_of(member->value, key, member->span);
    }
    bool flag(std::string_view key) {
        const Member* member = find(key);
        if (!member) return false;
        if (member->value.is_bool()) return member->value.as_bool();
        fault("wrong-kind", std::string(key) + " of " + what() + " is neither true nor false",
              "Write `" + std::string(key) + ": true` or leave it out.", member->span);
        return false;
    }
    std::vector<std::string> texts(std::string_view key) {
        std::vector<std::string> all;
        const Member* member = find(key);
        if (!member) return all;
        if (!member->value.is_sequence()) {
            fault("wrong-kind", std::string(key) + " of " + what() + " is no list",
                  "Write `" + std::string(key) + ": [a, b]`.", member->span);
            return all;
        }
        for (const Value& element : member->value.elements()) {
            all.push_back(text_of(element, key, place_of(element, member->span)));
        }
        return all;
    }
    /// The elements of the list at `key`; nothing, after a diagnostic, when there is no list or it is empty.
    std::span<const Value> list(std::string_view key) {
        const Member* member = find(key);
        if (member && member->value.is_sequence() && !member->value.elements().empty()) return member->value.elements();
        fault("missing-key", capital(what()) + " has no list of " + std::string(key),
              "Add `" + std::string(key) + ":` with at least one entry `- ...`.", member ? member->span : place_);
        return {};
    }
    /// The members of the mapping at `key`; nothing when it is absent, nothing after a diagnostic when it is none.
    std::span<const Member> mapping(std::string_view key) {
        const Member* member = find(key);
        if (!member || member->value.is_mapping()) return member ? member->value.members() : std::span<const Member>();
        fault("wrong-kind", std::string(key) + " of " + what() + " is no mapping",
              "Write `" + std::string(key) + ":` with indented `FRAMEWORK: ...` lines.", member->span);
        return {};
    }
    /// An id; empty after a diagnostic.
    std::string id(std::string_view key) {
        std::string text = this->text(key, true);
        if (text.empty() || is_id(text)) return text;
        fault("bad-id", quoted(text) + " is no id",
              "An id starts with a letter or digit, has letters, digits and .-_()/: and at most 80 characters.",
              find(key)->span);
        return {};
    }
    std::string text_of(const Value& value, std::string_view key, Span span) {
        if (value.is_string() && !trim(value.as_string()).empty()) return value.as_string();
        if (value.is_string() || value.is_null()) {
            fault("wrong-kind", std::string(key) + " of " + what() + " is empty",
                  "Give it a text or leave the key out.", span);
        } else {
            fault("wrong-kind", std::string(key) + " of " + what() + " is no text",
                  "Put it in quotes: YAML reads 3.10 as the number 3.1 and true as a truth value.", span);
        }
        return {};
    }

    void fault(std::string code, std::string summary, std::string detail, Span span) {
        diagnostics_.error(std::move(code), std::move(summary), std::move(detail), span);
    }

    static std::string listed(Names names) {
        std::string out;
        for (std::string_view name : names) out += (out.empty() ? "" : ", ") + std::string(name);
        return out;
    }
    static Span place_of(const Value& value, Span otherwise) {
        const Span origin = value.origin();
        return origin.valid() ? origin : otherwise;
    }

  private:
    static std::string capital(std::string text) {
        if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 'a' + 'A');
        return text;
    }

    /// Made only when it is needed: loading a catalogue asks thousands of fields and has no fault.
    std::string what() const { return std::string(kind_) + (id_.empty() ? std::string() : " " + quoted(id_)); }

    const Value& value_;
    std::string_view kind_;
    std::string_view id_;
    Span place_;
    Diagnostics& diagnostics_;
};

/// Whether errors were added since; everything before belongs to others.
class ErrorWatch {
  public:
    explicit ErrorWatch(const Diagnostics& diagnostics) : diagnostics_(diagnostics), before_(diagnostics.size()) {}
    bool clean() const {
        const auto& items = diagnostics_.items();
        return std::none_of(items.begin() + static_cast<std::ptrdiff_t>(before_), items.end(),
                            [](const Diagnostic& item) { return item.level == Level::error; });
    }

  private:
    const Diagnostics& diagnostics_;
    std::size_t before_;
};

constexpr std::array<std::string_view, 9> framework_keys = {"id",      "name",   "version",      "organization", "url",
                                                            "license", "groups", "requirements", "controls"};
constexpr std::array<std::string_view, 2> group_keys = {"id", "title"};
constexpr std::array<std::string_view, 8> requirement_keys = {"id",        "title",  "parent",  "heading",
                                                              "withdrawn", "groups", "aliases", "outside"};
constexpr std::array<std::string_view, 2> document_keys = {"controls", "frameworks"};
constexpr std::array<std::string_view, 8> control_keys = {"id",       "title", "objective",     "domain",
                                                          "evidence", "maps",  "no_equivalent", "note"};
constexpr std::array<std::string_view, 3> evidence_keys = {"proves", "from", "cadence"};
constexpr std::array<std::string_view, 3> closeness_names = {"direct", "partial", "supports"};

/// Reads a framework's document.
class FrameworkReader {
  public:
    explicit FrameworkReader(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

    Framework read(const Value& document) {
        Fields fields(document, "the framework", document.origin(), diagnostics_);
        if (!fields.open(framework_keys)) return {};
        framework_.id = fields.id("id");
        framework_.name = fields.text("name", true);
        framework_.version = fields.text("version", true);
        framework_.organization = fields.text("organization", false);
        framework_.url = fields.text("url", false);
        framework_.license = fields.text("license", false);
        if (fields.find("groups")) {
            for (const Value& group : fields.list("groups")) add_group(group);
        }
        const auto requirements = fields.list("requirements");
        framework_.requirements.reserve(requirements.size());
        for (const Value& requirement : requirements) add_requirement(requirement);
        return std::move(framework_);
    }

  private:
    void add_group(const Value& value) {
        Fields fields(value, "the group", value.origin(), diagnostics_);
        if (!fields.open(group_keys)) return;
        RequirementGroup group{fields.id("id"), fields.text("title", true)};
        if (group.id.empty()) return;
        if (!groups_.insert(group.id).second) {
            fields.fault("duplicate-id", "The group " + quoted(group.id) + " is given twice", "Remove one.",
                         fields.find("id")->span);
        }
        framework_.groups.push_back(std::move(group));
    }

    void add_requirement(const Value& value) {
        Fields fields(value, "the requirement", value.origin(), diagnostics_);
        if (!fields.open(requirement_keys)) return;
        Requirement requirement;
        requirement.id = fields.id("id");
        if (requirement.id.empty()) return;
        fields.rename("requirement", requirement.id);
        requirement.title = fields.text("title", true);
        requirement.parent = fields.text("parent", false);
        requirement.heading = fields.flag("heading");
        requirement.withdrawn = fields.flag("withdrawn");
        requirement.groups = fields.texts("groups");
        requirement.aliases = fields.texts("aliases");
        requirement.outside = fields.text("outside", false);
        check(requirement, fields);
        inherit_outside(requirement);
        framework_.requirements.push_back(std::move(requirement));
        // Reserved for all of them, so the text stays where it is.
        ids_.insert(framework_.requirements.back().id);
        if (!framework_.requirements.back().outside.empty())
            outside_.emplace(framework_.requirements.back().id, framework_.requirements.back().outside);
    }

    void inherit_outside(Requirement& requirement) const {
        if (!requirement.outside.empty()) return;
        const auto parent = outside_.find(requirement.parent);
        if (parent != outside_.end()) requirement.outside = parent->second;
    }

    void check(const Requirement& requirement, Fields& fields) {
        if (ids_.count(requirement.id) > 0) {
            fields.fault("duplicate-id", "The requirement " + quoted(requirement.id) + " is given twice",
                         "Remove one: a catalogue names each id once.", fields.find("id")->span);
        }
        // Parents before children also rules out cycles.
        if (!requirement.parent.empty() && ids_.count(requirement.parent) == 0) {
            const std::vector<std::string_view> known(ids_.begin(), ids_.end());
            fields.fault("unknown-parent",
                         quoted(requirement.parent) + " is not listed above " + quoted(requirement.id),
                         "A parent stands before what is under it." + suggestion(requirement.parent, sorted(known)),
                         fields.find("parent")->span);
        }
        const std::span<const std::string_view> words = elsewhere_words();
        if (!requirement.outside.empty() && std::find(words.begin(), words.end(), requirement.outside) == words.end()) {
            fields.fault(
                "unknown-outside",
                quoted(requirement.outside) + " does not say where evidence for " + quoted(requirement.id) + " lies",
                "Write one of " + Fields::listed(words) + "." + suggestion(requirement.outside, words),
                fields.find("outside")->span);
        }
        for (const std::string& group : requirement.groups) {
            if (group.empty() || groups_.count(group) > 0) continue;
            std::vector<std::string_view> known(groups_.begin(), groups_.end());
            fields.fault("unknown-group", "The framework declares no group " + quoted(group),
                         "Add it under `groups:` with a title." + suggestion(group, sorted(known)),
                         fields.find("groups")->span);
        }
    }
    /// Sets of views have no order of their own; of two equally near suggestions the same must win every time.
    static std::vector<std::string_view> sorted(std::vector<std::string_view> names) {
        std::sort(names.begin(), names.end());
        return names;
    }

    Diagnostics& diagnostics_;
    Framework framework_;
    std::unordered_set<std::string_view> ids_;
    std::unordered_map<std::string_view, std::string_view> outside_;  ///< of those that have it
    std::unordered_set<std::string> groups_;
};

/// A control as one document gives it.
struct ControlEntry {
    Control control;
    Maps maps;
    std::map<std::string, std::string> no_equivalent;
};

/// Reads a controls document against the frameworks known so far.
class ControlsReader {
  public:
    ControlsReader(std::span<const Framework> frameworks, std::span<const Control> known, Diagnostics& diagnostics)
        : diagnostics_(diagnostics) {
        for (const Framework& framework : frameworks) {
            framework_ids_.push_back(framework.id);
            auto& index = catalogues_[framework.id];
            index.reserve(framework.requirements.size());
            for (const Requirement& requirement : framework.requirements) index.emplace(requirement.id, &requirement);
        }
        for (const Control& control : known) known_.insert(control.id);
    }

    std::vector<ControlEntry> read(const Value& document) {
        Fields fields(document, "the controls file", document.origin(), diagnostics_);
        if (!fields.open(document_keys)) return {};
        order_ = fields.texts("frameworks");
        for (const std::string& id : order_) {
            if (!id.empty()) known_framework(id, fields.find("frameworks")->span);
        }
        if (!fields.find("controls") && !order_.empty()) return {};
        for (const Value& control : fields.list("controls")) add_control(control);
        return std::move(entries_);
    }
    /// The part of a framework's document that maps controls to it: control id to a map as under `maps`.
    std::vector<ControlEntry> read_maps(const Member& part, const std::string& framework) {
        if (!part.value.is_mapping()) {
            diagnostics_.error("wrong-kind", "The controls of the framework are no mapping",
                               "Write `controls:` with indented lines `access.mfa: {ID: direct}`.", part.span);
        }
        for (const Member& member : part.value.members()) {
            if (known_.count(member.name) == 0) {
                std::vector<std::string_view> names(known_.begin(), known_.end());
                std::sort(names.begin(), names.end());
                diagnostics_.error(
                    "unknown-control", "There is no control " + quoted(member.name),
                    "Name a known control, or add this one in a controls file first." + suggestion(member.name, names),
                    member.span);
                continue;
            }
            ControlEntry entry;
            entry.control.id = member.name;
            read_map({framework, member.value, member.span}, {}, entry);
            entries_.push_back(std::move(entry));
        }
        return std::move(entries_);
    }
    const std::vector<std::string>& order() const { return order_; }

  private:
    using Catalogue = std::unordered_map<std::string_view, const Requirement*>;

    void add_control(const Value& value) {
        Fields fields(value, "the control", value.origin(), diagnostics_);
        if (!fields.open(control_keys)) return;
        ControlEntry entry;
        Control& control = entry.control;
        control.id = fields.id("id");
        if (control.id.empty()) return;
        fields.rename("control", control.id);
        if (!ids_.insert(control.id).second) {
            fields.fault("duplicate-id", "The control " + quoted(control.id) + " is given twice in this file",
                         "Join the two entries.", fields.find("id")->span);
        }
        const bool fresh = known_.count(control.id) == 0;
        control.title = fields.text("title", fresh);
        control.objective = fields.text("objective", fresh);
        control.domain = fields.text("domain", fresh);
        control.note = fields.text("note", false);
        if (const Member* evidence = fields.find("evidence")) read_evidence(*evidence, control);
        const auto reasons = fields.mapping("no_equivalent");
        std::set<std::string_view> unmapped;
        for (const Member& reason : reasons) unmapped.insert(reason.name);
        for (const Member& map : fields.mapping("maps")) read_map(map, unmapped, entry);
        for (const Member& reason : reasons) read_reason(reason, entry, fields);
        entries_.push_back(std::move(entry));
    }

    void read_evidence(const Member& member, Control& control) {
        Fields fields(member.value, "the evidence", member.span, diagnostics_);
        fields.rename("the evidence of control", control.id);
        if (!fields.open(evidence_keys)) return;
        control.proves = fields.text("proves", false);
        control.cadence = fields.text("cadence", false);
        control.from = fields.texts("from");
    }

    const Catalogue* known_framework(std::string_view id, Span span) {
        const auto found = catalogues_.find(id);
        if (found != catalogues_.end()) return &found->second;
        diagnostics_.error(
            "unknown-framework", "There is no framework " + quoted(id),
            "Known frameworks are " + Fields::listed(framework_ids_) + "." + suggestion(id, framework_ids_), span);
        return nullptr;
    }

    void read_map(const Member& map, const std::set<std::string_view>& reasons, ControlEntry& entry) {
        const Catalogue* catalogue = known_framework(map.name, map.span);
        if (!catalogue) return;
        if (!map.value.is_mapping()) {
            diagnostics_.error("wrong-kind", "The map to " + map.name + " is no mapping",
                               "Write `" + map.name + ": {ID: direct}`; closeness is direct, partial or supports.",
                               map.span);
            return;
        }
        std::vector<Target>& targets = entry.maps[map.name];
        if (map.value.members().empty() && !reasons.contains(map.name)) {
            diagnostics_.error("empty-map", "The map to " + map.name + " is empty and no reason is given",
                               "Add `" + map.name + ": why nothing there fits` under `no_equivalent`.", map.span);
        }
        for (const Member& member : map.value.members()) {
            check_requirement(*catalogue, map.name, member);
            if (const auto closeness = read_closeness(member)) targets.push_back({member.name, *closeness});
        }
    }

    void check_requirement(const Catalogue& catalogue, const std::string& framework, const Member& member) {
        const auto found = catalogue.find(member.name);
        if (found == catalogue.end()) {
            std::vector<std::string_view> ids;
            ids.reserve(catalogue.size());
            for (const auto& [id, requirement] : catalogue) {
                if (!requirement->heading && !requirement->withdrawn) ids.push_back(id);
            }
            std::sort(ids.begin(), ids.end());
            diagnostics_.error("unknown-requirement", framework + " has no " + quoted(member.name),
                               "Use an id of the framework's catalogue." + suggestion(member.name, ids), member.span);
        } else if (found->second->heading) {
            diagnostics_.error("heading-mapped", quoted(member.name) + " is a heading of " + framework,
                               "Map to the requirements under it: a heading asks for nothing by itself.", member.span);
        } else if (found->second->withdrawn) {
            diagnostics_.error("withdrawn-mapped", quoted(member.name) + " was withdrawn from " + framework,
                               "Map to the requirement that took its place.", member.span);
        }
    }

    std::optional<Closeness> read_closeness(const Member& member) {
        const std::string word = member.value.is_string() ? member.value.as_string() : member.value.to_text(40);
        for (std::size_t i = 0; i < closeness_names.size(); ++i) {
            if (member.value.is_string() && word == closeness_names[i]) return static_cast<Closeness>(i);
        }
        diagnostics_.error("unknown-closeness", quoted(word) + " does not say how close " + quoted(member.name) + " is",
                           "Write direct (asks for this outcome by name), partial (this is one part of it) or supports "
                           "(the evidence helps)." +
                               suggestion(word, closeness_names),
                           member.span);
        return std::nullopt;
    }

    void read_reason(const Member& member, ControlEntry& entry, Fields& fields) {
        if (!known_framework(member.name, member.span)) return;
        const auto mapped = entry.maps.find(member.name);
        if (mapped != entry.maps.end() && !mapped->second.empty()) {
            fields.fault("mapped-and-not", "The control is mapped to " + member.name + " and says it cannot be",
                         "Remove the ids under `maps` or the reason under `no_equivalent`.", member.span);
        }
        entry.no_equivalent[member.name] = fields.text_of(member.value, "no_equivalent", member.span);
    }

    Diagnostics& diagnostics_;
    std::vector<std::string_view> framework_ids_;
    std::unordered_map<std::string_view, Catalogue> catalogues_;
    std::unordered_set<std::string_view> known_;
    std::unordered_set<std::string> ids_;
    std::vector<ControlEntry> entries_;
    std::vector<std::string> order_;
};

void take(std::string& into, std::string given) {
    if (!given.empty()) into = std::move(given);
}

}  // namespace

const Requirement* Framework::find(std::string_view requirement_id) const {
    const auto at = std::find_if(requirements.begin(), requirements.end(),
                                 [&](const Requirement& item) { return item.id == requirement_id; });
    return at == requirements.end() ? nullptr : &*at;
}

std::vector<const Requirement*> Framework::resolve(std::string_view text) const {
    const std::string wanted = lower(text);
    for (const Requirement& requirement : requirements) {
        if (lower(requirement.id) == wanted) return {&requirement};
    }
    std::vector<const Requirement*> found;
    for (const Requirement& requirement : requirements) {
        const auto& all = requirement.aliases;
        if (std::any_of(all.begin(), all.end(), [&](const std::string& alias) { return lower(alias) == wanted; })) {
            found.push_back(&requirement);
        }
    }
    return found;
}

FrameworkInfo Framework::info() const {
    FrameworkInfo info{id, name, version, organization, url};
    info.requirements.reserve(requirements.size());
    for (const Requirement& item : requirements)
        info.requirements.push_back(
            {item.id, item.title, item.parent, item.heading, item.withdrawn, item.groups, item.outside});
    return info;
}

struct ControlMap::Data {
    std::vector<Framework> frameworks;
    std::vector<Control> controls;
    std::vector<Maps> maps;  // of the control at the same position

    void merge(ControlEntry entry);
    void drop_links(const Framework& framework, Span document, Diagnostics& diagnostics);
    void order_frameworks(const std::vector<std::string>& order);
    void link();
};

/// Takes over what the entry gives. A map replaces a reason why there is none, and the other way round.
void ControlMap::Data::merge(ControlEntry entry) {
    const auto at = std::find_if(controls.begin(), controls.end(),
                                 [&](const Control& control) { return control.id == entry.control.id; });
    const auto index = static_cast<std::size_t>(at - controls.begin());
    if (at == controls.end()) {
        controls.emplace_back().id = entry.control.id;
        maps.emplace_back();
    }
    Control& control = controls[index];
    take(control.title, std::move(entry.control.title));
    take(control.objective, std::move(entry.control.objective));
    take(control.domain, std::move(entry.control.domain));
    take(control.proves, std::move(entry.control.proves));
    take(control.cadence, std::move(entry.control.cadence));
    take(control.note, std::move(entry.control.note));
    if (!entry.control.from.empty()) control.from = std::move(entry.control.from);
    for (auto& [framework, targets] : entry.maps) {
        if (!targets.empty()) control.no_equivalent.erase(framework);
        maps[index][framework] = std::move(targets);
    }
    for (auto& [framework, reason] : entry.no_equivalent) {
        maps[index].erase(framework);
        control.no_equivalent[framework] = std::move(reason);
    }
}

/// Forgets links to what the framework (one that takes the place of another) does not have.
void ControlMap::Data::drop_links(const Framework& framework, Span document, Diagnostics& diagnostics) {
    for (std::size_t i = 0; i < controls.size(); ++i) {
        const auto mapped = maps[i].find(framework.id);
        if (mapped == maps[i].end()) continue;
        std::erase_if(mapped->second, [&](const Target& target) {
            const Requirement* now = framework.find(target.id);
            if (now && !now->heading && !now->withdrawn) return false;
            diagnostics.warning(
                "link-dropped",
                framework.id + " has no " + quoted(target.id) + " any more, to which " + controls[i].id + " is mapped",
                "The link falls away. Map the control to an id of this catalogue.", document);
            return true;
        });
    }
}

void ControlMap::Data::order_frameworks(const std::vector<std::string>& order) {
    const auto rank = [&](const Framework& framework) {
        return std::find(order.begin(), order.end(), framework.id) - order.begin();
    };
    std::stable_sort(frameworks.begin(), frameworks.end(),
                     [&](const Framework& a, const Framework& b) { return rank(a) < rank(b); });
}

/// Makes every control's links anew: they are views into the frameworks, which may have moved.
void ControlMap::Data::link() {
    if (controls.empty()) return;
    for (Control& control : controls) control.links.clear();
    for (const Framework& framework : frameworks) {
        std::unordered_map<std::string_view, const Requirement*> index;
        index.reserve(framework.requirements.size());
        for (const Requirement& requirement : framework.requirements) index.emplace(requirement.id, &requirement);
        for (std::size_t i = 0; i < controls.size(); ++i) {
            const auto mapped = maps[i].find(framework.id);
            if (mapped == maps[i].end()) continue;
            std::vector<std::pair<Closeness, const Requirement*>> targets;
            for (const Target& target : mapped->second) {
                const auto found = index.find(target.id);
                if (found != index.end()) targets.emplace_back(target.closeness, found->second);
            }
            std::sort(targets.begin(), targets.end());  // requirements lie in one array: by address is by catalogue
            for (const auto& [closeness, requirement] : targets) {
                controls[i].links.push_back({framework.id, requirement->id, requirement->title, closeness});
            }
        }
    }
}

ControlMap::ControlMap() : data_(std::make_unique<Data>()) {}
ControlMap::ControlMap(ControlMap&&) noexcept = default;
ControlMap& ControlMap::operator=(ControlMap&&) noexcept = default;
ControlMap::~ControlMap() = default;

ControlMap ControlMap::from_pack(std::string_view frameworks_pack, std::string_view controls_pack) {
    ControlMap map;
    Diagnostics none;  // the build read the same documents without a fault
    const PackReader frameworks(frameworks_pack), controls(controls_pack);
    for (std::size_t i = 0; i < frameworks.size(); ++i) map.add_framework(frameworks.value(i), none);
    for (std::size_t i = 0; i < controls.size(); ++i) map.add_controls(controls.value(i), none);
    return map;
}

bool ControlMap::add_framework(const Value& document, Diagnostics& diagnostics) {
    const ErrorWatch watch(diagnostics);
    Framework framework = FrameworkReader(diagnostics).read(document);
    std::vector<ControlEntry> entries;
    const Member* maps = document.find("controls");
    if (maps && watch.clean()) {
        entries = ControlsReader({&framework, 1}, data_->controls, diagnostics).read_maps(*maps, framework.id);
    }
    if (!watch.clean()) return false;
    for (ControlEntry& entry : entries) data_->merge(std::move(entry));
    data_->drop_links(framework, document.origin(), diagnostics);
    const auto old = std::find_if(data_->frameworks.begin(), data_->frameworks.end(),
                                  [&](const Framework& item) { return item.id == framework.id; });
    if (old == data_->frameworks.end()) {
        data_->frameworks.push_back(std::move(framework));
    } else {
        *old = std::move(framework);
    }
    data_->link();
    return true;
}

bool ControlMap::add_controls(const Value& document, Diagnostics& diagnostics) {
    const ErrorWatch watch(diagnostics);
    ControlsReader reader(data_->frameworks, data_->controls, diagnostics);
    std::vector<ControlEntry> entries = reader.read(document);
    if (!watch.clean()) return false;
    data_->controls.reserve(data_->controls.size() + entries.size());
    for (ControlEntry& entry : entries) data_->merge(std::move(entry));
    if (!reader.order().empty()) data_->order_frameworks(reader.order());
    data_->link();
    return true;
}

std::span<const Control> ControlMap::controls() const {
    return data_->controls;
}
std::span<const Framework> ControlMap::frameworks() const {
    return data_->frameworks;
}
const Control* ControlMap::find(std::string_view id) const {
    const auto at = std::find_if(data_->controls.begin(), data_->controls.end(),
                                 [&](const Control& control) { return control.id == id; });
    return at == data_->controls.end() ? nullptr : &*at;
}
const Framework* ControlMap::framework(std::string_view id) const {
    const auto at = std::find_if(data_->frameworks.begin(), data_->frameworks.end(),
                                 [&](const Framework& framework) { return framework.id == id; });
    return at == data_->frameworks.end() ? nullptr : &*at;
}

}  // namespace plumbline
