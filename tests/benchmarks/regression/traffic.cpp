// SPDX-License-Identifier: GPL-3.0-or-later
#include "traffic.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numbers>
#include <numeric>

namespace goxel_telemetry::evaluation {
namespace {

using metrics::kTickSeconds;

constexpr double kDaySeconds = 86400;
constexpr double kDriftSeconds = 20 * 60;
constexpr double kMixSeconds = 60 * 60;
constexpr double kSlowPathShare = 0.02;
constexpr double kTailBurstShare = 0.1;
constexpr double kStallFactor = 3;
constexpr double kTailBurstFactor = 10;
constexpr double kMixJumpFactor = 8;
constexpr double kSlowStartSeconds = 60;
constexpr double kNormal97 = 1.8807936081512509;  // the 97 % point of a standard normal variable

double correlation_over(double seconds) {
  return std::exp(-static_cast<double>(kTickSeconds) / seconds);
}

TrafficKind standard() {
  TrafficKind kind;
  kind.name = "standard";
  kind.noise_sd = 0.015;
  kind.drift_sd = 0.01;
  kind.daily_swing = 0.6;
  kind.load_sd = 0.15;
  kind.load_exponent = 0.15;
  kind.mix_sd = 0.3;
  kind.mix_jumps = 4;
  kind.stalls = 12;
  kind.tail_bursts = 6;
  kind.restarts = 1;
  kind.gaps = 3;
  kind.error_bursts = true;
  return kind;
}

TrafficKind noisy() {
  TrafficKind kind = standard();
  kind.name = "noisy";
  kind.noise_correlation = 0.9;
  kind.noise_sd = 0.05;
  kind.drift_sd = 0.03;
  kind.stalls = 40;
  kind.tail_bursts = 20;
  return kind;
}

TrafficKind standard_at(const char* name, double requests_per_second) {
  TrafficKind kind = standard();
  kind.name = name;
  kind.requests_per_second = requests_per_second;
  return kind;
}

}  // namespace

const std::array<TrafficKind, 6> kTrafficKinds = {
    TrafficKind{},           standard(), noisy(), standard_at("mid", 5), standard_at("low", 0.5),
    standard_at("high", 500)};

const TrafficKind& kind_named(std::string_view name) {
  const auto found = std::find_if(kTrafficKinds.begin(), kTrafficKinds.end(),
                                  [name](const TrafficKind& kind) { return name == kind.name; });
  assert(found != kTrafficKinds.end());
  return *found;
}

metrics::OperationKey key_of(std::size_t operation) {
  return {"2-layer", "jsonrpc", std::string(metrics::kDaemonLayer), kOperations[operation].name};
}

Traffic::Traffic(const TrafficKind& kind, std::uint64_t seed, const std::optional<Change>& change)
    : kind_(kind),
      change_(change.value_or(Change{})),
      daemon_(random_stream(seed, 0)),
      requests_(random_stream(seed, 1)),
      first_hour_s_(uniform(daemon_) * (kind.random_hour ? kDaySeconds : 0)),
      noise_(kind.noise_correlation, kind.noise_sd, daemon_),
      drift_(correlation_over(kDriftSeconds), kind.drift_sd, daemon_),
      load_(0.9, kind.load_sd, daemon_),
      mix_{{{correlation_over(kMixSeconds), kind.mix_sd, daemon_},
            {correlation_over(kMixSeconds), kind.mix_sd, daemon_},
            {correlation_over(kMixSeconds), kind.mix_sd, daemon_},
            {correlation_over(kMixSeconds), kind.mix_sd, daemon_}}},
      mix_jumps_(kind.mix_jumps, 600, 3600, daemon_),
      stalls_(kind.stalls, 2, 10, daemon_),
      tail_bursts_(kind.tail_bursts, 5, 20, daemon_),
      restarts_(kind.restarts, 5, 30, daemon_),
      gaps_(kind.gaps, 0, 600, daemon_) {
  if (!change) change_.begin_s = change_.end_s;
}

Traffic::Conditions Traffic::conditions(double begin_s, double end_s) {
  Conditions now;
  const double middle_s = (begin_s + end_s) / 2;
  now.changed = std::max(0.0, std::min(end_s, change_.end_s) - std::max(begin_s, change_.begin_s)) /
                (end_s - begin_s);

  const double day = std::sin(2 * std::numbers::pi * (first_hour_s_ + middle_s) / kDaySeconds);
  const double load = (1 + kind_.daily_swing * day) * std::exp(load_.next(daemon_));
  now.log_level =
      noise_.next(daemon_) + drift_.next(daemon_) + kind_.load_exponent * std::log(load);

  const double gone = restarts_.share_of(begin_s, end_s, daemon_);
  tick_.restarted = restarts_.last_end_s() > begin_s;
  const double awake_s = std::max(0.0, middle_s - restarts_.last_end_s());
  now.log_level += std::log1p(std::exp(-awake_s / kSlowStartSeconds));
  const double watched = (1 - gone) * (1 - gaps_.share_of(begin_s, end_s, daemon_));
  now.requests = kind_.requests_per_second * load * (end_s - begin_s) * watched;

  for (std::size_t i = 0; i < kOperationCount; ++i) {
    now.mix[i] = kOperations[i].share * std::exp(mix_[i].next(daemon_));
  }
  now.mix[kRarest] *= 1 + (kMixJumpFactor - 1) * mix_jumps_.share_of(begin_s, end_s, daemon_);
  now.mix[kRarest] *= 1 + (change_.rarest_factor - 1) * now.changed;
  const double sum = std::accumulate(now.mix.begin(), now.mix.end(), 0.0);
  for (double& share : now.mix) share /= sum;

  now.stalled = stalls_.share_of(begin_s, end_s, daemon_);
  now.tail_burst = tail_bursts_.share_of(begin_s, end_s, daemon_);
  now.error_ratio = kind_.error_ratio * (1 + (change_.error_factor - 1) * now.changed);
  if (kind_.error_bursts) {
    now.error_ratio *= (exponential(daemon_, 0.5) + exponential(daemon_, 0.5));
    now.error_ratio = std::min(now.error_ratio, 1.0);
  }
  return now;
}

void Traffic::add_requests(std::size_t operation, std::uint64_t count, const Conditions& now) {
  const OperationModel& model = kOperations[operation];
  const bool slower = !change_.operation || *change_.operation == operation;
  const double log_factor = slower ? std::log(change_.factor) : 0;
  const double log_tail_factor = slower ? std::log(change_.tail_factor) : 0;
  const double log_usual_ns = std::log(model.median_ms * 1e6) + now.log_level;

  metrics::OperationTick& made = tick_.operations.emplace_back();
  made.key = key_of(operation);
  metrics::Tally& tally = made.tally;
  tally.outcomes.error = binomial(requests_, count, now.error_ratio);
  tally.outcomes.ok = count - tally.outcomes.error;
  for (std::uint64_t i = 0; i < count; ++i) {
    const double deviation = normal(requests_);
    double log_ns = log_usual_ns + model.log_sd * deviation;
    const bool slow_path = chance(requests_, kSlowPathShare);
    if (slow_path) log_ns += std::min(6.0, 0.5 + exponential(requests_, 1.5));
    if (chance(requests_, now.stalled)) log_ns += std::log(kStallFactor);
    if (chance(requests_, now.tail_burst * kTailBurstShare)) log_ns += std::log(kTailBurstFactor);
    if (chance(requests_, now.changed)) {
      log_ns += log_factor;
      if (slow_path || deviation > kNormal97) log_ns += log_tail_factor;
    }
    tally.latency.record(static_cast<std::uint64_t>(std::exp(log_ns)));
  }
}

const TrafficTick& Traffic::next() {
  tick_.number = next_++;
  const auto begin_s = static_cast<double>(tick_.number * kTickSeconds);
  const Conditions now = conditions(begin_s, begin_s + static_cast<double>(kTickSeconds));
  tick_.operations.clear();
  for (std::size_t i = 0; i < kOperationCount; ++i) {
    const std::uint64_t count = poisson(requests_, now.requests * now.mix[i]);
    if (count > 0) add_requests(i, count, now);
  }
  return tick_;
}

}  // namespace goxel_telemetry::evaluation
