#include "scanner/document.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

#include "parsers/json/json_reader.h"
#include "parsers/yaml/yaml_reader.h"
#include "scanner/model/text.h"

namespace plumbline {
namespace {

const Source* read_source(const System& system, const std::string& absolute, const std::string& called,
                          std::uint64_t limit, SourceSet& sources, Diagnostics& diagnostics) {
    FileSystem::ReadResult result = system.open(folder_of(absolute))->read(file_name(absolute), limit);
    if (!result.error.empty()) {
        diagnostics.file_error("unreadable", called, "This file was not read: " + result.error,
                               "Check the path and its permissions.");
        return nullptr;
    }
    return &sources.add(called, std::move(result.text));
}

void wrong_kind(const Member& member, std::string_view wanted, Diagnostics& diagnostics) {
    diagnostics.error("settings-value", quoted(member.name) + " must be " + std::string(wanted),
                      "It is " + cut(printable(member.value.to_text(80)), 80) + ".", member.span);
}

std::optional<std::string> scalar_text(const Value& value) {
    switch (value.kind()) {
        case Value::Kind::string:
            return value.as_string();
        case Value::Kind::number:
        case Value::Kind::boolean:
            return value.to_text();
        default:
            return std::nullopt;
    }
}

}  // namespace

std::optional<Document> read_document(const Source& source, Diagnostics& diagnostics) {
    const YamlFile file = read_yaml(source, YamlOptions{}, diagnostics);
    if (!file.complete) return std::nullopt;
    if (file.documents.size() > 1) {
        diagnostics.error("settings-documents", "This file holds several YAML documents", "Only one may stand here.",
                          file.documents[1].span);
        return std::nullopt;
    }
    return Document{&source, file.documents.empty() ? Value() : file.documents.front().root};
}

std::optional<Document> read_document(const System& system, const std::string& absolute, const std::string& called,
                                      std::uint64_t limit, SourceSet& sources, Diagnostics& diagnostics) {
    const Source* source = read_source(system, absolute, called, limit, sources, diagnostics);
    return source ? read_document(*source, diagnostics) : std::nullopt;
}

std::optional<Document> read_json_document(const System& system, const std::string& absolute, const std::string& called,
                                           std::uint64_t limit, SourceSet& sources, Diagnostics& diagnostics) {
    const Source* source = read_source(system, absolute, called, limit, sources, diagnostics);
    if (!source) return std::nullopt;
    std::optional<Value> root = read_json(*source, diagnostics);
    if (!root) return std::nullopt;
    return Document{source, std::move(*root)};
}

Span place_of(const Value& value) {
    return value.origin();
}

namespace {

/// JSON without commas before a closing bracket: a slip that AWS refuses only when a policy is applied, and no reason
/// to leave the policy unread.
std::string without_trailing_commas(std::string_view text) {
    std::string out;
    std::size_t comma = std::string::npos;
    bool in_string = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (in_string) {
            if (c == '\\' && i + 1 < text.size())
                out += text[i++];
            else if (c == '"')
                in_string = false;
        } else if (c == '"') {
            in_string = true;
            comma = std::string::npos;
        } else if (c == ',') {
            comma = out.size();
        } else if (c == ']' || c == '}') {
            if (comma != std::string::npos) out[comma] = ' ';
            comma = std::string::npos;
        } else if (c != ' ' && c != '\t' && c != '\r' && c != '\n') {
            comma = std::string::npos;
        }
        out += text[i];
    }
    return out;
}

}  // namespace

std::optional<Value> read_text_document(std::string_view text, std::string_view format) {
    // No source of the run: spans of source 0 are no places.
    const Source source(SourceId{}, {}, std::string(text));
    Diagnostics faults;
    if (format == "json") {
        auto value = read_json(source, faults);
        if (!faults.has_errors()) return value;
        Diagnostics again;
        const Source mended(SourceId{}, {}, without_trailing_commas(text));
        value = read_json(mended, again);
        return again.has_errors() ? std::nullopt : value;
    }
    const YamlFile file = read_yaml(source, {}, faults);
    if (faults.has_errors() || file.documents.size() != 1) return std::nullopt;
    return file.documents.front().root;
}

