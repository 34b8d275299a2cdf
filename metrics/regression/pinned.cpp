// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/regression/pinned.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <string>

#include "metrics/comparison/long_run.h"
#include "metrics/comparison/observed_blocks.h"
#include "metrics/comparison/student_t.h"
#include "metrics/comparison/tool_method.h"
#include "metrics/regression/yardstick.h"

namespace goxel_telemetry::metrics {
namespace {

constexpr double kLeastClip = 0.35;
constexpr std::uint64_t kFewestRequests = 100;  // of an operation, on each side
constexpr double kLeastCovered = 0.5;  // of the requests of each side, to speak of all of them

// Sessions differ by this much though nobody changed anything: where memory lies, how warm the machine is.
constexpr double kBetweenSessions = 0.02;
constexpr double kStandardErrors = 3;
const double kLeastRelevant = std::log(1.03);

constexpr double kMostSlope = 0.5;
constexpr double kMostDueToLoad = 0.25;
// The load is known by counting, and a count varies though the load does not. Where less than this share of what is seen of
// the load's variance is its own, a slope on it is not known.
constexpr double kLeastReliable = 0.3;
// A slope is between 0 and kMostSlope however little is known: so far from either end are three standard errors.
constexpr double kMostSlopeError = kMostSlope / kStandardErrors;

constexpr double kLevel = 0.95;

double square(double value) {
  return value * value;
}

// The daemon's own operations; with `across_stacks`, without stacks and protocols.
using SeriesByKey = std::map<OperationKey, std::vector<const BlockSeries*>>;
SeriesByKey series_of(const Observation& observation, bool across_stacks) {
  SeriesByKey out;
  for (const auto& [key, series] : observation.operations) {
    if (key.layer != kDaemonLayer) continue;
    OperationKey shown = key;
    if (across_stacks) {
      shown.stack = shown.protocol = "";
      shown.operation = method_of_tool(key.operation);
    }
    out[shown].push_back(&series);
  }
  return out;
}

std::set<std::string> stacks_of(const Observation& observation) {
  std::set<std::string> stacks;
  for (const auto& [key, series] : series_of(observation, false)) stacks.insert(key.stack);
  return stacks;
}

Histogram latency_of(const std::vector<const BlockSeries*>& parts) {
  Histogram latency;
  for (const BlockSeries* part : parts) latency.merge(part->total().latency);
  return latency;
}

// How much there was to do.
struct Load {
  Load(const Observation& observation, const ObservedBlocks& blocks)
      : seconds(observation.observed_seconds()), counts(blocks.series()) {
    for (const auto& [key, parts] : series_of(observation, false)) {
      for (const BlockSeries* part : parts) {
        part->for_each_outcomes([&](std::uint32_t block, const Outcomes& outcomes) {
          counts[blocks.place(block)] += static_cast<double>(outcomes.all());
          requests += static_cast<double>(outcomes.all());
        });
      }
    }
    for (std::uint32_t block = 0; block < observation.observed_ns.size(); ++block) {
      const std::uint64_t ns = observation.observed_ns[block];
      if (ns == 0) continue;
      logarithms.push_back(std::log(counts[blocks.place(block)] * 1e9 / static_cast<double>(ns)));
    }
  }

  double mean() const { return seconds > 0 ? requests / seconds : 0; }

  double seconds;  // that were watched
  double requests = 0;
  std::vector<double> counts;      // of each watched block
  std::vector<double> logarithms;  // of its requests a second
};

// The pinned yardstick, moved to where requests of another time lie around it as the pinned ones did: so their differences are
// clipped alike, however far they are (Huber's estimate of location).
Yardstick moved_to(const Histogram& latency, const Yardstick& pinned) {
  constexpr int kMostSteps = 50;
  constexpr double kNear = 1e-6;
  Yardstick moved = pinned;
  double off = 1;
  for (int step = 0; step < kMostSteps && std::abs(off) > kNear; ++step) {
    off = residuals(moved, latency) / static_cast<double>(latency.count()) - pinned.centre;
    moved.median += off;
  }
  return moved;
}

// One operation on one side, measured with a yardstick.
struct Operation {
  struct Block {
    std::size_t place = 0;
    double requests = 0;
    double residuals = 0;  // sum
    double load = 0;
    double load_variance = 0;  // that is due to counting
  };
  std::vector<Block> blocks;  // with answered requests
  std::uint64_t count = 0;
  double requests = 0;
  double residual = 0;  // mean
  double centre = 0;    // of the yardstick, logarithm
  double load = 0;      // mean
  double median_ns = 0;

