// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/models/daemon_state.h"

#include <gtest/gtest.h>

#include "metrics/text/format.h"
#include "tests/viewer-qt/snapshots.h"

namespace goxel_telemetry::viewer {
namespace {

class StateText : public testing::Test {
 protected:
  StateText() {
    snapshot_->process.pid = 7;
    snapshot_->daemon.host_name = "goxel-daemon";
    snapshot_->daemon.host_version = "1.2";
    snapshot_->daemon.started_realtime_ns = kStarted;
    snapshot_->daemon.uptime_seconds = 5;
  }
  std::string said() const { return state_line(*snapshot_).text.toStdString(); }

  static constexpr std::uint64_t kStarted = 1'764'000'000'000'000'000;
  const std::shared_ptr<metrics::Snapshot> snapshot_ = snapshot_of(1, "ping 100 250");
  const std::string started_ = metrics::format_date_time(kStarted);
  const std::string ended_ = metrics::format_date_time(kStarted + 5'000'000'000);
};

TEST_F(StateText, OfADaemonThatLives) {
  EXPECT_EQ(said(),
            "goxel-daemon 1.2  ·  process 7  ·  instance test  ·  since " + started_ + " (5.00 s)");
  snapshot_->daemon.host_version.clear();
  snapshot_->daemon.heartbeat_age_seconds = 5;
  EXPECT_EQ(said(),
            "goxel-daemon  ·  process 7  ·  instance test  ·  since " + started_ + " (5.00 s)");
  EXPECT_EQ(state_line(*snapshot_).badge, "Live");
  snapshot_->daemon.heartbeat_age_seconds = 5.5;
  EXPECT_EQ(said(), "goxel-daemon  ·  process 7  ·  instance test  ·  since " + started_ +
                        " (5.00 s)  ·  no sign of life for 5.50 s");
  EXPECT_EQ(state_line(*snapshot_).badge, "Silent");
  snapshot_->daemon.heartbeat_age_seconds = 0;
  snapshot_->freshness.daemon = {.count = 7, .p99_ns = 51'000'000};
  EXPECT_EQ(said(), "goxel-daemon  ·  process 7  ·  instance test  ·  since " + started_ +
                        " (5.00 s)  ·  counted after 51.0 ms (p99)");
}

TEST_F(StateText, OfADaemonThatEnded) {
  snapshot_->daemon.state = shm::ProducerState::dead;
  const std::string died =
      "goxel-daemon 1.2 (process 7, instance test) was killed or crashed at "
      "about " +
      ended_ + ", after 5.00 s, with ";
  EXPECT_EQ(said(), died + "nothing in flight. Waiting for its next run.");
  snapshot_->daemon.inflight = 1;
  EXPECT_EQ(said(), died + "1 request in flight. Waiting for its next run.");
  snapshot_->daemon.inflight = 1'234;
  EXPECT_EQ(said(), died + "1,234 requests in flight. Waiting for its next run.");
  EXPECT_EQ(state_line(*snapshot_).badge, "Died");
}

TEST_F(StateText, OfOneThatCannotBeWatchedIsWhatMetricsSay) {
  snapshot_->daemon.message = "this user may not read it";
  for (const auto& [state, badge] : {std::pair(shm::ProducerState::not_permitted, "No permission"),
                                     std::pair(shm::ProducerState::unusable, "Unusable"),
                                     std::pair(shm::ProducerState::absent, "Waiting")}) {
    snapshot_->daemon.state = state;
    EXPECT_EQ(said(), "This user may not read it.");
    EXPECT_EQ(state_line(*snapshot_).badge, badge);
    EXPECT_FALSE(has_data(state));
  }
  EXPECT_EQ(as_sentence("it ends."), "It ends.");
  EXPECT_EQ(as_sentence(""), "");
}

TEST(StateLine, SaysInAWordAndASentenceHowTheDaemonIs) {
  const auto snapshot = snapshot_of(1, "ping 100 250");
  snapshot->daemon.host_name = "goxel-daemon";
  EXPECT_EQ(state_line(*snapshot).tone, Tone::good);
  EXPECT_TRUE(state_line(*snapshot).text.contains("goxel-daemon"));
  snapshot->daemon.state = shm::ProducerState::dead;
  snapshot->inflight.emplace_back().operation = "goxel.export_model";
  EXPECT_EQ(state_line(*snapshot).tone, Tone::bad);
  EXPECT_TRUE(state_line(*snapshot).text.contains("killed or crashed"));
  EXPECT_TRUE(has_data(shm::ProducerState::dead));
  EXPECT_FALSE(has_data(shm::ProducerState::absent));
}

}  // namespace
}  // namespace goxel_telemetry::viewer
