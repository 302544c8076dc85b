#include "parsers/kubernetes/manifest.h"

#include <algorithm>
#include <array>

#include "parsers/json/json_reader.h"
#include "parsers/yaml/comment_suppressions.h"
#include "parsers/yaml/yaml_reader.h"
#include "scanner/model/file_system.h"
#include "scanner/model/text.h"

namespace plumbline::kubernetes {
namespace {

// The server takes names of 253 bytes. Addresses are copied into every link, so that longer ones would cost memory.
constexpr std::size_t max_name = 253;
constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

/// Kinds whose name other API groups use for something else (Knative's Service, Calico's NetworkPolicy); rules for the
/// built-in kind must not judge those.
constexpr std::array<std::string_view, 33> built_in_kinds = {"ClusterRole",
                                                             "ClusterRoleBinding",
                                                             "ConfigMap",
                                                             "CronJob",
                                                             "DaemonSet",
                                                             "Deployment",
                                                             "Endpoints",
                                                             "Event",
                                                             "Gateway",
                                                             "HorizontalPodAutoscaler",
                                                             "Ingress",
                                                             "IngressClass",
                                                             "Job",
                                                             "LimitRange",
                                                             "MutatingWebhookConfiguration",
                                                             "Namespace",
                                                             "NetworkPolicy",
                                                             "Node",
                                                             "PersistentVolume",
                                                             "PersistentVolumeClaim",
                                                             "Pod",
                                                             "PodDisruptionBudget",
                                                             "PodSecurityPolicy",
                                                             "PodTemplate",
                                                             "ReplicaSet",
                                                             "ReplicationController",
                                                             "ResourceQuota",
                                                             "Role",
                                                             "RoleBinding",
                                                             "Secret",
                                                             "Service",
                                                             "ServiceAccount",
                                                             "StatefulSet"};

/// Groups of Kubernetes itself: without a dot (apps, batch), below k8s.io, and OpenShift's older names for the same.
bool is_native_group(std::string_view group) {
    if (group.find('.') == std::string_view::npos) return true;
    if (group.ends_with(".openshift.io")) return true;
    return group.ends_with(".k8s.io") && !group.ends_with(".x-k8s.io");
}

bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r';
}

/// Whether some line starts with that key (quoted or not) and a colon.
bool has_key_line(std::string_view text, std::string_view key) {
    for (std::size_t at = text.find(key); at != std::string_view::npos; at = text.find(key, at + key.size())) {
        std::size_t start = at;
        std::size_t end = at + key.size();
        if (start > 0 && (text[start - 1] == '"' || text[start - 1] == '\'')) {
            if (end >= text.size() || text[end] != text[start - 1]) continue;
            --start;
            ++end;
        }
        if (start > 0 && text[start - 1] != '\n' && !(start >= 4 && text.substr(start - 4, 4) == "--- ")) continue;
        while (end < text.size() && is_blank(text[end])) ++end;
        if (end < text.size() && text[end] == ':') return true;
    }
    return false;
}

/// Whether what stands behind a line's last colon or dash opens a block scalar: `|`, `>-`, `|2+`, a tag before it.
bool opens_block_scalar(std::string_view line) {
    std::size_t end = line.size();
    while (end > 0 && (line[end - 1] == '-' || line[end - 1] == '+' || (line[end - 1] >= '1' && line[end - 1] <= '9')))
        --end;
    if (end == 0 || (line[end - 1] != '|' && line[end - 1] != '>') || line.size() - end > 2) return false;
    const std::string_view before = trim(line.substr(0, end - 1));
    return before.empty() || before.ends_with(':') || before.ends_with('-') || before.find(": !") != before.npos ||
           before.find(": &") != before.npos || before.starts_with('!');
}

/// Walks a line outside of block scalars; `quote` is the quote that is open from a line before, and after it.
/// Cuts a comment off `line`. True where `{{` stands outside of quotes.
bool line_has_template(std::string_view& line, char& quote) {
    for (std::size_t i = 0; i < line.size(); ++i) {
        const char c = line[i];
        if (quote) {
            if (c == '\\' && quote == '"') {
                ++i;
            } else if (c == '\'' && quote == c && line.substr(i + 1).starts_with('\'')) {
                ++i;  // a quote inside of single quotes is written twice
            } else if (c == quote) {
                quote = 0;
            }
            continue;
        }
        if (c == '#' && (i == 0 || is_blank(line[i - 1]))) {
            line = line.substr(0, i);
            return false;
        }
        if (c == '{' && line.substr(i).starts_with("{{")) return true;
        // A quote opens a scalar only where one can start; elsewhere (`don't`) it is text.
        if ((c == '"' || c == '\'') &&
            (i == 0 || std::string_view(" \t[{,:-(!").find(line[i - 1]) != std::string_view::npos))
            quote = c;
    }
    return false;
}

/// At most `max_name` bytes, cut between two characters.
std::string clipped(std::string_view name) {
    std::size_t size = std::min(name.size(), max_name);
    while (size < name.size() && size > 0 && (static_cast<unsigned char>(name[size]) & 0xC0) == 0x80) --size;
    return std::string(name.substr(0, size));
}

std::string_view group_of(std::string_view api_version) {
    const std::size_t slash = api_version.rfind('/');
    return slash == std::string_view::npos ? std::string_view() : api_version.substr(0, slash);
}

bool is_list(const Value& body, std::string_view kind) {
    const Member* items = body.find("items");
    if (!items || !(items->value.is_sequence() || items->value.is_null())) return false;
    return kind == "List" ||
           (kind.ends_with("List") && text_of(body, "spec").empty() && !value_at(body, {"metadata", "name"}));
}

/// For an object without any name (the server refuses it), so that its findings can be told apart.
std::string name_by_labels(const Value& metadata) {
    std::string name;
    if (const Value* labels = value_at(metadata, {"labels"})) {
        for (const Member& label : labels->members()) {
            if (!label.value.is_string() || name.size() > max_name) continue;
            name += (name.empty() ? "" : ".") + label.name + "-" + label.value.as_string();
        }
    }
    return name.empty() ? "unnamed" : clipped(name);
}

Object make_object(std::string_view text, const Value& body, std::string_view kind, std::string_view api_version) {
    Object object;
    object.body = body;
    object.kind = clipped(kind);
    object.group = clipped(group_of(api_version));
    object.type = object.kind;
    const bool known = std::find(built_in_kinds.begin(), built_in_kinds.end(), kind) != built_in_kinds.end();
    if (known && !is_native_group(object.group)) {
        object.type += "." + object.group;
    }
    const Value* metadata = value_at(body, {"metadata"});
    const Value nothing;
    const Value& meta = metadata ? *metadata : nothing;
    // A name that YAML takes for a number or boolean (`name: n`) is refused by the server, yet it names the object
    // here.
    const auto as_written = [&](std::string_view member) -> std::string {
        const Value* value = value_at(meta, {member});
        if (!value || value->is_mapping() || value->is_sequence()) return {};
        if (value->is_string()) return clipped(value->as_string());
        const Span place = value->origin();
        return clipped(text.substr(place.begin, place.end - place.begin));
    };
    object.name_space = as_written("namespace");
    object.namespace_written = !object.name_space.empty();
    if (!object.namespace_written) object.name_space = "default";
    object.name = as_written("name");
    if (object.name.empty() && !text_of(meta, "generateName").empty()) {
        object.name = clipped(text_of(meta, "generateName")) + "*";
    }
    if (object.name.empty()) object.name = name_by_labels(meta);
    object.address = object.kind + "." + object.name_space + "." + object.name;
    object.block = body.trace() ? body.trace()->span : Span{};
    const Member* header = body.find("kind");
    object.header = header ? header->span : object.block;
    return object;
}

class Splitter {
  public:
    Splitter(std::string_view text, Manifest& manifest, Diagnostics& diagnostics)
        : text_(text), manifest_(manifest), diagnostics_(diagnostics) {}

