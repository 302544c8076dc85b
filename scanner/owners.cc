#include "scanner/owners.h"

#include <algorithm>
#include <array>
#include <map>

#include "scanner/acceptance.h"
#include "scanner/model/text.h"
#include "scanner/system.h"

namespace plumbline {
namespace {

// GitHub reads no CODEOWNERS of more than 3 MB.
constexpr std::uint64_t max_codeowners_size = std::uint64_t{3} << 20;
// Longest tag value of AWS; an annotation may hold a whole document.
constexpr std::size_t longest_owner = 256;

/// Words of a line up to a comment; `\` escapes the next character, and a section's name may hold blanks.
std::vector<std::string> words_of(std::string_view line) {
    std::vector<std::string> words;
    std::size_t at = 0;
    const auto blank = [&] { return line[at] == ' ' || line[at] == '\t'; };
    while (true) {
        while (at < line.size() && blank()) ++at;
        if (at == line.size() || line[at] == '#') return words;
        std::string word;
        bool bracket = false;
        const bool heading = words.empty() && (line[at] == '[' || line.substr(at).starts_with("^["));
        for (; at < line.size() && (bracket || !blank()); ++at) {
            if (heading && line[at] == '[') bracket = true;
            if (heading && line[at] == ']') bracket = false;
            if (line[at] == '\\' && at + 1 < line.size()) ++at;
            word += line[at];
        }
        words.push_back(std::move(word));
    }
}

/// `@user`, `@org/team`, `@@role` or an address; other words are no owners to either host.
bool is_owner(std::string_view word) {
    return word.size() > 1 && word.find('@') != std::string_view::npos;
}

std::vector<std::string> owners_of(std::span<const std::string> words) {
    std::vector<std::string> owners;
    std::copy_if(words.begin(), words.end(), std::back_inserter(owners), is_owner);
    return owners;
}

bool is_heading(std::string_view word) {
    return (word.starts_with('[') || word.starts_with("^[")) && word.find(']') != std::string_view::npos;
}

/// `[Name][2]` -> `name`
std::string section_name(std::string_view heading) {
    const std::size_t open = heading.find('[') + 1;
    return lower(trim(heading.substr(open, heading.find(']') - open)));
}

void add_missing(std::vector<std::string>& to, const std::vector<std::string>& more) {
    for (const std::string& item : more) {
        if (std::find(to.begin(), to.end(), item) == to.end()) to.push_back(item);
    }
}

}  // namespace

Codeowners::Line Codeowners::line_of(std::string_view pattern, Host host) {
    Line line;
    if (host == Host::gitlab && pattern.starts_with('!')) {
        line.excludes = true;
        pattern.remove_prefix(1);
    }
    if (pattern.ends_with('/')) {
        line.folder = true;
        pattern.remove_suffix(1);
    }
    const bool leading = pattern.starts_with('/');
    if (leading) pattern.remove_prefix(1);
    // As in .gitignore a slash inside ties a pattern to the top; GitLab wants it in front.
    const bool tied = leading || (host == Host::github && pattern.find('/') != std::string_view::npos);
    if (!tied) line.parts.emplace_back("**");
    for (std::string_view part : split(pattern, '/')) {
        if (!part.empty()) line.parts.emplace_back(part);
    }
    if (!pattern.empty() && !line.parts.empty() && line.parts.back() == "**") line.folder = true;
    // A name stands for the folder of that name too, but `docs/*` is about the folder's own files.
    if (line.parts.empty() || line.folder || (line.parts.back() != "*" && line.parts.back() != "**"))
        line.parts.emplace_back("**");
    return line;
}

bool Codeowners::matches(const Line& line, std::span<const std::string_view> path) {
    // Greedy, with the last `**` to return to: linear in the path for each part.
    std::size_t part = 0, at = 0;
    std::size_t star = line.parts.size(), star_at = 0;
    while (at < path.size()) {
        if (part < line.parts.size() && line.parts[part] == "**") {
            star = part++;
            star_at = at;
        } else if (part < line.parts.size() && glob_match(line.parts[part], path[at])) {
            ++part;
            ++at;
        } else if (star < line.parts.size()) {
            part = star + 1;
            at = ++star_at;
        } else {
            return false;
        }
    }
    // What is left may only be the `**` for what lies below, which a file is not.
    const bool below = part + 1 == line.parts.size() && line.parts[part] == "**";
    return part == line.parts.size() || (below && !line.folder);
}

Codeowners Codeowners::read(std::string_view text, Host host) {
    Codeowners out;
    out.sections_.emplace_back();
    std::size_t section = 0;
    std::vector<std::string> section_owners;
    if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
    for (std::string_view line : split(text, '\n')) {
        if (line.ends_with('\r')) line.remove_suffix(1);
        const std::vector<std::string> words = words_of(line);
        if (words.empty()) continue;
        std::vector<std::string> owners = owners_of(std::span(words).subspan(1));
        if (is_heading(words.front())) {
            // GitHub knows neither sections nor brackets in patterns and passes by the line.
            if (host == Host::github) continue;
            const std::string name = section_name(words.front());
            const auto known = std::find_if(out.sections_.begin(), out.sections_.end(),
                                            [&](const Section& item) { return item.name == name; });
            section = static_cast<std::size_t>(known - out.sections_.begin());
            if (known == out.sections_.end()) out.sections_.push_back({name, {}});
            section_owners = std::move(owners);
            continue;
        }
        if (host == Host::github && words.front().find_first_of("![") != std::string::npos) continue;
        if (words.front() == "!") continue;
        Line entry = line_of(words.front(), host);
        entry.owners = owners.empty() ? section_owners : std::move(owners);
        out.sections_[section].lines.push_back(std::move(entry));
    }
    return out;
}

std::vector<std::string> Codeowners::of(std::string_view path) const {
    std::vector<std::string> owners;
    const std::vector<std::string_view> parts = split(path, '/');
    for (const Section& section : sections_) {
        const Line* last = nullptr;
        bool excluded = false;
        for (const Line& line : section.lines) {
            if (!matches(line, parts)) continue;
            last = &line;
            // Once excluded, a later line does not bring a file back.
            excluded = excluded || line.excludes;
        }
        if (last && !excluded) add_missing(owners, last->owners);
    }
    return owners;
}

namespace {

/// `example.com/Owner` -> `owner`
std::string bare(std::string_view name) {
    const std::size_t prefix = name.find_last_of("/:");
    return lower(prefix == std::string_view::npos ? name : name.substr(prefix + 1));
}

std::string known_text(const Value& value) {
    if (!value.is_string() || value.has_mark(Value::sensitive)) return "";
    const std::string_view text = trim(value.as_string());
    return std::string(text.substr(0, longest_owner));
}

const Value* member(const Value& value, std::string_view name) {
    const Member* found = value.find(name);
    return found ? &found->value : nullptr;
}

/// A set of tags by bare name: a mapping, or a list of pairs as CloudFormation (`Key`, `Value`) and the `tag` blocks of
/// auto scaling groups have it.
std::map<std::string, std::string> read_tags(const Value* tags) {
    std::map<std::string, std::string> out;
    if (!tags) return out;
    for (const Member& tag : tags->members()) out.emplace(bare(tag.name), known_text(tag.value));
    for (const Value& pair : tags->elements()) {
        for (const auto& [key, value] :
             {std::pair<std::string_view, std::string_view>{"Key", "Value"}, {"key", "value"}}) {
            const Value* name = member(pair, key);
            const Value* text = member(pair, value);
            if (name && text && name->is_string()) out.emplace(bare(name->as_string()), known_text(*text));
        }
    }
    return out;
}

}  // namespace

std::vector<std::string> owners_in_tags(const Resource& resource, std::span<const std::string> names) {
    const Value* metadata = resource.platform == "kubernetes" ? member(resource.body, "metadata") : nullptr;
    std::vector<const Value*> sets;
    if (metadata) {
        sets = {member(*metadata, "labels"), member(*metadata, "annotations")};
    } else {
        for (std::string_view name : {"tags", "labels", "tag", "Tags", "tags_all"})
            sets.push_back(member(resource.body, name));
    }
    for (const Value* set : sets) {
        const std::map<std::string, std::string> tags = read_tags(set);
        if (tags.empty()) continue;
        for (const std::string& name : names) {
            const auto found = tags.find(bare(name));
            if (found != tags.end() && !found->second.empty()) return {found->second};
        }
    }
    return {};
}

namespace {

std::optional<Codeowners> find_codeowners(const FileSystem& files) {
    for (const std::string_view path : {".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS"}) {
        const FileSystem::ReadResult read = files.read(path, max_codeowners_size);
        // Whether the file is good is a rule's business; here one that cannot be read names nobody.
        if (!read.error.empty()) continue;
        const bool sections =
            ("\n" + read.text).find("\n[") != std::string::npos || read.text.find("\n^[") != std::string::npos;
        const bool gitlab =
            !path.starts_with(".github") && (path.starts_with(".gitlab") || sections || files.exists(".gitlab-ci.yml"));
        return Codeowners::read(read.text, gitlab ? Codeowners::Host::gitlab : Codeowners::Host::github);
    }
    return std::nullopt;
}

bool matches(const OwnerSettings::Entry& entry, const Finding& finding) {
    const auto path_fits = [&] {
        return entry.path.empty() || glob_match(entry.path, finding.file) || is_below(finding.file, entry.path);
    };
    return path_fits() && (entry.resource.empty() || address_match(entry.resource, finding.resource));
}

}  // namespace

void assign_owners(std::vector<Finding>& findings, const OwnerSettings& settings, const FileSystem& file_system) {
    const std::optional<Codeowners> codeowners =
        settings.codeowners ? find_codeowners(file_system) : std::optional<Codeowners>();
    std::map<std::string, std::vector<std::string>> by_file;  // many findings, few files
    for (Finding& finding : findings) {
        const auto entry = std::find_if(settings.entries.rbegin(), settings.entries.rend(),
                                        [&](const OwnerSettings::Entry& item) { return matches(item, finding); });
        if (entry != settings.entries.rend()) {
            finding.owners = entry->owners;
        } else if (finding.owners.empty() && codeowners) {
            const auto [at, is_new] = by_file.try_emplace(finding.file);
            if (is_new) at->second = codeowners->of(finding.file);
            finding.owners = at->second;
        }
    }
}

}  // namespace plumbline
