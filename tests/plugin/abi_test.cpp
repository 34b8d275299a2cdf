// SPDX-License-Identifier: GPL-3.0-or-later
// The ABI door, called as a host calls it. The header's C side is header_in_c.c.
#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "tests/plugin/abi_fixture.h"
#include "tests/plugin/header_layout.h"
#include "tests/shm/child.h"

extern "C" const size_t layout_in_c[];
extern "C" const size_t layout_in_c_count;
extern "C" const goxel_plugin* plugin_as_c_gets_it(void);

namespace goxel_telemetry::plugin {
namespace {

using shm::Status;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(PluginHeader, MeansTheSameInCAndCpp) {
  const std::size_t layout[] = {HEADER_LAYOUT};
  EXPECT_THAT(std::span(layout_in_c, layout_in_c_count), testing::ElementsAreArray(layout));
}

TEST(PluginHeader, TheEntryGivesOneTableForItsMajorAndNoneForAnother) {
  const goxel_plugin* const table = goxel_plugin_entry(GOXEL_PLUGIN_ABI_MAJOR);
  ASSERT_NE(table, nullptr);
  EXPECT_EQ(table, plugin_as_c_gets_it());
  EXPECT_EQ(table->size, sizeof(goxel_plugin));
  EXPECT_EQ(goxel_plugin_entry(GOXEL_PLUGIN_ABI_MAJOR + 1), nullptr);
  EXPECT_EQ(goxel_plugin_entry(0), nullptr);
}

TEST_F(Abi, WithoutActivationEveryCallDoesNothing) {
  plugin_.connection_opened(1);
  const auto token = received("ping");
  EXPECT_EQ(token, 0u);
  plugin_.request_queued(token);
  plugin_.request_started(token, 0);
  plugin_.request_answering(token);
  plugin_.request_finished(token, GOXEL_STATUS_OK, 1);
  plugin_.set_gauge(GOXEL_GAUGE_QUEUE_DEPTH, 1);
  plugin_.connection_closed(1);
  plugin_.deactivate();
}

TEST_F(Abi, ABadSettingIsOneLineInTheHostsLog) {
  EXPECT_EQ(activate({{"segment_mode", "0777"}}), -1);
  ASSERT_EQ(log_.size(), 1u);
  EXPECT_THAT(log_[0], HasSubstr("runs without telemetry"));
  EXPECT_THAT(log_[0], HasSubstr("segment_mode"));
  EXPECT_EQ(received("ping"), 0u);
}

TEST_F(Abi, ASecondActivationIsRefusedAndTheFirstGoesOn) {
  ASSERT_EQ(activate(), 0);
  EXPECT_EQ(activate(), -1);
  ASSERT_EQ(log_.size(), 1u);
  EXPECT_THAT(log_[0], HasSubstr("already on"));
  EXPECT_NE(received("ping"), 0u);
}

TEST_F(Abi, OpenConnectionsAndTheirDescriptorsAreThoseThatWereNotClosed) {
  ASSERT_EQ(activate(), 0);
  watch();
  for (goxel_plugin_connection connection = 1; connection <= 3; ++connection) {
    plugin_.connection_opened(connection);
  }
  EXPECT_EQ(reader_->gauges()[shm::Gauge::connections], 3u);
  EXPECT_EQ(reader_->gauges()[shm::Gauge::open_descriptors], 3u);
  plugin_.connection_closed(2);
  EXPECT_EQ(reader_->gauges()[shm::Gauge::connections], 2u);
  EXPECT_EQ(reader_->gauges()[shm::Gauge::open_descriptors], 2u);
  plugin_.connection_closed(1);
  plugin_.connection_closed(3);
  EXPECT_EQ(reader_->gauges()[shm::Gauge::connections], 0u);
  EXPECT_EQ(reader_->gauges()[shm::Gauge::open_descriptors], 0u);
  EXPECT_EQ(reader_->gauges()[shm::Gauge::connections_total], 3u);
}

TEST_F(Abi, GaugesAreWhatTheHostSaidLast) {
  ASSERT_EQ(activate(), 0);
  watch();
  plugin_.set_gauge(GOXEL_GAUGE_QUEUE_DEPTH, 5);
  plugin_.set_gauge(GOXEL_GAUGE_WORKERS_CONFIGURED, 8);
  plugin_.set_gauge(99, 1);
  EXPECT_EQ(reader_->gauges()[shm::Gauge::queue_depth], 5u);
  EXPECT_EQ(reader_->gauges()[shm::Gauge::workers_configured], 8u);
  plugin_.set_gauge(GOXEL_GAUGE_QUEUE_DEPTH, -1);
  EXPECT_EQ(reader_->gauges()[shm::Gauge::queue_depth], 0u);
}

TEST_F(Abi, HeartbeatAndCalibrationAreKeptFreshThoughNothingHappens) {
  ASSERT_EQ(activate(), 0);
  watch();
  const std::uint64_t first_beat = reader_->heartbeat_ns();
  const std::uint64_t first_anchor = reader_->calibration().anchor_ns;
  EXPECT_TRUE(wait_until([&] { return reader_->heartbeat_ns() > first_beat; }));
  if (reader_->producer().clock_source == shm::ClockSource::monotonic) {
    GTEST_SKIP() << "the clock here is CLOCK_MONOTONIC itself: no calibration to refresh";
  }
  EXPECT_TRUE(wait_until([&] { return reader_->calibration().anchor_ns > first_anchor; }));
}

TEST_F(Abi, DeactivationEndsWhatIsInFlightAndActivationBeginsAnew) {
  ASSERT_EQ(activate(), 0);
  watch();
  const auto old = received("ping");
  plugin_.request_started(received("started"), 0);
  plugin_.deactivate();
  EXPECT_THAT(seen(), testing::UnorderedElementsAre("ping 2", "started 2"));
  EXPECT_EQ(reader_->state(0), shm::ProducerState::retired);
  EXPECT_EQ(received("ping"), 0u);
  ASSERT_EQ(activate(), 0);
  watch();
  plugin_.request_finished(old, GOXEL_STATUS_OK, 0);
  EXPECT_THAT(seen(), testing::IsEmpty());
  plugin_.request_finished(received("version"), GOXEL_STATUS_OK, 0);
  EXPECT_THAT(seen(), ElementsAre("version 0"));
}

// A child gets copies of the parent's tokens and tables, but neither its segment nor its requests.
TEST_F(Abi, AForkedChildWritesNothingUntilItActivatesAndThenBeginsEmpty) {
  ASSERT_EQ(activate(), 0);
  watch();
  const auto token = received("parents");
  const pid_t child = fork();
  if (child == 0) {
    plugin_.request_finished(token, GOXEL_STATUS_OK, 0);
    const bool silent = received("childs") == 0;
    const shm::TestInstance own;
    const goxel_plugin_setting settings[] = {{"instance", own.name().c_str()}};
    goxel_plugin_host host{};
    host.size = sizeof host;
    host.settings = settings;
    host.setting_count = 1;
    if (!silent || plugin_.activate(&host) != 0) std::_Exit(1);
    reader_ = shm::Reader::open(own.name());
    plugin_.request_finished(token, GOXEL_STATUS_OK, 0);
    plugin_.connection_closed(1);
    if (reader_ == nullptr || !seen().empty()) std::_Exit(2);
    plugin_.request_finished(received("childs"), GOXEL_STATUS_OK, 0);
    const bool one = seen() == std::vector<std::string>{"childs 0"};
    plugin_.deactivate();
    shm_unlink(own.object().c_str());
    std::_Exit(one ? 0 : 3);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_THAT(seen(), testing::IsEmpty());
  plugin_.request_finished(token, GOXEL_STATUS_OK, 0);
  EXPECT_THAT(seen(), ElementsAre("parents 0"));
}

// A child that goes on without its parent has no part in what proves that the parent lives.
TEST_F(Abi, AForkedChildDoesNotMakeItsDeadParentSeemAlive) {
  shm::Child parent([this](shm::Child::Pipe& pipe) {
    const int failed = activate();
    const pid_t child = fork();
    if (child == 0) {
      pause();
      std::_Exit(0);
    }
    pipe.tell(failed == 0 ? child : -1);
    pipe.wait();
  });
  const auto child = parent.hear<pid_t>();
  ASSERT_GT(child, 0);
  watch();
  EXPECT_EQ(reader_->state(0), shm::ProducerState::live);
  parent.kill();
  EXPECT_EQ(kill(child, 0), 0) << "the child lives";
  EXPECT_TRUE(wait_until([this] { return reader_->state(0) == shm::ProducerState::dead; }));
  kill(child, SIGKILL);
}

}  // namespace
}  // namespace goxel_telemetry::plugin
