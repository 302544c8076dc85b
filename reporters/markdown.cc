#include <algorithm>
#include <array>
#include <sstream>

#include "reporters/formats.h"
#include "reporters/layout.h"
#include "reporters/markdown_text.h"
#include "reporters/summary.h"
#include "scanner/model/text.h"

// A comment for a pull request: what is new at a glance, everything else folded. With a baseline only new failures are
// listed; without one all are.

namespace plumbline {
namespace {

// GitHub refuses comments over 65,536 characters; GitLab takes more.
constexpr std::size_t longest_comment = 60'000;
// Rows and details of one list; what is left out is counted.
constexpr std::size_t most_rows = 25;
constexpr std::size_t most_details = 25;

std::string_view mark(Severity severity) {
    switch (severity) {
        case Severity::critical:
            return "🟥";
        case Severity::high:
            return "🟧";
        case Severity::medium:
            return "🟨";
        case Severity::low:
            return "🟦";
        case Severity::info:
            break;
    }
    return "⬜";
}

class Markdown {
  public:
    Markdown(const Report& report, const SourceSet& sources, const ReportOptions& options)
        : report_(report), sources_(sources), options_(options) {
        for (const Finding& finding : report.findings) {
            if (finding.baseline == BaselineState::absent)
                fixed_.push_back(&finding);
            else if (finding.judgement.verdict != Verdict::fail)
                continue;
            else if (!finding.accepted.empty())
                accepted_.push_back(&finding);
            else if (finding.baseline == BaselineState::unchanged)
                ++known_;
            else
                open_.push_back(&finding);
        }
        compared_ = std::any_of(report.findings.begin(), report.findings.end(),
                                [](const Finding& item) { return item.baseline != BaselineState::none; });
        std::stable_sort(open_.begin(), open_.end(),
                         [](const Finding* a, const Finding* b) { return a->severity > b->severity; });
    }

    std::string text() {
        write_head();
        write_added_exceptions();
        write_table();
        fold(counted(std::min(open_.size(), most_details), "finding") + " in detail", open_.empty() ? "" : details());
        fold(std::to_string(fixed_.size()) + " fixed", list_of(fixed_, &Markdown::fixed_row));
        fold(std::to_string(accepted_.size()) + " accepted", list_of(accepted_, &Markdown::accepted_row));
        fold("Exceptions without effect", stale_exceptions());
        const std::vector<Undecided> causes = undecided_causes(report_);
        std::uint64_t undecided = 0;
        for (const Undecided& cause : causes) undecided += cause.count;
        fold(std::to_string(undecided) + " undecided", undecided_list(causes));
        fold("Not scanned, or not completely", not_scanned());
        return out_.str();
    }

  private:
    void write_head() {
        const std::string kind = compared_ ? "new failure" : "failure";
        if (open_.empty()) {
            out_ << "### plumbline: no " << (compared_ ? "new " : "") << "failures ✅\n\n";
        } else {
            out_ << "### plumbline: " << counted(open_.size(), kind) << "\n\n";
        }
        std::array<std::uint64_t, 5> severities{};
        for (const Finding* finding : open_) ++severities[static_cast<std::size_t>(finding->severity)];
        std::string line;
        const auto add = [&](std::uint64_t count, std::string_view what) {
            if (count > 0)
                line.append(line.empty() ? "" : " · ").append(std::to_string(count)).append(" ").append(what);
        };
        for (std::size_t i = severities.size(); i-- > 0;) {
            const auto severity = static_cast<Severity>(i);
            add(severities[i], std::string(mark(severity)) + " " + std::string(to_string(severity)));
        }
        VerdictCounts counts;
        for (const auto& [rule, verdicts] : report_.verdicts) counts.add(verdicts);
        add(fixed_.size(), "fixed");
        add(known_, "known");
        add(accepted_.size(), "accepted");
        add(counts.undecided, "undecided");
        add(counts.pass, "passed");
        if (!line.empty()) out_ << line << "\n\n";
    }

    void write_table() {
        if (open_.empty()) return;
        out_ << "| | Where | What | Controls |\n|---|---|---|---|\n";
        for (std::size_t i = 0; i < std::min(open_.size(), most_rows); ++i) {
            const Finding& finding = *open_[i];
            const RuleInfo* rule = report_.rule(finding.rule);
            out_ << "| " << mark(finding.severity) << " " << to_string(finding.severity) << " | " << place(finding)
                 << " | **" << markdown_text(finding.rule) << "** " << markdown_code(finding.resource) << "<br>"
                 << markdown_text(finding.judgement.message) << " | " << (rule ? controls(*rule, "<br>") : "")
                 << " |\n";
        }
        if (open_.size() > most_rows) out_ << "\n… and " << open_.size() - most_rows << " more.\n";
        out_ << "\n";
    }

