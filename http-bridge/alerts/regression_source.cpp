// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/alerts/regression_source.h"

#include <algorithm>
#include <utility>

#include "http-bridge/alerts/past_ticks.h"
#include "http-bridge/log.h"

namespace goxel_telemetry::http_bridge {

namespace {

// Numbers of ticks begin here, so that those from before the machine was started have one, too.
constexpr std::uint64_t kFirstNumber = std::uint64_t{1} << 20;

}  // namespace

RegressionSource::RegressionSource(std::function<std::shared_ptr<const Snapshots>()> latest,
                                   std::string history_file, Pinned pinned)
    : latest_(std::move(latest)),
      history_file_(std::move(history_file)),
      pinned_(std::move(pinned)) {}

void RegressionSource::take(InstanceTick tick) {
  tick.daemon.number += kFirstNumber;
  tick.outer.number += kFirstNumber;
  const std::scoped_lock lock(mutex_);
  if (waiting_.size() == kMostWaiting) waiting_.erase(waiting_.begin());
  waiting_.push_back(std::move(tick));
}

RegressionSource::Watches& RegressionSource::watches_of(const InstanceTick& first,
                                                        const metrics::Time& now) {
  const auto known = watches_.find(first.instance);
  if (known != watches_.end()) return known->second;
  Watches& watches =
      watches_.emplace(first.instance, Watches{metrics::RegressionWatch(first.instance), {}})
          .first->second;
  const std::uint64_t number = first.daemon.number;
  // Unix time.
  const std::uint64_t began_seconds = now.realtime_ns / metrics::kNsPerSecond -
                                      now.monotonic_ns / metrics::kNsPerSecond +
                                      (number - kFirstNumber) * metrics::kTickSeconds;
  if (!pinned_.baseline.empty()) {
    watches.pinned.emplace(first.instance, metrics::BaselineStore(pinned_.folder), pinned_.baseline,
                           began_seconds - number * metrics::kTickSeconds);
  }
  if (history_file_.empty()) return watches;
  visit_past_ticks(history_file_, first.instance, number, began_seconds,
                   first.daemon.daemon_began_ns,
                   [&](const metrics::Tick& daemon, const metrics::Tick& outer) {
                     watches.usual.look(daemon, outer, {}, now);
                   });
  return watches;
}

void RegressionSource::show_series() {
  auto series = std::make_shared<Series>();
  for (const auto& [instance, watches] : watches_) series->push_back(watches.usual.series());
  const std::scoped_lock lock(mutex_);
  series_ = std::move(series);
}

std::shared_ptr<const RegressionSource::Series> RegressionSource::series() const {
  const std::scoped_lock lock(mutex_);
  return series_;
}

std::vector<metrics::Condition> RegressionSource::look(const metrics::Time& now) {
  std::vector<InstanceTick> ticks;
  {
    const std::scoped_lock lock(mutex_);
    ticks.swap(waiting_);
  }
  const auto latest = latest_();
  const auto place_of = [&](const std::string& instance) {
    return std::find_if(latest->instances.begin(), latest->instances.end(),
                        [&](const metrics::Snapshot& one) { return one.instance == instance; });
  };
  for (const InstanceTick& tick : ticks) {
    const auto at = place_of(tick.instance);
    if (at == latest->instances.end()) continue;
    const auto& layers = latest->layers[static_cast<std::size_t>(at - latest->instances.begin())];
    Watches& watches = watches_of(tick, now);
    watches.usual.look(tick.daemon, tick.outer, *layers, now);
    if (watches.pinned) watches.pinned->tick(tick.daemon.number, tick.daemon.operations);
  }
  std::erase_if(watches_, [&](const auto& watch) {
    return place_of(watch.first) == latest->instances.end();
  });
  if (!ticks.empty()) show_series();
  std::vector<metrics::Condition> conditions;
  for (const auto& [instance, watches] : watches_) {
    for (metrics::Condition& condition : watches.usual.conditions())
      conditions.push_back(std::move(condition));
    if (!watches.pinned) continue;
    if (auto condition = watches.pinned->condition()) conditions.push_back(*std::move(condition));
    if (!watches.pinned->message().empty()) {
      log_trouble(LogLevel::warning, "pinned_baseline_not_read",
                  {{"why", watches.pinned->message()}});
    }
  }
  return conditions;
}

}  // namespace goxel_telemetry::http_bridge
