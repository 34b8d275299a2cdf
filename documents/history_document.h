// SPDX-License-Identifier: GPL-3.0-or-later
// The shape of a history's answers as documents: see document.h.
#pragma once

#include <cstdint>
#include <string>

#include "documents/document.h"
#include "documents/statistics_document.h"
#include "metrics/history/answer.h"

namespace goxel_telemetry::documents {

// GET /api/v1/history
struct HistoryDocument {
  std::uint64_t taken_realtime_ns;
  std::string message;
  const metrics::HistoryFilter& filter;
  const metrics::HistoryAnswer& answer;
};

template <class Member>
void describe(const metrics::HistoryPoint& p, Member&& member) {
  member("begin_seconds", p.begin_seconds);
  member("seconds", p.seconds);
  describe(p.stats, member);
}

template <class Member>
void describe(const HistoryDocument& d, Member&& member) {
  member("schema_version", kSchemaVersion);
  member("taken_realtime_ns", d.taken_realtime_ns);
  member("message", d.message);
  member("instance", d.filter.instance);
  member("operation", d.filter.operation);
  member("stack", d.filter.stack);
  member("protocol", d.filter.protocol);
  member("layer", d.filter.layer);
  member("begin_seconds", d.answer.begin_seconds);
  member("end_seconds", d.answer.end_seconds);
  member("point_seconds", d.answer.point_seconds);
  member("whole", d.answer.whole);
  member("points", d.answer.points);
}

}  // namespace goxel_telemetry::documents
