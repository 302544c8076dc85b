#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "scanner/run.h"

namespace plumbline {

/// A rule of the tests' own, so that what they say does not depend on which rules are built in.
inline constexpr const char* private_rule = R"(id: test-bucket-private
title: Buckets are private
severity: high
control: data.public-access
aliases: [CKV_TEST_1]
why: Everyone can read a public bucket.
fix: Set acl to private.
checks:
  - platform: terraform
    types: [aws_s3_bucket]
    pass: {path: acl, equals: private}
)";

/// A machine in memory: absolute path to content. What is written stands in `files` afterwards.
class MemorySystem : public System {
  public:
    std::map<std::string, std::string> files;
    std::set<std::string> unreadable;  ///< files that exist and cannot be read
    bool read_only = false;
    /// Installed programs: what they do with their arguments in a folder.
    std::map<std::string, std::function<ProcessResult(const std::vector<std::string>&, const std::string&)>> programs;
    std::vector<std::string> program_calls;  ///< `folder$ name arguments`

    std::unique_ptr<FileSystem> open(const std::string& folder) const override {
        auto tree = std::make_unique<Tree>();
        for (const auto& [path, text] : files) {
            if (path == folder || !is_below(path, folder)) continue;
            const std::string inside = path.substr(folder == "/" ? 1 : folder.size() + 1);
            tree->add(inside, text);
            if (unreadable.contains(path)) tree->unreadable.insert(inside);
        }
        return tree;
    }
    std::optional<std::string> real_path(const std::string& path) const override {
        const std::string real = absolute_path("/", path);
        for (const auto& [file, text] : files) {
            if (is_below(file, real)) return real;
        }
        return std::nullopt;
    }
    std::string write(const std::string& path, std::string_view text) override {
        if (read_only) return "permission denied";
        files[path] = text;
        return "";
    }
    bool has_program(const std::string& name) const override { return programs.contains(name); }
    ProcessResult render(const std::string& name, const std::vector<std::string>& arguments,
                         const std::string& folder) override {
        std::string call = folder + "$ " + name;
        for (const std::string& argument : arguments) call += " " + argument;
        program_calls.push_back(call);
        return programs.at(name)(arguments, folder);
    }
    std::unique_ptr<NewFolder> new_folder(const std::string& parent, std::string& error) override {
        if (read_only) error = "permission denied";
        return read_only ? nullptr : std::make_unique<Folder>(files, parent);
    }
    /// No program is installed.
    ProcessResult run_program(const std::vector<std::string>&, std::string_view) override {
        return {"it is not installed", -1, "", ""};
    }

  private:
    struct Folder : NewFolder {
        std::map<std::string, std::string>& files;
        std::string parent;
        std::map<std::string, std::string> own;
        Folder(std::map<std::string, std::string>& its_files, std::string its_parent)
            : files(its_files), parent(std::move(its_parent)) {}
        std::string add(const std::string& name, std::string_view text) override {
            own[name] = text;
            return "";
        }
        Published publish(const std::string& name, std::string&) override {
            const std::string place = parent + "/" + name + "/";
            const auto taken = files.lower_bound(place);
            if (taken != files.end() && taken->first.starts_with(place)) return Published::taken;
            for (const auto& [file, text] : own) files[place + file] = text;
            return Published::done;
        }
    };
    struct Tree : MemoryFileSystem {
        std::set<std::string> unreadable;
        ReadResult read(std::string_view path, std::uint64_t limit) const override {
            if (unreadable.contains(std::string(path))) return {{}, "permission denied"};
            return MemoryFileSystem::read(path, limit);
        }
    };
};

/// One call of the program on a machine, as a test writes it.
struct Program {
    MemorySystem system;
    Call call;
    std::string out, err;

    Program() {
        call.working_directory = "/repo";
        call.now = "2025-06-15T12:00:00Z";
        call.cores = 2;
    }
    int run(std::vector<std::string> arguments) {
        call.arguments = std::move(arguments);
        std::ostringstream out_stream, err_stream;
        const int exit = plumbline::run(call, system, out_stream, err_stream);
        out = out_stream.str();
        err = err_stream.str();
        return exit;
    }
};

}  // namespace plumbline
