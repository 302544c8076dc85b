#include "parsers/terraform/plan_parser.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "parsers/json/json_reader.h"
#include "parsers/terraform/comments.h"
#include "parsers/terraform/plan_secrets.h"
#include "parsers/terraform/program.h"
#include "parsers/terraform/provider_values.h"
#include "parsers/terraform/startup_scripts.h"
#include "parsers/terraform/terraform_parser.h"

namespace plumbline {
namespace {

using terraform::ModuleConfig;
using terraform::ResourceConfig;

// References lead through variables and outputs of nested modules; a real chain has a few steps a module.
constexpr int max_chain = 500;
// Blocks are matched with the expressions that made them by comparing all pairs; beyond this by position only.
constexpr std::size_t max_matched_blocks = 200;
// Instances of one module that a reference without a key may mean.
constexpr std::size_t max_meant_instances = 1000;

struct PlanFile : ParsedFile {
    Value document;
    bool binary = false;
};

/// A plan that is judged.
struct PlanRoot {
    const PlanFile* file = nullptr;  // the pipeline's
    Value document;                  // with places that may be shown
};

const Value* member_of(const Value& object, std::string_view name) {
    const Member* member = object.find(name);
    return member ? &member->value : nullptr;
}

Value part_of(const Value& object, std::string_view name) {
    const Value* found = member_of(object, name);
    return found ? *found : Value();
}

std::string text_of(const Value& object, std::string_view name) {
    const Value* found = member_of(object, name);
    return found && found->is_string() ? found->as_string() : std::string();
}

bool is_true(const Value* value) {
    return value && value->is_bool() && value->as_bool();
}

bool has_true(const Value* value) {
    if (!value) return false;
    if (value->is_bool()) return value->as_bool();
    return std::any_of(value->elements().begin(), value->elements().end(),
                       [](const Value& v) { return has_true(&v); }) ||
           std::any_of(value->members().begin(), value->members().end(),
                       [](const Member& member) { return has_true(&member.value); });
}

/// What a traversal or an address is made of: `b[0]` is a step with the name `b` and the key `[0]`.
struct Step {
    std::string_view name, key;
    std::size_t end = 0;  // behind the key
};

std::vector<Step> steps_of(std::string_view text) {
    std::vector<Step> steps;
    for (std::size_t at = 0; at < text.size();) {
        Step step;
        const std::size_t name_end = std::min(text.find_first_of(".[", at), text.size());
        step.name = text.substr(at, name_end - at);
        at = name_end;
        while (at < text.size() && text[at] == '[') {
            const std::size_t begin = at;
            bool quoted = false;
            for (; at < text.size(); ++at) {
                if (quoted && text[at] == '\\')
                    ++at;
                else if (text[at] == '"')
                    quoted = !quoted;
                else if (!quoted && text[at] == ']')
                    break;
            }
            at = std::min(at + 1, text.size());
            if (!step.key.empty()) continue;  // what follows the first key is about the value
            step.key = text.substr(begin, at - begin);
            step.end = at;
        }
        if (step.key.empty()) step.end = name_end;
        steps.push_back(step);
        while (at < text.size() && text[at] == '.') ++at;
    }
    return steps;
}

/// The resource that a trace leads to first; null when there is none.
const Trace* first_reference(const Trace* trace) {
    for (int i = 0; trace && i < max_chain; ++i) {
        if (trace->kind == Trace::Kind::reference) return trace;
        const auto next = std::find_if(trace->from.begin(), trace->from.end(),
                                       [](const TraceRef& step) { return step->has_reference; });
        trace = next == trace->from.end() ? nullptr : next->get();
    }
    return nullptr;
}

/// `{"constant_value": ...}` or `{"references": [...]}`: an attribute; a block has its attributes' names instead.
bool is_expression(const Value& value) {
    return value.is_mapping() && std::all_of(value.members().begin(), value.members().end(), [](const Member& member) {
               return member.name == "constant_value" || member.name == "references";
           });
}

/// An instance of a module: its part of the plan's configuration and, where it lies beside the plan, its source.
struct Context {
    std::string path;  // module.a["x"].module.b
    std::string key;   // ["x"] of the last module
    Context* parent = nullptr;
    Value config, call;
    const ModuleConfig* source = nullptr;
    std::shared_ptr<const std::vector<Span>> calls;       // the blocks in the source that lead here
    std::map<std::string, Value, std::less<>> resources;  // by address inside the module
    std::map<std::string, TraceRef, std::less<>> variables, outputs;

    std::string prefixed(std::string_view name) const {
        return path.empty() ? std::string(name) : path + "." + std::string(name);
    }
};

/// Whose expressions are looked at: `each` and keys are its own.
struct Referrer {
    std::string_view key;
    Value for_each;
};

using References = std::vector<TraceRef>;

/// Where a block's parts stand in the configuration; everything may be missing.
struct SourceBody {
    const hcl::Body* body = nullptr;

