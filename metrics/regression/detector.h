// SPDX-License-Identifier: GPL-3.0-or-later
// Notices when operations become slower, or fail more often, than they used to: a stratified residual CUSUM.
// docs/metrics-math.md, "Regressions", says how, and what it promises.
//
// Streaming and deterministic: what it says depends on the ticks that it was given, and on nothing else. Memory is bounded: of
// more than kMostWatched operations, those that had no requests for longest are forgotten.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "metrics/alerts/alert.h"
#include "metrics/alerts/watched_series.h"
#include "metrics/live/tick.h"
#include "metrics/operation_key.h"

namespace goxel_telemetry::metrics {

// What the evaluation changes, to prove that each is needed.
struct DetectorSettings {
  bool limits_outliers = true;     // false: residuals are not clipped, nor what one tick says
  std::uint32_t arms_after = 720;  // ticks with traffic
  std::uint32_t ignores_after_restart = 24;  // ticks
  bool measures_slow_noise = true;           // false: ticks are taken as independent of each other
};

using Channel = OperationShift::Channel;

// What changed in one series: an operation, or all of them, in one channel.
struct DetectorEvent {
  // given_up: it has had no requests for so long that nobody knows.
  enum class Kind : std::uint8_t { raised, confirmed, resolved, new_level, given_up };

  Kind kind = Kind::raised;
  std::optional<OperationKey> key;  // empty: all operations together
  Channel channel = Channel::centre;
  std::uint64_t tick = 0;        // in which it was noticed
  std::uint64_t since_tick = 0;  // with which the evidence began
};

class RegressionDetector {
 public:
  static constexpr std::size_t kMostWatched = 1024;

  explicit RegressionDetector(const DetectorSettings& settings = {});
  ~RegressionDetector();
  RegressionDetector(RegressionDetector&&) noexcept;
  RegressionDetector& operator=(RegressionDetector&&) noexcept;

  // `number` of the tick: each is greater than the one before; those that are left out were without requests, or not
  // watched. Operations without requests may be left out; keys differ.
  std::vector<DetectorEvent> tick(std::uint64_t number, std::span<const OperationTick> operations);

  // The daemon was restarted: the ticks from now on are those of the new one. What was usual stays.
  void begin_epoch();

  // What it watches: all operations together, then each, in three channels.
  std::vector<WatchedSeries> series() const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace goxel_telemetry::metrics
