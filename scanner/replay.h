#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "parsers/git/repository.h"
#include "scanner/model/finding.h"
#include "scanner/model/report.h"
#include "scanner/session.h"
#include "scanner/snapshot_system.h"

namespace plumbline {

/// A snapshot that is exchanged while a session stays open. Not while another thread reads.
class ChangingSnapshot : public FileSystem {
  public:
    void show(std::shared_ptr<const git::ObjectFileSystem> tree) { tree_ = std::move(tree); }
    const git::ObjectFileSystem& tree() const { return *tree_; }
    std::optional<std::vector<Entry>> list(std::string_view directory) const override { return tree_->list(directory); }
    std::optional<Entry> stat(std::string_view path) const override { return tree_->stat(path); }
    ReadResult read(std::string_view path, std::uint64_t limit) const override { return tree_->read(path, limit); }

  private:
    std::shared_ptr<const git::ObjectFileSystem> tree_;
};

/// What a root's verdicts, or a language's grouping into roots, were made from: a change of none of it leaves them as
/// they are. Paths that do not exist count too, since they may come to exist.
struct Dependencies {
    std::set<std::string> files;    ///< read, or asked for
    std::set<std::string> folders;  ///< listed: on each file directly in it
};

/// A failure or an undecided verdict, without its places in sources, which may be gone by now.
struct OpenFinding {
    Finding finding;  ///< accepted where a comment or waiver accepts it
    std::uint32_t line = 0;
};

/// The state of the guardrails as a branch goes from commit to commit: after each step the findings are those that a
/// plain scan of that commit's checkout gives, with the configuration, rules and waivers that the commit holds. A step
/// costs what it changes: a content is parsed once, and only roots that read something that changed are judged.
class Replay {
  public:
    /// `call`, `machine` and `repository` must outlive it. `top`: where the repository lies, absolute. `options`: what
    /// was typed; variables, rule folders and selections hold for every commit.
    Replay(const Call& call, System& machine, Options options, const git::Repository& repository, std::string top);
    ~Replay();
    Replay(const Replay&) = delete;
    Replay& operator=(const Replay&) = delete;

    /// Goes to a commit, which need not follow the previous one in history, at a moment (seconds since 1970), which
    /// decides what has expired. False when it cannot be read: the state stays that of the previous step.
    bool go_to(const git::ObjectId& commit, std::int64_t time, std::string& error);
    /// Stays at the commit while time goes on.
    void wait_until(std::int64_t time);
    /// When the next acceptance (waiver, comment with an end) stops to count; nullopt when none ends.
    std::optional<std::int64_t> next_end() const;

    /// By root, then in the order of judging.
    std::vector<const OpenFinding*> findings() const;
    /// Per rule id, of every verdict given.
    const std::map<std::string, VerdictCounts, std::less<>>& verdicts() const { return verdicts_; }
    /// The rules that were run; null while the configuration has a fault, when nothing is judged.
    const RuleSet* rules() const { return session_ ? session_->catalogue.rules.get() : nullptr; }
    /// How many times rules and configuration were read: where that grew, `rules` are others.
    std::uint64_t started() const { return started_; }
    /// The rules whose verdicts the last step changed, sorted.
    const std::vector<std::string>& recounted() const { return recounted_; }

    /// What the last step changed: failures, accepted ones too, by fingerprint.
    const std::map<std::string, OpenFinding>& appeared() const { return appeared_; }
    const std::map<std::string, OpenFinding>& vanished() const { return vanished_; }
    /// Failures that were there before and after the last step in roots that were judged or accepted anew.
    const std::map<std::string, OpenFinding>& touched() const { return touched_; }

    /// What could not be read, parsed or resolved, each text once, with the commit where it was first met.
    const std::vector<std::pair<git::ObjectId, Diagnostic>>& diagnostics() const { return diagnostics_; }
    /// How many roots were judged so far: what the whole has cost.
    std::uint64_t judged() const { return judged_count_; }

