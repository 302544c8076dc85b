#include "scanner/render.h"

#include <algorithm>
#include <optional>
#include <set>

#include "parsers/yaml/yaml_reader.h"
#include "scanner/model/text.h"
#include "scanner/session.h"

namespace plumbline {
namespace {

// Kustomizations and templates are written by people.
constexpr std::uint64_t max_input = std::uint64_t{1} << 20;
// How far ahead in a template the next rendered line is looked for. Blocks that a condition leaves out are shorter.
constexpr std::size_t look_ahead = 80;
// Kustomizations that refer to each other in one overlay; the largest trees have some dozens.
constexpr std::size_t max_kustomizations = 1000;

using Line = RenderedPlaces::Line;

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines = split(text, '\n');
    return lines;
}

/// A line without its indentation and dash, which differ between tools.
std::string_view bare(std::string_view line) {
    line = trim(line);
    return line.starts_with("- ") ? trim(line.substr(2)) : line;
}

/// The key that a line of YAML begins with, its colon included; empty for other lines.
std::string_view key_of(std::string_view line) {
    const std::size_t colon = line.find(':');
    return colon == std::string_view::npos || line.starts_with('#') ? std::string_view() : line.substr(0, colon + 1);
}

/// Follows a rendered text through the file that it was made from. Rendering keeps the order of lines, so each is
/// looked for behind the one before: the same text, else the same key, whose value an expression gave.
class Follower {
  public:
    explicit Follower(const Source& from) : from_(&from) {
        for (const std::string_view line : lines_of(from.text())) lines_.push_back(bare(line));
    }
    Line follow(std::string_view rendered) {
        const std::string_view line = bare(rendered);
        if (!line.empty()) {
            std::optional<std::size_t> at = find(next_, next_ + look_ahead, line);
            if (!at) at = find(0, lines_.size(), line);  // the next turn of a loop, or a part of another document
            if (at) next_ = *at + 1;
        }
        return {from_->id(), static_cast<std::uint32_t>(next_ == 0 ? 1 : next_)};
    }

  private:
    std::optional<std::size_t> find(std::size_t begin, std::size_t end, std::string_view line) const {
        end = std::min(end, lines_.size());
        for (std::size_t i = begin; i < end; ++i) {
            if (lines_[i] == line) return i;
        }
        const std::string_view key = key_of(line);
        for (std::size_t i = begin; i < end && !key.empty(); ++i) {
            if (key_of(lines_[i]) == key) return i;
        }
        return std::nullopt;
    }

    const Source* from_;
    std::vector<std::string_view> lines_;
    std::size_t next_ = 0;  ///< the line behind the one found last, 0-based
};

/// The lines of one document of a YAML file.
struct Piece {
    std::size_t begin = 0, end = 0;
};

std::vector<Piece> documents_of(const std::vector<std::string_view>& lines) {
    std::vector<Piece> documents = {{0, 0}};
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (lines[i].starts_with("---")) {
            documents.back().end = i;
            documents.push_back({i, 0});
        }
    }
    documents.back().end = lines.size();
    return documents;
}

/// The value of a key at the top of a document, or one level below `metadata`.
std::string_view value_of(const std::vector<std::string_view>& lines, Piece document, std::string_view key) {
    for (std::size_t i = document.begin; i < document.end; ++i) {
        if (lines[i].starts_with(key)) return trim(lines[i].substr(key.size()));
    }
    return {};
}

std::string_view name_in(const std::vector<std::string_view>& lines, Piece document) {
    bool inside = false;
    for (std::size_t i = document.begin; i < document.end; ++i) {
        const std::string_view line = lines[i];
        if (line.starts_with("metadata:"))
            inside = true;
        else if (inside && !line.empty() && line[0] != ' ')
            return {};
        else if (inside && trim(line).starts_with("name:") && line.find_first_not_of(' ') <= 4)
            return trim(trim(line).substr(5));
    }
    return {};
}

class Renderer {
  public:
    Renderer(Session& session, const std::vector<std::string>& paths) : session_(session), paths_(paths) {}

    Rendered run() {
        std::vector<std::string> charts = chart_folders();
        if (!charts.empty() && installed("helm", "Helm charts"))
            for (const std::string& chart : charts) render_chart(chart);
        read_kustomizations();
        std::vector<std::string> overlays = overlay_folders();
        if (!overlays.empty() && installed("kustomize", "Kustomize overlays"))
            for (const std::string& overlay : overlays) build_overlay(overlay);
        for (const std::string& path : paths_) {
            if (!covered(path)) rendered_.paths.push_back(path);
        }
        return std::move(rendered_);
    }

