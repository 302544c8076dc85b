#include "rules/operators.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "rules/links.h"
#include "rules/network.h"
#include "rules/secrets.h"
#include "scanner/model/text.h"

namespace plumbline {
namespace {

using Values = std::vector<Value>;

bool same_text(std::string_view a, std::string_view b, bool ignore_case) {
    return ignore_case ? lower(a) == lower(b) : a == b;
}

/// What an unknown text certainly begins with.
std::string known_prefix(const Value& value) {
    const Unknown& unknown = value.as_unknown();
    if (!unknown.parts.empty() && unknown.parts.front().is_string()) return unknown.parts.front().as_string();
    return unknown.refinement.prefix;
}

std::string known_suffix(const Value& value) {
    const Unknown& unknown = value.as_unknown();
    if (!unknown.parts.empty() && unknown.parts.back().is_string()) return unknown.parts.back().as_string();
    return {};
}

/// Some known part of an unknown text fulfils `holds`.
template <class Predicate>
bool some_part(const Value& value, Predicate holds) {
    const Unknown& unknown = value.as_unknown();
    if (unknown.parts.empty()) return !unknown.refinement.prefix.empty() && holds(unknown.refinement.prefix);
    return std::any_of(unknown.parts.begin(), unknown.parts.end(),
                       [&](const Value& part) { return part.is_string() && holds(part.as_string()); });
}

Truth undecided(const Value& value, CauseRef& cause) {
    if (!cause) cause = unknown_cause(value);
    return Truth::unknown;
}

/// Whether a trace says that the value simply is an attribute of a resource, whatever names it went through.
bool is_computed(const Trace* trace) {
    for (int steps = 0; trace && steps < 100; ++steps) {
        if (trace->kind == Trace::Kind::reference)
            return !trace->name.starts_with("data.external") &&
                   trace->name.find("terraform_remote_state") == std::string::npos;
        if (trace->kind == Trace::Kind::expression || trace->from.size() != 1) return false;
        trace = trace->from.front().get();
    }
    return false;
}

/// Whether an unknown text certainly holds a character for which `counts`, in a known part or because a part is an
/// attribute that a provider computes.
template <class Predicate>
bool holds_character(const Value& value, Predicate counts) {
    const auto has = [&](const std::string& text) { return std::any_of(text.begin(), text.end(), counts); };
    if (is_computed(value.trace().get()) || some_part(value, has)) return true;
    const auto& parts = value.as_unknown().parts;
    return std::any_of(parts.begin(), parts.end(), [](const Value& part) { return is_computed(part.trace().get()); });
}

std::string list_text(const Values& values) {
    std::vector<std::string> texts;
    for (const Value& value : values) texts.push_back(value.to_text(60));
    return first_of(texts, ", ");
}

class OneOf : public Operator {
  public:
    OneOf(Values wanted, bool ignore_case) : wanted_(std::move(wanted)), ignore_case_(ignore_case) {
        lists_ = std::any_of(wanted_.begin(), wanted_.end(), [](const Value& value) { return value.is_sequence(); });
    }
    Truth test(const Value& value, const Scope&, CauseRef& cause) const override {
        bool maybe = false;
        for (const Value& wanted : wanted_) {
            const Truth truth = loosely_equal(value, wanted, ignore_case_, cause);
            if (truth == Truth::yes) return truth;
            maybe |= truth == Truth::unknown;
        }
        return maybe ? Truth::unknown : Truth::no;
    }
    bool takes_lists() const override { return lists_; }
    std::string expectation() const override {
        return wanted_.size() == 1 ? "be " + wanted_[0].to_text(60) : "be one of " + list_text(wanted_);
    }

  private:
    Values wanted_;
    bool ignore_case_, lists_;
};

class Matches : public Operator {
  public:
    Matches(std::string pattern, bool ignore_case) : pattern_(std::move(pattern), ignore_case) {}
    Truth test(const Value& value, const Scope&, CauseRef& cause) const override {
        if (value.is_unknown()) {
            const Pattern::Anchors anchors = pattern_.anchors();
            const auto matches = [&](const std::string& part) { return !part.empty() && pattern_.matches(part); };
            const bool found = anchors.inside                 ? false
                               : anchors.start && anchors.end ? false
                               : anchors.start                ? matches(known_prefix(value))
                               : anchors.end                  ? matches(known_suffix(value))
                                                              : some_part(value, matches);
            return found ? Truth::yes : undecided(value, cause);
        }
        const auto text = scalar_text(value);
        return truth_of(text && pattern_.matches(*text));
    }
    std::string expectation() const override { return "match " + pattern_.text(); }
    const Pattern& pattern() const { return pattern_; }

