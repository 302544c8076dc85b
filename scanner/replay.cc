#include "scanner/replay.h"

#include <algorithm>
#include <mutex>
#include <ostream>
#include <tuple>
#include <utility>

#include "scanner/acceptance.h"
#include "scanner/discover.h"
#include "scanner/document.h"
#include "scanner/model/text.h"
#include "scanner/model/time.h"
#include "scanner/owners.h"
#include "scanner/pipeline.h"
#include "scanner/workers.h"

namespace plumbline {
namespace {

// Sources of replaced files stay in memory until the session is opened anew: when they are this much, and more than the
// living ones, so that opening anew costs no more than what was read since.
constexpr std::uint64_t max_dead_bytes = std::uint64_t{64} << 20;
// A report of ten thousand faults helps no one, and each is kept to the end.
constexpr std::size_t max_diagnostics = 10000;

/// Keeps only what outlives the sources of a step: spans would point into files that are gone.
OpenFinding detached(Finding finding, const SourceSet& sources) {
    OpenFinding open;
    const Span place = finding.judgement.subject.valid() ? finding.judgement.subject : finding.header;
    if (place.valid()) open.line = sources.begin_of(place).line;
    finding.judgement.subject = {};
    finding.judgement.related.clear();
    finding.header = finding.block = {};
    finding.calls.reset();
    for (Acceptance& acceptance : finding.accepted) acceptance.span = {};
    open.finding = std::move(finding);
    return open;
}

bool is_open(const Finding& finding) {
    return finding.judgement.verdict == Verdict::fail || finding.judgement.verdict == Verdict::undecided;
}

bool is_same(const Acceptance& a, const Acceptance& b) {
    const auto parts = [](const Acceptance& of) {
        return std::tie(of.kind, of.justification, of.owner, of.approver, of.ticket, of.expires,
                        of.compensating_control, of.created);
    };
    return parts(a) == parts(b);
}

void subtract(VerdictCounts& counts, const VerdictCounts& other) {
    counts.pass -= other.pass;
    counts.fail -= other.fail;
    counts.undecided -= other.undecided;
    counts.not_applicable -= other.not_applicable;
    counts.accepted -= other.accepted;
}

}  // namespace

/// Remembers what was asked of a file system, and where links led.
class Replay::Recorder : public FileSystem {
  public:
    Recorder(const FileSystem& base, const git::ObjectFileSystem& tree) : base_(base), tree_(tree) {}

    std::optional<std::vector<Entry>> list(std::string_view directory) const override {
        note(directory, noted_.folders);
        return base_.list(directory);
    }
    std::optional<Entry> stat(std::string_view path) const override {
        note(path, noted_.files);
        return base_.stat(path);
    }
    ReadResult read(std::string_view path, std::uint64_t limit) const override {
        note(path, noted_.files);
        return base_.read(path, limit);
    }
    void depend_on(std::string_view path) const override {
        note(path, noted_.files);
        note(path, noted_.folders);
    }
    Dependencies take() { return std::move(noted_); }

