// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/layer.h"

namespace goxel_telemetry::metrics {

std::optional<Layer> layer_named(std::string_view name) {
  for (std::size_t i = 0; i < kLayerCount; ++i) {
    if (name == kLayerNames[i]) return static_cast<Layer>(i);
  }
  return std::nullopt;
}

}  // namespace goxel_telemetry::metrics
