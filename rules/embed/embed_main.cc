// Reads, checks and packs everything under rules/ at build time: `plumbline_embed RULES_DIR OUT.cc`. A program of the
// build, not of the product: a fault is printed with its line and ends it with 1.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <vector>

#include "parsers/yaml/yaml_reader.h"
#include "rules/control_map.h"
#include "rules/pack.h"
#include "rules/rule_set.h"

namespace plumbline {
namespace {

namespace fs = std::filesystem;

/// Paths below `root` of every .yaml file, with `/`, sorted by bytes.
std::vector<std::string> yaml_files(const fs::path& root) {
    std::vector<std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(root)) {
        if (entry.is_regular_file() && entry.path().extension() == ".yaml") {
            files.push_back(entry.path().lexically_relative(root).generic_string());
        }
    }
    std::sort(files.begin(), files.end());
    return files;
}

/// The three packs and what was wrong on the way to them.
class Packer {
  public:
    /// `name`: what the folder is called in messages and in `RuleInfo::file`.
    Packer(fs::path root, std::string name) : root_(std::move(root)), name_(std::move(name)) {}

    void run() {
        std::vector<std::string> rule_files;
        std::vector<std::string> framework_files;
        for (std::string& file : yaml_files(root_)) {
            if (file == "controls.yaml") continue;
            (file.starts_with("frameworks/") ? framework_files : rule_files).push_back(std::move(file));
        }
        for (const std::string& file : framework_files) add_framework(file);
        add_controls("controls.yaml");
        if (!diagnostics_.empty()) return;  // every rule of a control that is missing now would be one fault more
        for (const std::string& file : rule_files) add_rule(file);
        pack_rules();
    }

    const SourceSet& sources() const { return sources_; }
    const Diagnostics& diagnostics() const { return diagnostics_; }
    std::string rules() const { return rules_.finish(); }
    std::string frameworks() const { return frameworks_.finish(); }
    std::string controls() const { return controls_.finish(); }

  private:
    struct Rule {
        std::string id;
        std::string file;
        Value document;
    };

    std::string reported(const std::string& file) const { return name_ + "/" + file; }

    /// The file's one document; a null after a diagnostic.
    Value read(const std::string& file) {
        std::ifstream in(root_ / file, std::ios::binary);
        std::ostringstream text;
        text << in.rdbuf();
        if (!in) {
            diagnostics_.file_error("unreadable", reported(file), "The file cannot be read", "Check its permissions.");
            return {};
        }
        const YamlFile yaml = read_yaml(sources_.add(reported(file), text.str()), {}, diagnostics_);
        if (!yaml.complete) return {};
        if (yaml.documents.size() != 1) {
            diagnostics_.file_error("one-document", reported(file),
                                    "The file holds " + std::to_string(yaml.documents.size()) + " documents",
                                    "Write exactly one document a file.");
            return {};
        }
        return yaml.documents[0].root;
    }

    void pack(PackWriter& into, const Value& value, const std::string& file) {
        if (into.add(value)) return;
        diagnostics_.file_error("unpackable", reported(file), "The document cannot be packed into the program",
                                "It nests deeper than 500 levels or holds a number beyond 10^20000.");
    }

    void add_framework(const std::string& file) {
        const Value document = read(file);
        if (!document.is_null() && map_.add_framework(document, diagnostics_)) pack(frameworks_, document, file);
    }
    void add_controls(const std::string& file) {
        const Value document = read(file);
        if (!document.is_null() && map_.add_controls(document, diagnostics_)) pack(controls_, document, file);
    }
    void add_rule(const std::string& file) {
        Value document = read(file);
        if (document.is_null() || !set_.add(document, reported(file), map_, diagnostics_)) return;
        std::string id = document.find("id")->value.as_string();
        loaded_.push_back({std::move(id), file, std::move(document)});
    }
    void pack_rules() {
        std::sort(loaded_.begin(), loaded_.end(), [](const Rule& a, const Rule& b) { return a.id < b.id; });
        for (const Rule& rule : loaded_) {
            const auto [metadata, checks] = RuleSet::packable(rule.document, reported(rule.file));
            pack(rules_, metadata, rule.file);
            pack(rules_, checks, rule.file);
        }
    }

    fs::path root_;
    std::string name_;
    SourceSet sources_;
    Diagnostics diagnostics_;
    ControlMap map_;
    RuleSet set_;
    std::vector<Rule> loaded_;
    PackWriter rules_, frameworks_, controls_;
};

/// A function that returns the bytes, as string literals: the compiler reads those at 20 MB/s, a list of numbers at 1
/// MB/s.
void write_function(std::ostream& out, const char* name, const std::string& bytes) {
    constexpr std::size_t bytes_a_line = 100;
    out << "\nstd::string_view " << name << "() {\n    static constexpr char bytes[] =";
    for (std::size_t at = 0; at == 0 || at < bytes.size(); at += bytes_a_line) {
        out << "\n        \"";
        for (const char c : std::string_view(bytes).substr(at, bytes_a_line)) {
            const auto byte = static_cast<unsigned char>(c);
            if (c == '"' || c == '\\') {
                out << '\\' << c;
            } else if (byte >= 0x20 && byte < 0x7F) {
                out << c;
            } else {
                // Always three octal digits, so that a digit that follows is not taken for a part of it.
                out << '\\' << static_cast<char>('0' + (byte >> 6)) << static_cast<char>('0' + (byte >> 3 & 7))
                    << static_cast<char>('0' + (byte & 7));
            }
        }
        out << '"';
    }
    out << ";\n    return {bytes, sizeof bytes - 1};\n}\n";
}

bool write_source(const fs::path& path, const Packer& packer) {
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out << "// Made by plumbline_embed from rules/; do not edit.\n\n#include \"rules/embed/embedded_data.h\"\n\n"
           "namespace plumbline {\n";
    write_function(out, "embedded_rules", packer.rules());
    write_function(out, "embedded_frameworks", packer.frameworks());
    write_function(out, "embedded_controls", packer.controls());
    out << "\n}  // namespace plumbline\n";
    out.close();
    return out.good();
}

int run(const fs::path& rules_dir, const fs::path& out) {
    const fs::path root = fs::absolute(rules_dir).lexically_normal();
    const fs::path folder = root.has_filename() ? root : root.parent_path();
    Packer packer(folder, folder.filename().generic_string());
    packer.run();
    for (const Diagnostic& diagnostic : packer.diagnostics().items()) {
        std::cerr << to_text(diagnostic, packer.sources());
    }
    // A warning about our own data is a fault of ours.
    if (!packer.diagnostics().empty()) return 1;
    fs::create_directories(fs::absolute(out).parent_path());
    if (write_source(out, packer)) return 0;
    std::cerr << "cannot write " << out.string() << "; check the folder's permissions and free space\n";
    std::error_code ignored;
    fs::remove(out, ignored);
    return 1;
}

}  // namespace
}  // namespace plumbline

int main(int count, char** arguments) {
    if (count != 3) {
        std::cerr << "usage: plumbline_embed RULES_DIR OUT.cc\n";
        return 2;
    }
    try {
        return plumbline::run(arguments[1], arguments[2]);
    } catch (const std::exception& fault) {
        std::cerr << "plumbline_embed: " << fault.what() << "\n";
        return 1;
    }
}
