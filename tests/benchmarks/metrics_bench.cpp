// SPDX-License-Identifier: GPL-3.0-or-later
//
// What reading costs the reader: a follower with all windows, fed through a real segment with 64
// operations and latencies spread over three powers of ten.
//   metrics/ingest   records a second that one core takes in; the goal is 5,000,000
//   metrics/at_20k   share of one core at 20,000 records/s, swept every 50 ms, with one snapshot a
//                    second; the goal is below 2 %
//   metrics/join     spans a second that are joined by trace id and counted in their hops' windows
//   metrics/added_time
//                    where time was added between two sides of 64 operations, 4 layers, 128 blocks
//   metrics/idle     share of one core when nothing happens, the goal is below 0.2 %
//   metrics/log_add  what a record costs that is kept to be looked at
//   metrics/log_find the slowest 200 of a log that is full, of all and of one operation
// Time is an argument: a second of the follower's clock takes only as long as its work, so the
// shares are CPU time per second of that clock.

#include <benchmark/benchmark.h>
#include <unistd.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "metrics/comparison/added_time.h"
#include "metrics/layers/chain_table.h"
#include "metrics/layers/span_join.h"
#include "metrics/live/follower.h"
#include "metrics/live/record_log.h"
#include "metrics/live/window.h"
#include "metrics/tally/histogram.h"
#include "tests/benchmarks/busy_daemon.h"