  private:
    void note(std::string_view path, std::set<std::string>& paths) const {
        std::string real = tree_.real_path(path);
        const std::lock_guard lock(mutex_);
        paths.emplace(path);
        if (!real.empty() && real != path) paths.insert(std::move(real));
    }
    const FileSystem& base_;
    const git::ObjectFileSystem& tree_;
    mutable std::mutex mutex_;
    mutable Dependencies noted_;
};

std::optional<std::int64_t> end_of_day(std::string_view date) {
    if (!is_date(date)) return std::nullopt;
    return (day_number(date) + 1) * 86400;
}

Replay::Replay(const Call& call, System& machine, Options options, const git::Repository& repository, std::string top)
    : options_(std::move(options)),
      repository_(repository),
      top_(std::move(top)),
      call_now_(call),
      snapshot_(std::make_shared<ChangingSnapshot>()),
      system_(machine, top_, snapshot_),
      nowhere_(std::make_unique<std::ostream>(nullptr)) {
    call_now_.working_directory = top_;
}

Replay::~Replay() = default;

bool Replay::go_to(const git::ObjectId& commit, std::int64_t time, std::string& error) {
    std::shared_ptr<const git::ObjectFileSystem> tree = repository_.tree(commit, error);
    if (!tree) return false;
    const auto changes = repository_.changes(commit_, commit, false, error);
    if (!changes) return false;
    const bool first = !session_;
    commit_ = commit;
    begin_step(time);
    snapshot_->show(std::move(tree));
    const bool links = std::any_of(changes->begin(), changes->end(), [](const git::Change& c) { return c.link; });
    // Where links or settings change, everything may have another meaning.
    const bool mends_link = dangling_ && std::any_of(changes->begin(), changes->end(), [](const git::Change& c) {
                                return c.kind != git::Change::Kind::modified;
                            });
    if (first || links || mends_link || changes_settings(*changes))
        start();
    else if (session_->catalogue.rules)
        follow(*changes);
    settle();
    return true;
}

void Replay::wait_until(std::int64_t time) {
    begin_step(time);
    if (session_ && session_->catalogue.rules) follow({});
    settle();
}

void Replay::begin_step(std::int64_t time) {
    time_ = time;
    call_now_.now = rfc3339(time);
    appeared_.clear();
    vanished_.clear();
    touched_.clear();
    counted_before_.clear();
}

/// From nothing: the settings of this commit, every file, every root.
void Replay::start() {
    while (!judged_.empty()) replace(RootKey(judged_.begin()->first), std::nullopt);
    groupings_.clear();
    replacing_.clear();
    replaced_.clear();
    waivers_.clear();
    standing_.clear();
    ++started_;
    if (!open()) return;
    waivers_ = load_waivers(*session_);
    standing_ = standing_waivers();
    std::set<RootKey> affected;
    for (std::size_t language = 0; language < parsers().size(); ++language) group(language, affected);
    replaced_ = replaced_roots();
    judge(affected);
}

/// Opens a session at this commit and reads every file of it.
bool Replay::open() {
    groupings_.clear();
    files_.clear();
    keyless_.clear();
    links_.clear();
    dangling_ = false;
    living_bytes_ = all_bytes_ = 0;
    session_ = std::make_unique<Session>(call_now_, system_, options_, *nowhere_, *nowhere_);
    session_->options.arguments = {"."};
    if (!open_session(*session_, session_->options.arguments)) return false;
    load_rules(*session_);
    if (const std::string error = select_rules(session_->catalogue, session_->options, session_->lens);
        !error.empty()) {
        session_->diagnostics.file_error("selection", ".plumbline/config.yaml", std::string(trim(error)),
                                         "Nothing was judged from this commit on.");
        session_->catalogue = {};
        return false;
    }
    const std::vector<std::string> paths =
        discover(*session_->file_system, session_->place.paths, session_->options.exclude, session_->diagnostics);
    for (const std::string& path : paths) {
        const std::string real = snapshot_->tree().real_path(path);
        if (real.empty()) dangling_ = true;
        if (!real.empty() && real != path) links_[real].insert(path);
    }
    std::set<std::size_t> languages;
    read_files(paths, {}, languages);
    return true;
}

/// `keys`: of files that are read again, what decided the grouping before. Where that is another now, the language has
/// to be grouped anew.
void Replay::read_files(const std::vector<std::string>& paths, const std::map<std::string, GroupingKey>& keys,
                        std::set<std::size_t>& languages) {
    const Work work = session_->work();
    const std::vector<const Source*> sources = read(work, paths);
    for (const Source* source : sources) all_bytes_ += source->text().size();
    ParsedFiles parsed = parse(work, sources, {});
    std::map<std::string, GroupingKey> open = keys;
    for (std::size_t i = 0; i < parsed.files.size(); ++i) {
        const Source& source = *parsed.files[i]->source;
        const std::size_t language = parsed.parsers[i];
        living_bytes_ += source.text().size();
        const auto before = open.find(source.path());
        auto now = parsers()[language]->grouping_key(*parsed.files[i]);
        if (!now) ++keyless_[language];
        if (before == open.end() || !now || before->second.language != language || before->second.text != *now)
            languages.insert(language);
        else
            open.erase(before);
        files_[source.path()] = {std::move(parsed.files[i]), language, std::move(now)};
    }
    // What became another language, or nothing that is read.
    for (const auto& [path, key] : open) languages.insert(key.language);
}

/// Returns what of the file decided the grouping; nullopt when the language has to be grouped anew.
std::optional<Replay::GroupingKey> Replay::forget_file(const std::string& path, std::set<std::size_t>& languages) {
    const auto file = files_.find(path);
    if (file == files_.end()) return std::nullopt;
    const std::size_t language = file->second.parser;
    living_bytes_ -= file->second.parsed->source->text().size();
    std::optional<GroupingKey> key;
    if (file->second.key) {
        key = {language, *std::move(file->second.key)};
    } else {
        --keyless_[language];
        languages.insert(language);
    }
    // Roots of the previous grouping may refer to it.
    if (const auto grouping = groupings_.find(language); grouping != groupings_.end()) grouping->second.roots.clear();
    files_.erase(file);
    return key;
}

bool Replay::changes_settings(const std::vector<git::Change>& changes) const {
    if (!session_) return true;
    std::vector<std::string> watched = {".plumbline/config.yaml"};
    if (!options_.config.empty()) watched.push_back(session_->place.inside(session_->typed(options_.config)));
    for (const std::string& folder : session_->config.rule_folders)
        watched.push_back(session_->place.inside(session_->settled(folder)));
    for (const std::string& folder : options_.rule_folders)
        watched.push_back(session_->place.inside(session_->typed(folder)));
    return std::any_of(changes.begin(), changes.end(), [&](const git::Change& change) {
        return std::any_of(watched.begin(), watched.end(),
                           [&](const std::string& path) { return is_below(change.path, path); });
    });
}

/// From the previous commit to this one.
void Replay::follow(const std::vector<git::Change>& changes) {
    std::vector<std::string> again;
    std::map<std::string, GroupingKey> keys;  // path -> what decided the grouping before
    std::set<std::size_t> languages;
    std::set<RootKey> affected;
    for (const git::Change& change : changes) {
        hit(change, affected, languages);
        std::set<std::string> names = {change.path};
        if (const auto links = links_.find(change.path); links != links_.end())
            names.insert(links->second.begin(), links->second.end());
        for (const std::string& name : names) {
            if (!is_discovered(name, session_->options.exclude)) continue;
            const std::optional<GroupingKey> key = forget_file(name, languages);
            if (key && change.kind == git::Change::Kind::modified)
                keys[name] = *key;
            else if (key)
                languages.insert(key->language);
            if (change.kind != git::Change::Kind::removed) again.push_back(name);
        }
    }
    read_files(again, keys, languages);
    const std::string today = session_->today();
    for (const auto& [end, key] : comment_ends_) {
        if (end > today) break;
        affected.insert(key);
    }
    for (const RootKey& key : affected)
        if (keyless_[key.first] > 0) languages.insert(key.first);
    for (const auto& [path, key] : keys)
        if (keyless_[key.language] > 0) languages.insert(key.language);
    for (const std::size_t language : languages) group(language, affected);
    // What another root is judged for from now on, or no longer.
    const std::set<RootKey> before = std::exchange(replaced_, replaced_roots());
    std::vector<RootKey> turned;
    std::set_symmetric_difference(before.begin(), before.end(), replaced_.begin(), replaced_.end(),
                                  std::back_inserter(turned));
    for (const RootKey& key : turned) {
        if (!judged_.contains(key)) continue;  // gone, or new and affected anyway
        affected.insert(key);
        if (keyless_[key.first] > 0 && languages.insert(key.first).second) group(key.first, affected);
    }
    // Elsewhere the roots are the same, but what a grouping has loaded is of an earlier commit.
    std::set<std::size_t> renewed;
    for (const RootKey& key : affected)
        if (!languages.contains(key.first)) renewed.insert(key.first);
    for (const std::size_t language : renewed) renew(language, affected);
    const std::string waivers = session_->place.inside(waiver_file(*session_));
    const bool rewritten =
        std::any_of(changes.begin(), changes.end(), [&](const git::Change& c) { return c.path == waivers; });
    if (rewritten) waivers_ = load_waivers(*session_);
    judge(affected);
    std::string standing = standing_waivers();
    if (rewritten || standing != standing_) accept_all(affected);
    standing_ = std::move(standing);

    if (all_bytes_ > 2 * living_bytes_ + max_dead_bytes) {
        // The verdicts stay; the files are read anew, into fresh memory.
        note_diagnostics(session_->diagnostics);
        if (!open()) return;
        std::set<RootKey> ignored;
        for (std::size_t language = 0; language < parsers().size(); ++language) group(language, ignored);
        session_->diagnostics.truncate(0);
    }
}

/// A character a waiver: whether it counts today.
std::string Replay::standing_waivers() const {
    const std::string today = session_->today();
    std::string standing;
    for (const Waiver& waiver : waivers_) standing += waiver.expires < today ? '-' : '+';
    return standing;
}

/// Which roots, and which languages' groupings, depend on what changed.
void Replay::hit(const git::Change& change, std::set<RootKey>& affected, std::set<std::size_t>& languages) const {
    const auto add = [&](const std::unordered_map<std::string, std::set<RootKey>>& index, const std::string& path) {
        if (const auto found = index.find(path); found != index.end())
            affected.insert(found->second.begin(), found->second.end());
    };
    const auto depends = [&](const std::string& path, bool listed) {
        for (const auto& [language, grouping] : groupings_) {
            const std::set<std::string>& paths = listed ? grouping.dependencies.folders : grouping.dependencies.files;
            if (paths.contains(path)) languages.insert(language);
        }
    };
    add(readers_, change.path);
    depends(change.path, false);
    std::string folder(parent_path(change.path));
    add(listers_, folder);
    depends(folder, true);
    if (change.kind == git::Change::Kind::modified) return;
    // A folder may have come or gone with its file, and with it the folders around.
    while (!folder.empty()) {
        add(readers_, folder);
        depends(folder, false);
        folder = parent_path(folder);
        add(listers_, folder);
        depends(folder, true);
    }
}

/// Finds the roots of a language anew: those that are gone are forgotten, new ones are affected.
void Replay::group(std::size_t language, std::set<RootKey>& affected) {
    std::vector<const ParsedFile*> own;
    for (const auto& [path, file] : files_)
        if (file.parser == language) own.push_back(file.parsed.get());
    groupings_.erase(language);
    std::erase_if(replacing_, [&](const auto& item) { return item.first.first == language; });
    std::set<std::string> paths;
    const Parser& parser = *parsers()[language];
    if (!own.empty()) {
        Grouping& grouping = groupings_[language];
        grouping.file_system = std::make_unique<Recorder>(*session_->file_system, snapshot_->tree());
        std::vector<CoverageGap> gaps;
        std::vector<Root> roots =
            parser.roots(own, *grouping.file_system, session_->sources, session_->diagnostics, gaps);
        grouping.dependencies = grouping.file_system->take();
        for (Root& root : roots) {
            paths.insert(root.path);
            const RootKey key(language, root.path);
            if (parser.links_roots() || !judged_.contains(key)) affected.insert(key);
            keep(std::move(root), language);
        }
    }
    std::vector<RootKey> gone;
    for (auto at = judged_.lower_bound({language, ""}); at != judged_.end() && at->first.first == language; ++at)
        if (!paths.contains(at->first.second)) gone.push_back(at->first);
    for (const RootKey& key : gone) {
        replace(key, std::nullopt);
        affected.erase(key);
    }
    std::erase_if(affected, [&](const RootKey& key) { return key.first == language && !paths.contains(key.second); });
}

/// Makes affected roots of a language anew whose files are grouped as before: only what they depended on is looked at.
void Replay::renew(std::size_t language, const std::set<RootKey>& affected) {
    std::set<const ParsedFile*> own;
    std::vector<const ParsedFile*> ordered;
    const auto take = [&](const File& file) {
        if (file.parser == language && own.insert(file.parsed.get()).second) ordered.push_back(file.parsed.get());
    };
    for (auto key = affected.lower_bound({language, ""}); key != affected.end() && key->first == language; ++key) {
        const Dependencies& dependencies = judged_.at(*key).dependencies;
        for (const std::string& path : dependencies.files)
            if (const auto file = files_.find(path); file != files_.end()) take(file->second);
        for (const std::string& folder : dependencies.folders) {
            const std::string prefix = folder.empty() ? "" : folder + "/";
            for (auto file = files_.lower_bound(prefix); file != files_.end() && file->first.starts_with(prefix);
                 ++file)
                if (parent_path(file->first) == folder) take(file->second);
        }
    }
    std::sort(ordered.begin(), ordered.end(),
              [](const ParsedFile* a, const ParsedFile* b) { return a->source->path() < b->source->path(); });
    Grouping& grouping = groupings_[language];
    grouping.roots.clear();
    grouping.file_system = std::make_unique<Recorder>(*session_->file_system, snapshot_->tree());
    std::vector<CoverageGap> gaps;
    Diagnostics said_before;
    for (Root& root : parsers()[language]->roots(ordered, *grouping.file_system, session_->sources, said_before, gaps))
        keep(std::move(root), language);
}

void Replay::keep(Root root, std::size_t language) {
    root.parser = language;
    const RootKey key(language, root.path);
    replacing_.erase(key);
    if (root.replaces) replacing_.emplace(key, *root.replaces);
    groupings_[language].roots[key.second] = std::move(root);
}

/// As `evaluations_of` leaves them out, whose roots are all there at once.
std::set<Replay::RootKey> Replay::replaced_roots() const {
    std::set<RootKey> replaced;
    if (session_->environments.size() > 1) return replaced;
    for (const auto& [key, name] : replacing_) {
        const auto all = parsers();
        const auto parser =
            std::find_if(all.begin(), all.end(), [&](const Parser* p) { return p->name() == name.parser; });
        if (parser != all.end()) replaced.emplace(static_cast<std::size_t>(parser - all.begin()), name.path);
    }
    return replaced;
}

void Replay::judge(const std::set<RootKey>& affected) {
    const std::vector<RootKey> keys(affected.begin(), affected.end());
    std::vector<Judged> results(keys.size());
    in_parallel(keys.size(), session_->work().jobs, [&](std::size_t i) { results[i] = judge_root(keys[i]); });
    for (std::size_t i = 0; i < keys.size(); ++i) {
        note_diagnostics(results[i].diagnostics);
        results[i].diagnostics = {};
        replace(keys[i], std::move(results[i]));
    }
    judged_count_ += keys.size();
}

/// On any thread.
Replay::Judged Replay::judge_root(const RootKey& key) {
    Judged judged;
    const Root& root = groupings_.at(key.first).roots.at(key.second);
    Recorder recorder(*session_->file_system, snapshot_->tree());
    // The file or folder it is.
    recorder.depend_on(key.second);
    Coverage coverage;
    const Work work{recorder, session_->sources, judged.diagnostics, coverage, 1, nullptr};
    Joined joined = join_verdicts(work, plumbline::judge(work, {root}, session_->environments,
                                                         *session_->catalogue.rules, session_->config.owners.tags));
    const AcceptanceContext context{*session_->catalogue.rules, session_->today(), false};
    Diagnostics about_comments;  // of no interest for a period
    assign_owners(joined.findings, session_->config.owners, recorder);
    apply_suppressions(joined.findings, joined.suppressions, context, session_->sources, about_comments);
    for (Finding& finding : joined.findings) {
        if (is_open(finding))
            judged.findings.push_back(detached(std::move(finding), session_->sources));
        else
            judged.others[finding.rule].add(finding);
    }
    for (const Suppression& suppression : joined.suppressions) {
        const auto end = end_of_day(suppression.expires);
        if (!end || *end <= time_) continue;
        const std::string day = rfc3339(*end).substr(0, 10);
        if (judged.comment_end.empty() || day < judged.comment_end) judged.comment_end = day;
    }
    // One that is replaced is looked at for what it depends on, since it may come to count.
    if (replaced_.contains(key)) judged = {};
    judged.dependencies = recorder.take();
    accept(judged);
    return judged;
}

/// Exchanges what is kept of a root; nullopt: it is gone.
void Replay::replace(const RootKey& key, std::optional<Judged> judged) {
    const auto note = [](const Judged& of, std::map<std::string, OpenFinding>& into) {
        for (const OpenFinding& open : of.effective)
            if (open.finding.judgement.verdict == Verdict::fail) into.insert_or_assign(open.finding.fingerprint, open);
    };
    if (const auto old = judged_.find(key); old != judged_.end()) {
        index(key, old->second.dependencies, false);
        count(old->second, false);
        note(old->second, vanished_);
        if (!old->second.comment_end.empty()) comment_ends_.erase({old->second.comment_end, key});
        judged_.erase(old);
    }
    if (!judged) return;
    index(key, judged->dependencies, true);
    count(*judged, true);
    note(*judged, appeared_);
    if (!judged->comment_end.empty()) comment_ends_.emplace(judged->comment_end, key);
    judged_.emplace(key, std::move(*judged));
}

void Replay::accept(Judged& judged) const {
    judged.effective = judged.findings;
    if (waivers_.empty()) return;
    std::vector<Finding> findings;
    findings.reserve(judged.effective.size());
    for (OpenFinding& open : judged.effective) findings.push_back(std::move(open.finding));
    Diagnostics about_waivers;  // expired ones are seen in what they no longer accept
    apply_waivers(findings, waivers_, {*session_->catalogue.rules, session_->today(), false}, about_waivers);
    for (std::size_t i = 0; i < findings.size(); ++i) judged.effective[i].finding = std::move(findings[i]);
}

/// Where waivers or the date have changed, for the roots that were not judged just now.
void Replay::accept_all(const std::set<RootKey>& except) {
    for (auto& [key, judged] : judged_) {
        if (except.contains(key)) continue;
        std::vector<OpenFinding> before = std::move(judged.effective);
        accept(judged);
        for (std::size_t i = 0; i < before.size(); ++i) {
            const OpenFinding& now = judged.effective[i];
            if (std::equal(before[i].finding.accepted.begin(), before[i].finding.accepted.end(),
                           now.finding.accepted.begin(), now.finding.accepted.end(), is_same))
                continue;
            VerdictCounts gone, come;
            gone.add(before[i].finding);
            come.add(now.finding);
            VerdictCounts& counts = verdicts_[now.finding.rule];
            counted_before_.try_emplace(now.finding.rule, counts);
            subtract(counts, gone);
            counts.add(come);
            if (now.finding.judgement.verdict == Verdict::fail) touched_.insert_or_assign(now.finding.fingerprint, now);
        }
    }
}

/// What depends on a path, to be found when the path changes.
void Replay::index(const RootKey& key, const Dependencies& dependencies, bool add) {
    const auto enter = [&](std::unordered_map<std::string, std::set<RootKey>>& index, const std::string& path) {
        if (add) {
            index[path].insert(key);
        } else if (const auto found = index.find(path); found != index.end()) {
            found->second.erase(key);
            if (found->second.empty()) index.erase(found);
        }
    };
    for (const std::string& path : dependencies.files) enter(readers_, path);
    for (const std::string& path : dependencies.folders) enter(listers_, path);
}

void Replay::count(const Judged& judged, bool add) {
    const auto enter = [&](const std::string& rule, const VerdictCounts& counts) {
        VerdictCounts& all = verdicts_[rule];
        counted_before_.try_emplace(rule, all);
        if (add)
            all.add(counts);
        else
            subtract(all, counts);
    };
    for (const auto& [rule, counts] : judged.others) enter(rule, counts);
    for (const OpenFinding& open : judged.effective) {
        VerdictCounts one;
        one.add(open.finding);
        enter(open.finding.rule, one);
    }
}

void Replay::note_diagnostics(const Diagnostics& diagnostics) {
    for (const Diagnostic& item : diagnostics.items()) {
        if (item.level == Level::note || diagnostics_.size() >= max_diagnostics) continue;
        Diagnostic kept = item;
        if (kept.path.empty() && kept.subject.valid()) kept.path = session_->sources[kept.subject.source].path();
        kept.subject = {};
        if (known_diagnostics_.insert(kept.path + '\n' + kept.code + '\n' + kept.summary).second)
            diagnostics_.emplace_back(commit_, std::move(kept));
    }
}

/// What was taken away and put back was there all the time.
void Replay::settle() {
    note_diagnostics(session_->diagnostics);
    session_->diagnostics.truncate(0);
    recounted_.clear();
    for (const auto& [rule, before] : counted_before_)
        if (before != verdicts_[rule]) recounted_.push_back(rule);
    for (auto at = appeared_.begin(); at != appeared_.end();) {
        if (vanished_.erase(at->first) == 0) {
            ++at;
            continue;
        }
        touched_.insert_or_assign(at->first, std::move(at->second));
        at = appeared_.erase(at);
    }
}

std::optional<std::int64_t> Replay::next_end() const {
    std::optional<std::int64_t> next;
    const auto consider = [&](std::optional<std::int64_t> end) {
        if (end && *end > time_ && (!next || *end < *next)) next = end;
    };
    for (const Waiver& waiver : waivers_) consider(end_of_day(waiver.expires));
    for (const auto& [end, key] : comment_ends_) {
        // The first second of that day. Those that come after end no earlier.
        consider(day_number(end) * 86400);
        if (next) break;
    }
    return next;
}

std::vector<const OpenFinding*> Replay::findings() const {
    std::vector<const OpenFinding*> all;
    for (const auto& [key, judged] : judged_)
        for (const OpenFinding& open : judged.effective) all.push_back(&open);
    return all;
}

}  // namespace plumbline
