// SPDX-License-Identifier: GPL-3.0-or-later
// Who may keep how much when all that is watched would need more memory than there is for it.
#pragma once

#include <cstddef>
#include <vector>

namespace goxel_telemetry::http_bridge {

struct MemoryClaim {
  int standing = 0;       // metrics/live/instances_here.h
  std::size_t bytes = 0;  // in use
};

// For each claim, how much it may use; together not more than `all`, and each at most `most`. Half of
// `all` is cut into equal parts, which nobody else gets. Of the rest, those of the highest standing have
// what they use first; among equals, whoever uses much is held to what is left when those that use less
// have theirs. What nobody uses is room to grow, in equal parts.
std::vector<std::size_t> memory_shares(const std::vector<MemoryClaim>& claims, std::size_t all,
                                       std::size_t most);

}  // namespace goxel_telemetry::http_bridge
