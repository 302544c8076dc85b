#include "rules/path.h"

#include <algorithm>

namespace plumbline {
namespace {

// `**` looks this deep; documents nest up to 1,000 levels, configurations written by people stay below 30.
constexpr int max_any_depth = 64;

bool inside(Span inner, Span outer) {
    return inner.valid() && inner.source == outer.source && inner.begin >= outer.begin && inner.end <= outer.end;
}

/// An unknown that may be a list, or null.
bool may_be_several(const Value& value) {
    if (!value.is_unknown()) return false;
    const Unknown& unknown = value.as_unknown();
    const Type::Kind kind = unknown.type.kind();
    return !unknown.refinement.not_null || kind == Type::Kind::dynamic || kind == Type::Kind::list ||
           kind == Type::Kind::set || kind == Type::Kind::tuple;
}

class Follow {
  public:
    Follow(const Path& path, const Scope& scope, bool take_apart)
        : steps_(path.steps()), resource_(scope.resource), take_apart_(take_apart) {}

    void visit(const Value& value, std::size_t at, Span place, Spots& out) const {
        if (value.is_unknown() && !value.as_unknown().alternatives.empty()) {
            Spots::Choice choice;
            for (const Value& alternative : value.as_unknown().alternatives) {
                Spots spots;
                visit(alternative, at, place, spots);
                choice.alternatives.push_back(std::move(spots));
            }
            choice.cause = value.as_unknown().cause;
            choice.spot = {value, true, place};
            out.choices.push_back(std::move(choice));
            return;
        }
        if (value.is_null()) return absent(place, out);
        if (at == steps_.size()) return end(value, place, out);
        if (value.is_unknown()) {
            out.sure.push_back({value, true, place, true});
            return;
        }
        const Path::Step& step = steps_[at];
        switch (step.kind) {
            case Path::Step::Kind::name:
                if (value.is_sequence()) return each(value, at, place, out);
                if (const Member* member = value.find(step.name))
                    return visit(member->value, at + 1, member->span.valid() ? member->span : place, out);
                return absent(place, out);
            case Path::Step::Kind::index:
                if (value.is_sequence() && step.index < value.elements().size()) {
                    const Value& item = value.elements()[step.index];
                    return visit(item, at + 1, place_of(item, place, resource_), out);
                }
                return absent(place, out);
            case Path::Step::Kind::each:
                if (value.is_sequence()) return each(value, at + 1, place, out);
                return visit(value, at + 1, place, out);  // a single one where a list may stand
            case Path::Step::Kind::any_member:
                if (value.is_sequence()) return each(value, at, place, out);
                if (value.members().empty()) return absent(place, out);
                for (const Member& member : value.members())
                    visit(member.value, at + 1, member.span.valid() ? member.span : place, out);
                return;
            case Path::Step::Kind::any_depth:
                return deep(value, at + 1, place, 0, out);
        }
    }

  private:
    void absent(Span place, Spots& out) const {
        if (!take_apart_) out.sure.push_back({{}, false, place});
    }

    void end(const Value& value, Span place, Spots& out) const {
        if (!take_apart_ || !value.is_sequence()) {
            out.sure.push_back({value, true, place, may_be_several(value)});
            return;
        }
        for (const Value& item : value.elements()) {
            if (!item.is_null()) out.sure.push_back({item, true, place_of(item, place, resource_)});
        }
    }

    void each(const Value& value, std::size_t at, Span place, Spots& out) const {
        if (value.elements().empty()) return absent(place, out);
        for (const Value& item : value.elements()) visit(item, at, place_of(item, place, resource_), out);
    }

    void deep(const Value& value, std::size_t at, Span place, int depth, Spots& out) const {
        if (depth > max_any_depth) return;
        // With the step itself, since what it may be is as deep.
        if (value.is_unknown()) return visit(value, at - 1, place, out);
        if (at == steps_.size()) {
            // `**` at the end: every leaf.
            if (!value.is_sequence() && !value.is_mapping()) return end(value, place, out);
        } else if (value.is_mapping() && (steps_[at].kind != Path::Step::Kind::name || value.find(steps_[at].name))) {
            visit(value, at, place, out);
        }
        for (const Value& item : value.elements()) deep(item, at, place_of(item, place, resource_), depth + 1, out);
        for (const Member& member : value.members())
            deep(member.value, at, member.span.valid() ? member.span : place, depth + 1, out);
    }

