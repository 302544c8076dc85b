#include "parsers/kubernetes/pod.h"

#include <algorithm>
#include <array>

#include "scanner/model/text.h"

namespace plumbline::kubernetes {
namespace {

/// Kinds with the template at `spec.template`.
constexpr std::array<std::string_view, 8> controllers = {
    "Deployment", "ReplicaSet", "StatefulSet",      "ReplicationController",
    "DaemonSet",  "Job",        "DeploymentConfig", "Rollout"};

/// The member that holds the template; null for a Pod, which is its own.
const Member* template_member(const Object& object) {
    const Value* around = nullptr;
    if (std::find(controllers.begin(), controllers.end(), object.type) != controllers.end()) {
        around = value_at(object.body, {"spec"});
    } else if (object.type == "CronJob") {
        around = value_at(object.body, {"spec", "jobTemplate", "spec"});
    } else if (object.type == "PodTemplate") {
        around = &object.body;
    }
    return around ? around->find("template") : nullptr;
}

Span span_of(const Value& value) {
    return value.trace() ? value.trace()->span : Span{};
}

/// A value that the platform fills in; `from` is what it follows from, where it follows from something.
Value by_default(Value value, std::string name, const Value* from = nullptr) {
    std::vector<TraceRef> sources;
    if (from) sources.push_back(from->trace());
    return value.traced(make_trace(Trace::Kind::provider_default, Span{}, std::move(name), std::move(sources)));
}

/// The member where it is written with a value.
const Member* written(const Value* object, std::string_view name) {
    const Member* member = object ? object->find(name) : nullptr;
    return member && !member->value.is_null() ? member : nullptr;
}

/// Defaults that are the same for every container; made once, since large folders have 100,000 of them.
struct Defaults {
    Value run_as_non_root = by_default(Value::boolean(false), "runAsNonRoot");
    Value privileged = by_default(Value::boolean(false), "privileged");
    Value read_only_root = by_default(Value::boolean(false), "readOnlyRootFilesystem");
    Value escalation = by_default(Value::boolean(true), "allowPrivilegeEscalation");
    Value proc_mount = by_default(Value::string("Default"), "procMount");
    Value automount = by_default(Value::boolean(true), "automountServiceAccountToken");
    Value account = by_default(Value::string("default"), "serviceAccountName");
    std::array<Value, 4> roles = {
        by_default(Value::string("container"), "role"), by_default(Value::string("init"), "role"),
        by_default(Value::string("sidecar"), "role"), by_default(Value::string("ephemeral"), "role")};

    const Value& role(std::string_view name) const {
        return *std::find_if(roles.begin(), roles.end(), [&](const Value& value) { return value.as_string() == name; });
    }
};

const Defaults& shared_defaults() {
    static const Defaults defaults;
    return defaults;
}

/// What a container's `effective` is made from.
class Effective {
  public:
    Effective(const Value& container, std::string_view role, const Value& spec, const Value* annotations)
        : container_(container),
          annotations_(annotations),
          own_(value_at(container, {"securityContext"})),
          pod_(value_at(spec, {"securityContext"})),
          role_(role) {
        // Where a missing setting would be written.
        place_ = own_ ? span_of(*own_) : span_of(container);
    }

    Member make() {
        const Defaults& defaults = shared_defaults();
        const bool restarts = text_of(container_, "restartPolicy") == "Always";
        put("role", defaults.role(role_ == "init" && restarts ? "sidecar" : role_));
        image();
        for (std::string_view name : {"runAsUser", "runAsGroup", "seccompProfile", "seLinuxOptions", "windowsOptions"})
            inherit(name);
        if (!inherit("runAsNonRoot")) put("runAsNonRoot", defaults.run_as_non_root);
        app_armor();
        own("privileged", defaults.privileged);
        own("readOnlyRootFilesystem", defaults.read_only_root);
        own("allowPrivilegeEscalation", defaults.escalation);
        own("procMount", defaults.proc_mount);
        resources();
        return {"effective", Value::object(std::move(members_)).traced(container_.trace()), span_of(container_)};
    }

  private:
    void put(std::string_view name, Value value) { members_.push_back({std::string(name), std::move(value), place_}); }
    bool take(const Member* member, std::string_view name) {
        if (member) members_.push_back({std::string(name), member->value, member->span});
        return member != nullptr;
    }
    void own(std::string_view name, const Value& otherwise) {
        if (!take(written(own_, name), name)) put(name, otherwise);
    }
    bool inherit(std::string_view name) { return take(written(own_, name), name) || take(written(pod_, name), name); }

