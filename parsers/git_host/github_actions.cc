#include <algorithm>
#include <array>
#include <map>
#include <set>

#include "parsers/git_host/expressions.h"
#include "parsers/git_host/git_host.h"
#include "parsers/git_host/host_file.h"
#include "parsers/shell/calls.h"
#include "parsers/shell/shell_reader.h"
#include "scanner/model/text.h"

namespace plumbline {
namespace git_host {
namespace {

constexpr std::string_view platform = "github-actions";

// Environments are merged for each step. Real workflows have some thousand variables over all steps; a file made to
// have many variables in many steps would cost their product.
constexpr std::size_t max_merged_members = 1'000'000;

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

/// The raw texts that matter below a value: its own, or those of its elements and members. `visit` gets each known
/// string once for each place it stands in; the reader bounds how many that can be.
template <class Visit>
void for_each_text(const Value& value, const Visit& visit) {
    if (value.is_string()) visit(value.as_string());
    for (const Value& element : value.elements()) for_each_text(element, visit);
    for (const Member& member : value.members()) for_each_text(member.value, visit);
}

/// A `uses:` in its parts.
Value action_of(const std::string& uses) {
    Body action;
    const bool local = uses.starts_with("./") || uses.starts_with("../");
    const bool docker = uses.starts_with("docker://");
    action.set("is_local", local);
    action.set("is_docker", docker);
    if (local) {
        action.set("path", std::string_view(uses));
        action.set("is_sha", false);
        return action.build();
    }
    if (docker) {
        const std::string_view image = std::string_view(uses).substr(9);
        action.set("image", image);
        action.set("is_sha", contains(image, "@sha256:"));
        return action.build();
    }
    const std::size_t at = uses.find('@');
    const std::string_view path = std::string_view(uses).substr(0, at);
    const std::string_view ref = at == std::string::npos ? std::string_view() : std::string_view(uses).substr(at + 1);
    const std::size_t slash = path.find('/');
    const std::size_t second = slash == std::string_view::npos ? slash : path.find('/', slash + 1);
    action.set("owner", path.substr(0, slash));
    if (slash != std::string_view::npos) {
        const std::size_t length = second == std::string_view::npos ? second : second - slash - 1;
        action.set("repo", path.substr(slash + 1, length));
    }
    if (second != std::string_view::npos) action.set("path", path.substr(second + 1));
    if (!ref.empty()) action.set("ref", ref);
    // GitHub's names are not case-sensitive.
    action.set("name", std::string_view(lower(path)));
    const bool hexadecimal = ref.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
    action.set("is_sha", hexadecimal && (ref.size() == 40 || ref.size() == 64));
    return action.build();
}

/// Whether an expression's context names what the author of a pull request or of a triggering run controls: a commit, a
/// branch or a repository of theirs.
bool is_foreign_ref(std::string_view context) {
    static constexpr std::array<std::string_view, 11> contexts = {
        "github.head_ref",
        "github.event.pull_request.head.sha",
        "github.event.pull_request.head.ref",
        "github.event.pull_request.head.label",
        "github.event.pull_request.merge_commit_sha",
        "github.event.pull_request.head.repo.full_name",
        "github.event.pull_request.head.repo.clone_url",
        "github.event.workflow_run.head_sha",
        "github.event.workflow_run.head_branch",
        "github.event.workflow_run.head_commit.id",
        "github.event.workflow_run.head_repository.full_name",
    };
    const std::string name = lower(context);
    return std::find(contexts.begin(), contexts.end(), name) != contexts.end();
}

bool is_pull_number(std::string_view context) {
    const std::string name = lower(context);
    return name == "github.event.number" || name == "github.event.issue.number" ||
           name == "github.event.pull_request.number" || name.starts_with("github.event.workflow_run.pull_requests");
}

/// The context or command in a ref or a script that leads to a pull request's own code; empty when there is none.
std::string foreign_ref_in(std::string_view text, bool script) {
    const bool fetches = !script || contains(text, "git fetch") || contains(text, "git checkout") ||
                         contains(text, "git pull") || contains(text, "git switch") || contains(text, "git reset") ||
                         contains(text, "git clone") || contains(text, "git merge");
    if (script && contains(text, "gh pr checkout")) return "gh pr checkout";
    if (!fetches) return {};
    const bool pull_ref = contains(text, "refs/pull/") || contains(text, "pull/$");
    for (const ExpressionText& expression : find_expressions(text)) {
        for (const std::string& context : contexts_of(expression.inner).used) {
            if (is_foreign_ref(context) || (pull_ref && is_pull_number(context))) return context;
        }
    }
    if (script && pull_ref && (contains(text, "/head") || contains(text, "/merge"))) return "refs/pull";
    return {};
}

/// What a step or a job sees.
struct Scope {
    Value env;            ///< effective environment, as written
    Value known_env;      ///< the same with expressions put in
    Value matrix;         ///< the job's `strategy.matrix`
    Value permissions;    ///< effective; null when nothing says it
    Span permissions_at;  ///< where they are written
    std::string_view shell;
    bool windows = false;  ///< whether the runner's own shell is PowerShell
};

class WorkflowReader {
  public:
    WorkflowReader(const HostFile& file, const SourceSet& sources, RootResult& result)
        : file_(file), source_(*file.source), sources_(sources), result_(result) {}

