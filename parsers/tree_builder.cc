#include "parsers/tree_builder.h"

#include <algorithm>
#include <unordered_set>

#include "scanner/model/text.h"

namespace plumbline {

void TreeBuilder::reset() {
    open_.clear();
    root_ = Value();
    last_weight_ = 0;
    last_height_ = 0;
}

Value TreeBuilder::end(Span span) {
    Frame frame = std::move(open_.back());
    open_.pop_back();
    last_weight_ = frame.weight;
    last_height_ = frame.height;
    TraceRef trace = make_trace(Trace::Kind::literal, span);
    if (frame.kind == Frame::Kind::sequence) return Value::tuple(std::move(frame.elements)).traced(std::move(trace));

    // Names are copied: appending below moves short ones.
    std::unordered_set<std::string> names;
    for (const Member& member : frame.members) {
        if (!names.insert(member.name).second) {
            diagnostics_.warning("duplicate-key", "The key " + quoted(member.name) + " is given twice",
                                 "The last one wins. Remove the other, or the value in force is easy to misread.",
                                 member.span);
        }
    }
    // YAML's merge type: the mapping's own keys win over merged ones, an earlier merged mapping over a later one.
    for (const Value& merged : frame.merged) {
        for (const Member& member : merged.members()) {
            if (names.insert(member.name).second) frame.members.push_back(member);
        }
    }
    return Value::object(std::move(frame.members)).traced(std::move(trace));
}

void TreeBuilder::add(Value value, Span span, std::uint64_t weight, std::uint32_t height) {
    last_weight_ = weight;
    last_height_ = height;
    if (open_.empty()) {
        root_ = std::move(value);
        return;
    }
    Frame& frame = open_.back();
    frame.weight += weight;
    frame.height = std::max(frame.height, height + 1);
    if (frame.kind == Frame::Kind::sequence) {
        frame.elements.push_back(std::move(value));
        return;
    }
    if (!frame.has_key) {
        // Keys that are no text (YAML allows them) are named by their text, as JSON would have them.
        frame.key = value.is_string() ? value.as_string() : value.to_text();
        frame.key_span = span;
        frame.has_key = true;
        return;
    }
    frame.has_key = false;
    if (merge_keys && frame.key == "<<" && (value.is_mapping() || value.is_sequence())) {
        if (value.is_mapping()) {
            frame.merged.push_back(std::move(value));
        } else {
            for (const Value& element : value.elements()) frame.merged.push_back(element);
        }
        return;
    }
    frame.members.push_back({std::move(frame.key), std::move(value), Span::join(frame.key_span, span)});
    frame.key.clear();
}

}  // namespace plumbline
