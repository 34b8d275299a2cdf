// SPDX-License-Identifier: GPL-3.0-or-later
// What one side of a comparison may be, as it is written on the command line, and where it comes
// from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "metrics/observation.h"

namespace goxel_telemetry::cli {

inline constexpr const char* kSideSyntax =
    "A side is one of:\n"
    "  live              what the ring of the instance still holds (and --watch adds)\n"
    "  stack:NAME        the same, of one stack only: stack:4-layer, stack:2-layer\n"
    "  stack:NAME@SIDE   one stack of another side: stack:2-layer@-24h..now\n"
    "  FROM..TO          a range of the history (--history FILE): -24h..-12h,\n"
    "                    2026-11-25T10:00..2026-11-25T11:00, -10m..now\n"
    "  baseline:NAME     a saved baseline; or just NAME\n"
    "  file:PATH         an exported baseline; or just PATH, with a / in it";

// Where sides are looked for.
struct SideSources {
  std::string instance;         // of live, stack: and FROM..TO; empty: the only one
  std::string history_file;     // empty: none
  std::string baseline_folder;  // empty: the default one
  std::uint32_t watch_seconds = 0;
};
inline constexpr std::uint32_t kMostWatchSeconds = 900;

struct Side {
  std::string asked;  // as it was written
  std::string description;
  bool one_stack = false;
  metrics::Observation observation;
};

// $XDG_STATE_HOME/goxel-telemetry/baselines, below ~/.local/state if that is not set.
std::string default_baseline_folder();

// Both sides of a comparison look at the live instance only once. Throws Failure.
class SideReader {
 public:
  explicit SideReader(SideSources sources) : sources_(std::move(sources)) {}
  Side read(const std::string& asked);

 private:
  Side read_stack(const std::string& stack);
  Side read_live();
  Side read_range(const std::string& from, const std::string& to);
  Side read_baseline(const std::string& name);
  Side read_file(const std::string& path);

  const SideSources sources_;
  std::optional<Side> live_;
};

}  // namespace goxel_telemetry::cli