    void workflow() {
        const Value& root = file_.root;
        Scope scope;
        scope.env = value_at(root, "env");
        take_permissions(root, scope);
        scope.shell = text_at(value_at(value_at(root, "defaults"), "run"), "shell");
        const Member* on = root.find("on");
        const Value triggers = triggers_of(on ? on->value : Value());
        const Span on_span = on ? on->span : file_.whole();
        workflow_ = summary(root, triggers, on_span, scope);

        std::vector<Member> jobs;
        const Value written_jobs = value_at(root, "jobs");
        for (const Member& job : in_file_order(written_jobs)) {
            if (job.value.is_mapping()) jobs.push_back({job.name, read_job(job, scope), job.span});
        }

        Body body(root);
        body.set("triggers", triggers, on_span);
        body.set("jobs", Value::object(std::move(jobs)).traced(written_jobs.trace()), span_of(root, "jobs"));
        if (const Member* env = given(root, "env")) body.set("own_env", resolved_deep(env->value, scope), env->span);
        body.set("secrets_used", secrets_in(value_at(root, "env")), span_of(root, "env"));
        Resource resource;
        resource.address = "on";
        resource.type = "Workflow";
        resource.platform = platform;
        resource.body = body.build();
        resource.header = on ? first_line(source_, on->span) : first_line(source_, file_.whole());
        resource.block = file_.whole();
        // First, so that reports show the workflow before its jobs.
        result_.graph.add(std::move(resource));
        for (Resource& found : resources_) result_.graph.add(std::move(found));
    }

    void composite_action() {
        const Value& root = file_.root;
        const Value runs = value_at(root, "runs");
        Body body(root);
        if (const std::string_view image = text_at(runs, "image"); !image.empty()) {
            std::vector<Value> images;
            // `Dockerfile` is built from the repository, `docker://` names an image.
            if (image.starts_with("docker://")) add_images(value_at(runs, "image"), {}, "container", images);
            body.set("images", Value::tuple(std::move(images)), span_of(runs, "image"));
        }
        Resource resource;
        resource.address = "runs";
        resource.type = "Action";
        resource.platform = platform;
        resource.header = first_line(source_, span_of(root, "runs"));
        resource.block = file_.whole();
        resource.body = body.build();
        result_.graph.add(std::move(resource));
        read_steps(value_at(runs, "steps"), "runs", Scope(), Value(), {});
        for (Resource& found : resources_) result_.graph.add(std::move(found));
    }

  private:
    static Span span_of(const Value& mapping, std::string_view name) {
        const Member* member = mapping.find(name);
        return member ? member->span : Span{};
    }

