// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/models/baseline_title.h"

#include <QCoreApplication>

#include "metrics/text/format.h"
#include "viewer-qt/models/distribution.h"
#include "viewer-qt/models/shown.h"

namespace goxel_telemetry::viewer {
namespace {

QString tr(const char* text) {
  return QCoreApplication::translate("BaselineTitle", text);
}

}  // namespace

// As `goxel-telemetry baseline save` writes it; a stack may follow.
bool BaselineTitle::is_of(const std::string& instance) const {
  const std::string named = "instance \"" + instance + '"';
  return source.starts_with("live, " + named) || source.starts_with("history of " + named);
}

BaselineTitle title_of(const metrics::Baseline& baseline) {
  const metrics::Observation& seen = baseline.observation;
  return {baseline.name,
          baseline.source,
          baseline.saved_realtime_ns,
          {seen.begin_seconds * metrics::kNsPerSecond, seen.end_seconds() * metrics::kNsPerSecond}};
}

QString in_words(const BaselineTitle& baseline) {
  return tr("baseline %1, saved %2")
      .arg(shown(baseline.name),
           QString::fromStdString(metrics::format_date_time(baseline.saved_ns)));
}

Mark mark_of(const BaselineTitle& baseline) {
  return {baseline.seen.end_ns, MarkKind::baseline,
          tr("%1; it is of %2").arg(in_words(baseline), range_text(baseline.seen))};
}

}  // namespace goxel_telemetry::viewer
