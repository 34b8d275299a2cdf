// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/own_cost.h"

#include <algorithm>
#include <atomic>

namespace goxel_telemetry::plugin {
namespace {

std::atomic<shm::ClockSource> source{shm::ClockSource::monotonic};
std::atomic<std::uint64_t> reading_takes{0};  // ticks

}  // namespace

[[gnu::cold]] bool is_due_to_be_timed() noexcept {
  ThreadState& thread = thread_state;
  if (thread.may_be_timed) {
    thread.calls_until_timed = kTimedOneIn;
    return true;
  }
  thread.may_be_timed = true;
  thread.calls_until_timed = static_cast<std::uint16_t>(1 + cost_clock() % kTimedOneIn);
  return false;
}

[[gnu::cold]] std::uint64_t cost_clock() noexcept {
  return shm::read_ticks(source.load(std::memory_order_relaxed));
}

[[gnu::cold]] std::uint64_t cost_since(std::uint64_t start) noexcept {
  const std::uint64_t spent = cost_clock() - start;
  const std::uint64_t reading = reading_takes.load(std::memory_order_relaxed);
  return spent > reading ? spent - reading : 0;
}

[[gnu::cold]] void CallTimer::add() const noexcept {
  const std::uint64_t took = cost_since(start_);
  const bool waits = when_ == When::client_waits;
  recorder_.add_own_cost(waits ? took : 0, waits ? 0 : took, 0);
}

void prepare_cost_clock(const Recorder& recorder) noexcept {
  source.store(recorder.clock_source(), std::memory_order_relaxed);
  std::uint64_t least = UINT64_MAX;
  for (int i = 0; i < 64; ++i) {
    const std::uint64_t first = cost_clock();
    least = std::min(least, cost_clock() - first);
  }
  reading_takes.store(least, std::memory_order_relaxed);
}

}  // namespace goxel_telemetry::plugin