    Span attribute(std::string_view name) const {
        if (!body) return {};
        for (const hcl::Attribute& item : body->attributes) {
            if (item.name == name) return item.span;
        }
        return {};
    }
    std::vector<const hcl::Block*> blocks(std::string_view name) const {
        std::vector<const hcl::Block*> found;
        if (!body) return found;
        for (const hcl::Block& block : body->blocks) {
            if (block.type == name) found.push_back(&block);
        }
        return found;
    }
    const hcl::Block* dynamic(std::string_view name) const {
        if (!body) return nullptr;
        for (const hcl::Block& block : body->blocks) {
            if (block.type == "dynamic" && block.labels.size() == 1 && block.labels[0].text == name) return &block;
        }
        return nullptr;
    }
};

/// The root module that a plan may be of: in its folder or, where that has none, in the one above. Null when there is
/// none.
const ModuleConfig* configuration_beside(const std::string& plan, terraform::Library& library) {
    const std::string folder(parent_path(plan));
    const ModuleConfig* found = library.module(folder);
    return found || folder.empty() ? found : library.module(std::string(parent_path(folder)));
}

/// Finds where a plan's configuration and a folder differ. What a plan records of an expression is only its value,
/// where that is written out, so that a reference put in place of another is not seen.
class Comparison {
  public:
    explicit Comparison(terraform::Library& library) : library_(library) {}

    /// What stands in one of both only, or with another value; "" where nothing differs.
    std::string difference(const Value& module, const ModuleConfig& source, int depth = 0) {
        std::set<std::string> planned;
        const Value resources = part_of(module, "resources"), calls = part_of(module, "module_calls");
        for (const Value& item : resources.elements()) {
            const std::string key = text_of(item, "address");
            planned.insert(key);
            const auto found = source.resource_index.find(key);
            if (found == source.resource_index.end()) return key;
            if (differs(part_of(item, "expressions"), *source.resources[found->second].body)) return key;
        }
        for (const auto& [key, at] : source.resource_index) {
            if (source.resources[at].mode != ResourceConfig::Mode::ephemeral && !planned.contains(key)) return key;
        }
        for (const auto& [name, at] : source.call_index) {
            const Member* call = calls.find(name);
            if (!call) return "module." + name;
            const std::string inside = called(call->value, source, source.calls[at], depth);
            if (!inside.empty()) return "module." + name + "." + inside;
        }
        for (const Member& call : calls.members()) {
            if (!source.call_index.contains(call.name)) return "module." + call.name;
        }
        return "";
    }

  private:
    std::string called(const Value& call, const ModuleConfig& source, const terraform::ModuleCallConfig& written,
                       int depth) {
        if (!written.source_text.starts_with("./") && !written.source_text.starts_with("../")) return "";
        const auto folder = join_path(source.folder, written.source_text);
        const ModuleConfig* module = folder && depth < max_calls ? library_.module(*folder) : nullptr;
        return module ? difference(part_of(call, "module"), *module, depth + 1) : "";
    }

    /// Whether an argument that is a plain value in both is not the same.
    static bool differs(const Value& expressions, const hcl::Body& body) {
        using Kind = hcl::Expr::Kind;
        for (const hcl::Attribute& item : body.attributes) {
            const Member* planned = expressions.find(item.name);
            const Value* constant = planned ? member_of(planned->value, "constant_value") : nullptr;
            const Kind kind = item.value->kind;
            if (!constant || (kind != Kind::literal_string && kind != Kind::literal_bool)) continue;
            Diagnostics muted;
            terraform::Budget budget;
            if (!terraform::evaluate_literal(*item.value, muted, budget).same_data(*constant)) return true;
        }
        return false;
    }

    // Modules that lead back to themselves end somewhere.
    static constexpr int max_calls = 50;
    terraform::Library& library_;
};

/// One plan in the making.
class Plan {
  public:
    Plan(const Source& source, const Value& document, const FileSystem& file_system, SourceSet& sources)
        : source_(source), document_(document), library_(file_system, sources) {}

    RootResult run() {
        result_.graph.root = source_.path();
        start();
        find_resources();
        for (const Found& item : found_) emit(item);
        providers();
        for (const auto& [path, context] : contexts_) calls_.push_back(context.get());
        for (Context* context : calls_) module_calls(*context);
        suppressions();
        deferred();
        return std::move(result_);
    }

  private:
    struct Found {
        std::string address, module_path, type, name;
        bool data = false;
        Value after, unknown, sensitive;
        bool changes = false;  // its unknown parts are listed
        Span header, block;
    };

    void start() {
        const Value configuration = part_of(document_, "configuration");
        auto root = std::make_unique<Context>();
        root->config = part_of(configuration, "root_module");
        root->source = configuration_beside(source_.path(), library_);
        contexts_[""] = std::move(root);
        index(*contexts_[""]);
        if (is_true(member_of(document_, "errored")))
            result_.diagnostics.warning("plan-errored", "This plan is incomplete: planning failed",
                                        "What was not planned is not judged. Repair the plan, then scan it again.",
                                        document_.find("errored")->span);
    }

    // --- modules ---

    static void index(Context& context) {
        const Value resources = part_of(context.config, "resources");
        for (const Value& item : resources.elements()) context.resources.emplace(text_of(item, "address"), item);
    }

    Context& context_of(const std::string& path) {
        if (const auto have = contexts_.find(path); have != contexts_.end()) return *have->second;
        Context* at = contexts_.at("").get();
        const std::vector<Step> steps = steps_of(path);
        for (std::size_t i = 1; i < steps.size(); i += 2) {
            const std::string prefix = path.substr(0, steps[i].end);
            auto& place = contexts_[prefix];
            if (!place) place = child(*at, steps[i], prefix);
            at = place.get();
        }
        return *at;
    }

