#include "scanner/pipeline.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "scanner/model/text.h"
#include "scanner/owners.h"
#include "scanner/workers.h"

namespace plumbline {
namespace {

void begin(const Work& work, std::string_view stage, std::size_t total) {
    if (work.progress) work.progress->begin(stage, total);
}

void step(const Work& work) {
    if (work.progress) work.progress->step();
}

void count(const Work& work, std::uint64_t number, std::string_view what) {
    if (work.progress) work.progress->count(number, what);
}

constexpr std::size_t no_parser = static_cast<std::size_t>(-1);

std::size_t parser_for(const Source& source) {
    const auto all = parsers();
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (all[i]->wants(source.path()) && all[i]->accepts(source)) return i;
    }
    return no_parser;
}

/// Types that hold a program's own parts, not infrastructure: that no rule judges them is no gap.
bool is_infrastructure(const Resource& resource) {
    if (resource.platform != "terraform") return true;
    return resource.type.find('.') == std::string::npos && resource.type.find('_') != std::string::npos;
}

RootVerdicts judge_root(RootResult& result, const RuleSet& rules, const Work& work) {
    RootVerdicts verdicts;
    verdicts.root = result.graph.root;
    verdicts.findings = work.keep_passed || !result.graph.environments.empty()
                            ? rules.judge(result.graph, work.sources)
                            : rules.judge(result.graph, work.sources, verdicts.quiet);
    verdicts.suppressions.assign(result.graph.suppressions().begin(), result.graph.suppressions().end());
    verdicts.resources = result.graph.resources().size();
    for (const Resource& resource : result.graph.resources()) {
        if (is_infrastructure(resource) && !rules.knows_type(resource.platform, resource.type))
            ++verdicts.types_without_rules[resource.type];
    }
    verdicts.diagnostics = std::move(result.diagnostics);
    verdicts.gaps = std::move(result.gaps);
    return verdicts;
}

/// Findings of one resource follow each other, so each resource's tags are read once.
void take_owners(std::vector<Finding>& findings, const Graph& graph, const std::vector<std::string>& tags) {
    if (tags.empty()) return;
    const Resource* last = nullptr;
    std::vector<std::string> owners;
    for (Finding& finding : findings) {
        const Resource* resource = last && last->address == finding.resource ? last : graph.find(finding.resource);
        if (resource != last) owners = resource ? owners_in_tags(*resource, tags) : std::vector<std::string>();
        last = resource;
        finding.owners = owners;
    }
}

bool is_for(const Environment& environment, const Root& root) {
    return environment.roots.empty() ||
           std::any_of(environment.roots.begin(), environment.roots.end(),
                       [&](const std::string& glob) { return glob_match(glob, root.path); });
}

/// Two environments' findings are one when a person would read the same.
std::string identity(const Finding& finding) {
    return finding.fingerprint + '\n' + finding.resource + '\n' + std::string(to_string(finding.judgement.verdict)) +
           '\n' + finding.judgement.message + '\n' + std::to_string(finding.judgement.subject.begin);
}

/// What stands in the place of a file's content in git: three short lines (git-lfs' specification, version 1).
bool is_lfs_pointer(std::string_view text) {
    return text.size() < 1024 && text.starts_with("version https://git-lfs.github.com/spec/") &&
           text.find("\noid sha256:") != std::string_view::npos;
}

}  // namespace

std::vector<const Source*> read(const Work& work, const std::vector<std::string>& paths) {
    begin(work, "read", paths.size());
    std::vector<FileSystem::ReadResult> results(paths.size());
    in_parallel(paths.size(), work.jobs, [&](std::size_t i) {
        results[i] = work.file_system.read(paths[i], work.file_limit);
        step(work);
    });
    std::vector<const Source*> sources;
    sources.reserve(paths.size());
    work.coverage.files_found += paths.size();
    for (std::size_t i = 0; i < paths.size(); ++i) {
        if (!results[i].error.empty()) {
            work.diagnostics.file_error(
                "unreadable", paths[i], "This file was not read: " + results[i].error,
                "What it holds was not judged. To leave it out on purpose, name it under `exclude`.");
            continue;
        }
        if (is_lfs_pointer(results[i].text)) {
            work.diagnostics.file_error("lfs-pointer", paths[i], "This file's content is kept in Git LFS",
                                        "Only its pointer is here, so what it holds was not judged; `git lfs pull` "
                                        "brings it. To leave it out on purpose, name it under `exclude`.");
            continue;
        }
        work.coverage.bytes_read += results[i].text.size();
        ++work.coverage.files_read;
        sources.push_back(&work.sources.add(paths[i], std::move(results[i].text)));
    }
    count(work, work.coverage.files_read, "files");
    count(work, work.coverage.bytes_read, "bytes");
    return sources;
}

