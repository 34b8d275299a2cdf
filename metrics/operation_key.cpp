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

shm::Protocol protocol_named(std::string_view name) {
  for (const shm::Protocol one : {shm::Protocol::json_rpc, shm::Protocol::mcp}) {
    if (name == to_string(one)) return one;
  }
  return shm::Protocol::none;
}

}  // namespace goxel_telemetry::metrics
