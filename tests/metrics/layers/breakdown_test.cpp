// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/layers/breakdown.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace goxel_telemetry::metrics {
namespace {

using testing::ElementsAre;

Tally durations(std::initializer_list<std::uint64_t> ns, std::uint64_t wait_ns = 0,
                std::uint64_t send_ns = 0) {
  Tally tally;
  for (const std::uint64_t duration : ns) {
    Measurement m;
    m.duration_ns = duration;
    tally.add(m);
  }
  tally.wait_ns = wait_ns;
  tally.send_ns = send_ns;
  return tally;
}

// In the first window only.
WindowTallies first(const Tally& tally) {
  WindowTallies tallies;
  tallies[0] = tally;
  return tallies;
}

// `count` operations of `ns` each, without any hop's cost.
ChainTotals chain(LayerSet layers, std::uint64_t count, std::uint64_t ns) {
  ChainTotals totals;
  totals.layers = layers;
  Tally tally;
  for (std::uint64_t i = 0; i < count; ++i) tally.merge(durations({ns}));
  totals.duration[0] = tally;
  totals.hops.resize(layers_in(layers).size());
  totals.hops.back().cost[0] = tally;
  return totals;
}

constexpr LayerSet kClientAndDaemon = 1 | 8;
constexpr LayerSet kServerAndDaemon = 2 | 8;
constexpr LayerSet kAll = 1 | 2 | 4 | 8;

std::vector<std::string> rows(const Breakdown& breakdown) {
  std::vector<std::string> rows;
  for (const Hop& hop : breakdown.hops) {
    rows.push_back(hop.name + ": " + hop.outer + '>' + hop.inner + ' ' +
                   std::to_string(hop.mean_ns));
  }
  return rows;
}

// Three operations of 10, 20 and 31 ns at the client, of which 4, 5 and 6 at the daemon.
TEST(Breakdown, OfJoinedOperationsHasEachHopsCostAndWays) {
  ChainTotals totals;
  totals.layers = kClientAndDaemon;
  totals.duration = first(durations({10, 20, 31}));
  totals.hops.resize(2);
  totals.hops[0].cost = first(durations({6, 15, 25}, 30, 12));
  totals.hops[0].there = first(durations({5, 10, 15}));
  totals.hops[0].back = first(durations({1, 5, 6}));
  totals.hops[1].cost = first(durations({4, 5, 6}, 7, 7));
  const auto breakdowns = joined_breakdowns({totals});
  const Breakdown& breakdown = breakdowns[0];
  EXPECT_EQ(breakdown.source, BreakdownSource::joined);
  EXPECT_EQ(breakdown.operations, 3u);
  EXPECT_EQ(breakdown.other_chains, 0u);
  EXPECT_EQ(breakdown.mean_ns, 20);  // 61 / 3 = 20.3
  EXPECT_EQ(breakdown.duration.value().max_ns, 31u);
  EXPECT_THAT(rows(breakdown),
              ElementsAre("MCP Client → Daemon: mcp-client>daemon 15", "Daemon: daemon> 5"));
  const Hop& hop = breakdown.hops[0];
  EXPECT_DOUBLE_EQ(hop.share, 0.75);
  EXPECT_EQ(hop.cost.value().max_ns, 25u);
  EXPECT_DOUBLE_EQ(hop.mean_there_ns.value(), 10);
  EXPECT_DOUBLE_EQ(hop.mean_back_ns.value(), 4);
  EXPECT_EQ(hop.there.value().max_ns, 15u);
  EXPECT_EQ(hop.back.value().max_ns, 6u);
  const Hop& daemon = breakdown.hops[1];
  EXPECT_DOUBLE_EQ(daemon.share, 0.25);
  EXPECT_EQ(daemon.cost.value().max_ns, 6u);
  EXPECT_FALSE(daemon.mean_there_ns || daemon.mean_back_ns || daemon.there || daemon.back);
  for (std::size_t window = 1; window < kWindowCount; ++window) {
    EXPECT_EQ(breakdowns[window].source, BreakdownSource::none);
  }
}

TEST(Breakdown, OfASingleOperationNameHasNoDistributionsOfItsWays) {
  ChainTotals totals = chain(kClientAndDaemon, 2, 10);
  totals.hops[0].cost = first(durations({0, 0}, 8, 2));
  const Breakdown breakdown = joined_breakdowns({totals})[0];
  EXPECT_DOUBLE_EQ(breakdown.hops.at(0).mean_there_ns.value(), 4);
  EXPECT_DOUBLE_EQ(breakdown.hops.at(0).mean_back_ns.value(), 1);
  EXPECT_FALSE(breakdown.hops[0].there || breakdown.hops[0].back);
}

// Of chains with as many operations, of more layers; then of the ones further in.
TEST(Breakdown, IsOfTheChainOfMostOperationsAndCountsTheOthers) {
  const auto names = [](const std::vector<ChainTotals>& chains) {
    const Breakdown breakdown = joined_breakdowns(chains)[0];
    return breakdown.hops.at(0).name + ", " + std::to_string(breakdown.operations) + " and " +
           std::to_string(breakdown.other_chains);
  };
  EXPECT_EQ(
      names({chain(kAll, 2, 5), chain(kClientAndDaemon, 3, 5), chain(kServerAndDaemon, 2, 5)}),
      "MCP Client → Daemon, 3 and 4");
  EXPECT_EQ(
      names({chain(kClientAndDaemon, 3, 5), chain(kAll, 3, 5), chain(kServerAndDaemon, 3, 5)}),
      "MCP Client → Server, 3 and 6");
  EXPECT_EQ(names({chain(kServerAndDaemon, 3, 5), chain(kClientAndDaemon, 3, 5)}),
            "Server → Daemon, 3 and 3");
  EXPECT_EQ(names({chain(kClientAndDaemon, 3, 5), chain(kServerAndDaemon, 3, 5)}),
            "Server → Daemon, 3 and 3");
}

TEST(Breakdown, WithoutOperationsIsNone) {
  for (const auto& chains : std::vector<std::vector<ChainTotals>>{{}, {chain(kAll, 0, 5)}}) {
    for (const Breakdown& breakdown : joined_breakdowns(chains)) {
      EXPECT_EQ(breakdown.source, BreakdownSource::none);
      EXPECT_TRUE(breakdown.hops.empty());
    }
  }
}

// 2, 5 and 8 operations: means of 100, 40.4 and 19.5, of which the last is rounded up.
TEST(Breakdown, BySubtractionIsOfTheMeansThatLayersSaw) {
  const Breakdown breakdown = subtracted_breakdown(
      {{Layer::mcp_client, 2, 200}, {Layer::mcp_server, 5, 202}, {Layer::ts_client, 8, 156}});
  EXPECT_EQ(breakdown.source, BreakdownSource::by_subtraction);
  EXPECT_EQ(breakdown.operations, 2u);
  EXPECT_EQ(breakdown.mean_ns, 100);
  EXPECT_FALSE(breakdown.duration);
  EXPECT_THAT(rows(breakdown), ElementsAre("MCP Client → Server: mcp-client>mcp-server 60",
                                           "Server → TS Client: mcp-server>ts-client 20",
                                           "TS Client and what lies in it: ts-client> 20"));
  EXPECT_DOUBLE_EQ(breakdown.hops[0].share, 0.6);
  EXPECT_DOUBLE_EQ(breakdown.hops[2].share, 0.2);
  EXPECT_FALSE(breakdown.hops[0].cost || breakdown.hops[0].mean_there_ns);
}

TEST(Breakdown, BySubtractionMayBeNegativeAndNeedsTwoLayers) {
  const Breakdown negative =
      subtracted_breakdown({{Layer::mcp_client, 1, 30}, {Layer::daemon, 1, 40}});
  EXPECT_THAT(rows(negative),
              ElementsAre("MCP Client → Daemon: mcp-client>daemon -10", "Daemon: daemon> 40"));
  EXPECT_EQ(subtracted_breakdown({{Layer::daemon, 1, 40}}).source, BreakdownSource::none);
  EXPECT_EQ(subtracted_breakdown({}).source, BreakdownSource::none);
}

TEST(Breakdown, OfNoTimeAtAllHasNoShares) {
  const Breakdown breakdown =
      subtracted_breakdown({{Layer::mcp_client, 3, 0}, {Layer::daemon, 3, 0}});
  EXPECT_EQ(breakdown.hops.at(0).share, 0);
  EXPECT_EQ(breakdown.hops.at(1).share, 0);
}

TEST(Breakdown, SaysWhereItComesFrom) {
  EXPECT_STREQ(to_string(BreakdownSource::none), "none");
  EXPECT_STREQ(to_string(BreakdownSource::joined), "joined");
  EXPECT_STREQ(to_string(BreakdownSource::by_subtraction), "by_subtraction");
}

}  // namespace
}  // namespace goxel_telemetry::metrics
