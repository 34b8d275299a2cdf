// SPDX-License-Identifier: GPL-3.0-or-later
// goxel-telemetry trace: operations through all layers, as waterfalls.
#pragma once

#include <memory>
#include <string>

#include "cli/screen/terminal.h"
#include "metrics/layers/trace_search.h"

namespace goxel_telemetry::cli {

struct TraceOptions {
  std::string instance;
  bool json = false;
  std::string which;  // a trace's id, or "slowest"
  std::string operation;
  std::string stack;
  metrics::Window window = metrics::Window::five_minutes;
  std::size_t count = 1;
};

// An operation's spans from the outside in, each with a bar where it lies in the operation's time.
std::string waterfall(const metrics::TracedOperation& operation, const Style& style);

// Throws Failure.
int run_trace(const TraceOptions& options);

}  // namespace goxel_telemetry::cli
