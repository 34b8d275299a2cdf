// SPDX-License-Identifier: GPL-3.0-or-later
// What is watched, and which change would be noticed.
#include <algorithm>
#include <cmath>

#include "metrics/regression/detector_state.h"
#include "metrics/regression/noticeable.h"

namespace goxel_telemetry::metrics {
namespace {

template <class Evidence>
WatchedSeries series_of(const std::optional<OperationKey>& key, Channel channel,
                        const Evidence& evidence, double ticks_to_arm) {
  using State = WatchedSeries::State;
  WatchedSeries series;
  series.key = key;
  series.channel = channel;
  const Alarm& alarm = evidence.alarm();
  if (alarm.active()) {
    series.state = alarm.confirmed() ? State::confirmed : State::warning;
  } else if (ticks_to_arm > 0) {
    series.state = State::arming;
    series.ticks_needed = ticks_to_arm;
  } else {
    series.state = evidence.suspects() ? State::suspects : State::watching;
  }
  return series;
}

bool watches(const WatchedSeries& series) {
  return series.state != WatchedSeries::State::learning &&
         series.state != WatchedSeries::State::arming;
}

void add_share(const EventSearch& search, double usual, double expected,
               const Dispersion& dispersion, WatchedSeries& series) {
  series.usual_share = usual;
  if (!watches(series)) return;
  const auto found =
      noticeable_share(search, expected, dispersion, TickTraffic::of(series.requests));
  if (!found) return;
  series.noticeable = {{}, found->size, found->within * static_cast<double>(kTickSeconds)};
  if (usual > 0) series.noticeable->ratio = found->size / usual;
}

}  // namespace

double RegressionDetector::State::ticks_to_arm(std::uint64_t began) const {
  const std::uint64_t known = ticks_ - began;
  double ticks = settings_.arms_after -
                 static_cast<double>(std::min<std::uint64_t>(settings_.arms_after, known));
  if (ignored_)
    ticks =
        std::max({ticks, 1.0, static_cast<double>(settings_.ignores_after_restart) - *ignored_});
  return ticks;
}

std::optional<double> RegressionDetector::State::ticks_to_learn(const Operation& operation) const {
  const double requests = operation.traffic.mean();
  if (requests == 0) return std::nullopt;
  const UsualLatency& usual = operation.latency;
  return std::max({ticks_to_arm(operation.began),
                   usual.ticks_to_learn() / TickTraffic::of(requests).with_requests,
                   usual.requests_to_learn() / requests});
}

template <class Moves>
void RegressionDetector::State::add_noticeable(const SlowNoise& noise, double scatter,
                                               const Moves& moves, WatchedSeries& series) const {
  const TickTraffic traffic = TickTraffic::of(series.requests);
  if (!watches(series) || traffic.requests == 0) return;
  const double of_requests = scatter / traffic.requests;
  const auto found = noticeable_shift(variances(noise, of_requests),
                                      kScatterAllowance * of_requests, traffic, moves);
  if (found)
    series.noticeable = {
        std::exp(found->size), {}, found->within * static_cast<double>(kTickSeconds)};
}

void RegressionDetector::State::add_series(const OperationKey& key, const Operation& operation,
                                           std::vector<WatchedSeries>& series) const {
  const UsualLatency& usual = operation.latency;
  const double requests = operation.traffic.mean();
  const double to_arm = ticks_to_arm(operation.began);
  const auto add = [&](Channel channel, const auto& evidence, bool is_known) -> WatchedSeries& {
    WatchedSeries& one = series.emplace_back(series_of(key, channel, evidence, to_arm));
    one.requests = requests;
    if (is_known || evidence.alarm().active()) return one;
    one.state = WatchedSeries::State::learning;
    one.ticks_needed = ticks_to_learn(operation);
    return one;
  };
  WatchedSeries& centre = add(Channel::centre, operation.evidence, usual.known());
  if (usual.known()) {
    centre.usual_ns = usual.median_ns();
    centre.due_to_load = usual.due_to_load(std::log(load_.mean()));
    add_noticeable(
        usual.noise(), usual.scatter(),
        [&](double shift) { return usual.yardstick()->moved_by(shift); }, centre);
  }
  WatchedSeries& tail = add(Channel::tail, operation.tail.evidence, usual.knows_tail());
  if (usual.knows_tail()) {
    tail.usual_ns = usual.tail_ns();
    add_share(kSlowRequests, operation.tail.usual.expected_exactly(1),
              operation.tail.usual.expected(1), operation.tail.usual.dispersion(), tail);
  }
  add_share(kFailures, operation.failures.usual.expected_exactly(1),
            operation.failures.usual.expected(1), operation.failures.usual.dispersion(),
            add(Channel::errors, operation.failures.evidence, true));
}

void RegressionDetector::State::add_series_of_all(std::vector<WatchedSeries>& series) const {
  struct {
    double requests = 0;  // of all operations in a tick
    double known = 0;     // of those whose usual latency is known
    double tails = 0;     // of those whose usual tail is known
    double scatter = 0;   // sums over the requests
    double due_to_load = 0;
    EventChannelOfAll::Tick slow;
    EventChannelOfAll::Tick failed;
  } sum;
  std::optional<double> soonest;  // ticks, until anything more of latencies is known
  for (const auto& [key, operation] : operations_) {
    const double requests = operation.traffic.mean();
    sum.requests += requests;
    const auto needed = ticks_to_learn(operation);
    if (!operation.latency.knows_tail() && needed)
      soonest = std::min(soonest.value_or(*needed), *needed);
    sum.failed.add(0, requests, operation.failures.usual);
    if (!operation.latency.known()) continue;
    sum.known += requests;
    sum.scatter += requests * operation.latency.scatter();
    sum.due_to_load += requests * operation.latency.due_to_load(std::log(load_.mean()));
    if (!operation.latency.knows_tail()) continue;
    sum.tails += requests;
    sum.slow.add(0, requests, operation.tail.usual);
  }
  const auto add = [&](Channel channel, const auto& evidence, bool is_known) -> WatchedSeries& {
    WatchedSeries& one = series.emplace_back(series_of({}, channel, evidence, ticks_to_arm(0)));
    one.requests = sum.requests;
    if (is_known || evidence.alarm().active()) return one;
    one.state = WatchedSeries::State::learning;
    one.ticks_needed = soonest;
    return one;
  };
  WatchedSeries& centre = add(Channel::centre, all_.evidence, sum.known > 0);
  if (sum.known > 0) {
    centre.due_to_load = sum.due_to_load / sum.known;
    const auto moves = [&](double shift) {
      double moved = 0;
      for (const auto& [key, operation] : operations_) {
        if (operation.latency.known())
          moved += operation.traffic.mean() * operation.latency.yardstick()->moved_by(shift);
      }
      return moved / sum.known;
    };
    add_noticeable(all_.noise, sum.scatter / sum.known, moves, centre);
  }
  WatchedSeries& tail = add(Channel::tail, all_.tail.evidence, sum.tails > 0);
  if (sum.tails > 0) {
    add_share(kSlowRequests, sum.slow.expected_exactly / sum.tails, sum.slow.expected / sum.tails,
              all_.tail.dispersion, tail);
  }
  WatchedSeries& failures = add(Channel::errors, all_.failures.evidence, true);
  if (sum.requests > 0) {
    add_share(kFailures, sum.failed.expected_exactly / sum.requests,
              sum.failed.expected / sum.requests, all_.failures.dispersion, failures);
  }
}

std::vector<WatchedSeries> RegressionDetector::State::series() const {
  std::vector<WatchedSeries> series;
  series.reserve(3 * (operations_.size() + 1));
  add_series_of_all(series);
  for (const auto& [key, operation] : operations_) add_series(key, operation, series);
  return series;
}

}  // namespace goxel_telemetry::metrics