    void image() {
        const Member* image = written(&container_, "image");
        const bool known = image && image->value.is_string();
        const ImageName name = known ? parse_image(image->value.as_string()) : ImageName{};
        if (known) {
            std::vector<Member> parts;
            const auto part = [&](const char* key, const std::string& text) {
                if (!text.empty())
                    parts.push_back({key, Value::string(text).traced(image->value.trace()), image->span});
            };
            part("registry", name.registry);
            part("repository", name.repository);
            part("tag", name.tag);
            part("digest", name.digest);
            members_.push_back({"image", Value::object(std::move(parts)).traced(image->value.trace()), image->span});
        }
        if (take(written(&container_, "imagePullPolicy"), "imagePullPolicy") || !known) return;
        members_.push_back({"imagePullPolicy",
                            by_default(Value::string(name.tag == "latest" ? "Always" : "IfNotPresent"),
                                       "imagePullPolicy", &image->value),
                            image->span});
    }

    /// The container's field, else its annotation (beta until 1.30, still read), else the pod's field.
    void app_armor() {
        if (take(written(own_, "appArmorProfile"), "appArmorProfile")) return;
        const std::string key =
            "container.apparmor.security.beta.kubernetes.io/" + std::string(text_of(container_, "name"));
        const Member* annotation = written(annotations_, key);
        if (!annotation || !annotation->value.is_string()) {
            take(written(pod_, "appArmorProfile"), "appArmorProfile");
            return;
        }
        const std::string& text = annotation->value.as_string();
        std::vector<Member> profile;
        const auto part = [&](const char* name, std::string value) {
            profile.push_back(
                {name, Value::string(std::move(value)).traced(annotation->value.trace()), annotation->span});
        };
        if (text == "runtime/default") {
            part("type", "RuntimeDefault");
        } else if (text == "unconfined") {
            part("type", "Unconfined");
        } else if (text.starts_with("localhost/")) {
            part("type", "Localhost");
            part("localhostProfile", text.substr(text.find('/') + 1));
        } else {
            part("type", text);
        }
        members_.push_back(
            {"appArmorProfile", Value::object(std::move(profile)).traced(annotation->value.trace()), annotation->span});
    }

    void resources() {
        const Member* resources = written(&container_, "resources");
        if (!resources || !resources->value.is_mapping()) return;
        const Value* limits = value_at(resources->value, {"limits"});
        const Value* requests = value_at(resources->value, {"requests"});
        std::vector<Member> missing;
        if (limits) {
            for (const Member& limit : limits->members()) {
                if (limit.value.is_null() || written(requests, limit.name)) continue;
                missing.push_back(
                    {limit.name, by_default(limit.value, "requests." + limit.name, &limit.value), limit.span});
            }
        }
        Value value = resources->value;
        if (!missing.empty()) {
            const Value base = requests && requests->is_mapping() ? *requests : Value::object({});
            const Member* member = written(&value, "requests");
            value = with_members(
                value, {{"requests", with_members(base, std::move(missing)), member ? member->span : resources->span}});
        }
        members_.push_back({"resources", std::move(value), resources->span});
    }

