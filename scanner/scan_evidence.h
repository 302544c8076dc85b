#pragma once

#include <string>

#include "scanner/evidence.h"
#include "scanner/model/report.h"
#include "scanner/session.h"

namespace plumbline {

/// What is wrong with --evidence and --sign together; empty when nothing is. Before anything is scanned.
std::string check_evidence_options(const Session& session);

/// Keeps the evidence of earlier runs, where it lies in the scanned tree, from being scanned.
void leave_out_evidence(Session& session);

/// What any command's evidence says of its run: time, arguments, program, catalogue, repository, and everything that
/// the session's recording system has read. `command` and `exit_code` are the caller's.
EvidenceFacts evidence_facts(const Session& session, std::string command, int exit_code);

/// Copies of the configuration and of the waiver file, where they are, for a bundle to stand by itself.
std::vector<EvidenceFile> settings_files(const Session& session);

/// Appends the bundle that --evidence asks for and says on standard error which; false when it could not be written.
bool append_evidence(Session& session, const EvidenceFacts& facts, const std::vector<EvidenceFile>& files);

/// The evidence of a scan: every report with every verdict, and the settings.
bool write_evidence(Session& session, const Report& report, ReportOptions options);

}  // namespace plumbline