  private:
    using RootKey = std::pair<std::size_t, std::string>;  ///< parser, path
    class Recorder;
    /// What is kept of a root.
    struct Judged {
        std::vector<OpenFinding> findings;                         ///< accepted by comments
        std::vector<OpenFinding> effective;                        ///< by waivers too
        std::map<std::string, VerdictCounts, std::less<>> others;  ///< the verdicts that are not open
        Dependencies dependencies;
        std::string comment_end;  ///< first day on which a comment stops to count; empty: never
        Diagnostics diagnostics;
    };
    struct File {
        std::shared_ptr<const ParsedFile> parsed;
        std::size_t parser = 0;
        std::optional<std::string> key;  ///< `Parser::grouping_key`
    };
    /// What of a file decided the grouping of its language, and which language that was.
    struct GroupingKey {
        std::size_t language = 0;
        std::string text;
    };
    /// The roots of a language, and what finding them depended on.
    struct Grouping {
        std::unique_ptr<Recorder> file_system;  ///< the roots may refer to it
        std::map<std::string, Root> roots;
        Dependencies dependencies;
    };

    void start();
    bool open();
    void read_files(const std::vector<std::string>& paths, const std::map<std::string, GroupingKey>& keys,
                    std::set<std::size_t>& languages);
    std::optional<GroupingKey> forget_file(const std::string& path, std::set<std::size_t>& languages);
    bool changes_settings(const std::vector<git::Change>& changes) const;
    void follow(const std::vector<git::Change>& changes);
    void hit(const git::Change& change, std::set<RootKey>& affected, std::set<std::size_t>& languages) const;
    void group(std::size_t language, std::set<RootKey>& affected);
    void renew(std::size_t language, const std::set<RootKey>& affected);
    void keep(Root root, std::size_t language);
    std::set<RootKey> replaced_roots() const;
    void judge(const std::set<RootKey>& affected);
    Judged judge_root(const RootKey& key);
    void replace(const RootKey& key, std::optional<Judged> judged);
    void accept(Judged& judged) const;
    void accept_all(const std::set<RootKey>& except);
    void index(const RootKey& key, const Dependencies& dependencies, bool add);
    void count(const Judged& judged, bool add);
    void note_diagnostics(const Diagnostics& diagnostics);
    void settle();
    std::string standing_waivers() const;
    void begin_step(std::int64_t time);

    const Options options_;
    const git::Repository& repository_;
    const std::string top_;

    git::ObjectId commit_;
    std::int64_t time_ = 0;
    Call call_now_;  ///< as typed, at that time, standing in `top_`
    std::shared_ptr<ChangingSnapshot> snapshot_;
    SnapshotSystem system_;
    std::unique_ptr<std::ostream> nowhere_;
    std::unique_ptr<Session> session_;
    std::vector<Waiver> waivers_;

    std::map<std::string, File> files_;
    std::map<std::size_t, std::size_t> keyless_;  ///< by language: files whose grouping depends on others
    std::uint64_t living_bytes_ = 0, all_bytes_ = 0;
    std::map<std::string, std::set<std::string>> links_;  ///< a file -> the links that are read like it
    bool dangling_ = false;                               ///< some link leads nowhere, and may come to lead somewhere
    std::string standing_;                                ///< of each waiver, whether it counted in the last step
    std::map<std::size_t, Grouping> groupings_;
    std::map<RootKey, Judged> judged_;
    std::map<RootKey, RootName> replacing_;  ///< `Root::replaces`, where there is one
    std::set<RootKey> replaced_;             ///< roots that do not count, since others are judged in their place
    std::unordered_map<std::string, std::set<RootKey>> readers_, listers_;
    std::set<std::pair<std::string, RootKey>> comment_ends_;  ///< `Judged::comment_end`, where there is one

    std::map<std::string, VerdictCounts, std::less<>> verdicts_;
    std::map<std::string, VerdictCounts, std::less<>> counted_before_;  ///< what the step has touched, as it was
    std::vector<std::string> recounted_;
    std::uint64_t started_ = 0;
    std::map<std::string, OpenFinding> appeared_, vanished_, touched_;
    std::vector<std::pair<git::ObjectId, Diagnostic>> diagnostics_;
    std::set<std::string> known_diagnostics_;
    std::uint64_t judged_count_ = 0;
};

/// The first second after a day `YYYY-MM-DD` in UTC; nullopt when it is no date.
std::optional<std::int64_t> end_of_day(std::string_view date);

}  // namespace plumbline
