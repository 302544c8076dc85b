#include "parsers/kubernetes/kubernetes_parser.h"

#include <algorithm>
#include <map>
#include <set>

#include "parsers/kubernetes/links.h"
#include "parsers/kubernetes/manifest.h"
#include "parsers/kubernetes/pod.h"
#include "parsers/yaml/yaml_reader.h"
#include "scanner/model/text.h"

namespace plumbline {
namespace {

using kubernetes::Manifest;
using kubernetes::Object;

// A Chart.yaml is read for its name only.
constexpr std::uint64_t max_chart_file = 1 << 20;

struct KubernetesFile : ParsedFile {
    Manifest manifest;
};

struct Plan {
    std::shared_ptr<const kubernetes::Scan> scan;
    std::size_t folder = 0;
    std::vector<Suppression> suppressions;
};

bool is_json(std::string_view path) {
    return path.ends_with(".json");
}

bool is_chart_file(std::string_view path) {
    return file_name(path) == "Chart.yaml";
}

/// The chart that a path lies in the templates of: the folder above the outermost `templates` with a Chart.yaml.
class Charts {
  public:
    explicit Charts(const FileSystem& file_system) : file_system_(file_system) {}

    /// Nullopt where it is no template of a chart.
    std::optional<std::string> of_template(std::string_view path) {
        for (std::string_view folder = parent_path(path);; folder = parent_path(folder)) {
            if (file_name(folder) == "templates" && is_chart(parent_path(folder))) {
                return std::string(parent_path(folder));
            }
            if (folder.empty()) return std::nullopt;
        }
    }

    std::string name_of(const std::string& folder) const {
        const FileSystem::ReadResult read = file_system_.read(chart_file(folder), max_chart_file);
        for (std::string_view line : split(read.text, '\n')) {
            if (!line.starts_with("name:")) continue;
            line = trim(line.substr(5));
            line = trim(line.substr(0, line.find(" #")));
            if (line.size() > 1 && (line[0] == '"' || line[0] == '\'')) line = line.substr(1, line.size() - 2);
            if (!line.empty()) return std::string(line);
        }
        return folder.empty() ? "." : folder;
    }

    static std::string chart_file(std::string_view folder) {
        return folder.empty() ? "Chart.yaml" : std::string(folder) + "/Chart.yaml";
    }

  private:
    bool is_chart(std::string_view folder) {
        const auto [found, fresh] = known_.emplace(std::string(folder), false);
        if (fresh) found->second = file_system_.exists(chart_file(folder));
        return found->second;
    }

    const FileSystem& file_system_;
    std::map<std::string, bool> known_;
};

CoverageGap chart_gap(const Charts& charts, const std::string& folder) {
    CoverageGap gap;
    gap.kind = "helm-chart";
    gap.subject = charts.name_of(folder);
    gap.reason =
        "its templates are not rendered. Run `helm template` on it with the values you deploy, and scan what it prints";
    gap.path = Charts::chart_file(folder);
    return gap;
}

/// Paths of the patch files that a kustomization names.
void collect_patches(const Value& kustomization, std::string_view folder, std::set<std::string>& out) {
    for (std::string_view list : {"patches", "patchesStrategicMerge", "patchesJson6902"}) {
        const Value* entries = kubernetes::value_at(kustomization, {list});
        if (!entries) continue;
        for (const Value& entry : entries->elements()) {
            const std::string_view name =
                entry.is_string() ? std::string_view(entry.as_string()) : kubernetes::text_of(entry, "path");
            if (name.empty() || name.find('\n') != std::string_view::npos) continue;  // a patch written in place
            if (std::optional<std::string> path = join_path(folder, name)) out.insert(*path);
        }
    }
}

class KubernetesParser : public Parser {
  public:
    std::string_view name() const override { return "kubernetes"; }

    bool wants(std::string_view path) const override {
        if (path.ends_with(".tf.json") || path.ends_with(".tfvars.json")) return false;
        return path.ends_with(".yaml") || path.ends_with(".yml") || is_json(path);
    }

    bool accepts(const Source& source) const override {
        const std::string& path = source.path();
        if (!wants(path)) return false;
        if (kubernetes::is_kustomization_file(path)) return true;
        if (is_chart_file(path)) return source.text().find("apiVersion:") != std::string_view::npos;
        return kubernetes::looks_like_manifest(source.text(), is_json(path));
    }

    std::unique_ptr<ParsedFile> parse(const Source& source, Diagnostics& diagnostics) const override {
        auto file = std::make_unique<KubernetesFile>();
        file->source = &source;
        if (!is_chart_file(source.path())) {
            file->manifest = kubernetes::read_manifest(source, is_json(source.path()), diagnostics);
        }
        return file;
    }

    std::vector<Root> roots(std::span<const ParsedFile* const> files, const FileSystem& file_system, SourceSet&,
                            Diagnostics&, std::vector<CoverageGap>& gaps) const override {
        Charts charts(file_system);
        std::set<std::string> chart_folders, patches;
        std::map<std::string, std::vector<const KubernetesFile*>> folders;
        for (const ParsedFile* parsed : files) {
            const auto& file = static_cast<const KubernetesFile&>(*parsed);
            const std::string& path = file.source->path();
            if (is_chart_file(path)) {
                chart_folders.insert(std::string(parent_path(path)));
                continue;
            }
            for (const Value& kustomization : file.manifest.kustomizations) {
                collect_patches(kustomization, parent_path(path), patches);
                add_kustomize_gap(kustomization, path, gaps);
            }
            if (file.manifest.has_braces) {
                // What holds no braces is rendered as it stands.
                if (std::optional<std::string> chart = charts.of_template(path)) {
                    chart_folders.insert(*chart);
                    continue;
                }
            }
            if (file.manifest.is_template) {
                add_template_gap(path, gaps);
                continue;
            }
            folders[std::string(parent_path(path))].push_back(&file);
        }
        for (const std::string& folder : chart_folders) gaps.push_back(chart_gap(charts, folder));
        return make_roots(folders, patches);
    }

    bool links_roots() const override { return true; }

    RootResult evaluate(const Root& root, const Inputs&, const FileSystem&, SourceSet&) const override {
        const Plan& plan = *static_cast<const Plan*>(root.plan.get());
        RootResult result;
        result.graph.root = root.path;
        kubernetes::Linker linker(*plan.scan, plan.folder);
        const kubernetes::Scan::Folder& folder = plan.scan->folders()[plan.folder];
        for (std::size_t i = folder.first; i < folder.first + folder.count; ++i) {
            result.graph.add(make_resource(plan.scan->objects()[i], i, linker));
        }
        for (const Suppression& suppression : plan.suppressions) result.graph.add_suppression(suppression);
        if (linker.exhausted()) {
            CoverageGap gap;
            gap.kind = "kubernetes-links";
            gap.subject = root.path.empty() ? "." : root.path;
            gap.reason =
                "it has more links between objects than are followed (1,000,000 links, 5,000,000 comparisons); "
                "rules that ask for them are undecided. Scan parts of it";
            gap.path = root.path;
            result.gaps.push_back(std::move(gap));
        }
        return result;
    }

  private:
    static void add_kustomize_gap(const Value& kustomization, const std::string& path, std::vector<CoverageGap>& gaps) {
        CoverageGap gap;
        gap.kind = "kustomize";
        gap.subject = parent_path(path).empty() ? "." : std::string(parent_path(path));
        gap.reason =
            "it is not built: manifests are judged as they are written, patches are not. Run `kustomize build` "
            "on it and scan what it prints";
        gap.span = kustomization.origin();
        gap.path = path;
        gaps.push_back(std::move(gap));
    }

    static void add_template_gap(const std::string& path, std::vector<CoverageGap>& gaps) {
        CoverageGap gap;
        gap.kind = "template";
        gap.subject = path;
        gap.reason =
            "it holds `{{ ... }}` for a template engine, so it is no manifest yet. Render it and scan the result";
        gap.path = path;
        gaps.push_back(std::move(gap));
    }

    static std::vector<Root> make_roots(const std::map<std::string, std::vector<const KubernetesFile*>>& folders,
                                        const std::set<std::string>& patches) {
        auto scan = std::make_shared<kubernetes::Scan>();
        std::vector<std::pair<std::string, std::vector<Suppression>>> made;
        for (const auto& [folder, files] : folders) {
            std::vector<Suppression> suppressions;
            bool any = false;
            for (const KubernetesFile* file : files) {
                if (patches.contains(file->source->path())) continue;
                for (const Object& object : file->manifest.objects) {
                    scan->add(folder, object);
                    any = true;
                }
                suppressions.insert(suppressions.end(), file->manifest.suppressions.begin(),
                                    file->manifest.suppressions.end());
            }
            if (any) made.emplace_back(folder, std::move(suppressions));
        }
        scan->index();
        std::vector<Root> roots;
        for (std::size_t i = 0; i < made.size(); ++i) {
            auto plan = std::make_shared<Plan>();
            plan->scan = scan;
            plan->folder = i;
            plan->suppressions = std::move(made[i].second);
            Root root;
            root.path = made[i].first;
            root.plan = std::move(plan);
            roots.push_back(std::move(root));
        }
        return roots;
    }

    static Resource make_resource(const Object& object, std::size_t index, kubernetes::Linker& linker) {
        Resource resource;
        resource.address = object.address;
        resource.type = object.type;
        resource.platform = "kubernetes";
        resource.header = object.header;
        resource.block = object.block;
        std::vector<Member> more;
        if (std::optional<Member> pod = kubernetes::pod_member(object, linker.service_account(index))) {
            more.push_back(std::move(*pod));
        }
        if (std::optional<Member> linked = linker.linked(index)) more.push_back(std::move(*linked));
        resource.body = more.empty() ? object.body : kubernetes::with_members(object.body, std::move(more));
        return resource;
    }
};

}  // namespace

const Parser& kubernetes_parser() {
    static const KubernetesParser parser;
    return parser;
}

}  // namespace plumbline