namespace {

using namespace goxel_telemetry;
using metrics::Follower;
using metrics::Time;

constexpr std::uint64_t kSecond = 1'000'000'000;
using benchmarks::BusyDaemon;
using benchmarks::kOperations;
using benchmarks::latencies;

// 5,000,000 records/s in sweeps of 50,000, every 10 ms of the follower's clock.
void ingest(benchmark::State& state) {
  BusyDaemon daemon("metrics-bench-" + std::to_string(getpid()));
  Follower follower(daemon.instance());
  Time now = Time::now();
  follower.sweep(now);
  constexpr std::uint64_t kBatch = 50'000;
  for (auto _ : state) {
    state.PauseTiming();
    daemon.publish(kBatch, now.monotonic_ns, 200);
    now.monotonic_ns += kBatch * 200;
    state.ResumeTiming();
    follower.sweep(now);
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(kBatch) * state.iterations());
  state.counters["lost"] = static_cast<double>(follower.snapshot(now).ring.lost);
}
BENCHMARK(ingest)->Name("metrics/ingest")->Unit(benchmark::kMicrosecond);

// One iteration is one second of the follower's clock, after 15 minutes that filled all windows.
void second_with(benchmark::State& state, std::uint64_t records_per_second) {
  constexpr std::uint64_t kSweeps = 20;
  BusyDaemon daemon("metrics-bench-" + std::to_string(getpid()));
  Follower follower(daemon.instance());
  Time now = Time::now();
  const auto sweep = [&] {
    now.monotonic_ns += kSecond / kSweeps;
    follower.sweep(now);
  };
  const auto publish = [&] {
    const std::uint64_t count = records_per_second / kSweeps;
    if (count > 0) daemon.publish(count, now.monotonic_ns, kSecond / records_per_second);
  };
  for (std::uint64_t i = 0; i < 900 * kSweeps; ++i) {
    publish();
    sweep();
  }
  double busy_ns = 0;
  for (auto _ : state) {
    double spent_ns = 0;
    for (std::uint64_t i = 0; i < kSweeps; ++i) {
      publish();
      const std::uint64_t begin = shm::clock_ns(CLOCK_THREAD_CPUTIME_ID);
      sweep();
      if (i == 0) benchmark::DoNotOptimize(follower.snapshot(now));
      spent_ns += static_cast<double>(shm::clock_ns(CLOCK_THREAD_CPUTIME_ID) - begin);
    }
    busy_ns += spent_ns;
    state.SetIterationTime(spent_ns / 1e9);
  }
  state.counters["core_percent"] = busy_ns / 1e7 / static_cast<double>(state.iterations());
}
void at_20k(benchmark::State& state) {
  second_with(state, 20'000);
}
void idle(benchmark::State& state) {
  second_with(state, 0);
}
BENCHMARK(at_20k)->Name("metrics/at_20k")->Unit(benchmark::kMicrosecond)->UseManualTime();
BENCHMARK(idle)->Name("metrics/idle")->Unit(benchmark::kMicrosecond)->UseManualTime();

void histogram_record(benchmark::State& state) {
  const std::vector<std::uint64_t> values = latencies(65'536);
  metrics::Histogram histogram;
  std::size_t i = 0;
  for (auto _ : state) {
    histogram.record(values[i++ % values.size()]);
    benchmark::ClobberMemory();
  }
  benchmark::DoNotOptimize(histogram.count());
}
BENCHMARK(histogram_record)->Name("metrics/histogram_record");

void histogram_merge(benchmark::State& state) {
  metrics::Histogram part;
  for (const std::uint64_t value : latencies(65'536)) part.record(value);
  metrics::Histogram all;
  for (auto _ : state) {
    all.merge(part);
    benchmark::ClobberMemory();
  }
}
BENCHMARK(histogram_merge)->Name("metrics/histogram_merge");

// Spans of four layers joined and counted in the windows of their hops: 5,000 operations a second
// of the clock.
void join(benchmark::State& state) {
  const std::vector<std::uint64_t> values = latencies(65'536);
  metrics::ChainTable chains;
  metrics::SpanJoin spans([&](const metrics::JoinedOperation& operation, std::uint64_t,
                              std::span<const metrics::Span>) { chains.add(operation); });
  std::vector<std::uint32_t> names;
  for (std::uint32_t i = 0; i < kOperations; ++i) {
    names.push_back(chains.number_of("4-layer", "operation." + std::to_string(i)));
  }
  std::uint64_t second = 10'000;
  std::uint64_t trace = 0;
  for (auto _ : state) {
    ++second;
    for (std::uint64_t i = 0; i < 5'000; ++i) {
      const std::uint64_t start = second * kSecond + i * 200'000;
      const std::uint64_t daemon = values[++trace % values.size()];
      for (std::uint64_t layer = 0; layer < metrics::kLayerCount; ++layer) {
        const std::uint64_t inset = layer * 50'000;
        spans.add(trace,
                  {start + inset, start + 400'000 + daemon - inset, names[i % kOperations],
                   static_cast<metrics::Layer>(layer)},
                  (second + 1) * kSecond);
      }
    }
    chains.advance(second - 5);
    spans.advance((second + 1) * kSecond);
  }
  state.SetItemsProcessed(state.iterations() * 20'000);
}
BENCHMARK(join)->Name("metrics/join")->Unit(benchmark::kMillisecond);

// 10 requests of each operation in each block, in each layer.
metrics::Observation observed(std::uint64_t seconds) {
  const std::vector<std::uint64_t> values = latencies(65'536);
  constexpr std::uint64_t kBegin = 1'764'000'000;
  metrics::ObservationBuilder builder(kBegin, kBegin + seconds);
  std::size_t next = 0;
  for (std::uint32_t i = 0; i < kOperations; ++i) {
    for (const char* layer : metrics::kLayerNames) {
      const metrics::OperationKey key{"4-layer", "jsonrpc", layer,
                                      "goxel.operation_" + std::to_string(i)};
      for (std::uint64_t second = 0; second < seconds; ++second) {
        metrics::Tally* const tally = builder.at(key, kBegin + second);
        for (int request = 0; request < 10; ++request) {
          metrics::Measurement measurement;
          measurement.duration_ns = values[next++ % values.size()];
          tally->add(measurement);
        }
      }
    }
  }
  return std::move(builder).finish();
}

void added_time(benchmark::State& state) {
  const metrics::Observation before = observed(128);
  const metrics::Observation after = observed(128);
  for (auto _ : state) benchmark::DoNotOptimize(metrics::added_time(before, after, {}));
}
BENCHMARK(added_time)->Name("metrics/added_time")->Unit(benchmark::kMillisecond);

// Memory of 64 operations' windows after 15 minutes at 20,000 and at 1,000,000 records/s.
void window_memory(benchmark::State& state) {
  const auto per_operation = static_cast<std::size_t>(state.range(0)) / kOperations;
  const std::vector<std::uint64_t> values = latencies(65'536);
  std::size_t bytes = 0;
  for (auto _ : state) {
    metrics::SlidingWindows windows;
    std::size_t next = 0;
    for (std::uint64_t second = 10'000; second < 10'900; ++second) {
      windows.advance(second);
      metrics::Measurement measurement;
      for (std::size_t i = 0; i < per_operation; ++i) {
        measurement.duration_ns = values[next++ % values.size()];
        windows.add(second, measurement);
      }
    }
    bytes = windows.memory_bytes();
  }
  state.counters["MB_of_64"] = static_cast<double>(bytes * kOperations) / 1e6;
}
BENCHMARK(window_memory)
    ->Name("metrics/window_memory")
    ->Arg(20'000)
    ->Arg(1'000'000)
    ->Unit(benchmark::kMillisecond);

// A day of 64 operations: both parts of the log are full, and old slots are joined.
class Logged {
 public:
  Logged() {
    for (std::uint32_t i = 0; i < kOperations; ++i) {
      metrics::NamedRecord& record = records_.emplace_back();
      record.operation = "goxel.operation_" + std::to_string(i);
      record.stack = i % 3 == 0 ? "2-layer" : "4-layer";
      record.protocol = i % 3 == 0 ? "mcp" : "jsonrpc";
      record.layer = "daemon";
    }
    for (int second = 0; second < 90'000; ++second) {
      begin_second();
      for (int i = 0; i < 100; ++i) add();
    }
  }
  void begin_second() {
    now_ns_ += kSecond;
    log_.advance({now_ns_, now_ns_});
  }
  void add() {
    metrics::NamedRecord& record = records_[added_ * 7 % kOperations];
    record.duration_ns = durations_[added_ % durations_.size()];
    record.start_ns = record.start_realtime_ns = now_ns_ - record.duration_ns;
    log_.add(record);
    ++added_;
  }
  std::uint64_t now_ns() const { return now_ns_; }
  const metrics::RecordLog& log() const { return log_; }

 private:
  metrics::RecordLog log_;
  std::vector<metrics::NamedRecord> records_;
  const std::vector<std::uint64_t> durations_ = latencies(65'536);
  std::uint64_t now_ns_ = 1'800'000'000 * kSecond;
  std::uint64_t added_ = 0;
};

Logged& logged_day() {
  static Logged day;
  return day;
}

void log_add(benchmark::State& state) {
  const auto per_second = static_cast<std::uint64_t>(state.range(0));
  Logged& logged = logged_day();
  std::uint64_t i = 0;
  for (auto _ : state) {
    if (++i % per_second == 0) logged.begin_second();
    logged.add();
  }
  state.counters["slowest_kept"] = static_cast<double>(logged.log().slowest_kept());
}
BENCHMARK(log_add)->Name("metrics/log_add")->Arg(1'000)->Arg(100'000);

void log_find(benchmark::State& state) {
  const Logged& logged = logged_day();
  metrics::RecordQuery query;
  if (state.range(0) != 0) {
    query.operation = [](const metrics::OperationKey& key) {
      return key.operation == "goxel.operation_7";
    };
  }
  if (state.range(0) == 2) {  // half an hour, twelve hours ago
    query.range = {logged.now_ns() - 43'200 * kSecond, logged.now_ns() - 41'400 * kSecond};
  }
  std::uint64_t matched = 0;
  for (auto _ : state) matched = logged.log().find(query).matched;
  state.counters["matched"] = static_cast<double>(matched);
}
BENCHMARK(log_find)
    ->Name("metrics/log_find")
    ->ArgName("all0_one1_past2")
    ->Arg(0)
    ->Arg(1)
    ->Arg(2)
    ->Unit(benchmark::kMillisecond);

}  // namespace