ParsedFiles parse(const Work& work, const std::vector<const Source*>& sources, const std::vector<std::string>& named) {
    begin(work, "parse", sources.size());
    struct Result {
        std::size_t parser = no_parser;
        std::unique_ptr<ParsedFile> file;
        Diagnostics diagnostics;
    };
    std::vector<Result> results(sources.size());
    in_parallel(sources.size(), work.jobs, [&](std::size_t i) {
        Result& result = results[i];
        result.parser = parser_for(*sources[i]);
        if (result.parser != no_parser) result.file = parsers()[result.parser]->parse(*sources[i], result.diagnostics);
        step(work);
    });
    ParsedFiles parsed;
    for (std::size_t i = 0; i < results.size(); ++i) {
        work.diagnostics.append(std::move(results[i].diagnostics));
        if (results[i].file) {
            parsed.files.push_back(std::move(results[i].file));
            parsed.parsers.push_back(results[i].parser);
        } else if (results[i].parser == no_parser &&
                   std::binary_search(named.begin(), named.end(), sources[i]->path())) {
            work.diagnostics.add({Level::warning,
                                  "not-recognised",
                                  "This is nothing that plumbline reads",
                                  "It was not judged.",
                                  Span{},
                                  sources[i]->path(),
                                  {}});
        }
    }
    count(work, parsed.files.size(), "files");
    return parsed;
}

ParsedFiles join(const ParsedFiles& a, const ParsedFiles& b) {
    ParsedFiles out;
    std::size_t i = 0, j = 0;
    while (i < a.files.size() || j < b.files.size()) {
        const bool first =
            j == b.files.size() || (i < a.files.size() && a.files[i]->source->path() < b.files[j]->source->path());
        const ParsedFiles& from = first ? a : b;
        std::size_t& at = first ? i : j;
        out.files.push_back(from.files[at]);
        out.parsers.push_back(from.parsers[at]);
        ++at;
    }
    return out;
}

std::vector<Root> group(const Work& work, const ParsedFiles& files) {
    begin(work, "group", 0);
    std::vector<Root> roots;
    for (std::size_t parser = 0; parser < parsers().size(); ++parser) {
        std::vector<const ParsedFile*> own;
        for (std::size_t i = 0; i < files.files.size(); ++i) {
            if (files.parsers[i] == parser) own.push_back(files.files[i].get());
        }
        if (own.empty()) continue;
        std::vector<Root> found =
            parsers()[parser]->roots(own, work.file_system, work.sources, work.diagnostics, work.coverage.gaps);
        for (Root& root : found) {
            root.parser = parser;
            roots.push_back(std::move(root));
        }
    }
    work.coverage.roots = roots.size();
    count(work, roots.size(), "roots");
    return roots;
}

std::vector<Evaluation> evaluations_of(const std::vector<Root>& roots, const std::vector<Environment>& environments) {
    std::set<RootName> replaced;
    for (const Root& root : roots)
        if (root.replaces && environments.size() <= 1) replaced.insert(*root.replaces);
    std::vector<Evaluation> evaluations;
    for (std::size_t root = 0; root < roots.size(); ++root) {
        if (replaced.contains({parsers()[roots[root].parser]->name(), roots[root].path})) continue;
        for (std::size_t environment = 0; environment < environments.size(); ++environment) {
            if (is_for(environments[environment], roots[root])) evaluations.push_back({root, environment});
        }
    }
    return evaluations;
}

