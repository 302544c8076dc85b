#include <algorithm>
#include <array>
#include <map>
#include <ostream>
#include <set>

#include "reporters/formats.h"
#include "reporters/layout.h"
#include "reporters/summary.h"
#include "scanner/model/text.h"

namespace plumbline {
namespace {

enum class Ink : std::uint8_t { plain, bold, dim, red, red_block, yellow, blue, green, cyan };

constexpr std::array<std::string_view, 9> ink_codes = {"", "1", "2", "1;31", "1;97;41", "33", "34", "32", "36"};

// Rows of the lists at the end; -v shows all.
constexpr std::size_t short_list = 8;
// Narrower than this nothing can be laid out; such a terminal wraps by itself.
constexpr std::size_t least_width = 40;
// Rules and texts are easier to read when lines do not get longer than this.
constexpr std::size_t most_width = 120;

Ink ink_of(Severity severity) {
    switch (severity) {
        case Severity::critical:
            return Ink::red_block;
        case Severity::high:
            return Ink::red;
        case Severity::medium:
            return Ink::yellow;
        case Severity::low:
            return Ink::blue;
        case Severity::info:
            break;
    }
    return Ink::cyan;
}

/// One report being written.
class Terminal {
  public:
    Terminal(const Report& report, const SourceSet& sources, const ReportOptions& options, std::ostream& out)
        : report_(report),
          sources_(sources),
          options_(options),
          out_(out),
          width_(options.width == 0 ? 0 : std::clamp(options.width, least_width, most_width)),
          frameworks_(shown_frameworks(report, options)) {}

    void write() {
        if (options_.verbosity < 0) {
            write_lines();
            return;
        }
        write_findings();
        write_summary();
        write_undecided();
        write_accepted();
        write_not_scanned();
        write_verdict();
    }

  private:
    std::string ink(Ink color, std::string_view text) const {
        if (!options_.color || color == Ink::plain || text.empty()) return std::string(text);
        std::string out = "\x1b[";
        out.append(ink_codes[static_cast<std::size_t>(color)]).append("m").append(text).append("\x1b[0m");
        return out;
    }
    std::size_t row_limit() const { return options_.verbosity > 0 ? std::string_view::npos : short_list; }
    std::string place_text(Span place, std::string_view path) const {
        return printable(location_text(place, path, sources_));
    }
    /// Text behind a label, further lines below its beginning.
    void labelled(std::size_t indent, std::string_view label, std::string_view text, Ink color = Ink::plain) const {
        const std::size_t column = indent + 10;
        const std::vector<std::string> lines = wrap(text, width_ > column ? width_ - column : width_);
        for (std::size_t i = 0; i < lines.size(); ++i) {
            out_ << std::string(indent, ' ') << ink(Ink::dim, padded(i == 0 ? label : "", 9)) << ' '
                 << ink(color, lines[i]) << '\n';
        }
    }
    void more(std::size_t shown, std::size_t all) const {
        if (shown < all)
            out_ << ink(Ink::dim, "  … and " + std::to_string(all - shown) + " more; -v shows all") << '\n';
    }
    void title(std::string_view text) const { out_ << ink(Ink::bold, text) << '\n'; }

    bool shown(const Finding& finding) const {
        if (finding.baseline == BaselineState::absent) return false;
        if (options_.include_passed) return true;
        return is_problem(finding) && finding.baseline != BaselineState::unchanged;
    }

    void write_lines() const {
        for (const Finding& finding : report_.findings) {
            if (!shown(finding)) continue;
            out_ << ink(Ink::bold, place_text(place_of(finding), finding.file)) << ": "
                 << ink(ink_of(finding.severity), status(finding)) << ' ' << printable(finding.rule) << ' '
                 << printable(finding.resource) << ": " << printable(finding.judgement.message) << '\n';
        }
    }

