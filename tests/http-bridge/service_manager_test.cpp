// SPDX-License-Identifier: GPL-3.0-or-later
// What the watchdog and the log are told of threads and daemons.
#include "http-bridge/service_manager.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "http-bridge/daemon_states.h"

namespace goxel_telemetry::http_bridge {
namespace {

using shm::ProducerState;
using testing::ElementsAre;

TEST(Progress, AThreadHangsThatDidNothingForHalfOfTheWatchdogsTime) {
  Progress progress(std::chrono::nanoseconds(100), {"front", "sweep"}, 1'000);
  EXPECT_THAT(progress.look({0, 0}, 1'050), ElementsAre());
  EXPECT_THAT(progress.look({0, 0}, 1'051), ElementsAre("front", "sweep"));
  EXPECT_THAT(progress.look({1, 0}, 1'052), ElementsAre("sweep"));
  EXPECT_THAT(progress.look({1, 7}, 1'102), ElementsAre());
  EXPECT_THAT(progress.look({1, 8}, 1'103), ElementsAre("front"));
  EXPECT_THAT(progress.look({2, 8}, 1'104), ElementsAre());
}

class DaemonStatesTest : public testing::Test {
 protected:
  // "name state changes", of each that is told.
  std::vector<std::string> look(const std::vector<std::pair<std::string, ProducerState>>& all,
                                std::uint64_t now_ns) {
    Snapshots snapshots;
    for (const auto& [name, state] : all) {
      metrics::Snapshot& snapshot = snapshots.instances.emplace_back();
      snapshot.instance = name;
      snapshot.daemon.state = state;
    }
    std::vector<std::string> told;
    for (const auto& change : states_.look(snapshots, now_ns)) {
      told.push_back(change.instance + ' ' + shm::to_string(change.state) + ' ' +
                     std::to_string(change.changes));
    }
    return told;
  }

  static constexpr std::uint64_t kMinute = DaemonStates::kIntervalNs;
  DaemonStates states_;
};

TEST_F(DaemonStatesTest, AChangeIsToldAndNothingElse) {
  EXPECT_THAT(look({{"a", ProducerState::absent}}, 1), ElementsAre());
  EXPECT_THAT(look({{"a", ProducerState::live}}, 2), ElementsAre("a live 1"));
  EXPECT_THAT(look({{"a", ProducerState::live}}, 3 * kMinute), ElementsAre());
  EXPECT_THAT(look({{"a", ProducerState::live}, {"b", ProducerState::live}}, 4 * kMinute),
              ElementsAre("b live 1"));
}

TEST_F(DaemonStatesTest, OneThatComesAndGoesIsToldOnceAMinuteAsItIsThen) {
  EXPECT_THAT(look({{"a", ProducerState::live}}, 1), ElementsAre("a live 1"));
  for (std::uint64_t i = 2; i < 10; ++i) {
    EXPECT_THAT(look({{"a", i % 2 == 0 ? ProducerState::absent : ProducerState::live}}, i),
                ElementsAre());
  }
  EXPECT_THAT(look({{"a", ProducerState::absent}}, kMinute), ElementsAre());
  EXPECT_THAT(look({{"a", ProducerState::absent}}, kMinute + 1), ElementsAre("a absent 9"));
  EXPECT_THAT(look({{"a", ProducerState::absent}}, 9 * kMinute), ElementsAre());
}

TEST_F(DaemonStatesTest, OfNewNamesAgainAndAgainABoundedNumberIsTold) {
  std::size_t told = 0;
  for (int i = 0; i < 1'000; ++i)
    told += look({{"name" + std::to_string(i), ProducerState::live}}, kMinute).size();
  EXPECT_EQ(told, DaemonStates::kMostChanges);
  EXPECT_THAT(look({{"x", ProducerState::live}}, 2 * kMinute), ElementsAre("x live 1"));
}

TEST(SentenceAbout, CountsDaemons) {
  Snapshots snapshots;
  EXPECT_EQ(sentence_about(snapshots), "watching 0 daemons, 0 of them live");
  snapshots.instances.emplace_back().daemon.state = ProducerState::live;
  EXPECT_EQ(sentence_about(snapshots), "watching 1 daemon, 1 of them live");
  snapshots.instances.emplace_back();
  EXPECT_EQ(sentence_about(snapshots), "watching 2 daemons, 1 of them live");
}

}  // namespace
}  // namespace goxel_telemetry::http_bridge
