// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/live/shared_list.h"

#include <gmock/gmock.h>

#include <string>

namespace goxel_telemetry::metrics {
namespace {

using testing::ElementsAre;

TEST(SharedList, HasItsElementsInTheOrderOfTheirAdding) {
  SharedList<std::string> list;
  EXPECT_TRUE(list.empty());
  list.add("a");
  list.add() = "b";
  EXPECT_EQ(list.size(), 2u);
  EXPECT_EQ(list[1], "b");
  EXPECT_THAT(list, ElementsAre("a", "b"));
  list.resize(1);
  EXPECT_THAT(list, ElementsAre("a"));
  list.clear();
  EXPECT_TRUE(list.empty());
}

TEST(SharedList, ACopyHasTheSameElementsAndNotCopiesOfThem) {
  const SharedList<std::string> list{"a", "b"};
  const SharedList<std::string> copy = list;
  EXPECT_EQ(&copy[0], &list[0]);
  EXPECT_EQ(&copy[1], &list[1]);
  SharedList<std::string> other;
  other.add(list.shared(1));
  EXPECT_EQ(&other[0], &list[1]);
}

TEST(SharedList, AnElementIsReplacedInOneListOnly) {
  const SharedList<std::string> list{"a", "b"};
  SharedList<std::string> copy = list;
  copy.replace(0) += "!";
  EXPECT_THAT(copy, ElementsAre("a!", "b"));
  EXPECT_THAT(list, ElementsAre("a", "b"));
  EXPECT_EQ(&copy[1], &list[1]);
}

}  // namespace
}  // namespace goxel_telemetry::metrics
