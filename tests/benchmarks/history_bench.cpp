// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a day of history costs: 64 operations, with latencies spread over three powers of ten.
//   history/day_bytes/N  the file after a day at N records/s of all operations together; the
//                        goal is tens of MB
//   history/commit       one second's commit into such a file, with all its work (coarser rollups,
//                        removing old rows)
//   history/query_24h    a day at 1,440 points (a minute each) of all operations, while another
//                        thread commits; the goal is below 50 ms
//   history/query_operation_24h  the same of one operation
// Time is an argument: a day is written as fast as possible.

#include <benchmark/benchmark.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "metrics/history/reader.h"
#include "tests/benchmarks/day_of_history.h"

namespace {

using namespace goxel_telemetry;
using namespace goxel_telemetry::metrics;

using benchmarks::DayOfHistory;

constexpr std::uint64_t kNs = 1'000'000'000;
constexpr std::uint64_t kThen = 1'763'996'400;

void day_bytes(benchmark::State& state) {
  double megabytes = 0;
  for (auto _ : state) {
    const DayOfHistory day("goxel", kThen, static_cast<std::uint64_t>(state.range(0)));
    megabytes = static_cast<double>(day.bytes()) / 1e6;
  }
  state.counters["megabytes"] = megabytes;
}
BENCHMARK(day_bytes)
    ->Name("history/day_bytes")
    ->Arg(64)
    ->Arg(640)
    ->Iterations(1)
    ->Repetitions(1)  // a size does not vary
    ->Unit(benchmark::kSecond);

// Made once, for all benchmarks that need it.
DayOfHistory& busy_day() {
  static DayOfHistory day("goxel", kThen, 640);
  return day;
}

void commit(benchmark::State& state) {
  DayOfHistory& day = busy_day();
  for (auto _ : state) {
    state.PauseTiming();
    RollupDelta delta = day.prepare(1);
    state.ResumeTiming();
    day.write(std::move(delta));
  }
}
BENCHMARK(commit)->Name("history/commit")->Unit(benchmark::kMillisecond);

void query(benchmark::State& state, const std::optional<std::string>& operation) {
  DayOfHistory& day = busy_day();
  std::atomic<bool> stop{false};
  std::thread writing([&] {
    while (!stop) {
      day.commit(1);
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
  });
  const std::uint64_t now = day.now();
  for (auto _ : state) {
    HistoryResult why;
    const auto reader = HistoryReader::open(day.file(), why);
    benchmarks::demand(why);
    HistoryAnswer answer;
    benchmarks::demand(reader->query({{"goxel", operation, {}, {}, "daemon"},
                                      {(now - benchmarks::kDay) * kNs, now * kNs},
                                      1'440},
                                     answer));
    benchmark::DoNotOptimize(answer.whole.latency.p99_ns);
    state.counters["points"] = static_cast<double>(answer.points.size());
  }
  stop = true;
  writing.join();
}
void query_24h(benchmark::State& state) {
  query(state, {});
}
void query_operation_24h(benchmark::State& state) {
  query(state, DayOfHistory::key(7).operation);
}
BENCHMARK(query_24h)->Name("history/query_24h")->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(query_operation_24h)
    ->Name("history/query_operation_24h")
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace
