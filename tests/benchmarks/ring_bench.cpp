// SPDX-License-Identifier: GPL-3.0-or-later
//
// What it costs a thread to publish a record, compared with the cost of the same bytes and clock
// readings alone; and how many records one core can read. tests/benchmarks/run prints the figures.

#include "tests/benchmarks/ring_lane.h"

#include "plugin/recorder.h"

namespace {

using namespace goxel_telemetry;
using namespace goxel_telemetry::shm;

// Reference: 64 bytes by plain stores into the same ring.
void plain_stores(benchmark::State& state) {
  const BenchSegment segment;
  const std::span<Slot> slots = segment.slots(0);
  Record record = typical_record();
  std::uint64_t sequence = 0;
  for (auto _ : state) {
    for (std::uint64_t i = 0; i < kBatch; ++i) {
      benchmark::DoNotOptimize(record);
      Slot& slot = slots[sequence & (BenchSegment::kSlots - 1)];
      const Record::Words words = record.words();
      constexpr auto relaxed = std::memory_order_relaxed;
      slot.stamp.store(++sequence, relaxed);
      slot.words[0].store(words[0], relaxed);
      slot.words[1].store(words[1], relaxed);
      slot.words[2].store(words[2], relaxed);
      slot.words[3].store(words[3], relaxed);
      slot.words[4].store(words[4], relaxed);
      slot.words[5].store(words[5], relaxed);
      slot.words[6].store(words[6], relaxed);
    }
  }
  report_ns(state, state.iterations() * kBatch);
}
BENCHMARK(plain_stores)->Name("ring/plain_stores");

void publish(benchmark::State& state) {
  const BenchSegment segment;
  Producer producer = segment.producer(0);
  Record record = typical_record();
  for (auto _ : state) {
    for (std::uint64_t i = 0; i < kBatch; ++i) {
      benchmark::DoNotOptimize(record);
      producer.publish(record);
    }
  }
  report_ns(state, state.iterations() * kBatch);
}
BENCHMARK(publish)->Name("ring/publish");

// Reference: the two clock readings that a span needs.
void two_clocks(benchmark::State& state) {
  const ClockSource clock = best_clock_source();
  for (auto _ : state) {
    for (std::uint64_t i = 0; i < kBatch; ++i) {
      benchmark::DoNotOptimize(read_ticks(clock));
      benchmark::DoNotOptimize(read_ticks(clock));
    }
  }
  report_ns(state, state.iterations() * kBatch);
}
BENCHMARK(two_clocks)->Name("ring/two_clocks");

void publish_clocked(benchmark::State& state) {
  const BenchSegment segment;
  const ClockSource clock = best_clock_source();
  Producer producer = segment.producer(0);
  Record record = typical_record();
  for (auto _ : state) {
    for (std::uint64_t i = 0; i < kBatch; ++i) {
      benchmark::DoNotOptimize(record);
      record.start_ticks = read_ticks(clock);
      record.duration_ticks = (read_ticks(clock) - record.start_ticks) & kTicksAtLeast;
      producer.publish(record);
    }
  }
  report_ns(state, state.iterations() * kBatch);
}
BENCHMARK(publish_clocked)->Name("ring/publish_clocked");

// Through the plugin's boundary, from a thread that is not the program's first: its lane by
// thread-local state, its counters, its slot. `next_record` gives the records.
template <class NextRecord>
void through_boundary(benchmark::State& state, NextRecord next_record) {
  plugin::Settings settings;
  settings.instance = "ring-bench-boundary-" + std::to_string(getpid());
  std::string why;
  const auto recorder = plugin::Recorder::create(settings, {}, Door::none, why);
  if (recorder == nullptr) {
    state.SkipWithError(why.c_str());
    return;
  }
  std::uint64_t run_id = 0;
  if (const auto reader = Reader::open(settings.instance)) run_id = reader->producer().run_id;
  std::thread([&] {
    for (auto _ : state) {
      for (std::uint64_t i = 0; i < kBatch; ++i) recorder->publish(next_record());
    }
  }).join();
  report_ns(state, state.iterations() * kBatch);
  recorder->retire();
  remove_segment(settings.instance, run_id);
}

void publish_boundary(benchmark::State& state) {
  through_boundary(state, [record = typical_record()]() mutable -> const Record& {
    benchmark::DoNotOptimize(record);
    return record;
  });
}
BENCHMARK(publish_boundary)->Name("ring/publish_boundary");

// The same with a record that was put together field by field just before, as the plugin's are.
void publish_built(benchmark::State& state) {
  through_boundary(state, [time = std::uint64_t{1}, bytes = std::uint32_t{100}]() mutable {
    benchmark::DoNotOptimize(time);
    benchmark::DoNotOptimize(bytes);
    Record record = typical_record();
    record.start_ticks = time;
    record.duration_ticks = time & kTicksAtLeast;
    record.send_ticks = time & kTicksAtLeast;
    record.bytes_in = bytes;
    record.bytes_out = bytes;
    return record;
  });
}
BENCHMARK(publish_built)->Name("ring/publish_built");

// Reads with validation: every record's stamp twice, and every word. The sink uses what a follower
// needs of each record.
void drain_static(benchmark::State& state) {
  const BenchSegment segment;
  Producer producer = segment.producer(0);
  for (std::uint64_t i = 0; i < BenchSegment::kSlots; ++i) producer.publish(typical_record());
  std::uint64_t records = 0;
  for (auto _ : state) {
    segment.reader().rewind();
    std::uint64_t sum = 0;
    records += segment.reader()
                   .sweep([&sum](const Record& record, std::uint32_t) {
                     sum += record.duration_ticks + record.operation + record.status;
                   })
                   .records;
    benchmark::DoNotOptimize(sum);
  }
  if (records != state.iterations() * BenchSegment::kSlots) state.SkipWithError("records lost");
  report_ns(state, records);
}
BENCHMARK(drain_static)->Name("ring/drain_static");

}  // namespace

BENCHMARK_MAIN();
