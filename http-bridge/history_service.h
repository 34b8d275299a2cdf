// SPDX-License-Identifier: GPL-3.0-or-later
// Keeps the history: takes rollups from the sweeping thread, which never waits for a disk, and
// commits them about once a second on a thread of its own.
//
// Rollups that cannot be written (no space, read-only, another bridge writes the file) wait in
// memory, and are tried again. There is room for so many (metrics::RollupBuffer), which all instances share. If the file has become another one
// (it was moved away, or another bridge wrote it meanwhile), the service continues from that file's
// own reading position, so that nothing counts twice.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "metrics/history/writer.h"
#include "metrics/live/follower.h"
#include "metrics/rollups/rollup_buffer.h"

namespace goxel_telemetry::http_bridge {

class HistoryService {
 public:
  // Nothing happens before start().
  HistoryService(std::string file, const metrics::HistoryRetention& retention);

  // Opens the file, if that is possible now, and commits from now on. Followers whose counters are to
  // go on from the file begin after this.
  void start();
  // Commits what is there, and closes the file. Call it after the last sweep.
  void stop();

  // Called from the sweeping thread: begin() for a new follower, exchange() about once a second.
  void begin(metrics::Follower& follower);
  // Its follower is given up. What it handed out is written all the same.
  void let_go(const std::string& instance);
  void exchange(metrics::Follower& follower);
  // Lets the counters of a follower that has not swept yet go on from where the file or the instance's
  // earlier follower ended, if either knows the instance.
  void continue_counters(metrics::Follower& follower);

  // One round of the thread's work; true if all is in the file. Only while not started.
  bool commit(std::uint64_t now_seconds);

  // One sentence while the history is not written as it should be, else empty. Thread-safe.
  std::string message() const;
  const std::string& file() const { return file_; }
  // How many rollups wait for the file, of all instances: RollupBuffer::kMost at most, or a few hundred
  // for each if they are many. Thread-safe.
  std::size_t waiting() const;
  // How many instances it keeps in mind. Thread-safe.
  std::size_t known() const;

 private:
  // What came in of one instance since the last commit.
  struct Pending {
    metrics::RollupBuffer rollups;
    metrics::RollupDelta rest;  // without rollups
    bool any = false;
    bool followed = false;
    // The position where `rollups` begin. Empty: they begin with all records that the ring held.
    std::optional<metrics::ReadingPosition> since;
    // The position up to which the follower has handed out rollups.
    std::optional<metrics::ReadingPosition> until;
    // All counters that are known, as of their position.
    std::optional<metrics::CountedUntil> counted;
    // Not empty: the follower must start again at this position.
    std::optional<metrics::ReadingPosition> restart;
  };

  void run(const std::stop_token& stop);
  bool open();
  void reconcile();
  std::vector<metrics::HistoryDelta> take();
  std::set<std::string> followed() const;
  void committed(const std::vector<metrics::HistoryDelta>& deltas);
  void put_back(std::vector<metrics::HistoryDelta> deltas);
  void forget();
  static void add(Pending& pending, metrics::RollupDelta delta);
  void share_room();
  void report(const std::string& message);
  static void tell_forgotten(const std::vector<std::string>& instances);

  const std::string file_;
  const metrics::HistoryRetention retention_;
  std::atomic<bool> ending_ = false;                // what is in hand is to end now
  std::unique_ptr<metrics::HistoryWriter> writer_;  // used by the committing thread only

  mutable std::mutex mutex_;  // guards what follows, never during I/O
  std::map<std::string, Pending> pending_;
  std::string message_;

  std::jthread thread_;  // last member: ends before the others are destroyed
};

}  // namespace goxel_telemetry::http_bridge
