#include "rules/rule_set.h"

#include <algorithm>
#include <array>
#include <limits>
#include <mutex>
#include <set>
#include <unordered_map>

#include "rules/condition.h"
#include "rules/judging.h"
#include "rules/links.h"
#include "rules/pack.h"
#include "scanner/model/text.h"

namespace plumbline {
namespace {

// More steps on a value's way than this help nobody.
constexpr std::size_t max_related = 8;

/// One platform's part of a rule. Conditions are compiled when a resource of its types is met.
struct Check {
    std::string_view platform;
    std::vector<std::string_view> types;
    ConditionPtr when, pass;
    std::string message;
};

std::string plain_alias(std::string_view alias) {
    std::string out = lower(alias);
    return out.starts_with("avd-") ? out.substr(4) : out;
}

std::string text_of(const Value& mapping, std::string_view key) {
    const Member* member = mapping.find(key);
    return member && member->value.is_string() ? member->value.as_string() : std::string();
}

std::string type_key(std::string_view platform, std::string_view type) {
    std::string key;
    key.reserve(platform.size() + 1 + type.size());
    return key.append(platform).append(1, ' ').append(type);
}

bool is_word(std::string_view text) {
    return !text.empty() && text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos;
}

}  // namespace

/// One rule; what its `RuleInfo` says are views of the program's pack, or of its own.
class CompiledRule {
  public:
    std::string own_pack;
    std::vector<Check> checks;

    /// Compiles what the pack holds; it was checked by the build.
    void prepare() {
        std::call_once(*once_, [&] {
            if (!packed_) return;
            const Value list = PackReader(packed_->pack).value(packed_->index);
            Diagnostics none;
            for (std::size_t i = 0; i < checks.size() && i < list.elements().size(); ++i)
                compile(list.elements()[i], checks[i], none, true);
        });
    }
    void set_packed(std::string_view pack, std::size_t index) { packed_ = {pack, index}; }

    static bool compile(const Value& source, Check& check, Diagnostics& diagnostics, bool checked = false) {
        ConditionCompiler compiler(diagnostics, checked);
        bool good = true;
        if (const Member* when = source.find("when")) {
            check.when = compiler.compile(when->value, when->span);
            good &= check.when != nullptr;
        }
        if (const Member* pass = source.find("pass")) check.pass = compiler.compile(pass->value, pass->span);
        check.message = text_of(source, "message");
        return good && check.pass != nullptr;
    }

  private:
    struct Packed {
        std::string_view pack;
        std::size_t index;
    };
    std::optional<Packed> packed_;
    std::unique_ptr<std::once_flag> once_ = std::make_unique<std::once_flag>();
};

/// A verdict and what it rests on, before it is put into words.
struct Decision {
    Verdict verdict = Verdict::pass;
    Answer answer;
    CauseRef cause;       ///< of an undecided verdict
    bool broken = false;  ///< `pass` is false, whether or not the resource exists
};

/// The attribute at fault, or the header of the resource.
Span subject_of(const Evidence& evidence, const Resource& resource) {
    const bool own = !evidence.resource || evidence.resource == &resource;
    const Span span = own && evidence.place.valid() ? evidence.place : resource.header;
    return span.valid() ? span : resource.block;
}

struct RuleSet::Data {
    // One entry a rule in both, sorted by id.
    std::vector<std::unique_ptr<CompiledRule>> rules;
    std::vector<RuleInfo> infos;
    std::unordered_map<std::string, std::size_t> by_name;  // ids and aliases, plain
    struct Place {
        std::size_t rule, check;
    };
    std::unordered_map<std::string, std::vector<Place>> by_type;  // "platform type"
    std::vector<std::pair<std::string, Place>> by_prefix;         // types that end in `*`, without it
    DocumentReader reader;

    void insert(RuleInfo info, std::unique_ptr<CompiledRule> rule) {
        const auto place = std::upper_bound(infos.begin(), infos.end(), info.id,
                                            [](std::string_view id, const RuleInfo& at) { return id < at.id; });
        rules.insert(rules.begin() + (place - infos.begin()), std::move(rule));
        infos.insert(place, std::move(info));
    }

