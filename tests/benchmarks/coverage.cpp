// SPDX-License-Identifier: GPL-3.0-or-later
//
// How often a comparison's 95 % intervals contain the true value, which should be 95 of 100 times:
// for latencies that depend on earlier ones, for bursts, and for rare operations. Then the same for
// own times in layers, and how often sides that behave alike are told apart, if their stretches were
// chosen beforehand and if the slowest of twenty was chosen. Measures no speed; the tables are in
// docs/metrics-math.md. One argument: rounds (default 4,000).

#include <cstdio>
#include <cstdlib>
#include <random>
#include <utility>

#include "tests/metrics/comparison/simulated_chain.h"
#include "tests/metrics/comparison/simulated_latency.h"

namespace {

using namespace goxel_telemetry::metrics;

void print_own_times(int rounds) {
  struct Case {
    const char* name;
    ChainBehaviour behaviour;
    std::uint64_t seconds;
  };
  const ChainBehaviour independent = {.request_sd = 0.5, .level_sd = 0};
  const ChainBehaviour wandering = {.request_sd = 0.5};
  const ChainBehaviour heavy;
  const Case cases[] = {
      {"independent", independent, 60},  {"wandering 0.8", wandering, 60},
      {"wandering 0.8", wandering, 300}, {"heavy tail", heavy, 60},
      {"heavy tail", heavy, 300},        {"heavy tail", heavy, 900},
  };
  std::printf("\n%-16s %7s", "own times", "seconds");
  for (const char* layer : kSimulatedLayers) std::printf(" %10s", layer);
  std::printf(" %10s %10s\n", "false own", "false rate");
  for (const Case& c : cases) {
    std::mt19937_64 random(1);
    ChainBehaviour changed = c.behaviour;
    changed.median_ns[1] *= 2;
    changed.requests_per_second *= 1.5;
    std::printf("%-16s %7llu", c.name, static_cast<unsigned long long>(c.seconds));
    for (const double percent :
         own_time_coverage(c.behaviour, changed, c.seconds, rounds, random)) {
      std::printf(" %10.1f", percent);
    }
    AddedTimeOptions options;
    options.least_relevant = 0;
    const FalseProofs found = false_proofs(c.behaviour, 4, c.seconds, rounds / 4, options, random);
    std::printf(" %10.1f %10.1f\n", 400.0 * found.own_times / rounds, 400.0 * found.rates / rounds);
    std::fflush(stdout);
  }
}

double mean_ns(const Observation& side) {
  double sum = 0;
  double count = 0;
  for (const auto& [key, series] : side.operations) {
    const Tally total = series.total();
    sum += static_cast<double>(total.latency.sum());
    count += static_cast<double>(total.latency.count());
  }
  return sum / count;
}

// Of twenty stretches that behave alike the slowest is compared with one that nobody chose.
void print_chosen_stretches(int rounds) {
  std::mt19937_64 random(1);
  int told_apart = 0;
  for (int round = 0; round < rounds; ++round) {
    const Observation before = simulated_chains({}, 1, 60, random);
    Observation slowest = simulated_chains({}, 1, 60, random);
    for (int i = 1; i < 20; ++i) {
      Observation other = simulated_chains({}, 1, 60, random);
      if (mean_ns(other) > mean_ns(slowest)) slowest = std::move(other);
    }
    const AddedTime added = added_time(before, slowest, {});
    told_apart +=
        std::any_of(added.own_times.begin(), added.own_times.end(),
                    [](const OwnTimeChange& row) { return row.own_time.change == Change::more; });
  }
  std::printf("\nthe slowest of 20 stretches of 60 s is called more: %.1f %%\n",
              100.0 * told_apart / rounds);
}

}  // namespace

int main(int argc, char** argv) {
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
  print_own_times(rounds);
  print_chosen_stretches(rounds / 4);
}
