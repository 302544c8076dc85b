#pragma once

namespace plumbline {

struct Session;

/// `plumbline explain RULE ADDRESS [PATH]`: each look-up of the rule on that resource and its answer. Exit code 0 when
/// the rule judged it, otherwise 2.
int explain(Session& session);

}  // namespace plumbline
