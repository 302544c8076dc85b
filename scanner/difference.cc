#include "scanner/difference.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <unordered_map>

#include "scanner/model/file_system.h"

namespace plumbline {
namespace {

/// A failure that nobody has accepted: what makes a scan red.
bool is_open(const Finding& finding) {
    return finding.judgement.verdict == Verdict::fail && finding.accepted.empty();
}

/// What was there before, to be found and taken out, each once.
class Earlier {
  public:
    explicit Earlier(std::vector<Finding> findings, const Renames& renames)
        : findings_(std::move(findings)), renames_(renames), used_(findings_.size()) {
        for (std::size_t i = 0; i < findings_.size(); ++i) {
            by_fingerprint_[findings_[i].fingerprint].push_back(i);
            by_place_[place(findings_[i], moved(findings_[i].file))].push_back(i);
        }
        for (const auto& [from, to] : renames_) folders_.emplace(parent_path(from), parent_path(to));
    }

    /// Which finding of the old side each of the new side is, with the same verdict; null where there is none left.
    /// The likest go together first: equal ones before moved ones, equally accepted ones before others.
    std::vector<const Finding*> match(const std::vector<Finding>& after) {
        std::vector<const Finding*> out(after.size());
        for (const bool by_move : {false, true}) {
            if (by_move && renames_.empty()) break;
            for (const bool equally : {true, false}) {
                for (std::size_t i = 0; i < after.size(); ++i)
                    if (!out[i]) out[i] = take(after[i], by_move, equally);
            }
        }
        return out;
    }

    std::vector<Finding> rest() {
        std::vector<Finding> out;
        for (std::size_t i = 0; i < findings_.size(); ++i)
            if (!used_[i]) out.push_back(std::move(findings_[i]));
        return out;
    }

  private:
    const Finding* take(const Finding& finding, bool by_move, bool equally) {
        const auto& index = by_move ? by_place_ : by_fingerprint_;
        const auto found = index.find(by_move ? place(finding, finding.file) : finding.fingerprint);
        if (found == index.end()) return nullptr;
        for (std::size_t i : found->second) {
            const Finding& earlier = findings_[i];
            if (used_[i] || earlier.judgement.verdict != finding.judgement.verdict) continue;
            if ((is_open(earlier) == is_open(finding)) != equally) continue;
            if (by_move && !root_moved(earlier.root, finding.root)) continue;
            used_[i] = true;
            return &earlier;
        }
        return nullptr;
    }
    const std::string& moved(const std::string& path) const {
        const auto found = renames_.find(path);
        return found == renames_.end() ? path : found->second;
    }
    /// A root is a file or a folder; a folder has moved where one of its files has.
    bool root_moved(const std::string& from, const std::string& to) const {
        return from == to || moved(from) == to || folders_.contains({from, to});
    }
    static std::string place(const Finding& finding, const std::string& file) {
        return finding.rule + '\n' + finding.resource + '\n' + finding.judgement.attribute + '\n' + file;
    }

    std::vector<Finding> findings_;
    const Renames& renames_;
    std::vector<bool> used_;
    std::unordered_map<std::string, std::vector<std::size_t>> by_fingerprint_, by_place_;
    std::set<std::pair<std::string, std::string>> folders_;
};

Finding gone(const Finding& earlier) {
    Finding finding;
    finding.rule = earlier.rule;
    finding.resource = earlier.resource;
    finding.type = earlier.type;
    finding.platform = earlier.platform;
    finding.root = earlier.root;
    finding.file = earlier.file;
    finding.severity = earlier.severity;
    finding.fingerprint = earlier.fingerprint;
    finding.environments = earlier.environments;
    // Its lines are those of a file that is no longer there.
    finding.judgement.message = "no longer found";
    finding.baseline = BaselineState::absent;
    return finding;
}

std::string file_of(Span span, const std::string& path, const SourceSet& sources) {
    return span.valid() ? sources.get(span.source).path() : path;
}

}  // namespace

std::vector<Finding> difference(std::vector<Finding> after, std::vector<Finding> before, const Renames& renames) {
    Earlier earlier(std::move(before), renames);
    std::vector<Finding> out;
    std::set<std::string> undecided;  // what is not known to fail is not known to be repaired
    const std::vector<const Finding*> matched = earlier.match(after);
    for (std::size_t i = 0; i < after.size(); ++i) {
        Finding& finding = after[i];
        const Finding* same = matched[i];
        if (finding.judgement.verdict == Verdict::undecided) undecided.insert(finding.fingerprint);
        if (finding.judgement.verdict != Verdict::fail) {
            if (!same) out.push_back(std::move(finding));
            continue;
        }
        if (finding.accepted.empty()) {
            if (same && same->accepted.empty()) continue;
            finding.baseline = BaselineState::fresh;
        } else {
            if (same && !same->accepted.empty()) continue;
            finding.baseline = same ? BaselineState::unchanged : BaselineState::fresh;
        }
        out.push_back(std::move(finding));
    }
    for (const Finding& finding : earlier.rest()) {
        if (is_open(finding) && !undecided.contains(finding.fingerprint)) out.push_back(gone(finding));
    }
    return out;
}

Diagnostics difference(const Diagnostics& after, const Diagnostics& before, const SourceSet& sources) {
    const auto key = [&](const Diagnostic& item) {
        return std::tuple(file_of(item.subject, item.path, sources), item.code, item.summary, item.detail, item.level);
    };
    std::multiset<std::tuple<std::string, std::string, std::string, std::string, Level>> known;
    for (const Diagnostic& item : before.items()) known.insert(key(item));
    Diagnostics out;
    for (const Diagnostic& item : after.items()) {
        const auto found = known.find(key(item));
        if (found == known.end())
            out.add(item);
        else
            known.erase(found);
    }
    return out;
}

std::vector<CoverageGap> difference(std::vector<CoverageGap> after, const std::vector<CoverageGap>& before,
                                    const SourceSet& sources) {
    const auto key = [&](const CoverageGap& gap) {
        return std::tuple(file_of(gap.span, gap.path, sources), gap.kind, gap.subject, gap.reason);
    };
    std::set<std::tuple<std::string, std::string, std::string, std::string>> known;
    for (const CoverageGap& gap : before) known.insert(key(gap));
    std::erase_if(after, [&](const CoverageGap& gap) { return known.contains(key(gap)); });
    return after;
}

}  // namespace plumbline