    /// One document. Lists are taken apart; what is in them is read the same way, without recursion.
    void add(const Value& document) {
        struct Pending {
            Value body;
            std::string kind, api_version;  // that a typed list implies
        };
        std::vector<Pending> open = {{document, {}, {}}};
        while (!open.empty()) {
            Pending next = std::move(open.back());
            open.pop_back();
            if (next.body.is_null()) continue;
            std::string kind(text_of(next.body, "kind"));
            std::string api_version(text_of(next.body, "apiVersion"));
            if (kind.empty()) kind = next.kind;
            if (api_version.empty()) api_version = next.api_version;
            if (kind.empty() || api_version.empty()) {
                report(next.body);
            } else if (is_list(next.body, kind)) {
                const std::string item = kind == "List" ? std::string() : kind.substr(0, kind.size() - 4);
                const auto items = next.body.find("items")->value.elements();
                for (auto it = items.rbegin(); it != items.rend(); ++it) {
                    open.push_back({*it, item, item.empty() ? std::string() : api_version});
                }
            } else if (api_version.starts_with("kustomize.config.k8s.io/")) {
                manifest_.kustomizations.push_back(next.body);
            } else {
                manifest_.objects.push_back(make_object(text_, next.body, kind, api_version));
            }
        }
    }

  private:
    void report(const Value& body) {
        Span place = body.origin();
        diagnostics_.warning(
            "kubernetes-no-kind", "This document is no Kubernetes object",
            "It has no \"apiVersion\" or no \"kind\", so it was not judged; the other documents of the "
            "file were. Add both, or move it to a file of its own.",
            {place.source, place.begin, std::min(place.end, place.begin + 1)});
    }

