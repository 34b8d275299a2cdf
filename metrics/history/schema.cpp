// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/history/schema.h"

#include <array>

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

constexpr std::array kSteps = {kStep1, kStep2, kStep3, kStep4};

}  // namespace

constinit const FileKind kHistoryFile = {"history file", "a history file", 0x47785468 /* GxTh */,
                                         kSteps};

}  // namespace goxel_telemetry::metrics
