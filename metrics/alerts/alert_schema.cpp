// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/alerts/alert_schema.h"

#include <array>

namespace goxel_telemetry::metrics {
namespace {

// Times are Unix nanoseconds, 0: not yet. Names are those of metrics/alerts/alert.h. `place` is the order within an alert.
constexpr const char* kStep1 = R"(
  PRAGMA application_id = 0x47785461;
  CREATE TABLE alert (
    id TEXT PRIMARY KEY,
    rule TEXT NOT NULL,
    instance TEXT NOT NULL,
    subject TEXT NOT NULL,
    level TEXT NOT NULL,
    since_ns INTEGER NOT NULL,
    raised_ns INTEGER NOT NULL,
    confirmed_ns INTEGER NOT NULL,
    updated_ns INTEGER NOT NULL,
    ended_ns INTEGER NOT NULL,
    state TEXT NOT NULL,  -- active, or how it ended
    summary TEXT NOT NULL,
    advice TEXT NOT NULL,
    compared_with TEXT NOT NULL,
    course_usual REAL NOT NULL,
    unit TEXT NOT NULL,
    judgement TEXT NOT NULL,
    judged_ns INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX alert_raised ON alert (raised_ns, id);
  CREATE INDEX alert_ended ON alert (ended_ns);
  CREATE INDEX alert_state ON alert (state, raised_ns, id);
  CREATE TABLE operation (
    alert TEXT NOT NULL, place INTEGER NOT NULL,
    stack TEXT NOT NULL, protocol TEXT NOT NULL, layer TEXT NOT NULL, operation TEXT NOT NULL,
    channel TEXT NOT NULL,
    ratio REAL NOT NULL, ratio_low REAL NOT NULL, ratio_high REAL NOT NULL,
    value_before REAL NOT NULL, value_after REAL NOT NULL,
    count_before INTEGER NOT NULL, count_after INTEGER NOT NULL,
    PRIMARY KEY (alert, place)
  ) WITHOUT ROWID;
  CREATE TABLE layer (
    alert TEXT NOT NULL, operation INTEGER NOT NULL, place INTEGER NOT NULL,
    layer TEXT NOT NULL, shift_ns REAL NOT NULL, share REAL NOT NULL,
    PRIMARY KEY (alert, operation, place)
  ) WITHOUT ROWID;
  CREATE TABLE fact (
    alert TEXT NOT NULL, place INTEGER NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (alert, place)
  ) WITHOUT ROWID;
  CREATE TABLE not_looked_at (
    alert TEXT NOT NULL, place INTEGER NOT NULL, why TEXT NOT NULL,
    PRIMARY KEY (alert, place)
  ) WITHOUT ROWID;
  CREATE TABLE course (
    alert TEXT NOT NULL, place INTEGER NOT NULL, value REAL NOT NULL,
    PRIMARY KEY (alert, place)
  ) WITHOUT ROWID;
  CREATE TABLE silence (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    rule TEXT NOT NULL, instance TEXT NOT NULL, operation TEXT NOT NULL,  -- '' matches all
    begin_ns INTEGER NOT NULL, end_ns INTEGER NOT NULL,
    author TEXT NOT NULL, reason TEXT NOT NULL
  );
  CREATE TABLE message (  -- that waits to be sent
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    channel TEXT NOT NULL, alert TEXT NOT NULL, change TEXT NOT NULL,
    queued_ns INTEGER NOT NULL, attempts INTEGER NOT NULL, not_before_ns INTEGER NOT NULL,
    why TEXT NOT NULL,  -- it was not sent yet
    UNIQUE (channel, alert, change)
  );
  CREATE TABLE thread (  -- what a channel remembers of an alert's first message
    alert TEXT NOT NULL, channel TEXT NOT NULL, thread TEXT NOT NULL,
    PRIMARY KEY (alert, channel)
  ) WITHOUT ROWID;
)";

// How channels do. Of the detector: where in the daemon the time of a shift went, and what is watched. NULL: not known.
constexpr const char* kStep2 = R"(
  CREATE TABLE channel (  -- that is told of alerts, and how that went
    name TEXT PRIMARY KEY,
    sent INTEGER NOT NULL, failed INTEGER NOT NULL, refused INTEGER NOT NULL,
    too_old INTEGER NOT NULL, silenced INTEGER NOT NULL,
    last_sent_ns INTEGER NOT NULL, last_failed_ns INTEGER NOT NULL,
    problem TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE phase (
    alert TEXT NOT NULL, operation INTEGER NOT NULL, place INTEGER NOT NULL,
    phase TEXT NOT NULL, shift_ns REAL NOT NULL, share REAL NOT NULL,
    PRIMARY KEY (alert, operation, place)
  ) WITHOUT ROWID;
  CREATE TABLE watched (
    instance TEXT PRIMARY KEY,
    as_of_ns INTEGER NOT NULL,
    left_out INTEGER NOT NULL  -- series
  ) WITHOUT ROWID;
  CREATE TABLE series (
    instance TEXT NOT NULL, place INTEGER NOT NULL,
    is_outer INTEGER NOT NULL, is_all INTEGER NOT NULL,
    stack TEXT NOT NULL, protocol TEXT NOT NULL, layer TEXT NOT NULL, operation TEXT NOT NULL,
    channel TEXT NOT NULL, state TEXT NOT NULL,
    requests_a_tick REAL NOT NULL, ticks_needed REAL,
    usual_ns REAL, usual_share REAL, due_to_load REAL,
    noticeable_ratio REAL, noticeable_share REAL, within_seconds REAL,
    PRIMARY KEY (instance, place)
  ) WITHOUT ROWID;
)";

constexpr std::array kSteps = {kStep1, kStep2};

}  // namespace

constinit const FileKind kAlertsFile = {"alerts file", "an alerts file", 0x47785461 /* GxTa */,
                                        kSteps};

}  // namespace goxel_telemetry::metrics
