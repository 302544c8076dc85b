#include "scanner/ledger.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <sstream>
#include <utility>

#include "parsers/json/json_reader.h"
#include "reporters/json_writer.h"
#include "scanner/document.h"
#include "scanner/model/source.h"

namespace plumbline {
namespace {

using Cell = Database::Field;
using Row = Database::Row;

/// The schema, a step for each version. A step that was released is never changed.
const std::vector<std::vector<const char*>>& migrations() {
    static const std::vector<std::vector<const char*>> steps = {{
        "CREATE TABLE plumbline_runs (id BIGINT PRIMARY KEY, started TEXT NOT NULL, finished TEXT, program TEXT NOT "
        "NULL, "
        "shard TEXT NOT NULL, plan TEXT NOT NULL, repositories BIGINT NOT NULL DEFAULT 0, failed BIGINT NOT NULL "
        "DEFAULT "
        "0)",
        // What a run has found so far; empty for a run that is finished.
        "CREATE TABLE plumbline_staged (run_id BIGINT NOT NULL, repository TEXT NOT NULL, result TEXT NOT NULL, "
        "PRIMARY "
        "KEY (run_id, repository))",
        // A finding that is open was last seen when its repository was last scanned.
        "CREATE TABLE plumbline_repositories (id BIGINT PRIMARY KEY, name TEXT NOT NULL UNIQUE, commit_id TEXT NOT "
        "NULL "
        "DEFAULT '', result_key TEXT NOT NULL DEFAULT '', valid_until TEXT NOT NULL DEFAULT '', first_scanned TEXT NOT "
        "NULL, last_scanned TEXT, last_run "
        "BIGINT, "
        "error TEXT NOT NULL DEFAULT '', problems BIGINT NOT NULL DEFAULT 0)",
        // One row for each time that a finding was open.
        "CREATE TABLE plumbline_findings (repository_id BIGINT NOT NULL, fingerprint TEXT NOT NULL, first_seen TEXT "
        "NOT "
        "NULL, last_seen TEXT, resolved_at TEXT, rule TEXT NOT NULL, control TEXT NOT NULL, severity TEXT NOT NULL, "
        "address "
        "TEXT NOT NULL, file TEXT NOT NULL, line BIGINT NOT NULL, message TEXT NOT NULL, owners TEXT NOT NULL, "
        "accepted "
        "BIGINT NOT NULL, PRIMARY KEY (repository_id, fingerprint, first_seen))",
        "CREATE INDEX plumbline_findings_open ON plumbline_findings (repository_id, resolved_at)",
        // A control's state from a day on, until the next row: most days change nothing.
        "CREATE TABLE plumbline_controls (repository_id BIGINT NOT NULL, control TEXT NOT NULL, day TEXT NOT NULL, "
        "passed "
        "BIGINT NOT NULL, failed BIGINT NOT NULL, undecided BIGINT NOT NULL, accepted BIGINT NOT NULL, PRIMARY KEY "
        "(repository_id, control, day))",
    }};
    return steps;
}

std::int64_t to_number(const Cell& field) {
    std::int64_t number = 0;
    if (field) std::from_chars(field->data(), field->data() + field->size(), number);
    return number;
}

/// `INSERT INTO table (columns) VALUES ($1, ...), ...` in portions that both databases take.
void insert(Database& database, std::string_view table_and_columns, std::string_view conflict,
            const std::vector<Row>& rows) {
    // SQLite takes 32,766 parameters, PostgreSQL 65,535; a statement's text is built anew for each portion.
    constexpr std::size_t portion = 200;
    for (std::size_t first = 0; first < rows.size(); first += portion) {
        std::string sql = "INSERT INTO " + std::string(table_and_columns) + " VALUES ";
        std::vector<Cell> parameters;
        for (std::size_t i = first; i < std::min(rows.size(), first + portion); ++i) {
            sql += i == first ? "(" : ", (";
            for (const Cell& field : rows[i]) {
                parameters.push_back(field);
                sql += (&field == &rows[i].front() ? "$" : ", $") + std::to_string(parameters.size());
            }
            sql += ")";
        }
        database.query(sql + " " + std::string(conflict), parameters);
    }
}

std::uint64_t number_of(const Value& object, std::string_view name) {
    const Member* member = object.find(name);
    std::uint64_t number = 0;
    if (!member || !member->value.is_number()) return 0;
    const std::string text = member->value.as_number().to_string();
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

std::string text_of(const Value& object, std::string_view name) {
    const Member* member = object.find(name);
    return member && member->value.is_string() ? std::string(member->value.as_string()) : std::string();
}

}  // namespace

std::string to_json(const RepositoryResult& result) {
    std::ostringstream out;
    // Writes its last bytes at its end.
    std::optional<JsonWriter> writer(std::in_place, out);
    JsonWriter& json = *writer;
    json.object([&] {
        json.text("repository", result.repository);
        json.text("commit", result.commit);
        json.text("key", result.key);
        json.text_if("error", result.error);
        json.text_if("valid_until", result.valid_until);
        json.number("problems", result.problems);
        if (result.unchanged) json.number("unchanged", 1);
        json.array("findings", [&] {
            for (const LedgerFinding& finding : result.findings) {
                json.object([&] {
                    json.text("fingerprint", finding.fingerprint);
                    json.text("rule", finding.rule);
                    json.text("control", finding.control);
                    json.text("severity", finding.severity);
                    json.text("address", finding.address);
                    json.text("file", finding.file);
                    json.number("line", finding.line);
                    json.text("message", finding.message);
                    json.text("owners", finding.owners);
                    json.number("accepted", finding.accepted ? 1 : 0);
                });
            }
        });
        json.array("controls", [&] {
            for (const auto& [id, counts] : result.controls) {
                json.object([&] {
                    json.text("id", id);
                    json.number("passed", counts.pass);
                    json.number("failed", counts.fail);
                    json.number("undecided", counts.undecided);
                    json.number("accepted", counts.accepted);
                });
            }
        });
    });
    writer.reset();
    return std::move(out).str();
}

std::optional<RepositoryResult> result_from_json(std::string_view text) {
    SourceSet sources;
    Diagnostics diagnostics;
    const auto document = read_json(sources.add("result", std::string(text)), diagnostics);
    if (!document || !document->is_mapping()) return std::nullopt;
    RepositoryResult result;
    result.repository = text_of(*document, "repository");
    result.commit = text_of(*document, "commit");
    result.key = text_of(*document, "key");
    result.error = text_of(*document, "error");
    result.valid_until = text_of(*document, "valid_until");
    result.problems = number_of(*document, "problems");
    result.unchanged = number_of(*document, "unchanged") == 1;
    if (const Member* findings = document->find("findings")) {
        for (const Value& item : findings->value.elements()) {
            LedgerFinding finding;
            finding.fingerprint = text_of(item, "fingerprint");
            finding.rule = text_of(item, "rule");
            finding.control = text_of(item, "control");
            finding.severity = text_of(item, "severity");
            finding.address = text_of(item, "address");
            finding.file = text_of(item, "file");
            finding.line = static_cast<std::uint32_t>(number_of(item, "line"));
            finding.message = text_of(item, "message");
            finding.owners = text_of(item, "owners");
            finding.accepted = number_of(item, "accepted") == 1;
            result.findings.push_back(std::move(finding));
        }
    }
    if (const Member* controls = document->find("controls")) {
        for (const Value& item : controls->value.elements()) {
            VerdictCounts& counts = result.controls[text_of(item, "id")];
            counts.pass = number_of(item, "passed");
            counts.fail = number_of(item, "failed");
            counts.undecided = number_of(item, "undecided");
            counts.accepted = number_of(item, "accepted");
        }
    }
    return result;
}

Ledger::Ledger(const std::string& address) : database_(open_database(address)) {
    migrate();
}

void Ledger::migrate() {
    Transaction transaction(*database_, true);
    database_->query("CREATE TABLE IF NOT EXISTS plumbline_schema (version BIGINT NOT NULL)");
    const auto rows = database_->query("SELECT version FROM plumbline_schema");
    const std::int64_t version = rows.empty() ? 0 : to_number(rows[0][0]);
    const auto& steps = migrations();
    if (version > static_cast<std::int64_t>(steps.size()))
        throw DatabaseError("the ledger was written by a newer plumbline (schema " + std::to_string(version) + ")");
    for (auto step = static_cast<std::size_t>(version); step < steps.size(); ++step)
        for (const char* statement : steps[step]) database_->query(statement);
    if (rows.empty())
        database_->query("INSERT INTO plumbline_schema VALUES ($1)", {std::to_string(steps.size())});
    else if (version < static_cast<std::int64_t>(steps.size()))
        database_->query("UPDATE plumbline_schema SET version = $1", {std::to_string(steps.size())});
    transaction.commit();
}

LedgerRun Ledger::begin(const std::string& now, const std::string& oldest, const std::string& program,
                        const std::string& shard, const std::string& plan) {
    Transaction transaction(*database_, true);
    LedgerRun run;
    run.shard = shard;
    run.program = program;
    const auto open = database_->query(
        "SELECT id, started FROM plumbline_runs WHERE finished IS NULL AND shard = $1 AND plan = $2 AND started >= $3 "
        "ORDER BY id DESC LIMIT 1",
        {shard, plan, oldest});
    if (!open.empty()) {
        run.id = to_number(open[0][0]);
        run.started = open[0][1].value_or("");
    } else {
        run.id = to_number(database_->query("SELECT COALESCE(MAX(id), 0) + 1 FROM plumbline_runs")[0][0]);
        run.started = now;
        database_->query("INSERT INTO plumbline_runs (id, started, program, shard, plan) VALUES ($1, $2, $3, $4, $5)",
                         {std::to_string(run.id), now, program, shard, plan});
    }
    // An earlier run of this shard that never ended, with other repositories or another program, is given up.
    const auto stale =
        database_->query("SELECT id FROM plumbline_runs WHERE finished IS NULL AND shard = $1 AND id <> $2",
                         {shard, std::to_string(run.id)});
    for (const Row& row : stale) {
        database_->query("DELETE FROM plumbline_staged WHERE run_id = $1", {row[0]});
        database_->query("DELETE FROM plumbline_runs WHERE id = $1", {row[0]});
    }
    transaction.commit();
    return run;
}

std::vector<std::string> Ledger::staged(const LedgerRun& run) {
    std::vector<std::string> names;
    for (Row& row : database_->query("SELECT repository FROM plumbline_staged WHERE run_id = $1 ORDER BY repository",
                                     {std::to_string(run.id)}))
        names.push_back(row[0].value_or(""));
    return names;
}

void Ledger::stage(const LedgerRun& run, const RepositoryResult& result) {
    database_->query(
        "INSERT INTO plumbline_staged (run_id, repository, result) VALUES ($1, $2, $3) ON CONFLICT (run_id, "
        "repository) DO "
        "UPDATE SET result = excluded.result",
        {std::to_string(run.id), result.repository, to_json(result)});
}

std::map<std::string, Ledger::Known> Ledger::known() {
    std::map<std::string, Known> known;
    for (const Row& row : database_->query("SELECT name, result_key, valid_until FROM plumbline_repositories"))
        known[row[0].value_or("")] = {row[1].value_or(""), row[2].value_or("")};
    return known;
}

RunTotals Ledger::finish(const LedgerRun& run, const std::string& now) {
    // Exclusive, since new repositories get their numbers here.
    Transaction transaction(*database_, true);
    const std::string id = std::to_string(run.id);
    RunTotals totals;
    for (const std::string& name : staged(run)) {
        const auto rows =
            database_->query("SELECT result FROM plumbline_staged WHERE run_id = $1 AND repository = $2", {id, name});
        const auto result = rows.empty() ? std::nullopt : result_from_json(rows[0][0].value_or(""));
        if (!result) throw DatabaseError("the kept result of " + name + " cannot be read");
        apply(run, *result);
        if (!result->error.empty()) totals.errors[name] = result->error;
        ++(result->error.empty() ? totals.scanned : totals.failed);
    }
    database_->query("DELETE FROM plumbline_staged WHERE run_id = $1", {id});
    database_->query("UPDATE plumbline_runs SET finished = $1, repositories = $2, failed = $3 WHERE id = $4",
                     {now, std::to_string(totals.scanned + totals.failed), std::to_string(totals.failed), id});
    for (const Row& row :
         database_->query("SELECT f.accepted, COUNT(*) FROM plumbline_findings f JOIN plumbline_repositories r ON r.id "
                          "= f.repository_id "
                          "WHERE r.last_run = $1 AND r.error = '' AND f.resolved_at IS NULL GROUP BY f.accepted",
                          {id}))
        (row[0] == "1" ? totals.accepted : totals.open) = static_cast<std::uint64_t>(to_number(row[1]));
    totals.problems = static_cast<std::uint64_t>(to_number(database_->query(
        "SELECT SUM(problems) FROM plumbline_repositories WHERE last_run = $1 AND error = ''", {id})[0][0]));
    transaction.commit();
    return totals;
}

void Ledger::apply(const LedgerRun& run, const RepositoryResult& result) {
    const std::string run_id = std::to_string(run.id);
    const auto known =
        database_->query("SELECT id, last_scanned FROM plumbline_repositories WHERE name = $1", {result.repository});
    std::string id;
    if (known.empty()) {
        id = *database_->query("SELECT COALESCE(MAX(id), 0) + 1 FROM plumbline_repositories")[0][0];
        database_->query("INSERT INTO plumbline_repositories (id, name, first_scanned) VALUES ($1, $2, $3)",
                         {id, result.repository, run.started});
    } else {
        id = *known[0][0];
    }
    if (!result.error.empty()) {
        database_->query("UPDATE plumbline_repositories SET error = $1, last_run = $2 WHERE id = $3",
                         {result.error, run_id, id});
        return;
    }
    const std::string previous_scan = known.empty() ? std::string() : known[0][1].value_or("");
    database_->query(
        "UPDATE plumbline_repositories SET commit_id = $1, last_scanned = $2, last_run = $3, error = '' WHERE "
        "id = $4",
        {result.commit, run.started, run_id, id});
    if (result.unchanged) return;
    database_->query("UPDATE plumbline_repositories SET result_key = $1, valid_until = $2, problems = $3 WHERE id = $4",
                     {result.key, result.valid_until, std::to_string(result.problems), id});

    std::map<std::string, Row> open;
    for (Row& row : database_->query(
             "SELECT fingerprint, rule, control, severity, address, file, line, message, owners, accepted FROM "
             "plumbline_findings WHERE repository_id = $1 AND resolved_at IS NULL",
             {id})) {
        std::string fingerprint = row[0].value_or("");
        open[std::move(fingerprint)] = std::move(row);
    }
    std::vector<Row> fresh;
    for (const LedgerFinding& finding : result.findings) {
        const Row now = {finding.fingerprint,
                         finding.rule,
                         finding.control,
                         finding.severity,
                         finding.address,
                         finding.file,
                         std::to_string(finding.line),
                         finding.message,
                         finding.owners,
                         finding.accepted ? "1" : "0"};
        const auto old = open.find(finding.fingerprint);
        if (old == open.end()) {
            Row row = {id, run.started};
            row.insert(row.end(), now.begin(), now.end());
            fresh.push_back(std::move(row));
            continue;
        }
        if (old->second != now) {
            std::vector<Cell> parameters(now.begin() + 1, now.end());
            parameters.emplace_back(id);
            parameters.emplace_back(finding.fingerprint);
            database_->query(
                "UPDATE plumbline_findings SET rule = $1, control = $2, severity = $3, address = $4, file = $5, line = "
                "$6, "
                "message = $7, owners = $8, accepted = $9 WHERE repository_id = $10 AND fingerprint = $11 AND "
                "resolved_at "
                "IS NULL",
                parameters);
        }
        open.erase(old);
    }
    insert(*database_,
           "plumbline_findings (repository_id, first_seen, fingerprint, rule, control, severity, address, file, line, "
           "message, owners, accepted)",
           "", fresh);
    for (const auto& [fingerprint, row] : open) {
        database_->query(
            "UPDATE plumbline_findings SET resolved_at = $1, last_seen = $2 WHERE repository_id = $3 AND fingerprint = "
            "$4 "
            "AND resolved_at IS NULL",
            {run.started, previous_scan, id, fingerprint});
    }

    // The newest row of each control.
    std::map<std::string, std::array<std::string, 4>> states;
    for (const Row& row : database_->query("SELECT control, passed, failed, undecided, accepted FROM "
                                           "plumbline_controls WHERE repository_id = $1 ORDER BY "
                                           "day",
                                           {id}))
        states[row[0].value_or("")] = {row[1].value_or(""), row[2].value_or(""), row[3].value_or(""),
                                       row[4].value_or("")};
    std::map<std::string, VerdictCounts> now = result.controls;
    for (const auto& [control, state] : states) now.try_emplace(control);
    std::vector<Row> rows;
    for (const auto& [control, counts] : now) {
        const std::array<std::string, 4> state = {std::to_string(counts.pass), std::to_string(counts.fail),
                                                  std::to_string(counts.undecided), std::to_string(counts.accepted)};
        const auto old = states.find(control);
        if (old != states.end() ? old->second == state : !counts.any()) continue;
        rows.push_back({id, control, run.started.substr(0, 10), state[0], state[1], state[2], state[3]});
    }
    insert(
        *database_, "plumbline_controls (repository_id, control, day, passed, failed, undecided, accepted)",
        "ON CONFLICT (repository_id, control, day) DO UPDATE SET passed = excluded.passed, failed = excluded.failed, "
        "undecided = excluded.undecided, accepted = excluded.accepted",
        rows);
}

void Ledger::add(Ledger& other) {
    Transaction transaction(*database_, true);
    Database& from = other.database();
    // Runs keep their times, shards and programs, and get numbers of this ledger.
    std::map<std::string, std::string> runs;
    for (const Row& row : from.query("SELECT id, started, finished, program, shard, plan, repositories, failed FROM "
                                     "plumbline_runs WHERE finished IS NOT NULL ORDER BY id")) {
        const auto same = database_->query(
            "SELECT id FROM plumbline_runs WHERE started = $1 AND shard = $2 AND plan = $3 AND finished = $4",
            {row[1], row[4], row[5], row[2]});
        if (!same.empty()) {
            runs[*row[0]] = *same[0][0];
            continue;
        }
        const std::string id = *database_->query("SELECT COALESCE(MAX(id), 0) + 1 FROM plumbline_runs")[0][0];
        database_->query(
            "INSERT INTO plumbline_runs (id, started, finished, program, shard, plan, repositories, failed) VALUES "
            "($1, "
            "$2, $3, $4, $5, $6, $7, $8)",
            {id, row[1], row[2], row[3], row[4], row[5], row[6], row[7]});
        runs[*row[0]] = id;
    }
    for (const Row& row : from.query(
             "SELECT id, name, commit_id, result_key, valid_until, first_scanned, last_scanned, last_run, error, "
             "problems FROM plumbline_repositories ORDER BY name")) {
        const auto known =
            database_->query("SELECT id, last_scanned FROM plumbline_repositories WHERE name = $1", {row[1]});
        std::string id;
        if (known.empty()) {
            id = *database_->query("SELECT COALESCE(MAX(id), 0) + 1 FROM plumbline_repositories")[0][0];
        } else {
            if (known[0][1].value_or("") >= row[6].value_or("")) continue;
            id = *known[0][0];
            for (const char* table : {"plumbline_repositories WHERE id", "plumbline_findings WHERE repository_id",
                                      "plumbline_controls WHERE repository_id"})
                database_->query("DELETE FROM " + std::string(table) + " = $1", {id});
        }
        const auto run = row[7] ? runs.find(*row[7]) : runs.end();
        database_->query(
            "INSERT INTO plumbline_repositories (id, name, commit_id, result_key, valid_until, first_scanned, "
            "last_scanned, "
            "last_run, error, problems) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
            {id, row[1], row[2], row[3], row[4], row[5], row[6], run == runs.end() ? Cell() : Cell(run->second), row[8],
             row[9]});
        const auto copy = [&](const std::string& table, const std::string& columns) {
            std::vector<Row> rows =
                from.query("SELECT " + columns + " FROM " + table + " WHERE repository_id = $1", {row[0]});
            for (Row& item : rows) item.insert(item.begin(), id);
            insert(*database_, table + " (repository_id, " + columns + ")", "", rows);
        };
        copy("plumbline_findings",
             "fingerprint, first_seen, last_seen, resolved_at, rule, control, severity, address, file, line, message, "
             "owners, accepted");
        copy("plumbline_controls", "control, day, passed, failed, undecided, accepted");
    }
    transaction.commit();
}

std::optional<std::vector<TrendPoint>> trend_of(const std::string& address,
                                                const std::function<bool(const std::string& name)>& is_it) {
    const auto database = open_database(address, Access::read);
    const auto names = database->query("SELECT id, name, first_scanned, last_scanned FROM plumbline_repositories");
    const auto found =
        std::find_if(names.begin(), names.end(), [&](const Row& row) { return is_it(row[1].value_or("")); });
    if (found == names.end()) return std::nullopt;
    const std::string first = (*found)[2].value_or("").substr(0, 10), last = (*found)[3].value_or("").substr(0, 10);
    const auto changes = database->query(
        "SELECT day, control, passed, failed, undecided, accepted FROM plumbline_controls WHERE repository_id = $1 "
        "ORDER BY day",
        {(*found)[0]});
    std::map<std::string, VerdictCounts> controls;
    std::vector<TrendPoint> trend;
    auto change = changes.begin();
    for (const Row& row : database->query("SELECT DISTINCT substr(started, 1, 10) AS day FROM plumbline_runs WHERE "
                                          "finished IS NOT NULL ORDER BY day")) {
        TrendPoint point;
        point.date = row[0].value_or("");
        if (point.date < first || point.date > last) continue;
        for (; change != changes.end() && (*change)[0].value_or("") <= point.date; ++change) {
            VerdictCounts& counts = controls[(*change)[1].value_or("")];
            const auto count = [&](std::size_t column) {
                return static_cast<std::size_t>(to_number((*change)[column]));
            };
            counts.pass = count(2);
            counts.fail = count(3);
            counts.undecided = count(4);
            counts.accepted = count(5);
        }
        for (const auto& [id, counts] : controls) {
            point.counts.pass += counts.pass;
            point.counts.fail += counts.fail;
            point.counts.undecided += counts.undecided;
            point.counts.accepted += counts.accepted;
        }
        trend.push_back(std::move(point));
    }
    return trend;
}

}  // namespace plumbline
