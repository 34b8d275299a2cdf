// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/outbound/answer.h"

#include <algorithm>

namespace goxel_telemetry::http_bridge::outbound {

std::chrono::milliseconds delay_after(const Backoff& backoff, unsigned failures,
                                      std::chrono::seconds retry_after, double random) {
  constexpr unsigned kMostDoublings = 16;
  const auto longest =
      std::min(backoff.longest, backoff.first * (1 << std::min(failures - 1, kMostDoublings)));
  const auto delay =
      std::chrono::duration_cast<std::chrono::milliseconds>(longest * (0.5 + random / 2));
  return std::max<std::chrono::milliseconds>(delay,
                                             std::min(retry_after, backoff.longest_retry_after));
}

}  // namespace goxel_telemetry::http_bridge::outbound
