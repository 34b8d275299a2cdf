// SPDX-License-Identifier: GPL-3.0-or-later
// Follows one segment across restarts of its producer and writes what it reads to a recording.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "metrics/live/follower.h"
#include "metrics/recording/recording.h"
#include "shm/reader.h"

namespace goxel_telemetry::cli {

// Where a recording begins.
enum class Backlog {
  left_out,  // begin with records that are published from now on
  taken,     // begin with the records that the ring still holds
};

class SegmentRecorder {
 public:
  struct Source {
    std::string instance;
    metrics::recording::Segment segment;  // its role in the recording
  };

  // `writer` must outlive it. Recording ends when `writer` has `most_records`.
  SegmentRecorder(Source source, metrics::recording::Writer& writer, Backlog backlog,
                  std::uint64_t most_records);

  // Writes what is new; call it every 20 to 100 ms. Closes the chunk once a second, so that a crash
  // costs at most a second. False when there are `most_records`.
  bool sweep(const metrics::Time& now);

  // Writes the last moment. Call it once, at the end.
  void finish(const metrics::Time& now);

  std::uint64_t lost() const { return lost_; }

 private:
  void look(const metrics::Time& now);
  void attach(const metrics::Time& now);
  void end_run(bool orderly, const metrics::Time& now);
  void take_records();
  // Writes the records that were read, unless a better calibration is expected soon.
  void write_records_in_time(const metrics::Time& now);
  void write_records();
  void write_name(std::uint64_t id);
  void write_moment(const metrics::Time& now);

  template <class Kind>
  void write(const Kind& entry) {
    writer_.add(entry, source_.segment);
  }

  Source source_;
  metrics::recording::Writer& writer_;
  Backlog backlog_;
  std::uint64_t most_records_;
  bool looked_ = false;
  std::unique_ptr<shm::Reader> reader_;  // null until a sweep has found a segment
  bool run_ended_ = false;
  std::set<std::uint64_t> named_;                      // ids of this run whose names were written
  std::vector<metrics::recording::LaneRecord> taken_;  // read but not written yet; with ticks
  std::uint64_t held_since_ns_ = 0;                    // 0: nothing is held
  // Records that are written together, in the order of their ends.
  struct Ended {
    std::uint64_t order_ns;
    metrics::recording::LaneRecord record;
  };
  std::vector<Ended> batch_;
  std::uint64_t lost_ = 0;
  std::uint64_t complete_since_ns_ = 0;  // of this run
  std::uint64_t last_end_ns_ = 0;
  std::uint64_t looked_ns_ = 0;
  std::uint64_t moment_ns_ = 0;
};

}  // namespace goxel_telemetry::cli