    std::string place(const Finding& finding) const {
        const Span span = place_of(finding);
        std::string text(path_of(finding, sources_));
        if (span.valid()) text += ":" + std::to_string(sources_.begin_of(span).line);
        return markdown_code(text);
    }

    std::string controls(const RuleInfo& rule, std::string_view separator) const {
        std::string out;
        for (std::string_view framework : shown_frameworks(report_, options_)) {
            std::string ids;
            for (const ControlLink* link : links_to(rule, framework))
                ids.append(ids.empty() ? " " : ", ").append(markdown_text(link->id));
            if (!ids.empty())
                out.append(out.empty() ? "" : separator)
                    .append(markdown_text(short_name(report_, framework)))
                    .append(ids);
        }
        return out;
    }

    std::string details() const {
        std::string out;
        for (std::size_t i = 0; i < std::min(open_.size(), most_details); ++i) {
            const Finding& finding = *open_[i];
            const RuleInfo* rule = report_.rule(finding.rule);
            out += "#### " + std::string(mark(finding.severity)) + " " + markdown_text(finding.rule) + " " +
                   markdown_code(finding.resource) + "\n\n";
            out += markdown_text(finding.judgement.message) + " (" + place(finding) + ")\n\n" + code_block(finding);
            for (const RelatedPlace& related : finding.judgement.related) {
                out += "- " + markdown_text(related.message);
                if (related.span.valid()) out += " (" + markdown_code(location_text(related.span, {}, sources_)) + ")";
                out += "\n";
            }
            if (!finding.owners.empty()) out += "- Owner: " + markdown_code(join(finding.owners, " ")) + "\n";
            if (rule) {
                if (!rule->why.empty()) out += "- Why: " + markdown_text(rule->why) + "\n";
                if (!rule->fix.empty()) out += "- **Fix:** " + printable(rule->fix) + "\n";
                if (!rule->links.empty()) out += "- <" + printable(rule->links.front()) + ">\n";
            }
            out += "\n";
        }
        if (open_.size() > most_details) out += "… and " + std::to_string(open_.size() - most_details) + " more.\n";
        return out;
    }

    std::string code_block(const Finding& finding) const {
        const Span span = place_of(finding);
        if (!span.valid()) return "";
        std::string body;
        std::size_t run = 0, longest = 2;
        for (const ExcerptLine& line : excerpt(sources_[span.source], span, 1, 120)) {
            body += line.number == 0 ? "    …\n" : std::to_string(line.number) + " │ " + line.text() + "\n";
        }
        for (char c : body) {
            run = c == '`' ? run + 1 : 0;
            longest = std::max(longest, run);
        }
        const std::string fence(longest + 1, '`');
        return fence + "\n" + body + fence + "\n\n";
    }

    std::string list_of(const std::vector<const Finding*>& findings,
                        std::string (Markdown::*row)(const Finding&) const) const {
        std::string out;
        for (std::size_t i = 0; i < std::min(findings.size(), most_rows); ++i)
            out += "- " + (this->*row)(*findings[i]) + "\n";
        if (findings.size() > most_rows) out += "- … and " + std::to_string(findings.size() - most_rows) + " more\n";
        return out;
    }

    std::string fixed_row(const Finding& finding) const {
        return "**" + markdown_text(finding.rule) + "** " + markdown_code(finding.resource) + " in " +
               markdown_code(finding.file);
    }

    std::string accepted_row(const Finding& finding) const {
        const Acceptance& accepted = finding.accepted.front();
        std::string out = std::string(mark(finding.severity)) + " **" + markdown_text(finding.rule) + "** " +
                          markdown_code(finding.resource) + ": " +
                          markdown_text(accepted.justification.empty() ? "no reason given" : accepted.justification);
        if (!accepted.owner.empty()) out += ", owner " + markdown_code(accepted.owner);
        if (!accepted.approver.empty()) out += ", approved by " + markdown_code(accepted.approver);
        if (!accepted.ticket.empty()) out += ", " + markdown_text(accepted.ticket);
        if (!accepted.expires.empty()) out += ", until " + markdown_text(accepted.expires);
        if (finding.baseline == BaselineState::fresh) out += " (**new**)";
        return out;
    }

    /// `rule` on `resource` in `path`
    static std::string covered(const WaiverInfo& exception) {
        std::string out = markdown_code(join(exception.rules, ", "));
        if (!exception.resource.empty()) out += " on " + markdown_code(exception.resource);
        if (!exception.path.empty()) out += " in " + markdown_code(exception.path);
        return out;
    }

