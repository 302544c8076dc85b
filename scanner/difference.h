#pragma once

#include <map>
#include <string>
#include <vector>

#include "scanner/model/diagnostic.h"
#include "scanner/model/finding.h"
#include "scanner/model/resource.h"

namespace plumbline {

/// Old path to new path.
using Renames = std::map<std::string, std::string, std::less<>>;

/// What a change did to the verdicts, by fingerprint, equal ones counted: failures that were there before and were not
/// accepted are left out of `after`; the others stay as `fresh`, those that the change accepts as `unchanged`. Failures
/// that are gone come back as `absent`. Other verdicts stay where that resource had another one before. A finding in a
/// file that was moved is the one of before. Both sides have their suppressions and waivers applied.
std::vector<Finding> difference(std::vector<Finding> after, std::vector<Finding> before, const Renames& renames);

/// The diagnostics of the new side that the old one did not have: by place's file and text, not by line.
Diagnostics difference(const Diagnostics& after, const Diagnostics& before, const SourceSet& sources);
std::vector<CoverageGap> difference(std::vector<CoverageGap> after, const std::vector<CoverageGap>& before,
                                    const SourceSet& sources);

}  // namespace plumbline
