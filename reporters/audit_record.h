#pragma once

#include <ostream>
#include <string>
#include <string_view>

#include "reporters/json_writer.h"
#include "scanner/model/audit_report.h"

namespace plumbline {

/// The record of a change: everything that is known of it, as a member of reports and as what rules judge. What is
/// unknown is `{"__unknown__": true, "why": "..."}`.
void write_change_record(JsonWriter& json, const AuditChange& change);

/// The population as one JSON document, a change a line: what the rules over changes read (platform `git-history`), and
/// what an evidence bundle keeps.
void write_change_records(const AuditReport& report, std::ostream& out);

/// The name of that document.
constexpr std::string_view change_records_file = "plumbline-changes.json";

}  // namespace plumbline
