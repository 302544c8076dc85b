#include "scanner/model/resource.h"

#include <algorithm>
#include <set>

namespace plumbline {
namespace {

// Traces form a graph whose shared parts would be walked again and again; this many steps cover every real chain.
constexpr int max_steps = 2000;

/// Whether reading `name` may mean the instance `address`: the same, or the whole of a counted resource or module.
bool names(std::string_view name, std::string_view address) {
    if (name == address) return true;
    return address.size() > name.size() && address.starts_with(name) && address[name.size()] == '[';
}

template <class Visit>
bool visit_references(const Trace* trace, int& steps, const Visit& visit) {
    if (!trace || !trace->has_reference || ++steps > max_steps) return false;
    if (trace->kind == Trace::Kind::reference && visit(*trace)) return true;
    for (const TraceRef& step : trace->from) {
        if (visit_references(step.get(), steps, visit)) return true;
    }
    return false;
}

template <class Visit>
bool visit_values(const Value& value, int& steps, const Visit& visit) {
    if (visit_references(value.trace().get(), steps, visit)) return true;
    for (const Value& item : value.elements()) {
        if (visit_values(item, steps, visit)) return true;
    }
    for (const Member& member : value.members()) {
        if (visit_values(member.value, steps, visit)) return true;
    }
    if (value.is_unknown()) {
        const Unknown& unknown = value.as_unknown();
        for (const auto* list : {&unknown.alternatives, &unknown.parts, &unknown.document}) {
            for (const Value& item : *list) {
                if (visit_values(item, steps, visit)) return true;
            }
        }
    }
    return false;
}

}  // namespace

void for_each_reference(const Value& value, const std::function<void(const Trace&)>& visit) {
    int steps = 0;
    visit_values(value, steps, [&](const Trace& trace) {
        visit(trace);
        return false;
    });
}

ResourceId Graph::add(Resource resource) {
    const auto id = static_cast<ResourceId>(resources_.size());
    by_type_[resource.type].push_back(id);
    by_address_.emplace(resource.address, id);
    resources_.push_back(std::move(resource));
    return id;
}

std::span<const ResourceId> Graph::of_type(std::string_view type) const {
    const auto found = by_type_.find(type);
    return found == by_type_.end() ? std::span<const ResourceId>() : std::span<const ResourceId>(found->second);
}

const Resource* Graph::find(std::string_view address) const {
    const auto found = by_address_.find(address);
    return found == by_address_.end() ? nullptr : &resources_[static_cast<std::size_t>(found->second)];
}

bool Graph::refers_to(const Value& value, const Resource& target) const {
    int steps = 0;
    return visit_values(value, steps, [&](const Trace& trace) { return names(trace.name, target.address); });
}

std::vector<ResourceId> Graph::referenced_by(const Value& value) const {
    std::set<ResourceId> found;
    int steps = 0;
    visit_values(value, steps, [&](const Trace& trace) {
        const auto exact = by_address_.find(trace.name);
        if (exact != by_address_.end()) {
            found.insert(exact->second);
        } else if (const std::size_t dot = trace.name.rfind('.'); dot != std::string::npos) {
            // The whole of a counted resource: its instances share its type, which is the part before the name.
            const std::string_view before = std::string_view(trace.name).substr(0, dot);
            const std::size_t type_dot = before.rfind('.');
            const auto type = by_type_.find(type_dot == std::string_view::npos ? before : before.substr(type_dot + 1));
            if (type != by_type_.end()) {
                for (ResourceId id : type->second) {
                    if (names(trace.name, (*this)[id].address)) found.insert(id);
                }
            }
        }
        return false;
    });
    return {found.begin(), found.end()};
}

}  // namespace plumbline