  private:
    bool installed(const std::string& program, const std::string& what) {
        if (session_.system.has_program(program)) return true;
        session_.diagnostics.add({Level::warning,
                                  "not-rendered",
                                  program + " is not installed",
                                  what + " were not rendered. Install it, or render them and scan the result.",
                                  Span{},
                                  {},
                                  {}});
        return false;
    }

    void not_rendered(const std::string& path, const std::string& why) {
        session_.diagnostics.add({Level::warning,
                                  "not-rendered",
                                  "This was not rendered",
                                  why.empty() ? "The program said nothing." : printable(why),
                                  Span{},
                                  path,
                                  {}});
    }

    bool covered(const std::string& path) const {
        return covered_files_.contains(path) ||
               std::any_of(covered_folders_.begin(), covered_folders_.end(),
                           [&](const std::string& folder) { return path.starts_with(folder); });
    }

    const Source* source(const std::string& path) {
        const auto [at, fresh] = sources_.try_emplace(path, nullptr);
        if (fresh) {
            FileSystem::ReadResult read = session_.file_system->read(path, max_input);
            if (read.error.empty()) at->second = &session_.sources.add(path, std::move(read.text));
        }
        return at->second;
    }

    /// What a program printed; nullopt after a diagnostic about `path`.
    std::optional<std::string> output_of(const std::string& program, const std::vector<std::string>& arguments,
                                         const std::string& folder, const std::string& path) {
        ProcessResult result = session_.system.render(program, arguments, session_.settled(folder));
        if (result.fault.empty() && result.exit_code == 0) return std::move(result.output);
        const std::string_view first = trim(std::string_view(result.errors).substr(0, result.errors.find('\n')));
        not_rendered(path, program + ": " +
                               (result.fault.empty() ? cut(first.empty() ? "it failed" : first, 300) : result.fault));
        return std::nullopt;
    }

    // Helm

    /// Folders with a Chart.yaml, the outermost only: Helm renders the charts inside with them.
    std::vector<std::string> chart_folders() const {
        std::vector<std::string> folders;
        for (const std::string& path : paths_) {
            if (file_name(path) == "Chart.yaml") folders.emplace_back(parent_path(path));
        }
        std::sort(folders.begin(), folders.end());
        std::vector<std::string> outermost;
        for (const std::string& folder : folders) {
            const bool inside = std::any_of(outermost.begin(), outermost.end(), [&](const std::string& outer) {
                return folder.starts_with(outer.empty() ? "charts/" : outer + "/charts/");
            });
            if (!inside) outermost.push_back(folder);
        }
        return outermost;
    }

    void render_chart(const std::string& folder) {
        const std::string prefix = folder.empty() ? "" : folder + "/";
        const std::string chart_file = prefix + "Chart.yaml";
        std::optional<std::string> text = output_of("helm", {"template", "."}, folder, chart_file);
        if (!text) return;
        const Source& output = session_.sources.add(prefix + "helm-template-output.yaml", std::move(*text));
        const Source* chart = source(chart_file);
        std::vector<Line> lines;
        std::map<std::string, Follower> followers;
        Follower* follower = nullptr;
        for (const std::string_view line : lines_of(output.text())) {
            if (line.starts_with("---")) follower = nullptr;
            if (line.starts_with("# Source: ")) follower = template_of(trim(line.substr(10)), prefix, followers);
            if (follower)
                lines.push_back(line.starts_with("# Source: ") ? follower->follow("") : follower->follow(line));
            else
                lines.push_back({chart ? chart->id() : SourceId{}, 1});
        }
        keep(output, std::move(lines));
        covered_files_.insert(chart_file);
        covered_folders_.insert(prefix + "templates/");
        covered_folders_.insert(prefix + "charts/");
    }

