// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/selection.h"

#include <gtest/gtest.h>

namespace goxel_telemetry::viewer {
namespace {

Selection operation(const std::string& name) {
  Selection selection;
  selection.operation = name;
  return selection;
}

// What a view that follows the trail was told.
struct View {
  explicit View(SelectionTrail& trail) {
    QObject::connect(&trail, &SelectionTrail::changed,
                     [this](const Selection& now) { told.push_back(now.operation); });
  }
  std::vector<std::string> told;
};

TEST(Selection, OperationTakesInTheToolsThatDoItsWork) {
  const Selection selection = operation("goxel.add_voxel");
  EXPECT_TRUE(selection.passes({"4-layer", "jsonrpc", "daemon", "goxel.add_voxel"}));
  EXPECT_TRUE(selection.passes({"2-layer", "mcp", "daemon", "goxel_add_voxel"}));
  EXPECT_FALSE(selection.passes({"2-layer", "mcp", "daemon", "goxel_remove_voxel"}));
}

TEST(Selection, EmptyNamesRestrictNothingAndOthersDo) {
  const metrics::OperationKey key{"4-layer", "jsonrpc", "daemon", "ping"};
  EXPECT_TRUE(Selection().passes(key));
  Selection stack;
  stack.stack = "2-layer";
  EXPECT_FALSE(stack.passes(key));
  Selection layer;
  layer.layer = "mcp-server";
  EXPECT_FALSE(layer.passes(key));
}

TEST(Selection, EveryStatusIsEitherOkOrFailed) {
  Selection ok;
  ok.status = StatusChoice::ok;
  Selection failed;
  failed.status = StatusChoice::failed;
  int oks = 0;
  for (std::size_t i = 0; i < shm::kStatusCount; ++i) {
    const auto status = static_cast<shm::Status>(i);
    EXPECT_TRUE(Selection().passes(status));
    EXPECT_NE(ok.passes(status), failed.passes(status)) << i;
    oks += ok.passes(status);
  }
  EXPECT_EQ(oks, 2);  // ok and notification
}

TEST(SelectionTrail, WalksBackAndForth) {
  SelectionTrail trail;
  const View view(trail);
  trail.select(operation("a"));
  trail.select(operation("b"));
  trail.go_back();
  trail.go_back();
  trail.go_back();  // there is nothing before
  trail.go_forward();
  EXPECT_EQ(view.told, (std::vector<std::string>{"a", "b", "a", "", "a"}));
  EXPECT_TRUE(trail.can_go_forward());
}

TEST(SelectionTrail, NewSelectionForgetsThoseThatWereGoneBackFrom) {
  SelectionTrail trail;
  trail.select(operation("a"));
  trail.select(operation("b"));
  trail.go_back();
  trail.select(operation("c"));
  EXPECT_FALSE(trail.can_go_forward());
  trail.go_back();
  EXPECT_EQ(trail.current().operation, "a");
}

TEST(SelectionTrail, SameSelectionIsNoStep) {
  SelectionTrail trail;
  trail.select(operation("a"));
  const View view(trail);
  trail.select(operation("a"));
  EXPECT_TRUE(view.told.empty());
  trail.go_back();
  EXPECT_FALSE(trail.can_go_back());
}

TEST(SelectionTrail, AdjustmentsAreOneStepTogether) {
  SelectionTrail trail;
  trail.select(operation("a"));
  for (const char* name : {"b", "c", "d"}) trail.adjust(operation(name));
  EXPECT_EQ(trail.current().operation, "d");
  trail.go_back();
  EXPECT_EQ(trail.current(), Selection());
}

TEST(SelectionTrail, ForgetsTheOldestSteps) {
  SelectionTrail trail;
  for (int i = 0; i < 300; ++i) trail.select(operation(std::to_string(i)));
  EXPECT_EQ(trail.current().operation, "299");
  for (int i = 0; i < 300; ++i) trail.go_back();
  EXPECT_EQ(trail.current().operation, "200");
}

}  // namespace
}  // namespace goxel_telemetry::viewer
