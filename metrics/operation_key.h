// SPDX-License-Identifier: GPL-3.0-or-later
// The names by which records are counted: what was asked for, over which protocol, in which layer of
// which stack. Printable text.
#pragma once

#include <compare>
#include <cstddef>
#include <string>
#include <string_view>

#include "shm/record.h"

namespace goxel_telemetry::metrics {

// At most this many operations are kept apart. Records of others count as the _OTHER of their stack,
// protocol and layer, for which there is room beside them.
inline constexpr std::size_t kMostOperations = 512;
inline constexpr std::size_t kRoomForOther = 64;
inline constexpr const char* kOtherOperation = "_OTHER";

// The layer that the daemon itself is, as its own plugin reports.
inline constexpr std::string_view kDaemonLayer = "daemon";

struct OperationKey {
  std::string stack;      // "4-layer", "2-layer"
  std::string protocol;   // "jsonrpc", "mcp", "none"
  std::string layer;      // "daemon", "mcp-client", …
  std::string operation;  // method or tool; _MALFORMED, _BATCH, _OTHER

  friend auto operator<=>(const OperationKey&, const OperationKey&) = default;
};

const char* to_string(shm::Protocol protocol);        // "none", "jsonrpc", "mcp"
shm::Protocol protocol_named(std::string_view name);  // `none` for any other name

}  // namespace goxel_telemetry::metrics