    const std::vector<Path::Step>& steps_;
    const Resource* resource_;
    bool take_apart_;
};

/// Where `**` found nothing at all, the absent spot.
void fill(Spots& spots, Span place) {
    if (!spots.sure.empty()) return;
    if (spots.choices.empty()) spots.sure.push_back({{}, false, place});
    for (Spots::Choice& choice : spots.choices) {
        for (Spots& alternative : choice.alternatives) fill(alternative, place);
    }
}

Spots start(const Path& path, const Scope& scope, bool take_apart) {
    Spots out;
    const Follow follow(path, scope, take_apart);
    if (path.from_meta() && scope.resource)
        follow.visit(scope.resource->meta, 0, scope.resource->header, out);
    else if (path.from_body() && scope.resource)
        follow.visit(scope.resource->body, 0, scope.resource->header, out);
    else
        follow.visit(scope.value, 0, scope.place, out);
    if (!take_apart) fill(out, scope.place);
    return out;
}

}  // namespace

std::optional<Path> Path::parse(std::string_view text, std::string& error) {
    Path path;
    path.text_ = std::string(text);
    if (text.empty()) {
        error = "a path may not be empty; `.` is the element itself";
        return std::nullopt;
    }
    if (text == ".") return path;
    if (text.starts_with("$.")) {
        path.start_ = Start::body;
        text.remove_prefix(2);
    } else if (text.starts_with("@")) {
        path.start_ = Start::meta;
        text.remove_prefix(1);
    }
    std::size_t at = 0;
    bool expect_name = true;
    while (at < text.size()) {
        if (text[at] == '[') {
            // A name in quotes may hold a `]`.
            const std::size_t quote = text.substr(at + 1).starts_with('"') ? text.find("\"]", at + 2) : at;
            const std::size_t close = quote == std::string_view::npos ? quote : text.find(']', quote);
            if (close == std::string_view::npos) {
                error = "a `[` is not closed";
                return std::nullopt;
            }
            const std::string_view inner = text.substr(at + 1, close - at - 1);
            if (inner == "*") {
                path.steps_.push_back({Step::Kind::each, {}, 0});
            } else if (inner.size() >= 2 && inner.front() == '"' && inner.back() == '"') {
                path.steps_.push_back({Step::Kind::name, std::string(inner.substr(1, inner.size() - 2)), 0});
            } else if (!inner.empty() && inner.size() < 9 &&
                       inner.find_first_not_of("0123456789") == std::string_view::npos) {
                path.steps_.push_back({Step::Kind::index, {}, std::stoul(std::string(inner))});
            } else {
                error = "between `[` and `]` stands `*`, a number or a name in double quotes";
                return std::nullopt;
            }
            at = close + 1;
            expect_name = false;
            continue;
        }
        if (text[at] == '.') {
            if (expect_name) {
                error = "a name is missing before a `.`";
                return std::nullopt;
            }
            expect_name = true;
            ++at;
            continue;
        }
        if (!expect_name) {
            error = "a `.` is missing after a `]`";
            return std::nullopt;
        }
        const std::size_t end = std::min(text.find_first_of(".[", at), text.size());
        const std::string_view name = text.substr(at, end - at);
        if (name == "*")
            path.steps_.push_back({Step::Kind::any_member, {}, 0});
        else if (name == "**")
            path.steps_.push_back({Step::Kind::any_depth, {}, 0});
        else
            path.steps_.push_back({Step::Kind::name, std::string(name), 0});
        at = end;
        expect_name = false;
    }
    if (expect_name) {
        error = "a path may not end in `.`";
        return std::nullopt;
    }
    return path;
}

Spots follow(const Path& path, const Scope& scope) {
    return start(path, scope, false);
}

Spots elements(const Path& path, const Scope& scope) {
    return start(path, scope, true);
}

std::string joined_path(const Scope& scope, const Path& path) {
    std::string_view own = path.text();
    if (path.from_body()) return std::string(own.substr(2));
    if (path.from_meta()) return std::string(own.substr(1));
    if (own == ".") return scope.path;
    std::string out = scope.path;
    std::size_t at = 0;
    if (!out.empty() && own[0] != '[') out += '.';
    // Indices of lists are left out: they move when an element is added before.
    while (at < own.size()) {
        if (own.substr(at).starts_with("[*]")) {
            at += 3;
            continue;
        }
        out += own[at++];
    }
    return out;
}

Span place_of(const Value& value, Span place, const Resource* resource) {
    const Span own = value.origin();
    if (inside(own, place)) return own;
    if (resource && inside(own, resource->block)) return own;
    return place;
}

}  // namespace plumbline
