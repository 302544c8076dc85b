#pragma once

#include <ostream>
#include <span>
#include <string_view>

#include "scanner/model/audit_report.h"

namespace plumbline {

/// A format of `plumbline audit`.
struct AuditFormat {
    std::string_view name, description;
    void (*write)(const AuditReport&, const SourceSet&, const ReportOptions&, std::ostream&);
};

/// Every one, in the order the help lists them.
std::span<const AuditFormat> audit_formats();
/// Null when there is none of that name.
const AuditFormat* find_audit_format(std::string_view name);

void write_audit_json(const AuditReport&, const SourceSet&, const ReportOptions&, std::ostream&);
/// The same JSON, fit to stand inside a script element.
void write_audit_data(const AuditReport&, const SourceSet&, std::ostream&);
void write_audit_csv(const AuditReport&, const SourceSet&, const ReportOptions&, std::ostream&);
void write_audit_markdown(const AuditReport&, const SourceSet&, const ReportOptions&, std::ostream&);
void write_audit_html(const AuditReport&, const SourceSet&, const ReportOptions&, std::ostream&);
void write_audit_oscal(const AuditReport&, const SourceSet&, const ReportOptions&, std::ostream&);

}  // namespace plumbline
