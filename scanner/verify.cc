#include "scanner/verify.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>

#include "parsers/json/json_reader.h"
#include "reporters/json_writer.h"
#include "scanner/digest.h"
#include "scanner/evidence.h"
#include "scanner/model/text.h"
#include "scanner/session.h"

namespace plumbline {
namespace {

// A page with 20,000 findings and every verdict as SARIF stays far below; a larger file was not written by us.
constexpr std::uint64_t max_evidence_file = std::uint64_t{2} << 30;
// A signature has less than 10 KB.
constexpr std::uint64_t max_signature_size = std::uint64_t{1} << 20;

struct Manifest {
    std::uint64_t number = 0;
    std::string previous_bundle, previous_sha256;
    std::string time, command, commit;
    struct File {
        std::string name, sha256;
        std::uint64_t bytes = 0;
    };
    std::vector<File> files;
};

std::string text_of(const Value& value, std::string_view name) {
    const Member* found = value.find(name);
    return found && found->value.is_string() ? found->value.as_string() : std::string();
}

std::optional<std::uint64_t> number_of(const Value& value, std::string_view name) {
    const Member* found = value.find(name);
    const auto number = found && found->value.is_number() ? found->value.as_number().to_int64() : std::nullopt;
    if (!number || *number < 0) return std::nullopt;
    return static_cast<std::uint64_t>(*number);
}

/// A file's name inside of a bundle; anything that leads elsewhere is none.
bool is_plain_name(std::string_view name) {
    return !name.empty() && name != "." && name != ".." && name.find('/') == std::string_view::npos;
}

/// Nullopt when the text is no manifest of ours; `why` says so.
std::optional<Manifest> read_manifest(const std::string& text, std::string& why) {
    const Source source(SourceId{}, std::string(manifest_name), text);
    Diagnostics faults;
    const std::optional<Value> root = read_json(source, faults);
    if (!root || faults.has_errors()) {
        why = "it is no JSON" + (faults.empty() ? "" : ": " + faults.items().front().summary);
        return std::nullopt;
    }
    if (text_of(*root, "format") != evidence_format || number_of(*root, "version") != evidence_version) {
        why = "it is no manifest of plumbline's evidence, or of a newer version";
        return std::nullopt;
    }
    Manifest manifest;
    manifest.number = number_of(*root, "number").value_or(0);
    if (const Member* previous = root->find("previous")) {
        manifest.previous_bundle = text_of(previous->value, "bundle");
        manifest.previous_sha256 = text_of(previous->value, "manifest_sha256");
    }
    manifest.time = text_of(*root, "created_at");
    manifest.command = text_of(*root, "command");
    if (const Member* repository = root->find("repository")) manifest.commit = text_of(repository->value, "commit");
    const Member* files = root->find("files");
    if (!files || !files->value.is_sequence() || manifest.number == 0) {
        why = "its number or its list of files is missing";
        return std::nullopt;
    }
    for (const Value& entry : files->value.elements()) {
        Manifest::File file{text_of(entry, "name"), text_of(entry, "sha256"), number_of(entry, "bytes").value_or(0)};
        if (!is_plain_name(file.name)) {
            why = "it lists a file with the name " + quoted(file.name);
            return std::nullopt;
        }
        manifest.files.push_back(std::move(file));
    }
    return manifest;
}

class Checker {
  public:
    Checker(System& system, std::string folder, const VerifyOptions& options)
        : system_(system), folder_(std::move(folder)), options_(options), store_(system.open(folder_)) {}

    EvidenceCheck run() {
        const auto entries = store_->list("");
        if (!entries) {
            check_.error = "it is no folder that can be read";
            return std::move(check_);
        }
        if (store_->exists(manifest_name)) {
            single_ = true;
            check_bundle("");
            check_.notes.emplace_back(
                "This is one bundle; whether those before it were changed is seen from the folder that holds them "
                "all.");
        } else {
            check_all(*entries);
        }
        require_signatures();
        check_contained();
        return std::move(check_);
    }

