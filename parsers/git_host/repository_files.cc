#include <algorithm>
#include <array>
#include <set>

#include "parsers/git_host/git_host.h"
#include "parsers/git_host/host_file.h"
#include "scanner/model/text.h"

namespace plumbline {
namespace git_host {
namespace {

constexpr std::string_view platform = "repository";

enum class FileKind { none, codeowners, dependabot, renovate };

FileKind kind_of(std::string_view path) {
    const std::string_view name = file_name(path);
    if (name == "CODEOWNERS") return FileKind::codeowners;
    if ((name == "dependabot.yml" || name == "dependabot.yaml") && lies_in(path, ".github"))
        return FileKind::dependabot;
    static constexpr std::array<std::string_view, 5> renovate = {"renovate.json", "renovate.json5", ".renovaterc",
                                                                 ".renovaterc.json", ".renovaterc.json5"};
    if (std::find(renovate.begin(), renovate.end(), name) != renovate.end()) return FileKind::renovate;
    return FileKind::none;
}

/// The repository's root, as far as the file's own place says it.
std::string_view repository_root(std::string_view path) {
    std::string_view folder = parent_path(path);
    for (std::string_view inner : {".github", ".gitlab", "docs"}) {
        if (file_name(folder) == inner) return parent_path(folder);
    }
    return folder;
}

/// Reads CODEOWNERS by the rules of GitHub and GitLab: `pattern owner...`, comments behind `#`, GitLab's sections
/// (`[Name][2] owner...`, `^[Optional]`).
class CodeownersReader {
  public:
    explicit CodeownersReader(HostFile& file) : file_(file), text_(file.source->text()) {}

    void read() {
        for (std::size_t at = text_.starts_with("\xEF\xBB\xBF") ? 3 : 0; at < text_.size();) {
            std::size_t end = std::min(text_.find('\n', at), text_.size());
            line(at, end > at && text_[end - 1] == '\r' ? end - 1 : end);
            at = end + 1;
        }
        Body body;
        body.set("rules", Value::tuple(std::move(rules_)), file_.whole());
        body.set("catch_all", catch_all_);
        body.set("unreadable_owners", texts(unreadable_));
        file_.root = body.build().traced(make_trace(Trace::Kind::literal, file_.whole()));
    }

  private:
    Span span(std::size_t begin, std::size_t end) const {
        return {file_.source->id(), static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(end)};
    }

    void line(std::size_t begin, std::size_t end) {
        const std::size_t first = text_.find_first_not_of(" \t", begin);
        if (first >= end) return;
        if (text_[first] == '#') {
            file_.comments.push_back(span(first, end));
            return;
        }
        std::vector<std::pair<std::string, Span>> words = words_of(first, end);
        if (words.empty()) return;
        if (is_section(words[0].first)) {
            section_owners_.clear();
            for (std::size_t i = 1; i < words.size(); ++i) add_owner(words[i].first, words[i].second, section_owners_);
            return;
        }
        std::vector<Value> owners;
        for (std::size_t i = 1; i < words.size(); ++i) add_owner(words[i].first, words[i].second, owners);
        if (owners.empty()) owners = section_owners_;
        const std::string& pattern = words[0].first;
        // The last matching line wins, so a later `*` takes the place of an earlier one.
        if (pattern == "*" || pattern == "**" || pattern == "/" || pattern == "/**" || pattern == "/*")
            catch_all_ = !owners.empty();
        const Span whole = span(first, end);
        Body rule;
        rule.set("pattern", std::string_view(pattern), words[0].second);
        rule.set("owners", Value::tuple(std::move(owners)), whole);
        rules_.push_back(rule.build().traced(make_trace(Trace::Kind::literal, whole)));
    }

    /// Words of a line up to a comment; `\` escapes the next character.
    std::vector<std::pair<std::string, Span>> words_of(std::size_t at, std::size_t end) const {
        std::vector<std::pair<std::string, Span>> words;
        while (at < end) {
            while (at < end && (text_[at] == ' ' || text_[at] == '\t')) ++at;
            if (at >= end || text_[at] == '#') break;
            const std::size_t start = at;
            std::string word;
            bool bracket = false;  // a section's name may hold blanks
            for (; at < end && (bracket || (text_[at] != ' ' && text_[at] != '\t')); ++at) {
                if (text_[at] == '[') bracket = true;
                if (text_[at] == ']') bracket = false;
                if (text_[at] == '\\' && at + 1 < end) ++at;
                word += text_[at];
            }
            words.emplace_back(std::move(word), span(start, at));
        }
        return words;
    }

    static bool is_section(std::string_view word) { return word.starts_with('[') || word.starts_with("^["); }

