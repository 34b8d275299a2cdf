// SPDX-License-Identifier: GPL-3.0-or-later
// The history goes on, whatever becomes of its file; and what the route makes of it.
#include "http-bridge/history_service.h"

#include <gmock/gmock.h>

#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <thread>

#include "http-bridge/history_route.h"
#include "http-bridge/routes.h"
#include "tests/metrics/test_segment.h"

namespace goxel_telemetry::http_bridge {
namespace {

using metrics::TestSegment;
using nlohmann::json;
using testing::EndsWith;
using testing::HasSubstr;

// While it exists, no file of this process may grow beyond 4 KiB: writes fail as on a full disk, only
// with another error code.
class FullDisk {
 public:
  FullDisk() {
    std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit small = {4'096, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small);
  }
  ~FullDisk() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, SIG_DFL);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  rlimit before_{};
};

// Two places where a bridge would be: each with its follower and its service.
class HistoryServiceTest : public metrics::FollowerTest {
 protected:
  HistoryServiceTest() {
    std::string name = testing::TempDir() + "history-XXXXXX";
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    file_ = folder_ / "history.db";
    testing::internal::CaptureStderr();
  }
  ~HistoryServiceTest() override {
    testing::internal::GetCapturedStderr();
    std::filesystem::remove_all(folder_);
    for (const std::string& name : shm::list_instances()) {  // instance_ and a number
      if (name.starts_with(instance_)) shm::remove_segment_of(name);
    }
  }

  struct Bridge {
    explicit Bridge(const HistoryServiceTest& test)
        : follower(test.instance_), history(test.file_, {}) {
      history.begin(follower);
    }
    // As the program does: so that counters can go on from the file.
    static constexpr bool kOpensFirst = true;
    Bridge(const HistoryServiceTest& test, bool)
        : follower(test.instance_), history(test.file_, {}) {
      history.commit(test.now_.realtime_ns / metrics::kSecond);
      history.continue_counters(follower);
      history.begin(follower);
    }
    void sweep(const metrics::Time& now) {
      follower.sweep(now);
      history.exchange(follower);
    }
    void round(const metrics::Time& now) {
      sweep(now);
      history.commit(now.realtime_ns / metrics::kSecond);
    }
    metrics::Follower follower;
    HistoryService history;
  };

