// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/models/time_series.h"

namespace goxel_telemetry::viewer {

void TimeSeries::add(const metrics::Snapshot& snapshot) {
  const std::uint64_t second = snapshot.taken_monotonic_ns / 1'000'000'000;
  if (!samples_.empty() && second <= samples_.back().second) return;
  const metrics::WindowStats& now = snapshot.daemon.window(metrics::Window::now);
  const bool same_run = snapshot.daemon.run_id == run_id_;
  const bool lost = same_run && snapshot.ring.lost != lost_;
  lost_ = snapshot.ring.lost;
  run_id_ = snapshot.daemon.run_id;
  constexpr double kNsPerMs = 1e6;
  const metrics::Outcomes& outcomes = now.outcomes;
  const double share_failed =
      outcomes.all() == 0
          ? 0
          : static_cast<double>(outcomes.all() - outcomes.ok) / static_cast<double>(outcomes.all());
  samples_.push_back({second, snapshot.daemon.state == metrics::ProducerState::live && !lost,
                      now.latency.count != 0, static_cast<double>(now.latency.p50_ns) / kNsPerMs,
                      static_cast<double>(now.latency.p99_ns) / kNsPerMs, now.rate_per_second,
                      now.rate_per_second * share_failed});
  while (samples_.front().second + seconds_ < second) samples_.pop_front();
}

template <class Valid, class Value>
Pieces TimeSeries::pieces(Valid valid, Value value) const {
  Pieces result;
  bool joined = false;
  std::uint64_t before = 0;
  for (const Sample& sample : samples_) {
    if (!valid(sample)) {
      joined = false;
      continue;
    }
    // A refresh may come late and miss a second; two that are missing are a gap.
    constexpr std::uint64_t kJoinedWithin = 2;
    if (!joined || sample.second - before > kJoinedWithin) result.append(QList<QPointF>());
    result.last().append(
        {static_cast<double>(sample.second) - static_cast<double>(samples_.back().second),
         value(sample)});
    joined = true;
    before = sample.second;
  }
  return result;
}

Pieces TimeSeries::p50_ms() const {
  return pieces([](const Sample& s) { return s.known && s.answered; },
                [](const Sample& s) { return s.p50_ms; });
}

Pieces TimeSeries::p99_ms() const {
  return pieces([](const Sample& s) { return s.known && s.answered; },
                [](const Sample& s) { return s.p99_ms; });
}

Pieces TimeSeries::operations_per_second() const {
  return pieces([](const Sample& s) { return s.known; },
                [](const Sample& s) { return s.operations; });
}

Pieces TimeSeries::failures_per_second() const {
  return pieces([](const Sample& s) { return s.known; },
                [](const Sample& s) { return s.failures; });
}

}  // namespace goxel_telemetry::viewer
