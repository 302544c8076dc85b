#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "scanner/model/diagnostic.h"
#include "scanner/model/resource.h"
#include "scanner/model/source.h"
#include "scanner/model/value.h"

namespace plumbline::kubernetes {

/// One Kubernetes object as it is written, apart from what it is linked to.
struct Object {
    std::string group;       ///< of its apiVersion: `apps`; "" for the core group
    std::string kind;        ///< as written, or what a typed list implies
    std::string type;        ///< `kind`; `kind.group` where another group uses the name of a built-in kind
    std::string name_space;  ///< `default` where none is written
    std::string name;        ///< else `generateName` and a `*`, else its labels (`app-web`), else `unnamed`
    std::string address;     ///< `Kind.namespace.name`
    bool namespace_written = false;
    Value body;
    Span header;  ///< `kind: Deployment`
    Span block;   ///< the document, or the element of a List
};

/// A manifest file's content.
struct Manifest {
    std::vector<Object> objects;
    std::vector<Suppression> suppressions;
    /// Bodies of Kustomize's own files in it (`kustomization.yaml`).
    std::vector<Value> kustomizations;
    /// Holds `{{ ... }}` outside of quotes, block scalars and comments: the input of some template engine, not YAML.
    bool is_template = false;
    /// Holds `{{` anywhere.
    bool has_braces = false;
};

/// Whether the text looks like a manifest, without parsing it: YAML with lines that start with `apiVersion:` and
/// `kind:`, or JSON that names both.
bool looks_like_manifest(std::string_view text, bool json);

/// Kustomize finds its files by name; they need neither apiVersion nor kind.
bool is_kustomization_file(std::string_view path);

/// Whether `{{` stands where YAML would take it for structure or plain text. Reads line by line, knows comments, quotes
/// and block scalars.
bool has_template_syntax(std::string_view text);

/// Reads one file as the API server's reader would. A file with template syntax is not parsed.
Manifest read_manifest(const Source& source, bool json, Diagnostics& diagnostics);

/// A member's text; "" where it is absent or no text.
std::string_view text_of(const Value& object, std::string_view name);
/// The value at a path of member names; null where any is absent or null.
const Value* value_at(const Value& object, std::initializer_list<std::string_view> path);
/// The object with more members, which win over those of the same name; trace and marks stay.
Value with_members(const Value& object, std::vector<Member> more);

}  // namespace plumbline::kubernetes
