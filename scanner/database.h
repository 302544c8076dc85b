#pragma once

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace plumbline {

/// A statement failed or the connection is gone. The message is the database's.
struct DatabaseError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// What SQLite and PostgreSQL have in common, for statements that both understand: parameters are `$1`, `$2`, ...,
/// values are texts (null where there is none) and converted by the columns' types. One thread at a time. Throws
/// `DatabaseError`.
class Database {
  public:
    using Field = std::optional<std::string>;
    using Row = std::vector<Field>;

    virtual ~Database() = default;
    virtual std::vector<Row> query(const std::string& sql, const std::vector<Field>& parameters = {}) = 0;
    /// Until `commit` or `rollback`. `exclusive`: waits until no other writer of this database is in one (for changes
    /// of the schema and of what several writers share).
    virtual void begin(bool exclusive) = 0;
    void commit() { query("COMMIT"); }
    void rollback() { query("ROLLBACK"); }
};

enum class Access { read, write };

/// `postgresql://...` and `postgres://...` by libpq, anything else as the path of an SQLite file, which is made where
/// it is missing and is to be written. Throws `DatabaseError`; the message holds no password.
std::unique_ptr<Database> open_database(const std::string& address, Access access = Access::write);
std::unique_ptr<Database> open_sqlite(const std::string& path, Access access = Access::write);
std::unique_ptr<Database> open_postgresql(const std::string& address);
bool is_postgresql(std::string_view address);
/// Whether a file's text, or its beginning, is that of an SQLite database.
bool is_sqlite(std::string_view text);
bool is_sqlite_file(const std::string& path);

/// Rolls back unless it was committed.
class Transaction {
  public:
    Transaction(Database& database, bool exclusive) : database_(database) { database_.begin(exclusive); }
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    ~Transaction() {
        if (done_) return;
        try {
            database_.rollback();
        } catch (const DatabaseError&) {  // the connection is gone, and the transaction with it
        }
    }
    void commit() {
        database_.commit();
        done_ = true;
    }

  private:
    Database& database_;
    bool done_ = false;
};

}  // namespace plumbline
