// SPDX-License-Identifier: GPL-3.0-or-later
// Sends joined operations to an OpenTelemetry collector: those that the sampling chooses go into a queue, from which a thread
// makes requests and posts them until the collector has taken them.
//
// Nobody waits for the collector: a queue that is full drops its oldest operations. A request is tried again for kGivenUpAfter, with
// growing delays; spans of one that was taken unnoticed come twice, with the same ids.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <random>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "documents/span_batch.h"
#include "http-bridge/export_counts.h"
#include "http-bridge/otlp/answer.h"
#include "http-bridge/otlp/complaints.h"
#include "http-bridge/otlp/endpoint.h"
#include "http-bridge/otlp/operation.h"
#include "http-bridge/otlp/sampling.h"
#include "http-bridge/otlp/trace_ids.h"
#include "http-bridge/outbound/peer.h"
#include "metrics/layers/operation_listener.h"
#include "metrics/live/follower.h"

namespace goxel_telemetry::http_bridge::otlp {

class Exporter {
 public:
  static constexpr std::size_t kMostQueuedSpans = 16'384;
  // Of a request. It may have the spans of one operation more than either.
  static constexpr std::size_t kMostSpans = 2'048;
  static constexpr std::size_t kMostBytes = std::size_t{1} << 20;  // before it is compressed
  static constexpr std::chrono::milliseconds kPeriod{1'000};
  static constexpr std::chrono::seconds kGivenUpAfter{120};
  static constexpr std::chrono::seconds kLastTry{2};  // how long destruction may take

  Exporter(Settings settings, std::vector<std::string> headers);
  ~Exporter();

  // All functions are thread-safe and do not wait.

  // An operation that was joined; `daemon` is its daemon's follower. One that ended before this object was made, and still is in the rings, is
  // left out unless it was reported here: else it was reported to a bridge before this one, which sent it.
  void take(const metrics::Follower& daemon, const metrics::ListenedOperation& joined);
  // A report that says whole trace ids. Call it before anybody can join its spans.
  void learn(const documents::SpanBatch& batch) { trace_ids_.learn(batch); }
  ExportCounts counts() const;

 private:
  using Clock = std::chrono::steady_clock;
  struct Batch {
    std::string body;
    std::size_t spans = 0;
  };

  void put(Operation operation);
  void put(Sampling::Released released);

  // Of the thread:
  void run(const std::stop_token& stop);
  // Until there is something to do. True if all that will ever be in the queue is there.
  bool wait(const std::stop_token& stop);
  std::optional<Batch> next_batch();
  // False if the end came first.
  bool deliver(outbound::Peer& collector, const Batch& batch, const std::stop_token& stop);
  void taken(const Batch& batch, const Answer& answer);
  Clock::time_point deadline(const std::stop_token& stop);
  void settle(std::uint64_t ExportCounts::*fate, std::uint64_t spans);

  const Settings settings_;
  const std::vector<std::string> headers_;
  const std::string host_;
  const std::uint64_t began_ns_;  // CLOCK_MONOTONIC
  TraceIds trace_ids_;

  mutable std::mutex mutex_;  // guards what follows
  Sampling sampling_;
  std::deque<Operation> queue_;
  std::size_t queued_spans_ = 0;
  ExportCounts counts_;
  std::condition_variable_any wake_;

  // Of the thread:
  Complaints complaints_;
  std::deque<Operation> outgoing_;        // taken out of the queue, for the next batches
  unsigned failures_ = 0;                 // one after the other
  std::optional<Clock::time_point> end_;  // set when it is asked to end
  std::minstd_rand random_{std::random_device()()};

  std::jthread thread_;  // last member: ends before the others are destroyed
};

}  // namespace goxel_telemetry::http_bridge::otlp
