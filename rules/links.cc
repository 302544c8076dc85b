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
    const std::size_t before = out.references.size();
    for_each_reference(value, [&](const Trace& trace) { out.references.insert(trace.name); });
    if (value.is_sequence()) {
        for (const Value& item : value.elements()) leads_of(item, out, depth + 1);
    } else if (const auto text = scalar_text(value)) {
        if (!text->empty()) out.texts.insert(*text);
    } else if (value.is_unknown() && out.references.size() == before) {
        out.unknown = true;
    }
}

}  // namespace

std::vector<std::string> known_texts(const Resource& resource, const std::vector<Path>& keys) {
    std::vector<std::string> texts;
    for (const Path& key : keys) {
        for (const Spot& spot : follow(key, body_scope(resource)).sure) {
            if (!spot.present || spot.value.is_unknown()) continue;
            const auto text = scalar_text(spot.value);
            if (text && !text->empty()) texts.push_back(*text);
        }
    }
    return texts;
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
        if (sure.unknown) place->maybe.push_back(id);
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
    for (const std::string& text : known_texts(target, keys)) take(found.by_value, text);
    Links links;
    links.sure.assign(sure.begin(), sure.end());
    for (ResourceId id : found.maybe) {
        if (!sure.contains(id)) links.maybe.push_back(id);
    }
    return links;
}

std::vector<ResourceId> LinkIndex::by_value(const std::string& type, const std::vector<Path>& keys,
                                            const std::string& text) {
    std::set<ResourceId> found;
    for (const Path& key : keys) {
        const ByPath& map = index(type, key);
        const auto at = map.by_value.find(text);
        if (at != map.by_value.end()) found.insert(at->second.begin(), at->second.end());
    }
    return {found.begin(), found.end()};
}

}  // namespace plumbline
