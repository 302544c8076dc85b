#include "rules/condition.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <set>

#include "rules/links.h"
#include "rules/native/registry.h"
#include "rules/network.h"
#include "rules/operators.h"
#include "rules/path.h"
#include "rules/policy.h"
#include "scanner/model/encoding.h"
#include "scanner/model/text.h"

namespace plumbline {
namespace {

// Rules written by people stay below ten levels; the compiler and the judgement recurse.
constexpr int max_nesting = 60;

Evidence evidence_of(const Condition* by, const Scope& scope, std::string path, const Spot& spot, bool wanted,
                     CauseRef cause = {}) {
    return {by, wanted, scope.resource, std::move(path), spot.value, spot.present, spot.place, std::move(cause)};
}

/// Judges every spot a path leads to: sure ones with `judge`, joined by `Join`; the alternatives of an unknown one must
/// agree.
template <class Join, class Judge>
Answer over(const Spots& spots, const Judge& judge, const auto& evidence) {
    Join join;
    for (const Spot& spot : spots.sure) {
        if (join.decided()) break;
        join.add(judge(spot));
    }
    for (const Spots::Choice& choice : spots.choices) {
        if (join.decided()) break;
        Agreement agreement;
        for (const Spots& alternative : choice.alternatives) agreement.add(over<Join>(alternative, judge, evidence));
        join.add(agreement.take(choice.cause, evidence(choice.spot)));
    }
    return join.take();
}

Answer inverted(Answer answer) {
    answer.truth = negated(answer.truth);
    return answer;
}

/// Where a path leads that should lead to one place.
Spot single(const Path& path, const Scope& scope) {
    const Spots spots = follow(path, scope);
    if (!spots.choices.empty()) return spots.choices.front().spot;
    return spots.sure.front();
}

// --- logic ---

class Logic : public Condition {
  public:
    enum class Kind : std::uint8_t { all, any, none, not_ };
    Logic(Kind kind, std::vector<ConditionPtr> parts) : kind_(kind), parts_(std::move(parts)) {}
    std::string describe() const override {
        static constexpr std::array<const char*, 4> names = {"all of", "any of", "none of", "not"};
        return names[static_cast<std::size_t>(kind_)];
    }

  protected:
    Answer answer(const Scope& scope, Judging& judging, bool wanted) const override {
        const bool inner_wanted = kind_ == Kind::none || kind_ == Kind::not_ ? !wanted : wanted;
        if (kind_ == Kind::all) return join<AllOf>(scope, judging, inner_wanted);
        Answer made = join<AnyOf>(scope, judging, inner_wanted);
        return kind_ == Kind::any ? made : inverted(std::move(made));
    }

  private:
    template <class Join>
    Answer join(const Scope& scope, Judging& judging, bool wanted) const {
        Join made;
        for (const ConditionPtr& part : parts_) {
            if (made.decided()) break;
            made.add(part->judge(scope, judging, wanted));
        }
        return made.take();
    }
    Kind kind_;
    std::vector<ConditionPtr> parts_;
};

class Always : public Condition {
  public:
    explicit Always(bool value) : value_(value) {}
    std::string describe() const override { return value_ ? "always" : "never"; }
    std::string message(const Evidence& evidence) const override {
        return (evidence.resource ? evidence.resource->type : "the resource") + " is used";
    }

  protected:
    Answer answer(const Scope& scope, Judging&, bool wanted) const override {
        return {truth_of(value_), evidence_of(this, scope, scope.path, {scope.value, true, scope.place}, wanted)};
    }

  private:
    bool value_;
};

// --- look-ups ---

class LookUp : public Condition {
  public:
    std::vector<Path> paths;  // more than one: `first`
    std::vector<std::unique_ptr<const Operator>> operators;
    std::optional<Value> default_value;
    bool some = false;
    /// Texts that are base64 of readable text are looked at decoded.
    bool decode = false;

    bool hides_value() const override {
        return std::any_of(operators.begin(), operators.end(), [](const auto& op) { return op->about_secrets(); });
    }
    std::string describe() const override {
        std::string out;
        for (const Path& path : paths) out += (out.empty() ? "" : " or ") + path.text();
        for (const auto& op : operators)
            out += std::string(op->negative ? " should not " : " should ") + op->expectation();
        return out;
    }
    std::string message(const Evidence& evidence) const override {
        std::string out = Condition::message(evidence);
        if (!evidence.present && default_value) out += " (the default is " + default_value->to_text(60) + ")";
        if (evidence.present && evidence.value.is_unknown())
            out = (evidence.path.empty() ? "the value" : evidence.path) + " is not known";
        std::string should;
        for (const auto& op : operators) {
            const bool must = op->negative != evidence.wanted;
            should += (should.empty() ? must ? "should " : "should not "
                       : must         ? " and should "
                                      : " and should not ") +
                      op->expectation();
        }
        if (!evidence.present && should == "should be set") return out;
        return out + ", " + should;
    }

  protected:
    Answer answer(const Scope& scope, Judging& judging, bool wanted) const override {
        const Path* path = &paths.front();
        Spots spots = follow(*path, scope);
        for (std::size_t i = 1; i < paths.size() && is_absent(spots); ++i) {
            Spots next = follow(paths[i], scope);
            if (is_absent(next)) continue;
            path = &paths[i];
            spots = std::move(next);
        }
        (void)judging;
        const auto evidence = [&](const Spot& spot) {
            return evidence_of(this, scope, joined_path(scope, *path), spot, wanted);
        };
        const auto judge = [&](const Spot& spot) { return judge_spot(spot, scope, *path, wanted); };
        return some ? over<AnyOf>(spots, judge, evidence) : over<AllOf>(spots, judge, evidence);
    }

  private:
    static bool is_absent(const Spots& spots) {
        return spots.choices.empty() &&
               std::none_of(spots.sure.begin(), spots.sure.end(), [](const Spot& spot) { return spot.present; });
    }

    Answer judge_spot(const Spot& spot, const Scope& scope, const Path& path, bool wanted) const {
        Answer result{Truth::yes, evidence_of(this, scope, joined_path(scope, path), spot, wanted)};
        for (const auto& op : operators) {
            // Where single values are asked for, an empty list is none.
            const bool has_value = spot.present && !(distributed(*op, spot.value) && spot.value.elements().empty());
            const bool there = has_value || default_value.has_value();
            Spot looked = spot;
            if (!has_value && default_value) looked.value = *default_value;
            if (decode) looked.value = decoded(looked.value);
            CauseRef cause;
            Spot decisive = spot;
            Truth truth = there ? test(*op, looked, scope, cause, decisive) : op->absent(scope);
            if (op->negative && !(there && distributed(*op, looked.value))) truth = negated(truth);
            if (truth == Truth::yes || result.truth == Truth::no) continue;
            if (truth == Truth::unknown && result.truth == Truth::unknown) continue;
            result.truth = truth;
            result.evidence = evidence_of(this, scope, joined_path(scope, path), decisive, wanted, cause);
        }
        return result;
    }

    static bool distributed(const Operator& op, const Value& value) { return !op.takes_lists() && value.is_sequence(); }

    /// Of a list where the operator takes single values: of its elements (negation included).
    Truth test(const Operator& op, const Spot& spot, const Scope& scope, CauseRef& cause, Spot& decisive) const {
        if (!distributed(op, spot.value)) return op.test(spot.value, scope, cause);
        if (spot.value.elements().empty()) return op.negative ? negated(op.absent(scope)) : op.absent(scope);
        Truth result = some ? Truth::no : Truth::yes;
        for (const Value& item : spot.value.elements()) {
            Truth truth = test_element(op, item, scope, cause);
            if (op.negative) truth = negated(truth);
            const bool decides = truth == truth_of(some);
            if (decides || (truth == Truth::unknown && result != Truth::unknown)) {
                result = truth;
                decisive = {item, true, place_of(item, spot.place, scope.resource)};
            }
            if (decides) return result;
        }
        return result;
    }

