// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/regression/hop_means.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace goxel_telemetry::metrics {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

Breakdown joined(std::int64_t server_ns, std::int64_t daemon_ns) {
  Breakdown breakdown;
  breakdown.source = BreakdownSource::joined;
  breakdown.hops.resize(2);
  breakdown.hops[0].outer = "mcp-server";
  breakdown.hops[0].mean_ns = server_ns;
  breakdown.hops[1].outer = "daemon";
  breakdown.hops[1].mean_ns = daemon_ns;
  return breakdown;
}

StackWindow& last_minute(StackView& stack) {
  return stack.windows[static_cast<std::size_t>(Window::one_minute)];
}

TEST(HopMeans, AreThoseOfTheLastMinuteByStackAndMethod) {
  LayersView view;
  StackView& stack = view.stacks.emplace_back();
  stack.stack = "4-layer";
  last_minute(stack).breakdown = joined(30, 70);
  last_minute(stack).operations = {{"goxel_add_voxels", joined(10, 20)}, {"ping", joined(1, 2)}};
  stack.windows[static_cast<std::size_t>(Window::five_minutes)].operations = {
      {"goxel_fill", joined(5, 5)}};
  const HopMeansByOperation means = hop_means(view);
  EXPECT_THAT(
      means,
      ElementsAre(
          Pair(Pair("4-layer", ""), ElementsAre(Pair("mcp-server", 30), Pair("daemon", 70))),
          Pair(Pair("4-layer", "goxel.add_voxel"),
               ElementsAre(Pair("mcp-server", 10), Pair("daemon", 20))),
          Pair(Pair("4-layer", "ping"), ElementsAre(Pair("mcp-server", 1), Pair("daemon", 2)))));
}

TEST(HopMeans, OfTwoNamesOfOneMethodThatWhichTookMostTimeComesFirst) {
  LayersView view;
  StackView& stack = view.stacks.emplace_back();
  stack.stack = "4-layer";
  last_minute(stack).operations = {{"goxel_add_voxels", joined(10, 20)},
                                   {"goxel.add_voxel", joined(1, 2)}};
  EXPECT_THAT(hop_means(view), ElementsAre(Pair(Pair("4-layer", "goxel.add_voxel"),
                                                ElementsAre(Pair("mcp-server", 10), testing::_))));
}

TEST(HopMeans, DifferencesOfMeansOfOtherOperationsAreNone) {
  LayersView view;
  StackView& stack = view.stacks.emplace_back();
  last_minute(stack).breakdown = joined(30, 70);
  last_minute(stack).breakdown.source = BreakdownSource::by_subtraction;
  EXPECT_THAT(hop_means(view), IsEmpty());
}

TEST(LayerShifts, TheGreatestPartIsFirstAndSharesAddUp) {
  const auto shifts = layer_shifts({{"mcp-server", 10}, {"ts-client", 5}, {"daemon", 100}},
                                   {{"mcp-server", 20}, {"ts-client", 3}, {"daemon", 132}});
  ASSERT_EQ(shifts.size(), 3U);
  EXPECT_EQ(shifts[0].layer, "daemon");
  EXPECT_DOUBLE_EQ(shifts[0].shift_ns, 32);
  EXPECT_DOUBLE_EQ(shifts[0].share, 0.8);
  EXPECT_EQ(shifts[1].layer, "mcp-server");
  EXPECT_DOUBLE_EQ(shifts[1].share, 0.25);
  EXPECT_EQ(shifts[2].layer, "ts-client");
  EXPECT_DOUBLE_EQ(shifts[2].shift_ns, -2);
  EXPECT_DOUBLE_EQ(shifts[2].share, -0.05);
}

TEST(LayerShifts, AreUnknownIfLayersDifferOrNothingBecameSlower) {
  EXPECT_THAT(layer_shifts({{"daemon", 1}}, {{"mcp-server", 1}, {"daemon", 2}}), IsEmpty());
  EXPECT_THAT(layer_shifts({{"mcp-server", 1}, {"daemon", 1}}, {{"ts-client", 1}, {"daemon", 2}}),
              IsEmpty());
  EXPECT_THAT(layer_shifts({{"daemon", 2}}, {{"daemon", 1}}), IsEmpty());
  EXPECT_THAT(layer_shifts({{"daemon", 2}}, {{"daemon", 2}}), IsEmpty());
  EXPECT_THAT(layer_shifts({}, {}), IsEmpty());
}

HopMeansByOperation daemon_takes(double ns) {
  return {{{"4-layer", ""}, {{"daemon", ns}}}};
}
double daemon_of(const HopMeansByOperation& means) {
  return means.at({"4-layer", ""}).front().second;
}

TEST(KeptHopMeans, AreAsOfATickOrTheOldestKnown) {
  KeptHopMeans kept;
  EXPECT_THAT(kept.latest(), IsEmpty());
  EXPECT_THAT(kept.as_of(5), IsEmpty());
  for (const std::uint64_t tick : {10u, 11u, 13u})
    kept.add(tick, daemon_takes(static_cast<double>(tick)));
  EXPECT_EQ(daemon_of(kept.latest()), 13);
  EXPECT_EQ(daemon_of(kept.as_of(9)), 10);
  EXPECT_EQ(daemon_of(kept.as_of(10)), 10);
  EXPECT_EQ(daemon_of(kept.as_of(12)), 11);
  EXPECT_EQ(daemon_of(kept.as_of(13)), 13);
  EXPECT_EQ(daemon_of(kept.as_of(100)), 13);
}

TEST(KeptHopMeans, AreBounded) {
  KeptHopMeans kept;
  for (std::uint64_t tick = 1; tick <= KeptHopMeans::kMost + 2; ++tick)
    kept.add(tick, daemon_takes(static_cast<double>(tick)));
  EXPECT_EQ(daemon_of(kept.as_of(0)), 3);
}

}  // namespace
}  // namespace goxel_telemetry::metrics
