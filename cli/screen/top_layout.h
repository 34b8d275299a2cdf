// SPDX-License-Identifier: GPL-3.0-or-later
// The layout of the screen of `goxel-telemetry top`. Does not depend on a terminal.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "cli/screen/terminal.h"
#include "cli/screen/top_state.h"
#include "metrics/live/snapshot.h"

namespace goxel_telemetry::cli {

struct TopScreen {
  std::vector<std::string> lines;  // at most as many and as wide as the terminal has room for
  std::size_t scroll = 0;          // limited to what there is to scroll to
};

// `style.width` columns by `height` lines, painted as `style` says.
TopScreen top_screen(const TopState& state, const metrics::Snapshot& snapshot, const Style& style,
                     std::size_t height);

// A part of a line that Style::paint() made.
struct Piece {
  std::string text;
  Emphasis emphasis = Emphasis::none;
  friend bool operator==(const Piece&, const Piece&) = default;
};
std::vector<Piece> pieces_of(const std::string& painted);

}  // namespace goxel_telemetry::cli
