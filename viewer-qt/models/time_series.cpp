// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/models/time_series.h"

#include <utility>

namespace goxel_telemetry::viewer {

TimeSeries::Sample TimeSeries::sample_of(const metrics::WindowStats& stats) {
  const double requests = static_cast<double>(stats.outcomes.all());
  const double failed = requests - static_cast<double>(stats.outcomes.ok);
  Sample sample{};
  sample.known = stats.covered_seconds > 0;
  sample.answered = stats.latency.count != 0;
  sample.p50_ns = static_cast<double>(stats.latency.p50_ns);
  sample.p99_ns = static_cast<double>(stats.latency.p99_ns);
  sample.operations = stats.rate_per_second;
  sample.failures = requests == 0 ? 0 : stats.rate_per_second * failed / requests;
  return sample;
}

void TimeSeries::begin_with(const Past& past) {
  constexpr std::uint64_t kNsPerSecond = 1'000'000'000;
  for (const metrics::HistoryPoint& point : past.seconds) {
    const std::uint64_t end_ns = (point.begin_seconds + point.seconds) * kNsPerSecond;
    // The second that has not ended yet will come with the first snapshot.
    if (point.seconds != 1 || end_ns > past.now_realtime_ns) continue;
    const std::uint64_t ago_ns = past.now_realtime_ns - end_ns;
    if (ago_ns > past.now_monotonic_ns) continue;
    Sample sample = sample_of(point.stats);
    sample.second = (past.now_monotonic_ns - ago_ns) / kNsPerSecond;
    sample.run_id = past.run_id;
    if (samples_.empty() || sample.second > samples_.back().second) samples_.push_back(sample);
  }
}

bool TimeSeries::add(const metrics::Snapshot& snapshot) {
  const std::uint64_t second = snapshot.taken_monotonic_ns / 1'000'000'000;
  if (!samples_.empty() && second <= samples_.back().second) return false;
  const std::uint64_t lost_before = std::exchange(lost_, snapshot.ring.lost);
  Sample sample = sample_of(snapshot.daemon.window(metrics::Window::now));
  sample.second = second;
  sample.run_id = snapshot.daemon.run_id;
  sample.known =
      sample.known && snapshot.daemon.state == shm::ProducerState::live && lost_ == lost_before;
  sample.answered = sample.answered && sample.known;
  samples_.push_back(sample);
  while (samples_.front().second + seconds_ < second) samples_.pop_front();
  return true;
}

template <class Valid>
Pieces TimeSeries::pieces(Valid valid, double Sample::*value) const {
  // A refresh may come late, so that one second is missing; two missing seconds are a gap.
  constexpr std::uint64_t kJoinedWithin = 2;
  Pieces result;
  const Sample* before = nullptr;  // the sample to join to
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
