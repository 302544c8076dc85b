#include <libpq-fe.h>

#include <utility>

#include "scanner/database.h"

namespace plumbline {
namespace {

// Any number that no other program on the database is likely to take.
constexpr const char* lock_statement = "SELECT pg_advisory_xact_lock(7586421930)";

class Postgresql : public Database {
  public:
    explicit Postgresql(const std::string& address) : connection_(PQconnectdb(address.c_str()), PQfinish) {
        if (!connection_ || PQstatus(connection_.get()) != CONNECTION_OK)
            // libpq names host and user, never the password.
            throw DatabaseError(connection_ ? trimmed(PQerrorMessage(connection_.get())) : "out of memory");
        PQsetNoticeProcessor(
            connection_.get(), [](void*, const char*) {}, nullptr);
        PQsetClientEncoding(connection_.get(), "UTF8");
    }

    std::vector<Row> query(const std::string& sql, const std::vector<Field>& parameters) override {
        std::vector<const char*> values;
        for (const Field& value : parameters) values.push_back(value ? value->c_str() : nullptr);
        const std::unique_ptr<PGresult, void (*)(PGresult*)> result(
            PQexecParams(connection_.get(), sql.c_str(), static_cast<int>(values.size()), nullptr,
                         values.empty() ? nullptr : values.data(), nullptr, nullptr, 0),
            PQclear);
        const ExecStatusType status = PQresultStatus(result.get());
        if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
            throw DatabaseError(trimmed(PQerrorMessage(connection_.get())));
        std::vector<Row> rows(static_cast<std::size_t>(PQntuples(result.get())));
        for (std::size_t i = 0; i < rows.size(); ++i) {
            for (int column = 0; column < PQnfields(result.get()); ++column) {
                const int at = static_cast<int>(i);
                rows[i].push_back(
                    PQgetisnull(result.get(), at, column)
                        ? std::nullopt
                        : Field(std::string(PQgetvalue(result.get(), at, column),
                                            static_cast<std::size_t>(PQgetlength(result.get(), at, column)))));
            }
        }
        return rows;
    }

    void begin(bool exclusive) override {
        query("BEGIN", {});
        if (exclusive) query(lock_statement, {});
    }

  private:
    static std::string trimmed(std::string text) {
        while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
        return text;
    }
    std::unique_ptr<PGconn, void (*)(PGconn*)> connection_;
};

}  // namespace

std::unique_ptr<Database> open_postgresql(const std::string& address) {
    return std::make_unique<Postgresql>(address);
}

}  // namespace plumbline
