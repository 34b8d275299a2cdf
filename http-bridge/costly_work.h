// SPDX-License-Identifier: GPL-3.0-or-later
// Bounds what answers that may take long (the history, comparisons, baselines) cost together: only a
// few are made at a time, a few more may wait, further clients are asked to come again. So most
// threads stay free for quick answers, and what such an answer took of memory goes back to the system.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>

#include "http-bridge/routes.h"

namespace goxel_telemetry::http_bridge {

class CostlyWork {
 public:
  static constexpr unsigned kMostInflight = 4;  // made and waiting

  // `at_a_time`: how many are made; by default as many as leave half of the processors to others.
  explicit CostlyWork(unsigned at_a_time = half_of_the_processors());

  // Runs `work` when its turn has come, if there is room to wait for it. Thread-safe.
  Response run(const std::function<Response()>& work);

 private:
  static unsigned half_of_the_processors();
  bool enter();
  void leave();

  const unsigned at_a_time_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable turn_;
  unsigned inflight_ = 0;
  unsigned running_ = 0;
};

}  // namespace goxel_telemetry::http_bridge
