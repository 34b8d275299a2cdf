// SPDX-License-Identifier: GPL-3.0-or-later
// The daemons whose records somebody wants: their segments are read from the first request on until nobody has asked for a
// while.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "http-bridge/records/record_source.h"
#include "http-bridge/routes.h"
#include "metrics/time.h"

namespace goxel_telemetry::http_bridge {

// Not thread-safe.
class RecordSources {
 public:
  static constexpr std::size_t kMost = 8;  // each may need 5 MB

  // The names of the instances that are watched.
  using Watched = std::function<std::vector<std::string>()>;

  // A source that nobody holds is kept for `kept`.
  RecordSources(Watched watched, std::chrono::nanoseconds kept);

  // That of an instance, or of the only one if the name is empty; or the answer that says why there is none.
  std::variant<std::shared_ptr<RecordSource>, Response> open(const std::string& instance,
                                                             const metrics::Time& now);
  void sweep(const metrics::Time& now);
  bool empty() const { return open_.empty(); }

 private:
  struct Open {
    std::shared_ptr<RecordSource> source;
    std::uint64_t held_ns;  // CLOCK_MONOTONIC, when somebody was last seen to hold it
  };

  const Watched watched_;
  const std::uint64_t kept_ns_;
  std::map<std::string, Open> open_;
};

}  // namespace goxel_telemetry::http_bridge
