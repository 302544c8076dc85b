#include "reporters/oscal_parts.h"

#include <vector>

#include "scanner/model/text.h"

namespace plumbline {

std::string oscal_uuid(std::initializer_list<std::string_view> names) {
    std::vector<std::string_view> parts(names);
    std::string hex = fingerprint_of(parts);
    parts.push_back("second half");
    hex += fingerprint_of(parts);
    hex[12] = '5';
    hex[16] = "89ab"[static_cast<unsigned char>(hex[16]) % 4];
    return hex.substr(0, 8) + "-" + hex.substr(8, 4) + "-" + hex.substr(12, 4) + "-" + hex.substr(16, 4) + "-" +
           hex.substr(20);
}

std::string oscal_token(std::string_view framework, std::string_view id) {
    std::string out;
    for (char c : id) {
        if (c == '(')
            out += '.';
        else if (c != ')')
            out += (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' || c == '-'
                       ? c
                       : '_';
    }
    if (framework == oscal_800_53) return lower(out);
    // A token starts with a letter: 3.5.3 of SP 800-171 does not.
    if (!out.empty() && out[0] >= '0' && out[0] <= '9') out.insert(0, std::string(framework) + "_");
    return out;
}

std::string oscal_line(std::string_view text) {
    const std::string out = printable(trim(text));
    return out.empty() ? "-" : out;
}

std::string oscal_time(std::string_view started_at) {
    return std::string(started_at.empty() ? "1970-01-01T00:00:00Z" : started_at);
}

void oscal_property(JsonWriter& json, std::string_view home, std::string_view name, std::string_view value,
                    std::string_view kind) {
    json.object([&] {
        json.text("name", name);
        // Properties of our own need a namespace; this stands in for a build that names no home page.
        json.text("ns", home.empty() ? "https://plumbline.example/" : home);
        json.text("value", oscal_line(value));
        json.text_if("class", kind);
    });
}

}  // namespace plumbline