    void index() {
        by_name.clear();
        by_type.clear();
        by_prefix.clear();
        by_name.reserve(4 * rules.size());  // most rules have two or three aliases
        by_type.reserve(2 * rules.size());
        for (std::size_t i = 0; i < rules.size(); ++i) {
            const CompiledRule& rule = *rules[i];
            for (std::string_view alias : infos[i].aliases) by_name.emplace(plain_alias(alias), i);
            by_name[plain_alias(infos[i].id)] = i;
            for (std::size_t check = 0; check < rule.checks.size(); ++check) {
                for (std::string_view type : rule.checks[check].types) {
                    std::string key = type_key(rule.checks[check].platform, type);
                    if (type.ends_with('*')) {
                        key.pop_back();
                        by_prefix.emplace_back(std::move(key), Place{i, check});
                    } else {
                        by_type[std::move(key)].push_back({i, check});
                    }
                }
            }
        }
    }

    /// The checks for a type, at most one a rule, in the order of rules.
    std::vector<Place> places(std::string_view platform, std::string_view type) const {
        const std::string key = type_key(platform, type);
        std::vector<Place> out;
        if (const auto found = by_type.find(key); found != by_type.end()) out = found->second;
        for (const auto& [prefix, place] : by_prefix) {
            if (key.starts_with(prefix)) out.push_back(place);
        }
        std::stable_sort(out.begin(), out.end(), [](const Place& a, const Place& b) { return a.rule < b.rule; });
        out.erase(std::unique(out.begin(), out.end(), [](const Place& a, const Place& b) { return a.rule == b.rule; }),
                  out.end());
        return out;
    }