  private:
    Pattern pattern_;
};

class Contains : public Operator {
  public:
    Contains(Values wanted, bool all, bool ignore_case)
        : wanted_(std::move(wanted)), all_(all), ignore_case_(ignore_case) {}
    Truth test(const Value& value, const Scope&, CauseRef& cause) const override {
        bool maybe = false, missing = false;
        for (const Value& wanted : wanted_) {
            const Truth truth = holds(value, wanted, cause);
            if (truth == Truth::yes && !all_) return truth;
            maybe |= truth == Truth::unknown;
            missing |= truth == Truth::no;
        }
        if (all_ && missing) return Truth::no;
        if (maybe) return Truth::unknown;
        return truth_of(all_);
    }
    bool takes_lists() const override { return true; }
    std::string expectation() const override {
        return "contain " + std::string(wanted_.size() == 1 ? "" : all_ ? "all of " : "one of ") + list_text(wanted_);
    }

  private:
    Truth holds(const Value& value, const Value& wanted, CauseRef& cause) const {
        if (value.is_unknown()) {
            const auto text = scalar_text(wanted);
            if (text &&
                some_part(value, [&](const std::string& part) { return part.find(*text) != std::string::npos; }))
                return Truth::yes;
            return undecided(value, cause);
        }
        if (value.is_sequence()) {
            Truth found = Truth::no;
            for (const Value& item : value.elements()) {
                const Truth truth = loosely_equal(item, wanted, ignore_case_, cause);
                if (truth == Truth::yes) return truth;
                if (truth == Truth::unknown) found = truth;
            }
            return found;
        }
        const auto text = scalar_text(wanted);
        if (!text) return Truth::no;
        if (value.is_mapping()) {
            return truth_of(std::any_of(value.members().begin(), value.members().end(), [&](const Member& member) {
                return same_text(member.name, *text, ignore_case_);
            }));
        }
        const auto own = scalar_text(value);
        if (!own) return Truth::no;
        return truth_of((ignore_case_ ? lower(*own) : *own).find(ignore_case_ ? lower(*text) : *text) !=
                        std::string::npos);
    }

    Values wanted_;
    bool all_, ignore_case_;
};

class Affix : public Operator {
  public:
    Affix(std::vector<std::string> texts, bool start, bool ignore_case)
        : texts_(std::move(texts)), start_(start), ignore_case_(ignore_case) {}
    Truth test(const Value& value, const Scope&, CauseRef& cause) const override {
        if (value.is_unknown()) {
            const std::string known = start_ ? known_prefix(value) : known_suffix(value);
            bool maybe = false;
            for (const std::string& text : texts_) {
                if (fits(known, text)) return Truth::yes;
                maybe |= fits(text, known);
            }
            return maybe ? undecided(value, cause) : Truth::no;
        }
        const auto own = scalar_text(value);
        return truth_of(own &&
                        std::any_of(texts_.begin(), texts_.end(), [&](const std::string& t) { return fits(*own, t); }));
    }
    std::string expectation() const override {
        std::string out = start_ ? "start with " : "end with ";
        for (std::size_t i = 0; i < texts_.size(); ++i) out += (i ? " or " : "") + quoted(texts_[i]);
        return out;
    }

