#include "scanner/forge_values.h"

#include "scanner/forge.h"
#include "scanner/model/text.h"

namespace plumbline {

const Value* export_member(const Value& value, std::string_view name) {
    const Member* found = value.find(name);
    return found && !found->value.is_null() ? &found->value : nullptr;
}

const Value* export_at(const Value& value, std::string_view path) {
    const Value* here = &value;
    for (const std::string_view part : split(path, '.')) {
        here = export_member(*here, part);
        if (!here) return nullptr;
    }
    return here;
}

std::string export_text(const Value& value, std::initializer_list<std::string_view> paths) {
    for (const std::string_view path : paths) {
        const Value* found = export_at(value, path);
        if (found && found->is_string() && !found->as_string().empty()) return found->as_string();
        if (found && found->is_number()) return found->to_text();
    }
    return {};
}

std::optional<std::int64_t> export_time(const Value& value, std::initializer_list<std::string_view> paths) {
    for (const std::string_view path : paths) {
        const Value* found = export_at(value, path);
        if (!found) continue;
        if (found->is_string()) {
            if (const auto read = read_time(found->as_string())) return read;
            // Gerrit writes UTC and no zone.
            if (const auto read = read_time(found->as_string() + "Z")) return read;
        }
        // GitHub's audit log and Bitbucket Data Center count milliseconds.
        if (const auto number = found->is_number() ? found->as_number().to_int64() : std::nullopt)
            return *number > 100'000'000'000 ? *number / 1000 : *number;
    }
    return std::nullopt;
}

const Value* export_list(const Value& value, std::string_view name) {
    const Value* found = export_member(value, name);
    if (found && found->is_mapping()) found = export_member(*found, "nodes");
    return found && found->is_sequence() ? found : nullptr;
}

bool export_flag(const Value& value, std::string_view path) {
    const Value* found = export_at(value, path);
    return found && found->is_bool() && found->as_bool();
}

std::string without_refs(std::string name) {
    constexpr std::string_view prefix = "refs/heads/";
    return name.starts_with(prefix) ? name.substr(prefix.size()) : name;
}

}  // namespace plumbline