    std::string_view status(const Finding& finding) const {
        if (!finding.accepted.empty()) return "accepted";
        return finding.judgement.verdict == Verdict::fail ? to_string(finding.severity)
                                                          : to_string(finding.judgement.verdict);
    }

    void write_findings() {
        std::map<std::string_view, std::size_t> per_file;
        for (const Finding& finding : report_.findings) {
            if (shown(finding)) ++per_file[path_of(finding, sources_)];
        }
        std::string_view file;
        bool any = false;
        std::set<std::string_view> explained_here, explained;
        for (const Finding& finding : report_.findings) {
            if (!shown(finding)) continue;
            if (const std::string_view path = path_of(finding, sources_); path != file || !any) {
                file = path;
                explained_here.clear();
                write_file_header(path, per_file[path]);
            }
            any = true;
            // A rule is explained once, and its fix repeated once a file: the next finding of it is a line of code
            // away.
            const bool here = explained_here.insert(finding.rule).second;
            const bool first = explained.insert(finding.rule).second;
            write_finding(finding, first ? Explain::all : here ? Explain::fix : Explain::nothing);
        }
    }

    void write_file_header(std::string_view path, std::size_t count) const {
        const std::string name = printable(path);
        const std::string tail = counted(count, "finding");
        const std::size_t used = 3 + display_width(name) + 1 + tail.size() + 1;
        std::string line;
        for (std::size_t i = used; i < std::max<std::size_t>(width_ == 0 ? 80 : width_, used + 3); ++i) line += "─";
        out_ << ink(Ink::dim, "── ") << ink(Ink::bold, name) << ' ' << ink(Ink::dim, line + " " + tail) << "\n\n";
    }

    enum class Explain : std::uint8_t { nothing, fix, all };

    void write_finding(const Finding& finding, Explain explain) const {
        const RuleInfo* rule = report_.rule(finding.rule);
        const Ink color = finding.judgement.verdict == Verdict::fail && finding.accepted.empty()
                              ? ink_of(finding.severity)
                              : Ink::dim;
        out_ << ' ' << ink(color, std::string(status(finding))) << "  " << ink(Ink::bold, printable(finding.rule))
             << "  " << printable(finding.resource) << '\n';
        for (const std::string& line : wrap(printable(finding.judgement.message), width_ > 1 ? width_ - 1 : width_)) {
            out_ << ' ' << line << '\n';
        }
        write_code(finding);
        if (!finding.judgement.undecided_by.empty())
            labelled(1, "undecided", printable(finding.judgement.undecided_by));
        for (const Acceptance& accepted : finding.accepted) labelled(1, "accepted", acceptance_text(accepted));
        if (!finding.environments.empty()) labelled(1, "in", printable(join(finding.environments, ", ")));
        if (!finding.owners.empty()) labelled(1, "owner", printable(join(finding.owners, ", ")));
        if (rule && (explain == Explain::all || options_.verbosity > 0)) {
            write_rule(*rule, finding.judgement.verdict);
        } else if (rule && explain == Explain::fix) {
            write_fix(*rule, finding.judgement.verdict);
        }
        out_ << '\n';
    }

    void write_fix(const RuleInfo& rule, Verdict verdict) const {
        if (verdict != Verdict::fail && verdict != Verdict::undecided) return;
        labelled(1, "fix", printable(rule.fix), Ink::green);
    }

    void write_rule(const RuleInfo& rule, Verdict verdict) const {
        if (options_.verbosity > 0) labelled(1, "rule", printable(rule.title));
        if (options_.verbosity > 0 && !rule.why.empty()) labelled(1, "why", printable(rule.why));
        labelled(1, "controls", controls_text(rule));
        write_fix(rule, verdict);
        const std::size_t links =
            options_.verbosity > 0 ? rule.links.size() : std::min<std::size_t>(1, rule.links.size());
        for (std::size_t i = 0; i < links; ++i) labelled(1, i == 0 ? "see" : "", printable(rule.links[i]), Ink::blue);
        if (options_.verbosity > 0 && !rule.aliases.empty()) {
            std::string aliases;
            for (std::string_view alias : rule.aliases) aliases.append(aliases.empty() ? "" : ", ").append(alias);
            labelled(1, "also", printable(aliases));
        }
    }

