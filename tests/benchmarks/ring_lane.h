// SPDX-License-Identifier: GPL-3.0-or-later
// The common parts of the ring's benchmarks: a real segment with two lanes of 4 MiB, pinning to
// processors, and reporting.
#pragma once

#include <benchmark/benchmark.h>
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <thread>

#include "shm/clock.h"
#include "shm/producer.h"
#include "shm/reader.h"
#include "shm/segment.h"

namespace goxel_telemetry::shm {

class BenchSegment {
 public:
  static constexpr std::uint64_t kSlots = 65'536;  // 4 MiB

  BenchSegment() {
    SegmentOptions options;
    options.instance = "ring-bench-" + std::to_string(getpid());
    options.tiers = {{2, kSlots}};
    Created created = create_segment(options);
    if (created.outcome != CreateOutcome::created) throw std::runtime_error(created.message);
    mapping_ = std::move(created.mapping);
    reader_ = Reader::open(options.instance);
    // The producer and the reader have it mapped.
    remove_segment(options.instance, header().run_id);
  }

  ProducerView segment() const { return ProducerView(mapping_->bytes()); }
  Header& header() const { return segment().header(); }
  Lane& lane(std::uint32_t index) const { return segment().lane(index); }
  std::span<Slot> slots(std::uint32_t index) const { return segment().slots(lane(index)); }
  Producer producer(std::uint32_t index) const { return {segment(), index}; }
  Reader& reader() const { return *reader_; }

 private:
  std::unique_ptr<Mapping> mapping_;
  std::unique_ptr<Reader> reader_;
};

inline Record typical_record() {
  Record record{};
  record.start_ticks = 1;
  record.trace_id = 0x1234'5678'9ABC'DEF0;
  record.duration_ticks = 50'000;
  record.operation = 10;
  record.receive_ticks = 300;
  record.worker = 1;
  record.layer = 6;
  record.stack = 8;
  record.send_ticks = 2'000;
  record.protocol = static_cast<std::uint8_t>(Protocol::json_rpc);
  record.bytes_in = 100;
  record.bytes_out = 110;
  return record;
}

inline constexpr std::uint64_t kBatch = 4096;  // records an iteration

// Reports "ns", the time for one record; `records` is the number of all records.
inline void report_ns(benchmark::State& state, std::uint64_t records) {
  state.counters["ns"] =
      benchmark::Counter(static_cast<double>(records) / 1e9,
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

// The last two processors that this machine has: one for a writer, one for a reader.
inline int processor(int index) {
  const long count = sysconf(_SC_NPROCESSORS_ONLN);
  return static_cast<int>(count - 1 - index % count);
}
inline void pin(int index) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(processor(index), &set);
  pthread_setaffinity_np(pthread_self(), sizeof set, &set);
}

}  // namespace goxel_telemetry::shm
