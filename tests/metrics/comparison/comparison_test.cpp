// SPDX-License-Identifier: GPL-3.0-or-later
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <random>
#include <string_view>

#include "metrics/comparison/comparison.h"
#include "tests/metrics/comparison/simulated_latency.h"

namespace goxel_telemetry::metrics {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::DoubleNear;
using testing::ElementsAre;
using testing::Field;
using testing::Gt;
using testing::IsEmpty;
using testing::Lt;
using testing::Pointwise;
using testing::SizeIs;

OperationKey named(const std::string& operation) {
  return {"2-layer", "mcp", "daemon", operation};
}

struct Load {
  std::string operation;
  Behaviour behaviour;
};

Observation observed(const std::vector<Load>& loads, std::uint64_t seconds, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  ObservationBuilder builder(kSimulatedBegin, kSimulatedBegin + seconds);
  for (const Load& load : loads) {
    simulate(load.behaviour, named(load.operation), kSimulatedBegin, seconds, random, builder);
  }
  return std::move(builder).finish();
}

const ComparedOperation& operation_of(const Comparison& comparison, std::string_view name) {
  for (const ComparedOperation& operation : comparison.operations) {
    if (operation.key.operation == name) return operation;
  }
  throw std::out_of_range(std::string(name));
}

std::vector<const Shift*> shifts_of(const ComparedOperation& o) {
  return {&o.latency.mean, &o.latency.p50, &o.latency.p90,  &o.latency.p95,
          &o.latency.p99,  &o.throughput,  &o.failure_ratio};
}

constexpr Behaviour kWandering = {.level_sd = 0.1, .persistence = 0.7};

TEST(Comparison, OfASideWithItselfProvesNothing) {
  const Observation side = observed({{"fill", kWandering}, {"ping", {}}}, 120, 1);
  const Comparison comparison = compare(side, side, {});
  ASSERT_EQ(comparison.operations.size(), 2u);
  ASSERT_EQ(comparison.layers.size(), 1u);
  for (const ComparedOperation& operation : comparison.operations) {
    EXPECT_EQ(operation.verdict, Verdict::no_proven_difference);
    EXPECT_EQ(operation.probability_b_slower, 0.5);
    for (const Shift* shift : shifts_of(operation)) {
      EXPECT_EQ(shift->shift, 0);
      EXPECT_EQ(shift->change, Change::not_proven);
      EXPECT_EQ(shift->p, 1);
    }
  }
  EXPECT_EQ(comparison.layers[0].verdict, Verdict::no_proven_difference);
  EXPECT_DOUBLE_EQ(comparison.layers[0].covered_a, 1);
  EXPECT_DOUBLE_EQ(comparison.layers[0].covered_b, 1);
}

TEST(Comparison, TheOtherWayRoundSaysTheOpposite) {
  Behaviour slower = kWandering;
  slower.median_ns *= 1.5;
  const Observation a = observed({{"fill", kWandering}, {"ping", kWandering}}, 120, 2);
  const Observation b = observed({{"fill", slower}, {"ping", kWandering}}, 90, 3);
  const Comparison forth = compare(a, b, {});
  const Comparison back = compare(b, a, {});
  EXPECT_EQ(operation_of(forth, "fill").verdict, Verdict::slower);
  EXPECT_EQ(operation_of(back, "fill").verdict, Verdict::faster);
  EXPECT_EQ(operation_of(forth, "ping").verdict, operation_of(back, "ping").verdict);
  for (const char* name : {"fill", "ping"}) {
    const auto there = shifts_of(operation_of(forth, name));
    const auto here = shifts_of(operation_of(back, name));
    for (std::size_t i = 0; i < there.size(); ++i) {
      const bool ratio = i + 1 != there.size();  // all but failures
      const auto turned = [ratio](double shift) { return ratio ? 1 / (1 + shift) - 1 : -shift; };
      EXPECT_NEAR(*here[i]->shift, turned(*there[i]->shift), 1e-9);
      EXPECT_NEAR(*here[i]->low, turned(*there[i]->high), 1e-9);
      EXPECT_NEAR(*here[i]->high, turned(*there[i]->low), 1e-9);
      EXPECT_NEAR(*here[i]->p, *there[i]->p, 1e-9);
    }
    EXPECT_NEAR(*operation_of(forth, name).probability_b_slower,
                1 - *operation_of(back, name).probability_b_slower, 1e-12);
  }
  EXPECT_NEAR(1 + *forth.layers[0].adjusted.mean.shift,
              1 / (1 + *back.layers[0].adjusted.mean.shift), 1e-9);
}

TEST(Comparison, OfBothSidesInAnotherUnitIsTheSame) {
  const auto with_medians = [](double a, double b) {
    Behaviour before = kWandering;
    Behaviour after = kWandering;
    before.median_ns = a;
    after.median_ns = b;
    return compare(observed({{"fill", before}}, 120, 4), observed({{"fill", after}}, 120, 5), {});
  };
  // 2^10: buckets are the same ones, ten octaves higher.
  const ComparedOperation one = with_medians(1e5, 1.2e5).operations[0];
  const ComparedOperation other = with_medians(1.024e8, 1.2288e8).operations[0];
  for (std::size_t i = 0; i < 4; ++i) {
    const Shift* small = shifts_of(one)[i];
    const Shift* large = shifts_of(other)[i];
    EXPECT_NEAR(*small->shift, *large->shift, 0.001);
    EXPECT_NEAR(*small->low, *large->low, 0.001);
    EXPECT_NEAR(*small->high, *large->high, 0.001);
  }
}

TEST(Comparison, FindsTheOperationThatBecameSlowerAndNoOther) {
  std::vector<Load> before, after;
  for (int i = 0; i < 20; ++i) {
    before.push_back({"op" + std::to_string(i), kWandering});
    after.push_back(before.back());
  }
  after[7].behaviour.median_ns *= 1.4;
  const Comparison comparison = compare(observed(before, 120, 6), observed(after, 120, 7), {});
  for (const ComparedOperation& operation : comparison.operations) {
    EXPECT_EQ(operation.verdict,
              operation.key.operation == "op7" ? Verdict::slower : Verdict::no_proven_difference)
        << operation.key.operation;
  }
  const ComparedOperation& slow = operation_of(comparison, "op7");
  EXPECT_EQ(slow.verdict_by, "mean");
  EXPECT_NEAR(*slow.latency.p50.shift, 0.4, 0.15);
  EXPECT_GT(*slow.probability_b_slower, 0.6);
}

// How probable each shift is by luck, had it been the only question.
struct Alone {
  std::vector<double> latencies;  // mean, p50, p90, p95, p99
  double throughput;
  double failure_ratio;
};

Alone asked_alone(const Observation& a, const Observation& b, const OperationKey& key) {
  const Stratum of_a = stratum_of({&a.operations.at(key)});
  const Stratum of_b = stratum_of({&b.operations.at(key)});
  const auto p = [](const std::optional<Estimate>& from, const std::optional<Estimate>& to) {
    return difference(from.value(), to.value(), 0.95).p;
  };
  const LatencyEstimates latency_a = estimate_latency(a, {of_a});
  const LatencyEstimates latency_b = estimate_latency(b, {of_b});
  Alone alone{{p(latency_a.mean, latency_b.mean)},
              p(estimate_throughput(a, of_a), estimate_throughput(b, of_b)),
              p(estimate_failure_ratio(a, of_a), estimate_failure_ratio(b, of_b))};
  for (std::size_t i = 0; i < kQuantileCount; ++i) {
    alone.latencies.push_back(p(latency_a.quantile[i], latency_b.quantile[i]));
  }
  return alone;
}

// By Holm's definition: the least of m times m, the next times m - 1 and so on, none below one
// before it.
std::vector<double> corrected(const std::vector<double>& p) {
  std::vector<double> out;
  for (const double one : p) {
    double most = 0;
    for (const double other : p) {
      if (other > one) continue;
      const auto below = std::count_if(p.begin(), p.end(), [&](double x) { return x < other; });
      most =
          std::max(most, other * static_cast<double>(p.size() - static_cast<std::size_t>(below)));
    }
    out.push_back(std::min(1.0, most));
  }
  return out;
}

std::vector<double> latency_ps(const LatencyShifts& latency) {
  return {*latency.mean.p, *latency.p50.p, *latency.p90.p, *latency.p95.p, *latency.p99.p};
}

const Behaviour kFrequent = {.level_sd = 0.1, .persistence = 0.7, .requests_per_second = 40};

// Three operations that became a little slower, each by another part.
std::pair<Observation, Observation> three_operations(std::uint64_t seed) {
  std::vector<Load> before, after;
  for (const auto& [name, factor] : {std::pair{"a", 1.05}, {"b", 1.08}, {"c", 1.11}}) {
    before.push_back({name, kFrequent});
    after.push_back(before.back());
    after.back().behaviour.median_ns *= factor;
    after.back().behaviour.requests_per_second *= factor;
    after.back().behaviour.failure_ratio *= 1.5 * factor;
  }
  return {observed(before, 120, seed), observed(after, 120, seed + 1)};
}

TEST(Comparison, LatenciesOfAllOperationsAreOneSetOfQuestionsThroughputsAndFailuresTwoMore) {
  const auto [a, b] = three_operations(31);
  const Comparison comparison = compare(a, b, {});
  std::vector<double> latencies, throughputs, failures;
  std::vector<double> found_latencies, found_throughputs, found_failures;
  for (const ComparedOperation& operation : comparison.operations) {
    const Alone alone = asked_alone(a, b, operation.key);
    latencies.insert(latencies.end(), alone.latencies.begin(), alone.latencies.end());
    throughputs.push_back(alone.throughput);
    failures.push_back(alone.failure_ratio);
    const std::vector<double> found = latency_ps(operation.latency);
    found_latencies.insert(found_latencies.end(), found.begin(), found.end());
    found_throughputs.push_back(*operation.throughput.p);
    found_failures.push_back(*operation.failure_ratio.p);
  }
  ASSERT_EQ(latencies.size(), 15u);
  EXPECT_THAT(found_latencies, Pointwise(DoubleNear(1e-9), corrected(latencies)));
  EXPECT_THAT(found_throughputs, Pointwise(DoubleNear(1e-9), corrected(throughputs)));
  EXPECT_THAT(found_failures, Pointwise(DoubleNear(1e-9), corrected(failures)));
  for (const auto& ps : {latencies, throughputs, failures}) {
    EXPECT_THAT(ps, Contains(AllOf(Gt(1e-6), Lt(0.3)))) << "else a correction could not be seen";
  }
}

// Of one operation the same mix is that operation: five questions of its own.
TEST(Comparison, TheSameMixIsASetOfQuestionsOfItsOwn) {
  const auto [a, b] = three_operations(33);
  ComparisonOptions options;
  options.operation = "b";
  const Comparison comparison = compare(a, b, options);
  const std::vector<double> alone = asked_alone(a, b, named("b")).latencies;
  EXPECT_THAT(alone, Contains(AllOf(Gt(1e-6), Lt(0.3)))) << "else a correction could not be seen";
  const ComparedLayer& layer = comparison.layers.at(0);
  EXPECT_THAT(latency_ps(layer.adjusted), Pointwise(DoubleNear(1e-9), corrected(alone)));
  EXPECT_THAT(latency_ps(layer.raw.latency), Pointwise(DoubleNear(1e-9), corrected(alone)));
}

// 200 comparisons of ten operations that did not change: at most one in twenty may claim anything,
// by Holm; 23 or more of 200 would be that by luck once in ten thousand times.
TEST(Comparison, OfManyUnchangedOperationsSeldomProvesAnything) {
  std::vector<Load> loads;
  for (int i = 0; i < 10; ++i) loads.push_back({"op" + std::to_string(i), kWandering});
  ComparisonOptions options;
  options.least_relevant = 0;
  int wrong = 0;
  for (std::uint64_t round = 0; round < 200; ++round) {
    const Comparison comparison =
        compare(observed(loads, 40, 2 * round), observed(loads, 40, 2 * round + 1), options);
    bool any = false;
    for (const ComparedOperation& operation : comparison.operations) {
      any = any || operation.verdict != Verdict::no_proven_difference;
    }
    wrong += any;
  }
  EXPECT_LT(wrong, 23);
}

TEST(Comparison, AShiftBelowWhatIsRelevantIsNoDifference) {
  Behaviour steady;
  steady.request_sd = 0.05;
  Behaviour little = steady;
  little.median_ns *= 1.03;
  const Observation a = observed({{"fill", steady}}, 120, 8);
  const Observation b = observed({{"fill", little}}, 120, 9);
  const ComparedOperation by_default = compare(a, b, {}).operations[0];
  EXPECT_GT(*by_default.latency.mean.low, 0);
  EXPECT_EQ(by_default.verdict, Verdict::no_proven_difference);
  ComparisonOptions options;
  options.least_relevant = 0.01;
  EXPECT_EQ(compare(a, b, options).operations[0].verdict, Verdict::slower);
}

// `requests` requests in the first `busy` of `seconds` seconds, all of the same duration.
Observation even(std::uint64_t requests, std::uint64_t seconds, std::uint64_t busy,
                 std::uint64_t duration_ns = 100'000) {
  ObservationBuilder builder(kSimulatedBegin, kSimulatedBegin + seconds);
  for (std::uint64_t i = 0; i < requests; ++i) {
    Measurement m;
    m.duration_ns = duration_ns;
    Tally tally;
    tally.add(m);
    builder.add(named("fill"), kSimulatedBegin + i % busy, tally);
  }
  builder.observed(kSimulatedBegin * 1'000'000'000, (kSimulatedBegin + seconds) * 1'000'000'000);
  return std::move(builder).finish();
}

// 100 / 105.1 is 4.9 % less, and as far from 1 as 5.1 % more.
TEST(Comparison, AShiftIsAsRelevantTheOtherWayRound) {
  const auto verdict = [](std::uint64_t a_ns, std::uint64_t b_ns) {
    return compare(even(400, 40, 40, a_ns), even(400, 40, 40, b_ns), {}).operations.at(0).verdict;
  };
  EXPECT_EQ(verdict(100'000, 105'100), Verdict::slower);
  EXPECT_EQ(verdict(105'100, 100'000), Verdict::faster);
  EXPECT_EQ(verdict(100'000, 104'900), Verdict::no_proven_difference);
  EXPECT_EQ(verdict(104'900, 100'000), Verdict::no_proven_difference);
}

TEST(Comparison, ThirtyRequestsInEightBlocksAndTenBeyondAQuantileAreEnough) {
  const auto with_itself = [](std::uint64_t requests, std::uint64_t seconds, std::uint64_t busy) {
    const Observation side = even(requests, seconds, busy);
    return compare(side, side, {}).operations.at(0);
  };
  constexpr auto kTold = Change::not_proven;
  constexpr auto kNot = Change::too_little_data;
  EXPECT_EQ(with_itself(29, 10, 10).latency.mean.change, kNot);
  EXPECT_EQ(with_itself(30, 10, 10).latency.mean.change, kTold);
  EXPECT_EQ(with_itself(30, 10, 10).latency.p50.change, kTold);
  EXPECT_EQ(with_itself(29, 10, 10).failure_ratio.change, kNot);
  EXPECT_EQ(with_itself(30, 10, 10).failure_ratio.change, kTold);
  EXPECT_EQ(with_itself(99, 10, 10).latency.p90.change, kNot);
  EXPECT_EQ(with_itself(100, 10, 10).latency.p90.change, kTold);
  EXPECT_EQ(with_itself(199, 10, 10).latency.p95.change, kNot);
  EXPECT_EQ(with_itself(200, 10, 10).latency.p95.change, kTold);
  EXPECT_EQ(with_itself(999, 10, 10).latency.p99.change, kNot);
  EXPECT_EQ(with_itself(1'000, 10, 10).latency.p99.change, kTold);
  EXPECT_EQ(with_itself(100, 7, 7).latency.mean.change, kNot);
  EXPECT_EQ(with_itself(100, 8, 8).latency.mean.change, kTold);
  EXPECT_EQ(with_itself(100, 20, 7).latency.mean.change, kNot) << "in the others nothing happened";
  EXPECT_EQ(with_itself(100, 20, 8).latency.mean.change, kTold);
  for (const auto& [a, b] : {std::pair{29, 30}, {30, 29}}) {
    const Comparison comparison = compare(even(static_cast<std::uint64_t>(a), 10, 10),
                                          even(static_cast<std::uint64_t>(b), 10, 10), {});
    EXPECT_EQ(comparison.operations.at(0).latency.mean.change, kNot) << a << " and " << b;
  }
}

TEST(Comparison, OnlyTheTailMayHaveBecomeSlower) {
  // One request in fifty takes a hundred times as long: neither the median nor p90 or p95 shows it.
  const auto with_tail = [](double ns, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    ObservationBuilder builder(kSimulatedBegin, kSimulatedBegin + 120);
    Behaviour common;
    common.request_sd = 0.1;
    common.requests_per_second = 98;
    Behaviour seldom = common;
    seldom.requests_per_second = 2;
    seldom.median_ns = ns;
    simulate(common, named("fill"), kSimulatedBegin, 120, random, builder);
    simulate(seldom, named("fill"), kSimulatedBegin, 120, random, builder);
    return std::move(builder).finish();
  };
  ComparisonOptions options;
  options.least_relevant = 0.2;
  const ComparedOperation compared =
      compare(with_tail(1.5e6, 10), with_tail(4e6, 11), options).operations[0];
  EXPECT_EQ(compared.verdict, Verdict::slower);
  EXPECT_EQ(compared.verdict_by, "p99");
  EXPECT_EQ(compared.latency.p50.change, Change::not_proven);
}

// Each operation became 10 % faster, but the slow one is asked for more often now.
TEST(Comparison, AChangedMixMisleadsTheRawMeanAndNotTheAdjustedOne) {
  const auto mix = [](double factor, double quick_rate, double slow_rate, std::uint64_t seed) {
    Behaviour quick;
    quick.request_sd = 0.1;
    quick.median_ns = 1e6 * factor;
    quick.requests_per_second = quick_rate;
    Behaviour slow = quick;
    slow.median_ns = 1e7 * factor;
    slow.requests_per_second = slow_rate;
    return observed({{"quick", quick}, {"slow", slow}}, 120, seed);
  };
  const Comparison comparison = compare(mix(1, 30, 3, 12), mix(0.9, 30, 10, 13), {});
  EXPECT_EQ(operation_of(comparison, "quick").verdict, Verdict::faster);
  EXPECT_EQ(operation_of(comparison, "slow").verdict, Verdict::faster);
  const ComparedLayer& layer = comparison.layers.at(0);
  EXPECT_EQ(layer.raw.verdict, Verdict::slower);
  EXPECT_GT(*layer.raw.latency.mean.low, 0.3);
  EXPECT_EQ(layer.verdict, Verdict::faster);
  EXPECT_NEAR(*layer.adjusted.mean.shift, -0.1, 0.02);
}

TEST(Comparison, WhatOnlyOneSideHasIsTooLittleData) {
  const Observation a = observed({{"old", kWandering}, {"both", kWandering}}, 60, 14);
  const Observation b = observed({{"new", kWandering}, {"both", kWandering}}, 60, 15);
  const Comparison comparison = compare(a, b, {});
  ASSERT_EQ(comparison.operations.size(), 3u);
  for (const char* name : {"old", "new"}) {
    const ComparedOperation& operation = operation_of(comparison, name);
    EXPECT_EQ(operation.verdict, Verdict::too_little_data);
    EXPECT_EQ(operation.latency.mean.shift, std::nullopt);
    EXPECT_EQ(operation.probability_b_slower, std::nullopt);
  }
  EXPECT_TRUE(operation_of(comparison, "old").latency.mean.a);
  EXPECT_FALSE(operation_of(comparison, "old").latency.mean.b);
}

// Of A 3,000 of 4,000 answered requests are of what both sides have, of B 3,000 of 6,000; 10 of the
// rare one are too few.
TEST(Comparison, TheSameMixSaysHowMuchOfEachSideItCovers) {
  const auto side = [](const std::vector<std::pair<const char*, std::uint64_t>>& requests) {
    ObservationBuilder builder(kSimulatedBegin, kSimulatedBegin + 10);
    for (const auto& [operation, count] : requests) {
      Tally tally;
      Measurement m;
      m.duration_ns = 1'000;
      for (std::uint64_t i = 0; i < count; ++i) tally.add(m);
      m.status = shm::Status::unanswered;
      tally.add(m);
      for (std::uint64_t second = 0; second < 10; ++second) {
        builder.add(named(operation), kSimulatedBegin + second, tally);
      }
    }
    return std::move(builder).finish();
  };
  const Comparison comparison = compare(side({{"both", 300}, {"old", 99}, {"rare", 1}}),
                                        side({{"both", 300}, {"new", 200}, {"rare", 100}}), {});
  const ComparedLayer& layer = comparison.layers.at(0);
  EXPECT_DOUBLE_EQ(layer.covered_a, 0.75);
  EXPECT_DOUBLE_EQ(layer.covered_b, 0.5);
}

TEST(Comparison, FewRequestsOrFewBlocksAreTooLittleData) {
  Behaviour rare = kWandering;
  rare.requests_per_second = 0.05;
  const Observation a = observed({{"fill", rare}}, 120, 16);
  const ComparedOperation few_requests = compare(a, a, {}).operations.at(0);
  EXPECT_EQ(few_requests.verdict, Verdict::too_little_data);
  EXPECT_EQ(few_requests.latency.mean.shift, 0);  // there is a shift, but no interval
  EXPECT_EQ(few_requests.latency.mean.low, std::nullopt);

  Behaviour frequent = kWandering;
  frequent.requests_per_second = 1'000;
  const Observation b = observed({{"fill", frequent}}, 7, 17);
  EXPECT_EQ(compare(b, b, {}).operations.at(0).verdict, Verdict::too_little_data);
}

TEST(Comparison, WhatTookNoTimeAtAllDidNotChange) {
  const Observation side = even(100, 10, 10, 0);
  const Shift mean = compare(side, side, {}).operations.at(0).latency.mean;
  EXPECT_EQ(mean.shift, 0);
  EXPECT_EQ(mean.change, Change::not_proven);
}

TEST(Comparison, AQuantileNeedsRequestsBeyondIt) {
  Behaviour some;
  some.requests_per_second = 5;
  const Observation a = observed({{"fill", some}}, 120, 18);  // about 600: 6 beyond p99
  const ComparedOperation operation = compare(a, a, {}).operations.at(0);
  EXPECT_EQ(operation.latency.p90.change, Change::not_proven);
  EXPECT_EQ(operation.latency.p99.change, Change::too_little_data);
  EXPECT_TRUE(operation.latency.p99.shift);
}

TEST(Comparison, FailuresAndThroughputHaveShiftsOfTheirOwn) {
  Behaviour failing;
  failing.failure_ratio = 0.2;
  failing.requests_per_second = 40;
  const ComparedOperation operation =
      compare(observed({{"fill", {}}}, 120, 19), observed({{"fill", failing}}, 120, 20), {})
          .operations.at(0);
  EXPECT_EQ(operation.failure_ratio.change, Change::more);
  EXPECT_NEAR(*operation.failure_ratio.shift, 0.18, 0.03);
  EXPECT_EQ(operation.throughput.change, Change::more);
  EXPECT_NEAR(*operation.throughput.shift, 1, 0.1);
  EXPECT_EQ(operation.verdict, Verdict::no_proven_difference);
}

// Forty seconds of ten requests or more, some of which fail, each second in another way.
Observation failing(std::uint64_t failures_a_second, std::uint64_t requests_a_second = 10) {
  constexpr std::array kFailures = {shm::Status::error, shm::Status::unanswered,
                                    shm::Status::malformed, shm::Status::cancelled};
  ObservationBuilder builder(kSimulatedBegin, kSimulatedBegin + 40);
  for (std::uint64_t second = 0; second < 40; ++second) {
    Tally tally;
    for (std::uint64_t i = 0; i < requests_a_second; ++i) {
      Measurement m;
      m.duration_ns = 1'000;
      m.status =
          i < failures_a_second ? kFailures[(second + i) % kFailures.size()] : shm::Status::ok;
      tally.add(m);
    }
    builder.add(named("fill"), kSimulatedBegin + second, tally);
  }
  builder.observed(kSimulatedBegin * 1'000'000'000, (kSimulatedBegin + 40) * 1'000'000'000);
  return std::move(builder).finish();
}

// What failed is every record that did not end ok. Their number is the same each second, whichever
// way they failed, so there is nothing uncertain about it.
TEST(Comparison, HoweverARequestFailsItHasFailed) {
  const Comparison comparison = compare(failing(1), failing(2), {});
  for (const ComparedOperation& compared :
       {comparison.operations.at(0), comparison.layers.at(0).raw}) {
    EXPECT_EQ(compared.a.records, 400u);
    EXPECT_EQ(compared.a.failed, 40u);
    EXPECT_EQ(compared.b.failed, 80u);
    EXPECT_EQ(compared.a.answered, 370u) << "an error is an answer";
    EXPECT_DOUBLE_EQ(compared.failure_ratio.a.value(), 0.1);
    EXPECT_DOUBLE_EQ(compared.failure_ratio.b.value(), 0.2);
    EXPECT_NEAR(compared.failure_ratio.low.value(), 0.1, 1e-6);
    EXPECT_NEAR(compared.failure_ratio.high.value(), 0.1, 1e-6);
    EXPECT_EQ(compared.failure_ratio.change, Change::more);
  }
}

// What is relevant is said of ratios; of failures every proven one is.
TEST(Comparison, OneFailureMoreInAHundredIsNews) {
  const Shift ratio = compare(failing(1, 100), failing(2, 100), {}).operations.at(0).failure_ratio;
  EXPECT_NEAR(ratio.shift.value(), 0.01, 1e-9);
  EXPECT_EQ(ratio.change, Change::more);
}

TEST(Comparison, ThroughputIsRecordsOfASecondThatWasWatched) {
  const Comparison comparison = compare(even(400, 40, 40), even(600, 30, 30), {});
  for (const ComparedOperation& compared :
       {comparison.operations.at(0), comparison.layers.at(0).raw}) {
    EXPECT_EQ(compared.a.records, 400u);
    EXPECT_EQ(compared.a.blocks, 40u);
    EXPECT_EQ(compared.b.records, 600u);
    EXPECT_EQ(compared.b.blocks, 30u);
    EXPECT_NEAR(compared.throughput.a.value(), 10, 1e-9);
    EXPECT_NEAR(compared.throughput.b.value(), 20, 1e-9);
    EXPECT_NEAR(compared.throughput.shift.value(), 1, 1e-9);
    EXPECT_EQ(compared.throughput.change, Change::more);
  }
}

// Wilson's interval of none in 400: from 0 to z^2 / (400 + z^2) with z = 1.960, that is 0.951 %.
TEST(Comparison, NoFailureAtAllIsNoProofThatThereIsNone) {
  const Shift ratio = compare(failing(0), failing(0), {}).operations.at(0).failure_ratio;
  EXPECT_EQ(ratio.shift, 0);
  EXPECT_NEAR(ratio.low.value(), -0.00951, 0.00001);
  EXPECT_NEAR(ratio.high.value(), 0.00951, 0.00001);
  EXPECT_EQ(ratio.change, Change::not_proven);
}

TEST(Comparison, AcrossStacksTheSameOperationMeets) {
  std::mt19937_64 random(21);
  const auto through = [&random](const OperationKey& key) {
    ObservationBuilder builder(kSimulatedBegin, kSimulatedBegin + 60);
    simulate({}, key, kSimulatedBegin, 60, random, builder);
    return std::move(builder).finish();
  };
  const Observation four = through({"4-layer", "jsonrpc", "daemon", "goxel.add_voxel"});
  const Observation two = through({"2-layer", "mcp", "daemon", "goxel_add_voxels"});
  EXPECT_EQ(compare(four, two, {}).operations.size(), 2u);
  ComparisonOptions options;
  options.across_stacks = true;
  const Comparison comparison = compare(four, two, options);
  ASSERT_EQ(comparison.operations.size(), 1u);
  EXPECT_EQ(comparison.operations[0].key, (OperationKey{"", "", "daemon", "goxel.add_voxel"}));
  EXPECT_EQ(comparison.operations[0].verdict, Verdict::no_proven_difference);
  for (const char* name : {"goxel.add_voxel", "goxel_add_voxels"}) {
    options.operation = name;
    const Comparison named = compare(four, two, options);
    ASSERT_EQ(named.operations.size(), 1u) << name;
    EXPECT_EQ(named.operations[0].a.records, comparison.operations[0].a.records) << name;
    EXPECT_EQ(named.operations[0].b.records, comparison.operations[0].b.records) << name;
  }
}

TEST(Comparison, CanBeOfSomeOperationsOnly) {
  const Observation side = observed({{"fill", {}}, {"ping", {}}}, 60, 22);
  ComparisonOptions options;
  options.operation = "ping";
  EXPECT_THAT(compare(side, side, options).operations,
              ElementsAre(Field(&ComparedOperation::key, named("ping"))));
  options.stack = "4-layer";
  EXPECT_THAT(compare(side, side, options).operations, IsEmpty());
  options.stack = "2-layer";
  EXPECT_THAT(compare(side, side, options).operations, SizeIs(1));
  options.layer = "mcp-client";
  EXPECT_THAT(compare(side, side, options).operations, IsEmpty());
  EXPECT_THAT(compare(side, side, options).layers, IsEmpty());
}

// 9 of 10 blocks unobserved: what is left counts as neighbours, and the rate is over what was seen.
TEST(Comparison, UnwatchedTimeIsNotSilence) {
  std::mt19937_64 random(23);
  ObservationBuilder gappy(kSimulatedBegin, kSimulatedBegin + 1'280);
  for (std::uint64_t at = 0; at < 1'280; at += 100) {
    simulate({}, named("fill"), kSimulatedBegin + at, 10, random, gappy);
  }
  const Observation whole = observed({{"fill", {}}}, 120, 24);
  const Comparison comparison = compare(whole, std::move(gappy).finish(), {});
  EXPECT_EQ(comparison.b.blocks, 13u);
  EXPECT_EQ(comparison.b.observed_seconds, 130);
  EXPECT_NEAR(*comparison.operations.at(0).throughput.shift, 0, 0.1);
}

}  // namespace
}  // namespace goxel_telemetry::metrics
