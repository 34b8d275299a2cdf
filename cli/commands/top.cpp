// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/commands/top.h"

#include "cli/screen/top_layout.h"
#include "cli/screen/top_screen.h"
#include "cli/target.h"
#include "metrics/layers/layer_group.h"
#include "metrics/live/follower.h"

namespace goxel_telemetry::cli {
namespace {

constexpr int kSweepMilliseconds = 100;
// So that keys and signals are heard, whatever is in the segment.
constexpr std::uint64_t kSweepBudgetNs = 200'000'000;

}  // namespace

int run_top(const TopOptions& options) {
  metrics::LayerGroup group(choose_instance(options.instance));
  metrics::Snapshot snapshot = first_look(group);
  TopState state;
  state.window = options.window;
  state.sort = options.sort;

  CursesTerminal terminal;
  const auto interval_ns = static_cast<std::uint64_t>(options.interval_seconds * 1e9);
  for (bool changed = true; !state.quit;) {
    if (changed) {
      const Style style{terminal.width(), true};
      const TopScreen screen = top_screen(state, snapshot, style, terminal.height());
      state.scroll = screen.scroll;
      terminal.draw(screen.lines);
    }
    const CursesTerminal::Event event = terminal.wait(kSweepMilliseconds);
    if (event == CursesTerminal::Event::end) break;
    if (event == CursesTerminal::Event::keys) {
      while (const auto key = terminal.next_key()) press(state, *key);
    }
    changed = event != CursesTerminal::Event::none;
    const auto now = metrics::Time::now();
    group.sweep(now, kSweepBudgetNs);
    if (!state.paused && now.monotonic_ns - snapshot.taken_monotonic_ns >= interval_ns) {
      snapshot = group.snapshot(now);
      changed = true;
    }
  }
  return 0;
}

}  // namespace goxel_telemetry::cli
