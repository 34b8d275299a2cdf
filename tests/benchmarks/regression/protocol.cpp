// SPDX-License-Identifier: GPL-3.0-or-later
#include "protocol.h"

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/poisson.hpp>
#include <cmath>
#include <cstdio>
#include <utility>

namespace goxel_telemetry::evaluation {
namespace {

constexpr double kSeries = 15;
constexpr double kWeekDays = 7;
constexpr double kImprobable = 1e-6;

std::string channels_of(const Alerts& alerts) {
  std::string text;
  for (const auto channel :
       {metrics::Channel::centre, metrics::Channel::tail, metrics::Channel::errors}) {
    text += (text.empty() ? "" : ", ") + std::string(to_string(channel)) + " " +
            std::to_string(alerts.by_channel.at(static_cast<std::size_t>(channel)));
  }
  return text;
}

// How late half of the changes were noticed at most, and how many of the alerts noise had begun.
std::string delays_of(const std::vector<ChangeSeen>& seen) {
  std::vector<double> delays;
  std::size_t had_begun = 0;
  for (const ChangeSeen& one : seen) {
    delays.push_back(one.delay_s);
    had_begun += one.had_begun;
  }
  const auto middle = delays.begin() + static_cast<std::ptrdiff_t>(delays.size() / 2);
  std::nth_element(delays.begin(), middle, delays.end());
  char text[96];
  std::snprintf(text, sizeof text, "median %.0f s; of %zu evidence began earlier", *middle,
                had_begun);
  return text;
}

Check alert_rate(const std::string& kind, double most) {
  return {kind + "_alerts",
          kind + ": alerts",
          "per series-week",
          Bound::at_most,
          most,
          [kind](Measurements& measurements) {
            const Alerts alerts = measurements.alerts(kind);
            return Counted{alerts.raised(), kSeries * alerts.days / kWeekDays, channels_of(alerts)};
          }};
}

Check groups() {
  return {"standard_groups",
          "standard: groups of alerts (10 min), whole daemon",
          "per week",
          Bound::at_most,
          1,
          [](Measurements& measurements) {
            const Alerts alerts = measurements.alerts("standard");
            return Counted{alerts.groups, alerts.days / kWeekDays, {}};
          }};
}

// Twice as many seeds of two kinds: 560 days.
Check confirmed() {
  return {"confirmed",
          "steady and standard: CONFIRMED",
          "per 560 days",
          Bound::at_most,
          2,
          [](Measurements& measurements) {
            const unsigned seeds = 2 * measurements.extent().seeds;
            Alerts alerts = measurements.alerts("steady", seeds);
            alerts += measurements.alerts("standard", seeds);
            return Counted{alerts.confirmed, alerts.days / 560, {}};
          }};
}

Check noticed(const std::string& name, const std::string& what, const ChangeCase& change,
              unsigned within_s, double least) {
  const std::string seconds = std::to_string(within_s);
  return {name + "_within_" + seconds,
          what + " within " + seconds + " s",
          "of all changes",
          Bound::at_least,
          least,
          [=](Measurements& measurements) {
            const std::vector<ChangeSeen>& seen = measurements.changes(name, change);
            const auto in_time = std::count_if(seen.begin(), seen.end(), [=](const ChangeSeen& s) {
              return s.delay_s <= within_s;
            });
            return Counted{static_cast<std::uint64_t>(in_time), static_cast<double>(seen.size()),
                           delays_of(seen)};
          }};
}

// Of half as many seeds as changes that are to be noticed.
Check mix_jump() {
  const ChangeCase jump{kind_named("steady"), {.rarest_factor = 8}};
  return {"mix_jump",
          "steady: mix jump x8 only: alerts",
          "per 100 jumps",
          Bound::at_most,
          1,
          [=](Measurements& measurements) {
            const std::vector<ChangeSeen>& seen = measurements.changes("mix_jump", jump);
            Counted alerts;
            for (std::size_t i = 0; i < seen.size() / 2; ++i) {
              alerts.events += seen[i].raised;
              alerts.of += 0.01;
            }
            return alerts;
          }};
}

bool differs(const metrics::PinnedShift& shift) {
  return shift.verdict == metrics::PinnedVerdict::regressed ||
         shift.verdict == metrics::PinnedVerdict::improved;
}

// The daemon as a whole, or any of its operations.
bool any_differs(const metrics::PinnedComparison& comparison) {
  return differs(comparison.all) ||
         std::any_of(comparison.operations.begin(), comparison.operations.end(),
                     [](const auto& operation) { return differs(operation.second); });
}

// How far apart sessions are, and how far that is known.
std::string shifts_of(const std::vector<metrics::PinnedComparison>& trials) {
  double squares = 0;
  double error_squares = 0;
  std::size_t whole = 0;
  for (const metrics::PinnedComparison& trial : trials) {
    squares += trial.all.shift * trial.all.shift;
    error_squares += trial.all.standard_error * trial.all.standard_error;
    whole += differs(trial.all);
  }
  const auto count = static_cast<double>(trials.size());
  char text[96];
  std::snprintf(text, sizeof text, "of the whole daemon %zu; rms shift %.3f, standard error %.3f",
                whole, std::sqrt(squares / count), std::sqrt(error_squares / count));
  return text;
}

std::string pinned_sessions(const std::string& kind) {
  return kind + ": " + std::to_string(kComparedMinutes) + " against " +
         std::to_string(kPinnedMinutes) + " min, ";
}

Check pinned_alike(const std::string& kind, const std::string& name, const std::string& what,
                   const Change& change, double most) {
  const PinnedCase alike{kind_named(kind), change};
  return {kind + "_pinned_" + name,
          pinned_sessions(kind) + what + ": differs",
          "of all sessions",
          Bound::at_most,
          most,
          [=](Measurements& measurements) {
            const auto& trials = measurements.pinned(kind + "_" + name, alike);
            const auto wrong = std::count_if(trials.begin(), trials.end(), any_differs);
            return Counted{static_cast<std::uint64_t>(wrong), static_cast<double>(trials.size()),
                           shifts_of(trials)};
          }};
}

Check pinned_slower(const std::string& kind, double least) {
  const PinnedCase slower{kind_named(kind), {.factor = 1.2}};
  return {kind + "_pinned_20",
          pinned_sessions(kind) + "+20 %: slower",
          "of all sessions",
          Bound::at_least,
          least,
          [=](Measurements& measurements) {
            const auto& trials = measurements.pinned(kind + "_20", slower);
            const auto seen = std::count_if(trials.begin(), trials.end(), [](const auto& trial) {
              return trial.all.verdict == metrics::PinnedVerdict::regressed;
            });
            return Counted{static_cast<std::uint64_t>(seen), static_cast<double>(trials.size()),
                           shifts_of(trials)};
          }};
}

Check without(const std::string& name, const std::string& what, const DetectorModel& model) {
  return {"without_" + name,
          "without " + what + ": alerts",
          "times the detector's",
          Bound::more_than,
          10,
          [=](Measurements& measurements) {
            // None at all is taken as one.
            const std::uint64_t full = measurements.alerts("standard").raised();
            const Alerts alerts = measurements.alerts_of(model);
            return Counted{alerts.raised(), static_cast<double>(std::max<std::uint64_t>(full, 1)),
                           channels_of(alerts)};
          }};
}

}  // namespace

std::vector<Check> protocol_checks() {
  const TrafficKind& steady = kind_named("steady");
  const TrafficKind& standard = kind_named("standard");
  const ChangeCase steady_10{steady, {.factor = 1.1}};
  const ChangeCase standard_20{standard, {.factor = 1.2}};
  const ChangeCase standard_50{standard, {.factor = 1.5}};
  const ChangeCase steady_tail{steady, {.tail_factor = 2}};
  const ChangeCase standard_tail{standard, {.tail_factor = 2}};
  const ChangeCase errors{standard, {.error_factor = 10}};
  const ChangeCase rarest{standard, {.operation = kRarest, .factor = 1.5}};
  const ChangeCase mid_50{kind_named("mid"), {.factor = 1.5}, 6, 120};
  return {
      alert_rate("steady", 0.1),
      alert_rate("standard", 0.1),
      alert_rate("mid", 0.1),
      alert_rate("low", 0.1),
      alert_rate("noisy", 0.5),
      groups(),
      confirmed(),
      noticed("steady_10", "steady: +10 %", steady_10, 60, 0.85),
      noticed("steady_10", "steady: +10 %", steady_10, 120, 0.99),
      noticed("standard_20", "standard: +20 %", standard_20, 120, 0.78),
      noticed("standard_20", "standard: +20 %", standard_20, 300, 0.97),
      noticed("standard_50", "standard: +50 %", standard_50, 60, 0.97),
      noticed("steady_tail", "steady: p99 x2", steady_tail, 120, 0.99),
      noticed("standard_tail", "standard: p99 x2", standard_tail, 120, 0.95),
      noticed("errors", "standard: errors 0.1 -> 1 %", errors, 120, 0.93),
      noticed("rarest", "standard: rarest operation x1.5", rarest, 300, 0.94),
      noticed("mid_50", "mid: +50 %", mid_50, 120, 0.95),
      mix_jump(),
      pinned_alike("steady", "alike", "A/A", {}, 0.01),
      pinned_alike("standard", "alike", "A/A", {}, 0.01),
      pinned_alike("steady", "mix", "rarest x8", {.rarest_factor = 8}, 0.02),
      pinned_alike("standard", "mix", "rarest x8", {.rarest_factor = 8}, 0.02),
      pinned_slower("steady", 0.99),
      pinned_slower("standard", 0.99),
  };
}

std::vector<Check> ablation_checks() {
  DetectorModel warm_up;
  warm_up.settings.arms_after = 0;
  warm_up.settings.ignores_after_restart = 0;
  DetectorModel clipping;
  clipping.settings.limits_outliers = false;
  DetectorModel strata;
  strata.stratifies = false;
  DetectorModel slow_noise;
  slow_noise.settings.measures_slow_noise = false;
  return {
      without("warm_up", "a warm-up", warm_up),
      without("clipping", "clipping", clipping),
      without("strata", "strata", strata),
      without("slow_noise", "slow noise", slow_noise),
  };
}

Verdict judge(const Check& check, const Counted& counted, bool doubts) {
  namespace math = boost::math;
  const auto events = static_cast<double>(counted.events);
  Verdict verdict{counted.of > 0 ? events / counted.of : 0};
  switch (check.bound) {
    case Bound::at_most: {
      const double usual = check.limit * counted.of;
      const double most =
          doubts ? math::quantile(math::complement(math::poisson(usual), kImprobable)) : usual;
      verdict.passed = events <= most;
      break;
    }
    case Bound::at_least: {
      const double missed = counted.of - events;
      const double usual = (1 - check.limit) * counted.of;
      // (Rounding must not decide: 200 x (1 - 0.85) is less than 30.)
      const double most = doubts ? math::quantile(math::complement(
                                       math::binomial(counted.of, 1 - check.limit), kImprobable))
                                 : std::round(usual * 1e6) / 1e6;
      verdict.passed = missed <= most;
      break;
    }
    case Bound::more_than:
      verdict.passed = verdict.measured > check.limit;
      break;
  }
  return verdict;
}

}  // namespace goxel_telemetry::evaluation
