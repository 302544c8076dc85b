#pragma once

#include <string>
#include <vector>

#include "scanner/model/diagnostic.h"
#include "scanner/model/source.h"
#include "scanner/model/value.h"

namespace plumbline {

/// Makes a `Value` from the events of a JSON or YAML reader, without recursion. Reports repeated keys (the last wins,
/// as in every reader of these formats that does not refuse them).
class TreeBuilder {
  public:
    explicit TreeBuilder(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

    void begin_sequence(std::uint32_t at) { open_.push_back({Frame::Kind::sequence, at, {}, {}, {}, {}, false}); }
    void begin_mapping(std::uint32_t at) { open_.push_back({Frame::Kind::mapping, at, {}, {}, {}, {}, false}); }
    /// Ends the innermost sequence or mapping and returns it; the caller hands it to `add` (perhaps changed).
    Value end(Span span);
    /// A finished value: becomes a mapping's key, a mapping's value, an element, or the root. `weight` counts the nodes
    /// it would have when every shared part were written out, `height` the levels of nesting below and with it.
    void add(Value value, Span span, std::uint64_t weight = 1, std::uint32_t height = 1);
    /// The next value is one of a `<<` key: its members are taken over where the mapping has none of that name.
    bool expects_key() const {
        return !open_.empty() && open_.back().kind == Frame::Kind::mapping && !open_.back().has_key;
    }

    bool at_root() const { return open_.empty(); }
    std::size_t depth() const { return open_.size(); }
    std::uint32_t open_at() const { return open_.back().at; }
    /// Of what `end` returned last.
    std::uint64_t last_weight() const { return last_weight_; }
    std::uint32_t last_height() const { return last_height_; }
    const Value& root() const { return root_; }
    void reset();

    bool merge_keys = false;

  private:
    struct Frame {
        enum class Kind : std::uint8_t { sequence, mapping } kind;
        std::uint32_t at;
        std::vector<Value> elements;
        std::vector<Member> members;
        std::string key;
        Span key_span;
        bool has_key;
        std::uint64_t weight = 1;
        std::uint32_t height = 1;
        std::vector<Value> merged = {};
    };

    Diagnostics& diagnostics_;
    std::vector<Frame> open_;
    Value root_;
    std::uint64_t last_weight_ = 0;
    std::uint32_t last_height_ = 0;
};

}  // namespace plumbline