  private:
    bool fits(std::string_view text, std::string_view affix) const {
        if (text.size() < affix.size()) return false;
        return same_text(start_ ? text.substr(0, affix.size()) : text.substr(text.size() - affix.size()), affix,
                         ignore_case_);
    }
    std::vector<std::string> texts_;
    bool start_, ignore_case_;
};

/// Of a value that is not null, or certainly will not be: what a provider computes is there after apply; a variable may
/// still be given as null.
bool is_there(const Value& value) {
    if (!value.is_unknown()) return true;
    const Unknown& unknown = value.as_unknown();
    return unknown.refinement.not_null || !unknown.parts.empty() || !unknown.document.empty() ||
           !unknown.refinement.prefix.empty() || (value.trace() && value.trace()->has_reference);
}

class Exists : public Operator {
  public:
    Truth test(const Value& value, const Scope&, CauseRef& cause) const override {
        return is_there(value) ? Truth::yes : undecided(value, cause);
    }
    bool takes_lists() const override { return true; }
    std::string expectation() const override { return "be set"; }
};

/// Elements that may not be there: what a condition takes out of a list (`AWS::NoValue`). `cause` is of the first.
std::size_t removable_elements(const Value& list, CauseRef& cause) {
    std::size_t removable = 0;
    for (const Value& element : list.elements()) {
        if (!element.is_unknown()) continue;
        const auto& choices = element.as_unknown().alternatives;
        if (std::none_of(choices.begin(), choices.end(), [](const Value& choice) { return choice.is_null(); }))
            continue;
        if (!cause) cause = element.as_unknown().cause;
        ++removable;
    }
    return removable;
}

class Empty : public Operator {
  public:
    Truth test(const Value& value, const Scope&, CauseRef& cause) const override {
        if (value.is_unknown()) {
            const Unknown& unknown = value.as_unknown();
            if (unknown.refinement.length_min > 0 || !unknown.document.empty() ||
                (value.trace() && value.trace()->kind == Trace::Kind::reference) ||
                holds_character(value, [](char) { return true; }))
                return Truth::no;
            return undecided(value, cause);
        }
        if (value.is_string()) return truth_of(value.as_string().empty());
        if (value.is_sequence()) {
            CauseRef removed;
            const bool all = removable_elements(value, removed) == value.elements().size();
            if (!all || value.elements().empty()) return truth_of(value.elements().empty());
            if (!cause) cause = std::move(removed);
            return Truth::unknown;
        }
        if (value.is_mapping()) return truth_of(value.members().empty());
        return Truth::no;
    }
    Truth absent(const Scope&) const override { return Truth::yes; }
    bool takes_lists() const override { return true; }
    std::string expectation() const override { return "be empty"; }
};

/// A span of numbers that something is to lie in.
struct Range {
    std::optional<Number> at_least, at_most, above, below;
    bool holds(const Number& number) const {
        return !(at_least && number < *at_least) && !(at_most && *at_most < number) && !(above && !(*above < number)) &&
               !(below && !(number < *below));
    }
    /// Of a number that lies between known bounds.
    Truth holds(const Refinement& known) const {
        const auto least = [&](const Number& bound, bool inclusive) {  // some number above the bound; all
            const bool all = known.lower &&
                             (bound < *known.lower || (bound == *known.lower && (inclusive || !known.lower_inclusive)));
            const bool none = known.upper && (*known.upper < bound ||
                                              (bound == *known.upper && !(inclusive && known.upper_inclusive)));
            return all ? Truth::yes : none ? Truth::no : Truth::unknown;
        };
        const auto most = [&](const Number& bound, bool inclusive) {
            const bool all = known.upper &&
                             (*known.upper < bound || (bound == *known.upper && (inclusive || !known.upper_inclusive)));
            const bool none = known.lower && (bound < *known.lower ||
                                              (bound == *known.lower && !(inclusive && known.lower_inclusive)));
            return all ? Truth::yes : none ? Truth::no : Truth::unknown;
        };
        Truth result = Truth::yes;
        const auto join = [&](Truth truth) {
            if (truth == Truth::no || result == Truth::yes) result = truth;
        };
        if (at_least) join(least(*at_least, true));
        if (above) join(least(*above, false));
        if (at_most) join(most(*at_most, true));
        if (below) join(most(*below, false));
        return result;
    }
    std::string text(std::string_view what) const {
        std::string out;
        const auto part = [&](const std::optional<Number>& bound, const char* word) {
            if (bound) out += (out.empty() ? "" : " and ") + std::string(word) + bound->to_string();
        };
        if (at_least && at_most && *at_least == *at_most) return at_least->to_string() + std::string(what);
        part(at_least, "at least ");
        part(at_most, "at most ");
        part(above, "more than ");
        part(below, "less than ");
        return out + std::string(what);
    }
};

class Length : public Operator {
  public:
    explicit Length(Range range) : range_(std::move(range)) {}
    Truth test(const Value& value, const Scope&, CauseRef& cause) const override {
        if (value.is_unknown()) {
            const Refinement& known = value.as_unknown().refinement;
            Refinement length;
            length.lower = Number::from_unsigned(known.length_min);
            if (known.length_max) length.upper = Number::from_unsigned(*known.length_max);
            const Truth truth = range_.holds(length);
            if (truth != Truth::unknown) return truth;
            return undecided(value, cause);
        }
        std::size_t length = 0;
        if (value.is_sequence()) {
            length = value.elements().size();
            CauseRef removed;
            std::size_t least = length - removable_elements(value, removed);
            const bool holds = range_.holds(Number::from_unsigned(length));
            while (least < length && range_.holds(Number::from_unsigned(least)) == holds) ++least;
            if (least < length) {
                if (!cause) cause = std::move(removed);
                return Truth::unknown;
            }
        } else if (value.is_mapping()) {
            length = value.members().size();
        } else {
            const auto text = scalar_text(value);
            for (char c : text.value_or("")) length += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
        }
        return truth_of(range_.holds(Number::from_unsigned(length)));
    }
    Truth absent(const Scope&) const override { return truth_of(range_.holds(Number(0))); }
    bool takes_lists() const override { return true; }
    std::string expectation() const override { return "have a length of " + range_.text(""); }

