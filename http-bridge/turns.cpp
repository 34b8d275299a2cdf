// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/turns.h"

#include <algorithm>
#include <vector>

#include "shm/clock.h"

namespace goxel_telemetry::http_bridge {
namespace {

// Of the budget. A daemon of ours needs less.
constexpr std::uint64_t kCheapPart = 10;

constexpr std::uint64_t kRounds = 16;

}  // namespace

void Turns::round(std::size_t count, const std::function<const std::string&(std::size_t)>& name,
                  const std::function<void(std::size_t)>& serve) {
  const std::uint64_t began_ns = shm::clock_ns(CLOCK_THREAD_CPUTIME_ID);
  std::uint64_t now_ns = began_ns;
  const auto serve_one = [&](std::size_t i) {
    const std::uint64_t from_ns = now_ns;
    serve(i);
    now_ns = shm::clock_ns(CLOCK_THREAD_CPUTIME_ID);
    cost_ns_[name(i)] = now_ns - from_ns;
  };
  std::vector<std::size_t> costly;
  for (std::size_t i = 0; i < count; ++i) {
    if (cost_ns_[name(i)] <= budget_ns_ / kCheapPart) {
      serve_one(i);
    } else {
      costly.push_back(i);
    }
  }
  const auto next = std::find_if(costly.begin(), costly.end(),
                                 [&](std::size_t i) { return name(i) > last_costly_; });
  std::rotate(costly.begin(), next, costly.end());
  for (const std::size_t i : costly) {
    if (now_ns - began_ns > budget_ns_ && i != costly.front()) break;
    serve_one(i);
    last_costly_ = name(i);
  }
  usual_round_ns_ = (usual_round_ns_ * (kRounds - 1) + (now_ns - began_ns)) / kRounds;
}

}  // namespace goxel_telemetry::http_bridge
