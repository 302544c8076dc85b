#include "parsers/terraform/terraform_parser.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "parsers/terraform/comments.h"
#include "parsers/terraform/program.h"

namespace plumbline {
namespace {

constexpr std::string_view language = "terraform";

/// What a root needs to be evaluated: the folders of the whole scan, shared by all roots.
struct Plan {
    std::shared_ptr<terraform::Library> library;
};

void call_folder(std::string_view folder, std::string_view source, std::set<std::string>& called) {
    if (!source.starts_with("./") && !source.starts_with("../") && source != "." && source != "..") return;
    if (auto target = join_path(folder, source)) called.insert(std::move(*target));
}

/// Folders that the module blocks of a file call. `computed` gets the sources that are no plain text.
void called_folders(const hcl::File& file, std::string_view folder, std::set<std::string>& called,
                    std::vector<std::string>& computed) {
    for (const hcl::Block& block : file.body->blocks) {
        if (block.type != "module") continue;
        for (const hcl::Attribute& item : block.body->attributes) {
            if (item.name != "source") continue;
            if (item.value->kind == hcl::Expr::Kind::literal_string) {
                call_folder(folder, static_cast<const hcl::StringExpr*>(item.value)->value, called);
            } else if (!file.json) {
                const Span place = item.value->span;
                computed.emplace_back(file.source->text().substr(place.begin, place.end - place.begin));
            }
        }
    }
}

/// OpenTofu evaluates sources early. Variables have their defaults here: what a user gives may lead elsewhere, but who
/// calls whom is settled before that is known.
void computed_folders(terraform::Library& library, const std::string& folder, const std::vector<std::string>& sources,
                      std::set<std::string>& called) {
    terraform::evaluate_expressions(library, folder, {}, sources,
                                    [&](std::size_t, const Value& source, const Diagnostics&) {
                                        if (source.is_string()) call_folder(folder, source.as_string(), called);
                                    });
}

/// The folders that nobody calls; where all the folders of a group call each other, the first of them.
std::vector<std::string> root_folders(const std::map<std::string, std::set<std::string>>& calls) {
    std::set<std::string> called;
    for (const auto& [folder, targets] : calls) {
        for (const std::string& target : targets) {
            if (target != folder) called.insert(target);
        }
    }
    std::vector<std::string> roots;
    std::set<std::string> reached;
    const auto add = [&](const std::string& folder) {
        roots.push_back(folder);
        std::vector<std::string> open = {folder};
        while (!open.empty()) {
            const std::string at = std::move(open.back());
            open.pop_back();
            if (!reached.insert(at).second) continue;
            if (const auto found = calls.find(at); found != calls.end())
                open.insert(open.end(), found->second.begin(), found->second.end());
        }
    };
    for (const auto& [folder, targets] : calls) {
        if (!called.contains(folder)) add(folder);
    }
    for (const auto& [folder, targets] : calls) {
        if (!reached.contains(folder)) add(folder);
    }
    std::sort(roots.begin(), roots.end());
    return roots;
}

/// A module that is called many times reports its faults many times; once is enough. What fails while expressions are
/// evaluated is a warning: a module that nobody calls has no values but its defaults, which need not make sense
/// together. The value is unknown then, and verdicts that need it say so. So is syntax that earlier versions of
/// Terraform took and whose meaning is clear: who still writes it still applies it.
Diagnostics for_people(const Diagnostics& diagnostics) {
    Diagnostics out;
    std::set<std::tuple<Span, std::string, std::string>> seen;
    for (const Diagnostic& item : diagnostics.items()) {
        if (!seen.emplace(item.subject, item.summary, item.detail).second) continue;
        Diagnostic one = item;
        if (one.code == "terraform-evaluation" || one.code == "terraform-legacy") one.level = Level::warning;
        out.add(std::move(one));
    }
    return out;
}

class TerraformParser : public Parser {
  public:
    std::string_view name() const override { return language; }

    bool wants(std::string_view path) const override { return terraform::is_terraform_file(file_name(path)); }

    bool accepts(const Source& source) const override { return wants(source.path()); }

    std::unique_ptr<ParsedFile> parse(const Source& source, Diagnostics& diagnostics) const override {
        return source.path().ends_with(".json") ? hcl::read_hcl_json(source, diagnostics)
                                                : hcl::read_hcl(source, diagnostics);
    }

    std::vector<Root> roots(std::span<const ParsedFile* const> files, const FileSystem& file_system, SourceSet& sources,
                            Diagnostics&, std::vector<CoverageGap>&) const override {
        auto plan = std::make_shared<Plan>();
        plan->library = std::make_shared<terraform::Library>(file_system, sources);
        std::map<std::string, std::set<std::string>> calls;
        std::map<std::string, std::vector<std::string>> computed;
        std::set<std::string> replaced;
        for (const ParsedFile* parsed : files) replaced.insert(terraform::replaced_by(parsed->source->path()));
        for (const ParsedFile* parsed : files) {
            const auto* file = dynamic_cast<const hcl::File*>(parsed);
            if (!file) continue;
            plan->library->add(*file);
            if (replaced.contains(file->source->path())) continue;
            const std::string folder(parent_path(file->source->path()));
            called_folders(*file, folder, calls[folder], computed[folder]);
        }
        for (const auto& [folder, sources_of_calls] : computed) {
            if (!sources_of_calls.empty()) computed_folders(*plan->library, folder, sources_of_calls, calls[folder]);
        }
        std::vector<Root> made;
        for (std::string& folder : root_folders(calls)) {
            Root root;
            root.path = std::move(folder);
            root.plan = plan;
            made.push_back(std::move(root));
        }
        return made;
    }

    std::optional<std::string> grouping_key(const ParsedFile& parsed) const override {
        const auto* file = dynamic_cast<const hcl::File*>(&parsed);
        if (!file) return std::nullopt;
        std::set<std::string> called;
        std::vector<std::string> computed;
        called_folders(*file, parent_path(file->source->path()), called, computed);
        if (!computed.empty()) return std::nullopt;
        std::string key;
        for (const std::string& folder : called) key += folder + '\n';
        return key;
    }

    RootResult evaluate(const Root& root, const Inputs& inputs, const FileSystem& file_system,
                        SourceSet&) const override {
        const auto& plan = *static_cast<const Plan*>(root.plan.get());
        terraform::Library library(*plan.library, file_system);
        terraform::ProgramOptions options;
        options.inputs = inputs;
        terraform::ProgramResult result = terraform::evaluate_program(library, root.path, options);
        for (const terraform::ModuleConfig* module : result.modules) {
            for (const hcl::File* file : module->files) {
                for (Suppression& item : terraform::comment_suppressions(*file))
                    result.root.graph.add_suppression(std::move(item));
            }
        }
        result.root.diagnostics = for_people(result.root.diagnostics);
        return std::move(result.root);
    }
};

}  // namespace

const Parser& terraform_parser() {
    static const TerraformParser parser;
    return parser;
}

}  // namespace plumbline
