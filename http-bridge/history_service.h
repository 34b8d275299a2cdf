// SPDX-License-Identifier: GPL-3.0-or-later
// Keeps the history: takes rollups from the sweeping thread, which never waits for a disk, and
// commits them about once a second on a thread of its own.
//
// What cannot be written (no space, read-only, another bridge's) waits in memory, bounded by
// metrics::RollupBuffer, and is tried again. A file that has become another one (moved away, or
// written by another bridge meanwhile) is gone on with from its own reading position, so that it
// counts nothing twice.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "metrics/collector.h"
#include "metrics/history/writer.h"
#include "metrics/rollup_buffer.h"

namespace goxel_telemetry::http_bridge {

class HistoryService {
 public:
  // Nothing happens before start().
  HistoryService(std::string file, const metrics::HistoryRetention& retention);

  // Opens the file and commits from now on.
  void start();
  // Commits what is there, and closes the file. Call it when nothing is swept any more.
  void stop();

  // From the sweeping thread: a collector is new; and about once a second.
  void begin(metrics::Collector& collector);
  void exchange(metrics::Collector& collector);

  // One round of the thread's work. Only while not started.
  void commit(std::uint64_t now_seconds);

  // One sentence while the history is not written as it should be, else empty. Thread-safe.
  std::string message() const;
  const std::string& file() const { return file_; }

 private:
  // What came in of one instance since the last commit.
  struct Pending {
    metrics::RollupBuffer rollups;
    metrics::RollupDelta rest;  // without rollups
    bool any = false;
    // Where what came in begins. Empty: with all that the ring held.
    std::optional<metrics::ReadingPosition> since;
    // Up to where the collector has handed out.
    std::optional<metrics::ReadingPosition> until;
    // The collector has to begin anew, there.
    std::optional<metrics::ReadingPosition> restart;
  };

  void run(const std::stop_token& stop);
  bool open();
  void reconcile();
  std::vector<metrics::HistoryDelta> take();
  void committed(const std::vector<metrics::HistoryDelta>& deltas);
  void put_back(std::vector<metrics::HistoryDelta> deltas);
  static void add(Pending& pending, metrics::RollupDelta delta);
  void tell(const std::string& message);

  const std::string file_;
  const metrics::HistoryRetention retention_;
  std::unique_ptr<metrics::HistoryWriter> writer_;  // the committing thread's

  mutable std::mutex mutex_;  // guards what follows, never during I/O
  std::map<std::string, Pending> pending_;
  std::string message_;

  std::jthread thread_;  // last: ends before the rest goes
};

}  // namespace goxel_telemetry::http_bridge
