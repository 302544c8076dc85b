#include "rules/links.h"

#include <algorithm>
#include <set>

#include "rules/operators.h"

namespace plumbline {
namespace {

/// What one value says of where it leads.
struct Leads {
    std::set<std::string> references, texts;
    bool unknown = false;
};

/// The variable or attribute that a trace says a value simply is; empty when something was done to it on the way.
std::string source_of(const Trace* trace) {
    for (int steps = 0; trace && steps < 100; ++steps) {
        switch (trace->kind) {
            case Trace::Kind::reference:
                return trace->name + "." + trace->attribute;
            case Trace::Kind::variable_default:
                if (trace->from.empty())
                    return trace->name + "@" + std::to_string(static_cast<std::uint32_t>(trace->span.source)) + ":" +
                           std::to_string(trace->span.begin);
                break;
            case Trace::Kind::variable_file:
            case Trace::Kind::module_argument:
            case Trace::Kind::local:
            case Trace::Kind::output:
                break;
            default:
                return {};
        }
        if (trace->from.size() != 1) return {};
        trace = trace->from.front().get();
    }
    return {};
}

/// Everything that a value can be recognised by: what it is written as, and its text.
std::vector<std::string> identities_of(const Value& value) {
    std::vector<std::string> found;
    if (const auto identity = identity_of(value)) found.push_back(*identity);
    if (value.is_known() && value.trace() && value.trace()->has_reference) {
        const std::string source = source_of(value.trace().get());
        if (!source.empty()) found.push_back("?" + source);
    }
    return found;
}

void leads_of(const Value& value, Leads& out, int depth) {
    if (depth > 50) return;  // nobody nests links deeper
    bool refers = false;
    for_each_reference(value, [&](const Trace& trace) {
        refers = true;
        out.references.insert(trace.name);
    });
    if (value.is_sequence()) {
        for (const Value& item : value.elements()) leads_of(item, out, depth + 1);
        return;
    }
    for (std::string& identity : identities_of(value)) out.texts.insert(std::move(identity));
    if (value.is_unknown() && !refers) out.unknown = true;
}

bool refers_to_type(const Value& value, std::string_view type) {
    bool found = false;
    for_each_reference(value, [&](const Trace& trace) { found |= type_of_address(trace.name) == type; });
    return found;
}

}  // namespace

std::string_view type_of_address(std::string_view address) {
    if (address.ends_with(']')) address = address.substr(0, address.rfind('['));
    const std::size_t name = address.rfind('.');
    if (name == std::string_view::npos) return {};
    const std::string_view before = address.substr(0, name);
    const std::size_t type = before.rfind('.');
    if (type == std::string_view::npos) return before;
    const std::string_view owner = before.substr(0, type);
    if (owner == "data" || owner.ends_with(".data")) return before.substr(type - 4);
    return before.substr(type + 1);
}

std::optional<std::string> identity_of(const Value& value) {
    if (const auto text = scalar_text(value)) return text->empty() ? std::nullopt : std::optional("=" + *text);
    if (!value.is_unknown()) return std::nullopt;
    const Unknown& unknown = value.as_unknown();
    if (unknown.parts.empty()) {
        const std::string source = source_of(value.trace().get());
        return source.empty() ? std::nullopt : std::optional("?" + source);
    }
    std::string whole = "+";
    for (const Value& part : unknown.parts) {
        const auto identity = identity_of(part);
        if (!identity) return std::nullopt;
        whole += *identity + "|";
    }
    return whole;
}

std::vector<std::string> identities(const Resource& resource, const std::vector<Path>& keys) {
    std::vector<std::string> found;
    for (const Path& key : keys) {
        for (const Spot& spot : follow(key, body_scope(resource)).sure) {
            if (!spot.present) continue;
            for (std::string& identity : identities_of(spot.value)) found.push_back(std::move(identity));
        }
    }
    return found;
}

const LinkIndex::ByPath& LinkIndex::index(const std::string& type, const Path& by) {
    auto& place = indices_[{type, by.text()}];
    if (place) return *place;
    place = std::make_unique<ByPath>();
    for (ResourceId id : graph_.of_type(type)) {
        const Resource& resource = graph_[id];
        Leads sure;
        const auto look = [&](const Spots& spots, Leads& leads, auto& self) -> void {
            for (const Spot& spot : spots.sure) {
                if (spot.present) leads_of(spot.value, leads, 0);
            }
            for (const Spots::Choice& choice : spots.choices) {
                // Where every alternative leads to the same place the link is sure; otherwise it may be.
                std::vector<Leads> each;
                for (const Spots& alternative : choice.alternatives) {
                    each.emplace_back();
                    self(alternative, each.back(), self);
                }
                const bool settled = std::all_of(each.begin(), each.end(), [&](const Leads& one) {
                    return !one.unknown && !one.references.empty() && one.references == each.front().references;
                });
                if (settled) {
                    leads.references.insert(each.front().references.begin(), each.front().references.end());
                    continue;
                }
                for (std::size_t i = 0; i < each.size(); ++i) {
                    for (const std::string& name : each[i].references) {
                        const bool everywhere = std::all_of(each.begin(), each.end(), [&](const Leads& other) {
                            return other.references.contains(name);
                        });
                        if (everywhere)
                            leads.references.insert(name);
                        else
                            leads.unknown = true;
                    }
                    leads.unknown |= each[i].unknown || !each[i].texts.empty();
                }
            }
        };
        look(follow(by, body_scope(resource)), sure, look);
        for (const std::string& name : sure.references) place->by_reference[name].push_back(id);
        for (const std::string& text : sure.texts) place->by_value[text].push_back(id);
        if (sure.unknown) place->maybe.push_back({id, {sure.texts.begin(), sure.texts.end()}});
    }
    return *place;
}

namespace {

bool leads_elsewhere(const Resource& resource, const Path& by, std::string_view type) {
    const Spots spots = follow(by, body_scope(resource));
    return std::any_of(spots.sure.begin(), spots.sure.end(),
                       [&](const Spot& spot) { return spot.present && refers_to_type(spot.value, type); });
}

}  // namespace

LinkIndex::Links LinkIndex::linked_from(const Resource& target, const std::string& type, const Path& by,
                                        const std::vector<Path>& keys) {
    const ByPath& found = index(type, by);
    std::set<ResourceId> sure;
    const auto take = [&](const auto& map, const std::string& key) {
        const auto at = map.find(key);
        if (at != map.end()) sure.insert(at->second.begin(), at->second.end());
    };
    take(found.by_reference, target.address);
    // A reference to the whole of a counted resource or module names it without the instance.
    for (std::size_t at = target.address.find('['); at != std::string::npos; at = target.address.find('[', at + 1))
        take(found.by_reference, target.address.substr(0, at));
    std::set<ResourceId> equal;
    std::swap(sure, equal);
    for (const std::string& text : identities(target, keys)) take(found.by_value, text);
    std::swap(sure, equal);
    for (ResourceId id : equal) {
        // A value that is written as a reference leads to that resource, not to others of the same name.
        if (sure.contains(id) || !leads_elsewhere(graph_[id], by, target.type)) sure.insert(id);
    }
    Links links;
    links.sure.assign(sure.begin(), sure.end());
    for (const Maybe& maybe : found.maybe) {
        // What is known to belong to another resource of this type does not belong to this one.
        const bool elsewhere = std::any_of(maybe.texts.begin(), maybe.texts.end(), [&](const std::string& identity) {
            return !by_value(target.type, keys, identity).empty();
        });
        if (!sure.contains(maybe.id) && !elsewhere) links.maybe.push_back(maybe.id);
    }
    return links;
}

std::vector<std::string> LinkIndex::types_like(const std::string& type) const {
    if (!type.ends_with('*')) return {type};
    const std::string_view prefix = std::string_view(type).substr(0, type.size() - 1);
    std::set<std::string> found;
    for (const Resource& resource : graph_.resources()) {
        if (resource.type.starts_with(prefix)) found.insert(resource.type);
    }
    return {found.begin(), found.end()};
}

std::vector<ResourceId> LinkIndex::by_value(const std::string& type, const std::vector<Path>& keys,
                                            const std::string& identity) {
    std::set<ResourceId> found;
    for (const Path& key : keys) {
        const ByPath& map = index(type, key);
        const auto at = map.by_value.find(identity);
        if (at != map.by_value.end()) found.insert(at->second.begin(), at->second.end());
    }
    return {found.begin(), found.end()};
}

}  // namespace plumbline