    std::string controls_text(const RuleInfo& rule) const {
        std::string out = printable(rule.control);
        for (std::string_view framework : frameworks_) {
            std::string ids;
            for (const ControlLink* link : links_to(rule, framework, options_.verbosity > 0)) {
                ids.append(ids.empty() ? "" : ", ").append(link->id);
            }
            if (!ids.empty()) out.append(" · ").append(short_name(report_, framework)).append(" ").append(ids);
        }
        return out;
    }

    void write_code(const Finding& finding) const {
        const Span place = place_of(finding);
        if (!place.valid()) return;
        const Source& source = sources_[place.source];
        const std::uint32_t context = options_.verbosity > 0 ? 3 : 1;
        std::size_t gutter = 0;
        for (std::uint32_t rest = source.locate(place.end).line + context; rest > 0; rest /= 10) ++gutter;
        const std::string blank(gutter + 2, ' ');
        const std::size_t room = width_ == 0 ? 0 : width_ - std::min(width_ - 10, gutter + 5);
        for (const ExcerptLine& line : excerpt(source, place, context, room)) {
            if (line.number == 0) {
                out_ << blank << ink(Ink::dim, "┆") << '\n';
                continue;
            }
            const std::string number = std::to_string(line.number);
            const bool fault = !line.marked.empty();
            out_ << ink(Ink::dim, ' ' + std::string(gutter - std::min(gutter, number.size()), ' ') + number + " │ ")
                 << (fault ? line.text() : ink(Ink::dim, line.text())) << '\n';
            if (!fault) continue;
            out_ << blank << ink(Ink::dim, "│ ") << std::string(display_width(line.before), ' ')
                 << ink(finding.severity == Severity::critical ? Ink::red : ink_of(finding.severity),
                        std::string(std::max<std::size_t>(1, display_width(line.marked)), '^'))
                 << '\n';
        }
        const auto& related = finding.judgement.related;
        for (std::size_t i = 0; i < related.size(); ++i) {
            const bool seen = related[i].span.source == place.source &&
                              source.locate(related[i].span.begin).line == source.locate(place.begin).line;
            write_origin(related[i], blank, i + 1 == related.size(), !seen);
        }
    }

    /// `╰ variables.tf:3:13 default of var.acl: default = "public-read"`
    void write_origin(const RelatedPlace& place, const std::string& blank, bool last, bool with_code) const {
        std::string head = printable(place.message);
        if (place.span.valid()) head = place_text(place.span, {}) + (head.empty() ? "" : "  ") + head;
        const std::size_t indent = blank.size() + 2;
        const std::size_t room = width_ == 0 ? 0 : width_ - std::min(width_ - 10, indent);
        std::vector<std::string> lines = wrap(head, room);
        if (with_code && place.span.valid() && lines.size() == 1) {
            const Source& source = sources_[place.span.source];
            const std::size_t used = display_width(lines[0]) + 2;
            const auto code = excerpt(source, place.span, 0, 100);
            const std::string text = code.empty() ? std::string() : std::string(trim(code.front().text()));
            if (!text.empty() && (room == 0 || used + display_width(text) <= room)) {
                lines[0] += "  " + ink(Ink::dim, text);
            }
        }
        for (std::size_t i = 0; i < lines.size(); ++i) {
            out_ << blank << ink(Ink::dim, i > 0 ? (last ? " " : "│") : last ? "╰" : "├") << ' ' << lines[i] << '\n';
        }
    }

