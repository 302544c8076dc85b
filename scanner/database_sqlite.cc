#include <sqlite3.h>

#include <array>
#include <fstream>
#include <utility>

#include "scanner/database.h"

namespace plumbline {
namespace {

// Another writer holds the file for one repository's results or for the end of a run; longer is a fault.
constexpr int wait_milliseconds = 120000;

class Sqlite : public Database {
  public:
    Sqlite(const std::string& path, Access access) {
        const int how = access == Access::read ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
        const int status = sqlite3_open_v2(path.c_str(), &handle_, how | SQLITE_OPEN_NOMUTEX, nullptr);
        if (status != SQLITE_OK) {
            const std::string message = handle_ ? sqlite3_errmsg(handle_) : sqlite3_errstr(status);
            sqlite3_close(handle_);
            throw DatabaseError(path + ": " + message);
        }
        sqlite3_busy_timeout(handle_, wait_milliseconds);
        if (access == Access::read) return;
        // Readers do not wait for writers, and a killed process leaves a file that is whole.
        query("PRAGMA journal_mode = WAL", {});
        query("PRAGMA synchronous = NORMAL", {});
    }
    Sqlite(const Sqlite&) = delete;
    Sqlite& operator=(const Sqlite&) = delete;
    ~Sqlite() override { sqlite3_close(handle_); }

    std::vector<Row> query(const std::string& sql, const std::vector<Field>& parameters) override {
        sqlite3_stmt* raw = nullptr;
        if (sqlite3_prepare_v2(handle_, sql.c_str(), static_cast<int>(sql.size()), &raw, nullptr) != SQLITE_OK) fail();
        const std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)> statement(raw, sqlite3_finalize);
        for (std::size_t i = 0; i < parameters.size(); ++i) {
            const int index = sqlite3_bind_parameter_index(raw, ("$" + std::to_string(i + 1)).c_str());
            if (index == 0) continue;
            const Field& value = parameters[i];
            const int status =
                value ? sqlite3_bind_text(raw, index, value->data(), static_cast<int>(value->size()), SQLITE_TRANSIENT)
                      : sqlite3_bind_null(raw, index);
            if (status != SQLITE_OK) fail();
        }
        std::vector<Row> rows;
        while (true) {
            const int status = sqlite3_step(raw);
            if (status == SQLITE_DONE) return rows;
            if (status != SQLITE_ROW) fail();
            Row row;
            for (int i = 0; i < sqlite3_column_count(raw); ++i) {
                const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(raw, i));
                row.push_back(text ? Field(std::string(text, static_cast<std::size_t>(sqlite3_column_bytes(raw, i))))
                                   : std::nullopt);
            }
            rows.push_back(std::move(row));
        }
    }

    // SQLite has one writer at a time anyway; taking the lock at once avoids that two readers both want to write.
    void begin(bool) override { query("BEGIN IMMEDIATE", {}); }

  private:
    [[noreturn]] void fail() const { throw DatabaseError(sqlite3_errmsg(handle_)); }
    sqlite3* handle_ = nullptr;
};

}  // namespace

std::unique_ptr<Database> open_sqlite(const std::string& path, Access access) {
    return std::make_unique<Sqlite>(path, access);
}

std::unique_ptr<Database> open_database(const std::string& address, Access access) {
    return is_postgresql(address) ? open_postgresql(address) : open_sqlite(address, access);
}

bool is_sqlite(std::string_view text) {
    return text.starts_with("SQLite format 3");
}

bool is_sqlite_file(const std::string& path) {
    std::array<char, 16> beginning{};
    std::ifstream file(path, std::ios::binary);
    return file.read(beginning.data(), beginning.size()) && is_sqlite({beginning.data(), beginning.size()});
}

bool is_postgresql(std::string_view address) {
    return address.starts_with("postgresql://") || address.starts_with("postgres://");
}

}  // namespace plumbline
