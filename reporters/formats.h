#pragma once

#include <ostream>

#include "scanner/model/report.h"

namespace plumbline {

/// One function per format, each in the file of its name; registry.cc lists them. None keeps state.

void write_terminal(const Report&, const SourceSet&, const ReportOptions&, std::ostream&);
void write_sarif(const Report&, const SourceSet&, const ReportOptions&, std::ostream&);
void write_json(const Report&, const SourceSet&, const ReportOptions&, std::ostream&);
void write_junit(const Report&, const SourceSet&, const ReportOptions&, std::ostream&);
void write_markdown(const Report&, const SourceSet&, const ReportOptions&, std::ostream&);
void write_html(const Report&, const SourceSet&, const ReportOptions&, std::ostream&);
void write_csv(const Report&, const SourceSet&, const ReportOptions&, std::ostream&);
void write_matrix(const Report&, const SourceSet&, const ReportOptions&, std::ostream&);
void write_soa(const Report&, const SourceSet&, const ReportOptions&, std::ostream&);
void write_exceptions(const Report&, const SourceSet&, const ReportOptions&, std::ostream&);
void write_gitlab(const Report&, const SourceSet&, const ReportOptions&, std::ostream&);
void write_gitlab_sast(const Report&, const SourceSet&, const ReportOptions&, std::ostream&);
void write_github(const Report&, const SourceSet&, const ReportOptions&, std::ostream&);
void write_oscal(const Report&, const SourceSet&, const ReportOptions&, std::ostream&);

}  // namespace plumbline