    Decision decide(CompiledRule& rule, const Check& check, const Resource& resource, const Graph& graph,
                    LinkIndex& links, std::vector<ExplainedStep>* steps) const;
    static Finding finding_of(const Decision& decision, const RuleInfo& info, const Check& check,
                              const Resource& resource, const Graph& graph, const SourceSet& sources);
    /// Judges every resource by every rule for its type.
    template <class Visit>
    void judge_all(const Graph& graph, Visit visit) const;
};

namespace {

void add_related(std::vector<RelatedPlace>& related, Span span, std::string message) {
    if (!span.valid() || related.size() >= max_related) return;
    for (const RelatedPlace& have : related) {
        if (have.span == span) return;
    }
    related.push_back({span, std::move(message)});
}

/// The way of a value back to where it was written.
void add_origins(const Trace* trace, std::vector<RelatedPlace>& related, int depth) {
    if (!trace || depth > 20) return;
    switch (trace->kind) {
        case Trace::Kind::variable_default:
            add_related(related, trace->span, trace->name + " has this default");
            break;
        case Trace::Kind::variable_file:
            add_related(related, trace->span, trace->name + " is set here");
            break;
        case Trace::Kind::module_argument:
            add_related(related, trace->span, trace->name + " is given here");
            break;
        case Trace::Kind::local:
            add_related(related, trace->span, trace->name + " is defined here");
            break;
        case Trace::Kind::output:
            add_related(related, trace->span, trace->name + " is put out here");
            break;
        case Trace::Kind::reference:
            add_related(related, trace->span,
                        "refers to " + trace->name + (trace->attribute.empty() ? "" : "." + trace->attribute));
            break;
        case Trace::Kind::anchor:
            add_related(related, trace->span, "the anchor");
            break;
        case Trace::Kind::literal:
        case Trace::Kind::expression:
        case Trace::Kind::command_line:
        case Trace::Kind::environment:
        case Trace::Kind::provider_default:
            break;
    }
    for (const TraceRef& from : trace->from) add_origins(from.get(), related, depth + 1);
}

Judgement judgement_of(const Answer& answer, const Resource& resource) {
    Judgement made;
    const Evidence& evidence = answer.evidence;
    const bool own = !evidence.resource || evidence.resource == &resource;
    made.subject = subject_of(evidence, resource);
    made.attribute = evidence.path;
    if (evidence.by) made.message = evidence.by->message(evidence);
    if (evidence.present) made.value = shown_value(evidence, 200);
    if (!own) {
        made.message = evidence.resource->address + ": " + made.message;
        add_related(made.related, evidence.place, evidence.resource->address + " decides");
        made.attribute = evidence.resource->type + ":" + evidence.path;
    }
    if (evidence.present) add_origins(evidence.value.trace().get(), made.related, 0);
    return made;
}

void set_cause(Judgement& judgement, const CauseRef& cause) {
    judgement.verdict = Verdict::undecided;
    judgement.undecided_by =
        cause && !cause->why.empty() ? cause->why : judgement.message + " cannot be told before apply";
    if (cause) add_related(judgement.related, cause->span, "this decides");
}

}  // namespace

Decision RuleSet::Data::decide(CompiledRule& rule, const Check& check, const Resource& resource, const Graph& graph,
                               LinkIndex& links, std::vector<ExplainedStep>* steps) const {
    rule.prepare();
    Judging judging{graph, resource, links, reader, steps, 0};
    const Scope scope = body_scope(resource);
    std::optional<Answer> when;
    if (check.when) when = check.when->judge(scope, judging, true);
    if (when && when->truth == Truth::no) return {Verdict::not_applicable, std::move(*when), {}, false};
    Answer answer = check.pass->judge(scope, judging, true);
    if (answer.truth == Truth::yes) return {Verdict::pass, std::move(answer), {}, false};
    if (answer.truth == Truth::unknown) {
        CauseRef cause = answer.evidence.cause;
        return {Verdict::undecided, std::move(answer), std::move(cause), false};
    }
    if (when && when->truth == Truth::unknown) {
        CauseRef cause = when->evidence.cause;
        return {Verdict::undecided, std::move(*when), std::move(cause), false};
    }
    if (!resource.uncertain) return {Verdict::fail, std::move(answer), {}, true};
    return {Verdict::undecided, std::move(answer),
            make_cause("whether it exists: " + resource.uncertain->why, resource.uncertain->span), true};
}

Finding RuleSet::Data::finding_of(const Decision& decision, const RuleInfo& info, const Check& check,
                                  const Resource& resource, const Graph& graph, const SourceSet& sources) {
    Judgement judgement = judgement_of(decision.answer, resource);
    judgement.verdict = decision.verdict;
    if (decision.broken && !check.message.empty()) judgement.message = check.message;
    if (decision.verdict == Verdict::undecided) set_cause(judgement, decision.cause);
    Finding finding;
    finding.rule = std::string(info.id);
    finding.resource = resource.shown_address();
    finding.type = resource.type;
    finding.platform = std::string(resource.platform);
    finding.root = graph.root;
    finding.file = sources.get(judgement.subject.source).path();
    finding.severity = info.severity;
    finding.header = resource.header;
    finding.block = resource.block;
    finding.calls = resource.calls;
    const std::array<std::string_view, 5> parts = {finding.rule, finding.root, resource.address, finding.file,
                                                   judgement.attribute};
    finding.fingerprint = fingerprint_of(parts);
    finding.judgement = std::move(judgement);
    return finding;
}

// --- reading ---

namespace {

constexpr std::array<std::string_view, 12> rule_keys = {"id",
                                                        "title",
                                                        "severity",
                                                        "control",
                                                        "aliases",
                                                        "why",
                                                        "fix",
                                                        "links",
                                                        "checks",
                                                        "examples",
                                                        "undecided_impossible",
                                                        "notes"};
// What the parsers call their resources' platform; a check of another one would never judge anything.
constexpr std::array<std::string_view, 9> platforms = {"terraform",       "cloudformation", "kubernetes",
                                                       "github-actions",  "gitlab-ci",      "github-settings",
                                                       "gitlab-settings", "repository",     "git-history"};
constexpr std::array<std::string_view, 5> check_keys = {"platform", "types", "when", "pass", "message"};

class RuleReader {
  public:
    explicit RuleReader(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}
    bool good = true;

    void refuse(Span place, std::string summary, std::string detail = {}) {
        good = false;
        diagnostics_.error("rule", std::move(summary), std::move(detail), place);
    }
    void only(const Value& mapping, std::span<const std::string_view> keys) {
        for (const Member& member : mapping.members()) {
            if (std::find(keys.begin(), keys.end(), member.name) == keys.end())
                refuse(member.span, "`" + member.name + "` is no key of a rule here",
                       "Remove it." + suggestion(member.name, keys));
        }
    }
    void need_text(const Value& mapping, std::string_view key) {
        const Member* member = mapping.find(key);
        if (!member || !member->value.is_string() || trim(member->value.as_string()).empty())
            refuse(member ? member->span : mapping.origin(), "`" + std::string(key) + "` is missing or no text",
                   "Every rule and check has it; rules/LANGUAGE.md shows how.");
    }
    void platform(std::string_view name, Span place) {
        if (std::find(platforms.begin(), platforms.end(), name) == platforms.end())
            refuse(place, "there is no platform " + quoted(name),
                   "There are terraform, cloudformation, kubernetes, github-actions, gitlab-ci, github-settings, "
                   "gitlab-settings, repository and git-history." +
                       suggestion(name, platforms));
    }
    void texts(const Value& mapping, std::string_view key, bool required) {
        const Member* member = mapping.find(key);
        if (!member) {
            if (required)
                refuse(mapping.origin(), "`" + std::string(key) + "` is missing", "It takes a list of texts.");
            return;
        }
        const bool fits =
            member->value.is_sequence() && std::all_of(member->value.elements().begin(), member->value.elements().end(),
                                                       [](const Value& v) { return v.is_string(); });
        if (!fits || (required && member->value.elements().empty()))
            refuse(member->span, "`" + std::string(key) + "` takes a list of texts");
    }

