// SPDX-License-Identifier: GPL-3.0-or-later
// Follows one segment across restarts of its producer and writes down what it reads.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "metrics/collector.h"
#include "metrics/recording/recording.h"
#include "shm/reader.h"

namespace goxel_telemetry::cli {

// What a recording begins with.
enum class Backlog {
  left_out,  // what is published from now on
  taken,     // what the ring still holds
};

class SegmentRecorder {
 public:
  struct Source {
    std::string instance;
    metrics::recording::Segment segment;  // what it is in the recording
  };

  // `writer` must outlive it. Ends when that has `most_records`.
  SegmentRecorder(Source source, metrics::recording::Writer& writer, Backlog backlog,
                  std::uint64_t most_records);

  // Writes what is new; call it every 20 to 100 ms. Once a second it closes the chunk, so that a
  // crash costs no more. False when there are as many records as there may be.
  bool sweep(const metrics::Collector::Time& now);

  // The last moment. Call it once, at the end.
  void finish(const metrics::Collector::Time& now);

  std::uint64_t lost() const { return lost_; }

 private:
  void look(const metrics::Collector::Time& now);
  void attach(const metrics::Collector::Time& now);
  void end_run(bool orderly, const metrics::Collector::Time& now);
  void take_records();
  // Unless better times are to be had soon.
  void write_records_in_time(const metrics::Collector::Time& now);
  void write_records();
  void write_name(std::uint64_t id);
  void write_moment(const metrics::Collector::Time& now);

  template <class Kind>
  void write(const Kind& entry) {
    writer_.add(entry, source_.segment);
  }

  Source source_;
  metrics::recording::Writer& writer_;
  Backlog backlog_;
  std::uint64_t most_records_;
  bool looked_ = false;
  std::unique_ptr<shm::Reader> reader_;  // null until the first sweep that found a segment
  bool run_ended_ = false;
  std::set<std::uint64_t> named_;                      // ids of this run whose names were written
  std::vector<metrics::recording::LaneRecord> taken_;  // not written yet; with ticks
  std::uint64_t held_since_ns_ = 0;                    // 0: nothing is held
  // What is written together, by when they ended.
  struct Ended {
    std::uint64_t order_ns;
    metrics::recording::LaneRecord record;
  };
  std::vector<Ended> batch_;
  std::uint64_t lost_ = 0;
  std::uint64_t complete_since_ns_ = 0;  // of the run
  std::uint64_t last_end_ns_ = 0;
  std::uint64_t looked_ns_ = 0;
  std::uint64_t moment_ns_ = 0;
};

}  // namespace goxel_telemetry::cli