    /// `web/templates/deployment.yaml`, as Helm names it: the chart's name, then the path in the chart.
    Follower* template_of(std::string_view named, const std::string& prefix,
                          std::map<std::string, Follower>& followers) {
        const std::size_t slash = named.find('/');
        if (slash == std::string_view::npos) return nullptr;
        const std::optional<std::string> path =
            join_path(prefix.empty() ? "" : prefix.substr(0, prefix.size() - 1), named.substr(slash + 1));
        if (!path) return nullptr;
        const auto known = followers.find(*path);
        if (known != followers.end()) return &known->second;
        const Source* from = source(*path);
        return from ? &followers.emplace(*path, Follower(*from)).first->second : nullptr;
    }

    // Kustomize

    struct Kustomization {
        std::string file;
        std::vector<std::string> files, folders;  ///< in the tree: what it names
        std::string outside;                      ///< the first thing that it names and that is not in the tree
        bool component = false;
    };

    void read_kustomizations() {
        for (const std::string& path : paths_) {
            const std::string_view name = file_name(path);
            if (name != "kustomization.yaml" && name != "kustomization.yml" && name != "Kustomization") continue;
            kustomizations_.emplace(std::string(parent_path(path)), read_kustomization(path));
        }
    }

    Kustomization read_kustomization(const std::string& path) {
        Kustomization made;
        made.file = path;
        const Source* text = source(path);
        if (!text) {
            made.outside = path;
            return made;
        }
        Diagnostics ignored;  // the parser of manifests says it
        const YamlFile yaml = read_yaml(*text, {}, ignored);
        if (yaml.documents.size() != 1) return made;
        const Value& root = yaml.documents.front().root;
        const Member* kind = root.find("kind");
        made.component = kind && kind->value.is_string() && kind->value.as_string() == "Component";
        for (const std::string_view list :
             {"resources", "bases", "components", "crds", "generators", "transformers", "validators",
              "patchesStrategicMerge", "patchesJson6902", "patches", "configurations", "replacements"}) {
            const Member* entries = root.find(list);
            if (!entries) continue;
            for (const Value& entry : entries->value.elements()) {
                const Member* file = entry.find("path");
                const Value& named = file ? file->value : entry;
                if (named.is_string() && named.as_string().find('\n') == std::string::npos)
                    add_entry(made, named.as_string());
            }
        }
        if (const Member* charts = root.find("helmCharts"); charts && !charts->value.elements().empty())
            made.outside = "a Helm chart";
        return made;
    }

    void add_entry(Kustomization& made, const std::string& entry) const {
        const std::optional<std::string> path = join_path(parent_path(made.file), entry);
        const std::optional<FileSystem::Entry> found =
            path && entry.find("://") == std::string::npos ? session_.file_system->stat(*path) : std::nullopt;
        if (!found)
            made.outside = made.outside.empty() ? entry : made.outside;
        else if (found->kind == FileSystem::Kind::directory)
            made.folders.push_back(*path);
        else
            made.files.push_back(*path);
    }

    /// Those that no other one takes in.
    std::vector<std::string> overlay_folders() const {
        std::set<std::string> used;
        for (const auto& [folder, kustomization] : kustomizations_) {
            for (const std::string& other : kustomization.folders) {
                if (other != folder) used.insert(other);
            }
        }
        std::vector<std::string> folders;
        for (const auto& [folder, kustomization] : kustomizations_) {
            if (!used.contains(folder) && !kustomization.component && !covered(kustomization.file))
                folders.push_back(folder);
        }
        return folders;
    }

    void build_overlay(const std::string& folder) {
        std::set<std::string> files, folders;
        std::string outside;
        std::vector<std::string> open = {folder};
        while (!open.empty() && outside.empty()) {
            const std::string next = open.back();
            open.pop_back();
            if (!folders.insert(next).second) continue;
            const auto found = kustomizations_.find(next);
            if (found == kustomizations_.end() || folders.size() > max_kustomizations) {
                outside = next;
                break;
            }
            const Kustomization& kustomization = found->second;
            outside = kustomization.outside;
            files.insert(kustomization.file);
            files.insert(kustomization.files.begin(), kustomization.files.end());
            open.insert(open.end(), kustomization.folders.begin(), kustomization.folders.end());
        }
        const std::string& file = kustomizations_.at(folder).file;
        if (!outside.empty())
            return not_rendered(file, "It needs " + outside +
                                          ", which does not lie in this tree, and nothing is fetched. Run `kustomize "
                                          "build` and scan what it prints.");
        std::optional<std::string> text = output_of("kustomize", {"build", "."}, folder, file);
        if (!text) return;
        const std::string prefix = folder.empty() ? "" : folder + "/";
        const Source& output = session_.sources.add(prefix + "kustomize-build-output.yaml", std::move(*text));
        keep(output, lines_of_build(output, files, file));
        covered_files_.insert(files.begin(), files.end());
    }

