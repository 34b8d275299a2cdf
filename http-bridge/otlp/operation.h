// SPDX-License-Identifier: GPL-3.0-or-later
// An operation on its way to the collector.
#pragma once

#include <cstdint>
#include <string>

#include "metrics/layers/traced_operation.h"

namespace goxel_telemetry::http_bridge::otlp {

struct Operation {
  std::string instance;             // the daemon's
  std::uint32_t daemon_pid = 0;     // 0: not known
  std::uint64_t trace_id_high = 0;  // the first 64 bits of the W3C trace id; 0: not known
  metrics::TracedOperation traced;
};

}  // namespace goxel_telemetry::http_bridge::otlp
