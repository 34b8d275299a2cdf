// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/regression/detector.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "metrics/regression/evidence.h"
#include "metrics/regression/noticeable.h"
#include "metrics/regression/usual_latency.h"
#include "metrics/regression/usual_share.h"
#include "metrics/regression/waiting_ticks.h"

namespace goxel_telemetry::metrics {
namespace {

constexpr std::size_t kLoadTicks = 6;
constexpr std::size_t kMinuteTicks = 12;
constexpr std::size_t kTrafficTicks = 60;
constexpr std::uint32_t kMostIgnored = 120;   // ticks after a restart
constexpr double kStillFalls = 0.03;          // of the mean of a minute
constexpr std::uint64_t kGivesUpAfter = 360;  // ticks without requests

// The mean of the last values.
template <std::size_t most>
class Recent {
 public:
  void add(double value) {
    sum_ += value - values_[next_];
    values_[next_] = value;
    next_ = (next_ + 1) % most;
    count_ = std::min(count_ + 1, most);
  }
  double mean() const { return count_ == 0 ? 0 : sum_ / static_cast<double>(count_); }

 private:
  std::array<double, most> values_{};
  double sum_ = 0;
  std::size_t next_ = 0;
  std::size_t count_ = 0;
};

// The mean since an alarm was raised: what is usual if it stays.
struct MeanSince {
  double sum = 0;
  double requests = 0;

  void add(double value, double weight) {
    sum += value * weight;
    requests += weight;
  }
  double mean() const { return requests > 0 ? sum / requests : 0; }
};

// One channel of events in one operation: slow requests, or failures.
struct EventChannel {
  EventChannel(double least, const EventSearch& search) : usual(least), evidence(search) {}

  UsualShare usual;
  CountEvidence evidence;
  WaitingTicks<Events> waiting;
  MeanSince since;
};

// The same of all operations, whose events are to be expected as the sum of what is of each.
struct EventChannelOfAll {
  explicit EventChannelOfAll(const EventSearch& search) : evidence(search) {}

  struct Tick {
    double events = 0;
    double expected = 0;
    double expected_exactly = 0;

