// SPDX-License-Identifier: GPL-3.0-or-later
#include "voxel_store.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <tuple>

#include "voxel_edit.h"

namespace stand_in {
namespace {

constexpr Color kRed{255, 0, 0, 255};
constexpr Color kBlue{0, 0, 255, 255};

TEST(VoxelGrid, WhatIsSetIsThereAndNothingElse) {
  VoxelGrid grid;
  grid.set({1, 2, 3}, kRed);
  EXPECT_EQ(grid.get({1, 2, 3}), kRed);
  EXPECT_EQ(grid.get({3, 2, 1}), Color{});
  EXPECT_EQ(grid.size(), 1U);
}

TEST(VoxelGrid, NegativeCoordinatesAreOtherBlocks) {
  VoxelGrid grid;
  grid.set({-1, -1, -1}, kRed);
  grid.set({15, 15, 15}, kBlue);
  EXPECT_EQ(grid.block_count(), 2U);
  EXPECT_EQ(grid.get({-1, -1, -1}), kRed);
  EXPECT_EQ(grid.get({15, 15, 15}), kBlue);
}

TEST(VoxelGrid, AnEmptiedBlockIsGivenBack) {
  VoxelGrid grid;
  grid.set({5, 5, 5}, kRed);
  grid.set({5, 5, 5}, Color{});
  EXPECT_EQ(grid.block_count(), 0U);
  EXPECT_EQ(grid.size(), 0U);
  EXPECT_FALSE(grid.erase({5, 5, 5}));
}

TEST(VoxelGrid, RefusesMoreBlocksThanItMayHold) {
  VoxelGrid grid;
  for (int i = 0; i < static_cast<int>(VoxelGrid::kMostBlocks); ++i) {
    grid.set({16 * i, 0, 0}, kRed);
  }
  EXPECT_THROW(grid.set({-1, 0, 0}, kRed), StoreFull);
  grid.set({0, 1, 0}, kRed);
  EXPECT_EQ(grid.size(), VoxelGrid::kMostBlocks + 1);
}

// The property: it is a map from positions to colours. Checked against one, near the limits of
// coordinates too.
TEST(VoxelGrid, BehavesLikeAMap) {
  std::mt19937 random(7);
  VoxelGrid grid;
  std::map<std::tuple<int, int, int>, Color> map;
  const auto coordinate = [&random] {
    const int near = std::uniform_int_distribution<int>(-20, 20)(random);
    switch (random() % 8) {
      case 0:
        return -kCoordinateLimit + 20 + near;
      case 1:
        return kCoordinateLimit - 21 + near;
      default:
        return near;
    }
  };
  for (int i = 0; i < 20000; ++i) {
    const Position p{coordinate(), coordinate(), coordinate()};
    ASSERT_TRUE(in_range(p));
    const std::tuple<int, int, int> key{p.x, p.y, p.z};
    if (random() % 3 == 0) {
      EXPECT_EQ(grid.erase(p), map.erase(key) == 1);
    } else {
      const Color color{static_cast<std::uint8_t>(random()), 0, 0, 1};
      grid.set(p, color);
      map[key] = color;
    }
  }
  EXPECT_EQ(grid.size(), map.size());
  std::size_t seen = 0;
  grid.for_each([&](const Position& p, Color color) {
    ++seen;
    const auto found = map.find({p.x, p.y, p.z});
    ASSERT_NE(found, map.end());
    EXPECT_EQ(found->second, color);
  });
  EXPECT_EQ(seen, map.size());
}

TEST(VoxelStore, ThereIsAlwaysALayer) {
  VoxelStore store;
  EXPECT_FALSE(store.remove_layer(0));
  EXPECT_EQ(store.add_layer("roof").id, 1);
  EXPECT_TRUE(store.remove_layer(0));
  EXPECT_FALSE(store.remove_layer(1));
  EXPECT_EQ(store.find_layer("roof")->id, 1);
}

TEST(VoxelStore, TheTopmostVisibleLayerIsSeen) {
  VoxelStore store;
  Layer& roof = store.add_layer("roof");
  store.find_layer(0)->grid.set({1, 1, 1}, kRed);
  roof.grid.set({1, 1, 1}, kBlue);
  EXPECT_EQ(store.visible_color({1, 1, 1}), kBlue);
  std::size_t seen = 0;
  store.for_each_visible([&seen](const Position&, Color) { ++seen; });
  EXPECT_EQ(seen, 1U);
  roof.visible = false;
  EXPECT_EQ(store.visible_color({1, 1, 1}), kRed);
}

TEST(VoxelStore, MergingPutsTheSourceOverTheTarget) {
  VoxelStore store;
  Layer& roof = store.add_layer("roof");
  store.find_layer(0)->grid.set({1, 1, 1}, kRed);
  store.find_layer(0)->grid.set({2, 2, 2}, kRed);
  roof.grid.set({1, 1, 1}, kBlue);
  EXPECT_FALSE(store.merge_layers(1, 1));
  EXPECT_FALSE(store.merge_layers(1, 9));
  EXPECT_TRUE(store.merge_layers(1, 0));
  EXPECT_EQ(store.layers().size(), 1U);
  EXPECT_EQ(store.visible_color({1, 1, 1}), kBlue);
  EXPECT_EQ(store.visible_color({2, 2, 2}), kRed);
}

TEST(FloodFill, FillsWhatHangsTogetherAndHasTheColour) {
  VoxelGrid grid;
  for (int x = 0; x < 40; ++x) grid.set({x, 0, 0}, x == 20 ? kBlue : kRed);
  grid.set({0, 1, 1}, kRed);  // touches only by an edge
  EXPECT_EQ(flood_fill(grid, {5, 0, 0}, {0, 255, 0, 255}, 1000), 20U);
  EXPECT_EQ(grid.get({19, 0, 0}), (Color{0, 255, 0, 255}));
  EXPECT_EQ(grid.get({20, 0, 0}), kBlue);
  EXPECT_EQ(grid.get({21, 0, 0}), kRed);
  EXPECT_EQ(grid.get({0, 1, 1}), kRed);
}

TEST(FloodFill, StopsAtItsBound) {
  VoxelGrid grid;
  for (int x = 0; x < 40; ++x) grid.set({x, 0, 0}, kRed);
  EXPECT_EQ(flood_fill(grid, {0, 0, 0}, kBlue, 10), 10U);
  EXPECT_EQ(flood_fill(grid, {0, 0, 0}, kBlue, 10), 0U);  // has the colour already
}

TEST(Shapes, HaveTheirVolumes) {
  VoxelGrid grid;
  EXPECT_EQ(add_shape(grid, "cube", {0, 0, 0}, {10, 10, 10}, kRed).written, 1000U);
  grid.clear();
  const auto sphere =
      static_cast<double>(add_shape(grid, "sphere", {0, 0, 0}, {40, 40, 40}, kRed).written);
  EXPECT_NEAR(sphere, 4.0 / 3 * 3.14159 * 20 * 20 * 20, 0.02 * sphere);
  EXPECT_EQ(grid.bounds()->low.x, -20);
  EXPECT_EQ(grid.bounds()->high.x, 19);
  EXPECT_FALSE(add_shape(grid, "banana", {0, 0, 0}, {1, 1, 1}, kRed).known);
}

}  // namespace
}  // namespace stand_in
