// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/regression/evidence.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace goxel_telemetry::metrics {
namespace {

constexpr double kUnchanged = 5;          // evidence, for an alarm to be over
constexpr std::uint32_t kNewUsual = 360;  // ticks, after which what an alarm says is the usual

}  // namespace

void Alarm::step(bool warns, bool confirms, double unchanged, const EvidenceRun& run,
                 std::vector<AlarmChange>& changes) {
  if (level_ == Level::quiet) {
    if (!warns) return;
    level_ = Level::warning;
    since_ = run.since;
    ticks_ = 0;
    unchanged_ = 0;
    changes.push_back(AlarmChange::raised);
  } else {
    ++ticks_;
    unchanged_ = std::max(0.0, unchanged_ + unchanged);
  }
  if (level_ == Level::warning && confirms) {
    level_ = Level::confirmed;
    changes.push_back(AlarmChange::confirmed);
  }
  if (unchanged_ >= kUnchanged) {
    end(AlarmChange::resolved, changes);
  } else if (ticks_ >= kNewUsual) {
    end(AlarmChange::new_level, changes);
  }
}

void Alarm::end(AlarmChange how, std::vector<AlarmChange>& changes) {
  level_ = Level::quiet;
  changes.push_back(how);
}

std::vector<AlarmChange> CentreEvidence::add(std::uint64_t tick, double difference,
                                             const Variances& variances, double samples) {
  last_[next_++ % last_.size()] = difference;
  std::array<double, kShifts.size()> of_this_tick{};
  for (std::size_t i = 0; i < kShifts.size(); ++i) {
    const double shift = kShifts[i];
    const double seen = limits_ ? std::min(difference, 3 * shift) : difference;
    const double ratio = shift * (seen - shift / 2) / variances[i];
    of_this_tick[i] = limits_ ? std::clamp(ratio, -kMostOfATick, kMostOfATick) : ratio;
    Sum& sum = sums_[i];
    sum.evidence += of_this_tick[i];
    if (sum.evidence <= 0) {
      sum = {};
      continue;
    }
    if (sum.run.ticks++ == 0) sum.run.since = tick;
    sum.differences += difference;
    sum.samples += samples;
    sum.positive += difference > 0;
  }
  std::vector<AlarmChange> changes;
  const auto warns = first_enough(kWarns);
  if (!alarm_.active() && warns) alarmed_by_ = *warns;
  alarm_.step(warns.has_value(), first_enough(kConfirms).has_value(), -of_this_tick[alarmed_by_],
              sums_[alarmed_by_].run, changes);
  if (!changes.empty() && !alarm_.active()) clear();
  return changes;
}

bool CentreEvidence::is_enough(std::size_t shift, double threshold) const {
  const Sum& sum = sums_[shift];
  return sum.evidence >= threshold && sum.run.ticks >= kFewestTicks &&
         sum.differences >= kLeastOfShift * kShifts[shift] * sum.run.ticks &&
         sum.samples >= kFewestSamples &&
         std::accumulate(last_.begin(), last_.end(), 0.0) / static_cast<double>(last_.size()) >
             kShifts[shift] / 2 &&
         3 * sum.positive >= 2 * sum.run.ticks;
}

std::optional<std::size_t> CentreEvidence::first_enough(double threshold) const {
  for (std::size_t i = 0; i < kShifts.size(); ++i) {
    if (is_enough(i, threshold)) return i;
  }
  return std::nullopt;
}

bool CentreEvidence::suspects() const {
  return alarm_.active() || std::any_of(sums_.begin(), sums_.end(),
                                        [](const Sum& sum) { return sum.evidence > kWarns / 3; });
}

void CentreEvidence::clear() {
  sums_ = {};
  last_ = {};
}

std::vector<AlarmChange> CountEvidence::add(std::uint64_t tick, double events, double expected,
                                            const Dispersion& dispersion) {
  std::array<double, 2> of_this_tick{};
  for (std::size_t i = 0; i < sums_.size(); ++i) {
    const EventSearch::Increase& increase = search_.increases[i];
    const double ratio = events * std::log(increase.ratio) - expected * (increase.ratio - 1);
    of_this_tick[i] = std::min(increase.most_of_a_tick,
                               ratio / (kCountAllowance * dispersion.value(kScalesOf[i])));
    Sum& sum = sums_[i];
    sum.evidence += of_this_tick[i];
    if (sum.evidence <= 0) {
      sum = {};
      continue;
    }
    if (sum.run.ticks++ == 0) sum.run.since = tick;
    sum.events += events;
    sum.expected += expected;
  }
  std::vector<AlarmChange> changes;
  const auto warns = first_enough(search_.warns);
  if (!alarm_.active() && warns) alarmed_by_ = *warns;
  alarm_.step(warns.has_value(), first_enough(search_.warns + kConfirmsBeyond).has_value(),
              -of_this_tick[alarmed_by_], sums_[alarmed_by_].run, changes);
  if (!changes.empty() && !alarm_.active()) clear();
  return changes;
}

bool CountEvidence::is_enough(const Sum& sum, double threshold) const {
  return sum.evidence >= threshold && sum.run.ticks >= kFewestCounts &&
         sum.events >= search_.fewest && sum.events >= kLeastIncrease * sum.expected;
}

std::optional<std::size_t> CountEvidence::first_enough(double threshold) const {
  for (std::size_t i = 0; i < sums_.size(); ++i) {
    if (is_enough(sums_[i], threshold)) return i;
  }
  return std::nullopt;
}

bool CountEvidence::suspects() const {
  return alarm_.active() || std::any_of(sums_.begin(), sums_.end(), [&](const Sum& sum) {
           return sum.evidence > search_.warns / 3;
         });
}

}  // namespace goxel_telemetry::metrics