  private:
    Range range_;
};

class Compare : public Operator {
  public:
    explicit Compare(Range range) : range_(std::move(range)) {}
    Truth test(const Value& value, const Scope&, CauseRef& cause) const override {
        if (value.is_unknown()) {
            const Truth truth = range_.holds(value.as_unknown().refinement);
            if (truth == Truth::no || (truth == Truth::yes && is_there(value))) return truth;
            return undecided(value, cause);
        }
        const auto number = scalar_number(value);
        return truth_of(number && range_.holds(*number));
    }
    std::string expectation() const override { return "be " + range_.text(""); }

  private:
    Range range_;
};

std::vector<std::int64_t> version_parts(std::string_view text) {
    std::vector<std::int64_t> parts;
    std::size_t at = text.find_first_of("0123456789");
    while (at < text.size()) {
        std::int64_t part = 0;
        const auto [end, error] = std::from_chars(text.data() + at, text.data() + text.size(), part);
        if (error != std::errc()) break;
        parts.push_back(part);
        at = static_cast<std::size_t>(end - text.data());
        if (at + 1 >= text.size() || text[at] != '.' || text[at + 1] < '0' || text[at + 1] > '9') break;
        ++at;
    }
    return parts;
}

class Version : public Operator {
  public:
    Version(std::string bound, bool at_least)
        : text_(std::move(bound)), bound_(version_parts(text_)), at_least_(at_least) {}
    Truth test(const Value& value, const Scope&, CauseRef& cause) const override {
        if (value.is_unknown()) return undecided(value, cause);
        std::vector<std::int64_t> own = version_parts(scalar_text(value).value_or(""));
        if (own.empty()) {
            if (!cause) cause = make_cause(value.to_text(60) + " names no version");
            return Truth::unknown;
        }
        std::vector<std::int64_t> bound = bound_;
        own.resize(std::max(own.size(), bound.size()));
        bound.resize(own.size());
        return truth_of(at_least_ ? own >= bound : own < bound);
    }
    std::string expectation() const override {
        return std::string(at_least_ ? "be version " : "be below version ") + text_ + (at_least_ ? " or later" : "");
    }

  private:
    std::string text_;
    std::vector<std::int64_t> bound_;
    bool at_least_;
};

constexpr std::array<std::pair<std::string_view, double>, 7> unit_days = {{{"seconds", 1.0 / 86400},
                                                                           {"minutes", 1.0 / 1440},
                                                                           {"hours", 1.0 / 24},
                                                                           {"days", 1},
                                                                           {"weeks", 7},
                                                                           {"months", 30},
                                                                           {"years", 365}}};

std::optional<double> days_per(std::string_view unit) {
    for (const auto& [name, days] : unit_days) {
        if (unit == name || (unit.size() + 1 == name.size() && name.starts_with(unit))) return days;
    }
    return std::nullopt;
}

/// `30d`, `12h`, `P90D`, `PT12H`, `720h0m0s`, `7 days`; a bare number counts in `unit`.
std::optional<double> duration_days(std::string_view text, std::string_view unit) {
    text = trim(text);
    bool iso = false, time = false;
    if (text.starts_with('P') || text.starts_with('p')) {
        iso = true;
        text.remove_prefix(1);
    }
    double total = 0;
    bool any = false;
    while (!text.empty()) {
        if (iso && (text[0] == 'T' || text[0] == 't')) {
            time = true;
            text.remove_prefix(1);
            continue;
        }
        const std::size_t digits = std::min(text.find_first_not_of("0123456789."), text.size());
        if (digits == 0 || digits > 15) return std::nullopt;
        double number = 0;
        if (std::from_chars(text.data(), text.data() + digits, number).ec != std::errc()) return std::nullopt;
        text = trim(text.substr(digits));
        const std::size_t letters = std::min(text.find_first_of("0123456789. "), text.size());
        const std::string word = lower(text.substr(0, letters));
        text = trim(text.substr(letters));
        std::optional<double> each;
        if (word.empty())
            each = days_per(unit);
        else if (word == "s")
            each = days_per("seconds");
        else if (word == "m")
            each = iso && !time ? days_per("months") : days_per("minutes");
        else if (word == "h")
            each = days_per("hours");
        else if (word == "d")
            each = 1;
        else if (word == "w")
            each = 7;
        else if (word == "y")
            each = 365;
        else
            each = days_per(word);
        if (!each) return std::nullopt;
        total += number * *each;
        any = true;
    }
    return any ? std::optional(total) : std::nullopt;
}

class Days : public Operator {
  public:
    Days(double bound, bool at_least, std::string unit) : bound_(bound), at_least_(at_least), unit_(std::move(unit)) {}
    Truth test(const Value& value, const Scope&, CauseRef& cause) const override {
        if (value.is_unknown()) return undecided(value, cause);
        const auto text = scalar_text(value);
        const auto days = text ? duration_days(*text, unit_) : std::nullopt;
        // A hair of tolerance: seconds and hours become fractions of days.
        return truth_of(days && (at_least_ ? *days >= bound_ - 1e-9 : *days <= bound_ + 1e-9));
    }
    std::string expectation() const override {
        return std::string(at_least_ ? "be at least " : "be at most ") + Number::from_double(bound_).to_string() +
               (bound_ == 1 ? " day" : " days");
    }

