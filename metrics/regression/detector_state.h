// SPDX-License-Identifier: GPL-3.0-or-later
// What the detector keeps of each series: detector.cpp takes it from tick to tick, detector_series.cpp tells what is watched.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "metrics/regression/detector.h"
#include "metrics/regression/evidence.h"
#include "metrics/regression/usual_latency.h"
#include "metrics/regression/usual_share.h"
#include "metrics/regression/waiting_ticks.h"

namespace goxel_telemetry::metrics {

// The requests of a tick are not quite independent of each other, and their scatter was measured some time ago.
inline constexpr double kScatterAllowance = 1.2;
inline constexpr EventSearch kSlowRequests{
    .increases = {{{.ratio = 2, .most_of_a_tick = 1}, {.ratio = 4, .most_of_a_tick = 1.5}}},
    .warns = 9.5};
inline constexpr EventSearch kFailures{
    .increases = {{{.ratio = 3, .most_of_a_tick = 1}, {.ratio = 8, .most_of_a_tick = 2}}},
    .warns = 10,
    .fewest = 8};

// The mean of the last values.
template <std::size_t most>
class Recent {
 public:
  void add(double value) {
    sum_ += value - values_[next_];
    values_[next_] = value;
    next_ = (next_ + 1) % most;
    count_ = std::min(count_ + 1, most);
  }
  double mean() const { return count_ == 0 ? 0 : sum_ / static_cast<double>(count_); }

 private:
  std::array<double, most> values_{};
  double sum_ = 0;
  std::size_t next_ = 0;
  std::size_t count_ = 0;
};

// The mean since an alarm was raised: what is usual if it stays.
struct MeanSince {
  double sum = 0;
  double requests = 0;

  void add(double value, double weight) {
    sum += value * weight;
    requests += weight;
  }
  double mean() const { return requests > 0 ? sum / requests : 0; }
};

// One channel of events in one operation: slow requests, or failures.
struct EventChannel {
  EventChannel(double least, const EventSearch& search) : usual(least), evidence(search) {}

  UsualShare usual;
  CountEvidence evidence;
  WaitingTicks<Events> waiting;
  MeanSince since;
};

// The same of all operations, whose events are to be expected as the sum of what is of each.
struct EventChannelOfAll {
  explicit EventChannelOfAll(const EventSearch& search) : evidence(search) {}

  struct Tick {
    double events = 0;
    double expected = 0;
    double expected_exactly = 0;

    void add(double more, double requests, const UsualShare& usual) {
      if (!usual.known()) return;
      events += more;
      expected += usual.expected(requests);
      expected_exactly += usual.expected_exactly(requests);
    }
  };
  Dispersion dispersion;
  CountEvidence evidence;
  WaitingTicks<Tick> waiting;
};

struct LatencyTick {
  double answered = 0;
  double difference = 0;  // mean
  double scatter = 0;     // mean
};

class RegressionDetector::State {
 public:
  explicit State(const DetectorSettings& settings)
      : settings_(settings), all_(settings.limits_outliers) {}

  std::vector<DetectorEvent> tick(std::uint64_t number, std::span<const OperationTick> operations);
  void begin_epoch();
  std::vector<WatchedSeries> series() const;

 private:
  static constexpr std::size_t kLoadTicks = 6;
  static constexpr std::size_t kMinuteTicks = 12;
  static constexpr std::size_t kTrafficTicks = 60;

  struct Operation {
    Operation(bool limits, std::uint64_t tick);

    UsualLatency latency;
    CentreEvidence evidence;
    WaitingTicks<ComparedLatency> waiting;
    MeanSince since;
    Recent<kMinuteTicks> minute;  // of differences
    EventChannel tail;
    EventChannel failures;
    std::uint64_t began;     // ticks_ when it was first seen
    std::uint64_t seen = 0;  // number of the last tick in which it was
    double requests = 0;     // of this tick
    Recent<kTrafficTicks> traffic;
  };
  struct All {
    explicit All(bool limits);

    SlowNoise noise;
    CentreEvidence evidence;
    WaitingTicks<LatencyTick> waiting;
    EventChannelOfAll tail;
    EventChannelOfAll failures;
  };
  struct SumOfAll {
    LatencyTick latency;  // sums
    EventChannelOfAll::Tick tail;
    EventChannelOfAll::Tick failures;
  };
  using Key = std::optional<OperationKey>;

  bool ignores(const LatencyTick& all);
  bool armed(std::uint64_t began) const { return ticks_ - began >= settings_.arms_after; }
  CentreEvidence::Variances variances(const SlowNoise& noise, double of_requests) const;
  void weigh(const Key& key, Operation& operation, const Tally& tally, double load, SumOfAll& all);
  void weigh(const Key& key, Channel channel, EventChannel& events, bool is_armed,
             const Events& tick);
  const CountEvidence& evidence_of_all(Channel channel) const {
    return channel == Channel::tail ? all_.tail.evidence : all_.failures.evidence;
  }
  static bool judges_tail(bool is_known, const CentreEvidence& centre, CountEvidence& tail);
  void weigh_all(SumOfAll sum);
  void weigh_all(Channel channel, EventChannelOfAll& events, const EventChannelOfAll::Tick& tick);
  Operation* watched(const OperationKey& key);
  void learn(Operation& operation);
  void give_up(const OperationKey& key, Operation& operation);
  void give_up_all();
  void tell(const Key& key, Channel channel, const Alarm& alarm,
            const std::vector<AlarmChange>& changes);
  void settle(Operation& operation, Channel channel, bool adopts);
  double ticks_to_arm(std::uint64_t began) const;
  std::optional<double> ticks_to_learn(const Operation& operation) const;
  void add_series(const OperationKey& key, const Operation& operation,
                  std::vector<WatchedSeries>& series) const;
  void add_series_of_all(std::vector<WatchedSeries>& series) const;
  template <class Moves>
  void add_noticeable(const SlowNoise& noise, double scatter, const Moves& moves,
                      WatchedSeries& series) const;

  const DetectorSettings settings_;
  std::map<OperationKey, Operation> operations_;
  All all_;
  std::uint64_t ticks_ = 0;  // with requests
  std::uint64_t number_ = 0;
  Recent<kLoadTicks> load_;
  // After a restart: how many ticks were not judged, and the means of the last minutes.
  std::optional<std::uint32_t> ignored_;
  Recent<kMinuteTicks> last_minute_;
  Recent<2 * kMinuteTicks> last_two_minutes_;
  std::vector<DetectorEvent> events_;
};

}  // namespace goxel_telemetry::metrics
