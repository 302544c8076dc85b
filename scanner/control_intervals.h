#pragma once

#include <vector>

#include "scanner/model/audit_report.h"

namespace plumbline {

/// For each control that rules over changes serve: its verdict after each change, the worst of that change's verdicts,
/// which lasts until the next change that the control judges. Undecided is worse than pass, fail than undecided. What a
/// rule says of the branch as a whole holds for the whole period, and a forced push from its time to the next change.
std::vector<ControlHistory> change_controls(const AuditReport& report);

/// `secrets.no-plaintext` is undecided from the first credential of the history on that the tip can reach: whether it
/// is real, only people know. Empty when there is none up to the period's end.
std::vector<ControlHistory> secret_controls(const AuditReport& report);

/// Both together: at each moment the worse verdict. In the order of the report's controls; those without any verdict
/// are left out.
std::vector<ControlHistory> joined_controls(const AuditReport& report, const std::vector<ControlHistory>& a,
                                            const std::vector<ControlHistory>& b);

/// A control's verdict at a moment; not applicable outside of its intervals.
Verdict verdict_at(const ControlHistory& history, std::int64_t time);

}  // namespace plumbline
