#include "parsers/terraform/body_values.h"
#include "parsers/terraform/module.h"

// Calls of other modules.
namespace plumbline::terraform {
namespace {

using Kind = hcl::Expr::Kind;

// Terraform's own users stay below ten; a module that calls itself ends here.
constexpr int max_module_depth = 50;

bool is_local(std::string_view source) {
    return source.starts_with("./") || source.starts_with("../") || source == "." || source == "..";
}

}  // namespace

Module::Call& Module::call(std::size_t index) {
    Call& made = calls_[index];
    const ModuleCallConfig& config = config_.calls[index];
    if (made.state == State::done) return made;
    if (made.state == State::busy) {
        cycle("module." + config.name, config.block->header);
        return made;
    }
    made.state = State::busy;
    const std::string name = prefixed("module." + config.name);
    made.expansion = expanded(*config.body, config.count, config.for_each, name);
    if (made.expansion.kind == Expansion::Kind::unknown && config.for_each) report_unknown(made.expansion, name);
    find_config(made, config);
    if (made.config && calls_back(*made.config)) {
        made.config = nullptr;
        made.missing = "it leads back to the module itself";
        program_.diagnostics.error("terraform-module", "Module calls itself",
                                   "The call leads back to a module that it is part of, so it would have no end.",
                                   config.block->header);
    }
    if (made.config) {
        program_.report(*made.config);
        check_arguments(config, *made.config);
        make_instances(made, config);
    } else {
        program_.gaps.push_back({"module-source", name, made.missing, config.block->header, {}});
    }
    made.state = State::done;
    return made;
}

/// Whether this module or one that leads here has that configuration.
bool Module::calls_back(const ModuleConfig& called) const {
    for (const Module* at = this; at; at = at->parent_) {
        if (&at->config_ == &called) return true;
    }
    return false;
}

/// The folder that a call leads to: beside this module, or where `terraform init` put it.
void Module::find_config(Call& made, const ModuleCallConfig& config) {
    const std::string source = source_of(config);
    if (depth_ >= max_module_depth) {
        made.missing = "modules call each other more than 50 deep";
        program_.diagnostics.error("terraform-module", "Modules nested too deeply",
                                   "Modules may call each other 50 deep. Does this one call itself?",
                                   config.block->header);
    } else if (is_local(source)) {
        const auto folder = join_path(config_.folder, source);
        if (folder) made.config = program_.library.module(*folder);
        if (!folder)
            made.missing = "its source \"" + source + "\" lies outside of the scanned tree";
        else if (!made.config)
            made.missing = "there are no Terraform files in \"" + *folder + "\"";
    } else if (const auto found = program_.installed.find(installed_key(config)); found != program_.installed.end()) {
        made.config = program_.library.module(found->second);
        if (!made.config)
            made.missing = "`terraform init` fetched it to \"" + found->second + "\", but there are no Terraform files";
    } else {
        made.missing = "its source \"" + source +
                       "\" is not in the tree; run `terraform init` first, and its copy in .terraform is read";
    }
}

std::string Module::source_of(const ModuleCallConfig& config) {
    if (!config.source_text.empty() || !config.source) return config.source_text;
    const Value value = evaluator().evaluate(*config.source);  // OpenTofu evaluates sources early
    return value.is_string() ? value.as_string() : std::string();
}

/// The key of modules.json: call names joined by dots, without instance keys.
std::string Module::installed_key(const ModuleCallConfig& config) const {
    std::string key = config.name;
    for (const Module* at = this; at->call_; at = at->parent_) key = at->call_->name + "." + key;
    return key;
}

/// An argument that the module does not declare is refused by Terraform.
void Module::check_arguments(const ModuleCallConfig& config, const ModuleConfig& called) {
    for (const hcl::Attribute& item : config.body->attributes) {
        if (item.name == "source" || item.name == "version" || is_meta_argument(item.name)) continue;
        if (called.variables.contains(std::string(item.name))) continue;
        program_.diagnostics.error("terraform-config", "Unsupported argument",
                                   "An argument named \"" + std::string(item.name) +
                                       "\" is not expected here: the module declares no such variable.",
                                   item.name_span);
    }
}

void Module::make_instances(Call& made, const ModuleCallConfig& config) {
    std::vector<Span> way = call_blocks_ ? *call_blocks_ : std::vector<Span>();
    way.push_back(config.block->span);
    const auto blocks = std::make_shared<const std::vector<Span>>(std::move(way));
    const Expansion& how = made.expansion;
    for (std::size_t at = 0; at < how.size(); ++at) {
        std::string path = prefixed("module." + config.name) + how.suffix(at);
        auto child = std::make_unique<Module>(program_, *made.config, this, &config, std::move(path), depth_ + 1);
        child->uncertain_ = how.kind == Expansion::Kind::unknown ? how.cause : uncertain_;
        child->call_blocks_ = blocks;
        child->count_ = how.count_object(at);
        child->each_ = how.each_object(at);
        made.instances.push_back(std::move(child));
    }
}

/// One output, where the next step names it; otherwise all of them as an object.
Value Module::outputs_of(Module& child, const std::string& call, Steps steps, std::size_t& used, Evaluator& evaluator) {
    if (used < steps.size() && steps[used]->kind == Kind::get_attr) {
        const auto& get = *static_cast<const hcl::GetAttrExpr*>(steps[used]);
        ++used;
        const std::string name(get.name);
        if (child.config().outputs.contains(name)) return child.output(name, get.span);
        return evaluator.fault("Unsupported attribute",
                               "This object does not have an attribute named \"" + name + "\": module." + call +
                                   " declares no such output.",
                               get.name_span);
    }
    std::vector<Member> members;
    for (const auto& [name, output] : child.config().outputs)
        members.push_back({name, child.output(name, output.block->header), {}});
    return Value::object(std::move(members));
}

Value Module::module_value(std::size_t index, Steps steps, std::size_t& used, Evaluator& evaluator) {
    Call& found = call(index);
    const ModuleCallConfig& config = config_.calls[index];
    const Expansion& how = found.expansion;
    const TraceRef reference = make_reference_trace(config.block->header, prefixed("module." + config.name), {});
    if (!found.config)
        return Value::unknown({}, make_cause("module." + config.name + " could not be read: " + found.missing,
                                             config.block->header))
            .traced(reference);
    // Switched off, beyond a limit, or in a cycle that was reported.
    if (found.instances.empty() && !how.is_keyed()) return how.cause ? Value::unknown({}, how.cause) : Value();
    if (how.kind == Expansion::Kind::single)
        return outputs_of(*found.instances[0], config.name, steps, used, evaluator);
    const bool keyed = used < steps.size() && steps[used]->kind == Kind::index;
    if (how.kind == Expansion::Kind::unknown) {
        if (!keyed) return Value::unknown({}, how.cause).traced(reference);
        ++used;
        return outputs_of(*found.instances[0], config.name, steps, used, evaluator);
    }
    if (keyed) {
        const Value key = evaluator.evaluate(*static_cast<const hcl::IndexExpr*>(steps[used])->key);
        for (std::size_t at = 0; key.is_known() && at < how.keys.size(); ++at) {
            if (!how.keys[at].same_data(key)) continue;
            ++used;
            return outputs_of(*found.instances[at], config.name, steps, used, evaluator);
        }
    }
    std::vector<Value> items;
    for (const auto& child : found.instances) {
        std::size_t none = steps.size();  // the steps belong to the whole
        items.push_back(outputs_of(*child, config.name, steps, none, evaluator));
    }
    if (how.kind == Expansion::Kind::count) return Value::tuple(std::move(items));
    std::vector<Member> members;
    for (std::size_t at = 0; at < items.size(); ++at)
        members.push_back({how.keys[at].as_string(), std::move(items[at]), {}});
    return Value::object(std::move(members));
}

}  // namespace plumbline::terraform
