#pragma once

#include <map>
#include <string>
#include <vector>

#include "scanner/model/diagnostic.h"
#include "scanner/model/report.h"
#include "scanner/model/value.h"

namespace plumbline {

/// Dated results of the past: what makes an effective control provable, and the trend.
struct History {
    struct Control {
        std::string from, to;    ///< `YYYY-MM-DD`: what the results cover
        bool unbroken = false;   ///< they cover all of it without a gap
        bool effective = false;  ///< nothing failed in it, nothing was undecided, and something passed
    };
    std::map<std::string, Control> controls;  ///< by our control's id
    std::vector<TrendPoint> trend;            ///< oldest first
};

/// Adds a document of dated results: `period: {from, to}` and `controls: [{id, intervals: [{from, to, verdict}]}]` as
/// `plumbline audit --format json` writes them, and `trend: [{date, pass, fail, undecided, accepted}]`, a line a scan.
/// Both lists are optional; other keys are passed over, since an audit says much more. Of a control in several
/// documents the last one counts. What is wrong gets a diagnostic and is left out.
void read_history(const Value& document, History& history, Diagnostics& diagnostics);

/// Tells the report: controls whose results cover their period without a gap and without a failure are provable where
/// nothing fails now.
void apply_history(const History& history, Report& report);

}  // namespace plumbline