  private:
    double bound_;
    bool at_least_;
    std::string unit_;
};

class Cidr : public Operator {
  public:
    explicit Cidr(bool internet) : internet_(internet) {}
    Truth test(const Value& value, const Scope&, CauseRef& cause) const override {
        if (value.is_unknown()) {
            // The length at the end decides, whatever the address: `10.${x}.0.0/16`.
            const std::string suffix = known_suffix(value);
            const std::size_t slash = suffix.rfind('/');
            if (internet_ && slash != std::string::npos) {
                const auto length = Number::parse(std::string_view(suffix).substr(slash + 1));
                if (length) return truth_of(!(Number(1) < *length));
            }
            return undecided(value, cause);
        }
        const auto text = scalar_text(value);
        const auto block = text ? parse_address_block(*text) : std::nullopt;
        return truth_of(block && (internet_ ? is_internet(*block) : is_private(*block)));
    }
    std::string expectation() const override {
        return internet_ ? "take in every address" : "be a private address block";
    }

  private:
    bool internet_;
};

class Is : public Operator {
  public:
    explicit Is(std::string kind) : kind_(std::move(kind)) {}
    static bool fits(std::string_view kind) {
        return kind == "string" || kind == "number" || kind == "bool" || kind == "list" || kind == "mapping";
    }
    Truth test(const Value& value, const Scope&, CauseRef& cause) const override {
        if (!value.is_unknown()) return truth_of(kind_ == kind_of(value.type().kind()));
        const Type::Kind known = value.as_unknown().type.kind();
        if (known != Type::Kind::dynamic && kind_ != kind_of(known)) return Truth::no;
        return known != Type::Kind::dynamic && is_there(value) ? Truth::yes : undecided(value, cause);
    }
    bool takes_lists() const override { return true; }
    std::string expectation() const override { return "be a " + kind_; }

  private:
    static std::string_view kind_of(Type::Kind kind) {
        switch (kind) {
            case Type::Kind::string:
                return "string";
            case Type::Kind::number:
                return "number";
            case Type::Kind::boolean:
                return "bool";
            case Type::Kind::list:
            case Type::Kind::set:
            case Type::Kind::tuple:
                return "list";
            case Type::Kind::map:
            case Type::Kind::object:
                return "mapping";
            case Type::Kind::dynamic:
                break;
        }
        return {};
    }
    std::string kind_;
};

class EqualsPath : public Operator {
  public:
    EqualsPath(Path path, bool ignore_case) : path_(std::move(path)), ignore_case_(ignore_case) {}
    Truth test(const Value& value, const Scope& scope, CauseRef& cause) const override {
        return same_as(value, follow(path_, scope), cause);
    }
    bool takes_lists() const override { return true; }
    std::string expectation() const override { return "be the same as " + path_.text(); }

  private:
    Truth same_as(const Value& value, const Spots& spots, CauseRef& cause) const {
        Truth result = Truth::no;
        for (const Spot& spot : spots.sure) {
            if (!spot.present) continue;
            const Truth truth = same(value, spot.value, cause);
            if (truth == Truth::yes) return truth;
            if (truth == Truth::unknown) result = truth;
        }
        for (const Spots::Choice& choice : spots.choices) {
            std::optional<Truth> each;
            for (const Spots& alternative : choice.alternatives) {
                const Truth truth = same_as(value, alternative, cause);
                each = !each || *each == truth ? truth : Truth::unknown;
            }
            if (each == Truth::yes) return Truth::yes;
            if (each == Truth::no) continue;
            if (!cause) cause = choice.cause;
            result = Truth::unknown;
        }
        return result;
    }
    Truth same(const Value& value, const Value& other, CauseRef& cause) const {
        if (value.is_unknown() && other.is_unknown() && is_there(value)) {
            const auto own = identity_of(value);
            if (own && own == identity_of(other)) return Truth::yes;
        }
        return loosely_equal(value, other, ignore_case_, cause);
    }
    Path path_;
    bool ignore_case_;
};

class ActionGrants : public Operator {
  public:
    explicit ActionGrants(std::vector<std::string> actions) : actions_(std::move(actions)) {}
    Truth test(const Value& value, const Scope&, CauseRef& cause) const override {
        if (value.is_unknown()) return may_cover(value, actions_) ? undecided(value, cause) : Truth::no;
        const auto text = scalar_text(value);
        return truth_of(text && std::any_of(actions_.begin(), actions_.end(),
                                            [&](const std::string& action) { return action_covers(*text, action); }));
    }
    std::string expectation() const override { return "take in " + first_of(actions_, " or "); }

