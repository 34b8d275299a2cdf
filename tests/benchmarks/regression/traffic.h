// SPDX-License-Identifier: GPL-3.0-or-later
// A simulated daemon's requests, tick by tick, as the evaluation protocol of the regression detector describes them. The
// same kind, seed and change give the same requests; a change leaves everything else that happens to the daemon as it was.
//
// Four operations. A request's latency is log-normal; 2 % take a slow path, e^min(6, 0.5 + x) times as long, x exponential
// with mean 1.5. All operations share a level, and all of the following, each a factor:
//   - noise from tick to tick, and a drift: stationary, Gaussian in the logarithm; the drift's correlation falls to 1/e in
//     20 min. Every "sd" is that of the values, not of their innovations.
//   - load^0.15. The load is the rate of requests relative to its usual value: a sine over a day, which begins at its
//     middle and rises, or at a random hour if the kind says so, times e^(autoregressive noise).
//   - stalls (x3), which every request meets that arrives in them, and tail bursts (x10), which one in ten does
//   - after a restart 1 + e^(-t/60 s)
// Mix: shares times e^walk, one walk an operation, correlation 1/e in an hour, made to add up to 1 again: the mix changes at
// the same load. So it does in a mix jump, in which the rarest operation's share is multiplied by 8 first.
// Errors: binomial; in error bursts, the probability is multiplied by gamma noise of shape 2 and mean 1, new every tick.
// Things that happen some times a day do so at random moments (noise.h). A tick that is partly inside of one has that part
// of its requests there. Gaps last up to 10 min, evenly; during one, and between a daemon's end and its next start, there
// are no requests.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include "metrics/regression/detector.h"
#include "noise.h"
#include "random.h"

namespace goxel_telemetry::evaluation {

inline constexpr std::size_t kOperationCount = 4;
inline constexpr std::size_t kRarest = 3;

struct OperationModel {
  const char* name;
  double median_ms;
  double log_sd;
  double share;
};
inline constexpr std::array<OperationModel, kOperationCount> kOperations = {{
    {"add_voxels", 0.8, 0.5, 0.5},
    {"list_layers", 2, 0.6, 0.25},
    {"ping", 0.2, 0.4, 0.2},
    {"export_model", 8, 0.7, 0.05},
}};
metrics::OperationKey key_of(std::size_t operation);

// As it is made: "steady".
struct TrafficKind {
  const char* name = "steady";
  double requests_per_second = 50;
  double error_ratio = 0.001;
  double noise_correlation = 0.8;  // from tick to tick
  double noise_sd = 0.01;          // of logarithms, as all that follow
  double drift_sd = 0;
  double daily_swing = 0;    // of the load, up and down
  bool random_hour = false;  // in which the first tick is
  double load_sd = 0;
  double load_exponent = 0;
  double mix_sd = 0;
  double mix_jumps = 0;  // a day, as all that follow
  double stalls = 0;
  double tail_bursts = 0;
  double restarts = 0;
  double gaps = 0;
  bool error_bursts = false;
};
// steady, standard, noisy, mid, low, high: the last three are standard with fewer or more requests.
extern const std::array<TrafficKind, 6> kTrafficKinds;
// Ends the program with an assertion if there is none.
const TrafficKind& kind_named(std::string_view name);

// What becomes different, from `begin_s` until `end_s`.
struct Change {
  double begin_s = 0;
  double end_s = std::numeric_limits<double>::infinity();
  std::optional<std::size_t> operation = {};  // which takes longer; empty: all do
  double factor = 1;                          // of its latency
  double tail_factor = 1;  // of latencies above their 97 % point, and of those of slow paths
  double error_factor = 1;
  double rarest_factor = 1;  // of the rarest operation's part in the mix
};

struct TrafficTick {
  std::uint64_t number = 0;
  bool restarted = false;  // requests of a new daemon: the detector's begin_epoch() comes first
  std::vector<metrics::OperationTick> operations;  // those with requests
};

class Traffic {
 public:
  // The change is a part of the future that does not begin before the first tick. Empty: nothing changes.
  Traffic(const TrafficKind& kind, std::uint64_t seed, const std::optional<Change>& change = {});

  // The next tick; the first is number 0.
  const TrafficTick& next();

 private:
  // How a tick differs from the usual; shares are of its time.
  struct Conditions {
    double log_level = 0;  // of all latencies
    double requests = 0;   // expected
    std::array<double, kOperationCount> mix{};
    double stalled = 0;
    double tail_burst = 0;
    double changed = 0;
    double error_ratio = 0;
  };
  Conditions conditions(double begin_s, double end_s);
  void add_requests(std::size_t operation, std::uint64_t count, const Conditions& now);

  TrafficKind kind_;
  Change change_;
  Random daemon_;    // what happens to it
  Random requests_;  // what each meets
  double first_hour_s_;
  Wandering noise_;
  Wandering drift_;
  Wandering load_;
  std::array<Wandering, kOperationCount> mix_;
  Recurring mix_jumps_;
  Recurring stalls_;
  Recurring tail_bursts_;
  Recurring restarts_;
  Recurring gaps_;
  std::uint64_t next_ = 0;
  TrafficTick tick_;
};

}  // namespace goxel_telemetry::evaluation
