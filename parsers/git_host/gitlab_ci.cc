#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <set>

#include "parsers/git_host/git_host.h"
#include "parsers/git_host/host_file.h"
#include "parsers/shell/calls.h"
#include "parsers/yaml/yaml_reader.h"
#include "scanner/model/text.h"

namespace plumbline {
namespace git_host {
namespace {

constexpr std::string_view platform = "gitlab-ci";

// GitLab's own limits: https://docs.gitlab.com/ci/yaml/#include and #extends.
constexpr std::size_t max_includes = 150;
constexpr int max_extends = 11;
constexpr int max_reference_depth = 10;
// An included file; GitLab's default for one CI file is 2 MiB.
constexpr std::uint64_t max_include_bytes = 2 * 1024 * 1024;
// Members copied while merging `extends` and `variables` for all jobs. The largest real pipelines stay below 100,000.
constexpr std::size_t max_merged_members = 2'000'000;
// Entries looked at for one include with a wildcard.
constexpr std::size_t max_globbed_entries = 20'000;

constexpr std::string_view reference_key = "!reference";

bool is_name_start(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool is_name(char c) {
    return is_name_start(c) || (c >= '0' && c <= '9');
}

/// One file with the tag `!reference` kept as a mapping of one member.
YamlFile read_ci_yaml(const Source& source, Diagnostics& diagnostics) {
    YamlOptions options;
    options.yaml_1_1 = true;  // GitLab reads with Ruby's Psych
    options.tag = [](std::string_view tag, Value value, Span span) {
        if (tag != reference_key) return value;
        return Value::object({{std::string(reference_key), value, span}}).traced(value.trace());
    };
    return read_yaml(source, options, diagnostics);
}

/// The document that holds jobs: a file for use with `inputs` starts with a document of its `spec`.
Value content_of(const YamlFile& file) {
    for (const YamlDocument& document : file.documents) {
        if (document.root.is_mapping() && !(document.root.find("spec") && file.documents.size() > 1))
            return document.root;
    }
    return {};
}

/// Hashes are merged, everything else is replaced: how GitLab combines includes and `extends`.
Value deep_merge(const Value& base, const Value& over, std::size_t& budget) {
    if (!base.is_mapping() || !over.is_mapping()) return over;
    const std::size_t cost = base.members().size() + over.members().size();
    if (budget < cost) return over;
    budget -= cost;
    std::vector<Member> members(base.members().begin(), base.members().end());
    for (const Member& member : over.members()) {
        const Member* before = base.find(member.name);
        members.push_back(
            {member.name, before ? deep_merge(before->value, member.value, budget) : member.value, member.span});
    }
    return Value::object(std::move(members)).traced(over.trace());
}

/// The entries of `include` as a list of mappings with `kind` (local, remote, project, template, component) and
/// `location`.
std::vector<Value> include_entries(const Value& include) {
    std::vector<Value> entries;
    const auto add = [&](const Value& entry) {
        if (entry.is_string()) {
            const bool remote = entry.as_string().starts_with("http://") || entry.as_string().starts_with("https://");
            Body body;
            body.set("kind", std::string_view(remote ? "remote" : "local"));
            body.set("location", entry, entry.origin());
            entries.push_back(body.build().traced(entry.trace()));
            return;
        }
        for (std::string_view kind : {"local", "remote", "project", "template", "component"}) {
            const Member* location = given(entry, kind);
            if (!location) continue;
            Body body(entry);
            body.set("kind", kind);
            body.set("location", location->value, location->span);
            entries.push_back(body.build());
            return;
        }
    };
    if (include.is_sequence()) {
        for (const Value& entry : include.elements()) add(entry);
    } else {
        add(include);
    }
    return entries;
}

/// Joins a file with what it includes.
class Includes {
  public:
    Includes(const Source& source, const FileSystem& file_system, SourceSet& sources, RootResult& result)
        : base_(parent_path(source.path())), file_system_(file_system), sources_(sources), result_(result) {}

    Value merged(const Value& own, std::size_t& budget) {
        Value content = Value::object({});
        for (const Value& entry : include_entries(value_at(own, "include"))) {
            entries_.push_back(entry);
            for (const Value& included : load(entry, budget)) content = deep_merge(content, included, budget);
        }
        return deep_merge(content, own, budget);
    }

    const std::vector<Value>& entries() const { return entries_; }
    bool complete() const { return complete_; }
    const std::vector<std::pair<const Source*, std::vector<Span>>>& comments() const { return comments_; }

  private:
    void gap(const Value& entry, std::string reason) {
        complete_ = false;
        const Member* location = entry.find("location");
        const std::string subject = location && location->value.is_string() ? location->value.as_string() : "include";
        result_.gaps.push_back({"gitlab-include", subject, std::move(reason), entry.origin(), {}});
    }

    std::vector<Value> load(const Value& entry, std::size_t& budget) {
        const std::string_view kind = text_at(entry, "kind");
        if (kind != "local") {
            gap(entry, "the file lies outside of this tree; jobs that it defines were not judged");
            return {};
        }
        const std::string_view location = text_at(entry, "location");
        if (location.empty() || location.find('$') != std::string_view::npos) {
            gap(entry, "the path holds a variable; write it out to have the file judged here");
            return {};
        }
        std::vector<Value> contents;
        const std::vector<std::string> paths = paths_of(location);
        if (paths.empty()) gap(entry, "there is no such file in this tree; GitLab refuses the pipeline without it");
        for (const std::string& path : paths) {
            if (++count_ > max_includes) {
                if (count_ == max_includes + 1)
                    gap(entry, "GitLab takes at most 150 included files; this one and those after it were not read");
                break;
            }
            contents.push_back(read(path, entry, budget));
        }
        return contents;
    }

    Value read(const std::string& path, const Value& entry, std::size_t& budget) {
        if (std::find(open_.begin(), open_.end(), path) != open_.end()) return Value::object({});  // includes itself
        FileSystem::ReadResult text = file_system_.read(path, max_include_bytes);
        if (!text.error.empty()) {
            gap(entry, "it cannot be read: " + text.error);
            return Value::object({});
        }
        const Source& source = sources_.add(path, std::move(text.text));
        YamlFile file = read_ci_yaml(source, result_.diagnostics);
        comments_.emplace_back(&source, std::move(file.comments));
        open_.push_back(path);
        Value content = merged(content_of(file), budget);
        open_.pop_back();
        return content;
    }

    /// Paths start at the repository's root, which is where the pipeline's file lies.
    std::vector<std::string> paths_of(std::string_view location) const {
        while (location.starts_with('/')) location.remove_prefix(1);
        if (location.find('*') != std::string_view::npos) return globbed(location);
        for (std::string_view base : {base_, std::string_view()}) {
            const auto path = join_path(base, location);
            if (path && file_system_.exists(*path)) return {*path};
        }
        return {};
    }

    std::vector<std::string> globbed(std::string_view pattern) const {
        const std::size_t fixed = pattern.substr(0, pattern.find('*')).rfind('/');
        const auto start = join_path(base_, fixed == std::string_view::npos ? "" : pattern.substr(0, fixed));
        const auto whole = join_path(base_, pattern);
        if (!start || !whole) return {};
        std::vector<std::string> found;
        std::deque<std::string> open = {*start};
        std::size_t seen = 0;
        while (!open.empty() && seen < max_globbed_entries) {
            const std::string folder = std::move(open.front());
            open.pop_front();
            const auto entries = file_system_.list(folder);
            if (!entries) continue;
            for (const FileSystem::Entry& entry : *entries) {
                ++seen;
                std::string path = folder.empty() ? entry.name : folder + "/" + entry.name;
                if (entry.kind == FileSystem::Kind::directory) {
                    open.push_back(std::move(path));
                } else if (is_yaml_path(path) && glob_match(*whole, path)) {
                    found.push_back(std::move(path));
                }
            }
        }
        std::sort(found.begin(), found.end());
        return found;
    }

    std::string_view base_;
    const FileSystem& file_system_;
    SourceSet& sources_;
    RootResult& result_;
    std::vector<Value> entries_;
    std::vector<std::string> open_;
    std::vector<std::pair<const Source*, std::vector<Span>>> comments_;
    std::size_t count_ = 0;
    bool complete_ = true;
};

bool is_global_keyword(std::string_view name) {
    static constexpr std::array<std::string_view, 12> names = {"default",       "image",        "services",  "cache",
                                                               "before_script", "after_script", "variables", "stages",
                                                               "types",         "workflow",     "include",   "spec"};
    return std::find(names.begin(), names.end(), name) != names.end();
}

/// Keywords that a job takes from `default` where it does not give them itself.
constexpr std::array<std::string_view, 12> default_keywords = {
    "after_script", "artifacts",     "before_script", "cache",    "hooks", "id_tokens",
    "image",        "interruptible", "retry",         "services", "tags",  "timeout"};

class PipelineReader {
  public:
    PipelineReader(const Value& config, RootResult& result, std::size_t& budget)
        : config_(config), result_(result), budget_(budget) {}

    /// Adds the pipeline and its jobs. `file` is the pipeline's own file.
    void read(const HostFile& file, const Includes& includes, const SourceSet& sources) {
        std::vector<Member> jobs;
        for (const Member& member : config_.members()) {
            if (!is_global_keyword(member.name) && !member.name.starts_with('.') && member.value.is_mapping())
                jobs.push_back(member);
        }
        std::stable_sort(jobs.begin(), jobs.end(), [](const Member& a, const Member& b) { return a.span < b.span; });
        const Value about = add_pipeline(file, includes, jobs);
        for (const Member& job : jobs) add_job(job, about, sources);
    }

  private:
    Value add_pipeline(const HostFile& file, const Includes& includes, const std::vector<Member>& jobs) {
        Body about;
        for (std::string_view name : {"workflow", "stages"}) {
            if (const Member* member = given(config_, name)) about.set(member->name, member->value, member->span);
        }
        const Member* include = config_.find("include");
        about.set("includes", Value::tuple(includes.entries()), include ? include->span : Span{});
        Body body = about;
        std::vector<std::string> names;
        for (const Member& member : config_.members()) {
            if (is_global_keyword(member.name)) body.set(member.name, member.value, member.span);
        }
        for (const Member& job : jobs) names.push_back(job.name);
        body.set("job_names", texts(names));
        if (!includes.complete()) {
            body.set("included_content",
                     Value::unknown(Type::string(), make_cause("a file that the pipeline includes is not in this tree",
                                                               include ? include->span : Span{})),
                     include ? include->span : Span{});
        }
        Resource resource;
        resource.address = "pipeline";
        resource.type = "Pipeline";
        resource.platform = platform;
        resource.header = first_line(*file.source, file.whole());
        resource.block = file.whole();
        resource.body = body.build();
        result_.graph.add(std::move(resource));
        return about.build();
    }

    void add_job(const Member& job, const Value& about, const SourceSet& sources) {
        const Value resolved = with_defaults(extended(job.name, 0));
        const Value variables = variables_of(resolved);
        Body body(resolved);
        body.set("name", std::string_view(job.name), job.span);
        body.set("variables", variables, span_of(resolved, "variables"));
        std::vector<Value> commands;
        Span commands_at;
        for (std::string_view phase : {"before_script", "script", "after_script"}) {
            const Member* script = given(resolved, phase);
            if (!script) continue;
            collect_commands(script->value, 0, commands);
            if (phase == "script") commands_at = script->span;
        }
        body.set("calls", calls_in(commands, sources), commands_at);
        body.set("commands", Value::tuple(std::move(commands)), commands_at);
        body.set("images", images_of(resolved, variables), job.span);
        body.set("pipeline", about);
        Resource resource;
        resource.address = job.name;
        resource.type = "Job";
        resource.platform = platform;
        resource.block = job.span;
        resource.header = first_line(sources.get(job.span.source), job.span);
        resource.body = body.build();
        result_.graph.add(std::move(resource));
    }

    static Value calls_in(const std::vector<Value>& commands, const SourceSet& sources) {
        std::vector<Value> calls;
        for (const Value& command : commands) {
            if (!command.is_string()) continue;
            const Value here = shell::calls_of({{command.as_string(), false, {}}}, command, sources);
            calls.insert(calls.end(), here.elements().begin(), here.elements().end());
        }
        return Value::tuple(std::move(calls));
    }

    static Span span_of(const Value& mapping, std::string_view name) {
        const Member* member = mapping.find(name);
        return member ? member->span : Span{};
    }

    /// A job with what it extends. Kept, since many jobs extend one template.
    Value extended(const std::string& name, int depth) {
        if (const auto kept = extended_.find(name); kept != extended_.end()) return kept->second;
        const Member* job = config_.find(name);
        if (!job || !job->value.is_mapping()) return Value::object({});
        const Member* extends = given(job->value, "extends");
        if (!extends) return job->value;
        if (depth >= max_extends) {
            result_.diagnostics.error("gitlab-extends", "`extends` goes deeper than 11 levels, or in a circle",
                                      "GitLab refuses this pipeline. Shorten the chain of templates.", extends->span);
            return job->value;
        }
        Value base = Value::object({});
        const auto add = [&](const Value& parent) {
            if (!parent.is_string()) return;
            if (!config_.find(parent.as_string())) {
                result_.gaps.push_back(
                    {"gitlab-extends",
                     parent.as_string(),
                     "the template is defined in no file of this tree; job `" + name + "` was judged without it",
                     parent.origin(),
                     {}});
                return;
            }
            base = deep_merge(base, extended(parent.as_string(), depth + 1), budget_);
        };
        if (extends->value.is_sequence()) {
            for (const Value& parent : extends->value.elements()) add(parent);
        } else {
            add(extends->value);
        }
        Value whole = deep_merge(base, job->value, budget_);
        extended_.emplace(name, whole);
        return whole;
    }

    static bool inherits(const Value& job, std::string_view what, std::string_view name) {
        const Value inherit = value_at(value_at(job, "inherit"), what);
        if (inherit.is_bool()) return inherit.as_bool();
        if (!inherit.is_sequence()) return true;
        return std::any_of(inherit.elements().begin(), inherit.elements().end(),
                           [&](const Value& item) { return item.is_string() && item.as_string() == name; });
    }

    Value with_defaults(const Value& job) const {
        Body body(job);
        const Value defaults = value_at(config_, "default");
        for (std::string_view keyword : default_keywords) {
            if (job.find(keyword) || !inherits(job, "default", keyword)) continue;
            // The same keywords at the top level are the older way to give defaults.
            const Member* member = given(defaults, keyword);
            if (!member) member = given(config_, keyword);
            if (member) body.set(member->name, member->value, member->span);
        }
        return body.build();
    }

    Value variables_of(const Value& job) {
        const Value own = value_at(job, "variables");
        const Value global = value_at(config_, "variables");
        std::vector<Member> members;
        if (budget_ > global.members().size()) {
            budget_ -= global.members().size();
            for (const Member& member : global.members()) {
                if (inherits(job, "variables", member.name)) members.push_back(member);
            }
        }
        members.insert(members.end(), own.members().begin(), own.members().end());
        return Value::object(std::move(members)).traced(own.trace());
    }

    /// The value that `!reference [job, key, ...]` names; null when there is none.
    Value referenced(const Value& path) {
        Value at;
        bool first = true;
        for (const Value& step : path.elements()) {
            if (!step.is_string()) return {};
            at = first ? extended(step.as_string(), 0) : value_at(at, step.as_string());
            first = false;
        }
        return at;
    }

    void collect_commands(const Value& script, int depth, std::vector<Value>& commands) {
        if (script.is_string()) {
            commands.push_back(script);
        } else if (script.is_sequence()) {
            // GitLab takes arrays nested up to 10 deep; a deeper one is refused.
            if (depth > max_reference_depth) return;
            for (const Value& line : script.elements()) collect_commands(line, depth + 1, commands);
        } else if (const Member* reference = script.find(reference_key)) {
            // References that lead to many references multiply; no pipeline runs this many commands in a job.
            if (depth > max_reference_depth || commands.size() > 100'000) return;
            collect_commands(referenced(reference->value), depth + 1, commands);
        }
    }

    struct Expanded {
        std::string known;
        std::vector<Value> parts;
        CauseRef cause;
        std::string prefix;
    };

    /// A text with variables put in: those of the file are known, those that GitLab or a project sets are not.
    static void expand(std::string_view text, const Value& variables, const Value& written, int depth, Expanded& out,
                       std::set<std::string>& used) {
        const auto add = [&](std::string_view part) {
            if (part.empty()) return;
            out.known += part;
            out.parts.push_back(Value::string(std::string(part)));
        };
        std::size_t at = 0;
        // Variables that refer to many variables multiply; no image's name has this many parts.
        while (at < text.size() && out.parts.size() < 1000) {
            const std::size_t dollar = std::min(text.find('$', at), text.size());
            add(text.substr(at, dollar - at));
            at = dollar;
            if (at >= text.size()) break;
            std::size_t start = at + 1;
            if (start < text.size() && text[start] == '$') {  // an escaped dollar
                add("$");
                at += 2;
                continue;
            }
            const bool braces = start < text.size() && text[start] == '{';
            if (braces) ++start;
            std::size_t end = start;
            while (end < text.size() && (end == start ? is_name_start(text[end]) : is_name(text[end]))) ++end;
            if (end == start) {
                add("$");
                ++at;
                continue;
            }
            const std::string name(text.substr(start, end - start));
            at = braces && end < text.size() && text[end] == '}' ? end + 1 : end;
            used.insert(name);
            Value value = value_at(variables, name);
            if (value.is_mapping()) value = value_at(value, "value");
            // A variable may refer to others; a circle ends here.
            if (!value.is_null() && depth < 5) {
                expand(value.is_string() ? value.as_string() : value.to_text(), variables, written, depth + 1, out,
                       used);
                continue;
            }
            const CauseRef cause = make_cause("`$" + name + "` is set when the pipeline runs", written.origin());
            if (!out.cause) {
                out.cause = cause;
                out.prefix = out.known;
            }
            out.parts.push_back(Value::unknown(Type::string(), cause));
        }
    }

    static Value image_of(const Value& written, const Value& variables, std::string_view kind) {
        Body image;
        Expanded expanded;
        std::set<std::string> used;
        expand(written.as_string(), variables, written, 0, expanded, used);
        Value name = Value::string(expanded.known);
        if (expanded.cause) {
            Unknown unknown;
            unknown.type = Type::string();
            unknown.cause = expanded.cause;
            unknown.refinement.not_null = true;
            unknown.refinement.prefix = expanded.prefix;
            unknown.parts = std::move(expanded.parts);
            name = Value::unknown(std::move(unknown));
        }
        image.set("name", name.traced(written.trace()), written.origin());
        image.set("kind", kind);
        image.set("variables", texts({used.begin(), used.end()}), written.origin());
        return image.build();
    }

    static Value images_of(const Value& job, const Value& variables) {
        std::vector<Value> images;
        const auto add = [&](const Value& holder, std::string_view kind) {
            const Value name = holder.is_mapping() ? value_at(holder, "name") : holder;
            if (name.is_string()) images.push_back(image_of(name, variables, kind));
        };
        add(value_at(job, "image"), "image");
        for (const Value& service : value_at(job, "services").elements()) add(service, "service");
        return Value::tuple(std::move(images));
    }

    const Value& config_;
    RootResult& result_;
    std::size_t& budget_;
    std::map<std::string, Value, std::less<>> extended_;
};

bool is_ci_path(std::string_view path) {
    return path.ends_with(".gitlab-ci.yml") || path.ends_with(".gitlab-ci.yaml");
}

class GitlabCiParser : public FileParser {
  public:
    std::string_view name() const override { return platform; }
    bool wants(std::string_view path) const override { return is_ci_path(path); }
    bool accepts(const Source& source) const override { return is_ci_path(source.path()); }
    std::unique_ptr<ParsedFile> parse(const Source& source, Diagnostics& diagnostics) const override {
        auto file = std::make_unique<HostFile>();
        file->source = &source;
        YamlFile read = read_ci_yaml(source, diagnostics);
        file->root = content_of(read);
        file->comments = std::move(read.comments);
        return file;
    }
    /// A file that another one includes is judged there.
    std::vector<Root> roots(std::span<const ParsedFile* const> files, const FileSystem& file_system, SourceSet& sources,
                            Diagnostics& diagnostics, std::vector<CoverageGap>& gaps) const override {
        std::set<std::string> included;
        for (const ParsedFile* parsed : files) {
            const HostFile& file = *static_cast<const HostFile*>(parsed);
            for (const Value& entry : include_entries(value_at(file.root, "include"))) {
                std::string_view location = text_at(entry, "location");
                if (text_at(entry, "kind") != "local") continue;
                while (location.starts_with('/')) location.remove_prefix(1);
                for (std::string_view base : {parent_path(file.source->path()), std::string_view()}) {
                    if (const auto path = join_path(base, location)) included.insert(*path);
                }
            }
        }
        std::vector<const ParsedFile*> kept;
        for (const ParsedFile* file : files) {
            const bool main = file_name(file->source->path()).starts_with(".gitlab-ci.");
            if (main || !included.contains(file->source->path())) kept.push_back(file);
        }
        return FileParser::roots(kept, file_system, sources, diagnostics, gaps);
    }
    RootResult evaluate(const Root& root, const Inputs&, const FileSystem& file_system,
                        SourceSet& sources) const override {
        const HostFile& file = file_of(root);
        RootResult result;
        result.graph.root = root.path;
        if (!file.root.is_mapping()) return result;
        std::size_t budget = max_merged_members;
        Includes includes(*file.source, file_system, sources, result);
        const Value config = includes.merged(file.root, budget);
        PipelineReader(config, result, budget).read(file, includes, sources);
        add_comment_suppressions(*file.source, file.comments, result.graph);
        for (const auto& [source, comments] : includes.comments())
            add_comment_suppressions(*source, comments, result.graph);
        if (budget == 0 || budget < 1000) {
            result.gaps.push_back(
                {"gitlab-size",
                 root.path,
                 "`extends` and `variables` multiply to more than 2,000,000 members; the rest was judged "
                 "without what it extends",
                 {},
                 root.path});
        }
        return result;
    }
};

}  // namespace
}  // namespace git_host

const Parser& gitlab_ci_parser() {
    static const git_host::GitlabCiParser parser;
    return parser;
}

}  // namespace plumbline
