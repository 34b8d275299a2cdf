// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/models/time_series.h"

#include <utility>

namespace goxel_telemetry::viewer {

bool TimeSeries::add(const metrics::Snapshot& snapshot) {
  const std::uint64_t second = snapshot.taken_monotonic_ns / 1'000'000'000;
  if (!samples_.empty() && second <= samples_.back().second) return false;
  const metrics::WindowStats& now = snapshot.daemon.window(metrics::Window::now);
  const std::uint64_t lost_before = std::exchange(lost_, snapshot.ring.lost);
  const double requests = static_cast<double>(now.outcomes.all());
  const double failed = requests - static_cast<double>(now.outcomes.ok);

  Sample sample{};
  sample.second = second;
  sample.run_id = snapshot.daemon.run_id;
  sample.known = snapshot.daemon.state == metrics::ProducerState::live && now.covered_seconds > 0 &&
                 lost_ == lost_before;
  sample.answered = sample.known && now.latency.count != 0;
  sample.p50_ns = static_cast<double>(now.latency.p50_ns);
  sample.p99_ns = static_cast<double>(now.latency.p99_ns);
  sample.operations = now.rate_per_second;
  sample.failures = requests == 0 ? 0 : now.rate_per_second * failed / requests;
  samples_.push_back(sample);
  while (samples_.front().second + seconds_ < second) samples_.pop_front();
  return true;
}

template <class Valid>
Pieces TimeSeries::pieces(Valid valid, double Sample::*value) const {
  // A refresh may come late and miss a second; two that are missing are a gap.
  constexpr std::uint64_t kJoinedWithin = 2;
  Pieces result;
  const Sample* before = nullptr;  // the one to join to
  for (const Sample& sample : samples_) {
    if (!valid(sample)) {
      before = nullptr;
      continue;
    }
    const bool joined = before != nullptr && sample.run_id == before->run_id &&
                        sample.second - before->second <= kJoinedWithin;
    if (!joined) result.append(QList<QPointF>());
    const auto ago = static_cast<double>(samples_.back().second - sample.second);
    result.last().append({-ago, sample.*value});
    before = &sample;
  }
  return result;
}

Pieces TimeSeries::p50_ns() const {
  return pieces([](const Sample& s) { return s.answered; }, &Sample::p50_ns);
}

Pieces TimeSeries::p99_ns() const {
  return pieces([](const Sample& s) { return s.answered; }, &Sample::p99_ns);
}

Pieces TimeSeries::operations_per_second() const {
  return pieces([](const Sample& s) { return s.known; }, &Sample::operations);
}

Pieces TimeSeries::failures_per_second() const {
  return pieces([](const Sample& s) { return s.known; }, &Sample::failures);
}

}  // namespace goxel_telemetry::viewer