    static Truth test_element(const Operator& op, const Value& item, const Scope& scope, CauseRef& cause) {
        if (item.is_null()) return op.absent(scope);
        if (!item.is_unknown() || item.as_unknown().alternatives.empty()) return op.test(item, scope, cause);
        return agreeing(item, cause, [&](const Value& each) { return test_element(op, each, scope, cause); });
    }
};

// --- elements ---

class Elements : public Condition {
  public:
    enum class Kind : std::uint8_t { some, every, no, count };
    Elements(Kind kind, Path path) : path_(std::move(path)), kind_(kind) {}
    ConditionPtr where, that;
    std::optional<std::size_t> at_least, at_most;

    std::string describe() const override {
        static constexpr std::array<const char*, 4> names = {"some ", "every ", "no ", "count of "};
        return names[static_cast<std::size_t>(kind_)] + path_.text();
    }
    std::string message(const Evidence& evidence) const override {
        if (kind_ == Kind::count || at_least) {
            std::string out = evidence.path + " has " + (evidence.present ? evidence.value.to_text() : "no") +
                              " such elements, should have ";
            if (at_least) out += "at least " + std::to_string(*at_least);
            if (at_most) out += std::string(at_least ? " and " : "") + "at most " + std::to_string(*at_most);
            return out;
        }
        return (evidence.path.empty() ? "the resource" : evidence.path) +
               (kind_ == Kind::some && evidence.wanted ? " has no element that fulfils the rule" : " has none");
    }

  protected:
    Answer answer(const Scope& scope, Judging& judging, bool wanted) const override {
        const Spots spots = elements(path_, scope);
        const std::string path = joined_path(scope, path_);
        Answer made;
        switch (kind_) {
            case Kind::some:
                made = quantify<AnyOf>(spots, scope, judging, path, wanted);
                break;
            case Kind::no:
                made = inverted(quantify<AnyOf>(spots, scope, judging, path, !wanted));
                break;
            case Kind::every:
                made = quantify<AllOf>(spots, scope, judging, path, wanted);
                if (at_least && made.truth != Truth::no) {
                    AllOf both;
                    both.add(std::move(made));
                    both.add(counted(spots, scope, judging, path, wanted));
                    made = both.take();
                }
                break;
            case Kind::count:
                return counted(spots, scope, judging, path, wanted);
        }
        if (!made.evidence.by) made.evidence = evidence_of(this, scope, path, {{}, false, scope.place}, wanted);
        return made;
    }

  private:
    Scope inner(const Scope& scope, const Spot& spot, const std::string& path) const {
        return {scope.resource, spot.value, spot.place, path};
    }

    template <class Join>
    Answer quantify(const Spots& spots, const Scope& scope, Judging& judging, const std::string& path,
                    bool wanted) const {
        constexpr bool any = std::is_same_v<Join, AnyOf>;
        const auto evidence = [&](const Spot& spot) { return evidence_of(this, scope, path, spot, wanted); };
        const auto judge = [&](const Spot& spot) -> Answer {
            const Scope element = inner(scope, spot, path);
            Answer selected{Truth::yes, {}};
            if (where) selected = where->judge(element, judging, wanted);
            if (selected.truth == Truth::no) return {truth_of(!any), {}};
            if (selected.truth == Truth::yes && spot.several && extent_of(spot).least == 0)
                selected = {Truth::unknown, evidence_of(this, scope, path, spot, wanted, unknown_cause(spot.value))};
            Answer made = that->judge(element, judging, wanted);
            // An element that may not be meant decides nothing; one that changes nothing either way is no question.
            const bool open = selected.truth == Truth::unknown && made.truth == truth_of(any);
            return open ? selected : made;
        };
        return over<Join>(spots, judge, evidence);
    }

    static constexpr std::size_t no_end = std::numeric_limits<std::size_t>::max();
    struct Count {
        std::size_t least = 0, most = 0;  ///< `no_end`: any number
        CauseRef cause;
        void add_most(std::size_t more) { most = most == no_end || more == no_end ? no_end : most + more; }
    };
    /// How many elements a spot stands for.
    static Count extent_of(const Spot& spot) {
        if (!spot.several) return {1, 1, spot.value.is_unknown() ? unknown_cause(spot.value) : CauseRef{}};
        const Refinement& known = spot.value.as_unknown().refinement;
        return {static_cast<std::size_t>(known.length_min),
                known.length_max ? static_cast<std::size_t>(*known.length_max) : no_end, unknown_cause(spot.value)};
    }
    Count count(const Spots& spots, const Scope& scope, Judging& judging, const std::string& path) const {
        Count made;
        for (const Spot& spot : spots.sure) {
            const Count extent = extent_of(spot);
            Truth selected = Truth::yes;
            CauseRef cause = extent.cause;
            if (where) {
                Answer answer = where->judge(inner(scope, spot, path), judging, true);
                selected = answer.truth;
                if (selected == Truth::unknown) cause = answer.evidence.cause;
            }
            if (selected == Truth::no) continue;
            if (selected == Truth::yes) made.least += extent.least;
            made.add_most(extent.most);
            if (!made.cause) made.cause = cause;
        }
        for (const Spots::Choice& choice : spots.choices) {
            std::optional<std::size_t> least;
            std::size_t most = 0;
            for (const Spots& alternative : choice.alternatives) {
                const Count part = count(alternative, scope, judging, path);
                least = std::min(least.value_or(part.least), part.least);
                most = std::max(most, part.most);
            }
            made.least += least.value_or(0);
            // Blocks of which one stands for a number that is not known.
            const bool blocks = most > 0 && choice.spot.value.as_unknown().type.is_dynamic();
            made.add_most(blocks ? no_end : most);
            if (!made.cause) made.cause = choice.cause;
        }
        return made;
    }

    Answer counted(const Spots& spots, const Scope& scope, Judging& judging, const std::string& path,
                   bool wanted) const {
        const Count number = count(spots, scope, judging, path);
        const auto holds = [&](std::size_t n) { return (!at_least || n >= *at_least) && (!at_most || n <= *at_most); };
        Spot spot{Value::number(Number::from_unsigned(number.least)), number.least > 0, scope.place};
        if (number.least > 0 && !spots.sure.empty()) spot.place = spots.sure.front().place;
        Answer made{Truth::unknown, evidence_of(this, scope, path, spot, wanted, number.cause)};
        if (holds(number.least) && holds(number.most))
            made.truth = Truth::yes;
        else if ((at_least && number.most < *at_least) || (at_most && number.least > *at_most))
            made.truth = Truth::no;
        return made;
    }

    Path path_;
    Kind kind_;
};

/// Lists that are read in order until an entry matches (network ACLs, firewall rules with priorities): of the elements
/// for which `where` holds, the one with the lowest number decides.
class Lowest : public Condition {
  public:
    Lowest(Path path, Path by) : path_(std::move(path)), by_(std::move(by)) {}
    ConditionPtr where, that;

    std::string describe() const override { return "the lowest " + by_.text() + " of " + path_.text(); }
    std::string message(const Evidence& evidence) const override {
        return (evidence.path.empty() ? "the resource" : evidence.path) + " has no such element";
    }

  protected:
    Answer answer(const Scope& scope, Judging& judging, bool wanted) const override {
        const Spots spots = elements(path_, scope);
        const std::string path = joined_path(scope, path_);
        std::vector<Entry> entries;
        CauseRef cause;
        collect(spots, true, {scope.resource, {}, {}, path}, judging, entries, cause);
        // Nothing behind the first entry that surely matches can decide.
        std::optional<Number> first;
        for (const Entry& entry : entries) {
            if (entry.sure && entry.number && (!first || *entry.number < *first)) first = entry.number;
        }
        const bool one_matches = std::any_of(entries.begin(), entries.end(), [](const Entry& e) { return e.sure; });
        const Evidence none = evidence_of(this, scope, path, {{}, false, scope.place}, wanted, cause);
        Agreement agreement;
        for (const Entry& entry : entries) {
            if (first && entry.number && *first < *entry.number) continue;
            agreement.add(that->judge(entry.scope, judging, wanted));
        }
        if (!one_matches) agreement.add({Truth::yes, none});
        return agreement.take(cause, none);
    }

