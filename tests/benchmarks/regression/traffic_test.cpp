// SPDX-License-Identifier: GPL-3.0-or-later
// Simulated traffic against what the protocol says of it. Seeds are fixed, so that nothing here is a matter of luck; the
// tolerances are several standard errors.
#include "traffic.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace goxel_telemetry::evaluation {
namespace {

using metrics::Histogram;
using metrics::Tally;

constexpr std::uint64_t kDayTicks = 86400 / metrics::kTickSeconds;
constexpr std::uint64_t kSeed = 77;

using Sums = std::array<Tally, kOperationCount>;

std::size_t index_of(const metrics::OperationKey& key) {
  std::size_t i = 0;
  while (key_of(i) != key) ++i;
  return i;
}

Sums sums_of(Traffic& traffic, std::uint64_t ticks) {
  Sums sums;
  for (; ticks > 0; --ticks) {
    for (const metrics::OperationTick& operation : traffic.next().operations) {
      sums[index_of(operation.key)].merge(operation.tally);
    }
  }
  return sums;
}

std::uint64_t requests_of(const TrafficTick& tick) {
  std::uint64_t requests = 0;
  for (const metrics::OperationTick& one : tick.operations) requests += one.tally.outcomes.all();
  return requests;
}

std::uint64_t requests_of(const Sums& sums) {
  std::uint64_t requests = 0;
  for (const Tally& tally : sums) requests += tally.outcomes.all();
  return requests;
}

// The mean of ln(latency / usual median), of values within e^±2.5 of it.
double log_level_of(const TrafficTick& tick) {
  double sum = 0;
  std::uint64_t count = 0;
  for (const metrics::OperationTick& one : tick.operations) {
    const Histogram& latency = one.tally.latency;
    const double usual_ns = kOperations[index_of(one.key)].median_ms * 1e6;
    const std::uint32_t last =
        Histogram::bucket_of(std::min(latency.max(), std::uint64_t{Histogram::kHighest}));
    for (std::uint32_t bucket = Histogram::bucket_of(latency.min()); bucket <= last; ++bucket) {
      const std::uint64_t here = latency.count_in(bucket);
      const auto middle_ns =
          static_cast<double>(Histogram::lowest_in(bucket) + Histogram::highest_in(bucket)) / 2;
      const double residual = std::log(middle_ns / usual_ns);
      if (here == 0 || std::abs(residual) > 2.5) continue;
      sum += static_cast<double>(here) * residual;
      count += here;
    }
  }
  return count == 0 ? 0 : sum / static_cast<double>(count);
}

double median_ns(const Sums& sums, std::size_t operation) {
  return static_cast<double>(sums[operation].latency.quantile(0.5));
}

// The covariance of values that are `lag` apart: unlike the variance, it does not contain what is independent from tick
// to tick, as that some requests take longer than others.
double covariance(const std::vector<double>& values, std::size_t lag) {
  double mean = 0;
  for (const double value : values) mean += value / static_cast<double>(values.size());
  double sum = 0;
  for (std::size_t i = lag; i < values.size(); ++i) {
    sum += (values[i] - mean) * (values[i - lag] - mean);
  }
  return sum / static_cast<double>(values.size() - lag);
}

std::vector<double> log_levels(const TrafficKind& kind, std::uint64_t ticks) {
  Traffic traffic(kind, kSeed);
  std::vector<double> levels(ticks);
  for (double& level : levels) level = log_level_of(traffic.next());
  return levels;
}

TEST(Traffic, SteadyRequestsHaveTheMediansSpreadsAndSharesOfTheProtocol) {
  Traffic traffic(kind_named("steady"), kSeed);
  const Sums sums = sums_of(traffic, kDayTicks);
  const auto all = static_cast<double>(requests_of(sums));
  EXPECT_NEAR(all / 86400, 50, 0.2);
  std::uint64_t errors = 0;
  for (std::size_t i = 0; i < kOperationCount; ++i) {
    SCOPED_TRACE(kOperations[i].name);
    const auto above = [&](double log_sds) {
      return sums[i].latency.share_above(static_cast<std::uint64_t>(
          kOperations[i].median_ms * 1e6 * std::exp(log_sds * kOperations[i].log_sd)));
    };
    EXPECT_NEAR(static_cast<double>(sums[i].outcomes.all()) / all, kOperations[i].share, 0.002);
    // Of the 98 % that take no slow path half are above the median, and almost all of those that take one; above one
    // standard deviation 15.9 %, and about three quarters.
    EXPECT_NEAR(above(0), 0.49 + 0.019, 0.005);
    EXPECT_NEAR(above(1), 0.98 * 0.1587 + 0.02 * 0.75, 0.006);
    errors += sums[i].outcomes.error;
  }
  EXPECT_NEAR(static_cast<double>(errors) / all, 0.001, 0.0001);
}

TEST(Traffic, SlowPathsAreExponentialUpToALimit) {
  Traffic traffic(kind_named("steady"), kSeed);
  constexpr std::size_t kPing = 2;  // whose latencies otherwise differ least
  const Sums sums = sums_of(traffic, kDayTicks);
  const auto above = [&](double log) {
    return sums[kPing].latency.share_above(
        static_cast<std::uint64_t>(kOperations[kPing].median_ms * 1e6 * std::exp(log)));
  };
  // P(x + normal > log - 0.5), for logs that only slow paths reach.
  const auto expected = [&](double log) {
    const double blur = kOperations[kPing].log_sd / 1.5;
    return 0.02 * std::exp(-(log - 0.5) / 1.5 + blur * blur / 2);
  };
  EXPECT_NEAR(above(3) / expected(3), 1, 0.08);
  EXPECT_NEAR(above(5) / expected(5), 1, 0.15);
  // Without a limit about 60 of the day's requests would be there.
  EXPECT_EQ(above(8), 0);
}

TEST(Traffic, NoiseIsCorrelatedFromTickToTick) {
  TrafficKind kind = kind_named("steady");
  kind.requests_per_second = 500;
  const std::vector<double> levels = log_levels(kind, 10'000);
  EXPECT_NEAR(covariance(levels, 1) / (0.8 * 0.01 * 0.01), 1, 0.15);
  EXPECT_NEAR(covariance(levels, 2) / covariance(levels, 1), 0.8, 0.1);
  EXPECT_NEAR(covariance(levels, 40), 0, 1e-5);
}

TEST(Traffic, DriftIsCorrelatedOverTwentyMinutes) {
  TrafficKind kind = kind_named("noisy");
  const double drift_sd = kind.drift_sd;
  kind = TrafficKind{};
  kind.noise_sd = 0;
  kind.drift_sd = drift_sd;
  const std::vector<double> levels = log_levels(kind, 6 * kDayTicks);
  EXPECT_NEAR(covariance(levels, 1) / (0.03 * 0.03), 1, 0.15);
  EXPECT_NEAR(covariance(levels, 240) / covariance(levels, 1), std::exp(-1), 0.12);
}

TEST(Traffic, LoadSwingsOverADayAndLatencyFollows) {
  TrafficKind kind = kind_named("standard");
  kind.restarts = kind.stalls = kind.mix_sd = 0;
  Traffic traffic(kind, kSeed);
  std::vector<std::pair<double, double>> hours;  // requests a tick with requests, mean log level
  for (std::uint64_t hour = 0; hour < 5 * 24; ++hour) {
    double requests = 0;
    double level = 0;
    double ticks = 0;
    for (std::uint64_t i = 0; i < kDayTicks / 24; ++i) {
      const TrafficTick& tick = traffic.next();
      if (tick.operations.empty()) continue;
      ++ticks;
      requests += static_cast<double>(requests_of(tick));
      level += log_level_of(tick);
    }
    hours.emplace_back(requests / ticks, level / ticks);
  }
  const auto [quiet, busy] = std::minmax_element(hours.begin(), hours.end());
  const double swing = busy->first / quiet->first;
  EXPECT_NEAR(swing, 1.6 / 0.4, 0.6);
  EXPECT_NEAR(busy->second - quiet->second, 0.15 * std::log(swing), 0.03);
  // A sine that begins at its middle.
  EXPECT_NEAR(static_cast<double>((busy - hours.begin()) % 24), 5.5, 2.5);
  EXPECT_NEAR(static_cast<double>((quiet - hours.begin()) % 24), 17.5, 2.5);
}

TEST(Traffic, TheFirstHourIsRandomIfAskedFor) {
  TrafficKind kind;
  kind.daily_swing = 0.6;
  const auto first_minutes = [&](std::uint64_t seed) {
    Traffic traffic(kind, seed);
    return static_cast<double>(requests_of(sums_of(traffic, 60))) / 300;
  };
  double least = 1000;
  double most = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    kind.random_hour = false;
    EXPECT_NEAR(first_minutes(seed), 50, 3);
    kind.random_hour = true;
    least = std::min(least, first_minutes(seed));
    most = std::max(most, first_minutes(seed));
  }
  EXPECT_LT(least, 25);
  EXPECT_GT(most, 75);
}

TEST(Traffic, LoadWandersFromTickToTick) {
  TrafficKind kind;
  kind.load_sd = kind_named("standard").load_sd;
  kind.requests_per_second = 500;
  Traffic traffic(kind, kSeed);
  std::vector<double> loads;
  for (int i = 0; i < 8000; ++i) {
    loads.push_back(std::log(static_cast<double>(requests_of(traffic.next()))));
  }
  EXPECT_NEAR(covariance(loads, 1) / (0.9 * 0.15 * 0.15), 1, 0.2);
  EXPECT_NEAR(covariance(loads, 2) / covariance(loads, 1), 0.9, 0.05);
}

TEST(Traffic, TheMixWandersOverAnHour) {
  TrafficKind kind;
  kind.mix_sd = kind_named("standard").mix_sd;
  kind.requests_per_second = 20;
  Traffic traffic(kind, kSeed);
  std::vector<double> ratios;  // of two operations, each of which wanders
  double requests = 0;
  for (std::uint64_t i = 0; i < 10 * kDayTicks; ++i) {
    const TrafficTick& tick = traffic.next();
    std::array<double, kOperationCount> counts{};
    for (const auto& one : tick.operations) {
      counts.at(index_of(one.key)) = static_cast<double>(one.tally.outcomes.all());
    }
    ratios.push_back(std::log((counts[0] + 0.5) / (counts[1] + 0.5)));
    requests += static_cast<double>(requests_of(tick));
  }
  EXPECT_NEAR(covariance(ratios, 1) / (2 * 0.3 * 0.3), 1, 0.3);
  EXPECT_NEAR(covariance(ratios, 720) / covariance(ratios, 1), std::exp(-1), 0.15);
  EXPECT_NEAR(requests / (10 * 86400), 20, 0.1);  // the load stays
}

TEST(Traffic, EveryRequestMeetsAStallAndOneInTenATailBurst) {
  const auto above = [](const TrafficKind& kind, double log) {
    Traffic traffic(kind, kSeed);
    const OperationModel& ping = kOperations[2];
    return sums_of(traffic, kDayTicks)[2].latency.share_above(
        static_cast<std::uint64_t>(ping.median_ms * 1e6 * std::exp(log)));
  };
  const TrafficKind usual{.requests_per_second = 20};
  // P(normal + log of the factor > log), with the deviation of this operation.
  const auto lifted = [](double factor, double log) {
    return std::erfc((log - std::log(factor)) / kOperations[2].log_sd / std::sqrt(2)) / 2;
  };
  TrafficKind stalled = usual;
  stalled.stalls = 2000;
  const double in_stall = 2000 * 6.0 / 86400;
  EXPECT_NEAR(above(stalled, 0.8), (1 - in_stall) * above(usual, 0.8) + in_stall * lifted(3, 0.8),
              0.01);
  TrafficKind bursting = usual;
  bursting.tail_bursts = 2000;
  const double in_burst = 0.1 * 2000 * 12.5 / 86400;
  EXPECT_NEAR(above(bursting, 2), (1 - in_burst) * above(usual, 2) + in_burst * lifted(10, 2),
              0.002);
}

TEST(Traffic, ThingsHappenAsOftenAsTheProtocolSays) {
  TrafficKind kind = kind_named("standard");
  kind.requests_per_second = 5;
  constexpr std::uint64_t kDays = 100;
  Traffic traffic(kind, kSeed);
  std::uint64_t restarts = 0;
  std::uint64_t empty = 0;
  Sums sums;
  for (std::uint64_t i = 0; i < kDays * kDayTicks; ++i) {
    const TrafficTick& tick = traffic.next();
    restarts += tick.restarted;
    empty += tick.operations.empty();
    for (const auto& one : tick.operations) {
      sums[index_of(one.key)].outcomes += one.tally.outcomes;
    }
  }
  EXPECT_NEAR(static_cast<double>(restarts), kDays, 4 * std::sqrt(kDays));
  // Three gaps a day, of five minutes on average.
  EXPECT_NEAR(static_cast<double>(empty) / kDays, 3 * 300.0 / metrics::kTickSeconds, 25);
  // A jump lasts 35 minutes on average, and gives the rarest 0.4 of 1.35.
  const double jumping = 4 * 35.0 / (24 * 60);
  const auto rarest = static_cast<double>(sums[kRarest].outcomes.all());
  EXPECT_NEAR(rarest / static_cast<double>(requests_of(sums)),
              (1 - jumping) * 0.05 + jumping * 0.4 / 1.35, 0.006);
}

TEST(Traffic, ErrorsOfStandardTrafficComeInBursts) {
  // The variance of a tick's errors over their mean: 1 without bursts, 1 + mean / 2 with gamma noise of shape 2.
  const auto dispersion = [](bool bursts, double& mean) {
    TrafficKind kind;
    kind.error_bursts = bursts;
    kind.error_ratio = 0.02;
    Traffic traffic(kind, kSeed);
    std::vector<double> errors;
    for (std::uint64_t i = 0; i < kDayTicks / 2; ++i) {
      std::uint64_t failed = 0;
      for (const auto& one : traffic.next().operations) failed += one.tally.outcomes.error;
      errors.push_back(static_cast<double>(failed));
    }
    mean = 0;
    for (const double e : errors) mean += e / static_cast<double>(errors.size());
    return covariance(errors, 0) / mean;
  };
  double mean = 0;
  EXPECT_NEAR(dispersion(false, mean), 1, 0.06);
  EXPECT_NEAR(mean, 5, 0.2);
  EXPECT_NEAR(dispersion(true, mean), 1 + 5.0 / 2, 0.3);
  EXPECT_NEAR(mean, 5, 0.2);
}

TEST(Traffic, ADaemonIsSlowWhenItHasStarted) {
  TrafficKind kind;
  kind.restarts = 40;
  Traffic traffic(kind, kSeed);
  std::map<std::uint64_t, std::pair<double, int>> by_age;  // in ticks: sum of levels, number
  bool restarted = false;
  std::uint64_t age = 0;
  double usual = 0;
  std::uint64_t before = 0;
  for (std::uint64_t i = 0; i < 3 * kDayTicks; ++i) {
    const TrafficTick& tick = traffic.next();
    restarted |= tick.restarted;
    age = tick.restarted ? 0 : age + 1;
    if (tick.operations.empty()) continue;
    const double level = log_level_of(tick);
    if (!restarted) {
      usual += level;
      ++before;
      continue;
    }
    by_age[age].first += level;
    ++by_age[age].second;
  }
  ASSERT_GT(before, 10U);
  usual /= static_cast<double>(before);
  for (const std::uint64_t ticks : {1, 12, 24}) {
    // A start is anywhere in its tick, so that tick number 1 is 2.5 to 7.5 s after it, in its middle.
    const double expected =
        std::log1p(std::exp(-static_cast<double>(ticks * metrics::kTickSeconds) / 60));
    const auto& [sum, number] = by_age.at(ticks);
    EXPECT_NEAR(sum / number - usual, expected, 0.03) << ticks;
  }
}

TEST(Traffic, TheSameSeedGivesTheSameRequests) {
  const auto first_ticks = [](std::uint64_t seed) {
    Traffic traffic(kind_named("noisy"), seed);
    return sums_of(traffic, 200);
  };
  const Sums first = first_ticks(1);
  const Sums again = first_ticks(1);
  const Sums other = first_ticks(2);
  for (std::size_t i = 0; i < kOperationCount; ++i) {
    EXPECT_EQ(first[i].latency, again[i].latency);
    EXPECT_NE(first[i].latency, other[i].latency);
  }
}

TEST(Traffic, AChangeLeavesWhatHappensToTheDaemonAsItWas) {
  TrafficKind kind = kind_named("standard");
  kind.restarts = 40;
  Change change;
  change.begin_s = 3600;
  change.factor = 2;
  Traffic plain(kind, kSeed);
  Traffic changed(kind, kSeed, change);
  double difference = 0;
  double ticks = 0;
  for (std::uint64_t i = 0; i < kDayTicks; ++i) {
    const TrafficTick& a = plain.next();
    const TrafficTick& b = changed.next();
    ASSERT_EQ(a.restarted, b.restarted);
    if (static_cast<double>(i * metrics::kTickSeconds) < change.begin_s) {
      ASSERT_EQ(requests_of(a), requests_of(b));
    } else if (!a.operations.empty() && !b.operations.empty()) {
      difference += log_level_of(b) - log_level_of(a);
      ++ticks;
    }
  }
  EXPECT_NEAR(difference / ticks, std::log(2), 0.02);
}

TEST(Traffic, AChangeBeginsWithinATick) {
  Change change;
  change.begin_s = 3 * metrics::kTickSeconds + 2;
  change.end_s = 5 * metrics::kTickSeconds;
  change.factor = 1000;  // never reached otherwise
  Traffic traffic(TrafficKind{.requests_per_second = 2000}, kSeed, change);
  for (const double share : {0.0, 0.0, 0.0, 0.6, 1.0, 0.0}) {
    Tally ping = traffic.next().operations.at(2).tally;
    EXPECT_NEAR(ping.latency.share_above(20'000'000), share, 0.03);
  }
}

TEST(Traffic, AChangeOfOneOperationIsOfThatAlone) {
  Change change;
  change.operation = kRarest;
  change.factor = 1.5;
  Traffic plain(TrafficKind{}, kSeed);
  Traffic changed(TrafficKind{}, kSeed, change);
  const Sums before = sums_of(plain, kDayTicks / 4);
  const Sums after = sums_of(changed, kDayTicks / 4);
  for (std::size_t i = 0; i < kOperationCount; ++i) {
    EXPECT_NEAR(median_ns(after, i) / median_ns(before, i), i == kRarest ? 1.5 : 1, 0.03);
  }
}

TEST(Traffic, ATailChangeLeavesMostRequestsAlone) {
  Change change;
  change.tail_factor = 2;
  Traffic plain(TrafficKind{}, kSeed);
  Traffic changed(TrafficKind{}, kSeed, change);
  const Sums before = sums_of(plain, kDayTicks / 4);
  const Sums after = sums_of(changed, kDayTicks / 4);
  for (std::size_t i = 0; i < kOperationCount; ++i) {
    const auto ratio = [&](double q) {
      return static_cast<double>(after[i].latency.quantile(q)) /
             static_cast<double>(before[i].latency.quantile(q));
    };
    EXPECT_NEAR(ratio(0.5), 1, 0.03);
    EXPECT_NEAR(ratio(0.9), 1, 0.06);
    EXPECT_NEAR(ratio(0.99), 2, 0.2);
  }
}

TEST(Traffic, ErrorsAndMixChangeByTheirFactors) {
  Change change;
  change.error_factor = 10;
  change.rarest_factor = 8;
  Traffic traffic(TrafficKind{}, kSeed, change);
  const Sums sums = sums_of(traffic, kDayTicks / 4);
  const auto all = static_cast<double>(requests_of(sums));
  std::uint64_t errors = 0;
  for (const Tally& tally : sums) errors += tally.outcomes.error;
  EXPECT_NEAR(static_cast<double>(errors) / all, 0.01, 0.0005);
  EXPECT_NEAR(all / (86400.0 / 4), 50, 0.3);
  EXPECT_NEAR(static_cast<double>(sums[kRarest].outcomes.all()) / all, 0.4 / 1.35, 0.003);
}

TEST(Recurring, SharesAddUpToTheTimeThatItTakes) {
  Random random = random_stream(kSeed, 0);
  Recurring stalls(12, 2, 10, random);
  constexpr int kDays = 500;
  double seconds = 0;
  int ends = 0;
  double last_end_s = stalls.last_end_s();
  for (int i = 0; i < kDays * static_cast<int>(kDayTicks); ++i) {
    seconds += 5 * stalls.share_of(5.0 * i, 5.0 * i + 5, random);
    ends += stalls.last_end_s() != last_end_s;
    last_end_s = stalls.last_end_s();
    ASSERT_LE(last_end_s, 5.0 * i + 5);
  }
  EXPECT_NEAR(ends, 12 * kDays, 4 * std::sqrt(12 * kDays));
  EXPECT_NEAR(seconds / ends, 6, 0.2);
}

}  // namespace
}  // namespace goxel_telemetry::evaluation
