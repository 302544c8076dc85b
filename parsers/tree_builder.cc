#include "parsers/tree_builder.h"

#include <algorithm>
#include <unordered_set>

#include "scanner/model/text.h"

namespace plumbline {
namespace {

/// The names of a mapping's first members, which grows. Most mappings have a handful of members, for which a look at
/// each takes less than a hash table.
class Names {
  public:
    explicit Names(const std::vector<Member>& members) : members_(members) {}

    /// Adds the name of the member at `index`, which follows the last one; false when an earlier one has it.
    bool add(std::size_t index) {
        const std::string& name = members_[index].name;
        if (index < few) {
            return std::none_of(members_.begin(), members_.begin() + static_cast<std::ptrdiff_t>(index),
                                [&](const Member& member) { return member.name == name; });
        }
        // Copies: appending to the members moves short names.
        for (; hashed_ < index; ++hashed_) table_.insert(members_[hashed_].name);
        hashed_ = index + 1;
        return table_.insert(name).second;
    }

  private:
    static constexpr std::size_t few = 16;
    const std::vector<Member>& members_;
    std::unordered_set<std::string> table_;
    std::size_t hashed_ = 0;
};

}  // namespace

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

    Names names(frame.members);
    for (std::size_t i = 0; i < frame.members.size(); ++i) {
        const Member& member = frame.members[i];
        if (names.add(i)) continue;
        diagnostics_.warning("duplicate-key", "The key " + quoted(member.name) + " is given twice",
                             "The last one wins. Remove the other, or the value in force is easy to misread.",
                             member.span);
    }
    // YAML's merge type: the mapping's own keys win over merged ones, an earlier merged mapping over a later one.
    for (const Value& merged : frame.merged) {
        for (const Member& member : merged.members()) {
            frame.members.push_back(member);
            if (!names.add(frame.members.size() - 1)) frame.members.pop_back();
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
