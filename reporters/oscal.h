#pragma once

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "scanner/model/report.h"

namespace plumbline {

/// A file inside of an OSCAL document.
struct OscalAttachment {
    std::string title, description, file_name, media_type, bytes;
};

/// What an assessment over a period has beside a report: when it began and ended (RFC 3339; empty: the report's time),
/// what it says of itself, and files that belong to it.
struct OscalPeriod {
    std::string start, end, remarks;
    std::vector<OscalAttachment> attachments;
};

void write_oscal(const Report& report, const SourceSet& sources, const ReportOptions& options,
                 const OscalPeriod& period, std::ostream& out);

}  // namespace plumbline
