#pragma once

namespace plumbline {

struct Session;

/// `plumbline audit REPO --from --to`: changes, controls and findings of a period from git history, without a checkout.
/// Returns the exit code: 1 when a rule over changes fails or a finding is open at the period's end, at or above
/// --fail-on; 2 when the call is wrong or something could not be read and nothing failed.
int run_audit(Session& session);

}  // namespace plumbline