    std::unique_ptr<Context> child(Context& parent, const Step& step, const std::string& path) {
        auto made = std::make_unique<Context>();
        made->path = path;
        made->key = std::string(step.key);
        made->parent = &parent;
        made->call = part_of(part_of(parent.config, "module_calls"), step.name);
        made->config = part_of(made->call, "module");
        if (parent.source) {
            const auto call = parent.source->call_index.find(std::string(step.name));
            if (call != parent.source->call_index.end()) {
                const std::string& source = parent.source->calls[call->second].source_text;
                std::vector<Span> way = parent.calls ? *parent.calls : std::vector<Span>();
                way.push_back(parent.source->calls[call->second].block->span);
                made->calls = std::make_shared<const std::vector<Span>>(std::move(way));
                const bool local = source.starts_with("./") || source.starts_with("../");
                const auto folder = local ? join_path(parent.source->folder, source) : std::nullopt;
                if (folder) made->source = library_.module(*folder);
            }
        }
        index(*made);
        return made;
    }

    // --- references ---

    /// What an expression reads, as far as it leads to resources.
    References references(const Value& expression, Context& context, const Referrer& referrer) {
        References out;
        const Value list = part_of(expression, "references");
        if (chain_ >= max_chain) return out;
        ++chain_;
        const auto is_key = [](const Value& item) {
            return item.is_string() && (item.as_string() == "each.key" || item.as_string() == "count.index");
        };
        const bool by_key = std::any_of(list.elements().begin(), list.elements().end(), is_key);
        std::string_view last;
        for (const Value& item : list.elements()) {
            if (!item.is_string()) continue;
            const std::string& text = item.as_string();
            // A traversal is followed by its own beginnings: `a.b.id`, `a.b`.
            const bool beginning = last.size() > text.size() && last.starts_with(text) &&
                                   (last[text.size()] == '.' || last[text.size()] == '[');
            if (beginning) continue;
            last = text;
            resolve(text, item.origin(), context, referrer, by_key, out);
        }
        --chain_;
        return out;
    }

    void resolve(std::string_view text, Span span, Context& context, const Referrer& referrer, bool by_key,
                 References& out) {
        const std::vector<Step> steps = steps_of(text);
        if (steps.size() < 2) return;
        const std::string_view root = steps[0].name;
        const auto add = [&](TraceRef trace) {
            if (trace) out.push_back(std::move(trace));
        };
        if (root == "var") return add(variable(context, std::string(steps[1].name)));
        if (root == "each") {
            for (TraceRef& trace : references(referrer.for_each, context, {referrer.key, {}})) add(std::move(trace));
            return;
        }
        if (root == "module") {
            if (steps.size() < 3) return;
            const std::string path = context.prefixed(text.substr(0, steps[1].end));
            for (Context* meant : instances(path, by_key ? referrer.key : std::string_view()))
                add(output(*meant, std::string(steps[2].name)));
            return;
        }
        if (root == "local" || root == "path" || root == "terraform" || root == "count" || root == "self") return;
        const std::size_t name = root == "data" ? 2 : 1;
        if (steps.size() <= name) return;
        std::string address = context.prefixed(text.substr(0, steps[name].end));
        // `b[each.key]` is recorded as `b` and `each.key`: the instance of the same key is meant.
        if (by_key && steps[name].key.empty() && addresses_.contains(address + std::string(referrer.key)))
            address += referrer.key;
        std::string_view rest = text.substr(steps[name].end);
        if (rest.starts_with('.')) rest.remove_prefix(1);
        add(make_reference_trace(span, std::move(address), std::string(rest)));
    }

    /// The instances of a module that `module.m` without a key may mean.
    std::vector<Context*> instances(const std::string& path, std::string_view key) {
        if (paths_.contains(path)) return {&context_of(path)};
        if (!key.empty() && paths_.contains(path + std::string(key))) return {&context_of(path + std::string(key))};
        std::vector<Context*> meant;
        const std::string open = path + "[";
        for (auto at = paths_.lower_bound(open); at != paths_.end() && at->starts_with(open); ++at) {
            if (steps_of(*at).size() != steps_of(path).size()) continue;  // a module inside of it
            meant.push_back(&context_of(*at));
            if (meant.size() == max_meant_instances) break;
        }
        // A module without resources of its own hands on what others have.
        if (meant.empty()) meant.push_back(&context_of(path));
        return meant;
    }

    TraceRef variable(Context& context, const std::string& name) {
        const auto [at, is_new] = context.variables.emplace(name, nullptr);
        if (!is_new || !context.parent) return at->second;
        const Value expression = part_of(part_of(context.call, "expressions"), name);
        References from =
            references(expression, *context.parent, {context.key, part_of(context.call, "for_each_expression")});
        if (from.empty()) return {};
        return context.variables[name] = make_trace(Trace::Kind::module_argument, expression.origin(),
                                                    context.prefixed("var." + name), std::move(from));
    }

    TraceRef output(Context& context, const std::string& name) {
        const auto [at, is_new] = context.outputs.emplace(name, nullptr);
        if (!is_new) return at->second;
        const Value expression = part_of(part_of(part_of(context.config, "outputs"), name), "expression");
        References from = references(expression, context, {});
        if (from.empty()) return {};
        return context.outputs[name] =
                   make_trace(Trace::Kind::output, expression.origin(), context.prefixed(name), std::move(from));
    }

    // --- resources ---