    static std::vector<Member> in_file_order(const Value& mapping) {
        std::vector<Member> members(mapping.members().begin(), mapping.members().end());
        std::stable_sort(members.begin(), members.end(),
                         [](const Member& a, const Member& b) { return a.span.begin < b.span.begin; });
        return members;
    }

    static void take_permissions(const Value& owner, Scope& scope) {
        if (const Member* own = given(owner, "permissions")) {
            scope.permissions = own->value;
            scope.permissions_at = own->span;
        }
    }

    /// `on` in its three spellings as one mapping from event to its filters.
    static Value triggers_of(const Value& on) {
        std::vector<Member> members;
        const auto add = [&](std::string name, const Value& config, Span span) {
            Value filters = config.is_mapping() || config.is_sequence() ? config : Value::object({});
            if (!filters.trace()) filters = filters.traced(config.trace());
            members.push_back({std::move(name), std::move(filters), span});
        };
        if (on.is_string()) add(on.as_string(), Value().traced(on.trace()), on.origin());
        for (const Value& event : on.elements()) {
            if (event.is_string()) add(event.as_string(), Value().traced(event.trace()), event.origin());
        }
        for (const Member& event : on.members()) add(event.name, event.value, event.span);
        return Value::object(std::move(members)).traced(on.trace());
    }

    /// What jobs and steps know of their workflow.
    static Value summary(const Value& root, const Value& triggers, Span on_span, const Scope& scope) {
        Body body;
        if (const Member* name = given(root, "name")) body.set("name", name->value, name->span);
        if (const Member* concurrency = given(root, "concurrency"))
            body.set("concurrency", concurrency->value, concurrency->span);
        body.set("triggers", triggers, on_span);
        if (!scope.permissions.is_null()) body.set("permissions", scope.permissions, scope.permissions_at);
        return body.build();
    }

    Value merged_env(const Value& outer, const Value& own) {
        if (own.members().empty()) return own.is_unknown() || own.is_string() ? own : outer;
        if (outer.members().empty()) return own;
        merged_ += outer.members().size() + own.members().size();
        if (merged_ > max_merged_members) return own;
        std::vector<Member> members(outer.members().begin(), outer.members().end());
        members.insert(members.end(), own.members().begin(), own.members().end());
        return Value::object(std::move(members)).traced(own.trace());
    }

    static Value secrets_in(const Value& value) {
        std::set<std::string> names;
        for_each_text(value, [&](std::string_view text) { secrets_of(text, names); });
        return texts({names.begin(), names.end()});
    }

    static void secrets_of(std::string_view text, std::set<std::string>& names) {
        for (const ExpressionText& expression : find_expressions(text)) {
            for (const std::string& context : contexts_of(expression.inner).used) {
                const std::string name = lower(context);
                if (name.starts_with("secrets.")) names.insert(context.substr(8));
                if (name == "secrets") names.insert("*");  // all of them: `toJSON(secrets)`
            }
        }
    }

    /// Not known before the run, and no literal: the trace says which context it reads.
    static Value unknown(std::string_view expression, const Value& written) {
        const std::string shown = cut(printable(expression), 80);
        return Value::unknown(Type::string(), make_cause("`${{ " + shown + " }}` is known only when the workflow runs",
                                                         written.origin()))
            .traced(make_reference_trace(written.origin(), shown, {}, {written.trace()}));
    }

