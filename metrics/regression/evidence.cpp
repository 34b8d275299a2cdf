// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/regression/evidence.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace goxel_telemetry::metrics {
namespace {

constexpr double kUnchanged = 5;          // evidence, for an alarm to be over
constexpr std::uint32_t kNewUsual = 360;  // ticks, after which what an alarm says is the usual

template <class Sums, class IsEnough>
std::optional<EnoughEvidence> first(const Sums& sums, IsEnough is_enough) {
  for (std::size_t i = 0; i < sums.size(); ++i) {
    if (is_enough(i)) return EnoughEvidence{i, sums[i].since};
  }
  return std::nullopt;
}

template <class Sums>
bool any_above(const Sums& sums, double evidence) {
  return std::any_of(sums.begin(), sums.end(),
                     [=](const EvidenceSum& sum) { return sum.evidence > evidence; });
}

}  // namespace

std::vector<AlarmChange> Alarm::step(const std::optional<EnoughEvidence>& warns, bool confirms,
                                     std::span<const double> of_this_tick) {
  std::vector<AlarmChange> changes;
  if (level_ == Level::quiet) {
    if (!warns) return changes;
    level_ = Level::warning;
    raised_by_ = warns->sum;
    since_ = warns->since;
    ticks_ = 0;
    unchanged_ = 0;
    changes.push_back(AlarmChange::raised);
  } else {
    ++ticks_;
    unchanged_ = std::max(0.0, unchanged_ - of_this_tick[raised_by_]);
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
  return changes;
}

std::vector<AlarmChange> Alarm::give_up() {
  std::vector<AlarmChange> changes;
  if (active()) end(AlarmChange::given_up, changes);
  return changes;
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
    if (!sum.add(of_this_tick[i], tick)) {
      sum = {};
      continue;
    }
    sum.differences += difference;
    sum.samples += samples;
    sum.positive += difference > 0;
  }
  std::vector<AlarmChange> changes =
      alarm_.step(first_enough(kWarns), first_enough(kConfirms).has_value(), of_this_tick);
  if (!changes.empty() && !alarm_.active()) clear();
  return changes;
}

std::optional<EnoughEvidence> CentreEvidence::first_enough(double threshold) const {
  const double last_mean =
      std::accumulate(last_.begin(), last_.end(), 0.0) / static_cast<double>(last_.size());
  return first(sums_, [&](std::size_t i) {
    const Sum& sum = sums_[i];
    return sum.evidence >= threshold && sum.ticks >= kFewestTicks &&
           sum.differences >= kLeastOfShift * kShifts[i] * sum.ticks &&
           sum.samples >= kFewestSamples && last_mean > kShifts[i] / 2 &&
           3 * sum.positive >= 2 * sum.ticks;
  });
}

bool CentreEvidence::suspects() const {
  return alarm_.active() || any_above(sums_, kWarns / 3);
}

std::vector<AlarmChange> CentreEvidence::give_up() {
  clear();
  return alarm_.give_up();
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
    if (!sum.add(of_this_tick[i], tick)) {
      sum = {};
      continue;
    }
    sum.events += events;
    sum.expected += expected;
  }
  std::vector<AlarmChange> changes =
      alarm_.step(first_enough(search_.warns),
                  first_enough(search_.warns + kConfirmsBeyond).has_value(), of_this_tick);
  if (!changes.empty() && !alarm_.active()) clear();
  return changes;
}

std::optional<EnoughEvidence> CountEvidence::first_enough(double threshold) const {
  return first(sums_, [&](std::size_t i) {
    const Sum& sum = sums_[i];
    return sum.evidence >= threshold && sum.ticks >= kFewestCounts &&
           sum.events >= search_.fewest && sum.events >= kLeastIncrease * sum.expected;
  });
}

std::vector<AlarmChange> CountEvidence::give_up() {
  clear();
  return alarm_.give_up();
}

bool CountEvidence::suspects() const {
  return alarm_.active() || any_above(sums_, search_.warns / 3);
}

}  // namespace goxel_telemetry::metrics
