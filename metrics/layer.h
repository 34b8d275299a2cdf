// SPDX-License-Identifier: GPL-3.0-or-later
// The collection points of a stack, in their order.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace goxel_telemetry::metrics {

// From the outside in.
enum class Layer : std::uint8_t { mcp_client = 0, mcp_server = 1, ts_client = 2, daemon = 3 };
inline constexpr std::size_t kLayerCount = 4;
inline constexpr std::array<const char*, kLayerCount> kLayerNames = {"mcp-client", "mcp-server",
                                                                     "ts-client", "daemon"};
std::optional<Layer> layer_named(std::string_view name);

}  // namespace goxel_telemetry::metrics