  private:
    void check_all(const std::vector<FileSystem::Entry>& entries) {
        std::vector<std::uint64_t> numbers;
        for (const FileSystem::Entry& entry : entries) {
            const auto number = bundle_number(entry.name);
            if (number && entry.kind == FileSystem::Kind::directory)
                numbers.push_back(*number);
            else if (entry.name.starts_with(".incomplete-"))
                check_.notes.push_back(entry.name + " was left by a run that did not finish; it is no evidence.");
            else
                check_.notes.push_back(entry.name + " is not a part of the evidence.");
        }
        if (numbers.empty()) check_.error = "there is no bundle of evidence in it";
        std::sort(numbers.begin(), numbers.end());
        std::uint64_t expected = 1;
        for (const std::uint64_t number : numbers) {
            if (number > expected) report_gap(expected, number - 1);
            check_bundle(bundle_name(number));
            expected = number + 1;
        }
    }

    void report_gap(std::uint64_t first, std::uint64_t last) {
        const std::string names = first == last ? bundle_name(first) : bundle_name(first) + " to " + bundle_name(last);
        check_.faults.push_back({"missing-bundle", names, "removed: later bundles follow", "", ""});
        last_sha256_.clear();
    }

    std::string inside(const std::string& bundle, std::string_view name) const {
        return bundle.empty() ? std::string(name) : bundle + "/" + std::string(name);
    }

    void check_bundle(const std::string& name) {
        CheckedBundle& bundle = check_.bundles.emplace_back();
        bundle.name = name;
        const auto fault = [&](std::string kind, std::string_view file, std::string detail) {
            bundle.faults.push_back({std::move(kind), inside(name, file), std::move(detail), "", ""});
        };
        const FileSystem::ReadResult read = store_->read(inside(name, manifest_name), max_manifest_size);
        const std::string before = std::exchange(last_sha256_, "");
        if (!read.error.empty()) {
            fault("manifest", manifest_name, "it cannot be read: " + read.error);
            return;
        }
        bundle.manifest_sha256 = last_sha256_ = sha256(read.text);
        manifests_.insert(bundle.manifest_sha256);
        std::string why;
        const std::optional<Manifest> manifest = read_manifest(read.text, why);
        if (!manifest) {
            fault("manifest", manifest_name, why);
            check_signatures(bundle, read.text, "");
            return;
        }
        if (name.empty()) bundle.name = bundle_name(manifest->number);
        bundle.time = manifest->time;
        bundle.command = manifest->command;
        bundle.commit = manifest->commit;
        bundle.files = manifest->files.size();
        if (!single_) check_chain(bundle, *manifest, before);
        check_files(name, bundle, *manifest);
        check_signatures(bundle, read.text, manifest->time);
    }

    /// `before`: hash of the manifest of the bundle before, as it is now; empty when that one is missing or unreadable.
    void check_chain(CheckedBundle& bundle, const Manifest& manifest, const std::string& before) {
        const std::string path = inside(bundle.name, manifest_name);
        if (bundle_name(manifest.number) != bundle.name) {
            bundle.faults.push_back(
                {"chain", path, "it says that it is bundle " + bundle_name(manifest.number), "", ""});
            return;
        }
        const std::string expected = manifest.number == 1 ? "" : bundle_name(manifest.number - 1);
        if (manifest.previous_bundle != expected) {
            bundle.faults.push_back({"chain", path,
                                     manifest.previous_bundle.empty()
                                         ? "it says that it follows no bundle"
                                         : "it says that it follows " + printable(manifest.previous_bundle),
                                     "", ""});
        } else if (!before.empty() && manifest.previous_sha256 != before) {
            bundle.faults.push_back(
                {"chain", inside(expected, manifest_name),
                 "changed since " + bundle.name + " was written, or " + bundle.name + " was replaced",
                 manifest.previous_sha256, before});
        }
    }

    void check_files(const std::string& folder, CheckedBundle& bundle, const Manifest& manifest) {
        std::set<std::string, std::less<>> listed = {std::string(manifest_name)};
        for (const SignatureKind kind : {SignatureKind::ssh, SignatureKind::gpg})
            listed.insert(signature_file(manifest_name, kind));
        for (const Manifest::File& file : manifest.files) {
            listed.insert(file.name);
            const std::string path = inside(folder, file.name);
            const auto entry = store_->stat(path);
            if (!entry) {
                bundle.faults.push_back({"missing", path, "it was removed", file.sha256, ""});
                continue;
            }
            // Another size is another content; so nothing larger than what was written is ever read.
            if (entry->size != file.bytes) {
                bundle.faults.push_back({"changed", path,
                                         "its content was changed: it has " + std::to_string(entry->size) +
                                             " bytes and had " + std::to_string(file.bytes),
                                         file.sha256, ""});
                continue;
            }
            const FileSystem::ReadResult read = store_->read(path, max_evidence_file);
            if (!read.error.empty()) {
                bundle.faults.push_back({"unreadable", path, "it cannot be read: " + read.error, file.sha256, ""});
                continue;
            }
            const std::string actual = sha256(read.text);
            if (actual != file.sha256)
                bundle.faults.push_back(
                    {"changed", path, "its content was changed, its size is the same", file.sha256, actual});
        }
        const auto entries = store_->list(folder);
        if (!entries) return;
        for (const FileSystem::Entry& entry : *entries) {
            if (listed.contains(entry.name)) continue;
            bundle.faults.push_back(
                {"extra", inside(folder, entry.name), "it was added: the manifest does not list it", "", ""});
        }
    }