    /// The values that one expression can take: literals, the environment, a literal matrix.
    Value evaluate(std::string_view expression, const Scope& scope, const Value& written, int depth) const {
        const LiteralExpression literal = literal_of(expression);
        if (literal.kind == 's') return Value::string(literal.text);
        if (literal.kind == 'b') return Value::boolean(literal.text == "true");
        if (literal.kind == 'd') return Value::number(Number::parse(literal.text).value_or(Number(0)));
        // Each level reads one more variable of the environment; real ones refer to each other once.
        if (depth > 4) return unknown(expression, written);
        if (expression.starts_with("env.")) {
            const Member* variable = given(scope.env, expression.substr(4));
            if (variable) return resolved(variable->value, scope, depth + 1);
        }
        if (expression.starts_with("matrix.")) {
            const std::string_view name = expression.substr(7);
            std::vector<Value> values;
            bool complete = true;
            const auto add = [&](const Value& value) {
                if (value.is_null()) return;
                if (value.is_string() && contains(value.as_string(), "${{")) complete = false;
                values.push_back(value);
            };
            const Value axis = value_at(scope.matrix, name);
            if (axis.is_sequence()) {
                for (const Value& value : axis.elements()) add(value);
            } else if (!axis.is_null()) {
                complete = false;
            }
            for (const Value& extra : value_at(scope.matrix, "include").elements()) add(value_at(extra, name));
            // What no combination has reads as null.
            if (complete && values.empty() && scope.matrix.is_mapping()) return {};
            if (complete && values.size() == 1) return values.front();
            if (complete && !values.empty()) {
                Unknown made;
                made.type = Type::dynamic();
                made.cause =
                    make_cause("`${{ " + std::string(expression) + " }}` has several values", written.origin());
                made.alternatives = std::move(values);
                return Value::unknown(std::move(made));
            }
        }
        return with_fallback(expression, scope, written, depth);
    }

    /// `matrix.os || 'ubuntu-24.04'`: each value of the first, or the second.
    Value with_fallback(std::string_view expression, const Scope& scope, const Value& written, int depth) const {
        const std::size_t bar = expression.rfind("||");
        if (bar == std::string_view::npos) return unknown(expression, written);
        const std::string_view first = trim(expression.substr(0, bar));
        const LiteralExpression fallback = literal_of(trim(expression.substr(bar + 2)));
        if (fallback.kind != 's' || first.find_first_of("|&()'") != std::string_view::npos)
            return unknown(expression, written);
        const Value value = evaluate(first, scope, written, depth + 1);
        if (value.is_null()) return Value::string(fallback.text);
        if (value.is_string() && !value.as_string().empty() && !first.starts_with("matrix.")) return value;
        Unknown made;
        made.alternatives = value.is_unknown() ? value.as_unknown().alternatives : std::vector<Value>{value};
        if (made.alternatives.empty()) return unknown(expression, written);
        made.alternatives.push_back(Value::string(fallback.text));
        made.cause = make_cause("`${{ " + std::string(expression) + " }}` has several values", written.origin());
        return Value::unknown(std::move(made));
    }

    /// The values that an element stands for: every combination of a matrix is a run of the job.
    static std::vector<Value> every_run(const Value& value) {
        if (!value.is_unknown() || value.as_unknown().alternatives.empty()) return {value};
        std::vector<Value> values;
        for (const Value& alternative : value.as_unknown().alternatives) {
            // A matrix can hold lists of labels.
            if (alternative.is_sequence())
                values.insert(values.end(), alternative.elements().begin(), alternative.elements().end());
            else
                values.push_back(alternative);
        }
        return values;
    }

    /// A text with its expressions put in; unknown where one of them is. Everything else stays as it is.
    Value resolved(const Value& value, const Scope& scope, int depth = 0) const {
        if (!value.is_string()) return value;
        const std::string& text = value.as_string();
        const std::vector<ExpressionText> expressions = find_expressions(text);
        if (expressions.empty()) return value;
        if (expressions.size() == 1 && expressions[0].begin == 0 && expressions[0].end == text.size()) {
            Value whole = evaluate(expressions[0].inner, scope, value, depth);
            return whole.is_unknown() ? whole : whole.traced(value.trace());
        }
        Unknown made;
        made.type = Type::string();
        std::string known;
        TraceRef trace;
        std::size_t at = 0;
        const auto add_text = [&](std::string_view part) {
            if (part.empty()) return;
            known += part;
            made.parts.push_back(Value::string(std::string(part)));
        };
        for (const ExpressionText& expression : expressions) {
            add_text(std::string_view(text).substr(at, expression.begin - at));
            at = expression.end;
            const Value part = evaluate(expression.inner, scope, value, depth);
            if (part.is_unknown()) {
                if (!made.cause) {
                    made.cause = part.as_unknown().cause;
                    made.refinement.prefix = known;
                    trace = part.trace();
                }
                made.parts.push_back(part);
            } else {
                if (!part.is_null()) add_text(part.is_string() ? part.as_string() : part.to_text());
            }
        }
        add_text(std::string_view(text).substr(at));
        if (!made.cause) return Value::string(known).traced(value.trace());
        made.refinement.not_null = true;
        return Value::unknown(std::move(made)).traced(trace);
    }

