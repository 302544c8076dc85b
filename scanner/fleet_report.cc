#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <sstream>

#include "reporters/html_page.h"
#include "reporters/json_writer.h"
#include "scanner/document.h"
#include "scanner/fleet.h"
#include "scanner/ledger.h"
#include "scanner/model/text.h"

namespace plumbline {
namespace {

constexpr std::array<std::string_view, 5> severities = {"critical", "high", "medium", "low", "info"};

struct DayPoint {
    std::string day;
    std::array<std::uint64_t, severities.size()> open{};
};
struct NamedCount {
    std::string name;
    std::uint64_t findings = 0, repositories = 0;
};
struct Repair {
    std::uint64_t count = 0;
    std::int64_t mean = 0, median = 0;  ///< seconds
};
struct RepositoryRow {
    std::string id, name, commit, last_scanned, error;
    std::uint64_t problems = 0;
    std::array<std::uint64_t, severities.size()> open{};
};

/// What a fleet report says.
struct Figures {
    std::string last_run;
    std::uint64_t repositories = 0, failed = 0, open = 0, accepted = 0;
    std::vector<DayPoint> trend;
    std::vector<NamedCount> controls, rules, owners;
    std::map<std::string, Repair> repairs;
    std::vector<RepositoryRow> rows;
};

std::uint64_t number_of(const Database::Field& field) {
    std::uint64_t number = 0;
    if (field) std::from_chars(field->data(), field->data() + field->size(), number);
    return number;
}

std::size_t place_of(std::string_view severity) {
    return static_cast<std::size_t>(std::find(severities.begin(), severities.end(), severity) - severities.begin());
}

std::vector<NamedCount> counted_by(Database& database, const std::string& column) {
    std::vector<NamedCount> out;
    for (const auto& row :
         database.query("SELECT " + column +
                        ", COUNT(*), COUNT(DISTINCT repository_id) FROM plumbline_findings WHERE resolved_at IS "
                        "NULL AND accepted = 0 GROUP BY " +
                        column + " ORDER BY COUNT(*) DESC, " + column))
        out.push_back({row[0].value_or(""), number_of(row[1]), number_of(row[2])});
    return out;
}

Figures figures_of(Database& database, std::size_t days) {
    Figures figures;
    const auto last = database.query("SELECT MAX(started) FROM plumbline_runs WHERE finished IS NOT NULL");
    figures.last_run = last[0][0].value_or("");
    std::map<std::string, std::size_t> index;
    for (const auto& row : database.query("SELECT id, name, commit_id, last_scanned, error, problems FROM "
                                          "plumbline_repositories ORDER BY name")) {
        index[row[0].value_or("")] = figures.rows.size();
        figures.rows.push_back({row[0].value_or(""),
                                row[1].value_or(""),
                                row[2].value_or(""),
                                row[3].value_or(""),
                                row[4].value_or(""),
                                number_of(row[5]),
                                {}});
        ++figures.repositories;
        if (row[4].value_or("") != "") ++figures.failed;
    }
    for (const auto& row : database.query("SELECT repository_id, severity, COUNT(*) FROM plumbline_findings WHERE "
                                          "resolved_at IS NULL AND accepted = 0 "
                                          "GROUP BY repository_id, severity")) {
        const auto at = index.find(row[0].value_or(""));
        const std::size_t severity = place_of(row[1].value_or(""));
        if (at == index.end() || severity == severities.size()) continue;
        figures.rows[at->second].open[severity] = number_of(row[2]);
        figures.open += number_of(row[2]);
    }
    figures.accepted = number_of(
        database.query("SELECT COUNT(*) FROM plumbline_findings WHERE resolved_at IS NULL AND accepted = 1")[0][0]);
    // The days on which something was scanned; between two of them nothing is known to have changed.
    auto scanned = database.query(
        "SELECT DISTINCT substr(started, 1, 10) AS day FROM plumbline_runs WHERE finished IS NOT NULL ORDER BY day");
    if (scanned.size() > days) scanned.erase(scanned.begin(), scanned.end() - static_cast<std::ptrdiff_t>(days));
    for (const auto& day : scanned) {
        DayPoint point;
        point.day = day[0].value_or("");
        for (const auto& row : database.query("SELECT severity, COUNT(*) FROM plumbline_findings WHERE accepted = 0 "
                                              "AND first_seen <= $1 AND (resolved_at "
                                              "IS NULL OR resolved_at > $1) GROUP BY severity",
                                              {point.day + "T23:59:59Z"})) {
            const std::size_t severity = place_of(row[0].value_or(""));
            if (severity < severities.size()) point.open[severity] = number_of(row[1]);
        }
        figures.trend.push_back(std::move(point));
    }
    figures.controls = counted_by(database, "control");
    figures.rules = counted_by(database, "rule");
    figures.owners = counted_by(database, "owners");
    std::map<std::string, std::vector<std::int64_t>> took;
    // What was open at a repository's first scan came at an unknown time before.
    for (const auto& row :
         database.query("SELECT f.severity, f.first_seen, f.resolved_at FROM plumbline_findings f JOIN "
                        "plumbline_repositories r ON r.id "
                        "= f.repository_id WHERE f.resolved_at IS NOT NULL AND f.first_seen > r.first_scanned"))
        took[row[0].value_or("")].push_back(parse_rfc3339(row[2].value_or("")) - parse_rfc3339(row[1].value_or("")));
    for (auto& [severity, seconds] : took) {
        std::sort(seconds.begin(), seconds.end());
        std::int64_t sum = 0;
        for (const std::int64_t one : seconds) sum += one;
        const std::size_t middle = seconds.size() / 2;
        figures.repairs[severity] = {
            seconds.size(), sum / static_cast<std::int64_t>(seconds.size()),
            seconds.size() % 2 == 1 ? seconds[middle] : (seconds[middle - 1] + seconds[middle]) / 2};
    }
    return figures;
}

std::string days_text(std::int64_t seconds) {
    const std::int64_t tenths = (seconds * 10 + 43200) / 86400;
    return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " days";
}

std::uint64_t total(const std::array<std::uint64_t, severities.size()>& counts) {
    std::uint64_t sum = 0;
    for (const std::uint64_t count : counts) sum += count;
    return sum;
}

/// The repositories with the most serious findings first.
std::vector<const RepositoryRow*> worst(const Figures& figures) {
    std::vector<const RepositoryRow*> rows;
    for (const RepositoryRow& row : figures.rows) rows.push_back(&row);
    std::stable_sort(rows.begin(), rows.end(),
                     [](const RepositoryRow* a, const RepositoryRow* b) { return a->open > b->open; });
    return rows;
}

void write_terminal(const Figures& figures, std::ostream& out) {
    out << "Last run " << (figures.last_run.empty() ? "never" : figures.last_run) << ": " << figures.repositories
        << " repositories, " << figures.failed << " of them not scanned; " << figures.open << " open findings, "
        << figures.accepted << " accepted\n";
    const auto table = [&](std::string_view title, const std::vector<NamedCount>& rows) {
        out << "\n" << title << "\n";
        for (std::size_t i = 0; i < std::min<std::size_t>(rows.size(), 10); ++i)
            out << "  " << rows[i].findings << " in " << rows[i].repositories << " repositories  "
                << printable(rows[i].name.empty() ? "(nobody)" : rows[i].name) << "\n";
        if (rows.empty()) out << "  none\n";
    };
    table("Worst controls", figures.controls);
    table("Owners", figures.owners);
    out << "\nTime to repair\n";
    for (const std::string_view severity : severities) {
        const auto found = figures.repairs.find(std::string(severity));
        if (found == figures.repairs.end()) continue;
        out << "  " << severity << ": " << found->second.count << " repaired, mean " << days_text(found->second.mean)
            << ", median " << days_text(found->second.median) << "\n";
    }
    if (figures.repairs.empty()) out << "  nothing was repaired yet\n";
    out << "\nRepositories\n";
    const auto rows = worst(figures);
    for (std::size_t i = 0; i < std::min<std::size_t>(rows.size(), 20); ++i)
        out << "  " << total(rows[i]->open) << "  " << printable(rows[i]->name)
            << (rows[i]->error.empty() ? "" : "  (not scanned: " + printable(rows[i]->error) + ")") << "\n";
}

void write_json(const Figures& figures, std::ostream& out) {
    {
        JsonWriter json(out);
        const auto by_severity = [&](const auto& counts) {
            for (std::size_t i = 0; i < severities.size(); ++i) json.number(severities[i], counts[i]);
        };
        const auto counts = [&](std::string_view key, const std::vector<NamedCount>& rows) {
            json.array(
                key,
                [&] {
                    for (const NamedCount& row : rows)
                        json.object([&] {
                            json.text("name", row.name);
                            json.number("findings", row.findings);
                            json.number("repositories", row.repositories);
                        });
                },
                JsonWriter::Layout::lines);
        };
        json.object(
            [&] {
                json.text("last_run", figures.last_run);
                json.number("repositories", figures.repositories);
                json.number("not_scanned", figures.failed);
                json.number("open", figures.open);
                json.number("accepted", figures.accepted);
                json.array(
                    "trend",
                    [&] {
                        for (const DayPoint& point : figures.trend)
                            json.object([&] {
                                json.text("day", point.day);
                                by_severity(point.open);
                            });
                    },
                    JsonWriter::Layout::lines);
                counts("controls", figures.controls);
                counts("rules", figures.rules);
                counts("owners", figures.owners);
                json.object("time_to_repair", [&] {
                    for (const auto& [severity, repair] : figures.repairs)
                        json.object(severity, [&] {
                            json.number("repaired", repair.count);
                            json.number("mean_seconds", static_cast<std::uint64_t>(repair.mean));
                            json.number("median_seconds", static_cast<std::uint64_t>(repair.median));
                        });
                });
                json.array(
                    "repository_list",
                    [&] {
                        for (const RepositoryRow& row : figures.rows)
                            json.object([&] {
                                json.text("name", row.name);
                                json.text("commit", row.commit);
                                json.text("last_scanned", row.last_scanned);
                                json.text_if("error", row.error);
                                json.number("problems", row.problems);
                                by_severity(row.open);
                            });
                    },
                    JsonWriter::Layout::lines);
            },
            JsonWriter::Layout::lines);
    }
    out << "\n";
}

std::string escaped(std::string_view text) {
    std::string out;
    for (const char c : printable(text)) {
        if (c == '<')
            out += "&lt;";
        else if (c == '>')
            out += "&gt;";
        else if (c == '&')
            out += "&amp;";
        else if (c == '"')
            out += "&quot;";
        else
            out += c;
    }
    return out;
}

constexpr std::string_view style =
    ":root{color-scheme:light "
    "dark;--line:#d0d7de;--soft:#656d76;--critical:#8b1a1a;--high:#cf222e;--medium:#bf8700;--low:"
    "#0969da;--info:#6e7781}@media(prefers-color-scheme:dark){:root{--line:#30363d;--soft:#8b949e;--critical:#ff6b6b;--"
    "high:#f85149;--medium:#d29922;--low:#58a6ff;--info:#8b949e}}body{font:15px/1.5 "
    "system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 "
    "1rem}h1{font-size:1.5rem}h2{font-size:1.1rem;margin-top:2rem}table{border-collapse:collapse;width:100%}th,td{text-"
    "align:left;padding:.3rem .6rem;border-bottom:1px solid "
    "var(--line);vertical-align:top;overflow-wrap:anywhere}td.n,th.n{text-align:right;font-variant-numeric:tabular-"
    "nums;"
    "white-space:nowrap}.figures{display:flex;flex-wrap:wrap;gap:1rem}.figures div{border:1px solid "
    "var(--line);border-radius:.5rem;padding:.6rem 1rem;min-width:8rem}.figures "
    "b{display:block;font-size:1.6rem}.soft{color:var(--soft)}.critical{color:var(--critical)}.high{color:var(--high)}."
    "medium{color:var(--medium)}.low{color:var(--low)}.info{color:var(--info)}svg{width:100%;height:12rem}@media "
    "print{body{max-width:none;margin:0}}";

std::string page(std::string_view title, const std::string& body) {
    return "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
           "content=\"width=device-width, initial-scale=1\"><title>" +
           escaped(title) + "</title><style>" + std::string(style) + "</style></head><body>\n" + body +
           "</body></html>\n";
}

/// Open findings by severity over the days, stacked, the most serious at the bottom.
std::string trend_picture(const std::vector<DayPoint>& trend) {
    if (trend.size() < 2) return "<p class=\"soft\">A trend needs runs on two days.</p>\n";
    std::uint64_t highest = 1;
    for (const DayPoint& point : trend) highest = std::max(highest, total(point.open));
    const double width = 1000, height = 180;
    std::ostringstream out;
    out << "<svg viewBox=\"0 0 1000 200\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"Open findings from "
        << escaped(trend.front().day) << " to " << escaped(trend.back().day) << ", at most " << highest << "\">\n";
    std::vector<double> below(trend.size(), 0);
    for (std::size_t s = 0; s < severities.size(); ++s) {
        std::ostringstream upper, lower_edge;
        for (std::size_t i = 0; i < trend.size(); ++i) {
            const double x = width * static_cast<double>(i) / static_cast<double>(trend.size() - 1);
            const double old = below[i];
            below[i] += height * static_cast<double>(trend[i].open[s]) / static_cast<double>(highest);
            upper << x << "," << 190 - below[i] << " ";
            std::ostringstream corner;
            corner << x << "," << 190 - old << " " << lower_edge.str();
            lower_edge.str(corner.str());
        }
        out << "<polygon class=\"" << severities[s] << "\" fill=\"currentColor\" fill-opacity=\"0.75\" points=\""
            << upper.str() << lower_edge.str() << "\"><title>" << severities[s] << "</title></polygon>\n";
    }
    out << "</svg><p class=\"soft\">" << escaped(trend.front().day) << " to " << escaped(trend.back().day)
        << ", open findings by severity, at most " << highest << ":";
    for (const std::string_view severity : severities)
        out << " <span class=\"" << severity << "\">■ " << severity << "</span>";
    out << "</p>\n";
    return std::move(out).str();
}

std::string link_to(const RepositoryRow& row) {
    return "repository-" + row.id + ".html";
}

std::string overview_page(const Figures& figures) {
    std::ostringstream out;
    out << "<h1>Guardrails of all repositories</h1>\n<p class=\"soft\">Last run " << escaped(figures.last_run)
        << "</p>\n<div class=\"figures\"><div><b>" << figures.repositories << "</b>repositories</div><div><b>"
        << figures.failed << "</b>not scanned</div><div><b>" << figures.open << "</b>open findings</div><div><b>"
        << figures.accepted << "</b>accepted</div></div>\n<h2>Trend</h2>\n"
        << trend_picture(figures.trend);
    const auto table = [&](std::string_view title, std::string_view what, const std::vector<NamedCount>& rows) {
        out << "<h2>" << title << "</h2>\n<table><tr><th>" << what
            << "</th><th class=\"n\">open findings</th><th class=\"n\">repositories</th></tr>\n";
        for (const NamedCount& row : rows)
            out << "<tr><td>" << (row.name.empty() ? "<span class=\"soft\">nobody</span>" : escaped(row.name))
                << "</td><td class=\"n\">" << row.findings << "</td><td class=\"n\">" << row.repositories
                << "</td></tr>\n";
        out << "</table>\n";
    };
    table("Worst controls", "control", figures.controls);
    table("Owners", "owner", figures.owners);
    out << "<h2>Time to repair</h2>\n<table><tr><th>severity</th><th class=\"n\">repaired</th><th "
           "class=\"n\">mean</th><th class=\"n\">median</th></tr>\n";
    for (const std::string_view severity : severities) {
        const auto found = figures.repairs.find(std::string(severity));
        if (found == figures.repairs.end()) continue;
        out << "<tr><td class=\"" << severity << "\">" << severity << "</td><td class=\"n\">" << found->second.count
            << "</td><td class=\"n\">" << days_text(found->second.mean) << "</td><td class=\"n\">"
            << days_text(found->second.median) << "</td></tr>\n";
    }
    out << "</table>\n<h2>Repositories</h2>\n<table><tr><th>repository</th>";
    for (const std::string_view severity : severities) out << "<th class=\"n\">" << severity << "</th>";
    out << "<th>last scanned</th></tr>\n";
    for (const RepositoryRow* row : worst(figures)) {
        out << "<tr><td><a href=\"" << link_to(*row) << "\">" << escaped(row->name) << "</a>"
            << (row->error.empty() ? "" : "<br><span class=\"high\">not scanned: " + escaped(row->error) + "</span>")
            << "</td>";
        for (std::size_t i = 0; i < severities.size(); ++i)
            out << "<td class=\"n" << (row->open[i] > 0 ? " " + std::string(severities[i]) : std::string()) << "\">"
                << row->open[i] << "</td>";
        out << "<td>" << escaped(row->last_scanned.substr(0, 10)) << "</td></tr>\n";
    }
    out << "</table>\n";
    table("Rules", "rule", figures.rules);
    return page("Guardrails of all repositories", out.str());
}

std::string repository_page(Database& database, const RepositoryRow& row) {
    std::ostringstream out;
    out << "<p><a href=\"index.html\">All repositories</a></p>\n<h1>" << escaped(row.name)
        << "</h1>\n<p class=\"soft\">";
    if (row.last_scanned.empty())
        out << "Never scanned";
    else
        out << "Scanned " << escaped(row.last_scanned) << " at commit " << escaped(row.commit.substr(0, 12));
    if (row.problems > 0) out << "; " << row.problems << " inputs could not be read or resolved";
    out << "</p>\n";
    if (!row.error.empty())
        out << "<p class=\"high\">The last run could not scan it: " << escaped(row.error) << "</p>\n";
    const auto list = [&](std::string_view title, const std::string& where, bool resolved) {
        const auto rows = database.query(
            "SELECT severity, rule, control, address, file, line, message, owners, first_seen, resolved_at FROM "
            "plumbline_findings WHERE repository_id = $1 AND " +
                where + " ORDER BY file, line, rule, address",
            {row.id});
        out << "<h2>" << title << " (" << rows.size() << ")</h2>\n";
        if (rows.empty()) return;
        out << "<table><tr><th>severity</th><th>finding</th><th>where</th><th>owner</th><th>since</th>"
            << (resolved ? "<th>until</th>" : "") << "</tr>\n";
        for (const auto& item : rows) {
            const auto text = [&](std::size_t i) { return escaped(item[i].value_or("")); };
            out << "<tr><td class=\"" << text(0) << "\">" << text(0) << "</td><td>" << text(6)
                << "<br><span class=\"soft\">" << text(1) << " · " << text(2) << "</span></td><td>" << text(3)
                << "<br><span class=\"soft\">" << text(4) << ":" << text(5) << "</span></td><td>" << text(7)
                << "</td><td>" << text(8).substr(0, 10) << "</td>"
                << (resolved ? "<td>" + text(9).substr(0, 10) + "</td>" : "") << "</tr>\n";
        }
        out << "</table>\n";
    };
    list("Open", "resolved_at IS NULL AND accepted = 0", false);
    list("Accepted", "resolved_at IS NULL AND accepted = 1", false);
    list("Repaired", "resolved_at IS NOT NULL", true);
    return page(row.name, out.str());
}

/// A site of static pages; empty, or what went wrong.
std::string write_site(Session& session, Database& database, const Figures& figures, const std::string& folder) {
    if (const std::string error = session.system.write(folder + "/index.html", overview_page(figures)); !error.empty())
        return error;
    for (const RepositoryRow& row : figures.rows) {
        const std::string error = session.system.write(folder + "/" + link_to(row), repository_page(database, row));
        if (!error.empty()) return error;
    }
    return "";
}

}  // namespace

int run_fleet_report(Session& session) {
    const Options& options = session.options;
    const Output output = options.outputs.empty() ? Output{"terminal", ""} : options.outputs.back();
    const std::string format = output.format.empty() ? "terminal" : output.format;
    constexpr std::array<std::string_view, 3> formats = {"terminal", "json", "html"};
    if (std::find(formats.begin(), formats.end(), format) == formats.end()) {
        session.err << "plumbline fleet report: --format: there is no format " << quoted(format) << "."
                    << suggestion(format, formats) << " Formats: terminal, json, html.\n";
        return code(Exit::incomplete);
    }
    if (format == "html" && output.file.empty()) {
        session.err << "plumbline fleet report: where to? --output DIR\n";
        return code(Exit::incomplete);
    }
    const std::string address = session.typed_ledger(options.ledger);
    if (!is_postgresql(address) && !session.system.real_path(address)) {
        session.err << "plumbline fleet report: there is no ledger " << quoted(options.ledger) << ".\n";
        return code(Exit::incomplete);
    }
    std::string error;
    try {
        Ledger ledger(address);
        const Figures figures = figures_of(ledger.database(), options.days);
        if (format == "html") {
            error = write_site(session, ledger.database(), figures, session.typed(output.file));
        } else {
            std::ostringstream text;
            format == "json" ? write_json(figures, text) : write_terminal(figures, text);
            if (output.file.empty())
                session.out << text.str();
            else
                error = session.system.write(session.typed(output.file), text.str());
        }
    } catch (const DatabaseError& fault) {
        error = printable(fault.what());
    }
    if (error.empty()) return code(Exit::clean);
    session.err << "plumbline fleet report: " << error << "\n";
    return code(Exit::incomplete);
}

}  // namespace plumbline