    void find_resources() {
        std::map<std::string, Value> planned;
        each_resource(
            part_of(part_of(document_, "planned_values"), "root_module"),
            [&](const Value& entry, const std::string&) { planned.emplace(text_of(entry, "address"), entry); });
        const Value changes = part_of(document_, "resource_changes");
        std::set<std::string> known;
        for (const Value& entry : changes.elements()) {
            if (entry.find("deposed")) continue;  // what is left of an earlier replacement goes
            const std::string address = text_of(entry, "address");
            const Value change = part_of(entry, "change");
            if ((!address.empty() && !known.insert(address).second) || goes(change)) continue;
            Found made;
            made.unknown = part_of(change, "after_unknown");
            made.sensitive = part_of(change, "after_sensitive");
            made.changes = true;
            const auto place = planned.find(address);
            const Value* values = place == planned.end() ? nullptr : member_of(place->second, "values");
            made.after = values ? *values : part_of(change, "after");
            take(std::move(made), values ? place->second : entry, text_of(entry, "module_address"));
        }
        const auto from_state = [&](bool only_data) {
            return [this, &known, only_data](const Value& entry, const std::string& path) {
                if (only_data && text_of(entry, "mode") != "data") return;
                if (!known.insert(text_of(entry, "address")).second) return;
                Found made;
                made.after = part_of(entry, "values");
                made.sensitive = part_of(entry, "sensitive_values");
                made.changes = only_data;
                take(std::move(made), entry, path);
            };
        };
        each_resource(part_of(part_of(document_, "planned_values"), "root_module"), from_state(false));
        // Data sources that were read while planning are only in the state from before.
        each_resource(part_of(part_of(part_of(document_, "prior_state"), "values"), "root_module"), from_state(true));
        // Policy documents first: what reads them takes them over.
        std::stable_partition(found_.begin(), found_.end(), is_policy_document);
        for (const Found& item : found_) {
            addresses_.insert(item.address);
            const std::vector<Step> steps = steps_of(item.module_path);
            for (std::size_t i = 1; i < steps.size(); i += 2) paths_.insert(item.module_path.substr(0, steps[i].end));
        }
        for (const std::string& path : paths_) context_of(path);
    }

    static bool goes(const Value& change) {
        const Value actions = part_of(change, "actions");
        return !actions.elements().empty() &&
               std::all_of(actions.elements().begin(), actions.elements().end(), [](const Value& action) {
                   return action.is_string() && (action.as_string() == "delete" || action.as_string() == "forget");
               });
    }

    static bool is_policy_document(const Found& item) { return item.data && item.type == "aws_iam_policy_document"; }

    template <class Visit>
    static void each_resource(const Value& root, const Visit& visit) {
        std::vector<Value> open = {root};
        while (!open.empty()) {
            const Value module = std::move(open.back());
            open.pop_back();
            const std::string path = text_of(module, "address");
            const Value resources = part_of(module, "resources");
            for (const Value& entry : resources.elements()) visit(entry, path);
            const Value children = part_of(module, "child_modules");
            open.insert(open.end(), children.elements().rbegin(), children.elements().rend());
        }
    }

    void take(Found made, const Value& entry, std::string module_path) {
        made.address = text_of(entry, "address");
        made.type = text_of(entry, "type");
        made.name = text_of(entry, "name");
        made.data = text_of(entry, "mode") == "data";
        made.module_path = std::move(module_path);
        made.block = entry.origin();
        if (made.address.empty() || made.type.empty() || made.name.empty()) {
            result_.diagnostics.error("plan-format", "This resource of the plan has no address, type or name",
                                      "It was not judged. Scan what `terraform show -json` printed, unchanged.",
                                      made.block);
            return;
        }
        made.header = entry.find("address")->span;
        found_.push_back(std::move(made));
    }

    static std::string key_of(const Found& item) { return (item.data ? "data." : "") + item.type + "." + item.name; }

    void emit(const Found& item) {
        Context& context = context_of(item.module_path);
        const auto config = context.resources.find(key_of(item));
        const bool configured = config != context.resources.end();
        const ResourceConfig* source = nullptr;
        if (context.source) {
            const auto found = context.source->resource_index.find(key_of(item));
            if (found != context.source->resource_index.end()) source = &context.source->resources[found->second];
        }
        const std::vector<Step> steps = steps_of(item.address);
        current_ = &item;
        current_context_ = &context;
        referrer_ = {};
        if (!steps.empty()) referrer_.key = steps.back().key;
        if (configured) referrer_.for_each = part_of(config->second, "for_each_expression");

        Resource made;
        made.address = item.address;
        made.type = (item.data ? "data." : "") + item.type;
        made.platform = "terraform";
        made.module_path = item.module_path;
        made.calls = context.calls;
        made.header = source ? source->block->header : item.header;
        made.block = source ? source->block->span : item.block;
        const Value expressions = configured ? part_of(config->second, "expressions") : Value();
        made.body = body(item.after, &item.unknown, &item.sensitive, configured ? &expressions : nullptr,
                         {source ? source->body : nullptr}, {}, !item.changes);
        if (is_policy_document(item)) made.body = with_json(made.body);
        std::vector<Member> meta;
        if (configured) {
            std::string provider = text_of(config->second, "provider_config_key");
            provider = provider.substr(provider.rfind(':') + 1);
            if (provider.find('.') != std::string::npos)
                meta.push_back({"provider", Value::string(provider), config->second.find("provider_config_key")->span});
        }
        made.meta = shell::with_calls(Value::object(std::move(meta)), made.body, terraform::startup_scripts,
                                      library_.sources());
        result_.graph.add(std::move(made));
        if (source) used_.insert(context.source);
    }