    Value resolved_deep(const Value& value, const Scope& scope) const {
        if (value.is_sequence()) {
            std::vector<Value> elements;
            for (const Value& element : value.elements()) elements.push_back(resolved_deep(element, scope));
            return Value::tuple(std::move(elements)).traced(value.trace());
        }
        if (value.is_mapping()) {
            std::vector<Member> members;
            for (const Member& member : value.members())
                members.push_back({member.name, resolved_deep(member.value, scope), member.span});
            return Value::object(std::move(members)).traced(value.trace());
        }
        return resolved(value, scope);
    }

    /// Members whose text is code or is judged as written.
    static bool stays_as_written(std::string_view name) {
        static constexpr std::array<std::string_view, 10> names = {
            "run", "if", "name", "steps", "uses", "permissions", "own_env", "script", "matrix", "secrets"};
        return std::find(names.begin(), names.end(), name) != names.end();
    }

    Body resolved_members(const Value& mapping, const Scope& scope) const {
        Body body(mapping);
        for (const Member& member : mapping.members()) {
            if (!stays_as_written(member.name)) body.set(member.name, resolved_deep(member.value, scope), member.span);
        }
        return body;
    }

    void add_images(const Value& written, const Scope& scope, std::string_view kind, std::vector<Value>& images) const {
        for (Value name : every_run(resolved(written, scope))) {
            if (name.is_string() && name.as_string().starts_with("docker://"))
                name = Value::string(name.as_string().substr(9)).traced(written.trace());
            if (name.is_string() && name.as_string().empty()) continue;  // GitHub runs without a container then
            Body image;
            image.set("name", name, written.origin());
            image.set("kind", kind);
            images.push_back(image.build().traced(written.trace()));
        }
    }

    Value images_of(const Value& job, const Scope& scope) const {
        std::vector<Value> images;
        const auto add = [&](const Value& holder, std::string_view kind) {
            const Value image = holder.is_mapping() ? value_at(holder, "image") : holder;
            if (image.is_string()) add_images(image, scope, kind, images);
        };
        add(value_at(job, "container"), "container");
        for (const Member& service : value_at(job, "services").members()) add(service.value, "service");
        return Value::tuple(std::move(images));
    }

    /// Every label that a run of the job asks for.
    Value runner_labels(const Value& runs_on, const Scope& scope) const {
        const Value written = labels_of(runs_on);
        std::vector<Value> labels;
        for (const Value& label : written.elements()) {
            for (Value& value : every_run(resolved(label, scope))) labels.push_back(std::move(value));
        }
        return Value::tuple(std::move(labels)).traced(written.trace());
    }

    static Value labels_of(const Value& runs_on) {
        if (runs_on.is_mapping()) return labels_of(value_at(runs_on, "labels"));
        if (runs_on.is_sequence()) return runs_on;
        return runs_on.is_null() ? Value::tuple({}) : Value::tuple({runs_on}).traced(runs_on.trace());
    }