  void publish(TestSegment& segment, int count) {
    for (int i = 0; i < count; ++i) segment.publish("ping", now_.monotonic_ns, 1'000);
  }
  Response ask(std::map<std::string, std::string> parameters,
               const std::string& accept = "") const {
    Request request;
    request.method = "GET";
    request.path = kHistoryPath;
    request.parameters = std::move(parameters);
    request.accept = accept;
    return answer_history(request, {file_, [] { return std::string(); }}, now_.realtime_ns);
  }
  std::uint64_t stored() const {
    const Response response = ask({{"from", "-1h"}, {"points", "1"}, {"instance", instance_}});
    if (response.status != 200) return 0;
    return json::parse(response.body)["whole"]["outcomes"]["all"];
  }

  double watched_seconds() const {
    const Response response = ask({{"from", "-1h"}, {"points", "1"}});
    if (response.status != 200) return -1;
    return json::parse(response.body)["whole"]["covered_seconds"];
  }

  std::uint64_t counted(metrics::Follower& follower) const {
    const metrics::Snapshot snapshot = follower.snapshot(now_);
    return find(snapshot, "ping")->counters.outcomes.all();
  }

  // A bridge that is started now, and what it makes of what the ring holds.
  std::uint64_t stored_after_a_restart() {
    Bridge bridge(*this);
    for (int i = 0; i < 3; ++i) bridge.round(now_);
    EXPECT_EQ(bridge.history.message(), "");
    return stored();
  }

  std::filesystem::path folder_;
  std::string file_;
};

TEST_F(HistoryServiceTest, KeepsWhatComesIn) {
  TestSegment segment(instance_);
  Bridge bridge(*this);
  publish(segment, 3);
  bridge.round(now_);
  EXPECT_EQ(stored(), 3u);
  pass(1);
  publish(segment, 2);
  bridge.round(now_);
  EXPECT_EQ(stored(), 5u);
  EXPECT_EQ(bridge.history.message(), "");
}

TEST_F(HistoryServiceTest, ASecondBridgeWaitsAndGoesOnWithoutCountingTwice) {
  TestSegment segment(instance_);
  auto first = std::make_unique<Bridge>(*this);
  publish(segment, 3);
  first->round(now_);
  Bridge second(*this);
  second.round(now_);
  EXPECT_THAT(second.history.message(), HasSubstr("another bridge writes"));
  for (int i = 0; i < 3; ++i) {
    pass(1);
    publish(segment, 2);
    first->round(now_);
    second.round(now_);
  }
  EXPECT_EQ(stored(), 9u);
  first.reset();
  pass(1);
  publish(segment, 1);
  for (int i = 0; i < 3; ++i) second.round(now_);
  EXPECT_EQ(second.history.message(), "");
  EXPECT_EQ(stored(), 10u);
  pass(1);
  publish(segment, 1);
  second.round(now_);
  EXPECT_EQ(stored(), 11u);
  EXPECT_EQ(find(second.follower.snapshot(now_), "ping")->total.ok, 11u) << "live, all the while";
}

// The first bridge was killed after it had shown 5, of which the file has 3.
TEST_F(HistoryServiceTest, CountersGoOnAfterARestartAndNothingCountsTwice) {
  TestSegment segment(instance_);
  auto first = std::make_unique<Bridge>(*this);
  publish(segment, 3);
  first->round(now_);
  publish(segment, 2);
  first->sweep(now_);
  EXPECT_EQ(counted(first->follower), 5u);
  first.reset();
  publish(segment, 1);

  auto second = std::make_unique<Bridge>(*this, Bridge::kOpensFirst);
  second->round(now_);
  EXPECT_EQ(counted(second->follower), 6u);
  second->round(now_);
  publish(segment, 1);
  second->round(now_);
  EXPECT_EQ(counted(second->follower), 7u);
  second.reset();
  Bridge third(*this, Bridge::kOpensFirst);
  third.round(now_);
  EXPECT_EQ(counted(third.follower), 7u);
}

TEST_F(HistoryServiceTest, CountersGoOnWithARunThatBeganMeanwhile) {
  {
    TestSegment segment(instance_);
    Bridge first(*this);
    publish(segment, 3);
    first.round(now_);
    segment.retire();
    first.history.stop();
  }
  TestSegment next(instance_);
  publish(next, 2);
  pass(1);
  Bridge second(*this, Bridge::kOpensFirst);
  second.round(now_);
  EXPECT_EQ(counted(second.follower), 5u);
}

// The file may have less than what it had shown.
TEST_F(HistoryServiceTest, CountersOfAKilledBridgeBeginAtZeroWithARunThatBeganMeanwhile) {
  {
    TestSegment segment(instance_);
    Bridge first(*this);
    publish(segment, 3);
    first.round(now_);
    segment.retire();
  }
  TestSegment next(instance_);
  publish(next, 2);
  now_ = metrics::Time::now();
  Bridge second(*this, Bridge::kOpensFirst);
  second.round(now_);
  EXPECT_EQ(counted(second.follower), 0u);
  publish(next, 1);
  second.round(now_);
  EXPECT_EQ(counted(second.follower), 1u);
}

TEST_F(HistoryServiceTest, CountersOfAKilledBridgeBeginAtZeroIfTheRingHasWrapped) {
  TestSegment segment(instance_, {{1, 64}});
  auto first = std::make_unique<Bridge>(*this);
  publish(segment, 3);
  first->round(now_);
  first.reset();
  publish(segment, 100);
  now_ = metrics::Time::now();
  Bridge second(*this, Bridge::kOpensFirst);
  second.round(now_);
  EXPECT_EQ(counted(second.follower), 0u);
}

// It has all counters also if they did not change since the file is this one.
TEST_F(HistoryServiceTest, CountersGoOnFromAFileThatBeganLater) {
  TestSegment segment(instance_);
  auto first = std::make_unique<Bridge>(*this);
  publish(segment, 3);
  first->round(now_);
  std::filesystem::rename(file_, file_ + ".old");
  for (int i = 0; i < 3; ++i) first->round(now_);
  first.reset();
  Bridge second(*this, Bridge::kOpensFirst);
  second.round(now_);
  EXPECT_EQ(counted(second.follower), 3u);
}

TEST_F(HistoryServiceTest, WhatCannotBeWrittenWaitsUntilItCan) {
  std::ofstream(file_) << std::string(5'000, 'x');
  TestSegment segment(instance_, {{1, 64}});
  Bridge bridge(*this);
  for (int i = 0; i < 10; ++i) {
    publish(segment, 30);  // more than the ring holds at a time
    bridge.round(now_);
    EXPECT_THAT(bridge.history.message(), HasSubstr("not a history file"));
    pass(1);
  }
  std::filesystem::remove(file_);
  bridge.round(now_);
  EXPECT_EQ(bridge.history.message(), "");
  EXPECT_EQ(stored(), 300u);
}

// The position in the ring is stored together with the records, also when they are written late:
// otherwise a restart would read them again.
TEST_F(HistoryServiceTest, WhatAFailedCommitHeldIsWrittenLaterWithItsPlaceInTheRing) {
  TestSegment segment(instance_);
  auto bridge = std::make_unique<Bridge>(*this);
  publish(segment, 3);
  bridge->round(now_);
  pass(1);
  publish(segment, 2);
  {
    const FullDisk disk;
    bridge->round(now_);
    ASSERT_NE(bridge->history.message(), "");
  }
  EXPECT_EQ(stored(), 3u);
  bridge->history.commit(now_.realtime_ns / metrics::kSecond);
  EXPECT_EQ(bridge->history.message(), "");
  EXPECT_EQ(stored(), 5u);
  bridge.reset();
  EXPECT_EQ(stored_after_a_restart(), 5u);
}

TEST_F(HistoryServiceTest, WhatCameAfterAFailedCommitIsWrittenWithItAndCountsOnceToo) {
  TestSegment segment(instance_);
  auto bridge = std::make_unique<Bridge>(*this);
  publish(segment, 3);
  bridge->round(now_);
  for (const int count : {2, 4}) {
    pass(1);
    publish(segment, count);
    const FullDisk disk;
    bridge->round(now_);
    ASSERT_NE(bridge->history.message(), "");
  }
  pass(1);
  publish(segment, 8);
  bridge->round(now_);
  EXPECT_EQ(bridge->history.message(), "");
  EXPECT_EQ(stored(), 17u);
  bridge.reset();
  EXPECT_EQ(stored_after_a_restart(), 17u);
}

// What waits is kept beyond the time that the ring holds it.
TEST_F(HistoryServiceTest, WhatAFailedCommitHeldOutlivesTheRing) {
  TestSegment segment(instance_, {{1, 64}});
  auto bridge = std::make_unique<Bridge>(*this);
  publish(segment, 3);
  bridge->round(now_);
  for (int i = 0; i < 5; ++i) {
    pass(1);
    publish(segment, 30);
    const FullDisk disk;
    bridge->round(now_);
  }
  bridge->round(now_);
  EXPECT_EQ(stored(), 153u);
  bridge.reset();
  EXPECT_EQ(stored_after_a_restart(), 153u);
}

TEST_F(HistoryServiceTest, StoppingWritesWhatWasHandedOut) {
  TestSegment segment(instance_);
  auto bridge = std::make_unique<Bridge>(*this);
  publish(segment, 3);
  bridge->sweep(now_);
  bridge->history.stop();
  EXPECT_EQ(stored(), 3u);
  bridge.reset();
  EXPECT_EQ(stored_after_a_restart(), 3u);
}

// A thousand seconds of twenty operations of four instances, none of which can be written.
TEST_F(HistoryServiceTest, WhatWaitsForTheFileIsBoundedForAllInstancesTogether) {
  HistoryService history("/nowhere/history.db", {});
  std::vector<std::string> names;
  std::vector<std::unique_ptr<TestSegment>> segments;
  std::vector<std::unique_ptr<metrics::Follower>> followers;
  for (int i = 0; i < 4; ++i) {
    names.push_back(metrics::unique_instance());
    segments.push_back(std::make_unique<TestSegment>(names.back()));
    followers.push_back(std::make_unique<metrics::Follower>(names.back()));
    history.begin(*followers.back());
  }
  std::size_t most = 0;
  for (int second = 0; second < 1'000; ++second) {
    pass(1);
    for (std::size_t i = 0; i < 4; ++i) {
      for (int operation = 0; operation < 20; ++operation) {
        segments[i]->publish("operation_" + std::to_string(operation), now_.monotonic_ns - 1, 1);
      }
      followers[i]->sweep(now_);
      history.exchange(*followers[i]);
    }
    most = std::max(most, history.waiting());
  }
  EXPECT_LE(most, metrics::RollupBuffer::kMost);
  EXPECT_GT(most, metrics::RollupBuffer::kMost / 4) << "and there is room for as many";
  EXPECT_GE(history.waiting(), 4 * 20u);
  for (const std::string& name : names) shm::remove_segment_of(name);
}

// While nothing can be written stretches of time become one, and so need no room.
TEST_F(HistoryServiceTest, HalfAnHourThatCouldNotBeWrittenWasWatchedAllTheSame) {
  TestSegment segment(instance_);
  Bridge bridge(*this);
  pass(1);
  bridge.sweep(now_);
  for (int i = 0; i < 1'800; ++i) {
    pass(1);
    bridge.sweep(now_);
  }
  bridge.history.commit(now_.realtime_ns / metrics::kSecond);
  EXPECT_GE(watched_seconds(), 1'800);
}

// Beyond that it is given up, so that it stays bounded.
TEST_F(HistoryServiceTest, StretchesThatAreFarApartWaitUpToAThousandAndTwentyFour) {
  TestSegment segment(instance_);
  Bridge bridge(*this);
  for (int i = 0; i < 1'100; ++i) {
    pass(1);
    bridge.sweep(now_);
    now_.realtime_ns += metrics::kSecond;  // the realtime clock is set forward
  }
  bridge.history.commit(now_.realtime_ns / metrics::kSecond);
  EXPECT_GT(watched_seconds(), 1'000);
  EXPECT_LE(watched_seconds(), 1'024);
}

TEST_F(HistoryServiceTest, StoppingEndsItsThreadAndGivesTheFileBack) {
  TestSegment segment(instance_);
  Bridge bridge(*this);
  publish(segment, 3);
  bridge.sweep(now_);
  const auto threads = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/task"), {});
  };
  const auto before = threads();
  bridge.history.start();
  bridge.history.stop();
  EXPECT_EQ(stored(), 3u);
  // A thread that was joined is still listed for a moment.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (threads() > before && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();
  }
  EXPECT_EQ(threads(), before);
  Bridge next(*this);
  next.round(now_);
  EXPECT_EQ(next.history.message(), "");
}

TEST_F(HistoryServiceTest, ItsThreadCommitsAtOnceAndThenOnceASecond) {
  TestSegment segment(instance_);
  Bridge bridge(*this);
  const auto hand_out_one = [&] {
    publish(segment, 1);
    bridge.sweep(now_);
  };
  const auto stores = [this](std::uint64_t count) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (stored() != count && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return stored() == count;
  };
  hand_out_one();
  const auto start = std::chrono::steady_clock::now();
  bridge.history.start();
  ASSERT_TRUE(stores(1));
  hand_out_one();
  ASSERT_TRUE(stores(2));
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::seconds(1));
  bridge.history.stop();
}

TEST_F(HistoryServiceTest, WhatIsWrongIsSaidOnceAndThatItIsOver) {
  std::ofstream(file_) << std::string(5'000, 'x');
  Bridge bridge(*this);
  testing::internal::GetCapturedStderr();
  testing::internal::CaptureStderr();
  for (int i = 0; i < 3; ++i) bridge.history.commit(now_.realtime_ns / metrics::kSecond);
  const std::string why = bridge.history.message();
  std::filesystem::remove(file_);
  for (int i = 0; i < 3; ++i) bridge.history.commit(now_.realtime_ns / metrics::kSecond);
  EXPECT_THAT(
      testing::internal::GetCapturedStderr(),
      testing::MatchesRegex("time=[^ ]+ level=warning event=history_is_not_written why=\"" + why +
                            "\"\ntime=[^ ]+ level=info event=history_is_written_again "
                            "file=" +
                            file_ + "\n"));
  testing::internal::CaptureStderr();
}

TEST_F(HistoryServiceTest, AFileThatIsMovedAwayIsBegunAnew) {
  TestSegment segment(instance_);
  Bridge bridge(*this);
  publish(segment, 3);
  bridge.round(now_);
  std::filesystem::rename(file_, file_ + ".old");
  pass(1);
  publish(segment, 2);
  bridge.round(now_);
  EXPECT_THAT(bridge.history.message(), HasSubstr("moved away"));
  bridge.round(now_);
  EXPECT_EQ(bridge.history.message(), "");
  EXPECT_EQ(stored(), 2u) << "the old file has the rest";
}

TEST_F(HistoryServiceTest, AnOlderCopyInItsPlaceIsFilledFromTheRing) {
  TestSegment segment(instance_);
  Bridge bridge(*this);
  publish(segment, 3);
  bridge.round(now_);
  const auto move = [this](const std::string& from, const std::string& to) {
    for (const char* suffix : {"", "-wal", "-shm"}) {
      std::filesystem::rename(from + suffix, to + suffix);
    }
  };
  for (const char* suffix : {"", "-wal", "-shm"}) {
    std::filesystem::copy_file(file_ + suffix, file_ + ".copy" + suffix);
  }
  pass(1);
  publish(segment, 2);
  bridge.round(now_);
  EXPECT_EQ(stored(), 5u);
  move(file_, file_ + ".old");
  move(file_ + ".copy", file_);
  publish(segment, 1);
  for (int i = 0; i < 5; ++i) bridge.round(now_);
  EXPECT_EQ(bridge.history.message(), "");
  EXPECT_EQ(stored(), 6u);
}

TEST_F(HistoryServiceTest, AFollowerThatWasGivenUpGoesOnWhereItStopped) {
  TestSegment segment(instance_);
  Bridge bridge(*this);
  publish(segment, 3);
  bridge.sweep(now_);
  bridge.follower = metrics::Follower(instance_);
  bridge.history.begin(bridge.follower);
  publish(segment, 2);
  bridge.round(now_);
  EXPECT_EQ(stored(), 5u);
}

TEST_F(HistoryServiceTest, KeepsNoNameInMindThatNeverHadARun) {
  HistoryService history(file_, {});
  for (int i = 0; i < 20; ++i) {
    metrics::Follower follower(instance_ + std::to_string(i));
    history.begin(follower);
    follower.sweep(now_);
    history.exchange(follower);
    history.commit(now_.realtime_ns / metrics::kSecond);
    EXPECT_EQ(history.known(), 1u);
    history.let_go(follower.instance());
    history.commit(now_.realtime_ns / metrics::kSecond);
    EXPECT_EQ(history.known(), 0u);
  }
}

TEST_F(HistoryServiceTest, KeepsInMindWhatTheFileHasAndNoMore) {
  metrics::HistoryRetention retention;
  retention.names.instances = 3;
  HistoryService history(file_, retention);
  for (int i = 0; i < 10; ++i) {
    const std::string name = instance_ + std::to_string(i);
    const TestSegment segment(name);
    metrics::Follower follower(name);
    history.begin(follower);
    follower.sweep(now_);
    history.exchange(follower);
    history.let_go(name);
    now_.realtime_ns += metrics::kSecond;
    history.commit(now_.realtime_ns / metrics::kSecond);
    EXPECT_LE(history.known(), 3u + 1u);
  }
  EXPECT_EQ(history.known(), 3u);
}

TEST_F(HistoryServiceTest, WhatCannotBeWrittenIsOfSoManyInstances) {
  metrics::HistoryRetention retention;
  retention.names.instances = 3;
  HistoryService history("/nowhere/history.db", retention);
  TestSegment followed(instance_);
  metrics::Follower first(instance_);
  history.begin(first);
  for (int i = 0; i < 20; ++i) {
    const std::string name = instance_ + std::to_string(i);
    TestSegment segment(name);
    segment.publish("ping", now_.monotonic_ns, 1'000);
    metrics::Follower follower(name);
    history.begin(follower);
    follower.sweep(now_);
    history.exchange(follower);
    history.let_go(name);
    EXPECT_FALSE(history.commit(now_.realtime_ns / metrics::kSecond));
  }
  EXPECT_EQ(history.known(), 6u);
  first.sweep(now_);
  history.exchange(first);
  EXPECT_EQ(history.known(), 6u) << "who is followed was forgotten";
}

TEST_F(HistoryServiceTest, WhatWasForgottenWhileTheFileWasGoneGoesOnFromThere) {
  metrics::HistoryRetention retention;
  retention.names.instances = 2;
  HistoryService history(file_, retention);
  const auto look = [&](metrics::Follower& follower) {
    follower.sweep(now_);
    history.exchange(follower);
    now_.realtime_ns += metrics::kSecond;
  };
  const auto commit = [&] { return history.commit(now_.realtime_ns / metrics::kSecond); };
  TestSegment segment(instance_);
  publish(segment, 3);
  {
    metrics::Follower follower(instance_);
    history.begin(follower);
    look(follower);
    history.let_go(instance_);
    EXPECT_TRUE(commit());
  }
  for (int i = 0; i < 5; ++i) {
    const TestSegment passing(instance_ + std::to_string(i));
    metrics::Follower follower(instance_ + std::to_string(i));
    history.begin(follower);
    look(follower);
    history.let_go(follower.instance());
    const FullDisk full;
    EXPECT_FALSE(commit());
  }
  metrics::Follower follower(instance_);
  history.begin(follower);
  publish(segment, 2);
  for (int i = 0; i < 3; ++i) {
    look(follower);
    EXPECT_TRUE(commit());
  }
  EXPECT_EQ(stored(), 5u);
}

TEST_F(HistoryServiceTest, TheRouteAnswersInBothEncodings) {
  TestSegment segment(instance_);
  Bridge bridge(*this);
  publish(segment, 3);
  bridge.round(now_);
  const Response response = ask({{"from", "-10s"}, {"points", "5"}, {"operation", "ping"}});
  EXPECT_EQ(response.status, 200);
  const json document = json::parse(response.body);
  EXPECT_EQ(document["instance"], instance_);
  EXPECT_EQ(document["operation"], "ping");
  EXPECT_EQ(document["stack"], nullptr);
  EXPECT_EQ(document["layer"], "daemon");
  EXPECT_EQ(document["point_seconds"], 2);
  EXPECT_EQ(document["points"].back()["outcomes"]["ok"], 3);
  EXPECT_EQ(document["points"].back()["latency"]["p99_ns"], 1'000);
  const Response packed =
      ask({{"from", "-10s"}, {"points", "5"}, {"operation", "ping"}}, "application/msgpack");
  EXPECT_EQ(json::from_msgpack(packed.body), document);
}

TEST_F(HistoryServiceTest, TheRouteSaysWhatIsWrongInOneSentence) {
  const auto refused = [this](std::map<std::string, std::string> parameters, int status,
                              const std::string& sentence) {
    const Response response = ask(std::move(parameters));
    EXPECT_EQ(response.status, status);
    const std::string error = json::parse(response.body).at("detail");
    EXPECT_THAT(error, HasSubstr(sentence));
    EXPECT_THAT(error, EndsWith("."));
  };
  refused({}, 503, "no history file");
  TestSegment segment(instance_);
  Bridge bridge(*this);
  publish(segment, 1);
  bridge.round(now_);
  refused({{"from", "-1h"}, {"to", "-2h"}}, 400, "reversed");
  refused({{"from", "-1h"}, {"to", "-1h"}}, 400, "empty");
  refused({{"from", "soon"}}, 400, "no point in time");
  for (const char* points : {"0", "5001", "-1", "1.5", "x", "nan", "inf", "99999999999999999999"}) {
    refused({{"points", points}}, 400,
            "Points must be a number from 1 to 5000, not \"" + std::string(points) + '"');
  }
  for (const char* points : {"1", "5000"}) {
    EXPECT_EQ(ask({{"from", "-1h"}, {"points", points}}).status, 200) << points;
  }
  refused({{"limit", "5"}}, 400,
          "There is no parameter \"limit\"; those of the history are instance, operation, stack, "
          "layer, protocol, from, to and points.");
  refused({{"operation", "pong"}}, 404, "no operation \"pong\"");
  refused({{"instance", "other"}}, 404, "no instance \"other\"");
  refused({{"layer", "x"}}, 404, "no layer \"x\"");
  for (const char* name : {"from", "to", "points", "operation", "stack", "layer", "protocol"}) {
    refused({{name, ""}}, 400, "The parameter \"" + std::string(name) + "\" is empty.");
  }
  Request request;
  EXPECT_THAT(answer_history(request, {}, now_.realtime_ns).body, HasSubstr("--history FILE"));
}

}  // namespace
}  // namespace goxel_telemetry::http_bridge
