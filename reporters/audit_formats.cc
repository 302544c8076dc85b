#include "reporters/audit_formats.h"

#include <algorithm>
#include <array>

namespace plumbline {
namespace {

constexpr std::array<AuditFormat, 5> formats = {{
    {"markdown", "a summary to read: completeness, controls, exceptions, the sample line by line",
     write_audit_markdown},
    {"json", "every fact (docs/audit.md)", write_audit_json},
    {"html", "one self-contained page with a timeline", write_audit_html},
    {"csv", "the population: a line per change", write_audit_csv},
    {"oscal", "OSCAL 1.1 assessment results with the population", write_audit_oscal},
}};

}  // namespace

std::span<const AuditFormat> audit_formats() {
    return formats;
}

const AuditFormat* find_audit_format(std::string_view name) {
    const auto* found =
        std::find_if(formats.begin(), formats.end(), [&](const AuditFormat& format) { return format.name == name; });
    return found == formats.end() ? nullptr : found;
}

}  // namespace plumbline
