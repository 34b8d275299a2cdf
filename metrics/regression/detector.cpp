// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/regression/detector.h"

#include <cmath>
#include <limits>
#include <utility>

#include "metrics/regression/detector_state.h"

namespace goxel_telemetry::metrics {
namespace {

constexpr std::uint32_t kMostIgnored = 120;   // ticks after a restart
constexpr double kStillFalls = 0.03;          // of the mean of a minute
constexpr std::uint64_t kGivesUpAfter = 360;  // ticks without requests
// How many of the time scales of slow noise take part in the evidence for each of CentreEvidence::kShifts: those that are not much
// longer than what it takes to notice it. Slower noise is too weak to be taken for a larger shift, and would only hide it.
constexpr std::array<std::size_t, 3> kScales = {3, 2, 2};
constexpr double kUnlimited = std::numeric_limits<double>::infinity();
constexpr double kLeastClip = 0.35;  // of residuals
constexpr double kLeastTail = 0.002;
constexpr double kLeastFailures = 0.0005;

EventSearch limited(EventSearch search, bool limits) {
  for (EventSearch::Increase& increase : search.increases) {
    if (!limits) increase.most_of_a_tick = kUnlimited;
  }
  return search;
}

double clip(bool limits) {
  if (limits) return kLeastClip;
  return kUnlimited;
}

// From what is usual at this load. Residuals would not do: while everything takes several times as long they are all clipped, and do not
// fall when it gets faster.
double difference_of_medians(const UsualLatency& usual, const Histogram& latency, double load) {
  const auto median = static_cast<double>(std::max<std::uint64_t>(latency.quantile(0.5), 1));
  return std::log(median / usual.median_ns()) - usual.due_to_load(load);
}

DetectorEvent::Kind kind_of(AlarmChange change) {
  switch (change) {
    case AlarmChange::raised:
      return DetectorEvent::Kind::raised;
    case AlarmChange::confirmed:
      return DetectorEvent::Kind::confirmed;
    case AlarmChange::resolved:
      return DetectorEvent::Kind::resolved;
    case AlarmChange::new_level:
      return DetectorEvent::Kind::new_level;
    case AlarmChange::given_up:
      break;
  }
  return DetectorEvent::Kind::given_up;
}

}  // namespace

RegressionDetector::State::Operation::Operation(bool limits, std::uint64_t tick)
    : latency(clip(limits)),
      evidence(limits),
      tail(kLeastTail, limited(kSlowRequests, limits)),
      failures(kLeastFailures, limited(kFailures, limits)),
      began(tick) {}

RegressionDetector::State::All::All(bool limits)
    : evidence(limits),
      tail(limited(kSlowRequests, limits)),
      failures(limited(kFailures, limits)) {}

std::vector<DetectorEvent> RegressionDetector::State::tick(
    std::uint64_t number, std::span<const OperationTick> operations) {
  events_.clear();
  double requests = 0;
  for (const OperationTick& one : operations)
    requests += static_cast<double>(one.tally.outcomes.all());
  for (auto& [key, operation] : operations_) {
    if (number - operation.seen >= kGivesUpAfter) give_up(key, operation);
  }
  if (number - number_ >= kGivesUpAfter) give_up_all();
  if (requests == 0) return std::move(events_);
  if (ticks_ != 0 && number - number_ > kMinuteTicks) {
    all_.evidence.clear();
    for (auto& [key, operation] : operations_) operation.evidence.clear();
  }
  number_ = number;
  ++ticks_;
  load_.add(requests);
  const double load = std::log(load_.mean());

  if (ignored_) {
    LatencyTick all;
    for (const OperationTick& one : operations) {
      const auto known = operations_.find(one.key);
      if (known == operations_.end() || !known->second.latency.known() ||
          one.tally.latency.count() == 0)
        continue;
      const auto answered = static_cast<double>(one.tally.latency.count());
      all.answered += answered;
      all.difference +=
          answered * difference_of_medians(known->second.latency, one.tally.latency, load);
    }
    if (ignores(all)) return std::move(events_);
  }
  SumOfAll all;
  for (const OperationTick& one : operations) {
    if (one.tally.outcomes.all() == 0) continue;
    Operation* const operation = watched(one.key);
    if (operation == nullptr) continue;
    operation->requests = static_cast<double>(one.tally.outcomes.all());
    weigh(one.key, *operation, one.tally, load, all);
  }
  weigh_all(all);
  for (auto& [key, operation] : operations_) {
    learn(operation);
    operation.traffic.add(std::exchange(operation.requests, 0));
  }
  return std::move(events_);
}

CentreEvidence::Variances RegressionDetector::State::variances(const SlowNoise& noise,
                                                               double of_requests) const {
  CentreEvidence::Variances variances{};
  for (std::size_t i = 0; i < variances.size(); ++i) {
    variances[i] = kScatterAllowance * of_requests;
    if (settings_.measures_slow_noise) variances[i] += noise.variance(kScales[i]);
  }
  return variances;
}

// Null if there are too many, which all have requests.
RegressionDetector::State::Operation* RegressionDetector::State::watched(const OperationKey& key) {
  auto at = operations_.find(key);
  if (at == operations_.end()) {
    if (operations_.size() == kMostWatched) {
      const auto oldest = std::min_element(
          operations_.begin(), operations_.end(),
          [](const auto& a, const auto& b) { return a.second.seen < b.second.seen; });
      if (oldest->second.seen == number_) return nullptr;
      give_up(oldest->first, oldest->second);
      operations_.erase(oldest);
    }
    at = operations_.try_emplace(key, settings_.limits_outliers, ticks_).first;
  }
  at->second.seen = number_;
  return &at->second;
}

bool RegressionDetector::State::ignores(const LatencyTick& all) {
  if (all.answered > 0) {
    last_minute_.add(all.difference / all.answered);
    last_two_minutes_.add(all.difference / all.answered);
  }
  ++*ignored_;
  // The mean of two minutes is above that of the last one by half of what it fell.
  const bool falls = last_two_minutes_.mean() - last_minute_.mean() > kStillFalls / 2;
  if (*ignored_ <= settings_.ignores_after_restart || (falls && *ignored_ <= kMostIgnored))
    return true;
  ignored_.reset();
  return false;
}

// The tail's limit follows the centre by a minute, in which what became slower as a whole has a longer tail too. That is the centre's
// alarm; one of the tail would tell nothing new, and end later. An alarm that the tail has already is judged to its end. `is_known`: where
// the tail begins.
bool RegressionDetector::State::judges_tail(bool is_known, const CentreEvidence& centre,
                                            CountEvidence& tail) {
  if ((is_known && !centre.alarm().active()) || tail.alarm().active()) return true;
  tail.clear();
  return false;
}

void RegressionDetector::State::weigh(const Key& key, Operation& operation, const Tally& tally,
                                      double load, SumOfAll& all) {
  const bool is_armed = armed(operation.began);
  const Events failed{static_cast<double>(tally.outcomes.failed()),
                      static_cast<double>(tally.outcomes.all())};
  all.failures.add(failed.events, failed.requests, operation.failures.usual);
  weigh(key, Channel::errors, operation.failures, is_armed, failed);

  if (tally.latency.count() == 0) return;
  UsualLatency& usual = operation.latency;
  if (usual.known()) {
    const ComparedLatency tick = usual.compare(tally.latency, load);
    const LatencyTick latency{tick.requests, tick.difference, usual.scatter() * tick.requests};
    operation.minute.add(tick.difference);
    const Events slow{usual.count_tail(tally.latency, load, operation.minute.mean()),
                      tick.requests};
    all.latency.answered += tick.requests;
    all.latency.difference += tick.difference * tick.requests;
    all.latency.scatter += latency.scatter;
    // Before anything is adopted, which the difference would not know of.
    if (operation.evidence.alarm().active() || all_.evidence.alarm().active())
      operation.since.add(tick.difference, tick.requests);
    if (is_armed) {
      tell(key, Channel::centre, operation.evidence.alarm(),
           operation.evidence.add(number_, tick.difference,
                                  variances(usual.noise(), usual.scatter() / tick.requests),
                                  tick.requests));
    }
    operation.waiting.add(tick);
    if (usual.knows_tail() && !operation.evidence.alarm().active())
      all.tail.add(slow.events, slow.requests, operation.tail.usual);
    if (judges_tail(usual.knows_tail(), operation.evidence, operation.tail.evidence))
      weigh(key, Channel::tail, operation.tail, is_armed, slow);
  }
  if (!operation.evidence.suspects() && !all_.evidence.suspects()) usual.look(tally.latency, load);
}

void RegressionDetector::State::weigh(const Key& key, Channel channel, EventChannel& events,
                                      bool is_armed, const Events& tick) {
  const CountEvidence& all = evidence_of_all(channel);
  if (events.evidence.alarm().active() || all.alarm().active())
    events.since.add(tick.events / tick.requests, tick.requests);
  if (is_armed) {
    tell(key, channel, events.evidence.alarm(),
         events.evidence.add(number_, tick.events, events.usual.expected(tick.requests),
                             events.usual.dispersion()));
  }
  events.waiting.add(tick);
}

void RegressionDetector::State::weigh_all(SumOfAll sum) {
  if (sum.latency.answered > 0) {
    LatencyTick tick = sum.latency;
    tick.difference /= tick.answered;
    tick.scatter /= tick.answered;
    if (armed(0)) {
      tell({}, Channel::centre, all_.evidence.alarm(),
           all_.evidence.add(number_, tick.difference,
                             variances(all_.noise, tick.scatter / tick.answered), tick.answered));
    }
    all_.waiting.add(tick);
    if (judges_tail(true, all_.evidence, all_.tail.evidence))
      weigh_all(Channel::tail, all_.tail, sum.tail);
  }
  weigh_all(Channel::errors, all_.failures, sum.failures);
  if (!all_.evidence.suspects()) {
    all_.waiting.let_learn([&](const LatencyTick& tick) {
      all_.noise.add(tick.difference, tick.answered, tick.scatter);
    });
  }
}

void RegressionDetector::State::weigh_all(Channel channel, EventChannelOfAll& events,
                                          const EventChannelOfAll::Tick& tick) {
  if (armed(0)) {
    tell({}, channel, events.evidence.alarm(),
         events.evidence.add(number_, tick.events, tick.expected, events.dispersion));
  }
  events.waiting.add(tick);
  if (events.evidence.suspects()) return;
  events.waiting.let_learn([&](const EventChannelOfAll::Tick& old) {
    events.dispersion.add(old.events, old.expected_exactly);
  });
}

void RegressionDetector::State::learn(Operation& operation) {
  if (!operation.evidence.suspects() && !all_.evidence.suspects()) {
    operation.waiting.let_learn(
        [&](const ComparedLatency& tick) { operation.latency.learn(tick); });
  }
  const auto learn_events = [](EventChannel& events, const EventChannelOfAll& all) {
    if (events.evidence.suspects() || all.evidence.suspects()) return;
    events.waiting.let_learn([&](const Events& tick) { events.usual.learn(tick); });
  };
  learn_events(operation.tail, all_.tail);
  learn_events(operation.failures, all_.failures);
}

void RegressionDetector::State::tell(const Key& key, Channel channel, const Alarm& alarm,
                                     const std::vector<AlarmChange>& changes) {
  for (const AlarmChange change : changes) {
    events_.push_back({kind_of(change), key, channel, number_, alarm.since()});
    if (change == AlarmChange::raised || change == AlarmChange::confirmed) continue;
    const bool adopts = change == AlarmChange::new_level;
    if (key) {
      settle(operations_.at(*key), channel, adopts);
      continue;
    }
    for (auto& [name, operation] : operations_) settle(operation, channel, adopts);
    switch (channel) {
      case Channel::centre:
        all_.waiting.drop();
        all_.tail.waiting.drop();
        break;
      case Channel::tail:
        all_.tail.waiting.drop();
        break;
      case Channel::errors:
        all_.failures.waiting.drop();
    }
  }
}

// An alarm is over: what was seen meanwhile is the usual, or is forgotten.
void RegressionDetector::State::settle(Operation& operation, Channel channel, bool adopts) {
  if (channel == Channel::centre) {
    operation.waiting.drop();
    operation.tail.waiting.drop();
    if (adopts && operation.latency.known()) operation.latency.adopt(operation.since.mean());
    operation.since = {};  // differences from another level
    return;
  }
  EventChannel& events = channel == Channel::tail ? operation.tail : operation.failures;
  events.waiting.drop();
  if (adopts && events.since.requests > 0) events.usual.adopt(events.since.mean());
  const CountEvidence& all = evidence_of_all(channel);
  if (!events.evidence.alarm().active() && !all.alarm().active()) events.since = {};
}

void RegressionDetector::State::give_up(const OperationKey& key, Operation& operation) {
  tell(key, Channel::centre, operation.evidence.alarm(), operation.evidence.give_up());
  tell(key, Channel::tail, operation.tail.evidence.alarm(), operation.tail.evidence.give_up());
  tell(key, Channel::errors, operation.failures.evidence.alarm(),
       operation.failures.evidence.give_up());
}

void RegressionDetector::State::give_up_all() {
  tell({}, Channel::centre, all_.evidence.alarm(), all_.evidence.give_up());
  tell({}, Channel::tail, all_.tail.evidence.alarm(), all_.tail.evidence.give_up());
  tell({}, Channel::errors, all_.failures.evidence.alarm(), all_.failures.evidence.give_up());
}

void RegressionDetector::State::begin_epoch() {
  all_.evidence.clear();
  all_.tail.evidence.clear();
  all_.failures.evidence.clear();
  for (auto& [key, operation] : operations_) {
    operation.evidence.clear();
    operation.tail.evidence.clear();
    operation.failures.evidence.clear();
    operation.minute = {};
  }
  last_minute_ = {};
  last_two_minutes_ = {};
  ignored_ = 0;
}

RegressionDetector::RegressionDetector(const DetectorSettings& settings)
    : state_(std::make_unique<State>(settings)) {}
RegressionDetector::~RegressionDetector() = default;
RegressionDetector::RegressionDetector(RegressionDetector&&) noexcept = default;
RegressionDetector& RegressionDetector::operator=(RegressionDetector&&) noexcept = default;

std::vector<DetectorEvent> RegressionDetector::tick(std::uint64_t number,
                                                    std::span<const OperationTick> operations) {
  return state_->tick(number, operations);
}

void RegressionDetector::begin_epoch() {
  state_->begin_epoch();
}

std::vector<WatchedSeries> RegressionDetector::series() const {
  return state_->series();
}

}  // namespace goxel_telemetry::metrics
