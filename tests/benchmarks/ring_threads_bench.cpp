// SPDX-License-Identifier: GPL-3.0-or-later
//
// What readers and writers cost each other, on two cores. Each thread pins itself.

#include "tests/benchmarks/ring_lane.h"

#include <algorithm>
#include <chrono>
#include <vector>

namespace {

using namespace goxel_telemetry::shm;
using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kRecords = 4'000'000;  // a run

// Publishes kRecords on a lane; seconds that it took.
double publish_run(const BenchSegment& segment, std::uint32_t lane) {
  Producer producer = segment.producer(lane);
  Record record = typical_record();
  const auto start = Clock::now();
  for (std::uint64_t i = 0; i < kRecords; ++i) {
    benchmark::DoNotOptimize(record);
    producer.publish(record);
  }
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Runs `body` on a thread pinned to a processor of its own, from when `go` is set.
template <class Body>
std::thread pinned(int index, const std::atomic<bool>& go, Body body) {
  return std::thread([index, &go, body] {
    pin(index);
    while (!go.load(std::memory_order_acquire)) {
    }
    body();
  });
}

// Writers of a lane each, all at once.
void writers(benchmark::State& state) {
  const BenchSegment segment;
  const auto count = static_cast<std::uint32_t>(state.range(0));
  for (auto _ : state) {
    std::atomic<bool> go{false};
    std::vector<double> seconds(count);
    std::vector<std::thread> threads;
    for (std::uint32_t i = 0; i < count; ++i) {
      threads.push_back(
          pinned(static_cast<int>(i), go, [&, i] { seconds[i] = publish_run(segment, i); }));
    }
    go.store(true, std::memory_order_release);
    for (std::thread& thread : threads) thread.join();
    state.SetIterationTime(*std::max_element(seconds.begin(), seconds.end()));
  }
  report_ns(state, state.iterations() * kRecords);
}
BENCHMARK(writers)->Name("ring/writers")->Arg(1)->Arg(2)->UseManualTime();

// One writer, and a reader that sweeps on a timer as the followers do.
void polled(benchmark::State& state) {
  const BenchSegment segment;
  const std::chrono::milliseconds period(state.range(0));
  std::uint64_t records = 0;
  for (auto _ : state) {
    std::atomic<bool> go{false};
    std::atomic<bool> ended{false};
    std::thread reader = pinned(1, go, [&] {
      while (!ended.load(std::memory_order_acquire)) {
        records += segment.reader().sweep([](const Record&, std::uint32_t) {}).records;
        std::this_thread::sleep_for(period);
      }
    });
    double seconds = 0;
    std::thread writer = pinned(0, go, [&] { seconds = publish_run(segment, 0); });
    go.store(true, std::memory_order_release);
    writer.join();
    ended.store(true, std::memory_order_release);
    reader.join();
    state.SetIterationTime(seconds);
  }
  if (records == 0) state.SkipWithError("the reader got nothing");
  report_ns(state, state.iterations() * kRecords);
}
BENCHMARK(polled)->Name("ring/polled")->Arg(2)->UseManualTime();

// A writer that keeps half a ring ahead of its reader at most, so that nothing is lost: the rate
// that a reader keeps up with.
void drain_live(benchmark::State& state) {
  const BenchSegment segment;
  std::uint64_t lost = 0;
  for (auto _ : state) {
    segment.reader().skip_to_end();
    std::atomic<bool> go{false};
    std::atomic<std::uint64_t> taken{0};
    std::thread writer = pinned(0, go, [&] {
      Producer producer = segment.producer(0);
      Record record = typical_record();
      for (std::uint64_t i = 0; i < kRecords; ++i) {
        if (i % kBatch == 0) {
          while (i - taken.load(std::memory_order_relaxed) > BenchSegment::kSlots / 2) {
          }
        }
        benchmark::DoNotOptimize(record);
        producer.publish(record);
      }
    });
    double seconds = 0;
    std::thread reader = pinned(1, go, [&] {
      const auto start = Clock::now();
      std::uint64_t sum = 0;
      for (std::uint64_t done = 0; done < kRecords;) {
        const Sweep sweep = segment.reader().sweep([&sum](const Record& record, std::uint32_t) {
          sum += record.duration_ticks + record.operation + record.status;
        });
        done += sweep.records + sweep.lost;
        lost += sweep.lost;
        taken.store(done, std::memory_order_relaxed);
      }
      benchmark::DoNotOptimize(sum);
      seconds = std::chrono::duration<double>(Clock::now() - start).count();
    });
    go.store(true, std::memory_order_release);
    writer.join();
    reader.join();
    state.SetIterationTime(seconds);
  }
  if (lost != 0) state.SkipWithError("records lost");
  report_ns(state, state.iterations() * kRecords);
}
BENCHMARK(drain_live)->Name("ring/drain_live")->UseManualTime();

// From just before a publication to its delivery to a reader that looks at the lane all the time.
void visibility(benchmark::State& state) {
  constexpr std::uint64_t kSamples = 100'000;
  const BenchSegment segment;
  const ClockSource clock = best_clock_source();
  Calibrator calibrator(clock);
  const Calibration calibration = calibrator.start(20'000'000);
  std::vector<std::uint64_t> ns;
  for (auto _ : state) {
    LaneReader lane(segment.lane(0), segment.slots(0));
    lane.skip_to_end();
    std::atomic<bool> go{false};
    std::thread reader = pinned(1, go, [&] {
      Record record;
      for (std::uint64_t samples = 0; samples < kSamples;) {
        std::uint64_t lost = 0;
        const LaneReader::Outcome outcome = lane.next(record, lost);
        samples += lost;  // a reader that was not scheduled for long has missed some
        if (outcome != LaneReader::Outcome::record) continue;
        const std::uint64_t now = read_ticks(clock);
        ns.push_back(now > record.start_ticks ? calibration.duration_ns(now - record.start_ticks)
                                              : 0);
        ++samples;
      }
    });
    std::thread writer = pinned(0, go, [&] {
      Producer producer = segment.producer(0);
      Record record = typical_record();
      for (std::uint64_t i = 0; i < kSamples; ++i) {
        const std::uint64_t wait = read_ticks(clock) + 2'000 + i % 512;
        while (read_ticks(clock) < wait) {
        }
        record.start_ticks = read_ticks(clock);
        producer.publish(record);
      }
    });
    go.store(true, std::memory_order_release);
    writer.join();
    reader.join();
    state.SetIterationTime(1e-3);
  }
  const auto quantile = [&ns](double q) {
    const auto at = ns.begin() + static_cast<std::ptrdiff_t>(q * static_cast<double>(ns.size()));
    std::nth_element(ns.begin(), at, ns.end());
    return static_cast<double>(*at);
  };
  state.counters["p50"] = quantile(0.50);
  state.counters["p99"] = quantile(0.99);
}
BENCHMARK(visibility)->Name("ring/visibility")->UseManualTime()->Iterations(2);

}  // namespace

BENCHMARK_MAIN();