  private:
    struct Entry {
        Scope scope;
        /// Exists and matches for certain.
        bool sure = true;
        std::optional<Number> number;
    };

    void collect(const Spots& spots, bool sure, Scope scope, Judging& judging, std::vector<Entry>& entries,
                 CauseRef& cause) const {
        for (const Spot& spot : spots.sure) {
            scope.value = spot.value;
            scope.place = spot.place;
            const Answer selected = where->judge(scope, judging, true);
            if (selected.truth == Truth::no) continue;
            if (selected.truth == Truth::unknown && !cause) cause = selected.evidence.cause;
            const Value number = single(by_, scope).value;
            if (number.is_unknown() && !cause) cause = unknown_cause(number);
            entries.push_back({scope, sure && selected.truth == Truth::yes,
                               number.is_unknown() ? std::nullopt : scalar_number(number)});
        }
        for (const Spots::Choice& choice : spots.choices) {
            if (!cause) cause = choice.cause;
            for (const Spots& alternative : choice.alternatives)
                collect(alternative, false, scope, judging, entries, cause);
        }
    }

    Path path_, by_;
};

class At : public Condition {
  public:
    At(Path path, ConditionPtr check) : path_(std::move(path)), check_(std::move(check)) {}
    std::string describe() const override { return "at " + path_.text(); }

  protected:
    Answer answer(const Scope& scope, Judging& judging, bool wanted) const override {
        const std::string path = joined_path(scope, path_);
        const auto evidence = [&](const Spot& spot) { return evidence_of(this, scope, path, spot, wanted); };
        return over<AllOf>(
            follow(path_, scope),
            [&](const Spot& spot) -> Answer {
                if (!spot.present) return {Truth::no, evidence(spot)};
                return check_->judge({scope.resource, spot.value, spot.place, path}, judging, wanted);
            },
            evidence);
    }

  private:
    Path path_;
    ConditionPtr check_;
};

// --- ports ---

class Ports : public Condition {
  public:
    std::optional<Path> from, to, protocol, range;
    std::vector<std::int64_t> include;
    std::optional<std::int64_t> wider_than;
    bool tcp_udp_only = true;

    std::string describe() const override {
        if (wider_than) return "the ports span more than " + std::to_string(*wider_than);
        std::string out = "the ports take in";
        for (std::int64_t port : include) out += " " + std::to_string(port);
        return out;
    }
    std::string message(const Evidence& evidence) const override {
        const std::string what = evidence.path.empty() ? "the port range" : evidence.path;
        if (evidence.value.is_unknown()) return what + " is not known";
        if (evidence.value.is_null()) return "every port is open";
        return what + " opens " + evidence.value.to_text(60) +
               (evidence.wanted ? "" : ", which takes in " + which(evidence));
    }

  protected:
    Answer answer(const Scope& scope, Judging&, bool wanted) const override {
        Result result = range ? by_range(scope) : by_bounds(scope);
        Answer made{result.truth, evidence_of(this, scope, joined_path(scope, range ? *range : *from), result.spot,
                                              wanted, result.cause)};
        return made;
    }

  private:
    struct Result {
        Truth truth = Truth::no;
        Spot spot;
        CauseRef cause;
    };

    std::string which(const Evidence&) const {
        if (wider_than) return "more than " + std::to_string(*wider_than) + " ports";
        std::string out;
        for (std::int64_t port : include) out += (out.empty() ? "" : " or ") + std::to_string(port);
        return out;
    }

    Truth holds(const PortRange& ports) const {
        if (wider_than) return truth_of(ports.to - ports.from + 1 > *wider_than);
        return truth_of(std::any_of(include.begin(), include.end(),
                                    [&](std::int64_t port) { return ports.from <= port && port <= ports.to; }));
    }

    Result by_bounds(const Scope& scope) const {
        const Spot low = single(*from, scope), high = to ? single(*to, scope) : low;
        Result made{Truth::no, low, {}};
        bool protocol_unknown = false;
        if (protocol) {
            const Spot kind = single(*protocol, scope);
            if (kind.present && kind.value.is_unknown()) {
                protocol_unknown = true;  // it may stand for every port
                made.cause = unknown_cause(kind.value);
            } else if (kind.present) {
                const std::string name = lower(scalar_text(kind.value).value_or(""));
                if (name == "-1" || name == "all" || name == "*" || name == "any" || name.empty())
                    return {holds({}), {Value::string("all ports (protocol " + name + ")"), true, kind.place}, {}};
                const bool has_ports =
                    name == "tcp" || name == "udp" || name == "6" || name == "17" || name == "sctp" || name == "132";
                if (!has_ports && tcp_udp_only) return made;
            }
        }
        const Bound from_bound = bound_of(low, made.cause), to_bound = bound_of(high, made.cause);
        const PortRange everything;
        PortRange widest{from_bound.least.value_or(everything.from), to_bound.most.value_or(everything.to)};
        PortRange narrowest{from_bound.most.value_or(everything.from), to_bound.least.value_or(everything.to)};
        if (widest.from == -1 && narrowest.from == -1) widest = narrowest = everything;  // EC2: -1 is every port
        // When not even the widest range takes a port in, nothing does.
        made.truth = holds(widest);
        const bool sure = !from_bound.open && !to_bound.open && holds(narrowest) == Truth::yes;
        if (protocol_unknown || (made.truth == Truth::yes && made.cause && !sure)) made.truth = Truth::unknown;
        if (!made.cause || (sure && !protocol_unknown)) {
            made.cause = {};
            made.spot.value = Value::string(std::to_string(widest.from) + "-" + std::to_string(widest.to));
            made.spot.present = true;
        }
        return made;
    }

    /// The end of a range: between what it lies.
    struct Bound {
        std::optional<std::int64_t> least, most;  ///< absent: at its end of the space
        bool open = false;                        ///< nothing more is known
    };
    static Bound bound_of(const Spot& spot, CauseRef& cause) {
        Bound made;
        if (!spot.present) return made;
        const Value& value = spot.value;
        if (value.is_unknown()) {
            if (!cause) cause = unknown_cause(value);
            for (const Value& each : value.as_unknown().alternatives) {
                CauseRef ignored;
                const Bound part = bound_of({each, !each.is_null(), spot.place}, ignored);
                if (part.open || !part.least || !part.most) return {{}, {}, true};
                made.least = std::min(made.least.value_or(*part.least), *part.least);
                made.most = std::max(made.most.value_or(*part.most), *part.most);
            }
            made.open = !made.least;
            return made;
        }
        const auto number = scalar_number(value);
        made.least = made.most = number ? number->to_int64() : std::nullopt;
        made.open = !made.least;
        if (made.open && !cause) cause = make_cause("the port is no number", spot.place);
        return made;
    }

    Result by_range(const Scope& scope) const {
        const Spots spots = elements(*range, scope);
        if (spots.sure.empty() && spots.choices.empty()) return {holds({}), {{}, false, scope.place}, {}};
        return by_ranges(spots);
    }