    std::string stale_exceptions() const {
        std::string out;
        for (const std::vector<WaiverInfo>* part : {&report_.waivers, &report_.suppressions}) {
            for (const WaiverInfo& exception : *part) {
                // Unused comments are warnings of their own; a peer's may serve the peer.
                if (part == &report_.waivers ? !has_no_effect(exception) : exception.state != "expired") continue;
                out += "- **" + markdown_text(exception.state) + "**: " + covered(exception);
                if (!exception.acceptance.expires.empty())
                    out += ", until " + markdown_text(exception.acceptance.expires);
                out += "\n";
            }
        }
        return out;
    }

    /// Never folded: who reviews the change decides on these too.
    void write_added_exceptions() {
        const std::vector<WaiverInfo>& added = report_.added_exceptions;
        if (added.empty()) return;
        out_ << "⚠️ **This change adds " << counted(added.size(), "exception") << "**\n\n"
             << "| Accepts | Reason | Owner | Approver | Until |\n|---|---|---|---|---|\n";
        for (std::size_t i = 0; i < std::min(added.size(), most_rows); ++i) {
            const Acceptance& accepted = added[i].acceptance;
            std::string reason =
                accepted.justification.empty() ? "**no reason given**" : markdown_text(accepted.justification);
            if (!accepted.compensating_control.empty())
                reason += "<br>Instead: " + markdown_text(accepted.compensating_control);
            if (!accepted.ticket.empty()) reason += "<br>" + markdown_text(accepted.ticket);
            out_ << "| " << covered(added[i]) << (accepted.kind == "inSource" ? " (comment in the code)" : "") << " | "
                 << reason << " | " << (accepted.owner.empty() ? "–" : markdown_text(accepted.owner)) << " | "
                 << (accepted.approver.empty() ? "–" : markdown_text(accepted.approver)) << " | "
                 << (accepted.expires.empty() ? "**no end**" : markdown_text(accepted.expires)) << " |\n";
        }
        if (added.size() > most_rows) out_ << "\n… and " << added.size() - most_rows << " more.\n";
        out_ << "\n";
    }

    std::string undecided_list(const std::vector<Undecided>& causes) const {
        std::string out;
        for (std::size_t i = 0; i < std::min(causes.size(), most_rows); ++i) {
            out += "- " + std::to_string(causes[i].count) + " × " + markdown_text(causes[i].cause);
            if (causes[i].place.valid())
                out += " (" + markdown_code(location_text(causes[i].place, {}, sources_)) + ")";
            out += "\n";
        }
        if (causes.size() > most_rows) out += "- … and " + std::to_string(causes.size() - most_rows) + " more causes\n";
        return out;
    }

    std::string not_scanned() const {
        std::vector<std::string> rows;
        for (const Diagnostic& item : report_.diagnostics) {
            std::string row = std::string(to_string(item.level)) + ": ";
            const std::string where = location_text(item.subject, item.path, sources_);
            if (!where.empty()) row += markdown_code(where) + " ";
            rows.push_back(row + markdown_text(item.summary) +
                           (item.detail.empty() ? "" : ". " + markdown_text(item.detail)));
        }
        for (const CoverageGap& gap : report_.coverage.gaps)
            rows.push_back("skipped: " + markdown_code(gap.subject) + " " + markdown_text(gap.reason));
        std::string out;
        for (std::size_t i = 0; i < std::min(rows.size(), most_rows); ++i) out += "- " + rows[i] + "\n";
        if (rows.size() > most_rows) out += "- … and " + std::to_string(rows.size() - most_rows) + " more\n";
        return out;
    }

    /// A part that does not fit any more is left out whole, so that no markup stays open.
    void fold(std::string_view title, const std::string& body) {
        if (body.empty()) return;
        if (static_cast<std::size_t>(out_.tellp()) + body.size() > longest_comment) {
            out_ << "_" << title << ": too long for a comment; see the full report._\n\n";
            return;
        }
        out_ << "<details><summary>" << title << "</summary>\n\n" << body << "\n</details>\n\n";
    }

    const Report& report_;
    const SourceSet& sources_;
    const ReportOptions& options_;
    std::vector<const Finding*> open_, fixed_, accepted_;
    std::uint64_t known_ = 0;
    bool compared_ = false;
    std::ostringstream out_;
};

}  // namespace

void write_markdown(const Report& report, const SourceSet& sources, const ReportOptions& options, std::ostream& out) {
    std::string text = Markdown(report, sources, options).text();
    while (text.ends_with("\n\n")) text.pop_back();
    out << text;
}

}  // namespace plumbline
