#include <sstream>

#include "reporters/audit_formats.h"
#include "reporters/audit_summary.h"
#include "reporters/oscal.h"

// The verdicts over changes as assessment results, and inside of them the whole population and the whole audit, so that
// one document is the evidence.

namespace plumbline {

void write_audit_oscal(const AuditReport& report, const SourceSet& sources, const ReportOptions& options,
                       std::ostream& out) {
    std::ostringstream population, all;
    write_audit_csv(report, sources, options, population);
    write_audit_json(report, sources, options, all);
    OscalPeriod period;
    period.start = rfc3339(report.from);
    period.end = rfc3339(report.to);
    period.remarks = completeness_text(report) + " " + sample_method(report);
    period.attachments.push_back({"Population",
                                  "Every change of the period, a line each, with its verdicts and whether it is in the "
                                  "sample.",
                                  "population.csv", "text/csv", std::move(population).str()});
    period.attachments.push_back({"Audit",
                                  "Changes, controls over time, findings and the sample with its evidence, as "
                                  "`plumbline audit --format json` prints it.",
                                  "audit.json", "application/json", std::move(all).str()});
    write_oscal(report.judged, sources, options, period, out);
}

}  // namespace plumbline
