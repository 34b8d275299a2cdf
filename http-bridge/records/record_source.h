// SPDX-License-Identifier: GPL-3.0-or-later
// The records of one daemon and of its outer layers, as they happen. It reads the segments by itself, while somebody wants
// records, so that nothing else that is watched has more to do for them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "http-bridge/routes.h"
#include "metrics/layers/layer_group.h"
#include "metrics/live/record_feed.h"
#include "metrics/time.h"

namespace goxel_telemetry::http_bridge {

// Not thread-safe.
class RecordSource {
 public:
  static constexpr std::size_t kKept = 65'536;  // records

  // Another `life` than that of each other source that there ever was on this machine.
  RecordSource(const std::string& instance, std::uint64_t life);

  // Reads what is new, for about `budget_ns`.
  void sweep(const metrics::Time& now, std::uint64_t budget_ns);
  // Whether all was read that the ring held when it was first read.
  bool is_ready() const { return is_ready_; }

  const std::string& instance() const { return group_.instance(); }
  std::uint64_t life() const { return life_; }
  const metrics::RecordFeed& feed() const { return feed_; }
  const std::string& message() {
    return group_.daemon().message();
  }  // a sentence; empty while live
  const metrics::Time& swept() const { return swept_; }

  // An answer that many want, made once between two sweeps.
  std::shared_ptr<const Response> shared(const std::string& name,
                                         const std::function<Response()>& make);

 private:
  metrics::LayerGroup group_;
  const std::uint64_t life_;
  metrics::RecordFeed feed_{kKept};
  std::vector<metrics::NamedRecord> batch_;  // of one sweep
  std::uint64_t lost_ = 0;
  metrics::Time swept_{};
  bool is_ready_ = false;
  std::map<std::string, std::shared_ptr<const Response>> shared_;
};

}  // namespace goxel_telemetry::http_bridge
