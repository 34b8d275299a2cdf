// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/memory_shares.h"

#include <algorithm>
#include <numeric>

namespace goxel_telemetry::http_bridge {

std::vector<std::size_t> memory_shares(const std::vector<MemoryClaim>& claims, std::size_t all,
                                       std::size_t most) {
  if (claims.empty()) return {};
  const std::size_t own = std::min(most, all / 2 / claims.size());
  std::size_t left = all - own * claims.size();
  std::vector<std::size_t> shares(claims.size(), own);
  std::vector<std::size_t> order(claims.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    if (claims[a].standing != claims[b].standing) return claims[a].standing > claims[b].standing;
    return claims[a].bytes < claims[b].bytes;
  });
  for (auto at = order.begin(); at != order.end(); ++at) {
    const auto equals = static_cast<std::size_t>(std::count_if(at, order.end(), [&](std::size_t i) {
      return claims[i].standing == claims[*at].standing;
    }));
    const std::size_t wanted = std::min(claims[*at].bytes, most);
    const std::size_t given = std::min(wanted - std::min(wanted, own), left / equals);
    shares[*at] += given;
    left -= given;
  }
  for (std::size_t& share : shares) share = std::min(most, share + left / claims.size());
  return shares;
}

}  // namespace goxel_telemetry::http_bridge