    /// Kustomize does not say where an object comes from: it is the one of that kind whose name the built name holds
    /// (prefixes and suffixes are added), the longest where there are several.
    std::vector<Line> lines_of_build(const Source& output, const std::set<std::string>& files,
                                     const std::string& kustomization) {
        struct Candidate {
            const Source* source;
            std::string_view kind, name;
        };
        std::vector<Candidate> candidates;
        for (const std::string& file : files) {
            const Source* from = source(file);
            if (!from || file_name(file).starts_with("kustomization.")) continue;
            const std::vector<std::string_view> lines = lines_of(from->text());
            for (const Piece& document : documents_of(lines)) {
                const std::string_view kind = value_of(lines, document, "kind:"), name = name_in(lines, document);
                if (!kind.empty() && !name.empty()) candidates.push_back({from, kind, name});
            }
        }
        const std::vector<std::string_view> lines = lines_of(output.text());
        const Source* fallback = source(kustomization);
        std::vector<Line> out(lines.size(), Line{fallback ? fallback->id() : SourceId{}, 1});
        for (const Piece& document : documents_of(lines)) {
            const std::string_view kind = value_of(lines, document, "kind:"), name = name_in(lines, document);
            const Candidate* best = nullptr;
            for (const Candidate& candidate : candidates) {
                if (candidate.kind != kind || name.find(candidate.name) == std::string_view::npos) continue;
                if (!best || candidate.name.size() > best->name.size()) best = &candidate;
            }
            if (!best) continue;
            Follower follower(*best->source);
            for (std::size_t i = document.begin; i < document.end; ++i) out[i] = follower.follow(lines[i]);
        }
        return out;
    }

    void keep(const Source& output, std::vector<Line> lines) {
        rendered_.places.add(output.id(), std::move(lines));
        rendered_.sources.push_back(&output);
    }

    Session& session_;
    const std::vector<std::string>& paths_;
    Rendered rendered_;
    std::set<std::string> covered_files_, covered_folders_;
    std::map<std::string, const Source*> sources_;
    std::map<std::string, Kustomization> kustomizations_;  ///< by folder
};

}  // namespace

Span RenderedPlaces::place(Span span, const SourceSet& sources) const {
    const auto found = lines_.find(span.source);
    if (found == lines_.end() || found->second.empty()) return span;
    const auto line_at = [&](std::uint32_t offset) {
        const std::size_t line = sources.get(span.source).locate(offset).line;
        return found->second[std::min(line, found->second.size()) - 1];
    };
    const Line first = line_at(span.begin);
    Line last = line_at(span.end > span.begin ? span.end - 1 : span.begin);
    if (first.source == SourceId{}) return {};
    if (last.source != first.source || last.number < first.number) last = first;
    const Source& source = sources.get(first.source);
    const std::string_view begin = source.line(first.number), end = source.line(last.number);
    const std::size_t blanks = std::min(begin.find_first_not_of(" \t"), begin.size());
    return {source.id(), source.line_start(first.number) + static_cast<std::uint32_t>(blanks),
            source.line_start(last.number) + static_cast<std::uint32_t>(end.size())};
}

Rendered render(Session& session, const std::vector<std::string>& paths) {
    return Renderer(session, paths).run();
}

void place_rendered(Joined& joined, const RenderedPlaces& places, const SourceSet& sources) {
    if (places.empty()) return;
    const auto move = [&](Span& span) { span = places.place(span, sources); };
    for (Finding& finding : joined.findings) {
        Judgement& judgement = finding.judgement;
        const SourceId before = judgement.subject.source;
        move(judgement.subject);
        move(finding.header);
        move(finding.block);
        for (RelatedPlace& related : judgement.related) move(related.span);
        if (judgement.subject.source != before) finding.file = sources.get(judgement.subject.source).path();
    }
    for (Suppression& suppression : joined.suppressions) {
        move(suppression.span);
        move(suppression.scope);
    }
    for (auto& [quiet, root] : joined.quiet) quiet.source = places.place({quiet.source, 0, 0}, sources).source;
}

}  // namespace plumbline