    /// A policy document that waits for other resources has no `json` yet; what is known of it can be read all the
    /// same.
    static Value with_json(const Value& body) {
        const Member* json = body.find("json");
        if (json && json->value.is_known()) return body;
        ResourceConfig config;
        config.mode = ResourceConfig::Mode::data;
        config.type = "aws_iam_policy_document";
        return with_provider_values(config, body, {}, {});
    }

    // --- values ---

    /// The body of a resource or of a block in it. Without `expressions` it is not known what was configured.
    /// `add_missing`: what is configured and has no value is unknown (a plan without its list of changes).
    Value body(const Value& after, const Value* unknown, const Value* sensitive, const Value* expressions,
               const SourceBody& source, const std::string& path, bool add_missing) {
        std::set<std::string_view> names;
        for (const Member& member : after.members()) names.insert(member.name);
        if (unknown) {
            for (const Member& member : unknown->members()) names.insert(member.name);
        }
        if (add_missing && expressions) {
            for (const Member& member : expressions->members()) names.insert(member.name);
        }
        std::vector<Member> members;
        for (const std::string_view name : names) {
            const Value* expression = expressions ? member_of(*expressions, name) : nullptr;
            const Member* known = after.find(name);
            const Member* later = unknown ? unknown->find(name) : nullptr;
            const hcl::Block* dynamic = source.dynamic(name);
            if (!known && !expression && later && !has_true(&later->value)) continue;
            // What nobody wrote is left to the provider; from the configuration it would be missing, too.
            const bool unset = known && (known->value.is_null() || (expressions && known->value.is_sequence() &&
                                                                    known->value.elements().empty()));
            const bool whole = later && is_true(&later->value);
            if (!expression && !dynamic &&
                ((unset && !has_true(later ? &later->value : nullptr)) || (whole && expressions)))
                continue;
            Member made;
            made.name = std::string(name);
            const std::string inner = path.empty() ? made.name : path + "." + made.name;
            Value place;
            if (known)
                place = known->value;
            else if (later)
                place = later->value;
            else
                place = *expression;
            made.span = known ? known->span : later ? later->span : expressions->find(name)->span;
            const std::vector<const hcl::Block*> blocks = source.blocks(name);
            if (const Span written = source.attribute(name); written.valid())
                made.span = written;
            else if (!blocks.empty())
                made.span = blocks.front()->header;
            else if (dynamic)
                made.span = dynamic->header;
            const Value* is_unknown = later ? &later->value : nullptr;
            const Value* is_sensitive = sensitive ? member_of(*sensitive, name) : nullptr;
            made.value = attribute(known ? &known->value : nullptr, is_unknown, is_sensitive, expression, blocks,
                                   whole || (!known && !later), place.origin(), inner, add_missing);
            members.push_back(std::move(made));
        }
        Value made = Value::object(std::move(members)).traced(after.trace());
        return is_true(sensitive) ? made.with_marks(Value::sensitive) : made;
    }

    Value attribute(const Value* known, const Value* unknown, const Value* sensitive, const Value* expression,
                    const std::vector<const hcl::Block*>& blocks, bool whole, Span place, const std::string& path,
                    bool add_missing) {
        References refs;
        const bool is_block = expression ? !is_expression(*expression) : holds_objects(known);
        if (expression && !is_block) refs = references(*expression, *current_context_, referrer_);
        if (whole && !is_block) return later(place, path, refs, is_true(sensitive));
        if (whole) return later(place, path, block_references(*expression), is_true(sensitive));
        if (is_block && known && known->is_sequence())
            return block_values(*known, unknown, sensitive, expression, blocks, path, add_missing);
        if (is_block && known && known->is_mapping()) {
            const SourceBody source = {blocks.size() == 1 ? blocks[0]->body : nullptr};
            return body(*known, unknown, sensitive, expression, source, path, add_missing);
        }
        Value made = merge(known, unknown, sensitive, path, refs, place);
        if (!refs.empty() && made.is_known()) {
            refs.insert(refs.begin(), made.trace());
            made = made.traced(make_trace(Trace::Kind::expression, place, {}, std::move(refs)));
        }
        return made;
    }

    static bool holds_objects(const Value* value) {
        return value && value->is_sequence() && !value->elements().empty() && value->elements()[0].is_mapping();
    }

    Value block_values(const Value& known, const Value* unknown, const Value* sensitive, const Value* expressions,
                       const std::vector<const hcl::Block*>& blocks, const std::string& path, bool add_missing) {
        const auto elements = known.elements();
        const auto written = expressions ? expressions->elements() : std::span<const Value>();
        std::vector<bool> used(written.size(), false);
        std::vector<Value> made;
        for (std::size_t i = 0; i < elements.size(); ++i) {
            const Value* later = element(unknown, i);
            const Value* hidden = element(sensitive, i);
            const std::size_t match = matching(elements[i], written, used, i, elements.size());
            const bool has_match = match < written.size();
            SourceBody source;
            const std::size_t at = has_match ? match : i;
            // With a dynamic block among them, their number differs, and which is which is not known.
            const bool placed = at < blocks.size() && blocks.size() == elements.size();
            if (placed) source.body = blocks[at]->body;
            Value block =
                elements[i].is_mapping()
                    ? body(elements[i], later, hidden, has_match ? &written[match] : nullptr, source, path, add_missing)
                    : merge(&elements[i], later, hidden, path, {}, elements[i].origin());
            if (placed)
                block = block.traced(make_trace(Trace::Kind::expression, blocks[at]->header, {}, {block.trace()}));
            made.push_back(std::move(block));
        }
        Value out = Value::tuple(std::move(made)).traced(known.trace());
        return is_true(sensitive) ? out.with_marks(Value::sensitive) : out;
    }

