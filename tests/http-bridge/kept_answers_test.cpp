// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/kept_answers.h"

#include <gtest/gtest.h>

namespace goxel_telemetry::http_bridge {
namespace {

class KeptAnswersTest : public testing::Test {
 protected:
  std::string get(const std::string& name, int status = 200) {
    return kept_
        .get(snapshots_, name,
             [&] {
               return Response{status, "text/plain", name + std::to_string(++made_)};
             })
        ->body;
  }

  std::shared_ptr<const Snapshots> snapshots_ = std::make_shared<Snapshots>();
  KeptAnswers kept_;
  int made_ = 0;
};

TEST_F(KeptAnswersTest, EachIsMadeOnceFromTheSameSnapshots) {
  EXPECT_EQ(get("a"), "a1");
  EXPECT_EQ(get("b"), "b2");
  EXPECT_EQ(get("a"), "a1");
  EXPECT_EQ(get("b"), "b2");
  snapshots_ = std::make_shared<Snapshots>();
  EXPECT_EQ(get("a"), "a3");
  EXPECT_EQ(get("b"), "b4");
}

// Names of what there is not are without end.
TEST_F(KeptAnswersTest, RefusalIsNotKept) {
  EXPECT_EQ(get("a", 404), "a1");
  EXPECT_EQ(get("a", 404), "a2");
  EXPECT_EQ(get("a"), "a3");
  EXPECT_EQ(get("a", 404), "a3");
}

TEST_F(KeptAnswersTest, SnapshotsAreLetGo) {
  get("a");
  const std::weak_ptr<const Snapshots> gone = snapshots_;
  snapshots_.reset();
  EXPECT_TRUE(gone.expired());
}

}  // namespace
}  // namespace goxel_telemetry::http_bridge
