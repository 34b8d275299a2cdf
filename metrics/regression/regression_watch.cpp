// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/regression/regression_watch.h"

#include <algorithm>
#include <cassert>
#include <iterator>
#include <limits>
#include <utility>

#include "metrics/comparison/comparison.h"
#include "metrics/comparison/tool_method.h"
#include "metrics/layer.h"
#include "metrics/regression/phase_shifts.h"
#include "metrics/text/format.h"

namespace goxel_telemetry::metrics {
namespace {

constexpr std::uint64_t kBeforeTicks = 96;  // what an alarm is compared with: eight minutes
constexpr std::uint64_t kDescribedEveryTicks = 6;
constexpr std::uint64_t kEndsWithinTicks = 24;  // after the first of it has ended
constexpr std::uint64_t kSameChangeTicks = 3;
constexpr std::size_t kMostChanges = 3;  // of an incident
constexpr std::uint64_t kCourseTicks = 60;
constexpr double kNotKnown = std::numeric_limits<double>::quiet_NaN();

std::string name_of(const OperationKey& key) {
  return key.operation.empty() ? "all operations" : key.operation;
}

// As the detector compares them: another mix of operations is no shift.
ComparedOperation all_operations(const ComparedLayer& layer) {
  ComparedOperation all = layer.raw;
  if (layer.adjusted.p50.shift) all.latency = layer.adjusted;
  return all;
}

// What an operation is called in all layers: stack and method.
std::pair<std::string, std::string> hops_key(const OperationKey& key) {
  return {key.stack, method_of_tool(key.operation)};
}

// Of each stack only what its outermost layer reports: inner ones would count the same operations again.
Tick outermost(const Tick& tick) {
  std::map<std::string, Layer> first;
  for (const OperationTick& one : tick.operations) {
    const auto layer = layer_named(one.key.layer);
    if (!layer) continue;
    const auto at = first.try_emplace(one.key.stack, *layer).first;
    at->second = std::min(at->second, *layer);
  }
  Tick result{tick.number, tick.daemon_began_ns, {}};
  std::copy_if(tick.operations.begin(), tick.operations.end(),
               std::back_inserter(result.operations), [&](const OperationTick& one) {
                 const auto at = first.find(one.key.stack);
                 return at != first.end() && layer_named(one.key.layer) == at->second;
               });
  return result;
}

OperationShift shift_of(const ComparedOperation& compared, Channel channel) {
  OperationShift shift;
  shift.key = compared.key;
  shift.channel = channel;
  shift.count_before = compared.a.records;
  shift.count_after = compared.b.records;
  if (channel == Channel::errors) {
    shift.before = compared.failure_ratio.a.value_or(0);
    shift.after = compared.failure_ratio.b.value_or(0);
    const auto times = [&](double more) {
      return shift.before > 0 ? 1 + more / shift.before : kNotKnown;
    };
    shift.ratio = times(shift.after - shift.before);
    shift.ratio_low = times(compared.failure_ratio.low.value_or(kNotKnown));
    shift.ratio_high = times(compared.failure_ratio.high.value_or(kNotKnown));
    return shift;
  }
  const Shift& quantile = channel == Channel::tail ? compared.latency.p99 : compared.latency.p50;
  shift.before = quantile.a.value_or(0);
  shift.after = quantile.b.value_or(0);
  shift.ratio = 1 + quantile.shift.value_or(kNotKnown);
  shift.ratio_low = 1 + quantile.low.value_or(kNotKnown);
  shift.ratio_high = 1 + quantile.high.value_or(kNotKnown);
  return shift;
}

// What it has cost since: of time, or of requests that failed.
double loss(const ComparedOperation& compared, Channel channel) {
  const Shift& shift = channel == Channel::errors ? compared.failure_ratio : compared.latency.mean;
  return (shift.b.value_or(0) - shift.a.value_or(0)) * static_cast<double>(compared.b.records);
}

std::string in_words(const OperationShift& shift) {
  if (shift.channel == Channel::errors)
    return format_percent(shift.after) + " of " + name_of(shift.key) + " fail, " +
           format_percent(shift.before) + " before";
  const char* const takes = shift.key.operation.empty() ? " take " : " takes ";
  return name_of(shift.key) +
         (shift.channel == Channel::tail ? ", the slowest hundredth: " : takes) +
         format_duration(shift.after) + ", " + format_duration(shift.before) + " before";
}

}  // namespace

RegressionWatch::RegressionWatch(std::string instance) : instance_(std::move(instance)) {}

void RegressionWatch::look(const Tick& daemon, const Tick& outer, const LayersView& layers,
                           const Time& now) {
  tick_ = daemon.number;
  const std::uint64_t began_ns = daemon.daemon_began_ns;
  if (began_ns != 0 && daemon_began_ns_ != 0 && began_ns != daemon_began_ns_) {
    daemon_.detector.begin_epoch();
    outer_.detector.begin_epoch();
  }
  if (began_ns != 0) daemon_began_ns_ = began_ns;
  hops_.add(tick_, hop_means(layers));
  const Tick outside = outermost(outer);
  has_outer_ = has_outer_ || !outside.operations.empty();
  daemon_.kept.add(tick_, daemon.operations);
  outer_.kept.add(tick_, outside.operations);
  // Only now has the last tick been shown long enough in which something became the usual.
  if (slower_.active.empty()) slower_ = {};
  if (failing_.active.empty()) failing_ = {};
  take(false, daemon_.detector.tick(tick_, daemon.operations));
  take(true, outer_.detector.tick(tick_, outside.operations));
  describe(slower_, AlertRule::slower, now);
  describe(failing_, AlertRule::failing, now);
}

void RegressionWatch::take(bool is_outer, const std::vector<DetectorEvent>& events) {
  for (const DetectorEvent& event : events) {
    Incident& incident = event.channel == Channel::errors ? failing_ : slower_;
    const Series series{is_outer, event.key, event.channel};
    switch (event.kind) {
      case DetectorEvent::Kind::raised:
        if (incident.active.empty()) incident = {};
        incident.active[series] = {AlertLevel::warning, change_at(incident, event.since_tick)};
        incident.has_news = true;
        break;
      case DetectorEvent::Kind::confirmed:
        incident.active[series].level = AlertLevel::confirmed;
        incident.has_news = true;
        break;
      case DetectorEvent::Kind::resolved:
        incident.active.erase(series);
        incident.over.insert(series);
        // If all of it is ending, what was told last is what it was.
        incident.next_described_tick = tick_ + kEndsWithinTicks;
        if (incident.active.empty()) incident.condition.reset();
        break;
      case DetectorEvent::Kind::new_level:
      case DetectorEvent::Kind::given_up:
        incident.active.erase(series);
        if (incident.active.empty() && incident.condition)
          incident.condition->over = event.kind == DetectorEvent::Kind::new_level
                                         ? AlertEnd::new_level
                                         : AlertEnd::not_watched;
        break;
    }
  }
}

// Which of the incident's changes it is.
std::size_t RegressionWatch::change_at(Incident& incident, std::uint64_t since_tick) const {
  const auto ticks_to = [since_tick](const Change& change) {
    return std::max(since_tick, change.since_tick) - std::min(since_tick, change.since_tick);
  };
  auto& changes = incident.changes;
  const auto nearest =
      std::min_element(changes.begin(), changes.end(),
                       [&](const Change& a, const Change& b) { return ticks_to(a) < ticks_to(b); });
  if (nearest != changes.end() &&
      (ticks_to(*nearest) <= kSameChangeTicks || changes.size() == kMostChanges))
    return static_cast<std::size_t>(nearest - changes.begin());
  Change& change = changes.emplace_back();
  change.since_tick = since_tick;
  const std::uint64_t first = since_tick - std::min(since_tick, kBeforeTicks);
  assert(first < since_tick && "nothing is noticed in the first tick");
  change.daemon_before = daemon_.kept.observation(first, since_tick);
  change.outer_before = outer_.kept.observation(first, since_tick);
  change.hops_before = hops_.as_of(since_tick - 1);
  return changes.size() - 1;
}

std::vector<RegressionWatch::Found> RegressionWatch::find(const Incident& incident,
                                                          bool is_outer) const {
  std::vector<Found> found;
  for (std::size_t i = 0; i < incident.changes.size(); ++i) find(incident, i, is_outer, found);
  std::stable_sort(found.begin(), found.end(),
                   [](const Found& a, const Found& b) { return a.lost > b.lost; });
  return found;
}

void RegressionWatch::find(const Incident& incident, std::size_t of_change, bool is_outer,
                           std::vector<Found>& found) const {
  const Change& change = incident.changes[of_change];
  const Observation& before = is_outer ? change.outer_before : change.daemon_before;
  const auto is_of_it = [of_change](const auto& one) { return one.second.change == of_change; };
  if (std::none_of(incident.active.begin(), incident.active.end(), is_of_it)) return;
  const Observation after =
      (is_outer ? outer_ : daemon_).kept.observation(change.since_tick, tick_ + 1);
  const Comparison comparison = compare(before, after, {});
  const auto add = [&](const ComparedOperation& compared, Channel channel) {
    OperationShift shift = shift_of(compared, channel);
    const auto hops_at = hops_key(compared.key);
    const auto now = hops_.latest().find(hops_at);
    const auto then = change.hops_before.find(hops_at);
    if (channel != Channel::errors && now != hops_.latest().end() &&
        then != change.hops_before.end())
      shift.layers = layer_shifts(then->second, now->second);
    if (channel != Channel::errors && shift.layers.empty() && !is_outer) {
      const double ns = compared.latency.mean.b.value_or(0) - compared.latency.mean.a.value_or(0);
      shift.layers = {{std::string(kDaemonLayer), ns, 1}};
    }
    if (channel != Channel::errors && !is_outer)
      shift.phases =
          phase_shifts(PhaseSums::of(before, compared.key), PhaseSums::of(after, compared.key));
    found.push_back({loss(compared, channel), change.since_tick, std::move(shift)});
  };
  for (const auto& [series, active] : incident.active) {
    if (series.is_outer != is_outer || active.change != of_change) continue;
    if (series.key) {
      for (const ComparedOperation& compared : comparison.operations) {
        if (compared.key == *series.key) add(compared, series.channel);
      }
      continue;
    }
    for (const ComparedLayer& layer : comparison.layers) add(all_operations(layer), series.channel);
  }
  // Which of them is slower, if all together are; and what an operation is called here, which is noticed on the other side.
  const auto belongs_to = [&](const auto& one, const OperationKey& key) {
    const Series& series = one.first;
    if (!is_of_it(one) || series.channel != Channel::centre) return false;
    if (!series.key) return series.is_outer == is_outer;
    return series.is_outer != is_outer && hops_key(*series.key) == hops_key(key);
  };
  for (const ComparedOperation& compared : comparison.operations) {
    const auto is_the_same = [&](const Found& one) {
      return one.shift.key == compared.key && one.shift.channel == Channel::centre;
    };
    const Series series{is_outer, compared.key, Channel::centre};
    if (compared.verdict != Verdict::slower || incident.active.contains(series) ||
        incident.over.contains(series) || std::any_of(found.begin(), found.end(), is_the_same))
      continue;
    if (std::any_of(incident.active.begin(), incident.active.end(),
                    [&](const auto& one) { return belongs_to(one, compared.key); }))
      add(compared, Channel::centre);
  }
}

std::uint64_t RegressionWatch::realtime_of(std::uint64_t tick, const Time& now) const {
  const std::uint64_t ago_ns =
      ((tick_ + 1 - tick) * kTickSeconds + kTickClosesAfterSeconds) * kNsPerSecond;
  return now.realtime_ns - std::min(now.realtime_ns, ago_ns);
}

void RegressionWatch::describe(Incident& incident, AlertRule rule, const Time& now) {
  if (incident.active.empty()) return;
  if (!std::exchange(incident.has_news, false) && tick_ < incident.next_described_tick) return;
  incident.next_described_tick = tick_ + kDescribedEveryTicks;

  std::vector<Found> all = find(incident, false);
  std::vector<Found> outer = find(incident, true);
  std::move(outer.begin(), outer.end(), std::back_inserter(all));
  // A single operation says more than the sum that it is part of.
  std::stable_partition(all.begin(), all.end(),
                        [](const Found& one) { return !one.shift.key.operation.empty(); });
  if (all.size() > kMostShifts) all.resize(kMostShifts);

  Condition& condition = incident.condition.emplace();
  condition.rule = rule;
  condition.instance = instance_;
  for (const auto& [series, active] : incident.active)
    condition.level = std::max(condition.level, active.level);
  const std::uint64_t since_tick =
      all.empty() ? incident.changes.front().since_tick : all.front().since_tick;
  condition.since_ns = realtime_of(since_tick, now);
  condition.refines_since = true;
  condition.summary =
      instance_ + (rule == AlertRule::slower ? " has become slower" : " fails more often");
  if (!all.empty()) {
    const OperationShift& first = all.front().shift;
    condition.summary += ": " + in_words(first);
    if (!first.layers.empty()) {
      const LayerShift& most = first.layers.front();
      condition.summary += "; " + format_percent(most.share) + " of it in the layer " + most.layer;
    }
    if (all.size() > 1) condition.summary += "; and " + format_count(all.size() - 1) + " more";
  }
  const std::uint64_t before_ns =
      condition.since_ns - std::min(condition.since_ns, kBeforeTicks * kTickSeconds * kNsPerSecond);
  const std::string since = format_rfc3339(condition.since_ns);
  condition.advice = "See what changed: goxel-telemetry compare --instance " + instance_ +
                     " --history FILE " + format_rfc3339(before_ns) + ".." + since + ' ' + since +
                     ".." + format_rfc3339(now.realtime_ns);
  AlertEvidence& evidence = condition.evidence;
  const bool is_one_change = std::all_of(
      all.begin(), all.end(), [&](const Found& one) { return one.since_tick == since_tick; });
  evidence.compared_with =
      is_one_change
          ? "the minutes before " + format_utc(condition.since_ns) + ", of the same operations"
          : "the minutes before each of them changed; the first named did at " +
                format_utc(condition.since_ns);
  if (!has_outer_)
    evidence.not_looked_at.emplace_back("what lies outside of the daemon: no outer layer reports");
  evidence.not_looked_at.emplace_back(
      "changes below 5 %, and operations that were not known for an hour");
  if (!all.empty()) describe_course(all.front().shift, evidence);
  for (Found& one : all) evidence.operations.push_back(std::move(one.shift));
}

void RegressionWatch::describe_course(const OperationShift& shift, AlertEvidence& evidence) const {
  if (shift.key.operation.empty()) return;
  const bool is_outer = shift.key.layer != kDaemonLayer;
  const std::uint64_t from = tick_ + 1 - std::min(tick_, kCourseTicks);
  const KeptTicks& kept = (is_outer ? outer_ : daemon_).kept;
  if (shift.channel == Channel::errors) {
    evidence.course = kept.course(shift.key, from, [](const Tally& tally) {
      return static_cast<double>(tally.outcomes.failed()) /
             static_cast<double>(tally.outcomes.all());
    });
    evidence.course_usual = shift.before;
    evidence.unit = "share of requests";
    return;
  }
  const double q = shift.channel == Channel::tail ? 0.99 : 0.5;
  evidence.course = kept.course(shift.key, from, [q](const Tally& tally) {
    return static_cast<double>(tally.latency.quantile(q)) / 1e6;
  });
  evidence.course_usual = shift.before / 1e6;
  evidence.unit = "ms";
}

std::vector<Condition> RegressionWatch::conditions() const {
  std::vector<Condition> conditions;
  for (const Incident* incident : {&slower_, &failing_}) {
    if (incident->condition) conditions.push_back(*incident->condition);
  }
  return conditions;
}

InstanceSeries RegressionWatch::series() const {
  InstanceSeries all{instance_, daemon_.detector.series(), 0};
  if (has_outer_) {
    for (WatchedSeries& one : outer_.detector.series()) {
      one.is_outer = true;
      all.series.push_back(std::move(one));
    }
  }
  std::stable_sort(
      all.series.begin(), all.series.end(),
      [](const WatchedSeries& a, const WatchedSeries& b) { return a.requests > b.requests; });
  if (all.series.size() > InstanceSeries::kMost) {
    all.left_out = all.series.size() - InstanceSeries::kMost;
    all.series.resize(InstanceSeries::kMost);
  }
  return all;
}

}  // namespace goxel_telemetry::metrics
