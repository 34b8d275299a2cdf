// SPDX-License-Identifier: GPL-3.0-or-later
// Members that several documents have: counts, latencies, and the windows. See document.h.
#pragma once

#include <array>
#include <cstddef>

#include "metrics/live/snapshot.h"
#include "metrics/tally/statistics.h"

namespace goxel_telemetry::documents {

// One member for each window, with the window's name ("now", "1m", …).
struct Windows {
  const std::array<metrics::WindowStats, metrics::kWindowCount>& stats;
};

template <class Member>
void describe(const metrics::Outcomes& o, Member&& member) {
  member("all", o.all());
  member("ok", o.ok);
  member("error", o.error);
  member("unanswered", o.unanswered);
  member("malformed", o.malformed);
  member("cancelled", o.cancelled);
  member("notification", o.notification);
}

template <class Member>
void describe(const metrics::Latency& l, Member&& member) {
  member("count", l.count);
  member("mean_ns", l.mean_ns);
  member("min_ns", l.min_ns);
  member("p50_ns", l.p50_ns);
  member("p90_ns", l.p90_ns);
  member("p95_ns", l.p95_ns);
  member("p99_ns", l.p99_ns);
  member("max_ns", l.max_ns);
  member("out_of_range", l.out_of_range);
}

template <class Member>
void describe(const metrics::WindowStats& w, Member&& member) {
  member("covered_seconds", w.covered_seconds);
  member("rate_per_second", w.rate_per_second);
  member("outcomes", w.outcomes);
  member("latency", w.latency);
  member("mean_receive_ns", w.mean_receive_ns);
  member("mean_wait_ns", w.mean_wait_ns);
  member("mean_send_ns", w.mean_send_ns);
  member("bytes_in", w.bytes_in);
  member("bytes_out", w.bytes_out);
}

template <class Member>
void describe(const Windows& windows, Member&& member) {
  for (std::size_t i = 0; i < metrics::kWindowCount; ++i) {
    member(metrics::kWindowNames[i], windows.stats[i]);
  }
}

}  // namespace goxel_telemetry::documents
