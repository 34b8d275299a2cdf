// SPDX-License-Identifier: GPL-3.0-or-later
// Sides of a comparison (metrics/sides/side.h) as this program's flags and files give them.
#pragma once

#include <cstdint>
#include <string>

#include "metrics/sides/side.h"

namespace goxel_telemetry::cli {

inline constexpr const char* kSideSyntax =
    "A side is one of:\n"
    "  live              what the ring of the instance still holds (and --watch adds)\n"
    "  stack:NAME        the same, of one stack only: stack:4-layer, stack:2-layer\n"
    "  stack:NAME@SIDE   one stack of another side: stack:2-layer@-24h..now\n"
    "  FROM..TO          a range of the history (--history FILE): -24h..-12h,\n"
    "                    2026-11-25T10:00..2026-11-25T11:00, -10m..now\n"
    "  baseline:NAME     a saved baseline; or just NAME\n"
    "  file:PATH         an exported baseline, or what record wrote; or just PATH, with a /";

struct SideFlags {
  std::string instance;         // for live, stack: and FROM..TO; empty: the only one
  std::string history_file;     // empty: none
  std::string baseline_folder;  // empty: the default one
  std::uint32_t watch_seconds = 0;
};
inline constexpr std::uint32_t kMostWatchSeconds = 900;

// The reader's functions throw SideFailure or Failure.
metrics::SideReader side_reader(const SideFlags& flags);

// The exit code of a command that ends with a SideFailure.
int exit_code_of(metrics::SideOutcome outcome);

}  // namespace goxel_telemetry::cli