    void check_signatures(CheckedBundle& bundle, const std::string& manifest, const std::string& time) {
        const std::string folder = single_ ? "" : bundle.name;
        std::vector<SignatureKind> kinds;
        for (const SignatureKind kind : {SignatureKind::ssh, SignatureKind::gpg}) {
            if (store_->exists(inside(folder, signature_file(manifest_name, kind)))) kinds.push_back(kind);
        }
        const Trust& trust = options_.trust;
        if (kinds.empty()) return;
        if (!trust.any()) {
            bundle.signature = "not checked";
            return;
        }
        // One good signature is enough: a second key may belong to someone whom this check does not know.
        SignatureCheck last;
        for (const SignatureKind kind : kinds) {
            const std::string path = inside(folder, signature_file(manifest_name, kind));
            const FileSystem::ReadResult read = store_->read(path, max_signature_size);
            last = read.error.empty() ? check_signature(kind, folder_ + "/" + path, manifest, time, trust, system_)
                                      : SignatureCheck{false, "", "it cannot be read: " + read.error};
            bundle.signer = last.signer;
            if (last.good) {
                bundle.signature = "good";
                return;
            }
        }
        bundle.signature = "bad";
        bundle.faults.push_back(
            {"signature", inside(folder, signature_file(manifest_name, kinds.back())), last.detail, "", ""});
    }

    /// A good signature speaks for its manifest, and through the chain of hashes for every one before.
    void require_signatures() {
        if (!options_.trust.any()) return;
        bool covered = false;
        std::string next;  // the bundle after
        for (auto bundle = check_.bundles.rbegin(); bundle != check_.bundles.rend(); ++bundle) {
            const auto number = bundle_number(bundle->name);
            if (!number || bundle_name(*number + 1) != next) covered = false;
            next = bundle->name;
            if (bundle->signature == "none") {
                if (covered)
                    bundle->signature = "covered";
                else
                    bundle->faults.push_back({"signature", inside(single_ ? "" : bundle->name, manifest_name),
                                              "neither it nor a bundle after it is signed", "", ""});
            }
            covered = covered || bundle->signature == "good";
            const bool broken = std::any_of(
                bundle->faults.begin(), bundle->faults.end(),
                [](const EvidenceFault& fault) { return fault.kind == "chain" || fault.kind == "manifest"; });
            if (broken) covered = false;
        }
    }

    void check_contained() {
        if (options_.contains.empty() || manifests_.contains(lower(options_.contains))) return;
        check_.faults.push_back({"not-contained", "",
                                 "no manifest has the SHA-256 that was asked for: bundles were removed from the end, "
                                 "or everything was written anew",
                                 lower(options_.contains), ""});
    }