    static const Value* element(const Value* list, std::size_t i) {
        if (is_true(list)) return list;
        return list && i < list->elements().size() ? &list->elements()[i] : nullptr;
    }

    /// Which of the written blocks gave this one: a set of blocks has another order in the plan. The position where
    /// nothing tells them apart; the number of blocks when there is none (a dynamic block made it).
    static std::size_t matching(const Value& block, std::span<const Value> written, std::vector<bool>& used,
                                std::size_t position, std::size_t count) {
        if (written.size() != count) return written.size();
        if (count > max_matched_blocks) return position;
        const auto fits = [&](const Value& expressions) {
            return std::all_of(expressions.members().begin(), expressions.members().end(), [&](const Member& item) {
                const Value* constant = is_expression(item.value) ? member_of(item.value, "constant_value") : nullptr;
                const Value* value = member_of(block, item.name);
                return !constant || !value || constant->same_data(*value);
            });
        };
        for (std::size_t i = 0; i < written.size(); ++i) {
            const std::size_t at = (position + i) % written.size();
            if (used[at] || !fits(written[at])) continue;
            used[at] = true;
            return at;
        }
        return position;
    }

    /// Everything that the attributes of blocks read.
    References block_references(const Value& expression) {
        References out;
        std::vector<Value> open = {expression};
        while (!open.empty()) {
            const Value at = std::move(open.back());
            open.pop_back();
            if (is_expression(at)) {
                for (TraceRef& trace : references(at, *current_context_, referrer_)) out.push_back(std::move(trace));
                continue;
            }
            for (const Member& member : at.members()) open.push_back(member.value);
            open.insert(open.end(), at.elements().begin(), at.elements().end());
        }
        return out;
    }

    /// The text of the policy document that is all an expression reads; null when it is something else.
    const Value* policy_document(const References& refs) const {
        if (refs.size() != 1 || refs[0]->kind != Trace::Kind::reference || refs[0]->attribute != "json") return nullptr;
        const Resource* read = result_.graph.find(refs[0]->name);
        if (!read || read->type != "data.aws_iam_policy_document") return nullptr;
        return member_of(read->body, "json");
    }

    Value later(Span place, const std::string& path, const References& refs, bool sensitive) const {
        if (const Value* document = policy_document(refs))
            return document->traced(make_trace(Trace::Kind::expression, place, {}, {document->trace(), refs[0]}));
        const Trace* read = refs.empty() ? nullptr : first_reference(refs.front().get());
        std::string what = current_->address + "." + path;
        if (read) what = read->attribute.empty() ? read->name : read->name + "." + read->attribute;
        Value made = Value::unknown({}, make_cause(what + " is known only after apply", place))
                         .traced(make_trace(Trace::Kind::expression, place, {}, refs));
        return sensitive ? made.with_marks(Value::sensitive) : made;
    }

    /// A value with its unknown and sensitive parts. `unknown` and `sensitive` have its shape, with `true` at leaves.
    /// Recurses as deep as the JSON nests, which its reader bounds.
    Value merge(const Value* known, const Value* unknown, const Value* sensitive, const std::string& path,
                const References& refs, Span place) const {
        if (is_true(unknown)) return later(unknown->origin(), path, refs, is_true(sensitive));
        const bool partly = has_true(unknown);
        Value made = known ? *known : Value();
        if (partly && (made.is_mapping() || (made.is_null() && unknown->is_mapping()))) {
            std::map<std::string_view, Span> names;
            for (const Member& member : made.members()) names.emplace(member.name, member.span);
            for (const Member& member : unknown->members()) {
                if (has_true(&member.value)) names.emplace(member.name, member.span);
            }
            std::vector<Member> members;
            for (const auto& [name, span] : names) {
                const Value* part = member_of(made, name);
                const Value* hidden = sensitive ? member_of(*sensitive, name) : nullptr;
                members.push_back(
                    {std::string(name),
                     merge(part, member_of(*unknown, name), hidden, path + "." + std::string(name), refs, place),
                     span});
            }
            made = Value::object(std::move(members)).traced(made.trace());
        } else if (partly && (made.is_sequence() || (made.is_null() && unknown->is_sequence()))) {
            std::vector<Value> elements;
            for (std::size_t i = 0; i < std::max(made.elements().size(), unknown->elements().size()); ++i) {
                const Value* part = i < made.elements().size() ? &made.elements()[i] : nullptr;
                elements.push_back(merge(part, element(unknown, i), element(sensitive, i), path, refs, place));
            }
            made = Value::tuple(std::move(elements)).traced(made.trace());
        } else if (sensitive && !sensitive->is_bool() && has_true(sensitive)) {
            made = with_sensitive(made, *sensitive);
        }
        return is_true(sensitive) ? made.with_marks(Value::sensitive) : made;
    }

