#include "parsers/kubernetes/links.h"

#include <algorithm>
#include <array>
#include <map>

#include "parsers/kubernetes/calico_selector.h"
#include "parsers/kubernetes/pod.h"
#include "scanner/model/text.h"

namespace plumbline::kubernetes {
namespace {

// Per folder. A link costs some 150 bytes, a test less than a microsecond: 150 MB and a few seconds. The largest
// clusters known run 5,000 nodes with 150,000 pods; a folder of manifests with policies for all of them stays below.
constexpr std::uint64_t max_links = 1'000'000;
constexpr std::uint64_t max_tests = 5'000'000;

constexpr std::array<std::string_view, 16> cluster_wide = {"ClusterRole",
                                                           "ClusterRoleBinding",
                                                           "Namespace",
                                                           "Node",
                                                           "PersistentVolume",
                                                           "StorageClass",
                                                           "IngressClass",
                                                           "GatewayClass",
                                                           "PriorityClass",
                                                           "PodSecurityPolicy",
                                                           "ValidatingWebhookConfiguration",
                                                           "MutatingWebhookConfiguration",
                                                           "ValidatingAdmissionPolicy",
                                                           "ValidatingAdmissionPolicyBinding",
                                                           "MutatingAdmissionPolicy",
                                                           "MutatingAdmissionPolicyBinding"};

bool is_cluster_wide(std::string_view type) {
    return std::find(cluster_wide.begin(), cluster_wide.end(), type) != cluster_wide.end() ||
           type == "CiliumClusterwideNetworkPolicy" || type == "GlobalNetworkPolicy" || type == "AdminNetworkPolicy" ||
           type == "BaselineAdminNetworkPolicy";
}

/// Calico's own policies go by the name of the built-in kind, in the API groups of its server and of its resources.
bool is_calico_policy(std::string_view type) {
    return type == "NetworkPolicy.projectcalico.org" || type == "NetworkPolicy.crd.projectcalico.org" ||
           type == "GlobalNetworkPolicy";
}

/// Whether its namespace, if it has one, says something outside of its folder.
bool is_placed(const Object& object) {
    return object.namespace_written || is_cluster_wide(object.type);
}

/// Relations that lead to one object; every other is a list.
bool is_single(std::string_view relation) {
    return relation == "role" || relation == "service_account" || relation == "namespace" || relation == "policy";
}

/// Joined by a byte that no name holds.
std::string key(std::initializer_list<std::string_view> parts) {
    std::string out;
    for (std::string_view part : parts) {
        out += part;
        out += '\x1f';
    }
    return out;
}

std::string name_key(std::string_view type, std::string_view name_space, std::string_view name) {
    return key({type, is_cluster_wide(type) ? std::string_view() : name_space, name});
}

std::string label_text(const Value& value) {
    return value.is_string() ? value.as_string() : value.to_text(300);
}

bool same_text(const Value& a, const Value& b) {
    return a.is_string() && b.is_string() ? a.as_string() == b.as_string() : label_text(a) == label_text(b);
}

/// Cilium prefixes the source of a label; `k8s:` and `any:` mean the pod's own.
std::string_view label_name(std::string_view name) {
    for (std::string_view prefix : {"k8s:", "any:"}) {
        if (name.starts_with(prefix)) return name.substr(prefix.size());
    }
    return name;
}

/// The role that every cluster has and that grants everything (bootstrap policy of the RBAC authorizer).
Value cluster_admin() {
    const auto all = [] { return Value::tuple({Value::string("*")}); };
    std::vector<Value> rules = {
        Value::object({{"apiGroups", all(), {}}, {"resources", all(), {}}, {"verbs", all(), {}}}),
        Value::object({{"nonResourceURLs", all(), {}}, {"verbs", all(), {}}}),
    };
    return Value::object({{"address", Value::string("ClusterRole.default.cluster-admin"), {}},
                          {"apiVersion", Value::string("rbac.authorization.k8s.io/v1"), {}},
                          {"kind", Value::string("ClusterRole"), {}},
                          {"metadata", Value::object({{"name", Value::string("cluster-admin"), {}}}), {}},
                          {"rules", Value::tuple(std::move(rules)), {}}});
}

Value cluster_admin_at(Span place) {
    return cluster_admin().traced(make_trace(Trace::Kind::provider_default, place, "ClusterRole cluster-admin"));
}

bool meets(const Value& expression, const Value& labels) {
    const std::string_view op = text_of(expression, "operator");
    const Member* label = labels.find(label_name(text_of(expression, "key")));
    if (op == "Exists") return label != nullptr;
    if (op == "DoesNotExist") return label == nullptr;
    bool listed = false;
    if (const Value* values = value_at(expression, {"values"}); values && label) {
        const auto candidates = values->elements();
        listed = std::any_of(candidates.begin(), candidates.end(),
                             [&](const Value& value) { return same_text(value, label->value); });
    }
    if (op == "In") return listed;
    return op == "NotIn" && !listed;
}

/// Whether a label selector's two parts (each may be null) take these labels.
bool takes(const Value* labels_wanted, const Value* expressions, const Value& labels) {
    if (labels_wanted) {
        for (const Member& wanted : labels_wanted->members()) {
            const Member* label = labels.find(label_name(wanted.name));
            if (!label || !same_text(label->value, wanted.value)) return false;
        }
    }
    if (!expressions) return true;
    const auto all = expressions->elements();
    return std::all_of(all.begin(), all.end(), [&](const Value& expression) { return meets(expression, labels); });
}

LabelLookup lookup_in(const Value& labels) {
    return [&labels](std::string_view name) -> std::optional<std::string> {
        const Member* label = labels.find(name);
        return label ? std::optional<std::string>(label_text(label->value)) : std::nullopt;
    };
}

}  // namespace

void Scan::add(std::string_view folder, Object object) {
    if (folders_.empty() || folders_.back().path != folder) {
        folders_.push_back({std::string(folder), objects_.size(), 0});
    }
    ++folders_.back().count;
    folder_index_.push_back(folders_.size() - 1);
    objects_.push_back(std::move(object));
}

void Scan::index() {
    references_.resize(objects_.size());
    for (const Object& object : objects_) {
        linked_values_.push_back(
            with_members(object.body, {{"address", Value::string(object.address), object.header}}));
    }
    for (std::size_t i = 0; i < objects_.size(); ++i) {
        index_object(i);
        const Value* labels =
            objects_[i].type == "Namespace" ? value_at(objects_[i].body, {"metadata", "labels"}) : nullptr;
        if (labels && labels->is_mapping()) namespace_labels_.emplace(objects_[i].name, labels);
    }
    for (const auto& [object, selectors] : selectors_) {
        for (const Selector& selector : selectors) {
            if (!selector.labels) continue;
            const std::string& name_space = objects_[object].name_space;
            for (const Member& label : selector.labels->members())
                ++label_uses_[key({name_space, label_name(label.name), label_text(label.value)})];
        }
    }
    for (std::size_t i = 0; i < objects_.size(); ++i) {
        const auto found = selectors_.find(i);
        if (found == selectors_.end()) continue;
        for (std::size_t k = 0; k < found->second.size(); ++k) {
            const Selector& selector = found->second[k];
            const std::string_view name_space = selector.everywhere ? "*" : std::string_view(objects_[i].name_space);
            // Under its rarest label, so that a pod looks only at the selectors that may take it.
            std::string label;
            std::size_t uses = 0;
            if (selector.labels) {
                for (const Member& member : selector.labels->members()) {
                    const std::string_view name = label_name(member.name);
                    const std::string text = label_text(member.value);
                    const std::size_t here = label_uses_[key({objects_[i].name_space, name, text})];
                    if (!label.empty() && here >= uses) continue;
                    label = key({name, text});
                    uses = here;
                }
            }
            put(i, key({"selector", name_space, label}), k, is_placed(objects_[i]));
        }
    }
}

void Scan::put(std::size_t object, const std::string& what, std::size_t index, bool across) {
    buckets_[std::to_string(folder_index_[object]) + '|' + what].push_back({object, index});
    if (across) buckets_["*|" + what].push_back({object, index});
}

void Scan::index_object(std::size_t i) {
    const Object& object = objects_[i];
    put(i, key({"name", name_key(object.type, object.name_space, object.name)}), 0, is_placed(object));
    // Every folder may bring the namespace it lives in; that makes them no alternatives.
    if (object.type != "Namespace" && object.name != "unnamed" && !object.name.ends_with('*')) {
        auto& folders = folders_of_[object.address];
        if (folders.empty() || folders.back() != folder_index_[i]) folders.push_back(folder_index_[i]);
    }
    for (std::string_view kind : {"LimitRange", "ResourceQuota", "NetworkPolicy", "CiliumNetworkPolicy"}) {
        if (object.type == kind) put(i, key({"in", kind, object.name_space}), 0, is_placed(object));
    }
    if (is_calico_policy(object.type) && !is_cluster_wide(object.type))
        put(i, key({"in", "NetworkPolicy", object.name_space}), 0, is_placed(object));
    if (pod_template(object)) {
        put(i, key({"pod", object.name_space, ""}), 0, is_placed(object));
        put(i, key({"pod", "*", ""}), 0, is_placed(object));
        for (const auto& [name, text] : pod_labels(object))
            put(i, key({"pod", object.name_space, key({name, text})}), 0, is_placed(object));
    }
    index_references(i);
    index_selectors(i);
}

void Scan::refer(std::size_t from, std::string_view kind, std::string_view name_space, std::string_view name,
                 std::string forward, std::string backward, const Member* place) {
    if (name.empty() || kind.empty()) return;
    const Object& object = objects_[from];
    Reference made;
    // A reference that names a namespace, or needs none, says where it leads; any other leads beside its object.
    made.across = !name_space.empty() || is_cluster_wide(kind) || is_placed(object);
    made.key = name_key(kind, name_space.empty() ? std::string_view(object.name_space) : name_space, name);
    made.forward = std::move(forward);
    made.backward = std::move(backward);
    made.place = place ? place->span : object.header;
    put(from, key({"reference", made.backward, made.key}), references_[from].size(), made.across);
    references_[from].push_back(std::move(made));
}

void Scan::index_references(std::size_t i) {
    const Object& object = objects_[i];
    const Value& body = object.body;
    const auto each = [](const Value* list, const auto& visit) {
        if (!list) return;
        for (const Value& element : list->elements()) visit(element);
    };
    const std::string& type = object.type;
    if (const Value* pod = pod_template(object)) {
        const Value* spec = value_at(*pod, {"spec"});
        const Member* place = spec ? spec->find("serviceAccountName") : nullptr;
        if (spec) {
            refer(i, "ServiceAccount", "", service_account_name(*spec), "service_account", "workloads", place);
        }
    } else if (type == "RoleBinding" || type == "ClusterRoleBinding") {
        if (const Value* role = value_at(body, {"roleRef"})) {
            refer(i, text_of(*role, "kind"), "", text_of(*role, "name"), "role", "bindings", body.find("roleRef"));
        }
        each(value_at(body, {"subjects"}), [&](const Value& subject) {
            const std::string_view kind = text_of(subject, "kind");
            refer(i, kind, kind == "ServiceAccount" ? text_of(subject, "namespace") : "-", text_of(subject, "name"),
                  "service_accounts", "bindings", body.find("subjects"));
        });
    } else if (type == "Ingress") {
        const auto backend = [&](const Value* of, const Member* place) {
            if (!of) return;
            const Value* service = value_at(*of, {"service"});
            refer(i, "Service", "", service ? text_of(*service, "name") : text_of(*of, "serviceName"), "services",
                  "ingresses", place);
        };
        backend(value_at(body, {"spec", "defaultBackend"}), body.find("spec"));
        backend(value_at(body, {"spec", "backend"}), body.find("spec"));
        each(value_at(body, {"spec", "rules"}), [&](const Value& rule) {
            each(value_at(rule, {"http", "paths"}),
                 [&](const Value& path) { backend(value_at(path, {"backend"}), path.find("backend")); });
        });
    } else if (object.group == "gateway.networking.k8s.io" && type.ends_with("Route")) {
        each(value_at(body, {"spec", "parentRefs"}), [&](const Value& parent) {
            refer(i, "Gateway", text_of(parent, "namespace"), text_of(parent, "name"), "gateways", "routes",
                  parent.find("name"));
        });
        each(value_at(body, {"spec", "rules"}), [&](const Value& rule) {
            each(value_at(rule, {"backendRefs"}), [&](const Value& backend) {
                refer(i, "Service", text_of(backend, "namespace"), text_of(backend, "name"), "services", "routes",
                      backend.find("name"));
            });
        });
    } else if (type == "ValidatingWebhookConfiguration" || type == "MutatingWebhookConfiguration") {
        each(value_at(body, {"webhooks"}), [&](const Value& webhook) {
            const Value* service = value_at(webhook, {"clientConfig", "service"});
            if (!service) return;
            refer(i, "Service", text_of(*service, "namespace"), text_of(*service, "name"), "services", "webhooks",
                  webhook.find("clientConfig"));
        });
    } else if (type == "ValidatingAdmissionPolicyBinding" || type == "MutatingAdmissionPolicyBinding") {
        if (const Value* spec = value_at(body, {"spec"})) {
            refer(i, std::string_view(type).substr(0, type.size() - 7), "", text_of(*spec, "policyName"), "policy",
                  "bindings", spec->find("policyName"));
        }
    } else if (type == "HorizontalPodAutoscaler") {
        if (const Value* target = value_at(body, {"spec", "scaleTargetRef"})) {
            refer(i, text_of(*target, "kind"), "", text_of(*target, "name"), "workloads", "autoscalers",
                  target->find("name"));
        }
    }
}

void Scan::index_selectors(std::size_t i) {
    const Object& object = objects_[i];
    const Value* spec = value_at(object.body, {"spec"});
    if (object.type == "CiliumNetworkPolicy" || object.type == "CiliumClusterwideNetworkPolicy") {
        // One rule at `spec`, or several at `specs`.
        if (spec) add_selector(i, *spec, "network_policies", "endpointSelector", Empty::takes_all_if_written);
        if (const Value* specs = value_at(object.body, {"specs"})) {
            for (const Value& one : specs->elements())
                add_selector(i, one, "network_policies", "endpointSelector", Empty::takes_all_if_written);
        }
        return;
    }
    if (!spec || !spec->is_mapping()) return;
    if (object.type == "NetworkPolicy") {
        // Absent is the empty selector, which takes every pod.
        add_selector(i, *spec, "network_policies", "podSelector", Empty::takes_all);
    } else if (is_calico_policy(object.type)) {
        Selector made;
        made.relation = "network_policies";
        made.everywhere = object.type == "GlobalNetworkPolicy";
        made.expression = text_of(*spec, "selector");
        made.namespace_expression = text_of(*spec, "namespaceSelector");
        const Member* written = spec->find("selector");
        made.place = written ? written->span : object.header;
        selectors_[i].push_back(std::move(made));
    } else if (object.type == "AdminNetworkPolicy" || object.type == "BaselineAdminNetworkPolicy") {
        const Value* subject = value_at(*spec, {"subject"});
        if (!subject) return;
        if (const Value* pods = value_at(*subject, {"pods"})) {
            add_selector(i, *pods, "network_policies", "podSelector", Empty::takes_all);
            selectors_[i].back().namespaces = value_at(*pods, {"namespaceSelector"});
        } else if (const Member* namespaces = subject->find("namespaces")) {
            Selector made;
            made.relation = "network_policies";
            made.everywhere = true;
            made.namespaces = &namespaces->value;
            made.place = namespaces->span;
            selectors_[i].push_back(std::move(made));
        }
    } else if (object.type == "PodDisruptionBudget") {
        // policy/v1: the empty selector takes every pod, an absent one none; v1beta1: the empty one none.
        const bool beta = text_of(object.body, "apiVersion") == "policy/v1beta1";
        add_selector(i, *spec, "pod_disruption_budgets", "selector",
                     beta ? Empty::takes_none : Empty::takes_all_if_written);
    } else if (object.type == "Service") {
        const Member* found = spec->find("selector");
        if (!found || found->value.members().empty()) return;  // without one its endpoints are made by others
        Selector made;
        made.relation = "services";
        made.labels = &found->value;
        made.place = found->span;
        selectors_[i].push_back(std::move(made));
    }
}

void Scan::add_selector(std::size_t i, const Value& spec, const char* relation, std::string_view member, Empty empty) {
    const Object& object = objects_[i];
    const Member* found = spec.find(member);
    const bool written = found && found->value.is_mapping();
    Selector made;
    made.relation = relation;
    made.everywhere = is_cluster_wide(object.type);
    made.place = found ? found->span : object.header;
    if (written) {
        made.labels = value_at(found->value, {"matchLabels"});
        made.expressions = value_at(found->value, {"matchExpressions"});
    }
    const bool is_empty =
        (!made.labels || made.labels->members().empty()) && (!made.expressions || made.expressions->elements().empty());
    if (is_empty && (empty == Empty::takes_none || (empty == Empty::takes_all_if_written && !written))) return;
    selectors_[i].push_back(std::move(made));
}

Linker::Linker(const Scan& scan, std::size_t folder)
    : scan_(scan), folder_(folder), tests_(max_tests), links_(max_links) {}

bool Linker::spend(std::uint64_t& budget) {
    if (budget == 0) exhausted_ = true;
    return budget != 0 && budget-- != 0;
}

bool Linker::is_alternative(std::size_t folder) {
    if (!rivals_) {
        rivals_.emplace(scan_.folders_.size(), false);
        const Scan::Folder& here = scan_.folders_[folder_];
        for (std::size_t i = here.first; i < here.first + here.count; ++i) {
            const auto found = scan_.folders_of_.find(scan_.objects_[i].address);
            if (found == scan_.folders_of_.end()) continue;
            for (std::size_t other : found->second) (*rivals_)[other] = true;
        }
    }
    return (*rivals_)[folder];
}

template <class Visit>
void Linker::each(const std::string& what, bool across, const Visit& visit) {
    if (const auto found = scan_.buckets_.find(std::to_string(folder_) + '|' + what); found != scan_.buckets_.end()) {
        for (const Scan::Entry& entry : found->second) {
            if (!spend(tests_)) return;
            visit(entry);
        }
    }
    if (!across) return;
    if (const auto found = scan_.buckets_.find("*|" + what); found != scan_.buckets_.end()) {
        for (const Scan::Entry& entry : found->second) {
            const std::size_t folder = scan_.folder_index_[entry.object];
            if (folder == folder_) continue;
            if (!spend(tests_)) return;
            if (!is_alternative(folder)) visit(entry);
        }
    }
}

std::optional<std::size_t> Linker::first(const Scan::Reference& reference) {
    const std::string what = key({"name", reference.key});
    if (const auto found = scan_.buckets_.find(std::to_string(folder_) + '|' + what); found != scan_.buckets_.end()) {
        return found->second.front().object;
    }
    std::optional<std::size_t> target;
    if (!reference.across) return target;
    if (const auto found = scan_.buckets_.find("*|" + what); found != scan_.buckets_.end()) {
        for (const Scan::Entry& entry : found->second) {
            if (!spend(tests_)) break;
            if (!is_alternative(scan_.folder_index_[entry.object])) return entry.object;
        }
    }
    return target;
}

bool Linker::selects(const Scan::Selector& selector, std::size_t pod) const {
    const Object& object = scan_.objects_[pod];
    const Value* found = value_at(*pod_template(object), {"metadata", "labels"});
    static const Value none = Value::object({});
    const Value& labels = found ? *found : none;
    if (!takes(selector.labels, selector.expressions, labels)) return false;
    if (!selector.expression.empty()) {
        const LabelLookup own = lookup_in(labels);
        const auto label = [&](std::string_view name) -> std::optional<std::string> {
            return name == "projectcalico.org/namespace" ? object.name_space : own(name);
        };
        if (!calico_selects(selector.expression, label).value_or(false)) return false;
    }
    return !selector.everywhere || selects_namespace(selector, object.name_space);
}

bool Linker::selects_namespace(const Scan::Selector& selector, const std::string& name_space) const {
    if (!selector.namespaces && selector.namespace_expression.empty()) return true;
    const auto found = scan_.namespace_labels_.find(name_space);
    // The API server gives every namespace its name as a label, Calico another one.
    const Value labels = with_members(found == scan_.namespace_labels_.end() ? Value::object({}) : *found->second,
                                      {{"kubernetes.io/metadata.name", Value::string(name_space), {}},
                                       {"projectcalico.org/name", Value::string(name_space), {}}});
    if (selector.namespaces && !takes(value_at(*selector.namespaces, {"matchLabels"}),
                                      value_at(*selector.namespaces, {"matchExpressions"}), labels))
        return false;
    return selector.namespace_expression.empty() ||
           calico_selects(selector.namespace_expression, lookup_in(labels)).value_or(false);
}

Value Linker::value_of(const Link& link) const {
    const Value& value = scan_.linked_values_[link.target];
    return value.traced(make_reference_trace(link.place, scan_.objects_[link.target].address, "", {value.trace()}));
}

void Linker::emit(std::vector<Member>& out, std::string name, std::vector<Link> links, Span place,
                  std::vector<Value> more) {
    if (exhausted_) {
        // What was found so far may not be all of it.
        out.push_back(
            {std::move(name),
             Value::unknown(Type::dynamic(), make_cause("this folder has more links than are followed", place)),
             place});
        return;
    }
    std::sort(links.begin(), links.end(), [](const Link& a, const Link& b) { return a.target < b.target; });
    links.erase(
        std::unique(links.begin(), links.end(), [](const Link& a, const Link& b) { return a.target == b.target; }),
        links.end());
    if (links.empty() && more.empty()) return;
    if (is_single(name)) {
        out.push_back({std::move(name), value_of(links.front()), links.front().place});
        return;
    }
    std::vector<Value> values;
    for (const Link& link : links) {
        if (!spend(links_)) return emit(out, std::move(name), {}, place);
        values.push_back(value_of(link));
    }
    const Span from = links.empty() ? place : links.front().place;
    std::move(more.begin(), more.end(), std::back_inserter(values));
    out.push_back(
        {std::move(name), Value::tuple(std::move(values)).traced(make_trace(Trace::Kind::expression, from)), from});
}

const Object* Linker::service_account(std::size_t object) {
    for (const Scan::Reference& reference : scan_.references_[object]) {
        if (reference.forward != "service_account") continue;
        const std::optional<std::size_t> account = first(reference);
        return account ? &scan_.objects_[*account] : nullptr;
    }
    return nullptr;
}

std::vector<Linker::Link> Linker::referrers(const std::string& to, std::string_view backward, bool across, Span place) {
    std::vector<Link> links;
    each(key({"reference", backward, to}), across, [&](const Scan::Entry& entry) {
        links.push_back({entry.object, place});
    });
    return links;
}

void Linker::link_references(std::size_t i, std::vector<Member>& out) {
    const Object& object = scan_.objects_[i];
    std::map<std::string, std::vector<Link>> found;  // by relation
    for (const Scan::Reference& reference : scan_.references_[i]) {
        std::vector<Link>& links = found[reference.forward];
        if (const auto target = first(reference)) links.push_back({*target, reference.place});
        if (links.empty() && reference.forward == "role" &&
            reference.key == name_key("ClusterRole", "", "cluster-admin")) {
            out.push_back({"role", cluster_admin_at(reference.place), reference.place});
        }
    }
    const std::string own = name_key(object.type, object.name_space, object.name);
    for (std::string_view backward : {"bindings", "workloads", "ingresses", "routes", "webhooks", "autoscalers"}) {
        // Accounts get their bindings with those of their groups.
        if (object.type == "ServiceAccount" && backward == "bindings") continue;
        for (const Link& link : referrers(own, backward, is_placed(object), object.header)) {
            found[std::string(backward)].push_back(link);
        }
    }
    for (auto& [relation, links] : found) emit(out, relation, std::move(links), object.header);
}

std::vector<Linker::Link> Linker::selected_by(std::size_t i) {
    std::vector<Link> links;
    const Object& object = scan_.objects_[i];
    const auto found = scan_.selectors_.find(i);
    if (found == scan_.selectors_.end()) return links;
    for (const Scan::Selector& selector : found->second) {
        const std::string_view name_space = selector.everywhere ? "*" : std::string_view(object.name_space);
        // The label that the fewest pods have; every pod where it asks for none.
        std::string what = key({"pod", name_space, ""});
        std::size_t fewest = std::string::npos;
        const auto size = [&](const std::string& name) {
            const auto bucket = scan_.buckets_.find(name);
            return bucket == scan_.buckets_.end() ? 0 : bucket->second.size();
        };
        if (selector.labels && !selector.everywhere) {
            for (const Member& member : selector.labels->members()) {
                const std::string candidate =
                    key({"pod", name_space, key({label_name(member.name), label_text(member.value)})});
                const std::size_t pods = size(std::to_string(folder_) + '|' + candidate) + size("*|" + candidate);
                if (pods >= fewest) continue;
                fewest = pods;
                what = candidate;
            }
        }
        each(what, is_placed(object), [&](const Scan::Entry& entry) {
            if (selects(selector, entry.object)) links.push_back({entry.object, selector.place});
        });
    }
    return links;
}

void Linker::link_selectors(std::size_t pod, std::vector<Member>& out) {
    const Object& object = scan_.objects_[pod];
    std::map<std::string, std::vector<Link>> found = {
        {"network_policies", {}}, {"pod_disruption_budgets", {}}, {"services", {}}};
    const auto look = [&](std::string_view name_space, const std::string& label) {
        each(key({"selector", name_space, label}), is_placed(object), [&](const Scan::Entry& entry) {
            const Scan::Selector& selector = scan_.selectors_.at(entry.object)[entry.index];
            if (selects(selector, pod)) found[selector.relation].push_back({entry.object, object.header});
        });
    };
    for (std::string_view name_space : {std::string_view(object.name_space), std::string_view("*")}) {
        look(name_space, "");
        for (const auto& [name, text] : pod_labels(object)) look(name_space, key({name, text}));
    }
    for (auto& [relation, links] : found) emit(out, relation, std::move(links), object.header);
}

void Linker::link_namespace(std::size_t i, std::vector<Member>& out) {
    const Object& object = scan_.objects_[i];
    const bool is_namespace = object.type == "Namespace";
    const auto in = [&](const char* relation, std::initializer_list<std::string_view> kinds,
                        const std::string& name_space) {
        std::vector<Link> links;
        for (const std::string_view kind : kinds) {
            each(key({"in", kind, name_space}), is_placed(object), [&](const Scan::Entry& entry) {
                links.push_back({entry.object, object.header});
            });
        }
        emit(out, relation, std::move(links), object.header);
    };
    if (is_namespace || pod_template(object)) {
        const std::string& name_space = is_namespace ? object.name : object.name_space;
        in("limit_ranges", {"LimitRange"}, name_space);
        in("resource_quotas", {"ResourceQuota"}, name_space);
        if (is_namespace) in("network_policies", {"NetworkPolicy", "CiliumNetworkPolicy"}, name_space);
    }
    if (is_cluster_wide(object.type)) return;
    const Value* metadata = value_at(object.body, {"metadata"});
    const Member* written = metadata ? metadata->find("namespace") : nullptr;
    const Span place = written ? written->span : object.header;
    Scan::Reference to;
    to.key = name_key("Namespace", "", object.name_space);
    to.across = object.namespace_written;
    std::vector<Link> links;
    if (const auto found = first(to)) links.push_back({*found, place});
    emit(out, "namespace", std::move(links), place);
}

void Linker::link_bindings(const Object& object, const std::string& account, std::vector<Member>& out) {
    // The account itself, its user name, and the groups that every account of the namespace or cluster is in.
    const std::string& name_space = object.name_space;
    std::vector<Link> bindings;
    for (const std::string& subject :
         {name_key("ServiceAccount", name_space, account),
          name_key("User", "-", "system:serviceaccount:" + name_space + ":" + account),
          name_key("Group", "-", "system:serviceaccounts:" + name_space),
          name_key("Group", "-", "system:serviceaccounts"), name_key("Group", "-", "system:authenticated")}) {
        for (const Link& link : referrers(subject, "bindings", is_placed(object), object.header)) {
            bindings.push_back(link);
        }
    }
    std::vector<Link> roles;
    std::vector<Value> known;  // without a manifest
    for (const Link& binding : bindings) {
        for (const Scan::Reference& reference : scan_.references_[binding.target]) {
            if (reference.forward != "role") continue;
            if (const auto role = first(reference))
                roles.push_back({*role, object.header});
            else if (known.empty() && reference.key == name_key("ClusterRole", "", "cluster-admin"))
                known.push_back(cluster_admin_at(reference.place));
        }
    }
    emit(out, "bindings", std::move(bindings), object.header);
    emit(out, "roles", std::move(roles), object.header, std::move(known));
}

std::optional<Member> Linker::linked(std::size_t i) {
    const Object& object = scan_.objects_[i];
    std::vector<Member> members;
    link_references(i, members);
    if (scan_.selectors_.contains(i)) emit(members, "workloads", selected_by(i), object.header);
    if (const Value* pod = pod_template(object)) {
        link_selectors(i, members);
        if (const Value* spec = value_at(*pod, {"spec"})) link_bindings(object, service_account_name(*spec), members);
    } else if (object.type == "ServiceAccount") {
        link_bindings(object, object.name, members);
    }
    link_namespace(i, members);
    if (members.empty()) return std::nullopt;
    return Member{"linked", Value::object(std::move(members)).traced(object.body.trace()), object.header};
}

}  // namespace plumbline::kubernetes