    /// Reads a job, adds it and its steps, and returns its body without what it knows of its workflow.
    Value read_job(const Member& job, Scope scope) {
        const std::string address = "jobs." + job.name;
        const Value own_env = value_at(job.value, "env");
        scope.env = merged_env(scope.env, own_env);
        scope.matrix = value_at(value_at(job.value, "strategy"), "matrix");
        take_permissions(job.value, scope);
        if (const auto shell = text_at(value_at(value_at(job.value, "defaults"), "run"), "shell"); !shell.empty())
            scope.shell = shell;

        Body body = resolved_members(job.value, scope);
        body.set("id", std::string_view(job.name), job.span);
        scope.known_env = resolved_deep(scope.env, scope);
        body.set("env", scope.known_env, span_of(job.value, "env"));
        if (!own_env.is_null()) body.set("own_env", resolved_deep(own_env, scope), span_of(job.value, "env"));
        if (!scope.permissions.is_null()) body.set("permissions", scope.permissions, scope.permissions_at);
        if (const Member* own = given(job.value, "permissions")) body.set("own_permissions", own->value, own->span);
        if (const Member* uses = given(job.value, "uses"); uses && uses->value.is_string())
            body.set("action", action_of(uses->value.as_string()), uses->span);
        const Value labels = runner_labels(value_at(job.value, "runs-on"), scope);
        for_each_text(labels, [&](std::string_view label) { scope.windows |= lower(label).starts_with("windows"); });
        body.set("runner_labels", labels, span_of(job.value, "runs-on"));
        body.set("images", images_of(job.value, scope), job.span);
        body.set("secrets_used", secrets_in(own_env), span_of(job.value, "env"));

        const std::size_t place = resources_.size();
        resources_.emplace_back();  // the job goes before its steps
        Body about = body;
        about.set("steps", Value());
        const Value steps = read_steps(value_at(job.value, "steps"), address, scope, about.build(), workflow_);
        body.set("steps", steps, span_of(job.value, "steps"));
        const Value result = body.build();
        body.set("workflow", workflow_);
        add_at(place, address, "Job", job.span, body.build());
        return result;
    }

    void add_at(std::size_t place, std::string address, std::string type, Span block, Value body) {
        Resource& resource = resources_[place];
        resource.address = std::move(address);
        resource.type = std::move(type);
        resource.platform = platform;
        resource.header = first_line(source_, block);
        resource.block = block;
        resource.body = std::move(body);
    }

    Value read_steps(const Value& steps, const std::string& owner, const Scope& scope, const Value& job,
                     const Value& workflow) {
        std::vector<Value> read;
        bool foreign = false;
        for (std::size_t i = 0; i < steps.elements().size(); ++i) {
            const Value& step = steps.elements()[i];
            if (!step.is_mapping()) {
                read.push_back(step);
                continue;
            }
            Body body = read_step(step, scope, foreign);
            body.set("index", Value::number(Number(static_cast<std::int64_t>(i))));
            read.push_back(body.build());
            foreign = foreign || given(read.back(), "untrusted_ref") != nullptr;
            if (!job.is_null()) body.set("job", job);
            if (!workflow.is_null()) body.set("workflow", workflow);
            resources_.emplace_back();
            add_at(resources_.size() - 1, owner + ".steps[" + std::to_string(i) + "]", "Step", step.origin(),
                   body.build());
        }
        return Value::tuple(std::move(read)).traced(steps.trace());
    }

    /// The member that holds a step's code, and null when it has none.
    static const Member* script_of(const Value& step) {
        if (const Member* run = given(step, "run")) return run;
        const std::string uses = lower(text_at(step, "uses"));
        const Member* with = step.find("with");
        if (!with) return nullptr;
        if (uses.starts_with("actions/github-script@")) return given(with->value, "script");
        if (uses.starts_with("azure/cli@") || uses.starts_with("azure/powershell@"))
            return given(with->value, "inlineScript");
        return nullptr;
    }

