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
#include <unistd.h>

#include <atomic>
#include <cmath>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "metrics/history/reader.h"
#include "metrics/history/writer.h"

namespace {

using namespace goxel_telemetry::metrics;

constexpr std::uint64_t kNs = 1'000'000'000;
constexpr std::uint64_t kThen = 1'763'996'400;
constexpr std::uint64_t kDay = 86'400;
constexpr std::uint64_t kOperations = 64;

void demand(const HistoryResult& result) {
  if (!result.done()) throw std::runtime_error(result.message);
}

// A file with a day of records. It commits 20 s at a time: the rows are the same as with one commit
// a second, and not more than one commit can remove.
class Day {
 public:
  explicit Day(std::uint64_t records_per_second)
      : per_second_(records_per_second),
        file_(
            std::filesystem::temp_directory_path() /
            ("history-bench-" + std::to_string(getpid()) + '-' + std::to_string(++days_) + ".db")) {
    remove();
    std::lognormal_distribution<double> latency(std::log(150'000.0), 1.0);
    for (std::uint64_t& duration : durations_) {
      duration = static_cast<std::uint64_t>(latency(random_));
    }
    HistoryResult why;
    writer_ = HistoryWriter::open(file_, {}, why);
    demand(why);
    for (std::uint64_t passed = 0; passed < kDay; passed += 20) commit(20);
  }
  ~Day() {
    writer_.reset();
    remove();
  }

  void commit(std::uint64_t seconds) { write(prepare(seconds)); }
  RollupDelta prepare(std::uint64_t seconds) {
    RollupDelta delta;
    for (std::uint64_t second = 0; second < seconds; ++second) {
      due_ += per_second_;
      std::vector<Tally> tallies(kOperations);
      for (; due_ > 0; --due_) {
        Measurement m;
        m.duration_ns = durations_[random_() % durations_.size()];
        m.bytes_in = 150;
        m.bytes_out = 110;
        tallies[random_() % kOperations].add(m);
      }
      for (std::uint64_t i = 0; i < kOperations; ++i) {
        if (tallies[i].outcomes.all() == 0) continue;
        delta.rollups.push_back({key(i), now_ + second, 1, std::move(tallies[i])});
      }
    }
    delta.observed = {{now_ * kNs, (now_ + seconds) * kNs}};
    now_ += seconds;
    delta.position = {1, {now_}, now_ * kNs};
    return delta;
  }
  void write(RollupDelta delta) { demand(writer_->commit({{"goxel", std::move(delta)}}, now_)); }

  static OperationKey key(std::uint64_t operation) {
    return {"2-layer", "mcp", "daemon", "goxel.operation_" + std::to_string(operation)};
  }
  std::uintmax_t bytes() const { return std::filesystem::file_size(file_); }
  const std::string& file() const { return file_; }
  std::uint64_t now() const { return now_; }

 private:
  void remove() const {
    for (const char* suffix : {"", "-wal", "-shm", ".lock"}) {
      std::filesystem::remove(file_ + suffix);
    }
  }

  const std::uint64_t per_second_;
  static inline int days_ = 0;
  const std::string file_;
  std::mt19937_64 random_{1};
  std::vector<std::uint64_t> durations_ = std::vector<std::uint64_t>(65'536);
  std::uint64_t due_ = 0;
  std::uint64_t now_ = kThen;
  std::unique_ptr<HistoryWriter> writer_;
};

void day_bytes(benchmark::State& state) {
  double megabytes = 0;
  for (auto _ : state) {
    const Day day(static_cast<std::uint64_t>(state.range(0)));
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
Day& busy_day() {
  static Day day(640);
  return day;
}

void commit(benchmark::State& state) {
  Day& day = busy_day();
  for (auto _ : state) {
    state.PauseTiming();
    RollupDelta delta = day.prepare(1);
    state.ResumeTiming();
    day.write(std::move(delta));
  }
}
BENCHMARK(commit)->Name("history/commit")->Unit(benchmark::kMillisecond);

void query(benchmark::State& state, const std::optional<std::string>& operation) {
  Day& day = busy_day();
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
    demand(why);
    HistoryAnswer answer;
    demand(reader->query(
        {{"goxel", operation, {}, {}, "daemon"}, {(now - kDay) * kNs, now * kNs}, 1'440}, answer));
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
  query(state, Day::key(7).operation);
}
BENCHMARK(query_24h)->Name("history/query_24h")->Unit(benchmark::kMillisecond)->UseRealTime();
BENCHMARK(query_operation_24h)
    ->Name("history/query_operation_24h")
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace
