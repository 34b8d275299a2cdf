// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <atomic>
#include <set>
#include <thread>
#include <vector>

#include "shm/place_map.h"

namespace goxel_telemetry::shm {
namespace {

using Map = PlaceMap<200>;

std::vector<std::uint32_t> taken(const Map& map) {
  std::vector<std::uint32_t> places;
  map.for_each_taken([&](std::uint32_t place) { places.push_back(place); });
  return places;
}

TEST(PlaceMap, GivesTheLowestFreePlace) {
  Map map;
  for (std::uint32_t place = 0; place < 130; ++place) ASSERT_EQ(map.claim(0, 200), place);
  map.give_back(77);
  map.give_back(5);
  EXPECT_EQ(map.claim(0, 200), 5u);
  EXPECT_EQ(map.claim(0, 200), 77u);
  EXPECT_EQ(map.claim(0, 200), 130u);
}

TEST(PlaceMap, KeepsToItsLimits) {
  for (const auto& [first, limit] : {std::pair{0u, 1u},
                                     {0u, 64u},
                                     {63u, 65u},
                                     {10u, 20u},
                                     {64u, 127u},
                                     {64u, 128u},
                                     {100u, 200u},
                                     {199u, 200u}}) {
    Map map;
    for (std::uint32_t place = first; place < limit; ++place) {
      ASSERT_EQ(map.claim(first, limit), place) << first << ".." << limit;
    }
    EXPECT_EQ(map.claim(first, limit), Map::kNone) << first << ".." << limit;
    EXPECT_EQ(taken(map).size(), limit - first);
  }
}

TEST(PlaceMap, HasNothingInAnEmptyRange) {
  Map map;
  EXPECT_EQ(map.claim(0, 0), Map::kNone);
  EXPECT_EQ(map.claim(32, 32), Map::kNone);
  EXPECT_EQ(map.claim(64, 64), Map::kNone);
  EXPECT_TRUE(taken(map).empty());
}

TEST(PlaceMap, VisitsWhatIsTaken) {
  Map map;
  for (int i = 0; i < 130; ++i) map.claim(0, 200);
  for (std::uint32_t place = 0; place < 130; ++place) {
    if (place != 3 && place != 64 && place != 129) map.give_back(place);
  }
  EXPECT_EQ(taken(map), (std::vector<std::uint32_t>{3, 64, 129}));
}

// Each place has one holder at a time, and what a holder wrote is there for the next one: the plain
// counters are a data race for ThreadSanitizer if claim() and give_back() do not order them.
TEST(PlaceMap, HasOneHolderAPlaceAtATime) {
  constexpr std::uint32_t kPlaces = 3;
  constexpr int kRounds = 20'000;
  Map map;
  std::uint64_t held[kPlaces] = {};
  std::atomic<std::uint64_t> claimed{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int round = 0; round < kRounds; ++round) {
        const std::uint32_t place = map.claim(0, kPlaces);
        if (place == Map::kNone) continue;
        ++held[place];
        claimed.fetch_add(1, std::memory_order_relaxed);
        map.give_back(place);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(held[0] + held[1] + held[2], claimed.load());
  EXPECT_GT(claimed.load(), 0u);
  EXPECT_TRUE(taken(map).empty());
}

}  // namespace
}  // namespace goxel_telemetry::shm
