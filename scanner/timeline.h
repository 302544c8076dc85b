#pragma once

#include "parsers/git/repository.h"
#include "scanner/model/audit_report.h"
#include "scanner/replay.h"

namespace plumbline {

/// Replays the period of `report` (`base`, `changes`, `from`, `to` are there) and fills in what came of it: `replayed`,
/// `findings`, `repairs`, and the state at `at->time` where that is asked for. What could not be read is added to
/// `judged.diagnostics`.
///
/// A control's verdict at a moment: fail when a rule that serves it fails somewhere, else undecided when one is
/// undecided, else pass when one passes or only accepted failures are left, else not applicable.
void replay_period(Replay& replay, const git::Repository& repository, AuditReport& report);

}  // namespace plumbline
