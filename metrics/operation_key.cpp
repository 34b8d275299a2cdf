// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/operation_key.h"

namespace goxel_telemetry::metrics {

const char* to_string(shm::Protocol protocol) {
  switch (protocol) {
    case shm::Protocol::json_rpc:
      return "jsonrpc";
    case shm::Protocol::mcp:
      return "mcp";
    case shm::Protocol::none:
      break;
  }
  return "none";
}

}  // namespace goxel_telemetry::metrics