  private:
    Diagnostics& diagnostics_;
};

std::vector<std::string_view> views(const Value& mapping, std::string_view key) {
    std::vector<std::string_view> out;
    const Member* member = mapping.find(key);
    if (!member) return out;
    for (const Value& item : member->value.elements()) {
        if (item.is_string()) out.push_back(item.as_string());
    }
    return out;
}

std::string_view view(const Value& mapping, std::string_view key) {
    const Member* member = mapping.find(key);
    return member && member->value.is_string() ? std::string_view(member->value.as_string()) : std::string_view();
}

void read_texts(PackCursor& at, std::vector<std::string_view>& out) {
    const std::size_t count = at.elements();
    out.reserve(out.size() + count);
    for (std::size_t i = 0; i < count; ++i) {
        if (const std::string_view text = at.text(); !text.empty()) out.push_back(text);
    }
}

Check read_check(PackCursor& at, RuleInfo& info) {
    Check check;
    for (std::size_t left = at.members(); left > 0; --left) {
        const std::string_view key = at.name();
        if (key == "platform")
            check.platform = at.text();
        else if (key == "types")
            read_texts(at, check.types);
        else
            at.skip();
    }
    if (std::find(info.platforms.begin(), info.platforms.end(), check.platform) == info.platforms.end())
        info.platforms.push_back(check.platform);
    info.types.insert(info.types.end(), check.types.begin(), check.types.end());
    return check;
}

/// What packed metadata says of a rule; fills the checks' platforms and types, too. All of it are views of `metadata`.
RuleInfo describe(CompiledRule& rule, std::string_view metadata, const ControlMap& controls) {
    RuleInfo info;
    const std::array<std::pair<std::string_view, std::string_view*>, 6> texts = {{{"id", &info.id},
                                                                                  {"title", &info.title},
                                                                                  {"why", &info.why},
                                                                                  {"fix", &info.fix},
                                                                                  {"control", &info.control},
                                                                                  {"file", &info.file}}};
    PackCursor at(metadata);
    for (std::size_t left = at.members(); left > 0; --left) {
        const std::string_view key = at.name();
        const auto text = std::find_if(texts.begin(), texts.end(), [&](const auto& each) { return each.first == key; });
        if (text != texts.end()) {
            *text->second = at.text();
        } else if (key == "severity") {
            info.severity = parse_severity(at.text()).value_or(Severity::medium);
        } else if (key == "aliases") {
            read_texts(at, info.aliases);
        } else if (key == "links") {
            read_texts(at, info.links);
        } else if (key == "checks") {
            for (std::size_t checks = at.elements(); checks > 0; --checks) rule.checks.push_back(read_check(at, info));
        } else {
            at.skip();
        }
    }
    if (const Control* control = controls.find(info.control)) {
        info.control_title = control->title;
        info.frameworks = control->links;
    }
    return info;
}

}  // namespace

RuleSet::RuleSet() : data_(std::make_unique<Data>()) {}
RuleSet::RuleSet(RuleSet&&) noexcept = default;
RuleSet& RuleSet::operator=(RuleSet&&) noexcept = default;
RuleSet::~RuleSet() = default;

RuleSet RuleSet::from_pack(std::string_view pack, const ControlMap& controls) {
    RuleSet set;
    const PackReader reader(pack);
    set.data_->rules.reserve(reader.size() / 2);
    set.data_->infos.reserve(reader.size() / 2);
    for (std::size_t i = 0; i + 1 < reader.size(); i += 2) {
        auto rule = std::make_unique<CompiledRule>();
        RuleInfo info = describe(*rule, reader.bytes(i), controls);
        rule->set_packed(pack, i + 1);
        set.data_->insert(std::move(info), std::move(rule));
    }
    set.data_->index();
    return set;
}

std::pair<Value, Value> RuleSet::packable(const Value& document, std::string_view file) {
    std::vector<Member> metadata;
    std::vector<Value> heads, checks;
    for (const Member& member : document.members()) {
        if (member.name != "checks" && member.name != "examples" && member.name != "undecided_impossible" &&
            member.name != "notes")
            metadata.push_back(member);
    }
    if (const Member* list = document.find("checks")) {
        for (const Value& check : list->value.elements()) {
            std::vector<Member> head, body;
            for (const Member& member : check.members())
                (member.name == "platform" || member.name == "types" ? head : body).push_back(member);
            heads.push_back(Value::object(std::move(head)));
            checks.push_back(Value::object(std::move(body)));
        }
    }
    metadata.push_back({"checks", Value::tuple(std::move(heads)), {}});
    metadata.push_back({"file", Value::string(std::string(file)), {}});
    return {Value::object(std::move(metadata)), Value::tuple(std::move(checks))};
}

bool RuleSet::add(const Value& document, std::string_view file, const ControlMap& controls, Diagnostics& diagnostics) {
    RuleReader reader(diagnostics);
    if (!document.is_mapping()) {
        reader.refuse(document.origin(), "a rule file holds one mapping", "rules/LANGUAGE.md shows one.");
        return false;
    }
    reader.only(document, rule_keys);
    for (std::string_view key : {"id", "title", "severity", "control", "why", "fix"}) reader.need_text(document, key);
    reader.texts(document, "aliases", false);
    reader.texts(document, "links", false);
    const auto at = [&](std::string_view key) {
        const Member* member = document.find(key);
        return member ? member->span : document.origin();
    };
    if (!is_word(view(document, "id"))) reader.refuse(at("id"), "an id is made of small letters, digits and `-`");
    if (!parse_severity(view(document, "severity")))
        reader.refuse(at("severity"), "`severity` is info, low, medium, high or critical");
    if (!controls.find(view(document, "control"))) {
        std::vector<std::string_view> names;
        for (const Control& control : controls.controls()) names.push_back(control.id);
        reader.refuse(at("control"), "there is no control " + quoted(view(document, "control")),
                      "rules/controls.yaml lists them." + suggestion(view(document, "control"), names));
    }
    std::set<std::string> own_names;
    const auto taken = [&](std::string_view name, Span place) {
        const auto found = data_->by_name.find(plain_alias(name));
        const bool own = !own_names.insert(lower(name)).second;
        if (found == data_->by_name.end() && !own) return;
        reader.refuse(place,
                      quoted(name) + " is already an id or alias of " +
                          (own ? "this rule" : std::string(data_->infos[found->second].id)),
                      "Ids and aliases name one rule each.");
    };
    taken(view(document, "id"), at("id"));
    for (std::string_view alias : views(document, "aliases")) taken(alias, at("aliases"));
    const Member* checks = document.find("checks");
    if (!checks || !checks->value.is_sequence() || checks->value.elements().empty()) {
        reader.refuse(at("checks"), "`checks` is missing or empty", "A rule has a check for each platform.");
        return false;
    }
    auto rule = std::make_unique<CompiledRule>();
    PackWriter writer;
    if (!writer.add(packable(document, file).first)) {
        reader.refuse(document.origin(), "this rule's description is nested too deeply");
        return false;
    }
    rule->own_pack = writer.finish();
    RuleInfo info = describe(*rule, PackReader(rule->own_pack).bytes(0), controls);
    for (std::size_t i = 0; i < rule->checks.size(); ++i) {
        const Value& check = checks->value.elements()[i];
        if (!check.is_mapping()) {
            reader.refuse(checks->span, "a check is a mapping");
            continue;
        }
        reader.only(check, check_keys);
        reader.need_text(check, "platform");
        if (const Member* platform = check.find("platform"); platform && platform->value.is_string())
            reader.platform(platform->value.as_string(), platform->span);
        reader.texts(check, "types", true);
        if (!check.find("pass"))
            reader.refuse(check.origin(), "`pass` is missing", "It holds the condition under which a resource passes.");
        else
            reader.good &= CompiledRule::compile(check, rule->checks[i], diagnostics);
    }
    if (const Member* impossible = document.find("undecided_impossible")) {
        if (!impossible->value.is_mapping())
            reader.refuse(impossible->span, "`undecided_impossible` takes a mapping of platform to reason");
        for (const Member& each : impossible->value.members()) reader.platform(each.name, each.span);
    }
    if (!reader.good) return false;
    data_->insert(std::move(info), std::move(rule));
    data_->index();
    return true;
}

std::vector<RuleExample> RuleSet::examples(const Value& document, Diagnostics& diagnostics) {
    std::vector<RuleExample> out;
    RuleReader reader(diagnostics);
    const Member* list = document.find("examples");
    if (!list) return out;
    if (!list->value.is_sequence()) reader.refuse(list->span, "`examples` takes a list");
    const auto verdict = [&](const Value& value, Span place) {
        const std::string_view text = value.is_string() ? std::string_view(value.as_string()) : std::string_view();
        for (Verdict known : {Verdict::pass, Verdict::fail, Verdict::undecided, Verdict::not_applicable}) {
            if (text == to_string(known)) return known;
        }
        reader.refuse(place, "an expected verdict is pass, fail, undecided or not_applicable");
        return Verdict::pass;
    };
    for (const Value& item : list->value.elements()) {
        RuleExample example;
        example.name = text_of(item, "name");
        example.span = item.origin();
        const Member* expect = item.find("expect");
        if (!expect || (expect->value.is_mapping() && expect->value.members().empty()))
            reader.refuse(expect ? expect->span : item.origin(), "an example needs `expect`",
                          "A verdict, or a mapping of address to verdict.");
        for (const Member& member : item.members()) {
            if (member.name == "name") continue;
            if (member.name == "expect") {
                if (!member.value.is_mapping()) example.expect[""] = verdict(member.value, member.span);
                for (const Member& each : member.value.members())
                    example.expect[each.name] = verdict(each.value, each.span);
            } else if (member.name == "line") {
                const auto line = member.value.is_number() ? member.value.as_number().to_int64() : std::nullopt;
                if (line && *line > 0 && *line <= std::numeric_limits<std::uint32_t>::max())
                    example.line = static_cast<std::uint32_t>(*line);
                else
                    reader.refuse(member.span, "`line` takes the number of a line");
            } else if (std::find(platforms.begin(), platforms.end(), member.name) == platforms.end()) {
                static const std::vector<std::string_view> known = [] {
                    std::vector<std::string_view> keys = {"name", "expect", "line"};
                    keys.insert(keys.end(), platforms.begin(), platforms.end());
                    return keys;
                }();
                reader.refuse(
                    member.span, "`" + member.name + "` is no key of an example",
                    "It has `name`, `expect`, `line` and its files under a platform." + suggestion(member.name, known));
            } else {
                if (!example.platform.empty())
                    reader.refuse(member.span, "an example is of one platform",
                                  "It has " + example.platform + " already.");
                example.platform = member.name;
                if (member.value.is_string()) example.files[""] = member.value.as_string();
                for (const Member& file : member.value.members()) {
                    if (file.value.is_string()) example.files[file.name] = file.value.as_string();
                }
                if (example.files.empty())
                    reader.refuse(member.span, "an example's files are a text or a mapping of path to text");
            }
        }
        if (item.is_mapping() && example.platform.empty())
            reader.refuse(item.origin(), "an example has no files", "They stand under a platform: `terraform: |`.");
        out.push_back(std::move(example));
    }
    return out;
}

// --- asking ---

std::span<const RuleInfo> RuleSet::infos() const {
    return data_->infos;
}

const RuleInfo* RuleSet::find(std::string_view id_or_alias) const {
    const auto found = data_->by_name.find(plain_alias(id_or_alias));
    return found == data_->by_name.end() ? nullptr : &data_->infos[found->second];
}

std::vector<std::string_view> RuleSet::matching(std::string_view glob) const {
    std::vector<std::string_view> out;
    const std::string pattern = plain_alias(glob);
    if (pattern.find_first_of("*?") == std::string::npos) {  // a plain word names one rule or none
        if (const RuleInfo* info = find(pattern)) out.push_back(info->id);
        return out;
    }
    for (const RuleInfo& info : data_->infos) {
        const bool fits = glob_match(pattern, plain_alias(info.id)) ||
                          std::any_of(info.aliases.begin(), info.aliases.end(),
                                      [&](std::string_view alias) { return glob_match(pattern, plain_alias(alias)); });
        if (fits) out.push_back(info.id);
    }
    return out;
}

void RuleSet::set_document_reader(DocumentReader reader) {
    data_->reader = std::move(reader);
}

void RuleSet::keep_only(const std::vector<bool>& kept) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < kept.size(); ++i) {
        if (!kept[i]) continue;
        std::swap(data_->rules[count], data_->rules[i]);
        std::swap(data_->infos[count++], data_->infos[i]);
    }
    data_->rules.resize(count);
    data_->infos.resize(count);
    data_->index();
}