    static Value with_sensitive(const Value& value, const Value& sensitive) {
        if (is_true(&sensitive)) return value.with_marks(Value::sensitive);
        if (value.is_mapping()) {
            std::vector<Member> members(value.members().begin(), value.members().end());
            for (Member& member : members) {
                if (const Value* part = member_of(sensitive, member.name))
                    member.value = with_sensitive(member.value, *part);
            }
            return Value::object(std::move(members)).traced(value.trace());
        }
        if (!value.is_sequence()) return value;
        std::vector<Value> elements(value.elements().begin(), value.elements().end());
        for (std::size_t i = 0; i < elements.size() && i < sensitive.elements().size(); ++i)
            elements[i] = with_sensitive(elements[i], sensitive.elements()[i]);
        return Value::tuple(std::move(elements)).traced(value.trace());
    }

    // --- providers and module calls ---

    /// What a plan says of expressions that it does not evaluate: constants, and what the others read.
    Value written(const Value& expression, Context& context, const std::string& what) {
        if (expression.is_sequence()) {
            std::vector<Value> blocks;
            for (const Value& item : expression.elements()) blocks.push_back(written(item, context, what));
            return Value::tuple(std::move(blocks)).traced(expression.trace());
        }
        if (!is_expression(expression)) {
            std::vector<Member> members;
            for (const Member& member : expression.members())
                members.push_back({member.name, written(member.value, context, what + "." + member.name), member.span});
            return Value::object(std::move(members)).traced(expression.trace());
        }
        if (const Value* constant = member_of(expression, "constant_value")) return *constant;
        const Span place = expression.origin();
        return Value::unknown({}, make_cause("the plan does not record the value of " + what, place))
            .traced(make_trace(Trace::Kind::expression, place, {}, references(expression, context, {})));
    }

    void add_declaration(std::string type, std::string address, const Context& context, std::vector<Member> members,
                         Span span, const hcl::Block* source) {
        Resource made;
        made.type = std::move(type);
        made.address = std::move(address);
        made.platform = "terraform";
        made.module_path = context.path;
        made.calls = context.calls;
        made.header = source ? source->header : span;
        made.block = source ? source->span : span;
        if (source) {
            const SourceBody body = {source->body};
            for (Member& member : members) {
                const std::vector<const hcl::Block*> blocks = body.blocks(member.name);
                if (const Span place = body.attribute(member.name); place.valid())
                    member.span = place;
                else if (!blocks.empty())
                    member.span = blocks.front()->header;
            }
            used_.insert(context.source);
        }
        made.body = Value::object(std::move(members)).traced(make_trace(Trace::Kind::literal, span));
        made.meta = Value::object({});
        result_.graph.add(std::move(made));
    }

    void providers() {
        const Value configs = part_of(part_of(document_, "configuration"), "provider_config");
        for (const Member& entry : configs.members()) {
            const std::string name = text_of(entry.value, "name"), alias = text_of(entry.value, "alias");
            const Value expressions = part_of(entry.value, "expressions");
            // A provider that is required and nowhere configured has an entry, too.
            if (name.empty() || (expressions.members().empty() && alias.empty())) continue;
            Context& context = context_of(text_of(entry.value, "module_address"));
            const std::string address =
                context.prefixed("provider." + name + (alias.empty() ? std::string() : "." + alias));
            std::vector<Member> members;
            if (!alias.empty()) members.push_back({"alias", part_of(entry.value, "alias"), entry.span});
            for (const Member& item : expressions.members())
                members.push_back({item.name, written(item.value, context, address + "." + item.name), item.span});
            const hcl::Block* source = nullptr;
            if (context.source) {
                for (const terraform::ProviderConfig& config : context.source->providers) {
                    if (config.name == name && config.alias == alias) source = config.block;
                }
            }
            add_declaration("provider." + name, address, context, std::move(members), entry.span, source);
        }
    }

    void module_calls(Context& context) {
        const Value calls = part_of(context.config, "module_calls");
        for (const Member& entry : calls.members()) {
            const std::string address = context.prefixed("module." + entry.name);
            std::vector<Member> members;
            if (const Member* source = entry.value.find("source")) members.push_back(*source);
            if (const Member* version = entry.value.find("version_constraint"))
                members.push_back({"version", version->value, version->span});
            const Value expressions = part_of(entry.value, "expressions");
            for (const Member& item : expressions.members())
                members.push_back({item.name, written(item.value, context, address + "." + item.name), item.span});
            const hcl::Block* source = nullptr;
            if (context.source) {
                const auto call = context.source->call_index.find(entry.name);
                if (call != context.source->call_index.end()) source = context.source->calls[call->second].block;
            }
            add_declaration("module", address, context, std::move(members), entry.span, source);
        }
    }

    // --- the rest ---

    void suppressions() {
        std::vector<const ModuleConfig*> modules(used_.begin(), used_.end());
        std::sort(modules.begin(), modules.end(),
                  [](const ModuleConfig* a, const ModuleConfig* b) { return a->folder < b->folder; });
        for (const ModuleConfig* module : modules) {
            for (const hcl::File* file : module->files) {
                for (Suppression& item : terraform::comment_suppressions(*file))
                    result_.graph.add_suppression(std::move(item));
            }
        }
    }

    void deferred() {
        const Value changes = part_of(document_, "deferred_changes");
        for (const Value& entry : changes.elements()) {
            result_.gaps.push_back({"plan-deferred",
                                    text_of(part_of(entry, "resource_change"), "address"),
                                    "Terraform put it off to a later plan: " + text_of(entry, "reason"),
                                    entry.origin(),
                                    {}});
        }
    }