    void add_owner(const std::string& owner, Span place, std::vector<Value>& owners) {
        const std::size_t at = owner.find('@');
        const bool readable = (at == 0 && owner.size() > 1) ||
                              (at != std::string::npos && at > 0 && owner.find('.', at) != std::string::npos);
        if (!readable) {
            unreadable_.push_back(owner);
            return;
        }
        owners.push_back(Value::string(owner).traced(make_trace(Trace::Kind::literal, place)));
    }

    HostFile& file_;
    std::string_view text_;
    std::vector<Value> rules_;
    std::vector<Value> section_owners_;
    std::vector<std::string> unreadable_;
    bool catch_all_ = false;
};

/// Dependabot's name for what a file in the repository's root stands for.
constexpr std::array<std::pair<std::string_view, std::string_view>, 14> manifests = {{
    {"Cargo.toml", "cargo"},
    {"Dockerfile", "docker"},
    {"Gemfile", "bundler"},
    {"build.gradle", "gradle"},
    {"build.gradle.kts", "gradle"},
    {"composer.json", "composer"},
    {"go.mod", "gomod"},
    {"mix.exs", "mix"},
    {"package.json", "npm"},
    {"pom.xml", "maven"},
    {"pubspec.yaml", "pub"},
    {"pyproject.toml", "pip"},
    {"requirements.txt", "pip"},
    {"uv.lock", "uv"},
}};

/// Ecosystems that the repository's root uses and no entry of `updates` watches.
Value unwatched(const HostFile& file, const FileSystem& file_system) {
    std::set<std::string_view> watched;
    for (const Value& entry : value_at(file.root, "updates").elements()) {
        const std::string_view ecosystem = text_at(entry, "package-ecosystem");
        watched.insert(ecosystem);
        // Either reads Python's manifests, either Node's, and so on.
        if (ecosystem == "uv") watched.insert("pip");
        if (ecosystem == "pip") watched.insert("uv");
        if (ecosystem == "bun") watched.insert("npm");
    }
    const std::string_view root = repository_root(file.source->path());
    const auto path = [&](std::string_view name) {
        return root.empty() ? std::string(name) : std::string(root) + "/" + std::string(name);
    };
    std::set<std::string> missing;
    for (const auto& [name, ecosystem] : manifests) {
        if (!watched.contains(ecosystem) && file_system.exists(path(name))) missing.insert(std::string(ecosystem));
    }
    if (!watched.contains("github-actions") && file_system.exists(path(".github/workflows")))
        missing.insert("github-actions");
    return texts({missing.begin(), missing.end()});
}

class RepositoryFilesParser : public FileParser {
  public:
    std::string_view name() const override { return platform; }
    bool wants(std::string_view path) const override { return kind_of(path) != FileKind::none; }
    bool accepts(const Source& source) const override { return kind_of(source.path()) != FileKind::none; }
    std::unique_ptr<ParsedFile> parse(const Source& source, Diagnostics& diagnostics) const override {
        switch (kind_of(source.path())) {
            case FileKind::dependabot:
                return read_yaml_file(source, false, diagnostics);
            case FileKind::renovate:
                if (source.path().ends_with(".json5")) return read_json5_file(source, diagnostics);
                return read_json_file(source, diagnostics);
            case FileKind::codeowners: {
                auto file = std::make_unique<HostFile>();
                file->source = &source;
                CodeownersReader(*file).read();
                return file;
            }
            case FileKind::none:
                break;
        }
        auto file = std::make_unique<HostFile>();
        file->source = &source;
        return file;
    }
    RootResult evaluate(const Root& root, const Inputs&, const FileSystem& file_system, SourceSet&) const override {
        const HostFile& file = file_of(root);
        RootResult result;
        result.graph.root = root.path;
        if (!file.root.is_mapping()) return result;
        const FileKind kind = kind_of(root.path);
        Body body(file.root);
        if (kind == FileKind::dependabot) {
            const Member* updates = file.root.find("updates");
            body.set("unwatched_ecosystems", unwatched(file, file_system), updates ? updates->span : Span{});
        }
        Resource resource;
        resource.address = kind == FileKind::codeowners   ? "codeowners"
                           : kind == FileKind::dependabot ? "dependabot"
                                                          : "renovate";
        resource.type = kind == FileKind::codeowners   ? "Codeowners"
                        : kind == FileKind::dependabot ? "Dependabot"
                                                       : "Renovate";
        resource.platform = platform;
        resource.body = body.build();
        resource.header = first_line(*file.source, file.whole());
        resource.block = file.whole();
        result.graph.add(std::move(resource));
        add_comment_suppressions(*file.source, file.comments, result.graph);
        return result;
    }
};

}  // namespace
}  // namespace git_host

const Parser& repository_files_parser() {
    static const git_host::RepositoryFilesParser parser;
    return parser;
}

}  // namespace plumbline