bool RuleSet::knows_type(std::string_view platform, std::string_view type) const {
    return !data_->places(platform, type).empty();
}

template <class Visit>
void RuleSet::Data::judge_all(const Graph& graph, Visit visit) const {
    LinkIndex links(graph);
    std::unordered_map<std::string, std::vector<Place>> known;
    for (const Resource& resource : graph.resources()) {
        const auto [at, fresh] = known.try_emplace(type_key(resource.platform, resource.type));
        if (fresh) at->second = places(resource.platform, resource.type);
        for (const Place& place : at->second) {
            CompiledRule& rule = *rules[place.rule];
            const Check& check = rule.checks[place.check];
            visit(place.rule, check, resource, decide(rule, check, resource, graph, links, nullptr));
        }
    }
}

std::vector<Finding> RuleSet::judge(const Graph& graph, const SourceSet& sources) const {
    std::vector<Finding> findings;
    // Findings are large, so their row is made once.
    std::unordered_map<std::string, std::size_t> known;
    std::size_t number = 0;
    for (const Resource& resource : graph.resources()) {
        const auto [at, fresh] = known.try_emplace(std::string(resource.platform) + " " + resource.type);
        if (fresh) at->second = data_->places(resource.platform, resource.type).size();
        number += at->second;
    }
    findings.reserve(number);
    data_->judge_all(graph, [&](std::size_t rule, const Check& check, const Resource& resource, const Decision& made) {
        findings.push_back(Data::finding_of(made, data_->infos[rule], check, resource, graph, sources));
    });
    return findings;
}

