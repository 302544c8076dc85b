#include "reporters/formats.h"
namespace plumbline {
void write_html(const Report&, const SourceSet&, const ReportOptions&, std::ostream&) {}
}  // namespace plumbline