    std::string_view text_;
    Manifest& manifest_;
    Diagnostics& diagnostics_;
};

/// `checkov.io/skip1: CKV_K8S_1=reason` and `ignore-check.kube-linter.io/NAME: reason`, on the object or its pods.
void annotation_suppressions(const Object& object, std::vector<Suppression>& out) {
    for (const Value* annotations :
         {value_at(object.body, {"metadata", "annotations"}),
          value_at(object.body, {"spec", "template", "metadata", "annotations"}),
          value_at(object.body, {"spec", "jobTemplate", "spec", "template", "metadata", "annotations"})}) {
        if (!annotations) continue;
        for (const Member& member : annotations->members()) {
            const std::string_view name = member.name;
            Suppression made;
            const std::string_view text = member.value.is_string() ? std::string_view(member.value.as_string()) : "";
            if (name.starts_with("checkov.io/skip") || name.starts_with("bridgecrew.io/skip") ||
                name.starts_with("cortex.io/skip")) {
                const std::size_t equals = text.find('=');
                for (std::string_view id : split(text.substr(0, equals), ',')) {
                    if (!trim(id).empty()) made.rules.emplace_back(trim(id));
                }
                if (equals != std::string_view::npos) made.reason = std::string(trim(text.substr(equals + 1)));
            } else if (name.starts_with("ignore-check.kube-linter.io/")) {
                made.rules.emplace_back(name.substr(name.find('/') + 1));
                made.reason = std::string(text);
            } else if (name == "kube-linter.io/ignore-all") {
                made.rules.emplace_back("*");
                made.reason = std::string(text);
            }
            if (made.rules.empty()) continue;
            made.span = member.span;
            made.scope = object.block;
            made.kind = "annotation";
            out.push_back(std::move(made));
        }
    }
}

}  // namespace

std::string_view text_of(const Value& object, std::string_view name) {
    const Member* member = object.find(name);
    return member && member->value.is_string() ? std::string_view(member->value.as_string()) : std::string_view();
}

const Value* value_at(const Value& object, std::initializer_list<std::string_view> path) {
    const Value* at = &object;
    for (std::string_view name : path) {
        const Member* member = at->find(name);
        if (!member || member->value.is_null()) return nullptr;
        at = &member->value;
    }
    return at;
}

Value with_members(const Value& object, std::vector<Member> more) {
    std::vector<Member> members(object.members().begin(), object.members().end());
    members.insert(members.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
    return Value::object(std::move(members)).traced(object.trace()).with_marks(object.marks());
}

bool looks_like_manifest(std::string_view text, bool json) {
    if (text.starts_with(byte_order_mark)) text.remove_prefix(byte_order_mark.size());
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) return false;
    if (json || text[first] == '{') {
        return text[first] == '{' && text.find("\"apiVersion\"") != std::string_view::npos &&
               text.find("\"kind\"") != std::string_view::npos;
    }
    return has_key_line(text, "apiVersion") && has_key_line(text, "kind");
}

bool is_kustomization_file(std::string_view path) {
    const std::string_view name = file_name(path);
    return name == "kustomization.yaml" || name == "kustomization.yml";
}

bool has_template_syntax(std::string_view text) {
    if (text.find("{{") == std::string_view::npos) return false;
    char quote = 0;
    bool in_block = false;
    std::size_t block_parent = 0;  // columns of the line that opened the block scalar
    for (std::string_view line : split(text, '\n')) {
        while (!line.empty() && is_blank(line.back())) line.remove_suffix(1);
        if (line.empty()) continue;
        const std::size_t indent = std::min(line.find_first_not_of(' '), line.size());
        if (in_block && indent > block_parent) continue;
        in_block = false;
        if (line_has_template(line, quote)) return true;
        if (quote) continue;
        while (!line.empty() && is_blank(line.back())) line.remove_suffix(1);
        if (opens_block_scalar(line)) {
            in_block = true;
            // The content of `- name: |` is indented against `name`, at least against the dash.
            block_parent = indent;
        }
    }
    return false;
}

Manifest read_manifest(const Source& source, bool json, Diagnostics& diagnostics) {
    Manifest manifest;
    const std::string_view text = source.text();
    if (!is_utf8(text)) {
        diagnostics.file_error("file-encoding", source.path(), "This file is not UTF-8",
                               "It was not read. Save it as UTF-8, the only encoding that Kubernetes takes.");
        return manifest;
    }
    manifest.has_braces = text.find("{{") != std::string_view::npos;
    manifest.is_template = !json && has_template_syntax(text);
    if (manifest.is_template) return manifest;

    Splitter splitter(text, manifest, diagnostics);
    std::vector<Value> roots;
    std::vector<Span> comments;
    if (json) {
        roots = read_json_stream(source, diagnostics);
    } else {
        YamlOptions options;
        options.yaml_1_1 = true;
        options.letter_booleans = true;
        YamlFile file = read_yaml(source, options, diagnostics);
        for (YamlDocument& document : file.documents) roots.push_back(std::move(document.root));
        comments = std::move(file.comments);
    }
    for (const Value& root : roots) {
        if (is_kustomization_file(source.path())) {
            manifest.kustomizations.push_back(root);
        } else {
            splitter.add(root);
        }
    }

    std::vector<Span> blocks;
    for (const Object& object : manifest.objects) {
        if (object.block.valid()) blocks.push_back(object.block);
        annotation_suppressions(object, manifest.suppressions);
    }
    std::sort(blocks.begin(), blocks.end());
    for (Suppression& made : comment_suppressions(source, comments, roots, blocks)) {
        manifest.suppressions.push_back(std::move(made));
    }
    return manifest;
}

}  // namespace plumbline::kubernetes
