// SPDX-License-Identifier: GPL-3.0-or-later
// The shape of what the regression detector watches, as a document: see document.h.
#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "documents/document.h"
#include "metrics/alerts/watched_series.h"
#include "metrics/live/tick.h"

namespace goxel_telemetry::documents {

// GET /api/v1/alerts/series
struct WatchedSeriesDocument {
  std::uint64_t taken_realtime_ns;
  std::string message;  // what is waited for, if anything
  std::vector<metrics::InstanceSeries> instances;
};

template <class Member>
void describe(const metrics::WatchedSeries::Noticeable& n, Member&& member) {
  member("ratio", n.ratio);
  member("share", n.share);
  member("within_seconds", n.within_seconds);
}

template <class Member>
void describe(const metrics::WatchedSeries& s, Member&& member) {
  const metrics::OperationKey key = s.key.value_or(metrics::OperationKey{});
  const auto seconds = static_cast<double>(metrics::kTickSeconds);
  member("outer", s.is_outer);
  member("all", !s.key);
  member("stack", key.stack);
  member("protocol", key.protocol);
  member("layer", key.layer);
  member("operation", key.operation);
  member("channel", to_string(s.channel));
  member("state", to_string(s.state));
  member("seconds_needed",
         s.ticks_needed ? std::optional(*s.ticks_needed * seconds) : std::nullopt);
  member("requests_per_second", s.requests / seconds);
  member("usual_ns", s.usual_ns);
  member("usual_share", s.usual_share);
  member("load_ratio", s.due_to_load ? std::optional(std::exp(*s.due_to_load)) : std::nullopt);
  member("noticeable", s.noticeable);
}

template <class Member>
void describe(const metrics::InstanceSeries& i, Member&& member) {
  member("instance", i.instance);
  member("series_left_out", i.left_out);
  member("series", i.series);
}

template <class Member>
void describe(const WatchedSeriesDocument& d, Member&& member) {
  member("schema_version", kSchemaVersion);
  member("taken_realtime_ns", d.taken_realtime_ns);
  member("message", d.message);
  member("instances", d.instances);
}

}  // namespace goxel_telemetry::documents
