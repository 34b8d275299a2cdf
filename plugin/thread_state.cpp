// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/thread_state.h"

#include <atomic>

namespace goxel_telemetry::plugin {

constinit thread_local ThreadState thread_state;

[[gnu::cold]] std::uint32_t number_this_thread() noexcept {
  static constinit std::atomic<std::uint32_t> last{kNoThread};
  thread_state.number = last.fetch_add(1, std::memory_order_relaxed) + 1;
  return thread_state.number;
}

}  // namespace goxel_telemetry::plugin