    Result by_ranges(const Spots& spots) const {
        Result made;
        for (const Spots::Choice& choice : spots.choices) {
            std::size_t yes = 0, no = 0;
            Result one;
            for (const Spots& alternative : choice.alternatives) {
                // Of an alternative without a value every port is open.
                const bool nothing = alternative.sure.empty() && alternative.choices.empty();
                one = nothing ? Result{holds({}), choice.spot, {}} : by_ranges(alternative);
                yes += one.truth == Truth::yes;
                no += one.truth == Truth::no;
            }
            if (yes == choice.alternatives.size()) return one;
            if (no != choice.alternatives.size()) made = {Truth::unknown, choice.spot, choice.cause};
        }
        for (const Spot& spot : spots.sure) {
            if (spot.value.is_unknown()) {
                if (made.truth == Truth::no) made = {Truth::unknown, spot, unknown_cause(spot.value)};
                continue;
            }
            const auto ports = parse_port_range(scalar_text(spot.value).value_or(""));
            if (ports && holds(*ports) == Truth::yes) return {Truth::yes, spot, {}};
            if (made.truth == Truth::no) made.spot = spot;
        }
        return made;
    }
};

// --- documents ---

/// What a text that is no document counts as.
enum class Invalid : std::uint8_t { undecided, fail, pass };

Answer answer_of(Invalid invalid, Evidence evidence) {
    Answer made{invalid == Invalid::undecided ? Truth::unknown : truth_of(invalid == Invalid::pass),
                std::move(evidence)};
    if (made.truth == Truth::unknown)
        made.evidence.cause = make_cause("the document cannot be read", made.evidence.place);
    return made;
}

class DocumentCheck : public Condition {
  public:
    DocumentCheck(Path path, ConditionPtr check, std::string format, Invalid invalid)
        : path_(std::move(path)), check_(std::move(check)), format_(std::move(format)), invalid_(invalid) {}
    std::string describe() const override { return "the document in " + path_.text(); }
    std::string message(const Evidence& evidence) const override {
        if (!evidence.present) return Condition::message(evidence);
        return evidence.path + " is no readable " + (format_ == "json" ? "JSON" : "YAML") + " document";
    }

  protected:
    Answer answer(const Scope& scope, Judging& judging, bool wanted) const override {
        const std::string path = joined_path(scope, path_);
        const auto evidence = [&](const Spot& spot) { return evidence_of(this, scope, path, spot, wanted); };
        return over<AllOf>(
            follow(path_, scope),
            [&](const Spot& spot) -> Answer {
                if (!spot.present) return {Truth::no, evidence(spot)};
                const DocumentInValue document = document_in(spot.value, format_, judging.read_document);
                if (document.state == DocumentInValue::State::invalid) return answer_of(invalid_, evidence(spot));
                if (document.state == DocumentInValue::State::unknown) {
                    Answer made{Truth::unknown, evidence(spot)};
                    made.evidence.cause = document.cause;
                    return made;
                }
                return check_->judge({scope.resource, document.root, spot.place, path}, judging, wanted);
            },
            evidence);
    }

  private:
    Path path_;
    ConditionPtr check_;
    std::string format_;
    Invalid invalid_;
};

class PolicyCheck : public Condition {
  public:
    enum class Kind : std::uint8_t { some, every, no };
    PolicyCheck(Path path, Kind kind, ConditionPtr check, Invalid invalid)
        : path_(std::move(path)), kind_(kind), check_(std::move(check)), invalid_(invalid) {}
    std::string describe() const override {
        static constexpr std::array<const char*, 3> names = {"some statement of ", "every statement of ",
                                                             "no statement of "};
        return names[static_cast<std::size_t>(kind_)] + path_.text();
    }
    std::string message(const Evidence& evidence) const override {
        if (!evidence.present) return Condition::message(evidence);
        if (evidence.value.is_string() && kind_ != Kind::some) return evidence.path + " is no readable policy";
        return evidence.path + (kind_ == Kind::some ? " has no statement that fulfils the rule"
                                                    : " has a statement that breaks the rule");
    }

  protected:
    Answer answer(const Scope& scope, Judging& judging, bool wanted) const override {
        const std::string path = joined_path(scope, path_);
        const auto evidence = [&](const Spot& spot) { return evidence_of(this, scope, path, spot, wanted); };
        const auto judge = [&](const Spot& spot) { return judge_policy(spot, scope, judging, path, wanted); };
        const Spots spots = elements(path_, scope);
        if (spots.sure.empty() && spots.choices.empty())
            return {truth_of(kind_ != Kind::some), evidence({{}, false, scope.place})};
        return kind_ == Kind::some ? over<AnyOf>(spots, judge, evidence) : over<AllOf>(spots, judge, evidence);
    }

  private:
    Answer judge_policy(const Spot& spot, const Scope& scope, Judging& judging, const std::string& path,
                        bool wanted) const {
        const Evidence here = evidence_of(this, scope, path, spot, wanted);
        const DocumentInValue document = document_in(spot.value, "json", judging.read_document);
        if (document.state == DocumentInValue::State::invalid) return answer_of(invalid_, here);
        Statements statements;
        if (document.state == DocumentInValue::State::unknown)
            statements.incomplete = document.cause;
        else
            statements = statements_of(document.root, judging.read_document);
        const bool every = kind_ == Kind::every;
        const bool inner_wanted = kind_ == Kind::no ? !wanted : wanted;
        AllOf all;
        AnyOf any;
        for (const Value& statement : statements.known) {
            Answer part =
                check_->judge({scope.resource, statement, place_of(statement, spot.place, scope.resource), path},
                              judging, inner_wanted);
            if (every)
                all.add(std::move(part));
            else
                any.add(std::move(part));
        }
        if (statements.incomplete) {
            Answer rest{Truth::unknown, here};
            rest.evidence.cause = statements.incomplete;
            if (every)
                all.add(std::move(rest));
            else
                any.add(std::move(rest));
        }
        Answer made = every ? all.take() : any.take();
        if (!made.evidence.by || (made.truth == Truth::no && kind_ == Kind::some)) made.evidence = here;
        return kind_ == Kind::no ? inverted(std::move(made)) : made;
    }

    Path path_;
    Kind kind_;
    ConditionPtr check_;
    Invalid invalid_;
};

/// What is asked of one statement.
class StatementCheck : public Condition {
  public:
    enum class Kind : std::uint8_t { grants, public_principal, any_resource, conditioned_by };
    StatementCheck(Kind kind, std::vector<std::string> names) : kind_(kind), names_(std::move(names)) {}
    std::string describe() const override {
        switch (kind_) {
            case Kind::grants:
                return "the statement allows " + first_of(names_, " or ");
            case Kind::public_principal:
                return "the statement is for everyone";
            case Kind::any_resource:
                return "the statement is for any resource";
            case Kind::conditioned_by:
                return "the statement is bound by a condition on " + first_of(names_, " or ");
        }
        return {};
    }
    std::string message(const Evidence& evidence) const override {
        if (evidence.cause) return "whether " + describe() + " is not known";
        const std::string where = evidence.path.empty() ? "" : evidence.path + ": ";
        if (!evidence.wanted && evidence.present && kind_ == Kind::grants)
            return where + "a statement allows " + evidence.value.to_text(80);
        if (!evidence.wanted && evidence.present) return where + describe() + " (" + evidence.value.to_text(80) + ")";
        return where + (evidence.wanted ? "not so that " : "") + describe();
    }

  protected:
    Answer answer(const Scope& scope, Judging&, bool wanted) const override {
        Answer made{Truth::no, evidence_of(this, scope, scope.path, {scope.value, false, scope.place}, wanted)};
        switch (kind_) {
            case Kind::grants:
                grants(scope.value, made);
                break;
            case Kind::public_principal:
                principal(scope.value, made);
                break;
            case Kind::any_resource:
                resource(scope.value, made);
                break;
            case Kind::conditioned_by:
                conditioned(scope.value, made);
                break;
        }
        return made;
    }

  private:
    /// Some element of the list at `name` fulfils `test`.
    template <class Test>
    static Truth some_of(const Value& statement, std::string_view name, Answer& made, const Test& test) {
        const Member* list = statement.find(name);
        if (!list || list->value.is_null()) return Truth::no;
        if (list->value.is_unknown()) {
            // A text that stands for a list of one; what it cannot be, no element of it can be either.
            if (test(list->value) == Truth::no) return Truth::no;
            made.evidence.cause = unknown_cause(list->value);
            return Truth::unknown;
        }
        Truth result = Truth::no;
        for (const Value& item : list->value.elements()) {
            const Truth truth = test(item);
            if (truth == Truth::unknown && result == Truth::no) {
                result = truth;
                made.evidence.cause = unknown_cause(item);
            }
            if (truth != Truth::yes) continue;
            made.evidence.cause = {};
            made.evidence.value = item;
            made.evidence.present = true;
            return truth;
        }
        return result;
    }

