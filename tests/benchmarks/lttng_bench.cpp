// SPDX-License-Identifier: GPL-3.0-or-later
//
// Compares LTTng-UST with the ring: the same payload, each with its clock (ours reads it twice: a span has
// two ends). A program of its own, because LTTng starts threads in it. tests/benchmarks/run starts
// the session that it needs, in overwrite mode.

#include "tests/benchmarks/ring_lane.h"

extern "C" void lttng_publish(const std::uint64_t* words);
extern "C" int lttng_is_recording();

namespace {

using namespace goxel_telemetry::shm;

void lttng(benchmark::State& state) {
  if (lttng_is_recording() == 0) {
    state.SkipWithError("no LTTng session records this program");
    return;
  }
  Record record = typical_record();
  for (auto _ : state) {
    for (std::uint64_t i = 0; i < kBatch; ++i) {
      record.start_ticks = i;
      const Record::Words words = record.words();
      lttng_publish(words.data());
    }
  }
  report_ns(state, state.iterations() * kBatch);
}
BENCHMARK(lttng)->Name("lttng/tracepoint");

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
BENCHMARK(publish_clocked)->Name("lttng/publish_clocked");

}  // namespace

BENCHMARK_MAIN();
