#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "scanner/audit_settings.h"
#include "scanner/model/audit_report.h"

namespace plumbline {

/// The approvals that count: each person's last word before `until` (none: at any time), where that is an approval, by
/// a person and not a bot. `independent`: only those who wrote nothing of the change. What trailers claim counts only
/// when the settings trust them.
std::vector<const AuditApproval*> approvals_of(const AuditChange& change, const AuditSettings& settings,
                                               std::optional<std::int64_t> until, bool independent);

/// Works out who reviewed and what each change lacks, after everything else is known of all changes. Three-valued: what
/// nobody has shown is unknown, never fulfilled.
void find_lacks(std::vector<AuditChange>& changes, const AuditSettings& settings);

}  // namespace plumbline
