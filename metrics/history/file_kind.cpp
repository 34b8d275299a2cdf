// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/history/file_kind.h"

#include <sqlite3.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

namespace goxel_telemetry::metrics {
namespace {

bool exists(const std::string& file) {
  struct stat ignored;
  return ::stat(file.c_str(), &ignored) == 0;
}

}  // namespace

HistoryResult result_of(const FileKind& kind, const DatabaseError& error, const std::string& file,
                        const Database* database) {
  if (database != nullptr && database->was_stopped()) {
    return {HistoryOutcome::stopped,
            "the work on the " + std::string(kind.name) + " " + file + " was stopped"};
  }
  const std::string the_file = "the " + std::string(kind.name) + " " + file;
  const int system_error = error.system_error();
  switch (error.code() & 0xFF) {
    case SQLITE_CORRUPT:
      return {HistoryOutcome::corrupt,
              the_file + " is damaged; move it away, and a new one will be begun"};
    case SQLITE_INTERRUPT:
      return {HistoryOutcome::corrupt,
              the_file + " takes far longer to read than anything that a bridge writes"};
    case SQLITE_NOTADB:
      return {HistoryOutcome::foreign,
              file + " is not " + kind.an + ", or its beginning is damaged"};
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return {HistoryOutcome::read_only, the_file + " cannot be written: it is read-only"};
    case SQLITE_FULL:
      return {HistoryOutcome::full, "there is no space left for " + the_file};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {HistoryOutcome::in_use, the_file + " is locked by another program"};
    case SQLITE_CANTOPEN:
    case SQLITE_IOERR:
      if (system_error == ENOSPC || system_error == EDQUOT) {
        return {HistoryOutcome::full, "there is no space left for " + the_file};
      }
      if (system_error == EACCES || system_error == EPERM || system_error == EROFS) {
        return {HistoryOutcome::read_only,
                the_file + " cannot be opened: " + std::strerror(system_error)};
      }
      if (system_error == ENOENT || system_error == ENOTDIR) {
        return {HistoryOutcome::absent, "there is no " + std::string(kind.name) + " " + file};
      }
      break;
    default:
      break;
  }
  return {HistoryOutcome::failed,
          the_file + " cannot be used: " +
              (system_error != 0 ? std::strerror(system_error) : error.what())};
}

HistoryResult check_kind(const FileKind& kind, Database& database, const std::string& file) {
  const std::int64_t application = database.number("PRAGMA application_id");
  const std::int64_t version = database.number("PRAGMA user_version");
  if (application == 0 && version == 0 &&
      database.number("SELECT count(*) FROM sqlite_master") == 0) {
    return {HistoryOutcome::absent,
            "the " + std::string(kind.name) + " " + file + " is still empty"};
  }
  if (application != kind.application_id || version < 1) {
    return {HistoryOutcome::foreign, file + " is a database, but not " + kind.an};
  }
  if (version > kind.version()) {
    return {HistoryOutcome::newer, "the " + std::string(kind.name) + " " + file +
                                       " was written by a newer version of this program (" +
                                       std::to_string(version) + "; this one knows up to " +
                                       std::to_string(kind.version()) + ')'};
  }
  return {};
}

HistoryResult check_kind_to_read(const FileKind& kind, Database& database, const std::string& file,
                                 std::int64_t least_version) {
  HistoryResult schema = check_kind(kind, database, file);
  if (schema.done() && database.number("PRAGMA user_version") < least_version) {
    return {HistoryOutcome::older, "the " + std::string(kind.name) + " " + file +
                                       " was written by an older version of this program; the "
                                       "bridge brings it up to date when it writes it"};
  }
  return schema;
}

void migrate(const FileKind& kind, Database& database) {
  Database::Transaction transaction(database, "BEGIN IMMEDIATE");
  const auto version = static_cast<std::size_t>(database.number("PRAGMA user_version"));
  for (std::size_t step = version; step < kind.steps.size(); ++step) database.run(kind.steps[step]);
  database.run(("PRAGMA user_version = " + std::to_string(kind.version())).c_str());
  transaction.commit();
}

std::unique_ptr<Database> open_to_read(const std::string& file) {
  auto database = std::make_unique<Database>(file, Database::Mode::read);
  try {
    database->number("PRAGMA user_version");
  } catch (const DatabaseError&) {
    if (!exists(file) || exists(file + "-shm")) throw;
    database =
        std::make_unique<Database>(file, exists(file + "-wal") ? Database::Mode::read_with_journal
                                                               : Database::Mode::read_unchanging);
  }
  return database;
}

}  // namespace goxel_telemetry::metrics
