// SPDX-License-Identifier: GPL-3.0-or-later
// Whole trace ids. A record has only their last 64 bits (shm/record.h); reports of spans say all 128, and so what was reported
// to this bridge is known.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <unordered_map>

#include "documents/span_batch.h"

namespace goxel_telemetry::http_bridge::otlp {

// The newest ones, as many as are reported while an operation waits to be joined, at ten thousand a second. Thread-safe.
class TraceIds {
 public:
  static constexpr std::size_t kMost = 65'536;  // some 80 bytes each

  void learn(const documents::SpanBatch& batch);
  // The first 64 bits; 0: not known.
  std::uint64_t high_of(std::uint64_t low) const;

 private:
  mutable std::mutex mutex_;
  std::unordered_map<std::uint64_t, std::uint64_t> high_;  // by the last 64 bits
  std::deque<std::uint64_t> order_;                        // of its keys, the oldest first
};

}  // namespace goxel_telemetry::http_bridge::otlp
