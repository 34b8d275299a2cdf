// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/outbound/host_name.h"

#include <unistd.h>

#include <array>

#include "metrics/text/printable.h"

namespace goxel_telemetry::http_bridge::outbound {

std::string host_name() {
  std::array<char, 256> name{};
  ::gethostname(name.data(), name.size() - 1);
  return metrics::printable(name.data());
}

}  // namespace goxel_telemetry::http_bridge::outbound