    System& system_;
    std::string folder_;
    const VerifyOptions& options_;
    std::unique_ptr<FileSystem> store_;
    EvidenceCheck check_;
    bool single_ = false;
    std::string last_sha256_;
    std::set<std::string, std::less<>> manifests_;
};

void write_fault(JsonWriter& json, const EvidenceFault& fault) {
    json.object([&] {
        json.text("kind", fault.kind);
        json.text_if("path", fault.path);
        json.text("detail", fault.detail);
        json.text_if("expected_sha256", fault.expected);
        json.text_if("actual_sha256", fault.actual);
    });
}

void write_json(const EvidenceCheck& check, std::ostream& out) {
    JsonWriter json(out);
    json.object(
        [&] {
            json.flag("good", check.good());
            json.text_if("error", check.error);
            json.array(
                "bundles",
                [&] {
                    for (const CheckedBundle& bundle : check.bundles) {
                        json.object([&] {
                            json.text("name", bundle.name);
                            json.text_if("created_at", bundle.time);
                            json.text_if("command", bundle.command);
                            json.text_if("commit", bundle.commit);
                            json.text_if("manifest_sha256", bundle.manifest_sha256);
                            json.number("files", bundle.files);
                            json.text("signature", bundle.signature);
                            json.text_if("signer", bundle.signer);
                            json.array("faults", [&] {
                                for (const EvidenceFault& fault : bundle.faults) write_fault(json, fault);
                            });
                        });
                    }
                },
                JsonWriter::Layout::lines);
            json.array("faults", [&] {
                for (const EvidenceFault& fault : check.faults) write_fault(json, fault);
            });
            json.texts("notes", check.notes);
        },
        JsonWriter::Layout::lines);
    json.finish();
}

void write_fault(const EvidenceFault& fault, std::ostream& out) {
    out << "  " << fault.kind << ": ";
    if (!fault.path.empty()) out << printable(fault.path) << ": ";
    out << printable(fault.detail) << "\n";
    if (!fault.expected.empty()) out << "    SHA-256 was " << printable(fault.expected) << "\n";
    if (!fault.actual.empty()) out << "    SHA-256 is  " << printable(fault.actual) << "\n";
}

void write_text(const EvidenceCheck& check, std::ostream& out) {
    std::size_t faults = check.faults.size();
    for (const CheckedBundle& bundle : check.bundles) {
        faults += bundle.faults.size();
        out << bundle.name << "  " << (bundle.faults.empty() ? "as written" : "NOT AS WRITTEN");
        for (const std::string* fact : {&bundle.time, &bundle.command, &bundle.commit}) {
            if (!fact->empty()) out << "  " << printable(*fact);
        }
        out << "  " << bundle.files << " files, signature: " << bundle.signature;
        if (!bundle.signer.empty()) out << " (" << bundle.signer << ")";
        out << "\n";
        for (const EvidenceFault& fault : bundle.faults) write_fault(fault, out);
    }
    if (!check.faults.empty()) out << "The chain as a whole\n";
    for (const EvidenceFault& fault : check.faults) write_fault(fault, out);
    for (const std::string& note : check.notes) out << "note: " << printable(note) << "\n";
    if (check.bundles.empty()) return;
    if (faults > 0) {
        out << faults << (faults == 1 ? " fault" : " faults") << ": this is not what was written.\n";
        return;
    }
    out << check.bundles.size() << (check.bundles.size() == 1 ? " bundle" : " bundles") << ", all as written.\n";
    if (!check.bundles.back().manifest_sha256.empty())
        out << "The last manifest's SHA-256: " << check.bundles.back().manifest_sha256 << "\n";
}

}  // namespace

bool EvidenceCheck::good() const {
    return error.empty() && faults.empty() &&
           std::all_of(bundles.begin(), bundles.end(), [](const CheckedBundle& item) { return item.faults.empty(); });
}

EvidenceCheck verify_evidence(System& system, const std::string& folder, const VerifyOptions& options) {
    return Checker(system, folder, options).run();
}

int run_verify(Session& session) {
    const Options& options = session.options;
    const std::string format = options.outputs.empty() ? "terminal" : options.outputs.back().format;
    if (format != "terminal" && format != "json") {
        session.err << "plumbline verify: --format: terminal and json are the formats here.\n";
        return code(Exit::incomplete);
    }
    VerifyOptions wanted;
    wanted.contains = options.contains;
    wanted.trust.gpg_key = options.gpg;
    if (!options.allowed_signers.empty()) wanted.trust.allowed_signers = session.typed(options.allowed_signers);
    const auto folder = session.system.real_path(session.typed(options.arguments.front()));
    if (!folder) {
        session.err << "plumbline verify: there is no folder " << quoted(options.arguments.front()) << ".\n";
        return code(Exit::incomplete);
    }
    const EvidenceCheck check = verify_evidence(session.system, *folder, wanted);
    if (format == "json")
        write_json(check, session.out);
    else
        write_text(check, session.out);
    if (!check.error.empty()) {
        session.err << "plumbline verify: " << quoted(options.arguments.front()) << ": " << check.error << ".\n";
        return code(Exit::incomplete);
    }
    return code(check.good() ? Exit::clean : Exit::failures);
}

}  // namespace plumbline