    static std::string acceptance_text(const Acceptance& accepted) {
        std::string out = printable(accepted.justification.empty() ? "no reason given" : accepted.justification);
        if (!accepted.owner.empty()) out += ", owner " + printable(accepted.owner);
        if (!accepted.approver.empty()) out += ", approved by " + printable(accepted.approver);
        if (!accepted.ticket.empty()) out += ", " + printable(accepted.ticket);
        if (!accepted.expires.empty()) out += ", until " + printable(accepted.expires);
        return out;
    }

    void write_summary() const {
        if (report_.count(Verdict::fail) == 0 && options_.verbosity < 1) return;
        const std::vector<ControlTally> controls = tally_controls(report_);
        write_domains(controls);
        write_frameworks(controls);
    }

    void write_domains(std::span<const ControlTally> controls) const {
        std::vector<std::string_view> order;
        std::map<std::string_view, VerdictCounts> domains;
        for (const ControlTally& tally : controls) {
            if (!tally.counts.any()) continue;
            if (!domains.contains(tally.control->domain)) order.push_back(tally.control->domain);
            domains[tally.control->domain].add(tally.counts);
        }
        if (order.empty()) return;
        std::stable_sort(order.begin(), order.end(),
                         [&](std::string_view a, std::string_view b) { return domains[a].fail > domains[b].fail; });
        std::size_t name_width = 10;
        for (std::string_view name : order) name_width = std::max(name_width, display_width(printable(name)));
        name_width = std::min<std::size_t>(name_width, 36);
        const auto cell = [](std::string_view text) {
            return std::string(text.size() < 10 ? 10 - text.size() : 1, ' ') + std::string(text);
        };
        out_ << ink(Ink::bold, padded("By domain", name_width + 2))
             << ink(Ink::dim, cell("fail") + cell("pass") + cell("undecided") + cell("accepted")) << '\n';
        for (std::string_view name : order) {
            const VerdictCounts& counts = domains[name];
            const auto number = [&](std::uint64_t count, Ink color) {
                return ink(count > 0 ? color : Ink::dim, cell(count > 0 ? std::to_string(count) : "-"));
            };
            out_ << "  " << padded(cut(printable(name), name_width), name_width) << number(counts.fail, Ink::red)
                 << number(counts.pass, Ink::green) << number(counts.undecided, Ink::yellow)
                 << number(counts.accepted, Ink::plain) << '\n';
        }
        out_ << '\n';
    }

    void write_frameworks(std::span<const ControlTally> controls) const {
        bool any = false;
        std::size_t label = 0;
        for (std::string_view id : frameworks_) label = std::max(label, display_width(short_name(report_, id)));
        for (std::string_view id : frameworks_) {
            const FrameworkInfo* framework = report_.framework(id);
            if (!framework) continue;
            std::vector<RequirementTally> failing = tally_requirements(*framework, controls);
            std::erase_if(failing, [&](const RequirementTally& tally) {
                const bool weak = tally.closeness.empty() || tally.closeness.front() == Closeness::supports;
                return tally.counts.fail == 0 || (weak && options_.verbosity < 1);
            });
            std::stable_sort(failing.begin(), failing.end(), [](const RequirementTally& a, const RequirementTally& b) {
                return a.counts.fail > b.counts.fail;
            });
            if (failing.empty()) continue;
            if (!any) title("Failing requirements by framework");
            any = true;
            std::string text;
            const std::size_t count = std::min(failing.size(), row_limit());
            for (std::size_t i = 0; i < count; ++i) {
                text +=
                    printable(failing[i].requirement->id) + "\u00a0(" + std::to_string(failing[i].counts.fail) + ") ";
            }
            if (count < failing.size()) text += "… " + std::to_string(failing.size() - count) + "\u00a0more";
            const std::size_t column = label + 4;
            const auto lines = wrap(text, width_ > column ? width_ - column : width_);
            for (std::size_t i = 0; i < lines.size(); ++i) {
                out_ << "  " << ink(Ink::dim, padded(i == 0 ? short_name(report_, id) : "", label)) << "  " << lines[i]
                     << '\n';
            }
        }
        if (any) out_ << '\n';
    }

