#include <dlfcn.h>
#include <libpq-fe.h>

#include <utility>

#include "scanner/database.h"

namespace plumbline {
namespace {

// Any number that no other program on the database is likely to take.
constexpr const char* lock_statement = "SELECT pg_advisory_xact_lock(7586421930)";

/// libpq's functions, loaded when a database is opened: with LDAP, TLS and Kerberos behind it the library brings
/// fourteen others, which every hook would map at its start, and who has no PostgreSQL needs none of them.
class Libpq {
  public:
    static const Libpq& loaded() {
        static const Libpq library;
        return library;
    }

    decltype(&::PQconnectdb) connect = find("PQconnectdb");
    decltype(&::PQfinish) finish = find("PQfinish");
    decltype(&::PQstatus) status = find("PQstatus");
    decltype(&::PQerrorMessage) error_message = find("PQerrorMessage");
    decltype(&::PQsetNoticeProcessor) set_notice_processor = find("PQsetNoticeProcessor");
    decltype(&::PQsetClientEncoding) set_client_encoding = find("PQsetClientEncoding");
    decltype(&::PQexecParams) exec_params = find("PQexecParams");
    decltype(&::PQclear) clear = find("PQclear");
    decltype(&::PQresultStatus) result_status = find("PQresultStatus");
    decltype(&::PQntuples) rows = find("PQntuples");
    decltype(&::PQnfields) columns = find("PQnfields");
    decltype(&::PQgetisnull) is_null = find("PQgetisnull");
    decltype(&::PQgetvalue) value = find("PQgetvalue");
    decltype(&::PQgetlength) length = find("PQgetlength");

  private:
    /// Converts to the type of whatever function is asked for.
    struct Symbol {
        void* address;
        template <class Function>
        operator Function*() const {  // NOLINT(google-explicit-constructor): the point of it
            return reinterpret_cast<Function*>(address);
        }
    };

    static Symbol find(const char* name) {
        // Never closed: it is needed until the process ends. The number is that of libpq's interface, 5 since 2006.
        static void* const library = ::dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL);
        void* const address = library ? ::dlsym(library, name) : nullptr;
        if (!address)
            throw DatabaseError(
                "PostgreSQL's client library, libpq.so.5, cannot be loaded (Debian and Ubuntu: install libpq5)");
        return {address};
    }
};

class Postgresql : public Database {
  public:
    explicit Postgresql(const std::string& address) : connection_(pq_.connect(address.c_str()), pq_.finish) {
        if (!connection_ || pq_.status(connection_.get()) != CONNECTION_OK)
            // libpq names host and user, never the password.
            throw DatabaseError(connection_ ? trimmed(pq_.error_message(connection_.get())) : "out of memory");
        pq_.set_notice_processor(
            connection_.get(), [](void*, const char*) {}, nullptr);
        pq_.set_client_encoding(connection_.get(), "UTF8");
    }

    std::vector<Row> query(const std::string& sql, const std::vector<Field>& parameters) override {
        std::vector<const char*> values;
        for (const Field& value : parameters) values.push_back(value ? value->c_str() : nullptr);
        const std::unique_ptr<PGresult, void (*)(PGresult*)> result(
            pq_.exec_params(connection_.get(), sql.c_str(), static_cast<int>(values.size()), nullptr,
                            values.empty() ? nullptr : values.data(), nullptr, nullptr, 0),
            pq_.clear);
        const ExecStatusType status = pq_.result_status(result.get());
        if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK)
            throw DatabaseError(trimmed(pq_.error_message(connection_.get())));
        std::vector<Row> rows(static_cast<std::size_t>(pq_.rows(result.get())));
        for (std::size_t i = 0; i < rows.size(); ++i) {
            for (int column = 0; column < pq_.columns(result.get()); ++column) {
                const int at = static_cast<int>(i);
                rows[i].push_back(
                    pq_.is_null(result.get(), at, column)
                        ? std::nullopt
                        : Field(std::string(pq_.value(result.get(), at, column),
                                            static_cast<std::size_t>(pq_.length(result.get(), at, column)))));
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
    const Libpq& pq_ = Libpq::loaded();
    std::unique_ptr<PGconn, void (*)(PGconn*)> connection_;
};

}  // namespace

std::unique_ptr<Database> open_postgresql(const std::string& address) {
    return std::make_unique<Postgresql>(address);
}

}  // namespace plumbline
