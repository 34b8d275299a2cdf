// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <atomic>
#include <cstddef>
#include <thread>
#include <vector>

namespace goxel_telemetry::evaluation {

// job(0), job(1), … job(count - 1), on two threads; the job must not throw. What they return is in this order.
template <class Job>
auto in_parallel(std::size_t count, const Job& job) {
  std::vector<decltype(job(std::size_t{}))> results(count);
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i = next++; i < count; i = next++) results[i] = job(i);
  };
  const std::jthread other(work);
  work();
  return results;
}

}  // namespace goxel_telemetry::evaluation
