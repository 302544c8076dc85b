#pragma once

#include "rules/judging.h"

namespace plumbline {

/// True when the IAM policy in the attribute named by `with.policy` (a path) grants, over all its statements together
/// and on any resource, a set of actions by which a principal can raise its own rights. The sets are the publicly known
/// ones (AWS's own guidance on `iam:PassRole` and policy versions; Rhino Security Labs' list of escalation methods).
Answer judge_privilege_escalation(const Scope& scope, Judging& judging, const Value& with);

}  // namespace plumbline