    void add(double more, double requests, const UsualShare& usual) {
      events += more;
      expected += usual.expected(requests);
      expected_exactly += usual.expected_exactly(requests);
    }
  };
  Dispersion dispersion;
  CountEvidence evidence;
  WaitingTicks<Tick> waiting;
};

struct LatencyTick {
  double answered = 0;
  double difference = 0;  // mean
  double scatter = 0;     // mean
};

// How many of the time scales of slow noise take part in the evidence for each of CentreEvidence::kShifts: those that are not much
// longer than what it takes to notice it. Slower noise is too weak to be taken for a larger shift, and would only hide it.
constexpr std::array<std::size_t, 3> kScales = {3, 2, 2};
// The requests of a tick are not quite independent of each other, and their scatter was measured some time ago.
constexpr double kScatterAllowance = 1.2;
constexpr double kUnlimited = std::numeric_limits<double>::infinity();
constexpr double kLeastClip = 0.35;  // of residuals
constexpr double kLeastTail = 0.002;
constexpr EventSearch kSlowRequests{
    .increases = {{{.ratio = 2, .most_of_a_tick = 1}, {.ratio = 4, .most_of_a_tick = 1.5}}},
    .warns = 9.5};
constexpr double kLeastFailures = 0.0005;
constexpr EventSearch kFailures{
    .increases = {{{.ratio = 3, .most_of_a_tick = 1}, {.ratio = 8, .most_of_a_tick = 2}}},
    .warns = 10,
    .fewest = 8};

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

template <class Evidence>
WatchedSeries series_of(const std::optional<OperationKey>& key, Channel channel,
                        const Evidence& evidence, double ticks_to_arm) {
  using State = WatchedSeries::State;
  WatchedSeries series;
  series.key = key;
  series.channel = channel;
  const Alarm& alarm = evidence.alarm();
  if (alarm.active()) {
    series.state = alarm.confirmed() ? State::confirmed : State::warning;
  } else if (ticks_to_arm > 0) {
    series.state = State::arming;
    series.ticks_needed = ticks_to_arm;
  } else {
    series.state = evidence.suspects() ? State::suspects : State::watching;
  }
  return series;
}

bool watches(const WatchedSeries& series) {
  return series.state != WatchedSeries::State::learning &&
         series.state != WatchedSeries::State::arming;
}

void add_share(const EventSearch& search, double usual, double expected,
               const Dispersion& dispersion, WatchedSeries& series) {
  series.usual_share = usual;
  if (!watches(series)) return;
  const auto found =
      noticeable_share(search, expected, dispersion, TickTraffic::of(series.requests));
  if (!found) return;
  series.noticeable = {{}, found->size, found->within * static_cast<double>(kTickSeconds)};
  if (usual > 0) series.noticeable->ratio = found->size / usual;
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

class RegressionDetector::State {
 public:
  explicit State(const DetectorSettings& settings)
      : settings_(settings), all_(settings.limits_outliers) {}

  std::vector<DetectorEvent> tick(std::uint64_t number, std::span<const OperationTick> operations);
  void begin_epoch();
  std::vector<WatchedSeries> series() const;

 private:
  struct Operation {
    Operation(bool limits, std::uint64_t tick)
        : latency(clip(limits)),
          evidence(limits),
          tail(kLeastTail, limited(kSlowRequests, limits)),
          failures(kLeastFailures, limited(kFailures, limits)),
          began(tick) {}

    UsualLatency latency;
    CentreEvidence evidence;
    WaitingTicks<ComparedLatency> waiting;
    MeanSince since;
    Recent<kMinuteTicks> minute;  // of differences
    EventChannel tail;
    EventChannel failures;
    std::uint64_t began;     // ticks_ when it was first seen
    std::uint64_t seen = 0;  // number of the last tick in which it was
    double requests = 0;     // of this tick
    Recent<kTrafficTicks> traffic;
  };
  struct All {
    explicit All(bool limits)
        : evidence(limits),
          tail(limited(kSlowRequests, limits)),
          failures(limited(kFailures, limits)) {}

    SlowNoise noise;
    CentreEvidence evidence;
    WaitingTicks<LatencyTick> waiting;
    EventChannelOfAll tail;
    EventChannelOfAll failures;
  };
  struct SumOfAll {
    LatencyTick latency;  // sums
    EventChannelOfAll::Tick tail;
    EventChannelOfAll::Tick failures;
  };
  using Key = std::optional<OperationKey>;

  bool ignores(const LatencyTick& all);
  bool armed(std::uint64_t began) const { return ticks_ - began >= settings_.arms_after; }
  CentreEvidence::Variances variances(const SlowNoise& noise, double of_requests) const;
  void weigh(const Key& key, Operation& operation, const Tally& tally, double load, SumOfAll& all);
  void weigh(const Key& key, Channel channel, EventChannel& events, bool is_armed,
             const Events& tick);
  void weigh_all(SumOfAll sum);
  void weigh_all(Channel channel, EventChannelOfAll& events, const EventChannelOfAll::Tick& tick);
  Operation* watched(const OperationKey& key);
  void learn(Operation& operation);
  void give_up(const OperationKey& key, Operation& operation);
  void give_up_all();
  void tell(const Key& key, Channel channel, const Alarm& alarm,
            const std::vector<AlarmChange>& changes);
  void settle(Operation& operation, Channel channel, bool adopts);
  double ticks_to_arm(std::uint64_t began) const;
  void add_series(const OperationKey& key, const Operation& operation,
                  std::vector<WatchedSeries>& series) const;
  void add_series_of_all(std::vector<WatchedSeries>& series) const;
  template <class Moves>
  void add_noticeable(const SlowNoise& noise, double scatter, const Moves& moves,
                      WatchedSeries& series) const;

  const DetectorSettings settings_;
  std::map<OperationKey, Operation> operations_;
  All all_;
  std::uint64_t ticks_ = 0;  // with requests
  std::uint64_t number_ = 0;
  Recent<kLoadTicks> load_;
  // After a restart: how many ticks were not judged, and the means of the last minutes.
  std::optional<std::uint32_t> ignored_;
  Recent<kMinuteTicks> last_minute_;
  Recent<2 * kMinuteTicks> last_two_minutes_;
  std::vector<DetectorEvent> events_;
};

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
      const ComparedLatency tick = known->second.latency.compare(one.tally.latency, load);
      all.answered += tick.requests;
      all.difference += tick.difference * tick.requests;
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
    all.tail.add(slow.events, slow.requests, operation.tail.usual);
    if (is_armed) {
      tell(key, Channel::centre, operation.evidence.alarm(),
           operation.evidence.add(number_, tick.difference,
                                  variances(usual.noise(), usual.scatter() / tick.requests),
                                  tick.requests));
    }
    if (operation.evidence.alarm().active() || all_.evidence.alarm().active()) {
      operation.since.add(tick.difference, tick.requests);
    } else {
      operation.since = {};
    }
    operation.waiting.add(tick);
    weigh(key, Channel::tail, operation.tail, is_armed, slow);
  }
  if (!operation.evidence.suspects() && !all_.evidence.suspects()) usual.look(tally.latency, load);
}

void RegressionDetector::State::weigh(const Key& key, Channel channel, EventChannel& events,
                                      bool is_armed, const Events& tick) {
  const CountEvidence& all = channel == Channel::tail ? all_.tail.evidence : all_.failures.evidence;
  if (is_armed) {
    tell(key, channel, events.evidence.alarm(),
         events.evidence.add(number_, tick.events, events.usual.expected(tick.requests),
                             events.usual.dispersion()));
  }
  if (events.evidence.alarm().active() || all.alarm().active()) {
    events.since.add(tick.events / tick.requests, tick.requests);
  } else {
    events.since = {};
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
    if (adopts && operation.latency.known()) operation.latency.adopt(operation.since.mean());
    operation.since = {};
    return;
  }
  EventChannel& events = channel == Channel::tail ? operation.tail : operation.failures;
  events.waiting.drop();
  if (adopts && events.since.requests > 0) events.usual.adopt(events.since.mean());
  events.since = {};
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

double RegressionDetector::State::ticks_to_arm(std::uint64_t began) const {
  const std::uint64_t known = ticks_ - began;
  double ticks = settings_.arms_after -
                 static_cast<double>(std::min<std::uint64_t>(settings_.arms_after, known));
  if (ignored_)
    ticks =
        std::max({ticks, 1.0, static_cast<double>(settings_.ignores_after_restart) - *ignored_});
  return ticks;
}

template <class Moves>
void RegressionDetector::State::add_noticeable(const SlowNoise& noise, double scatter,
                                               const Moves& moves, WatchedSeries& series) const {
  const TickTraffic traffic = TickTraffic::of(series.requests);
  if (!watches(series) || traffic.requests == 0) return;
  const double of_requests = scatter / traffic.requests;
  const auto found = noticeable_shift(variances(noise, of_requests),
                                      kScatterAllowance * of_requests, traffic, moves);
  if (found)
    series.noticeable = {
        std::exp(found->size), {}, found->within * static_cast<double>(kTickSeconds)};
}

void RegressionDetector::State::add_series(const OperationKey& key, const Operation& operation,
                                           std::vector<WatchedSeries>& series) const {
  const UsualLatency& usual = operation.latency;
  const double requests = operation.traffic.mean();
  const double to_arm = ticks_to_arm(operation.began);
  const auto add = [&](Channel channel, const auto& evidence) -> WatchedSeries& {
    WatchedSeries& one = series.emplace_back(series_of(key, channel, evidence, to_arm));
    one.requests = requests;
    if (channel == Channel::errors || usual.known()) return one;
    one.state = WatchedSeries::State::learning;
    const TickTraffic traffic = TickTraffic::of(requests);
    one.ticks_needed.reset();
    if (requests > 0) {
      one.ticks_needed = std::max({to_arm, usual.ticks_to_learn() / traffic.with_requests,
                                   usual.requests_to_learn() / requests});
    }
    return one;
  };
  WatchedSeries& centre = add(Channel::centre, operation.evidence);
  if (usual.known()) {
    centre.usual_ns = usual.median_ns();
    centre.due_to_load = usual.due_to_load(std::log(load_.mean()));
    add_noticeable(
        usual.noise(), usual.scatter(),
        [&](double shift) { return usual.yardstick()->moved_by(shift); }, centre);
  }
  WatchedSeries& tail = add(Channel::tail, operation.tail.evidence);
  if (usual.known()) {
    tail.usual_ns = usual.tail_ns();
    add_share(kSlowRequests, operation.tail.usual.expected_exactly(1),
              operation.tail.usual.expected(1), operation.tail.usual.dispersion(), tail);
  }
  add_share(kFailures, operation.failures.usual.expected_exactly(1),
            operation.failures.usual.expected(1), operation.failures.usual.dispersion(),
            add(Channel::errors, operation.failures.evidence));
}

void RegressionDetector::State::add_series_of_all(std::vector<WatchedSeries>& series) const {
  struct {
    double requests = 0;  // of all operations in a tick
    double known = 0;     // of those whose usual latency is known
    double scatter = 0;   // sums over the requests
    double due_to_load = 0;
    EventChannelOfAll::Tick slow;
    EventChannelOfAll::Tick failed;
  } sum;
  for (const auto& [key, operation] : operations_) {
    const double requests = operation.traffic.mean();
    sum.requests += requests;
    sum.failed.add(0, requests, operation.failures.usual);
    if (!operation.latency.known()) continue;
    sum.known += requests;
    sum.scatter += requests * operation.latency.scatter();
    sum.due_to_load += requests * operation.latency.due_to_load(std::log(load_.mean()));
    sum.slow.add(0, requests, operation.tail.usual);
  }
  const auto add = [&](Channel channel, const auto& evidence) -> WatchedSeries& {
    WatchedSeries& one = series.emplace_back(series_of({}, channel, evidence, ticks_to_arm(0)));
    one.requests = sum.requests;
    if (channel != Channel::errors && sum.known == 0) one.state = WatchedSeries::State::learning;
    return one;
  };
  WatchedSeries& centre = add(Channel::centre, all_.evidence);
  if (sum.known > 0) {
    centre.due_to_load = sum.due_to_load / sum.known;
    const auto moves = [&](double shift) {
      double moved = 0;
      for (const auto& [key, operation] : operations_) {
        if (operation.latency.known())
          moved += operation.traffic.mean() * operation.latency.yardstick()->moved_by(shift);
      }
      return moved / sum.known;
    };
    add_noticeable(all_.noise, sum.scatter / sum.known, moves, centre);
  }
  WatchedSeries& tail = add(Channel::tail, all_.tail.evidence);
  if (sum.known > 0) {
    add_share(kSlowRequests, sum.slow.expected_exactly / sum.known, sum.slow.expected / sum.known,
              all_.tail.dispersion, tail);
  }
  WatchedSeries& failures = add(Channel::errors, all_.failures.evidence);
  if (sum.requests > 0) {
    add_share(kFailures, sum.failed.expected_exactly / sum.requests,
              sum.failed.expected / sum.requests, all_.failures.dispersion, failures);
  }
}

std::vector<WatchedSeries> RegressionDetector::State::series() const {
  std::vector<WatchedSeries> series;
  series.reserve(3 * (operations_.size() + 1));
  add_series_of_all(series);
  for (const auto& [key, operation] : operations_) add_series(key, operation, series);
  return series;
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
