// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/history/database.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstring>

#include "metrics/history/guarded_files.h"

namespace goxel_telemetry::metrics {
namespace {

// Readers and the one writer of a file in WAL mode do not wait for each other; recovery after a
// crash and a checkpoint at the end do.
constexpr int kWaitMs = 2'000;
constexpr int kMostBytes = 1 << 24;  // of a row: far more than any of ours has

DatabaseError error_of(sqlite3* database, int code) {
  if (database == nullptr) return {code, 0, sqlite3_errstr(code)};
  return {sqlite3_extended_errcode(database), sqlite3_system_errno(database),
          sqlite3_errmsg(database)};
}

// The path as a file: URI. It may contain any characters.
std::string uri_of(const std::string& file, const char* parameters) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  const bool in_memory = file.starts_with(kInMemory);
  // Names of its memory that begin with a slash are shared.
  std::string uri = in_memory ? "file:/" : "file:";
  if (in_memory) parameters = "?vfs=memdb";
  for (const char c : file) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
                       (byte >= '0' && byte <= '9') || std::strchr("/._-", c) != nullptr;
    if (plain) {
      uri += c;
    } else {
      uri += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return uri + parameters;
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

Statement::Statement(sqlite3* database, const char* sql) : database_(database) {
  sqlite3_stmt* statement = nullptr;
  check(sqlite3_prepare_v2(database, sql, -1, &statement, nullptr));
  statement_.reset(statement);
}

void Statement::check(int code) const {
  if (code != SQLITE_OK) throw error_of(database_, code);
}

Statement& Statement::reset() {
  sqlite3_reset(statement_.get());  // its result is the one that step() has reported
  return *this;
}

Statement& Statement::bind(int index, std::int64_t value) {
  check(sqlite3_bind_int64(statement_.get(), index, value));
  return *this;
}

Statement& Statement::bind_real(int index, double value) {
  check(sqlite3_bind_double(statement_.get(), index, value));
  return *this;
}

Statement& Statement::bind_real(int index, std::optional<double> value) {
  if (value) return bind_real(index, *value);
  check(sqlite3_bind_null(statement_.get(), index));
  return *this;
}

// SQLite copies what is bound.
Statement& Statement::bind(int index, std::string_view text) {
  check(sqlite3_bind_text64(statement_.get(), index, text.data(), text.size(), SQLITE_TRANSIENT,
                            SQLITE_UTF8));
  return *this;
}

Statement& Statement::bind(int index, std::span<const std::uint8_t> bytes) {
  // A null pointer would be stored as NULL and not as an empty blob.
  const void* data = bytes.empty() ? static_cast<const void*>("") : bytes.data();
  check(sqlite3_bind_blob64(statement_.get(), index, data, bytes.size(), SQLITE_TRANSIENT));
  return *this;
}

bool Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) throw error_of(database_, code);
  return false;
}

void Statement::run() {
  while (step()) {
  }
  reset();
}

std::int64_t Statement::number(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

double Statement::real(int column) const {
  return sqlite3_column_double(statement_.get(), column);
}

std::optional<double> Statement::real_or_null(int column) const {
  if (sqlite3_column_type(statement_.get(), column) == SQLITE_NULL) return std::nullopt;
  return real(column);
}

std::string Statement::text(int column) const {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_.get(), column));
  if (text == nullptr) return {};
  return {text, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

std::span<const std::uint8_t> Statement::bytes(int column) const {
  const auto* data =
      static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_.get(), column));
  if (data == nullptr) return {};
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

void Database::Close::operator()(sqlite3* database) const {
  sqlite3_close_v2(database);
}

Database::Database(const std::string& file, Mode mode) {
  const char* parameters = "";
  if (mode == Mode::read_unchanging) parameters = "?immutable=1";
  if (mode == Mode::read_with_journal) parameters = "?vfs=unix-none";
  const std::string uri = uri_of(file, parameters);
  const int flags =
      SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX |
      (mode == Mode::write ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY);
  sqlite3* database = nullptr;
  const int code = sqlite3_open_v2(uri.c_str(), &database, flags, guarded_files());
  database_.reset(database);
  if (code != SQLITE_OK) throw error_of(database, code);
  sqlite3_extended_result_codes(database, 1);
  sqlite3_busy_timeout(database, kWaitMs);
  if (mode == Mode::read_with_journal) {
    // The index of the journal is then kept in memory and not in a -shm file.
    run("PRAGMA locking_mode = EXCLUSIVE");
    sqlite3_db_config(database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  }
  sqlite3_limit(database, SQLITE_LIMIT_LENGTH, kMostBytes);
  // A file from another user must not make us run functions that its schema names.
  sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
}

void Database::run(const char* sql) {
  const int code = sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) throw error_of(database_.get(), code);
}

std::int64_t Database::number(const char* sql) {
  Statement statement = prepare(sql);
  return statement.step() ? statement.number(0) : 0;
}

bool Database::has_moved() const {
  int moved = 0;
  sqlite3_file_control(database_.get(), "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  return moved != 0;
}

void Database::limit_steps(std::uint64_t most, const StopWanted& stop) {
  constexpr int kStepsBetweenLooks = 1'000;
  if (limit_ == nullptr) limit_ = std::make_unique<Limit>();
  *limit_ = {most, stop, false};
  sqlite3_progress_handler(
      database_.get(), kStepsBetweenLooks,
      [](void* given) {
        Limit& limit = *static_cast<Limit*>(given);
        limit.steps_left -= std::min<std::uint64_t>(limit.steps_left, kStepsBetweenLooks);
        limit.stopped = limit.stopped || (limit.stop && limit.stop());
        return limit.steps_left == 0 || limit.stopped ? 1 : 0;
      },
      limit_.get());
}

Database::Transaction::~Transaction() {
  // SQLite has rolled back by itself after some errors; another ROLLBACK changes nothing then.
  sqlite3_exec(database_.database_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

void Database::Transaction::commit() {
  database_.run("COMMIT");
}

}  // namespace goxel_telemetry::metrics
