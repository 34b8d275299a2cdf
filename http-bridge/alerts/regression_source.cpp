// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/alerts/regression_source.h"

#include <algorithm>
#include <utility>

#include "http-bridge/alerts/past_ticks.h"

namespace goxel_telemetry::http_bridge {

namespace {

// Numbers of ticks begin here, so that those from before the machine was started have one, too.
constexpr std::uint64_t kFirstNumber = std::uint64_t{1} << 32;

}  // namespace

RegressionSource::RegressionSource(std::function<std::shared_ptr<const Snapshots>()> latest,
                                   std::string history_file)
    : latest_(std::move(latest)), history_file_(std::move(history_file)) {}

void RegressionSource::take(InstanceTick tick) {
  tick.daemon.number += kFirstNumber;
  tick.outer.number += kFirstNumber;
  const std::scoped_lock lock(mutex_);
  if (waiting_.size() == kMostWaiting) waiting_.erase(waiting_.begin());
  waiting_.push_back(std::move(tick));
}

metrics::RegressionWatch& RegressionSource::watch_of(const InstanceTick& first,
                                                     const metrics::Time& now) {
  const auto [at, is_new] = watches_.try_emplace(first.instance, first.instance);
  if (is_new && !history_file_.empty()) {
    visit_past_ticks(
        history_file_, first.instance, first.daemon.number, first.daemon.daemon_began_ns, now,
        [&, &watch = at->second](const metrics::Tick& daemon, const metrics::Tick& outer) {
          watch.look(daemon, outer, {}, now);
        });
  }
  return at->second;
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
    watch_of(tick, now).look(tick.daemon, tick.outer, *layers, now);
  }
  std::erase_if(watches_, [&](const auto& watch) {
    return place_of(watch.first) == latest->instances.end();
  });
  std::vector<metrics::Condition> conditions;
  for (const auto& [instance, watch] : watches_) {
    for (metrics::Condition& condition : watch.conditions())
      conditions.push_back(std::move(condition));
  }
  return conditions;
}

}  // namespace goxel_telemetry::http_bridge