  bool is_enough() const { return count >= kFewestRequests && blocks.size() >= kFewestBlocks; }
};

Operation operation_of(const std::vector<const BlockSeries*>& parts, const Histogram& total,
                       const Yardstick& yardstick, const ObservedBlocks& places, const Load& load) {
  Operation out;
  std::map<std::uint32_t, Operation::Block> blocks;
  for (const BlockSeries* part : parts) {
    part->for_each([&](std::uint32_t number, const Tally& tally) {
      if (tally.latency.count() == 0) return;
      Operation::Block& block = blocks[number];
      block.place = places.place(number);
      block.load = load.logarithms[block.place];
      block.load_variance = 1 / load.counts[block.place];
      block.requests += static_cast<double>(tally.latency.count());
      block.residuals += residuals(yardstick, tally.latency);
    });
  }
  out.centre = yardstick.median;
  out.count = total.count();
  out.requests = static_cast<double>(out.count);
  out.median_ns = std::max(1.0, static_cast<double>(total.quantile(0.5)));
  for (const auto& [number, block] : blocks) {
    out.blocks.push_back(block);
    out.residual += block.residuals / out.requests;
    out.load += block.load * block.requests / out.requests;
  }
  return out;
}

// What one side may add to the error of a difference, block by block.
struct Errors {
  explicit Errors(const Load& load)
      : seconds(load.seconds), of_mean(load.logarithms.size()), of_load(of_mean) {}

  void add(const Errors& other, double weight) {
    for (std::size_t i = 0; i < of_mean.size(); ++i) {
      of_mean[i] += weight * other.of_mean[i];
      of_load[i] += weight * other.of_load[i];
    }
  }

  double seconds;
  std::vector<double> of_mean;
  std::vector<double> of_load;
};

// now - pinned, of one operation or of a weighted sum of them.
class Difference {
 public:
  Difference(const Load& pinned, const Load& now) : errors_{Errors(pinned), Errors(now)} {}

  void add(const Difference& other, double weight) {
    for (std::size_t i = 0; i < errors_.size(); ++i) errors_[i].add(other.errors_[i], weight);
    value_ += weight * other.value_;
    due_to_load_ += weight * other.due_to_load_;
    load_ += weight * other.load_;
    scatter_ += square(weight) * other.scatter_;
    slope_is_known_ = slope_is_known_ && other.slope_is_known_;
  }
  // Two operations, both with enough requests.
  void measure(const Operation& pinned, const Operation& now, double scatter) {
    const std::array sides = {&pinned, &now};
    double seen = 0;
    double counting = 0;
    double covariance = 0;
    for (const Operation* side : sides) {
      for (const Operation::Block& block : side->blocks) {
        const double off = block.load - side->load;
        seen += block.requests * square(off);
        counting += block.requests * block.load_variance;
        covariance += (block.residuals - block.requests * side->residual) * off;
      }
    }
    const double variance = seen - counting;
    slope_is_known_ = variance > kLeastReliable * seen;
    const double slope = slope_is_known_ ? std::clamp(covariance / variance, 0.0, kMostSlope) : 0;
    load_ = now.load - pinned.load;
    due_to_load_ = std::clamp(slope * load_, -kMostDueToLoad, kMostDueToLoad);
    value_ = now.centre + now.residual - pinned.centre - pinned.residual - due_to_load_;
    scatter_ = scatter / pinned.requests + scatter / now.requests;
    for (std::size_t i = 0; i < sides.size(); ++i) {
      const Operation& side = *sides[i];
      for (const Operation::Block& block : side.blocks) {
        const double off = block.load - side.load;
        const double error = block.residuals - block.requests * (side.residual + slope * off);
        errors_[i].of_mean[block.place] += error / side.requests;
        if (slope_is_known_) errors_[i].of_load[block.place] += error * off / variance * load_;
      }
    }
  }

  void judge(PinnedShift& out) const {
    double variance = 0;
    double of_load = 0;
    double degrees = 0;
    for (const Errors& errors : errors_) {
      const Spread mean = long_run_spread(errors.of_mean, errors.seconds);
      if (mean.degrees == 0) return;
      variance += square(mean.standard_error);
      of_load += square(long_run_spread(errors.of_load, errors.seconds).standard_error);
      degrees = degrees == 0 ? mean.degrees : std::min(degrees, mean.degrees);
    }
    const double most_of_load = square(kMostSlopeError * load_);
    of_load = slope_is_known_ ? std::min(of_load, most_of_load) : most_of_load;
    out.shift = value_;
    out.due_to_load = due_to_load_;
    out.standard_error =
        std::sqrt(std::max(variance, scatter_) + of_load + square(kBetweenSessions));
    const double reach = std::exp(student_t_critical(kLevel, degrees) * out.standard_error);
    out.ratio_low = out.ratio() / reach;
    out.ratio_high = out.ratio() * reach;
    const double proven = std::abs(value_) - kStandardErrors * out.standard_error;
    out.verdict = proven <= kLeastRelevant ? PinnedVerdict::no_difference
                  : value_ > 0             ? PinnedVerdict::regressed
                                           : PinnedVerdict::improved;
  }

 private:
  std::array<Errors, 2> errors_;  // pinned, now
  double value_ = 0;
  double due_to_load_ = 0;
  double load_ = 0;     // how much more there is to do, as a logarithm
  double scatter_ = 0;  // variance if requests were independent
  bool slope_is_known_ = true;
};

// All operations that could be compared, with the pinned shares.
class SumOfAll {
 public:
  SumOfAll(const Load& pinned, const Load& now) : pinned_(pinned), now_(now) {}

