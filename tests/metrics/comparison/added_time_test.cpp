// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/comparison/added_time.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <random>
#include <stdexcept>
#include <string_view>

#include "tests/metrics/comparison/simulated_chain.h"

namespace goxel_telemetry::metrics {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr double kMs = 1e6;
constexpr std::uint64_t kBegin = kSimulatedBegin;
constexpr std::uint64_t kSeconds = 60;

// What a side saw. Most tests have requests that all take equally long: then every number that is
// expected can be worked out by hand, and what changed has changed for certain.
class SideOf {
 public:
  explicit SideOf(std::uint64_t seconds = kSeconds)
      : seconds_(seconds), builder_(kBegin, kBegin + seconds) {}

  // `per_second` requests in each second, each taking `ms` in this layer.
  SideOf& saw(const OperationKey& key, std::uint64_t per_second, double ms,
              shm::Status status = shm::Status::ok) {
    for (std::uint64_t second = 0; second < seconds_; ++second) {
      in_second(key, second, per_second, ms, status);
    }
    return *this;
  }
  SideOf& in_second(const OperationKey& key, std::uint64_t second, std::uint64_t requests,
                    double ms, shm::Status status = shm::Status::ok) {
    Tally tally;
    for (std::uint64_t i = 0; i < requests; ++i) {
      Measurement m;
      m.duration_ns = static_cast<std::uint64_t>(std::llround(ms * kMs));
      m.status = status;
      tally.add(m);
    }
    builder_.add(key, kBegin + second, tally);
    return *this;
  }

  // The own times of the four layers, from the outside in, in ms.
  SideOf& chain(const std::string& method, std::uint64_t per_second, double client, double server,
                double ts_client, double daemon) {
    saw({"4-layer", "jsonrpc", "daemon", method}, per_second, daemon);
    saw({"4-layer", "jsonrpc", "ts-client", method}, per_second, daemon + ts_client);
    saw({"4-layer", "mcp", "mcp-server", method}, per_second, daemon + ts_client + server);
    return saw({"4-layer", "mcp", "mcp-client", method}, per_second,
               daemon + ts_client + server + client);
  }

  operator Observation() {  // watched all the time; use once
    builder_.observed(kBegin * 1'000'000'000, (kBegin + seconds_) * 1'000'000'000);
    return std::move(builder_).finish();
  }

