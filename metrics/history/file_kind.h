// SPDX-License-Identifier: GPL-3.0-or-later
// The kinds of files that this project keeps in SQLite: how each is recognised, and how a file of an older version
// becomes one of this version.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "metrics/history/database.h"

namespace goxel_telemetry::metrics {

// A new file goes through the same steps as an old one, from version 0: the step at i leads from version i to i + 1. A step,
// once released, is never changed: users have files that went through it.
struct FileKind {
  const char* name;  // "history file"
  const char* an;    // "a history file"
  std::int64_t application_id;
  std::span<const char* const> steps;

  std::int64_t version() const { return static_cast<std::int64_t>(steps.size()); }
};

// The result that an error means for `file`. `database` may be null.
HistoryResult result_of(const FileKind& kind, const DatabaseError& error, const std::string& file,
                        const Database* database);

// Whether `database` is a file of this kind that this program can read: done, foreign or newer; absent if it is empty.
HistoryResult check_kind(const FileKind& kind, Database& database, const std::string& file);

// The same for a reader that needs `least_version`, and does not migrate.
HistoryResult check_kind_to_read(const FileKind& kind, Database& database, const std::string& file,
                                 std::int64_t least_version);

// Brings the database to this program's version, in one transaction. Only after check_kind().
void migrate(const FileKind& kind, Database& database);

// In a folder where this user may not write, SQLite cannot read a file in WAL mode that no process has open, because it
// cannot make a -shm file there. (If there is one, a process may be writing.)
std::unique_ptr<Database> open_to_read(const std::string& file);

}  // namespace goxel_telemetry::metrics
