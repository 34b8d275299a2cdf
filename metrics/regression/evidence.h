// SPDX-License-Identifier: GPL-3.0-or-later
// Evidence that one series has changed, which adds up from tick to tick and leaks to zero: CUSUM (Page, Continuous Inspection
// Schemes, Biometrika 1954) of log-likelihood ratios. And the life of the alarm that follows from it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "metrics/regression/batch_noise.h"

namespace goxel_telemetry::metrics {

// A change of an alarm.
enum class AlarmChange : std::uint8_t { raised, confirmed, resolved, new_level, given_up };

// The sum of evidence for one change.
struct EvidenceSum {
  double evidence = 0;
  std::uint64_t since = 0;  // tick with which it left zero
  std::uint32_t ticks = 0;  // since then

  // False: it has leaked to zero, and all that was known with it is to be forgotten.
  bool add(double of_this_tick, std::uint64_t tick) {
    evidence += of_this_tick;
    if (evidence <= 0) return false;
    if (ticks++ == 0) since = tick;
    return true;
  }
};

// That of several sums which is enough for an alarm.
struct EnoughEvidence {
  std::size_t sum = 0;
  std::uint64_t since = 0;
};

// From the first change that is told until it is over.
class Alarm {
 public:
  bool active() const { return level_ != Level::quiet; }
  bool confirmed() const { return level_ == Level::confirmed; }
  std::uint64_t since() const { return since_; }

  // What follows from one tick, in which so much was added to each sum. An alarm is over when the sum that has raised it gets
  // enough evidence that things are as usual.
  std::vector<AlarmChange> step(const std::optional<EnoughEvidence>& warns, bool confirms,
                                std::span<const double> of_this_tick);
  // Nobody knows any more.
  std::vector<AlarmChange> give_up();

 private:
  enum class Level : std::uint8_t { quiet, warning, confirmed };
  void end(AlarmChange how, std::vector<AlarmChange>& changes);

  Level level_ = Level::quiet;
  std::size_t raised_by_ = 0;  // of the sums
  std::uint64_t since_ = 0;
  std::uint32_t ticks_ = 0;  // active
  double unchanged_ = 0;
};

// What an alarm needs beside evidence: so many ticks of it, and requests, with so much of the shift that is looked for.
inline constexpr std::uint32_t kFewestTicks = 5;
inline constexpr double kFewestSamples = 30;
inline constexpr double kLeastOfShift = 0.6;
// Of events: so many ticks, and so many times as many as expected.
inline constexpr std::uint32_t kFewestCounts = 9;
inline constexpr double kLeastIncrease = 1.5;

inline constexpr std::array<std::size_t, 2> kScalesOf = {2, 1};  // of the dispersion, by increase
inline constexpr double kCountAllowance =
    1.2;  // for the dispersion, whose measurement is uncertain

// By how much more evidence an alarm is confirmed: it is then e^6 times as seldom wrong.
inline constexpr double kConfirmsBeyond = 6;

// Of the mean of a series.
class CentreEvidence {
 public:
  static constexpr double kWarns = 9.5;
  static constexpr double kConfirms = kWarns + kConfirmsBeyond;
  static constexpr double kMostOfATick = kWarns / kFewestTicks;
  // The shifts that are looked for, as differences of natural logarithms.
  static constexpr std::array<double, 3> kShifts = {0.08, 0.16, 0.35};

  // `limits`: the evidence of one tick, so that a single one never is enough.
  explicit CentreEvidence(bool limits) : limits_(limits) {}

  using Variances = std::array<double, kShifts.size()>;
  // A tick's mean difference from the usual, of `samples` requests, with the variance that it has while nothing changes: for each
  // of the shifts, because noise that is slower than the evidence for a large one takes no part in it.
  std::vector<AlarmChange> add(std::uint64_t tick, double difference, const Variances& variances,
                               double samples);
  void clear() { sums_ = {}; }  // the evidence; an alarm stays active
  std::vector<AlarmChange> give_up();
  bool suspects() const;  // so much evidence that what is usual must not be learnt from this
  const Alarm& alarm() const { return alarm_; }

 private:
  struct Sum : EvidenceSum {
    double differences = 0;
    double samples = 0;
    std::uint32_t positive = 0;  // ticks
  };
  std::optional<EnoughEvidence> first_enough(double threshold) const;

  bool limits_;
  std::array<Sum, kShifts.size()> sums_;
  std::array<double, 3> last_{};  // differences; a circle
  std::size_t next_ = 0;
  Alarm alarm_;
};

// What is looked for in the number of rare events.
struct EventSearch {
  struct Increase {
    double ratio = 0;           // so many times as many as usual
    double most_of_a_tick = 0;  // evidence: no burst of a few ticks is enough
  };
  std::array<Increase, 2> increases;
  double warns = 0;   // evidence that is enough
  double fewest = 0;  // events, for an alarm
};

// Of the number of rare events in a series.
class CountEvidence {
 public:
  explicit CountEvidence(const EventSearch& search) : search_(search) {}

  // A tick's events, how many were to be expected, and how much more they scatter than independent events do: for
  // the greater increase, which is noticed sooner, on the shorter scale.
  std::vector<AlarmChange> add(std::uint64_t tick, double events, double expected,
                               const Dispersion& dispersion);
  void clear() { sums_ = {}; }
  std::vector<AlarmChange> give_up();
  bool suspects() const;
  const Alarm& alarm() const { return alarm_; }

 private:
  struct Sum : EvidenceSum {
    double events = 0;
    double expected = 0;
  };
  std::optional<EnoughEvidence> first_enough(double threshold) const;

  EventSearch search_;
  std::array<Sum, 2> sums_;
  Alarm alarm_;
};

}  // namespace goxel_telemetry::metrics