 private:
  std::uint64_t seconds_;
  ObservationBuilder builder_;
};

OperationKey in_daemon(const std::string& operation, const std::string& stack = "4-layer") {
  return {stack, "jsonrpc", "daemon", operation};
}

const OwnTimeChange& row_of(const AddedTime& added, std::string_view operation,
                            std::string_view layer, std::string_view stack = "4-layer") {
  for (const OwnTimeChange& row : added.own_times) {
    if (row.operation == operation && row.layer == layer && row.stack == stack) return row;
  }
  throw std::out_of_range(std::string(operation) + " in " + std::string(layer));
}

const RateChange& rate_of(const AddedTime& added, std::string_view operation) {
  for (const RateChange& row : added.rates) {
    if (row.operation == operation) return row;
  }
  throw std::out_of_range(std::string(operation));
}

// Layer by layer, what was found of own times; layers that did not change are left out.
std::map<std::string, Change> proven_in(const AddedTime& added) {
  std::map<std::string, Change> out;
  for (const OwnTimeChange& row : added.own_times) {
    if (row.own_time.change != Change::not_proven) out[row.layer] = row.own_time.change;
  }
  return out;
}

void expect_sums(const AddedTime& added) {
  const TimePerSecond& t = added.total;
  EXPECT_NEAR(t.before + t.by_own_time + t.by_rate + t.by_new + t.by_vanished, t.after,
              1e-9 * (std::abs(t.before) + std::abs(t.after)));
  double own_times = added.own_times_left_out.added_per_second;
  for (const OwnTimeChange& row : added.own_times) own_times += row.added_per_second;
  EXPECT_NEAR(own_times, t.by_own_time, 1e-6);
  double rates = added.rates_left_out.added_per_second;
  for (const RateChange& row : added.rates) rates += row.added_per_second;
  EXPECT_NEAR(rates, t.by_rate + t.by_new + t.by_vanished, 1e-6);
}

TEST(AddedTime, ASlowerDaemonIsChargedToTheDaemonAndToNoLayerAroundIt) {
  const AddedTime added = added_time(SideOf().chain("goxel.fill", 10, 2, 1, 0.5, 1),
                                     SideOf().chain("goxel.fill", 10, 2, 1, 0.5, 1.5), {});
  EXPECT_THAT(proven_in(added), ElementsAre(std::pair("daemon", Change::more)));
  const OwnTimeChange& daemon = added.own_times.at(0);
  EXPECT_EQ(daemon.layer, "daemon");
  EXPECT_EQ(daemon.stack, "4-layer");
  EXPECT_EQ(daemon.operation, "goxel.fill");
  EXPECT_EQ(daemon.inner, "");
  EXPECT_EQ(daemon.requests_before, 600u);
  EXPECT_EQ(daemon.requests_after, 600u);
  EXPECT_NEAR(*daemon.own_time.a, 1 * kMs, 1e-3);
  EXPECT_NEAR(*daemon.own_time.b, 1.5 * kMs, 1e-3);
  EXPECT_NEAR(*daemon.own_time.shift, 0.5 * kMs, 1e-3);
  EXPECT_NEAR(daemon.added_per_second, 10 * 0.5 * kMs, 1e-2);
  EXPECT_EQ(row_of(added, "goxel.fill", "mcp-client").inner, "mcp-server");
  EXPECT_NEAR(*row_of(added, "goxel.fill", "mcp-client").own_time.b, 2 * kMs, 1e-3);
  // 10 requests a second, 4.5 ms before and 5 ms after.
  EXPECT_NEAR(added.total.before, 45 * kMs, 1);
  EXPECT_NEAR(added.total.after, 50 * kMs, 1);
  EXPECT_NEAR(added.total.by_own_time, 5 * kMs, 1);
  EXPECT_NEAR(added.total.by_rate, 0, 1e-6);
  expect_sums(added);
}

TEST(AddedTime, ASlowerTsClientIsChargedToItAndWhatGotFasterIsSaved) {
  const AddedTime added = added_time(SideOf().chain("goxel.fill", 10, 2, 1, 0.5, 1),
                                     SideOf().chain("goxel.fill", 10, 1.2, 1, 0.9, 1), {});
  EXPECT_THAT(proven_in(added), ElementsAre(std::pair("mcp-client", Change::less),
                                            std::pair("ts-client", Change::more)));
  EXPECT_NEAR(row_of(added, "goxel.fill", "mcp-client").added_per_second, 10 * -0.8 * kMs, 1e-2);
  EXPECT_NEAR(row_of(added, "goxel.fill", "ts-client").added_per_second, 10 * 0.4 * kMs, 1e-2);
  EXPECT_EQ(added.own_times[0].layer, "mcp-client");  // the largest, although it saved time
  EXPECT_EQ(added.own_times[1].layer, "ts-client");
  expect_sums(added);
}

// Every request takes as long as before. There are more of the slow ones.
TEST(AddedTime, AMixChangeAloneProvesNoChangeOfAnOwnTime) {
  const AddedTime added = added_time(
      SideOf().saw(in_daemon("goxel.quick"), 90, 1).saw(in_daemon("goxel.render"), 10, 10),
      SideOf().saw(in_daemon("goxel.quick"), 70, 1).saw(in_daemon("goxel.render"), 30, 10), {});
  EXPECT_THAT(proven_in(added), IsEmpty());
  EXPECT_NEAR(added.total.by_own_time, 0, 1e-6);
  const RateChange& render = added.rates.at(0);
  EXPECT_EQ(render.operation, "goxel.render");
  EXPECT_EQ(render.presence, Presence::both);
  EXPECT_EQ(render.rate.change, Change::more);
  EXPECT_NEAR(*render.rate.a, 10, 1e-9);
  EXPECT_NEAR(*render.rate.b, 30, 1e-9);
  EXPECT_NEAR(render.added_per_second, (30 - 10) * 10 * kMs, 1);
  EXPECT_EQ(rate_of(added, "goxel.quick").rate.change, Change::less);
  EXPECT_NEAR(rate_of(added, "goxel.quick").added_per_second, (70 - 90) * 1 * kMs, 1);
  EXPECT_NEAR(added.total.by_rate, 180 * kMs, 1);
  expect_sums(added);
}

// Simpson's paradox: each operation got faster, and the mean of all requests still rose.
TEST(AddedTime, WhatMoreSlowRequestsAddDoesNotHideThatEachGotFaster) {
  const AddedTime added = added_time(
      SideOf().saw(in_daemon("goxel.quick"), 90, 1).saw(in_daemon("goxel.render"), 10, 10),
      SideOf().saw(in_daemon("goxel.quick"), 70, 0.8).saw(in_daemon("goxel.render"), 30, 9), {});
  EXPECT_EQ(row_of(added, "goxel.quick", "daemon").own_time.change, Change::less);
  EXPECT_EQ(row_of(added, "goxel.render", "daemon").own_time.change, Change::less);
  // By the rates after: 70 * -0.2 + 30 * -1; by the times before: -20 * 1 + 20 * 10.
  EXPECT_NEAR(added.total.by_own_time, (-14 - 30) * kMs, 1);
  EXPECT_NEAR(added.total.by_rate, (-20 + 200) * kMs, 1);
  EXPECT_NEAR(added.total.before, (90 + 100) * kMs, 1);
  EXPECT_NEAR(added.total.after, (56 + 270) * kMs, 1);
  expect_sums(added);
}

TEST(AddedTime, AToolItsMethodAndEachProtocolAreOneOperation) {
  const auto side = [](double daemon) -> Observation {
    return SideOf()
        .saw({"4-layer", "mcp", "mcp-server", "goxel_add_voxels"}, 10, daemon + 1)
        .saw({"4-layer", "jsonrpc", "daemon", "goxel.add_voxel"}, 5, daemon)
        .saw({"4-layer", "mcp", "daemon", "goxel.add_voxel"}, 5, daemon);
  };
  const AddedTime added = added_time(side(1), side(1.5), {});
  ASSERT_THAT(added.own_times, SizeIs(2));
  EXPECT_EQ(row_of(added, "goxel.add_voxel", "daemon").requests_after, 600u);
  const OwnTimeChange& server = row_of(added, "goxel.add_voxel", "mcp-server");
  EXPECT_EQ(server.inner, "daemon");
  EXPECT_NEAR(*server.own_time.a, 1 * kMs, 1e-3);
  EXPECT_EQ(server.own_time.change, Change::not_proven);
  EXPECT_FALSE(server.counts_differ);
  EXPECT_THAT(added.rates, SizeIs(1));
}

TEST(AddedTime, StacksAreApartAndALayerThatIsMissingLeavesItsTimeToTheNextOuterOne) {
  const auto side = [](double client_of_two) -> Observation {
    return SideOf()
        .chain("goxel.fill", 10, 2, 1, 0.5, 1)
        .saw({"2-layer", "mcp", "mcp-client", "goxel_fill"}, 10, 1 + client_of_two)
        .saw({"2-layer", "mcp", "daemon", "goxel_fill"}, 10, 1);
  };
  const AddedTime added = added_time(side(0.3), side(0.6), {});
  const OwnTimeChange& client = row_of(added, "goxel.fill", "mcp-client", "2-layer");
  EXPECT_EQ(client.inner, "daemon");
  EXPECT_NEAR(*client.own_time.a, 0.3 * kMs, 1e-3);
  EXPECT_NEAR(*client.own_time.b, 0.6 * kMs, 1e-3);
  EXPECT_EQ(client.own_time.change, Change::more);
  EXPECT_THAT(added.own_times, SizeIs(6));
  EXPECT_THAT(proven_in(added), SizeIs(1));
}

// A client that begins to report, and a layer whose reports end, change what is known, not how long
// anything takes.
TEST(AddedTime, ALayerThatOnlyOneSideSawAddsAndSavesNothing) {
  const AddedTime added = added_time(SideOf()
                                         .saw({"4-layer", "mcp", "mcp-server", "m"}, 10, 3.5)
                                         .saw({"4-layer", "jsonrpc", "ts-client", "m"}, 10, 1.5)
                                         .saw(in_daemon("m"), 10, 1),
                                     SideOf()
                                         .saw({"4-layer", "mcp", "mcp-client", "m"}, 10, 9)
                                         .saw({"4-layer", "mcp", "mcp-server", "m"}, 10, 3.5)
                                         .saw(in_daemon("m"), 10, 1),
                                     {});
  EXPECT_EQ(added.layers_on_one_side, 2u);
  ASSERT_THAT(added.own_times, SizeIs(2));
  EXPECT_EQ(row_of(added, "m", "mcp-server").inner, "daemon");
  EXPECT_NEAR(*row_of(added, "m", "mcp-server").own_time.a, 2.5 * kMs, 1e-3);
  EXPECT_THAT(proven_in(added), IsEmpty());
  EXPECT_NEAR(added.total.after - added.total.before, 0, 1e-3);
  EXPECT_NEAR(rate_of(added, "m").added_per_second, 0, 1e-3);
}

// A picture of the later side alone would not show what vanished.
TEST(AddedTime, NewOperationsAndVanishedOnesAreNamedAndAreNoChangeOfAnOwnTime) {
  const AddedTime added = added_time(
      SideOf().saw(in_daemon("goxel.old"), 10, 3).saw(in_daemon("goxel.same"), 10, 1),
      SideOf().chain("goxel.new", 5, 2, 1, 0.5, 1).saw(in_daemon("goxel.same"), 10, 1), {});
  ASSERT_THAT(added.own_times, SizeIs(1));
  EXPECT_NEAR(*added.own_times[0].own_time.shift, 0, 1e-6);  // whatever else came and went
  ASSERT_THAT(added.rates, SizeIs(3));
  EXPECT_EQ(added.rates[0].operation, "goxel.old");
  EXPECT_EQ(added.rates[0].presence, Presence::only_before);
  EXPECT_NEAR(added.rates[0].added_per_second, -10 * 3 * kMs, 1);
  EXPECT_EQ(added.rates[0].rate.b, std::nullopt);
  EXPECT_EQ(added.rates[1].operation, "goxel.new");
  EXPECT_EQ(added.rates[1].presence, Presence::only_after);
  EXPECT_NEAR(added.rates[1].added_per_second, 5 * 4.5 * kMs, 1);  // all its layers
  EXPECT_EQ(added.rates[1].rate.a, std::nullopt);
  EXPECT_NEAR(*added.rates[1].rate.b, 5, 1e-9);
  EXPECT_NEAR(added.total.by_new, 22.5 * kMs, 1);
  EXPECT_NEAR(added.total.by_vanished, -30 * kMs, 1);
  EXPECT_NEAR(added.total.by_rate, 0, 1e-6);
  EXPECT_EQ(added.layers_on_one_side, 0u);
  expect_sums(added);
}

// Before, it hung. It is not new when its requests are answered at last.
TEST(AddedTime, AnOperationThatNobodyAnsweredBeforeIsNotNew) {
  const AddedTime added =
      added_time(SideOf().saw(in_daemon("goxel.fill"), 10, 0, shm::Status::unanswered),
                 SideOf().saw(in_daemon("goxel.fill"), 10, 2), {});
  EXPECT_THAT(added.own_times, IsEmpty());
  EXPECT_EQ(rate_of(added, "goxel.fill").presence, Presence::both);
  EXPECT_EQ(rate_of(added, "goxel.fill").rate.change, Change::too_little_data);
  EXPECT_NEAR(added.total.by_rate, 20 * kMs, 1);
  expect_sums(added);
}

TEST(AddedTime, SidesWithNothingInCommonAndEmptySidesHaveNoChangesOfOwnTimes) {
  const auto a = [] { return SideOf().saw(in_daemon("a"), 10, 1); };
  const AddedTime apart = added_time(a(), SideOf().saw(in_daemon("b"), 10, 1), {});
  EXPECT_THAT(apart.own_times, IsEmpty());
  EXPECT_EQ(rate_of(apart, "a").presence, Presence::only_before);
  EXPECT_EQ(rate_of(apart, "b").presence, Presence::only_after);

  const AddedTime no_layer =
      added_time(a(), SideOf().saw({"4-layer", "mcp", "mcp-client", "a"}, 10, 3), {});
  EXPECT_THAT(no_layer.own_times, IsEmpty());
  EXPECT_THAT(no_layer.rates, IsEmpty());
  EXPECT_EQ(no_layer.layers_on_one_side, 2u);

  for (const AddedTime& empty : {added_time({}, {}, {}), added_time(SideOf(), SideOf(), {})}) {
    EXPECT_THAT(empty.own_times, IsEmpty());
    EXPECT_THAT(empty.rates, IsEmpty());
    EXPECT_EQ(empty.total.before, 0);
    EXPECT_EQ(empty.total.after, 0);
  }
  EXPECT_NEAR(added_time({}, a(), {}).total.by_new, 10 * kMs, 1);
  EXPECT_NEAR(added_time(a(), {}, {}).total.by_vanished, -10 * kMs, 1);
}

// A longer stretch has more requests, not more of them in a second.
TEST(AddedTime, HowLongTheStretchesAreDoesNotMatter) {
  const AddedTime added = added_time(SideOf(240).chain("goxel.fill", 10, 2, 1, 0.5, 1),
                                     SideOf(60).chain("goxel.fill", 10, 2, 1, 0.5, 1), {});
  EXPECT_NEAR(added.total.before, added.total.after, 1e-3);
  EXPECT_NEAR(rate_of(added, "goxel.fill").added_per_second, 0, 1e-3);
  EXPECT_EQ(rate_of(added, "goxel.fill").rate.change, Change::not_proven);
}

TEST(AddedTime, RatesAreOfWatchedTime) {
  ObservationBuilder half(kBegin, kBegin + 60);  // watched for 30 s of it
  half.observed(kBegin * 1'000'000'000, (kBegin + 30) * 1'000'000'000);
  Tally tally;
  for (int i = 0; i < 10; ++i) tally.add({.duration_ns = 1'000'000});
  for (std::uint64_t second = 0; second < 30; ++second) {
    half.add(in_daemon("goxel.fill"), kBegin + second, tally);
  }
  const AddedTime added =
      added_time(SideOf().saw(in_daemon("goxel.fill"), 10, 0.5), std::move(half).finish(), {});
  EXPECT_NEAR(*rate_of(added, "goxel.fill").rate.b, 10, 1e-9);
  EXPECT_NEAR(row_of(added, "goxel.fill", "daemon").added_per_second, 10 * 0.5 * kMs, 1);
}

TEST(AddedTime, FewRequestsOrFewBlocksHaveAChangeButNoInterval) {
  const auto side = [](double ms, std::uint64_t seconds, std::uint64_t per_second) -> Observation {
    SideOf out;
    for (std::uint64_t second = 0; second < seconds; ++second) {
      out.in_second(in_daemon("goxel.fill"), second, per_second, ms);
    }
    return out;
  };
  const auto change = [&](std::uint64_t seconds, std::uint64_t per_second) {
    return added_time(side(1, seconds, per_second), side(2, seconds, per_second), {})
        .own_times.at(0)
        .own_time;
  };
  EXPECT_EQ(change(29, 1).change, Change::too_little_data);
  EXPECT_NEAR(*change(29, 1).shift, 1 * kMs, 1e-3);
  EXPECT_EQ(change(29, 1).low, std::nullopt);
  EXPECT_EQ(change(30, 1).change, Change::more);
  EXPECT_EQ(change(7, 100).change, Change::too_little_data);
  EXPECT_EQ(change(8, 100).change, Change::more);
}

// A mean can be moved by one request. That it was moved is true; that requests take longer is not.
TEST(AddedTime, OneVerySlowRequestProvesNothing) {
  const AddedTime added = added_time(
      SideOf().saw(in_daemon("goxel.fill"), 10, 1),
      SideOf().saw(in_daemon("goxel.fill"), 10, 1).in_second(in_daemon("goxel.fill"), 20, 1, 9'000),
      {});
  const Shift& own_time = added.own_times.at(0).own_time;
  EXPECT_NEAR(*own_time.shift, 8'999.0 / 601 * kMs, 1);
  EXPECT_EQ(own_time.change, Change::not_proven);
  EXPECT_LT(*own_time.low, 0);
}

// The inner layer's mean is as uncertain as its requests are few.
TEST(AddedTime, AnInnerLayerWithFewRequestsLeavesTheOuterOneWithoutAnInterval) {
  const auto side = [](double server) -> Observation {
    SideOf out;
    out.saw({"4-layer", "mcp", "mcp-server", "goxel.fill"}, 10, server);
    for (std::uint64_t second = 0; second < 29; ++second) {
      out.in_second(in_daemon("goxel.fill"), second, 1, 1);
    }
    return out;
  };
  const AddedTime added = added_time(side(2), side(3), {});
  const OwnTimeChange& server = row_of(added, "goxel.fill", "mcp-server");
  EXPECT_EQ(server.own_time.change, Change::too_little_data);
  EXPECT_TRUE(server.counts_differ);
}

// The share is of the layer's whole mean, inner layers included: an own time may be near 0.
TEST(AddedTime, AChangeBelowWhatIsRelevantOfTheLayersMeanIsNotProven) {
  const auto change = [](double before, double after, double least) {
    const auto side = [](double server) -> Observation {
      return SideOf()
          .saw({"4-layer", "mcp", "mcp-server", "goxel.fill"}, 10, 10 + server)
          .saw(in_daemon("goxel.fill"), 10, 10);
    };
    AddedTimeOptions options;
    options.least_relevant = least;
    return row_of(added_time(side(before), side(after), options), "goxel.fill", "mcp-server")
        .own_time.change;
  };
  // From 10 ms to 10.49 and 10.51 ms.
  EXPECT_EQ(change(0, 0.49, 0.05), Change::not_proven);
  EXPECT_EQ(change(0, 0.51, 0.05), Change::more);
  EXPECT_EQ(change(0.49, 0, 0.05), Change::not_proven);
  EXPECT_EQ(change(0.51, 0, 0.05), Change::less);
  EXPECT_EQ(change(0, 0.49, 0.04), Change::more);
}

TEST(AddedTime, AChangeOfARateBelowWhatIsRelevantIsNotProven) {
  const auto change = [](std::uint64_t before, std::uint64_t after) {
    const AddedTime added = added_time(SideOf().saw(in_daemon("goxel.fill"), before, 1),
                                       SideOf().saw(in_daemon("goxel.fill"), after, 1), {});
    return rate_of(added, "goxel.fill").rate.change;
  };
  EXPECT_EQ(change(100, 104), Change::not_proven);
  EXPECT_EQ(change(100, 106), Change::more);
  EXPECT_EQ(change(104, 100), Change::not_proven);
  EXPECT_EQ(change(106, 100), Change::less);
}

// The mean's estimate is on the logarithmic scale: its standard error there, times the mean, is that
// in nanoseconds.
TEST(AddedTime, TheIntervalOfTheInnermostLayerIsThatOfItsMean) {
  std::mt19937_64 random(13);
  const Observation a = simulated_chains({}, 1, 60, random);
  const Observation b = simulated_chains({}, 1, 90, random);
  const auto mean = [](const Observation& side) {
    const BlockSeries& series = side.operations.at(in_daemon("goxel.operation_0"));
    const Estimate estimate = estimate_latency(side, {stratum_of({&series})}).mean.value();
    const double ns = std::exp(estimate.value);
    return symmetric_estimate(ns, ns * (estimate.limits(1).high - estimate.value),
                              estimate.degrees);
  };
  const Difference expected = difference(mean(a), mean(b), 0.9);
  AddedTimeOptions options;
  options.level = 0.9;
  options.layer = "daemon";
  const Shift own_time = added_time(a, b, options).own_times.at(0).own_time;
  EXPECT_NEAR(*own_time.shift, expected.value, 1e-3);
  EXPECT_NEAR(*own_time.low, expected.interval.low, 1e-3);
  EXPECT_NEAR(*own_time.high, expected.interval.high, 1e-3);
  EXPECT_NEAR(*own_time.p, expected.p, 1e-9);
}

TEST(AddedTime, ThatTheLayersDidNotCountTheSameRequestsIsSaid) {
  const auto side = [](std::uint64_t in_server) -> Observation {
    return SideOf()
        .saw({"4-layer", "mcp", "mcp-server", "goxel.fill"}, in_server, 1)
        .saw(in_daemon("goxel.fill"), 100, 2);
  };
  const auto differ = [&](std::uint64_t before, std::uint64_t after) {
    return row_of(added_time(side(before), side(after), {}), "goxel.fill", "mcp-server")
        .counts_differ;
  };
  EXPECT_FALSE(differ(100, 95));
  EXPECT_TRUE(differ(100, 94));
  EXPECT_TRUE(differ(94, 100));
  const AddedTime added = added_time(side(50), side(50), {});
  EXPECT_FALSE(row_of(added, "goxel.fill", "daemon").counts_differ);
  EXPECT_NEAR(*rate_of(added, "goxel.fill").rate.b, 100, 1e-9);  // the innermost layer's
  EXPECT_NEAR(*row_of(added, "goxel.fill", "mcp-server").own_time.a, -1 * kMs, 1e-3);
  expect_sums(added);
}

// The two layers' means go up and down together. What lies between them is the same each time, so
// it is known exactly, although neither mean is.
TEST(AddedTime, AnOwnTimeIsAsCertainAsTheDifferenceNotAsTheTwoMeans) {
  const auto side = [](double server, unsigned seed) -> Observation {
    SideOf out;
    std::mt19937_64 random(seed);
    std::lognormal_distribution<double> daemon(0, 1.2);
    for (std::uint64_t second = 0; second < kSeconds; ++second) {
      for (int i = 0; i < 10; ++i) {
        const double ms = std::round(daemon(random) * 1e6) / 1e6;
        out.in_second(in_daemon("goxel.fill"), second, 1, ms);
        out.in_second({"4-layer", "mcp", "mcp-server", "goxel.fill"}, second, 1, ms + server);
      }
    }
    return out;
  };
  const AddedTime added = added_time(side(1, 1), side(1.25, 2), {});
  const Shift& server = row_of(added, "goxel.fill", "mcp-server").own_time;
  EXPECT_NEAR(*server.low, 0.25 * kMs, 1);
  EXPECT_NEAR(*server.high, 0.25 * kMs, 1);
  EXPECT_EQ(server.change, Change::more);
  const Shift& in_the_daemon = row_of(added, "goxel.fill", "daemon").own_time;
  EXPECT_GT(*in_the_daemon.high - *in_the_daemon.low, 0.25 * kMs);
  EXPECT_EQ(in_the_daemon.change, Change::not_proven);
}

TEST(AddedTime, TheOtherWayRoundSaysTheOppositeOfEachRequest) {
  std::mt19937_64 random(11);
  const Observation a = simulated_chains({}, 3, 60, random);
  const Observation b = simulated_chains({.median_ns = {6e5, 9e5, 1e6}}, 3, 90, random);
  const AddedTime forth = added_time(a, b, {});
  const AddedTime back = added_time(b, a, {});
  ASSERT_THAT(forth.own_times, SizeIs(9));
  for (const OwnTimeChange& row : forth.own_times) {
    const Shift& there = row.own_time;
    const Shift& here = row_of(back, row.operation, row.layer).own_time;
    EXPECT_NEAR(*there.shift, -*here.shift, 1e-3);
    EXPECT_NEAR(*there.low, -*here.high, 1e-3);
    EXPECT_NEAR(*there.high, -*here.low, 1e-3);
    EXPECT_NEAR(*there.p, *here.p, 1e-9);
  }
  expect_sums(forth);
  expect_sums(back);
}

// All rows are questions about the same data, also the rows that are left out.
TEST(AddedTime, AProbabilityIsAdjustedForAllRows) {
  std::mt19937_64 random(12);
  const Observation a = simulated_chains({.request_sd = 0.5}, 1, 60, random);
  Observation b =
      simulated_chains({.median_ns = {6e5, 3e5, 1.3e6}, .request_sd = 0.5}, 1, 60, random);
  AddedTimeOptions one;
  one.layer = "daemon";
  const double alone = *added_time(a, b, one).own_times.at(0).own_time.p;
  ASSERT_GT(alone, 0);
  ASSERT_LT(alone, 0.2);
  // Four operations that are the same on both sides: their p values are 1.
  Observation before = a;
  Observation after = b;
  for (const char* name : {"w", "x", "y", "z"}) {
    before.operations[in_daemon(name)] = after.operations[in_daemon(name)] =
        a.operations.at(in_daemon("goxel.operation_0"));
  }
  for (const std::size_t most : {std::size_t{1}, std::size_t{20}}) {
    one.most_rows = most;
    const AddedTime added = added_time(before, after, one);
    EXPECT_NEAR(*row_of(added, "goxel.operation_0", "daemon").own_time.p, 5 * alone, 1e-9 * alone);
  }
}

TEST(AddedTime, HasNoMoreRowsThanAskedForAndSaysWhatTheOthersAdd) {
  SideOf before, after;
  for (int i = 1; i <= 30; ++i) {
    const std::string name = "op" + std::to_string(i);
    before.saw(in_daemon(name), 1, 10);
    after.saw(in_daemon(name), 2, 10 + i);
  }
  AddedTimeOptions options;
  options.most_rows = 3;
  const AddedTime added = added_time(before, after, options);
  ASSERT_THAT(added.own_times, SizeIs(3));
  EXPECT_EQ(added.own_times[0].operation, "op30");
  EXPECT_EQ(added.own_times[1].operation, "op29");
  EXPECT_EQ(added.own_times[2].operation, "op28");
  EXPECT_EQ(added.own_times_left_out.rows, 27u);
  // 2 a second, of 1 + 2 + … + 27 ms.
  EXPECT_NEAR(added.own_times_left_out.added_per_second, 2 * 27 * 28 / 2 * kMs, 1);
  EXPECT_THAT(added.rates, SizeIs(3));
  EXPECT_EQ(added.rates_left_out.rows, 27u);
  EXPECT_NEAR(added.rates_left_out.added_per_second, 27 * 10 * kMs, 1);
  expect_sums(added);
}

// A large number that may be luck does not push out a smaller one that is not.
TEST(AddedTime, ProvenRowsAreKeptBeforeOthers) {
  const auto side = [](double proven_ms, double few_ms) -> Observation {
    SideOf out;
    out.saw(in_daemon("goxel.proven"), 10, proven_ms).saw(in_daemon("goxel.same"), 10, 1);
    out.in_second(in_daemon("goxel.few"), 0, 20, few_ms);
    return out;
  };
  AddedTimeOptions options;
  const AddedTime both = added_time(side(1, 1), side(2, 1'000), options);
  EXPECT_EQ(both.own_times.at(0).operation, "goxel.few");
  EXPECT_EQ(both.own_times.at(1).operation, "goxel.proven");
  options.most_rows = 1;
  const AddedTime one = added_time(side(1, 1), side(2, 1'000), options);
  EXPECT_EQ(one.own_times.at(0).operation, "goxel.proven");
  EXPECT_EQ(one.own_times_left_out.rows, 2u);
  options.most_rows = 2;  // where there is room, the largest is still the first
  const AddedTime two = added_time(side(1, 1), side(2, 1'000), options);
  EXPECT_EQ(two.own_times.at(0).operation, "goxel.few");
  EXPECT_EQ(two.own_times.at(1).operation, "goxel.proven");
}

TEST(AddedTime, CanBeOfOneOperationStackOrLayer) {
  const auto side = [](double daemon) -> Observation {
    return SideOf()
        .chain("goxel.add_voxel", 10, 2, 1, 0.5, daemon)
        .chain("goxel.fill", 10, 2, 1, 0.5, daemon)
        .saw(in_daemon("goxel_add_voxels", "2-layer"), 10, daemon);
  };
  const auto count = [&](const AddedTimeOptions& options) {
    const AddedTime added = added_time(side(1), side(2), options);
    expect_sums(added);
    return added.own_times.size();
  };
  EXPECT_EQ(count({}), 9u);
  AddedTimeOptions options;
  options.operation = "goxel_add_voxels";  // the tool
  EXPECT_EQ(count(options), 5u);
  options.stack = "4-layer";
  EXPECT_EQ(count(options), 4u);
  options.layer = "ts-client";  // whose own time is still without the daemon's
  const AddedTime added = added_time(side(1), side(2), options);
  ASSERT_THAT(added.own_times, SizeIs(1));
  EXPECT_NEAR(*added.own_times[0].own_time.b, 0.5 * kMs, 1e-3);
  options.stack = "none";
  EXPECT_EQ(count(options), 0u);
}

TEST(AddedTime, ALayerWhosePlaceIsNotKnownIsLeftOut) {
  const auto side = [](double ms) -> Observation {
    return SideOf()
        .saw({"4-layer", "mcp", "gateway", "goxel.fill"}, 10, ms)
        .saw(in_daemon("goxel.fill"), 10, 1);
  };
  const AddedTime added = added_time(side(1), side(2), {});
  EXPECT_THAT(added.own_times, SizeIs(1));
  EXPECT_NEAR(added.total.after, 10 * kMs, 1);
}

// Heavy tails (log-normal, sigma 1.2), a level that wanders, and one that all layers share.
constexpr ChainBehaviour kHeavy;

// Of 1,000 intervals at 95 %, 950 contain the truth, with a standard deviation of 6.9. As in
// coverage_test.cpp, 93 to 97 % are as promised, and four standard deviations are left to luck.
TEST(AddedTimeCoverage, IntervalsOfOwnTimesContainTheTruth) {
  constexpr int kRounds = 1'000;
  ChainBehaviour after = kHeavy;
  after.median_ns[1] *= 2;  // the one in the middle
  after.requests_per_second *= 1.5;
  std::mt19937_64 random(1);
  const auto percent = own_time_coverage(kHeavy, after, 120, kRounds, random);
  for (std::size_t layer = 0; layer < percent.size(); ++layer) {
    EXPECT_GT(percent[layer], 93 - 4 * std::sqrt(93.0 * 7 / kRounds)) << kSimulatedLayers[layer];
    EXPECT_LT(percent[layer], 97 + 4 * std::sqrt(97.0 * 3 / kRounds)) << kSimulatedLayers[layer];
  }
}

// 12 own times and 4 rates of sides that behave alike: in at most 5 % of the pairs is any of them
// called more or less, however small a change may be. Four standard deviations are left to luck.
TEST(AddedTimeCoverage, SidesThatBehaveAlikeAreSeldomToldApart) {
  constexpr int kRounds = 400;
  AddedTimeOptions options;
  options.least_relevant = 0;
  std::mt19937_64 random(2);
  const FalseProofs found = false_proofs(kHeavy, 4, 120, kRounds, options, random);
  const double most = kRounds * 0.05 + 4 * std::sqrt(kRounds * 0.05 * 0.95);
  EXPECT_LE(found.own_times, most);
  EXPECT_LE(found.rates, most);
}

}  // namespace
}  // namespace goxel_telemetry::metrics
