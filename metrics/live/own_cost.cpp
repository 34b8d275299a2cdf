// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/live/own_cost.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace goxel_telemetry::metrics {
namespace {

constexpr double kSquareUnit = 65'536;       // ticks², see shm::CostMeter
constexpr double kErrorsOf95Percent = 1.96;  // standard errors

double number(std::uint64_t value) {
  return static_cast<double>(value);
}

// `sum` and `sum2`: of the timed calls' times and of their squares. Each call was timed with the
// probability `timed`, in each thread one call after so many others. The Horvitz-Thompson estimator
// for draws of equal probability estimates what all calls took as sum / timed, and the variance of
// that, as far as the draws are independent, as (1 - timed) * sum2 / timed².
std::optional<CostEstimate> per_request(double sum, double sum2, double timed, double requests) {
  if (sum == 0) return std::nullopt;  // nothing of this kind was timed yet
  const double mean = sum / timed / requests;
  const double error =
      kErrorsOf95Percent * std::sqrt(std::max(0.0, 1 - timed) * sum2) / timed / requests;
  return CostEstimate{mean, std::max(0.0, mean - error), mean + error};
}

}  // namespace

OwnCost own_cost(const shm::Totals& totals, const shm::Calibration& calibration) {
  OwnCost out;
  out.samples = totals.own_cost_samples;
  out.interrupted = totals.interrupted_calls;
  if (totals.own_cost_samples == 0 || totals.own_cost_ticks == 0) return out;
  const double all_ticks = number(totals.own_cost_ticks);
  const double ns_per_tick = std::ldexp(number(calibration.ns_per_tick_q32), -32);
  out.seconds_total = all_ticks * ns_per_tick / 1e9;
  if (totals.span_ticks != 0) out.busy_ratio = all_ticks / number(totals.span_ticks);
  if (totals.published == 0) return out;
  const double requests = number(totals.published);
  out.ns_per_request = all_ticks * ns_per_tick / requests;

  // The plugin knows how many calls each timed one stands for, and has multiplied by that.
  const double timed = (number(totals.waited_ticks) + number(totals.after_ticks)) / all_ticks;
  const auto estimate = [&](std::uint64_t ticks, std::uint64_t ticks2) {
    return per_request(number(ticks) * ns_per_tick,
                       number(ticks2) * kSquareUnit * ns_per_tick * ns_per_tick, timed, requests);
  };
  out.waited = estimate(totals.waited_ticks, totals.waited_ticks2);
  out.after = estimate(totals.after_ticks, totals.after_ticks2);
  const std::uint64_t answered = totals.by_status[static_cast<std::size_t>(shm::Status::ok)] +
                                 totals.by_status[static_cast<std::size_t>(shm::Status::error)];
  if (out.waited && answered != 0 && totals.span_ticks != 0) {
    out.latency_ns = number(totals.span_ticks) * ns_per_tick / number(answered);
    if (*out.latency_ns > 0) out.waited_share = out.waited->ns / *out.latency_ns;
  }
  return out;
}

std::optional<double> waited_share(const OwnCost& cost, const OperationStats& operation) {
  const Latency& latency = operation.window(Window::five_minutes).latency;
  if (!cost.waited || latency.count == 0 || latency.mean_ns <= 0) return std::nullopt;
  return cost.waited->ns / latency.mean_ns;
}

std::optional<MostDelayed> most_delayed(const Snapshot& snapshot) {
  std::optional<MostDelayed> most;
  for (const OperationStats& operation : snapshot.operations) {
    if (operation.key.layer != kDaemonLayer) continue;
    const std::optional<double> share = waited_share(snapshot.own_cost, operation);
    if (share && (!most || *share > most->waited_share)) most = {&operation, *share};
  }
  return most;
}

CostLevel cost_level(double share) {
  if (share > 0.03) return CostLevel::high;
  return share < 0.01 ? CostLevel::calm : CostLevel::noticeable;
}

CostLevel cost_level(const OwnCost& cost) {
  if (!cost.waited_share && !cost.busy_ratio) return CostLevel::noticeable;
  return cost_level(std::max(cost.waited_share.value_or(0), cost.busy_ratio.value_or(0)));
}

}  // namespace goxel_telemetry::metrics