void evaluate(const Work& work, const std::vector<Root>& roots, const std::vector<Environment>& environments,
              const std::function<void(std::size_t, RootResult&)>& visit) {
    const std::vector<Evaluation> evaluations = evaluations_of(roots, environments);
    begin(work, "judge", evaluations.size());
    in_parallel(evaluations.size(), work.jobs, [&](std::size_t i) {
        const Root& root = roots[evaluations[i].root];
        const Environment& environment = environments[evaluations[i].environment];
        RootResult result = parsers()[root.parser]->evaluate(root, environment.inputs, work.file_system, work.sources);
        if (!environment.name.empty()) result.graph.environments = {environment.name};
        visit(i, result);
        step(work);
    });
}

std::vector<RootVerdicts> judge(const Work& work, const std::vector<Root>& roots,
                                const std::vector<Environment>& environments, const RuleSet& rules,
                                const std::vector<std::string>& owner_tags) {
    std::vector<RootVerdicts> verdicts(evaluations_of(roots, environments).size());
    evaluate(work, roots, environments, [&](std::size_t i, RootResult& result) {
        verdicts[i] = judge_root(result, rules, work);
        for (Finding& finding : verdicts[i].findings) {
            if (finding.environments.empty()) finding.environments = result.graph.environments;
        }
        take_owners(verdicts[i].findings, result.graph, owner_tags);
    });
    return verdicts;
}

Joined join_verdicts(const Work& work, std::vector<RootVerdicts> verdicts) {
    Joined joined;
    std::uint64_t counted = 0;
    std::unordered_map<std::string, std::size_t> by_identity;
    std::set<std::tuple<Span, std::vector<std::string>>> suppressed;
    std::size_t most = 0;
    for (const RootVerdicts& root : verdicts) most += root.findings.size();
    for (RootVerdicts& root : verdicts) {
        // Findings are large. Those of a single root are taken as they stand.
        if (root.findings.size() == most && root.findings.size() > 1 && root.findings.front().environments.empty())
            joined.findings = std::exchange(root.findings, {});
        joined.findings.reserve(most);
        for (Finding& finding : root.findings) {
            if (!finding.environments.empty()) {
                const auto [at, is_new] = by_identity.emplace(identity(finding), joined.findings.size());
                if (!is_new) {
                    std::vector<std::string>& names = joined.findings[at->second].environments;
                    const std::string& name = finding.environments.front();
                    if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
                    continue;
                }
            }
            joined.findings.push_back(std::move(finding));
        }
        for (const QuietCount& quiet : root.quiet) {
            counted += quiet.pass + quiet.not_applicable;
            joined.quiet.emplace_back(quiet, root.root);
        }
        for (Suppression& suppression : root.suppressions) {
            if (suppressed.emplace(suppression.span, suppression.rules).second)
                joined.suppressions.push_back(std::move(suppression));
        }
        work.diagnostics.append(std::move(root.diagnostics));
        std::move(root.gaps.begin(), root.gaps.end(), std::back_inserter(work.coverage.gaps));
        work.coverage.resources += root.resources;
        for (const auto& [type, number] : root.types_without_rules) work.coverage.types_without_rules[type] += number;
    }
    count(work, work.coverage.resources, "resources");
    count(work, joined.findings.size() + counted, "verdicts");
    return joined;
}

void sort_findings(std::vector<Finding>& findings) {
    // Findings are large, so each is moved once only, and there is never a second row of them.
    std::vector<std::size_t> order(findings.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t left, std::size_t right) {
        const Finding &a = findings[left], &b = findings[right];
        return std::tie(a.file, a.judgement.subject.begin, a.rule, a.resource) <
               std::tie(b.file, b.judgement.subject.begin, b.rule, b.resource);
    });
    // Along each ring of places that exchange what they hold.
    for (std::size_t start = 0; start < order.size(); ++start) {
        if (order[start] == start) continue;
        Finding first = std::move(findings[start]);
        std::size_t place = start;
        while (order[place] != start) {
            const std::size_t from = order[place];
            findings[place] = std::move(findings[from]);
            order[place] = place;
            place = from;
        }
        findings[place] = std::move(first);
        order[place] = place;
    }
}

}  // namespace plumbline