std::vector<Finding> RuleSet::judge(const Graph& graph, const SourceSet& sources,
                                    std::vector<QuietCount>& quiet) const {
    std::vector<Finding> findings;
    // A rule's verdicts come file by file, so that its last entry is nearly always the one to count in.
    std::vector<std::map<SourceId, std::size_t>> entries(data_->rules.size());
    std::vector<std::size_t> last(data_->rules.size(), 0);
    const auto count_of = [&](std::size_t rule, SourceId source) -> QuietCount& {
        if (!entries[rule].empty() && quiet[last[rule]].source == source) return quiet[last[rule]];
        const auto [at, fresh] = entries[rule].emplace(source, quiet.size());
        if (fresh) quiet.push_back({data_->infos[rule].id, source, 0, 0});
        last[rule] = at->second;
        return quiet[at->second];
    };
    data_->judge_all(graph, [&](std::size_t rule, const Check& check, const Resource& resource, const Decision& made) {
        if (made.verdict != Verdict::pass && made.verdict != Verdict::not_applicable) {
            findings.push_back(Data::finding_of(made, data_->infos[rule], check, resource, graph, sources));
            return;
        }
        QuietCount& count = count_of(rule, subject_of(made.answer.evidence, resource).source);
        ++(made.verdict == Verdict::pass ? count.pass : count.not_applicable);
    });
    return findings;
}

bool RuleSet::judges(std::string_view rule_id, const Resource& resource) const {
    const std::vector<Data::Place> places = data_->places(resource.platform, resource.type);
    return std::any_of(places.begin(), places.end(),
                       [&](const Data::Place& place) { return data_->infos[place.rule].id == rule_id; });
}

std::vector<ExplainedStep> RuleSet::explain(std::string_view rule_id, const Resource& resource, const Graph& graph,
                                            const SourceSet& sources, std::optional<Finding>& finding) const {
    std::vector<ExplainedStep> steps;
    LinkIndex links(graph);
    for (const Data::Place& place : data_->places(resource.platform, resource.type)) {
        if (data_->infos[place.rule].id != rule_id) continue;
        CompiledRule& rule = *data_->rules[place.rule];
        const Check& check = rule.checks[place.check];
        const Decision made = data_->decide(rule, check, resource, graph, links, &steps);
        finding = Data::finding_of(made, data_->infos[place.rule], check, resource, graph, sources);
    }
    return steps;
}

}  // namespace plumbline