    void write_undecided() const {
        const std::vector<Undecided> causes = undecided_causes(report_);
        if (causes.empty()) return;
        std::uint64_t all = 0;
        for (const Undecided& cause : causes) all += cause.count;
        title("Undecided: " + counted(all, "verdict"));
        const std::size_t count = std::min(causes.size(), row_limit());
        for (std::size_t i = 0; i < count; ++i) {
            const std::string number = std::to_string(causes[i].count);
            std::string text = printable(causes[i].cause);
            if (causes[i].place.valid()) text += " (" + place_text(causes[i].place, {}) + ")";
            listed(std::string(number.size() < 4 ? 4 - number.size() : 0, ' ') + number + " × ", text, Ink::dim);
        }
        more(count, causes.size());
        out_ << '\n';
    }

    void listed(std::string_view head, std::string_view text, Ink color) const {
        const std::size_t column = 2 + display_width(head);
        const auto lines = wrap(text, width_ > column ? width_ - column : width_);
        for (std::size_t i = 0; i < lines.size(); ++i) {
            out_ << "  " << ink(color, padded(i == 0 ? head : "", display_width(head))) << lines[i] << '\n';
        }
    }

    void write_accepted() const {
        std::uint64_t in_source = 0, by_waiver = 0;
        std::string next;
        for (const Finding& finding : report_.findings) {
            if (finding.accepted.empty() || finding.baseline == BaselineState::absent) continue;
            ++(finding.accepted.front().kind == "inSource" ? in_source : by_waiver);
            for (const Acceptance& accepted : finding.accepted) {
                if (!accepted.expires.empty() && (next.empty() || accepted.expires < next)) next = accepted.expires;
            }
        }
        if (in_source + by_waiver > 0) {
            std::string text = "Accepted: " + counted(in_source + by_waiver, "finding");
            title(text);
            if (in_source > 0) out_ << "  " << in_source << " by a comment in the code\n";
            if (by_waiver > 0) out_ << "  " << by_waiver << " by a waiver\n";
            if (!next.empty()) out_ << "  the next one ends on " << printable(next) << '\n';
            out_ << '\n';
        }
        std::vector<const WaiverInfo*> added, stale;
        for (const WaiverInfo& exception : report_.added_exceptions) added.push_back(&exception);
        for (const WaiverInfo& waiver : report_.waivers) {
            if (has_no_effect(waiver)) stale.push_back(&waiver);
        }
        for (const WaiverInfo& comment : report_.suppressions) {
            // Unused comments are warnings of their own; a peer's may serve the peer.
            if (comment.state == "expired") stale.push_back(&comment);
        }
        write_exceptions("Exceptions that this change adds", added);
        write_exceptions("Exceptions without effect", stale);
    }

    void write_exceptions(std::string_view head, const std::vector<const WaiverInfo*>& exceptions) const {
        if (exceptions.empty()) return;
        title(std::string(head));
        const std::size_t count = std::min(exceptions.size(), row_limit());
        for (std::size_t i = 0; i < count; ++i) {
            const WaiverInfo& exception = *exceptions[i];
            const Acceptance& accepted = exception.acceptance;
            std::string text = printable(join(exception.rules, ", "));
            if (!exception.resource.empty()) text += " on " + printable(exception.resource);
            if (!exception.path.empty()) text += " in " + printable(exception.path);
            if (!accepted.owner.empty()) text += ", owner " + printable(accepted.owner);
            if (!accepted.expires.empty()) text += ", until " + printable(accepted.expires);
            if (accepted.span.valid()) text += " (" + place_text(accepted.span, {}) + ")";
            listed(padded(printable(exception.state.empty() ? "new" : exception.state), 9), text,
                   exception.state == "expired" ? Ink::red : Ink::yellow);
        }
        more(count, exceptions.size());
        out_ << '\n';
    }

