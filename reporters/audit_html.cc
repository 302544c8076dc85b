#include "reporters/audit_formats.h"
namespace plumbline {
void write_audit_html(const AuditReport&, const SourceSet&, const ReportOptions&, std::ostream&) {}
void write_audit_oscal(const AuditReport&, const SourceSet&, const ReportOptions&, std::ostream&) {}
}  // namespace plumbline