void read_fields(const Value& mapping, std::string_view what, std::span<const Field> fields, Diagnostics& diagnostics) {
    if (!mapping.is_mapping()) {
        diagnostics.error("settings-value", std::string(what) + " must be a mapping of keys to values",
                          "It is " + cut(printable(mapping.to_text(80)), 80) + ".", place_of(mapping));
        return;
    }
    for (const Member& member : mapping.members()) {
        const auto field =
            std::find_if(fields.begin(), fields.end(), [&](const Field& item) { return item.key == member.name; });
        if (field != fields.end()) {
            field->take(member);
            continue;
        }
        std::vector<std::string_view> keys;
        std::string list;
        for (const Field& item : fields) {
            keys.push_back(item.key);
            list += (list.empty() ? "" : ", ") + std::string(item.key);
        }
        diagnostics.error("settings-key", std::string(what) + " has no key " + quoted(member.name),
                          "Its keys are: " + list + "." + suggestion(member.name, keys), member.span);
    }
}

std::function<void(const Member&)> take_text(std::string& target, Diagnostics& diagnostics) {
    return [&](const Member& member) {
        if (const auto text = scalar_text(member.value); text && !text->empty())
            target = *text;
        else
            wrong_kind(member, "a text", diagnostics);
    };
}

std::function<void(const Member&)> take_flag(bool& target, Diagnostics& diagnostics) {
    return [&](const Member& member) {
        if (member.value.is_bool())
            target = member.value.as_bool();
        else
            wrong_kind(member, "true or false", diagnostics);
    };
}

std::function<void(const Member&)> take_texts(std::vector<std::string>& target, Diagnostics& diagnostics) {
    return [&](const Member& member) {
        std::vector<std::string> texts;
        if (member.value.is_string()) {
            texts.push_back(member.value.as_string());
        } else if (member.value.is_sequence()) {
            for (const Value& item : member.value.elements()) {
                const auto text = scalar_text(item);
                if (!text) return wrong_kind(member, "a list of texts", diagnostics);
                texts.push_back(*text);
            }
        } else {
            return wrong_kind(member, "a list of texts", diagnostics);
        }
        target.insert(target.end(), texts.begin(), texts.end());
    };
}

std::function<void(const Member&)> take_text_map(std::vector<std::pair<std::string, std::string>>& target,
                                                 Diagnostics& diagnostics) {
    return [&](const Member& member) {
        if (!member.value.is_mapping()) return wrong_kind(member, "a mapping of names to texts", diagnostics);
        for (const Member& item : member.value.members()) {
            // Lists and mappings are written as Terraform's command line would take them: JSON is valid HCL there.
            const auto text = scalar_text(item.value);
            target.emplace_back(item.name, text ? *text : item.value.to_text());
        }
    };
}

bool is_date(std::string_view text) {
    if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
    int parts[3] = {0, 0, 0};
    int part = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (i == 4 || i == 7) {
            ++part;
        } else {
            if (text[i] < '0' || text[i] > '9') return false;
            parts[part] = parts[part] * 10 + (text[i] - '0');
        }
    }
    return std::chrono::year_month_day(std::chrono::year(parts[0]), std::chrono::month(static_cast<unsigned>(parts[1])),
                                       std::chrono::day(static_cast<unsigned>(parts[2])))
        .ok();
}

std::int64_t day_number(std::string_view date) {
    const auto number = [&](std::size_t from, std::size_t size) {
        int value = 0;
        for (char digit : date.substr(from, size)) value = value * 10 + (digit - '0');
        return value;
    };
    const std::chrono::year_month_day day(std::chrono::year(number(0, 4)),
                                          std::chrono::month(static_cast<unsigned>(number(5, 2))),
                                          std::chrono::day(static_cast<unsigned>(number(8, 2))));
    return std::chrono::sys_days(day).time_since_epoch().count();
}

std::string to_rfc3339(std::int64_t seconds) {
    using namespace std::chrono;
    const sys_seconds moment{std::chrono::seconds(seconds)};
    const sys_days day = floor<days>(moment);
    const year_month_day date(day);
    const hh_mm_ss clock(moment - day);
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                  static_cast<int>(clock.seconds().count()));
    return text.data();
}

std::int64_t parse_rfc3339(std::string_view text) {
    if (text.size() != 20 || !is_date(text.substr(0, 10))) return 0;
    constexpr std::string_view form = "T00:00:00Z";
    for (std::size_t i = 0; i < form.size(); ++i) {
        const char c = text[10 + i];
        if (form[i] == '0' ? c < '0' || c > '9' : c != form[i]) return 0;
    }
    const auto two = [&](std::size_t at) { return (text[at] - '0') * 10 + (text[at + 1] - '0'); };
    if (two(11) > 23 || two(14) > 59 || two(17) > 60) return 0;  // 60: a leap second
    return day_number(text.substr(0, 10)) * 86400 + two(11) * 3600 + two(14) * 60 + two(17);
}

}  // namespace plumbline