    void write_not_scanned() const {
        const std::size_t all = report_.coverage.gaps.size() + report_.diagnostics.size();
        if (all == 0) return;
        title("Not scanned, or not completely");
        std::size_t left = row_limit();
        for (const Diagnostic& diagnostic : report_.diagnostics) {
            if (left == 0) break;
            --left;
            std::string text = place_text(diagnostic.subject, diagnostic.path);
            if (!text.empty()) text += ": ";
            text += printable(diagnostic.summary);
            if (!diagnostic.detail.empty()) text += ". " + printable(diagnostic.detail);
            const Ink color = diagnostic.level == Level::error ? Ink::red : Ink::yellow;
            listed(padded(to_string(diagnostic.level), 9), text, color);
        }
        for (const CoverageGap& gap : report_.coverage.gaps) {
            if (left == 0) break;
            --left;
            std::string text = place_text(gap.span, gap.path);
            if (!text.empty()) text += ": ";
            if (gap.subject != gap.path) text += printable(gap.subject) + ": ";
            listed(padded("skipped", 9), text + printable(gap.reason), Ink::yellow);
        }
        if (row_limit() < all) more(row_limit(), all);
        if (options_.verbosity > 0) {
            for (const auto& [type, count] : report_.coverage.types_without_rules) {
                listed(padded("no rule", 9), printable(type) + " (" + std::to_string(count) + ")", Ink::dim);
            }
        }
        out_ << '\n';
    }

    void write_verdict() const {
        std::array<std::uint64_t, 5> by_severity{};
        std::set<std::string_view> files;
        std::uint64_t failures = 0, known = 0;
        for (const Finding& finding : report_.findings) {
            if (!is_problem(finding)) continue;
            if (finding.baseline == BaselineState::unchanged) {
                ++known;
                continue;
            }
            ++failures;
            ++by_severity[static_cast<std::size_t>(finding.severity)];
            files.insert(path_of(finding, sources_));
        }
        VerdictCounts counts;
        for (const auto& [rule, verdicts] : report_.verdicts) counts.add(verdicts);
        const Coverage& coverage = report_.coverage;
        if (failures == 0) {
            const bool incomplete = std::any_of(report_.diagnostics.begin(), report_.diagnostics.end(),
                                                [](const Diagnostic& item) { return item.level == Level::error; });
            out_ << ink(incomplete ? Ink::yellow : Ink::green, known > 0 ? "Nothing new" : "No failures")
                 << (incomplete ? " in what could be read" : "");
        } else {
            out_ << ink(Ink::red, counted(failures, "failure")) << " in " << counted(files.size(), "file");
            std::string list;
            for (std::size_t i = by_severity.size(); i-- > 0;) {
                if (by_severity[i] == 0) continue;
                const auto severity = static_cast<Severity>(i);
                list += (list.empty() ? "" : ", ") + std::to_string(by_severity[i]) + " " +
                        ink(ink_of(severity), to_string(severity));
            }
            out_ << ": " << list;
        }
        out_ << '\n';
        std::string rest = std::to_string(counts.pass) + " passed";
        if (known > 0) rest += ", " + std::to_string(known) + " in the baseline";
        if (counts.undecided > 0) rest += ", " + std::to_string(counts.undecided) + " undecided";
        if (counts.accepted > 0) rest += ", " + std::to_string(counts.accepted) + " accepted";
        rest += " · " + counted(coverage.resources, "resource") + " in " + counted(coverage.files_read, "file") + ", " +
                counted(coverage.rules, "rule");
        for (const std::string& line : wrap(rest, width_)) out_ << ink(Ink::dim, line) << '\n';
    }

    const Report& report_;
    const SourceSet& sources_;
    const ReportOptions& options_;
    std::ostream& out_;
    std::size_t width_;
    std::vector<std::string_view> frameworks_;
};

}  // namespace

void write_terminal(const Report& report, const SourceSet& sources, const ReportOptions& options, std::ostream& out) {
    Terminal(report, sources, options, out).write();
}

}  // namespace plumbline