    Truth covers(const Value& pattern) const {
        // `"${var.service}:Get*"` is unknown, but can it be one of these at all?
        if (pattern.is_unknown()) return may_cover(pattern, names_) ? Truth::unknown : Truth::no;
        const auto text = scalar_text(pattern);
        return truth_of(text && std::any_of(names_.begin(), names_.end(),
                                            [&](const std::string& name) { return action_covers(*text, name); }));
    }

    /// Whether one of the actions is left by `not_actions`. A full wildcard never is.
    Truth left_over(const Value& statement, Answer& made) const {
        Truth result = Truth::no;
        CauseRef cause;
        for (const std::string& name : names_) {
            if (name == "*") continue;
            const Truth excluded = some_of(statement, "not_actions", made, [&](const Value& item) {
                if (item.is_unknown()) return may_cover(item, {name}) ? Truth::unknown : Truth::no;
                const auto text = scalar_text(item);
                return truth_of(text && action_covers(*text, name));
            });
            if (excluded == Truth::no) {
                made.evidence.cause = {};
                made.evidence.present = false;
                return Truth::yes;
            }
            if (excluded == Truth::unknown) {
                result = excluded;
                cause = made.evidence.cause;
            }
        }
        made.evidence.cause = cause;
        made.evidence.present = false;
        return result;
    }

    void grants(const Value& statement, Answer& made) const {
        const Member* effect = statement.find("effect");
        CauseRef cause;
        const Truth allow = effect ? loosely_equal(effect->value, Value::string("Allow"), true, cause) : Truth::no;
        if (allow == Truth::no) return;
        made.truth = some_of(statement, "actions", made, [&](const Value& item) { return covers(item); });
        if (made.truth == Truth::no && statement.find("not_actions")) made.truth = left_over(statement, made);
        if (made.truth == Truth::yes && allow == Truth::unknown) {
            made.truth = allow;
            made.evidence.cause = cause;
        }
    }

    static void principal(const Value& statement, Answer& made) {
        const auto everyone = [](const Value& item) {
            const Member* type = item.find("type");
            const Member* id = item.find("id");
            if (!type || !id) return item.is_unknown() ? Truth::unknown : Truth::no;
            CauseRef cause;
            const Truth star = loosely_equal(id->value, Value::string("*"), false, cause);
            if (star == Truth::no) return star;
            const auto kind = scalar_text(type->value);
            if (kind && *kind != "*" && *kind != "AWS") return Truth::no;
            return kind ? star : Truth::unknown;
        };
        made.truth = some_of(statement, "principals", made, everyone);
        // "Everyone but ..." is everyone.
        if (made.truth == Truth::no && statement.find("not_principals")) {
            const Member* effect = statement.find("effect");
            if (effect) made.truth = loosely_equal(effect->value, Value::string("Allow"), true, made.evidence.cause);
        }
    }

    static void resource(const Value& statement, Answer& made) {
        if (statement.find("not_resources")) {
            made.truth = Truth::yes;
            return;
        }
        made.truth = some_of(statement, "resources", made, [](const Value& item) {
            CauseRef cause;
            return loosely_equal(item, Value::string("*"), false, cause);
        });
    }

    void conditioned(const Value& statement, Answer& made) const {
        made.truth = some_of(statement, "conditions", made, [&](const Value& item) {
            const Member* key = item.find("key");
            if (!key) return item.is_unknown() ? Truth::unknown : Truth::no;
            if (key->value.is_unknown()) return Truth::unknown;
            const auto text = scalar_text(key->value);
            return truth_of(text && std::any_of(names_.begin(), names_.end(),
                                                [&](const std::string& name) { return action_covers(name, *text); }));
        });
    }

    Kind kind_;
    std::vector<std::string> names_;
};

// --- links ---

/// A linked resource that may not exist decides nothing by itself.
Answer unless_uncertain(Answer answer, const Resource& linked, Truth deciding) {
    if (linked.uncertain && answer.truth == deciding) {
        answer.truth = Truth::unknown;
        answer.evidence.cause = linked.uncertain;
    }
    return answer;
}

class LinkedFrom : public Condition {
  public:
    enum class Match : std::uint8_t { some, every, no };
    std::vector<std::string> types;
    std::optional<Path> by;
    std::vector<Path> keys;
    ConditionPtr check;
    Match match = Match::some;

    std::string describe() const override { return "linked from " + join(types, " or ") + " by " + by->text(); }
    std::string message(const Evidence& evidence) const override {
        if (evidence.cause) return "whether " + join(types, " or ") + " refers to it is not known";
        if (evidence.present) return "it is linked from a " + join(types, " or ");
        return "no " + join(types, " or ") + " refers to it";
    }

  protected:
    Answer answer(const Scope& scope, Judging& judging, bool wanted) const override {
        const bool inner_wanted = match == Match::no ? !wanted : wanted;
        const Evidence none = evidence_of(this, scope, {}, {{}, false, scope.resource->header}, wanted);
        AnyOf any;
        AllOf all;
        bool found = false;
        const auto add = [&](Answer part) {
            found = true;
            if (match == Match::every)
                all.add(std::move(part));
            else
                any.add(std::move(part));
        };
        const Truth deciding = truth_of(match != Match::every);
        for (const std::string& type : all_types(judging)) {
            const LinkIndex::Links links = judging.links.linked_from(*scope.resource, type, *by, keys);
            for (ResourceId id : links.sure) {
                const Resource& linked = judging.graph[id];
                if (&linked == scope.resource) continue;
                add(unless_uncertain(judge_linked(linked, scope, judging, inner_wanted), linked, deciding));
            }
            for (ResourceId id : links.maybe) {
                const Resource& linked = judging.graph[id];
                Answer part = judge_linked(linked, scope, judging, inner_wanted);
                if (part.truth != deciding && part.truth != Truth::unknown) continue;
                part.truth = Truth::unknown;
                part.evidence = none;
                part.evidence.cause = cause_of(linked);
                add(std::move(part));
            }
        }
        Answer made = match == Match::every ? all.take() : any.take();
        if (!found || !made.evidence.by) made.evidence = none;
        return match == Match::no ? inverted(std::move(made)) : made;
    }

  private:
    std::vector<std::string> all_types(Judging& judging) const {
        std::vector<std::string> all;
        for (const std::string& type : types) {
            for (std::string& found : judging.links.types_like(type)) all.push_back(std::move(found));
        }
        return all;
    }

    Answer judge_linked(const Resource& linked, const Scope& scope, Judging& judging, bool wanted) const {
        if (check) return check->judge(body_scope(linked), judging, wanted);
        return {Truth::yes, {this, wanted, scope.resource, {}, {}, true, scope.resource->header, {}}};
    }

    CauseRef cause_of(const Resource& linked) const {
        const Spots spots = follow(*by, body_scope(linked));
        std::string why = linked.address + "." + by->text() + " is not known";
        for (const Spot& spot : spots.sure) {
            if (const CauseRef cause = unknown_cause(spot.value))
                return make_cause(why + ": " + cause->why, cause->span);
        }
        for (const Spots::Choice& choice : spots.choices) {
            if (choice.cause) return make_cause(why + ": " + choice.cause->why, choice.cause->span);
        }
        return make_cause(why, linked.header);
    }
};

enum class Missing : std::uint8_t { undecided, fail, pass };

Truth truth_of_missing(Missing missing) {
    return missing == Missing::undecided ? Truth::unknown : truth_of(missing == Missing::pass);
}

class LinksTo : public Condition {
  public:
    std::optional<Path> path;
    std::vector<std::string> types;
    std::vector<Path> keys;
    ConditionPtr check;
    Missing missing = Missing::undecided;

