// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/alerts/past_ticks.h"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "metrics/history/reader.h"
#include "metrics/time.h"

namespace goxel_telemetry::http_bridge {
namespace {

using metrics::kNsPerSecond;
using metrics::kTickSeconds;
using metrics::Tick;

constexpr std::uint64_t kPastTicks = 720;
// Read at once: the tallies of an hour would need hundreds of megabytes.
constexpr std::uint64_t kTicksAtOnce = 60;

struct PastTick {
  Tick daemon;
  Tick outer;
};
using PastTicks = std::map<std::uint64_t, PastTick>;  // by number

// The history answers for a daemon with its outer layers.
PastTicks read(metrics::HistoryReader& reader, const std::string& instance,
               std::uint64_t first_number, std::uint64_t begin_seconds) {
  metrics::HistoryFilter filter;
  filter.instance = instance;
  const std::uint64_t end_seconds = begin_seconds + kTicksAtOnce * kTickSeconds;
  std::vector<metrics::Rollup> rollups;
  const metrics::TimeStretch range{begin_seconds * kNsPerSecond, end_seconds * kNsPerSecond};
  if (!reader.rollups(filter, range, 1, rollups).done()) return {};
  std::map<std::uint64_t, std::map<metrics::OperationKey, metrics::Tally>> tallies;
  for (const metrics::Rollup& rollup : rollups) {
    if (rollup.begin_seconds < begin_seconds || rollup.begin_seconds >= end_seconds) continue;
    const std::uint64_t tick = (rollup.begin_seconds - begin_seconds) / kTickSeconds;
    tallies[first_number + tick][rollup.key].merge(rollup.tally);
  }
  PastTicks ticks;
  for (auto& [number, operations] : tallies) {
    PastTick& tick = ticks[number];
    tick.daemon.number = tick.outer.number = number;
    for (auto& [key, tally] : operations) {
      Tick& of_its_layer = key.layer == metrics::kDaemonLayer ? tick.daemon : tick.outer;
      of_its_layer.operations.push_back({key, std::move(tally)});
    }
  }
  return ticks;
}

}  // namespace

void visit_past_ticks(const std::string& history_file, const std::string& instance,
                      std::uint64_t end, std::uint64_t end_began_seconds,
                      std::uint64_t daemon_began_ns,
                      const std::function<void(const Tick&, const Tick&)>& visit) {
  metrics::HistoryResult why;
  const auto reader = metrics::HistoryReader::open(history_file, why);
  if (reader == nullptr) return;
  for (std::uint64_t ago = kPastTicks; ago > 0; ago -= kTicksAtOnce) {
    const std::uint64_t first = end - ago;
    const std::uint64_t begin = end_began_seconds - ago * kTickSeconds;
    for (auto& [number, tick] : read(*reader, instance, first, begin)) {
      tick.daemon.daemon_began_ns = daemon_began_ns;
      visit(tick.daemon, tick.outer);
    }
  }
}

}  // namespace goxel_telemetry::http_bridge
