#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "parsers/kubernetes/manifest.h"

namespace plumbline::kubernetes {

/// Everything a scan found, folder by folder, and how objects find each other. Made once, read by every root.
///
/// Which objects belong to one cluster is not written in manifests. Two objects are taken to be applied together when
/// they lie in one folder, or when both write the same namespace (a cluster-wide object needs none) and their folders
/// are no alternatives of each other. Folders are alternatives when they define the same object (`dev` and `prod`).
/// Without a written namespace `default` is only a name for "wherever it is applied", which says nothing across
/// folders.
class Scan {
  public:
    struct Folder {
        std::string path;
        std::size_t first = 0, count = 0;  ///< its objects, one after the other
    };

    /// Objects must be added folder by folder.
    void add(std::string_view folder, Object object);
    /// After the last object.
    void index();

    const std::vector<Object>& objects() const { return objects_; }
    const std::vector<Folder>& folders() const { return folders_; }

  private:
    friend class Linker;

    struct Selector {
        std::string relation;                ///< the pod's name for it: `network_policies`
        const Value* labels = nullptr;       ///< `matchLabels`, or a Service's selector; may be null
        const Value* expressions = nullptr;  ///< `matchExpressions`; may be null
        bool everywhere = false;             ///< in every namespace
        /// Of the namespaces that are meant, where `everywhere`: a label selector; null for all.
        const Value* namespaces = nullptr;
        /// Calico's selectors: of pods, and of their namespaces.
        std::string expression, namespace_expression;
        Span place;
    };
    struct Reference {
        std::string key;                ///< of the object it leads to
        std::string forward, backward;  ///< names of the two directions
        bool across = false;            ///< may lead to another folder
        Span place;
    };
    /// An object, found by one of its selectors or references (`index` into the lists of that object).
    struct Entry {
        std::size_t object, index;
    };

    void index_object(std::size_t object);
    void index_references(std::size_t object);
    void index_selectors(std::size_t object);
    /// What a selector without any demand means, which differs from kind to kind.
    enum class Empty : std::uint8_t { takes_none, takes_all, takes_all_if_written };
    void add_selector(std::size_t object, const Value& spec, const char* relation, std::string_view member,
                      Empty empty);
    void refer(std::size_t from, std::string_view kind, std::string_view name_space, std::string_view name,
               std::string forward, std::string backward, const Member* place);
    void put(std::size_t object, const std::string& what, std::size_t index, bool across);

    std::vector<Object> objects_;
    std::vector<Value> linked_values_;  ///< the body with its address, as it appears in others' `linked`
    std::vector<std::size_t> folder_index_;
    std::vector<Folder> folders_;
    std::unordered_map<std::size_t, std::vector<Selector>> selectors_;
    std::vector<std::vector<Reference>> references_;
    /// Key with the folder (`3|...`) or, for what may be seen from other folders, `*|...`.
    std::unordered_map<std::string, std::vector<Entry>> buckets_;
    /// Selectors by namespace and label, counted, to find each selector's rarest label.
    std::unordered_map<std::string, std::size_t> label_uses_;
    std::unordered_map<std::string, std::vector<std::size_t>> folders_of_;  ///< by address
    std::unordered_map<std::string, const Value*> namespace_labels_;        ///< by name, of the first that has some
};

/// Links the objects of one folder. Not shared between threads; the scan is.
class Linker {
  public:
    Linker(const Scan& scan, std::size_t folder);

    /// The ServiceAccount its pods run as, where it is among the manifests; null otherwise.
    const Object* service_account(std::size_t object);
    /// The synthetic member `linked`, see rules/LANGUAGE.md; nullopt when nothing is linked.
    std::optional<Member> linked(std::size_t object);
    /// Whether a limit was reached; what was not looked at is unknown then.
    bool exhausted() const { return exhausted_; }

  private:
    struct Link {
        std::size_t target;
        Span place;
    };

    /// Calls `visit(entry)` for what stands under `what` in this folder and, with `across`, in folders that may belong
    /// to the same cluster.
    template <class Visit>
    void each(const std::string& what, bool across, const Visit& visit);
    /// The object that a reference leads to: that of this folder, else the first that may belong to the same cluster.
    std::optional<std::size_t> first(const Scan::Reference& reference);
    bool is_alternative(std::size_t folder);
    bool selects(const Scan::Selector& selector, std::size_t pod) const;
    bool selects_namespace(const Scan::Selector& selector, const std::string& name_space) const;
    std::vector<Link> referrers(const std::string& key, std::string_view backward, bool across, Span place);
    std::vector<Link> selected_by(std::size_t selecting);
    /// `more`: objects that every cluster has, without a manifest.
    void emit(std::vector<Member>& out, std::string name, std::vector<Link> links, Span place,
              std::vector<Value> more = {});
    void link_references(std::size_t object, std::vector<Member>& out);
    void link_selectors(std::size_t pod, std::vector<Member>& out);
    void link_namespace(std::size_t object, std::vector<Member>& out);
    void link_bindings(const Object& object, const std::string& account, std::vector<Member>& out);
    bool spend(std::uint64_t& budget);
    Value value_of(const Link& link) const;

    const Scan& scan_;
    std::size_t folder_;
    std::optional<std::vector<bool>> rivals_;
    std::uint64_t tests_, links_;
    bool exhausted_ = false;
};

}  // namespace plumbline::kubernetes