  void add(const Difference& difference, const PinnedShift& shift) {
    parts_.push_back({difference, shift});
    all_.requests_pinned += shift.requests_pinned;
    all_.requests_now += shift.requests_now;
  }
  const PinnedShift& counts() const { return all_; }
  // There must be one at least.
  PinnedShift judged(bool is_enough) const {
    PinnedShift out = all_;
    Difference difference(pinned_, now_);
    double pinned = 0;
    double now = 0;
    for (const Part& part : parts_) {
      const double weight = static_cast<double>(part.shift.requests_pinned) /
                            static_cast<double>(all_.requests_pinned);
      difference.add(part.difference, weight);
      pinned += weight * std::log(part.shift.median_pinned_ns);
      now += weight * std::log(part.shift.median_now_ns);
    }
    out.median_pinned_ns = std::exp(pinned);
    out.median_now_ns = std::exp(now);
    if (is_enough) difference.judge(out);
    return out;
  }

 private:
  struct Part {
    Difference difference;
    PinnedShift shift;
  };
  const Load& pinned_;
  const Load& now_;
  std::vector<Part> parts_;
  PinnedShift all_;  // counts only
};

}  // namespace

const char* to_string(PinnedVerdict verdict) {
  switch (verdict) {
    case PinnedVerdict::too_little_data:
      break;
    case PinnedVerdict::no_difference:
      return "no difference";
    case PinnedVerdict::improved:
      return "improved";
    case PinnedVerdict::regressed:
      return "regressed";
  }
  return "too little data";
}

bool PinnedShift::takes_longer() const {
  return shift > kLeastRelevant;
}

double PinnedShift::greatest_difference() const {
  return std::expm1(std::abs(shift) + kStandardErrors * standard_error);
}

struct PinnedSession::State {
  struct Reference {
    Yardstick yardstick;
    Operation operation;
  };
  using References = std::map<OperationKey, Reference>;

  explicit State(const Observation& pinned) : State(pinned, ObservedBlocks(pinned)) {}
  State(const Observation& pinned, const ObservedBlocks& places)
      : load(pinned, places),
        stacks(stacks_of(pinned)),
        by_key(references(pinned, places, false)),
        by_method(references(pinned, places, true)) {}

  References references(const Observation& pinned, const ObservedBlocks& places,
                        bool across_stacks) const {
    References out;
    for (const auto& [key, parts] : series_of(pinned, across_stacks)) {
      const Histogram total = latency_of(parts);
      if (total.count() == 0) continue;
      Reference& reference = out[key];
      reference.yardstick = Yardstick::of(total, kLeastClip);
      reference.operation = operation_of(parts, total, reference.yardstick, places, load);
    }
    return out;
  }

  Load load;
  std::set<std::string> stacks;
  References by_key;
  References by_method;
};

PinnedSession::PinnedSession(const Observation& pinned)
    : state_(std::make_shared<const State>(pinned)) {}

PinnedComparison PinnedSession::compare(const Observation& now) const {
  const std::set<std::string> stacks = stacks_of(now);
  const bool across_stacks = std::none_of(stacks.begin(), stacks.end(), [&](const auto& stack) {
    return state_->stacks.contains(stack);
  });
  const State::References& references = across_stacks ? state_->by_method : state_->by_key;
  const SeriesByKey series = series_of(now, across_stacks);
  const ObservedBlocks places(now);
  const Load load(now, places);

  PinnedComparison out;
  out.load_pinned = state_->load.mean();
  out.load_now = load.mean();
  double all_pinned = 0;
  for (const auto& [key, reference] : references) {
    all_pinned += reference.operation.requests;
    if (!series.contains(key)) out.only_pinned.push_back(key);
  }
  double all_now = 0;
  SumOfAll sum(state_->load, load);
  for (const auto& [key, parts] : series) {
    const Histogram total = latency_of(parts);
    if (total.count() == 0) continue;
    all_now += static_cast<double>(total.count());
    const auto known = references.find(key);
    if (known == references.end()) {
      out.only_now.push_back(key);
      continue;
    }
    const auto& [yardstick, before] = known->second;
    const Operation after = operation_of(parts, total, moved_to(total, yardstick), places, load);
    PinnedShift& shift = out.operations[key];
    shift.requests_pinned = before.count;
    shift.requests_now = after.count;
    shift.median_pinned_ns = before.median_ns;
    shift.median_now_ns = after.median_ns;
    if (!before.is_enough() || !after.is_enough()) continue;
    Difference difference(state_->load, load);
    difference.measure(before, after, yardstick.scatter);
    difference.judge(shift);
    sum.add(difference, shift);
  }
  const PinnedShift& compared = sum.counts();
  if (compared.requests_pinned == 0) return out;
  out.covered_pinned = static_cast<double>(compared.requests_pinned) / all_pinned;
  out.covered_now = static_cast<double>(compared.requests_now) / all_now;
  out.all = sum.judged(std::min(out.covered_pinned, out.covered_now) >= kLeastCovered);
  return out;
}

}  // namespace goxel_telemetry::metrics
