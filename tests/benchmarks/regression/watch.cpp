// SPDX-License-Identifier: GPL-3.0-or-later
#include "watch.h"

#include <cmath>
#include <vector>

namespace goxel_telemetry::evaluation {
namespace {

using metrics::DetectorEvent;
using metrics::kTickSeconds;

constexpr std::uint64_t kGroupTicks = 10 * 60 / kTickSeconds;
constexpr double kHourSeconds = 3600;
constexpr unsigned kDayTicks = 86400 / kTickSeconds;

std::vector<DetectorEvent> show(metrics::RegressionDetector& detector, const TrafficTick& tick,
                                bool stratified = true) {
  if (tick.restarted) detector.begin_epoch();
  if (stratified || tick.operations.empty()) return detector.tick(tick.number, tick.operations);
  metrics::OperationTick all = tick.operations.front();
  for (std::size_t i = 1; i < tick.operations.size(); ++i) {
    all.tally.merge(tick.operations[i].tally);
  }
  all.key.operation = "all";
  return detector.tick(tick.number, {&all, 1});
}

}  // namespace

Alerts& Alerts::operator+=(const Alerts& other) {
  for (std::size_t i = 0; i < by_channel.size(); ++i) by_channel[i] += other.by_channel[i];
  confirmed += other.confirmed;
  groups += other.groups;
  days += other.days;
  return *this;
}

Alerts watch(const TrafficKind& kind, std::uint64_t seed, unsigned days,
             const DetectorModel& model) {
  Traffic traffic(kind, seed);
  metrics::RegressionDetector detector(model.settings);
  Alerts alerts;
  alerts.days = days;
  std::optional<std::uint64_t> last_raised;
  for (unsigned i = 0; i < days * kDayTicks; ++i) {
    const TrafficTick& tick = traffic.next();
    for (const DetectorEvent& event : show(detector, tick, model.stratifies)) {
      alerts.confirmed += event.kind == DetectorEvent::Kind::confirmed;
      if (event.kind != DetectorEvent::Kind::raised) continue;
      ++alerts.by_channel.at(static_cast<std::size_t>(event.channel));
      alerts.groups += !last_raised || event.tick - *last_raised > kGroupTicks;
      last_raised = event.tick;
    }
  }
  return alerts;
}

ChangeSeen watch(const ChangeCase& what, std::uint64_t seed) {
  Random moment = random_stream(seed, 2);
  Change change = what.change;
  change.begin_s =
      what.clean_hours * kHourSeconds + uniform(moment) * static_cast<double>(kTickSeconds);
  change.end_s = change.begin_s + what.changed_minutes * 60;
  const auto first_tick =
      static_cast<std::uint64_t>(change.begin_s / static_cast<double>(kTickSeconds));
  const auto ticks = static_cast<std::uint64_t>(change.end_s / static_cast<double>(kTickSeconds));

  Traffic traffic(what.kind, seed, change);
  metrics::RegressionDetector detector;
  ChangeSeen seen;
  for (std::uint64_t i = 0; i < ticks; ++i) {
    for (const DetectorEvent& event : show(detector, traffic.next())) {
      const bool counts =
          !change.operation || !event.key || *event.key == key_of(*change.operation);
      if (event.kind != DetectorEvent::Kind::raised || event.tick < first_tick || !counts) continue;
      if (seen.raised++ != 0) continue;
      seen.delay_s = static_cast<double>((event.tick + 1) * kTickSeconds) - change.begin_s;
      seen.had_begun = event.since_tick < first_tick;
    }
  }
  return seen;
}

}  // namespace goxel_telemetry::evaluation