    std::string describe() const override { return path->text() + " links to " + join(types, " or "); }
    std::string message(const Evidence& evidence) const override {
        if (!evidence.present) return Condition::message(evidence);
        if (evidence.cause) return "what " + evidence.path + " leads to is not known here";
        return evidence.path + (evidence.wanted ? " leads to no " : " leads to a ") + join(types, " or ");
    }

  protected:
    Answer answer(const Scope& scope, Judging& judging, bool wanted) const override {
        const std::string name = joined_path(scope, *path);
        const auto evidence = [&](const Spot& spot) { return evidence_of(this, scope, name, spot, wanted); };
        const auto judge = [&](const Spot& spot) -> Answer {
            if (!spot.present) return {Truth::no, evidence(spot)};
            const std::vector<ResourceId> targets = targets_of(spot.value, judging);
            if (targets.empty()) {
                Answer made{truth_of_missing(missing), evidence(spot)};
                // A reference to something that is not declared here names its type all the same.
                if (names_type(spot.value)) {
                    made.truth = check ? truth_of_missing(missing) : Truth::yes;
                    if (made.truth == Truth::unknown)
                        made.evidence.cause =
                            make_cause(name + " leads to what is not declared in these files", spot.place);
                    return made;
                }
                if (made.truth == Truth::unknown)
                    made.evidence.cause = spot.value.is_unknown()
                                              ? unknown_cause(spot.value)
                                              : make_cause(name + " leads to nothing in these files", spot.place);
                else if (spot.value.is_unknown() && !(spot.value.trace() && spot.value.trace()->has_reference)) {
                    made.truth = Truth::unknown;
                    made.evidence.cause = unknown_cause(spot.value);
                }
                return made;
            }
            AnyOf any;
            for (ResourceId id : targets) {
                const Resource& linked = judging.graph[id];
                any.add(unless_uncertain(
                    check ? check->judge(body_scope(linked), judging, wanted) : Answer{Truth::yes, evidence(spot)},
                    linked, Truth::yes));
            }
            return any.take();
        };
        const Spots spots = elements(*path, scope);
        if (spots.sure.empty() && spots.choices.empty()) return {Truth::no, evidence({{}, false, scope.place})};
        return over<AnyOf>(spots, judge, evidence);
    }

  private:
    bool names_type(const Value& value) const {
        bool found = false;
        for_each_reference(value, [&](const Trace& trace) {
            found |= std::find(types.begin(), types.end(), type_of_address(trace.name)) != types.end();
        });
        return found;
    }

    std::vector<ResourceId> targets_of(const Value& value, Judging& judging) const {
        std::set<ResourceId> found;
        for (ResourceId id : judging.graph.referenced_by(value)) {
            if (std::find(types.begin(), types.end(), judging.graph[id].type) != types.end()) found.insert(id);
        }
        if (const auto identity = identity_of(value); identity && found.empty()) {
            for (const std::string& type : types) {
                for (ResourceId id : judging.links.by_value(type, keys, *identity)) found.insert(id);
            }
        }
        return {found.begin(), found.end()};
    }
};

class ResourceExists : public Condition {
  public:
    std::vector<std::string> types;
    ConditionPtr where;
    Missing missing = Missing::fail;

    std::string describe() const override { return "there is a " + join(types, " or "); }
    std::string message(const Evidence& evidence) const override {
        if (evidence.wanted && !evidence.present)
            return "there is no " + join(types, " or ") + (where ? " that fulfils the rule" : "") + " beside it";
        return describe();
    }

  protected:
    Answer answer(const Scope& scope, Judging& judging, bool wanted) const override {
        AnyOf any;
        const Evidence none = evidence_of(this, scope, {}, {{}, false, scope.resource->header}, wanted);
        for (const std::string& type : types) {
            for (ResourceId id : judging.graph.of_type(type)) {
                const Resource& other = judging.graph[id];
                if (&other == scope.resource) continue;
                Answer part{Truth::yes, {this, wanted, scope.resource, {}, {}, true, scope.resource->header, {}}};
                if (where) part.truth = where->judge(body_scope(other), judging, wanted).truth;
                if (part.truth == Truth::unknown)
                    part.evidence.cause =
                        make_cause("it is not known whether " + other.address + " fulfils the rule", other.header);
                any.add(unless_uncertain(std::move(part), other, Truth::yes));
            }
        }
        Answer made = any.take();
        if (made.truth == Truth::no) {
            made = {truth_of_missing(missing), none};
            if (made.truth == Truth::unknown)
                made.evidence.cause =
                    make_cause("no " + join(types, " or ") + " in these files; it may exist elsewhere in the account");
        }
        return made;
    }
};

class Self : public Condition {
  public:
    explicit Self(ConditionPtr check) : check_(std::move(check)) {}
    std::string describe() const override { return "of the resource itself"; }

  protected:
    Answer answer(const Scope&, Judging& judging, bool wanted) const override {
        return check_->judge(body_scope(judging.self), judging, wanted);
    }

  private:
    ConditionPtr check_;
};

class Native : public Condition {
  public:
    Native(const NativeCheck& check, Value with) : check_(check), with_(std::move(with)) {}
    std::string describe() const override { return std::string(check_.name); }
    std::string message(const Evidence& evidence) const override {
        if (!evidence.present) return Condition::message(evidence);
        return evidence.path + (evidence.wanted ? ": " : " allows ") + scalar_text(evidence.value).value_or("");
    }

  protected:
    Answer answer(const Scope& scope, Judging& judging, bool wanted) const override {
        Answer made = check_.judge(scope, judging, with_);
        made.evidence.by = this;
        made.evidence.wanted = wanted;
        if (!made.evidence.resource) made.evidence.resource = scope.resource;
        if (!made.evidence.place.valid()) made.evidence.place = scope.place;
        return made;
    }

  private:
    const NativeCheck& check_;
    Value with_;
};

const std::vector<std::string_view>& head_names() {
    static const std::vector<std::string_view> names = {"all",
                                                        "any",
                                                        "none",
                                                        "not",
                                                        "always",
                                                        "path",
                                                        "first",
                                                        "some",
                                                        "every",
                                                        "no",
                                                        "count",
                                                        "lowest",
                                                        "at",
                                                        "ports",
                                                        "document",
                                                        "policy",
                                                        "grants",
                                                        "public_principal",
                                                        "any_resource",
                                                        "conditioned_by",
                                                        "linked_from",
                                                        "links_to",
                                                        "resource_exists",
                                                        "self",
                                                        "native"};
    return names;
}

}  // namespace

// --- compiling ---

/// Reads the parts of one condition's mapping; knows which keys were asked for, so that others are refused.
struct ConditionParts {
    ConditionCompiler& compiler;
    const Value& source;
    Span place;
    bool good = true;
    std::set<std::string_view> asked;