    const Source& source_;
    const Value& document_;
    terraform::Library library_;
    RootResult result_;
    std::map<std::string, std::unique_ptr<Context>, std::less<>> contexts_;  // by path
    std::vector<Found> found_;
    std::set<std::string> addresses_, paths_;
    std::set<const ModuleConfig*> used_;
    std::vector<Context*> calls_;
    int chain_ = 0;
    const Found* current_ = nullptr;
    Context* current_context_ = nullptr;
    Referrer referrer_;
};

/// Terraform writes plans as ZIP archives whose first entry is `tfplan`.
bool is_binary_plan(std::string_view text) {
    return text.starts_with("PK\x03\x04") && text.substr(0, 64).find("tfplan") != std::string_view::npos;
}

class TerraformPlanParser : public Parser {
  public:
    std::string_view name() const override { return "terraform-plan"; }

    bool wants(std::string_view path) const override {
        const std::string_view name = file_name(path);
        return name.ends_with(".json") || name.ends_with(".plan") || name.ends_with(".out") || name == "plan" ||
               name.find("tfplan") != std::string_view::npos;
    }

    bool accepts(const Source& source) const override {
        const std::string_view text = source.text();
        if (is_binary_plan(text)) return true;
        const std::size_t start = text.find_first_not_of(" \t\r\n", text.starts_with("\xEF\xBB\xBF") ? 3 : 0);
        if (start == std::string_view::npos || text[start] != '{') return false;
        return text.find("\"format_version\"") != std::string_view::npos &&
               (text.find("\"planned_values\"") != std::string_view::npos ||
                text.find("\"resource_changes\"") != std::string_view::npos);
    }

    std::unique_ptr<ParsedFile> parse(const Source& source, Diagnostics& diagnostics) const override {
        if (is_binary_plan(source.text())) {  // whether that matters depends on its neighbours
            auto binary = std::make_unique<PlanFile>();
            binary->source = &source;
            binary->binary = true;
            return binary;
        }
        auto document = read_json(source, diagnostics);
        if (!document) return nullptr;
        const std::string version = text_of(*document, "format_version");
        if (!version.starts_with("0.") && !version.starts_with("1.")) {
            const Member* member = document->find("format_version");
            diagnostics.error("plan-format", "Plans of this format version are not known here",
                              "Versions 0 and 1 are. It was not judged.", member ? member->span : document->origin());
            return nullptr;
        }
        auto made = std::make_unique<PlanFile>();
        made->source = &source;
        made->document = std::move(*document);
        return made;
    }

    std::vector<Root> roots(std::span<const ParsedFile* const> files, const FileSystem& file_system, SourceSet& sources,
                            Diagnostics& diagnostics, std::vector<CoverageGap>&) const override {
        terraform::Library library(file_system, sources);
        std::vector<Root> made;
        std::set<std::string_view> readable;  // folders
        for (const ParsedFile* file : files) {
            if (static_cast<const PlanFile*>(file)->binary) continue;
            Root root;
            root.path = file->source->path();
            readable.insert(parent_path(file->source->path()));
            const auto* plan = static_cast<const PlanFile*>(file);
            root.plan = std::make_shared<const PlanRoot>(
                PlanRoot{plan, terraform::with_secrets_masked(*file->source, plan->document, sources)});
            root.replaces = replaced_by(*plan, library, diagnostics);
            made.push_back(std::move(root));
        }
        for (const ParsedFile* file : files) {
            const std::string& path = file->source->path();
            if (!static_cast<const PlanFile*>(file)->binary || readable.contains(parent_path(path))) continue;
            diagnostics.file_error("plan-binary", path, "This is a plan in Terraform's binary form",
                                   "It was not judged. Print it as JSON beside it: terraform show -json " +
                                       std::string(file_name(path)) + " > plan.json");
        }
        return made;
    }

    RootResult evaluate(const Root& root, const Inputs&, const FileSystem& file_system,
                        SourceSet& sources) const override {
        const auto& plan = *static_cast<const PlanRoot*>(root.plan.get());
        return Plan(*plan.file->source, plan.document, file_system, sources).run();
    }

  private:
    /// A plan of the configuration beside it is judged in its place, since it knows more values. A plan of anything
    /// else must not hide what stands there.
    static std::optional<RootName> replaced_by(const PlanFile& file, terraform::Library& library,
                                               Diagnostics& diagnostics) {
        const ModuleConfig* beside = configuration_beside(file.source->path(), library);
        const Member* configuration = file.document.find("configuration");
        if (!beside || !configuration) return std::nullopt;
        const std::string differs =
            Comparison(library).difference(part_of(configuration->value, "root_module"), *beside);
        if (!differs.empty()) {
            diagnostics.warning(
                "plan-stale", "This plan is not of the configuration beside it: " + differs + " differs",
                "Both are judged. Make a new plan, or leave the old one out by `exclude`.", configuration->span);
            return std::nullopt;
        }
        // What is broken there has to be named.
        if (!beside->diagnostics.empty()) return std::nullopt;
        return RootName{terraform_parser().name(), beside->folder};
    }
};

}  // namespace

const Parser& terraform_plan_parser() {
    static const TerraformPlanParser parser;
    return parser;
}

}  // namespace plumbline
