// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/commands/side.h"

#include <utility>

#include "cli/interrupt.h"
#include "cli/recording/recorded_file.h"
#include "cli/target.h"
#include "metrics/comparison/baseline_store.h"
#include "metrics/sides/live_observer.h"
#include "metrics/sides/recorded_session.h"
#include "metrics/text/printable.h"

namespace goxel_telemetry::cli {
namespace {

using metrics::Side;
using Time = metrics::Time;

constexpr int kSweepMilliseconds = 50;
constexpr std::uint64_t kNsPerSecond = 1'000'000'000;

// Returns after `watch_seconds`, or earlier at a signal, or when the daemon has ended.
Side read_live(const std::string& given_instance, std::uint32_t watch_seconds) {
  const std::string instance = choose_instance(given_instance);
  metrics::LiveObserver observer(instance);
  Time now = Time::now();
  const std::uint64_t until_ns = now.monotonic_ns + watch_seconds * kNsPerSecond;
  observer.sweep(now);
  const Interrupt end(Interrupt::Watch::signals);
  while (now.monotonic_ns < until_ns && observer.is_live() && !end.wait(kSweepMilliseconds)) {
    now = Time::now();
    observer.sweep(now);
  }
  Side side;
  side.description = "live, instance \"" + instance + '"';
  side.observation = observer.finish();
  if (side.observation.operations.empty()) {
    throw Failure(kExitNotThere, "instance \"" + instance +
                                     "\" has answered no requests that its ring still holds; "
                                     "--watch SECONDS waits for some");
  }
  return side;
}

Side read_recording(const std::string& path) {
  RecordedFile file(path);
  const Extent extent = measure_out(file);
  Side side;
  side.description = "recording of instance \"" + metrics::printable(extent.instance) + '"';
  side.observation = metrics::observe_recording([&file] { return file.read_from_the_start(); });
  if (side.observation.operations.empty()) {
    throw Failure(kExitNotThere, path + " holds no requests");
  }
  return side;
}

Side read_file(const std::string& path) {
  if (is_recording(path)) return read_recording(path);
  metrics::Baseline baseline;
  metrics::require(metrics::read_baseline_file(path, baseline));
  const std::string what = "exported baseline \"" + baseline.name + '"';
  return metrics::side_of(std::move(baseline), what);
}

}  // namespace

metrics::SideReader side_reader(const SideFlags& flags) {
  metrics::SideSources sources;
  sources.instance = flags.instance;
  sources.history_file = flags.history_file;
  sources.baseline_folder =
      flags.baseline_folder.empty() ? metrics::default_baseline_folder() : flags.baseline_folder;
  sources.live = [flags] { return read_live(flags.instance, flags.watch_seconds); };
  sources.file = read_file;
  return metrics::SideReader(std::move(sources));
}

int exit_code_of(metrics::SideOutcome outcome) {
  switch (outcome) {
    case metrics::SideOutcome::absent:
    case metrics::SideOutcome::unreadable:
      return kExitNotThere;
    case metrics::SideOutcome::invalid_text:
    case metrics::SideOutcome::unknown:
    case metrics::SideOutcome::invalid_file:
      break;
  }
  return kExitUsage;
}

}  // namespace goxel_telemetry::cli