  private:
    std::vector<std::string> actions_;
};

class LooksSecret : public Operator {
  public:
    Truth test(const Value& value, const Scope&, CauseRef&) const override {
        if (value.is_unknown())
            return truth_of(some_part(value, [](const std::string& part) { return looks_secret(part); }));
        return truth_of(value.is_string() && looks_secret(value.as_string()));
    }
    bool about_secrets() const override { return true; }
    std::string expectation() const override { return "look like a credential"; }
};

/// Nothing that a run brings in: no command line, environment or reference on the way.
bool is_written(const Trace* trace, int depth) {
    if (!trace) return true;
    if (trace->kind == Trace::Kind::command_line || trace->kind == Trace::Kind::environment ||
        trace->kind == Trace::Kind::reference || trace->kind == Trace::Kind::provider_default)
        return false;
    if (depth > 50) return true;
    return std::all_of(trace->from.begin(), trace->from.end(),
                       [&](const TraceRef& from) { return is_written(from.get(), depth + 1); });
}

class Literal : public Operator {
  public:
    Truth test(const Value& value, const Scope&, CauseRef&) const override {
        // What has to be given from outside, or is known only after apply, is not written here.
        if (value.is_unknown()) return Truth::no;
        if (value.is_string() && value.as_string().empty()) return Truth::no;
        return truth_of(is_written(value.trace().get(), 0));
    }
    bool about_secrets() const override { return true; }
    std::string expectation() const override { return "be written out in code"; }
};

// --- reading operands ---

std::optional<Number> number_of(const Value& operand) {
    return operand.is_number() ? std::optional(operand.as_number()) : std::nullopt;
}

std::optional<std::vector<std::string>> texts_of(const Value& operand) {
    if (operand.is_string()) return std::vector{operand.as_string()};
    if (!operand.is_sequence() || operand.elements().empty()) return std::nullopt;
    std::vector<std::string> texts;
    for (const Value& item : operand.elements()) {
        if (!item.is_string()) return std::nullopt;
        texts.push_back(item.as_string());
    }
    return texts;
}

Values values_of(const Value& operand) {
    if (!operand.is_sequence()) return {operand};
    return {operand.elements().begin(), operand.elements().end()};
}

std::unique_ptr<const Operator> make_length(const Value& operand, std::string& error) {
    Range range;
    if (const auto number = number_of(operand)) {
        range.at_least = range.at_most = number;
    } else {
        bool fits = !operand.members().empty();
        for (const Member& member : operand.members()) {
            auto& bound = member.name == "at_least" ? range.at_least : range.at_most;
            bound = number_of(member.value);
            fits &= bound && (member.name == "at_least" || member.name == "at_most");
        }
        if (!fits) error = "`length` takes a number or a mapping of `at_least` and `at_most`";
    }
    if (!error.empty()) return nullptr;
    return std::make_unique<Length>(range);
}

}  // namespace

std::string first_of(const std::vector<std::string>& names, std::string_view separator) {
    constexpr std::size_t shown = 6;
    if (names.size() <= shown) return join(names, separator);
    return join(std::vector(names.begin(), names.begin() + 3), separator) + std::string(separator) +
           std::to_string(names.size() - 3) + " others";
}

CauseRef unknown_cause(const Value& value) {
    if (value.is_unknown()) {
        const Unknown& unknown = value.as_unknown();
        if (unknown.cause) return unknown.cause;
        return make_cause("the value is not known before apply", value.origin());
    }
    for (const Value& item : value.elements()) {
        if (CauseRef cause = unknown_cause(item)) return cause;
    }
    for (const Member& member : value.members()) {
        if (CauseRef cause = unknown_cause(member.value)) return cause;
    }
    return {};
}

std::optional<std::string> scalar_text(const Value& value) {
    if (value.is_string()) return value.as_string();
    if (value.is_bool()) return value.as_bool() ? "true" : "false";
    if (value.is_number()) return value.as_number().to_string();
    return std::nullopt;
}

std::optional<Number> scalar_number(const Value& value) {
    if (value.is_number()) return value.as_number();
    if (value.is_string()) return Number::parse(trim(value.as_string()));
    return std::nullopt;
}

Truth agreeing(const Value& unknown, CauseRef& cause, const std::function<Truth(const Value&)>& test) {
    std::optional<Truth> all;
    for (const Value& alternative : unknown.as_unknown().alternatives) {
        const Truth truth = test(alternative);
        if (all && *all != truth) return undecided(unknown, cause);
        all = truth;
    }
    return all.value_or(Truth::unknown);
}

Truth loosely_equal(const Value& value, const Value& wanted, bool ignore_case, CauseRef& cause) {
    for (const auto& [choice, other] : {std::pair(&value, &wanted), std::pair(&wanted, &value)}) {
        if (choice->is_unknown() && !choice->as_unknown().alternatives.empty())
            return agreeing(*choice, cause,
                            [&](const Value& each) { return loosely_equal(each, *other, ignore_case, cause); });
    }
    if (value.is_unknown() || wanted.is_unknown()) {
        const Value& unknown = value.is_unknown() ? value : wanted;
        const Value& other = value.is_unknown() ? wanted : value;
        if (other.is_unknown()) return undecided(unknown, cause);
        const auto text = scalar_text(other);
        // What a provider computes (an ARN, an id) is never the wildcard, nor is what has such a part.
        if (text == "*" && holds_character(unknown, [](char c) { return c != '*'; })) return Truth::no;
        const std::string prefix = known_prefix(unknown), suffix = known_suffix(unknown);
        if (text && (text->size() < std::max(prefix.size(), suffix.size()) ||
                     !same_text(std::string_view(*text).substr(0, prefix.size()), prefix, ignore_case) ||
                     !same_text(std::string_view(*text).substr(text->size() - suffix.size()), suffix, ignore_case)))
            return Truth::no;
        return undecided(unknown, cause);
    }
    if (value.is_sequence() && wanted.is_sequence()) {
        if (value.elements().size() != wanted.elements().size()) return Truth::no;
        Truth result = Truth::yes;
        for (std::size_t i = 0; i < value.elements().size(); ++i) {
            const Truth truth = loosely_equal(value.elements()[i], wanted.elements()[i], ignore_case, cause);
            if (truth == Truth::no) return truth;
            if (truth == Truth::unknown) result = truth;
        }
        return result;
    }
    if (value.is_number() && wanted.is_number()) return truth_of(value.as_number() == wanted.as_number());
    const auto a = scalar_text(value), b = scalar_text(wanted);
    if (a && b) {
        if (value.kind() != wanted.kind() && (value.is_number() || wanted.is_number())) {
            const auto x = scalar_number(value), y = scalar_number(wanted);
            if (x && y) return truth_of(*x == *y);
        }
        // Booleans written as text come in any case in CloudFormation and YAML.
        return truth_of(same_text(*a, *b, ignore_case || value.is_bool() || wanted.is_bool()));
    }
    return truth_of(value.same_data(wanted));
}

bool action_covers(std::string_view pattern, std::string_view action) {
    if (pattern == "*" || pattern == "*:*") return true;
    // Lists of hundreds of actions are asked of every statement, so nothing is copied.
    const std::string_view p = pattern, a = action;
    const auto small = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; };
    // IAM's `*` runs over everything, `:` and `/` included.
    std::size_t at = 0, mark = 0, star = std::string::npos, i = 0;
    while (i < a.size()) {
        if (at < p.size() && p[at] == '*') {
            star = at++;
            mark = i;
        } else if (at < p.size() && ((p[at] == '?' && a[i] != '*') || small(p[at]) == small(a[i]))) {
            ++at;
            ++i;
        } else if (star != std::string::npos) {
            at = star + 1;
            i = ++mark;
        } else {
            return false;
        }
    }
    while (at < p.size() && p[at] == '*') ++at;
    return at == p.size();
}

