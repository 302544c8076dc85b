#include "scanner/scan_evidence.h"

#include <array>
#include <utility>

#include "reporters/registry.h"
#include "scanner/model/text.h"

namespace plumbline {
namespace {

// Settings are written by people; larger ones were refused when they were read.
constexpr std::uint64_t max_settings_size = std::uint64_t{4} << 20;

std::string evidence_folder(const Session& session) {
    const std::string folder = session.typed(session.options.evidence);
    return session.system.real_path(folder).value_or(folder);
}

void add_copy(const Session& session, const std::string& path, std::string name, std::vector<EvidenceFile>& files) {
    FileSystem::ReadResult read = session.system.open(folder_of(path))->read(file_name(path), max_settings_size);
    if (!read.error.empty()) return;
    files.push_back({std::move(name), [text = std::move(read.text)](std::ostream& out) { out << text; }});
}

}  // namespace

std::string check_evidence_options(const Session& session) {
    // Scans of a change run on a machine of their own, and half a tree is no evidence of a state.
    if (!session.options.evidence.empty() && !session.recording)
        return "--evidence is about a whole scan, not about a change: leave out --diff and --staged.";
    if (session.options.sign.empty()) return "";
    if (session.options.evidence.empty()) return "--sign signs evidence; say where with --evidence DIR.";
    if (!parse_signing_key(session.options.sign, session.call))
        return "--sign: " + quoted(session.options.sign) + " is not of the form ssh:KEYFILE or gpg:KEYID.";
    return "";
}

void leave_out_evidence(Session& session) {
    if (session.options.evidence.empty()) return;
    const std::string inside = session.place.inside(evidence_folder(session));
    // With the slash it is about this folder and not about names.
    if (!inside.empty() && !inside.starts_with('/')) session.options.exclude.push_back(inside + "/**");
}

EvidenceFacts evidence_facts(const Session& session, std::string command, int exit_code) {
    EvidenceFacts facts;
    facts.command = std::move(command);
    facts.exit_code = exit_code;
    facts.time = session.call.now;
    facts.arguments = session.call.arguments;
    facts.program_version = PLUMBLINE_VERSION;
    if (session.catalogue.rules) facts.rules = session.catalogue.rules->infos().size();
    if (session.catalogue.controls) {
        facts.controls = session.catalogue.controls->controls().size();
        facts.frameworks = session.catalogue.controls->frameworks().size();
    }
    facts.builtin_rules = !session.options.no_builtin_rules;
    facts.rule_folders = session.config.rule_folders;
    facts.rule_folders.insert(facts.rule_folders.end(), session.options.rule_folders.begin(),
                              session.options.rule_folders.end());
    facts.repository = repository_facts(session.place.root, session.call.environment);
    facts.root = session.place.root;
    if (session.recording) facts.inputs = session.recording->files();
    if (!facts.repository.commit.empty())
        facts.changed_inputs = not_as_committed(facts.root, facts.repository.commit, facts.inputs);
    return facts;
}

std::vector<EvidenceFile> settings_files(const Session& session) {
    std::vector<EvidenceFile> files;
    const std::string config = session.options.config.empty() ? session.settled(".plumbline/config.yaml")
                                                              : session.typed(session.options.config);
    add_copy(session, config, "configuration.yaml", files);
    add_copy(session, waiver_file(session), "waivers.yaml", files);
    return files;
}

bool append_evidence(Session& session, const EvidenceFacts& facts, const std::vector<EvidenceFile>& files) {
    const auto fail = [&](const std::string& why) {
        session.err << "plumbline " << facts.command << ": --evidence " << quoted(session.options.evidence) << ": "
                    << why << ".\n";
        return false;
    };
    if (session.recording && !session.recording->changed().empty())
        return fail(quoted(session.recording->changed().front()) +
                    " changed while it was read, so nobody knows what was judged; run again");
    const std::optional<SigningKey> key = parse_signing_key(session.options.sign, session.call);
    const Bundle bundle = append_bundle(session.system, evidence_folder(session), facts, files, key);
    if (!bundle.error.empty()) return fail(bundle.error);
    if (session.options.verbosity >= 0)
        session.err << "Evidence: " << printable(session.options.evidence) << "/" << bundle.name
                    << ", manifest SHA-256 " << bundle.manifest_sha256 << "\n";
    return true;
}

bool write_evidence(Session& session, const Report& report, ReportOptions options) {
    constexpr std::array<std::pair<std::string_view, std::string_view>, 9> formats = {
        {{"sarif", "report.sarif"},
         {"json", "report.json"},
         {"html", "report.html"},
         {"csv", "findings.csv"},
         {"matrix", "matrix.csv"},
         {"soa", "soa.csv"},
         {"exceptions", "exceptions.csv"},
         {"oscal", "assessment-results.json"},
         {"oscal-component", "component-definition.json"}}};
    options.include_passed = true;  // that something passed is what has to be proved
    options.color = false;
    std::vector<EvidenceFile> files = settings_files(session);
    for (const auto& [format, name] : formats) {
        if (const Reporter* reporter = find_reporter(format)) {
            files.push_back({std::string(name), [&, reporter](std::ostream& out) {
                                 reporter->write(report, session.sources, options, out);
                             }});
        }
    }
    return append_evidence(session, evidence_facts(session, "scan", report.exit_code), files);
}

}  // namespace plumbline
