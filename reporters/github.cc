#include <algorithm>

#include "reporters/formats.h"
#include "reporters/summary.h"
#include "scanner/model/text.h"

// Annotations of a GitHub workflow run: a workflow command per new failure. GitHub shows the first ten of each kind, so
// the worst come first.

namespace plumbline {
namespace {

/// As the runner unescapes it; `property` for the part before the message.
std::string escaped(std::string_view text, bool property) {
    std::string out;
    for (char c : text) {
        if (c == '%')
            out += "%25";
        else if (c == '\r')
            out += "%0D";
        else if (c == '\n')
            out += "%0A";
        else if (property && c == ':')
            out += "%3A";
        else if (property && c == ',')
            out += "%2C";
        else
            out += c;
    }
    return out;
}

std::string_view command_of(Severity severity) {
    if (severity >= Severity::high) return "error";
    return severity == Severity::medium ? "warning" : "notice";
}

/// ` file=a.tf,line=1,col=2,endColumn=5`; columns only within one line, which is all that GitHub understands.
std::string place_text(Span place, std::string_view path, const SourceSet& sources) {
    if (!place.valid()) return path.empty() ? std::string() : " file=" + escaped(printable(path), true);
    const Source& source = sources[place.source];
    const LineCol begin = source.locate(place.begin), end = source.locate(std::max(place.begin, place.end));
    std::string out = " file=" + escaped(printable(source.path()), true) + ",line=" + std::to_string(begin.line);
    if (end.line != begin.line) return out + ",endLine=" + std::to_string(end.line);
    return out + ",col=" + std::to_string(begin.column) + ",endColumn=" + std::to_string(end.column);
}

}  // namespace

void write_github(const Report& report, const SourceSet& sources, const ReportOptions& options, std::ostream& out) {
    std::vector<const Finding*> findings;
    for (const Finding& finding : report.findings) {
        if (finding.counts()) findings.push_back(&finding);
    }
    std::stable_sort(findings.begin(), findings.end(),
                     [](const Finding* a, const Finding* b) { return a->severity > b->severity; });
    for (const Finding* finding : findings) {
        const RuleInfo* rule = report.rule(finding->rule);
        std::string place = place_text(place_of(*finding), finding->file, sources);
        const std::string title = std::string(rule ? rule->title : finding->rule) + " (" + finding->rule + ")";
        std::string text = printable(finding->resource) + ": " + printable(finding->judgement.message);
        for (const RelatedPlace& related : finding->judgement.related) {
            text += "\n" + printable(location_text(related.span, {}, sources)) + " " + printable(related.message);
        }
        if (rule) {
            std::string controls;
            for (std::string_view framework : shown_frameworks(report, options)) {
                std::string ids;
                for (const ControlLink* link : links_to(*rule, framework)) ids.append(" ").append(link->id);
                if (!ids.empty())
                    controls.append(controls.empty() ? "" : ", ").append(short_name(report, framework)).append(ids);
            }
            text += "\nFix: " + printable(rule->fix);
            if (!controls.empty()) text += "\nControls: " + printable(controls);
        }
        if (!finding->owners.empty()) text += "\nOwner: " + printable(join(finding->owners, ", "));
        out << "::" << command_of(finding->severity) << place << (place.empty() ? " " : ",")
            << "title=" << escaped(printable(title), true) << "::" << escaped(text, false) << '\n';
    }
    for (const WaiverInfo& exception : report.added_exceptions) {
        const Acceptance& accepted = exception.acceptance;
        const std::string place = place_text(accepted.span, {}, sources);
        std::string text = printable(join(exception.rules, ", "));
        if (!exception.resource.empty()) text += " on " + printable(exception.resource);
        if (!exception.path.empty()) text += " in " + printable(exception.path);
        text += "\nReason: " + (accepted.justification.empty() ? "none given" : printable(accepted.justification));
        if (!accepted.owner.empty()) text += "\nOwner: " + printable(accepted.owner);
        text += "\nUntil: " + (accepted.expires.empty() ? "no end" : printable(accepted.expires));
        out << "::warning" << place << (place.empty() ? " " : ",")
            << "title=This change adds an exception::" << escaped(text, false) << '\n';
    }
    for (const Diagnostic& item : report.diagnostics) {
        if (item.level == Level::note) continue;
        const std::string place = place_text(item.subject, item.path, sources);
        out << "::warning" << place << (place.empty() ? " " : ",")
            << "title=" << escaped("Not scanned completely", true) << "::"
            << escaped(printable(item.summary) + (item.detail.empty() ? "" : ". " + printable(item.detail)), false)
            << '\n';
    }
}

}  // namespace plumbline