bool may_cover(const Value& pattern, const std::vector<std::string>& actions) {
    const Unknown& unknown = pattern.as_unknown();
    std::string widest = unknown.refinement.prefix + "*";
    if (!unknown.parts.empty()) {
        widest.clear();
        for (const Value& part : unknown.parts) widest += scalar_text(part).value_or("*");
    }
    return std::any_of(actions.begin(), actions.end(), [&](const std::string& action) {
        // What has a letter is not the wildcard alone.
        CauseRef ignored;
        return action == "*" ? loosely_equal(pattern, Value::string("*"), true, ignored) != Truth::no
                             : action_covers(widest, action);
    });
}

const std::vector<std::string_view>& operator_names() {
    static const std::vector<std::string_view> names = {"equals",
                                                        "not_equals",
                                                        "one_of",
                                                        "not_one_of",
                                                        "matches",
                                                        "not_matches",
                                                        "contains",
                                                        "not_contains",
                                                        "contains_all",
                                                        "starts_with",
                                                        "not_starts_with",
                                                        "ends_with",
                                                        "not_ends_with",
                                                        "exists",
                                                        "empty",
                                                        "length",
                                                        "at_least",
                                                        "at_most",
                                                        "above",
                                                        "below",
                                                        "version_at_least",
                                                        "version_below",
                                                        "days_at_least",
                                                        "days_at_most",
                                                        "cidr_internet",
                                                        "cidr_private",
                                                        "is",
                                                        "equals_path",
                                                        "not_equals_path",
                                                        "action_grants",
                                                        "not_action_grants",
                                                        "looks_secret",
                                                        "literal"};
    return names;
}

