#include "scanner/evidence.h"

#include <algorithm>
#include <sstream>

#include "reporters/json_writer.h"
#include "rules/embed/embedded_data.h"
#include "scanner/digest.h"
#include "scanner/model/text.h"

namespace plumbline {
namespace {

using Layout = JsonWriter::Layout;

// Others who append at the same moment; each of them made a bundle, so this many in a row means something else.
constexpr int most_attempts = 100;

struct ListedFile {
    std::string name, sha256;
    std::uint64_t bytes = 0;
};

struct Previous {
    std::uint64_t number = 0;  ///< 0: there is none
    std::string manifest_sha256;
};

/// The last bundle; nullopt with a phrase when its manifest cannot be read.
std::optional<Previous> last_bundle(const System& system, const std::string& folder, std::string& error) {
    Previous previous;
    const std::unique_ptr<FileSystem> store = system.open(folder);
    const auto entries = store->list("");
    if (!entries) return previous;
    for (const FileSystem::Entry& entry : *entries) {
        const auto number = bundle_number(entry.name);
        if (number && entry.kind == FileSystem::Kind::directory) previous.number = std::max(previous.number, *number);
    }
    if (previous.number == 0) return previous;
    const std::string path = bundle_name(previous.number) + "/" + std::string(manifest_name);
    const FileSystem::ReadResult manifest = store->read(path, max_manifest_size);
    if (!manifest.error.empty()) {
        error = path + " cannot be read: " + manifest.error +
                "; `plumbline verify` tells more. A new bundle must follow a whole one";
        return std::nullopt;
    }
    previous.manifest_sha256 = sha256(manifest.text);
    return previous;
}

void write_repository(JsonWriter& json, const EvidenceFacts& facts) {
    json.object("repository", [&] {
        json.text_if("uri", facts.repository.uri);
        json.text_if("branch", facts.repository.branch);
        json.text_if("commit", facts.repository.commit);
        if (!facts.repository.commit.empty()) json.texts("inputs_not_as_committed", facts.changed_inputs);
    });
}

std::string manifest_text(const EvidenceFacts& facts, const std::vector<ListedFile>& files, const Previous& previous) {
    std::ostringstream out;
    JsonWriter json(out);
    json.object(
        [&] {
            json.text("format", evidence_format);
            json.number("version", evidence_version);
            json.number("number", previous.number + 1);
            if (previous.number == 0) {
                json.null("previous");
            } else {
                json.object("previous", [&] {
                    json.text("bundle", bundle_name(previous.number));
                    json.text("manifest_sha256", previous.manifest_sha256);
                });
            }
            json.text("created_at", facts.time);
            json.text("command", facts.command);
            json.texts("arguments", facts.arguments);
            json.number("exit_code", static_cast<std::uint64_t>(std::max(0, facts.exit_code)));
            json.object("program", [&] {
                json.text("name", "plumbline");
                json.text("version", facts.program_version);
            });
            json.object("rules", [&] {
                json.number("count", facts.rules);
                if (facts.builtin_rules) json.text("builtin_sha256", builtin_rules_hash());
                json.texts("folders", facts.rule_folders);
            });
            json.object("mapping", [&] {
                json.number("controls", facts.controls);
                json.number("frameworks", facts.frameworks);
                json.text("builtin_sha256", builtin_mapping_hash());
            });
            write_repository(json, facts);
            json.number("inputs", facts.inputs.size());
            json.array(
                "files",
                [&] {
                    for (const ListedFile& file : files) {
                        json.object([&] {
                            json.text("name", file.name);
                            json.text("sha256", file.sha256);
                            json.number("bytes", file.bytes);
                        });
                    }
                },
                Layout::lines);
        },
        Layout::lines);
    json.finish();
    return std::move(out).str();
}

/// Writes the files into the new folder; false with a phrase in `error`.
bool add_files(NewFolder& bundle, const std::vector<EvidenceFile>& files, std::vector<ListedFile>& listed,
               std::string& error) {
    for (const EvidenceFile& file : files) {
        std::ostringstream out;
        file.write(out);
        const std::string text = std::move(out).str();
        error = bundle.add(file.name, text);
        if (!error.empty()) return false;
        listed.push_back({file.name, sha256(text), text.size()});
    }
    std::sort(listed.begin(), listed.end(), [](const ListedFile& a, const ListedFile& b) { return a.name < b.name; });
    return true;
}

}  // namespace

std::optional<std::uint64_t> bundle_number(std::string_view name) {
    // Six digits as written; more than 15 are no number of runs.
    if (name.size() < 6 || name.size() > 15) return std::nullopt;
    std::uint64_t number = 0;
    for (char c : name) {
        if (c < '0' || c > '9') return std::nullopt;
        number = number * 10 + static_cast<std::uint64_t>(c - '0');
    }
    if (number == 0 || bundle_name(number) != name) return std::nullopt;
    return number;
}

std::string bundle_name(std::uint64_t number) {
    std::string digits = std::to_string(number);
    return std::string(digits.size() < 6 ? 6 - digits.size() : 0, '0') + digits;
}

std::string checksum_list(const std::vector<ReadFile>& files, const std::string& root) {
    std::string out;
    for (const ReadFile& file : files) {
        const bool inside = is_below(file.path, root) && file.path != root;
        const std::string path = inside ? file.path.substr(root == "/" ? 1 : root.size() + 1) : file.path;
        // As sha256sum escapes names, with a backslash in front of the line.
        std::string escaped;
        for (char c : path) {
            if (c == '\\')
                escaped += "\\\\";
            else if (c == '\n')
                escaped += "\\n";
            else if (c == '\r')
                escaped += "\\r";
            else
                escaped += c;
        }
        if (escaped != path) out += '\\';
        out += file.sha256 + "  " + escaped + "\n";
    }
    return out;
}

std::string builtin_rules_hash() {
    return sha256(embedded_rules());
}

std::string builtin_mapping_hash() {
    return sha256(std::string(embedded_frameworks()) + std::string(embedded_controls()));
}

Bundle append_bundle(System& system, const std::string& folder, const EvidenceFacts& facts,
                     const std::vector<EvidenceFile>& files, const std::optional<SigningKey>& key) {
    Bundle bundle;
    const std::unique_ptr<NewFolder> fresh = system.new_folder(folder, bundle.error);
    if (!fresh) return bundle;
    std::vector<EvidenceFile> all = files;
    all.push_back({"inputs.sha256", [&](std::ostream& out) { out << checksum_list(facts.inputs, facts.root); }});
    std::vector<ListedFile> listed;
    if (!add_files(*fresh, all, listed, bundle.error)) return bundle;
    for (int attempt = 0; attempt < most_attempts; ++attempt) {
        const std::optional<Previous> previous = last_bundle(system, folder, bundle.error);
        if (!previous) return bundle;
        const std::string manifest = manifest_text(facts, listed, *previous);
        if (key) {
            const std::string signature = sign(*key, manifest, system, bundle.error);
            if (signature.empty()) return bundle;
            bundle.error = fresh->add(signature_file(manifest_name, key->kind), signature);
            if (!bundle.error.empty()) return bundle;
        }
        bundle.error = fresh->add(std::string(manifest_name), manifest);
        if (!bundle.error.empty()) return bundle;
        const std::string name = bundle_name(previous->number + 1);
        switch (fresh->publish(name, bundle.error)) {
            case NewFolder::Published::done:
                bundle.name = name;
                bundle.manifest_sha256 = sha256(manifest);
                return bundle;
            case NewFolder::Published::failed:
                return bundle;
            case NewFolder::Published::taken:
                break;  // another run was quicker: this bundle follows its
        }
    }
    bundle.error = "other runs took every number that was tried";
    return bundle;
}

}  // namespace plumbline
