#include <algorithm>
#include <array>
#include <map>

#include "reporters/formats.h"
#include "reporters/json_writer.h"
#include "reporters/oscal_parts.h"
#include "reporters/summary.h"

// An OSCAL 1.1 component definition (NIST): this program as a component that validates others, and per framework the
// requirements that its rules give evidence for. It says what can be tested, not what was found; that is in the
// assessment results.

namespace plumbline {
namespace {

using Layout = JsonWriter::Layout;

/// What a framework's requirement has: rules by how close their control is.
struct Tested {
    const RequirementInfo* requirement = nullptr;
    std::vector<std::pair<const RuleInfo*, Closeness>> rules;
};

class Component {
  public:
    Component(const Report& report, const ReportOptions& options, std::ostream& out) : report_(report), json_(out) {
        for (std::string_view id : chosen_frameworks(report, options)) {
            const FrameworkInfo& framework = *report.framework(id);
            std::vector<Tested> tested = tested_by_rules(framework);
            if (!tested.empty()) frameworks_.emplace_back(&framework, std::move(tested));
        }
    }

    void write() {
        json_.object(
            [&] {
                json_.object(
                    "component-definition", [&] { write_body(); }, Layout::lines);
            },
            Layout::lines);
        json_.finish();
    }

  private:
    using Implementation = std::pair<const FrameworkInfo*, std::vector<Tested>>;

    std::vector<Tested> tested_by_rules(const FrameworkInfo& framework) const {
        std::map<std::string_view, std::vector<std::pair<const RuleInfo*, Closeness>>> by_id;
        for (const RuleInfo& rule : report_.rules) {
            for (const ControlLink* link : links_to(rule, framework.id, true))
                by_id[link->id].emplace_back(&rule, link->closeness);
        }
        std::vector<Tested> out;
        for (const RequirementInfo& requirement : framework.requirements) {
            const auto at = by_id.find(requirement.id);
            if (requirement.heading || requirement.withdrawn || at == by_id.end()) continue;
            std::stable_sort(at->second.begin(), at->second.end(),
                             [](const auto& a, const auto& b) { return a.second < b.second; });
            out.push_back({&requirement, std::move(at->second)});
        }
        return out;
    }

    static std::string catalogue_uuid(const FrameworkInfo& framework) {
        return oscal_uuid({"catalogue", framework.id, framework.version});
    }

    void property(std::string_view name, std::string_view value, std::string_view kind = {}) {
        oscal_property(json_, report_.tool_uri, name, value, kind);
    }

    void write_body() {
        json_.text("uuid", oscal_uuid({"component-definition", report_.tool_version}));
        json_.object("metadata", [&] {
            json_.text("title", "plumbline: what its rules give evidence for");
            json_.text("last-modified", oscal_time(report_.started_at));
            json_.text("version", oscal_line(report_.tool_version));
            json_.text("oscal-version", oscal_version);
        });
        json_.array(
            "components", [&] { json_.object([&] { write_component(); }, Layout::lines); }, Layout::lines);
        if (frameworks_.empty()) return;
        json_.object("back-matter", [&] {
            json_.array(
                "resources",
                [&] {
                    for (const auto& [framework, tested] : frameworks_)
                        json_.object([&] { write_catalogue(*framework); });
                },
                Layout::lines);
        });
    }

    void write_catalogue(const FrameworkInfo& framework) {
        json_.text("uuid", catalogue_uuid(framework));
        json_.text("title", oscal_line(framework.name));
        json_.text("description", oscal_line(std::string(framework.organization) + ", version " +
                                             std::string(framework.version) + ". Ids as OSCAL tokens."));
        if (framework.url.empty()) return;
        json_.array("rlinks", [&] { json_.object([&] { json_.text("href", framework.url); }); });
    }

    void write_component() {
        json_.text("uuid", oscal_uuid({"component", "plumbline"}));
        json_.text("type", "validation");
        json_.text("title", "plumbline");
        json_.text("description",
                   "Judges infrastructure files and settings of git hosts against rules. Each rule serves one control, "
                   "and a control is mapped to requirements of frameworks.");
        json_.text("purpose", "Evidence from code for parts of requirements; whether one is met is for an assessor.");
        json_.array("props", [&] {
            property("tool-version", report_.tool_version);
            property("rules", std::to_string(report_.rules.size()));
        });
        if (frameworks_.empty()) return;
        json_.array(
            "control-implementations",
            [&] {
                for (const Implementation& each : frameworks_)
                    json_.object([&] { write_implementation(each); }, Layout::lines);
            },
            Layout::lines);
    }

    void write_implementation(const Implementation& each) {
        const auto& [framework, tested] = each;
        json_.text("uuid", oscal_uuid({"implementation", framework->id, framework->part}));
        json_.text("source", "#" + catalogue_uuid(*framework));
        json_.text("description", oscal_line("Requirements of " + part_name(report_, framework->id) +
                                             " that rules give evidence for; what is not listed is not tested."));
        json_.array("props", [&] {
            property("framework", framework->id);
            if (!framework->part.empty()) property("part", framework->part);
        });
        json_.array(
            "implemented-requirements",
            [&] {
                for (const Tested& item : tested) json_.object([&] { write_requirement(*framework, item); });
            },
            Layout::lines);
    }

    void write_requirement(const FrameworkInfo& framework, const Tested& item) {
        const RequirementInfo& requirement = *item.requirement;
        json_.text("uuid", oscal_uuid({"requirement", framework.id, framework.part, requirement.id}));
        json_.text("control-id", oscal_token(framework.id, requirement.id));
        std::array<std::size_t, 3> counts{};
        for (const auto& [rule, closeness] : item.rules) ++counts[static_cast<std::size_t>(closeness)];
        std::string how;
        for (const Closeness closeness : {Closeness::direct, Closeness::partial, Closeness::supports}) {
            const std::size_t count = counts[static_cast<std::size_t>(closeness)];
            if (count == 0) continue;
            how += (how.empty() ? "" : ", ") + std::string(to_string(closeness)) + " by " + counted(count, "rule");
        }
        json_.text("description", oscal_line(std::string(requirement.id) + " " + std::string(requirement.title) +
                                             ": evidence " + how));
        json_.array("props", [&] {
            for (const auto& [rule, closeness] : item.rules) property("rule", rule->id, to_string(closeness));
        });
    }

    const Report& report_;
    JsonWriter json_;
    std::vector<Implementation> frameworks_;
};

}  // namespace

void write_oscal_component(const Report& report, const SourceSet&, const ReportOptions& options, std::ostream& out) {
    Component(report, options, out).write();
}

}  // namespace plumbline
