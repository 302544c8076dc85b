#include "reporters/summary.h"

#include <algorithm>
#include <array>
#include <unordered_map>

namespace plumbline {
namespace {

struct ShortName {
    std::string_view id, name;
    bool shown;
};
// `shown`: current editions that certificates are asked for today.
constexpr std::array<ShortName, 10> short_names = {{
    {"soc2", "SOC 2", true},
    {"iso27001_2022", "ISO/IEC 27001:2022", true},
    {"iso27001_2022_clauses", "ISO/IEC 27001:2022 clauses", false},
    {"iso27001_2013", "ISO/IEC 27001:2013", false},
    {"nist_csf_1_1", "NIST CSF 1.1", false},
    {"nist_csf_2_0", "NIST CSF 2.0", true},
    {"nist_800_53_r5", "NIST SP 800-53 r5", true},
    {"nist_800_171_r2", "NIST SP 800-171 r2", false},
    {"nist_800_171_r3", "NIST SP 800-171 r3", false},
    {"cmmc_2_0", "CMMC 2.0", false},
}};

bool is_shown(std::string_view framework) {
    return std::any_of(short_names.begin(), short_names.end(),
                       [&](const ShortName& item) { return item.id == framework && item.shown; });
}

bool is_chosen(const ReportOptions& options, std::string_view framework) {
    return std::find(options.frameworks.begin(), options.frameworks.end(), framework) != options.frameworks.end();
}

}  // namespace

std::string_view short_name(const Report& report, std::string_view framework) {
    for (const ShortName& item : short_names) {
        if (item.id == framework) return item.name;
    }
    const FrameworkInfo* info = report.framework(framework);
    return info && !info->name.empty() ? info->name : framework;
}

std::vector<std::string_view> chosen_frameworks(const Report& report, const ReportOptions& options) {
    std::vector<std::string_view> out;
    for (const FrameworkInfo& framework : report.frameworks) {
        if (options.frameworks.empty() || is_chosen(options, framework.id)) out.push_back(framework.id);
    }
    return out;
}

std::vector<std::string_view> shown_frameworks(const Report& report, const ReportOptions& options) {
    std::vector<std::string_view> out = chosen_frameworks(report, options);
    if (!options.frameworks.empty() || options.verbosity > 0) return out;
    std::vector<std::string_view> few;
    std::copy_if(out.begin(), out.end(), std::back_inserter(few), is_shown);
    return few.empty() ? out : few;
}

std::vector<const ControlLink*> links_to(const RuleInfo& rule, std::string_view framework, bool all) {
    std::vector<const ControlLink*> close, supporting;
    for (const ControlLink& link : rule.frameworks) {
        if (link.framework != framework) continue;
        (link.closeness == Closeness::supports ? supporting : close).push_back(&link);
    }
    if (close.empty() || all) close.insert(close.end(), supporting.begin(), supporting.end());
    return close;
}

Span place_of(const Finding& finding) {
    if (finding.judgement.subject.valid()) return finding.judgement.subject;
    return finding.header.valid() ? finding.header : finding.block;
}

std::string_view path_of(const Finding& finding, const SourceSet& sources) {
    const Span place = place_of(finding);
    return place.valid() ? std::string_view(sources[place.source].path()) : std::string_view(finding.file);
}

bool is_problem(const Finding& finding) {
    return finding.judgement.verdict == Verdict::fail && finding.accepted.empty() &&
           finding.baseline != BaselineState::absent;
}

bool is_listed(const Finding& finding, const ReportOptions& options) {
    return options.include_passed ||
           (finding.judgement.verdict == Verdict::fail && finding.baseline != BaselineState::absent);
}

bool has_no_effect(const WaiverInfo& exception) {
    return exception.state == "expired" || exception.state == "unused";
}

std::vector<Undecided> undecided_causes(const Report& report) {
    std::unordered_map<std::string_view, std::size_t> index;
    std::vector<Undecided> out;
    for (const Finding& finding : report.findings) {
        if (finding.judgement.verdict != Verdict::undecided || finding.baseline == BaselineState::absent) continue;
        const std::string& by = finding.judgement.undecided_by;
        const std::string_view cause = by.empty() ? finding.judgement.message : by;
        const auto [at, added] = index.try_emplace(cause, out.size());
        if (added) {
            const auto& related = finding.judgement.related;
            out.push_back({cause, 0, related.empty() ? place_of(finding) : related.back().span});
        }
        ++out[at->second].count;
    }
    std::sort(out.begin(), out.end(), [](const Undecided& a, const Undecided& b) {
        return a.count != b.count ? a.count > b.count : a.cause < b.cause;
    });
    return out;
}

std::vector<ControlTally> tally_controls(const Report& report) {
    std::vector<ControlTally> out;
    std::unordered_map<std::string_view, std::size_t> index;
    for (const ControlInfo& control : report.controls) {
        index.emplace(control.id, out.size());
        out.push_back({&control, {}, {}, Maturity::not_assessed});
    }
    for (const RuleInfo& rule : report.rules) {
        const auto at = index.find(rule.control);
        if (at == index.end()) continue;
        ControlTally& tally = out[at->second];
        tally.rules.push_back(&rule);
        if (const auto counts = report.verdicts.find(rule.id); counts != report.verdicts.end()) {
            tally.counts.add(counts->second);
        }
    }
    for (ControlTally& tally : out) tally.maturity = maturity_of(tally.counts, tally.control->dated_history);
    return out;
}

std::vector<RequirementTally> tally_requirements(const FrameworkInfo& framework,
                                                 std::span<const ControlTally> controls) {
    std::vector<RequirementTally> out;
    std::unordered_map<std::string_view, std::size_t> index;
    for (const RequirementInfo& requirement : framework.requirements) {
        if (requirement.heading || requirement.withdrawn) continue;
        index.emplace(requirement.id, out.size());
        out.push_back({&requirement, {}, {}, {}, Maturity::not_assessed});
    }
    for (const Closeness pass : {Closeness::direct, Closeness::partial, Closeness::supports}) {
        for (const ControlTally& control : controls) {
            for (const ControlLink& link : control.control->links) {
                if (link.framework != framework.id || link.closeness != pass) continue;
                const auto at = index.find(link.id);
                if (at == index.end()) continue;
                out[at->second].controls.push_back(&control);
                out[at->second].closeness.push_back(pass);
            }
        }
    }
    for (RequirementTally& tally : out) {
        bool history = true;
        const bool close = !tally.closeness.empty() && tally.closeness.front() != Closeness::supports;
        for (std::size_t i = 0; i < tally.controls.size(); ++i) {
            if (close && tally.closeness[i] == Closeness::supports) continue;
            tally.counts.add(tally.controls[i]->counts);
            history = history && tally.controls[i]->control->dated_history;
        }
        tally.maturity = maturity_of(tally.counts, history);
    }
    return out;
}

std::string_view to_string(Closeness closeness) {
    switch (closeness) {
        case Closeness::direct:
            return "direct";
        case Closeness::partial:
            return "partial";
        case Closeness::supports:
            break;
    }
    return "supports";
}

std::string_view to_string(BaselineState state) {
    switch (state) {
        case BaselineState::none:
            return "";
        case BaselineState::fresh:
            return "new";
        case BaselineState::unchanged:
            return "unchanged";
        case BaselineState::updated:
            return "updated";
        case BaselineState::absent:
            break;
    }
    return "absent";
}

std::string_view to_string(Level level) {
    switch (level) {
        case Level::note:
            return "note";
        case Level::warning:
            return "warning";
        case Level::error:
            break;
    }
    return "error";
}

std::string counted(std::uint64_t count, std::string_view singular, std::string_view plural) {
    std::string out = std::to_string(count) + " ";
    if (count == 1) return out.append(singular);
    return plural.empty() ? out.append(singular) + "s" : out.append(plural);
}

std::string location_text(Span place, std::string_view path, const SourceSet& sources) {
    if (!place.valid()) return std::string(path);
    const Source& source = sources[place.source];
    const LineCol at = source.locate(place.begin);
    return source.path() + ":" + std::to_string(at.line) + ":" + std::to_string(at.column);
}

std::string uri_of(std::string_view path) {
    static constexpr std::string_view kept = "-._~!$&'()*+,;=@/";
    static constexpr char digits[] = "0123456789ABCDEF";
    std::string out;
    if (path.starts_with('/')) out = "file://";
    for (char c : path) {
        const auto byte = static_cast<unsigned char>(c);
        const bool plain = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z');
        if (plain || kept.find(c) != std::string_view::npos) {
            out += c;
        } else {
            out += '%';
            out += digits[byte >> 4];
            out += digits[byte & 15];
        }
    }
    return out;
}

}  // namespace plumbline
