// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/history/schema.h"

#include <array>
#include <string>

namespace goxel_telemetry::metrics {
namespace {

// Times are Unix seconds, or nanoseconds where the name says so.
//
// A series is one operation of one instance. A series without an operation's name is the sum of all
// operations of its stack, protocol and layer, so that a sum over many operations is read as fast
// as one operation.
//
// In each tier, rows begin at kept_from at the earliest: older ones were pruned. Before
// closed_until the tier is complete; later records are in the finer tiers only.
//
// Rows are ordered by time: a commit appends to the last few pages, and pruning frees whole pages
// at the beginning, which are then used again at the end. So the file does not grow once the
// retention is reached, and needs no vacuum.
constexpr const char* kStep1 = R"(
  PRAGMA application_id = 0x47785468;
  CREATE TABLE instance (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    run_id INTEGER NOT NULL,
    lanes BLOB NOT NULL,
    until_ns INTEGER NOT NULL,
    lost INTEGER NOT NULL
  );
  CREATE TABLE series (
    id INTEGER PRIMARY KEY,
    instance INTEGER NOT NULL,
    stack TEXT NOT NULL,
    protocol TEXT NOT NULL,
    layer TEXT NOT NULL,
    operation TEXT NOT NULL,
    last_begin INTEGER NOT NULL,
    UNIQUE (instance, operation, layer, stack, protocol)
  );
  CREATE TABLE tier (
    seconds INTEGER PRIMARY KEY,
    kept_from INTEGER NOT NULL,
    closed_until INTEGER NOT NULL
  );
  INSERT INTO tier VALUES (1, 0, 0), (10, 0, 0), (60, 0, 0), (3600, 0, 0);
  CREATE TABLE rollup_1 (
    begin INTEGER NOT NULL, series INTEGER NOT NULL, tally BLOB NOT NULL,
    PRIMARY KEY (begin, series)
  ) WITHOUT ROWID;
  CREATE TABLE rollup_10 (
    begin INTEGER NOT NULL, series INTEGER NOT NULL, tally BLOB NOT NULL,
    PRIMARY KEY (begin, series)
  ) WITHOUT ROWID;
  CREATE TABLE rollup_60 (
    begin INTEGER NOT NULL, series INTEGER NOT NULL, tally BLOB NOT NULL,
    PRIMARY KEY (begin, series)
  ) WITHOUT ROWID;
  CREATE TABLE rollup_3600 (
    begin INTEGER NOT NULL, series INTEGER NOT NULL, tally BLOB NOT NULL,
    PRIMARY KEY (begin, series)
  ) WITHOUT ROWID;
)";

// The time that was watched: stretches that do not touch each other, in nanoseconds. A file from
// before this step counts as watched all the time since its first row.
constexpr const char* kStep2 = R"(
  CREATE TABLE observed (
    instance INTEGER NOT NULL, begin_ns INTEGER NOT NULL, end_ns INTEGER NOT NULL,
    PRIMARY KEY (instance, begin_ns)
  ) WITHOUT ROWID;
  INSERT INTO observed
    SELECT id, first, until_ns FROM instance, (
      SELECT 1000000000 * min(begin) AS first FROM (
        SELECT min(begin) AS begin FROM rollup_1 UNION ALL
        SELECT min(begin) FROM rollup_10 UNION ALL
        SELECT min(begin) FROM rollup_60 UNION ALL
        SELECT min(begin) FROM rollup_3600
      )
    ) WHERE first < until_ns;
)";

// What the bridge has counted of each operation (metrics/tally/counters_codec.h), up to the
// instance's reading position.
constexpr const char* kStep3 = R"(
  CREATE TABLE counter (
    instance INTEGER NOT NULL,
    stack TEXT NOT NULL,
    protocol TEXT NOT NULL,
    layer TEXT NOT NULL,
    operation TEXT NOT NULL,
    counters BLOB NOT NULL,
    PRIMARY KEY (instance, operation, layer, stack, protocol)
  ) WITHOUT ROWID;
  CREATE TABLE ended (only INTEGER PRIMARY KEY);  -- a row: its writer ended in order
)";

// The seconds at which writers began: a bridge's starts.
constexpr const char* kStep4 = R"(
  CREATE TABLE began (at INTEGER PRIMARY KEY);
)";

// The step at i leads from version i to i + 1.
constexpr std::array kSteps = {kStep1, kStep2, kStep3, kStep4};

// A reader needs what steps up to this one made.
constexpr std::int64_t kReadableVersion = 2;

}  // namespace

std::int64_t history_version() {
  return kSteps.size();
}

HistoryResult check_schema(Database& database, const std::string& file) {
  const std::int64_t application = database.number("PRAGMA application_id");
  const std::int64_t version = database.number("PRAGMA user_version");
  if (application == 0 && version == 0 &&
      database.number("SELECT count(*) FROM sqlite_master") == 0) {
    return {HistoryOutcome::absent, "the history file " + file + " is still empty"};
  }
  if (application != kHistoryApplicationId || version < 1) {
    return {HistoryOutcome::foreign, file + " is a database, but not a history file"};
  }
  if (version > history_version()) {
    return {HistoryOutcome::newer, "the history file " + file +
                                       " was written by a newer version of this program (" +
                                       std::to_string(version) + "; this one knows up to " +
                                       std::to_string(history_version()) + ')'};
  }
  return {};
}

HistoryResult check_schema_to_read(Database& database, const std::string& file) {
  HistoryResult schema = check_schema(database, file);
  if (schema.done() && database.number("PRAGMA user_version") < kReadableVersion) {
    return {HistoryOutcome::older, "the history file " + file +
                                       " was written by an older version of this program; the "
                                       "bridge brings it up to date when it writes it"};
  }
  return schema;
}

void migrate(Database& database) {
  Database::Transaction transaction(database, "BEGIN IMMEDIATE");
  const auto version = static_cast<std::size_t>(database.number("PRAGMA user_version"));
  for (std::size_t step = version; step < kSteps.size(); ++step) database.run(kSteps[step]);
  database.run(("PRAGMA user_version = " + std::to_string(kSteps.size())).c_str());
  transaction.commit();
}

}  // namespace goxel_telemetry::metrics