std::unique_ptr<const Operator> make_operator(std::string_view key, const Value& operand,
                                              const OperatorOptions& options, std::string& error) {
    bool negative = false;
    if (!days_per(options.unit)) {
        error = "`unit` is seconds, minutes, hours, days, weeks, months or years";
        return nullptr;
    }
    if (key.starts_with("not_")) {
        negative = true;
        key.remove_prefix(4);
    }
    std::unique_ptr<Operator> made;
    const auto need = [&](bool fits, const char* what) {
        if (!fits) error = "`" + std::string(negative ? "not_" : "") + std::string(key) + "` takes " + what;
        return fits;
    };
    const auto flag = [&](auto make) {
        if (!need(operand.is_bool(), "true or false")) return;
        negative = !operand.as_bool();
        made = make();
    };
    if (key == "equals") {
        if (need(!operand.is_mapping() && !operand.is_null(), "a value"))
            made = std::make_unique<OneOf>(Values{operand}, options.ignore_case);
    } else if (key == "one_of") {
        if (need(operand.is_sequence() && !operand.elements().empty(), "a list"))
            made = std::make_unique<OneOf>(values_of(operand), options.ignore_case);
    } else if (key == "matches") {
        if (need(operand.is_string(), "a regular expression")) {
            auto matches = std::make_unique<Matches>(operand.as_string(), options.ignore_case);
            if (const auto refused = options.checked ? std::nullopt : matches->pattern().error())
                error = "RE2 refuses the pattern: " + *refused;
            else
                made = std::move(matches);
        }
    } else if (key == "contains" || key == "contains_all") {
        const bool none = operand.is_null() || operand.is_mapping();
        if (need(!none && !(operand.is_sequence() && operand.elements().empty()), "a value or a list of values"))
            made = std::make_unique<Contains>(values_of(operand), key == "contains_all", options.ignore_case);
    } else if (key == "starts_with" || key == "ends_with") {
        const auto texts = texts_of(operand);
        if (need(texts.has_value(), "a text or a list of texts"))
            made = std::make_unique<Affix>(*texts, key == "starts_with", options.ignore_case);
    } else if (key == "exists") {
        flag([] { return std::make_unique<Exists>(); });
    } else if (key == "empty") {
        flag([] { return std::make_unique<Empty>(); });
    } else if (key == "looks_secret") {
        flag([] { return std::make_unique<LooksSecret>(); });
    } else if (key == "literal") {
        flag([] { return std::make_unique<Literal>(); });
    } else if (key == "cidr_internet" || key == "cidr_private") {
        const bool internet = key == "cidr_internet";
        flag([internet] { return std::make_unique<Cidr>(internet); });
    } else if (key == "length") {
        return make_length(operand, error);
    } else if (key == "at_least" || key == "at_most" || key == "above" || key == "below") {
        if (need(operand.is_number(), "a number")) {
            Range range;
            (key == "at_least"  ? range.at_least
             : key == "at_most" ? range.at_most
             : key == "above"   ? range.above
                                : range.below) = operand.as_number();
            made = std::make_unique<Compare>(range);
        }
    } else if (key == "version_at_least" || key == "version_below") {
        // Of a number with a fraction the digits behind the point are lost: 1.10 is 1.1.
        const bool whole = !operand.is_number() || operand.as_number().is_integer();
        const auto text = whole ? scalar_text(operand) : std::nullopt;
        if (need(text && !version_parts(*text).empty(), "a version such as \"1.2\""))
            made = std::make_unique<Version>(*text, key == "version_at_least");
    } else if (key == "days_at_least" || key == "days_at_most") {
        if (need(operand.is_number(), "a number of days"))
            made = std::make_unique<Days>(operand.as_number().to_double(), key == "days_at_least", options.unit);
    } else if (key == "is") {
        if (need(operand.is_string() && Is::fits(operand.as_string()), "string, number, bool, list or mapping"))
            made = std::make_unique<Is>(operand.as_string());
    } else if (key == "equals_path") {
        if (need(operand.is_string(), "a path")) {
            auto path = Path::parse(operand.as_string(), error);
            if (path) made = std::make_unique<EqualsPath>(std::move(*path), options.ignore_case);
        }
    } else if (key == "action_grants") {
        const auto texts = texts_of(operand);
        if (need(texts.has_value(), "an action or a list of actions")) made = std::make_unique<ActionGrants>(*texts);
    }
    if (made) made->negative = negative;
    return made;
}

}  // namespace plumbline
