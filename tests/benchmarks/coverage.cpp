// SPDX-License-Identifier: GPL-3.0-or-later
//
// How often a comparison's 95 % intervals contain the true value, which should be 95 of 100 times:
// for latencies that depend on earlier ones, for bursts, and for rare operations. Measures no speed;
// the table is in docs/metrics-math.md. One argument: rounds (default 4,000).

#include <cstdio>
#include <cstdlib>

#include "tests/metrics/comparison/simulated_latency.h"

int main(int argc, char** argv) {
  using namespace goxel_telemetry::metrics;
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 4'000;
  struct Case {
    const char* name;
    Behaviour behaviour;
    std::uint64_t seconds;
  };
  const Behaviour independent;
  const Behaviour wandering = {.level_sd = 0.2, .persistence = 0.8};
  const Behaviour slow = {.level_sd = 0.1, .persistence = 0.95};
  const Behaviour bursty = {.level_sd = 0.1,
                            .persistence = 0.5,
                            .requests_per_second = 5,
                            .busy_requests = 8,
                            .busy_latency = 3,
                            .busy_failures = 5};
  const Behaviour rare = {.level_sd = 0.2, .persistence = 0.8, .requests_per_second = 0.5};
  const Behaviour heavy = {.request_sd = 1.2, .level_sd = 0.2, .persistence = 0.8};
  const Case cases[] = {
      {"independent", independent, 10},
      {"independent", independent, 60},
      {"independent", independent, 900},
      {"wandering 0.8", wandering, 20},
      {"wandering 0.8", wandering, 60},
      {"wandering 0.8", wandering, 120},
      {"wandering 0.8", wandering, 300},
      {"wandering 0.8", wandering, 900},
      {"slow 0.95", slow, 300},
      {"slow 0.95", slow, 900},
      {"slow 0.95", slow, 3600},
      {"bursty", bursty, 60},
      {"bursty", bursty, 300},
      {"bursty", bursty, 900},
      {"rare", rare, 300},
      {"rare", rare, 900},
      {"rare", rare, 3600},
      {"heavy tail", heavy, 300},
      {"heavy tail", heavy, 900},
  };
  std::printf("%-16s %7s", "", "seconds");
  for (const char* name : Coverage::kNames) std::printf(" %10s", name);
  std::printf("\n");
  for (const Case& c : cases) {
    Behaviour changed = c.behaviour;
    changed.median_ns *= 1.3;
    changed.requests_per_second *= 1.5;
    const int less = static_cast<int>(c.seconds > 900 ? 900 * rounds / c.seconds : rounds);
    const Coverage coverage = coverage_of(c.behaviour, changed, c.seconds, less, 1);
    std::printf("%-16s %7llu", c.name, static_cast<unsigned long long>(c.seconds));
    for (std::size_t i = 0; i < coverage.percent.size(); ++i) {
      if (coverage.intervals[i] < less * 9 / 10) {
        std::printf(" %10s", "-");
      } else {
        std::printf(" %10.1f", coverage.percent[i]);
      }
    }
    std::printf("\n");
    std::fflush(stdout);
  }
}