    const Member* find(std::string_view key) {
        asked.insert(key);
        return source.find(key);
    }
    void refuse(Span at, std::string summary, std::string detail = {}) {
        good = false;
        compiler.refuse(at.valid() ? at : place, std::move(summary), std::move(detail));
    }
    std::optional<Path> path(std::string_view key, const Value& value, Span at) {
        std::string error;
        auto made = value.is_string() ? Path::parse(value.as_string(), error) : std::nullopt;
        if (!made) refuse(at, "`" + std::string(key) + "` takes a path" + (error.empty() ? "" : ": " + error));
        return made;
    }
    std::optional<Path> path(std::string_view key, bool required = true) {
        const Member* member = find(key);
        if (member) return path(key, member->value, member->span);
        if (required) refuse(place, "`" + std::string(key) + "` is missing");
        return std::nullopt;
    }
    ConditionPtr condition(std::string_view key, bool required) {
        const Member* member = find(key);
        if (!member) {
            if (required) refuse(place, "`" + std::string(key) + "` is missing", "It holds a condition.");
            return nullptr;
        }
        ConditionPtr made = compiler.compile(member->value, member->span);
        good &= made != nullptr;
        return made;
    }
    std::vector<std::string> texts(std::string_view key) {
        const Member* member = find(key);
        std::vector<std::string> out;
        if (!member) {
            refuse(place, "`" + std::string(key) + "` is missing");
            return out;
        }
        if (member->value.is_string()) return {member->value.as_string()};
        for (const Value& item : member->value.elements()) {
            if (item.is_string()) out.push_back(item.as_string());
        }
        if (out.empty() || out.size() != member->value.elements().size())
            refuse(member->span, "`" + std::string(key) + "` takes a text or a list of texts");
        return out;
    }
    std::optional<std::size_t> size(std::string_view key) {
        const Member* member = find(key);
        if (!member) return std::nullopt;
        const auto number = member->value.is_number() ? member->value.as_number().to_int64() : std::nullopt;
        if (!number || *number < 0) {
            refuse(member->span, "`" + std::string(key) + "` takes a whole number");
            return std::nullopt;
        }
        return static_cast<std::size_t>(*number);
    }
    bool flag(std::string_view key, bool otherwise) {
        const Member* member = find(key);
        if (!member) return otherwise;
        if (!member->value.is_bool()) refuse(member->span, "`" + std::string(key) + "` takes true or false");
        return member->value.is_bool() && member->value.as_bool();
    }
    std::size_t word(std::string_view key, std::span<const std::string_view> words) {
        const Member* member = find(key);
        if (!member) return 0;
        if (member->value.is_string()) {
            for (std::size_t i = 0; i < words.size(); ++i) {
                if (member->value.as_string() == words[i]) return i;
            }
        }
        std::string list;
        for (std::string_view known : words) list += (list.empty() ? "" : ", ") + std::string(known);
        refuse(member->span, "`" + std::string(key) + "` takes one of: " + list);
        return 0;
    }
    std::vector<Path> keys() {
        std::vector<Path> out;
        std::string error;
        std::vector<std::string> names;
        if (source.find("key"))
            names = texts("key");
        else  // what resources are commonly known by, and the naming attributes of the providers' types
            names = {"id",
                     "arn",
                     "name",
                     "bucket",
                     "function_name",
                     "identifier",
                     "cluster_identifier",
                     "self_link",
                     "BucketName",
                     "FunctionName",
                     "TableName",
                     "QueueName",
                     "TopicName",
                     "Name",
                     "full_name",
                     "ClusterName"};
        for (const std::string& name : names) {
            if (auto made = Path::parse(name, error))
                out.push_back(std::move(*made));
            else
                refuse(source.find("key")->span, "`key` takes a path: " + error);
        }
        asked.insert("key");
        return out;
    }
    std::vector<ConditionPtr> list(std::string_view key) {
        std::vector<ConditionPtr> out;
        const Member* member = find(key);
        if (!member->value.is_sequence() || member->value.elements().empty()) {
            refuse(member->span, "`" + std::string(key) + "` takes a list of conditions");
            return out;
        }
        for (const Value& item : member->value.elements()) {
            out.push_back(compiler.compile(item, item.origin().valid() ? item.origin() : member->span));
            good &= out.back() != nullptr;
        }
        return out;
    }
    /// Refuses what nobody asked for.
    bool finish() {
        const std::vector<std::string_view> known(asked.begin(), asked.end());
        for (const Member& member : source.members()) {
            if (!asked.contains(member.name))
                refuse(member.span, "`" + member.name + "` is not known here",
                       "Known here:" + listing(known) + "." + suggestion(member.name, known));
        }
        return good;
    }
    static std::string listing(const std::vector<std::string_view>& names) {
        std::string out;
        for (std::string_view name : names) out += (out.empty() ? " " : ", ") + std::string(name);
        return out;
    }

