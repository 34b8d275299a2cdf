// SPDX-License-Identifier: GPL-3.0-or-later
// Those who asked for records and wait until there are some.
#pragma once

#include <chrono>
#include <functional>
#include <list>
#include <memory>

#include "http-bridge/door.h"
#include "http-bridge/records/record_reading.h"
#include "http-bridge/records/record_sources.h"
#include "http-bridge/routes.h"
#include "metrics/time.h"

namespace goxel_telemetry::http_bridge {

// Not thread-safe.
class RecordWaiters {
 public:
  using Done = LateAnswers::Done;

  // `sources` must outlive this object.
  explicit RecordWaiters(RecordSources& sources) : sources_(sources) {}

  // Answers a request for records, now or during a later call of tick(). Of a client that has left, `done` is not called.
  void ask(const Request& request, Done done, const metrics::Time& now);
  // After each sweep of the sources.
  void tick(const metrics::Time& now);
  bool empty() const { return waiting_.empty(); }
  // Answers all, with what there is.
  void end(const metrics::Time& now);

 private:
  struct Waiter {
    Request request;
    RecordReading reading;
    Done done;
    std::uint64_t until_ns;  // CLOCK_MONOTONIC
  };
  static bool answer(Waiter& waiter, const metrics::Time& now);

  RecordSources& sources_;
  std::list<Waiter> waiting_;
};

}  // namespace goxel_telemetry::http_bridge
