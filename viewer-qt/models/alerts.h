// SPDX-License-Identifier: GPL-3.0-or-later
// The alerts of a daemon as the window shows them: in lists, on time lines, in words.
#pragma once

#include <QList>
#include <QString>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "metrics/alerts/alert_store.h"
#include "metrics/time.h"
#include "viewer-qt/models/time_points.h"

namespace goxel_telemetry::viewer {

// What the file of alerts has of an instance and of the bridge itself.
struct KnownAlerts {
  std::vector<metrics::Alert> alerts;  // active ones first, then the newest
  metrics::AlertAccuracy accuracy;     // of all that the file has, in the last days
  // What is watched for regressions, as of when (CLOCK_REALTIME; 0: nothing yet).
  metrics::InstanceSeries series;
  std::uint64_t series_as_of_ns = 0;
  bool has_file = false;
  std::string
      message;  // why less is known than could be, or a judgement was not written; a sentence, or empty
};
using AlertsPointer = std::shared_ptr<const KnownAlerts>;

std::size_t count_active(const KnownAlerts& known);
// Whether one that has been confirmed is active.
bool has_confirmed(const KnownAlerts& known);

// "▲ confirmed", "△ warning": the sign is the one of the mark.
QString level_text(const metrics::Alert& alert);
// "active", "resolved after 12 min 00 s", …
QString state_text(const metrics::Alert& alert);
// "right", "wrong", "known", or "–" if nobody has said anything.
QString judgement_text(metrics::Judgement judgement);
// "usual time", "slowest of 100", "failures"
QString channel_text(metrics::OperationShift::Channel channel);
// "▲ 2 alerts": of those that are active; empty if none is.
QString active_text(const KnownAlerts& known);

// Each with its stretch, in the order of time.
QList<Mark> marks_of(const KnownAlerts& known);

// From since to its end, or to now: what a comparison is made of. Not so short that nothing can have come in it.
metrics::TimeStretch stretch_of(const metrics::Alert& alert, std::uint64_t now_ns);

// Of an alert's evidence, to be drawn.
struct Course {
  std::vector<float>
      shares;  // of the top of the chart, in the order of time; NaN: a gap. Empty: there is no chart
  std::optional<float> usual;
  QString words;
};
Course course_of(const metrics::AlertEvidence& evidence);

// All of an alert but the table of its operations: what it says, what to do, what it is based on. A line for each.
QString evidence_text(const metrics::Alert& alert);

// As of when what is watched is known, or that it is not.
QString watched_text(const KnownAlerts& known);
// What is watched and not judged yet: a line for each operation.
QString not_judged_text(const KnownAlerts& known);

}  // namespace goxel_telemetry::viewer