    // One maker a group of heads.
    ConditionPtr make(std::string_view head);
    ConditionPtr make_look_up(std::string_view head);
    ConditionPtr make_elements(Elements::Kind kind, std::string_view head);
    ConditionPtr make_lowest();
    ConditionPtr make_ports();
    ConditionPtr make_policy();
    ConditionPtr make_document();
    ConditionPtr make_linked_from();
    ConditionPtr make_links_to();
    ConditionPtr make_resource_exists();
    ConditionPtr make_native();
};

// For `missing` and `invalid`.
constexpr std::array<std::string_view, 3> missing_words = {"undecided", "fail", "pass"};

ConditionPtr ConditionParts::make_look_up(std::string_view head) {
    auto made = std::make_unique<LookUp>();
    const Member* where = find(head);
    if (head == "path") {
        if (auto parsed = path(head, where->value, where->span)) made->paths.push_back(std::move(*parsed));
    } else {
        for (const Value& item : where->value.elements()) {
            if (auto parsed = path(head, item, where->span)) made->paths.push_back(std::move(*parsed));
        }
        if (made->paths.empty()) refuse(where->span, "`first` takes a list of paths");
    }
    static constexpr std::array<std::string_view, 2> matches = {"every", "some"};
    made->some = word("match", matches) == 1;
    static constexpr std::array<std::string_view, 2> encodings = {"none", "base64"};
    made->decode = word("decode", encodings) == 1;
    OperatorOptions options;
    options.ignore_case = flag("ignore_case", false);
    options.checked = compiler.checked_;
    if (const Member* unit = find("unit")) options.unit = scalar_text(unit->value).value_or("");
    if (const Member* standard = find("default")) made->default_value = standard->value;
    for (std::string_view name : operator_names()) {
        const Member* operand = find(name);
        if (!operand) continue;
        std::string error;
        auto op = make_operator(name, operand->value, options, error);
        if (op)
            made->operators.push_back(std::move(op));
        else
            refuse(operand->span, error);
    }
    // A key that is not known was most likely meant as one.
    const bool all_known = std::all_of(source.members().begin(), source.members().end(),
                                       [&](const Member& member) { return asked.contains(member.name); });
    if (good && all_known && made->operators.empty())
        refuse(place, "a look-up needs an operator",
               "Such as `equals`, `one_of`, `exists`; rules/LANGUAGE.md lists them.");
    return made;
}

ConditionPtr ConditionParts::make_elements(Elements::Kind kind, std::string_view head) {
    auto at = path(head);
    if (!at) return nullptr;
    auto made = std::make_unique<Elements>(kind, std::move(*at));
    made->where = condition("where", false);
    if (kind != Elements::Kind::count) made->that = condition("that", true);
    if (kind == Elements::Kind::count || kind == Elements::Kind::every) made->at_least = size("at_least");
    if (kind == Elements::Kind::count) {
        made->at_most = size("at_most");
        if (const auto exactly = size("equals")) made->at_least = made->at_most = exactly;
        if (!made->at_least && !made->at_most) refuse(place, "`count` needs `at_least`, `at_most` or `equals`");
    }
    return made;
}

ConditionPtr ConditionParts::make_lowest() {
    auto at = path("lowest"), by = path("by");
    ConditionPtr where = condition("where", true), that = condition("that", true);
    if (!at || !by) return nullptr;
    auto made = std::make_unique<Lowest>(std::move(*at), std::move(*by));
    made->where = std::move(where);
    made->that = std::move(that);
    return made;
}

ConditionPtr ConditionParts::make_ports() {
    auto made = std::make_unique<Ports>();
    const Member* where = find("ports");
    ConditionParts inner{compiler, where->value, where->span, true, {}};
    if (where->value.find("range")) {
        made->range = inner.path("range");
    } else {
        made->from = inner.path("from");
        made->to = inner.path("to", false);
        made->protocol = inner.path("protocol", false);
    }
    good &= inner.finish();
    if (const Member* ports = find("include")) {
        const std::vector<Value> list = ports->value.is_sequence() ? std::vector<Value>(ports->value.elements().begin(),
                                                                                        ports->value.elements().end())
                                                                   : std::vector<Value>{ports->value};
        for (const Value& port : list) {
            const auto number = port.is_number() ? port.as_number().to_int64() : std::nullopt;
            if (number)
                made->include.push_back(*number);
            else
                refuse(ports->span, "`include` takes a port or a list of ports");
        }
    }
    if (const auto width = size("wider_than")) made->wider_than = static_cast<std::int64_t>(*width);
    made->tcp_udp_only = flag("tcp_udp_only", true);
    if (made->include.empty() && !made->wider_than) refuse(place, "`ports` needs `include` or `wider_than`");
    return made;
}

ConditionPtr ConditionParts::make_policy() {
    auto at = path("policy");
    if (!at) return nullptr;
    const auto invalid = static_cast<Invalid>(word("invalid", missing_words));
    ConditionPtr made;
    for (const auto& [name, kind] :
         {std::pair("some", PolicyCheck::Kind::some), std::pair("every", PolicyCheck::Kind::every),
          std::pair("no", PolicyCheck::Kind::no)}) {
        ConditionPtr check = condition(name, false);
        if (!check) continue;
        if (made) refuse(place, "`policy` takes one of `some`, `every` and `no`");
        made = std::make_unique<PolicyCheck>(*at, kind, std::move(check), invalid);
    }
    if (good && !made) refuse(place, "`policy` needs `some`, `every` or `no`");
    return made;
}

ConditionPtr ConditionParts::make_document() {
    auto at = path("document");
    ConditionPtr check = condition("check", true);
    static constexpr std::array<std::string_view, 2> formats = {"json", "yaml"};
    const std::string format(formats[word("format", formats)]);
    const auto invalid = static_cast<Invalid>(word("invalid", missing_words));
    if (!at) return nullptr;
    return std::make_unique<DocumentCheck>(std::move(*at), std::move(check), format, invalid);
}

ConditionPtr ConditionParts::make_linked_from() {
    auto made = std::make_unique<LinkedFrom>();
    made->types = texts("linked_from");
    made->by = path("by");
    made->keys = keys();
    made->check = condition("check", false);
    static constexpr std::array<std::string_view, 3> words = {"some", "every", "no"};
    made->match = static_cast<LinkedFrom::Match>(word("match", words));
    return made;
}

ConditionPtr ConditionParts::make_links_to() {
    auto made = std::make_unique<LinksTo>();
    made->path = path("links_to");
    made->types = texts("types");
    made->keys = keys();
    made->check = condition("check", false);
    made->missing = static_cast<Missing>(word("missing", missing_words));
    return made;
}

ConditionPtr ConditionParts::make_resource_exists() {
    auto made = std::make_unique<ResourceExists>();
    made->types = texts("resource_exists");
    made->where = condition("where", false);
    if (source.find("missing")) made->missing = static_cast<Missing>(word("missing", missing_words));
    return made;
}

ConditionPtr ConditionParts::make_native() {
    const Member* name = find("native");
    const Member* with = find("with");
    const NativeCheck* check = name->value.is_string() ? find_native_check(name->value.as_string()) : nullptr;
    if (!check) {
        std::vector<std::string_view> names;
        for (const NativeCheck& known : native_checks()) names.push_back(known.name);
        refuse(name->span, "there is no native check of that name", "There are:" + listing(names) + ".");
        return nullptr;
    }
    return std::make_unique<Native>(*check, with ? with->value : Value::object({}));
}

ConditionPtr ConditionParts::make(std::string_view head) {
    using Statement = StatementCheck::Kind;
    if (head == "all") return std::make_unique<Logic>(Logic::Kind::all, list(head));
    if (head == "any") return std::make_unique<Logic>(Logic::Kind::any, list(head));
    if (head == "none") return std::make_unique<Logic>(Logic::Kind::none, list(head));
    if (head == "not") {
        std::vector<ConditionPtr> parts;
        parts.push_back(condition(head, true));
        return std::make_unique<Logic>(Logic::Kind::not_, std::move(parts));
    }
    if (head == "always") return std::make_unique<Always>(flag(head, true));
    if (head == "path" || head == "first") return make_look_up(head);
    if (head == "some") return make_elements(Elements::Kind::some, head);
    if (head == "every") return make_elements(Elements::Kind::every, head);
    if (head == "no") return make_elements(Elements::Kind::no, head);
    if (head == "count") return make_elements(Elements::Kind::count, head);
    if (head == "lowest") return make_lowest();
    if (head == "at") {
        auto where = path(head);
        ConditionPtr check = condition("check", true);
        return where ? std::make_unique<At>(std::move(*where), std::move(check)) : nullptr;
    }
    if (head == "ports") return make_ports();
    if (head == "document") return make_document();
    if (head == "policy") return make_policy();
    if (head == "grants") return std::make_unique<StatementCheck>(Statement::grants, texts(head));
    if (head == "public_principal" || head == "any_resource") {
        const auto kind = head == "any_resource" ? Statement::any_resource : Statement::public_principal;
        ConditionPtr check = std::make_unique<StatementCheck>(kind, std::vector<std::string>{});
        if (flag(head, true)) return check;
        std::vector<ConditionPtr> parts;
        parts.push_back(std::move(check));
        return std::make_unique<Logic>(Logic::Kind::not_, std::move(parts));
    }
    if (head == "conditioned_by") {
        std::vector<std::string> names = texts(head);
        for (std::string& name : names) name = lower(name);
        return std::make_unique<StatementCheck>(Statement::conditioned_by, std::move(names));
    }
    if (head == "linked_from") return make_linked_from();
    if (head == "links_to") return make_links_to();
    if (head == "resource_exists") return make_resource_exists();
    if (head == "self") {
        ConditionPtr check = condition(head, true);
        return check ? std::make_unique<Self>(std::move(check)) : nullptr;
    }
    return make_native();
}

std::nullptr_t ConditionCompiler::refuse(Span place, std::string summary, std::string detail) {
    diagnostics_.error("rule", std::move(summary), std::move(detail), place);
    return nullptr;
}

ConditionPtr ConditionCompiler::compile(const Value& source, Span place) {
    if (source.origin().valid()) place = source.origin();
    if (!source.is_mapping() || source.members().empty())
        return refuse(place, "a condition is a mapping",
                      "Such as `{path: enabled, equals: true}`; rules/LANGUAGE.md lists the heads.");
    if (depth_ >= max_nesting) return refuse(place, "conditions are nested deeper than 60 levels");
    // Of `policy: P, some: C` the head is `policy`: what names a path or types comes before what may be its option.
    static constexpr std::array<std::string_view, 25> order = {"path",
                                                               "first",
                                                               "policy",
                                                               "document",
                                                               "count",
                                                               "lowest",
                                                               "linked_from",
                                                               "links_to",
                                                               "resource_exists",
                                                               "native",
                                                               "ports",
                                                               "at",
                                                               "grants",
                                                               "public_principal",
                                                               "any_resource",
                                                               "conditioned_by",
                                                               "self",
                                                               "always",
                                                               "all",
                                                               "any",
                                                               "none",
                                                               "not",
                                                               "some",
                                                               "every",
                                                               "no"};
    const auto head =
        std::find_if(order.begin(), order.end(), [&](std::string_view name) { return source.find(name) != nullptr; });
    if (head == order.end()) {
        const std::string& first = source.members().front().name;
        return refuse(source.members().front().span, "`" + first + "` begins no condition",
                      "A condition begins with one of:" + ConditionParts::listing(head_names()) + "." +
                          suggestion(first, head_names()));
    }
    ++depth_;
    ConditionParts parts{*this, source, place, true, {}};
    ConditionPtr made = parts.make(*head);
    --depth_;
    if (!parts.finish() || !made) return nullptr;
    return made;
}

}  // namespace plumbline
