// SPDX-License-Identifier: GPL-3.0-or-later
// goxel-telemetry layers: the cost of each hop of each stack, side by side.
#pragma once

#include <string>

#include "cli/screen/terminal.h"
#include "metrics/layers/layers.h"

namespace goxel_telemetry::cli {

struct LayersOptions {
  std::string instance;
  bool json = false;
  metrics::Window window = metrics::Window::one_minute;
};

// `headline` is the first line.
std::string layers_screen(const std::string& headline, const metrics::LayersView& view,
                          metrics::Window window, const Style& style);

// Returns 0 if the daemon is live, else 1. Throws Failure.
int run_layers(const LayersOptions& options);

}  // namespace goxel_telemetry::cli