    /// The commands of a script for a POSIX shell, with expressions as they are written; null for any other language.
    Value calls_in(const Member& script, const Value& step, std::string_view shell) const {
        const bool posix = shell.empty() || shell.starts_with("bash") || shell.starts_with("sh");
        const std::string uses = lower(text_at(step, "uses"));
        if (!posix || uses.starts_with("actions/github-script@") || uses.starts_with("azure/powershell@")) return {};
        const std::string& text = script.value.as_string();
        std::vector<shell::Piece> pieces;
        std::size_t at = 0;
        for (const ExpressionText& expression : find_expressions(text)) {
            pieces.push_back({text.substr(at, expression.begin - at), false, {}});
            pieces.push_back({text.substr(expression.begin, expression.end - expression.begin), true, {}});
            at = expression.end;
        }
        pieces.push_back({text.substr(at), false, {}});
        return shell::calls_of(pieces, script.value, sources_);
    }

    /// Whether the value of a context has no line end, so that it cannot leave a comment: titles, names of branches.
    static bool is_one_line(std::string_view context) {
        static constexpr std::array<std::string_view, 10> names = {
            "title",       "ref",       "label",          "head_ref",  "display_title",
            "head_branch", "page_name", "default_branch", "full_name", "email"};
        const std::string name = lower(context.substr(context.rfind('.') + 1));
        return std::find(names.begin(), names.end(), name) != names.end();
    }

    /// The same script with what stands in comments of it blank, where it can do no harm there.
    static std::string without_harmless_comments(const std::string& script) {
        std::string masked = script;
        const std::vector<ExpressionText> expressions = find_expressions(script);
        for (const ExpressionText& expression : expressions)
            std::fill(masked.begin() + static_cast<std::ptrdiff_t>(expression.begin),
                      masked.begin() + static_cast<std::ptrdiff_t>(expression.end), 'x');
        std::string out = script;
        for (const auto& [begin, end] : shell::read_script(masked).comments) {
            for (const ExpressionText& expression : expressions) {
                if (expression.begin < begin || expression.end > end) continue;
                const auto used = contexts_of(expression.inner).output;
                if (std::all_of(used.begin(), used.end(), is_one_line))
                    std::fill(out.begin() + static_cast<std::ptrdiff_t>(expression.begin),
                              out.begin() + static_cast<std::ptrdiff_t>(expression.end), ' ');
            }
        }
        return out;
    }

    /// Contexts whose text ends up in the script: directly, or through `env.NAME` that was set from one.
    static Value injected(std::string_view script, const Value& env) {
        std::set<std::string> found;
        std::set<std::string> through;  // environment variables already followed
        std::vector<std::string_view> open = {script};
        while (!open.empty()) {
            const std::string_view text = open.back();
            open.pop_back();
            for (const ExpressionText& expression : find_expressions(text)) {
                for (const std::string& context : contexts_of(expression.inner).output) {
                    found.insert(context);
                    if (!context.starts_with("env.") || !through.insert(context).second) continue;
                    const Member* variable = given(env, std::string_view(context).substr(4));
                    if (variable && variable->value.is_string()) open.push_back(variable->value.as_string());
                }
            }
        }
        return texts({found.begin(), found.end()});
    }

