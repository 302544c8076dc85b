#pragma once

namespace plumbline {

struct Session;

// The commands beside `scan` and `explain`, each over a session of its own. They return the exit code.
int run_inspect(Session& session);
int run_list_rules(Session& session);
int run_show_rule(Session& session);
int run_list_frameworks(Session& session);
int run_show_framework(Session& session);
int run_framework_coverage(Session& session);
int run_test_rules(Session& session);
int run_waive(Session& session);
int run_init(Session& session);
int run_completions(Session& session);
int run_man(Session& session);

}  // namespace plumbline
