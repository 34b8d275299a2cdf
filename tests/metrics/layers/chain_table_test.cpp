// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/layers/chain_table.h"

#include <gtest/gtest.h>

#include "metrics/live/operation_table.h"

namespace goxel_telemetry::metrics {
namespace {

constexpr std::uint64_t kSecond = 1'000'000'000;

JoinedOperation two_layers(std::uint32_t name, std::uint64_t end_ns) {
  JoinedOperation operation;
  operation.name = name;
  operation.layers = set_of(Layer::mcp_client) | set_of(Layer::daemon);
  operation.end_ns = end_ns;
  operation.time_ns = {100, 0, 0, 60};
  operation.there_ns[0] = 30;
  operation.back_ns[0] = 10;
  return operation;
}

TEST(ChainTable, CountsAnOperationOnceForItselfAndOnceForItsStack) {
  ChainTable table;
  table.advance(10);
  table.add(two_layers(table.number_of("2-layer", "add"), 10 * kSecond));
  table.add(two_layers(table.number_of("2-layer", "get"), 10 * kSecond));
  table.advance(11);
  ASSERT_EQ(table.chains().size(), 3u);
  std::uint64_t of_stack = 0;
  for (auto& [key, chain] : table.chains()) {
    const Tally hop = chain.hops.at(0).cost.totals()[0];
    EXPECT_EQ(hop.latency.sum(), 40 * hop.latency.count());
    EXPECT_EQ(hop.wait_ns, 30 * hop.latency.count());
    EXPECT_EQ(hop.send_ns, 10 * hop.latency.count());
    EXPECT_EQ(chain.hops.at(1).cost.totals()[0].latency.sum(), 60 * hop.latency.count());
    if (table.name(key.first).operation.empty()) of_stack += hop.latency.count();
  }
  EXPECT_EQ(of_stack, 2u);
}

// 100 ns at the client, 70 at the server, 60 at the daemon; a name has no distributions of ways.
TEST(ChainTable, HasEachHopsCostAndOnlyAStackHasWays) {
  ChainTable table;
  table.advance(10);
  JoinedOperation operation = two_layers(table.number_of("4-layer", "add"), 10 * kSecond);
  operation.layers |= set_of(Layer::mcp_server);
  operation.time_ns[1] = 70;
  operation.there_ns = {20, 7};
  operation.back_ns = {10, 3};
  table.add(operation);
  table.advance(11);
  ASSERT_EQ(table.chains().size(), 2u);
  for (auto& [key, chain] : table.chains()) {
    const bool whole_stack = table.name(key.first).operation.empty();
    EXPECT_EQ(key.second, operation.layers);
    EXPECT_EQ(chain.duration.totals()[0].latency.sum(), 100u);
    ASSERT_EQ(chain.hops.size(), 3u);
    std::vector<std::vector<std::uint64_t>> hops;
    for (Chain::Hop& hop : chain.hops) {
      const Tally cost = hop.cost.totals()[0];
      const Histogram there = hop.there.totals()[0].latency;
      const Histogram back = hop.back.totals()[0].latency;
      hops.push_back({static_cast<std::uint64_t>(cost.latency.sum()),
                      static_cast<std::uint64_t>(cost.wait_ns),
                      static_cast<std::uint64_t>(cost.send_ns), there.count(), there.max(),
                      back.count(), back.max()});
    }
    using Row = std::vector<std::uint64_t>;
    EXPECT_EQ(hops[0],
              whole_stack ? (Row{30, 20, 10, 1, 20, 1, 10}) : (Row{30, 20, 10, 0, 0, 0, 0}));
    EXPECT_EQ(hops[1], whole_stack ? (Row{10, 7, 3, 1, 7, 1, 3}) : (Row{10, 7, 3, 0, 0, 0, 0}));
    EXPECT_EQ(hops[2], (Row{60, 0, 0, 0, 0, 0, 0}));
  }
}

// The first stack and its 4,031 operations; then the _OTHER of each stack, and at last of all.
TEST(ChainTable, NamesBeyondTheMostAreOthersOfTheirStackAsLongAsThereIsRoomForStacks) {
  ChainTable table;
  const auto entered = [&](const std::string& stack, const std::string& operation) {
    return table.name(table.number_of(stack, operation));
  };
  using Name = ChainTable::Name;
  for (int i = 0; i < 4'030; ++i) table.number_of("2-layer", std::to_string(i));
  EXPECT_EQ(entered("2-layer", "last"), (Name{"2-layer", "last"}));
  EXPECT_EQ(entered("2-layer", "next"), (Name{"2-layer", kOtherOperation}));
  EXPECT_EQ(entered("2-layer", "another"), (Name{"2-layer", kOtherOperation}));
  EXPECT_EQ(entered("2-layer", "4029"), (Name{"2-layer", "4029"})) << "is known";
  // Two names each: 4,033 are taken, and those of the last four places stay for the other of all.
  for (int i = 0; i < 30; ++i) {
    const std::string stack = "stack " + std::to_string(i);
    EXPECT_EQ(entered(stack, "add"), (Name{stack, kOtherOperation}));
  }
  EXPECT_EQ(entered("stack 30", "add"), (Name{kOtherOperation, kOtherOperation}));
  EXPECT_EQ(entered("stack 31", "add"), (Name{kOtherOperation, kOtherOperation}));
  EXPECT_EQ(entered("stack 29", "get"), (Name{"stack 29", kOtherOperation}));
}

TEST(ChainTable, StacksBeyondTheMostAreDroppedUntilOthersHaveLeftAllWindows) {
  ChainTable table;
  const auto add_stacks = [&table](std::uint64_t second) {
    table.advance(second);
    for (int i = 0; i < 35; ++i) {
      table.add(two_layers(table.number_of("stack " + std::to_string(i), "add"), second * kSecond));
    }
  };
  add_stacks(10);
  EXPECT_EQ(table.dropped(), 35 - ChainTable::kMostStackChains);
  EXPECT_EQ(table.chains().size(), 35 + ChainTable::kMostStackChains);
  add_stacks(2'000);
  EXPECT_EQ(table.dropped(), 2 * (35 - ChainTable::kMostStackChains));
  EXPECT_EQ(table.chains().size(), 35 + ChainTable::kMostStackChains);
}

TEST(ChainTable, ANameKeepsItsNumber) {
  ChainTable table;
  const std::uint32_t add = table.number_of("2-layer", "add");
  const std::uint32_t other = table.number_of("4-layer", "add");
  EXPECT_NE(add, other);
  EXPECT_EQ(table.number_of("2-layer", "add"), add);
  EXPECT_EQ(table.name(other).stack, "4-layer");
}

// Property: whatever names come, names and chains are bounded, and every operation counts in its
// stack's chain or as dropped.
TEST(ChainTable, IsBoundedWhateverNamesCome) {
  ChainTable table;
  table.advance(10);
  constexpr std::uint64_t kOperations = 20'000;
  for (std::uint64_t i = 0; i < kOperations; ++i) {
    const std::string stack = "stack " + std::to_string(i / 4'000);
    table.add(two_layers(table.number_of(stack, "operation " + std::to_string(i)), 10 * kSecond));
  }
  EXPECT_LE(table.chains().size(), ChainTable::kMostChains + ChainTable::kMostStackChains);
  EXPECT_GT(table.dropped(), 0u);
  table.advance(11);
  std::uint64_t of_stacks = 0;
  for (auto& [key, chain] : table.chains()) {
    EXPECT_LT(key.first, ChainTable::kMostNames);
    if (table.name(key.first).operation.empty()) {
      of_stacks += chain.duration.totals()[0].latency.count();
    }
  }
  EXPECT_EQ(of_stacks, kOperations);
  for (int i = 0; i < 10'000; ++i) table.number_of("other stack " + std::to_string(i), "x");
  EXPECT_LT(table.number_of("one more", "y"), ChainTable::kMostNames);
}

TEST(ChainTable, AChainThatHasLeftAllWindowsMakesRoom) {
  ChainTable table;
  table.advance(10);
  for (int i = 0; i < 200; ++i) {
    table.add(two_layers(table.number_of("2-layer", std::to_string(i)), 10 * kSecond));
  }
  const std::uint64_t dropped = table.dropped();
  EXPECT_EQ(dropped, 200 - ChainTable::kMostChains);
  table.advance(1'000);
  EXPECT_TRUE(table.chains().empty());
  table.add(two_layers(table.number_of("2-layer", "199"), 1'000 * kSecond));
  EXPECT_EQ(table.dropped(), dropped);
}

}  // namespace
}  // namespace goxel_telemetry::metrics