    Body read_step(const Value& step, Scope scope, bool after_foreign) {
        const Value own_env = value_at(step, "env");
        scope.env = merged_env(scope.env, own_env);
        Body body = resolved_members(step, scope);
        const Value with = value_at(step, "with");
        if (const Member* script = script_of(step); script && script->value.is_string()) {
            const std::string& text = script->value.as_string();
            if (!with.is_null() && !step.find("run")) {
                Body arguments(resolved_deep(with, scope));
                arguments.set(script->name, script->value, script->span);
                body.set("with", arguments.build(), span_of(step, "with"));
            }
            body.set("script", script->value, script->span);
            if (std::string ref = foreign_ref_in(text, true); !ref.empty())
                body.set("untrusted_ref", std::string_view(ref), script->span);
            const std::string_view own_shell = text_at(step, "shell");
            const std::string_view usual = scope.shell.empty() && scope.windows ? "pwsh" : scope.shell;
            const Value calls = calls_in(*script, step, own_shell.empty() ? usual : own_shell);
            if (!calls.is_null()) body.set("calls", calls, script->span);
            const bool commented = !calls.is_null() && contains(text, "#") && contains(text, "${{");
            const std::string run = commented ? without_harmless_comments(text) : text;
            body.set("expressions", injected(run, scope.env), script->span);
        }
        if (const Member* uses = given(step, "uses"); uses && uses->value.is_string()) {
            const Value action = action_of(uses->value.as_string());
            if (text_at(action, "name") == "actions/checkout") note_checkout(with, body);
            body.set("action", action, uses->span);
        }
        if (!own_env.members().empty()) scope.known_env = resolved_deep(scope.env, scope);
        body.set("env", scope.known_env, span_of(step, "env"));
        if (!own_env.is_null()) body.set("own_env", resolved_deep(own_env, scope), span_of(step, "env"));
        if (!scope.permissions.is_null()) body.set("permissions", scope.permissions, scope.permissions_at);
        const std::string_view shell = text_at(step, "shell");
        if (!shell.empty() || !scope.shell.empty()) body.set("shell", shell.empty() ? scope.shell : shell);
        body.set("secrets_used", secrets_in(step), step.origin());
        if (after_foreign) body.set("after_untrusted_checkout", true);
        return body;
    }

    static void note_checkout(const Value& with, Body& body) {
        for (std::string_view name : {"ref", "repository"}) {
            const Member* argument = given(with, name);
            if (!argument || !argument->value.is_string()) continue;
            const std::string ref = foreign_ref_in(argument->value.as_string(), false);
            if (ref.empty()) continue;
            body.set("untrusted_ref", std::string_view(ref), argument->span);
            return;
        }
    }

    const HostFile& file_;
    const Source& source_;
    const SourceSet& sources_;
    RootResult& result_;
    Value workflow_;
    std::vector<Resource> resources_;
    std::size_t merged_ = 0;
};

bool is_action_file(std::string_view path) {
    const std::string_view name = file_name(path);
    return name == "action.yml" || name == "action.yaml";
}

bool is_workflow_path(std::string_view path) {
    return is_yaml_path(path) && (lies_in(path, ".github/workflows") || lies_in(path, ".gitea/workflows") ||
                                  lies_in(path, ".forgejo/workflows"));
}

class GithubActionsParser : public FileParser {
  public:
    std::string_view name() const override { return platform; }
    bool wants(std::string_view path) const override { return is_yaml_path(path); }
    bool accepts(const Source& source) const override {
        if (is_workflow_path(source.path())) return true;
        if (is_action_file(source.path())) return has_top_level_key(source.text(), "runs");
        // A workflow that is named alone on the command line has no folder to tell it by.
        return has_top_level_key(source.text(), "jobs") && has_top_level_key(source.text(), "on");
    }
    std::unique_ptr<ParsedFile> parse(const Source& source, Diagnostics& diagnostics) const override {
        const std::size_t faults = diagnostics.size();
        auto file = read_yaml_file(source, false, diagnostics);
        if (!file->root.is_mapping() && diagnostics.size() == faults)
            diagnostics.file_error(
                "workflow-shape", source.path(), "This is no workflow",
                "A workflow is a YAML mapping with `on` and `jobs`. Nothing in this file was judged.");
        return file;
    }
    RootResult evaluate(const Root& root, const Inputs&, const FileSystem&, SourceSet& sources) const override {
        const HostFile& file = file_of(root);
        RootResult result;
        result.graph.root = root.path;
        if (!file.root.is_mapping()) return result;
        WorkflowReader reader(file, sources, result);
        if (is_action_file(file.source->path()) && !file.root.find("jobs"))
            reader.composite_action();
        else
            reader.workflow();
        add_comment_suppressions(*file.source, file.comments, result.graph);
        return result;
    }
};

}  // namespace
}  // namespace git_host

const Parser& github_actions_parser() {
    static const git_host::GithubActionsParser parser;
    return parser;
}

}  // namespace plumbline
