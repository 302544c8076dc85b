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
    if (const auto identity = identity_of(value)) out.texts.insert(*identity);
    if (value.is_unknown() && !refers) out.unknown = true;
}

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

}  // namespace

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
            if (auto identity = identity_of(spot.value)) found.push_back(std::move(*identity));
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
    for (const std::string& text : identities(target, keys)) take(found.by_value, text);
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