    const Value& container_;
    const Value* annotations_;
    const Value* own_;
    const Value* pod_;
    std::string_view role_;
    Span place_;
    std::vector<Member> members_;
};

/// The pod's spec with `all_containers` and each container's `effective`.
Value enriched_spec(const Value& spec, const Value* annotations) {
    struct Group {
        std::string_view member, role;
    };
    std::vector<Member> more;
    std::vector<Value> all;
    Span place;
    for (const Group& group : {Group{"containers", "container"}, Group{"initContainers", "init"},
                               Group{"ephemeralContainers", "ephemeral"}}) {
        const Member* list = written(&spec, group.member);
        if (!list || !list->value.is_sequence()) continue;
        std::vector<Value> containers;
        for (const Value& container : list->value.elements()) {
            containers.push_back(
                container.is_mapping()
                    ? with_members(container, {Effective(container, group.role, spec, annotations).make()})
                    : container);
        }
        if (!place.valid()) place = list->span;
        all.insert(all.end(), containers.begin(), containers.end());
        more.push_back({list->name, Value::tuple(std::move(containers)).traced(list->value.trace()), list->span});
    }
    if (!place.valid()) place = span_of(spec);
    more.push_back({"all_containers",
                    Value::tuple(std::move(all)).traced(make_trace(Trace::Kind::expression, place, "all_containers")),
                    place});
    return with_members(spec, std::move(more));
}

Member pod_effective(const Value& spec, const Object* service_account) {
    std::vector<Member> members;
    const Span place = span_of(spec);
    const Member* name = written(&spec, "serviceAccountName");
    if (!name) name = written(&spec, "serviceAccount");
    if (name) {
        members.push_back({"serviceAccountName", name->value, name->span});
    } else {
        members.push_back({"serviceAccountName", shared_defaults().account, place});
    }
    constexpr const char* automount = "automountServiceAccountToken";
    const Member* written_here = written(&spec, automount);
    const Member* of_account = service_account ? written(&service_account->body, automount) : nullptr;
    if (written_here) {
        members.push_back({automount, written_here->value, written_here->span});
    } else if (of_account) {
        TraceRef from = make_reference_trace(Span{}, service_account->address, automount, {of_account->value.trace()});
        members.push_back({automount, of_account->value.traced(std::move(from)), place});
    } else {
        members.push_back({automount, shared_defaults().automount, place});
    }
    return {"effective", Value::object(std::move(members)).traced(spec.trace()), place};
}

}  // namespace

const Value* pod_template(const Object& object) {
    if (object.type == "Pod") return &object.body;
    const Member* member = template_member(object);
    return member && member->value.is_mapping() ? &member->value : nullptr;
}

std::vector<std::pair<std::string, std::string>> pod_labels(const Object& object) {
    std::vector<std::pair<std::string, std::string>> labels;
    const Value* pod = pod_template(object);
    const Value* found = pod ? value_at(*pod, {"metadata", "labels"}) : nullptr;
    if (!found) return labels;
    for (const Member& member : found->members()) {
        labels.emplace_back(member.name, member.value.is_string() ? member.value.as_string() : member.value.to_text());
    }
    return labels;
}

std::string service_account_name(const Value& pod_spec) {
    for (std::string_view name : {"serviceAccountName", "serviceAccount"}) {
        if (const std::string_view text = text_of(pod_spec, name); !text.empty()) return std::string(text);
    }
    return "default";
}

std::optional<Member> pod_member(const Object& object, const Object* service_account) {
    const Value* pod = pod_template(object);
    if (!pod) return std::nullopt;
    std::vector<Member> members;
    if (const Member* metadata = pod->find("metadata")) members.push_back(*metadata);
    const Member* spec = pod->find("spec");
    if (spec && spec->value.is_mapping()) {
        members.push_back(
            {"spec", enriched_spec(spec->value, value_at(*pod, {"metadata", "annotations"})), spec->span});
        members.push_back(pod_effective(spec->value, service_account));
    } else if (spec) {
        members.push_back(*spec);
    }
    const Member* holder = template_member(object);
    const Span place = holder ? holder->span : spec ? spec->span : object.header;
    return Member{"pod", Value::object(std::move(members)).traced(pod->trace()), place};
}

ImageName parse_image(std::string_view text) {
    ImageName name;
    if (const std::size_t at = text.find('@'); at != std::string_view::npos) {
        name.digest = std::string(text.substr(at + 1));
        text = text.substr(0, at);
    }
    const std::size_t slash = text.rfind('/');
    const std::size_t colon = text.rfind(':');
    if (colon != std::string_view::npos && (slash == std::string_view::npos || colon > slash)) {
        name.tag = std::string(text.substr(colon + 1));
        text = text.substr(0, colon);
    }
    if (name.tag.empty() && name.digest.empty() && !text.empty()) name.tag = "latest";
    // The first part is a host when it has a dot or a port, or is `localhost` (distribution/reference).
    const std::size_t first = text.find('/');
    const std::string_view host = text.substr(0, first);
    if (first != std::string_view::npos &&
        (host == "localhost" || host.find_first_of(".:") != std::string_view::npos)) {
        name.registry = std::string(host);
        name.repository = std::string(text.substr(first + 1));
    } else if (!text.empty()) {
        name.registry = "docker.io";
        name.repository = (first == std::string_view::npos ? "library/" : "") + std::string(text);
    }
    return name;
}

}  // namespace plumbline::kubernetes
